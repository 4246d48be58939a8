"""Questions to the data before the first import: who would come twice, who would be taken for another.

Pure: pages of records go in as they are read, findings come out. Of the records only counts, a few names, and what two sides are
compared by is kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.language.model import Entity, Preflight, Spec
from syncrules.records import filled, holds, normal, reader

NAMES = 10
"""So many records are named in a finding."""


@dataclass(slots=True)
class Finding:
    """What a question brought to light."""

    heading: str
    count: int
    names: list[str]
    """The first few of them."""
    becomes: str
    """What becomes of them in the first import."""
    cure: str


@dataclass(slots=True)
class _Asked:
    """One question while the records go by."""

    says: Preflight
    count: int = 0
    names: list[str] = field(default_factory=list)
    values: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """For what is compared: value → names, and what must not differ, in the form in which it is compared."""
    others: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def found(self, name: str) -> None:
        self.count += 1
        if len(self.names) < NAMES:
            self.names.append(name)


class Questions:
    """All questions of a mapping that are asked under these settings."""

    def __init__(self, spec: Spec, settings: Mapping[str, Any]) -> None:
        self.spec = spec
        self.settings = settings
        self.asked = [
            _Asked(each)
            for each in spec.preflights
            if each.condition is None or normal(settings.get(each.condition.setting)) == normal(each.condition.equals)
        ]

    def wanted(self) -> list[tuple[str, str]]:
        """List what has to be read: side and resource, each once."""
        return list(dict.fromkeys(pair for each in self.asked for pair in each.says.resources.items()))

    def take(self, side: str, resource: str, page: Iterable[Mapping[str, Any]]) -> None:
        """Look at one page of records."""
        asked = [each for each in self.asked if each.says.resources.get(side) == resource]
        name_of = self.spec.manifests[side].resources[resource].name_of
        for record in page:
            for each in asked:
                if holds(each.says.where, record, self.settings):
                    _look(each, side, record, name_of(record))

    def findings(self) -> Iterator[Finding]:
        """Tell what was found, once everything has been read; a question without a finding is not mentioned."""
        for each in self.asked:
            if each.says.repeated:
                for members in each.values.values():
                    for name, _ in sorted(members) if len(members) > 1 else ():
                        each.found(name)
            if each.says.same:
                _compare(each)
            if each.count or not each.says.resources:
                becomes, cure = self._becomes(each.says)
                yield Finding(each.says.name, each.count, each.names, becomes, each.says.cure or cure)

    def _becomes(self, says: Preflight) -> tuple[str, str]:
        """Say from the rules what happens to such records, and what helps."""
        if len(says.resources) == 2:
            return (
                "Whoever finds each other by it is taken for the same and linked.",
                "Correct it first where they are not the same.",
            )
        for side, resource in says.resources.items():
            for entity in self.spec.entities.values():
                source = entity.sources.get(side)
                if source is None or source.resource != resource:
                    continue
                if says.repeated and says.repeated in _matched_by(entity, side):
                    title = self.spec.manifests[self.spec.other(side)].title
                    sent = f" Where {title} has nobody of that number, only one of them is sent, and the others wait."
                    creates = entity.events.get(side, {}).get("created")
                    return (
                        "Nobody guesses which of them is meant: they wait for a decision."
                        + (sent if creates is not None and creates.then == "create" else ""),
                        "Give each its own number, or decide afterwards.",
                    )
                for path in says.where:
                    told = self._lacking(entity, side, path)
                    if told is not None:
                        return told
        return "", ""

    def _lacking(self, entity: Entity, side: str, path: str) -> tuple[str, str] | None:
        other = self.spec.other(side)
        title = self.spec.manifests[other].title
        parts = []
        need = next((each for each in entity.needs if each.plain and each.side == side and each.path == path), None)
        if path in _matched_by(entity, side):
            comes = entity.imports_from == other and entity.events[other]["created"].then == "create"
            again = f", and whoever is in {title} too comes a second time" if comes else ""
            parts.append(f"They are not found by their number{again}.")
        if need is not None:
            parts.append(f"They are not sent to {title} until they have one.")
        return (" ".join(parts), need.cure if need is not None else "") if parts else None


def _look(asked: _Asked, side: str, record: Mapping[str, Any], name: str) -> None:
    says = asked.says
    if says.repeated:
        value = normal(reader(says.repeated, absent=None)(record))
        if filled(value):
            asked.values.setdefault(str(value), []).append((name, ""))
    elif says.same:
        value = normal(reader(says.same[side], absent=None)(record))
        if filled(value):
            differs = reader(says.differs[side], absent=None)(record) if says.differs else None
            place = asked.values if side == next(iter(says.resources)) else asked.others
            place.setdefault(str(value), []).append((name, _plain(differs)))
    else:
        asked.found(name)


def _compare(asked: _Asked) -> None:
    for value, members in asked.values.items():
        for name, mine in members:
            others = asked.others.get(value, ())
            strangers = [other for other, theirs in others if theirs != mine or not asked.says.differs]
            if strangers and len(strangers) == len(others):
                asked.found(f"{name} ({value}: {', '.join(strangers)})")


def _plain(value: Any) -> str:
    """Give a name without what makes no difference: case, blanks, the way in which an accent is written."""
    return " ".join(unicodedata.normalize("NFC", str(normal(value) or "")).casefold().split())


def _matched_by(entity: Entity, side: str) -> set[str]:
    """List the paths of a side by which the records of an entity are found."""
    rows = {row for tier in entity.tiers for row, _ in tier.rows}
    paths: set[str] = set()
    for row in entity.rows:
        parts = row.sides.get(side) if row.name in rows else None
        paths |= {parts} if isinstance(parts, str) else set(parts.values()) if parts else set()
    return paths
