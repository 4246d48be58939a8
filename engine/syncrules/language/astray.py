"""Keys that stand at another level than where they belong, and sides that are called one thing and declared as another.

One mistake of this kind makes many follow; it is told once, where a person has to change something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.advice import meant, mend
from syncrules.advice.fitting import Schema
from syncrules.errors import Problem
from syncrules.language import grammar
from syncrules.language.inherit import value_at
from syncrules.shape import Finding
from syncrules.yaml import Document, Path

# At another level -----------------------------------------------------------------------------------------------------


def at_their_level(found: list[Finding], data: Any, sides: tuple[str, ...]) -> list[Finding]:
    """Say of a key that it belongs further out or further in, if that is what is wrong, instead of what follows from it."""
    result: list[Finding] = []
    told: set[Path] = set()
    named = [Finding("", path, "", "", (path,)) for path in _named_like_words(data)]
    for each in [*named, *found]:
        moved = _astray(each, data, sides)
        if moved is None and not each.code:
            continue
        if moved is None:
            result.append(each)
        elif moved.path not in told:
            told.add(moved.path)
            result.append(moved)
    result = _hollow(result, data)
    gone = {
        path
        for each in result
        if each.code == "SR021" or (each.code == "SR023" and each.at_key)
        for path in each.broken
    }
    holders = {each.broken[-1][:-1] for each in result if each.code == "SR021"}
    return [each for each in result if each.code == "SR021" or not _follows(each, gone, holders)]


_OF_NAMES = ("settings", "preflight", "entities")
"""Maps in which nobody gives a name that is a word of what stands in them."""


def _named_like_words(data: Any) -> Iterator[Path]:
    """List names that are words of what stands beside or around them."""
    for part in _OF_NAMES:
        words = grammar.below(_part((part,)), "").get("properties", {})
        yield from ((part, name) for name in _map(data, (part,)) if name in words)
    words = _part(("entities", "", "fields", "")).get("properties", {})
    for entity in _map(data, ("entities",)):
        for row in _map(data, ("entities", entity, "fields")):
            here: Path = ("entities", entity, "fields", row)
            for side in _map(data, here):
                if side not in words:
                    yield from ((*here, side, key) for key in _map(data, (*here, side)) if key in words)


def _map(data: Any, path: Path) -> Mapping[str, Any]:
    found = value_at(data, path)
    return found if isinstance(found, Mapping) else {}


def _hollow(found: list[Finding], data: Any) -> list[Finding]:
    """Where several keys belong under one after which nothing stands, it is that one which stands too deep."""
    into = Counter(each.broken[-1][:-1] for each in found if each.code == "SR021")
    hollow = {holder for holder, times in into.items() if times > 1 and holder and value_at(data, holder) is None}
    kept = [each for each in found if each.code != "SR021" or each.broken[-1][:-1] not in hollow]
    for holder in hollow:
        moved = [
            path for each in found if each.code == "SR021" for path in each.broken if each.broken[-1][:-1] == holder
        ]
        said = f"nothing stands under '{holder[-1]}': what follows begins where it begins"
        cure = f"Let '{holder[-1]}' begin further out, or what follows further in."
        kept.append(Finding("SR023", holder, said, cure, (holder, *moved), at_key=True))
    return [each for each in kept if each.code != "SR023" or each.path not in hollow or each.at_key]


def _follows(each: Finding, gone: set[Path], holders: set[Path]) -> bool:
    """Tell whether a finding only follows from keys that stand at the wrong level."""
    path = each.broken[0]
    if each.code == "SR023" and each.at_key:
        return False
    return any(path[: len(one)] == one for one in gone) or (each.code in ("SR023", "SR026") and path in holders)


def _astray(finding: Finding, data: Any, sides: tuple[str, ...]) -> Finding | None:
    """Find the key that is to blame for a finding because it stands at the wrong level; None if none is."""
    path = finding.path
    for index in range(1, len(path)):
        key, holder = path[index], _part(path[:index])
        if isinstance(key, str) and key not in holder.get("properties", {}) and key in grammar.keywords():
            found = _belongs(path[: index + 1], data, sides, sure=False)
            if found is not None:
                return found
    if finding.code == "SR020":
        unknown = grammar.nearest(path[-1], _words(_part(path[:-1]), sides), "keys") == ""
        if not unknown and (path[-2:-1] == ("where",) or not _words(_part(path[:-1]), sides)):
            return None
        return _belongs(path, data, sides, sure=unknown)
    return None


def _belongs(path: Path, data: Any, sides: tuple[str, ...], *, sure: bool) -> Finding | None:
    """Find the map further out or further in where a key has a meaning and is not said yet.

    Args:
        sure: nothing that may stand here is spelt like it, so that a name of one's own may be meant as well.
    """
    here, key = path[:-1], str(path[-1])
    value = value_at(data, path)
    within = [*_within(here, key, data)]
    for target, away in [*(each for each in within if value_at(data, each[0]) is None), *_around(here), *within]:
        there = value_at(data, target)
        if there is None and _part(target).get("type") == "object" and away > 0:
            there = {}
        if not isinstance(there, Mapping) or key in there or not _takes(target, key, value, sides, sure=sure):
            continue
        name = f"'{target[-1]}'" if target else "the file"
        where = f"further out, in {name}" if away < 0 else f"further in, under {name}"
        first = next((each for each in there if each != path[len(target)]), "") if away < 0 else next(iter(there), "")
        cure = f"Let it begin where '{first}' begins, and let it stand there." if first else f"Write it in {name}."
        said = f"'{key}' stands at the wrong level: it belongs {where}"
        return Finding("SR021", path, said, cure, (path, (*target, key)), at_key=True)
    return None


def _around(here: Path) -> Iterator[tuple[Path, int]]:
    for length in range(len(here) - 1, -1, -1):
        yield here[:length], -1


def _within(here: Path, key: str, data: Any) -> Iterator[tuple[Path, int]]:
    """Give the maps that stand beside a key, the last one before it first."""
    beside = value_at(data, here)
    names = list(beside) if isinstance(beside, Mapping) else []
    at = names.index(key) if key in names else len(names)
    for name in [*reversed(names[:at]), *names[at + 1 :]]:
        yield (*here, name), 1
        if isinstance(beside[name], Mapping):
            last = [each for each in beside[name] if isinstance(beside[name][each], Mapping)]
            yield from (((*here, name, each), 1) for each in reversed(last))


def _takes(target: Path, key: str, value: Any, sides: tuple[str, ...], *, sure: bool) -> bool:
    part = _part(target)
    if key in part.get("properties", {}) or (part.get("x-sides") and key in sides):
        return True
    free = part.get("additionalProperties")
    if not sure or not isinstance(free, Mapping) or part.get("x-sides") or not isinstance(value, Mapping) or not value:
        return False
    words = _words(grammar.resolve(free), sides)
    return bool(words) and all(each in words for each in value)


def may_go(path: Path) -> bool:
    """Tell whether `none` may stand at a path, to take away what was inherited."""
    return len(path) > 1 and grammar.takes_away(_part(path[:-1]), str(path[-1]))


def _words(part: Schema, sides: tuple[str, ...]) -> list[str]:
    return [*part.get("properties", {}), *(sides if part.get("x-sides") else ())]


def _part(path: Path) -> Schema:
    """Give the grammar of what stands at a path; empty if it has none."""
    part: Schema = grammar.schema()
    for step in path:
        part = grammar.resolve(_items(part)) if isinstance(step, int) else grammar.below(part, step)
    return part


def _items(part: Schema) -> Schema:
    found: Schema = part.get("items", {})
    return found


# Sides ----------------------------------------------------------------------------------------------------------------


def name_sides(documents: list[Document]) -> list[Problem]:
    """Complain of a side that is declared under one name and called another everywhere else; go on with what it is called."""
    where = next((each for each in documents if isinstance(each.data.get("sides"), dict)), None)
    if where is None or len(where.data["sides"]) != 2:
        return []
    used: Counter[str] = Counter()
    for each in documents:
        used.update(_keys({key: value for key, value in each.data.items() if key != "sides"}))
    problems = []
    for side in list(where.data["sides"]):
        words = [
            each
            for each, times in used.items()
            if times > 1 and each not in grammar.keywords() and each not in where.data["sides"]
        ]
        called = meant.best(side, words)
        if used[side] or not called or meant.distance(side, called) > max(2, len(called) // 3):
            continue
        place = where.place(("sides", side))
        hint = mend.Meant(f"did you mean '{called}'?", side, called)
        said = f"this side is called '{side}' here, and '{called}' everywhere else"
        fix = mend.fix(hint, place, where.lines)
        problems.append(Problem(said, place, suggestion=hint, code="SR033", fix=fix))
        where.data["sides"] = {called if key == side else key: value for key, value in where.data["sides"].items()}
        for path in [each for each in where.places if each[:2] == ("sides", side)]:
            where.places[("sides", called, *path[2:])] = where.places[path]
    return problems


def _keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for key, each in data.items():
            yield key
            yield from _keys(each)
    elif isinstance(data, list):
        for each in data:
            yield from _keys(each)
