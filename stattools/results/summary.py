"""A printed result as a short list of parts, and its four forms: text, HTML, LaTeX, Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stattools.results import _format
from stattools.results._format import WIDTH, clean

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{character: "\\" + character for character in "&%$#_"},
}
HANGING = 2  # blanks before what is left of a wrapped name
UNBROKEN = 24  # a name of so many characters is not broken where columns can be continued below
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True)
class Line:
    """One sentence or equation, with an optional label before it.

    Examples
    --------
    >>> Line("two samples", label="data:").label
    'data:'
    """

    text: str
    label: str = ""


@dataclass(frozen=True)
class Items:
    """A label and sentences below it.

    Examples
    --------
    >>> Items("assumptions:", ("losses lie in [0, 1]",)).items
    ('losses lie in [0, 1]',)
    """

    label: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A label, column names and rows of text.

    Columns are right-aligned, except the first `n_left`. In text, names too long for the width are wrapped, and columns
    that do not fit side by side are continued below, each time after the first `n_left` columns.

    Examples
    --------
    >>> Table("sample estimates:", ("distance",), (("10.13",),)).n_left
    0
    """

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_left: int = 0
    min_width: int = 0


@dataclass(frozen=True)
class Gap:
    """An empty line in the text form.

    Examples
    --------
    >>> Gap()
    Gap()
    """


Part = Line | Items | Table | Gap


@dataclass(frozen=True, repr=False)
class Summary:
    """A result ready to be printed.

    Attributes
    ----------
    title : str
    parts : tuple of Line, Items, Table or Gap

    Examples
    --------
    >>> summary = Summary("Energy test", (Line("two samples", label="data:"), Line("E = 0.5, p-value = 0.01")))
    >>> summary.as_text().splitlines()
    ['', '\\tEnergy test', '', 'data:  two samples', 'E = 0.5, p-value = 0.01']
    """

    title: str
    parts: tuple[Part, ...]

    def as_text(self) -> str:
        """Plain text, at most 80 columns wide, as R prints a test.

        Examples
        --------
        >>> Summary("Test", (Line("a = 1"),)).as_text()
        '\\n\\tTest\\n\\na = 1\\n'
        """
        lines = ["", *("\t" + line for line in _format.wrap(clean(self.title), WIDTH - 8, hanging="")), ""]
        for part in self.parts:
            lines += _text_lines(part)
        return "\n".join(lines) + "\n"

    def as_html(self) -> str:
        """A fragment of HTML; all text is escaped.

        Examples
        --------
        >>> Summary("Test", (Line("p < 0.05"),)).as_html()
        '<div class="stattools-summary">\\n<h4>Test</h4>\\n<p>p &lt; 0.05</p>\\n</div>'
        """
        body = [line for part in self.parts for line in _html_lines(part)]
        title = f"<h4>{_html(self.title)}</h4>"
        return "\n".join(['<div class="stattools-summary">', title, *body, "</div>"])

    def as_latex(self) -> str:
        """A fragment of LaTeX that needs no package; all text is escaped.

        Examples
        --------
        >>> print(Summary("Test", (Line("share = 50%"),)).as_latex())
        \\noindent\\textbf{Test}
        <BLANKLINE>
        \\noindent share = 50\\%
        """
        body = [line for part in self.parts for line in _latex_lines(part)]
        return "\n".join([rf"\noindent\textbf{{{_latex(self.title)}}}", *body])

    def as_markdown(self) -> str:
        """GitHub-flavoured Markdown; all text is escaped.

        Examples
        --------
        >>> print(Summary("Test", (Line("a = 1"),)).as_markdown())
        **Test**
        <BLANKLINE>
        a = 1
        """
        body = [line for part in self.parts for line in _markdown_lines(part)]
        return "\n".join([f"**{_markdown(self.title)}**", *body])

    def __str__(self) -> str:
        return self.as_text()

    def __repr__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        return self.as_html()


def cut(rows: Sequence[tuple[str, ...]], limit: int) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The first rows of a long table, and the words that say how many more there are.

    Examples
    --------
    >>> cut([("a",), ("b",), ("c",)], 2)
    ((('a',), ('b',)), '1 more row in tidy()')
    """
    hidden = len(rows) - limit
    if hidden <= 0:
        return tuple(rows), ""
    return tuple(rows[:limit]), f"{hidden} more row{'s' if hidden > 1 else ''} in tidy()"


# text ----------------------------------------------------------------------------------------------------------------
def _text_lines(part: Part) -> list[str]:
    if isinstance(part, Gap):
        return [""]
    if isinstance(part, Line):
        # R puts two blanks after "data:"
        label = clean(part.label)
        joined = f"{label}  {clean(part.text)}" if label == "data:" else f"{label} {clean(part.text)}"
        return _format.wrap(joined.strip())
    if isinstance(part, Items):
        bullets = [line for item in part.items for line in _format.wrap("- " + clean(item), indent="  ", hanging="  ")]
        return [clean(part.label), *bullets]
    return [line for line in [clean(part.label)] if line] + _table_lines(part)


def _table_lines(table: Table) -> list[str]:
    indent = " " * (4 if table.min_width else 2)
    cells = [tuple(map(clean, row)) for row in (table.columns, *table.rows)]
    widths = [max(1, table.min_width, *(len(row[k]) for row in cells)) for k in range(len(table.columns))]
    room = WIDTH - len(indent)
    widths = _narrow(widths, table.n_left, room)
    lines: list[str] = []
    for chosen in _column_chunks(widths, table.n_left, room):
        for row in cells:
            lines += _row_lines(row, chosen, widths, table.n_left, indent)
    return lines


def _narrow(widths: list[int], n_left: int, room: int) -> list[int]:
    """Left columns share what the widest other column leaves; any other column is cut to the room."""
    widest = max(widths[n_left:], default=0)
    numbers = sum(width + 2 for width in widths[n_left:])
    fits = sum(width + 2 for width in widths[:n_left]) + numbers - 2 <= room
    if fits or not n_left:
        return [min(width, room) for width in widths]
    # narrowing the names is preferred to breaking the table, as long as 10 characters a name remain and a short one
    # stays on its line
    longest = max(widths[:n_left])
    least = longest if longest <= UNBROKEN else 10
    spare = room - numbers if (room - numbers) // n_left - 2 >= least else room - widest - 2
    share = max(8, spare // n_left - 2)
    return [min(w, share) if k < n_left else min(w, room - n_left * (share + 2)) for k, w in enumerate(widths)]


def _column_chunks(widths: Sequence[int], n_left: int, room: int) -> list[list[int]]:
    """Columns that fit side by side; each chunk begins with the left columns."""
    left = list(range(n_left))
    base = sum(widths[k] + 2 for k in left)
    chunks: list[list[int]] = []
    used = base
    for k in range(n_left, len(widths)):
        if not chunks or used + widths[k] > room:
            chunks.append([*left])
            used = base
        chunks[-1].append(k)
        used += widths[k] + 2
    return chunks or [left]


def _row_lines(row: Sequence[str], chosen: Sequence[int], widths: Sequence[int], n_left: int, indent: str) -> list[str]:
    """A row begins on one line with all its cells; what of a wrapped name is left goes below, indented."""
    wrapped = [_format.wrap(row[k], widths[k], hanging=" " * (HANGING if k < n_left else 0)) for k in chosen]
    height = max(map(len, wrapped))
    columns = [[*cell, *[""] * (height - len(cell))] for cell in wrapped]
    flush = [k < n_left for k in chosen]
    sizes = [widths[k] for k in chosen]
    return [(indent + _format.align(list(line), sizes, flush)).rstrip() for line in zip(*columns, strict=True)]


# HTML ----------------------------------------------------------------------------------------------------------------
def _html(text: str) -> str:
    return html.escape(clean(text))


def _html_lines(part: Part) -> list[str]:
    if isinstance(part, Gap):
        return []
    label = f"<b>{_html(part.label)}</b>" if part.label else ""
    if isinstance(part, Line):
        return [f"<p>{label + ' ' if label else ''}{_html(part.text)}</p>"]
    if isinstance(part, Items):
        return [f"<p>{label}</p>", "<ul>", *(f"<li>{_html(item)}</li>" for item in part.items), "</ul>"]
    head = "".join(f"<th>{_html(name)}</th>" for name in part.columns)
    rows = ["<tr>" + "".join(_html_cell(c, k < part.n_left) for k, c in enumerate(row)) + "</tr>" for row in part.rows]
    table = ["<table>", f"<thead><tr>{head}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table>"]
    return [f"<p>{label}</p>", *table] if label else table


def _html_cell(text: str, left: bool) -> str:
    return f'<td style="text-align:{"left" if left else "right"}">{_html(text)}</td>'


# LaTeX ---------------------------------------------------------------------------------------------------------------
def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in clean(text))


def _latex_lines(part: Part) -> list[str]:
    if isinstance(part, Gap):
        return []
    label = rf"\textbf{{{_latex(part.label)}}}" if part.label else ""
    if isinstance(part, Line):
        return ["", rf"\noindent {label + ' ' if label else ''}{_latex(part.text)}"]
    if isinstance(part, Items):
        items = [rf"\item {_latex(item)}" for item in part.items]
        return ["", rf"\noindent {label}", r"\begin{itemize}", *items, r"\end{itemize}"]
    table = [
        rf"\begin{{tabular}}{{{''.join('l' if k < part.n_left else 'r' for k in range(len(part.columns)))}}}",
        r"\hline",
        _latex_row(part.columns),
        r"\hline",
        *(_latex_row(row) for row in part.rows),
        r"\hline",
        r"\end{tabular}",
    ]
    return ["", rf"\noindent {label}", "", *table] if label else ["", *table]


def _latex_row(cells: Iterable[str]) -> str:
    # braces keep a cell that begins with [ from being read as the optional argument of \\
    return " & ".join(f"{{{_latex(cell)}}}" if cell.startswith("[") else _latex(cell) for cell in cells) + r" \\"


# Markdown ------------------------------------------------------------------------------------------------------------
def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", clean(text))


def _markdown_lines(part: Part) -> list[str]:
    if isinstance(part, Gap):
        return []
    label = f"**{_markdown(part.label)}**" if part.label else ""
    if isinstance(part, Line):
        return ["", f"{label} {_markdown(part.text)}".strip()]
    if isinstance(part, Items):
        return ["", label, "", *(f"- {_markdown(item)}" for item in part.items)]
    rule = ["---" if k < part.n_left else "--:" for k in range(len(part.columns))]
    rows = [part.columns, rule, *part.rows]
    table = ["| " + " | ".join(c if row is rule else _markdown(c) for c in row) + " |" for row in rows]
    return ["", *([label, ""] if label else []), *table]


def text_rows(columns: dict[str, Any], digits: int = 4) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    """Names, rows of text and the count of leading text columns of a table given by columns.

    Examples
    --------
    >>> text_rows({"term": ["a", "b"], "share": [0.25, 0.5]})
    (('term', 'share'), [('a', '0.25'), ('b', '0.50')], 1)
    """
    texts: list[list[str]] = []
    n_left = 0
    for k, (name, values) in enumerate(columns.items()):
        items = list(values.tolist() if hasattr(values, "tolist") else values)
        numeric = all(isinstance(item, (int, float, type(None))) for item in items)
        if name in ("p_value", "p_adjusted"):
            texts.append([_format.number(item, digits) for item in items])
        elif numeric:
            texts.append(_format.number_column(items, digits))
        else:
            texts.append([_format.value_text(item, digits) for item in items])
            n_left = k + 1 if n_left == k else n_left
    return tuple(columns), list(zip(*texts, strict=True)), n_left
