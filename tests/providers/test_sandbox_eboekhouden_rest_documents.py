"""Mutations, payments, open items and invoices in the e-Boekhouden sandbox, read and written over REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from eboekhouden_rest_talk import (
    BANK,
    CREDITORS,
    DEBTORS,
    LOW_REVENUE,
    PURCHASES,
    REVENUE,
    TODAY,
    Talk,
    invoice,
    made,
    payment,
    talking,
)
from eboekhouden_talk import Talk as SoapTalk

from syncrules_providers.sandboxes.eboekhouden_rest import EboekhoudenRestSandbox
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import tell


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> EboekhoudenRestSandbox:
    return talk.sandbox


@pytest.fixture
def soap(sandbox: EboekhoudenRestSandbox) -> Iterator[SoapTalk]:
    """The same books through the other service."""
    with EboekhoudenSoapSandbox(today=lambda: TODAY) as other, httpx.Client(timeout=30) as http:
        other.books = sandbox.books
        talk = SoapTalk(other, http)
        talk.login()
        yield talk


def posted(talk: Talk, body: dict[str, Any]) -> dict[str, Any]:
    """Book a mutation and fetch it."""
    return dict(talk.get(f"mutation/{talk.post('mutation', body)['id']}"))


# Invoices that are booked ---------------------------------------------------------------------------------------


def test_the_service_works_out_the_vat(talk: Talk) -> None:
    low = {"vatCode": "LAAG_VERK_9", "ledgerId": LOW_REVENUE, "amount": -10, "description": "Korting"}
    told = posted(talk, invoice(talk, {"amount": 350}, low))

    assert [(each["vatCode"], each["amount"]) for each in told["vat"]] == [
        ("HOOG_VERK_21", Decimal("73.5")),
        ("LAAG_VERK_9", Decimal("-0.9")),
    ]
    assert [each["description"] for each in told["rows"]] == ["", "Korting"]
    assert talk.open_items()[1]["totalAmount"] == Decimal("412.6")


def test_amounts_may_include_the_vat(talk: Talk) -> None:
    told = posted(talk, invoice(talk, {"amount": 121}, inExVat="IN"))

    assert (told["inExVat"], told["rows"][0]["amount"], told["vat"][0]["amount"]) == ("IN", 121, 21)
    assert talk.open_items()[1]["totalAmount"] == 121


@pytest.mark.parametrize(("per_row", "total"), [(False, "1.82"), (True, "1.83")])
def test_half_cents_come_from_the_sum_or_from_each_row(
    sandbox: EboekhoudenRestSandbox, talk: Talk, per_row: bool, total: str
) -> None:
    sandbox.vat_per_row = per_row
    told = posted(talk, invoice(talk, *[{"amount": 0.5}] * 3))

    assert talk.open_items()[1]["totalAmount"] == Decimal(total)
    assert [("vatAmount" in each) for each in told["rows"]] == [per_row] * 3


def test_both_services_show_the_same_invoice(talk: Talk, soap: SoapTalk) -> None:
    told = posted(talk, invoice(talk, *[{"amount": 0.5}] * 3, entryNumber="B-1", paymentReference="REF-1"))
    there = soap.mutations()[-1]
    (_, item) = soap.open_items()
    taxes = [Decimal(each["BedragBTW"]) for each in there["MutatieRegels"]["cMutatieListRegel"]]

    assert int(there["MutatieNr"]) == told["id"]
    assert (there["Soort"], there["Boekstuk"], there["Betalingstermijn"]) == ("FactuurVerstuurd", "B-1", "14")
    assert sum(taxes) == told["vat"][0]["amount"] == Decimal("0.32")
    assert Decimal(item["Bedrag"]) == talk.open_items()[1]["totalAmount"]


def test_an_invoice_booked_over_soap_is_told_here_too(
    talk: Talk, soap: SoapTalk, sandbox: EboekhoudenRestSandbox
) -> None:
    told = talk.get("mutation/1")

    assert told == {
        "id": 1, "type": 2, "date": "2026-03-02", "description": "Factuur 2026-0001", "termOfPayment": 30,
        "ledgerId": DEBTORS, "relationId": sandbox.relation(Code="10042")["ID"], "inExVat": "EX",
        "invoiceNumber": "2026-0001", "entryNumber": "",
        "rows": [{"ledgerId": REVENUE, "vatCode": "HOOG_VERK_21", "amount": 100, "description": "Factuur 2026-0001"}],
        "vat": [{"vatCode": "HOOG_VERK_21", "amount": 21}],
    }  # fmt: skip


def test_a_term_that_is_not_sent_is_that_of_the_relation(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    assert posted(talk, invoice(talk, termOfPayment=None))["termOfPayment"] == 0
    sandbox.edit_relation(sandbox.relation(Code="10042")["ID"], termOfPayment=30)
    assert posted(talk, invoice(talk, termOfPayment=None, invoiceNumber="2026-0101"))["termOfPayment"] == 30


def test_the_kind_may_be_a_number_in_quotes(talk: Talk) -> None:
    assert posted(talk, invoice(talk, type="2"))["type"] == 2


def test_a_relation_not_in_use_gets_a_mutation_but_no_invoice(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.relation(Code="10060")["ID"]
    talk.post("mutation", invoice(talk, relationId=number))
    assert talk.refusal("POST", "invoice", made(talk, relationId=number)) == "FACT_003"
    sandbox.take_inactive = False
    assert talk.refusal("POST", "mutation", invoice(talk, relationId=number, invoiceNumber="2026-0101")) == "MUT_014"


def test_a_free_amount_of_vat_is_for_free_codes(talk: Talk) -> None:
    told = posted(talk, invoice(talk, {"vatCode": "AFW_VERK", "vatAmount": 12.34}))

    assert told["vat"] == [{"vatCode": "AFW_VERK", "amount": Decimal("12.34")}]
    assert talk.open_items()[1]["totalAmount"] == Decimal("112.34")


@pytest.mark.parametrize(
    "code", ["VERL_VERK", "VERL_VERK_L9", "BU_EU_VERK", "BI_EU_VERK", "BI_EU_VERK_D", "AFST_VERK", "GEEN"]
)
def test_many_codes_carry_no_vat(talk: Talk, code: str) -> None:
    told = posted(talk, invoice(talk, {"vatCode": code}))

    assert [each["amount"] for each in told["vat"]] == ([] if code == "GEEN" else [0])
    assert talk.open_items()[1]["totalAmount"] == 100


@pytest.mark.parametrize("code", ["VERL_INK", "VERL_INK_L9", "VERL_INK_L", "BU_EU_INK", "BI_EU_INK"])
def test_many_codes_of_purchases_carry_no_vat(talk: Talk, code: str) -> None:
    bought = {"ledgerId": PURCHASES, "vatCode": code}

    assert posted(talk, invoice(talk, bought, type=1, ledgerId=CREDITORS))["vat"] == [{"vatCode": code, "amount": 0}]


@pytest.mark.parametrize(("day", "tax"), [("2018-12-31", 6), ("2019-01-01", None)])
def test_the_old_low_rate_ended_with_2018(talk: Talk, day: str, tax: int | None) -> None:
    body = invoice(talk, {"vatCode": "LAAG_VERK"}, date=day)
    if tax is None:
        assert talk.refusal("POST", "mutation", body) == "MUT_109"
    else:
        assert posted(talk, body)["vat"] == [{"vatCode": "LAAG_VERK", "amount": tax}]


def test_a_lost_answer_leaves_the_invoice_booked(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.mishap("after")
    with pytest.raises(httpx.TransportError):
        talk.post("mutation", invoice(talk))

    assert talk.refusal("POST", "mutation", invoice(talk)) == "MUT_019"


def test_a_number_of_a_supplier_may_come_again_from_another(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    bought = {"ledgerId": PURCHASES, "vatCode": "HOOG_INK_21"}
    for code in ("20017", "20018"):
        relation = sandbox.relation(Code=code)["ID"]
        talk.post(
            "mutation", invoice(talk, bought, type=1, ledgerId=CREDITORS, relationId=relation, invoiceNumber="L-1")
        )

    assert [(each["relationCode"], each["totalAmount"]) for each in talk.open_items("C")] == [
        ("20017", 121),
        ("20018", 121),
    ]
    assert [each["invoiceNumber"] for each in talk.open_items()] == ["2026-0001"]


def test_several_kinds_need_no_invoice(talk: Talk) -> None:
    bare = {"relationId": None, "invoiceNumber": None, "termOfPayment": None}
    received = posted(talk, invoice(talk, type=5, ledgerId=BANK, **bare))
    spent = posted(
        talk, invoice(talk, {"vatCode": "HOOG_INK_21", "ledgerId": PURCHASES}, type=6, ledgerId=BANK, **bare)
    )
    journal = posted(talk, invoice(talk, {"vatCode": "GEEN"}, type=7, ledgerId=PURCHASES, inExVat=None, **bare))

    assert [each["type"] for each in (received, spent, journal)] == [5, 6, 7]
    assert (received["relationId"], received["invoiceNumber"]) == (0, "")


# Payments -------------------------------------------------------------------------------------------------------


def test_an_invoice_is_open_until_it_is_paid_and_again_when_the_payment_is_taken_back(
    sandbox: EboekhoudenRestSandbox, talk: Talk
) -> None:
    sandbox.pay("2026-0001", "21.50")
    (item,) = talk.open_items()
    assert (item["totalAmount"], item["paidAmount"], item["outstandingAmount"]) == (
        121,
        Decimal("21.5"),
        Decimal("99.5"),
    )
    assert item["mutationId"] == 1

    rest = sandbox.pay("2026-0001")
    assert talk.open_items() == []

    sandbox.reverse_payment(rest)
    assert talk.open_items()[0]["outstandingAmount"] == Decimal("99.5")


def test_a_payment_over_the_api_names_its_invoice_in_the_row(talk: Talk, soap: SoapTalk) -> None:
    told = posted(talk, payment(talk))

    assert (told["type"], told["ledgerId"], told["inExVat"], told["invoiceNumber"]) == (3, BANK, "IN", "2026-0001")
    assert talk.open_items()[0]["paidAmount"] == 50
    assert soap.open_items()[0]["Voldaan"] == "50"


def test_a_payment_may_be_of_several_invoices_and_several_customers(
    sandbox: EboekhoudenRestSandbox, talk: Talk
) -> None:
    sandbox.post_invoice("2026-0002", "10043")
    first, other = (sandbox.relation(Code=code)["ID"] for code in ("10042", "10043"))
    rows = ({"relationId": first, "amount": 121}, {"relationId": other, "invoiceNumber": "2026-0002", "amount": 21})
    told = posted(talk, payment(talk, *rows, relationId=None))

    assert (told["invoiceNumber"], told["relationId"]) == ("2026-0001,2026-0002", 0)
    assert [each["relationId"] for each in told["rows"]] == [first, other]
    assert [(each["invoiceNumber"], each["outstandingAmount"]) for each in talk.open_items()] == [("2026-0002", 100)]


def test_a_payment_needs_no_account_in_its_rows(talk: Talk) -> None:
    assert posted(talk, payment(talk, {"ledgerId": None}))["rows"][0]["ledgerId"] == DEBTORS


def test_one_payment_of_two_invoices_has_both_numbers_with_a_comma_in_its_head(
    sandbox: EboekhoudenRestSandbox, talk: Talk
) -> None:
    sandbox.post_invoice("2026-0002", "10042")
    number = sandbox.pay_several({"2026-0001": None, "2026-0002": "1.00"})
    told = talk.get(f"mutation/{number}")

    assert told["invoiceNumber"] == "2026-0001,2026-0002"
    assert [(each["invoiceNumber"], each["amount"]) for each in told["rows"]] == [("2026-0001", 121), ("2026-0002", 1)]
    assert [each["amount"] for each in talk.items(f"mutation?id={number}")] == [122]


def test_rows_of_a_payment_may_not_say_what_they_pay(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    number = sandbox.pay("2026-0001")
    sandbox.rows_name_invoices = False
    (row,) = talk.get(f"mutation/{number}")["rows"]

    assert set(row) == {"ledgerId", "vatCode", "amount", "description"}


def test_open_items_are_found_by_number(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.post_invoice("2026-0002", "10042")

    assert [
        each["mutationId"] for each in talk.items("mutation/invoice/outstanding?credDeb=D&invoiceNumber[like]=%250002")
    ] == [2]


def test_a_credit_note_is_open_below_zero(talk: Talk) -> None:
    talk.post("mutation", invoice(talk, {"amount": -10}))

    assert talk.open_items()[1]["outstandingAmount"] == Decimal("-12.1")


def test_a_mutation_thrown_away_by_hand_is_gone(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.remove_mutation(1)

    assert (talk.open_items(), talk.refusal("GET", "mutation/1")) == ([], "MUT_300")


# The opening balance --------------------------------------------------------------------------------------------


def test_mutations_begin_with_an_opening_balance_without_numbers(talk: Talk, soap: SoapTalk) -> None:
    found = talk.items("mutation")

    assert [(each["id"], each["type"], each["amount"]) for each in found] == [(0, 0, 2500), (0, 0, -2500), (1, 2, 121)]
    assert talk.refusal("GET", "mutation/0") == "MUT_300"
    assert [each["MutatieNr"] for each in soap.mutations()] == ["1"]


def test_books_of_no_story_begin_with_nothing() -> None:
    with EboekhoudenRestSandbox() as sandbox, httpx.Client() as http:
        talk = Talk(sandbox, http)
        talk.login()

        assert talk.items("mutation") == []
        sandbox.open_balance("1010", "12.50")
        assert [each["amount"] for each in talk.items("mutation")] == [Decimal("12.5")]


def test_loading_another_story_begins_anew(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.load(tell(0))

    assert [each["id"] for each in talk.items("mutation")] == [0, 0]


# Invoices that are made there -----------------------------------------------------------------------------------


def test_an_invoice_is_a_concept_until_it_says_how_it_is_booked(talk: Talk) -> None:
    concept = talk.post("invoice", made(talk))
    booked = talk.post("invoice", made(talk, mutation={"description": "Fiets", "paymentReference": "REF-1"}))

    assert (concept["invoiceNumber"], booked["invoiceNumber"]) == ("F00001", "F00002")
    assert [each["invoiceNumber"] for each in talk.open_items()] == ["2026-0001", "F00002"]
    assert talk.get("mutation/2")["description"] == "Fiets"


def test_an_invoice_says_its_totals_and_nothing_of_payments(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    product = sandbox.article(ArtikelCode="FTS-01")["ArtikelID"]
    items = ({"productId": product}, {"quantity": None, "amount": 1, "discountAmount": 50, "discountPercentage": 10})
    number = talk.post("invoice", made(talk, *items, reference="R-1", text="Dank u", mutation={}))["id"]
    sandbox.pay("F00001", "1.00")
    told = talk.get(f"invoice/{number}")
    (listed,) = talk.items("invoice?invoiceNumber=f00001")

    assert (told["totalExcl"], told["vatAmount"], told["totalAmount"]) == (970, Decimal("203.7"), Decimal("1173.7"))
    assert (told["reference"], told["text"], told["date"]) == ("R-1", "Dank u", "2026-03-02")
    assert told["items"][0]["code"] == "FTS-01"
    assert not [each for each in (*told, *listed) if "paid" in each.lower() or "due" in each.lower()]
    assert {**told, "items": None} == {
        **told,
        **{name: listed[name] for name in listed if name != "print"},
        "items": None,
    }


def test_an_invoice_may_include_the_vat(talk: Talk) -> None:
    made_there = talk.post("invoice", made(talk, {"quantity": 1, "pricePerUnit": 121}, inExVat="IN", mutation={}))

    assert made_there["inExVat"] == "IN"
    assert talk.get(f"invoice/{made_there['id']}")["totalExcl"] == 100
    assert talk.open_items()[1]["totalAmount"] == 121


def test_a_number_that_is_taken_is_not_made_up_again(talk: Talk) -> None:
    talk.post("invoice", made(talk, invoiceNumber="F00001"))

    assert talk.post("invoice", made(talk))["invoiceNumber"] == "F00002"


def test_a_mailed_invoice_goes_nowhere_and_is_kept_as_mailed(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    talk.post("invoice", made(talk, email={}))
    talk.post("invoice", made(talk))

    assert [each["mailed"] for each in sandbox.invoices()] == [True, False]


def test_invoices_are_found_by_number_relation_and_day(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    other = sandbox.relation(Code="10043")["ID"]
    talk.post("invoice", made(talk, date="2026-03-05"))
    talk.post("invoice", made(talk, relationId=other))

    assert [each["invoiceNumber"] for each in talk.items(f"invoice?relationId={other}")] == ["F00002"]
    assert [each["invoiceNumber"] for each in talk.items("invoice?date[gt]=2026-03-02")] == ["F00001"]


def test_both_services_show_the_invoices_made_over_either(talk: Talk, soap: SoapTalk) -> None:
    from eboekhouden_talk import invoice as soap_invoice

    talk.post("invoice", made(talk, mutation={}))
    soap("AddFactuur", oFact=soap_invoice())
    there = soap("GetFacturen", cFilter={"DatumVan": "1980-01-01", "DatumTm": "2049-12-31"}).rows("Facturen")
    here = talk.items("invoice")

    assert [each["Factuurnummer"] for each in there] == [each["invoiceNumber"] for each in here] == ["F00001", "F00002"]
    assert [each["TotaalInclBTW"] for each in there] == ["847", "847"]
    assert [each["totalAmount"] for each in here] == [847, 847]
    assert talk.get(f"invoice/{here[1]['id']}")["items"][0]["unitId"] is not None


def test_the_books_stay_closed_up_to_a_day(sandbox: EboekhoudenRestSandbox, talk: Talk) -> None:
    sandbox.close_period(date(2026, 3, 2))
    assert talk.refusal("POST", "mutation", invoice(talk)) == "MUT_005"
    talk.post("mutation", invoice(talk, date="2026-03-03"))
