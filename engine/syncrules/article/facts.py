"""What a mapping decides about each kind of record, as facts: nothing is said here, and nothing is decided anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from syncrules.article.model import Fact
from syncrules.journey import brakes, schedule
from syncrules.language.model import Entity, Happening, Reaction, Row, SettingTest, Spec
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


def _reaction(entity: Entity, side: str, happening: Happening) -> Reaction:
    return entity.events[side][happening]


def _ways(spec: Spec, side: str) -> dict[str, Any]:
    return {"side": side, "other": spec.other(side)}


# Which records ------------------------------------------------------------------------------------------------------


def overview(spec: Spec, entity: Entity) -> Facts:
    """Which way an entity goes, and how soon."""
    sides = senders(spec, entity)
    if len(sides) == 2:
        yield Fact("way.both", slots={"rhythms": {each: rhythm(entity, each, "changed") for each in sides}})
    for side in sides if len(sides) == 1 else []:
        yield Fact("way.one", slots={**_ways(spec, side), "rhythms": {side: rhythm(entity, side, _main(entity))}})
    if not sides:
        yield Fact("way.neither")


def _main(entity: Entity) -> Happening:
    """What there is to wait for: a change, or of what is never changed that it is new."""
    return "changed" if any(each["changed"].then == "update" for each in entity.events.values()) else "created"


def choosing(spec: Spec, entity: Entity) -> Facts:
    """What keeps an entity, or some of its records, out altogether."""
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
            yield Fact(f"inactive.{_reaction(entity, side, 'already_inactive').then}", slots=_ways(spec, side))


def importing(spec: Spec, entity: Entity) -> Facts:
    """What the first import does."""
    if entity.for_each:
        yield Fact("import.beside", slots={"parents": list(entity.for_each)})
    elif not entity.imports_from:
        for side in senders(spec, entity):
            yield Fact("import.none", slots=_ways(spec, side))
    else:
        origin = entity.imports_from
        other = spec.other(origin)
        created = _reaction(entity, origin, "created")
        if created.then in ("create", "match"):
            says = "import.from" if created.then == "create" else "import.link"
            yield Fact(says, slots={**_ways(spec, origin), **condition(created.condition)})
        back = _reaction(entity, other, "created")
        if other in senders(spec, entity) and back.then == "create":
            yield Fact("import.then", slots={**_ways(spec, other), **condition(back.condition)})


def matching(spec: Spec, entity: Entity) -> Facts:
    """How two records are known to be one."""
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


# What happens afterwards --------------------------------------------------------------------------------------------


def arriving(spec: Spec, entity: Entity) -> Facts:
    """What becomes of a record that is new."""
    for side in senders(spec, entity):
        if entity.for_each:
            yield from _state(spec, entity, side)
            continue
        created = _reaction(entity, side, "created")
        slots = {**_ways(spec, side), **condition(created.condition)}
        if created.then != "ignore":
            slots["rhythm"] = rhythm(entity, side, "created")
        yield Fact(f"created.{created.then}", slots=slots)


def _state(spec: Spec, entity: Entity, side: str) -> Facts:
    """What becomes of a state beside a linked record."""
    created, changed = (_reaction(entity, side, each).then for each in ("created", "changed"))
    slots = {**_ways(spec, side), "parents": list(entity.for_each)}
    if (created, changed) == ("create", "update"):
        yield Fact("state.follows", slots={**slots, "rhythm": rhythm(entity, side, "changed")})
    elif created == "create":
        yield Fact("state.once", slots={**slots, "rhythm": rhythm(entity, side, "created")})
    if created == "create" and resource(spec, entity, side).missing == "settled":
        yield Fact("state.settled", slots=_ways(spec, side))


def changing(spec: Spec, entity: Entity) -> Facts:
    """What becomes of a change, and of two that contradict each other."""
    for side in senders(spec, entity) if not entity.for_each else []:
        changed = _reaction(entity, side, "changed")
        slots = {**_ways(spec, side), **condition(changed.condition)}
        if changed.then == "update":
            slots["rhythm"] = rhythm(entity, side, "changed")
        yield Fact(f"changed.{changed.then}", slots=slots)
    yield from _conflicts(spec, entity)


def _conflicts(spec: Spec, entity: Entity) -> Facts:
    leading = usual_leading(spec, entity)
    if leading == "ask":
        yield Fact("conflict.ask")
    elif leading:
        yield Fact("conflict.leading", slots=_ways(spec, leading))
    edited = usual_edited(spec, entity)
    if edited:
        (source,) = senders(spec, entity)
        yield Fact(f"edited.{edited}", slots=_ways(spec, source))


def usual_leading(spec: Spec, entity: Entity) -> str:
    """Tell which side leads in most rows that go both ways; empty where none does, or one side's changes go nowhere."""
    if any(_reaction(entity, side, "changed").then != "update" for side in spec.sides):
        return ""
    return _usual(row.leading for row in entity.rows if row.to == "both" and comes_again(row))


def usual_edited(spec: Spec, entity: Entity) -> str:
    """Tell what becomes of most one-way values that are edited where they arrive; empty where nobody looks."""
    sides = senders(spec, entity)
    if len(sides) != 1 or entity.for_each or _reaction(entity, sides[0], "changed").then != "update":
        return ""
    # What is delivered in one piece is put back by the next delivery, though it is never read.
    if resource(spec, entity, spec.other(sides[0])).update == "none" and not entity.delivery:
        return ""
    usual = _usual(row.edited for row in entity.rows if row.to == entity.to and comes_again(row))
    return "" if entity.delivery and usual == "keep" else usual


def comes_again(row: Row) -> bool:
    """Tell whether a change of a row is of any consequence after its record was made."""
    return not row.once and row.take is None and not row.lines and not row.numbered_by


def _usual(words: Iterable[str]) -> str:
    most = Counter(words).most_common(1)
    return most[0][0] if most else ""


def delivering(_: Spec, entity: Entity) -> Facts:
    """How a mirror is delivered where the unit is not a single record."""
    says = entity.delivery
    if says.get("whole_list"):
        yield Fact("delivery.whole", slots={"other": entity.to})
    if "together_with" in says:
        yield Fact("delivery.together", slots={"parents": [says["together_with"]]})
    if "replaces" in says:
        yield Fact("delivery.replaces", slots={"other": entity.to, "row": says["replaces"].get("by", "")})
    if says.get("starts_with") == "reset":
        yield Fact("delivery.reset", slots={"other": entity.to})
    if says.get("refused") == "start_again":
        yield Fact("delivery.again", slots={"other": entity.to})
    if entity.outside_scope:
        yield Fact("delivery.once")


# When something goes ------------------------------------------------------------------------------------------------


def deactivating(spec: Spec, entity: Entity) -> Facts:
    """What becomes of a record whose counterpart is taken out of use, or into use again."""
    for side in spec.sides if not entity.for_each else ():
        if in_use(spec, entity, side) == "always":
            continue
        yield _gone(spec, entity, side, "deactivated", "deactivate")
        if {_reaction(entity, side, each).then for each in ("deactivated", "reactivated")} != {"ignore"}:
            yield _gone(spec, entity, side, "reactivated", "reactivate")
    if any(_reaction(entity, side, "deactivated").then == "deactivate" for side in spec.sides):
        yield _brake(entity, "deactivations")


def deleting(spec: Spec, entity: Entity) -> Facts:
    """What becomes of a record whose counterpart is deleted."""
    for side in spec.sides if not entity.for_each else ():
        yield _gone(spec, entity, side, "deleted", "unlink", "deactivate", "delete")
    if any(_reaction(entity, side, "deleted").then in ("deactivate", "delete") for side in spec.sides):
        yield _brake(entity, "deletions")


def never_deletes(spec: Spec) -> bool:
    """Tell whether no deletion in one system ever takes anything away in the other."""
    thens = {_reaction(each, side, "deleted").then for each in spec.entities.values() for side in spec.sides}
    return thens <= {"ignore", "unlink"}


def _gone(spec: Spec, entity: Entity, side: str, happening: Happening, *matters: str) -> Fact:
    """Say what happens on the other side, or that nothing does; what happens on a side that nothing leaves never matters."""
    reaction = _reaction(entity, side, happening)
    if side not in senders(spec, entity) or reaction.then not in matters:
        return Fact(f"{happening}.ignore", slots=_ways(spec, side))
    slots = {**_ways(spec, side), "rhythm": rhythm(entity, side, happening), **condition(reaction.condition)}
    return Fact(f"{happening}.{reaction.then}", slots=slots)


def _brake(entity: Entity, what: str) -> Fact:
    limit = entity.brakes.get(what)
    return Fact(f"brake.{what}", slots={"limit": limit}) if limit is not None else Fact(
        f"brake.many_{what}", slots={"limit": brakes.FEW}
    )  # fmt: skip


def becoming(spec: Spec, entity: Entity) -> Facts:
    """What becomes of a record that turns into another kind."""
    for side in spec.sides if not entity.for_each else ():
        if entity.sources[side].is_:
            yield Fact(f"kind.{_reaction(entity, side, 'changed_kind').then}", slots={"side": side})


# What must be right -------------------------------------------------------------------------------------------------


def needing(_: Spec, entity: Entity) -> Facts:
    """What must be there before anything is sent."""
    for need in entity.needs:
        slots = {"side": need.side, "to": need.to, "name": need.name, "cure": need.cure}
        yield Fact("need.created" if need.only_created else "need.always", slots=slots)


def checking(_: Spec, entity: Entity) -> Facts:
    """What must be true of a document before it is sent."""
    if entity.checks:
        yield Fact("checks.all", slots={"names": [each.name for each in entity.checks]})


def referring(_: Spec, entity: Entity) -> Facts:
    """Whose record must go first."""
    for row in entity.rows:
        if row.refers_to and not entity.for_each:
            yield Fact("refers.first", slots={"parents": list(row.refers_to)})


def by_hand(spec: Spec, entity: Entity) -> Facts:
    """What a person has to do."""
    for each in entity.follow_ups:
        yield Fact("by_hand.after", slots={"side": each.after_created_in, "name": each.name, "because": each.because})


def constants(spec: Spec, entity: Entity) -> Facts:
    """What is written besides when a record is made; a code that is a bare number would tell nobody anything."""
    for side in spec.sides:
        source = entity.sources[side]
        told = {path: value for path, value in source.set.items() if isinstance(value, bool | str | Mapping)}
        if entity.to in ("both", side) and told and not _writes_existing(spec, entity, side):
            yield Fact("constants.new", slots={"side": side, "resource": source.resource, "set": told})


def _writes_existing(spec: Spec, entity: Entity, side: str) -> bool:
    """Tell whether what is written is part of a record that another entity made."""
    return any(
        spec.entities[each].sources[side].resource == entity.sources[side].resource for each in entity.for_each
    )


def notes(spec: Spec, side: str) -> Facts:
    """What the manifest of a side notes: of the system, and of the records that take part."""
    manifest = spec.manifests[side]
    found: dict[str, list[str]] = {each: [] for each in manifest.notes}
    for name in dict.fromkeys(each.sources[side].resource for each in spec.entities.values()):
        for each in manifest.resources[name].notes:
            found.setdefault(each, []).append(name)
    for text, resources in found.items():
        yield Fact("note.text", slots={"side": side, "resources": resources, "text": text})
