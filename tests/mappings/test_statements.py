"""What a mapping says besides its rows is what `statements.yaml` says in sentences, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import statement

from syncrules import yaml
from syncrules.language import spec

FILE = Path(__file__).parent / "statements.yaml"
STATED = yaml.load(FILE.read_text(encoding="utf-8"), FILE.name).data


def headings() -> list[Any]:
    return [
        pytest.param(mapping, heading, each["says"], id=f"{mapping}: {heading}", marks=[pytest.mark.declares(row) for row in each.get("shows", ())])
        for mapping, parts in STATED.items()
        for heading, each in parts.items()
    ]  # fmt: skip


@pytest.mark.parametrize(("mapping", "heading", "says"), headings())
def test_a_mapping_says_this_and_no_more(mapping: str, heading: str, says: list[str]) -> None:
    assert dict(statement.said(spec.load(mapping)))[heading] == says


@pytest.mark.parametrize("mapping", STATED)
def test_nothing_of_a_mapping_is_left_unsaid(mapping: str) -> None:
    assert [heading for heading, says in statement.said(spec.load(mapping)) if says] == list(STATED[mapping])
