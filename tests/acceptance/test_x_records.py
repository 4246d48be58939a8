"""One bad record stops nothing, is never lost from sight, and goes as soon as it can; amounts are exact."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from scenes import (
    INVOICES,
    customer,
    draft_invoice,
    edit_customer,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
    with_customer,
)
from world import CUSTOMERS, World

from syncrules_providers.sandboxes.server import Answer, Request


def refused(here: World, word: str, *, times: int = 1) -> None:
    """Let the CRM refuse what holds this word."""

    def about(request: Request) -> bool:
        return request.method in ("POST", "PUT") and word.encode() in request.body

    body = b'{"error": {"code": "X1", "message": "The chef says no."}}'
    for _ in range(times):
        here.crm.mishap(Answer(400, body, {"Content-Type": "application/json"}), when=about)


@pytest.mark.requirement("X-08")
def test_one_record_that_is_refused_stops_no_other_and_is_kept_with_its_reason(here: World) -> None:
    for number in range(20):
        in_books(here, f"Garage {number}", str(10_001 + number))
    refused(here, '"Garage 7"', times=3)
    here.run()
    judged = here.judged("Garage 7", entity="organisation")

    assert len(here.crm.rows(CUSTOMERS)) == 19
    assert judged.state == "failed"
    assert "The chef says no." in judged.reason
    assert judged.cure


@pytest.mark.requirement("X-08")
def test_a_refused_record_is_tried_again_ever_more_rarely_and_at_once_when_it_changes(here: World) -> None:
    in_books(here, "Garage 7", "10007")
    refused(here, '"Garage 7"', times=3)
    for hours, tries in ((0.0, 1), (0.5, 0), (1.0, 1), (1.0, 0), (2.0, 1)):
        here.clock.ahead += hours * 3600
        here.run()
        assert sum(each.method == "POST" and each.what == CUSTOMERS for each in here.crm.calls) == tries, hours

    here.books.edit_relation(here.books.relation()["ID"], Telefoon="030-1234567")
    here.run()

    assert customer(here, "Garage 7")["Organization"]["PhoneNumber"] == "030-1234567"
    assert states(here) == {}


@pytest.mark.requirement("X-08")
def test_a_refused_change_is_not_lost(here: World) -> None:
    names = [f"Garage {number}" for number in range(3)]
    for number, name in enumerate(names):
        in_books(here, name, str(10_001 + number))
    run_until_quiet(here)
    for name in names:
        here.books.edit_relation(here.books.relation(Bedrijf=name)["ID"], Site=f"{name[-1]}.example")
    refused(here, "1.example")
    here.run()

    assert "eboekhouden: Garage 1: Tribe CRM refused it: The chef says no." in states(here)["organisation", "failed"]
    assert [customer(here, each)["Organization"]["Website"] for each in names] == ["0.example", None, "2.example"]

    here.clock.ahead += 3700
    run_until_quiet(here)

    assert customer(here, "Garage 1")["Organization"]["Website"] == "1.example"
    assert states(here) == {}


@pytest.mark.requirement("X-08", "EB-14")
def test_what_depends_on_a_bad_record_waits_for_it_and_then_follows(here: World) -> None:
    here.run()
    in_crm(here, "Nummerloos Advies", None)
    number = send_invoice(here, "Nummerloos Advies")
    for _ in range(2):
        here.run()

        assert here.judged("Nummerloos Advies").reason == "no debtor number"
        assert "Nummerloos Advies" in here.judged(number).reason

    edit_customer(here, "Nummerloos Advies", DebtorNumber="10077")
    run_until_quiet(here)

    assert here.books.mutation(Factuurnummer=number)["RelatieCode"] == "10077"
    assert states(here) == {}


@pytest.mark.requirement("X-08")
def test_every_record_is_in_exactly_one_state_with_a_reason_where_it_is_not_in_sync(here: World) -> None:
    here.run()
    in_crm(here, "Nummerloos Advies", None)
    in_crm(here, "Garage", "10001")
    refused(here, '"Slagerij"')
    in_books(here, "Slagerij", "10002")
    here.run()
    told = [
        (known.state, bool(known.reason))
        for state in ("pending", "synced", "excluded", "waiting", "failed")
        for _, known in here.memory.records(states=(state,))
    ]

    assert {each for each in told if each[0] in ("waiting", "failed", "excluded")} <= {
        ("waiting", True),
        ("failed", True),
        ("excluded", True),
    }
    assert not [each for each in told if each[0] == "pending"]


# Amounts and days ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-06", "EB-20")
def test_amounts_arrive_to_the_cent_however_awkward_they_are(here: World) -> None:
    name = with_customer(here)
    awkward = ["0.10", "0.20", "33.333", "0.005", "1234567.89", "-12.34", "99.995", "0.07"]
    for price in awkward:
        send_invoice(here, name, price, subject=price)
    send_invoice(here, name, *awkward, subject="all")
    run_until_quiet(here)

    assert states(here) == {}
    for invoice in here.crm.rows(INVOICES):
        mutation = here.books.mutation(Omschrijving=invoice["Subject"])
        lines = mutation["MutatieRegels"]
        assert sum(each["BedragInclBTW"] for each in lines) == invoice["TotalIncludingVat"]
        assert sum(each["BedragExclBTW"] for each in lines) == invoice["TotalExcludingVat"]
        assert all(each["BedragExclBTW"] + each["BedragBTW"] == each["BedragInclBTW"] for each in lines)
        assert all(isinstance(each["BedragExclBTW"], Decimal) for each in lines)


@pytest.mark.requirement("X-06")
@pytest.mark.parametrize(
    ("what", "amount", "says"),
    [
        ("TotalIncludingVat", "122.00", ["the lines make the invoice"]),
        ("VatAmount", "20.00", ["each line adds up"]),
        # Over REST it is held against the VAT code first.
        ("VatPercentage", "9", ["the VAT fits its percentage", "line 1: VAT percentage is not the same"]),
    ],
)
def test_an_invoice_that_does_not_add_up_is_refused_before_it_is_sent(
    here: World, what: str, amount: str, says: list[str]
) -> None:
    name = with_customer(here)
    good = send_invoice(here, name, "50.00")
    key = draft_invoice(here, name, "100.00")
    here.crm.send_invoice(key)
    line = next(each["ID"] for each in here.crm.rows("ProductLine") if each["Price"] == 100)
    place = key if what == "TotalIncludingVat" else line
    with here.crm.lock:
        here.crm._tenant.put(place, {**here.crm._tenant.rows[place], what: Decimal(amount)})
    here.run()
    number = str(here.crm.one(INVOICES, ID=key)["Number"])

    assert [each["Factuurnummer"] for each in here.books.mutations()] == [good]
    assert here.kind.asked(here.books, "book an invoice") == 1
    assert any(each in here.judged(number).reason for each in says)
    assert "nothing of it was sent" in here.judged(number).cure


@pytest.mark.requirement("X-06")
def test_a_calendar_day_stays_the_same_day(here: World) -> None:
    name = with_customer(here)
    for month, day in ((1, 1), (2, 28), (3, 29), (12, 31)):
        draft_invoice(here, name, "10.00", subject=f"{month}-{day}", InvoiceDate=f"2026-{month:02}-{day:02}T00:00:00Z")
    for each in here.crm.rows(INVOICES):
        here.crm.send_invoice(each["ID"])
    here.run()

    assert {each["Omschrijving"]: each["Datum"] for each in here.books.mutations()} == {
        f"{month}-{day}": date(2026, month, day) for month, day in ((1, 1), (2, 28), (3, 29), (12, 31))
    }
