"""The books of one invented administration: relations, articles, accounts, mutations, and what follows from them.

Rows are dictionaries in the vendor's own words. Nothing here knows how they travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes import story as told

Row = dict[str, Any]

CENT = Decimal("0.01")
COUNTRIES = {"NL": "Nederland", "BE": "België", "DE": "Duitsland"}
FOUNDED = date(2025, 11, 3)
"""The day on which every relation of the story was entered."""

RELATION_TEXTS = (
    "Code", "Bedrijf", "Contactpersoon", "Geslacht", "Adres", "Postcode", "Plaats", "Land", "Adres2", "Postcode2",
    "Plaats2",
    "Land2", "Telefoon", "GSM", "FAX", "Email", "Site", "Notitie", "Bankrekening", "Girorekening", "BTWNummer",
    "KvkNummer",
    "Aanhef", "IBAN", "BIC", "BP", *(f"Def{each}" for each in range(1, 11)), "LA",
)  # fmt: skip
RELATION_NUMBERS = ("Gb_ID", "GeenEmail", "NieuwsbriefgroepenCount")
BLANK_RELATION: Row = {
    **dict.fromkeys(RELATION_TEXTS, ""),
    **dict.fromkeys(RELATION_NUMBERS, 0),
    "LA": "0",
    "BP": "B",
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
        self.next = {"relation": 4_100_201, "article": 501, "account": 9_100_001, "mutation": 1, "invoice": 1}
        """The number that the next one of each sort gets."""
        self._codes: dict[str, int] = {}
        self._invoiced: dict[str, list[int]] = {}
        for code, description, category, group in tables.ACCOUNTS:
            row = {"Code": code, "Omschrijving": description, "Categorie": category, "Groep": group}
            self.accounts[9_000_000 + int(code)] = {"ID": 9_000_000 + int(code), **row}

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

    # Accounts ---------------------------------------------------------------------------------------------------

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
                    key = (each["relation"], line["Factuurnummer"])
                    paid[key] = paid.get(key, Decimal(0)) + line["BedragInclBTW"]
        for each in self.mutations.values():
            if each["Soort"] == kind:
                total = amount_of(each)
                settled = paid.get((each["relation"], each["Factuurnummer"]), Decimal(0))
                relation = self.relations.get(each["relation"])
                if total != settled:
                    yield {
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
                for each in self.mutations.values()
                if (since is None or since <= each["Datum"]) and (until is None or each["Datum"] <= until)
                for code, where, amount in self._entries(each)
                if code == account and centre in (0, where)
            ),
            Decimal(0),
        )

    def _entries(self, mutation: Row) -> Iterator[tuple[str | None, int, Decimal]]:
        sign = 1 if tables.KINDS[mutation["Soort"]].debit else -1
        for line in mutation["MutatieRegels"]:
            centre = line["KostenplaatsID"]
            yield mutation["Rekening"], centre, sign * line["BedragInclBTW"]
            yield line["TegenrekeningCode"], centre, -sign * line["BedragExclBTW"]
            if line["BedragBTW"]:
                category = tables.VAT_CODES[line["BTWCode"]].account or ""
                yield self.account_of(category), centre, -sign * line["BedragBTW"]

    # The story, in the words of the books -----------------------------------------------------------------------

    def load(self, story: told.Story, inactive_prefix: str) -> None:
        """Enter what the story says that the books know."""
        for each in story.relations:
            if each.in_books:
                self.add_relation(relation_row(each, inactive_prefix), FOUNDED)
        for product in story.products:
            if product.in_books:
                self.add_article(article_row(product))

    def add_article(self, fields: Mapping[str, Any]) -> int:
        article = self.number("article")
        self.articles[article] = {**BLANK_ARTICLE, **fields, "ArtikelID": article}
        return article


BLANK_ARTICLE: Mapping[str, Any] = {
    **dict.fromkeys(("ArtikelOmschrijving", "ArtikelCode", "GroepOmschrijving", "GroepCode", "Eenheid"), ""),
    **dict.fromkeys(("InkoopprijsExclBTW", "VerkoopprijsExclBTW", "VerkoopprijsInclBTW"), Decimal(0)),
    "BTWCode": "HOOG_VERK_21",
    "TegenrekeningCode": "8000",
    "BtwPercentage": Decimal("21.00"),
    "KostenplaatsID": 0,
    "Actief": True,
}


def amount_of(mutation: Row) -> Decimal:
    """Sum the lines, VAT included."""
    return sum((each["BedragInclBTW"] for each in mutation["MutatieRegels"]), Decimal(0))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def relation_row(relation: told.Relation, inactive_prefix: str) -> Row:
    """Say a relation of the story as the books say it: that one is no longer in use shows in its name alone."""
    return {
        "Code": relation.code or "",
        "Bedrijf": relation.name if relation.active_in_books else inactive_prefix + relation.name,
        "BP": "B" if relation.kind == "business" else "P",
        **_address_row(relation.invoice_address, ""),
        **_address_row(relation.postal_address, "2"),
        "Telefoon": relation.phone or "",
        "GSM": relation.mobile or "",
        "Email": relation.email or "",
        "Site": relation.website or "",
        "Notitie": relation.note or "",
        "BTWNummer": relation.vat_number or "",
        "KvkNummer": relation.coc_number or "",
        "IBAN": relation.iban or "",
        "BIC": relation.bic or "",
    }


def _address_row(address: told.Address | None, which: str) -> Row:
    if address is None:
        return {}
    # A letter sits against the number, a word stands apart from it.
    gap = " " if len(address.suffix) > 1 and address.suffix[0].isalpha() else ""
    words: Iterable[str] = (address.street, f"{address.number}{gap}{address.suffix}")
    return {
        f"Adres{which}": " ".join(filter(None, words)),
        f"Postcode{which}": address.postcode,
        f"Plaats{which}": address.city,
        f"Land{which}": COUNTRIES.get(address.country, address.country),
    }


def article_row(product: told.Product) -> Row:
    code, revenue = tables.STORY_VAT[product.vat]
    percentage = tables.VAT_CODES[code].percentage or Decimal(0)
    return {
        "ArtikelOmschrijving": product.name,
        "ArtikelCode": product.code,
        "GroepOmschrijving": product.group,
        "GroepCode": product.group[:3].upper(),
        "Eenheid": product.unit,
        "InkoopprijsExclBTW": product.purchase_price,
        "VerkoopprijsExclBTW": product.sales_price,
        "VerkoopprijsInclBTW": cents(product.sales_price * (100 + percentage) / 100),
        "BTWCode": code,
        "TegenrekeningCode": revenue,
        "BtwPercentage": cents(percentage),
        "Actief": product.active,
    }
