"""What a fit measures beside its predictions: several responses, columns that do not vary, and the held-out gain."""

import warnings

import numpy as np
import pytest

from stattools.collider import ColliderRegressor
from stattools.exceptions import CausalAssumptionWarning, DegenerateDataWarning, InsufficientUnlabeledWarning
from stattools.results import Result


def draw(rng, n, sigma=1.0):
    """Y -> X1 <- X2 with three spouses: (n, 4) columns and (n,) responses."""
    y, x2 = rng.normal(size=n), rng.normal(size=(n, 3))
    return np.column_stack([y + x2.sum(axis=1) + sigma * rng.normal(size=n), x2]), y


def model(*, independent=(1, 2, 3), **changes):
    options = {"base": "ridge", "projector": "linear", "random_state": 1, "test": None}
    return ColliderRegressor(independent, **{**options, **changes})


# the gain ------------------------------------------------------------------------------------------------------------
def without_projection():
    """The first sample whose fit to all rows has an infinite penalty while those of some folds have not."""
    for seed in range(200):
        X, y = draw(np.random.default_rng(seed), 40)
        result = model(penalty="gcv").fit(X, y).results_
        if not result.projects and result.compares:
            return result
    raise AssertionError("no such sample")


def test_the_gain_is_measured_when_the_fit_to_all_rows_does_not_project():
    result = without_projection()
    assert result.gain.low < result.gain.estimate < result.gain.high and 0 < result.gain.pvalue < 1
    count = np.count_nonzero(result.gain.fold_means)
    assert any(f"{count} of 5 fits" in note and "has none" in note for note in result.notes)
    assert "gain" in result.plot_kinds and Result.from_json(result.to_json()) == result


def test_without_a_projection_in_any_fold_there_is_no_interval():
    for seed in range(200):
        X, y = draw(np.random.default_rng(seed), 40)
        result = model(penalty="gcv").fit(X, y).results_
        if not result.compares:
            break
    gain = result.gain
    assert gain.estimate == 0.0 and gain.base_loss == gain.projected_loss > 0
    assert np.isnan([gain.std_error, gain.low, gain.high, gain.pvalue]).all()
    assert any("there is no interval" in note for note in result.notes)
    assert "nan" not in result.summary().as_text().lower().split("versions")[0]
    assert "gain" not in result.report() and Result.from_json(result.to_json()) == result


def test_a_projection_that_was_ruled_out_gains_exactly_nothing():
    X, y = draw(np.random.default_rng(1), 40)
    gain = model(penalty=np.inf).fit(X, y).results_.gain
    assert (gain.estimate, gain.low, gain.high, gain.pvalue) == (0.0, 0.0, 0.0, 1.0)
    broken = y + 2.0 * X[:, 1]
    result = model(independent=[1], test="partial", on_violation="skip", n_resamples=99).fit(X, broken).results_
    assert not result.checks[0].used and (result.gain.low, result.gain.high) == (0.0, 0.0)


# several responses ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def predictable():
    """(X, Y, X_unlabeled) with few rows for a response of R-squared 0.94, and one of noise."""
    rng = np.random.default_rng(0)
    X, y = draw(rng, 50, sigma=0.25)
    return X, np.column_stack([y, rng.normal(size=50)]), draw(rng, 60, sigma=0.25)[0]


def numbers(result):
    """All that is measured of a fit, as one array."""
    gain, predicted, even, sensitive = result.gain, result.predicted, result.break_even, result.sensitivity
    checks = [(c.violation, c.violation_low, c.violation_high, c.detectable) for c in result.checks]
    return np.array([
        gain.estimate, gain.std_error, gain.low, gain.high, gain.pvalue, gain.base_loss,
        predicted.raw, predicted.noise, predicted.net, predicted.linear,
        even.ratio, even.r_squared, sensitive.threshold, sensitive.relative, *np.ravel(checks),
    ])  # fmt: skip


@pytest.mark.parametrize("scale", [1e-3, 1e3])
@pytest.mark.parametrize("method", ["plugin", "augmented", "auto"])
def test_what_is_measured_does_not_depend_on_units(predictable, method, scale):
    X, Y, X_unlabeled = predictable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsufficientUnlabeledWarning)
        one = model(method=method).fit(X, Y, X_unlabeled)
        other = model(method=method).fit(X, Y * [1.0, scale], X_unlabeled)
    np.testing.assert_allclose(numbers(other.results_), numbers(one.results_), rtol=1e-6)  # a penalty search
    np.testing.assert_allclose(other.predict(X) / [1.0, scale], one.predict(X), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_each_response_has_its_break_even_ratio(predictable, scale):
    X, Y, X_unlabeled = predictable
    with pytest.warns(InsufficientUnlabeledWarning, match="of response 1 = "):
        fitted = model(method="plugin", gate=True).fit(X, Y * [1.0, scale], X_unlabeled)
    even = fitted.results_.break_even
    assert even.ratio == even.ratios[0] < 1 < even.ratios[1] and even.r_squared == even.r_squareds[0] > 0.8
    assert "too few rows" in even.verdict
    chosen = model(method="auto", gain=False).fit(X, Y * [1.0, scale], X_unlabeled)
    assert chosen.results_.projection.method == "augmented"


def test_a_gate_counts_the_responses_alike(predictable):
    """The plug-in harms the first response more than it helps the second, in shares of their variances."""
    X, Y, X_unlabeled = predictable
    for scale in (1e-3, 1e3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsufficientUnlabeledWarning)
            options = {"method": "plugin", "penalty": 0.0, "gate": True}
            fitted = model(**options).fit(X, Y * [1.0, scale], X_unlabeled)
        assert fitted.results_.gain.estimate < 0 and not fitted.results_.projects


def test_measures_of_two_equal_responses_are_shares_of_one():
    X, y = draw(np.random.default_rng(2), 60)
    single = model().fit(X, y).results_
    double = model().fit(X, np.column_stack([y, 5.0 * y])).results_
    share = single.gain.estimate / y.var()
    assert double.gain.estimate == pytest.approx(share, rel=1e-8)
    assert double.gain.pvalue == pytest.approx(single.gain.pvalue, rel=1e-8)
    assert double.sensitivity.relative == pytest.approx(single.sensitivity.relative, rel=1e-8)
    assert double.checks[0].violation == pytest.approx(single.checks[0].violation / y.var(), rel=1e-8, abs=1e-12)
    assert double.checks[0].detectable == pytest.approx(single.checks[0].detectable / y.var(), rel=1e-8)


def test_a_constant_response_leaves_the_measures_of_the_others():
    X, y = draw(np.random.default_rng(2), 60)
    both = model().fit(X, np.column_stack([y, np.full(60, 0.3)])).results_
    single = model().fit(X, y).results_
    assert both.gain.pvalue == pytest.approx(single.gain.pvalue, rel=1e-8)
    assert both.checks[0].violation_high == pytest.approx(single.checks[0].violation_high / y.var() / 2, rel=1e-8)
    assert np.isnan(both.break_even.r_squareds[1]) and both.break_even.ratio == pytest.approx(single.break_even.ratio)


# columns that do not vary --------------------------------------------------------------------------------------------
ROUNDED = np.where(np.arange(40) % 2, 0.3, 0.1 + 0.2)
SHIFTED = pytest.mark.filterwarnings("ignore:X_unlabeled and X do not look like one distribution")


@SHIFTED
@pytest.mark.parametrize("constant", [np.full(40, 0.3), ROUNDED], ids=["constant", "constant up to rounding"])
@pytest.mark.parametrize("reaction", ["warn", "raise", "skip"])
def test_a_constraint_without_varying_labelled_rows_is_not_tested(constant, reaction):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    X, y = draw(rng, 40)
    table = pd.DataFrame(X, columns=["temperature", "co2", "dust", "other"]).assign(dust=constant)
    unlabeled = pd.DataFrame(draw(rng, 60)[0], columns=table.columns)
    constraints = [("co2",), ("dust",)]
    options = {"test": "partial", "n_resamples": 99, "on_violation": reaction, "gain": False}
    with pytest.warns(DegenerateDataWarning, match=r"dust does not vary in .* nothing of Y _\|\|_ dust"):
        result = model(independent=constraints, **options).fit(table, y, unlabeled).results_
    tested, other = result.checks
    assert other.verdict == "not tested" and other.used
    unknown = ("statistic", "pvalue", "adjusted", "violation", "violation_low", "violation_high", "detectable")
    assert np.isnan([getattr(other, name) for name in unknown]).all()
    assert tested.adjusted == tested.pvalue  # Holm counts tests that were made
    assert not any("weak evidence" in note for note in result.notes)
    assert "not tested" in result.summary().as_text()


@SHIFTED
def test_a_constraint_is_tested_in_the_columns_that_vary():
    rng = np.random.default_rng(1)
    X, y = draw(rng, 40)
    X[:, 2] = 1.5
    unlabeled = draw(rng, 60)[0]
    options = {"test": "partial", "n_resamples": 99, "gain": False}
    with pytest.warns(DegenerateDataWarning, match="x2 does not vary in .* in the other columns alone"):
        found = model(**options).fit(X, y, unlabeled).results_.checks[0]
    alone = model(independent=[1, 3], **options).fit(X, y, unlabeled).results_.checks[0]
    assert (found.statistic, found.pvalue) == (alone.statistic, alone.pvalue)
    assert (found.violation, found.detectable) == (alone.violation, alone.detectable)


def test_a_column_that_is_constant_everywhere_is_named_once():
    rng = np.random.default_rng(1)
    X, y = draw(rng, 40)
    X[:, 2] = ROUNDED
    with pytest.warns(DegenerateDataWarning) as caught:
        result = model(test="partial", n_resamples=99, gain=False).fit(X, y).results_
    assert [str(w.message) for w in caught if w.category is DegenerateDataWarning] == [
        "x2 is constant in all rows; Y _||_ column 1, column 2, column 3 uses the other columns"
    ]
    assert result.projection.columns == ("x1", "x3") and result.checks[0].verdict == "not contradicted"


@SHIFTED
def test_another_constraint_is_still_contradicted():
    rng = np.random.default_rng(1)
    X, y = draw(rng, 40)
    X[:, 2] = 1.5
    with pytest.warns(DegenerateDataWarning), pytest.warns(CausalAssumptionWarning, match="column 1"):
        options = {"test": "partial", "n_resamples": 99, "gain": False}
        result = model(independent=[(1,), (2,)], **options).fit(X, y + 3.0 * X[:, 1], draw(rng, 60)[0]).results_
    assert [check.verdict for check in result.checks] == ["contradicted", "not tested"]


# calibration ---------------------------------------------------------------------------------------------------------
def expected_gain(n, m, reps, **changes):
    """Mean over independent training sets of n rows, on one large sample."""
    X_test, y_test = draw(np.random.default_rng(999), 20_000)
    gains = []
    for k in range(reps):
        rng = np.random.default_rng([k, 1])
        X, y = draw(rng, n)
        fitted = model(gain=False, **changes).fit(X, y, draw(rng, m)[0] if m else None)
        base = fitted._fit.predict_base(X_test)[:, 0]
        gains.append(np.mean((base - y_test) ** 2 - (fitted.predict(X_test) - y_test) ** 2))
    return np.mean(gains)


@pytest.mark.slow
@pytest.mark.parametrize("penalty", ["auto", "gcv"])
@pytest.mark.parametrize("m", [0, 100])
def test_coverage_of_the_gain_of_fits(m, penalty):
    """Of the expected gain at 40 rows, by fits to 50; also where the fit to all 50 rows has no projection.

    By generalised cross-validation many fits have none, and a sample without one in any fold has no interval.
    """
    truth, reps, hits, intervals = expected_gain(40, m, 300, penalty=penalty), 300, 0, 0
    for k in range(reps):
        rng = np.random.default_rng([k, 2])
        X, y = draw(rng, 50)
        gain = model(penalty=penalty).fit(X, y, draw(rng, m)[0] if m else None).results_.gain
        hits += gain.low <= truth <= gain.high
        intervals += np.isfinite(gain.low)
    assert intervals / reps >= (0.99 if penalty == "auto" or m else 0.90)
    assert hits / intervals >= 0.90
