"""Assertions that several test files share."""

import difflib
import os
from pathlib import Path

from scipy import stats

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = "STATTOOLS_UPDATE_SNAPSHOTS"


def binomial_band(*, n, p, level=0.999):
    """Counts (low, high) that a Binomial(n, p) leaves with probability at most (1 - level) / 2 on either side."""
    tail = (1 - level) / 2
    return int(stats.binom.ppf(tail, n, p)), int(stats.binom.isf(tail, n, p))


def assert_in_binomial_band(count, *, n, p, level=0.999):
    """Fail when `count` events in `n` trials are implausible for the probability `p`."""
    low, high = binomial_band(n=n, p=p, level=level)
    assert low <= count <= high, (
        f"{count} of {n} ({count / n:.4f}) is outside the {level:.1%} band of Binomial({n}, {p:g}): {low} to {high} "
        f"({low / n:.4f} to {high / n:.4f})"
    )


def assert_snapshot(text, name):
    """Compare `text` with ``tests/snapshots/<name>``; STATTOOLS_UPDATE_SNAPSHOTS=1 rewrites the file."""
    path = SNAPSHOTS / name
    text = text.rstrip("\n") + "\n"
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    assert path.exists(), f"no snapshot {name}; run once with {UPDATE}=1, read the file, and commit it"
    stored = path.read_text(encoding="utf-8")
    difference = "".join(difflib.unified_diff(stored.splitlines(True), text.splitlines(True), "stored", "now"))
    assert stored == text, f"snapshot {name} differs (rewrite with {UPDATE}=1 if that is meant):\n{difference}"
