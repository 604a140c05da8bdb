"""Every vignette runs from top to bottom, with warnings as errors, and what its prose claims holds."""

import pytest

from tests import vignettes

ALL = sorted(vignettes.FOLDER.glob("*.md"))


def test_there_is_a_vignette():
    assert [path.name for path in ALL]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_vignette_runs(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vignettes.run(path)
    assert list(tmp_path.iterdir()) == []  # a reader's folder stays as it was


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_vignette_has_no_address_to_fetch(path):
    code = "".join(cell.code for cell in vignettes.cells(path))
    assert "http" not in code and "urlopen" not in code


def test_cells_are_found_with_their_lines(tmp_path):
    path = tmp_path / "v.md"
    path.write_text(
        "# T\n\n```{code-cell} python\n:tags: [remove-cell]\na = 1\n```\n\n```{code-cell} python\na + 1\n```\n"
    )
    assert [(cell.code, cell.line) for cell in vignettes.cells(path)] == [("a = 1\n", 5), ("a + 1\n", 9)]
    shown = []
    vignettes.run(path, show=shown.append)
    assert shown == [2]


def test_a_failure_names_its_line(tmp_path):
    path = tmp_path / "v.md"
    path.write_text("text\n\n```{code-cell} python\nx = 1\nassert x == 2, 'no'\n```\n")
    with pytest.raises(AssertionError, match=r"v.md, line 5: AssertionError: no"):
        vignettes.run(path)
