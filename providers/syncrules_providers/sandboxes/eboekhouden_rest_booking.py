"""What may be booked over e-Boekhouden's REST service, and how the service works out the VAT of it.

A row says one amount, and the head whether that includes VAT.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes.eboekhouden_books import Books, Row, cents
from syncrules_providers.sandboxes.eboekhouden_posting import FIRST_DAY, LAST_DAY
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, properties, read
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand
from syncrules_providers.sandboxes.eboekhouden_rest_tables import DIVERGENT_VAT, INVOICES, KINDS, PAYMENTS, vat_of

MOST_ROWS = 500

PROPERTIES = properties("""
type                  int     - - MUT_001
date                  day     - - MUT_004
ledgerId              int
invoiceNumber         text    50 MUT_018
entryNumber           text    50
termOfPayment         int
checkPaymentReference flag
paymentReference      text    50
inExVat               text    - - MUT_017
description           text    50
relationId            int
rows                  objects
""")
ROW_PROPERTIES = properties("""
ledgerId      int
vatCode       text
vatAmount     number
costCenterId  int
amount        number
description   text
invoiceNumber text   50 MUT_018
relationId    int
""")


def post(books: Books, asked: Asked, *, closed_until: date | None, vat_per_row: bool, take_inactive: bool) -> Row:
    """Check a mutation from its head to its rows, work out its VAT, and keep it."""
    sent = read(asked.body, PROPERTIES)
    demand(sent.get("type") is not None, "MUTA_002", "type")
    demand(sent["type"] in KINDS, "MUTA_009", "type")
    day = _day(sent)
    account = _account(books, sent)
    relation = _relation(books, sent, take_inactive=take_inactive)
    _check_head(books, sent, relation)
    mode = sent.get("inExVat", "IN")
    lines = [_line(books, each, sent["type"], day, relation) for each in _rows(sent)]
    demand(closed_until is None or day > closed_until, "MUT_005", "date")
    if mode == "IN":
        demand(all(not each["BTWCode"].startswith("VERL_INK") for each in lines), "MUT_026", "inExVat")
    add_vat(lines, mode, day, per_row=vat_per_row)
    return {"id": books.keep(_kept(books, sent, account, relation, lines))}


def _day(sent: Row) -> date:
    demand(sent.get("date"), "MUT_003", "date")
    day: date = sent["date"]
    demand(FIRST_DAY <= day <= LAST_DAY, "MUT_004", "date")
    return day


def _account(books: Books, sent: Row) -> Row:
    demand(sent.get("ledgerId"), "MUTA_001", "ledgerId")
    account: Any = books.accounts.get(sent["ledgerId"])
    demand(account, "MUT_007", "ledgerId")
    wrong = {1: "MUT_010", 2: "MUT_011"}.get(sent["type"], "MUT_009")
    demand(account["Categorie"] in tables.KINDS[KINDS[sent["type"]]].account, wrong, "ledgerId")
    return dict(account)


def _relation(books: Books, sent: Row, *, take_inactive: bool) -> int | None:
    relation: int | None = sent.get("relationId") or None
    demand(relation or sent["type"] not in INVOICES, "MUT_012", "relationId")
    demand(not relation or sent["type"] in (*INVOICES, *PAYMENTS), "MUT_014", "relationId")
    if relation:
        demand(relation in books.relations, "MUT_013", "relationId")
        demand(take_inactive or not books.relations[relation]["inactive"], "MUT_014", "relationId")
    return relation


def _check_head(books: Books, sent: Row, relation: int | None) -> None:
    term = sent.get("termOfPayment") or 0
    demand(not term or sent["type"] in INVOICES, "MUT_015", "termOfPayment")
    demand(term >= 0, "MUT_016", "termOfPayment")
    demand(sent.get("inExVat") or sent["type"] in (*PAYMENTS, 7), "MUTA_005", "inExVat")
    demand(sent.get("inExVat", "IN") in ("IN", "EX"), "MUT_017", "inExVat")
    number = sent.get("invoiceNumber")
    if sent["type"] in INVOICES:
        demand(number, "MUT_002", "invoiceNumber")
        taken = books.invoiced(str(number), KINDS[sent["type"]])
        # A customer's invoice bears our own number, a supplier's the number that the supplier gave it.
        demand(sent["type"] != 2 or not taken, "MUT_019", "invoiceNumber")
        demand(all(each["relation"] != relation for each in taken), "MUT_020", "invoiceNumber")
    check_reference(books, sent, "MUTA_008")


def check_reference(books: Books, sent: Row, code: str) -> None:
    """Refuse a payment reference that was used before, if that is asked."""
    reference = sent.get("paymentReference")
    if sent.get("checkPaymentReference") and reference:
        used = (each.get("Betalingskenmerk") for each in books.mutations.values())
        demand(reference not in used, code, "paymentReference")


def _rows(sent: Row) -> list[Row]:
    found: list[Row] = sent.get("rows") or []
    demand(found, "MUT_100", "rows")
    demand(len(found) <= MOST_ROWS, "MUT_101", "rows")
    return found


def _line(books: Books, body: Row, kind: int, day: date, relation: int | None) -> Row:
    row = read(body, ROW_PROPERTIES)
    account = _counter(books, row, kind)
    _check_vat(row, kind, day)
    demand("amount" in row, "ERR_002", "amount")
    centre = row.get("costCenterId") or 0
    demand(centre in (0, *books.centres), "MUT_117", "costCenterId")
    line = {
        "BedragInvoer": cents(row["amount"]),
        "BedragBTW": cents(row.get("vatAmount") or Decimal(0)),
        "BTWCode": row["vatCode"],
        "TegenrekeningCode": account,
        "KostenplaatsID": centre,
        "description": row.get("description") or "",
        "Factuurnummer": "",
    }
    return {**line, **_paid(books, row, kind, relation)}


def _counter(books: Books, row: Row, kind: int) -> str:
    if kind in PAYMENTS and not row.get("ledgerId"):
        return books.account_of("DEB" if kind == 3 else "CRED") or ""
    demand(row.get("ledgerId"), "MUTA_004", "ledgerId")
    account: Any = books.accounts.get(row["ledgerId"])
    demand(account, "MUT_104", "ledgerId")
    category = account["Categorie"]
    demand(kind != 3 or category == "DEB", "MUT_108", "ledgerId")
    demand(kind != 4 or category == "CRED", "MUT_107", "ledgerId")
    demand(kind in (*PAYMENTS, 7) or category not in ("FIN", "CRED", "DEB"), "MUT_106", "ledgerId")
    return str(account["Code"])


def _check_vat(row: Row, kind: int, day: date) -> None:
    vat = vat_of(row.get("vatCode"), day)
    if vat is None or (kind in PAYMENTS and row["vatCode"] != "GEEN"):
        raise Refused("MUT_109", "vatCode")
    sides = tables.KINDS[KINDS[kind]].vat
    demand(vat.side in sides, "MUT_110" if "purchase" in sides else "MUT_111", "vatCode")
    demand(row.get("vatAmount") is None or row["vatCode"] in DIVERGENT_VAT, "MUTA_003", "vatAmount")


def _paid(books: Books, row: Row, kind: int, head: int | None) -> Row:
    """Find the invoice that a row of a payment is for."""
    relation, number = row.get("relationId") or None, row.get("invoiceNumber")
    if kind not in PAYMENTS:
        demand(not relation, "MUT_114", "relationId")
        demand(not number, "MUT_116", "invoiceNumber")
        return {}
    demand(number, "MUT_120", "invoiceNumber")
    relation = relation or head
    demand(relation, "MUT_112", "relationId")
    demand(relation in books.relations, "MUT_113", "relationId")
    invoices = books.invoiced(str(number), tables.PAYMENTS[KINDS[kind]])
    demand(any(each["relation"] == relation for each in invoices), "MUT_115", "invoiceNumber")
    return {"Factuurnummer": number, "relation": relation}


def add_vat(lines: list[Row], mode: str, day: date, *, per_row: bool) -> None:
    """Work out the VAT of each row; unless it is worked out for each row, the cents come from the sum of its code."""
    for code in dict.fromkeys(each["BTWCode"] for each in lines):
        vat, some = vat_of(code, day), [each for each in lines if each["BTWCode"] == code]
        percentage = (vat.percentage if vat else None) or Decimal(0)
        if code not in DIVERGENT_VAT:
            for each in some:
                each["BedragBTW"] = _tax(each["BedragInvoer"], percentage, mode)
            if not per_row:
                whole = _tax(sum((each["BedragInvoer"] for each in some), Decimal(0)), percentage, mode)
                some[-1]["BedragBTW"] += whole - sum((each["BedragBTW"] for each in some), Decimal(0))
        for each in some:
            each["BTWPercentage"] = cents(percentage)
            each["BedragExclBTW"] = each["BedragInvoer"] - (each["BedragBTW"] if mode == "IN" else 0)
            each["BedragInclBTW"] = each["BedragExclBTW"] + each["BedragBTW"]


def _tax(amount: Decimal, percentage: Decimal, mode: str) -> Decimal:
    return cents(amount * percentage / (100 if mode == "EX" else 100 + percentage))


def _kept(books: Books, sent: Row, account: Row, relation: int | None, lines: list[Row]) -> Row:
    number = sent.get("invoiceNumber") or ""
    if sent["type"] in PAYMENTS:
        # The head names all the invoices, and the customer if there is only one.
        number = ",".join(each["Factuurnummer"] for each in lines)
        payers = {each["relation"] for each in lines}
        relation = relation or (payers.pop() if len(payers) == 1 else None)
    else:
        lines = [{**each, "Factuurnummer": number} for each in lines]
    term = sent.get("termOfPayment")
    if term is None and sent["type"] in INVOICES and relation:
        term = books.relations[relation]["termOfPayment"]
    return {
        "Soort": KINDS[sent["type"]],
        "Datum": sent["date"],
        "Rekening": account["Code"],
        "relation": relation,
        "Factuurnummer": number,
        "Boekstuk": sent.get("entryNumber") or "",
        "Omschrijving": sent.get("description") or "",
        "Betalingstermijn": str(term or 0),
        "Betalingskenmerk": sent.get("paymentReference") or "",
        "InExBTW": sent.get("inExVat", "IN"),
        "MutatieRegels": lines,
    }
