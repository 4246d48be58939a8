"""How customers and suppliers are written: a role, the company below it, and its address and contact, each where it lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncrules.errors import OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.manifest import Field, Manifest, Resource
from syncrules.provider import Record
from syncrules_providers.torm import Service
from syncrules_providers.torm_questions import Asking, Question
from syncrules_providers.torm_values import Dialect, says_something
from syncrules_providers.winbooks_reading import Reading


class Parties:
    """Write the customers and suppliers of one folder."""

    def __init__(
        self, manifest: Manifest, service: Service, reading: Reading, asking: Asking, dialect: Dialect, system: str
    ) -> None:
        self._offers = manifest
        self._service = service
        self._reading = reading
        self._asking = asking
        self._dialect = dialect
        self._system = system

    def make(self, offer: Resource, record: Record) -> Record:
        """Create a customer or supplier, together with its company or as a role of the one that has its number."""
        code = str(record.get("Code") or "")
        shared = offer.fields["Third"]
        given, there = record.get(shared.name) or {}, self._company(offer, shared, code)
        if there is not None:
            name, wanted = str(there.get("Name") or ""), str(given.get("Name") or "")
            if name.casefold() != wanted.strip().casefold():
                cure = "Give one of the two another number: WinBooks has one company for each."
                raise RecordRefused(self._system, f"the number {code} is that of '{name}' in WinBooks", cure=cure)
            self.write_shared(shared, there, _different(given, there))
            given = {"Name": name}
        om = offer.wire["om"]
        body = self._dialect.write(om, offer.fields, {**record, shared.name: given}, new=True)
        body[shared.name] |= {"Code": code}
        self._service.write("POST", om, body, code)
        # The answer names the code; everything else is what now stands there, taken over or not.
        return self._surely(lambda: self._roles(offer, code), f"the new one of the {offer.title}")

    def _roles(self, offer: Resource, code: str) -> list[Record]:
        found = [each for page in self._reading.candidates(offer, "Code", code) for each in page]
        return [each for each in found if each.get("Code") == code]

    def _company(self, offer: Resource, shared: Field, code: str) -> Record | None:
        kind, part = self._offers.types[shared.of], offer.wire["parts"][shared.name]
        found = self._service.ask(Question(part["om"], (self._asking.equal("Code", code),), level=part["level"]))
        records = self._reading.shaped(shared.title, kind.fields, found)
        return next((each for each in records if each.get("Code") == code), None)

    def _surely(self, look: Callable[[], list[Record]], what: str) -> Record:
        """Look at what was written just now; if that fails, somebody has to look again."""
        try:
            found = look()
        except ProviderError as error:
            raise OutcomeUnknown(self._system, f"{what} was sent and not seen yet: {error.says}") from error
        if len(found) != 1:
            raise OutcomeUnknown(self._system, f"{what} was sent, and is now there {len(found)} times")
        return found[0]

    def write_shared(self, shared: Field, seen: Record, changes: Record) -> None:
        """Write changes into a company, and into its address and contact before."""
        kind, key = self._offers.types[shared.of], str(seen.get("Id") or "")
        if not key:
            raise RecordRefused(self._system, f"its {shared.title.lower()} is not known", cure="Run again later.")
        parts = {name: each for name, each in kind.fields.items() if each.of}
        for name in [each for each in parts if each in changes]:
            self._write_part(parts[name], key, changes[name], seen)
        own = {name: value for name, value in changes.items() if name not in parts}
        if own:
            self._put(kind.wire["om"], kind.fields, own, key)

    def _write_part(self, each: Field, owner: str, value: Record | None, seen: Record) -> None:
        """Write the address or the contact of a company: the one that is there, or a new one."""
        kind, before = self._offers.types[each.of], seen.get(each.name)
        changes = dict.fromkeys(kind.parts.values()) if value is None else value
        if before:
            self._put(kind.wire["om"], kind.fields, changes, str(before["Id"]))
        elif each.name not in seen:
            cure = "Nothing of it was written; run again later."
            raise RecordRefused(self._system, f"it is not known whether there is a {each.title.lower()}", cure=cure)
        elif says_something(changes):
            body = self._dialect.link(each, changes, new=False)
            self._service.write("POST", each.wire["link"], body | {each.wire["owner"]: owner}, "")

    def _put(self, om: str, fields: Mapping[str, Field], changes: Record, key: str) -> None:
        body = self._dialect.write(om, fields, changes, new=False)
        try:
            self._service.write("PUT", om, body | ({"Id": key} if om in self._offers.wire["unnamed"] else {}), key)
        except RecordGone as error:
            # Only the part is gone; the record that held it goes on, and the next reading shows it without.
            cure = "The next run sees this record without it."
            raise RecordRefused(self._system, error.says, cure=cure) from error


def _different(given: Mapping[str, Any], there: Mapping[str, Any]) -> Record:
    """Take what is not the same already."""
    changes: Record = {}
    for name, value in given.items():
        now = there.get(name)
        if isinstance(value, Mapping) and isinstance(now, Mapping):
            if inner := _different(value, now):
                changes[name] = inner
        elif (value or None) != (now or None):
            changes[name] = value
    return changes
