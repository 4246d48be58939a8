"""The manual of the mapping language says what the grammar and the operators say, and its examples are mappings."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from language_reference import README, filled_in

from syncrules import yaml
from syncrules.article import beside, markdown
from syncrules.language import grammar, spec

EXAMPLES = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_every_word_of_the_language_is_in_the_manual() -> None:
    text = README.read_text(encoding="utf-8")

    assert text == filled_in(text), "run: python tests/docs/language_reference.py"


def test_every_value_that_a_word_takes_is_in_the_manual() -> None:
    text = README.read_text(encoding="utf-8")

    assert [each for each in sorted(_values(grammar.schema())) if not re.search(rf"\b{re.escape(each)}\b", text)] == []


def _values(part: Any) -> set[str]:
    """Gather the values that the grammar lists, wherever they stand in it."""
    if isinstance(part, list):
        return set().union(*map(_values, part))
    if not isinstance(part, dict):
        return set()
    listed = part["enum"] if isinstance(part.get("enum"), list) else []
    return {each for each in listed if isinstance(each, str)}.union(*map(_values, part.values()))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_in_the_manual_is_a_mapping(example: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(example, encoding="utf-8")

    assert spec.load(str(file)).title == yaml.load(example, "example").data["title"]


def test_the_manual_answers_thirteen_questions() -> None:
    decisions = README.read_text(encoding="utf-8").partition("## Decisions")[2]

    assert [int(each) for each in re.findall(r"^\*\*(\d+)\.", decisions, re.MULTILINE)] == list(range(1, 14))


def test_what_the_manual_puts_beside_a_mapping_is_taken_up_in_its_help_article(tmp_path: Path) -> None:
    (tmp_path / "help").mkdir()
    (tmp_path / "NAME.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    for name, text in re.findall(r"```yaml (help/\S+)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    loaded = spec.load(str(tmp_path / "NAME.yaml"))
    text = markdown.written(beside.write(loaded, "nl"))

    assert "**Klanten**: " in text
    assert "| geen debiteurnummer |" in text
    assert "| Debiteurnummer | Klantnummer |" in text
    assert text.index("| Debiteurnummer | Contact number |") < text.index("### Ook gesynchroniseerd")
    assert [each for each in beside.remarks(loaded) if "which the help article does not say" in each.message] == []
