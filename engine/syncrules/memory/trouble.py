"""What went wrong with a state store, in a sentence."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import sqlalchemy as sa

from syncrules.errors import StateError
from syncrules.memory import server

ROOM = 1 << 20
"""Bytes; with less of them a disk is full."""


def explain(path: Path | None, context: sa.engine.ExceptionContext) -> None:
    """Turn a failure of the store, wherever it happens, into a sentence."""
    error = context.sqlalchemy_exception
    if error is not None and (_is_about_it(error) or (path is None and server.is_about_the_store(error))):
        raise _state_error(path, error, context.engine.url if context.engine is not None else None) from error


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


DAMAGED = (
    "Put the file aside: the next run makes a new one and finds the links again by id and keys, without duplicates. "
    "The connection must be made again."
)


def _state_error(path: Path | None, error: Exception, url: sa.URL | None = None) -> StateError:
    if path is None:
        said, cure = server.why(error, url)
        where = server.shown(url) if url is not None else named(None)
        return StateError(f"the state store in {where} cannot be used: {said}", cure=cure)
    return of_a_file("the state store", path, error, damaged=DAMAGED)


def of_a_file(what: str, path: Path, error: BaseException, *, damaged: str) -> StateError:
    """Say why something that is kept in a file cannot be used.

    Args:
        damaged: what helps if the file is.
    """
    original = getattr(error, "orig", None) or error
    said = str(getattr(original, "strerror", None) or original).partition("\n")[0]
    if _is_full(path, original, said):
        said = "the disk is full"
        cure = f"Make sure that the disk of '{path.parent}' has room, and that no quota is used up. {StateError.AGAIN}"
    elif "not a database" in said or "malformed" in said:
        cure = damaged
    elif "locked" in said:
        cure = "Another program is using it. Wait until it is done, then run again."
    else:
        cure = f"Check that the folder exists, can be written and has room, and the file too. {StateError.AGAIN}"
    return StateError(f"{what} '{path}' cannot be used: {said}", cure=cure)


def state_error(what: str, url: str, error: Exception, *, damaged: str) -> StateError:
    """Say why something that is kept in a file, or in a database, cannot be used.

    Args:
        damaged: what helps if a file is.
    """
    if isinstance(error, StateError):
        return error
    where = sa.make_url(url)
    if where.get_backend_name() == "sqlite":
        return of_a_file(f"the file of {what}", Path(str(where.database)), error, damaged=damaged)
    said, cure = server.why(error, where)
    return StateError(f"{what} in {server.shown(where)} cannot be kept now: {said}", cure=cure)


@contextmanager
def told_of(what: str, url: str, *, damaged: str) -> Iterator[None]:
    """Turn what goes wrong with something that is kept in a file, or in a database, into such a sentence."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise state_error(what, url, error, damaged=damaged) from error


def _is_full(path: Path, error: BaseException, said: str) -> bool:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "is full" in said:
        return True
    with suppress(OSError):
        # Of what SQLite cannot write beside a file it only says that it could not.
        return "I/O error" in said and shutil.disk_usage(path.parent).free < ROOM
    return False


def make_sure_of_room(path: Path) -> None:
    """Make sure that there is some room beside a file: what is written into it may find a place there that was used before.

    Raises:
        OSError: there is none.
    """
    with TemporaryFile(dir=path.parent, buffering=0) as file:
        file.write(bytes(ROOM))
