"""Where a state store is: a file, or a database by its URL."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from syncrules.errors import StateError
from syncrules.memory import server

_A_URL = "Give the path of a file, or a URL such as postgresql://USER:PASSWORD@HOST:5432/DATABASE."
_LIKE_A_URL = re.compile(r"(postgres|postgresql|sqlite)(\+\w+)?:")
"""A URL in which something is missing is not taken for the name of a file."""


def file_of(where: str | Path) -> Path | None:
    """Give the file that is meant by what `--state` says; None if it is a database elsewhere.

    Raises:
        StateError: it looks like a URL and is none, or nothing can be kept there.
    """
    if isinstance(where, Path) or not ("://" in where or _LIKE_A_URL.match(where)):
        return Path(where)
    url = url_of(where)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def patience(where: str | Path) -> float:
    """Tell for how many seconds a file is waited for that another program holds: `sqlite:///FILE?timeout=SECONDS`.

    Raises:
        StateError: what stands there is no number.
    """
    said = "30" if isinstance(where, Path) or "://" not in where else str(url_of(where).query.get("timeout", "30"))
    if not said.isdecimal():
        raise StateError(f"--state names a timeout of '{said}'", cure="Give a whole number of seconds.")
    return float(said)


def url_of(text: str) -> sa.URL:
    """Read the URL of a state store. It is never shown: there may be a password in it.

    Raises:
        StateError: it is none, it leads nowhere, or nothing can be kept there.
    """
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise StateError(
            "what --state says is not the URL of a database",
            cure=f"{_A_URL} In a password, whatever is not a letter or a digit is written as % and two digits.",
        ) from error
    backend = url.get_backend_name()
    if backend not in ("postgresql", "sqlite"):
        raise StateError(f"the state store cannot be kept in '{backend}'", cure=_A_URL)
    if backend == "sqlite" and not url.database:
        raise StateError("what --state says names no file", cure=_A_URL)
    wrong = server.nowhere(url) if backend == "postgresql" else ""
    if wrong:
        raise StateError(f"the URL in --state leads nowhere: {wrong}", cure=_A_URL)
    return url


def database(url: sa.URL) -> Engine:
    """Prepare to reach a database, with the driver that its URL names or the usual one.

    Raises:
        StateError: there is no such driver here.
    """
    url = server.with_driver(url)
    try:
        engine = sa.create_engine(url, connect_args=server.arguments(url))
    except sa.exc.NoSuchModuleError as error:
        raise StateError(f"there is no driver '{url.drivername}'", cure=_A_URL) from error
    except ImportError as error:
        missing = error.name or "psycopg"
        package = "psycopg[binary]" if missing.startswith("psycopg") and missing != "psycopg2" else missing
        raise StateError(
            f"the driver for PostgreSQL, {missing}, is not installed here",
            cure=f"Install it beside syncrules: pip install '{package}'.",
        ) from error
    if engine.dialect.is_async:
        raise StateError(f"the driver '{url.drivername}' cannot be used here", cure=_A_URL)
    server.prepare(engine)
    return engine
