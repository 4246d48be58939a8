"""What was meant and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built, one_of
from syncrules.memory.kept import Entry, plain
from syncrules.memory.part import Part
from syncrules.records import decode, encode

UNSETTLED = ("open", "unknown", "half", "there", "refused")
"""States of a write of which we do not know, or not yet, how it went; or that is made again (refused: an id that is left)."""
NOT_DONE = "not done"
"""State of a write of which we did not know how it went, and of which nothing was found afterwards."""


@Built
def _begin() -> sa.Executable:
    return sa.insert(t.runs)


@Built
def _cut_off(connection: Any, now: Any) -> sa.Executable:
    c = t.runs.c
    never_ended = (c.connection == connection, c.ended_at.is_(None))
    return sa.update(t.runs).where(*never_ended).values(ended_at=now, outcome="cut off")


@Built
def _end(run: Any) -> sa.Executable:
    return sa.update(t.runs).where(t.runs.c.id == run)


@Built
def _last_run(connection: Any) -> sa.Executable:
    c = t.runs.c
    return sa.select(t.runs).where(c.connection == connection).order_by(c.id.desc()).limit(1)


@Built
def _intend() -> sa.Executable:
    return sa.insert(t.journal)


@Built
def _settle(entry: Any) -> sa.Executable:
    return sa.update(t.journal).where(t.journal.c.id == entry)


@Built
def _unsettled(connection: Any) -> sa.Executable:
    c = t.journal.c
    return sa.select(t.journal).where(c.connection == connection, c.state.in_(one_of(UNSETTLED))).order_by(c.id)


@Built
def _lost_creates(connection: Any) -> sa.Executable:
    c = t.journal.c
    lost = (c.connection == connection, c.state.in_(one_of((*UNSETTLED, NOT_DONE))), c.verb == "create")
    return sa.select(c.entity, c.side, c.source_id, c.intent).where(*lost).order_by(c.id)


@Built
def _notices(connection: Any, run: Any) -> sa.Executable:
    c = t.notices.c
    return sa.select(t.notices).where(c.connection == connection, c.run == run).order_by(c.id)


class Journal(Part):
    """The runs and writes of a connection, and what they reported."""

    # Journal and runs ----------------------------------------------------------------------------------------------

    def begin_run(self, now: float) -> int:
        """Open a run; runs that never ended are closed as cut off."""
        _cut_off(self.store, connection=self.connection, now=now)
        return _begin.made(self.store, {"connection": self.connection, "started_at": now, "outcome": "running"})

    def end_run(self, run: int, now: float, outcome: str, counts: Mapping[str, Any]) -> None:
        _end(self.store, {"ended_at": now, "outcome": outcome, "counts": encode(dict(counts))}, run=run)

    def last_run(self) -> dict[str, Any] | None:
        row = _last_run(self.store, connection=self.connection).first()
        if row is None:
            return None
        return {
            "run": row.id,
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "outcome": row.outcome,
            "counts": plain(row.counts) or {},
        }

    def intend(
        self,
        run: int,
        entity: str,
        side: str,
        verb: str,
        key: str | None,
        source_id: str | None,
        link: int | None,
        name: str,
        intent: Any,
        now: float,
    ) -> int:
        """Note a write before it is made and give the number of the entry."""
        values = {
            "connection": self.connection, "run": run, "entity": entity, "side": side, "verb": verb, "key": key,
            "source_id": source_id, "link": link, "name": name, "intent": encode(intent), "state": "open",
            "started_at": now, "outcome": "",
        }  # fmt: skip
        return _intend.made(self.store, values)

    def settle(self, entry: int, state: str, now: float, outcome: str = "") -> None:
        """Note how a write went: done, failed, unknown, half, there or refused; or that something was found out about it."""
        _settle(self.store, {"state": state, "outcome": outcome, "ended_at": now}, entry=entry)

    def unsettled(self) -> list[Entry]:
        """List the writes of which we do not know how they went, oldest first."""
        return [
            Entry(
                row.id,
                row.entity,
                row.side,
                row.verb,
                row.key,
                row.source_id,
                row.link,
                row.name,
                decode(row.intent),
                row.started_at,
                row.state,
                row.outcome,
                row.ended_at,
            )
            for row in _unsettled(self.store, connection=self.connection)
        ]

    def lost_creates(self) -> list[tuple[str, str, str, Any]]:
        """List the creates of which nobody knows how they went, or of which nothing was found afterwards.

        Each with its entity, the side where it was to be made, the id of its source, and what was meant.
        """
        rows = _lost_creates(self.store, connection=self.connection)
        return [(row.entity, row.side, row.source_id or "", decode(row.intent)) for row in rows]

    def writes(self, run: int | None = None) -> list[dict[str, Any]]:
        """List what was written, newest last."""
        c = t.journal.c
        query = sa.select(t.journal).where(c.connection == self.connection)
        if run is not None:
            query = query.where(c.run == run)
        return [
            {
                "run": row.run,
                "entity": row.entity,
                "side": row.side,
                "verb": row.verb,
                "name": row.name,
                "state": row.state,
                "intent": decode(row.intent),
                "outcome": row.outcome,
            }
            for row in self.db.execute(query.order_by(c.id))
        ]

    def written(self, run: int) -> dict[tuple[str, str, str, str], int]:
        """Count the writes of a run by entity, side, verb and state."""
        c = t.journal.c
        query = (
            sa.select(c.entity, c.side, c.verb, c.state, sa.func.count())
            .where(c.connection == self.connection, c.run == run)
            .group_by(c.entity, c.side, c.verb, c.state)
        )
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in self.db.execute(query)}

    def notice(self, run: int, entity: str, name: str, text: str) -> None:
        self.db.execute(
            sa.insert(t.notices).values(connection=self.connection, run=run, entity=entity, name=name, text=text)
        )

    def notices(self, run: int) -> list[tuple[str, str, str]]:
        rows = _notices(self.store, connection=self.connection, run=run)
        return [(row.entity, row.name, row.text) for row in rows]

    def untold(self, run: int) -> list[tuple[str, str, str]]:
        """List the notices of a run, and those of the runs before it that were cut off or failed: nobody has seen them."""
        n, r = t.notices.c, t.runs.c
        told = sa.select(sa.func.coalesce(sa.func.max(r.id), 0)).where(
            r.connection == self.connection, r.id < run, r.outcome.in_(("done", "stopped by a brake"))
        )
        query = (
            sa.select(t.notices)
            .where(n.connection == self.connection, n.run > told.scalar_subquery(), n.run <= run)
            .order_by(n.id)
        )
        return [(row.entity, row.name, row.text) for row in self.db.execute(query)]
