"""Two systems, each behind a proxy that can let things go wrong, and a terminal at which `syncrules` is typed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import eb
import stores
import yaml
from fault_proxy import Exchange, FaultProxy
from terminal import Terminal, Told
from world import EMPTY, Books

from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

NAME = "shop"
LATENCY = 0.003
"""Seconds that each answer takes, so that kills fall everywhere."""
SETTINGS = {"VAT groups": {"NL - 0%": "GEEN"}, "default revenue account": "8000", "product group": "Algemeen"}


@dataclass
class Town:
    """Where people work in two systems, and one types commands that keep them in step."""

    crm: TribeSandbox
    books: EboekhoudenSoapSandbox
    crm_proxy: FaultProxy
    books_proxy: FaultProxy
    terminal: Terminal
    kind: Books = eb.BOOKS

    @property
    def folder(self) -> Path:
        return self.terminal.folder

    @property
    def state(self) -> str:
        """Where the commands keep what they remember."""
        return self.terminal.given.get("SYNCRULES_STATE", str(self.folder / ".syncrules" / "state.db"))

    @property
    def proxies(self) -> Mapping[str, FaultProxy]:
        return {"the CRM": self.crm_proxy, "the books": self.books_proxy}

    @property
    def writes(self) -> int:
        """How many writes both systems have carried out so far."""
        return len(self.crm.writes) + len(self.books.writes)

    def answers(self) -> str:
        """Write down everything that `connect` asks, and give the name of the file."""
        told: dict[str, Any] = {"settings": SETTINGS}
        for name, sandbox, proxy in (
            ("tribe", self.crm, self.crm_proxy),
            ("eboekhouden", self.books, self.books_proxy),
        ):
            told[name] = {key: value.replace(sandbox.url, proxy.url) for key, value in sandbox.answers.items()}
        (self.folder / "answers.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
        return "answers.yaml"

    @property
    def connecting(self) -> tuple[str, ...]:
        """What is typed to connect both systems and import them."""
        return ("connect", NAME, "--mapping", "tribe-eboekhouden", "--from", self.answers(), "--yes", "--json")

    def connect(self) -> Told:
        return self.terminal.type(*self.connecting)

    def run(self, **how: Any) -> Told:
        return self.terminal.type("run", NAME, "--json", **how)

    def status(self) -> Mapping[str, Any]:
        """How the connection stands."""
        (told,) = self.terminal.type("status", NAME, "--json").objects
        (only,) = told["connections"]
        return dict(only)

    def waiting(self) -> Mapping[str, Any]:
        """What waits for somebody."""
        (told,) = self.terminal.type("waiting", NAME, "--json").objects
        (only,) = told["connections"]
        return dict(only)

    def calm(self) -> None:
        """Let nothing go wrong from now on, once all that was on its way has arrived."""
        for each in self.proxies.values():
            each.settle()
            each.script = _pass_on


def _pass_on(_: Exchange) -> None:
    return None


@contextmanager
def town(story: Story = EMPTY, *, besides: Sequence[str] = (), **environment: str) -> Iterator[Town]:
    """Start everything, and stop it at the end.

    Args:
        besides: packages that the commands need beside those that all of them need.
        environment: what the commands find in their environment.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not stores.in_a_file() and "SYNCRULES_STATE" not in environment:
            environment["SYNCRULES_STATE"] = stores.database()
            stack.callback(stores.give_back, environment["SYNCRULES_STATE"])
        crm = stack.enter_context(TribeSandbox(story, latency=LATENCY))
        books = stack.enter_context(EboekhoudenSoapSandbox(story, latency=LATENCY))
        of_crm, of_books = (stack.enter_context(FaultProxy(each.url)) for each in (crm, books))
        terminal = stack.enter_context(Terminal(folder, *besides, **environment))
        yield Town(crm, books, of_crm, of_books, terminal)
