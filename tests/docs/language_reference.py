"""Print the reference of the mapping language from the grammar and the operators, into `mappings/README.md`.

Run `python tests/docs/language_reference.py` after a word was added or its description changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from syncrules.language import grammar
from syncrules.vocabulary.concepts import CONCEPTS
from syncrules.vocabulary.operators import OPERATORS

README = Path(__file__).parents[2] / "mappings" / "README.md"
Schema = Mapping[str, Any]

PLACES = {
    "The file": "",
    "In `scope`": "scope",
    "In a row of `settings`": "setting",
    "In a row of `preflight`": "preflight",
    "In a row of `entities`": "entity",
    "In an entity, under the name of a side": "side",
    "In a row of `fields`": "field",
    "In a row of `lines`": "template",
    "In a row of `needs`": "need",
    "In a row of `checks`": "check",
    "In `when`, under the name of a side": "when",
    "In `events`, under the name of a side": "events",
    "In a row of `follow_ups`": "follow_up",
    "In a row of `reconcile`": "reconcile",
    "In `if` and `enabled`": "setting_test",
    "In a test of a condition": "test",
    "In a span of time": "duration",
    "In a file of examples": "examples_file",
    "In one of `examples`": "example",
    "In `gives` of an example": "example_outcome",
    "In one of `promises`": "promise",
    "In `travels` of a promise": "promised_rhythm",
}
"""Heading → part of the grammar."""


def keywords() -> str:
    """Print every keyword with one line, by the place where it may stand."""
    return "\n\n".join(f"**{heading}**\n\n{table(rows(_part(name)))}" for heading, name in PLACES.items())


def _part(name: str) -> Schema:
    whole = grammar.schema()
    return grammar.resolve(whole["$defs"][name]) if name else whole


def rows(part: Schema, above: str = "") -> Iterator[tuple[str, str]]:
    """List the keywords of a part of the grammar, and those of the small maps that stand right below them."""
    for word, says in part.get("properties", {}).items():
        way = f"{above}`{word}`"
        yield way, _description(says)
        yield from _small_maps(says, f"{way} → ")


def _small_maps(says: Schema, above: str) -> Iterator[tuple[str, str]]:
    if "$ref" in says:
        return
    for branch in [says, *says.get("anyOf", ()), *_elements(says)]:
        if "$ref" not in branch and branch.get("type") == "object":
            yield from rows(branch, above)


def _elements(says: Schema) -> list[Schema]:
    return [says["items"]] if isinstance(says.get("items"), Mapping) else []


def _description(says: Schema) -> str:
    found = says.get("description") or (
        _description(grammar.schema()["$defs"][says["$ref"][8:]]) if "$ref" in says else ""
    )
    words = says.get("enum") or [each["const"] for each in says.get("anyOf", ()) if "const" in each]
    listed = ", ".join(f"`{each}`" for each in words)
    return " ".join(filter(None, [str(found), f"({listed})" if listed else ""]))


def operators() -> str:
    """Print every operator with its first sentence, its argument and where it goes."""
    lines = []
    for each in OPERATORS.values():
        way = (
            "compares"
            if each.normalises
            else "both ways"
            if each.forth and each.back
            else "to the second side"
            if each.forth
            else "to the first side"
        )
        lines.append(
            (f"`{each.name}`", way + (", may lose" if each.lossy else ""), each.argument or "–", _first_line(each.doc))
        )
    return table(lines, ("operator", "goes", "argument", "what it does"))


def concepts() -> str:
    """Print every concept with its parts."""
    lines = [
        (f"`{each.name}`", ", ".join(f"`{part}`" for part in each.parts), f"`{each.whole}`", _first_line(each.doc))
        for each in CONCEPTS.values()
    ]
    return table(lines, ("concept", "parts", "a plain path means", "what it is"))


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0].strip()


def table(lines: Any, heading: tuple[str, ...] = ("word", "what it says")) -> str:
    body = [
        " | ".join(cell.replace("|", "\\|") for cell in line)
        for line in [heading, tuple("---" for _ in heading), *lines]
    ]
    return "\n".join(f"| {line} |" for line in body)


END = "<!-- until here -->"
PARTS = {"keywords": keywords, "operators": operators, "concepts": concepts}


def filled_in(text: str, parts: Mapping[str, Callable[[], str]] = PARTS) -> str:
    """Give the text with every part between its two marks printed anew."""
    for name, print_it in parts.items():
        before, mark, rest = text.partition(f"<!-- printed: {name} -->")
        if mark:
            text = f"{before}{mark}\n\n{print_it()}\n\n{END}{rest.partition(END)[2]}"
    return text


if __name__ == "__main__":
    README.write_text(filled_in(README.read_text(encoding="utf-8")), encoding="utf-8")
