"""The manners of SOAP 1.1: requests written, answers read, in the order and with the types that a manifest declares.

Nothing here knows a system. An answer is read by element name while it is parsed; a value that does not fit its
declared type is an error, never an empty field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from io import BytesIO
from itertools import chain
from typing import Any, TypeAlias

from lxml import etree

from syncrules.manifest import Field, Type

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_FAULT = f"{{{ENVELOPE}}}Fault"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Content: TypeAlias = "str | Mapping[str, Content] | Sequence[Mapping[str, Content]]"
"""What an element holds: a text, elements in their order, or (a list) the element itself several times."""

# XML 1.0, production [2] Char: everything else cannot be written, not even escaped.
_UNCARRIED = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LONGEST = 330
"""Characters of the longest number that is still read as one: a binary floating point number at its longest."""
_EXACTLY = Context(prec=1500)
"""More digits than such a number can have, so that rounding never runs out of them."""
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Unwritable(ValueError):
    """A value cannot travel as its field declares; nothing was sent."""


class Unreadable(ValueError):
    """An answer is not XML, not an answer to this operation, or holds a value that does not fit."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one system speaks SOAP, as its manifest declares."""

    namespace: str
    types: Mapping[str, Type]
    error: tuple[str, str]
    """The elements of a result that hold the code and the text of its error."""
    unset_date: str = ""
    """The day that stands for no day at all."""

    def request(self, operation: str, content: Mapping[str, Content]) -> bytes:
        """Write the envelope of a request: document/literal, wrapped.

        Raises:
            Unwritable: a text holds a character that XML does not have.
        """
        envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
        body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
        call = etree.SubElement(body, f"{{{self.namespace}}}{operation}", nsmap={None: self.namespace})  # type: ignore[dict-item]  # None is the default namespace, which the stubs forgot
        self._fill(call, content)
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")

    def _fill(self, element: etree._Element, content: Mapping[str, Content]) -> None:
        for name, value in content.items():
            for each in [value] if isinstance(value, (str, Mapping)) else value:
                child = etree.SubElement(element, f"{{{self.namespace}}}{name}")
                if isinstance(each, str):
                    child.text = carried(name, each)
                else:
                    self._fill(child, each)

    def write(self, fields: Mapping[str, Field], record: Mapping[str, Any], today: str) -> dict[str, Content]:
        """Turn a record into elements: every field in its order, what the record lacks as 0, false, empty or today.

        Raises:
            Unwritable: a value does not fit its field, or has no field.
        """
        strangers = [each for each in record if each not in fields]
        if strangers:
            raise Unwritable(f"{', '.join(strangers)}: there is no such element to send")
        return {
            name: self._written(each, record.get(name), today)
            for name, each in fields.items()
            if each.wire.get("sent", True)
        }

    def _written(self, field: Field, value: Any, today: str) -> Content:
        match field.type, field.format:
            case "array", _:
                lines = self.types[field.of]
                return {str(lines.wire["write"]): [self.write(lines.fields, each, today) for each in value or []]}
            case "string", "date":
                return f"{_day(field, value or today)}T00:00:00"
            case "string", "decimal" if not isinstance(value, (str, type(None))):
                return _digits(field, value)
            case "string", _ if isinstance(value, (str, type(None))):
                return carried(field.name, value or "")
            case "integer", _ if value is None or (isinstance(value, int) and not isinstance(value, bool)):
                return str(value or 0)
            case "number", _:
                return _digits(field, 0 if value is None else value)
            case "boolean", _ if isinstance(value, (bool, type(None))):
                return "true" if value else "false"
        raise Unwritable(f"{field.name} cannot be sent: {value!r} is not a {field.type}")

    def read(self, element: etree._Element, fields: Mapping[str, Field]) -> dict[str, Any]:
        """Turn an element into a record; an element that is not declared comes along as the text it holds.

        Raises:
            Unreadable: a value does not fit its field.
        """
        record: dict[str, Any] = {}
        for child in element:
            name = _local(child)
            field = fields.get(name)
            if field is not None:
                record[name] = self._value(child, field)
            elif len(child) == 0:
                record[name] = child.text or None
        return record

    def _value(self, element: etree._Element, field: Field) -> Any:
        if element.get(_NIL) in ("true", "1"):
            return None
        if field.type == "array":
            lines = self.types[field.of]
            strangers = {_local(each) for each in element} - {lines.wire["read"]}
            if strangers:
                raise Unreadable(
                    f"{field.name} holds {', '.join(sorted(strangers))} where {lines.wire['read']} was expected"
                )
            return [self.read(each, lines.fields) for each in element]
        if len(element):
            raise Unreadable(f"{field.name} holds elements where a value was expected")
        text = element.text or ""
        if field.type == "string" and field.format != "date":
            return text or None
        return self._typed(field, text.strip())

    def _typed(self, field: Field, text: str) -> Any:
        match field.type:
            case "integer" if _INTEGER.fullmatch(text):
                return int(text)
            case "number" if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
                number = Decimal(text)
                # Binary floating point shows 312.6 as 312.59999999999997 at times; a decimal is taken as it stands.
                return _rounded(number, field.decimals or 0) if field.wire.get("double") else number
            case "boolean" if text in _BOOLEANS:
                return _BOOLEANS[text]
            case "string" if _is_day(text[:10]) and text[10:11] in ("", "T"):
                return None if text[:10] == self.unset_date else text
        raise Unreadable(f"{field.name} holds '{text[:40]}', which is not a {field.format or field.type}")

    def reply(self, content: bytes, operation: str, items: str = "", *, bare: bool = False) -> Reply:
        """Begin to read the answer to an operation: up to its first item, and so past its error if it has one.

        Args:
            items: the names of the container and of the item in it, with a slash between.
            bare: the result is the error object itself, so that an answer without a result is a success.

        Raises:
            Unreadable: it is no answer to this operation.
        """
        return Reply(content, self, operation + ("Response" if bare else "Result"), items)


class Reply:
    """An answer that is read while it is parsed, so that a long one need not be in memory as a tree."""

    code: str = ""
    """The error code that the result carries; empty if it went well."""
    text: str = ""
    """What the result says about its error."""
    fault: str = ""
    """Whose fault a SOAP fault is: Client or Server (SOAP 1.1, 4.4.1); empty if there is none."""

    def __init__(self, content: bytes, dialect: Dialect, result: str, items: str) -> None:
        space = f"{{{dialect.namespace}}}"
        self._result = space + result
        self._container, self._item = (space + each for each in (items or "none/none").split("/"))
        self._code, self._text = (space + each for each in dialect.error)
        self._values: dict[str, str] | None = None
        self._items = self._parse(content)
        first = next(self._items, None)
        self._items = chain([] if first is None else [first], self._items)

    def __iter__(self) -> Iterator[etree._Element]:
        """Give each item; it is emptied as soon as the next one is asked for.

        Raises:
            Unreadable: the rest of the answer is broken off, or is none.
        """
        yield from self._items
        if self.code:
            raise Unreadable(f"the error {self.code} stands behind records")

    def value(self, name: str) -> str:
        """Give the text of an element beside the items, empty if it is not there."""
        return (self._values or {}).get(name, "")

    def _parse(self, content: bytes) -> Iterator[etree._Element]:
        wanted = (self._item, self._result, self._code, self._text, _FAULT)
        try:
            events = etree.iterparse(
                BytesIO(content),
                ("end",),
                tag=wanted,
                resolve_entities=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
            )
            for number, (_, element) in enumerate(events):
                # SOAP 1.1, 3: a message has no document type. One that has means us harm.
                if number == 0 and element.getroottree().docinfo.doctype:
                    raise Unreadable("it declares a document type")
                if element.tag == self._code:
                    self.code = (element.text or "").strip()
                elif element.tag == self._text:
                    self.text = (element.text or "").strip()
                elif element.tag == _FAULT:
                    self._take_fault(element)
                elif element.tag == self._result:
                    self._take_result(element)
                else:
                    if element.get(_NIL) not in ("true", "1"):
                        yield element
                    _forget(element)
        except etree.XMLSyntaxError as error:
            raise Unreadable("it is not XML, or only the beginning of it") from error
        if self._values is None and not self.fault:
            raise Unreadable(f"it holds no {_name(self._result)}")

    def _take_fault(self, element: etree._Element) -> None:
        self.fault = (element.findtext("faultcode") or "").strip().rpartition(":")[2] or "Server"
        self.text = (element.findtext("faultstring") or "").strip()

    def _take_result(self, element: etree._Element) -> None:
        self._values = {_local(each): each.text or "" for each in element if not len(each)}
        # An item under another name would look like nothing at all, and nothing means "all gone".
        strangers = {
            _local(each)
            for container in element.iterchildren(self._container)
            for each in container
            if each.tag != self._item
        }
        if strangers:
            raise Unreadable(f"it holds {', '.join(sorted(strangers))} where {_name(self._item)} was expected")


def carried(name: str, text: str) -> str:
    """Give the text back if XML can carry it.

    Raises:
        Unwritable: it holds a control character or half a pair.
    """
    found = _UNCARRIED.search(text)
    if found:
        raise Unwritable(f"{name} holds a character (U+{ord(found.group()):04X}) that XML cannot carry")
    return text


def _digits(field: Field, value: Any) -> str:
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or not Decimal(value).is_finite():
        raise Unwritable(f"{field.name} cannot be sent: {value!r} is not an exact number")
    number = Decimal(value)
    if field.decimals is None:
        return f"{number:f}"
    if _rounded(number, field.decimals) != number:
        raise Unwritable(f"{field.name} cannot be sent: {number} has more than {field.decimals} decimals")
    return f"{_rounded(number, field.decimals):f}"


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACTLY)


def _day(field: Field, value: Any) -> str:
    """Take the day as it is written: a zone behind it is never converted."""
    if not isinstance(value, str) or not _is_day(value[:10]) or value[10:11] not in ("", "T"):
        raise Unwritable(f"{field.name} cannot be sent: {value!r} is not a date")
    return value[:10]


def _is_day(text: str) -> bool:
    try:
        # Python also reads 20260302 and 2026-W10-1; the length leaves neither.
        return len(text) == 10 and text[4] + text[7] == "--" and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _local(element: etree._Element) -> str:
    return _name(str(element.tag))


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _forget(element: etree._Element) -> None:
    """Free what has been read; only the emptied item itself stays, because the parser still stands on it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
