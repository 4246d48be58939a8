"""Why a record stands as it does, and why a field has its value: rule, transform, policy, and the write that made it so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncrules.cli import report, waits
from syncrules.cli.data import Data, systems
from syncrules.cli.desk import Desk
from syncrules.cli.records import Meant, find
from syncrules.cli.screen import Screen
from syncrules.errors import UsageError
from syncrules.journey.rules import compile_rules
from syncrules.language import grammar
from syncrules.language.model import Row, Spec
from syncrules.memory.history import Happened
from syncrules.memory.store import Store

SAYS = {
    "synced": "is in step",
    "pending": "is to be decided about in the next run",
    "waiting": "waits",
    "failed": "failed",
    "excluded": "is left out",
}
"""State → what is said of it."""


def explain(desk: Desk, name: str, record: str, field: str) -> int:
    """Explain a record, or one field of it. Nothing is asked of either system."""
    with desk.store() as store:
        data = found(desk, store, name, record, field)
    _show(desk.screen, data, one=bool(field))
    desk.screen.data({"command": "explain", **data})
    return 0


def found(desk: Desk, store: Store, name: str, record: str, field: str = "") -> Data:
    """Tell why a record stands as it does, and why its fields have their values.

    Args:
        field: only this one; empty for all.

    Raises:
        UsageError: there is no such connection, record or field, or it may be any of several.
        SpecError: its mapping is no longer one.
    """
    row = desk.known(store, name)[0]
    meant = find(name, desk.parts(store, name), record)
    fields = list(_fields(meant, field, row.settings))
    if field and not fields:
        rows = [each.name for each in meant.spec.entities[meant.entity].rows]
        near = grammar.nearest(field, rows)
        raise UsageError(
            f"{meant.entity} has no row '{field}'",
            cure=f"{near[:1].upper()}{near[1:]} Its rows are: {', '.join(rows)}.".strip(),
        )
    return {"connection": name, **_record(meant), "fields": fields}


# The record -----------------------------------------------------------------------------------------------------------


def _record(meant: Meant) -> Data:
    spec, memory, foremost = meant.spec, meant.memory, meant.foremost
    titles, link = systems(spec), meant.link
    held = next((reason for entity, _, reason, _ in memory.brakes() if entity == meant.entity), "")
    reason = foremost.reason or (f"a brake holds it back: {held}" if held and foremost.state == "pending" else "")
    return {
        "ref": meant.ref[: waits.SHORTEST],
        "books": meant.books,
        "entity": meant.entity,
        "name": meant.name,
        "rule": spec.place("entities", meant.entity),
        "state": foremost.state,
        "reason": reason,
        "cure": foremost.cure,
        "linked": link is not None,
        "records": [
            {
                "side": each.side,
                "system": titles[each.side],
                "id": each.id,
                "name": each.name,
                "state": each.state,
                "reason": each.reason,
                "cure": each.cure,
                "since": each.since,
                "gone": bool(link is not None and link.gone.get(each.side)),
            }
            for each in meant.known
        ],
    }


# Its fields -----------------------------------------------------------------------------------------------------------


def _fields(meant: Meant, only: str, settings: Mapping[str, Any]) -> Iterator[Data]:
    entity = meant.spec.entities[meant.entity]
    happened = meant.memory.happened(meant.entity, meant.ids)
    read = _read(meant, settings)
    values = {side: {**_base(meant, side), **read.get(side, {})} for side in meant.spec.sides}
    moved = _moved(meant, settings, read)
    for row in entity.rows:
        if only and row.name.casefold() != only.casefold():
            continue
        wrote = _last_write(happened, row.name)
        yield {
            "row": row.name,
            "rule": meant.spec.place("entities", meant.entity, "fields", row.name),
            "says": _direction(meant.spec, row),
            "policy": _policy(meant.spec, row),
            "transform": list(_transform(row)),
            "values": [
                {"side": side, "system": meant.spec.manifests[side].title, "value": values[side][row.name]}
                for side in meant.spec.sides
                if row.name in values.get(side, {})
            ],
            "written": _written(meant.spec, row.name, wrote) if wrote is not None else None,
            "because": moved.get(row.name) or _because(meant, happened, wrote),
            "told": [each.text for each in happened if each.what in ("told", "decided") and row.name in each.text],
        }


def _read(meant: Meant, settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give the values of the rows on each side as they were last read, while something is still to be done with the record."""
    rules = compile_rules(meant.spec, settings).entities.get(meant.entity)
    return {
        each.side: rules.view(each.side, each.record, settings).values
        for each in meant.known
        if rules is not None and each.record is not None and rules.resource(each.side).is_one(each.record)
    }


def _base(meant: Meant, side: str) -> Mapping[str, Any]:
    """Give the values of the rows of a pair as they were when it was last in step."""
    return meant.link.base[side] if meant.link is not None else {}


def _moved(meant: Meant, settings: Mapping[str, Any], read: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Say of each row of a pair that is otherwise than when it was last in step where that is so: nothing of it was carried yet."""
    rules = compile_rules(meant.spec, settings).entities.get(meant.entity)
    titles, moved = systems(meant.spec), dict[str, list[str]]()
    for row in rules.rows if rules is not None and meant.link is not None else ():
        for side, values in read.items():
            before = _base(meant, side).get(row.name)
            if row.name in values and row.key(side, values[row.name]) != row.key(side, before):
                moved.setdefault(row.name, []).append(titles[side])
    return {
        row: f"it changed in {' and '.join(where)} since both were last in step; nothing of that has been carried yet"
        for row, where in moved.items()
    }


def _last_write(happened: Sequence[Happened], row: str) -> Happened | None:
    done = [
        each
        for each in happened
        if any(one[0] == row for one in each.fields) and each.text.startswith(("done", "looked at"))
    ]
    return done[-1] if done else None


def _written(spec: Spec, row: str, wrote: Happened) -> Data:
    before, after = next((one[1], one[2]) for one in wrote.fields if one[0] == row)
    return {
        "run": wrote.run,
        "at": wrote.at,
        "side": wrote.side,
        "system": spec.manifests[wrote.side].title,
        "verb": wrote.what,
        "before": before,
        "after": after,
    }


def _because(meant: Meant, happened: Sequence[Happened], wrote: Happened | None) -> str:
    """Say where the value comes from."""
    titles = systems(meant.spec)
    if wrote is not None:
        source = titles[meant.spec.other(wrote.side)]
        made = f"the record was made from the one in {source}" if wrote.what == "create" else f"it came from {source}"
        return f"{made}, in run {wrote.run}, {report.moment(wrote.at)}"
    if meant.link is None:
        return "nothing was written: the record has no counterpart"
    tied = [each for each in happened if each.what == "linked"]
    if tied:
        return f"nothing was written: it is as both sides had it when they were tied, in run {tied[-1].run}, {report.moment(tied[-1].at)}"
    return "nothing was written as far back as what happened is kept"


def _direction(spec: Spec, row: Row) -> str:
    titles = systems(spec)
    match row.to:
        case "both":
            return "it goes both ways"
        case "neither":
            return "it is not carried across"
        case "match":
            return "it only serves to find counterparts"
        case side:
            return f"it goes to {titles[side]} only" + (", when a record is made" if row.once else "")


def _policy(spec: Spec, row: Row) -> str:
    """Say whose value stands where the two differ."""
    titles = systems(spec)
    if row.numbered_by:
        return f"{titles[row.numbered_by]} gives the number"
    if row.to == "both":
        stands = f"{titles[row.leading]} leads" if row.leading in titles else "a person says whose value stands"
        return f"where both sides changed, {stands}"
    if row.to in titles:
        edited = "is put back" if row.edited == "restore" else "stays, and is reported, until the source changes"
        return f"an edit in {titles[row.to]} {edited}"
    return ""


def _transform(row: Row) -> Iterator[str]:
    """Say step by step what becomes of a value on its way from the first side to the second."""
    for each in row.values:
        yield (
            f"by the table of the setting '{each['setting']}'"
            if "setting" in each
            else " ↔ ".join(str(one) for one in each.values())
        )
    for name, argument in row.operators:
        yield f"{name} {argument}" if argument is not None else name
    if row.refers_to:
        yield f"the {' or '.join(row.refers_to)} it belongs to"
    if row.take is not None:
        yield f"taken from '{row.take['of']}': {row.take['field']}"
    if row.look_up:
        yield f"looked up: {row.look_up}"
    if row.lines:
        yield f"{len(row.lines)} kinds of lines"
    if row.lossy:
        yield f"something is lost: {row.lossy}"


# In words -------------------------------------------------------------------------------------------------------------


def _show(screen: Screen, data: Data, *, one: bool) -> None:
    books = f" ({data['books']})" if data["books"] else ""
    screen.head(f"{data['entity']} '{data['name']}'{books} {SAYS[data['state']]}")
    if data["reason"]:
        screen.say(f"  because: {data['reason']}")
    if data["cure"]:
        screen.say(f"  → {data['cure']}")
    for each in data["records"]:
        gone = ", and is there no more" if each["gone"] else ""
        screen.say(f"  {each['system']}: '{each['name']}' ({each['side']}:{each['id']}) {SAYS[each['state']]}{gone}")
    screen.say(f"  rule: {data['rule']}")
    if one:
        for each in data["fields"]:
            _show_field(screen, each)
        return
    systems = [each["system"] for each in data["records"]]
    rows = [
        [each["row"], *(_value(each, system) for system in systems), _when(each), each["rule"]]
        for each in data["fields"]
        if each["values"]
    ]
    if rows:
        screen.say()
        screen.table(["", *systems, "last written", "rule"], rows)


def _value(field: Data, system: str) -> str:
    return next((report.value(each["value"]).strip() for each in field["values"] if each["system"] == system), "")


def _when(field: Data) -> str:
    wrote = field["written"]
    return f"{report.moment(wrote['at'])}, run {wrote['run']}, in {wrote['system']}" if wrote is not None else "never"


def _show_field(screen: Screen, field: Data) -> None:
    screen.head(field["row"])
    for each in field["values"]:
        screen.say(f"  {each['system']}: {report.value(each['value']) or '(empty)'}")
    screen.say(f"  rule: {field['rule']}: {field['says']}")
    if field["transform"]:
        screen.say(f"  on its way: {', then '.join(field['transform'])}")
    if field["policy"]:
        screen.say(f"  policy: {field['policy']}")
    if field["written"] is not None:
        wrote = field["written"]
        screen.say(
            f"  written: {report.change(wrote['before'], wrote['after'])} in {wrote['system']} ({wrote['verb']})"
        )
    screen.say(f"  because: {field['because']}")
    for text in field["told"]:
        screen.say(f"  ! {text}")
