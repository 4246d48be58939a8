"""Sales invoices in the Yuki sandbox: taken one by one, refused inside a success, and what is outstanding afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from yuki_talk import (
    BLOCK,
    INVOICES,
    SESSION,
    Talk,
    add_zeezicht,
    invoice,
    line,
    talking,
    xml,
)

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki import YukiSandbox
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION

PDF = {"DocumentFileName": "factuur.pdf", "DocumentBase64": "JVBERi0="}


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        add_zeezicht(talk.sandbox)
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> YukiSandbox:
    return talk.sandbox


def message(talk: Talk, *lines: Mapping[str, Any], **instead: Any) -> str:
    """Push one invoice and say why it was refused; an empty text if it was not."""
    told = talk.push(invoice(*lines, **instead))
    (row,) = told.invoices()
    succeeded = row["Succeeded"] == "true"

    assert told.status == 200
    assert succeeded == (row["Message"] == "")
    assert told.values()["TotalSucceeded"] == str(int(succeeded))
    return row["Message"]


def total(talk: Talk, *lines: Mapping[str, Any]) -> Decimal:
    """Book these lines and say what is outstanding."""
    reference = f"T-{len(talk.sandbox.invoices())}"
    assert message(talk, *lines, Reference=reference) == ""
    return talk.sandbox.outstanding()[reference]


# One invoice ----------------------------------------------------------------------------------------------------


def test_a_sent_invoice_is_outstanding_at_once(talk: Talk, sandbox: YukiSandbox) -> None:
    lines = (
        line(
            "Broodpakket",
            ProductQuantity="40",
            SalesPrice="3.25",
            VATPercentage="9.00",
            VATType="2",
            GLAccountCode="80002",
        ),
        line(),
    )
    told = talk.push(invoice(*lines))
    (item,) = talk.checked("2025-0311")
    kept = sandbox.invoice("2025-0311")

    assert told.invoices()[0]["Processed"] == "true"
    assert (item["OpenAmount"], item["OriginalAmount"]) == ("159.85", "159.85")
    assert (item["Date"], item["DueDate"], item["Description"]) == ("2025-11-17", "2025-12-01", "Levering week 46")
    assert item["ContactCode"] == "R1007"
    assert [(each["description"], each["quantity"], each["account"]) for each in kept["lines"]] == [
        ("Broodpakket", 40, "80002"),
        ("Bezorging", 1, "80001"),
    ]


def test_the_answer_brings_back_the_reference_and_no_id(talk: Talk, sandbox: YukiSandbox) -> None:
    told = talk.push(invoice())
    sandbox.switches.contact_in_response = False
    without = talk.push(invoice(Reference="2025-0312")).invoices()[0]

    assert told.document.tag == f"{{{INVOICES}response}}SalesInvoicesImportResponse"
    assert list(told.values()) == [
        "TimeStamp",
        "AdministrationId",
        "TotalSucceeded",
        "TotalFailed",
        "TotalSkipped",
        "Invoice",
    ]
    assert told.invoices() == [
        {
            "Succeeded": "true", "Processed": "true", "EmailSent": "false", "Reference": "2025-0311",
            "Subject": "Levering week 46", "Contact": "Hotel Zeezicht B.V.", "Message": "",
        }
    ]  # fmt: skip
    assert told.values()["AdministrationId"] == ADMINISTRATION
    assert "c0000000" not in told.text
    assert "Contact" not in without


def test_a_draft_is_neither_booked_nor_numbered(talk: Talk, sandbox: YukiSandbox) -> None:
    for process in ("false", None):
        row = talk.push(invoice(Process=process)).invoices()[0]

        assert (row["Succeeded"], row["Processed"]) == ("true", "false")
    assert talk.checked("2025-0311") == []
    assert len(sandbox.invoices()) == 2
    sandbox.send_draft("2025-0311")
    assert sandbox.outstanding() == {"2025-0311": Decimal("18.15")}


def test_yuki_numbers_what_brings_no_number(talk: Talk, sandbox: YukiSandbox) -> None:
    for _ in range(2):
        assert message(talk, Reference=None) == ""

    assert list(sandbox.outstanding()) == ["202500001", "202500002"]


def test_without_days_it_is_today_and_a_month(talk: Talk, sandbox: YukiSandbox) -> None:
    message(talk, Date=None, DueDate=None)
    kept = sandbox.invoice("2025-0311")
    nil = xml(invoice(Reference="2025-0312", Date=None)).replace(
        "<DueDate>2025-12-01</DueDate>", '<DueDate xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true" />'
    )
    told = talk.push_document(f'<SalesInvoices xmlns="{INVOICES}"><SalesInvoice>{nil}</SalesInvoice></SalesInvoices>')

    assert (kept["day"], kept["due"]) == (date(2025, 11, 20), date(2025, 12, 20))
    assert told.values()["TotalSucceeded"] == "1"


@pytest.mark.parametrize("method", [*tables.PAYMENT_METHODS, "Cadeaubon"])
def test_some_payment_methods_leave_nothing_outstanding(talk: Talk, method: str) -> None:
    assert message(talk, PaymentMethod=method) == ""
    assert bool(talk.checked("2025-0311")) == (method not in tables.CLEARED_AT_ONCE)


def test_an_unknown_payment_method_is_refused(talk: Talk) -> None:
    assert "Schelpen" in message(talk, PaymentMethod="Schelpen")


# Amounts --------------------------------------------------------------------------------------------------------


def test_vat_is_rounded_line_by_line_unless_it_is_sent(talk: Talk) -> None:
    halves = [line(SalesPrice="0.50")] * 3

    assert total(talk, *halves) == Decimal("1.83")
    assert total(talk, *[line(SalesPrice="0.50", LineAmount="0.50", LineVATAmount="0.10")] * 3) == Decimal("1.80")
    assert total(talk, line(SalesPrice="0.50", LineAmount="100.00")) == Decimal("121.00")
    assert total(talk, line(SalesPrice="100.00", LineVATAmount="21.01")) == Decimal("121.01")


def test_a_price_may_include_its_vat(talk: Talk, sandbox: YukiSandbox) -> None:
    assert total(talk, line(SalesPrice="12.10", ProductQuantity="2", VATIncluded="true")) == Decimal("24.20")
    assert (sandbox.invoices()[0]["lines"][0]["net"], sandbox.invoices()[0]["lines"][0]["vat"]) == (
        Decimal("20.00"),
        Decimal("4.20"),
    )


def test_a_negative_quantity_is_a_credit(talk: Talk) -> None:
    assert total(talk, line(ProductQuantity="-1", SalesPrice="350.00")) == Decimal("-423.50")


def test_a_price_of_nothing_may_become_that_of_the_catalogue(talk: Talk, sandbox: YukiSandbox) -> None:
    total(talk, line(SalesPrice="15.00"))
    assert message(talk, line(SalesPrice="0"), Reference="free") == ""
    assert "free" not in sandbox.outstanding()
    sandbox.switches.zero_price = "catalogue"

    assert total(talk, line(SalesPrice="0")) == Decimal("18.15")


@pytest.mark.parametrize(
    ("where", "value", "fits"),
    [
        ("SalesPrice", "0.0123", True), ("SalesPrice", "0.01234", False), ("SalesPrice", "12345678901.2345", False),
        ("ProductQuantity", "1.5000", True), ("ProductQuantity", "1.50001", False), ("ProductQuantity", "", False),
        ("LineAmount", "1.25", True), ("LineAmount", "1.255", False), ("LineAmount", "12345678901.25", False),
        ("LineVATAmount", "0.255", False), ("VATPercentage", "21.001", False), ("VATPercentage", "21", True),
        ("VATType", "NL_Normal", False), ("VATType", " 1 ", True), ("VATIncluded", "", False),
        ("Description", "", False), ("GLAccountCode", "", True), ("Remarks", "", True), ("Reference", "A-1", True),
    ],
)  # fmt: skip
def test_values_have_their_digits_and_lengths(talk: Talk, where: str, value: str, fits: bool) -> None:
    told = talk.push(invoice(line(**{where: value})))

    assert (told.status == 200) == fits
    if not fits:
        assert where in told.fault
        assert talk.sandbox.invoices() == []


def test_some_elements_may_be_empty_and_others_may_not(talk: Talk) -> None:
    def told(**instead: Any) -> int:
        return talk.push(invoice(**instead)).status

    assert told(Reference="", Subject="", Currency="", PaymentID="") == 200
    assert [told(Date=""), told(Process=""), told(Contact={"Gender": ""}), told(Contact={"EmailAddress": ""})] == [
        500
    ] * 4
    assert [told(PaymentMethod="x" * 61), told(Contact={"ContactType": "Debtor"}), told(Contact={"Gender": "m"})] == [
        500
    ] * 3


# The document ---------------------------------------------------------------------------------------------------

ORDER = (
    *("Reference", "Subject", "PaymentMethod", "PaymentID", "PurchaseOrderNumber", "Process", "EmailToCustomer"),
    *("SentToPeppol", "Layout", "Notes", "Date", "DueDate", "PriceList", "Currency", "ProjectID", "ProjectCode"),
    *("Remarks", "DocumentFileName", "DocumentBase64", "Contact", "ContactPerson", "InvoiceLines"),
)
FULL: dict[str, Any] = {
    **dict.fromkeys(ORDER, ""),
    **invoice(),
    **PDF,
    "SentToPeppol": "false",
    "Notes": "n" * 500,
    "Contact": {
        **dict.fromkeys(BLOCK, "x"), "Gender": "Unknown", "CountryCode": "NL", "EmailAddress": "x@x.example",
        "ContactCode": "R1007", "ContactType": "Company",
    },
    "ContactPerson": {"FullName": "x", "FirstName": "x", "LastName": "x", "Gender": "Male", "EmailAddress": "x@x.example"},
}  # fmt: skip


def test_an_invoice_has_its_elements_in_one_order(talk: Talk) -> None:
    full = {name: FULL[name] for name in ORDER}
    full["Currency"] = full["PaymentID"] = ""
    told = [talk.push({name: full[name] for name in swapped(at)}).status for at in range(len(ORDER) - 1)]

    assert len(ORDER) == 22
    assert talk.push(full).values()["TotalSucceeded"] == "1"
    assert told == [500] * 21
    assert talk.push({**full, "Notes": "n" * 501}).status == 500
    assert talk.push({**full, "Dated": "2025-11-17"}).status == 500


def swapped(at: int) -> list[str]:
    order = list(ORDER)
    order[at], order[at + 1] = order[at + 1], order[at]
    return order


@pytest.mark.parametrize("missing", ["Contact", "InvoiceLines"])
def test_contact_and_lines_cannot_be_left_out(talk: Talk, missing: str) -> None:
    assert talk.push({**invoice(), missing: None}).status == 500
    assert talk.push({**invoice(), "InvoiceLines": ""}).status == 500


def test_a_document_that_is_wrong_stops_everything(talk: Talk) -> None:
    inside = f"<SalesInvoice>{xml(invoice())}</SalesInvoice>"
    right = f'<SalesInvoices xmlns="{INVOICES}">{inside}</SalesInvoices>'
    opaque = [
        talk.push_document(right.replace(INVOICES, f"{INVOICES}response")),
        talk.push_document(f"<SalesInvoices>{inside}</SalesInvoices>"),
        talk.push_document(right.replace("<", "&lt;")),
        talk.push_document(""),
    ]
    declared = talk.push_document(f'<?xml version="1.0" encoding="utf-8"?>{right}')
    one_bad = talk.push(invoice(), invoice(Reference="2025-0312", Date="17-11-2025"))

    assert [(each.status, each.code) for each in opaque] == [(500, "soap:Server")] * 4
    assert declared.status == 500
    assert (one_bad.status, one_bad.code) == (500, "soap:Server")
    assert "17-11-2025" in one_bad.fault
    assert talk.sandbox.invoices() == []
    assert talk.push_document(f"\n {right}\n").status == 200


# Several invoices -----------------------------------------------------------------------------------------------


def test_each_invoice_succeeds_or_fails_on_its_own(talk: Talk, sandbox: YukiSandbox) -> None:
    told = talk.push(
        invoice(Reference="A"),
        invoice(line(VATType="99"), Reference="B"),
        invoice(Reference="C"),
        invoice(Reference="A"),
    )

    assert told.status == 200
    assert [(each["Reference"], each["Succeeded"]) for each in told.invoices()] == [
        *(("A", "true"), ("B", "false"), ("C", "true"), ("A", "false")),
    ]
    assert [told.values()[f"Total{each}"] for each in ("Succeeded", "Failed", "Skipped")] == ["2", "2", "0"]
    assert list(sandbox.outstanding()) == ["A", "C"]


def test_after_six_failures_the_rest_is_skipped(talk: Talk, sandbox: YukiSandbox) -> None:
    bad = [invoice(line(VATType="99"), Reference=f"B{at}") for at in range(6)]
    told = talk.push(invoice(Reference="A"), *bad, invoice(Reference="C"), invoice(Reference="D"))
    five = talk.push(*bad[:5], invoice(Reference="E"))

    assert [told.values()[f"Total{each}"] for each in ("Succeeded", "Failed", "Skipped")] == ["1", "6", "2"]
    assert len(told.invoices()) == 7
    assert five.values()["TotalSkipped"] == "0"
    assert list(sandbox.outstanding()) == ["A", "E"]


# The contact ----------------------------------------------------------------------------------------------------


def test_an_invoice_for_a_contact_without_the_box_is_refused_until_it_is_set(talk: Talk, sandbox: YukiSandbox) -> None:
    id = sandbox.contact(Code="R1007")["ID"]
    sandbox.set_customer(id, False)
    refused = message(talk)
    sandbox.switches.not_a_customer = "mark"
    marked = message(talk, Reference="2025-0312")
    box = sandbox.contact(ID=id)["IsCustomer"]
    sandbox.switches.not_a_customer = "refuse"

    assert "customer" in refused
    assert talk.checked("2025-0311") == []
    assert marked == ""
    assert box
    assert message(talk) == ""


def test_an_unknown_code_makes_one_more_customer(talk: Talk, sandbox: YukiSandbox) -> None:
    for code in ("R1", "R2"):
        assert message(talk, Reference=code, Contact={"ContactCode": code}) == ""
    made = sandbox.contact(Code="R1")

    assert len(sandbox.contacts()) == 3
    assert (made["IsCustomer"], made["Type"], made["Country"]) == (True, "Company", "NL")
    assert message(talk, Reference="again", Contact={"ContactCode": "R1", "FullName": "Wie dan ook"}) == ""
    assert len(sandbox.contacts()) == 3


def test_a_name_finds_only_a_contact_without_a_code_and_fills_what_is_blank(talk: Talk, sandbox: YukiSandbox) -> None:
    bare = sandbox.add_contact("Hotel Zeezicht B.V.", IsCustomer=True, City="Noordwijk", PhoneHome="071-0000001")
    block = {"ContactCode": None, "City": "Noordwijk", "Zipcode": "2202 XZ", "PhoneHome": "071-0000002"}
    by_name = message(talk, Contact=block)
    elsewhere = message(talk, Reference="2025-0312", Contact={**block, "City": "Breda"})
    found = sandbox.contact(ID=bare)

    assert (by_name, elsewhere) == ("", "")
    assert (found["Postcode"], found["PhoneHome"], found["Country"]) == ("2202 XZ", "071-0000001", "NL")
    assert sandbox.invoice("2025-0311")["contact"] == bare
    assert sandbox.invoice("2025-0312")["contact"] not in (bare, sandbox.contact(Code="R1007")["ID"])


def test_a_contact_found_by_its_code_may_be_left_as_it_is(talk: Talk, sandbox: YukiSandbox) -> None:
    block = {"City": "Noordwijk", "Zipcode": "2202 XZ"}
    sandbox.switches.blanks_filled = "found by name"
    message(talk, Contact=block)
    left = sandbox.contact(Code="R1007")
    sandbox.switches.blanks_filled = "always"
    message(talk, Reference="2025-0312", Contact=block)

    assert (left["City"], left["Postcode"]) == ("", "")
    assert sandbox.contact(Code="R1007")["City"] == "Noordwijk"


def test_a_new_contact_needs_a_name_a_country_and_one_address_at_most(talk: Talk, sandbox: YukiSandbox) -> None:
    new = {"ContactCode": "R2"}

    assert "CountryCode" in message(talk, Contact={**new, "CountryCode": None})
    assert "FullName" in message(talk, Contact={**new, "FullName": None})
    assert "a@x.example" in message(talk, Contact={**new, "EmailAddress": "a@x.example; b@x.example"})
    assert len(sandbox.contacts()) == 1
    assert message(talk, Contact={**new, "EmailAddress": "a@x.example"}) == ""
    assert sandbox.contact(Code="R2")["EMailWork"] == "a@x.example"


def test_a_contact_is_a_person_unless_it_is_called_a_company(talk: Talk, sandbox: YukiSandbox) -> None:
    block = {
        "ContactCode": "R3", "ContactType": None, "FullName": "Noor van den Akker", "FirstName": "Noor", "LastName": "Akker",
        "MiddleName": "van den", "EmailAddress": "noor@akker.example", "BankAccount": "NL33TEST0000000012",
    }  # fmt: skip
    assert message(talk, Contact=block) == ""
    made = sandbox.contact(Code="R3")

    assert (made["Type"], made["MiddleName"], made["EMailHome"]) == ("Person", "van den", "noor@akker.example")
    assert made["IBAN"] == "NL33TEST0000000012"


# Refusals -------------------------------------------------------------------------------------------------------


def test_percentage_and_type_belong_together_on_the_day_and_in_the_country(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.add_contact("Angstrom GmbH", Code="DE1", Country="DE", IsCustomer=True, VATNumber="DE000000001")
    german = {"ContactCode": "DE1"}

    def said(percentage: str, kind: str, **more: Any) -> str:
        reference = f"V-{len(sandbox.invoices())}"
        return message(talk, line(VATPercentage=percentage, VATType=kind), Reference=reference, **more)

    assert [said("21.00", "1"), said("9", "2"), said("0.00", "17")] == [""] * 3
    assert said("6.00", "2", Date="2018-12-31", DueDate="2019-01-31") == ""
    assert said("19.00", "40", Contact=german) == ""
    wrong = [said("9.00", "2", Date="2018-12-31"), said("19.00", "40"), said("21.00", "2"), said("12.00", "21")]
    assert wrong[0] == 'Sales tax code with percentage "9.00" and type "2" cannot be found'
    assert all(wrong)
    rows = talk.books("Vat", "ActiveVATCodesList").rows()
    listed = {(each["type"], each["percentage"]) for each in rows}
    assert ("2", "9.00") in listed
    assert ("2", "6.00") not in listed
    assert [each["country"] for each in rows if each["type"] == "40"] == ["DE", "BE"]


def test_a_delivery_within_the_union_needs_a_vat_number(talk: Talk, sandbox: YukiSandbox) -> None:
    id = sandbox.add_contact("Frituur", Code="BE1", Country="BE", IsCustomer=True)
    reversed_charge = line(VATPercentage="0.00", VATType="17")
    refused = message(talk, reversed_charge, Contact={"ContactCode": "BE1", "CountryCode": "BE"})
    sandbox.edit_contact(id, VATNumber="BE0000000097")

    assert refused.startswith("The VAT number of the relation must be filled in for sales invoices with deliveries")
    assert message(talk, reversed_charge, Contact={"ContactCode": "BE1"}) == ""
    assert message(talk, reversed_charge, Reference="here") == ""


def test_disabled_accounts_refuse_and_unknown_ones_too(talk: Talk, sandbox: YukiSandbox) -> None:
    disabled = "Cannot book this transaction line because the GLAccount is disabled"
    codes = {each["code"]: each["isEnabled"] for each in talk.books("AccountingInfo", "GetGLAccountScheme").rows()}

    assert message(talk, line(GLAccountCode="80009")) == disabled
    assert codes["80009"] == "false"
    sandbox.enable_account("80001", False)
    assert message(talk) == disabled
    assert "12345" in message(talk, line(GLAccountCode="12345"))
    sandbox.enable_account("80001")
    assert message(talk) == ""


def test_a_closed_period_takes_nothing(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.close_period(date(2025, 11, 17))
    refused = message(talk)

    assert (
        refused == "Could not create or modify transactions before 18-11-2025 for administration Bakkerij De Molen B.V."
    )
    assert message(talk, Date="2025-11-18") == ""
    assert message(talk, Reference="draft", Process="false") == ""
    sandbox.close_period(None)
    assert message(talk, Reference="2025-0312") == ""


def test_a_number_that_exists_is_refused(talk: Talk) -> None:
    assert message(talk) == ""
    dutch = message(talk)
    talk("Contact", "SetLanguage", language="en")
    english = message(talk)

    assert "bestaat al een factuur met het factuurnummer" in dutch
    assert "already exists" in english
    assert len(talk.checked("2025-0311")) == 1
    assert message(talk, Process="false") == ""


def test_a_document_comes_only_with_an_invoice_that_is_booked(talk: Talk, sandbox: YukiSandbox) -> None:
    assert message(talk, **PDF, Process="false") == "When supplying a document process must be set to true"
    assert message(talk, **PDF) == ""
    assert sandbox.invoice("2025-0311")["document"] == "factuur.pdf"
    assert talk.push(invoice(Reference="x", DocumentBase64="geen base64!")).status == 500


def test_an_email_needs_a_country_that_is_known(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.add_contact("Ver Weg", Code="XX1", Country="XX", IsCustomer=True)
    away = {"ContactCode": "XX1"}
    sent = talk.push(invoice(EmailToCustomer="true")).invoices()[0]

    assert message(talk, Reference="x", EmailToCustomer="true", Contact=away) == "HTML render is blank"
    assert message(talk, Reference="x", Contact=away) == ""
    assert sent["EmailSent"] == "true"


def test_the_smallest_bundle_books_at_once_and_sends_nothing() -> None:
    with talking(bundle="Minimal") as talk:
        add_zeezicht(talk.sandbox)

        assert "not licensed" in message(talk, Process="false")
        assert "not licensed" in message(talk, EmailToCustomer="true")
        assert message(talk) == ""


# Products and reference data ------------------------------------------------------------------------------------


def test_every_description_is_a_product(talk: Talk, sandbox: YukiSandbox) -> None:
    message(talk, line("Bezorging"), line("Broodpakket"))
    message(talk, line("Bezorging", SalesPrice="16.00", GLAccountCode="80004"), Reference="2")
    sandbox.switches.account_of_known_product = "keep"
    message(talk, line("Bezorging", SalesPrice="17.00", GLAccountCode="80001"), Reference="3")
    products = {each["description"]: each for each in sandbox.products()}

    assert [each["description"] for each in talk.books("Sales", "GetSalesItems").rows()] == ["Bezorging", "Broodpakket"]
    assert (products["Bezorging"]["price"], products["Bezorging"]["account"]) == (Decimal("17.00"), "80004")
    assert sandbox.invoice("3")["lines"][0]["account"] == "80004"


def test_the_address_of_the_schema_is_told_to_everybody(talk: Talk) -> None:
    told = talk.raw("Sales", "SalesInvoiceSchemaPath", "")

    assert told.value == "http://www.yukiworks.nl/schemas/SalesInvoices.xsd"


def test_reference_data_are_lists_in_the_namespace_of_yuki(talk: Talk) -> None:
    accounts = talk.books("AccountingInfo", "GetGLAccountScheme")
    codes = talk.books("Vat", "ActiveVATCodesList").rows()
    methods = talk.books("AccountingInfo", "GetCustomPaymentMethods").rows()

    assert accounts.result is not None
    assert accounts.result[0].tag == "{http://www.theyukicompany.com/}GlAccount"
    assert list(accounts.rows()[0]) == [
        *("code", "type", "subtype", "isEnabled", "descripton", "isVATApplicable", "deductableVATPercentage"),
        "professionalPercentage",
    ]
    assert list(codes[0]) == ["description", "type", "typeDescription", "percentage", "startDate", "endDate"]
    assert methods == [{"ID": "1", "Description": "Cadeaubon"}]


# Outstanding items ----------------------------------------------------------------------------------------------


def test_what_is_paid_is_gone_and_what_is_paid_in_part_is_less(talk: Talk, sandbox: YukiSandbox) -> None:
    for reference in ("A", "B", "C"):
        message(talk, Reference=reference)
    sandbox.pay("A")
    sandbox.pay("B", "8.15")
    left = {each["Reference"]: (each["OpenAmount"], each["OriginalAmount"]) for each in talk.outstanding()}

    assert left == {"B": ("10.00", "18.15"), "C": ("18.15", "18.15")}
    assert talk.checked("A") == []


def test_items_are_sorted_as_asked(talk: Talk, sandbox: YukiSandbox) -> None:
    other = sandbox.add_contact("Aal", Code="A1", IsCustomer=True)
    for reference, net, day, contact in [
        ("one", "10.00", 3, sandbox.contact(Code="R1007")["ID"]),
        ("two", "30.00", 1, other),
        ("three", "20.00", 2, other),
    ]:
        sandbox.book_invoice(reference, contact, net, day=date(2025, 11, day))
    found = {each: [row["Reference"] for row in talk.outstanding(sortOrder=each)] for each in tables.ITEM_ORDERS}

    assert found == {
        "ContactAsc": ["two", "three", "one"],
        "ContactDesc": ["one", "two", "three"],
        "AmountAsc": ["one", "three", "two"],
        "AmountDesc": ["two", "three", "one"],
        "DateAsc": ["two", "three", "one"],
        "DateDesc": ["one", "three", "two"],
    }


def test_items_of_some_days_and_as_they_stood_on_a_day(talk: Talk, sandbox: YukiSandbox) -> None:
    message(talk, Reference="A", Date="2025-11-01", DueDate="2025-11-15", PaymentID="KENMERK-1")
    message(talk, Reference="B", Date="2025-11-10")
    sandbox.pay("A", day=date(2025, 11, 18))
    usual = {"includeBankTransactions": "false", "sortOrder": "DateAsc"}

    def found(operation: str, **days: str) -> list[dict[str, str]]:
        return talk.books("Accounting", f"OutstandingDebtor{operation}", **usual, **days).rows()

    by_date = found("ItemsByDate", startDate="2025-11-10", endDate="2025-11-10")
    then = [found("ItemsByDateOutstanding", dateOutstanding=f"2025-11-{day}") for day in ("09", "17", "18")]
    with_reference = found("WithPaymentReference", startDate="2025-11-01", endDate="2025-11-30")

    assert [each["Reference"] for each in by_date] == ["B"]
    assert [[each["Reference"] for each in rows] for rows in then] == [["A"], ["A", "B"], ["B"]]
    assert [each.get("PaymentReference") for each in with_reference] == [None]
    sandbox.pay("B")
    message(talk, Reference="C", PaymentID="KENMERK-2")
    assert (
        found("WithPaymentReference", startDate="2025-11-01", endDate="2025-11-30")[0]["PaymentReference"]
        == "KENMERK-2"
    )


def test_an_item_is_checked_by_number_or_id_and_may_be_several(talk: Talk, sandbox: YukiSandbox) -> None:
    message(talk)
    (listed,) = talk.outstanding()
    sandbox.books.add_item("6", date(2025, 11, 1), Decimal("5.00"), "Oude factuur", reference="2025-0311")
    by_number = talk("Accounting", "CheckOutstandingItem", Reference="2025-0311").rows()

    assert len(by_number) == 2
    assert [talk.checked(listed[each])[0]["ID"] for each in ("ID", "DocumentID")] == [listed["ID"]] * 2
    assert talk.checked("") == talk.checked("2025") == []
    small = talk("Accounting", "CheckOutstandingItem", reference="2025-0311")
    assert small.rows() == []
    assert small.document.tag == "OutstandingItems"


def test_money_without_an_invoice_is_below_zero_and_shown_when_asked(talk: Talk, sandbox: YukiSandbox) -> None:
    contact = sandbox.contact(Code="R1007")["ID"]
    sandbox.book_journal(contact, "7.00", text="Beginbalans")
    sandbox.receive("25.00", text="Overboeking")
    sandbox.receive("5.00", contact=contact)
    without, rows = talk.outstanding(), talk.outstanding(includeBankTransactions="true")

    assert [each["OpenAmount"] for each in without] == ["7.00"]
    assert [(each["OpenAmount"], bool(each["ID"])) for each in rows] == [
        ("7.00", True),
        ("-25.00", False),
        ("-5.00", True),
    ]
    (journal,) = talk("Accounting", "OutstandingDebtorItems", administrationID=ADMINISTRATION).document.iterfind(
        "Item/Type"
    )
    assert journal.get("ID") == "21"


def test_a_list_tells_more_of_the_contact_than_a_check(talk: Talk, sandbox: YukiSandbox) -> None:
    sandbox.edit_contact(sandbox.contact(Code="R1007")["ID"], City="Noordwijk", EMailWork="factuur@zeezicht.example")
    message(talk)
    (listed,), (checked,) = talk.outstanding(), talk.checked("2025-0311")

    assert set(listed) - set(checked) == {"DocumentID", "City", "Country", "EmailWork"}
    assert listed["EmailWork"] == "factuur@zeezicht.example"


def test_an_administration_that_nobody_sees_takes_no_invoice(talk: Talk) -> None:
    inside = xml({"sessionId": SESSION, "administrationId": "ad000000-0000-4000-8000-00000000dead", "xmlDoc": ""})

    assert "administration" in talk.raw("Sales", "ProcessSalesInvoices", inside).fault


def test_an_invoice_dated_ahead_is_outstanding_too(talk: Talk) -> None:
    message(talk, Date="2028-02-29", DueDate="2028-03-30")

    assert [each["Date"] for each in talk.outstanding()] == ["2028-02-29"]
