"""Nothing is written that the mapping does not allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncrules.language.model import Entity
from syncrules.manifest import Active, Resource
from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome, versions
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import empty, leaves
from syncrules.simulator.twin import Write


@invariant
def only_what_the_mapping_allows(outcome: Outcome) -> Iterator[str]:
    """Unmapped fields stay untouched, one-way rows are never written back, and a side that is only read is never written."""
    allowed: dict[tuple[str, str], set[str]] = {}
    made: set[tuple[str, str]] = set()
    for entity in outcome.entities.values():
        for side in entity.sources:
            spec = outcome.resource(entity, side)
            paths = set(_allowed_paths(outcome, entity, side, spec))
            allowed.setdefault((side, spec.name), set()).update(paths)
            if spec.within is not None:
                head = f"{spec.within[1]}."
                inner = {path.removeprefix(head) for path in paths if path.startswith(head)}
                allowed.setdefault((side, spec.within[0]), set()).update(inner)
                made.add((side, spec.within[0]))
            if entity.to in ("both", side) and (
                entity.for_each or entity.events[outcome.spec.other(side)]["created"].then == "create"
            ):
                made.add((side, spec.name))
    for (side, resource), paths in allowed.items():
        within = outcome.spec.manifests[side].resources[resource].within
        if within is not None:  # who shares a part may change it
            paths |= {f"{within[1]}.{each}" for each in allowed[side, within[0]]}
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.taken:
                yield from _written_over(outcome, ran, side, write)
            else:
                yield from _not_allowed(outcome, side, write, allowed.get((side, write.resource), set()), made)


def _written_over(outcome: Outcome, ran: Ran, side: str, write: Write) -> Iterator[str]:
    """A new record must not be one that the system takes for another, unless that one was not shown yet when it was asked for."""
    spec = outcome.spec.manifests[side].resources[write.resource]
    (alike,) = (each for each in spec.overwrites if each.name == write.taken)
    looks = alike.looks(write.before or {})
    asked = [
        when
        for when, *about in outcome.world.wires[side].looked
        if ran.began <= when <= write.at and about == [spec.name, alike.name, looks]
    ]
    looked = max(asked, default=write.at)
    since = looked - outcome.world.twins[side].habits.lag
    past = [each for each in versions(outcome, side, spec.name, write.id) if each[0] < write.at]
    current = [record for when, record in past if when <= since][-1:]
    shown = [*current, *(record for when, record in past if since < when <= looked)]
    if current and all(record is not None and alike.looks(record) == looks for record in shown):
        yield f"{write.resource} '{write.id}' in {side} was written over by what should have been a new one"


def _allowed_paths(outcome: Outcome, entity: Entity, side: str, spec: Resource) -> Iterator[str]:
    """List what the engine may change in a record that exists."""
    other = outcome.spec.other(side)
    if entity.to in ("both", side):
        for row in entity.rows:
            attached = entity.without_role == "add" and spec.within is not None
            if side in row.sides and not row.lines and row.to in ("both", side) and (not row.once or attached):
                yield from outcome.world.people.typist.places(side, spec.name, row).values()
    if entity.link_kept_in == side and spec.external_id:
        yield spec.external_id
    policies = {entity.events[other][each].then for each in ("deactivated", "reactivated")}
    if policies & {"deactivate", "reactivate"} and isinstance(spec.active, Active):
        yield from (spec.active.field, spec.active.stamp or spec.active.field)


def _not_allowed(
    outcome: Outcome, side: str, write: Write, allowed: set[str], made: set[tuple[str, str]]
) -> Iterator[str]:
    where = f"{write.resource} '{write.id}' in {side}"
    if write.verb == "delete":
        if not may_go(outcome, side, write.resource):
            yield f"{where} was deleted"
    elif write.verb == "create" and (side, write.resource) not in made:
        yield f"{where} was made, and the mapping makes none"
    elif write.verb == "update" and not write.shared:
        manifest = outcome.spec.manifests[side]
        names = {each.id for each in manifest.types.values()} | {path.rpartition(".")[2] for each in manifest.resources.values()
                 if each.changes is not None for path in each.changes.since}  # fmt: skip
        heads = {path.partition(".")[0] for path in allowed}
        before, after = dict(leaves(write.before or {})), dict(leaves(write.after or {}))
        for path in sorted({*before, *after}):
            was, is_ = before.get(path), after.get(path)
            if normal(was) == normal(is_) or (empty(was) and empty(is_)):
                continue
            field = manifest.resources[write.resource].fields.get(path.partition(".")[0])
            plain = path.rpartition(".")[2] in names or (
                field is not None and (field.read_only or (field.reference and field.name in heads))
            )
            inside = any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in allowed)
            if (
                not (plain or inside)
                and not _behind_reference(manifest, write.resource, path, allowed)
                and not _came_too_late(outcome, side, write, path)
            ):
                yield f"{where}: {path} changed from {was!r} to {is_!r}"


def may_go(outcome: Outcome, side: str, resource: str) -> bool:
    """Tell whether the engine may take such records away: because the mapping says so, or to begin again from nothing."""
    source = outcome.spec.other(side)
    return any(
        outcome.resource(entity, side).name == resource
        and (
            entity.out_of_step or "delete" in {entity.events[source][each].then for each in ("deleted", "filtered_out")}
        )
        for entity in outcome.entities.values()
        if side in entity.sources and entity.to in ("both", side)
    )


def _behind_reference(manifest: Any, resource: str, path: str, allowed: set[str]) -> bool:
    """Tell whether a path leads through a reference that may be changed."""
    steps = path.split(".")
    for length in range(1, len(steps)):
        head = ".".join(steps[:length])
        found = manifest.field_at(resource, head)
        if (
            found is not None
            and found.reference
            and any(each == head or each.startswith(f"{head}.") for each in allowed)
        ):
            return True
    return False


def _came_too_late(outcome: Outcome, side: str, write: Write, path: str) -> bool:
    """Tell whether a value was typed between the look at a record and the write that replaces all of it: no system tells then."""
    if outcome.spec.manifests[side].resources[write.resource].update != "whole_object":
        return False
    after = dict(leaves(write.after or {})).get(path)
    return any(
        each.who == "person"
        and (each.resource, each.id, each.at) == (write.resource, write.id, write.at)
        and normal(dict(leaves(each.before or {})).get(path)) == normal(after)
        for each in outcome.world.twins[side].log
    )


@invariant
def what_is_only_read_is_not_even_asked_to_change(outcome: Outcome) -> Iterator[str]:
    """Nobody tries to write where the mapping only reads, or where the system takes nothing."""
    for ran in outcome.world.runs:
        for side, operation, name, key, sent in ran.asked:
            resource = outcome.spec.manifests[side].resources[name]
            refused = not resource.creatable if operation == "create" else resource.update == "none"
            if refused:
                yield f"run {ran.number + 1}: {operation} of {name} '{key}' in {side}, which takes none"
            ours = [each for each in outcome.entities.values() if side in each.sources]
            marks = [each for each in ours if each.link_kept_in == side and set(sent) == {resource.external_id}]
            written = [each for each in ours if each.to in ("both", side)]
            if not written and not marks:
                yield f"run {ran.number + 1}: {operation} of {name} '{key}' in {side}, which is only read: {sent}"
