"""Upper bounds of the empirical Rademacher complexity of classes of functions, and a norm of networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.bounds import assembly


def rademacher_linear(X: Any, norm_bound: float, *, norm: str = "l2") -> float:
    """Empirical Rademacher complexity of the functions x -> w.x with a bounded norm of w, at most.

    Parameters
    ----------
    X : (n, d) array_like
    norm_bound : float
        B, the largest norm of w.
    norm : {"l2", "l1"}
        The norm of w.

    Returns
    -------
    float
        ``B sqrt(sum |x_i|^2) / n``, or ``B max_j |X_j| sqrt(2 ln(2 d)) / n`` with X_j the columns [1]_.

    References
    ----------
    .. [1] Kakade, Sridharan and Tewari (2008), NIPS 21; Shalev-Shwartz and Ben-David (2014), lemmas 26.10 and 26.11.

    Examples
    --------
    >>> round(rademacher_linear([[1.0, 0.0], [0.0, 1.0]], 1.0), 6)
    0.707107
    """
    data = assembly.array(X, "X", ndim=2)
    bound = assembly.magnitude(norm_bound, "norm_bound")
    n, d = data.shape
    if _validation.choice(norm, ("l2", "l1"), "norm") == "l2":
        return float(assembly.upwards(bound * np.linalg.norm(data) / n))
    longest = float(np.linalg.norm(data, axis=0).max())
    return float(assembly.upwards(bound * longest * math.sqrt(2 * math.log(2 * d)) / n))


def rademacher_kernel(gram: Any, norm_bound: float) -> float:
    """Empirical Rademacher complexity of a ball in a reproducing kernel Hilbert space, at most.

    Parameters
    ----------
    gram : (n, n) or (n,) array_like
        The Gram matrix at the data, or its diagonal, which is all that is used.
    norm_bound : float
        Radius B of the ball.

    Returns
    -------
    float
        ``B sqrt(trace K) / n`` [1]_.

    References
    ----------
    .. [1] Bartlett and Mendelson (2002), JMLR 3, 463-482, lemma 22 (their complexity is twice this).

    Examples
    --------
    >>> rademacher_kernel([1.0, 1.0, 1.0, 1.0], 2.0)
    1.00...
    """
    array = assembly.array(gram, "gram", ndim=(1, 2))
    if array.ndim == 2 and array.shape[0] != array.shape[1]:
        raise InvalidDataError(f"gram has shape {array.shape}; it must be square, or its diagonal")
    diagonal = _validation.nonnegative(np.diag(array) if array.ndim == 2 else array, "the diagonal of gram")
    bound = assembly.magnitude(norm_bound, "norm_bound")
    return float(assembly.upwards(bound * math.sqrt(diagonal.sum()) / diagonal.size))


def rademacher_finite(outputs: Any, *, count: int | None = None) -> float:
    """Empirical Rademacher complexity of finitely many functions, at most (Massart's lemma).

    Parameters
    ----------
    outputs : (m, n) array_like
        Values of each function at the n data.
    count : int, optional
        Number of functions, when `outputs` holds only some that have the largest norm.

    Returns
    -------
    float
        ``max_h |h| sqrt(2 ln m) / n`` with Euclidean norms of the rows [1]_.

    References
    ----------
    .. [1] Massart (2000), Ann. Fac. Sci. Toulouse 9, 245-303, lemma 5.2.

    Examples
    --------
    >>> round(rademacher_finite([[1, 1, 1, 1], [1, -1, 1, -1]]), 6)
    0.588705
    """
    values = assembly.array(outputs, "outputs", ndim=2)
    m, n = values.shape
    functions = m if count is None else _validation.integer(count, "count", minimum=m)
    longest = float(np.linalg.norm(values, axis=1).max())
    return float(assembly.upwards(longest * math.sqrt(2 * math.log(functions)) / n))


def rademacher_network(
    layers: Sequence[Any], X: Any = None, *, x_norm: float | None = None, n: int | None = None
) -> float:
    """Empirical Rademacher complexity of networks with bounded Frobenius norms of their layers, at most.

    Parameters
    ----------
    layers : sequence of (out, in) array_like or float
        Weight matrices, or bounds of their Frobenius norms, from the input to the single output.
    X : (n, d) array_like
        The inputs; or else
    x_norm, n : float and int
        the largest Euclidean norm of an input, and their number.

    Returns
    -------
    float
        ``(sqrt(2 L ln 2) + 1) prod_l |W_l|_F sqrt(sum |x_i|^2) / n`` for L layers [1]_.

    Notes
    -----
    For activations that act on each unit, are 1-Lipschitz and positively homogeneous (such as ReLU), without biases.
    The norms must be bounds that were fixed before the data were seen; norms of a trained network need a union bound
    over a grid of them.

    References
    ----------
    .. [1] Golowich, Rakhlin and Shamir (2018), Size-independent sample complexity of neural networks, COLT, theorem 1.

    Examples
    --------
    >>> round(rademacher_network([1.0, 2.0], x_norm=1.0, n=10000), 6)
    0.053302
    """
    norms = [_frobenius(layer, i) for i, layer in enumerate(_layers(layers))]
    if (X is None) == (x_norm is None and n is None) or (X is None and (x_norm is None or n is None)):
        raise InvalidParameterError("give either X, or both x_norm and n")
    if X is not None:
        data = assembly.array(X, "X", ndim=2)
        spread = float(np.linalg.norm(data)) / len(data)
    else:
        spread = assembly.magnitude(x_norm, "x_norm") / math.sqrt(assembly.size(n))
    return float(assembly.upwards((math.sqrt(2 * len(norms) * math.log(2)) + 1) * math.prod(norms) * spread))


def spectral_complexity(
    layers: Sequence[Any], *, reference: Sequence[Any] | None = None, lipschitz: float = 1.0
) -> float:
    """Product of the layers' spectral norms, corrected by their distance to reference matrices.

    Parameters
    ----------
    layers : sequence of (out, in) array_like
        Weight matrices.
    reference : sequence of (out, in) array_like, optional
        Matrices fixed before the data were seen, such as the initial ones; zero by default.
    lipschitz : float, default 1
        Of each activation.

    Returns
    -------
    float
        ``prod s_l (sum (|W_l - M_l|_{2,1} / s_l)^(2/3))^(3/2)``, s_l the spectral norm and |.|_{2,1} the sum of the
        Euclidean norms of the rows [1]_. A measure for comparisons: the bound it enters has logarithms and constants
        that make it vacuous on most networks, and holds up to a constant here.

    References
    ----------
    .. [1] Bartlett, Foster and Telgarsky (2017), Spectrally-normalized margin bounds for neural networks, NIPS 30,
       equation (1.2).

    Examples
    --------
    >>> round(spectral_complexity([[[2.0, 0.0], [0.0, 1.0]]]), 6)
    3.0
    """
    matrices = [_matrix(layer, f"layers[{i}]") for i, layer in enumerate(_layers(layers))]
    if reference is None:
        fixed = [np.zeros_like(matrix) for matrix in matrices]
    else:
        fixed = [_matrix(layer, f"reference[{i}]") for i, layer in enumerate(_layers(reference, "reference"))]
    if [m.shape for m in fixed] != [m.shape for m in matrices]:
        raise InvalidDataError("reference must hold one matrix of the same shape for each layer")
    slope = assembly.positive(lipschitz, "lipschitz")
    norms = np.array([np.linalg.norm(matrix, 2) for matrix in matrices])
    if (norms == 0).any():
        return 0.0
    distances = np.array([np.linalg.norm(m - f, axis=1).sum() for m, f in zip(matrices, fixed, strict=True)])
    with np.errstate(over="ignore"):
        return float(np.prod(norms * slope) * np.sum((distances / norms) ** (2 / 3)) ** 1.5)


def _layers(layers: Any, name: str = "layers") -> list[Any]:
    if isinstance(layers, (str, bytes)) or not hasattr(layers, "__iter__"):
        raise InvalidDataError(f"{name} is {layers!r:.80}; it must be a sequence of matrices")
    found = list(layers)
    if not found:
        raise InvalidDataError(f"{name} is empty; a network has at least one layer")
    return found


def _matrix(layer: Any, name: str) -> FloatArray:
    return assembly.array(layer, name, ndim=2)


def _frobenius(layer: Any, i: int) -> float:
    array = assembly.array(layer, f"layers[{i}]", ndim=(0, 2))
    if array.ndim == 2:
        return float(np.linalg.norm(array))
    return assembly.magnitude(float(array), f"layers[{i}]")
