"""Try the examples of a mapping: what each expects, held against what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncrules.examples import told
from syncrules.examples.blame import Blame
from syncrules.examples.model import Difference, Example, Examples, Tried
from syncrules.examples.play import Stage
from syncrules.examples.promises import Held
from syncrules.language.model import Spec
from syncrules.vocabulary.values import CannotCarry


def tried(mapping: Spec, examples: Examples, about: Callable[[Example], bool] = lambda _: True) -> Iterator[Tried]:
    """Carry all examples out, one after the other, and hold the mapping against its promises.

    Args:
        about: tells which examples are carried out.
    """
    stage = Stage(mapping, examples)
    blame = Blame(stage, attempt)
    for each in examples.examples:
        if about(each):
            found = attempt(stage, each)
            yield found if found.passed else blame.pointed(found)
    held = Held(mapping, examples)
    for promise in examples.promises:
        yield Tried(promise, [*held.differences(promise)])


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
