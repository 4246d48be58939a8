"""Records of Yuki as elements, read and written as its manifest declares, and what an answer says became of a write.

A field says in its `wire` where it is read (`read`: a path, `@` for an attribute, nothing for never), how it is named in a write
(`write`), which word stands for which (`values`), and of which other field it is a copy in a write (`copies`, `where`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from syncrules.manifest import Field, Manifest
from syncrules.provider import Record
from syncrules_providers.soap import Content
from syncrules_providers.soap_values import Unreadable, Unwritable, spelled, understood

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Shapes:
    """What the elements of one manifest look like."""

    offers: Manifest

    # Reading ----------------------------------------------------------------------------------------------------

    def read(self, fields: Mapping[str, Field], element: etree._Element) -> Record:
        """Turn an element into a record; an element that is not declared comes along as the text it holds.

        Raises:
            Unreadable: a value does not fit its field.
        """
        record: Record = {}
        known = set(fields)
        for name, each in fields.items():
            path = each.wire.get("read", name)
            if isinstance(path, Mapping):
                parts = {part: text for part, at in path.items() if (text := _text(element, at))}
                record |= {name: parts} if parts else {}
            elif path is not None and not each.of:
                known.add(path)
                text = _text(element, path)
                record |= {} if text is None else {name: self._value(each, text)}
        strangers = [child for child in element if str(child.tag) not in known and not len(child)]
        return record | {str(child.tag): _text(element, str(child.tag)) or None for child in strangers}

    def _value(self, field: Field, text: str) -> Any:
        """Read a text that may be empty: an element without a value is left out or empty, and both mean nothing."""
        match field.type, field.format:
            case _ if not text:
                return None
            case _, "date-time":
                return self._moment(field, text)
            case _, "uuid":
                return text.lower()  # however it was written, the same record must have the same id
            case "boolean", _:
                return understood(field, text.lower())
            case "string", kind if kind != "date":
                return text
        return understood(field, text)

    def _moment(self, field: Field, text: str) -> str:
        moments = self.offers.wire["moments"]
        found: datetime | None = None
        with suppress(ValueError):
            found = datetime.fromisoformat(text)
        with suppress(ValueError):
            found = found or datetime.strptime(text, moments["read"])
        if found is None:
            raise Unreadable(f"{field.name} holds '{text[:40]}', which is not a moment")
        return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(moments["zone"]))).isoformat()

    def asked(self, since: str) -> str:
        """Write a moment as Yuki is asked for what changed after it: its own time, without a zone."""
        zone = ZoneInfo(self.offers.wire["moments"]["zone"])
        return datetime.fromisoformat(since).astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")

    # Writing ----------------------------------------------------------------------------------------------------

    def write(
        self, fields: Mapping[str, Field], record: Record, changed: Collection[str], emptied: Collection[str] = ()
    ) -> dict[str, Content]:
        """Turn a record into elements in their order; what is empty is left out, because Yuki refuses some empty elements.

        Args:
            changed: the fields that are written on purpose; the others only go along.
            emptied: the fields that are to become empty, which only an empty element can say.

        Raises:
            Unwritable: a value does not fit its field, or has no field.
        """
        strangers = [each for each in changed if each not in fields or fields[each].read_only]
        if strangers:
            raise Unwritable(f"{', '.join(strangers)}: there is no such element to send")
        moves = {each.wire["copies"] for each in fields.values() if "copies" in each.wire} & set(changed)
        content: dict[str, Content] = {}
        for name, each in fields.items():
            if each.read_only:
                continue
            where = each.wire.get("where", {})
            copied = bool(moves) and name not in changed and all(record.get(of) == word for of, word in where.items())
            source = each.wire.get("copies", name) if copied else name
            element = self._written(each, record.get(source))
            if element or source in emptied:
                content[each.wire.get("write", name)] = element
        return content

    def _written(self, field: Field, value: Any) -> Content:
        kind = self.offers.types[field.of] if field.of else None
        words = field.wire.get("values", {})
        match value:
            case None | "":
                return ""
            case Mapping() if kind is not None:
                return self.write(kind.fields, dict(value), list(value))
            case list() if kind is not None:
                return {kind.wire["item"]: [self.write(kind.fields, each, list(each)) for each in value]}
            case str() if words and value not in words:
                raise Unwritable(f"{field.name} cannot be '{value}': Yuki has only {' and '.join(words)}")
        return spelled(field, words.get(value, value) if words else value)


@dataclass(frozen=True, slots=True)
class Became:
    """What an answer says became of a write: whatever its status was, it says so inside."""

    state: str
    """done, refused, not booked, or unknown."""
    says: str
    id: str = ""


def became(told: Mapping[str, Any], result: etree._Element, id_: str, sent: Record) -> Became:
    """Find out how a write went.

    Args:
        told: where the answer says what, as the manifest declares: what must stand there (nothing: what must not be there) if it
            was `done`, which field of ours comes back `as_sent`, what it `says`, and what holds the id that it `gives`.
        id_: the id, where it is known before; else it stands somewhere in a sentence.
    """
    said = result.find(told["at"])
    if said is None:
        return Became("unknown", f"it holds no {told['at']}")
    answers = {path: _word(said, path) for path in (*told["done"], *told.get("as_sent", {}))}
    listed = ", ".join(f"{path} {answer}" for path, answer in answers.items() if answer is not None)
    says = "; ".join(text for each in said.iterfind(told["says"]) if (text := (each.text or "").strip())) or listed
    if any(answers[path] not in (None, wanted) for path, wanted in told["done"].items()):
        return Became("refused", says)
    if any(sent.get(name) is True and answers[path] == "false" for path, name in told.get("as_sent", {}).items()):
        return Became("not booked", says)
    given = (said.findtext(told["gives"]) or "").strip()
    guid = _GUID.search(given)
    found = id_ if id_ and given == id_.strip() else guid.group().lower() if guid else ""
    whole = all(wanted is None or answers[path] is not None for path, wanted in told["done"].items())
    return Became("done" if whole and found and id_ in ("", found) else "unknown", says, found)


def _word(said: etree._Element, path: str) -> str | None:
    text = said.findtext(path)
    return None if text is None else text.strip().lower()


def _text(element: etree._Element, path: str) -> str | None:
    """Give the text at a path, None if there is no such place.

    Raises:
        Unreadable: there are elements where a value was expected.
    """
    steps, _, attribute = path.partition("@")
    found = element.find(steps.rstrip("/")) if steps else element
    if found is None:
        return None
    if attribute:
        value = found.get(attribute)
        return None if value is None else value.strip()
    if len(found):
        raise Unreadable(f"{path} holds elements where a value was expected")
    return "" if found.get(_NIL) in ("true", "1") else (found.text or "").strip()
