"""The rules of the house that no other tool watches."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
import yaml as pyyaml
from jsonschema import Draft202012Validator

from syncrules import provider, yaml
from syncrules.language import grammar

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = PROJECT["tool"]["importlinter"]["contracts"]
TRANSPORTS = {
    f"syncrules_providers.{each.stem}"
    for each in (ROOT / "providers" / "syncrules_providers").glob("*.py")
    if each.stem != "__init__"
}


@pytest.mark.requirement("G-02")
def test_the_top_level_is_what_was_agreed() -> None:
    folders = {each.name for each in ROOT.iterdir() if each.is_dir() and each.name[0] not in "._"} - {"dist", "build"}

    assert folders == {"engine", "mappings", "providers", "tests"}
    assert {each for each in ("pyproject.toml", "README.md") if not (ROOT / each).exists()} == set()


@pytest.mark.requirement("G-01")
def test_the_packages_that_were_named_are_used() -> None:
    wanted = {"pyyaml", "jsonschema", "jmespath", "httpx", "click", "hypothesis"}
    given = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]

    assert wanted <= {re.split(r"[<>=\[ ]", each)[0] for each in given}


@pytest.mark.requirement("G-03")
def test_what_a_mapping_may_say_is_written_in_a_json_schema() -> None:
    check = Draft202012Validator(grammar.schema())
    mapping = yaml.load((files("syncrules_mappings") / "tribe-eboekhouden.yaml").read_text(encoding="utf-8"), "").data

    assert check.is_valid(mapping)

    entity = mapping["entities"]["organisation"]
    for part, word, wrong in [
        (entity["fields"]["Phone number"], "to", 7),
        (entity, "match", "by name"),
        (entity["events"]["tribe"], "deleted", "explode"),
        (entity["events"]["tribe"], "deactivated", "explode"),
    ]:
        right = part.get(word, "both")
        part[word] = wrong

        assert not check.is_valid(mapping), word

        part[word] = right


@pytest.mark.requirement("G-04")
def test_the_engine_names_no_system() -> None:
    titles = {provider.find(each).manifest.title for each in provider.names()}
    words = {word for each in [*provider.names(), *titles] for word in re.split(r"[ -]", each)}
    names = {each for each in words if each.lower() not in ("crm", "soap", "rest", "on", "web", "e")}
    pattern = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
    engine = [
        each for each in (ROOT / "engine" / "syncrules").rglob("*") if each.suffix in (".py", ".json", ".html", ".yaml")
    ]

    assert {"tribe", "boekhouden", "yuki", "winbooks"} <= {each.lower() for each in names}
    assert [each.name for each in engine if pattern.search(each.read_text(encoding="utf-8"))] == []


@pytest.mark.requirement("G-05")
def test_every_transport_is_held_to_the_contracts() -> None:
    deciding = next(each for each in CONTRACTS if each["name"].startswith("Providers move records"))
    sandbox = next(each for each in CONTRACTS if each["name"].startswith("A sandbox"))

    assert set(deciding["source_modules"]) == TRANSPORTS
    assert set(sandbox["forbidden_modules"]) >= TRANSPORTS | {"syncrules"}
    assert "syncrules_providers.sandboxes" in deciding["forbidden_modules"]


@pytest.mark.parametrize(
    "file",
    [each for where in ("providers", "mappings") for each in sorted((ROOT / where).rglob("*.yaml"))],
    ids=lambda file: file.name,
)
def test_what_we_ship_is_yaml_to_other_programs_too(file: Path) -> None:
    assert pyyaml.safe_load(file.read_text(encoding="utf-8"))
