"""Rules about the source that import-linter and ruff cannot express."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import stattools

PACKAGE = Path(stattools.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
KERNELS = [path for path in SOURCES if path.name in ("_kernels.py", "_transport1d.py")]


def relative(path):
    return str(path.relative_to(PACKAGE))


def imports(path, *, module_level_only=False):
    """Modules that a file imports; with `module_level_only`, those that are loaded with it."""
    found, pending = set(), [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)} line {node.lineno}: imports are absolute here"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        deferred = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        )
        if not (module_level_only and deferred):
            pending.extend(ast.iter_child_nodes(node))
    return found


def starts_with(module, packages):
    return any(module == package or module.startswith(package + ".") for package in packages)


def test_there_are_kernels_to_check():
    assert KERNELS


@pytest.mark.parametrize("path", KERNELS, ids=relative)
def test_kernels_import_numpy_and_the_decorator_only(path):
    allowed = ["__future__", "numpy", "stattools._numba", "stattools.distributions._transport1d"]
    strangers = {module for module in imports(path) if not starts_with(module, allowed)}
    assert strangers <= {"stattools.distributions"} - {path.stem}, f"{relative(path)} imports {sorted(strangers)}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_numba_is_imported_in_one_place(path):
    if path.name != "_numba.py":
        assert not {module for module in imports(path) if starts_with(module, ["numba"])}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_plotting_is_loaded_by_nobody_else(path):
    if path.parent.name != "plotting":
        loaded = imports(path, module_level_only=True)
        assert not {module for module in loaded if starts_with(module, ["stattools.plotting", "matplotlib"])}


def code_lines(path):
    """Lines that are neither empty, comment nor docstring."""
    text = path.read_text(encoding="utf-8")
    lines = {i for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.lstrip().startswith("#")}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, node.end_lineno + 1))
    return len(lines)


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_module_is_about_one_thing(path):
    assert code_lines(path) <= 400


def public_objects():
    for module in stattools._MODULES:
        if module == "exceptions":
            continue
        package = importlib.import_module(f"stattools.{module}")
        for name in package.__all__:
            value = getattr(package, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                yield f"{module}.{name}", value


def test_every_public_function_and_class_has_an_example():
    without = [name for name, value in public_objects() if ">>>" not in (inspect.getdoc(value) or "")]
    assert without == []
