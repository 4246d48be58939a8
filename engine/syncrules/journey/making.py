"""What a record of the other side is made of: constants, rows and lines; and whether all of it is there and adds up.

Pure. A new record is made like this, and one that cannot be read back is sent whole like this every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.journey.decision import Judgement, left_out, shown
from syncrules.journey.documents import broken
from syncrules.journey.lines import constant_of
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Lacks, Late, Surroundings, Waits
from syncrules.records import Record, filled, put
from syncrules.vocabulary.values import CannotCarry

CORRECT = "Correct it, or the settings; nothing of it was sent, and it is tried again in every run."


@dataclass(slots=True)
class Made:
    """A record as it would be sent."""

    changes: Record
    fields: list[list[Any]]
    """For people: row, nothing, value."""
    notices: list[str]
    """What did not travel with the rest, and why."""


def made(
    rules: EntityRules, side: str, view: View, around: Surroundings, *, attached: bool = False
) -> Made | Judgement:
    """Make the counterpart of a record, or say why it cannot be made.

    Args:
        attached: whether it becomes part of something that exists, which has what the system asks for.
    """
    target = rules.spec.other(side)
    try:
        record = _record(rules, side, view.values, view.id, around, attached)
        for lines in rules.lines:
            elements = lines.make(view.record, around)
            put(record.changes, str(lines.row.sides[target]), elements)
            record.fields.append([lines.name, None, elements])
    except Waits as error:
        return Judgement("waiting", str(error), error.cure, {"because": "reference"})
    except CannotCarry as error:
        return Judgement("failed", str(error), CORRECT)
    fault = broken(rules, {side: view.record, target: record.changes})
    if fault:
        return Judgement("failed", fault, "Correct the document; nothing of it was sent.")
    lacking = [path for path in rules.resource(target).requires if not _given(record.changes, path)]
    if lacking and not attached:
        names = [_title(rules, target, path) for path in lacking]
        return Judgement("waiting", f"{rules.spec.manifests[target].title} needs {' and '.join(names)}", "Fill it in.")
    return record


def from_rows(rules: EntityRules, side: str, values: Mapping[str, Any], id: str, around: Surroundings) -> Record:
    """Make the counterpart of a record of which only the values of its rows are remembered.

    Raises:
        CannotCarry: one of them has no counterpart (any more).
    """
    return _record(rules, side, values, id, around).changes


def _record(
    rules: EntityRules, side: str, values: Mapping[str, Any], id: str, around: Surroundings, attached: bool = False
) -> Made:
    target = rules.spec.other(side)
    source, resource = rules.source(target), rules.resource(target)
    record = Made({}, [], [])
    if rules.entity.link_is_id_of == target:
        record.changes[resource.id[0]] = id
    for path, test in source.is_.items():
        if not isinstance(test, Mapping | list):
            put(record.changes, path, test)
    for path, constant in source.set.items():
        put(record.changes, path, _fitted(rules, target, path, constant_of(constant, around.settings)))
    for row in rules.rows:
        if attached and not row.row.once and rules.is_of_the_thing(row, target):
            continue  # it has values of its own, and whose stand is decided when both are looked at
        try:
            value = _carried(rules, row, side, values, around)
        except CannotCarry as error:
            if isinstance(error, Waits) or row.row.unfit != "leave_out":
                raise
            record.notices.append(left_out(row, error, rules.spec.manifests[target].title))
            continue
        if not _nothing(value):
            row.write(target, record.changes, value, around)
            record.fields.append([row.name, None, shown(value)])
    _point_to_parent(rules, target, id, record.changes, around)
    return record


def _carried(rules: EntityRules, row: RowRules, side: str, values: Mapping[str, Any], around: Surroundings) -> Any:
    """Give what a row becomes on the other side; None if nothing of it travels.

    Raises:
        CannotCarry: it has no counterpart, or its counterpart does not fit.
    """
    target = rules.spec.other(side)
    if row.row.take is not None:
        return _taken(rules, row, side, values, around)
    if not travels(rules, row, side) or row.name not in values or target not in row.sides:
        return None
    value = row.carry(side, values[row.name], None, around)
    if row.row.unfit == "leave_out" and not _nothing(value):
        row.write(target, {}, value, around)  # of what does not fit no part is written either
    return value


def _taken(rules: EntityRules, row: RowRules, side: str, values: Mapping[str, Any], around: Surroundings) -> Any:
    """Take a value over from the record, on the other side, to which another row refers."""
    assert row.row.take is not None
    id_ = values.get(row.row.take["of"])
    try:
        return around.across(rules.row(row.row.take["of"]).row.refers_to, side, str(id_), row.row.take["field"])
    except Lacks:
        return row.carry(side, None, None, around)


def _point_to_parent(rules: EntityRules, target: str, id: str, changes: Record, around: Surroundings) -> None:
    """Let a state point to the linked record that it stands beside."""
    for row in rules.rows:
        if row.row.refers_to and set(row.row.sides) == {target} and rules.entity.for_each:
            row.write(target, changes, around.beside(target, id), around)


def _fitted(rules: EntityRules, side: str, path: str, value: Any) -> Any:
    """Give a constant the form of a reference where the field is one."""
    manifest = rules.spec.manifests[side]
    found = manifest.field_at(rules.source(side).resource, path)
    if found is not None and found.reference and found.type == "object" and not isinstance(value, Mapping):
        return {manifest.resources[found.reference[0]].id[0]: value}
    return value


def _given(changes: Record, path: str) -> bool:
    value: Any = changes
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return isinstance(value, Late) or value == 0 or value is False or filled(value)


def _title(rules: EntityRules, side: str, path: str) -> str:
    found = rules.spec.manifests[side].field_at(rules.source(side).resource, path)
    return found.title or path if found is not None else path


def travels(rules: EntityRules, row: RowRules, source: str) -> bool:
    """Tell whether a row may go from this side to the other."""
    to = row.row.to
    return to == "both" or to == rules.spec.other(source)


def _nothing(value: Any) -> bool:
    """Tell whether a value is empty: then a new record is better off without it."""
    if isinstance(value, Mapping):
        return all(_nothing(each) for each in value.values())
    return value is None or value == ""
