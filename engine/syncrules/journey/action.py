"""What is to be done, as a value: shown by `plan`, stored, carried out by `write`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from syncrules.journey.surroundings import Late
from syncrules.records import Record

Verb = Literal["create", "update", "deactivate", "reactivate", "delete", "link", "remember"]
"""link ties two records that exist; remember writes to our own memory only."""


@dataclass(slots=True)
class Action:
    """One thing to be done to one side, or (link, remember) to our memory alone."""

    entity: str
    verb: Verb
    side: str
    """The side that is written to."""
    name: str
    key: str | None = None
    """The id of the record that is written to; None for a create."""
    source_id: str | None = None
    link: int | None = None
    fields: list[list[Any]] = field(default_factory=list)
    """For people: row, value before, value after, in the words of the side that is written to."""
    empties: list[str] = field(default_factory=list)
    """Rows that say nothing afterwards and said something before."""
    besides: list[list[Any]] = field(default_factory=list)
    """For people: what is written besides the rows, such as the other side's id; what, before, after."""
    changes: Record = field(default_factory=dict)
    base: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Side → row → value: what is known once it has been done."""
    active: dict[str, bool | None] = field(default_factory=dict)
    expects: dict[str, Any] = field(default_factory=dict)
    """Row → key that the written side must still have; otherwise somebody was there in between."""
    notices: list[str] = field(default_factory=list)
    unfinished: bool = False
    """Something of this pair is not due yet: it stays pending."""
    closes: bool = False
    """The last of its pair: when it has been done, and nothing before it failed, the pair is in sync."""
    settles: bool = False
    """A person's answer has been followed, and does not hold for the next question."""
    held: list[str] = field(default_factory=list)
    """Reason and cure, where a part of this pair is not written now: it waits."""
    parent: int | None = None
    together: str = ""
    """What has the same text here is sent in one call, or not at all."""

    def to_json(self) -> dict[str, Any]:
        """Give the action as plain data; what is known late is marked."""
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"changes": _marked(self.changes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Action:
        """Read what `to_json` gave."""
        return cls(**{**data, "changes": _unmarked(data["changes"])})

    @property
    def writes(self) -> bool:
        """Whether the other system is written to."""
        return self.verb in ("create", "update", "deactivate", "reactivate", "delete")


def _marked(value: Any) -> Any:
    match value:
        case Late():
            late = [value.entity, value.side, value.id, value.field, value.whole]
            return {"$late": [*late, value.planned] if value.renamed else late}
        case Mapping():
            return {name: _marked(each) for name, each in value.items()}
        case list():
            return [_marked(each) for each in value]
        case _:
            return value


def _unmarked(value: Any) -> Any:
    match value:
        case {"$late": [entity, side, id_, field_, whole, planned]}:
            return Late(entity, side, id_, field_, planned, whole, renamed=True)
        case {"$late": [entity, side, id_, field_, *whole]}:
            return Late(entity, side, id_, field_, None, *whole)
        case Mapping():
            return {name: _unmarked(each) for name, each in value.items()}
        case list():
            return [_unmarked(each) for each in value]
        case _:
            return value
