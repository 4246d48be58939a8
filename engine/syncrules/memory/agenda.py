"""What is planned, read, due, decided, held back and left to people; and what was compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built
from syncrules.memory.kept import PAGE, Mark
from syncrules.memory.part import Cursor, Part
from syncrules.records import decode, encode

Place = tuple[str, int]
"""Where an action stands in the plan."""


@Built
def _clear(connection: Any) -> sa.Executable:
    return sa.delete(t.actions).where(t.actions.c.connection == connection)


@Built
def _add() -> sa.Executable:
    return sa.insert(t.actions)


@Built
def _planned(connection: Any) -> sa.Executable:
    c = t.actions.c
    what = (c.entity, c.verb)
    return sa.select(*what, sa.func.count()).where(c.connection == connection).group_by(*what)


@Built
def _cursors(connection: Any) -> sa.Executable:
    return sa.select(t.cursors).where(t.cursors.c.connection == connection)


@Built
def _schedule(connection: Any) -> sa.Executable:
    return sa.select(t.schedule).where(t.schedule.c.connection == connection)


@Built
def _decision(connection: Any, entity: Any, side: Any, id: Any) -> sa.Executable:
    c = t.decisions.c
    mine = (c.connection == connection, c.entity == entity, c.side == side, c.id == id)
    return sa.select(c.answer).where(*mine)


@Built
def _decided(connection: Any) -> sa.Executable:
    c = t.decisions.c
    return sa.select(c.entity).where(c.connection == connection).distinct()


@Built
def _brakes(connection: Any) -> sa.Executable:
    c = t.brakes.c
    what = (c.entity, c.name, c.reason, c["count"])
    return sa.select(*what).where(c.connection == connection).order_by(c.entity, c.name)


@Built
def _to_dos(connection: Any, done: Any) -> sa.Executable:
    c = t.todos.c
    return sa.select(t.todos).where(c.connection == connection, c.done == done).order_by(c.id)


@Built
def _mark(connection: Any, side: Any, resource: Any) -> sa.Executable:
    c = t.marks.c
    return sa.select(t.marks).where(c.connection == connection, c.side == side, c.resource == resource)


@Built
def _reconciled(connection: Any) -> sa.Executable:
    c = t.reconciled.c
    return sa.select(t.reconciled).where(c.connection == connection).order_by(c.entity, c.name)


@Built
def _actions(connection: Any, entity: Any, together: Any, after: Any, limit: Any) -> sa.Executable:
    c = t.actions.c
    later = sa.or_(c.together > together, sa.and_(c.together == together, c.id > after))
    mine = (c.connection == connection, c.entity == entity, later)
    return sa.select(c.id, c.together, c.action).where(*mine).order_by(c.together, c.id).limit(limit)


class Agenda(Part):
    """The plan and the decisions of a connection, and how far it has come."""

    # Plans ---------------------------------------------------------------------------------------------------------

    def clear_plan(self) -> None:
        _clear(self.store, connection=self.connection)

    def add_actions(self, rows: Sequence[tuple[str, str, Any]], together: str = "") -> None:
        """Add to the plan: entity, verb, and the action itself; what has the same `together` stays together."""
        if rows:
            _add.many(
                self.store,
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
        rows = _actions(
            self.store, connection=self.connection, entity=entity, together=together, after=id_, limit=limit
        )
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
        return {(row[0], row[1]): int(row[2]) for row in _planned(self.store, connection=self.connection)}

    # Cursors, schedule, decisions, brakes, to-dos -----------------------------------------------------------------

    def cursor(self, side: str, resource: str) -> Cursor:
        """Tell how far a resource has been read."""
        if self._cursors is None:
            rows = _cursors(self.store, connection=self.connection)
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
        rows = _schedule(self.store, connection=self.connection)
        return {(row.entity, row.side, row.happening): row.last_at for row in rows}

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
        value = _decision(self.store, connection=self.connection, entity=entity, side=side, id=id).scalar()
        return None if value is None else decode(value)

    def has_decisions(self, entity: str) -> bool:
        """Tell whether a person has decided anything about records of an entity, or about its brakes."""
        if self._decided is None:
            self._decided = set(_decided(self.store, connection=self.connection).scalars())
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
        return [(row[0], row[1], row[2], int(row[3])) for row in _brakes(self.store, connection=self.connection)]

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
        rows = _to_dos(self.store, connection=self.connection, done=done)
        return [(row.id, row.entity, row.link, row.text, row.because) for row in rows]

    def done(self, todo: int) -> None:
        self.db.execute(sa.update(t.todos).where(t.todos.c.id == todo).values(done=True))

    # Marks, and what was compared ---------------------------------------------------------------------------------

    def mark(self, side: str, resource: str = "") -> Mark | None:
        """Give what was left on a side that remembers the name of the last call; None if nothing ever was."""
        row = _mark(self.store, connection=self.connection, side=side, resource=resource).first()
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
        rows = _reconciled(self.store, connection=self.connection)
        return [(row.entity, row.name, row.at, decode(row.result)) for row in rows]
