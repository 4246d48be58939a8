"""Nothing is made twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.language.model import Entity
from syncrules.records import normal
from syncrules.simulator.deciding import CREATE
from syncrules.simulator.invariants.outcome import Outcome
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import Record, at, empty
from syncrules.simulator.twin import Write
from syncrules.simulator.values import fits


@invariant
def no_duplicate(outcome: Outcome) -> Iterator[str]:
    """Nothing is made that is there already, and nothing is made twice."""
    yield from _same_foreign_id(outcome)
    for ran in outcome.world.runs:
        # Of a list that ends in the middle nobody can tell whether it lacks somebody who was never seen before.
        looked = [
            each.began
            for each in outcome.world.runs[: ran.number]
            if not each.crashed and not each.error and "half a list" not in each.mishaps
        ]
        unseen_since = max(looked, default=-1.0) if "half a list" in ran.mishaps else None
        for side, write in ran.writes:
            if write.verb == "create" and write.after is not None:
                yield from _made_beside_another(outcome, ran, side, write, unseen_since)


def _same_foreign_id(outcome: Outcome) -> Iterator[str]:
    for name, entity in outcome.entities.items():
        side = entity.link_kept_in
        if not side or entity.for_each:
            continue
        spec = outcome.resource(entity, side)
        seen: dict[Any, str] = {}
        for id_, record in outcome.world.twins[side].rows(spec.name).items():
            carried = record.get(spec.external_id)
            if not empty(carried) and fits(entity.sources[side].is_, record):
                if carried in seen:
                    yield f"{name}: '{seen[carried]}' and '{id_}' in {side} both carry {carried}"
                seen[carried] = id_


def _made_beside_another(
    outcome: Outcome, ran: Ran, side: str, write: Write, unseen_since: float | None
) -> Iterator[str]:
    """A number that a record gets must not be one that another record bore when the run began.

    Args:
        unseen_since: who came later than this may have been left out of a list without a word.
    """
    for entity in outcome.entities.values():
        source = entity.sources.get(side)
        if source is None or source.resource != write.resource or entity.for_each:
            continue
        originals = {each for pair in outcome.ever[entity.name] if write.id in pair[:2] for each in pair[:2]}
        if outcome.decided(CREATE, entity.name, originals, before=write.at):
            continue  # somebody wanted it
        path = _number_at(outcome, entity, side)
        value = at(write.after, path) if path else None
        if empty(value) or not fits(source.is_, write.after or {}):
            continue
        began = ran.began - outcome.world.twins[side].habits.lag
        for id_, record in as_it_was(outcome, side, write.resource, began, write.at).items():
            same_kind = fits(source.is_, record) and fits(source.is_, write.after or {})
            came = min((when for when, _ in outcome.history[side].get((write.resource, id_), ())), default=0.0)
            if unseen_since is not None and came >= unseen_since:
                continue
            if id_ != write.id and same_kind and normal(at(record, path)) == normal(value):
                yield f"{entity.name}: '{write.id}' was made in {side} with {path} '{value}', which '{id_}' had"


def _number_at(outcome: Outcome, entity: Entity, side: str) -> str:
    """Name the path of what a record is known by: a row by which records match, else what a lost create is looked up by."""
    for tier in entity.tiers:
        for name, _ in tier.rows:
            path = next(each for each in entity.rows if each.name == name).sides.get(side)
            if isinstance(path, str):
                return path
    spec = outcome.resource(entity, side)
    return spec.look_up if spec.look_up != spec.external_id else ""


def as_it_was(outcome: Outcome, side: str, resource: str, began: float, until: float) -> Mapping[str, Record]:
    """Give the records that were there when a run began, and that nobody touched until a write."""
    rows: dict[str, Record] = {}
    touched: set[str] = set()
    for write in outcome.world.twins[side].log:
        if write.resource == resource and write.at <= began:
            if write.after is None:
                rows.pop(write.id, None)
            else:
                rows[write.id] = write.after
        elif write.resource == resource and began < write.at <= until and write.who == "person":
            touched.add(write.id)
        elif write.resource == resource and began < write.at < until and write.after is not None:
            rows[write.id] = write.after
    return {id_: record for id_, record in rows.items() if id_ not in touched}
