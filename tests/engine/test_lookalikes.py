"""What bears the name of a create whose answer was lost: it waits, or a person is asked, before either is made a second time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from pair_world import NUMBER, SHELF, box, compiled, manifest_of, papers, shelf, take_in

from syncrules.journey import lookalikes
from syncrules.journey.decide import UNDONE
from syncrules.journey.lookalikes import Lookalikes
from syncrules.journey.match import Matches
from syncrules.journey.rules import Rules, compile_rules
from syncrules.memory.memory import Memory

NAME = "Name: {left: Name, right: Label, too_long: cut}"
BY_NUMBER = "match:\n  - any: [Number]"
RULES = compiled(NAME, NUMBER, more=BY_NUMBER)
LEFT, RIGHT = ("thing", "left", "L1"), ("thing", "right", "9")
NOTHING: tuple[Any, ...] = ({}, set(), {})


def sent(memory: Memory, id_: str = "L1", called: Any = "Ada", *, entity: str = "thing", side: str = "right") -> None:
    """Let a create be sent whose answer was lost, and of which nothing was found."""
    field = "Label" if side == "right" else "Name"
    with memory.store.transaction():
        changes = {"changes": {field: called}}
        lost = memory.intend(memory.begin_run(1.0), entity, side, "create", None, id_, None, "it", changes, 1.0)
        memory.settle(lost, "not done", 1.0)


def found(
    memory: Memory,
    rules: Rules = RULES,
    matches: Matches | None = None,
    unsettled: Collection[Any] = (),
    decided: Collection[Any] = (),
) -> tuple[dict[Any, list[str]], set[Any], dict[Any, str]]:
    """Look for who bears the name of what was sent: who is asked about, who of them for this reason, and who waits."""
    matches = matches or Matches()
    looked: Lookalikes = lookalikes.find(
        rules, memory, UNDONE, unsettled, lambda *who: "9" if who in decided else "", matches
    )
    return matches.asked, looked.asked, looked.held


def both(memory: Memory, rules: Rules = RULES) -> None:
    """Let what was sent be known, and something appear there under its name, after somebody else."""
    take_in(rules, memory, "left", box(Name="Ada", Number="7"))
    take_in(rules, memory, "right", shelf(Key=8, Label="Abe", Code="8"), shelf(Key=9, Label="Ada", Code="9"))


def test_what_bears_the_name_of_what_was_sent_is_asked_about_with_it(memory: Memory) -> None:
    both(memory)
    sent(memory)

    assert found(memory) == ({RIGHT: ["L1"], LEFT: ["9"]}, {LEFT, RIGHT}, {})


def test_as_long_as_it_is_not_known_whether_it_was_made_what_bears_its_name_waits(memory: Memory) -> None:
    both(memory)
    sent(memory)

    assert found(memory, unsettled={LEFT}) == ({}, set(), {RIGHT: "Ada"})
    assert found(memory, unsettled={LEFT}, decided={LEFT}) == ({}, set(), {RIGHT: "Ada"})


def test_it_goes_both_ways(memory: Memory) -> None:
    take_in(RULES, memory, "right", shelf(Key=9, Label="Ada", Code="9"))
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    sent(memory, "9", side="left")

    assert found(memory) == ({RIGHT: ["L1"], LEFT: ["9"]}, {LEFT, RIGHT}, {})


def test_several_that_bear_the_name_are_all_asked_about(memory: Memory) -> None:
    both(memory)
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"), box(Id="L2", Name="Ada", Number="6"))
    sent(memory)
    sent(memory, "L2")

    asked, _, _ = found(memory)

    assert asked == {RIGHT: ["L1", "L2"], LEFT: ["9"], ("thing", "left", "L2"): ["9"]}


@pytest.mark.parametrize("called", ["Bob", "", None, 5])
def test_what_bears_another_name_or_none_is_somebody_else(called: Any, memory: Memory) -> None:
    both(memory)
    take_in(RULES, memory, "right", shelf(Key=10, Label="", Code="10"))
    sent(memory, called=called)

    assert found(memory) == NOTHING


def test_what_was_sent_by_an_entity_that_is_gone_does_not_hide_the_rest(memory: Memory) -> None:
    both(memory)
    sent(memory, entity="gone")
    sent(memory)

    assert found(memory)[1] == {LEFT, RIGHT}


@pytest.mark.parametrize("who", [LEFT, RIGHT])
@pytest.mark.parametrize("how", ["paired", "asked", "decided"])
def test_who_is_tied_asked_about_or_decided_about_is_not_asked_about_for_this(
    how: str, who: tuple[str, str, str], memory: Memory
) -> None:
    both(memory)
    sent(memory)
    matches = Matches(pairs={who: "x"} if how == "paired" else {}, asked={who: ["x"]} if how == "asked" else {})

    asked, for_this, held = found(memory, matches=matches, decided={who} if how == "decided" else ())

    assert (asked, for_this, held) == ({who: ["x"]} if how == "asked" else {}, set(), {})


@pytest.mark.parametrize("who", [LEFT, RIGHT])
@pytest.mark.parametrize("how", ["linked", "excluded", "unknown"])
def test_only_who_has_no_counterpart_and_of_whom_something_is_still_to_be_done_is_asked_about(
    how: str, who: tuple[str, str, str], memory: Memory
) -> None:
    both(memory)
    sent(memory)
    with memory.store.transaction():
        if how == "linked":
            ids: dict[str, str | None] = {"left": "x", "right": "y", who[1]: who[2]}
            memory.judge(*who, "pending", link=memory.make_link("thing", ids, {}, {}))
        elif how == "excluded":
            memory.judge(*who, "excluded")
        else:
            memory.drop("thing", who[1], [who[2]])

    assert found(memory) == NOTHING


def test_who_is_not_matched_or_is_found_by_what_nobody_changes_is_not_asked_about(memory: Memory) -> None:
    both(memory)
    sent(memory)
    marked = manifest_of(SHELF.replace("{look_up: Code}", "{look_up: Other}"))
    by_our_id = compile_rules(replace(RULES.spec, manifests={**RULES.spec.manifests, "right": marked}), {})

    assert found(memory, papers(SHELF)) == NOTHING
    assert found(memory, by_our_id) == NOTHING
