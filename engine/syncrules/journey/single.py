"""What to do about a record that has no counterpart: it stays out, it waits, or its counterpart is made.

Pure: a record goes in with what is known of it; an action or a judgement, each with its reason, comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.journey.action import Action
from syncrules.journey.decision import (
    BEFORE,
    Circumstances,
    Decision,
    Judgement,
    applies,
    left_out,
    shown,
    told,
    waits_for,
)
from syncrules.journey.documents import broken
from syncrules.journey.lines import constant_of
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Lacks, Late, Surroundings, Waits
from syncrules.language.model import Need
from syncrules.manifest import Active
from syncrules.records import Record, filled, normal, put, reader
from syncrules.vocabulary.values import CannotCarry


def decide(rules: EntityRules, side: str, view: View, now: Circumstances, attach: str | Late = "") -> Decision:
    """Decide about a record that has no counterpart.

    Args:
        attach: the id of an existing record of which the counterpart becomes a role.
    """
    entity = rules.entity
    target = rules.spec.other(side)
    titles = {each: rules.spec.manifests[each].title for each in rules.spec.sides}

    def left_out(reason: str, cure: str = "") -> Decision:
        return Decision(judgements={side: Judgement("excluded", reason, cure)})

    answer = now.answer(side, view.id) or {}
    if answer.get("ignore"):
        return left_out("somebody decided to leave it out")
    if answer.get("before"):
        return left_out(BEFORE)
    if view.admitted:
        return left_out(_not_admitted(rules, side, view))
    if view.active is False and entity.events[side]["already_inactive"].then == "skip":
        return left_out(f"not in use in {titles[side]}")
    if entity.to not in ("both", target):
        return left_out(f"made in {titles[side]}, and this only travels from {titles[target]}")
    reaction = entity.events[side]["created"]
    if reaction.then == "match":
        return left_out(f"known in {titles[side]} only, and these are never made in {titles[target]}")
    if not applies(reaction, now.around.settings) or reaction.then == "ignore":
        return left_out(f"new ones are not sent to {titles[target]}")
    if now.first and not entity.imports_from and not entity.for_each:
        return Decision(judgements={side: Judgement("excluded", BEFORE, detail={"before": True})})
    if not now.is_open(side, "created"):
        return Decision()
    need = rules.lacking(side, target, view.record, now.around.settings, creating=True) or _lacking_there(
        rules, side, view, now.around
    )
    if need is not None:
        return Decision(judgements={side: waits_for(need, rules, target)})
    return _create(rules, side, view, now, attach)


def _not_admitted(rules: EntityRules, side: str, view: View) -> str:
    manifest, resource = rules.spec.manifests[side], rules.source(side).resource
    titles = [manifest.field_at(resource, path) for path in (view.admitted, view.admitted.rpartition(".")[0]) if path]
    found = [each for each in titles if each is not None and (each.reference or each is titles[0])]
    what = found[-1].title or view.admitted if found else view.admitted
    test = rules.source(side).where.get(view.admitted)
    value = told(reader(view.admitted, absent=None)(view.record))
    return (
        f"{what} is '{value}', not '{test}'"
        if isinstance(test, str)
        else f"{what} is '{value}', which the mapping leaves out"
    )


def _lacking_there(rules: EntityRules, side: str, view: View, around: Surroundings) -> Need | None:
    """Find the first need that is not met by the record, on the other side, to which this one refers.

    What is looked at is what was last read there, or what this plan is going to write there: what the system gives a new record
    by itself is not known before it is read. A record that is not linked yet is waited for anyway.
    """
    for need in rules.entity.needs:
        if not need.of or need.to == side or view.values.get(need.of) is None:
            continue
        names, id_ = rules.row(need.of).row.refers_to, str(view.values[need.of])
        try:
            found = around.across(names, side, id_, need.path)
        except Lacks:
            found = None
        except Waits:
            continue
        if not _meets(need, found.planned if isinstance(found, Late) else found, around.settings):
            return need
    return None


def _meets(need: Need, value: Any, settings: Mapping[str, Any]) -> bool:
    """Tell whether a value of another record, which is remembered as text, is what a need asks for."""
    if need.equals is None:
        return filled(value)
    wanted = normal(constant_of(need.equals, settings))
    return wanted in (None, False) if not filled(value) else str(wanted) == str(normal(value))


def _create(rules: EntityRules, side: str, view: View, now: Circumstances, attach: str | Late) -> Decision:
    target = rules.spec.other(side)
    changes: Record = {}
    fields: list[list[Any]] = []
    notices: list[str] = []
    try:
        source = rules.source(target)
        for path, test in source.is_.items():
            if not isinstance(test, Mapping | list):
                put(changes, path, test)
        for path, constant in source.set.items():
            put(changes, path, _fitted(rules, target, path, constant_of(constant, now.around.settings)))
        for row in rules.rows:
            if attach and not row.row.once and rules.is_of_the_thing(row, target):
                continue  # it has values of its own, and whose stand is decided when both are looked at
            try:
                value = _carried(rules, row, side, view, now.around)
            except CannotCarry as error:
                if isinstance(error, Waits) or row.row.unfit != "leave_out":
                    raise
                notices.append(left_out(row, error, rules.spec.manifests[target].title))
                continue
            if not _nothing(value):
                row.write(target, changes, value, now.around)
                fields.append([row.name, None, shown(value)])
        _point_to_parent(rules, target, view, changes, now.around)
        for lines in rules.lines:
            made = lines.make(view.record, now.around)
            put(changes, str(lines.row.sides[target]), made)
            fields.append([lines.name, None, made])
    except Waits as error:
        return Decision(
            judgements={side: Judgement("waiting", str(error), "It follows by itself.", {"because": "reference"})}
        )
    except CannotCarry as error:
        return Decision(
            judgements={
                side: Judgement(
                    "failed",
                    str(error),
                    "Correct it, or the settings; nothing of it was sent, and it is tried again in every run.",
                )
            }
        )
    fault = broken(rules, {side: view.record, target: changes})
    if fault:
        return Decision(judgements={side: Judgement("failed", fault, "Correct the document; nothing of it was sent.")})
    resource = rules.resource(target)
    lacking = [path for path in resource.requires if not _given(changes, path)]
    if lacking and not attach:
        names = [_title(rules, target, path) for path in lacking]
        return Decision(
            judgements={
                side: Judgement(
                    "waiting", f"{rules.spec.manifests[target].title} needs {' and '.join(names)}", "Fill it in."
                )
            }
        )
    besides: list[list[Any]] = []
    if _keeps(rules, target) and resource.external_id:
        changes[resource.external_id] = now.external_id(target, view.id)
        besides.append([resource.external_id, None, changes[resource.external_id]])
    left_at = rules.resource(side).external_id
    if _keeps(rules, side) and left_at and not rules.entity.for_each:
        besides.append(
            [f"{left_at} in {rules.spec.manifests[side].title}, afterwards", view.external_id or None, "(the new id)"]
        )
    if attach and resource.within is not None:
        put(changes, f"{resource.within[1]}.{rules.spec.manifests[target].resources[resource.within[0]].id[0]}", attach)
    if isinstance(resource.active, Active) and view.active is False:
        changes[resource.active.field] = resource.active.inactive
    action = Action(
        entity=rules.entity.name,
        verb="create",
        side=target,
        name=view.name,
        source_id=view.id,
        fields=fields,
        besides=besides,
        changes=changes,
        base={side: dict(view.values)},
        active={side: view.active, target: True},
        notices=notices,
    )
    return Decision([action])


def _carried(rules: EntityRules, row: RowRules, side: str, view: View, around: Surroundings) -> Any:
    """Give what a row becomes on the other side; None if nothing of it travels.

    Raises:
        CannotCarry: it has no counterpart, or its counterpart does not fit.
    """
    target = rules.spec.other(side)
    if row.row.take is not None:
        return _taken(rules, row, side, view, around)
    if not travels(rules, row, side) or row.name not in view.values or target not in row.sides:
        return None
    value = row.carry(side, view.values[row.name], None, around)
    if row.row.unfit == "leave_out" and not _nothing(value):
        row.write(target, {}, value, around)  # of what does not fit no part is written either
    return value


def _taken(rules: EntityRules, row: RowRules, side: str, view: View, around: Surroundings) -> Any:
    """Take a value over from the record, on the other side, to which another row refers."""
    assert row.row.take is not None
    id_ = view.values.get(row.row.take["of"])
    try:
        return around.across(rules.row(row.row.take["of"]).row.refers_to, side, str(id_), row.row.take["field"])
    except Lacks:
        return row.carry(side, None, None, around)


def as_sent(rules: EntityRules, side: str, view: View, now: Circumstances) -> Record:
    """Rebuild what was sent when the counterpart of a document was made; empty if that can no longer be told."""
    made = _create(rules, side, view, now, "").actions
    return made[0].changes if made else {}


def _point_to_parent(rules: EntityRules, target: str, view: View, changes: Record, around: Surroundings) -> None:
    """Let a state point to the linked record that it stands beside."""
    for row in rules.rows:
        if row.row.refers_to and set(row.row.sides) == {target} and rules.entity.for_each:
            row.write(target, changes, around.beside(target, view.id), around)


def _keeps(rules: EntityRules, side: str) -> bool:
    """Tell whether the other side's id is left on this side."""
    return rules.entity.link_kept_in == side


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
