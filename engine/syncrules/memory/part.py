"""What every part of the memory builds on, and the statements that are run for every record."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from syncrules.memory import tables as t
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

    def __call__(self, db: Connection, **values: Any) -> sa.CursorResult[Any]:
        """Run it with these values."""
        return db.execute(self._statement, {f"in_{name}": value for name, value in values.items()})


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

    def _of(self, entity: str, side: str, id: str) -> dict[str, str]:
        return {"in_connection": self.connection, "in_entity": entity, "in_side": side, "in_id": id}
