"""What a run plans of what it knows, and what it leaves alone for now."""

from __future__ import annotations

from datetime import UTC

import pytest
from pair_world import NOTE, NUMBER, box, compiled, shelf, take_in

from syncrules.journey import schedule
from syncrules.journey.around import Around
from syncrules.journey.decide import Decider
from syncrules.journey.rules import Rules
from syncrules.memory.memory import Memory

RULES = compiled(NOTE, NUMBER, more="match:\n  - any: [Number]")
NOW = 1_000.0
SENT = {"changes": {"Label": "Ada"}}
"""What the journal says was to be made."""


def planned(memory: Memory, rules: Rules = RULES) -> list[tuple[str, str]]:
    """Decide about everything; give what is planned: what is done, for which record of the left side."""
    open_ = {"thing": schedule.due(rules.entities["thing"].entity, {}, NOW, UTC)}
    decider = Decider(
        rules, memory, {}, Around(rules, memory, {}), open_, set(), set(), lambda side, id_: f"{side}<{id_}>", NOW,
        lambda _: None, {},
    )  # fmt: skip
    decider.decide_all()
    return [(each["verb"], each["source_id"]) for _, each in memory.actions("thing")]


def test_what_may_have_been_made_is_not_planned_again_until_it_is_known(memory: Memory) -> None:
    """Where the answer to a create was lost and it cannot be looked up yet, a second one would be a duplicate."""
    take_in(RULES, memory, "left", box(Name="Ada", Note="new", Number="7"), box(Id="L2", Name="Bob", Number="8"))
    with memory.store.transaction():
        lost = memory.intend(memory.begin_run(NOW), "thing", "right", "create", None, "L1", None, "Ada", SENT, NOW)
        memory.judge("thing", "left", "L1", "waiting", detail={"because": "unknown"}, forget=False)

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
