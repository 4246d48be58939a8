"""The manners of SOAP 1.1: the envelope of a request written, a short answer read as a whole, a fault told from an answer.

Nothing here knows a system. What a manifest declares of records, and a long answer, is for `soap_dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from syncrules_providers.soap_values import Unreadable, carried

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
FAULT = f"{{{ENVELOPE}}}Fault"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{_INSTANCE}}}nil"
_DECLARATION = re.compile(r"\A<\?xml[^>]*\?>")

Content: TypeAlias = "str | Mapping[str, Content] | Sequence[Mapping[str, Content]] | None"
"""What an element holds: a text, elements in their order, (a list) the element itself several times, or None: nothing, and said so.

A name may have a namespace in braces before it; it then holds for everything inside."""


def request(namespace: str, operation: str, content: Mapping[str, Content]) -> bytes:
    """Write the envelope of a request: document/literal, wrapped.

    Raises:
        Unwritable: a text holds a character that XML does not have.
    """
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE, "xsi": _INSTANCE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    _fill(body, {f"{{{namespace}}}{operation}": content}, "")
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


def _fill(element: etree._Element, content: Mapping[str, Content], namespace: str) -> None:
    for name, value in content.items():
        inside = name[1:].rpartition("}")[0] or namespace
        tag = f"{{{inside}}}{without_namespace(name)}"
        for each in [value] if value is None or isinstance(value, (str, Mapping)) else value:
            child = etree.SubElement(element, tag, nsmap=None if inside == namespace else {None: inside})  # type: ignore[dict-item]  # None is the default namespace, which the stubs forgot
            if each is None:
                child.set(NIL, "true")
            elif isinstance(each, str):
                child.text = carried(without_namespace(name), each)
            else:
                _fill(child, each, inside)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read as a whole; its elements have lost their namespaces."""

    result: etree._Element
    """What the operation gave: its result, or the empty response where it has none."""
    fault: str = ""
    """Whose fault a SOAP fault is; empty if there is none."""
    text: str = ""
    """What the fault says."""


def whole(content: bytes, operation: str) -> Answer:
    """Read a short answer into memory. A result that is XML written as a text is opened.

    Raises:
        Unreadable: it is no answer to this operation.
    """
    root = _tree(content)
    fault = root.find("Body/Fault")
    if fault is not None:
        return Answer(fault, *fault_of(fault))
    response = root.find(f"Body/{operation}Response")
    if response is None:
        raise Unreadable(f"it holds no {operation}Response")
    result = response.find(f"{operation}Result")
    if result is None:
        return Answer(response)
    text = (result.text or "").strip()
    if text.startswith("<") and not len(result):
        result.append(_tree(_DECLARATION.sub("", text).encode()))
    return Answer(result)


def items(result: etree._Element, path: str) -> list[etree._Element]:
    """List the items of a result, whatever contains them; what else stands there is an error, because nothing means "all gone".

    Args:
        path: the names of the containers and of the item, with slashes between.

    Raises:
        Unreadable: something else stands there.
    """
    found = [result]
    for step in path.split("/"):
        below = [each for container in found for each in container]
        strangers = {str(each.tag) for each in below} - {step}
        if strangers or local_name(result).endswith("Response"):
            raise Unreadable(f"it holds {', '.join(sorted(strangers)) or 'no result'} where {step} was expected")
        found = below
    return found


def _tree(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("it is not XML, or only the beginning of it") from error
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs forgot it
        raise Unreadable("it declares a document type")
    for each in root.iter(etree.Element):
        each.tag = local_name(each)
    return root


def fault_of(element: etree._Element) -> tuple[str, str]:
    """Say whose fault it is (Client or Server: SOAP 1.1, 4.4.1), and what the fault says."""
    whose = (element.findtext("faultcode") or "").strip().rpartition(":")[2] or "Server"
    return whose, (element.findtext("faultstring") or "").strip()


def local_name(element: etree._Element) -> str:
    """Give the name of an element without its namespace."""
    return without_namespace(str(element.tag))


def without_namespace(tag: str) -> str:
    """Take the namespace off a name."""
    return tag.rpartition("}")[2]
