"""Where do two collections of distributions differ: which slices, which levels, and where on the domain?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, Seed
from stattools.distributions import Embedding
from stattools.resampling import JointNull, adjust_pvalues, resample, step_down_pvalues
from stattools.results import Result
from stattools.results.summary import Gap, Line, Part, Table, cut, text_rows
from stattools.twosample import plan as plans
from stattools.twosample.moments import Norms
from stattools.twosample.plan import Plan
from stattools.twosample.statistics import studentized, t_of

METHODS = {
    "westfall-young": "Westfall-Young step-down maxT, family-wise error",
    "bh": "Benjamini-Hochberg, false discovery rate",
    "by": "Benjamini-Yekutieli, false discovery rate under any dependence",
}

SHOWN = 10
DENSITY_TIME = 2.0  # in units of one over the largest eigenvalue: the finest waves are damped to exp(-2)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Localization(Result):
    """Where two collections differ.

    Attributes
    ----------
    method : str
    map_of : {"density", "kernel"}
    levels : tuple
        Names of the two groups; differences are first less second.
    slices : dict of (S,) arrays
        component, eigenvalue (where there is one), share, statistic, p_value, p_adjusted.
    coordinates : dict of (P,) arrays
        slice, level, difference (of quantiles of the slice), std_error, statistic, p_value, p_adjusted.
    points : (n, d) or (n,) array or None
        Points or nodes of the map; None without a domain.
    witness : (n,) float64 or None
        Difference of the mean densities of the groups, smoothed as `map_of` says: positive where the first group puts
        more mass.
    transport : (n,) float64 or None
        Potential of the transport from the first mean to the second, summed over slices; mass moves from high to low.
    p_map : (n,) float64 or None
        p-value of each point against the largest absolute witness of all points: family-wise error. A small one says
        that the smoothed difference is not zero there; smoothing spreads it somewhat beyond the places where mass
        differs, with "kernel" far beyond.
    threshold : float or None
        Absolute witness above which ``p_map`` is at most 0.05.
    n_resamples : int
    embedding : Embedding

    Examples
    --------
    >>> from stattools import DistributionArray, isw_test
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
    >>> y = DistributionArray.from_samples(rng.normal(1.0, 1.0, size=(12, 30)))
    >>> isw_test(x, y, n_resamples=99, rng=1).localize(n_resamples=199)
    <Localization: Where two collections of distributions differ, 1 of 1 components differ at 0.05>
    """

    plot_kinds: ClassVar[tuple[str, ...]] = ("components", "quantiles", "map")

    method: str
    map_of: str
    levels: tuple[Any, ...]
    slices: dict[str, Any]
    coordinates: dict[str, Any]
    points: Any
    witness: Any
    transport: Any
    p_map: Any
    threshold: float | None
    n_resamples: int
    embedding: Embedding

    def coordinate_table(self) -> Any:
        """One row a slice and level, as a DataFrame.

        Examples
        --------
        >>> from stattools import DistributionArray, isw_test
        >>> rng = np.random.default_rng(1)
        >>> x = DistributionArray.from_samples(rng.normal(size=(12, 30)))
        >>> y = DistributionArray.from_samples(rng.normal(1.0, 1.0, size=(12, 30)))
        >>> found = isw_test(x, y, n_resamples=99, rng=1).localize(n_resamples=199)
        >>> len(found.coordinate_table())
        20
        """
        import pandas as pd

        return pd.DataFrame(self.coordinates)

    def map_table(self) -> Any:
        """One row a point of the map: witness, transport, p_map, as a DataFrame.

        Raises
        ------
        InvalidParameterError
            The slices have no domain to draw a map on.
        """
        import pandas as pd

        if self.points is None:
            raise InvalidParameterError("these slices have no domain, so there is no map")
        points = np.asarray(self.points)
        columns = {"node": points} if points.ndim == 1 else {f"x{j + 1}": points[:, j] for j in range(points.shape[1])}
        return pd.DataFrame({**columns, "witness": self.witness, "transport": self.transport, "p_map": self.p_map})

    def _counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = {
            "method": self.method,
            "n_components": len(self.slices["p_adjusted"]),
            "n_components_differ": int((self.slices["p_adjusted"] <= 0.05).sum()),
            "n_coordinates": len(self.coordinates["p_adjusted"]),
            "n_coordinates_differ": int((self.coordinates["p_adjusted"] <= 0.05).sum()),
        }
        if self.p_map is not None:
            counts["n_points"] = len(self.p_map)
            counts["n_points_differ"] = int((self.p_map <= 0.05).sum())
        return counts

    def _title(self) -> str:
        return "Where two collections of distributions differ"

    def _headline(self, digits: int) -> str:
        counts = self._counts()
        return f"{counts['n_components_differ']} of {counts['n_components']} components differ at 0.05"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        counts = self._counts()
        lines = [
            ("data:", f"{self.levels[0]} less {self.levels[1]}"),
            ("adjustment:", f"{METHODS[self.method]}; {self.n_resamples} resamples"),
            ("components that differ at 0.05:", f"{counts['n_components_differ']} of {counts['n_components']}"),
            ("slice quantiles that differ at 0.05:", f"{counts['n_coordinates_differ']} of {counts['n_coordinates']}"),
        ]
        if self.p_map is not None:
            found = f"{counts['n_points_differ']} of {counts['n_points']} (family-wise error)"
            lines.append((f"points where the smoothed {self.map_of} differs at 0.05:", found))
        order = np.lexsort((-np.asarray(self.slices["share"]), self.slices["p_adjusted"]))
        columns, rows, n_left = text_rows({name: np.asarray(c)[order] for name, c in self.slices.items()}, digits)
        shown, rest = cut(rows, len(rows) if full else SHOWN)
        parts: list[Part] = [Line(text, label=label) for label, text in lines]
        parts += [Gap(), Table("components, the clearest first:", columns, shown, n_left)]
        return parts + ([Line(rest)] if rest else [])

    def _sentence(self, style: str) -> str:
        counts = self._counts()
        level = ".05" if style == "apa" else "0.05"
        return (
            f"{self.levels[0]} and {self.levels[1]} differed in {counts['n_components_differ']} of "
            f"{counts['n_components']} components at the adjusted level {level} ({METHODS[self.method]})."
        )

    def _tidy(self) -> Mapping[str, Any]:
        return self.slices

    def _glance(self) -> Mapping[str, Any]:
        return self._counts()

    def _available_plots(self) -> tuple[str, ...]:
        return self.plot_kinds if self.points is not None else self.plot_kinds[:2]

    def _plot(self, kind: str, ax: Any, **options: Any) -> Any:
        from stattools.plotting import twosample as plots

        return plots.plot_localization(self, kind, ax, **options)


def localize(
    result: Any,
    method: str = "westfall-young",
    *,
    map_of: str = "density",
    n_resamples: int = 1999,
    rng: Seed = None,
    n_jobs: int | None = None,
) -> Localization:
    """Find where the two collections of a test differ.

    Parameters
    ----------
    result : ISWTestResult
    method : {"westfall-young", "bh", "by"}
        How p-values of components and of coordinates are adjusted. The map is always held to family-wise error.
    map_of : {"density", "kernel"}
        "density": the difference of the mean densities, with respect to the uniform law of the domain, smoothed just
        so much as the eigenfunctions at hand resolve (heat kernel at time 2 over the largest eigenvalue). "kernel":
        smoothed by the spectral kernel of the basis, which is much wider: biharmonic weights leave little but the
        lowest frequency. It shows what the test reacts to, not where mass differs.
    n_resamples : int, default 1999
        Permutations (sign flips for pairs) shared by components, coordinates and the map.
    rng : None, int, SeedSequence or Generator
        By default a seed derived from the test's own.
    n_jobs : int, optional

    Returns
    -------
    Localization

    Raises
    ------
    DegenerateDataError
        A group has fewer than two units.

    Notes
    -----
    The statistic of a component is its studentized squared distance, that of a coordinate the absolute Welch t. The
    map at x is the sum over slices of weight times phi(x) times the difference of the mean slice values; its largest
    absolute value over the domain is permuted. Components, coordinates and map are three families, each held to its own
    error. All p-values come from one set of arrangements, inside the
    strata and blocks of the test; with many coordinates, ask for more resamples. Permutation compares laws: a component
    may be reported for a difference in spread when groups are of unequal size. The values take 8 B (S + P + n) bytes,
    for B resamples, S components, P coordinates and n points of the map.

    Examples
    --------
    >>> from stattools import Circle, DistributionArray, isw_test
    >>> rng = np.random.default_rng(1)
    >>> x = DistributionArray.from_samples(rng.vonmises(0.0, 2.0, (12, 50)), domain=Circle())
    >>> y = DistributionArray.from_samples(rng.vonmises(0.9, 2.0, (12, 50)), domain=Circle())
    >>> found = localize(isw_test(x, y, n_resamples=99, rng=1), n_resamples=199, rng=2)
    >>> bool(found.slices["p_adjusted"][0] <= 0.05)
    True
    """
    _validation.choice(method, tuple(METHODS), "method")
    _validation.choice(map_of, ("density", "kernel"), "map_of")
    n_resamples = _validation.integer(n_resamples, "n_resamples", minimum=19)
    plan = replace(result.plan, calibration="permutation", n_resamples=n_resamples)
    if min(plan.sizes) < 2:
        raise DegenerateDataError("localize needs at least two units in each group")
    seed = _random.child_seed(result.provenance.seed_sequence(), 10**6) if rng is None else _random.seed_sequence(rng)
    starts, names, eigenvalues = plans.component_starts(plan.embedding)
    points, phi = _map_functions(plan.embedding)
    projector = _projector(plan, phi, map_of)
    statistic = partial(
        _all_statistics,
        weighted=plans.design_of(plan),
        unit=plans.design_of(plan, "unit"),
        starts=starts,
        projector=projector,
    )
    tolerance = plans.tie_tolerance(replace(plan, statistic="max_t"))
    with one_blas_thread():
        joint = resample(statistic, plans.scheme_of(plan), rng=seed, n_jobs=n_jobs, tolerance=tolerance)
    n_components, n_coordinates = len(starts), plan.embedding.features.shape[1]
    stops = np.cumsum([n_components, n_coordinates])
    by_component, by_coordinate, by_point = (
        _columns(joint, a, b) for a, b in zip([0, *stops], [*stops, None], strict=True)
    )
    tests = plans.welch_tests(plan)
    slices: dict[str, Any] = {"component": np.array(names)}
    if eigenvalues is not None:
        slices["eigenvalue"] = eigenvalues
    share = np.add.reduceat(_mean_difference(plan) ** 2, starts)
    total = share.sum()
    slices["share"] = share / total if total > 0 else share
    slices["statistic"] = by_component.observed
    slices["p_value"], slices["p_adjusted"] = _adjusted(by_component, method)
    raw, adjusted = _adjusted(by_coordinate, method)
    scale = np.repeat(slice_units(plan.embedding), plan.embedding.n_quantiles)
    coordinates = {
        "slice": np.repeat(plan.embedding.slicer.slice_names, plan.embedding.n_quantiles),
        "level": np.tile(plan.embedding.levels, plan.embedding.slicer.n_slices),
        "difference": tests.difference * scale,
        "std_error": tests.std_error * scale,
        "statistic": tests.statistic,
        "p_value": raw,
        "p_adjusted": adjusted,
    }
    witness, transport, p_map, threshold = None, None, None, None
    if phi is not None:
        witness = difference_at(plan, phi, map_of)
        transport = _transport_potential(plan, phi)
        p_map, threshold = _map_pvalues(by_point)
    return Localization(
        provenance=Provenance.capture(
            f"localize(method={method!r}, map_of={map_of!r}, n_resamples={n_resamples})",
            seed=seed,
            sizes=dict(result.provenance.sizes),
        ),
        warnings=tuple(result.warnings),
        notes=_remarks(plan),
        method=method,
        map_of=map_of,
        levels=plan.levels,
        slices=slices,
        coordinates=coordinates,
        points=points,
        witness=witness,
        transport=transport,
        p_map=p_map,
        threshold=threshold,
        n_resamples=len(joint.values),
        embedding=plan.embedding,
    )


def _remarks(plan: Plan) -> tuple[str, ...]:
    families = "components, slice quantiles and the map are separate searches, each held to its own error"
    if plan.paired or len(set(plan.sizes)) == 1:
        return (families,)
    laws = "permutation compares whole laws: with groups of unequal size, unequal spread can show as a difference"
    return families, laws


def _columns(joint: JointNull, low: int, high: int | None) -> JointNull:
    return replace(joint, observed=joint.observed[low:high], values=joint.values[:, low:high])


def _adjusted(joint: JointNull, method: str) -> tuple[FloatArray, FloatArray]:
    raw = np.array([joint.marginal(k).pvalue for k in range(len(joint.observed))])
    return raw, step_down_pvalues(joint) if method == "westfall-young" else adjust_pvalues(raw, method)


def _map_functions(embedding: Embedding) -> tuple[Any, FloatArray | None]:
    domain = getattr(embedding.slicer, "domain", None)
    if domain is None:
        return None, None
    points = domain.nodes()
    return points, np.asarray(embedding.slicer.evaluate(points))


def _map_weights(slicer: Any, of: str) -> FloatArray:
    """(S,) weights of the slices in the map."""
    if of == "kernel":
        return np.asarray(slicer.slice_weights)
    return plans.heat_weights(slicer, DENSITY_TIME / float(np.asarray(slicer.slice_eigenvalues).max()))


def _projector(plan: Plan, phi: FloatArray | None, of: str) -> FloatArray | None:
    """(P, n) matrix that takes a difference of unit-view coordinates to the map at n points."""
    if phi is None:
        return None
    levels = plan.embedding.n_quantiles
    by_slice = phi * (_map_weights(plan.embedding.slicer, of) * slice_units(plan.embedding) / levels)
    return np.asarray(np.repeat(by_slice, levels, axis=1).T)


def difference_at(plan: Plan, phi: FloatArray, map_of: str) -> FloatArray:
    """(n,) the map at n points where the slices have the values phi, (n, S)."""
    projector = _projector(plan, phi, map_of)
    assert projector is not None
    return np.asarray(_mean_difference(plan, "unit") @ projector)


def slice_units(embedding: Embedding) -> FloatArray:
    """(S,) power of two by which the unit view divides each slice."""
    return np.asarray(np.ldexp(1.0, np.frexp(np.abs(embedding.values).max(axis=(0, 2)))[1]))


def _all_statistics(
    arrangements: Any, *, weighted: Any, unit: Any, starts: Any, projector: FloatArray | None
) -> FloatArray:
    """Studentized distance of each component, |t| of each coordinate, |witness| at each point: (b, S + P + n)."""
    moments = weighted.coordinates(arrangements)
    variance = np.broadcast_to(moments.variance, moments.difference.shape)
    norms = Norms(np.add.reduceat(moments.difference**2, starts, axis=1), np.add.reduceat(variance, starts, axis=1))
    coordinates = unit.coordinates(arrangements)
    parts = [studentized(norms), np.abs(t_of(coordinates, unit.rows))]
    if projector is not None:
        parts.append(np.abs(coordinates.difference @ projector))
    return np.hstack(parts)


def _mean_difference(plan: Plan, view: plans.View = "weighted") -> FloatArray:
    return np.asarray(plans.observed_design(plan, view).coordinates(plans.identity_of(plan)).difference[0])


def _map_pvalues(joint: JointNull) -> tuple[FloatArray, float]:
    maxima = np.sort(joint.values.max(axis=1))
    b = len(maxima)
    counts = b - np.searchsorted(maxima, joint.observed * (1 - 1e-12), side="left")
    pvalues = counts / b if joint.exact else (1 + counts) / (1 + b)
    return pvalues, float(np.quantile(maxima, 0.95, method="higher"))


def _transport_potential(plan: Plan, phi: FloatArray) -> FloatArray:
    """Sum over slices of weight times psi(phi(x)), psi'(q) = 2 (q - T(q)), T the monotone map of mean quantiles.

    T takes the first group's mean quantile function to the second's, linearly between levels and constant in shift
    beyond the ends. The potential is centred over the points, so that the signs of eigenfunctions do not matter.
    Derived here.
    """
    embedding = plan.embedding
    quantiles = embedding.quantile_functions()
    first, second = (quantiles[plan.codes == g].mean(axis=0) for g in (0, 1))
    potential = np.zeros(len(phi))
    for s, weight in enumerate(np.asarray(embedding.slicer.slice_weights)):
        q, position, ties = np.unique(first[s], return_inverse=True, return_counts=True)
        slope = 2 * (q - np.bincount(position, weights=second[s]) / ties)
        psi = np.r_[0.0, np.cumsum(np.diff(q) * (slope[1:] + slope[:-1]) / 2)]
        value = phi[:, s]
        inside = np.interp(value, q, psi)
        beyond = np.where(
            value < q[0], (value - q[0]) * slope[0], np.where(value > q[-1], (value - q[-1]) * slope[-1], 0.0)
        )
        potential += weight * (inside + beyond)
    return np.asarray(potential - potential.mean())
