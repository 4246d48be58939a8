"""The story in WinBooks's words: a Third with its addresses, contacts and accounts, and the role that it plays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Relation
from syncrules_providers.sandboxes.winbooks_folder import Folder
from syncrules_providers.sandboxes.winbooks_saving import Saver

INACTIVE: Mapping[str, tuple[bool, bool]] = {"10060": (True, False), "10062": (False, True)}
"""Hidden and locked, for who is no longer in use; everybody else is both."""

_FORMS = {
    "NV": "NV", "BV": "BVBA", "B.V.": "BVBA", "BVBA": "BVBA", "VZW": "VZW", "SA": "SA", "SRL": "SPRL", "ASBL": "ASBL",
}  # fmt: skip
_LANGUAGES = {"DE": "en", "FR": "fr", "LU": "fr", "US": "en", "GB": "en"}
_IN_FRENCH = ("Bruxelles", "Liège", "Namur")
_VAT = {"BE": "21", "US": "EX", "": "21"}
"""The usual VAT code by the country of a VAT number; elsewhere in Europe it is a delivery within the EU."""


def load(folder: Folder, saver: Saver, story: Story) -> None:
    """Enter what the story says that the books know."""
    creditors = {each.creditor_number for each in story.relations if each.in_crm}
    for relation in story.relations:
        if relation.in_books:
            om = "Supplier" if relation.code in creditors else "Customer"
            saver.create(om, role(folder, relation, om), relation.code)


def role(folder: Folder, relation: Relation, om: str) -> dict[str, Any]:
    """Say a relation as a customer or a supplier, with the Third that it is."""
    country, number = _vat_number(relation.vat_number)
    hidden, locked = (False, False) if relation.active_in_books else INACTIVE.get(relation.code or "", (True, True))
    accounts = ("604000", "440000") if om == "Supplier" else ("700000", "400000")
    customer = {"CategoryCode": "PART" if relation.kind == "private" else "HANDEL"} if om == "Customer" else {}
    usual = _VAT.get(country, "EU")
    return {
        "Code": relation.code,
        "VatApplicable": 3 if relation.kind == "private" else 1 if number else 0,
        "VatCode": usual if om == "Customer" else "A21" if usual == "21" else "A0",
        "GLAccountDefaultCode": accounts[0],
        "GLAccountCentralCode": accounts[1],
        "PayCodeCode": str(relation.payment_term_days) if relation.payment_term_days is not None else "",
        "IsHidden": hidden,
        "IsLocked": locked,
        "Memo": relation.note,
        **customer,
        "Third": {
            "Code": relation.code,
            "Name": relation.name,
            "VatNumber": number,
            "VatCountryCode": country,
            "WebSite": relation.website,
            "CivilityCode": _civility(relation),
            "LanguageCode": _language(relation, country),
            "CurrencyCode": "EUR",
            "Addresses": [_address(folder, each) for each in _addresses(relation)],
            "Contacts": _contacts(relation),
            "BankAccounts": _bank_accounts(relation),
        },
    }


def _vat_number(said: str | None) -> tuple[str, str | None]:
    """Take the country from a VAT number; what follows stays as somebody typed it."""
    if not said:
        return "", said
    if said[:2].isalpha():
        return said[:2].upper(), said[2:].strip()
    return "", said


def _civility(relation: Relation) -> str:
    if relation.kind == "private":
        return "MEVR" if (relation.first or relation.name)[-1] in "aeë" else "DHR"
    return _FORMS.get(relation.name.split()[-1].upper(), "")


def _language(relation: Relation, country: str) -> str:
    address = relation.invoice_address
    if address is not None and address.city in _IN_FRENCH:
        return "fr"
    return _LANGUAGES.get(country or (address.country if address else ""), "nl")


def _addresses(relation: Relation) -> list[dict[str, Any]]:
    """List the addresses, each with what it is for; the telephone of a company is that of its invoice address.

    Where there is a telephone and no invoice address, there is one with nothing but the telephone.
    """
    found: list[dict[str, Any]] = []
    told = (
        ("IsInvoicing", relation.invoice_address),
        ("IsPosting", relation.postal_address),
        ("IsDelivering", relation.visit_address),
    )
    for flag, address in told:
        if address is not None:
            found.append({**_street(address), flag: True, f"{flag}Default": True})
    if relation.kind == "business" and relation.phone is not None:
        if not found or "IsInvoicing" not in found[0]:
            found.insert(0, {"IsInvoicing": True, "IsInvoicingDefault": True})
        found[0]["PhoneNo"] = relation.phone
    return [{"Index": index, **each} for index, each in enumerate(found)]


def _street(address: Address) -> dict[str, Any]:
    # A letter sits against the number, a word stands apart from it.
    gap = " " if len(address.suffix) > 1 and address.suffix[0].isalpha() else ""
    return {
        "Address1": " ".join(filter(None, (address.street, f"{address.number}{gap}{address.suffix}"))),
        "Address2": address.extra,
        "Zip": address.postcode,
        "Town": address.city,
        "CountryCode": address.country,
    }


FLAGS = ("IsInvoicing", "IsPosting", "IsDelivering")


def _address(folder: Folder, address: Mapping[str, Any]) -> dict[str, Any]:
    """Say an address as a folder of this version does: flags beside it, or around it."""
    if folder.version == "2.4":
        return dict(address)
    around = {name: value for name, value in address.items() if name.startswith(FLAGS) or name == "Index"}
    return {**around, "Address": {name: value for name, value in address.items() if name not in around}}


def _contacts(relation: Relation) -> list[dict[str, Any]]:
    person = relation.kind == "private"
    ways = {"Email": relation.email, "MobileNo": relation.mobile, "PhoneNo": relation.phone if person else None}
    if not person and not any(ways.values()):
        return []
    last = " ".join(filter(None, (relation.middle, relation.last)))
    names = {"FirstName": relation.first, "Name": last} if person else {"Name": relation.name}
    civility = {"CivilityCode": _civility(relation)} if person else {}
    contact = {name: value for name, value in ways.items() if value is not None}
    return [{"Index": 0, "IsDefault": True, "Contact": {**names, **civility, **contact}}]


def _bank_accounts(relation: Relation) -> list[dict[str, Any]]:
    if not relation.iban:
        return []
    return [{"Index": 0, "Iban": relation.iban, "Bic": relation.bic, "AccountNumber": relation.iban, "IsDefault": True}]
