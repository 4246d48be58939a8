"""What happened, in the order of time: to one record on both sides, or in the runs of a connection."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Any

from syncrules.cli import report
from syncrules.cli.data import Data, systems
from syncrules.cli.desk import Desk
from syncrules.cli.records import Meant, find
from syncrules.connection import zone_of
from syncrules.errors import UsageError
from syncrules.memory.history import Happened
from syncrules.memory.store import Store

UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
SAYS = {
    "seen": "seen:",
    "linked": "tied to its counterpart",
    "unlinked": "taken apart",
    "judged": "",
    "told": "!",
    "decided": "a person decided:",
}
"""What happened → how it is said; of a write, its verb is."""


def log(desk: Desk, name: str, record: str, since: str) -> int:
    """Tell what happened to a record, or in the runs of a connection."""
    with desk.store() as store:
        data = found(desk, store, name, record, since)
    _show(desk, data)
    desk.screen.data({"command": "log", **data})
    return 0


def found(desk: Desk, store: Store, name: str, record: str = "", since: str = "") -> Data:
    """Tell what happened to a record, or in the runs of a connection, in the order of time.

    Raises:
        UsageError: there is no such connection or record, or it may be any of several; or since when is no moment.
        SpecError: its mapping is no longer one.
    """
    row = desk.known(store, name)[0]
    began = _moment(since, desk.clock.now(), zone_of(row)) if since else 0.0
    parts = desk.parts(store, name)
    if record:
        meant = find(name, parts, record)
        events = _of_record(meant, began)
        return {"connection": name, "entity": meant.entity, "name": meant.name, "events": events, "runs": []}
    runs = [{**each, "books": title} for title, _, memory in parts for each in memory.runs(began)]
    runs.sort(key=lambda each: each["run"])
    return {"connection": name, "entity": None, "name": None, "events": [], "runs": runs}


def _moment(text: str, now: float, zone: tzinfo) -> float:
    """Read since when: a day, a moment, or how long ago.

    Raises:
        UsageError: it is none of these.
    """
    ago = re.fullmatch(r"(\d+)([mhdw])", text.strip())
    if ago is not None:
        return now - int(ago[1]) * UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"'{text}' is no moment",
            cure="Write a day such as 2026-01-31, a moment such as 2026-01-31T12:00, or how long ago: 90m, 12h, 7d, 4w.",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()


def _of_record(meant: Meant, since: float) -> list[Data]:
    """List what happened to a record, and to the states that stand beside it."""
    memory, spec = meant.memory, meant.spec
    found = memory.happened(meant.entity, meant.ids, since)
    for child in spec.entities.values():
        if meant.link is not None and meant.entity in child.for_each:
            found += memory.happened(child.name, {spec.other(child.to): str(meant.link.id)}, since)
    titles = systems(spec)
    return [_told(each, titles) for each in sorted(found, key=lambda each: each.at)]


def _told(each: Happened, titles: dict[str, str]) -> Data:
    return {
        "at": each.at,
        "run": each.run,
        "what": each.what,
        "entity": each.entity,
        "side": each.side or None,
        "system": titles.get(each.side),
        "text": each.text,
        "fields": [{"row": row, "before": before, "after": after} for row, before, after in each.fields],
    }


def _show(desk: Desk, data: Data) -> None:
    screen = desk.screen
    if data["entity"] is None:
        for each in data["runs"]:
            books = f"{each['books']}: " if each["books"] else ""
            counts = ", ".join(f"{count} {what}" for what, count in each["counts"].items() if count) or "nothing"
            screen.say(f"{report.moment(each['started_at'])}  run {each['run']}: {books}{each['outcome']}: {counts}")
        if not data["runs"]:
            screen.say("There was no run.")
        return
    screen.head(f"{data['entity']} '{data['name']}'")
    for each in data["events"]:
        run = f"run {each['run']}: " if each["run"] is not None else ""
        screen.say(f"{report.moment(each['at'])}  {run}{said(each, data['entity'])}")
        for one in each["fields"]:
            screen.say(f"    {one['row']}: {report.change(one['before'], one['after'])}")
    if not data["events"]:
        screen.say("Nothing is known to have happened to it.")


def said(each: dict[str, Any], entity: str) -> str:
    """Say one thing that happened to a record, or beside it."""
    where = f" in {each['system']}" if each["system"] else ""
    of = f" ({each['entity']})" if each["entity"] != entity else ""
    if each["what"] not in SAYS:
        return f"{each['what']}{where}{of}: {each['text']}"
    words = " ".join(part for part in (SAYS[each["what"]], each["text"]) if part)
    return f"{words}{where}{of}"
