"""The simulator with its state store in a database, and what stands in two stores when the same was played with both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
import stores

from syncrules.memory import tables
from syncrules.memory.store import Store, open_store
from syncrules.simulator import play
from syncrules.simulator.play import SimulatedStore

NUMBERS = ("id", "run", "seen", "link", "parent")
"""Columns that hold a number which the database gives: one that was rolled back is given again by SQLite, and never by PostgreSQL."""


class InDatabase(SimulatedStore):
    """A state store in a database; it may be killed like the one in memory."""

    def empty(self) -> None:
        self.db.rollback()
        self.db.exec_driver_sql("select empty()")
        self.db.commit()


@contextmanager
def in_a_database() -> Iterator[InDatabase]:
    """Let whatever is simulated keep its state in a database."""
    url = stores.database()
    with open_store(url) as made:
        store = InDatabase(made.engine, None)
        store.before_each(store.count)
        with patch.object(play, "_store", lambda: store):
            yield store
        store.db.close()
    stores.give_back(url)


def content(store: Store) -> dict[str, list[Any]]:
    """Give all that is remembered: table → its rows in some order that is always the same, without the numbers that were given."""
    found = {}
    for table in tables.metadata.sorted_tables:
        numbered = [each for each in table.c if each.name in NUMBERS and isinstance(each.type, sa.Integer)]
        columns = [each for each in table.c if each not in numbered]
        found[table.name] = sorted([tuple(row) for row in store.db.execute(sa.select(*columns))], key=repr)
    store.db.rollback()
    return found
