"""Names for the types that public signatures share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ArrayLike: TypeAlias = npt.ArrayLike
Seed: TypeAlias = int | np.integer[Any] | np.random.SeedSequence | np.random.Generator | None
NanPolicy: TypeAlias = Literal["raise", "omit"]
Progress: TypeAlias = bool | Callable[[int, int], None]
