"""What the tests of the command line share: systems that run, and a connection that has been made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_world import Shell, Systems
from pair_world import remembering

from syncrules.memory.memory import Memory
from syncrules_providers.sandboxes.story import Story, tell


@pytest.fixture(scope="session")
def story() -> Story:
    """The named characters, without a crowd."""
    return tell(0)


@pytest.fixture
def systems(story: Story) -> Iterator[Systems]:
    """Two systems of one's own, in which anything may be changed."""
    with Systems.telling(story) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An empty folder; whoever waits for a retry does not wait."""
    monkeypatch.setattr("syncrules.connection.RealClock.sleep", lambda *_: None)
    monkeypatch.delenv("SYNCRULES_KEY", raising=False)
    monkeypatch.delenv("SYNCRULES_STATE", raising=False)
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def shared_systems(story: Story) -> Iterator[Systems]:
    """Two systems that are only read once the connection stands."""
    with Systems.telling(story) as running:
        yield running


@pytest.fixture(scope="session")
def connected(shared_systems: Systems, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A connection in step, made once for all; tests work on a copy."""
    shell = Shell(tmp_path_factory.mktemp("connected"))

    assert shell.connect(shared_systems.answers).exit_code == 1
    assert shell.type("run", "acme").exit_code == 1
    return shell


@pytest.fixture
def acme(connected: Shell, shell: Shell) -> Shell:
    """A copy of the connection in step; its systems may be read, not changed."""
    return connected.copy(shell.folder)


@pytest.fixture(scope="module")
def memories() -> Iterator[Callable[[], Memory]]:
    """Memories of two made-up systems, in one state store."""
    with remembering() as make:
        yield make


@pytest.fixture
def memory(memories: Callable[[], Memory]) -> Memory:
    """A memory that knows nothing yet."""
    return memories()
