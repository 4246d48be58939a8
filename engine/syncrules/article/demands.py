"""What must be right before anything is sent, as facts; what people do by hand, and what is good to know."""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.article.facts import Facts
from syncrules.article.model import Fact
from syncrules.language.model import Entity, Spec


def needing(_: Spec, entity: Entity) -> Facts:
    """Say what must be there before anything is sent."""
    for need in entity.needs:
        slots = {"side": need.side, "to": need.to, "name": need.name, "cure": need.cure}
        yield Fact("need.created" if need.only_created else "need.always", slots=slots)


def checking(_: Spec, entity: Entity) -> Facts:
    """Say what must be true of a document before it is sent."""
    if entity.checks:
        yield Fact("checks.all", slots={"names": [each.name for each in entity.checks]})


def referring(_: Spec, entity: Entity) -> Facts:
    """Say whose record must go first."""
    for row in entity.rows:
        if row.refers_to and not entity.for_each:
            yield Fact("refers.first", slots={"parents": list(row.refers_to)})


def by_hand(spec: Spec, entity: Entity) -> Facts:
    """Say what a person has to do."""
    for each in entity.follow_ups:
        yield Fact("by_hand.after", slots={"side": each.after_created_in, "name": each.name, "because": each.because})


def constants(spec: Spec, entity: Entity) -> Facts:
    """Say what is written besides when a record is made; a code that is a bare number would tell nobody anything."""
    for side in spec.sides:
        source = entity.sources[side]
        told = {path: value for path, value in source.set.items() if isinstance(value, bool | str | Mapping)}
        if entity.to in ("both", side) and told and not _writes_existing(spec, entity, side):
            yield Fact("constants.new", slots={"side": side, "resource": source.resource, "set": told})


def _writes_existing(spec: Spec, entity: Entity, side: str) -> bool:
    """Tell whether what is written is part of a record that another entity made."""
    return any(spec.entities[each].sources[side].resource == entity.sources[side].resource for each in entity.for_each)


def notes(spec: Spec, side: str) -> Facts:
    """Say what the manifest of a side notes: of the system, and of the records that take part."""
    manifest = spec.manifests[side]
    found: dict[str, list[str]] = {each: [] for each in manifest.notes}
    for name in dict.fromkeys(each.sources[side].resource for each in spec.entities.values()):
        for each in manifest.resources[name].notes:
            found.setdefault(each, []).append(name)
    for text, resources in found.items():
        yield Fact("note.text", slots={"side": side, "resources": resources, "text": text})
