"""The books of one invented administration: relations, articles, accounts, mutations, and what follows from them.

Rows are dictionaries in the vendor's own words: those of SOAP, and those of REST for what SOAP does not show.
Nothing here knows how they travel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules_providers.sandboxes import eboekhouden_tables as tables

Row = dict[str, Any]

CENT = Decimal("0.01")
RELATION_TEXTS = (
    "Code", "Bedrijf", "Contactpersoon", "Geslacht", "Adres", "Postcode", "Plaats", "Land", "Adres2", "Postcode2",
    "Plaats2",
    "Land2", "Telefoon", "GSM", "FAX", "Email", "Site", "Notitie", "Bankrekening", "Girorekening", "BTWNummer",
    "KvkNummer",
    "Aanhef", "IBAN", "BIC", "BP", *(f"Def{each}" for each in range(1, 11)), "LA",
)  # fmt: skip
RELATION_NUMBERS = ("Gb_ID", "GeenEmail", "NieuwsbriefgroepenCount")
RELATION_UNSEEN: Row = {
    **dict.fromkeys(("emailAddressInvoice", "emailAddressReminder", "mandateType", "mandateId", "peppolId"), ""),
    "inactive": False,
    "termOfPayment": None,
    "mandate": False,
    "mandateSignedDate": None,
}
"""What a relation has and SOAP does not show."""
BLANK_RELATION: Row = {
    **dict.fromkeys(RELATION_TEXTS, ""),
    **dict.fromkeys(RELATION_NUMBERS, 0),
    **RELATION_UNSEEN,
    "LA": "0",
    "BP": "B",
}
BLANK_ARTICLE: Row = {
    **dict.fromkeys(("ArtikelOmschrijving", "ArtikelCode", "GroepOmschrijving", "GroepCode", "Eenheid"), ""),
    **dict.fromkeys(("InkoopprijsExclBTW", "VerkoopprijsExclBTW", "VerkoopprijsInclBTW"), Decimal(0)),
    "BTWCode": "HOOG_VERK_21",
    "TegenrekeningCode": "8000",
    "BtwPercentage": Decimal("21.00"),
    "KostenplaatsID": 0,
    "Actief": True,
    "inStockManagement": False,
}


class Refused(Exception):
    """The books do not take it; `code` is the vendor's code, with its dots."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: {tables.ERRORS[code]}")
        self.code = code


class Books:
    """Everything that one administration holds."""

    def __init__(self) -> None:
        self.relations: dict[int, Row] = {}
        self.articles: dict[int, Row] = {}
        self.accounts: dict[int, Row] = {}
        self.mutations: dict[int, Row] = {}
        self.invoices: dict[str, Row] = {}
        """Invoices that were made here, by number; what AddMutatie books is none."""
        self.units: dict[str, int] = {}
        """The id of each unit, by its name for one of it."""
        self.groups: dict[tuple[str, str], int] = {}
        """The id of each group of articles, by its code and description."""
        self.centres: dict[int, Row] = {}
        self.opening: list[Row] = []
        """What stood on which account when the books were begun; SOAP does not tell it here."""
        self.next = {
            "relation": 4_100_201,
            "article": 501,
            "account": 9_100_001,
            "mutation": 1,
            "invoice": 1,
            "invoice_id": 71,
            "unit": 1,
            "group": 1,
            "centre": 1,
        }
        """The number that the next one of each sort gets."""
        self._codes: dict[str, int] = {}
        self._invoiced: dict[str, list[int]] = {}
        for code, description, category, group in tables.ACCOUNTS:
            row = {"Code": code, "Omschrijving": description, "Categorie": category, "Groep": group}
            self.accounts[9_000_000 + int(code)] = {"ID": 9_000_000 + int(code), **row}
        for description, parent in tables.COST_CENTRES:
            self.add_centre(description, parent)

    def number(self, sort: str) -> int:
        """Hand out the next number of a sort."""
        self.next[sort] += 1
        return self.next[sort] - 1

    # Relations --------------------------------------------------------------------------------------------------

    def relation_by_code(self, code: str) -> Row | None:
        return self.relations.get(self._codes.get(code, 0))

    def add_relation(self, fields: Mapping[str, Any], day: date) -> int:
        row = {**BLANK_RELATION, **fields}
        if row["Code"] in self._codes:
            raise Refused("CREL001")
        relation = fields.get("ID") or self.number("relation")
        self.relations[relation] = {**row, "ID": relation, "AddDatum": day}
        self._codes[row["Code"]] = relation
        return int(relation)

    def change_relation(self, relation: int, fields: Mapping[str, Any]) -> None:
        row = self.relations[relation]
        code = fields.get("Code", row["Code"])
        if self._codes.get(code, relation) != relation:
            raise Refused("CREL001")
        del self._codes[row["Code"]]
        self._codes[code] = relation
        row.update(fields)

    def remove_relation(self, relation: int) -> None:
        del self._codes[self.relations.pop(relation)["Code"]]

    # Articles ---------------------------------------------------------------------------------------------------

    def add_article(self, fields: Mapping[str, Any]) -> int:
        article = self.number("article")
        self.articles[article] = {**BLANK_ARTICLE, "ArtikelID": article}
        self.change_article(article, fields)
        return article

    def change_article(self, article: int, fields: Mapping[str, Any]) -> None:
        """Change an article; a unit or a group that nobody used before is new."""
        row = self.articles[article]
        row.update(fields)
        if row["Eenheid"] and row["Eenheid"] not in self.units:
            self.units[row["Eenheid"]] = self.number("unit")
        group = (row["GroepCode"], row["GroepOmschrijving"])
        if any(group) and group not in self.groups:
            self.groups[group] = self.number("group")

    # Accounts and cost centres ----------------------------------------------------------------------------------

    def add_centre(self, description: str, parent: int = 0) -> int:
        centre = self.number("centre")
        row = {"KostenplaatsId": centre, "Omschrijving": description, "KostenplaatsParentId": parent}
        self.centres[centre] = {**row, "active": True}
        return centre

    def account(self, code: str) -> Row | None:
        return next((each for each in self.accounts.values() if each["Code"] == code), None)

    def account_of(self, category: str) -> str | None:
        """Say the lowest code of a category."""
        return min((each["Code"] for each in self.accounts.values() if each["Categorie"] == category), default=None)

    # Mutations --------------------------------------------------------------------------------------------------

    def keep(self, mutation: Row) -> int:
        """Keep a mutation that was found to be right. Its relation is kept by id, so that a new code follows."""
        number = self.number("mutation")
        self.mutations[number] = {**mutation, "MutatieNr": number}
        if tables.KINDS[mutation["Soort"]].invoice == "new":
            self._invoiced.setdefault(mutation["Factuurnummer"], []).append(number)
        return number

    def forget(self, number: int) -> None:
        mutation = self.mutations.pop(number)
        if tables.KINDS[mutation["Soort"]].invoice == "new":
            self._invoiced[mutation["Factuurnummer"]].remove(number)

    def invoiced(self, invoice_number: str, kind: str) -> list[Row]:
        """Find the booked invoices of a kind that bear this number."""
        found = (self.mutations[each] for each in self._invoiced.get(invoice_number, ()))
        return [each for each in found if each["Soort"] == kind]

    def as_told(self, mutation: Row) -> Row:
        """Put the code of the relation, as it is today, in place of its id."""
        relation = self.relations.get(mutation["relation"] or 0)
        lines = [dict(each) for each in mutation["MutatieRegels"]]
        row = {name: value for name, value in mutation.items() if name != "relation"}
        return {**row, "RelatieCode": relation["Code"] if relation else "", "MutatieRegels": lines}

    def open_items(self, kind: str = "FactuurVerstuurd") -> Iterator[Row]:
        """Tell the invoices of which something is outstanding."""
        paid: dict[tuple[int | None, str], Decimal] = {}
        for each in self.mutations.values():
            if tables.PAYMENTS.get(each["Soort"]) == kind:
                for line in each["MutatieRegels"]:
                    key = (line.get("relation", each["relation"]), line["Factuurnummer"])
                    paid[key] = paid.get(key, Decimal(0)) + line["BedragInclBTW"]
        for each in self.mutations.values():
            if each["Soort"] == kind:
                total = amount_of(each)
                settled = paid.get((each["relation"], each["Factuurnummer"]), Decimal(0))
                relation = self.relations.get(each["relation"])
                if total != settled:
                    yield {
                        "MutatieNr": each["MutatieNr"],
                        "MutDatum": each["Datum"],
                        "MutFactuur": each["Factuurnummer"],
                        "RelCode": relation["Code"] if relation else "",
                        "RelBedrijf": relation["Bedrijf"] if relation else "",
                        "Bedrag": total,
                        "Voldaan": settled,
                        "Openstaand": total - settled,
                    }

    def balance(self, account: str, centre: int, since: date | None, until: date | None) -> Decimal:
        """Sum debit minus credit of an account over these days, both included; cost centre 0 means all."""
        return sum(
            (
                amount
                for each in (*self.opening, *self.mutations.values())
                if (since is None or since <= each["Datum"]) and (until is None or each["Datum"] <= until)
                for code, where, amount in self._entries(each)
                if code == account and centre in (0, where)
            ),
            Decimal(0),
        )

    def _entries(self, mutation: Row) -> Iterator[tuple[str | None, int, Decimal]]:
        if mutation["Soort"] == "OpeningsSaldo":
            yield mutation["Rekening"], 0, mutation["amount"]
            return
        sign = 1 if tables.KINDS[mutation["Soort"]].debit else -1
        for line in mutation["MutatieRegels"]:
            centre = line["KostenplaatsID"]
            yield mutation["Rekening"], centre, sign * line["BedragInclBTW"]
            yield line["TegenrekeningCode"], centre, -sign * line["BedragExclBTW"]
            if line["BedragBTW"]:
                category = tables.VAT_CODES[line["BTWCode"]].account or ""
                yield self.account_of(category), centre, -sign * line["BedragBTW"]


def amount_of(mutation: Row) -> Decimal:
    """Sum the lines, VAT included."""
    return sum((each["BedragInclBTW"] for each in mutation["MutatieRegels"]), Decimal(0))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
