"""Sphinx settings. Build with: python -m sphinx -W docs docs/_build"""

import shutil
from pathlib import Path

import stattools

HERE = Path(__file__).parent

project = "stattools"
author = "The stattools developers"
copyright = "the stattools developers"
version = release = stattools.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]

# the names that a subpackage lists are documented, wherever they are defined
autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"
numpydoc_show_class_members = True
numpydoc_class_members_toctree = False
numpydoc_show_inherited_class_members = False

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 300

html_theme = "pydata_sphinx_theme"
html_title = f"stattools {release}"
html_show_sourcelink = False


def copy_from_the_root(app):
    """Vignettes and news are kept at the root of the repository and become pages of the site."""
    articles = HERE / "articles"
    shutil.rmtree(articles, ignore_errors=True)
    articles.mkdir()
    for vignette in sorted((HERE.parent / "vignettes").glob("*.md")):
        shutil.copy(vignette, articles)
    shutil.copy(HERE.parent / "NEWS.md", HERE / "news.md")


def setup(app):
    app.connect("builder-inited", copy_from_the_root, priority=0)
