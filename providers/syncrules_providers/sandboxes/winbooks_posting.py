"""What may be booked: a document balances, its period is open, its number is free, and every line says what it must."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes import winbooks_tables as tables
from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import EMPTY, Om

_WITH_A_PARTY = {"sale": "Customer", "purchase": "Supplier"}
"""Whose line comes first in which kind of journal."""


def _demand(held: object, message: str) -> None:
    if not held:
        raise Refused("validation", message)


def guard(folder: Folder, om: Om, key: str) -> None:
    """Refuse to touch a booking that is locked, or that stands in a closed period."""
    row = folder.row(om, key)
    if om.name == "GLTrans" and row is not None:
        row = folder.row("GLTransHeader", row["GLTransHeader_Id"])
    if row is None or om.name not in ("GLTrans", "GLTransHeader"):
        return
    _demand(not row["IsLocked"], "The booking is locked.")
    _check_period(folder, row)


def number(folder: Folder, om: Om, values: dict[str, Any], habits: Habits) -> None:
    """Give a new booking its number, where WinBooks does that."""
    if om.name == "GLTransHeader" and not values.get("DocNumber"):
        _demand(habits.numbers_documents, "DocNumber is missing.")
        where = (values.get("Journal_Id", EMPTY), values.get("BookPeriod_Id", EMPTY))
        values["DocNumber"] = next_number(folder, *where, habits)


def next_number(folder: Folder, journal: str, period: str, habits: Habits) -> int:
    taken = [each["DocNumber"] for each in _beside(folder, journal, period, habits)]
    return max(taken, default=0) + 1


def check(folder: Folder, habits: Habits) -> None:
    """Check the bookings that were touched, from the head to the lines, and complete their lines."""
    headers: dict[str, None] = {}
    for om, key in folder.touched:
        if om.name == "GLTransHeader":
            headers[key] = None
        row = folder.row(om, key)
        if om.name == "GLTrans" and row is not None:
            _demand(row["GLTransHeader_Id"] != EMPTY, "GLTrans: GLTransHeader is missing.")
            headers[row["GLTransHeader_Id"]] = None
    for key in headers:
        header = folder.row("GLTransHeader", key)
        if header is not None:
            _check_header(folder, header, habits)
            _check_lines(folder, header)


def _check_header(folder: Folder, header: Row, habits: Habits) -> None:
    _demand(header["BookPeriod_Id"] != EMPTY, "BookPeriod is missing.")
    _demand(header["Journal_Id"] != EMPTY, "Journal is missing.")
    _demand(header["DocNumber"] > 0, "DocNumber is missing.")
    _demand(header["BookDate"], "BookDate is missing.")
    _check_period(folder, header)
    taken = _beside(folder, header["Journal_Id"], header["BookPeriod_Id"], habits, header["DocNumber"])
    _demand(taken == [header], f"DocNumber {header['DocNumber']} is in use in this journal.")


def _check_period(folder: Folder, header: Row) -> None:
    period = folder.row("BookPeriod", header["BookPeriod_Id"])
    _demand(
        period is None or not period.get("_closed"),
        "The period is closed."
        if period is None
        else f"The period {period['RelatedYear']}/{period['Number']} is closed.",
    )


def _beside(folder: Folder, journal: str, period: str, habits: Habits, number: int | None = None) -> list[Row]:
    """List the documents among which a number may stand once; those with this number, if one is named."""
    here = folder.row("BookPeriod", period)
    year = here["BookYear_Id"] if here is not None else EMPTY

    def counts(header: Row) -> bool:
        if number not in (None, header["DocNumber"]):
            return False
        if habits.numbering == "period":
            return bool(header["BookPeriod_Id"] == period)
        other = folder.row("BookPeriod", header["BookPeriod_Id"])
        return other is not None and bool(other["BookYear_Id"] == year)

    return [each for each in folder.referring("GLTransHeader", "Journal_Id", journal) if counts(each)]


# Lines ----------------------------------------------------------------------------------------------------------


def _check_lines(folder: Folder, header: Row) -> None:
    lines = folder.listed(folder.model["GLTransHeader"].lists["GLTransactions"], header["Id"])
    _demand(len(lines) > 1, "A booking has at least two lines.")
    for line in lines:
        _check_line(folder, line)
    orders = [line["LineOrder"] for line in lines]
    _demand(len(set(orders)) == len(orders), "LineOrder: two lines have the same.")
    _check_order(folder, header, lines)
    rest = sum((line["Amount"] for line in lines), Decimal(0))
    _demand(rest == 0, f"The booking does not balance: the lines add up to {rest}.")
    for line in lines:
        _complete(folder, header, line)


def _check_order(folder: Folder, header: Row, lines: list[Row]) -> None:
    journal = folder.row("Journal", header["Journal_Id"])
    party = _WITH_A_PARTY.get(journal["_kind"].partition(" ")[0]) if journal is not None else None
    if party is None:
        _demand(lines[0]["LineOrder"] >= 1000, "LineOrder: in this journal the lines count from 1000.")
        return
    expected = f"LineOrder: the line of the {party.lower()} must have 0."
    _demand(lines[0]["LineOrder"] == 0 and lines[0][f"{party}_Id"] != EMPTY, expected)
    _demand(all(each["GLAccount_Id"] != lines[0]["GLAccount_Id"] for each in lines[1:]), expected)
    for line in lines:
        account = folder.rows["GLAccount"][line["GLAccount_Id"]]["Code"]
        _demand(line["Vat_Id"] != EMPTY or not account.startswith(tables.VAT_ACCOUNTS), f"Vat: {account} needs one.")


def _check_line(folder: Folder, line: Row) -> None:
    _demand(line["GLAccount_Id"] != EMPTY, "GLAccount of a line is missing.")
    currency = folder.row("Currency", line["Currency_Id"])
    if currency is None:
        raise Refused("validation", "Currency of a line is missing.")
    if currency["Code"] != tables.CURRENCY:
        known = line["CurrencyAmount"] is not None and line["CurrencyRate"] is not None
        _demand(known, f"A line in {currency['Code']} needs CurrencyAmount and CurrencyRate.")
    for name in _WITH_A_PARTY.values():
        party = folder.row(name, line[f"{name}_Id"])
        # Who was locked after the booking does not make the booking wrong.
        if party is not None and party["IsLocked"]:
            _demand(not folder.is_new("GLTrans", line["Id"]), f"{name} '{party['Code']}' is locked.")


def _complete(folder: Folder, header: Row, line: Row) -> None:
    """Copy to a line what WinBooks copies there."""
    account = folder.rows["GLAccount"][line["GLAccount_Id"]]
    copied = {
        "BookPeriod_Id": header["BookPeriod_Id"],
        "CentralAccountType_Id": account["CentralAccountType_Id"],
    }
    if any(line[name] != value for name, value in copied.items()):
        folder.amend("GLTrans", line["Id"], copied)
