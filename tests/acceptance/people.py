"""What people do in both systems while a connection is tried hard, and what must have come of it.

Whatever they do is written down here, beside both systems; `wrong` holds what the systems say against it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any, Literal

from scenes import INVOICES, ORGANISATIONS, PEOPLE
from world import CUSTOMERS, PERSONS, Systems

Side = Literal["crm", "books"]
MOST_AT_ONCE = 4
"""So many open items are settled, and products taken out of use, between two runs: more would be asked about."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody entered, where, and what stood there before."""

    side: Side
    value: str
    replaced: str


@dataclass(slots=True)
class Field:
    """One fact that both systems keep about one customer."""

    stands: str = ""
    """What both said when they were last in step."""
    edits: list[Edit] = field(default_factory=list)
    """Since then."""


@dataclass(slots=True)
class Customer:
    """A business customer, known by its number."""

    name: str
    number: str
    fields: dict[str, Field]
    note: str = ""
    """What the books alone keep."""
    mail: str = ""
    """What the CRM alone keeps."""
    waits: bool = False
    """Nobody has given it a number yet: it stays in the CRM."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where each system keeps a fact about a customer."""

    books: str
    crm: str
    new: Callable[[int], str]
    """Makes a value that nobody has yet."""


FIELDS: Mapping[str, Kept] = {
    "phone": Kept("Telefoon", "PhoneNumber", lambda number: f"030-{number:07}"),
    "website": Kept("Site", "Website", lambda number: f"w{number}.example"),
    "city": Kept("Plaats", "InvoiceAddress", lambda number: f"Stad {number}"),
}


class People:
    """Some people who work in both systems."""

    def __init__(self, here: Systems) -> None:
        self.crm, self.books = here.crm, here.books
        self.chance = random.Random(0)
        """Decides about whom and what; each act has a chance of its own, so that one does not depend on another."""
        self.customers: list[Customer] = []
        self.persons: dict[str, str] = {}
        """Number → mobile phone, of private customers that the books brought."""
        self.prices: dict[str, Decimal] = {}
        """Code of an article → its price."""
        self.unused: set[str] = set()
        self.invoices: dict[str, tuple[Customer, Decimal]] = {}
        """Number → for whom, and what is still open."""
        self.paid: dict[str, Decimal] = {}
        self.without_term: set[str] = set()
        self.did: list[str] = []
        """What they did, for whoever reads that something went wrong."""
        self._numbers = count(1)
        self._settled = self._stopped = 0

    # What they do -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Fill both systems as they are before anybody connects them."""
        for _ in range(5):
            self.customer_in_books()
        for _ in range(3):
            self.customer_in_crm()
        self.customer_in_both()
        self.person_in_books()
        for _ in range(4):
            self.article()
        self.customer_without_number()

    def do(self, what: str, seed: str) -> None:
        """Do one thing; where it cannot be done now, another that can."""
        self.chance.seed(seed)
        if not ACTS[what](self):
            self.edit_in_crm()

    def customer_in_books(self) -> bool:
        number = next(self._numbers)
        made = Customer(f"Kwekerij {number}", str(20_000 + number), {name: Field() for name in FIELDS})
        values = {kept.books: self._entered(made, name, "books") for name, kept in FIELDS.items()}
        if number % 3 == 0:
            del values["Plaats"]  # an address that is entered later is a write of its own
            made.fields["city"] = Field()
        made.note = f"notitie {number}"
        self.books.add_relation(
            Code=made.number, Bedrijf=made.name, BP="B", Notitie=made.note, Adres="Molenweg 1" if number % 3 else "", **values
        )  # fmt: skip
        self._came(made, "the books")
        return True

    def customer_in_crm(self) -> bool:
        number = next(self._numbers)
        self._into_crm(Customer(f"Bakkerij {number}", str(30_000 + number), {name: Field() for name in FIELDS}))
        return True

    def customer_without_number(self) -> bool:
        number = next(self._numbers)
        self._into_crm(Customer(f"Smederij {number}", "", {name: Field() for name in FIELDS}, waits=True))
        return True

    def _into_crm(self, made: Customer) -> None:
        made.mail = f"post@{made.name.replace(' ', '').lower()}.example"
        self.crm.add(
            CUSTOMERS,
            Relation={"ID": self.crm.own_relation},
            Organization={
                "Name": made.name,
                "DebtorNumber": made.number or None,
                "EmailAddress": made.mail,
                "PhoneNumber": self._entered(made, "phone", "crm"),
                "Website": self._entered(made, "website", "crm"),
                "InvoiceAddress": {"Street": "Kade", "HouseNumber": 3, "City": self._entered(made, "city", "crm")},
            },
        )
        self._came(made, "the CRM")

    def customer_in_both(self) -> bool:
        """A customer that both systems have from long ago, each in its own words."""
        number = next(self._numbers)
        made = Customer(f"Garage {number}", str(40_000 + number), {name: Field() for name in FIELDS})
        phone = self._entered(made, "phone", "books")
        self.books.add_relation(Code=made.number, Bedrijf=made.name, BP="B", Telefoon=phone)
        website = self._entered(made, "website", "crm")
        organisation = {"Name": made.name, "DebtorNumber": made.number, "Website": website}
        self.crm.add(CUSTOMERS, Relation={"ID": self.crm.own_relation}, Organization=organisation)
        self._came(made, "both")
        return True

    def number_comes(self) -> bool:
        waiting = [each for each in self.customers if each.waits]
        if not waiting:
            return False
        one = waiting[0]
        one.number, one.waits = str(50_000 + next(self._numbers)), False
        self.crm.edit(ORGANISATIONS, self._role(one)["Organization"]["ID"], DebtorNumber=one.number)
        self.did.append(f"{one.name} gets number {one.number}")
        return True

    def person_in_books(self) -> bool:
        number = next(self._numbers)
        code, phone = str(60_000 + number), f"06-{10_000_000 + number}"
        self.books.add_relation(Code=code, Bedrijf=f"Anna Voorbeeld{number}", BP="P", GSM=phone)
        self.persons[code] = phone
        self.did.append(f"person {code} in the books")
        return True

    def person_edited(self) -> bool:
        code = self.chance.choice(sorted(self.persons))
        phone = f"06-{10_000_000 + next(self._numbers)}"
        self.books.edit_relation(self.books.relation(Code=code)["ID"], GSM=phone)
        self.persons[code] = phone
        self.did.append(f"person {code} is called at {phone}")
        return True

    def edit_in_books(self) -> bool:
        return self._edit("books")

    def edit_in_crm(self) -> bool:
        return self._edit("crm")

    def edit_on_both_sides(self) -> bool:
        """The same field of the same customer, at the same time."""
        able = [each for each in self.customers if self._at(each, "crm") and self._at(each, "books")]
        if not able:
            return False
        one, name = self.chance.choice(able), self.chance.choice(("phone", "website"))
        return self._enter(one, name, "crm") and self._enter(one, name, "books")

    def _edit(self, side: Side) -> bool:
        one = self.chance.choice([each for each in self.customers if self._at(each, side)])
        return self._enter(one, self.chance.choice(sorted(FIELDS)), side)

    def _enter(self, one: Customer, name: str, side: Side) -> bool:
        """Enter a new value, and something beside it that is no concern of the mapping."""
        kept, value = FIELDS[name], FIELDS[name].new(next(self._numbers))
        if side == "books":
            row = self._relation(one)
            one.fields[name].edits.append(Edit(side, value, row[kept.books]))
            one.note = f"notitie {value}"
            self.books.edit_relation(row["ID"], **{kept.books: value, "Notitie": one.note})
        else:
            organisation = self._role(one)["Organization"]
            if name == "city" and organisation["InvoiceAddress"] is None:
                return False
            one.fields[name].edits.append(Edit(side, value, _of_crm(organisation, name)))
            one.mail = f"post@{value.replace(' ', '').lower()}.example"
            self.crm.edit(ORGANISATIONS, organisation["ID"], EmailAddress=one.mail)
            if name == "city":
                self.crm.edit("Address", organisation["InvoiceAddress"]["ID"], City=value)
            else:
                self.crm.edit(ORGANISATIONS, organisation["ID"], **{kept.crm: value})
        self.did.append(f"{name} of {one.name} in the {side}: {value}")
        return True

    def article(self) -> bool:
        number = next(self._numbers)
        code, price = f"B{number}", Decimal(f"{number}.50")
        self.books.add_article(
            ArtikelOmschrijving=f"Brood {number}", ArtikelCode=code, Eenheid="stuk", BTWCode="HOOG_VERK_21",
            InkoopprijsExclBTW=Decimal("1.20"), VerkoopprijsExclBTW=price, Actief=True,
        )  # fmt: skip
        self.prices[code] = price
        self.did.append(f"article {code}")
        return True

    def price(self) -> bool:
        code = self.chance.choice(sorted(self.prices.keys() - self.unused))
        self.prices[code] = Decimal(f"{next(self._numbers)}.25")
        self.books.edit_article(
            self.books.article(ArtikelCode=code)["ArtikelID"], VerkoopprijsExclBTW=self.prices[code]
        )
        self.did.append(f"article {code} costs {self.prices[code]}")
        return True

    def out_of_use(self) -> bool:
        # What nobody imported yet stays out, as it should; then there is nothing to see.
        known = {each["Code"] for each in self.crm.rows("Product")}
        able = sorted((self.prices.keys() & known) - self.unused)
        if len(able) < 3 or self._stopped >= MOST_AT_ONCE:
            return False
        code = self.chance.choice(able)
        self.books.edit_article(self.books.article(ArtikelCode=code)["ArtikelID"], Actief=False)
        self.unused.add(code)
        self._stopped += 1
        self.did.append(f"article {code} is no longer used")
        return True

    def invoice(self) -> bool:
        able = [each for each in self.customers if self._at(each, "crm") and not each.waits]
        if not able:
            return False
        one = self.chance.choice(able)
        key = self._draft(one, PaymentTermInDays=14)
        self.crm.send_invoice(key)
        sent = self.crm.one(INVOICES, ID=key)
        self.invoices[str(sent["Number"])] = (one, Decimal(sent["TotalIncludingVat"]))
        self.did.append(f"invoice {sent['Number']} for {one.name}")
        return True

    def invoice_without_term(self) -> bool:
        able = [each for each in self.customers if self._at(each, "crm") and not each.waits]
        if not able or self.without_term:
            return False
        one = self.chance.choice(able)
        key = self._draft(one)
        self.crm.send_invoice(key)
        number = str(self.crm.one(INVOICES, ID=key)["Number"])
        self.without_term.add(number)
        self.did.append(f"invoice {number} for {one.name}, without a term")
        return True

    def _draft(self, one: Customer, **fields: Any) -> str:
        vat = self.crm.lookup("Datastore_VatGroup", "NL21")
        lines = [
            {"Description": f"Regel {price}", "Quantity": 1, "Price": price, "VatGroup": {"ID": vat}}
            for price in (Decimal("100.00"), Decimal("12.34"))
        ]
        invoice = {
            "Subject": f"Levering {next(self._numbers)}",
            "Relationship": {"ID": self._role(one)["ID"]},
            "Currency": "EUR",
            "ProductLines": lines,
        }
        return self.crm.add(INVOICES, **invoice, **fields)

    def pay_a_part(self) -> bool:
        return self._pay("10.00")

    def pay_the_rest(self) -> bool:
        able = self._open()
        if self._settled >= MOST_AT_ONCE or len(able) < 3:
            return False
        self._settled += 1
        return self._pay(None)

    def _pay(self, amount: str | None) -> bool:
        able = self._open()
        if not able:
            return False
        number = self.chance.choice(able)
        one, rest = self.invoices[number]
        paid = rest if amount is None else Decimal(amount)
        if amount is not None and rest <= paid:
            return False
        self.books.pay(number, amount)
        self.invoices[number] = (one, rest - paid)
        self.paid[number] = self.paid.get(number, Decimal(0)) + paid
        self.did.append(f"{paid} of invoice {number} is paid")
        return True

    def _open(self) -> list[str]:
        """The invoices that the books have and of which something is open."""
        booked = {each["Factuurnummer"] for each in self.books.mutations()}
        return sorted(number for number, (_, rest) in self.invoices.items() if rest and number in booked)

    # Looking around -----------------------------------------------------------------------------------------------

    def _entered(self, one: Customer, name: str, side: Side) -> str:
        value = FIELDS[name].new(next(self._numbers))
        one.fields[name].edits.append(Edit(side, value, ""))
        return value

    def _came(self, one: Customer, where: str) -> None:
        self.customers.append(one)
        self.did.append(f"{one.name} ({one.number or 'no number'}) in {where}")

    def _roles(self, one: Customer) -> list[dict[str, Any]]:
        return [each for each in self.crm.rows(CUSTOMERS) if each["Organization"]["Name"] == one.name]

    def _role(self, one: Customer) -> dict[str, Any]:
        return self._roles(one)[0]

    def _relations(self, one: Customer) -> list[dict[str, Any]]:
        return [each for each in self.books.relations() if each["Bedrijf"] == one.name]

    def _relation(self, one: Customer) -> dict[str, Any]:
        return self._relations(one)[0]

    def _at(self, one: Customer, side: Side) -> bool:
        return bool(self._roles(one) if side == "crm" else self._relations(one))

    # What must have come of it ---------------------------------------------------------------------------------------

    def wrong(self, reported: str) -> Iterator[str]:
        """Tell what the two systems hold and should not, or do not hold and should.

        Args:
            reported: what all runs since the last look have told.
        """
        for one in self.customers:
            yield from self._customer(one, reported)
        yield from self._counts()
        yield from self._persons()
        yield from self._products()
        yield from self._invoices()
        yield from self._payments()
        yield from self._external_ids()

    def in_step(self) -> None:
        """Take what both systems hold now as what was there before whatever comes."""
        for one in self.customers:
            if one.waits:
                continue
            relation = self._relation(one)
            for name, kept in FIELDS.items():
                one.fields[name] = Field(relation[kept.books])
        self._settled = self._stopped = 0
        self.did.clear()

    @property
    def waiting(self) -> set[str]:
        """The names of what waits for somebody."""
        return {each.name for each in self.customers if each.waits} | self.without_term

    @property
    def linked(self) -> dict[str, int]:
        """Entity → how many belong together."""
        return {
            "organisation": sum(not each.waits for each in self.customers),
            "person": len(self.persons),
            "product": len(self.prices),
            "invoice": len(self.invoices),
            "payment": len(self.paid),
        }

    def _customer(self, one: Customer, reported: str) -> Iterator[str]:
        roles, relations = self._roles(one), self._relations(one)
        wanted = 0 if one.waits else 1
        if len(roles) != 1 or len(relations) != wanted:
            yield f"{one.name}: {len(roles)} times in the CRM, {len(relations)} times in the books"
            return
        organisation = roles[0]["Organization"]
        if one.mail and organisation["EmailAddress"] != one.mail:
            yield f"{one.name}: nobody maps the mail address, and it is {organisation['EmailAddress']}, not {one.mail}"
        if one.waits:
            return
        relation = relations[0]
        if one.note and relation["Notitie"] != one.note:
            yield f"{one.name}: nobody maps the note, and it is '{relation['Notitie']}', not '{one.note}'"
        if (relation["Code"], organisation["DebtorNumber"]) != (one.number, one.number):
            yield f"{one.name}: number {organisation['DebtorNumber']} in the CRM, {relation['Code']} in the books"
        for name, kept in FIELDS.items():
            fact = one.fields[name]
            crm, books = _of_crm(organisation, name), relation[kept.books]
            if crm != books:
                yield f"{one.name}: {name} is '{crm}' in the CRM, '{books}' in the books; {fact}"
            else:
                yield from (f"{one.name}: {each}" for each in _lost(name, fact, crm, reported))

    def _counts(self) -> Iterator[str]:
        waits = sum(each.waits for each in self.customers)
        customers, persons = len(self.customers), len(self.persons)
        addresses = sum(1 for each in self.crm.rows(ORGANISATIONS) if each["InvoiceAddress"])
        sent = len(self.invoices) + len(self.without_term)
        for what, found, wanted in (
            ("customers in the CRM", len(self.crm.rows(CUSTOMERS)), customers),
            ("organisations in the CRM", len(self.crm.rows(ORGANISATIONS)) - 1, customers),
            ("private customers in the CRM", len(self.crm.rows(PERSONS)), persons),
            ("addresses in the CRM", len(self.crm.rows("Address")), addresses),
            ("invoices in the CRM", len(self.crm.rows(INVOICES)), sent),
            ("relations in the books", len(self.books.relations()), customers - waits + persons),
            ("articles in the books", len(self.books.articles()), len(self.prices)),
        ):
            if found != wanted:
                yield f"{found} {what} instead of {wanted}"

    def _persons(self) -> Iterator[str]:
        there = Counter(each["Person"]["DebtorNumber"] for each in self.crm.rows(PERSONS))
        for code, phone in self.persons.items():
            if there[code] != 1:
                yield f"person {code} is {there[code]} times in the CRM"
            else:
                said = self.crm.one(PERSONS, Person__DebtorNumber=code)["Person"]["MobilePhoneNumber"]
                if said != phone:
                    yield f"person {code}: mobile phone {said} in the CRM, {phone} in the books"

    def _products(self) -> Iterator[str]:
        there = Counter(each["Code"] for each in self.crm.rows("Product"))
        for code, price in self.prices.items():
            if there[code] != 1:
                yield f"product {code} is {there[code]} times in the CRM"
                continue
            product = self.crm.one("Product", Code=code)
            if (product["SalesPrice"], bool(product["IsInactive"])) != (price, code in self.unused):
                yield f"product {code}: {product['SalesPrice']}, inactive: {product['IsInactive']}; it should be {price}, {code in self.unused}"

    def _invoices(self) -> Iterator[str]:
        booked = [each for each in self.books.mutations() if each["Soort"] == "FactuurVerstuurd"]
        times = Counter(each["Factuurnummer"] for each in booked)
        if strange := times.keys() - self.invoices.keys():
            yield f"booked, and should not be: {', '.join(sorted(strange))}"
        for number, (one, rest) in self.invoices.items():
            if times[number] != 1:
                yield f"invoice {number} is booked {times[number]} times"
                continue
            mutation = next(each for each in booked if each["Factuurnummer"] == number)
            total = sum((each["BedragInclBTW"] for each in mutation["MutatieRegels"]), Decimal(0))
            if (mutation["RelatieCode"], total) != (one.number, rest + self.paid.get(number, 0)):
                yield f"invoice {number} is booked for {mutation['RelatieCode']} with {total}"

    def _payments(self) -> Iterator[str]:
        there = self.crm.rows("Payment")
        times = Counter(each["Reference"] for each in there)
        if strange := times.keys() - self.paid.keys():
            yield f"payments that nobody made: {', '.join(sorted(map(str, strange)))}"
        for number, (_, rest) in self.invoices.items():
            paid = self.paid.get(number, Decimal(0))
            amounts = [each["Amount"] for each in there if each["Reference"] == number]
            if amounts != ([paid] if paid else []):
                yield f"payments of invoice {number}: {amounts} instead of {paid}"
            phase = self.crm.one(INVOICES, Number=number)["Phase"]["Code"]
            if phase != ("Sent" if rest else "Paid"):
                yield f"invoice {number} is {phase}, and {rest} is open"

    def _external_ids(self) -> Iterator[str]:
        for name in (CUSTOMERS, PERSONS, "Product", INVOICES, ORGANISATIONS, PEOPLE):
            left = Counter(each["ImportId"] for each in self.crm.rows(name) if each["ImportId"])
            yield from (f"{times} {name} carry {id_}" for id_, times in left.items() if times > 1)


def _of_crm(organisation: Mapping[str, Any], name: str) -> str:
    if name == "city":
        return str((organisation["InvoiceAddress"] or {}).get("City") or "")
    return str(organisation[FIELDS[name].crm] or "")


def _lost(name: str, fact: Field, stands: str, reported: str) -> Iterator[str]:
    """Tell which edits are neither there, nor replaced by somebody who saw them, nor reported."""
    last = {each.side: each for each in fact.edits}
    if stands not in ({each.value for each in last.values()} or {fact.stands}):
        yield f"{name} is '{stands}', which nobody entered last; {fact}"
        return
    winner = next((each for each in last.values() if each.value == stands), None)
    for each in last.values():
        seen = winner is not None and _saw(fact.edits, winner, each)
        if each is not winner and not seen and each.value not in reported:
            yield f"{name} '{each.value}' of the {each.side} is lost without a word; it is '{stands}'"


def _saw(edits: Iterable[Edit], winner: Edit, other: Edit) -> bool:
    """Tell whether what somebody entered had been carried across, and was then replaced there by a person."""
    return any(each.replaced == other.value for each in edits if each.side == winner.side)


ACTS: Mapping[str, Callable[[People], bool]] = {
    "customer in the books": People.customer_in_books,
    "customer in the CRM": People.customer_in_crm,
    "customer without a number": People.customer_without_number,
    "number comes": People.number_comes,
    "person in the books": People.person_in_books,
    "person edited": People.person_edited,
    "edit in the books": People.edit_in_books,
    "edit in the CRM": People.edit_in_crm,
    "edit on both sides": People.edit_on_both_sides,
    "article": People.article,
    "price": People.price,
    "out of use": People.out_of_use,
    "invoice": People.invoice,
    "invoice without a term": People.invoice_without_term,
    "a part is paid": People.pay_a_part,
    "the rest is paid": People.pay_the_rest,
}
