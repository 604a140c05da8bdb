"""How far a long computation has come."""

from __future__ import annotations

import sys
from typing import Any

from stattools._typing import Progress


class Report:
    """Progress as a bar (tqdm when installed, a line on stderr otherwise) or through the user's function.

    Examples
    --------
    >>> seen = []
    >>> report = Report(lambda done, total: seen.append((done, total)), 10, "resample")
    >>> report(3)
    >>> seen
    [(3, 10)]
    """

    def __init__(self, progress: Progress, total: int, unit: str) -> None:
        self._progress = progress
        self._unit = unit
        self._total = total
        self._bar: Any = None
        if progress is True:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                return
            self._bar = tqdm(total=total, unit=unit)

    def __call__(self, done: int) -> None:
        if callable(self._progress):
            self._progress(done, self._total)
        elif self._bar is not None:
            self._bar.update(done - self._bar.n)
        elif self._progress:
            sys.stderr.write(f"\r{done} of {self._total} {self._unit}s")

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        elif self._progress is True:
            sys.stderr.write("\n")
