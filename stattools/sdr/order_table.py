"""What each criterion says about the number of components, as one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _validation
from stattools._typing import FloatArray
from stattools.results import ResamplingInfo, _format, serialization
from stattools.results.summary import Gap, Line, Part, Summary, Table

CRITERIA = ("permutation", "bic", "ratio", "ladle", "augmentation", "cv")
DECIDED_BY = {
    "permutation": "permutation tests",
    "bic": "BIC",
    "ratio": "ratio of eigenvalues",
    "ladle": "ladle",
    "augmentation": "augmentation by noise",
    "cv": "cross-validation",
    "given": "the caller",
}


@serialization.register
@dataclass(frozen=True, eq=False, repr=False)
class OrderTable:
    """What each criterion says about the number of components.

    Attributes
    ----------
    criterion : str
        The one that decided, or "given".
    n_components : int
        At least 1.
    choices : dict of str to int
        The number each computed criterion would choose; 0 is none at all.
    curves : dict of str to (K + 1,) float64
        Values for 0 to K components, NaN where a criterion has none: "bic" (largest is best), "permutation" (p-value of
        the k-th eigenvalue), "ratio" (k-th eigenvalue over the next; largest), "ladle" and "augmentation" (smallest),
        "cv" (loss over that of the barycentre; smallest) and "cv_std_error".
    null_eigenvalues : (B,) float64 or None
        Largest eigenvalue for each random pairing, at the regularization of the fit.
    resampling : ResamplingInfo or None
        Counts behind the p-value of the first eigenvalue.
    settings : dict of str to number
    omitted : tuple of str
        Criteria that were not computed.

    Notes
    -----
    Printed, it is a table of the curves, a row for each number of components.

    Examples
    --------
    >>> table = OrderTable("bic", 1, {"bic": 1}, {"bic": np.array([0.0, 0.5, 0.2])})
    >>> table.candidates
    array([0, 1, 2])
    >>> table
    <OrderTable: 1 component by BIC; bic = 1>
    """

    criterion: str
    n_components: int
    choices: dict[str, int]
    curves: dict[str, FloatArray]
    null_eigenvalues: FloatArray | None = None
    resampling: ResamplingInfo | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    omitted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        curves = {name: _validation.read_only(np.asarray(values)) for name, values in self.curves.items()}
        object.__setattr__(self, "curves", curves)
        if self.null_eigenvalues is not None:
            object.__setattr__(self, "null_eigenvalues", _validation.read_only(np.asarray(self.null_eigenvalues)))

    @property
    def candidates(self) -> Any:
        """Numbers of components 0 to K."""
        return np.arange(max((len(values) for values in self.curves.values()), default=1))

    @property
    def pvalues(self) -> FloatArray | None:
        """(K,) p-values of the eigenvalues, or None."""
        return self.curves["permutation"][1:] if "permutation" in self.curves else None

    @property
    def rsquared_cv(self) -> FloatArray | None:
        """(K,) share of the squared distances of held-out responses from the barycentre that 1 to K components explain.

        None where the criterion "cv" was not computed.
        """
        return np.asarray(1.0 - self.curves["cv"][1:]) if "cv" in self.curves else None

    @property
    def rsquared_cv_std_error(self) -> FloatArray | None:
        """(K,) its standard error, from the spread between folds: rough, since folds are few."""
        return self.curves["cv_std_error"][1:] if "cv_std_error" in self.curves else None

    def __repr__(self) -> str:
        d = self.n_components
        said = _format.equations(dict(self.choices)) or "no criterion"
        return f"<OrderTable: {d} component{'s' * (d > 1)} by {DECIDED_BY[self.criterion]}; {said}>"

    def __str__(self) -> str:
        return Summary("Criteria for the number of components", tuple(self._parts())).as_text()

    def _parts(self) -> list[Part]:
        parts: list[Part] = [Line(f"components = {self.n_components}, chosen by {DECIDED_BY[self.criterion]}")]
        parts += choice_lines(self)
        if self.curves:
            parts += [Gap(), criteria_table(self, 4)]
        if self.settings:
            parts += [Gap(), Line(_format.equations(dict(self.settings), separator="; "), label="settings:")]
        return [*parts, Line(", ".join(self.omitted), label="not computed:")] if self.omitted else parts


def choice_lines(order: OrderTable) -> list[Part]:
    """The number that each criterion chooses, in a line."""
    if not order.choices:
        return []
    return [Line(_format.equations(dict(order.choices)), label="number of components by each criterion:")]


def criteria_table(order: OrderTable, digits: int) -> Table:
    """The curves of the criteria, a row for each number of components."""
    curves = {name: values for name, values in order.curves.items() if name != "cv_std_error"}
    texts = [[str(k) for k in order.candidates]]
    for values in curves.values():
        known = [value for value in values.tolist() if not np.isnan(value)]
        filled = iter(_format.number_column(known, digits))
        texts.append(["" if np.isnan(value) else next(filled) for value in values.tolist()])
    return Table("criteria:", ("components", *curves), tuple(zip(*texts, strict=True)), n_left=1)
