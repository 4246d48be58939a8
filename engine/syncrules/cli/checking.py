"""The check of the files that a person writes: mappings, manifests, answers, and the help texts beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from syncrules import codes, manifest_checks, yaml
from syncrules.activation import answers
from syncrules.article import beside
from syncrules.cli import fixing, sarif, workflow
from syncrules.cli.command import problem
from syncrules.cli.data import Data
from syncrules.cli.screen import Screen
from syncrules.errors import Place, Problem, SpecError, UsageError
from syncrules.examples import load as examples
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.yaml import Document

FORMATS = ("text", "json", "sarif", "github")
HELP = "help"
"""The folder beside a mapping in which its help texts stand."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with all that was found in it."""

    file: str
    kind: str
    """mapping, examples, manifest, answers or help."""
    found: tuple[Problem, ...]

    @property
    def problems(self) -> list[Problem]:
        return [each for each in self.found if each.serious]

    @property
    def remarks(self) -> list[Problem]:
        return [each for each in self.found if not each.serious]


def validate(screen: Screen, files: Sequence[str], *, form: str = "", mapping: str = "", fix: bool = False) -> int:
    """Check files; gives 2 if one of them cannot be used.

    Args:
        form: how it is told, one of FORMATS; empty for the one that the screen wants.
        mapping: the mapping that files of answers are for; empty to find it.
        fix: carry out what can only be meant in one way.
    """
    form = form or ("json" if screen.json else "text")
    names = [*files] or here() or spec.names()
    fixed = [each for name in names for each in fixing.fix(name, lambda one: look_at(one, mapping))] if fix else []
    checked = [look_at(each, mapping) for each in names]
    match form:
        case "sarif":
            click.echo(screen.masked(sarif.written(each.found for each in checked)))
        case "github":
            for line in workflow.lines(each.found for each in checked):
                click.echo(screen.masked(line))
        case "json":
            shown = Screen(json=True)
            shown.data(_as_data(checked, fixed))
        case _:
            for text in fixed:
                screen.say(f"fixed: {text}")
            for each in checked:
                _tell(screen, each)
    return 2 if any(each.problems for each in checked) else 0


def explain(screen: Screen, code: str) -> int:
    """Tell what a code means, and show it wrong and right.

    Raises:
        UsageError: there is no such code.
    """
    entry = codes.catalogue().get(code.upper())
    if entry is None:
        raise UsageError(f"there is no code '{code}'", cure=codes.close_to(code))
    for line in entry.lines():
        screen.say(line)
    screen.data(
        {
            "command": "explain code", "code": entry.code, "name": entry.name, "means": entry.means, "why": entry.why,
            "bad": entry.bad.replace(codes.MARK, ""), "good": entry.good,
        }
    )  # fmt: skip
    return 0


def here() -> list[str]:
    """List the mappings of the project in this folder."""
    found = [each for each in Path("mappings").glob("*.y*ml") if not each.stem.endswith(spec.EXAMPLES)]
    return sorted(str(each) for each in found)


def _tell(screen: Screen, each: Checked) -> None:
    for one in each.problems:
        screen.warn(str(one))
    for one in each.remarks:
        screen.say(f"good to know: {one}")
    count = len(each.problems)
    screen.say(f"{each.file}: " + ("good" if not count else f"{count} problem{'s' if count > 1 else ''}"))


def _as_data(checked: Sequence[Checked], fixed: Sequence[str]) -> Data:
    return {
        "command": "validate",
        "mappings": [
            {
                "file": each.file, "kind": each.kind, "valid": not each.problems,
                "problems": [problem(one) for one in each.problems], "remarks": [problem(one) for one in each.remarks],
            }
            for each in checked
        ],
        "fixed": [*fixed],
    }  # fmt: skip


# One file ------------------------------------------------------------------------------------------------------------


def look_at(name: str, mapping: str = "") -> Checked:
    """Check one file, whatever kind it is."""
    try:
        path = spec.find(name)
    except UsageError as error:
        missing = Problem(error.message, Place(name, 1, 1), suggestion=error.cure, code="SR016")
        return Checked(name, "mapping", (missing,))
    document = _read(path, name) if isinstance(path, Path) else None
    kind = _kind(path, document) if document is not None and isinstance(path, Path) else "mapping"
    match kind, document:
        case "manifest", Document():
            return Checked(name, kind, _shown(manifest_checks.problems(document), document))
        case "help", Document():
            return Checked(name, kind, _shown(beside.problems(document), document))
        case "examples", _:
            return Checked(name, kind, tuple(_mapping(spec.beside_examples(name))))
        case "answers", Document():
            return Checked(name, kind, tuple(_answers(document, mapping)))
        case _:
            return Checked(name, "mapping", tuple(_mapping(name)))


def _read(path: Path, name: str) -> Document | None:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError:
        return None  # a mapping says so itself


def _kind(path: Path, document: Document) -> str:
    """Tell what kind of file this is: by its words, and by where it stands."""
    if path.parent.name == HELP:
        return "help"
    if path.stem.endswith(spec.EXAMPLES):
        return "examples"
    data = document.data
    if data is None:  # not even YAML: then its name is all there is
        if path.name.endswith(beside.MANIFEST):
            return "manifest"
        return (
            "mapping"
            if any(each.startswith(("syncrules", "extends", "entities")) for each in document.lines)
            else "answers"
        )
    if isinstance(data, dict) and "syncrules" not in data:
        if "manifest" in data or {"provider", "resources"} <= data.keys():
            return "manifest"
        if not data.keys() & {"sides", "entities", "extends"} and (
            answers.named(document.lines) or data.keys() & {answers.SETTINGS, answers.ZONE}
        ):
            return "answers"
    return "mapping"


def _shown(found: Sequence[Problem], document: Document) -> tuple[Problem, ...]:
    return tuple(
        each
        if each.place is None or each.code == "SR030"
        else replace(each, excerpt=yaml.excerpt(each.place, document.lines))
        for each in sorted(found, key=lambda one: (one.place.line, one.place.column) if one.place else (0, 0))
    )


def _mapping(name: str) -> list[Problem]:
    """Check a mapping, and the examples beside it."""
    try:
        loaded = spec.load(name)
        examples.load(loaded)
        return [*loaded.remarks, *beside.remarks(loaded)]
    except SpecError as error:
        return error.problems


def _answers(document: Document, mapping: str) -> list[Problem]:
    """Check answers against the mapping that is given, that a remark on top names, or that has these sides."""
    found = [*document.problems]
    if document.data is None:  # what cannot be read may hold secrets: nothing of it is quoted
        return [
            replace(
                each,
                excerpt="",
                message=re.sub(r"'.*'", "'…'", each.message),
                suggestion="Compare it with the lines beside it.",
                fix=None,
            )
            for each in found
        ]
    try:
        loaded = _mapping_of(document, mapping)
    except SpecError as error:
        return [*found, *error.problems]
    except UsageError as error:
        return [*found, Problem(error.message, Place(document.file, 1, 1), suggestion=error.cure, code="SR170")]
    return [*found, *answers.check(document, loaded)]


def _mapping_of(document: Document, mapping: str) -> Spec:
    named = mapping or answers.named(document.lines)
    if named:
        return spec.load(named)
    fitting = [each for each in (*here(), *spec.names()) if answers.fits(document.data, spec.load(each))]
    if len(fitting) != 1:
        there = f"It may be one of: {', '.join(fitting)}." if fitting else ""
        raise UsageError(
            "it is not said for which mapping these answers are", cure=f"Add --mapping NAME_OR_FILE. {there}".strip()
        )
    return spec.load(fitting[0])
