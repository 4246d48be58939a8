"""How one system speaks SOAP, as its manifest declares: records as elements in their order, and long answers read while they are parsed.

Every field has its type; an element that is not declared comes along as the text it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Any

from lxml import etree

from syncrules.manifest import Field, Type
from syncrules_providers.soap import FAULT, NIL, Content, fault_of, local_name, request, without_namespace
from syncrules_providers.soap_values import Unreadable, Unwritable, spelled, understood

_NOTHING: Mapping[str, Any] = {"integer": 0, "number": 0, "boolean": False}
"""What stands for nothing where every element must be there."""


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
        """Write the envelope of a request.

        Raises:
            Unwritable: a text holds a character that XML does not have.
        """
        return request(self.namespace, operation, content)

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
                return f"{spelled(field, value or today)}T00:00:00"
        return spelled(field, _NOTHING.get(field.type, "") if value is None else value)

    def read(self, element: etree._Element, fields: Mapping[str, Field]) -> dict[str, Any]:
        """Turn an element into a record; an element that is not declared comes along as the text it holds.

        Raises:
            Unreadable: a value does not fit its field.
        """
        record: dict[str, Any] = {}
        for child in element:
            name = local_name(child)
            field = fields.get(name)
            if field is not None:
                record[name] = self._value(child, field)
            elif len(child) == 0:
                record[name] = child.text or None
        return record

    def _value(self, element: etree._Element, field: Field) -> Any:
        if element.get(NIL) in ("true", "1"):
            return None
        if field.type == "array":
            lines = self.types[field.of]
            strangers = {local_name(each) for each in element} - {lines.wire["read"]}
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
        value = understood(field, text.strip())
        return None if field.format == "date" and value[:10] == self.unset_date else value

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
        wanted = (self._item, self._result, self._code, self._text, FAULT)
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
                elif element.tag == FAULT:
                    self.fault, self.text = fault_of(element)
                elif element.tag == self._result:
                    self._take_result(element)
                else:
                    if element.get(NIL) not in ("true", "1"):
                        yield element
                    _forget(element)
        except etree.XMLSyntaxError as error:
            raise Unreadable("it is not XML, or only the beginning of it") from error
        if self._values is None and not self.fault:
            raise Unreadable(f"it holds no {without_namespace(self._result)}")

    def _take_result(self, element: etree._Element) -> None:
        self._values = {local_name(each): each.text or "" for each in element if not len(each)}
        # An item under another name would look like nothing at all, and nothing means "all gone".
        strangers = {
            local_name(each)
            for container in element.iterchildren(self._container)
            for each in container
            if each.tag != self._item
        }
        if strangers:
            raise Unreadable(
                f"it holds {', '.join(sorted(strangers))} where {without_namespace(self._item)} was expected"
            )


def _forget(element: etree._Element) -> None:
    """Free what has been read; only the emptied item itself stays, because the parser still stands on it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
