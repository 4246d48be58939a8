"""WinBooks and Silverfin in a small world: folders that are mirrored to client files, and people who book and click."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import stores
from world import EMPTY, KEYS, Clock, _load, _trusted

from syncrules import connection, many
from syncrules.connection import Connection
from syncrules.journey.run import Result
from syncrules.memory.kept import Books, ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules_providers.sandboxes.silverfin import FILE, REFERENCE, SilverfinSandbox
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

MAPPING = "winbooks-silverfin"
DEMO = FILE[0]
"""The client file that follows the first folder."""
SETTINGS = {"retained earnings account": "140000", "language": "nl"}
SYNC = ("financials:transactions:sync", "financials:read", "user:firm", "webhooks")
SPRING = date(2026, 3, 2)


@dataclass
class World:
    """Two systems and one connection between them."""

    books: WinBooksSandbox
    office: SilverfinSandbox
    folder: Path
    folders: str = REFERENCE
    """The folders that take part, as a person names them."""
    code: str = ""
    """What Silverfin showed when consent was given."""
    clock: Clock = field(default_factory=Clock)
    state: str = field(init=False)
    """Where it is remembered: what `--state` takes."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.state = stores.place(self.folder)
        self.store = open_store(self.state)
        self.code = self.code or self.office.consent(scopes=SYNC)

    def answers(self) -> dict[str, dict[str, Any]]:
        return {
            "winbooks": {**self.books.answers, "folder": self.folders},
            "silverfin": {
                "firm": "1001", "client_id": self.office.client_id, "client_secret": self.office.client_secret,
                "code": self.code, "url": self.office.url,
            },
        }  # fmt: skip

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        trust = patch("httpx._transports.default.create_ssl_context", lambda **_: _trusted())
        with (
            trust,
            patch("syncrules.language.spec.load", _load),
            connection.opened(self.store, "c", KEYS, self.clock) as opened,
        ):
            yield opened

    def connect(self) -> None:
        """Make the connection, without sending anything."""
        with self.store.transaction():
            row = ConnectionRow("c", MAPPING, dict(SETTINGS), {}, self.answers(), created_at=self.clock.now())
            self.store.save(row)
        with self.opened() as opened:
            accounts = {side: account.id for side, account in connection.log_in(opened).items()}
            kept = self.store.connection("c")  # with what was renewed meanwhile
            assert kept is not None
            kept.accounts = accounts
            with self.store.transaction():
                self.store.save(kept)

    def run(self, *, due: bool = False, whole: bool = False) -> Result:
        """Run once; the first run sends the references."""
        if self.store.connection("c") is None:
            self.connect()
        self.office.calls.clear()
        self.books.calls.clear()
        with self.opened() as opened:
            return connection.run(opened, due_only=due, whole=whole)

    def begin(self, **how: Any) -> None:
        """Send the references, let the client file follow the first folder, and bring everything over."""
        self.run()
        self.office.choose_reference(DEMO, REFERENCE, **how)
        self.run()

    # Looking ----------------------------------------------------------------------------------------------------

    def pairs(self) -> list[Books]:
        return self.store.books("c")

    def pair(self) -> Books:
        (found,) = [each for each in self.pairs() if each.state != "gone"]
        return found

    def memory(self) -> Memory:
        """What is remembered of the pair of books."""
        with self.opened() as opened:
            return many.inside(opened, self.pair()).memory

    def reconciled(self) -> dict[str, Any]:
        ((_, _, _, result),) = self.memory().reconciled()
        found: dict[str, Any] = result
        return found

    def balances_of_the_books(self, folder: str = "") -> dict[str, Decimal]:
        """What each account stands at today, as the books themselves say; of what is no simulation."""
        found: dict[str, Decimal] = {}
        for each in self.books.lines(folder=folder):
            found[each["GLAccount"]] = found.get(each["GLAccount"], Decimal(0)) + each["Amount"]
        return {code: value for code, value in found.items() if value}

    def balances_of_the_file(self, file: int = DEMO) -> dict[str, Decimal]:
        """What each account stands at on the last day that Silverfin knows."""
        balances = self.office.balances(file)
        last = max((day for day, _ in balances), default=None)
        return {number: value for (day, number), value in balances.items() if day == last}


@contextmanager
def world(*, folders: str = REFERENCE, ledger: bool = False, **how: Any) -> Iterator[World]:
    """Start both systems and stop them at the end."""
    with (
        tempfile.TemporaryDirectory() as folder,
        WinBooksSandbox(EMPTY, ledger=ledger) as books,
        SilverfinSandbox(EMPTY, readings=how.pop("readings", None)) as office,
    ):
        here = World(books, office, Path(folder), folders=folders, **how)
        try:
            yield here
        finally:
            here.store.close()
            stores.give_back(here.state)
