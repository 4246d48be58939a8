"""The Tribe sandbox answers as Tribe does, as far as anybody outside knows."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Self
from xml.etree import ElementTree

import httpx
import pytest
from syncrules_providers.sandboxes.story import Address, Invoice, Line, Product, Relation, Story
from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.tribe_model import Refused, declaration, full_model

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


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with TribeSandbox(STORY) as sandbox:
        yield sandbox


@pytest.fixture
def client(tribe: TribeSandbox) -> Iterator[Client]:
    with Client(tribe) as made:
        yield made


def started(**settings: Any) -> TribeSandbox:
    return TribeSandbox(STORY, **settings)


# Tokens -------------------------------------------------------------------------------------------------------------


def test_a_token_is_given_for_client_credentials_in_the_body(client: Client) -> None:
    answer = client.token(scope="read write")

    assert answer["access_token"].startswith("eyJ")
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("bearer", 3600, "read write")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "stranger"}, 401, "invalid_client"),
        ({"scope": "read write offline"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_token_request_that_is_refused_says_why(
    client: Client, form: dict[str, str], status: int, error: str
) -> None:
    answer = client.ask_token(**form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_token_request_must_be_a_form(client: Client) -> None:
    answer = client.http.post("/oauth2/token", json={"grant_type": "client_credentials"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert client.http.get("/oauth2/token").status_code == 405


def test_without_a_token_nothing_is_told(tribe: TribeSandbox) -> None:
    answer = httpx.get(f"{tribe.url}/v1/odata/Product")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_ends(tribe: TribeSandbox, client: Client) -> None:
    client.get("Product")
    tribe.expire_tokens()

    assert client.refusal("GET", "Product") == 401


def test_a_token_with_no_lifetime_never_works() -> None:
    with started(token_lifetime_s=0) as tribe, Client(tribe) as client:
        assert client.refusal("GET", "Product") == 401


def test_a_token_in_the_address_works_too(tribe: TribeSandbox, client: Client) -> None:
    answer = httpx.get(f"{tribe.url}/v1/odata/Product", params={"access_token": client.token()["access_token"]})

    assert answer.status_code == 200


def test_a_token_for_reading_does_not_write(client: Client) -> None:
    client.http.headers["Authorization"] = f"Bearer {client.token(scope='read')['access_token']}"
    client.get("Product")

    assert client.refusal("POST", "Relation_Organization", {"Name": "Nieuw"}) == 403


# The exchanges that the facts show ----------------------------------------------------------------------------------


def test_the_own_organisation_is_one_row_with_just_what_was_asked(tribe: TribeSandbox, client: Client) -> None:
    answer = client.get("Relationship_Organization_Identity?$expand=Relation($select=ID)&$select=Name")

    assert answer["@odata.context"] == "$metadata#Relationship_Organization_Identity"
    [row] = answer["value"]
    assert row == {"ID": row["ID"], "Name": "Voorbeeld BV", "Relation": {"ID": tribe.own_relation}}


def test_customers_changed_since_a_moment_come_with_their_addresses(client: Client) -> None:
    country = "$expand=Country($select=Code)"
    answer = client.get(
        f"{CUSTOMERS}?$filter=(CreationDate ge {LONG_AGO}) or (LastMutationDate ge {LONG_AGO})"
        f"&$expand=Organization($expand=InvoiceAddress({country}),PostalAddress({country}),VisitingAddress({country}))"
        "&$orderby=LastMutationDate,ID&$top=100&$skip=0&$count=true"
    )

    assert list(answer) == ["@odata.context", "@odata.count", "value"]
    assert answer["@odata.count"] == 2
    row = next(each for each in answer["value"] if each["Name"] == "Bakkerij De Halm")
    assert (row["_Type"], row["_Name"]) == (
        "Relationship.Organization.CommercialRelationship.Customer",
        "Bakkerij De Halm",
    )
    assert (row["PaymentTermInDays"], row["IsFormer"], row["LastMutationDate"]) == (30, False, None)
    organisation = row["Organization"]
    assert organisation["_Type"] == "Relation.Organization"
    assert (organisation["DebtorNumber"], organisation["CreditorNumber"]) == ("10042", None)
    assert organisation["VATNumber"] == "NL001234567B01"
    assert (organisation["InvoiceAddress"], organisation["PostalAddress"]) == (None, None)
    address = organisation["VisitingAddress"]
    assert (address["HouseNumber"], address["HouseNumberSuffix"], address["Postalcode"]) == (12.0, "bis", "3511 XA")
    assert address["Country"] == {"ID": address["Country"]["ID"], "Code": "NL"}


def test_a_customer_is_made_together_with_its_organisation(tribe: TribeSandbox, client: Client) -> None:
    answer = client.send(
        "POST",
        CUSTOMERS,
        {
            "Relation": {"ID": tribe.own_relation},
            "ImportId": "syncx:acc1:adm7:cust-881:role",
            "PaymentTermInDays": 14,
            "Organization": {"Name": "Tandems & Zo", "DebtorNumber": "10044", "ImportId": "syncx:acc1:adm7:cust-881"},
        },
    )

    assert answer.status_code == 201
    assert answer.json()["_Type"] == "Relationship.Organization.CommercialRelationship.Customer"
    assert answer.json()["_Name"] == "Tandems & Zo"
    assert (
        tribe.one(CUSTOMERS, Organization__DebtorNumber="10044")["Organization"]["ImportId"]
        == "syncx:acc1:adm7:cust-881"
    )


def test_a_lookup_by_import_id_also_finds_longer_ones(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.add(ORGANISATIONS, Name="Een", ImportId="syncx:acc1:adm7:cust-881")
    tribe.add(ORGANISATIONS, Name="Twee", ImportId="syncx:acc1:adm7:cust-8810")

    found = client.get(
        f"{ORGANISATIONS}?$filter=contains(ImportId,'syncx:acc1:adm7:cust-881')&$select=ID,ImportId,_Name&$top=10"
    )

    assert [set(each) for each in found["value"]] == [{"ID", "ImportId", "_Name"}] * 2
    changed = client.put(f"{ORGANISATIONS}({key})", {"PhoneNumber": "+31 20 0000000"})
    assert (changed["Name"], changed["PhoneNumber"]) == ("Een", "+31 20 0000000")


def test_sent_invoices_come_with_lines_products_and_rates(client: Client) -> None:
    [invoice] = client.get(
        "Activity_Invoice"
        f"?$filter=Phase/Code eq 'Sent' and (CreationDate ge {LONG_AGO} or LastMutationDate ge {LONG_AGO})"
        "&$expand=Phase($select=Code),Relationship,Contact,PaymentMethod,"
        "ProductLines($expand=Product($select=ID,Code),VatGroup($select=ID,Code,Percentage))"
        "&$orderby=LastMutationDate,ID&$top=50"
    )["value"]

    assert (invoice["Number"], invoice["Subject"], invoice["Currency"]) == ("20260017", "Maart onderhoud", "EUR")
    assert invoice["Phase"]["Code"] == "Sent"
    assert invoice["Relationship"]["_Type"] == "Relationship.Organization.CommercialRelationship.Customer"
    assert (invoice["Contact"], invoice["PaymentMethod"]) == (None, None)
    first, second = invoice["ProductLines"]
    assert (first["SortIndex"], first["Quantity"], first["Price"], first["DiscountPercentage"]) == (
        1.0,
        2.0,
        100.0,
        0.0,
    )
    assert (first["TotalExcludingVat"], first["VatPercentage"], first["VatAmount"], first["TotalIncludingVat"]) == (
        200,
        21,
        42,
        242,
    )
    assert first["Product"] == {"ID": first["Product"]["ID"], "Code": "OND-01"}
    assert first["VatGroup"] == {"ID": first["VatGroup"]["ID"], "Code": "NL21", "Percentage": 21.0}
    assert second["Product"] is None
    assert (invoice["InvoiceDate"], invoice["ExpirationDate"]) == ("2026-03-02T08:30:00Z", "2026-04-01T08:30:00Z")


def test_a_payment_is_posted_and_then_the_phase_is_set(tribe: TribeSandbox, client: Client) -> None:
    invoice = tribe.one("Activity_Invoice", Number="20260017")["ID"]
    payment = client.send(
        "POST",
        "Payment",
        {
            "Invoice": {"ID": invoice},
            "Amount": 243.10,
            "Currency": "EUR",
            "Reference": "acc1:pay:9917",
            "Provider": "syncx",
            "Metadata": '{"bankDate":"2026-03-09"}',
        },
    )

    assert payment.status_code == 201
    assert tribe.one("Activity_Invoice", Number="20260017")["Phase"]["Code"] == "Sent"
    paid = client.get("Datastore_Phase_ActivityInvoice?$filter=Code eq 'Paid'")["value"][0]["ID"]
    assert client.send("POST", "Activity_Invoice", {"ID": invoice, "Phase": {"ID": paid}}).status_code == 200
    after = tribe.one("Activity_Invoice", Number="20260017")
    assert after["Phase"]["Code"] == "Paid"
    assert after["Payments"][0]["Amount"] == Decimal("243.1")


def test_a_product_is_looked_up_by_code_and_made_or_changed(tribe: TribeSandbox, client: Client) -> None:
    assert client.get("Product?$filter=Code eq 'NEW-01'&$top=2")["value"] == []
    links = {
        "Unit": {"ID": tribe.lookup("Datastore_Unit", "uur")},
        "VatGroup": {"ID": tribe.lookup("Datastore_VatGroup", "NL21")},
        "ProductGroup": {"ID": client.get("ProductGroup")["value"][0]["ID"]},
    }
    body = {
        "Code": "NEW-01",
        "Name": "Nieuw",
        "SalesPrice": 12.5,
        "PurchasePrice": 10,
        "IsVatIncluded": False,
        "IsInactive": False,
    }
    made = client.post("Product", {**body, **links})

    client.put(f"Product({made['ID']})", {"SalesPrice": 13.75})

    product = tribe.one("Product", Code="NEW-01")
    assert (product["SalesPrice"], product["PurchasePrice"]) == (Decimal("13.75"), Decimal(10))
    assert product["Unit"]["Name"] == "uur"


def test_a_webhook_is_registered_listed_and_removed(client: Client) -> None:
    body = {
        "entityType": "Relation.Organization",
        "webhookUrl": "https://sync.example/tribe/hook",
        "headers": [{"name": "X-Tenant", "value": "t1"}],
    }
    made = client.http.post("/v1/webhooks", json=body)

    assert made.status_code == 201
    key = made.json()["id"]
    assert client.http.get("/v1/webhooks").json() == [{"id": key, **body}]
    assert client.get("Webhook")["value"][0]["EntityType"] == "Relation.Organization"
    assert client.http.delete(f"/v1/webhooks/{key}").status_code == 204
    assert client.http.get("/v1/webhooks").json() == []
    assert client.http.delete(f"/v1/webhooks/{key}").status_code == 404
    assert client.http.post("/v1/webhooks", json={**body, "entityType": "Relation.Robot"}).status_code == 400
    assert client.http.post("/v1/webhooks", json={**body, "webhookUrl": "http://sync.example"}).status_code == 400


# Reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Name eq 'Meelfabriek'", ["Meelfabriek"]),
        ("Name eq 'meelfabriek'", []),
        ("Name eq 'Fietsen ''t Zadel'", ["Fietsen 't Zadel"]),
        ("contains(Name,'FABRIEK')", ["Meelfabriek"]),
        ("startswith(Name,'bakk')", ["Bakkerij De Halm"]),
        ("endswith(Name,'BV')", ["Voorbeeld BV", "Misschien BV"]),
        ("DebtorNumber ne null and CreditorNumber ne null", ["Fietsen 't Zadel"]),
        ("DebtorNumber eq null and not contains(Name,'bv')", ["Meelfabriek"]),
        (
            "not (DebtorNumber eq null) and (DebtorNumber gt '10042' or Name lt 'C')",
            ["Bakkerij De Halm", "Fietsen 't Zadel"],
        ),
        ("_Name eq 'Meelfabriek' and _Type eq 'Relation.Organization'", ["Meelfabriek"]),
        ("VisitingAddress/City eq 'Utrecht'", ["Bakkerij De Halm"]),
        ("VisitingAddress/HouseNumber ge 12", ["Bakkerij De Halm"]),
        ("VisitingAddress/Country/Code eq 'NL'", ["Bakkerij De Halm"]),
        ("VisitingAddress/City ne 'Utrecht'", []),
        ("VisitingAddress/Extra ne null", []),
        ("CreationDate lt 2020-01-01T01:00:00%2B01:00", []),
    ],
)
def test_a_filter_finds_what_it_says(client: Client, condition: str, names: list[str]) -> None:
    assert client.filtered(ORGANISATIONS, condition) == names


def test_an_empty_link_on_the_way_makes_every_comparison_false_but_that_with_null(client: Client) -> None:
    assert len(client.filtered(CUSTOMERS, "Organization/VisitingAddress/City eq null")) == 1
    assert len(client.filtered(CUSTOMERS, f"Organization/VisitingAddress/CreationDate ge {LONG_AGO}")) == 1


def test_a_boolean_is_a_condition_by_itself(client: Client) -> None:
    assert client.filtered("Product", "IsInactive") == ["Brood"]
    assert client.filtered("Product", "IsInactive eq false") == ["Onderhoud"]
    assert client.filtered("Product", "not IsInactive") == ["Onderhoud"]


def test_a_guid_in_a_filter_has_no_quotes(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]

    assert client.filtered(SUPPLIERS, f"Organization/ID eq {key.upper()}") == ["Meelfabriek"]
    assert client.refusal("GET", f"{SUPPLIERS}?$filter=Organization/ID eq '{key}'") == 400


@pytest.mark.parametrize(
    "query",
    [
        "$filter=Name in ('A','B')",
        "$filter=Name has 'A'",
        "$filter=Addresses/any(a: a/City eq 'Utrecht')",
        "$filter=Addresses/City eq 'Utrecht'",
        "$filter=VatNumber eq 'NL001234567B01'",
        "$filter=name eq 'Meelfabriek'",
        "$filter=Name eq 5",
        "$filter=Name",
        "$filter=Name eq",
        "$filter=(Name eq 'A'",
        "$filter=Name eq 'A",
        "$filter=Name eq 'A' and",
        "$filter=not Name eq 'A'",
        "$filter=toupper(Name) eq 'A'",
        "$filter=contains(Name,5)",
        "$filter=CreationDate ge 2026-03-01",
        "$filter=CreationDate ge '2026-03-01T00:00:00Z'",
        "$filter=CreationDate ge 2026-13-01T00:00:00Z",
        "$filter=CreationDate ge 2026-03-01T00:00:00+01:00",
        "$filter=IsActive gt true",
        "$filter=",
        "$select=Nam",
        "$expand=Country",
        "$expand=VisitingAddress($expand=Nowhere)",
        "$expand=VisitingAddress($select=City",
        "$orderby=Nothing",
        "$orderby=Name down",
        "$top=ten",
        "$top=-1",
        "$skip=-1",
        "$count=yes",
        "$top=1&$top=2",
        "$limit=5",
    ],
)
def test_a_query_that_tribe_does_not_understand_is_refused(client: Client, query: str) -> None:
    assert client.refusal("GET", f"{ORGANISATIONS}?{query}") == 400


def test_a_plus_is_no_blank(client: Client) -> None:
    assert client.refusal("GET", f"{ORGANISATIONS}?$filter=Name+eq+'Meelfabriek'") == 400
    assert client.refusal("GET", f"{ORGANISATIONS}?$orderby=Name+desc") == 400
    assert client.filtered(ORGANISATIONS, "PhoneNumber eq '+31 30 0000000'") == ["Bakkerij De Halm"]
    assert client.filtered(ORGANISATIONS, "Name%20eq%20'Meelfabriek'") == ["Meelfabriek"]


def test_an_escaped_dollar_is_a_dollar(client: Client) -> None:
    assert client.names(f"{ORGANISATIONS}?%24filter=Name eq 'Meelfabriek'&%24top=1") == ["Meelfabriek"]
    assert client.http.get("/v1/odata/%24metadata").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "$batch",
        "Product?$search=x",
        "Product?$apply=x",
        "Product/$count",
        "Product?$expand=*",
        "Product?$expand=Unit($top=1)",
    ],
)
def test_what_nobody_has_seen_tribe_do_is_not_implemented(client: Client, path: str) -> None:
    assert client.refusal("GET", path) == 501


def test_select_always_brings_the_id(client: Client) -> None:
    [row] = client.get("Product?$select=Code&$filter=Code eq 'OND-01'")["value"]

    assert set(row) == {"ID", "Code"}


def test_a_link_that_is_not_expanded_is_absent_and_an_empty_one_is_null(client: Client) -> None:
    [plain] = client.get(f"{ORGANISATIONS}?$filter=Name eq 'Meelfabriek'")["value"]
    [wide] = client.get(f"{ORGANISATIONS}?$filter=Name eq 'Meelfabriek'&$expand=InvoiceAddress,Addresses")["value"]

    assert "InvoiceAddress" not in plain
    assert wide["InvoiceAddress"] is None
    assert wide["Addresses"] == []


def test_expansions_nest_and_choose(client: Client) -> None:
    [row] = client.get(
        f"{CUSTOMERS}?$filter=Organization/Name eq 'Bakkerij De Halm'&$select=Name"
        "&$expand=Organization($select=Name;$expand=VisitingAddress($select=City;$expand=Country($select=Code)),Relationships($select=Name))"
    )["value"]

    organisation = row["Organization"]
    assert set(row) == {"ID", "Name", "Organization"}
    assert set(organisation) == {"ID", "Name", "VisitingAddress", "Relationships"}
    assert set(organisation["VisitingAddress"]) == {"ID", "City", "Country"}
    assert [each["Name"] for each in organisation["Relationships"]] == ["Bakkerij De Halm"]


def test_rows_are_ordered_and_an_empty_value_comes_first(client: Client) -> None:
    assert client.names("Relation_Organization?$orderby=DebtorNumber desc,Name&$top=3") == [
        "Fietsen 't Zadel",
        "Bakkerij De Halm",
        "Meelfabriek",
    ]
    assert client.names(f"{CUSTOMERS}?$orderby=Organization/DebtorNumber desc") == [
        "Fietsen 't Zadel",
        "Bakkerij De Halm",
    ]
    assert client.names("Relation_Organization?$orderby=DebtorNumber,Name&$skip=3") == [
        "Bakkerij De Halm",
        "Fietsen 't Zadel",
    ]


def test_a_page_has_a_usual_and_a_greatest_length() -> None:
    with started(page_size_default=2, page_size_max=3) as tribe, Client(tribe) as client:
        usual = client.get("Relation_Organization?$count=true")
        greatest = client.get("Relation_Organization?$top=1000")
        rest = client.get("Relation_Organization?$top=1000&$skip=3")

    assert (usual["@odata.count"], len(usual["value"])) == (5, 2)
    assert "@odata.nextLink" not in usual
    assert (len(greatest["value"]), len(rest["value"])) == (3, 2)


def test_a_link_can_be_followed_in_the_path(tribe: TribeSandbox, client: Client) -> None:
    product = tribe.one("Product", Code="OND-01")["ID"]
    invoice = tribe.one("Activity_Invoice", Number="20260017")["ID"]

    assert client.get(f"Product({product})/Unit")["Name"] == "uur"
    assert len(client.get(f"Activity_Invoice({invoice})/ProductLines?$filter=Product/Code eq 'OND-01'")["value"]) == 1
    assert client.get(f"Activity_Invoice({invoice})/Relationship/Organization")["DebtorNumber"] == "10042"
    assert client.send("GET", f"Activity_Invoice({invoice})/Contact").status_code == 204
    assert client.refusal("GET", f"Product({product})/Wheels") == 404


def test_the_current_employee_is_a_person_of_the_own_organisation(tribe: TribeSandbox, client: Client) -> None:
    employee = client.get("GetCurrentEmployee()?$expand=Person,Relation($select=ID)")

    assert employee["_Type"] == "Relationship.Person.Contact.Employee"
    assert employee["Person"]["_Type"] == "Relation.Person"
    assert employee["Relation"]["ID"] == tribe.own_relation


def test_a_key_is_a_bare_guid(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one("Product", Code="OND-01")["ID"]

    assert client.get(f"Product({key})")["Code"] == "OND-01"
    assert client.refusal("GET", f"Product('{key}')") == 400
    assert client.refusal("GET", "Product(7)") == 400
    assert client.refusal("GET", "Product(00000000-0000-4000-8000-000000000000)") == 404
    assert client.refusal("GET", f"Relation_Organization({key})") == 404
    assert client.refusal("GET", f"Robot({key})") == 404


def test_the_base_sets_show_every_kind_but_only_what_all_kinds_have(tribe: TribeSandbox, client: Client) -> None:
    relations = client.get("Relation")["value"]

    assert {each["_Type"] for each in relations} == {"Relation.Organization", "Relation.Person"}
    assert all("DebtorNumber" in each and "Name" not in each and "LastName" not in each for each in relations)
    assert all(
        "PaymentTermInDays" not in each
        for each in client.get("Relationship_Organization_CommercialRelationship")["value"]
    )
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]
    assert client.put(f"Relationship({role})", {"IsFormer": True})["IsFormer"] is True
    assert client.refusal("PUT", f"Relationship({role})", {"PaymentTermInDays": 8}) == 400
    assert client.refusal("POST", "Relation", {"DebtorNumber": "1"}) == 400
    assert client.refusal("POST", "Activity", {"Subject": "Nee"}) == 400


def test_a_role_can_be_deleted_through_its_base_set(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(SUPPLIERS, Organization__Name="Meelfabriek")["ID"]

    assert client.send("DELETE", f"Relationship({role})").status_code == 204
    assert [each["Name"] for each in tribe.rows(SUPPLIERS)] == ["Fietsen 't Zadel"]


def test_the_debtor_of_an_invoice_is_found_through_the_base_role(client: Client) -> None:
    [row] = client.get(
        "Activity_Invoice?$filter=Number eq '20260017'"
        "&$expand=Relationship($expand=Organization($select=DebtorNumber),Person)"
    )["value"]

    assert row["Relationship"]["Organization"]["DebtorNumber"] == "10042"
    assert row["Relationship"]["Person"] is None


def test_a_person_has_a_composed_name_and_a_private_address(client: Client) -> None:
    [row] = client.get(f"{PRIVATE_CUSTOMERS}?$expand=Person($expand=Address($expand=Country))")["value"]

    person = row["Person"]
    assert (row["_Name"], person["_Name"]) == ("Ada van der Test", "Ada van der Test")
    assert (person["FirstName"], person["MiddleName"], person["LastName"]) == ("Ada", "van der", "Test")
    assert (person["Address"]["HouseNumber"], person["Address"]["HouseNumberSuffix"]) == (None, "1A")
    assert person["Address"]["Country"]["Code"] == "BE"


def test_the_metadata_lists_sets_properties_and_links(client: Client) -> None:
    answer = client.http.get("/v1/odata/$metadata")

    assert answer.headers["content-type"] == "application/xml"
    tree = ElementTree.fromstring(answer.text)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    sets = {each.get("Name") for each in tree.iter(f"{edm}EntitySet")}
    assert {"Relation", CUSTOMERS, "Datastore_AdressType", "ProductLine"} <= sets
    organisation = next(each for each in tree.iter(f"{edm}EntityType") if each.get("Name") == "Relation_Organization")
    types = {each.get("Name"): each.get("Type") for each in organisation if each.get("Name")}
    assert types["VATNumber"] == "Edm.String"
    assert types["Addresses"] == "Collection(Tribe.Address)"
    assert client.get("$metadata?$format=json")["Tribe"]["Address"]["HouseNumber"]["$Type"] == "Edm.Double"
    assert {each["name"] for each in client.get("")["value"]} == sets


def test_countries_units_rates_and_phases_are_there(client: Client) -> None:
    assert {"NL", "BE", "DE", "FR", "LU", "GB", "US", "ES"} <= {
        each["Code"] for each in client.get("Datastore_Country")["value"]
    }
    assert client.names("Datastore_Unit?$filter=IsDefault eq true") == ["stuk"]
    rates = client.get("Datastore_VatGroup?$expand=Country($select=Code)")["value"]
    assert [(each["Name"], each["Code"], each["Percentage"]) for each in rates] == [
        ("NL - 21%", "NL21", 21.0),
        ("NL - 9%", "NL9", 9.0),
        ("NL - 0%", "NL0", 0.0),
    ]
    assert [each["Code"] for each in client.get("Datastore_Phase_ActivityInvoice")["value"]] == [
        "Draft",
        "Sent",
        "Reminder",
        "Paid",
    ]


# Writing ------------------------------------------------------------------------------------------------------------


def test_a_post_with_an_id_is_an_update(tribe: TribeSandbox, client: Client) -> None:
    before = tribe.one(ORGANISATIONS, Name="Meelfabriek")
    answer = client.send("POST", ORGANISATIONS, {"ID": before["ID"], "Name": "Molen"})

    assert answer.status_code == 200
    assert answer.json()["ID"] == before["ID"]
    after = tribe.one(ORGANISATIONS, Name="Molen")
    assert after["CreditorNumber"] == "20017"
    assert client.refusal("POST", ORGANISATIONS, {"ID": "00000000-0000-4000-8000-000000000000", "Name": "Spook"}) == 404
    assert client.refusal("POST", ORGANISATIONS, {"ID": "seven", "Name": "Spook"}) == 400


def test_a_put_changes_only_what_it_brings(tribe: TribeSandbox, client: Client) -> None:
    before = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")
    client.put(f"{ORGANISATIONS}({before['ID']})", {"Website": "https://halm.example", "IBAN": None})

    after = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"Website", "IBAN", "LastMutationDate"}
    assert (
        client.refusal("PUT", f"{ORGANISATIONS}({before['ID']})", {"ID": tribe.own_relation, "Name": "Anders"}) == 400
    )


def test_patch_is_not_allowed(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one("Product", Code="OND-01")["ID"]

    assert client.refusal("PATCH", f"Product({key})", {"Name": "X"}) == 405
    assert client.refusal("PUT", "Product", {"Name": "X"}) == 405
    assert client.refusal("POST", f"Product({key})", {"Name": "X"}) == 405


@pytest.mark.parametrize(
    ("set_name", "body"),
    [
        (ORGANISATIONS, {}),
        (ORGANISATIONS, {"Name": ""}),
        (ORGANISATIONS, {"Name": None}),
        (ORGANISATIONS, {"Name": 7}),
        (ORGANISATIONS, {"Name": "A", "VatNumber": "NL1"}),
        (ORGANISATIONS, {"Name": "A", "_Name": "B"}),
        (ORGANISATIONS, {"Name": "A", "CreationDate": LONG_AGO}),
        (ORGANISATIONS, {"Name": "A", "NumberOfEmployees": 1.5}),
        (ORGANISATIONS, {"Name": "A", "FoundingDate": "2026-03-01"}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": "Dorpsstraat 1"}),
        (ORGANISATIONS, {"Name": "A", "Addresses": {"City": "Utrecht"}}),
        (ORGANISATIONS, {"Name": "A", "Addresses": ["Utrecht"]}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"HouseNumber": "12"}}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"Country": {"ID": "NL"}}}),
        (ORGANISATIONS, {"Name": "A", "InvoiceAddress": {"ID": "00000000-0000-4000-8000-000000000000"}}),
        ("Relation_Person", {"FirstName": "Ada"}),
        (CUSTOMERS, {"Organization": {"Name": "A"}}),
        ("Product", {"Name": "A", "IsInactive": "no"}),
        ("Product", {"Name": "A"}),
        (ORGANISATIONS, [{"Name": "A"}]),
    ],
)
def test_a_body_that_is_not_right_is_refused(tribe: TribeSandbox, client: Client, set_name: str, body: object) -> None:
    before = len(tribe.rows("Relation")), len(tribe.rows("Address"))

    assert client.refusal("POST", set_name, body) == 400
    assert (len(tribe.rows("Relation")), len(tribe.rows("Address"))) == before


def test_a_role_needs_both_ends(tribe: TribeSandbox, client: Client) -> None:
    own = {"ID": tribe.own_relation}

    assert client.refusal("POST", CUSTOMERS, {"Relation": own}) == 400
    assert client.refusal("POST", CUSTOMERS, {"Relation": own, "Person": {"LastName": "Test"}}) == 400
    assert client.refusal("POST", PRIVATE_CUSTOMERS, {"Relation": own, "Person": {"FirstName": "Ada"}}) == 400


def test_a_deep_insert_that_fails_inside_leaves_nothing_behind(tribe: TribeSandbox, client: Client) -> None:
    address = {"City": "Utrecht", "Country": {"ID": "00000000-0000-4000-8000-000000000000"}}
    body = {
        "Relation": {"ID": tribe.own_relation},
        "Organization": {"Name": "Half", "PostalAddress": {"City": "Gent"}, "InvoiceAddress": address},
    }
    before = len(tribe.rows("Relation")), len(tribe.rows("Address"))

    assert client.refusal("POST", CUSTOMERS, body) == 400
    assert (len(tribe.rows("Relation")), len(tribe.rows("Address"))) == before


def test_a_deep_insert_makes_everything_that_is_nested(tribe: TribeSandbox, client: Client) -> None:
    belgium = {"ID": tribe.lookup("Datastore_Country", "BE")}
    address = {"Street": "Haven", "HouseNumber": 5, "City": "Gent", "Country": belgium}
    client.post(
        CUSTOMERS,
        {"Relation": {"ID": tribe.own_relation}, "Organization": {"Name": "Diep NV", "InvoiceAddress": address}},
    )

    organisation = tribe.one(CUSTOMERS, Name="Diep NV")["Organization"]
    assert organisation["InvoiceAddress"]["Country"]["Code"] == "BE"
    assert tribe.one("Address", City="Gent", Street="Haven", HouseNumber=5)["Organization"]["ID"] == organisation["ID"]


def test_a_role_can_be_given_to_an_organisation_that_exists(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]
    client.post(CUSTOMERS, {"Relation": {"ID": tribe.own_relation}, "Organization": {"ID": key, "Name": "ignored"}})

    assert tribe.one(CUSTOMERS, Organization__CreditorNumber="20017")["Organization"]["Name"] == "Meelfabriek"
    assert tribe.one(ORGANISATIONS, Name="Meelfabriek")["LastMutationDate"] is None


def test_a_link_is_cleared_with_null_and_the_other_row_stays(tribe: TribeSandbox, client: Client) -> None:
    key = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    client.put(f"{ORGANISATIONS}({key})", {"VisitingAddress": None})

    assert tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["VisitingAddress"] is None
    assert tribe.one("Address", Street="Dorpsstraat")["Organization"]["ID"] == key
    role = tribe.one(CUSTOMERS, Organization__Name="Bakkerij De Halm")["ID"]
    assert client.refusal("PUT", f"{CUSTOMERS}({role})", {"Organization": None}) == 400


def test_an_address_without_id_in_an_update_is_a_new_one_and_the_old_one_is_an_orphan(
    tribe: TribeSandbox, client: Client
) -> None:
    key = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    client.put(f"{ORGANISATIONS}({key})", {"VisitingAddress": {"City": "Zeist"}})

    assert tribe.one(ORGANISATIONS, ID=key)["VisitingAddress"]["Street"] is None
    assert tribe.one("Address", City="Utrecht")["Organization"]["ID"] == key


def test_an_address_posted_for_a_person_becomes_the_address_of_that_person(tribe: TribeSandbox, client: Client) -> None:
    person = tribe.add("Relation_Person", LastName="Dakloos")
    client.post("Address", {"Person": {"ID": person}, "City": "Delft", "HouseNumber": 3})

    assert tribe.one("Relation_Person", LastName="Dakloos")["Address"]["City"] == "Delft"


def test_lookups_are_only_read(tribe: TribeSandbox, client: Client) -> None:
    unit = tribe.lookup("Datastore_Unit", "uur")

    assert client.refusal("POST", "Datastore_Unit", {"Name": "pallet"}) == 405
    assert client.refusal("PUT", f"Datastore_Unit({unit})", {"Name": "pallet"}) == 405
    assert client.refusal("DELETE", f"Datastore_Unit({unit})") == 405
    assert (
        client.refusal("PUT", f"Product({tribe.one('Product', Code='OND-01')['ID']})", {"Unit": {"Name": "pallet"}})
        == 405
    )


def test_a_product_code_occurs_once(tribe: TribeSandbox, client: Client) -> None:
    bread = tribe.one("Product", Code="BRD-01")["ID"]

    assert client.refusal("PUT", f"Product({bread})", {"Code": "OND-01"}) == 400
    client.put(f"Product({bread})", {"Code": "BRD-02"})
    client.put(f"Product({bread})", {"Code": "BRD-01"})
    assert tribe.one("Product", ID=bread)["Code"] == "BRD-01"


def test_a_lead_becomes_a_customer_and_keeps_its_id(tribe: TribeSandbox, client: Client) -> None:
    prospects = "Relationship_Organization_CommercialRelationship_Prospect"
    key = tribe.one(prospects, Name="Misschien BV")["ID"]
    answer = client.post(prospects, {"ID": key, "_UpgradeType": CUSTOMERS, "PaymentTermInDays": 8})

    assert (answer["ID"], answer["_Type"]) == (key, "Relationship.Organization.CommercialRelationship.Customer")
    assert answer["UpgradeDate"] is not None
    assert tribe.rows(prospects) == []
    assert tribe.one(CUSTOMERS, ID=key)["PaymentTermInDays"] == 8
    assert client.refusal("GET", f"{prospects}({key})") == 404
    assert client.refusal("POST", CUSTOMERS, {"ID": key, "_UpgradeType": SUPPLIERS}) == 400
    assert client.refusal("POST", CUSTOMERS, {"ID": key, "_UpgradeType": PRIVATE_CUSTOMERS}) == 400


def test_customers_are_numbered_where_that_is_switched_on() -> None:
    with started(auto_number_debtors=True) as tribe:
        own = {"ID": tribe.own_relation}
        tribe.add(CUSTOMERS, Relation=own, Organization={"Name": "Zonder nummer"})
        tribe.add(CUSTOMERS, Relation=own, Organization={"Name": "Met nummer", "DebtorNumber": "99"})
        numbered = tribe.one(ORGANISATIONS, Name="Zonder nummer")

        assert (numbered["DebtorNumber"], numbered["LastMutationDate"]) == ("10051", None)
        assert tribe.one(ORGANISATIONS, Name="Met nummer")["DebtorNumber"] == "99"


def test_customers_are_not_numbered_by_default(tribe: TribeSandbox) -> None:
    tribe.add(CUSTOMERS, Relation={"ID": tribe.own_relation}, Organization={"Name": "Zonder nummer"})

    assert tribe.one(CUSTOMERS, Name="Zonder nummer")["Organization"]["DebtorNumber"] is None


def test_moments_are_utc_and_the_mutation_date_is_empty_until_the_first_edit(tribe: TribeSandbox) -> None:
    key = tribe.add(ORGANISATIONS, Name="Vers")
    fresh = tribe.one(ORGANISATIONS, ID=key)
    tribe.edit(ORGANISATIONS, key, Website="https://vers.example")
    edited = tribe.one(ORGANISATIONS, ID=key)

    assert fresh["CreationDate"].endswith("Z")
    assert fresh["LastMutationDate"] is None
    assert edited["CreationDate"] == fresh["CreationDate"]
    assert edited["LastMutationDate"] >= fresh["CreationDate"][:-1]


def test_a_change_in_a_part_does_not_stamp_its_owner(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")
    tribe.edit("Address", role["Organization"]["VisitingAddress"]["ID"], City="Zeist")

    assert client.filtered(CUSTOMERS, f"LastMutationDate ge {LONG_AGO}") == []
    assert client.filtered(CUSTOMERS, f"Organization/LastMutationDate ge {LONG_AGO}") == []
    assert client.filtered(CUSTOMERS, f"Organization/VisitingAddress/LastMutationDate ge {LONG_AGO}") == [
        "Bakkerij De Halm"
    ]
    tribe.edit(ORGANISATIONS, role["Organization"]["ID"], PhoneNumber="030-1")
    assert client.filtered(CUSTOMERS, f"Organization/LastMutationDate ge {LONG_AGO}") == ["Bakkerij De Halm"]
    assert tribe.one(CUSTOMERS, ID=role["ID"])["LastMutationDate"] is None


def test_numbers_of_type_double_have_a_point(client: Client) -> None:
    text = client.send("GET", "Address?$filter=Street eq 'Dorpsstraat'").text

    assert '"HouseNumber":12.0' in text
    assert '"SalesPrice":100.0' in client.send("GET", "Product?$filter=Code eq 'OND-01'").text


# Invoices -----------------------------------------------------------------------------------------------------------


def new_invoice(tribe: TribeSandbox, **more: Any) -> str:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]
    return tribe.add("Activity_Invoice", Relationship={"ID": role}, Subject="Nieuw", **more)


def test_an_invoice_can_be_made_with_its_lines(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]
    product = tribe.one("Product", Code="OND-01")["ID"]
    low = {"ID": tribe.lookup("Datastore_VatGroup", "NL9")}
    lines = [
        {"Product": {"ID": product}, "Quantity": 1.5},
        {"Description": "Fooi", "Quantity": 3, "Price": 0.335, "VatGroup": low, "DiscountPercentage": 10},
    ]
    made = client.post(
        "Activity_Invoice", {"Relationship": {"ID": role}, "Subject": "Twee regels", "ProductLines": lines}
    )

    invoice = tribe.one("Activity_Invoice", ID=made["ID"])
    first, second = invoice["ProductLines"]
    assert (first["Description"], first["Price"], first["VatGroup"]["Code"]) == ("Onderhoud", Decimal(100), "NL21")
    assert (first["TotalExcludingVat"], first["VatAmount"], first["TotalIncludingVat"]) == (
        150,
        Decimal("31.5"),
        Decimal("181.5"),
    )
    assert (second["TotalExcludingVat"], second["VatAmount"], second["TotalIncludingVat"]) == (
        Decimal("0.90"),
        Decimal("0.08"),
        Decimal("0.98"),
    )
    assert (invoice["TotalExcludingVat"], invoice["VatAmount"], invoice["Amount"]) == (
        Decimal("150.90"),
        Decimal("31.58"),
        Decimal("182.48"),
    )
    assert (invoice["Phase"]["Code"], invoice["Number"], invoice["InvoiceDate"]) == ("Draft", None, None)


def test_half_a_cent_is_rounded_up_on_each_line(tribe: TribeSandbox) -> None:
    high = {"ID": tribe.lookup("Datastore_VatGroup", "NL21")}
    line = {"Quantity": 1, "Price": Decimal("0.50"), "VatGroup": high}
    invoice = tribe.one("Activity_Invoice", ID=new_invoice(tribe, ProductLines=[line, line, line]))

    assert [each["VatAmount"] for each in invoice["ProductLines"]] == [Decimal("0.11")] * 3
    assert invoice["TotalIncludingVat"] == Decimal("1.83")


def test_prices_may_include_vat(tribe: TribeSandbox) -> None:
    high = {"ID": tribe.lookup("Datastore_VatGroup", "NL21")}
    key = new_invoice(tribe, IsVatIncluded=True, ProductLines=[{"Quantity": 1, "Price": Decimal(10), "VatGroup": high}])
    invoice = tribe.one("Activity_Invoice", ID=key)

    assert (invoice["TotalExcludingVat"], invoice["VatAmount"], invoice["TotalIncludingVat"]) == (
        Decimal("8.26"),
        Decimal("1.74"),
        10,
    )
    tribe.edit("Activity_Invoice", key, IsVatIncluded=False)
    assert tribe.one("Activity_Invoice", ID=key)["TotalIncludingVat"] == Decimal("12.10")


def test_totals_follow_the_lines(tribe: TribeSandbox) -> None:
    draft = tribe.one("Activity_Invoice", Subject="Nog niet klaar")
    line = draft["ProductLines"][0]["ID"]
    tribe.edit("ProductLine", line, Quantity=2)
    assert tribe.one("Activity_Invoice", ID=draft["ID"])["Amount"] == 100
    tribe.add("ProductLine", Activity={"ID": draft["ID"]}, Price=Decimal("1.50"))
    assert tribe.one("Activity_Invoice", ID=draft["ID"])["Amount"] == Decimal("101.5")
    tribe.remove("ProductLine", line)

    after = tribe.one("Activity_Invoice", ID=draft["ID"])
    assert (after["Amount"], after["LastMutationDate"]) == (Decimal("1.5"), None)


def test_sending_gives_a_number_a_date_and_a_day_it_is_due(tribe: TribeSandbox) -> None:
    key = new_invoice(tribe, PaymentTermInDays=14)
    tribe.send_invoice(key)

    invoice = tribe.one("Activity_Invoice", ID=key)
    year = invoice["InvoiceDate"][:4]
    assert invoice["Number"] == f"{year}0001"
    assert invoice["Phase"]["Code"] == "Sent"
    assert invoice["ExpirationDate"] > invoice["InvoiceDate"]
    assert invoice["LastMutationDate"] is not None


def test_a_number_and_a_date_that_are_there_stay(tribe: TribeSandbox) -> None:
    key = new_invoice(tribe, Number="A-1", InvoiceDate="2026-01-31T23:30:00+01:00")
    tribe.send_invoice(key)

    invoice = tribe.one("Activity_Invoice", ID=key)
    assert (invoice["Number"], invoice["InvoiceDate"], invoice["ExpirationDate"]) == (
        "A-1",
        "2026-01-31T22:30:00Z",
        None,
    )


def test_numbers_of_invoices_do_not_repeat(tribe: TribeSandbox) -> None:
    keys = [new_invoice(tribe) for _ in range(3)]
    for key in keys:
        tribe.send_invoice(key)

    assert len({tribe.one("Activity_Invoice", ID=key)["Number"] for key in keys}) == 3


def test_a_sent_invoice_is_frozen_but_for_phase_payment_and_import_id(tribe: TribeSandbox, client: Client) -> None:
    before = tribe.one("Activity_Invoice", Number="20260017")
    path, line = f"Activity_Invoice({before['ID']})", before["ProductLines"][0]["ID"]

    assert client.refusal("PUT", path, {"Subject": "Anders"}) == 400
    assert client.refusal("PUT", f"Activity({before['ID']})", {"Subject": "Anders"}) == 400
    assert client.refusal("PUT", path, {"ImportId": "x", "Number": "20260018"}) == 400
    assert (
        client.refusal("PUT", path, {"Phase": {"ID": tribe.lookup("Datastore_Phase_ActivityInvoice", "Draft")}}) == 400
    )
    assert client.refusal("PUT", path, {"ProductLines": [{"Price": 1}]}) == 400
    assert client.refusal("PUT", f"ProductLine({line})", {"Price": 1}) == 400
    assert client.refusal("DELETE", f"ProductLine({line})") == 400
    assert client.refusal("POST", "ProductLine", {"Activity": {"ID": before["ID"]}, "Price": 1}) == 400
    assert client.refusal("DELETE", path) == 400
    client.put(path, {"ImportId": "syncx:1"})
    client.put(path, {"Phase": {"ID": tribe.lookup("Datastore_Phase_ActivityInvoice", "Reminder")}})
    client.post("Payment", {"Invoice": {"ID": before["ID"]}, "Amount": 1})
    after = tribe.one("Activity_Invoice", Number="20260017")
    assert {name for name in after if after[name] != before[name]} == {
        "ImportId",
        "Phase",
        "Payments",
        "LastMutationDate",
    }


def test_a_line_cannot_move_into_a_sent_invoice(tribe: TribeSandbox, client: Client) -> None:
    sent = tribe.one("Activity_Invoice", Number="20260017")["ID"]
    line = tribe.one("Activity_Invoice", Subject="Nog niet klaar")["ProductLines"][0]["ID"]

    assert client.refusal("PUT", f"ProductLine({line})", {"Activity": {"ID": sent}}) == 400


def test_nothing_freezes_where_that_is_switched_off() -> None:
    with started(freeze_after_sent=False) as tribe:
        key = tribe.one("Activity_Invoice", Number="20260017")["ID"]
        tribe.edit("Activity_Invoice", key, Subject="Anders")

        assert tribe.one("Activity_Invoice", ID=key)["Subject"] == "Anders"


def test_a_draft_goes_with_its_lines(tribe: TribeSandbox) -> None:
    lines = len(tribe.rows("ProductLine"))
    tribe.remove("Activity_Invoice", tribe.one("Activity_Invoice", Subject="Nog niet klaar")["ID"])

    assert len(tribe.rows("ProductLine")) == lines - 1


def test_without_the_billing_module_there_are_no_invoices() -> None:
    with started(billing_module=False) as tribe, Client(tribe) as client:
        for each in ("Activity_Invoice", "ProductLine", "Payment"):
            answer = client.send("GET", each)
            assert answer.status_code == 404
            assert "Entity type not found" in answer.json()["error"]["message"]
        assert client.get("Activity")["value"] == []
        assert "Activity_Invoice" not in client.http.get("/v1/odata/$metadata").text
        assert client.refusal("GET", "Product?$expand=ProductLine") == 400
        tribe.billing_module = True
        assert len(client.get("Activity_Invoice")["value"]) == 2


# Deleting and merging -----------------------------------------------------------------------------------------------


def test_who_has_activities_cannot_be_deleted(tribe: TribeSandbox, client: Client) -> None:
    role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")

    assert client.refusal("DELETE", f"{CUSTOMERS}({role['ID']})") == 400
    assert client.refusal("DELETE", f"{ORGANISATIONS}({role['Organization']['ID']})") == 400
    assert tribe.one(CUSTOMERS, ID=role["ID"])["Organization"]["Name"] == "Bakkerij De Halm"
    assert client.refusal("DELETE", f"Product({tribe.one('Product', Code='OND-01')['ID']})") == 400


def test_who_has_none_goes_with_roles_and_addresses(tribe: TribeSandbox, client: Client) -> None:
    person = tribe.one("Relation_Person", LastName="Test")["ID"]

    assert client.send("DELETE", f"Relation_Person({person})").status_code == 204
    assert tribe.rows(PRIVATE_CUSTOMERS) == []
    assert [each["City"] for each in tribe.rows("Address")] == ["Utrecht"]
    assert client.refusal("DELETE", f"Relation_Person({person})") == 404


def test_a_link_to_what_was_deleted_is_empty(tribe: TribeSandbox) -> None:
    address = tribe.one("Address", City="Utrecht")["ID"]
    tribe.remove("Address", address)

    assert tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["VisitingAddress"] is None


def test_employees_and_the_own_organisation_stay(tribe: TribeSandbox, client: Client) -> None:
    employee = client.get("GetCurrentEmployee()")["ID"]
    own = client.get("Relationship_Organization_Identity")["value"][0]["ID"]

    assert client.refusal("DELETE", f"Relationship_Person_Contact_Employee({employee})") == 400
    assert client.refusal("DELETE", f"Relationship_Organization_Identity({own})") == 405
    assert client.refusal("DELETE", f"{ORGANISATIONS}({tribe.own_relation})") in (400, 405)


def test_a_merge_moves_roles_and_deletes_the_loser(tribe: TribeSandbox, client: Client) -> None:
    winner = tribe.one(ORGANISATIONS, Name="Bakkerij De Halm")["ID"]
    loser = tribe.one(ORGANISATIONS, Name="Fietsen 't Zadel")["ID"]
    lost_role = tribe.one(CUSTOMERS, Organization__ID=loser)["ID"]
    tribe.merge(winner, loser)

    assert client.refusal("GET", f"{ORGANISATIONS}({loser})") == 404
    assert client.refusal("GET", f"{CUSTOMERS}({lost_role})") == 404
    assert tribe.one(SUPPLIERS, Organization__ID=winner)["Name"] == "Bakkerij De Halm"
    role = tribe.one(CUSTOMERS, Organization__ID=winner)["ID"]
    assert {each["Relationship"]["ID"] for each in tribe.rows("Activity_Invoice")} == {role}


def test_only_two_of_a_kind_can_be_merged(tribe: TribeSandbox) -> None:
    with pytest.raises(Refused):
        tribe.merge(tribe.own_relation, tribe.one("Relation_Person", LastName="Test")["ID"])


def test_a_former_customer_keeps_its_role(tribe: TribeSandbox) -> None:
    key = tribe.one(CUSTOMERS, Organization__DebtorNumber="10043")["ID"]
    tribe.make_former(CUSTOMERS, key)

    role = tribe.one(CUSTOMERS, ID=key)
    assert role["IsFormer"] is True
    assert role["FormerDate"] is not None


# A moment ago -------------------------------------------------------------------------------------------------------


def test_queries_may_lag_behind_writes() -> None:
    with started(stale_read_ms=400) as tribe:
        with Client(tribe) as client:
            made = client.post(ORGANISATIONS, {"Name": "Vers"})
            key = tribe.one(ORGANISATIONS, Name="Meelfabriek")["ID"]
            changed = client.put(f"{ORGANISATIONS}({key})", {"Name": "Molen", "InvoiceAddress": {"City": "Ede"}})
            gone = tribe.one(SUPPLIERS, Organization__Name="Molen")["ID"]
            tribe.remove(SUPPLIERS, gone)

            assert changed["Name"] == "Molen"
            assert client.refusal("GET", f"{ORGANISATIONS}({made['ID']})") == 404
            assert client.filtered(ORGANISATIONS, "Name eq 'Vers' or Name eq 'Molen'") == []
            assert client.filtered(ORGANISATIONS, "Name eq 'Meelfabriek'") == ["Meelfabriek"]
            [then] = client.get(
                f"{SUPPLIERS}?$filter=Organization/Name eq 'Meelfabriek'"
                "&$expand=Organization($expand=Addresses,Relationships)"
            )["value"]
            assert then["Organization"]["Addresses"] == []
            assert [each["ID"] for each in then["Organization"]["Relationships"]] == [gone]
            time.sleep(0.5)
            assert client.get(f"{ORGANISATIONS}({made['ID']})")["Name"] == "Vers"
            assert client.filtered(ORGANISATIONS, "Name eq 'Meelfabriek'") == []
            assert client.refusal("GET", f"{SUPPLIERS}({gone})") == 404


def test_a_refused_write_leaves_no_trace_in_late_reads() -> None:
    with started(stale_read_ms=300) as tribe, Client(tribe) as client:
        assert client.refusal("POST", ORGANISATIONS, {"Name": "Half", "InvoiceAddress": {}, "Website": 5}) == 400
        assert len(client.get("Address")["value"]) == 2
        time.sleep(0.4)
        assert len(client.get("Address")["value"]) == 2


# The sandbox itself -------------------------------------------------------------------------------------------------


def test_the_call_log_names_entity_sets(tribe: TribeSandbox, client: Client) -> None:
    client.get("Product?$top=1")
    client.post(ORGANISATIONS, {"Name": "Vers"})
    client.send("DELETE", "Product(00000000-0000-4000-8000-000000000000)")
    client.http.get("/v1/webhooks")

    assert [(each.method, each.what, each.writes) for each in tribe.calls] == [
        ("POST", "oauth2/token", False),
        ("GET", "Product", False),
        ("POST", "Relation_Organization", True),
        ("DELETE", "Product", True),
        ("GET", "v1/webhooks", False),
    ]
    assert [each.what for each in tribe.writes] == ["Relation_Organization"]


def test_a_mishap_strikes_once(tribe: TribeSandbox, client: Client) -> None:
    tribe.mishap(503, when=lambda request: request.method == "PUT")
    tribe.mishap("after", when=lambda request: request.method == "POST")
    key = tribe.one("Product", Code="OND-01")["ID"]

    assert client.send("PUT", f"Product({key})", {"Name": "Anders"}).status_code == 503
    assert tribe.one("Product", ID=key)["Name"] == "Onderhoud"
    with pytest.raises(httpx.TransportError):
        client.send("POST", ORGANISATIONS, {"Name": "Kwijt"})
    assert tribe.one(ORGANISATIONS, Name="Kwijt")["Name"] == "Kwijt"


def test_ids_are_the_same_in_every_telling() -> None:
    assert [each["ID"] for each in TribeSandbox(STORY).rows("Relation")] == [
        each["ID"] for each in TribeSandbox(STORY).rows("Relation")
    ]


def test_a_picture_of_rows_is_a_copy(tribe: TribeSandbox) -> None:
    tribe.rows(ORGANISATIONS)[0]["Name"] = "Veranderd"

    assert tribe.rows(ORGANISATIONS)[0]["Name"] == "Voorbeeld BV"


def test_one_says_how_many_there_were(tribe: TribeSandbox) -> None:
    with pytest.raises(AssertionError, match="2 rows"):
        tribe.one(CUSTOMERS, IsFormer=False)


def test_an_invoice_for_a_stranger_is_no_story() -> None:
    with pytest.raises(LookupError, match="99999"):
        TribeSandbox(Story((), (), (Invoice("99999", "Niemand", ()),)))


def test_an_invoice_without_a_number_finds_its_customer_by_name() -> None:
    relation = Relation("business", "Nummerloos", in_crm=True)
    tribe = TribeSandbox(Story((relation,), (), (Invoice("", "Advies", (), customer="Nummerloos"),)))

    assert tribe.one("Activity_Invoice", Subject="Advies")["Relationship"]["Name"] == "Nummerloos"


def test_twenty_thousand_relations_are_paged_through_in_seconds() -> None:
    crowd = tuple(
        Relation(
            "business",
            f"Bedrijf {each}",
            debtor_number=str(each),
            in_crm=True,
            invoice_address=Address("Weg", str(each)),
        )
        for each in range(20_000)
    )
    start = time.monotonic()
    with TribeSandbox(Story(crowd, (), ())) as tribe:
        with Client(tribe) as client:
            seen = 0
            while page := client.get(
                f"{CUSTOMERS}?$expand=Organization($expand=InvoiceAddress)&$orderby=LastMutationDate,ID&$top=1000&$skip={seen}"
            )["value"]:
                seen += len(page)

    assert seen == 20_000
    assert time.monotonic() - start < 30


# The declaration ----------------------------------------------------------------------------------------------------


def test_every_certainty_is_one_of_six() -> None:
    assert {each["certainty"] for each in declaration()["behaviour"].values()} <= {
        "DOC",
        "VND",
        "LIVE",
        "HELP",
        "INF",
        "ASSUME",
    }


def test_the_declaration_hangs_together() -> None:
    model = full_model()
    for kind in model.types.values():
        for nav in kind.navigations.values():
            target = model.types[nav.target]
            assert nav.by is None or target.navigations[nav.by].by is None
            assert all(each in target.navigations for each in nav.tells)
        assert all(
            each.kind in ("Guid", "String", "Double", "Int64", "Boolean", "DateTimeOffset")
            for each in kind.properties.values()
        )
        assert all(
            each in kind.properties or each in kind.navigations
            for each in kind.display
            if "Relationship" not in kind.ancestors
        )
