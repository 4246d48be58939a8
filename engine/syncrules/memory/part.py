"""What every part of the memory builds on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syncrules.memory.store import Store


class Built:
    """A statement that is built once: building one costs more than running it.

    Made from a function that takes the values of the statement and gives it back; a parameter that is a list stands in an `in_`.
    """

    def __init__(self, build: Callable[..., sa.Executable]) -> None:
        self._build = build

    @cached_property
    def _statement(self) -> sa.Executable:
        return self._build(
            **{
                name: sa.bindparam(f"in_{name}", expanding="Sequence" in str(each.annotation))
                for name, each in inspect.signature(self._build).parameters.items()
            }
        )

    def __call__(
        self, db: Connection, columns: Mapping[str, Any] | Sequence[Mapping[str, Any]] = {}, /, **values: Any
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run it with these values.

        Args:
            columns: what is written, column by column, or row by row; of an update or an insert that does not say so itself.
        """
        if not isinstance(columns, Mapping):
            return db.execute(self._statement, columns)
        return db.execute(self._statement, {**columns, **{f"in_{name}": value for name, value in values.items()}})


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
