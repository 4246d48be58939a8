"""A day stays the day that people saw on their calendar."""

from __future__ import annotations

from datetime import date

import eb
import pytest
from world import World


@pytest.mark.requirement("X-06")
@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-28T23:30:00Z", date(2026, 3, 29)),  # half past midnight, the night the clock goes forward
        ("2026-03-29T22:30:00Z", date(2026, 3, 30)),  # half past midnight in summer
        ("2026-10-24T22:30:00Z", date(2026, 10, 25)),  # the night the clock goes back
        ("2026-10-25T23:30:00Z", date(2026, 10, 26)),
        ("2026-12-31T23:30:00Z", date(2027, 1, 1)),
        ("2026-06-15T12:00:00+02:00", date(2026, 6, 15)),
    ],
)
def test_an_invoice_sent_just_after_midnight_is_of_that_day(here: World, moment: str, day: date) -> None:
    here.run()
    here.zone("Europe/Amsterdam")
    customer = eb.known_customer(here)
    invoice = eb.draft(here, customer, eb.line(here), InvoiceDate=moment, PaymentTermInDays=14)
    here.crm.send_invoice(invoice)
    here.run()

    assert [each["Datum"] for each in here.books.mutations()] == [day]
    assert eb.is_quiet(here)
