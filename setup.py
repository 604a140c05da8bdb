"""Packaging of stattools: pure Python, kernels are compiled by numba on first use."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def version():
    text = (HERE / "stattools" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"$', text, flags=re.MULTILINE).group(1)


INSTALL = [
    "numpy>=2.0",
    "scipy>=1.15",
    "statsmodels>=0.14.4",
    "scikit-learn>=1.6",
    "pot>=0.9.5",
    "numba>=0.61",
    "joblib>=1.4",
    "threadpoolctl>=3.5",
    "pandas>=2.2.3",
    "narwhals>=2.0",
    "formulaic>=1.1",
]

EXTRAS = {
    "plot": ["matplotlib>=3.10"],
    "dag": ["networkx>=3.2"],
    "dask": ["dask[array,dataframe]>=2024.8", "distributed>=2024.8"],
    "docs": ["sphinx>=8.0", "myst-nb>=1.2", "numpydoc>=1.8", "pydata-sphinx-theme>=0.16", "matplotlib>=3.10"],
    "bench": [
        "hyppo>=0.5",
        "causal-learn>=0.1.4",
        "dppy>=0.3.3",
        "asv>=0.6.4",
        "virtualenv>=20.26",
        "matplotlib>=3.10",
    ],
    "test": [
        "pytest>=8.3",
        "pytest-xdist>=3.6",
        "hypothesis>=6.112",
        "ruff>=0.11",
        "mypy>=1.15",
        "import-linter>=2.3",
        "matplotlib>=3.10",
        "networkx>=3.2",
        "polars>=1.8",
        "pyarrow>=17.0",
        "tqdm>=4.66",
    ],
}
EXTRAS["all"] = [*EXTRAS["plot"], *EXTRAS["dag"], *EXTRAS["dask"], "pyarrow>=17.0", "tqdm>=4.66"]

setup(
    name="stattools",
    version=version(),
    description="Tests and regressions for distributions, and optimal designs, with exact methods and readable results",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author="The stattools developers",
    license="BSD-3-Clause",
    license_files=["LICENSE", "data/LICENCES.md"],
    python_requires=">=3.11",
    packages=find_packages(include=["stattools", "stattools.*"]),
    package_data={"stattools": ["py.typed", "*.pyi"], "stattools.datasets": ["files/*"]},
    include_package_data=False,
    install_requires=INSTALL,
    extras_require=EXTRAS,
    zip_safe=False,
    keywords="statistics, two-sample test, optimal transport, Wasserstein, permutation test, distributional data, "
    "optimal design, determinantal point process, volume sampling, weighted least squares",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Topic :: Scientific/Engineering :: Mathematics",
        "Typing :: Typed",
    ],
)
