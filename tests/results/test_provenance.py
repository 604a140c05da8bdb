import datetime

import numpy as np
import pytest

from stattools._provenance import Provenance, package_versions, seed_fields, seed_text


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
