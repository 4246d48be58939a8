"""What may be booked: every check that a mutation, an invoice or an account must pass before the books keep it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes.eboekhouden_books import Books, Refused, Row, cents

FIRST_DAY, LAST_DAY = date(1980, 1, 1), date(2049, 12, 31)
MOST_LINES = 100
VAT_TOLERANCE = Decimal("0.01")


def _demand(held: object, code: str) -> None:
    if not held:
        raise Refused(code)


# Mutations ------------------------------------------------------------------------------------------------------


def post(
    books: Books, mutation: Row, *, closed_until: date | None = None, vat_tolerance: Decimal = VAT_TOLERANCE
) -> int:
    """Check a mutation from its head to its lines, and keep it.

    Raises:
        Refused: The first thing that is wrong.
    """
    kind = tables.KINDS.get(mutation["Soort"])
    if kind is None:
        raise Refused("CMUT008")
    _demand(FIRST_DAY <= mutation["Datum"] <= LAST_DAY, "CMUT004")
    _demand(mutation["InExBTW"], "CMUT003")
    _demand(mutation["InExBTW"] in ("IN", "EX"), "CMUT003.1")
    _demand(mutation["Omschrijving"], "CMUT005")
    _check_account(books, mutation, kind)
    relation = _relation(books, mutation, kind)
    _check_invoice_number(books, mutation, kind, relation)
    lines = mutation["MutatieRegels"]
    _demand(1 <= len(lines) <= MOST_LINES, "CMUT006")
    _demand(len(lines) == 1 or not kind.one_line, "CMUT021")
    for line in lines:
        _check_line(books, line, mutation["Datum"], kind, vat_tolerance)
    _demand(closed_until is None or mutation["Datum"] > closed_until, "CMUT020")
    if kind.invoice == "existing":
        invoices = books.invoiced(mutation["Factuurnummer"], tables.PAYMENTS[mutation["Soort"]])
        _demand(any(each["relation"] == relation for each in invoices), "CMUT026")
    return books.keep(_kept(mutation, relation))


def _check_account(books: Books, mutation: Row, kind: tables.KindOfMutation) -> None:
    account = books.account(mutation["Rekening"])
    if account is None:
        raise Refused("CMUT001")
    _demand(account["Categorie"] in kind.account, kind.wrong_account)


def _relation(books: Books, mutation: Row, kind: tables.KindOfMutation) -> int | None:
    missing, unknown = ("CMUT024", "CMUT025") if kind.invoice == "existing" else ("CMUT014", "CMUT017")
    code = mutation["RelatieCode"]
    _demand(code or kind.invoice == "none", missing)
    if not code:
        return None
    relation = books.relation_by_code(code)
    if relation is None:
        raise Refused(unknown)
    return int(relation["ID"])


def _check_invoice_number(books: Books, mutation: Row, kind: tables.KindOfMutation, relation: int | None) -> None:
    if kind.invoice == "none":
        return
    number = mutation["Factuurnummer"]
    _demand(number, "CMUT023" if kind.invoice == "existing" else "CMUT013")
    if kind.invoice == "new":
        taken = books.invoiced(number, mutation["Soort"])
        # A customer's invoice bears our own number, a supplier's the number that the supplier gave it.
        _demand(mutation["Soort"] != "FactuurVerstuurd" or not taken, "CMUT019")
        _demand(all(each["relation"] != relation for each in taken), "CMUT018")
        _demand(mutation["Betalingstermijn"].isdecimal(), "CMUT014")


def _check_line(books: Books, line: Row, day: date, kind: tables.KindOfMutation, tolerance: Decimal) -> None:
    vat = tables.VAT_CODES.get(line["BTWCode"])
    if vat is None:
        raise Refused("CMUT033")
    _demand(vat.side in kind.vat or line["BTWCode"] in ("AFW", "AFW_VERK"), "CMUT011")
    net, tax = line["BedragExclBTW"], line["BedragBTW"]
    _demand(net + tax == line["BedragInclBTW"], "CMUT010")
    _demand(abs(net * line["BTWPercentage"] / 100 - tax) <= tolerance, "CMUT010.1")
    _demand(tables.vat_percentage(line["BTWCode"], day) in (None, line["BTWPercentage"]), "CMUT010.1")
    counter = books.account(line["TegenrekeningCode"])
    _demand(counter and counter["Categorie"] in kind.counter, kind.wrong_counter)
    _demand(line["KostenplaatsID"] in (0, *books.centres), "CMUT098")


def _kept(mutation: Row, relation: int | None) -> Row:
    amounts = ("BedragInvoer", "BedragExclBTW", "BedragBTW", "BedragInclBTW", "BTWPercentage")
    number = mutation["Factuurnummer"]
    lines = [
        {**each, **{name: cents(each[name]) for name in amounts}, "Factuurnummer": each.get("Factuurnummer") or number}
        for each in mutation["MutatieRegels"]
    ]
    head = {name: value for name, value in mutation.items() if name != "RelatieCode"}
    return {**head, "Betalingstermijn": head["Betalingstermijn"] or "0", "relation": relation, "MutatieRegels": lines}


def line_of(net: Decimal, vat_code: str, counter: str, day: date, *, mode: str = "EX", centre: int = 0) -> Row:
    """Make a line that adds up."""
    net, percentage = cents(net), cents(tables.vat_percentage(vat_code, day) or Decimal(0))
    tax = cents(net * percentage / 100)
    return {
        "BedragInvoer": net if mode == "EX" else net + tax,
        "BedragExclBTW": net,
        "BedragBTW": tax,
        "BedragInclBTW": net + tax,
        "BTWCode": vat_code,
        "BTWPercentage": percentage,
        "TegenrekeningCode": counter,
        "KostenplaatsID": centre,
    }


# Invoices made here ---------------------------------------------------------------------------------------------


def make_invoice(books: Books, invoice: Row, *, closed_until: date | None = None) -> str:
    """Check an invoice, number it, keep it, and book it as an open item when it says so."""
    _check_invoice(books, invoice)
    day = invoice["Datum"]
    lines = [
        line_of(
            cents(each["Aantal"] * each["PrijsPerEenheid"]), each["BTWCode"], each["TegenrekeningCode"], day,
            centre=each["KostenplaatsID"],
        )
        for each in invoice["Regels"]
    ]  # fmt: skip
    number = invoice["Factuurnummer"] or f"F{books.number('invoice'):05d}"
    if invoice["InBoekhoudingPlaatsen"]:
        mutation = {
            "Soort": "FactuurVerstuurd",
            "Datum": day,
            "Rekening": books.account_of("DEB") or "",
            "RelatieCode": invoice["Relatiecode"],
            "Factuurnummer": number,
            "Boekstuk": "",
            "Omschrijving": invoice["BoekhoudmutatieOmschrijving"],
            "Betalingstermijn": str(invoice["Betalingstermijn"]),
            "Betalingskenmerk": "",
            "InExBTW": "EX",
            "MutatieRegels": lines,
        }
        post(books, mutation, closed_until=closed_until)
    books.invoices[number] = {
        "id": books.number("invoice_id"),
        "Factuurnummer": number,
        "Relatiecode": invoice["Relatiecode"],
        "Datum": day,
        "Betalingstermijn": invoice["Betalingstermijn"],
        "TotaalExclBTW": sum((each["BedragExclBTW"] for each in lines), Decimal(0)),
        "TotaalBTW": sum((each["BedragBTW"] for each in lines), Decimal(0)),
        "TotaalInclBTW": sum((each["BedragInclBTW"] for each in lines), Decimal(0)),
        "URLPDFBestand": pdf_of(number),
        "Regels": [dict(each) for each in invoice["Regels"]],
    }
    return number


def pdf_of(number: str) -> str:
    return f"https://facturen.example/{number}.pdf"


def _check_invoice(books: Books, invoice: Row) -> None:
    _demand(invoice["Relatiecode"], "CFACT024")
    _demand(books.relation_by_code(invoice["Relatiecode"]), "CFACT025")
    _demand(FIRST_DAY <= invoice["Datum"] <= LAST_DAY, "CFACT004")
    _demand(0 <= invoice["Betalingstermijn"] <= 9999, "CFACT014")
    number = invoice["Factuurnummer"]
    _demand(number not in books.invoices and not books.invoiced(number, "FactuurVerstuurd"), "CFACT026")
    _demand(invoice["Factuursjabloon"], "CFACT027")
    _demand(invoice["Factuursjabloon"] in tables.TEMPLATES, "CFACT028")
    if invoice["PerEmailVerzenden"]:
        _demand_all(invoice, EmailBericht="CFACT029", EmailVanAdres="CFACT030", EmailOnderwerp="CFACT031")
    if invoice["InBoekhoudingPlaatsen"]:
        _demand(invoice["BoekhoudmutatieOmschrijving"], "CFACT032")
    if invoice["AutomatischeIncasso"]:
        _demand(invoice["IncassoIBAN"] or invoice["IncassoRekeningNummer"], "CFACT033")
        _demand_all(invoice, IncassoTnv="CFACT034", IncassoPlaats="CFACT035", IncassoOmschrijvingRegel1="CFACT036")
    _demand(1 <= len(invoice["Regels"]) <= MOST_LINES, "CFACT006")
    for line in invoice["Regels"]:
        _demand_all(line, Code="CFACT037", Omschrijving="CFACT039")
        _demand(books.account(line["TegenrekeningCode"]), "CFACT040")
        _demand(line["BTWCode"], "CFACT041")
        _demand(line["BTWCode"] in tables.VAT_CODES, "CFACT042")
        _demand(line["KostenplaatsID"] in (0, *books.centres), "CFACT212")


def _demand_all(row: Row, **demands: str) -> None:
    for name, code in demands.items():
        _demand(row[name], code)


# Accounts -------------------------------------------------------------------------------------------------------


def add_account(books: Books, account: Row) -> int:
    _check_account_row(books, account, "")
    number = books.number("account")
    books.accounts[number] = {**account, "ID": number}
    return number


def change_account(books: Books, account: Row) -> None:
    _demand(account["ID"] in books.accounts, "CGB099.1")
    _check_account_row(books, account, ".1")
    books.accounts[account["ID"]].update(account)


def _check_account_row(books: Books, account: Row, dot: str) -> None:
    _demand(account["Code"], f"CGN003{dot}")
    _demand(account["Omschrijving"], f"CGB002{dot}")
    _demand(account["Categorie"], f"CGB005{dot}")
    _demand(account["Categorie"] in ("BAL", "VW"), f"CGB006{dot}")
    taken = books.account(account["Code"])
    _demand(taken is None or (dot and taken["ID"] == account["ID"]), f"CGB001{dot}")
