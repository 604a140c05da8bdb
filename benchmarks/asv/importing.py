"""What an import costs; run with: cd benchmarks && asv run --quick"""


def timeraw_numpy():
    return "import numpy"


def timeraw_stattools():
    return "import stattools"
