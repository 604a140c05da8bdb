"""The demo: one analysis on a circle, a sphere, a grid and a graph, printed and written as one HTML report."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from stattools import _versions
from stattools.cli import figures, html, words
from stattools.datasets import Dataset

REPORT = "stattools-demo.html"
QUICK, FULL = (999, 499), (9999, 1999)
SIDES = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


@dataclass(frozen=True)
class Settings:
    """seed : of every test. n_resamples : of a test. n_map : of a localisation."""

    seed: int
    n_resamples: int
    n_map: int

    def words(self) -> str:
        return f"{self.n_resamples} resamples a test, {self.n_map} a map, seed {self.seed}"


@dataclass(frozen=True)
class Analysis:
    """What a study found.

    null : the null hypothesis, as the end of "that ...". units : what they are called.
    first : the test that is printed and judged first. found : where two groups differ; `pair` is the test behind it
    when that is another one. place : names a point of the map. view : options of maps.
    """

    data: Dataset
    design: str
    null: str
    units: str
    first: Any
    found: Any
    pair: Any = None
    pair_null: str = ""
    place: Callable[[Any], str] | None = None
    view: dict[str, Any] = field(default_factory=dict)


def wind(settings: Settings) -> Analysis:
    """Days at two airports, in pairs, signs flipped week by week."""
    from stattools import datasets, isw_test

    data = datasets.load_nyc_wind(("JFK", "LGA"), unit="day")
    weeks = data.units["week"][data.units["group"] == "JFK"]
    result = isw_test(
        data.distributions,  # all of JFK, then all of LGA, day by day
        paired=True,
        blocks=weeks.dt.strftime("%Y-%m-%d"),
        n_resamples=settings.n_resamples,
        rng=settings.seed,
    )
    return Analysis(
        data=data,
        design=(
            "Day by day the two airports make a pair, because they share the weather. Under the null hypothesis they "
            "may change places; whole weeks do so together, because neighbouring days are alike."
        ),
        null="the mean embeddings of the wind roses of the two airports are equal",
        units="days",
        first=result,
        found=result.localize(n_resamples=settings.n_map),
        place=compass,
    )


def storms(settings: Settings) -> Analysis:
    """Seasons of a year by analysis of variance within years; then peak against late season."""
    from stattools import datasets, isw_anova, isw_test

    data = _in_order(datasets.load_storms(by="season"), ("peak", "late", "early"))
    years = data.units["year"].to_numpy()
    basis = data.distributions.domain.eigenbasis(80, weighting="heat", heat_time=0.02)
    embedded = data.distributions.embed(basis)  # once for both tests
    options: dict[str, Any] = {"n_resamples": settings.n_resamples, "rng": settings.seed}
    result = isw_anova(embedded, strata=years, **options)
    two = np.flatnonzero(data.units["group"].isin(["peak", "late"]))
    pair = isw_test(embedded[two], strata=years[two], **options)
    return Analysis(
        data=data,
        design=(
            "Three groups are compared by analysis of variance. Seasons are permuted among the storms of a year, "
            "because storms of a year share its climate. The second test compares the peak with the late season only. "
            "80 eigenfunctions are used in place of 20, so that the map is finer, because storms keep to a part of the "
            "sphere; heat weights, which decay slowly, are used in place of biharmonic ones, so that the finer waves "
            "count in the test. They were chosen for the map, not before the data were seen."
        ),
        null="the mean embeddings of storms of the three parts of the season are equal",
        units="storms",
        first=result,
        found=pair.localize(n_resamples=settings.n_map),
        pair=pair,
        pair_null="the mean embeddings of storms of the peak and of the late season are equal",
        view={"extent": (-110, 10, 0, 60)},
    )


def _in_order(data: Dataset, levels: tuple[str, ...]) -> Dataset:
    """The data with their groups in an order: the first two are compared, and keep their colours in all plots."""
    import pandas as pd

    arranged = data.distributions.with_groups(pd.Categorical(data.groups, categories=levels))
    return replace(data, build=lambda: arranged)


def digits(settings: Settings) -> Analysis:
    """Images of threes and of eights."""
    from stattools import datasets, isw_test

    data = datasets.load_digits_grid(digits=(3, 8))
    basis = data.distributions.domain.eigenbasis(40, weighting="heat", heat_time=0.7)
    result = isw_test(data.distributions, basis=basis, n_resamples=settings.n_resamples, rng=settings.seed)
    return Analysis(
        data=data,
        design=(
            "Labels of images are permuted, as if the images were independent. 40 eigenfunctions are used in place of "
            "20, so that the map shows strokes, and heat weights in place of biharmonic ones, so that strokes count in "
            "the test. They were chosen for the map, not before the data were seen."
        ),
        null="the mean embeddings of the ink of threes and of eights are equal",
        units="images",
        first=result,
        found=result.localize(n_resamples=settings.n_map),
    )


def cholera(settings: Settings) -> Analysis:
    """Addresses with one and with several deaths."""
    from stattools import datasets, isw_test

    data = datasets.load_snow1854(by="deaths")
    result = isw_test(data.distributions, n_resamples=settings.n_resamples, rng=settings.seed)
    return Analysis(
        data=data,
        design=(
            "Each unit is a single place, so the test asks whether two kinds of addresses lie in the same streets. The "
            "numbers of deaths are permuted over the addresses, which stay where they are."
        ),
        null="addresses with one death and with several have equal mean embeddings in the streets",
        units="addresses",
        first=result,
        found=result.localize(n_resamples=settings.n_map),
        place=_street_place(data),
    )


STUDIES: dict[str, tuple[str, Callable[[Settings], Analysis]]] = {
    "circle": ("Wind roses at two airports, on the circle", wind),
    "sphere": ("Storm tracks by season, on the sphere", storms),
    "grid": ("Handwritten digits, on a grid", digits),
    "graph": ("Cholera in Soho 1854, on a street graph", cholera),
}


def run(*, out: str, seed: int, quick: bool, studies: tuple[str, ...] = tuple(STUDIES)) -> None:
    """Run the studies, print what they find, and write the report.

    Parameters
    ----------
    out : str
        A file ending in .html, or a folder.
    seed : int
    quick : bool
        Fewer resamples.
    studies : tuple of str
        Keys of `STUDIES`.
    """
    path = html.target(out, default_name=REPORT)
    settings = Settings(seed, *(QUICK if quick else FULL))
    begin = time.perf_counter()
    sections = []
    for number, key in enumerate(studies, 1):
        title, study = STUDIES[key]
        print(f"\n{number}. {title}\n{'=' * (len(title) + 3)}", flush=True)
        since = time.perf_counter()
        analysis = study(settings)
        sections.append(section(title, analysis, seconds=time.perf_counter() - since))
    title = "stattools: collections of distributions compared"
    page = html.document(title, _introduction(settings), [*sections, _colophon(settings)])
    path.write_text(page, encoding="utf-8")
    print(f"\n{len(sections)} analyses in {time.perf_counter() - begin:.0f} s")
    print(f"Report: {path}" + ("" if figures.available() else f"\n{figures.ABSENT}"))


def section(title: str, analysis: Analysis, *, seconds: float) -> html.Section:
    """Print one analysis, and describe it for the report."""
    data = analysis.data
    tests = [analysis.first] if analysis.pair is None else [analysis.first, analysis.pair]
    findings = _findings(analysis)
    print(f"{data.description}\n{data.question}")
    for result in (*tests, analysis.found):
        print(result)
    print(*(textwrap.fill(text, 80) for text in findings), sep="\n")
    facts = {
        "Question": data.question,
        "Data and unit": data.description,
        "Units": ", ".join(f"{label} ({n})" for label, n in analysis.first.n.items()),
        "Design": analysis.design,
        "Remarks": "; ".join(data.remarks),
        "Source": data.source,
        "Licence": data.licence,
    }
    blocks: tuple[html.Block, ...] = (
        html.Facts({name: text for name, text in facts.items() if text}),
        html.Finding(findings),
        html.Figures(_data_figures(analysis)),
        html.Heading("Test"),
        *(html.Printed(str(result)) for result in tests),
        html.Figures(_test_figures(analysis)),
        html.Heading("Where they differ"),
        html.Printed(str(analysis.found)),
        html.Figures(_where_figures(analysis)),
        html.Paragraph(f"Computed in {seconds:.1f} s.", small=True),
    )
    return html.Section(title, blocks)


def _findings(analysis: Analysis) -> tuple[str, ...]:
    first = analysis.first
    texts = [
        words.conclusion(first, null=analysis.null),
        words.parts(first),
        words.size(first, units=analysis.units),
    ]
    if analysis.pair is not None:
        texts.append(words.conclusion(analysis.pair, null=analysis.pair_null))
    test = analysis.first if analysis.pair is None else analysis.pair
    texts += words.where(analysis.found, analysis.data.distributions, test=test, place=analysis.place)
    return tuple(text for text in texts if text)


def _data_figures(analysis: Analysis) -> tuple[html.Figure, ...]:
    """The collections, and the map of where they differ."""
    if not figures.available():
        return ()
    first, second = analysis.found.levels
    caption = (
        f"Where {first} and {second} differ: difference of mean densities, smoothed to the resolution of the "
        "eigenfunctions (1 = uniform). Outlined or dark where p <= 0.05, adjusted for all points."
    )
    difference = figures.figure(analysis.found, "map", caption, **analysis.view)
    return (*figures.collection(analysis.data.distributions, **analysis.view), difference)


def _test_figures(analysis: Analysis) -> tuple[html.Figure, ...]:
    captions = {
        "null": "The statistic under relabelling, and the observed value; the share beyond it is the p-value.",
        "scatter": f"The {analysis.units}, placed by the distances between them.",
    }
    return figures.figures(analysis.first, captions)


def _where_figures(analysis: Analysis) -> tuple[html.Figure, ...]:
    captions = {
        "components": "The statistic of each component, with its p-value adjusted for all components.",
        "quantiles": "Difference of the mean quantile functions through the slice with most levels that differ.",
    }
    return figures.figures(analysis.found, captions)


def _introduction(settings: Settings) -> list[html.Block]:
    plots = [] if figures.available() else [html.Paragraph(figures.ABSENT[0].upper() + figures.ABSENT[1:] + ".")]
    return [
        html.Paragraph(
            "In each of these analyses the unit is a whole distribution: a wind rose, the places where a storm spent "
            "its time, the ink of an image, a place in the streets. Eigenfunctions of the space turn every "
            "distribution into distributions on the line; their quantile functions make it a point in a Hilbert space; "
            "the groups are compared by the means of these points (intrinsic sliced Wasserstein test, Rustamov and "
            "Majumdar 2023)."
        ),
        html.Paragraph(f"All sentences on findings were written from the numbers of this run: {settings.words()}."),
        *plots,
    ]


def _colophon(settings: Settings) -> html.Section:
    versions = tuple((name, version) for name, version in _versions.versions().items())
    return html.Section(
        "How this was computed",
        (
            html.Paragraph(
                "The same seed and versions give the same digits: "
                f"python -m stattools demo --seed {settings.seed}"
                f"{' --quick' if settings.n_resamples == QUICK[0] else ''}."
            ),
            html.Rows(("package", "version"), versions),
            html.Paragraph(
                "R. M. Rustamov and S. Majumdar (2023), Intrinsic Sliced Wasserstein Distances for Comparing "
                "Collections of Probability Distributions on Manifolds and Graphs, ICML, PMLR 202, 29388-29415. The "
                "studentized statistic, the omnibus test, the analysis of variance and the maps are not theirs."
            ),
        ),
    )


def compass(point: Any) -> str:
    """A wind direction in degrees and by its name.

    Examples
    --------
    >>> compass([222.0])
    '222 deg (wind from SW)'
    """
    angle = float(point[0])
    return f"{angle:.0f} deg (wind from {SIDES[round(angle / 45) % 8]})"


def _street_place(data: Dataset) -> Callable[[Any], str]:
    """Names a node by the nearest pump on foot."""
    domain, pumps = data.distributions.domain, data.tables["pumps"]

    def place(node: Any) -> str:
        steps = domain.distances([int(node)], pumps["node"].to_numpy())[0]
        nearest = pumps.iloc[int(steps.argmin())]
        return f"node {int(node)}, in the streets nearest to the pump {nearest['label']}"

    return place
