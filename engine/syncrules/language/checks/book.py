"""A mapping while it is being checked: what it says, where it says it, and what is wrong so far."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncrules.advice.mend import Meant, Renamed
from syncrules.errors import Place, Problem
from syncrules.language import grammar
from syncrules.language.inherit import Spot, only, value_at
from syncrules.manifest import Manifest, Resource
from syncrules.yaml import Path, value_place

Data = Mapping[str, Any]
_INCOMPLETE = frozenset(
    (
        "SR063",
        "SR064",
        "SR065",
        "SR066",
        "SR067",
        "SR080",
        "SR081",
        "SR087",
        "SR088",
        "SR092",
        "SR096",
        "SR111",
        "SR121",
        "SR141",
    )
)
"""Codes of what says too little; it may have said the rest in a way that the grammar refused."""
_WITHIN = ("belongs_to", "suggest", "when", "events")
"""Where what is missing may stand beside it."""
_KINDS = {"SR042": "values", "SR047": "operators"}
"""Code of an unknown name → of which synonyms may help."""


@dataclass(slots=True)
class Book:
    """The completed mapping, its places, the manifests of its sides, and the problems found."""

    data: Data
    places: Mapping[Path, Place]
    lines: Mapping[str, list[str]]
    """File → its lines."""
    broken: frozenset[Path] = frozenset()
    """What the grammar refused already: neither looked at nor missed."""
    taken: Mapping[Path, Spot] = field(default_factory=dict)
    """What was inherited and taken away: the `none` that did it."""
    file: str = ""
    """The file of the mapping itself."""
    sides: tuple[str, str] = ("", "")
    manifests: dict[str, Manifest] = field(default_factory=dict)
    """A side whose manifest cannot be had is left out, and whatever depends on it is not checked."""
    problems: list[Problem] = field(default_factory=list)
    paths: dict[tuple[Place | None, str], Path] = field(default_factory=dict)
    """Place and message of a problem → what it is about."""
    used: set[tuple[Path, str]] = field(default_factory=set)
    """Where a name is declared, and the name, of each that is used somewhere."""
    unknown: list[tuple[Path, str, str]] = field(default_factory=list)
    """Where a name should be declared, the name, and the code of what was said where it is used."""

    def say(
        self,
        code: str,
        path: Path,
        message: str,
        suggestion: str = "",
        *,
        serious: bool = True,
        at_key: bool = False,
        concerns: Path = (),
    ) -> None:
        """Note a problem with what stands at a path, or with its key; its code explains it in the catalogue.

        What is incomplete because the grammar refused a part of it is not complained of again.

        Args:
            concerns: the path of the other rule, where two do not go together.
        """
        if code in _INCOMPLETE and path and self.is_broken(path[:-1] if path[-1] in _WITHIN else path):
            return
        steps = path
        while steps not in self.places:
            steps, at_key = steps[:-1], True
        place = self.places[steps]
        place = place if at_key else value_place(place, steps, self.lines.get(place.file, ()))
        self.paths.setdefault((place, message), path)
        other = str(self.places[concerns]) if concerns in self.places and concerns else ""
        self.note(Problem(message, place, suggestion=suggestion, serious=serious, code=code, concerns=other))

    def remark(
        self,
        code: str,
        path: Path,
        message: str,
        suggestion: str = "",
        *,
        at_key: bool = False,
        concerns: Path = (),
    ) -> None:
        """Note what a reader should know although it works."""
        self.say(code, path, message, suggestion, serious=False, at_key=at_key, concerns=concerns)

    def note(self, problem: Problem) -> None:
        """Add a problem, once: what was inherited is not complained of again."""
        if all((problem.place, problem.message) != (each.place, each.message) for each in self.problems):
            self.problems.append(problem)

    # What the mapping says ----------------------------------------------------------------------------------------

    def part(self, name: str) -> Data:
        """Give one of the maps of named parts, such as `entities`."""
        found: Data = self.data.get(name, {})
        return found

    def names(self, *path: str) -> list[str]:
        """List what is named there, also what is not to be looked at."""
        here: Any = self.data
        for step in path:
            here = here.get(step, {})
        return [*here, *(str(each[-1]) for each in self.broken if each[:-1] == path and each[-1] not in here)]

    def lacks(self, path: Path, data: Data, key: str) -> bool:
        """Tell whether something should stand there and does not."""
        return key not in data and (*path, key) not in self.broken

    def is_inherited(self, path: Path) -> bool:
        """Tell whether something is taken over as it stands in another file."""
        return path in self.places and self.places[path].file != self.file

    def is_broken(self, path: Path) -> bool:
        """Tell whether the grammar refused something in here."""
        return any(each[: len(path)] == path for each in self.broken)

    def other(self, side: str) -> str:
        """Name the side across."""
        return self.sides[1] if side == self.sides[0] else self.sides[0]

    def entities(self) -> Iterator[tuple[str, Data]]:
        """Give the entities one by one."""
        yield from self.part("entities").items()

    def resource(self, entity: str, side: str) -> Resource | None:
        """Find the resource that an entity uses on a side; None if that is not known."""
        name = self.part("entities").get(entity, {}).get(side, {}).get("resource")
        return self.resource_named(side, name)

    def resource_named(self, side: str, name: object) -> Resource | None:
        """Find a resource of a side; None if there is none of this name."""
        manifest = self.manifests.get(side)
        return manifest.resources.get(str(name)) if manifest else None

    def title(self, side: str) -> str:
        """Tell what people call the system of a side."""
        manifest = self.manifests.get(side)
        return manifest.title if manifest else side

    # Questions that several checks ask ----------------------------------------------------------------------------

    def one_of(
        self,
        code: str,
        path: Path,
        value: object,
        known: Iterable[str],
        what: str,
        declared: Path = (),
        fitting: Sequence[str] = (),
    ) -> bool:
        """Complain of a name that is not one of those known.

        Args:
            declared: the map whose keys are the known names; if it is broken itself, nobody can say what is known.
            fitting: those of them that can stand here at all.
        """
        known = list(known)
        if value in known:
            self.used.add((declared, str(value)))
            return True
        if declared in self.broken:
            return False
        away = self.taken.get((*declared, str(value)))
        if away is not None and not self._stands_beside(path, declared, away.place):
            self._say_taken(code, path, value, away.place)
            return False
        listed = (
            f"Known here: {', '.join(known[:12])}{' …' if len(known) > 12 else '.'}" if known else "There is none yet."
        )
        kind = _KINDS.get(code, "")
        hint = self._also(code, path, str(value), known) or grammar.nearest(value, fitting, kind)
        hint = hint or grammar.nearest(value, known, kind) or only(str(value), fitting)
        self.say(code, path, f"'{value}' is not {what}", hint or listed)
        if declared and away is None:
            self.unknown.append((declared, str(value), code))
        return False

    def _also(self, code: str, path: Path, value: str, known: list[str]) -> str:
        """Suggest the name that was meant by what people take for it: a title, a field, or two names in one."""
        found = ""
        if code in ("SR041", "SR042"):
            found = next((each for each in self.sides if self.title(each).lower() == value.lower()), "")
        elif code == "SR045":
            rows = value_at(self.data, (*path[:2], "fields")) or {}
            found = next((row for row, says in rows.items() if value in [says.get(each) for each in self.sides]), "")
        elif path and isinstance(path[-1], int):
            halves = [(value[: at.start()], value[at.end() :]) for at in re.finditer(" +", value)]
            both = next((f"{one}, {two}" for one, two in halves if one in known and two in known), "")
            return Meant("Put a comma between the two.", value, both, raw=True) if both else ""
        return Meant(f"did you mean '{found}'?", value, found) if found in known else ""

    def _stands_beside(self, path: Path, declared: Path, away: Place) -> bool:
        """Tell whether an entity itself names what it takes away itself; then the name is the mistake."""
        if len(path) < 2 or path[:2] != declared[:2] or path not in self.places:
            return False
        here, entity = self.places[path], self.places[path[:2]]
        return here.file == away.file == entity.file and here.line >= entity.line

    def _say_taken(self, code: str, path: Path, value: object, away: Place) -> None:
        """Complain, where something is taken away, of whoever still needs it; of the first alone."""
        if all((each.code, each.place) != (code, away) for each in self.problems):
            user = next((self.places[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.places), away)
            said = f"'{value}' is taken away here, and still needed in {user}"
            self.note(Problem(said, away, suggestion="Take that away too, or let it need something else.", code=code))

    def troubled(self, *path: str) -> bool:
        """Tell whether something serious was noted of what stands at a path, or the grammar refused a part of it."""
        return self.is_broken(path) or any(
            self.paths.get((each.place, each.message), ())[: len(path)] == path
            for each in self.problems
            if each.serious
        )

    def side(self, path: Path, value: object) -> bool:
        """Complain of what should be one of the two sides and is not."""
        return self.one_of("SR041", path, value, self.sides, "one of the two sides")

    def of_other_side(self, path: Path, side: str, name: object) -> str:
        """Suggest the other side in front of what only that has; empty if it is named there already, or has none."""
        other = self.other(side)
        manifest, beside = self.manifests.get(other), value_at(self.data, path[:-1])
        if path[-1] != side or manifest is None or other in (beside or {}) or name not in manifest.resources:
            return ""
        return Renamed(f"{manifest.title} has it: did you mean '{other}: {name}'?", side, other)

    def has_resource(self, path: Path, side: str, name: object) -> bool:
        """Complain of a resource that the system of a side does not have."""
        manifest = self.manifests.get(side)
        if manifest is None or name in manifest.resources:
            return True
        by_title = {each.title: each.name for each in manifest.resources.values()}
        near = grammar.best(name, [*manifest.resources, *by_title])
        near = near if near in manifest.resources else by_title.get(near, "")
        hint = Meant(f"did you mean '{near}'?", str(name), near) if near else self.of_other_side(path, side, name)
        known = f"There are: {', '.join(manifest.resources)}."
        self.say("SR043", path, f"{manifest.title} has no '{name}'", hint or known)
        return False
