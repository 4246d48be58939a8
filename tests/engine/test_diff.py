"""What changed since last time: the two tables are complete, and a side that says nothing did not change."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pair_world import NOTE, Around, box, shelf, thing

from syncrules.journey.diff import ACTIVITY, ROWS, Difference, Happened, What, compare
from syncrules.records import MISSING

AROUND = Around()


def differences(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None, base: Any) -> list[Difference]:
    """Compare a note on both sides; None for a side that was not read."""
    rules = thing(NOTE)
    views = {
        "left": None if left is None else rules.view("left", dict(left), {}),
        "right": None if right is None else rules.view("right", dict(right), {}),
    }
    return compare(rules, views, base, AROUND)


def remembered(left: Any, right: Any) -> dict[str, dict[str, Any]]:
    return {"left": {"Note": left}, "right": {"Note": right}}


# The tables ---------------------------------------------------------------------------------------------------------


def test_every_combination_of_known_and_changed_has_exactly_one_row() -> None:
    assert set(ROWS) == set(product((True, False), repeat=3))
    assert set(ROWS.values()) == set(What)


def test_a_row_that_is_not_known_is_seen_for_the_first_time_whatever_else_is_true() -> None:
    assert {what for (known, _, _), what in ROWS.items() if not known} == {What.FIRST}


@pytest.mark.parametrize(("known", "left", "right"), ROWS)
def test_the_table_is_mirrored_when_the_sides_are(known: bool, left: bool, right: bool) -> None:
    mirror = {What.LEFT: What.RIGHT, What.RIGHT: What.LEFT}

    here, there = ROWS[known, left, right], ROWS[known, right, left]

    assert mirror.get(here, here) is there


def test_every_combination_of_in_use_before_and_now_has_exactly_one_row() -> None:
    assert set(ACTIVITY) == set(product((True, False, None), repeat=2))
    assert set(ACTIVITY.values()) == set(Happened)


def test_only_what_was_seen_to_change_is_a_change_of_activity() -> None:
    changes = {key: happened for key, happened in ACTIVITY.items() if happened is not Happened.NOTHING}

    assert changes == {(True, False): Happened.DEACTIVATED, (False, True): Happened.REACTIVATED}


# A pair -------------------------------------------------------------------------------------------------------------

CASES = [
    # what the left says, what the right says, what is remembered → what happened, and whether the sides agree
    ("a", "a", remembered("a", "a"), []),
    ("b", "a", remembered("a", "a"), [(What.LEFT, False)]),
    ("a", "b", remembered("a", "a"), [(What.RIGHT, False)]),
    ("b", "c", remembered("a", "a"), [(What.BOTH, False)]),
    ("b", "b", remembered("a", "a"), [(What.BOTH, True)]),
    ("a", "b", {}, [(What.FIRST, False)]),
    ("a", "a", {}, [(What.FIRST, True)]),
    (None, None, {}, [(What.FIRST, True)]),
    ("", None, remembered(None, None), []),
    (None, "a", remembered("a", "a"), [(What.LEFT, False)]),
    ("a", "b", remembered("a", "b"), []),
    ("b", "b", remembered("a", "b"), [(What.LEFT, True)]),
    ("a", "b", {"left": {"Note": "a"}, "right": {}}, [(What.FIRST, False)]),
]


@pytest.mark.parametrize(("left", "right", "base", "expected"), CASES)
def test_each_side_is_compared_with_its_own_past(left: Any, right: Any, base: Any, expected: object) -> None:
    found = differences(box(Note=left), shelf(Remark=right), base)

    assert [(each.what, each.agree) for each in found] == expected


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_side_that_was_not_read_is_as_it_was(side: str) -> None:
    records: dict[str, Any] = {"left": box(Note="new"), "right": shelf(Remark="new")}
    records[side] = None

    found = differences(records["left"], records["right"], remembered("a", "b"))

    assert [each.what for each in found] == [What.RIGHT if side == "left" else What.LEFT]
    assert found[0].values[side] == ("a" if side == "left" else "b")


def test_a_property_that_an_answer_leaves_out_did_not_change() -> None:
    left = box()
    del left["Note"]

    assert differences(left, shelf(Remark="a"), remembered("a", "a")) == []


def test_a_property_that_was_never_told_is_missing_and_agrees_with_nothing() -> None:
    left = box()
    del left["Note"]

    (found,) = differences(left, shelf(Remark="a"), {})

    assert found.what is What.FIRST
    assert found.values["left"] is MISSING
    assert not found.agree


def test_a_number_that_is_only_written_differently_did_not_change() -> None:
    rules = thing("Amount: {left: Amount, right: Sum}")
    views = {
        "left": rules.view("left", box(Amount="12.50"), {}),
        "right": rules.view("right", shelf(Sum=12), {}),
    }

    base = {"left": {"Amount": Decimal("12.5")}, "right": {"Amount": Decimal("12.00")}}
    assert compare(rules, views, base, AROUND) == []


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("Note: {left: Note, right: Remark, to: match}", id="only compared"),
        pytest.param("Note: {left: Note, right: Remark, to: neither}", id="said for the reader"),
        pytest.param("Note: {left: Note, right: Remark, once: true}", id="written once"),
    ],
)
def test_a_row_that_never_travels_again_is_never_different(row: str) -> None:
    rules = thing(row)
    views = {"left": rules.view("left", box(Note="a"), {}), "right": rules.view("right", shelf(Remark="b"), {})}

    assert compare(rules, views, remembered("x", "y"), AROUND) == []


def test_a_row_that_only_a_new_record_takes_over_from_elsewhere_is_never_different() -> None:
    rules = thing(
        "Owner: {left: Owner, right: Owner, refers_to: [thing]}",
        "Street: {take: {of: Owner, field: Street}, right: Street}",
        to="right",
    )
    views = {"left": rules.view("left", box(), {}), "right": rules.view("right", shelf(Street="Kade"), {})}
    nobody = {"left": {"Owner": None}, "right": {"Owner": None}}

    assert compare(rules, views, nobody, AROUND) == []


TEXTS = st.sampled_from([None, "", "a", "b", "c"])


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_happened_is_read_from_the_table(left: Any, right: Any, left_before: Any, right_before: Any) -> None:
    found = differences(box(Note=left), shelf(Remark=right), remembered(left_before, right_before))

    what = ROWS[True, (left or None) != (left_before or None), (right or None) != (right_before or None)]
    assert [each.what for each in found] == ([] if what is What.SAME else [what])
    assert all(each.agree == ((left or None) == (right or None)) for each in found)
