"""Versions of what an answer depends on, for bug reports."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

from stattools._provenance import package_versions

_ALSO = (
    "llvmlite", "threadpoolctl", "narwhals", "formulaic", "matplotlib", "networkx", "polars", "pyarrow", "dask", "tqdm",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python, stattools and the installed packages it uses, and the machine.

    Nothing is imported: the numbers come from the metadata of the installed packages.

    Examples
    --------
    >>> list(versions())[:2]
    ['python', 'stattools']
    """
    found = dict(package_versions())
    for name in _ALSO:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    found["system"] = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    return found


def show_versions() -> None:
    """Print the versions that a bug report needs.

    Examples
    --------
    >>> import stattools
    >>> stattools.show_versions()
    python ...
    stattools ...
    numpy ...
    """
    table = versions()
    width = max(map(len, table))
    sys.stdout.write("".join(f"{name:<{width}}  {version}\n" for name, version in table.items()))
