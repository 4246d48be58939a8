"""What is remembered: records, links, journal entries and connections, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from syncrules.records import decode

PAGE = 500
"""Rows that are handled at a time."""

State = Literal["pending", "synced", "excluded", "waiting", "failed"]


@dataclass(slots=True)
class Known:
    """A record that takes part: its state, and the record itself while something is still to be done with it."""

    side: str
    id: str
    name: str
    state: State
    digest: bytes
    seen: int
    reason: str = ""
    cure: str = ""
    detail: Any = None
    record: dict[str, Any] | None = None
    link: int | None = None
    since: float = 0.0


@dataclass(slots=True)
class Link:
    """Two records that belong together, and what each looked like last time."""

    id: int
    entity: str
    ids: dict[str, str | None]
    base: dict[str, dict[str, Any]]
    """Side → row → value."""
    active: dict[str, bool | None]
    gone: dict[str, bool]
    parent: int | None = None
    outdated: set[str] = field(default_factory=set)
    """Rows of the base that other rules made: what is known there counts as never agreed on."""

    @property
    def agreed(self) -> dict[str, dict[str, Any]]:
        """What each side looked like last time, by the rules of today: side → row → value."""
        if not self.outdated:
            return self.base
        return {
            side: {row: value for row, value in rows.items() if row not in self.outdated}
            for side, rows in self.base.items()
        }

    def learn(self, base: Mapping[str, Mapping[str, Any]]) -> None:
        """Take over what a pair looks like now, row by row."""
        for side, rows in base.items():
            self.base[side] |= rows
            self.outdated -= rows.keys()


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal entry."""

    id: int
    entity: str
    side: str
    verb: str
    key: str | None
    source_id: str | None
    link: int | None
    name: str
    intent: Any
    started_at: float
    state: str = "open"
    """open, unknown, half, there, or refused."""
    outcome: str = ""
    looked_at: float | None = None
    """When something was last found out about it, or asked."""


@dataclass(slots=True)
class ConnectionRow:
    """A connection as it is stored."""

    name: str
    mapping: str
    settings: dict[str, Any]
    accounts: dict[str, str]
    answers: dict[str, dict[str, Any]]
    digest: str = ""
    paused: bool = False
    created_at: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)


BooksState = Literal["open", "waiting", "failed", "gone"]
"""open: its records are kept in step; waiting: somebody must do something first; failed: the last run of it did not come to its
end; gone: nobody pairs these books any more."""


@dataclass(slots=True)
class Books:
    """One pair of books inside a connection, as it is stored."""

    key: str
    title: str
    settings: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """Side → whose books they are, once that is known."""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Side → the record that stands for the books there."""
    digest: str = ""
    state: BooksState = "open"
    reason: str = ""
    cure: str = ""
    since: float = 0.0


@dataclass(slots=True)
class Mark:
    """What was left in another system that remembers the name of the last call."""

    mark: str | None = None
    """The last one that arrived; None if there was none."""
    meant: list[str] = field(default_factory=list)
    """Those of which we do not know whether they arrived."""
    again: Literal["", "asked", "ready"] = ""
    """Everything is sent again from the beginning: asked for; or ready, because nothing of what is there counts as known any more."""


_INSIDE = "\x1f"
"""Between the name of a connection and that of a pair of its books: a character that stands in neither."""


def within(connection: str, key: str) -> str:
    """Give the name under which everything is remembered of one pair of books."""
    return f"{connection}{_INSIDE}{key}"


def name_of(connection: str) -> str:
    """Give the name that people gave a connection, whichever of its pairs of books is meant."""
    return connection.partition(_INSIDE)[0]


def known_from(row: Any) -> Known:
    return Known(
        row.side,
        row.id,
        row.name,
        row.state,
        row.digest,
        row.seen,
        row.reason,
        row.cure,
        plain(row.detail),
        plain(row.record),
        row.link,
        row.since,
    )


def plain(content: bytes | None) -> Any:
    return None if content is None else decode(content)
