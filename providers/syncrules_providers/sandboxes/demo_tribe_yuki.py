"""What happens in the demo between Tribe and Yuki, and what must have come of it.

Everything is done and looked at as a person would: at the screens of the two sandboxes, never through the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.yuki import YukiSandbox

Chapter = tuple[str, Callable[[], None]]
"""What happens, and how."""

CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
INVOICES = "Activity_Invoice"
PHONE, NEW_NUMBER = "030-0000123", "10099"
KORENAAR, ROEIBOOT = "10042", NEW_NUMBER
UNTOUCHED = ("IBAN", "BIC", "MobileWork", "Tags")
"""What Yuki knows of a company and no mapping touches."""


class Demo:
    """One day in two systems, told in parts; after each part both sides are brought in step.

    Args:
        systems: the running sandboxes by the name of their system.
    """

    settings: ClassVar[Mapping[str, Any]] = {
        "VAT groups": {"NL - 21%": 1, "NL - 0%": 3},
        "revenue accounts": {"8000": "80001", "8010": "80002", "8020": "80004"},
        "default revenue account": "80001",
    }
    """Answers that nobody can suggest."""

    waits: ClassVar[Mapping[str, str]] = {
        "Tweeling Noord": "",
        "Tweeling Zuid": "another record wants the same counterpart",
        "Code Gedeeld Zuid": "'Y2001' already belongs to 'Code Gedeeld Noord'",
        "Nummerloos Advies": "no debtor number",
        "Zoë Nummerloos": "no debtor number",
        "Verpakkingen Rond": "no debtor number",
        "Ruststand B.V.": "not in use in Yuki",
        "Wissel Klussen": "'10055' already belongs to 'Sam Wissel'",
    }
    """Who waits or fails in the end, and a part of the reason."""

    def __init__(self, systems: Mapping[str, Any]) -> None:
        self.crm: TribeSandbox = systems["tribe"]
        self.books: YukiSandbox = systems["yuki"]
        self.kept = self._aside()

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[Chapter]]]:
        """What happens, in parts."""
        return (
            (
                "A day in both systems",
                (
                    (f"In Tribe, Bakkerij De Korenaar gets another phone number: {PHONE}.", self.phone_changes),
                    ("In Yuki, Zaadhandel Kiem moves to Lindelaan 14.", self.customer_moves),
                    (
                        f"In Tribe, a new customer: Roeiboot Verhuur, with debtor number {NEW_NUMBER}.",
                        self.customer_comes,
                    ),
                    ("In Tribe, another one whom nobody gave a number: Haastige Start.", self.customer_without_number),
                    ("In Tribe, an invoice for Bakkerij De Korenaar is marked as Sent.", self.send),
                    ("In Tribe, Roeiboot Verhuur gets an invoice at once.", self.send_to_the_new_one),
                ),
            ),
            (
                "Somebody ticks a box",
                (
                    ("In Yuki, somebody ticks Customer for Roeiboot Verhuur: no program can.", self.tick),
                    ("In Yuki, Bakkerij De Korenaar pays its invoice.", self.pay),
                ),
            ),
            (
                "And the rest",
                ((f"In Tribe, Haastige Start gets a debtor number after all: {NEW_NUMBER}1.", self.number_comes),),
            ),
        )

    # What people do -----------------------------------------------------------------------------------------------

    def phone_changes(self) -> None:
        self.crm.edit("Relation_Organization", self._organisation(KORENAAR)["ID"], PhoneNumber=PHONE)

    def customer_moves(self) -> None:
        self.books.edit_contact(self.books.contact(Code="00017")["ID"], AddressLine_1="Lindelaan 14")

    def customer_comes(self) -> None:
        self._add("Roeiboot Verhuur", DebtorNumber=NEW_NUMBER, PhoneNumber="053-0000099")

    def customer_without_number(self) -> None:
        self._add("Haastige Start", PhoneNumber="053-0000100")

    def number_comes(self) -> None:
        one = self.crm.one("Relation_Organization", Name="Haastige Start")
        self.crm.edit("Relation_Organization", one["ID"], DebtorNumber=f"{NEW_NUMBER}1")

    def send(self) -> None:
        for each in self._invoices(KORENAAR):
            if each["Phase"]["Code"] == "Draft":
                self.crm.send_invoice(each["ID"])

    def send_to_the_new_one(self) -> None:
        customer = self.crm.one(CUSTOMERS, Organization__DebtorNumber=ROEIBOOT)["ID"]
        vat = {"ID": self.crm.lookup("Datastore_VatGroup", "NL21")}
        line = {"Description": "Roeiboot, een dag", "Quantity": 3, "Price": Decimal("45.50"), "VatGroup": vat}
        made = self.crm.add(
            INVOICES,
            Subject="Drie dagen varen",
            Relationship={"ID": customer},
            ProductLines=[line],
            PaymentTermInDays=14,
            Currency="EUR",
        )
        self.crm.send_invoice(made)

    def tick(self) -> None:
        self.books.set_customer(self.books.contact(Code=ROEIBOOT)["ID"])

    def pay(self) -> None:
        self.books.pay(self._sent(KORENAAR)["Number"])

    def _add(self, name: str, **organisation: Any) -> None:
        key = self.crm.add("Relation_Organization", Name=name, **organisation)
        self.crm.add(CUSTOMERS, Relation={"ID": self.crm.own_relation}, Organization={"ID": key})

    # What must have come of it ------------------------------------------------------------------------------------

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so now, and whether it is."""
        korenaar = self.books.contact(Code=KORENAAR)
        yield "the phone number went to Yuki", _digits(korenaar["PhoneWork"]) == _digits(PHONE)
        yield "what no mapping touches is still there", self._aside() == self.kept
        kiem = self._organisation("00017")["InvoiceAddress"]
        yield "the new address came to Tribe", (kiem["Street"], kiem["HouseNumber"]) == ("Lindelaan", 14)
        yield "the new customer is in Yuki, once", self._in_books(NEW_NUMBER) == ["Roeiboot Verhuur"]
        yield (
            "the customer without a number followed when it had one",
            self._in_books(f"{NEW_NUMBER}1") == ["Haastige Start"],
        )
        for number, name in ((KORENAAR, "Bakkerij De Korenaar"), (ROEIBOOT, "Roeiboot Verhuur")):
            invoice = self._sent(number)
            booked = [each["total"] for each in self.books.invoices() if each["reference"] == invoice["Number"]]
            total = Decimal(str(invoice["TotalIncludingVat"]))
            yield f"the invoice of {name} was booked once, to the cent", booked == [total]
        yield (
            "only the invoice of Roeiboot Verhuur is open in Yuki",
            list(self.books.outstanding()) == [self._sent(ROEIBOOT)["Number"]],
        )
        yield "the payment stayed in Yuki", self._sent(KORENAAR)["Phase"]["Code"] == "Sent"
        yield "no invoice from before was sent again", len(self.books.invoices()) == 2

    def _aside(self) -> dict[str, Any]:
        korenaar = self.books.contact(Code=KORENAAR)
        return {name: korenaar[name] for name in UNTOUCHED}

    def _in_books(self, code: str) -> list[str]:
        return [each["Name"] for each in self.books.contacts() if each["Code"] == code]

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
        subjects = ("Nog te versturen", "Drie dagen varen")
        return next(each for each in self._invoices(debtor_number) if each["Subject"] in subjects)


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit()).removeprefix("31").removeprefix("0")
