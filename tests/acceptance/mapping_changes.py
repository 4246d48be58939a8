"""Every change of a mapping that is worth trying: each line taken away, and what can be changed in it changed.

Every key of every map and every entry of every list is removed once; every word from a closed list is replaced by each other
word of that list; intervals, decimals and yes-or-no are changed; rows that go both ways are sent one way; parts and tiers change
places.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml as pyyaml

from syncrules import provider
from syncrules import yaml as exact
from syncrules.errors import SpecError
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest

READ_ONLY = ("title", "summary", "about", "ask", "cure", "lossy", "not_synchronised")
"""Words whose texts only a person reads: no test can notice what they say, beyond that they are there."""

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a mapping."""

    path: Steps
    """Where."""
    label: str
    """Place and change, in words; unique."""
    line: int
    data: Any
    """The whole mapping, changed."""

    @property
    def entity(self) -> str:
        return str(self.path[1]) if self.path[0] == "entities" and len(self.path) > 1 else ""


def changes(name: str) -> Iterator[Change]:
    """Give every change of a mapping, in the order of the file."""
    document = exact.load(spec.find(name).read_text(encoding="utf-8"), name)
    words = _Words(document.data, spec.load(name))
    for path in _paths(document.data):
        if any(step in READ_ONLY for step in path):
            continue
        line = document.place(path).line
        for what, data in words.changed(path):
            yield Change(path, f"{_said(path)}: {what}", line, data)


def texts(name: str) -> Iterator[tuple[int, str]]:
    """Give the lines that only a person reads."""
    document = exact.load(spec.find(name).read_text(encoding="utf-8"), name)
    for path in _paths(document.data):
        if path[-1] in READ_ONLY:
            yield document.place(path).line, _said(path)


def _paths(data: Any, path: Steps = ()) -> Iterator[Steps]:
    entries = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _said(path: Steps) -> str:
    return "/".join(str(each) for each in path)


def _at(data: Any, path: Steps) -> Any:
    for step in path:
        data = data[step]
    return data


class _Words:
    """What may stand where in this mapping, and what it becomes when it is changed."""

    def __init__(self, data: Any, mapping: Spec) -> None:
        self.data, self.mapping = data, mapping
        self.sides = list(data["sides"])
        self.manifests: dict[str, Manifest] = {
            side: provider.find(says["provider"]).manifest for side, says in data["sides"].items()
        }
        self.entities = list(data["entities"])

    def changed(self, path: Steps) -> Iterator[tuple[str, Any]]:
        """Give each change of the value at a path: in words, and the whole mapping with it."""
        yield "removed", self._without(path)
        value = _at(self.data, path)
        for other in self._others(path, value):
            yield f"{_short(value)} → {_short(other)}", self._with(path, other)
        for key, other in self._added(path, value):
            yield f"with {key}: {_short(other)}", self._with((*path, key), other)
        if _is_parts(path, value):
            names = list(value)
            for one, two in pairwise(names):
                swapped = {**value, one: value[two], two: value[one]}
                yield f"{one} and {two} swapped", self._with(path, swapped)
        if path[-1] == "match" and len(value) > 1:
            yield "tiers swapped", self._with(path, value[::-1])

    def _without(self, path: Steps) -> Any:
        data = copy.deepcopy(self.data)
        del _at(data, path[:-1])[path[-1]]
        return data

    def _with(self, path: Steps, value: Any) -> Any:
        data = copy.deepcopy(self.data)
        _at(data, path[:-1])[path[-1]] = value
        return data

    def _others(self, path: Steps, value: Any) -> Iterator[Any]:
        """Give what else may stand at a path."""
        key = path[-1]
        match value:
            case bool():
                yield not value
            case int() if key in COUNTED:
                yield value * 2
                yield value // 2
            case int() if key == "decimals":
                yield value - 1
                yield value + 1
            case Decimal():
                yield 0
                yield value * 10
            case {"decimals": _}:
                yield "trimmed"
            case str():
                yield from (each for each in self._words(path, value) if each != value)
            case dict() if key == "first_import":
                yield "none"
            case dict() if len(path) > 1 and path[-2] == "when" and set(value) == {"every"}:
                yield "at_once"
                yield "by_hand"
            case dict() if len(path) > 2 and path[-3] == "match" and key == 0:
                return

    def _words(self, path: Steps, value: str) -> list[str]:
        """List the words of the closed list from which the value at a path is taken."""
        key, above = path[-1], path[-2] if len(path) > 1 else ""
        match path:
            case (*_, "events", _, happening):
                return REACTIONS[str(happening)]
            case (*_, "needs", _, "to") | (*_, "checks", _, "side") | (*_, "first_import", "from"):
                return self.sides
            case (*_, "link", _):
                return self.sides
            case ("entities", _, "to"):
                return [*self.sides, "both", "neither"]
            case (*_, "fields", _, "to"):
                return [*self.sides, "both", "neither", "match"]
            case (*_, "leading"):
                return [*self.sides, "ask"]
            case (*_, "when", _) | (*_, "when", _, "deactivated"):
                return ["at_once", "by_hand"]
            case (*_, "without_role"):
                return ["add", "leave"]
            case (*_, "missing"):
                return ["stop", "report"]
            case (*_, "too_long"):
                return ["report", "cut"]
            case (*_, "as"):
                return [value, "trimmed"]
            case (*_, "for_each") if path[-3] == "entities":
                return self.entities
            case (*_, "like") | (*_, "like", "entity"):
                return self.entities
            case (*_, "match", _, _, _):
                return list(self.data["entities"][self._original(str(path[1]))]["fields"])[:5]
            case (*_, "resource"):
                return list(self.manifests[str(above)].resources)
        if above in ("choose", "for_each") and key in self.sides:
            return list(self.manifests[str(key)].resources)
        if above in ("is", "set", "where"):
            return self._enumerated(path)
        return []

    def _enumerated(self, path: Steps) -> list[str]:
        side, entity = str(path[-3]), str(path[1])
        if side not in self.sides or path[0] != "entities":
            return []
        resource = _at(self.data, path[:-2]).get("resource") or self._resource(entity, side)
        field = self.manifests[side].field_at(resource, str(path[-1])) if resource else None
        return [str(each) for each in field.enum] if field is not None else []

    def _like(self, entity: str) -> str:
        """Name the entity from which another takes over what it does not say itself; empty if there is none."""
        like = self.data["entities"][entity].get("like", "")
        return str(like["entity"] if isinstance(like, Mapping) else like)

    def _original(self, entity: str) -> str:
        while above := self._like(entity):
            entity = above
        return entity

    def _resource(self, entity: str, side: str) -> str:
        while entity:
            source = self.data["entities"][entity].get(side, {})
            if "resource" in source:
                return str(source["resource"])
            entity = self._like(entity)
        return ""

    def _added(self, path: Steps, value: Any) -> Iterator[tuple[str, Any]]:
        """Send a row that goes both ways one way, let it travel only once, or let the other side stand."""
        if len(path) != 4 or path[0] != "entities" or path[2] != "fields" or not isinstance(value, Mapping):
            return
        entity = self.mapping.entities[str(path[1])]
        once = next((each.once for each in entity.rows if each.name == path[3]), True)
        if "to" not in value and entity.to == "both" and set(self.sides) & set(value):
            yield from (("to", side) for side in self.sides)
            yield from () if once else [("once", True)]


COUNTED = ("minutes", "hours", "days", "deactivations", "deletions", "settlements", "longer_than")
"""Words whose numbers are doubled and halved."""
REACTIONS = {
    "created": ["create", "match", "ignore"],
    "changed": ["update", "report", "ignore"],
    "already_inactive": ["skip", "create"],
    "deactivated": ["ignore", "deactivate"],
    "reactivated": ["ignore", "reactivate"],
    "deleted": ["ignore", "unlink", "deactivate", "delete"],
    "changed_kind": ["ask", "ignore"],
    "filtered_out": ["ignore", "delete", "deactivate"],
}


def _is_parts(path: Steps, value: Any) -> bool:
    """Tell whether this is a map of names to fields, whose fields can change places."""
    if not isinstance(value, Mapping) or len(value) < 2 or not all(isinstance(each, str) for each in value.values()):
        return False
    return path[-1] == "belongs_to" or (len(path) > 2 and path[-3] == "fields")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 50 else f"{text[:47]}…"


# A changed mapping, as a file and as what it means -----------------------------------------------------------------------


def written(change: Change, folder: Path, number: int) -> Path:
    """Write a changed mapping to a file."""
    path = folder / f"changed-{number}.yaml"
    path.write_text(
        pyyaml.dump(_plain(change.data), Dumper=_Dumper, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path


def _plain(data: Any) -> Any:
    """Copy the data, so that nothing in it is written as an alias of something else."""
    if isinstance(data, dict):
        return {name: _plain(each) for name, each in data.items()}
    return [_plain(each) for each in data] if isinstance(data, list) else data


class _Dumper(pyyaml.SafeDumper):
    """Writes a decimal as the mapping has it: as a float, a small one would be a text to us."""


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}"))


def meaning(mapping: Spec) -> tuple[Any, ...]:
    """Give all that a mapping does, without what it is called and where it stands."""
    return (
        mapping.sides,
        mapping.settings,
        mapping.preflights,
        mapping.entities,
        mapping.scope,
        list(mapping.entities),
    )


def refused(path: Path) -> Spec | str:
    """Load a changed mapping, or say why `validate` refuses it."""
    try:
        return spec.load(str(path))
    except SpecError as error:
        return next(each.message for each in error.problems if each.serious)
