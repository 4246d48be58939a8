"""A record as a person would make it: every row filled in, and everything in it that must add up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules.language.model import Entity, Row, Spec, Template
from syncrules.manifest import Active, Resource
from syncrules.simulator.shape import Record, at, empty, every, merged, set_at
from syncrules.simulator.ties import resource_of
from syncrules.simulator.twin import Twin
from syncrules.simulator.values import SKIP, Typist, constants, of_type

CENT = Decimal("0.01")
_AMOUNTS = ("sum", "percent", "of", "included_in", "equals")
"""The words of a check after which an amount is named."""


class Composer:
    """Whoever fills in a whole record."""

    def __init__(self, spec: Spec, twins: Mapping[str, Twin], typist: Typist) -> None:
        self.spec = spec
        self.twins = twins
        self.typist = typist

    def compose(self, entity: Entity, side: str, mark: int, without: tuple[str, ...], numbers: int) -> Record | None:
        """Fill in a record; None where something that it must refer to is not there.

        Args:
            without: rows that stay empty.
            numbers: the mark of the rows by which records are first looked for.
        """
        keys = {name for tier in entity.tiers[:1] for name, _ in tier.rows}
        # Several rows may stand in one place: a relation has one number, whichever kind of number that is on the other side.
        places = {str(each.sides.get(side)) for each in entity.rows if each.name in keys}
        source, spec = entity.sources[side], resource_of(self.spec, entity, side)
        record: Record = {}
        for path, value in [*constants(source.is_), *constants(source.where)]:
            self.typist.put(side, source.resource, record, path, value)
        for row in sorted(entity.rows, key=lambda each: any(name == "payment_term" for name, _ in each.operators)):
            if side not in row.sides or row.name in without:
                continue
            if row.lines:
                set_at(record, str(row.sides[side]), self._lines(entity, side, row, mark))
                continue
            typed = self.typist.row(
                side, source.resource, row, numbers if str(row.sides[side]) in places else mark, record
            )
            if row.refers_to and not typed:
                return None
            record = merged(record, typed)
        for need in entity.needs:
            if need.side == side and need.equals is not None and need.plain:
                equals = need.equals
                value = self.typist.settings.get(equals["setting"]) if isinstance(equals, Mapping) else equals
                self.typist.put(side, source.resource, record, need.path, value)
        for path in spec.requires:
            if empty(at(record, path)) and at(record, path) not in (0, False):
                value = self.typist.plain(side, source.resource, path, mark, path)
                if value is not SKIP:
                    set_at(record, path, value)
        for field in spec.fields.values():
            # Something that no rule speaks of: it must be there in the end as it was in the beginning.
            if (
                field.name not in record
                and not field.read_only
                and field.type == "string"
                and not is_special(spec, field.name)
            ):
                record[field.name] = of_type(field, mark, "note", "2026-01-01")
        self._add_up(entity, side, record)
        for need in entity.needs:
            if need.side == side and need.same_as:
                for part in every_line(record, need.of_each) if need.of_each else [record]:
                    if not empty(at(part, need.path)):
                        set_at(part, need.path, at(part, need.same_as))
        return record

    def _lines(self, entity: Entity, side: str, row: Row, mark: int) -> list[Record]:
        """Make the lines of a document: one to three, with amounts that differ."""
        resource = entity.sources[side].resource
        head = str(row.sides[side])
        found = self.spec.manifests[side].field_at(resource, head)
        assert found is not None
        fields = self.spec.manifests[side].types[found.of].fields
        lines = []
        for number in range(1 + mark % 3):
            line: Record = {}
            for template in row.lines:
                if template.for_each not in (head, "document"):
                    continue
                for each in template.rows:
                    path = each.sides.get(side)
                    for one in path.values() if isinstance(path, Mapping) else [path]:
                        self._fill_line(side, resource, head, line, each, one, fields, mark + number)
                for each in template.rows:
                    if each.to == "match":
                        self._agree(entity, side, row, template, each, line)
            lines.append(line)
        return lines

    def _agree(self, entity: Entity, side: str, row: Row, template: Template, compared: Row, line: Record) -> None:
        """Let a line say the same as the record that it makes its counterpart choose, where the two are compared."""
        other = self.spec.other(side)
        head, _, inner = str(compared.sides.get(other)).partition(".")
        field = self.spec.manifests[other].field_at(entity.sources[other].resource, f"{row.sides[other]}.{head}")
        choosing = next((each for each in template.rows if each.sides.get(other) == head and each.values), None)
        if not inner or field is None or choosing is None:
            return
        here = self.spec.manifests[side].field_at(
            entity.sources[side].resource, f"{template.for_each}.{choosing.sides[side]}"
        )
        given = line.get(str(choosing.sides[side]))
        if here is None or not isinstance(given, Mapping):
            return
        key = self.spec.manifests[side].resources[here.reference[0]].key
        group = next(
            each for each in self.twins[side].rows(here.reference[0]).values() if given.items() <= each.items()
        )
        code = (self.typist.settings.get(choosing.values[0]["setting"]) or {}).get(str(group[key]))
        rows = self.spec.manifests[other].resources[field.reference[0]].rows or ()
        for each in rows:
            if each[field.by[0]] == code:
                set_at(line, str(compared.sides[side]), Decimal(str(each[inner])))

    def _fill_line(
        self, side: str, resource: str, head: str, line: Record, row: Row, path: str | None, fields: Any, mark: int
    ) -> None:
        first = (path or "").partition(" ")[0].partition(".")[0]
        if not path or first not in fields or first in line:
            return
        field = fields[first]
        if field.reference:
            places = Row(row.name, {side: f"{head}.{first}"}, "both", values=row.values if "." not in path else ())
            value = self.typist.part(side, resource, places, [], "", f"{head}.{first}", mark, {})
            line.update({} if value is SKIP else {first: value})
        elif field.type == "number":
            amount = Decimal("21") if "ercentage" in first else Decimal(f"{mark % 900 + 1}.{mark % 97:02d}")
            line[first] = Decimal(1 + mark % 4) if "uantity" in first else amount
        else:
            value = of_type(field, mark, row.name, "2026-01-01")
            line.update({} if value is SKIP else {first: value})

    def _add_up(self, entity: Entity, side: str, record: Record) -> None:
        """Let a document say what must be true of it: by the checks of its mapping, read as sums."""
        says = [self._on_this_side(entity, side, {"side": each.side, **each.says}) for each in entity.checks]
        here = [each for each in says if each is not None]
        for told in sorted(here, key=lambda one: ("percent" not in one, "of_each" not in one)):
            if "of_each" in told:
                for line in every_line(record, told["of_each"]):
                    if "percent" in told:
                        if at(line, told["percent"]) is None:
                            set_at(line, told["percent"], Decimal(21))
                        base = [told["of"]] if "of" in told else _rest_of(here, told)
                        amount = sum((at(line, one) or Decimal(0) for one in base), Decimal(0))
                        share = (at(line, told["percent"]) or Decimal(0)) * amount / 100
                        set_at(line, told["equals"], share.quantize(CENT, ROUND_HALF_UP))
                    else:
                        set_at(
                            line, told["equals"], sum((at(line, one) or Decimal(0) for one in told["sum"]), Decimal(0))
                        )
            elif "sum" in told and isinstance(told["equals"], str):
                parts = [one for path in told["sum"] for one in every(record, path) if one is not None]
                set_at(record, told["equals"], sum(parts, Decimal(0)))

    def _on_this_side(self, entity: Entity, side: str, says: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Give a check in the words of this side; one of the other side is told by the lines that it is made of."""
        if not {"sum", "percent"} & set(says) or "one_per" in says:
            return None
        if says["side"] == side:
            return says
        if "of_each" not in says:
            return None
        for row in entity.rows:
            if row.lines and row.sides.get(says["side"]) == says["of_each"]:
                here = {
                    each.sides[says["side"]]: each.sides.get(side)
                    for template in row.lines
                    for each in template.rows
                    if isinstance(each.sides.get(says["side"]), str)
                }
                names = [one for name in _AMOUNTS for one in _listed(says.get(name))]
                if any(here.get(one) is None for one in names):
                    return None
                words = {
                    name: here[value] if isinstance(value, str) else [here[one] for one in value]
                    for name, value in says.items()
                    if name in _AMOUNTS
                }
                return {**words, "of_each": str(row.sides[side])}
        return None


def every_line(record: Record, path: str) -> list[Record]:
    """Give the lines of a document, to be filled in."""
    lines = at(record, path)
    return lines if isinstance(lines, list) else []


def _rest_of(checks: list[Mapping[str, Any]], told: Mapping[str, Any]) -> list[str]:
    """Name what else makes the amount in which a percentage is included."""
    sums = [each["sum"] for each in checks if "sum" in each and each["equals"] == told["included_in"]]
    return [one for each in sums[:1] for one in each if one != told["equals"]]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def is_special(spec: Resource, name: str) -> bool:
    """Tell whether a field has a meaning of its own to the system: an id, a flag, a place for other systems."""
    flag = spec.active.field if isinstance(spec.active, Active) else ""
    stamp = spec.active.stamp if isinstance(spec.active, Active) else ""
    return name in (*spec.id, *spec.keys, spec.external_id, flag, stamp, spec.look_up)
