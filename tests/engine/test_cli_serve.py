"""`syncrules serve` as it is typed: where it answers, and what is said of that; `acceptance/test_serve.py` shows it at work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_world import Shell

from syncrules.cli import serving
from syncrules.memory.store import open_store


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Give where it is asked to answer; it works no further."""
    asked: list[tuple[Any, ...]] = []

    def until_stopped(_: object, *where: Any) -> int:
        asked.append(where)
        return 0

    monkeypatch.setattr(serving.Serving, "until_stopped", until_stopped)
    return asked


def typed(folder: Path, *words: str) -> Any:
    shell = Shell(folder)
    with open_store(shell.state):
        pass
    return shell.type("serve", *words)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_at_an_address_of_this_machine_alone_it_warns_of_nothing(
    tmp_path: Path, asked: list[tuple[Any, ...]], host: str
) -> None:
    result = typed(tmp_path, "--host", host, "--port", "8123")

    assert (result.exit_code, result.output) == (0, "")
    assert asked == [(host, 8123, "")]


def test_at_an_address_that_others_reach_it_warns(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    result = typed(tmp_path, "--host", "0.0.0.0")

    assert asked == [("0.0.0.0", 8750, "")]
    assert "Who can reach 0.0.0.0 can read along" in result.stderr


def test_without_an_address_it_answers_on_this_machine_alone(tmp_path: Path, asked: list[tuple[Any, ...]]) -> None:
    typed(tmp_path)

    assert asked == [("127.0.0.1", 8750, "")]
