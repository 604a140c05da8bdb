"""A user's table from a file."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stattools.cli._run import CommandError

if TYPE_CHECKING:
    import pandas as pd

MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "."]
PARQUET = (".parquet", ".pq")


def read_table(
    path: str, *, labels: Sequence[str], numbers: Sequence[str], sep: str | None = None, encoding: str = "utf-8-sig"
) -> pd.DataFrame:
    """Columns of a CSV or Parquet file.

    Parameters
    ----------
    path : str
        "-" reads CSV from standard input.
    labels : sequence of str
        Columns kept as they are written: unit 007 is not 7, and group NA is not missing. Only an empty cell is.
    numbers : sequence of str
        Columns of numbers; empty cells and the usual words for a missing value are NaN.
    sep, encoding : str
        Of a text file.

    Raises
    ------
    CommandError
        The file is not there, cannot be read as a table, or lacks a column.
    """
    wanted = list(dict.fromkeys([*numbers, *labels]))
    if path != "-" and not Path(path).exists():
        raise CommandError(f"there is no file {path!r} (looked in {Path.cwd()})")
    if path != "-" and Path(path).is_dir():
        raise CommandError(f"{path!r} is a folder; name the file in it")
    if path.lower().endswith(PARQUET):
        frame, found = _read_parquet(path, wanted)
    else:
        frame, found = _read_text(path, wanted, labels, sep, encoding)
    absent = [name for name in wanted if name not in frame.columns]
    if absent:
        raise CommandError(_absent(path, absent, found, sep))
    if frame.empty:
        raise CommandError(f"{path!r} has a header and no row below it")
    return _with_numbers(frame, numbers, path)


def _read_text(
    path: str, wanted: list[str], labels: Sequence[str], sep: str | None, encoding: str
) -> tuple[pd.DataFrame, list[str]]:
    """All columns are read, and without an index: otherwise pandas takes a row of too many fields for one, unasked."""
    import pandas as pd

    source: Any = sys.stdin.buffer if path == "-" else path
    if sep is None:
        sep = "\t" if ".tsv" in Path(path).suffixes else ","
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                source,
                sep=sep.replace("\\t", "\t"),
                encoding=encoding,
                index_col=False,
                dtype=dict.fromkeys(labels, str),
                na_values={name: [""] if name in labels else MISSING for name in wanted},
                keep_default_na=False,
                low_memory=False,
            )
    except pd.errors.EmptyDataError:
        raise CommandError(f"{path!r} is empty") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, LookupError) as error:
        text = "some rows have more fields than the header" if isinstance(error, Warning) else str(error)
        hint = _encoding_hint(error) if isinstance(error, UnicodeError) else ""
        raise CommandError(f"{path!r} cannot be read as a table: {text}{hint}") from None
    found = [str(name) for name in frame.columns]
    return frame[[name for name in wanted if name in found]], found


def _encoding_hint(error: UnicodeError) -> str:
    """Spreadsheets save "Unicode text" as UTF-16, which begins with the bytes FF FE or FE FF."""
    start = bytes(error.object[:2]) if isinstance(error, UnicodeDecodeError) else b""
    name = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    return f"; name its encoding, such as --encoding {name}"


def _read_parquet(path: str, wanted: list[str]) -> tuple[pd.DataFrame, list[str]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise CommandError("Parquet needs pyarrow: install it (pip install pyarrow), or give a CSV file") from None
    try:
        found = list(parquet.read_schema(path).names)
        present = [name for name in wanted if name in found]
        return parquet.read_table(path, columns=present).to_pandas(), found
    except (ArrowException, ValueError) as error:
        raise CommandError(f"{path!r} cannot be read as Parquet: {error}") from None


def _absent(path: str, absent: list[str], found: list[str], sep: str | None) -> str:
    names = ", ".join(repr(name) for name in absent)
    if len(found) == 1 and (other := next((c for c in ";\t|" if c in found[0] and c != sep), "")):
        return f"{path!r} has no column {names}; its header looks separated by {other!r}: add --sep {other!r}"
    shown = ", ".join(found[:20]) + (", ..." if len(found) > 20 else "")
    twins = [name for name in found for wrong in absent if name.strip().lower() == wrong.strip().lower()]
    hint = f"; did you mean {twins[0]!r}?" if twins else ""
    return f"{path!r} has no column {names}; it has: {shown}{hint}"


def _with_numbers(frame: pd.DataFrame, numbers: Sequence[str], path: str) -> pd.DataFrame:
    """Turn text into numbers; name the first cell that is none."""
    import pandas as pd

    for name in numbers:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            continue
        bad = pd.to_numeric(column, errors="coerce").isna() & column.notna()
        if bad.any():
            row = int(bad.to_numpy().argmax())
            cell = str(column.iloc[row])
            hint = "; write decimals with a point" if "," in cell else "; leave the cell empty if the value is missing"
            raise CommandError(
                f"column {name!r} of {path!r} has {cell!r} in row {row + 1} below the header, which is no number{hint}"
            )
        frame = frame.assign(**{name: pd.to_numeric(column)})
    return frame
