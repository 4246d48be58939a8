"""Nobody waits for an answer while everybody else waits for the state store.

`World` fails every call that is made in the middle of a transaction, in these tests as in all others; here are the rare moments in
which something must be looked at before it can be decided about.
"""

from __future__ import annotations

from pathlib import Path

import eb
import pytest
from scenes import run_until_quiet, states
from world import CUSTOMERS, USED, World, world


def ours(folder: Path, organisation: str) -> str:
    """Extend the mapping in what it says of organisations."""
    file = folder / "ours.yaml"
    text = f"syncrules: 1\ntitle: Ours\nextends: {USED.get()}\nentities: {{organisation: {organisation}}}\n"
    file.write_text(text, encoding="utf-8")
    return str(file)


def nothing_changed(here: World) -> None:
    """Let the customers in Tribe be read from a moment on at which they have long been as they are."""
    place = ("tribe", "organisation customers")
    _, full_at, digest = here.memory.cursor(*place)
    with here.store.transaction():
        here.memory.move_cursor(*place, "2100-01-01T00:00:00+00:00", full_at, digest)


@pytest.mark.requirement("X-08", "X-16")
def test_an_invoice_that_can_no_longer_be_rebuilt_still_hears_that_it_is_paid(here: World) -> None:
    """Its lines cannot be made again, so that nobody knows what was open at first: the invoice itself is looked at."""
    made, number = eb.send(here, eb.known_customer(here))
    run_until_quiet(here)
    here.lose_state()
    here.settings["VAT groups"] = {}
    for _ in range(2):
        here.run()
    here.books.pay(number)
    here.run()

    assert eb.phase(here, made) == "Paid"
    assert len(here.books.mutations()) == 2


@pytest.mark.requirement("X-08")
def test_who_was_taken_apart_and_is_found_again_is_looked_at_as_it_is_now(tmp_path: Path) -> None:
    """After a deletion that takes them apart nothing of the customer is kept, and it is not read again: it did not change."""
    with world(mapping=ours(tmp_path, "{events: {eboekhouden: {deleted: unlink}}}")) as here:
        eb.known_customer(here)
        here.books.add_relation(Code="10099", Bedrijf="Blijft")
        here.run()
        here.books.remove_relation(here.books.relation(Code="10042")["ID"])
        nothing_changed(here)
        here.run()
        here.books.add_relation(Code="10042", Bedrijf="Bakkerij De Korst", BP="B", Telefoon="030-7654321")
        here.crm.edit(eb.ORGANISATIONS, eb.organisation(here)["ID"], PhoneNumber="030-0000042")
        nothing_changed(here)
        here.run()

        assert len(here.crm.rows(CUSTOMERS)) == 2
        assert here.books.relation(Code="10042")["Telefoon"] == "030-0000042"


@pytest.mark.requirement("X-08")
def test_what_somebody_did_by_hand_is_struck_off_when_it_is_seen(tmp_path: Path, protocol: str) -> None:
    note = {"rest": "note"}.get(protocol, "Notitie")
    follow_up = (
        f"{{after: {{created: eboekhouden}}, done_when: {{eboekhouden: {note}}}, because: nobody else knows it}}"
    )
    with world(mapping=ours(tmp_path, f"{{follow_ups: {{Write a note: {follow_up}}}}}")) as here:
        here.run()
        eb.add_customer(here, Name="Slager", DebtorNumber="10050")
        here.run()
        before = [text for _, _, _, text, _ in here.memory.to_dos()]
        here.books.edit_relation(here.books.relation()["ID"], Notitie="belt altijd terug")
        here.run()

        assert before == ["Write a note"]
        assert here.memory.to_dos() == []
        assert states(here) == {}
