"""What went wrong with a state store, in a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from syncrules.errors import StateError
from syncrules.memory import server


def explain(path: Path | None, context: sa.engine.ExceptionContext) -> None:
    """Turn a failure of the store, wherever it happens, into a sentence."""
    error = context.sqlalchemy_exception
    if error is not None and (_is_about_it(error) or (path is None and server.is_about_the_store(error))):
        raise _state_error(path, error) from error


class explained:  # noqa: N801  # like `suppress`; made for every statement, so it is no generator
    """Turn what SQLite says of a store into a sentence, where it was asked directly."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Nothing is held."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sqlite3.Error) and _is_about_it(error):
            raise _state_error(self.path, error) from error


def _is_about_it(error: Exception) -> bool:
    """Tell whether an error is about the store, and not about what was asked of it."""
    if isinstance(error, sa.exc.OperationalError | sqlite3.OperationalError):
        return True
    return type(error) in (sa.exc.DatabaseError, sqlite3.DatabaseError)


class told:  # noqa: N801
    """Turn what the file system throws into a sentence."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Nothing is held."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, sa.exc.DatabaseError | sqlite3.DatabaseError | OSError):
            raise _state_error(self.path, error) from error


def named(path: Path | None) -> str:
    """Name a store in a sentence."""
    return f"'{path}'" if path is not None else "the database"


def _state_error(path: Path | None, error: Exception) -> StateError:
    where = named(path)
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    if path is None:
        cure = server.cure_of(error)
    elif "not a database" in said or "malformed" in said:
        cure = "Put the file aside: the next run makes a new one and finds the links again by id and keys, without duplicates. The connection must be made again."
    elif "locked" in said:
        cure = "Another program is using it. Wait until it is done, then run again."
    else:
        cure = "Check that the folder exists, can be written and has room. Nothing was lost: run again."
    return StateError(f"the state store {where} cannot be used: {said}", cure=cure)
