"""What is asked about connections: one answer, whoever asks, at a terminal, as a program or on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syncrules.cli import explaining, looking_back, standing, waits
from syncrules.cli.command import ours, told
from syncrules.cli.data import Data
from syncrules.cli.desk import Desk
from syncrules.connection import row_of, zone_of
from syncrules.errors import StateError
from syncrules.memory.store import Store


def of_each(
    desk: Desk, names: Sequence[str], ask: Callable[[Desk, Store, str], Data], show: Callable[[Data], None]
) -> tuple[list[Data], int]:
    """Ask about connections, all of them if none is named, and show each; gives the answers, and the highest exit code.

    What is wrong with one stands in the place of its answer.

    Raises:
        UsageError: there is none of a name.
        StateError: the state store cannot be used.
    """
    found, code = [], 0
    with desk.store() as store:
        rows = [row_of(store, each) for each in names] or store.connections()
        for row in rows:
            try:
                found.append(ask(desk, store, row.name))
            except StateError:
                raise
            except Exception as error:
                wrong = ours(error)
                code = max(code, wrong.exit_code)
                says = {**told(wrong), "exit_code": wrong.exit_code}
                found.append({"connection": row.name, "mapping": row.mapping, "paused": row.paused, "error": says})
    for each in found:
        show(each)
    return found, code


def status(desk: Desk, store: Store, name: str) -> Data:
    """Tell how a connection stands.

    Raises:
        UsageError: there is none of this name.
        SpecError: its mapping is no longer one.
    """
    row, mapping, _ = desk.known(store, name)
    stands = standing.status(row, mapping, desk.parts(store, name), desk.clock.now(), zone_of(row))
    last = stands["last_run"]
    # Whoever was killed could not write down that it ended; its lock is free.
    if last and last["outcome"] == "running" and not desk.in_hand(store, name):
        last["outcome"] = "cut off"
    return stands


def waiting(desk: Desk, store: Store, name: str) -> Data:
    """Tell what of a connection waits for a person; raises as `status` does."""
    return waits.waiting(desk.known(store, name)[0], desk.parts(store, name))


explain = explaining.found
log = looking_back.found
