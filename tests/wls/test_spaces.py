import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from stattools import Sphere
from stattools.exceptions import AssumptionWarning, DegenerateDataWarning, InvalidDataError, InvalidParameterError
from stattools.results import decode, encode
from stattools.wls import FunctionSpace, PolynomialSpace, SphericalHarmonicSpace, indexsets
from tests import naive_wls


def gauss(space, n):
    """Tensor nodes and masses that integrate products of functions of the space exactly."""
    rules = [family.quadrature(n) for family in space.univariate]
    nodes = np.stack(np.meshgrid(*(r[0] for r in rules), indexing="ij"), axis=-1).reshape(-1, space.n_inputs)
    masses = rules[0][1]
    for _, more in rules[1:]:
        masses = np.multiply.outer(masses, more)
    return nodes, masses.ravel()


MIXED = ["legendre", ("hermite", 1, 2), ("jacobi", 1, 0.5)]


# naive ---------------------------------------------------------------------------------------------------------------
@given(
    name=st.sampled_from(indexsets.NAMES),
    degree=st.integers(0, 5),
    n_inputs=st.integers(1, 3),
    anisotropy=st.lists(st.sampled_from([1.0, 1.5, 2.0]), min_size=3, max_size=3),
    q=st.sampled_from([0.4, 1.0, 2.0]),
)
def test_index_sets_hold_exactly_the_candidates_that_pass(name, degree, n_inputs, anisotropy, q):
    anisotropy = anisotropy[:n_inputs]
    found = indexsets.build(name, degree, n_inputs, anisotropy, q, [False] * n_inputs)
    assert len({tuple(row) for row in found.tolist()}) == len(found)
    assert {tuple(row) for row in found.tolist()} == naive_wls.index_set(name, degree, n_inputs, anisotropy, q)


def test_tensor_functions_are_products():
    space = PolynomialSpace(MIXED, degree=3, domain=[(0, 1), None, None])
    x = space.sample(5, rng=1)
    for k, index in enumerate(space.indices.tolist()):
        expected = [
            np.prod(
                [
                    naive_wls.orthonormal_value(f.name, f.parameters, degree, f.to_standard(value))
                    for f, degree, value in zip(space.univariate, index, row, strict=True)
                ]
            )
            for row in x
        ]
        np.testing.assert_allclose(space.evaluate(x)[:, k], expected, rtol=1e-11)


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("index_set", indexsets.NAMES)
def test_the_basis_is_orthonormal(index_set):
    space = PolynomialSpace(MIXED, index_set=index_set, degree=5, anisotropy=[1, 2, 1], domain=[(0, 1), None, None])
    nodes, masses = gauss(space, 8)
    values = space.evaluate(nodes)
    np.testing.assert_allclose((values.T * masses) @ values, np.eye(space.dim), atol=1e-12)  # rounding
    np.testing.assert_allclose(masses @ space.christoffel(nodes), space.dim, rtol=1e-12)


def test_full_trigonometric_sets_have_a_constant_christoffel_function():
    space = PolynomialSpace(["trigonometric", "trigonometric"], index_set="tensor", degree=(3, 2))
    assert space.dim == 7 * 5
    np.testing.assert_allclose(space.christoffel(space.sample(50, rng=1)), 35, rtol=1e-13)


def test_a_cosine_never_stands_without_its_sine():
    space = PolynomialSpace(["trigonometric", "legendre"], index_set="hyperbolic_cross", degree=5)
    found = {tuple(row) for row in space.indices.tolist()}
    assert all((k + 1 if k % 2 else k - 1, j) in found for k, j in found if k)


def test_own_index_sets_need_not_be_downward_closed():
    space = PolynomialSpace(["legendre"] * 2, index_set=[[3, 0], [0, 0], [1, 4]])
    assert space.dim == 3 and space.constant_index == 1 and space.term_names == ("P3(x1)", "1", "P1(x1)*P4(x2)")
    assert PolynomialSpace("legendre", index_set=[1, 5]).constant_index is None


@pytest.mark.parametrize("degree", [0, 1, 12, 100])
def test_spherical_harmonics_have_a_constant_christoffel_function(degree):
    space = SphericalHarmonicSpace(degree)
    x = space.sample(20, rng=degree)
    assert space.dim == (degree + 1) ** 2 == len(space.term_names)
    np.testing.assert_allclose(space.christoffel(x), space.dim, rtol=1e-12)  # addition theorem


@pytest.mark.parametrize("degree", [30, pytest.param(100, marks=pytest.mark.slow)])
def test_spherical_harmonics_of_high_degree_are_orthonormal(degree):
    space = SphericalHarmonicSpace(degree)
    z, masses = np.polynomial.legendre.leggauss(degree + 1)
    n_angles = 2 * degree + 2
    angles = 2 * np.pi * np.arange(n_angles) / n_angles
    chosen = np.random.default_rng(1).choice(space.dim, 150, replace=False)
    gram = np.zeros((150, 150))
    for height, mass in zip(z, masses, strict=True):
        ring = np.column_stack([np.cos(angles), np.sin(angles)]) * np.sqrt(1 - height**2)
        values = space.evaluate(np.column_stack([ring, np.full(n_angles, height)]))[:, chosen]
        gram += mass / 2 * values.T @ values / n_angles
    np.testing.assert_allclose(gram, np.eye(150), atol=1e-11)  # seen 2e-13


@pytest.mark.parametrize("law", ["measure", "optimal", "dpp"])
@pytest.mark.parametrize(
    "space",
    [
        PolynomialSpace(["legendre", "laguerre"], degree=3),
        SphericalHarmonicSpace(2),
        PolynomialSpace("hermite", degree=4),
    ],
    ids=repr,
)
def test_samples_repeat_with_their_seed_and_lie_in_the_domain(space, law):
    n = None if law == "dpp" else 12
    x = space.sample(n, law=law, rng=5)
    np.testing.assert_array_equal(x, space.sample(n, law=law, rng=5))
    assert space.evaluate(x).shape == (space.dim if law == "dpp" else 12, space.dim)
    assert not np.array_equal(x, space.sample(n, law=law, rng=6))


def test_points_of_tables_lists_and_other_types_give_the_same_values():
    space = PolynomialSpace(["legendre"] * 2, degree=3)
    x = np.array([[0.25, -0.5], [0.0, 1.0]])
    expected = space.evaluate(x)
    frame = pd.DataFrame(x, columns=["a", "b"])
    others = [
        x.tolist(),
        np.asfortranarray(x),
        x.astype(np.float32),
        frame,
        pl.from_pandas(frame),
        pa.Table.from_pandas(frame),
    ]
    for other in others:
        np.testing.assert_array_equal(space.evaluate(other), expected)
    np.testing.assert_array_equal(PolynomialSpace("legendre", degree=1).evaluate([0, 1])[0], [1, 0])


@pytest.mark.parametrize(
    "space",
    [
        PolynomialSpace(MIXED, index_set="lq", degree=4, q=0.7, anisotropy=[1, 1.5, 1], domain=[(0, 1), None, None]),
        PolynomialSpace(["legendre"] * 2, index_set=[[0, 0], [2, 1]]),
        PolynomialSpace("legendre", index_set="tensor", degree=[3]),
        SphericalHarmonicSpace(3),
    ],
    ids=repr,
)
def test_spaces_survive_storage_pickles_and_copies(space):
    x = space.sample(4, rng=1)
    for again in (decode(encode(space)), pickle.loads(pickle.dumps(space)), copy.deepcopy(space)):
        assert again.equals(space) and repr(again) == repr(space)
        np.testing.assert_array_equal(again.evaluate(x), space.evaluate(x))
    with pytest.raises(AttributeError):
        space.degree = 5


# a basis of the user's own -------------------------------------------------------------------------------------------
def cosines(x):
    return np.column_stack([np.ones(len(x)), *(np.sqrt(2) * np.cos(k * np.pi * x[:, 0]) for k in (1, 2))])


def test_a_basis_that_is_orthonormal_is_kept():
    space = FunctionSpace(cosines, (np.arange(400) + 0.5) / 400)
    np.testing.assert_array_equal(space.transform, np.eye(3))
    np.testing.assert_allclose(space.evaluate([0.3, 0.7]), cosines(np.array([[0.3], [0.7]])), rtol=1e-14)
    assert space.constant_index == 0


def test_a_basis_that_is_not_is_made_so_with_a_warning():
    nodes, masses = np.polynomial.legendre.leggauss(12)
    with pytest.warns(AssumptionWarning, match="not orthonormal under the measure"):
        space = FunctionSpace(lambda x: np.vander(x[:, 0], 5) * [1e8, 1, 1e-8, 1, 1], nodes, masses)
    values = space.evaluate(nodes)
    np.testing.assert_allclose((values.T * masses / 2) @ values, np.eye(5), atol=1e-12)
    # the same span as Legendre polynomials, hence the same Christoffel function
    x = np.linspace(-1, 1, 7)
    np.testing.assert_allclose(space.christoffel(x), PolynomialSpace("legendre", degree=4).christoffel(x), rtol=1e-11)


def test_dependent_functions_span_less():
    with pytest.warns(AssumptionWarning), pytest.warns(DegenerateDataWarning, match="have rank 2"):
        space = FunctionSpace(lambda x: np.column_stack([x, 2 * x, x**2]), np.random.default_rng(1).normal(size=50))
    assert space.dim == 2 and space.sample(law="dpp", rng=1).shape == (2, 1)


def test_points_of_a_sample_are_drawn_from_the_sample():
    nodes = np.random.default_rng(1).normal(size=(60, 2))
    space = FunctionSpace(
        lambda x: np.linalg.qr(np.column_stack([np.ones(60), x]))[0] * np.sqrt(60) if len(x) == 60 else x, nodes
    )
    drawn = space.sample(law="dpp", rng=1)
    assert all((nodes == row).all(axis=1).any() for row in drawn)


def test_nodes_without_mass_are_never_drawn():
    nodes, masses = np.arange(6.0), np.array([1, 0, 1, 1, 0, 1.0])
    with pytest.warns(AssumptionWarning):
        space = FunctionSpace(lambda x: np.vander(x[:, 0], 2), nodes, masses)
    drawn = np.concatenate([space.sample(100, law=law, rng=1) for law in ("measure", "optimal")])
    assert set(drawn.ravel().tolist()) == {0.0, 2.0, 3.0, 5.0}


# errors --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "x, message",
    [
        ([[0.0, 2.0]], r"x has 2.0 at row 0, input 2, outside legendre on \[-1, 1\]"),
        ([[0.0, np.nan]], "x has nan at row 0, column 1"),
        ([0.0, 0.5, 0.1], r"x has shape \(3,\); points .* have 2 coordinates"),
        ([["a", "b"]], "must hold real numbers"),
        (None, "x is None"),
    ],
)
def test_points_that_cannot_be_used_are_refused(x, message):
    with pytest.raises(InvalidDataError, match=message):
        PolynomialSpace(["legendre"] * 2, degree=2).evaluate(x)


def test_points_off_the_sphere_are_refused():
    with pytest.raises(InvalidDataError, match="from_lonlat"):
        SphericalHarmonicSpace(2).evaluate([[1.0, 1.0, 0.0]])
    assert SphericalHarmonicSpace(2).evaluate(Sphere.from_lonlat([0, 90], [0, 45])).shape == (2, 9)


@pytest.mark.parametrize(
    "options, message",
    [
        ({}, "index_set='total_degree' needs degree"),
        ({"degree": -1}, "degree is -1"),
        ({"degree": 2, "index_set": "hyperbolic"}, "did you mean 'hyperbolic_cross'"),
        ({"index_set": [[0, 0], [1, 0], [0, 0]]}, r"index_set has \(0, 0\) more than once"),
        ({"index_set": [[0, -1]]}, "index_set has -1 at row 0, column 1"),
        ({"index_set": [[0, 1.5]]}, "index_set has 1.5 at row 0, column 1"),
        ({"index_set": [[0, 1, 2]]}, "a column for each of 2 inputs"),
        ({"index_set": [[0, 1]], "degree": 3}, "degree is given together with an array"),
        ({"degree": 2, "anisotropy": [1]}, "anisotropy has 1 entries for 2 inputs"),
        ({"degree": 2, "anisotropy": [1, 0]}, "anisotropy is 0"),
        ({"degree": 2, "domain": [(0, 1)]}, "domain has 1 entries for 2 inputs"),
        ({"degree": (2, 3, 4), "index_set": "tensor"}, "degree has 3 entries for 2 inputs"),
        ({"degree": 2, "q": 0, "index_set": "lq"}, "q is 0"),
        ({"degree": 5000}, "more than 50000 functions"),
    ],
)
def test_bad_options_of_a_space_are_refused(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        PolynomialSpace(["legendre"] * 2, **options)


@pytest.mark.parametrize("families", [None, [], 3, {}])
def test_families_that_are_none_are_refused(families):
    with pytest.raises(InvalidParameterError, match="families is"):
        PolynomialSpace(families, degree=1)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (("no function", [0.0]), InvalidParameterError, "basis is a str"),
        ((lambda x: x[:-1], [0.0, 1.0]), InvalidDataError, "must have a row each"),
        ((lambda x: x * np.nan, [0.0, 1.0]), InvalidDataError, r"basis\(x\) has nan"),
        ((lambda x: x, [0.0, 1.0], [1.0]), InvalidDataError, "masses has 1 entries for 2 nodes"),
        ((lambda x: x, [0.0, 1.0], [1.0, -1.0]), InvalidDataError, "must not be negative"),
        ((lambda x: x, [0.0, 1.0], [0.0, 0.0]), InvalidDataError, "masses are all zero"),
    ],
)
def test_bad_function_spaces_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        FunctionSpace(*arguments)


def test_sample_checks_its_arguments():
    space = PolynomialSpace("legendre", degree=2)
    with pytest.raises(InvalidParameterError, match="needs n"):
        space.sample()
    with pytest.raises(InvalidParameterError, match="dim = 3 points"):
        space.sample(5, law="dpp")
    with pytest.raises(InvalidParameterError, match="law is 'ddp'"):
        space.sample(law="ddp")
