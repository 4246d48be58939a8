"""What an invented system refuses: as its manifest says, in no words of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from syncrules.manifest import Field, Manifest, Resource, has_form
from syncrules.simulator.shape import Record, at, empty

Versions = list[tuple[float, Record | None]]
"""When, and what from then on; None: it is not there."""


class Refused(Exception):
    """The system does not take a write, and says why."""

    def __init__(self, says: str, code: str = "422") -> None:
        super().__init__(says)
        self.says = says
        self.code = code


class Gate:
    """Whoever looks at what is sent, before anything is kept."""

    def __init__(self, manifest: Manifest, tables: Mapping[str, Mapping[str, Versions]]) -> None:
        self.manifest = manifest
        self.tables = tables

    def check(self, fields: Mapping[str, Field], given: Record, where: str) -> None:
        """Refuse what these fields cannot hold.

        Raises:
            Refused: a field that there is not, or cannot be written, or that cannot have this value.
        """
        for name, value in given.items():
            each = fields.get(name)
            if each is None:
                raise Refused(f"{where} has no {name}")
            if each.reference and isinstance(value, dict):
                self._check_reference(each, value)
            elif each.of and isinstance(value, dict):
                self._check_object(each, value, name)
            elif each.of and isinstance(value, list):
                for one in value:
                    self.check(
                        {n: replace(f, read_only=False) for n, f in self.manifest.types[each.of].fields.items()},
                        one,
                        name,
                    )
            elif each.read_only:
                raise Refused(f"{name} cannot be written")
            else:
                _check_value(each, value)
                self._check_text_reference(each, value)

    def _check_object(self, each: Field, value: Record, name: str) -> None:
        kind = self.manifest.types[each.of]
        rest = {n: v for n, v in value.items() if n != kind.id}
        self.check(kind.fields, rest, name)

    def _check_reference(self, each: Field, value: Record) -> None:
        for target in each.reference:
            id_ = value.get(self.manifest.resources[target].id[0])
            versions = self.tables[target].get(str(id_))
            if versions and versions[-1][1] is not None:
                return
        raise Refused(f"{each.name} leads nowhere")

    def _check_text_reference(self, each: Field, value: Any) -> None:
        """Refuse a reference by a number that nobody has."""
        if not each.reference or not each.by or empty(value) or not isinstance(value, str):
            return
        for target in each.reference:
            known = any(at(record, each.by[0]) == value for record in self._present(target))
            if known or not self.manifest.resources[target].creatable:  # a small list holds what our lists do not
                return
        raise Refused(f"{each.name} '{value}' is not known")

    def _present(self, resource: str) -> Iterator[Record]:
        for versions in self.tables[resource].values():
            if versions[-1][1] is not None:
                yield versions[-1][1]

    def refuse_frozen(self, spec: Resource, shown: Record, given: Record) -> None:
        """Refuse a change of a record that is closed."""
        if spec.frozen and all(
            at(shown, path) in (test if isinstance(test, list) else [test]) for path, test in spec.frozen.items()
        ):
            touched = [name for name in given if name not in spec.frozen_except]
            if touched:
                raise Refused(f"it is closed: {', '.join(touched)} cannot be changed")

    def refuse_taken(self, spec: Resource, record: Record, id: str) -> None:
        """Refuse a record with a number that another one has, where the system says that it does."""
        known = next((each for each in spec.refusals if each.means == "already_there"), None)
        if known is None:
            return
        for path in spec.keys or ((spec.look_up,) if spec.look_up else ()):
            value = at(record, path)
            for other, versions in self.tables[spec.name].items():
                there = versions[-1][1]
                if other != id and there is not None and not empty(value) and at(there, path) == value:
                    raise Refused(known.says or f"{path} '{value}' is in use", known.code or "409")


def _check_value(each: Field, value: Any) -> None:
    if value is None:
        return
    match each.type:
        case "string":
            fits = isinstance(value, str) and (each.max_length is None or len(value) <= each.max_length)
        case "integer":
            fits = isinstance(value, int) and not isinstance(value, bool)
        case "number":
            fits = isinstance(value, int | Decimal) and not isinstance(value, bool)
        case "boolean":
            fits = isinstance(value, bool)
        case _:
            fits = True
    if isinstance(value, str) and value and each.type == "string":
        fits = fits and has_form(each.format, value)
    if not fits or (each.enum and value not in each.enum):
        raise Refused(f"{each.name} cannot be {value!r}")
