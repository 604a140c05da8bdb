"""From labels as they come in to the responses of a design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError
from stattools._typing import FloatArray

if TYPE_CHECKING:
    from stattools.wls.design import Design


def gather(design: Design, labels: Any) -> FloatArray:
    """See `Design.gather`.

    Examples
    --------
    >>> from stattools.wls import pool_design
    >>> design = pool_design([[1.0], [2.0]], 2, method="volume", rng=1)
    >>> gather(design, [5.0, 7.0])[design.indices.argsort()]
    array([5., 7.])
    """
    new = design.new_indices
    rows = np.asarray(design.indices)
    by_row = _of_mapping(labels)
    if by_row is None:
        values = _validation.float_array(labels, "labels", ndim=1, finite=False)
        if len(values) == design.n_pool:
            by_row = dict(enumerate(values.tolist()))
        elif len(values) == len(new) and design.given is None:
            by_row = dict(zip(new.tolist(), values.tolist(), strict=True))
        else:
            hint = " (rows were labelled before: pass a mapping, or one entry a row)"
            before = hint if design.given is not None else ""
            raise InvalidDataError(
                f"labels has {len(values)} entries; it takes one for each of {len(new)} rows of new_indices{before}, "
                "or for "
                f"each of {design.n_pool} rows of the pool"
            )
    found = np.array([by_row.get(row, np.nan) for row in rows.tolist()], dtype=np.float64)
    missing = np.flatnonzero(~np.isfinite(found))
    if missing.size:
        raise InvalidDataError(f"labels has no number for row {rows[missing[0]]}, which is in the design")
    return found


def _of_mapping(labels: Any) -> dict[int, Any] | None:
    """A dict of a mapping, or of a Series by its index unless that is 0, 1, 2, ..."""
    if isinstance(labels, Mapping):
        return dict(labels)
    index = getattr(labels, "index", None)
    if index is None or callable(index):
        return None
    keys = index.to_numpy()
    return (
        None if np.array_equal(keys, np.arange(len(keys))) else dict(zip(keys.tolist(), labels.tolist(), strict=True))
    )
