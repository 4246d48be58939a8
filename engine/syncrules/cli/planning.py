"""Showing a plan, saving it in a file, and applying such a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from syncrules import connection, saved_plan
from syncrules.cli import report, summary
from syncrules.cli.data import Data, systems, with_books
from syncrules.cli.desk import Desk
from syncrules.cli.summary import NAMES
from syncrules.connection import Connection
from syncrules.journey import allowed
from syncrules.journey.action import Action
from syncrules.journey.permit import Permit

UNREACHED = "nothing was done for these books in this run"


def plan(desk: Desk, name: str, out: str) -> int:
    """Make a plan and show it; with a file, save it there."""
    with desk.store() as store, desk.opened(store, name) as conn:
        with desk.screen.progress() as told:
            result = connection.make_plan(conn, told=told)
        data = summary.plan(conn, result)
        if out:
            _save(conn, data, Path(out), desk.screen.masked)
    desk.screen.say()
    report.show_plan(desk.screen, data)
    if out:
        desk.screen.say(f"The plan is in '{out}'. 'syncrules apply {out}' writes what stands there, and nothing else.")
    desk.screen.data({"command": "plan", **data, "out": out or None})
    return 4 if result.stopped else 1 if data["counts"] else 0


def _save(conn: Connection, data: Data, file: Path, masked: Callable[[str], str]) -> None:
    last = conn.memory.last_run()
    assert last is not None
    parts = [
        {
            "key": part.books.key if part.books is not None else "",
            "title": part.books.title if part.books is not None else "",
            "rules": part.rules.digest,
            "writes": [_write(part, each, masked) for each in summary.planned(part) if allowed.is_shown(each)],
        }
        for part in conn.parts
    ]
    content = saved_plan.made(
        conn, parts, {"counts": data["counts"], "calls": data["calls"], "held_back": data["stopped"]}
    )
    saved_plan.write(file, content)
    with conn.memory.store.transaction():
        conn.memory.keep_plan(str(content["seal"]), last["run"], conn.clock.now())


def _write(part: Connection, action: Action, masked: Callable[[str], str]) -> Data:
    """Tell one write for people, with what permits it."""
    shown = {
        "entity": action.entity,
        "verb": action.verb,
        "name": masked(action.name),
        "system": part.spec.manifests[action.side].title if action.writes else None,
        "fields": _masked(summary.fields(part, action), masked),
        "besides": _masked(
            [dict(zip(("what", "before", "after"), each, strict=True)) for each in action.besides], masked
        ),
        "notices": _masked(list(action.notices), masked),
    }
    return shown | {"permit": saved_plan.permitted(allowed.allow(part.rules, part.memory, action))}


def _masked(value: Any, masked: Callable[[str], str]) -> Any:
    match value:
        case str():
            return masked(value)
        case Mapping():
            return {name: _masked(each, masked) for name, each in value.items()}
        case list():
            return [_masked(each, masked) for each in value]
        case _:
            return value


def apply(desk: Desk, file: str) -> int:
    """Write what a saved plan shows, as far as its records are as it saw them."""
    saved = saved_plan.read(Path(file))
    with desk.store() as store:
        row = connection.row_of(store, saved.name)
        desk.refuse_paused(store, row)
        if not connection.zone_named(row):
            desk.screen.warn(f"{row.name}: {connection.NO_ZONE}")
        began = time.monotonic()
        with desk.opened(store, saved.name) as conn:
            permits = saved_plan.held_against(saved, conn)
            with desk.screen.progress() as told:
                result = connection.run(conn, told=connection.until_paused(store, saved.name, told), permits=permits)
            for each in permits.values():
                each.missed(UNREACHED)
            if all(each.books is None or each.books.state != "failed" for each in conn.parts):
                with store.transaction():
                    conn.memory.plan_applied(saved.seal, conn.clock.now())
            data = summary.run(conn, result, time.monotonic() - began) | _became(conn, saved, permits)
    report.show_run(desk.screen, data)
    _show(desk, data)
    desk.screen.data({"command": "apply", "plan": file, **data})
    code = report.exit_code(data, result.stopped)
    return code or (1 if data["stale"] else 0)


def _became(conn: Connection, saved: saved_plan.Saved, permits: Mapping[str, Permit]) -> Data:
    """Tell what became of a plan."""
    called, titles = systems(conn.spec), {part["key"]: part["title"] for part in saved.data["parts"]}
    return {
        "planned": sum(len(each.allowed) for each in permits.values()),
        "applied": sum(len(each.done) for each in permits.values()),
        "before": sum(len(each.before) for each in permits.values()),
        "later": sum(len(each.later) for each in permits.values()),
        "stale": [
            {
                "entity": each.entity,
                "verb": each.verb,
                "system": with_books(titles[key], called[each.side]),
                "name": each.name,
                "reason": each.reason,
            }
            for key, one in permits.items()
            for each in one.stale
        ],
    }


def _show(desk: Desk, data: Data) -> None:
    screen = desk.screen
    if data["stale"]:
        screen.head("Not as the plan saw it: nothing of this was written")
    for each in data["stale"][: 2 * NAMES]:
        screen.say(f"  {each['verb']} {each['entity']} '{each['name']}' in {each['system']}: {each['reason']}")
    if len(data["stale"]) > 2 * NAMES:
        screen.say(f"  … and {len(data['stale']) - 2 * NAMES} more")
    if data["stale"] or data["later"]:
        screen.say(f"      → Make a new plan, or run: syncrules run {data['connection']}")
    before = f", {data['before']} had been done before" if data["before"] else ""
    later = f"; {report.counted(data['later'], 'thing')} came up since and was left" if data["later"] else ""
    not_done = data["planned"] - data["applied"] - data["before"]
    screen.say(f"Of the plan's {data['planned']}, {data['applied']} were done{before}, {not_done} were not{later}.")
