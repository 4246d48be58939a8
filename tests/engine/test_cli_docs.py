"""The help article from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_world import MAPPING, Shell


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("en", "# e-Boekhouden for Tribe CRM"),
        ("nl", "# e-Boekhouden voor Tribe CRM"),
        ("fr", "# e-Boekhouden pour Tribe CRM"),
    ],
)
def test_the_help_article_is_written_in_three_languages(shell: Shell, code: str, title: str) -> None:
    result = shell.type("docs", MAPPING, "--language", code)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{title}\n")
    assert result.stderr == ""


def test_it_is_english_unless_another_language_is_asked_for(shell: Shell) -> None:
    assert shell.type("docs", MAPPING).stdout == shell.type("docs", MAPPING, "--language", "en").stdout


def test_it_can_be_written_into_a_file(shell: Shell) -> None:
    file = shell.folder / "help.md"
    result = shell.type("docs", MAPPING, "--out", str(file))

    assert result.stdout == f"wrote {file}\n"
    assert file.read_text(encoding="utf-8") == shell.type("docs", MAPPING).stdout


def test_a_file_that_cannot_be_written_is_told(shell: Shell) -> None:
    result = shell.type("docs", MAPPING, "--out", str(shell.folder / "nowhere" / "help.md"))

    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


@pytest.mark.requirement("X-14")
def test_a_program_is_given_the_facts_beside_the_sentences(shell: Shell) -> None:
    said = shell.one("docs", MAPPING, "--language", "nl")
    away = next(each for each in said["sections"] if each["key"] == "away")
    deactivating = next(each for each in away["sections"] if each["key"] == "deactivating")
    (found,) = (
        each
        for block in deactivating["blocks"]
        for each in block["items"]
        if each["fact"]["says"] == "deactivated.deactivate"
    )

    assert (said["mapping"], said["language"], said["untranslated"]) == (MAPPING, "nl", [])
    assert found["fact"]["entities"] == ["product"]
    assert found["fact"]["slots"]["rhythm"]["minutes"] == 15
    assert "elke 15 minuten" in found["text"]


def test_a_mapping_that_is_not_there_is_told(shell: Shell) -> None:
    result = shell.type("docs", "tribe-eboekhuoden")

    assert result.exit_code == 2
    assert "Did you mean 'tribe-eboekhouden'?" in result.stderr


@pytest.mark.requirement("X-14")
def test_what_is_not_translated_stays_english_and_validate_says_so(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path("mappings") / f"{MAPPING}-own.yaml"
    shell.type("init", str(shell.folder / "project"), "--mapping", MAPPING)
    monkeypatch.chdir(shell.folder / "project")
    result = shell.type("docs", str(own), "--language", "fr")
    checked = shell.type("validate", str(own))
    (told,) = shell.one("validate", str(own))["mappings"]

    assert result.exit_code == checked.exit_code == 0
    assert result.stdout.startswith("# e-Boekhouden for Tribe CRM, our own\n")
    assert "1 text is not translated into French" in result.stderr
    assert "no French for 'e-Boekhouden for Tribe CRM, our own' and says it in English" in checked.stdout
    assert f"Add it to help/{own.stem}.fr.yaml" in checked.stdout
    assert (told["valid"], told["problems"]) == (True, [])
    (Path("mappings") / "help").mkdir()
    (Path("mappings") / "help" / f"{own.stem}.fr.yaml").write_text(
        "e-Boekhouden for Tribe CRM, our own: e-Boekhouden pour Tribe CRM, chez nous\n", encoding="utf-8"
    )
    assert shell.type("docs", str(own), "--language", "fr").stderr == ""
    assert "French" not in shell.type("validate").stdout
