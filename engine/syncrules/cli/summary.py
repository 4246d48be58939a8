"""What a person or a machine wants to know of a connection, as plain data: what is planned, done, waiting, failed.

`output.schema.json` describes every object that is made here; `report` puts them into words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from syncrules import limits
from syncrules.cli import forecast
from syncrules.connection import Connection, spender, zone_named
from syncrules.journey import declared, schedule
from syncrules.journey.action import Action
from syncrules.journey.rules import compile_rules
from syncrules.journey.run import Result
from syncrules.language.model import Spec
from syncrules.memory.kept import Books, ConnectionRow, Known, name_of
from syncrules.memory.memory import Memory
from syncrules.quiet import left_in_peace

Data = dict[str, Any]
Part = tuple[str, Spec, Memory]
"""The title of a pair of books, what the mapping says of it, and what is remembered; no title: what happens once for all."""

NAMES = 10
"""So many records are named; the rest is counted."""
SHORTEST = 6
"""So many characters a reference to an item has at least."""
VERBS = ("create", "update", "deactivate", "reactivate", "delete", "link")


def systems(spec: Spec) -> dict[str, str]:
    """Side → what its system is called."""
    return {side: spec.manifests[side].title for side in spec.sides}


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
        "follow_ups": [each for _, spec, memory in parts for each in follow_ups(spec, memory)],
        "brakes": _brakes(parts),
        "pairs": pairs(conn.memory.store.books(conn.row.name)),
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


def with_books(title: str, what: str) -> str:
    return f"{what}, {title}" if title else what


def pairs(books: Iterable[Books]) -> list[Data]:
    """Tell how the pairs of books of a connection stand."""
    return [
        {"title": each.title, "state": each.state, "reason": each.reason, "cure": each.cure, "since": each.since}
        for each in books
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


def _brakes(parts: Iterable[Part]) -> list[Data]:
    return [
        {**each, "reason": f"{title}: {each['reason']}" if title else each["reason"]}
        for title, _, memory in parts
        for each in brakes(memory)
    ]


def brakes(memory: Memory) -> list[Data]:
    """List what is held back until somebody says that it was meant."""
    # The brakes of many pairs of books have the same names.
    kind = "brake" if name_of(memory.connection) == memory.connection else f"brake {memory.connection}"
    return [
        {"ref": reference(kind, entity, name), "entity": entity, "name": name, "reason": reason, "count": count}
        for entity, name, reason, count in memory.brakes()
    ]


def follow_ups(spec: Spec, memory: Memory) -> list[Data]:
    """List what people still have to do by hand."""
    return [
        {"ref": reference("to do", entity, str(number)), "entity": entity, "name": _name_of(spec, memory, entity, link), "text": text, "because": because}
        for number, entity, link, text, because in memory.to_dos()
    ]  # fmt: skip


def _name_of(spec: Spec, memory: Memory, entity: str, number: int) -> str:
    link = memory.link(number)
    for side in spec.sides:
        id_ = link.ids.get(side) if link is not None else None
        known = memory.record(entity, side, id_) if id_ is not None else None
        if known is not None:
            return known.name
    return entity


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
        "brakes": _brakes(parts),
        "stopped": list(result.stopped),
        "renewed": [each for part in conn.parts for each in renewed(part)],
        "pairs": pairs(conn.memory.store.books(conn.row.name)),
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


# Status -----------------------------------------------------------------------------------------------------------


def status(row: ConnectionRow, spec: Spec, parts: Sequence[Part], now: float, zone: Any) -> Data:
    """Tell how a connection stands."""
    _, outer, memory = parts[0]
    last = memory.last_run()
    return {
        "connection": row.name,
        "mapping": row.mapping,
        "title": spec.title,
        "paused": row.paused,
        "quiet": asdict(quiet) if (quiet := left_in_peace(spec.manifests.values(), now)) else None,
        "books": books(row, spec),
        "time_zone": zone_named(row) or None,
        "webhooks": _webhooks(memory, spec),
        "circuits": _circuits(memory, spec, now),
        "last_run": None
        if last is None
        else {**last, "counts": {str(key): value for key, value in last["counts"].items()}},
        "entities": _entities(outer, memory, row.settings, now, zone),
        "calls": list(calls_left(row, spec, memory, now)),
        "brakes": _brakes(parts),
        "follow_ups": sum(len(each.to_dos()) for _, _, each in parts),
        "pairs": [
            {**each, "entities": stand}
            for each in pairs(memory.store.books(row.name))
            for stand in [next((_entities(of, its, row.settings, now, zone) for title, of, its in parts if title == each["title"]), [])]
        ],
        "reconciled": reconciled(parts),
        "not_synchronised": list(spec.not_synchronised),
    }  # fmt: skip


def _webhooks(memory: Memory, spec: Spec) -> list[Data]:
    """Tell which systems call, at which address, and how that went so far; without the key that ends it."""
    return [
        {
            "side": each.side, "system": spec.manifests[each.side].title, "address": each.address, "since": each.since,
            "received": each.received, "last_at": each.last_at, "refused": each.refused, "refused_at": each.refused_at,
        }
        for each in memory.hooks()
        if each.side in spec.manifests
    ]  # fmt: skip


def _circuits(memory: Memory, spec: Spec, now: float) -> list[Data]:
    """Tell of each system whether it can be used, and until when it is left alone if it could not."""
    noted = {each.side: each for each in memory.circuits()}
    wanted = [*spec.sides, *(each for each in noted if each not in spec.sides)]
    return [
        {
            "side": side, "system": each.system, "state": each.state(now), "failed": each.failed, "since": each.since,
            "until": each.until, "why": each.why,
        }
        if (each := noted.get(side)) is not None
        else {
            "side": side, "system": spec.manifests[side].title, "state": "closed", "failed": 0, "since": None, "until": None, "why": "",
        }
        for side in wanted
    ]  # fmt: skip


def calls_left(row: ConnectionRow, spec: Spec, memory: Memory, now: float) -> Iterator[Data]:
    """Tell how many calls are left in the windows of now, as far as we made them."""
    for side in spec.sides:
        manifest = spec.manifests[side]
        for each in manifest.limits:
            counted = limits.window(limits.scope(manifest, spender(row, side)), each, now)
            if counted is not None:
                left = max(0, each.calls - memory.calls_made(*counted))
                yield {
                    "side": side, "system": manifest.title, "of": list(each.of), "per": each.per, "calls": each.calls, "left": left,
                }  # fmt: skip


def _entities(spec: Spec, memory: Memory, settings: Mapping[str, Any], now: float, zone: Any) -> list[Data]:
    counts = memory.counts()
    return [_entity(spec, memory, name, counts, now, zone) for name in compile_rules(spec, settings).entities]


def books(row: ConnectionRow, spec: Spec) -> list[Data]:
    """Tell whose books a connection is between."""
    titles = row.answers.get("", {}).get("books", {})
    return [{"side": side, "system": spec.manifests[side].title, "books": titles.get(side, "")} for side in spec.sides]


def _entity(
    spec: Spec, memory: Memory, name: str, counts: Mapping[tuple[str, str, str, str], int], now: float, zone: Any
) -> Data:
    """Tell how the records of one entity stand."""
    mine = {key[1:]: count for key, count in counts.items() if key[0] == name}
    by_state = {
        state: sum(count for (_, its, _), count in mine.items() if its == state)
        for state in ("pending", "waiting", "failed", "excluded")
    }
    reasons: dict[tuple[str, str, str], tuple[str, int]] = {}
    for (side, state, reason), count in mine.items():
        if state in ("excluded", "waiting", "failed"):
            where = (state, side, quotes_out(reason))
            said, before = reasons.get(where, (reason, 0))
            reasons[where] = (said if said == reason else where[2], before + count)
    return {
        "entity": name,
        "about": spec.entities[name].about,
        "in_sync": memory.count_linked(name, spec.sides[0]),
        **by_state,
        "reasons": [
            {"state": state, "side": side, "system": systems(spec).get(side, side), "reason": reason, "count": count}
            for (state, side, _), (reason, count) in sorted(
                reasons.items(), key=lambda each: (each[0][0], -each[1][1], each[1][0])
            )
        ],
        "due": due(spec, memory, name, now, zone),
    }


def due(spec: Spec, memory: Memory, name: str, now: float, zone: Any) -> list[Data]:
    """Tell for each side when its changes are carried next: at once, at a moment, or by hand."""
    entity, carried = spec.entities[name], memory.last_carried()
    open_now = schedule.due(entity, carried, now, zone)
    result = []
    for side in entity.sources:
        rhythm = schedule.rhythm(entity, side, "changed")
        if not schedule.speaks(entity, side):
            continue
        last = carried.get((name, side, "changed"))
        at: float | None = None
        if rhythm.kind == "every" and last is not None:
            at = last + rhythm.every.total_seconds()
        result.append(
            {
                "side": side, "system": spec.manifests[side].title, "rhythm": _told(rhythm), "now": (side, "changed") in open_now,
                "at": at,
            }
        )  # fmt: skip
    return result


def _told(rhythm: Any) -> str:
    match rhythm.kind:
        case "every":
            minutes = int(rhythm.every.total_seconds() // 60)
            return f"every {minutes // 60} hours" if minutes % 60 == 0 else f"every {minutes} minutes"
        case "daily":
            return f"daily at {rhythm.daily}"
        case "by_hand":
            return "by hand"
        case _:
            return "at once"


# What waits for a person --------------------------------------------------------------------------------------------


def reference(entity: str, side: str, id: str) -> str:
    """Give the whole reference to an item; its beginning is enough."""
    return hashlib.blake2b(f"{entity}\0{side}\0{id}".encode(), digest_size=10).hexdigest()


def items(spec: Spec, memory: Memory) -> list[Data]:
    """List the records that wait or failed, also those that are to be tried again, each with a short reference that stays the same."""
    title = systems(spec)
    return [
        {
            "ref": reference(entity, known.side, known.id),
            "entity": entity,
            "side": known.side,
            "system": title.get(known.side, known.side),
            "id": known.id,
            "name": known.name,
            "state": known.state,
            "reason": known.reason,
            "cure": known.cure,
            "since": known.since,
            "decide": (known.detail or {}).get("decide") if isinstance(known.detail, dict) else None,
            "candidates": candidates(spec, memory, entity, known),
        }
        for entity, known in memory.records(states=("waiting", "failed", "pending"))
        # What is pending has a reason only if it waited or failed before: it is the last one.
        if known.state != "pending" or known.reason
    ]


def candidates(spec: Spec, memory: Memory, entity: str, known: Known) -> list[Data]:
    """List which records on the other side an item may belong to."""
    other = spec.other(known.side)
    ids = (known.detail or {}).get("candidates", ()) if isinstance(known.detail, dict) else ()
    found = []
    for id_ in ids:
        there = memory.record(entity, other, id_)
        found.append(
            {
                "id": id_,
                "name": there.name if there is not None else id_,
                "side": other,
                "system": spec.manifests[other].title,
            }
        )
    return found


def shortened(*lists: list[Data]) -> None:
    """Cut references to the length at which all of them still differ."""
    refs = [each["ref"] for each in (one for rows in lists for one in rows)]
    length = SHORTEST
    while length < 20 and len({each[:length] for each in refs}) < len(set(refs)):
        length += 1
    for rows in lists:
        for each in rows:
            each["ref"] = each["ref"][:length]


def waiting(row: ConnectionRow, parts: Sequence[Part]) -> Data:
    """List everything that waits for a person."""
    records = [
        {**each, "system": with_books(title, each["system"])}
        for title, spec, memory in parts
        for each in items(spec, memory)
    ]
    held, to_do = _brakes(parts), [each for _, spec, memory in parts for each in follow_ups(spec, memory)]
    shortened(records, held, to_do)
    books = [each for each in pairs(parts[0][2].store.books(row.name)) if each["state"] in ("waiting", "failed")]
    return {"connection": row.name, "items": records, "brakes": held, "follow_ups": to_do, "pairs": books}
