import numpy as np
import pytest

from stattools.exceptions import InvalidParameterError
from stattools.results import ConfidenceInterval, Result
from tests.helpers import assert_snapshot
from tests.results import builders


@pytest.mark.parametrize("value, vacuous", [(0.99, False), (1.0, True), (7.0, True), (float("nan"), True)])
def test_a_bound_that_excludes_nothing_is_vacuous(value, vacuous):
    bound = builders.bound(value=value)
    assert bound.vacuous is vacuous
    assert ("the bound is vacuous" in str(bound)) is vacuous


def test_vacuity_follows_the_largest_risk_and_can_be_set():
    assert builders.bound(value=7.0, largest=10.0).vacuous is False
    assert builders.bound(vacuous=True).vacuous is True


@pytest.mark.parametrize(
    "kind, words", [("expectation", "on average"), ("up-to-constant", "up to an unknown constant")]
)
def test_the_sense_in_which_it_holds_is_printed(kind, words):
    bound = builders.bound(kind=kind, delta=None)
    assert words in str(bound)
    assert words in repr(bound)
    assert words in bound.report()


@pytest.mark.parametrize(
    "delta, words", [(0.05, "0.95"), (0.1, "0.9"), (1e-3, "0.999"), (1e-12, "1 - 1e-12"), (1e-20, "1 - 1e-20")]
)
def test_the_probability_is_never_printed_as_one(delta, words):
    assert f"with probability at least {words}\n" in str(builders.bound(delta=delta))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"kind": "sure"}, "kind is 'sure'"),
        ({"delta": None}, "delta is None"),
        ({"delta": 0.0}, "delta is 0.0"),
        ({"delta": 1.0}, "delta is 1.0"),
        ({"kind": "expectation"}, "delta is 0.05; a bound of kind 'expectation' has none"),
        ({"assumptions": "one text"}, "assumptions is one text"),
    ],
)
def test_options_are_checked(changes, message):
    with pytest.raises(InvalidParameterError, match=message):
        builders.bound(**changes)


def test_tidy_lists_the_bound_and_all_its_components():
    table = builders.bound(interval=ConfidenceInterval(0.1, 0.2)).tidy()
    terms = ["value", "gap", "empirical_risk", "KL", "lambda[0]", "lambda[1]", "lambda[2]"]
    assert table["term"].tolist() == terms
    assert table["conf_high"][0] == 0.2
    assert np.isnan(table["conf_high"][1])
    assert table["estimate"].dtype == np.float64


def test_an_estimated_bound():
    bound = builders.bound(
        kind="expectation", delta=None, interval=ConfidenceInterval(0.1, 0.2, 0.9, method="bootstrap"), noise_floor=0.02
    )
    assert Result.from_json(bound.to_json()) == bound
    assert_snapshot(str(bound), "results/bound_estimated.txt")


@pytest.mark.parametrize("value", [0.12341, 0.1, 1 / 3, 2 / 3, 0.99999, 1.00001, 12345.1, 1e-320, 3e300, -0.12349])
@pytest.mark.parametrize("digits", [1, 4, 12])
def test_printed_bounds_hold_too(value, digits):
    bound = builders.bound(value=value, largest=1e301, gap=None)
    texts = [bound.summary(digits=digits).as_text(), repr(bound), bound.report(), bound.report(style="plain")]
    for text in texts:
        assert float(text.split("risk <= ")[1].split()[0]) >= value


def test_a_diagnostic_is_never_printed_as_a_bound():
    bound = builders.bound(kind="expectation", delta=None, diagnostic="the estimate may be too small")
    assert "this is a diagnostic and no bound: the estimate may be too small" in str(bound)
    assert "a diagnostic and no bound" in repr(bound) and "a diagnostic and no bound" in bound.report()
    assert bound.glance()["diagnostic"][0] and not builders.bound().glance()["diagnostic"][0]
    assert "diagnostic" not in str(builders.bound())
    assert Result.from_json(bound.to_json()) == bound


def test_crossed_limits_are_part_of_the_statement():
    bound = builders.bound(interval=ConfidenceInterval(0.2, 0.1))
    assert "the limits contradict each other" in str(bound)
    assert "contradicted by the data" in repr(bound) and "contradicts" in bound.report()


def test_limits_are_rounded_outwards():
    bound = builders.bound(interval=ConfidenceInterval(0.100049, 0.200001, 1 - 1e-9))
    assert "99.9999999 percent confidence interval: 0.1 to 0.2001\n" in str(bound)
