"""`syncrules check` at a terminal, for a program, and as tests of a project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_world import Shell
from hypothesis import strategies as st
from lawful_world import LAWFUL, load

from syncrules.check.checking import jobs
from syncrules.check.documents import Paper, made_up, office
from syncrules.check.happenings import UNSEEN, table
from syncrules.check.hunt import Luck, hunt
from syncrules.check.known import known
from syncrules.check.laws import LAWS, Broken
from syncrules.check.lines import Line
from syncrules.check.pairs import pairs
from syncrules.check.told import told
from syncrules.journey import making
from syncrules.journey.decision import Judgement
from syncrules.language import spec
from syncrules.vocabulary.concepts import CONCEPTS

WRONG = """\
syncrules: 1
title: Ours
extends: tribe-winbooks
entities:
  customer:
    fields:
      Website: {winbooks: Third.InvoicingAddress.Zip, too_long: cut}
      Invoice address: {winbooks: {line: Third.InvoicingAddress.Address1, city: Third.InvoicingAddress.Town}}
"""
"""A website in a field that holds ten characters, both ways."""


@pytest.fixture
def wrong(shell: Shell) -> Path:
    path = shell.folder / "ours.yaml"
    path.write_text(WRONG, encoding="utf-8")
    return path


@pytest.mark.requirement("X-13")
@pytest.mark.parametrize("name", spec.names())
def test_the_shipped_mappings_obey_their_laws(name: str) -> None:
    parts = [
        each.run(Luck(5, 1)) for each in jobs(spec.load(name))
    ]  # a few: `tests/campaign/certify.py` takes the time for many

    assert [finding for part in parts for finding in part.findings] == []
    assert all(part.cases for part in parts)


def test_a_broken_law_is_told_with_its_line_its_story_and_the_way_to_see_it_again(shell: Shell, wrong: Path) -> None:
    words = ["check", str(wrong), "--only", "customer/Website", "--max-examples", "40"]

    result = shell.type(*words, env={"CI": "true"})

    assert result.exit_code == 1
    assert f"{wrong}:7:7: customer/Website breaks the law 'there and back'" in result.stderr.replace("\n", " ")
    assert "Written back it would be" in result.stderr
    assert '--only "customer/Website" --seed 1 --max-examples 40' in result.stderr
    assert "1 law is broken" in result.stdout or "laws are broken" in result.stdout
    assert shell.type(*words, env={"CI": "true"}).stderr == result.stderr


def test_a_program_is_told_the_same(shell: Shell, wrong: Path) -> None:
    said = shell.one("check", str(wrong), "--only", "customer/Website", "--max-examples", "40", code=1)

    (mapping,) = said["mappings"]
    assert {each["law"] for each in mapping["broken"]} <= set(LAWS)
    assert all(len(each["differs"]) <= 3 for each in mapping["broken"])


def test_a_mapping_that_cannot_be_carried_out_is_no_matter_of_laws(shell: Shell) -> None:
    path = shell.folder / "none.yaml"
    path.write_text("syncrules: 1\n", encoding="utf-8")

    assert shell.type("check", str(path)).exit_code == 2


def test_what_is_asked_for_and_not_there_is_no_law_that_holds(shell: Shell) -> None:
    result = shell.type("check", "tribe-yuki", "--only", "custmer/Name")

    assert result.exit_code == 2
    assert "Nothing that is checked begins with 'custmer/Name'" in result.stderr


@pytest.mark.parametrize("pipeline", [True, False])
def test_counterexamples_are_kept_outside_a_pipeline_only(
    shell: Shell, wrong: Path, monkeypatch: pytest.MonkeyPatch, pipeline: bool
) -> None:
    monkeypatch.chdir(shell.folder)
    # What is worth trying first finds this one at once, and nothing would have to be kept.
    monkeypatch.setattr("syncrules.check.hunt._each_alone", lambda *_: [])
    words = ["check", str(wrong), "--only", "customer/Website", "--max-examples", "200"]
    shell.type(*words, env={"CI": "true" if pipeline else ""})
    kept = shell.folder / ".syncrules" / "examples"

    assert (kept.exists() and any(kept.rglob("*"))) is not pipeline


def test_what_was_found_is_tried_first_the_next_time_whatever_the_seed(tmp_path: Path) -> None:
    tried: list[int] = []

    def prove(number: int) -> None:
        tried.append(number)
        if number > 1_000:
            raise Broken("total", "it is too much")

    few = st.lists(st.integers(0, 2_000), min_size=20, max_size=20)
    first = hunt(Luck(2_000, 1, tmp_path), "a row", few, prove)
    found = tried[-1]
    tried.clear()
    again = hunt(Luck(20, 77, tmp_path), "a row", few, prove)

    assert first is not None
    assert again is not None
    assert tried[-1] == found


def test_the_table_tells_all_that_can_happen(shell: Shell) -> None:
    result = shell.type("check", "tribe-winbooks", "--only", "customer: policies", "--table", env={"CI": "true"})

    assert result.exit_code == 0, result.output
    lines = [" ".join(each.split()) for each in result.stdout.splitlines()]
    assert "linked winbooks deactivated deactivate in tribe" in lines
    assert "linked tribe deactivated nothing" in lines
    assert any(each.startswith("linked winbooks deleted stays out: it was deleted in WinBooks on Web") for each in lines)  # fmt: skip


def test_what_nobody_can_see_is_said_to_be_so() -> None:
    rows = list(table(known(spec.load("tribe-eboekhouden")), "organisation"))

    assert {each.outcome for each in rows if each.side == "eboekhouden" and each.happened == "deactivated"} == {UNSEEN}
    assert all(each.outcome for each in rows)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("a\nb", "'a‹new line›b'"),
        ("e\u0301", "'e‹combining acute accent›'"),
        ("x" * 50, f"'{'x' * 20}…' (50 characters)"),
        (None, "nothing"),
        ({"line": "Kaai 1", "city": None}, "(line: 'Kaai 1')"),
        (True, "yes"),
    ],
)
def test_a_value_is_told_so_that_a_person_sees_it(value: object, says: str) -> None:
    assert told(value) == says


# As tests -------------------------------------------------------------------------------------------------------------

PROJECT = """\
syncrules: 1
title: Ours
extends: winbooks-silverfin
"""


def _pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "CI": "true"})  # fmt: skip


def test_pytest_collects_the_mappings_of_a_project(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "ours.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "mappings" / "notes.yaml").write_text("just: notes\n", encoding="utf-8")

    result = _pytest(tmp_path, "--collect-only")

    assert "mappings/ours.yaml::validate" in result.stdout
    assert "mappings/ours.yaml::check[transaction/Amount]" in result.stdout
    assert "mappings/ours.yaml::check[transaction: policies]" in result.stdout
    assert "notes.yaml" not in result.stdout


def test_pytest_tells_what_is_wrong_with_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "ours.yaml").write_text(WRONG, encoding="utf-8")
    (tmp_path / "mappings" / "broken.yaml").write_text("syncrules: 1\ntitle: Nothing\n", encoding="utf-8")

    result = _pytest(tmp_path, "-k", "validate or Website", "--mapping-examples", "20")

    assert result.returncode == 1
    assert "customer/Website breaks the law 'there and back'" in result.stdout
    assert "broken.yaml:1:1" in result.stdout
    assert "Traceback" not in result.stdout


HOOKS = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("hook", [pytest.param(each, id=each["id"]) for each in HOOKS])
def test_a_hook_lets_a_new_project_pass(shell: Shell, hook: dict[str, Any]) -> None:
    project = shell.folder / "project"
    shell.type("init", str(project), "--mapping", "tribe-eboekhouden")
    (project / "mappings" / "help").mkdir()
    (project / "mappings" / "help" / "tribe-eboekhouden-own.yaml").write_text("kinds: {product: goods}\n", "utf-8")
    names = [each.relative_to(project).as_posix() for each in project.rglob("*") if each.is_file()]
    given = [
        each
        for each in names
        if re.search(hook["files"], each) and not (hook.get("exclude") and re.search(hook["exclude"], each))
    ]
    quick = ["--max-examples", "1"] if hook["id"] == "syncrules-check" else []
    command = hook["entry"].split()[1:]
    result = shell.type(*command, *quick, *(str(project / each) for each in given))

    assert "mappings/tribe-eboekhouden-own.yaml" in given
    assert result.exit_code == 0, result.output


def test_the_hooks_name_commands_that_there_are(shell: Shell) -> None:
    assert [each["entry"] for each in HOOKS] == ["syncrules validate", "syncrules check"]
    assert all(shell.type(each["entry"].split()[1], "--help").exit_code == 0 for each in HOOKS)


# What it found in the engine, and what was mended ------------------------------------------------------------------------


def test_a_name_that_may_never_be_empty_is_not_taken_away() -> None:
    rows = list(table(known(load(LAWFUL)), "client"))
    of = pairs(known(load(LAWFUL)), "client")

    decided = of.both({"tome": {"Name": None}}, link=of.link())

    assert not any(each.writes for each in decided.actions)
    assert {each.state for each in decided.judgements.values()} == {"waiting"}
    assert "The Stall needs Name" in decided.judgements["tome"].reason
    assert any(each.outcome == "update in stall (Name)" for each in rows)


@pytest.mark.parametrize(("count", "refused"), [(100, ""), (101, "e-Boekhouden takes 100 lines, and these are 101")])
def test_a_document_with_too_many_lines_is_refused_with_both_numbers(count: int, refused: str) -> None:
    of = office(known(spec.load("tribe-eboekhouden")), "invoice")
    assert of is not None
    document = made_up(of, Paper((Line(),) * count))

    made = making.made(of.rules, of.source, of.rules.view(of.source, document, of.known.settings), of.known)

    assert (made.reason if isinstance(made, Judgement) else "") == refused


def test_blanks_in_what_is_no_vat_number_are_no_difference() -> None:
    concept = CONCEPTS["vat_number"]
    apart = concept.write(concept.read({"full": "none  yet"}), ("country", "digits"), {})

    assert concept.key(apart) == concept.key({"full": "none  yet"})
