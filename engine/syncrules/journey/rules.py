"""A checked spec becomes rules: functions that read a record into rows, compare rows, and carry them across.

Every row has a value of its own on each side, in that side's words. What changed on a side is told by comparing its value with
the one it had last time, never with the other side's: so a poorer side that did not change is never the reason for a write.
Nothing here may touch the network, a file or the clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

from syncrules.journey.lines import LineRules
from syncrules.journey.needs import NeedRules
from syncrules.journey.rows import RowRules
from syncrules.journey.surroundings import Value
from syncrules.language.model import Entity, Need, Source, Spec
from syncrules.manifest import Active, Resource
from syncrules.records import MISSING, Record, encode, filled, holds, normal, normal_or_missing, reader

NEAR = "nearly, "
"""Stands before the name of the key by which a number is found that is written nearly like it."""
NOTHING: Mapping[str, Any] = {}
"""One for all, because a plan holds it once for each record."""


@dataclass(frozen=True, slots=True)
class View:
    """One record as the rules of one entity see it."""

    id: str
    name: str
    """What a person calls it."""
    record: Record
    values: Mapping[str, Value]
    """Row → its value in this side's words; a row that the answer did not tell is left out."""
    active: bool | None
    """None where nobody can see it."""
    is_kind: bool
    admitted: str
    """Empty if it may come in, else the path of the condition that fails."""
    may_match: bool
    """Whether it may be found by matching: who may come in, and who the mapping names besides."""
    external_id: str
    digest: bytes
    """Of the values as they stand: equal bytes end the work; whether a difference matters is looked at afterwards."""


@dataclass(slots=True)
class EntityRules:
    """All rules of one entity."""

    spec: Spec
    entity: Entity
    rows: list[RowRules]
    lines: list[LineRules]
    referred_by: dict[str, set[str]] = field(default_factory=dict)
    """Side → fields by which records of other entities refer to ours."""
    together: str = ""
    """Path of what several records of the source have in common that are sent together, or not at all; empty: each goes alone."""
    users: dict[str, list[str]] = field(default_factory=dict)
    """Row that points to records which come in only because of that → their entities."""
    digests: dict[str, str] = field(default_factory=dict)
    """Row → digest of its rule, once it has been asked for."""
    salt: str = ""
    """Changes with the mapping and its settings: every record is then decided about anew."""
    family: tuple[str, ...] = ()
    """Entities that read the same resource on some side, this one included: a record belongs to one of them."""
    _needs: dict[str, list[NeedRules]] = field(default_factory=dict)

    def source(self, side: str) -> Source:
        return self.entity.sources[side]

    def resource(self, side: str) -> Resource:
        return self.spec.manifests[side].resources[self.entity.sources[side].resource]

    def row(self, name: str) -> RowRules:
        return next(each for each in self.rows if each.name == name)

    def is_of_the_thing(self, row: RowRules, side: str) -> bool:
        """Tell whether a row stands in the thing of which a record of this side is a role, not in the role itself."""
        within = self.resource(side).within
        parts = row.row.sides.get(side, ())
        paths = [parts] if isinstance(parts, str) else list(parts.values()) if isinstance(parts, Mapping) else []
        return within is not None and bool(paths) and all(each.startswith(f"{within[1]}.") for each in paths)

    def is_attached(self, side: str, record: Record) -> bool:
        """Tell whether a new record becomes a role of something that is there already."""
        within = self.resource(side).within
        if within is None:
            return False
        id_field = self.spec.manifests[side].resources[within[0]].id[0]
        return bool((record.get(within[1]) or {}).get(id_field))

    def is_kind(self, side: str, record: Record, settings: Mapping[str, Any]) -> bool:
        """Tell whether a record is of the kind that this entity is about."""
        return holds(self.entity.sources[side].is_, record, settings)

    def view(self, side: str, record: Record, settings: Mapping[str, Any]) -> View:
        """Look at a record through the rules of this entity."""
        source, resource = self.entity.sources[side], self.resource(side)
        values = {each.name: value for each in self.rows if (value := each.read(side, record)) is not MISSING}
        values |= {each.name: value for each in self.lines if (value := each.read(side, record)) is not MISSING}
        active = self._active(source, resource, record, settings)
        is_kind = self.is_kind(side, record, settings)
        admitted = failing_admission(source, record, settings)
        also = bool(source.also_match) and holds(source.also_match, record, settings)
        needs = {each.need.name: each.looked_at(record) for each in self._needs.get(side, ())}
        external = record.get(resource.external_id) if resource.external_id else None
        referred = [[name, normal_or_missing(reader(name)(record))] for name in sorted(self.referred_by.get(side, ()))]
        # All needs count, also those for a new record only: one that waits for them is looked at again when they change.
        digest = hashlib.blake2b(
            encode([self.salt, values, referred, active, is_kind, admitted, also, sorted(needs.items())]),
            digest_size=16,
        ).digest()
        return View(
            id=resource.key_of(record),
            name=resource.name_of(record),
            record=record,
            values=values,
            active=active,
            is_kind=is_kind,
            admitted=admitted,
            may_match=also or not admitted,
            external_id=str(external or ""),
            digest=digest,
        )

    def keys(self, side: str, view: View) -> Iterator[tuple[str, str, str]]:
        """Give by what a record can be found: name of the key, value as written, value as compared."""
        for number_, tier in enumerate(self.entity.tiers):
            parts = [self.matched(side, name, wanted, view.values.get(name)) for name, wanted in tier.rows]
            if tier.kind == "all":
                if all(parts):
                    yield f"tier {number_}", "", " & ".join(parts)
            else:
                for (name, _), compared in zip(tier.rows, parts, strict=True):
                    if compared:
                        yield f"tier {number_}: {name}", compared, compared
                    if loose(compared) not in ("", compared):
                        yield f"{NEAR}tier {number_}: {name}", "", loose(compared)
        for row, entities in self.users.items():
            value = view.values.get(row)
            if filled(value) and side in self.row(row).sides:
                yield from ((f"> {each}", "", str(normal(value))) for each in entities)
        within = self.resource(side).within
        for name in sorted(
            {*self.referred_by.get(side, ()), *self.resource(side).keys, *([within[1]] if within is not None else [])}
        ):
            value = reader(name)(view.record)
            if within is not None and isinstance(value, Mapping):
                value = value.get(self.spec.manifests[side].resources[within[0]].id[0])
            if filled(value):
                yield f"@{name}", str(normal(value)), str(normal(value))
        for alike in self.resource(side).overwrites:
            yield f"@{alike.name}", "", alike.looks(view.record)

    def shown(self, side: str, changes: Record) -> Mapping[str, Any]:
        """Give of what is written on a side only what others look at: a plan has many writes, and this much of each stays in memory."""
        found = {name: reader(name, absent=None)(changes) for name in self.referred_by.get(side, ())}
        return {name: value for name, value in found.items() if value is not None} or NOTHING

    def matched(self, side: str, name: str, parts: tuple[str, ...], value: Value) -> str:
        """Give the text by which the two sides are compared when records look for each other; empty if there is nothing to compare."""
        rules = self.row(name)
        if value is MISSING or not filled(value):
            return ""
        if rules.concept is not None and isinstance(value, Mapping):
            rich = rules.concept.read(value)
            if not isinstance(rich, Mapping):
                return str(normal(rich) or "").strip()
            parts = parts or rules.parts_of_both
            said = rules.concept.write(rich, parts, {}) if parts else rich
            # A part may have to be taken out of a line first, such as the house number.
            chosen = [str(normal(said.get(part)) or "").replace(" ", "").casefold() for part in parts or sorted(said)]
            return "|".join(chosen) if any(chosen) else ""
        return str(rules.key(side, value) or "").strip()

    def _active(self, source: Source, resource: Resource, record: Record, settings: Mapping[str, Any]) -> bool | None:
        if source.inactive:
            return not holds(source.inactive, record, settings)
        if isinstance(resource.active, Active):
            value = reader(resource.active.field)(record)
            return None if value is MISSING else normal(value) != normal(resource.active.inactive)
        return None

    def lacking(
        self, side: str, target: str, record: Record, settings: Mapping[str, Any], *, creating: bool
    ) -> Need | None:
        """Find the first need, looked up on this side, that keeps this record from being sent to the target."""
        asked = (
            each
            for each in self._needs.get(side, ())
            if each.need.to == target and not each.need.of and (creating or not each.need.only_created)
        )
        return next((each.need for each in asked if not each.is_met(record, settings)), None)


def loose(compared: str) -> str:
    """Give what is left of a number without letter case, white space and leading zeros."""
    return "".join(compared.split()).casefold().lstrip("0")


def failing_admission(source: Source, record: Record, settings: Mapping[str, Any]) -> str:
    """Name the condition that keeps a record from coming in; empty if none does."""
    for path, test in source.where.items():
        if not holds({path: test}, record, settings):
            return path
    if source.where_any and not any(holds(each, record, settings) for each in source.where_any):
        return next(iter(source.where_any[0]))
    return ""


@dataclass(frozen=True, slots=True)
class Rules:
    """A whole mapping, ready to be carried out."""

    spec: Spec
    entities: Mapping[str, EntityRules]
    """In the order in which they are carried out; those that a setting switches off are left out."""
    choices: frozenset[tuple[str, str]]
    """Side and resource of the small look-ups that must be read before anything is written."""
    digest: str
    """Changes whenever the mapping or an answer changes."""

    def share(self, name: str, other: str, side: str) -> bool:
        """Tell whether a record of this side may be both: of either of two entities it is said of the other."""
        one, two = self.entities[name].source(side), self.entities[other].source(side)
        return other in one.shared_with or name in two.shared_with

    def reads(self, name: str, side: str) -> bool:
        """Tell whether an entity reads a side: as a source, or to find counterparts and edits among its records."""
        entity = self.entities[name].entity
        if not self.entities[name].resource(side).readable:
            return False
        if entity.to in ("both", self.spec.other(side)):
            return True
        if entity.for_each:
            return False
        return bool(entity.tiers) or self.entities[name].resource(side).update != "none"

    def watches(self, name: str, side: str) -> bool:
        """Tell whether the side where states are written is read to see what people edit there."""
        entity, resource = self.entities[name].entity, self.entities[name].resource(side)
        return bool(entity.for_each) and entity.to == side and resource.readable and resource.update != "none"


def takes_part(entity: Entity, settings: Mapping[str, Any]) -> bool:
    """Tell whether the answers of a connection let an entity be kept in step."""
    return entity.enabled is None or normal(settings.get(entity.enabled.setting)) == normal(entity.enabled.equals)


def compile_rules(spec: Spec, settings: Mapping[str, Any], zone: tzinfo = UTC) -> Rules:
    """Turn a checked spec and the answers of a connection into rules; days are those of the given zone."""
    entities = {
        entity.name: _entity_rules(spec, entity, settings, zone)
        for entity in spec.entities.values()
        if takes_part(entity, settings)
    }
    for rules in entities.values():
        mine = {(side, source.resource) for side, source in rules.entity.sources.items() if not rules.entity.for_each}
        rules.family = tuple(
            name
            for name, each in entities.items()
            if not each.entity.for_each
            and mine & {(side, source.resource) for side, source in each.entity.sources.items()}
        )
        for row in rules.rows:
            for side, by in row.reference_by.items():
                for name in row.row.refers_to if by else ():
                    if name in entities:
                        entities[name].referred_by.setdefault(side, set()).add(by)
        _look_through(rules, entities)
        _keep_together(rules)
        _keep_amounts(rules)
        for row in rules.rows:
            used = [
                each
                for each in row.row.refers_to
                if each in entities and rules.entity.name in entities[each].entity.used_by
            ]
            if used:
                rules.users[row.name] = used
    choices = {
        (side, place.look_up[0])
        for rules in entities.values()
        for row in rules.rows
        for side, part in row.sides.items()
        for place in part.places.values()
        if place.look_up is not None
    }
    digest = hashlib.blake2b(encode([spec.digest, normal(dict(settings))]), digest_size=16).hexdigest()
    for rules in entities.values():
        rules.salt = digest
    return Rules(spec, _in_order(entities), frozenset(choices), digest)


def _in_order(entities: Mapping[str, EntityRules]) -> dict[str, EntityRules]:
    """Put what others wait for in front of them; for the rest the order of the file stands."""
    ordered: dict[str, EntityRules] = {}

    def add(name: str) -> None:
        entity = entities[name].entity
        for other in (*entity.for_each, *entity.after, *(each for row in entity.rows for each in row.refers_to)):
            if other in entities and other not in ordered and other != name:
                add(other)
        ordered[name] = entities[name]

    for name in entities:
        if name not in ordered:
            add(name)
    return ordered


def _look_through(rules: EntityRules, entities: Mapping[str, EntityRules]) -> None:
    """Note which fields are looked at of other records, by a need or to take a value over, and by what a to-do is seen to be done."""
    for each in rules.entity.follow_ups:
        if each.done_path:
            rules.referred_by.setdefault(each.done_side, set()).add(each.done_path)
    wanted = [(need.of, need.side, need.path) for need in rules.entity.needs if need.of]
    wanted += [
        (row.row.take["of"], side, row.row.take["field"])
        for row in rules.rows
        if row.row.take
        for side in row.row.sides
    ]
    for of, side, path in wanted:
        for name in rules.row(of).row.refers_to:
            if name in entities:
                entities[name].referred_by.setdefault(side, set()).add(path)


def _keep_amounts(rules: EntityRules) -> None:
    """Note what is added up of each record."""
    for one in rules.entity.reconciles:
        for side, each in one.sides.items():
            if not each.resource:
                rules.referred_by.setdefault(side, set()).update((each.sum, each.per, each.until))


def _keep_together(rules: EntityRules) -> None:
    """Note by what records belong together that are checked together."""
    for check in rules.entity.checks:
        if check.together:
            rules.together = check.together
            rules.referred_by.setdefault(check.side, set()).add(rules.together)


def _entity_rules(spec: Spec, entity: Entity, settings: Mapping[str, Any], zone: tzinfo) -> EntityRules:
    rows = [
        RowRules(spec, entity, row, settings, zone=zone) for row in entity.rows if not row.lines and row.to != "neither"
    ]
    lines = [LineRules(spec, entity, row, settings, zone) for row in entity.rows if row.lines]
    rules = EntityRules(spec, entity, rows, lines)
    for need in entity.needs:
        rules._needs.setdefault(need.side, []).append(NeedRules(need))
    return rules
