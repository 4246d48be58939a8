"""The grammar of a mapping: what a file may say, and what is wrong with one, in words that a bookkeeper can read.

The grammar itself is `mapping.schema.json`. Two of its words are ours: `x-sides` (the free keys of this map are the names of the
two sides) and `x-merge` (when a mapping extends another, this map is put together key by key).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

Schema = Mapping[str, Any]
NONE = "none"
"""The value that takes an inherited row away."""

_KINDS = {
    "object": "a map (key: value)",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_WORDS_IN_VALUES = {"both", "neither", "match", "ask", "document", NONE}


@cache
def schema() -> Schema:
    """Give the grammar as it stands in its file."""
    result: Schema = json.loads((files("syncrules") / "mapping.schema.json").read_text(encoding="utf-8"))
    return result


@cache
def keywords() -> frozenset[str]:
    """List the words that a side cannot be named: they already mean something where a side's name may stand."""
    return frozenset(
        _WORDS_IN_VALUES.union(*(each.get("properties", {}) for each in _maps(schema()) if each.get("x-sides")))
    )


def _maps(node: Any) -> Iterator[Schema]:
    if isinstance(node, Mapping):
        yield node
        for each in node.values():
            yield from _maps(each)
    elif isinstance(node, list):
        for each in node:
            yield from _maps(each)


def resolve(part: Schema) -> Schema:
    """Follow `$ref`, and choose the map among several shapes."""
    while "$ref" in part:
        part = schema()["$defs"][part["$ref"].rpartition("/")[2]]
    for branch in part.get("anyOf", ()):
        if (found := resolve(branch)).get("type") == "object":
            return found
    return part


def below(part: Schema, key: str) -> Schema:
    """Give the grammar of what stands under a key."""
    free = part.get("additionalProperties")
    found = part.get("properties", {}).get(key, free)
    return resolve(found) if isinstance(found, Mapping) else {}


def merges(part: Schema) -> bool:
    """Tell whether a map is put together key by key when it is inherited."""
    return bool(part.get("x-merge"))


def takes_away(part: Schema, key: str) -> bool:
    """Tell whether `none` under this key takes an inherited row away."""
    free = part.get("additionalProperties")
    return (
        key not in part.get("properties", {})
        and isinstance(free, Mapping)
        and {"const": NONE}.items() <= _last(free).items()
    )


def _last(part: Schema) -> Schema:
    branches: Sequence[Schema] = part.get("anyOf", ())
    return branches[-1] if branches else {}


@cache
def validator(sides: tuple[str, ...]) -> Draft202012Validator:
    """Give the grammar for two sides of these names; without names any key may be a side."""
    return Draft202012Validator(_with_sides(schema(), sides) if sides else schema())


def _with_sides(node: Any, sides: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_with_sides(each, sides) for each in node]
    if not isinstance(node, Mapping):
        return node
    result = {key: _with_sides(each, sides) for key, each in node.items()}
    if result.get("x-sides"):
        free = result["additionalProperties"]
        result["properties"] = {**result.get("properties", {}), **dict.fromkeys(sides, free)}
        result["additionalProperties"] = False
    return result


def nearest(word: object, known: Iterable[str]) -> str:
    """Suggest the known word that was probably meant; empty if none comes near."""
    known = list(known)
    lower = {each.lower(): each for each in reversed(known)}
    found = get_close_matches(str(word), known, 1, 0.6) or [
        lower[each] for each in get_close_matches(str(word).lower(), lower, 1, 0.6)
    ]
    return f"did you mean '{found[0]}'?" if found else ""


def one_of(known: Iterable[object]) -> str:
    """List what may stand here, for a message."""
    words = [_shown(each) for each in known]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
