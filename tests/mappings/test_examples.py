"""Given these records, this comes of them: the examples that stand beside the mappings, carried out by the engine."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from syncrules.examples import load, trial
from syncrules.examples.model import Example, Promise
from syncrules.examples.play import Stage
from syncrules.examples.promises import Held
from syncrules.language import spec

MAPPINGS = spec.names()


@cache
def stage(name: str) -> Stage:
    """Make ready what all examples of a mapping share: those that it ships with, also where a changed mapping is put in its place."""
    shipped = spec.load(str(files("syncrules_mappings") / f"{name}.yaml"))
    return Stage(spec.load(name), load.load(shipped))


def examples() -> list[Any]:
    return [
        pytest.param(name, each, id=f"{name}: {each.says}", marks=[pytest.mark.declares(row) for row in each.shows])
        for name in MAPPINGS
        for each in stage(name).examples.examples
    ]


@pytest.mark.parametrize(("name", "example"), examples())
def test_what_comes_of_given_records(name: str, example: Example) -> None:
    tried = trial.attempt(stage(name), example)

    assert [(each.what, each.expected, each.got) for each in tried.differences] == []


def promises() -> list[Any]:
    return [
        pytest.param(name, each, id=f"{name}: {each.says}", marks=[pytest.mark.declares(row) for row in each.shows])
        for name in MAPPINGS
        for each in stage(name).examples.promises
    ]


@pytest.mark.parametrize(("name", "promise"), promises())
def test_what_no_plan_shows_is_as_promised(name: str, promise: Promise) -> None:
    found = Held(spec.load(name), stage(name).examples).differences(promise)

    assert [(each.what, each.expected, each.got) for each in found] == []


@pytest.mark.parametrize("name", MAPPINGS)
def test_of_every_question_and_every_rhythm_there_is_a_promise(name: str) -> None:
    mapping, there = spec.load(name), stage(name).examples.promises
    about = {word: {str(each.says_.get(word)) for each in there} for word in ("setting", "preflight")}
    timed = {entity for each in there if "travels" in each.says_ for entity in each.entities}

    assert {*mapping.settings} - about["setting"] == set()
    assert {each.name for each in mapping.preflights} - about["preflight"] == set()
    assert {*mapping.entities} - timed == set()
    assert any("says" in each.says_ for each in there)


def test_a_file_of_examples_is_no_mapping() -> None:
    assert [each for each in MAPPINGS if each.endswith(spec.EXAMPLES)] == []


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_mapping_brings_a_file_of_examples(name: str) -> None:
    source = spec.find(name)

    assert isinstance(source, Path)
    assert (source.parent / f"{name}{spec.EXAMPLES}.yaml").is_file()


def test_what_extends_a_mapping_holds_its_examples_too() -> None:
    soap, rest = (
        {each.says for each in stage(each).examples.examples}
        for each in ("tribe-eboekhouden", "tribe-eboekhouden-rest")
    )

    assert soap - rest == {
        "a VAT that is a cent off its percentage was rounded",
        "a percentage of VAT keeps its two decimals",
        "half a cent of VAT is rounded up",
        "what somebody else paid of an invoice with the same number is no payment of ours",
    }
