"""What is done about two records that belong together: who is in use, and whose id is left where."""

from __future__ import annotations

from typing import Any

import pytest
from pair_world import NOTE, SIDES, Around, Pair, box, circumstances, link, notices, only, shelf, thing, writes

from syncrules.journey import pair
from syncrules.journey.decision import Circumstances

TRAVELS = "{created: create, changed: update, already_inactive: create, deactivated: deactivate, reactivated: reactivate, deleted: ignore}"
IGNORES = TRAVELS.replace("reactivated: reactivate", "reactivated: ignore")
WERE = {"left": False, "right": True}
"""Whether each of the two was in use before: then both change in the tests that say nothing else."""


def two(*, active: Any, before: Any = WERE, **events: str) -> Pair:
    """Two records whose rows agree, that are in use, or not, as these say."""
    rules = thing(NOTE, **{"left_events": TRAVELS, "right_events": TRAVELS} | events)
    left, right = box(Off=not active["left"]), shelf(State="awake" if active["right"] else "asleep")
    return Pair(rules, left, right, link({"Note": None}, {"Note": None}, active=before))


def test_the_activity_of_one_side_is_carried_though_the_other_was_not_looked_at() -> None:
    given = two(active={"left": True, "right": False}, before={"left": True, "right": True})

    assert [(each.verb, each.side) for each in writes(given.decide(seen=["right"]))] == [("deactivate", "left")]


def test_the_activity_of_one_side_is_carried_though_that_of_the_other_does_not_travel() -> None:
    given = two(active={"left": True, "right": False}, left_events=IGNORES)

    assert [(each.verb, each.side) for each in writes(given.decide())] == [("deactivate", "left")]


def test_the_activity_of_one_side_is_carried_though_that_of_the_other_is_not_due() -> None:
    given = two(active={"left": True, "right": False})

    decision = given.decide(only("right"))

    assert [(each.verb, each.side) for each in writes(decision)] == [("deactivate", "left")]
    assert decision.actions[0].unfinished


def of_a_book(given: Pair) -> Circumstances:
    """Circumstances in which an id of ours says whose it is."""
    now = circumstances(given.around)
    now.external_id = lambda side, id_: f"books:{side}:{id_}"
    return now


@pytest.mark.parametrize(
    ("there", "changes", "told"),
    [
        pytest.param("books:left:2", [{"Ref": "books:left:1"}], 0, id="an old one of ours"),
        pytest.param("others:left:1", [], 1, id="somebody else's"),
        pytest.param("books:left:1", [], 0, id="the same"),
    ],
)
def test_an_id_is_ours_by_what_stands_before_it(there: str, changes: list[Any], told: int) -> None:
    rules = thing(NOTE, more="link: {id_of: right, kept_in: left}")
    given = Pair(rules, box(Ref=there), shelf())

    decision = pair.decide(rules, None, {side: given.view(side) for side in SIDES}, of_a_book(given))

    assert [each.changes for each in writes(decision)] == changes
    assert len(notices(decision)) == told


def test_of_somebody_elses_id_it_is_told_once() -> None:
    rules = thing(NOTE, more="link: {id_of: right, kept_in: left}")
    given = Pair(rules, box(Ref="others:left:1"), shelf(), link({"Note": None}, {"Note": None}), Around())

    decision = pair.decide(rules, given.link, {side: given.view(side) for side in SIDES}, of_a_book(given))

    assert (writes(decision), notices(decision)) == ([], [])
