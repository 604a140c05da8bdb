"""X or Y as one kernel, the product of the kernels of its blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, Notes
from stattools._typing import FloatArray, IntArray
from stattools.rkhs.kernels import apply_kernel, squared_distances
from stattools.sdr.option_checks import require_known_blocks, require_used
from stattools.sdr.parts import Part, require_dense
from stattools.sdr.reading import Options, part_of, precomputed_part


@dataclass(frozen=True, eq=False)
class SideKernel:
    """The kernel of X or of Y: the product of the kernels of its parts.

    Gaussian kernels of Hilbertian metrics are one Gaussian kernel on features side by side, scaled by the roots of
    their gammas, so that their product costs one matrix product.

    Attributes
    ----------
    name : str
        "X" or "Y".
    parts : tuple of Part
    keys : tuple of str or None
        Of the blocks of a dict.
    joined : (n, M) float64 or None
        Features of all Hilbertian parts.
    n : int
    """

    name: str
    parts: tuple[Part, ...]
    keys: tuple[str, ...] | None
    joined: FloatArray | None
    n: int

    @property
    def precomputed(self) -> bool:
        """Whether the Gram matrix was passed."""
        return self.parts[0].kind == "precomputed"

    @property
    def categorical(self) -> bool:
        """Whether the side is a single block of categories."""
        return len(self.parts) == 1 and self.parts[0].kind == "categories"

    @property
    def definite(self) -> bool:
        """Whether the kernel is positive semidefinite for certain, or was checked to be."""
        return all(part.kind != "clouds" for part in self.parts)

    def gram(self) -> FloatArray:
        """(n, n) Gram matrix of the fit."""
        if self.precomputed:
            return np.array(self.parts[0].rows)
        return self._product(self._own(), None)

    def columns(self, indices: IntArray) -> FloatArray:
        """(n, b) columns of the Gram matrix."""
        if self.precomputed:
            return np.asarray(self.parts[0].rows[:, indices])
        return self._product(self._own(), self._own(indices))

    def cross(self, new: Any, chosen: IntArray | None = None) -> FloatArray:
        """(k, n) kernel of new rows, from `rows_of`, with those of the fit, or with the chosen ones."""
        if self.precomputed:
            return np.asarray(new if chosen is None else new[:, chosen])
        return self._product(new, self._own(chosen))

    def rows_of(self, new: Any) -> Any:
        """New data as rows: features of the Hilbertian parts first, then rows of each other part.

        Raises
        ------
        InvalidDataError
            Another number of columns, another space, an unknown category, or blocks that are missing.
        """
        if self.precomputed:
            gram = _validation.float_array(new, self.name, ndim=2)
            if gram.shape[1] != self.n:
                raise InvalidDataError(
                    f"{self.name} has shape {gram.shape}; a precomputed kernel takes that of the new rows with the "
                    f"{self.n} of the fit, (k, {self.n})"
                )
            return gram
        blocks = _blocks(new, self.keys, self.name)
        rows = [part.rows_of(block, label) for part, (label, block) in zip(self.parts, blocks, strict=True)]
        sizes = {len(part) for part in rows}
        if len(sizes) > 1:
            raise InvalidDataError(f"the blocks of {self.name} have {sorted(sizes)} rows; they must have equally many")
        return self._sorted(rows)

    def _sorted(self, rows: list[Any]) -> tuple[FloatArray | None, list[Any]]:
        hilbertian = [
            np.sqrt(part.scale) * row for part, row in zip(self.parts, rows, strict=True) if part.is_hilbertian
        ]
        others = [row for part, row in zip(self.parts, rows, strict=True) if not part.is_hilbertian]
        return (np.hstack(hilbertian) if hilbertian else None), others

    def _own(self, indices: IntArray | None = None) -> tuple[FloatArray | None, list[Any]]:
        chosen: Any = slice(None) if indices is None else indices
        others = [part.rows[chosen] for part in self.parts if not part.is_hilbertian]
        return (None if self.joined is None else self.joined[chosen]), others

    def _product(self, first: Any, second: Any | None) -> FloatArray:
        others = [part for part in self.parts if not part.is_hilbertian]
        grams = []
        if first[0] is not None:
            squared = squared_distances(first[0], None if second is None else second[0])
            grams.append(apply_kernel(squared, "gaussian", 1.0))
        for k, part in enumerate(others):
            grams.append(part.values(first[1][k], None if second is None else second[1][k]))
        product = grams[0]
        for gram in grams[1:]:
            product *= gram
        return np.asarray(product)


def side_kernel(data: Any, options: Options, notes: Notes) -> SideKernel:
    """Read X or Y and freeze its kernel.

    Raises
    ------
    InvalidDataError
        Something that is not numbers, categories or distributions, or blocks of different lengths.
    InvalidParameterError
        A kernel, metric or bandwidth that is unknown, does not fit the data, is for a block that they do not have, or
        that nothing in them uses.
    DegenerateDataError
        All rows of a block are identical.
    """
    name = options.name
    require_dense(data, name)
    if options.kernel == "precomputed":
        part = precomputed_part(data, name)
        require_used(options, (part,), ())
        return SideKernel(name, (part,), None, None, len(part.rows))
    keys = None
    if isinstance(data, Mapping):
        if not data:
            raise InvalidDataError(f"{name} is an empty dict; it needs a block of data at least")
        keys = tuple(str(key) for key in data)
        require_known_blocks(options, keys)
        parts = tuple(part_of(block, options.of_block(str(key)), notes) for key, block in data.items())
    else:
        require_known_blocks(options, ())
        parts = (part_of(data, options, notes),)
    require_used(options, parts, keys or ())
    sizes = {part.name: len(part.rows) for part in parts}
    if len(set(sizes.values())) > 1:
        raise InvalidDataError(f"blocks have different numbers of rows: {sizes}")
    kernel = SideKernel(name, parts, keys, None, len(parts[0].rows))
    joined, _ = kernel._sorted([part.rows for part in parts])
    return SideKernel(name, parts, keys, joined, kernel.n)


def _blocks(new: Any, keys: tuple[str, ...] | None, name: str) -> list[tuple[str, Any]]:
    if keys is None:
        if isinstance(new, Mapping):
            raise InvalidDataError(f"{name} is a dict; the fit had a single block")
        return [(name, new)]
    if not isinstance(new, Mapping):
        raise InvalidDataError(f"{name} is {type(new).__name__}; the fit had a dict with blocks {list(keys)}")
    found = {str(key): block for key, block in new.items()}
    missing = [key for key in keys if key not in found]
    if missing or len(found) > len(keys):
        unknown = [key for key in found if key not in keys]
        raise InvalidDataError(f"{name} has no block {missing}" if missing else f"{name} has unknown blocks {unknown}")
    return [(f"{name}[{key!r}]", found[key]) for key in keys]
