"""Who may come in, and who stays where it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from syncrules.language.model import Entity, Need
from syncrules.manifest import Active
from syncrules.records import normal
from syncrules.simulator.invariants.outcome import Outcome, entities_of, holds, made_for, seen_between, versions
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import Record, at, empty


@invariant
def only_who_may_come_in(outcome: Outcome) -> Iterator[str]:
    """Nothing is made for a record that the mapping leaves out, that is not in use where those are skipped, or that lacks what it needs."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.verb != "create":
                continue
            for entity in entities_of(outcome, side, write):
                found = made_for(outcome, entity, side, write.id)
                if found is None:
                    continue
                source, resource = outcome.spec.other(side), entity.sources[outcome.spec.other(side)].resource
                began = _last_told(outcome, ran, source, resource, found[0], write.at)
                shown = seen_between(outcome, source, resource, found[0], began, write.at)
                if shown and not any(_may_come(outcome, entity, source, each) for each in shown):
                    yield f"{entity.name}: '{write.id}' was made in {side} for '{found[0]}' of {source}, which may not come in"


def _last_told(outcome: Outcome, ran: Ran, side: str, resource: str, id_: str, until: float) -> float:
    """Say since when a run may know what a record was: of what has gone meanwhile no list tells what it had become."""
    past = [record for when, record in versions(outcome, side, resource, id_) if when <= until]
    if not past or past[-1] is not None:
        return ran.began
    return max((each.began for each in outcome.world.runs if each.number < ran.number), default=ran.began)


def _may_come(outcome: Outcome, entity: Entity, side: str, record: Record) -> bool:
    source = entity.sources[side]
    flag = outcome.resource(entity, side).active
    idle = isinstance(flag, Active) and normal(at(record, flag.field)) == normal(flag.inactive)
    if idle and entity.events[side]["already_inactive"].then == "skip":
        return False
    return holds(source.is_, record) and holds(source.where, record) and not lacks(outcome, entity, side, record)


def lacks(outcome: Outcome, entity: Entity, side: str, record: Record) -> bool:
    """Tell whether a record lacks what the mapping says it needs before it is sent."""
    settings = outcome.world.settings
    return any(each.side == side and each.to != side and not _met(each, record, settings) for each in entity.needs)


def _met(need: Need, record: Record, settings: Mapping[str, Any]) -> bool:
    if need.of or "!" in need.path:
        return True
    if need.of_each:
        lines = at(record, need.of_each)
        return all(
            _met(replace(need, of_each=""), each, settings) for each in (lines if isinstance(lines, list) else [])
        )
    values = [at(record, path.strip()) for path in need.path.split("||")]
    if need.same_as:
        said = next((each for each in values if not empty(each)), None)
        return empty(said) or normal(said) == normal(at(record, need.same_as))
    if need.equals is not None:
        wanted = settings.get(need.equals["setting"]) if isinstance(need.equals, Mapping) else need.equals
        return any(normal(each) == normal(wanted) for each in values)
    return not all(empty(each) for each in values)


@invariant
def nobody_is_tied_to_who_may_not_come_in(outcome: Outcome) -> Iterator[str]:
    """Two records that find each other are both in use, and of the kind that the mapping speaks of."""
    for name, entity in outcome.entities.items():
        for left, right, when in outcome.ever[name]:
            for side, id_ in zip(outcome.spec.sides, (left, right), strict=True):
                resource = entity.sources[side].resource
                made = any(
                    write.id == id_ and write.resource == resource and write.verb == "create" and write.who == "engine"
                    for write in outcome.world.twins[side].log
                )
                shown = seen_between(outcome, side, resource, id_, outcome.first_seen, when)
                if not made and shown and not any(_is_candidate(outcome, entity, side, each) for each in shown):
                    yield f"{name}: '{left}' and '{right}' were tied together, and '{id_}' of {side} may not come in"


def _is_candidate(outcome: Outcome, entity: Entity, side: str, record: Record) -> bool:
    flag = outcome.resource(entity, side).active
    idle = isinstance(flag, Active) and normal(at(record, flag.field)) == normal(flag.inactive)
    skipped = idle and entity.events[side]["already_inactive"].then == "skip"
    return holds(entity.sources[side].is_, record) and not skipped


@invariant
def what_was_there_before_stays_where_it_is(outcome: Outcome) -> Iterator[str]:
    """Where the mapping imports nothing, a record from before the first run is never sent, whatever happens to it later."""
    runs = outcome.world.runs
    done = next((each for each in runs if not each.crashed and not each.error), None)
    if done is None or any("half a list" in each.mishaps for each in runs if each.number <= done.number):
        return
    for entity in outcome.entities.values():
        if entity.imports_from or entity.for_each or entity.to == "both":
            continue
        side = outcome.spec.other(entity.to)
        spec, source = outcome.resource(entity, side), entity.sources[side]
        before = runs[0].began - outcome.world.twins[side].habits.lag
        for (resource, id_), past in outcome.history[side].items():
            if resource != spec.name or any(before < when <= done.ended for when, _ in past):
                continue
            there = next((record for when, record in reversed(past) if when <= before), None)
            if there is not None and holds(source.is_, there) and holds(source.where, there):
                found = made_for(outcome, entity, side, id_)
                if found is not None:
                    yield f"{entity.name} '{id_}' of {side} was there before the first run, and was sent"
