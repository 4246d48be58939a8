"""A small story and a plain HTTP client, for the tests of the Tribe sandbox."""

from __future__ import annotations

import ssl
from decimal import Decimal
from typing import Any, Self

import httpx

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Invoice, Line, Product, Relation
from syncrules_providers.sandboxes.tribe import TribeSandbox

ORGANISATIONS = "Relation_Organization"
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
PRIVATE_CUSTOMERS = "Relationship_Person_CommercialRelationship_Customer"
SUPPLIERS = "Relationship_Organization_Supplier"
NO_SURPRISES = ssl.create_default_context()
"""Made once, because making it takes longer than a test; nothing here is https."""
LONG_AGO = "2020-01-01T00:00:00Z"

STORY = Story(
    relations=(
        Relation(
            "business",
            "Bakkerij De Halm",
            debtor_number="10042",
            in_crm=True,
            phone="+31 30 0000000",
            email="info@halm.example",
            vat_number="NL001234567B01",
            iban="NL00BANK0123456789",
            visit_address=Address("Dorpsstraat", "12", "bis", postcode="3511 XA", city="Utrecht"),
            payment_term_days=30,
        ),
        Relation(
            "business",
            "Fietsen 't Zadel",
            debtor_number="10043",
            creditor_number="20043",
            in_crm=True,
            roles=("customer", "supplier"),
        ),
        Relation("business", "Meelfabriek", creditor_number="20017", in_crm=True, roles=("supplier",)),
        Relation("business", "Misschien BV", in_crm=True, roles=("prospect",)),
        Relation("business", "Alleen in de boeken"),
        Relation(
            "private",
            "Ada van der Test",
            first="Ada",
            middle="van der",
            last="Test",
            debtor_number="10050",
            mobile="06-00000000",
            in_crm=True,
            invoice_address=Address("Haven", "1A", city="Gent", country="BE"),
        ),
    ),
    products=(
        Product("OND-01", "Onderhoud", "uur", Decimal(0), Decimal("100.00"), "high", in_crm=True),
        Product(
            "BRD-01", "Brood", "stuk", Decimal("1.10"), Decimal("3.45"), "low", active=False, group="Eten", in_crm=True
        ),
    ),
    invoices=(
        Invoice(
            "10042",
            "Maart onderhoud",
            (
                Line("Onderhoud", Decimal(2), Decimal("100.00"), "high", "OND-01"),
                Line("Brood", Decimal(3), Decimal("0.335"), "low"),
            ),
            "Sent",
            "20260017",
            "2026-03-02",
        ),
        Invoice("10043", "Nog niet klaar", (Line("Werk", Decimal(1), Decimal("50.00"), "zero"),)),
    ),
)


class Client:
    """Plain HTTP with a token: paths below the OData root, blanks written as %20."""

    def __init__(self, tribe: TribeSandbox) -> None:
        self.http = httpx.Client(base_url=tribe.url, verify=NO_SURPRISES)
        self.http.headers["Authorization"] = f"Bearer {self.token()['access_token']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def token(self, **form: str) -> Any:
        return self.ask_token(**form).json()

    def ask_token(self, **form: str) -> httpx.Response:
        default = {"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}
        return self.http.post("/oauth2/token", data={**default, **form})

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.http.request(method, "/v1/odata/" + path.replace(" ", "%20"), json=body)

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, path: str) -> list[str]:
        return [each["_Name"] for each in self.get(path)["value"]]

    def filtered(self, set_name: str, condition: str) -> list[str]:
        return self.names(f"{set_name}?$filter={condition}")

    def post(self, path: str, body: object) -> Any:
        answer = self.send("POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def put(self, path: str, body: object) -> Any:
        answer = self.send("PUT", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, method: str, path: str, body: object = None) -> int:
        answer = self.send(method, path, body)
        assert answer.json()["error"]["message"]
        return answer.status_code


def started(**settings: Any) -> TribeSandbox:
    return TribeSandbox(STORY, **settings)
