"""What `validate` tells of every kind of file, in every form, and what it puts right by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_world import MAPPING, Shell
from jsonschema import Draft7Validator
from sarif_schema import ESSENTIALS
from small_world import SOUND, problems

from syncrules import yaml
from syncrules.advice import meant, mend
from syncrules.cli import fixing, workflow
from syncrules.codes import catalogue
from syncrules.errors import Place, Problem

OURS = f"""\
syncrules: 1
title: Ours
extends: {MAPPING}
entities:
  organisation:
    laeding: tribe
    fields:
      Website: {{tribe: Organization.Wbsite}}
"""
MANIFEST = """\
manifest: 1
provider: box
title: The Box
certainty: assumed
resources:
  things:
    titel: things
    id: Key
    fields: {Id: {type: strnig}}
"""


def written(shell: Shell, name: str, text: str) -> str:
    file = shell.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return str(file)


def answers(**changed: str) -> str:
    """Write answers for the shipped mapping, of which some are changed."""
    lines = {"tribe": "  client_id: a\n  client_secret: env:S\n", "eboekhouden": "  username: b\n  security_code_1: env:C1\n  security_code_2: env:C2\n", "more": "settings:\n  default revenue account: 8000\n", **changed}  # fmt: skip
    sides = "".join(f"{side}:\n{lines[side]}" for side in ("tribe", "eboekhouden"))
    return f"{sides}{lines['more']}time zone: Europe/Amsterdam\n"


# Forms ----------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-11")
def test_a_person_reads_the_place_the_code_and_what_to_do(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    result = shell.type("validate", file)

    assert result.exit_code == 2
    assert f"{file}:6:5: SR020 'laeding' means nothing here" in result.stderr
    assert "did you mean 'leading'?" in result.stderr
    assert f"{file}:8:24: SR048 'Organization' has no field 'Wbsite'" in result.stderr
    assert f"{file}: 2 problems" in result.stdout


def test_a_program_is_told_the_fix_as_a_range_of_the_text(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    (checked,) = shell.one("validate", file, code=2)["mappings"]
    first, second = checked["problems"]

    assert (checked["kind"], first["code"]) == ("mapping", "SR020")
    assert first["fix"] == {"file": file, "line": 6, "column": 5, "end_line": 6, "end_column": 12, "text": "leading"}
    assert second["fix"]["text"] == "Organization.Website"
    assert shell.type("validate", file, "--format", "json").stdout == shell.type("validate", file, "--json").stdout


def test_the_form_for_code_scanning_keeps_its_published_grammar(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    said = json.loads(shell.type("validate", file, MAPPING, "--format", "sarif").stdout)
    (run,) = said["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    wrong = run["results"][0]

    assert [each.message for each in Draft7Validator(ESSENTIALS).iter_errors(said)] == []
    assert rules[wrong["ruleIndex"]] == wrong["ruleId"] == "SR020"
    assert wrong["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 5}
    change = wrong["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change["insertedContent"] == {"text": "leading"}
    assert {each["level"] for each in run["results"]} == {"error", "note"}
    assert all(each["ruleId"] in rules for each in run["results"])


def test_a_workflow_shows_problems_beside_their_lines(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    result = shell.type("validate", file, "--format", "github")

    assert result.exit_code == 2
    assert result.stdout.splitlines()[0] == (
        f"::error file={file},line=6,col=5,title=SR020 unknown word::'laeding' means nothing here%0Adid you mean 'leading'?"
    )
    assert result.stderr == ""


def test_what_a_workflow_would_read_as_its_own_is_escaped() -> None:
    (line,) = workflow.lines([[Problem("50% of\r\nit::", Place("a,b:c%.yaml", 1, 2), code="SR001", serious=False)]])

    assert line == "::notice file=a%2Cb%3Ac%25.yaml,line=1,col=2,title=SR001 not YAML::50%25 of%0D%0Ait::"


def test_a_code_is_explained(shell: Shell) -> None:
    result = shell.type("validate", "--explain", "sr048")
    said = shell.one("validate", "--explain", "SR048")

    assert catalogue()["SR048"].means in result.stdout
    assert "Instead of:" in result.stdout
    assert (said["code"], "«" in said["bad"]) == ("SR048", False)
    assert "did you mean" in shell.type("validate", "--explain", "SR48").stderr.lower()


# Other files ----------------------------------------------------------------------------------------------------------


def test_a_manifest_is_known_by_its_words_and_told_all_that_is_wrong(shell: Shell) -> None:
    file = written(shell, "box.yaml", MANIFEST)
    (checked,) = shell.one("validate", file, code=2)["mappings"]

    assert checked["kind"] == "manifest"
    assert [(each["code"], each["line"], (each["fix"] or {}).get("text")) for each in checked["problems"]] == [
        ("SR020", 7, "title"),
        ("SR024", 9, "string"),
    ]
    file = written(shell, "box.yaml", MANIFEST.replace("titel", "title").replace("strnig", "string"))
    assert [each["code"] for each in shell.one("validate", file, code=2)["mappings"][0]["problems"]] == ["SR162"]


def test_answers_are_checked_against_the_mapping_that_has_these_sides_or_is_named(shell: Shell) -> None:
    unnamed = written(shell, "answers.yaml", answers())
    named = written(shell, "named.yaml", f"# For connect shop --mapping {MAPPING} --from named.yaml\n{answers()}")
    (two,) = shell.one("validate", unnamed, code=2)["mappings"]
    (told,) = shell.one("validate", unnamed, "--mapping", MAPPING)["mappings"]
    (read,) = shell.one("validate", named)["mappings"]

    assert [each["code"] for each in two["problems"]] == ["SR170"]
    assert (told["kind"], told["problems"], told["remarks"]) == ("answers", [], [])
    assert (read["kind"], read["problems"]) == ("answers", [])


@pytest.mark.requirement("X-15")
def test_all_that_is_wrong_with_answers_is_told_and_no_secret_is_shown(shell: Shell) -> None:
    text = answers(
        tribe="  clinet_id: topsecret-1\n  client_secret: hunter2-hunter2\n",
        eboekhouden="  username: b\n  security_code_1: env:C1\n",
        more="settings:\n  VAT grups: {}\n  product group: [a]\n",
    )
    file = written(shell, "answers.yaml", text.replace("Europe/Amsterdam", "Europe/Amsterdm"))
    result = shell.type("validate", file, "--mapping", MAPPING)
    (checked,) = shell.one("validate", file, "--mapping", MAPPING, code=2)["mappings"]
    told = [(each["line"], each["code"]) for each in [*checked["problems"], *checked["remarks"]]]

    assert told == [(2, "SR171"), (4, "SR172"), (7, "SR172"), (8, "SR171"), (9, "SR173"), (10, "SR175"), (3, "SR174")]
    assert checked["problems"][0]["fix"]["text"] == "client_id"
    assert "hunter2" not in result.output + json.dumps(checked)
    assert "topsecret" not in result.output + json.dumps(checked)


@pytest.mark.requirement("X-15")
@pytest.mark.parametrize("line", ["  client_secret hunter2", "  client_secret: 'hunter2", "   client_secret: hunter2"])
def test_of_answers_that_cannot_be_read_nothing_is_quoted(shell: Shell, line: str) -> None:
    file = written(shell, "answers.yaml", f"tribe:\n  client_id: a\n{line}\n  other: b\n")
    result = shell.type("validate", file, "--format", "json")

    assert result.exit_code == 2
    assert "hunter2" not in result.output


def test_help_texts_are_known_by_their_folder(shell: Shell) -> None:
    file = written(shell, "help/ours.yaml", "tabels: {}\n")
    (checked,) = shell.one("validate", file, code=2)["mappings"]

    assert (checked["kind"], [each["code"] for each in checked["problems"]]) == ("help", ["SR020"])


def test_a_file_that_is_not_there_is_a_problem_like_another(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    missing, there = shell.one("validate", "nowhere.yaml", file, code=2)["mappings"]

    assert [each["code"] for each in missing["problems"]] == ["SR016"]
    assert len(there["problems"]) == 2


# Fixes ----------------------------------------------------------------------------------------------------------------


def test_what_can_only_be_meant_in_one_way_is_put_right_and_told(shell: Shell) -> None:
    file = written(shell, "ours.yaml", OURS)
    result = shell.type("validate", file, "--fix")

    assert result.exit_code == 0, result.output
    assert f"fixed: {file}:6:5: SR020 'laeding' means nothing here; wrote 'leading'" in result.stdout
    assert Path(file).read_text(encoding="utf-8") == OURS.replace("laeding", "leading").replace("Wbsite", "Website")
    assert shell.type("validate", file, "--fix").stdout.startswith("good to know") or "good" in result.stdout


def test_what_may_be_meant_in_two_ways_is_left_alone(shell: Shell) -> None:
    text = OURS.replace("laeding: tribe", "leading: nobody-at-all").replace("Wbsite", "Website")
    file = written(shell, "ours.yaml", text)

    assert shell.type("validate", file, "--fix").exit_code == 2
    assert Path(file).read_text(encoding="utf-8") == text


FIXABLE = [
    ("a key", "leading: shop", "laeding: shop"),
    ("a value", "changed: report", "changed: reprot"),
    ("what others call it", "    to: both\n", "    direction: both\n"),
    ("a value of others", "    to: both\n", "    to: bidirectional\n"),
    ("a field", "{shop: Net, ledger: Amount}", "{shop: Nte, ledger: Amount}"),
    ("a field by its title", "{shop: Net, ledger: Amount}", "{shop: Amount without VAT, ledger: Amount}"),
    (
        "a field in other letters",
        "Number: {shop: Number, ledger: Code}\n      A",
        "Number: {shop: Number, ledger: CODE}\n      A",
    ),
    ("a resource by its title", "for_each: {shop: groups}", "for_each: {shop: VAT groups}"),
    ("an entity", "refers_to: [customer]", "refers_to: [Customer]"),
    ("a row", "any: [Number]", "any: [number]"),
    ("a setting", "{setting: VAT codes}", "{setting: vat_codes}"),
    ("an operator", "as: paid_part", "as: paid part"),
    ("a list of one", "refers_to: [customer]", "refers_to: customer"),
    ("a colon", "    leading: shop", "    leading shop"),
    ("a space", "    leading: shop", "    leading:shop"),
    ("a bracket", "link: {id_of: ledger, kept_in: shop}", "link: {id_of: ledger, kept_in: shop"),
    ("a quote", 'daily: "06:30"', 'daily: "06:30'),
    ("an indentation", "    leading: shop", "     leading: shop"),
    ("a line that stands twice", "    leading: shop\n", "    leading: shop\n    leading: shop\n"),
    ("a side", "  shop: {provider: shop}", "  shpo: {provider: shop}"),
    ("a name at the top", "  book orders:\n", "  book ordres:\n"),
    ("the only word there is", "syncrules: 1", 'syncrules: "1"'),
    ("a map in which one key must stand", "first_import: {from: ledger}", "first_import: ledger"),
    ("a span of time in short", "{every: {hours: 24}}", "{every: 24h}"),
    ("a number in quotes", "{every: {hours: 24}}", '{every: {hours: "24"}}'),
    ("a time of day with a digit too few", 'daily: "06:30"', 'daily: "6:30"'),
    ("brackets round a single thing", "for_each: Lines", "for_each: [Lines]"),
    ("a word in Dutch", "    leading: shop", "    leidend: shop"),
    ("an entry that is turned round", "shop: {provider: shop}", "shop: {shop: provider}"),
    ("a field for the name of its row", "any: [Number]", "any: [Code]"),
    ("a comma", "link: {id_of: ledger, kept_in: shop}", "link: {id_of: ledger kept_in: shop}"),
    ("a bracket for another", "link: {id_of: ledger, kept_in: shop}", "link: {id_of: ledger, kept_in: shop]"),
    ("a tab", "    leading: shop", "\tleading: shop"),
    ("the first letter for a word", "is: {Kind: B}", "is: {Kind: Business}"),
    ("a part of a value", "city: Town}", "town: Town}"),
]


@pytest.mark.parametrize(("good", "bad"), [each[1:] for each in FIXABLE], ids=[each[0] for each in FIXABLE])
def test_the_fix_of_a_mistake_gives_the_mapping_before_it(good: str, bad: str) -> None:
    assert SOUND.count(good) == 1
    text = SOUND.replace(good, bad)
    (found,) = [each for each in problems(text) if each.serious]

    assert found.fix is not None, str(found)
    assert fixing.carried_out(text, found.fix) == SOUND


def test_an_entry_that_is_missing_is_added_in_front_of_the_others() -> None:
    (found,) = [each for each in problems(SOUND.replace("        as: address\n", "")) if each.serious]
    text = SOUND.replace("        as: address\n", "")

    assert found.fix is not None
    assert yaml.load(fixing.carried_out(text, found.fix), "").data == yaml.load(SOUND, "").data


def test_a_key_that_begins_too_deep_is_put_at_its_level() -> None:
    text = SOUND.replace("    to: both\n    first_import", "      to: both\n    first_import").replace(
        "    ledger: {resource: debtors, is: {Kind: B}}\n",
        "    ledger:\n      resource: debtors\n      is: {Kind: B}\n",
    )
    (found,) = [each for each in problems(text) if each.serious]

    assert found.code == "SR021"
    assert found.fix is not None
    assert yaml.load(fixing.carried_out(text, found.fix), "").data == yaml.load(SOUND, "").data


def test_two_words_that_are_as_near_as_each_other_are_both_named_and_none_is_written() -> None:
    hint = meant.nearest("cot", ["cat", "cut"])

    assert hint == "did you mean 'cat' or 'cut'?"
    assert mend.fix(hint, Place("a", 1, 1), ["cot"]) is None


@pytest.mark.parametrize(
    ("line", "column", "old", "new", "text"),
    [
        ("a: 'b'", 4, "b", "c", "a: 'c'"),
        ("a: b || c", 4, "c", "d", "a: b || d"),
        ("a: b", 4, "b", "12", 'a: "12"'),
        ("a: b", 4, "b", "true", 'a: "true"'),
        ("a: b, b", 4, "x", "y", None),
        ("a: b || b", 4, "b", "c", None),
        ("a: 'b'", 4, "b", "it's", None),
    ],
)
def test_a_word_is_replaced_where_it_stands_once_and_stays_what_it_is(
    line: str, column: int, old: str, new: str, text: str | None
) -> None:
    fix = mend.fix(mend.Meant("", old, new), Place("a", 1, column), [line])
    done: Any = fixing.carried_out(line, fix) if fix else None

    assert done == text
