"""What the systems of a connection said of themselves, as far as it concerns one run: who asks, and what has been looked at then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from syncrules.memory.hints import Said
from syncrules.memory.kept import name_of
from syncrules.memory.memory import Memory

if TYPE_CHECKING:
    from syncrules.connection import Connection

LONGEST = 3600.0
"""Seconds after which something that was said is forgotten, although no run could look at it: the rhythm goes on."""


def asking(connection: Connection) -> set[str]:
    """Name the sides that want this connection, or this pair of its books, to be brought up to date."""
    return {each.side for each in _of_all(connection).hints() if each.what == "asked" and _is_meant(connection, each)}


def looked_at(connection: Connection, started: float) -> None:
    """Forget what was said before a run began that came to its end.

    A change that a system may not have shown yet is looked at once more: it is kept. So is what concerns a pair of books in which
    something went wrong.
    """
    memory = _of_all(connection)
    done = list(_done(connection, memory, started))
    if done:
        with memory.store.transaction():
            memory.looked_at(done)


def unripe(memory: Memory, lags: dict[str, float], now: float) -> float | None:
    """Tell in how many seconds a system shows everything of which it spoke; None if it does already.

    Args:
        lags: side → seconds for which a list may still not show what was written.
    """
    ripe = [each.at + lags[each.side] - now for each in memory.hints() if each.what == "changed" and each.side in lags]
    return max((each for each in ripe if each > 0), default=None)


def _done(connection: Connection, memory: Memory, started: float) -> Iterator[Said]:
    others = {id_ for pair in connection.pairs for id_ in _ids(pair)} if connection.books is None else set()
    read = {
        (side, each.resource) for entity in connection.spec.entities.values() for side, each in entity.sources.items()
    }
    for each in memory.hints():
        old = each.what != "deleted" and each.at <= started - LONGEST
        if connection.books is not None:
            done = each.what == "asked" and bool(each.id) and _is_meant(connection, each) and each.at <= started
        elif each.what == "asked":
            done = each.at <= started and each.id not in others
        elif each.what == "changed" or (each.side, each.resource) not in read:
            lag = connection.spec.manifests[each.side].lag.total_seconds()
            done = each.at + lag <= started
        else:
            done = False  # whoever looks at the record forgets it
        if done or (old and connection.books is None):
            yield each


def _is_meant(connection: Connection, said: Said) -> bool:
    return not said.id or connection.books is None or said.id in _ids(connection, said.side)


def _ids(pair: Connection, side: str = "") -> set[str]:
    """Give the ids of the records that a pair of books stands for, on one side or on both."""
    if pair.books is None:
        return set()
    scope, manifests = pair.spec.scope, pair.spec.manifests
    return {
        manifests[each].resources[scope[each]["resource"]].key_of(record)
        for each, record in pair.books.records.items()
        if side in ("", each)
    }


def _of_all(connection: Connection) -> Memory:
    """What is said concerns a connection as a whole, whichever of its pairs of books is meant."""
    return Memory(connection.memory.store, name_of(connection.row.name), connection.spec.sides)
