"""Characters that only WinBooks has: Belgian customers and suppliers with bookings, and the awkward ones of its own.

They are in the books only. Each stands for one case; the ledger is written about them, never about the common story.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules_providers.sandboxes.story_crowd import belgian_vat_number, with_check_digits
from syncrules_providers.sandboxes.story_words import Address, Relation
from syncrules_providers.sandboxes.winbooks_folder import Folder
from syncrules_providers.sandboxes.winbooks_saving import Saver
from syncrules_providers.sandboxes.winbooks_story import role


def _belgian(street: str, number: str, postcode: str, city: str, suffix: str = "") -> Address:
    return Address(street, number, suffix, postcode=postcode, city=city, country="BE")


def _iban(number: int) -> str:
    return with_check_digits("BE", f"{number:012d}")


CUSTOMERS = (
    Relation("business", "Arthur Schrijnwerken BV", code="ARTHUR", phone="+32 9 000 00 01", email="info@arthur.example",
        website="www.arthur.example", vat_number=belgian_vat_number(10_000_101), iban=_iban(101), bic="BANKBEBB",
        invoice_address=_belgian("Kaai", "12", "9000", "Gent"),
        postal_address=_belgian("Postbus", "101", "9000", "Gent"),
        visit_address=_belgian("Werkhuizenstraat", "4", "9030", "Gent", "bus 2"), payment_term_days=30,
        why="three addresses, one for each purpose"),
    Relation("business", "Bebop Muziekhandel NV", code="BEBOP", phone="+32 3 000 00 02", email="info@bebop.example",
        vat_number=belgian_vat_number(10_000_102), iban=_iban(102), payment_term_days=30,
        invoice_address=_belgian("Trommelstraat", "7", "2000", "Antwerpen"), why="pays late and in parts"),
    Relation("private", "Héloïse Verbeke", "Héloïse", "", "Verbeke", code="HÉLOÏSE", mobile="+32 470 00 00 03",
        phone="+32 2 000 00 03", email="heloise@post.example", payment_term_days=7,
        invoice_address=_belgian("Dreef", "3", "1000", "Brussel"), why="a code that must be percent-encoded"),
    Relation("business", "Orchestre La Clarinette ASBL", code="KLARINET", phone="+32 2 000 00 04",
        email="bonjour@clarinette.example", vat_number=belgian_vat_number(10_000_104), payment_term_days=30,
        invoice_address=_belgian("Rue du Bois", "18", "1000", "Bruxelles", "bte 3"), why="French, and exempt from VAT"),
    Relation("business", "Vier Zeven Elf BV", code="4711", email="info@vierzevenelf.example",
        vat_number=belgian_vat_number(10_000_105), invoice_address=_belgian("Bron", "4711", "3000", "Leuven"),
        payment_term_days=14, why="a code that looks like a number"),
    Relation("business", "Kruidenier Kruispunt BV", code="BEIDE", phone="+32 11 00 00 06",
        vat_number=belgian_vat_number(10_000_106), iban=_iban(106), payment_term_days=30,
        invoice_address=_belgian("Kruispunt", "1", "3500", "Hasselt"), why="customer and supplier: one Third"),
    Relation("business", "Sample Overseas Inc.", code="USAMPLE", email="ap@overseas.example", payment_term_days=60,
        invoice_address=Address("Sample Avenue", "100", postcode="10001", city="Sampletown", country="US"),
        why="is invoiced in dollars"),
    Relation("business", "Zicht op Zee VZW", code="ZEEZICHT", phone="+32 50 00 00 08", payment_term_days=30,
        invoice_address=_belgian("Dijk", "88", "8400", "Oostende"), why="hidden, but not locked"),
    Relation("business", "Slot Op De Deur NV", code="SLOT", vat_number=belgian_vat_number(10_000_109),
        payment_term_days=30, invoice_address=_belgian("Grendel", "9", "8000", "Brugge"),
        why="locked, but not hidden"),
    Relation("business", "Nergens Thuis BV", code="NERGENS", why="no address, no contact, no VAT number"),
)  # fmt: skip

SUPPLIERS = (
    Relation("business", "Papierhandel Wit NV", code="PAPIER", phone="+32 9 000 00 21", iban=_iban(121), bic="BANKBEBB",
        vat_number=belgian_vat_number(10_000_121), payment_term_days=30,
        invoice_address=_belgian("Riem", "500", "9000", "Gent"), why="delivers goods"),
    Relation("business", "Voorbeeldstroom NV", code="STROOM", email="facturen@stroom.example", iban=_iban(122),
        vat_number=belgian_vat_number(10_000_122), payment_term_days=14,
        invoice_address=_belgian("Kabelweg", "22", "2800", "Mechelen"), why="delivers energy"),
    Relation("business", "Immo Voorbeeld BV", code="HUUR", iban=_iban(123), payment_term_days=7,
        invoice_address=_belgian("Steenweg", "1", "9000", "Gent"), why="invoices without VAT"),
    Relation("business", "Fiduciaire Exemple SRL", code="FIDUEX", email="compta@fiduciaire.example",
        vat_number=belgian_vat_number(10_000_124), payment_term_days=30,
        invoice_address=_belgian("Rue de l'Exemple", "24", "5000", "Namur"), why="French, and the accountant"),
)  # fmt: skip

FLAGS: Mapping[str, Mapping[str, Any]] = {
    "KLARINET": {"VatApplicable": 2},
    "USAMPLE": {"VatCode": "EX", "Third": {"Code": "USAMPLE", "CurrencyCode": "USD"}},
    "ZEEZICHT": {"IsHidden": True},
    "SLOT": {"IsLocked": True},
    "BEBOP": {"IsReminderBlocked": True, "MemoType": 9, "Memo": "Betaalt laat, belt op vrijdag."},
}
"""What is awkward about a customer beyond what a story can say."""

SECOND_CONTACT = {
    "Code": "ARTHUR",
    "Contacts": [{"Index": 1, "IsDefault": False, "Contact": {"FirstName": "Anna", "Name": "Magazijn", "PhoneNo": ""}}],
}
"""A contact that is not the default one, without an e-mail address."""

FRENCH = ("KLARINET", "FIDUEX", "PAPIER", "BEIDE")
"""Who also stands in the French folder."""


def load(folder: Folder, saver: Saver) -> None:
    """Enter these characters into a folder."""
    for om, cast in (("Customer", CUSTOMERS), ("Supplier", SUPPLIERS)):
        for relation in cast:
            if folder.language == "nl" or relation.code in FRENCH:
                saver.create(om, role(folder, relation, om), relation.code)
    both = folder.by_code("Third", "BEIDE")
    assert both is not None
    saver.create("Supplier", {"Code": "BEIDE", "Third_Id": both["Id"], "GLAccountCentralCode": "440000"})
    for code, flags in FLAGS.items():
        customer = folder.by_code("Customer", code)
        if customer is not None:
            saver.update("Customer", customer["Id"], flags)
    third = folder.by_code("Third", "ARTHUR")
    if third is not None:
        saver.update("Third", third["Id"], SECOND_CONTACT)
