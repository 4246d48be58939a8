"""A plan in a file: for people to read, and for `apply` to hold a run to.

What is written is decided anew when a plan is applied; the file only permits. So nothing in it can be changed into another
write: a file that is not exactly what was made here is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from syncrules.connection import Connection
from syncrules.errors import UsageError
from syncrules.journey.allowed import Allowed, Awaited
from syncrules.journey.permit import Permit
from syncrules.records import decode, encode

FORMAT = 1
"""Changes with what a permit is made of: a plan of another format cannot be held against what is decided today."""
READ_ME = (
    "What 'syncrules apply' may write, and nothing else. Each write is decided anew before it is made, and left out if its "
    "record has changed since. Whoever wants something else makes another plan: this file is refused when anything in it was changed."
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan that was read from a file."""

    file: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its connection."""
        return str(self.data["connection"]["name"])

    @property
    def seal(self) -> str:
        return str(self.data["seal"])

    def permits(self, run: int) -> dict[str, Permit]:
        """Give what may be written, by the key of the pair of books."""
        return {part["key"]: Permit(map(_allowed, part["writes"]), run) for part in self.data["parts"]}


def made(conn: Connection, parts: Sequence[Mapping[str, Any]], besides: Mapping[str, Any]) -> dict[str, Any]:
    """Put a plan together that stands in the memory.

    Args:
        parts: what is written, for each pair of books: key, title, rules, writes.
        besides: what else people want to read of it.
    """
    now = datetime.fromtimestamp(conn.clock.now(), UTC)
    titles = conn.row.answers.get("", {}).get("books", {})
    data = {
        "syncrules_plan": FORMAT,
        "read_me": READ_ME,
        "made_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "connection": {
            "name": conn.row.name,
            "since": conn.row.created_at,
            "books": [
                {
                    "side": side,
                    "system": conn.spec.manifests[side].title,
                    "account": conn.row.accounts.get(side, ""),
                    "title": titles.get(side, ""),
                }
                for side in conn.spec.sides
            ],
        },
        "mapping": {"name": conn.row.mapping, "title": conn.spec.title, "digest": conn.spec.digest},
        **besides,
        "parts": list(parts),
    }
    return {**data, "seal": _seal(data)}


def permitted(allowed: Allowed) -> dict[str, Any]:
    """Write a permit as plain data, beside what people read of it."""
    _, _, side, key, source = allowed.what
    return {
        "key": key,
        "source": source,
        "target": side,
        "precondition": allowed.precondition,
        "awaits": [
            {
                "at": list(each.at), "entity": each.entity, "side": each.side, "id": each.id, "field": each.field,
                "whole": each.whole, "planned": each.planned,
            }
            for each in allowed.awaits
        ],
    }  # fmt: skip


def _allowed(data: Mapping[str, Any]) -> Allowed:
    awaits = tuple(Awaited(**{**each, "at": tuple(each["at"])}) for each in data["permit"]["awaits"])
    permit = data["permit"]
    return Allowed(
        (data["entity"], data["verb"], permit["target"], permit["key"], permit["source"]),
        data["name"],
        tuple(each["row"] for each in data["fields"]),
        permit["precondition"],
        awaits,
    )


def _seal(data: Mapping[str, Any]) -> str:
    """Name a plan by all that stands in it; layout does not count."""
    return hashlib.sha256(encode(decode(encode(dict(data))))).hexdigest()


def write(file: Path, data: Mapping[str, Any]) -> None:
    """Write a plan, all of it or nothing; nobody else may read it, because it holds what people are called and owe.

    Raises:
        UsageError: it cannot be written there.
    """
    content = msgspec.json.format(encode_readable(data), indent=2)
    place = None
    try:
        handle, place = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(content + b"\n")
            out.flush()
            os.fsync(out.fileno())
        Path(place).replace(file)
    except OSError as error:
        if place is not None:
            with suppress(OSError):
                Path(place).unlink()
        raise UsageError(
            f"the plan cannot be written to '{file}': {error.strerror}",
            cure="Check that the folder exists and can be written.",
        ) from error


def encode_readable(data: Mapping[str, Any]) -> bytes:
    """Write plain data as JSON in the order in which people read it; decimals keep all their digits."""
    return msgspec.json.Encoder(decimal_format="number").encode(dict(data))


def read(file: Path) -> Saved:
    """Read a plan.

    Raises:
        UsageError: it cannot be read, is none, is of another format, or is not as it was made.
    """
    try:
        data = decode(file.read_bytes())
    except OSError as error:
        raise UsageError(
            f"the plan '{file}' cannot be read: {error.strerror}", cure="Check its path and rights."
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_plan(file) from error
    if not isinstance(data, dict) or "syncrules_plan" not in data:
        raise _no_plan(file)
    if data["syncrules_plan"] != FORMAT:
        raise UsageError(
            f"the plan '{file}' was made by another version of syncrules (its format is {data['syncrules_plan']}, here it is {FORMAT})",
            cure=_anew(data),
        )
    wrong = next(_validator().iter_errors(json.loads(encode(data))), None)
    if wrong is not None or data["seal"] != _seal({name: each for name, each in data.items() if name != "seal"}):
        raise _changed(file, data)
    return Saved(str(file), data)


@cache
def _validator() -> Draft202012Validator:
    text = (files("syncrules") / "saved_plan.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def _no_plan(file: Path) -> UsageError:
    return UsageError(f"'{file}' is no saved plan", cure="Make one: syncrules plan NAME --out FILE.")


def _changed(file: Path | str, data: Mapping[str, Any]) -> UsageError:
    return UsageError(f"the plan '{file}' is not as it was made: something in it was changed", cure=_anew(data))


def _anew(data: Mapping[str, Any]) -> str:
    about = data.get("connection")
    name = about.get("name", "NAME") if isinstance(about, Mapping) else "NAME"
    return f"Nothing was written. Make a new plan: syncrules plan {name} --out FILE."


def held_against(saved: Saved, conn: Connection) -> dict[str, Permit]:
    """Give what a plan permits, if it may still be applied to a connection.

    Raises:
        UsageError: it is of another connection, by another mapping or other settings, was changed, or has been applied.
    """
    about, row = saved.data["connection"], conn.row
    accounts = {each["side"]: each["account"] for each in about["books"]}
    if float(about["since"]) != row.created_at or accounts != {
        side: row.accounts.get(side, "") for side in conn.spec.sides
    }:
        raise UsageError(
            f"the plan '{saved.file}' was made for another connection that was called '{row.name}' too",
            cure=_anew(saved.data),
        )
    kept = conn.memory.plan_kept(saved.seal)
    if kept is None:
        raise UsageError(
            f"this state store knows nothing of the plan '{saved.file}': it was made with another one, or something in it was changed",
            cure=_anew(saved.data),
        )
    if kept.applied_at is not None:
        at = datetime.fromtimestamp(kept.applied_at, UTC).strftime("%Y-%m-%d %H:%M")
        raise UsageError(f"the plan '{saved.file}' was applied already, at {at} UTC", cure=_anew(saved.data))
    if saved.data["mapping"]["digest"] != conn.spec.digest:
        raise UsageError(
            f"the mapping '{row.mapping}' says something else than when the plan '{saved.file}' was made",
            cure=_anew(saved.data),
        )
    if saved.data["parts"][0]["rules"] != conn.rules.digest:
        raise UsageError(
            f"the settings of '{row.name}' were changed since the plan '{saved.file}' was made", cure=_anew(saved.data)
        )
    return saved.permits(kept.run)
