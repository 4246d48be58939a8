"""A world after its schedule, and what is looked up in it again and again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from syncrules.journey.surroundings import Late
from syncrules.language.model import Entity, Row
from syncrules.manifest import Resource
from syncrules.memory.kept import Known
from syncrules.records import MISSING, put
from syncrules.simulator.play import World
from syncrules.simulator.shape import Record, at
from syncrules.simulator.twin import Write
from syncrules.simulator.values import fits

Versions = list[tuple[float, Record | None]]


class Outcome:
    """A world after its schedule, and what is looked up in it again and again."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world = world
        self.rounds = rounds
        """How many runs it took until nothing was written any more; -1 if there was no end to it."""
        self.spec = world.spec
        self.rules = world.rules
        self.entities = {name: each.entity for name, each in world.rules.entities.items()}
        self.states: dict[tuple[str, str, str], Known] = {
            (entity, known.side, known.id): known
            for entity, known in world.memory.records(states=("pending", "synced", "excluded", "waiting", "failed"))
        }
        self.pairs = {name: dict(world.people.ties.pairs(each)) for name, each in self.entities.items()}
        self.first_seen = world.runs[0].began if world.runs else 0.0
        self.history = {side: _history(twin.log) for side, twin in world.twins.items()}
        """Side → resource and id → what the record has been, and since when; None: not there."""
        self.ever = {name: list(self._ever(each)) for name, each in self.entities.items()}
        """Entity → who was ever tied to whom, as the ids in the systems tell, and since when: left, right, moment."""
        self.braked = {each[0] for each in world.memory.brakes()}
        """Entities of which something is held back until a person says that it may be."""
        self.said = [text for ran in world.runs for _, _, text in ran.notices]

    def _ever(self, entity: Entity) -> Iterator[tuple[str, str, float]]:
        side, seen = entity.link_kept_in, set[tuple[str, str]]()
        spec = self.resource(entity, side) if side else None
        for write in self.world.twins[side].log if spec is not None else ():
            carried = str((write.after or {}).get(spec.external_id) or "") if spec is not None else ""
            if spec is None or write.resource != spec.name or not carried.startswith("syncrules:"):
                continue
            pair = (write.id, carried.rpartition(":")[2].removesuffix(";"))
            if pair not in seen and fits(entity.sources[side].is_, write.after or {}):
                seen.add(pair)
                left, right = pair if side == self.spec.sides[0] else pair[::-1]
                yield left, right, write.at

    def resource(self, entity: Entity, side: str) -> Resource:
        return self.spec.manifests[side].resources[entity.sources[side].resource]

    def partner(self, entity: str, side: str, id_: str) -> str | None:
        """Give the record on the other side that belongs to this one, as the ids in the systems tell."""
        pairs = self.pairs[entity]
        if side == self.spec.sides[0]:
            return pairs.get(id_)
        return next((left for left, right in pairs.items() if right == id_), None)

    def reported(self, entity: str, *who: tuple[str, str]) -> bool:
        """Tell whether people are told that one of these records is not in step, and why."""
        return any(
            known.state in ("excluded", "waiting", "failed") and bool(known.reason)
            for side, id_ in who
            if (known := self.states.get((entity, side, id_))) is not None
        )

    def decided(self, what: str, entity: str, ids: Collection[str] = (), *, before: float) -> bool:
        """Tell whether a person decided this about one of these records, or about any of this kind."""
        return any(
            deed.what == what and deed.entity == entity and deed.at <= before and (not ids or deed.id in ids)
            for deed in self.world.people.diary
        )

    def noticed(self, row: str, mark: str) -> bool:
        """Tell whether a run said something about a value of a row: that it was replaced, or that an edit was kept."""
        return any(row in text and mark in text for text in self.said)

    def values(self, entity: Entity, side: str, record: Record, row: Row) -> Any:
        return self.rules.entities[entity.name].row(row.name).read(side, record)

    def agree(self, entity: Entity, row: Row, left: Record, right: Record) -> bool:
        """Tell whether both sides say the same in a row, each in its own words."""
        rules = self.rules.entities[entity.name].row(row.name)
        one, other = rules.read(self.spec.sides[0], left), rules.read(self.spec.sides[1], right)
        if one is MISSING or other is MISSING:
            return True
        return rules.same(one, other, _Nothing(self.world.settings))


def _history(log: list[Write]) -> dict[tuple[str, str], list[tuple[float, Record | None]]]:
    history: dict[tuple[str, str], list[tuple[float, Record | None]]] = {}
    for write in log:
        history.setdefault((write.resource, write.id), []).append((write.at, write.after))
    return history


class _Nothing:
    """Surroundings in which nothing is looked up."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def choice(self, side: str, resource: str, field: str, value: Any) -> Record:
        found: Record = {}
        put(found, field, value)
        return found

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        return Late("", side, id, field)

    def known_by(self, entities: Any, side: str, field: str, value: Any) -> str | None:
        return str(value)

    def beside(self, side: str, id: str) -> str | None:
        return None


def versions(outcome: Outcome, side: str, resource: str, id_: str) -> Versions:
    """Give what a record has been, and since when; None: not there."""
    return outcome.history[side].get((resource, id_), [])


def seen_between(outcome: Outcome, side: str, resource: str, id_: str, began: float, until: float) -> list[Record]:
    """Give all that a system may have shown of a record between two moments."""
    since = began - outcome.world.twins[side].habits.lag
    shown: list[Record] = []
    current: Record | None = None
    for when, record in versions(outcome, side, resource, id_):
        if when <= since:
            current = record
        elif when <= until:
            shown += [record] if record is not None else []
    return shown if current is None else [current, *shown]


def made_for(outcome: Outcome, entity: Entity, side: str, id_: str) -> tuple[str, float] | None:
    """Give the record of the other side that a record was made for, or tied to, and since when; also if it is gone by now."""
    left = side == outcome.spec.sides[0]
    for one, other, when in outcome.ever[entity.name]:
        if (one if left else other) == id_:
            return (other if left else one), when
    return None


def entities_of(outcome: Outcome, side: str, write: Write) -> Iterator[Entity]:
    """List the entities with an identity of their own that a written record may belong to."""
    for entity in outcome.entities.values():
        source = entity.sources.get(side)
        if source is not None and source.resource == write.resource and not entity.for_each:
            yield entity


def holds(condition: Mapping[str, Any], record: Record) -> bool:
    """Tell whether a record has the values, or one of the values, that a condition asks for; other tests are passed over."""
    for path, test in condition.items():
        if isinstance(test, Mapping) or "|" in path or "!" in path:
            continue
        if at(record, path) not in (test if isinstance(test, list) else [test]):
            return False
    return True
