"""Systems that could not be used, each for one connection: since when, how many times in a row, and until when it is left alone.

One that has no calls left for a lane can be used by others: whoever is more urgent is not held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built
from syncrules.memory.part import Part
from syncrules.memory.store import Store

State = Literal["closed", "open", "trying"]
"""closed: the system can be used; open: it is left alone for a while; trying: the next run finds out, or is about to."""
URGENT = ("all", "push", "periodic", "backfill")
"""The lanes, the most urgent first; before them whoever may spend all that is left."""
c = t.circuits.c


@dataclass(frozen=True, slots=True)
class Circuit:
    """A system that could not be used."""

    side: str
    system: str
    failed: int
    """How many runs in a row could not use it."""
    since: float
    until: float
    """Until then no run begins by itself."""
    why: str
    lane: str = ""
    """Whose calls are waited for, as `URGENT` has it; empty: it could not be used at all."""

    def holds(self, lane: str) -> bool:
        """Tell whether a run that spends in this lane is held up; `all` spends in none."""
        return not self.lane or URGENT.index(lane) >= URGENT.index(self.lane)

    def state(self, now: float) -> State:
        return "open" if now < self.until else "trying"


@Built
def _circuits(connection: Any) -> sa.Executable:
    return sa.select(t.circuits).where(c.connection == connection).order_by(c.side, c.lane)


class Circuits(Part):
    """Which systems of a connection could not be used."""

    def circuits(self) -> list[Circuit]:
        """List those that could not be used when that was last tried."""
        rows = _circuits(self.store, connection=self.connection)
        return [Circuit(row.side, row.system, row.failed, row.since, row.until, row.why, row.lane) for row in rows]

    def open_circuit(self, circuit: Circuit) -> None:
        """Note that a system could not be used once more."""
        what = {"side": circuit.side, "system": circuit.system, "failed": circuit.failed, "since": circuit.since}
        row = {"connection": self.connection, **what, "until": circuit.until, "why": circuit.why, "lane": circuit.lane}
        self.store.upsert(t.circuits, [row])

    def close_circuits(self) -> None:
        """Note that all systems could be used, or that they are to be tried at once."""
        self.db.execute(sa.delete(t.circuits).where(c.connection == self.connection))


def left_alone(store: Store, now: float) -> dict[str, list[Circuit]]:
    """Give the systems that are left alone, or that have no calls for a lane, by connection."""
    found: dict[str, list[Circuit]] = {}
    for row in store.db.execute(sa.select(t.circuits).where(c.until > now)):
        one = Circuit(row.side, row.system, row.failed, row.since, row.until, row.why, row.lane)
        found.setdefault(row.connection, []).append(one)
    return found


def counted(store: Store, now: float) -> Mapping[str, Mapping[State, int]]:
    """Count the systems that are down, by state; one that has no calls left is not."""
    opened = sa.func.sum(sa.case((c.until > now, 1), else_=0))
    down = sa.select(c.system, sa.func.count(), opened).where(c.lane == "")
    rows = store.db.execute(down.group_by(c.system).order_by(c.system))
    return {system: {"open": int(open_), "trying": count - int(open_)} for system, count, open_ in rows}
