import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import stattools

ROOT = Path(__file__).parent.parent

LISTING = """
import json, sys, time
before = set(sys.modules)
start = time.perf_counter()
import {module}
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted(set(sys.modules) - before)]))
"""


def import_alone(module):
    """Seconds and new modules of one import in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LISTING.format(module=module)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_import_loads_numpy_and_nothing_else():
    with_numpy = set(import_alone("numpy")[1])
    ours = {name for name in set(import_alone("stattools")[1]) - with_numpy if name.partition(".")[0] != "stattools"}
    assert {name for name in ours if name.partition(".")[0] not in sys.stdlib_module_names} == set()


def test_import_costs_at_most_a_fifth_of_a_second_over_numpy():
    # the smallest of several runs, taken in turns, is what the import needs when nothing else runs
    rounds = [(import_alone("numpy")[0], import_alone("stattools")[0]) for _ in range(5)]
    numpy_alone, package = (min(seconds) for seconds in zip(*rounds, strict=True))
    assert package - numpy_alone <= 0.2


def test_every_public_name_can_be_had():
    assert [name for name in stattools.__all__ if getattr(stattools, name, None) is None] == []
    assert dir(stattools) == stattools.__all__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'stattools' has no attribute 'isw_tset'"):
        _ = stattools.isw_tset
    assert not hasattr(stattools, "__wrapped__")


def test_from_import_star_gives_the_public_names():
    names = {}
    exec("from stattools import *", names)
    assert set(stattools.__all__) <= set(names)


def test_the_stub_names_what_the_module_names():
    tree = ast.parse((ROOT / "stattools" / "__init__.pyi").read_text())
    stated = {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    stated |= {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)} - {"__all__"}
    assert stated == set(stattools.__all__)


@pytest.mark.parametrize("module", stattools._MODULES)
def test_every_name_a_subpackage_lists_exists(module):
    package = importlib.import_module(f"stattools.{module}")
    assert package.__all__
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    assert len(set(package.__all__)) == len(package.__all__)


def test_versions_are_printed(capsys):
    stattools.show_versions()
    table = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert table["stattools"] == stattools.__version__
    assert {"python", "numpy", "numba", "pot", "narwhals", "system"} <= set(table)
