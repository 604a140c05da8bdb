import importlib.util
import warnings

import pytest

from stattools import _errors, exceptions
from stattools._errors import Notes, PerformanceWarning


def inner_and_outer(folder):
    """Two nested functions that look as if they were defined in a file of `folder`; the inner one warns."""
    source = (
        "from stattools._errors import Notes, PerformanceWarning, warn\n"
        "def inner(): warn('slow', PerformanceWarning)\n"
        "def outer(): inner()\n"
        "def collecting():\n"
        "    notes = Notes()\n"
        "    notes.warn('slow', PerformanceWarning)\n"
        "    return notes\n"
    )
    spec = importlib.util.spec_from_loader("written_here", loader=None)
    module = importlib.util.module_from_spec(spec)
    exec(compile(source, folder + "written_here.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("name", ["inner", "outer", "collecting"])
def test_a_warning_points_at_the_line_that_called_the_package(name):
    function = getattr(inner_and_outer(_errors._PACKAGE_FOLDER), name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert [item.filename for item in caught] == [__file__]


def test_a_warning_raised_outside_the_package_points_at_its_own_line():
    with pytest.warns(PerformanceWarning, match="slow") as caught:
        _errors.warn("slow", PerformanceWarning)
    assert caught[0].filename == __file__


def test_notes_keep_the_order_and_warn_once_for_each_text():
    notes = Notes()
    with pytest.warns(PerformanceWarning) as caught:
        notes.warn("first", PerformanceWarning)
        notes.warn("second", PerformanceWarning)
        notes.warn("first", PerformanceWarning)
    notes.remark("a")
    notes.remark("b")
    notes.remark("a")
    assert [str(item.message) for item in caught] == ["first", "second"]
    assert notes.warnings == ("first", "second")
    assert notes.remarks == ("a", "b")


@pytest.mark.parametrize(
    "name, bases",
    [
        ("InvalidParameterError", (exceptions.StattoolsError, ValueError, TypeError)),
        ("InvalidDataError", (exceptions.StattoolsError, ValueError)),
        ("DegenerateDataError", (exceptions.StattoolsError, ValueError)),
        ("ConvergenceWarning", (exceptions.StattoolsWarning, UserWarning)),
        ("DegenerateDataWarning", (exceptions.StattoolsWarning, UserWarning)),
        ("PerformanceWarning", (exceptions.StattoolsWarning, UserWarning)),
        ("AssumptionWarning", (exceptions.StattoolsWarning, UserWarning)),
    ],
)
def test_what_the_exceptions_are_caught_as(name, bases):
    assert all(issubclass(getattr(exceptions, name), base) for base in bases)


def test_every_error_and_warning_is_public():
    defined = {
        name
        for name, value in vars(_errors).items()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == _errors.__name__
    }
    assert defined == set(exceptions.__all__)
