"""The story in Tribe's words: relations and their roles, products, invoices with lines."""

from __future__ import annotations

from typing import Any

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Invoice, Product, Relation
from syncrules_providers.sandboxes.tribe_rules import Tenant

_ROLES = {
    ("business", "customer"): "Relationship.Organization.CommercialRelationship.Customer",
    ("business", "prospect"): "Relationship.Organization.CommercialRelationship.Prospect",
    ("business", "supplier"): "Relationship.Organization.Supplier",
    ("private", "customer"): "Relationship.Person.CommercialRelationship.Customer",
    ("private", "prospect"): "Relationship.Person.CommercialRelationship.Prospect",
    ("private", "supplier"): "Relationship.Person.Supplier",
}
_SENT_AT = "T08:30:00Z"
"""Invoices leave in the morning: the same day in UTC and in Amsterdam."""


def load(tenant: Tenant, story: Story) -> None:
    """Put what the story says the CRM knows into a tenant.

    Raises:
        LookupError: an invoice is for a customer that the CRM does not have.
    """
    for relation in story.relations:
        if relation.in_crm:
            _relation(tenant, relation)
    for product in story.products:
        if product.in_crm:
            _product(tenant, product)
    customers = _customers(tenant)
    products = {row["Code"]: key for key, row in tenant.by_type["Product"].items()}
    for invoice in story.invoices:
        name = invoice.debtor_number or invoice.customer
        if name not in customers:
            raise LookupError(f"the story has an invoice for '{name}', who is no customer in the CRM")
        _invoice(tenant, invoice, customers[name], products)
    tenant.settle()


def _relation(tenant: Tenant, relation: Relation) -> None:
    body: dict[str, Any] = {
        "DebtorNumber": relation.debtor_number,
        "CreditorNumber": relation.creditor_number,
        "PhoneNumber": relation.phone,
        "EmailAddress": relation.email,
        "IBAN": relation.iban,
        "BIC": relation.bic,
    }
    addresses = {
        "InvoiceAddress": relation.invoice_address,
        "PostalAddress": relation.postal_address,
        "VisitingAddress": relation.visit_address,
    }
    if relation.kind == "business":
        child, name = (
            "Organization",
            {
                "Name": relation.name,
                "Website": relation.website,
                "VATNumber": relation.vat_number,
                "ChamberOfCommerceNumber": relation.coc_number,
            },
        )
        body |= {key: _address(tenant, each) for key, each in addresses.items() if each is not None}
    else:
        child, name = (
            "Person",
            {
                "FirstName": relation.first or None,
                "MiddleName": relation.middle or None,
                "LastName": relation.last or relation.name,
                "MobilePhoneNumber": relation.mobile,
            },
        )
        home = next((each for each in addresses.values() if each is not None), None)
        body |= {"Address": _address(tenant, home)} if home is not None else {}
    key = tenant.create(tenant.model.types[f"Relation.{child}"], body | name)["ID"]
    for role in relation.roles:
        kind = tenant.model.types[_ROLES[relation.kind, role]]
        term = {"PaymentTermInDays": relation.payment_term_days} if role == "customer" else {}
        tenant.create(kind, {"Relation": {"ID": tenant.own_relation}, child: {"ID": key}, **term})


def _address(tenant: Tenant, address: Address) -> dict[str, Any]:
    # A house number is a number in Tribe, so what is not goes with the suffix.
    is_number = address.number.isdecimal()
    suffix = address.suffix if is_number else f"{address.number} {address.suffix}".strip()
    return {
        "Street": address.street,
        "HouseNumber": int(address.number) if is_number else None,
        "HouseNumberSuffix": suffix or None,
        "Extra": address.extra or None,
        "Postalcode": address.postcode or None,
        "City": address.city or None,
        "Country": {"ID": tenant.lookup("Datastore.Country", address.country)} if address.country else None,
    }


def _product(tenant: Tenant, product: Product) -> None:
    group, _, account = tenant.vat[product.vat]
    units = {row["Name"].casefold(): key for key, row in reversed(tenant.by_type["Datastore.Unit"].items())}
    default = next(key for key, row in tenant.by_type["Datastore.Unit"].items() if row["IsDefault"])
    body = {
        "Code": product.code,
        "Name": product.name,
        "PurchasePrice": product.purchase_price,
        "SalesPrice": product.sales_price,
        "IsInactive": not product.active,
        "IsPriceEditable": True,
        "IsDescriptionEditable": True,
        "IsVatEditable": True,
        "ProductGroup": {"ID": _group(tenant, product.group)},
        "Unit": {"ID": units.get(product.unit.casefold(), default)},
        "VatGroup": {"ID": tenant.lookup("Datastore.VatGroup", group)},
        "GeneralLedgerAccount": {"ID": tenant.lookup("Datastore.GeneralLedgerAccount", account)},
    }
    tenant.create(tenant.model.types["Product"], body)


def _group(tenant: Tenant, name: str) -> str:
    for key, row in tenant.by_type["ProductGroup"].items():
        if row["Name"] == name:
            return key
    return tenant.insert("ProductGroup", Name=name)


def _customers(tenant: Tenant) -> dict[str, str]:
    """List the customer roles by debtor number and by name; of two with the same number the first counts."""
    found: dict[str, str] = {}
    view = tenant.view()
    for row in view.rows("Relationship", tenant.model):
        if row["_Type"].endswith(".Customer"):
            child = tenant.rows[row["Organization"] if "Organization" in row else row["Person"]]
            for name in (child["DebtorNumber"], view.display(row)):
                found.setdefault(name, row["ID"])
    return found


def _invoice(tenant: Tenant, invoice: Invoice, customer: str, products: dict[str, str]) -> None:
    lines = [
        {
            "Description": line.description,
            "Quantity": line.quantity,
            "Price": line.price,
            "VatGroup": {"ID": tenant.lookup("Datastore.VatGroup", tenant.vat[line.vat][0])},
            "Product": {"ID": products[line.product]} if line.product in products else None,
        }
        for line in invoice.lines
    ]
    body = {
        "Relationship": {"ID": customer},
        "Subject": invoice.subject,
        "Number": invoice.number,
        "InvoiceDate": invoice.date + _SENT_AT if invoice.date else None,
        "PaymentTermInDays": invoice.term_days,
        "Phase": {"ID": tenant.lookup("Datastore.Phase.ActivityInvoice", invoice.phase)},
        "ProductLines": lines,
    }
    tenant.create(tenant.model.types["Activity.Invoice"], body)
