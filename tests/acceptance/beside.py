"""Commands that come to the same door at the same moment: each is a process of its own, and whoever comes first is held there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Condition
from typing import Any
from unittest.mock import patch

import yaml
from click.testing import CliRunner
from terminal import LONGEST, Terminal, Told
from world import World

from syncrules.cli.commands import commands
from syncrules_providers.sandboxes.server import Answer, Request, Sandbox

UNDER_WAY = "nother run of 'shop' is under way"


class Door:
    """Where calls of one kind are held on their way into a sandbox, until so many have come, or somebody opens it.

    Args:
        many: how many are let in together; who comes later is let in at once.
    """

    def __init__(self, many: int) -> None:
        self.came: list[Request] = []
        self._many = many
        self._is_open = False
        self._change = Condition()

    def hold(self, request: Request) -> None:
        with self._change:
            self.came.append(request)
            self._change.notify_all()
            assert self._change.wait_for(lambda: self._is_open or len(self.came) >= self._many, LONGEST)

    def somebody_waits(self) -> bool:
        """Come back as soon as somebody is there."""
        with self._change:
            return self._change.wait_for(lambda: bool(self.came), LONGEST)

    def open(self) -> None:
        """Let in whoever is there, and everybody after."""
        with self._change:
            self._is_open = True
            self._change.notify_all()


@contextmanager
def door(sandbox: Sandbox, fits: Callable[[Request], bool], *, many: int = 2) -> Iterator[Door]:
    """Put a door before a sandbox for the calls that fit, and take it away at the end."""
    made, handle = Door(many), sandbox._handle

    def handled(request: Request) -> Answer | None:
        if fits(request):
            made.hold(request)
        return handle(request)

    with patch.object(sandbox, "_handle", handled):
        try:
            yield made
        finally:
            made.open()


def state(folder: Path) -> str:
    """Where whoever sits at these terminals keeps the state."""
    return str(folder / "beside.db")


def connected(here: World, folder: Path, name: str, books: Mapping[str, Any] = {}) -> tuple[int, str]:
    """Connect as a person does who has everything in a file; tell the exit code and what was said.

    Args:
        books: what is answered about the books, if it is other than usual.
    """
    groups = {row["ID"]: row["Name"] for row in here.crm.rows("Datastore_VatGroup")}
    settings = {
        each: {groups.get(key, key): one for key, one in value.items()} if isinstance(value, dict) else value
        for each, value in here.settings.items()
    }
    answers = here.answers()
    answers[here.kind.side] = dict(books or answers[here.kind.side])
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**answers, "settings": settings}), encoding="utf-8")
    words = ["connect", "--state", state(folder), name, "--mapping", here.mapping, "--from", str(file), "--yes"]
    result = CliRunner().invoke(commands, words, prog_name="syncrules")
    return result.exit_code, result.output


@contextmanager
def two_terminals(folder: Path) -> Iterator[tuple[Terminal, Terminal]]:
    """Sit down at two terminals of one machine, with one state store."""
    with ExitStack() as stack:
        one, other = (stack.enter_context(Terminal(folder, SYNCRULES_STATE=state(folder))) for _ in range(2))
        yield one, other


def beside(held: Door, one: Terminal, other: Terminal, first: str, *then: str) -> tuple[Told, list[Told]]:
    """Type a command and, while it is held at a door, others, each to its end; then let the first go on."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(one.type, first, "shop")
        try:
            assert held.somebody_waits()
            said = [other.type(each, "shop") for each in then]
        finally:
            held.open()
        return begun.result(), said


def both(one: Terminal, other: Terminal, *connections: str) -> list[Told]:
    """Run two connections at the same time, each from a terminal of its own."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda at, name: at.type("run", name), (one, other), connections))


def steps_aside(told: Told) -> bool:
    """Tell whether a command says that another is at work, and does nothing; a look at the health goes on without the systems."""
    said = told.out + told.err
    return told.code in (0, 1) and (UNDER_WAY in said or "a run is under way" in said)
