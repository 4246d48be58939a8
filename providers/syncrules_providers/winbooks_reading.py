"""How the records of WinBooks are read: objects page by page, with their parts and the codes of what they refer to.

The objects are read alone and put together here: a deep answer costs the server a query for each object, and opens
lists that nobody asked for, such as all bookings with a VAT code.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.errors import Nonsense
from syncrules.manifest import Field, Manifest, Resource
from syncrules.provider import Record
from syncrules_providers import winbooks_ledger
from syncrules_providers.torm import NotReadable, Service
from syncrules_providers.torm_questions import Asking, Condition, Question
from syncrules_providers.torm_values import Dialect, Raw, Unreadable

log = logging.getLogger("syncrules.winbooks")

GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Reading:
    """Read one folder."""

    def __init__(self, manifest: Manifest, service: Service, asking: Asking, dialect: Dialect, system: str) -> None:
        self._offers = manifest
        self._service = service
        self._asking = asking
        self._dialect = dialect
        self._system = system
        self.ledger = winbooks_ledger.Ledger(service, asking, dialect, manifest.wire["line"])
        self._known: dict[str, dict[str, Record | None]] = {}
        """Resource → id → what others learn of such a record: ids that recur are asked for once."""

    def pages(self, offer: Resource, since: str | None) -> Iterator[list[Record]]:
        """Read all records of a resource, or those of which something changed."""
        says = offer.wire
        if "document" not in says:
            for page in self._objects(offer, since):
                yield self.finished(offer, page)
            return
        if since is None:
            pages = self._service.pages(Question(says["om"], self._document(offer)))
        else:
            where = (*self._asking.referring(says["party"]), self._asking.since("Modified", since))
            pages = self._service.pages(Question(says["om"], where, order=("Modified", "Id")))
        for page in pages:
            if lines := self.ledger.open_documents(page, says["party"], says["document"]):
                yield self.finished(offer, lines)

    def _objects(self, offer: Resource, since: str | None) -> Iterator[list[Raw]]:
        """Read the objects of a resource: a small table whole, anything else page by page or by its changes."""
        om, routes = offer.wire["om"], offer.wire.get("changed", {})
        if offer.changes is None:
            yield from self._service.all(om)
            return
        if since is None:
            yield from self._service.pages(Question(om))
            return
        seen: set[str] = set()
        own = Question(om, (self._asking.since("Modified", since),), order=("Modified", "Id"))
        for question in (own, *(self._changed_at(om, each, routes, since) for each in routes)):
            for page in self._service.pages(question):
                fresh = {each["Id"]: each for each in page if each["Id"] not in seen}
                seen |= fresh.keys()
                if fresh:
                    yield list(fresh.values())

    def _changed_at(self, om: str, name: str, routes: Mapping[str, Any], since: str) -> Question:
        """Ask for the objects of which one part was changed."""
        joins: tuple[str, ...] = (name,)
        while owner := routes[joins[0]].get("owner"):
            joins = (owner, *joins)
        return Question(om, (self._asking.since(f"{name}.Modified", since),), joins, routes=routes)

    def candidates(self, offer: Resource, field: str, value: str) -> Iterator[list[Record]]:
        """Read the records whose field may be this value: by a question if it can be asked, else all."""
        each = offer.fields.get(field)
        # A small table costs one call either way, and of some of them nobody knows by which type they are asked for.
        if each is None or each.of or _is_made(each) or (offer.changes is None and "open" not in offer.wire):
            yield from self.pages(offer, None)
            return
        whole = each.type == "integer"
        if (whole and not _WHOLE.fullmatch(value)) or (each.format == "uuid" and not GUID.fullmatch(value)):
            return
        equal = self._asking.equal(each.wire.get("from", field), int(value) if whole else value)
        yield self.finished(offer, self._equal(offer, each, equal))

    def _equal(self, offer: Resource, each: Field, equal: Condition) -> list[Raw]:
        says = offer.wire
        if "at" in each.wire:
            part = says["parts"][each.wire["at"]]
            picked = (self._asking.equal(*one) for one in each.wire["pick"].items())
            ids = self._service.ask(Question(part["om"], (equal, *picked), show=(part["of"],)))
            return self._service.among(Question(says["om"]), "Id", ids)
        if "document" in says:
            lines = self._service.ask(Question(says["om"], (equal, *self._document(offer))))
            return self.ledger.open_documents(lines, says["party"], says["document"])
        return self._service.ask(Question(says["om"], (equal,)))

    def _document(self, offer: Resource) -> tuple[Condition, ...]:
        says = offer.wire
        picked = (self._asking.equal(*each) for each in says["document"].items())
        return *self._asking.referring(says["party"]), *picked

    # From objects to records ------------------------------------------------------------------------------------

    def finished(self, offer: Resource, objects: list[Raw]) -> list[Record]:
        """Turn objects into records, with their parts and with what follows from others."""
        for name, part in offer.wire.get("parts", {}).items():
            self._attach(objects, name, part)
        if "open" in offer.wire:
            self.ledger.open_lines(objects, **offer.wire["open"])
        if "periods" in offer.wire:
            periods = [each for page in self._service.all(offer.wire["periods"]) for each in page]
            winbooks_ledger.set_days(objects, periods)
        return self.shaped(offer.title, offer.fields, objects)

    def _attach(self, objects: list[Raw], name: str, part: Mapping[str, Any]) -> None:
        """Read the objects that are parts of these, and put them in."""
        question = Question(part["om"], level=part.get("level", 1))
        if "by" in part:
            ids = self._dialect.keys(objects, part["by"])
            found = {each["Id"]: each for each in self._service.among(question, "Id", ids)}
            for each in objects:
                key = each.get(part["by"])
                if key in found or (part["by"] in each and self._dialect.is_empty(key)):
                    each[name] = found.get(key)
                else:
                    each.pop(name, None)  # an answer without depth says null of what is there
            return
        lists: dict[str, list[Raw]] = {each["Id"]: [] for each in objects}
        for each in self._service.among(question, part["of"], lists):
            lists[each[part["of"]]].append(each)
        for each in objects:
            each[name] = sorted(lists[each["Id"]], key=lambda one: one.get(part["sort"]) or 0)

    def shaped(self, title: str, fields: Mapping[str, Field], objects: list[Raw]) -> list[Record]:
        """Turn objects into records; what they refer to is learnt on the way, if it is not known yet.

        Raises:
            Nonsense: a value does not fit its field.
        """
        lacking: dict[str, list[str]] = {}

        def referred(resource: str, key: str) -> Record | None:
            known = self._known.setdefault(resource, {})
            if key not in known:
                lacking.setdefault(resource, []).append(key)
            return known.get(key)

        try:
            records = [self._dialect.read(fields, each, referred) for each in objects]
            if lacking:
                for resource, keys in list(lacking.items()):
                    self._learn(self._offers.resources[resource], keys)
                records = [self._dialect.read(fields, each, referred) for each in objects]
        except Unreadable as error:
            raise Nonsense(self._system, f"{title} cannot be read: {error}") from error
        return records

    def _learn(self, offer: Resource, keys: list[str]) -> None:
        """Learn of the records with these ids what others say of them: a small table at once, else of these alone."""
        known = self._known[offer.name]
        try:
            known |= self._whole_table(offer) if offer.changes is None else self._some(offer, keys)
        except NotReadable as error:
            # A name that nobody has verified is not there: what it would have told is left out, and the rest goes on.
            log.warning("%s; what refers to it is left out", error)
        for key in keys:
            known.setdefault(key, None)

    def _whole_table(self, offer: Resource) -> dict[str, Record | None]:
        return {each["Id"]: each for page in self.pages(offer, None) for each in page}

    def _some(self, offer: Resource, keys: list[str]) -> dict[str, Record | None]:
        shows, routes = offer.wire["referred"], offer.wire.get("changed", {})
        joins = tuple(dict.fromkeys(each.partition(".")[0] for each in shows.values() if "." in each))
        question = Question(offer.wire["om"], joins=joins, show=("Id", *shows.values()), routes=routes)
        return {
            key: _nested({"Id": key}, dict(zip(shows, values, strict=True)))
            for key, *values in self._service.among(question, "Id", keys)
        }


def _is_made(each: Field) -> bool:
    """Tell whether a value is not one that the server could compare."""
    worked_out = str(each.wire.get("from", "")).startswith("$")
    return worked_out or each.format in ("date", "date-time") or bool({"id", "any", "list"} & each.wire.keys())


def _nested(record: Record, values: Mapping[str, Any]) -> Record:
    """Put values at dotted paths; a text comes padded."""
    for path, value in values.items():
        *above, last = path.split(".")
        at = record
        for step in above:
            at = at.setdefault(step, {})
        at[last] = value.strip() if isinstance(value, str) else value
    return record
