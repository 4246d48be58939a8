"""What a record needs, and takes over, of the record that it points to: as it was read, or as this plan makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from pair_world import Around, box, circumstances, thing

from syncrules.journey.decision import Decision
from syncrules.journey.single import decide
from syncrules.journey.surroundings import Lacks, Late
from syncrules.records import reader

NAME = "Name: {left: Name, right: Label, too_long: cut}"
OWNER = "Owner: {left: Owner, right: Owner, refers_to: [thing]}"
LATE = Late("thing", "left", "L9", "")
MARKED = "needs: {not marked: {right: Marked, of: Owner, equals: true, to: right, cure: Mark it.}}"


class Beside(Around):
    """An owner on the other side: there with these fields, or made by this plan with these."""

    def __init__(self, there: Mapping[str, str] | None = None, made: Mapping[str, Any] | None = None) -> None:
        super().__init__(links={("left", "L9"): "9" if made is None else LATE})
        self.there = there or {}
        self.made = made

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any | Late:
        found = super().across(entities, side, id, "")
        if not field or field == "Code":
            return found
        if found is LATE:
            return Late("thing", side, id, field, reader(field, absent=None)(self.made or {}))
        if field not in self.there:
            raise Lacks(f"it has no {field}")
        return self.there[field]


def owned(*rows: str, around: Around, more: str = "") -> Decision:
    """Decide about a new thing that points to its owner."""
    rules = thing(NAME, OWNER, *rows, to="right", more=more)
    view = rules.view("left", box(Name="Ada", Owner={"Id": "L9"}), {})
    return decide(rules, "left", view, circumstances(around))


@pytest.mark.parametrize(
    ("around", "met"),
    [
        pytest.param(Beside(there={"Marked": "True"}), True, id="it was read, and is so"),
        pytest.param(Beside(there={"Marked": "other"}), False, id="it was read, and says something else"),
        pytest.param(Beside(), False, id="it was read, and says nothing"),
        pytest.param(Beside(made={"Marked": True}), True, id="this plan makes it so"),
        pytest.param(Beside(made={"Marked": False}), False, id="this plan makes it otherwise"),
        pytest.param(Beside(made={"Label": "Bob"}), False, id="this plan makes it, and only the system can say"),
    ],
)
def test_what_a_record_needs_of_another_is_looked_at_also_where_this_plan_makes_it(around: Around, met: bool) -> None:
    decision = owned(around=around, more=MARKED)

    assert bool(decision.actions) == met
    assert met or decision.judgements["left"].reason == "not marked"
    assert met or decision.judgements["left"].cure == "Mark it."


@pytest.mark.parametrize(
    ("said", "met"), [(Beside(), True), (Beside(there={"Marked": "True"}), False), (Beside(made={}), True)]
)
def test_a_need_for_what_is_not_so_is_met_by_nothing(said: Around, met: bool) -> None:
    decision = owned(around=said, more=MARKED.replace("true", "false"))

    assert bool(decision.actions) == met


def test_a_need_without_a_value_takes_any() -> None:
    any_mark = MARKED.replace("equals: true, ", "")

    assert owned(around=Beside(there={"Marked": "x"}), more=any_mark).actions != []
    assert owned(around=Beside(), more=any_mark).actions == []
    assert owned(around=Beside(made={"Marked": "x"}), more=any_mark).actions != []


def test_what_is_taken_over_from_another_record_comes_along() -> None:
    (made,) = owned(
        "Street: {take: {of: Owner, field: Street}, right: Street}", around=Beside(there={"Street": "Kade"})
    ).actions

    assert made.changes["Street"] == "Kade"


def test_an_empty_field_that_would_be_taken_over_keeps_nobody_waiting() -> None:
    (made,) = owned("Street: {take: {of: Owner, field: Street}, right: Street}", around=Beside()).actions

    assert "Street" not in made.changes


def test_a_mapping_may_say_what_stands_for_an_empty_field_that_is_taken_over() -> None:
    row = "Street: {take: {of: Owner, field: Street}, right: Street, empty: %s}"
    (made,) = owned(row % "{value: unknown}", around=Beside()).actions

    assert made.changes["Street"] == "unknown"
    assert owned(row % "wait", around=Beside()).judgements["left"].reason == "Street is empty"
