"""Invoices that are sent in Tribe become outstanding items in Yuki, once and to the cent; what Yuki refuses waits, and says why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import crm
import pytest
import yk
from scenes import run_until_quiet, states
from world import World
from yk import KORST_IN_TRIBE

from syncrules.article import beside, markdown
from syncrules.cli import standing
from syncrules.language import spec

SENT = "2026-03-02T09:30:00Z"
HOUR = 3600.0


def product(here: World, account: str | None, name: str = "Dienst") -> crm.Row:
    """Enter a product with a ledger account."""
    said: crm.Row = {
        "ProductGroup": {"ID": here.crm.rows("ProductGroup")[0]["ID"]},
        "Unit": {"ID": here.crm.lookup("Datastore_Unit", "stuk")},
        "VatGroup": crm.vat_group(here),
    }
    if account:
        said["GeneralLedgerAccount"] = {"ID": here.crm.lookup("Datastore_GeneralLedgerAccount", account)}
    return {"ID": here.crm.add("Product", Name=f"{name} {account}", Code=f"D{account}", **said)}


def offered(here: World) -> int:
    """Count how often the last run tried to book something."""
    return sum(1 for each in here.books.calls if each.what == "ProcessSalesInvoices")


def new_in_yuki(here: World) -> str:
    """Let a customer of Tribe be made in Yuki, where nobody ticks the box yet; give the ID of the role."""
    here.run()
    customer = crm.add_customer(here, **KORST_IN_TRIBE)
    here.run()
    assert yk.contact(here)["IsCustomer"] is False
    return customer


# Booked ---------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-08", "YU-15")
def test_a_sent_invoice_becomes_an_outstanding_item_with_all_its_lines(here: World) -> None:
    here.settings["revenue accounts"] = {"8000": "80001", "8010": "80002"}
    here.settings["default revenue account"] = "80004"
    customer = yk.known_company(here)
    made, number = crm.send(
        here,
        customer,
        crm.line(here, 100, 2, "NL21", Product=product(here, "8000"), Description="Brood"),
        crm.line(here, 19.99, 3, "NL9", Product=product(here, "8010"), Description="Kaas"),
        crm.line(here, 0.05, 1, "NL21", DiscountPercentage=10, Description="Zout"),
        Subject="Brood in maart",
        InvoiceDate=SENT,
        PaymentTermInDays=30,
    )
    (planned,) = here.plan()
    here.run()
    invoice = here.books.invoice(number)

    assert [
        (each["description"], each["quantity"], each["net"], each["vat"], each["vat_type"], each["percentage"], each["account"])
        for each in invoice["lines"]
    ] == [
        ("Brood", Decimal(2), Decimal("200.00"), Decimal("42.00"), 1, Decimal(21), "80001"),
        ("Kaas", Decimal(3), Decimal("59.97"), Decimal("5.40"), 2, Decimal(9), "80002"),
        ("Zout", Decimal(1), Decimal("0.05"), Decimal("0.01"), 1, Decimal(21), "80004"),
    ]  # fmt: skip
    assert crm.of(invoice, "subject", "day", "due", "contact", "payment_method", "booked", "total") == {
        "subject": "Brood in maart",
        "day": date(2026, 3, 2),
        "due": date(2026, 4, 1),
        "contact": yk.contact(here)["ID"],
        "payment_method": "ElectronicTransfer",
        "booked": True,
        "total": Decimal("307.43"),
    }
    assert here.books.outstanding() == {number: Decimal("307.43")}
    assert [(each["description"], each["price"]) for each in here.books.products()] == [
        ("Dienst 8000", Decimal("100.0000")),
        ("Dienst 8010", Decimal("19.9900")),
        ("Zout", Decimal("0.0500")),
    ]
    assert (planned["changes"]["Date"], planned["changes"]["DueDate"]) == ("2026-03-02", "2026-04-01")
    assert str(here.crm.one(crm.INVOICES, ID=made)["ImportId"]).endswith(f":{number};")
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-08", "YU-13")
def test_an_invoice_of_a_private_customer_goes_too_and_changes_nobody(here: World) -> None:
    customer = yk.known_person(here)
    before = yk.contact(here, "20001")
    _, number = crm.send(here, customer)
    here.run()

    assert here.books.invoice(number)["contact"] == before["ID"]
    assert yk.contact(here, "20001") == before
    assert len(here.books.contacts()) == 1
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-08", "X-05")
def test_an_invoice_fills_in_nothing_of_its_contact_that_the_mapping_left_empty(here: World) -> None:
    customer = yk.known_company(here, PhoneWork="", PhoneHome="", EMailWork="", Website="")
    before = yk.contact(here)
    crm.send(here, customer)
    here.run()

    assert yk.contact(here) == before


@pytest.mark.requirement("YU-08")
def test_a_draft_stays_at_home_until_it_is_sent(here: World) -> None:
    customer = yk.known_company(here)
    draft = crm.draft(here, customer)
    here.run()
    before = here.books.invoices()
    here.crm.send_invoice(draft)
    here.run()

    assert before == []
    assert here.books.outstanding() == {crm.number_of(here, draft): Decimal("121.00")}
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-08")
def test_what_was_sent_before_the_connection_was_made_stays_where_it_is_for_good(here: World) -> None:
    yk.in_yuki(here, **yk.KORST, IsCustomer=True)
    customer = crm.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    _, number = crm.send(here, customer)
    for whole in (False, False, True):
        here.run(whole=whole)
    told = crm.told(here, number, "tribe", "invoice")

    assert here.books.invoices() == []
    assert (told.state, told.reason) == ("excluded", "was there before the connection was made")


@pytest.mark.requirement("YU-08")
def test_an_invoice_that_carries_the_id_of_another_connector_is_left_to_it(here: World) -> None:
    customer = yk.known_company(here)
    made = crm.draft(here, customer)
    here.crm.edit(crm.INVOICES, made, ImportId="andere-koppeling:7")
    here.crm.send_invoice(made)
    run_until_quiet(here)

    assert here.books.invoices() == []
    assert here.judged(crm.number_of(here, made)).reason == "sent by another connector"
    assert here.crm.one(crm.INVOICES, ID=made)["ImportId"] == "andere-koppeling:7"


@pytest.mark.requirement("YU-08")
def test_an_invoice_that_is_made_in_yuki_never_travels(here: World) -> None:
    yk.known_company(here)
    here.books.book_invoice("Y-1", yk.contact(here)["ID"])
    here.run(whole=True)

    assert here.crm.rows(crm.INVOICES) == []
    assert here.writes == 0


@pytest.mark.requirement("YU-08", "X-08")
def test_an_invoice_in_another_currency_is_booked_by_hand_and_the_others_go(here: World) -> None:
    customer = yk.known_company(here)
    _, number = crm.send(here, customer, Currency="USD")
    _, good = crm.send(here, customer)
    here.run()

    reason, cure = yk.waiting_reason(here, number)
    assert reason == "another currency than the euro"
    assert "by hand" in cure
    assert list(here.books.outstanding()) == [good]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-15", "X-06", "X-08")
def test_an_invoice_whose_amounts_tribe_tells_in_another_currency_is_booked_by_hand(here: World) -> None:
    customer = yk.known_company(here)
    here.crm._tenant.rates = {"EUR": Decimal("0.91")}
    _, number = crm.send(here, customer, Currency="EUR")
    here.crm._tenant.rates = {}
    _, good = crm.send(here, customer, Currency="EUR")
    here.run()

    reason, cure = yk.waiting_reason(here, number)
    assert reason == "amounts in another currency than its own"
    assert "by hand" in cure
    assert list(here.books.outstanding()) == [good]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-15")
def test_a_change_of_a_booked_invoice_is_told_and_nothing_is_written(here: World) -> None:
    here.crm._tenant.freeze_after_sent = False
    made, number = crm.send(here, yk.known_company(here))
    here.run()
    before = here.books.invoices()
    here.crm.edit(crm.INVOICES, made, Subject="April")
    here.run()

    assert here.notices() == ["Subject changed in Tribe CRM to 'April'; nothing is changed in Yuki"]
    assert here.books.invoices() == before
    assert here.books.invoice(number)["subject"] == "Maart"
    assert crm.is_quiet(here)


# Who is no customer yet -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-09", "YU-07")
def test_an_invoice_waits_until_somebody_ticks_the_box_and_then_goes_by_itself(here: World) -> None:
    _, number = crm.send(here, new_in_yuki(here))
    here.run()
    tried, (reason, cure) = offered(here), yk.waiting_reason(here, number)
    quiet = crm.is_quiet(here)
    yk.tick(here)
    here.run()

    assert reason == "the contact is not a customer in Yuki"
    assert cure == "Set the Customer checkbox of this contact in Yuki; the invoice then goes by itself."
    assert tried == 0  # what Yuki is known to refuse is not sent
    assert quiet
    assert here.books.outstanding() == {number: Decimal("121.00")}
    assert here.memory.to_dos() == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-09", "X-18")
def test_under_a_scheduler_a_box_that_was_ticked_lets_the_invoice_go_within_the_hour(here: World) -> None:
    _, number = crm.send(here, new_in_yuki(here))
    here.run()
    yk.tick(here)
    here.clock.ahead += HOUR
    here.run(due=True)

    assert here.books.outstanding() == {number: Decimal("121.00")}


@pytest.mark.requirement("YU-09", "X-18")
def test_a_run_by_hand_sees_the_box_at_once_also_where_its_ticking_moves_no_stamp(here: World) -> None:
    here.books.switches.role_touches_modified = False
    _, number = crm.send(here, new_in_yuki(here))
    here.run()
    here.clock.ahead += 6 * HOUR
    yk.in_yuki(here, Name="Later", Code="10050", IsCustomer=True, Modified=here.books.now() + yk.LATER)
    here.run(due=True)
    yk.tick(here)
    here.run()

    assert here.books.outstanding() == {number: Decimal("121.00")}


@pytest.mark.requirement("YU-09", "X-08")
def test_a_box_that_is_cleared_meanwhile_is_yukis_own_refusal_with_the_same_cure(here: World) -> None:
    """What was read said customer; what Yuki answers counts."""
    customer, person = yk.known_company(here), yk.known_person(here)
    _, number = crm.send(here, customer)
    _, other = crm.send(here, person)
    here.books.switches.role_touches_modified = False
    here.books.mishap("before", when=lambda request: _clears(here, request.body))
    here.run()
    reason, cure = yk.waiting_reason(here, number)

    assert "not marked as customer" in reason
    assert cure == "Set the Customer checkbox of this contact in Yuki; the invoice then goes by itself."
    assert list(here.books.outstanding()) == [other]

    here.books._mishaps.clear()
    yk.tick(here)
    here.clock.ahead += 2 * HOUR
    here.run()

    assert here.books.outstanding() == {number: Decimal("121.00"), other: Decimal("121.00")}
    assert states(here) == {}
    assert crm.is_quiet(here)


def _clears(here: World, body: bytes) -> bool:
    """Clear the box just before the invoice arrives, and let the invoice arrive."""
    if b"ProcessSalesInvoices" in body and b"10042" in body:
        yk.tick(here, customer=False)
    return False


@pytest.mark.requirement("YU-09", "YU-07")
def test_the_invoice_of_a_new_customer_never_makes_a_second_contact(here: World) -> None:
    here.run()
    customer = crm.add_customer(here, **KORST_IN_TRIBE)
    _, number = crm.send(here, customer)
    here.run()

    assert [each["Code"] for each in here.books.contacts()] == ["10042"]
    assert here.books.invoices() == []
    assert yk.waiting_reason(here, number)[0] == "the contact is not a customer in Yuki"

    yk.tick(here)
    run_until_quiet(here)

    assert list(here.books.outstanding()) == [number]
    assert len(here.books.contacts()) == 1


@pytest.mark.requirement("YU-08", "X-08")
def test_an_invoice_waits_for_the_number_of_its_customer_and_goes_when_it_is_there(here: World) -> None:
    here.run()
    customer = crm.add_customer(here, Name="Nummerloos")
    _, number = crm.send(here, customer)
    here.run()
    waits = here.judged(number).state
    here.crm.edit(crm.ORGANISATIONS, here.crm.one(crm.ORGANISATIONS, Name="Nummerloos")["ID"], DebtorNumber="10078")
    here.run()
    yk.tick(here, "10078")
    here.run()

    assert waits == "waiting"
    assert here.books.outstanding() == {number: Decimal("121.00")}
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-08", "X-08")
def test_an_invoice_waits_for_a_contact_whose_code_was_taken_away_in_yuki(here: World) -> None:
    """Without a code Yuki would look for the name, and make somebody new."""
    customer = yk.known_company(here)
    here.crm.edit(crm.ORGANISATIONS, crm.organisation(here)["ID"], DebtorNumber=None)
    here.books.edit_contact(yk.contact(here)["ID"], Code="")
    _, number = crm.send(here, customer)
    here.run()

    reason, cure = yk.waiting_reason(here, number)
    assert reason == "the contact has no code in Yuki"
    assert "debtor number" in cure
    assert offered(here) == 0


# Refused inside a 200 -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-09", "X-08")
def test_a_closed_period_keeps_one_invoice_and_not_the_others_until_it_is_open(here: World) -> None:
    customer = yk.known_company(here)
    here.books.close_period(date(2026, 2, 28))
    _, old = crm.send(here, customer, InvoiceDate="2026-02-15T09:00:00Z")
    _, good = crm.send(here, customer, InvoiceDate=SENT)
    here.run()
    refused, (reason, cure) = offered(here), yk.waiting_reason(here, old)
    again = here.run()
    here.books.close_period(None)
    here.clock.ahead += 2 * HOUR
    here.run()

    assert "period of this date is closed" in reason
    assert "Open the period" in cure
    assert (refused, again.writes, offered(here)) == (2, 0, 1)
    assert set(here.books.outstanding()) == {old, good}
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-09", "X-08")
def test_a_ledger_account_that_is_switched_off_is_said_and_goes_when_it_is_on(here: World) -> None:
    customer = yk.known_company(here)
    here.books.enable_account("80001", False)
    _, number = crm.send(here, customer)
    here.run()
    reason, cure = yk.waiting_reason(here, number)
    here.books.enable_account("80001")
    here.clock.ahead += 2 * HOUR
    here.run()

    assert "ledger account is switched off" in reason
    assert "switch it on in Yuki" in cure
    assert list(here.books.outstanding()) == [number]


@pytest.mark.requirement("YU-09", "X-03", "X-08")
def test_a_number_that_yuki_has_already_is_left_to_a_person(here: World) -> None:
    customer = yk.known_company(here)
    _, number = crm.send(here, customer)
    yk.in_yuki(here, Name="Iemand anders", Code="10099", IsCustomer=True)
    here.books.book_invoice(number, yk.contact(here, "10099")["ID"], "55.00")
    run_until_quiet(here)
    known = here.judged(number)

    assert known.state in ("waiting", "failed")
    assert known.cure
    assert [each["total"] for each in here.books.invoices()] == [Decimal("66.55")]
    assert here.crm.one(crm.INVOICES, Number=number)["ImportId"] is None


@pytest.mark.requirement("YU-09", "X-08")
def test_a_number_that_was_paid_long_ago_is_not_shown_among_what_is_open_and_is_left_to_a_person(here: World) -> None:
    customer = yk.known_company(here)
    made, number = crm.send(here, customer)
    here.books.book_invoice(number, yk.contact(here)["ID"])
    here.books.pay(number)
    run_until_quiet(here)
    known = here.judged(number)

    assert "Yuki says that it is already there, and does not show it" in known.reason
    assert "(link)" in known.cure
    assert len(here.books.invoices()) == 1

    with here.store.transaction():
        here.memory.decide("invoice", "tribe", known.id, {"link": number}, 0)
    run_until_quiet(here)

    assert states(here) == {}
    assert str(here.crm.one(crm.INVOICES, ID=made)["ImportId"]).endswith(f":{number};")
    assert len(here.books.invoices()) == 1


@pytest.mark.requirement("YU-15", "X-08")
def test_a_line_without_an_account_waits_where_nobody_said_which(here: World) -> None:
    here.settings["revenue accounts"] = {"8000": "80001"}
    customer = yk.known_company(here)
    _, number = crm.send(here, customer, crm.line(here, Product=product(here, "8010")))
    _, good = crm.send(here, customer, crm.line(here, Product=product(here, "8000")))
    here.run()

    assert "8010" in here.judged(number).reason
    assert list(here.books.outstanding()) == [good]


@pytest.mark.requirement("X-06", "X-08", "YU-15")
def test_an_invoice_that_does_not_add_up_is_refused_before_it_is_sent(here: World) -> None:
    customer = yk.known_company(here)
    made, number = crm.send(here, customer)
    with here.crm.lock:
        here.crm._tenant._set(made, TotalIncludingVat=Decimal("121.01"))
    here.run()

    assert "the lines make the invoice" in here.judged(number).reason
    assert offered(here) == 0


# Credit notes, cents and days -----------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-08", "YU-15")
def test_a_credit_note_is_an_invoice_below_zero(here: World) -> None:
    customer = yk.known_company(here)
    _, number = crm.send(here, customer, crm.line(here, 50, 2))
    _, credit = crm.send(here, customer, crm.line(here, 50, -2), crm.line(here, 10, -1, "NL9"))
    here.run()
    note = here.books.invoice(credit)

    assert [(each["quantity"], each["net"], each["vat"]) for each in note["lines"]] == [
        (Decimal(-2), Decimal("-100.00"), Decimal("-21.00")),
        (Decimal(-1), Decimal("-10.00"), Decimal("-0.90")),
    ]
    assert {each["price"] for each in here.books.products()} <= {Decimal(50), Decimal(10)}  # no price is below zero
    assert here.books.outstanding() == {number: Decimal("121.00"), credit: Decimal("-131.90")}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-06", "YU-15")
def test_amounts_arrive_to_the_cent_however_awkward_they_are(here: World) -> None:
    customer = yk.known_company(here)
    awkward = ["0.10", "0.20", "33.333", "0.005", "1234567.89", "-12.34", "99.995", "0.07", "0.02"]
    said = [(each, vat) for each in awkward for vat in ("NL21", "NL9", "NL0")]
    sent = [
        crm.send(here, customer, *(crm.line(here, Decimal(price), 3, vat) for price in awkward))[1]
        for vat in ("NL21", "NL9", "NL0")
    ]
    sent.append(crm.send(here, customer, *(crm.line(here, Decimal(price), 1, vat) for price, vat in said))[1])
    here.run()

    assert states(here) == {}
    for number in sent:
        invoice, booked = here.crm.one(crm.INVOICES, Number=number), here.books.invoice(number)
        assert booked["total"] == invoice["TotalIncludingVat"]
        assert sum(each["net"] for each in booked["lines"]) == invoice["TotalExcludingVat"]
        assert sum(each["vat"] for each in booked["lines"]) == invoice["VatAmount"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-06", "YU-15")
@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2026-03-28T23:30:00Z", date(2026, 3, 29)),  # half past midnight, the night the clock goes forward
        ("2026-10-24T22:30:00Z", date(2026, 10, 25)),  # the night the clock goes back
        ("2025-12-31T23:30:00Z", date(2026, 1, 1)),
    ],
)
def test_a_day_stays_the_day_that_people_saw(here: World, moment: str, on: date) -> None:
    here.run()
    here.zone("Europe/Amsterdam")
    _, number = crm.send(here, yk.known_company(here), InvoiceDate=moment, PaymentTermInDays=14)
    here.run()
    due = datetime.fromisoformat(here.crm.one(crm.INVOICES, Number=number)["ExpirationDate"])

    assert here.books.invoice(number)["day"] == on
    assert here.books.invoice(number)["due"] == due.astimezone(ZoneInfo("Europe/Amsterdam")).date()
    assert crm.is_quiet(here)


# Payments -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-10")
@pytest.mark.parametrize("amount", ["20.00", None])
def test_what_is_paid_in_yuki_is_not_sent_back_and_nothing_takes_the_invoice_for_new(
    here: World, amount: str | None
) -> None:
    made, number = crm.send(here, yk.known_company(here))
    here.run()
    here.books.pay(number, amount)
    for whole in (False, True):
        here.run(whole=whole)

        assert (here.writes, here.crm.rows("Payment"), crm.phase(here, made)) == (0, [], "Sent")
    assert len(here.books.invoices()) == 1
    assert states(here) == {}


@pytest.mark.requirement("YU-10")
@pytest.mark.parametrize("code", ["en", "nl", "fr"])
def test_the_article_and_the_report_say_that_payments_are_updated_by_hand(here: World, code: str) -> None:
    here.run()
    words = {
        "en": "Payments; they must be updated by hand in Tribe",
        "nl": "Betalingen; die moet u in Tribe met de hand bijwerken",
        "fr": "Les paiements ; ils doivent être mis à jour à la main dans Tribe",
    }
    row = here.store.connection("c")
    assert row is not None
    mapping = spec.load(here.mapping)
    parts = [("", mapping, here.memory)]

    assert words[code] in markdown.written(beside.write(mapping, code)).replace("\xa0", " ")
    assert words["en"] in standing.status(row, mapping, parts, here.clock.now(), UTC)["not_synchronised"]


@pytest.mark.requirement("YU-10")
def test_a_payment_that_is_entered_by_hand_in_tribe_stays_there(here: World) -> None:
    made, number = crm.send(here, yk.known_company(here))
    here.run()
    crm.set_phase(here, made, "Paid")
    here.run()

    assert here.books.outstanding() == {number: Decimal("121.00")}
    assert here.books.writes == []
    assert crm.phase(here, made) == "Paid"
    assert crm.is_quiet(here)
