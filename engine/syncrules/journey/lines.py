"""The templates of one list row: how the lines of a document are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from syncrules.journey.places import number
from syncrules.journey.rows import RowRules
from syncrules.journey.surroundings import Surroundings, Value, Waits
from syncrules.language.model import Entity, Row, Spec, Template
from syncrules.records import MISSING, Record, elements, filled, holds, normal, put, reader
from syncrules.vocabulary.values import CannotCarry


class LineRules:
    """The templates of one list row: how the lines of a document are made."""

    def __init__(self, spec: Spec, entity: Entity, row: Row, settings: Mapping[str, Any], zone: tzinfo = UTC) -> None:
        self._zone = zone
        self._sides = spec.sides
        self._titles = {side: manifest.title for side, manifest in spec.manifests.items()}
        self.row = row
        self.name = row.name
        self.source_side, self.target_side = (
            spec.sides if entity.to != spec.sides[0] else (spec.sides[1], spec.sides[0])
        )
        self._source_path = str(row.sides[self.source_side])
        self._target_path = str(row.sides[self.target_side])
        self._list = spec.manifests[self.target_side].field_at(
            entity.sources[self.target_side].resource, self._target_path
        )
        self._absent = None if spec.manifests[self.source_side].absent_means_empty else MISSING
        self.templates = [(each, self._rows(spec, entity, each, settings)) for each in row.lines]

    def _rows(
        self, spec: Spec, entity: Entity, template: Template, settings: Mapping[str, Any]
    ) -> list[tuple[RowRules, bool]]:
        result = []
        for each in template.rows:
            source = str(each.sides.get(self.source_side, ""))
            from_document = source.startswith("document.")
            row = _with_side(each, self.source_side, source.removeprefix("document.")) if from_document else each
            prefix = "" if from_document or template.for_each == "document" else f"{template.for_each}."
            prefixes = {self.source_side: prefix, self.target_side: f"{self._target_path}."}
            result.append((RowRules(spec, entity, row, settings, prefixes, self._zone), from_document))
        return result

    def read(self, side: str, record: Mapping[str, Any]) -> Value:
        """Read the lines as they are: whole, because a list is compared and replaced whole."""
        value = reader(self._source_path if side == self.source_side else self._target_path, absent=self._absent)(
            record
        )
        if value is MISSING or side != self.source_side:
            return MISSING
        return [self._line(each) for each in value or []]

    def _line(self, element: Mapping[str, Any]) -> Record:
        """Keep of a source line what some template reads."""
        line: Record = {}
        for _, rows in self.templates:
            for rules, from_document in rows:
                if not from_document and self.source_side in rules.sides:
                    value = rules.read(self.source_side, element)
                    if value is not MISSING and rules.sides[self.source_side].whole:
                        put(line, rules.sides[self.source_side].whole, value)
        return line

    def make(self, record: Mapping[str, Any], around: Surroundings) -> list[Record]:
        """Make the target's lines from a source document.

        Raises:
            CannotCarry: a value has no counterpart; the message names the line.
        """
        lines: list[Record] = []
        for template, rows in self.templates:
            for number_, group in enumerate(self._groups(template, record, around.settings), 1):
                line: Record = {}
                for path, constant in template.set.items():
                    put(line, path, constant_of(constant, around.settings))
                # What is only compared comes last: then the line says all that it will say.
                for rules, from_document in sorted(rows, key=lambda each: each[0].row.to == "match"):
                    self._fill(line, rules, [record] if from_document else group, around, number_)
                if self.row.numbered:
                    line[self.row.numbered] = len(lines)
                lines.append(line)
        most = self._list.max_items if self._list is not None else None
        if most is not None and len(lines) > most:
            raise CannotCarry(f"{self._titles[self.target_side]} takes {most} lines, and these are {len(lines)}")
        return lines

    def _groups(
        self, template: Template, record: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> Iterator[list[Mapping[str, Any]]]:
        if template.for_each == "document":
            yield [record]
            return
        items = elements_of(record, template.for_each)
        groups: dict[str, list[Mapping[str, Any]]] = {}
        read = reader(template.one_per, absent=None) if template.one_per else None
        for place, each in enumerate(items):
            groups.setdefault(repr(normal(read(each))) if read is not None else str(place), []).append(each)
        yield from (group for group in groups.values() if not _left_out(template, group, settings))

    def _fill(
        self, line: Record, rules: RowRules, group: list[Mapping[str, Any]], around: Surroundings, number_: int
    ) -> None:
        try:
            if self.source_side in rules.sides:
                summed = any(operator.name == "sum" for operator, _ in rules.operators)
                path = rules.sides[self.source_side].whole
                value = (
                    [number(one) for each in group for one in elements(each, path) if one is not None]
                    if summed
                    else rules.read(self.source_side, group[0])
                )
            else:
                value = None
            if value is MISSING:
                raise CannotCarry(
                    f"{rules.name} is not in the answer of {rules.sides[self.source_side].places[''].side_title}"
                )
            if rules.row.to == "match":
                self._compare(line, rules, value, around)
                return
            carried = rules.carry(self.source_side, value, None, around)
            rules.write(self.target_side, line, carried, around)
        except Waits:
            raise
        except CannotCarry as error:
            raise CannotCarry(f"line {number_}: {error}") from error

    def _compare(self, line: Record, rules: RowRules, value: Value, around: Surroundings) -> None:
        """Let the line be, if it says the same as its source."""
        there = rules.read(self.target_side, line)
        sides = {self.source_side: value, self.target_side: None if there is MISSING else there}
        left, right = (sides[each] for each in self._sides)
        if rules.same(left, right, around):
            return
        said = (f"{self._titles[side]} has {_quoted(sides[side])}" for side in (self.source_side, self.target_side))
        raise CannotCarry(f"{rules.name} is not the same: {' and '.join(said)}")


def _quoted(value: Value) -> str:
    return f"'{normal(value)}'" if filled(value) else "none"


def _left_out(template: Template, group: list[Mapping[str, Any]], settings: Mapping[str, Any]) -> bool:
    """Tell whether there is no line for these elements: what they say together counts, as they make one line together."""
    return bool(template.unless) and all(
        holds({"together": test}, {"together": _together(path, group)}, settings)
        for path, test in template.unless.items()
    )


def _together(path: str, group: list[Mapping[str, Any]]) -> Value:
    """Add up what elements say at a path, if they are numbers; else what the first of them says stands for all."""
    values = [value for value in map(reader(path, absent=None), group) if value is not None]
    if len(values) > 1 and all(isinstance(each, int | Decimal) and not isinstance(each, bool) for each in values):
        return sum(values, Decimal(0))
    return values[0] if values else None


def elements_of(record: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    """Read a list of objects; an empty one if there is none."""
    value = reader(path, absent=None)(record)
    return [each for each in value or [] if isinstance(each, Mapping)]


def constant_of(constant: Any, settings: Mapping[str, Any]) -> Value:
    """Give a constant, or the answer to a setting.

    Raises:
        CannotCarry: the setting has no answer.
    """
    if isinstance(constant, Mapping):
        answer = settings.get(constant["setting"])
        if answer is None:
            raise CannotCarry(f"the setting '{constant['setting']}' has no answer")
        return answer
    return constant


def _with_side(row: Row, side: str, path: str) -> Row:
    from dataclasses import replace

    return replace(row, sides={**row.sides, side: path})
