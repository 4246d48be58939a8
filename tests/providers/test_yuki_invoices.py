"""Invoices over the SOAP transport of Yuki: one document each, whose outcome stands inside the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from lxml import etree
from yuki_service import EXCHANGES, HOTEL, INVOICE, MANIFEST, NUMBERS, Service, as_answer, fault, serving, words

from syncrules.errors import HalfDone, LoginRefused, OutcomeUnknown, ProviderError, RecordRefused

INVOICE_ORDER = words(
    """
    Reference Subject PaymentMethod PaymentID PurchaseOrderNumber Process EmailToCustomer SentToPeppol Layout Notes
    Date DueDate Currency ProjectCode Remarks Contact InvoiceLines
    """
)
INVOICE_CONTACT_ORDER = words(
    """
    ContactCode FullName FirstName MiddleName LastName CountryCode City Zipcode AddressLine_1 AddressLine_2
    EmailAddress Website CoCNumber VATNumber ContactType PhoneHome MobileHome
    """
)
LINE_ORDER = words(
    """
    Description Remarks ProductQuantity LineAmount LineVATAmount Product AccrualDate AccrualPeriods
    """
)
PRODUCT_ORDER = words(
    """
    Description Reference Category SalesPrice VATPercentage VATIncluded VATType VATDescription GLAccountCode Remarks
    """
)


def filled(kind: str) -> dict[str, Any]:
    """Make a record of a type with every field filled, in the wrong order."""
    made: dict[str, Any] = {}
    for each in reversed(list(MANIFEST.types[kind].fields.values())):
        day = "2025-11-17" if each.format == "date" else each.enum[0] if each.enum else "NL"
        made[each.name] = {"number": Decimal("1.5"), "integer": 3, "boolean": True, "string": day}.get(each.type)
    return made


def invoice_told(**changed: str | None) -> bytes:
    """Write the answer to an invoice; None leaves an element out."""
    answer = etree.fromstring(as_answer(EXCHANGES["push an invoice"]).content)
    for name, text in changed.items():
        (found,) = [each for each in answer.iter() if etree.QName(each).localname == name]
        if text is None:
            above = found.getparent()
            assert above is not None
            above.remove(found)
        else:
            found.text = text
    return etree.tostring(answer)


def children(element: etree._Element) -> list[str]:
    return [etree.QName(each).localname for each in element]


def document_of(service: Service) -> etree._Element:
    ((invoice,),) = service.bodies("ProcessSalesInvoices")[-1][2]
    return invoice


@pytest.mark.parametrize(
    ("name", "empty"), [("Reference", ""), ("Process", None), ("Contact", {}), ("InvoiceLines", [])]
)
def test_an_invoice_without_what_finds_it_again_is_not_sent(name: str, empty: Any) -> None:
    """Yuki would give it a number of its own, and nobody would find it by ours."""
    provider, service = serving()

    with pytest.raises(RecordRefused, match="is missing"):
        provider.create("sales invoices", {**INVOICE, name: empty})
    assert service.asked == []


def test_every_element_of_an_invoice_is_sent_in_the_order_of_the_document() -> None:
    resource = MANIFEST.resources["sales invoices"]
    fields = reversed(list(resource.fields.values()))
    whole: dict[str, Any] = {each.name: "x" for each in fields if not each.read_only and not each.of}
    whole |= {"Process": True, "EmailToCustomer": False, "SentToPeppol": False, "Reference": "2025-0311"}
    whole |= {"Currency": "EUR", "PaymentMethod": "ElectronicTransfer"}
    whole |= {"Date": "2025-11-17", "DueDate": "2025-12-01", "Contact": filled("InvoiceContact")}
    whole |= {"InvoiceLines": [filled("InvoiceLine") | {"Product": filled("InvoiceProduct")}]}
    provider, service = serving(ProcessSalesInvoices=EXCHANGES["push an invoice"])
    provider.create("sales invoices", whole)
    invoice = document_of(service)
    who, (line,) = invoice[-2], invoice[-1]

    assert children(invoice) == INVOICE_ORDER
    assert children(who) == INVOICE_CONTACT_ORDER
    assert children(line) == LINE_ORDER
    assert children(line[5]) == PRODUCT_ORDER
    assert {etree.QName(each).namespace for each in invoice.iter()} == {
        "urn:xmlns:http://www.theyukicompany.com:salesinvoices"
    }


def test_amounts_are_exact_and_days_are_days() -> None:
    line = {
        "Description": "Meel",
        "ProductQuantity": Decimal("0.1234"),
        "LineAmount": Decimal("-1234567890.10"),
        "LineVATAmount": Decimal(0),
        "Product": {"Description": "Meel", "SalesPrice": Decimal("33.3333"), "VATPercentage": Decimal("9.50000")},
    }
    provider, service = serving(ProcessSalesInvoices=EXCHANGES["push an invoice"])
    provider.create("sales invoices", INVOICE | {"Date": "2025-11-17T23:30:00+01:00", "InvoiceLines": [line]})
    texts = {etree.QName(each).localname: each.text for each in document_of(service).iter()}

    assert (texts["Date"], texts["DueDate"]) == ("2025-11-17", "2025-12-01")
    assert {name: texts[name] for name in NUMBERS} == {
        "ProductQuantity": "0.1234",
        "LineAmount": "-1234567890.10",
        "LineVATAmount": "0.00",
        "SalesPrice": "33.3333",
        "VATPercentage": "9.50",
    }


def with_line(**changed: Any) -> dict[str, Any]:
    return INVOICE | {"InvoiceLines": [{**INVOICE["InvoiceLines"][0], **changed}]}  # type: ignore[index]  # it is a list of lines


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (with_line(LineAmount=Decimal("1.005")), "LineAmount cannot be sent: 1.005 has more than 2 decimals"),
        (with_line(ProductQuantity=0.5), "ProductQuantity cannot be sent: 0.5 is not an exact number"),
        (with_line(LineAmount=Decimal("NaN")), "LineAmount cannot be sent"),
        (with_line(Product={"SalesPrice": Decimal("0.33333")}), "SalesPrice cannot be sent"),
        (with_line(Product={"VATType": "high"}), "VATType cannot be sent"),
        (with_line(Colour="red"), "Colour: there is no such element"),
        (INVOICE | {"Date": "17-11-2025"}, "Date cannot be sent"),
        (INVOICE | {"Contact": {"ContactCode": "R1", "ID": HOTEL}}, "ID: there is no such element"),
        (INVOICE | {"OriginalAmount": Decimal(1)}, "OriginalAmount: there is no such element"),
    ],
)
def test_an_invoice_that_does_not_fit_is_refused_before_it_is_sent(record: dict[str, Any], why: str) -> None:
    provider, service = serving()

    with pytest.raises(RecordRefused) as caught:
        provider.create("sales invoices", record)

    assert why in caught.value.says
    assert service.after_login == []


def means(caught: ProviderError, resource: str = "sales invoices") -> tuple[str, bool]:
    """Tell what the manifest says about a refusal, and whether it says what helps."""
    known = next(each for each in MANIFEST.resources[resource].refusals if each.fits(caught.code, caught.says))
    return known.means, bool(known.cure)


@pytest.mark.parametrize(
    ("says", "meant"),
    [
        ('Sales tax code with percentage "19.00" and type "1" cannot be found', "invalid"),
        ("Cannot book this transaction line because the GLAccount is disabled", "invalid"),
        ("Could not create or modify transactions before 01-10-2025 for administration Molen", "invalid"),
        ("The VAT number of the relation must be filled in for sales invoices with deliveries to the EU", "waits"),
        ("Er bestaat al een factuur met het factuurnummer 2025-0311", "already_there"),
        ("An invoice with number 2025-0311 already exists for this customer", "already_there"),
        ("Contact Hotel Zeezicht B.V. is not marked as Customer", "waits"),
    ],
)
def test_a_refused_invoice_says_why_and_what_helps(says: str, meant: str) -> None:
    refused = invoice_told(TotalSucceeded="0", TotalFailed="1", Succeeded="false", Processed="false", Message=says)
    provider, _ = serving(ProcessSalesInvoices=refused)

    with pytest.raises(RecordRefused) as caught:
        provider.create("sales invoices", INVOICE)

    assert caught.value.says == says
    assert means(caught.value) == (meant, True)


def test_an_invoice_that_breaks_the_schema_is_refused_with_the_words_of_the_check() -> None:
    says = "The 'SalesPrice' element is invalid - The value '' is invalid according to its datatype 'decimal'"
    provider, _ = serving(ProcessSalesInvoices=fault(f"Server was unable to process request. ---&gt; {says}"))

    with pytest.raises(RecordRefused) as caught:
        provider.create("sales invoices", INVOICE)

    assert caught.value.says == says
    assert means(caught.value) == ("invalid", True)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"TotalSkipped": "1", "TotalSucceeded": "0"}, RecordRefused),
        ({"TotalFailed": "1"}, RecordRefused),
        ({"TotalSucceeded": "0"}, RecordRefused),
        ({"Succeeded": "False"}, RecordRefused),
        ({"Processed": "false"}, HalfDone),
        ({"Reference": "2025-0399"}, OutcomeUnknown),
        ({"Reference": None}, OutcomeUnknown),
        ({"TotalSkipped": None}, OutcomeUnknown),
        ({"Succeeded": None}, OutcomeUnknown),
        ({"Invoice": None}, OutcomeUnknown),
        ({"SalesInvoicesImportResponse": None}, OutcomeUnknown),
        ({"Message": "The domain is not licensed for this functionality", "Succeeded": "false"}, LoginRefused),
    ],
)
def test_only_an_answer_that_says_so_in_every_place_is_a_success(
    changed: dict[str, str | None], kind: type[ProviderError]
) -> None:
    provider, service = serving(ProcessSalesInvoices=invoice_told(**changed))

    with pytest.raises(kind) as caught:
        provider.create("sales invoices", INVOICE)

    assert type(caught.value) is kind
    assert caught.value.says
    assert service.after_login == ["ProcessSalesInvoices"]


def test_an_invoice_that_was_accepted_but_not_booked_is_told_as_that() -> None:
    told = invoice_told(Processed="false", Message="Cannot book: the GLAccount is disabled")
    provider, _ = serving(ProcessSalesInvoices=told)

    with pytest.raises(HalfDone, match="accepted and not booked: Cannot book: the GLAccount is disabled") as caught:
        provider.create("sales invoices", INVOICE)

    assert "take it away there" in caught.value.cure
    assert provider.create("sales invoices", INVOICE | {"Process": False})["Reference"] == "2025-0311"


def test_a_lost_answer_to_an_invoice_is_never_sent_again_and_can_be_looked_up() -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("gone", request=request)

    provider, service = serving(ProcessSalesInvoices=lost, CheckOutstandingItemAdmin=EXCHANGES["look an invoice up"])

    with pytest.raises(OutcomeUnknown):
        provider.create("sales invoices", INVOICE)

    resource = MANIFEST.resources["sales invoices"]
    assert (resource.unknown_outcome, resource.look_up) == ("look_up", "Reference")
    assert [each["Reference"] for each in provider.find("sales invoices", "Reference", "2025-0311")] == ["2025-0311"]
    assert service.after_login == ["ProcessSalesInvoices", "CheckOutstandingItemAdmin"]


def test_an_item_that_only_looks_like_the_invoice_is_not_it() -> None:
    provider, _ = serving(CheckOutstandingItemAdmin=EXCHANGES["look an invoice up"])

    assert provider.find("sales invoices", "Reference", "2025-031") == []
    assert provider.fetch("sales invoices", "2025-0311") is not None
