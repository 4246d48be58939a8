"""Webhooks of Silverfin, over HTTP: whoever chooses a reference or clicks the arrows there waits for no night.

`serve` looks by itself once an hour only, so whatever happens here happens because Silverfin called.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from served import BESIDE, kill_all, serving, until
from sf import DEMO, MAPPING, SETTINGS, SPRING, World, world
from terminal import Terminal, Told
from town import NAME

from syncrules_providers.sandboxes.silverfin import REFERENCE


@dataclass
class Desk:
    """Where commands are typed."""

    terminal: Terminal


@contextmanager
def connected(here: World, base: str) -> Iterator[tuple[Desk, Told]]:
    """Connect both systems at a terminal, and let Silverfin call."""
    told = {
        "settings": SETTINGS,
        "winbooks": {**here.books.answers, "folder": REFERENCE},
        "silverfin": here.office.answers,
    }
    with tempfile.TemporaryDirectory() as folder, Terminal(Path(folder), *BESIDE) as terminal:
        (Path(folder) / "answers.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
        words = ("--mapping", MAPPING, "--from", "answers.yaml", "--yes", "--json", "--hooks", base)
        yield Desk(terminal), terminal.type("connect", NAME, *words)


@pytest.mark.requirement("SF-04")
def test_what_a_person_asks_for_in_a_client_file_is_there_at_once_and_nobody_looked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        world(readings={"webhook tries again": [0.1]}) as here,
        connected(here, f"http://127.0.0.1:{port}") as (desk, told),
    ):
        assert told.code == 0, told.out + told.err
        try:
            served = serving(desk, "--port", str(port), "--every", "3600")
            until(lambda: any(each["event"] == "ready" for each in served.events))

            here.books.add_customer("10042", "Bakkerij De Halm")
            here.books.post_invoice("10042", "100.00", reference="F1", day=SPRING)
            here.office.choose_reference(DEMO, REFERENCE)
            until(lambda: here.balances_of_the_file() == here.balances_of_the_books() != {})
            here.books.post_invoice("10042", "250.00", reference="F2", day=SPRING)

            assert here.balances_of_the_file() != here.balances_of_the_books()

            here.office.click_arrows(DEMO)
            until(lambda: here.balances_of_the_file() == here.balances_of_the_books())
            assert here.office.settle()
            assert {each.attempts[-1] for each in here.office.deliveries} == {202}

            for number in (1, 2):
                here.office.replace_signing_token(number, f"a token that nobody told us, {number}")
                here.office.click_arrows(DEMO)
                assert here.office.settle()
            until(lambda: [each["side"] for each in served.events if each["event"] == "forged"] == ["silverfin"])

            assert [each.attempts[-1] for each in here.office.deliveries[-2:]] == [202, 401]
        finally:
            kill_all()
