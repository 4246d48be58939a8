"""The two documents that Yuki takes, held against their schemas and turned into plain texts by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Literal

from lxml import etree

CONTACT = "urn:xmlns:http://www.theyukicompany.com:contact"
CONTACT_RESPONSE = "urn:xmlns:http://www.theyukicompany.com:contactResponse"
INVOICES = "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
INVOICES_RESPONSE = "urn:xmlns:http://www.theyukicompany.com:salesinvoicesresponse"

Sent = Mapping[str, Any]
"""The texts that were really sent; what has parts is again such a mapping, `InvoiceLines` a list of them."""


class NotThis(Exception):
    """There is no such document in the parameter."""


class Wrong(Exception):
    """It does not keep to its schema; the text says why, at length."""


def contact(parameter: etree._Element | None, *, unknown: Literal["ignore", "refuse"]) -> Sent:
    """Read what `UpdateContact` got.

    Raises:
        NotThis: no single Contact of the right namespace.
        Wrong: an element at the wrong place, or one that nobody knows, if such are to be refused.
    """
    root = _root(parameter, f"{{{CONTACT}}}Contact")
    if unknown == "ignore":
        known = contact_elements()
        for each in [each for each in root if etree.QName(each).localname not in known]:
            root.remove(each)
    _check(root, "contact")
    return _sent(root)


def contact_elements() -> list[str]:
    """List the elements of a contact in their order."""
    sequence = _tree("contact").iterfind(".//{*}sequence/{*}element")
    return [str(each.get("name")) for each in sequence]


def invoices(parameter: etree._Element | None) -> list[Sent]:
    """Read what `ProcessSalesInvoices` got.

    Raises:
        NotThis: no single SalesInvoices of the right namespace.
        Wrong: anything that the schema does not allow.
    """
    root = _root(parameter, f"{{{INVOICES}}}SalesInvoices")
    _check(root, "salesinvoices")
    return [_sent(each) for each in root]


def _root(parameter: etree._Element | None, tag: str) -> etree._Element:
    if parameter is None or len(parameter) != 1 or parameter[0].tag != tag:
        raise NotThis
    return parameter[0]


def _tree(name: str) -> etree._Element:
    return etree.fromstring((files("syncrules_providers.sandboxes") / f"yuki.{name}.xsd").read_bytes())


def _check(root: etree._Element, name: str) -> None:
    # Compiled anew each time: a schema that is shared would mix up the complaints of two servers.
    try:
        etree.XMLSchema(_tree(name)).assertValid(root)
    except etree.DocumentInvalid as error:
        raise Wrong(str(error)) from None


def _sent(element: etree._Element) -> Sent:
    return {etree.QName(each).localname: _value(each) for each in element}


def _value(element: etree._Element) -> Any:
    if etree.QName(element).localname == "InvoiceLines":
        return [_sent(each) for each in element]
    return _sent(element) if len(element) else (element.text or "")
