"""YAML as a person means it: texts stay texts, every value knows its place, and what is wrong is told at its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from syncrules.errors import Place
from syncrules.yaml import load


def data(text: str) -> Any:
    document = load(text, "m.yaml")

    assert document.problems == []
    return document.data


def problem(text: str) -> tuple[str, int, int]:
    (found,) = load(text, "m.yaml").problems
    assert found.place is not None
    return found.message, found.place.line, found.place.column


# Values ---------------------------------------------------------------------------------------------------------------

TEXTS = [
    "0700", "007", "22:00", "1:20", "NO", "no", "Yes", "on", "off", "True", "FALSE", "Null", "NULL", "2026-03-15", "2026-03-15T10:00:00Z",
    "1e3", "1_000", "0x1F", "0o17", "+5", ".5", "5.", "1,5", "1.2.3", "NaN", ".inf", "~x", "=", "<<", "NL0012", "-0700",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_what_could_be_mistaken_for_something_else_stays_the_text_it_is(text: str) -> None:
    assert data(f"value: {text}") == {"value": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None), ("0", 0), ("-3", -3), ("700", 700),
        ("12.50", Decimal("12.50")), ("-0.5", Decimal("-0.5")), ("0.10", Decimal("0.10")),
    ],
)  # fmt: skip
def test_what_cannot_be_mistaken_is_a_value(text: str, value: Any) -> None:
    found = data(f"value: {text}")["value"]

    assert found == value
    assert type(found) is type(value)
    assert str(found) == str(value)


@pytest.mark.parametrize("text", ["true", "12", "1.5", "null", ""])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_what_stands_in_quotes_is_a_text(text: str, quote: str) -> None:
    assert data(f"value: {quote}{text}{quote}") == {"value": text}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_number_is_read_without_losing_a_digit(number: Decimal) -> None:
    assert str(data(f"value: {number}")["value"]) == str(number)


def test_a_key_is_always_a_text() -> None:
    assert data("1: a\ntrue: b\n0700: c\n22:00: d\n~: e") == {
        "1": "a",
        "true": "b",
        "0700": "c",
        "22:00": "d",
        "~": "e",
    }


def test_lists_and_maps_are_lists_and_dictionaries() -> None:
    assert data("a: [1, x, {b: 2}]\nc:\n  - d\n  - - e") == {"a": [1, "x", {"b": 2}], "c": ["d", ["e"]]}


def test_a_file_may_begin_with_the_mark_of_an_editor() -> None:
    assert data("\ufefftitle: x\r\nother: y\r\n") == {"title": "x", "other": "y"}


def test_what_was_said_once_may_be_said_again_by_name() -> None:
    assert data("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


# Places ---------------------------------------------------------------------------------------------------------------

TEXT = "title: x\nrows:\n  Name: {left: a, right: b}\n  List:\n    - one\n    - two: 2\n"


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("title",), 1, 1),
        (("rows",), 2, 1),
        (("rows", "Name"), 3, 3),
        (("rows", "Name", "right"), 3, 19),
        (("rows", "List", 0), 5, 7),
        (("rows", "List", 1, "two"), 6, 7),
        (("rows", "Name", "absent"), 3, 3),
        (("absent",), 1, 1),
        ((), 1, 1),
    ],
)
def test_everything_knows_where_it_stands_and_what_is_absent_stands_in_what_is_around_it(
    path: tuple[str | int, ...], line: int, column: int
) -> None:
    assert load(TEXT, "m.yaml").place(path) == Place("m.yaml", line, column)


def test_a_document_keeps_its_lines_for_excerpts() -> None:
    assert load(TEXT, "m.yaml").lines[2] == "  Name: {left: a, right: b}"


# What is wrong --------------------------------------------------------------------------------------------------------


def test_a_key_that_stands_twice_is_told_with_the_first() -> None:
    assert problem("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n") == ("'c' stands here twice; the first is in line 3", 5, 3)
    assert load("a: 1\na: 2", "m.yaml").data == {"a": 1}


def test_two_keys_that_are_written_differently_and_say_the_same_are_one() -> None:
    assert problem("'1': a\n1: b\n") == ("'1' stands here twice; the first is in line 1", 2, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b: c", 1),
        ("a: 1\n\tb: 2", 2),
        ("a: [1, 2", 1),
        ("a: 'x", 1),
        ("a: {b: 1\nc: 2", 2),
        ("a: *x", 1),
        ("---\na: 1\n---\nb: 2", 3),
        ("a: @x", 1),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(text: str, line: int) -> None:
    message, found, _ = problem(text)

    assert message.startswith("this is not YAML: ")
    assert abs(found - line) <= 1
    assert load(text, "m.yaml").data is None


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a:\n\tb: 1", 2, 1),
        ("a: 1\n\tb: 2", 2, 1),
        ("a:\n  b: 1\n\tc: 2", 3, 1),
        ("a:\n  \tb: 1", 2, 3),
        ("a:\n  -\tb", 2, 4),
        ("a: >\n\tb", 2, 1),
    ],
)
def test_a_tab_is_told_as_what_it_is_and_what_to_put_in_its_place(text: str, line: int, column: int) -> None:
    (found,) = load(text, "m.yaml").problems

    assert found.message == "this is not YAML: a tab stands where only spaces may"
    assert found.place == Place("m.yaml", line, column)
    assert found.suggestion == "Put spaces in its place, two for each step."


def test_what_needs_quotes_is_still_told_to_need_them() -> None:
    (found,) = load("a: b: c\td", "m.yaml").problems

    assert "needs quotes" in found.suggestion


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "---\n"])
def test_an_empty_file_is_told(text: str) -> None:
    document = load(text, "m.yaml")

    assert document.data is None
    assert [each.message for each in document.problems] in (["the file is empty"], [])


def test_a_character_that_nobody_can_see_is_told() -> None:
    assert problem("a: x\x00y")[0].startswith("this is not YAML: ")


@pytest.mark.parametrize("text", ["? [a, b]\n: c", "{[a]: b}"])
def test_a_key_that_is_no_text_is_told(text: str) -> None:
    assert problem(text)[0] == "a key must be a text"


@pytest.mark.parametrize(
    ("text", "column"), [("a: !!int abc", 4), ("a: !!float x", 4), ("a: !!int ''", 4), ("a: !!float 1e", 4)]
)
def test_a_value_that_is_not_what_its_tag_says_is_told(text: str, column: int) -> None:
    message, line, found = problem(text)

    assert message.startswith("this is not a number: ")
    assert (line, found) == (1, column)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!ruby", "!!binary"])
def test_no_tag_runs_or_makes_anything(tag: str) -> None:
    assert data(f"a: {tag} x") == {"a": "x"}


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a {b: *a}", "&a {b: [{c: *a}]}"])
def test_what_contains_itself_is_told(text: str) -> None:
    message, line, _ = problem(text)

    assert message == "this contains itself"
    assert line == 1


@given(st.text(max_size=40))
def test_whatever_is_given_is_read_or_complained_of(text: str) -> None:
    document = load(text, "m.yaml")

    assert document.problems or document.data is not None or yaml.safe_load(text) is None
    assert all(each.place is not None and each.place.line >= 1 for each in document.problems)


PLAIN = st.text("abc:#-[]{}&*!|>'\"%@ \n0.~", max_size=30)


@given(PLAIN)
def test_whatever_punctuation_is_given_is_read_or_complained_of(text: str) -> None:
    document = load(text, "m.yaml")

    assert all(each.message and each.place is not None for each in document.problems)


# What nobody writes by hand ------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(
    "text", ["[" * 2000, "a: " + "[" * 70 + "]" * 70, "\n".join(" " * n + "a:" for n in range(1500))]
)
def test_what_goes_too_deep_is_told_in_a_sentence(text: str) -> None:
    message, line, _ = problem(text)

    assert message == "this stands more than 60 steps deep"
    assert line >= 1


@pytest.mark.requirement("X-11")
def test_aliases_that_repeat_aliases_are_told_in_a_sentence() -> None:
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert problem("\n".join(lines))[0] == "by its aliases (*) this file says more than 200000 values"


def test_an_alias_that_is_used_a_few_times_is_fine() -> None:
    assert data("a: &a [1, 2]\nb: [*a, *a]") == {"a": [1, 2], "b": [[1, 2], [1, 2]]}
