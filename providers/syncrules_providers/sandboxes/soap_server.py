"""SOAP as an ASP.NET web service speaks it: envelopes of both versions, faults, and typed values in a declared order.

Which elements exist is written as text, one line for each type and operation, in the order in which they travel:
`Name` is a text, `Name:50` a text of at most fifty characters, `Name:long` a number, `Name:cLine` another type,
`Name:cLine*` a container with any number of `cLine` elements in it, `Name:xml` the element itself with what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from email.message import Message as Headers
from types import MappingProxyType
from typing import Any, Literal
from xml.sax.saxutils import escape

from lxml import etree

from syncrules_providers.sandboxes.server import Answer, Request

Row = dict[str, Any]
"""The values of one element by name; what a name holds is written in its `Shape`."""

Version = Literal["1.1", "1.2"]
Order = Literal["strict", "any"]

ENVELOPES: Mapping[Version, str] = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
MEDIA_TYPES: Mapping[str, Version] = {"text/xml": "1.1", "application/soap+xml": "1.2"}
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"


class Fault(Exception):
    """The request could not be understood, or nobody thought of it: HTTP 500 and a Fault."""

    def __init__(self, text: str, *, blame: Literal["Client", "Server"] = "Client") -> None:
        super().__init__(text)
        self.text = text
        self.blame = blame


# What travels ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of value is read and written, and what stands for it when it is missing."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    missing: Any


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind | str
    """A kind, or the name of a `Shape`."""
    many: bool = False
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """The elements of a type, in the order in which they travel."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: what it asks, and what it answers beside the error."""

    name: str
    asks: Shape
    answers: Shape
    bare: bool
    """The result is the error object itself."""


def _boolean(text: str) -> bool:
    return {"0": False, "1": True, "false": False, "true": True}[text]


def _day(text: str) -> date:
    # A day is taken as written: the time and the zone behind it are cut off, never converted. A bare day is accepted.
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", text):
        raise ValueError(text)
    return date.fromisoformat(text[:10])


def _long(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", text):
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text):
        raise ValueError(text)
    return Decimal(text)


def _double(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


def _write_double(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


TEXT = Kind("string", str, escape, "")
XML = Kind("xml", str, str, None)
"""The element itself, unread: what is in it is another's concern."""
KINDS: Mapping[str, Kind] = {
    "text": TEXT,
    "long": Kind("long", _long, str, 0),
    "bool": Kind("boolean", _boolean, lambda value: "true" if value else "false", False),
    "decimal": Kind("decimal", _decimal, lambda value: f"{value:f}", Decimal(0)),
    "double": Kind("double", _double, _write_double, Decimal(0)),
    "dateTime": Kind("dateTime", _day, lambda value: f"{value.isoformat()}T00:00:00", date.min),
    "dateTime?": Kind("dateTime", _day, lambda value: f"{value.isoformat()}T00:00:00", None),
    "any": Kind("anyType", str, escape, ""),
    "xml": XML,
}


def choice(name: str, *values: str) -> Kind:
    """Make a kind that knows only these values; the first one stands for a missing element."""
    return Kind(name, {each: each for each in values}.__getitem__, str, values[0])


def fields(text: str, kinds: Mapping[str, Kind] = KINDS) -> tuple[Field, ...]:
    """Read `Name Name:50 Name:long Name:cLine*`."""

    def one(word: str) -> Field:
        name, _, kind = word.partition(":")
        if kind.isdigit():
            return Field(name, TEXT, longest=int(kind))
        return Field(name, kinds.get(kind or "text", kind.rstrip("*")), many=kind.endswith("*"))

    return tuple(one(word) for word in text.split())


class Received(dict[str, Any]):
    """A row in which every name has a value, and which remembers the names that were really sent."""

    def __init__(self, row: Row, sent: frozenset[str]) -> None:
        super().__init__(row)
        self.sent = sent


def _is_no(field: str, kind: str, text: str) -> str:
    return f"{field} is no {kind}."


class Contract:
    """All types and operations of one service.

    `wrong` words the Fault about a value that cannot be read, from the name of the element, its kind and what it held.
    An operation is written `Name(what it asks) -> what it answers`, or without the arrow where its answer is no type.
    """

    def __init__(
        self,
        namespace: str,
        *,
        operations: str,
        types: str = "",
        choices: tuple[Kind, ...] = (),
        wrong: Callable[[str, str, str], str] = _is_no,
    ) -> None:
        kinds = {**KINDS, **{each.name: each for each in choices}}
        self.namespace = namespace
        self._wrong = wrong
        self.shapes = {
            name: Shape(name, fields(rest, kinds)) for name, _, rest in (each.partition(" ") for each in _lines(types))
        }
        self.operations: dict[str, Operation] = {}
        for each in _lines(operations):
            name, asks, answers = (part.strip() for part in re.split(r"[(]|[)](?: ->)?", each))
            bare = answers in self.shapes
            self.operations[name] = Operation(
                name,
                Shape(name, fields(asks, kinds)),
                self.shapes[answers] if bare else Shape(f"{name}Result", fields(answers, kinds)),
                bare,
            )

    # Reading ----------------------------------------------------------------------------------------------------

    def received(self, element: etree._Element, shape: Shape, order: Order = "strict") -> Received:
        """Read an element, and put in place of what is missing what .NET puts there: nothing, zero, the first day."""
        row = self._read(element, shape, order)
        return Received({each.name: row.get(each.name, _missing(each)) for each in shape.fields}, frozenset(row))

    def _read(self, element: etree._Element, shape: Shape, order: Order) -> Row:
        """Read the elements that are there; another name or namespace is passed over in silence, as .NET does."""
        places = {f"{{{self.namespace}}}{each.name}": (place, each) for place, each in enumerate(shape.fields)}
        row: Row = {}
        furthest = -1
        for child in element:
            place, field = places.get(child.tag, (-1, None))
            if field is None:
                continue
            if order == "strict" and place < furthest:
                raise Fault(f"Server was unable to read request. Element {field.name} is not expected at this place.")
            furthest = max(place, furthest)
            row[field.name] = self._value(child, field, order)
        return row

    def _value(self, element: etree._Element, field: Field, order: Order) -> Any:
        if isinstance(field.kind, str):
            shape = self.shapes[field.kind]
            if not field.many:
                return self.received(element, shape, order)
            inside = f"{{{self.namespace}}}{shape.name}"
            return [self.received(each, shape, order) for each in element if each.tag == inside]
        if field.kind is XML:
            return element
        if len(element):
            raise Fault(f"Server was unable to read request. Element {field.name} holds no elements.")
        if element.get(f"{{{XSI}}}nil") in ("true", "1"):
            if field.kind.missing is None or field.kind is TEXT:
                return field.kind.missing
            raise Fault(f"Server was unable to read request. Element {field.name} cannot be nil.")
        text = element.text or ""
        try:
            return field.kind.read(text if field.kind is TEXT else text.strip())
        except (KeyError, ValueError, InvalidOperation):
            reason = self._wrong(field.name, field.kind.name, text)
            raise Fault(f"Server was unable to read request. {reason}") from None

    # Writing ----------------------------------------------------------------------------------------------------

    def write(
        self, row: Row, shape: Shape, otherwise: Mapping[str, Callable[[Any], str]] = MappingProxyType({})
    ) -> str:
        """Write the values that are not None, in the order of the shape.

        Args:
            otherwise: kinds that are written in another way than usual: name of the kind → how.
        """
        return "".join(self._written(row, shape, otherwise))

    def _written(self, row: Row, shape: Shape, otherwise: Mapping[str, Callable[[Any], str]]) -> Iterator[str]:
        for field in shape.fields:
            value = row.get(field.name)
            if value is None:
                continue
            if isinstance(field.kind, str):
                inner = self.shapes[field.kind]
                rows = value if field.many else [value]
                texts = (self.write(each, inner, otherwise) for each in rows)
                inside = "".join(_tag(inner.name, each) for each in texts) if field.many else "".join(texts)
                yield _tag(field.name, inside)
            elif field.kind.name == "anyType":
                yield f'<{field.name} xsi:type="xsd:string">{escape(value)}</{field.name}>'
            else:
                yield _tag(field.name, otherwise.get(field.kind.name, field.kind.write)(value))


def _missing(field: Field) -> Any:
    if isinstance(field.kind, Kind):
        return field.kind.missing
    return [] if field.many else None


def _lines(text: str) -> list[str]:
    """Join a line that is indented to the one above it."""
    return [" ".join(each.split()) for each in re.split(r"\n(?!\s)", text.strip()) if each]


def _tag(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>" if inside else f"<{name} />"


# Envelopes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """What came in: the operation that was meant, and the element that holds its questions."""

    version: Version
    operation: str
    element: etree._Element


def version_of(request: Request) -> Version | None:
    return MEDIA_TYPES.get(_media(request).get_content_type())


def action_of(request: Request, namespace: str) -> str | None:
    """Say which operation the header names: SOAPAction in 1.1, a parameter of the media type in 1.2."""
    if version_of(request) == "1.1":
        action = request.headers.get("soapaction", "").strip().strip('"')
    else:
        action = str(_media(request).get_param("action") or "")
    prefix = f"{namespace.removesuffix('/')}/"
    return action.removeprefix(prefix) if action.startswith(prefix) else None


def opened(request: Request, version: Version, namespace: str, *, needs_action: bool = True) -> Call:
    """Open an envelope; unless `needs_action`, the element in its body alone may say what is meant in 1.1 as well.

    Raises:
        Fault: It is no XML, no envelope of this version, or means no operation.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(request.body, parser)
    except etree.XMLSyntaxError as error:
        raise Fault("Server was unable to read request. There is an error in the XML document.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Fault("Server was unable to read request. A DTD is not allowed.")
    envelope = ENVELOPES[version]
    bodies = root.findall(f"{{{envelope}}}Body")
    if root.tag != f"{{{envelope}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise Fault("Server was unable to read request. This is not an envelope with one element in its body.")
    element = bodies[0][0]
    name = action_of(request, namespace)
    if name is None and version == "1.1" and (needs_action or request.headers.get("soapaction", "").strip(' "')):
        raise Fault("Server did not recognize the value of HTTP Header SOAPAction.")
    meant = f"{{{namespace}}}{name}" if name is not None else element.tag
    if element.tag != meant or not meant.startswith(f"{{{namespace}}}"):
        raise Fault(f"Server was unable to read request. The body holds {element.tag}.")
    return Call(version, meant.removeprefix(f"{{{namespace}}}"), element)


def enveloped(version: Version, body: str, *, status: int = 200) -> Answer:
    """Close an envelope around this body."""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{ENVELOPES[version]}" xmlns:xsi="{XSI}" xmlns:xsd="{XSD}">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    media = next(name for name, each in MEDIA_TYPES.items() if each == version)
    return Answer(status, text.encode(), {"Content-Type": f"{media}; charset=utf-8"})


def faulted(version: Version, fault: Fault) -> Answer:
    """Close an envelope around a fault."""
    text = escape(fault.text)
    if version == "1.1":
        inside = f"<faultcode>soap:{fault.blame}</faultcode><faultstring>{text}</faultstring><detail />"
    else:
        blame = {"Client": "Sender", "Server": "Receiver"}[fault.blame]
        inside = (
            f"<soap:Code><soap:Value>soap:{blame}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason><soap:Detail />'
        )
    return enveloped(version, f"<soap:Fault>{inside}</soap:Fault>", status=500)


def _media(request: Request) -> Headers:
    headers = Headers()
    headers["content-type"] = request.headers.get("content-type", "application/octet-stream")
    return headers
