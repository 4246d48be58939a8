"""Running connections, one after the other, and letting one go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

import click

from syncrules import circuit, connection
from syncrules.activation import calls
from syncrules.cli import report, summary, waits
from syncrules.cli.command import ours
from syncrules.cli.command import told as told_error
from syncrules.cli.desk import Busy, Desk
from syncrules.errors import Sealed, StateError, SyncRulesError, UsageError
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.quiet import left_in_peace


def run(desk: Desk, names: Sequence[str], *, all_of_them: bool, due: bool) -> int:
    """Run connections one after the other; trouble with one does not stop the others. Gives the highest exit code.

    Raises:
        StateError: the state store cannot be used.
    """
    code = 0
    with desk.store() as store:
        chosen = desk.names(store, list(names), all_of_them=all_of_them)
        if all_of_them:
            chosen = _without_resting(desk, store, chosen)
        for name in chosen:
            if len(chosen) > 1:
                desk.screen.head(name)
            try:
                code = max(code, _run_one(desk, store, name, due=due))
            except Exception as error:
                of_all = isinstance(error, StateError) and not isinstance(error, Sealed)
                if of_all or (len(chosen) == 1 and not isinstance(error, Busy)):
                    raise
                told = ours(error)
                code = max(code, told.exit_code)
                _tell(desk, name, told)
    return code


def _tell(desk: Desk, name: str, error: SyncRulesError) -> None:
    says = told_error(error)
    desk.screen.data({"command": "run", "connection": name, "error": {**says, "exit_code": error.exit_code}}, line=True)
    if not desk.screen.json:
        said = f"{error.message[:1].upper()}{error.message[1:]}. {error.cure}"
        desk.screen.warn(said if not says.get("problems") else str(error))


def _without_resting(desk: Desk, store: Store, names: Sequence[str]) -> list[str]:
    """Leave out the connections that rest; a person is told in one line, a program one by one."""
    found, reasons = [], []
    for name in names:
        try:
            desk.refuse_paused(store, connection.row_of(store, name))
        except UsageError as error:
            reasons.append(error.message)
            desk.screen.data({"command": "run", "connection": name, "outcome": "paused"}, line=True)
        else:
            found.append(name)
    if reasons:
        desk.screen.say(f"Left out: {'; '.join(reasons)}.")
    elif not found:
        desk.screen.say("There is no connection yet.")
    return found


def _run_one(desk: Desk, store: Store, name: str, *, due: bool) -> int:
    row = connection.row_of(store, name)
    desk.refuse_paused(store, row)
    if not connection.zone_named(row):
        desk.screen.warn(f"{name}: {connection.NO_ZONE}")
    began = time.monotonic()
    with desk.opened(store, name) as conn:
        if due:
            quiet = left_in_peace(conn.spec.manifests.values(), desk.clock.now())
            if quiet is not None:
                desk.screen.say(f"{report.quiet(asdict(quiet))} What is due is carried then.")
                desk.screen.data({"command": "run", "connection": row.name, "outcome": "quiet"}, line=True)
                return 0
            circuit.refuse(conn.memory, desk.clock.now(), report.moment)
        with desk.screen.progress() as told, circuit.noted(conn.memory, conn.spec, desk.clock):
            result = connection.run(conn, told=connection.until_paused(store, name, told), due_only=due)
        data = summary.run(conn, result, time.monotonic() - began)
    report.show_run(desk.screen, data)
    desk.screen.data({"command": "run", **data}, line=True)
    return report.exit_code(data, result.stopped)


def disconnect(desk: Desk, name: str, *, yes: bool) -> int:
    """Say what stays and what goes, ask, and forget a connection."""
    outcomes: list[calls.Outcome] = []
    with desk.store() as store:
        row = connection.row_of(store, name)
        stays, goes = ["every record in both systems, as it is now"], ["the credentials of both sides"]
        try:
            _, mapping, _ = desk.known(store, name)
            parts = desk.parts(store, name)
        except SyncRulesError:
            # A mapping that is broken or gone must not keep anybody from disconnecting.
            goes.append("everything that is remembered")
        else:
            left_in = sorted({each.link_kept_in for each in mapping.entities.values() if each.link_kept_in})
            stays += [
                f"the ids that were left in {mapping.manifests[side].title}: a connection made anew finds its records by them"
                for side in left_in
            ]
            linked = sum(memory.count_linked(each, own.sides[0]) for _, own, memory in parts for each in own.entities)
            waiting = sum(len(waits.items(own, memory)) for _, own, memory in parts)
            goes.append(
                f"the memory of {report.counted(linked, 'link')}, {report.counted(waiting, 'waiting record')} and all decisions"
            )
        _say(desk, "What stays", stays)
        _say(desk, "What goes", goes)
        if not yes and not click.confirm(f"Disconnect '{row.name}'?", default=False, err=True):
            desk.screen.say("Nothing was changed.")
            goes = []
        else:
            outcomes = _let_none_call(desk, store, name)
            with desk.alone(store, name), store.transaction():
                store.forget(name)
            desk.screen.say(f"'{name}' is disconnected.")
    desk.screen.data(
        {
            "command": "disconnect",
            "connection": name,
            "stays": stays,
            "goes": goes,
            "webhooks": [asdict(each) for each in outcomes],
            "done": bool(goes),
        }
    )
    return 0


def _let_none_call(desk: Desk, store: Store, name: str) -> list[calls.Outcome]:
    """Ask the systems to call no more; what cannot be done is told, and keeps nobody from disconnecting."""
    hooks = Memory(store, name, ("", "")).hooks()
    if not hooks:
        return []
    try:
        with desk.opened(store, name) as conn:
            outcomes = list(calls.unregister(conn.spec, conn.providers, conn.memory))
            report.show_calls_of(desk.screen, conn.spec, outcomes, ends=True)
    except Busy:
        raise
    except SyncRulesError as error:
        # The mapping is broken, or the credentials cannot be opened any more.
        cure = "Remove the webhooks there that call {}…; until then they are answered with 404."
        outcomes = [calls.Outcome(each.side, False, error.message, cure.format(each.address)) for each in hooks]
        for each in outcomes:
            desk.screen.warn(f"{each.side} may call on: {each.why}. {each.cure}")
    return outcomes


def _say(desk: Desk, heading: str, lines: Sequence[str]) -> None:
    desk.screen.head(heading)
    for each in lines:
        desk.screen.say(f"  {each}")
