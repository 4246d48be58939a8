"""What is wrong with a document that a JSON Schema refuses, in words that a bookkeeper can read.

Files that people write share these sentences: mappings, manifests, answers and help texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema.exceptions import ValidationError

from syncrules.advice import fitting
from syncrules.advice.fitting import Fitting, Schema
from syncrules.advice.meant import Synonyms, best
from syncrules.advice.mend import Joined, Meant
from syncrules.yaml import Path

NONE = "none"
"""The value that takes an inherited row away."""
KINDS = {
    "object": "a map (key: value)",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
TAKES_AWAY = {"const": NONE, "description": "Takes away the row of this name that was inherited."}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a document may not say."""

    code: str
    path: Path
    """What to point at."""
    message: str
    suggestion: str
    broken: tuple[Path, ...]
    """What is not to be looked at any further, or not to be missed."""
    at_key: bool = False
    """The key is wrong, not the value."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what a grammar refuses."""

    root: Schema
    """The whole grammar, in which a `$ref` is looked up."""
    keys: Synonyms = field(default_factory=dict)
    """What other tools call a key."""
    values: Synonyms = field(default_factory=dict)
    """What they call a word that stands as a value."""

    @property
    def fitting(self) -> Fitting:
        return Fitting(self.root, self.keys, self.values)

    def findings(self, errors: Iterable[ValidationError]) -> list[Finding]:
        """Give one finding for each thing that is wrong; what only follows from another is left out."""
        found = [each for error in errors for each in self._told(error)]
        misspelt = {path for each in found if len(each.broken) > 1 for path in each.broken[1:]}
        kept = [each for each in found if each.path == each.broken[0] or each.broken[0] not in misspelt]
        odd = {each.path[:-1] for each in kept if each.code == "SR020"}
        return [each for each in kept if each.code != "SR026" or each.path not in odd]

    def _told(self, error: ValidationError) -> Iterator[Finding]:
        path, value, shape, limit = _facts(error)
        if value is None:
            hint = "Give it a value; a text that holds a comma, ': ' or '#' needs quotes."
            yield Finding("SR023", path, f"nothing stands after '{_last_key(path)}'", hint, (path,))
            return
        match error.validator:
            case "anyOf" | "oneOf":
                yield from self._among(error)
            case "additionalProperties":
                yield from self._unknown_keys(path, value, shape)
            case "required":
                yield from self._missing_keys(path, value, shape, limit)
            case "enum" | "const" | "type":
                yield self._misfit(path, value, shape)
            case "minLength" | "minItems":
                said = f"'{_last_key(path)}' is empty"
                yield Finding("SR025", path, said, "Give it a value, or leave it out.", (path,))
            case "minProperties" | "maxProperties":
                said = f"'{_last_key(path)}' takes {_amount(shape)}, not {len(value)}"
                yield Finding("SR026", path, said, "Leave some out, or add some.", (path,))
            case "minimum":
                said = f"'{_last_key(path)}' must be {limit} or more, not {value}"
                yield Finding("SR027", path, said, f"Write {limit} or more.", (path,))
            case "pattern":
                said = f"'{value}' is not a time of day"
                hint = fitting.time_of_day(value) or "Write it as 06:30 or 22:00."
                yield Finding("SR028", path, said, hint, (path,))
            case _:
                yield Finding("SR029", path, error.message, "Look it up in the reference of the language.", (path,))

    def _unknown_keys(self, path: Path, value: Mapping[str, Any], shape: Schema) -> Iterator[Finding]:
        known = shape.get("properties", {})
        for key in [each for each in value if each not in known]:
            hint, near = self._unknown(key, value, shape)
            hint = hint or (f"did you mean '{near}'?" if near else f"Here may stand: {one_of(known)}.")
            broken = ((*path, key), (*path, near)) if near and near not in value else ((*path, key),)
            yield Finding("SR020", (*path, key), f"'{key}' means nothing here", hint, broken, at_key=True)

    def _unknown(self, key: str, value: Mapping[str, Any], shape: Schema) -> tuple[str, str]:
        """Give what to do about a key that means nothing, and the key that was meant by it; either may be empty."""
        known = shape.get("properties", {})
        if value[key] is None:
            return self._empty(key, value, known)
        turned = self.fitting.turned(key, value[key], known)
        if turned:
            return turned, str(value[key])
        found = self.fitting.key(key, value, shape)
        if len(found) > 1:
            return f"did you mean '{found[0]}' or '{found[1]}'?", found[0]
        if found:
            return Meant(f"did you mean '{found[0]}'?", key, found[0]), found[0]
        return self.fitting.deeper(key, value[key], value, known), best(key, known, self.keys)

    def _empty(self, key: str, value: Mapping[str, Any], known: Mapping[str, Any]) -> tuple[str, str]:
        """Say what to do about a key after which nothing stands: a colon, a space or quotes are missing."""
        first, _, rest = key.partition(":")
        if rest and first.strip() in known:
            return Meant("Put a space after the colon.", key, f"{first}: {rest}", raw=True), first.strip()
        first = key.partition(" ")[0]
        if first in known and first not in value and " " in key:
            return Meant(f"Put a colon after '{first}'.", key, f"{first}: {key[len(first) + 1 :]}", raw=True), first
        if re.fullmatch("[0-9]+", key):
            return Joined("Write a decimal number with a point; a text that holds a comma needs quotes."), ""
        return Joined("If it is a part of a text, put the whole text in quotes."), ""

    def _missing_keys(self, path: Path, value: Mapping[str, Any], shape: Schema, limit: list[str]) -> Iterator[Finding]:
        for key in [each for each in limit if each not in value]:
            says = shape.get("properties", {}).get(key, {}).get("description", "")
            hint = self.fitting.missing(key, shape) or (f"{key}: {says}" if says else f"Add {key}:.")
            yield Finding("SR022", path, f"'{key}' is missing here", hint, ((*path, key),), at_key=True)

    def _among(self, error: ValidationError) -> Iterator[Finding]:
        """Tell what is wrong with the one shape, among several, that was meant."""
        path, value, shape, _ = _facts(error)
        branches: dict[int, list[ValidationError]] = {}
        for each in error.context or ():
            branches.setdefault(int(each.schema_path[0]), []).append(each)
        meant = [each for each in branches.values() if all(_fits(one, len(path)) for one in each)]
        if meant:
            for each in max(meant, key=lambda branch: max(len(one.absolute_path) for one in branch)):
                yield from self._told(each)
        else:
            yield self._misfit(path, value, shape)

    def _misfit(self, path: Path, value: Any, shape: Schema) -> Finding:
        words, kinds = self.choices(shape)
        given = f"'{shown(value)}'"
        if isinstance(value, Mapping | list):
            given = KINDS["object" if isinstance(value, Mapping) else "array"]
        takes = [*words, *kinds]
        under = f" after '{_last_key(path)}'" if path else ""
        hint = self.fitting.value(value, shape, [*words, *([NONE] if _may_go(shape) else [])])
        if not hint and len(takes) == len(words) == 1 and not isinstance(value, Mapping | list):
            hint = self.fitting.only(words)
        hint = hint or (f"Write {takes[0]}." if len(takes) == 1 else "Write one of these.")
        return Finding("SR024", path, f"{given} cannot stand{under}: it takes {one_of(takes)}", hint, (path,))

    def choices(self, shape: Schema) -> tuple[list[str], list[str]]:
        """List the words and the kinds of values that a place takes."""
        words: list[str] = []
        kinds: list[str] = []
        if "$ref" in shape:
            shape = self.root["$defs"][shape["$ref"].rpartition("/")[2]]
        branches = shape.get("anyOf", shape.get("oneOf"))
        if branches is not None:
            for each in [each for each in branches if each != TAKES_AWAY]:
                more_words, more_kinds = self.choices(each)
                words += more_words
                kinds += more_kinds
        elif "enum" in shape or "const" in shape:
            words = [shown(each) for each in shape.get("enum", [shape.get("const")])]
        else:
            stated = shape.get("type", [])
            kinds = [KINDS[each] for each in ([stated] if isinstance(stated, str) else stated)]
        return list(dict.fromkeys(words)), list(dict.fromkeys(kinds))


def _may_go(shape: Schema) -> bool:
    """Tell whether `none` takes away what stands here."""
    return TAKES_AWAY in shape.get("anyOf", ())


def _facts(error: ValidationError) -> tuple[Path, Any, Any, Any]:
    """Give path, value, the grammar of the value, and the limit that it breaks."""
    return tuple(error.absolute_path), error.instance, error.schema, error.validator_value


def _fits(error: ValidationError, depth: int) -> bool:
    """Tell whether the value at least has the shape that this branch wants."""
    if len(error.absolute_path) > depth:
        return True
    if error.validator in ("anyOf", "oneOf"):
        return any(_fits(each, depth) for each in error.context or ())
    return error.validator not in ("type", "const", "enum")


def _last_key(path: Path) -> str:
    return next((each for each in reversed(path) if isinstance(each, str)), "the file")


def _amount(shape: Schema) -> str:
    least, most = shape.get("minProperties", 0), shape.get("maxProperties")
    number = f"{least} or more" if most is None else str(most) if least == most else f"{least} to {most}"
    return f"{number} {'entry' if number == '1' else 'entries'}"


def one_of(known: Iterable[object]) -> str:
    """List what may stand here, for a message."""
    words = [shown(each) for each in known]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def shown(value: object) -> str:
    """Write a value as the file does."""
    return str(value).lower() if isinstance(value, bool) else str(value)
