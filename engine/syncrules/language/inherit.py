"""What a mapping takes over from another (`extends`), and an entity from another one (`like`).

Maps whose keys are names are put together key by key, as the grammar's `x-merge` says; any other value is replaced
whole. The order of what was inherited stays, what is new comes at the end. Every value keeps its place in its file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncrules.advice.mend import Meant
from syncrules.errors import Place, Problem
from syncrules.language import grammar
from syncrules.language.grammar import NONE, Schema
from syncrules.yaml import Document, Path


@dataclass(frozen=True, slots=True)
class Spot:
    """A value and the place where it was written."""

    value: Any
    """A dictionary of spots, a list of spots, or a plain value."""
    place: Place
    took: bool = False
    """For `none`: there was something to take away."""
    was: Any = None
    """For `none`: what it took away, without places."""
    beside: tuple[str, ...] = ()
    """For `none` that takes nothing away: what could have been."""

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


BROKEN = object()
"""The value of what the grammar refused: it is neither read nor missed."""


def without(whole: Spot, path: Path) -> Spot:
    """Mark what stands at a path as broken; in a list, the whole list."""
    key = path[0] if path else None
    if not path or not isinstance(key, str) or not isinstance(whole.value, dict):
        return Spot(BROKEN, whole.place)
    below = whole.value.get(key, Spot({} if path[1:] else BROKEN, whole.place))
    return Spot({**whole.value, key: without(below, path[1:])}, whole.place)


def sound(whole: Spot, path: Path = ()) -> tuple[Spot, frozenset[Path]]:
    """Leave out what is broken; tell where that was."""
    if not isinstance(whole.value, dict):
        return whole, frozenset()
    kept: dict[str, Spot] = {}
    broken: set[Path] = set()
    for key, each in whole.value.items():
        if each.value is BROKEN:
            broken.add((*path, key))
        else:
            kept[key], more = sound(each, (*path, key))
            broken |= more
    return Spot(kept, whole.place), frozenset(broken)


def merge(base: Spot, over: Spot, part: Schema) -> Spot:
    """Lay one value over another that it inherits from."""
    if not (grammar.merges(part) and isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    result = dict(base.value)
    for key, each in over.value.items():
        inherited = result.get(key)
        if grammar.takes_away(part, key) and each.value == NONE:
            gone = each.took or (inherited is not None and (inherited.value != NONE or inherited.took))
            left = tuple(name for name, other in base.value.items() if other.value != NONE and name not in over.value)
            was = each.was if inherited is None else inherited.was if inherited.value == NONE else inherited.plain()
            result[key] = Spot(NONE, each.place, gone, was, () if gone else left or each.beside)
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
        self.problems: list[Problem] = []

    def fill_in(self) -> Spot:
        """Give all entities, complete; those that were taken away are still there as `none`."""
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
            own = self._completed(name, own, like)
        self._under_way.pop()
        base = (
            self._own.get(str(like.plain()["entity"] if isinstance(like.value, dict) else like.value)) if like else None
        )
        self._done[name], idle = sweep(own, self._part, base, keep=True)
        self.problems += idle
        return self._done[name]

    def _completed(self, name: str, own: Spot, like: Spot) -> Spot:
        own = Spot({key: each for key, each in own.value.items() if key != "like"}, own.place)
        target, without = self._target(name, like)
        base = self._complete(target).value if target else BROKEN
        if not isinstance(base, dict):
            return Spot(BROKEN, own.place)
        without = self._parts(without, like, base, target)
        kept = {key: each for key, each in base.items() if key not in NOT_INHERITED | without}
        return merge(Spot(kept, own.place), own, self._part)

    def _parts(self, without: frozenset[str], like: Spot, base: Mapping[str, Spot], target: str) -> frozenset[str]:
        """Complain of parts that the other entity does not have; go on with those that were probably meant."""
        named = like.get("without")
        for each in named.value if named is not None and isinstance(named.value, list) else ():
            if each.value in base:
                continue
            hint = grammar.nearest(each.value, base, "keys") or f"It has {grammar.one_of(base)}."
            said = f"'{each.value}' is no part of '{target}', so it cannot be left out"
            other = str(self._own[target].place)
            self.problems.append(Problem(said, each.place, suggestion=hint, code="SR053", concerns=other))
            without |= {hint.new} if isinstance(hint, Meant) else set()
        return without

    def _target(self, name: str, like: Spot) -> tuple[str, frozenset[str]]:
        plain = like.plain()
        if plain is BROKEN or (isinstance(plain, dict) and BROKEN in plain.values()):
            return "", frozenset()
        target, without = (plain["entity"], plain.get("without", [])) if isinstance(plain, dict) else (plain, [])
        if target not in self._own:
            said = f"there is no entity '{target}' to be like"
            at = like.get("entity") or like
            self.problems.append(
                Problem(
                    said,
                    at.place,
                    suggestion=grammar.nearest(target, self._own) or "Name one of this file.",
                    code="SR037",
                )
            )
        elif target in self._under_way:
            circle = " → ".join([*self._under_way[self._under_way.index(target) :], target])
            said = f"these entities are each like the other: {circle}"
            self.problems.append(
                Problem(said, like.place, suggestion="One of them must say everything itself.", code="SR038")
            )
        else:
            return target, frozenset(without)
        return "", frozenset()


def only(word: str, known: Sequence[str]) -> str:
    """Suggest the one name that is known; empty if there is not exactly one."""
    return Meant(f"Only '{known[0]}' is there: did you mean it?", word, known[0]) if len(known) == 1 else ""


def taken(whole: Spot, part: Schema, path: Path = ()) -> dict[Path, Spot]:
    """List every `none` that takes something away."""
    found: dict[Path, Spot] = {}
    for key, each in whole.value.items() if grammar.merges(part) and isinstance(whole.value, dict) else ():
        if grammar.takes_away(part, key) and each.value == NONE and each.took:
            found[(*path, key)] = each
        else:
            found |= taken(each, grammar.below(part, key), (*path, key))
    return found


def inherits(documents: Sequence[Document], path: Path) -> bool:
    """Tell whether what stands at a path of the first document stands in one that it extends, or in the entity it is like."""
    if any(path in each.places for each in documents[1:]):
        return True
    entity = value_at(documents[0].data, path[:2]) if path[:1] == ("entities",) and len(path) > 2 else None
    like = entity.get("like") if isinstance(entity, dict) else None
    other = like.get("entity") if isinstance(like, dict) else like
    return isinstance(other, str) and any(("entities", other, *path[2:]) in each.places for each in documents)


def value_at(data: Any, path: Path) -> Any:
    """Give what stands at a path; None if nothing does."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def sweep(whole: Spot, part: Schema, base: Spot | None = None, *, keep: bool = False) -> tuple[Spot, list[Problem]]:
    """Leave out what `none` takes away; complain where it takes away nothing.

    Args:
        base: what it was inherited from; there is missing what is not there to be taken away.
        keep: a `none` that took something away stays, so that it is still known who did, also to what is like this.
    """
    if not (grammar.merges(part) and isinstance(whole.value, dict)):
        return whole, []
    idle: list[Problem] = []
    kept: dict[str, Spot] = {}
    for key, each in whole.value.items():
        if not (grammar.takes_away(part, key) and each.value == NONE):
            kept[key], below = sweep(each, grammar.below(part, key), base and (base.get(str(key)) or base), keep=keep)
            idle += below
        elif each.took:
            kept |= {key: each} if keep else {}
        else:
            said = f"'none' takes '{key}' away, but nothing of that name is inherited"
            cure = grammar.nearest(key, each.beside) or only(key, each.beside) or _among(each.beside)
            other = str(base.place) if base is not None else ""
            idle.append(Problem(said, each.place, suggestion=cure, code="SR039", concerns=other))
    return Spot(kept, whole.place), idle


def _among(known: Sequence[str]) -> str:
    listed = f"{', '.join(known[:12])}{' …' if len(known) > 12 else '.'}"
    return f"Take this line away, or name one of: {listed}" if known else "Take this line away."
