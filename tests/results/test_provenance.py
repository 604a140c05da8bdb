import datetime

import numpy as np
import pytest

from stattools._provenance import Provenance, argument_text, package_versions, seed_fields, seed_text


def test_capture_keeps_seed_sizes_versions_and_time():
    seed = np.random.SeedSequence(7, spawn_key=(np.int64(1), 2))
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    source = Provenance.capture("f(x)", seed=seed, sizes={"n": np.int64(3)})
    assert (source.call, source.seed, source.spawn_key, source.sizes) == ("f(x)", 7, (1, 2), {"n": 3})
    assert type(source.sizes["n"]) is int
    assert source.versions["numpy"] == np.__version__
    taken = datetime.datetime.fromisoformat(source.time)
    assert taken.utcoffset() == datetime.timedelta(0)
    assert before <= taken <= datetime.datetime.now(datetime.UTC)


def test_the_seed_can_be_rebuilt():
    for seed in (np.random.SeedSequence(), np.random.SeedSequence([3, 2**40], spawn_key=(5,))):
        entropy, key = seed_fields(seed)
        again = np.random.SeedSequence(entropy, spawn_key=key)
        np.testing.assert_array_equal(again.generate_state(4), seed.generate_state(4))


@pytest.mark.parametrize("seed, text", [((7, ()), "7"), ((7, (1,)), "7, spawn key (1,)"), (((1, 2), ()), "(1, 2)")])
def test_seed_in_words(seed, text):
    assert seed_text(*seed) == text


def test_time_does_not_count_and_the_call_does():
    assert Provenance("f()", time="a") == Provenance("f()", time="b")
    assert Provenance("f()") != Provenance("g()")


def test_versions_name_python_and_stattools_first():
    assert [name for name, _ in package_versions()][:3] == ["python", "stattools", "numpy"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("age", "'age'"),
        ("a -> b; " * 9 + "c", "'a -> b; a -> b; a -> b; a -> b; a -> b; a -> b; a -> ...'"),
        ("x" * 70, "'" + "x" * 55 + "...'"),
        (("age",), "('age',)"),
        ([("age", "bmi"), ("sex",)], "[('age', 'bmi'), ('sex',)]"),
        (["severity"] * 9, "['severity', 'severity', 'severity', 'severity', ...]"),
        (np.random.default_rng(1), "Generator(PCG64)"),
        (None, "None"),
        (0.5, "0.5"),
    ],
)
def test_arguments_are_cut_so_that_quotes_and_brackets_close(value, text):
    assert argument_text(value) == text and len(text) <= 60


def test_arguments_carry_no_address():
    assert argument_text(object()) == argument_text(object()) == "<object object>"
    assert argument_text(np.arange(99.0)).endswith("...)") and "\n" not in argument_text(np.eye(9))
