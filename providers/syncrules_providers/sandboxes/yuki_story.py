"""The story in Yuki's words: two domains, their administrations, the contacts of the story, and a few of Yuki's own.

Yuki's own are awkward in ways that no other system knows; they come along where somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Product, Relation
from syncrules_providers.sandboxes.yuki_books import Books
from syncrules_providers.sandboxes.yuki_contacts import Contacts
from syncrules_providers.sandboxes.yuki_portal import Key, Portal

DOMAIN, HOLDING = "d0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-000000000002"
ADMINISTRATION = "ad000000-0000-4000-8000-000000000011"

FOUNDED = datetime(2025, 11, 3, 9, 0, 0)
"""When the first contact of the story was entered; the others followed, one a minute."""


def lay_out(portal: Portal, key: str) -> Books:
    """Found two domains with three administrations and one key that opens them all; give the books of the first."""
    bakery = portal.add_domain(DOMAIN, "bakkerij-de-molen")
    holding = portal.add_domain(HOLDING, "molen-holding")
    portal.keys[key] = Key(key, (DOMAIN, HOLDING), region=portal.region)
    first = portal.add_administration(bakery, _administration(11, "Bakkerij De Molen B.V."))
    portal.add_administration(holding, _administration(21, "Molen Holding B.V."))
    portal.add_administration(holding, _administration(22, "Molen Oud B.V.", Active="false"))
    return first


def _administration(number: int, name: str, **instead: str) -> dict[str, Any]:
    return {
        "ID": f"ad000000-0000-4000-8000-{number:012d}",
        "Name": name,
        "AddressLine": "Korenpad 3",
        "Postcode": "3512 XA",
        "City": "Utrecht",
        "Country": "NL",
        "CoCNumber": str(69_999_990 + number),
        "VATNumber": f"NL{799_999_990 + number}B01",
        "StartDate": "2020-01-01",
        "Active": "true",
        "InternalCustomerCode": f"K{number}",
        **instead,
    }


# The common story -----------------------------------------------------------------------------------------------


def load(books: Books, story: Story, *, awkward: bool) -> None:
    """Enter the contacts and products that the story says the books know."""
    told = [_row(each) for each in story.relations if each.in_books]
    for minute, row in enumerate([*told, *(AWKWARD if awkward else ())]):
        entered = FOUNDED + timedelta(minutes=minute)
        books.contacts.add({"Created": entered, "Modified": entered, **row})
    if awkward:
        _name_a_contact_person(books.contacts)
    for product in story.products:
        if product.in_books:
            _product(books, product)


def _row(relation: Relation) -> dict[str, Any]:
    company = relation.kind == "business"
    postal = relation.postal_address
    return {
        "Type": "Company" if company else "Person",
        "Code": relation.code or "",
        "Name": relation.name,
        "FirstName": relation.first,
        "MiddleName": relation.middle,
        "LastName": relation.last,
        **_address(relation.invoice_address),
        **({f"Mail{name}": value for name, value in _address(postal).items() if name != "Country"}),
        "PhoneWork" if company else "PhoneHome": relation.phone or "",
        "MobileWork" if company else "MobileHome": relation.mobile or "",
        "EMailWork" if company else "EMailHome": relation.email or "",
        "Website": relation.website or "",
        "IBAN": relation.iban or "",
        "BIC": relation.bic or "",
        "VATNumber": relation.vat_number or "",
        "CoCNumber": relation.coc_number or "",
        "IsCustomer": "customer" in relation.roles,
        "IsSupplier": "supplier" in relation.roles,
        "Active": relation.active_in_books,
    }


def _address(address: Address | None) -> dict[str, str]:
    """Write street and number in one line, with what else there is in the second."""
    if address is None:
        return {}
    # A letter sits against the number, a word stands apart from it.
    gap = " " if len(address.suffix) > 1 and address.suffix[0].isalpha() else ""
    return {
        "AddressLine_1": " ".join(filter(None, (address.street, f"{address.number}{gap}{address.suffix}"))),
        "AddressLine_2": address.extra,
        "Postcode": address.postcode,
        "City": address.city,
        "Country": address.country,
    }


def _product(books: Books, product: Product) -> None:
    vat_type, percentage, account = tables.STORY_VAT[books.region][product.vat]
    books.product(product.name, price=product.sales_price, vat_type=vat_type, percentage=percentage, account=account)


# Yuki's own -----------------------------------------------------------------------------------------------------

_ARNHEM = {"AddressLine_1": "Sluisweg 5", "Postcode": "6811 XA", "City": "Arnhem", "Country": "NL"}

AWKWARD: tuple[Mapping[str, Any], ...] = (
    # No code: found by nobody but by name, and never by an invoice that names a code.
    {"Name": "Molenaar Zonder Code", "IsCustomer": True, "EMailWork": "info@zondercode.example", **_ARNHEM},
    # One name twice, one code twice: of each the younger one is meant.
    {"Name": "Kwekerij Dubbel", "IsCustomer": True, "EMailWork": "oost@dubbel.example", "City": "Zwolle", "Country": "NL"},
    {"Name": "Kwekerij Dubbel", "IsCustomer": True, "EMailWork": "west@dubbel.example", "City": "Delft", "Country": "NL"},
    {"Name": "Code Gedeeld Noord", "Code": "Y2001", "IsCustomer": True, "City": "Assen", "Country": "NL"},
    {"Name": "Code Gedeeld Zuid", "Code": "Y2001", "IsCustomer": True, "City": "Venlo", "Country": "NL"},
    # Neither customer nor supplier: invoices for it are refused until somebody sets the box.
    {"Name": "Nieuweling Zonder Vinkje", "Code": "Y2002", "PhoneWork": "026-0000202", **_ARNHEM},
    # Active, whatever the status of the back office says.
    {"Name": "Schijnbaar Stil B.V.", "Code": "Y2003", "IsCustomer": True, "BackofficeStatus": "Inactief", **_ARNHEM},
    # The telephone of a company at home, as in the vendor's own example; tags, and a tax number that no field maps.
    {"Name": "Garage Thuistelefoon", "Code": "Y2004", "IsCustomer": True, "PhoneHome": "026-0000204", "Tags": "vip,lease"},
    {"Name": "Belastingkantoor Voorbeeld", "Code": "Y2005", "IsCustomer": True, "IncomeTaxNumber": "000000205"},
    # Post goes to another country, and there is one element for both.
    {"Name": "Grenshandel", "Code": "Y2006", "IsCustomer": True, "AddressLine_1": "Grensweg 1", "Postcode": "2000",
     "City": "Antwerpen", "Country": "BE", "MailAddressLine_1": "Postbus 6", "MailPostcode": "4810 XB", "MailCity": "Breda"},
    # A company with a person to talk to, who is a contact too and no customer.
    {"Name": "Bureau Met Mens", "Code": "Y2007", "IsCustomer": True, **_ARNHEM},
    {"Name": "Mila de Mens", "Type": "Person", "FirstName": "Mila", "MiddleName": "de", "LastName": "Mens"},
    # A person with a full name only, and an address for mail where companies have theirs.
    {"Name": "Wim van der Alleen", "Type": "Person", "Code": "Y2008", "IsCustomer": True, "EMailWork": "wim@alleen.example"},
    {"Name": "Oude Klant", "IsCustomer": True, "Active": False, "City": "Arnhem", "Country": "NL"},
)  # fmt: skip
"""Contacts that are awkward in Yuki alone."""


def _name_a_contact_person(contacts: Contacts) -> None:
    by_name = {row["Name"]: row for row in contacts.rows.values()}
    by_name["Bureau Met Mens"]["MainContactPerson"] = by_name["Mila de Mens"]["ID"]
