"""Whom a record points to: what it is called on the other side, or why nobody can say so yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pair_world import NOTE, NUMBER, box, compiled, take_in

from syncrules.journey.around import Around
from syncrules.journey.surroundings import Lacks, Late, Waits
from syncrules.memory.memory import Memory

RULES = compiled(NOTE, NUMBER, more="match:\n  - any: [Number]")


@pytest.fixture
def around(memories: Callable[[], Memory]) -> Around:
    """The surroundings of a thing that is known."""
    memory = memories()
    take_in(RULES, memory, "left", box(Name="Ada", Number="7"))
    return Around(RULES, memory, {})


def tied(around: Around, *, gone: bool = False) -> None:
    with around.memory.store.transaction():
        number = around.memory.make_link("thing", {"left": "L1", "right": "1"}, {}, {})
        link = around.memory.link(number)
        assert link is not None
        link.gone["right"] = gone
        around.memory.remember(link)


def test_who_is_linked_is_called_as_its_counterpart(around: Around) -> None:
    tied(around)
    with around.memory.store.transaction():
        around.memory.know_by("thing", [("right", "1", "@Code", "7", "7")])

    assert around.across(["thing"], "left", "L1", "") == "1"
    assert around.across(["thing"], "left", "L1", "Code") == "7"


def test_who_is_linked_and_says_nothing_there_is_told_apart_from_who_is_not_there(around: Around) -> None:
    tied(around)

    with pytest.raises(Lacks, match="has no Code in The Shelf"):
        around.across(["thing"], "left", "L1", "Code")


def test_who_is_known_and_not_linked_is_waited_for_with_its_reason(around: Around) -> None:
    with around.memory.store.transaction():
        around.memory.judge("thing", "left", "L1", "waiting", reason="no number")

    with pytest.raises(Waits, match="the thing 'Ada' it belongs to is not in The Shelf: no number"):
        around.across(["thing"], "left", "L1", "")


def test_who_is_not_known_is_waited_for(around: Around) -> None:
    with pytest.raises(Waits, match="not known yet"):
        around.across(["thing"], "left", "L9", "")


def test_whom_this_plan_makes_is_called_late(around: Around) -> None:
    around.planned["thing", "left", "L1"] = {"Code": "7"}

    assert around.across(["thing"], "left", "L1", "") == Late("thing", "left", "L1", "")


def test_whose_counterpart_was_deleted_is_waited_for(around: Around) -> None:
    tied(around, gone=True)

    with pytest.raises(Waits, match="was deleted in The Shelf"):
        around.across(["thing"], "left", "L1", "")
