import base64
import contextlib
import dataclasses
import enum
import json
import math
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from stattools._provenance import Provenance
from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import ConfidenceInterval, decode, encode, register, serialization
from stattools.results._immutable import equal


def through_text(obj):
    return decode(json.loads(json.dumps(encode(obj), allow_nan=False)))


def same(left, right):
    """Equal by content and of the same types throughout; slow and strict, unlike `equal`."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        bits = left.dtype == right.dtype and left.shape == right.shape
        if left.dtype.hasobject:
            return bits and all(map(same, left.ravel().tolist(), right.ravel().tolist()))
        return bits and left.tobytes() == right.tobytes()
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(map(repr, left)) == list(map(repr, right)) and all(map(same, left.values(), right.values()))
    if isinstance(left, (float, np.floating)):
        return bool(left == right or (left != left and right != right)) and math.copysign(1, left) == math.copysign(
            1, right
        )
    return bool(left == right)


keys = st.text(max_size=5) | st.integers() | st.booleans() | st.tuples(st.integers(), st.text(max_size=3))
scalars = st.none() | st.booleans() | st.integers() | st.floats().filter(lambda x: x == x) | st.just(math.nan)
values = scalars | st.text() | st.binary() | st.complex_numbers(allow_nan=False)
trees = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@given(trees)
def test_plain_values_come_back_with_their_types(obj):
    assert same(through_text(obj), obj)
    assert equal(through_text(obj), obj)


dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes(endianness="?")
    | hnp.unicode_string_dtypes(max_len=5)
    | hnp.byte_string_dtypes(max_len=5)
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
)


@given(dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))))
def test_arrays_come_back_bit_for_bit(array):
    again = through_text(array)
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert equal(again, array)
    assert not again.flags.writeable


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool, np.complex128, "U7"])
def test_long_arrays_are_stored_as_bytes(dtype):
    array = np.random.default_rng(0).integers(0, 100, size=(7, 200)).astype(dtype)
    assert "base64" in encode(array)["$array"]
    assert "values" in encode(array[:2])["$array"]
    assert same(through_text(array), array)


def test_signed_zeros_and_nan_payloads_in_long_arrays():
    array = np.zeros(2000)
    array[:2] = -0.0, np.nan
    assert same(through_text(array), array)
    assert same(through_text(array[:2]), array[:2])


@pytest.mark.parametrize("order", ["F", "C"])
def test_memory_order_does_not_matter(order):
    array = np.asarray(np.arange(3000.0).reshape(30, 100), order=order)
    np.testing.assert_array_equal(through_text(array), array)
    np.testing.assert_array_equal(through_text(array[::2, ::-3]), array[::2, ::-3])


def test_arrays_of_objects_keep_their_items_apart():
    array = np.empty(4, dtype=object)
    array[:] = [[1, 2], (3,), None, np.arange(2)]
    assert same(through_text(array), array)


def test_structured_arrays():
    array = np.array([(1, 2.5, "a"), (3, np.nan, "b")], dtype=[("n", "<i4"), ("x", "<f8"), ("s", "<U3")])
    again = through_text(array)
    assert again.dtype == array.dtype
    assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "scalar",
    [
        np.float64(0.1),
        np.float32(0.1),
        np.int8(-3),
        np.bool_(True),
        np.str_("a"),
        np.datetime64("2024-01-01"),
        np.float64("nan"),
    ],
)
def test_numpy_scalars_stay_numpy_scalars(scalar):
    assert same(through_text(scalar), scalar)


def test_memmaps_are_stored_as_arrays(tmp_path):
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, mode="w+", shape=(3,))
    mapped[:] = 1.0, 2.0, 3.0
    again = through_text(mapped)
    assert type(again) is np.ndarray
    np.testing.assert_array_equal(again, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    "form, shape",
    [*((form, (5, 7)) for form in ("csr", "csc", "coo", "dia", "bsr", "lil", "dok"))]
    + [(form, (3, 0)) for form in ("csr", "csc", "coo", "lil", "dok")],  # scipy has no empty dia and bsr
)
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_arrays(form, kind, shape):
    dense = np.round(np.random.default_rng(0).normal(size=shape) * (np.indices(shape).sum(axis=0) % 3 == 0), 3)
    original = getattr(sparse, f"{form}_{kind}")(dense)
    again = through_text(original)
    assert type(again) is type(original)
    assert again.dtype == original.dtype
    np.testing.assert_array_equal(again.toarray(), dense)
    assert equal(again, original)
    assert dense.size == 0 or not equal(again, original * 2)


def test_explicit_zeros_of_a_sparse_array_are_kept():
    original = sparse.csr_array((np.array([0.0, 1.0]), np.array([0, 1]), np.array([0, 2])), shape=(1, 2))
    assert through_text(original).nnz == 2


def test_a_decoded_sparse_array_can_be_worked_with():
    again = through_text(sparse.csr_array(np.eye(3)))
    again[0, 0] = 5.0
    again.sort_indices()
    assert again[0, 0] == 5.0


def test_seeds_give_the_same_stream():
    seed = np.random.SeedSequence([1, 2**70], spawn_key=(3,))
    seed.spawn(2)
    again = through_text(seed)
    np.testing.assert_array_equal(again.generate_state(8), seed.generate_state(8))
    assert again.spawn(1)[0].spawn_key == seed.spawn(1)[0].spawn_key


def test_the_seed_of_the_operating_system_survives_json():
    seed = np.random.SeedSequence()
    assert through_text(seed).entropy == seed.entropy


# classes -------------------------------------------------------------------------------------------------------------
def test_registered_classes_nest():
    obj = {"a": (ConfidenceInterval(0.0, math.inf), [Provenance(call="f()", sizes={"n": 3})])}
    assert equal(through_text(obj), obj)
    assert type(through_text(obj)["a"][0]) is ConfidenceInterval


def test_fields_stand_beside_the_name_of_the_class():
    stored = encode(ConfidenceInterval(0.0, 1.0))
    assert stored["$class"] == "stattools.results.interval.ConfidenceInterval"
    assert stored["$format"] == 1
    assert stored["high"] == 1.0


@dataclasses.dataclass(frozen=True)
class Outside:
    x: int


def imitate(cls, path, monkeypatch):
    """Let a class of this file look as if it were one of the package."""
    monkeypatch.setattr(serialization, "_REGISTRY", dict(serialization._REGISTRY))
    cls.__module__, cls.__qualname__ = path.rsplit(".", 1)
    return register(cls)


def test_init_fields_alone_are_stored(monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class Square:
        side: float
        area: float = dataclasses.field(init=False)

        def __post_init__(self):
            object.__setattr__(self, "area", self.side**2)

    imitate(Square, "stattools.tests.Square", monkeypatch)
    assert set(encode(Square(3.0))) == {"$class", "$format", "side"}
    assert through_text(Square(3.0)) == Square(3.0)
    assert through_text(Square(3.0)).area == 9.0


def test_a_class_may_skip_its_own_checks_when_it_is_read(monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class Picky:
        x: float

        def __post_init__(self):
            raise AssertionError("checked again")

        @classmethod
        def _from_fields(cls, fields):
            self = object.__new__(cls)
            object.__setattr__(self, "x", fields["x"])
            return self

    imitate(Picky, "stattools.tests.Picky", monkeypatch)
    assert through_text(Picky._from_fields({"x": 0.1})).x == 0.1


def test_a_subclass_of_a_registered_class_is_not_stored_as_its_parent():
    class Special(ConfidenceInterval):
        pass

    with pytest.raises(InvalidParameterError, match="cannot be stored"):
        encode(Special(0.0, 1.0))


@pytest.mark.parametrize("cls", [Outside, int, dict])
def test_classes_of_other_packages_cannot_register(cls):
    with pytest.raises(InvalidParameterError, match="only classes at the top level of a module of stattools"):
        register(cls)


class Colour(enum.IntEnum):
    RED = 1


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "obj",
    [
        Outside(1),
        object(),
        {1, 2},
        len,
        int,
        Colour.RED,
        Point(1, 2),
        OrderedDict(a=1),
        np.ma.masked_array([1.0], mask=[True]),
        range(3),
        {"a": [object()]},
    ],
    ids=lambda obj: type(obj).__name__,
)
def test_what_would_lose_something_is_refused(obj):
    with pytest.raises(InvalidParameterError, match="cannot be stored"):
        encode(obj)


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "stattools",
        "stattools.__main__.main",
        "stattools._errors.InvalidDataError",
        "stattools.results.serialization.importlib",
        "stattools.nowhere.Nothing",
        "stattools..results",
        "stattoolsx.Result",
        "../stattools.Result",
        None,
        3,
    ],
)
def test_classes_that_are_not_registered_are_never_built(path):
    with pytest.raises(InvalidDataError, match="the stored form names the class"):
        decode({"$class": path, "args": ["echo"]})


@pytest.mark.parametrize("version", [2, 0, "1", None, 1.5])
def test_other_versions_are_refused(version):
    with pytest.raises(InvalidDataError, match=r"has version .*reads versions 1 to 1"):
        decode({"$tuple": [], "$format": version})


STORED = encode(np.arange(3.0))["$array"]


@pytest.mark.parametrize(
    "damaged",
    [
        {"$tuple": 3},
        {"$unknown": 3},
        {"$tuple": [], "more": 1},
        {"$float": "x"},
        {"$bytes": "?"},
        {"$complex": [1]},
        {"$dict": [[1]]},
        {"$dict": [[[1], 2]]},
        {"$array": {}},
        {"$array": {**STORED, "shape": [4]}},
        {"$array": {**STORED, "shape": [-1]}},
        {"$array": {**STORED, "dtype": "nonsense"}},
        {"$array": {**STORED, "values": ["a", "b", "c"]}},
        {"$array": {"dtype": "<f8", "shape": [1], "base64": "AAAA"}},
        {"$array": {"dtype": "|O", "shape": [1], "base64": base64.b64encode(bytes(8)).decode()}},
        {"$array": {"dtype": "<f8", "shape": [1], "base64": "!!"}},
        {"$sparse": {"format": "no", "kind": "array", "shape": [1, 1]}},
        {"$sparse": {"format": "csr", "kind": "array", "shape": [1, 1]}},
        {"$seed": [1]},
        {"$class": "stattools.results.interval.ConfidenceInterval"},
        {"$class": "stattools.results.interval.ConfidenceInterval", "low": 0, "high": 1, "other": 2},
        {"$class": "stattools.results.interval.ConfidenceInterval", "low": 0, "high": 1, "confidence_level": 7},
        object(),
        {1: 2, "a": {3}},
    ],
    ids=lambda damaged: "object" if type(damaged) is object else str(damaged),
)
def test_damage_is_an_error_of_ours(damaged):
    with pytest.raises(InvalidDataError):
        decode(damaged)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.sampled_from(["<f8", "csr", "array"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*serialization._DECODERS, "$class", "$format", "dtype", "shape", "values"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_json_is_read_or_refused(d):
    with contextlib.suppress(InvalidDataError):
        decode(d)
