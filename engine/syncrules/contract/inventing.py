"""Invented records: right for a manifest, every one of them another, and pointing to what the system lists itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from syncrules.contract.samples import Sample, Samples
from syncrules.manifest import Active, Field, Manifest, Resource
from syncrules.provider import Record
from syncrules.simulator.shape import at, empty, set_at

DAY = "2026-03-29"
"""The night of it has an hour less in Europe: a day that slips with a time zone does so here."""


class Nothing(Exception):
    """There is nothing that could be sent, and why."""


class Inventor:
    """Make records for one manifest.

    Args:
        rows: gives the records that the system lists of a resource.
    """

    def __init__(self, manifest: Manifest, samples: Samples, rows: Callable[[str], Sequence[Record]]) -> None:
        self._manifest = manifest
        self._samples = samples
        self._rows = rows

    def record(self, resource: Resource, mark: int, *, shown: bool = False) -> Record:
        """Make a record in which every field is filled that can be sent.

        Args:
            shown: fill in what a system only shows, too.

        Raises:
            Nothing: it lacks something that is required, because the system has none of it.
        """
        made = self._filled(dict(self._sent(resource, shown=shown)), self._samples.of(resource.name), mark, shown=shown)
        lacking = [path for path in resource.requires if empty(at(made, path)) and at(made, path) not in (0, False)]
        if lacking and not shown:
            raise Nothing(f"there is nothing that could be sent as {', '.join(lacking)}")
        return made

    def required(self, resource: Resource, mark: int) -> Record:
        """Make a record of the required fields alone."""
        whole, made = self.record(resource, mark), dict[str, Any]()
        for path in resource.requires:
            set_at(made, path, at(whole, path))
        return made

    def value(self, resource: Resource, field: Field, mark: int) -> Any:
        """Make another value for one field; None where there is none."""
        return self._value(field, self._samples.of(resource.name), mark, shown=False)

    def chosen(self, says: Mapping[str, Any]) -> Record:
        """Choose the listed record that samples speak of; where none is like it, any.

        Raises:
            Nothing: there are none at all.
        """
        rows = self._rows(says["from"])
        wanted = says.get("is", {})
        fitting = [each for each in rows if all(at(each, path) == value for path, value in wanted.items())]
        found = next(iter(fitting or rows), None)
        if found is None:
            raise Nothing(f"the system lists no {says['from']}")
        return found

    def _sent(self, resource: Resource, *, shown: bool) -> Iterator[tuple[str, Field]]:
        sample = self._samples.of(resource.name)
        active = resource.active
        for name, each in resource.fields.items():
            if isinstance(active, Active) and name in (active.field, active.stamp) and name not in resource.requires:
                continue  # a new record is in use
            if shown:
                if name not in resource.id or len(resource.id) > 1 or not each.read_only:
                    yield name, each
            elif not each.read_only and not self._left_out(name, sample, resource.requires):
                yield name, each

    def _left_out(self, name: str, sample: Sample, requires: Sequence[str] = ()) -> bool:
        needed = any(name == path.partition(".")[0] for path in requires)
        return name in sample.leave_out or bool(sample.only and name not in sample.only and not needed)

    def _filled(self, fields: Mapping[str, Field], sample: Sample, mark: int, *, shown: bool) -> Record:
        made: Record = {}
        for name, each in fields.items():
            value = self._value(each, sample, mark, shown=shown)
            if value is not None:
                made[name] = value
        return made

    def _value(self, each: Field, sample: Sample, mark: int, *, shown: bool) -> Any:
        if each.name in sample.fields:
            return self._said(sample.fields[each.name], each, mark)
        if each.reference:
            return self._reference(each, mark)
        if each.of:
            kind, own = self._manifest.types[each.of], self._samples.of_type(each.of)
            fields = {
                name: one
                for name, one in kind.fields.items()
                if (shown or not one.read_only) and name != kind.id and not self._left_out(name, own)
            }
            below = self._filled(fields, own, mark, shown=shown)
            return [below] if each.type == "array" else below or None
        return plain(each, mark)

    def _said(self, says: Any, each: Field, mark: int) -> Any:
        """Read what samples say of a field."""
        if isinstance(says, Mapping) and "from" in says:
            found = self.chosen(says)
            id_ = self._manifest.resources[says["from"]].id[0]
            return at(found, says["gives"]) if "gives" in says else {id_: found[id_]}
        if isinstance(says, Mapping):
            below = self._manifest.types[each.of].fields if each.of else {}
            return {name: self._said(one, below.get(name, Field(name)), mark) for name, one in says.items()}
        if isinstance(says, list):
            return [self._said(one, each, mark) for one in says]
        if isinstance(says, str) and "{mark}" in says:
            return says.format(mark=mark)
        return Decimal(str(says)) if each.type == "number" and isinstance(says, int | float | str) else says

    def _reference(self, each: Field, mark: int) -> Any:
        for target in each.reference:
            rows, id_ = self._rows(target), self._manifest.resources[target].id[0]
            if not rows:
                continue
            row = rows[mark % len(rows)]
            if each.type == "object":
                return {id_: row[id_]}
            values = [value for one in rows if not empty(value := one.get(each.by[0] if each.by else id_))]
            if values:
                return values[mark % len(values)]
        return None


def plain(each: Field, mark: int) -> Any:
    """Make a value of the type that a field declares; None where it declares too little."""
    if each.enum:
        return each.enum[mark % len(each.enum)]
    match each.type:
        case "boolean":
            return mark % 2 == 0
        case "integer":
            return int(each.minimum or 0) + mark % 90
        case "number":
            return Decimal(mark) if each.decimals == 0 else Decimal(f"{mark}.{mark % 9 + 1}5")
        case "string":
            return text(each, mark)
    return None


def text(each: Field, mark: int) -> str:
    """Make a text as a field takes it."""
    match each.format:
        case "date":
            return f"{DAY[:-2]}{1 + mark % 28:02d}" if mark % 2 else DAY
        case "date-time":
            return f"{DAY}T00:00:00Z"
        case "decimal":
            return str(mark % 100)
        case "email":
            return f"post{mark}@voorbeeld.example"
        case "uri":
            return f"https://www.voorbeeld.example/{mark}"
        case "uuid":
            return str(uuid5(NAMESPACE_URL, f"record {mark}"))
        case "guid-in-braces":
            return "{" + str(uuid5(NAMESPACE_URL, f"record {mark}")).upper() + "}"
        case "digits":
            return f"{mark:08d}"
        case "iban":
            return _iban(f"TEST{mark:010d}")
    said = f"{each.title or each.name} {mark}"
    return said if each.max_length is None or len(said) <= each.max_length else str(mark)[-each.max_length :]


def _iban(account: str) -> str:
    number = int("".join(str(int(each, 36)) for each in f"{account}NL00"))
    return f"NL{98 - number % 97:02d}{account}"
