"""Try the examples of a mapping: what each expects, held against what comes of it."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.examples import told
from syncrules.examples.model import Difference, Example, Examples, Tried
from syncrules.examples.play import Stage
from syncrules.language.model import Spec
from syncrules.vocabulary.values import CannotCarry


def tried(mapping: Spec, examples: Examples) -> Iterator[Tried]:
    """Carry all examples out, one after the other."""
    stage = Stage(mapping, examples)
    for each in examples.examples:
        yield attempt(stage, each)


def attempt(stage: Stage, example: Example) -> Tried:
    """Carry one example out, and tell how it differs from what it expects."""
    try:
        outcomes = stage.play(example)
    except CannotCarry as error:
        rule = stage.spec.place("entities", example.entity)
        return Tried(example, [Difference("a record cannot be as it is given", None, str(error), example.place, rule)])
    found = [
        each
        for entity, (expected, got) in outcomes.items()
        for each in told.differences(
            stage.spec, example, entity, ("gives",) if entity == example.entity else ("also", entity), expected, got
        )
    ]
    return Tried(example, found)
