"""What was meant and how it went; what is planned, due, decided, held back and left to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.kept import PAGE, Entry, Mark, plain
from syncrules.memory.part import Built, Cursor, Part, Statements
from syncrules.records import decode, encode


@Built
def _actions(connection: Any, entity: Any, together: Any, after: Any, limit: Any) -> sa.Executable:
    c = t.actions.c
    later = sa.or_(c.together > together, sa.and_(c.together == together, c.id > after))
    mine = (c.connection == connection, c.entity == entity, later)
    return sa.select(c.id, c.together, c.action).where(*mine).order_by(c.together, c.id).limit(limit)


Place = tuple[str, int]
"""Where an action stands in the plan."""


class Journal(Part):
    """The runs, writes, plans and decisions of a connection."""

    # Journal and runs ----------------------------------------------------------------------------------------------

    def begin_run(self, now: float) -> int:
        """Open a run; runs that never ended are closed as cut off."""
        c = t.runs.c
        self.db.execute(
            sa.update(t.runs)
            .where(c.connection == self.connection, c.ended_at.is_(None))
            .values(ended_at=now, outcome="cut off")
        )
        result = self.db.execute(
            sa.insert(t.runs).values(connection=self.connection, started_at=now, outcome="running")
        )
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def end_run(self, run: int, now: float, outcome: str, counts: Mapping[str, Any]) -> None:
        self.db.execute(
            sa.update(t.runs)
            .where(t.runs.c.id == run)
            .values(ended_at=now, outcome=outcome, counts=encode(dict(counts)))
        )

    def last_run(self) -> dict[str, Any] | None:
        row = (
            self.db.execute(
                sa.select(t.runs).where(t.runs.c.connection == self.connection).order_by(t.runs.c.id.desc()).limit(1)
            )
            .mappings()
            .first()
        )
        if row is None:
            return None
        return {
            "run": row["id"],
            "started_at": row["started_at"],
            "ended_at": row["ended_at"],
            "outcome": row["outcome"],
            "counts": plain(row["counts"]) or {},
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
        result = self.db.execute(
            sa.insert(t.journal).values(
                connection=self.connection, run=run, entity=entity, side=side, verb=verb, key=key, source_id=source_id,
                link=link, name=name, intent=encode(intent), state="open", started_at=now,
            )
        )  # fmt: skip
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def settle(self, entry: int, state: str, now: float, outcome: str = "") -> None:
        """Note how a write went: done, failed, unknown, half or there; or that something was found out about it."""
        self.db.execute(
            sa.update(t.journal).where(t.journal.c.id == entry).values(state=state, outcome=outcome, ended_at=now)
        )

    def unsettled(self) -> list[Entry]:
        """List the writes of which we do not know how they went, oldest first."""
        c = t.journal.c
        query = (
            sa.select(t.journal)
            .where(c.connection == self.connection, c.state.in_(("open", "unknown", "half", "there")))
            .order_by(c.id)
        )
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
            for row in self.db.execute(query)
        ]

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
        c = t.notices.c
        return [
            (row.entity, row.name, row.text)
            for row in self.db.execute(
                sa.select(t.notices).where(c.connection == self.connection, c.run == run).order_by(c.id)
            )
        ]

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

    # Plans ---------------------------------------------------------------------------------------------------------

    def clear_plan(self) -> None:
        self.db.execute(sa.delete(t.actions).where(t.actions.c.connection == self.connection))

    def add_actions(self, rows: Sequence[tuple[str, str, Any]], together: str = "") -> None:
        """Add to the plan: entity, verb, and the action itself; what has the same `together` stays together."""
        if rows:
            self.db.execute(
                sa.insert(t.actions),
                [
                    {
                        "connection": self.connection,
                        "entity": entity,
                        "verb": verb,
                        "action": encode(action),
                        "together": together,
                    }
                    for entity, verb, action in rows
                ],
            )

    def actions(self, entity: str, after: Place | None = None, limit: int = PAGE) -> list[tuple[Place, Any]]:
        """Give the next page of the plan for an entity: where each action stands, and the action."""
        together, id_ = after or ("", 0)
        rows = _actions(self.db, connection=self.connection, entity=entity, together=together, after=id_, limit=limit)
        return [((row.together, row.id), decode(row.action)) for row in rows]

    def drop_together(self, entity: str, together: str) -> list[Any]:
        """Take what stays together out of the plan, and give it."""
        c = t.actions.c
        mine = (c.connection == self.connection, c.entity == entity, c.together == together)
        found = [decode(each) for each in self.db.execute(sa.select(c.action).where(*mine).order_by(c.id)).scalars()]
        if found:
            self.db.execute(sa.delete(t.actions).where(*mine))
        return found

    def drop_action(self, place: Place) -> None:
        """Take one action out of the plan."""
        self.db.execute(sa.delete(t.actions).where(t.actions.c.id == place[1]))

    def change_action(self, place: Place, action: Any) -> None:
        """Write one action of the plan anew."""
        self.db.execute(sa.update(t.actions).where(t.actions.c.id == place[1]).values(action=encode(action)))

    def planned(self) -> dict[tuple[str, str], int]:
        """Count the plan by entity and verb."""
        c = t.actions.c
        query = (
            sa.select(c.entity, c.verb, sa.func.count())
            .where(c.connection == self.connection)
            .group_by(c.entity, c.verb)
        )
        return {(row[0], row[1]): int(row[2]) for row in self.db.execute(query)}

    # Cursors, schedule, decisions, brakes, to-dos -----------------------------------------------------------------

    def cursor(self, side: str, resource: str) -> Cursor:
        """Tell how far a resource has been read."""
        if self._cursors is None:
            query = sa.select(t.cursors).where(t.cursors.c.connection == self.connection)
            rows = self.db.execute(query)
            self._cursors = {(row.side, row.resource): (row.stamp, row.full_at, row.digest) for row in rows}
        return self._cursors.get((side, resource), (None, None, ""))

    def move_cursor(self, side: str, resource: str, stamp: str | None, full_at: float | None, digest: str) -> None:
        """Note how far a resource has been read."""
        if self._cursors is not None:
            self._cursors[side, resource] = (stamp, full_at, digest)
        self.store.upsert(
            t.cursors,
            [
                {
                    "connection": self.connection,
                    "side": side,
                    "resource": resource,
                    "stamp": stamp,
                    "full_at": full_at,
                    "digest": digest,
                }
            ],
        )

    def last_carried(self) -> dict[tuple[str, str, str], float]:
        """Tell when each kind of change was last carried: entity, side, happening → time."""
        c = t.schedule.c
        query = sa.select(t.schedule).where(c.connection == self.connection)
        return {(row.entity, row.side, row.happening): row.last_at for row in self.db.execute(query)}

    def carried(self, what: Iterable[tuple[str, str, str]], at: float) -> None:
        """Note that these kinds of changes (entity, side, happening) have been carried."""
        self.store.upsert(
            t.schedule,
            [
                {"connection": self.connection, "entity": entity, "side": side, "happening": happening, "last_at": at}
                for entity, side, happening in sorted(what)
            ],
        )

    def decide(self, entity: str, side: str, id: str, answer: Any, now: float) -> None:
        """Note what a person decided about a record, or about a brake."""
        self._decided = None
        self.store.upsert(
            t.decisions,
            [
                {
                    "connection": self.connection,
                    "entity": entity,
                    "side": side,
                    "id": id,
                    "answer": encode(answer),
                    "decided_at": now,
                }
            ],
        )

    def decision(self, entity: str, side: str, id: str) -> Any:
        """Give what a person decided about a record, or None."""
        if not self.has_decisions(entity):
            return None
        value = self.db.execute(Statements.decision, self._of(entity, side, id)).scalar()
        return None if value is None else decode(value)

    def has_decisions(self, entity: str) -> bool:
        """Tell whether a person has decided anything about records of an entity, or about its brakes."""
        if self._decided is None:
            c = t.decisions.c
            query = sa.select(c.entity).where(c.connection == self.connection).distinct()
            self._decided = set(self.db.execute(query).scalars())
        return entity in self._decided

    def undecide(self, entity: str, side: str, id: str, *, only: Sequence[str] = ()) -> None:
        """Forget what a person decided about a record; with `only`, if it was one of these kinds of answers."""
        answer = self.decision(entity, side, id)
        if answer is None or (only and not any(kind in answer for kind in only)):
            return
        c = t.decisions.c
        self.db.execute(
            sa.delete(t.decisions).where(
                c.connection == self.connection, c.entity == entity, c.side == side, c.id == id
            )
        )

    def brake(self, entity: str, name: str, reason: str, count: int, now: float) -> None:
        self._braked = None
        self.store.upsert(
            t.brakes,
            [
                {
                    "connection": self.connection,
                    "entity": entity,
                    "name": name,
                    "reason": reason,
                    "count": count,
                    "since": now,
                }
            ],
        )

    def brakes(self) -> list[tuple[str, str, str, int]]:
        c = t.brakes.c
        return [
            (row[0], row[1], row[2], int(row[3]))
            for row in self.db.execute(
                sa.select(c.entity, c.name, c.reason, c["count"])
                .where(c.connection == self.connection)
                .order_by(c.entity, c.name)
            )
        ]

    def release(self, entity: str, name: str) -> None:
        if self._braked is None:
            self._braked = {(each[0], each[1]) for each in self.brakes()}
        if (entity, name) not in self._braked:
            return
        c = t.brakes.c
        self.db.execute(sa.delete(t.brakes).where(c.connection == self.connection, c.entity == entity, c.name == name))

    def to_do(self, entity: str, link: int, text: str, because: str) -> None:
        c = t.todos.c
        if (
            self.db.execute(
                sa.select(c.id).where(c.connection == self.connection, c.link == link, c.text == text)
            ).first()
            is None
        ):
            self.db.execute(
                sa.insert(t.todos).values(
                    connection=self.connection, entity=entity, link=link, text=text, because=because, done=False
                )
            )

    def to_dos(self, *, done: bool = False) -> list[tuple[int, str, int, str, str]]:
        c = t.todos.c
        query = sa.select(t.todos).where(c.connection == self.connection, c.done.is_(done)).order_by(c.id)
        return [(row.id, row.entity, row.link, row.text, row.because) for row in self.db.execute(query)]

    def done(self, todo: int) -> None:
        self.db.execute(sa.update(t.todos).where(t.todos.c.id == todo).values(done=True))

    # Marks, and what was compared ---------------------------------------------------------------------------------

    def mark(self, side: str, resource: str = "") -> Mark | None:
        """Give what was left on a side that remembers the name of the last call; None if nothing ever was."""
        c = t.marks.c
        query = sa.select(t.marks).where(c.connection == self.connection, c.side == side, c.resource == resource)
        row = self.db.execute(query).first()
        return Mark(row.mark, decode(row.meant), row.again) if row is not None else None

    def keep_mark(self, side: str, mark: Mark, resource: str = "") -> None:
        self.store.upsert(
            t.marks,
            [
                {
                    "connection": self.connection,
                    "side": side,
                    "resource": resource,
                    "mark": mark.mark,
                    "meant": encode(mark.meant),
                    "again": mark.again,
                }
            ],
        )

    def beside(self, side: str, resource: str) -> dict[str, Any]:
        """Give what last travelled beside a whole list."""
        kept = self.mark(side, resource)
        found: dict[str, Any] = decode(kept.mark.encode()) if kept is not None and kept.mark else {}
        return found

    def keep_beside(self, side: str, resource: str, what: Mapping[str, Any]) -> None:
        self.keep_mark(side, Mark(encode(dict(what)).decode()), resource)

    def keep_reconciled(self, entity: str, name: str, result: Any, now: float) -> None:
        """Note what came of adding up both sides."""
        row = {"connection": self.connection, "entity": entity, "name": name, "at": now, "result": encode(result)}
        self.store.upsert(t.reconciled, [row])

    def reconciled(self) -> list[tuple[str, str, float, Any]]:
        """List what came of adding up both sides the last time: entity, name, when, result."""
        c = t.reconciled.c
        query = sa.select(t.reconciled).where(c.connection == self.connection).order_by(c.entity, c.name)
        return [(row.entity, row.name, row.at, decode(row.result)) for row in self.db.execute(query)]
