"""What a database on a server is that a file is not: reached over a network, shared with others, ruled by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

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
_RUNS = "Check that it runs and can be reached, and what --state says. Nothing was lost: run again."
CURES: Mapping[str, str] = {
    "42501": _RIGHTS,
    "3F000": _RIGHTS,
    "25006": "It only lets itself be read: give --state the address of the server that is written to. Nothing was lost: run again.",
    "42P01": "Restore a copy. Without one, take out of this schema what syncrules made, and connect again: what belongs together "
    "is found again by id and keys, without duplicates.",
    "55P03": "Another program is using it. Wait until it is done, then run again.",
    "40P01": "Another program was using it at the same time. Nothing was lost: run again.",
    "53100": "Give it room. Nothing was lost: run again.",
    "53300": "Too many programs are using the server: let some of them end, or allow more (max_connections). Then run again.",
}
"""What helps, by what PostgreSQL calls an error."""
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
    """Tell of what a driver says whether the server is only away for now; if not, it is there and refuses whoever asks."""
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
