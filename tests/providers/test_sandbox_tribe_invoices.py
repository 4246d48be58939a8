"""Invoices in the Tribe sandbox: totals, sending, freezing, and the module that they come with."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tribe_talk import CUSTOMERS, Client, started

from syncrules_providers.sandboxes.tribe import TribeSandbox


@pytest.fixture
def tribe() -> Iterator[TribeSandbox]:
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def client(tribe: TribeSandbox) -> Iterator[Client]:
    with Client(tribe) as made:
        yield made


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


def test_an_invoice_in_another_currency_says_both_amounts() -> None:
    with started(rates={"USD": Decimal("1.10")}) as tribe, Client(tribe) as client:
        role = tribe.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]
        line = {
            "Description": "Werk",
            "Quantity": 1,
            "Price": 33.33,
            "VatGroup": {"ID": tribe.lookup("Datastore_VatGroup", "NL21")},
        }
        made = client.post(
            "Activity_Invoice", {"Relationship": {"ID": role}, "Currency": "USD", "ProductLines": [line]}
        )
        told = client.get(f"Activity_Invoice({made['ID']})?$expand=ProductLines")

    assert (told["TotalExcludingVat"], told["VatAmount"], told["TotalIncludingVat"]) == (33.33, 7.0, 40.33)
    assert (told["TotalExcludingVatInCurrency"], told["VatAmountInCurrency"]) == (36.66, 7.7)
    assert told["ProductLines"][0]["PriceInCurrency"] == 36.663


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
