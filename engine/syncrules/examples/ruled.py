"""Where the rules of an entity stand: of a field its row, of a reason the need or the check of that name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncrules.language.model import Entity, Row, Spec, Template

Found = tuple[str, bool]
"""A place, and whether it is that of a rule about just this; the nearest place otherwise."""


class Rule:
    """Where the rules of an entity stand."""

    def __init__(self, spec: Spec, entity: str) -> None:
        self.spec = spec
        self.entity: Entity = spec.entities[entity]
        self.start = ("entities", self.entity.name)

    def named(self, side: str, path: str) -> str:
        """Name a field for a person: its path, and the row that writes it."""
        row = _row(self.entity.rows, side, path)
        return f"{path} ({row.name})" if row is not None else path

    def of_field(self, side: str, path: str, expected: Any, got: Any) -> Found:
        """Find the row that writes a field, of a line of a document the row of the template; else what writes a constant there."""
        row = _row(self.entity.rows, side, path)
        if row is not None:
            inner = next(_lines(row, side, expected, got), ())
            as_many = (
                not row.lines or not (isinstance(expected, list) and isinstance(got, list)) or len(expected) == len(got)
            )
            return self.spec.place(*self.start, "fields", row.name, *inner), as_many
        for part in ("set", "is"):
            if (*self.start, side, part, path) in self.spec.places:
                return self.spec.place(*self.start, side, part, path), True
        if path in self.entity.beside:
            return self.spec.place(*self.start, "beside", path), True
        return self.spec.place(*self.start, "link" if self._resource_has_id(side, path) else "fields"), False

    def _resource_has_id(self, side: str, path: str) -> bool:
        resource = self.spec.manifests[side].resources[self.entity.sources[side].resource]
        return bool(resource.external_id) and path == resource.external_id

    def of_words(self, told: Sequence[Mapping[str, Any]]) -> Found:
        """Find what decided that something is made, waits, fails or stays out, by the reasons that are told or should be."""
        texts = _texts(told)
        for part, names in (
            ("needs", [(each.name, each.cure) for each in self.entity.needs]),
            ("checks", [(each.name, "") for each in self.entity.checks]),
        ):
            for name, cure in names:
                if cure and cure in texts:
                    return self.spec.place(*self.start, part, name, "cure"), True
                if any(each.startswith(name) for each in texts):
                    holds = part == "needs" and any(each.startswith(name) for each in _texts(told[1:]))
                    looked = self._looked_at(name) if holds else ()
                    return self.spec.place(*self.start, part, name, *looked), part == "checks"
        if kept_out := _texts([{"stays_out": each["stays_out"]} for each in told if "stays_out" in each]):
            return self.spec.place(*self.start, *self._keeps_out(kept_out)), False
        missed, came = _texts(told[:1]), _texts(told[1:])
        if missed and came and "waits" in told[0] and not self.row_in(missed):  # no need says so any more
            return self.spec.place(*self.start, "needs"), False
        if inner := self.row_in(texts):
            return self.spec.place(*self.start, *inner), False
        if any(each.get("link") == "id" for each in told):
            return self.spec.place(*self.start, "link"), False
        steps: dict[str, str] = {
            "link": "match",
            "to_do": "follow_ups",
            "fails": "checks",
            "waits": "needs",
            "cure": "needs",
        }
        steps |= dict.fromkeys(("create", "update", "deactivate", "reactivate", "delete"), "events")
        for each_ in told:
            for word in each_:
                if word in steps:
                    return self.spec.place(*self.start, steps[word]), False
        return self.spec.place(*self.start), False

    def row_in(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Find the row that reasons speak of: by its name, by what it fills, by what it works out, or by whom it refers to."""
        for row in self.entity.rows:
            inner = [(each, line) for each in row.lines for line in each.rows]
            for one, way in ((row, ()), *((line, ("lines", each.name, "fields", line.name)) for each, line in inner)):
                if any(self._is_about(one, each) for each in texts):
                    return ("fields", row.name, *way)
        return ()

    def _is_about(self, row: Row, text: str) -> bool:
        said = re.sub(r"^line \d+: ", "", text)
        if said.startswith(row.name) or any(name.replace("_", " ") in said for name, _ in row.operators if "_" in name):
            return True
        if row.refers_to and said.endswith("it belongs to is not known yet"):
            return True
        return any(
            f"{manifest.title} needs {title}" == said
            for side, manifest in self.spec.manifests.items()
            for path in _paths(row, side)
            if (title := getattr(manifest.field_at(self.entity.sources[side].resource, path), "title", ""))
        )

    def _keeps_out(self, reasons: Sequence[str]) -> tuple[str, ...]:
        """Name the word that keeps a record out, by the reasons that are told."""
        if any(each.endswith("points to it") for each in reasons):
            return ("used_by",)
        side = self._source_side()
        source, manifest = self.entity.sources[side], self.spec.manifests[side]
        tested = [manifest.field_at(source.resource, path) for test in source.where_any for path in test]
        titles = [each.title for each in tested if each is not None and each.title]
        if any(one.startswith(f"{title} is ") for one in reasons for title in titles):
            return (side, "where_any")
        return (side, "where") if any("is '" in each for each in reasons) else (side,)

    def _looked_at(self, name: str) -> tuple[str, ...]:
        """Name the word of a need that says which field is looked at."""
        return tuple(each.side for each in self.entity.needs if each.name == name)

    def _source_side(self) -> str:
        return self.spec.other(self.entity.to) if self.entity.to in self.spec.sides else self.spec.sides[0]


def _texts(told: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(one) for each in told for what in each.values() if isinstance(what, list) for one in what]


def _paths(row: Row, side: str) -> list[str]:
    parts = row.sides.get(side, {})
    return [parts] if isinstance(parts, str) else list(parts.values())


def _row(rows: Sequence[Row], side: str, path: str) -> Row | None:
    def fits(row: Row) -> bool:
        paths = _paths(row, side)
        return any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in paths)

    return next((each for each in rows if fits(each)), None)


def _lines(row: Row, side: str, expected: Any, got: Any) -> Iterator[tuple[str, ...]]:
    """Find the rows, or the constants, of the templates that write what differs in the lines of a document."""
    if not row.lines or not isinstance(expected, list) or not isinstance(got, list):
        return
    for one, two in zip(expected, got, strict=False):
        if not isinstance(one, Mapping) or not isinstance(two, Mapping):
            continue
        for path in _differing(one, two):
            yield from _within(row, side, path, two)


def _differing(one: Mapping[str, Any], two: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key in dict.fromkeys((*one, *two)):
        left, right, path = one.get(key), two.get(key), f"{above}{key}"
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            yield from _differing(left, right, f"{path}.")
        elif left != right:
            yield path


def _within(row: Row, side: str, path: str, line: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for template in sorted(row.lines, key=lambda each: not _made(each, line)):
        if (inner := _row(template.rows, side, path)) is not None:
            yield ("lines", template.name, "fields", inner.name)
        elif path in template.set:
            yield ("lines", template.name, "set", path)


def _made(template: Template, line: Mapping[str, Any]) -> bool:
    """Tell whether a line may have been made by a template: it bears its constants."""
    constants = {path: value for path, value in template.set.items() if not isinstance(value, Mapping)}
    return all(_at(line, path) == value for path, value in constants.items())


def _at(line: Any, path: str) -> Any:
    for step in path.split("."):
        line = line.get(step) if isinstance(line, Mapping) else None
    return line
