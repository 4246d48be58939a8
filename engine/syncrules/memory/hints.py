"""What systems said of themselves and nobody has looked at yet; and at which address they call.

A hint is kept until it was looked at, once however often it was said: that is all there is to repetition and to order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from syncrules.memory import tables as t
from syncrules.memory.built import Built
from syncrules.memory.part import Part
from syncrules.memory.store import Store
from syncrules.memory.texts import fitting

MOST = 100
"""So many records of a resource are looked at one by one; of more, the whole list is read, and shows all of them."""
LONGEST = 255
"""Characters of an id; what is longer is nobody's, nor is what no store can keep as it is."""
h, k = t.hints.c, t.hooks.c


@dataclass(frozen=True, slots=True)
class Said:
    """What a system said, and when it said so last."""

    side: str
    resource: str
    id: str
    what: str
    """changed, deleted or asked, as the provider has it."""
    at: float


@dataclass(frozen=True, slots=True)
class Hook:
    """The address at which a system calls, and how it went so far."""

    side: str
    address: str
    """Without the key that ends it."""
    key: str
    """Digest of the key."""
    since: float
    received: int = 0
    refused: int = 0
    """Calls that were not signed as they must be."""
    last_at: float | None = None
    refused_at: float | None = None


def digest_of(key: str) -> str:
    """Give what is kept of the key that ends the address of a webhook: whoever reads the state store cannot call."""
    return sha256(key.encode()).hexdigest()


def _may_be_one(id: str) -> bool:
    return len(id) <= LONGEST and fitting(id) == id


@Built
def _hints(connection: Any) -> sa.Executable:
    return sa.select(t.hints).where(h.connection == connection, h.gone_at.is_(None)).order_by(h.at)


@Built
def _named(connection: Any, side: Any, resource: Any) -> sa.Executable:
    mine = (h.connection == connection, h.side == side, h.resource == resource, h.what == "deleted")
    return sa.select(h.id, h.at).where(*mine, h.gone_at.is_(None)).order_by(h.at, h.id)


@Built
def _gone_since(connection: Any, side: Any, resource: Any, since: Any) -> sa.Executable:
    mine = (h.connection == connection, h.side == side, h.resource == resource, h.gone_at >= since)
    return sa.select(sa.func.count()).select_from(t.hints).where(*mine)


def told_between(store: Store, after: float, until: float) -> set[str]:
    """Name the connections of which something was said between two moments that nobody has looked at yet."""
    mine = (h.gone_at.is_(None), h.what != "deleted", h.at > after, h.at <= until)
    return set(store.db.execute(sa.select(h.connection).where(*mine).distinct()).scalars())


class Hints(Part):
    """What the systems of a connection said, and at which addresses they call."""

    def hint(self, said: Iterable[Said]) -> None:
        """Keep what was said, until it is looked at."""
        rows = {(each.side, each.resource, each.id, each.what): each for each in said if _may_be_one(each.id)}
        for side, resource in {key[:2] for key in rows if key[3] == "deleted"}:
            known = self.named(side, resource)
            new = [key for key in rows if key[:2] == (side, resource) and key[3] == "deleted" and key[2] not in known]
            for key in new[max(MOST + 1 - len(known), 0) :]:
                del rows[key]
        self.store.upsert(
            t.hints,
            [
                {
                    "connection": self.connection,
                    "side": each.side,
                    "resource": each.resource,
                    "id": each.id,
                    "what": each.what,
                    "at": each.at,
                    "gone_at": None,
                }
                for each in rows.values()
            ],
        )

    def hints(self) -> list[Said]:
        """List what was said and not looked at yet, the oldest first."""
        rows = _hints(self.store, connection=self.connection)
        return [Said(row.side, row.resource, row.id, row.what, row.at) for row in rows]

    def named(self, side: str, resource: str) -> dict[str, float]:
        """Give the records that are said to be deleted, and when it was said: of all, if they are more than `MOST`."""
        return {row.id: row.at for row in _named(self.store, connection=self.connection, side=side, resource=resource)}

    def gone_since(self, side: str, resource: str, since: float) -> int:
        """Count the records that were said to be deleted and were gone indeed, since a moment."""
        what = {"connection": self.connection, "side": side, "resource": resource, "since": since}
        return int(_gone_since(self.store, **what).scalar())

    def looked_at(self, said: Iterable[Said]) -> None:
        """Forget what was said, unless it was said again since."""
        for each in said:
            mine = (h.connection == self.connection, h.side == each.side, h.resource == each.resource)
            same = (h.id == each.id, h.what == each.what, h.at <= each.at)
            self.db.execute(sa.delete(t.hints).where(*mine, *same))

    def were_gone(self, side: str, resource: str, ids: Collection[str], now: float, until: float) -> None:
        """Note that records were gone indeed, and forget those that were gone before a moment."""
        mine = (h.connection == self.connection, h.side == side, h.resource == resource, h.what == "deleted")
        if ids:
            self.db.execute(sa.update(t.hints).where(*mine, h.id.in_(list(ids))).values(gone_at=now))
        self.db.execute(sa.delete(t.hints).where(*mine, h.gone_at < until))

    # At which address they call ---------------------------------------------------------------------------------------

    def hooks(self) -> list[Hook]:
        """List the addresses at which systems call, by side."""
        rows = self.db.execute(sa.select(t.hooks).where(k.connection == self.connection).order_by(k.side))
        return [
            Hook(row.side, row.address, row.key, row.since, row.received, row.refused, row.last_at, row.refused_at)
            for row in rows
        ]

    def keep_hook(self, hook: Hook) -> None:
        """Note at which address a system calls from now on."""
        self.drop_hook(hook.side)
        mine = {"connection": self.connection, "side": hook.side, "address": hook.address, "key": hook.key}
        self.db.execute(sa.insert(t.hooks).values(**mine, since=hook.since, received=0, refused=0))

    def drop_hook(self, side: str) -> None:
        """Forget at which address a system calls."""
        self.db.execute(sa.delete(t.hooks).where(k.connection == self.connection, k.side == side))

    def count_calls_of(self, side: str, received: int, refused: int, now: float) -> None:
        """Count calls of a system that were genuine, and some that were not."""
        values: dict[str, Any] = {"received": k.received + received, "refused": k.refused + refused}
        values |= {"last_at": now} if received else {}
        values |= {"refused_at": now} if refused else {}
        self.db.execute(sa.update(t.hooks).where(k.connection == self.connection, k.side == side).values(**values))
