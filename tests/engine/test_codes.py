"""Every problem has a code, every code is explained, and every example of the catalogue is what it says."""

from __future__ import annotations

import ast
import re
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import mirror_world
import pytest
from small_world import LEDGER, SHOP, SOUND, provider

from syncrules import codes, manifest_checks, yaml
from syncrules.activation import answers
from syncrules.article import beside
from syncrules.contract import samples
from syncrules.errors import Problem, SpecError
from syncrules.examples import load
from syncrules.language import spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

ENGINE = Path(codes.__file__).parent
CATALOGUE = codes.catalogue()
ROW = "      Number: {shop: Number, ledger: Code}\n"
DOCUMENT_ROW = "      Order day: {shop: Day, ledger: Day, as: day}\n"
TWIN = "  twin:\n    about: The same entries once more.\n    like: invoice\n"
ASKS = """\
connection:
  asks:
    code: {title: Which code?}
    token: {title: Which token?, secret: true}
"""
ANSWERS = """\
shop:
  code: A1
  token: env:SHOP_TOKEN
ledger: {}
settings:
  default code: A
  book orders: yes
time zone: Europe/Amsterdam
"""

# The sources ----------------------------------------------------------------------------------------------------------


def sources() -> list[tuple[str, ast.Module]]:
    return [(each.name, ast.parse(each.read_text(encoding="utf-8"))) for each in ENGINE.rglob("*.py")]


def test_every_code_that_is_told_is_explained_and_none_is_explained_in_vain() -> None:
    used = {
        found
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in re.findall(r"^SR\d{3}$", node.value)
    }

    assert used == set(CATALOGUE)


def test_no_problem_is_told_without_a_code() -> None:
    nameless = [
        f"{name}:{node.lineno}"
        for name, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Problem"
        and "code" not in {each.arg for each in node.keywords}
    ]

    assert nameless == []


def test_the_catalogue_is_in_order_and_says_all_of_each_code() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)
    assert [
        each.code
        for each in CATALOGUE.values()
        if not (each.name and each.means.endswith(".") and each.why.endswith("."))
    ] == []
    assert len({each.name for each in CATALOGUE.values()}) == len(CATALOGUE)


# The examples ---------------------------------------------------------------------------------------------------------


def replaced(text: str, old: str, new: str) -> str:
    """Replace a part that stands in a text exactly once."""
    assert text.count(old) == 1, f"{text.count(old)} times: {old!r}"
    return text.replace(old, new)


def played(entry: codes.Entry, example: str, sound: str) -> str:
    """Make the file of an example."""
    says = entry.example or {}
    if says.get("whole"):
        return example
    for old, new in says.get("also", ()):
        sound = replaced(sound, old, new) if example == entry.bad or entry.code == "SR095" else sound
    if says.get("where"):
        after = ROW if says["where"] == "row" else DOCUMENT_ROW
        return replaced(sound, after, f"{after}      {example}\n")
    text = replaced(sound, says.get("at", entry.good), example)
    if example == entry.bad and "mark" in says:
        text = replaced(text, says["mark"].replace(codes.MARK, ""), says["mark"])
    return text


def mapping(text: str, manifests: dict[str, str], **beside_it: str) -> list[Problem]:
    """Load a mapping with what stands beside it, and give all that is said of it."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("help").mkdir()
        encoding = "latin-1" if "België" in text else "utf-8"
        Path("mapping.yaml").write_bytes(text.replace(codes.MARK, "").encode(encoding))
        for name, each in beside_it.items():
            Path("help", f"{name.replace('_', '.')}.yaml").write_text(each.replace(codes.MARK, ""), encoding="utf-8")

        def find(name: str) -> Manifest:
            if name not in manifests:
                return provider(name)
            Path(f"{name}.manifest.yaml").write_text(manifests[name], encoding="utf-8")
            return load_manifest(Path(f"{name}.manifest.yaml"))

        try:
            loaded = spec.load("mapping.yaml", find)
            return [*loaded.remarks, *(beside.remarks(loaded) if beside_it else ())]
        except SpecError as error:
            return error.problems


def answered(text: str) -> list[Problem]:
    with TemporaryDirectory() as folder, chdir(folder):
        Path("mapping.yaml").write_text(SOUND, encoding="utf-8")
        Path("shop.manifest.yaml").write_text(SHOP + ASKS, encoding="utf-8")
        loaded = spec.load(
            "mapping.yaml", lambda name: load_manifest(Path("shop.manifest.yaml")) if name == "shop" else provider(name)
        )
        return answers.check(yaml.load(text.replace(codes.MARK, ""), "answers.yaml"), loaded)


def exemplified(text: str) -> list[Problem]:
    """Load examples that stand beside a sound mapping."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("mapping.yaml").write_text(SOUND, encoding="utf-8")
        Path("mapping.examples.yaml").write_text(text.replace(codes.MARK, ""), encoding="utf-8")
        try:
            load.load(spec.load("mapping.yaml", provider))
        except SpecError as error:
            return error.problems
        return []


def sampled(text: str) -> list[Problem]:
    """Load samples for the sandbox of a system."""
    with TemporaryDirectory() as folder, chdir(folder):
        Path("shop.manifest.yaml").write_text(SHOP, encoding="utf-8")
        Path("shop.samples.yaml").write_text(text.replace(codes.MARK, ""), encoding="utf-8")
        try:
            samples.load(Path("shop.samples.yaml"), load_manifest(Path("shop.manifest.yaml")))
        except SpecError as error:
            return error.problems
        return []


def told(entry: codes.Entry, example: str) -> tuple[str, list[Problem]]:
    """Play an example; give its text and all that is said of it."""
    match entry.of:
        case "manifest":
            text = played(entry, example, SHOP)
            return text, manifest_checks.problems(yaml.load(text.replace(codes.MARK, ""), "shop.manifest.yaml"))
        case "answers":
            text = played(entry, example, ANSWERS)
            return text, answered(text)
        case "mirror":
            text = played(entry, example, mirror_world.changed())
            try:
                return text, list(mirror_world.load(text.replace(codes.MARK, "")).remarks)
            except SpecError as error:
                return text, error.problems
        case "layout":
            return example, mapping(SOUND, {}, mapping=example)
        case "translations":
            return example, mapping(SOUND, {}, mapping_nl=example)
        case "examples":
            return example, exemplified(example)
        case "samples":
            return example, sampled(example)
        case "decimals":
            shop = replaced(SHOP, "Limit: {type: number,", "Limit: {type: number, decimals: 4,")
            ledger = replaced(LEDGER, "Limit: {type: number,", "Limit: {type: number, decimals: 2,")
            text = replaced(SOUND, ROW, f"{ROW}      Limit: {{{example}\n")
            return text, mapping(text, {"shop": shop, "ledger": ledger})
        case "twins":
            text = played(entry, example, SOUND)
            return text, mapping(text + (TWIN if example == entry.bad else ""), {})
        case _:
            text = played(entry, example, SOUND)
            return text, mapping(text, {})


EXAMPLES = [each for each in CATALOGUE.values() if each.of != "command"]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("entry", EXAMPLES, ids=[each.code for each in EXAMPLES])
def test_the_bad_example_has_just_this_problem_at_its_mark_and_the_good_one_has_none(entry: codes.Entry) -> None:
    text, found = told(entry, entry.bad)
    _, good = told(entry, entry.good)
    before = text.partition(codes.MARK)[0] if codes.MARK in text else ""
    there = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    new = [each for each in found if str(each) not in {str(one) for one in good}]

    assert {each.code for each in new} == {entry.code}, [str(each) for each in new]
    assert entry.code == "SR180" or entry.code not in {each.code for each in good}, [str(each) for each in good]
    if codes.MARK in text:
        assert new[0].place is not None
        assert (new[0].place.line, new[0].place.column) == there
    if entry.of not in ("layout", "translations") and not (entry.example or {}).get("whole"):
        assert [str(each) for each in good] == []
