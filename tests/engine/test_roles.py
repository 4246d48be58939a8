"""Of what the counterpart of a record becomes a role: of the one thing that bears its number; where it is in doubt, nobody guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, SHELF, box, compiled, papers, take_in

from syncrules.journey.looked import Looked, NotYet
from syncrules.journey.roles import Roles
from syncrules.journey.rules import Rules, compile_rules
from syncrules.journey.surroundings import Late
from syncrules.language.model import Entity
from syncrules.memory.memory import Memory
from syncrules.records import Record

ROLES = papers(
    SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Spot}").replace(
        "      Rows:", "      Spot: {type: object, of: Row, shared: true}\n      Rows:"
    )
).spec
MATCHED = compiled(NOTE, NUMBER, more="match:\n  - any: [Number]\n  - any: [Note]").spec.entities["thing"]
AT = {"Number": ("Number", "Spot.Number"), "Note": ("Note", "Spot.Note")}
LATE = Late("other", "left", "L1", "@Spot")


TOGETHER = compiled(NOTE, NUMBER, more="match:\n  - all: [Number, Note]").spec.entities["thing"]


def roles(*, without_role: Any = "add", within: bool = True, matched: Entity = MATCHED) -> Rules:
    """Compile rules by which things become roles on the right, of what has their number or else their note."""
    thing = ROLES.entities["thing"]
    rows = tuple(replace(each, sides=dict(zip(("left", "right"), AT[each.name], strict=True))) for each in thing.rows)
    thing = replace(thing, rows=rows, tiers=matched.tiers, without_role=without_role)
    shelves = ROLES.manifests["right"]
    items = shelves.resources["items"]
    resources = {**shelves.resources, "items": items if within else replace(items, within=None)}
    manifests = {**ROLES.manifests, "right": replace(shelves, resources=resources)}
    return compile_rules(replace(ROLES, entities={"thing": thing}, manifests=manifests), {})


class Rates:
    """The right side, where the things are that may get a role, each by its id."""

    def __init__(self, things: Mapping[str, Record]) -> None:
        self.things = things

    def fetch(self, resource: str, key: str) -> Record | None:
        assert resource == "rates"
        return self.things.get(key)


class Sharing:
    """Says of what another counterpart of the same record is a role."""

    def __init__(self, thing: str | Late) -> None:
        self.of = thing

    def thing(self, name: str, side: str, id: str) -> str | Late:
        return self.of


def of(
    memory: Memory,
    things: Mapping[str, Record],
    *,
    now: Mapping[str, Record] | None = None,
    taken: str = "",
    shared: str | Late = "",
    answer: Mapping[str, Any] | None = None,
    rules: Rules | None = None,
    number: str = "7",
    note: str = "x",
) -> str | Late | list[str]:
    """Find of what a thing becomes a role.

    Args:
        things: what was without a role when it was read.
        now: what is there now, if that is something else.
        taken: of what item 1 is a role already.
    """
    rules = rules or roles()
    thing, provider, sharing = rules.entities["thing"], Rates(things if now is None else now), Sharing(shared)
    take_in(rules, memory, "left", box(Number=number, Note=note))
    with memory.store.transaction():
        for id_, record in things.items():
            for tier, name in enumerate(AT):
                if name in record:
                    key = (f"tier {tier}: {name}", record[name], record[name])
                    memory.know_by("thing", [("right without role", id_, *key)], only=key[0])
        if taken:
            memory.know_by("thing", [("right", "1", "@Spot", taken, taken)])
        if answer is not None:
            memory.decide("thing", "left", "L1", answer, 1.0)
    known = memory.record("thing", "left", "L1")
    assert known is not None
    looked = Looked({"left": provider, "right": provider})  # type: ignore[dict-item]  # all that is asked of a provider
    here = Roles(rules, memory, looked, sharing, {})  # type: ignore[arg-type]  # all that is asked of what is shared
    while True:
        try:
            return here.of(thing, known, thing.view("left", known.record or {}, {}))
        except NotYet:
            looked.fetch()


SEVEN = {"Number": "7"}


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ({"R1": SEVEN}, "R1"),
        ({"R1": SEVEN, "R2": {"Number": "8"}}, "R1"),
        ({"R2": SEVEN, "R1": SEVEN}, ["R1", "R2"]),
        ({"R1": {"Number": "8"}}, ""),
        ({"R1": {"Note": "x"}}, "R1"),
        ({"R1": {"Note": "x"}, "R2": SEVEN}, "R2"),
        ({"R1": {"Note": "x", "Number": "8"}}, ["R1"]),
        ({"R1": {"Note": "x", "Number": ""}}, "R1"),
        ({}, ""),
    ],
    ids=[
        "one", "one of two", "two of them", "another one", "one by its note", "the number first", "its number says otherwise",
        "it has no number", "none",
    ],
)  # fmt: skip
def test_it_becomes_a_role_of_the_one_thing_that_is_found_by_what_it_is_matched_by(
    things: dict[str, Record], expected: Any, memory: Memory
) -> None:
    assert of(memory, things) == expected


@pytest.mark.parametrize(("note", "expected"), [("x", "R1"), ("y", "")])
def test_where_several_must_agree_it_becomes_a_role_of_what_has_all_of_them(
    note: str, expected: str, memory: Memory
) -> None:
    there = {"R1": {"Number": "7", "Note": note}}
    with memory.store.transaction():
        memory.know_by("thing", [("right without role", "R1", "tier 0", "", f"7 & {note}")])

    assert of(memory, {}, now=there, rules=roles(matched=TOGETHER)) == expected


def test_what_says_nothing_of_an_earlier_tier_is_not_told_apart_by_it(memory: Memory) -> None:
    assert of(memory, {"R1": {"Note": "x", "Number": "8"}}, number="") == "R1"


@pytest.mark.parametrize(
    "more",
    [{"now": {}}, {"now": {"R1": {"Number": "8", "Note": "x"}}}, {"taken": "R1"}],
    ids=["it is gone", "it has another number now", "it has this role already"],
)
def test_of_what_is_no_longer_without_a_role_or_no_longer_bears_the_number_nothing_becomes_a_role(
    more: Any, memory: Memory
) -> None:
    assert of(memory, {"R1": SEVEN}, **more) == ""


def test_what_bears_nothing_by_which_it_was_found_is_passed_over_and_the_other_is_taken(memory: Memory) -> None:
    assert of(memory, {"R1": SEVEN, "R2": SEVEN}, now={"R1": {"Number": "8"}, "R2": SEVEN}) == "R2"


@pytest.mark.parametrize("more", [{"without_role": "leave"}, {"within": False}], ids=["not wanted", "not possible"])
def test_where_nothing_gets_a_role_nobody_looks(more: Any, memory: Memory) -> None:
    assert of(memory, {"R1": SEVEN}, rules=roles(**more)) == ""


def test_it_becomes_a_role_of_that_of_which_its_other_counterpart_is_one(memory: Memory) -> None:
    assert of(memory, {"R1": SEVEN}, shared="R2", rules=roles(without_role="leave")) == "R2"
    assert of(memory, {"R1": SEVEN}, shared=LATE) == LATE


@pytest.mark.parametrize(
    ("answer", "expected"), [(None, ["1"]), ({"link": "R1"}, ["1"]), ({"create": True}, "")], ids=["nobody", "link", "create"]
)  # fmt: skip
def test_where_that_has_this_role_already_a_person_says_whether_it_is_the_one(
    answer: Any, expected: Any, memory: Memory
) -> None:
    assert of(memory, {"R2": SEVEN}, shared="R1", taken="R1", answer=answer) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"create": True}, ""),
        ({"link": "R2"}, "R2"),
        ({"link": "R9"}, ["R1", "R3"]),
        ({"link": "5"}, ["R1", "R3"]),
    ],
    ids=["make it anew", "it is this one", "that is not there", "that is a role itself"],
)
def test_what_a_person_decided_about_the_thing_stands(answer: Any, expected: Any, memory: Memory) -> None:
    things = {"R1": SEVEN, "R3": SEVEN}
    take_in(roles(), memory, "right", {"Key": 5, "Spot": {"Code": "5"}})

    assert of(memory, things, now={**things, "R2": {"Number": "9"}, "5": {"Number": "9"}}, answer=answer) == expected
