"""What is said about supersample bounds: what puts them in doubt, and which of them are diagnostics only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stattools._errors import AssumptionWarning, Notes
from stattools._typing import IntArray
from stattools.bounds.supersample_formulas import FORMULAS
from stattools.results import _format

HEURISTIC = ("bins", "ksg")
FALSE_ALARM = 1e-4  # probability of doubting masks that are uniform

CIRCULAR = (
    "these bounds are computed from test losses: they explain and compare how a rule generalizes, and certify nothing"
)
SINGLE = "For losses of 0 and 1 the information of single losses is the empirical gap in other words"
MINIMUM = (
    "the smaller of the informations of the two columns holds for true informations; of two estimates it picks the one "
    "that erred downward, and bounds from it were seen below the empirical gap in most experiments"
)
SYMMETRIZED = (
    "the information of single losses counts both columns in one table; the smaller of two estimates, one for each "
    "column, would be biased downward"
)
FLOOR = (
    "the noise floor of interpolating is its formula, information / ln 2, under permuted masks: how far the estimated "
    "information of unrelated masks lifts it. Permuted masks do not keep the training risk at 0, so that the formula "
    "is no bound of theirs"
)
UNBALANCED = (
    "masks are not balanced within each supersample, so that the bounds have a sampling error of the order of "
    "1 / sqrt(k2); masks that come with their complements have none"
)


@dataclass(frozen=True)
class MaskDoubts:
    """What the masks themselves put in doubt.

    reasons : why no number computed from them is a bound.
    warnings : the same in full.
    notes : remarks about the bounds that remain.

    Examples
    --------
    >>> MaskDoubts().reasons
    ()
    """

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def mask_doubts(masks: IntArray) -> MaskDoubts:
    """Look for masks that are not uniform.

    Parameters
    ----------
    masks : (k1, k2, n) int64

    Examples
    --------
    >>> mask_doubts(np.ones((2, 100, 3), dtype=np.int64)).reasons
    ('masks are not uniform', 'masks are constant in some rows')
    >>> mask_doubts(np.array([[[0, 1], [1, 0]]]))
    MaskDoubts(reasons=(), warnings=(), notes=())
    """
    share = masks.mean(axis=1)
    constant = int(((share == 0) | (share == 1)).sum())
    p = uniformity(masks)
    found: dict[str, str] = {}
    if p < FALSE_ALARM:
        found["masks are not uniform"] = (
            f"masks are not uniform: no bound (a share of {masks.mean():.4g} is 1, from {share.min():.4g} to "
            f"{share.max():.4g} in the rows of supersamples; {_format.pvalue_equation(p, 2)}); each column must be "
            "trained on with probability 1/2, whatever the other rows are"
        )
    if constant:
        found["masks are constant in some rows"] = (
            f"masks are all 0 or all 1 in {constant} of {share.size} rows of a supersample; no information can be seen "
            "there, and the bounds are too small"
        )
    unbalanced = not found and bool((share != 0.5).any())
    return MaskDoubts(tuple(found), tuple(found.values()), (UNBALANCED,) if unbalanced else ())


def uniformity(masks: IntArray) -> float:
    """P-value of uniform masks: exact binomial tests of shares, over all, by row and by cell, with a union bound.

    Masks that come in complements have counts that vary less than binomial ones, for which the test errs on the side
    of uniformity.

    Examples
    --------
    >>> uniformity(np.array([[[0], [1]]]))
    1.0
    >>> uniformity(np.ones((1, 100, 1), dtype=np.int64)) < 1e-20
    True
    """
    from scipy.stats import binom

    k1, k2, n = masks.shape
    cells = masks.sum(axis=1)
    families = ((cells.sum(), k1 * k2 * n), (cells.sum(axis=0), k1 * k2), (cells, k2))
    found = []
    for ones, trials in families:
        tails = binom.cdf(np.minimum(ones, trials - ones), trials, 0.5)
        found.append(2.0 * len(families) * np.size(ones) * float(np.min(tails)))
    return min(1.0, *found)


@dataclass(frozen=True)
class Doubts:
    """What puts the numbers of one call in doubt: masks and options.

    binary : losses are 0 and 1, of which bins lose nothing.

    Examples
    --------
    >>> Doubts(MaskDoubts(), "bins", None, "symmetrized", binary=True).heuristic
    False
    """

    masks: MaskDoubts
    estimator: str
    correction: str | None
    columns: str
    binary: bool

    @property
    def heuristic(self) -> bool:
        """Whether the estimator may see less information than there is."""
        return self.estimator == "ksg" or (self.estimator == "bins" and not self.binary)


def of_bound(doubts: Doubts, key: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Why a number need not be a bound (empty if it is one), and the warnings and notes that go with it.

    Examples
    --------
    >>> of_bound(Doubts(MaskDoubts(), "bins", None, "symmetrized", binary=False), "ld_mi")[0]
    "estimator='bins' may see less information than there is"
    >>> of_bound(Doubts(MaskDoubts(), "bernoulli", None, "symmetrized", binary=False), "ld_mi")
    ('', (), ())
    """
    reasons, warned, noted = list(doubts.masks.reasons), list(doubts.masks.warnings), list(doubts.masks.notes)
    of_losses = key not in ("cmi", "f_cmi")
    if of_losses and doubts.heuristic:
        reasons.append(f"estimator={doubts.estimator!r} may see less information than there is")
        noted.append(_of_estimator(doubts))
    if of_losses and doubts.columns == "minimum" and FORMULAS[key].variable == "single":
        reasons.append("columns='minimum' takes the smaller of two estimates")
        warned.append(MINIMUM)
    if key != "cmi" and doubts.correction is not None:
        reasons.append(f"correction={doubts.correction!r} may take off more than the bias")
        noted.append(_of_correction(doubts))
    return "; ".join(reasons), tuple(warned), tuple(noted)


def say(doubts: Doubts, keys: tuple[str, ...], notes: Notes, largest: bool) -> None:
    """The warnings and remarks of the table; `largest`: cmi takes the largest information there is.

    Examples
    --------
    >>> notes = Notes()
    >>> say(Doubts(MaskDoubts(), "bernoulli", None, "symmetrized", binary=True), ("ld_mi",), notes, False)
    >>> "certify nothing" in notes.remarks[0]
    True
    """
    for text in doubts.masks.warnings:
        notes.warn(text, AssumptionWarning)
    for text in doubts.masks.notes:
        notes.remark(text)
    notes.remark(f"{CIRCULAR}. {SINGLE}")
    single = any(FORMULAS[key].variable == "single" for key in keys if key != "cmi")
    if single and doubts.columns == "minimum":
        notes.warn(MINIMUM, AssumptionWarning)
    elif single and doubts.columns == "symmetrized":
        notes.remark(SYMMETRIZED)
    if doubts.heuristic:
        notes.remark(_of_estimator(doubts))
    if doubts.correction is not None:
        notes.remark(_of_correction(doubts))
    if largest:
        notes.remark("cmi takes n ln 2, the largest information there is, since masks do not run through all 2^n")


def _of_estimator(doubts: Doubts) -> str:
    return f"estimator={doubts.estimator!r} is a diagnostic: what it gives need not bound the risk"


def _of_correction(doubts: Doubts) -> str:
    return f"information corrected by {doubts.correction!r} may lie below the true one, and the bounds with it"
