"""Where a result came from: the call, the seed, the versions, the sizes of the data and the time."""

from __future__ import annotations

import datetime
import functools
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_PACKAGES = ("numpy", "scipy", "numba", "statsmodels", "scikit-learn", "pot", "joblib", "pandas")
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


@dataclass(frozen=True)
class Provenance:
    """What is needed to repeat a computation.

    Attributes
    ----------
    call : str
        The call in words a reader can type again.
    seed : int, tuple of int or None
        The entropy of the seed; None where nothing was drawn.
    spawn_key : tuple of int
        Which child of that seed was used.
    versions : dict
        Versions of Python, stattools and the packages it rests on.
    time : str
        UTC in ISO 8601; two provenances that differ in nothing else are equal.
    sizes : dict
        Sizes of the data, such as ``{"n1": 120, "n2": 115}``.

    Examples
    --------
    >>> Provenance.capture("f(x)", seed=np.random.SeedSequence(7), sizes={"n": 3}).seed
    7
    """

    call: str
    seed: int | tuple[int, ...] | None = None
    spawn_key: tuple[int, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    time: str = field(default="", compare=False)
    sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def capture(
        cls, call: str, *, seed: np.random.SeedSequence | None = None, sizes: Mapping[str, Any] | None = None
    ) -> Provenance:
        """The provenance of a call that is being made now.

        Parameters
        ----------
        call : str
        seed : SeedSequence, optional
        sizes : mapping of str to int, optional

        Examples
        --------
        >>> Provenance.capture("f(x)").seed is None
        True
        """
        entropy, spawn_key = seed_fields(seed)
        return cls(
            call=call,
            seed=entropy,
            spawn_key=spawn_key,
            versions=dict(package_versions()),
            time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            sizes={str(name): int(size) for name, size in (sizes or {}).items()},
        )

    def seed_sequence(self) -> np.random.SeedSequence:
        """The seed that the computation was made with.

        Examples
        --------
        >>> Provenance.capture("f(x)", seed=np.random.SeedSequence(7)).seed_sequence().entropy
        7
        """
        return np.random.SeedSequence(self.seed, spawn_key=self.spawn_key)


def option_texts(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """Name and value of each option that differs from its default, as they are written in a call.

    Examples
    --------
    >>> option_texts({"method": "auto", "level": 0.1, "bandwidth": [1.0]}, {"method": "auto", "level": 0.05})
    ['level=0.1', 'bandwidth=[1.0]']
    """
    return [
        f"{name}={argument_text(value)}"
        for name, value in options.items()
        if name not in defaults or not _is_default(value, defaults[name])
    ]


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(value == default))


def argument_text(value: Any, width: int = 60) -> str:
    """A value as it is written in a call: without addresses, and cut to a width so that quotes and brackets close.

    Examples
    --------
    >>> print(argument_text("risk -> severity; age -> severity", 24))
    'risk -> severity; ...'
    >>> print(argument_text(["risk", "severity", "age"], 20))
    ['risk', ...]
    >>> print(argument_text(object()))
    <object object>
    """
    if isinstance(value, str):
        return repr(value if len(repr(value)) <= width else _cut_text(value, width - 2))
    if type(value) in (list, tuple):
        return _sequence_text(value, width)
    text = " ".join(_ADDRESS.sub("", repr(value)).split())
    if len(text) <= width:
        return text
    end = text[-1] if text[-1] in ")]}>" else ""
    return f"{text[: width - 3 - len(end)]}...{end}"


def _cut_text(text: str, width: int) -> str:
    """Whole words, where there are some that fit, and dots."""
    start = text[: width - 4]
    words = start.rpartition(" ")[0] if text[width - 4 : width - 3].strip() else start.rstrip()
    return f"{words} ..." if words else f"{text[: width - 3]}..."


def _sequence_text(values: Any, width: int) -> str:
    left, right = ("[", "]") if isinstance(values, list) else ("(", ",)" if len(values) == 1 else ")")
    shown: list[str] = []
    room = width - len(left) - len(right)
    for k, value in enumerate(values):
        text = argument_text(value, max(room, 12))
        rest = 0 if k == len(values) - 1 else len(", ...")
        if shown and len(text) + rest > room:
            shown.append("...")
            break
        shown.append(text)
        room -= len(text) + 2
    return left + ", ".join(shown) + right


def seed_fields(seed: np.random.SeedSequence | None) -> tuple[int | tuple[int, ...] | None, tuple[int, ...]]:
    """Entropy and spawn key of a seed as plain integers.

    Examples
    --------
    >>> seed_fields(np.random.SeedSequence(7, spawn_key=(1,)))
    (7, (1,))
    """
    if seed is None:
        return None, ()
    key = tuple(int(k) for k in seed.spawn_key)
    entropy: Any = seed.entropy
    if entropy is None or isinstance(entropy, (int, np.integer)):
        return (None if entropy is None else int(entropy)), key
    return tuple(int(word) for word in entropy), key


def seed_text(seed: int | tuple[int, ...] | None, spawn_key: tuple[int, ...] = ()) -> str:
    """A seed as it is printed.

    Examples
    --------
    >>> seed_text(7, (1, 2))
    '7, spawn key (1, 2)'
    """
    return f"{seed}" + (f", spawn key {tuple(spawn_key)}" if spawn_key else "")


@functools.lru_cache(maxsize=1)
def package_versions() -> tuple[tuple[str, str], ...]:
    """Versions of Python, stattools and its dependencies, read from their metadata without importing them.

    Examples
    --------
    >>> dict(package_versions())["numpy"] == np.__version__
    True
    """
    from importlib import metadata

    versions = [("python", platform.python_version())]
    versions.append(("stattools", str(getattr(sys.modules.get("stattools"), "__version__", "unknown"))))
    for name in _PACKAGES:
        try:
            versions.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(versions)
