"""A look at the health of a connection: what is good, what is to be looked at, what is wrong."""

from __future__ import annotations

from dataclasses import asdict

from syncrules.cli.desk import Busy, Desk
from syncrules.cli.screen import Screen
from syncrules.connection import row_of
from syncrules.doctor import examine, state
from syncrules.doctor.finding import EXIT, Finding, exit_code
from syncrules.errors import SpecError
from syncrules.memory.upgrade import HEAD

SAYS = {"good": "good ", "look": "look ", "wrong": "WRONG"}
BUSY = "a run is under way, so the systems were not asked"


def doctor(desk: Desk, name: str) -> int:
    """Look at everything that a connection depends on. Nothing is written in either system."""
    from syncrules.memory import health

    found: list[Finding] = []
    version = health.version(desk.state)
    if version is not None and version < HEAD:
        found.append(state.outdated(version))
    else:
        _look(desk, name, found)
    for each in found:
        _show(desk.screen, each)
    counts = {verdict: sum(each.verdict == verdict for each in found) for verdict in SAYS}
    desk.screen.say()
    desk.screen.say(
        f"'{name}': {counts['good']} good, {counts['look']} to look at, {counts['wrong']} wrong. Nothing was written."
    )
    desk.screen.data({"command": "doctor", "connection": name, "findings": [asdict(each) for each in found]})
    return exit_code(found)


def _look(desk: Desk, name: str, found: list[Finding]) -> None:
    with desk.store() as store:
        row = row_of(store, name)
        try:
            memories = [(title, memory) for title, _, memory in desk.parts(store, name)]
        except SpecError as error:
            text = f"the mapping is no longer one: {len(error.problems)} problems"
            cure = f"See syncrules validate {row.mapping}."
            found.append(Finding("configuration", "mapping", "wrong", text, "whoever changed it", cure))
            return
        found += state.look(store, row, memories, desk.clock.now())
        if exit_code(found) == EXIT["state store"]:
            return
        try:
            with desk.opened(store, name) as conn:
                found += examine.look(conn)
        except Busy:
            found.append(Finding("state store", "lock", "look", BUSY, "nobody's", "Look again when it is done."))


def _show(screen: Screen, each: Finding) -> None:
    screen.say(f"{SAYS[each.verdict]}  {each.check}: {each.text}")
    if each.verdict != "good":
        screen.say(f"       whose: {each.fault}")
        screen.say(f"       → {each.cure}")
