"""The plans that were saved in a file: which this state store knows, what was tried since, and what calls are spent."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.part import Part


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that was saved."""

    run: int
    """The run that made it."""
    made_at: float
    applied_at: float | None


class Plans(Part):
    """The saved plans of a connection."""

    def keep_plan(self, seal: str, run: int, now: float) -> None:
        """Note that a plan was saved."""
        row = {"connection": self.connection, "seal": seal, "run": run, "made_at": now, "applied_at": None}
        self.store.upsert(t.plans, [row], keep=("run", "made_at", "applied_at"))

    def plan_kept(self, seal: str) -> Kept | None:
        """Find a plan by its seal; None if this state store did not make it as it is."""
        c = t.plans.c
        query = sa.select(t.plans).where(c.connection == self.connection, c.seal == seal)
        row = self.db.execute(query).first()
        return Kept(row.run, row.made_at, row.applied_at) if row is not None else None

    def plan_applied(self, seal: str, now: float) -> None:
        """Note that a plan was applied to its end."""
        c = t.plans.c
        mine = (c.connection == self.connection, c.seal == seal)
        self.db.execute(sa.update(t.plans).where(*mine).values(applied_at=now))

    def calls_made(self, scope: str, window: str) -> int:
        """Tell how many calls were counted in a window of a limit."""
        c = t.calls.c
        query = sa.select(c["count"]).where(c.scope == scope, c.window == window)
        return int(self.db.execute(query).scalar() or 0)

    def tried_since(self, run: int) -> dict[tuple[str, str, str, str | None, str | None], str]:
        """Tell what was meant to be written in the runs after one, and how it went: entity, verb, side, id of what is written to, id of its source → state."""
        c = t.journal.c
        query = sa.select(c.entity, c.verb, c.side, c.key, c.source_id, c.state)
        rows = self.db.execute(query.where(c.connection == self.connection, c.run > run).order_by(c.id))
        return {(row[0], row[1], row[2], row[3], row[4]): row[5] for row in rows}
