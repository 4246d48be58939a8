"""What the Silverfin sandbox takes the unreadable parts of Silverfin to be, read from `silverfin.yaml`; and how it says no."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from syncrules_providers.sandboxes.server import Answer

TABLES = ("sync routes", "routes", "members", "statuses", "habits")


class Refused(Exception):
    """The sandbox says no, with an HTTP status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@cache
def declaration() -> Mapping[str, Mapping[str, Any]]:
    """Read `silverfin.yaml`."""
    text = (files("syncrules_providers.sandboxes") / "silverfin.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return read


NOT_EMULATED: Mapping[str, str] = declaration()["not_emulated"]
"""What the facts tell and the sandbox does not do, and why not."""


class Readings:
    """What each unsettled thing is taken to be, by its name in the tables.

    Args:
        instead: other readings, by name.

    Raises:
        LookupError: a name is in no table.
        ValueError: a table lists the readings that there are, and this is none of them.
    """

    def __init__(self, instead: Mapping[str, Any]) -> None:
        rows = {name: row for each in TABLES for name, row in declaration()[each].items()}
        for name, value in instead.items():
            if name not in rows:
                raise LookupError(f"silverfin.yaml has no '{name}'")
            if "or" in rows[name] and value not in (known := [rows[name]["is"], *rows[name]["or"]]):
                raise ValueError(f"'{name}' is one of {known}")
        self._values = {name: row["is"] for name, row in rows.items()} | dict(instead)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def within(self, prefix: str) -> dict[str, str]:
        """List the members of one body: what each means, and how it is called."""
        return {
            name.removeprefix(f"{prefix}."): value
            for name, value in self._values.items()
            if name.startswith(f"{prefix}.")
        }


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    method: str
    pattern: re.Pattern[str]
    scope: str
    is_of_sync: bool


def routes(readings: Readings) -> list[Route]:
    """List the operations, each with the pattern of its path behind the firm."""
    found = []
    for table in ("sync routes", "routes"):
        for name, row in declaration()[table].items():
            method, _, path = readings[name].partition(" ")
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
            found.append(Route(name, method, pattern, row["scope"], table == "sync routes"))
    return found


def told(status: int, content: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with JSON; 204 has no body."""
    if status == 204:
        return Answer(204, headers=headers or {})
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
