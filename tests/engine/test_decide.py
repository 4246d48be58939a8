"""What a run plans of what it knows, and what it leaves alone for now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from pair_world import (
    DUES,
    NOTE,
    NUMBER,
    SHELF,
    UNSEEN,
    UPDATES,
    box,
    compiled,
    load_text,
    owed_by,
    papers,
    remembering,
    shelf,
    take_in,
)

from syncrules.journey import referred, schedule
from syncrules.journey.around import Around
from syncrules.journey.decide import Decider
from syncrules.journey.event import Event
from syncrules.journey.rules import Rules, compile_rules
from syncrules.memory.kept import Known, State
from syncrules.memory.memory import Memory
from syncrules.records import Record

BY_NUMBER = "match:\n  - any: [Number]"
RULES = compiled(NOTE, NUMBER, more=BY_NUMBER)
NOW = 1_000.0
SENT = {"changes": {"Label": "Ada"}}
"""What the journal says was to be made."""


class System:
    """A system in which single records are looked at, and which notes what it was asked."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.asked: list[str] = []

    def fetch(self, resource: str, key: str) -> Record | None:
        self.asked.append(key)
        return next((each for each in self.records if key in map(str, each.values())), None)


def decided(memory: Memory, rules: Rules = RULES, system: System | None = None, **more: Any) -> list[Event]:
    """Decide about everything, with everything due; give what was told meanwhile."""
    told: list[Event] = []
    here: Any = system or System()
    given = {
        "open_": {name: schedule.due(each.entity, {}, NOW, UTC) for name, each in rules.entities.items()},
        "first": set(), "untouched": set(), "renewed": {}, **more,
    }  # fmt: skip
    Decider(
        rules, memory, {"left": here, "right": here}, Around(rules, memory, {}), external_id=lambda side, id_: f"{side}:{id_};",
        started=NOW, told=told.append, **given,
    ).decide_all()  # fmt: skip
    return told


def planned(memory: Memory, rules: Rules = RULES, system: System | None = None, **more: Any) -> list[tuple[str, str]]:
    """Decide about everything; give what is planned: what is done, for which record of the left side."""
    decided(memory, rules, system, **more)
    return [(each["verb"], each["source_id"]) for each in actions(memory)]


def actions(memory: Memory, entity: str = "thing") -> list[Mapping[str, Any]]:
    return [each for _, each in memory.actions(entity)]


def reasons(memory: Memory, entity: str = "") -> dict[str, str]:
    """Tell why nothing is done about a record: its id → the reason."""
    return {known.id: known.reason for _, known in memory.records(states=("waiting", "excluded"), entity=entity)}


def tied(memory: Memory, left: Record, right: Record, rules: Rules = RULES, **base: Any) -> int:
    """Let two records be a pair that is in sync."""
    take_in(rules, memory, "left", left)
    take_in(rules, memory, "right", right)
    ids = {"left": str(left["Id"]), "right": str(right["Key"])}
    known = {"Number": left["Number"], "Note": left["Note"], **base}
    with memory.store.transaction():
        number = memory.make_link("thing", ids, {"left": known, "right": known}, {})
        for side, id_ in ids.items():
            memory.judge("thing", side, id_, "synced", link=number)
    return number


def test_what_may_have_been_made_is_not_planned_again_until_it_is_known(memory: Memory) -> None:
    """Where the answer to a create was lost and it cannot be looked up yet, a second one would be a duplicate."""
    take_in(RULES, memory, "left", box(Name="Ada", Note="new", Number="7"), box(Id="L2", Name="Bob", Number="8"))
    with memory.store.transaction():
        lost = memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", SENT, NOW)
        memory.judge("thing", "left", "L1", "waiting", detail={"because": "unknown"})

    before = planned(memory)
    with memory.store.transaction():
        memory.settle(lost, "not done", NOW)

    assert before == [("create", "L2")]
    assert planned(memory) == [("create", "L1"), ("create", "L2")]


def test_what_may_have_been_made_is_not_made_over_by_what_it_finds(memory: Memory) -> None:
    """The record that it finds may be the very one that was made: that is for the look-up to say, or for a person."""
    take_in(RULES, memory, "left", box(Name="Ada", Note="new", Number="7"))
    take_in(RULES, memory, "right", shelf(Remark="new", Code="7"))
    with memory.store.transaction():
        memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", SENT, NOW)

    assert planned(memory) == []


@pytest.mark.requirement("X-03", "X-07")
@pytest.mark.parametrize(
    ("found_out", "name", "expected", "waits"),
    [
        (False, "Ada", [], {"right": "'Ada' was sent to The Shelf, and it is not known yet whether it is this one"}),
        (True, "Ada", [], dict.fromkeys(("left", "right"), "it may be the same as 'Ada' in ")),
        (True, "Bob", [("create", "L1"), ("create", "R9")], {}),
    ],
)
def test_what_bears_the_name_of_a_lost_create_and_another_number_is_not_made_beside_it(
    memory: Memory, found_out: bool, name: str, expected: list[tuple[str, str]], waits: dict[str, str]
) -> None:
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    take_in(RULES, memory, "right", shelf(Key="R9", Label=name, Code="9"))
    with memory.store.transaction():
        lost = memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", SENT, NOW)
        if found_out:
            memory.settle(lost, "not done", NOW)
    plan = planned(memory)
    told = {each.side: each.reason for _, each in memory.records(states=("waiting",))}

    assert plan == expected
    assert told.keys() == waits.keys()
    assert all(told[side].startswith(begins) for side, begins in waits.items())


@pytest.mark.requirement("X-03")
def test_a_number_that_the_plan_gives_back_is_not_given_to_a_new_record_too(memory: Memory) -> None:
    """Only the record that was renumbered has been read again: what it is given back comes from what was known before."""
    rules = compiled(NOTE, "Number: {left: Number, right: Code, numbered_by: left}", more="match:\n  - any: [Number]")
    take_in(rules, memory, "left", box(Name="Ada", Number="7"))
    take_in(rules, memory, "right", shelf(Label="Ada", Code="7"))
    known = {"Number": "7", "Note": None}
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L1", "right": "1"}, {"left": known, "right": known}, {})
        for side, id_ in (("left", "L1"), ("right", "1")):
            memory.judge("thing", side, id_, "synced", link=number)
    take_in(rules, memory, "right", shelf(Label="Ada", Code="9"))
    take_in(rules, memory, "left", box(Id="L2", Name="Bob", Number="7"))

    assert [each for each in planned(memory, rules) if each[0] != "remember"] == [("update", "L1")]
    assert [known.reason for _, known in memory.records(states=("waiting",))] == [
        "Number '7' already belongs to 'Ada' in The Shelf"
    ]


@pytest.mark.requirement("X-08")
def test_what_waits_for_a_record_that_became_another_kind_says_so_though_only_the_other_was_read(
    memory: Memory,
) -> None:
    rules = compiled(NOTE, NUMBER, more="left: {resource: things, is: {Kind: A}}\nmatch:\n  - any: [Number]")
    take_in(rules, memory, "left", box(Name="Ada", Number="7", Kind="A"))
    take_in(rules, memory, "right", shelf(Label="Ada", Code="7"))
    known = {"Number": "7", "Note": None}
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L1", "right": "1"}, {"left": known, "right": known}, {})
        memory.judge("thing", "left", "L1", "pending", link=number)
        memory.judge("thing", "right", "1", "synced", link=number)  # nothing is kept of what it looks like
        memory.judge("thing", "right", "1", "pending")
    take_in(rules, memory, "left", box(Name="Ada", Number="7", Kind="B"))

    assert planned(memory, rules) == []
    assert {each.side: each.reason for _, each in memory.records(states=("waiting",))} == {
        "left": "became another kind in The Box",
        "right": "waits with its counterpart in The Box: became another kind in The Box",
    }


@pytest.mark.requirement("X-08")
def test_whoever_bears_a_number_is_said_to_be_left_out_in_the_very_plan_that_leaves_it_out(memory: Memory) -> None:
    """The mapping was changed: what bears the number may not come in any more, and its turn comes after that of who wants it."""
    rules = compiled(NOTE, NUMBER, more="right: {resource: items, where: {Sort: A}}\nmatch:\n  - any: [Number]")
    take_in(rules, memory, "left", box(Name="Ada", Number="7"))
    take_in(rules, memory, "right", shelf(Label="Bob", Code="7", Sort="B"))

    planned(memory, rules)

    assert [known.reason for _, known in memory.records(states=("waiting",))] == [
        "Code '7' already belongs to 'Bob' in The Shelf (left out: Sort is 'B', not 'A')"
    ]


@pytest.mark.parametrize("how", ["it waits", "it is linked"])
def test_whoever_bears_a_number_and_was_decided_about_before_is_not_said_to_be_left_out_now(
    how: str, memory: Memory
) -> None:
    rules = compiled(NOTE, NUMBER, more="right: {resource: items, where: {Sort: A}}\nmatch:\n  - any: [Number]")
    take_in(rules, memory, "left", box(Name="Ada", Number="7"))
    take_in(rules, memory, "right", shelf(Label="Bob", Code="7", Sort="B"))
    with memory.store.transaction():
        if how == "it waits":
            detail = {"again": NOW + 1, "under": rules.digest}
            memory.judge("thing", "right", "1", "waiting", reason="x", detail=detail)
        else:
            number = memory.make_link("thing", {"left": "L9", "right": "1"}, {}, {})
            memory.judge("thing", "right", "1", "pending", link=number)

    planned(memory, rules)

    assert reasons(memory)["L1"] == "Code '7' already belongs to 'Bob' in The Shelf"


# In which order, and until everything was looked at ------------------------------------------------------------------------


def test_each_record_is_decided_about_once_and_the_count_is_told(memory: Memory) -> None:
    take_in(RULES, memory, "left", box(Id="0", Number="7"))
    take_in(RULES, memory, "right", shelf(Key=1, Code="8"), shelf(Key=2, Code="9"))

    told = decided(memory)

    assert [(each["side"], each["source_id"]) for each in actions(memory)] == [
        ("right", "0"),
        ("left", "1"),
        ("left", "2"),
    ]
    assert told == [Event("match"), Event("plan", "thing", 0), Event("plan", "thing", 3)]


@pytest.mark.parametrize("untouched", [True, False])
def test_that_what_was_there_before_was_set_aside_is_noted_once_it_was(untouched: bool, memory: Memory) -> None:
    decided(memory, untouched={"thing"} if untouched else set())

    assert (("thing", "", "before") in memory.last_carried()) is untouched


# What was refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "detail", "expected"),
    [
        ("failed", {"again": NOW + 1, "under": RULES.digest}, []),
        ("waiting", {"again": NOW + 1, "under": RULES.digest}, []),
        ("pending", {"again": NOW + 1, "under": RULES.digest}, [("create", "L1")]),
        ("failed", {"again": NOW, "under": RULES.digest}, [("create", "L1")]),
        ("failed", {"again": NOW + 1, "under": "another mapping"}, [("create", "L1")]),
        ("failed", {"under": RULES.digest}, [("create", "L1")]),
        ("failed", "another detail", [("create", "L1")]),
    ],
)
def test_what_was_refused_is_sent_again_when_its_time_has_come_or_something_changed(
    state: Any, detail: Any, expected: list[Any], memory: Memory
) -> None:
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", state, detail=detail, forget=False)

    assert planned(memory) == expected


@pytest.mark.parametrize("what", ["the same", "another", "nothing"])
def test_what_was_refused_is_sent_again_when_what_it_refers_to_has_changed(what: str, memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, "Owner: {left: Owner, right: Owner, refers_to: [thing]}", more=BY_NUMBER)
    tied(memory, box(Id="L9", Number="9"), shelf(Key=9, Code="9"), rules)
    record = box(Number="7", Owner={"Id": "L9"})
    take_in(rules, memory, "left", record)
    before = {
        "the same": {"referred": referred.standing(memory, rules.entities["thing"], "left", record)},
        "another": {"referred": ["thing L9: alone"]},
        "nothing": {},
    }
    with memory.store.transaction():
        detail = {"again": NOW + 1, "under": rules.digest, **before[what]}
        memory.judge("thing", "left", "L1", "failed", detail=detail)

    assert planned(memory, rules) == ([("create", "L1")] if what == "another" else [])


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_what_was_refused_is_looked_at_again_when_a_counterpart_has_appeared(state: Any, memory: Memory) -> None:
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    take_in(RULES, memory, "right", shelf(Label="Ada", Code="7"))
    detail = {"again": NOW + 1, "under": RULES.digest}
    with memory.store.transaction():
        memory.judge("thing", "left", "L1", "failed", detail=detail)
        memory.judge("thing", "right", "1", state, detail=detail, forget=False)

    decided(memory)

    assert [(each["verb"], each["key"]) for each in actions(memory)] == ([("link", "L1")] if state == "pending" else [])


# Those whose counterpart has left ------------------------------------------------------------------------------------------

DELETING = compiled(NOTE, NUMBER, more=BY_NUMBER, left_events=UPDATES.replace("deleted: ignore", "deleted: deactivate"))


def test_the_counterparts_of_all_that_left_are_taken_out_of_use_each_once() -> None:
    with remembering() as make:  # the numbers of links begin with one
        memory = make()
        for each in "12":
            number = tied(memory, box(Id=f"L{each}", Name=f"Ada {each}"), shelf(Key=int(each), State="awake"), DELETING)
            link = memory.link(number)
            assert link is not None
            link.gone["left"] = True
            with memory.store.transaction():
                memory.remember(link)
                if each == "2":
                    memory.drop("thing", "left", ["L2"])

        decided(memory, DELETING)

        assert [(each["verb"], each["key"], each["name"]) for each in actions(memory)] == [
            ("deactivate", "1", "Ada 1"),
            ("deactivate", "2", "L2"),
        ]


@pytest.mark.parametrize(("again", "expected"), [(NOW + 1, []), (NOW - 1, ["deactivate"])])
def test_what_was_refused_because_a_record_left_has_its_time_too(
    again: float, expected: list[str], memory: Memory
) -> None:
    link = memory.link(tied(memory, box(Name="Ada"), shelf(), DELETING))
    assert link is not None
    link.gone["left"] = True
    with memory.store.transaction():
        memory.remember(link)
        memory.judge("thing", "left", "L1", "failed", detail={"again": again, "under": DELETING.digest})

    decided(memory, DELETING)

    assert [each["verb"] for each in actions(memory)] == expected


def test_where_a_deletion_does_not_travel_nothing_is_done_about_the_counterpart(memory: Memory) -> None:
    link = memory.link(tied(memory, box(), shelf()))
    assert link is not None
    link.gone["left"] = True
    with memory.store.transaction():
        memory.remember(link)

    assert planned(memory) == []


# A pair --------------------------------------------------------------------------------------------------------------------


def test_a_pair_is_called_as_its_record_on_the_left_is(memory: Memory) -> None:
    tied(memory, box(Name="Ada", Number="7", Note="old"), shelf(Label="Bob", Code="7", Remark="old"))
    take_in(RULES, memory, "left", box(Name="Ada", Number="7", Note="new"))
    take_in(RULES, memory, "right", shelf(Label="Bob", Code="8", Remark="old"))
    take_in(RULES, memory, "left", box(Id="L2", Name="Cleo", Number="5"))
    take_in(RULES, memory, "right", shelf(Key=2, Label="Dora", Code="5"))

    decided(memory)

    assert [(each["verb"], each["name"], each["side"], each["fields"]) for each in actions(memory)] == [
        ("remember", "Ada", "left", []),
        ("update", "Ada", "left", [["Number", "7", "8"]]),
        ("update", "Ada", "right", [["Note", "old", "new"]]),
        ("link", "Cleo", "left", []),
    ]


def test_a_pair_is_one_also_where_only_the_pair_says_so(memory: Memory) -> None:
    take_in(RULES, memory, "left", box(Number="7", Note="new"))
    with memory.store.transaction():
        known = {"Number": "7", "Note": "old"}
        memory.make_link("thing", {"left": "L1", "right": "1"}, {"left": known, "right": known}, {})

    decided(memory)

    assert [each["verb"] for each in actions(memory)] == ["remember", "update"]


@pytest.mark.parametrize("there", [True, False])
def test_who_was_found_by_its_id_and_of_whom_nothing_is_kept_is_looked_at(there: bool, memory: Memory) -> None:
    rules = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\nleading: left\nlink: {{id_of: right, kept_in: left}}")
    take_in(rules, memory, "left", box(Number="7", Note="new", Ref="left:1;"))
    take_in(rules, memory, "right", shelf(Code="7"))
    with memory.store.transaction():
        memory.judge("thing", "right", "1", "synced")
    system = System(*[shelf(Code="7", Remark="theirs")] * there)

    decided(memory, rules, system)

    assert system.asked == ["1"]
    assert [each["fields"] for each in actions(memory) if each["verb"] == "update"] == (
        [[["Note", "theirs", "new"]]] if there else []
    )


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_pair_is_decided_about_whichever_of_the_two_was_read(side: str, memory: Memory) -> None:
    tied(memory, box(Number="7", Note="old"), shelf(Code="7", Remark="old"))
    take_in(RULES, memory, side, box(Number="7", Note="new") if side == "left" else shelf(Code="7", Remark="new"))

    decided(memory)

    assert [(each["verb"], each["side"]) for each in actions(memory) if each["verb"] == "update"] == [
        ("update", "right" if side == "left" else "left")
    ]


LEADING = compiled(NOTE, NUMBER, "Mark: {left: Phone, right: Mark}", more=f"{BY_NUMBER}\nleading: left")


@pytest.mark.parametrize(
    ("renewed", "asked", "before"),
    [({"Note"}, ["1"], "old"), ({"Mark"}, [], "old"), (set(), [], "old")],
    ids=["a row by other rules", "a row that was not told", "no row"],
)
def test_a_counterpart_is_looked_at_where_what_is_known_of_it_was_made_by_other_rules(
    renewed: set[str], asked: list[str], before: str, memory: Memory
) -> None:
    record = box(Number="7", Note="old")
    del record["Phone"]
    tied(memory, record, shelf(Code="7", Remark="old"), LEADING)
    take_in(LEADING, memory, "left", {**record, "Note": "new"})
    system = System(shelf(Code="7", Remark="theirs"))

    decided(memory, LEADING, system, renewed={"thing": renewed})

    (update,) = [each for each in actions(memory) if each["verb"] == "update"]
    assert system.asked == asked
    assert update["fields"] == [["Note", "theirs" if asked else before, "new"]]
    assert ("was replaced" in str(actions(memory)[0]["notices"])) is bool(asked)


def test_whose_counterpart_is_left_out_or_gone_asks_no_system_for_it(memory: Memory) -> None:
    states: dict[str, State] = {"1": "excluded", "2": "synced"}
    for each, state in states.items():
        number = tied(
            memory, box(Id=f"L{each}", Number=each, Note="old"), shelf(Key=int(each), Code=each, Remark="old")
        )
        link = memory.link(number)
        assert link is not None
        link.gone["right"] = each == "2"
        with memory.store.transaction():
            memory.remember(link)
            memory.judge("thing", "right", each, state)
        take_in(RULES, memory, "left", box(Id=f"L{each}", Number=each, Note="new"))
    system = System()

    decided(memory, RULES, system, renewed={"thing": {"Note"}})

    assert system.asked == []


def test_what_cannot_be_read_is_not_asked_for(memory: Memory) -> None:
    unseen = papers(UNSEEN)
    number = tied(memory, box(Number="7", Note="old"), shelf(Code="7", Remark="old"), unseen)
    with memory.store.transaction():
        memory.keep("thing", [Known("right", "1", "Ada", "synced", b"", 1, link=number)], NOW)
    take_in(unseen, memory, "left", box(Number="7", Note="new"))
    system = System()

    decided(memory, unseen, system, renewed={"thing": {"Note"}})

    assert system.asked == []


def test_what_a_record_that_is_left_out_says_changes_nothing(memory: Memory) -> None:
    tied(memory, box(Number="7", Note="old"), shelf(Code="7", Remark="old"))
    take_in(RULES, memory, "right", shelf(Code="7", Remark="theirs"))
    with memory.store.transaction():
        memory.judge("thing", "right", "1", "excluded")
    take_in(RULES, memory, "left", box(Number="7", Note="new"))

    decided(memory)

    assert [each["fields"] for each in actions(memory) if each["verb"] == "update"] == [[["Note", "old", "new"]]]


def test_a_counterpart_that_is_not_found_any_more_is_nobody_to_compare_with(memory: Memory) -> None:
    tied(memory, box(Number="7", Note="old"), shelf(Code="7", Remark="old"), LEADING)
    take_in(LEADING, memory, "left", box(Number="7", Note="new"))

    decided(memory, LEADING, system := System(), renewed={"thing": {"Note"}})

    assert system.asked == ["1"]
    assert [(each["verb"], each["unfinished"]) for each in actions(memory)] == [("remember", False)]


# What two entities may be about --------------------------------------------------------------------------------------------

TWO = """
syncrules: 1
title: Two
sides: {left: {provider: box}, right: {provider: shelf}}
entities:
"""
ENTITY = """\
  %s:
    about: %s.
    to: both
    left: {resource: things}
    right: {resource: items}
    match: [{any: [%s]}]
    when: {left: at_once, right: at_once}
    events: {left: %s, right: %s}
    fields:
      Note: {left: Note, right: Remark}
      Number: {left: Number, right: Code}
"""


def two(one: str = "Number", other: str = "Note") -> Rules:
    """Give rules of two entities that read the same and match by other rows; the second one never makes anything."""
    matching = UPDATES.replace("created: create", "created: match")
    entities = [
        ENTITY % (name, name, row, events, events)
        for name, row, events in (("one", one, UPDATES), ("other", other, matching))
    ]
    return compile_rules(load_text(TWO + "".join(entities)), {})


def test_what_waits_for_an_answer_as_one_thing_is_not_made_as_another(memory: Memory) -> None:
    rules = two()
    take_in(rules, memory, "left", box(Number="7"))
    take_in(rules, memory, "right", shelf(Key=1, Code="7", Label="Ada"), shelf(Key=2, Code="7", Label="Bob"))

    decided(memory, rules)

    assert reasons(memory, "one")["L1"] == "2 candidates in The Shelf: 'Ada', 'Bob'"
    assert reasons(memory, "other")["L1"] == "waits for a decision as one"
    assert actions(memory, "other") == []


@pytest.mark.parametrize("how", ["it is tied", "it was found just now"])
def test_what_belongs_to_another_entity_is_left_to_it(how: str, memory: Memory) -> None:
    rules = two()
    take_in(rules, memory, "left", box(Number="7"))
    take_in(rules, memory, "right", shelf(Code="7"))
    if how == "it is tied":
        known = {"Number": "7", "Note": None}
        with memory.store.transaction():
            number = memory.make_link("one", {"left": "L1", "right": "1"}, {"left": known, "right": known}, {})
            for side, id_ in (("left", "L1"), ("right", "1")):
                memory.judge("one", side, id_, "synced", link=number)

    decided(memory, rules)

    assert reasons(memory, "other") == {"L1": "belongs to one", "1": "belongs to one"}
    assert actions(memory, "other") == []


def test_who_wants_the_counterpart_of_another_one_is_asked_about(memory: Memory) -> None:
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"), box(Id="L2", Name="Bob", Number="7"))
    take_in(RULES, memory, "right", shelf(Label="Cleo", Code="7"))

    assert planned(memory) == []
    assert reasons(memory) == {
        "L1": "another record wants the same counterpart: 'Cleo'",
        "L2": "another record wants the same counterpart: 'Cleo'",
        "1": "2 candidates in The Box: 'Ada', 'Bob'",
    }


# What carries an id of the other side ----------------------------------------------------------------------------------------

KEPT = compiled(NOTE, NUMBER, more=f"{BY_NUMBER}\nlink: {{id_of: right, kept_in: left}}")


@pytest.mark.parametrize(
    ("answer", "expected"), [(None, []), ({"create": True}, [("create", "L1")]), ({"ignore": True}, [])]
)
def test_what_carries_the_id_of_something_that_is_gone_is_made_anew_only_if_somebody_says_so(
    answer: Any, expected: list[Any], memory: Memory
) -> None:
    take_in(KEPT, memory, "left", box(Name="Ada", Number="7", Ref="left:9;"))
    if answer is not None:
        with memory.store.transaction():
            memory.decide("thing", "left", "L1", answer, NOW)

    assert planned(memory, KEPT) == expected
    assert ("it belonged to a record of The Shelf (9)" in reasons(memory).get("L1", "")) is (answer is None)


def test_which_is_meant_is_asked_where_two_carry_one_id_and_nobody_knows_its_name(memory: Memory) -> None:
    take_in(KEPT, memory, "left", box(Number="7", Ref="left:9;"), box(Id="L2", Number="8", Ref="left:9;"))

    assert planned(memory, KEPT) == []
    assert reasons(memory) == dict.fromkeys(("L1", "L2"), "another record wants the same counterpart: '9'")


@pytest.mark.parametrize("makes", [True, False])
def test_of_a_counterpart_that_cannot_be_read_is_told_what_was_sent_where_something_follows_from_it(
    makes: bool, memory: Memory
) -> None:
    rules = papers(UNSEEN.replace("unknown_outcome: repeat_safe}", "unknown_outcome: repeat_safe, makes: {dues: {Key: Key}}}") + DUES.lstrip("\n") if makes else UNSEEN)  # fmt: skip
    rules = kept_on_the_left(rules)
    take_in(rules, memory, "left", box(Number="7", Note="x", Ref="left:9;"))

    decided(memory, rules)

    link = actions(memory)[0]
    assert (link["verb"], link["source_id"]) == ("link", "9")
    assert link["changes"] == ({"Remark": "x", "Code": "7"} if makes else {})


def kept_on_the_left(rules: Rules) -> Rules:
    """Let the ids of the right side be left on the left one."""
    thing = replace(rules.spec.entities["thing"], link_kept_in="left")
    return compile_rules(replace(rules.spec, entities={"thing": thing}), {})


ROLES = SHELF.replace("external_id: {field: Other}", "within: {resource: rates, at: Spot}").replace(
    "      Rows:", "      Spot: {type: object, of: Row, shared: true, title: Spot}\n      Rows:"
).replace("    title: rates\n    id: Code\n", "    title: rates\n    id: Code\n    name: Name\n")  # fmt: skip


def test_of_which_thing_it_would_be_a_role_is_asked_by_the_names_of_the_things(memory: Memory) -> None:
    spec = papers(ROLES).spec
    thing = spec.entities["thing"]
    number = next(each for each in thing.rows if each.name == "Number")
    number = replace(number, sides={"left": "Number", "right": "Spot.Code"})
    rows = tuple(number if each.name == "Number" else each for each in thing.rows)
    matched = compiled(NOTE, NUMBER, more=BY_NUMBER).spec.entities["thing"]
    thing = replace(thing, rows=rows, tiers=matched.tiers, without_role="add")
    rules = compile_rules(replace(spec, entities={"thing": thing}), {})
    take_in(rules, memory, "left", box(Name="Ada", Number="7"))
    with memory.store.transaction():
        memory.know_by("thing", [("right without role", each, "tier 0: Number", "7", "7") for each in ("R1", "R2")])
    system = System({"Code": "7", "Name": "High", "Id": "R1"}, {"Code": "7", "Name": "Low", "Id": "R2"})

    assert planned(memory, rules, system) == []
    assert reasons(memory) == {"L1": "2 candidates in The Shelf: 'High', 'Low'"}
    assert system.asked == ["R1", "R2"]


def test_what_nobody_can_look_at_any_more_is_called_by_its_id(memory: Memory) -> None:
    rules = kept_on_the_left(papers(ROLES))
    take_in(rules, memory, "left", box(Number="7", Ref="left:9;"), box(Id="L2", Number="8", Ref="left:9;"))
    system = System()

    assert planned(memory, rules, system) == []
    assert reasons(memory) == dict.fromkeys(("L1", "L2"), "another record wants the same counterpart: '9'")
    assert system.asked == ["9"]


# States beside what is linked ------------------------------------------------------------------------------------------------


def owing(memory: Memory, rules: Rules, *, gone: bool = False, linked: bool = False) -> str:
    """Let 5 be due for a thing that is linked; give the id of what is due."""
    with memory.store.transaction():
        number = memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
        link = memory.link(number)
        assert link is not None
        link.gone["left"] = gone
        memory.remember(link)
        if linked:
            ids = {"left": "L1", "right": f"{number}"}
            known = {"left": {"Open": 3}, "right": {"Open": 3}}
            memory.make_link("due", ids, known, {}, number)
        due = Known("right", f"{number}", "due", "pending", b"x", 1, record={"Code": "7", "Open": 5})
        memory.keep("due", [due], NOW)
    return f"{number}"


def test_what_is_due_is_written_on_a_record_of_its_own(memory: Memory) -> None:
    rules = owed_by(receipts=True)
    due, system = owing(memory, rules), System()

    decided(memory, rules, system)

    assert [(each["verb"], each["source_id"], each["changes"]) for each in actions(memory, "due")] == [
        ("create", due, {"Amount": 5, "Thing": {"Id": "L1"}})
    ]
    assert system.asked == []


@pytest.mark.parametrize("there", [True, False])
def test_what_is_due_is_written_on_the_thing_itself_if_that_is_there(there: bool, memory: Memory) -> None:
    rules = owed_by()
    due, system = owing(memory, rules), System(*[box(Amount=0)] * there)

    decided(memory, rules, system)

    assert [(each["verb"], each["fields"]) for each in actions(memory, "due")] == (
        [("link", []), ("update", [["Open", "0", 5]])] if there else []
    )
    assert system.asked == ["L1"]
    assert reasons(memory) == ({} if there else {due: "deleted in The Box"})


@pytest.mark.parametrize("kinds", [("thing", "paper"), ("paper", "thing")])
def test_what_is_due_of_several_kinds_is_written_on_the_thing_itself_where_that_is_its_kind(
    kinds: tuple[str, ...], memory: Memory
) -> None:
    given = owed_by().spec
    thing = given.entities["thing"]
    sources = {**thing.sources, "left": replace(thing.sources["left"], resource="receipts")}
    paper = replace(thing, name="paper", sources=sources)
    due = replace(given.entities["due"], for_each=kinds)
    rules = compile_rules(replace(given, entities={"thing": thing, "paper": paper, "due": due}), {})
    owing(memory, rules)
    system = System(box(Amount=0))

    decided(memory, rules, system)

    assert system.asked == ["L1"]
    assert [each["verb"] for each in actions(memory, "due")] == ["link", "update"]


@pytest.mark.parametrize("receipts", [True, False])
def test_of_what_is_gone_nobody_is_told_what_is_due(receipts: bool, memory: Memory) -> None:
    rules = owed_by(receipts=receipts)
    due, system = owing(memory, rules, gone=True), System()

    decided(memory, rules, system)

    assert (actions(memory, "due"), system.asked) == ([], [])
    assert reasons(memory) == {due: "deleted in The Box; a deletion does not travel, and neither do later changes"}


@pytest.mark.parametrize("why", ["nobody knows of what", "it may have been made"])
def test_what_is_due_is_not_written_where_that_would_be_a_guess(why: str, memory: Memory) -> None:
    rules = owed_by(receipts=True)
    due = owing(memory, rules)
    with memory.store.transaction():
        if why == "nobody knows of what":
            memory.unlink(int(due))
        else:
            memory.intend(memory.begin_run(NOW), "due", "left", "create", None, due, None, "due", {}, NOW)

    decided(memory, rules)

    assert (actions(memory, "due"), reasons(memory)) == ([], {})


@pytest.mark.parametrize(
    ("edited", "renewed", "asked"),
    [("keep", set(), []), ("restore", set(), ["L1"]), ("keep", {"Open"}, ["L1"])],
    ids=["as it is known", "an edit is put back", "it was made by other rules"],
)
def test_where_what_is_due_was_written_is_looked_at_only_if_it_may_be_otherwise(
    edited: Any, renewed: set[str], asked: list[str], memory: Memory
) -> None:
    given = owed_by().spec
    due = given.entities["due"]
    due = replace(due, rows=tuple(replace(each, edited=edited) for each in due.rows))
    rules = compile_rules(replace(given, entities={**given.entities, "due": due}), {})
    owing(memory, rules, linked=True)
    system = System(box(Amount=4))

    decided(memory, rules, system, renewed={"due": renewed})

    assert system.asked == asked
    assert [each["fields"] for each in actions(memory, "due") if each["verb"] == "update"] == [
        [["Open", "4" if asked else "3", 5]]
    ]


def test_a_first_import_holds_no_state_back(memory: Memory) -> None:
    rules = owed_by(receipts=True)
    owing(memory, rules)

    decided(memory, rules, first={"thing", "due"})

    assert [each["verb"] for each in actions(memory, "due")] == ["create"]


# What travels beside a list ------------------------------------------------------------------------------------------------


def beside(rules: Rules, name: str = "thing") -> Rules:
    """Let something travel beside the whole list of an entity."""
    entity = replace(rules.spec.entities[name], to="right", beside={"carry": 5})
    return compile_rules(replace(rules.spec, entities={**rules.spec.entities, name: entity}), {})


@pytest.mark.parametrize(
    ("linked", "planned", "before", "due", "sent"),
    [
        (True, False, None, True, True),
        (True, False, 4, True, True),
        (True, False, 5, True, False),
        (True, False, None, False, False),
        (False, True, None, True, True),
        (False, False, None, True, False),
    ],
    ids=["for the first time", "another one", "the same", "it is not due", "a list that begins", "no list"],
)
def test_a_list_is_sent_again_where_what_travels_beside_it_is_another(
    linked: bool, planned: bool, before: Any, due: bool, sent: bool, memory: Memory
) -> None:
    rules = beside(RULES)
    if linked:
        tied(memory, box(), shelf())
    if planned:
        take_in(rules, memory, "left", box(Id="L2", Number="8"))
    if before is not None:
        with memory.store.transaction():
            memory.keep_beside("right", "items", {"carry": before})

    decided(memory, rules, open_={"thing": {("left", "created"), *[("left", "changed")] * due}})

    found = [(each["side"], each["name"], each["fields"]) for each in actions(memory) if each["verb"] == "update"]
    assert found == ([("right", "items", [["carry", before, 5]])] if sent else [])


def test_what_is_planned_of_something_else_makes_no_list(memory: Memory) -> None:
    rules = beside(two(), "other")
    take_in(rules, memory, "left", box(Number="7"))

    decided(memory, rules)

    assert [each["verb"] for each in actions(memory, "one")] == ["create"]
    assert actions(memory, "other") == []


# What is due ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "first", "expected"),
    [
        ("first_import: {from: right}\n", True, ["left"]),
        ("first_import: {from: right}\n", False, ["right", "left"]),
        ("first_import: {from: left}\n", True, ["right"]),
    ],
)
def test_a_first_import_makes_only_what_is_on_the_side_from_which_it_imports(
    more: str, first: bool, expected: list[str], memory: Memory
) -> None:
    rules = compiled(NOTE, NUMBER, more=f"{more}{BY_NUMBER}")
    take_in(rules, memory, "left", box(Number="7"))
    take_in(rules, memory, "right", shelf(Code="8"))

    decided(memory, rules, first={"thing"} if first else set())

    assert [each["side"] for each in actions(memory)] == expected
