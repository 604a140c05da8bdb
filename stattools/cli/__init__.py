"""The command line: ``python -m stattools demo | compare | versions | warmup``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words behind ``python -m stattools``; by default those of this process.

    Returns
    -------
    int
        0; 2 when the command or the data cannot be used, with one line on standard error that says why; 130 when
        interrupted.

    Examples
    --------
    >>> main(["versions"])
    python ...
    0
    """
    from stattools.cli import _run
    from stattools.cli._parser import build_parser

    parser = build_parser()
    try:
        options = parser.parse_args(argv)
    except SystemExit as end:  # argparse leaves this way, also after --help
        return int(end.code or 0)
    options.words = list(sys.argv[1:] if argv is None else argv)
    return _run.run(options)
