"""A secret is planted in every place where one may be, and looked for in everything that comes out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cli_world import MAPPING, Shell, Systems, objects

from syncrules.cli.screen import Screen
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

SECRETS = ("canary-of-the-crm", "canary-code-one", "99999999-CAFE-4000-8000-000000000000")


@pytest.fixture(scope="module")
def canaries(story: Story) -> Iterator[Systems]:
    crm = TribeSandbox(story, client_secret=SECRETS[0])
    books = EboekhoudenSoapSandbox(story, security_code1=SECRETS[1], security_code2=SECRETS[2])
    with Systems(crm, books) as running:
        yield running


def clean(shell: Shell, *outputs: str) -> bool:
    """Tell whether no secret stands in an output, or in a file that was made."""
    files = [each for each in shell.folder.rglob("*") if each.is_file() and each.suffix != ".yaml"]
    whole = "\n".join(outputs).encode() + b"\n".join(each.read_bytes() for each in files)
    return not any(each.lower().encode() in whole.lower() for each in SECRETS)


@pytest.mark.requirement("X-15")
def test_no_secret_comes_out_of_any_command_or_stands_in_the_state(shell: Shell, canaries: Systems) -> None:
    outputs = [shell.connect(canaries.answers, "--verbose").output]
    for words in (["run"], ["plan"], ["status"], ["waiting"], ["retry"], ["pause"], ["resume"]):
        for extra in ([], ["--json"], ["--verbose"]):
            outputs.append(shell.type(*words, "acme", *extra).output)
    outputs.append(shell.type("connect", "acme", "--json", "--from", shell.answers(canaries.answers)).output)
    outputs.append(shell.type("disconnect", "acme", "--yes").output)

    assert len("".join(outputs)) > 5000
    assert clean(shell, *outputs)


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize("extra", [[], ["--json"], ["--verbose"]])
def test_no_secret_comes_out_of_a_refusal(shell: Shell, canaries: Systems, extra: list[str]) -> None:
    outputs = []
    for side, name in (("tribe", "client_id"), ("eboekhouden", "username")):
        answers: dict[str, Any] = canaries.answers
        answers[side] |= {name: "somebody else"}
        outputs.append(shell.connect(answers, *extra).output)
    misplaced = {**canaries.answers, "tribe": {"client_secrt": SECRETS[0]}, "settings": {"unit": "stuk"}}
    outputs.append(shell.connect(misplaced, *extra).output)
    outputs.append(shell.connect({**canaries.answers, "eboekhouden": SECRETS[1]}, *extra).output)

    assert clean(shell, *outputs)


@pytest.mark.requirement("X-15")
def test_no_secret_comes_out_of_a_file_that_is_broken(shell: Shell) -> None:
    outputs = []
    for text in (
        f"tribe: {{client_secret: {SECRETS[0]}",
        f"tribe:\n  client_secret: *{SECRETS[0]}\n",
        f"tribe:\n  client_secret: {SECRETS[0]}\n  client_secret: {SECRETS[0]}\n",
        f"{SECRETS[0]}: x\n{SECRETS[0]}: y\n",
        f"client_secret: '{SECRETS[0]}",
        f"- {SECRETS[0]}\n",
    ):
        (shell.folder / "answers.yaml").write_text(text)
        for extra in ([], ["--json"], ["--verbose"]):
            file = str(shell.folder / "answers.yaml")
            result = shell.type("connect", "acme", "--mapping", MAPPING, "--from", file, *extra)
            outputs.append(result.output)

            assert result.exit_code == 2
    assert clean(shell, *outputs)


@pytest.mark.requirement("X-15")
def test_a_secret_that_a_system_repeats_is_masked(
    shell: Shell, canaries: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.connect(canaries.answers)
    with monkeypatch.context() as patch:
        patch.setattr(canaries.crm, "client_secret", "another now")
        patch.setattr(
            "syncrules_providers.sandboxes.tribe._token_refused",
            lambda *_: _answer(f"<html>who is {SECRETS[0]}?</html>"),
        )
        result, said = shell.type("run", "acme", "--verbose"), shell.one("run", "acme", code=3)

    assert result.exit_code == 3
    assert clean(shell, result.output, str(said))


def _answer(text: str) -> Any:
    from syncrules_providers.sandboxes.server import Answer

    return Answer(200, text.encode(), {"Content-Type": "text/html"})


@pytest.mark.requirement("X-15")
def test_a_reference_is_kept_as_a_reference_and_followed_when_it_is_needed(
    shell: Shell, canaries: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = shell.folder / "code.yaml"
    code.write_text(SECRETS[1] + "\n")
    answers: dict[str, Any] = canaries.answers
    answers["tribe"] |= {"client_secret": "env:CRM_SECRET"}
    answers["eboekhouden"] |= {"security_code_1": f"file:{code}"}
    monkeypatch.setenv("CRM_SECRET", SECRETS[0])
    made = shell.connect(answers)
    row = shell.row()
    monkeypatch.delenv("CRM_SECRET")
    lacking = shell.type("run", "acme")

    assert made.exit_code == 1, made.output
    assert row is not None
    assert row.answers["tribe"]["client_secret"] == "env:CRM_SECRET"
    assert row.answers["eboekhouden"]["security_code_1"] == f"file:{code}"
    assert row.answers["eboekhouden"]["security_code_2"].startswith("sealed:")
    assert lacking.exit_code == 2
    assert "CRM_SECRET is not set" in lacking.stderr
    assert clean(shell, made.output, lacking.output)


ODD = ('pa"ss\\word1', "été of '99 <b>&", "two\nlines", "plus+and/and space", "\N{SNAKE}-\x07")


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize("secret", ODD, ids=ascii)
@pytest.mark.parametrize(
    "repeats",
    [str, json.dumps, lambda text: json.dumps(text, ensure_ascii=False), repr, quote, quote_plus, escape],
    ids=["as it is", "JSON", "JSON with letters", "Python", "URL", "form", "XML"],
)
def test_a_secret_is_masked_whatever_characters_it_has_and_however_it_is_repeated(
    secret: str, repeats: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = f"the login with {repeats(secret)} was refused"
    for json_ in (True, False):
        screen = Screen(json=json_)
        screen.hide([secret])
        screen.data({"message": said, "list": [{"deep": (said,)}]}, line=True)
        screen.say(said)
    told = capsys.readouterr().out

    first, second = told.split("\n", 1)
    assert str(json.loads(first)).count("the login with ") == 2
    assert first.count("***") == 2
    assert second.strip().strip("\"'").startswith("the login with ")
    assert repeats(secret) not in told
    assert secret not in told


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize(
    "secret", ["run", "serve", "event", "message", "failed", "acme", "2026", "true", "error", "***"]
)
def test_a_secret_that_is_a_word_of_ours_breaks_nothing_that_a_program_reads(
    secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen(json=True)
    screen.hide([secret])
    error = {"kind": "LoginRefused", "message": f"who is {secret}?", "cure": "", "exit_code": 3, "system": "run"}
    screen.data(
        {"command": "serve", "event": "failed", "at": "2026-11-30", "connection": "acme", "error": error}, line=True
    )
    (said,) = objects(capsys.readouterr().out)

    assert (said["command"], said["event"]) == ("serve", "failed")
    assert said["error"]["message"] == "who is ***?"
    assert said["error"]["system"] == ("***" if secret == "run" else "run")
    assert said["connection"] == ("***" if secret == "acme" else "acme")
