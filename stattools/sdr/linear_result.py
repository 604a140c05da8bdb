"""The result of a linear reduction: a few linear combinations of the predictors, and tests of how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from stattools._errors import InvalidParameterError
from stattools._typing import FloatArray, Progress, Seed
from stattools.results import FitResult, HTestResult, _format
from stattools.results.summary import Gap, Line, Part, Table, cut
from stattools.sdr.candidates import Problem
from stattools.sdr.linear_laws import DimensionTests
from stattools.sdr.linear_permutation import remaining
from stattools.sdr.linear_response import Response
from stattools.sdr.slices import Slices
from stattools.sdr.whitening import Whitening

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_ROWS = 20
LAWS = {"weighted": "weighted chi-squared", "chi2": "chi-squared", "permutation": "permutation"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LinearSDRResult(FitResult):
    """Directions of a linear sufficient dimension reduction.

    Parameters
    ----------
    short_name : str
        "SIR", "SAVE", "pHd", "DR", ...
    eigenvalues : (r,) float64
        Of the candidate matrix, the largest first; in absolute value for average Hessians, whose signs are those of
        curvatures.
    all_directions : (p, r) float64
        Coefficients in the units of the predictors, a column for each eigenvalue. Scores, which are
        ``(X - mean) @ all_directions``, have mean zero, variance one (divisor n) and no correlation; less variance with
        a ridge. The largest coefficient times the standard deviation of its predictor is positive.
    n_components : int
        Directions that were kept.
    predictor_names : (p,) tuple of str
    mean, spread : (p,) float64
        Of the predictors; spread with divisor n.
    scores : (n, n_components) float64
    response : Response
    slices : Slices, optional
    ridge : float
    chosen_by : str
        "given", or the law whose p-values decided: "weighted", "chi2" or "permutation".
    level : float
        Of the tests that decided.
    n_found : int, optional
        Directions that the tests found; less than `n_components` when they found none.
    tests : DimensionTests, optional
        Absent where no law of the statistics is known.
    problem : Problem, optional
        What the candidate matrix is made of; without it there are no further tests.
    whitening : Whitening, optional

    Examples
    --------
    >>> from stattools.sdr.linear import SIR
    >>> x = np.random.default_rng(1).standard_normal((200, 3))
    >>> result = SIR(n_components=1).fit(x, x[:, 0] ** 3).results_
    >>> result.standardized_directions.round(1) + 0.0
    array([[1.],
           [0.],
           [0.]])
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("summary", "scree", "coefficients")

    short_name: str
    eigenvalues: FloatArray
    all_directions: FloatArray
    n_components: int
    predictor_names: tuple[str, ...]
    mean: FloatArray
    spread: FloatArray
    scores: FloatArray
    response: Response
    slices: Slices | None = None
    ridge: float = 0.0
    chosen_by: str = "given"
    level: float = 0.05
    n_found: int | None = None
    tests: DimensionTests | None = None
    problem: Problem | None = field(default=None)
    whitening: Whitening | None = None

    # directions ------------------------------------------------------------------------------------------------------
    @property
    def directions(self) -> FloatArray:
        """(p, n_components) coefficients of the directions that were kept."""
        return self.all_directions[:, : self.n_components]

    @property
    def standardized_directions(self) -> FloatArray:
        """(p, n_components) coefficients of predictors divided by their standard deviations, in columns of length 1."""
        scaled = self.directions * self.spread[:, None]
        return np.asarray(scaled / np.linalg.norm(scaled, axis=0))

    @property
    def shares(self) -> FloatArray:
        """(r,) eigenvalues over their sum, in absolute value."""
        sizes = np.abs(self.eigenvalues)
        return np.asarray(sizes / max(float(sizes.sum()), np.finfo(float).tiny))

    @property
    def pvalues_of_order(self) -> FloatArray:
        """(K,) p-values of "at most d directions", d = 0, 1, ..., by the law that decided, else the weighted one."""
        if self.tests is None:
            return np.empty(0)
        return self.tests.pvalues("weighted" if self.chosen_by == "given" else self.chosen_by)

    # tests -----------------------------------------------------------------------------------------------------------
    def dimension_test(self, n_directions: int = 0, *, law: str = "weighted") -> HTestResult:
        """Test that there are at most so many directions.

        Parameters
        ----------
        n_directions : int, default 0
            d in the null hypothesis; 0 says that the response does not depend on the predictors in a way that the
            method sees.
        law : {"weighted", "chi2"}
            Law of the statistic under the null hypothesis in large samples: a sum of chi-squared variables with
            estimated weights, or the chi-squared law, which needs more of the predictors.

        Returns
        -------
        HTestResult

        Raises
        ------
        InvalidParameterError
            There is no such test for this method or with a ridge, or not for so many directions.

        Notes
        -----
        Both laws are derived in `stattools.sdr.lineartests.dimension_tests`, with what each assumes. A test for d
        directions supposes that the first d exist.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((200, 3))
        >>> SIR(n_components=1).fit(x, x[:, 0]).results_.dimension_test(0).pvalue < 1e-6
        True
        """
        from stattools.sdr.linear_htests import dimension_test

        return dimension_test(self, n_directions, law)

    def permutation_test(
        self,
        n_directions: int = 0,
        *,
        n_resamples: int = 999,
        rng: Seed = None,
        n_jobs: int | None = None,
        progress: Progress = False,
    ) -> HTestResult:
        """Test by permutation that there are at most so many directions.

        Parameters
        ----------
        n_directions : int, default 0
        n_resamples : int, default 999
        rng, n_jobs, progress
            As in `stattools.resampling.resample`.

        Returns
        -------
        HTestResult

        Raises
        ------
        InvalidParameterError
            There are no further directions to test.

        Notes
        -----
        The scores of the first d directions stay with their response, and what the others add to them is permuted: the
        null hypothesis is that it is independent of both. For d = 0 this is independence of X and the response, and the
        p-value is exact. For more, the first directions are estimates, and it holds in large samples. Permuted columns
        are given the covariance that the observed ones have, zero with the first ones without a ridge, since a
        reduction sees no other columns.

        The statistic is n times the sum of the eigenvalues after the first d; for average Hessians n times the sum of
        their squares, over twice the variance of what they are of. For SIR and plain Hessians that is T of the printed
        table; for others T, which has a law in large samples, is another statistic of the same null hypothesis.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((60, 3))
        >>> SIR(n_components=1).fit(x, x[:, 0]).results_.permutation_test(n_resamples=99, rng=1).pvalue
        0.01
        """
        from stattools.sdr.linear_htests import permutation_test

        return permutation_test(self, n_directions, n_resamples=n_resamples, rng=rng, n_jobs=n_jobs, progress=progress)

    def coordinate_test(self, columns: Any, *, law: str = "weighted") -> HTestResult:
        """Test that some predictors have no part in the directions, given the others.

        Parameters
        ----------
        columns : str, int or sequence of them
            Names or places of the predictors in question.
        law : {"weighted", "chi2"}
            As in `dimension_test`.

        Returns
        -------
        HTestResult

        Raises
        ------
        InvalidParameterError
            The method is neither SIR nor SAVE, there is a ridge, or there is no such column.

        Notes
        -----
        The number of directions is not supposed to be known (a marginal test). See
        `stattools.sdr.lineartests.coordinate_limit`.

        References
        ----------
        .. [1] Cook (2004), Testing predictor contributions in sufficient dimension reduction, Annals of Statistics
           32(3), 1062-1092.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((200, 3))
        >>> SIR(n_components=1).fit(x, x[:, 0]).results_.coordinate_test("x1").pvalue < 1e-6
        True
        """
        from stattools.sdr.linear_htests import coordinate_test

        return coordinate_test(self, columns, law)

    # tables ----------------------------------------------------------------------------------------------------------
    def tidy(self, *, alpha: float = 0.05) -> DataFrame:
        """A row for each direction; there are no standard errors, and `alpha` is refused.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((60, 3))
        >>> SIR(n_components=1).fit(x, x[:, 0]).results_.tidy()["kept"].tolist()
        [True, False, False]
        """
        import pandas

        if alpha != 0.05:
            raise InvalidParameterError("alpha is for intervals, and a reduction has none; leave it out")
        return pandas.DataFrame(self._rows_of_directions())

    def coefficients_table(self) -> DataFrame:
        """A row for each predictor, and a column for each direction that was kept.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((60, 3))
        >>> SIR(n_components=1).fit(x, x[:, 0]).results_.coefficients_table().index.tolist()
        ['x1', 'x2', 'x3']
        """
        import pandas

        names = [f"direction {k + 1}" for k in range(self.n_components)]
        return pandas.DataFrame(self.directions.copy(), index=list(self.predictor_names), columns=names)

    def _tidy(self) -> Mapping[str, Any]:
        return self._rows_of_directions()

    def _rows_of_directions(self) -> dict[str, Any]:
        r = len(self.eigenvalues)
        columns: dict[str, Any] = {
            "component": np.arange(1, r + 1),
            "eigenvalue": self.eigenvalues.copy(),
            "share": self.shares,
        }
        if self.tests is not None:
            columns |= {name: _padded(values, r) for name, values in self.tests.columns().items()}
        return columns | {"kept": np.arange(r) < self.n_components}

    def _glance(self) -> Mapping[str, Any]:
        row = dict(super()._glance())
        for name in ("scale", "cov_type", "df_resid", "df_model"):
            row.pop(name, None)
        slices = None if self.slices is None else self.slices.count
        first = {"n_components": self.n_components, "chosen_by": self.chosen_by, "n_found": self.n_found}
        return first | row | {"slices": slices, "ridge": self.ridge}

    def _augmentation(self) -> dict[str, FloatArray]:
        return {f"direction_{k + 1}": self.scores[:, k].copy() for k in range(self.n_components)}

    # printed form ----------------------------------------------------------------------------------------------------
    def _sizes(self) -> dict[str, Any]:
        sizes = {"observations": self.nobs, "predictors": len(self.predictor_names)}
        return sizes if self.slices is None else sizes | {"slices": self.slices.count}

    def _headline(self, digits: int) -> str:
        k = self.n_components
        return f"{k} direction{'' if k == 1 else 's'}, " + _format.equations(self._sizes(), digits)

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        parts: list[Part] = [Line(self.data_name, label="data:")] if self.data_name else []
        parts += [Line(_format.equations(self._sizes(), digits)), Line(self._decision(digits), label="directions:")]
        parts += [Gap(), self._direction_table(digits), *self._remark_on_permutations()]
        parts += [Gap(), *self._coefficient_tables(digits, full=full)]
        if full and self.slices is not None:
            sizes = zip(self.slices.names, self.slices.sizes.tolist(), strict=True)
            rows, more = cut([(name, str(size)) for name, size in sizes], MOST_ROWS)
            parts += [Gap(), Table("slices:", ("response", "n"), rows, n_left=1), *([Line(more)] if more else [])]
        if self.settings:
            parts += [Gap(), Line(_format.equations(self.settings, digits, "; "), label="settings:")]
        return parts

    def _decision(self, digits: int) -> str:
        if self.chosen_by == "given":
            return f"{self.n_components}, as given"
        how = f"{LAWS[self.chosen_by]} tests at level {_format.number(self.level, digits)}"
        return f"{self.n_components}, by {how}" if self.n_found else f"none by {how}; {self.n_components} kept"

    def _direction_table(self, digits: int) -> Table:
        rows = self._rows_of_directions()
        kept = rows.pop("kept")
        names = {"component": "", "statistic": "T", "df": "df", "p_chi2": "p (chi2)", "p_weighted": "p (weighted)",
                 "p_permutation": "p (perm.)"}  # fmt: skip
        texts = []
        for name, values in rows.items():
            if name == "component":
                texts.append([f"{k}{' *' if kept[k - 1] else ''}" for k in values])
            elif name.startswith("p_"):
                asymptotic = name != "p_permutation"
                shown = [_format.pvalue(p, digits, asymptotic=asymptotic) for p in values.tolist()]
                texts.append(["" if text == "NaN" else text for text in shown])
            else:
                shown = _format.number_column(values.tolist(), digits)
                texts.append(["" if text == "NaN" else text for text in shown])
        lines, _ = cut(list(zip(*texts, strict=True)), MOST_ROWS)
        tested = "; T, p: test of at most (row - 1) directions" if self.tests is not None else ""
        label = f"directions, * kept{tested}:"
        return Table(label, tuple(names.get(name, name) for name in rows), lines, n_left=1)

    def _remark_on_permutations(self) -> list[Part]:
        if not self._permutes_another_statistic():
            return []
        return [Line("p (perm.): of a sum over the eigenvalues from the row on, which is not T")]

    def _permutes_another_statistic(self) -> bool:
        """Whether there are p-values by permutation, and of another statistic than T."""
        if self.tests is None or self.problem is None or np.isnan(self.tests.pvalues("permutation")).all():
            return False
        return not np.isclose(remaining(self.problem, self.problem.z, 0), self.tests.statistics[0])

    def _coefficient_tables(self, digits: int, *, full: bool) -> list[Part]:
        columns = [_format.number_column(column.tolist(), digits) for column in self.directions.T]
        heads = tuple(f"direction {k + 1}" for k in range(self.n_components))
        lines = list(zip(self.predictor_names, *columns, strict=True))
        shown, more = cut(lines, len(lines) if full else MOST_ROWS)
        table = Table("coefficients, for scores of variance 1:", ("predictor", *heads), shown, n_left=1)
        return [table, *([Line(more)] if more else [])]

    def _sentence(self, style: str) -> str:
        digits = 3 if style == "apa" else 4
        text = f"{self.method}, {self._headline(digits)}: {self._decision(digits)}"
        tests, d = self.pvalues_of_order, self.n_components
        if self.tests is None or np.isnan(tests[:1]).any() or not len(tests):
            return text + "."
        words, plain = [], self.chosen_by == "permutation" and self._permutes_another_statistic()
        for k in sorted({0, min(d, len(tests) - 1)}):
            p = _format.pvalue_apa(tests[k]) if style == "apa" else _format.pvalue_equation(tests[k], asymptotic=True)
            statistic = "" if plain else f", T = {_format.number(self.tests.statistics[k], digits)}"
            words.append(f"at most {k}{statistic}, {p}")
        return f"{text}; {'; '.join(words)}."

    # plots -----------------------------------------------------------------------------------------------------------
    def plot(self, *, ax: Any = None, kind: str | None = None, **options: Any) -> Any:
        """Draw the result with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.
        kind : {"summary", "scree", "coefficients"}, default "summary"
            "summary": the response against the scores of a direction, or two directions coloured by the response.
            "scree": eigenvalues, with those that were kept. "coefficients": standardized coefficients of directions.
        **options
            For "summary": ``components``, default 1, or two numbers; ``response``, name or place of a column where
            there are several. For "coefficients": ``components``, by default all that were kept.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        InvalidParameterError
            There is no such kind, option, direction or response.

        Examples
        --------
        >>> from stattools.sdr.linear import SIR
        >>> x = np.random.default_rng(1).standard_normal((60, 3))
        >>> SIR(n_components=2).fit(x, x[:, 0]).results_.plot(components=(1, 2)).get_ylabel()
        'direction 2'
        """
        return super().plot(ax=ax, kind=kind, **options)

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import sdr_linear

        return sdr_linear.plot_linear_sdr(self, kind, ax, **options)


def _padded(values: FloatArray, size: int) -> FloatArray:
    padded = np.full(size, np.nan)
    padded[: min(size, len(values))] = values[:size]
    return padded
