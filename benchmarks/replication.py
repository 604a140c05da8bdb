"""The page docs/replication.md: each script writes its own section and leaves the others."""

from __future__ import annotations

import re
from pathlib import Path

TITLE = "# Replication tables"


def write_section(path: Path, heading: str, body: str) -> None:
    """Replace the section with this heading, or put it at the end of the page.

    Parameters
    ----------
    heading : str
        Of level 2, without the number signs.
    body : str
        Markdown without headings of level 1 or 2.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = Path(folder) / "page.md"
    ...     for heading, body in (("A", "first"), ("B", "second"), ("A", "third")):
    ...         write_section(page, heading, body)
    ...     page.read_text(encoding="utf-8").split()
    ['#', 'Replication', 'tables', '##', 'A', 'third', '##', 'B', 'second']
    """
    text = path.read_text(encoding="utf-8") if path.exists() else TITLE
    _, *parts = re.split(r"^## +", text, flags=re.MULTILINE)
    sections = dict(_heading_and_body(part) for part in parts)
    sections[heading] = body.strip()
    written = [TITLE, *(f"## {name}\n\n{content}" for name, content in sections.items())]
    path.write_text("\n\n".join(written) + "\n", encoding="utf-8")


def _heading_and_body(section: str) -> tuple[str, str]:
    heading, _, body = section.partition("\n")
    return heading.strip(), body.strip()
