"""Names for the types that public signatures share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, Union

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ArrayLike: TypeAlias = npt.ArrayLike
Seed: TypeAlias = Union[None, int, np.integer[Any], np.random.SeedSequence, np.random.Generator]
NanPolicy: TypeAlias = Literal["raise", "omit"]
Progress: TypeAlias = Union[bool, Callable[[int, int], None]]
