"""Data with a known collider: the independence that a regression may use is true, or broken by a known amount."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidParameterError
from stattools._typing import ArrayLike, FloatArray, Seed

# Draws of the standard normal law, from the 32-bit Mersenne twister seeded with 2000 and the transform of Box and
# Muller in blocks of sixteen; tests/reference/collider_loadings.py draws them again.
LOADINGS = np.array(
    [
        [0.05692311, -0.2254949, 0.3654948, -0.1214365, -0.2660764, 0.6566091,
         -0.3492703, 0.9343184, 0.3231992, 0.03453915, 1.153988, -0.2999887],
        [0.1147259, -0.2339407, -0.4191847, -1.296102, 0.9774016, -1.100465,
         -0.1667685, 0.4474652, 1.892268, -0.3040702, 0.4549915, 1.613201],
        [-1.92009, 0.3190736, -0.5530973, -1.357288, -1.459919, -1.111889,
         1.140978, -0.7547935, 1.465045, 0.2416174, 0.4889057, 0.9433341],
        [-0.07820462, 0.6438, -0.2122028, 0.9939899, 0.3746018, -1.765991,
         -0.7179314, 0.7380987, -0.325623, 0.241527, -0.4583632, 0.3428295],
    ]
)
COLLIDERS, SPARE, JITTER, LARGEST_SMALL = 3, 8, 0.01, float(np.finfo(np.float32).eps)
WAVE, FREQUENCY, NOISE = 0.1, 2 * math.pi, 0.1
SLOPE = 0.8  # of the collider on each spouse


@dataclass(frozen=True)
class ColliderData:
    """Rows with and without responses, rows for testing, and what is known about them.

    Parameters
    ----------
    X : (n, p) float64
        Columns X1 (colliders), then X2 (independent of the response), then X3 (conditions).
    y : (n,) float64
    X_unlabeled : (m, p) float64
    X_test : (n_test, p) float64
    y_test : (n_test,) float64
    names : (p,) tuple of str
    independent, given : tuple of int
        Indices of the columns A and B of the statement that y is independent of A given B.
    bayes_risk : float
        Mean squared error of the best regression; NaN where it has no closed form.
    violation : float
        Mean square of E(y | A, B) - E(y | B); 0 when the statement is true.
    coefficients : (p,) float64 or None
        Of the best regression where that is linear, without intercept.

    Examples
    --------
    >>> data = gaussian_collider(50, 100, rng=1)
    >>> data.X.shape, data.X_unlabeled.shape, data.names
    ((50, 2), (100, 2), ('X1', 'X2'))
    """

    X: FloatArray
    y: FloatArray
    X_unlabeled: FloatArray
    X_test: FloatArray
    y_test: FloatArray
    names: tuple[str, ...]
    independent: tuple[int, ...]
    given: tuple[int, ...] = ()
    bayes_risk: float = math.nan
    violation: float = 0.0
    coefficients: FloatArray | None = None


# the published simulation --------------------------------------------------------------------------------------------
def mvn_covariance(n_spouses: int = 3, *, n_colliders: int = COLLIDERS, structure: int | None = None) -> FloatArray:
    """Correlations of the normal variables behind `mvn_collider`: colliders, spouses, and last the response.

    Parameters
    ----------
    n_spouses : int, default 3
        At most 8.
    n_colliders : int, default 3
    structure : int, optional
        Seed of other correlations of the same kind; the published ones by default, which exist for three colliders.

    Returns
    -------
    (p + 1, p + 1) float64
        With zeros between spouses and response.

    Raises
    ------
    InvalidParameterError
        A number is out of range, or there are no published correlations for it.

    Notes
    -----
    Vectors of four standard normal numbers are scaled to length 1, one for each variable and for those of the eight
    possible spouses that are not used. Those of the spouses are made orthogonal to that of the response. Their Gram
    matrix plus 0.01 on the diagonal is scaled to a correlation matrix.

    Examples
    --------
    >>> mvn_covariance()[:3, -1].round(4)
    array([-0.4464,  0.1384, -0.8744])
    """
    spouses = _validation.integer(n_spouses, "n_spouses", minimum=1, maximum=SPARE)
    colliders = _validation.integer(n_colliders, "n_colliders", minimum=1)
    if structure is None and colliders != COLLIDERS:
        raise InvalidParameterError(
            f"n_colliders is {colliders}; the published correlations are for {COLLIDERS}, pass structure=1 for others"
        )
    vectors = LOADINGS
    if structure is not None:
        seed = _random.seed_sequence(_validation.integer(structure, "structure", minimum=0), name="structure")
        vectors = _random.generator(seed).standard_normal((len(LOADINGS), colliders + SPARE + 1))
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    used, response = vectors[:, : colliders + spouses].copy(), vectors[:, -1]
    used[:, colliders:] -= np.outer(response, response @ used[:, colliders:])
    columns = np.column_stack([used, response])
    gram = columns.T @ columns + JITTER * np.eye(columns.shape[1])
    scale = np.sqrt(np.diag(gram))
    correlations = gram / np.outer(scale, scale)
    correlations[np.abs(correlations) < LARGEST_SMALL] = 0.0
    np.fill_diagonal(correlations, 1.0)
    return np.asarray((correlations + correlations.T) / 2)


def mvn_collider(
    n: int = 50,
    m: int = 100,
    n_test: int = 5000,
    *,
    n_colliders: int = COLLIDERS,
    n_spouses: int = 3,
    protocol: str = "clean",
    structure: int | None = None,
    rng: Seed = None,
) -> ColliderData:
    """The simulation of Bouabid, Fawkes and Sejdinovic: wavy functions of correlated normal variables.

    Parameters
    ----------
    n, m, n_test : int, default 50, 100, 5000
        Rows with a response, without, and for testing.
    n_colliders, n_spouses : int, default 3, 3
    protocol : {"clean", "official"}
        "clean" draws all rows independently. "official" starts the same stream of random numbers for each of the
        three sets, as the authors' code does: spouses and responses of the labelled rows are those of the first
        unlabelled rows and of the first test rows. It measures too small an error, and serves comparisons with the
        published table only.
    structure : int, optional
        As in `mvn_covariance`.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    ColliderData
        Without a Bayes risk.

    Notes
    -----
    Z is normal with the correlations of `mvn_covariance`. Colliders are Z + 0.1 cos(2 pi Z^2) plus noise of standard
    deviation 0.1, spouses Z + 0.1 sin(2 pi Z^2), and the response is Z. Columns are standardized by their exact means
    and standard deviations, which follow from E exp(i t Z^2) = (1 - 2 i t)^(-1/2). The authors' code takes moments of
    100,000 draws.

    References
    ----------
    Bouabid, Fawkes and Sejdinovic (2023), Returning the favour: when regression benefits from probabilistic causal
    knowledge, ICML.

    Examples
    --------
    >>> data = mvn_collider(rng=1)
    >>> data.X.shape, data.independent
    ((50, 6), (3, 4, 5))
    """
    sizes = _sizes(n, m, n_test)
    chosen = _validation.choice(protocol, ("clean", "official"), "protocol")
    covariance = mvn_covariance(n_spouses, n_colliders=n_colliders, structure=structure)
    factor = np.linalg.cholesky(covariance)
    seed = _random.seed_sequence(rng)
    parts = []
    for k, size in enumerate(sizes):
        generator = _random.generator(seed, k if chosen == "clean" else 0)
        parts.append(_mvn_rows(generator.standard_normal((size, len(factor))) @ factor.T, n_colliders, generator))
    (X, y), (X_unlabeled, _), (X_test, y_test) = parts
    return ColliderData(
        X, y, X_unlabeled, X_test, y_test, _names(n_colliders, n_spouses), _after(n_colliders, n_spouses)
    )


def mvn_given_spouses(
    latent_spouses: ArrayLike, *, n_colliders: int = COLLIDERS, structure: int | None = None, rng: Seed = None
) -> FloatArray:
    """Rows of colliders and spouses as in `mvn_collider`, drawn given the normal variables behind the spouses.

    Parameters
    ----------
    latent_spouses : (k, n_spouses) array_like
        Standard normal variables, before the waves.
    n_colliders, structure, rng
        As in `mvn_collider`.

    Returns
    -------
    (k, p) float64
        Standardized; one row for each row that is given. Means of a function over many such draws are its conditional
        expectation given the spouses.

    Examples
    --------
    >>> mvn_given_spouses(np.zeros((2, 3)), rng=1).shape
    (2, 6)
    """
    spouses = _validation.float_array(latent_spouses, "latent_spouses", ndim=2)
    covariance = mvn_covariance(spouses.shape[1], n_colliders=n_colliders, structure=structure)[:-1, :-1]
    cross = covariance[:n_colliders, n_colliders:]
    slopes = np.linalg.solve(covariance[n_colliders:, n_colliders:], cross.T)
    left = covariance[:n_colliders, :n_colliders] - cross @ slopes
    generator = _random.generator(_random.seed_sequence(rng))
    draws = generator.standard_normal((len(spouses), n_colliders)) @ np.linalg.cholesky((left + left.T) / 2).T
    Z = np.column_stack([spouses @ slopes + draws, spouses, np.zeros(len(spouses))])
    return _mvn_rows(Z, n_colliders, generator)[0]


def _mvn_rows(Z: FloatArray, n_colliders: int, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    colliders, spouses = Z[:, :n_colliders], Z[:, n_colliders:-1]
    noise = generator.standard_normal(colliders.shape)
    first = colliders + WAVE * np.cos(FREQUENCY * colliders**2) + NOISE * noise
    second = spouses + WAVE * np.sin(FREQUENCY * spouses**2)
    # E exp(i t Z^2) = (1 - 2 i t)^(-1/2); Z times an even function has mean zero
    wave, double = (1 / cmath.sqrt(1 - 2j * k * FREQUENCY) for k in (1, 2))
    cosine = 0.5 + 0.5 * double.real - wave.real**2
    sine = 0.5 - 0.5 * double.real - wave.imag**2
    first = (first - WAVE * wave.real) / math.sqrt(1 + WAVE**2 * cosine + NOISE**2)
    second = (second - WAVE * wave.imag) / math.sqrt(1 + WAVE**2 * sine)
    return np.column_stack([first, second]), Z[:, -1].copy()


# closed forms --------------------------------------------------------------------------------------------------------
def gaussian_collider(
    n: int = 50,
    m: int = 100,
    n_test: int = 1000,
    *,
    slope: float = 1.0,
    spouses: ArrayLike = (SLOPE,),
    sigma: float = 1.0,
    confounder: float | None = None,
    rng: Seed = None,
) -> ColliderData:
    """A linear collider with normal variables, where the best regression and its risk are known.

    Parameters
    ----------
    n, m, n_test : int
        Rows with a response, without, and for testing.
    slope : float, default 1
        a, of the collider on the response.
    spouses : (d,) array_like, default (0.8,)
        b, slopes of the collider on the spouses.
    sigma : float, default 1
        Standard deviation of the noise of the collider.
    confounder : float, optional
        c, slope of the response on a column X3, a common cause of the response and of the spouses, each of which has
        half of it as a part. Then the response is independent of the spouses given X3.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    ColliderData

    Notes
    -----
    The collider is X1 = a y + b'X2 + sigma e. Without X3, y and X2 are standard normal. The best regression is k (X1
    - b'X2) with k = a / (a^2 + sigma^2), its risk sigma^2 / (a^2 + sigma^2). For any function w X1 + v'X2 the part
    that contradicts the independence is (w b + v)'X2, of mean square |w b + v|^2. With y = c X3 + e, the term (1 - k
    a) c X3 is added to the regression, and the risk stays. Derived here.

    Examples
    --------
    >>> data = gaussian_collider(50, 100, sigma=0.5, rng=1)
    >>> round(data.bayes_risk, 10), data.coefficients
    (0.2, array([ 0.8 , -0.64]))
    """
    sizes = _sizes(n, m, n_test)
    a = _validation.real(slope, "slope")
    b = _validation.float_array(spouses, "spouses", ndim=1)
    s = _validation.real(sigma, "sigma", minimum=0.0)
    if a == 0 and s == 0:
        raise InvalidParameterError("slope and sigma are both 0; then the collider is a function of the spouses")
    c = None if confounder is None else _validation.real(confounder, "confounder")
    seed = _random.seed_sequence(rng)
    parts = [_gaussian_rows(size, a, b, s, c, _random.generator(seed, k)) for k, size in enumerate(sizes)]
    (X, y), (X_unlabeled, _), (X_test, y_test) = parts
    k = a / (a**2 + s**2)
    coefficients = np.concatenate([[k], -k * b, [] if c is None else [(1 - k * a) * c]])
    return ColliderData(
        X,
        y,
        X_unlabeled,
        X_test,
        y_test,
        (*_names(1, len(b)), *(() if c is None else ("X3",))),
        _after(1, len(b)),
        () if c is None else (1 + len(b),),
        s**2 / (a**2 + s**2),
        coefficients=coefficients,
    )


def _gaussian_rows(
    size: int, a: float, b: FloatArray, s: float, c: float | None, generator: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    y, e = generator.standard_normal((2, size))
    X2 = generator.standard_normal((size, len(b)))
    columns = []
    if c is not None:
        X3 = generator.standard_normal(size)
        y, X2 = y + c * X3, X2 + 0.5 * X3[:, None]
        columns = [X3]
    return np.column_stack([a * y + X2 @ b + s * e, X2, *columns]), y


def sine_collider(n: int = 200, m: int = 2000, n_test: int = 5000, *, rng: Seed = None) -> ColliderData:
    """Two colliders, one of which depends on its spouse through a sine.

    Parameters
    ----------
    n, m, n_test : int, default 200, 2000, 5000
        Rows with a response, without, and for testing.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    ColliderData
        Columns X1_1, X1_2, X2_1, X2_2; Bayes risk 1/6.

    Notes
    -----
    y and X2 = (s, t) are standard normal, X1 = (y + sin s + e/2, y/2 + t + e'/2) with standard normal e and e'. The
    residuals y + e/2 and y/2 + e'/2 of X1 have precisions 4 and 1 for y, so that the best regression is (4 (X1_1 -
    sin s) + 2 (X1_2 - t)) / 6 and its risk 1/6. Derived here.

    Examples
    --------
    >>> data = sine_collider(rng=1)
    >>> round(data.bayes_risk, 6), data.names
    (0.166667, ('X1_1', 'X1_2', 'X2_1', 'X2_2'))
    """
    seed = _random.seed_sequence(rng)
    parts = []
    for k, size in enumerate(_sizes(n, m, n_test)):
        y, s, t, e, f = _random.generator(seed, k).standard_normal((size, 5)).T
        parts.append((np.column_stack([y + np.sin(s) + 0.5 * e, 0.5 * y + t + 0.5 * f, s, t]), y.copy()))
    (X, y), (X_unlabeled, _), (X_test, y_test) = parts
    return ColliderData(X, y, X_unlabeled, X_test, y_test, _names(2, 2), _after(2, 2), bayes_risk=1 / 6)


def violated_collider(
    n: int = 200,
    m: int = 400,
    n_test: int = 1000,
    *,
    kind: str = "linear",
    strength: float | None = None,
    n_spouses: int = 1,
    sigma: float = 1.0,
    rng: Seed = None,
) -> ColliderData:
    """A collider whose spouse does act on the response, so that the independence is wrong by a known amount.

    Parameters
    ----------
    n, m, n_test : int, default 200, 400, 1000
        Rows with a response, without, and for testing.
    kind : {"linear", "quadratic", "none"}
        The response is r s + e, r (s^2 - 1) + e, or e, where s is the first spouse and e standard normal.
    strength : float, optional
        r, by default 0.3 for "linear" and 0.5 for "quadratic".
    n_spouses : int, default 1
    sigma : float, default 1
        Standard deviation of the noise of the collider.
    rng : None, int, SeedSequence or Generator

    Returns
    -------
    ColliderData
        `violation` is r^2 for "linear" and 2 r^2 for "quadratic".

    Raises
    ------
    InvalidParameterError
        A strength is given for the kind "none", or a number is out of range.

    Notes
    -----
    X1 = y + 0.8 (sum of X2) + sigma e. Given X2, y is normal with variance 1 about its mean, so the Bayes risk is
    sigma^2 / (1 + sigma^2) for each kind. The projection of the best regression loses exactly `violation`. Derived
    here.

    Examples
    --------
    >>> violated_collider(kind="quadratic", rng=1).violation
    0.5
    """
    sizes = _sizes(n, m, n_test)
    shape = _validation.choice(kind, ("linear", "quadratic", "none"), "kind")
    if shape == "none" and strength is not None:
        raise InvalidParameterError(f"strength is {strength!r} and kind 'none'; leave strength out")
    default = {"linear": 0.3, "quadratic": 0.5, "none": 0.0}[shape]
    r = default if strength is None else _validation.real(strength, "strength")
    d = _validation.integer(n_spouses, "n_spouses", minimum=1)
    s = _validation.real(sigma, "sigma", minimum=0.0)
    seed = _random.seed_sequence(rng)
    parts = []
    for k, size in enumerate(sizes):
        draws = _random.generator(seed, k).standard_normal((size, d + 2))
        spouses, effect = draws[:, 2:], draws[:, 2] ** 2 - 1 if shape == "quadratic" else draws[:, 2]
        y = r * effect + draws[:, 0]
        parts.append((np.column_stack([y + SLOPE * spouses.sum(axis=1) + s * draws[:, 1], spouses]), y))
    (X, y), (X_unlabeled, _), (X_test, y_test) = parts
    return ColliderData(
        X,
        y,
        X_unlabeled,
        X_test,
        y_test,
        _names(1, d),
        _after(1, d),
        bayes_risk=s**2 / (1 + s**2),
        violation=r**2 * (2 if shape == "quadratic" else 1),
    )


def _sizes(n: int, m: int, n_test: int) -> tuple[int, int, int]:
    return (
        _validation.integer(n, "n", minimum=1),
        _validation.integer(m, "m", minimum=0),
        _validation.integer(n_test, "n_test", minimum=0),
    )


def _names(n_colliders: int, n_spouses: int) -> tuple[str, ...]:
    first = ["X1"] if n_colliders == 1 else [f"X1_{k + 1}" for k in range(n_colliders)]
    second = ["X2"] if n_spouses == 1 else [f"X2_{k + 1}" for k in range(n_spouses)]
    return (*first, *second)


def _after(n_colliders: int, n_spouses: int) -> tuple[int, ...]:
    return tuple(range(n_colliders, n_colliders + n_spouses))
