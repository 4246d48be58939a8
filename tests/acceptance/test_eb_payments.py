"""What has been paid of an invoice that we sent comes back to Tribe."""

from __future__ import annotations

from decimal import Decimal

import eb
import pytest
from world import World


def paid(here: World) -> list[Decimal]:
    """Say the amounts of the payments in Tribe."""
    return [Decimal(str(each["Amount"])) for each in here.crm.rows("Payment")]


def booked(here: World, **said: object) -> tuple[str, str]:
    """Send an invoice of 121 euros to the books; give its ID and its number."""
    made = eb.send(here, eb.known_customer(here), **said)
    here.run()
    return made


@pytest.mark.requirement("EB-13")
def test_a_payment_of_the_whole_invoice_comes_back_and_the_invoice_is_paid(here: World) -> None:
    made, number = booked(here)
    here.books.pay(number)
    here.run()
    payment = here.crm.one("Payment")

    assert (payment["Amount"], payment["Reference"], payment["Invoice"]["ID"]) == (Decimal("121.00"), number, made)
    assert (payment["Provider"], payment["Currency"]) == ("e-Boekhouden", "EUR")
    assert eb.phase(here, made) == "Paid"
    assert here.books.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_as_long_as_nothing_is_paid_nothing_comes_back(here: World) -> None:
    made, _ = booked(here)
    here.run()

    assert here.crm.rows("Payment") == []
    assert eb.phase(here, made) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_correction_of_the_invoice_in_the_books_is_no_payment(here: World) -> None:
    made, number = booked(here)
    with here.books.lock:  # as a person at the screen can
        (line,) = here.books.books.mutations[1]["MutatieRegels"]
        line["BedragInclBTW"] = Decimal("130.00")
    here.run()
    before = here.crm.rows("Payment")
    here.books.pay(number, "30.00")
    here.run()

    assert before == []
    assert paid(here) == [Decimal("30.00")]
    assert eb.phase(here, made) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_part_that_is_paid_comes_back_and_grows(here: World) -> None:
    made, number = booked(here)
    here.books.pay(number, "21.00")
    here.run()
    first, still = paid(here), eb.phase(here, made)
    quiet = eb.is_quiet(here)
    here.books.pay(number, "50.50")
    here.run()
    second = paid(here)
    here.books.pay(number)
    here.run()

    assert (first, still) == ([Decimal("21.00")], "Sent")
    assert quiet
    assert second == [Decimal("71.50")]
    assert paid(here) == [Decimal("121.00")]
    assert eb.phase(here, made) == "Paid"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_payment_that_the_bank_took_back_comes_back_too(here: World) -> None:
    made, number = booked(here)
    first = here.books.pay(number, "21.00")
    here.books.pay(number, "100.00")
    here.run()
    before = eb.phase(here, made)
    here.books.reverse_payment(first)
    here.run()

    assert before == "Paid"
    assert paid(here) == [Decimal("100.00")]
    assert eb.phase(here, made) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_payment_that_was_taken_back_whole_leaves_nothing_paid(here: World) -> None:
    made, number = booked(here)
    first = here.books.pay(number, "21.00")
    here.run()
    here.books.reverse_payment(first)
    here.run()

    assert paid(here) == [Decimal("0.00")]
    assert eb.phase(here, made) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_one_transfer_may_pay_several_invoices(here: World) -> None:
    customer = eb.known_customer(here)
    one, number = eb.send(here, customer)
    two, other = eb.send(here, customer, eb.line(here, 10))
    here.run()
    here.books.pay_several({number: None, other: "5.00"})
    here.run()
    amounts = {each["Invoice"]["ID"]: each["Amount"] for each in here.crm.rows("Payment")}

    assert amounts == {one: Decimal("121.00"), two: Decimal("5.00")}
    assert (eb.phase(here, one), eb.phase(here, two)) == ("Paid", "Sent")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_an_invoice_of_the_same_number_of_somebody_else_is_not_ours(here: World) -> None:
    made, number = booked(here)
    other = here.books.add_relation(Code="10099", Bedrijf="Iemand anders")
    with here.books.lock:  # an open item of an earlier year: nobody could book it any more
        invoice = next(iter(here.books.books.mutations.values()))
        here.books.books.keep({**invoice, "relation": other})
    here.books.pay(number, "10.00", relation_code="10099")
    here.run()
    before = paid(here)
    here.books.pay(number, "20.00", relation_code="10042")
    here.run()
    partly = paid(here), eb.phase(here, made)
    here.books.pay(number, relation_code="10042")
    here.run()

    assert before == []
    assert partly == ([Decimal("20.00")], "Sent")
    assert (paid(here), eb.phase(here, made)) == ([Decimal("121.00")], "Paid")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_customer_with_a_new_number_keeps_its_payments(here: World) -> None:
    made, number = booked(here)
    here.books.edit_relation(here.books.relation()["ID"], Code="10043")
    here.books.pay(number, "21.00")
    here.run()

    assert paid(here) == [Decimal("21.00")]
    assert eb.phase(here, made) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_an_invoice_that_is_set_off_against_a_credit_is_paid(here: World) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    _, credit = eb.send(here, customer, eb.line(here, -100))
    still_open, _ = eb.send(here, customer)
    here.run()
    here.books.pay_several({number: None, credit: None})
    here.run()

    assert eb.phase(here, made) == "Paid"
    assert sorted(paid(here)) == [Decimal("-121.00"), Decimal("121.00")]
    assert eb.phase(here, still_open) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_person_who_chose_reminder_is_left_alone_until_the_invoice_is_paid(here: World) -> None:
    made, number = booked(here)
    eb.set_phase(here, made, "Reminder")
    here.run()
    here.books.pay(number, "21.00")
    here.run()
    partly, amounts = eb.phase(here, made), paid(here)
    here.books.pay(number)
    here.run()
    here.run()

    assert (partly, amounts) == ("Reminder", [Decimal("21.00")])
    assert paid(here) == [Decimal("121.00")]
    assert eb.phase(here, made) == "Paid"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
def test_a_person_who_names_a_payment_otherwise_is_left_alone(here: World) -> None:
    _, number = booked(here)
    here.books.pay(number, "21.00")
    here.run()
    here.crm.edit("Payment", here.crm.one("Payment")["ID"], Reference="per kas", Provider="Kas")
    here.books.pay(number, "9.00")
    here.run()
    payment = here.crm.one("Payment")

    assert (payment["Amount"], payment["Reference"], payment["Provider"]) == (Decimal("30.00"), "per kas", "Kas")
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("EB-15")
def test_a_payment_that_is_deleted_in_tribe_is_not_made_again(here: World) -> None:
    _, number = booked(here)
    here.books.pay(number, "21.00")
    here.run()
    here.crm.remove("Payment", here.crm.one("Payment")["ID"])
    here.books.pay(number, "9.00")
    here.run()

    assert here.crm.rows("Payment") == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("EB-15")
def test_a_payment_of_an_invoice_that_is_deleted_in_tribe_goes_nowhere(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    customer = eb.known_customer(here)
    stays, _ = eb.send(here, customer)
    made, number = eb.send(here, customer)
    here.run()
    here.crm.remove(eb.INVOICES, made)
    here.run(whole=True)
    here.books.pay(number, "21.00")
    results = [here.run(), here.run()]
    told = eb.told(here, number, "eboekhouden", "payment")

    assert here.crm.rows("Payment") == []
    assert [each.counts.get("failed", 0) for each in results] == [0, 0]
    assert told.state == "excluded"
    assert told.reason.startswith("deleted in Tribe CRM")
    assert eb.phase(here, stays) == "Sent"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("X-10")
def test_when_all_open_items_are_gone_at_once_a_person_is_asked_first(here: World) -> None:
    customer = eb.known_customer(here)
    made = [eb.send(here, customer) for _ in range(12)]
    here.run()
    for _, number in made:
        here.books.pay(number)
    result = here.run()

    assert any("open items" in each for each in result.stopped)
    assert here.crm.rows("Payment") == []
    assert {eb.phase(here, invoice) for invoice, _ in made} == {"Sent"}


@pytest.mark.requirement("EB-13")
def test_an_invoice_that_was_removed_in_the_books_is_not_paid(here: World) -> None:
    customer = eb.known_customer(here)
    made, number = eb.send(here, customer)
    stays, _ = eb.send(here, customer)
    here.run()
    removed = next(each for each in here.books.mutations() if each["Factuurnummer"] == number)
    here.books.remove_mutation(removed["MutatieNr"])
    here.run()
    told = eb.told(here, number, "eboekhouden", "paid status")

    assert here.crm.rows("Payment") == []
    assert (eb.phase(here, made), eb.phase(here, stays)) == ("Sent", "Sent")
    assert "not there any more" in told.reason
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-13")
@pytest.mark.over("soap", because="over REST an open item belongs to its invoice by the id of that, whoever owes it")
def test_an_invoice_that_is_open_for_another_relation_now_is_not_paid(here: World) -> None:
    customer = eb.known_customer(here)
    new = here.books.add_relation(Code="10099", Bedrijf="Bakkerij De Nieuwe Korst", BP="B")
    made, number = eb.send(here, customer)
    eb.send(here, customer)
    here.run()
    moved = next(each for each in here.books.books.mutations.values() if each["Factuurnummer"] == number)
    moved["relation"] = new
    here.run()

    assert here.crm.rows("Payment") == []
    assert eb.phase(here, made) == "Sent"
    assert "as one of another" in eb.told(here, number, "eboekhouden", "paid status").reason
    assert eb.is_quiet(here)


@pytest.mark.requirement("X-10")
def test_from_one_empty_list_nothing_is_concluded_even_about_one_invoice(here: World) -> None:
    made, _ = booked(here)
    here.books.mishap(here.kind.nothing("list open items"), when=here.kind.over("list open items"))
    result = here.run()
    stopped = list(result.stopped)
    here.run()

    assert stopped
    assert here.crm.rows("Payment") == []
    assert eb.phase(here, made) == "Sent"


@pytest.mark.requirement("EB-13")
def test_an_invoice_of_which_too_much_was_paid_is_paid(here: World) -> None:
    made, number = booked(here)
    here.books.pay(number, "130.00")
    here.run()

    assert paid(here) == [Decimal("130.00")]
    assert eb.phase(here, made) == "Paid"


@pytest.mark.requirement("EB-13")
def test_a_customer_that_is_renumbered_gets_its_invoice_in_the_same_run(here: World) -> None:
    customer = eb.known_customer(here)
    here.run()
    here.run()
    here.crm.edit("Relation_Organization", eb.organisation(here, "10042")["ID"], DebtorNumber="10099")
    eb.send(here, customer)
    here.run()

    assert [each["RelatieCode"] for each in here.books.mutations()] == ["10099"]


@pytest.mark.requirement("EB-13")
def test_an_invoice_is_not_booked_on_who_has_the_code_of_a_deleted_customer_now(here: World) -> None:
    customer = eb.known_customer(here)
    for each in range(3):
        here.books.add_relation(Code=f"2000{each}", Bedrijf=f"Bedrijf {each}", BP="B")
    here.run()
    here.run()
    deleted = next(each for each in here.books.relations() if each["Code"] == "10042")
    here.books.remove_relation(deleted["ID"])
    here.run()
    here.books.add_relation(Code="10042", Bedrijf="Heel iemand anders", BP="B")
    _, number = eb.send(here, customer)
    here.run()

    assert here.books.mutations() == []
    assert "was deleted in e-Boekhouden" in eb.told(here, number, "tribe", "invoice").reason
