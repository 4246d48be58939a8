"""A document is made whole, and once booked it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.language.model import Entity
from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome, entities_of, holds
from syncrules.simulator.invariants.references import is_of
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.shape import empty, leaves
from syncrules.simulator.twin import Write


@invariant
def nothing_empty_is_made(outcome: Outcome) -> Iterator[str]:
    """A new record is sent without the rows of which nothing is known."""
    places = outcome.world.people.typist.places
    for ran in outcome.world.runs:
        for side, operation, resource, _, sent in ran.effects:
            told = dict(leaves(dict(sent)))
            for entity in outcome.entities.values() if operation == "create" else ():
                source = entity.sources.get(side)
                if source is None or source.resource != resource or not is_of(source.is_, dict(sent)):
                    continue
                for row in entity.rows:
                    paths = places(side, resource, row).values() if side in row.sides and not row.lines else ()
                    if any(path in told for path in paths) and all(empty(told.get(path)) for path in paths):
                        yield f"{entity.name} was made in {side} with an empty {row.name}"


@invariant
def a_booked_document_stays_as_it_is(outcome: Outcome) -> Iterator[str]:
    """A document that was made, or that its system has closed, is changed only as the mapping or the system says."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.verb == "update" and not write.shared:
                changed = _changed(write)
                yield from _of_a_closed_one(outcome, side, write, changed)
                for entity in entities_of(outcome, side, write):
                    yield from _of_a_made_one(outcome, entity, side, write, changed)


def _changed(write: Write) -> set[str]:
    before, after = dict(leaves(write.before or {})), dict(leaves(write.after or {}))
    return {
        path
        for path in {*before, *after}
        if normal(before.get(path)) != normal(after.get(path))
        and not (empty(before.get(path)) and empty(after.get(path)))
    }


def _of_a_closed_one(outcome: Outcome, side: str, write: Write, changed: set[str]) -> Iterator[str]:
    resource = outcome.spec.manifests[side].resources[write.resource]
    stamps = {path.partition(".")[0] for path in (resource.changes.since if resource.changes is not None else ())}
    if resource.frozen and holds(resource.frozen, write.before or {}):
        touched = sorted(path for path in changed if path.partition(".")[0] not in {*resource.frozen_except, *stamps})
        if touched:
            yield f"{write.resource} '{write.id}' of {side} is closed, and {', '.join(touched)} changed"


def _of_a_made_one(outcome: Outcome, entity: Entity, side: str, write: Write, changed: set[str]) -> Iterator[str]:
    """Where the mapping only reports, or ignores, that an original changed, nothing of what was made of it does."""
    source = outcome.spec.other(side)
    reaction = entity.events[source]["changed"]
    if reaction.then not in ("report", "ignore") or reaction.condition is not None:
        return
    made = any(
        each.verb == "create" and each.who == "engine" and (each.resource, each.id) == (write.resource, write.id)
        for each in outcome.world.twins[side].log
    )
    places = outcome.world.people.typist.places
    others = {
        path
        for child in outcome.entities.values()
        if child is not entity and side in child.sources and child.sources[side].resource == write.resource
        for row in child.rows
        if side in row.sides and not row.lines
        for path in places(side, write.resource, row).values()
    }
    mine = {
        path
        for row in entity.rows
        if side in row.sides
        for path in ([str(row.sides[side])] if row.lines else places(side, write.resource, row).values())
    }
    touched = sorted(
        path for path in changed
        if any(path == each or path.startswith(f"{each}.") for each in mine - others)
    )  # fmt: skip
    if made and touched:
        yield f"{entity.name} '{write.id}' of {side} was made and then changed: {', '.join(touched)}"
