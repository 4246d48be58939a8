"""A small world to test in: a CRM and books on loopback, a connection between them, and people who edit things.

Which books they are follows from the mapping; what a world must know of them stands in the module that `SYSTEMS` names.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol
from unittest.mock import patch

import httpx
import stores

from syncrules import connection, provider
from syncrules.connection import Connection, RealClock
from syncrules.http import Http, Response
from syncrules.journey.run import Result
from syncrules.language import spec
from syncrules.memory.kept import ConnectionRow, Known
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.secrets import Keys
from syncrules_providers.sandboxes.server import Sandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
PERSONS = "Relationship_Person_CommercialRelationship_Customer"
SUPPLIERS = "Relationship_Organization_Supplier"
EMPTY = Story((), (), ())
GIVEN = os.environ.get("SYNCRULES_TEST_MAPPING", "")
"""The only mapping that is tested: `mapping_lines.py` puts one here in which a line is missing."""
USED = ContextVar("USED", default=GIVEN or "tribe-eboekhouden")
"""The mapping of the worlds that name no other; a test that holds over several protocols is run with one after the other."""

SYSTEMS = {"eboekhouden-soap": "eb", "eboekhouden-rest": "eb_rest", "winbooks": "wb", "yuki": "yk"}
"""Provider of the books → the module whose `BOOKS` knows them."""
KEY = b"0" * 32
KEYS = Keys([KEY])

# What never changes during a test is made once: else it would take half of the time.
_load = cache(spec.load)
_found = cache(provider.find)
_trusted = cache(httpx.create_ssl_context)


def only(mapping: str) -> None:
    """Test one mapping and no other, in this process and in those that it starts."""
    global GIVEN  # noqa: PLW0603 — pytest loads the rest of the tests afterwards, and looks here
    os.environ["SYNCRULES_TEST_MAPPING"] = GIVEN = mapping
    USED.set(mapping)


class Clock(RealClock):
    """The machine's clock, some time later; nobody waits for it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead += seconds


class Books(Protocol):
    """What a world must know of one bookkeeping system; `books` is always its sandbox."""

    side: ClassVar[str]
    """Its name in the mapping."""
    country: ClassVar[str]
    """Where whoever keeps them is: the VAT groups and ledger accounts of the CRM are those of this country."""
    incidental: ClassVar[frozenset[str]]
    """Fields that depend on when, or in which order, something was made."""

    def sandbox(self, story: Story, **how: Any) -> Sandbox: ...

    def answers(self, books: Any) -> dict[str, Any]:
        """What a connection is asked about these books."""
        ...

    def usual_settings(self, crm: TribeSandbox, books: Any) -> dict[str, Any]:
        """Every setting of the mapping, as these two systems suggest it."""
        ...

    def enter(self, books: Any, name: str, code: str, **fields: Any) -> Any:
        """Let a person enter a business relation."""
        ...

    def edit(self, books: Any, name: str, **fields: Any) -> None:
        """Let a person change the relation of this name."""
        ...

    def contents(self, books: Any) -> dict[str, list[dict[str, Any]]]:
        """Everything that a connection may write or notice: kind → rows."""
        ...

    def known_as(self, books: Any) -> dict[str, str]:
        """Each id → a number by which a person knows the record."""
        ...


class Systems(Protocol):
    """Two systems in which people work."""

    crm: TribeSandbox
    books: Any
    """The sandbox of the books."""
    kind: Any
    """What is known of these books."""


def books_of(mapping: str) -> Books:
    """Find what a world must know of the books of a mapping: its second side."""
    found: Books = import_module(SYSTEMS[provider_of(mapping)]).BOOKS
    return found


def provider_of(mapping: str) -> str:
    """Name the provider of the second side of a mapping."""
    loaded = _load(mapping)
    return loaded.manifests[loaded.sides[1]].provider


@dataclass
class World:
    """Two systems and one connection between them."""

    crm: TribeSandbox
    books: Any
    """The sandbox of the books."""
    folder: Path
    mapping: str = field(default_factory=USED.get)
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=dict)
    kind: Any = field(init=False)
    """What is known of these books: a `Books`, with whatever its own tests want to know besides."""
    state: str = field(init=False)
    """Where it is remembered: what `--state` takes."""
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.kind = books_of(self.mapping)
        self.state = stores.place(self.folder)
        self.store = open_store(self.state)
        self.settings = {**self.kind.usual_settings(self.crm, self.books), **self.settings}

    def answers(self) -> dict[str, dict[str, Any]]:
        return {
            "tribe": {
                "client_id": "demo-client",
                "client_secret": "demo-secret",
                "api_url": self.crm.url,
                "token_url": f"{self.crm.url}/oauth2/token",
            },
            self.kind.side: self.kind.answers(self.books),
        }

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        trust = patch("httpx._transports.default.create_ssl_context", lambda **_: _trusted())
        with (
            trust,
            patch.object(Http, "send", self._sent_outside_a_transaction(Http.send)),
            patch("syncrules.language.spec.load", _load),
            patch("syncrules.provider.find", _found),
            connection.opened(self.store, "c", KEYS, self.clock) as opened,
        ):
            yield opened

    def _sent_outside_a_transaction(self, send: Callable[..., Response]) -> Callable[..., Response]:
        """Nobody may wait for an answer while everybody else waits for the state store."""

        def sent(http: Http, method: str, url: str, **more: Any) -> Response:
            ours = http._clock is self.clock  # whoever has another one is another worker, with a store of its own
            assert not (ours and self.store._inside), f"{method} {url} is asked for in the middle of a transaction"
            return send(http, method, url, **more)

        return sent

    def connect(self) -> None:
        """Make the connection, without importing anything."""
        with self.store.transaction():
            self.store.save(
                ConnectionRow("c", self.mapping, self.settings, {}, self.answers(), created_at=self.clock.now())
            )
        with self.opened() as opened:
            opened.row.accounts = {side: account.id for side, account in connection.log_in(opened).items()}
            with self.store.transaction():
                self.store.save(opened.row)

    def run(self, *, due: bool = False, whole: bool = False) -> Result:
        """Run once; the first run is the first import."""
        if self.store.connection("c") is None:
            self.connect()
        self.crm.calls.clear()
        self.books.calls.clear()
        with self.opened() as opened:
            return connection.run(opened, due_only=due, whole=whole)

    def plan(self) -> list[Mapping[str, Any]]:
        """Make a plan and give its writes and links."""
        with self.opened() as opened:
            connection.make_plan(opened)
            return [
                action
                for name in opened.rules.entities
                for _, action in opened.memory.actions(name)
                if action["verb"] != "remember"
            ]

    @property
    def memory(self) -> Memory:
        return Memory(self.store, "c", ("tribe", self.kind.side))

    @property
    def writes(self) -> int:
        """How many write calls the two systems saw in the last run."""
        return len(self.crm.writes) + len(self.books.writes)

    def judged(self, name: str, *, entity: str = "") -> Known:
        """Find the one record of this name that is not in sync, and what is said of it."""
        found = [
            known
            for where, known in self.memory.records(states=("pending", "waiting", "failed", "excluded"))
            if known.name == name and entity in ("", where)
        ]
        assert len(found) == 1, [(each.side, each.state, each.reason) for each in found]
        return found[0]

    def notices(self) -> list[str]:
        """What the last run reported."""
        last = self.memory.last_run()
        return [text for _, _, text in self.memory.notices(last["run"])] if last is not None else []

    def zone(self, name: str) -> None:
        """Say in which time zone the books of this connection are kept."""
        row = self.store.connection("c")
        assert row is not None
        row.answers[""] = {"time zone": name}
        with self.store.transaction():
            self.store.save(row)

    def lose_state(self) -> None:
        """Throw away all that was remembered, as if the file had been lost."""
        self.store.close()
        stores.empty(self.state)
        self.store = open_store(self.state)


@contextmanager
def world(story: Story = EMPTY, *, mapping: str = "", **settings: Any) -> Iterator[World]:
    """Start both systems with a story and stop them at the end; the mapping says which books they are."""
    mapping = mapping or USED.get()
    kind = books_of(mapping)
    with (
        tempfile.TemporaryDirectory() as folder,
        TribeSandbox(story, country=kind.country) as crm,
        kind.sandbox(story) as books,
    ):
        here = World(crm, books, Path(folder), mapping=mapping, settings=dict(settings))
        try:
            yield here
        finally:
            here.store.close()
            stores.give_back(here.state)
