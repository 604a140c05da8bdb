"""The machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
from importlib import metadata

PACKAGES = ("numpy", "scipy", "numba", "joblib", "POT", "hyppo")


def cpu_model() -> str:
    """The processor's name as the system gives it, with its frequency at this moment on Linux."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            values = dict(line.split(":", 1) for line in file if ":" in line)
    except OSError:
        return platform.processor() or platform.machine()
    values = {key.strip(): value.strip() for key, value in values.items()}
    ids = ", ".join(f"{word} {values[key]}" for word, key in (("family", "cpu family"), ("model", "model"))
                    if key in values)
    clock = f", {float(values['cpu MHz']) / 1000:.1f} GHz" if "cpu MHz" in values else ""
    return f"{values.get('model name', platform.machine())} ({ids}{clock})" if ids else platform.machine()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blas() -> str:
    """The BLAS that numpy calls, with its number of threads."""
    from threadpoolctl import threadpool_info

    found = [f"{p['internal_api']} {p['version']}, {p['num_threads']} threads"
             for p in threadpool_info() if p["user_api"] == "blas" and "numpy" in p["filepath"]]
    return found[0] if found else "unknown"


def load() -> str:
    """Load average of the last minute."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"


def versions() -> dict[str, str]:
    """Versions of what is compared."""
    import stattools

    found = {"stattools": stattools.__version__, "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
