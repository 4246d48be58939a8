"""What a database on a server is that a file is not: reached over a network, shared with others, ruled by somebody else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from syncrules.errors import StateError

PATIENCE = 30
"""Seconds for which a lock is waited for that another program holds; as long as for a file."""
REACHED: Mapping[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How long a server is waited for that does not answer, in the words of libpq: without them a dead line is found out after hours."""

_RIGHTS = (
    "Ask whoever keeps the database for what is missing: the user in --state must be allowed to make tables in its schema "
    "(GRANT CREATE, USAGE ON SCHEMA public TO …), or own those that are there. Then run again."
)
_RUNS = f"Check that it runs and can be reached, and what --state says. {StateError.AGAIN}"
_UNKNOWN_HOST = f"Check its name in --state, and that this machine finds out addresses (DNS). {StateError.AGAIN}"
_WRONG_URL = "Put the URL in --state right."
CURES: Mapping[str, str] = {
    "42501": _RIGHTS,
    "3F000": _RIGHTS,
    "25006": f"It only lets itself be read: give --state the address of the server that is written to. {StateError.AGAIN}",
    "42P01": "Restore a copy. Without one, take out of this schema what syncrules made, and connect again: what belongs together "
    "is found again by id and keys, without duplicates.",
    "55P03": "Another program is using it. Wait until it is done, then run again.",
    "40P01": f"Another program was using it at the same time. {StateError.AGAIN}",
    "53100": f"Give it room. {StateError.AGAIN}",
    "53300": "Too many programs are using the server: let some of them end, or allow more (max_connections). Then run again.",
}
"""What helps, by what PostgreSQL calls an error."""
_NO_URL = re.compile(r"invalid (connection option|port number|integer value|\w+ value)\b|\bbad value for ")
"""What libpq says of a URL, and not of the server."""
ABOUT_THE_STORE = ("25", "3F", "42501", "42P01", "42703", "40", "53", "54", "55", "57", "58", "XX")
"""How the errors begin that say something of the database, and not of what was asked of it."""


def is_server(url: sa.URL) -> bool:
    """Tell whether the driver of a URL speaks through libpq, and knows its words."""
    return url.get_backend_name() == "postgresql" and url.get_driver_name().startswith("psycopg")


def with_driver(url: sa.URL) -> sa.URL:
    """Name the usual driver where a URL names none."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def arguments(url: sa.URL) -> dict[str, Any]:
    """Give what a connection is made with besides its URL, which goes before."""
    if not is_server(url):
        return {}
    given = {"application_name": "syncrules", **REACHED}
    return {name: value for name, value in given.items() if name not in url.query}


def prepare(engine: Engine) -> None:
    """Let no connection of an engine wait for ever; a URL may say otherwise: `?options=-c lock_timeout=…`."""
    if is_server(engine.url) and "lock_timeout" not in str(engine.url.query.get("options", "")):
        sa.event.listen(engine, "connect", partial(_patient, PATIENCE))


def _patient(seconds: int, connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"set lock_timeout = '{seconds}s'")
    connection.commit()


def comes_back(said: str) -> bool:
    """Tell of what a driver says whether the server is only away for now; if not, it refuses whoever asks, or nobody can ask."""
    if _NO_URL.search(said):
        return False
    return "FATAL" not in said or any(each in said for each in ("starting up", "shutting down", "recovery", "too many"))


def code_of(error: BaseException) -> str:
    """Give the name that PostgreSQL has for an error; empty if it has none."""
    original = getattr(error, "orig", None) or error
    return str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")


def is_about_the_store(error: BaseException) -> bool:
    """Tell whether an error says something of the database, and not of what was asked of it."""
    return code_of(error).startswith(ABOUT_THE_STORE)


def cure_of(error: BaseException) -> str:
    """Say what helps."""
    return CURES.get(code_of(error), _RUNS)


def why(error: BaseException, url: sa.URL | None) -> tuple[str, str]:
    """Say what is wrong with a database, or with the way there, and what helps."""
    said = str(getattr(error, "orig", None) or error).partition("\n")[0]
    if "resolve host" in said or "translate host name" in said or "No address associated" in said:
        return f"nobody knows the address of that host now ({said.rpartition(': ')[2]})", _UNKNOWN_HOST
    return said, _WRONG_URL if _NO_URL.search(said) else cure_of(error)


def nowhere(url: sa.URL) -> str:
    """Say why nobody can be at the place that a URL names; empty if somebody can."""
    if url.port is not None and not 0 < url.port < 65_536:
        return f"there is no port {url.port}"
    try:
        (url.host or "").encode("idna")
    except UnicodeError:
        return f"no host can be called '{url.host}'"
    return ""


def shown(url: sa.URL) -> str:
    """Name a database in a sentence: where it is, and nothing by which anybody comes in."""
    host, port = url.host or url.query.get("host"), url.port or url.query.get("port")
    if not isinstance(host, str):
        return f"the database '{url.database}'"
    if host.startswith("/"):
        return f"the database '{url.database}' in {host}"
    return f"the database '{url.database}' at {host}, port {port or 5432}"
