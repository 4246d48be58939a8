"""What `summary`, `standing` and `waits` found, in words and tables for a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncrules.cli import forecast
from syncrules.cli.data import Data
from syncrules.cli.screen import Screen
from syncrules.cli.summary import NAMES
from syncrules.journey.decision import told
from syncrules.records import normal

if TYPE_CHECKING:
    from syncrules.activation.calls import Outcome
    from syncrules.language.model import Spec

DONE = {
    "create": "created", "update": "updated", "deactivate": "deactivated", "reactivate": "reactivated", "delete": "deleted",
    "link": "linked",
}  # fmt: skip
LINES = 5
"""So many lines of a document are shown."""


def named(names: Sequence[str], count: int) -> str:
    """Name the first few of many."""
    shown = ", ".join(f"'{each}'" for each in names[:NAMES])
    rest = count - min(len(names), NAMES)
    return f"{shown} … and {rest} more" if rest > 0 else shown


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number with what it counts."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _show_groups(screen: Screen, heading: str, groups: Sequence[Data]) -> None:
    if not groups:
        return
    screen.head(heading)
    for each in groups:
        screen.say(f"  {each['count']} × {each['entity']} of {each['system']}: {each['reason']}")
        screen.say(f"      {named(each['names'], each['count'])}")
        if each["cure"]:
            screen.say(f"      → {each['cure']}")


def _total(groups: Iterable[Mapping[str, Any]]) -> int:
    return sum(each["count"] for each in groups)


# Run --------------------------------------------------------------------------------------------------------------


def show_run(screen: Screen, data: Data, *, brief: bool = False) -> None:
    """Show what a run did; briefly, without what waits and what is worth knowing."""
    show_counts(screen, data["done"])
    if not data["done"]:
        screen.say("Nothing had to be written.")
    if not brief:
        show_trouble(screen, data)
        _show_notices(screen, data["notices"])
        _show_pairs(screen, data["pairs"])
        _show_reconciled(screen, data["reconciled"])
    screen.say()
    screen.say(
        f"'{data['connection']}': {counted(data['writes'], 'record')} written in {data['seconds']} s; {stands(data)}."
    )


def stands(data: Data) -> str:
    """Say how a connection stands after a run."""
    waits, failed = _total(data["waiting"]), _total(data["failed"])
    if data["left"]:
        return f"{waits} wait, {failed} failed, {data['left']} are left for the next run, the rest is in step"
    if waits or failed:
        return f"{waits} wait and {failed} failed, the rest is in step"
    return "not everything is in step" if exit_code(data, ()) else "everything is in step"


def exit_code(data: Data, stopped: Sequence[str]) -> int:
    """Tell how a run ended, as an exit code: a brake counts more than records that wait or failed."""
    pairs = any(each["state"] in ("waiting", "failed") for each in data["pairs"])
    differ = any(each["different"] for each in data["reconciled"])
    return 4 if stopped else 1 if data["waiting"] or data["failed"] or pairs or differ else 0


def _show_pairs(screen: Screen, rows: Sequence[Data]) -> None:
    """Show the pairs of books that are not kept in step now, and why not."""
    rows = [each for each in rows if each["state"] in ("waiting", "failed")]
    if rows:
        screen.head("Books that are not kept in step")
    for each in rows:
        screen.say(f"  {each['title']}: {each['reason']}")
        if each["cure"]:
            screen.say(f"      → {each['cure']}")


def _show_reconciled(screen: Screen, rows: Sequence[Data]) -> None:
    """Show whether both sides add up to the same; each difference with what either side says."""
    if rows:
        screen.head("Added up on both sides")
    for each in rows:
        of = f"{each['books']}: " if each["books"] else ""
        if each["trouble"]:
            screen.say(f"  {of}{each['name']} could not be compared: {each['trouble']}")
            screen.say(f"      → {each['cure']}")
            continue
        if not each["different"]:
            screen.say(f"  {of}{each['name']}: all {each['compared']} are equal")
            continue
        screen.say(f"  {of}{each['name']}: {each['different']} of {each['compared']} differ")
        for one in each["first"][:NAMES]:
            screen.say(f"      {one['of']} until {one['until']}: {one['here']} here, {one['there']} there")
        if each["different"] > NAMES:
            screen.say(f"      … and {each['different'] - NAMES} more")


def show_counts(screen: Screen, rows: Sequence[Data], words: Mapping[str, str] = DONE) -> None:
    """Show what was, or will be, done for each entity and system."""
    table: dict[tuple[str, str], dict[str, int]] = {}
    for each in rows:
        table.setdefault((each["entity"], each["system"] or "both"), {})[each["verb"]] = each["count"]
    verbs = [verb for verb in words if any(verb in each for each in table.values())]
    if table:
        screen.say()
        screen.table(
            ["", "in", *(words[each] for each in verbs)],
            [[*where, *(each.get(verb, 0) for verb in verbs)] for where, each in table.items()],
        )


def show_trouble(screen: Screen, data: Data) -> None:
    """Show what waits, what failed, what is held back, and what people have to do."""
    _show_groups(screen, "Waiting", data["waiting"])
    _show_groups(screen, "Failed", data["failed"])
    _show_brakes(screen, data["connection"], data["brakes"])
    _show_follow_ups(screen, data.get("follow_ups", ()))


def _show_brakes(screen: Screen, name: str, rows: Sequence[Data]) -> None:
    if rows:
        screen.head("Held back by a brake: nothing of this was written")
    for each in rows:
        screen.say(f"  {each['entity']}: {each['reason']}")
        screen.say(f"      → If it is meant: syncrules resolve {name} {each['ref'][:8]} --accept")


def _show_follow_ups(screen: Screen, rows: Sequence[Data]) -> None:
    if rows:
        screen.head("To be done by hand")
    for each in rows[:NAMES]:
        because = f" ({each['because']})" if each["because"] else ""
        screen.say(f"  {each['name']}: {each['text']}{because}")
    if len(rows) > NAMES:
        screen.say(f"  … and {len(rows) - NAMES} more")


def _show_notices(screen: Screen, rows: Sequence[Data]) -> None:
    if rows:
        screen.head("Worth knowing")
    for each in rows[: 2 * NAMES]:
        screen.say(f"  {each['entity']} '{each['name']}': {each['text']}")
    if len(rows) > 2 * NAMES:
        screen.say(f"  … and {len(rows) - 2 * NAMES} more")


# Plan -------------------------------------------------------------------------------------------------------------


def show_plan(screen: Screen, data: Data) -> None:
    """Show every write of a plan, field by field; links in counts."""
    for each in data["actions"]:
        if each["side"] is None:
            continue
        screen.say(f"{each['verb']} {each['entity']} '{each['name']}' in {each['system']}")
        for one in each["fields"]:
            screen.say(f"    {one['row']}: {change(one['before'], one['after'])}")
        for text in each["notices"]:
            screen.say(f"    ! {text}")
    links = [each for each in data["actions"] if each["verb"] == "link"]
    if links:
        screen.head(f"{counted(len(links), 'pair')} that belong together are linked")
        by_entity: dict[str, list[str]] = {}
        for each in links:
            by_entity.setdefault(each["entity"], []).append(each["name"])
        for entity, names in by_entity.items():
            screen.say(f"  {entity}: {named(names, len(names))}")
    _show_notices(
        screen,
        [
            {"entity": each["entity"], "name": each["name"], "text": text}
            for each in data["actions"]
            if each["side"] is None
            for text in each["notices"]
        ],
    )
    _show_renewed(screen, data["renewed"])
    show_trouble(screen, data)
    _show_pairs(screen, data["pairs"])
    excluded = [[each["entity"], each["system"], each["reason"], each["count"]] for each in data["excluded"]]
    if excluded:
        screen.head("Left out")
        screen.table(["", "of", "because", "records"], excluded)
    show_counts(screen, data["counts"], {verb: verb for verb in DONE})
    show_calls(screen, data)


def _show_renewed(screen: Screen, rows: Sequence[Data]) -> None:
    if rows:
        screen.head("Rules that changed")
    for each in rows:
        of = f"{each['books']}: " if each["books"] else ""
        screen.say(f"  {of}{each['entity']} '{each['row']}': {each['text']}")


def show_calls(screen: Screen, data: Data) -> None:
    """Show how many calls a plan will take."""
    writes = sum(each["count"] for each in data["counts"] if each["side"])
    screen.say()
    if not writes:
        screen.say(
            "Nothing is to be written." if not data["counts"] else "Nothing is to be written, only links are made."
        )
        return
    parts = [forecast.told(each) for each in data["calls"]]
    screen.say(f"{counted(writes, 'write')} to make; calls: {', '.join(parts)}. Nothing has been written.")


def change(before: Any, after: Any) -> str:
    """Write a change for a person."""
    was, becomes = value(before), value(after)
    return f"{was} → {becomes}" if was else becomes or "(empty)"


def value(given: Any) -> str:
    """Write a value for a person: parts on one line, a list of lines as lines."""
    if isinstance(given, list):
        lines = [_line(each) for each in given[:LINES]]
        more = [f"… and {len(given) - LINES} more"] if len(given) > LINES else []
        return "".join(f"\n        {each}" for each in [*lines, *more])
    if isinstance(given, bool):
        return "yes" if given else "no"
    return told(given) if isinstance(given, Mapping) or normal(given) is None else f"'{told(given)}'"


def _line(given: Any) -> str:
    """Write one line of a document, each value with its name."""
    if not isinstance(given, Mapping):
        return value(given)
    return ", ".join(f"{name} {told(each)}" for name, each in given.items() if normal(each) is not None)


# Status -----------------------------------------------------------------------------------------------------------


def show_calls_of(screen: Screen, spec: Spec, outcomes: Sequence[Outcome], *, ends: bool) -> None:
    """Tell whether the systems of a connection call from now on, or no more."""
    for each in outcomes:
        title = spec.manifests[each.side].title
        if each.done:
            screen.say(f"  {title} calls {'no more' if ends else 'when something changes there'}")
        else:
            screen.warn(f"{title}: {each.why}. {each.cure}")


def show_status(screen: Screen, data: Data) -> None:
    """Show how a connection stands."""
    if "error" in data:
        show_broken(screen, data)
        return
    paused = " (paused)" if data["paused"] else ""
    screen.head(f"{data['connection']}{paused}: {data['title']}")
    screen.say(f"  mapping: {data['mapping']}")
    for each in data["books"]:
        screen.say(f"  {each['system']}: {each['books'] or 'not logged in yet'}")
    screen.say(f"  time zone: {data['time_zone'] or 'UTC, because none was given; connect again to give one'}")
    for each in data["webhooks"]:
        screen.say(f"  webhooks: {webhook(each)}")
    if data["quiet"]:
        screen.say(f"  {quiet(data['quiet'])}")
    for each in data["circuits"]:
        if each["state"] != "closed":
            screen.say(f"  {circuit(each)}")
    last = data["last_run"]
    when = "none yet" if last is None else f"{moment(last['started_at'])}, {last['outcome']}"
    screen.say(f"  last run: {when}")
    rows = [
        [
            each["entity"],
            *(each[state] for state in ("in_sync", "pending", "waiting", "failed", "excluded")),
            due(each["due"]),
        ]
        for each in data["entities"]
    ]
    screen.say()
    screen.table(["", "in step", "to do", "waiting", "failed", "left out", "next"], rows)
    for each in data["calls"]:
        screen.say(f"  {calls_left(each)}; {lanes_left(each)}")
    reasons = [
        [
            each["entity"],
            one["state"] if one["state"] != "excluded" else "left out",
            one["system"],
            one["reason"],
            one["count"],
        ]
        for each in data["entities"]
        for one in each["reasons"]
    ]
    if reasons:
        screen.say()
        screen.table(["", "", "of", "because", "records"], reasons)
    for each in data["pairs"]:
        since = f", since {moment(each['since'])}: {each['reason']}" if each["reason"] else ""
        screen.head(f"{each['title']}: {each['state']}{since}")
        if each["cure"]:
            screen.say(f"  → {each['cure']}")
        if each["entities"]:
            states = ("in_sync", "pending", "waiting", "failed", "excluded")
            counts = [[one["entity"], *(one[state] for state in states)] for one in each["entities"]]
            screen.table(["", "in step", "to do", "waiting", "failed", "left out"], counts)
    _show_reconciled(screen, data["reconciled"])
    _show_brakes(screen, data["connection"], data["brakes"])
    if data["follow_ups"]:
        screen.say()
        screen.say(
            f"  {counted(data['follow_ups'], 'thing')} to be done by hand: syncrules waiting {data['connection']}"
        )
    if data["not_synchronised"]:
        screen.say()
        screen.say("  Not synchronised:")
    for each in data["not_synchronised"]:
        screen.say(f"    {each}")


def show_broken(screen: Screen, data: Data) -> None:
    """Show of a connection why nothing can be told of it."""
    error = data["error"]
    screen.head(f"{data['connection']}: nothing can be told of it")
    screen.say(f"  mapping: {data['mapping']}")
    for each in error.get("problems", ()):
        for line in each["text"].splitlines():
            screen.say(f"  {line}")
    screen.say(f"  {error['message'][:1].upper()}{error['message'][1:]}. {error['cure']}".rstrip())


def webhook(each: Data) -> str:
    """Say which system calls, where, and how that went so far."""
    refused = f", {each['refused']} refused because they were not signed as they must be" if each["refused"] else ""
    return f"{each['system']} calls {each['address']}…; {each['received']} taken in{refused}"


def quiet(each: Data) -> str:
    """Say which system has quiet hours now."""
    return f"{each['system']} is left in peace until {moment(each['until'])}."


def circuit(each: Data) -> str:
    """Say that a system could not be used, or has no calls left, and when it is tried again."""
    if each["lane"]:
        waits = f"waits for calls until {moment(each['until'])}" if each["state"] == "open" else "has calls again"
        return f"{each['system']} {waits} ({each['why']})"
    times = counted(each["failed"], "run")
    again = f"it is left alone until {moment(each['until'])}" if each["state"] == "open" else "the next run tries it"
    return f"{each['system']} could not be used by {times} since {moment(each['since'])} ({each['why']}); {again}"


def calls_left(each: Data) -> str:
    """Say how many calls a system allows yet."""
    of = f" of {' and '.join(each['of'])}" if each["of"] else ""
    return f"{each['system']}: {each['left']} of {each['calls']} calls{of} are left in this {each['per']} ({each['time_zone']})"


def lanes_left(each: Data) -> str:
    """Say on what `serve` spends how many of the calls that are left: a part is kept for what is more urgent."""
    may = each["lanes"]
    return (
        f"of these 'syncrules serve' may spend {may['push']} on what somebody just changed, {may['periodic']} on what its rhythm brings "
        f"and {may['backfill']} on a first import now"
    )


def due(rows: Sequence[Data]) -> str:
    """Say for each side when its changes are carried next."""
    parts = []
    for each in rows:
        at = f" (next {moment(each['at'])})" if each["at"] and not each["now"] else ""
        parts.append(f"{each['system']} {each['rhythm']}{at}")
    return "; ".join(parts)


def moment(seconds: float) -> str:
    """Write a moment in the time of this machine."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


# Waiting ----------------------------------------------------------------------------------------------------------


def show_waiting(screen: Screen, data: Data) -> None:
    """Show what waits for a person, with what can be done about it."""
    name = data["connection"]
    if "error" in data:
        show_broken(screen, data)
        return
    for each in data["items"]:
        screen.say(f"{each['ref']}  {each['state']}: {each['entity']} '{each['name']}' of {each['system']}")
        again = "is tried again in the next run; last time: " if each["state"] == "pending" else ""
        screen.say(f"        {again}{each['reason']}")
        for one in each["candidates"]:
            screen.say(f"        may be '{one['name']}' of {one['system']} ({one['id']})")
        if each["cure"]:
            screen.say(f"        → {each['cure']}")
    for each in data["brakes"]:
        screen.say(f"{each['ref']}  held back: {each['entity']}: {each['reason']}")
        screen.say(f"        → If it is meant: syncrules resolve {name} {each['ref']} --accept")
    for each in data["follow_ups"]:
        screen.say(f"{each['ref']}  by hand: {each['entity']} '{each['name']}': {each['text']}")
        if each["because"]:
            screen.say(f"        because {each['because']}")
    _show_pairs(screen, data["pairs"])
    if not any(data[each] for each in ("items", "brakes", "follow_ups", "pairs")):
        screen.say(f"Nothing of '{name}' waits for anybody.")


def show_findings(screen: Screen, findings: Sequence[Data]) -> None:
    """Show what the questions to the data brought to light."""
    screen.head("Before the first import")
    if not findings:
        screen.say("  Nothing stands out.")
    for each in findings:
        screen.say(f"  {each['heading']}" + (f": {each['count']}" if each["count"] else ""))
        if each["names"]:
            screen.say(f"      {named(each['names'], each['count'])}")
        for text in (each["becomes"], each["cure"] and f"→ {each['cure']}"):
            if text:
                screen.say(f"      {text}")
