"""Moves the records of one e-Boekhouden.nl administration over SOAP.

Which operations, elements and filters there are, and what is only assumed about the service, stands in the manifest
beside this file; here are the session, the meaning of errors, and the road from a resource to a request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Any, ClassVar, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from syncrules.errors import LimitReached, LoginRefused, Nonsense, OutcomeUnknown, RecordGone, RecordRefused
from syncrules.http import Http
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Account, Record
from syncrules_providers.sessions import Session
from syncrules_providers.soap import Content
from syncrules_providers.soap_dialect import Dialect, Reply
from syncrules_providers.soap_service import call, masked, unusable
from syncrules_providers.soap_values import Unreadable, Unwritable

_Request: TypeAlias = Mapping[str, Content]

log = logging.getLogger("syncrules.eboekhouden_soap")


class EboekhoudenSoap:
    """Read and write over SOAP; several threads may do so at once, in one session."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "eboekhouden_soap.manifest.yaml"

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        """Prepare, without a call."""
        self._manifest = manifest
        self._settings = settings
        self._url = settings.get("url") or next(each.default or "" for each in manifest.asks if each.name == "url")
        self._http = http
        wire = manifest.wire
        error = (wire["error"]["code"], wire["error"]["text"])
        self._dialect = Dialect(wire["namespace"], manifest.types, error, wire["unset_date"])
        self._session = Session(self._log_in)

    def account(self) -> Account:
        """Log in and say whose records these are: security code 2 is the GUID of the administration."""
        # However it was typed, the same administration must have the same id.
        wanted = _bare(self._settings["security_code_2"])
        found = [each for each in self._all("administrations") if _bare(_said(each.get("Guid"))) == wanted]
        # The GUID is half of the credentials: what is left behind in other systems only tells the same books from others.
        id_ = uuid5(NAMESPACE_URL, f"{self._manifest.wire['namespace']}/{wanted}")
        title = next((each["Bedrijf"] for each in found if each.get("Bedrijf")), self._manifest.title)
        return Account(str(id_), title)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource; one answer holds them all and is handed on in pages while it is parsed."""
        records = self._all(resource)
        while page := list(islice(records, self._manifest.wire["page"])):
            yield page

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        declared = self._manifest.resources[resource]
        if len(declared.id) == 1:
            return next(iter(self.find(resource, declared.id[0], key)), None)
        return next((each for each in self._all(resource) if declared.key_of(each) == key), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value.

        What the service calls a hit is compared again here: 0 and an empty text mean "all" to it.
        """
        declared = self._manifest.resources[resource]
        by = declared.wire.get("read", {}).get("by", {}).get(field)
        if by and declared.fields[field].type == "integer" and not (value.isascii() and value.isdigit()):
            return []
        records = self._ask(declared, {by: value}) if by else self._all(resource)
        return [each for each in records if _said(each.get(field)) == value]

    def create(self, resource: str, record: Record) -> Record:
        """Create a record and return it with the id that it was given."""
        declared = self._manifest.resources[resource]
        self._refuse_unless(declared, "create")
        reply = self._write(declared, "create", record, record)
        given = reply.value(declared.wire["create"]["gives"])
        if not given.isdigit() or int(given) == 0:
            raise OutcomeUnknown(self._http.system, f"a new one of the {declared.title} was accepted without a number")
        return {**record, declared.id[0]: int(given)}

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Replace a record by what was seen with the changes laid over it: every element travels, ours or not.

        An element that this manifest does not know yet cannot be placed among the others and so cannot travel back.
        """
        declared = self._manifest.resources[resource]
        self._refuse_unless(declared, "update")
        lost = ", ".join(each for each in seen if each not in declared.fields)
        if lost:
            log.warning("%s: this version cannot send back %s of %s", self._http.system, lost, declared.title)
        whole = {name: value for name, value in seen.items() if name in declared.fields} | changes
        try:
            self._write(declared, "update", whole | {declared.id[0]: int(key)}, changes)
        except RecordRefused as error:
            # Nobody says by which code a change of what is gone is refused: it is looked whether it is still there.
            if (
                not any(each.fits(error.code, error.says) for each in declared.refusals)
                and self.fetch(resource, key) is None
            ):
                cure = "It was deleted in e-Boekhouden."
                raise RecordGone(error.system, error.says, cure=cure, code=error.code) from error
            raise
        return {**seen, **changes}

    def close(self) -> None:
        """Log out; the service ends forgotten sessions by itself, so whatever goes wrong here is no trouble."""
        session = self._session.forget()
        if session:
            with suppress(Exception):
                self._post("CloseSession", {"SessionID": session}, writes=False)

    # From a resource to a request -------------------------------------------------------------------------------

    def _all(self, resource: str) -> Iterator[Record]:
        declared = self._manifest.resources[resource]
        if declared.rows is not None:
            yield from (dict(each) for each in declared.rows)
        elif "window" in declared.wire["read"]:
            yield from self._through_windows(declared, declared.wire["read"]["window"])
        else:
            yield from self._ask(declared, {})

    def _through_windows(self, declared: Resource, window: Mapping[str, Any]) -> Iterator[Record]:
        """Read what the service cuts off: a full answer may be a part, so its window is halved until none is full."""
        newest = list(self._ask(declared, {}))
        if len(newest) < window["rows"]:
            yield from newest
            return
        highest = max(each[window["number"]] for each in newest)
        # Newest may mean by date, so a number above those seen is possible.
        ranges = [(highest + 1, 2**31 - 1), (1, highest)]
        while ranges:
            low, high = ranges.pop()
            found = list(self._ask(declared, {window["from"]: str(low), window["to"]: str(high)}))
            if len(found) < window["rows"] or high - low < window["rows"]:
                yield from found
            else:
                middle = (low + high) // 2
                ranges += [(middle + 1, high), (low, middle)]

    def _ask(self, declared: Resource, by: Mapping[str, str]) -> Iterator[Record]:
        """Call the operation that lists a resource, with some elements of its filter filled."""
        read = declared.wire["read"]
        request = {name: _filled(value, by) for name, value in read["request"].items()}
        try:
            for each in self._call(read["operation"], request, writes=False, items=read["items"]):
                yield self._dialect.read(each, declared.fields)
        except Unreadable as error:
            raise self._nonsense(f"the answer to {read['operation']} cannot be used: {error}") from error
        except Unwritable:
            return  # XML cannot carry what is looked for, so nothing that came over XML can hold it.

    def _refuse_unless(self, declared: Resource, how: str) -> None:
        if how not in declared.wire:
            cure = "Change them in e-Boekhouden itself."
            raise RecordRefused(self._http.system, f"there is no {how} of {declared.title}", cure=cure)

    def _write(self, declared: Resource, how: str, record: Record, given: Record) -> Reply:
        """Send a record; what was given must fit, what only goes along came from the service itself."""
        wire = declared.wire[how]
        today = datetime.fromtimestamp(self._http.now(), UTC).date().isoformat()
        try:
            content = self._dialect.write(declared.fields, record, today)
        except Unwritable as error:
            raise RecordRefused(self._http.system, str(error), cure="Correct the value; nothing was sent.") from error
        if says := self._manifest.unfit(declared.name, given):
            raise RecordRefused(self._http.system, says, cure="Correct the value; nothing was sent.")
        return self._call(wire["operation"], {wire["element"]: content}, writes=True)

    # Session and errors -----------------------------------------------------------------------------------------

    def _call(self, operation: str, content: _Request, *, writes: bool, items: str = "") -> Reply:
        """Call an operation in our session; if that has ended, nothing was done: repeat it once in a new one."""
        session = self._session.open()
        for last in (False, True):
            inside = {"SessionID": session, "SecurityCode2": self._settings["security_code_2"]}
            reply = self._post(operation, {**inside, **content}, writes=writes, items=items)
            if last or self._meaning(reply) != "session":
                break
            session = self._session.open(instead_of=session)
        self._refuse(reply, operation, writes=writes)
        return reply

    def _log_in(self) -> str:
        request = {
            "Username": self._settings["username"],
            "SecurityCode1": self._settings["security_code_1"],
            "SecurityCode2": self._settings["security_code_2"],
            "Source": self._manifest.wire["source"],
        }
        try:
            reply = self._post("OpenSession", request, writes=False)
        except Unwritable as error:
            raise LoginRefused(self._http.system, str(error), cure="Enter it again.") from error
        self._refuse(reply, "OpenSession", writes=False)
        session = reply.value("SessionID")
        if not session:
            raise self._nonsense("a session was opened without telling its id")
        return session

    def _post(self, operation: str, content: _Request, *, writes: bool, items: str = "") -> Reply:
        wire = self._manifest.wire
        action, body = f"{wire['namespace']}/{operation}", self._dialect.request(operation, content)

        def read(answer: bytes) -> Reply:
            return self._dialect.reply(answer, operation, items, bare=operation in wire["bare"])

        return call(self._http, self._url, action, body, read, what=operation, writes=writes, secrets=self._secrets)

    def _meaning(self, reply: Reply) -> str:
        """Tell what family an error belongs to: login, session, limit, or empty for all others."""
        code = _undotted(reply.code)
        return next(
            (meaning for meaning, starts in self._manifest.wire["means"].items() if code.startswith(tuple(starts))), ""
        )

    def _refuse(self, reply: Reply, operation: str, *, writes: bool) -> None:
        """Raise what an answer means that is not a success.

        A fault that blames the client came before anything was done; one that blames the server may have come later.
        """
        system, code, says = self._http.system, _undotted(reply.code), self._masked(reply.text)
        if reply.fault:
            if writes and reply.fault == "Server":
                raise OutcomeUnknown(system, f"{operation} broke off: {says}", code=reply.fault)
            if writes:
                raise RecordRefused(system, says, cure="The message says what was not understood.", code=reply.fault)
            raise self._nonsense(f"{operation} was answered with a fault: {says}", reply.fault)
        if not code:
            return
        known = next((each for each in self._manifest.refusals if each.fits(code, says)), None)
        because, cure = (known.because, known.cure) if known else (f"{operation} was refused", "")
        match self._meaning(reply):
            case "login" | "session":
                cure = cure or "Enter the user name and both security codes again."
                raise LoginRefused(system, f"{because} ({code}: {says})", cure=cure, code=code)
            case "limit":
                raise LimitReached(system, f"{because} ({code}: {says})", cure=cure, code=code)
        if writes:
            raise RecordRefused(system, says or code, code=code)
        raise self._nonsense(f"{operation} was answered with the error {code}: {says}", code)

    def _nonsense(self, message: str, code: str = "") -> Nonsense:
        return unusable(self._http.system, message, code)

    def _masked(self, text: str) -> str:
        return masked(text, self._secrets)

    @property
    def _secrets(self) -> tuple[str, ...]:
        return (self._settings["security_code_1"], self._settings["security_code_2"], self._session.id)


def _filled(value: Any, by: Mapping[str, str]) -> Content:
    """Write a piece of a request as the manifest holds it, with some elements of its filter filled."""
    if isinstance(value, Mapping):
        return {name: by.get(name, str(each)) for name, each in value.items()}
    return str(value)


def _undotted(code: str) -> str:
    """The manual writes E002.3 where the live service says E0023."""
    return code.replace(".", "")


def _bare(guid: str) -> str:
    return guid.strip().strip("{}").upper()


def _said(value: Any) -> str:
    return "" if value is None else str(value)
