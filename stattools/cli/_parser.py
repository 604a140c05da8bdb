"""What can be typed behind ``python -m stattools``."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

import stattools

PROGRAM = "python -m stattools"

STATISTICS = ("studentized", "mean", "max_t", "hotelling", "combined", "omnibus", "pseudo_f")
CALIBRATIONS = ("permutation", "satterthwaite", "wild", "asymptotic")
LOCALIZE_RESAMPLES = 1999
FEWEST_RESAMPLES = 19  # of a localisation
COMBINATIONS = ("hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni")

DESCRIPTION = "Statistical tests for collections of distributions."

EXAMPLES = f"""\
examples:
  {PROGRAM} demo --out report.html
  {PROGRAM} compare winds.csv --value direction --unit airport day --group airport --domain circle:360
  {PROGRAM} compare --help
"""

DEMO = """\
Compare wind roses of two airports (circle), storm tracks by season (sphere), images of two digits (grid) and
addresses on the cholera map of 1854 (graph); print the results and write one HTML file with the plots.
Nothing is downloaded.
"""

COMPARE = """\
Compare collections of distributions that lie in a long table, a row an observation. A unit is what is repeated and
independent: a day, a storm, a person. All rows of a unit make one distribution, and each unit is one case of the
test, however many rows it has. Two groups are compared by the two-sample test, more by analysis of variance.
"""

COMPARE_EXAMPLES = f"""\
domains:
  line                  values on the line, of any range (the default)
  interval:0,24         values between two ends
  circle:360            directions, hours of a day (circle:24)
  torus:24,7            two angles; cylinder:24,0,5 an angle and a height; box:0,1,0,1
  sphere-lonlat         two columns: longitude and latitude in degrees
  sphere                three columns: unit vectors
  grid:8x8              node numbers 0 to 63, along the last axis first

examples:
  one wind direction an hour, one wind rose a day, two airports:
    {PROGRAM} compare winds.csv --value direction --unit airport day --group airport --domain circle:360
  the same in pairs, because the airports share the weather of a day:
    {PROGRAM} compare winds.csv --value direction --unit airport day --group airport --pair day --domain circle:360
  storm tracks, with a report and the map of where they differ:
    {PROGRAM} compare storms.parquet --value lon lat --unit storm --group season --domain sphere-lonlat \\
        --localize --report storms.html
  counts at the nodes of a grid, for a script:
    {PROGRAM} compare ink.csv --value pixel --mass ink --unit image --group digit --domain grid:8x8 --seed 1 --json
"""


class _Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix(PROGRAM).strip()
        self.exit(2, f"stattools{' ' + command if command else ''}: error: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line.

    Examples
    --------
    >>> build_parser().parse_args(["demo", "--seed", "7"]).seed
    7
    """
    parser = _Parser(
        prog=PROGRAM, description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"stattools {stattools.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    _add_demo(commands)
    _add_compare(commands)
    commands.add_parser(
        "versions",
        help="print versions, for a bug report",
        description="Print versions of Python, stattools and the packages it uses.",
    )
    commands.add_parser(
        "warmup",
        help="compile all kernels now, so that later first calls are fast",
        description="Call every public function on tiny data, so that numba compiles and stores its kernels.",
    )
    return parser


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="four analyses of real data, and a report in HTML",
        description=DEMO,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = "a file ending in .html, or a folder; folders are made; default: here"
    parser.add_argument("--out", metavar="PATH", default=".", help=where)
    parser.add_argument("--seed", type=_seed, default=1854, metavar="N", help="default: 1854")
    parser.add_argument("--quick", action="store_true", help="fewer resamples: coarser p-values in less time")


def _add_compare(commands: Any) -> None:
    parser = commands.add_parser(
        "compare",
        help="compare the groups of your own CSV or Parquet file",
        description=COMPARE,
        epilog=COMPARE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="CSV (also .tsv, .gz, or - for standard input) or Parquet")
    table = parser.add_argument_group("columns of the table")
    table.add_argument(
        "--value", nargs="+", required=True, metavar="V", help="the observation; one column a coordinate"
    )
    table.add_argument(
        "--unit", nargs="+", required=True, metavar="U", help="which distribution a row belongs to; several are joined"
    )
    table.add_argument("--group", required=True, metavar="G", help="what is compared; constant within a unit")
    table.add_argument("--mass", metavar="M", help="weight of the observation, such as a count; default: equal")
    table.add_argument("--pair", metavar="P", help="same label, one unit of each group: compare within pairs")
    table.add_argument("--strata", metavar="S", help="permute units only within these, such as a year or a centre")
    table.add_argument("--blocks", metavar="B", help="units that are permuted together, such as the days of a week")
    table.add_argument("--sep", metavar="C", help="separator of a text file; default: comma, tab for .tsv")
    encodings = "of a text file, such as utf-16 or latin-1; default: UTF-8"
    table.add_argument("--encoding", default="utf-8-sig", metavar="E", help=encodings)
    test = parser.add_argument_group("test")
    test.add_argument("--domain", default="line", metavar="D", help="where the values live, see below; default: line")
    test.add_argument("--statistic", choices=STATISTICS, metavar="NAME", help=f"one of {', '.join(STATISTICS)}")
    test.add_argument("--calibration", choices=CALIBRATIONS, metavar="NAME", help=f"one of {', '.join(CALIBRATIONS)}")
    test.add_argument("--combination", choices=COMBINATIONS, metavar="NAME", help=f"one of {', '.join(COMBINATIONS)}")
    test.add_argument("--n-eigenfunctions", type=_positive, default=20, metavar="L", help="default: 20")
    test.add_argument("--n-quantiles", type=_positive, default=20, metavar="Q", help="levels a slice; default: 20")
    test.add_argument("--n-resamples", type=_positive, default=9999, metavar="B", help="default: 9999")
    test.add_argument("--seed", type=_seed, metavar="N", help="the same seed, the same digits; default: a new one")
    test.add_argument(
        "--nan-policy", choices=("raise", "omit"), default="raise", help="omit: leave out rows without a value"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--localize", action="store_true", help="also say where two groups differ")
    output.add_argument(
        "--localize-resamples",
        type=_enough,
        metavar="B",
        help=f"of --localize, which keeps many values a resample; default: {LOCALIZE_RESAMPLES}",
    )
    output.add_argument("--json", action="store_true", help="print JSON only; warnings go to standard error")
    output.add_argument(
        "--report", metavar="FILE.html", help="also write one HTML file with the plots; its folders are made"
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def _enough(text: str) -> int:
    number = _positive(text)
    if number < FEWEST_RESAMPLES:
        raise argparse.ArgumentTypeError(f"{text!r} is less than {FEWEST_RESAMPLES}")
    return number


def _seed(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return number
