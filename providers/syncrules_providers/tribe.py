"""Tribe CRM over its OData interface: roles with their relation nested, addresses that have an identity of their own.

What Tribe has and how it spells it stands in `tribe.manifest.yaml`; here is only how records move. Source of the facts:
developer.tribecrm.nl and the vendor's public repositories, and where the manifest says so, code that runs against it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar

from syncrules.errors import OutcomeUnknown, ProviderError, RecordGone, RecordRefused
from syncrules.http import Http
from syncrules.manifest import Field, Manifest, Resource, Type
from syncrules.provider import Account, Hint, Record
from syncrules_providers import odata, tribe_webhooks
from syncrules_providers.oauth import ClientCredentials

KEY = "ID"
"""Every entity has it. A POST that holds it would overwrite that entity: it never stands in a body that creates."""


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
        found = self._service.one(offer.wire["set"], key, {"expand": self._expanded(offer.fields)})
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
        whole = self._prepared(offer.fields, record)
        answer = self._service.write("POST", offer.wire["set"], self._body(offer.fields, whole) | parent)
        if not answer.get(KEY):
            raise OutcomeUnknown(self._system, f"the answer to a new record of {resource} holds no id")
        return _finished(offer, _merged(whole, answer))

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Write changes into a record and its parts, each with a request of its own; the record itself comes last.

        If one of them fails, those before it are written: what is left shows as a difference next time.
        """
        offer = self._offers.resources[resource]
        self._refuse_unless(offer.update != "none", "change", offer, changes)
        return _finished(offer, self._write(offer.fields, offer.wire["set"], key, changes, seen))

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
        says = self._webhooks
        for each in tribe_webhooks.types(self._offers, resources):
            self._service.tell("POST", says["path"], {says["type"]: each, says["address"]: address})

    def unregister(self, beginning: str) -> None:
        """Take away the webhooks that call an address which begins so."""
        says = self._webhooks
        for each in self._service.tell("GET", says["path"]) or []:
            if str(each.get(says["address"]) or "").startswith(beginning):
                self._service.tell("DELETE", f"{says['path']}/{each['id']}")

    @property
    def _webhooks(self) -> Mapping[str, Any]:
        assert self._offers.webhooks is not None
        return self._offers.webhooks.wire

    # Reading ----------------------------------------------------------------------------------------------------

    def _list(self, offer: Resource, condition: str) -> Iterator[list[Record]]:
        order = ",".join(offer.wire.get("order", self._offers.wire["order"]))
        options = {"filter": condition, "expand": self._expanded(offer.fields), "orderby": order}
        for page in self._service.pages(offer.wire["set"], options):
            yield [_finished(offer, each) for each in page]

    def _expanded(self, fields: Mapping[str, Field]) -> str:
        """Tell which parts and references come along, parts of parts included.

        Whole, without `$select`: so every path of the manifest is known, and no assumed name can spoil the question.
        """
        found = []
        for each in fields.values():
            if each.of:
                below = self._expanded(self._offers.types[each.of].fields)
            elif each.reference:
                below = ",".join(each.wire.get("expand", ()))
            else:
                continue
            found.append(f"{each.name}($expand={below})" if below else each.name)
        return ",".join(found)

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

    def _part(self, each: Field | None) -> Type | None:
        """Tell the type of a field that holds one object with an identity of its own."""
        kind = self._offers.types.get(each.of) if each is not None and each.type != "array" else None
        return kind if kind is not None and kind.id else None

    def _prepared(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Record:
        """Make ready what will be created: nothing empty, references found, parts that exist brought up to date."""
        whole: Record = {}
        for name, value in record.items():
            each = fields.get(name)
            part = self._part(each)
            if each is not None and each.reference:
                whole[name] = self._reference(each, value)
            elif part is not None and value:
                whole[name] = self._attached(part, value) if value.get(KEY) else self._prepared(part.fields, value)
            else:
                whole[name] = value
        return {name: value for name, value in whole.items() if value is not None and value != {}}

    def _attached(self, part: Type, given: Record) -> Record:
        """Bring a part up to date that exists already, and return it."""
        key = str(given[KEY])
        rest = {name: value for name, value in given.items() if name != KEY and value is not None}
        if not rest:
            return {KEY: key}
        now = self._service.one(part.wire["set"], key, {"expand": self._expanded(part.fields)})
        if now is None:
            cure = "It was deleted or merged there."
            raise RecordRefused(self._system, f"{part.wire['set']} no longer has {key}", cure=cure)
        return self._write(part.fields, part.wire["set"], key, rest, now)

    def _write(
        self, fields: Mapping[str, Field], name: str, key: str, changes: Mapping[str, Any], seen: Mapping[str, Any]
    ) -> Record:
        """Write changes into one entity, its parts first, and return it as it then is."""
        after, own = dict(seen), {}
        for field, value in changes.items():
            each = fields.get(field)
            part = self._part(each)
            if each is not None and each.reference:
                own[field] = after[field] = self._reference(each, value)
            elif part is None or value is None:
                own[field] = after[field] = value
            else:
                made, link = self._write_part(part, value, seen.get(field) or {})
                after[field] = made or None
                if link:
                    own[field] = made
        if not own:
            return after
        answer = self._service.write(self._offers.wire["update"], name, self._body(fields, own), key)
        return _merged(after, answer)

    def _write_part(self, part: Type, value: Record, seen: Mapping[str, Any]) -> tuple[Record, bool]:
        """Write a part, and tell whether its owner must then be told of it."""
        key = seen.get(KEY)
        if key and value.get(KEY, key) == key:
            rest = {name: each for name, each in value.items() if name != KEY}
            try:
                return self._write(part.fields, part.wire["set"], str(key), rest, seen), False
            except RecordGone as error:
                # Only the part is gone; the record that held it goes on, and the next reading shows it without.
                cure = "The next run sees this record without it."
                raise RecordRefused(self._system, error.says, cure=cure) from error
        if value.get(KEY):
            return self._attached(part, value), True
        whole = self._prepared(part.fields, value)
        if whole and part.wire.get("added") == "linked":
            whole = _merged(whole, self._service.write("POST", part.wire["set"], self._body(part.fields, whole)))
        return whole, bool(whole)

    def _body(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Record:
        """Spell a record for a write: whatever exists already is told by its id alone."""
        body: Record = {}
        for name, value in record.items():
            part = self._part(fields.get(name))
            if isinstance(value, Mapping) and KEY in value:
                body[name] = {KEY: value[KEY]}
            else:
                body[name] = self._body(part.fields, value) if part is not None and value is not None else value
        return body


def _merged(before: Mapping[str, Any], answer: Mapping[str, Any]) -> Record:
    """Lay an answer over what was sent; where it has only null for a part, the part was not expanded."""
    whole = dict(before)
    for name, value in answer.items():
        known = whole.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            whole[name] = _merged(known, value)
        elif value is not None or not isinstance(known, Mapping | list):
            whole[name] = value
    return whole


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
