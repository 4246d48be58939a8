"""What people do to many records at once, and what other programs do: what brakes and marks are there for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncrules.language.model import Entity

if TYPE_CHECKING:
    from syncrules.simulator.people import Deed, Doing, People

MANY = 7
"""More than are believed, or taken out of use, at once without asking."""
EACH = 100_000
"""What the mark of each of many is more than that of the one before."""


def create_many(people: People, entity: Entity, doing: Doing) -> Deed | None:
    """Make more records than a brake lets pass."""
    deeds = [people.create(entity, replace(doing, mark=doing.mark + EACH * number)) for number in range(MANY)]
    return _last(people, deeds)


def deactivate_all(people: People, entity: Entity, doing: Doing) -> Deed | None:
    """Take all records out of use."""
    deeds = [
        people.deactivate(entity, replace(doing, pick=number)) for number in range(people.count(entity, doing.side))
    ]
    return _last(people, deeds)


def pay_all(people: People, entity: Entity, doing: Doing) -> Deed | None:
    """Pay everything that is open, in full."""
    deeds: list[Deed | None] = []
    while (deed := people.pay(entity, replace(doing, pick=0, row=0))) is not None:
        deeds.append(deed)
    return _last(people, deeds)


def leave_another_id(people: People, entity: Entity, doing: Doing) -> Deed | None:
    """Let another program leave its id where ours would stand."""
    return people.mark(entity, doing, f"elsewhere:{doing.mark}")


def _last(people: People, deeds: list[Deed | None]) -> Deed | None:
    """Note all but the last, which is noted by whoever asked for it."""
    done = [each for each in deeds if each is not None]
    people.diary.extend(done[:-1])
    return done[-1] if done else None
