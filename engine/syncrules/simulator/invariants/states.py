"""Every record is in exactly one state, and for a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.language.model import Entity
from syncrules.memory.kept import Known
from syncrules.simulator.invariants.comers import lacks
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.shape import Record, at
from syncrules.simulator.values import fits


@invariant
def every_record_has_one_state(outcome: Outcome) -> Iterator[str]:
    """Every record is in sync, left out because, waiting for, or failed because; and what is in sync has a counterpart."""
    for name, entity in outcome.entities.items():
        for side, source in entity.sources.items():
            if entity.for_each or not outcome.rules.reads(name, side) or _has_other_tests(source.is_):
                continue
            for id_, record in outcome.world.twins[side].rows(source.resource).items():
                known = outcome.states.get((name, side, id_))
                if not fits(source.is_, record):
                    continue
                if known is None:
                    yield f"nobody says anything of {name} '{id_}' in {side}"
                elif known.state == "pending" and name in outcome.braked:
                    continue  # the brake says why
                elif known.state == "pending" or (known.state != "synced" and not known.reason):
                    yield f"{name} '{id_}' in {side} is {known.state} without a reason"
                elif (
                    known.state == "synced"
                    and entity.link_kept_in
                    and name not in outcome.braked
                    and outcome.partner(name, side, id_) is None
                    and not marked_by_others(outcome, entity, side, id_)
                    and not _taken_away_unseen(outcome, entity, side, id_)
                ):
                    yield f"{name} '{id_}' in {side} counts as in sync and has no counterpart"


def marked_by_others(outcome: Outcome, entity: Entity, side: str, id_: str) -> bool:
    """Tell whether another program's id stands where ours would, so that the systems do not tell who belongs to whom."""
    keeper = entity.link_kept_in
    link = outcome.world.memory.link_of(entity.name, side, id_)
    record = outcome.world.twins[keeper].row(entity.sources[keeper].resource, (link and link.ids[keeper]) or "")
    carried = str((record or {}).get(outcome.resource(entity, keeper).external_id) or "")
    return bool(carried) and not carried.startswith("syncrules:")


def _taken_away_unseen(outcome: Outcome, entity: Entity, side: str, id_: str) -> bool:
    """Tell whether a person deleted its counterpart where nobody can read what is there, or knows what it means to be missing."""
    other = outcome.spec.other(side)
    at = outcome.spec.sides.index(other)
    partners = {pair[at] for pair in outcome.ever[entity.name] if pair[1 - at] == id_}
    resource = entity.sources[other].resource
    seen = outcome.rules.reads(entity.name, other) and outcome.resource(entity, other).missing != "unknown"
    return not seen and any(
        each.verb == "delete" and each.who == "person" and each.resource == resource and each.id in partners
        for each in outcome.world.twins[other].log
    )


def _has_other_tests(condition: Mapping[str, Any]) -> bool:
    return any(isinstance(each, Mapping | list) for each in condition.values())


@invariant
def a_calm_schedule_ends_in_sync(outcome: Outcome) -> Iterator[str]:
    """Where nothing quarrels, nothing is guarded and every fault passes, everything that travels is in sync in the end."""
    if not outcome.world.calm:
        return
    first = next((ran.ended for ran in outcome.world.runs if not ran.crashed and not ran.error), 0.0)
    for deed in outcome.world.people.diary:
        entity = outcome.entities.get(deed.entity)
        if deed.what != "create" or entity is None or entity.to not in ("both", outcome.spec.other(deed.side)):
            continue
        if entity.events[deed.side]["created"].then != "create" or (not entity.imports_from and deed.at <= first):
            continue
        known = outcome.states.get((deed.entity, deed.side, deed.id))
        if entity.used_by and known is not None and known.state == "excluded":
            continue  # nobody needs it there
        record = outcome.world.twins[deed.side].row(deed.resource, deed.id) or {}
        if known is not None and known.state == "waiting" and lacks(outcome, entity, deed.side, record):
            continue  # somebody took from it what it needs
        if known is not None and _only_a_person_can_tell(outcome, entity, deed.side, known, record):
            continue
        if known is None or known.state != "synced":
            state = f"{known.state}: {known.reason}" if known is not None else "unknown"
            yield f"{deed.entity} '{deed.id}' of {deed.side} is {state}"


def _only_a_person_can_tell(outcome: Outcome, entity: Entity, side: str, known: Known, record: Record) -> bool:
    """Tell whether what was made for a record, or for one that it belongs to, was changed before anybody knew of it."""
    if known.state != "waiting":
        return False
    referred = (
        (outcome.entities[name], outcome.states.get((name, side, str(outcome.values(entity, side, record, row)))))
        for row in entity.rows
        if side in row.sides
        for name in row.refers_to
        if name in outcome.entities
    )
    return any(
        each is not None and each.state == "waiting" and _changed_unseen(outcome, one, side, each)
        for one, each in ((entity, known), *referred)
    )


def _changed_unseen(outcome: Outcome, entity: Entity, side: str, known: Known) -> bool:
    """Tell whether a person gave what was made for a record another number, before anybody knew that it had been made.

    A document is known by all that it says.
    """
    other = outcome.spec.other(side)
    resource = outcome.resource(entity, other)
    candidates = known.detail.get("candidates", ()) if isinstance(known.detail, dict) else ()
    log = [each for each in outcome.world.twins[other].log if each.resource == resource.name and each.id in candidates]
    made = {each.id for each in log if each.who == "engine" and each.verb == "create"}
    return any(
        each.who == "person"
        and each.verb == "update"
        and each.id in made
        and (not entity.tiers or at(each.before, resource.look_up) != at(each.after, resource.look_up))
        for each in log
    )


@invariant
def nobody_waits_for_a_run_that_has_been(outcome: Outcome) -> Iterator[str]:
    """When all has come to rest, nothing waits for what the next run would have looked at."""
    for (name, side, id_), known in outcome.states.items():
        if known.state == "waiting" and known.cure == "It is tried again by itself.":
            yield f"{name} '{id_}' of {side} still waits: {known.reason}"


@invariant
def what_is_linked_knows_it(outcome: Outcome) -> Iterator[str]:
    """A record that is linked knows its link, and the link its record: else it would be taken for one that is new."""
    for name in outcome.entities:
        links = {each.id: each for each in outcome.world.memory.links(name)}
        for link in links.values():
            for side, id_ in link.ids.items():
                known = outcome.states.get((name, side, str(id_)))
                if known is not None and known.link != link.id:
                    yield f"{name} '{id_}' of {side} is linked, and does not know it"
        for (entity, side, id_), known in outcome.states.items():
            if entity == name and known.link is not None:
                theirs = links.get(known.link)
                if theirs is None or theirs.ids[side] != id_:
                    yield f"{name} '{id_}' of {side} counts as linked, and is not"
