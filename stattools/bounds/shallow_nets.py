"""Complexity of a composition of shallow networks, which grows with its depth only linearly and not with its width."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray
from stattools.bounds import assembly
from stattools.results.bound import BoundResult

CITATION = "Jacot, Choi and Wen (2024), arXiv 2407.05664"


def f1_complexity(
    layers: Sequence[Any],
    *,
    lipschitz: Sequence[float] | None = None,
    n: int | None = None,
    constant: float | None = None,
    radius: float = 1.0,
    loss_lipschitz: float = 1.0,
    loss_bound: float = 1.0,
    log_power: float = 1.0,
    risk: float = 0.0,
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult:
    """Complexity of f_L o ... o f_1 by the F1 norms of its parts; with a constant of the user's, a bound of the risk.

    Parameters
    ----------
    layers : sequence of (V, W) or (V, W, b)
        From the input on: f(x) = V relu(W x + b) with V (d_out, width), W (width, d_in), b (width,).
    lipschitz : sequence of float, optional
        Lipschitz constant of each part; by default the product of the spectral norms of W and V after each neuron was
        scaled so that its incoming and outgoing weights are equally long.
    n : int
        Size of the sample, with `constant`.
    constant : float, optional
        C below, which the theorem does not state.
    radius, loss_lipschitz, loss_bound : float, default 1
        Largest norm of an input, Lipschitz constant and largest value of the loss.
    log_power : float, default 1
        Power of ln n in the theorem, which two sources give as 1 and 1/2.
    risk : float, default 0
        Empirical risk.
    delta : float, default 0.05
        Of the deviation term.
    data_name : str

    Returns
    -------
    BoundResult
        Of kind "up-to-constant". Without `constant`, ``value`` is the complexity.

    Raises
    ------
    InvalidDataError
        The shapes of consecutive parts do not fit.

    Notes
    -----
    Complexity: prod_l rho_l * sum_l (N_l / rho_l) sqrt(d_l + d_(l-1)) with rho the Lipschitz constants, d the
    dimensions between the parts and N_l the path norm sum_j |v_j| |(w_j, b_j)|, which no scaling of a neuron changes
    and which is at most half the sum of squared Frobenius norms. The theorem [1]_, in our reconstruction: the gap is at
    most C * loss_lipschitz * radius * complexity * (ln n)^log_power / sqrt(n) plus
    loss_bound * sqrt(2 ln(2 / delta) / n).

    References
    ----------
    .. [1] Jacot, Choi and Wen (2024), How DNNs break the curse of dimensionality, arXiv 2407.05664.

    Examples
    --------
    >>> bound = f1_complexity([([[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]])])
    >>> round(bound.value, 6), bound.kind
    (1.732051, 'up-to-constant')
    """
    parts = [_checked(layer, i) for i, layer in enumerate(_sequence(layers))]
    for i, (before, after) in enumerate(itertools.pairwise(parts)):
        if before[0].shape[0] != after[1].shape[1]:
            sizes = f"{before[0].shape[0]} outputs and layers[{i + 1}] has {after[1].shape[1]} inputs"
            raise InvalidDataError(f"layers[{i}] has {sizes}")
    norms = [_path_norm(*part) for part in parts]
    slopes = [_spectral(*part) for part in parts] if lipschitz is None else _given_slopes(lipschitz, len(parts))
    roots = [math.sqrt(v.shape[0] + w.shape[1]) for v, w, _ in parts]
    measure = sum(
        norms[i] * roots[i] * math.prod(s for j, s in enumerate(slopes) if j != i) for i in range(len(parts))
    )  # the product without rho_i, so that a part that vanishes is no division by zero
    components: dict[str, Any] = {"complexity": measure, "path norms": np.array(norms)}
    components["Lipschitz constants"] = np.array(slopes)
    assumptions = ("activations are ReLU; every part f_l is V relu(W x + b)",)
    if constant is None:
        if n is not None:
            raise InvalidParameterError(f"n is {n}; it is used with constant only, which nobody has computed")
        return assembly.finished(
            "f1_complexity(layers)", "F1 complexity of a composition of shallow networks", measure, delta=None,
            kind="up-to-constant", of="complexity", largest=math.inf, data_name=data_name,
            assumptions=assumptions, components=components, citation=CITATION,
        )  # fmt: skip
    if n is None:
        raise InvalidParameterError("n is None; with constant the size of the sample is needed")
    size, c = _validation.integer(assembly.size(n), "n", minimum=2), assembly.positive(constant, "constant")
    largest = assembly.positive(loss_bound, "loss_bound")
    q = _validation.real(risk, "risk", minimum=0, maximum=largest)
    scale = assembly.positive(loss_lipschitz, "loss_lipschitz") * assembly.positive(radius, "radius")
    power = _validation.real(log_power, "log_power", minimum=0, maximum=10)
    main = c * scale * measure * math.log(size) ** power / math.sqrt(size)
    deviation = largest * math.sqrt(2 * math.log(2 / assembly.level(delta)) / size)
    return assembly.finished(
        "f1_complexity(layers, n=n, constant=constant)", "F1 bound of a composition of shallow networks",
        q + main + deviation, delta=None, kind="up-to-constant", empirical_risk=q, n=size, largest=largest,
        data_name=data_name,
        assumptions=(
            *assumptions,
            "the n data are independent and identically distributed",
            f"the constant C = {c:g} is yours; the theorem states none, and neglects terms of smaller order",
        ),
        components=components | {"complexity term": main, "deviation": deviation, "its delta": float(delta)},
        settings={"log_power": power}, citation=CITATION,
    )  # fmt: skip


Part = tuple[FloatArray, FloatArray, FloatArray]


def _sequence(layers: Any) -> list[Any]:
    if isinstance(layers, (str, bytes, np.ndarray)) or not hasattr(layers, "__iter__"):
        raise InvalidDataError(f"layers is a {type(layers).__name__}; it must be a sequence of (V, W) or (V, W, b)")
    found = list(layers)
    if not found:
        raise InvalidDataError("layers is empty; a composition has at least one part")
    return found


def _checked(layer: Any, i: int) -> Part:
    if not isinstance(layer, (tuple, list)) or len(layer) not in (2, 3):
        raise InvalidDataError(f"layers[{i}] is a {type(layer).__name__}; it must be (V, W) or (V, W, b)")
    v = assembly.array(layer[0], f"V of layers[{i}]", ndim=2)
    w = assembly.array(layer[1], f"W of layers[{i}]", ndim=2)
    if v.shape[1] != w.shape[0]:
        raise InvalidDataError(f"layers[{i}]: V has {v.shape[1]} columns and W {w.shape[0]} rows; both are the width")
    b = np.zeros(len(w)) if len(layer) == 2 else assembly.array(layer[2], f"b of layers[{i}]", ndim=1)
    if b.shape != (len(w),):
        raise InvalidDataError(f"layers[{i}]: b has shape {b.shape}; the width is {len(w)}")
    return v, w, b


def _lengths(v: FloatArray, w: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of the outgoing and of the incoming weights of each neuron."""
    return np.linalg.norm(v, axis=0), np.hypot(np.linalg.norm(w, axis=1), b)


def _path_norm(v: FloatArray, w: FloatArray, b: FloatArray) -> float:
    outgoing, incoming = _lengths(v, w, b)
    return float(outgoing @ incoming)


def _spectral(v: FloatArray, w: FloatArray, b: FloatArray) -> float:
    outgoing, incoming = _lengths(v, w, b)
    alive = (outgoing > 0) & (incoming > 0)
    if not alive.any():
        return 0.0
    scale = np.sqrt(outgoing[alive] / incoming[alive])
    return float(np.linalg.norm(w[alive] * scale[:, None], 2) * np.linalg.norm(v[:, alive] / scale, 2))


def _given_slopes(lipschitz: Any, count: int) -> list[float]:
    slopes = [float(s) for s in assembly.numbers(lipschitz, "lipschitz", low=0).ravel()]
    if len(slopes) != count:
        raise InvalidParameterError(f"lipschitz has {len(slopes)} numbers for {count} parts")
    return slopes
