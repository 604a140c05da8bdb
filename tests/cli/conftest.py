"""A run of the command line in this process, and small tables to run it on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from stattools.cli import main


@dataclass
class Run:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys):
    def call(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return call


def winds(n_days=8, n_hours=12, shift=60.0, seed=0):
    """Hourly directions at two places; day numbers repeat, with leading zeros."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, turn in (("A", 0.0), ("B", shift)):
        for day in range(n_days):
            centre = 200 + turn + 20 * np.sin(day)
            hours = np.mod(centre + rng.normal(0, 30, n_hours), 360)
            rows += [
                {"place": place, "day": f"{day:03d}", "half": day // 4, "pairs": day % 7, "dir": hour} for hour in hours
            ]
    return pd.DataFrame(rows)


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "winds.csv"
    winds().to_csv(path, index=False)
    return path


BASIC = ("--value", "dir", "--unit", "place", "day", "--group", "place", "--domain", "circle:360", "--seed", "1")
