"""One schedule for all connections: whose turn it is to be looked at, and of whom something is due.

Each connection is looked at once in a while, at a moment of its own within it: ten thousand of them do not begin together, nor do
they after a night in which nobody was there. Never more stand in line than can be begun soon, by one worker or by all that there
are; who was left out is first the next time. What a system said and nobody looked at since is wished once more: whoever took it in
may have been killed before a run was wished. One of which a system is left alone is looked at when that is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from syncrules import connection
from syncrules.errors import StateError
from syncrules.journey import schedule
from syncrules.journey.rules import takes_part
from syncrules.language.model import Entity, Spec
from syncrules.memory import circuits, hints
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.quiet import left_in_peace
from syncrules.serving.jobs import Job, Jobs, Priority

FORGOTTEN = 10.0
"""Seconds after which a run is wished anew of what a system said, if nobody has looked at it by then."""


def turn(name: str) -> float:
    """Say where a connection stands among all others, from 0 to 1: always the same, and anywhere."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48


def is_up(name: str, every: float, since: float, until: float) -> bool:
    """Tell whether a connection is to be looked at, once in so many seconds, after one moment and not after another."""
    offset = turn(name) * every
    return (until - offset) // every > (since - offset) // every


def wished(store: Store, row: ConnectionRow, mapping: Spec, now: float) -> Job | None:
    """Say what of a connection is due, as `run --due` does; None if nothing is, if it rests, or in quiet hours."""
    if row.paused or left_in_peace(mapping.manifests.values(), now):
        return None
    said = Memory(store, row.name, mapping.sides).hints()
    if any(each.what != "deleted" and each.at <= now - FORGOTTEN for each in said):
        # Whoever took it in was killed before it was wished, or no run could look at it. What is called deleted waits for its list,
        # and what was said just now is with whoever took it in.
        return Job(row.name, Priority.PUSH)
    zone, due = connection.zone_of(row), False
    for entities, carried in _parts(store, row, mapping):
        due = due or any(schedule.all_due(entities, carried, now, zone, turn(row.name)).values())
    new = due and is_new(store, row, mapping)
    return Job(row.name, Priority.BACKFILL if new else Priority.PERIODIC) if due else None


def is_new(store: Store, row: ConnectionRow, mapping: Spec) -> bool:
    """Tell whether a first import of a connection is still to come to its end."""
    return any(
        (each.name, "", "import") not in carried
        for entities, carried in _parts(store, row, mapping)
        for each in entities
    )


def lane(store: Store, row: ConnectionRow, mapping: Spec, job: Job) -> str:
    """Say in which lane a run spends its calls: whatever wished it, one that is a first import spends those of one."""
    return (Priority.BACKFILL if is_new(store, row, mapping) else job.priority).name.lower()


def _parts(store: Store, row: ConnectionRow, mapping: Spec) -> Iterator[tuple[list[Entity], schedule.Carried]]:
    """Give what takes part, and when it was last carried: of what happens once, and of each pair of books."""
    for _, spec, memory in connection.remembered(store, row, mapping):
        yield [each for each in spec.entities.values() if takes_part(each, row.settings)], memory.last_carried()


class Ticking:
    """Finds the connections of which something is due, and wishes that they are run.

    Args:
        look: gives what is due of the connections that are up, after one moment and not after another.
        most: how many jobs may stand in line to begin with: twice as many each time when all of them were fetched since the last
            look, by however many workers, and half as many when most of them were not. Pushes wait for no room.
        now: the moment from which on it is looked.
    """

    def __init__(self, jobs: Jobs, look: Callable[[float, float], Iterable[Job]], most: int, now: float) -> None:
        self.jobs, self.look, self.most, self.since = jobs, look, most, now
        self.may_stand = most
        self.filled = False
        """Whether as many were put in line the last time as may stand there."""
        self.behind: dict[str, Job] = {}
        """Those of which something is due, and for which there was no room; the longest first. Pushes go before them."""

    def tick(self, now: float) -> int:
        """Look once, and give how many jobs were kept.

        Raises:
            StateError: the state store is out of reach; whoever was up then is looked at later.
        """
        if not self.jobs.ticks():
            self.since = now
            return 0
        for job in self.look(self.since, now):
            before = self.behind.get(job.connection, job)
            self.behind[job.connection] = min(before, job, key=lambda each: each.priority)
        self.since = now
        if not self.behind:
            self.filled = False
            return 0
        # What was fetched, or is to be begun later, is in nobody's way.
        in_line = self.jobs.health().in_line
        urgent = [name for name, job in self.behind.items() if job.priority == Priority.PUSH][: self.may_stand]
        kept = self._kept(urgent)
        if not in_line:
            self.may_stand *= 2 if self.filled else 1
        elif in_line > self.may_stand / 2:
            self.may_stand = max(self.most, self.may_stand // 2)
        room = self.may_stand - in_line - kept
        self.filled = room <= len(self.behind)
        first = list(self.behind)[: max(room, 0)]
        return kept + self._kept(first)

    def _kept(self, names: Iterable[str]) -> int:
        """Keep the jobs of connections that stand behind, and give how many are new; one that could not be kept is tried again."""
        kept = 0
        for name in names:
            kept += self.jobs.submit(self.behind[name])
            del self.behind[name]
        return kept


def _waits(held: Iterable[circuits.Circuit], lane: str, now: float) -> bool:
    return any(each.state(now) == "open" and each.holds(lane) for each in held)


def looking(
    store: Callable[[], Store],
    load: Callable[[str], Spec],
    every: float,
    looked_at: Callable[[str, Exception | None], object] = lambda *_: None,
) -> Callable[[float, float], Iterator[Job]]:
    """Make what looks at a state store, which is opened anew each time: it may have been away.

    Args:
        load: gives the mapping of a name.
        looked_at: is told of each connection what is wrong with it, if anything is; the others are looked at all the same.
    """

    told_until = 0.0  # whoever begins to look finds all that was ever said

    def look(since: float, until: float) -> Iterator[Job]:
        nonlocal told_until
        with store() as opened:
            forgotten = hints.told_between(opened, told_until, until - FORGOTTEN)
            left_alone = circuits.left_alone(opened, since)
            for row in opened.connections():
                held = left_alone.get(row.name, [])
                down = [each.until for each in held if not each.lane]
                # Each once, at the moment that is its own or is told to it.
                up = is_up(row.name, every, since, until) or row.name in forgotten if not down else max(down) <= until
                up = up or (not down and any(each.until <= until for each in held))
                if not up or row.paused:
                    continue
                try:
                    mapping = load(row.mapping)
                    job = wished(opened, row, mapping, until)
                    if job is not None and _waits(held, lane(opened, row, mapping, job), until):
                        job = None
                except StateError:
                    raise
                except Exception as error:  # whatever is wrong with one is no reason to leave the others undone
                    looked_at(row.name, error)
                    continue
                looked_at(row.name, None)
                if job is not None:
                    yield job
            told_until = until - FORGOTTEN

    return look
