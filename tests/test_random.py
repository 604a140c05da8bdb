import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools._random import child_seed, generator, seed_sequence
from stattools.exceptions import InvalidParameterError


def test_none_takes_fresh_entropy():
    assert seed_sequence(None).entropy != seed_sequence(None).entropy


@pytest.mark.parametrize("rng", [0, 7, 2**80, np.int32(7), np.uint64(2**63)])
def test_an_integer_is_the_entropy(rng):
    seed = seed_sequence(rng)
    assert seed.entropy == int(rng)
    assert type(seed.entropy) is int


def test_a_seed_sequence_passes_through():
    seed = np.random.SeedSequence(3, spawn_key=(1,))
    assert seed_sequence(seed) is seed


def test_a_generator_is_advanced_so_that_two_calls_differ():
    rng = np.random.default_rng(1)
    first, second = seed_sequence(rng), seed_sequence(rng)
    assert first.entropy != second.entropy
    assert first.entropy == seed_sequence(np.random.default_rng(1)).entropy


def test_a_negative_seed_is_refused():
    with pytest.raises(InvalidParameterError, match=r"^rng is -1; an integer seed must not be negative$"):
        seed_sequence(-1)


@pytest.mark.parametrize(
    "rng, type_name",
    [(True, "bool"), (np.True_, "bool"), (1.0, "float"), ("7", "str"), ([1, 2], "list")],
)
def test_other_types_are_refused_by_name(rng, type_name):
    with pytest.raises(InvalidParameterError, match=rf"^random_state is {type_name}\w*; it takes None, a"):
        seed_sequence(rng, name="random_state")


def test_a_legacy_random_state_is_refused():
    with pytest.raises(InvalidParameterError, match="rng is RandomState"):
        seed_sequence(np.random.RandomState(0))


@given(entropy=st.integers(0, 2**64), key=st.lists(st.integers(0, 2**31), max_size=3))
def test_a_child_is_what_spawn_would_give_and_leaves_the_parent_alone(entropy, key):
    parent = np.random.SeedSequence(entropy)
    child = child_seed(parent, *key)
    assert parent.n_children_spawned == 0
    assert child.entropy == entropy
    assert child.spawn_key == tuple(key)
    assert (child_seed(parent, *key).generate_state(4) == child.generate_state(4)).all()


def test_streams_of_different_blocks_differ_and_do_not_depend_on_the_order():
    seed = seed_sequence(5)
    forward = [generator(seed, block).random() for block in (0, 1, 2)]
    backward = [generator(seed, block).random() for block in (2, 1, 0)]
    assert forward == backward[::-1]
    assert len(set(forward)) == 3


def test_the_first_draws_of_a_block_never_change():
    # stored: a change of these numbers changes every p-value that users have published
    draws = generator(seed_sequence(20240501), 0, 3).integers(0, 2**32, size=3, dtype=np.uint32)
    assert draws.tolist() == [4006189499, 447592784, 3838893175]
