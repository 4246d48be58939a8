"""Invoices that are made in the books, over e-Boekhouden's REST service: drawn up, numbered, and booked if that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from syncrules_providers.sandboxes.eboekhouden_books import Books, Row, cents
from syncrules_providers.sandboxes.eboekhouden_posting import FIRST_DAY, LAST_DAY, pdf_of
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter, properties, read
from syncrules_providers.sandboxes.eboekhouden_rest_booking import add_vat, check_reference
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand
from syncrules_providers.sandboxes.eboekhouden_rest_ledgers import account_id
from syncrules_providers.sandboxes.eboekhouden_rest_products import unit_named
from syncrules_providers.sandboxes.eboekhouden_rest_tables import EMAIL_TEMPLATES, INVOICE_TEMPLATES, vat_of

PROPERTIES = properties("""
invoiceNumber   text    50 FACT_007
relationId      int
date            day     - - FACT_011
termOfPayment   int     - - FACT_016
inExVat         text    - - FACT_010
templateId      int     - - FACT_018
emailTemplateId int     - - FACT_020
reference       text    50 FACT_014
text            text    35000 FACT_017
print           flag
email           object
directDebit     object
mutation        object
items           objects
""")
ITEM_PROPERTIES = properties("""
quantity           number
amount             number
unitId             int
code               text   50 FACT_ITEM_003
productId          int
description        text
pricePerUnit       number
vatCode            text
vatAmount          number
ledgerId           int
costCenterId       int
discountAmount     number
discountPercentage number
""")
BOOKED_PROPERTIES = properties("""
description           text 200 FACT_VERWERK_002
ledgerId              int
paymentReference      text 50 FACT_VERWERK_003
checkPaymentReference flag
""")
FILTERS: Mapping[str, Filter] = {
    "invoiceNumber": Filter("text", itemgetter("invoiceNumber")),
    "relationId": Filter("int", lambda row: row["relationId"] or 0),
    "date": Filter("day", itemgetter("date")),
}
TEMPLATE_FILTERS: Mapping[str, Filter] = {
    "name": Filter("text", itemgetter("name")),
    "type": Filter("text", itemgetter("type")),
}
IN_LIST = (
    *("id", "invoiceNumber", "relationId", "date", "reference", "text", "urlPdfFile", "totalExcl", "totalAmount"),
    *("vatAmount", "termOfPayment", "templateId", "print"),
)


# Told -----------------------------------------------------------------------------------------------------------


def rows(books: Books) -> list[Row]:
    """Tell every invoice that was made here, over whichever service."""
    return [_told(books, each) for each in books.invoices.values()]


def in_list(row: Row) -> Row:
    return {name: row[name] for name in IN_LIST}


def told(books: Books, asked: Asked) -> Row:
    for each in books.invoices.values():
        if each["id"] == asked.id:
            row = _told(books, each)
            del row["print"]
            return row
    raise Refused("FACT_021")


def _told(books: Books, row: Row) -> Row:
    customer = books.relation_by_code(row["Relatiecode"])
    return {
        "id": row["id"],
        "invoiceNumber": row["Factuurnummer"],
        "relationId": row.get("relation", customer["ID"] if customer else None),
        "date": row["Datum"],
        "reference": row.get("reference"),
        "text": row.get("text"),
        "termOfPayment": row["Betalingstermijn"],
        "inExVat": row.get("InEx", "EX"),
        "templateId": row.get("templateId", INVOICE_TEMPLATES[0]["id"]),
        "emailTemplateId": row.get("emailTemplateId"),
        "totalExcl": row["TotaalExclBTW"],
        "totalAmount": row["TotaalInclBTW"],
        "vatAmount": row["TotaalBTW"],
        "urlPdfFile": row["URLPDFBestand"],
        "print": row.get("print", False),
        "items": [_item_told(books, each) for each in row["Regels"]],
    }


def _item_told(books: Books, line: Row) -> Row:
    return {
        "quantity": line["Aantal"],
        "amount": line["Aantal"],
        "unitId": books.units.get(line["Eenheid"]),
        "code": line["Code"] or None,
        "productId": line.get("productId"),
        "description": line["Omschrijving"],
        "pricePerUnit": line["PrijsPerEenheid"],
        "vatCode": line["BTWCode"],
        "vatAmount": line.get("vatAmount"),
        "ledgerId": account_id(books, line["TegenrekeningCode"]),
        "costCenterId": line["KostenplaatsID"] or None,
        "discountAmount": line.get("discountAmount"),
        "discountPercentage": line.get("discountPercentage"),
    }


def templates(query: Mapping[str, str]) -> list[Row]:
    """Tell the templates; whether one is in use is asked with true or false."""
    wanted = query.get("active")
    demand(wanted in (None, "true", "false"), "ERR_002", "active")
    return [dict(each) for each in INVOICE_TEMPLATES if wanted is None or each["active"] == (wanted == "true")]


# Made -----------------------------------------------------------------------------------------------------------


def make(books: Books, asked: Asked, today: date, *, closed_until: date | None, vat_per_row: bool) -> Row:
    """Check an invoice from its head to its items, number it, keep it, and book it if it says how."""
    sent = read(asked.body, PROPERTIES)
    relation = _check_head(books, sent)
    day = sent.get("date") or today
    demand(FIRST_DAY <= day <= LAST_DAY, "FACT_011", "date")
    mode = sent.get("inExVat", "EX")
    demand(sent.get("items"), "FACT_019", "items")
    items = [_item(books, each, day) for each in sent["items"]]
    booked = read(sent["mutation"], BOOKED_PROPERTIES) if "mutation" in sent else None
    account = _check_booked(books, booked, day, closed_until) if booked is not None else ""
    lines = [_line(each) for each in items]
    add_vat(lines, mode, day, per_row=vat_per_row)
    number = sent.get("invoiceNumber") or _next_number(books)
    if booked is not None:
        books.keep(_mutation(sent, booked, relation, number, day, account, lines, mode))
    books.invoices[number] = {
        **{name: sent.get(name) for name in ("templateId", "emailTemplateId", "reference", "text")},
        "id": books.number("invoice_id"),
        "Factuurnummer": number,
        "Relatiecode": relation["Code"],
        "relation": relation["ID"],
        "Datum": day,
        "Betalingstermijn": sent["termOfPayment"],
        "InEx": mode,
        "print": sent.get("print", False),
        "mailed": "email" in sent,
        "directDebit": sent.get("directDebit"),
        "TotaalExclBTW": sum((each["BedragExclBTW"] for each in lines), Decimal(0)),
        "TotaalBTW": sum((each["BedragBTW"] for each in lines), Decimal(0)),
        "TotaalInclBTW": sum((each["BedragInclBTW"] for each in lines), Decimal(0)),
        "URLPDFBestand": pdf_of(number),
        "Regels": items,
    }
    return {"id": books.invoices[number]["id"], "invoiceNumber": number, "inExVat": mode}


def _next_number(books: Books) -> str:
    number = f"F{books.number('invoice'):05d}"
    taken = number in books.invoices or books.invoiced(number, "FactuurVerstuurd")
    return _next_number(books) if taken else number


def _check_head(books: Books, sent: Row) -> Row:
    demand(sent.get("relationId"), "FACT_001", "relationId")
    relation: Any = books.relations.get(sent["relationId"])
    demand(relation, "FACT_002", "relationId")
    demand(not relation["inactive"], "FACT_003", "relationId")
    number = sent.get("invoiceNumber")
    if number:
        demand(number[-1].isdecimal(), "FACT_009", "invoiceNumber")
        taken = number in books.invoices or books.invoiced(number, "FactuurVerstuurd")
        demand(not taken, "FACT_101", "invoiceNumber")
    demand("termOfPayment" in sent, "FACT_015", "termOfPayment")
    demand(sent["termOfPayment"] >= 0, "FACT_016", "termOfPayment")
    demand(sent.get("inExVat", "EX") in ("IN", "EX"), "FACT_010", "inExVat")
    demand(sent.get("templateId") in [each["id"] for each in INVOICE_TEMPLATES], "FACT_018", "templateId")
    mail = sent.get("emailTemplateId")
    demand(mail is None or mail in [each["id"] for each in EMAIL_TEMPLATES], "FACT_020", "emailTemplateId")
    return dict(relation)


def _item(books: Books, body: Row, day: date) -> Row:
    sent = read(body, ITEM_PROPERTIES)
    demand(sent.get("description"), "FACT_ITEM_001", "description")
    demand(sent.get("vatCode"), "FACT_ITEM_005", "vatCode")
    vat = vat_of(sent["vatCode"], day)
    demand(vat is not None and vat.side != "purchase", "FACT_ITEM_006", "vatCode")
    demand(sent.get("vatAmount") is None or sent["vatCode"] == "AFW_VERK", "FACT_ITEM_015", "vatAmount")
    demand(sent.get("ledgerId"), "FACT_ITEM_007", "ledgerId")
    account: Any = books.accounts.get(sent["ledgerId"])
    demand(account, "FACT_ITEM_012", "ledgerId")
    unit = unit_named(books, sent["unitId"], "FACT_ITEM_010") if sent.get("unitId") else ""
    product: Any = books.articles.get(sent.get("productId") or 0)
    demand(product or not sent.get("productId"), "FACT_ITEM_011", "productId")
    demand((sent.get("costCenterId") or 0) in (0, *books.centres), "ERR_002", "costCenterId")
    return {
        "Aantal": sent.get("quantity", sent.get("amount", Decimal(1))),
        "Eenheid": unit or (product["Eenheid"] if product else ""),
        "Code": sent.get("code") or (product["ArtikelCode"] if product else ""),
        "Omschrijving": sent["description"],
        "PrijsPerEenheid": sent.get("pricePerUnit", Decimal(0)),
        "BTWCode": sent["vatCode"],
        "TegenrekeningCode": account["Code"],
        "KostenplaatsID": sent.get("costCenterId") or 0,
        **{name: sent.get(name) for name in ("productId", "vatAmount", "discountAmount", "discountPercentage")},
    }


def _line(item: Row) -> Row:
    price = item["Aantal"] * item["PrijsPerEenheid"] - (item["discountAmount"] or 0)
    price = price * (100 - (item["discountPercentage"] or 0)) / 100
    return {
        "BedragInvoer": cents(price),
        "BedragBTW": cents(item["vatAmount"] or Decimal(0)),
        "BTWCode": item["BTWCode"],
        "TegenrekeningCode": item["TegenrekeningCode"],
        "KostenplaatsID": item["KostenplaatsID"],
        "description": item["Omschrijving"],
    }


def _check_booked(books: Books, booked: Row, day: date, closed_until: date | None) -> str:
    demand(closed_until is None or day > closed_until, "FACT_VERWERK_001", "date")
    check_reference(books, booked, "FACT_VERWERK_004")
    if not booked.get("ledgerId"):
        return books.account_of("DEB") or ""
    account: Any = books.accounts.get(booked["ledgerId"])
    demand(account, "MUT_007", "ledgerId")
    demand(account["Categorie"] == "DEB", "MUT_011", "ledgerId")
    return str(account["Code"])


def _mutation(
    sent: Row, booked: Row, relation: Row, number: str, day: date, account: str, lines: list[Row], mode: str
) -> Row:
    return {
        "Soort": "FactuurVerstuurd",
        "Datum": day,
        "Rekening": account,
        "relation": relation["ID"],
        "Factuurnummer": number,
        "Boekstuk": "",
        "Omschrijving": booked.get("description") or "",
        "Betalingstermijn": str(sent["termOfPayment"]),
        "Betalingskenmerk": booked.get("paymentReference") or "",
        "InExBTW": mode,
        "MutatieRegels": [{**each, "Factuurnummer": number} for each in lines],
    }
