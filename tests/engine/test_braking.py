"""What is too much at once is taken out of a plan, with what belongs to it, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest
from pair_world import NOTE, NUMBER, SIDES, compiled

from syncrules.journey.action import Action
from syncrules.journey.braking import Braking
from syncrules.journey.rules import Rules
from syncrules.memory.memory import Memory

LIMITED = compiled(NOTE, NUMBER, more="brakes: {deactivations: 2, deletions: 2, emptied: 2}")
UNLIMITED = compiled(NOTE, NUMBER)
EMPTIES = {"update": ["Note"]}
KINDS = [("deactivate", "deactivations", "deactivated"), ("delete", "deletions", "deleted")]


def planned(verb: Any, *links: int, **more: Any) -> list[Action]:
    """Plan the same for several pairs."""
    given = {"key": "1", "closes": True, "empties": EMPTIES.get(verb, []), **more}
    return [Action("thing", verb, "right", "it", link=each, **given) for each in links]


def braked(
    memory: Memory,
    plan: Iterable[Action] = (),
    *,
    rules: Rules = LIMITED,
    accepted: str = "",
    brief: str = "",
    due_only: bool = False,
    stopped: str = "",
) -> Braking:
    """Put the brakes on a plan.

    Args:
        accepted: the brake of which somebody said that it was meant.
        stopped: the brake that was put on before anything was planned.
    """
    with memory.store.transaction():
        memory.add_actions([(each.entity, each.verb, each.to_json()) for each in plan])
        if accepted:
            memory.decide("thing", "brake", accepted, {"accept": True}, 1.0)
    here = Braking(rules, memory, 1.0, brief, due_only=due_only, stopped=[])
    if stopped:
        with memory.store.transaction():
            here.stop("thing", stopped, "so many", 9)
    here.brake(["thing"])
    return here


def left(memory: Memory, entity: str = "thing") -> list[tuple[str, int | None, bool]]:
    """Tell what is left of the plan: verb, pair, and whether the pair is in sync after it."""
    actions = [Action.from_json(data) for _, data in memory.actions(entity, limit=99)]
    return [(each.verb, each.link, each.closes) for each in actions]


@pytest.mark.parametrize(("verb", "brake", "what"), KINDS)
def test_what_is_too_much_at_once_is_taken_out_and_told_and_the_rest_stays(
    verb: str, brake: str, what: str, memory: Memory
) -> None:
    here = braked(memory, [*planned(verb, 1, 2, 3), *planned("create", 4)])

    why = f"3 would be {what} at once; 2 are allowed"
    assert left(memory) == [("create", 4, True)]
    assert memory.brakes() == [("thing", brake, why, 3)]
    assert (here.stopped, here.held) == ([f"thing: {why}"], {"thing"})
    assert ("thing", brake) not in here.released


@pytest.mark.parametrize(("verb", "brake", "what"), KINDS)
@pytest.mark.parametrize(("links", "accepted"), [((1, 2), False), ((1, 2, 3), True)], ids=["few", "meant"])
def test_what_is_not_too_much_or_was_meant_is_carried_out_and_what_was_said_holds_once(
    links: tuple[int, ...], accepted: bool, verb: str, brake: str, what: str, memory: Memory
) -> None:
    here = braked(memory, planned(verb, *links), accepted=brake if accepted else "")

    assert left(memory) == [(verb, each, True) for each in links]
    assert (memory.brakes(), here.stopped, here.held) == ([], [], set())
    assert ("thing", brake) in here.released


@pytest.mark.parametrize(("verb", "brake", "what"), KINDS)
@pytest.mark.parametrize(
    ("brief", "held"), [("", False), (LIMITED.digest, False), ("another", True)], ids=["the first", "the same", "others"]
)  # fmt: skip
def test_not_one_is_taken_away_because_the_rules_changed(
    brief: str, held: bool, verb: str, brake: str, what: str, memory: Memory
) -> None:
    braked(memory, planned(verb, 1), brief=brief)

    why = f"the mapping or its settings changed, and 1 would be {what}"
    assert memory.brakes() == ([("thing", brake, why, 1)] if held else [])
    assert (left(memory) == []) is held


@pytest.mark.parametrize("verb", ["deactivate", "update"])
@pytest.mark.parametrize(("count", "held"), [(6, False), (7, True)])
def test_one_in_ten_of_those_that_are_linked_is_believed(count: int, held: bool, verb: str, memory: Memory) -> None:
    with memory.store.transaction():
        for each in range(60):
            memory.make_link("thing", {"left": f"L{each}", "right": f"{each}"}, {}, {})

    braked(memory, planned(verb, *range(count)), rules=UNLIMITED)

    assert (left(memory) == []) is held


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("count", "held"), [(6, False), (7, True)])
def test_those_that_are_deleted_count_among_those_that_were_linked_whichever_side_they_are_gone_from(
    count: int, held: bool, side: str, memory: Memory
) -> None:
    with memory.store.transaction():
        for each in range(60):
            link = memory.link(memory.make_link("thing", {"left": f"L{each}", "right": f"{each}"}, {}, {}))
            assert link is not None
            link.gone[side] = each < count
            memory.remember(link)

    braked(memory, planned("delete", *range(count)), rules=UNLIMITED)

    assert (left(memory) == []) is held


def test_where_nothing_is_planned_changed_rules_hold_nothing_back(memory: Memory) -> None:
    here = braked(memory, brief="another")

    assert (memory.brakes(), here.held) == ([], set())


@pytest.mark.parametrize(
    ("stopped", "released"), [("", True), ("deletions", False)], ids=["all is there", "a list was not believed"]
)
def test_a_brake_on_deletions_goes_when_nothing_is_missing_any_more(
    stopped: str, released: bool, memory: Memory
) -> None:
    here = braked(memory, stopped=stopped)

    assert (("thing", "deletions") in here.released) is released


def test_that_deactivations_are_meant_is_kept_until_there_are_some(memory: Memory) -> None:
    here = braked(memory, planned("create", 1), accepted="deactivations")

    assert ("thing", "deactivations") not in here.released


# With what belongs to it --------------------------------------------------------------------------------------------------


def test_a_pair_of_which_something_is_held_back_is_not_in_sync_after_the_rest(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "actions", partial(memory.actions, limit=2))
    rest = [*planned("reactivate", 3, 9), *planned("reactivate", 1, closes=False)]

    braked(memory, [*planned("deactivate", 1, 2, 3, closes=False), *rest])

    assert left(memory) == [("reactivate", 3, False), ("reactivate", 9, True), ("reactivate", 1, False)]


def test_what_is_sent_together_with_what_is_held_back_is_held_back_too(memory: Memory) -> None:
    beside = [*planned("create", 7, together="D1"), *planned("create", 8, together="D2"), *planned("create", 9)]

    braked(memory, [*planned("delete", 1, 2), *planned("delete", 3, together="D1"), *beside])

    assert [(verb, link) for verb, link, _ in left(memory)] == [("create", 8), ("create", 9)]


def test_of_another_entity_nothing_is_held_back(memory: Memory) -> None:
    other = Action("other", "delete", "right", "it", key="1")

    braked(memory, [*planned("delete", 1, 2, 3), *([other] * 3)])

    assert (left(memory), len(left(memory, "other"))) == ([], 3)


# Values that are taken away -----------------------------------------------------------------------------------------------


def test_only_what_would_empty_too_many_values_of_one_row_is_held_back(memory: Memory) -> None:
    other = planned("update", 4, 5, empties=["Number"])

    here = braked(memory, [*planned("update", 1, 2, 3), *other, *planned("update", 6, empties=[])])

    why = "Note of 3 would be emptied at once; 2 are allowed"
    assert [link for _, link, _ in left(memory)] == [4, 5, 6]
    assert memory.brakes() == [("thing", "emptied", why, 5)]
    assert (here.held, ("thing", "emptied") in here.released) == ({"thing"}, False)


def test_that_values_are_emptied_is_carried_out_when_somebody_says_that_it_was_meant(memory: Memory) -> None:
    here = braked(memory, planned("update", 1, 2, 3), accepted="emptied", due_only=True)

    assert len(left(memory)) == 3
    assert ("thing", "emptied") in here.released


@pytest.mark.parametrize("plan", [[], planned("update", 1, empties=[])], ids=["no update", "nothing is emptied"])
@pytest.mark.parametrize(
    ("due_only", "accepted", "released"), [(True, "emptied", False), (True, "", True), (False, "emptied", True)]
)
def test_that_it_was_meant_is_kept_for_a_run_in_which_something_may_be_emptied(
    due_only: bool, accepted: str, released: bool, plan: list[Action], memory: Memory
) -> None:
    here = braked(memory, plan, due_only=due_only, accepted=accepted)

    assert (("thing", "emptied") in here.released) is released
