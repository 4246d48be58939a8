"""Find a mapping, read it, complete it with what it takes over, check it: a `Spec`, or every problem at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from importlib.abc import Traversable
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from syncrules import build, grammar, inherit, provider, yaml
from syncrules.errors import Place, Problem, SpecError, UsageError
from syncrules.inherit import Spot
from syncrules.manifest import Manifest
from syncrules.model import Spec
from syncrules.yaml import Document, Path

ENDINGS = (".yaml", ".yml")


def find(name: str) -> Traversable | FilePath:
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
            cure=_cure(name, [each.name for each in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []),
        )
    for each in _installed():
        if _stem(each) == name:
            return each
    raise UsageError(f"no mapping named '{name}' is installed", cure=_cure(name, names()))


def _is_path(name: str) -> bool:
    return name.endswith(ENDINGS) or "/" in name or "\\" in name


def names() -> list[str]:
    """List the mappings that are installed, in alphabetical order."""
    return sorted({_stem(each) for each in _installed()})


def _installed() -> Iterator[Traversable]:
    for package in sorted({each.value for each in entry_points(group="syncrules.mappings")}):
        for each in sorted(files(package).iterdir(), key=lambda file: file.name):
            if each.name.endswith(ENDINGS):
                yield each


def _stem(file: Traversable | FilePath) -> str:
    return file.name.rpartition(".")[0]


def _cure(name: str, known: list[str]) -> str:
    near = grammar.nearest(name, known)
    rest = (
        f"There are: {', '.join(sorted(known))}."
        if known
        else "There is none; check the folder, or install a package that brings one."
    )
    return f"{near[:1].upper()}{near[1:]} {rest}".strip()


def _manifest(name: str) -> Manifest:
    return provider.find(name).manifest


def load(name: str, providers: Callable[[str], Manifest] = _manifest) -> Spec:
    """Read a mapping, complete it and check it.

    Raises:
        UsageError: there is no mapping of this name.
        SpecError: every place where it says something that we cannot carry out.
    """
    documents = _chain(name)
    problems = [problem for each in documents for problem in each.problems]
    if problems:
        raise SpecError(problems)
    sides = next((tuple(each.data["sides"]) for each in documents if "sides" in each.data), ())
    for each in documents:
        problems += [
            Problem(error.message, each.place(tuple(error.absolute_path)))
            for error in grammar.validator(sides).iter_errors(each.data)
        ]
    if problems:
        raise SpecError(problems)
    whole, idle = _complete([inherit.spot(each) for each in documents])
    places = whole.places()
    problems += [Problem(message, places.get(path), suggestion=suggestion) for path, message, suggestion in idle]
    if problems:
        raise SpecError(problems)
    data = whole.plain()
    manifests = {side: providers(says["provider"]) for side, says in data["sides"].items()}
    return _spec(_stem(find(name)), data, manifests, (), places)


def _chain(name: str) -> list[Document]:
    """Read a mapping and what it extends, the one that extends before the one that is extended."""
    source, label = find(name), name if _is_path(name) else f"{name}.yaml"
    documents: list[Document] = []
    seen = [source]
    while True:
        document = _read(source, label)
        documents.append(document)
        extends = document.data.get("extends") if isinstance(document.data, dict) else None
        if not isinstance(extends, str):
            return documents
        beside = _is_path(extends) and isinstance(source, FilePath)
        label = (
            str(source.parent / extends)
            if beside and isinstance(source, FilePath)
            else extends
            if _is_path(extends)
            else f"{extends}.yaml"
        )
        try:
            source = find(label if beside else extends)
        except UsageError as error:
            document.problems.append(Problem(error.message, document.place(("extends",)), suggestion=error.cure))
            return documents
        if source in seen:
            document.problems.append(
                Problem("these mappings extend each other, in a circle", document.place(("extends",)))
            )
            return documents
        seen.append(source)
        if label in [each.file for each in documents]:
            label = f"{label} (extended)"


def _read(source: Traversable | FilePath, label: str) -> Document:
    try:
        document = yaml.load(source.read_text(encoding="utf-8"), label)
    except UnicodeDecodeError:
        return Document(
            None,
            label,
            problems=[
                Problem(
                    "this is not a text in UTF-8",
                    Place(label, 1, 1),
                    suggestion="Save it again with the encoding UTF-8.",
                )
            ],
        )
    if not isinstance(document.data, dict) and not document.problems:
        document.problems.append(
            Problem("a mapping begins with keys such as 'syncrules: 1' and 'title:'", Place(label, 1, 1))
        )
    return document


def _complete(documents: list[Spot]) -> tuple[Spot, list[tuple[Path, str, str]]]:
    """Put a mapping together with what it extends, and every entity with what it is like; tell what went wrong."""
    *rest, whole = documents
    for each in reversed(rest):
        whole = inherit.merge(whole, each, grammar.schema())
    likes = inherit.Likes(whole.value["entities"])
    whole, idle = inherit.sweep(Spot({**whole.value, "entities": likes.fill_in()}, whole.place), grammar.schema())
    return whole, likes.problems + idle


def _spec(
    name: str,
    data: Mapping[str, Any],
    manifests: Mapping[str, Manifest],
    remarks: tuple[Problem, ...],
    places: Mapping[Path, Place],
) -> Spec:
    left, right = data["sides"]
    sides = (left, right)
    return Spec(
        name=name,
        title=data["title"],
        summary=data.get("summary", ""),
        sides=sides,
        manifests=manifests,
        settings={each: build.setting(each, says) for each, says in data.get("settings", {}).items()},
        preflights=tuple(build.preflight(each, says, sides) for each, says in data.get("preflight", {}).items()),
        entities={each: build.entity(each, says, sides) for each, says in data["entities"].items()},
        not_synchronised=tuple(data.get("not_synchronised", ())),
        scope=data.get("scope", {}),
        examples=tuple(data.get("examples", ())),
        remarks=remarks,
        digest=digest(data),
        places={path: str(place) for path, place in places.items()},
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
"""Words that only a person reads: place, with `*` for a name → keywords. They may change without changing what is done."""


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
