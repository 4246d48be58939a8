"""Moving a state store elsewhere: every table, all or nothing, and held against the original before anybody may use it.

Whoever is killed meanwhile leaves the original as it was, and nothing in the other place. What is sealed is copied as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syncrules.errors import StateError, SyncRulesError, UsageError
from syncrules.memory import tables as t
from syncrules.memory.address import database, file_of, url_of
from syncrules.memory.kept import PAGE
from syncrules.memory.store import Store
from syncrules.memory.texts import fitting
from syncrules.memory.upgrade import HEAD, MOVED, refuse_if_moved, version_of

Told = Callable[[str, int, int], None]
"""Is told how it gets on: table, rows so far, rows in all."""
_LARGEST = 1 << 128


class InUse(SyncRulesError):
    """Somebody works with a store that is to be moved."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a table."""

    rows: int = 0
    digest: int = 0
    """Of all rows, in whatever order they come."""

    def __add__(self, row: Any) -> Content:
        content = "\x1e".join(_plain(each) for each in row)
        added = int.from_bytes(blake2b(content.encode(errors="surrogatepass"), digest_size=16).digest(), "big")
        return Content(self.rows + 1, (self.digest + added) % _LARGEST)


def _plain(value: Any) -> str:
    """Write a value so that each database gives the same: kind and content."""
    match value:
        case bytes():
            return f"bytes {value.hex()}"
        case str():
            return f"text {fitting(value)}"
        case _:
            return f"{type(value).__name__} {value!r}"


def content(store: Store) -> dict[str, Content]:
    """Look at all that a store holds, inside a transaction."""
    found = {}
    for table in t.metadata.sorted_tables:
        found[str(table.name)] = Content()
        for row in _rows(store.db, table):
            found[str(table.name)] += row
    return found


def _rows(db: Connection, table: sa.Table) -> Iterator[Any]:
    yield from db.execute(sa.select(table), execution_options={"stream_results": True, "yield_per": PAGE})


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    tables: Mapping[str, Content]
    already: bool
    """All of it was there, because an earlier move was cut off at its very end."""


def move(source: Store, target: Store, told: Told = lambda *_: None) -> Moved:
    """Copy all that a store holds, make sure that it arrived, and let nobody go on with the original.

    Raises:
        InUse: a run, or another command, works with one of them.
        UsageError: there is something else in the target.
        StateError: what arrived is not what was sent; then nothing was changed.
    """
    if source.path is not None and target.path is not None and source.path.resolve() == target.path.resolve():
        raise UsageError("a state store cannot be moved to where it is", cure="Give --to another place.")
    with source.whole() as ours, target.whole() if ours else nullcontext(False) as free:
        if not ours:
            raise InUse(
                "somebody works with the state store that is to be moved",
                cure="Nothing was done. Wait until no run is under way, and move it then.",
            )
        if not free:
            raise InUse(
                "somebody works with the state store that is to be filled, or it is the one that is to be moved",
                cure="Nothing was done. Give --to another place.",
            )
        with source.transaction():
            _keep_others_out(source)
            refuse_if_moved(source)
            moved = _arrive(source, target, told)
            source.db.execute(sa.text("update alembic_version set version_num = :now"), {"now": f"{MOVED}{HEAD}"})
    return moved


def _keep_others_out(source: Store) -> None:
    """Let nobody write to a store until the end of the transaction, not even who heeds no lock of ours."""
    if source.engine.dialect.name == "sqlite":
        source.db.exec_driver_sql("begin immediate")
        return
    for table in t.metadata.sorted_tables:
        source.db.exec_driver_sql(f'lock table "{table.name}" in share mode')


def _arrive(source: Store, target: Store, told: Told) -> Moved:
    with target.transaction():
        there = content(target)
        if any(each.rows for each in there.values()):
            if content(source) == there:
                return Moved(there, already=True)
            raise _not_empty(target, there)
        sent = {str(table.name): _copy(source.db, target.db, table, told) for table in t.metadata.sorted_tables}
        _go_on_counting(target)
        _hold_against(sent, content(target))
    return Moved(sent, already=False)


def _not_empty(target: Store, there: Mapping[str, Content]) -> UsageError:
    names = [f"'{each.name}'" for each in target.connections()]
    rows = sum(each.rows for each in there.values())
    whose = f", of {', '.join(names[:5])}" if names else ""
    return UsageError(
        f"the place to move to is not empty: it holds {rows} rows{whose}",
        cure="Nothing was copied, and nothing changed there. Give --to an empty database, or a file that is not there yet.",
    )


def _copy(source: Connection, target: Connection, table: sa.Table, told: Told) -> Content:
    total = int(source.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
    result = Content()
    page: list[dict[str, Any]] = []
    for row in _rows(source, table):
        result += row
        page.append(row._asdict())
        if len(page) == PAGE:
            target.execute(sa.insert(table), page)
            page = []
            told(table.name, result.rows, total)
    if page:
        target.execute(sa.insert(table), page)
        told(table.name, result.rows, total)
    return result


def _go_on_counting(target: Store) -> None:
    """Let the numbers that a database gives go on behind those that came with the rows; SQLite looks for itself."""
    if target.engine.dialect.name == "sqlite":
        return
    for table in t.metadata.sorted_tables:
        if table.autoincrement_column is not None:
            name = table.autoincrement_column.name
            last = sa.select(sa.func.max(table.c[name])).scalar_subquery()
            sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', name)
            target.db.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(last, 1), last.is_not(None))))


def _hold_against(sent: Mapping[str, Content], arrived: Mapping[str, Content]) -> None:
    wrong = [name for name, each in sent.items() if each != arrived[name]]
    if wrong:
        raise StateError(
            f"what arrived is not what was sent, in {', '.join(wrong)}",
            cure="Nothing was changed in either place. Please report it: this may not happen.",
        )


def reopen(where: str) -> None:
    """Let a store be used again that was moved elsewhere.

    Raises:
        UsageError: it was not moved.
        StateError: it cannot be used.
    """
    path = file_of(where)
    if path is not None and not path.exists():
        raise StateError(f"there is no state file '{where}'", cure="Name it with --state.")
    with Store(_engine(where, path), path) as store, store.transaction():
        version = version_of(store) or ""
        if not version.startswith(MOVED):
            raise UsageError("this state store was not moved", cure="It can be used as it is.")
        now = {"now": version.removeprefix(MOVED)}
        store.db.execute(sa.text("update alembic_version set version_num = :now"), now)


def _engine(where: str, path: Path | None) -> sa.Engine:
    return database(url_of(where)) if path is None else sa.create_engine(sa.URL.create("sqlite", database=str(path)))
