"""What every part of the memory builds on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syncrules.memory.kept import PAGE
from syncrules.memory.store import Store
from syncrules.memory.texts import Words


class Built:
    """A statement that is built once: building one costs more than running it.

    Made from a function that takes the values of the statement and gives it back; a parameter that is a list stands in an `in_`.
    For lists it is built once for each power of two: filled up with their last value, all of them fit one of a few.
    """

    def __init__(self, build: Callable[..., sa.Executable]) -> None:
        self._build = build
        self._built: dict[tuple[int, ...], sa.Executable] = {}

    @cached_property
    def _parameters(self) -> Mapping[str, sa.types.TypeEngine[Any] | None]:
        """The type of what is in a list; None if the parameter is no list."""
        annotated = {each.name: str(each.annotation) for each in inspect.signature(self._build).parameters.values()}
        return {name: _LISTS.get(annotation) for name, annotation in annotated.items()}

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

    def __call__(
        self, db: Connection, columns: Mapping[str, Any] | Sequence[Mapping[str, Any]] = {}, /, **values: Any
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run it with these values.

        Args:
            columns: what is written, column by column, or row by row; of an update or an insert that does not say so itself.
        """
        if not isinstance(columns, Mapping):
            return db.execute(self._statement(()), columns)
        filled, sizes = dict(columns), []
        for name, type_ in self._parameters.items():
            if type_ is None:
                filled[f"in_{name}"] = values[name]
                continue
            given = values[name]
            sizes.append(1 << (len(given) - 1).bit_length() if 0 < len(given) <= PAGE else len(given))
            filled |= {f"in_{name}_{number}": given[min(number, len(given) - 1)] for number in range(sizes[-1])}
        return db.execute(self._statement(tuple(sizes)), filled)


_LISTS: Mapping[str, sa.types.TypeEngine[Any]] = {"Sequence[str]": Words(), "Sequence[int]": sa.BigInteger()}


Cursor = tuple[str | None, float | None, str]
"""The last stamp, when everything was last read, and the rules it was read by."""


class Part:
    """What every part of a connection's memory knows: its store, its name, and which side is left."""

    def __init__(self, store: Store, connection: str, sides: tuple[str, str]) -> None:
        self.store = store
        self.connection = connection
        self.sides = sides
        self._column = {sides[0]: "left", sides[1]: "right"}
        self._decided: set[str] | None = None
        """Entities about whose records anything has been decided; None until asked for."""
        self._declared: dict[str, dict[str, str]] | None = None
        """Entity → row → digest of the rule by which it was last carried out; None until asked for."""
        self._cursors: dict[tuple[str, str], Cursor] | None = None
        """Side and resource → how far it has been read; None until asked for."""
        self._braked: set[tuple[str, str]] | None = None
        """Entity and name of the brakes that are on; None until asked for."""

    @property
    def db(self) -> Connection:
        return self.store.db
