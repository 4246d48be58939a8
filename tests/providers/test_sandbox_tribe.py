"""The Tribe sandbox at its door: tokens, the exchanges that the facts show, webhooks, and the sandbox itself."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from silverfin_talk import Listener
from tribe_talk import CUSTOMERS, LONG_AGO, ORGANISATIONS, STORY, Client, started

from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.story_words import Address, Invoice, Relation
from syncrules_providers.sandboxes.tribe import TribeSandbox
from syncrules_providers.sandboxes.tribe_model import declaration, full_model
from syncrules_providers.sandboxes.tribe_webhooks import signature


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def client(tribe: TribeSandbox) -> Iterator[Client]:
    with Client(tribe) as made:
        yield made


# Tokens ---------------------------------------------------------------------------------------------------------------


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


# The exchanges that the facts show ------------------------------------------------------------------------------------


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


def test_a_change_is_told_to_the_webhooks_of_its_type_and_signed(tribe: TribeSandbox, client: Client) -> None:
    known = client.get(f"{ORGANISATIONS}?$top=1")["value"][0]["ID"]
    with Listener() as listener:
        headers = [{"name": "X-Tenant", "value": "t1"}]
        body = {"entityType": "Relation.Organization", "webhookUrl": listener.url, "headers": headers}
        key = client.http.post("/v1/webhooks", json=body).json()["id"]
        client.http.post("/v1/webhooks", json={**body, "entityType": "Product"})
        client.put(f"{ORGANISATIONS}({known})", {"PhoneNumber": "+31 20 0000043"})

        assert tribe.courier.settle(5)
    ((told, content),) = listener.calls

    assert json.loads(content) == {
        "webhookId": key,
        "payload": {"type": "EntityUpdateMutation", "entityType": "Relation.Organization", "entityId": known},
    }
    assert told["x-tenant"] == "t1"
    digits = hmac.new(tribe.webhook_secret.encode(), content, "sha512").hexdigest()
    assert told["x-tribe-signature"] == base64.b64encode(bytes.fromhex(digits)).decode()


def test_a_call_that_nobody_takes_is_made_again() -> None:
    with started(webhook_pauses=(0.01,)) as tribe, Client(tribe) as client, Listener(500) as listener:
        client.http.post("/v1/webhooks", json={"entityType": "Relation.Organization", "webhookUrl": listener.url})
        client.post(ORGANISATIONS, {"Name": "Vers"})

        assert tribe.courier.settle(5)
    (first, again) = listener.calls

    assert first[1] == again[1]


def test_a_body_is_signed_as_the_known_one() -> None:
    body = (
        b'{"webhookId":"3f0c6a52-6a1b-4f0e-9d55-0b7c5b0f7a10","payload":{"type":"EntityUpdateMutation",'
        b'"entityType":"Relation.Organization","entityId":"6d2f9f1e-2b0a-4f5e-8f0a-5a1f2c3d4e5f"}}'
    )
    known = "T9G+pXmVNilfN5f7rYJg+LBLRPBdNxXkYk7k5W8KrQzHXegKozZbqoZhtfRM+1Jmv9oCj6erf/ULd3ESx1Y91g=="

    assert signature("emulator-webhook-secret", body) == known


# The sandbox itself ---------------------------------------------------------------------------------------------------


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
    with TribeSandbox(Story(crowd, (), ())) as tribe, Client(tribe) as client:
        seen = 0
        while page := client.get(
            f"{CUSTOMERS}?$expand=Organization($expand=InvoiceAddress)&$orderby=LastMutationDate,ID&$top=1000&$skip={seen}"
        )["value"]:
            seen += len(page)

    assert seen == 20_000
    assert time.monotonic() - start < 30


# The declaration ------------------------------------------------------------------------------------------------------


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
