"""What we knew last time: one store for all connections, and one memory for each.

A store is an SQLite file unless a URL says otherwise. Every step commits page by page; whoever is killed loses at most the page in
hand, and the journal says what was meant.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from threading import get_ident
from typing import IO, Any, Literal, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from syncrules import tables as t
from syncrules.errors import StateError
from syncrules.records import decode, encode

PAGE = 500
"""Rows that are handled at a time."""

State = Literal["pending", "synced", "excluded", "waiting", "failed"]


@dataclass(slots=True)
class Known:
    """A record that takes part: its state, and the record itself while something is still to be done with it."""

    side: str
    id: str
    name: str
    state: State
    digest: bytes
    seen: int
    reason: str = ""
    cure: str = ""
    detail: Any = None
    record: dict[str, Any] | None = None
    link: int | None = None
    since: float = 0.0


@dataclass(slots=True)
class Link:
    """Two records that belong together, and what each looked like last time."""

    id: int
    ids: dict[str, str | None]
    base: dict[str, dict[str, Any]]
    """Side → row → value."""
    active: dict[str, bool | None]
    gone: dict[str, bool]
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry."""

    id: int
    entity: str
    side: str
    verb: str
    key: str | None
    source_id: str | None
    link: int | None
    name: str
    intent: Any
    started_at: float


@dataclass(slots=True)
class ConnectionRow:
    """A connection as it is stored."""

    name: str
    mapping: str
    settings: dict[str, Any]
    accounts: dict[str, str]
    answers: dict[str, dict[str, Any]]
    digest: str = ""
    paused: bool = False
    created_at: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


class Store:
    """The state store: opens, migrates, locks, and hands out memories."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.engine = engine
        self.path = path
        self.db: Connection = engine.connect()
        dialect = engine.dialect.name
        self._insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        self._inside = 0
        """The thread that is in the middle of a transaction."""

    def upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, keep: Iterable[str] = ()) -> None:
        """Write rows, replacing those with the same key; columns in `keep` stay as they were."""
        if not rows:
            return
        statement = self._insert(table)
        key = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in key and name not in keep}
        statement = (
            statement.on_conflict_do_update(index_elements=key, set_=changed)
            if changed
            else statement.on_conflict_do_nothing(index_elements=key)
        )
        self.db.execute(statement, list(rows))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it.

        Raises:
            StateError: the store cannot be written.
        """
        with _told(self.path):
            if self.db.in_transaction():
                self.db.commit()
            with self.db.begin():
                outside, self._inside = self._inside, get_ident()
                try:
                    yield
                finally:
                    self._inside = outside

    def close(self) -> None:
        self.db.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Connections --------------------------------------------------------------------------------------------------

    def connections(self) -> list[ConnectionRow]:
        rows = self.db.execute(sa.select(t.connections).order_by(t.connections.c.name)).mappings()
        return [_connection(each) for each in rows]

    def connection(self, name: str) -> ConnectionRow | None:
        row = self.db.execute(sa.select(t.connections).where(t.connections.c.name == name)).mappings().first()
        return _connection(row) if row is not None else None

    def save(self, connection: ConnectionRow) -> None:
        """Write a connection, new or changed."""
        self.upsert(
            t.connections,
            [
                {
                    "name": connection.name,
                    "mapping": connection.mapping,
                    "settings": encode(connection.settings),
                    "accounts": encode(connection.accounts),
                    "answers": encode(connection.answers),
                    "digest": connection.digest,
                    "paused": connection.paused,
                    "created_at": connection.created_at,
                }
            ],
            keep=("created_at",),
        )

    def change(self, name: str, **values: Any) -> None:
        """Change single columns of a connection, and leave what somebody else may be changing."""
        self.db.execute(sa.update(t.connections).where(t.connections.c.name == name).values(**values))

    def forget(self, name: str) -> None:
        """Remove everything that is remembered of a connection, its credentials first."""
        self.db.execute(sa.delete(t.connections).where(t.connections.c.name == name))
        for table in t.metadata.sorted_tables:
            if "connection" in table.c:
                self.db.execute(sa.delete(table).where(table.c.connection == name))

    def memory(self, name: str, sides: tuple[str, str]) -> Memory:
        return Memory(self, name, sides)

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold the lock of a connection while inside; gives False if another process holds it."""
        if self.path is None:
            yield True
            return
        directory = self.path.parent / f"{self.path.name}.locks"
        with _told(self.path):
            directory.mkdir(exist_ok=True)
            lock: IO[str] = (directory / f"{name.replace('/', '_')}.lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def count_call(self, scope: str, window: str) -> int:
        """Count one call in a window of a limit and give the number so far, this one included."""
        if self._inside == get_ident():
            # Another connection would wait for this transaction, which waits for the call.
            return self._count_call(self.db, scope, window)
        # A connection of its own: calls are counted from the pool, while the main thread uses the other.
        with _told(self.path), self.engine.begin() as db:
            return self._count_call(db, scope, window)

    def _count_call(self, db: Connection, scope: str, window: str) -> int:
        statement = self._insert(t.calls).values(scope=scope, window=window, count=1)
        db.execute(
            statement.on_conflict_do_update(index_elements=["scope", "window"], set_={"count": t.calls.c["count"] + 1})
        )
        count = sa.select(t.calls.c["count"]).where(t.calls.c.scope == scope, t.calls.c.window == window)
        return int(db.execute(count).scalar_one())


def _connection(row: Any) -> ConnectionRow:
    return ConnectionRow(
        row["name"],
        row["mapping"],
        decode(row["settings"]),
        decode(row["accounts"]),
        decode(row["answers"]),
        row["digest"],
        row["paused"],
        row["created_at"],
    )


def _one_record() -> sa.ColumnElement[bool]:
    r = t.records.c
    return sa.and_(
        r.connection == sa.bindparam("in_connection"),
        r.entity == sa.bindparam("in_entity"),
        r.side == sa.bindparam("in_side"),
        r.id == sa.bindparam("in_id"),
    )


class Statements:
    """Statements that are run for every record, built once: building one costs more than running it."""

    record = sa.select(t.records).where(_one_record())
    judge = sa.update(t.records).where(_one_record())
    link = sa.select(t.links).where(t.links.c.id == sa.bindparam("in_id"))
    link_of: Mapping[str, sa.Select[Any]] = {
        column: sa.select(t.links).where(
            t.links.c.connection == sa.bindparam("in_connection"),
            t.links.c.entity == sa.bindparam("in_entity"),
            t.links.c[f"{column}_id"] == sa.bindparam("in_id"),
        )
        for column in ("left", "right")
    }
    decision = sa.select(t.decisions.c.answer).where(
        t.decisions.c.connection == sa.bindparam("in_connection"),
        t.decisions.c.entity == sa.bindparam("in_entity"),
        t.decisions.c.side == sa.bindparam("in_side"),
        t.decisions.c.id == sa.bindparam("in_id"),
    )
    key_of = sa.select(t.keys.c.value).where(
        t.keys.c.connection == sa.bindparam("in_connection"),
        t.keys.c.entity == sa.bindparam("in_entity"),
        t.keys.c.side == sa.bindparam("in_side"),
        t.keys.c.id == sa.bindparam("in_id"),
        t.keys.c.name == sa.bindparam("in_name"),
    )
    found_by = (
        sa.select(t.keys.c.compared, t.keys.c.id)
        .where(
            t.keys.c.connection == sa.bindparam("in_connection"),
            t.keys.c.entity == sa.bindparam("in_entity"),
            t.keys.c.side == sa.bindparam("in_side"),
            t.keys.c.name == sa.bindparam("in_name"),
            t.keys.c.compared.in_(sa.bindparam("in_values", expanding=True)),
        )
        .order_by(t.keys.c.id)
    )


class Memory:
    """What we remember about one connection. Sides are named; the tables know them as left and right."""

    def __init__(self, store: Store, connection: str, sides: tuple[str, str]) -> None:
        self.store = store
        self.connection = connection
        self.sides = sides
        self._column = {sides[0]: "left", sides[1]: "right"}
        self._decided: set[str] | None = None
        """Entities about whose records anything has been decided; None until asked for."""

    @property
    def db(self) -> Connection:
        return self.store.db

    # Records ------------------------------------------------------------------------------------------------------

    def known(self, entity: str, side: str, ids: Sequence[str]) -> dict[str, Known]:
        """Find those of these records that we know, without their content."""
        r = t.records.c
        query = sa.select(r.side, r.id, r.name, r.state, r.digest, r.seen, r.reason, r.link).where(
            r.connection == self.connection, r.entity == entity, r.side == side, r.id.in_(ids)
        )
        return {
            row.id: Known(row.side, row.id, row.name, row.state, row.digest, row.seen, row.reason, link=row.link)
            for row in self.db.execute(query)
        }

    def keep(self, entity: str, records: Sequence[Known], now: float) -> None:
        """Write records, whole."""
        self.store.upsert(
            t.records,
            [
                {
                    "connection": self.connection,
                    "entity": entity,
                    "side": each.side,
                    "id": each.id,
                    "name": each.name,
                    "state": each.state,
                    "reason": each.reason,
                    "cure": each.cure,
                    "detail": None if each.detail is None else encode(each.detail),
                    "digest": each.digest,
                    "record": None if each.record is None else encode(each.record),
                    "link": each.link,
                    "seen": each.seen,
                    "since": each.since or now,
                }
                for each in records
            ],
        )

    def touch(self, entity: str, side: str, ids: Sequence[str], run: int) -> None:
        """Note that these records were seen in this run."""
        r = t.records.c
        self.db.execute(
            sa.update(t.records)
            .where(r.connection == self.connection, r.entity == entity, r.side == side, r.id.in_(ids))
            .values(seen=run)
        )

    def judge(
        self,
        entity: str,
        side: str,
        id: str,
        state: State,
        *,
        reason: str = "",
        cure: str = "",
        detail: Any = None,
        link: int | None = None,
        forget: bool = True,
    ) -> None:
        """Put a record into a state, with the reason that people read; a record that is done with forgets its content, unless told not to."""
        values: dict[str, Any] = {
            "state": state,
            "reason": reason,
            "cure": cure,
            "detail": None if detail is None else encode(detail),
        }
        if state == "synced" and forget:
            values["record"] = None
        if link is not None:
            values["link"] = link
        self.db.execute(Statements.judge.values(**values), self._of(entity, side, id))

    def close(self, entity: str, side: str, id: str, *, forget: bool) -> None:
        """Let a record with which nothing is to be done any more be in sync; one that waits or failed goes on doing so."""
        r = t.records.c
        values: dict[str, Any] = {"state": "synced", "reason": "", "cure": "", "detail": None}
        if forget:
            values["record"] = None
        self.db.execute(
            sa.update(t.records)
            .where(
                r.connection == self.connection, r.entity == entity, r.side == side, r.id == id, r.state == "pending"
            )
            .values(**values)
        )

    def keep_digest(self, entity: str, side: str, id: str, digest: bytes) -> None:
        """Note what a record looks like now that we have written to it, so that our own write does not come back as a change."""
        r = t.records.c
        self.db.execute(
            sa.update(t.records)
            .where(r.connection == self.connection, r.entity == entity, r.side == side, r.id == id, r.state == "synced")
            .values(digest=digest)
        )

    def undone(
        self, entity: str, after: tuple[str, str] = ("", ""), states: Sequence[State] = ("pending", "waiting", "failed")
    ) -> list[Known]:
        """Give the next page of records with which something is still to be done, in a fixed order."""
        r = t.records.c
        query = (
            sa.select(t.records)
            .where(r.connection == self.connection, r.entity == entity, r.state.in_(states))
            .where(sa.or_(r.side > after[0], sa.and_(r.side == after[0], r.id > after[1])))
            .order_by(r.side, r.id)
            .limit(PAGE)
        )
        return [_known(row) for row in self.db.execute(query)]

    def record(self, entity: str, side: str, id: str) -> Known | None:
        """Find a record that we know, with its content."""
        row = self.db.execute(Statements.record, self._of(entity, side, id)).first()
        return _known(row) if row is not None else None

    def _of(self, entity: str, side: str, id: str) -> dict[str, str]:
        return {"in_connection": self.connection, "in_entity": entity, "in_side": side, "in_id": id}

    def records(self, *, states: Sequence[State], entity: str = "") -> Iterator[tuple[str, Known]]:
        """List the records in these states: entity and record, without content."""
        r = t.records.c
        query = sa.select(
            r.entity, r.side, r.id, r.name, r.state, r.digest, r.seen, r.reason, r.cure, r.detail, r.link, r.since
        ).where(r.connection == self.connection, r.state.in_(states))
        if entity:
            query = query.where(r.entity == entity)
        for row in self.db.execute(query.order_by(r.entity, r.side, r.name, r.id)):
            yield (
                row.entity,
                Known(
                    row.side,
                    row.id,
                    row.name,
                    row.state,
                    row.digest,
                    row.seen,
                    row.reason,
                    row.cure,
                    _json(row.detail),
                    None,
                    row.link,
                    row.since,
                ),
            )

    def counts(self) -> dict[tuple[str, str, str, str], int]:
        """Count records by entity, side, state and reason."""
        r = t.records.c
        query = (
            sa.select(r.entity, r.side, r.state, r.reason, sa.func.count())
            .where(r.connection == self.connection)
            .group_by(r.entity, r.side, r.state, r.reason)
        )
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in self.db.execute(query)}

    def unseen(self, entity: str, side: str, run: int) -> list[Known]:
        """Give a page of the linked records of a side that this run did not see, and that we do not know to be gone."""
        r, links, column = t.records.c, t.links.c, self._column[side]
        query = (
            sa.select(t.records)
            .join(t.links, links.id == r.link)
            .where(
                r.connection == self.connection,
                r.entity == entity,
                r.side == side,
                r.seen < run,
                links[f"{column}_gone"].is_(False),
            )
            .limit(PAGE)
        )
        return [_known(row) for row in self.db.execute(query)]

    def left_out(self, entity: str, side: str, run: int) -> list[Known]:
        """Give the records of a side, with content, that this run did not see."""
        r = t.records.c
        query = sa.select(t.records).where(
            r.connection == self.connection, r.entity == entity, r.side == side, r.seen < run
        )
        return [_known(row) for row in self.db.execute(query)]

    def count_seen(self, entity: str, side: str, run: int) -> int:
        """Count the records of a side that this run saw."""
        r = t.records.c
        query = (
            sa.select(sa.func.count())
            .select_from(t.records)
            .where(r.connection == self.connection, r.entity == entity, r.side == side, r.seen == run)
        )
        return int(self.db.execute(query).scalar_one())

    def count_unseen(self, entity: str, side: str, run: int) -> int:
        """Count the linked records of a side that this run did not see, and that we do not know to be gone."""
        r, links, column = t.records.c, t.links.c, self._column[side]
        query = (
            sa.select(sa.func.count())
            .select_from(t.records.join(t.links, links.id == r.link))
            .where(
                r.connection == self.connection,
                r.entity == entity,
                r.side == side,
                r.seen < run,
                links[f"{column}_gone"].is_(False),
            )
        )
        return int(self.db.execute(query).scalar_one())

    def forget_digest(self, entity: str, side: str, id: str) -> None:
        """Let a record count as changed when it is seen again."""
        r = t.records.c
        self.db.execute(
            sa.update(t.records)
            .where(r.connection == self.connection, r.entity == entity, r.side == side, r.id == id)
            .values(digest=b"")
        )

    def returned(self, links: Iterable[int], side: str) -> None:
        """Note that records that seemed to be gone are there; what happened to their counterparts meanwhile is looked at."""
        column, r = self._column[side], t.records.c
        query = sa.select(t.links.c.id).where(t.links.c.id.in_(list(links)), t.links.c[f"{column}_gone"])
        back = list(self.db.execute(query).scalars())
        if not back:
            return
        self.db.execute(sa.update(t.links).where(t.links.c.id.in_(back)).values({f"{column}_gone": False}))
        self.db.execute(
            sa.update(t.records)
            .where(r.link.in_(back), r.side != side, r.state == "excluded", r.record.is_not(None))
            .values(state="pending", reason="", cure="", detail=None)
        )

    def drop_unseen_unlinked(self, entity: str, side: str, run: int) -> None:
        """Forget records that were never linked and are no longer there."""
        r = t.records.c
        gone = sa.select(r.id).where(
            r.connection == self.connection, r.entity == entity, r.side == side, r.seen < run, r.link.is_(None)
        )
        k = t.keys.c
        self.db.execute(
            sa.delete(t.keys).where(k.connection == self.connection, k.entity == entity, k.side == side, k.id.in_(gone))
        )
        self.db.execute(
            sa.delete(t.records).where(
                r.connection == self.connection, r.entity == entity, r.side == side, r.seen < run, r.link.is_(None)
            )
        )

    def count_linked(self, entity: str, side: str) -> int:
        """Count the linked records of a side that are still there."""
        links, column = t.links.c, self._column[side]
        query = (
            sa.select(sa.func.count())
            .select_from(t.links)
            .where(
                links.connection == self.connection,
                links.entity == entity,
                links[f"{column}_id"].is_not(None),
                links[f"{column}_gone"].is_(False),
            )
        )
        return int(self.db.execute(query).scalar_one())

    def reconsider(self, entities: Iterable[str]) -> None:
        """Let every record of these entities be decided anew."""
        r = t.records.c
        self.db.execute(
            sa.update(t.records)
            .where(
                r.connection == self.connection,
                r.entity.in_(list(entities)),
                r.record.is_not(None),
                r.state.in_(("waiting", "failed", "excluded")),
            )
            .values(state="pending")
        )

    # Keys ---------------------------------------------------------------------------------------------------------

    def know_by(
        self,
        entity: str,
        rows: Sequence[tuple[str, str, str, str, str]],
        *,
        only: str = "",
        of: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Note by what records can be found: side, id, name of the key, value as written, value as compared.

        What was noted of these records, and of those in `of`, before is forgotten; with `only`, just the key of this name.
        """
        k = t.keys.c
        whose = {(row[0], row[1]) for row in rows} | set(of)
        for side in {each[0] for each in whose}:
            ids = sorted(id_ for where, id_ in whose if where == side)
            old = sa.delete(t.keys).where(
                k.connection == self.connection, k.entity == entity, k.side == side, k.id.in_(ids)
            )
            self.db.execute(old.where(k.name == only) if only else old)
        self.store.upsert(
            t.keys,
            [
                {
                    "connection": self.connection,
                    "entity": entity,
                    "side": side,
                    "id": id_,
                    "name": name,
                    "value": value,
                    "compared": compared,
                }
                for side, id_, name, value, compared in rows
                if compared
            ],
        )

    def found_by(self, entity: str, side: str, name: str, compared: Sequence[str]) -> dict[str, list[str]]:
        """Find records by a key: compared value → ids."""
        parameters = {
            "in_connection": self.connection,
            "in_entity": entity,
            "in_side": side,
            "in_name": name,
            "in_values": list(compared),
        }
        result: dict[str, list[str]] = {}
        for value, id_ in self.db.execute(Statements.found_by, parameters):
            result.setdefault(value, []).append(id_)
        return result

    def key_of(self, entity: str, side: str, id: str, name: str) -> str | None:
        """Give the value, as written, of a key of a record."""
        value = self.db.execute(Statements.key_of, {**self._of(entity, side, id), "in_name": name}).scalar()
        return None if value is None else str(value)

    def key_owner(self, entity: str, side: str, name: str, value: str) -> str | None:
        """Give the id of a record that has this value as a key, or None."""
        ids = self.found_by(entity, side, name, [value]).get(value, [])
        return ids[0] if ids else None

    def unlinked_keys(self, entity: str, side: str, name: str, after: str = "") -> list[tuple[str, str]]:
        """Give a page of (id, compared value) of the records of a side that have no link yet, ordered by id."""
        k, r = t.keys.c, t.records.c
        query = (
            sa.select(k.id, k.compared)
            .join(
                t.records, sa.and_(r.connection == k.connection, r.entity == k.entity, r.side == k.side, r.id == k.id)
            )
            .where(
                k.connection == self.connection,
                k.entity == entity,
                k.side == side,
                k.name == name,
                k.id > after,
                r.link.is_(None),
            )
            .order_by(k.id)
            .limit(PAGE)
        )
        return [(row.id, row.compared) for row in self.db.execute(query)]

    # Links --------------------------------------------------------------------------------------------------------

    def link(self, id: int) -> Link | None:
        """Find a link by its number."""
        row = self.db.execute(Statements.link, {"in_id": id}).mappings().first()
        return self._link(row) if row is not None else None

    def link_of(self, entity: str, side: str, id: str) -> Link | None:
        """Find the link of a record."""
        parameters = {"in_connection": self.connection, "in_entity": entity, "in_id": id}
        row = self.db.execute(Statements.link_of[self._column[side]], parameters).mappings().first()
        return self._link(row) if row is not None else None

    def links(self, entity: str, after: int = 0) -> list[Link]:
        """Give the next page of the links of an entity, in the order in which they were made."""
        query = (
            sa.select(t.links)
            .where(t.links.c.connection == self.connection, t.links.c.entity == entity, t.links.c.id > after)
            .order_by(t.links.c.id)
            .limit(PAGE)
        )
        return [self._link(row) for row in self.db.execute(query).mappings()]

    def linked_elsewhere(self, entities: Iterable[str], side: str, id: str) -> str:
        """Name the entity to which this record already belongs; empty if none."""
        column = self._column[side]
        query = sa.select(t.links.c.entity).where(
            t.links.c.connection == self.connection,
            t.links.c.entity.in_(list(entities)),
            t.links.c[f"{column}_id"] == id,
        )
        return str(self.db.execute(query).scalar() or "")

    def make_link(
        self,
        entity: str,
        ids: Mapping[str, str | None],
        base: Mapping[str, Mapping[str, Any]],
        active: Mapping[str, bool | None],
        parent: int | None = None,
    ) -> int:
        """Tie two records together for good and give the number of the link."""
        left, right = self.sides
        result = self.db.execute(
            sa.insert(t.links).values(
                connection=self.connection,
                entity=entity,
                left_id=ids.get(left),
                right_id=ids.get(right),
                left_base=encode(base.get(left, {})),
                right_base=encode(base.get(right, {})),
                left_active=active.get(left),
                right_active=active.get(right),
                parent=parent,
            )
        )
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def remember(self, link: Link) -> None:
        """Write a link as it is now."""
        left, right = self.sides
        self.db.execute(
            sa.update(t.links)
            .where(t.links.c.id == link.id)
            .values(
                left_id=link.ids.get(left),
                right_id=link.ids.get(right),
                left_base=encode(link.base.get(left, {})),
                right_base=encode(link.base.get(right, {})),
                left_active=link.active.get(left),
                right_active=link.active.get(right),
                left_gone=link.gone.get(left, False),
                right_gone=link.gone.get(right, False),
            )
        )

    def unlink(self, id: int) -> None:
        """Take two records apart; both are then as if seen for the first time."""
        self.db.execute(
            sa.update(t.records).where(t.records.c.link == id).values(link=None, state="pending", digest=b"")
        )
        self.db.execute(sa.delete(t.links).where(t.links.c.id == id))

    def _link(self, row: Any) -> Link:
        left, right = self.sides
        return Link(
            id=row["id"],
            ids={left: row["left_id"], right: row["right_id"]},
            base={left: decode(row["left_base"]), right: decode(row["right_base"])},
            active={left: row["left_active"], right: row["right_active"]},
            gone={left: row["left_gone"], right: row["right_gone"]},
            parent=row["parent"],
        )

    # Journal and runs ---------------------------------------------------------------------------------------------

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
            "counts": _json(row["counts"]) or {},
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
        """Note how a write went: done, failed, or unknown."""
        self.db.execute(
            sa.update(t.journal).where(t.journal.c.id == entry).values(state=state, outcome=outcome, ended_at=now)
        )

    def unsettled(self) -> list[Entry]:
        """List the writes of which we do not know how they went, oldest first."""
        c = t.journal.c
        query = (
            sa.select(t.journal).where(c.connection == self.connection, c.state.in_(("open", "unknown"))).order_by(c.id)
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

    # Plans --------------------------------------------------------------------------------------------------------

    def clear_plan(self) -> None:
        self.db.execute(sa.delete(t.actions).where(t.actions.c.connection == self.connection))

    def add_actions(self, rows: Sequence[tuple[str, str, Any]]) -> None:
        """Add to the plan: entity, verb, and the action itself."""
        if rows:
            self.db.execute(
                sa.insert(t.actions),
                [
                    {"connection": self.connection, "entity": entity, "verb": verb, "action": encode(action)}
                    for entity, verb, action in rows
                ],
            )

    def actions(self, entity: str, after: int = 0, limit: int = PAGE) -> list[tuple[int, Any]]:
        """Give the next page of the plan for an entity."""
        c = t.actions.c
        query = (
            sa.select(c.id, c.action)
            .where(c.connection == self.connection, c.entity == entity, c.id > after)
            .order_by(c.id)
            .limit(limit)
        )
        return [(row.id, decode(row.action)) for row in self.db.execute(query)]

    def drop_actions(self, entity: str, verb: str) -> None:
        """Take actions of one kind out of the plan."""
        c = t.actions.c
        self.db.execute(sa.delete(t.actions).where(c.connection == self.connection, c.entity == entity, c.verb == verb))

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

    def cursor(self, side: str, resource: str) -> tuple[str | None, float | None, str]:
        """Give the last stamp, when everything was last read, and the rules it was read by."""
        c = t.cursors.c
        row = self.db.execute(
            sa.select(t.cursors).where(c.connection == self.connection, c.side == side, c.resource == resource)
        ).first()
        return (row.stamp, row.full_at, row.digest) if row is not None else (None, None, "")

    def move_cursor(self, side: str, resource: str, stamp: str | None, full_at: float | None, digest: str) -> None:
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

    def carried(self, entity: str, side: str, happening: str, at: float) -> None:
        self.store.upsert(
            t.schedule,
            [{"connection": self.connection, "entity": entity, "side": side, "happening": happening, "last_at": at}],
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
        if self._decided is None:
            c = t.decisions.c
            query = sa.select(c.entity).where(c.connection == self.connection).distinct()
            self._decided = set(self.db.execute(query).scalars())
        if entity not in self._decided:
            return None
        value = self.db.execute(Statements.decision, self._of(entity, side, id)).scalar()
        return None if value is None else decode(value)

    def undecide(self, entity: str, side: str, id: str, *, only: Sequence[str] = ()) -> None:
        """Forget what a person decided about a record; with `only`, if it was one of these kinds of answers."""
        if only and not any(kind in (self.decision(entity, side, id) or {}) for kind in only):
            return
        c = t.decisions.c
        self.db.execute(
            sa.delete(t.decisions).where(
                c.connection == self.connection, c.entity == entity, c.side == side, c.id == id
            )
        )

    def brake(self, entity: str, name: str, reason: str, count: int, now: float) -> None:
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


def _known(row: Any) -> Known:
    return Known(
        row.side,
        row.id,
        row.name,
        row.state,
        row.digest,
        row.seen,
        row.reason,
        row.cure,
        _json(row.detail),
        _json(row.record),
        row.link,
        row.since,
    )


def _json(content: bytes | None) -> Any:
    return None if content is None else decode(content)


# Opening -----------------------------------------------------------------------------------------------------------

HEAD = "0001"
"""The migration that the tables of this version stand at."""


def open_store(where: str | Path) -> Store:
    """Open the state store, making or migrating it as needed.

    Args:
        where: a path of an SQLite file, or an SQLAlchemy URL.

    Raises:
        StateError: it cannot be read, written or understood.
    """
    text = str(where)
    path = None if "://" in text else Path(text)
    with _told(path):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = not path.exists()
            engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
            sa.event.listen(engine, "connect", _careful)
        else:
            new = False
            engine = sa.create_engine(text)
        sa.event.listen(engine, "handle_error", partial(_explain, path))
        store = Store(engine, path)
        _migrate(store)
        if path is not None and new:
            os.chmod(path, 0o600)
        return store


def _careful(connection: sqlite3.Connection, _: object) -> None:
    """Readers beside one writer; a commit is on the disk when it returns."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _migrate(store: Store) -> None:
    present = sa.inspect(store.db).has_table("alembic_version")
    version = store.db.execute(sa.text("select version_num from alembic_version")).scalar() if present else None
    store.db.commit()
    if version == HEAD:
        return
    import alembic.command
    import alembic.config
    from alembic.script import ScriptDirectory

    config = alembic.config.Config()
    config.set_main_option("script_location", str(files("syncrules") / "migrations"))
    config.set_main_option("path_separator", "os")
    if version is not None and version not in {
        each.revision for each in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise StateError(
            f"the state store was written by a newer version of syncrules (its step is {version})",
            cure="Use that version, or restore a copy from before the upgrade.",
        )
    config.attributes["connection"] = store.db
    alembic.command.upgrade(config, "head")
    store.db.commit()


def _explain(path: Path | None, context: sa.engine.ExceptionContext) -> None:
    """Turn a failure of the store, wherever it happens, into a sentence."""
    error = context.sqlalchemy_exception
    if isinstance(error, sa.exc.OperationalError) or type(error) is sa.exc.DatabaseError:
        raise _state_error(path, error) from error


@contextmanager
def _told(path: Path | None) -> Iterator[None]:
    """Turn what the file system throws into a sentence."""
    try:
        yield
    except (sa.exc.DatabaseError, OSError) as error:
        raise _state_error(path, error) from error


def _state_error(path: Path | None, error: Exception) -> StateError:
    where = f"'{path}'" if path is not None else "the database"
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    if "not a database" in said or "malformed" in said:
        cure = "Put the file aside: the next run makes a new one and finds the links again by id and keys, without duplicates. The connection must be made again."
    elif "locked" in said:
        cure = "Another program is using it. Wait until it is done, then run again."
    else:
        cure = "Check that the folder exists, can be written and has room. Nothing was lost: run again."
    return StateError(f"the state store {where} cannot be used: {said}", cure=cure)
