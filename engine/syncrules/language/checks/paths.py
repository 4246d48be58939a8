"""Where a path leads in a manifest: whether there is such a field, and whether it may be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jmespath
import jmespath.exceptions

from syncrules.advice.meant import plain
from syncrules.advice.mend import Meant
from syncrules.language import grammar
from syncrules.manifest import Field, Manifest

PLAIN = re.compile(r"\w+(\.\w+)*")
Steps = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a path leads; if nowhere, `wrong` says why."""

    path: str
    field: Field | None = None
    """The field at the end of a plain path."""
    plain: bool = True
    """False for an expression, which can only be read."""
    through: tuple[Field, ...] = ()
    """The fields on the way."""
    wrong: str = ""
    suggestion: str = ""
    code: str = "SR048"
    """Of what is wrong."""
    guessed: bool = False
    """Something else stands there, and this was probably meant."""

    @property
    def through_list(self) -> bool:
        """Tell whether the path goes on below a list."""
        return any(each.type == "array" for each in self.through)

    def unwritable(self) -> str:
        """Say why nothing can be written there; empty if it can."""
        if not self.plain:
            return f"'{self.path}' is an expression, which can be read but not written"
        if self.field is None:
            return ""
        for index, each in enumerate(self.through):
            if each.read_only:
                return f"'{'.'.join(self.path.split('.')[: index + 1])}' can be read but not written"
            if each.type == "array":
                return f"'{each.name}' is a list, and its elements cannot be written one by one"
            if each.reference:
                return self._by_reference(each, index)
        return f"'{self.path}' can be read but not written" if self.field.read_only else ""

    def _by_reference(self, reference: Field, index: int) -> str:
        rest = ".".join(self.path.split(".")[index + 1 :])
        if rest in reference.by:
            return ""
        ways = f" by {grammar.one_of(reference.by)}" if reference.by else ""
        return f"'{self.path}' belongs to another record; '{reference.name}' can only be set{ways}"


def lead(manifest: Manifest, resource: str, path: str, prefix: str = "") -> Lead:
    """Follow a path, or every path in an expression, from a record (or from the part of it at `prefix`)."""
    start = tuple(each for each in prefix.split(".") if each)
    if PLAIN.fullmatch(path):
        return _follow(manifest, resource, path, start)
    try:
        mentioned = list(mentions(path))
    except jmespath.exceptions.JMESPathError:
        return _unreadable(manifest, resource, path, prefix)
    otherwise = _in_our_words(path)
    if otherwise and all(not _follow(manifest, resource, ".".join(each), start).wrong for each in mentions(otherwise)):
        wrong, cure = f"'{path}' does not mean the first that is filled", _meant_so(path, otherwise)
        return Lead(path, plain=False, wrong=wrong, suggestion=cure, code="SR049")
    for each in mentioned:
        found = _follow(manifest, resource, ".".join(each), start)
        if found.wrong:
            return Lead(path, plain=False, wrong=found.wrong, suggestion=found.suggestion, code=found.code)
    return Lead(path, plain=False)


def _follow(manifest: Manifest, resource: str, path: str, start: Steps) -> Lead:
    steps = (*start, *path.split("."))
    passed: list[Field] = []
    for index in range(1, len(steps) + 1):
        found = manifest.field_at(resource, ".".join(steps[:index]))
        if found is None:
            return _nowhere(manifest, resource, steps, index - 1, len(start))
        passed.append(found)
    return Lead(path, passed[-1], True, tuple(passed[len(start) : -1]))


def _nowhere(manifest: Manifest, resource: str, steps: Steps, at: int, start: int) -> Lead:
    """Say that a step leads nowhere, and name the field that was probably meant."""
    before, within = ".".join(steps[:at]), ".".join(steps[:start])
    titles = {each: _title(manifest, resource, each) for each in manifest.paths(resource)}
    siblings = [each for each in titles if each.rpartition(".")[0] == before]
    where = f"'{before}'" if at else f"{manifest.resources[resource].title} of {manifest.title}"
    verb = "has" if at else "have"
    wrong = f"{where} {verb} no field '{steps[at]}'" if siblings else f"{where} {verb} no parts"
    meant = _alike(steps[-1], [each for each in titles if not within or each.startswith(f"{within}.")], titles)
    if not meant:
        meant = _near(steps[at], siblings, titles)
        whole = ".".join((meant, *steps[at + 1 :]))
        meant = whole if meant and whole in titles else meant
    if not meant:
        cure = _listed([each.rpartition(".")[2] for each in siblings]) if siblings else f"Write {before}."
        return Lead(".".join(steps[start:]), wrong=wrong, suggestion=cure)
    shown = ".".join(meant.split(".")[start:])
    title = f" ({titles[meant]})" if titles[meant] not in ("", shown) else ""
    path = ".".join(steps[start:])
    return Lead(path, wrong=wrong, suggestion=Meant(f"did you mean '{shown}'{title}?", path, shown))


def _unreadable(manifest: Manifest, resource: str, path: str, prefix: str) -> Lead:
    """Say that a path cannot be read; it may be the title of a field."""
    titles = {each: _title(manifest, resource, each) for each in manifest.paths(resource) if each.startswith(prefix)}
    meant = "" if set(path) & set("|!&[]") else _alike(path, list(titles), titles).removeprefix(prefix)
    cure = Meant(f"did you mean '{meant}' ({path})?", path, meant) if meant else ""
    otherwise = _in_our_words(path)
    if otherwise and not cure:
        cure = _meant_so(path, otherwise)
    cure = cure or "Write it as a name, as a.b, or as a || b."
    wrong = f"'{path}' cannot be read as a field or an expression"
    return Lead(path, plain=False, wrong=wrong, suggestion=cure, code="SR049")


def _in_our_words(path: str) -> str:
    """Write an expression with our signs for or and and; empty if it has none of other languages, or cannot be read then."""
    said = re.sub(r"\s+(?:or|OR|\?\?|\|)\s+", " || ", path)
    said = re.sub(r"\s+(?:and|AND|&)\s+", " && ", said)
    try:
        return said if said != path and jmespath.compile(said) else ""
    except jmespath.exceptions.JMESPathError:
        return ""


def _meant_so(path: str, otherwise: str) -> Meant:
    return Meant(f"Write {otherwise}.", path, otherwise)


def _listed(fields: list[str]) -> str:
    """List what there is, as far as anybody would read it."""
    return f"There are: {', '.join(fields[:12])}{' …' if len(fields) > 12 else '.'}"


def _title(manifest: Manifest, resource: str, path: str) -> str:
    found = manifest.field_at(resource, path)
    return found.title if found else ""


def _alike(word: str, paths: list[str], titles: dict[str, str]) -> str:
    """Find the shortest path whose last step or title is this word, give or take capitals, spaces and the like."""
    same = [each for each in paths if plain(word) in (plain(each.rpartition(".")[2]), plain(titles[each]))]
    same = same or [each for each in paths if plain(word) == plain(each)]
    return min(same, key=len, default="") if plain(word) else ""


def _near(word: str, paths: list[str], titles: dict[str, str]) -> str:
    """Find the path whose last step or title comes nearest to a word."""
    words = {titles[each].lower(): each for each in reversed(paths) if titles[each]}
    words |= {each.rpartition(".")[2].lower(): each for each in reversed(paths)}
    return words.get(grammar.best(word, words), "")


# Which fields an expression mentions ---------------------------------------------------------------------------------


def mentions(expression: str) -> Iterator[Steps]:
    """List the paths of fields, from the record on, that a JMESPath expression reads."""
    seen: list[Steps] = []
    _walk(jmespath.compile(expression).parsed, [()], seen)
    yield from dict.fromkeys(seen)


def _walk(node: Any, bases: list[Steps], seen: list[Steps]) -> list[Steps]:
    """Note the paths of a node, and give those that its value stands at; none if it is a new value."""
    children = node["children"]
    match node["type"]:
        case "field":
            found = [(*base, node["value"]) for base in bases]
            seen += found
            return found
        case "subexpression" | "index_expression" | "projection" | "pipe" | "flatten":
            for each in children:
                bases = _walk(each, bases, seen)
            return bases
        case "filter_projection":
            inside = _walk(children[0], bases, seen)
            _walk(children[2], inside, seen)
            return _walk(children[1], inside, seen)
        case "or_expression" | "and_expression":
            return [path for each in children for path in _walk(each, bases, seen)]
        case "identity" | "current" | "index" | "slice":
            return bases
        case "value_projection" | "literal":
            return []
        case _:
            for each in children:
                _walk(each, bases, seen)
            return []
