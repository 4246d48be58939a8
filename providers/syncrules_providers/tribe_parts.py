"""What lies inside a record of Tribe: how it comes along in an answer, and how it is written where it has an identity of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncrules.errors import RecordGone, RecordRefused
from syncrules.manifest import Field, Type
from syncrules.provider import Record
from syncrules_providers import odata

KEY = "ID"
"""Every entity has it. A POST that holds it would overwrite that entity: it never stands in a body that creates."""


class Parts:
    """Write records together with their parts.

    Args:
        update: the method by which Tribe changes an entity.
        reference: finds the record that a reference means.
    """

    def __init__(
        self,
        types: Mapping[str, Type],
        service: odata.Service,
        system: str,
        update: str,
        reference: Callable[[Field, Any], Record | None],
    ) -> None:
        self._types = types
        self._service = service
        self._system = system
        self._update = update
        self._reference = reference

    def expanded(self, fields: Mapping[str, Field]) -> str:
        """Tell which parts and references come along, parts of parts included.

        Whole, without `$select`: so every path of the manifest is known, and no assumed name can spoil the question.
        """
        found = []
        for each in fields.values():
            if each.of:
                below = self.expanded(self._types[each.of].fields)
            elif each.reference:
                below = ",".join(each.wire.get("expand", ()))
            else:
                continue
            found.append(f"{each.name}($expand={below})" if below else each.name)
        return ",".join(found)

    def _part(self, each: Field | None) -> Type | None:
        """Tell the type of a field that holds one object with an identity of its own."""
        kind = self._types.get(each.of) if each is not None and each.type != "array" else None
        return kind if kind is not None and kind.id else None

    def prepared(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Record:
        """Make ready what will be created: nothing empty, references found, parts that exist brought up to date."""
        whole: Record = {}
        for name, value in record.items():
            each = fields.get(name)
            part = self._part(each)
            if each is not None and each.reference:
                whole[name] = self._reference(each, value)
            elif part is not None and value:
                whole[name] = self._attached(part, value) if value.get(KEY) else self.prepared(part.fields, value)
            else:
                whole[name] = value
        return {name: value for name, value in whole.items() if value is not None and value != {}}

    def _attached(self, part: Type, given: Record) -> Record:
        """Bring a part up to date that exists already, and return it."""
        key = str(given[KEY])
        rest = {name: value for name, value in given.items() if name != KEY and value is not None}
        if not rest:
            return {KEY: key}
        now = self._service.one(part.wire["set"], key, {"expand": self.expanded(part.fields)})
        if now is None:
            cure = "It was deleted or merged there."
            raise RecordRefused(self._system, f"{part.wire['set']} no longer has {key}", cure=cure)
        return self.write(part.fields, part.wire["set"], key, rest, now)

    def write(
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
        answer = self._service.write(self._update, name, self.body(fields, own), key)
        return merged(after, answer)

    def _write_part(self, part: Type, value: Record, seen: Mapping[str, Any]) -> tuple[Record, bool]:
        """Write a part, and tell whether its owner must then be told of it."""
        key = seen.get(KEY)
        if key and value.get(KEY, key) == key:
            rest = {name: each for name, each in value.items() if name != KEY}
            try:
                return self.write(part.fields, part.wire["set"], str(key), rest, seen), False
            except RecordGone as error:
                # Only the part is gone; the record that held it goes on, and the next reading shows it without.
                cure = "The next run sees this record without it."
                raise RecordRefused(self._system, error.says, cure=cure) from error
        if value.get(KEY):
            return self._attached(part, value), True
        whole = self.prepared(part.fields, value)
        if whole and part.wire.get("added") == "linked":
            whole = merged(whole, self._service.write("POST", part.wire["set"], self.body(part.fields, whole)))
        return whole, bool(whole)

    def body(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Record:
        """Spell a record for a write: whatever exists already is told by its id alone."""
        body: Record = {}
        for name, value in record.items():
            part = self._part(fields.get(name))
            if isinstance(value, Mapping) and KEY in value:
                body[name] = {KEY: value[KEY]}
            else:
                body[name] = self.body(part.fields, value) if part is not None and value is not None else value
        return body


def merged(before: Mapping[str, Any], answer: Mapping[str, Any]) -> Record:
    """Lay an answer over what was sent; where it has only null for a part, the part was not expanded."""
    whole = dict(before)
    for name, value in answer.items():
        known = whole.get(name)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            whole[name] = merged(known, value)
        elif value is not None or not isinstance(known, Mapping | list):
            whole[name] = value
    return whole
