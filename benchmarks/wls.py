"""Designs and weighted fits beside DPPy, numpy and statsmodels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks import isolated
from benchmarks.report import Check, Section, Table, megabytes, seconds, times
from benchmarks.scaling import FITTED, TOLERANCE, Curve, doubling
from benchmarks.timing import Contestant, compare, in_turn, log
from stattools._threads import one_blas_thread
from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design, pool_design
from stattools.wls.poollaws import LAWS, PoolProblem
from stattools.wls.poolsource import PoolSource
from stattools.wls.removal import remove_to
from stattools.wls.rows import Rows, orthonormal_rows
from stattools.wls.sequential import draw_dpp

TITLE = "Designs and weighted least squares"
SPACES = ((2, 45, 50.0), (2, 105, 25.0), (3, 84, 40.0), (1, 50, 1.0))  # inputs, points, target
POOLS = ((1000, 20, 20.0), (5000, 50, 20.0), (10_000, 100, 100.0))  # rows, columns, target
NONE = np.empty(0, dtype=np.intp)


def run(quick: bool, repetitions: int) -> list[Section]:
    """Draws on spaces and pools, large pools, fits, cost against sizes."""
    section = Section(
        TITLE,
        f"Beside DPPy {_version('dppy')} and statsmodels {_version('statsmodels')}. Draws that take less than a tenth "
        "of the other's time are repeated within each round, and their mean time is taken.",
    )
    _spaces(section, quick, repetitions)
    _pools(section, quick, repetitions)
    _pool_sizes(section, quick, repetitions)
    _large_pools(section, quick, repetitions)
    _fits(section, quick, repetitions)
    _cost(section, quick, repetitions)
    return [section]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def on_one_thread(call: Callable[[], Any]) -> Callable[[], Any]:
    """The call with BLAS on one thread: on a busy machine two threads wait for each other."""

    def limited() -> Any:
        with one_blas_thread():
            return call()

    return limited


def check_fastest(section: Section, took: dict[str, Any], name: str, peers: tuple[str, ...], target: float) -> None:
    """A target against the fastest of several ways to run a peer."""
    ratio = min(float(np.median(took[peer] / took["stattools"])) for peer in peers)
    what = f"{name}: {peers[0]}, the faster of its rows, over stattools"
    section.checks.append(Check(what, times(ratio), f">= {target:g}x", ratio >= target))


def repeated(call: Callable[[], Any], count: int, note: str = "") -> Contestant:
    """A contestant that calls several times, and counts the mean."""

    def calls() -> None:
        for _ in range(count):
            call()

    return Contestant(calls, 1 / count, note)


# spaces of functions -------------------------------------------------------------------------------------------------
def legendre(n_inputs: int, dim: int) -> PolynomialSpace:
    """Legendre polynomials of total degree, of a dimension that some degree has."""
    degree = 0
    while True:
        space = PolynomialSpace(["legendre"] * n_inputs, degree=degree)
        if space.dim >= dim:
            assert space.dim == dim
            return space
        degree += 1


def _spaces(section: Section, quick: bool, repetitions: int) -> None:
    try:
        from dppy.multivariate_jacobi_ope import MultivariateJacobiOPE
    except ImportError:
        section.parts.append("DPPy is not installed: its samplers were not timed.")
        return
    for n_inputs, dim, target in SPACES[:1] + SPACES[3:] if quick else SPACES:
        peer = MultivariateJacobiOPE(dim, np.zeros((n_inputs, 2)))
        state = np.random.RandomState(1)
        indices = np.reshape(peer.ordering, (dim, n_inputs)).astype(np.int64)
        space = legendre(n_inputs, dim)
        same = PolynomialSpace(["legendre"] * n_inputs, index_set=indices)
        equal = set(map(tuple, indices.tolist())) == set(map(tuple, space.indices.tolist()))
        count = 100 if n_inputs == 1 else 10 if quick else 30
        generator = np.random.default_rng(1)
        contestants = {
            "stattools": repeated(
                partial(same.sample, law="dpp", rng=generator), count, "`space.sample(law='dpp')`, DPPy's index set"
            ),
            "DPPy, MultivariateJacobiOPE": repeated(
                partial(peer.sample, random_state=state), count if n_inputs == 1 else 1, "`.sample()`"
            ),
            "stattools, features too": repeated(
                partial(draw_dpp, same, generator), count, "the draw inside, without the seed of a call"
            ),
            "stattools, total degree": repeated(
                partial(space.sample, law="dpp", rng=generator), count,
                "the same index set" if equal else "same dimension, other index set",
            ),
            "stattools, a whole design": repeated(
                partial(optimal_design, space, dim, method="dpp", condition=False, n_simulations=0, rng=generator),
                count, "`optimal_design`: features, weights, Gram matrix, guarantee in words",
            ),
        }  # fmt: skip
        name = f"A draw of {dim} points with {n_inputs} input{'s' if n_inputs > 1 else ''}"
        took = compare(section, name, contestants, repetitions, {"DPPy, MultivariateJacobiOPE": target})
        whole = took["DPPy, MultivariateJacobiOPE"] / took["stattools, a whole design"]
        ratio = float(np.median(whole))
        section.parts.append(f"DPPy's draw takes {times(ratio)} the time of our whole design.")
        what = f"{name}: DPPy's draw over stattools' whole design"
        section.checks.append(Check(what, times(ratio), f">= {target:g}x", ratio >= target))
    section.parts.append(
        "DPPy takes indices in the order of their largest degree, so that with two inputs or more its 45, 105 or 84 "
        "functions are not those of a total degree; ratios are for its own index set. " + _same_law(quick)
    )


def _same_law(quick: bool) -> str:
    """Points in a quadrant, whose number has mean N / 4, by both packages."""
    from dppy.multivariate_jacobi_ope import MultivariateJacobiOPE

    dim, n_draws = 45, 50 if quick else 400
    peer = MultivariateJacobiOPE(dim, np.zeros((2, 2)))
    space = PolynomialSpace(["legendre"] * 2, index_set=np.asarray(peer.ordering, dtype=np.int64))
    state, generator = np.random.RandomState(2), np.random.default_rng(2)
    theirs = np.array([(peer.sample(random_state=state) > 0).all(axis=1).sum() for _ in range(n_draws)])
    ours = np.array([(draw_dpp(space, generator).where > 0).all(axis=1).sum() for _ in range(n_draws)])
    for counts in (theirs, ours):  # five standard errors
        assert abs(counts.mean() - dim / 4) <= 5 * counts.std(ddof=1) / np.sqrt(n_draws)
    ratio = ours.var(ddof=1) / theirs.var(ddof=1)
    assert abs(np.log(ratio)) <= 5 * np.sqrt(4 / n_draws)  # the variance of a log variance is about 2 / n
    return (
        f"In {n_draws} draws of 45 points with two inputs the number of points in a quadrant has mean "
        f"{ours.mean():.2f} by ours and {theirs.mean():.2f} by DPPy (exactly 11.25) and variance "
        f"{ours.var(ddof=1):.2f} and {theirs.var(ddof=1):.2f}; for independent points it would be 8.44."
    )


# pools ---------------------------------------------------------------------------------------------------------------
def gaussian_pool(n_rows: int, n_columns: int) -> Any:
    """(N, p) standard normal rows."""
    return np.random.default_rng(1).standard_normal((n_rows, n_columns))


def _pools(section: Section, quick: bool, repetitions: int) -> None:
    try:
        from dppy.finite_dpps import FiniteDPP
    except ImportError:
        return
    for n_rows, n_columns, target in POOLS[:1] if quick else POOLS:
        pool = gaussian_pool(n_rows, n_columns)
        eigenvectors = np.linalg.qr(pool)[0]
        ones = np.ones(n_columns)
        state, generator = np.random.RandomState(1), np.random.default_rng(1)
        source = PoolSource(orthonormal_rows(pool))

        def theirs(vectors: Any, ones: Any = ones, state: Any = state) -> Any:
            dpp = FiniteDPP("correlation", projection=True, K_eig_dec=(ones, vectors))
            return dpp.sample_exact(mode="GS", random_state=state)

        def theirs_from_rows(pool: Any = pool, theirs: Any = theirs) -> Any:
            return theirs(np.linalg.qr(pool)[0])

        def ours_from_rows(pool: Any = pool, generator: Any = generator) -> Any:
            return draw_dpp(PoolSource(orthonormal_rows(pool)), generator)

        count = 200 if n_rows == 1000 else 30 if n_rows == 5000 else 10
        shape = f"{n_rows} x {n_columns}"
        name, peer = f"A draw from a pool of {shape}, rows prepared", "DPPy, FiniteDPP GS"
        contestants = {
            "stattools": repeated(partial(draw_dpp, source, generator), count, "orthonormal rows given"),
            peer: repeated(partial(theirs, eigenvectors), max(1, count // 20), "eigenvectors given, all threads"),
            f"{peer}, one thread": repeated(
                on_one_thread(partial(theirs, eigenvectors)), max(1, count // 20), "the same, BLAS on one thread"
            ),
        }
        took = compare(section, name, contestants, repetitions)
        check_fastest(section, took, name, (peer, f"{peer}, one thread"), target)
        contestants = {
            "stattools": Contestant(ours_from_rows, note="`orthonormal_rows`, one thread, and a draw"),
            peer: Contestant(theirs_from_rows, note="`numpy.linalg.qr` and a draw, all threads"),
            f"{peer}, one thread": Contestant(on_one_thread(theirs_from_rows), note="the same, BLAS on one thread"),
            "stattools, pool_design": Contestant(
                partial(pool_design, pool, n_columns, method="volume", n_simulations=0, rng=generator),
                note="as users call it: inclusion probabilities, weights, Gram matrix, guarantee in words",
            ),
        }
        compare(section, f"A draw from a pool of {shape}, QR included", contestants, repetitions)


def pool_draw(rows: Rows, method: str, n: int) -> Callable[[], Any]:
    """A function that draws from a pool that is factored already."""
    problem, generator = PoolProblem(rows, method, n, NONE), np.random.default_rng(1)
    draw = LAWS[method].draw
    return lambda: draw(problem, generator)


def _pool_sizes(section: Section, quick: bool, repetitions: int) -> None:
    small, large = (1000, 10_000) if quick else (10_000, 100_000)
    dim = 20 if quick else 50
    rows = {size: orthonormal_rows(gaussian_pool(size, dim)) for size in (small, large)}
    cells = []
    for name, method, n in (
        ("projection DPP", "repeated_dpp", dim),
        ("volume sampling, n = 2 d", "volume", 2 * dim),
        ("leveraged volume sampling, n = 2 d", "leveraged_volume", 2 * dim),
    ):
        contestants = {str(size): repeated(pool_draw(rows[size], method, n), 20) for size in (small, large)}
        took = in_turn(contestants, 2 * repetitions)
        ratio = float(np.median(took[str(large)] / took[str(small)]))
        medians = [seconds(float(np.median(took[str(size)]))) for size in (small, large)]
        cells.append((name, *medians, times(ratio)))
        section.checks.append(
            Check(f"{name}, draw after QR, d = {dim}: {large} rows over {small}", times(ratio), "<= 1.5x", ratio <= 1.5)
        )
        log(f"{name}, {large} rows over {small}: {times(ratio)}")
    section.parts.append(
        Table((f"draw after QR, d = {dim}", f"{small} rows", f"{large} rows", "ratio"), cells, "Growth with the pool")
    )


# large pools ---------------------------------------------------------------------------------------------------------
def _large_pools(section: Section, quick: bool, repetitions: int) -> None:
    n_rows, size = (10_000, 200) if quick else (100_000, 200)
    pool, generator = gaussian_pool(n_rows, 20), np.random.default_rng(1)
    call = partial(pool_design, pool, size, method="regularized_volume", regularization=1.0, rng=generator)
    took = float(np.median(in_turn({"ours": Contestant(call)}, repetitions)["ours"]))
    what = f"regularized_volume, {n_rows} x 20, {size} rows, QR included"
    section.checks.append(Check(what, seconds(took), "<= 5 s", took <= 5))
    section.parts.append(f"`pool_design` with {what} takes {seconds(took)}.")
    log(f"{what}: {seconds(took)}")
    if quick:
        return
    n_rows = 10**7
    found = isolated.run("memmap_pool", n_rows=n_rows, n_columns=20, n=200, method="leveraged_volume")
    what = f"leveraged_volume, 200 rows of a memmap of {n_rows} x 20 ({megabytes(8 * n_rows * 20)})"
    growth, after = found["growth"], found["after"]
    section.checks.append(Check(f"{what}, growth of memory", megabytes(growth), "< 1500 MB", growth < 1.5e9))
    section.parts.append(
        f"`pool_design` with {what} takes {seconds(found['took'])} in {found['passes']:.2f} passes over the file, and "
        f"the resident memory of its process grows by {megabytes(growth)} at most, {megabytes(after)} of which the "
        "design keeps. Pages of the file that are mapped at the time count."
    )
    log(f"{what}: {megabytes(growth)}, {seconds(found['took'])}, {found['passes']:.2f} passes")


# fits ----------------------------------------------------------------------------------------------------------------
def _fits(section: Section, quick: bool, repetitions: int) -> None:
    n, m = (10_000, 20) if quick else (100_000, 50)
    x, y, _ = _regression(n, m)
    contestants = {
        "stattools": Contestant(lambda: WeightedLeastSquares().fit(x, y), note="with standard errors and leverages"),
        "numpy.linalg.lstsq": Contestant(lambda: np.linalg.lstsq(x, y), note="coefficients alone, all threads"),
        "numpy.linalg.lstsq, one thread": Contestant(
            on_one_thread(lambda: np.linalg.lstsq(x, y)), note="the same, BLAS on one thread"
        ),
    }
    difference = WeightedLeastSquares().fit(x, y).coef_ - np.linalg.lstsq(x, y)[0]
    assert np.abs(difference).max() <= 1e-10
    name = f"A fit of {n} x {m}"
    took = compare(section, name, contestants, repetitions)
    ratio = max(float(np.median(took["stattools"] / took[peer])) for peer in contestants if peer != "stattools")
    what = f"{name}: stattools over numpy.linalg.lstsq, the faster of its rows"
    section.checks.append(Check(what, times(ratio), "<= 1.3x", ratio <= 1.3))
    for n, m in ((1000, 10),) if quick else ((200, 10), (10_000, 20), (100_000, 50)):
        _beside_statsmodels(section, n, m, repetitions)


def _regression(n: int, m: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n, m))
    return x, x.sum(axis=1) + rng.standard_normal(n), rng.uniform(0.5, 2.0, n)


def _beside_statsmodels(section: Section, n: int, m: int, repetitions: int) -> None:
    import statsmodels.api as sm

    x, y, weights = _regression(n, m)

    def ours() -> Any:
        return WeightedLeastSquares(cov_type="HC3").fit(x, y, sample_weight=weights).results_

    def theirs() -> Any:
        return sm.WLS(y, x, weights=weights).fit(cov_type="HC3")

    assert np.abs(ours().bse / theirs().bse - 1).max() <= 1e-10
    count = max(1, 20_000 // n)
    contestants = {
        "stattools": repeated(lambda: ours().bse, count, "result with standard errors"),
        "statsmodels, WLS": repeated(lambda: theirs().bse, count, "standard errors agree within 1e-10; all threads"),
        "statsmodels, WLS, one thread": repeated(
            on_one_thread(lambda: theirs().bse), count, "the same, BLAS on one thread"
        ),
    }
    compare(section, f"Weighted fit of {n} x {m} with HC3 standard errors", contestants, repetitions)


# cost ----------------------------------------------------------------------------------------------------------------
def _dpp_curve(dim: int) -> Callable[[], Any]:
    space, generator = PolynomialSpace(["legendre"] * 2, index_set=_grid(dim)), np.random.default_rng(1)
    return lambda: [draw_dpp(space, generator) for _ in range(5)]


def _grid(dim: int) -> Any:
    """The first `dim` indices of two inputs, by total degree."""
    degrees = [(a, t - a) for t in range(dim) for a in range(t + 1)]
    return np.array(degrees[:dim], dtype=np.int64)


def _removal_curve(n_rows: int) -> Callable[[], Any]:
    rows = orthonormal_rows(gaussian_pool(n_rows, 10)).stored
    assert rows is not None
    coordinates, generator = rows / np.sqrt(n_rows), np.random.default_rng(1)
    return lambda: remove_to(coordinates, 50, generator)


def _draws_curve(n_rows: int) -> Callable[[], Any]:
    draw = pool_draw(orthonormal_rows(gaussian_pool(n_rows, 20)), "leveraged_volume", 40)
    return lambda: [draw() for _ in range(20)]


def curves(quick: bool) -> list[Curve]:
    """What is measured; sizes are m, the dimension, and N, the rows of the pool."""
    cut = 2 if quick else 0
    return [
        Curve("draw of the DPP, two inputs", "m", doubling(25, 5 - cut), _dpp_curve, 3),
        Curve(
            "orthonormal rows, d = 20", "N", doubling(4000, 6 - cut),
            lambda k: partial(orthonormal_rows, gaussian_pool(k, 20)), 1,
        ),
        Curve("draw from a pool, d = 20", "N", doubling(4000, 6 - cut), _draws_curve, 0),
        Curve("removal of all but 50 rows, d = 10", "N", doubling(2000, 6 - cut), _removal_curve, 1),
        Curve(
            "fit, m = 20", "n", doubling(4000, 6 - cut),
            lambda k: partial(WeightedLeastSquares().fit, *_regression(k, 20)[:2]), 1,
        ),
    ]  # fmt: skip


def _cost(section: Section, quick: bool, repetitions: int) -> None:
    rows, above = [], []
    for curve in curves(quick):
        contestants = {str(size): Contestant(curve.prepare(size)) for size in curve.sizes}
        took = in_turn(contestants, repetitions)
        medians = np.array([np.median(took[str(size)]) for size in curve.sizes])
        slope = float(np.polyfit(np.log(curve.sizes[-FITTED:]), np.log(medians[-FITTED:]), 1)[0])
        span = f"{curve.sizes[0]} to {curve.sizes[-1]}"
        rows.append((curve.what, curve.against, f"{slope:.2f}", f"{curve.expected:g}", span,
                     f"{seconds(medians[0])} to {seconds(medians[-1])}"))  # fmt: skip
        if slope > curve.expected + TOLERANCE:
            above.append(f"{curve.what} against {curve.against}")
        log(f"cost of {curve.what} against {curve.against}: exponent {slope:.2f}, expected {curve.expected:g}")
    section.parts.append(
        Table(("", "against", "exponent", "expected", "sizes", "times"), rows,
              "Cost against sizes, of 5 draws of the DPP and 20 draws from a pool")
    )  # fmt: skip
    text = f"above in {len(above)} of {len(rows)}" + (f": {', '.join(above)}" if above else "")
    section.checks.append(Check("exponents of cost of designs and fits", text,
                                f"at most the expected one + {TOLERANCE:g}", not above))  # fmt: skip
