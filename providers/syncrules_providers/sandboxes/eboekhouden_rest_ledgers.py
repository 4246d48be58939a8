"""Ledger accounts, their balances and cost centres over e-Boekhouden's REST service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from operator import itemgetter

from syncrules_providers.sandboxes.eboekhouden_books import Books, Row
from syncrules_providers.sandboxes.eboekhouden_rest_asking import Asked, Filter, properties, read
from syncrules_providers.sandboxes.eboekhouden_rest_errors import Refused, demand
from syncrules_providers.sandboxes.eboekhouden_rest_tables import CATEGORIES

PROPERTIES = properties("""
code=Code                text 10 LEDG_002
description=Omschrijving text 100 LEDG_004
category=Categorie       text
group=Groep              text 50 LEDG_007
""")
FILTERS: Mapping[str, Filter] = {
    "code": Filter("text", itemgetter("Code")),
    "category": Filter("text", itemgetter("Categorie")),
}

CENTRE_PROPERTIES = properties("""
description=Omschrijving      text
parentId=KostenplaatsParentId int
active                        flag
""")
CENTRE_FILTERS: Mapping[str, Filter] = {
    "parentId": Filter("int", itemgetter("KostenplaatsParentId")),
    "description": Filter("text", itemgetter("Omschrijving")),
}


# Accounts -------------------------------------------------------------------------------------------------------


def in_list(row: Row, *, group: bool) -> Row:
    return {**_account(row), "group": _account(row)["group"] if group else None}


def told(books: Books, asked: Asked) -> Row:
    return _account(_found(books, asked))


def _account(row: Row) -> Row:
    return {"id": row["ID"], **{each.name: row[each.column] or None for each in PROPERTIES}}


def _found(books: Books, asked: Asked) -> Row:
    row = books.accounts.get(asked.id)
    if row is None:
        raise Refused("LEDG_009")
    return row


def account_id(books: Books, code: str) -> int | None:
    account = books.account(code)
    return None if account is None else int(account["ID"])


def add(books: Books, asked: Asked) -> Row:
    sent = read(asked.body, PROPERTIES)
    demand(sent.get("code"), "LEDG_001", "code")
    demand(sent.get("description"), "LEDG_003", "description")
    demand(sent.get("category"), "LEDG_005", "category")
    _check(books, sent, 0)
    number = books.number("account")
    books.accounts[number] = {"ID": number, **{each.column: sent.get(each.name, "") for each in PROPERTIES}}
    return {"id": number}


def change(books: Books, asked: Asked, *, null_clears: bool) -> None:
    row = _found(books, asked)
    sent = read(asked.body, PROPERTIES, null_clears=null_clears)
    for name, code in {"code": "LEDG_001", "description": "LEDG_003", "category": "LEDG_005"}.items():
        demand(sent.get(name, True), code, name)
    if sent.get("category", row["Categorie"]) != row["Categorie"]:
        demand(row["Categorie"] in CATEGORIES, "LEDG_019", "category")
        demand(not _is_used(books, row["Code"]), "LEDG_014", "category")
    _check(books, sent, asked.id)
    before = row["Code"]
    row.update({each.column: sent[each.name] for each in PROPERTIES if each.name in sent})
    _follow(books, before, row["Code"])


def _check(books: Books, sent: Row, account: int) -> None:
    if "code" in sent:
        other = books.account(sent["code"])
        demand(other is None or other["ID"] == account, "LEDG_013", "code")
        groups = {each["Groep"] for each in books.accounts.values()}
        demand(sent["code"] not in groups, "LEDG_017", "code")
    kept = books.accounts[account]["Categorie"] if account else None
    demand(sent.get("category", kept) in (*CATEGORIES, kept), "LEDG_018", "category")


def _is_used(books: Books, code: str) -> bool:
    return any(
        code in (each["Rekening"], *(line["TegenrekeningCode"] for line in each["MutatieRegels"]))
        for each in books.mutations.values()
    )


def _follow(books: Books, before: str, after: str) -> None:
    """Let everything that was booked on an account stay there when the account gets another code."""
    if before == after:
        return
    booked = [*books.mutations.values(), *books.opening]
    lines = [line for each in booked for line in each.get("MutatieRegels", ())]
    made = [line for each in books.invoices.values() for line in each["Regels"]]
    for rows, column in (
        (booked, "Rekening"),
        ([*lines, *made, *books.articles.values()], "TegenrekeningCode"),
    ):
        for each in rows:
            if each[column] == before:
                each[column] = after


def balance(books: Books, asked: Asked) -> Row:
    row = _found(books, asked)
    since, until = (_day(asked.query[each]) if each in asked.query else None for each in ("from", "to"))
    centre = asked.query.get("costcenterid", "0")
    amount = books.balance(row["Code"], int(centre) if centre.isdecimal() else 0, since, until)
    return {"code": row["Code"], "type": row["Categorie"], "balance": amount}


def _day(text: str) -> date | None:
    # This answer has no way to say that a day is none, so such a day is as good as not given.
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


# Cost centres ---------------------------------------------------------------------------------------------------


def centre_in_list(row: Row) -> Row:
    parent = row["KostenplaatsParentId"] or None
    return {
        "id": row["KostenplaatsId"],
        "description": row["Omschrijving"],
        "parentId": parent,
        "active": row["active"],
    }


def centre_told(books: Books, asked: Asked) -> Row:
    row = _found_centre(books, asked)
    names, above = [row["Omschrijving"]], books.centres.get(row["KostenplaatsParentId"])
    while above is not None:
        names.insert(0, above["Omschrijving"])
        above = books.centres.get(above["KostenplaatsParentId"])
    return {**centre_in_list(row), "fullPath": " > ".join(names)}


def add_centre(books: Books, asked: Asked) -> Row:
    sent = read(asked.body, CENTRE_PROPERTIES)
    demand(sent.get("description"), "COST_003", "description")
    parent = sent.get("parentId") or 0
    demand(parent in (0, *books.centres), "COST_006", "parentId")
    demand(not parent or books.centres[parent]["active"], "COST_007", "parentId")
    centre = books.add_centre(sent["description"], parent)
    books.centres[centre]["active"] = sent.get("active", True)
    return {"id": centre, "active": books.centres[centre]["active"]}


def change_centre(books: Books, asked: Asked, *, null_clears: bool) -> None:
    row = _found_centre(books, asked)
    sent = read(asked.body, CENTRE_PROPERTIES, null_clears=null_clears)
    demand(sent.get("description", True), "COST_003", "description")
    row["Omschrijving"] = sent.get("description", row["Omschrijving"])
    row["active"] = sent.get("active", row["active"])


def remove_centre(books: Books, asked: Asked) -> None:
    """Remove a cost centre on which nothing is booked and below which there is none."""
    _found_centre(books, asked)
    lines = [line for each in books.mutations.values() for line in each["MutatieRegels"]]
    made = [line for each in books.invoices.values() for line in each["Regels"]]
    rows = [*lines, *made, *books.articles.values()]
    demand(all(each["KostenplaatsID"] != asked.id for each in rows), "COST_002")
    demand(all(each["KostenplaatsParentId"] != asked.id for each in books.centres.values()), "COST_002")
    del books.centres[asked.id]


def _found_centre(books: Books, asked: Asked) -> Row:
    row = books.centres.get(asked.id)
    if row is None:
        raise Refused("COST_001")
    return row
