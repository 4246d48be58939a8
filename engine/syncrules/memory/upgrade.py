"""Which step the tables of a store stand at, and how they are brought up to date."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import sqlalchemy as sa

from syncrules.errors import StateError
from syncrules.memory import locks
from syncrules.memory.trouble import named

if TYPE_CHECKING:
    from syncrules.memory.store import Store

HEAD = "0012"
"""The migration that the tables of this version stand at."""
MOVED = "moved at "
"""What stands before the migration in a store that was moved elsewhere: nobody goes on with it by mistake."""


def migrate(store: Store) -> None:
    """Bring the tables up to date, all of them or none: whoever is killed meanwhile leaves nothing half made."""
    version = version_of(store)
    store.db.commit()
    if version == HEAD:
        return
    with store.begun():
        if store.engine.dialect.name == "sqlite":
            # By itself, its driver begins no transaction for tables.
            store.db.exec_driver_sql("begin immediate")
        else:
            store.db.execute(sa.select(sa.func.pg_advisory_xact_lock(locks.number("tables"))))
        version = version_of(store)  # another may have been at it
        if version != HEAD:
            _upgrade(store, version)


def version_of(store: Store) -> str | None:
    """Tell at which step the tables of a store stand; None if there are none yet."""
    if not sa.inspect(store.db).has_table("alembic_version"):
        return None
    found: str | None = store.db.execute(sa.text("select version_num from alembic_version")).scalar()
    return found


def refuse_if_moved(store: Store) -> None:
    """Make sure that a store is still the one that is in use.

    Raises:
        StateError: it was moved elsewhere.
    """
    _refuse_if_moved(store, version_of(store))


def _refuse_if_moved(store: Store, version: str | None) -> None:
    if version is not None and version.startswith(MOVED):
        raise StateError(
            f"the state store {named(store.path)} was moved elsewhere, and is not used any more",
            cure="Give --state, or SYNCRULES_STATE, where it is now. Was that given up, and nothing run there? Then "
            "'syncrules state reopen' lets this one be used again.",
        )


def _upgrade(store: Store, version: str | None) -> None:
    import alembic.command
    import alembic.config
    from alembic.script import ScriptDirectory

    _refuse_if_moved(store, version)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(files("syncrules.memory") / "migrations"))
    config.set_main_option("path_separator", "os")
    if version is not None and version not in {
        each.revision for each in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise StateError(
            f"the state store was written by a newer version of syncrules (its step is {version})",
            cure="Use that version, or restore a copy from before the upgrade.",
        )
    config.attributes["connection"] = store.db
    alembic.command.upgrade(config, "head")
