"""One self-contained HTML file: text, printed results, tables and plots; nothing is fetched when it is opened."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from stattools.cli._run import CommandError

# Without it a browser may be talked into fetching something by a label in the data.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

STYLE = """\
:root { --ink: #1c2430; --soft: #5a6675; --line: #d9dee5; --paper: #ffffff; --tint: #f5f7f9; --mark: #1f5f8b; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.55 Georgia, "Times New Roman", "Liberation Serif", serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3, nav, th, figcaption, dt, .small { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; }
h2 { font-size: 1.4rem; margin: 3.2rem 0 .8rem; padding-top: 1.4rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
p { margin: .5rem 0 .9rem; max-width: 46rem; }
a { color: var(--mark); }
nav { font-size: .92rem; margin: 1.2rem 0; }
nav ol { padding-left: 1.3rem; margin: 0; columns: 2; }
pre { font: 13.5px/1.45 Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; background: var(--tint);
  border: 1px solid var(--line); border-radius: 4px; padding: .9rem 1.1rem; overflow-x: auto; margin: .6rem 0 1.2rem; }
.finding { border-left: 4px solid var(--mark); background: var(--tint); padding: .7rem 1.1rem; margin: 1rem 0 1.2rem; }
.finding p { margin: .15rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(25rem, 1fr)); gap: 1.2rem; margin: 1rem 0; }
.narrow { grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
figure { margin: 0; border: 1px solid var(--line); border-radius: 4px; padding: .6rem; break-inside: avoid; }
.figures > figure:only-child { max-width: 36rem; }
figure img { display: block; width: 100%; height: auto; }
figcaption { font-size: .85rem; line-height: 1.4; color: var(--soft); padding: .5rem .3rem .1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: .8rem 0 1.2rem; }
dt { font-size: .85rem; color: var(--soft); padding-top: .12rem; }
dd { margin: 0; max-width: 44rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .6rem 0 1.2rem; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: .82rem; color: var(--soft); font-weight: 600; }
.small { font-size: .85rem; color: var(--soft); }
@media (max-width: 34rem) { .figures, .narrow { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .6rem; } nav ol { columns: 1; } }
@media print { main { max-width: none; padding: 0; } h2 { break-after: avoid; } }
"""


@dataclass(frozen=True)
class Paragraph:
    """Running text.

    Examples
    --------
    >>> Paragraph("p < 0.05").as_html()
    '<p>p &lt; 0.05</p>'
    """

    text: str
    small: bool = False

    def as_html(self) -> str:
        start = '<p class="small">' if self.small else "<p>"
        return f"{start}{escape(self.text)}</p>"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section.

    Examples
    --------
    >>> Heading("Where").as_html()
    '<h3>Where</h3>'
    """

    text: str

    def as_html(self) -> str:
        return f"<h3>{escape(self.text)}</h3>"


@dataclass(frozen=True)
class Printed:
    """What a result prints.

    Examples
    --------
    >>> Printed("T* = 0.5\\n").as_html()
    '<pre>T* = 0.5</pre>'
    """

    text: str

    def as_html(self) -> str:
        return f"<pre>{escape(self.text.strip(chr(10)))}</pre>"


@dataclass(frozen=True)
class Finding:
    """Sentences that say what came out.

    Examples
    --------
    >>> Finding(("One.", "Two.")).as_html()
    '<div class="finding"><p>One.</p><p>Two.</p></div>'
    """

    sentences: tuple[str, ...]

    def as_html(self) -> str:
        # a p-value is not broken over two lines
        texts = [escape(text).replace("p-value = ", "p&#8209;value&nbsp;=&nbsp;") for text in self.sentences]
        return '<div class="finding">' + "".join(f"<p>{text}</p>" for text in texts) + "</div>"


@dataclass(frozen=True)
class Facts:
    """Terms with what they mean here.

    Examples
    --------
    >>> Facts({"Unit": "a day"}).as_html()
    '<dl><dt>Unit</dt><dd>a day</dd></dl>'
    """

    facts: Mapping[str, str]

    def as_html(self) -> str:
        return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in self.facts.items()) + "</dl>"


@dataclass(frozen=True)
class Rows:
    """A small table.

    Examples
    --------
    >>> Rows(("a",), (("1",),)).as_html()
    '<table><tr><th>a</th></tr><tr><td>1</td></tr></table>'
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_html(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        return f"<table><tr>{head}</tr>{body}</table>"


@dataclass(frozen=True)
class Figure:
    """A plot with its caption.

    png : the image. caption : also its text for readers who cannot see it.
    """

    png: bytes
    caption: str

    def as_html(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        caption = escape(self.caption)
        image = f'<img src="data:image/png;base64,{data}" alt="{caption}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


@dataclass(frozen=True)
class Figures:
    """Plots beside each other.

    Examples
    --------
    >>> Figures(()).as_html()
    ''
    """

    figures: tuple[Figure, ...]

    def as_html(self) -> str:
        if not self.figures:
            return ""
        narrow = " narrow" if len(self.figures) % 3 == 0 else ""
        return f'<div class="figures{narrow}">' + "\n".join(figure.as_html() for figure in self.figures) + "</div>"


Block = Paragraph | Heading | Printed | Finding | Facts | Rows | Figures


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading."""

    title: str
    blocks: tuple[Block, ...]


def document(title: str, introduction: Sequence[Block], sections: Sequence[Section]) -> str:
    """The whole file as text; every word from outside is escaped.

    Parameters
    ----------
    title : str
    introduction : sequence of blocks
    sections : sequence of Section
        Listed at the top when there are several.

    Examples
    --------
    >>> page = document("Report", [Paragraph("Hello.")], [Section("A & B", (Printed("p = 0.5"),))])
    >>> "A &amp; B" in page and "http:" not in page
    True
    """
    body = [f"<h1>{escape(title)}</h1>", *(block.as_html() for block in introduction)]
    if len(sections) > 1:
        items = "".join(f'<li><a href="#part-{k}">{escape(s.title)}</a></li>' for k, s in enumerate(sections, 1))
        body.append(f"<nav><ol>{items}</ol></nav>")
    for k, section in enumerate(sections, 1):
        body.append(f'<section id="part-{k}">\n<h2>{escape(section.title)}</h2>')
        body += [block.as_html() for block in section.blocks]
        body.append("</section>")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def target(out: str, *, default_name: str) -> Path:
    """The file that ``--out`` names; folders are made, so that a wrong path is found before the work.

    Raises
    ------
    CommandError
        Nothing can be written there.
    """
    path = Path(out)
    is_file = path.suffix.lower() in (".html", ".htm") and not path.is_dir()
    folder = path.parent if is_file else path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = path if is_file else folder / default_name
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CommandError(f"cannot write {str(path)!r}: {error.strerror}; choose another place") from None
    return path.resolve()
