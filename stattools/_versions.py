"""Versions of what an answer depends on, for bug reports and provenance."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

REQUIRED = (
    "numpy",
    "scipy",
    "statsmodels",
    "scikit-learn",
    "pot",
    "numba",
    "llvmlite",
    "joblib",
    "threadpoolctl",
    "pandas",
    "narwhals",
)
OPTIONAL = ("matplotlib", "networkx", "polars", "pyarrow", "dask", "tqdm")


def versions() -> dict[str, str]:
    """Versions of stattools, Python, the dependencies, and of the optional packages that are installed.

    Nothing is imported: the numbers come from the metadata of the installed packages.

    Examples
    --------
    >>> list(versions())[:2]
    ['stattools', 'python']
    """
    from stattools import __version__

    found = {
        "stattools": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    for name in REQUIRED + OPTIONAL:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name in REQUIRED:
                found[name] = "not installed"
    return found


def show_versions() -> None:
    """Print the versions that a bug report needs.

    Examples
    --------
    >>> import stattools
    >>> stattools.show_versions()
    stattools      ...
    """
    table = versions()
    width = max(map(len, table))
    sys.stdout.write("".join(f"{name:<{width}}  {version}\n" for name, version in table.items()))
