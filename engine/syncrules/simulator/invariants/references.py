"""Who is referred to is the counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.language.model import Entity, Row
from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome, entities_of, holds, made_for, seen_between
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import Record, at, empty
from syncrules.simulator.twin import Write


@invariant
def who_is_referred_to_is_the_counterpart(outcome: Outcome) -> Iterator[str]:
    """A document that is made points to the counterpart of the record to which its original points."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            for entity in entities_of(outcome, side, write) if write.verb == "create" else ():
                found = made_for(outcome, entity, side, write.id)
                for row in entity.rows:
                    if found is not None and row.refers_to and len(row.sides) == 2:
                        yield from _points(outcome, ran, entity, row, side, write, found[0])


def _points(
    outcome: Outcome, ran: Ran, entity: Entity, row: Row, side: str, write: Write, source_id: str
) -> Iterator[str]:
    source = outcome.spec.other(side)
    resource = entity.sources[source].resource
    shown = seen_between(outcome, source, resource, source_id, ran.began, write.at)
    meant = {str(value) for each in shown for value in _ids_behind(outcome, source, resource, row, each)}
    said = reference(outcome, side, write.resource, row, write.after or {})
    by = _by(outcome, side, write.resource, row)
    right = {
        str(at(record, by))
        for name in row.refers_to
        if name in outcome.entities
        for id_ in meant
        for counterpart in [made_for(outcome, outcome.entities[name], source, id_)]
        if counterpart is not None
        for record in seen_between(outcome, side, outcome.entities[name].sources[side].resource, counterpart[0], ran.began, write.at)
    }  # fmt: skip
    left = any(_left_before(outcome, source, row, id_) for id_ in meant)
    if (
        right
        and not empty(said)
        and str(said) not in right
        and not (left and _is_nobodys(outcome, side, row, by, said))
    ):
        yield f"{entity.name} '{write.id}' in {side}: {row.name} is {said}, and its original is about {sorted(meant)}"


def _left_before(outcome: Outcome, side: str, row: Row, id_: str) -> bool:
    """Tell whether a record was gone before anybody could see what was made for it: it is that to which the document may point."""
    return not any(
        made_for(outcome, entity, side, id_) or outcome.world.twins[side].row(entity.sources[side].resource, id_)
        for entity in (outcome.entities[name] for name in row.refers_to if name in outcome.entities)
    )


def _is_nobodys(outcome: Outcome, side: str, row: Row, by: str, said: Any) -> bool:
    """Tell whether what is pointed to was made by the engine, and nobody knows any more for whom."""
    at_ = outcome.spec.sides.index(side)
    return any(
        each.who == "engine"
        and each.verb == "create"
        and each.resource == outcome.entities[name].sources[side].resource
        and str(at(each.after or {}, by)) == str(said)
        and all(pair[at_] != each.id for pair in outcome.ever[name])
        for name in row.refers_to
        if name in outcome.entities
        for each in outcome.world.twins[side].log
    )


def _ids_behind(outcome: Outcome, side: str, resource: str, row: Row, record: Record) -> Iterator[Any]:
    by, value = _by(outcome, side, resource, row), reference(outcome, side, resource, row, record)
    for name in row.refers_to:
        if not empty(value) and name in outcome.entities:
            target = outcome.entities[name].sources[side].resource
            for (other, id_), past in outcome.history[side].items():
                if other == target and any(each is not None and str(at(each, by)) == str(value) for _, each in past):
                    yield id_


def reference(outcome: Outcome, side: str, resource: str, row: Row, record: Record) -> Any:
    value = at(record, str(row.sides[side]))
    return value.get(_by(outcome, side, resource, row)) if isinstance(value, Mapping) else value


def _by(outcome: Outcome, side: str, resource: str, row: Row) -> str:
    found = outcome.spec.manifests[side].field_at(resource, str(row.sides[side]))
    if found is None or not found.reference:
        return ""
    ids = outcome.spec.manifests[side].resources[found.reference[0]].id
    return ids[0] if found.type == "object" or not found.by else found.by[0]


def is_of(condition: Mapping[str, Any], record: Record) -> bool:
    """Tell whether a record was made as one of a kind, also where the kind is said by what it is not."""
    others = {path: test["not"] for path, test in condition.items() if isinstance(test, Mapping) and "not" in test}
    return holds(condition, record) and all(normal(at(record, path)) != normal(each) for path, each in others.items())
