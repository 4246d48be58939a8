"""Mutations and open items over e-Boekhouden's REST service: how they are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter

from syncrules_providers.sandboxes.eboekhouden_books import Books, Row, amount_of
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand
from syncrules_providers.sandboxes.eboekhouden_rest_ledgers import account_id
from syncrules_providers.sandboxes.eboekhouden_rest_tables import KIND_NUMBERS, PAYMENTS

FILTERS: Mapping[str, Filter] = {
    "type": Filter("int", lambda row: KIND_NUMBERS[row["Soort"]]),
    "id": Filter("int", itemgetter("MutatieNr")),
    "description": Filter("text", itemgetter("Omschrijving")),
    "invoiceNumber": Filter("text", itemgetter("Factuurnummer")),
    "date": Filter("day", itemgetter("Datum")),
}
OUTSTANDING_FILTERS: Mapping[str, Filter] = {"invoiceNumber": Filter("text", itemgetter("MutFactuur"))}


def rows(books: Books) -> Iterator[Row]:
    """Tell the opening balance first, every row of it with the number 0, and then all mutations."""
    yield from books.opening
    yield from books.mutations.values()


def in_list(books: Books, row: Row) -> Row:
    opening = row["Soort"] == "OpeningsSaldo"
    return {
        "id": row["MutatieNr"],
        "type": KIND_NUMBERS[row["Soort"]],
        "date": row["Datum"],
        "invoiceNumber": row["Factuurnummer"],
        "ledgerId": account_id(books, row["Rekening"]),
        "amount": row["amount"] if opening else amount_of(row),
        "entryNumber": row["Boekstuk"],
    }


def told(books: Books, asked: Asked, *, vat_per_row: bool, rows_name_invoices: bool) -> Row:
    row = books.mutations.get(asked.id)
    if row is None:
        raise Refused("MUT_300")
    lines: list[Row] = row["MutatieRegels"]
    codes = dict.fromkeys(each["BTWCode"] for each in lines if each["BTWCode"] != "GEEN")
    taxes = {code: sum(each["BedragBTW"] for each in lines if each["BTWCode"] == code) for code in codes}
    paying = KIND_NUMBERS[row["Soort"]] in PAYMENTS
    return {
        "id": row["MutatieNr"],
        "type": KIND_NUMBERS[row["Soort"]],
        "date": row["Datum"],
        "description": row["Omschrijving"],
        "termOfPayment": int(row["Betalingstermijn"]),
        "ledgerId": account_id(books, row["Rekening"]),
        "relationId": row["relation"] or 0,
        "inExVat": row["InExBTW"],
        "invoiceNumber": row["Factuurnummer"],
        "entryNumber": row["Boekstuk"],
        "rows": [
            {
                "ledgerId": account_id(books, each["TegenrekeningCode"]),
                "vatCode": each["BTWCode"],
                **({"vatAmount": each["BedragBTW"]} if vat_per_row else {}),
                **({"costCenterId": each["KostenplaatsID"]} if each["KostenplaatsID"] else {}),
                "amount": each["BedragInvoer"],
                "description": each.get("description", row["Omschrijving"]),
                **(_what_is_paid(row, each) if paying and rows_name_invoices else {}),
            }
            for each in lines
        ],
        "vat": [{"vatCode": code, "amount": amount} for code, amount in taxes.items()],
    }


def _what_is_paid(row: Row, line: Row) -> Row:
    return {"invoiceNumber": line["Factuurnummer"], "relationId": line.get("relation", row["relation"]) or 0}


def outstanding(books: Books, asked: Asked) -> list[Row]:
    wanted = asked.query.get("creddeb")
    demand(wanted, "MUTA_006", "credDeb")
    demand(wanted in ("C", "D"), "MUTA_007", "credDeb")
    return list(books.open_items("FactuurVerstuurd" if wanted == "D" else "FactuurOntvangen"))


def open_item(books: Books, item: Row) -> Row:
    return {
        "date": item["MutDatum"],
        "mutationId": item["MutatieNr"],
        "invoiceNumber": item["MutFactuur"],
        "relationId": books.mutations[item["MutatieNr"]]["relation"],
        "relationCode": item["RelCode"],
        "company": item["RelBedrijf"],
        "totalAmount": item["Bedrag"],
        "paidAmount": item["Voldaan"],
        "outstandingAmount": item["Openstaand"],
    }
