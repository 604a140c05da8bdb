import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from stattools._errors import Notes
from stattools.exceptions import AssumptionWarning, InvalidDataError, InvalidParameterError, StabilityError
from stattools.results import Result
from stattools.wls import (
    FunctionSpace,
    PolynomialSpace,
    SphericalHarmonicSpace,
    guarantees,
    laws,
    optimal,
    optimal_design,
    required_n,
    thinning,
)
from stattools.wls.thinning import Stability
from tests import naive_wls
from tests.helpers import assert_snapshot

LINE = PolynomialSpace("legendre", degree=10)
SMALL = PolynomialSpace("legendre", degree=4)
METHODS = ("repeated_dpp", "dpp", "volume", "iid", "greedy", "boosted")


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_conditioned_designs_are_stable(method, seed):
    design = optimal_design(SMALL, method=method, rng=seed, n_simulations=0)
    assert design.conditioned and design.lambda_min >= 0.1 - 1e-10
    if design.event == "two_sided":
        assert design.lambda_max <= 1.9 + 1e-10
    np.testing.assert_array_equal(design.features, SMALL.evaluate(design.points))


@pytest.mark.parametrize("method", METHODS)
def test_optimal_weights_make_the_trace_m(method):
    design = optimal_design(SMALL, method=method, condition=False, rng=1, n_simulations=0)
    assert np.trace(design.gram) == pytest.approx(SMALL.dim, rel=1e-13)  # w k = m at every point
    assert design.leverage.sum() == pytest.approx(SMALL.dim, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_one_seed_gives_one_design(method):
    first, second = (optimal_design(SMALL, method=method, rng=3, n_simulations=20) for _ in range(2))
    assert first == second
    assert Result.from_json(first.to_json()) == first
    assert optimal_design(SMALL, method=method, rng=4, n_simulations=20) != first


@pytest.mark.compiled
def test_bits_do_not_depend_on_the_number_of_threads():
    from threadpoolctl import threadpool_limits

    space = PolynomialSpace(["legendre"] * 2, degree=10)
    designs = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            designs.append(optimal_design(space, rng=5, n_simulations=3))
    assert designs[0] == designs[1]


@pytest.mark.parametrize("n", [10, 13, 14])
def test_blocks_are_draws_of_the_dpp_and_the_last_is_thinned(n):
    design = optimal_design(SMALL, n, condition=False, rng=2)
    sizes = np.bincount(design.block_id)
    assert sizes.tolist() == [5, 5] + ([n - 10] if n > 10 else [])
    assert ("thinned" in " ".join(design.notes)) == (n > 10)


def test_mean_gram_is_the_identity_for_every_plain_law():
    for method, n in (("repeated_dpp", 8), ("dpp", 5), ("volume", 8), ("iid", 8)):
        grams = np.array(
            [optimal_design(SMALL, n, method=method, condition=False, n_simulations=0, rng=k).gram for k in range(300)]
        )
        error = grams.std(axis=0) / np.sqrt(300)
        assert (np.abs(grams.mean(axis=0) - np.eye(5)) <= 5 * error + 1e-12).all()


def test_designs_on_other_spaces():
    sphere = optimal_design(SphericalHarmonicSpace(3), rng=1)
    assert sphere.points.shape == (48, 3)
    np.testing.assert_allclose(sphere.sampling_weights, 1, rtol=1e-13)
    nodes = np.random.default_rng(1).normal(size=(200, 2))
    with pytest.warns(AssumptionWarning):
        space = FunctionSpace(lambda x: np.column_stack([np.ones(len(x)), x]), nodes)
    sampled = optimal_design(space, rng=1)
    assert sampled.n == 9 and sampled.lambda_min >= 0.1
    constant = optimal_design(PolynomialSpace("legendre", degree=0), rng=1)
    assert constant.n == 3 and constant.cond == 1
    circle = optimal_design(PolynomialSpace("trigonometric", degree=2), rng=1)
    np.testing.assert_allclose(circle.sampling_weights, 1, rtol=1e-13)


# boosting and removal ------------------------------------------------------------------------------------------------
def test_boosting_takes_the_best_of_its_candidates():
    draw = lambda generator: laws.independent(SMALL, 30, generator)
    seed = np.random.SeedSequence(1)
    chosen = thinning.select(draw, seed, None, 20, 1)
    distances = [
        np.abs(np.linalg.eigvalsh(draw(np.random.Generator(np.random.PCG64(child))).gram) - 1).max()
        for child in (np.random.SeedSequence(1, spawn_key=(0, c)) for c in range(20))
    ]
    assert np.abs(chosen.sample.eigenvalues - 1).max() == pytest.approx(min(distances), rel=1e-12)


def test_boosted_default_size_is_that_of_one_candidate_in_a_hundred():
    # m ln(2 m / 0.01^(1/100)) / c with c of the two-sided event at 0.9
    assert optimal_design(LINE, method="boosted", rng=1, n_simulations=0).n == 108


@pytest.mark.parametrize("dim", [6, 41])
def test_greedy_removal_is_the_best_single_step_at_a_time(dim):
    """Small spaces: by eigenvalues; large ones: the smallest trace of the inverse that stays stable."""
    space, generator = PolynomialSpace("legendre", degree=dim - 1), np.random.default_rng(1)
    sample, stability = laws.repeated_dpp(space, 4 * dim, generator), Stability(0.9, "two_sided")
    after = thinning.remove_greedily(sample, 4 * dim - 1, stability)
    kept = {tuple(row) for row in after.where}
    removed = [k for k, row in enumerate(sample.where) if tuple(row) not in kept]
    assert len(removed) == 1
    scores = []
    for k in range(4 * dim):
        rest = np.delete(np.arange(4 * dim), k)
        values = np.linalg.eigvalsh(laws.gram(sample.features[rest], sample.weights[rest]))
        scores.append(np.abs(values - 1).max() if dim <= thinning.BATCH_DIM else (1 / values).sum())
    assert removed[0] == int(np.argmin(scores))


def test_greedy_designs_reach_m_points():
    reached = [optimal_design(LINE, method="greedy", rng=k, n_simulations=0) for k in range(40)]
    assert np.mean([d.n == 11 and np.abs(d.eigenvalues - 1).max() <= 0.9 for d in reached]) >= 0.95


def test_removal_stops_before_it_makes_a_design_unstable():
    with pytest.warns(AssumptionWarning, match="points were kept, not 11: removing any more would leave none"):
        design = optimal_design(LINE, 66, delta=0.4, subsample_to=11, rng=2, n_simulations=0)
    assert 11 < design.n < 66 and design.lambda_min >= 0.6 - 1e-10
    assert guarantees.error_factor(design)[0] is None and "6 times larger" in design.cost_words


# laws in words -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options, unbiased",
    [
        ({"method": "volume", "condition": False}, True),
        ({"method": "volume", "condition": False, "safe_mixture": 0.5}, True),
        ({"method": "dpp", "condition": False}, True),
        ({"n": 5, "condition": False}, True),
        ({"condition": False}, False),
        ({"method": "volume"}, False),
        ({"method": "iid", "condition": False}, False),
        ({"method": "volume", "condition": False, "n_candidates": 2}, False),
        ({"method": "volume", "condition": False, "subsample_to": 10}, False),
        ({"method": "volume", "condition": False, "reference": "repeated_dpp"}, False),
        ({"method": "greedy", "condition": False}, False),
        ({"method": "volume", "n": 15, "block_size": 5, "condition": False}, False),
        ({"n": 15, "subsample_to": 9, "condition": False}, False),
    ],
)
def test_only_unconditioned_volume_laws_are_called_unbiased(options, unbiased):
    design = optimal_design(SMALL, rng=1, n_simulations=0, **options)
    assert design.unbiased == unbiased
    assert ("exactly unbiased: its coefficients" in " ".join(design.guarantee)) == unbiased
    pruned = design.conditioned or design.n_candidates > 1 or design.n_drawn > design.n
    assert ("no estimate is exactly unbiased" in design.cost_words) == pruned


@pytest.mark.parametrize(
    "options, factor",
    [
        ({"method": "dpp", "condition": False}, 6.0),
        ({"method": "iid", "n": 50, "condition": False, "delta": 0.5}, 1 + 4 * 5 / 50),
        ({"n": 50, "condition": False, "delta": 0.5}, 1 + 4 * 5 / 50),
        ({"method": "volume", "n": 50, "condition": False}, guarantees.volume_factor(50, 5)),
        ({"method": "iid", "n": 50, "condition": False, "safe_mixture": 0.3}, None),
        ({"method": "iid", "n": 50, "condition": False, "n_candidates": 3}, None),
    ],
)
def test_error_factors_are_those_of_their_derivation(options, factor):
    found, words = guarantees.error_factor(optimal_design(SMALL, rng=1, **options))
    assert found == (None if factor is None else pytest.approx(factor, rel=1e-14))
    assert bool(words) == (factor is not None)


def test_error_factors_of_conditioned_laws_use_the_simulated_probability():
    design = optimal_design(LINE, 33, method="iid", delta=0.8, rng=1, n_simulations=200)
    p = design.stability_limits[0]
    assert 0 < p < design.stability_probability < 1
    assert guarantees.error_factor(design)[0] == pytest.approx(min(1 + 1 / (0.2 * p), 1 + 25 / 3 / p))
    boosted = optimal_design(LINE, 33, method="iid", delta=0.8, n_candidates=4, subsample_to=30, rng=1)
    p = boosted.stability_limits[0]
    expected = 1 + 4 * 33 / 30 / (0.2 * (1 - (1 - p) ** 4))
    assert guarantees.error_factor(boosted)[0] == pytest.approx(expected)
    mixed = optimal_design(LINE, 33, method="volume", safe_mixture=0.4, rng=1)
    expected = 1 + (11 / 33 / 0.6 + 22 / 33) / (0.1 * mixed.stability_limits[0])
    assert guarantees.error_factor(mixed)[0] == pytest.approx(expected)


def test_a_mixture_under_volume_sampling_needs_a_larger_factor():
    """Two optimal points of two under a large share of mu: the mean error is above 1 + 1 / ((1 - delta) P)."""
    values = np.array(
        [
            [0.732, 0.518],
            [-0.005, 0.047],
            [-0.002, 0.019],
            [0.036, -0.047],
            [-0.066, -0.137],
            [-0.211, 0.718],
            [-1, 0.263],
        ]
    )
    with pytest.warns(AssumptionWarning):
        space = FunctionSpace(lambda x: values[x[:, 0].astype(int)], np.arange(7.0))
    design = optimal_design(
        space, 2, method="volume", safe_mixture=0.9, delta=0.069007, n_simulations=1000, max_tries=2000, rng=0
    )
    law, stability = laws.Mixture(space, 0.9), Stability(0.069007)
    everywhere = space.evaluate(np.arange(7.0))
    residual = np.array([0.571, 0, 0, 0, 0, -0.612, 0.547])
    residual -= everywhere @ (everywhere.T @ residual / 7)
    generator, squares = np.random.default_rng(1), []
    while len(squares) < 1000:
        sample = laws.volume_rescaled(space, 2, generator, law)
        if stability.holds(sample.eigenvalues):
            fit = naive_wls.fit_coefficients(sample.features, sample.weights, residual[sample.where[:, 0].astype(int)])
            squares.append(1 + 7 * (fit**2).sum() / (residual**2).sum())
    assert 1 + 1 / ((1 - 0.069007) * design.stability_probability) < np.mean(squares)
    assert np.mean(squares) <= guarantees.error_factor(design)[0]


@given(n=st.integers(12, 3000))
@settings(max_examples=30)
def test_the_factor_of_volume_sampling_falls_with_n_to_its_limit(n):
    assert guarantees.volume_factor(n, 11) >= guarantees.volume_factor(n + 100, 11) * (1 - 1e-12)
    assert guarantees.volume_factor(n, 11) > 2


def test_repeated_volume_sampling_draws_independent_blocks():
    design = optimal_design(SMALL, 24, method="volume", block_size=8, rng=1, condition=False, n_simulations=0)
    assert np.bincount(design.block_id).tolist() == [8, 8, 8]
    longer = design.extend(8)
    assert np.bincount(longer.block_id).tolist() == [8] * 4 and (longer.points[:24] == design.points).all()
    with pytest.raises(InvalidParameterError, match="volume samples of 8 points each"):
        design.extend(3)
    grams = np.array([laws.repeated_volume(SMALL, 16, 8, np.random.default_rng(k)).gram for k in range(300)])
    assert (np.abs(grams.mean(axis=0) - np.eye(5)) <= 5 * grams.std(axis=0) / np.sqrt(300) + 1e-12).all()


def test_equality_is_claimed_for_continuous_measures_only():
    halves = lambda x: np.sqrt(2) * np.column_stack([x[:, 0] < 0.5, x[:, 0] >= 0.5])
    discrete = optimal_design(FunctionSpace(halves, (np.arange(8) + 0.5) / 8), method="dpp", condition=False, rng=1)
    assert guarantees.error_factor(discrete) == (3.0, "in expectation")
    reweighted = optimal_design(SMALL, 5, method="volume", reference="repeated_dpp", condition=False, rng=1)
    assert guarantees.error_factor(reweighted) == (None, "")


def test_interpolants_of_pruned_designs_are_not_called_unbiased():
    pruned = optimal_design(SMALL, 15, subsample_to=9, condition=False, rng=1, n_simulations=0)
    assert "interpolants" not in " ".join(pruned.guarantee)
    assert "interpolants" in " ".join(optimal_design(SMALL, 15, condition=False, rng=1, n_simulations=0).guarantee)


def test_a_share_of_all_simulated_designs_has_limits():
    design = optimal_design(SMALL, 25, rng=1, n_simulations=60)
    assert design.stability_probability == 1 and design.stability_limits == (pytest.approx(0.05 ** (1 / 60)), 1.0)
    assert "95 percent interval 0.951 to 1" in " ".join(str(design).split())


# how many ------------------------------------------------------------------------------------------------------------
@pytest.mark.compiled
def test_simulated_numbers_suffice_and_fewer_do_not():
    n = required_n(LINE, 0.5, 0.2, law="iid", simulate=True, n_simulations=400, rng=1)
    fresh = np.random.SeedSequence(99)
    share = lambda size: thinning.stable_share(lambda g: laws.independent(LINE, size, g), fresh, Stability(0.5), 1500)
    # 4 standard errors of a share of 400, and the slope between
    assert share(n) >= 0.8 - 0.08 and share(n - 25) <= 0.8 + 0.02
    assert n < required_n(11, 0.5, 0.2)


@pytest.mark.parametrize("event", ["one_sided", "two_sided"])
@pytest.mark.parametrize("law", ["iid", "volume", "repeated_dpp"])
def test_sufficient_numbers_are_smallest(event, law):
    n = required_n(7, 0.6, 0.05, event=event, law=law)
    step = 7 if law == "repeated_dpp" else 1
    assert guarantees.failure_bound(n, 7, 0.6, event, law) <= 0.05 + 1e-12
    assert guarantees.failure_bound(n - step, 7, 0.6, event, law) > 0.05
    assert n % step == 0


@pytest.mark.compiled
@pytest.mark.parametrize("law, n", [("iid", 60), ("volume", 90), ("repeated_dpp", 200)])
def test_bounds_on_failure_hold(law, n):
    from stattools.wls import required

    failed = 1 - thinning.stable_share(
        required.drawer_of(SMALL, law)(n), np.random.SeedSequence(1), Stability(0.7), 400
    )
    assert failed <= guarantees.failure_bound(n, 5, 0.7, "one_sided", law) < 1


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((0,), "m is 0"),
        ((5, 0.0), "delta is 0.0"),
        ((5, 1.0), "delta is 1.0"),
        ((5, 0.5, 0.0), "eta is 0.0"),
        ((5, 0.5, 1.5), "eta is 1.5"),
    ],
)
def test_required_n_checks_its_numbers(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        required_n(*arguments)


def test_required_n_simulates_on_a_space_only():
    with pytest.raises(InvalidParameterError, match="are for simulate=True"):
        required_n(5, n_simulations=100)
    with pytest.raises(InvalidParameterError, match="m = 5 must be a space"):
        required_n(5, simulate=True)
    with pytest.raises(InvalidParameterError, match="law is 'dpp'"):
        required_n(5, law="dpp")


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"n": 4}, InvalidDataError, "n is 4; the space has dimension m = 5, and a fit needs n >= 5"),
        ({"n": 6, "method": "dpp"}, InvalidParameterError, "one draw of the DPP has m = 5 points"),
        ({"n": 5.5}, InvalidParameterError, "n is 5.5; it must be a whole number"),
        ({"delta": 0}, InvalidParameterError, "delta is 0"),
        ({"delta": 1}, InvalidParameterError, "delta is 1"),
        ({"delta": np.nan}, InvalidParameterError, "delta is nan"),
        ({"method": "volum"}, InvalidParameterError, "did you mean 'volume'"),
        (
            {"safe_mixture": 1, "method": "iid"},
            InvalidParameterError,
            "safe_mixture is 1; it must be at least 0 and below",
        ),
        ({"safe_mixture": 0.1}, InvalidParameterError, "points of method='repeated_dpp' have the optimal measure"),
        ({"subsample_to": 4}, InvalidParameterError, "subsample_to is 4; it must be at least 5"),
        ({"subsample_to": 16}, InvalidParameterError, "subsample_to is 16; it must not exceed n = 15"),
        ({"subsample_to": 5, "method": "greedy"}, InvalidParameterError, "for which n says how many"),
        ({"n_candidates": 0}, InvalidParameterError, "n_candidates is 0"),
        ({"max_tries": 0}, InvalidParameterError, "max_tries is 0"),
        ({"condition": "yes"}, InvalidParameterError, "condition is 'yes'; it must be True or False"),
        ({"reference": "repeated_dpp"}, InvalidParameterError, "is for method='volume'"),
        ({"n_simulations": -1}, InvalidParameterError, "n_simulations is -1"),
        ({"block_size": 5}, InvalidParameterError, "block_size is for method='volume'"),
        ({"block_size": 4, "method": "volume"}, InvalidParameterError, "block_size is 4; it must be at least 5"),
        ({"block_size": 10, "method": "volume"}, InvalidParameterError, "must be a multiple of block_size = 10"),
        ({"rng": -3}, InvalidParameterError, "rng is -3"),
    ],
)
def test_bad_options_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        optimal_design(SMALL, **options)


def test_a_space_is_asked_for():
    with pytest.raises(InvalidParameterError, match="space is a int; it takes a space such as PolynomialSpace"):
        optimal_design(5)


@pytest.mark.compiled
def test_conditioning_that_fails_says_how_near_it_came_and_what_it_takes():
    space = PolynomialSpace(["legendre"] * 2, degree=6)
    message = (
        r"none of 30 designs with n = 28 points had lambda_min >= 0.1; the best had lambda_min = 0.0\d+, and the "
        r"probability of stability is at most 0.1 .* n = 56 with method='repeated_dpp' makes about half"
    )
    with pytest.raises(StabilityError, match=message) as caught:
        optimal_design(space, method="dpp", max_tries=30, rng=1)
    assert 0 < caught.value.best < 0.1 and caught.value.n_needed == 56 and caught.value.probability == 0.1
    assert optimal_design(space, 56, rng=1, n_simulations=50).stability_probability > 0.25


def test_weights_that_explode_are_warned_of_and_can_be_capped():
    """A space without the constant: its only function vanishes at 0, near which weights have no bound."""
    space = PolynomialSpace("legendre", index_set=[1])
    points = np.array([[1e-4], [0.5]])
    features = space.evaluate(points)
    sample = laws.Sample(points, features, laws.Mixture(space).weights(laws.Draw(points, features)))
    notes = Notes()
    with pytest.warns(AssumptionWarning, match="safe_mixture=0.1 with method='iid' or 'volume' caps weights at 10"):
        optimal.warn_of_weights(sample, optimal.CAPPING, notes)
    assert "the largest weight is 3.33e+07" in notes.warnings[0]
    capped = optimal_design(space, 60, method="iid", safe_mixture=0.1, rng=1)
    assert capped.sampling_weights.max() <= 10 < optimal_design(space, 60, method="iid", rng=6).sampling_weights.max()


# print ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name, options",
    [
        ("default", {}),
        ("volume", {"method": "volume", "condition": False}),
        ("boosted", {"method": "boosted", "n": 40, "n_candidates": 5, "subsample_to": 30}),
        ("mixture", {"method": "iid", "n": 100, "safe_mixture": 0.25}),
    ],
)
def test_printed_form(name, options):
    design = optimal_design(LINE, rng=20240501, n_simulations=50, **options)
    assert_snapshot(f"{design}\n{design!r}\n{design.report()}", f"wls_design_{name}.txt")


def test_tables():
    design = optimal_design(PolynomialSpace(["legendre"] * 2, degree=2), rng=1)
    table = design.to_frame()
    assert table.columns.tolist() == ["x1", "x2", "sampling_weight", "leverage", "block"]
    np.testing.assert_array_equal(table[["x1", "x2"]], design.points)
    assert len(design.glance()) == 1 and design.glance()["n_unique"][0] == 18
    with pytest.raises(InvalidParameterError, match="see Design.points"):
        _ = design.new_indices
