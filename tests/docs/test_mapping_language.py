"""The manual of the mapping language says what the grammar and the operators say, and its examples are mappings."""

import re
from pathlib import Path

import pytest
from language_reference import README, filled_in

from syncrules import yaml
from syncrules.language import spec

EXAMPLES = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_every_word_of_the_language_is_in_the_manual() -> None:
    text = README.read_text(encoding="utf-8")

    assert text == filled_in(text), "run: python tests/docs/language_reference.py"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_in_the_manual_is_a_mapping(example: str, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(example, encoding="utf-8")

    assert spec.load(str(file)).title == yaml.load(example, "example").data["title"]


def test_the_manual_answers_twelve_questions() -> None:
    decisions = README.read_text(encoding="utf-8").partition("## Decisions")[2]

    assert [int(each) for each in re.findall(r"^\*\*(\d+)\.", decisions, re.MULTILINE)] == list(range(1, 13))
