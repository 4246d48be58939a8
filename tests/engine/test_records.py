"""Records are read and changed by path, compared by one normal form, and kept without losing a digit."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.records import (
    MISSING,
    decode,
    elements,
    encode,
    failing,
    filled,
    holds,
    laid_over,
    normal,
    put,
    reader,
)

# Any value that a provider may give -----------------------------------------------------------------------------------

NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
NUMBERS = st.integers(-(10**30), 10**30) | st.decimals(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=3), max_leaves=8
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=4)
DIGITS = st.integers(-(10**12), 10**12)


# The normal form ------------------------------------------------------------------------------------------------------


@given(VALUES)
def test_a_normal_form_is_its_own_normal_form(value: Any) -> None:
    assert normal(normal(value)) == normal(value)


@given(DIGITS, st.integers(0, 6), st.integers(0, 6))
def test_a_number_has_one_normal_form_however_it_is_written(digits: int, places: int, zeros: int) -> None:
    number = Decimal(digits).scaleb(-places)
    longer = Decimal((number.as_tuple().sign, (*number.as_tuple().digits, *[0] * zeros), -places - zeros))

    assert normal(longer) == normal(number)
    assert Decimal(normal(number)) == number


@given(DIGITS)
def test_a_whole_number_is_the_same_with_and_without_a_point(number: int) -> None:
    assert normal(number) == normal(Decimal(number)) == normal(Decimal(f"{number}.00")) == str(number)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_two_numbers_have_the_same_normal_form_just_when_they_are_equal(one: Decimal, other: Decimal) -> None:
    assert (normal(one) == normal(other)) == (one == other)


@given(RECORDS)
def test_the_order_of_the_properties_does_not_count(record: dict[str, Any]) -> None:
    assert encode(normal(dict(reversed(record.items())))) == encode(normal(record))


@given(VALUES)
def test_what_was_stored_is_what_it_was(value: Any) -> None:
    assert normal(decode(encode(value))) == normal(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", None),
        (None, None),
        (True, True),
        (False, False),
        (Decimal("-0.00"), "0"),
        (Decimal("0E+3"), "0"),
        (Decimal("1E+2"), "100"),
        (Decimal("12.50"), "12.5"),
        (Decimal("100"), "100"),
        (0, "0"),
        (" a ", " a "),
        ("12.50", "12.50"),
        ((1, ""), ["1", None]),
        ({"b": Decimal("1.0"), "a": ""}, {"a": None, "b": "1"}),
    ],
)
def test_a_value_has_this_normal_form(value: Any, expected: Any) -> None:
    assert normal(value) == expected


def test_a_text_is_never_taken_for_the_number_it_looks_like() -> None:
    assert normal("0700") != normal(700)
    assert normal("1.50") != normal(Decimal("1.50"))
    assert normal("true") != normal(True)


# Storing --------------------------------------------------------------------------------------------------------------


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_is_stored_with_all_its_digits(number: Decimal) -> None:
    again = decode(encode({"amount": number}))["amount"]

    assert Decimal(again) == number
    assert not isinstance(again, float)


@given(VALUES)
def test_what_is_stored_is_stored_the_same_way_every_time(value: Any) -> None:
    assert encode(decode(encode(value))) == encode(value)


def test_cents_stay_cents() -> None:
    stored = encode({"b": Decimal("1.10"), "a": [Decimal("0.1"), 3, "0700"]})

    assert stored == b'{"a":[0.1,3,"0700"],"b":1.10}'
    assert str(decode(stored)["b"]) == "1.10"


# Paths ----------------------------------------------------------------------------------------------------------------

RECORD: dict[str, Any] = {
    "Name": "Ada", "Empty": "", "Nothing": None, "Zero": 0,
    "Address": {"City": "Goes", "Country": {"Code": "NL"}}, "Lines": [{"Net": 1}, {"Net": None}, {}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Name", "Ada"),
        ("Empty", ""),
        ("Nothing", None),
        ("Address.City", "Goes"),
        ("Address.Country.Code", "NL"),
        ("Absent", MISSING),
        ("Address.Street", MISSING),
        ("Absent.City", MISSING),
        ("Name.City", MISSING),
        ("Nothing.City", None),
        ("Empty.City", None),
        ("Nothing || Name", "Ada"),
        ("!Nothing", True),
        ("Absent || Nothing", None),
        ("Lines[0].Net", 1),
    ],
)
def test_a_path_leads_to_its_value_to_an_empty_one_or_to_nothing(path: str, value: Any) -> None:
    assert reader(path)(RECORD) == value


def test_where_absent_means_empty_it_is_read_as_empty() -> None:
    assert reader("Absent", absent=None)(RECORD) is None
    assert reader("Address.Street", absent=None)(RECORD) is None


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("Name", ["Ada"]),
        ("Lines.Net", [1, None, None]),
        ("Address.City", ["Goes"]),
        ("Absent", [None]),
        ("Nothing.City", []),
        ("Lines", [{"Net": 1}, {"Net": None}, {}]),
    ],
)
def test_a_path_through_a_list_reaches_every_element(path: str, values: list[Any]) -> None:
    assert list(elements(RECORD, path)) == values


PLAIN = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join)


@given(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), PLAIN, SCALARS)
def test_what_is_put_is_what_is_read(record: dict[str, Any], path: str, value: Any) -> None:
    put(record, path, value)

    assert reader(path)(record) == value


@given(RECORDS, RECORDS)
def test_what_is_laid_over_is_there_and_the_rest_stays(record: dict[str, Any], changes: dict[str, Any]) -> None:
    before = deepcopy((record, changes))

    result = laid_over(record, changes)

    assert (record, changes) == before
    assert set(result) == {*record, *changes}
    assert all(result[name] == value for name, value in record.items() if name not in changes)
    assert all(
        result[name] == value
        for name, value in changes.items()
        if not (isinstance(value, Mapping) and isinstance(record.get(name), Mapping))
    )
    assert laid_over(result, changes) == result


def test_an_object_merges_and_a_list_is_replaced_whole() -> None:
    result = laid_over({"a": {"x": 1, "y": 2}, "l": [1, 2]}, {"a": {"y": 3}, "l": [4], "b": {"z": 5}})

    assert result == {"a": {"x": 1, "y": 3}, "l": [4], "b": {"z": 5}}


# Conditions -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["a", " ", 0, Decimal(0), 1, True, [0], {"a": None}])
def test_there_is_a_value(value: Any) -> None:
    assert filled(value)


@pytest.mark.parametrize("value", [None, "", MISSING, False, [], {}])
def test_there_is_no_value(value: Any) -> None:
    assert not filled(value)


SETTINGS = {"prefix": "8", "first day": "2026-01-01", "kind": "B", "none": None}

TESTS = [
    # test, values of which it holds, values of which it does not
    ("B", ["B"], ["b", "", None, MISSING]),
    (21, [21, Decimal("21.00"), "21"], [20, None, MISSING]),
    (Decimal("0.5"), [Decimal("0.50")], [Decimal("0.51"), None]),
    (True, [True], [False, "true", 1, None, MISSING]),
    (False, [False], [True, None, MISSING, 0]),
    (["A", "B"], ["A", "B"], ["C", None, MISSING]),
    ([1, 2], [Decimal("2.0"), "1"], [3]),
    ({"not": "B"}, ["A", None, MISSING], ["B"]),
    ({"not": ["A", "B"]}, ["C", None, MISSING], ["A", "B"]),
    ({"filled": True}, ["a", 0, True], [None, "", MISSING, False]),
    ({"filled": False}, [None, "", MISSING, False], ["a", 0]),
    ({"starts_with": "80"}, ["8000", 80, Decimal("80.5")], ["0800", None, MISSING]),
    ({"starts_with": {"setting": "prefix"}}, ["8000"], ["7000", None]),
    ({"starts_with": {"setting": "none"}}, [], ["8000", None]),
    ({"longer_than": 3}, ["abcd", 1234], ["abc", None, MISSING]),
    ({"from": "2026-01-01"}, ["2026-01-01", "2026-01-01T00:00:00", "2027-01-01"], ["2025-12-31", None, MISSING]),
    ({"from": {"setting": "first day"}}, ["2026-05-01"], ["2025-12-31", None]),
    ({"from": {"setting": "none"}}, ["2026-05-01", None], []),
    ({"from": 10}, [10, Decimal("10.01"), 100], [9, Decimal("9.99"), -100, None, MISSING]),
    ({"setting": "kind"}, ["B"], ["A", None]),
]


@pytest.mark.parametrize(("test", "yes", "no"), TESTS, ids=[str(each[0]) for each in TESTS])
def test_a_condition_holds_of_these_values_and_not_of_those(test: Any, yes: list[Any], no: list[Any]) -> None:
    def ask(value: Any) -> bool:
        return holds({"Field": test}, {} if value is MISSING else {"Field": value}, SETTINGS)

    assert [value for value in yes if not ask(value)] == []
    assert [value for value in no if ask(value)] == []


def test_all_of_a_condition_must_hold_and_the_first_that_does_not_is_named() -> None:
    condition = {"Kind": "B", "Number": {"filled": True}, "Name": "Ada"}

    assert holds(condition, {"Kind": "B", "Number": "7", "Name": "Ada"}, {})
    assert failing(condition, {"Kind": "B", "Number": "", "Name": "Bob"}, {}) == "Number"
    assert failing(condition, {"Kind": "B", "Number": "7", "Name": "Ada"}, {}) == ""
    assert holds({}, {}, {})
