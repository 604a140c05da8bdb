"""How constraints are written, and which columns they mean."""

import copy
import pickle

import numpy as np
import pytest

from stattools.collider.constraints import (
    Constraint,
    Resolved,
    normalise,
    resolve,
)
from stattools.exceptions import InvalidParameterError, NoUsableConstraintError, UnknownColumnError
from stattools.results.serialization import decode, encode

NAMES = ("X1", "X2", "X3", "X4")


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("independent", "given", "expected"),
    [
        ((), (), ()),
        (None, None, ()),
        ([], [], ()),
        ("X2", (), (Constraint(("X2",)),)),
        (1, 2, (Constraint((1,), (2,)),)),
        (["X2", "X4"], ["X3"], (Constraint(("X2", "X4"), ("X3",)),)),
        (np.array([1, 3]), np.array([2]), (Constraint((1, 3), (2,)),)),
        (np.array(["X2"]), (), (Constraint(("X2",)),)),
        ([("X2",), ("X4",)], [("X3",), ()], (Constraint(("X2",), ("X3",)), Constraint(("X4",)))),
        ([("X2",), ("X4",)], (), (Constraint(("X2",)), Constraint(("X4",)))),
        ([[1], [3]], None, (Constraint((1,)), Constraint((3,)))),
        ([("X2", "X4")], [()], (Constraint(("X2", "X4")),)),
        ([Constraint("X2"), Constraint("X4", "X3")], (), (Constraint(("X2",)), Constraint(("X4",), ("X3",)))),
        (Constraint("X2"), (), (Constraint(("X2",)),)),
        ({"X4", "X2"}, (), (Constraint(("X2", "X4")),)),
    ],
)
def test_all_ways_to_write_constraints(independent, given, expected):
    assert normalise(independent, given) == expected


def test_names_and_indices_mean_the_same_columns():
    by_name = resolve([Constraint(("X4", "X2"), ("X3",))], NAMES)
    by_index = resolve([Constraint((3, 1), (2,))], NAMES)
    assert by_name == by_index == [Resolved((1, 3), (2,), (0,))]


# property ------------------------------------------------------------------------------------------------------------
def test_a_constraint_is_a_value():
    one = Constraint(("X2",), ("X3",), response="weight")
    assert one == Constraint("X2", "X3") and hash(one) == hash(Constraint("X2", "X3"))
    assert len({one, Constraint("X2", "X3"), Constraint("X2")}) == 2
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert decode(encode(one)) == one
    assert type(Constraint(np.array([1])).independent[0]) is int


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("independent", "given", "message"),
    [
        ((), ("X3",), "independent is empty; name what is independent"),
        (("X2", "X2"), (), "independent names column 'X2' twice"),
        (("X2",), ("X3", "X3"), "given names column 'X3' twice"),
        (("X2", "X3"), ("X3",), "column 'X3' is independent and given at once"),
        ((1.5,), (), "independent holds 1.5, which is neither a name nor an index"),
        ((True,), (), "independent holds True"),
        ((("X2",), "X4"), (), "mixes the column 'X4' with a sequence"),
        ((("X2",), ("X4",)), ("X3",), "independent has 2 constraints, and given is"),
        ((("X2",), ("X4",)), [("X3",)], "independent has 2 constraints"),
        (("X2",), [("X3",)], "several constraints need a sequence of sequences in both"),
        ([("X2",), ("X2",)], (), "stands twice"),
        ([Constraint("X2"), "X4"], (), "mixes constraints with 'X4'"),
        ([Constraint("X2")], ("X3",), "constraints have conditions of their own"),
        (({"X2": 1},), (), "neither a name nor an index"),
        (3.0, (), "independent is 3.0; it takes names or indices"),
    ],
)
def test_what_cannot_be_a_constraint(independent, given, message):
    with pytest.raises(InvalidParameterError, match=message):
        normalise(independent, given)


def test_an_empty_constraint():
    with pytest.raises(InvalidParameterError, match="names at least one column"):
        Constraint(())


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        (Constraint("Z"), "there is no column 'Z'; X has the columns 'X1', 'X2', 'X3', 'X4'"),
        (Constraint("X2", "Z"), "there is no column 'Z'"),
        (Constraint(4), "there is no column 4; X has the columns 0 to 3"),
        (Constraint(-1), "there is no column -1"),
    ],
)
def test_unknown_columns_are_key_errors_that_name_the_column(constraint, message):
    with pytest.raises(KeyError) as caught:
        resolve([constraint], NAMES)
    assert isinstance(caught.value, UnknownColumnError) and isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("constraints", "message"),
    [
        ([Constraint(("X2", 1))], "independent names column 'X2' twice"),
        ([Constraint("X2", 1)], "column 'X2' is independent and given at once"),
        ([Constraint(("X1", "X2"), ("X3", "X4"))], "uses all 4 columns of X"),
        ([Constraint("X2"), Constraint(1)], "stands twice"),
    ],
)
def test_constraints_that_do_not_fit_to_the_columns(constraints, message):
    with pytest.raises(InvalidParameterError, match=message):
        resolve(constraints, NAMES)


def test_a_name_that_two_columns_have():
    with pytest.raises(InvalidParameterError, match="2 columns of the name 'X1'; refer to one by its index"):
        resolve([Constraint("X1")], ("X1", "X1", "X2"))
    assert resolve([Constraint(1)], ("X1", "X1", "X2")) == [Resolved((1,), (), (0, 2))]


def test_the_error_of_a_graph_without_constraints_is_a_value_error():
    assert issubclass(NoUsableConstraintError, ValueError)


# print ---------------------------------------------------------------------------------------------------------------
def test_words():
    assert str(Constraint(("X2", 3), ("X3",), "weight")) == "weight _||_ X2, column 3 given X3"
    assert str(Constraint("X2")) == "Y _||_ X2"
