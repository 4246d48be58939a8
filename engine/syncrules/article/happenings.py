"""What happens after the first import, as facts: something is new, changes, goes, or becomes another kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from syncrules.article.facts import Facts, condition, in_use, reaction, resource, rhythm, senders, ways
from syncrules.article.model import Fact
from syncrules.journey import brakes
from syncrules.language.model import Entity, Happening, Row, Spec

# What happens afterwards --------------------------------------------------------------------------------------------


def arriving(spec: Spec, entity: Entity) -> Facts:
    """Say what becomes of a record that is new."""
    for side in senders(spec, entity):
        if entity.for_each:
            yield from _state(spec, entity, side)
            continue
        created = reaction(entity, side, "created")
        slots = {**ways(spec, side), **condition(created.condition)}
        if created.then != "ignore":
            slots["rhythm"] = rhythm(entity, side, "created")
        yield Fact(f"created.{created.then}", slots=slots)


def _state(spec: Spec, entity: Entity, side: str) -> Facts:
    """Say what becomes of a state beside a linked record."""
    created, changed = (reaction(entity, side, each).then for each in ("created", "changed"))
    slots = {**ways(spec, side), "parents": list(entity.for_each)}
    if (created, changed) == ("create", "update"):
        yield Fact("state.follows", slots={**slots, "rhythm": rhythm(entity, side, "changed")})
    elif created == "create":
        yield Fact("state.once", slots={**slots, "rhythm": rhythm(entity, side, "created")})
    if created == "create" and resource(spec, entity, side).missing == "settled":
        yield Fact("state.settled", slots=ways(spec, side))


def changing(spec: Spec, entity: Entity) -> Facts:
    """Say what becomes of a change, and of two that contradict each other."""
    for side in senders(spec, entity) if not entity.for_each else []:
        changed = reaction(entity, side, "changed")
        slots = {**ways(spec, side), **condition(changed.condition)}
        if changed.then == "update":
            slots["rhythm"] = rhythm(entity, side, "changed")
        yield Fact(f"changed.{changed.then}", slots=slots)
    yield from _conflicts(spec, entity)
    sides = senders(spec, entity) if not entity.for_each else []
    if any(reaction(entity, side, "changed").then == "update" for side in sides):
        yield _brake(entity, "emptied")


def _conflicts(spec: Spec, entity: Entity) -> Facts:
    leading = usual_leading(spec, entity)
    if leading == "ask":
        yield Fact("conflict.ask")
    elif leading:
        yield Fact("conflict.leading", slots=ways(spec, leading))
    edited = usual_edited(spec, entity)
    if edited:
        (source,) = senders(spec, entity)
        yield Fact(f"edited.{edited}", slots=ways(spec, source))


def usual_leading(spec: Spec, entity: Entity) -> str:
    """Tell which side leads in most rows that go both ways; empty where none does, or one side's changes go nowhere."""
    if any(reaction(entity, side, "changed").then != "update" for side in spec.sides):
        return ""
    return _usual(row.leading for row in entity.rows if row.to == "both" and comes_again(row))


def usual_edited(spec: Spec, entity: Entity) -> str:
    """Tell what becomes of most one-way values that are edited where they arrive; empty where nobody looks."""
    sides = senders(spec, entity)
    if len(sides) != 1 or entity.for_each or reaction(entity, sides[0], "changed").then != "update":
        return ""
    there = resource(spec, entity, spec.other(sides[0]))
    if there.update == "none" or not there.readable:
        return ""
    return _usual(row.edited for row in entity.rows if row.to == entity.to and comes_again(row))


def comes_again(row: Row) -> bool:
    """Tell whether a change of a row is of any consequence after its record was made."""
    return not row.once and row.take is None and not row.lines and not row.numbered_by


def _usual(words: Iterable[str]) -> str:
    most = Counter(words).most_common(1)
    return most[0][0] if most else ""


def delivering(spec: Spec, entity: Entity) -> Facts:
    """Say how a mirror is delivered where the unit is not a single record."""
    there = resource(spec, entity, entity.to).batch if entity.to in spec.sides else None
    if there is not None and there.whole_list:
        yield Fact("delivery.whole", slots={"other": entity.to})
    if entity.used_by:
        yield Fact("delivery.used", slots={"parents": list(entity.used_by)})
    if any(each.together for each in entity.checks):
        yield Fact("delivery.together", slots={"other": entity.to})
    if entity.out_of_step:
        yield Fact("delivery.reset", slots={"other": entity.to})
        yield Fact("delivery.again", slots={"other": entity.to})
    for each in entity.reconciles:
        yield Fact("delivery.reconciled", slots={**ways(spec, spec.other(entity.to)), "what": each.name})
    if entity.outside_scope:
        yield Fact("delivery.once")


# When something goes ------------------------------------------------------------------------------------------------

DEPARTURES: tuple[Happening, ...] = ("deleted", "filtered_out")
"""What may take a record away on the other side."""


def deactivating(spec: Spec, entity: Entity) -> Facts:
    """Say what becomes of a record whose counterpart is taken out of use, or into use again."""
    for side in spec.sides if not entity.for_each else ():
        if in_use(spec, entity, side) == "always":
            continue
        yield _gone(spec, entity, side, "deactivated", "deactivate")
        if {reaction(entity, side, each).then for each in ("deactivated", "reactivated")} != {"ignore"}:
            yield _gone(spec, entity, side, "reactivated", "reactivate")
    if any(reaction(entity, side, "deactivated").then == "deactivate" for side in spec.sides):
        yield _brake(entity, "deactivations")


def deleting(spec: Spec, entity: Entity) -> Facts:
    """Say what becomes of a record whose counterpart is deleted."""
    for side in spec.sides if not entity.for_each else ():
        yield _gone(spec, entity, side, "deleted", "unlink", "deactivate", "delete")
    for side in senders(spec, entity) if not entity.for_each else ():
        if reaction(entity, side, "filtered_out").then == "delete":
            yield Fact(
                "filtered_out.delete", slots={**ways(spec, side), "rhythm": rhythm(entity, side, "filtered_out")}
            )
    if any(
        reaction(entity, side, happening).then in ("deactivate", "delete")
        for side in spec.sides
        for happening in DEPARTURES
    ):
        yield _brake(entity, "deletions")


def never_deletes(spec: Spec) -> bool:
    """Tell whether no deletion in one system ever takes anything away in the other."""
    thens = {
        reaction(each, side, happening).then
        for each in spec.entities.values()
        for side in spec.sides
        for happening in DEPARTURES
    }
    return thens <= {"ignore", "unlink"}


def _gone(spec: Spec, entity: Entity, side: str, happening: Happening, *matters: str) -> Fact:
    """Say what happens on the other side, or that nothing does; what happens on a side that nothing leaves never matters."""
    found = reaction(entity, side, happening)
    if side not in senders(spec, entity) or found.then not in matters:
        return Fact(f"{happening}.ignore", slots=ways(spec, side))
    slots = {**ways(spec, side), "rhythm": rhythm(entity, side, happening), **condition(found.condition)}
    return Fact(f"{happening}.{found.then}", slots=slots)


def _brake(entity: Entity, what: str) -> Fact:
    limit = entity.brakes.get(what)
    return Fact(f"brake.{what}", slots={"limit": limit}) if limit is not None else Fact(
        f"brake.many_{what}", slots={"limit": brakes.FEW}
    )  # fmt: skip


def becoming(spec: Spec, entity: Entity) -> Facts:
    """Say what becomes of a record that turns into another kind."""
    for side in spec.sides if not entity.for_each else ():
        if entity.sources[side].is_:
            yield Fact(f"kind.{reaction(entity, side, 'changed_kind').then}", slots={"side": side})
