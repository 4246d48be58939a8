"""What happens in the demo between Tribe and WinBooks, and what must have come of it.

Everything is done and looked at as a person would: at the screens of the two sandboxes, never through the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox

Chapter = tuple[str, Callable[[], None]]
"""What happens, and how."""

CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
INVOICES = "Activity_Invoice"
WEBSITE, MAIL = "www.korenaar-gent.example", "boekhouding@arthur.example"
NEW_NUMBER = "10099"
DEPOSIT = Decimal("40.00")


class Demo:
    """One day in two systems, told in parts; after each part both sides are brought in step.

    Args:
        systems: the running sandboxes by the name of their system.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "VAT groups": {"BE - 21%": "21", "BE - 6%": "6", "BE - 0%": "0"},
        "kinds of VAT": {"BE - 6%": "V01"},
        "credit note journal": "VCN",
    }
    """Answers that nobody can suggest."""

    waits: ClassVar[Mapping[str, str]] = {
        "Tweeling Noord": "Tweeling",
        "Tweeling Zuid": "Tweeling",
        "Nummerloos Advies": "no debtor number",
        "Verpakkingen Rond": "no debtor number",
        "Zoë Nummerloos": "no debtor number",
        "Leverancier Zonder Nummer": "no creditor number",
        "Ruststand B.V.": "not in use in WinBooks",
        "Wissel Klussen": "'10055' already belongs to",
        "Ver Weg": "21 characters",
        "Stichting tot Behoud van Buitengewoon Lange Namen en Andere Overdreven Benamingen in Noord, Zuid en Oost": "104",
    }
    """Who waits or fails in the end, and a part of the reason."""

    def __init__(self, systems: Mapping[str, Any]) -> None:
        self.crm: TribeSandbox = systems["tribe"]
        self.books: WinBooksSandbox = systems["winbooks"]
        self.memo = self.books.customer("10042")["Memo"]
        self.booked_before = len(self.books.bookings())

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[Chapter]]]:
        """What happens, in parts."""
        return (
            (
                "A day in both systems",
                (
                    (f"In Tribe, Bakkerij De Korenaar gets another website: {WEBSITE}.", self.website_changes),
                    (f"In WinBooks, Arthur Schrijnwerken gets another e-mail address: {MAIL}.", self.mail_changes),
                    (
                        f"In Tribe, a new customer: Roeiboot Verhuur, with debtor number {NEW_NUMBER}.",
                        self.customer_comes,
                    ),
                    ("In Tribe, another one whom nobody gave a number: Haastige Start.", self.customer_without_number),
                    ("In Tribe, an invoice for Bakkerij De Korenaar is marked as Sent.", lambda: self.send("10042")),
                    ("In Tribe, an invoice for Drukkerij Inktvis is marked as Sent.", lambda: self.send("10043")),
                    ("In Tribe, a credit note for Bakkerij De Korenaar is marked as Sent.", self.credit),
                    ("In WinBooks, Bebop Muziekhandel is taken out of use.", self.customer_goes),
                ),
            ),
            (
                "Money comes in",
                (
                    ("In WinBooks, Bakkerij De Korenaar pays its invoice.", lambda: self.pay("10042", None)),
                    (
                        f"In WinBooks, Drukkerij Inktvis pays € {DEPOSIT} of its invoice.",
                        lambda: self.pay("10043", DEPOSIT),
                    ),
                ),
            ),
            (
                "And the rest",
                (
                    ("In WinBooks, Drukkerij Inktvis pays what was open.", lambda: self.pay("10043", None)),
                    (f"In Tribe, Haastige Start gets a debtor number after all: {NEW_NUMBER}1.", self.number_comes),
                ),
            ),
        )

    # What people do -----------------------------------------------------------------------------------------------

    def website_changes(self) -> None:
        self.crm.edit("Relation_Organization", self._organisation("10042")["ID"], Website=WEBSITE)

    def mail_changes(self) -> None:
        self.books.edit_contact("ARTHUR", Email=MAIL)

    def customer_comes(self) -> None:
        self._add("Roeiboot Verhuur", DebtorNumber=NEW_NUMBER, PhoneNumber="+32 9 000 00 99")

    def customer_without_number(self) -> None:
        self._add("Haastige Start", PhoneNumber="+32 9 000 00 98")

    def number_comes(self) -> None:
        one = self.crm.one("Relation_Organization", Name="Haastige Start")
        self.crm.edit("Relation_Organization", one["ID"], DebtorNumber=f"{NEW_NUMBER}1")

    def customer_goes(self) -> None:
        self.books.deactivate_customer("BEBOP")

    def send(self, debtor_number: str) -> None:
        for each in self._invoices(debtor_number):
            if each["Phase"]["Code"] == "Draft":
                self.crm.send_invoice(each["ID"])

    def credit(self) -> None:
        line = {"Description": "Te veel gerekend", "Quantity": 1, "Price": Decimal("-12.10")}
        self.crm.send_invoice(
            self.crm.add(
                INVOICES,
                Subject="Creditnota",
                Relationship={"ID": self.crm.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]},
                PaymentTermInDays=14,
                Currency="EUR",
                ProductLines=[{**line, "VatGroup": {"ID": self.crm.lookup("Datastore_VatGroup", "BE21")}}],
            )
        )

    def pay(self, debtor_number: str, amount: Decimal | None) -> None:
        self.books.pay(self._sent(debtor_number)["Number"], amount)

    def _add(self, name: str, **organisation: Any) -> None:
        key = self.crm.add("Relation_Organization", Name=name, **organisation)
        self.crm.add(CUSTOMERS, Relation={"ID": self.crm.own_relation}, Organization={"ID": key})

    # What must have come of it ------------------------------------------------------------------------------------

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so now, and whether it is."""
        yield "the website went to WinBooks", self.books.one("Third", Code="10042")["WebSite"] == WEBSITE
        yield "the memo that no mapping touches is still there", self.books.customer("10042")["Memo"] == self.memo
        yield "the e-mail address came to Tribe", self._organisation("ARTHUR")["EmailAddress"] == MAIL
        yield "the new customer is in WinBooks, once", self._in_books(NEW_NUMBER) == ["Roeiboot Verhuur"]
        yield (
            "the customer without a number followed when it had one",
            self._in_books(f"{NEW_NUMBER}1") == ["Haastige Start"],
        )
        gone = self.crm.one(CUSTOMERS, Organization__DebtorNumber="BEBOP")
        yield "who is out of use in WinBooks is inactive in Tribe", gone["IsFormer"]
        for number, name in (("10042", "Bakkerij De Korenaar"), ("10043", "Drukkerij Inktvis")):
            invoice = self._sent(number)
            total = Decimal(str(invoice["TotalIncludingVat"]))
            booked = self._booked("VERK", invoice["Number"])
            yield f"the invoice of {name} was booked once, to the cent", [_amount(each) for each in booked] == [total]
            yield f"its lines are in balance ({name})", all(_is_balanced(each) for each in booked)
            paid = sum((Decimal(str(each["Amount"])) for each in invoice["Payments"]), Decimal(0))
            yield f"what {name} paid came to Tribe, to the cent", paid == total
            yield f"the invoice of {name} is Paid in Tribe", invoice["Phase"]["Code"] == "Paid"
        note = self.crm.one(INVOICES, Subject="Creditnota")
        credited = [_amount(each) for each in self._booked("VCN", note["Number"])]
        yield "the credit note was booked once, below zero", credited == [Decimal(str(note["TotalIncludingVat"]))]
        # Three documents that we booked, three payments of two invoices.
        yield "no invoice from before was booked again", len(self.books.bookings()) == self.booked_before + 6

    def _in_books(self, code: str) -> list[str]:
        return [each["Third"]["Name"] for each in self.books.customers() if each["Code"] == code]

    def _booked(self, journal: str, number: str) -> list[dict[str, Any]]:
        return [each for each in self.books.bookings(journal) if _lines(each)[0]["Reference"] == number]

    def _organisation(self, debtor_number: str) -> dict[str, Any]:
        return self.crm.one("Relation_Organization", DebtorNumber=debtor_number)

    def _invoices(self, debtor_number: str) -> list[dict[str, Any]]:
        customer = self._organisation(debtor_number)["ID"]
        return [
            each
            for each in self.crm.rows(INVOICES)
            if (each["Relationship"].get("Organization") or {}).get("ID") == customer
        ]

    def _sent(self, debtor_number: str) -> dict[str, Any]:
        """Find the invoice that the demo sent: the only one of this customer with these subjects."""
        return next(
            each
            for each in self._invoices(debtor_number)
            if each["Subject"] in ("Nog te versturen", "Werk in uitvoering")
        )


def _lines(booking: Mapping[str, Any]) -> list[dict[str, Any]]:
    return sorted(booking["GLTransactions"], key=lambda each: int(each["LineOrder"]))


def _amount(booking: Mapping[str, Any]) -> Decimal:
    return Decimal(_lines(booking)[0]["Amount"])


def _is_balanced(booking: Mapping[str, Any]) -> bool:
    return sum((each["Amount"] for each in booking["GLTransactions"]), Decimal(0)) == 0
