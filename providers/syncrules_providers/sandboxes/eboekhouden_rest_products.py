"""Products, their groups and units over e-Boekhouden's REST service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any

from syncrules_providers.sandboxes.eboekhouden_books import Books, Row, cents
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter, properties, read
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand
from syncrules_providers.sandboxes.eboekhouden_rest_tables import DIVERGENT_VAT, PLURALS, vat_of
from syncrules_providers.sandboxes.eboekhouden_tables import Vat

MOST = Decimal("999999999999.00")

PROPERTIES = properties("""
code                text   20 ART_007
description         text   35000 ART_008
unitId              int
active              flag
groupId             int
purchasePriceExcl   number
priceExcl           number
priceIncl           number
vat                 text
ledgerId            int
costCenterId        int
inStockManagement   flag
updateSubscriptions int
""")
FILTERS: Mapping[str, Filter] = {
    "code": Filter("text", itemgetter("ArtikelCode")),
    "groupCode": Filter("text", itemgetter("GroepCode")),
}
UNIT_FILTERS: Mapping[str, Filter] = {
    "singular": Filter("text", itemgetter("singular")),
    "plural": Filter("text", itemgetter("plural")),
}


# Units and groups -----------------------------------------------------------------------------------------------


def units(books: Books) -> Iterable[Row]:
    return (
        {"id": unit, "singular": name, "plural": PLURALS.get(name, f"{name}s")} for name, unit in books.units.items()
    )


def groups(books: Books) -> Iterable[Row]:
    return ({"id": group, "code": code, "description": text} for (code, text), group in books.groups.items())


def unit_named(books: Books, unit: int, code: str) -> str:
    """Find the name of a unit by its id."""
    if unit not in books.units.values():
        raise Refused(code, "unitId")
    return next(name for name, each in books.units.items() if each == unit)


# Products -------------------------------------------------------------------------------------------------------


def in_list(books: Books, row: Row) -> Row:
    return {
        "id": row["ArtikelID"],
        "code": row["ArtikelCode"],
        "description": row["ArtikelOmschrijving"],
        "unitId": books.units.get(row["Eenheid"]),
        "active": row["Actief"],
    }


def told(books: Books, asked: Asked) -> Row:
    row = _found(books, asked)
    account = books.account(row["TegenrekeningCode"])
    return {
        **in_list(books, row),
        "groupId": books.groups.get((row["GroepCode"], row["GroepOmschrijving"])),
        "purchasePriceExcl": row["InkoopprijsExclBTW"],
        "priceExcl": row["VerkoopprijsExclBTW"],
        "priceIncl": row["VerkoopprijsInclBTW"],
        "vat": row["BTWCode"],
        "ledgerId": account["ID"] if account else None,
        "costCenterId": row["KostenplaatsID"] or None,
        "inStockManagement": row["inStockManagement"],
    }


def add(books: Books, asked: Asked, today: date) -> Row:
    sent = read(asked.body, PROPERTIES)
    demand(sent.get("code"), "ART_004", "code")
    demand(sent.get("description"), "ART_005", "description")
    demand(sent.get("vat"), "ART_017", "vat")
    demand(sent.get("ledgerId"), "ART_006", "ledgerId")
    fields = _checked(books, sent)
    both = sent["vat"] in DIVERGENT_VAT
    given = [each for each in ("priceExcl", "priceIncl") if each in sent]
    demand(given, "ART_018", "priceExcl")
    demand(not both or len(given) == 2, "ART_019", "priceExcl")
    return {"id": books.add_article({**fields, **_prices(sent, sent["vat"], today, {})})}


def change(books: Books, asked: Asked, today: date, *, null_clears: bool) -> None:
    row = _found(books, asked)
    sent = read(asked.body, PROPERTIES, null_clears=null_clears)
    for name, code in {"code": "ART_004", "description": "ART_005", "vat": "ART_017", "ledgerId": "ART_006"}.items():
        demand(sent.get(name, True), code, name)
    fields = _checked(books, sent)
    vat = str(sent.get("vat", row["BTWCode"]))
    if vat in DIVERGENT_VAT:
        given = [each for each in ("priceExcl", "priceIncl") if each in sent]
        demand("vat" not in sent or vat == row["BTWCode"] or len(given) == 2, "ART_022", "vat")
        demand(given != ["priceExcl"], "ART_020", "priceIncl")
        demand(given != ["priceIncl"], "ART_021", "priceExcl")
    priced = vat != row["BTWCode"] or sent.keys() & {"priceExcl", "priceIncl"}
    prices = _prices(sent, vat, today, row) if priced else {}
    books.change_article(asked.id, {**fields, **prices})


def remove(books: Books, asked: Asked) -> None:
    """Remove a product that stands on no invoice."""
    code = _found(books, asked)["ArtikelCode"]
    used = any(line["Code"] == code for each in books.invoices.values() for line in each["Regels"])
    demand(not used, "ART_003")
    del books.articles[asked.id]


def _found(books: Books, asked: Asked) -> Row:
    row = books.articles.get(asked.id)
    if row is None:
        raise Refused("ART_001")
    return row


def _checked(books: Books, sent: Row) -> Row:
    """Check what was sent, but for the selling prices, and say it as the books do."""
    row: Row = {}
    same = {"code": "ArtikelCode", "description": "ArtikelOmschrijving", "active": "Actief"}
    for name, column in {**same, "inStockManagement": "inStockManagement"}.items():
        if name in sent:
            row[column] = sent[name]
    if "unitId" in sent:
        row["Eenheid"] = unit_named(books, sent["unitId"], "ART_011") if sent["unitId"] else ""
    if "groupId" in sent:
        known = {group: names for names, group in books.groups.items()}
        demand(not sent["groupId"] or sent["groupId"] in known, "ART_012", "groupId")
        row["GroepCode"], row["GroepOmschrijving"] = known.get(sent["groupId"], ("", ""))
    if "ledgerId" in sent:
        account: Any = books.accounts.get(sent["ledgerId"])
        demand(account, "ART_009", "ledgerId")
        demand(account["Categorie"] in ("BAL", "VW"), "ART_028", "ledgerId")
        row["TegenrekeningCode"] = account["Code"]
    if "costCenterId" in sent:
        row["KostenplaatsID"] = _centre(books, sent["costCenterId"])
    if "purchasePriceExcl" in sent:
        row["InkoopprijsExclBTW"] = _price(sent, "purchasePriceExcl", "ART_027", "ART_032")
    demand(sent.get("updateSubscriptions") in (None, 0, 1, 2), "ART_014", "updateSubscriptions")
    return row


def _centre(books: Books, centre: int | None) -> int:
    demand(not centre or centre in books.centres, "ART_015", "costCenterId")
    demand(not centre or books.centres[centre]["active"], "ART_010", "costCenterId")
    return centre or 0


def _price(sent: Row, name: str, too_high: str, too_low: str) -> Decimal:
    price: Decimal = sent[name] or Decimal(0)
    demand(price <= MOST, too_high, name)
    demand(price >= -MOST, too_low, name)
    return price


def _prices(sent: Row, code: str, today: date, before: Row) -> Row:
    """Check the selling prices and the VAT code, and work out what was not sent."""
    vat = vat_of(code, today)
    if vat is None:
        raise Refused("ART_013", "vat")
    demand(vat.side != "purchase", "ART_023", "vat")
    excl = _price(sent, "priceExcl", "ART_024", "ART_029") if "priceExcl" in sent else None
    incl = _price(sent, "priceIncl", "ART_025", "ART_030") if "priceIncl" in sent else None
    demand(excl is None or incl is None or code in DIVERGENT_VAT, "ART_016", "priceIncl")
    return {"BTWCode": code, "BtwPercentage": cents(vat.percentage or Decimal(0)), **_pair(excl, incl, vat, before)}


def _pair(excl: Decimal | None, incl: Decimal | None, vat: Vat, before: Row) -> Row:
    factor = 1 + (vat.percentage or Decimal(0)) / 100
    if excl is None and incl is not None:
        excl = cents(incl / factor)
    if excl is None:
        excl = before["VerkoopprijsExclBTW"]
    if incl is None:
        incl = cents(excl * factor)
    return {"VerkoopprijsExclBTW": excl, "VerkoopprijsInclBTW": incl}
