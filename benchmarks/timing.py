"""Timing of contestants in turn, so that a drift of the machine's speed falls on all of them."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.report import Check, Section, Table, seconds, times

STEPS_IN_A_ROUND, MOST_CALLS = 100, 2**16


@dataclass(frozen=True)
class Contestant:
    """call : what is timed. scale : its time is multiplied by this when it does only a part of the work.

    note : how, for the table.
    """

    call: Callable[[], Any]
    scale: float = 1.0
    note: str = ""


def step_of_clock(changes: int = 5) -> float:
    """Seconds between two values of the clock: microseconds at most, but 4 ms on some virtual machines."""
    steps, last = [], time.perf_counter()
    while len(steps) < changes:
        now = time.perf_counter()
        if now > last:
            steps.append(now - last)
            last = now
    return float(np.median(steps))


def calls_in_a_round(call: Callable[[], Any], step: float) -> int:
    """How many calls take a hundred steps of the clock or more, found by doubling."""
    count = 1
    while count < MOST_CALLS:
        start = time.perf_counter()
        for _ in range(count):
            call()
        if time.perf_counter() - start >= STEPS_IN_A_ROUND * step:
            break
        count *= 2
    return count


def in_turn(contestants: Mapping[str, Contestant], repetitions: int) -> dict[str, Any]:
    """Seconds of a call of each contestant, (repetitions,), after one warm-up call each.

    The order is reversed in every other round. A round has as many calls as the clock needs.
    """
    step, calls = step_of_clock(), {}
    for name, contestant in contestants.items():
        contestant.call()
        calls[name] = calls_in_a_round(contestant.call, step)
    names = list(contestants)
    took: dict[str, list[float]] = {name: [] for name in names}
    for round_ in range(repetitions):
        for name in names if round_ % 2 == 0 else reversed(names):
            gc.collect()
            start = time.perf_counter()
            for _ in range(calls[name]):
                contestants[name].call()
            took[name].append((time.perf_counter() - start) / calls[name] * contestants[name].scale)
    return {name: np.array(values) for name, values in took.items()}


def compare(
    section: Section,
    title: str,
    contestants: Mapping[str, Contestant],
    repetitions: int,
    targets: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Time contestants, the first of which is ours, and append a table of ratios to the section.

    A ratio is the median over rounds of the peer's time over ours in the same round.
    """
    took = in_turn(contestants, repetitions)
    ours, *peers = took
    rows = [("**stattools**", "1", "", seconds(float(np.median(took[ours]))), contestants[ours].note)]
    for name in peers:
        ratios = took[name] / took[ours]
        ratio = float(np.median(ratios))
        spread = f"{times(ratios.min())} to {times(ratios.max())}"
        rows.append((name, times(ratio), spread, seconds(float(np.median(took[name]))), contestants[name].note))
        if targets and name in targets:
            what = f"{title}: {name} over stattools"
            section.checks.append(Check(what, times(ratio), f">= {targets[name]:g}x", ratio >= targets[name]))
    header = ("", "time over ours", "lowest to highest", "median time", "")
    section.parts.append(Table(header, rows, title))
    log(f"{title}: " + ", ".join(f"{name} {seconds(float(np.median(t)))}" for name, t in took.items()))
    return took


def log(text: str) -> None:
    """Progress, apart from the report."""
    sys.stderr.write(f"[{time.strftime('%H:%M:%S')}] {text}\n")
    sys.stderr.flush()
