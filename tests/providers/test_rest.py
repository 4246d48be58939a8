"""The manners of JSON over HTTP: what is asked arrives as it was meant, and a record comes back as it was sent."""

from __future__ import annotations

import doctest
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.manifest import Field, Type
from syncrules_providers import rest

TEXTS = st.text(st.characters(codec="utf-8"))
LINE = Type("Line", {"text": Field("text"), "amount": Field("amount", "number", decimals=2)})
TYPES = {"Line": LINE}
FIELDS = {
    "name": Field("name"),
    "number": Field("number", "integer"),
    "price": Field("price", "number"),
    "active": Field("active", "boolean"),
    "day": Field("day", format="date"),
    "lines": Field("lines", "array", of="Line"),
    "first": Field("first", "object", of="Line"),
}
CENTS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15)
LINES = st.fixed_dictionaries({"amount": CENTS}, optional={"text": TEXTS.filter(bool)})
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS.filter(bool),
        "number": st.integers(-(2**62), 2**62),
        "price": st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20),
        "active": st.booleans(),
        "day": st.dates().map(lambda each: each.isoformat()),
        "lines": st.lists(LINES, min_size=1),
        "first": LINES,
    },
)


def test_the_examples_hold() -> None:
    assert doctest.testmod(rest).failed == 0


@given(st.dictionaries(TEXTS.filter(bool), TEXTS))
def test_a_question_arrives_as_it_was_meant(options: dict[str, str]) -> None:
    asked = rest.query(options)

    assert asked.isascii()
    assert not set(asked) & set(" +[]#")
    assert dict(parse_qsl(asked, keep_blank_values=True)) == options


@given(RECORDS)
def test_a_record_comes_back_as_it_was_sent(record: dict[str, Any]) -> None:
    for write in (rest.write, rest.write_changes):
        assert rest.read(FIELDS, TYPES, rest.decode(rest.encode(write(FIELDS, TYPES, record)))) == record


@given(st.floats())
def test_a_float_never_travels(number: float) -> None:
    with pytest.raises(rest.Unwritable):
        rest.write(FIELDS, TYPES, {"price": number})


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}}', b"\xff", b"[" * 100_000, b"NaN"])
def test_what_is_not_json_is_not_read(content: bytes) -> None:
    with pytest.raises(rest.Unreadable):
        rest.decode(content)


@pytest.mark.parametrize("number", ["1E+999999999", "-1E+41", "1E+40"])
def test_a_number_that_no_amount_can_be_is_an_error(number: str) -> None:
    for name in ("price", "number"):
        with pytest.raises(rest.Unreadable, match=name):
            rest.read(FIELDS, TYPES, {name: Decimal(number)})


def test_an_empty_list_is_sent_and_an_empty_text_is_not() -> None:
    assert rest.write(FIELDS, TYPES, {"lines": [], "name": ""}) == {"lines": []}
    assert rest.write_changes(FIELDS, TYPES, {"name": ""}) == {"name": ""}
