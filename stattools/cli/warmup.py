"""Call every public function once on tiny data, so that its kernels are compiled and stored."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

N_UNITS, N_POINTS = 6, 12


def run() -> None:
    """Run all steps, print the time of each and the total."""
    begin = time.perf_counter()
    steps = list(_steps())
    width = max(len(name) for name, _ in steps)
    for name, call in steps:
        since = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tiny data are supposed to be too few
            call()
        print(f"{name:<{width}}  {time.perf_counter() - since:6.2f} s", flush=True)
    print(f"{'all':<{width}}  {time.perf_counter() - begin:6.2f} s")
    print(_cache_words())


def _steps() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names and calls; each kind of input meets the kernels in the types that real data have."""
    from stattools import (
        Circle,
        DistributionArray,
        Graph,
        Grid,
        Interval,
        Sequential,
        Sphere,
        combine_pvalues,
        isw_anova,
        isw_distance,
        isw_pairwise,
        isw_power,
        isw_test,
    )
    from stattools.distributions import Directions

    rng = np.random.default_rng(0)
    groups = np.repeat(["a", "b"], N_UNITS // 2)
    domains: list[Any] = [Interval(), Circle(360), Sphere(), Grid((6, 6)), Graph(_ring(30))]
    collections: list[Any] = []
    for domain in domains:
        samples = [domain.uniform(N_POINTS, rng=int(seed)) for seed in rng.integers(2**31, size=N_UNITS)]
        collections.append(DistributionArray.from_samples(samples, domain=domain, groups=groups))
    ragged = DistributionArray.from_samples([rng.normal(size=5 + i) for i in range(N_UNITS)], groups=groups)
    weighted = DistributionArray.from_samples(
        [rng.normal(size=5 + i) for i in range(N_UNITS)],
        masses=[rng.uniform(0.5, 1.0, 5 + i) for i in range(N_UNITS)],
        groups=groups,
    )
    shared = DistributionArray.from_histogram(rng.integers(1, 9, (N_UNITS, 36)), domain=Grid((6, 6)), groups=groups)
    plane = DistributionArray.from_samples(rng.normal(size=(N_UNITS, N_POINTS, 2)), groups=groups)
    everything = [ragged, weighted, shared, *collections]
    options: dict[str, Any] = {"n_resamples": 99, "rng": 0}

    def every(call: Callable[[Any], Any], arrays: list[Any]) -> Callable[[], Any]:
        return lambda: [call(array) for array in arrays]

    def embeddings(array: Any) -> Any:
        return [array.embed(quantile=quantile) for quantile in ("cell", "left", "mid")]

    def tests() -> Any:
        for statistic in ("studentized", "mean", "max_t", "hotelling", "combined", "omnibus"):
            isw_test(ragged, statistic=statistic, **options)
        for calibration in ("satterthwaite", "wild"):
            isw_test(ragged, calibration=calibration, **options)
        isw_test(ragged, statistic="combined", calibration="asymptotic", **options)
        isw_test(ragged, paired=True, **options)
        isw_test(ragged, stopping=Sequential(), **options)

    yield "embed", every(embeddings, everything)
    yield "embed, directions", lambda: plane.embed(Directions.random(2, 8, rng=0))
    yield "quantile, mean, barycenter", lambda: (ragged.quantile([0.5]), ragged.mean(), ragged.barycenter())
    yield "pairwise isw", every(lambda array: isw_pairwise(array), everything)
    yield "pairwise w1, w2", every(lambda array: (array.pairwise("w1"), array.pairwise("w2")), [ragged, weighted])
    yield "pairwise w1, circle", lambda: collections[1].pairwise("w1")
    yield "pairwise w2, plane", lambda: plane.pairwise("w2")
    yield "pairwise sw2", lambda: plane.pairwise("sw2", slicer=Directions.random(2, 8, rng=0))
    yield "isw_distance", lambda: isw_distance([0.1, 0.2], [0.3, 0.4], domain=Interval())
    yield "isw_test", tests
    yield "isw_test, domains", every(lambda array: isw_test(array, **options), collections)
    yield "localize", every(lambda array: isw_test(array, **options).localize(n_resamples=99), collections)
    yield "isw_anova", lambda: isw_anova(ragged, np.repeat([0, 1, 2], 2), **options)
    yield "isw_anova, covariates", lambda: isw_anova(ragged, covariates=np.arange(N_UNITS) ** 2.0, **options)
    yield "isw_power", lambda: isw_power(ragged, n=10, n_simulations=200, rng=0)
    yield "combine_pvalues", lambda: combine_pvalues([0.01, 0.2])
    yield from _design_steps()
    yield from _bound_steps(rng)


def _design_steps() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names and calls of designs and weighted fits."""
    from stattools.wls import (
        FunctionSpace,
        PolynomialSpace,
        SphericalHarmonicSpace,
        WeightedLeastSquares,
        leverage_scores,
        lewis_weights,
        lp_sensitivities,
        optimal_design,
        pool_design,
        required_n,
        wls,
    )

    rng = np.random.default_rng(0)
    families = ["legendre", "hermite", "laguerre", "chebyshev", ("jacobi", 1, 2), "trigonometric"]
    spaces: list[Any] = [PolynomialSpace(family, degree=2) for family in families]
    spaces += [
        PolynomialSpace(["legendre", "hermite"], degree=2),
        SphericalHarmonicSpace(2),
        FunctionSpace(lambda x: np.ones((len(x), 1)), rng.random((50, 1))),
    ]
    rows = rng.normal(size=(40, 3))
    table = {"y": rows[:, 0], "x": rows[:, 1]}

    def designs() -> Any:
        for space in spaces:
            optimal_design(space, n_simulations=2, rng=0)
        for method in ("dpp", "volume", "iid", "greedy", "boosted"):
            optimal_design(spaces[0], method=method, n_simulations=2, rng=0)

    def pools() -> Any:
        for method in ("uniform", "leverage", "volume", "leveraged_volume", "repeated_dpp", "lewis", "sensitivity",
                       "d_optimal"):  # fmt: skip
            pool_design(rows, 6, method=method, n_simulations=2, rng=0)
        pool_design(rows, 6, method="regularized_volume", regularization=1.0, rng=0)
        pool_design(rows, 6, given=[0, 1], n_simulations=2, rng=0)

    def fits() -> Any:
        design = optimal_design(spaces[0], 9, rng=0)
        WeightedLeastSquares(spaces[0]).fit(design.points, design.points[:, 0] ** 4, design=design)
        WeightedLeastSquares().fit(rows, rows[:, 0])

    def formula() -> Any:
        import pandas

        return wls("y ~ x", pandas.DataFrame(table))

    yield "spaces", lambda: [space.evaluate(space.sample(3, rng=0)) for space in spaces]
    yield "optimal_design", designs
    yield "required_n", lambda: required_n(spaces[0], simulate=True, n_simulations=10, rng=0)
    yield "pool_design", pools
    yield "scores", lambda: (leverage_scores(rows), lewis_weights(rows, 1), lp_sensitivities(rows, 3))
    yield "WeightedLeastSquares", fits
    yield "wls", formula


def _bound_steps(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The calls of `stattools.bounds` that have kernels."""
    from stattools import bounds

    losses = rng.beta(2, 18, N_POINTS)
    half = rng.integers(0, 2, (2, 3, N_UNITS))
    masks = np.concatenate([half, 1 - half], axis=1)
    pairs = rng.integers(0, 2, (*masks.shape, 2))

    def test_sets() -> Any:
        bounds.test_set(losses, method="all", alternative="two-sided")
        bounds.test_set(losses, method="betting", n_shuffles=2, rng=0)

    def supersamples() -> Any:
        bounds.supersample(pairs, masks, pairs, n_boot=2, n_perm=2, rng=0)
        bounds.supersample(rng.random(pairs.shape), masks)

    yield "kl_inverse", lambda: (bounds.kl_inverse(0.1, 0.1), bounds.binary_kl(0.1, 0.2))
    yield "binomial_tail_inverse", lambda: bounds.binomial_tail_inverse([3, 3], [100, 10**9], [0.05, 1e-200])
    yield "test_set", test_sets
    yield "confidence_sequence", lambda: bounds.confidence_sequence(losses)
    yield "pac_bayes", lambda: bounds.pac_bayes(0.1, 3.0, 100, "all")
    yield "rademacher_monte_carlo", lambda: bounds.rademacher_monte_carlo(pairs[0, :, :, 0], n_draws=2, rng=0)
    yield "supersample", supersamples


def _ring(n: int) -> Any:
    """Adjacency of a cycle."""
    steps = np.eye(n, k=1) + np.eye(n, k=1 - n)
    return steps + steps.T


def _cache_words() -> str:
    """Where the machine code lies, or that it does not."""
    from stattools.distributions import _kernels

    kernels = list(vars(_kernels).values())
    if not any(hasattr(kernel, "py_func") for kernel in kernels):  # plain functions
        return "NUMBA_DISABLE_JIT is set: nothing was compiled."
    for value in kernels:
        stats = getattr(value, "stats", None)
        path = getattr(stats, "cache_path", None)
        if path:
            return f"Machine code is kept in {path}; later processes need not compile."
    return "No folder for machine code is writable, so each process compiles anew; set NUMBA_CACHE_DIR to one that is."
