import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import stats

from stattools.exceptions import (
    DegenerateDataError,
    DegenerateDataWarning,
    InvalidDataError,
    InvalidParameterError,
)
from stattools.results import Result
from stattools.wls import leverage_scores, pool_design
from stattools.wls.conditional import completion
from stattools.wls.poollaws import LAWS, PoolProblem
from stattools.wls.rows import orthonormal_rows
from tests import naive_wls
from tests.helpers import assert_snapshot

POOL = np.random.default_rng(0).standard_t(3, size=(300, 6))
RANDOM = tuple(name for name in LAWS if name != "d_optimal")


def draw(method, X=POOL, n=14, **options):
    options = {"regularization": 2.0, **options} if method == "regularized_volume" else options
    return pool_design(X, n, method=method, **{"rng": 1, "n_simulations": 0, **options})


def problem(X, method, n, fixed=(), **options):
    return PoolProblem(orthonormal_rows(X), method, n, np.array(fixed, dtype=int), **options)


def counts_of(law, sets, n_draws, generator):
    counts = dict.fromkeys(sets, 0)
    for _ in range(n_draws):
        counts[tuple(sorted(law(generator).tolist()))] += 1
    return np.array(list(counts.values()))


# naive: laws against enumeration -------------------------------------------------------------------------------------
@pytest.mark.compiled
@pytest.mark.parametrize(
    "fixed, size", [((), 3), ((), 5), ((1,), 3), ((1, 4), 2), ((0, 1, 2, 5), 2), ((0, 1, 2, 5), 3), ((3, 6), 1)]
)
def test_volume_sampling_around_chosen_rows_has_its_law(fixed, size):
    X = np.random.default_rng(3).normal(size=(8, 3))
    law = completion(orthonormal_rows(X), np.array(fixed, dtype=int), size)
    sets, chances = naive_wls.volume_law(X, size, fixed)
    counts = counts_of(law.draw, sets, 6000, np.random.default_rng(4))
    assert stats.chisquare(counts, chances * 6000).pvalue > 1e-3


def test_chosen_rows_that_repeat_or_reach_little_are_completed():
    X = np.array([[1, 0, 0], [2, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1.0]])
    law = completion(orthonormal_rows(X), np.array([0, 1]), 2)
    sets, chances = naive_wls.volume_law(X, 2, (0, 1))
    counts = counts_of(law.draw, sets, 3000, np.random.default_rng(5))
    assert (counts[chances < 1e-12] == 0).all()
    possible = chances > 1e-12
    assert stats.chisquare(counts[possible], chances[possible] * 3000).pvalue > 1e-3


@pytest.mark.parametrize("tilted", [False, True])
def test_leveraged_volume_sampling_has_its_law(tilted):
    """Ordered sequences of rows, with the law of independent rows by leverage or tilted by costs."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(4, 2))
    cost = rng.uniform(1, 9, 4) if tilted else None
    law = problem(X, "leveraged_volume", 3, cost=cost)
    features, masses = law.rows.features(np.arange(4)), np.full(4, 0.25)
    pmf = naive_wls.volume_sequence_law(features, masses, law.scores, 3)
    draws = [tuple(LAWS["leveraged_volume"].draw(law, rng).where.tolist()) for _ in range(8000)]
    counts = np.array([draws.count(s) for s in itertools.product(range(4), repeat=3)])
    expected = pmf.ravel() / pmf.sum() * 8000
    possible = expected > 1e-9
    assert counts[~possible].sum() == 0
    assert stats.chisquare(counts[possible], expected[possible]).pvalue > 1e-3
    if tilted:
        expected = leverage_scores(X) / np.sqrt(cost)
        np.testing.assert_allclose(law.scores, expected / expected.sum(), rtol=1e-12)


@pytest.mark.parametrize("method", [name for name in RANDOM if name != "regularized_volume"])
def test_inclusion_probabilities_are_those_of_the_law(method):
    X = np.random.default_rng(7).standard_t(2, size=(12, 3))
    law = problem(X, method, 7, p=1.5 if method in ("lewis", "sensitivity") else 2.0)
    stated, generator = LAWS[method].included(law), np.random.default_rng(8)
    seen = np.zeros(12)
    for _ in range(3000):
        seen[np.unique(LAWS[method].draw(law, generator).where)] += 1
    # 4.5 standard errors of a share of 3000, twelve at a time
    np.testing.assert_allclose(seen / 3000, stated, atol=4.5 * 0.5 / np.sqrt(3000))
    assert abs(seen / 3000 - stated).max() > 0


def test_a_row_with_leverage_one_is_always_taken():
    X = np.zeros((40, 3))
    X[:, :2] = np.random.default_rng(9).normal(size=(40, 2))
    X[17, 2] = 5.0
    for method in ("volume", "leveraged_volume", "repeated_dpp"):
        design = pool_design(X, 6, method=method, rng=1)
        assert 17 in design.indices and design.inclusion_probabilities[17] == pytest.approx(1, abs=1e-12)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", LAWS)
def test_designs_describe_their_rows(method):
    design = draw(method)
    assert design.n == 14 and design.n_pool == 300 and design.dim == 6
    np.testing.assert_allclose(design.features, POOL[design.indices] @ design.transform, rtol=1e-10, atol=1e-12)
    if not LAWS[method].replacement:
        assert design.n_unique == 14 and (design.sampling_weights == 1).all()
    assert design.new_indices.tolist() == sorted(set(design.indices.tolist()))
    assert Result.from_json(design.to_json()) == design
    assert design == draw(method)


@pytest.mark.parametrize("method", ["leverage", "leveraged_volume", "repeated_dpp"])
def test_weights_are_the_rank_over_n_leverages(method):
    design = draw(method)
    leverage = leverage_scores(POOL)
    np.testing.assert_allclose(design.sampling_weights, 6 / (300 * leverage[design.indices]), rtol=1e-10)


@pytest.mark.parametrize("method", [name for name in LAWS if name != "regularized_volume"])  # whose penalty has units
def test_units_of_the_columns_do_not_matter(method):
    scales = 10.0 ** np.array([-8, -4, 0, 3, 6, 8])
    first, second = draw(method), draw(method, POOL * scales)
    np.testing.assert_array_equal(first.indices, second.indices)
    np.testing.assert_allclose(first.sampling_weights, second.sampling_weights, rtol=1e-8)
    np.testing.assert_allclose(first.eigenvalues, second.eigenvalues, rtol=1e-8)


def test_input_types_give_the_same_design():
    whole = np.round(POOL * 4)
    expected = pool_design(whole, 14, rng=1)
    frame = pd.DataFrame(whole, columns=list("abcdef"))
    for other in (
        np.asfortranarray(whole),
        whole.astype(np.int64),
        whole.astype(np.float32),
        frame,
        pl.from_pandas(frame),
    ):
        np.testing.assert_array_equal(pool_design(other, 14, rng=1).indices, expected.indices)
    assert pool_design(frame, 14, rng=1).pool_columns == tuple("abcdef")


def test_a_memmap_gives_the_same_design_and_stays_one(tmp_path):
    path = tmp_path / "pool.dat"
    mapped = np.memmap(path, dtype=np.float64, mode="w+", shape=POOL.shape)
    mapped[:] = POOL
    design = pool_design(mapped, 14, rng=1)
    np.testing.assert_array_equal(design.indices, pool_design(POOL, 14, rng=1).indices)
    assert isinstance(design._problem.rows.matrix, np.memmap) and design._problem.rows.stored is None
    single = np.memmap(tmp_path / "single.dat", dtype=np.float32, mode="w+", shape=POOL.shape)
    single[:] = POOL
    small = pool_design(single, 14, rng=1)
    assert small._problem.rows.matrix.dtype == np.float32
    np.testing.assert_array_equal(small.indices, pool_design(POOL.astype(np.float32), 14, rng=1).indices)


def test_formulas_and_tables_make_the_columns():
    rng = np.random.default_rng(2)
    data = pd.DataFrame({"x": rng.normal(size=80), "g": rng.choice(list("abc"), 80), "price": rng.uniform(1, 2, 80)})
    design = pool_design("~ poly(x, 3) + C(g)", 9, data=data, rng=1)
    assert design.dim == 6 and design.formula == "~ poly(x, 3) + C(g)" and len(design.pool_columns) == 6
    assert pool_design("~ x + g", 12, data=pl.from_pandas(data), cost="price", rng=1).total_cost > 0
    table = design.to_frame(data)
    assert table["x"].tolist() == data["x"].iloc[design.indices].tolist()


def test_automatic_choice():
    pick = lambda n, **options: pool_design(POOL, n, rng=1, n_simulations=0, **options).method
    assert (pick(11), pick(12), pick(30, given=[0])) == ("volume", "leveraged_volume", "volume")
    assert pick(7, cost=np.ones(300)) == "leveraged_volume" and pick(4, regularization=1.0) == "regularized_volume"


def test_given_rows_come_first_and_new_ones_complement_them():
    design = pool_design(POOL, 8, given=[5, 3], must_include=[7], rng=1)
    assert design.indices[:2].tolist() == [3, 5] and design.given[:2].all() and not design.given[2:].any()
    assert len(design.new_indices) == 8 and 7 in design.new_indices and not {3, 5} & set(design.new_indices.tolist())
    mask = np.zeros(300, dtype=bool)
    mask[[3, 5]] = True
    assert pool_design(POOL, 8, given=mask, must_include=[7], rng=1) == design
    # labels that say nothing new are avoided: given rows span a plane in which the new ones add little
    nearly = np.vstack([np.eye(3)[[0, 0, 1, 1]], np.eye(3)[[2]], np.eye(3)[[0, 1]] * 0.1])
    counts = [pool_design(nearly, 1, given=[0, 2], rng=k, n_simulations=0).new_indices[0] for k in range(5)]
    assert set(counts) == {4}
    exchange = pool_design(POOL, 8, method="d_optimal", given=[3, 5], must_include=[7])
    assert {3, 5, 7} <= set(exchange.indices.tolist())


def test_cost_is_counted_once_for_a_row_that_was_drawn_twice():
    X = np.vstack([np.eye(2) * 100, np.random.default_rng(1).normal(size=(6, 2))])
    cost = np.arange(1.0, 9.0)
    design = pool_design(X, 20, method="leverage", cost=cost, rng=1)
    assert design.n_unique < 20
    assert design.total_cost == cost[np.unique(design.indices)].sum()


def test_dearer_rows_are_drawn_less_often():
    cost = np.where(np.arange(300) < 150, 1.0, 9.0)
    chances = problem(POOL, "leverage", 10, cost=cost).scores / problem(POOL, "leverage", 10).scores
    np.testing.assert_allclose(chances[:150] / chances[150:], 3.0, rtol=1e-12)


def test_labels_are_gathered_in_the_order_of_the_design():
    design = pool_design(POOL, 40, method="leverage", rng=1)
    assert design.n_unique < 40
    value = lambda row: 10.0 * row + 1
    new = design.new_indices
    everything = np.full(300, np.nan)
    everything[new] = value(new)
    shuffled = pd.Series(value(new), index=new).sample(frac=1, random_state=1)
    for labels in (everything, value(new), {int(r): value(r) for r in new}, shuffled):
        np.testing.assert_array_equal(design.gather(labels), value(design.indices))
    with pytest.raises(InvalidDataError, match=f"no number for row {new[0]}"):
        design.gather({int(r): 1.0 for r in new[1:]})
    with pytest.raises(
        InvalidDataError, match=r"labels has 3 entries; it takes one for each of \d+ rows of new_indices"
    ):
        design.gather([1.0, 2.0, 3.0])
    given = pool_design(POOL, 8, given=[3, 5], rng=1)
    with pytest.raises(InvalidDataError, match="pass a mapping, or one entry a row"):
        given.gather(np.ones(8))


def test_labels_of_a_table_are_not_taken_for_positions():
    data = pd.DataFrame(POOL, columns=list("abcdef")).sample(frac=1, random_state=2)
    with pytest.raises(InvalidDataError, match=r"pass positions: data.index.get_indexer\(given\)"):
        pool_design(data, 8, given=data.index[:3], rng=1)
    with pytest.raises(InvalidDataError, match=r"cost.reindex\(data.index\)"):
        pool_design(data, 14, cost=pd.Series(np.ones(300)), rng=1)
    fine = pool_design(data, 8, given=data.index.get_indexer(data.index[:3]), rng=1)
    assert fine.to_frame(data).index.tolist() == data.index[fine.indices].tolist()


def test_columns_of_pyarrow_tables_have_their_names():
    table = pa.Table.from_pandas(pd.DataFrame(POOL, columns=list("abcdef")))
    assert pool_design(table, 14, rng=1).pool_columns == tuple("abcdef")
    costly = table.append_column("price", pa.array(np.ones(300)))
    assert pool_design("~ a + b", 14, data=costly, cost="price", rng=1).total_cost >= 10


def test_chosen_rows_of_a_heavy_tailed_pool_are_completed():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(20_000), np.exp(3 * rng.normal(size=(20_000, 3)))])
    largest = np.argsort(X[:, 1:].max(axis=1))[:4]
    design = pool_design(X, 4, must_include=largest, rng=1)
    assert sorted(design.indices.tolist()) == sorted(largest.tolist())


# more rows -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", [name for name in RANDOM if name != "regularized_volume"])
def test_extensions_keep_what_was_drawn(method):
    design = draw(method)
    longer = design.extend(5)
    assert longer.n == 19 and (longer.indices[:14] == design.indices).all()
    np.testing.assert_array_equal(longer.sampling_weights[:14], design.sampling_weights)
    assert longer == design.extend(5) and longer.unbiased == design.unbiased
    if not LAWS[method].replacement:
        assert longer.n_unique == 19
    restored = Result.from_json(design.to_json())
    with pytest.raises(InvalidParameterError, match="pass X, the pool"):
        restored.extend(5)
    assert restored.extend(5, X=POOL) == longer
    with pytest.raises(InvalidDataError, match="is not the pool of the design"):
        restored.extend(5, X=POOL[::-1])
    assert not np.array_equal(longer.extend(3).indices[19:], longer.indices[14:17])


@pytest.mark.compiled
def test_an_extended_volume_design_has_the_law_of_a_longer_one():
    X = np.random.default_rng(3).normal(size=(7, 2))
    sets, chances = naive_wls.volume_law(X, 4)
    counts = counts_of(
        lambda generator: pool_design(X, 2, method="volume", rng=generator, n_simulations=0).extend(2).indices,
        sets,
        1500,
        np.random.default_rng(11),
    )
    assert stats.chisquare(counts, chances * 1500).pvalue > 1e-3


def test_inclusion_after_extensions_knows_every_block():
    X = np.random.default_rng(0).normal(size=(12, 3))
    design = pool_design(X, 7, method="repeated_dpp", n_simulations=0, rng=0).extend(2).extend(3)
    leverage, missed = leverage_scores(X), 1.0
    for size in np.bincount(design.block_id):
        missed = missed * (1 - size / 3 * leverage)
    assert np.bincount(design.block_id).tolist() == [3, 3, 1, 2, 3]
    np.testing.assert_allclose(design.inclusion_probabilities, 1 - missed, rtol=1e-12)


def test_a_pool_can_be_used_up_and_no_more():
    design = pool_design(np.random.default_rng(0).normal(size=(10, 2)), 8, method="volume", rng=1)
    assert design.extend(2).n_unique == 10
    with pytest.raises(InvalidDataError, match="n is 3; 2 rows of the pool are not in the design yet"):
        design.extend(3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"method": "d_optimal"}, "given=design.indices"),
        ({"method": "regularized_volume", "regularization": 1.0}, "given=design.indices"),
        ({"method": "volume", "given": [1]}, "around rows chosen beforehand"),
    ],
)
def test_laws_without_an_extension_say_so(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        pool_design(POOL, 14, rng=1, **options).extend(3)


def test_extensions_on_a_space():
    from stattools.wls import PolynomialSpace, optimal_design

    space = PolynomialSpace("legendre", degree=4)
    for method in ("iid", "volume", "repeated_dpp"):
        design = optimal_design(space, 12, method=method, rng=1)
        longer = design.extend(6)
        assert longer.n == 18 and (longer.points[:12] == design.points).all()
        assert "conditioned on stability; 6 were added without" in " ".join(longer.notes)
        np.testing.assert_array_equal(longer.features, space.evaluate(longer.points))
    assert longer.block_id.max() == 4
    for options in ({"method": "greedy"}, {"method": "dpp", "condition": False}, {"n": 15, "subsample_to": 10}):
        with pytest.raises(InvalidParameterError):
            optimal_design(space, rng=1, **options).extend(2)


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"n": 5}, InvalidDataError, "n is 5; the pool has rank d = 6"),
        ({"n": 301, "method": "volume"}, InvalidDataError, "n is 301, and 300 rows are there"),
        ({"n": 0}, InvalidParameterError, "n is 0"),
        ({"method": "levrage"}, InvalidParameterError, "did you mean 'leverage'"),
        ({"given": [0, 0]}, InvalidDataError, "given has row 0 more than once"),
        ({"given": [300]}, InvalidDataError, "given has 300 at index 0; it takes row numbers from 0 to 299"),
        ({"given": [0.5]}, InvalidDataError, "given has 0.5 at index 0"),
        ({"given": np.ones(5, dtype=bool)}, InvalidDataError, r"given is a mask of shape \(5,\)"),
        ({"given": [1], "must_include": [1]}, InvalidDataError, "row 1 is in given and in must_include"),
        ({"must_include": np.arange(20)}, InvalidDataError, "must_include has 20 rows, and n is 14"),
        (
            {"given": [1], "method": "leverage"},
            InvalidParameterError,
            "given and must_include are for 'uniform', 'volume'",
        ),
        ({"cost": np.zeros(300)}, InvalidDataError, "cost has 0 at index 0; costs must be positive"),
        ({"cost": np.ones(3)}, InvalidDataError, "cost has 3 entries for 300 rows"),
        (
            {"cost": np.ones(300), "method": "volume"},
            InvalidParameterError,
            "cost is for 'leverage', 'leveraged_volume'",
        ),
        ({"cost": "price"}, InvalidParameterError, "a column can be named for a formula with data only"),
        (
            {"regularization": 1, "method": "volume"},
            InvalidParameterError,
            "it is for 'regularized_volume', not 'volume'",
        ),
        ({"regularization": -1}, InvalidParameterError, "regularization is -1"),
        ({"p": 1}, InvalidParameterError, "p is 1; it is for 'lewis' and 'sensitivity'"),
        ({"p": 0.5, "method": "sensitivity"}, InvalidParameterError, "sensitivities need p of at least 1"),
        ({"delta": 1}, InvalidParameterError, "delta is 1"),
        ({"data": POOL}, InvalidParameterError, "data is given with an array X"),
    ],
)
def test_bad_options_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        pool_design(POOL, **{"n": 14, "rng": 1, **options})


@pytest.mark.parametrize(
    "X, error, message",
    [
        (np.full((5, 2), np.nan), InvalidDataError, "X has nan at row 0, column 0"),
        (np.zeros((5, 2)), DegenerateDataError, "zero"),
        ("~ x", InvalidParameterError, "which needs data"),
        (np.empty((0, 2)), InvalidDataError, "X is empty"),
        ([["a"]], InvalidDataError, "must hold real numbers"),
    ],
)
def test_bad_pools_are_refused(X, error, message):
    with pytest.raises(error, match=message):
        pool_design(X, 3, rng=1)


def test_rank_deficient_pools_are_worked_on_in_their_span():
    X = np.column_stack([POOL[:, :3], POOL[:, :3] @ [1.0, -2.0, 3.0]])
    with pytest.warns(DegenerateDataWarning, match="rank 3 with 4 columns"):
        design = pool_design(X, 5, rng=1)
    assert design.dim == 3 and design.transform.shape == (4, 3)
    with pytest.warns(DegenerateDataWarning), pytest.raises(InvalidDataError, match="rank d = 3"):
        pool_design(X, 2, rng=1)


def test_given_rows_of_low_rank_are_told():
    X = np.vstack([np.eye(4)[[0] * 5], np.eye(4)])
    with pytest.raises(DegenerateDataError, match=r"have rank 1; with 2 others the rank d = 4 .* Raise n to 6 or more"):
        pool_design(X, 2, given=[0, 1, 2], method="volume", rng=1)


def test_rows_of_zeros_are_never_drawn_by_leverage():
    X = np.vstack([np.zeros((20, 2)), np.random.default_rng(1).normal(size=(10, 2))])
    design = pool_design(X, 8, method="leverage", rng=1)
    assert design.indices.min() >= 20 and "20 rows of zeros have no leverage" in design.notes


def test_equal_rows_one_column_and_one_row():
    assert pool_design(np.ones((5, 1)), 3, rng=1).lambda_min == pytest.approx(1)
    assert pool_design(np.ones(5), 5, method="volume", rng=1).n_unique == 5
    assert pool_design([[2.0]], 1, rng=1).indices.tolist() == [0]


# print ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, options",
    [
        ("volume", {"n": 9}),
        ("leveraged", {"n": 20, "cost": np.linspace(1, 2, 300)}),
        ("given", {"n": 8, "given": [3, 5]}),
        ("regularized", {"n": 4, "regularization": 2.0}),
        ("lewis", {"n": 20, "method": "lewis", "p": 1}),
    ],
)
def test_printed_form(name, options):
    design = pool_design(POOL, rng=20240501, n_simulations=50, **options)
    assert_snapshot(f"{design}\n{design!r}\n{design.report()}", f"wls_pool_{name}.txt")
