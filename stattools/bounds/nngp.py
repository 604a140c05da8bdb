"""How many neurons a function needs: by its norm in the space of the network's Gaussian process, and by Barron's."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools._provenance import Provenance
from stattools._typing import BoolArray, FloatArray
from stattools.bounds import assembly
from stattools.results import _format
from stattools.results.base import Result
from stattools.results.summary import Line, Part

PARITIES = ("auto", "even", "odd", "all")
ORDERS = ("degree", "rank")
LARGEST_DIM = 1000
NOISE = 1e-14  # quadrature leaves about this much of the largest eigenvalue


# kernels, as functions of the angle ----------------------------------------------------------------------------------
def step_kernel(angle: Any) -> Any:
    """2 E[1(w.x > 0) 1(w.y > 0)] for standard Gaussian w and unit vectors x, y at an angle: 1 - angle / pi.

    Parameters
    ----------
    angle : float or array_like
        From 0 to pi.

    Examples
    --------
    >>> float(step_kernel(np.pi / 2))
    0.5
    """
    return 1 - np.asarray(angle, dtype=np.float64)[()] / np.pi


def relu_kernel(angle: Any) -> Any:
    """2 E[max(w.x, 0) max(w.y, 0)] for standard Gaussian w and unit vectors x, y at an angle.

    Parameters
    ----------
    angle : float or array_like
        From 0 to pi.

    References
    ----------
    .. [1] Cho and Saul (2009), Kernel methods for deep learning, NIPS 22, equation (6).

    Examples
    --------
    >>> float(relu_kernel(0.0))
    1.0
    """
    a = np.asarray(angle, dtype=np.float64)[()]
    return (np.sin(a) + (np.pi - a) * np.cos(a)) / np.pi


# eigenvalues ---------------------------------------------------------------------------------------------------------
def sphere_eigenvalues(kernel: Callable[[FloatArray], Any], dim: int, kmax: int, *, n_nodes: int = 2000) -> FloatArray:
    """Eigenvalues of a rotation-invariant kernel on the unit sphere of R^dim, by the degree of the harmonics.

    Parameters
    ----------
    kernel : callable
        From angles (n_nodes,) in (0, pi) to values of the kernel.
    dim : int
        n of R^n, from 2 to 1000; the sphere has n - 1 dimensions and the uniform probability measure.
    kmax : int
        Largest degree.
    n_nodes : int, default 2000
        Gauss-Legendre nodes in the angle; at least twice `kmax`.

    Returns
    -------
    (kmax + 1,) ndarray
        Each belongs to as many harmonics as `sphere_multiplicities` says. Errors are about 1e-16 times the kernel's
        size, so small eigenvalues have fewer digits.

    Notes
    -----
    The Funk-Hecke formula: Gamma(n/2) / (sqrt(pi) Gamma((n-1)/2)) times the integral of
    kernel(a) P_k(cos a) sin(a)^(n-2), with P_k the Legendre polynomial of dimension n, P_k(1) = 1 [1]_.

    References
    ----------
    .. [1] Atkinson and Han (2012), Spherical Harmonics, Lecture Notes in Mathematics 2044, theorem 2.22.

    Examples
    --------
    >>> sphere_eigenvalues(relu_kernel, 3, 2).round(7)
    array([0.375    , 0.1666667, 0.0234375])
    """
    if not callable(kernel):
        raise InvalidParameterError(f"kernel is {kernel!r:.80}; it must be a function of the angle")
    n = _validation.integer(dim, "dim", minimum=2, maximum=LARGEST_DIM)
    last = _validation.integer(kmax, "kmax", minimum=0)
    nodes = _validation.integer(n_nodes, "n_nodes", minimum=max(2, 2 * last))
    x, weights = _gauss_legendre(nodes)
    angle = np.pi / 2 * (x + 1)
    values = assembly.array(kernel(angle), "the values of kernel", ndim=1)
    if values.shape != angle.shape:
        raise InvalidDataError(f"kernel returned shape {values.shape} for {angle.shape} angles")
    constant = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / math.sqrt(math.pi)
    measure = constant * np.pi / 2 * weights * np.sin(angle) ** (n - 2)
    return _legendre_sums(np.cos(angle), values * measure, n, last)


@functools.lru_cache(maxsize=4)
def _gauss_legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights, kept: a banded eigenproblem, of which numpy solves the dense one."""
    from scipy.special import roots_legendre

    x, weights = roots_legendre(nodes)
    return _validation.read_only(x), _validation.read_only(weights)


def _legendre_sums(t: FloatArray, masses: FloatArray, n: int, last: int) -> FloatArray:
    """Sums of masses times P_k(t), k = 0..last, by the three-term recurrence."""
    found = np.empty(last + 1)
    before, current = np.zeros_like(t), np.ones_like(t)
    for k in range(last + 1):
        found[k] = masses @ current
        following = t if k == 0 else ((2 * k + n - 2) * t * current - k * before) / (k + n - 2)
        before, current = current, following
    return found


def sphere_multiplicities(dim: int, kmax: int) -> FloatArray:
    """Number of linearly independent harmonics of each degree on the unit sphere of R^dim.

    Parameters
    ----------
    dim, kmax : int
        As in `sphere_eigenvalues`.

    Returns
    -------
    (kmax + 1,) ndarray of float
        Infinite above 1e307.

    Examples
    --------
    >>> sphere_multiplicities(3, 3)
    array([1., 3., 5., 7.])
    """
    n, last = (
        _validation.integer(dim, "dim", minimum=2, maximum=LARGEST_DIM),
        _validation.integer(kmax, "kmax", minimum=0),
    )
    counts = [(2 * k + n - 2) * math.comb(k + n - 3, k - 1) // k for k in range(1, last + 1)]
    return np.array([1.0, *map(_float, counts)])


def _float(count: int) -> float:
    """Infinite where the number is too large, which happens at high degrees in high dimensions."""
    return float(count) if count.bit_length() <= 1023 else math.inf


# numbers of neurons --------------------------------------------------------------------------------------------------
def neurons_rkhs(norm: float, eps: float, phi_sq: float = 1.0) -> int:
    """Random neurons with which some network has mean squared L2 error at most eps^2.

    Parameters
    ----------
    norm : float
        Norm of the function in the reproducing kernel Hilbert space of the network's Gaussian process.
    eps : float
        Above 0.
    phi_sq : float, default 1
        The largest mean square of one neuron over the inputs; or the trace of the integral operator, when neurons are
        drawn in proportion to their mean square.

    Returns
    -------
    int
        ceil(norm^2 phi_sq / eps^2).

    Notes
    -----
    Derived here: a function of that norm is E[a(w) phi(w, x)] with E a^2 = norm^2. The mean of T independent terms has
    variance at most E a^2 phi^2 / T, whose mean over x is at most norm^2 phi_sq / T.

    Examples
    --------
    >>> neurons_rkhs(2.0, 0.1)
    400
    """
    length, size = assembly.cost(norm, "norm"), assembly.cost(phi_sq, "phi_sq")
    return _count(length, size, assembly.positive(eps, "eps"))


def neurons_barron(constant: float, radius: float, eps: float) -> int:
    """Sigmoidal neurons with which some network has L2 error at most eps, by Barron's theorem.

    Parameters
    ----------
    constant : float
        C, the first absolute moment of the Fourier transform of the function.
    radius : float
        r, the radius of the ball that carries the inputs.
    eps : float
        Above 0.

    Returns
    -------
    int
        ceil((2 r C / eps)^2) [1]_.

    References
    ----------
    .. [1] Barron (1993), IEEE Trans. Inform. Theory 39, 930-945, theorem 1.

    Examples
    --------
    >>> neurons_barron(1.0, 1.0, 0.1)
    400
    """
    reach = 2 * assembly.cost(constant, "constant") * assembly.positive(radius, "radius")
    return _count(reach, 1.0, assembly.positive(eps, "eps"))


def _count(length: float, factor: float, eps: float) -> int:
    """ceil(length^2 factor / eps^2) by fractions, which do not overflow; what decimals lost in binary is no neuron."""
    if math.isinf(length) or math.isinf(factor):
        raise InvalidParameterError("no finite number of neurons suffices: the norm is infinite, or overflows")
    exact = Fraction(length) ** 2 * Fraction(factor) / Fraction(eps) ** 2
    return math.ceil(exact * (1 - Fraction(1, 2**48)))


def rkhs_norm(f: Any, *, gram: Any = None, eigenvalues: Any = None, regularization: float = 0.0) -> float:
    """Norm of a function in a reproducing kernel Hilbert space, from its values or its coefficients.

    Parameters
    ----------
    f : (n,) array_like
        Values at n points, with `gram`; or coefficients in the orthonormal eigenfunctions, with `eigenvalues`.
    gram : (n, n) array_like
        Kernel matrix of the points.
    eigenvalues : (n,) array_like
        Of the integral operator, not negative.
    regularization : float, default 0
        With `gram`: the norm of the ridge fit ``K (K + regularization I)^-1 f``. With 0, the norm of the smallest
        interpolant.

    Returns
    -------
    float
        Infinite when f has a part on which the kernel vanishes to rounding; regularize then.

    Examples
    --------
    >>> rkhs_norm([1.0, 2.0], eigenvalues=[1.0, 0.25])
    4.12...
    >>> rkhs_norm([3.0, 4.0], gram=[[1.0, 0.0], [0.0, 1.0]])
    5.0
    """
    values = assembly.array(f, "f", ndim=1)
    ridge = assembly.magnitude(regularization, "regularization")
    if (gram is None) == (eigenvalues is None):
        raise InvalidParameterError("give exactly one of gram and eigenvalues")
    if gram is not None:
        spectrum, values = _diagonalized(gram, values)
    else:
        spectrum = _validation.nonnegative(assembly.array(eigenvalues, "eigenvalues", ndim=1), "eigenvalues")
        if spectrum.shape != values.shape:
            raise InvalidDataError(f"eigenvalues has {spectrum.size} elements and f has {values.size}")
        if ridge:
            raise InvalidParameterError("regularization is used with gram only")
    from scipy.linalg import norm  # scales, so that squares do not overflow

    inside = spectrum > 0
    if ridge == 0 and norm(values[~inside]) > 1e-10 * norm(values):
        return math.inf
    return float(norm(np.sqrt(spectrum[inside]) / (spectrum[inside] + ridge) * values[inside]))


def _diagonalized(gram: Any, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    matrix = assembly.array(gram, "gram", ndim=2)
    if matrix.shape != (values.size, values.size):
        raise InvalidDataError(f"gram has shape {matrix.shape}; f has {values.size} values")
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-10 * float(np.abs(matrix).max())):
        raise InvalidDataError("gram is not symmetric")
    spectrum, vectors = np.linalg.eigh(matrix)
    floor = len(values) * float(np.finfo(float).eps) * max(float(spectrum[-1]), 0.0)
    if spectrum[0] < -1e3 * floor - 1e-300:
        raise InvalidDataError(f"gram has the eigenvalue {spectrum[0]:.3g}; it must be positive semidefinite")
    return np.where(spectrum > floor, spectrum, 0.0), vectors.T @ values


# decay ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DecayTest(Result):
    """The rate at which eigenvalues decay, beside the rate that decides between two approximation theorems.

    Attributes
    ----------
    slope, std_error : float
        Of the regression of the logarithm of the eigenvalues on that of k.
    threshold : float
        ``-(dim + 2/3)``.
    slower : bool
        Slope above the threshold: the theorem for random features asks for fewer neurons than Barron's.
    dim : int
    order : str
    degrees : (m,) ndarray of float
        Degrees that entered.

    Examples
    --------
    >>> decay_test(sphere_eigenvalues(step_kernel, 3, 60), 3).slower
    True
    """

    slope: float
    std_error: float
    threshold: float
    slower: bool
    dim: int
    order: str
    degrees: FloatArray

    def _title(self) -> str:
        return "Decay of eigenvalues on the sphere"

    def _headline(self, digits: int) -> str:
        word = "slower" if self.slower else "faster"
        slope, threshold = _format.number(self.slope, digits), _format.number(self.threshold, digits)
        return f"slope {slope}, {word} than the threshold {threshold}"

    def _parts(self, digits: int, *, full: bool) -> list[Part]:
        better = "random features, by the norm in the kernel's space" if self.slower else "Barron's theorem"
        k = f"{self.order} {self.degrees[0]:g} to {self.degrees[-1]:g}" if self.order == "degree" else "rank"
        numbers = {"slope": self.slope, "std. error": self.std_error, "threshold": self.threshold, "dim": self.dim}
        return [Line(_format.equations(numbers, digits)), Line(f"over {k}; fewer neurons: {better}")]

    def _sentence(self, style: str) -> str:
        return f"{self._title()}: {self._headline(3 if style == 'apa' else 4)}."

    def _tidy(self) -> Mapping[str, Any]:
        numbers = {"estimate": self.slope, "std_error": self.std_error, "threshold": self.threshold}
        return {"term": ["ln k"]} | {name: [value] for name, value in numbers.items()}

    def _glance(self) -> Mapping[str, Any]:
        names = ("slope", "std_error", "threshold", "slower", "dim", "order")
        return {name: getattr(self, name) for name in names} | {"n": len(self.degrees)}


def decay_test(
    eigenvalues: Any, dim: int, *, degrees: tuple[int, int] | None = None, parity: str = "auto", order: str = "degree"
) -> DecayTest:
    """Compare the decay of eigenvalues on the unit sphere of R^dim with k^-(dim + 2/3).

    Parameters
    ----------
    eigenvalues : (kmax + 1,) array_like
        From `sphere_eigenvalues`.
    dim : int
    degrees : (int, int), optional
        First and last degree that enter; by default from a quarter of kmax to kmax.
    parity : {"auto", "even", "odd", "all"}
        Many kernels have nonzero eigenvalues for degrees of one parity only, which "auto" finds.
    order : {"degree", "rank"}
        What k is: the degree of the harmonics, or the place among all eigenvalues counted with multiplicity.

    Returns
    -------
    DecayTest

    Raises
    ------
    DegenerateDataError
        Fewer than three eigenvalues stand out from rounding.

    Notes
    -----
    Slower decay means that the theorem on random features is more economical than Barron's, for two-layer networks
    [1]_. There k is the degree, by the wording of the abstract. The regression is on ln(k + (dim - 2) / 2), which has
    the same limit and converges faster, because eigenvalues are smooth in k (k + dim - 2) (derived here).

    References
    ----------
    .. [1] Takhanov (2024), arXiv 2404.17461.

    Examples
    --------
    >>> decay_test(sphere_eigenvalues(relu_kernel, 3, 60), 3)
    <DecayTest: Decay of eigenvalues on the sphere, slope -5.01, faster than the threshold -3.667>
    """
    spectrum = assembly.array(eigenvalues, "eigenvalues", ndim=1)
    n = _validation.integer(dim, "dim", minimum=2, maximum=LARGEST_DIM)
    _validation.choice(parity, PARITIES, "parity")
    _validation.choice(order, ORDERS, "order")
    first, last = _range(degrees, len(spectrum) - 1)
    used = _fitted(spectrum, first, last, parity)
    k = np.flatnonzero(used).astype(np.float64)
    x = k + (n - 2) / 2 if order == "degree" else _ranks(spectrum, n)[used]
    if not np.isfinite(x).all():
        raise DegenerateDataError(f"ranks overflow at degree {int(k[-1])} in dimension {n}; use order='degree'")
    slope, error = _slope(np.log(x), np.log(spectrum[used]))
    threshold = -(n + 2 / 3)
    return DecayTest(
        provenance=Provenance.capture("decay_test(eigenvalues, dim)"), slope=slope, std_error=error,
        threshold=threshold, slower=slope > threshold, dim=n, order=order, degrees=k,
    )  # fmt: skip


def _range(degrees: Any, kmax: int) -> tuple[int, int]:
    if degrees is None:
        return max(1, -(-kmax // 4)), kmax
    try:
        first, last = degrees
    except (TypeError, ValueError):
        raise InvalidParameterError(f"degrees is {degrees!r}; it must be a pair of whole numbers") from None
    low = _validation.integer(first, "degrees[0]", minimum=1)
    return low, _validation.integer(last, "degrees[1]", minimum=low, maximum=kmax)


def _fitted(spectrum: FloatArray, first: int, last: int, parity: str) -> BoolArray:
    k = np.arange(len(spectrum))
    inside = (k >= first) & (k <= last) & (spectrum > NOISE * np.abs(spectrum).max())
    if parity == "auto":
        sums = [np.sum(spectrum[inside & (k % 2 == remainder)]) for remainder in (0, 1)]
        parity = ("even", "odd")[int(np.argmax(sums))]
    if parity != "all":
        inside = inside & (k % 2 == ("even", "odd").index(parity))
    if inside.sum() < 3:
        raise DegenerateDataError(
            f"{int(inside.sum())} eigenvalues of degrees {first} to {last} stand out from rounding; a slope needs 3"
        )
    found: BoolArray = inside
    return found


def _ranks(spectrum: FloatArray, n: int) -> FloatArray:
    """Place of the last eigenvalue of each degree, those that vanish not counted."""
    present = spectrum > NOISE * np.abs(spectrum).max()
    return np.cumsum(np.where(present, sphere_multiplicities(n, len(spectrum) - 1), 0.0))


def _slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residual = y - y.mean() - slope * centred
    return slope, float(np.sqrt(residual @ residual / (len(x) - 2) / (centred @ centred)))
