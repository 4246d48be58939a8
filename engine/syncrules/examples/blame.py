"""Which line of a mapping decided that an example does not hold: the one that, said otherwise, would let it hold.

Where a field came out otherwise, its row is to blame, and nobody has to search. Where something was made, left out or held back
that should not have been, or several fields came out otherwise, what the entity says is said otherwise, one thing after the other,
until the example holds. Where a check held back what should have been made, it is looked at what would have been made without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from syncrules.examples.model import Difference, Example, Tried
from syncrules.examples.otherwise import Variant, variants
from syncrules.examples.play import Stage
from syncrules.examples.told import HELD

Attempt = Callable[[Stage, Example], Tried]
HUNTS = 5
"""For so many examples it is searched; after that only what explained one of them is tried again."""


class Blame:
    """Finds the lines to blame for the examples of one mapping.

    Args:
        attempt: carries an example out.
    """

    def __init__(self, stage: Stage, attempt: Attempt) -> None:
        self.stage = stage
        self.attempt = attempt
        self.hunts = 0
        self.explained: list[Variant] = []

    def pointed(self, tried: Tried) -> Tried:
        """Let the differences of an example that does not hold point at the line that decided."""
        example = tried.example
        certain = {each.rule for each in tried.differences if each.certain and each.what not in HELD}
        if not isinstance(example, Example) or len(certain) == 1:
            return tried
        place = self._behind(example, tried.differences)
        if not place:
            found = self._found(example, tried.differences)
            if found is not None and (found.way[:1] == ("needs",) or not self._told(example, tried.differences)):
                place = found.place(self.stage.spec)
        if not place and not certain:
            place = next(
                (each.rule for each in tried.differences if each.what in HELD and each.got and each.by_name), ""
            )
        return Tried(example, [replace(each, rule=place) for each in tried.differences]) if place else tried

    def _behind(self, example: Example, differences: Sequence[Difference]) -> str:
        """Look behind the checks that held something back: what would have been made otherwise than it should is to blame."""
        entity = self.stage.spec.entities[example.entity]
        held = [
            str(one) for each in differences if each.what == "fails" and not each.expected for one in each.got or ()
        ]
        if not any(one.startswith(each.name) for each in entity.checks for one in held):
            return ""
        without = Variant(entity.name, ("checks",), replace(entity, checks=()))
        try:
            seen = self.attempt(Stage(without.of(self.stage.spec), self.stage.examples), example)
        except Exception:  # what cannot be carried out so explains nothing
            return ""
        return next((each.rule for each in seen.differences if each.certain), "")

    def _told(self, example: Example, differences: Sequence[Difference]) -> bool:
        """Tell whether the need that decided is named in what came out: then nothing else is to blame."""
        got = repr([each.got for each in differences])
        return any(each.name in got for each in self.stage.spec.entities[example.entity].needs)

    def _found(self, example: Example, differences: Sequence[Difference]) -> Variant | None:
        found = next((each for each in self.explained if self._holds(each, example)), None)
        if found is None and self.hunts < HUNTS:
            self.hunts += 1
            tried = variants(self.stage.spec, example.entity, differences)
            tried = [each for each in tried if not _is_of_one_row(each, example, differences)]
            found = next((each for each in tried if self._holds(each, example)), None)
            self.explained += [found] if found is not None else []
        return found

    def _holds(self, variant: Variant, example: Example) -> bool:
        try:
            stage = Stage(variant.of(self.stage.spec), self.stage.examples)
            return self.attempt(stage, example).passed
        except Exception:  # what cannot be carried out so explains nothing
            return False


def _is_of_one_row(variant: Variant, example: Example, differences: Sequence[Difference]) -> bool:
    """Tell whether a change travels, or does not, unlike others that were made with it: then not the event is to blame but its row."""
    if variant.way[:1] != ("events",) or variant.way[2:] != ("changed",):
        return False
    said = example.then.get(str(variant.way[1]))
    written = {
        path
        for each in differences
        if isinstance(each.got, Mapping)
        for records in each.got.get("update", {}).values()
        for one in records
        for path in one
    }
    return isinstance(said, Mapping) and 0 < len(written) < len(said)
