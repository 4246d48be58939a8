"""Find the examples of a mapping, and of the mappings that it extends; read them, put them together, check them.

They stand under `examples` in the mapping, or in a file beside it that is called as it is, with `.examples` behind its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

from syncrules import yaml
from syncrules.advice import mend
from syncrules.errors import Place, Problem, SpecError
from syncrules.examples.model import GONE, Example, Examples, Pair, Promise, Said
from syncrules.language import grammar, inherit
from syncrules.language.inherit import Spot
from syncrules.language.model import Spec
from syncrules.language.spec import ENDINGS, EXAMPLES, File, label
from syncrules.manifest import Manifest
from syncrules.yaml import Document, excerpt, value_place

PART = "examples_file"
WORDS = frozenset({"shows", "entity", "settings", "lists", "first_import", "then", "gives", "also"})


def load(mapping: Spec) -> Examples:
    """Read the examples of a mapping, those included that it takes over with what it extends.

    Raises:
        SpecError: every place where they say something that cannot be carried out.
    """
    whole, files = _checked(mapping)
    return _built(mapping, whole, files)


def plain(mapping: Spec) -> Mapping[str, Any]:
    """Give the examples of a mapping as they are written: sentence → example, those included that it takes over.

    Raises:
        SpecError: every place where they say something that cannot be carried out.
    """
    found: Mapping[str, Any] = _checked(mapping)[0].plain().get("examples", {})
    return found


def _checked(mapping: Spec) -> tuple[Spot, tuple[str, ...]]:
    documents, problems, whole = list(_documents(mapping)), list[Problem](), Spot({}, Place(mapping.name, 1, 1))
    own = {each.file for each in _documents(replace(mapping, files=mapping.files[:1]))}
    part = grammar.schema()["$defs"][PART]
    for document in reversed(documents):
        problems += document.problems
        spot, found = _sound(document, mapping.sides)
        problems += found
        whole = inherit.merge(whole, spot, part) if isinstance(spot.value, dict) else whole
    whole, idle = inherit.sweep(whole, part)
    whole, _ = inherit.sound(whole)
    lines = {each.file: each.lines for each in documents}
    check = _Check(mapping, whole, own if len(mapping.files) > 1 else {each.file for each in documents}, lines)
    check.all()
    problems = _once([*problems, *idle, *check.problems])
    if problems:
        raise SpecError(
            [
                replace(each, excerpt=excerpt(each.place, lines.get(each.place.file, ())) if each.place else "")
                for each in problems
            ]
        )
    return whole, tuple(each.file for each in documents)


def _once(problems: list[Problem]) -> list[Problem]:
    """Leave out what is said twice, and put the rest in the order of the files."""
    found = {(each.place, each.message): each for each in problems}
    return sorted(found.values(), key=lambda each: (each.place.file, each.place.line) if each.place else ("", 0))


# Files ------------------------------------------------------------------------------------------------------------


def _documents(mapping: Spec) -> Iterator[Document]:
    """Give every file that may hold examples, what overrules in front."""
    for source in mapping.files:
        beside = _beside(source)
        if beside is not None:
            yield _read(beside)
        own = _read(source)
        if isinstance(own.data, Mapping) and "examples" in own.data:
            places = {path: place for path, place in own.places.items() if path[:1] in ((), ("examples",))}
            yield Document({"examples": own.data["examples"]}, own.file, own.lines, places, own.problems)


def _beside(source: File) -> File | None:
    stem = source.name.rpartition(".")[0]
    for ending in ENDINGS:
        name = f"{stem}{EXAMPLES}{ending}"
        beside = source.parent / name if isinstance(source, FilePath) else None
        if beside is not None and beside.is_file():
            return beside
    return None


def _read(source: File) -> Document:
    name = label(source)
    try:
        return yaml.load(source.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError:
        cure = "Save it again with the encoding UTF-8."
        problem = Problem("this is not a text in UTF-8", Place(name, 1, 1), suggestion=cure, code="SR014")
        return Document(None, name, problems=[problem])


def _sound(document: Document, sides: tuple[str, str]) -> tuple[Spot, list[Problem]]:
    """Hold one file against the grammar, and mark what it refuses."""
    spot, problems = inherit.spot(document), list[Problem]()
    if not isinstance(document.data, Mapping):
        if not document.problems:
            problems.append(
                Problem("a file of examples begins with 'examples:'", Place(document.file, 1, 1), code="SR190")
            )
        return spot, problems
    for each in grammar.findings(document.data, sides, PART):
        place = document.place(each.path)
        place = place if each.at_key else value_place(place, each.path, document.lines)
        fix = mend.fix(each.suggestion, place, document.lines)
        problems.append(Problem(each.message, place, suggestion=each.suggestion, code=each.code, fix=fix))
        for path in each.broken:
            spot = inherit.without(spot, path[:2])
    return spot, problems


# Meaning ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Check:
    """Holds examples against the mapping: whatever they name must be there."""

    mapping: Spec
    whole: Spot
    own: set[str]
    """The files of the mapping itself. What is inherited may speak of what an extension took away: it fails then, or is left out."""
    lines: Mapping[str, list[str]]
    """File → its lines."""
    problems: list[Problem] = field(default_factory=list)

    def all(self) -> None:
        self._settings(self.whole.get("settings"))
        self._lists(self.whole.get("lists"))
        self._zone(self.whole.get("time_zone"))
        for each in self._named("records").values():
            self._begins(each)
        for each in self._named("linked").values():
            self._pair(each)
        for each in self._named("examples").values():
            self._example(each)
        for each in self._named("promises").values():
            self._promise(each)

    def _named(self, word: str) -> dict[str, Spot]:
        spot = self.whole.get(word)
        return spot.value if spot is not None and isinstance(spot.value, dict) else {}

    def _say(self, spot: Spot, message: str, suggestion: str, *rule: str) -> None:
        """Note a problem.

        Args:
            rule: the part of the mapping that it is about.
        """
        if spot.place.file in self.own:
            fix = mend.fix(suggestion, spot.place, self.lines.get(spot.place.file, ()))
            concerns = self.mapping.place(*rule) if rule else ""
            problem = Problem(message, spot.place, suggestion=suggestion, code="SR191", fix=fix, concerns=concerns)
            self.problems.append(problem)

    def _of_value(self, spot: Spot) -> Place:
        """Find where a value stands, if it does not stand where its entry begins."""
        line = self.lines[spot.place.file][spot.place.line - 1][spot.place.column - 1 :]
        found = re.match(r"[^:]+:\s+(?=[^\s#])", line)
        begins = line.lstrip("'\"").startswith(str(spot.value))
        return replace(spot.place, column=spot.place.column + found.end()) if found and not begins else spot.place

    def _one_of(self, spot: Spot | None, known: Any, what: str, *rule: str) -> bool:
        if spot is None or spot.value in known:
            return True
        names = [str(each) for each in known]
        cure = grammar.nearest(spot.value, names) or (f"There are: {', '.join(names)}." if names else "There is none.")
        self._say(replace(spot, place=self._of_value(spot)), f"there is no {what} '{spot.value}'", cure, *rule)
        return False

    def _zone(self, spot: Spot | None) -> None:
        try:
            ZoneInfo(str(spot.value)) if spot is not None else None
        except (KeyError, ValueError):
            assert spot is not None
            self._say(spot, f"there is no time zone '{spot.value}'", "Write it as Europe/Amsterdam.")

    def _settings(self, spot: Spot | None) -> None:
        for name, each in spot.value.items() if spot is not None else ():
            # `preferred` belongs to no setting: it says which of two that mean the same is taken.
            self._one_of(Spot(name, each.place), [*self.mapping.settings, "preferred"], "setting", "settings")

    def _lists(self, spot: Spot | None) -> None:
        for side, resources in spot.value.items() if spot is not None else ():
            for name, each in resources.value.items():
                self._one_of(Spot(name, each.place), self.mapping.manifests[side].resources, f"resource of {side}")
                for one in each.value:
                    self._begins(one)

    def _pair(self, spot: Spot) -> None:
        if self._one_of(spot.get("entity"), self.mapping.entities, "entity", "entities"):
            for side in self.mapping.sides:
                if (each := spot.get(side)) is not None:
                    self._record(spot.value["entity"].value, side, each)
                else:
                    self._say(spot, f"the record of {side} is missing here", "Both sides have one.")

    def _example(self, spot: Spot) -> None:
        if not self._one_of(spot.get("entity"), self.mapping.entities, "entity", "entities"):
            return
        entity = spot.value["entity"].value
        self._settings(spot.get("settings"))
        self._lists(spot.get("lists"))
        given = {side: each for side in self.mapping.sides if (each := spot.get(side)) is not None}
        if not given:
            self._say(spot, "no record is given", f"Give one under {grammar.one_of(self.mapping.sides)}.")
        for side, each in given.items():
            for one in each.value if isinstance(each.value, list) else [each]:
                self._record(entity, side, one)
        then = spot.get("then")
        for side, each in then.value.items() if then is not None else ():
            if len(given) < len(self.mapping.sides):
                self._say(each, "only what was in step changes", "Give the record of the other side too.")
            if each.value != GONE:
                self._record(entity, side, each)
        self._outcome(entity, spot.get("gives"))
        also = spot.get("also")
        for name, each in also.value.items() if also is not None else ():
            if self._one_of(Spot(name, each.place), self.mapping.entities, "entity", "entities"):
                self._outcome(name, each)

    def _promise(self, spot: Spot) -> None:
        """Look whether a promise says something; of what it is about, whether that is there at all is for `test` to tell."""
        self._settings(spot.get("settings"))
        self._lists(spot.get("lists"))
        about = [
            word
            for word in ("setting", "preflight", "says", "pairs", "travels", "asks_above", "differs")
            if spot.get(word) is not None
        ]
        if not about:
            self._say(
                spot,
                "this promises nothing",
                "Name a setting or a preflight, or say how it travels, what it asks_above, what differs, pairs, or says.",
            )
        if {"travels", "asks_above", "differs"} & {*about} and spot.get("entity") is None:
            self._say(
                spot,
                "of which entity is this promised?",
                f"Give one under 'entity': {', '.join(self.mapping.entities)}.",
            )

    def _outcome(self, entity: str, spot: Spot | None) -> None:
        for word, each in spot.value.items() if spot is not None and isinstance(spot.value, dict) else ():
            if word in ("create", "update"):
                for side, record in each.value.items():
                    for one in record.value if isinstance(record.value, list) else [record]:
                        self._fields(entity, side, one)
            elif word in ("deactivate", "reactivate", "delete"):
                for one in each.value if isinstance(each.value, list) else [each]:
                    self._one_of(one, self.mapping.sides, "side")

    def _record(self, entity: str, side: str, spot: Spot) -> None:
        self._begins(spot)
        self._fields(entity, side, spot)

    def _begins(self, spot: Spot, seen: tuple[str, ...] = ()) -> None:
        named, begins = self._named("records"), spot.get("as")
        if begins is None or not self._one_of(begins, named, "record named"):
            return
        if begins.value in seen:
            self._say(begins, "these records begin as each other, in a circle", "One of them must say everything.")
            return
        self._begins(named[begins.value], (*seen, begins.value))

    def _fields(self, entity: str, side: str, spot: Spot) -> None:
        """Look whether each key is a row of the entity on this side, or a path of its records."""
        about, manifest = self.mapping.entities[entity], self.mapping.manifests[side]
        rows, resource = rows_on(self.mapping, entity, side), about.sources[side].resource
        for key, each in spot.value.items():
            if key == "as" or key in rows or key in about.beside or _is_field(manifest, resource, key):
                continue
            fields = [*rows, *manifest.resources[resource].fields]
            cure = grammar.nearest(key, fields) or f"Name a row of '{entity}', or a path of its records in {side}."
            self._say(
                each, f"'{key}' is no row of '{entity}' on this side, and no field of its records in {side}", cure,
                "entities", entity, "fields",
            )  # fmt: skip


def _is_field(manifest: Manifest, resource: str, path: str) -> bool:
    """Tell whether a path is one of a record; below an object of which nobody says what it holds, any is."""
    if manifest.field_at(resource, path) is not None:
        return True
    above = manifest.field_at(resource, path.rpartition(".")[0]) if "." in path else None
    return above is not None and above.type == "object" and not above.of and not above.reference


def rows_on(mapping: Spec, entity: str, side: str) -> list[str]:
    """List the rows that may stand for the fields that they name on a side."""
    return [
        each.name
        for each in mapping.entities[entity].rows
        if side in each.sides and (not isinstance(each.sides[side], str) or each.sides[side].replace(".", "").isalnum())  # type: ignore[union-attr]  # a path is a text
    ]


# What they say ----------------------------------------------------------------------------------------------------


def _built(mapping: Spec, whole: Spot, files: tuple[str, ...]) -> Examples:
    """Leave out what is about entities that an extension took away, and give the rest."""
    data: Mapping[str, Any] = whole.plain()
    there = mapping.entities
    named: Mapping[str, Said] = data.get("records", {})
    spots: Mapping[str, Spot] = whole.value["examples"].value if "examples" in whole.value else {}
    return Examples(
        examples=tuple(
            _example(says, each, spots[says], named)
            for says, each in data.get("examples", {}).items()
            if each["entity"] in there
        ),
        promises=tuple(
            _promise(says, each, whole.value["promises"].value[says], named)
            for says, each in data.get("promises", {}).items()
        ),
        settings=data.get("settings", {}),
        lists=_lists(data, named),
        linked=tuple(
            Pair(each["entity"], {side: _as(named, said) for side, said in each.items() if side != "entity"})
            for each in data.get("linked", {}).values()
            if each["entity"] in there
        ),
        time_zone=data.get("time_zone", "UTC"),
        scope=data.get("scope", {}),
        files=files,
    )


def _example(says: str, data: Mapping[str, Any], spot: Spot, named: Mapping[str, Said]) -> Example:
    records = {
        side: tuple(_as(named, one) for one in (each if isinstance(each, list) else [each]))
        for side, each in data.items()
        if side not in WORDS
    }
    return Example(
        says=says,
        entity=data["entity"],
        place=spot.place,
        shows=tuple(data.get("shows", ())),
        settings=data.get("settings", {}),
        lists=_lists(data, named),
        first_import=data.get("first_import", False),
        records=records,
        then={side: each if each == GONE else _as(named, each) for side, each in data.get("then", {}).items()},
        gives=_gives(data["gives"], named),
        also={name: _gives(each, named) for name, each in data.get("also", {}).items()},
        places=spot.places(),
    )


def _promise(says: str, data: Mapping[str, Any], spot: Spot, named: Mapping[str, Said]) -> Promise:
    return Promise(
        says=says,
        place=spot.place,
        says_=data,
        shows=tuple(data.get("shows", ())),
        settings=data.get("settings", {}),
        lists=_lists(data, named),
        places=spot.places(),
    )


def _lists(data: Mapping[str, Any], named: Mapping[str, Said]) -> dict[str, dict[str, list[Said]]]:
    return {
        side: {name: [_as(named, one) for one in each] for name, each in resources.items()}
        for side, resources in data.get("lists", {}).items()
    }


def _gives(says: Any, named: Mapping[str, Said]) -> Any:
    """Let what is written begin as a record that has a name."""
    if not isinstance(says, Mapping):
        return says
    return {
        word: {
            side: [_as(named, one) for one in each] if isinstance(each, list) else _as(named, each)
            for side, each in what.items()
        }
        if word in ("create", "update")
        else what
        for word, what in says.items()
    }


def _as(named: Mapping[str, Said], said: Said) -> dict[str, Any]:
    """Let a record begin as one that has a name; what it says itself comes last, and stands."""
    begins = _as(named, named[said["as"]]) if "as" in said else {}
    own = {key: value for key, value in said.items() if key != "as"}
    return {**{key: value for key, value in begins.items() if key not in own}, **own}
