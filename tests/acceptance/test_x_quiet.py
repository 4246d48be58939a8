"""A run without news writes nothing, and our own writes are no news."""

from __future__ import annotations

import pytest
from scenes import (
    contents,
    customer,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    with_customer,
)
from world import World, world

from syncrules_providers.sandboxes.story import tell

DAY = 24 * 3600.0


@pytest.mark.requirement("X-01", "X-02")
def test_the_whole_story_comes_to_rest_and_stays_at_rest() -> None:
    with world(tell(10)) as here:
        run_until_quiet(here, most=4)
        still = contents(here)
        for due, whole, later in ((False, False, 0.0), (True, False, DAY), (False, True, 0.0), (False, False, 8 * DAY)):
            here.clock.ahead += later
            result = here.run(due=due, whole=whole)

            assert (result.writes, here.writes) == (0, 0)
            assert result.counts.get("linked", 0) == 0
        assert contents(here) == still


@pytest.mark.requirement("X-02")
def test_what_we_wrote_on_one_side_never_comes_back_from_it(here: World) -> None:
    name = with_customer(here, Adres="Dorpsstraat 12 bis", Postcode="3511 AA", Plaats="Utrecht", Land="Nederland")
    in_crm(here, "Slagerij De Haak", "10100", PhoneNumber="030 123 45 67", Website="HTTPS://Haak.example/")
    for step in range(3):
        edit_customer(here, name, PhoneNumber=f"(030) 765 432{step}")
        edit_in_books(here, name, Site=f"www.korst{step}.example", Adres=f"Molenweg {step + 1}")
        send_invoice(here, name, "10.00")
        here.run()

        assert here.run().writes == 0
        assert here.writes == 0


@pytest.mark.requirement("X-01")
def test_a_run_without_news_asks_the_systems_little(here: World) -> None:
    for number in range(12):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)
    here.run()

    assert len(here.crm.calls) <= 25
    assert len(here.books.calls) <= (20 if here.kind.one_by_one else 8)


@pytest.mark.requirement("X-02")
def test_a_value_that_is_written_another_way_is_no_change(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567", BTWNummer="NL123456782B01", IBAN="NL91ABNA0417164300")
    edit_customer(
        here, name, PhoneNumber="+31 30 123 45 67", VATNumber="NL 1234.56.782.B.01", IBAN="NL91 ABNA 0417 1643 00"
    )
    result = here.run()

    assert (result.writes, here.writes) == (0, 0)
    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-1234567"
    assert customer(here, name)["Organization"]["PhoneNumber"] == "+31 30 123 45 67"
