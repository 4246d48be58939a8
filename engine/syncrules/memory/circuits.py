"""Systems that could not be used, each for one connection: since when, how many times in a row, and until when it is left alone."""

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

    def state(self, now: float) -> State:
        return "open" if now < self.until else "trying"


@Built
def _circuits(connection: Any) -> sa.Executable:
    return sa.select(t.circuits).where(c.connection == connection).order_by(c.side)


class Circuits(Part):
    """Which systems of a connection could not be used."""

    def circuits(self) -> list[Circuit]:
        """List those that could not be used when that was last tried."""
        rows = _circuits(self.store, connection=self.connection)
        return [Circuit(row.side, row.system, row.failed, row.since, row.until, row.why) for row in rows]

    def open_circuit(self, circuit: Circuit) -> None:
        """Note that a system could not be used once more."""
        what = {"side": circuit.side, "system": circuit.system, "failed": circuit.failed, "since": circuit.since}
        row = {"connection": self.connection, **what, "until": circuit.until, "why": circuit.why}
        self.store.upsert(t.circuits, [row])

    def close_circuits(self) -> None:
        """Note that all systems could be used, or that they are to be tried at once."""
        self.db.execute(sa.delete(t.circuits).where(c.connection == self.connection))


def left_alone(store: Store, now: float) -> dict[str, float]:
    """Name the connections of which a system is left alone: connection → until when."""
    rows = store.db.execute(sa.select(c.connection, sa.func.max(c.until)).where(c.until > now).group_by(c.connection))
    return {connection: float(until) for connection, until in rows}


def counted(store: Store, now: float) -> Mapping[str, Mapping[State, int]]:
    """Count the circuits that are not closed, by system and state."""
    opened = sa.func.sum(sa.case((c.until > now, 1), else_=0))
    rows = store.db.execute(sa.select(c.system, sa.func.count(), opened).group_by(c.system).order_by(c.system))
    return {system: {"open": int(open_), "trying": count - int(open_)} for system, count, open_ in rows}
