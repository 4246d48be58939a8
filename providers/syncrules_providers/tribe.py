"""Tribe CRM over its OData interface: roles with their relation nested, addresses that have an identity of their own.

What Tribe has and how it spells it stands in `tribe.manifest.yaml`, what lies inside a record is for `tribe_parts`; here is
only how records move. Source of the facts: developer.tribecrm.nl and the vendor's public repositories, and where the
manifest says so, code that runs against it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from syncrules.errors import OutcomeUnknown, ProviderError, RecordRefused
from syncrules.http import Http
from syncrules.manifest import Field, Manifest, Resource
from syncrules.provider import Account, Hint, Record
from syncrules_providers import odata, tribe_webhooks, webhooks
from syncrules_providers.oauth import ClientCredentials
from syncrules_providers.tribe_parts import KEY, Parts, merged


class Tribe:
    """Move the records of one Tribe environment."""

    manifest: ClassVar[Traversable] = files("syncrules_providers") / "tribe.manifest.yaml"

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        answers = {each.name: each.default or "" for each in manifest.asks} | dict(settings)
        wire = manifest.wire
        client, secret, scope = answers["client_id"], answers["client_secret"], answers["scope"].strip()
        login = ClientCredentials(http, answers["token_url"], client, secret, scope, **wire["token"])
        self._offers = manifest
        self._system = http.system
        self._service = odata.Service(
            http,
            login,
            answers["api_url"].rstrip("/"),
            wire["root"],
            headers=wire["headers"],
            page=wire["page"],
            key=KEY,
            no_such_set=wire["no_such_set"],
            cures={
                each.wire["set"]: f"It comes with the module {each.wire['module']}; this Tribe seems not to have it."
                for each in manifest.resources.values()
                if "module" in each.wire
            },
        )
        self._parts = Parts(manifest.types, self._service, http.system, wire["update"], self._reference)
        self._lock = threading.Lock()
        self._own: Record | None = None
        self._referred: dict[tuple[str, str, str], Record] = {}

    def account(self) -> Account:
        """Log in and say whose records these are: those of our own organisation."""
        own, said = self._our_own(), self._offers.wire["own"]
        return Account(str(own[said["at"]][KEY]), str(own.get(said["name"]) or own[said["at"]][KEY]))

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource, or those that changed, their parts included.

        The order is that of their making: a change cannot move a record, and a new one comes last. In the order of
        change, a record that is edited while we read would jump to the end, and another slip through between two pages.
        """
        offer = self._offers.resources[resource]
        condition = ""
        if since is not None and offer.changes is not None:
            condition = " or ".join(f"({odata.path(each)} ge {odata.moment(since)})" for each in offer.changes.since)
        yield from self._list(offer, condition)

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""
        offer = self._offers.resources[resource]
        if odata.guid(key) is None:
            return None
        found = self._service.one(offer.wire["set"], key, {"expand": self._parts.expanded(offer.fields)})
        return None if found is None else _finished(offer, found)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value.

        Tribe compares texts without regard to case, and looks up an import id as a part of one: we look again.
        """
        offer = self._offers.resources[resource]
        each = self._offers.field_at(resource, field) or Field(field)
        quoted = each.type == "string" and each.format not in ("uuid", "date-time")
        literal = odata.text(value) if quoted else odata.guid(value) if each.format == "uuid" else odata.bare(value)
        if literal is None:
            return []
        where = odata.path(field)
        condition = f"contains({where},{literal})" if each.wire.get("find") == "contains" else f"{where} eq {literal}"
        hits = [each for page in self._list(offer, condition) for each in page]
        return [each for each in hits if not quoted or _at(each, field) == value]

    def create(self, resource: str, record: Record) -> Record:
        """Create a record with its parts in one request; a part that exists already is brought up to date and attached.

        Raises:
            ValueError: the record has an id already; sending it would overwrite the record that has it.
        """
        offer = self._offers.resources[resource]
        self._refuse_unless(offer.creatable, "make", offer, record)
        if record.get(KEY) is not None:
            raise ValueError(f"a record of {resource} that already has an id cannot be created")
        parent = {}
        if "parent" in offer.wire:
            parent = {offer.wire["parent"]: {KEY: self._our_own()[self._offers.wire["own"]["at"]][KEY]}}
        whole = self._parts.prepared(offer.fields, record)
        answer = self._service.write("POST", offer.wire["set"], self._parts.body(offer.fields, whole) | parent)
        if not answer.get(KEY):
            raise OutcomeUnknown(self._system, f"the answer to a new record of {resource} holds no id")
        return _finished(offer, merged(whole, answer))

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Write changes into a record and its parts, each with a request of its own; the record itself comes last.

        If one of them fails, those before it are written: what is left shows as a difference next time.
        """
        offer = self._offers.resources[resource]
        self._refuse_unless(offer.update != "none", "change", offer, changes)
        return _finished(offer, self._parts.write(offer.fields, offer.wire["set"], key, changes, seen))

    def close(self) -> None:
        """Do nothing: a token ends by itself."""

    # Webhooks ---------------------------------------------------------------------------------------------------

    @classmethod
    def hints(
        cls, manifest: Manifest, secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> list[Hint] | None:
        """Say of what a delivery of Tribe tells, or None if it is not signed."""
        return tribe_webhooks.hints(manifest, secrets["webhook_secret"], headers, body)

    def register(self, address: str, resources: Collection[str]) -> None:
        """Let Tribe call an address: a webhook for each type of entity that these resources are made of."""
        says = webhooks.said(self._offers)
        for each in tribe_webhooks.types(self._offers, resources):
            self._service.tell("POST", says["path"], {says["type"]: each, says["address"]: address})

    def unregister(self, beginning: str) -> None:
        """Take away the webhooks that call an address which begins so."""
        says = webhooks.said(self._offers)
        for each in webhooks.ours(says, self._service.tell("GET", says["path"]), beginning):
            self._service.tell("DELETE", each)

    # Reading ----------------------------------------------------------------------------------------------------

    def _list(self, offer: Resource, condition: str) -> Iterator[list[Record]]:
        order = ",".join(offer.wire.get("order", self._offers.wire["order"]))
        options = {"filter": condition, "expand": self._parts.expanded(offer.fields), "orderby": order}
        for page in self._service.pages(offer.wire["set"], options):
            yield [_finished(offer, each) for each in page]

    def _our_own(self) -> Record:
        """Find the role of our own organisation, once."""
        said = self._offers.wire["own"]
        with self._lock:
            if self._own is None:
                options = {"expand": f"{said['at']}($select={KEY})", "select": said["name"], "orderby": KEY}
                found = [each for page in self._service.pages(said["set"], options) for each in page]
                if len(found) != 1 or not _at(found[0], f"{said['at']}.{KEY}"):
                    raise ProviderError(
                        self._system,
                        f"there should be exactly one own organisation, and we see {len(found)}",
                        cure="Check what the user of the application may see, and that the environment is set up.",
                    )
                self._own = found[0]
            return self._own

    def _reference(self, each: Field, given: Any) -> Record | None:
        """Find the record that a reference means, by its id or by one of the fields that the manifest names."""
        said = given if isinstance(given, Mapping) else {each.by[0]: given}
        if said.get(KEY):
            return dict(said)
        by = next((name for name in each.by if said.get(name) not in (None, "")), None)
        if by is None:
            return None
        value = str(said[by])
        for resource in each.reference:
            if (resource, by, value) not in self._referred:
                found = self.find(resource, by, value)
                if len(found) > 1:
                    cure = "Give each a value of its own in Tribe."
                    raise RecordRefused(self._system, f"several {resource} have the {by} '{value}'", cure=cure)
                if not found:
                    continue
                self._referred[resource, by, value] = found[0]
            return self._referred[resource, by, value]
        raise RecordRefused(
            self._system,
            f"none of the {' or '.join(each.reference)} has the {by} '{value}'",
            cure="Add it in Tribe, or let the mapping give another value.",
        )

    # Writing ----------------------------------------------------------------------------------------------------

    def _refuse_unless(self, offered: bool, how: str, offer: Resource, record: Record) -> None:
        """Refuse what the manifest says that cannot be done, and a value that does not fit."""
        if not offered:
            cure = "Do it in Tribe itself."
            raise RecordRefused(self._system, f"no program can {how} {offer.title}", cure=cure)
        if says := self._offers.unfit(offer.name, record):
            raise RecordRefused(self._system, says, cure="Correct the value; nothing was sent.")


def _finished(offer: Resource, record: Record) -> Record:
    """Add what the manifest calls derived, and put lists in their order."""
    for each in offer.fields.values():
        if "negative" in each.wire and (total := record.get(each.wire["negative"])) is not None:
            record[each.name] = total < 0
        if "sort" in each.wire and record.get(each.name):
            record[each.name].sort(key=lambda line: line.get(each.wire["sort"]) or 0)
    return record


def _at(record: Mapping[str, Any], dotted: str) -> Any:
    value: Any = record
    for step in dotted.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
