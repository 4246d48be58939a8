"""What every decision says in the same words: what may not be emptied, what did not travel, and what a value is to a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pair_world import NOTE, SHELF, papers, thing

from syncrules.journey.decision import applies, emptied, left_out, shown, told
from syncrules.journey.surroundings import Late
from syncrules.language.model import Reaction, SettingTest
from syncrules.vocabulary.values import CannotCarry

STRICT = papers(
    SHELF.replace("Label: {type: string,", "Label: {type: string, minLength: 1,")
    .replace("      Code: {type: string}\n", "      Code: {type: string, minLength: 1}\n")
    .replace("Remark: {type: string,", "Remark: {type: string, minLength: 2,")
    .replace("      Rows:", "      Spot: {type: object, of: Row, title: Spot}\n      Rows:")
).entities["thing"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        pytest.param({"Label": None}, "Label", id="nothing"),
        pytest.param({"Label": ""}, "Label", id="an empty text"),
        pytest.param({"Spot": {"Code": None}}, "Code", id="a part"),
        pytest.param({"Label": None, "Spot": {"Code": "", "Text": None}}, "Label and Code", id="two"),
        pytest.param({"Label": "x", "Spot": {"Code": "y"}}, "", id="something"),
        pytest.param({"Label": 0}, "", id="zero"),
        pytest.param({"Remark": None, "Mark": None, "Nowhere": None}, "", id="what may be empty"),
    ],
)
def test_what_a_system_never_lets_be_empty_is_not_emptied(changes: dict[str, Any], names: str) -> None:
    judged = emptied(STRICT, "right", changes)

    assert (judged.reason if judged is not None else "") == (f"The Shelf needs {names}" if names else "")
    assert judged is None or (judged.state, judged.cure) == ("waiting", "Fill it in.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        ("x", "x"),
        (Decimal("1.50"), "1.5"),
        ({"Street": "Kaai", "Number": None, "City": "Gent"}, "Kaai, Gent"),
        ({"Street": None}, ""),
    ],
)
def test_a_value_is_told_on_one_line_without_what_is_empty(value: Any, text: str) -> None:
    assert told(value) == text


def test_a_plan_shows_of_what_is_not_there_yet_what_it_will_be_called() -> None:
    late = Late("thing", "left", "L9", "Code")
    renamed = Late("thing", "left", "L9", "Code", planned="8", renamed=True)

    assert [shown(each) for each in ("x", late, renamed)] == ["x", "(the thing that is made first)", "8"]


@pytest.mark.parametrize("why", ["Note: it is too long", "it is too long"])
def test_what_did_not_travel_names_its_row_once(why: str) -> None:
    row = thing(NOTE).row("Note")

    assert left_out(row, CannotCarry(why), "The Shelf") == "Note was left out in The Shelf: it is too long"


@pytest.mark.parametrize(
    ("settings", "expected"), [({"price": Decimal("2.0")}, True), ({"price": "2"}, True), ({"price": 3}, False), ({}, False)]
)  # fmt: skip
def test_a_condition_holds_where_the_answer_means_what_it_asks_for(settings: dict[str, Any], expected: bool) -> None:
    assert applies(Reaction("update", SettingTest("price", 2)), settings) is expected
    assert applies(Reaction("update"), settings)
