"""The books of the WinBooks sandbox: what may be booked, payments, closed periods, the ledger, and people at the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from winbooks_talk import EQ, MAX, NOBODY, TODAY, Talk, condition, day, line, projected, talking

from syncrules_providers.sandboxes.story import tell
from syncrules_providers.sandboxes.winbooks import WinBooksSandbox
from syncrules_providers.sandboxes.winbooks_assumed import Refused
from syncrules_providers.sandboxes.winbooks_cast import CUSTOMERS, SUPPLIERS
from syncrules_providers.sandboxes.winbooks_operators import Op


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> WinBooksSandbox:
    return talk.sandbox


# What may be booked -----------------------------------------------------------------------------------------------------


def test_a_booking_is_kept_with_what_winbooks_copies(talk: Talk) -> None:
    key = talk.book(talk.sale())
    told = talk.get(f"GLTransHeader/{key}?maxLevel=3")

    assert (told["DocNumber"], told["Journal"]["Code"], told["PayCode"]["Code"]) == (4021, "VERK", "30")
    assert {each["BookPeriod_Id"] for each in told["GLTransactions"]} == {talk.period(2026, 9)}
    types = [each.get("CentralAccountType", {}).get("Code") for each in told["GLTransactions"]]
    assert types == ["CUSTOMER", None, "V03"]
    assert {each["GLMatch_Id"] for each in told["GLTransactions"]} == {NOBODY}


def changed(talk: Talk, place: int, **instead: Any) -> dict[str, Any]:
    """Make a sale of which one line says something else."""
    body = talk.sale()
    body["GLTransactions"][place] |= instead
    return body


@pytest.mark.parametrize(
    ("place", "instead", "says"),
    [
        (0, {"Amount": Decimal("242.01")}, "does not balance: the lines add up to 0.01"),
        (0, {"LineOrder": 3}, "the line of the customer must have 0"),
        (0, {"CustomerCode": ""}, "the line of the customer must have 0"),
        (1, {"LineOrder": 2}, "two lines have the same"),
        (1, {"GLAccountCode": "400000"}, "the line of the customer must have 0"),
        (1, {"GLAccountCode": ""}, "GLAccount of a line is missing"),
        (1, {"GLAccountCode": "700009"}, "there is no GLAccount '700009'"),
        (1, {"CurrencyCode": ""}, "Currency of a line is missing"),
        (1, {"CurrencyCode": "USD"}, "needs CurrencyAmount and CurrencyRate"),
        (1, {"Amount": "much"}, "cannot be read as decimal"),
        (2, {"VatCode": ""}, "Vat: 451000 needs one"),
        (2, {"VatCode": "99"}, "there is no Vat '99'"),
        (0, {"CustomerCode": "NOBODY"}, "there is no Customer 'NOBODY'"),
        (0, {"CustomerCode": "10061"}, "Customer '10061' is locked"),
        (0, {"CustomerCode": "SLOT"}, "Customer 'SLOT' is locked"),
    ],
)
def test_a_line_that_is_wrong_is_refused_with_its_document(
    talk: Talk, sandbox: WinBooksSandbox, place: int, instead: dict[str, Any], says: str
) -> None:
    before = len(sandbox.lines())
    status, message = talk.refused("POST", "GLTransHeader", changed(talk, place, **instead))

    assert status == 400
    assert says in message
    assert len(sandbox.lines()) == before


@pytest.mark.parametrize(
    ("instead", "says"),
    [
        ({"JournalCode": "VERKOOP"}, "there is no Journal 'VERKOOP'"),
        ({"JournalCode": ""}, "Journal is missing"),
        ({"BookPeriod_Id": NOBODY}, "BookPeriod is missing"),
        ({"BookPeriod_Id": "5d7f0d58-0000-4000-8000-000000000903"}, "there is no BookPeriod"),
        ({"BookDate": None}, "BookDate is missing"),
        ({"DocNumber": 0}, "DocNumber is missing"),
        ({"GLTransactions": []}, "at least two lines"),
        ({"JournalCode": "BANK"}, "the lines count from 1000"),
        ({"JournalCode": "AANK"}, "the line of the supplier must have 0"),
    ],
)
def test_a_head_that_is_wrong_is_refused(talk: Talk, instead: dict[str, Any], says: str) -> None:
    status, message = talk.refused("POST", "GLTransHeader", talk.sale(**instead))

    assert status == 400
    assert says in message


def test_a_hidden_customer_can_be_booked_on(talk: Talk) -> None:
    assert talk.book(talk.sale(customer="ZEEZICHT"))


def test_who_is_locked_later_keeps_its_bookings(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.deactivate_customer("10042", hidden=False)

    assert talk.saved("PUT", "GLTransHeader", {"Id": key, "DueDate": day(2026, 12, 1)})
    assert talk.refused("POST", "GLTransHeader", talk.sale(number=4022))[0] == 400


def test_a_closed_period_takes_nothing(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.close_period(2026, 9)

    assert talk.refused("POST", "GLTransHeader", talk.sale(number=4022)) == (400, "The period 2026/9 is closed.")
    assert talk.refused("PUT", "GLTransHeader", {"Id": key, "IsDoc": True})[0] == 400
    assert talk.refused("DELETE", f"GLTransHeader/{key}")[0] == 400
    sandbox.open_period(2026, 9)
    talk.saved("DELETE", f"GLTransHeader/{key}")


def test_a_booking_does_not_move_into_a_closed_period(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.close_period(2026, 8)

    moved = {"Id": key, "BookPeriod_Id": talk.period(2026, 8)}
    assert talk.refused("PUT", "GLTransHeader", moved) == (400, "The period 2026/8 is closed.")


def test_a_locked_booking_stays_as_it_is(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.lock_booking(key)

    first = talk.get(f"GLTransHeader/{key}?maxLevel=2")["GLTransactions"][0]["Id"]
    assert talk.refused("PUT", f"GLTrans/{first}", {"CommentBooking": "x"}) == (400, "The booking is locked.")
    assert talk.refused("DELETE", f"GLTransHeader/{key}") == (400, "The booking is locked.")


def test_a_number_stands_once_in_its_journal_and_year(talk: Talk, sandbox: WinBooksSandbox) -> None:
    talk.book(talk.sale())
    assert talk.refused("POST", "GLTransHeader", talk.sale()) == (400, "DocNumber 4021 is in use in this journal.")

    sandbox.open_period(2025, 9)
    assert talk.book(talk.sale(BookPeriod_Id=talk.period(2025, 9)))
    sandbox.habits.numbering = "period"
    assert talk.book(talk.sale(BookPeriod_Id=talk.period(2026, 10)))
    assert talk.refused("POST", "GLTransHeader", talk.sale())[0] == 400


def test_winbooks_numbers_a_document_only_when_switched(talk: Talk, sandbox: WinBooksSandbox) -> None:
    body = {name: value for name, value in talk.sale().items() if name != "DocNumber"}
    assert talk.refused("POST", "GLTransHeader", body) == (400, "DocNumber is missing.")

    sandbox.habits.numbers_documents = True
    highest = max(each["DocNumber"] for each in sandbox.bookings("VERK") if each["BookDate"].year == 2026)
    assert talk.get(f"GLTransHeader/{talk.book(body)}")["DocNumber"] == highest + 1


def test_an_invoice_in_dollars_says_both_amounts(talk: Talk, sandbox: WinBooksSandbox) -> None:
    dollars = {"CurrencyCode": "USD", "CurrencyRate": Decimal("1.1")}
    lines = [
        line(0, "400000", "100.00", CustomerCode="USAMPLE", CurrencyAmount=Decimal("110.00"), **dollars),
        line(1, "700200", "-100.00", VatCode="EX", CurrencyAmount=Decimal("-110.00"), **dollars),
    ]
    key = talk.book(talk.sale(GLTransactions=lines))

    told = talk.get(f"GLTransHeader/{key}?maxLevel=3")["GLTransactions"][0]
    assert (told["Currency"]["Code"], told["CurrencyAmount"], told["CurrencyRate"]) == ("USD", 110, Decimal("1.1"))
    assert any(each["CurrencyRate"] for each in sandbox.lines() if each["Customer"] == "USAMPLE")


def test_amounts_are_rounded_before_they_balance(talk: Talk) -> None:
    lines = [
        line(0, "400000", "10.005", CustomerCode="10042"),
        line(1, "700000", "-5.004"),
        line(2, "700000", "-5.006"),
    ]
    key = talk.book(talk.sale(GLTransactions=lines))

    told = talk.get(f"GLTransHeader/{key}?maxLevel=2")["GLTransactions"]
    assert [each["Amount"] for each in told] == [Decimal("10.01"), Decimal("-5.00"), Decimal("-5.01")]


def test_a_line_alone_cannot_unbalance_its_document(talk: Talk) -> None:
    key = talk.book(talk.sale())
    lines = talk.get(f"GLTransHeader/{key}?maxLevel=2")["GLTransactions"]

    assert "balance" in talk.refused("PUT", f"GLTrans/{lines[0]['Id']}", {"Amount": 1})[1]
    assert "balance" in talk.refused("DELETE", f"GLTrans/{lines[1]['Id']}")[1]
    assert "balance" in talk.refused("POST", "GLTrans", {**line(3, "700000", "-1"), "GLTransHeader_Id": key})[1]
    assert "GLTransHeader is missing" in talk.refused("POST", "GLTrans", line(3, "700000", "-1"))[1]
    other = [{"Id": lines[0]["Id"], "Amount": Decimal("243.00")}, line(3, "700000", "-1.00")]
    assert talk.saved("PUT", "GLTransHeader", {"Id": key, "GLTransactions": other})


def test_a_vat_code_has_its_account_and_its_central_type(talk: Talk) -> None:
    accounts = {each["Code"]: each for each in talk.get("GLAccounts?maxLevel=2")}

    for code, central in (("400000", "CUSTOMER"), ("440000", "SUPPLIER"), ("451000", "V03"), ("451200", "V01")):
        assert accounts[code]["CentralAccountType"]["Code"] == central
    assert {each["Code"]: each["Rate"] for each in talk.get("Vats")}.items() >= {
        "21": 21,
        "12": 12,
        "6": 6,
        "0": 0,
    }.items()


# Payments ---------------------------------------------------------------------------------------------------------------


def open_of(talk: Talk, header: str) -> Decimal:
    """Work out what is open of a booked invoice, as the description says a client does."""
    (first,) = talk.ask("GLTrans", condition("GLTransHeader_Id", EQ, header), condition("LineOrder", EQ, 0))
    if first["GLMatch_Id"] == NOBODY:
        return Decimal(first["Amount"])
    return sum(
        (each["Amount"] for each in talk.ask("GLTrans", condition("GLMatch_Id", EQ, first["GLMatch_Id"]))), Decimal(0)
    )


def test_a_payment_is_a_line_with_the_same_matching(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    assert open_of(talk, key) == 242

    sandbox.pay(key, "100.00")
    assert open_of(talk, key) == 142
    sandbox.pay("2026-4021")
    assert open_of(talk, key) == 0
    assert all(each["GLTransHeader_Id"] != key for each in sandbox.open_items())


def test_a_payment_shows_among_what_changed(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    before = talk.get(f"GLTransHeader/{key}")
    moment = talk.ask("GLTrans", ProjectionsList=projected("Modified", operator=MAX))[0]
    paid = sandbox.pay(key)
    changed_lines = talk.ask(
        "GLTrans", condition("Modified", Op.GE, moment), condition("Customer_Id", EQ, talk.key("Customer", "10042"))
    )

    assert {each["GLTransHeader_Id"] for each in changed_lines} == {key, paid}
    assert talk.get(f"GLTransHeader/{key}") == before
    bank = talk.get(f"GLTransHeader/{paid}?maxLevel=3")
    assert [(each["LineOrder"], each["GLAccount"]["Code"], each["Amount"]) for each in bank["GLTransactions"]] == [
        (1000, "400000", -242),
        (2000, "550000", 242),
    ]


def test_a_payment_that_nobody_matched_leaves_the_invoice_open(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    paid = sandbox.pay(key, matched=False)
    assert open_of(talk, key) == 242

    sandbox.match(key, paid)
    assert open_of(talk, key) == 0
    sandbox.unmatch(key)
    assert open_of(talk, key) == 242


def test_a_payment_that_was_taken_back_opens_the_invoice_again(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.reverse_payment(sandbox.pay(key))

    assert open_of(talk, key) == 242


def test_a_deleted_payment_opens_the_invoice_again_without_a_trace(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    paid = sandbox.pay(key)
    moment = talk.ask("GLTrans", ProjectionsList=projected("Modified", operator=MAX))[0]
    sandbox.remove_booking(paid)

    assert open_of(talk, key) == 242
    assert talk.ask("GLTrans", condition("Modified", Op.GT, moment)) == []


def test_one_line_can_pay_several_invoices(talk: Talk, sandbox: WinBooksSandbox) -> None:
    keys = [sandbox.post_invoice("10042", "100.00", reference=each) for each in ("A-1", "A-2")]
    sandbox.pay_several(dict.fromkeys(keys), together=True)
    matches = {each["GLMatch"] for each in sandbox.lines() if each["Reference"] in ("A-1", "A-2")}

    assert len(matches) == 1
    assert [open_of(talk, each) for each in keys] == [0, 0]
    apart = [sandbox.post_invoice("10042", "100.00", reference=each) for each in ("B-1", "B-2")]
    sandbox.pay_several({apart[0]: "21.00", apart[1]: None})
    assert [open_of(talk, each) for each in apart] == [100, 0]


def test_more_can_be_paid_than_is_owed(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = sandbox.post_invoice("10042", "100.00", reference="A-1")
    sandbox.pay("A-1", "150.00")

    assert open_of(talk, key) == -29


def test_a_credit_note_is_mirrored_and_has_its_own_journal(sandbox: WinBooksSandbox) -> None:
    key = sandbox.post_invoice("10042", "-100.00", reference="C-1")
    booking = sandbox.booking(key)

    assert booking["Journal"]["Code"] == "VCN"
    assert [each["Amount"] for each in booking["GLTransactions"]] == [-121, 100, 21]


# The ledger: what an accountant reads -----------------------------------------------------------------------------------


def test_every_document_balances(talk: Talk) -> None:
    for folder in ("DEMO_BV", "DEMO_SRL"):
        headers = talk.sandbox.bookings(folder=folder)
        assert len(headers) > 150
        assert {sum(each["Amount"] for each in header["GLTransactions"]) for header in headers} == {0}
        assert sum(each["Amount"] for each in talk.sandbox.lines(folder=folder)) == 0


def test_the_ledger_has_two_years_and_several_journals(talk: Talk) -> None:
    lines = talk.sandbox.lines()
    years = Counter(each["RelatedYear"] for each in lines)
    kinds = Counter(each["Journal"] for each in lines)

    assert len(lines) > 700
    assert years[2025] > 500
    assert years[2026] > 150
    assert {"VERK", "VCN", "AANK", "BANK", "KAS", "DIV"} == set(kinds)
    assert {each["Code"] for each in talk.get("BookYears")} == {"2025", "2026"}
    assert {each["Customer"] for each in lines} - {None} <= {each.code for each in CUSTOMERS}
    assert {each["Supplier"] for each in lines} - {None} <= {each.code for each in SUPPLIERS} | {"BEIDE"}


def test_every_year_opens_with_what_the_year_before_left(sandbox: WinBooksSandbox) -> None:
    def balances(year: int, numbers: range) -> dict[str, Decimal]:
        found: dict[str, Decimal] = {}
        for each in sandbox.lines():
            if each["RelatedYear"] == year and each["Number"] in numbers:
                code = each["GLAccount"] if each["GLAccount"] < "6" else "140000"
                found[code] = found.get(code, Decimal(0)) + each["Amount"]
        return {code: amount for code, amount in found.items() if amount}

    assert balances(2026, range(0, 1)) == balances(2025, range(0, 14))
    assert balances(2025, range(13, 14)) != {}


def test_some_invoices_are_open_some_half_paid_and_some_paid(sandbox: WinBooksSandbox) -> None:
    items = sandbox.open_items()

    assert any(each["Open"] == each["Amount"] for each in items)
    assert any(0 < each["Open"] < each["Amount"] for each in items)
    assert len(items) < len(sandbox.bookings("VERK")) / 2
    assert len(sandbox.rows("GLMatch")) > 50


def test_periods_are_picked_and_the_opening_and_closing_ones_are_apart(talk: Talk) -> None:
    periods = talk.ask("BookPeriod", condition("RelatedYear", EQ, 2025), Orders=[{"PropertyName": "Number"}])

    assert [(each["Number"], each["RelatedMonth"]) for each in periods] == [
        (0, 1),
        *((number, number) for number in range(1, 13)),
        (13, 12),
    ]
    assert talk.period(2025, 12) == periods[12]["Id"]
    assert talk.period(2025, 1) == periods[1]["Id"]


def test_an_accountant_can_read_every_line_with_all_it_belongs_to(talk: Talk) -> None:
    projections = projected(
        "Id", "Amount", "header.DocNumber", "header.BookDate", "journal.Code", "period.Number", "account.Code"
    )
    joins = {
        alias: {
            "AliasName": alias,
            "Type": f"Winbooks.TORM.OM.Accounting.{om}, Winbooks.TORM.OM",
            "JoinType": 1,
            "OwnerAlias": owner,
            "LeftProperty": "Id",
            "RightProperty": f"{om}_Id",
        }
        for alias, om, owner in (
            ("header", "GLTransHeader", "this"),
            ("journal", "Journal", "header"),
            ("period", "BookPeriod", "header"),
            ("account", "GLAccount", "this"),
        )
    }
    told = talk.ask("GLTrans", Association=joins, ProjectionsList=projections)
    expected = {
        each["Id"]: [each["Amount"], each["DocNumber"], each["Journal"], each["Number"], each["GLAccount"]]
        for each in talk.sandbox.lines()
    }

    assert {each[0]: [each[1], each[2], *each[4:]] for each in told} == expected


# People at the screen ---------------------------------------------------------------------------------------------------


def test_a_person_changes_a_relation_in_all_its_parts(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.edit_third("10042", Name="De Halm")
    sandbox.edit_address("10042", PhoneNo="+32 9 000 00 43")
    sandbox.edit_contact("10042", Email="nieuw@halm.example")
    sandbox.edit_customer("10042", Memo="Nieuw")
    told = talk.whole("GET", "Customer/10042?maxLevel=4")

    assert (told["Memo"], told["Third"]["Name"]) == ("Nieuw", "De Halm")
    assert told["Third"]["Addresses"][0]["Address"]["PhoneNo"] == "+32 9 000 00 43"
    assert told["Third"]["Contacts"][0]["Contact"]["Email"] == "nieuw@halm.example"


def test_parts_that_are_not_there_are_made_at_the_screen(sandbox: WinBooksSandbox) -> None:
    sandbox.edit_address("NERGENS", Town="Gent")
    sandbox.edit_contact("NERGENS", Email="thuis@nergens.example")
    third = sandbox.customer("NERGENS")["Third"]

    assert (third["Addresses"][0]["Address"]["Town"], third["Addresses"][0]["IsInvoicingDefault"]) == ("Gent", True)
    assert third["Contacts"][0]["Contact"]["Email"] == "thuis@nergens.example"


def test_who_wrote_shows(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.add_customer("ANNA", "Anna")
    talk.saved("POST", "Customer/EVE", {"Code": "EVE", "Third": {"Code": "EVE"}})

    assert talk.get("Customer/ANNA")["CreatedBy"] != talk.get("Customer/EVE")["CreatedBy"]
    sandbox.edit_customer("EVE", Memo="x")
    assert talk.get("Customer/EVE")["ModifiedBy"] == talk.get("Customer/ANNA")["ModifiedBy"]


def test_relations_come_go_and_are_taken_out_of_use(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.add_supplier("ANNA", "Anna", WebSite="anna.example")
    sandbox.edit_supplier("ANNA", IsHidden=True)
    sandbox.deactivate_customer("10042", locked=False)
    sandbox.deactivate_customer("10050", hidden=False)
    flags = [(each["IsHidden"], each["IsLocked"]) for each in map(sandbox.customer, ("10042", "10050", "10061"))]
    assert flags == [(True, False), (False, True), (True, True)]
    assert sandbox.supplier("ANNA")["Third"]["WebSite"] == "anna.example"

    sandbox.reactivate_customer("10061")
    assert talk.get("Customer/10061")["IsHidden"] is False
    sandbox.remove_customer("10061")
    assert talk.send("GET", "Customer/10061").status_code == 204
    assert talk.get("Third/10061")["Code"] == "10061"


def test_a_bookkeeper_changes_a_booking_and_its_lines_at_once(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())
    sandbox.edit_booking(
        key,
        lines={0: {"Amount": "302.00"}},
        remove=[1],
        add=[{"LineOrder": 3, "GLAccountCode": "700100", "Amount": "-260.00"}],
        DueDate=date(2026, 12, 31),
    )
    told = talk.get(f"GLTransHeader/{key}?maxLevel=3")

    assert told["DueDate"] == day(2026, 12, 31)
    assert [(each["LineOrder"], each["Amount"]) for each in told["GLTransactions"]] == [(0, 302), (2, -42), (3, -260)]
    with pytest.raises(Refused, match="balance"):
        sandbox.edit_booking(key, remove=[3])
    assert len(sandbox.booking(key)["GLTransactions"]) == 3


def test_lines_deleted_in_an_open_period_leave_no_trace(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = sandbox.post_purchase("STROOM", "80.00", reference="S-1")
    lines = {each["Id"] for each in sandbox.booking(key)["GLTransactions"]}
    before = set(talk.ask("GLTrans", ProjectionsList=projected("Id")))
    sandbox.remove_booking("S-1")
    after = set(talk.ask("GLTrans", ProjectionsList=projected("Id")))

    assert before - after == lines
    assert talk.send("GET", f"GLTransHeader/{key}").status_code == 204


def test_a_bookkeeper_is_held_to_closed_periods_too(sandbox: WinBooksSandbox) -> None:
    key = sandbox.post_invoice("10042", reference="A-1")
    sandbox.close_period(TODAY.year, TODAY.month)

    with pytest.raises(Refused, match="closed"):
        sandbox.remove_booking(key)
    with pytest.raises(Refused, match="closed"):
        sandbox.post_invoice("10042")
    assert sandbox.booking("A-1")["Id"] == key


def test_a_bookkeeper_books_in_the_opening_and_the_closing_period(talk: Talk, sandbox: WinBooksSandbox) -> None:
    lines = [{"GLAccountCode": "630200", "Amount": "10.00"}, {"GLAccountCode": "240009", "Amount": "-10.00"}]
    key = sandbox.book("misc", lines, day=date(2026, 12, 31), period=13)

    assert sandbox.booking(key)["BookPeriod"]["Number"] == 13
    sandbox.add_year(2027)
    assert sandbox.book("misc", lines, day=date(2027, 1, 1), period=0)
    assert talk.period(2027, 1)


# The story --------------------------------------------------------------------------------------------------------------


def test_the_story_is_told_in_winbooks_words(sandbox: WinBooksSandbox) -> None:
    third = sandbox.customer("10042")["Third"]

    assert (third["VatNumber"], third["VatCountry"]["Code"], third["Language"]["Code"]) == ("0123456749", "BE", "nl")
    assert [each["Address"]["Address1"] for each in third["Addresses"]] == ["Dorpsstraat 12 bis", "Postbus 7"]
    assert third["Addresses"][0]["Address"]["PhoneNo"] == "+32 9 000 00 42"
    assert (third["Contacts"][0]["Contact"]["MobileNo"], third["BankAccounts"][0]["Bic"]) == (
        "+32 470 00 00 42",
        "BANKBEBB",
    )
    assert sandbox.customer("10042")["PayCode"]["Code"] == "14"
    person = sandbox.customer("10050")
    contact = person["Third"]["Contacts"][0]["Contact"]
    assert (person["VatApplicable"], person["Third"]["Name"]) == (3, "Ada van der Test")
    assert (contact["FirstName"], contact["Name"], contact["PhoneNo"]) == ("Ada", "van der Test", "+32 2 000 00 50")
    assert sandbox.supplier("20017")["GLAccountCentral"]["Code"] == "440000"
    assert all(each["Code"] != "10099" for each in sandbox.customers())


def test_everybody_of_the_common_story_who_is_in_the_books_is_here() -> None:
    sandbox = WinBooksSandbox.seeded(40)
    known = {each["Code"] for each in sandbox.customers() + sandbox.suppliers()}
    expected = {each.code for each in tell(40).relations if each.in_books}

    assert expected <= known
    assert known - expected == {each.code for each in (*CUSTOMERS, *SUPPLIERS)}
    assert {"20017", "20018", "20052"} <= {each["Code"] for each in sandbox.suppliers()}
    flags = {code: sandbox.customer(code) for code in ("10060", "10061", "10062")}
    assert {code: (row["IsHidden"], row["IsLocked"]) for code, row in flags.items()} == {
        "10060": (True, False),
        "10061": (True, True),
        "10062": (False, True),
    }


def test_nothing_of_the_cast_points_to_the_real_net() -> None:
    sandbox = WinBooksSandbox.seeded(0)
    emails = [each["Email"] for each in sandbox.rows("Contact") if each["Email"]]
    sites = [each["WebSite"] for each in sandbox.rows("Third") if each["WebSite"]]

    assert [each for each in emails + sites if ".example" not in each] == ["geen-adres"]
