"""Find a mapping, read it, complete it with what it takes over, check it: a `Spec`, or every problem at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any

from syncrules import provider, yaml
from syncrules.advice import mend
from syncrules.advice.mend import Meant
from syncrules.errors import Place, Problem, SpecError, UsageError
from syncrules.language import astray, build, grammar, inherit, levels
from syncrules.language.causes import caused, in_order, take_home
from syncrules.language.checks import Book, check
from syncrules.language.checks.sides import secrets
from syncrules.language.grammar import Finding
from syncrules.language.inherit import Spot
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.yaml import Document, Path, excerpt, map_place, value_place

ENDINGS = (".yaml", ".yml")
EXAMPLES = ".examples"
"""Stands behind the name of a mapping in that of the file with its examples."""
File = Traversable | FilePath
"""Where a mapping stands: installed, or on a path."""


def find(name: str) -> File:
    """Find a mapping: a path to a file, or the name of an installed one.

    Raises:
        UsageError: there is no such mapping.
    """
    if _is_path(name):
        path = FilePath(name)
        if path.is_file():
            return path
        raise UsageError(
            f"there is no file {name}",
            cure=_cure(path.name, [each.name for each in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []),
        )
    for each in _installed():
        if _stem(each) == name:
            return each
    raise UsageError(f"no mapping named '{name}' is installed", cure=_cure(name, names()))


def beside_examples(name: str) -> str:
    """Take a file of examples for the mapping that it stands beside."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem.removesuffix(EXAMPLES)}{dot}{ending}" if f".{ending}" in ENDINGS else name


def _is_path(name: str) -> bool:
    return name.endswith(ENDINGS) or "/" in name or "\\" in name


def names() -> list[str]:
    """List the mappings that are installed, in alphabetical order."""
    return sorted({_stem(each) for each in _installed()})


def _installed() -> Iterator[Traversable]:
    for each in _installed_files():
        if each.name.endswith(ENDINGS) and not _stem(each).endswith(EXAMPLES):
            yield each


def label(file: File) -> str:
    """Give what a file is called in a message: one that is installed by its name, any other by its path."""
    return file.name if any(each == file for each in _installed_files()) else str(file)


def _installed_files() -> Iterator[Traversable]:
    for package in sorted({each.value for each in entry_points(group="syncrules.mappings")}):
        yield from sorted(files(package).iterdir(), key=lambda file: file.name)


def _stem(file: File) -> str:
    return file.name.rpartition(".")[0]


def _cure(name: str, known: list[str]) -> str:
    stem, _, ending = name.rpartition(".")
    near = grammar.nearest(name, known)
    if f".{ending}" in ENDINGS and stem in names():
        near = Meant(f"did you mean '{stem}', which is installed?", name, stem)
    rest = (
        f"There are: {', '.join(sorted(known))}."
        if known
        else "There is none; check the folder, or install a package that brings one."
    )
    said = f"{near[:1].upper()}{near[1:]} {rest}".strip()
    return Meant(said, near.old, near.new) if isinstance(near, Meant) else said


def _manifest(name: str) -> Manifest:
    return provider.find(name).manifest


def load(name: str, providers: Callable[[str], Manifest] = _manifest) -> Spec:
    """Read a mapping, complete it and check it.

    Raises:
        UsageError: there is no mapping of this name.
        SpecError: every place where it says something that we cannot carry out.
    """
    documents, files, complete = _chain(name)
    lines = {each.file: each.lines for each in documents}
    problems = [problem for each in documents for problem in each.problems]
    hidden = {(each.file, each.place(path).line) for each in documents for path in secrets(each.data)}
    if not complete:
        raise SpecError([_shown(each, lines, hidden) for each in problems])
    whole, broken, found, taken = _whole(documents, lines)
    book = Book(whole.plain(), whole.places(), lines, broken, taken, documents[0].file)
    _check(book, providers)
    meaning, home = take_home(book.problems, book.paths, documents, partial(_load_parent, files, providers))
    problems = in_order([*problems, *caused(found, book), *meaning], documents[0].file)
    problems += in_order(home, documents[0].file)
    told = [_shown(each, lines, hidden) for each in problems]
    if any(each.serious for each in told):
        raise SpecError(told)
    return _spec(_stem(files[0]), book, tuple(told), tuple(files))


def _load_parent(files: list[File], providers: Callable[[str], Manifest]) -> Spec:
    """Read what a mapping extends, for itself."""
    installed = any(each == files[1] for each in _installed_files())
    return load(_stem(files[1]) if installed else str(files[1]), providers)


def _check(book: Book, providers: Callable[[str], Manifest]) -> None:
    """Find the manifests of both sides, and hold the mapping against them."""
    sides = tuple(book.data.get("sides", ()))
    if len(sides) != 2:
        if book.lacks((), book.data, "sides") and not any(len(each) == 1 for each in book.broken):
            cure = "Add sides: {one: {provider: …}, other: {provider: …}}."
            book.say("SR031", (), "it is not said between which systems this goes", cure)
        return
    book.sides = sides
    for side, says in book.data["sides"].items():
        try:
            if "provider" in says:
                book.manifests[side] = providers(says["provider"])
        except UsageError as error:
            installed = provider.names()
            near = "" if says["provider"] in installed else grammar.nearest(says["provider"], installed)
            book.say("SR034", ("sides", side, "provider"), error.message, near or error.cure)
        except SpecError as error:
            book.problems += error.problems
    check(book)


def _shown(problem: Problem, lines: Mapping[str, list[str]], hidden: set[tuple[str, int]]) -> Problem:
    """Add the line to a problem, unless a secret stands in it, and what its suggestion means for a program."""
    place = problem.place
    if place is None or (place.file, place.line) in hidden:
        return problem
    there = lines.get(place.file, ())
    change = problem.fix or mend.fix(problem.suggestion, place, there)
    return replace(problem, excerpt=excerpt(place, there), fix=change)


def _chain(name: str) -> tuple[list[Document], list[File], bool]:
    """Read a mapping and what it extends, the one that extends first; tell whether all of it could be read."""
    source, label = find(name), name if _is_path(name) else f"{name}.yaml"
    documents: list[Document] = []
    files_: list[File] = []
    seen: list[object] = []
    while True:
        document = _read(source, f"{label} (extended)" if label in [each.file for each in documents] else label)
        documents.append(document)
        files_.append(source)
        seen.append(source.resolve() if isinstance(source, FilePath) else source)
        extends = document.data.get("extends") if isinstance(document.data, dict) else None
        if not isinstance(extends, str):
            return documents, files_, isinstance(document.data, dict)
        at = value_place(document.place(("extends",)), ("extends",), document.lines)
        try:
            source, label = _extended(source, extends)
        except UsageError as error:
            document.problems.append(Problem(error.message, at, suggestion=error.cure, code="SR035"))
            return documents, files_, False
        if (source.resolve() if isinstance(source, FilePath) else source) in seen:
            document.problems.append(Problem("these mappings extend each other, in a circle", at, code="SR036"))
            return documents, files_, False


def _extended(source: File, extends: str) -> tuple[File, str]:
    """Find what a mapping extends, a path seen from where it stands; and how to call it."""
    if not _is_path(extends):
        return find(extends), f"{extends}.yaml"
    path = str(source.parent / extends) if isinstance(source, FilePath) else extends
    return find(path), path


def _read(source: File, label: str) -> Document:
    try:
        document = yaml.load(source.read_text(encoding="utf-8"), label, _judged)
    except UnicodeDecodeError:
        return Document(
            None,
            label,
            problems=[
                Problem(
                    "this is not a text in UTF-8",
                    Place(label, 1, 1),
                    suggestion="Save it again with the encoding UTF-8.",
                    code="SR014",
                )
            ],
        )
    if not isinstance(document.data, dict) and not document.problems:
        document.problems.append(
            Problem("a mapping begins with keys such as 'syncrules: 1' and 'title:'", Place(label, 1, 1), code="SR015")
        )
    return document


def _judged(data: Any) -> int:
    """Count what the grammar refuses, to tell which of several readings of a broken text was meant."""
    said = data.get("sides") if isinstance(data, dict) else None
    sides = tuple(said) if isinstance(said, dict) and len(said) == 2 else ()
    return len(grammar.findings(data, sides))


def _whole(
    documents: list[Document], lines: Mapping[str, list[str]]
) -> tuple[Spot, frozenset[Path], list[Problem], dict[Path, Spot]]:
    """Put a mapping together with what it extends, and every entity with what it is like.

    Gives the whole, where something in it is broken, what is wrong so far, and what was taken away.
    """
    misspelt = astray.name_sides(documents)
    sides = next((tuple(each.data["sides"]) for each in documents if isinstance(each.data.get("sides"), dict)), ())
    problems = _misnamed(documents, sides)
    if problems:
        return Spot({}, Place(documents[0].file, 1, 1)), frozenset({("sides",)}), problems, {}
    problems = misspelt
    spots = []
    for index, document in enumerate(documents):
        spot, found = _sound(document, sides if len(sides) == 2 else (), documents[index:])
        spots.append(spot)
        problems += found
    *over, whole = spots
    for spot in reversed(over):
        whole = inherit.merge(whole, spot, grammar.schema())
    entities = whole.get("entities")
    if entities is not None and isinstance(entities.value, dict):
        likes = inherit.Likes(entities)
        whole = Spot({**whole.value, "entities": likes.fill_in()}, whole.place)
        problems += [_at_value(each, lines) for each in likes.problems]
    taken = inherit.taken(whole, grammar.schema())
    whole, idle = inherit.sweep(whole, grammar.schema())
    whole, broken = inherit.sound(whole)
    return whole, broken, problems + idle, taken


def _at_value(problem: Problem, lines: Mapping[str, list[str]]) -> Problem:
    """Point at the name of an entity, and not at the key before it."""
    place = problem.place
    for key in ("like", "entity"):
        place = value_place(place, (key,), lines.get(place.file, ())) if place is not None else None
    return replace(problem, place=place)


def _misnamed(documents: list[Document], sides: tuple[str, ...]) -> list[Problem]:
    """Refuse sides whose names already mean something; nothing else can be understood then."""
    where = next((each for each in documents if isinstance(each.data.get("sides"), dict)), documents[0])
    return [
        Problem(
            f"a side cannot be named '{side}', which is a word of the language",
            where.place(("sides", side)),
            suggestion="Name it after its system.",
            code="SR032",
        )
        for side in sides
        if side in grammar.keywords()
    ]


def _sound(document: Document, sides: tuple[str, ...], chain: list[Document]) -> tuple[Spot, list[Problem]]:
    """Hold one file against the grammar, and mark what it refuses.

    Args:
        chain: the file, and what it extends.
    """
    spot, problems = inherit.spot(document), []
    secret = list(secrets(document.data))
    told = {each.place for each in document.problems}
    for path in secret:
        cure = "Give it when the connection is made; there it is sealed. If this file was shared, have it replaced."
        problems.append(
            Problem("secrets never stand in a mapping", document.place(path), suggestion=cure, code="SR030")
        )
        spot = inherit.without(spot, path)
    for each in astray.at_their_level(grammar.findings(document.data, sides), document.data, sides):
        if any(each.path[: len(path)] == path for path in secret):
            continue
        place = document.place(each.path)
        place = place if each.at_key else value_place(place, each.path, document.lines)
        place = map_place(place, document.lines) if each.code == "SR022" else place
        if place not in told:
            fix = levels.put_right(document, each.path, each.broken[-1]) if each.code == "SR021" else None
            problems.append(Problem(each.message, place, suggestion=_cured(each, chain), code=each.code, fix=fix))
        for path in each.broken:
            spot = inherit.without(spot, grammar.holder(path))
    return spot, problems


def _cured(finding: Finding, chain: list[Document]) -> str:
    """Suggest to take away what is empty here and stands in what this is taken over from."""
    if finding.code == "SR023" and astray.may_go(finding.path) and inherit.inherits(chain, finding.path):
        return "Write none to take it away, or give it a value."
    return finding.suggestion


def _spec(name: str, book: Book, remarks: tuple[Problem, ...], files_: tuple[File, ...]) -> Spec:
    data, sides = book.data, book.sides
    return Spec(
        name=name,
        title=data["title"],
        summary=data.get("summary", ""),
        sides=sides,
        manifests=book.manifests,
        settings={each: build.setting(each, says) for each, says in data.get("settings", {}).items()},
        preflights=tuple(build.preflight(each, says, sides) for each, says in data.get("preflight", {}).items()),
        entities={each: build.entity(each, says, sides) for each, says in data["entities"].items()},
        not_synchronised=tuple(data.get("not_synchronised", ())),
        scope=data.get("scope", {}),
        examples=data.get("examples", {}),
        remarks=remarks,
        digest=digest(data),
        places={path: str(place) for path, place in book.places.items()},
        files=files_,
    )


_ONLY_READ = {
    (): {"syncrules", "title", "summary", "extends", "not_synchronised", "examples"},
    ("settings", "*"): {"ask"},
    ("preflight", "*"): {"cure"},
    ("entities", "*"): {"about"},
    ("entities", "*", "needs", "*"): {"cure"},
    ("entities", "*", "follow_ups", "*"): {"because"},
    ("entities", "*", "fields", "*"): {"lossy"},
    ("entities", "*", "fields", "*", "lines", "*", "fields", "*"): {"lossy"},
}
"""Words that only a person reads: place, with `*` for a name → keywords. They change nothing of what is done."""


def digest(data: Mapping[str, Any]) -> str:
    """Tell two completed mappings apart by what they do, whatever they look like and say to the reader."""
    return hashlib.sha256(
        json.dumps(_doing(data, ()), ensure_ascii=False, separators=(",", ":"), default=str).encode()
    ).hexdigest()


def _doing(data: Any, path: Path) -> Any:
    if not isinstance(data, Mapping):
        return [_doing(each, (*path, "[]")) for each in data] if isinstance(data, list) else data
    hidden = next((words for pattern, words in _ONLY_READ.items() if _fits(path, pattern)), set())
    return {key: _doing(each, (*path, key)) for key, each in data.items() if key not in hidden}


def _fits(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(step in ("*", each) for step, each in zip(pattern, path, strict=True))
