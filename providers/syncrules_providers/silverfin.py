"""Silverfin over its SyncAPI: lists, batches under marks, and balances.

A connection is one firm; the records of a client file are moved `within` it. What the words of the wire are, and how certain
they are, stands in `silverfin.manifest.yaml`; how it is spoken to is `silverfin_line`, the login `silverfin_login`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from syncrules.errors import LoginRefused, RecordRefused, UsageError
from syncrules.http import Http
from syncrules.manifest import Field, Manifest, Resource
from syncrules.provider import Account, Hint, Keep, Record, Write
from syncrules_providers import rest, silverfin_webhooks, webhooks
from syncrules_providers.silverfin_line import Line
from syncrules_providers.silverfin_login import Consent


class Silverfin:
    """Move what a firm shares of its client files, and within one of them its bookkeeping."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "silverfin.manifest.yaml"

    def __init__(
        self, manifest: Manifest, settings: Mapping[str, str], http: Http, keep: Keep = lambda *_: None
    ) -> None:
        """Prepare, without a call."""
        answers = {each.name: each.default or "" for each in manifest.asks} | dict(settings)
        self._offers = manifest
        self._firm = answers["firm"].strip()
        self._file: Record | None = None
        """The client file whose records are moved; None: what belongs to the firm."""
        root = answers["url"].strip().rstrip("/")
        wire, here = manifest.wire, {"firm": self._firm}
        login = Consent(http, root + wire["token"]["path"].format(**here), manifest, answers, keep)
        self._line = Line(http, root + wire["api"].format(**here), login, manifest)

    def within(self, record: Record) -> Silverfin:
        """Move the records of one client file, over the same line."""
        scoped = copy(self)
        scoped._file = dict(record)
        return scoped

    def account(self) -> Account:
        """Say which firm, or which client file, is open."""
        if self._file is not None:
            return Account(f"{self._firm}/{self._file['id']}", str(self._file.get("name") or self._file["id"]))
        says = self._offers.wire["firm"]
        found = self._line.object(says["path"])
        name, told = found.get(says["name"]), str(found.get(says["id"]) or self._firm)
        if not isinstance(name, str) or not name:
            raise self._line.nonsense(f"GET {says['path']}", rest.encode(found))
        if told != self._firm:
            # The page of Silverfin only proposes the firm of its address: whoever consents may choose another.
            because = f"the consent is that of '{name}' ({told}), not of {self._firm}"
            raise LoginRefused(
                self._line.system, because, cure="Enter its number, or consent again and choose this firm."
            )
        return Account(self._firm, name)

    # Reading ----------------------------------------------------------------------------------------------------

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource."""
        offer = self._offers.resources[resource]
        wire = offer.wire
        if "list" not in wire:
            raise UsageError(
                f"{self._line.system}: {offer.title} cannot be read back", cure="Report this mistake of ours."
            )
        if "at" in wire:
            yield [
                self._record(offer, {offer.id[0]: each}) for each in self._line.object(wire["list"]).get(wire["at"], ())
            ]
        elif "per" not in wire:
            for page in self._line.pages(self._path(wire["list"]), wire["page"]):
                yield [self._record(offer, each) for each in page]
        else:
            per = wire["per"]
            periods = [each for page in self._line.pages(self._path(per["list"]), per["page"]) for each in page]
            for period in periods:
                shared = {name: _at(period, path) for name, path in per["from"].items()}
                for page in self._line.pages(self._path(wire["list"], id=period["id"]), wire["page"]):
                    rows = [{name: _at(each, path) for name, path in wire["each"].items()} for each in page]
                    yield [self._record(offer, {**row, **shared}) for row in rows]

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        return next(iter(self.find(resource, self._offers.resources[resource].id[0], key)), None)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value."""
        return [each for page in self.read(resource) for each in page if str(each.get(field)) == value]

    def _record(self, offer: Resource, found: Any) -> Record:
        try:
            exact = {name: _exact(offer.fields.get(name), value) for name, value in found.items()}
            return rest.read(offer.fields, self._offers.types, exact)
        except (rest.Unreadable, AttributeError) as error:
            raise self._line.nonsense(f"{offer.title} ({error})", str(found).encode()) from error

    # Writing ----------------------------------------------------------------------------------------------------

    def create(self, resource: str, record: Record) -> Record:
        """Refuse: everything travels in batches."""
        raise self._one_by_one(resource)

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Refuse: everything travels in batches."""
        raise self._one_by_one(resource)

    def delete(self, resource: str, key: str) -> None:
        """Refuse: everything travels in batches."""
        raise self._one_by_one(resource)

    def write_many(self, resource: str, writes: Sequence[Write], mark: str) -> None:
        """Send one batch under a mark: all of it is taken, or nothing."""
        offer, says = self._offers.resources[resource], self._offers.wire["submit"]
        body: Record = {says["mark"]: mark, says["actions"]: []}
        if offer.wire["submit"] == says["actions"]:
            body |= self._actions(offer, writes)
        else:
            body[offer.wire["submit"]] = [self._written(offer, each.record) for each in writes]
        self._line.tell(says["method"], self._path(says["path"]), body, offer)

    def replace_all(self, resource: str, records: Sequence[Record], beside: Record) -> None:
        """Send a whole list, in place of the one that was there, with what travels beside it or on each of it."""
        offer = self._offers.resources[resource]
        put, on_each = offer.wire["put"], offer.wire.get("on_each", {})
        rows = [
            {
                **self._written(offer, record),
                **{name: beside[name] if at or "first" not in says else says["first"] for name, says in on_each.items() if name in beside},
            }
            for at, record in enumerate(records)
        ]  # fmt: skip
        rest_of_it = {name: value for name, value in beside.items() if name not in on_each}
        self._line.tell(put["method"], self._path(put["path"]), {offer.wire["at"]: rows, **rest_of_it}, offer)

    def mark(self) -> str | None:
        """Tell under which mark the last batch arrived in the client file; None if there was none."""
        says = self._offers.wire["info"]
        found = self._line.object(self._path(says["path"])).get(says["mark"])
        return str(found) if found else None

    def empty(self) -> None:
        """Take away everything that was ever sent to the client file."""
        says = self._offers.wire["reset"]
        self._line.tell(says["method"], self._path(says["path"]), None)

    def close(self) -> None:
        """Do nothing: a token ends by itself."""

    # Webhooks ---------------------------------------------------------------------------------------------------

    @classmethod
    def hints(
        cls, manifest: Manifest, secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> list[Hint] | None:
        """Say of which client file an event of Silverfin tells, or None if it is not signed."""
        assert manifest.webhooks is not None
        tokens = [secrets[each] for each in manifest.webhooks.signed_with]
        return silverfin_webhooks.hints(manifest, tokens, headers, body)

    def register(self, address: str, resources: Collection[str]) -> None:
        """Let Silverfin call an address when a client file wants to be brought up to date, joins or leaves."""
        says = webhooks.said(self._offers)
        self._line.tell("POST", says["path"], {says["address"]: address, **says["events"]})

    def unregister(self, beginning: str) -> None:
        """Take away the webhooks that call an address which begins so."""
        says = webhooks.said(self._offers)
        for each in webhooks.ours(says, self._line.get(says["path"]), beginning):
            self._line.take_away(each)

    # What is sent -----------------------------------------------------------------------------------------------

    def _actions(self, offer: Resource, writes: Sequence[Write]) -> Record:
        """Spell transactions; what has no column of its own travels in extra columns, in the order of the manifest."""
        says = self._offers.wire["submit"]
        extra = {name: each.wire["extra_field"] for name, each in offer.fields.items() if "extra_field" in each.wire}
        actions: list[Record] = []
        for each in writes:
            if each.verb == "delete":
                actions.append({says["remove"]: {offer.id[0]: each.key}})
                continue
            sent = self._written(offer, each.record)
            values = [str(sent.pop(name, "")) for name in extra]
            actions.append({says["write"]: {**sent, **({says["values"]: values} if any(values) else {})}})
        return {says["actions"]: actions, says["labels"]: list(extra.values())}

    def _written(self, offer: Resource, record: Record) -> Record:
        """Make of a record what is sent; a part without which the whole means nothing is told to be empty."""
        plain, made = dict[str, Any](), dict[str, Any]()
        for name, value in record.items():
            field = offer.fields.get(name)
            if field is None or field.type != "object":
                plain[name] = value
            elif not field.of:
                made[name] = value
            else:
                kind = self._offers.types[field.of]
                needed = kind.wire.get("empty_without", "")
                missing = not value or (needed and not value.get(needed))
                made[name] = None if missing else self._fitting(kind.fields, value)
        return {**self._fitting(offer.fields, plain), **made}

    def _fitting(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Record:
        try:
            return rest.write(fields, self._offers.types, record)
        except rest.Unwritable as error:
            raise RecordRefused(self._line.system, str(error), cure="Correct the value.") from error

    def _path(self, path: str, **more: object) -> str:
        """Fill an address in.

        Raises:
            UsageError: it is one of a client file, and none is meant.
        """
        if "{company}" in path and self._file is None:
            cure = "Report this mistake of ours."
            raise UsageError(f"{self._line.system}: it is not said of which client file", cure=cure)
        return path.format(company=self._file["id"] if self._file is not None else "", **more)

    def _one_by_one(self, resource: str) -> RecordRefused:
        title = self._offers.resources[resource].title
        return RecordRefused(
            self._line.system, f"{title} only travel many at once", cure="Report this mistake of ours."
        )


def _at(record: Any, path: str) -> Any:
    """Follow a path of an answer; nothing where it leads nowhere."""
    for step in path.split("."):
        record = record.get(step) if isinstance(record, Mapping) else None
    return record


def _exact(field: Field | None, value: Any) -> Any:
    """Take an amount that travels as text for the number it is."""
    if field is None or field.type != "number" or not isinstance(value, str):
        return value
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise rest.Unreadable(f"{field.name} holds '{value[:40]}', which is no number") from error
