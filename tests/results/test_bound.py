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
