"""What is said, and with which exit code a command ends, when something is not as it should be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cli_world import MAPPING, Shell, Systems, objects

from syncrules import connection


def told(result: Any) -> tuple[int, str]:
    return result.exit_code, result.stderr


# The state store --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-16")
def test_a_state_that_is_lost_is_told_with_what_to_do(shell: Shell) -> None:
    code, said = told(shell.type("run", "acme"))

    assert code == 5
    assert "there is no state file" in said.lower()
    assert "without duplicates" in said


def test_a_state_that_is_no_database_is_told(shell: Shell) -> None:
    shell.state.write_text("this is no database, only a text that is long enough to be looked at\n" * 20)
    code, said = told(shell.type("status"))

    assert code == 5
    assert "Put the file aside" in said


def test_a_folder_in_which_nothing_can_be_written_is_told(shell: Shell, systems: Systems) -> None:
    (shell.folder / "file").write_text("")
    answers = shell.answers(systems.answers)
    words = ("--state", str(shell.folder / "file" / "state.db"), "--mapping", MAPPING, "--from", answers)
    result = shell.type("connect", "acme", *words)

    assert result.exit_code == 5
    assert "cannot be used" in result.stderr
    assert "Check that the folder exists" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("connect", "acme"), "It is not said which mapping the connection 'acme' follows"),
        (("connect", "", "--mapping", MAPPING), "A connection needs a name"),
        (("connect", "  ", "--mapping", MAPPING), "A connection needs a name"),
        (("connect", "acme", "--mapping", "nobody-knows"), "No mapping named 'nobody-knows' is installed"),
        (("connect", "acme", "--mapping", MAPPING, "--hooks", "http://shop.example"), "is no address"),
        (("connect", "acme", "--mapping", MAPPING, "--from", "nowhere.yaml"), "cannot be read"),
        (("apply", "nowhere.json"), "cannot be read"),
        (("run",), "There is no state file"),
        (("serve", "--every", "abc"), "'abc' is not"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_cannot_begin_leaves_no_state_store_behind(shell: Shell, words: tuple[str, ...], says: str) -> None:
    result = shell.type(*words)

    assert result.exit_code in (2, 5)
    assert says in result.stderr
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "says", "cure"),
    [
        ("postgresql://u:geheim@h/db", "psycopg, is not installed", "pip install 'psycopg[binary]'"),
        ("postgresql+psycopg2://u:geheim@h/db", "psycopg2, is not installed", "pip install 'psycopg2'"),
        ("postgresql+nobody://u:geheim@h/db", "no driver 'postgresql+nobody'", "postgresql://USER"),
        ("postgres://u:geheim@h/db", "cannot be kept in 'postgres'", "postgresql://USER"),
        ("mysql://u:geheim@h/db", "cannot be kept in 'mysql'", "path of a file"),
        ("sqlite://", "names no file", "path of a file"),
        ("postgresql://u:geheim@h:port/db", "not the URL of a database", "postgresql://USER"),
        ("://geheim", "not the URL of a database", "postgresql://USER"),
        ("postgresql:u:geheim@h/db", "not the URL of a database", "postgresql://USER"),
    ],
)
@pytest.mark.parametrize("words", [("status",), ("connect", "acme", "--mapping", MAPPING, "--yes")])
def test_a_database_that_cannot_be_used_is_told_with_what_to_install_or_correct(
    shell: Shell, words: tuple[str, ...], url: str, says: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shell.folder)
    for driver in ("psycopg", "psycopg2"):
        monkeypatch.setitem(sys.modules, driver, None)  # also where somebody has installed it
    code, said = told(shell.type(*words, "--state", url))

    assert code == 5
    assert says in said
    assert cure in said
    assert "geheim" not in said


def test_an_sqlite_file_may_be_given_as_a_url(acme: Shell) -> None:
    result = acme.type("status", "--state", f"sqlite:///{acme.state}")

    assert result.exit_code == 0
    assert "acme" in result.stdout


def test_a_key_that_is_lost_is_told_and_none_is_made_instead(acme: Shell) -> None:
    acme.key.unlink()
    code, said = told(acme.type("run", "acme"))

    assert code == 5
    assert "sealed with another key" in said
    assert not acme.key.exists()


def test_a_key_that_is_none_is_told(acme: Shell) -> None:
    acme.key.write_text("not a key\n")
    code, said = told(acme.type("run", "acme"))

    assert code == 2
    assert "44 characters" in said


# Mappings and files -----------------------------------------------------------------------------------------------


def test_a_broken_mapping_is_told_with_its_place(shell: Shell, systems: Systems) -> None:
    own = shell.folder / "own.yaml"
    own.write_text(f"syncrules: 1\ntitle: Ours\nextends: {MAPPING}\nentitys: {{}}\n")
    code, said = told(shell.type("connect", "acme", "--mapping", str(own), "--yes"))
    checked = shell.type("validate", str(own))
    (mapping,) = shell.one("validate", str(own), code=2)["mappings"]

    assert code == 2
    assert "own.yaml:4:1" in said
    assert checked.exit_code == 2
    assert "own.yaml:4:1" in checked.stderr
    assert mapping["valid"] is False
    assert (4, 1) in [(each["line"], each["column"]) for each in mapping["problems"]]


def test_a_mapping_that_is_not_there_is_told_with_those_that_are(shell: Shell) -> None:
    code, said = told(shell.type("connect", "acme", "--mapping", "tribe-eboekhoude"))

    assert code == 2
    assert "Did you mean 'tribe-eboekhouden'?" in said


def test_a_file_of_answers_that_is_none_is_told(shell: Shell) -> None:
    broken = shell.folder / "broken.yaml"
    for content, said in (
        (b"tribe: [", "broken.yaml:"),
        (b"- a\n", "holds no answers"),
        (b"\xff\xfe", "not a text in UTF-8"),
    ):
        broken.write_bytes(content)
        result = shell.type("connect", "acme", "--mapping", MAPPING, "--from", str(broken))

        assert result.exit_code == 2
        assert said in result.stderr
    assert shell.type("connect", "acme", "--mapping", MAPPING, "--from", "nowhere.yaml").exit_code == 2


# Words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["nonsense"], ["plan"], ["run", "--nonsense"], ["demo", "--size", "many"]])
def test_wrong_usage_is_told_with_where_help_is(shell: Shell, words: list[str]) -> None:
    result = shell.type(*words)

    assert result.exit_code == 2
    assert "--help'" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "kind"),
    [
        (("nonsense",), 2, "UsageError"),
        (("plan", "acme"), 5, "StateError"),
        (("validate", "nowhere.yaml"), 2, ""),
        (("connect", "acme", "--mapping", "nothing"), 2, "UsageError"),
    ],
)
def test_trouble_for_a_program_is_an_object(shell: Shell, words: tuple[str, ...], code: int, kind: str) -> None:
    said = shell.one(*words, code=code)

    assert said.get("error", {}).get("kind", "") == kind
    if kind:
        assert said["error"]["exit_code"] == code


def test_problems_of_a_mapping_are_told_to_a_program_one_by_one(shell: Shell) -> None:
    own = shell.folder / "own.yaml"
    own.write_text(f"syncrules: 1\ntitle: Ours\nextends: {MAPPING}\nentitys: {{}}\n")
    said = shell.one("connect", "acme", "--mapping", str(own), code=2)

    assert said["error"]["kind"] == "SpecError"
    assert 4 in [each["line"] for each in said["error"]["problems"]]


@pytest.mark.requirement("X-15")
def test_what_should_not_have_happened_is_one_sentence_and_no_traceback(
    acme: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object, **__: object) -> NoReturn:
        raise ValueError("canary-in-the-message")

    monkeypatch.setattr(connection, "make_plan", stumble)
    brief, verbose = acme.type("plan", "acme"), acme.type("plan", "acme", "--verbose")
    said = acme.one("plan", "acme", code=70)

    assert brief.exit_code == verbose.exit_code == 70
    assert brief.stderr.startswith("This should not have happened (ValueError).\nPlease report it")
    assert "Traceback" not in brief.output + verbose.output
    assert "in stumble" in verbose.stderr
    assert "canary" not in brief.output + verbose.output + str(said)
    assert said["error"]["kind"] == "Unexpected"


# As a program of its own ------------------------------------------------------------------------------------------


def start(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "syncrules", *words], capture_output=True, text=True, check=False, **more
    )


def test_help_lists_every_command_and_the_exit_codes() -> None:
    done = start("--help")

    assert done.returncode == 0
    for each in ("demo", "init", "validate", "connect", "plan", "run", "status", "waiting", "resolve", "retry"):
        assert f"\n  {each} " in done.stdout
    for each in ("pause", "resume", "disconnect", "sandbox"):
        assert f"\n  {each} " in done.stdout
    assert "5 the state store cannot be used" in " ".join(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, syncrules.cli.commands; print(sorted({'httpx', 'sqlalchemy', 'rich', 'yaml', 'jsonschema', 'lxml', 'litestar', 'uvicorn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_process_ends_with_the_exit_code(tmp_path: Path) -> None:
    done = start(
        "run", "acme", "--json", cwd=tmp_path, env={**os.environ, "SYNCRULES_STATE": str(tmp_path / "none.db")}
    )

    assert done.returncode == 5
    assert json.loads(done.stdout)["error"]["kind"] == "StateError"
    assert objects(done.stdout)
