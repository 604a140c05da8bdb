import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests import helpers

ROOT = Path(__file__).parent.parent

SUITE = """
import warnings
import matplotlib
import numpy as np

def test_draws_from_the_global_generator(): np.random.normal()
def test_seeds_the_global_generator(): np.random.seed(1)
def test_draws_from_its_own_generator(): np.random.default_rng(1).normal()
def test_warns(): warnings.warn("x")
def test_needs_no_window(): assert matplotlib.get_backend().lower() == "agg"
"""


def test_what_fails_a_test_in_this_suite(tmp_path):
    (tmp_path / "test_it.py").write_text(SUITE)
    settings = ["-c", ROOT / "pyproject.toml", "--rootdir", ROOT, "--confcutdir", ROOT, "-p", "conftest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-v", "-p", "no:cacheprovider", *settings, tmp_path / "test_it.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    # the guard speaks after the test itself has passed
    assert set(re.findall(r"::test_(\w+) (PASSED|FAILED|ERROR)", done.stdout)) == {
        ("draws_from_the_global_generator", "PASSED"),
        ("draws_from_the_global_generator", "ERROR"),
        ("seeds_the_global_generator", "PASSED"),
        ("seeds_the_global_generator", "ERROR"),
        ("draws_from_its_own_generator", "PASSED"),
        ("warns", "FAILED"),
        ("needs_no_window", "PASSED"),
    }
    assert "the test touched numpy's global random state" in done.stdout


@pytest.mark.parametrize("n, p", [(2000, 0.05), (100, 0.5), (10, 0.001)])
def test_the_band_holds_at_least_the_stated_probability(n, p):
    low, high = helpers.binomial_band(n=n, p=p, level=0.999)
    inside = stats.binom.cdf(high, n, p) - stats.binom.cdf(low - 1, n, p)
    assert inside >= 0.999
    # and no narrower band with equal tails does
    assert stats.binom.cdf(low, n, p) > 0.0005
    assert stats.binom.sf(high - 1, n, p) > 0.0005


def test_counts_outside_the_band_are_refused():
    helpers.assert_in_binomial_band(100, n=2000, p=0.05)
    for count in (66, 136):
        with pytest.raises(AssertionError, match=f"{count} of 2000"):
            helpers.assert_in_binomial_band(count, n=2000, p=0.05)


def test_snapshots_are_written_on_request_and_compared_otherwise(tmp_path, monkeypatch):
    monkeypatch.setattr(helpers, "SNAPSHOTS", tmp_path / "snapshots")
    monkeypatch.delenv(helpers.UPDATE, raising=False)
    with pytest.raises(AssertionError, match=r"no snapshot a\.txt"):
        helpers.assert_snapshot("first\nsecond", "a.txt")
    monkeypatch.setenv(helpers.UPDATE, "1")
    helpers.assert_snapshot("first\nsecond", "a.txt")
    monkeypatch.delenv(helpers.UPDATE)
    helpers.assert_snapshot("first\nsecond\n", "a.txt")
    with pytest.raises(AssertionError, match=r"(?s)-second.*\+third"):
        helpers.assert_snapshot("first\nthird", "a.txt")


def test_hypothesis_repeats_itself():
    from hypothesis import settings

    assert settings().derandomize
    assert settings().deadline is None


def test_the_global_generator_is_where_the_guard_looks():
    # the guard compares np.random.get_state(); a numpy that moved it would make the guard blind
    assert np.random.get_state()[0] == "MT19937"  # noqa: NPY002
