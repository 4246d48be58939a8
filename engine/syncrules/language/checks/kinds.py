"""Kinds of records must be told apart, and one must be able to go before another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from syncrules.language.build import listed
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.ways import reaction, sources
from syncrules.yaml import Path


def check_kinds(book: Book) -> None:
    """Check that no record is two kinds at once, and that no entity waits for itself."""
    for side in book.sides:
        reading = [
            (name, data) for name, data in book.entities() if side in sources(book, data) and "for_each" not in data
        ]
        for first, second in combinations(reading, 2):
            _check_pair(book, side, first, second)
    _check_circles(book)


def _check_pair(book: Book, side: str, first: tuple[str, Data], second: tuple[str, Data]) -> None:
    (one, left), (two, right) = first, second
    resources = {left.get(side, {}).get("resource"), right.get(side, {}).get("resource")}
    if len(resources) > 1 or None in resources or _shared(one, left, right, two) or _either(left, right):
        return
    if any(book.is_broken(("entities", each)) or book.troubled("entities", each, side) for each in (one, two)):
        return
    if _disjoint(
        {**left[side].get("where", {}), **left[side].get("is", {})},
        {**right[side].get("where", {}), **right[side].get("is", {})},
    ):
        return
    creating = [name for name, data in (first, second) if reaction(data, side, "created") == "create"]
    told_apart = [name for name, data in (first, second) if name not in creating and data.get("match")]
    if len(creating) == 2:
        said = (
            f"{resources.pop()} of {book.title(side)} can be '{one}' and '{two}' at once: nothing tells the two apart"
        )
        cure = "Tell them apart with is:, let one of them only match (created: match), or name one in shared_with:."
        made: Path = ("entities", two, "events", side, "created")
        book.say("SR099", ("entities", two, side), said, cure, at_key=True, concerns=made)
    elif len(creating) == 1 and not told_apart:
        lonely = two if creating == [one] else one
        said = f"'{lonely}' shares its records with '{creating[0]}', and has no match: that says which are its own"
        book.say(
            "SR099", ("entities", lonely, side), said, "Add match:, or tell them apart with is: in both.", at_key=True
        )


def _shared(one: str, left: Data, right: Data, two: str) -> bool:
    return any(
        two in left.get(side, {}).get("shared_with", ()) for side in left if isinstance(left[side], Mapping)
    ) or any(one in right.get(side, {}).get("shared_with", ()) for side in right if isinstance(right[side], Mapping))


def _either(left: Data, right: Data) -> bool:
    """Tell whether the answer to a setting enables only one of the two."""
    one, two = left.get("enabled"), right.get("enabled")
    if not one or not two or one.get("setting") != two.get("setting"):
        return False
    return bool(one.get("equals", True) != two.get("equals", True))


def _disjoint(left: Data, right: Data) -> bool:
    """Tell whether no record can fulfil both conditions."""
    return any(path in right and apart(test, right[path]) for path, test in left.items())


def apart(left: Any, right: Any) -> bool:
    """Tell whether no value passes both tests."""
    some, none = _allowed(left), _allowed(right)
    if some is not None and none is not None:
        return not some & none
    for this, that in ((left, right), (right, left)):
        allowed = _allowed(that)
        match this:
            case {"not": denied} if allowed is not None:
                return allowed <= _words(denied)
            case {"filled": False} if allowed is not None:
                return True
            case {"filled": wanted} if isinstance(that, Mapping) and "filled" in that:
                return bool(wanted != that["filled"])
    return False


def _allowed(test: Any) -> set[str] | None:
    """List the values that a test lets through; None if they cannot be listed."""
    return None if isinstance(test, Mapping) else _words(test)


def _words(values: Any) -> set[str]:
    return {str(each) for each in (values if isinstance(values, list) else [values])}


def _check_circles(book: Book) -> None:
    """Refuse entities that each wait for the other; one may refer to itself."""
    waits = {
        name: {other: path for other, path in _waits_for(("entities", name), data) if other != name}
        for name, data in book.entities()
    }
    reported: set[frozenset[str]] = set()
    for name in waits:
        circle = _circle(waits, name)
        if circle and frozenset(circle) not in reported:
            reported.add(frozenset(circle))
            path = waits[circle[0]][circle[1]]
            told = " → ".join([*circle, circle[0]])
            book.say("SR100", path, f"these entities each wait for the other: {told}", "Let one of them do without.")


def _waits_for(path: Path, data: Data) -> Iterator[tuple[str, Path]]:
    for word in ("for_each", "after"):
        for index, other in enumerate(listed(data.get(word, ()))):
            yield other, ((*path, word) if isinstance(data[word], str) else (*path, word, index))
    yield from _references((*path, "fields"), data.get("fields", {}))


def _references(path: Path, rows: Data) -> Iterator[tuple[str, Path]]:
    for name, row in rows.items():
        for index, other in enumerate(row.get("refers_to", ())):
            yield other, (*path, name, "refers_to", index)
        for template, says in row.get("lines", {}).items():
            yield from _references((*path, name, "lines", template, "fields"), says.get("fields", {}))


def _circle(waits: Mapping[str, Mapping[str, Path]], start: str) -> list[str]:
    """Find a way from an entity back to itself, if there is one."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for other in waits.get(way[-1], {}):
            if other == start:
                return way
            if other not in seen and other in waits:
                seen.add(other)
                ways.append([*way, other])
    return []
