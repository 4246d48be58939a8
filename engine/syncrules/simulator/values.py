"""What people type: values that are right for a field and carry a number by which they are known again.

Every value that can hold one carries its *mark*: a number that nothing else in a schedule bears, so that it can be told where a
value came to stand without knowing how it was translated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from syncrules.language.model import Row, Spec
from syncrules.manifest import Field, Manifest
from syncrules.simulator.shape import Record, at, empty, set_at
from syncrules.simulator.twin import Twin

TEXTS: Mapping[str, Callable[[int], Any]] = {
    "phone": lambda mark: f"030-{mark:07d}",
    "email": lambda mark: f"post{mark}@voorbeeld.example",
    "website": lambda mark: f"www.winkel{mark}.example",
    "vat_number": lambda mark: f"NL{mark:09d}B01",
    "coc_number": lambda mark: f"{mark:08d}",
    "iban": lambda mark: _iban(f"TEST{mark:010d}"),
    "bic": lambda mark: f"T{chr(65 + mark % 26)}{chr(65 + mark // 26 % 26)}{chr(65 + mark // 676 % 26)}NL2A",
    "postcode": lambda mark: f"{1000 + mark % 9000} AB",
}
"""Operator → a text that it can take."""

ADDRESS: Mapping[str, Callable[[int], Any]] = {
    "street": lambda _: "Kerkstraat",
    "number": lambda mark: f"{mark}",
    "suffix": lambda _: None,
    "extra": lambda _: None,
    "postcode": lambda mark: f"{1000 + mark % 9000} AB",
    "city": lambda mark: f"Dorp {mark}",
    "country": lambda _: "NL",
    "country_name": lambda _: "Nederland",
    "line": lambda mark: f"Kerkstraat {mark}",
}
NAME: Mapping[str, Callable[[int], Any]] = {
    "first": lambda mark: f"Voor{mark}",
    "middle": lambda _: None,
    "last": lambda mark: f"Achter{mark}",
    "full": lambda mark: f"Voor{mark} Achter{mark}",
}
VAT: Mapping[str, Callable[[int], Any]] = {"country": lambda _: "NL", "digits": lambda mark: f"{mark:09d}B01"}
PARTS = {"address": ADDRESS, "person_name": NAME, "vat_number": VAT}


def _iban(account: str) -> str:
    """Put the country and its check digits before the rest of an IBAN."""
    number = int("".join(str(int(each, 36)) for each in f"{account}NL00"))
    return f"NL{98 - number % 97:02d}{account}"


class Typist:
    """Fill in fields as a person would, on either side."""

    def __init__(self, spec: Spec, twins: Mapping[str, Twin], settings: Mapping[str, Any]) -> None:
        self._spec = spec
        self._twins = twins
        self.settings = settings

    # One row ------------------------------------------------------------------------------------------------------

    def places(self, side: str, resource: str, row: Row) -> dict[str, str]:
        """Name the paths of a row on a side: part → path; a plain path has the empty part."""
        parts = row.sides[side]
        if isinstance(parts, Mapping):
            return dict(parts)
        found = self._field(side, resource, parts)
        kind = self._manifest(side).types[found.of] if found is not None and found.of else None
        if kind is not None and kind.concept and any(name == kind.concept for name, _ in row.operators):
            return {name: f"{parts}.{path}" for name, path in kind.parts.items()}
        return {"": parts.partition("||")[0].strip()}

    def row(self, side: str, resource: str, row: Row, mark: int, record: Record) -> Record:
        """Give what a person fills in for a row: a nested record with just that."""
        typed: Record = {}
        names = [name for name, _ in row.operators]
        for part, path in self.places(side, resource, row).items():
            value = self.part(side, resource, row, names, part, path, mark, record)
            if value is not SKIP:
                self.put(side, resource, typed, path, value)
        return typed

    def part(
        self, side: str, resource: str, row: Row, names: list[str], part: str, path: str, mark: int, record: Record
    ) -> Any:
        if row.refers_to:
            return self._parent(side, resource, row, path, mark)
        if "payment_term" in names:
            return self._term(part, mark, record, self.places(side, resource, row))
        if "first_filled" in names and part != "first":
            return None
        for name in names:
            if name in PARTS and part in PARTS[name]:
                return PARTS[name][part](mark)
            if name in TEXTS:
                return TEXTS[name](mark)
        if row.values and part:
            return SKIP  # what is told of several fields follows from them; nobody fills it in
        if row.values:
            return self._chosen(side, resource, row, path, mark)
        return self.plain(side, resource, path, mark, "" if self._is_short(row) else row.name)

    def _is_short(self, row: Row) -> bool:
        """Tell whether one of the sides has room for a number only."""
        for entity in self._spec.entities.values():
            if row in entity.rows:
                for side, path in row.sides.items():
                    found = self._field(side, entity.sources[side].resource, path) if isinstance(path, str) else None
                    if found is not None and found.max_length is not None and found.max_length < len(row.name) + 5:
                        return True
        return False

    def _term(self, part: str, mark: int, record: Record, places: Mapping[str, str]) -> Any:
        """Give a number of days or a due day; the other is left to follow from it."""
        days = 7 + mark % 60
        if part == "days":
            return days if mark % 2 or "due" not in places else None
        if part == "due" and (mark % 2 == 0 or "days" not in places):
            first = str(at(record, places["date"]) or self._today())[:10]
            return f"{(datetime.fromisoformat(first) + timedelta(days=days)).date()}T00:00:00Z"
        return SKIP if part == "date" else None

    def _today(self) -> str:
        twin = next(iter(self._twins.values()))
        return datetime.fromtimestamp(twin.now(), UTC).date().isoformat()

    def _parent(self, side: str, resource: str, row: Row, path: str, mark: int) -> Any:
        """Choose one of the records that a reference may point to, by the words in which it is written."""
        found = self._field(side, resource, path)
        for name in (row.refers_to[mark % len(row.refers_to) :] + row.refers_to)[: len(row.refers_to) + 1]:
            entity = self._spec.entities[name]
            target = entity.sources[side].resource
            rows = [each for each in self._twins[side].rows(target).values() if fits(entity.sources[side].is_, each)]
            if rows and found is not None:
                chosen = rows[mark % len(rows)]
                id_ = self._manifest(side).resources[target].id[0]
                if found.type == "object":
                    return {id_: chosen[id_]}
                return chosen.get(found.by[0] if found.by else id_)
        return SKIP

    def _chosen(self, side: str, resource: str, row: Row, path: str, mark: int) -> Any:
        """Choose one of the values that a table of the mapping, or of the settings, knows."""
        left = side == self._spec.sides[0]
        first, last = row.values[0], row.values[-1]
        if "setting" not in first:
            return [each[side] for each in row.values][mark % len(row.values)]
        table = self.settings.get((first if left else last)["setting"]) or {}
        known = sorted({str(each) for each in (table if left else table.values())})
        if not known:
            return SKIP
        chosen = known[mark % len(known)]
        found = self._field(side, resource, path)
        if found is not None and found.reference and found.type == "object":
            target = self._manifest(side).resources[found.reference[0]]
            rows = self._twins[side].rows(target.name).values()
            return next(({target.id[0]: each[target.id[0]]} for each in rows if str(each[target.key]) == chosen), SKIP)
        return chosen

    # One field ----------------------------------------------------------------------------------------------------

    def plain(self, side: str, resource: str, path: str, mark: int, label: str) -> Any:
        """Give a value that a field can hold."""
        found = self._field(side, resource, path)
        if found is None:
            return SKIP
        looked_up = self._look_up(side, resource, path)
        if looked_up is not None:
            _, target, inner = looked_up
            values = [value for each in self._twins[side].rows(target).values() if not empty(value := at(each, inner))]
            return values[mark % len(values)] if values else SKIP
        if found.reference:
            target = found.reference[mark % len(found.reference)]
            rows = list(self._twins[side].rows(target).values())
            id_ = self._manifest(side).resources[target].id[0]
            if not rows:
                return SKIP
            return {id_: rows[mark % len(rows)][id_]} if found.type == "object" else rows[mark % len(rows)][id_]
        return of_type(found, mark, label, self._today())

    def put(self, side: str, resource: str, record: Record, path: str, value: Any) -> None:
        """Fill a value in; behind a reference it means: choose the one that has it."""
        looked_up = self._look_up(side, resource, path)
        if looked_up is None:
            set_at(record, path, self._fitted(side, resource, path, value))
            return
        head, target, inner = looked_up
        id_ = self._manifest(side).resources[target].id[0]
        rows = self._twins[side].rows(target).values()
        chosen = next((each for each in rows if at(each, inner) == value), None)
        set_at(record, head, {id_: chosen[id_]} if chosen is not None else None)

    def _fitted(self, side: str, resource: str, path: str, value: Any) -> Any:
        found = self._field(side, resource, path)
        if found is None or value is None or isinstance(value, dict | list | bool):
            return value
        if found.type == "string":
            return str(value)[: found.max_length]
        if found.type == "integer" and str(value).lstrip("-").isdigit():
            return int(value)
        return Decimal(str(value)) if found.type == "number" and not isinstance(value, int) else value

    def _look_up(self, side: str, resource: str, path: str) -> tuple[str, str, str] | None:
        """Find the reference that a path leads through: its own path, the resource behind it, the path there."""
        steps = path.split(".")
        for length in range(1, len(steps)):
            found = self._field(side, resource, ".".join(steps[:length]))
            if found is not None and found.reference:
                return ".".join(steps[:length]), found.reference[0], ".".join(steps[length:])
        return None

    def _field(self, side: str, resource: str, path: str) -> Field | None:
        return self._manifest(side).field_at(resource, path)

    def _manifest(self, side: str) -> Manifest:
        return self._spec.manifests[side]


class _Skip:
    def __repr__(self) -> str:
        return "SKIP"


SKIP = _Skip()
"""Nothing is filled in here."""


def of_type(found: Field, mark: int, label: str, today: str) -> Any:
    """Give a value of the type that a field declares."""
    if found.enum:
        return found.enum[mark % len(found.enum)]
    match found.type:
        case "boolean":
            return mark % 2 == 0
        case "integer":
            return mark
        case "number":
            return Decimal(mark if found.decimals == 0 else f"{mark}.{mark % 10}0")
        case "object" | "array":
            return SKIP
    match found.format:
        case "date":
            return today
        case "date-time":
            return f"{today}T00:00:00Z"
        case "decimal":
            return str(mark)
        case "email" | "iban" as kind:
            return TEXTS[kind](mark)
        case "digits":
            return str(mark)
    text = f"{label} {mark}".strip()
    return text if found.max_length is None or len(text) <= found.max_length else str(mark)[: found.max_length]


def fits(condition: Mapping[str, Any], record: Record) -> bool:
    """Tell whether a record has the plain values that a condition asks for; other tests are not looked at."""
    return all(at(record, path) == value for path, value in constants(condition))


def constants(condition: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """List the paths for which a condition asks for one plain value, or takes the first of a list."""
    for path, test in condition.items():
        if isinstance(test, list) and test and not isinstance(test[0], dict):
            yield path, test[0]
        elif not isinstance(test, dict | list) and "|" not in path and "!" not in path:
            yield path, test
