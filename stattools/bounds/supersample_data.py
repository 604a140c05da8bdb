"""What a supersample experiment has measured."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Self

import numpy as np

from stattools._errors import InvalidDataError
from stattools._provenance import Provenance
from stattools.bounds.supersamples import supersample
from stattools.bounds.table import BoundTable
from stattools.results import serialization
from stattools.results._immutable import equal, freeze

FORMAT = 1
ARRAYS = ("losses", "masks", "predictions", "rows", "classes")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SupersampleData:
    """Losses, masks and predictions of a supersample experiment.

    Attributes
    ----------
    losses : (k1, k2, n, 2) array
        int8 for losses of 0 and 1, else float64.
    masks : (k1, k2, n) int8
        The column that was trained on.
    predictions : (k1, k2, n, 2) array or None
        Classes as numbers, or predicted values.
    rows : (k1, n, 2) int64 or None
        Which rows of the data make up each supersample.
    classes : (K,) array or None
        The labels that `predictions` number; None where each supersample numbers its own, or there are none.
    loss_range : (float, float)
    design : str
        How masks were drawn.
    n_rejected : int
        Masks that were drawn again because one half had a single class.
    provenance : Provenance

    Examples
    --------
    >>> data = SupersampleData(losses=np.zeros((1, 2, 3, 2)), masks=np.array([[[0, 1, 1], [1, 0, 0]]]))
    >>> data
    <SupersampleData: 1 supersample of 3 rows, 2 masks each>
    >>> data.bounds(methods="ld_tight")["ld_tight"].value
    0.0
    """

    losses: Any
    masks: Any
    predictions: Any = None
    rows: Any = None
    classes: Any = None
    loss_range: tuple[float, float] = (0.0, 1.0)
    design: str = "given"
    n_rejected: int = 0
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        for name in ("losses", "masks"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        if self.losses.ndim != 4 or self.losses.shape[3] != 2:
            raise InvalidDataError(f"losses has shape {self.losses.shape}; it must be (k1, k2, n, 2)")
        if self.masks.shape != self.losses.shape[:3]:
            raise InvalidDataError(f"masks has shape {self.masks.shape}; losses need {self.losses.shape[:3]}")
        for name in ARRAYS:
            object.__setattr__(self, name, freeze(getattr(self, name)))
        object.__setattr__(self, "loss_range", tuple(float(limit) for limit in self.loss_range))

    def __eq__(self, other: object) -> bool:
        return equal(self, other) if type(self) is type(other) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        k1, k2, n = self.masks.shape
        words = f"{k1} supersample{'s' if k1 > 1 else ''} of {n} row{'s' if n > 1 else ''}, {k2} masks each"
        return f"<SupersampleData: {words}{f', {self.n_rejected} rejected' if self.n_rejected else ''}>"

    @property
    def empirical_gap(self) -> float:
        """Mean test loss less mean training loss.

        Examples
        --------
        >>> SupersampleData(losses=[[[[0, 1]], [[0, 0]]]], masks=[[[0], [1]]]).empirical_gap
        0.5
        """
        picked = np.take_along_axis(self.losses, self.masks[..., None].astype(np.intp), axis=3)
        both, training = self.losses.sum(dtype=np.float64), picked.sum(dtype=np.float64)
        return float((both - 2 * training) / picked.size)

    def bounds(self, **options: Any) -> BoundTable:
        """`stattools.bounds.supersample` of these data.

        Parameters
        ----------
        **options
            Its keyword arguments but ``loss_range``.

        Examples
        --------
        >>> data = SupersampleData(losses=[[[[0, 1]], [[0, 0]]]], masks=[[[0], [1]]])
        >>> data.bounds(methods=["e_mi", "ld_mi"]).keys
        ('e_mi', 'ld_mi')
        """
        table = supersample(self.losses, self.masks, self.predictions, **{"loss_range": self.loss_range, **options})
        return replace(table, notes=(*table.notes, *self._remarks()))

    def _remarks(self) -> tuple[str, ...]:
        """What the protocol did to the assumptions of the bounds."""
        said = []
        if self.n_rejected:
            said.append(
                f"{self.n_rejected} masks were drawn again since one half had a single class: masks are independent of "
                "the points only given that both halves have two"
            )
        if self.rows is not None and len(np.unique(self.rows)) < self.rows.size:
            said.append("supersamples share points of the data, and are independent given the data only")
        return tuple(said)

    @classmethod
    def from_interleaved(cls, losses: Any, masks: Any, predictions: Any = None, **options: Any) -> Self:
        """Data whose supersamples are lists of 2 n points; points 2 i and 2 i + 1 are row i.

        Parameters
        ----------
        losses : (k1, k2, 2 n) array_like
        masks : (k1, k2, n) array_like
        predictions : (k1, k2, 2 n) array_like, optional
        **options
            Other attributes.

        Raises
        ------
        InvalidDataError
            The number of points is odd.

        Examples
        --------
        >>> SupersampleData.from_interleaved([[[0, 1, 0, 0]]], [[[0, 1]]]).losses.shape
        (1, 1, 2, 2)
        """
        pairs = [None if values is None else _in_rows(np.asarray(values)) for values in (losses, predictions)]
        return cls(losses=pairs[0], masks=masks, predictions=pairs[1], **options)

    def save(self, path: str | PathLike[str]) -> None:
        """Write an npz file, from which `load` reads equal data.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> data = SupersampleData(losses=[[[[0, 1]], [[0, 0]]]], masks=[[[0], [1]]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     data.save(pathlib.Path(folder) / "data.npz")
        ...     SupersampleData.load(pathlib.Path(folder) / "data.npz") == data
        True
        """
        arrays = {name: getattr(self, name) for name in ARRAYS if getattr(self, name) is not None}
        others = {"loss_range": self.loss_range, "design": self.design, "n_rejected": self.n_rejected}
        header = serialization.encode({"format": FORMAT, **others, "provenance": self.provenance})
        with open(path, "wb") as file:
            np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read what `save` has written.

        Raises
        ------
        InvalidDataError
            The file is no such npz, or was written by a newer version.

        Examples
        --------
        >>> SupersampleData.load("no such file")
        Traceback (most recent call last):
        ...
        FileNotFoundError: ...
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                header = serialization.decode(json.loads(str(stored["header"])))
                arrays = {name: stored[name] for name in ARRAYS if name in stored.files}
        except FileNotFoundError:
            raise
        except Exception as error:  # zipfile, numpy and json each have errors of their own
            raise InvalidDataError(f"{path} cannot be read as supersample data: {error}") from None
        if header.pop("format", None) != FORMAT:
            raise InvalidDataError(f"{path} was written by another version; this one reads format {FORMAT}")
        return cls(**arrays, **header)


def _in_rows(points: Any) -> Any:
    if points.ndim != 3 or points.shape[2] % 2:
        raise InvalidDataError(f"losses or predictions have shape {points.shape}; it must be (k1, k2, 2 n)")
    return points.reshape(*points.shape[:2], -1, 2)
