"""YAML as a person means it: texts stay texts, every value knows its place, a key said twice is an error.

The common loader reads `0700` as 448, `22:00` as 1320, `NO` as false and `2026-03-15` as a date, and lets the second of two equal
keys win. Here true/false, null, whole numbers without a leading zero and plain decimals are values; all else is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml as pyyaml

from syncrules.advice import mend, mishaps
from syncrules.errors import Fix, Place, Problem

Path = tuple[str | int, ...]
DEEPEST = 60
"""So many steps may stand within one another; no mapping comes near it."""
MOST = 200_000
"""So many values may stand in one file, those that an alias repeats counted every time."""


class _TooMuch(Exception):
    """Somebody repeats by aliases what nobody could have written."""


@dataclass(slots=True)
class Document:
    """A YAML file: its data, and where each part of it stands."""

    data: Any
    file: str
    lines: list[str] = field(default_factory=list)
    places: dict[Path, Place] = field(default_factory=dict)
    """Path of keys and indexes → where the value stands; for an entry of a map, where its key stands."""
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Find where a path stands, or the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1, 1))

    def character(self, place: Place) -> str:
        """Give the character that stands at a place; empty if none does."""
        line = self.lines[place.line - 1] if place.line <= len(self.lines) else ""
        return line[place.column - 1 : place.column]


class _Loader(pyyaml.CSafeLoader if hasattr(pyyaml, "CSafeLoader") else pyyaml.SafeLoader):  # type: ignore[misc]  # the C loader is optional
    """Resolves only what cannot be mistaken."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 — PyYAML's own extension point


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789")
)


def load(text: str, file: str, judge: Callable[[Any], int] = lambda _: 0) -> Document:
    """Read a YAML text; whatever is wrong with it stands in `problems`, and `data` is then None or incomplete.

    Args:
        judge: counts what is wrong with data, where a text that is not YAML may have been meant in several ways.
    """
    document = Document(None, file, text.splitlines())
    try:
        deep = _too_deep(text, file)
        if deep is not None:
            document.problems.append(deep)
            return document
        node = pyyaml.compose(text, Loader=_Loader)
    except pyyaml.MarkedYAMLError as error:
        document.problems.append(_not_yaml(error, document, judge))
        return document
    except pyyaml.YAMLError as error:
        document.problems.append(Problem(f"this is not YAML: {error}", Place(file, 1, 1), code="SR001"))
        return document
    if node is None:
        document.problems.append(Problem("the file is empty", Place(file, 1, 1), code="SR008"))
        return document
    try:
        document.data = _build(node, (), document)
    except _TooMuch:
        said = f"by its aliases (*) this file says more than {MOST} values"
        document.problems.append(Problem(said, Place(file, 1, 1), suggestion="Write out what is meant.", code="SR011"))
    return document


def _not_yaml(error: pyyaml.MarkedYAMLError, document: Document, judge: Callable[[Any], int]) -> Problem:
    stop, began = (
        Place(document.file, mark.line + 1, mark.column + 1) if mark is not None else None
        for mark in (error.problem_mark or error.context_mark, error.context_mark)
    )
    said = str(error.problem or error.context)
    stop = stop or Place(document.file, 1, 1)

    def judges(text: str) -> int:
        found = load(text, document.file)
        return len(found.problems) + judge(found.data)

    return mishaps.told(document.file, document.lines, said, stop, began, _reads, judges)


def _reads(text: str) -> int | None:
    """Count the values that are empty, if a text is YAML."""
    try:
        return sum(
            isinstance(each, pyyaml.ScalarEvent) and each.value == "" and each.style is None
            for each in pyyaml.parse(text, Loader=_Loader)
        )
    except pyyaml.YAMLError:
        return None


def _twice(
    document: Document, key: str, same: bool, path: Path, key_node: pyyaml.Node, value_node: pyyaml.Node
) -> Problem:
    """Complain of a key that stands twice; where both say the same, the second can go."""
    place = Place(document.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
    end = value_node.end_mark
    block = isinstance(value_node, pyyaml.CollectionNode) and not value_node.flow_style
    last = end.line if block and end.column == 0 else end.line + 1
    before = document.lines[place.line - 1][: place.column - 1]
    after = "" if block else document.lines[end.line][end.column :] if end.line < len(document.lines) else ""
    alone = not before.strip() and not after.partition("#")[0].strip()
    gone = Fix(Place(document.file, place.line, 1), Place(document.file, last + 1, 1), "") if same and alone else None
    comma = re.search(r",\s*$", before)
    if same and comma and end.line + 1 == place.line:
        gone = Fix(replace(place, column=comma.start() + 1), replace(place, column=end.column + 1), "")
    first = document.places[path]
    said = f"'{key}' stands here twice; the first is in line {first.line}"
    cure = "Take this one away: it says the same." if gone else "Keep one of the two."
    return Problem(said, place, suggestion=cure, code="SR007", fix=gone)


def _too_deep(text: str, file: str) -> Problem | None:
    """Look how deep a text goes before anything is built of it, which takes a call within a call for every step."""
    depth = 0
    for event in pyyaml.parse(text, Loader=_Loader):
        if isinstance(event, pyyaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, pyyaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            mark = event.start_mark
            place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file, 1, 1)
            said = f"this stands more than {DEEPEST} steps deep"
            return Problem(said, place, suggestion="Check the brackets and the indentation.", code="SR010")
    return None


def _build(node: pyyaml.Node, path: Path, document: Document, around: tuple[int, ...] = ()) -> Any:
    here = Place(document.file, node.start_mark.line + 1, node.start_mark.column + 1)
    document.places.setdefault(path, here)
    if len(document.places) > MOST:
        raise _TooMuch
    if id(node) in around:
        document.problems.append(
            Problem("this contains itself", here, suggestion="Write out what is meant.", code="SR012")
        )
        return None
    around = (*around, id(node))
    match node:
        case pyyaml.MappingNode():
            result: dict[Hashable, Any] = {}
            for key_node, value_node in node.value:
                place = Place(document.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                if not isinstance(key_node, pyyaml.ScalarNode):
                    document.problems.append(
                        Problem("a key must be a text", place, suggestion="Write key: value.", code="SR009")
                    )
                    continue
                key = str(key_node.value)
                if not key_node.style and (swallowed := mishaps.glued(document.file, document.lines, place, key)):
                    problem, start = swallowed
                    document.problems.append(problem)
                    inner = load(document.lines[place.line - 1][start:], document.file)
                    key = document.lines[place.line - 1][place.column - 1 : start].rstrip(": ")
                    document.places[(*path, key)] = place
                    result[key] = inner.data
                    continue
                if key in result:
                    second = _build(value_node, (*path, key), Document(None, document.file), around)
                    document.problems.append(
                        _twice(document, key, result[key] == second, (*path, key), key_node, value_node)
                    )
                    continue
                document.places[(*path, key)] = place
                result[key] = _build(value_node, (*path, key), document, around)
            return result
        case pyyaml.SequenceNode():
            return [_build(each, (*path, index), document, around) for index, each in enumerate(node.value)]
        case _:
            if not node.tag.startswith("tag:yaml.org,2002:") and not node.value:
                document.problems.append(_tagged(node, here, document))
                return None
            try:
                return _scalar(node)
            except (ValueError, InvalidOperation):
                document.problems.append(
                    Problem(f"this is not a number: {node.value}", here, suggestion="Leave the tag out.", code="SR013")
                )
                return None


def _tagged(node: pyyaml.Node, here: Place, document: Document) -> Problem:
    """Complain of a text that begins with an exclamation mark, which is then no part of it."""
    line = document.lines[here.line - 1] if here.line <= len(document.lines) else ""
    end = mend.end_of(line, here.column - 1, in_flow=mend.in_flow(line, here.column - 1)) or len(line)
    text = line[here.column - 1 : end]
    fix = Fix(here, replace(here, column=end + 1), f'"{text}"') if text[:1] == "!" and '"' not in text else None
    said = f"a text that begins with ! needs quotes: '{node.tag}' alone means nothing"
    return Problem(said, here, suggestion="Put the whole text in quotes.", code="SR017", fix=fix)


def _scalar(node: pyyaml.Node) -> Any:
    match node.tag.rpartition(":")[2]:
        case "bool":
            return node.value == "true"
        case "null":
            return None
        case "int":
            return int(node.value)
        case "float":
            return Decimal(node.value)
        case _:
            return node.value


# Where to point -------------------------------------------------------------------------------------------------------


def value_place(place: Place, path: Path, lines: Sequence[str]) -> Place:
    """Go from the key of an entry on to its value, if that stands on the same line."""
    if not path or not isinstance(path[-1], str) or place.line > len(lines):
        return place
    rest = lines[place.line - 1][place.column - 1 :]
    found = re.match(rf"""(['"]?){re.escape(path[-1])}\1\s*:\s+(?=[^\s#])""", rest)
    return replace(place, column=place.column + found.end()) if found else place


def map_place(place: Place, lines: Sequence[str]) -> Place:
    """Go from a key on to the bracket that opens its map, if that stands in a line of its own."""
    if place.line > len(lines) or not re.fullmatch(r"[^{}\[\]]*:\s*(#.*)?", lines[place.line - 1]):
        return place
    for number in range(place.line, len(lines)):
        text = lines[number].strip()
        if text and not text.startswith("#"):
            deep = len(lines[number]) - len(lines[number].lstrip(" "))
            return Place(place.file, number + 1, deep + 1) if text[0] == "{" else place
    return place


def excerpt(place: Place, lines: Sequence[str]) -> str:
    """Show the line and a caret under the column; a long line only around it."""
    text = lines[place.line - 1] if place.line <= len(lines) else ""
    if not text.strip():
        return ""
    start = max(0, place.column - 70) if len(text) > 110 else 0
    shown = ("…" if start else "") + text[start : start + 110] + ("…" if len(text) > start + 110 else "")
    return f"    {shown}\n    {' ' * (place.column - 1 - start + bool(start))}^"
