"""What all results share: equality, immutability, storage, tables and the four printed forms."""

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, strategies as st

from stattools.exceptions import InvalidDataError, InvalidParameterError
from stattools.results import HTestResult, Result
from stattools.results._immutable import ReadOnlyDict
from tests.helpers import assert_snapshot
from tests.results import builders

everyone = pytest.mark.parametrize("build", builders.ALL.values(), ids=builders.ALL.keys())


# equality ------------------------------------------------------------------------------------------------------------
@everyone
def test_equal_fields_make_equal_results(build):
    assert build() == build()
    assert (build() != build()) is False


@everyone
def test_each_field_matters_to_equality(build):
    result = build()
    other = {
        float: lambda v: v / 2 + 0.01,
        int: lambda v: v + 1,
        str: lambda v: v + "x",
        tuple: lambda v: (*v, "one more"),
        np.ndarray: lambda v: v * 0.5 + 0.1,
        ReadOnlyDict: lambda v: dict(list(v.items())[1:]),
    }
    skipped = {"alternative", "kind", "delta", "provenance", "nobs", "param_names", "statistic"}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        if type(value) in other and field.name not in skipped and not (isinstance(value, dict) and not value):
            changed = other[type(value)](value)
            assert build(**{field.name: changed}) != result, field.name


def test_nan_equals_nan_and_differs_from_numbers():
    values = np.array([1.0, np.nan])
    assert builders.htest(null_distribution=values) == builders.htest(null_distribution=values.copy())
    assert builders.htest(null_distribution=values) != builders.htest(null_distribution=np.array([1.0, 2.0]))
    assert builders.htest(statistic=float("nan")) == builders.htest(statistic=float("nan"))
    assert builders.htest(statistic=float("nan")) != builders.htest(statistic=0.0)


def test_an_array_differs_from_one_of_another_shape_that_would_broadcast():
    assert builders.htest(null_distribution=np.ones(3)) != builders.htest(null_distribution=np.ones(1))


def test_the_time_is_ignored_and_the_seed_is_not():
    later = dataclasses.replace(builders.PROVENANCE, time="2030-01-01T00:00:00+00:00")
    reseeded = dataclasses.replace(builders.PROVENANCE, seed=1)
    assert builders.htest(provenance=later) == builders.htest()
    assert builders.htest(provenance=reseeded) != builders.htest()


def test_results_of_different_classes_differ():
    class Special(HTestResult):
        pass

    plain = builders.htest()
    fields = {f.name: getattr(plain, f.name) for f in dataclasses.fields(plain)}
    assert Special(**fields) != plain
    assert plain != "text"


@everyone
def test_results_are_not_hashable(build):
    with pytest.raises(TypeError, match="unhashable"):
        hash(build())


# immutability --------------------------------------------------------------------------------------------------------
@everyone
def test_fields_cannot_be_set(build):
    with pytest.raises(dataclasses.FrozenInstanceError):
        build().method = "another"


def frozen_throughout(value):
    if isinstance(value, np.ndarray):
        return not value.flags.writeable
    if isinstance(value, dict):
        with pytest.raises(TypeError, match="cannot be changed"):
            value["new"] = 1
        with pytest.raises(TypeError, match="cannot be changed"):
            value |= {"new": 1}
        return all(map(frozen_throughout, value.values()))
    if dataclasses.is_dataclass(value):
        return all(frozen_throughout(getattr(value, f.name)) for f in dataclasses.fields(value))
    return not isinstance(value, list)


@everyone
def test_nothing_inside_can_be_changed(build):
    assert frozen_throughout(build())


@everyone
def test_copies_and_pickles_are_equal_and_as_frozen(build):
    result = build()
    for twin in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert twin == result
        assert frozen_throughout(twin)


def test_the_callers_array_is_neither_locked_nor_followed():
    values = np.ones(3)
    result = builders.htest(null_distribution=values)
    values[0] = 7.0
    assert result.null_distribution[0] == 1.0


def test_a_read_only_array_is_kept_without_a_copy():
    values = np.ones(3)
    values.flags.writeable = False
    assert builders.htest(null_distribution=values).null_distribution is values


@everyone
def test_tables_are_the_users_own(build):
    result = build()
    table = result.tidy()
    table.iloc[0, 1] = 0.123
    assert result == build()


# storage -------------------------------------------------------------------------------------------------------------
@everyone
def test_json_round_trip(build):
    result = build(warnings=("one",), notes=("two", "three"))
    for again in (Result.from_json(result.to_json()), type(result).from_dict(json.loads(json.dumps(result.to_dict())))):
        assert again == result
        assert type(again) is type(result)
        assert frozen_throughout(again)
        assert str(again.summary()) == str(result.summary())


def test_a_result_of_another_class_is_refused():
    with pytest.raises(InvalidDataError, match="describes a FitResult, not a HTestResult"):
        HTestResult.from_dict(builders.fit().to_dict())


@pytest.mark.parametrize("text", ["", "{", "null", "[1]", '{"a": 1}'])
def test_text_that_is_no_result_is_refused(text):
    with pytest.raises(InvalidDataError):
        Result.from_json(text)


def test_a_fresh_process_reads_what_this_one_wrote(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(builders.fit().to_json())
    code = (
        f"from stattools.results.serialization import decode; import json; r = decode(json.load(open({str(path)!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code + "; print(repr(r))"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(builders.fit())


# printed forms -------------------------------------------------------------------------------------------------------
FORMS = {"txt": "as_text", "html": "as_html", "tex": "as_latex", "md": "as_markdown"}


@everyone
def test_print(build, request):
    assert_snapshot(str(build()), f"results/{request.node.callspec.id}.txt")


@everyone
@pytest.mark.parametrize("suffix", FORMS)
def test_summary(build, suffix, request):
    name = request.node.callspec.id.split("-")
    kind = next(part for part in name if part in builders.ALL)
    assert_snapshot(getattr(build().summary(), FORMS[suffix])(), f"results/{kind}_summary.{suffix}")


@everyone
def test_representation_and_reports(build, request):
    result = build()
    lines = [repr(result), result.report(), result.report(style="plain")]
    assert_snapshot("\n".join(lines), f"results/{request.node.callspec.id}_lines.txt")


@everyone
def test_representation_is_one_line_without_arrays_or_addresses(build):
    text = repr(build(method="two\nlines\tand \x1b[31mcolour"))
    assert "\n" not in text
    assert "\x1b" not in text
    assert " 0x" not in text
    assert "array" not in text


@everyone
@given(
    name=st.text(max_size=200),
    long=st.text(st.sampled_from("abc _"), min_size=100, max_size=300),
    digits=st.integers(1, 15),
)
def test_no_line_is_wider_than_80_columns(build, name, long, digits):
    result = build(
        method=name, data_name=long, warnings=(name, long), notes=(long,), settings={long: name, "a": 1e-300}
    )
    for text in (str(result), result.summary(digits=digits).as_text()):
        # textwrap counts characters, so a text of any alphabet has at most 80 of them
        assert all(len(line.expandtabs(8)) <= 80 for line in text.split("\n"))


@everyone
def test_own_words_are_ascii(build):
    result = build(warnings=("w",), notes=("n",))
    for form in FORMS.values():
        assert getattr(result.summary(), form)().isascii()


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.seen = set()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@everyone
@given(text=st.text(max_size=30))
def test_html_is_balanced_and_holds_no_tag_of_the_users(build, text):
    attack = f"<script>{text}</script>"
    result = build(method=attack, data_name=attack, warnings=(attack,), settings={attack: attack})
    for fragment in (result._repr_html_(), result.summary().as_html()):
        parser = Balanced()
        parser.feed(fragment)
        assert parser.open == []
        assert parser.seen <= {"div", "h4", "p", "b", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}


@everyone
def test_latex_and_markdown_are_escaped(build):
    nasty = r"50% of $x_1$ & #2 \input{f} ~ ^ | *a* `b` <i>"
    result = build(method=nasty, data_name=nasty)
    latex, markdown = result.summary().as_latex(), result.summary().as_markdown()
    escaped = (
        r"50\% of \$x\_1\$ \& \#2 \textbackslash{}input\{f\} \textasciitilde{} \textasciicircum{} \textbar{} *a* `b` "
        r"\textless{}i\textgreater{}"
    )
    assert latex.startswith(rf"\noindent\textbf{{{escaped}}}")
    assert r"\\input\{f\} \~ ^ \| \*a\* \`b\` \<i\>" in markdown


@pytest.mark.parametrize("digits", [0, 16, 2.5, "4", True])
def test_digits_are_checked(digits):
    with pytest.raises(InvalidParameterError, match="digits is"):
        builders.htest().summary(digits=digits)


def test_digits_change_the_numbers():
    assert "T* = 0.031," in builders.htest().summary(digits=2).as_text()


def test_report_style_is_checked():
    with pytest.raises(InvalidParameterError, match=r"style is 'apaa'.*did you mean 'apa'"):
        builders.htest().report(style="apaa")


@everyone
def test_reports_are_one_sentence(build):
    for style in ("apa", "plain"):
        text = build().report(style=style)
        assert text.endswith(".")
        assert "\n" not in text


@everyone
def test_glance_has_one_row_and_plain_cells(build):
    table = build().glance()
    assert len(table) == 1
    assert all(v is None or isinstance(v, (bool, int, float, str, np.generic)) for v in table.iloc[0])


@everyone
def test_column_names_are_lower_case_words(build):
    result = build()
    for name in (*result.tidy().columns, *result.glance().columns):
        assert name == name.lower()
        assert name.isidentifier()


# plots ---------------------------------------------------------------------------------------------------------------
def test_a_result_without_plots_says_so():
    with pytest.raises(InvalidParameterError, match="this BoundResult has no plot"):
        builders.bound().plot()


def test_an_unknown_plot_names_the_known_ones():
    with pytest.raises(InvalidParameterError, match="kind is 'nul'; it takes one of 'null'; did you mean 'null'"):
        builders.htest().plot(kind="nul")


def test_no_null_distribution_no_plot_of_it():
    with pytest.raises(InvalidParameterError, match="no plot"):
        builders.welch().plot()


def test_the_null_distribution_is_drawn():
    pytest.importorskip("matplotlib")
    ax = builders.htest().plot(kind="null", bins=20)
    assert builders.htest().plot(ax=ax) is ax


def test_a_subclass_draws_its_own_kinds():
    calls = []

    class Special(HTestResult):
        plot_kinds = ("map", "null")

        def _plot(self, kind, ax, **options):
            calls.append((kind, ax, options))
            return ax

    plain = builders.htest()
    special = Special(**{f.name: getattr(plain, f.name) for f in dataclasses.fields(plain)})
    assert special.plot(ax="here", colour="red") == "here"
    special.plot(kind="null")
    assert calls == [("map", "here", {"colour": "red"}), ("null", None, {})]


def test_kinds_that_one_result_cannot_draw_are_told_with_a_reason():
    class Special(HTestResult):
        plot_kinds = ("map", "path", "null")

        def _available_plots(self):
            return ("null",)

        def _absent_plots(self):
            return {"map": "nothing was located, test with locate=True"}

    plain = builders.htest()
    special = Special(**{f.name: getattr(plain, f.name) for f in dataclasses.fields(plain)})
    with pytest.raises(InvalidParameterError, match="cannot draw: nothing was located, .*; it can draw 'null'"):
        special.plot(kind="map")
    with pytest.raises(InvalidParameterError, match="kind is 'path'; it takes one of 'null'"):
        special.plot(kind="path")


# cost ----------------------------------------------------------------------------------------------------------------
def test_import_brings_numpy_only():
    code = (
        "import sys, stattools.results; "
        "heavy = {'scipy', 'pandas', 'numba', 'matplotlib', 'sklearn', 'joblib', 'statsmodels', 'ot'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
