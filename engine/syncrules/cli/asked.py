"""What is asked about connections: one answer, whoever asks, at a terminal, as a program or on the page."""

from __future__ import annotations

from syncrules.cli import explaining, looking_back, standing, waits
from syncrules.cli.data import Data
from syncrules.cli.desk import Desk
from syncrules.connection import zone_of
from syncrules.memory.store import Store


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
