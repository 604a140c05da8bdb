import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, special

from stattools.bounds import (
    decay_test,
    neurons_barron,
    neurons_rkhs,
    relu_kernel,
    rkhs_norm,
    sphere_eigenvalues,
    sphere_multiplicities,
    step_kernel,
)
from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools.results.base import Result

ROOT = Path(__file__).resolve().parents[2]
KERNELS = {"step": step_kernel, "relu": relu_kernel}


# modules -------------------------------------------------------------------------------------------------------------
def test_modules_are_attributes_without_having_been_imported():
    code = (
        "import stattools; print(stattools.bounds.nngp.LARGEST_DIM); from stattools import bounds; "
        "print(sorted(set(bounds._PUBLIC) & bounds._MODULES), hasattr(bounds, 'nothing'))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split("\n")[:2] == ["1000", "[] False"]


# naive ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dim", [2, 3, 4, 7])
@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_eigenvalues_equal_adaptive_quadrature(kernel, dim, k):
    def legendre(t):  # by Gegenbauer's polynomials, or the cosine in the plane
        if dim == 2:
            return math.cos(k * math.acos(t))
        return special.eval_gegenbauer(k, dim / 2 - 1, t) / special.eval_gegenbauer(k, dim / 2 - 1, 1.0)

    density = lambda a: math.sin(a) ** (dim - 2)
    total = integrate.quad(density, 0, math.pi)[0]
    integrand = lambda a: float(KERNELS[kernel](a)) * legendre(math.cos(a)) * density(a) / total
    expected = integrate.quad(integrand, 0, math.pi, epsabs=1e-12, limit=200)[0]
    assert sphere_eigenvalues(KERNELS[kernel], dim, 5)[k] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("kernel, activation", [("step", lambda v: v > 0), ("relu", lambda v: np.maximum(v, 0))])
def test_kernels_are_means_over_neurons(kernel, activation):
    w = np.random.default_rng(0).normal(size=(400_000, 2))
    for angle in (0.0, 0.7, 2.0, math.pi):
        products = 2.0 * activation(w[:, 0]) * activation(w @ [math.cos(angle), math.sin(angle)])
        # five standard errors
        limit = 5 * products.std() / math.sqrt(len(w)) + 1e-12
        assert KERNELS[kernel](angle) == pytest.approx(products.mean(), abs=limit)


def test_multiplicities_count_polynomials():
    for dim in (2, 3, 4, 6):
        for k in range(7):
            homogeneous = lambda j, n=dim: math.comb(j + n - 1, n - 1) if j >= 0 else 0
            assert sphere_multiplicities(dim, 6)[k] == homogeneous(k) - homogeneous(k - 2)


def test_a_function_needs_as_many_neurons_as_stated():
    # f(x) = E[a(w) phi(w, x)] on eight inputs, with neurons that are rows of a table
    rng = np.random.default_rng(0)
    phi, a, eps = rng.choice([-1.0, 1.0], size=(500, 8)), rng.normal(size=500), 0.5
    f, norm = (a[:, None] * phi).mean(axis=0), math.sqrt(np.mean(a**2))
    count = neurons_rkhs(norm, eps)
    picks = rng.integers(0, 500, size=(4000, count))
    errors = np.mean(((a[picks][:, :, None] * phi[picks]).mean(axis=1) - f) ** 2, axis=1)
    # phi^2 = 1: the variance is norm^2 - |f|^2, over count; five standard errors
    assert errors.mean() == pytest.approx((norm**2 - np.mean(f**2)) / count, abs=5 * errors.std() / 60)
    assert errors.mean() <= eps**2


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dim", [3, 5])
def test_the_trace_is_the_kernel_at_zero(dim):
    for kernel, missing in ((step_kernel, 0.005), (relu_kernel, 1e-5)):
        trace = sphere_eigenvalues(kernel, dim, 120) @ sphere_multiplicities(dim, 120)
        assert 1 - missing < trace < 1  # what degrees above 120 carry


@given(scale=st.floats(0.01, 100), n=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_norms(scale, n, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, n + 2))
    gram, f = a @ a.T, rng.normal(size=n)
    norm = rkhs_norm(f, gram=gram)
    assert rkhs_norm(scale * f, gram=gram) == pytest.approx(scale * norm, rel=1e-9)
    condition = np.linalg.cond(gram)
    assert norm == pytest.approx(math.sqrt(f @ np.linalg.solve(gram, f)), rel=1e-13 * condition + 1e-12)
    assert rkhs_norm(f, gram=gram, regularization=0.1) <= norm * (1 + 1e-12)


def test_a_function_outside_the_space_has_no_finite_norm():
    assert rkhs_norm([1.0, -1.0], gram=np.ones((2, 2))) == math.inf
    assert rkhs_norm([1.0, 1.0], gram=np.ones((2, 2))) == pytest.approx(1.0)
    assert rkhs_norm([1.0, 1.0], eigenvalues=[1.0, 0.0]) == math.inf
    assert math.isfinite(rkhs_norm([1.0, -1.0], gram=np.ones((2, 2)), regularization=1e-3))


# reference -----------------------------------------------------------------------------------------------------------
def test_leading_eigenvalues():
    # exact values: 1/2, 1/8, 0, 1/128 and 3/8, 1/6, 3/128, 0, 1/1536
    step, relu = sphere_eigenvalues(step_kernel, 3, 3), sphere_eigenvalues(relu_kernel, 3, 4)
    np.testing.assert_allclose(step, [1 / 2, 1 / 8, 0, 1 / 128], atol=1e-13)  # rounding of 2000 terms
    np.testing.assert_allclose(relu, [3 / 8, 1 / 6, 3 / 128, 0, 1 / 1536], atol=1e-13)


@pytest.mark.parametrize(
    "kernel, dim, slope, slower",
    [("step", 3, -3.0, True), ("step", 5, -5.003, True), ("relu", 3, -5.003, False), ("relu", 5, -7.010, False)],
)
def test_slopes_and_verdicts(kernel, dim, slope, slower):
    found = decay_test(sphere_eigenvalues(KERNELS[kernel], dim, 120), dim)
    assert found.slope == pytest.approx(slope, abs=0.05) and found.slower is slower
    assert found.threshold == pytest.approx(-(dim + 2 / 3))
    assert set(found.degrees % 2) == {1.0 if kernel == "step" else 0.0}


def test_the_rank_decays_by_its_own_power():
    # degrees up to k hold about k^(dim-1) eigenvalues, half of which vanish
    found = decay_test(sphere_eigenvalues(step_kernel, 3, 400), 3, order="rank")
    assert found.slope == pytest.approx(-3 / 2, abs=0.02)  # the limit, with a correction of order 1/k


def test_numbers_of_neurons():
    assert neurons_rkhs(3.0, 0.1, 2.0) == 1800
    assert neurons_barron(2.0, 3.0, 0.5) == 576
    assert neurons_rkhs(0.0, 0.1) == 0


# errors and print ----------------------------------------------------------------------------------------------------
def test_what_is_refused():
    with pytest.raises(InvalidParameterError, match="kernel is 3"):
        sphere_eigenvalues(3, 3, 4)
    with pytest.raises(InvalidDataError, match="kernel returned shape"):
        sphere_eigenvalues(lambda a: a[:5], 3, 4)
    with pytest.raises(InvalidParameterError, match="dim is 1"):
        sphere_eigenvalues(step_kernel, 1, 4)
    with pytest.raises(InvalidParameterError, match="n_nodes is 10"):
        sphere_eigenvalues(step_kernel, 3, 40, n_nodes=10)
    with pytest.raises(DegenerateDataError, match="a slope needs 3"):
        decay_test(np.exp(-3.0 * np.arange(40)), 3, degrees=(20, 40 - 1))
    with pytest.raises(InvalidParameterError, match="eps is 0"):
        neurons_rkhs(1.0, 0.0)
    with pytest.raises(InvalidParameterError, match="no finite number"):
        neurons_rkhs(math.inf, 1.0)
    with pytest.raises(InvalidDataError, match="gram is not symmetric"):
        rkhs_norm([1.0, 2.0], gram=[[1.0, 2.0], [0.0, 1.0]])
    with pytest.raises(InvalidDataError, match="positive semidefinite"):
        rkhs_norm([1.0, 2.0], gram=[[1.0, 2.0], [2.0, 1.0]])


def test_printed_and_stored():
    found = decay_test(sphere_eigenvalues(step_kernel, 3, 60), 3)
    assert "fewer neurons: random features" in str(found)
    assert Result.from_json(found.to_json()) == found
    assert found.glance()["slower"].item() is True and len(found.tidy()) == 1
    assert found.report() == "Decay of eigenvalues on the sphere: slope -3, slower than the threshold -3.67."
