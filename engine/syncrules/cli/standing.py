"""How a connection stands, as plain data: its books, its records by state and reason, what is due, and what is left of calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from syncrules import limits
from syncrules.cli import waits
from syncrules.cli.data import Data, Part, systems
from syncrules.cli.summary import quotes_out, reconciled
from syncrules.connection import spender, zone_named
from syncrules.journey import schedule
from syncrules.journey.rules import compile_rules
from syncrules.language.model import Spec
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.quiet import left_in_peace


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
        "brakes": waits.all_brakes(parts),
        "follow_ups": sum(len(each.to_dos()) for _, _, each in parts),
        "pairs": [
            {**each, "entities": stand}
            for each in waits.pairs(memory.store.books(row.name))
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
    noted = memory.circuits()
    return [
        {
            "side": side, "system": spec.manifests[side].title, "state": "closed", "failed": 0, "since": None, "until": None, "why": "",
            "lane": "",
        }
        for side in spec.sides
        if side not in {each.side for each in noted}
    ] + [
        {
            "side": each.side, "system": each.system, "state": each.state(now), "failed": each.failed, "since": each.since,
            "until": each.until, "why": each.why, "lane": each.lane,
        }
        for each in noted
    ]  # fmt: skip


def calls_left(row: ConnectionRow, spec: Spec, memory: Memory, now: float) -> Iterator[Data]:
    """Tell how many calls are left in the windows of now, as far as we made them."""
    for side in spec.sides:
        manifest = spec.manifests[side]
        for each in manifest.limits:
            counted = limits.window(limits.scope(manifest, spender(row, side)), each, now)
            if counted is not None:
                spent = memory.store.spent_calls(*counted, limits.KEPT)
                left = max(0, each.calls - spent.get("", 0))
                yield {
                    "side": side, "system": manifest.title, "of": list(each.of), "per": each.per, "time_zone": each.time_zone, "calls": each.calls, "left": left,
                    "lanes": limits.lanes(each, spent, now),
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
