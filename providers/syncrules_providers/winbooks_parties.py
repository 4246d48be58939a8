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
        """Create a customer or supplier, together with its company.

        Raises:
            RecordRefused: a company has this number already; nothing was sent.
        """
        code, om, shared = str(record.get("Code") or ""), offer.wire["om"], offer.fields["Third"]
        self._refuse_taken(offer, shared, code)
        body = self._dialect.write(om, offer.fields, {**record, shared.name: record.get(shared.name) or {}}, new=True)
        body[shared.name] |= {"Code": code}
        self._service.write("POST", om, body, code)
        # The answer names the code; everything else is what now stands there, taken over or not.
        return self._surely(lambda: self._roles(offer, code), f"the new one of the {offer.title}")

    def _refuse_taken(self, offer: Resource, shared: Field, code: str) -> None:
        """Make sure that no company has this number, because WinBooks would take it for ours, and write over it.

        Nothing that we have tells whether it is the same company: debtors and creditors are numbered apart, and two may bear
        one name. Whoever keeps the books knows, gives it the other role, and then the two are matched as all others are.
        """
        names = self._bearing(offer.wire["parts"][shared.name]["om"], code, "Name")
        if not names:
            return
        if self._bearing(offer.wire["om"], code, "Code"):
            known = next(each for each in offer.refusals if each.means == "already_there")
            raise RecordRefused(self._system, known.because, cure=known.cure, code=known.code)
        says = f"the number {code} is that of '{str(names[0] or '').strip()}' in WinBooks"
        cure = (
            f"If it is the same one, add it to the {offer.title} in WinBooks; if not, give one of them another number."
        )
        raise RecordRefused(self._system, says, cure=cure)

    def _bearing(self, om: str, code: str, show: str) -> list[Any]:
        """Show one property of all objects whose code is, as the server compares codes, this one."""
        return self._service.ask(Question(om, (self._asking.equal("Code", code),), show=(show,)))

    def _roles(self, offer: Resource, code: str) -> list[Record]:
        found = [each for page in self._reading.candidates(offer, "Code", code) for each in page]
        return [each for each in found if each.get("Code") == code]

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
