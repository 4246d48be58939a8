"""A bookkeeper at the screen of WinBooks: invoices, payments, corrections, deletions and closed periods.

What a bookkeeper does goes through the same checks as a client's bookings; the rules are in `winbooks_posting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules_providers.sandboxes import winbooks_posting as posting
from syncrules_providers.sandboxes import winbooks_tables as tables
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_matching import match, open_amount, unmatch
from syncrules_providers.sandboxes.winbooks_objects import EMPTY
from syncrules_providers.sandboxes.winbooks_screen import Screen

_CENT = Decimal("0.01")
_RATES = {each.code: each for each in tables.VAT_CODES}
Money = Decimal | str


class Desk(Screen):
    """What can be done to bookings; they are named by their Id, their number in the sales journal, or their reference."""

    today: Callable[[], date]

    # Looking ----------------------------------------------------------------------------------------------------

    def bookings(self, journal: str = "", *, folder: str = "") -> list[dict[str, Any]]:
        """Copy the booked documents with their lines; those of one journal, if it is named."""
        found = self.rows("GLTransHeader", folder=folder)
        return [each for each in found if not journal or each["Journal"]["Code"] == journal]

    def booking(self, invoice: str | int, *, folder: str = "") -> dict[str, Any]:
        """Copy one booked document."""
        with self.at_screen(folder) as (here, _):
            return self.one("GLTransHeader", Id=_header(here, invoice)["Id"], folder=folder)

    def lines(self, *, folder: str = "") -> list[dict[str, Any]]:
        """Copy every line of every booking, flat: with the codes of what it refers to and with its document."""
        with self.at_screen(folder) as (here, _):
            return [_flat(here, row) for row in here.rows["GLTrans"].values()]

    def open_items(self, om: str = "Customer", *, folder: str = "") -> list[dict[str, Any]]:
        """Tell the invoices of which something is open: reference, code, amount, and what is open."""
        with self.at_screen(folder) as (here, _):
            rows = [row for row in here.rows["GLTrans"].values() if row["LineOrder"] == 0 and row[f"{om}_Id"] != EMPTY]
            return [
                {
                    "Reference": row["Reference"],
                    "Code": here.rows[om][row[f"{om}_Id"]]["Code"],
                    "Amount": row["Amount"],
                    "Open": open_amount(here, row),
                    "GLTransHeader_Id": row["GLTransHeader_Id"],
                }
                for row in rows
                if open_amount(here, row)
            ]

    # Booking ----------------------------------------------------------------------------------------------------

    def book(
        self,
        kind: str,
        lines: Sequence[Mapping[str, Any]],
        *,
        day: date | None = None,
        period: int | None = None,
        folder: str = "",
        **head: Any,
    ) -> str:
        """Book a document in the journal of a kind, such as `misc`, in the month of its day; return its Id.

        Args:
            period: the number of another period of that year: 0 for the opening, 13 for the closing.
        """
        with self.at_screen(folder) as (here, saver):
            day = day or self.today()
            journal = tables.id_of(here, "Journal", tables.journal(here, kind))
            where = tables.period(here, day.year, day.month if period is None else period)
            step, first = (1, 0) if kind.startswith(("sale", "purchase")) else (1000, 1000)
            body = {
                "Journal_Id": journal,
                "BookPeriod_Id": where,
                "BookDate": day,
                "DocNumber": posting.next_number(here, journal, where, self.habits),
                **head,
                "GLTransactions": [
                    {"LineOrder": first + place * step, "CurrencyCode": tables.CURRENCY, **line}
                    for place, line in enumerate(lines)
                ],
            }
            return str(saver.create("GLTransHeader", body)["Id"])

    def post_invoice(
        self,
        customer: str,
        net: Money = "100.00",
        *,
        reference: str | None = None,
        vat: str = "21",
        account: str = "700000",
        term_days: int = 30,
        day: date | None = None,
        folder: str = "",
        **head: Any,
    ) -> str:
        """Book a sales invoice of one line; below zero it is a credit note. Return its Id."""
        return self._invoice(("sale", "400000", "Customer", customer), net, vat, account, reference, term_days, day,
            folder, head)  # fmt: skip

    def post_purchase(
        self,
        supplier: str,
        net: Money = "100.00",
        *,
        reference: str | None = None,
        vat: str = "A21",
        account: str = "604000",
        term_days: int = 30,
        day: date | None = None,
        folder: str = "",
        **head: Any,
    ) -> str:
        """Book a purchase invoice of one line; below zero it is a credit note. Return its Id."""
        return self._invoice(("purchase", "440000", "Supplier", supplier), net, vat, account, reference, term_days, day,
            folder, head)  # fmt: skip

    def _invoice(
        self,
        party: tuple[str, str, str, str],
        net: Money,
        vat: str,
        account: str,
        reference: str | None,
        term_days: int,
        day: date | None,
        folder: str,
        head: Mapping[str, Any],
    ) -> str:
        kind, central, om, code = party
        base, day = Decimal(net).quantize(_CENT), day or self.today()
        tax = (base * _RATES[vat].rate / 100).quantize(_CENT, ROUND_HALF_UP)
        sign = 1 if kind == "sale" else -1
        lines: list[dict[str, Any]] = [
            {
                "GLAccountCode": central, f"{om}Code": code, "Amount": sign * (base + tax), "VatBaseAmount": sign * base,
                "VatTaxAmount": sign * tax, "Reference": reference, "CommentBooking": reference,
            },
            {"GLAccountCode": account, "VatCode": vat, "Amount": -sign * base},
        ]  # fmt: skip
        if _RATES[vat].account:
            lines.append(
                {"GLAccountCode": _RATES[vat].account, "VatCode": vat, "Amount": -sign * tax, "VatBaseAmount": base}
            )
        due: dict[str, Any] = {"DueDate": day + timedelta(days=term_days)}
        kind = kind if base >= 0 else f"{kind} credit"
        return self.book(kind, lines, day=day, folder=folder, **(due | dict(head)))

    # Money ------------------------------------------------------------------------------------------------------

    def pay(
        self,
        invoice: str | int,
        amount: Money | None = None,
        *,
        day: date | None = None,
        matched: bool = True,
        folder: str = "",
    ) -> str:
        """Book that an invoice was paid, or a part of it; without an amount all that is open. Return the Id."""
        return self.pay_several({invoice: amount}, day=day, matched=matched, folder=folder)

    def pay_several(
        self,
        amounts: Mapping[str | int, Money | None],
        *,
        day: date | None = None,
        matched: bool = True,
        together: bool = False,
        folder: str = "",
    ) -> str:
        """Book one bank statement that pays several invoices, with a line for each.

        Args:
            matched: whether the bookkeeper ties payment and invoice together; else both stay open.
            together: whether one line pays all of them, so that all are in one matching; they have one customer then.
        """
        with self.at_screen(folder) as (here, _):
            owed = [(_party_line(here, each), amount) for each, amount in amounts.items()]
            paid = [open_amount(here, line) if amount is None else Decimal(amount) for line, amount in owed]
            groups = (
                [(owed, sum(paid, Decimal(0)))]
                if together
                else [([each], sum_) for each, sum_ in zip(owed, paid, strict=True)]
            )
            lines = [
                {
                    "GLAccount_Id": group[0][0]["GLAccount_Id"],
                    "Customer_Id": group[0][0]["Customer_Id"],
                    "Supplier_Id": group[0][0]["Supplier_Id"],
                    "Amount": -total,
                    "CommentBooking": group[0][0]["Reference"],
                    "IsCoda": True,
                }
                for group, total in groups
            ]
            key = self.book(
                "bank", [*lines, {"GLAccountCode": "550000", "Amount": sum(paid, Decimal(0))}], day=day, folder=folder
            )
            if matched:
                for (group, _), payment in zip(groups, _lines(here, key), strict=False):
                    match(here, [*(line["Id"] for line, _ in group), payment["Id"]])
            return key

    def reverse_payment(self, payment: str, *, day: date | None = None, folder: str = "") -> str:
        """Book that the bank took a payment back: the same lines mirrored, in the same matching. Return the Id."""
        with self.at_screen(folder) as (here, _):
            kept = ("GLAccount_Id", "Customer_Id", "Supplier_Id", "CommentBooking")
            old = _lines(here, payment)
            mirrored = [{**{name: row[name] for name in kept}, "Amount": -row["Amount"]} for row in old]
            key = self.book("bank", mirrored, day=day, folder=folder)
            for row, back in zip(old, _lines(here, key), strict=True):
                if row["GLMatch_Id"] != EMPTY:
                    match(here, [row["Id"], back["Id"]])
            return key

    def match(self, *bookings: str | int, folder: str = "") -> None:
        """Tie the lines of customers or suppliers of these bookings together."""
        with self.at_screen(folder) as (here, _):
            match(here, [_party_line(here, each)["Id"] for each in bookings])

    def unmatch(self, invoice: str | int, *, folder: str = "") -> None:
        """Dissolve the matching in which an invoice is."""
        with self.at_screen(folder) as (here, _):
            unmatch(here, _party_line(here, invoice)["GLMatch_Id"])

    # Corrections ------------------------------------------------------------------------------------------------

    def edit_booking(
        self,
        invoice: str | int,
        *,
        lines: Mapping[int, Mapping[str, Any]] | None = None,
        remove: Sequence[int] = (),
        add: Sequence[Mapping[str, Any]] = (),
        folder: str = "",
        **head: Any,
    ) -> None:
        """Change a booking: its head, lines by their LineOrder, lines that go, lines that come; all at once or not at all."""
        with self.at_screen(folder) as (here, saver), here.transaction():
            key = _header(here, invoice)["Id"]
            by_order = {row["LineOrder"]: row["Id"] for row in _lines(here, key)}
            changed = [{"Id": by_order[order], **values} for order, values in (lines or {}).items()]
            added = [{"CurrencyCode": tables.CURRENCY, **values} for values in add]
            for order in remove:
                saver.drop("GLTrans", by_order[order])
            saver.update("GLTransHeader", key, {**head, "GLTransactions": [*changed, *added]})

    def remove_booking(self, invoice: str | int, *, folder: str = "") -> None:
        """Delete a booking with all its lines; what was matched with it stays in its matching."""
        with self.at_screen(folder) as (here, saver):
            saver.delete("GLTransHeader", _header(here, invoice)["Id"])

    def lock_booking(self, invoice: str | int, locked: bool = True, *, folder: str = "") -> None:
        """Lock a booking as an accountant does, or unlock it."""
        with self.at_screen(folder) as (here, _):
            here.write(here.model["GLTransHeader"], _header(here, invoice)["Id"], {"IsLocked": locked})

    def close_period(self, year: int, number: int, *, folder: str = "", closed: bool = True) -> None:
        """Close a period by its number in the year, or open it again."""
        with self.at_screen(folder) as (here, _):
            here.write(here.model["BookPeriod"], tables.period(here, year, number), {"_closed": closed})

    def open_period(self, year: int, number: int, *, folder: str = "") -> None:
        self.close_period(year, number, folder=folder, closed=False)

    def add_year(self, year: int, *, folder: str = "") -> None:
        """Open another book year."""
        with self.at_screen(folder) as (here, _):
            tables.add_year(here, year)


def _lines(folder: Folder, header: str) -> list[Row]:
    return folder.listed(folder.model["GLTransHeader"].lists["GLTransactions"], header)


def _header(folder: Folder, invoice: str | int) -> Row:
    """Find a booking by its Id, else by its number in the sales journal, by its reference, or by a word of its text.

    What is named in each of these ways by several is the newest of them; a payment has its invoice in its text alone.
    """
    rows = folder.rows["GLTransHeader"]
    if invoice in rows:
        return rows[str(invoice)]
    sales = tables.id_of(folder, "Journal", tables.journal(folder, "sale"))
    first = {key: _lines(folder, key)[0] for key in rows}
    ways = (
        [row for row in rows.values() if row["Journal_Id"] == sales and row["DocNumber"] == invoice],
        [row for row in rows.values() if invoice == first[row["Id"]]["Reference"]],
        [row for row in rows.values() if invoice in (first[row["Id"]]["CommentBooking"] or "").split()],
    )
    found = next((each for each in ways if each), [])
    assert found, f"there is no booking {invoice!r}"
    return found[-1]


def _party_line(folder: Folder, invoice: str | int) -> Row:
    rows = _lines(folder, _header(folder, invoice)["Id"])
    found = next((row for row in rows if row["Customer_Id"] != EMPTY or row["Supplier_Id"] != EMPTY), None)
    assert found is not None, f"booking {invoice!r} is about no customer and no supplier"
    return found


def _flat(folder: Folder, row: Row) -> dict[str, Any]:
    """Copy a line with the codes of what it refers to, and with journal, number and period of its document."""
    codes = {
        each.name: (folder.row(each.target, row[each.id_field]) or {}).get("Code")
        for each in folder.model["GLTrans"].references.values()
        if folder.model[each.target].has_code
    }
    header = folder.rows["GLTransHeader"][row["GLTransHeader_Id"]]
    period = folder.rows["BookPeriod"][header["BookPeriod_Id"]]
    return {
        **row,
        **codes,
        "Journal": folder.rows["Journal"][header["Journal_Id"]]["Code"],
        "DocNumber": header["DocNumber"],
        "BookDate": header["BookDate"],
        "RelatedYear": period["RelatedYear"],
        "Number": period["Number"],
    }
