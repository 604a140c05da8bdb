"""Small real data sets, each with its statistical unit, its source and its licence.

Nothing is downloaded: the tables lie in ``stattools/datasets/files`` (digits come with scikit-learn). How they were
derived is in ``data/make_data.py`` of the source repository, their terms in ``data/LICENCES.md``.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any as _Any

if TYPE_CHECKING:
    from stattools.datasets._base import Dataset, Table
    from stattools.datasets._pairs import PairedDataset
    from stattools.datasets.birth_weight import load_birth_weight
    from stattools.datasets.climate import load_climate
    from stattools.datasets.digits import load_digits_grid
    from stattools.datasets.magnetic import MagneticField, load_magnetic_field
    from stattools.datasets.nyc_days import load_nyc_days
    from stattools.datasets.nyc_flights import load_nyc_flights
    from stattools.datasets.nyc_wind import load_nyc_wind
    from stattools.datasets.snow1854 import load_snow1854
    from stattools.datasets.storms import load_storms
    from stattools.datasets.un_population import load_un_population

__all__ = [
    "Dataset",
    "MagneticField",
    "PairedDataset",
    "Table",
    "load_birth_weight",
    "load_climate",
    "load_digits_grid",
    "load_magnetic_field",
    "load_nyc_days",
    "load_nyc_flights",
    "load_nyc_wind",
    "load_snow1854",
    "load_storms",
    "load_un_population",
]

_MODULES = {
    "Dataset": "_base",
    "MagneticField": "magnetic",
    "PairedDataset": "_pairs",
    "Table": "_base",
    "load_birth_weight": "birth_weight",
    "load_climate": "climate",
    "load_digits_grid": "digits",
    "load_magnetic_field": "magnetic",
    "load_nyc_days": "nyc_days",
    "load_nyc_flights": "nyc_flights",
    "load_nyc_wind": "nyc_wind",
    "load_snow1854": "snow1854",
    "load_storms": "storms",
    "load_un_population": "un_population",
}


def __getattr__(name: str) -> _Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
