"""What facts are made of; and which records take part and find each other. Nothing is decided anew here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from syncrules.article.model import Fact
from syncrules.journey import schedule
from syncrules.language.model import Entity, Happening, Reaction, SettingTest, Spec
from syncrules.manifest import Active, Resource

Facts = Iterator[Fact]
Topic = Callable[[Spec, Entity], Facts]


def of(spec: Spec, topic: Topic) -> list[Fact]:
    """Give the facts of one topic; those that are so for several entities once, in the order in which they come up."""
    return grouped(fact for entity in spec.entities.values() for fact in of_one(spec, entity, topic))


def of_one(spec: Spec, entity: Entity, topic: Topic) -> list[Fact]:
    """Give the facts of one topic that an entity states."""
    return [replace(fact, entities=(entity.name,)) for fact in topic(spec, entity)]


def grouped(facts: Iterable[Fact]) -> list[Fact]:
    """Put facts together that say the same of different entities; what is said stands beside what is like it."""
    found: list[Fact] = []
    for each in facts:
        at = next((place for place, one in enumerate(found) if (one.says, one.slots) == (each.says, each.slots)), None)
        if at is None:
            found.append(each)
        else:
            found[at] = replace(found[at], entities=(*found[at].entities, *each.entities))
    order = list(dict.fromkeys(each.says for each in found))
    return sorted(found, key=lambda each: order.index(each.says))


# What the topics share ----------------------------------------------------------------------------------------------


def senders(spec: Spec, entity: Entity) -> list[str]:
    """List the sides from which anything travels."""
    return [side for side in spec.sides if entity.to in ("both", spec.other(side))]


def resource(spec: Spec, entity: Entity, side: str) -> Resource:
    """Give the resource that an entity reads or writes on a side."""
    return spec.manifests[side].resources[entity.sources[side].resource]


def in_use(spec: Spec, entity: Entity, side: str) -> str:
    """Tell whether it is `seen` which records of a side are in use, `hidden`, or `always` so."""
    active = resource(spec, entity, side).active
    return "seen" if entity.sources[side].inactive or isinstance(active, Active) else str(active)


def rhythm(entity: Entity, side: str, happening: Happening) -> dict[str, Any]:
    """Say how soon something travels, as plain data."""
    found = schedule.rhythm(entity, side, happening)
    minutes = int(found.every.total_seconds() // 60)
    return {"kind": found.kind, "minutes": minutes, "daily": found.daily, "on_request": found.on_request}


def condition(test: SettingTest | None) -> dict[str, Any]:
    """Give the slot for the setting on which something depends; none if it depends on none."""
    return {} if test is None else {"if": {"setting": test.setting, "equals": test.equals}}


def reaction(entity: Entity, side: str, happening: Happening) -> Reaction:
    """Give what the other side gets when something happens on this one."""
    return entity.events[side][happening]


def ways(spec: Spec, side: str) -> dict[str, Any]:
    """Give the slots for a side and the one across."""
    return {"side": side, "other": spec.other(side)}


# Which records ------------------------------------------------------------------------------------------------------


def overview(spec: Spec, entity: Entity) -> Facts:
    """Say which way an entity goes, and how soon."""
    sides = senders(spec, entity)
    if len(sides) == 2:
        yield Fact("way.both", slots={"rhythms": {each: rhythm(entity, each, "changed") for each in sides}})
    for side in sides if len(sides) == 1 else []:
        yield Fact("way.one", slots={**ways(spec, side), "rhythms": {side: rhythm(entity, side, _main(entity))}})
    if not sides:
        yield Fact("way.neither")


def _main(entity: Entity) -> Happening:
    """What there is to wait for: a change, or of what is never changed that it is new."""
    return "changed" if any(each["changed"].then == "update" for each in entity.events.values()) else "created"


def choosing(spec: Spec, entity: Entity) -> Facts:
    """Say what keeps an entity, or some of its records, out altogether."""
    if entity.enabled is not None:
        yield Fact("enabled.if", slots={"setting": entity.enabled.setting, "value": entity.enabled.equals})
    for side in senders(spec, entity):
        source = entity.sources[side]
        if source.where:
            yield Fact("admitted.all", slots={"side": side, "resource": source.resource, "where": dict(source.where)})
        if source.where_any:
            slots = {"side": side, "resource": source.resource, "any": [dict(each) for each in source.where_any]}
            yield Fact("admitted.any", slots=slots)
    for side in senders(spec, entity) if not entity.for_each else []:
        if in_use(spec, entity, side) == "hidden":
            yield Fact("inactive.hidden", slots={"side": side})
        elif in_use(spec, entity, side) == "seen":
            yield Fact(f"inactive.{reaction(entity, side, 'already_inactive').then}", slots=ways(spec, side))


def importing(spec: Spec, entity: Entity) -> Facts:
    """Say what the first import does."""
    if entity.for_each:
        yield Fact("import.beside", slots={"parents": list(entity.for_each)})
    elif not entity.imports_from:
        for side in senders(spec, entity):
            yield Fact("import.none", slots=ways(spec, side))
    else:
        origin = entity.imports_from
        other = spec.other(origin)
        created = reaction(entity, origin, "created")
        if created.then in ("create", "match"):
            says = "import.from" if created.then == "create" else "import.link"
            yield Fact(says, slots={**ways(spec, origin), **condition(created.condition)})
        back = reaction(entity, other, "created")
        if other in senders(spec, entity) and back.then == "create":
            yield Fact("import.then", slots={**ways(spec, other), **condition(back.condition)})


def matching(spec: Spec, entity: Entity) -> Facts:
    """Say how two records are known to be one."""
    if entity.link_is_id_of:
        yield Fact("match.same_id", slots={"side": entity.link_id_of, "other": entity.link_is_id_of})
    elif entity.link_kept_in:
        yield Fact("match.id_kept", slots={"side": entity.link_id_of, "other": entity.link_kept_in})
    elif entity.link_id_of and not entity.for_each:
        yield Fact("match.id", slots={"side": entity.link_id_of})
    if entity.tiers:
        tiers = [{"kind": each.kind, "rows": [name for name, _ in each.rows]} for each in entity.tiers]
        yield Fact("match.rows", slots={"tiers": tiers})
        yield Fact("match.doubt")
    elif entity.imports_from and entity.link_kept_in:
        yield Fact("match.nothing")
    for side in spec.sides:
        within = resource(spec, entity, side).within
        if entity.without_role == "add" and entity.tiers and within is not None and entity.to in ("both", side):
            yield Fact("match.role", slots={"side": side})
