"""What to do about a record that has no counterpart: it stays out, it waits, or its counterpart is made.

Pure: a record goes in with what is known of it; an action or a judgement, each with its reason, comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.journey import making
from syncrules.journey.action import Action
from syncrules.journey.decision import (
    BEFORE,
    SENT_BEFORE,
    Circumstances,
    Decision,
    Judgement,
    applies,
    told,
    waits_for,
)
from syncrules.journey.lines import constant_of
from syncrules.journey.rules import EntityRules, View
from syncrules.journey.surroundings import Lacks, Late, Surroundings, Waits
from syncrules.language.model import Need
from syncrules.manifest import Active
from syncrules.records import Record, filled, normal, put, reader


def decide(rules: EntityRules, side: str, view: View, now: Circumstances, attach: str | Late = "") -> Decision:
    """Decide about a record that has no counterpart.

    Args:
        attach: the id of an existing record of which the counterpart becomes a role.
    """
    entity, target = rules.entity, rules.spec.other(side)
    reason = left_out(rules, side, view, now)
    if reason:
        return Decision(judgements={side: Judgement("excluded", reason)})
    answer = now.answer(side, view.id) or {}
    if (now.first and not entity.imports_from and not entity.for_each) or answer.get("asked"):
        if answer.get("asked") or now.connected_before:
            cure = f"Look whether it is in {rules.spec.manifests[target].title}, then decide: it is brought across (create), or left alone (ignore)."
            return Decision(judgements={side: Judgement("waiting", SENT_BEFORE, cure, {"decide": "before"})})
        return Decision(judgements={side: Judgement("excluded", BEFORE, detail={"before": True})})
    if not now.is_open(side, "created"):
        return Decision()
    need = rules.lacking(side, target, view.record, now.around.settings, creating=True) or _lacking_there(
        rules, side, view, now.around
    )
    if need is not None:
        return Decision(judgements={side: waits_for(need, rules, target)})
    return _create(rules, side, view, now, attach)


def left_out(rules: EntityRules, side: str, view: View, now: Circumstances) -> str:
    """Say why nothing is made for a record that has no counterpart, whatever it holds; empty if something may be."""
    entity, target = rules.entity, rules.spec.other(side)
    titles = {each: rules.spec.manifests[each].title for each in rules.spec.sides}
    answer = now.answer(side, view.id) or {}
    if answer.get("ignore"):
        return "somebody decided to leave it out"
    if answer.get("before"):
        return BEFORE
    if view.admitted:
        return _not_admitted(rules, side, view)
    if view.active is False and entity.events[side]["already_inactive"].then == "skip":
        return f"not in use in {titles[side]}"
    if entity.to not in ("both", target):
        return f"made in {titles[side]}, and this only travels from {titles[target]}"
    reaction = entity.events[side]["created"]
    if reaction.then == "match":
        return f"known in {titles[side]} only, and these are never made in {titles[target]}"
    if not applies(reaction, now.around.settings) or reaction.then == "ignore":
        return f"new ones are not sent to {titles[target]}"
    return ""


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
    resource = rules.resource(target)
    made = making.made(rules, side, view, now.around, attached=bool(attach))
    if isinstance(made, Judgement):
        return Decision(judgements={side: made})
    changes = made.changes
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
        fields=made.fields,
        besides=besides,
        changes=changes,
        base={side: dict(view.values)},
        active={side: view.active, target: True},
        notices=made.notices,
    )
    return Decision([action])


def as_sent(rules: EntityRules, side: str, view: View, now: Circumstances) -> Record:
    """Rebuild what was sent when the counterpart of a document was made; empty if that can no longer be told."""
    made = _create(rules, side, view, now, "").actions
    return made[0].changes if made else {}


def _keeps(rules: EntityRules, side: str) -> bool:
    """Tell whether the other side's id is left on this side."""
    return rules.entity.link_kept_in == side
