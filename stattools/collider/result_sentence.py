"""The sentence that `ColliderResult.report` gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stattools.collider.result_words import disagreement
from stattools.results import _format

if TYPE_CHECKING:
    from stattools.collider.assembly import HeldOutGain
    from stattools.collider.result import ColliderResult

MOST_CONSTRAINTS = 3


def sentence(result: ColliderResult, style: str) -> str:
    """One sentence; style : "apa" or "plain"."""
    clauses = [_gain(result, style), _verdict(result, style)]
    return f"{_fit(result)}" + "".join(f"; {clause}" for clause in clauses if clause) + "."


def _fit(result: ColliderResult) -> str:
    rows = f"{result.nobs} labelled and {result.n_unlabeled} unlabelled rows"
    base = f" with base {result.base}" if result.base else ""
    head = f"{result.method}{base} on {rows}"
    if not result.constraints:
        return head
    if not result.projects:
        return f"{head}, without a projection"
    assert result.projection is not None
    used = result.used_constraints
    listed = " and ".join(used) if len(used) <= MOST_CONSTRAINTS else f"{len(used)} constraints"
    return f"{head}, {result.projection.title} for {listed}"


def _gain(result: ColliderResult, style: str) -> str:
    gain = result.gain
    if gain is None or not result.compares:
        return ""
    digits = 3 if style == "apa" else 4
    before, after = (_format.number(loss, digits) for loss in (gain.base_loss, gain.projected_loss))
    numbers = _numbers(gain, style, digits)
    why = disagreement(gain)
    numbers += f" ({why})" if why else ""
    what = "the projection" if result.projects else "the projection that was tried and not used"
    if gain.low > 0:
        return f"{what} lowered the held-out mean squared error from {before} to {after}, {numbers}"
    if gain.high < 0:
        return f"{what} raised the held-out mean squared error from {before} to {after}, {numbers}"
    return (
        f"the held-out mean squared error was {before} without and {after} with {what}, which does not show a "
        f"difference, {numbers}"
    )


def _numbers(gain: HeldOutGain, style: str, digits: int) -> str:
    estimate, low, high = (_format.number(value, digits) for value in (gain.estimate, gain.low, gain.high))
    level = _format.percent(gain.confidence_level)
    if style == "apa":
        return f"gain = {estimate}, {level}% CI [{low}, {high}], one-sided {_format.pvalue_apa(gain.pvalue)}"
    pvalue = _format.pvalue_equation(gain.pvalue, digits)
    return f"gain {estimate} ({level} percent interval {low} to {high}, one-sided {pvalue})"


def _verdict(result: ColliderResult, style: str) -> str:
    tested = [check for check in result.checks if check.verdict != "not tested"]
    if not tested:
        return "no constraint was tested" if result.checks else ""
    against = [check for check in tested if check.verdict == "contradicted"]
    chosen = against or tested
    smallest = min(check.adjusted for check in chosen)
    adjusted = "adjusted " if len(tested) > 1 else ""
    if style == "apa":
        pvalue = f"{adjusted}{_format.pvalue_apa(smallest)}"
    else:
        pvalue = f"{adjusted}{_format.pvalue_equation(smallest)}"
    if not against:
        least = "smallest " if len(tested) > 1 else ""
        which = "the constraint" if len(tested) == 1 else f"the {len(tested)} constraints"
        return f"the data did not contradict {which}, {least}{pvalue}"
    names = " and ".join(check.constraint for check in against[:MOST_CONSTRAINTS])
    left_out = ", left out of the projection" if not any(check.used for check in against) else ""
    return f"the data contradicted {names}{left_out}, {'smallest ' if len(against) > 1 else ''}{pvalue}"
