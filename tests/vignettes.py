"""Run the code cells of a MyST vignette in order, without jupyter. ``python -m tests.vignettes FILE`` prints them."""

import ast
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "vignettes"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```\s*$", flags=re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^:[a-z-]+:.*\n", flags=re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """Code, and the line of the file on which it begins."""

    code: str
    line: int


def cells(path):
    """The code cells of a file, without their options."""
    text = Path(path).read_text(encoding="utf-8")
    found = []
    for match in CELL.finditer(text):
        body = match[1]
        options = re.match(r"(?::[a-z-]+:.*\n)*", body)[0]
        line = text.count("\n", 0, match.start(1)) + options.count("\n") + 1
        found.append(Cell(body[len(options) :], line))
    return found


def run(path, show=lambda value: None):
    """Execute all cells in one namespace; `show` gets the value of a cell that ends in an expression.

    A failure is an AssertionError that names the line of the vignette.
    """
    namespace = {"__name__": "vignette"}
    for cell in cells(path):
        # empty lines before the code make the line numbers of tracebacks those of the file
        tree = ast.parse("\n" * (cell.line - 1) + cell.code, filename=str(path))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        try:
            exec(compile(tree, str(path), "exec"), namespace)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), str(path), "eval"), namespace)
                repr(value)
                if hasattr(value, "_repr_html_"):
                    value._repr_html_()
                show(value)
        except Exception as error:
            line = next(
                (f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)), cell.line
            )
            raise AssertionError(f"{Path(path).name}, line {line}: {type(error).__name__}: {error}") from error
    return namespace


if __name__ == "__main__":
    run(sys.argv[1], show=lambda value: None if value is None else print(repr(value)))
