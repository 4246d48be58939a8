"""The grammar of a mapping: what a file may say, and what is wrong with one, in words that a bookkeeper can read.

The grammar itself is `mapping.schema.json`. Two of its words are ours: `x-sides` (the free keys of this map are the
names of the two sides) and `x-merge` (when a mapping extends another, this map is put together key by key).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from syncrules import yaml
from syncrules.advice import meant
from syncrules.advice.fitting import Schema
from syncrules.shape import NONE, TAKES_AWAY, Finding, Teller, one_of, shown
from syncrules.yaml import Path

__all__ = ["NONE", "Finding", "Schema", "one_of", "shown"]

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
    named = isinstance(free, Mapping) and TAKES_AWAY in free.get("anyOf", ())
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


@cache
def synonyms(kind: str) -> meant.Synonyms:
    """Give what other tools call our keys, values, operators or parts of a value."""
    text = (files("syncrules.language") / "synonyms.yaml").read_text(encoding="utf-8")
    found = yaml.load(text, "synonyms.yaml").data[kind]
    return {word: tuple(each) if isinstance(each, list) else (each,) for word, each in found.items()}


def best(word: object, known: Iterable[str]) -> str:
    """Find the known word that was probably meant; empty if none comes near."""
    return meant.best(word, known)


def nearest(word: object, known: Iterable[str], kind: str = "") -> str:
    """Suggest the known word that was probably meant; empty if none comes near.

    Args:
        kind: of which synonyms may help: keys, values, operators or parts.
    """
    return meant.nearest(word, known, synonyms(kind) if kind else None)


@cache
def teller() -> Teller:
    """Give what tells what the grammar of a mapping refuses."""
    return Teller(schema(), synonyms("keys"), synonyms("values"))


def findings(data: Any, sides: tuple[str, ...], part: str = "") -> list[Finding]:
    """Hold a document against the grammar, or a part of it; one finding for each thing that is wrong."""
    return teller().findings(validator(sides, part).iter_errors(data))


def choices(definition: str, key: str) -> list[str]:
    """List the words that may stand after a key."""
    return teller().choices(schema()["$defs"][definition]["properties"][key])[0]
