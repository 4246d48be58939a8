"""What to do about the counterpart of a record that has left: it is deleted, it is taken out of use, or it stays.

Pure. A record has left when it was deleted, or when it may no longer come in; what then happens stands in `events`.
"""

from __future__ import annotations

from typing import Literal

from syncrules.journey.action import Action
from syncrules.journey.decision import Decision, Judgement, told
from syncrules.journey.rules import EntityRules
from syncrules.manifest import Active
from syncrules.memory.kept import Link

Departure = Literal["deleted", "filtered_out"]


def travels(rules: EntityRules, side: str, departure: Departure = "deleted") -> bool:
    """Tell whether it does anything to the other side that a record leaves this one."""
    then = rules.entity.events[side][departure].then
    seen = departure == "filtered_out" or rules.resource(side).missing == "deleted"
    return seen and then in ("delete", "deactivate") and rules.entity.to in ("both", rules.spec.other(side))


def decide(rules: EntityRules, link: Link, side: str, name: str, departure: Departure = "deleted") -> Decision:
    """Decide about the counterpart of a record that has left a side, where that travels."""
    target = rules.spec.other(side)
    titles = {each: rules.spec.manifests[each].title for each in rules.spec.sides}
    if rules.entity.events[side][departure].then == "delete":
        return Decision([_deletion(rules, link, side, name)])
    flag = rules.resource(target).active
    if not isinstance(flag, Active) or link.active.get(target) is False:
        reason = f"deleted in {titles[side]}; it is out of use in {titles[target]}"
        return Decision(judgements={side: Judgement("excluded", reason)})
    action = Action(
        entity=rules.entity.name,
        verb="deactivate",
        side=target,
        key=link.ids[target],
        source_id=link.ids[side],
        link=link.id,
        name=name,
        fields=[["in use", True, False]],
        changes={flag.field: flag.inactive},
        active={target: False},
    )
    return Decision([action])


def _deletion(rules: EntityRules, link: Link, side: str, name: str) -> Action:
    target = rules.spec.other(side)
    known = link.base.get(target, {})
    return Action(
        entity=rules.entity.name,
        verb="delete",
        side=target,
        key=link.ids[target],
        source_id=link.ids[side],
        link=link.id,
        name=name,
        fields=[[row.name, told(known[row.name]), None] for row in rules.rows if told(known.get(row.name))],
    )
