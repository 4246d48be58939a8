"""What belongs together, and what each side looked like last time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built
from syncrules.memory.kept import PAGE, Link, plain
from syncrules.memory.part import Part
from syncrules.records import decode, encode

c = t.links.c


@Built
def _link(id: Any) -> sa.Executable:
    return sa.select(t.links).where(c.id == id)


def _by(column: str) -> Built:
    @Built
    def link_of(connection: Any, entity: Any, id: Any) -> sa.Executable:
        return sa.select(t.links).where(c.connection == connection, c.entity == entity, c[f"{column}_id"] == id)

    return link_of


def _departed(column: str, other: str) -> Built:
    @Built
    def departed(connection: Any, entity: Any, after: Any, most: Any) -> sa.Executable:
        mine = (c.connection == connection, c.entity == entity, c.id > after)
        there = (c[f"{column}_gone"], c[f"{other}_gone"].is_(False), c[f"{other}_id"].is_not(None))
        return sa.select(t.links).where(*mine, *there).order_by(c.id).limit(most)

    return departed


def _elsewhere(column: str) -> Built:
    @Built
    def elsewhere(connection: Any, entities: Sequence[str], id: Any) -> sa.Executable:
        return sa.select(c.entity).where(c.connection == connection, c.entity.in_(entities), c[f"{column}_id"] == id)

    return elsewhere


_LINK_OF = {column: _by(column) for column in ("left", "right")}
_ELSEWHERE = {column: _elsewhere(column) for column in ("left", "right")}
_DEPARTED = {"left": _departed("left", "right"), "right": _departed("right", "left")}


@Built
def _declared(connection: Any) -> sa.Executable:
    d = t.declared.c
    return sa.select(d.entity, d.row, d.digest).where(d.connection == connection)


@Built
def _make() -> sa.Executable:
    return sa.insert(t.links)


@Built
def _change(id: Any) -> sa.Executable:
    return sa.update(t.links).where(c.id == id)


class Links(Part):
    """The links of a connection."""

    def link(self, id: int) -> Link | None:
        """Find a link by its number."""
        row = _link(self.store, id=id).first()
        return self._link(row) if row is not None else None

    def link_of(self, entity: str, side: str, id: str) -> Link | None:
        """Find the link of a record."""
        find = _LINK_OF[self._column[side]]
        row = find(self.store, connection=self.connection, entity=entity, id=id).first()
        return self._link(row) if row is not None else None

    def links(self, entity: str, after: int = 0) -> list[Link]:
        """Give the next page of the links of an entity, in the order in which they were made."""
        mine = (c.connection == self.connection, c.entity == entity, c.id > after)
        query = sa.select(t.links).where(*mine).order_by(c.id).limit(PAGE)
        return [self._link(row) for row in self.db.execute(query)]

    def every_link(self, entity: str) -> Iterator[Link]:
        """Give all links of an entity, in the order in which they were made; never more than a page of them is in memory."""
        after = 0
        while page := self.links(entity, after):
            after = page[-1].id
            yield from page

    def departed(self, entity: str, side: str, after: int = 0) -> list[Link]:
        """Give the next page of links whose record is gone on a side while its counterpart is still there."""
        departed = _DEPARTED[self._column[side]]
        rows = departed(self.store, connection=self.connection, entity=entity, after=after, most=PAGE)
        return [self._link(row) for row in rows]

    def forget_bases(self, entity: str) -> None:
        """Let nothing count as known of what the records of an entity looked like last time; who belongs to whom stays."""
        nothing, r = encode({}), t.records.c
        mine = (c.connection == self.connection, c.entity == entity)
        self.db.execute(sa.update(t.links).where(*mine).values(left_base=nothing, right_base=nothing))
        records = (r.connection == self.connection, r.entity == entity)
        self.db.execute(sa.update(t.records).where(*records).values(digest=b""))

    def declared(self, entity: str) -> dict[str, str]:
        """Tell by what rules the rows of an entity were last carried out: row → digest."""
        if self._declared is None:
            self._declared = {}
            for row in _declared(self.store, connection=self.connection):
                self._declared.setdefault(row.entity, {})[row.row] = row.digest
        return self._declared.get(entity, {})

    def declare(self, entity: str, digests: Mapping[str, str], outdated: Collection[str]) -> None:
        """Note by what rules the rows of an entity are carried out from now on.

        Args:
            outdated: rows of which what is known was made by other rules.
        """
        self._declared = None
        named = {"connection": self.connection, "entity": entity}
        self.store.upsert(t.declared, [{**named, "row": row, "digest": each} for row, each in digests.items()])
        if not outdated:
            return
        mine = (c.connection == self.connection, c.entity == entity)
        before = sa.select(c.outdated).where(*mine, c.outdated.is_not(None)).distinct()
        for old in [None, *self.db.execute(before).scalars()]:
            rows = encode(sorted({*(plain(old) or ()), *outdated}))
            self.db.execute(sa.update(t.links).where(*mine, c.outdated.is_not_distinct_from(old)).values(outdated=rows))

    def linked_elsewhere(self, entities: Iterable[str], side: str, id: str) -> str:
        """Name the entity to which this record already belongs; empty if none."""
        elsewhere = _ELSEWHERE[self._column[side]]
        found = elsewhere(self.store, connection=self.connection, entities=list(entities), id=id)
        return str(found.scalar() or "")

    def can_link(self, entity: str, side: str, id: str) -> bool:
        """Tell whether a record has no counterpart, or one that is there no more and may be replaced."""
        link = self.link_of(entity, side, id)
        return link is None or bool(link.gone[self._other(side)])

    def release_from_gone(self, entity: str, side: str, id: str) -> None:
        """Take a record apart from a counterpart that is there no more, of which nothing is kept."""
        link, other = self.link_of(entity, side, id), self._other(side)
        if link is not None and link.gone[other]:
            self.unlink(link.id)
            gone = str(link.ids[other])
            for table in (t.keys, t.records):
                its = table.c
                mine = (its.connection == self.connection, its.entity == entity, its.side == other, its.id == gone)
                self.db.execute(sa.delete(table).where(*mine))

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
        values = {
            "connection": self.connection,
            "entity": entity,
            "left_id": ids.get(left),
            "right_id": ids.get(right),
            "left_base": encode(base.get(left, {})),
            "right_base": encode(base.get(right, {})),
            "left_active": active.get(left),
            "right_active": active.get(right),
            "left_gone": False,
            "right_gone": False,
            "parent": parent,
        }
        return _make.made(self.store, values)

    def remember(self, link: Link) -> None:
        """Write a link as it is now."""
        left, right = self.sides
        values = {
            "left_id": link.ids.get(left),
            "right_id": link.ids.get(right),
            "left_base": encode(link.base.get(left, {})),
            "right_base": encode(link.base.get(right, {})),
            "left_active": link.active.get(left),
            "right_active": link.active.get(right),
            "left_gone": link.gone.get(left, False),
            "right_gone": link.gone.get(right, False),
            "outdated": encode(sorted(link.outdated)) if link.outdated else None,
        }
        _change(self.store, values, id=link.id)

    def unlink(self, id: int) -> None:
        """Take two records apart; both are then as if seen for the first time."""
        self.db.execute(
            sa.update(t.records).where(t.records.c.link == id).values(link=None, state="pending", digest=b"")
        )
        self.db.execute(sa.delete(t.links).where(c.id == id))

    def _other(self, side: str) -> str:
        left, right = self.sides
        return right if side == left else left

    def _link(self, row: Any) -> Link:
        left, right = self.sides
        return Link(
            id=row.id,
            entity=row.entity,
            ids={left: row.left_id, right: row.right_id},
            base={left: decode(row.left_base), right: decode(row.right_base)},
            active={left: row.left_active, right: row.right_active},
            gone={left: row.left_gone, right: row.right_gone},
            parent=row.parent,
            outdated=set(plain(row.outdated) or ()),
        )
