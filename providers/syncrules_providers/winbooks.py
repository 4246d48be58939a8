"""WinBooks on Web: customers and suppliers with what lies below them as one record each, and documents with their lines.

What WinBooks has, how it spells it and what is only assumed of it stands in `winbooks.manifest.yaml`; how it is spoken to
is `torm`, how it is read `winbooks_reading`, how customers and suppliers are written `winbooks_parties`. Here are the login,
the folders and the documents.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from copy import copy
from functools import cached_property, partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from syncrules.errors import (
    LimitReached,
    LoginRefused,
    Nonsense,
    OutcomeUnknown,
    ProviderError,
    RecordRefused,
    Unreachable,
    UsageError,
)
from syncrules.http import Http
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Account, Keep, Record
from syncrules_providers.oauth import Renewed
from syncrules_providers.torm import Service
from syncrules_providers.torm_questions import Asking, Question
from syncrules_providers.torm_values import Dialect, Unwritable
from syncrules_providers.winbooks_parties import Parties
from syncrules_providers.winbooks_reading import GUID, Reading


class WinBooks:
    """Move the records of one WinBooks folder."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "winbooks.manifest.yaml"

    def __init__(
        self, manifest: Manifest, settings: Mapping[str, str], http: Http, keep: Keep = lambda *_: None
    ) -> None:
        """Prepare, without a call."""
        answers = {each.name: each.default or "" for each in manifest.asks} | dict(settings)
        self._offers = manifest
        self._http = http
        self._url = answers["url"].strip().rstrip("/")
        self._email = answers["email"].strip()
        self._folders = list(dict.fromkeys(code for each in answers["folder"].split(",") if (code := each.strip())))
        self._asking = Asking(manifest.wire)
        self._dialect = Dialect(manifest.wire, manifest.types)
        says, name = manifest.wire["token"], manifest.keeps[0]
        self._login = Renewed(
            http,
            self._url + says["path"],
            headers={"Authorization": f"Basic {base64.b64encode(self._email.encode()).decode()}"},
            first={**says["first"], says["parameter"]: answers["exchange_token"].strip()},
            again=says["again"],
            kept=(says["parameter"], answers.get(name, "")),
            keep=partial(keep, name),
            refusal=next(each for each in manifest.refusals if each.says == says["refused"]),
            renew_early=says["renew_early"],
            lifetime=says["lifetime"],
        )
        self._booking = threading.Lock()

    def within(self, record: Record) -> WinBooks:
        """Move the records of one folder, with the same login."""
        own = copy(self)
        for name in ("_torm", "_reading", "_parties"):
            own.__dict__.pop(name, None)
        own._folders, own._booking = [str(record["Code"])], threading.Lock()
        return own

    def account(self) -> Account:
        """Log in, make sure that a folder opens, and say whose records these are.

        One folder is known by its own id. Several together are those of whoever made the token: it is enough that one of them
        opens, and each is looked at `within` it.
        """
        if not self._folders:
            raise UsageError(f"{self._http.system}: no folder is named", cure="Give the company code of the folder.")
        trouble: ProviderError | None = None
        for code in self._folders:
            try:
                id_ = self._entered(code)
            except (Unreachable, Nonsense, LimitReached):
                raise
            except ProviderError as error:
                trouble = trouble or error
            else:
                return Account(id_ if len(self._folders) == 1 else self._email.casefold(), ", ".join(self._folders))
        assert trouble is not None
        raise trouble

    def _entered(self, code: str) -> str:
        """Make sure that a folder opens, and give its id."""
        wire, system = self._offers.wire, self._http.system
        try:
            found = self._service(code).probe(Question(wire["everywhere"]))
        except LoginRefused as error:
            message = f"{error.says} (folder '{code}')"
            raise LoginRefused(system, message, cure=error.cure, code=error.code) from error
        if not found:
            cure = "Set the folder up in WinBooks first."
            raise ProviderError(system, f"the folder '{code}' has no journals yet", cure=cure)
        return str(found.get(wire["whose"]) or code)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource, or those of which something changed, their parts included."""
        offer = self._offers.resources[resource]
        if "from_answer" in offer.wire:
            yield [{"Code": each, "Name": each} for each in self._folders]
        else:
            yield from self._reading.pages(offer, since)

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        offer = self._offers.resources[resource]
        if "from_answer" in offer.wire or "document" in offer.wire:
            return next(iter(self.find(resource, offer.id[0], key)), None)
        found = self._torm.one(offer.wire["om"], key)
        # By the same address an object is found by its code: then it is another one.
        return (
            None
            if found is None or str(found.get("Id")).lower() != key.lower()
            else self._reading.finished(offer, [found])[0]
        )

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value; what the server calls equal is compared again here."""
        offer = self._offers.resources[resource]
        pages = self.read(resource) if "from_answer" in offer.wire else self._reading.candidates(offer, field, value)
        return [each for page in pages for each in page if _said(each, field) == value]

    def look_up(self, resource: str, question: str, record: Record) -> Any:
        """Answer a question that the manifest names, for a record that is to be created.

        Raises:
            RecordRefused: there is no answer.
        """
        offer = self._offers.resources[resource]
        says = offer.look_ups[question]
        if "highest" in says:
            return self._reading.ledger.next_number(offer, says, record)
        day = str(record.get(says["of"]) or "")
        om = self._offers.resources[says["resource"]].wire["om"]
        found = self._reading.ledger.of_day(om, says, day) if re.match(r"\d{4}-\d\d-\d\d", day) else None
        if found is None:
            raise RecordRefused(self._http.system, f"{says['because']} ({day})", cure=says["cure"])
        return found

    def create(self, resource: str, record: Record) -> Record:
        """Create a record with its parts in one request, and return it with its id."""
        offer = self._offers.resources[resource]
        if not offer.creatable:
            cure = "Make them in WinBooks itself."
            raise RecordRefused(self._http.system, f"{offer.title} cannot be made over this interface", cure=cure)
        self._refuse_unfit(offer, record)
        try:
            return self._book(offer, record) if offer.look_ups else self._parties.make(offer, record)
        except Unwritable as error:
            raise RecordRefused(self._http.system, str(error), cure="Correct the value.") from error

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Write changes into a record and its parts, each with a request of its own; the record itself comes last.

        If one of them fails, those before it are written: what is left shows as a difference next time.
        """
        offer = self._offers.resources[resource]
        if offer.update == "none":
            cure = "Change them in WinBooks itself."
            raise RecordRefused(self._http.system, f"{offer.title} cannot be changed over this interface", cure=cure)
        self._refuse_unfit(offer, changes)
        own = {name: value for name, value in changes.items() if name not in offer.wire.get("parts", {})}
        try:
            body = self._dialect.write(offer.wire["om"], offer.fields, own, new=False)
            for name, value in changes.items():
                if name not in own:
                    self._parties.write_shared(offer.fields[name], seen.get(name) or {}, value)
        except Unwritable as error:
            raise RecordRefused(self._http.system, str(error), cure="Correct the value.") from error
        if own:
            self._torm.write("PUT", offer.wire["om"], body, key)
        return {**changes, offer.id[0]: key}

    def _refuse_unfit(self, offer: Resource, record: Record) -> None:
        if says := self._offers.unfit(offer.name, record):
            raise RecordRefused(self._http.system, says, cure="Correct the value; nothing was sent.")

    def close(self) -> None:
        """Do nothing: a token ends by itself."""

    # Folders ----------------------------------------------------------------------------------------------------

    def _service(self, folder: str) -> Service:
        return Service(
            self._http, self._login, self._url, folder, self._asking, self._offers.wire, self._offers.refusals
        )

    @cached_property
    def _torm(self) -> Service:
        """The one folder whose records are moved.

        Raises:
            UsageError: several are named, and each needs a connection of its own.
        """
        if len(self._folders) != 1:
            cure = "Name one folder for each pair of books."
            raise UsageError(f"{self._http.system}: records can be moved of one folder at a time", cure=cure)
        return self._service(self._folders[0])

    @cached_property
    def _reading(self) -> Reading:
        return Reading(self._offers, self._torm, self._asking, self._dialect, self._http.system)

    @cached_property
    def _parties(self) -> Parties:
        return Parties(self._offers, self._torm, self._reading, self._asking, self._dialect, self._http.system)

    # Documents --------------------------------------------------------------------------------------------------

    def _book(self, offer: Resource, record: Record) -> Record:
        """Book a document; what is looked up for it is still true when it is sent, as far as we are concerned."""
        om = offer.wire["om"]
        with self._booking:
            whole = dict(record)
            for each in offer.fields.values():
                if "look_up" in each.wire and whole.get(each.name) in (None, ""):
                    whole[each.name] = self.look_up(offer.name, each.wire["look_up"], whole)
            said = self._torm.write("POST", om, self._dialect.write(om, offer.fields, whole, new=True), "")
        found = re.search(rf"/{om}/({GUID.pattern})", said)
        if found is None:
            raise OutcomeUnknown(self._http.system, "a document was accepted without telling its id")
        return {**whole, offer.id[0]: found[1]}


def _said(record: Record, path: str) -> str:
    """Read a dotted path as text."""
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
