"""Bounds over sizes and probabilities of failure."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from stattools.bounds import (
    BoundCurve,
    bound_curve,
    compression,
    mutual_information,
    pac_bayes,
    sample_size,
    test_set,
    vc,
)
from stattools.bounds.named import BOUNDS
from stattools.exceptions import InvalidDataError, InvalidParameterError, StattoolsError
from stattools.results import Result
from tests.bounds.test_sample_sizes import OPTIONS, options_of
from tests.helpers import assert_snapshot

SIZES, DELTAS = [5, 40, 1000, 10**6], [0.05, 1e-3]


# naive ---------------------------------------------------------------------------------------------------------------
def by_function(name, n, delta):
    """The value of one bound by its own function."""
    if name == "binomial":
        return test_set(errors=int(np.ceil(n / 10)), n=n, delta=delta).value
    if name in ("kl", "hoeffding"):
        return test_set([0.1] * n, method=name, delta=delta).value if n <= 1000 else None
    if name.startswith("pac_bayes_"):
        options = {key: OPTIONS[name][key] for key in ("xi", "lam") if key in OPTIONS[name]}
        bound = pac_bayes(0.1, 3.0, n, name.removeprefix("pac_bayes_"), delta=delta, **options)
    elif name.startswith("vc_"):
        bound = vc(0.1, n, 2, name.removeprefix("vc_"), growth=OPTIONS[name].get("growth", "closed"), delta=delta)
    elif name == "compression":
        bound = compression(int(np.ceil((n - 3) / 10)), n, 3, delta=delta)
    elif name in ("xu_raginsky", "cmi"):
        bound = mutual_information(2.0, n, name, risk=0.1)
    else:
        return None
    return bound.components.get("before the limit", bound.value)


@pytest.mark.parametrize("name", OPTIONS)
def test_values_are_those_of_the_functions(name):
    deltas = deltas_of(name)
    curve = bound_curve(name, SIZES, deltas, **options_of(name, 0.1))
    assert curve.values.shape == (1, curve.delta.size, len(SIZES))
    for d, delta in enumerate(deltas or [0.05]):
        for k, n in enumerate(SIZES):
            wanted = by_function(name, n, delta)
            if wanted is not None:  # the mean of n tenths is a tenth up to rounding
                assert curve.values[0, d, k] == pytest.approx(wanted, rel=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", OPTIONS)
def test_all_at_once_is_one_by_one_and_falls_with_n_and_delta(name):
    options = options_of(name, 0.1)
    deltas = deltas_of(name)
    curve = bound_curve(name, SIZES, deltas, **options)
    single = [[bound_curve(name, n, d, **options).values[0, 0, 0] for n in SIZES] for d in deltas or [None]]
    np.testing.assert_array_equal(curve.values[0], single)
    assert (np.diff(curve.values[0], axis=1) < 0).all()
    assert (curve.values[0, -1] >= curve.values[0, 0]).all()


def deltas_of(name):
    return DELTAS if BOUNDS[name].kind == "high-probability" else None


def test_what_has_no_delta_is_not_given_one():
    curve = bound_curve(["kl", "cmi"], [10, 100], DELTAS, information=1.0)
    assert curve.without_delta == ("cmi",) and curve.notes == ("cmi does not depend on delta",)
    frame = curve.tidy()
    assert len(frame) == 6 and frame[frame["bound"] == "cmi"]["delta"].isna().tolist() == [True, True]
    assert "cmi 0.142 (on average over samples)" in curve.report()
    alone = bound_curve("cmi", [10, 100], information=1.0)
    assert np.isnan(alone.delta).tolist() == [True] and "delta" not in str(alone) + alone.report()
    assert BoundCurve.from_json(alone.to_json()) == alone
    assert "delta" not in alone.plot().get_title() and len(curve.plot().lines[:4]) == 4


def test_functions_say_of_which_kind_their_bounds_are():
    found = [lambda n: test_set(errors=0, n=n), lambda n: mutual_information(1.0, n, risk=0.0), lambda n: 1 / n]
    assert bound_curve(found, [10, 20]).kinds == ("high-probability", "expectation", "")


def test_printed_values_are_on_the_safe_side():
    curve = bound_curve("hoeffding", [7, 70, 7000], risk=0.1)
    rows = [line.split() for line in str(curve).splitlines()]
    printed = [float(row[1]) for row in rows if row[:1] in (["7"], ["70"], ["7000"])]
    assert len(printed) == 3 and (np.array(printed) >= curve.values[0, 0]).all()
    said = float(curve.report().rsplit(" ", 1)[1].rstrip("."))
    assert said >= curve.values[0, 0, 2]


def test_the_sentence_says_what_excludes_nothing():
    assert "vacuous for a risk in [0, 1]" in bound_curve("vc_vapnik", [100], dimension=50).report()
    assert "none (too few data)" in bound_curve("empirical_bernstein", [1], variance=0.1).report()


def test_several_bounds_share_settings():
    curve = bound_curve(["kl", "pac_bayes_kl", "xu_raginsky"], SIZES, risk=0.1, kl=3.0, information=1.0)
    assert curve.names == ("kl", "pac_bayes_kl", "xu_raginsky") and curve.risk == 0.1
    assert curve.kinds == ("high-probability", "high-probability", "expectation")
    np.testing.assert_array_equal(curve.values[:1], bound_curve("kl", SIZES, risk=0.1).values)
    np.testing.assert_allclose(curve.gaps, curve.values - 0.1)


def test_functions_and_labels():
    curve = bound_curve({"ours": lambda n, delta: delta / n, "kl": "kl"}, [10, 20], [0.1, 0.2])
    np.testing.assert_allclose(curve.values[0], [[0.01, 0.005], [0.02, 0.01]], rtol=1e-15)
    assert curve.names == ("ours", "kl") and curve.kinds == ("", "high-probability")
    assert bound_curve([lambda n: 1 / n, by_call], [1]).names == ("bound 1", "by_call")


def by_call(n):
    return test_set(errors=0, n=n)


def test_too_few_data_have_no_value():
    curve = bound_curve(["empirical_bernstein", "compression"], [1, 2, 5], variance=0.1, k=3)
    np.testing.assert_array_equal(np.isnan(curve.values[:, 0]), [[True, False, False], [True, True, False]])
    assert curve.vacuous[0, 0, 0]


def test_a_curve_crosses_the_target_at_the_sample_size():
    n = sample_size("pac_bayes_kl", 0.15, risk=0.1, kl=20.0)
    before, at = bound_curve("pac_bayes_kl", [n - 1, n], risk=0.1, kl=20.0).values[0, 0]
    assert at <= 0.15 < before


def test_round_trips_and_tables():
    curve = bound_curve(["kl", "hoeffding"], SIZES, DELTAS, risk=0.1)
    assert BoundCurve.from_json(curve.to_json()) == curve == Result.from_dict(curve.to_dict())
    assert pickle.loads(pickle.dumps(curve)) == curve == copy.deepcopy(curve)
    frame = curve.tidy()
    assert len(frame) == curve.values.size
    row = frame[(frame["bound"] == "hoeffding") & (frame["n"] == 1000) & (frame["delta"] == 1e-3)].iloc[0]
    assert row["value"] == curve.values[1, 1, 2] and row["gap"] == pytest.approx(row["value"] - 0.1)
    assert len(curve.glance()) == 1


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments, options, message",
    [
        ((["kl", "hoefding"],), {}, "did you mean 'hoeffding'"),
        (([],), {}, "bound is empty"),
        ((["kl", "kl"],), {}, "bound has 'kl' more than once"),
        (({1: "kl"},), {}, "bound has the label 1"),
        (("kl", [0]), {}, "n has 0"),
        (("kl", [1.5]), {}, "n has 1.5"),
        (("kl", [[1, 2]]), {}, r"n has shape \(1, 2\)"),
        (("kl", 10, [0.0]), {}, "delta holds 0"),
        (("kl", 10, [[0.1]]), {}, r"delta has shape \(1, 1\)"),
        (("kl", 10), {"kl": 3}, "kl is no setting of kl, which takes risk"),
        (("pac_bayes_kl", 10), {}, "kl is missing"),
        (("kl", 10), {"risk": 2}, "risk is 2"),
        (("cmi", 10, 0.05), {"information": 1.0}, "delta is given, and cmi holds on average"),
        ((lambda n: test_set(errors=1, n=n, alternative="lower"), 10), {}, "returned a lower bound for n = 10"),
    ],
)
def test_refused(arguments, options, message):
    with pytest.raises(InvalidParameterError, match=message):
        bound_curve(*arguments, **options)


def test_shapes_must_agree():
    curve = bound_curve("kl", SIZES)
    fields = {"provenance": curve.provenance, "names": ("kl",), "delta": [0.05], "kinds": ("",)}
    with pytest.raises(InvalidDataError, match="values has shape"):
        BoundCurve(n=[1, 2], values=[[[1.0]]], **fields)
    with pytest.raises(InvalidDataError, match="kinds has 0 entries"):
        BoundCurve(n=[1], values=[[[1.0]]], **{**fields, "kinds": ()})


THINGS = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-3, 10**20), st.text(max_size=3), st.just({}), st.just(1j),
    st.lists(st.one_of(st.floats(), st.integers(-2, 50)), max_size=4),
    st.sampled_from([1e-300, 1e300, 0.1, 3, 50]),
)  # fmt: skip


@settings(max_examples=300)
@given(st.data())
def test_arbitrary_input_gives_a_curve_or_an_error_of_ours(data):
    name = data.draw(st.sampled_from(sorted(OPTIONS)))
    arguments = {"n": [10, 30], "delta": 0.05, **options_of(name, 0.1), "target": 0.3, "n_max": 100}
    arguments["bound"] = name
    for key in data.draw(st.lists(st.sampled_from(sorted(arguments)), max_size=2)):
        arguments[key] = data.draw(THINGS)
    only_size = ("target", "n_max")
    for function, left_out in ((bound_curve, only_size), (sample_size, ("n",))):
        try:
            found = function(**{key: value for key, value in arguments.items() if key not in left_out})
        except StattoolsError as error:
            assert str(error)
        else:
            assert isinstance(found, (BoundCurve, int))


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    curve = bound_curve(["binomial", "hoeffding", "vc_vapnik"], delta=[0.05, 0.01], risk=0.1, dimension=10)
    short = bound_curve("kl", [10, 100], risk=0.1)
    text = "\n".join([str(curve), curve.report(), repr(curve), str(short)])
    assert_snapshot(text, "bounds_curve.txt")
