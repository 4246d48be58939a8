"""What happens in the demo between Tribe and e-Boekhouden, and what must have come of it.

Everything is done and looked at as a person would: at the screens of the two sandboxes, never through the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from syncrules_providers.sandboxes.eboekhouden_screen import Screen
from syncrules_providers.sandboxes.tribe import TribeSandbox

Chapter = tuple[str, Callable[[], None]]
"""What happens, and how."""

CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
INVOICES = "Activity_Invoice"
PHONE, NEW_NUMBER = "030-0000123", "10099"
DEPOSIT = Decimal("40.00")


class Demo:
    """One day in two systems, told in parts; after each part both sides are brought in step.

    Args:
        systems: the running sandboxes by the name of their system.
    """

    system: ClassVar[str] = "eboekhouden-soap"
    """The protocol over which the books are reached; whoever sits before them sees no difference."""

    settings: ClassVar[Mapping[str, Any]] = {
        "VAT groups": {"NL - 0%": "GEEN"},
        "default revenue account": "8000",
        "product group": "Algemeen",
    }
    """Answers that nobody can suggest."""

    waits: ClassVar[Mapping[str, str]] = {
        "Tweeling Noord": "Tweeling",
        "Tweeling Zuid": "Tweeling",
        "Nummerloos Advies": "no debtor number",
        "Zoë Nummerloos": "no debtor number",
        "Wissel Klussen": "'10055' already belongs to",
        "Webwinkel Lange Adem": "71 characters",
        "Ver Weg": "21 characters",
        "Stichting tot Behoud van Buitengewoon Lange Namen en Andere Overdreven Benamingen in Noord, Zuid en Oost": "104",
        "Stadsfiets blauw": "'FTS-01' already belongs to",
        **dict.fromkeys(
            ("Kaas blauw", "Kast blauw", "Onderhoud rood", "Stoel rood", "Verf rood", "Zaag blauw"), "already belongs"
        ),
    }
    """Who waits or fails in the end, and a part of the reason."""

    def __init__(self, systems: Mapping[str, Any]) -> None:
        self.crm: TribeSandbox = systems["tribe"]
        self.books: Screen = systems[self.system]
        self.note = self.books.relation(Code="10042")["Notitie"]
        self.before = (len(self.books.relations()), len(self.crm.rows("Relation_Organization")))

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[Chapter]]]:
        """What happens, in parts."""
        return (
            (
                "A day in both systems",
                (
                    (f"In Tribe, Bakkerij De Korenaar gets another phone number: {PHONE}.", self.phone_changes),
                    ("In e-Boekhouden, Zaadhandel Kiem moves to Lindelaan 14.", self.customer_moves),
                    (
                        f"In Tribe, a new customer: Roeiboot Verhuur, with debtor number {NEW_NUMBER}.",
                        self.customer_comes,
                    ),
                    ("In Tribe, another one whom nobody gave a number: Haastige Start.", self.customer_without_number),
                    ("In Tribe, an invoice for Bakkerij De Korenaar is marked as Sent.", lambda: self.send("10042")),
                    ("In Tribe, an invoice for Drukkerij Inktvis is marked as Sent.", lambda: self.send("10043")),
                    ("In e-Boekhouden, the product Fietsboek is taken out of use.", self.product_goes),
                ),
            ),
            (
                "Money comes in",
                (
                    ("In e-Boekhouden, Bakkerij De Korenaar pays its invoice.", lambda: self.pay("10042", None)),
                    (
                        f"In e-Boekhouden, Drukkerij Inktvis pays € {DEPOSIT} of its invoice.",
                        lambda: self.pay("10043", DEPOSIT),
                    ),
                ),
            ),
            (
                "And the rest",
                (
                    ("In e-Boekhouden, Drukkerij Inktvis pays what was open.", lambda: self.pay("10043", None)),
                    (f"In Tribe, Haastige Start gets a debtor number after all: {NEW_NUMBER}1.", self.number_comes),
                ),
            ),
        )

    # What people do -----------------------------------------------------------------------------------------------

    def phone_changes(self) -> None:
        self.crm.edit("Relation_Organization", self._organisation("10042")["ID"], PhoneNumber=PHONE)

    def customer_moves(self) -> None:
        self.books.edit_relation(self.books.relation(Code="00017")["ID"], Adres="Lindelaan 14")

    def customer_comes(self) -> None:
        self._add("Roeiboot Verhuur", DebtorNumber=NEW_NUMBER, PhoneNumber="053-0000099", PaymentTermInDays=14)

    def customer_without_number(self) -> None:
        self._add("Haastige Start", PhoneNumber="053-0000100")

    def number_comes(self) -> None:
        one = self.crm.one("Relation_Organization", Name="Haastige Start")
        self.crm.edit("Relation_Organization", one["ID"], DebtorNumber=f"{NEW_NUMBER}1")

    def send(self, debtor_number: str) -> None:
        for each in self._invoices(debtor_number):
            if each["Phase"]["Code"] == "Draft":
                self.crm.send_invoice(each["ID"])

    def product_goes(self) -> None:
        self.books.edit_article(self.books.article(ArtikelCode="LAAG-1")["ArtikelID"], Actief=False)

    def pay(self, debtor_number: str, amount: Decimal | None) -> None:
        self.books.pay(self._sent(debtor_number)["Number"], amount)

    def _add(self, name: str, *, PaymentTermInDays: int | None = None, **organisation: Any) -> None:
        key = self.crm.add("Relation_Organization", Name=name, **organisation)
        term = {"PaymentTermInDays": PaymentTermInDays} if PaymentTermInDays is not None else {}
        self.crm.add(CUSTOMERS, Relation={"ID": self.crm.own_relation}, Organization={"ID": key}, **term)

    # What must have come of it ------------------------------------------------------------------------------------

    def checks(self) -> Iterator[tuple[str, bool]]:
        """Say what must be so now, and whether it is."""
        korenaar = self.books.relation(Code="10042")
        yield "the phone number went to e-Boekhouden", _digits(korenaar["Telefoon"]) == _digits(PHONE)
        yield "the note that no mapping touches is still there", korenaar["Notitie"] == self.note
        kiem = self._organisation("00017")["InvoiceAddress"]
        yield "the new address came to Tribe", (kiem["Street"], kiem["HouseNumber"]) == ("Lindelaan", 14)
        yield "the new customer is in e-Boekhouden, once", self._in_books(NEW_NUMBER) == ["Roeiboot Verhuur"]
        yield (
            "the customer without a number followed when it had one",
            self._in_books(f"{NEW_NUMBER}1") == ["Haastige Start"],
        )
        yield "the product is inactive in Tribe", self.crm.one("Product", Code="LAAG-1")["IsInactive"]
        for number, name in (("10042", "Bakkerij De Korenaar"), ("10043", "Drukkerij Inktvis")):
            invoice = self._sent(number)
            booked = [each for each in self.books.mutations() if each["Factuurnummer"] == invoice["Number"]]
            kinds = [each["Soort"] for each in booked]
            yield f"the invoice of {name} was booked once", kinds.count("FactuurVerstuurd") == 1
            paid = sum((Decimal(str(each["Amount"])) for each in invoice["Payments"]), Decimal(0))
            yield f"what {name} paid came to Tribe, to the cent", paid == Decimal(str(invoice["TotalIncludingVat"]))
            yield f"the invoice of {name} is Paid in Tribe", invoice["Phase"]["Code"] == "Paid"
        yield "no invoice from before was sent again", len(self.books.open_items()) == 0

    def _in_books(self, code: str) -> list[str]:
        return [each["Bedrijf"] for each in self.books.relations() if each["Code"] == code]

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


def _digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit()).removeprefix("31").removeprefix("0")
