"""What a collider regression returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from stattools._errors import InvalidParameterError
from stattools.collider import result_plots, result_sentence, result_words as words
from stattools.collider.assembly import (
    BreakEven,
    ConstraintCheck,
    DegreesOfFreedom,
    HeldOutGain,
    PredictedGain,
    Projection,
    Sensitivity,
    ShiftCheck,
)
from stattools.collider.graph import CompiledGraph
from stattools.collider.result_setting import known
from stattools.results import FitResult, _format
from stattools.results.summary import Part

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ColliderResult(FitResult):
    """Result of `ColliderRegressor` and `ProjectedRegressor`: what was constrained, and what that gained.

    Attributes
    ----------
    gain : HeldOutGain or None
        Held-out squared error of the base less that of the projected fit; None where it was not measured.
    predicted : PredictedGain or None
        The gain that theory expects of the correction.
    break_even : BreakEven or None
        N (1 - R2) / (n R2), above 1 where the plug-in projection has enough rows to gain.
    sensitivity : Sensitivity or None
        How large a violation of the constraints would cancel the predicted gain.
    degrees_of_freedom : DegreesOfFreedom
        Before and after the projection.
    checks : tuple of ConstraintCheck
        The constraints beside the data, in the order of `constraints`; those without a varying column are left out.
    projection : Projection or None
        None when predictions are those of the base.
    shift : ShiftCheck or None
        Of labelled against unlabelled rows.
    tuning : dict
        Tuning path of the base: "criterion", "penalty" (q,), "penalties" (c,), "path" (c, q), and for a kernel
        "lengthscale" (d,), "multiples" and "profile" (k,); for a forest "leaf", "leaves" and "path".
    roles, reasons : dict of str to str
        Of the variables, for a fit from a graph: what each is to the response, and why it was used or not.
    graph : CompiledGraph or None
        For a fit from a graph.
    base : str
        Name of the base.
    constraints : tuple of str
        In words.
    plot_kinds : tuple of str
        The kinds of picture that `plot` can draw of this result.

    Besides these, `fittedvalues`, `resid`, `nobs`, `df_resid` and `augment` of `FitResult`. There are no coefficients.

    Notes
    -----
    Errors are squared ones, in squared units of the response; of several responses each is in units of its variance,
    and they are averaged. With m = E[Y | A, B] - E[Y | B] the violation of a constraint is |m|^2, the mean of m
    squared; the constraint holds where it is 0.

    Three statements have different nulls. The p-value of a constraint is that of independence, or of equal conditional
    means, as its test says; the p-value of the gain is for an expected gain of at most 0 at the training rows of
    a fold, approximate as its interval is; that of the shift is for one distribution of labelled and unlabelled rows.

    Examples
    --------
    >>> import numpy as np
    >>> from stattools.collider import ColliderRegressor
    >>> rng = np.random.default_rng(1)
    >>> y, x2 = rng.normal(size=300), rng.normal(size=300)
    >>> X = np.column_stack([y + x2 + rng.normal(size=300), x2])
    >>> model = ColliderRegressor([1], base="ridge", random_state=1).fit(X[:40], y[:40], X_unlabeled=X[40:])
    >>> result = model.results_
    >>> result.nobs, result.n_unlabeled, result.projects
    (40, 260, True)
    >>> result.tidy()[["term", "verdict"]].values.tolist()
    [['Y _||_ column 1', 'not contradicted']]
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("projection", "gain", "sensitivity", "graph", "tuning")

    gain: HeldOutGain | None = None
    predicted: PredictedGain | None = None
    break_even: BreakEven | None = None
    sensitivity: Sensitivity | None = None
    degrees_of_freedom: DegreesOfFreedom
    checks: tuple[ConstraintCheck, ...] = ()
    projection: Projection | None = None
    shift: ShiftCheck | None = None
    tuning: dict[str, Any] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    graph: CompiledGraph | None = None
    base: str = ""
    constraints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "plot_kinds", self._available_plots())

    # the fit ---------------------------------------------------------------------------------------------------------
    @property
    def n_unlabeled(self) -> int:
        """Number of rows without a response."""
        return int(self.provenance.sizes.get("unlabeled", 0))

    @property
    def n_responses(self) -> int:
        """Number of responses q."""
        return 1 if self.fitted is None or self.fitted.ndim == 1 else int(self.fitted.shape[1])

    @property
    def projects(self) -> bool:
        """Whether predictions differ from those of the base."""
        return self.projection is not None and self.projection.takes_effect

    @property
    def compares(self) -> bool:
        """Whether the held-out gain compares two fits, rather than the base with itself."""
        return self.gain is not None and self.gain.compares

    @property
    def used_constraints(self) -> tuple[str, ...]:
        """The constraints that were projected on, in words and in the order of the rows of the penalties."""
        return tuple(check.constraint for check in self.checks if check.used)

    # tables ----------------------------------------------------------------------------------------------------------
    def tidy(self, *, alpha: float = 0.05) -> DataFrame:
        """A row for each constraint: its test, and the violation |m|^2; there are no coefficients, `alpha` is refused.

        Columns are term, method, statistic, p_value, p_adjusted, estimate (of |m|^2), conf_low, conf_high, detectable,
        used and verdict.

        Raises
        ------
        InvalidParameterError
            `alpha` is given: intervals are those of the fit, whose `confidence_level` sets them.

        Examples
        --------
        >>> import numpy as np
        >>> from stattools.collider import ColliderRegressor
        >>> X = np.random.default_rng(1).normal(size=(30, 2))
        >>> model = ColliderRegressor([1], base="ridge", gain=False, random_state=1).fit(X, 2.0 * X[:, 0])
        >>> model.results_.tidy()["used"].tolist()
        [True]
        """
        import pandas

        if alpha != 0.05:
            raise InvalidParameterError("alpha is for coefficients, and this fit has none; set its confidence_level")
        return pandas.DataFrame(self._tidy())

    def _tidy(self) -> Mapping[str, Any]:
        names = {
            "term": "constraint",
            "method": "method",
            "statistic": "statistic",
            "p_value": "pvalue",
            "p_adjusted": "adjusted",
            "estimate": "violation",
            "conf_low": "violation_low",
            "conf_high": "violation_high",
            "detectable": "detectable",
            "used": "used",
            "verdict": "verdict",
        }
        return {name: [getattr(check, attribute) for check in self.checks] for name, attribute in names.items()}

    def _glance(self) -> Mapping[str, Any]:
        gain, predicted, even = self.gain, self.predicted, self.break_even
        df = self.degrees_of_freedom
        adjusted = [check.adjusted for check in self.checks if known(check.adjusted)]
        return {
            "nobs": self.nobs,
            "n_unlabeled": self.n_unlabeled,
            "base": self.base,
            "projection": self.projection.method if self.projection is not None and self.projects else "none",
            "n_constraints": len(self.used_constraints),
            "p_adjusted": min(adjusted) if adjusted else None,
            "gain": None if gain is None else gain.estimate,
            "gain_std_error": None if gain is None else gain.std_error,
            "gain_conf_low": None if gain is None else gain.low,
            "gain_conf_high": None if gain is None else gain.high,
            "gain_p_value": None if gain is None else gain.pvalue,
            "base_loss": None if gain is None else gain.base_loss,
            "projected_loss": None if gain is None else gain.projected_loss,
            "gain_predicted": None if predicted is None else predicted.net,
            "gain_probability": None if predicted is None else predicted.probability,
            "threshold": None if self.sensitivity is None else self.sensitivity.threshold,
            "r_squared_out_of_sample": None if even is None else even.r_squared,
            "break_even": None if even is None else even.ratio,
            "df_base": df.base,
            "df_projected": df.projected,
            "df_resid": self.df_resid,
            "shift_p_value": None if self.shift is None else self.shift.pvalue,
            "method": self.method,
        }

    # printed forms ---------------------------------------------------------------------------------------------------
    def _headline(self, digits: int) -> str:
        words_ = f"n = {self.nobs}, m = {self.n_unlabeled}"
        if self.gain is None:
            return words_
        return f"{words_}, gain = {_format.number(self.gain.estimate, digits)}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        return words.parts(self, digits, full=full)

    def _sentence(self, style: str) -> str:
        return result_sentence.sentence(self, style)

    # plots -----------------------------------------------------------------------------------------------------------
    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the result with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"projection", "gain", "sensitivity", "graph", "tuning"}, optional
            One of ``plot_kinds``, which lists what this result can draw; the first by default.

            - "projection": function values before and after against one independent column. Options: ``column``, its
              name or its place among the independent columns (default 0), and ``response``, 1 to q (default 1).
            - "gain": the held-out gain by fold, with its interval and with what theory predicts. No options.
            - "sensitivity": the predicted gain against the size of a violation. No options.
            - "graph": the causal graph. Option ``roles`` (default True): with the role of each node.
            - "tuning": the criterion along the candidates of the base. Option ``of``: "penalty" (default), or
              "lengthscale" of the base "krr".
        **options
            Those of the kind.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            The result has no such plot, or the plot no such option, column or response.

        Examples
        --------
        >>> import numpy as np
        >>> from stattools.collider import ColliderRegressor
        >>> X = np.random.default_rng(1).normal(size=(30, 2))
        >>> model = ColliderRegressor([1], base="ridge", gain=False, random_state=1).fit(X, 2.0 * X[:, 0])
        >>> model.results_.plot(kind="gain")
        Traceback (most recent call last):
        ...
        stattools._errors.InvalidParameterError: ... not measured, fit with gain=True; it can draw ...
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _absent_plots(self) -> Mapping[str, str]:
        return result_plots.absent(self)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import collider as plots

        return plots.plot_collider(self, kind, ax, **options)
