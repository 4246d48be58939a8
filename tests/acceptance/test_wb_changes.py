"""Changes on both sides of Tribe and WinBooks, fields of no concern, bad records, and answers that are not to be believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

import crm
import pytest
import wb
from scenes import (
    contents,
    customer,
    edit_customer,
    edit_in_books,
    in_books,
    in_crm,
    run_until_quiet,
    send_invoice,
    states,
)
from world import CUSTOMERS, World

from syncrules.errors import Nonsense, Unreachable
from syncrules.language import spec
from syncrules_providers.sandboxes.server import Answer, Mishap, Request

KORST = "Bakkerij De Korst"
DAY = 24 * 3600.0


def change_mapping(here: World, old: str, new: str) -> None:
    """Use the mapping with some of its text replaced."""
    text = spec.find(here.mapping).read_text()
    assert old in text
    file = here.folder / "changed.yaml"
    file.write_text(text.replace(old, new))
    here.mapping = str(file)


# Both sides changed ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-04", "WB-02")
def test_different_fields_that_changed_on_both_sides_are_merged(here: World) -> None:
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 09", EmailAddress="post@dekorst.example")
    edit_in_books(here, KORST, WebSite="nieuw.example")
    here.books.edit_address("10042", Address1="Kaai 4", Town="Brugge")
    run_until_quiet(here)
    organisation, address = customer(here, KORST)["Organization"], wb.address(here)

    assert (address["PhoneNo"], organisation["PhoneNumber"]) == ("+32 9 000 00 09", "+32 9 000 00 09")
    assert (wb.contact(here)["Email"], organisation["EmailAddress"]) == ("post@dekorst.example", "post@dekorst.example")
    assert (wb.third(here)["WebSite"], organisation["Website"]) == ("nieuw.example", "nieuw.example")
    assert (address["Address1"], address["Town"].strip()) == ("Kaai 4", "Brugge")
    assert (organisation["InvoiceAddress"]["Street"], organisation["InvoiceAddress"]["City"]) == ("Kaai", "Brugge")


@pytest.mark.requirement("X-04", "WB-02")
def test_where_both_changed_the_same_field_tribe_stands_and_the_other_value_is_told(here: World) -> None:
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 11")
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 22")
    here.run()

    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 11"
    assert customer(here, KORST)["Organization"]["PhoneNumber"] == "+32 9 000 00 11"
    assert [each for each in here.notices() if "+32 9 000 00 22" in each and "+32 9 000 00 11" in each]
    assert run_until_quiet(here)


@pytest.mark.requirement("X-04")
def test_both_changed_to_the_same_is_no_conflict(here: World) -> None:
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="09 000 00 09")
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 09")
    result = here.run()

    assert (result.writes, here.writes, here.notices()) == (0, 0, [])


@pytest.mark.requirement("X-04")
@pytest.mark.parametrize(("keep", "stands"), [("tribe", "+32 9 000 00 11"), ("winbooks", "+32 9 000 00 22")])
def test_where_nobody_leads_a_person_decides(here: World, keep: str, stands: str) -> None:
    change_mapping(here, "leading: tribe", "leading: ask")
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 11")
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 22")
    for _ in range(2):
        here.run()

        assert wb.address(here)["PhoneNo"] == "+32 9 000 00 22"
        assert customer(here, KORST)["Organization"]["PhoneNumber"] == "+32 9 000 00 11"

    waiting = [known for _, known in here.memory.records(states=("waiting",))]
    assert {each.side for each in waiting} == {"tribe", "winbooks"}

    with here.store.transaction():
        answer = {"keep": {"Phone number": keep}}
        here.memory.decide("customer", waiting[0].side, waiting[0].id, answer, here.clock.now())
    run_until_quiet(here)

    assert wb.address(here)["PhoneNo"] == stands
    assert customer(here, KORST)["Organization"]["PhoneNumber"] == stands
    assert not list(here.memory.records(states=("waiting",)))


@pytest.mark.requirement("X-04", "X-05")
def test_what_the_bookkeeper_changed_after_we_read_is_not_written_over(here: World) -> None:
    """Between plan and write somebody gives another phone number: it is looked at again, and Tribe leads with its word."""
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 11")

    def edits(request: Request) -> bool:
        if request.method == "GET" and "/app/Customer/" in request.path:
            here.books._mishaps.clear()
            here.books.edit_address("10042", PhoneNo="+32 9 000 00 22", Town="Brugge")
        return False

    here.books.mishap("before", when=edits)
    here.run()
    between = wb.address(here)["PhoneNo"]
    told: list[str] = []
    for _ in range(3):
        here.run()
        told += here.notices()

    assert between == "+32 9 000 00 22"
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 11"
    assert any("+32 9 000 00 22" in each for each in told)
    assert customer(here, KORST)["Organization"]["InvoiceAddress"]["City"] == "Brugge"


# Fields of no concern -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-05")
def test_an_update_sends_only_what_changed_and_leaves_everything_else_as_it_was(here: World) -> None:
    wb.known_customer(here)
    here.books.edit_address("10042", FaxNo="+32 9 000 00 99", Memo="bel aan de achterdeur")
    here.books.edit_contact("10042", Memo="dinsdag vrij", MobileNo="+32 470 00 00 99")
    third = wb.third(here)["Id"]
    here.books.add("BankAccount", Third_Id=third, Iban="BE00000000000000", IsDefault=True)
    run_until_quiet(here)
    before = (here.books.customer("10042"), wb.third(here), wb.address(here), wb.contact(here))
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 09", EmailAddress="post@dekorst.example", Website="x.example")
    here.run()
    after = (here.books.customer("10042"), wb.third(here), wb.address(here), wb.contact(here))
    changed = [
        {name for name in two if not isinstance(two[name], dict | list) and one[name] != two[name]} - wb.ASIDE
        for one, two in zip(before, after, strict=True)
    ]

    assert changed == [set(), {"WebSite"}, {"PhoneNo"}, {"Email"}]
    assert after[1]["BankAccounts"] == before[1]["BankAccounts"]


@pytest.mark.requirement("X-05")
def test_an_update_of_an_organisation_touches_nothing_else_of_it(here: World) -> None:
    wb.known_customer(here)
    organisation = customer(here, KORST)["Organization"]
    edit_customer(here, KORST, FinancialEmailAddress="geld@korst.example", IBAN="BE00 0000", Twitter="@korst")
    here.crm.edit("Relation_Organization", organisation["ID"], VisitingAddress={"Street": "Achterom", "HouseNumber": 2})
    run_until_quiet(here)
    edit_in_books(here, KORST, WebSite="nieuw.example")
    here.books.edit_address("10042", Town="Brugge")
    run_until_quiet(here)
    after = customer(here, KORST)["Organization"]

    assert (after["Website"], after["InvoiceAddress"]["City"]) == ("nieuw.example", "Brugge")
    assert after["InvoiceAddress"]["ID"] == organisation["InvoiceAddress"]["ID"]
    assert after["VisitingAddress"]["Street"] == "Achterom"
    assert (after["FinancialEmailAddress"], after["IBAN"], after["Twitter"]) == ("geld@korst.example", "BE00 0000", "@korst")  # fmt: skip
    assert len(here.crm.rows("Address")) == 2


# Fields that travel one way -------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-02", "WB-05")
def test_a_number_that_was_given_stays_on_both_sides_and_does_not_keep_other_fields(here: World) -> None:
    wb.known_customer(here)
    edit_customer(here, KORST, DebtorNumber="77777", Website="nieuw.example")
    run_until_quiet(here)

    assert [each["Code"] for each in here.books.customers()] == ["10042"]
    assert wb.third(here)["WebSite"] == "nieuw.example"
    assert customer(here, KORST)["Organization"]["DebtorNumber"] == "77777"


@pytest.mark.requirement("X-19", "WB-03")
def test_a_booking_that_the_bookkeeper_corrects_is_left_as_it_is(here: World) -> None:
    wb.known_customer(here)
    number = send_invoice(here, KORST, "100.00")
    here.run()
    here.books.edit_booking(number, lines={0: {"CommentBooking": "nagekeken"}}, DueDate=wb.day(2027, 1, 1))
    before = contents(here)
    for whole in (False, True):
        here.run(whole=whole)

        assert here.writes == 0
        assert contents(here) == before


# One bad record -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08")
def test_one_record_that_the_books_refuse_stops_no_other_and_is_kept_with_its_reason(here: World) -> None:
    here.run()
    for number in range(12):
        in_crm(here, f"Garage {number}", str(10_001 + number))
    refusal = Answer(400, b'{"Message": "The chef says no."}', {"Content-Type": "application/json"})
    here.books.mishap(refusal, when=lambda request: request.method == "POST" and b'"Garage 7"' in request.body)
    here.run()
    told = crm.told(here, "Garage 7", "tribe", "customer")
    made = len(here.books.customers())
    here.clock.ahead += 3700
    run_until_quiet(here)

    assert made == 11
    assert told.state == "failed"
    assert "The chef says no." in told.reason
    assert told.cure
    assert len(here.books.customers()) == 12
    assert states(here) == {}


@pytest.mark.requirement("X-08")
def test_a_refused_record_that_somebody_enters_in_the_books_by_hand_finds_it_in_the_very_next_run(here: World) -> None:
    here.run()
    in_crm(here, "Garage 7", "10007")
    refusal = Answer(400, b'{"Message": "The chef says no."}', {"Content-Type": "application/json"})
    here.books.mishap(refusal, when=lambda request: request.method == "POST" and b'"Garage 7"' in request.body)
    here.run()
    in_books(here, "Garage 7", "10007")
    here.run()

    assert states(here) == {}
    assert [each["Code"] for each in here.books.customers()] == ["10007"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-08", "X-05")
@pytest.mark.parametrize("om", ["Third", "Address", "Contact"])
def test_an_update_of_which_one_part_is_refused_goes_on_where_it_was(here: World, om: str) -> None:
    wb.known_customer(here)
    edit_customer(here, KORST, PhoneNumber="+32 9 000 00 09", EmailAddress="post@dekorst.example", Website="x.example")
    refusal = Answer(400, b'{"Message": "Niet nu."}', {"Content-Type": "application/json"})
    here.books.mishap(refusal, when=lambda request: request.method == "PUT" and f"/app/{om}" in request.path)
    here.run()
    told = crm.told(here, KORST, "tribe", "customer")
    here.clock.ahead += 3700
    run_until_quiet(here)

    assert (told.state, "Niet nu." in told.reason) == ("failed", True)
    assert wb.third(here)["WebSite"] == "x.example"
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert wb.contact(here)["Email"] == "post@dekorst.example"
    assert states(here) == {}


# What is not to be believed -------------------------------------------------------------------------------------------

NOTHING = Answer(200, b"[]", {"Content-Type": "application/json"})


def of(what: str) -> Callable[[Request], bool]:
    return lambda request: request.path.startswith(f"/app/{what}/Folder/")


@pytest.mark.requirement("X-10", "WB-04")
def test_an_empty_answer_where_records_were_linked_is_not_believed(here: World) -> None:
    for number in range(8):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)
    before = contents(here)
    here.books.mishap(NOTHING, when=of("Customers"))
    result = here.run(whole=True)

    assert result.writes == 0
    assert any("8 of 8 that are linked are missing" in each for each in result.stopped)
    assert contents(here) == before
    assert run_until_quiet(here)[-1].stopped == []


@pytest.mark.requirement("X-10", "WB-04")
def test_companies_that_are_not_told_take_nothing_from_the_customers(here: World) -> None:
    """The roles come and what they are roles of does not: nobody knows then, and nothing is emptied."""
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number), WebSite=f"{number}.example")
    run_until_quiet(here)
    before = contents(here)
    here.books.mishap(NOTHING, when=of("Thirds"))
    with suppress(Nonsense):
        here.run(whole=True)

    assert contents(here) == before
    run_until_quiet(here)
    assert contents(here) == before


@pytest.mark.requirement("X-10", "WB-04")
@pytest.mark.parametrize("kind", ["garbage", "half", 500])
def test_a_read_that_broke_off_concludes_nothing(here: World, kind: str | int) -> None:
    for number in range(130):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)
    before = contents(here)
    cut = Answer(200, b'[{"Id": "x", "Code": "10', {"Content-Type": "application/json"})
    answer: Mishap = cut if kind == "half" else "garbage" if kind == "garbage" else 500
    for _ in range(12):
        here.books.mishap(
            answer, when=lambda request: of("Customers")(request) and b'"FirstResult":0' not in request.body
        )
    with pytest.raises((Nonsense, Unreachable)):
        here.run(whole=True)
    here.books._mishaps.clear()

    assert contents(here) == before
    assert not any(each["IsFormer"] for each in here.crm.rows(CUSTOMERS))
    assert run_until_quiet(here)[-1].stopped == []


@pytest.mark.requirement("X-10", "WB-02")
def test_lines_that_are_not_told_are_no_payments(here: World) -> None:
    wb.known_customer(here)
    numbers = [send_invoice(here, KORST, "100.00") for _ in range(3)]
    here.run()
    for number in numbers:
        here.books.pay(number, "50.00")
    here.run()
    before = contents(here)
    here.books.mishap(NOTHING, when=of("GLTranss"))
    here.run(whole=True)

    assert contents(here) == before
    run_until_quiet(here)
    assert contents(here) == before


@pytest.mark.requirement("X-10", "WB-04")
def test_a_mapping_that_was_changed_takes_nobody_out_of_use_before_somebody_has_looked(here: World) -> None:
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)
    here.books.deactivate_customer("10001")
    change_mapping(here, "brakes: {deactivations: 50}", "brakes: {deactivations: 40}")
    row = here.store.connection("c")
    assert row is not None
    row.mapping = here.mapping
    with here.store.transaction():
        here.store.save(row)
    result = here.run()

    assert result.stopped
    assert not any(each["IsFormer"] for each in here.crm.rows(CUSTOMERS))

    with here.store.transaction():
        here.memory.decide("customer", "brake", "deactivations", {"release": True}, 0)
    here.run()

    former = {each["Organization"]["DebtorNumber"] for each in here.crm.rows(CUSTOMERS) if each["IsFormer"]}
    assert former == {"10001"}


@pytest.mark.requirement("X-08", "X-10")
def test_an_object_that_cannot_be_read_is_told_by_name(here: World) -> None:
    wb.known_customer(here)
    strange = json.dumps([{"Id": "5a000000-0000-4000-8000-000000000001", "Code": "10042", "Modified": "gisteren"}])
    here.books.mishap(Answer(200, strange.encode(), {"Content-Type": "application/json"}), when=of("Customers"))
    with pytest.raises(Nonsense) as told:
        here.run(whole=True)

    assert "Modified" in told.value.says
    assert "customers" in told.value.says
    assert crm.is_quiet(here)
