"""Documents and lines of WinBooks: how a sale is booked, what is open of it, and what the lines of the books tell."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread
from typing import Any

import httpx
import pytest
from winbooks_line import (
    ACCOUNTS,
    CUSTOMERS,
    HEADERS,
    HOST,
    LINES,
    MANIFEST,
    NOTHING,
    PERIODS,
    STAMP,
    SUPPLIERS,
    Line,
    gl_line,
    guid,
    href,
    pages,
)

from syncrules.errors import (
    OutcomeUnknown,
    RecordRefused,
)
from syncrules.journey.read import becomes
from syncrules.journey.rules import compile_rules
from syncrules.language import spec
from syncrules.provider import Record, find

# Documents ------------------------------------------------------------------------------------------------------


def sale(**changes: Any) -> Record:
    """An invoice as the engine sends it."""
    return {
        "JournalCode": "VERK",
        "IsTemp": False,
        "CustomerCode": "LUMEN",
        "CurrencyCode": "EUR",
        "BookDate": "2026-09-15",
        "DueDate": "2026-10-15",
        "PayCodeCode": "30",
        "Reference": "2026-4021",
        "GLTransactions": [
            {
                "LineOrder": 0, "CentralAccountTypeCode": "CUSTOMER", "GLAccountCode": "400000",
                "Amount": Decimal("242.00"), "VatBaseAmount": Decimal("200.00"), "TurnOverAmount": Decimal("200.00"),
                "VatTaxAmount": Decimal("42.00"), "CommentBooking": "Invoice 2026-4021",
            },
            {"LineOrder": 1, "GLAccountCode": "700000", "VatCode": "21", "Amount": Decimal("-200.00"), "CommentBooking": None},
            {
                "LineOrder": 2, "CentralAccountTypeCode": "V03", "GLAccountCode": "451000", "VatCode": "21",
                "Amount": Decimal("-42.00"), "VatBaseAmount": Decimal("200.00"),
            },
        ],
        **changes,
    }  # fmt: skip


def journal(highest: list[object], answer: object) -> Line:
    period = {"Id": "5d7f0d58-0000-4000-8000-000000000903", "Number": 9}
    return Line({PERIODS: [[period]], HEADERS: [highest], "POST GLTransHeader": [answer]})


def test_a_sale_is_booked_as_the_vendor_shows_it() -> None:
    line = journal([4020], href("GLTransHeader", guid(950)))

    made = line.winbooks().create("bookings", sale())

    assert (made["Id"], made["DocNumber"]) == (guid(950), 4021)
    (booked,) = line.asking("POST GLTransHeader")
    assert booked.path == "/app/GLTransHeader/Folder/DEMO_BV?maxLevel=1"
    kind = {"$type": "Winbooks.TORM.OM.Accounting.GLTrans, Winbooks.TORM.OM", "TotalLevel": 2}
    assert booked.body == {
        "$type": "Winbooks.TORM.OM.Accounting.GLTransHeader, Winbooks.TORM.OM",
        "TotalLevel": 3,
        "BookPeriod_Id": "5d7f0d58-0000-4000-8000-000000000903",
        "JournalCode": "VERK",
        "DocNumber": 4021,
        "BookDate": "/Date(1789430400000)/",
        "DueDate": "/Date(1792022400000)/",
        "PayCodeCode": "30",
        "IsTemp": False,
        "GLTransactions": [
            {
                **kind, "LineOrder": 0, "CurrencyCode": "EUR", "GLAccountCode": "400000", "CentralAccountTypeCode": "CUSTOMER",
                "CustomerCode": "LUMEN", "Amount": Decimal("242.00"), "VatBaseAmount": Decimal("200.00"),
                "TurnOverAmount": Decimal("200.00"), "VatTaxAmount": Decimal("42.00"),
                "CommentBooking": "Invoice 2026-4021", "Reference": "2026-4021",
            },
            {**kind, "LineOrder": 1, "CurrencyCode": "EUR", "GLAccountCode": "700000", "VatCode": "21", "Amount": Decimal("-200.00")},
            {
                **kind, "LineOrder": 2, "CurrencyCode": "EUR", "GLAccountCode": "451000", "CentralAccountTypeCode": "V03",
                "VatCode": "21", "Amount": Decimal("-42.00"), "VatBaseAmount": Decimal("200.00"),
            },
        ],
    }  # fmt: skip


def test_the_next_number_follows_the_highest_of_its_journal() -> None:
    line = journal([], href("GLTransHeader", guid(950)))

    assert line.winbooks().create("bookings", sale())["DocNumber"] == 1
    (asked,) = line.asking(HEADERS)
    assert asked.body["Conditions"] == [
        {"Operator": 0, "PropertyName": "journal.Code", "OtherPropertyName": "", "Values": ["VERK"]},
    ]
    assert asked.body["Association"]["journal"] == {
        "AliasName": "journal",
        "Type": "Winbooks.TORM.OM.Accounting.Journal, Winbooks.TORM.OM",
        "JoinType": 1,
        "LeftProperty": "Id",
        "RightProperty": "Journal_Id",
    }
    assert asked.body["ProjectionsList"] == [{"PropertyName": "DocNumber", "Operator": 22}]
    assert [(each["PropertyName"], each["Ascending"]) for each in asked.body["Orders"]] == [("DocNumber", False)]
    assert (asked.body["FirstResult"], asked.body["MaxResult"]) == (0, 1)


def test_a_number_and_a_period_that_are_given_are_not_looked_up() -> None:
    line = Line({"POST GLTransHeader": [href("GLTransHeader", guid(950))]})

    line.winbooks().create("bookings", sale(DocNumber=7, BookPeriod_Id=guid(903)))

    assert [each.what for each in line.asked] == ["POST GLTransHeader"]


def test_a_document_on_a_day_without_a_period_is_refused_before_it_is_sent() -> None:
    line = Line({PERIODS: [[]]})

    with pytest.raises(RecordRefused, match=r"no period for this date \(2026-09-15\)") as caught:
        line.winbooks().create("bookings", sale())
    assert "book year" in caught.value.cure
    assert line.asking("POST GLTransHeader") == []


def test_two_documents_never_look_for_a_number_at_the_same_time() -> None:
    given: list[int] = []

    class Numbers(list[object]):
        def pop(self, _: Any = 0) -> object:
            return [max(given, default=4020)]

    class Booked(list[object]):
        def pop(self, _: Any = 0) -> object:
            given.append(line.asking("POST GLTransHeader")[-1].body["DocNumber"])
            return href("GLTransHeader", guid(1000 + len(given)))

    line = Line(
        {HEADERS: Numbers([0]), "POST GLTransHeader": Booked([0]), PERIODS: [[{"Id": guid(9)}] for _ in range(20)]}
    )
    winbooks = line.winbooks()
    threads = [Thread(target=winbooks.create, args=("bookings", sale(Reference=f"{each}"))) for each in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert given == list(range(4021, 4041))


@pytest.mark.parametrize(
    "answer",
    [httpx.ReadTimeout("lost"), (500, None), {}, (200, b""), {"Href": f"{HOST}/app/GLTransHeader/Folder/DEMO_BV"}, (204, None)],
)  # fmt: skip
def test_a_document_of_which_nobody_knows_whether_it_was_booked_is_never_sent_again(answer: object) -> None:
    line = journal([4020], answer)

    with pytest.raises(OutcomeUnknown):
        line.winbooks().create("bookings", sale())
    assert len(line.asking("POST GLTransHeader")) == 1


@pytest.mark.parametrize(
    ("said", "means", "reason"),
    [
        ("Period 2026/09 is closed", "invalid", "closed"),
        ("The document is not in balance", "invalid", "add up"),
        ("DocNumber 4021 already exists", "waits", "took this number"),
        ("Unknown VatCode '99'", "invalid", "does not know"),
    ],
)
def test_a_document_that_is_refused_is_told_with_its_reason(said: str, means: str, reason: str) -> None:
    line = journal([4020], (400, {"Message": said}))

    with pytest.raises(RecordRefused, match=said.split(maxsplit=1)[0]) as caught:
        line.winbooks().create("bookings", sale())
    refusals = find("winbooks").manifest.resources["bookings"].refusals
    known = next(each for each in refusals if each.fits(caught.value.code, caught.value.says))
    assert (known.means, reason in known.because) == (means, True)


def booked(**changes: Any) -> Record:
    return {
        "Id": guid(900), "Journal_Id": guid(181), "BookPeriod_Id": guid(903), "DocNumber": 4021, "PayCode_Id": guid(151),
        "BookDate": "/Date(1789423200000)/", "DueDate": None, "IsTemp": False, "IsLocked": False, "IsImported": False,
        "Created": "/Date(1760000500000)/", "Modified": "/Date(1760000500000)/", **changes,
    }  # fmt: skip


def test_a_document_is_found_by_the_reference_on_its_customer_line_and_read_as_it_was_sent() -> None:
    lines: list[object] = [
        gl_line(2, "-200", LineOrder=1, GLAccount_Id=guid(62), Vat_Id=guid(141)),
        gl_line(
            1, "242.00", Customer_Id=guid(1), Reference="2026-4021   ", CentralAccountType_Id=guid(171), VatTaxAmount=42
        ),
    ]
    line = Line(
        {
            LINES: [[guid(900)], lines],
            HEADERS: [[booked()]],
            CUSTOMERS: [[[guid(1), "LUMEN   ", "Lumen Lighting"]]],
            ACCOUNTS: [[[guid(61), "400000"], [guid(62), "700000"]]],
        }
    )

    (found,) = line.winbooks().find("bookings", "Reference", "2026-4021")

    assert {name: found[name] for name in found if name not in ("GLTransactions", "Created", "Modified")} == {
        "Id": guid(900),
        "JournalCode": "VERK",
        "BookPeriod_Id": guid(903),
        "DocNumber": 4021,
        "BookDate": "2026-09-15",
        "DueDate": None,
        "PayCodeCode": "30",
        "CustomerCode": "LUMEN",
        "CurrencyCode": "EUR",
        "Reference": "2026-4021",
        "IsTemp": False,
        "IsLocked": False,
        "IsImported": False,
    }
    assert [
        (each["LineOrder"], each["GLAccountCode"], each["VatCode"], each["Amount"]) for each in found["GLTransactions"]
    ] == [(0, "400000", None, Decimal("242.00")), (1, "700000", "21", Decimal(-200))]
    asked = line.asking(LINES)[0].body
    assert asked["ProjectionsList"] == [{"PropertyName": "GLTransHeader_Id", "Operator": 22}]
    assert [(each["PropertyName"], each["Values"]) for each in asked["Conditions"]] == [
        ("Reference", ["2026-4021"]),
        ("LineOrder", [0]),
    ]


def test_nothing_is_found_where_no_document_has_the_reference() -> None:
    line = Line({LINES: [[]]})

    assert line.winbooks().find("bookings", "Reference", "2026-9999") == []
    assert len(line.asked) == 1


def test_a_changed_line_is_a_change_of_its_document() -> None:
    line = Line(
        {
            HEADERS: [[], *pages(booked())],
            LINES: [[gl_line(1, "242.00", GLAccount_Id=NOTHING)]],
        }
    )

    ((found,),) = line.winbooks().read("bookings", "2025-10-09T08:53:20Z")

    assert found["Id"] == guid(900)
    assert [each.body["Conditions"][0]["PropertyName"] for each in line.asking(HEADERS)] == [
        "Modified",
        "line.Modified",
    ]


# What is open ---------------------------------------------------------------------------------------------------


MATCHED = guid(800)


def invoice_line(number: int, amount: str, match: str = NOTHING, **changes: Any) -> Record:
    """The customer line of an invoice."""
    more: Record = {"GLTransHeader_Id": guid(900 + number), "Customer_Id": guid(1), "Reference": f"2026-{number}"}
    return gl_line(number, amount, GLMatch_Id=match, **more | changes)


def payment_line(number: int, amount: str, match: str = NOTHING, **changes: Any) -> Record:
    """The line of a bank document that belongs to a customer."""
    return invoice_line(number, amount, match, **{"LineOrder": 1000, "Reference": "", **changes})


def read_open(*answers: object, since: str | None = None) -> tuple[dict[str, Any], Line]:
    """Read the open items; give reference → what is open."""
    line = Line({LINES: list(answers), CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]]})
    found = [each for page in line.winbooks().read("open items", since) for each in page]
    return {each["Reference"]: each.get("OpenAmount", "not told") for each in found}, line


def test_an_invoice_without_a_payment_is_open_as_a_whole() -> None:
    line = Line({LINES: [[invoice_line(1, "242.00")]], CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]]})

    assert list(line.winbooks().read("open items")) == [
        [
            {
                "Header_Id": guid(901),
                "Reference": "2026-1",
                "CustomerCode": "LUMEN",
                "CurrencyCode": "EUR",
                "OriginalAmount": Decimal("242.00"),
                "OpenAmount": Decimal("242.00"),
                "Modified": "2025-10-09T09:01:40+00:00",
            }
        ]
    ]
    conditions = line.asking(LINES)[0].body["Conditions"]
    assert [(each["Operator"], each["PropertyName"]) for each in conditions] == [
        (8, "Customer_Id"),
        (21, ""),
        (0, "LineOrder"),
    ]


@pytest.mark.parametrize("amount", ["242.00", "242", "242.0"])
def test_what_a_booking_makes_is_what_is_read_of_it_until_somebody_pays(amount: str) -> None:
    rules = compile_rules(spec.load("tribe-winbooks"), {}).entities["payment"]
    shape = MANIFEST.resources["bookings"].makes["open items"]
    made = becomes(shape, {**sale(Reference="2026-1"), "Id": guid(901)})
    line = Line({LINES: [[invoice_line(1, amount)]], CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]]})

    ((found,),) = line.winbooks().read("open items")

    assert rules.view("winbooks", found, {}).digest == rules.view("winbooks", made, {}).digest


@pytest.mark.parametrize(
    ("payments", "left"),
    [
        (["-242.00"], "0.00"),
        (["-100.00"], "142.00"),
        (["-100.00", "-142.00"], "0.00"),
        (["-100.00", "100.00"], "242.00"),
        (["-242.01"], "-0.01"),
    ],
)
def test_what_is_left_of_its_matching_is_open_of_an_invoice(payments: list[str], left: str) -> None:
    invoice = invoice_line(1, "242.00", MATCHED)
    group = [invoice, *(payment_line(10 + at, each, MATCHED) for at, each in enumerate(payments))]

    found, line = read_open([invoice], group)

    assert {name: str(value) for name, value in found.items()} == {"2026-1": left}
    assert line.asking(LINES)[1].body["Conditions"] == [
        {"Operator": 7, "PropertyName": "GLMatch_Id", "OtherPropertyName": "", "Values": [MATCHED]},
    ]


def test_a_payment_that_settles_several_invoices_settles_each() -> None:
    both = [invoice_line(1, "100", MATCHED), invoice_line(2, "200", MATCHED)]

    found, _ = read_open([*both], [*both, payment_line(10, "-300", MATCHED)], both[1:])

    assert found == {"2026-1": 0, "2026-2": 0}


def test_what_a_payment_leaves_of_several_invoices_is_told_of_none() -> None:
    both = [invoice_line(1, "100", MATCHED), invoice_line(2, "200", MATCHED)]

    found, _ = read_open([*both], [*both, payment_line(10, "-250", MATCHED)], both[1:])

    assert found == {"2026-1": "not told", "2026-2": "not told"}


def test_a_credit_note_settles_its_invoice() -> None:
    both = [invoice_line(1, "242", MATCHED), invoice_line(2, "-242", MATCHED)]

    found, _ = read_open([*both], [*both], both[1:])

    assert found == {"2026-1": 0, "2026-2": 0}


def test_a_payment_that_came_in_is_a_change_of_the_invoice_that_it_pays() -> None:
    invoice = invoice_line(1, "242", MATCHED, Modified="/Date(1760000100000)/")
    paid = payment_line(10, "-242", MATCHED, Modified="/Date(1760000900000)/")

    found, line = read_open([paid], [invoice, paid], since="2025-10-09T08:53:20Z")

    assert found == {"2026-1": 0}
    conditions = line.asking(LINES)[0].body["Conditions"]
    assert [each["PropertyName"] for each in conditions] == ["Customer_Id", "", "Modified"]
    assert "LineOrder" not in str(conditions)


@pytest.mark.parametrize(
    ("invoiced", "matched"), [("1760000900000", "999999999999"), ("999999999999", "1760000900000")]
)
def test_an_item_is_as_new_as_the_newest_line_of_its_matching(invoiced: str, matched: str) -> None:
    invoice = invoice_line(1, "242", MATCHED, Modified=f"/Date({invoiced})/")
    paid = payment_line(10, "-242", MATCHED, Modified=f"/Date({matched})/")
    line = Line({LINES: [[invoice], [invoice, paid]], CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]]})

    ((item,),) = line.winbooks().read("open items")

    assert item["Modified"] == "2025-10-09T09:08:20+00:00"


def test_a_payment_whose_matching_was_undone_leaves_its_invoice_open() -> None:
    found, line = read_open([invoice_line(1, "242"), payment_line(10, "-242")], [payment_line(10, "-242")], since="2026-01-01T00:00:00Z")  # fmt: skip

    assert found == {"2026-1": 242}
    assert len(line.asking(LINES)) == 2


@pytest.mark.parametrize("customer", [NOTHING, None])
def test_a_line_of_nobody_is_no_open_item(customer: str | None) -> None:
    found, _ = read_open([invoice_line(1, "242", Customer_Id=customer)])

    assert found == {}


def test_one_open_item_is_found_by_its_document_and_by_its_reference() -> None:
    item = invoice_line(1, "242.00")
    line = Line({LINES: [[item], [item], []], CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]]})
    winbooks = line.winbooks()

    fetched = winbooks.fetch("open items", guid(901))

    assert fetched is not None
    assert fetched["OpenAmount"] == Decimal("242.00")
    assert winbooks.find("open items", "Reference", "2026-1") == [fetched]
    assert winbooks.fetch("open items", guid(902)) is None
    asked = [each.body["Conditions"][0] for each in line.asking(LINES)]
    assert [(each["PropertyName"], each["Values"]) for each in asked] == [
        ("GLTransHeader_Id", [guid(901)]),
        ("Reference", ["2026-1"]),
        ("GLTransHeader_Id", [guid(902)]),
    ]


# The lines of the books -----------------------------------------------------------------------------------------


PERIOD_ROWS = [
    {"Id": guid(903), "RelatedYear": 2026, "RelatedMonth": 9, "Number": 9, "BookYear_Id": guid(700)},
    {"Id": guid(904), "RelatedYear": 2026, "RelatedMonth": 1, "Number": 0, "BookYear_Id": guid(700)},
    {"Id": guid(905), "RelatedYear": 2026, "RelatedMonth": 1, "Number": 1, "BookYear_Id": guid(700)},
    {"Id": guid(906), "RelatedYear": 2025, "RelatedMonth": 2, "Number": 2, "BookYear_Id": guid(701)},
    {"Id": guid(907), "RelatedYear": 2024, "RelatedMonth": 3, "Number": 1, "BookYear_Id": guid(701)},
    {"Id": guid(908), "RelatedYear": 2025, "RelatedMonth": 2, "Number": 3, "BookYear_Id": guid(701)},
    {"Id": guid(909), "RelatedYear": 2027, "RelatedMonth": 1, "Number": 0, "BookYear_Id": guid(702)},
]
YEAR_ROWS = [{"Id": guid(each), "Code": f"Y{each}", "Modified": STAMP} for each in (700, 701, 702)]


def years() -> dict[str, Any]:
    """Prepare the book years and their periods, as often as they are asked for."""
    return {
        "GET BookYears": [[dict(each) for each in YEAR_ROWS] for _ in range(3)],
        "GET BookPeriods": [[dict(each) for each in PERIOD_ROWS] for _ in range(3)],
    }


def test_a_book_year_lasts_from_its_first_regular_period_to_its_last() -> None:
    (found,) = Line(years()).winbooks().read("book years")

    assert [(each["Code"], each["Start"], each["End"], each["IsFirst"]) for each in found] == [
        ("Y700", "2026-01-01", "2026-09-30", False),
        ("Y701", "2024-03-01", "2025-02-28", True),
        ("Y702", None, None, False),
    ]


def test_a_period_tells_its_book_year() -> None:
    (found,) = Line(years()).winbooks().read("book periods")

    assert found[0]["BookYear"]["Start"] == "2026-01-01"
    assert (found[0]["RelatedYear"], found[0]["RelatedMonth"], found[0]["Number"]) == (2026, 9, 9)


def test_a_line_tells_its_document_period_account_and_whose_it_is() -> None:
    mine = invoice_line(1, "242.00", GLTransHeader_Id=guid(900), CentralAccountType_Id=guid(171), ValueDate=None)
    line = Line(
        {
            **years(),
            LINES: [[mine]],
            HEADERS: [[booked(DueDate="/Date(1792015200000)/")]],
            CUSTOMERS: [[[guid(1), "LUMEN  ", "Lumen Lighting  "]]],
            ACCOUNTS: [[[guid(61), "400000"]]],
        }
    )

    ((found,),) = line.winbooks().read("ledger lines")

    assert found["GLTransHeader"] == {
        "Id": guid(900),
        "DocNumber": 4021,
        "BookDate": "2026-09-15",
        "DueDate": "2026-10-15",
        "IsTemp": False,
        "Modified": "2025-10-09T09:01:40+00:00",
    }
    assert found["Journal"] == {"Id": guid(181), "Code": "VERK"}
    assert found["GLAccount"] == {"Id": guid(61), "Code": "400000"}
    assert found["CentralAccountType"]["Code"] == "CUSTOMER"
    assert found["Customer"] == {"Id": guid(1), "Code": "LUMEN", "Third": {"Name": "Lumen Lighting"}}
    assert (found["Supplier"], found["Vat"], found["GLMatch_Id"], found["ValueDate"]) == (None, None, None, None)
    assert found["BookPeriod"]["BookYear"] == {
        "Id": guid(700),
        "Code": "Y700",
        "Start": "2026-01-01",
        "End": "2026-09-30",
        "IsFirst": False,
        "Modified": "2025-10-09T09:01:40+00:00",
    }
    assert (found["Amount"], found["OpenAmount"]) == (Decimal("242.00"), Decimal("242.00"))
    asked = line.asking(CUSTOMERS)[0].body
    assert [each["PropertyName"] for each in asked["ProjectionsList"]] == ["Id", "Code", "third.Name"]
    assert list(asked["Association"]) == ["third"]
    assert {each.path.rpartition("=")[2] for each in line.asked} == {"1"}


def test_a_line_as_it_is_read_is_what_the_mapping_reads() -> None:
    mine = invoice_line(1, "242.00", GLTransHeader_Id=guid(900), CentralAccountType_Id=guid(171))
    line = Line(
        {
            **years(),
            LINES: [[mine]],
            HEADERS: [[booked()]],
            CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]],
            ACCOUNTS: [[[guid(61), "400000"]]],
        }
    )
    ((found,),) = line.winbooks().read("ledger lines")
    rules = compile_rules(spec.load("winbooks-silverfin"), {}).entities["transaction"]
    rows = {row.name: row.read("winbooks", found) for row in rules.rows}

    assert rows == {
        "Booking date": "2026-09-15",
        "Account": guid(61),
        "Amount": Decimal("242.00"),
        "Description": None,
        "Journal": "VERK",
        "Document number": 4021,
        "Customer or supplier": "LUMEN",
        "Name of the customer or supplier": "Lumen Lighting",
        "Open amount": Decimal("242.00"),
        "Kind of open amount": "CUSTOMER",
        "Due date": None,
    }


def ledger(*answers: object, since: str | None = None) -> dict[str, Any]:
    """Read ledger lines; give id → what is open of each, where it is told."""
    line = Line(
        {
            LINES: list(answers),
            HEADERS: [[]] * 9,
            CUSTOMERS: [[[guid(1), "LUMEN", "Lumen Lighting"]]],
            ACCOUNTS: [[[guid(61), "400000"]]],
            "GET BookPeriods": [[], []],
        }
    )
    found = [each for page in line.winbooks().read("ledger lines", since) for each in page]
    return {each["Id"]: each.get("OpenAmount", "not told") for each in found}


def test_what_is_left_of_a_matching_stands_on_the_line_of_its_document() -> None:
    group = [
        invoice_line(1, "242", MATCHED),
        payment_line(10, "-100", MATCHED),
        gl_line(20, "-100", LineOrder=1001),
    ]

    found = ledger(group, group[:2], group[2:])

    assert found == {guid(1): 142, guid(10): 0, guid(20): "not told"}


def test_together_the_lines_tell_what_is_left_of_a_matching_with_several_documents() -> None:
    group = [invoice_line(1, "100", MATCHED), invoice_line(2, "200", MATCHED), payment_line(10, "-250", MATCHED)]

    found = ledger(group, group, group[2:])

    assert found == {guid(1): 100, guid(2): 200, guid(10): -250}
    assert sum(found.values()) == 50


def test_a_line_of_a_supplier_is_open_as_that_of_a_customer() -> None:
    supplier = gl_line(1, "-121.00", Supplier_Id=guid(2))
    line = Line(
        {
            LINES: [[supplier]],
            HEADERS: [[]],
            SUPPLIERS: [[[guid(2), "KIEM", "Zaadhandel Kiem"]]],
            ACCOUNTS: [[[guid(61), "440000"]]],
            "GET BookPeriods": [[]],
        }
    )

    ((found,),) = line.winbooks().read("ledger lines")

    assert (found["OpenAmount"], found["Supplier"]["Code"]) == (Decimal("-121.00"), "KIEM")
    assert "GLTransHeader" not in found


def test_lines_are_changed_with_their_document() -> None:
    line = Line(
        {
            LINES: [[], [gl_line(1, "5")]],
            HEADERS: [[booked()]],
            ACCOUNTS: [[[guid(61), "400000"]]],
            "GET BookPeriods": [[]],
        }
    )

    ((found,),) = line.winbooks().read("ledger lines", "2025-10-09T08:53:20Z")

    assert found["Id"] == guid(1)
    own, other = (each.body for each in line.asking(LINES))
    assert (own["Conditions"][0]["PropertyName"], other["Conditions"][0]["PropertyName"]) == (
        "Modified",
        "header.Modified",
    )
    assert other["Association"]["header"]["RightProperty"] == "GLTransHeader_Id"
