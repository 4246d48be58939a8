"""How many calls the writes of a plan take, by kind, and whether what each system allows is enough for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncrules import limits
from syncrules.connection import Connection
from syncrules.journey.action import Action
from syncrules.journey.rules import EntityRules
from syncrules.manifest import Limit
from syncrules.serving import ticking

KINDS = {
    "reading": "to read once more",
    "looking": "to look before a write",
    "create": "to make",
    "change": "to change",
    "batch": "to send many at once",
    "id": "to leave an id",
}
"""Kind of call → what is said of it, in the order in which they are shown."""


def calls(conn: Connection, parts: Iterable[tuple[Connection, Sequence[Action]]]) -> list[dict[str, Any]]:
    """Estimate the calls of a run by system and kind: an update looks before it writes, an id that is left behind too; many may share one.

    A create looks too, where it might be written over another record. How many are needed to read is what it has just taken to make the plan.
    """
    spec = conn.spec
    count: dict[str, Counter[str]] = {side: Counter() for side in spec.sides}
    for part, actions in parts:
        for side, kinds in _writing(part, actions).items():
            count[side] += kinds
    result = []
    for side in spec.sides:
        manifest, line = spec.manifests[side], conn.lines.get(side)
        read = line.limits.taken if line is not None else Counter[str]()
        whole = sum(count[side].values()) + sum(read.values())
        kinds = Counter({"reading": sum(read.values())}) + count[side]
        result.append(
            {
                "side": side,
                "system": manifest.title,
                "calls": sum(count[side].values()),
                "by_kind": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
                "limits": [_limit(conn, side, each, whole, read) for each in manifest.limits],
            }
        )
    return result


def _writing(conn: Connection, actions: Iterable[Action]) -> dict[str, Counter[str]]:
    """Count the calls that writes take: side → kind → calls."""
    spec = conn.spec
    count: dict[str, Counter[str]] = {side: Counter() for side in spec.sides}
    together: Counter[tuple[str, str]] = Counter()
    for each in actions:
        if not each.writes:
            continue
        rules, source = conn.rules.entities[each.entity], spec.other(each.side)
        resource = rules.resource(each.side)
        if resource.batch is not None:
            together[each.side, each.entity] += 1
            continue
        count[each.side]["create" if each.verb == "create" else "change"] += 1
        count[each.side]["looking"] += _looks(rules, each)
        if each.verb == "create" and rules.entity.link_kept_in == source and not rules.entity.for_each:
            count[source]["id"] += 2 if rules.resource(source).external_id else 0
    for (side, entity), records in together.items():
        batch = conn.rules.entities[entity].resource(side).batch
        count[side]["batch"] += -(-records // batch.size) if batch is not None and batch.size else 1
    return count


def _looks(rules: EntityRules, action: Action) -> int:
    """Count how often is looked before a write: at what is changed, or for each likeness by which the system would write over another one."""
    resource = rules.resource(action.side)
    if action.verb != "create":
        return int(resource.readable)
    attached = rules.is_attached(action.side, action.changes)
    return 0 if attached else sum(bool(alike.looks(action.changes)) for alike in resource.overwrites)


def _limit(conn: Connection, side: str, limit: Limit, whole: int, read: Mapping[str, int]) -> dict[str, Any]:
    """Hold what a run takes against one limit; of a limit on certain calls only those of reading are known beforehand."""
    needed = sum(read.get(each, 0) for each in limit.of) if limit.of else whole
    counted = conn.lines[side].limits.window(limit) if side in conn.lines else None
    left = by_itself = None
    if counted is not None:
        spent = conn.memory.store.spent_calls(*counted, limits.KEPT)
        left = max(0, limit.calls - spent.get("", 0))
        lane = "backfill" if ticking.is_new(conn.memory.store, conn.row, conn.spec) else "periodic"
        by_itself = limits.lanes(limit, spent, conn.clock.now())[lane]
    return {
        "calls": limit.calls,
        "per": limit.per,
        "of": list(limit.of),
        "left": left,
        "needed": needed,
        "enough": left is None or needed <= left,
        "by_itself": by_itself,
    }


def told(each: Mapping[str, Any]) -> str:
    """Say for one system how many calls its writes take, and what it allows."""
    kinds = [f"{count} {KINDS[kind]}" for kind, count in each["by_kind"].items() if kind != "reading"]
    allowed = [_said(one) for one in each["limits"] if not one["of"] or one["needed"] or not one["enough"]]
    said = "; ".join([*([", ".join(kinds)] if kinds else []), *allowed])
    return f"about {each['calls']} in {each['system']}" + (f" ({said})" if said else "")


def _said(limit: Mapping[str, Any]) -> str:
    of = f" of {' and '.join(limit['of'])}" if limit["of"] else ""
    left = "" if limit["left"] is None else f", {limit['left']} are left in this {limit['per']}"
    enough = (
        ""
        if limit["enough"]
        else f", and it takes {limit['needed']} with reading: the rest follows in the next {limit['per']}"
    )
    kept = limit["enough"] and limit["by_itself"] is not None and limit["needed"] > limit["by_itself"]
    serve = (
        f"; 'syncrules serve' makes {limit['by_itself']} of them now, and the rest later in this {limit['per']}"
        if kept
        else ""
    )
    return f"{limit['calls']}{of} are allowed per {limit['per']}{left}{enough}{serve}"
