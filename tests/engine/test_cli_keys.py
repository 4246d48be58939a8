"""The key that opens credentials stands beside the state file to which it belongs, and a copy of both is enough."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from cli_world import MAPPING, Shell, Systems

OLD = Path(".syncrules/key")


@pytest.fixture
def home(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which commands are typed, without saying where the key is."""
    folder = shell.folder / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def connect(shell: Shell, systems: Systems, state: str, *words: str) -> Any:
    """Make a connection and leave it at that: nothing is imported."""
    words = ("--mapping", MAPPING, "--from", shell.answers(systems.answers), "--state", state, *words)
    result = shell.type("connect", "acme", *words, input="n\n")

    assert result.exit_code == 0, result.output
    return result


def opens(shell: Shell, state: str) -> bool:
    """Tell whether the credentials in a state file can be used: nothing can be planned without."""
    return shell.type("plan", "acme", "--state", state).exit_code in (0, 1)


@pytest.mark.requirement("X-15")
def test_a_key_is_made_beside_the_state_file_for_its_owner_alone(
    shell: Shell, home: Path, shared_systems: Systems
) -> None:
    said = connect(shell, shared_systems, "books/acme.db").output
    key = home / "books" / "acme.db.key"

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "A key was made in 'books/acme.db.key'" in said.replace("\n", " ")
    assert not OLD.exists()


@pytest.mark.requirement("X-16")
def test_a_copy_of_the_folder_of_the_state_file_is_enough_to_go_on_elsewhere(
    shell: Shell, home: Path, shared_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(shell, shared_systems, "books/acme.db")
    elsewhere = shell.folder / "elsewhere"
    shutil.copytree(home / "books", elsewhere / "copy")
    shutil.rmtree(home / "books")
    monkeypatch.chdir(elsewhere)

    assert opens(shell, "copy/acme.db")


@pytest.mark.requirement("X-15")
def test_two_state_files_in_one_folder_have_a_key_each(shell: Shell, home: Path, shared_systems: Systems) -> None:
    for each in ("one.db", "other.db"):
        connect(shell, shared_systems, each)
    keys = {each.name: each.read_text() for each in home.glob("*.key")}
    shutil.copy("other.db.key", "one.db.key")

    assert set(keys) == {"one.db.key", "other.db.key"}
    assert keys["one.db.key"] != keys["other.db.key"]
    assert not opens(shell, "one.db")
    assert opens(shell, "other.db")


def test_a_key_that_stands_where_it_used_to_is_copied_beside_the_state_file_and_that_is_told_once(
    shell: Shell, home: Path, shared_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(shell, shared_systems, "books/acme.db", "--key-file", str(OLD))
    first, second = (shell.type("plan", "acme", "--state", "books/acme.db") for _ in range(2))
    copy = home / "books" / "acme.db.key"
    monkeypatch.chdir(home / "books")

    assert "'books/acme.db.key'" in first.output.replace("\n", " ")
    assert "key" not in second.output
    assert copy.read_text() == (home / OLD).read_text()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert opens(shell, "acme.db")


def test_where_the_key_cannot_be_copied_it_is_used_where_it_is(
    shell: Shell, home: Path, shared_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(shell, shared_systems, "books/acme.db", "--key-file", str(OLD))
    monkeypatch.setattr("syncrules.secrets.copied", lambda *_: False)

    assert opens(shell, "books/acme.db")
    assert not (home / "books" / "acme.db.key").exists()


def test_the_usual_state_file_goes_on_with_the_key_that_stands_beside_it(
    shell: Shell, home: Path, shared_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = str(OLD.with_name("state.db"))
    connect(shell, shared_systems, usual, "--key-file", str(OLD))
    result = shell.type("plan", "acme", "--state", usual)
    connect(shell, shared_systems, usual)
    monkeypatch.chdir(shell.folder)

    assert result.exit_code in (0, 1)
    assert "key" not in result.output
    assert [each.name for each in (home / OLD).parent.glob("*key*")] == ["key"]
    assert opens(shell, f"home/{usual}")


@pytest.mark.requirement("X-15")
def test_a_key_of_another_state_file_is_left_alone(shell: Shell, home: Path, shared_systems: Systems) -> None:
    connect(shell, shared_systems, "books/acme.db", "--key-file", str(OLD))
    connect(shell, shared_systems, "other.db")

    assert (home / "other.db.key").read_text() != OLD.read_text()
    OLD.unlink()
    assert opens(shell, "other.db")
