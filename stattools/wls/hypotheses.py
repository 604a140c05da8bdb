"""Joint tests of coefficients."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._typing import FloatArray
from stattools.results import HTestResult

if TYPE_CHECKING:
    from stattools.wls.result import WLSResult

_PART = re.compile(r"\[[^\]]*\]")


def wald_test(result: WLSResult, terms: Any) -> HTestResult:
    """See `WLSResult.wald_test`.

    Examples
    --------
    >>> from stattools.wls import wls
    >>> data = {"g": list("aabbcc"), "y": [1.0, 2.0, 3.0, 5.0, 4.0, 4.0]}
    >>> round(wald_test(wls("y ~ g", data), "g").pvalue, 4)
    0.1109
    """
    names = (terms,) if isinstance(terms, str) else tuple(terms)
    places = _places(result.param_names, names)
    estimate = result.coefficients[places]
    matrix = np.asarray(result.cov_params())[np.ix_(places, places)]
    statistic = _quadratic_form(estimate, matrix, [result.param_names[k] for k in places]) / len(places)
    df1, df2 = len(places), result.df_inference
    if result.cov_type in ("dpp-block", "design"):  # a covariance from the spread of r blocks: Hotelling's law
        statistic, df2 = statistic * (df2 - df1 + 1) / df2, df2 - df1 + 1
        if not df2 > 0:
            raise DegenerateDataError(
                f"{df1} coefficients are tested with {result.df_inference + 1:g} blocks; more blocks than coefficients "
                "are needed, or cov_type='HC3'"
            )
    from scipy.special import fdtrc

    return HTestResult(
        provenance=Provenance.capture(f"wald_test({terms!r})", sizes={"n": result.nobs, "coefficients": df1}),
        method=f"Wald test of {df1} coefficient{'' if df1 == 1 else 's'}",
        data_name=result.data_name,
        statistic=statistic,
        statistic_name="F",
        parameter={"df1": df1, "df2": df2},
        pvalue=float(fdtrc(df1, df2, statistic)) if df2 > 0 else float("nan"),
        alternative_text=f"{', '.join(names)}: not all coefficients are zero",
        n={"observations": result.nobs},
        settings={"covariance": result.cov_type},
    )


def _places(params: Sequence[str], terms: tuple[str, ...]) -> list[int]:
    """Positions of coefficients by their names or by the name of a term that has several, such as C(g)."""
    found: list[int] = []
    for term in terms:
        own = [k for k, name in enumerate(params) if term == name]
        plain = _plain(term)
        own = own or [k for k, name in enumerate(params) if _plain(_PART.sub("", name)) == plain]
        if not own:
            shown = ", ".join(map(repr, params[:10])) + (", ..." if len(params) > 10 else "")
            raise InvalidParameterError(f"terms has {term!r}, which no coefficient belongs to; there are {shown}")
        found += own
    if not found:
        raise InvalidParameterError("terms is empty; it takes names of coefficients or of terms")
    return sorted(set(found))


def _plain(name: str) -> str:
    return re.sub(r"\s", "", name)


def _quadratic_form(estimate: FloatArray, matrix: FloatArray, names: Sequence[str]) -> float:
    """b^T V^-1 b by the spectrum of correlations, so that units do not matter."""
    errors = np.sqrt(np.diag(matrix))
    unknown = ~(np.isfinite(errors) & (errors > 0))
    if unknown.any():
        raise DegenerateDataError(f"the coefficient {names[int(np.argmax(unknown))]!r} has no standard error")
    values, vectors = np.linalg.eigh(matrix / np.outer(errors, errors))
    if values[0] <= len(values) * np.finfo(np.float64).eps * values[-1]:
        raise DegenerateDataError(
            f"the covariance of the {len(values)} coefficients is singular; test fewer of them together"
        )
    return float(np.sum((vectors.T @ (estimate / errors)) ** 2 / values))
