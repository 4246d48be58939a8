"""The REST transport of e-Boekhouden: records out and in, as they are told and as they are sent."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from eboekhouden_rest_service import (
    BICYCLES,
    EXCHANGES,
    INVOICE,
    MANIFEST,
    SEEN,
    blow_up,
    body_of,
    connected,
    everything,
    holding,
    listed,
    query_of,
    refused,
    relation,
    replaying,
    row,
    serving,
    told,
)

from syncrules.errors import (
    Nonsense,
    RecordRefused,
)

# Records out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inactive", "seen"), [(True, True), (False, False), (None, None), (1, True), (0, False)])
def test_whether_a_relation_is_in_use_is_read_as_it_is_said(inactive: Any, seen: Any) -> None:
    provider, _ = serving(holding(relation(inactive=inactive)))

    assert everything(provider, "relations")[0]["inactive"] is seen


def test_a_list_row_is_never_laid_over_the_record() -> None:
    whole = relation()
    provider, _ = serving(
        {
            "GET /v1/relation": listed({**row(whole), "name": "Oud", "inactive": True}),
            "GET /v1/relation/4100201": told(200, whole),
        }
    )

    assert everything(provider, "relations") == [whole]


def test_a_relation_that_went_since_it_was_listed_is_left_out() -> None:
    provider, _ = serving(holding(relation(1), relation(2)) | {"GET /v1/relation/1": refused("REL_055", status=404)})

    assert [each["id"] for each in everything(provider, "relations")] == [2]


def test_numbers_are_exact() -> None:
    whole = json.dumps({**EXCHANGES["product"]["answer"], "priceExcl": 0}, default=float)
    text = whole.replace('"priceExcl": 0', '"priceExcl": 12345678901234567.12345678901234567890')
    provider, _ = serving({"GET /v1/product/501": told(200, text.encode())})

    found = provider.fetch("products", "501") or {}

    assert found["priceExcl"] == Decimal("12345678901234567.12345678901234567890")


@pytest.mark.parametrize(
    ("text", "number"), [("312.59999999999997", "312.60"), ("1.5E-3", "0.00"), ("1000", "1000.00"), ("-0.005", "-0.01")]
)
def test_amounts_of_open_items_are_rounded_to_cents(text: str, number: str) -> None:
    item = json.dumps({"items": [{"mutationId": 1, "outstandingAmount": 7}], "count": 1}).replace("7", text)
    provider, _ = serving({"GET /v1/mutation/invoice/outstanding": told(200, item.encode())})

    assert str(everything(provider, "open items")[0]["outstandingAmount"]) == number


@pytest.mark.parametrize("text", ['"312.60"', "1e9999", "true", "[]", "NaN"])
def test_an_amount_that_is_no_number_is_an_error(text: str) -> None:
    item = json.dumps({"items": [{"mutationId": 1, "outstandingAmount": 7}], "count": 1}).replace("7", text)
    provider, _ = serving({"GET /v1/mutation/invoice/outstanding": told(200, item.encode())})

    with pytest.raises(Nonsense):
        everything(provider, "open items")


def test_the_kind_of_a_mutation_is_a_number_also_where_it_is_told_as_text() -> None:
    provider, _ = serving({"GET /v1/mutation/325": told(200, {**EXCHANGES["payment"]["answer"], "type": "3"})})

    assert (provider.fetch("mutations", "325") or {})["type"] == 3


def test_the_rows_of_the_opening_balance_are_no_mutations() -> None:
    opening = {"id": 0, "type": 0, "date": "2025-12-31", "amount": Decimal("10.5")}
    provider, service = serving(
        {
            "GET /v1/mutation": listed(opening, opening, *EXCHANGES["payments"]["answer"]["items"]),
            "GET /v1/mutation/325": told(200, EXCHANGES["payment"]["answer"]),
        }
    )

    assert [each["id"] for each in everything(provider, "mutations")] == [325]
    assert "GET /v1/mutation/0" not in service.calls


def test_products_come_with_their_unit_and_group_and_each_list_of_them_is_read_once() -> None:
    product = EXCHANGES["product"]["answer"]
    products = [
        product,
        {**product, "id": 502, "active": False, "unitId": None, "groupId": None},
        {**product, "id": 503, "unitId": 99},
    ]
    provider, service = serving(
        {
            "GET /v1/product": listed(*({"id": each["id"], "code": each["code"]} for each in products)),
            **{f"GET /v1/product/{each['id']}": told(200, each) for each in products},
        }
    )

    found = everything(provider, "products")

    assert [each["unit"] and each["unit"]["singular"] for each in found] == ["stuk", None, None]
    assert [each["group"] and each["group"]["code"] for each in found] == ["FTS", None, "FTS"]
    assert [each["active"] for each in found] == [True, False, True]
    assert (service.calls.count("GET /v1/unit"), service.calls.count("GET /v1/product/groups")) == (1, 1)


def test_the_vat_codes_come_without_a_call() -> None:
    provider, service = serving()
    codes = {each["Code"]: each["Percentage"] for each in everything(provider, "VAT codes")}

    assert (codes["HOOG_VERK_21"], codes["LAAG_VERK_9"], codes["GEEN"], codes["AFW_VERK"]) == (21, 9, 0, None)
    assert service.asked == []
    assert provider.fetch("VAT codes", "GEEN") is not None


def test_a_current_sales_code_is_the_only_one_with_its_percentage_above_zero() -> None:
    rows = [each for each in MANIFEST.resources["VAT codes"].rows or () if each["Side"] == "sale" and each["Current"]]
    rates = [each["Percentage"] for each in rows if each["Percentage"]]

    assert sorted(rates) == [9, 21]


# Asking for one -------------------------------------------------------------------------------------------------


def test_a_record_is_fetched_by_its_id_and_by_nothing_else() -> None:
    provider, service = serving(holding(relation()))

    assert (provider.fetch("relations", "4100201") or {})["code"] == "10042"
    assert provider.find("relations", "id", "4100201") == [relation()]
    assert set(service.calls) == {"POST /v1/session", "GET /v1/relation/4100201"}


@pytest.mark.parametrize("key", ["abc", "", "1.0", "-", "²", "1/../2", "1?limit=1"])
def test_an_id_that_is_no_number_is_nowhere_and_not_asked_for(key: str) -> None:
    provider, service = serving()

    assert provider.fetch("relations", key) is None
    assert service.asked == []


def test_what_the_service_finds_besides_is_not_even_read() -> None:
    provider, service = serving(holding(relation(1, code="AB"), relation(2, code="ab"), relation(3, code="AB1")))

    assert [each["id"] for each in provider.find("relations", "code", "ab")] == [2]
    assert [each for each in service.calls if each.startswith("GET /v1/relation/")] == ["GET /v1/relation/2"]


def test_what_changed_since_it_was_listed_is_looked_at_again() -> None:
    answers = holding(relation(1, code="A")) | {"GET /v1/relation/1": told(200, relation(1, code="B"))}
    provider, _ = serving(answers)

    assert provider.find("relations", "code", "A") == []


def test_an_empty_value_is_no_filter() -> None:
    provider, service = serving(holding(relation(1, code=""), relation(2, code="x")))

    assert [each["id"] for each in provider.find("relations", "code", "")] == [1]
    assert "code" not in query_of(service.asked[1])


def test_a_field_without_a_filter_is_compared_here() -> None:
    provider, service = serving(holding(relation(1, iban="A"), relation(2, iban="B")))

    assert [each["id"] for each in provider.find("relations", "iban", "B")] == [2]
    assert "iban" not in query_of(service.asked[1])


def test_an_open_item_is_found_by_its_number_and_by_its_mutation() -> None:
    provider, service = replaying("open items")

    assert len(provider.find("open items", "invoiceNumber", "2026-0017")) == 1
    assert query_of(service.asked[-1])["invoiceNumber"] == "2026-0017"
    assert provider.fetch("open items", "319") is None


# Records in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"name": "half \ud83d"}, "JSON"),
        ({"name": 7}, "not a string"),
        ({"termOfPayment": "veertien"}, "not a integer"),
        ({"termOfPayment": True}, "not a integer"),
        ({"inactive": "nee"}, "not a boolean"),
        ({"mandateSignedDate": "2 maart"}, "not a date"),
        ({"id": 7}, "no such field"),
        ({"Bedrijf": "x"}, "no such field"),
    ],
)
def test_what_cannot_travel_is_refused_before_anything_is_sent(changed: dict[str, Any], because: str) -> None:
    provider = connected(blow_up)

    with pytest.raises(RecordRefused, match=because):
        provider.create("relations", BICYCLES | changed)


@pytest.mark.parametrize("amount", [Decimal("1.005"), 1.5, "1.50", Decimal("NaN"), Decimal("Infinity"), True])
def test_an_amount_that_would_lose_something_is_refused(amount: Any) -> None:
    provider = connected(blow_up)

    with pytest.raises(RecordRefused, match="amount"):
        provider.create("mutations", INVOICE | {"rows": [{"ledgerId": 1, "vatCode": "GEEN", "amount": amount}]})


@pytest.mark.parametrize(
    ("amount", "sent"),
    [(Decimal("1E+2"), b"100.00"), (7, b"7.00"), (Decimal("0.10"), b"0.10"), (Decimal("-0"), b"0.00")],
)
def test_an_amount_is_written_with_its_cents(amount: Any, sent: bytes) -> None:
    provider, service = serving({"POST /v1/mutation": told(201, {"id": 318})})
    provider.create("mutations", INVOICE | {"rows": [{"ledgerId": 1, "vatCode": "GEEN", "amount": amount}]})

    assert re.search(rb'"amount":-?' + re.escape(sent), service.asked[-1].content)


@pytest.mark.parametrize(
    ("resource", "how"), [("open items", "create"), ("ledger accounts", "create"), ("mutations", "update")]
)
def test_what_the_service_does_not_offer_is_refused(resource: str, how: str) -> None:
    provider = connected(blow_up)

    with pytest.raises(RecordRefused, match=how):
        provider.create(resource, {}) if how == "create" else provider.update(resource, "1", {}, {})


def test_a_reference_is_sent_as_a_number_also_when_it_is_given_as_text() -> None:
    provider, service = serving({"POST /v1/mutation": told(201, {"id": 318})})
    provider.create("mutations", INVOICE | {"relationId": "4100201"})

    assert body_of(service.asked[-1])["relationId"] == 4100201


def test_what_is_empty_is_left_out_of_a_new_record() -> None:
    provider, service = serving({"POST /v1/relation": told(201, {"id": 1})})
    provider.create("relations", {"code": "1", "name": "Een", "city": None, "note": "", "inactive": False})

    assert body_of(service.asked[-1]) == {"code": "1", "name": "Een", "inactive": False}


def test_an_update_holds_the_name_and_what_changes_and_nothing_else() -> None:
    provider, service = serving({"PATCH /v1/relation/4100203": told(204)})
    provider.update("relations", "4100203", {"city": "Assen"}, SEEN)
    provider.update("relations", "4100203", {"name": "Anders"}, SEEN)

    assert [body_of(each) for each in service.asked[1:]] == [
        {"name": SEEN["name"], "city": "Assen"},
        {"name": "Anders"},
    ]


def test_what_was_emptied_is_told_as_empty() -> None:
    provider, service = serving({"PATCH /v1/relation/4100203": told(204)})
    made = provider.update("relations", "4100203", {"website": None, "bic": "", "ledgerId": None}, SEEN)

    assert body_of(service.asked[-1]) == {"name": SEEN["name"], "website": "", "bic": "", "ledgerId": None}
    assert (made["website"], made["ledgerId"]) == (None, None)


@pytest.mark.parametrize("field", ["gender", "type", "mandate"])
def test_what_cannot_be_emptied_is_refused_before_anything_is_sent(field: str) -> None:
    provider = connected(blow_up)

    with pytest.raises(RecordRefused, match="not emptied"):
        provider.update("relations", "4100203", {field: None}, SEEN)


@pytest.mark.parametrize(("value", "sent"), [(0, False), (1, True)])
def test_newsletters_are_a_number_when_read_and_yes_or_no_when_written(value: int, sent: bool) -> None:
    provider, service = serving({"PATCH /v1/relation/4100203": told(204)})
    provider.update("relations", "4100203", {"doNotReceiveNewsletters": value}, SEEN)

    assert body_of(service.asked[-1])["doNotReceiveNewsletters"] is sent


def test_an_open_item_is_what_the_manifest_says_an_invoice_makes() -> None:
    made = {**INVOICE, "inExVat": "IN", "id": 318}
    recipe = MANIFEST.resources["mutations"].makes["open items"]
    seen = EXCHANGES["open items"]["answer"]["items"][0]

    assert {each for each in recipe.values() if isinstance(each, str)} <= made.keys()
    assert recipe.keys() == seen.keys() - {"relationCode", "company"}
    assert recipe["totalAmount"] == recipe["outstandingAmount"] == {"sum": "rows.amount"}
