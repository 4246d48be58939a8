"""What a person decides about what waits, as `syncrules resolve` and `syncrules retry` note it, and does when a mapping asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.journey.rules import Rules
from syncrules.language.model import Entity
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.simulator.people import Deed, Doing
from syncrules.simulator.shape import Record, at, set_at
from syncrules.simulator.twin import Twin

DECISIONS = ("decide", "let a brake pass")
"""What is done where neither of the two systems sees it."""

LINK, CREATE, IGNORE = "decides to link", "decides to make anew", "decides to leave out"
KEEP, UNLINK, RETRY = "decides whose value stands", "decides to take apart", "lets be tried again"
LET_IT = "lets a brake pass"


def decide(store: Store, memory: Memory, rules: Rules, doing: Doing, now: float) -> Deed | None:
    """Answer a question, or say that a brake need not hold; None if nothing asks."""
    with store.transaction():
        if doing.what == "let a brake pass":
            return _passes(memory, doing, now)
        asking = [each for each in memory.records(states=("waiting", "failed")) if each[0] in rules.entities]
        if not asking:
            return None
        entity, known = asking[doing.pick % len(asking)]
        what, answer = _answer(rules, memory, entity, known, doing)
        if answer is not None:
            memory.decide(entity, known.side, known.id, answer, now)
        memory.judge(entity, known.side, known.id, "pending")
        resource = rules.entities[entity].resource(known.side).name
        story = f"Somebody {what}: {entity} '{known.name}' of {known.side}."
        return Deed(now, what, known.side, entity, resource, known.id, story=story)


def follow_up(entities: Mapping[str, Entity], twins: Mapping[str, Twin]) -> None:
    """Do what the mapping asks people to do with records that were made for them."""
    for entity in entities.values():
        for asked in entity.follow_ups:
            if not asked.done_path:
                continue
            twin, resource = twins[asked.done_side], entity.sources[asked.done_side].resource
            made = {each.id for each in twin.log if each.who == "engine" and each.verb == "create"}
            for id_, record in twin.rows(resource).items():
                if id_ in made and not at(record, asked.done_path):
                    done: Record = {}
                    set_at(done, asked.done_path, True)
                    twin.update(resource, id_, done, "person")


def _passes(memory: Memory, doing: Doing, now: float) -> Deed | None:
    held = memory.brakes()
    if not held:
        return None
    entity, name, reason, _ = held[doing.pick % len(held)]
    memory.decide(entity, "brake", name, {"accept": True}, now)
    return Deed(now, LET_IT, "", entity, "", name, story=f"Somebody says of {entity} that it was meant: {reason}.")


def _answer(rules: Rules, memory: Memory, entity: str, known: Known, doing: Doing) -> tuple[str, Any]:
    """Choose one of the answers that an item takes."""
    detail = known.detail if isinstance(known.detail, dict) else {}
    other = rules.spec.other(known.side)
    match detail.get("decide"):
        case "conflict":
            earlier = (memory.decision(entity, known.side, known.id) or {}).get("keep", {})
            return KEEP, {"keep": {**earlier, detail["row"]: rules.spec.sides[doing.row % 2]}}
        case "kind":
            return (IGNORE, {"ignore": True}) if doing.row % 2 else (UNLINK, {"unlink": True})
        case "match" if known.link is None:
            free = [each for each in detail.get("candidates", ()) if memory.link_of(entity, other, each) is None]
            if free and doing.row % 4 < 2:
                return LINK, {"link": free[doing.row % len(free)]}
            return (CREATE, {"create": True}) if doing.row % 4 == 2 else (IGNORE, {"ignore": True})
        case _ if known.link is None and doing.row % 3 == 0:
            return IGNORE, {"ignore": True}
        case _:
            return RETRY, None
