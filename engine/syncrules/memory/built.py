"""Statements that are built once: building one costs more than running it.

SQLAlchemy writes them, for every database. SQLite is handed them without it: its way to SQLite and back takes several times as long
as SQLite does, and a run asks many small questions.
"""

from __future__ import annotations

import inspect
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from syncrules.memory.kept import PAGE
from syncrules.memory.texts import Words

if TYPE_CHECKING:
    from syncrules.memory.store import Store

Processor = Callable[[Any], Any]


class Rows(Protocol):
    """What a statement found: rows whose columns have a name and a place."""

    def __iter__(self) -> Iterator[Any]: ...

    def first(self) -> Any:
        """Give the first row, or None, and let go of the others."""

    def scalar(self) -> Any:
        """Give the first column of the first row, or None."""

    def scalars(self) -> Iterable[Any]:
        """Give the first column of each row."""


class Found:
    """What a statement found in SQLite."""

    __slots__ = ("_cursor", "_row")

    def __init__(self, cursor: sqlite3.Cursor, row: Callable[[Sequence[Any]], Any]) -> None:
        self._cursor = cursor
        self._row = row

    def __iter__(self) -> Iterator[Any]:
        return map(self._row, self._cursor)

    def first(self) -> Any:
        """Give the first row, or None, and let go of the others."""
        row = self._cursor.fetchone()
        self._cursor.close()
        return None if row is None else self._row(row)

    def scalar(self) -> Any:
        """Give the first column of the first row, or None."""
        row = self.first()
        return None if row is None else row[0]

    def scalars(self) -> Iterable[Any]:
        """Give the first column of each row."""
        return (row[0] for row in self)


class Prepared:
    """A statement as SQLite takes it.

    Args:
        columns: what is written, where the statement does not say so itself; a default of another column is not filled in.
    """

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect, columns: Sequence[str] = ()) -> None:
        compiled = cast(
            SQLCompiler, cast(sa.ClauseElement, statement).compile(dialect=dialect, column_keys=columns or None)
        )
        self.sql = str(compiled)
        self._names = compiled.positiontup or []
        self._given = {name: each.value for name, each in compiled.binds.items() if not each.required}
        binds = {name: each.type.dialect_impl(dialect).bind_processor(dialect) for name, each in compiled.binds.items()}
        self._binds = {name: each for name, each in binds.items() if each is not None}
        found = list(statement.selected_columns) if isinstance(statement, sa.Select) else []
        self._row = _reader([each.key or "" for each in found], [_result(each.type, dialect) for each in found])

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Put values into the order of the question marks."""
        given, binds = self._given, self._binds
        return [
            binds[name](values[name])
            if name in binds and name in values
            else values[name]
            if name in values
            else given[name]
            for name in self._names
        ]

    def found(self, cursor: sqlite3.Cursor) -> Found:
        """Give what was found."""
        return Found(cursor, self._row)


def _result(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Processor | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _reader(names: Sequence[str], processors: Sequence[Processor | None]) -> Callable[[Sequence[Any]], Any]:
    """Make what gives each column its name, and its value the type that it has in Python."""
    make: Callable[[Iterable[Any]], Any] = cast(Any, namedtuple("Row", names, rename=True))._make
    those = [(place, each) for place, each in enumerate(processors) if each is not None]
    if not those:
        return make

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, processor in those:
            values[place] = processor(values[place])
        return make(values)

    return read


class Built:
    """A statement that is built once.

    Made from a function that takes the values of the statement and gives it back; a parameter that is a list stands in an `in_`.
    For lists it is built once for each power of two: filled up with their last value, all of them fit one of a few.
    """

    def __init__(self, build: Callable[..., sa.Executable]) -> None:
        self._build = build
        self._built: dict[tuple[int, ...], sa.Executable] = {}
        self._prepared: dict[tuple[tuple[int, ...], tuple[str, ...]], Prepared] = {}

    @cached_property
    def _parameters(self) -> Mapping[str, sa.types.TypeEngine[Any] | None]:
        """The type of what is in a list; None if the parameter is no list."""
        annotated = {each.name: str(each.annotation) for each in inspect.signature(self._build).parameters.values()}
        return {name: _LISTS.get(annotation) for name, annotation in annotated.items()}

    def __call__(self, store: Store, columns: Mapping[str, Any] = {}, /, **values: Any) -> Rows:
        """Run it with these values.

        Args:
            columns: what is written, column by column; of an update or an insert that does not say so itself.
        """
        filled, sizes = self._filled(columns, values)
        if store.on_server:
            return store.db.execute(self._statement(sizes), filled)
        prepared = self._as_sqlite_takes_it(store, sizes, columns)
        return prepared.found(store.carry_out(prepared, [filled]))

    def many(self, store: Store, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an insert that has no values of its own, row by row."""
        if store.on_server:
            store.db.execute(self._statement(()), rows)
        elif rows:
            store.carry_out(self._as_sqlite_takes_it(store, (), rows[0]), rows)

    def made(self, store: Store, columns: Mapping[str, Any]) -> int:
        """Run an insert of one row and give the number that the row was given."""
        if store.on_server:
            key = store.db.execute(self._statement(()), columns).inserted_primary_key
            assert key is not None
            return int(key[0])
        number = store.carry_out(self._as_sqlite_takes_it(store, (), columns), [columns]).lastrowid
        assert number is not None
        return number

    def _filled(self, columns: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:
        filled, sizes = dict(columns), []
        for name, type_ in self._parameters.items():
            if type_ is None:
                filled[f"in_{name}"] = values[name]
                continue
            given = values[name] or [None]  # nothing is one of none
            sizes.append(1 << (len(given) - 1).bit_length() if len(given) <= PAGE else len(given))
            filled |= {f"in_{name}_{number}": given[min(number, len(given) - 1)] for number in range(sizes[-1])}
        return filled, tuple(sizes)

    def _statement(self, sizes: tuple[int, ...]) -> sa.Executable:
        if sizes not in self._built:
            left = iter(sizes)
            self._built[sizes] = self._build(
                **{
                    name: sa.bindparam(f"in_{name}")
                    if type_ is None
                    else [sa.bindparam(f"in_{name}_{number}", type_=type_) for number in range(next(left))]
                    for name, type_ in self._parameters.items()
                }
            )
        return self._built[sizes]

    def _as_sqlite_takes_it(self, store: Store, sizes: tuple[int, ...], columns: Iterable[str]) -> Prepared:
        what = (sizes, tuple(columns))
        if what not in self._prepared:
            self._prepared[what] = Prepared(self._statement(sizes), store.engine.dialect, what[1])
        return self._prepared[what]


def one_of(texts: Iterable[str]) -> list[sa.BindParameter[str]]:
    """Give texts that are known beforehand to an `in_`, so that they stand in the statement when it is built."""
    return [sa.literal(each) for each in texts]


_LISTS: Mapping[str, sa.types.TypeEngine[Any]] = {"Sequence[str]": Words(), "Sequence[int]": sa.BigInteger()}
