"""What stands beside a record from the moment that it is linked: by what it finds the record, and what the two sides said then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pair_world import Around, box, owed_by, take_in

from syncrules.http import StillClock
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.states import States
from syncrules.journey.surroundings import Late
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.records import Record

MADE = {"Code": "Code", "Open": "Sum", "State": "Sort"}
WORDS = ({"left": "A", "right": "open"}, {"left": "B", "right": "closed"})


def dues(
    *, belongs_to: Mapping[str, str] | None = None, refers_to: tuple[str, ...] = (), makes: bool = True, receipts: bool = False
) -> Rules:  # fmt: skip
    """Compile rules of dues that begin with the thing for which they are due; one row of them is a word, another stands on one side."""
    spec = owed_by(receipts=receipts).spec
    right, thing, due = spec.manifests["right"], spec.entities["thing"], spec.entities["due"]
    items = replace(right.resources["items"], makes={"dues": MADE} if makes else {})
    manifests = {**spec.manifests, "right": replace(right, resources={**right.resources, "items": items})}
    number = replace(thing.rows[0], refers_to=refers_to)
    (amount, *others) = due.rows
    state = replace(amount, name="State", sides={"left": "Kind", "right": "State"}, values=WORDS)
    note = replace(amount, name="Note", sides={"left": "Note"})
    rows = (note, state, amount, *others)
    source = replace(due.sources["right"], belongs_to=belongs_to or {"Code": "Number"})
    entities = {
        "thing": replace(thing, rows=(number,)),
        "due": replace(due, rows=rows, sources={**due.sources, "right": source}),
    }
    return compile_rules(replace(spec, manifests=manifests, entities=entities), {})


def states(memory: Memory, rules: Rules, called: Any = None) -> States:
    links = {} if called is None else {("left", "L9"): called}
    return States(rules, memory, Around(links=links), StillClock(100.0), 1)


def prepared(
    memory: Memory, rules: Rules, record: Record | None = None, *, key: int = 1, called: Any = None, **base: Mapping[str, Any]
) -> str:  # fmt: skip
    """Link a thing of which this much is known, and prepare what stands beside it; give the number of the link."""
    with memory.store.transaction():
        sides = {"left": {}, "right": {}, **{side: dict(each) for side, each in base.items()}}
        number = memory.make_link("thing", {"left": f"L{key}", "right": f"{key}"}, sides, {})
        states(memory, rules, called).prepare(rules.entities["thing"], number, record)
    return f"{number}"


def found_by(memory: Memory, *texts: str) -> dict[str, list[str]]:
    return memory.found_by("thing", "#", "due", texts)


# By what it is found ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ({"right": {"Number": "8"}, "left": {"Number": "7"}}, "8"),
        ({"left": {"Number": "7"}}, "7"),
        ({"right": {"Number": 8}}, "8"),
        ({"left": {"Number": ""}}, ""),
        ({}, ""),
    ],
    ids=["there", "only at the source", "a number", "empty", "not known"],
)
def test_a_state_finds_its_record_by_what_that_is_called_where_the_state_is(
    base: Any, text: str, memory: Memory
) -> None:
    link = prepared(memory, dues(), **base)

    assert found_by(memory, "7", "8", "") == ({text: [link]} if text else {})


def test_a_state_finds_its_record_by_all_that_it_says_of_it_or_not_at_all(memory: Memory) -> None:
    rules = dues(belongs_to={"Open": "", "Code": "Number"})

    one = prepared(memory, rules, right={"Number": "7"})
    prepared(memory, rules, key=2)

    assert found_by(memory, "1 & 7", "2", "2 & ", "7") == {"1 & 7": [one]}


@pytest.mark.parametrize(
    ("number", "called", "text"),
    [("L9", "9", "9"), ("L9", None, ""), ("L9", Late("thing", "left", "L9", ""), ""), (None, "9", "")],
    ids=["it is there", "it is not there", "it is not there yet", "to nothing"],
)
def test_what_a_record_refers_to_is_called_as_it_is_called_where_the_state_is(
    number: str | None, called: Any, text: str, memory: Memory
) -> None:
    link = prepared(memory, dues(refers_to=("thing",)), called=called, left={"Number": number}, right={"Number": "x"})

    assert found_by(memory, "9", "x") == ({text: [link]} if text else {})
    assert (memory.key_of("thing", "#", link, "due") is not None) is bool(text)


def test_of_every_record_is_said_anew_by_what_its_states_find_it(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncrules.memory.links.PAGE", 2)
    links = [prepared(memory, dues(), key=each, right={"Number": f"{each}"}) for each in range(5)]
    rules = dues(belongs_to={"Code": "Number", "Open": "Number"})

    with memory.store.transaction():
        states(memory, rules).renew()

    assert found_by(memory, *(f"{each} & {each}" for each in range(5)), "0") == {
        f"{each} & {each}": [link] for each, link in enumerate(links)
    }


# What the two sides said --------------------------------------------------------------------------------------------------

FIVE = {"Code": "7", "Sum": 5, "Sort": "open"}


def due(memory: Memory, link: str) -> Known:
    found = memory.record("due", "right", link)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("there", "state", "left", "right"),
    [
        ({"Amount": 5, "Kind": "A"}, "synced", {"Open": 5, "State": "A"}, {"Open": 5, "State": "open"}),
        ({"Amount": 3, "Kind": "A"}, "pending", {"Open": 3, "State": "A"}, {"State": "open"}),
        ({"Amount": 5, "Kind": "B"}, "pending", {"Open": 5, "State": "B"}, {"Open": 5}),
        ({"Amount": 5, "Kind": "C"}, "synced", {"Open": 5, "State": "C"}, {"Open": 5, "State": "open"}),
        ({"Amount": 3, "Kind": "C"}, "pending", {"Open": 3, "State": "C"}, {"State": "open"}),
    ],
    ids=["the same", "another amount", "another word", "a word of its own", "that and another amount"],
)
@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")], ids=["left first", "right first"])
def test_what_is_another_on_both_sides_from_the_beginning_is_a_change_at_once(
    order: tuple[str, str], there: Any, state: str, left: Any, right: Any, memory: Memory
) -> None:
    rules = dues()
    rules = compile_rules(replace(rules.spec, sides=order), {})
    take_in(rules, memory, "left", box(**there, Note="x"))

    number = prepared(memory, rules, FIVE)

    link = memory.link_of("due", "right", number)
    assert link is not None
    assert (link.ids, link.parent, due(memory, number).link) == ({"left": "L1", "right": number}, int(number), link.id)
    assert link.base == {"left": {**left, "Note": "x"}, "right": right}
    assert (due(memory, number).state, due(memory, number).record) == (state, {"Code": "7", "Open": 5, "State": "open"})


def test_of_what_is_not_known_at_the_source_any_more_everything_counts_as_agreed(memory: Memory) -> None:
    number = prepared(memory, dues(), FIVE)

    link = memory.link_of("due", "right", number)
    assert link is not None
    assert link.base == {"left": {}, "right": {"Open": 5, "State": "open"}}
    assert due(memory, number).state == "synced"


def test_a_state_that_is_written_on_a_record_of_its_own_is_linked_when_that_is_made(memory: Memory) -> None:
    take_in(dues(), memory, "left", box(Amount=3))

    number = prepared(memory, dues(receipts=True), FIVE)

    assert (due(memory, number).state, due(memory, number).link) == ("synced", None)
    assert memory.link_of("due", "right", number) is None


@pytest.mark.parametrize(
    ("makes", "record"), [(False, FIVE), (True, None)], ids=["nothing comes of it", "nobody knows"]
)
def test_where_nothing_is_known_of_what_it_began_with_the_state_is_what_is_read(
    makes: bool, record: Record | None, memory: Memory
) -> None:
    number = prepared(memory, dues(makes=makes), record, right={"Number": "7"})

    assert memory.record("due", "right", number) is None
    assert found_by(memory, "7") == {"7": [number]}
