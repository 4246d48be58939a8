"""`syncrules test`: the examples of mappings, each by its sentence, for a person and for a program."""

from __future__ import annotations

import json

import pytest
from cli_world import Shell

from syncrules.examples import coverage as covering
from syncrules.examples.items import items

OWN = "syncrules: 1\ntitle: Ours\nextends: winbooks-silverfin\n"
FAILING = """\
examples:
  a line without an account goes all the same:
    entity: transaction
    winbooks: {as: line, GLAccount: null}
    gives: nothing
"""


def write(shell: Shell, examples: str) -> str:
    """Write a mapping of one's own with its examples; give its path."""
    (shell.folder / "ours.yaml").write_text(OWN, encoding="utf-8")
    (shell.folder / "ours.examples.yaml").write_text(examples, encoding="utf-8")
    return str(shell.folder / "ours.yaml")


def test_every_example_is_shown_by_its_sentence(shell: Shell) -> None:
    result = shell.type("test", "winbooks-silverfin")

    assert result.exit_code == 0, result.output
    assert "holds   a line without an account waits\n" in result.stdout
    assert "FAILED" not in result.stdout


def test_one_that_fails_shows_both_places_and_ends_with_1(shell: Shell) -> None:
    result = shell.type("test", write(shell, FAILING))

    assert result.exit_code == 1
    assert "FAILED  a line without an account goes all the same" in result.stdout
    assert "expected: nothing" in result.stdout
    assert "got:      waits: no account" in result.stdout
    assert "ours.examples.yaml:5:5" in result.stdout
    assert "rule:     winbooks-silverfin.yaml:99:9" in result.stdout
    assert "1 of them does not hold" in result.stdout


def test_a_file_of_examples_may_be_named_in_place_of_its_mapping(shell: Shell) -> None:
    write(shell, FAILING)

    assert shell.type("test", str(shell.folder / "ours.examples.yaml")).exit_code == 1


def test_a_wrong_file_is_told_as_a_mapping_would_be_and_ends_with_2(shell: Shell) -> None:
    result = shell.type("test", write(shell, FAILING.replace("gives", "give")))

    assert result.exit_code == 2
    assert "ours.examples.yaml:5:5: SR020 'give' means nothing here" in result.stderr
    assert "did you mean 'gives'?" in result.stderr


def test_a_program_gets_everything_as_one_object(shell: Shell) -> None:
    result = shell.type("--json", "test", write(shell, FAILING))
    (mapping,) = json.loads(result.stdout)["mappings"]
    failed = next(each for each in mapping["examples"] if not each["passed"])

    assert (mapping["failed"], mapping["coverage"]) == (1, None)
    assert failed["differences"][0]["got"] == {"waits": ["no account"]}


def test_coverage_is_a_table_and_the_list_of_what_nobody_would_notice(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ("Name, from winbooks to silverfin", "Reference, from winbooks to silverfin")
    monkeypatch.setattr(covering, "items", lambda mapping: (each for each in items(mapping) if each.says in some))
    result = shell.type("test", "winbooks-silverfin", "--coverage")

    assert result.exit_code == 0
    assert "noticed  of" in result.stdout
    assert (
        "What no example would notice if it changed\n  sync reference: Reference, from winbooks to silverfin"
        in result.stdout
    )


def test_a_new_project_has_two_examples_that_hold_and_a_workflow_that_tests_them(shell: Shell) -> None:
    folder = shell.folder / "project"
    shell.type("init", str(folder), "--mapping", "winbooks-silverfin")
    own = folder / "mappings" / "winbooks-silverfin-own.examples.yaml"
    result = shell.type("test", str(folder / "mappings" / "winbooks-silverfin-own.yaml"))

    assert own.read_text(encoding="utf-8").count('"in our books: ') == 2
    assert result.exit_code == 0, result.output
    assert result.stdout.count("holds   in our books: ") == 2
    assert "syncrules test" in (folder / ".github" / "workflows" / "mappings.yml").read_text(encoding="utf-8")
