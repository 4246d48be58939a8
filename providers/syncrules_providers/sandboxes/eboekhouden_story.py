"""The story, in the words of the books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from syncrules_providers.sandboxes import eboekhouden_tables as tables
from syncrules_providers.sandboxes import story_words as told
from syncrules_providers.sandboxes.eboekhouden_books import Books, Row, cents
from syncrules_providers.sandboxes.story import Story

COUNTRIES = {"NL": "Nederland", "BE": "België", "DE": "Duitsland"}
FOUNDED = date(2025, 11, 3)
"""The day on which every relation of the story was entered."""


def load(books: Books, story: Story, inactive_prefix: str) -> None:
    """Enter what the story says that the books know."""
    for each in story.relations:
        if each.in_books:
            books.add_relation(relation_row(each, inactive_prefix), FOUNDED)
    for product in story.products:
        if product.in_books:
            books.add_article(article_row(product))


def relation_row(relation: told.Relation, inactive_prefix: str) -> Row:
    """Say a relation of the story as the books say it; `inactive_prefix` shows also in the name that one is not in use."""
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
        "inactive": not relation.active_in_books,
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
