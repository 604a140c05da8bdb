"""From what a user passes to the arrays of one weighted least-squares problem: three kinds of weights."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import FloatArray

ESTIMANDS = ("projection", "model")
KINDS = {
    "none": "none",
    "sampling_weights": "sampling weights of the design (importance, not variance)",
    "sample_weight": "sample_weight (importance)",
    "var_weights": "var_weights (inverse noise variances)",
}
SAME = 1e-6  # relative; single precision passes
LARGEST = 1e75  # of a column or response, so that squares of their ratios are finite
GATHER = "design.gather(labels) puts labels that were collected in another order into that of design.indices"


@dataclass(frozen=True)
class Weights:
    """The weights of a fit.

    values : (n,), or None for ones. kind : a key of `KINDS`.
    noise_ratio : (n,) values times noise variances, where the two are not reciprocal; else None.
    """

    values: FloatArray | None
    kind: str
    noise_ratio: FloatArray | None = None


def resolve_weights(
    n: int, *, design: Any = None, sample_weight: Any = None, var_weights: Any = None, estimand: str | None = None
) -> Weights:
    """Which weights the fit takes; a combination without a meaning of its own is refused.

    Raises
    ------
    InvalidParameterError
        Two kinds of weights are given that have no common meaning, or `estimand` without a design.
    InvalidDataError
        Weights are negative, not finite, all zero, or not one for each row.

    Examples
    --------
    >>> resolve_weights(2, var_weights=[1.0, 4.0]).kind
    'var_weights'
    """
    if estimand is not None:
        _validation.choice(estimand, ESTIMANDS, "estimand")
    if sample_weight is not None and var_weights is not None:
        raise InvalidParameterError(
            "sample_weight and var_weights are both given. Importance says which rows matter, var_weights how exact "
            "their responses are; a product of them would answer neither question. Pass one of them"
        )
    if design is None:
        if estimand is not None:
            raise InvalidParameterError(
                f"estimand is {estimand!r}, and there is no design to which it could apply; leave it out"
            )
        if var_weights is not None:
            return Weights(require_weights(var_weights, "var_weights", n), "var_weights")
        if sample_weight is not None:
            return Weights(require_weights(sample_weight, "sample_weight", n), "sample_weight")
        return Weights(None, "none")
    if sample_weight is not None:
        raise InvalidParameterError(
            "sample_weight is given together with a design, whose sampling weights make the fit estimate the "
            "projection under the measure it was drawn for. Leave sample_weight out; to weigh rows differently, draw "
            "a design for the measure that you mean"
        )
    return _design_weights(n, design, var_weights, estimand)


def _design_weights(n: int, design: Any, var_weights: Any, estimand: str | None) -> Weights:
    sampling = np.asarray(design.sampling_weights)
    if var_weights is None:
        return Weights(None, "none") if estimand == "model" else Weights(sampling, "sampling_weights")
    if estimand is None:
        raise InvalidParameterError(
            "var_weights is given together with a design. With estimand='projection' the fit takes the sampling "
            "weights of the design, and var_weights enter the nonrobust covariance only; with estimand='model' the "
            "linear model is taken to be true, the fit takes var_weights, and the sampling weights are not used. "
            "Choose one"
        )
    noise = require_weights(var_weights, "var_weights", n)
    if estimand == "model":
        return Weights(noise, "var_weights")
    if not noise.all():
        i = int(np.argmin(noise))
        raise InvalidDataError(f"var_weights is 0 at index {i}: with estimand='projection' all must be positive")
    return Weights(sampling, "sampling_weights", sampling / noise)


def require_weights(values: Any, name: str, n: int) -> FloatArray:
    """One finite, non-negative weight for each row, not all zero; a number stands for n equal ones.

    Examples
    --------
    >>> require_weights(2, "sample_weight", 3)
    array([2., 2., 2.])
    """
    if isinstance(values, numbers.Real):
        values = np.full(n, _validation.real(values, name, minimum=0))
    weights = np.array(_validation.nonnegative(_validation.float_array(values, name, ndim=1), name))
    if len(weights) != n:
        raise InvalidDataError(f"{name} has {len(weights)} entries for {n} rows")
    if not weights.any():
        raise InvalidDataError(f"{name} is zero in all {n} rows; at least one must be positive")
    return weights


def check_is_design(design: Any) -> None:
    """Refuse what is no design.

    Examples
    --------
    >>> check_is_design(3)
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidParameterError: design is int; it takes a Design, from optimal_design or pool_design
    """
    if not all(hasattr(design, name) for name in ("sampling_weights", "features", "block_id")):
        raise InvalidParameterError(
            f"design is {type(design).__name__}; it takes a Design, from optimal_design or pool_design"
        )


def check_is_no_design(sample_weight: Any) -> None:
    """Refuse a design in the place of sample_weight.

    Examples
    --------
    >>> check_is_no_design([1.0, 2.0])
    """
    if hasattr(sample_weight, "sampling_weights"):
        raise InvalidParameterError(
            "sample_weight is a Design, third by position; pass the design by name: fit(X, y, design=design)"
        )


def refuse_text(values: Any, name: str) -> None:
    """Refuse text, also that which spells numbers.

    Examples
    --------
    >>> refuse_text(["1", "2"], "y")
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: y holds text, such as '1'; it must hold numbers
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError):
        return
    if array.size == 0 or array.dtype.kind not in "OUST":
        return
    first = next((item for item in array.flat if isinstance(item, (str, bytes))), None)
    if first is not None:
        raise InvalidDataError(f"{name} holds text, such as {str(first)!r:.40}; it must hold numbers")


def same_space(space: Any, design: Any) -> bool:
    """Whether a fit in the space has the features that the design was drawn for.

    Examples
    --------
    >>> from stattools.wls import PolynomialSpace, optimal_design
    >>> space = PolynomialSpace("legendre", degree=2)
    >>> same_space(space, optimal_design(space, 6, rng=1))
    True
    """
    if design.space is None or space is None:
        return design.space is space
    return bool(design.space.equals(space))


def check_rows(X: FloatArray, design: Any, advice: str | None = None) -> None:
    """Refuse rows that are not those of the design, in its order.

    Parameters
    ----------
    X : (n, d) float64
        Points for a design of a space; for one of a pool the columns it was drawn for.
    design : Design
    advice : str, optional
        What to pass instead, where that is not an array X.

    Raises
    ------
    InvalidDataError
        The first row that differs is named.
    """
    n = len(design.sampling_weights)
    advice = _advice(design, len(X)) if advice is None else advice
    if len(X) != n:
        raise InvalidDataError(f"X has {len(X)} rows and the design {n}; {advice}")
    expected, seen, size = _comparison(X, design)
    far = (np.abs(seen - expected) > SAME * size).any(axis=1)
    if far.any():
        i = int(np.argmax(far))
        raise InvalidDataError(f"X differs from the design in row {i}; {advice}")


def _comparison(X: FloatArray, design: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What the design holds, what X gives, and the size against which a difference is rounding."""
    if design.points is not None:
        points = np.asarray(design.points).reshape(n_rows := len(design.sampling_weights), -1)
        if X.shape != points.shape:
            raise InvalidDataError(f"X has shape {X.shape} and the points of the design {(n_rows, points.shape[1])}")
        return points, X, np.abs(points).max(axis=0) + np.zeros_like(points)
    transform = np.asarray(design.transform)
    if X.shape[1] != len(transform):
        names = f" ({', '.join(design.pool_columns)})" if 0 < len(design.pool_columns) <= 10 else ""
        raise InvalidDataError(
            f"X has {X.shape[1]} columns; the design was drawn for a pool of {len(transform)}{names}. "
            "Fit those, or draw a design for the columns that you mean"
        )
    return np.asarray(design.features), X @ transform, np.abs(X) @ np.abs(transform)


def _advice(design: Any, n_rows: int) -> str:
    if design.indices is None:
        return "pass X=design.points and their responses, in that order"
    whole = " and y[design.indices]" if n_rows == design.n_pool else " and their labels, in that order"
    return f"pass X[design.indices]{whole}; {GATHER}"


def require_magnitude(features: FloatArray, y: FloatArray) -> None:
    """Refuse numbers whose squares leave the range of double precision.

    Examples
    --------
    >>> require_magnitude(np.ones((2, 1)), np.array([1.0, 1e200]))
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: y reaches 1e+200, whose square is no number any more; rescale it first
    """
    for name, values in (("y", y.reshape(len(y), -1)), ("X", features)):
        with np.errstate(over="ignore", under="ignore"):
            squares = np.einsum("ij,ij->j", values, values)
        if ((squares > len(values) / LARGEST**2) & (squares < LARGEST**2)).all():
            continue
        largest = np.abs(values).max(axis=0, initial=0.0)
        bad = np.flatnonzero((largest > LARGEST) | ((largest > 0) & (largest < 1 / LARGEST)))
        if bad.size:
            column = "" if values.shape[1] == 1 else f" in column {bad[0]}"
            raise InvalidDataError(
                f"{name} reaches {largest[bad[0]]:g}{column}, whose square is no number any more; rescale it first"
            )


def require_finite(values: FloatArray, name: str, columns: tuple[str, ...] | None = None) -> None:
    """Refuse NaN and infinity with the place, columns by their names.

    Examples
    --------
    >>> require_finite(np.array([[1.0, np.nan]]), "X", ("a", "b"))
    Traceback (most recent call last):
    ...
    stattools._errors.InvalidDataError: X has NaN at row 0, column 'b'; remove or impute it first
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.sum(values)):
            return
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    index = np.unravel_index(int(np.argmax(bad)), values.shape)
    number = "NaN" if np.isnan(values[index]) else "inf" if values[index] > 0 else "-inf"
    where = _validation.place(index, values.ndim)
    if columns is not None and values.ndim == 2:
        where = f"row {index[0]}, column {columns[int(index[1])]!r}"
    raise InvalidDataError(f"{name} has {number} at {where}; remove or impute it first")
