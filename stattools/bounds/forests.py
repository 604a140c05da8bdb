"""Certificates of forests and bagged classifiers from the data that each member was not trained on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from stattools import _validation
from stattools._errors import InvalidDataError, InvalidParameterError
from stattools._typing import BoolArray, FloatArray, IntArray
from stattools.bounds.fresh import fresh_clone, parts_of
from stattools.bounds.votes import METHODS, majority_vote

if TYPE_CHECKING:
    from stattools.bounds.table import BoundTable
    from stattools.results.bound import BoundResult

REMEDY = "pass the very data of its fit in the same order, or new data with data='hold_out'"
HARD_VOTE = (
    "the vote is that in which each member casts its weight for one class, a tie being an error; the forest's own "
    "predict averages probabilities and may differ"
)


def forest_certificate(
    forest: Any,
    X: Any,
    y: Any,
    *,
    data: str = "out_of_bag",
    weights: Any = None,
    method: str = "all",
    xi: str = "maurer",
    delta: float = 0.05,
    data_name: str = "",
) -> BoundResult | BoundTable:
    """Bound the error of the majority vote of a fitted forest or bagged classifier.

    Parameters
    ----------
    forest : fitted scikit-learn classifier
        RandomForestClassifier, ExtraTreesClassifier or BaggingClassifier. With "out_of_bag" it was fitted with
        ``bootstrap=True``, or bagged subsets, all data having the same weight.
    X : (n, d) array_like
        With "out_of_bag" the very data it was fitted on, in the same order.
    y : (n,) array_like
    data : {"out_of_bag", "hold_out"}
        "hold_out" says that the n data took no part in fitting.
    weights : (T,) array_like, optional
        As in `majority_vote`.
    method : {"first_order", "tandem", "disagreement", "c_bound", "all"}
        As in `majority_vote`; all but the first need pairs of members that share data out of both bags. Where some
        do not, "all" gives the first alone.
    xi : {"maurer", "exact"}
    delta : float, default 0.05
    data_name : str

    Returns
    -------
    BoundResult or BoundTable
        Of the error of the vote in which each member casts its weight for one class, a tie being an error. The
        ``predict`` of scikit-learn averages probabilities of the members instead; for trees that were grown until
        their leaves are pure the two are the same.

    Raises
    ------
    InvalidParameterError
        `forest` is not fitted, kept no data out of bag, or which data these are cannot be trusted.
    InvalidDataError
        X and y are not what it was fitted on.

    Notes
    -----
    scikit-learn keeps no bags but draws them again from the seeds of the members. Of trees it is checked that the data
    of each bag, sent down the tree, fill every node as they did when it was grown. Other members must be fitted on
    their bag alone: those whose ``fit`` takes ``sample_weight`` got all data, with weight 0 out of the bag, which some
    ignore, and are refused. Their data and order cannot be checked.

    References
    ----------
    .. [1] Lorenzen, Igel and Seldin (2019), On PAC-Bayesian bounds for random forests, Mach. Learn. 108, 1503-1522;
       Masegosa, Lorenzen, Igel and Seldin (2020), NeurIPS 33.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(50, random_state=0).fit(X, y)
    >>> table = forest_certificate(forest, X, y)
    >>> round(table["first_order"].value, 2)
    0.31
    """
    _validation.choice(data, ("out_of_bag", "hold_out"), "data")
    _validation.choice(method, (*METHODS, "all"), "method")
    if data == "out_of_bag":
        votes, valid = out_of_bag_votes(forest, X, y)
    else:
        points = _validation.float_array(X, "X", ndim=2)
        votes, valid = _votes(forest, points), None
    found: Any = majority_vote(
        votes, y, valid=valid, weights=weights, method=method, xi=xi, delta=delta,
        data_name=data_name or f"{type(forest).__name__} of {len(votes)}, {data.replace('_', ' ')}",
    )  # fmt: skip
    if method != "all":
        return _of_hard_vote(found)
    table: BoundTable = dataclasses.replace(found, bounds=tuple(_of_hard_vote(bound) for bound in found))
    return table


def _of_hard_vote(bound: BoundResult) -> BoundResult:
    return dataclasses.replace(bound, assumptions=(*bound.assumptions, HARD_VOTE))


def out_of_bag_votes(forest: Any, X: Any, y: Any = None) -> tuple[Any, BoolArray]:
    """Labels that the members of a forest give to its own training data, and where these were out of their bag.

    Parameters
    ----------
    forest : fitted scikit-learn classifier
    X : (n, d) array_like
        The data it was fitted on, in the same order.
    y : (n,) array_like, optional
        Labels it was fitted on; trees are checked against them.

    Returns
    -------
    votes : (T, n) ndarray
        Labels.
    valid : (T, n) ndarray of bool
        True where a member was not trained on a datum.

    Raises
    ------
    InvalidParameterError
        `forest` is not fitted, kept no data out of bag, or which data these are cannot be trusted.
    InvalidDataError
        X or y is not what the forest was fitted on.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> votes, valid = out_of_bag_votes(RandomForestClassifier(20, random_state=0).fit(X, y), X)
    >>> bool(0.3 < valid.mean() < 0.45)
    True
    """
    points = _validation.float_array(X, "X", ndim=2)
    votes = _votes(forest, points)
    _refuse_weights(forest)
    codes = None if y is None else _codes(forest, y, len(points))
    if not all(_is_tree(member) for member in forest.estimators_):
        _check_other_members(forest)
    valid = np.ones(votes.shape, dtype=bool)
    for t, bag in enumerate(forest.estimators_samples_):
        if np.size(bag) and int(np.max(bag)) >= len(points):
            raise InvalidDataError(
                f"X has {len(points)} rows, and member {t} was trained on row {int(np.max(bag))}; pass the same X"
            )
        if _is_tree(forest.estimators_[t]):
            _check_tree(forest, t, points, codes, np.asarray(bag))
        valid[t, bag] = False
    if len(points) != getattr(forest, "_n_samples", len(points)):
        raise InvalidDataError(f"X has {len(points)} rows; the forest was fitted on {forest._n_samples}: {REMEDY}")
    if not valid.any():
        raise InvalidParameterError(
            "forest has no datum out of the bag of any member, as with bootstrap=False; fit with bootstrap=True"
        )
    return votes, valid


# who was trained on what ---------------------------------------------------------------------------------------------
def _refuse_weights(forest: Any) -> None:
    weights = getattr(forest, "_sample_weight", None)
    uneven = weights is not None and np.ptp(weights) > 0
    if uneven or getattr(forest, "class_weight", None) not in (None, "balanced_subsample"):
        raise InvalidParameterError(
            "forest was fitted with weights of data or classes: what is out of bag, or a member itself, then depends "
            "on labels out of the bag; fit without them, or use data='hold_out'"
        )


def _codes(forest: Any, y: Any, n: int) -> IntArray:
    """Numbers of the labels among the classes of the forest."""
    labels = np.asarray(y)
    if labels.shape != (n,):
        raise InvalidDataError(f"y has shape {labels.shape}; X has {n} rows")
    _validation.group_codes(labels, "y")
    matches = labels[:, None] == forest.classes_[None, :]
    if np.shape(matches) != (n, len(forest.classes_)) or not matches.any(axis=1).all():
        raise InvalidDataError(f"y has labels that are no classes of the forest: {REMEDY}")
    codes: IntArray = np.argmax(matches, axis=1)
    return codes


def _is_tree(member: Any) -> bool:
    return hasattr(member, "tree_") and hasattr(member, "apply")


def _check_other_members(forest: Any) -> None:
    """Members whose bags cannot be verified must have been fitted on rows of the bag alone, in one call."""
    if forest.warm_start:
        raise InvalidParameterError(
            "forest has warm_start=True: its members may come from fits on different data, of which no record is kept; "
            "use data='hold_out'"
        )
    fresh_clone(getattr(forest, "estimator_", forest.estimators_[0]))
    for member in forest.estimators_:
        if not _is_tree(member) and _takes_weights(member):
            raise InvalidParameterError(
                f"forest bags a {type(member).__name__}, whose fit takes sample_weight: it was given all data, with "
                "weight 0 out of the bag, and whether it ignored those cannot be verified; use data='hold_out', or bag "
                f"make_pipeline({type(member).__name__}(...)), which gets the rows of the bag alone"
            )


def _takes_weights(member: Any) -> bool:
    from sklearn.utils.validation import has_fit_parameter

    if has_fit_parameter(member, "sample_weight"):
        return True
    requests = [getattr(part, "_metadata_request", None) for part in parts_of(member)]
    return any(getattr(each.fit, "requests", {}).get("sample_weight") for each in requests if each is not None)


def _check_tree(forest: Any, t: int, points: FloatArray, codes: IntArray | None, bag: IntArray) -> None:
    """The bag, sent down the tree, must fill its leaves as it did when the tree was grown."""
    member, tree = forest.estimators_[t], forest.estimators_[t].tree_
    columns = getattr(forest, "estimators_features_", [slice(None)] * (t + 1))[t]
    counts = np.bincount(bag, minlength=len(points)).astype(np.float64)
    weights = counts if codes is None else counts * _subsample_weights(forest, codes, bag)
    leaf, is_leaf = member.apply(points[:, columns]), tree.children_left < 0
    distinct = np.bincount(leaf, weights=counts > 0, minlength=tree.node_count)
    same = np.array_equal(distinct[is_leaf], tree.n_node_samples[is_leaf])
    if codes is not None or getattr(forest, "class_weight", None) is None:
        filled = np.bincount(leaf, weights=weights, minlength=tree.node_count)
        same = same and _proportional(filled[is_leaf], tree.weighted_n_node_samples[is_leaf])
    if not same:
        raise InvalidDataError(
            f"the data out of the bag of member {t} do not fit how it was grown: X is not what it was fitted on, or in "
            f"another order, or members come from several fits (warm_start), or data had weights; {REMEDY}"
        )
    if codes is not None and not _same_classes(member, leaf, codes, weights):
        raise InvalidDataError(f"y is not what member {t} was fitted on, or in another order; {REMEDY}")


def _subsample_weights(forest: Any, codes: IntArray, bag: IntArray) -> Any:
    if getattr(forest, "class_weight", None) is None:
        return 1.0
    from sklearn.utils.class_weight import compute_sample_weight

    return compute_sample_weight("balanced", codes, indices=bag)


def _same_classes(member: Any, leaf: IntArray, codes: IntArray, weights: FloatArray) -> bool:
    """Shares of the classes at the root, and at the leaves where these are shares."""
    tree, known = member.tree_, np.asarray(member.classes_).astype(np.intp)
    masses = np.zeros((tree.node_count, max(int(known.max()), int(codes.max())) + 1))
    np.add.at(masses, (leaf, codes), weights)
    shares = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    stated = np.zeros(masses.shape)
    stated[:, known] = shares
    places = np.flatnonzero(tree.children_left < 0)
    if getattr(member, "monotonic_cst", None) is not None:  # whose leaves are clipped
        places = places[:0]
    root = np.allclose(masses.sum(axis=0) / masses.sum(), stated[0], rtol=0, atol=1e-9)
    return root and np.allclose(
        masses[places], stated[places] * masses[places].sum(axis=1, keepdims=True), rtol=1e-9, atol=1e-9 * masses.sum()
    )


def _proportional(a: FloatArray, b: FloatArray) -> bool:
    """Equal up to one factor, such as one weight of all data."""
    return bool(np.allclose(a * b.sum(), b * a.sum(), rtol=1e-9, atol=0))


def _votes(forest: Any, points: FloatArray) -> Any:
    """(T, n) labels; members speak of classes by their number."""
    from sklearn.ensemble import BaggingClassifier, ExtraTreesClassifier, RandomForestClassifier

    if not isinstance(forest, (RandomForestClassifier, ExtraTreesClassifier, BaggingClassifier)):
        raise InvalidParameterError(
            f"forest is a {type(forest).__name__}; it takes a RandomForest-, ExtraTrees- or BaggingClassifier"
        )
    members, classes = getattr(forest, "estimators_", None), getattr(forest, "classes_", None)
    if members is None:
        raise InvalidParameterError(f"forest is a {type(forest).__name__} that is not fitted; call fit first")
    if not isinstance(classes, np.ndarray):
        raise InvalidParameterError("forest has several outputs; certify forests of one output each")
    if points.shape[1] != getattr(forest, "n_features_in_", points.shape[1]):
        raise InvalidDataError(f"X has {points.shape[1]} columns; the forest was fitted on {forest.n_features_in_}")
    features = getattr(forest, "estimators_features_", [slice(None)] * len(members))
    codes = [np.asarray(m.predict(points[:, f])).astype(np.intp) for m, f in zip(members, features, strict=True)]
    return classes[np.stack(codes)]
