"""Who belongs to whom, as the ids that stand in the systems tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncrules.language.model import Entity, Row, Spec
from syncrules.manifest import Resource
from syncrules.simulator.shape import Record, at
from syncrules.simulator.twin import Twin
from syncrules.simulator.values import fits


class Ties:
    """What the two systems themselves tell of who belongs to whom."""

    def __init__(self, spec: Spec, twins: Mapping[str, Twin]) -> None:
        self.spec = spec
        self.twins = twins

    def pairs(self, entity: Entity) -> Iterator[tuple[str, str]]:
        """List who belongs to whom, as the ids that stand in the systems tell: left id, right id."""
        side = entity.link_kept_in
        if not side:
            yield from self._mirrored(entity)
            return
        spec, other = resource_of(self.spec, entity, side), self.spec.other(side)
        for id_, record in self.twins[side].rows(spec.name).items():
            carried = str(record.get(spec.external_id) or "")
            partner = carried.rpartition(":")[2].removesuffix(";")
            if carried.startswith("syncrules:") and partner in self.twins[other].rows(entity.sources[other].resource):
                yield (id_, partner) if side == self.spec.sides[0] else (partner, id_)

    def _mirrored(self, entity: Entity) -> Iterator[tuple[str, str]]:
        """List who belongs to whom where one side is only written to: by the id that both have, or by what is the id there."""
        target = entity.to
        if target not in self.spec.sides or resource_of(self.spec, entity, target).readable:
            return
        source, there = self.spec.other(target), self.twins[target].rows(entity.sources[target].resource)
        for id_, record in self.twins[source].rows(entity.sources[source].resource).items():
            partner = id_ if entity.link_is_id_of == target else self.id_there(entity, source, record)
            if partner in there:
                yield (id_, partner) if source == self.spec.sides[0] else (partner, id_)

    def id_there(self, entity: Entity, source: str, record: Record) -> str:
        """Give the id that a record has where it is only written to: the value of one of its rows."""
        target = self.spec.other(source)
        key = resource_of(self.spec, entity, target).id[0]
        path = next(
            (row.sides[source] for row in entity.rows if row.sides.get(target) == key and source in row.sides), ""
        )
        value = str(at(record, str(path)))
        return value[:10] if value[10:11] == "T" else value

    def is_id_there(self, entity: Entity, side: str, row: Row) -> bool:
        """Tell whether a row is what a record is known by where it is only written to; nobody changes that here."""
        other = self.spec.other(side)
        there = resource_of(self.spec, entity, other) if other in entity.sources else None
        return there is not None and not there.readable and row.sides.get(other) in there.id

    def stands_there(self, entity: Entity, side: str, record: Record) -> bool:
        """Tell whether there is one already that would be the same where it is only written to: nobody makes a second one."""
        if (
            entity.to != self.spec.other(side)
            or resource_of(self.spec, entity, entity.to).readable
            or entity.link_is_id_of
        ):
            return False
        rows = self.twins[side].rows(entity.sources[side].resource).values()
        return self.id_there(entity, side, record) in {self.id_there(entity, side, each) for each in rows}

    def ids(self, entity: Entity, side: str) -> list[str]:
        source = entity.sources[side]
        rows = self.twins[side].rows(source.resource)
        return [id_ for id_, record in rows.items() if fits(source.is_, record)]


def resource_of(spec: Spec, entity: Entity, side: str) -> Resource:
    """Give what the manifest of a side says of the records of an entity."""
    return spec.manifests[side].resources[entity.sources[side].resource]
