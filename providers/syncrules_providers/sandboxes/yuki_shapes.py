"""Every operation of Yuki's web services that the sandbox knows, its parameters in order, and the shapes of an answer.

The session operations are repeated in every service, and a parameter is spelled as its service spells it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from syncrules_providers.sandboxes import soap_server as soap
from syncrules_providers.sandboxes import yuki_tables as tables

NAMESPACE = "http://www.theyukicompany.com/"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

# What is asked --------------------------------------------------------------------------------------------------


def _moment(text: str) -> datetime:
    """Read a moment as the clock on the wall in Amsterdam shows it; a bare day begins at midnight."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", text):
        raise ValueError(text)
    # Python reads six decimals of a second and not seven.
    moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    return moment if moment.tzinfo is None else moment.astimezone(AMSTERDAM).replace(tzinfo=None)


def _int(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,10}", text):
        raise ValueError(text)
    return int(text)


def _not_valid(field: str, kind: str, text: str) -> str:
    return f"---> There is an error in XML document. ---> Instance validation error: '{text}' is not a valid value for {kind}."


KINDS = (
    soap.choice(tables.SEARCH_OPTION, *tables.SEARCH_OPTIONS),
    soap.choice(tables.CONTACT_ORDER, *tables.CONTACT_ORDERS),
    soap.choice(tables.ACTIVITY, *tables.ACTIVITIES),
    soap.choice(tables.ROLE, *tables.ROLES),
    soap.choice(tables.ITEM_ORDER, *tables.ITEM_ORDERS),
    soap.Kind("int", _int, str, 0),
    soap.Kind("moment", _moment, str, datetime.min),
    soap.Kind("moment?", _moment, str, None),
)

COMMON = """
Authenticate(accessKey)
AuthenticateClient(clientID clientSecret accessKey)
AuthenticateByUserName(userName password)
Domains(sessionID)
GetCurrentDomain(sessionID)
SetCurrentDomain(sessionID domainID)
Administrations(sessionID)
AdministrationsWithInternalCustomerCode(sessionID)
AdministrationID(sessionID administrationName)
Companies(sessionID)
Language(sessionID)
SupportedLanguages(sessionID)
SetLanguage(sessionID language)
"""
_SEARCH = f"""sessionID domainID searchOption:{tables.SEARCH_OPTION} searchValue sortOrder:{tables.CONTACT_ORDER}
    modifiedAfter:moment? active:{tables.ACTIVITY} pageNumber:int"""
_ITEMS = f"sessionID administrationID includeBankTransactions:bool sortOrder:{tables.ITEM_ORDER}"

OWN: Mapping[str, str] = {
    "Accounting": f"""
OutstandingDebtorItems({_ITEMS})
OutstandingDebtorItemsByDate({_ITEMS} startDate:moment endDate:moment)
OutstandingDebtorItemsByDateOutstanding({_ITEMS} dateOutstanding:moment)
OutstandingDebtorWithPaymentReference({_ITEMS} startDate:moment endDate:moment)
CheckOutstandingItem(sessionID Reference)
CheckOutstandingItemAdmin(sessionID administrationID Reference)
""",
    "AccountingInfo": """
GetGLAccountScheme(sessionID administrationID)
GetCustomPaymentMethods(sessionID administrationID)
""",
    "Contact": f"""
SearchContacts({_SEARCH})
GetSuppliersAndCustomers({_SEARCH} contactType:{tables.ROLE})
UpdateContact(sessionID domainID xmlDoc:xml)
""",
    "Sales": """
ProcessSalesInvoices(sessionId administrationId xmlDoc:xml)
SalesInvoiceSchemaPath()
GetSalesItems(sessionID administrationID)
""",
    "Vat": "ActiveVATCodesList(sessionID administrationID)",
    **dict.fromkeys(
        (
            *("Archive", "Backoffice", "ChangeDigest", "Domains", "FiscalTable"),
            *("Integration", "PettyCash", "Projects", "Purchase"),
        ),
        "",
    ),
}
"""What each service offers beside the session operations; of nine of them we need nothing more."""

SERVICES: Mapping[str, soap.Contract] = {
    name.lower(): soap.Contract(NAMESPACE, operations=COMMON + own, choices=KINDS, wrong=_not_valid)
    for name, own in OWN.items()
}
"""The services by their names in lower case, because the names of their files may be written in any case."""

NOT_IN_A_FORM = (soap.XML.name, "moment?")
"""Kinds of parameters that cannot be sent as a form."""


def fits_a_form(operation: soap.Operation) -> bool:
    """Say whether an operation can be asked by GET, or by a form that is posted."""
    kinds = (each.kind for each in operation.asks.fields)
    return all(isinstance(each, soap.Kind) and each.name not in NOT_IN_A_FORM for each in kinds)


def order(name: str) -> tuple[str, bool]:
    """Take apart the name of a sort order: by what, and whether from high to low."""
    return name.removesuffix("Asc").removesuffix("Desc"), name.endswith("Desc")


# What is told ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """One result: a text, a document with a root of its own, a list of typed elements, or nothing."""

    kind: Literal["text", "document", "list", "nothing"]
    inside: str = ""
    of: str = ""
    """The type of the elements of a list."""

    def as_result(self, operation: str, *, escaped: bool = False) -> str:
        """Wrap it as the answer of an operation; a document may be told as a text that holds it."""
        inside = escape(self.inside) if escaped and self.kind == "document" else self.inside
        result = f"{operation}Result"
        wrapped = "" if self.kind == "nothing" else node(result, inside)
        return f'<{operation}Response xmlns="{NAMESPACE}">{wrapped}</{operation}Response>'

    def as_form(self) -> str:
        """Write the bare result, as GET and a posted form get it."""
        if self.kind in ("document", "nothing"):
            return self.inside
        root = "string" if self.kind == "text" else f"ArrayOf{self.of}"
        return f'<{root} xmlns:xsi="{soap.XSI}" xmlns="{NAMESPACE}">{self.inside}</{root}>'


NOTHING = Told("nothing")


def text(value: str) -> Told:
    return Told("text", escape(value))


def document(root: str, inside: str, namespace: str = "") -> Told:
    return Told("document", node(root, inside, xmlns=namespace))


def typed(of: str, rows: Iterable[Mapping[str, str | None]]) -> Told:
    """Make a list of elements of one type; a value that is None is told as nil."""

    def element(name: str, value: str | None) -> str:
        return f'<{name} xsi:nil="true" />' if value is None else node(name, escape(value))

    elements = (node(of, "".join(element(*each) for each in row.items())) for row in rows)
    return Told("list", "".join(elements), of)


def node(name: str, inside: str = "", **attributes: str) -> str:
    """Write an element around what is already XML."""
    head = name + "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{head}>{inside}</{name}>" if inside else f"<{head} />"


def leaves(row: Mapping[str, str], **attributes: str) -> str:
    """Write an element for each text of a row."""
    return "".join(node(name, escape(value), **attributes) for name, value in row.items())


def american(moment: datetime) -> str:
    """Write a moment as the rows of contacts have it: `7/21/2024 8:03:07 PM`, without a zone."""
    half = "AM" if moment.hour < 12 else "PM"
    day = f"{moment.month}/{moment.day}/{moment.year}"
    return f"{day} {moment.hour % 12 or 12}:{moment:%M:%S} {half}"


def now_in_amsterdam() -> datetime:
    """Say what the clock on the wall shows."""
    return datetime.now(UTC).astimezone(AMSTERDAM).replace(tzinfo=None)


def yes_or_no(value: bool) -> str:
    """Write a boolean as everything does but the rows of contacts, which say `True` and `False`."""
    return "true" if value else "false"
