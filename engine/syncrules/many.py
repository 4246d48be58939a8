"""A connection with many pairs of books: each is run as a connection of its own, and hinders no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from syncrules import books
from syncrules.errors import ProviderError, UsageError
from syncrules.journey.rules import compile_rules
from syncrules.journey.run import Result
from syncrules.language import scoped
from syncrules.memory.kept import Books, within
from syncrules.memory.memory import Memory
from syncrules.provider import Provider
from syncrules.provider import scoped as opening_several

if TYPE_CHECKING:
    from syncrules.connection import Connection


def pairs(connection: Connection, systems: Mapping[str, Provider]) -> Iterator[Connection]:
    """Look which pairs of books there are, and give each that can be run as a connection of its own."""
    connection.pairs, mapping, name = [], connection.spec, connection.row.name
    if not mapping.scope or connection.books is not None:
        return
    store, now = connection.memory.store, connection.clock.now()
    there = {
        side: [each for page in systems[side].read(mapping.scope[side]["resource"]) for each in page]
        for side in mapping.sides
    }
    found = books.paired(mapping, there, store.books(name), now)
    with store.transaction():
        for each in found:
            store.save_books(name, each)
    for each in found:
        if each.state in ("open", "failed"):
            pair = inside(connection, each)
            connection.pairs.append(pair)
            yield pair


def inside(connection: Connection, pair: Books) -> Connection:
    """Give one pair of books as a connection of its own, with a memory of its own."""
    row, mapping = connection.row, connection.spec
    own = scoped.inside(mapping, pair.records[mapping.scope["named_by"]])
    settings = {**row.settings, **pair.settings}
    return replace(
        connection,
        row=replace(row, name=within(row.name, pair.key), settings=settings, accounts=pair.accounts, digest=pair.digest),
        spec=own,
        rules=compile_rules(own, settings, connection.zone),
        memory=Memory(connection.memory.store, within(row.name, pair.key), mapping.sides),
        providers={side: opening_several(each).within(pair.records[side]) for side, each in connection.providers.items()},
        books=pair,
        pairs=[],
    )  # fmt: skip


def settled(connection: Connection, pair: Connection, work: Callable[[Connection], Result]) -> Result | None:
    """Work on one pair of books; what is wrong with it is noted there and hinders nobody else."""
    assert pair.books is not None
    store, name, now = connection.memory.store, connection.row.name, connection.clock.now
    try:
        if not pair.books.accounts:
            pair.books.accounts = {side: each.account().id for side, each in pair.providers.items()}
        result = work(pair)
    except (ProviderError, UsageError) as error:
        books.settle(store, name, pair.books, now(), error.message, error.cure)
        return None
    books.settle(store, name, pair.books, now())
    return result


def add(result: Result, one: Result | None, pair: Connection) -> None:
    """Count what was done in one pair of books together with the rest."""
    assert pair.books is not None
    if one is None:
        return
    for counts, more in ((result.counts, one.counts), (result.read, one.read)):
        for what, count in more.items():
            counts[what] = counts.get(what, 0) + count
    result.stopped += [f"{pair.books.title}: {each}" for each in one.stopped]
    result.first += [each for each in one.first if each not in result.first]
