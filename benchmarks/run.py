"""Run the benchmarks: ``python -m benchmarks.run [--quick] [--only NAME ...] [--write docs/benchmarks.md]``."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from pathlib import Path

if __package__ in (None, ""):  # called as a script
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import machine
from benchmarks.report import Check, Section, Table, check_table
from benchmarks.timing import log

BENCHMARKS = (
    "embedding", "testing", "wls", "bounds", "independence", "collider", "collider_large", "sdr", "memory", "scaling",
    "budgets",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Print the report as markdown; write it to a file when asked to. Returns 1 when a benchmark failed to run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description="stattools beside other packages")
    parser.add_argument("--quick", action="store_true", help="small sizes: a check that everything runs, in a minute")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS, metavar="NAME",
                        help=f"some of: {', '.join(BENCHMARKS)}")  # fmt: skip
    parser.add_argument("--write", metavar="FILE", help="also write the report to a file")
    options = parser.parse_args(arguments)
    if options.write and (options.quick or set(options.only) != set(BENCHMARKS)):
        parser.error("--write is for a full run: leave out --quick and --only")
    start, load = time.time(), machine.load()
    sections, failed = [], False
    for name in options.only:
        try:
            module = importlib.import_module(f"benchmarks.{name}")
            sections += module.run(options.quick, 3 if options.quick else 5)
        except Exception:  # the others are still worth their time
            traceback.print_exc()
            failed = True
            failure = Check(f"benchmark {name}", "did not finish", "runs", False)
            sections.append(Section(name.capitalize(), "This benchmark did not finish.", checks=[failure]))
    text = page(sections, quick=options.quick, load=(load, machine.load()), minutes=(time.time() - start) / 60)
    print(text)
    if options.write:
        Path(options.write).write_text(text, encoding="utf-8")
        log(f"written to {options.write}")
    return int(failed)


def page(sections: list[Section], *, quick: bool, load: tuple[str, str], minutes: float) -> str:
    """The report."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions().items())
    rows = [
        ("processor", f"{machine.cpu_model()}, {machine.cores()} cores"),
        ("BLAS", machine.blas()),
        ("versions", versions),
        ("load average before and after", f"{load[0]}, {load[1]} (the run itself included in the second)"),
        ("run", f"{time.strftime('%Y-%m-%d', time.gmtime())}, {minutes:.0f} minutes"),
    ]
    parts = [
        "# Benchmarks",
        "Written by `python -m benchmarks.run --write docs/benchmarks.md`; nothing is edited by hand. "
        "Contestants take turns in one process after a warm-up call, "
        f"{'3' if quick else '5'} rounds; a ratio is the median over rounds of their time over ours in the same round.",
    ]
    if quick:
        parts.append("**Small sizes (`--quick`): not to be quoted.**")
    parts += [Table(("", ""), rows).markdown(), "## Figures that have a target", check_table(sections).markdown()]
    return "\n\n".join([*parts, *(section.markdown() for section in sections)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
