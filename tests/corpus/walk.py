"""A mapping seen from outside: every key and value with the place of its letters, and what kind of thing it is.

Nothing of the engine is asked: what is a word of the language stands in its grammar, what is a field in the manifests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import edits
import yaml

from syncrules import yaml as as_meant

ROOT = edits.HERE.parent.parent
GRAMMAR = ROOT / "engine" / "syncrules" / "language" / "mapping.schema.json"
MANIFESTS = (ROOT / "providers" / "syncrules_providers", edits.CONNECTORS)
NAMED = {"sides", "settings", "preflight", "entities", "needs", "follow_ups", "fields", "lines", "checks", "reconcile"}
"""Words below which stand names that a person chose."""
CONDITIONS = {
    "is",
    "where",
    "where_any",
    "also_match",
    "unless",
    "set",
    "inactive",
    "beside",
    "done_when",
    "belongs_to",
}
"""Words below which stand fields."""
SIDED = {"to", "leading", "from", "id_of", "kept_in", "is_id_of", "numbered_by", "side", "named_by", "on_request"}
"""Words whose value is a side."""
ENTITIES = {"like", "entity", "refers_to", "after", "used_by", "shared_with"}
PATHS = {
    "repeated",
    "sum",
    "percent",
    "of_each",
    "same_as",
    "day",
    "not_before",
    "one_per",
    "numbered",
    "included_in",
    "until",
    "per",
}
CLOSED = {"missing", "without_role", "out_of_step", "then", "created", "changed", "already_inactive", "deactivated", "reactivated",
          "deleted", "changed_kind", "filtered_out", "answer", "too_long", "unfit", "unknown", "empty", "for"}  # fmt: skip
"""Words whose value, if it is a plain word, comes from a closed list."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A key or a plain value: what it says, which letters of the file it takes, and where in the mapping it stands."""

    base: str
    path: tuple[str, ...]
    """Keys from the top; those of a list left out. A key is the last of its own path."""
    kind: str
    """word, name, side, field or part of a key; the word that a value stands under, for a value."""
    said: str
    start: int
    end: int
    key: bool
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """A good mapping."""

    base: str
    text: str
    data: Any
    spots: tuple[Spot, ...]
    sides: tuple[str, ...]

    def line_of(self, where: int) -> str:
        """Give the line in which a letter stands."""
        start = self.text.rfind("\n", 0, where) + 1
        return self.text[start : self.text.find("\n", where) + 1]

    def own_line(self, spot: Spot) -> bool:
        """Tell whether a key begins its line."""
        return spot.key and self.line_of(spot.start).lstrip().startswith((spot.said, f'"{spot.said}"'))


@cache
def good(base: str) -> Good:
    """Read a good mapping."""
    text = edits.file_of(base).read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    parent = data.get("extends")
    sides = tuple(data["sides"]) if "sides" in data else good(parent).sides
    return Good(base, text, data, tuple(_walk(base, yaml.compose(text), (), sides)), sides)


def _walk(base: str, node: Any, path: tuple[str, ...], sides: tuple[str, ...]) -> Iterator[Spot]:
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                kind = _kind(path, key.value, sides)
                yield Spot(base, (*path, key.value), kind, key.value, key.start_mark.index, key.end_mark.index, True)
                yield from _walk(base, value, (*path, key.value), sides)
        case yaml.SequenceNode():
            for each in node.value:
                yield from _walk(base, each, path, sides)
        case _:
            yield Spot(
                base,
                path,
                _value(path, sides),
                node.value,
                node.start_mark.index,
                node.end_mark.index,
                False,
                node.style,
            )


def _kind(path: tuple[str, ...], key: str, sides: tuple[str, ...]) -> str:
    above = path[-1] if path else ""
    if above in NAMED and not (above == "lines" and key in sides):
        return "name"
    if key in sides:
        return "side"
    if above in CONDITIONS and key != "setting":
        return "field"
    if above in sides and "fields" in path[:-1] and path[-3:-2] in (("fields",),):
        return "part"
    return "word" if key in words() else "other"


def _value(path: tuple[str, ...], sides: tuple[str, ...]) -> str:
    above = path[-1]
    over = path[-2] if len(path) > 1 else ""
    if above == "to" and path[-2:-1] and "fields" in path:
        return "side"
    for kind, holds in (
        ("setting", above == "setting"),
        ("match", over == "match" and above in ("any", "all")),
        ("row", over == "belongs_to" or (above == "of" and over in path and "checks" not in path and "needs" in path) or (above == "of" and over == "take")),
        ("resource", above == "resource" or (above in sides and (over in ("choose", "for_each") or (path[0] == "preflight" and len(path) == 3)))),
        ("entity", above in ENTITIES or (above == "for_each" and len(path) == 3)),
        ("operator", above == "as"),
        ("look_up", above == "look_up"),
        ("provider", above == "provider"),
        ("closed", above in CLOSED and "after" not in path and above != "answer"),
        ("side", above in SIDED),
        ("field", (above in sides or over in sides or above in PATHS or above in ("field", "key")) and over not in ("when", "values")),
        ("rhythm", over == "when"),
        ("text", above in ("about", "ask", "cure", "lossy", "because", "title", "summary", "not_synchronised")),
    ):  # fmt: skip
        if holds:
            return kind
    return "constant"


@cache
def words() -> frozenset[str]:
    """List the words of the language: the properties that the grammar names."""
    return frozenset(re.findall(r'"([a-z_]+)": \{', json.dumps(json.loads(GRAMMAR.read_text(encoding="utf-8"))))) - {
        "properties", "items", "additionalProperties", "$defs",
    }  # fmt: skip


@cache
def manifest(provider: str) -> Mapping[str, Any]:
    """Read the manifest of a provider."""
    name = provider.replace("-", "_")
    found = next(
        file
        for folder in MANIFESTS
        for each in (name, provider)
        if (file := folder / f"{each}.manifest.yaml").is_file()
    )
    document: Mapping[str, Any] = as_meant.load(found.read_text(encoding="utf-8"), found.name).data
    return document


@cache
def known() -> frozenset[str]:
    """List everything that any manifest calls anything, so that a typing error does not make something else of it."""
    texts = [each.read_text(encoding="utf-8") for folder in MANIFESTS for each in folder.glob("*.manifest.yaml")]
    return frozenset(re.findall(r"[A-Za-z_0-9]+", "\n".join(texts))) | words()


def place(text: str, where: int) -> str:
    """Name the innermost block in which a letter stands."""
    names: list[str] = []
    deep = 10**6
    head = text[: text.find("\n", where)] if "\n" in text[where:] else text
    for line in reversed(head.splitlines()):
        if not edits.said(line) or line.lstrip().startswith("- "):
            continue
        key, colon, _ = line.strip().partition(":")
        if colon and edits.indent(line) < deep:
            deep = edits.indent(line)
            names.insert(0, key.strip('"'))
    return " / ".join(names[1:] if names[0] == "entities" and len(names) > 1 else names)
