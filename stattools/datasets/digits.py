"""Handwritten digits as distributions of ink on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from stattools import _validation
from stattools._errors import InvalidParameterError
from stattools.datasets._base import Dataset

if TYPE_CHECKING:
    import pandas as pd

    from stattools.distributions import DistributionArray

SIDE = 8


def load_digits_grid(digits: Sequence[int] | None = None) -> Dataset:
    """Handwritten digits of scikit-learn, on the 8 x 8 grid.

    A unit is one image; its distribution is that of the ink over the 64 pixels, so how much ink there is does not
    count. Node ids run along rows from the top left.

    Parameters
    ----------
    digits : sequence of int, optional
        The digits to keep, each from 0 to 9; all ten when left out.

    Returns
    -------
    Dataset
        `frame` is wide: a row an image, columns p0 to p63 with the ink (0 to 16), unit, group and used. `units` has
        columns unit, group and ink (the sum over pixels).

    Raises
    ------
    InvalidParameterError
        A digit is not a whole number from 0 to 9, or comes twice.

    Notes
    -----
    The 1797 images are by 13 people, each of whom wrote many. Who wrote which is not recorded, so images that are
    taken as independent are not quite: the question answered is about these writers, not about people at large.

    References
    ----------
    .. [1] Alpaydin, E. and Kaynak, C. (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
       Repository (test part), as installed by scikit-learn.

    Examples
    --------
    >>> load_digits_grid(digits=(3, 8)).counts()
    {3: 183, 8: 174}
    """
    frame = _images()
    if digits is not None:
        frame = frame[frame["group"].isin(_check_digits(digits))].reset_index(drop=True)
    units = frame[["unit", "group"]].assign(ink=frame[_pixels()].sum(axis=1))
    kept = ", ".join(str(digit) for digit in sorted(units["group"].unique()))
    return Dataset(
        name="handwritten digits",
        frame=frame,
        units=units,
        build=partial(_distributions, frame),
        description=(
            f"Images of the digits {kept}, 8 x 8 pixels of 0 to 16. A unit is an image; its distribution on the grid "
            "is that of the ink."
        ),
        question=(
            "Is the ink of two digits distributed alike over the grid? The 13 writers wrote many images each and are "
            "not recorded, so the answer is about these writers."
        ),
        source="Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), read from scikit-learn.",
        licence="CC BY 4.0 (UCI Machine Learning Repository); nothing is shipped with stattools",
    )


def _check_digits(digits: Sequence[int]) -> list[int]:
    if isinstance(digits, (int, np.integer)):
        digits = (int(digits),)
    chosen = [_validation.integer(digit, "digits", minimum=0, maximum=9) for digit in digits]
    if not chosen or len(set(chosen)) < len(chosen):
        raise InvalidParameterError(f"digits is {digits!r}; name each of 0 to 9 at most once")
    return chosen


def _pixels() -> list[str]:
    return [f"p{node}" for node in range(SIDE**2)]


def _images() -> pd.DataFrame:
    import pandas as pd
    from sklearn.datasets import load_digits

    ink, labels = load_digits(return_X_y=True)
    frame = pd.DataFrame(ink, columns=_pixels())
    frame.insert(0, "unit", [f"image {i}" for i in range(len(frame))])
    return frame.assign(group=labels, used=True)


def _distributions(frame: pd.DataFrame) -> DistributionArray:
    from stattools.distributions import DistributionArray
    from stattools.domains import Grid

    return DistributionArray.from_histogram(
        frame[_pixels()].to_numpy(dtype=np.float64),
        domain=Grid((SIDE, SIDE)),
        names=tuple(frame["unit"]),
        groups=frame["group"].to_numpy(),
    )
