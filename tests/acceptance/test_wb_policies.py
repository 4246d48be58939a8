"""What is deleted, taken out of use or becomes another kind between Tribe and WinBooks, and how soon anything travels."""

from __future__ import annotations

import crm
import pytest
import wb
from world import CUSTOMERS, PERSONS, SUPPLIERS, World

MINUTE, HOUR = 60.0, 3600.0


def everybody(here: World) -> None:
    """Let both systems know a customer, a supplier and a person, and one more of each that nothing happens to."""
    wb.add(here)
    wb.add(here, "30001", "Supplier")
    wb.add_person(here)
    here.books.add_customer("10099", "Blijft")
    here.books.add_supplier("30099", "Blijft ook")
    wb.add_person(here, "20099", "Blijft Zeker", None)
    here.run()
    assert [len(here.crm.rows(each)) for each in (CUSTOMERS, SUPPLIERS, PERSONS)] == [2, 2, 2]


def former(here: World) -> dict[str, bool]:
    """Tell of each role in Tribe whether it is one of the past."""
    ends = {CUSTOMERS: "Organization", SUPPLIERS: "Organization", PERSONS: "Person"}
    return {
        str(each[end]["DebtorNumber"] or each[end]["CreditorNumber"]): each["IsFormer"]
        for role, end in ends.items()
        for each in here.crm.rows(role)
    }


# Deleted --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-04", "X-10")
def test_who_is_deleted_in_tribe_stays_in_the_books(here: World) -> None:
    everybody(here)
    before = here.kind.contents(here.books)
    gone = [crm.organisation(here)["ID"], here.crm.one(SUPPLIERS, Organization__CreditorNumber="30001")["Organization"]["ID"]]  # fmt: skip
    for each in gone:
        here.crm.remove(crm.ORGANISATIONS, each)
    here.crm.remove(crm.PEOPLE, crm.person(here)["ID"])
    here.run(whole=True)
    after = here.kind.contents(here.books)
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 09")
    here.run(whole=True)

    assert after == before
    assert former(here) == {"10099": False, "30099": False, "20099": False}
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04", "X-10")
def test_who_is_deleted_in_the_books_stays_in_tribe_and_in_use(here: World) -> None:
    everybody(here)
    for code in ("10042", "20001"):
        here.books.remove_customer(code)
    here.books.remove("Supplier", here.books.supplier("30001")["Id"])
    here.run(whole=True)
    told = crm.told(here, "Bakkerij De Korst", "winbooks", "customer")
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.run(whole=True)
    edited = crm.told(here, "Bakkerij De Korst", "tribe", "customer")

    assert (told.state, told.reason) == ("excluded", "deleted in WinBooks on Web; a deletion does not travel")
    assert edited.state == "excluded"
    assert set(former(here).values()) == {False}
    assert len(former(here)) == 6
    assert [each["Code"] for each in here.books.customers()] == ["10099", "20099"]
    assert [each["Code"] for each in here.books.suppliers()] == ["30099"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04")
def test_a_deletion_is_only_noticed_when_everything_is_read_again_and_then_says_so(here: World) -> None:
    everybody(here)
    here.books.remove_customer("10042")
    here.run()
    soon = crm.told(here, "Bakkerij De Korst", "winbooks", "customer").state
    here.clock.ahead += 7 * 24 * HOUR
    here.run()

    assert soon == "synced"
    assert crm.told(here, "Bakkerij De Korst", "winbooks", "customer").state == "excluded"
    assert former(here)["10042"] is False


# Out of use -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-04")
@pytest.mark.parametrize(("hidden", "locked"), [(True, False), (False, True), (True, True)])
def test_who_is_taken_out_of_use_in_the_books_is_a_former_one_in_tribe_and_comes_back(
    here: World, hidden: bool, locked: bool
) -> None:
    everybody(here)
    for code in ("10042", "20001"):
        here.books.deactivate_customer(code, hidden=hidden, locked=locked)
    here.books.edit_supplier("30001", IsHidden=hidden, IsLocked=locked)
    here.run()
    gone = former(here)
    quiet = crm.is_quiet(here)
    for code in ("10042", "20001"):
        here.books.reactivate_customer(code)
    here.books.edit_supplier("30001", IsHidden=False, IsLocked=False)
    here.run()

    assert gone == {"10042": True, "30001": True, "20001": True, "10099": False, "30099": False, "20099": False}
    assert quiet
    assert set(former(here).values()) == {False}
    assert here.books.writes == []
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04")
def test_who_is_taken_out_of_use_in_tribe_stays_in_use_in_the_books(here: World) -> None:
    everybody(here)
    before = here.kind.contents(here.books)
    for role in (CUSTOMERS, SUPPLIERS, PERSONS):
        here.crm.make_former(role, here.crm.rows(role)[0]["ID"])
    for whole in (False, True):
        here.run(whole=whole)

        assert here.kind.contents(here.books) == before
        assert sorted(former(here).values()) == [False] * 3 + [True] * 3
        assert here.writes == 0

    for role in (CUSTOMERS, SUPPLIERS, PERSONS):
        here.crm.edit(role, here.crm.rows(role)[0]["ID"], IsFormer=False)
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04", "X-04")
def test_who_is_out_of_use_on_both_sides_comes_back_with_the_books(here: World) -> None:
    customer = wb.known_customer(here)
    here.crm.make_former(CUSTOMERS, customer)
    here.run()
    here.books.deactivate_customer("10042")
    here.run()
    both = former(here), here.writes
    here.books.reactivate_customer("10042")
    here.run()

    assert both == ({"10042": True}, 0)
    assert former(here) == {"10042": False}
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04")
def test_what_changes_while_somebody_is_out_of_use_still_travels(here: World) -> None:
    wb.known_customer(here)
    here.books.deactivate_customer("10042")
    here.books.edit_third("10042", WebSite="nieuw.example")
    here.run()
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.run()

    assert former(here) == {"10042": True}
    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert here.books.customer("10042")["IsHidden"] is True
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-04", "X-10")
def test_when_very_many_are_taken_out_of_use_at_once_a_person_is_asked_first(here: World) -> None:
    for number in range(60):
        here.books.add_customer(str(10_001 + number), f"Garage {number}")
    here.run()
    for number in range(60):
        here.books.deactivate_customer(str(10_001 + number))
    result = here.run()

    assert [each for each in result.stopped if "60" in each]
    assert set(former(here).values()) == {False}

    with here.store.transaction():
        here.memory.decide("customer", "brake", "deactivations", {"release": True}, 0)
    here.run()

    assert set(former(here).values()) == {True}
    assert crm.is_quiet(here)


# Another kind ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-02", "X-08")
def test_a_customer_that_becomes_a_private_one_in_the_books_waits_for_a_person(here: World) -> None:
    wb.known_customer(here)
    here.books.edit_customer("10042", VatApplicable=3)
    here.books.edit_third("10042", WebSite="nieuw.example")
    for _ in range(2):
        here.run()

        assert crm.told(here, "Bakkerij De Korst", "winbooks", "customer").state == "waiting"
        assert here.crm.rows(PERSONS) == []
        assert crm.organisation(here)["Website"] == "www.dekorst.example"

    here.books.edit_customer("10042", VatApplicable=1)
    here.run()

    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-06", "X-08")
def test_a_private_customer_that_becomes_a_business_in_the_books_waits_for_a_person(here: World) -> None:
    wb.known_person(here)
    here.books.edit_customer("20001", VatApplicable=1)
    here.run()

    assert crm.told(here, "Anna van der Meer", "winbooks", "private customer").state == "waiting"
    assert here.crm.rows(CUSTOMERS) == []
    assert crm.is_quiet(here)


# How soon -------------------------------------------------------------------------------------------------------------


def due(here: World, later: float) -> int:
    """Let time pass, run what is due, and count the writes."""
    here.clock.ahead += later
    here.run(due=True)
    return here.writes


@pytest.mark.requirement("WB-02", "X-18")
def test_changes_of_tribe_go_at_once_and_those_of_the_books_within_a_day(here: World) -> None:
    everybody(here)
    supplier = here.crm.one(SUPPLIERS, Organization__CreditorNumber="30001")["Organization"]["ID"]
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.crm.edit(crm.ORGANISATIONS, supplier, PhoneNumber="+32 9 000 00 08")
    crm.edit_person(here, PhoneNumber="+32 9 000 00 07")
    crm.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    crm.send(here, str(here.crm.one(CUSTOMERS, Organization__DebtorNumber="10042")["ID"]))
    for code in ("10042", "30001"):
        here.books.edit_third(code, WebSite="nieuw.example")
    here.books.edit_contact("20001", Email="nieuw@voorbeeld.example")
    here.books.add_customer("10088", "Nieuw in de boeken")
    here.books.deactivate_customer("10099")
    due(here, MINUTE)
    soon = (crm.organisation(here)["Website"], crm.person(here)["EmailAddress"], len(here.crm.rows(CUSTOMERS)))
    arrived = [wb.address(here)["PhoneNo"], wb.address(here, "30001")["PhoneNo"], wb.contact(here, "20001")["PhoneNo"]]
    codes = sorted(each["Code"] for each in here.books.customers())
    bookings = len(here.books.bookings())
    due(here, 23 * HOUR)
    later = crm.organisation(here)["Website"], former(here)["10099"]
    due(here, HOUR)

    assert soon == ("www.dekorst.example", "anna@voorbeeld.example", 3)
    assert arrived == ["+32 9 000 00 09", "+32 9 000 00 08", "+32 9 000 00 07"]
    assert codes == ["10042", "10077", "10088", "10099", "20001", "20099"]
    assert bookings == 1
    assert later == ("www.dekorst.example", False)
    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert here.crm.one(SUPPLIERS, Organization__CreditorNumber="30001")["Organization"]["Website"] == "nieuw.example"
    assert crm.person(here)["EmailAddress"] == "nieuw@voorbeeld.example"
    assert crm.organisation(here, "10088")["Name"] == "Nieuw in de boeken"
    assert former(here)["10099"] is True


@pytest.mark.requirement("WB-02", "X-18")
def test_payments_come_within_a_day(here: World) -> None:
    made, number = crm.send(here, wb.known_customer(here))
    here.run()
    here.books.pay(number)
    soon = due(here, 23 * HOUR)
    at_last = due(here, HOUR)

    assert (soon, at_last) == (0, 2)
    assert crm.phase(here, made) == "Paid"
