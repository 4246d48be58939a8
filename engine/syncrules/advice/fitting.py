"""What was probably meant by a value, or a key, that does not fit where it stands.

A suggestion that can be carried out is made only where a single one is sensible; the grammar says what fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator

from syncrules.advice.meant import Synonyms, abbreviated, candidates, nearest
from syncrules.advice.mend import Added, Entry, Instead, Meant, written

Schema = Mapping[str, Any]
_YES_OR_NO = {"yes": "true", "no": "false", "on": "true", "off": "false", "true": "true", "false": "false", "ja": "true", "nee": "false", "oui": "true", "non": "false", "y": "true", "n": "false"}  # fmt: skip
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:[.,][0-9]+)?")
_SPAN = re.compile(r"(\d+) *([a-z]+)")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))? *(am|pm|uur|h)?", re.IGNORECASE)


def yes_or_no(value: object) -> str:
    """Suggest true or false for a word that says so; empty if it does not."""
    word = _YES_OR_NO.get(str(value).lower(), "")
    return Instead(f"Write {word}.", word) if word else ""


def unquoted(value: object, *, whole: bool = False) -> str:
    """Suggest the number that a text holds; empty if it holds none."""
    text = str(value).strip()
    if not isinstance(value, str) or not (_WHOLE if whole else _NUMBER).fullmatch(text):
        return ""
    number = text.replace(",", ".")
    return Instead(f"Write {number}, without quotes." if number == text else f"Write {number}.", number)


def quoted(value: object) -> str:
    """Suggest the text of what was read as a number; empty if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return ""
    return Instead("Put it in quotes: it is a text.", f'"{value}"')


def time_of_day(value: object) -> str:
    """Suggest the time of day that is said in another way; empty if none is."""
    found = _CLOCK.fullmatch(str(value).strip())
    if not found:
        return ""
    hour, half = int(found[1]), (found[3] or "").lower()
    hour = hour % 12 + 12 * (half == "pm") if half in ("am", "pm") else hour
    minute = int(found[2] or 0)
    if hour > 23 or minute > 59:
        return ""
    return Instead(f"Write it as {hour:02}:{minute:02}.", f'"{hour:02}:{minute:02}"')


class Fitting:
    """Looks for what fits in a grammar."""

    def __init__(self, root: Schema, keys: Synonyms, values: Synonyms) -> None:
        self._root, self._keys, self._values = root, keys, values

    def whole(self, shape: Schema) -> Schema:
        """Follow `$ref`."""
        while "$ref" in shape:
            shape = self._root["$defs"][shape["$ref"].rpartition("/")[2]]
        return shape

    def branches(self, shape: Schema) -> Iterator[Schema]:
        """List the shapes that a place takes."""
        shape = self.whole(shape)
        several = shape.get("anyOf", shape.get("oneOf"))
        if several is None:
            yield shape
        for each in several or ():
            yield from self.branches(each)

    def takes(self, shape: Schema, value: Any) -> bool:
        """Tell whether a value fits."""
        return bool(Draft202012Validator({**shape, "$defs": self._root.get("$defs", {})}).is_valid(value))

    # Values -----------------------------------------------------------------------------------------------------------

    def value(self, value: Any, shape: Schema, words: Sequence[str]) -> str:
        """Suggest what fits in place of a value; empty if nobody can tell.

        Args:
            words: those that may stand here.
        """
        branches = list(self.branches(shape))
        kinds = {kind for each in branches for kind in _kinds(each)}
        if isinstance(value, list):
            return self._out_of_brackets(value, branches)
        if isinstance(value, Mapping):
            return ""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, str) and value in words:
            return Instead(f"Write {value}, without quotes.", value)
        near = nearest(text, words, self._values)
        if near:
            return Instead(str(near), written(near.new)) if isinstance(near, Meant) and value != text else near
        short = abbreviated(text, words)
        if short:
            return Instead(f"did you mean '{short}'?", written(short))
        found = unquoted(value, whole="number" not in kinds) if {"integer", "number"} & kinds else ""
        found = found or (yes_or_no(value) if "boolean" in kinds else "")
        found = found or (quoted(value) if "string" in kinds and not {"integer", "number"} & kinds else "")
        return found or self._in_brackets(value, branches)

    def only(self, words: Sequence[str]) -> str:
        """Suggest the one word that may stand here."""
        return Instead(f"Write {words[0]}.", words[0])

    def _out_of_brackets(self, value: list[Any], branches: Sequence[Schema]) -> str:
        if len(value) == 1 and any(self.takes(each, value[0]) for each in branches if "array" not in _kinds(each)):
            return Instead("Take the square brackets away: one thing stands here, not a list.")
        return ""

    def _in_brackets(self, value: Any, branches: Sequence[Schema]) -> str:
        """Suggest the list, or the map, in which a single value was probably meant to stand."""
        found = [f"[{written(value)}]" for each in branches if "array" in _kinds(each) and self.takes(each, [value])]
        maps = [each for each in branches if "object" in _kinds(each)]
        for each in maps:
            found += self._span(value, each)
            negated = re.fullmatch(r"not +(.+)|!=? *(.+)", str(value), re.IGNORECASE)
            if negated and "not" in each.get("properties", {}):
                found.append(f"{{not: {negated[1] or negated[2]}}}")
        if not found:
            must = [key for each in maps for key in _one_key(each) if self.takes(each, {key: value})]
            found = [f"{{{key}: {written(value)}}}" for key in must]
        return Instead(f"Write {found[0]}.", found[0]) if len(found) == 1 else ""

    def _span(self, value: Any, shape: Schema) -> list[str]:
        said = _SPAN.fullmatch(str(value).lower())
        known = shape.get("properties", {})
        if not said or not {"minutes", "hours", "days"} <= known.keys():
            return []
        unit = candidates(said[2], known, self._keys) or [each for each in known if each.startswith(said[2])]
        return [f"{{{unit[0]}: {said[1]}}}"] if len(unit) == 1 else []

    # Keys -------------------------------------------------------------------------------------------------------------

    def key(self, key: str, value: Mapping[str, Any], shape: Schema) -> list[str]:
        """List the keys that one which means nothing may stand for: legal here, not said yet, and taking its value.

        Where spelling does not tell, the one that must be there and is not is meant.
        """
        known = shape.get("properties", {})
        free = [each for each in known if each not in value]
        near = candidates(key, free, self._keys)
        fitting = [each for each in near if self.takes(known[each], value[key])]
        lost = [each for each in shape.get("required", ()) if each in free and self.takes(known[each], value[key])]
        unknown = [each for each in value if each not in known]
        return fitting or near or (lost if len(lost) == len(unknown) == 1 else [])

    def turned(self, key: str, value: Any, known: Mapping[str, Any]) -> str:
        """Suggest to turn an entry round whose value is the key that may stand here; empty if it is not."""
        spelt = candidates(key, known, self._keys)
        if spelt or not isinstance(value, str) or value not in known or not self.takes(known[value], key):
            return ""
        text = f"{value}: {written(key)}"
        return Entry(f"Turn it round: write {text}.", text)

    def deeper(self, key: str, value: Any, said: Mapping[str, Any], known: Mapping[str, Any]) -> str:
        """Suggest the map, not said yet, in which a key belongs; empty if there is not exactly one."""
        homes = [
            name
            for name, shape in known.items()
            if name not in said
            for each in self.branches(shape)
            if key in each.get("properties", {}) and self.takes(each, {key: value})
        ]
        if len(homes) != 1 or isinstance(value, Mapping | list):
            return ""
        text = f"{homes[0]}: {{{key}: {written(value)}}}"
        return Entry(f"It belongs under '{homes[0]}': write {text}.", text)

    def missing(self, key: str, shape: Schema) -> str:
        """Suggest an entry that must be there and can only say one thing; empty if it can say several."""
        says = shape.get("properties", {}).get(key, {})
        return Added(f"Add {key}: {says['const']}.", f"{key}: {written(says['const'])}") if "const" in says else ""


def _kinds(shape: Schema) -> tuple[str, ...]:
    said = shape.get("type", ())
    return (said,) if isinstance(said, str) else tuple(said)


def _one_key(shape: Schema) -> list[str]:
    """Name the key that is meant where a map is wanted and only its value stands there."""
    known = list(shape.get("properties", {}))
    return (
        list(shape.get("required", ()))[:1] if len(shape.get("required", ())) == 1 else known if len(known) == 1 else []
    )
