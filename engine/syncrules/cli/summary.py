"""What is planned and what was done, as plain data; `report` puts it into words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncrules.cli import forecast, waits
from syncrules.cli.data import Data, Part, systems, with_books
from syncrules.connection import Connection
from syncrules.journey import declared
from syncrules.journey.action import Action
from syncrules.journey.run import Result
from syncrules.language.model import Spec
from syncrules.memory.memory import Memory

NAMES = 10
"""So many records are named; the rest is counted."""
VERBS = ("create", "update", "deactivate", "reactivate", "delete", "link")


# Groups -----------------------------------------------------------------------------------------------------------


def groups(spec: Spec, memory: Memory, state: str) -> list[Data]:
    """List the records in a state by entity, side and reason; reasons that only quote something else are one."""
    found: dict[tuple[str, str, str, str], Data] = {}
    for entity, known in memory.records(states=(state,)):  # type: ignore[arg-type]  # one of the states
        reason = quotes_out(known.reason)
        group = found.setdefault(
            (entity, known.side, reason, known.cure),
            {
                "entity": entity, "side": known.side, "system": systems(spec).get(known.side, known.side),
                "reason": known.reason, "cure": known.cure, "count": 0, "names": [],
            },
        )  # fmt: skip
        group["count"] += 1
        if group["reason"] != known.reason:
            group["reason"] = reason
        if len(group["names"]) < NAMES:
            group["names"].append(known.name)
    return sorted(found.values(), key=lambda each: (_place(spec, each["entity"]), -each["count"]))


def quotes_out(reason: str) -> str:
    """Take what is quoted out of a reason, so that equal troubles of different records are equal."""
    return re.sub(r"(?<!\w)'.*?'(?!\w)", "'…'", reason)


def _place(spec: Spec, entity: str) -> int:
    names = list(spec.entities)
    return names.index(entity) if entity in names else len(names)


# A run ------------------------------------------------------------------------------------------------------------


def run(conn: Connection, result: Result, seconds: float) -> Data:
    """Tell what a run did, and what it left to be done; where there are many pairs of books, in all of them."""
    last = conn.memory.last_run() or {"outcome": ""}
    parts = parts_of(conn)
    return {
        "connection": conn.row.name,
        "outcome": last["outcome"],
        "seconds": round(seconds, 2),
        "first_import": list(result.first),
        "read": dict(result.read),
        "writes": result.writes,
        "done": done(conn.spec, conn.parts, result),
        "waiting": grouped(parts, "waiting"),
        "failed": grouped(parts, "failed"),
        "left": sum(
            count for _, _, memory in parts for (_, _, state, _), count in memory.counts().items() if state == "pending"
        ),
        "notices": [
            {**each, "name": with_books(title, each["name"])}
            for title, _, memory in parts
            for each in notices(memory, (memory.last_run() or {"run": 0})["run"])
        ],
        "follow_ups": [each for _, spec, memory in parts for each in waits.follow_ups(spec, memory)],
        "brakes": waits.all_brakes(parts),
        "pairs": waits.pairs(conn.memory.store.books(conn.row.name)),
        "reconciled": reconciled(parts),
    }


def parts_of(conn: Connection) -> list[Part]:
    """Give a connection and the pairs of books that were looked at in it."""
    return [(each.books.title if each.books is not None else "", each.spec, each.memory) for each in conn.parts]


def grouped(parts: Sequence[Part], state: str) -> list[Data]:
    """List the records in a state, of all pairs of books."""
    return [
        {**each, "system": with_books(title, each["system"])}
        for title, spec, memory in parts
        for each in groups(spec, memory, state)
    ]


def reconciled(parts: Iterable[Part]) -> list[Data]:
    """Tell what came of adding up both sides."""
    return [
        {
            "books": title,
            "entity": entity,
            "name": name,
            "at": at,
            "compared": result["compared"],
            "different": result["different"],
            "first": [dict(zip(("of", "until", "here", "there"), each, strict=True)) for each in result["first"]],
            "trouble": result["trouble"],
            "cure": result["cure"],
        }
        for title, _, memory in parts
        for entity, name, at, result in memory.reconciled()
    ]


def done(spec: Spec, parts: Iterable[Connection], result: Result) -> list[Data]:
    """Count what a run did by entity, side and verb."""
    title, counts = systems(spec), dict[tuple[str, str, str | None], int]()
    for each in parts:
        memory = each.memory
        number = (memory.last_run() or {"run": 0})["run"]
        for (entity, side, verb, state), count in memory.written(number).items():
            if state == "done" and verb in VERBS:
                counts[entity, verb, side] = counts.get((entity, verb, side), 0) + count
        for (entity, verb), count in memory.planned().items():
            if verb == "link" and result.counts.get("linked"):
                counts[entity, verb, None] = counts.get((entity, verb, None), 0) + count
    rows = [
        {
            "entity": entity,
            "verb": verb,
            "side": side,
            "system": title.get(side, side) if side else None,
            "count": count,
        }
        for (entity, verb, side), count in counts.items()
    ]
    return sorted(
        rows, key=lambda each: (_place(spec, str(each["entity"])), VERBS.index(str(each["verb"])), str(each["side"]))
    )


def notices(memory: Memory, number: int) -> list[Data]:
    """List what a run reports and does not wait for, with what the runs before it could not tell any more."""
    told = dict.fromkeys(memory.untold(number))
    return [{"entity": entity, "name": name, "text": text} for entity, name, text in told]


# A plan -----------------------------------------------------------------------------------------------------------


def plan(conn: Connection, result: Result) -> Data:
    """Tell what a run would do: every write, field by field."""
    spec, parts = conn.spec, parts_of(conn)
    of_parts = [(each, list(planned(each))) for each in conn.parts]
    actions = [action for _, some in of_parts for action in some]
    return {
        "connection": conn.row.name,
        "actions": [
            {
                "entity": each.entity,
                "verb": each.verb,
                "name": each.name,
                "side": each.side if each.writes else None,
                "system": with_books(part.books.title if part.books else "", systems(spec)[each.side])
                if each.writes
                else None,
                "fields": fields(part, each),
                "notices": list(each.notices),
            }
            for part, some in of_parts
            for each in some
            if each.verb != "remember" or each.notices
        ],
        "counts": counted(spec, actions),
        "calls": forecast.calls(conn, of_parts),
        "read": dict(result.read),
        "waiting": grouped(parts, "waiting"),
        "failed": grouped(parts, "failed"),
        "excluded": grouped(parts, "excluded"),
        "brakes": waits.all_brakes(parts),
        "stopped": list(result.stopped),
        "renewed": [each for part in conn.parts for each in renewed(part)],
        "pairs": waits.pairs(conn.memory.store.books(conn.row.name)),
    }


def renewed(part: Connection) -> Iterator[Data]:
    """List the rows whose rule changed since the last run."""
    title = part.books.title if part.books is not None else ""
    for entity, rows in declared.renewed(part.rules, part.memory, part.row.settings).items():
        yield from ({"books": title, "entity": entity, "row": row, "text": declared.TOLD} for row in sorted(rows))


def fields(conn: Connection, action: Action) -> list[Data]:
    """Tell a write row by row; a write that only leaves the id of the other side says so."""
    if action.writes and not action.fields:
        there = conn.spec.manifests[conn.spec.other(action.side)].title
        return [{"row": "link", "before": None, "after": f"its id in {there}, so that it is found again"}]
    result = []
    for row, before, after in action.fields:
        rules = next((each for each in conn.rules.entities[action.entity].rows if each.name == row), None)
        if isinstance(after, Mapping) and rules is not None and action.side in rules.sides:
            parts = [name for name in rules.sides[action.side].places if name in after]
            in_order = [*parts, *(each for each in after if each not in parts)]
            result.append({"row": row, "before": before, "after": {name: after[name] for name in in_order}})
        else:
            result.append({"row": row, "before": before, "after": after})
    return result


def planned(conn: Connection) -> Iterator[Action]:
    """Give the plan that stands in the memory, entity after entity."""
    for entity in conn.rules.entities:
        after = None
        while page := conn.memory.actions(entity, after):
            after = page[-1][0]
            for _, data in page:
                yield Action.from_json(data)


def counted(spec: Spec, actions: Iterable[Action]) -> list[Data]:
    """Count planned actions by entity, verb and side."""
    counts: dict[tuple[str, str, str | None], int] = {}
    for each in actions:
        if each.verb in VERBS:
            where = (each.entity, each.verb, each.side if each.writes else None)
            counts[where] = counts.get(where, 0) + 1
    title = systems(spec)
    return [
        {"entity": entity, "verb": verb, "side": side, "system": title[side] if side else None, "count": count}
        for (entity, verb, side), count in sorted(
            counts.items(), key=lambda each: (_place(spec, each[0][0]), VERBS.index(each[0][1]), each[0][2] or "")
        )
    ]
