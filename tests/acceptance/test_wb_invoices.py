"""Invoices that are sent in Tribe become booked invoices in WinBooks, once, in balance and to the cent."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import crm
import pytest
import wb
from world import World

SENT = "2026-03-02T09:30:00Z"


def product(here: World, account: str | None) -> crm.Row:
    """Enter a product with a ledger account."""
    said: crm.Row = {
        "ProductGroup": {"ID": here.crm.rows("ProductGroup")[0]["ID"]},
        "Unit": {"ID": here.crm.lookup("Datastore_Unit", "stuk")},
        "VatGroup": crm.vat_group(here),
    }
    if account:
        said["GeneralLedgerAccount"] = {"ID": here.crm.lookup("Datastore_GeneralLedgerAccount", account)}
    return {"ID": here.crm.add("Product", Name=f"Dienst {account}", Code=f"D{account}", **said)}


def spoil(here: World, key: str, **values: object) -> None:
    """Let Tribe say what it never should, such as totals that do not add up."""
    with here.crm.lock:
        here.crm._tenant._set(key, **values)


def was_offered(here: World) -> bool:
    """Tell whether the last run tried to book anything."""
    return any(each.what == "GLTransHeader" and each.method == "POST" for each in here.books.calls)


# Booked ---------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-03", "WB-07")
def test_a_sent_invoice_becomes_a_booked_one_with_all_its_lines_and_its_vat_by_group(here: World) -> None:
    here.settings["revenue accounts"] = {"700000": "700000", "700100": "700200"}
    here.settings["default revenue account"] = "700100"
    customer = wb.known_customer(here)
    made, number = crm.send(
        here,
        customer,
        crm.line(here, 100, 2, "BE21", Product=product(here, "700000"), Description="Brood"),
        crm.line(here, 19.99, 3, "BE6", Product=product(here, "700100"), Description="Kaas"),
        crm.line(here, 0.05, 1, "BE21", DiscountPercentage=10, Description="Zout"),
        crm.line(here, 40, 1, "BE0", Description="Naar Frankrijk"),
        Subject="Brood in maart",
        InvoiceDate=SENT,
        PaymentTermInDays=30,
    )
    (planned,) = here.plan()
    here.run()
    booking = wb.booked(here, number)

    assert wb.lines(here, number) == [
        (0, "400000", None, Decimal("345.63")),
        (1, "700000", "21", Decimal("-200.00")),
        (2, "700200", "6", Decimal("-59.97")),
        (3, "700100", "21", Decimal("-0.05")),
        (4, "700100", "0", Decimal("-40.00")),
        (5, "451000", "21", Decimal("-42.01")),
        (6, "451200", "6", Decimal("-3.60")),
    ]
    told = booking["GLTransactions"]
    assert sum(each["Amount"] for each in told) == 0
    assert crm.of(told[0], "VatBaseAmount", "TurnOverAmount", "VatTaxAmount") == {
        "VatBaseAmount": Decimal("300.02"), "TurnOverAmount": Decimal("300.02"), "VatTaxAmount": Decimal("45.61")
    }  # fmt: skip
    assert [each["VatBaseAmount"] for each in told[5:]] == [Decimal("200.05"), Decimal("59.97")]
    assert [each["CentralAccountType"]["Code"] for each in (told[0], *told[5:])] == ["CUSTOMER", "V03", "V01"]
    assert [each["CommentBooking"] for each in told[:5]] == [
        "Brood in maart",
        "Brood",
        "Kaas",
        "Zout",
        "Naar Frankrijk",
    ]
    assert {each["Currency"]["Code"] for each in told} == {"EUR"}
    assert (told[0]["Customer"]["Code"], [each for each in told[1:] if each.get("Customer")]) == ("10042", [])
    assert crm.of(booking, "BookDate", "DueDate", "DocNumber", "IsTemp") == {
        "BookDate": wb.day(2026, 3, 2), "DueDate": wb.day(2026, 4, 1), "DocNumber": 1, "IsTemp": False
    }  # fmt: skip
    assert wb.codes(booking, "Journal") == {"Journal": "VERK"}
    assert crm.of(booking["BookPeriod"], "RelatedYear", "RelatedMonth", "Number") == {
        "RelatedYear": 2026, "RelatedMonth": 3, "Number": 3
    }  # fmt: skip
    assert planned["changes"]["BookDate"] == "2026-03-02"  # a day and nothing more
    assert str(here.crm.one(crm.INVOICES, ID=made)["ImportId"]).endswith(f":{booking['Id']};")
    assert [(each["Reference"], each["Open"]) for each in here.books.open_items()] == [(number, Decimal("345.63"))]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03")
def test_a_draft_stays_at_home_until_it_is_sent(here: World) -> None:
    customer = wb.known_customer(here)
    draft = crm.draft(here, customer)
    here.run()
    before = here.books.bookings()
    here.crm.send_invoice(draft)
    here.run()

    assert before == []
    assert wb.booked(here, crm.number_of(here, draft))
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03")
def test_what_was_sent_before_the_connection_was_made_stays_where_it_is_for_good(here: World) -> None:
    wb.add(here)
    customer = crm.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    _, number = crm.send(here, customer)
    for whole in (False, False, True):
        here.run(whole=whole)
    told = crm.told(here, number, "tribe", "invoice")

    assert here.books.bookings() == []
    assert told.state == "excluded"
    assert "before the connection" in told.reason


@pytest.mark.requirement("WB-03")
def test_an_invoice_that_is_made_in_the_books_never_travels(here: World) -> None:
    wb.known_customer(here)
    here.books.post_invoice("10042", "100.00", reference="B-1")
    here.books.pay("B-1", "20.00")
    here.run()

    assert here.crm.rows(crm.INVOICES) == []
    assert here.crm.rows("Payment") == []
    assert here.writes == 0


@pytest.mark.requirement("WB-03", "WB-06")
def test_an_invoice_of_a_private_customer_goes_too(here: World) -> None:
    customer = wb.known_person(here)
    _, number = crm.send(here, customer)
    here.run()

    assert wb.booked(here, number)["GLTransactions"][0]["Customer"]["Code"] == "20001"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "X-08")
def test_an_invoice_goes_in_the_same_run_as_its_new_customer_and_waits_for_one_without_a_number(here: World) -> None:
    here.run()
    new = crm.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    numberless = crm.add_customer(here, Name="Nummerloos")
    _, number = crm.send(here, new)
    _, waiting = crm.send(here, numberless)
    here.run()
    told = here.judged(waiting)
    here.crm.edit(crm.ORGANISATIONS, here.crm.one(crm.ORGANISATIONS, Name="Nummerloos")["ID"], DebtorNumber="10078")
    here.run()

    assert wb.booked(here, number)["GLTransactions"][0]["Customer"]["Code"] == "10077"
    assert (told.state, "Nummerloos" in told.reason) == ("waiting", True)
    assert wb.booked(here, waiting)["GLTransactions"][0]["Customer"]["Code"] == "10078"
    assert crm.is_quiet(here)


# Credit notes ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-03", "WB-07")
def test_a_credit_note_is_booked_in_its_own_journal_with_every_amount_the_other_way_round(here: World) -> None:
    customer = wb.known_customer(here)
    _, invoice = crm.send(here, customer, crm.line(here, 50, 2), InvoiceDate=SENT)
    _, credit = crm.send(here, customer, crm.line(here, 50, -2), crm.line(here, 10, -1, "BE6"), InvoiceDate=SENT)
    here.run()

    assert wb.lines(here, credit) == [
        (0, "400000", None, Decimal("-131.60")),
        (1, "700000", "21", Decimal("100.00")),
        (2, "700000", "6", Decimal("10.00")),
        (3, "451000", "21", Decimal("21.00")),
        (4, "451200", "6", Decimal("0.60")),
    ]
    told = wb.booked(here, credit)["GLTransactions"]
    assert [each["VatBaseAmount"] for each in (told[0], told[3])] == [Decimal("-110.00"), Decimal("-100.00")]
    assert [wb.codes(wb.booked(here, each), "Journal")["Journal"] for each in (invoice, credit)] == ["VERK", "VCN"]
    assert [wb.booked(here, each)["DocNumber"] for each in (invoice, credit)] == [1, 1]
    assert {each["Reference"]: each["Open"] for each in here.books.open_items()} == {
        invoice: Decimal("121.00"), credit: Decimal("-131.60")
    }  # fmt: skip
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "WB-07")
def test_an_invoice_with_a_line_below_zero_stays_an_invoice(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, crm.line(here, 100), crm.line(here, -100), crm.line(here, 30, 1, "BE6"))
    here.run()

    assert wb.lines(here, number) == [
        (0, "400000", None, Decimal("31.80")),
        (1, "700000", "21", Decimal("-100.00")),
        (2, "700000", "21", Decimal("100.00")),
        (3, "700000", "6", Decimal("-30.00")),
        (4, "451200", "6", Decimal("-1.80")),
    ]
    assert wb.codes(wb.booked(here, number), "Journal") == {"Journal": "VERK"}
    assert crm.is_quiet(here)


# What waits, and what is refused --------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-07", "X-08")
def test_an_invoice_in_another_currency_than_that_of_the_books_waits(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, Currency="USD")
    _, good = crm.send(here, customer)
    here.run()
    told = here.judged(number)

    assert told.state == "waiting"
    assert told.reason == "another currency than that of the folder"
    assert "by hand" in told.cure
    assert [each["GLTransactions"][0]["Reference"] for each in here.books.bookings()] == [good]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-07", "X-06", "X-08")
def test_an_invoice_whose_amounts_tribe_tells_in_another_currency_waits(here: World) -> None:
    customer = wb.known_customer(here)
    here.crm._tenant.rates = {"EUR": Decimal("0.91")}
    _, number = crm.send(here, customer, Currency="EUR")
    here.crm._tenant.rates = {}
    _, good = crm.send(here, customer, Currency="EUR")
    here.run()
    told = here.judged(number)

    assert (told.state, told.reason) == ("waiting", "amounts in another currency than its own")
    assert "by hand" in told.cure
    assert [each["GLTransactions"][0]["Reference"] for each in here.books.bookings()] == [good]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "X-08")
def test_an_invoice_that_carries_the_id_of_another_connector_is_left_to_it(here: World) -> None:
    customer = wb.known_customer(here)
    made = crm.draft(here, customer)
    here.crm.edit(crm.INVOICES, made, ImportId="andere-koppeling:7")
    here.crm.send_invoice(made)
    here.run()

    assert here.books.bookings() == []
    assert "another connector" in here.judged(crm.number_of(here, made)).reason


@pytest.mark.requirement("WB-03", "X-06", "X-08")
def test_an_invoice_of_a_year_that_the_books_do_not_have_waits_until_it_is_there(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, InvoiceDate="2031-01-15T09:00:00Z")
    _, good = crm.send(here, customer, InvoiceDate=SENT)
    here.run()
    told = here.judged(number)
    bookings = [each["GLTransactions"][0]["Reference"] for each in here.books.bookings()]
    here.books.add_year(2031)
    here.clock.ahead += 3700
    here.run()

    assert told.state == "failed"
    assert "the books have a period for its date" in told.reason
    assert "2031-01-15" in told.reason
    assert "closed" not in told.reason
    assert "book year" in told.cure
    assert bookings == [good]
    assert crm.of(wb.booked(here, number)["BookPeriod"], "RelatedYear", "Number") == {"RelatedYear": 2031, "Number": 1}
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "X-08")
def test_an_invoice_of_a_closed_period_is_refused_with_its_cure_and_goes_when_it_is_open(here: World) -> None:
    customer = wb.known_customer(here)
    here.books.close_period(2026, 3)
    _, number = crm.send(here, customer, InvoiceDate=SENT)
    _, good = crm.send(here, customer, InvoiceDate="2026-04-01T09:00:00Z")
    here.run()
    told = here.judged(number)
    bookings = [each["GLTransactions"][0]["Reference"] for each in here.books.bookings()]
    here.books.open_period(2026, 3)
    here.clock.ahead += 3700
    here.run()

    assert told.state == "failed"
    assert "closed" in told.reason
    assert told.cure == "Open the period in WinBooks or give the invoice a date in an open period."
    assert bookings == [good]
    assert wb.booked(here, number)["BookDate"] == wb.day(2026, 3, 2)
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "X-08")
def test_an_invoice_for_a_locked_customer_is_refused_and_kept(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer)
    here.books.deactivate_customer("10042", hidden=False, locked=True)
    here.run()
    told = here.judged(number)
    here.books.reactivate_customer("10042")
    here.clock.ahead += 3700
    here.run()

    assert (told.state, "locked" in told.reason) == ("failed", True)
    assert wb.booked(here, number)
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-06", "WB-07")
@pytest.mark.parametrize(
    ("what", "amount", "says"),
    [
        ("TotalIncludingVat", "122.00", "the lines make the invoice"),
        ("VatAmount", "20.00", "each line adds up"),
        ("VatPercentage", "6", "the VAT fits its percentage"),
    ],
)
def test_an_invoice_that_does_not_add_up_is_refused_before_it_is_sent(
    here: World, what: str, amount: str, says: str
) -> None:
    customer = wb.known_customer(here)
    made, number = crm.send(here, customer)
    spoil(here, made if what == "TotalIncludingVat" else here.crm.one(crm.LINES)["ID"], **{what: Decimal(amount)})
    here.run()

    assert says in here.judged(number).reason
    assert "nothing of it was sent" in here.judged(number).cure
    assert not was_offered(here)
    assert here.books.bookings() == []


@pytest.mark.requirement("X-06", "WB-03")
def test_a_booking_that_the_books_do_not_find_in_balance_is_refused_by_them_too(here: World) -> None:
    """The sandbox holds every booking in balance itself: what we send has passed a judge that is not ours."""
    with pytest.raises(Exception, match="does not balance"):
        here.books.book("misc", [{"GLAccountCode": "550000", "Amount": "10.00"}, {"GLAccountCode": "499000", "Amount": "-9.99"}])  # fmt: skip


# To the cent, and on its day ------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-06", "WB-03", "WB-07")
def test_amounts_arrive_to_the_cent_however_awkward_they_are(here: World) -> None:
    customer = wb.known_customer(here)
    awkward = ["0.10", "0.20", "33.333", "0.005", "1234567.89", "-12.34", "99.995", "0.07", "0.02"]
    said = [(each, vat) for each in awkward for vat in ("BE21", "BE6", "BE0")]
    sent = [crm.send(here, customer, crm.line(here, Decimal(price), 1, vat))[1] for price, vat in said]
    sent.append(crm.send(here, customer, *(crm.line(here, Decimal(price), 1, vat) for price, vat in said))[1])
    here.run()

    assert [known.reason for _, known in here.memory.records(states=("waiting", "failed"))] == []
    for number in sent:
        invoice = here.crm.one(crm.INVOICES, Number=number)
        first, *rest = wb.booked(here, number)["GLTransactions"]
        assert first["Amount"] == invoice["TotalIncludingVat"]
        assert (first["VatBaseAmount"], first["VatTaxAmount"]) == (invoice["TotalExcludingVat"], invoice["VatAmount"])
        assert sum(each["Amount"] for each in (first, *rest)) == 0
        assert -sum(each["Amount"] for each in rest if each["GLAccount"]["Code"].startswith("7")) == invoice["TotalExcludingVat"]  # fmt: skip
        vat: dict[str, Decimal] = defaultdict(Decimal)
        base: dict[str, Decimal] = defaultdict(Decimal)
        for each in here.crm.rows(crm.LINES):
            if each["Activity"]["ID"] == invoice["ID"]:
                vat[each["VatGroup"]["Code"]] += each["VatAmount"]
                base[each["VatGroup"]["Code"]] += each["TotalExcludingVat"]
        told = {each["Vat"]["Code"]: (-each["Amount"], each["VatBaseAmount"]) for each in rest if each["GLAccount"]["Code"].startswith("451")}  # fmt: skip
        assert told == {code: (vat[group], base[group]) for group, code in wb.VAT_CODES.items() if vat[group]}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-06", "WB-07")
@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-01-01T00:00:00Z", (2026, 1, 1)),
        ("2026-03-28T23:30:00Z", (2026, 3, 29)),  # half past midnight, the night the clock goes forward
        ("2026-10-24T22:30:00Z", (2026, 10, 25)),  # the night the clock goes back
        ("2026-06-30T22:30:00Z", (2026, 7, 1)),
        ("2025-12-31T23:30:00Z", (2026, 1, 1)),
    ],
)
def test_a_day_stays_the_day_that_people_saw_and_lies_in_its_own_period(
    here: World, moment: str, on: tuple[int, int, int]
) -> None:
    here.run()
    here.zone("Europe/Brussels")
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, InvoiceDate=moment, PaymentTermInDays=14)
    here.run()
    booking = wb.booked(here, number)

    assert booking["BookDate"] == wb.day(*on)
    assert crm.of(booking["BookPeriod"], "RelatedYear", "RelatedMonth", "Number") == {
        "RelatedYear": on[0], "RelatedMonth": on[1], "Number": on[1]
    }  # fmt: skip
    due = datetime.fromisoformat(here.crm.one(crm.INVOICES, Number=number)["ExpirationDate"])
    assert booking["DueDate"].date() == due.astimezone(ZoneInfo("Europe/Brussels")).date()
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03")
def test_december_is_booked_in_the_regular_period_and_never_in_the_closing_one(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, InvoiceDate="2026-12-31T09:00:00Z")
    here.run()

    assert wb.booked(here, number)["BookPeriod"]["Number"] == 12


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-03")
def test_many_invoices_of_one_run_get_numbers_that_follow_each_other(here: World) -> None:
    customer = wb.known_customer(here)
    here.books.post_invoice("10042", "10.00", DocNumber=40)
    sent = [crm.send(here, customer, InvoiceDate=SENT)[1] for _ in range(12)]
    here.run()

    assert sorted(wb.booked(here, each)["DocNumber"] for each in sent) == list(range(41, 53))
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03", "X-08")
def test_an_invoice_whose_number_the_bookkeeper_took_meanwhile_goes_again_with_the_next(here: World) -> None:
    customer = wb.known_customer(here)
    _, number = crm.send(here, customer, InvoiceDate=SENT)

    def books_first(request: object) -> bool:
        if not here.books.describe(request)[1]:
            return False
        here.books.post_invoice("10042", "10.00", reference="B-1")
        return True

    here.books.mishap("before", when=books_first)
    here.run()
    here.run()

    assert [each["DocNumber"] for each in here.books.bookings()] == [1, 2]
    assert wb.booked(here, number)["DocNumber"] == 2
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-03")
def test_a_change_of_a_booked_invoice_is_told_and_nothing_is_written(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = wb.known_customer(here)
    made, number = crm.send(here, customer)
    here.run()
    before = here.kind.contents(here.books)
    here.crm.edit(crm.INVOICES, made, InvoiceDate="2026-05-05T00:00:00Z")
    here.run()

    assert any("Invoice date" in each for each in here.notices())
    assert here.kind.contents(here.books) == before
    assert wb.booked(here, number)
    assert crm.is_quiet(here)
