"""The result of a fit, with the names that statsmodels uses and the tables of broom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.results import _format
from stattools.results.base import Result
from stattools.results.summary import Gap, Line, Part, Table, cut

if TYPE_CHECKING:
    from pandas import DataFrame

MAX_TERMS = 50
TERMS_IN_SENTENCE = 4


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FitResult(Result):
    """Coefficients, their covariance, fitted values and residuals.

    Parameters
    ----------
    method : str
        The name of the fit, the title of the printed form.
    data_name : str
        What was fitted, in words.
    coefficients : (p,) array_like
        Empty for a fit without coefficients; NaN for one that the data do not determine.
    covariance : (p, p) array_like, optional
        Of the coefficients; without it standard errors and all that rests on them are NaN.
    param_names : sequence of str
        By default x1, x2, ...
    nobs : int
    df_resid : float, optional
        Residual degrees of freedom; without them the normal law takes the place of Student's.
    df_model : float, optional
    cov_type : str
        How the covariance was estimated.
    scale : float, optional
        Residual variance.
    fitted, residuals : (n,) or (n, q) array_like, optional
    leverage : (n,) array_like, optional
    row_names : (n,) array_like, optional
        Index of the rows, for named input.
    named : bool
        The input was a table with names; then attributes are pandas objects, as in statsmodels, else arrays.
    statistics : dict of str to number
        Measures of the whole fit, such as ``{"R-squared": 0.9}``; printed and part of `glance`.
    settings : dict of str to str or number

    Raises
    ------
    InvalidParameterError
        Shapes do not fit to each other.

    Notes
    -----
    Confidence intervals and p-values are those of Wald, with Student's law on `df_resid` degrees of freedom.

    Examples
    --------
    >>> from stattools._provenance import Provenance
    >>> fit = FitResult(
    ...     provenance=Provenance.capture("fit(x, y)"), method="Straight line", coefficients=[1.0, 2.0],
    ...     covariance=np.diag([0.25, 0.04]), param_names=("const", "slope"), nobs=22, df_resid=20,
    ... )
    >>> fit.tvalues
    array([ 2., 10.])
    """

    method: str
    data_name: str = ""
    coefficients: FloatArray = field(default_factory=lambda: np.empty(0))
    covariance: FloatArray | None = None
    param_names: tuple[str, ...] = ()
    nobs: int
    df_resid: float | None = None
    df_model: float | None = None
    cov_type: str = "nonrobust"
    scale: float | None = None
    fitted: FloatArray | None = None
    residuals: FloatArray | None = None
    leverage: FloatArray | None = None
    row_names: Any = None
    named: bool = False
    statistics: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("coefficients", "covariance", "fitted", "residuals", "leverage"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, np.asarray(value, dtype=np.float64))
        if self.row_names is not None:
            object.__setattr__(self, "row_names", _index_array(self.row_names))
        names = tuple(str(name) for name in self.param_names)
        default = tuple(f"x{k + 1}" for k in range(self.coefficients.size))
        object.__setattr__(self, "param_names", names or default)
        super().__post_init__()
        self._check()

    def _check(self) -> None:
        p = self.coefficients.size
        shapes = {
            "coefficients": (self.coefficients.shape, (p,)),
            "covariance": (None if self.covariance is None else self.covariance.shape, (p, p)),
            "param_names": ((len(self.param_names),), (p,)),
            "leverage": (None if self.leverage is None else self.leverage.shape, (self.nobs,)),
            "row_names": (None if self.row_names is None else self.row_names.shape, (self.nobs,)),
        }
        for name, (seen, wanted) in shapes.items():
            if seen is not None and seen != wanted:
                raise InvalidParameterError(f"{name} has shape {seen}; it must be {wanted}")
        for name in ("fitted", "residuals"):
            value = getattr(self, name)
            if value is not None and (value.ndim not in (1, 2) or len(value) != self.nobs):
                raise InvalidParameterError(f"{name} has shape {value.shape}; it must have {self.nobs} rows")

    # inference -------------------------------------------------------------------------------------------------------
    @property
    def params(self) -> Any:
        """Coefficients: (p,) array, or Series."""
        return self._series(self.coefficients)

    @property
    def bse(self) -> Any:
        """Standard errors: (p,) array, or Series."""
        return self._series(self._standard_errors())

    @property
    def tvalues(self) -> Any:
        """Coefficients divided by their standard errors: (p,) array, or Series."""
        return self._series(self._ratios())

    @property
    def pvalues(self) -> Any:
        """Two-sided p-values of coefficients being zero: (p,) array, or Series."""
        return self._series(self._pvalues())

    @property
    def fittedvalues(self) -> Any:
        """Fitted values: (n,) or (n, q) array, or pandas object."""
        return self._rows(self.fitted, "fitted")

    @property
    def resid(self) -> Any:
        """Residuals: (n,) or (n, q) array, or pandas object."""
        return self._rows(self.residuals, "residuals")

    def cov_params(self) -> Any:
        """Covariance of the coefficients: (p, p) array, or DataFrame.

        Raises
        ------
        InvalidParameterError
            The fit has none.

        Examples
        --------
        >>> from stattools._provenance import Provenance
        >>> FitResult(provenance=Provenance.capture("f()"), method="m", nobs=3).cov_params()
        Traceback (most recent call last):
        ...
        stattools._errors.InvalidParameterError: the fit m has no covariance of its coefficients
        """
        if self.covariance is None:
            raise InvalidParameterError(f"the fit {self.method} has no covariance of its coefficients")
        if not self.named:
            return self.covariance
        return self._frame(self.covariance, columns=self.param_names)

    def conf_int(self, alpha: float = 0.05) -> Any:
        """Confidence intervals of level ``1 - alpha``: (p, 2) array, or DataFrame with columns 0 and 1.

        Parameters
        ----------
        alpha : float, default 0.05

        Examples
        --------
        >>> from stattools._provenance import Provenance
        >>> source = Provenance.capture("f()")
        >>> fit = FitResult(provenance=source, method="m", nobs=3, coefficients=[1.0], covariance=[[1.0]])
        >>> fit.conf_int().round(2)
        array([[-0.96,  2.96]])
        """
        limits = self._limits(alpha)
        return self._frame(limits, columns=(0, 1)) if self.named else limits

    def _standard_errors(self) -> FloatArray:
        if self.covariance is None:
            return np.full(self.coefficients.size, np.nan)
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))

    def _ratios(self) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.coefficients / self._standard_errors()

    def _pvalues(self) -> FloatArray:
        from scipy.special import ndtr, stdtr

        ratios = -np.abs(self._ratios())
        return np.asarray(2.0 * (ndtr(ratios) if self.df_resid is None else stdtr(self._df, ratios)))

    def _limits(self, alpha: float) -> FloatArray:
        from scipy.special import ndtri, stdtrit

        alpha = _validation.real(alpha, "alpha", minimum=0, maximum=1, exclusive=True)
        quantile = ndtri(1.0 - alpha / 2) if self.df_resid is None else stdtrit(self._df, 1.0 - alpha / 2)
        width = quantile * self._standard_errors()
        return np.column_stack([self.coefficients - width, self.coefficients + width])

    @property
    def _df(self) -> float:
        """Degrees of freedom for Student's law; NaN when none are left."""
        return float(self.df_resid) if self.df_resid is not None and self.df_resid > 0 else float("nan")

    def _series(self, values: FloatArray) -> Any:
        if not self.named:
            return values
        import pandas

        return pandas.Series(values.copy(), index=list(self.param_names))

    def _frame(self, values: FloatArray, columns: Any) -> Any:
        import pandas

        return pandas.DataFrame(values.copy(), index=list(self.param_names), columns=list(columns))

    def _rows(self, values: FloatArray | None, name: str) -> Any:
        if values is None:
            raise InvalidParameterError(f"the fit {self.method} keeps no {name}")
        if not self.named:
            return values
        import pandas

        index = None if self.row_names is None else pandas.Index(self.row_names)
        return pandas.Series(values.copy(), index=index) if values.ndim == 1 else pandas.DataFrame(values.copy(), index)

    # tables ----------------------------------------------------------------------------------------------------------
    def tidy(self, *, alpha: float = 0.05) -> DataFrame:
        """A row for each coefficient, with a confidence interval of level ``1 - alpha``.

        Examples
        --------
        >>> from stattools._provenance import Provenance
        >>> source = Provenance.capture("f()")
        >>> fit = FitResult(provenance=source, method="m", nobs=3, coefficients=[1.0], covariance=[[1.0]])
        >>> fit.tidy()["conf_low"].round(2).tolist()
        [-0.96]
        """
        import pandas

        return pandas.DataFrame(self._terms(alpha))

    def _terms(self, alpha: float) -> dict[str, Any]:
        limits = self._limits(alpha)
        return {
            "term": list(self.param_names),
            "estimate": self.coefficients.copy(),
            "std_error": self._standard_errors(),
            "statistic": self._ratios(),
            "p_value": self._pvalues(),
            "conf_low": limits[:, 0],
            "conf_high": limits[:, 1],
            "method": [self.method] * self.coefficients.size,
        }

    def _tidy(self) -> Mapping[str, Any]:
        return self._terms(0.05)

    def _glance(self) -> Mapping[str, Any]:
        row: dict[str, Any] = {_format.snake(name): value for name, value in self.statistics.items()}
        row |= {"nobs": self.nobs, "df_resid": self.df_resid, "df_model": self.df_model, "scale": self.scale}
        return row | {"cov_type": self.cov_type, "method": self.method}

    def augment(self, data: Any = None) -> DataFrame:
        """The data with a column each for fitted values, residuals and leverage, as far as the fit has them.

        Parameters
        ----------
        data : DataFrame, dict or (n, d) array_like, optional
            The rows of the fit, in their order. A polars table is converted to pandas.

        Returns
        -------
        DataFrame
            With the columns ``fitted``, ``resid`` and ``hat``; for q responses ``fitted_1`` to ``fitted_q``.

        Raises
        ------
        InvalidDataError
            `data` has another number of rows, or has a column of one of these names already.

        Examples
        --------
        >>> from stattools._provenance import Provenance
        >>> fit = FitResult(provenance=Provenance.capture("f()"), method="m", nobs=2, fitted=[1.0, 2.0])
        >>> fit.augment({"x": [5, 6]}).columns.tolist()
        ['x', 'fitted']
        """
        import pandas

        added = self._augmentation()
        if data is None:
            return pandas.DataFrame(added, index=None if self.row_names is None else pandas.Index(self.row_names))
        data = data.to_pandas() if hasattr(data, "to_pandas") else data
        table = pandas.DataFrame(data, copy=True)
        if len(table) != self.nobs:
            raise InvalidDataError(f"data has {len(table)} rows; the fit was made on {self.nobs}")
        clash = [name for name in added if name in table.columns]
        if clash:
            raise InvalidDataError(f"data has a column {clash[0]!r} already; rename it first")
        return table.assign(**added)

    def _augmentation(self) -> dict[str, FloatArray]:
        """Columns that `augment` adds; a subclass may add its own."""
        columns: dict[str, FloatArray] = {}
        for name, values in (("fitted", self.fitted), ("resid", self.residuals), ("hat", self.leverage)):
            if values is not None and values.ndim == 1:
                columns[name] = values.copy()
            elif values is not None:
                columns |= {f"{name}_{k + 1}": values[:, k].copy() for k in range(values.shape[1])}
        return columns

    # printed forms ---------------------------------------------------------------------------------------------------
    def _title(self) -> str:
        return self.method

    def _sizes(self) -> dict[str, Any]:
        sizes: dict[str, Any] = {"observations": self.nobs}
        sizes |= {} if self.df_resid is None else {"residual df": self.df_resid}
        return sizes | self.statistics

    def _headline(self, digits: int) -> str:
        p = self.coefficients.size
        return f"{p} coefficient{'' if p == 1 else 's'}, " + _format.equations(self._sizes(), digits)

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        parts.append(Line(_format.equations(self._sizes(), digits)))
        if self.scale is not None:
            parts.append(Line(_format.equations({"residual standard error": np.sqrt(self.scale)}, digits)))
        if self.coefficients.size:
            parts += [Gap(), *self._coefficient_parts(digits, limit=None if full else MAX_TERMS)]
        if self.settings:
            parts += [Gap(), Line(_format.equations(self.settings, digits, "; "), label="settings:")]
        return parts

    def _coefficient_parts(self, digits: int, *, limit: int | None) -> list[Part]:
        names, rows = self._inference_rows(digits)
        if self.covariance is None:
            names, rows = names[:2], [row[:2] for row in rows]
        shown, more = cut(rows, limit or len(rows))
        label = "coefficients:" if self.covariance is None else f"coefficients (covariance: {self.cov_type}):"
        return [Table(label, names, shown, n_left=1), *([Line(more)] if more else [])]

    def _inference_rows(self, digits: int) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        terms = self._terms(0.05)
        names = ("term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
        columns = [
            [_format.pvalue(p, digits, asymptotic=True) for p in terms[name]]
            if name == "p_value"
            else _format.number_column(terms[name].tolist(), digits)
            for name in names[1:]
        ]
        return names, list(zip(self.param_names, *columns, strict=True))

    def _sentence(self, style: str) -> str:
        apa = style == "apa"
        head = f"{self.method}{f' of {self.data_name}' if self.data_name and not apa else ''}"
        sizes = _format.equations({"N" if apa else "observations": self.nobs, **self.statistics}, 3 if apa else 4)
        terms = [self._term_words(k, apa=apa) for k in range(min(self.coefficients.size, TERMS_IN_SENTENCE))]
        hidden = self.coefficients.size - len(terms)
        terms += [f"and {hidden} more coefficient{'' if hidden == 1 else 's'}"] if hidden else []
        return f"{head}, {sizes}" + (": " + "; ".join(terms) if terms else "") + "."

    def _term_words(self, k: int, *, apa: bool) -> str:
        name = self.param_names[k]
        if self.covariance is None:
            return f"{name} = {_format.number(self.coefficients[k], 3 if apa else 4)}"
        low, high = (_format.number(limit, 3 if apa else 4) for limit in self._limits(0.05)[k])
        if not apa:
            return f"{name} = {_format.number(self.coefficients[k])} (95 percent interval {low} to {high})"
        law = "z" if self.df_resid is None else f"t({_format.number(self._df)})"
        ratio = f"{law} = {_format.number(self._ratios()[k], 3)}, {_format.pvalue_apa(self._pvalues()[k])}"
        error = _format.number(self._standard_errors()[k], 3)
        return f"{name}: b = {_format.number(self.coefficients[k], 3)}, SE = {error}, 95% CI [{low}, {high}], {ratio}"


def _index_array(names: Any) -> Any:
    """A pandas Index, or anything like a list, as an array of one dimension."""
    if isinstance(names, np.ndarray):
        return names
    if hasattr(names, "to_numpy"):
        return names.to_numpy()
    items = list(names)
    if any(isinstance(item, (tuple, list)) for item in items):
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array
    return np.asarray(items)
