"""Whether a state store can be used as it is, asked without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import sqlalchemy as sa

from syncrules.errors import StateError
from syncrules.memory.address import database, file_of, url_of
from syncrules.memory.store import Store


def version(where: str) -> str | None:
    """Tell at which step the tables of a store stand; None if there are none yet.

    Raises:
        StateError: it cannot be read.
    """
    path = file_of(where)
    if path is not None and not path.exists():
        return None
    try:
        if path is not None:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as raw:
                found = raw.execute("select version_num from alembic_version").fetchone()
                return str(found[0]) if found else None
        engine = database(url_of(where))
        try:
            with engine.connect() as db:
                there = sa.inspect(db).has_table("alembic_version")
                return str(db.execute(sa.text("select version_num from alembic_version")).scalar()) if there else None
        finally:
            engine.dispose()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise StateError(
            f"the state store '{where}' cannot be used: {error}", cure="Check its path and rights."
        ) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            f"the state store '{where}' cannot be used: {error}", cure="Put it aside and restore a copy."
        ) from error
    except sa.exc.DatabaseError as error:
        raise StateError(
            "the state store cannot be reached", cure="Check that it runs, and what --state says."
        ) from error


def integrity(store: Store) -> str:
    """Say what is damaged; empty if nothing is, or if the database looks after itself."""
    if store.engine.dialect.name != "sqlite":
        return ""
    found = store.db.exec_driver_sql("pragma quick_check(1)").scalar()
    store.db.rollback()
    return "" if found == "ok" else str(found)
