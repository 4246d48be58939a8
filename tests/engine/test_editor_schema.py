"""The schema for editors: a description at every word, what the systems offer, and a real language server that uses it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import Shell
from jsonschema import Draft202012Validator
from language_server import Server, installed
from small_world import SOUND, load, provider

from syncrules import yaml
from syncrules.editor import schema
from syncrules.language import spec

PAIR = {"shop": provider("shop"), "ledger": provider("ledger")}


def plain(text: str) -> Any:
    return yaml.load(text, "mapping.yaml").data


def undescribed(node: Any, root: Any, path: str = "") -> Iterator[str]:
    """List the properties that say nothing about themselves."""
    if isinstance(node, list):
        for each in node:
            yield from undescribed(each, root, path)
    elif isinstance(node, dict):
        for key, each in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
            meant = root["$defs"].get(each.get("$ref", "").rpartition("/")[2], {}) if isinstance(each, dict) else {}
            if isinstance(each, dict) and not (each.get("description") or meant.get("description")):
                yield f"{path}/{key}"
        for key, each in node.items():
            yield from undescribed(each, root, f"{path}/{key}")


def test_every_word_of_the_grammar_says_what_it_is() -> None:
    whole = schema.general()

    assert list(undescribed(whole, whole)) == []


@pytest.mark.parametrize(
    "made", [schema.general(), schema.for_pair(PAIR, ["shop", "ledger"]), schema.for_mapping(load(SOUND))]
)
def test_a_schema_is_one_and_lets_a_sound_mapping_pass(made: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(made)

    assert [each.message for each in Draft202012Validator(made).iter_errors(plain(SOUND))] == []


@pytest.mark.parametrize("name", spec.names())
def test_every_shipped_mapping_passes_the_schema_that_is_made_for_it(name: str) -> None:
    mapping = spec.load(name)
    data = plain(mapping.files[0].read_text(encoding="utf-8"))

    assert [each.message for each in Draft202012Validator(schema.for_mapping(mapping)).iter_errors(data)] == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("shop: {resource: customers}", "shop: {resource: custmers}"),
        ("    to: both", "    to: boht"),
        ("{shop: Name, ledger: Name,", "{shop: Nmae, ledger: Name,"),
        ("as: paid_part", "as: piad_part"),
        ("leading: shop", "leading: shpo"),
        ("kept_in: shop", "kept_in: shpo"),
        ("    when: {shop: at_once}\n", "    when: {shpo: at_once}\n"),
    ],
)
def test_the_schema_of_a_pair_refuses_names_that_its_systems_do_not_have(good: str, bad: str) -> None:
    assert SOUND.count(good) == 1
    check = Draft202012Validator(schema.for_pair(PAIR))

    assert not check.is_valid(plain(SOUND.replace(good, bad)))
    assert Draft202012Validator(schema.general()).is_valid(plain(SOUND.replace(good, bad)))


def test_the_command_writes_the_schema_of_all_of_a_pair_or_of_a_mapping(shell: Shell) -> None:
    whole = json.loads(shell.type("schema").stdout)
    pair = json.loads(shell.type("schema", "--sides", "crm=tribe,yuki").stdout)
    file = str(shell.folder / "own.schema.json")
    said = shell.one("schema", "tribe-yuki", "--out", file)

    assert whole == schema.general()
    assert "crm" in pair["$defs"]["entity"]["properties"]
    assert said["out"] == file
    assert "organisation" in json.loads(Path(file).read_text(encoding="utf-8"))["properties"]["entities"]["properties"]
    assert shell.type("schema", "--sides", "tribe").exit_code == 2
    assert shell.type("schema", "tribe-yuki", "--sides", "tribe,yuki").exit_code == 2


def test_a_new_project_has_the_schema_beside_its_mapping(shell: Shell) -> None:
    shell.type("init", str(shell.folder / "project"), "--mapping", "tribe-yuki")
    first, *_ = (shell.folder / "project/mappings/tribe-yuki-own.yaml").read_text(encoding="utf-8").splitlines()

    assert first == "# yaml-language-server: $schema=tribe-yuki.schema.json"
    assert (shell.folder / "project/mappings/tribe-yuki.schema.json").is_file()


# A real language server -----------------------------------------------------------------------------------------------

WRITTEN = """\
# yaml-language-server: $schema=tribe-yuki.schema.json
syncrules: 1
title: Ours
extends: tribe-yuki
entities:
  organisation:
    leading: nobody
    fields:
      Website: {tribe: Organization.Website, yuki: Website}
      Mobile:
        tribe:"""
WRITTEN += " \n"  # where a field is asked for


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is absent, and the language server is installed with it")
def test_a_language_server_completes_explains_and_underlines(shell: Shell) -> None:
    program = installed()
    if program is None:
        pytest.skip("npm could not install the language server here")
    folder = shell.folder
    shell.type("schema", "tribe-yuki", "--out", str(folder / "tribe-yuki.schema.json"))
    (folder / "ours.yaml").write_text(WRITTEN, encoding="utf-8")
    with Server(program, folder) as server:
        server.open(folder / "ours.yaml", WRITTEN)
        wrong = server.problems()
        fields = server.completion(line=10, character=15)
        words = server.hover(line=6, character=6)

    assert [(each["range"]["start"]["line"], "nobody" in WRITTEN.splitlines()[6]) for each in wrong][:1] == [(6, True)]
    assert {"Organization.Name", "Organization.PhoneNumber"} <= {each["label"] for each in fields}
    phone = next(each for each in fields if each["label"] == "Organization.PhoneNumber")
    assert "Phone number" in json.dumps(phone)
    assert "whose value stands when both were changed" in json.dumps(words)
