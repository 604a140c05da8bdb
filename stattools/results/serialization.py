"""Objects as JSON values and back, without loss and without pickle.

JSON values stand for themselves. All else is a dict with one key that begins with ``$``:

=============  ======================================================================================================
``$float``     "nan", "inf", "-inf"
``$complex``   real and imaginary part
``$tuple``     items
``$dict``      pairs of key and value, for keys that are not plain text
``$bytes``     base64
``$scalar``    a numpy scalar: an array without dimensions
``$array``     ``dtype``, ``shape`` and ``values`` in C order, or ``base64`` of their bytes above 1000 elements
``$sparse``    format, kind, shape and the arrays of a scipy sparse array or matrix
``$seed``      entropy, spawn key, pool size and count of children of a SeedSequence
``$class``     dotted path of a registered dataclass; its init fields stand beside the key
=============  ======================================================================================================

``$format`` at the top level is the version of this list. Reading builds only registered classes of this package.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import importlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from stattools._errors import InvalidDataError, InvalidParameterError
from stattools.results._immutable import ReadOnlyDict, is_sparse

FORMAT = 1
LIST_LIMIT = 1000

_PATH = re.compile(r"stattools(\.[A-Za-z_]\w*)+")
_REGISTRY: dict[str, type] = {}
_SPARSE_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "coords"),
    "dia": ("data", "offsets"),
}
_SPARSE_VIA_COO = ("lil", "dok")

C = TypeVar("C", bound=type)


# registration --------------------------------------------------------------------------------------------------------
def may_register(cls: type) -> bool:
    """Whether a class has a place in this package from which a reader can import it.

    Examples
    --------
    >>> may_register(int)
    False
    """
    return _PATH.fullmatch(_path(cls)) is not None


def register(cls: C) -> C:
    """Let `encode` and `decode` handle a dataclass of this package; usable as a decorator.

    The init fields are stored. `decode` calls the class with them, or its classmethod ``_from_fields(fields)`` where it
    has one, which is the place to skip checks and conversions that the stored values have been through.

    Parameters
    ----------
    cls : type
        Defined at the top level of a module of stattools.

    Returns
    -------
    type
        `cls` itself.

    Raises
    ------
    InvalidParameterError
        The class lives outside of stattools or inside of a function.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> register(Provenance) is Provenance
    True
    """
    if not may_register(cls):
        raise InvalidParameterError(
            f"cls is {_path(cls)}; only classes at the top level of a module of stattools can be stored"
        )
    _REGISTRY[_path(cls)] = cls
    return cls


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _init_fields(cls: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(cls) if field.init]


# encoding ------------------------------------------------------------------------------------------------------------
def encode(obj: Any) -> Any:
    """Turn an object into JSON values, from which `decode` makes an equal one.

    Parameters
    ----------
    obj : object
        None, bool, int, float, complex, str, bytes, tuple, list, dict, numpy scalars and arrays, scipy sparse arrays, a
        numpy SeedSequence, and instances of registered dataclasses, nested in any way.

    Returns
    -------
    object
        For ``json.dumps(..., allow_nan=False)``.

    Raises
    ------
    InvalidParameterError
        `obj` holds anything else.

    Examples
    --------
    >>> encode((1, float("nan")))
    {'$tuple': [1, {'$float': 'nan'}], '$format': 1}
    """
    encoded = _encode(obj)
    tagged = isinstance(encoded, dict) and any(key.startswith("$") for key in encoded)
    return {**encoded, "$format": FORMAT} if tagged else encoded


def _encode(obj: Any) -> Any:
    if obj is None or type(obj) in (bool, int, str):
        return obj
    if type(obj) is float:
        return obj if math.isfinite(obj) else {"$float": str(obj)}
    if is_sparse(obj):  # before dicts, one of which scipy's dok format is
        return _encode_sparse(obj)
    for kind, encoder in _ENCODERS:
        if isinstance(obj, kind):
            return encoder(obj)
    if _REGISTRY.get(_path(type(obj))) is type(obj):
        return {"$class": _path(type(obj)), **{name: _encode(getattr(obj, name)) for name in _init_fields(type(obj))}}
    raise InvalidParameterError(f"a {_path(type(obj))} cannot be stored; only plain values, arrays and results can")


def _encode_dict(obj: Mapping[Any, Any]) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in obj):
        return {key: _encode(value) for key, value in obj.items()}
    return {"$dict": [[_encode(key), _encode(value)] for key, value in obj.items()]}


def _encode_array(obj: Any) -> Any:
    if isinstance(obj, (np.ma.MaskedArray, np.matrix)):
        raise InvalidParameterError(f"a {_path(type(obj))} cannot be stored; convert it to a plain array first")
    dtype = obj.dtype
    stored: dict[str, Any] = {"dtype": dtype.str if dtype.names is None else _encode(dtype.descr)}
    stored["shape"] = list(obj.shape)
    if dtype.kind == "O":
        stored["values"] = [_encode(item) for item in obj.ravel().tolist()]
    elif dtype.hasobject:
        raise InvalidParameterError("a structured array that holds objects cannot be stored")
    elif obj.size > LIST_LIMIT or not _json_can_hold(dtype):
        stored["base64"] = base64.b64encode(np.ascontiguousarray(obj).tobytes()).decode("ascii")
    else:
        stored["values"] = [_encode(item) for item in obj.ravel().tolist()]
    return {"$array": stored}


def _json_can_hold(dtype: np.dtype[Any]) -> bool:
    """Whether Python's numbers and text hold every value of the type."""
    return dtype.kind in "bU" or (dtype.kind in "iuf" and dtype.itemsize <= 8) or dtype == np.complex128


def _encode_sparse(obj: Any) -> Any:
    kind = "array" if type(obj).__name__.endswith("_array") else "matrix"
    form = obj.format
    if form not in _SPARSE_PARTS and form not in _SPARSE_VIA_COO:
        raise InvalidParameterError(f"a sparse {kind} of format {form!r} cannot be stored")
    source = obj.tocoo() if form in _SPARSE_VIA_COO else obj
    names = _SPARSE_PARTS[source.format]
    parts = {name: _encode(_sparse_part(source, name)) for name in names}
    return {"$sparse": {"format": form, "kind": kind, "shape": [int(k) for k in obj.shape], **parts}}


def _sparse_part(obj: Any, name: str) -> Any:
    return tuple(obj.coords) if name == "coords" else getattr(obj, name)


def _encode_seed(obj: np.random.SeedSequence) -> Any:
    state = obj.state
    return {"$seed": [_encode(state[key]) for key in ("entropy", "spawn_key", "pool_size", "n_children_spawned")]}


def _encode_sequence(obj: Any) -> Any:
    items = [_encode(item) for item in obj]
    return {"$tuple": items} if isinstance(obj, tuple) else items


def _encode_subclass(obj: Any) -> Any:
    """A named tuple, an enum, a default dict: storing it as the plain type would lose what it is."""
    raise InvalidParameterError(f"a {_path(type(obj))} cannot be stored; convert it to a plain value first")


_ENCODERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (np.ndarray, _encode_array),
    # before the plain types, of which numpy's float64 and str_ are subclasses
    (np.generic, lambda obj: {"$scalar": _encode_array(np.asarray(obj))["$array"]}),
    (complex, lambda obj: {"$complex": [_encode(obj.real), _encode(obj.imag)]}),
    (bytes, lambda obj: {"$bytes": base64.b64encode(obj).decode("ascii")}),
    (ReadOnlyDict, _encode_dict),
    ((bool, int, float, str), _encode_subclass),
    (dict, lambda obj: _encode_dict(obj) if type(obj) is dict else _encode_subclass(obj)),
    ((tuple, list), lambda obj: _encode_sequence(obj) if type(obj) in (tuple, list) else _encode_subclass(obj)),
    (np.random.SeedSequence, _encode_seed),
)


# decoding ------------------------------------------------------------------------------------------------------------
def decode(d: Any) -> Any:
    """Rebuild the object that `encode` described. Arrays come out read-only.

    Parameters
    ----------
    d : object
        JSON values.

    Returns
    -------
    object

    Raises
    ------
    InvalidDataError
        `d` names a class that is not registered, was written by a newer version, or is damaged.

    Examples
    --------
    >>> decode(encode((1, [2.5, None])))
    (1, [2.5, None])
    """
    if isinstance(d, Mapping) and "$format" in d:
        version = d["$format"]
        if not isinstance(version, int) or not 1 <= version <= FORMAT:
            raise InvalidDataError(
                f"the stored form has version {version!r}; this stattools reads versions 1 to {FORMAT}, "
                "a newer one may read it"
            )
        d = {key: value for key, value in d.items() if key != "$format"}
    try:
        return _decode(d)
    except InvalidDataError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise InvalidDataError(f"the stored form is damaged: {error}") from error


def _decode(d: Any) -> Any:
    if d is None or isinstance(d, (bool, int, float, str)):
        return d
    if isinstance(d, (list, tuple)):
        return [_decode(item) for item in d]
    if not isinstance(d, Mapping):
        raise InvalidDataError(f"the stored form holds a {type(d).__name__}, which is no JSON value")
    if "$class" in d:
        return _decode_class(d)
    tags = [key for key in d if isinstance(key, str) and key.startswith("$")]
    if not tags:
        return {key: _decode(value) for key, value in d.items()}
    if len(d) != 1 or tags[0] not in _DECODERS:
        raise InvalidDataError(f"the stored form has an unknown entry {tags[0]!r}")
    return _DECODERS[tags[0]](d[tags[0]])


def _decode_class(d: Mapping[str, Any]) -> Any:
    cls = _registered(d["$class"])
    fields = {key: _decode(value) for key, value in d.items() if key != "$class"}
    unknown = sorted(set(fields) - set(_init_fields(cls)))
    if unknown:
        raise InvalidDataError(f"the stored form gives {cls.__name__} a field {unknown[0]!r}, which it does not have")
    build = getattr(cls, "_from_fields", None)
    return cls(**fields) if build is None else build(fields)


def _registered(path: Any) -> type:
    """The class of a path; its module is imported when it lies in this package."""
    if not isinstance(path, str) or not _PATH.fullmatch(path) or ".__" in path:
        raise InvalidDataError(f"the stored form names the class {path!r}; only classes of stattools are built")
    if path not in _REGISTRY:
        with contextlib.suppress(ImportError):
            importlib.import_module(path.rpartition(".")[0])
    if path not in _REGISTRY:
        raise InvalidDataError(f"the stored form names the class {path!r}, which this stattools cannot build")
    return _REGISTRY[path]


def _decode_array(d: Mapping[str, Any]) -> Any:
    dtype = _dtype(d["dtype"])
    shape = tuple(int(k) for k in d["shape"])
    if "base64" in d:
        if dtype.hasobject:
            raise InvalidDataError("the stored form gives an array of objects as bytes")
        array = np.frombuffer(_bytes(d["base64"]), dtype=dtype)
    else:
        array = np.empty(len(d["values"]), dtype=dtype)
        for k, value in enumerate(d["values"]):  # one by one: lists in an array of objects must not be unpacked
            array[k] = _decode(value)
    if array.size != math.prod(shape):
        raise InvalidDataError(f"the stored form has {array.size} values for an array of shape {shape}")
    array = array.reshape(shape)
    array.flags.writeable = False
    return array


def _dtype(stored: Any) -> np.dtype[Any]:
    if isinstance(stored, str):
        return np.dtype(stored)
    return np.dtype([tuple(field) for field in _decode(stored)])


def _decode_sparse(d: Mapping[str, Any]) -> Any:
    from scipy import sparse

    form, kind, shape = d["format"], d["kind"], tuple(int(k) for k in d["shape"])
    if form not in (*_SPARSE_PARTS, *_SPARSE_VIA_COO) or kind not in ("array", "matrix"):
        raise InvalidDataError(f"the stored form has a sparse {kind} of format {form!r}")
    stored_as = "coo" if form in _SPARSE_VIA_COO else form
    # a copy, because scipy sorts and prunes in place
    parts = [_writable(_decode(d[name])) for name in _SPARSE_PARTS[stored_as]]
    build = getattr(sparse, f"{stored_as}_{kind}")
    arguments = (parts[0], parts[1]) if len(parts) == 2 else tuple(parts)
    result = build(arguments, shape=shape)
    return result.asformat(form) if form != stored_as else result


def _writable(part: Any) -> Any:
    return tuple(item.copy() for item in part) if isinstance(part, tuple) else part.copy()


def _decode_seed(d: Any) -> np.random.SeedSequence:
    entropy, spawn_key, pool_size, n_children = [_decode(item) for item in d]
    return np.random.SeedSequence(entropy, spawn_key=spawn_key, pool_size=pool_size, n_children_spawned=n_children)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise InvalidDataError(f"the stored form has damaged base64 text: {error}") from None


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$complex": lambda d: complex(_decode(d[0]), _decode(d[1])),
    "$tuple": lambda d: tuple(_decode(item) for item in d),
    "$dict": lambda d: {_decode(key): _decode(value) for key, value in d},
    "$bytes": _bytes,
    "$scalar": lambda d: _decode_array(d)[()],
    "$array": _decode_array,
    "$sparse": _decode_sparse,
    "$seed": _decode_seed,
}
