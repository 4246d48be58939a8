"""The state store itself: what stands in it, and how it is moved elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from syncrules.cli.desk import OLD_KEY, Desk
from syncrules.errors import StateError
from syncrules.journey.event import Event
from syncrules.memory import health, moving
from syncrules.memory.address import file_of, url_of
from syncrules.memory.store import Store, open_store
from syncrules.memory.upgrade import HEAD
from syncrules.secrets import VARIABLE, seals_in
from syncrules.serving.posts import Posts, most_workers


def show(desk: Desk) -> int:
    """Tell what a state store holds, and whether it is whole."""
    with desk.store() as store:
        damage = health.integrity(store)
        with store.transaction():
            tables = {name: each.rows for name, each in moving.content(store).items()}
        connections = [each.name for each in store.connections()]
    where = shown(desk.state)
    desk.screen.head(where)
    desk.screen.say(f"It is damaged: {damage}" if damage else f"It is whole; its tables stand at step {HEAD}.")
    desk.screen.table(("table", "rows"), [(name, rows) for name, rows in tables.items() if rows])
    desk.screen.say(f"Connections: {', '.join(connections) or 'none'}.")
    desk.screen.data(
        {
            "command": "state show", "where": where, "step": HEAD, "damage": damage, "connections": connections,
            "tables": [{"table": name, "rows": rows} for name, rows in tables.items()],
        }
    )  # fmt: skip
    return 5 if damage else 0


def move(desk: Desk, to: str) -> int:
    """Copy a state store to another place, hold it against the original, and let that be used from then on."""
    with desk.store() as source, _place(to) as target, desk.screen.progress() as told:
        try:
            moved = moving.move(source, target, lambda table, done, all_: told(Event("copy", table, done, all_)))
        except moving.InUse as error:
            if Posts(source, most_workers(desk.state)).anybody():
                raise moving.InUse(
                    "'syncrules serve' is at work on the state store that is to be moved",
                    cure="Nothing was done. Stop it, move the state store then, and start it again with the new --state.",
                ) from error
            raise
        key = _key_of(desk, source, target)
    rows = sum(each.rows for each in moved.tables.values())
    there = "All of it was there already, and is what it was here" if moved.already else "It arrived as it was sent"
    desk.screen.say(
        f"{rows} rows of {len(moved.tables)} tables. {there}: each table was counted and held against the original."
    )
    desk.screen.say(f"From now on give --state, or SYNCRULES_STATE, as {shown(to)}, also where a scheduler runs it.")
    desk.screen.say(f"Nobody goes on with {shown(desk.state)} by mistake: it stays as it was, and is no longer used.")
    if key:
        desk.screen.say(key)
    desk.screen.data(
        {
            "command": "state move", "from": shown(desk.state), "to": shown(to), "rows": rows, "already": moved.already,
            "tables": [{"table": name, "rows": each.rows} for name, each in moved.tables.items()], "key": key,
        }
    )  # fmt: skip
    return 0


def reopen(desk: Desk) -> int:
    """Let a state store be used again that was moved elsewhere."""
    moving.reopen(desk.state)
    told = (
        f"{shown(desk.state)} is used again. What was done since in the place that it was moved to is not known here."
    )
    desk.screen.say(told)
    desk.screen.data({"command": "state reopen", "where": shown(desk.state), "told": told})
    return 0


def shown(where: str) -> str:
    """Write down where a state store is; never the password."""
    return where if file_of(where) is not None else url_of(where).render_as_string(hide_password=True)


def _place(to: str) -> Store:
    try:
        return open_store(to)
    except StateError as error:
        raise StateError(f"--to: {error.message}", cure=error.cure.replace("--state", "--to")) from error


def _key_of(desk: Desk, source: Store, target: Store) -> str:
    """Say where the key must be that opens what is sealed; empty if nothing is, or if it is found where it is."""
    seals = [seal for each in source.connections() for seal in seals_in(each.answers)]
    if not seals:
        return ""
    if os.environ.get(VARIABLE):
        return f"The credentials stay sealed. Their key is not moved: go on giving it in {VARIABLE}."
    key = Path(desk.key_file) if desk.key_file else desk.key_file_of(source)
    if desk.key_file:
        return f"The credentials stay sealed. Their key is not moved: go on giving --key-file {key}."
    wanted = Path(OLD_KEY) if target.path is None else target.path.with_name(f"{target.path.name}.key")
    if wanted == key:
        return f"The credentials stay sealed. Their key is not moved: it stays in '{key}', where it is looked for."
    return (
        f"The credentials stay sealed. Their key is not moved: copy '{key}' to '{wanted}', where it is looked for from now on, "
        f"or give --key-file {key} or the key itself in {VARIABLE}."
    )
