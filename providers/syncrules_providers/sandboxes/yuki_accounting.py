"""How the books of an administration are told: accounts, VAT codes, and what is outstanding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_books import Books, Item
from syncrules_providers.sandboxes.yuki_shapes import Told, document, leaves, node, order, typed, yes_or_no
from syncrules_providers.sandboxes.yuki_tables import VatCode

PARTICULARS: Mapping[str, str] = {
    **{name: name for name in ("CoCNumber", "VATNumber", "AddressLine_1", "AddressLine_2", "Postcode", "City")},
    **{name: name for name in ("MailAddressLine_1", "MailAddressLine_2", "MailPostcode", "MailCity", "Country")},
    **{name: name for name in ("PhoneHome", "PhoneWork")},
    "EmailHome": "EMailHome",
    "EmailWork": "EMailWork",
}
"""What a list of items tells of the contact beside its name, and under which name the contact has it."""


def accounts(books: Books) -> Told:
    return typed(
        "GlAccount",
        (
            {
                "code": each.code,
                "type": str(each.type),
                "subtype": "0",
                "isEnabled": yes_or_no(each.enabled),
                "descripton": each.description,
                "isVATApplicable": yes_or_no(each.vat),
                "deductableVATPercentage": "100",
                "professionalPercentage": "100",
            }
            for each in books.accounts.values()
        ),
    )


def vat_codes(books: Books, today: date) -> Told:
    return typed("VATCode", (_vat_row(each) for each in books.vat_codes if each.end is None or each.end >= today))


def _vat_row(code: VatCode) -> dict[str, str | None]:
    row: dict[str, str | None] = {
        "description": code.description,
        "type": str(code.type),
        "typeDescription": code.label,
        "percentage": f"{code.percentage:.2f}",
    }
    country = {"country": code.country} if code.country else {}
    return {**row, **country, "startDate": _midnight(code.start), "endDate": _midnight(code.end)}


def _midnight(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00"


# Outstanding items ----------------------------------------------------------------------------------------------


def outstanding(books: Books, asked: Mapping[str, Any], language: str, *, with_reference: bool = False) -> Told:
    """List what customers owe: now, of some days, or what they owed at the end of a day."""
    day = asked["dateOutstanding"].date() if "dateOutstanding" in asked else date.max
    items = list(books.outstanding(day, bank=asked["includeBankTransactions"]))
    if "startDate" in asked:
        items = [each for each in items if asked["startDate"].date() <= each.day <= asked["endDate"].date()]
    by, descending = order(asked["sortOrder"])
    keys: Mapping[str, Callable[[Item], Any]] = {
        "Contact": lambda each: _contact(books, each).get("Name", "").casefold(),
        "Amount": lambda each: each.open_on(day),
        "Date": lambda each: each.day,
    }
    items.sort(key=keys[by], reverse=descending)
    rows = ""
    for each in items:
        row = {**_row(books, each, day, language), **_particulars(books, each)}
        row |= {"PaymentReference": each.payment_reference} if with_reference else {}
        rows += _told(each, row)
    return document("OutstandingDebtorItems", rows)


def checked(looked_in: Iterable[Books], wanted: str, language: str) -> Told:
    """List what is open under a number, or under the id of an item or its document."""
    rows = ""
    for books in looked_in:
        for each in books.outstanding():
            if wanted and (wanted == each.reference or wanted.lower() in (each.id, each.document)):
                row = _row(books, each, date.max, language)
                rows += _told(each, {name: value for name, value in row.items() if name != "DocumentID"})
    return document("OutstandingItems", rows)


def _row(books: Books, item: Item, day: date, language: str) -> dict[str, str]:
    contact = _contact(books, item)
    return {
        "Date": item.day.isoformat(),
        "Description": item.description,
        "Contact": contact.get("Name", ""),
        "ContactID": item.contact,
        "OpenAmount": f"{item.open_on(day):.2f}",
        "OriginalAmount": f"{item.amount:.2f}",
        "Type": _label(tables.ITEM_TYPES[item.type], language),
        "Reference": item.reference,
        "DueDate": item.due.isoformat(),
        "DocumentID": item.document,
        "PaymentMethod": _label(tables.PAYMENT_METHODS.get(item.payment_method), language) or item.payment_method,
        "ContactCode": contact.get("Code", ""),
    }


def _particulars(books: Books, item: Item) -> dict[str, str]:
    contact = _contact(books, item)
    return {name: contact.get(of, "") for name, of in PARTICULARS.items()}


def _contact(books: Books, item: Item) -> Mapping[str, Any]:
    return books.contacts.rows.get(item.contact, {})


def _told(item: Item, row: Mapping[str, str]) -> str:
    inside = "".join(
        node(name, value, ID=item.type) if name == "Type" else leaves({name: value})
        for name, value in row.items()
        if value
    )
    return node("Item", inside, ID=item.id)


def _label(texts: tuple[str, str] | None, language: str) -> str:
    """Choose between the English and the Dutch label."""
    return "" if texts is None else texts[0] if language.startswith("en") else texts[1]
