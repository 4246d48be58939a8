"""A short trial of a fleet; and whoever judges such a trial misses nothing."""

from __future__ import annotations

import fleet
import postgres
import pytest
import stores
from fleet_judge import Run, at_once, beyond, doubled, lost, most_in, runs
from fleet_systems import Call, Systems


@pytest.mark.thorough
@pytest.mark.requirement("X-03", "X-09")
def test_two_workers_that_are_killed_and_lose_their_database_lose_and_double_nothing() -> None:
    if postgres.programs() is None:
        pytest.skip(stores.NO_SERVER)
    words = "--connections 6 --workers 2 --runs 2 --every 1 --changes 3 --day 0.2 --kills 2 --minutes 1 --seed 7"
    report = fleet.played(fleet.parser().parse_args(words.split()))

    assert report.wrong == []
    assert [(each["imported"], each["complete"]) for each in report.imports] == [(6, True)]
    assert (report.kills, report.restarts, report.changes) == (2, 1, 18)
    assert report.runs > 6
    assert report.push["pushes"] > 0


def calls(*moments: float, run: str = "a", side: str = "pad", connection: int = 1, write: bool = False) -> list[Call]:
    return [Call(each, side, connection, run, write) for each in moments]


def test_runs_that_overlap_are_found_over_both_sides() -> None:
    one = calls(1, 2) + calls(3, side="shelf", write=True)
    other, later = calls(2.5, 2.6, run="b", side="shelf"), calls(4, run="c")

    assert runs(one) == [Run("a", 1, 1, 3, 3)]
    assert [(a.name, b.name) for a, b in at_once(runs([*one, *other, *later]))] == [("a", "b")]
    assert at_once(runs([*one, *later, *calls(2, run="b", connection=2)])) == []


def test_a_window_is_counted_wherever_it_begins_and_for_all_who_share_an_account() -> None:
    of_an_office = calls(0.9, 0.95, 1.0) + calls(1.5, 1.89, connection=9)

    assert most_in(of_an_office, 1.0) == {("pad", "office-0"): 5}
    assert most_in([*of_an_office, *calls(1.2, connection=10)], 1.0)["pad", "office-1"] == 1
    assert list(beyond(calls(*(each / 100 for each in range(12))))) == []
    assert list(beyond(calls(*(each / 100 for each in range(13))))) == [
        "office-0 made 13 calls of the pad in 1 s, where 12 are allowed"
    ]


def test_what_did_not_arrive_and_what_is_there_twice_is_told() -> None:
    systems = Systems()
    for side in ("pad", "shelf"):
        systems.type(side, 1, "P1", "new")
    systems.type("pad", 1, "P2", "new")
    systems.notes["shelf", 1].answer("POST", ["notes"], {}, {"number": "P1", "text": "new"})
    systems.notes["shelf", 1].answer("POST", ["notes"], {}, {"number": "P1", "text": "new"})

    assert list(lost(systems, {1: {"P1": "new"}})) == []
    assert list(lost(systems, {1: {"P2": "new"}})) == ["connection 1: note P2 says 'None' on the shelf, not 'new'"]
    assert list(doubled(systems, [1])) == [
        "connection 1: note P1 is there 3 times on the shelf",
        "connection 1: note P1 was made 2 times on the shelf",
    ]
