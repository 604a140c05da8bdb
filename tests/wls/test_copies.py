import numpy as np
import pandas as pd
import pytest

from stattools.exceptions import InvalidDataError
from stattools.wls import FunctionSpace, PolynomialSpace, WeightedLeastSquares, optimal_design, pool_design
from stattools.wls.copies import check_labels, copies_of, exact_rows, first_copies, row_words


def repeated(seed=1):
    X = np.random.default_rng(0).normal(size=(8, 2))
    return X, pool_design(X, 15, method="leverage", rng=seed)


# property ------------------------------------------------------------------------------------------------------------
def test_copies_are_equal_rows():
    _, design = repeated()
    copies = copies_of(design, 15)
    same = design.indices[:, None] == design.indices
    np.testing.assert_array_equal(copies[:, None] == copies, same)
    kept = design.indices[first_copies(design)]
    assert len(np.unique(kept)) == len(kept) == design.n_unique
    assert kept.tolist() == list(dict.fromkeys(design.indices.tolist()))


def test_copies_of_points_are_found_in_discrete_spaces():
    nodes = np.arange(6.0)
    space = FunctionSpace(lambda x: np.column_stack([np.ones(len(x)), (x[:, 0] - 2.5) / np.sqrt(35 / 12)]), nodes)
    design = optimal_design(space, 12, method="iid", condition=False, rng=1)
    copies = copies_of(design, 12)
    np.testing.assert_array_equal(copies[:, None] == copies, design.points[:, 0][:, None] == design.points[:, 0])
    assert copies_of(optimal_design(PolynomialSpace("legendre", degree=2), 9, rng=1), 9) is None
    assert copies_of(None, 3) is None


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_rows_that_the_whole_pool_reproduces(scale):
    X = np.column_stack([np.ones(30), np.arange(30.0), np.arange(30) == 4]) * [1.0, scale, 1.0]
    design = pool_design(X, 20, method="volume", rng=1)
    np.testing.assert_array_equal(exact_rows(design), design.indices == 4)
    assert exact_rows(pool_design(X[:, :2], 20, method="volume", rng=1)) is None


def test_rows_are_named_by_the_pool_and_by_their_label():
    _, design = repeated()
    row = int(design.indices[2])
    assert row_words(design, 2) == f"row {row} of the pool"
    assert row_words(design, 2, pd.Index([f"r{i}" for i in design.indices])) == (
        f"row {row} of the pool, index 'r{row}'"
    )
    assert row_words(design, 2, pd.Index(design.indices)) == f"row {row} of the pool"
    assert row_words(None, 2, pd.RangeIndex(5)) == "row 2"
    assert row_words(None, 2, pd.Index(list("abcde"))) == "index 'c'"


def test_labels_that_differ_by_rounding_are_one():
    _, design = repeated()
    labels = np.arange(8.0)[design.indices]
    check_labels(labels * (1 + 1e-12 * np.arange(15)), design)
    check_labels(labels[:, None] * [1.0, 1e-9], design)


# errors --------------------------------------------------------------------------------------------------------------
def test_two_labels_are_named_with_their_row():
    X, design = repeated()
    labels = np.arange(8.0)[design.indices]
    counts = np.bincount(design.indices)
    row = int(np.flatnonzero(counts > 1)[0])
    labels[np.flatnonzero(design.indices == row)[1]] = 99.0
    with pytest.raises(InvalidDataError, match=f"row {row} of the pool .* with the labels {row} and 99; one row has"):
        check_labels(labels, design)
    with pytest.raises(InvalidDataError, match=f"row {row} of the pool"):
        WeightedLeastSquares().fit(X[design.indices], labels, design=design)
