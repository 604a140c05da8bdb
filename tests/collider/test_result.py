"""What collider regressions return: words for each verdict, tables, storage and print."""

import dataclasses

import numpy as np
import pytest

from stattools._provenance import Provenance
from stattools.collider import ColliderRegressor, compile_dag
from stattools.collider.assembly import (
    BreakEven,
    ConstraintCheck,
    DegreesOfFreedom,
    PredictedGain,
    Projection,
    ShiftCheck,
)
from stattools.collider.gain import held_out_gain, sensitivity
from stattools.collider.result import ColliderResult
from stattools.exceptions import InvalidParameterError
from stattools.results import Result
from stattools.simulate.collider import gaussian_collider
from tests.helpers import assert_snapshot

NAN = float("nan")
N, M = 40, 120


def check(constraint="Y _||_ X2", *, verdict="not contradicted", adjusted=0.4, used=True, **changes):
    made = ConstraintCheck(
        constraint=constraint,
        method="Hilbert-Schmidt independence test",
        statistic=0.2345,
        pvalue=adjusted / 2,
        adjusted=adjusted,
        violation=0.01,
        violation_low=0.0,
        violation_high=0.12,
        detectable=0.15,
        used=used,
        verdict=verdict,
        level=0.05,
        confidence_level=0.95,
    )
    return dataclasses.replace(made, **changes)


def held_out(shift=0.05, *, n_repeats=1, noise=0.02):
    """A gain of about `shift`, measured on numbers that were made up."""
    y = np.random.default_rng(1).normal(size=(N, 1))

    def fit(X, _, seed):
        def predict(rows):
            wiggle = noise * np.sin(7.0 * rows)
            return rows + np.sqrt(0.2 + shift / 2) + wiggle, rows + np.sqrt(0.2 - shift / 2) - wiggle

        return predict

    return held_out_gain(fit, y, y, n_folds=4, n_repeats=n_repeats, confidence_level=0.95, rng=1)


def made(*, q=1, penalty=0.5, constraints=("Y _||_ X2",), **changes):
    """A result from parts that were made up, the same on every machine up to rounding."""
    rng = np.random.default_rng(3)
    along = rng.normal(size=(N + M, 2))
    free = rng.normal(size=(N + M, q))
    correction = np.column_stack([0.3 * (k + 1) * along[:, 0] for k in range(q)])
    y = free[:N] + rng.normal(size=(N, q))
    net = float(np.mean(correction**2))
    fields = {
        "provenance": Provenance("ColliderRegressor(...).fit(X, y)", seed=1, sizes={"n": N, "unlabeled": M}),
        "method": "Collider regression",
        "data_name": "Y on X1, X2, X3",
        "nobs": N,
        "fitted": free[:N, 0] if q == 1 else free[:N],
        "residuals": (y - free[:N])[:, 0] if q == 1 else y - free[:N],
        "gain": held_out(),
        "predicted": PredictedGain(net, 0.004, net + 0.004, net, 0.021),
        "break_even": BreakEven(4.0, 0.5, N, N + M, "enough rows for any projection"),
        "sensitivity": sensitivity(net, correction, float(np.var(y))),
        "degrees_of_freedom": DegreesOfFreedom(5.25, 4.5, 1.75),
        "checks": tuple(check(constraint) for constraint in constraints),
        "projection": Projection(
            method="augmented",
            projector="linear",
            penalty=np.full((len(constraints), q), penalty),
            sweeps=1,
            change=0.0,
            converged=True,
            columns=("X2", "X3"),
            along=along,
            before=free + correction,
            after=free,
            settings=({"kind": "linear", "rows": N + M},),
        ),
        "shift": ShiftCheck(0.0123, 0.35, 199, (N, M)),
        "tuning": {
            "criterion": "reml",
            "lengthscale": np.array([2.5, 2.5]),
            "penalty": np.geomspace(0.1, 1.0, q),
            "penalties": np.array([np.inf, 100.0, 10.0, 1.0, 0.1, 0.01]),
            "path": np.array([[9.0], [8.0], [4.0], [1.0], [2.0], [7.0]]) + np.arange(q),
            "multiples": np.array([0.5, 1.0, 2.0, 4.0]),
            "profile": np.array([5.0, 2.0, 1.0, 1.5]),
        },
        "base": "krr",
        "constraints": constraints,
    }
    return ColliderResult(**{**fields, **changes})


@pytest.fixture(scope="module")
def result():
    return made()


def of_graph():
    graph = compile_dag("Y -> X1 <- X2; X3 -> X1; X3 -> Y", "Y")
    return made(graph=graph, roles=dict(graph.roles), reasons=dict(graph.reasons))


# property ------------------------------------------------------------------------------------------------------------
def test_sizes_and_flags(result):
    assert (result.nobs, result.n_unlabeled, result.n_responses) == (N, M, 1)
    assert result.projects and result.compares and result.used_constraints == ("Y _||_ X2",)
    assert not made(penalty=np.inf).projects and not made(projection=None).projects
    assert made(q=2).n_responses == 2
    minimiser = dataclasses.replace(result.projection, method="erm", penalty=np.array([[np.inf]]))
    assert made(projection=minimiser).projects  # another fit, with unconditional means


def test_the_best_direction_mirrors_the_worst(result):
    sensitive = result.sensitivity
    np.testing.assert_allclose(sensitive.best + sensitive.worst, 2 * result.predicted.net)
    assert sensitive.worst[-1] < 0 < sensitive.best[-1]


@pytest.mark.parametrize(
    "one",
    [made(), made(q=2), of_graph(), made(gain=None, predicted=None, sensitivity=None, shift=None, projection=None)],
    ids=["plain", "two responses", "graph", "parts missing"],
)
def test_storage_is_lossless(one):
    assert Result.from_json(one.to_json()) == one
    assert ColliderResult.from_dict(one.to_dict()).summary().as_text() == one.summary().as_text()


def test_a_fit_is_stored_and_printed():
    d = gaussian_collider(30, 60, 10, rng=1)
    model = ColliderRegressor([1], base="ridge", random_state=1, n_resamples=99).fit(d.X, d.y, d.X_unlabeled)
    r = model.results_
    assert Result.from_json(r.to_json()) == r
    text = r.summary().as_text()
    assert "labelled n = 30, unlabelled m = 60" in text and "not contradicted" in text
    assert "nan" not in text.lower().split("versions")[0]
    assert r.glance()["gain"][0] == r.gain.estimate
    np.testing.assert_array_equal(r.resid, d.y - r.fittedvalues)


# words ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shift", "words", "sentence"),
    [
        (0.05, "the interval excludes 0", "the projection lowered the held-out mean squared error"),
        (-0.05, "the interval excludes 0, the projection did harm", "the projection raised the held-out mean"),
    ],
)
def test_words_for_a_gain_and_a_loss(shift, words, sentence):
    one = made(gain=held_out(shift, noise=0.0))
    assert words in flat(one) and sentence in one.report() and sentence in one.report(style="plain")
    assert (f"percent {'less' if shift > 0 else 'more'}") in flat(one)


def test_words_for_a_gain_that_was_not_shown():
    gain = dataclasses.replace(held_out(), low=-0.01, high=0.11)
    one = made(gain=gain)
    assert "the interval includes 0" in flat(one)
    assert "which does not show a difference" in one.report()
    assert "lowered" not in one.report() and "raised" not in one.report()
    gated = made(gain=gain, projection=None, predicted=None, sensitivity=None)
    assert "with the projection that was tried and not used" in gated.report()
    assert "predictions are those of the base" in flat(gated)


@pytest.mark.parametrize(
    ("checks", "printed", "sentence"),
    [
        ((check(),), "not contradicted", "the data did not contradict the constraint, p = .400."),
        (
            (check(), check("Y _||_ X3", adjusted=0.2)),
            "not contradicted",
            "the data did not contradict the 2 constraints, smallest adjusted p = .200.",
        ),
        (
            (check(), check("Y _||_ X3", verdict="contradicted", adjusted=0.01)),
            "contradicted",
            "the data contradicted Y _||_ X3, adjusted p = .010.",
        ),
        (
            (check(verdict="contradicted", adjusted=0.0004, used=False),),
            "contradicted, left out",
            "the data contradicted Y _||_ X2, left out of the projection, p < .001.",
        ),
        (
            (check(verdict="not tested", adjusted=NAN, method="", statistic=NAN),),
            "constraints, not tested:",
            "no constraint was tested.",
        ),
    ],
)
def test_words_for_each_verdict(checks, printed, sentence):
    one = made(checks=checks, constraints=tuple(c.constraint for c in checks))
    assert printed in flat(one)
    assert one.report().endswith(sentence)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"violation_high": 10.0}, "the data do not exclude one of that size (upper limit 10)"),
        ({"violation_low": 1.0, "violation_high": 2.0}, "the data speak for a larger one (lower limit 1)"),
        ({"violation_high": 1e-4, "detectable": 1e-3}, "the data exclude one of that size (upper limit 0.0001)"),
        ({"violation_high": 0.0, "detectable": 0.2}, "with power below 0.8, 0.8 needs 0.2"),
    ],
)
def test_violations_are_compared_with_the_one_that_cancels_the_gain(result, changes, words):
    one = made(checks=(check(**changes),))
    assert words in flat(one)
    assert f"is cancelled by |m|^2 = {result.sensitivity.threshold:.4g}" in flat(one)


def test_intervals_of_several_constraints_are_about_each_alone():
    small = {"violation_high": 1e-4, "detectable": 1e-3}
    one = made(checks=(check(**small), check("Y _||_ X3", **small)), constraints=("Y _||_ X2", "Y _||_ X3"))
    assert "for each constraint alone (largest upper limit 0.0001)" in flat(one)


def test_no_gain_is_predicted():
    one = made(sensitivity=sensitivity(-0.1, np.ones((3, 1)), 1.0))
    assert "no gain is predicted, even if the constraints hold" in flat(one)


def test_a_penalty_that_is_infinite_for_some():
    penalty = np.array([[np.inf, np.inf], [0.5, np.inf]])
    base = made(q=2, constraints=("Y _||_ X2", "Y _||_ X3"))
    one = dataclasses.replace(base, projection=dataclasses.replace(base.projection, penalty=penalty))
    assert "none for Y _||_ X2, response 2" in flat(one)
    assert "2 responses, measures are averaged over them" in flat(one)
    nowhere = made(penalty=np.inf)
    assert "the penalty of the augmented projection is infinite" in flat(nowhere)
    assert "without a projection" in nowhere.report()


@pytest.mark.parametrize(
    ("method", "words", "title"),
    [
        ("plugin", "plug-in, function values on all rows", "plug-in projection for"),
        ("augmented", "augmented, function values on all rows and residuals", "augmented projection for"),
        ("erm", "empirical risk minimisation among functions", "constrained risk minimisation for"),
    ],
)
def test_words_for_each_method(result, method, words, title):
    one = made(projection=dataclasses.replace(result.projection, method=method))
    assert words in flat(one) and title in one.report()


def test_what_is_approximate_is_said(result):
    text = flat(result)
    assert "the variance of the 4 fold means times 1/4 + 1/3" in text and "(Nadeau and Bengio, 2003)" in text
    assert "derived here for least squares on a Gaussian design" in text
    assert "holds the fitted correction fixed" in text and "what is not linear in A is not in it" in text
    assert "what is approximate" not in flat(made(gain=None, predicted=None, sensitivity=None, checks=()))


def test_tuning_in_words():
    assert "penalty 0.1, lengthscale 2.5, chosen by REML, out-of-sample R-squared 0.5" in flat(made())
    forest = {"criterion": "out-of-bag", "leaf": 3, "leaves": np.array([1.0, 3.0]), "path": np.array([2.0, 1.0])}
    assert "base: forest, leaf 3, chosen by out-of-bag error" in flat(made(base="forest", tuning=forest))
    several = made(q=2, tuning={"criterion": "gcv", "penalty": np.array([0.5, np.inf])})
    assert "penalty 0.5 and infinite, chosen by generalized cross-validation" in flat(several)
    assert "base: Ridge, out-of-sample" in flat(made(base="Ridge", tuning={}))


def test_constraints_without_a_check_are_listed():
    assert "not usable" in flat(made(constraints=("Y _||_ X2", "Y _||_ X9"), checks=(check(),)))
    assert "not usable" in flat(made(checks=(), gain=None, predicted=None, sensitivity=None, projection=None))


def flat(result):
    """The summary on one line."""
    return " ".join(result.summary().as_text().split())


# missing parts -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "missing",
    [
        {"gain": None},
        {"predicted": None, "sensitivity": None},
        {"break_even": None},
        {"break_even": BreakEven(float("inf"), -0.1, N, N + M, "the base predicts no better than the mean")},
        {"break_even": BreakEven(float("inf"), NAN, N, N + M, "constant")},
        {"shift": None},
        {"degrees_of_freedom": DegreesOfFreedom(NAN, NAN, NAN)},
        {"projection": None},
        {"predicted": PredictedGain(0.1, NAN, NAN, 0.1, NAN)},
        {"tuning": {}},
        {"checks": (check(violation=NAN, violation_low=NAN, violation_high=NAN, detectable=NAN),)},
        {"checks": (check(statistic=NAN, pvalue=NAN, adjusted=NAN, verdict="not tested"),)},
        {"checks": (), "constraints": ()},
        {"checks": (check(level=NAN, confidence_level=NAN),)},
        {"fitted": None, "residuals": None},
    ],
    ids=lambda fields: ", ".join(fields),
)
def test_only_what_exists_is_printed(missing):
    one = made(**missing)
    for text in (str(one), one.summary().as_text(), one.report(), one.report(style="plain"), repr(one)):
        assert "nan" not in text.lower() and "none (" not in text.lower()
        assert text.isascii()
    for text in (str(one), one.summary().as_text()):
        assert max(map(len, text.expandtabs().splitlines())) <= 80
    assert "<table" in one._repr_html_() or not (one.checks or one.gain or one.predicted)
    assert one.glance().shape[0] == 1 and list(one.glance()) == list(made().glance())
    assert len(one.tidy()) == len(one.checks)


def test_long_names_stay_within_the_width():
    name = "Y _||_ " + ", ".join(f"a_long_name_of_a_column_{k}" for k in range(9)) + " given " + "b" * 90
    one = made(constraints=(name,), checks=(check(name),))
    assert max(map(len, one.summary().as_text().expandtabs().splitlines())) <= 80


# tables --------------------------------------------------------------------------------------------------------------
def test_a_row_for_each_constraint():
    checks = (check(), check("Y _||_ X3", used=False, verdict="contradicted", adjusted=0.01))
    table = made(checks=checks, constraints=("Y _||_ X2", "Y _||_ X3")).tidy()
    assert table["term"].tolist() == ["Y _||_ X2", "Y _||_ X3"] and table["used"].tolist() == [True, False]
    assert table["p_adjusted"].tolist() == [0.4, 0.01] and table["conf_high"].tolist() == [0.12, 0.12]
    with pytest.raises(InvalidParameterError, match="alpha is for coefficients"):
        made().tidy(alpha=0.1)


def test_one_row_for_the_fit(result):
    row = result.glance().iloc[0]
    assert row["n_unlabeled"] == M and row["projection"] == "augmented" and row["n_constraints"] == 1
    assert row["gain_conf_low"] == result.gain.low and row["gain_predicted"] == result.predicted.net
    assert made(penalty=np.inf).glance()["projection"][0] == "none"


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms(result):
    assert_snapshot(str(result), "collider_result.txt")
    assert_snapshot(str(of_graph()), "collider_result_graph.txt")
    several = made(
        q=2,
        constraints=("Y _||_ X2", "Y _||_ X3 given X4"),
        checks=(check(), check("Y _||_ X3 given X4", verdict="contradicted", adjusted=0.012)),
        warnings=("the data contradict Y _||_ X3 given X4 (adjusted p = 0.012 < 0.05)",),
        notes=("method='auto' chose 'augmented' by the break-even ratio 4",),
    )
    assert_snapshot(several.summary().as_text(), "collider_summary.txt")
    nothing = made(
        gain=None, predicted=None, break_even=None, sensitivity=None, shift=None, projection=None, checks=(),
        constraints=(), tuning={}, degrees_of_freedom=DegreesOfFreedom(NAN, NAN, NAN),
    )  # fmt: skip
    assert_snapshot(str(nothing), "collider_result_least.txt")
    assert_snapshot("\n".join([result.report(), result.report(style="plain")]), "collider_report.txt")
    assert repr(result).startswith("<ColliderResult: Collider regression, n = 40, m = 120, gain = 0.0")


def test_a_long_graph_is_cut_in_print_and_not_in_the_summary():
    roles = {f"X{k}": "spouse" for k in range(12)}
    one = made(roles=roles, reasons={})
    assert "4 more in summary()" in str(one) and "X11 (spouse)" not in str(one)
    assert "X11 (spouse)" in one.summary().as_text()


# errors --------------------------------------------------------------------------------------------------------------
def test_plots_that_there_are_not(result):
    with pytest.raises(InvalidParameterError, match="kind is 'scree'"):
        result.plot(kind="scree")
    with pytest.raises(InvalidParameterError, match="kind is 'graph'"):
        result.plot(kind="graph")
    bare = made(gain=None, projection=None, predicted=None, sensitivity=None, tuning={})
    with pytest.raises(InvalidParameterError, match="has no plot"):
        bare.plot()
