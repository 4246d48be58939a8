"""Who works with which connection, and who with the whole store: locks that go with the process that holds them.

Whoever works with one connection also shares the lock of the whole; whoever has that for itself is alone in the store.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO

import sqlalchemy as sa

WHOLE = ""
"""The lock of the whole store; no connection is called so."""


@contextmanager
def beside_a_file(path: Path, name: str, *, shared: bool = False) -> Iterator[bool]:
    """Hold a lock of the file system; gives False if somebody else holds it."""
    directory = path.parent / f"{path.name}.locks"
    directory.mkdir(exist_ok=True)
    # A connection's has an ending, so that none can be called like that of the whole.
    lock: IO[str] = (directory / (f"{name.replace('/', '_')}.lock" if name else "whole")).open("w")
    with lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def taken(key: int, *, shared: bool) -> sa.Select[tuple[bool]]:
    """Ask PostgreSQL for an advisory lock; it answers at once whether we have it."""
    return sa.select(sa.func.pg_try_advisory_lock_shared(key) if shared else sa.func.pg_try_advisory_lock(key))


def let_go(key: int, *, shared: bool) -> sa.Select[tuple[bool]]:
    """Let go of an advisory lock."""
    return sa.select(sa.func.pg_advisory_unlock_shared(key) if shared else sa.func.pg_advisory_unlock(key))


def is_free(key: int) -> sa.Executable:
    """Ask PostgreSQL, in any session, whether no session at all has an advisory lock for itself; nothing is held afterwards."""
    return _FREE.params(key=key)


_FREE = sa.select(sa.func.pg_try_advisory_xact_lock_shared(sa.bindparam("key", type_=sa.BigInteger)))


def number(text: str) -> int:
    """Make of a name the number that PostgreSQL locks by: one for all who use the same database, whatever they lock."""
    return int.from_bytes(blake2b(f"syncrules/{text}".encode(), digest_size=8).digest(), "big", signed=True)
