"""What is due: rhythms against the clock. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import get_args

from syncrules.language.model import Entity, Happening, Rhythm

Carried = Mapping[tuple[str, str, str], float]
"""Entity, side, happening → when it was last carried, in seconds since 1970."""

READ = "read"
"""Stands where a happening does, for when a side was last read."""
EARLIER = 24
"""Of the time that "every" says, at most so manieth a part is taken off for the turn of a connection among others."""
LATER = timedelta(minutes=30)
"""So much later than the time of day at most it is the turn of a connection, for its turn among others."""


def rhythm(entity: Entity, side: str, happening: str) -> Rhythm:
    """Find the rhythm of a kind of change: its own, or that of its side."""
    of_side = entity.rhythms.get(side, {})
    return of_side.get(happening) or of_side.get("") or Rhythm("at_once")


def speaks(entity: Entity, side: str) -> bool:
    """Tell whether anything travels from a side: its records, a row that goes another way than they, or that one is out of use."""
    (target,) = (each for each in entity.sources if each != side)
    ways = [entity.to, *(row.to for row in entity.rows)]
    switches = (each.then in ("deactivate", "reactivate") for each in entity.events.get(side, {}).values())
    return "both" in ways or target in ways or any(switches)


def all_due(
    entities: Iterable[Entity],
    carried: Carried,
    now: float,
    zone: tzinfo,
    turn: float = 0.0,
    asking: Collection[str] = (),
) -> dict[str, set[tuple[str, Happening]]]:
    """List what is due for each entity that takes part."""
    return {each.name: due(each, carried, now, zone, turn, asking) for each in entities}


def due(
    entity: Entity, carried: Carried, now: float, zone: tzinfo, turn: float = 0.0, asking: Collection[str] = ()
) -> set[tuple[str, Happening]]:
    """List what is due for an entity: side and happening.

    A side from which nothing travels is never due, or a one-way entity would be read in every run. Where nothing travels
    at all, the records are there for others that refer to them, and those cannot wait.

    Args:
        turn: where this connection stands among others, from 0 to 1, so that not all of them begin at the same moment: a little
            before "every" is over, and a little after a time of day.
        asking: sides that want to be brought up to date; what the mapping carries on their request is due.
    """
    result: set[tuple[str, Happening]] = set()
    for side in [each for each in entity.sources if speaks(entity, each)] or entity.sources:
        for happening in get_args(Happening):
            last = carried.get((entity.name, side, happening))
            when = rhythm(entity, side, happening)
            if last is None or when.on_request in asking or _is_due(when, last, now, zone, turn):
                result.add((side, happening))
    return result


def unseen(carried: Carried, entity: str, side: str, now: float, zone: tzinfo) -> bool:
    """Tell whether a side has not been read for a day: also where nothing travels from it, somebody may have deleted there."""
    last = carried.get((entity, side, READ))
    return last is None or _is_due(Rhythm("every", timedelta(days=1)), last, now, zone)


def _is_due(rhythm: Rhythm, last: float, now: float, zone: tzinfo, turn: float = 0.0) -> bool:
    match rhythm.kind:
        case "at_once":
            return True
        case "by_hand":
            return False
        case "every":
            # A scheduler that starts every 24 hours never starts to the second: a minute early is on time.
            whole = rhythm.every.total_seconds()
            early = max(min(60.0, whole / 20), turn * whole / EARLIER)
            return _passed(rhythm.every, last, now, zone) >= whole - early
        case "daily":
            return last < _last_time_of_day(rhythm.daily, now - turn * LATER.total_seconds(), zone)


def _passed(every: timedelta, last: float, now: float, zone: tzinfo) -> float:
    """Tell how many seconds have passed; a day is a day, also the one that has 23 hours because the clock is put forward."""
    if every < timedelta(days=1):
        return now - last
    before, after = (datetime.fromtimestamp(each, zone).replace(tzinfo=None) for each in (last, now))
    return max(now - last, (after - before).total_seconds())


def _last_time_of_day(text: str, now: float, zone: tzinfo) -> float:
    """Give the moment at which it was last this time of day, in the zone of the connection.

    Of a time that comes twice, because the clock is put back, the first counts.
    """
    hour, minute = (int(each) for each in text.split(":"))
    today = datetime.fromtimestamp(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    if today.timestamp() > now:
        today -= timedelta(days=1)
    return today.timestamp()
