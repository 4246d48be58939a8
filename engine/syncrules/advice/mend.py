"""A suggestion that can be carried out: a sentence for a person, and the change of the text that it means for a program.

Each kind of change is a text with a little more to it, so that whoever only tells problems needs to know of none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Self

from syncrules.errors import Fix, Place


class Meant(str):
    """Write another word in place of one."""

    old: str
    new: str
    raw: bool

    def __new__(cls, says: str, old: str, new: str, *, raw: bool = False) -> Meant:
        """Make a suggestion.

        Args:
            old: the word as it stands in the file.
            new: what is written instead.
            raw: it is YAML already, and not a text that may need quotes.
        """
        made = super().__new__(cls, says)
        made.old, made.new, made.raw = old, new, raw
        return made


class Renamed(str):
    """Write another key before the value that is pointed at."""

    old: str
    new: str

    def __new__(cls, says: str, old: str, new: str) -> Renamed:
        made = super().__new__(cls, says)
        made.old, made.new = old, new
        return made


class _Written(str):
    """Write some YAML; where, each kind says for itself."""

    text: str

    def __new__(cls, says: str, text: str) -> Self:
        made = super().__new__(cls, says)
        made.text = text
        return made


class Inserted(_Written):
    """Add something at the place that is pointed at."""


class Instead(_Written):
    """Write YAML in place of the whole value that is pointed at; empty: what stands within its brackets."""

    def __new__(cls, says: str, text: str = "") -> Self:
        return super().__new__(cls, says, text)


class Entry(_Written):
    """Write YAML in place of a whole entry, the key that is pointed at and its value."""


class Added(_Written):
    """Add an entry to the map that stands at, or under, what is pointed at."""


class Joined(str):
    """Join the key that is pointed at, after which nothing stands, to the value before its comma: one number, or one text."""


def fix(suggestion: str, place: Place | None, lines: Sequence[str]) -> Fix | None:
    """Make of a suggestion a change of the text, if it is one and the text is what it seems to be."""
    if place is None or not 0 < place.line <= len(lines):
        return None
    match suggestion:
        case Inserted():
            return Fix(place, place, suggestion.text)
        case Meant():
            return _word(suggestion, place, lines[place.line - 1])
        case Renamed():
            return _key(suggestion, place, lines[place.line - 1])
        case Instead():
            return _value(suggestion.text, place, lines[place.line - 1])
        case Entry():
            return _entry(suggestion.text, place, lines[place.line - 1])
        case Added():
            return _added(suggestion.text, place, lines)
        case Joined():
            return _joined(place, lines[place.line - 1])
        case _:
            return None


# What stands in a line ------------------------------------------------------------------------------------------------

_SAFE = re.compile(r"[A-Za-z_](?:[\w .()/&'-]|\|(?! *$))*(?<! )")
_VALUES = {"true", "false", "null"}
_CLOSES = {"{": "}", "[": "]"}


def written(value: object) -> str:
    """Write a single value as YAML, in quotes where it needs them."""
    if isinstance(value, str):
        return value if _SAFE.fullmatch(value) and value not in _VALUES else json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def end_of(text: str, start: int, *, in_flow: bool) -> int | None:
    """Tell where the value that begins in a line ends; None if it does not end there."""
    first = text[start : start + 1]
    if first in ("'", '"'):
        closed = re.compile(r"'(?:[^']|'')*'" if first == "'" else r'"(?:[^"\\]|\\.)*"').match(text, start)
        return closed.end() if closed else None
    if first in ("{", "["):
        return _closing(text, start)
    stop = re.compile(r"\s+#|\s*$" + (r"|\s*[,\]}]|\s*:(?=\s)" if in_flow else "")).search(text, start)
    return stop.start() if stop else len(text)


def _closing(text: str, start: int) -> int | None:
    open_: list[str] = []
    at = start
    while at < len(text):
        here = text[at]
        if here in "'\"" and text[at - 1] in " {[,":
            past = end_of(text, at, in_flow=True)
            if past is None:
                return None
            at = past
            continue
        if here in _CLOSES:
            open_.append(_CLOSES[here])
        elif open_ and here == open_[-1]:
            open_.pop()
            if not open_:
                return at + 1
        elif here in "}]":
            return None
        at += 1
    return None


def in_flow(text: str, at: int) -> bool:
    """Tell whether a place in a line stands within brackets that were opened in it."""
    before = re.sub(r"'[^']*'|\"[^\"]*\"", lambda found: " " * len(found.group()), text[:at])
    return before.count("{") + before.count("[") > before.count("}") + before.count("]")


# Changes --------------------------------------------------------------------------------------------------------------


def _word(meant: Meant, place: Place, line: str) -> Fix | None:
    start = place.column - 1
    quote = line[start : start + 1] if line[start : start + 1] in ("'", '"') else ""
    start += len(quote)
    token = line[start : line.find(quote, start)] if quote else _plain_token(line[start:])
    found = [each.start() for each in re.finditer(rf"(?<![\w.]){re.escape(meant.old)}(?![\w.])", token)]
    if len(found) != 1:
        return None
    new = meant.new
    if meant.raw and quote:
        return None
    if not quote and not meant.raw and not (_SAFE.fullmatch(new) and new not in _VALUES):
        if found != [0] or token.strip() != meant.old:
            return None
        new = json.dumps(new, ensure_ascii=False)
    if quote and (quote in new or "\\" in new):
        return None
    at = start + found[0]
    return _between(place, at, at + len(meant.old), new)


def _plain_token(rest: str) -> str:
    """Give what may be one plain scalar at the beginning of the rest of a line."""
    return re.split(r":(?=\s|$)|,|\s#|[\]}]", rest, maxsplit=1)[0]


def _between(place: Place, start: int, end: int, text: str) -> Fix:
    return Fix(Place(place.file, place.line, start + 1), Place(place.file, place.line, end + 1), text)


def _value(text: str, place: Place, line: str) -> Fix | None:
    start = place.column - 1
    end = end_of(line, start, in_flow=in_flow(line, start))
    if end is None or end == start:
        return None
    if not text:
        text = line[start + 1 : end - 1].strip()
    return _between(place, start, end, text)


def _key(renamed: Renamed, place: Place, line: str) -> Fix | None:
    found = re.search(rf"(?<![\w.])(['\"]?){re.escape(renamed.old)}\1(?=\s*:\s*$)", line[: place.column - 1])
    return _between(place, found.start(), found.end(), written(renamed.new)) if found else None


def _entry(text: str, place: Place, line: str) -> Fix | None:
    start = place.column - 1
    flow = in_flow(line, start)
    colon = re.compile(r"(?:'[^']*'|\"[^\"]*\"|[^'\"{}\[\],#][^{}\[\],#]*?)\s*:\s+(?=[^\s#])").match(line, start)
    end = end_of(line, colon.end(), in_flow=flow) if colon else None
    return _between(place, start, end, text) if end is not None else None


def _joined(place: Place, line: str) -> Fix | None:
    before = re.search(r":\s+([^\s{}\[\]\"':#,][^{}\[\]\"':#]*,\s*)$", line[: place.column - 1])
    after = re.compile(r"[^{}\[\]\"':#]*?(?=\s*})").match(line, place.column - 1)
    if before is None or after is None:
        return None
    whole = line[before.start(1) : after.end()]
    number = re.fullmatch(r"(-?\d+),(\d+)", whole)
    return _between(place, before.start(1), after.end(), f"{number[1]}.{number[2]}" if number else f'"{whole}"')


def _added(text: str, place: Place, lines: Sequence[str]) -> Fix | None:
    """Put an entry in front of the first one of a map, in the form that the map has."""
    line, start = lines[place.line - 1], place.column - 1
    opened = re.compile(r"(?:(?:'[^']*'|\"[^\"]*\"|[^'\"{}\[\],#][^{}\[\],#]*?)\s*:\s+)?\{").match(line, start)
    if opened:
        rest = line[opened.end() :].lstrip()
        return _between(place, opened.end(), opened.end(), text if rest.startswith("}") else f"{text}, ")
    if not re.fullmatch(r"[^{}\[\]]*:\s*(#.*)?", line[start:]):
        return None
    for number in range(place.line, len(lines)):
        below = lines[number].lstrip(" ")
        if not below or below.startswith("#"):
            continue
        deep = len(lines[number]) - len(below)
        if deep <= start or below[0] in "-[":
            return None
        if below[0] == "{":
            spot = Place(place.file, number + 1, deep + 2)
            return Fix(spot, spot, f"{text}, ")
        spot = Place(place.file, number + 1, 1)
        return Fix(spot, spot, f"{' ' * deep}{text}\n")
    return None
