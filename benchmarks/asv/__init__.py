"""Suite of airspeed velocity; run with: cd benchmarks && asv run --quick"""
