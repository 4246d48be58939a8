"""Moves the records of one Yuki administration, and of the domain whose contacts it shares, over Yuki's SOAP services.

Which operations, elements and filters there are, and what is only assumed about the services, stands in the manifest beside this
file; here are the session, the meaning of answers, and the road from a resource to a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar, TypeAlias

from lxml import etree

from syncrules.errors import HalfDone, LimitReached, LoginRefused, OutcomeUnknown, RecordGone, RecordRefused
from syncrules.http import Http
from syncrules.manifest import Alike, Manifest, Resource
from syncrules.provider import Account, Record
from syncrules_providers import paging, soap
from syncrules_providers.sessions import Session
from syncrules_providers.soap_service import call, masked, unusable
from syncrules_providers.soap_values import Unreadable, Unwritable
from syncrules_providers.yuki_records import Shapes, became

_Given: TypeAlias = Mapping[str, soap.Content]


class Yuki:
    """Move contacts of a domain and invoices of an administration; several threads may do so, in one session."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "yuki.manifest.yaml"

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        """Prepare, without a call. While a connection is made, the later answers are not there yet."""
        self._offers = manifest
        self._http = http
        given = {each.name: settings.get(each.name) or each.default or "" for each in manifest.asks}
        self._answers = {name: value.strip() for name, value in given.items()}
        self._url = self._answers["url"].replace("{region}", self._answers["region"]).rstrip("/")
        self._shapes = Shapes(manifest)
        self._session = Session(self._log_in)
        self._secrets = [self._answers["api_key"]]

    def account(self) -> Account:
        """Log in and say whose books these are: those of the administration, if the key opens it."""
        wanted = self._answers["administration"]
        found = self.fetch("administrations", wanted)
        if found is None:
            says = f"this key does not open the administration {wanted} of the domain {self._answers['domain']}"
            raise LoginRefused(self._http.system, says, cure="Choose the domain and the administration again.")
        return Account(found["ID"], found.get("Name") or self._offers.title)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource, or those that changed; what is complete in one answer is one page."""
        declared = self._offers.resources[resource]
        if declared.rows is not None:
            yield [dict(each) for each in declared.rows]
            return
        wire = declared.wire["read"]
        if "lists" not in wire:
            yield self._ask(declared, wire, {})
            return
        given: dict[str, soap.Content] = {}
        if since is not None:
            given[wire["since"]] = self._shapes.asked(since)
            if not self._ask(declared, wire | wire["any"], given):
                return
        yield from self._lists(declared, given)

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        declared = self._offers.resources[resource]
        if len(declared.id) > 1:
            records = (each for page in self.read(resource) for each in page)
            return next((each for each in records if declared.key_of(each) == key), None)
        return next(self._found(declared, declared.id[0], key), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value.

        What Yuki calls a hit is compared again here: it looks for parts of a name, and takes an empty value for all.
        """
        return list(self._found(self._offers.resources[resource], field, value))

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        """Read the contacts that Yuki would take a new one for: by its code, or else by its kind and name; without role and activity."""
        declared = self._offers.resources[resource]
        return next(filter(None, (self._alike(declared, each, record) for each in declared.overwrites)), [])

    def create(self, resource: str, record: Record) -> Record:
        """Create a record and return it with the id that it has.

        That Yuki takes a new contact for whoever has its code or name, and writes over it, is for the caller to know: the
        manifest says so, and `taken_for` tells who that would be.
        """
        declared = self._offers.resources[resource]
        # A document without a number would be booked under one of Yuki's own, and nobody would find it by ours.
        needed = declared.requires if declared.update == "none" else ()
        if lacking := [declared.fields[each].title for each in needed if record.get(each) in (None, "", [], {})]:
            says = f"{', '.join(lacking)} is missing"
            raise RecordRefused(self._http.system, says, cure="Fill it in; nothing was sent.")
        key = self._write(declared, "create", record, list(record))
        return {**record, declared.id[0]: key}

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Replace a record by what was seen with the changes laid over it; what cannot be written is left out."""
        declared = self._offers.resources[resource]
        whole = {**seen, **changes}
        emptied = [name for name, value in changes.items() if value in (None, "") and seen.get(name)]
        self._write(declared, "update", whole, list(changes), key=key, emptied=emptied)
        return {**seen, **changes}

    def close(self) -> None:
        """Do nothing: a session ends by itself, and there is no way to log out."""

    # Reading ----------------------------------------------------------------------------------------------------

    def _found(self, declared: Resource, field: str, value: str) -> Iterator[Record]:
        """Look for a value: by an operation of its own, by a search option, or among all records."""
        wire = declared.wire.get("read", {})
        try:
            if field in declared.wire.get("find", {}):
                own = declared.wire["find"][field]
                records: Iterable[Record] = self._ask(declared, own, {own["value"]: value})
            elif field in wire.get("by", {}).get("options", {}) and value:
                by = wire["by"]
                given = {by["option"]: by["options"][field], by["value"]: value}
                records = (each for page in self._lists(declared, given) for each in page)
            else:
                records = (each for page in self.read(declared.name) for each in page)
            yield from (each for each in records if _same(declared, field, each, value))
        except Unwritable:
            return  # XML cannot carry what is looked for, so nothing that came over XML can hold it.

    def _alike(self, declared: Resource, alike: Alike, record: Record) -> list[Record]:
        """Search for what looks like a record; what Yuki calls a hit is compared again here."""
        looks, wire = alike.looks(record), declared.wire["read"] | declared.wire["taken_for"]
        if not looks:
            return []
        field, how = next((each, wire["asks"][each]) for each in alike.same if each in wire["asks"])
        value = str(record[field])
        if how == "longest_word":
            value = max("".join(" " if each in alike.ignoring else each for each in value).split(), key=len)
        given = {wire["by"]["option"]: wire["by"]["options"][field], wire["by"]["value"]: value}
        try:
            pages = self._pages(declared, wire, given)
            return [each for page in pages for each in page if alike.looks(each) == looks]
        except Unwritable:
            return []  # XML cannot carry what is looked for, so nothing that came over XML can hold it.

    def _lists(self, declared: Resource, given: _Given) -> Iterator[list[Record]]:
        """Go through the lists of a resource; a record counts as the first of them says."""
        wire = declared.wire["read"]
        known: set[str] = set()
        for each in wire["lists"]:
            for page in self._pages(declared, wire | each, {**given, **each["given"]}):
                fresh = [each["tells"] | record for record in page if declared.key_of(record) not in known]
                known |= {declared.key_of(record) for record in fresh}
                if fresh:
                    yield fresh

    def _pages(self, declared: Resource, wire: Mapping[str, Any], given: _Given) -> Iterator[list[Record]]:
        """Ask for one page after another, until one is not full or comes a second time."""
        says = wire["page"]

        def ask(number: int) -> list[Record]:
            return self._ask(declared, wire, {**given, says["element"]: str(number)})

        return paging.numbered(ask, says["rows"], declared.key_of)

    def _ask(self, declared: Resource, wire: Mapping[str, Any], given: _Given) -> list[Record]:
        """Call an operation that lists records, and leave out what it lists besides; a condition that is not answered yet holds."""
        result = self._call(wire, given, writes=False)
        only = {name: value.format_map(self._answers) for name, value in wire.get("only", {}).items()}
        try:
            every = [self._shapes.read(declared.fields, each) for each in soap.items(result, wire["items"])]
            found = [each for each in every if all(not only[by] or _same(declared, by, each, only[by]) for by in only)]
            if any(record.get(each) is None for record in found for each in declared.id):
                raise Unreadable(f"one of its {declared.title} has no {' and '.join(declared.id)}")
        except Unreadable as error:
            raise unusable(self._http.system, f"the answer to {wire['operation']} cannot be used: {error}") from error
        return found

    # Writing ----------------------------------------------------------------------------------------------------

    def _write(
        self,
        declared: Resource,
        how: str,
        record: Record,
        changed: list[str],
        key: str = "",
        emptied: Iterable[str] = (),
    ) -> str:
        """Send one document with one record, and give the id that it has."""
        system = self._http.system
        if how not in declared.wire:
            raise RecordRefused(system, f"there is no {how} of {declared.title}", cure="Change them in Yuki itself.")
        wire = declared.wire[how]
        *outer, innermost = wire["document"]["path"]
        try:
            elements = self._shapes.write(declared.fields, record, changed, list(emptied))
            if says := self._offers.unfit(declared.name, {name: record.get(name) for name in changed}):
                raise Unwritable(says)
            content: _Given = {innermost: ({declared.id[0]: key} if key else {}) | elements}
            for name in reversed(outer):
                content = {name: content}
            inside = {f"{{{wire['document']['namespace']}}}{name}": each for name, each in content.items()}
            result = self._call(wire, {wire["document"]["element"]: inside}, writes=True)
        except Unwritable as error:
            raise RecordRefused(system, str(error), cure="Correct the value; nothing was sent.") from error
        found = became(wire["told"], result, key or str(record.get(declared.id[0]) or ""), record)
        says = masked(found.says, self._secrets)
        match found.state:
            case "done":
                return found.id
            case "refused":
                self._refuse(says)
                known = next((each for each in declared.refusals if each.fits("", says)), None)
                if key and known is not None and known.means == "gone":
                    raise RecordGone(system, says, cure=known.cure)
                raise RecordRefused(system, says)
            case "not booked":
                raise HalfDone(system, f"it was accepted and not booked: {says}", cure=wire["told"].get("half", ""))
        raise OutcomeUnknown(system, f"the answer to {wire['operation']} does not say what became of it: {says}")

    # Session and errors -----------------------------------------------------------------------------------------

    def _call(self, wire: Mapping[str, Any], given: _Given, *, writes: bool) -> etree._Element:
        """Call an operation in our session; if that has ended, nothing was done: repeat it once in a new one."""
        session = self._session.open()
        for last in (False, True):
            answer = self._post(wire, given, session, writes=writes)
            if last or not self._ended(answer):
                break
            session = self._session.open(instead_of=session)
        return self._good(answer, wire["operation"], writes=writes)

    def _log_in(self) -> str:
        """Open a session, and say in which language and about which domain it is."""
        opening = self._offers.wire["session"]
        try:
            opened = self._good(self._post(opening["open"], {}, "", writes=False), opening["open"]["operation"])
            session = (opened.text or "").strip()
            if not session:
                raise unusable(self._http.system, "a session was opened without telling its id")
            self._secrets.append(session)
            for each in opening["then"]:
                if self._answers.get(each.get("needs"), True):
                    self._good(self._post(each, {}, session, writes=False), each["operation"])
        except Unwritable as error:
            raise LoginRefused(self._http.system, str(error), cure="Enter it again.") from error
        return session

    def _post(self, wire: Mapping[str, Any], given: _Given, session: str, *, writes: bool) -> soap.Answer:
        operation, namespace = wire["operation"], self._offers.wire["namespace"]
        known = {**self._answers, "session": session}
        content = {name: value and value.format_map(known) for name, value in wire["request"].items()} | dict(given)
        body = soap.request(namespace, operation, content)
        url = f"{self._url}/{wire['service']}.asmx"

        def read(answer: bytes) -> soap.Answer:
            return soap.whole(answer, operation)

        action, secrets = namespace + operation, self._secrets
        return call(self._http, url, action, body, read, what=operation, writes=writes, secrets=secrets)

    def _ended(self, answer: soap.Answer) -> bool:
        return bool(answer.fault) and self._offers.wire["session"]["ended"] in answer.text.lower()

    def _good(self, answer: soap.Answer, operation: str, *, writes: bool = False) -> etree._Element:
        """Give the result of an answer, or raise what its fault means.

        Which of the two a fault blames says nothing here: a wrong key is called the fault of the server.
        """
        if not answer.fault:
            return answer.result
        system = self._http.system
        # The platform puts words of its own before those of Yuki.
        says = masked(answer.text.rpartition("---> ")[2], self._secrets)
        self._refuse(says)
        if self._ended(answer):
            raise LoginRefused(
                system, f"it does not keep our session: {says}", cure="Run again; if it stays, give the API key again."
            )
        if writes and any(each.lower() in says.lower() for each in self._offers.wire["undone"]):
            raise RecordRefused(system, says, cure="The message says what does not fit.", code=answer.fault)
        if writes:
            raise OutcomeUnknown(system, f"{operation} broke off: {says}", code=answer.fault)
        raise unusable(system, f"{operation} was answered with a fault: {says}", answer.fault)

    def _refuse(self, says: str) -> None:
        """Raise what is meant for all calls and not for one record: an unknown key, a right that is missing, no calls left."""
        known = next((each for each in self._offers.refusals if each.fits("", says)), None)
        if known is not None:
            kind = LimitReached if known.means == "limit" else LoginRefused
            raise kind(self._http.system, f"{known.because} ({says})", cure=known.cure)


def _same(declared: Resource, field: str, record: Record, value: str) -> bool:
    found = "" if record.get(field) is None else str(record[field])
    each = declared.fields.get(field)
    return found.lower() == value.lower() if each is not None and each.format == "uuid" else found == value
