"""A file in which a long experiment keeps what it has done, so that a killed run can be continued."""

from __future__ import annotations

import functools
import glob
import json
import os
import sys
import time
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._provenance import package_versions, seed_fields
from stattools.bounds.fresh import parts_of

KNOWN = sys.stdlib_module_names | {"stattools", "numpy", "scipy", "sklearn", "pandas", "joblib"}
SHARE_OF_TIME = 0.05  # at most this share of a run is spent writing


def digest_of(*values: Any) -> str:
    """A text that differs when data, settings or package versions do.

    A function counts by its code, defaults, enclosed variables and the variables of its module that it names, an
    estimator by its parameters and the methods of its class, other objects by their pickle. Functions and classes of
    the standard library, of stattools and the packages it rests on count by their name. What is reached in other ways,
    as by attributes of a module, and data that a class holds are not seen.

    Raises
    ------
    InvalidParameterError
        Something cannot be pickled.

    Examples
    --------
    >>> digest_of([1, 2.0], "a") == digest_of([1, 2.0], "a") != digest_of([1, 2.5], "a")
    True
    """
    import joblib

    names = ("python", "stattools", "numpy", "scipy", "scikit-learn")
    versions = [(name, version) for name, version in package_versions() if name in names]
    seen: dict[int, Any] = {}
    parts = [_identity(value, seen) if callable(value) else value for value in (*values, versions)]
    inside = [part for value in values if hasattr(value, "get_params") for part in parts_of(value)]
    code = [_identity(part if callable(part) else type(part), seen) for part in inside]
    try:
        return str(joblib.hash([parts, code], hash_name="sha1"))
    except Exception as error:  # pickle raises whatever the object's own methods do
        raise InvalidParameterError(f"checkpoint needs data and settings that can be pickled: {error}") from None


def _identity(value: Any, seen: dict[int, Any]) -> Any:
    """What makes a callable what it does; `seen` has the functions and classes that were met, which end circles."""
    if isinstance(value, types.MethodType):
        return (_identity(value.__func__, seen), value.__self__)
    if isinstance(value, types.BuiltinFunctionType):
        return (value.__module__, value.__qualname__)
    if isinstance(value, functools.partial):
        return (_identity(value.func, seen), value.args, value.keywords)
    if not isinstance(value, (types.FunctionType, type)):
        return (value, _identity(type(value), seen)) if callable(value) else value
    name = (value.__module__, value.__qualname__)
    if id(value) in seen or str(value.__module__).partition(".")[0] in KNOWN:
        return name
    seen[id(value)] = value
    return (name, _of_class(value, seen) if isinstance(value, type) else _of_function(value, seen))


def _of_function(value: types.FunctionType, seen: dict[int, Any]) -> Any:
    cells = [_identity(cell.cell_contents, seen) for cell in value.__closure__ or ()]
    named = sorted(_names(value.__code__) & value.__globals__.keys())
    used = [(name, _variable(value.__globals__[name], seen)) for name in named]
    return (_code(value.__code__), value.__defaults__, value.__kwdefaults__, cells, used)


def _of_class(value: type, seen: dict[int, Any]) -> Any:
    """Methods of a class and of its parents."""
    methods = []
    for name, member in sorted(vars(value).items()):
        for each in (getattr(member, "__func__", member), getattr(member, "fget", None)):
            if isinstance(each, types.FunctionType):
                methods.append((name, _identity(each, seen)))
    return (methods, [_identity(base, seen) for base in value.__bases__])


def _names(code: types.CodeType) -> set[str]:
    inner = [_names(item) for item in code.co_consts if isinstance(item, types.CodeType)]
    return set(code.co_names).union(*inner)


def _variable(value: Any, seen: dict[int, Any]) -> Any:
    """A variable of a module; what cannot be pickled counts by its class."""
    import joblib

    if isinstance(value, types.ModuleType):
        return value.__name__
    if isinstance(value, (types.FunctionType, types.MethodType, type)):
        return _identity(value, seen)
    try:
        return joblib.hash(value, hash_name="sha1")
    except Exception:  # pickle raises whatever the object's own methods do
        return (type(value).__module__, type(value).__qualname__)


def _code(code: types.CodeType) -> Any:
    constants = [_code(item) if isinstance(item, types.CodeType) else repr(item) for item in code.co_consts]
    return (code.co_code, constants, code.co_names, code.co_varnames)


@dataclass
class Checkpoint:
    """Arrays that fill up, and which parts of them are done.

    digest : of data and settings; a file with another one is refused.
    seed : the SeedSequence of the run.
    done : (n_parts,) bool.
    arrays : those that are kept.
    path : None keeps nothing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.npz"
    ...     first = Checkpoint("d", np.random.SeedSequence(1), np.array([True, False]), {"x": np.ones(2)}, path)
    ...     first.write()
    ...     again = Checkpoint("d", np.random.SeedSequence(1), np.zeros(2, dtype=bool), {"x": np.zeros(2)}, path)
    ...     again.read()
    ...     again.done.tolist(), again.arrays["x"].tolist()
    ([True, False], [1.0, 1.0])
    """

    digest: str
    seed: np.random.SeedSequence
    done: Any
    arrays: dict[str, Any]
    path: Path | None
    _written: float = field(default_factory=time.monotonic)
    _cost: float = 0.0

    def read(self) -> None:
        """Take over what the file has, when there is one.

        Raises
        ------
        InvalidDataError
            It belongs to other data, settings or another seed, or cannot be read.
        """
        if self.path is None:
            return
        for left in self.path.parent.glob(f".{glob.escape(self.path.name)}.*.part"):  # by a run killed while it wrote
            left.unlink(missing_ok=True)
        if not self.path.exists():
            return
        header, arrays = load(self.path)
        if header["digest"] != self.digest:
            raise InvalidDataError(
                f"checkpoint {self.path} was written for other data or settings, or by other versions; continue with "
                "those, or give another file"
            )
        if header["seed"] != _seed_list(self.seed):
            raise InvalidDataError(f"checkpoint {self.path} was written with another random_state; continue with that")
        self.done = arrays.pop("done")
        self.arrays = arrays

    def write_if_due(self) -> None:
        """Write, unless writing would take more than its share of the time."""
        if self.path is not None and time.monotonic() - self._written >= self._cost / SHARE_OF_TIME:
            self.write()

    def write(self) -> None:
        """Write to a file beside and move it into place, so that a kill leaves a whole file."""
        if self.path is None:
            return
        start = time.monotonic()
        header = json.dumps({"digest": self.digest, "seed": _seed_list(self.seed)})
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        with open(beside, "wb") as file:
            np.savez(file, header=np.array(header), done=self.done, **self.arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.path)
        self._written = time.monotonic()
        self._cost = self._written - start


def load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and arrays of a checkpoint file.

    Raises
    ------
    InvalidDataError
        It is no such file.

    Examples
    --------
    >>> load(Path("no such file"))
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: checkpoint no such file cannot be read: ...
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            header = json.loads(str(stored["header"]))
            arrays = {name: stored[name] for name in stored.files if name != "header"}
        return {"digest": header["digest"], "seed": header["seed"]}, arrays
    except Exception as error:  # zipfile, numpy and json each have errors of their own
        raise InvalidDataError(f"checkpoint {path} cannot be read: {error}; delete it to start anew") from None


def stored_seed(path: Path | None) -> np.random.SeedSequence | None:
    """The seed of a run that is to be continued without naming one.

    Examples
    --------
    >>> stored_seed(None) is None
    True
    """
    if path is None or not path.exists():
        return None
    entropy, key = load(path)[0]["seed"]
    return np.random.SeedSequence(entropy, spawn_key=tuple(key))


def _seed_list(seed: np.random.SeedSequence) -> list[Any]:
    entropy, key = seed_fields(seed)
    return [list(entropy) if isinstance(entropy, tuple) else entropy, list(key)]


def checked_path(path: Any) -> Path | None:
    """A place where a file can be written, before any work is done.

    Raises
    ------
    InvalidParameterError
        It is none.

    Examples
    --------
    >>> checked_path("no such folder/run.npz")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidParameterError: checkpoint is 'no such folder/run.npz', whose folder does not exist; ...
    """
    if path is None:
        return None
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes) or not os.fspath(path):
        raise InvalidParameterError(f"checkpoint is {path!r:.80}; it must be the path of a file")
    place = Path(path)
    if place.is_dir():
        raise InvalidParameterError(f"checkpoint is {str(place)!r}, a folder; give the name of a file")
    if not place.parent.is_dir():
        raise InvalidParameterError(f"checkpoint is {str(place)!r}, whose folder does not exist; make it first")
    if not os.access(place.parent, os.W_OK):
        raise InvalidParameterError(f"checkpoint is {str(place)!r}, in whose folder nothing can be written")
    return place


def points_digest(X: Any, y: Any) -> str:
    """A short text for points and their labels.

    Examples
    --------
    >>> points_digest(np.ones(3), np.ones(3)) == points_digest(np.ones(3), np.ones(3)) != points_digest(1, 2)
    True
    """
    import joblib

    return str(joblib.hash((X, y), hash_name="sha1"))
