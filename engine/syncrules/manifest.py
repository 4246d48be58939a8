"""What one system offers, as declared in the YAML file beside its provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any, Literal

FORMS: Mapping[str, str] = {"date": "a day", "digits": "digits", "iban": "an IBAN"}
"""Formats that a system takes nothing else in → what they are called."""

UpdateKind = Literal["sent_fields", "whole_object", "none"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record or of a part of it."""

    name: str
    type: str = "string"
    format: str = ""
    max_length: int | None = None
    min_length: int | None = None
    minimum: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    decimals: int | None = None
    enum: tuple[object, ...] = ()
    read_only: bool = False
    write_only: bool = False
    """Taken by the system and never shown."""
    of: str = ""
    """The type of an object, or of the elements of an array."""
    shared: bool = False
    reference: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    title: str = ""
    certainty: str = ""
    wire: Mapping[str, Any] = field(default_factory=dict)

    def unfit(self, value: object) -> str:
        """Say why a plain value does not fit this field; empty if it does."""
        if self.enum and value not in self.enum and isinstance(value, type(self.enum[0])):
            return f"cannot be {value!r}: it takes {', '.join(map(str, self.enum))}"
        if self.type != "string" or not isinstance(value, str):
            return ""
        if self.max_length is not None and len(value) > self.max_length:
            return f"has {len(value)} characters, and takes {self.max_length}"
        if self.min_length is not None and len(value) < self.min_length:
            return f"has {len(value)} characters, and needs {self.min_length}"
        return "" if has_form(self.format, value) else f"cannot be '{value[:40]}': it takes {FORMS[self.format]} only"


@dataclass(frozen=True, slots=True)
class Type:
    """An object type that several fields share."""

    name: str
    fields: Mapping[str, Field]
    id: str = ""
    concept: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    wire: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """How changes of a resource are found, where the system can tell."""

    since: tuple[str, ...]
    overlap: timedelta
    sweep: timedelta | None
    blind_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Active:
    """The field that says whether a record is in use."""

    field: str
    inactive: object
    stamp: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """How several records travel in one call."""

    size: int
    """How many at most; 0 for a whole list, which is as long as it is."""
    whole_list: bool
    beside: tuple[str, ...]
    """What may travel once for all of them."""
    mark: str
    """Under which name the system remembers what the last call was called; empty if it does not."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Fields by which the system takes a new record for one that is there, and writes over it."""

    same: tuple[str, ...]
    ignoring: str
    """Characters that do not count; white space and capitals never do."""
    cure: str

    @property
    def name(self) -> str:
        """By what such a record is found in our memory."""
        return f"alike {' & '.join(self.same)}"

    def looks(self, record: Mapping[str, Any]) -> str:
        """Give what counts of a record; empty if one of the fields says nothing."""
        texts = [str(record.get(each) or "") for each in self.same]
        plain = ["".join(each for each in text if each not in self.ignoring and not each.isspace()) for text in texts]
        return "|".join(plain).casefold() if all(plain) else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A known refusal, with what it means to us."""

    code: str
    says: str
    means: str
    because: str
    cure: str

    def fits(self, code: str, message: str) -> bool:
        """Tell whether this is the refusal: by code where one is declared, and by a part of the message."""
        return (not self.code or self.code == code) and (not self.says or self.says.lower() in message.lower())


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of records."""

    name: str
    title: str
    id: tuple[str, ...]
    name_path: str
    fields: Mapping[str, Field]
    label: tuple[str, ...]
    key: str
    keys: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...] | None
    within: tuple[str, str] | None
    """Another resource, and the field of ours that holds its record."""
    active: Active | Literal["hidden", "always"]
    readable: bool
    """False: what was sent cannot be read back."""
    changes: Changes | None
    missing: str
    settled: Mapping[str, Any]
    settled_look_up: Mapping[str, Any]
    """Where it is looked up whether what has left a list was settled: in, by, of, is, settled_by; empty if nobody can say."""
    creatable: bool
    requires: tuple[str, ...]
    overwrites: tuple[Alike, ...]
    unknown_outcome: str
    """`repeat_safe`, `ask`, or `look_up` with the field in `look_up`; empty if it cannot be created."""
    look_up: str
    makes: Mapping[str, Mapping[str, Any]]
    update: UpdateKind
    deletable: bool
    delete_again: bool
    """Deleting what is not there does no harm."""
    batch: Batch | None
    external_id: str
    frozen: Mapping[str, Any]
    frozen_except: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    look_ups: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]
    wire: Mapping[str, Any]

    def key_of(self, record: Mapping[str, Any]) -> str:
        """Tell the id of a record as text; several id fields are joined by ` / `."""
        return " / ".join(str(record[each]) for each in self.id)

    def is_one(self, record: Mapping[str, Any]) -> bool:
        """Tell whether something can be one of these records: it has what identifies them."""
        return all(each in record for each in self.id)

    def name_of(self, record: Mapping[str, Any]) -> str:
        """Tell a person which record it is."""
        value: Any = record
        for step in self.name_path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return str(value) if value not in (None, "") else self.key_of(record)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question whose answer makes a connection."""

    name: str
    title: str
    help: str = ""
    secret: bool = False
    default: str | None = None
    choices_from: str = ""
    """The resource that lists the possible answers, read with the answers to the other questions."""


@dataclass(frozen=True, slots=True)
class Limit:
    calls: int
    per: str
    of: tuple[str, ...]
    time_zone: str = "UTC"
    """In which an hour, a day or a month begins."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a system wants to be left in peace, every day; through midnight, if they end earlier than they begin."""

    begin: time
    end: time
    time_zone: str


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a system calls us when something happens."""

    signed_with: tuple[str, ...]
    """The answers that show that a call is genuine."""
    tell_of: tuple[str, ...]
    """Resources."""
    wire: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that one system offers."""

    provider: str
    title: str
    absent_means_empty: bool
    asks: tuple[Ask, ...]
    limits: tuple[Limit, ...]
    in_flight: int
    lag: timedelta
    types: Mapping[str, Type]
    resources: Mapping[str, Resource]
    notes: tuple[str, ...]
    wire: Mapping[str, Any]
    refusals: tuple[Refusal, ...] = ()
    """Of any call, above all of a login; those of a write stand with their resource."""
    keeps: tuple[str, ...] = ()
    """What the system renews by itself and the transport keeps from run to run."""
    webhooks: Webhooks | None = None
    quiet_hours: tuple[QuietHours, ...] = ()

    @property
    def questions(self) -> tuple[Ask, ...]:
        """What everybody is asked; the rest only who wants to be called."""
        signing = self.webhooks.signed_with if self.webhooks is not None else ()
        return tuple(each for each in self.asks if each.name not in signing)

    def field_at(self, resource: str, path: str) -> Field | None:
        """Find the field that a dotted path names, through parts and references; None if there is no such path."""
        fields: Mapping[str, Field] = self.resources[resource].fields
        found: Field | None = None
        for step in path.split("."):
            found = fields.get(step)
            if found is None:
                return None
            fields = self._fields_below(found)
        return found

    def paths(self, resource: str) -> Iterator[str]:
        """List every dotted path of a resource, parts included, for suggestions."""
        yield from self._paths(self.resources[resource].fields, "", 0)

    def _paths(self, fields: Mapping[str, Field], prefix: str, depth: int) -> Iterator[str]:
        for name, each in fields.items():
            yield prefix + name
            if depth < 3:
                yield from self._paths(self._fields_below(each), f"{prefix}{name}.", depth + 1)

    def unfit(self, resource: str, record: Mapping[str, Any]) -> str:
        """Say which value of a write does not fit its field as declared: its length, choice or form; empty if all do.

        Whoever sends a record asks this before it makes a call: what a system does with a text that is too long, many do not say.
        """
        return next(self._unfit(self.resources[resource].fields, record), "")

    def _unfit(self, fields: Mapping[str, Field], record: Mapping[str, Any]) -> Iterator[str]:
        for name, value in record.items():
            each = fields.get(name)
            if each is None or value in (None, ""):
                continue
            below = self.types[each.of].fields if each.of else {}
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Mapping):
                    yield from self._unfit(below, one)
            if not isinstance(value, list | Mapping) and (said := each.unfit(value)):
                yield f"{each.title or name} ({name}) {said}"

    def _fields_below(self, each: Field) -> Mapping[str, Field]:
        if each.of:
            return self.types[each.of].fields
        if each.reference:
            below: dict[str, Field] = {}
            for name in each.reference:
                below.update(self.resources[name].fields)
            return below
        return {}


def has_form(format: str, text: str) -> bool:
    """Tell whether a text has a form that a system takes nothing else in."""
    match format:
        case "date":
            try:
                return (
                    text[10:11] in ("", "T") and text[4:5] + text[7:8] == "--" and bool(date.fromisoformat(text[:10]))
                )
            except ValueError:
                return False
        case "digits":
            return text.isascii() and text.isdigit()
        case "iban":
            plain = "".join(text.split()).upper()
            checked = plain[4:] + plain[:4]
            if not (plain.isascii() and plain.isalnum() and 15 <= len(plain) <= 34):
                return False
            return int("".join(str(int(each, 36)) for each in checked)) % 97 == 1
    return True
