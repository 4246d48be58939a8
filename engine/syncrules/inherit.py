"""What a mapping takes over from another (`extends`), and an entity from another one (`like`).

Maps whose keys are names are put together key by key, as the grammar's `x-merge` says; any other value is replaced whole. The order
of what was inherited stays, what is new comes at the end. Every value keeps the place where it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from syncrules import grammar
from syncrules.errors import Place
from syncrules.grammar import NONE, Schema
from syncrules.yaml import Document, Path


@dataclass(frozen=True, slots=True)
class Spot:
    """A value and the place where it was written."""

    value: Any
    """A dictionary of spots, a list of spots, or a plain value."""
    place: Place
    took: bool = False
    """For `none`: there was something to take away."""

    def get(self, key: str) -> Spot | None:
        """Give what stands under a key, if this is a map and it is there."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def plain(self) -> Any:
        """Give the value without places."""
        if isinstance(self.value, dict):
            return {key: each.plain() for key, each in self.value.items()}
        return [each.plain() for each in self.value] if isinstance(self.value, list) else self.value

    def places(self, path: Path = ()) -> dict[Path, Place]:
        """List the place of every part."""
        result = {path: self.place}
        parts = (
            self.value.items()
            if isinstance(self.value, dict)
            else enumerate(self.value)
            if isinstance(self.value, list)
            else ()
        )
        for key, each in parts:
            result |= each.places((*path, key))
        return result


def spot(document: Document) -> Spot:
    """Tie the data of a document to its places."""
    return _spot(document.data, (), document)


def _spot(data: Any, path: Path, document: Document) -> Spot:
    place = document.place(path)
    if isinstance(data, dict):
        return Spot({key: _spot(each, (*path, key), document) for key, each in data.items()}, place)
    if isinstance(data, list):
        return Spot([_spot(each, (*path, index), document) for index, each in enumerate(data)], place)
    return Spot(data, place)


def merge(base: Spot, over: Spot, part: Schema) -> Spot:
    """Lay one value over another that it inherits from."""
    if not (grammar.merges(part) and isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    result = dict(base.value)
    for key, each in over.value.items():
        inherited = result.get(key)
        if grammar.takes_away(part, key) and each.value == NONE:
            gone = each.took or (inherited is not None and (inherited.value != NONE or inherited.took))
            result[key] = Spot(NONE, each.place, gone)
        elif inherited is None or inherited.value == NONE:
            result[key] = each
        else:
            result[key] = merge(inherited, each, grammar.below(part, key))
    return Spot(result, over.place)


NOT_INHERITED = frozenset({"about", "like"})


class Likes:
    """Fills in every `like` of a document; what is wrong with one stands in `problems`."""

    def __init__(self, entities: Spot) -> None:
        self._entities = entities
        self._own: Mapping[str, Spot] = {name: each for name, each in entities.value.items() if each.value != NONE}
        self._part = grammar.below(grammar.below(grammar.schema(), "entities"), "")
        self._done: dict[str, Spot] = {}
        self._under_way: list[str] = []
        self.problems: list[tuple[Path, str, str]] = []
        """Path, message and suggestion."""

    def fill_in(self) -> Spot:
        """Give all entities, complete with what each takes over from another; those taken away are still there as `none`."""
        return Spot(
            {name: self._complete(name) if name in self._own else each for name, each in self._entities.value.items()},
            self._entities.place,
        )

    def _complete(self, name: str) -> Spot:
        if name in self._done:
            return self._done[name]
        self._under_way.append(name)
        own = self._own[name]
        like = own.get("like")
        if like is not None and isinstance(own.value, dict):
            own = Spot({key: each for key, each in own.value.items() if key != "like"}, own.place)
            target, without = self._target(name, like)
            if target:
                base = self._complete(target).value
                own = merge(
                    Spot({key: each for key, each in base.items() if key not in NOT_INHERITED | without}, own.place),
                    own,
                    self._part,
                )
        self._under_way.pop()
        self._done[name] = own = self._swept(own, self._part, ("entities", name))
        return own

    def _target(self, name: str, like: Spot) -> tuple[str, frozenset[str]]:
        plain = like.plain()
        path: Path = ("entities", name, "like")
        target, without = (plain["entity"], plain.get("without", [])) if isinstance(plain, dict) else (plain, [])
        if target not in self._own:
            self.problems.append(
                (path, f"there is no entity '{target}' to be like", grammar.nearest(target, self._own))
            )
        elif target in self._under_way:
            circle = " → ".join([*self._under_way[self._under_way.index(target) :], target])
            self.problems.append(
                (
                    path,
                    f"these entities are each like the other, in a circle: {circle}",
                    "One of them must say everything itself.",
                )
            )
        elif isinstance(self._own[target].value, dict):
            return target, frozenset(without)
        return "", frozenset()

    def _swept(self, own: Spot, part: Schema, path: Path) -> Spot:
        """Leave out the rows that were taken away, and tell of those that were never there."""
        swept, idle = sweep(own, part, path)
        self.problems += idle
        return swept


def sweep(whole: Spot, part: Schema, path: Path = ()) -> tuple[Spot, list[tuple[Path, str, str]]]:
    """Leave out what `none` takes away; tell where it takes away nothing."""
    if not (grammar.merges(part) and isinstance(whole.value, dict)):
        return whole, []
    idle: list[tuple[Path, str, str]] = []
    kept: dict[str, Spot] = {}
    for key, each in whole.value.items():
        if grammar.takes_away(part, key) and each.value == NONE:
            if not each.took:
                others = [name for name, other in whole.value.items() if other.value != NONE]
                idle.append(
                    (
                        (*path, key),
                        f"'none' takes '{key}' away, but nothing of that name is inherited",
                        grammar.nearest(key, others),
                    )
                )
            continue
        kept[key], below = sweep(each, grammar.below(part, key), (*path, key))
        idle += below
    return Spot(kept, whole.place), idle
