"""What became of a record that left a list: it is asked once, and what nobody says settled it counts as there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pair_world import DUES, owed_by

from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.settlements import Settlement, Settlements
from syncrules.records import Record

ASKED = {"of": "Code", "in": "items", "by": "Code", "is": {"Sort": "A"}, "settled_by": {"Mark": "paid"}}


def rules(asked: dict[str, object] | None = None) -> Rules:
    """Give the rules of dues of which can be looked up what became of them."""
    spec = owed_by(DUES).spec
    right = spec.manifests["right"]
    dues = replace(right.resources["dues"], settled_look_up=ASKED if asked is None else asked)
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "dues": dues})}
    return compile_rules(replace(spec, manifests=manifests), {})


class Books:
    """The side that is asked, and notes by what."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.asked: list[tuple[str, str, str]] = []

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        self.asked.append((resource, field, value))
        return self.records


def settlements(books: Books) -> Settlements:
    return Settlements({"right": books}, {})  # type: ignore[dict-item]  # all that is asked of a provider


@pytest.mark.parametrize(
    ("found", "there", "proven"),
    [
        ([], False, False),
        ([{"Sort": "A"}], True, False),
        ([{"Sort": "B", "Mark": "paid"}], False, True),
        ([{"Sort": "B"}, {"Sort": "A", "Mark": "paid"}], True, True),
        ([{"Sort": "B"}], False, False),
    ],
    ids=["nothing", "itself", "what settled it", "both", "something else"],
)
def test_what_is_found_says_whether_it_is_there_and_what_settled_it(
    found: list[Record], there: bool, proven: bool
) -> None:
    books = Books(*found)

    assert settlements(books).of(rules().entities["due"], "right", {"Code": 7}) == Settlement(there, proven)
    assert books.asked == [("items", "Code", "7")]


@pytest.mark.parametrize(
    ("asked", "there"), [({}, True), (None, False)], ids=["nobody can be asked", "it has no number"]
)
def test_where_nothing_can_be_asked_nobody_is(asked: dict[str, object] | None, there: bool) -> None:
    books = Books()

    assert settlements(books).of(rules(asked).entities["due"], "right", {"Code": ""}) == Settlement(there, proven=False)
    assert books.asked == []


def test_of_each_record_is_asked_once() -> None:
    books = Books()
    here, due = settlements(books), rules().entities["due"]

    for code in ("7", "8", "7"):
        here.of(due, "right", {"Code": code})

    assert [value for _, _, value in books.asked] == ["7", "8"]


@pytest.mark.parametrize(
    ("asked", "listed", "found", "elsewhere"),
    [
        (None, "7", [], True),
        (None, "8", [], False),
        (None, "7", [{"Mark": "paid"}], False),
        ({}, "7", [], False),
    ],
    ids=["as that of another", "another one", "and it is settled", "of what cannot be asked"],
)
def test_what_still_stands_on_the_list_is_elsewhere_unless_it_is_known_what_settled_it(
    asked: dict[str, object] | None, listed: str, found: list[Record], elsewhere: bool
) -> None:
    here, given = settlements(Books(*found)), rules(asked)
    here.note("right", given.entities["due"].resource("right"), [{"Code": "1"}, {"Code": listed}])

    assert here.of(given.entities["due"], "right", {"Code": "7"}).elsewhere is elsewhere
