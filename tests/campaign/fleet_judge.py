"""What is wrong after a trial of a fleet, as the two systems saw it: nothing of the engine is asked, nor believed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fleet_systems import SIDES, Call, Systems, office

LIMITS = ((12, 1.0), (600, 60.0), (50_000, 86_400.0))
"""So many calls of an account in so many seconds: what the manifests of The Pad and The Shelf declare."""


@dataclass(frozen=True, slots=True)
class Run:
    """The calls of one run, from the first to the last, over both sides."""

    name: str
    connection: int
    began: float
    ended: float
    last_write: float
    """When it last wrote something; 0 if it never did."""


def runs(calls: Iterable[Call]) -> list[Run]:
    """Put the calls of each run together."""
    found: dict[tuple[int, str], list[Call]] = defaultdict(list)
    for each in calls:
        found[each.connection, each.run].append(each)
    return [
        Run(
            name,
            connection,
            min(each.at for each in mine),
            max(each.at for each in mine),
            max((each.at for each in mine if each.write), default=0.0),
        )
        for (connection, name), mine in found.items()
    ]


def at_once(found: Iterable[Run]) -> list[tuple[Run, Run]]:
    """List the runs of a connection of which one began before the other had made its last call."""
    of: dict[int, list[Run]] = defaultdict(list)
    for each in found:
        of[each.connection].append(each)
    both = []
    for mine in of.values():
        mine.sort(key=lambda each: each.began)
        last = mine[0]
        for each in mine[1:]:
            if each.began <= last.ended:
                both.append((last, each))
            last = max(last, each, key=lambda one: one.ended)
    return both


def most_in(calls: Iterable[Call], seconds: float) -> dict[tuple[str, str], int]:
    """Count the most calls that an account had on one side within any so many seconds."""
    of: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in calls:
        of[each.side, office(each.connection)].append(each.at)
    most = {}
    for whose, moments in of.items():
        moments.sort()
        first, most[whose] = 0, 0
        for place, moment in enumerate(moments):
            while moments[first] <= moment - seconds:
                first += 1
            most[whose] = max(most[whose], place - first + 1)
    return most


def lost(systems: Systems, typed: dict[int, dict[str, str]]) -> Iterator[str]:
    """Tell which notes are not on both sides as they were last written."""
    for connection, notes in typed.items():
        for side in SIDES:
            there = systems.texts(side, connection)
            for number, text in notes.items():
                if there.get(number) != text:
                    yield f"connection {connection}: note {number} says '{there.get(number)}' on the {side}, not '{text}'"


def doubled(systems: Systems, typed: Iterable[int]) -> Iterator[str]:
    """Tell which notes are there twice, or were made twice."""
    for connection in typed:
        for side in SIDES:
            there, made = systems.numbers(side, connection), systems.notes[side, connection].made
            for what, numbers in (("is there", there), ("was made", made)):
                for number in sorted({each for each in numbers if numbers.count(each) > 1}):
                    yield f"connection {connection}: note {number} {what} {numbers.count(number)} times on the {side}"


def beyond(calls: Sequence[Call]) -> Iterator[str]:
    """Tell which limits were not kept."""
    for allowed, seconds in LIMITS:
        for (side, whose), count in sorted(most_in(calls, seconds).items()):
            if count > allowed:
                yield f"{whose} made {count} calls of the {side} in {seconds:.0f} s, where {allowed} are allowed"
