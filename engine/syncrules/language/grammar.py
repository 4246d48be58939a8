"""The grammar of a mapping: what a file may say, and what is wrong with one, in words that a bookkeeper can read.

The grammar itself is `mapping.schema.json`. Two of its words are ours: `x-sides` (the free keys of this map are the
names of the two sides) and `x-merge` (when a mapping extends another, this map is put together key by key).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from syncrules.yaml import Path

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
_TAKES_AWAY = {"const": NONE, "description": "Takes away the row of this name that was inherited."}
_WORDS_IN_VALUES = {"both", "neither", "match", "ask", "document", NONE}


@cache
def schema() -> Schema:
    """Give the grammar as it stands in its file."""
    result: Schema = json.loads((files("syncrules.language") / "mapping.schema.json").read_text(encoding="utf-8"))
    return result


@cache
def keywords() -> frozenset[str]:
    """List the words that a side cannot be named: they already mean something."""
    return frozenset(_WORDS_IN_VALUES.union(*(each.get("properties", {}) for each in _maps(schema()))))


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


def holder(path: Path) -> Path:
    """Give what is broken when this is: what lacks something that it must have is broken as a whole."""
    parts = [schema()]
    for key in path[:-1]:
        parts.append(below(parts[-1], str(key)))
    while len(path) > 1 and path[-1] in parts.pop().get("required", ()):
        path = path[:-1]
    return path


def merges(part: Schema) -> bool:
    """Tell whether a map is put together key by key when it is inherited."""
    return bool(part.get("x-merge"))


def takes_away(part: Schema, key: str) -> bool:
    """Tell whether `none` under this key takes an inherited row away."""
    free = part.get("additionalProperties")
    named = isinstance(free, Mapping) and _TAKES_AWAY in free.get("anyOf", ())
    return named and key not in part.get("properties", {})


@cache
def validator(sides: tuple[str, ...], part: str = "") -> Draft202012Validator:
    """Give the grammar for two sides of these names; without names any key may be a side.

    Args:
        part: name of a part of the grammar that a file of its own is written in; empty: a whole mapping.
    """
    whole = {"$ref": f"#/$defs/{part}", "$defs": schema()["$defs"]} if part else schema()
    return Draft202012Validator(_with_sides(whole, sides) if sides else whole)


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


def best(word: object, known: Iterable[str]) -> str:
    """Find the known word that was probably meant; empty if none comes near."""
    lower = {each.lower(): each for each in known}
    found = get_close_matches(str(word).lower(), lower, 1, 0.6)
    return lower[found[0]] if found else ""


def nearest(word: object, known: Iterable[str]) -> str:
    """Suggest the known word that was probably meant; empty if none comes near."""
    found = best(word, known)
    return f"did you mean '{found}'?" if found else ""


def one_of(known: Iterable[object]) -> str:
    """List what may stand here, for a message."""
    words = [shown(each) for each in known]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: object) -> str:
    """Write a value as the file does."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a document may not say."""

    path: Path
    """What to point at."""
    message: str
    suggestion: str
    broken: tuple[Path, ...]
    """What is not to be looked at any further, or not to be missed."""
    at_key: bool = False
    """The key is wrong, not the value."""


def findings(data: Any, sides: tuple[str, ...], part: str = "") -> list[Finding]:
    """Hold a document against the grammar, or a part of it; one finding for each thing that is wrong."""
    found = [each for error in validator(sides, part).iter_errors(data) for each in _told(error)]
    misspelt = {path for each in found if len(each.broken) > 1 for path in each.broken[1:]}
    return [each for each in found if each.path == each.broken[0] or each.broken[0] not in misspelt]


def _told(error: ValidationError) -> Iterator[Finding]:
    path, value, shape, limit = _facts(error)
    if value is None:
        hint = "Give it a value; a text that holds a comma, ': ' or '#' needs quotes."
        yield Finding(path, f"nothing stands after '{_last_key(path)}'", hint, (path,))
        return
    match error.validator:
        case "anyOf":
            yield from _among(error)
        case "additionalProperties":
            yield from _unknown_keys(path, value, shape.get("properties", {}))
        case "required":
            for key in [each for each in limit if each not in value]:
                says = shape.get("properties", {}).get(key, {}).get("description", "")
                yield Finding(
                    path,
                    f"'{key}' is missing here",
                    f"{key}: {says}" if says else f"Add {key}:.",
                    ((*path, key),),
                    at_key=True,
                )
        case "enum" | "const" | "type":
            yield _misfit(path, value, shape)
        case "minLength" | "minItems":
            yield Finding(path, f"'{_last_key(path)}' is empty", "Give it a value, or leave it out.", (path,))
        case "minProperties" | "maxProperties":
            yield Finding(
                path,
                f"'{_last_key(path)}' takes {_amount(shape)}, not {len(value)}",
                "Leave some out, or add some.",
                (path,),
            )
        case "minimum":
            yield Finding(
                path, f"'{_last_key(path)}' must be {limit} or more, not {value}", f"Write {limit} or more.", (path,)
            )
        case "pattern":
            yield Finding(path, f"'{value}' is not a time of day", "Write it as 06:30 or 22:00.", (path,))
        case _:
            yield Finding(path, error.message, "Look it up in the reference of the language.", (path,))


def _facts(error: ValidationError) -> tuple[Path, Any, Any, Any]:
    """Give path, value, the grammar of the value, and the limit that it breaks."""
    return tuple(error.absolute_path), error.instance, error.schema, error.validator_value


def _last_key(path: Path) -> str:
    return next((each for each in reversed(path) if isinstance(each, str)), "the file")


def _amount(shape: Schema) -> str:
    least, most = shape.get("minProperties", 0), shape.get("maxProperties")
    number = f"{least} or more" if most is None else str(most) if least == most else f"{least} to {most}"
    return f"{number} {'entry' if number == '1' else 'entries'}"


def _unknown_keys(path: Path, value: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Finding]:
    for key in [each for each in value if each not in known]:
        near = best(key, [each for each in known if each not in value]) or best(key, known)
        if value[key] is None:
            hint = "If it is a part of a text, put the whole text in quotes."
        else:
            hint = f"did you mean '{near}'?" if near else f"Here may stand: {one_of(known)}."
        broken = ((*path, key), (*path, near)) if near and near not in value else ((*path, key),)
        yield Finding((*path, key), f"'{key}' means nothing here", hint, broken, at_key=True)


def _among(error: ValidationError) -> Iterator[Finding]:
    """Tell what is wrong with the one shape, among several, that was meant."""
    path, value, shape, _ = _facts(error)
    branches: dict[int, list[ValidationError]] = {}
    for each in error.context or ():
        branches.setdefault(int(each.schema_path[0]), []).append(each)
    meant = [each for each in branches.values() if all(_fits(one, len(path)) for one in each)]
    if meant:
        for each in max(meant, key=lambda branch: max(len(one.absolute_path) for one in branch)):
            yield from _told(each)
    else:
        yield _misfit(path, value, shape)


def _fits(error: ValidationError, depth: int) -> bool:
    """Tell whether the value at least has the shape that this branch wants."""
    if len(error.absolute_path) > depth:
        return True
    if error.validator == "anyOf":
        return any(_fits(each, depth) for each in error.context or ())
    return error.validator not in ("type", "const", "enum")


def _misfit(path: Path, value: Any, shape: Schema) -> Finding:
    words, kinds = _choices(shape)
    given = f"'{shown(value)}'"
    if isinstance(value, Mapping | list):
        given = _KINDS["object" if isinstance(value, Mapping) else "array"]
    takes = [*words, *kinds]
    under = f" after '{_last_key(path)}'" if path else ""
    hint = nearest(value, words) or (f"Write {takes[0]}." if len(takes) == 1 else "Write one of these.")
    return Finding(path, f"{given} cannot stand{under}: it takes {one_of(takes)}", hint, (path,))


def _choices(shape: Schema) -> tuple[list[str], list[str]]:
    """List the words and the kinds of values that a place takes."""
    words: list[str] = []
    kinds: list[str] = []
    if "$ref" in shape:
        shape = schema()["$defs"][shape["$ref"].rpartition("/")[2]]
    if "anyOf" in shape:
        for each in [each for each in shape["anyOf"] if each != _TAKES_AWAY]:
            more_words, more_kinds = _choices(each)
            words += more_words
            kinds += more_kinds
    elif "enum" in shape or "const" in shape:
        words = [shown(each) for each in shape.get("enum", [shape.get("const")])]
    else:
        stated = shape.get("type", [])
        kinds = [_KINDS[each] for each in ([stated] if isinstance(stated, str) else stated)]
    return list(dict.fromkeys(words)), list(dict.fromkeys(kinds))


def choices(definition: str, key: str) -> list[str]:
    """List the words that may stand after a key."""
    return _choices(schema()["$defs"][definition]["properties"][key])[0]
