"""Who is who between Tribe and WinBooks: by the unique id, else by the number; in doubt nobody guesses."""

from __future__ import annotations

import crm
import pytest
import wb
from world import CUSTOMERS, PERSONS, SUPPLIERS, World


@pytest.mark.requirement("WB-02")
def test_without_an_id_the_number_says_who_it_is(here: World) -> None:
    wb.add(here)
    wb.add(here, "30001", "Supplier")
    wb.add_person(here)
    crm.add_customer(here, Name="De Korst", DebtorNumber="10042", PhoneNumber="+32 9 000 00 09")
    crm.add_supplier(here, Name="Meel", CreditorNumber="30001")
    crm.add_person(here, LastName="Meer", DebtorNumber="20001")
    here.run()
    in_the_import = here.books.writes
    here.run()
    found = here.crm.one(CUSTOMERS)["Organization"]

    assert in_the_import == []
    assert (found["Name"], found["PhoneNumber"]) == ("De Korst", "+32 9 000 00 09")
    assert found["Website"] == wb.KORST["WebSite"]
    assert (wb.third(here)["Name"], wb.third(here, "30001")["Name"]) == ("De Korst", "Meel")
    assert here.crm.one(PERSONS)["Person"]["MobilePhoneNumber"] == wb.ANNA["MobileNo"]
    assert (len(here.books.customers()), len(here.books.suppliers()), len(here.books.rows("Third"))) == (2, 1, 3)
    assert len(here.crm.rows(crm.ORGANISATIONS)) == 3  # our own is one of them
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-08")
def test_a_number_that_the_books_take_for_that_of_another_waits_and_says_why(here: World) -> None:
    here.books.add_customer("KORST", "Bakkerij De Korst")
    here.run()
    crm.add_customer(here, Name="Andere Korst", DebtorNumber="Korst")
    for _ in range(2):
        here.run()
        told = crm.told(here, "Andere Korst", "tribe", "customer")

        assert told.state == "waiting"
        assert "already in use" in told.reason
        assert "another number" in told.cure
        assert [each["Code"] for each in here.books.customers()] == ["KORST"]

    crm.edit_organisation(here, "Korst", DebtorNumber="KORST2")
    here.run()

    assert [each["Code"] for each in here.books.customers()] == ["KORST", "KORST2"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_of_two_candidates_nobody_guesses_and_a_person_decides(here: World) -> None:
    relation = wb.add(here)
    first = crm.add_customer(here, Name="Korst Gent", DebtorNumber="10042")
    second = crm.add_customer(here, Name="Korst Brugge", DebtorNumber="10042")
    here.run()
    told = crm.told(here, "Bakkerij De Korst", "winbooks", "customer")
    before = [each["ImportId"] for each in here.crm.rows(CUSTOMERS)]
    with here.store.transaction():
        here.memory.decide("customer", "winbooks", relation, {"link": second}, here.clock.now())
    for _ in range(2):
        here.run()

    assert told.state == "waiting"
    assert "Korst Gent" in told.reason
    assert "Korst Brugge" in told.reason
    assert before == [None, None]
    assert here.crm.one(CUSTOMERS, ID=first)["ImportId"] is None
    assert str(here.crm.one(CUSTOMERS, ID=second)["ImportId"]).endswith(f":{relation};")
    assert [each["Third"]["Name"] for each in here.books.customers()] == ["Korst Brugge"]


@pytest.mark.requirement("WB-02")
def test_a_prospect_becomes_a_customer_instead_of_a_second_organisation(here: World) -> None:
    relation = wb.add(here)
    wb.add_person(here)
    prospect = crm.add_organisation(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    person = here.crm.add(crm.PEOPLE, LastName="Meer", DebtorNumber="20001")
    crm.give_role(here, prospect, "Relationship_Organization_CommercialRelationship_Prospect")
    here.run()
    customer = here.crm.one(CUSTOMERS)

    assert customer["Organization"]["ID"] == prospect
    assert str(customer["ImportId"]).endswith(f":{relation};")
    assert here.crm.one(PERSONS)["Person"]["ID"] == person
    assert len(here.crm.rows(crm.ORGANISATIONS)) == 2  # our own is one of them
    here.books.edit_address("10042", Town="Brugge")
    here.run()
    assert crm.organisation(here)["InvoiceAddress"]["City"] == "Brugge"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_once_imported_a_customer_is_known_by_its_id_whatever_its_number(here: World) -> None:
    customer = wb.known_customer(here)
    relation = here.books.customer("10042")["Id"]
    here.books.edit_third("10042", Code="10043")
    here.books.edit("Customer", relation, Code="10043")
    here.run()
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    here.run()

    assert [each["ID"] for each in here.crm.rows(CUSTOMERS)] == [customer]
    assert crm.organisation(here)["DebtorNumber"] == "10042"  # a number is given once; WinBooks' own stays its own
    assert [each["Code"] for each in here.books.customers()] == ["10043"]
    assert wb.address(here, "10043")["PhoneNo"] == "+32 9 000 00 09"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-16")
def test_what_was_tied_is_tied_again_by_its_id_when_our_memory_is_lost(here: World) -> None:
    wb.known_customer(here)
    wb.known_supplier(here)
    wb.known_person(here)
    crm.edit_organisation(here, DebtorNumber="77777")
    crm.edit_person(here, DebtorNumber="88888")
    here.crm.edit(crm.ORGANISATIONS, here.crm.one(SUPPLIERS)["Organization"]["ID"], CreditorNumber="99999")
    here.lose_state()
    here.run()
    here.run()

    assert sorted(each["Code"] for each in here.books.customers()) == ["10042", "20001"]
    assert [each["Code"] for each in here.books.suppliers()] == ["30001"]
    assert [len(here.crm.rows(each)) for each in (CUSTOMERS, PERSONS, SUPPLIERS)] == [1, 1, 1]
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02")
def test_the_id_of_another_connector_is_left_alone(here: World) -> None:
    wb.add(here)
    customer = crm.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    here.crm.edit(CUSTOMERS, customer, ImportId="andere-koppeling:7")
    here.run()
    told = here.notices()
    here.books.edit_address("10042", PhoneNo="+32 9 000 00 09")
    here.run()

    assert any("another connector" in each for each in told)
    assert here.crm.one(CUSTOMERS)["ImportId"] == "andere-koppeling:7"
    assert crm.organisation(here)["PhoneNumber"] == "+32 9 000 00 09"
    assert crm.is_quiet(here)


# One company that is customer and supplier ------------------------------------------------------------------------------


@pytest.mark.requirement("WB-02", "X-08")
def test_a_new_supplier_that_is_a_customer_in_the_books_already_waits_until_the_bookkeeper_says_that_it_is_the_same(
    here: World,
) -> None:
    wb.known_customer(here)
    third = wb.third(here)["Id"]
    organisation = crm.organisation(here)["ID"]
    crm.edit_organisation(here, CreditorNumber="10042")
    crm.give_role(here, organisation, SUPPLIERS)
    here.run()
    told = crm.told(here, "Bakkerij De Korst", "tribe", "supplier")

    assert told.state == "failed"
    assert "10042 is that of 'Bakkerij De Korst'" in told.reason
    assert "add it to the suppliers" in told.cure
    assert here.books.suppliers() == []
    here.books.add("Supplier", Code="10042", VatApplicable=1, Third={"Code": "10042"})
    here.run()

    assert [each["Third_Id"] for each in here.books.suppliers()] == [third]
    assert [each["Id"] for each in here.books.rows("Third")] == [third]
    assert len(here.crm.rows(SUPPLIERS)) == 1
    assert crm.told(here, "Bakkerij De Korst", "tribe", "supplier").state == "synced"
    assert crm.is_quiet(here)
    here.crm.edit(crm.ORGANISATIONS, organisation, PhoneNumber="+32 9 000 00 09")
    here.run()
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert crm.is_quiet(here)
    here.books.edit_third("10042", WebSite="nieuw.example")
    here.run()
    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert crm.is_quiet(here)


@pytest.mark.requirement("WB-02", "X-04", "X-08")
@pytest.mark.parametrize("name", ["Bakkerij De Korst", "bakkerij de korst", "Meelfabriek"])
def test_a_new_supplier_with_the_number_of_somebody_else_in_the_books_waits_whatever_its_name(
    here: World, name: str
) -> None:
    wb.known_customer(here)
    before = wb.third(here)
    crm.add_supplier(here, Name=name, CreditorNumber="10042", PhoneNumber="+32 2 000 00 09", Website="ander.example")
    here.run()
    told = crm.told(here, name, "tribe", "supplier")

    assert told.state == "failed"
    assert "10042 is that of 'Bakkerij De Korst'" in told.reason
    assert "another number" in told.cure
    assert here.books.suppliers() == []
    assert wb.third(here) == before
    assert crm.is_quiet(here)

    other = here.crm.one(SUPPLIERS)["Organization"]["ID"]
    here.crm.edit(crm.ORGANISATIONS, other, CreditorNumber="30001")
    here.run()

    assert [each["Code"] for each in here.books.suppliers()] == ["30001"]
    assert wb.third(here, "30001")["Name"] == name
    assert wb.third(here) == before
    assert crm.is_quiet(here)
