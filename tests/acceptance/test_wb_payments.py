"""What has been paid of a booked invoice comes back to Tribe: WinBooks has no payments, only lines that are matched."""

from __future__ import annotations

from decimal import Decimal

import crm
import pytest
import wb
from world import World

DAY = 24 * 3600.0


def paid(here: World) -> dict[str, Decimal]:
    """Say what has been paid according to Tribe, by the number of the invoice."""
    return {each["Reference"]: each["Amount"] for each in here.crm.rows("Payment")}


def booked(here: World, *lines: crm.Row) -> tuple[str, str]:
    """Send an invoice, of 121 euros if no lines are given, and let it be booked; give its ID and its number."""
    made = crm.send(here, wb.known_customer(here), *lines)
    here.run()
    return made


@pytest.mark.requirement("WB-02")
def test_a_payment_of_the_whole_invoice_comes_back_and_the_invoice_is_paid(here: World) -> None:
    made, number = booked(here)
    here.books.pay(number)
    here.run()
    payment = here.crm.one("Payment")

    assert (payment["Amount"], payment["Reference"], payment["Invoice"]["ID"]) == (Decimal("121.00"), number, made)
    assert (payment["Provider"], payment["Currency"]) == ("WinBooks", "EUR")
    assert crm.phase(here, made) == "Paid"
    assert here.books.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_as_long_as_nothing_is_paid_nothing_comes_back(here: World) -> None:
    made, _ = booked(here)
    here.run(whole=True)

    assert paid(here) == {}
    assert crm.phase(here, made) == "Sent"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_part_that_is_paid_comes_back_and_grows(here: World) -> None:
    made, number = booked(here)
    seen = []
    for amount in ("21.00", "50.50", None):
        here.books.pay(number, amount)
        here.run()
        seen.append((paid(here)[number], crm.phase(here, made), len(here.crm.rows("Payment"))))
        assert crm.is_quiet(here)

    assert seen == [(Decimal("21.00"), "Sent", 1), (Decimal("71.50"), "Sent", 1), (Decimal("121.00"), "Paid", 1)]


@pytest.mark.requirement("WB-02")
def test_money_that_nobody_has_matched_yet_is_no_payment_of_this_invoice(here: World) -> None:
    made, number = booked(here)
    payment = here.books.pay(number, matched=False)
    here.run()
    before = paid(here), crm.phase(here, made)
    here.books.match(number, payment)
    here.run()

    assert before == ({}, "Sent")
    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("121.00")}, "Paid")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_matching_that_is_undone_leaves_nothing_paid(here: World) -> None:
    made, number = booked(here)
    here.books.pay(number)
    here.run()
    before = crm.phase(here, made)
    here.books.unmatch(number)
    here.run()

    assert before == "Paid"
    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("0.00")}, "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_payment_that_the_bank_took_back_comes_back_too(here: World) -> None:
    made, number = booked(here)
    first = here.books.pay(number, "21.00")
    here.books.pay(number, "100.00")
    here.run()
    before = crm.phase(here, made)
    here.books.reverse_payment(first)
    here.run()

    assert before == "Paid"
    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("100.00")}, "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_payment_whose_booking_is_deleted_is_noticed_when_everything_is_read_again(here: World) -> None:
    made, number = booked(here)
    payment = here.books.pay(number)
    here.run()
    before = crm.phase(here, made)
    here.books.remove_booking(payment)
    here.clock.ahead += 7 * DAY
    here.run()

    assert before == "Paid"
    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("0.00")}, "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_one_statement_may_pay_several_invoices(here: World) -> None:
    customer = wb.known_customer(here)
    one, number = crm.send(here, customer)
    two, other = crm.send(here, customer, crm.line(here, 10))
    here.run()
    here.books.pay_several({number: None, other: "5.00"})
    here.run()

    assert paid(here) == {number: Decimal("121.00"), other: Decimal("5.00")}
    assert (crm.phase(here, one), crm.phase(here, two)) == ("Paid", "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_one_payment_that_covers_several_invoices_pays_each_of_them(here: World) -> None:
    customer = wb.known_customer(here)
    one, number = crm.send(here, customer)
    two, other = crm.send(here, customer, crm.line(here, 10))
    here.run()
    here.books.pay_several({number: None, other: None}, together=True)
    here.run()

    assert paid(here) == {number: Decimal("121.00"), other: Decimal("12.10")}
    assert (crm.phase(here, one), crm.phase(here, two)) == ("Paid", "Paid")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_what_one_payment_leaves_open_of_several_invoices_is_not_guessed(here: World) -> None:
    customer = wb.known_customer(here)
    one, number = crm.send(here, customer)
    two, other = crm.send(here, customer, crm.line(here, 10))
    here.run()
    here.books.pay_several({number: "100.00", other: "5.00"}, together=True)
    here.run()
    unclear = paid(here), crm.phase(here, one), crm.phase(here, two)
    quiet = crm.is_quiet(here)
    rest = here.books.pay(number, "28.10", matched=False)
    here.books.match(number, rest)
    here.run()

    assert unclear == ({}, "Sent", "Sent")
    assert quiet
    assert paid(here) == {number: Decimal("121.00"), other: Decimal("12.10")}
    assert (crm.phase(here, one), crm.phase(here, two)) == ("Paid", "Paid")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-03")
def test_an_invoice_that_is_set_off_against_a_credit_note_is_paid_and_so_is_the_note(here: World) -> None:
    customer = wb.known_customer(here)
    made, number = crm.send(here, customer)
    note, credit = crm.send(here, customer, crm.line(here, -100))
    still_open, _ = crm.send(here, customer)
    here.run()
    here.books.match(number, credit)
    here.run()

    assert paid(here) == {number: Decimal("121.00"), credit: Decimal("-121.00")}
    assert [crm.phase(here, each) for each in (made, note, still_open)] == ["Paid", "Paid", "Sent"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-03")
def test_a_credit_note_that_is_paid_out_is_paid(here: World) -> None:
    made, number = booked(here, crm.line(here, -100))
    here.books.pay(number, "-21.00")
    here.run()
    partly = paid(here)[number], crm.phase(here, made)
    here.books.pay(number)
    here.run()

    assert partly == (Decimal("-21.00"), "Sent")
    assert (paid(here)[number], crm.phase(here, made)) == (Decimal("-121.00"), "Paid")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_an_invoice_that_is_paid_too_much_is_not_paid_less_for_it(here: World) -> None:
    _, number = booked(here)
    here.books.pay(number, "130.00")
    here.run()

    assert paid(here) == {number: Decimal("130.00")}
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_an_invoice_of_the_same_number_of_somebody_else_is_not_ours(here: World) -> None:
    made, number = booked(here)
    here.books.add_customer("10099", "Iemand anders")
    strange = here.books.post_invoice("10099", "50.00", reference=number)
    here.books.pay(strange, "10.00")
    here.run()
    before = paid(here)
    ours = next(each["Id"] for each in here.books.bookings() if each["Journal"]["Code"] == "VERK" and each["Id"] != strange)  # fmt: skip
    here.books.pay(ours, "20.00")
    here.run()

    assert before == {}
    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("20.00")}, "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_a_customer_with_a_new_number_keeps_its_payments(here: World) -> None:
    made, number = booked(here)
    relation = here.books.customer("10042")["Id"]
    here.books.edit_third("10042", Code="10043")
    here.books.edit("Customer", relation, Code="10043")
    here.books.pay(number, "21.00")
    here.run()

    assert (paid(here), crm.phase(here, made)) == ({number: Decimal("21.00")}, "Sent")
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "WB-04")
def test_a_payment_that_is_deleted_in_tribe_is_not_made_again(here: World) -> None:
    _, number = booked(here)
    here.books.pay(number, "21.00")
    here.run()
    here.crm.remove("Payment", here.crm.one("Payment")["ID"])
    here.books.pay(number, "9.00")
    here.run()

    assert here.crm.rows("Payment") == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-19")
def test_a_person_who_chose_reminder_is_left_alone_until_the_invoice_is_paid(here: World) -> None:
    made, number = booked(here)
    crm.set_phase(here, made, "Reminder")
    here.run()
    here.books.pay(number, "21.00")
    here.run()
    partly, amounts = crm.phase(here, made), paid(here)
    here.books.pay(number)
    here.run()
    here.run()

    assert (partly, amounts) == ("Reminder", {number: Decimal("21.00")})
    assert paid(here) == {number: Decimal("121.00")}
    assert crm.phase(here, made) == "Paid"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-19")
def test_a_payment_that_a_person_corrected_in_tribe_is_kept_and_told_until_more_is_paid(here: World) -> None:
    _, number = booked(here)
    here.books.pay(number, "21.00")
    here.run()
    here.crm.edit("Payment", here.crm.one("Payment")["ID"], Amount=Decimal("22.00"), Provider="Kas")
    here.run()
    kept, told = paid(here), here.notices()
    here.books.pay(number, "9.00")
    for _ in range(3):
        here.run()
    payment = here.crm.one("Payment")

    assert kept == {number: Decimal("22.00")}
    assert (payment["Amount"], payment["Provider"]) == (Decimal("30.00"), "Kas")
    assert told == ["Paid so far was edited in Tribe CRM and stays '22' until it changes in WinBooks on Web"]
    assert crm.is_quiet(here)
