"""Arbitrary input at every public function: the outcome is a sound result or a documented error, nothing else.

Warnings that are not ours are errors here too, so an overflow or an invalid value inside a computation fails a test.
"""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

import stattools
from stattools import DistributionArray, Sequential, domains, simulate
from stattools.distributions import Directions, Embedding, Identity
from stattools.exceptions import StattoolsError, StattoolsWarning
from stattools.resampling import Permutation, SignFlip, adjust_pvalues, null_distribution
from stattools.twosample.plan import CALIBRATIONS

FLOATS = st.one_of(
    st.floats(-5, 5),
    st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300, 5e-324, 1e16, 1e8]),
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6)
ARRAYS = st.one_of(
    hnp.arrays(np.float64, SHAPES, elements=FLOATS),
    hnp.arrays(np.float32, SHAPES, elements=st.floats(-100, 100, width=32)),
    hnp.arrays(np.int64, SHAPES, elements=st.integers(-3, 12)),
    hnp.arrays(np.bool_, SHAPES),
    hnp.arrays("U3", SHAPES),
    hnp.arrays(np.complex128, SHAPES, elements=st.just(1j)),
)
# mostly well formed: rows of tame, tied, huge or tiny numbers
TAME = st.sampled_from([1.0, 1e-160, 1e-60, 1e-12, 1e12, 1e60, 1e150]).flatmap(
    lambda scale: hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 9), st.integers(1, 5)),
        elements=st.one_of(st.floats(-1, 1).map(lambda v: round(v, 2)), st.just(0.0)),
    ).map(lambda a: a * scale)
)
THINGS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    FLOATS,
    st.text(max_size=4),
    ARRAYS,
    st.lists(st.one_of(st.none(), st.integers(0, 2), st.text(max_size=1), FLOATS), max_size=9),
    st.just({}),
    st.just(object()),
)
LABELS = st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=9)


def outcome(function, *args, **kwargs):
    """The result, or None after an error or with a warning of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", StattoolsWarning)
        try:
            return function(*args, **kwargs)
        except StattoolsError as error:
            assert str(error)
            return None


def check_test(result):
    if result is None:
        return
    statistic, pvalue = result
    assert 0 < pvalue <= 1 and not math.isnan(statistic)
    assert str(result) and repr(result).isprintable()
    assert type(result).from_json(result.to_json()) == result


def embedding_of(rows):
    return Embedding(values=np.asarray(rows)[:, None, :], slicer=Identity())


CALLS = [
    (s, c) for s, found in CALIBRATIONS.items() for c in found
]  # fmt: skip


# collections of rows that are well formed, and extreme -------------------------------------------------
@pytest.mark.parametrize("statistic, calibration", CALLS)
@settings(max_examples=25)
@given(rows=TAME, split=st.integers(1, 8), seed=st.integers(0, 3))
def test_every_test_copes_with_ties_and_extreme_scales(statistic, calibration, rows, split, seed):
    split = min(split, len(rows) - 1)
    x, y = embedding_of(rows[:split]), embedding_of(rows[split:])
    check_test(
        outcome(stattools.isw_test, x, y, statistic=statistic, calibration=calibration, n_resamples=59, rng=seed)
    )


@settings(max_examples=40)
@given(rows=TAME, split=st.integers(1, 8))
def test_a_change_of_scale_changes_no_pvalue(rows, split):
    split = min(split, len(rows) - 1)
    found = []
    for factor in (1.0, 2.0**-40, 2.0**40):
        x, y = embedding_of(rows[:split] * factor), embedding_of(rows[split:] * factor)
        result = outcome(stattools.isw_test, x, y, n_resamples=59, rng=1)
        if result is not None:  # sizes whose powers are not representable are refused
            found.append(result.pvalue)
    assert len(set(found)) <= 1


@settings(max_examples=25)
@given(rows=TAME, labels=LABELS, covariates=st.one_of(st.none(), ARRAYS))
def test_analysis_of_variance_copes(rows, labels, covariates):
    check_test(
        outcome(
            stattools.isw_anova, embedding_of(rows), labels[: len(rows)], covariates=covariates, n_resamples=59, rng=1
        )
    )


@settings(max_examples=25)
@given(rows=TAME, split=st.integers(2, 8), n=st.integers(1, 50))
def test_power_intervals_and_localisation_cope(rows, split, n):
    split = min(split, len(rows) - 1)
    x, y = embedding_of(rows[:split]), embedding_of(rows[split:])
    power = outcome(stattools.isw_power, x, y, n=n, n_simulations=200, rng=1)
    assert power is None or 0 <= power.power <= 1
    result = outcome(stattools.isw_test, x, y, n_resamples=59, rng=1)
    if result is not None:
        interval = outcome(result.confidence_interval, n_resamples=59)
        assert interval is None or 0 <= interval.low <= interval.high < math.inf
        found = outcome(result.localize, n_resamples=59)
        assert found is None or ((found.slices["p_adjusted"] > 0) & (found.slices["p_adjusted"] <= 1)).all()


# anything at all -----------------------------------------------------------------------------------------
X = DistributionArray.from_samples(np.random.default_rng(0).normal(size=(6, 8)))
OPTIONS = {
    "y": THINGS,
    "groups": THINGS,
    "domain": THINGS,
    "basis": THINGS,
    "n_eigenfunctions": THINGS,
    "n_quantiles": THINGS,
    "quantile": THINGS,
    "statistic": THINGS,
    "calibration": THINGS,
    "combination": THINGS,
    "paired": THINGS,
    "strata": THINGS,
    "blocks": THINGS,
    "n_resamples": st.one_of(st.integers(-5, 99), ARRAYS, FLOATS.filter(lambda v: not v > 1e6), st.text(max_size=3)),
    "stopping": st.one_of(THINGS, st.integers(1, 5).map(Sequential)),
    "nan_policy": THINGS,
    "rng": THINGS,
}


@settings(max_examples=150)
@given(data=st.data())
def test_any_option_of_the_two_sample_test(data):
    names = data.draw(st.lists(st.sampled_from(sorted(OPTIONS)), min_size=1, max_size=3, unique=True))
    options = {"y": X[3:], "n_resamples": 39, "rng": 1, **{name: data.draw(OPTIONS[name]) for name in names}}
    check_test(outcome(stattools.isw_test, X, **options))


@settings(max_examples=60)
@given(data=st.data())
def test_any_option_of_the_analysis_of_variance(data):
    options = {"groups": [0, 0, 1, 1, 2, 2], "n_resamples": 39, "rng": 1}
    for name in data.draw(
        st.lists(st.sampled_from(["groups", "covariates", "strata", "blocks", "statistic"]), max_size=2)
    ):
        options[name] = data.draw(THINGS)
    check_test(outcome(stattools.isw_anova, X, **options))


@settings(max_examples=60)
@given(data=st.data())
def test_any_option_of_power(data):
    options = {"n": 10, "n_simulations": 100, "rng": 1}
    names = ["n", "power", "alpha", "method", "effect", "ratio", "n_simulations"]
    for name in data.draw(st.lists(st.sampled_from(names), max_size=2)):
        options[name] = data.draw(THINGS.filter(lambda v: not (isinstance(v, float) and v > 1e5)))
    found = outcome(stattools.isw_power, X[:3], X[3:], **options)
    assert found is None or 0 <= found.power <= 1


@pytest.mark.parametrize("function", ["isw_test", "isw_anova", "isw_power", "isw_pairwise"])
@given(thing=THINGS)
def test_anything_in_place_of_a_collection(function, thing):
    outcome(getattr(stattools, function), thing)
    outcome(getattr(stattools, function), X, thing)


@settings(max_examples=80)
@given(
    p=ARRAYS,
    q=ARRAYS,
    domain=st.sampled_from([None, domains.Circle(1.0), domains.Interval(0, 1), domains.Sphere(), domains.Grid((2, 3))]),
)
def test_distances_are_numbers_from_zero_up(p, q, domain):
    found = outcome(stattools.isw_distance, p, q, domain=domain)
    if found is not None:
        assert 0 <= found < math.inf
        back = outcome(stattools.isw_distance, q, p, domain=domain)
        assert math.isclose(found, back, rel_tol=1e-9, abs_tol=1e-300)


@pytest.mark.parametrize("method", ["hmp", "cauchy", "cauchy_truncated", "simes", "bonferroni", "fisher", "stouffer"])
@given(p=ARRAYS, weights=st.one_of(st.none(), ARRAYS), axis=st.one_of(st.just(-1), st.integers(-3, 3), THINGS))
def test_combined_pvalues_lie_between_zero_and_one(method, p, weights, axis):
    found = outcome(stattools.combine_pvalues, p, method, weights, axis)
    if found is not None:
        values = np.asarray(found.pvalue)
        assert ((values >= 0) & (values <= 1)).all()
        assert str(found)


@pytest.mark.parametrize("method", ["holm", "bonferroni", "bh", "by"])
@given(p=ARRAYS)
def test_adjusted_pvalues_are_never_smaller(method, p):
    found = outcome(adjust_pvalues, p, method)
    if found is not None:
        assert (found >= np.asarray(p, dtype=float) * (1 - 1e-12)).all() and (found <= 1).all()


@given(values=hnp.arrays(np.float64, 6, elements=st.floats(-1e300, 1e300)), flips=st.booleans(), seed=st.integers(0, 9))
def test_resampling_gives_valid_pvalues(values, flips, seed):
    scheme = SignFlip(39, n=6) if flips else Permutation(15, group_sizes=(3, 3))
    statistic = (
        (lambda s: np.abs(s @ (values / 8))) if flips else (lambda c: np.where(c == 0, values / 8, 0).sum(axis=1))
    )
    null = null_distribution(statistic, scheme, rng=seed)
    assert 1 / (len(null.values) + 1) <= null.pvalue <= 1


@pytest.mark.parametrize("function", sorted(simulate.__all__))
@given(data=st.data())
def test_simulators_check_their_parameters(function, data):
    names = data.draw(st.lists(st.sampled_from(["n1", "n2", "shift", "size", "kappa", "scale", "rng"]), max_size=2))
    modest = THINGS.filter(lambda v: not (isinstance(v, float) and v > 1e5))  # a size of 1e16 is a fair MemoryError
    options = {name: data.draw(modest) for name in names}
    try:
        outcome(getattr(simulate, function), **{"n1": 2, "n2": 2, **options})
    except TypeError as error:
        assert "unexpected keyword argument" in str(error)  # not every simulator has every parameter


@given(directions=ARRAYS)
def test_directions_check_their_vectors(directions):
    outcome(Directions, directions)
