"""Figures side by side with other packages, in one process and as measured: ``python -m benchmarks.run``."""
