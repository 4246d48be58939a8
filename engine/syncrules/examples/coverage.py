"""Which parts of a mapping would be noticed by one of its examples if they changed, and which would not.

Each part is changed in turn, and the examples that are about it are carried out until one fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from syncrules.examples import trial
from syncrules.examples.items import KINDS, Item, items
from syncrules.examples.model import Example, Examples
from syncrules.examples.play import Stage, closed
from syncrules.language.model import Spec


@dataclass(frozen=True, slots=True)
class Found:
    """One part of a mapping, and the example that notices when it changes."""

    item: Item
    place: str
    by: str
    """The sentence of the example; empty if none notices."""


def coverage(
    mapping: Spec, examples: Examples, told: Callable[[Item], None] = lambda _: None, only: Sequence[Item] | None = None
) -> Iterator[Found]:
    """Look part by part which example notices.

    Args:
        told: called before each part is looked at.
        only: look at these parts alone.
    """
    whole = [each.example for each in trial.tried(mapping, examples) if each.passed]
    sound = [each for each in whole if isinstance(each, Example)]
    for item in items(mapping) if only is None else only:
        told(item)
        yield Found(item, item.place(mapping), noticed(mapping, examples, sound, item))


def noticed(mapping: Spec, examples: Examples, sound: Sequence[Example], item: Item) -> str:
    """Give the first example that fails when something is otherwise; empty if none does."""
    stage = Stage(item.without(mapping), examples)
    for each in _likely(mapping, sound, item):
        try:
            if not trial.attempt(stage, each).passed:
                return each.says
        except Exception:  # what cannot even be carried out any more is noticed, whatever it breaks on
            return each.says
    return ""


def _likely(mapping: Spec, sound: Sequence[Example], item: Item) -> list[Example]:
    """Put those in front that are about the same entity, and speak of the same words."""

    def score(example: Example) -> int:
        text = repr((example.records, example.then, example.gives, example.settings, example.lists))
        spoken = sum(word in text or (word == "first_import" and example.first_import) for word in item.words)
        whole = sum(word in example.says for word in ("all that travels", "whole", "whatever changes"))
        return spoken * 2 + whole

    own = [each for each in sound if item.entity in (each.entity, *each.also)]
    rest = [each for each in sound if each not in own and item.entity in closed(mapping, [each.entity, *each.also])]
    return [*sorted(own, key=score, reverse=True), *rest]


def counts(found: Sequence[Found]) -> list[tuple[str, int, int]]:
    """Count by kind: kind, how many are noticed, of how many."""
    return [
        (kind, sum(bool(each.by) for each in of), len(of))
        for kind in KINDS
        if (of := [each for each in found if each.item.kind == kind])
    ]
