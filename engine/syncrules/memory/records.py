"""Every record that takes part, in exactly one state; and by what records find each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built
from syncrules.memory.kept import PAGE, Known, State, known_from, plain
from syncrules.memory.part import Part
from syncrules.memory.texts import shortened
from syncrules.records import encode

r, k, links = t.records.c, t.keys.c, t.links.c


def _mine(connection: Any, entity: Any, side: Any) -> sa.ColumnElement[bool]:
    return sa.and_(r.connection == connection, r.entity == entity, r.side == side)


def _one(connection: Any, entity: Any, side: Any, id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(_mine(connection, entity, side), r.id == id)


@Built
def _record(connection: Any, entity: Any, side: Any, id: Any) -> sa.Executable:
    return sa.select(t.records).where(_one(connection, entity, side, id))


@Built
def _change(connection: Any, entity: Any, side: Any, id: Any) -> sa.Executable:
    return sa.update(t.records).where(_one(connection, entity, side, id))


@Built
def _change_pending(connection: Any, entity: Any, side: Any, id: Any) -> sa.Executable:
    return sa.update(t.records).where(_one(connection, entity, side, id), r.state == "pending")


@Built
def _change_synced(connection: Any, entity: Any, side: Any, id: Any) -> sa.Executable:
    return sa.update(t.records).where(_one(connection, entity, side, id), r.state == "synced")


@Built
def _count(connection: Any) -> sa.Executable:
    what = (r.entity, r.side, r.state, r.reason)
    return sa.select(*what, sa.func.count()).where(r.connection == connection).group_by(*what)


@Built
def _take_in_again(connection: Any, entity: Any, detail: Any) -> sa.Executable:
    mine = (r.connection == connection, r.entity == entity, r.state == "excluded", r.record.is_not(None))
    return sa.update(t.records).where(*mine, r.detail == detail).values(state="pending")


@Built
def _known(connection: Any, entity: Any, side: Any, ids: Sequence[str]) -> sa.Executable:
    columns = (r.side, r.id, r.name, r.state, r.digest, r.seen, r.reason, r.link)
    return sa.select(*columns).where(_mine(connection, entity, side), r.id.in_(ids))


@Built
def _touch(connection: Any, entity: Any, side: Any, ids: Sequence[str], run: Any) -> sa.Executable:
    return sa.update(t.records).where(_mine(connection, entity, side), r.id.in_(ids)).values(seen=run)


@Built
def _undone(connection: Any, entity: Any, states: Sequence[str], side: Any, id: Any, most: Any) -> sa.Executable:
    later = sa.or_(r.side > side, sa.and_(r.side == side, r.id > id))
    mine = (r.connection == connection, r.entity == entity, r.state.in_(states))
    return sa.select(t.records).where(*mine, later).order_by(r.side, r.id).limit(most)


@Built
def _records(connection: Any, states: Sequence[str], entity: Any) -> sa.Executable:
    columns = (r.entity, r.side, r.id, r.name, r.state, r.digest, r.seen, r.reason, r.cure, r.detail, r.link, r.since)
    wanted = sa.or_(entity == "", r.entity == entity)
    return (
        sa.select(*columns)
        .where(r.connection == connection, r.state.in_(states), wanted)
        .order_by(r.entity, r.side, r.name, r.id)
    )


def _not_seen(column: str) -> Built:
    @Built
    def unseen(connection: Any, entity: Any, side: Any, run: Any, before: Any, most: Any) -> sa.Executable:
        there = (r.seen < run, r.since <= before, links[f"{column}_gone"].is_(False))
        query = sa.select(t.records).join(t.links, links.id == r.link)
        return query.where(_mine(connection, entity, side), *there).limit(most)

    return unseen


def _count_not_seen(column: str) -> Built:
    @Built
    def count(connection: Any, entity: Any, side: Any, run: Any, before: Any) -> sa.Executable:
        # A count of a column leaves out where there is none: no link, or none whose record is still there.
        there = sa.case((sa.and_(links[f"{column}_gone"].is_(False), r.since <= before), 1))
        query = sa.select(sa.func.count(there), sa.func.count() - sa.func.count(r.link))
        query = query.select_from(t.records.outerjoin(t.links, links.id == r.link))
        return query.where(_mine(connection, entity, side), r.seen < run)

    return count


def _gone(column: str) -> Built:
    # The parameter must not hide the table of the same name.
    @Built
    def gone(links: Sequence[int]) -> sa.Executable:
        return sa.select(t.links.c.id).where(t.links.c.id.in_(links), t.links.c[f"{column}_gone"])

    return gone


def _count_of_links(column: str) -> Built:
    @Built
    def count(connection: Any, entity: Any) -> sa.Executable:
        there = (links[f"{column}_id"].is_not(None), links[f"{column}_gone"].is_(False))
        query = sa.select(sa.func.count()).select_from(t.links)
        return query.where(links.connection == connection, links.entity == entity, *there)

    return count


_SIDES = ("left", "right")
_UNSEEN = {column: _not_seen(column) for column in _SIDES}
_COUNT_UNSEEN = {column: _count_not_seen(column) for column in _SIDES}
_GONE = {column: _gone(column) for column in _SIDES}
_COUNT_LINKED = {column: _count_of_links(column) for column in _SIDES}


@Built
def _left_out(connection: Any, entity: Any, side: Any, run: Any, before: Any) -> sa.Executable:
    return sa.select(t.records).where(_mine(connection, entity, side), r.seen < run, r.since <= before)


@Built
def _count_seen(connection: Any, entity: Any, side: Any, run: Any) -> sa.Executable:
    return sa.select(sa.func.count()).select_from(t.records).where(_mine(connection, entity, side), r.seen == run)


@Built
def _drop_keys(connection: Any, entity: Any, side: Any, run: Any) -> sa.Executable:
    gone = sa.select(r.id).where(_mine(connection, entity, side), r.seen < run, r.link.is_(None))
    return sa.delete(t.keys).where(k.connection == connection, k.entity == entity, k.side == side, k.id.in_(gone))


@Built
def _drop_records(connection: Any, entity: Any, side: Any, run: Any) -> sa.Executable:
    return sa.delete(t.records).where(_mine(connection, entity, side), r.seen < run, r.link.is_(None))


@Built
def _forget_keys(connection: Any, entity: Any, side: Any, ids: Sequence[str]) -> sa.Executable:
    return sa.delete(t.keys).where(k.connection == connection, k.entity == entity, k.side == side, k.id.in_(ids))


@Built
def _forget_key(connection: Any, entity: Any, side: Any, ids: Sequence[str], name: Any) -> sa.Executable:
    mine = (k.connection == connection, k.entity == entity, k.side == side, k.name == name)
    return sa.delete(t.keys).where(*mine, k.id.in_(ids))


@Built
def _found_by(connection: Any, entity: Any, side: Any, name: Any, compared: Sequence[str]) -> sa.Executable:
    mine = (k.connection == connection, k.entity == entity, k.side == side, k.name == name)
    return sa.select(k.compared, k.id).where(*mine, k.compared.in_(compared))


@Built
def _key_of(connection: Any, entity: Any, side: Any, id: Any, name: Any) -> sa.Executable:
    mine = (k.connection == connection, k.entity == entity, k.side == side, k.id == id, k.name == name)
    return sa.select(k.value).where(*mine)


@Built
def _unlinked_keys(connection: Any, entity: Any, side: Any, name: Any, after: Any, most: Any) -> sa.Executable:
    same = sa.and_(r.connection == k.connection, r.entity == k.entity, r.side == k.side, r.id == k.id)
    mine = (k.connection == connection, k.entity == entity, k.side == side, k.name == name, k.id > after)
    query = sa.select(k.id, k.compared).join(t.records, same).where(*mine, r.link.is_(None))
    return query.order_by(k.id).limit(most)


class Records(Part):
    """The records of a connection and their keys."""

    def known(self, entity: str, side: str, ids: Sequence[str]) -> dict[str, Known]:
        """Find those of these records that we know, without their content."""
        if not ids:
            return {}
        rows = _known(self.store, connection=self.connection, entity=entity, side=side, ids=list(ids))
        return {
            row.id: Known(row.side, row.id, row.name, row.state, row.digest, row.seen, row.reason, link=row.link)
            for row in rows
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
        if ids:
            _touch(self.store, connection=self.connection, entity=entity, side=side, ids=list(ids), run=run)

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
        _change(self.store, values, connection=self.connection, entity=entity, side=side, id=id)

    def close(self, entity: str, side: str, id: str, *, forget: bool) -> None:
        """Let a record with which nothing is to be done any more be in sync; one that waits or failed goes on doing so."""
        values: dict[str, Any] = {"state": "synced", "reason": "", "cure": "", "detail": None}
        if forget:
            values["record"] = None
        _change_pending(self.store, values, connection=self.connection, entity=entity, side=side, id=id)

    def keep_digest(self, entity: str, side: str, id: str, digest: bytes) -> None:
        """Note what a record looks like now that we have written to it, so that our own write does not come back as a change."""
        _change_synced(self.store, {"digest": digest}, connection=self.connection, entity=entity, side=side, id=id)

    def undone(
        self, entity: str, after: tuple[str, str] = ("", ""), states: Sequence[State] = ("pending", "waiting", "failed")
    ) -> list[Known]:
        """Give the next page of records with which something is still to be done, in a fixed order."""
        rows = _undone(
            self.store,
            connection=self.connection,
            entity=entity,
            states=list(states),
            side=after[0],
            id=after[1],
            most=PAGE,
        )
        return [known_from(row) for row in rows]

    def record(self, entity: str, side: str, id: str) -> Known | None:
        """Find a record that we know, with its content."""
        row = _record(self.store, connection=self.connection, entity=entity, side=side, id=id).first()
        return known_from(row) if row is not None else None

    def records(self, *, states: Sequence[State], entity: str = "") -> Iterator[tuple[str, Known]]:
        """List the records in these states: entity and record, without content."""
        for row in _records(self.store, connection=self.connection, states=list(states), entity=entity):
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
                    plain(row.detail),
                    None,
                    row.link,
                    row.since,
                ),
            )

    def counts(self) -> dict[tuple[str, str, str, str], int]:
        """Count records by entity, side, state and reason."""
        rows = _count(self.store, connection=self.connection)
        return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}

    def unseen(self, entity: str, side: str, run: int, before: float) -> list[Known]:
        """Give a page of the linked records of a side that this run did not see, and that we do not know to be gone.

        Args:
            before: leave out what came about, or changed, after this moment.
        """
        unseen = _UNSEEN[self._column[side]]
        mine = {"connection": self.connection, "entity": entity, "side": side, "run": run}
        return [known_from(row) for row in unseen(self.store, **mine, before=before, most=PAGE)]

    def left_out(self, entity: str, side: str, run: int, before: float) -> list[Known]:
        """Give the records of a side, with content, that this run did not see.

        Args:
            before: leave out what came about, or changed, after this moment.
        """
        rows = _left_out(self.store, connection=self.connection, entity=entity, side=side, run=run, before=before)
        return [known_from(row) for row in rows]

    def count_seen(self, entity: str, side: str, run: int) -> int:
        """Count the records of a side that this run saw."""
        return int(_count_seen(self.store, connection=self.connection, entity=entity, side=side, run=run).scalar())

    def count_unseen(self, entity: str, side: str, run: int, before: float) -> tuple[int, int]:
        """Count the records of a side that this run did not see: those with a link that we do not know to be gone, and those without.

        Args:
            before: of those with a link leave out what came about, or changed, after this moment.
        """
        count = _COUNT_UNSEEN[self._column[side]]
        row = count(self.store, connection=self.connection, entity=entity, side=side, run=run, before=before).first()
        return int(row[0]), int(row[1])

    def forget_digest(self, entity: str, side: str, id: str) -> None:
        """Let a record count as changed when it is seen again."""
        _change(self.store, {"digest": b""}, connection=self.connection, entity=entity, side=side, id=id)

    def returned(self, links: Iterable[int], side: str) -> None:
        """Note that records that seemed to be gone are there; what happened to their counterparts meanwhile is looked at."""
        numbers = list(links)
        if not numbers:
            return
        column = self._column[side]
        back = list(_GONE[column](self.store, links=numbers).scalars())
        if not back:
            return
        self.db.execute(sa.update(t.links).where(t.links.c.id.in_(back)).values({f"{column}_gone": False}))
        counterparts = sa.update(t.records).where(r.link.in_(back), r.side != side, r.state == "excluded")
        for state, changed_meanwhile in (("pending", r.record.is_not(None)), ("synced", r.record.is_(None))):
            self.db.execute(counterparts.where(changed_meanwhile).values(state=state, reason="", cure="", detail=None))

    def drop(self, entity: str, side: str, ids: Sequence[str]) -> None:
        """Forget records that no longer concern this entity."""
        if not ids:
            return
        for table, c in ((t.keys, k), (t.records, r)):
            mine = (c.connection == self.connection, c.entity == entity, c.side == side, c.id.in_(ids))
            self.db.execute(sa.delete(table).where(*mine))

    def drop_unseen_unlinked(self, entity: str, side: str, run: int) -> None:
        """Forget records that were never linked and are no longer there."""
        what = {"connection": self.connection, "entity": entity, "side": side, "run": run}
        _drop_keys(self.store, **what)
        _drop_records(self.store, **what)

    def count_linked(self, entity: str, side: str) -> int:
        """Count the linked records of a side that are still there."""
        count = _COUNT_LINKED[self._column[side]]
        return int(count(self.store, connection=self.connection, entity=entity).scalar())

    def reconsider(self, entities: Iterable[str]) -> None:
        """Let every record of these entities be decided anew."""
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
        whose = {(row[0], row[1]) for row in rows} | set(of)
        for side in {each[0] for each in whose}:
            ids = sorted(id_ for where, id_ in whose if where == side)
            mine = {"connection": self.connection, "entity": entity, "side": side, "ids": ids}
            if only:
                _forget_key(self.store, **mine, name=only)
            else:
                _forget_keys(self.store, **mine)
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
                    "compared": shortened(compared),
                }
                for side, id_, name, value, compared in rows
                if compared
            ],
        )

    def found_by(self, entity: str, side: str, name: str, compared: Sequence[str]) -> dict[str, list[str]]:
        """Find records by a key: compared value → ids, in their order."""
        mine = {"connection": self.connection, "entity": entity, "side": side, "name": name}
        asked: dict[str, list[str]] = {}
        for each in dict.fromkeys(compared):
            asked.setdefault(shortened(each), []).append(each)
        result: dict[str, list[str]] = {}
        # Asked for an order, a database may read all keys of this name in it rather than look up a few and sort those.
        for id_, value in sorted((row.id, row.compared) for row in _found_by(self.store, **mine, compared=list(asked))):
            for each in asked[value]:
                result.setdefault(each, []).append(id_)
        return result

    def key_of(self, entity: str, side: str, id: str, name: str) -> str | None:
        """Give the value, as written, of a key of a record."""
        value = _key_of(self.store, connection=self.connection, entity=entity, side=side, id=id, name=name).scalar()
        return None if value is None else str(value)

    def is_known_by(self, entity: str, side: str, name: str, value: str) -> bool:
        """Tell whether any record has this value as a key."""
        return bool(self.found_by(entity, side, name, [value]))

    def amounts(self, entity: str, side: str, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Give these keys of each record that takes part, whether it is in sync or not; of those that have all of them."""
        tables = [t.keys.alias() for _ in names]
        query = sa.select(*(each.c.value for each in tables)).select_from(t.records)
        mine = [r.connection == self.connection, r.entity == entity, r.side == side, r.state != "excluded"]
        for name, each in zip(names, tables, strict=True):
            c = each.c
            same = (c.connection == r.connection, c.entity == r.entity, c.side == r.side, c.id == r.id)
            mine += [*same, c.name == name]
        for row in self.db.execute(query.where(*mine)):
            yield tuple(row)

    def take_in_again(self, entity: str, detail: Any) -> None:
        """Let records that stay out be decided about anew, of which this was noted."""
        _take_in_again(self.store, connection=self.connection, entity=entity, detail=encode(detail))

    def key_owner(self, entity: str, side: str, name: str, value: str) -> str | None:
        """Give the id of a record that has this value as a key, or None."""
        ids = self.found_by(entity, side, name, [value]).get(value, [])
        return ids[0] if ids else None

    def unlinked_keys(self, entity: str, side: str, name: str, after: str = "") -> list[tuple[str, str]]:
        """Give a page of (id, compared value) of the records of a side that have no link yet, ordered by id."""
        rows = _unlinked_keys(
            self.store, connection=self.connection, entity=entity, side=side, name=name, after=after, most=PAGE
        )
        return [(row.id, row.compared) for row in rows]
