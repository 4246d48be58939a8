"""Who is who: by the unique id, else by the number; in doubt nobody guesses."""

from __future__ import annotations

import eb
import pytest
from eb import ANNA, KORST
from world import CUSTOMERS, PERSONS, SUPPLIERS, World


def external_id(here: World, relation: int) -> str:
    """Say the text that is left in Tribe for a relation of these books."""
    made = here.books.add_relation(Code="99999", Bedrijf="Voorbeeld")
    here.run()
    row = here.crm.one(CUSTOMERS, Organization__DebtorNumber="99999")
    return str(row["ImportId"]).replace(f":{made};", f":{relation};")


@pytest.mark.requirement("EB-05")
def test_the_unique_id_comes_first_and_the_number_only_after_it(here: World) -> None:
    by_id = here.books.add_relation(**{**KORST, "Code": "10050"})
    text = external_id(here, by_id)
    here.crm.remove(CUSTOMERS, here.crm.one(CUSTOMERS, ImportId=text)["ID"])
    here.lose_state()
    by_number = here.books.add_relation(Code="10060", Bedrijf="Iemand anders")
    customer = eb.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10060")
    here.crm.edit(CUSTOMERS, customer, ImportId=text)
    here.run()

    assert here.crm.one(CUSTOMERS, ID=customer)["ImportId"] == text
    here.books.edit_relation(by_id, Telefoon="030-5555555")
    here.run()
    assert here.crm.one(CUSTOMERS, ID=customer)["Organization"]["PhoneNumber"] == "030-5555555"
    assert here.books.relation(ID=by_number)["Bedrijf"] == "Iemand anders"


@pytest.mark.requirement("EB-05")
def test_without_an_id_the_debtor_number_says_who_it_is(here: World) -> None:
    here.books.add_relation(**KORST)
    here.books.add_relation(**ANNA)
    eb.add_customer(here, Name="De Korst", DebtorNumber="10042", PhoneNumber="030-9999999")
    eb.add_person(here, LastName="Meer", DebtorNumber="20001")
    here.run()
    in_the_import = here.books.writes
    here.run()
    found = here.crm.one(CUSTOMERS)["Organization"]

    assert in_the_import == []
    assert (found["Name"], found["PhoneNumber"]) == ("De Korst", "030-9999999")
    assert found["Website"] == KORST["Site"]
    assert here.books.relation(Code="10042")["Bedrijf"] == "De Korst"
    assert here.crm.one(PERSONS)["Person"]["MobilePhoneNumber"] == ANNA["GSM"]
    assert len(here.books.relations()) == 2
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_customer_without_a_debtor_number_is_found_by_its_creditor_number(here: World) -> None:
    relation = here.books.add_relation(**KORST)
    customer = eb.add_customer(here, Name="Korst", CreditorNumber="10042")
    here.run()
    here.run()
    found = here.crm.one(CUSTOMERS)

    assert found["ID"] == customer
    assert str(found["ImportId"]).endswith(f":{relation};")
    assert (found["Organization"]["DebtorNumber"], found["Organization"]["CreditorNumber"]) == ("10042", "10042")
    assert here.books.relation(ID=relation)["Bedrijf"] == "Korst"
    assert len(here.crm.rows(eb.ORGANISATIONS)) == 2  # our own is one of them
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_the_debtor_number_counts_more_than_the_creditor_number(here: World) -> None:
    relation = here.books.add_relation(**KORST)
    eb.add_customer(here, Name="Inkoop", DebtorNumber="10099", CreditorNumber="10042")
    debtor = eb.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    here.run()

    assert str(here.crm.one(CUSTOMERS, ID=debtor)["ImportId"]).endswith(f":{relation};")
    assert here.books.relation(ID=relation)["Bedrijf"] == "Bakkerij De Korst"
    assert len(here.crm.rows(CUSTOMERS)) == 2


@pytest.mark.requirement("EB-05")
def test_of_two_candidates_nobody_guesses_and_a_person_decides(here: World) -> None:
    relation = here.books.add_relation(**KORST)
    first = eb.add_customer(here, Name="Korst Utrecht", DebtorNumber="10042")
    second = eb.add_customer(here, Name="Korst Zeist", DebtorNumber="10042")
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")
    before = [each["ImportId"] for each in here.crm.rows(CUSTOMERS)]
    memory = here.memory
    with memory.store.transaction():
        memory.decide("organisation", "eboekhouden", str(relation), {"link": second}, here.clock.now())
    here.run()

    assert told.state == "waiting"
    assert "Korst Utrecht" in told.reason
    assert "Korst Zeist" in told.reason
    assert before == [None, None]
    assert here.crm.one(CUSTOMERS, ID=first)["ImportId"] is None
    assert str(here.crm.one(CUSTOMERS, ID=second)["ImportId"]).endswith(f":{relation};")
    assert here.books.relation(ID=relation)["Bedrijf"] == "Korst Zeist"
    assert len(here.books.relations()) == 1


@pytest.mark.requirement("EB-05")
def test_a_customer_and_a_supplier_whose_numbers_cross_each_find_their_own(here: World) -> None:
    one = here.books.add_relation(Code="100", Bedrijf="Eerste")
    other = here.books.add_relation(Code="200", Bedrijf="Tweede")
    customer = eb.add_customer(here, Name="Eerste", DebtorNumber="100", CreditorNumber="200")
    supplier = eb.add_supplier(here, Name="Tweede", DebtorNumber="100", CreditorNumber="200")
    here.run()

    assert str(here.crm.one(SUPPLIERS, ID=supplier)["ImportId"]).endswith(f":{other};")
    assert str(here.crm.one(CUSTOMERS, ID=customer)["ImportId"]).endswith(f":{one};")
    assert len(here.crm.rows(CUSTOMERS)) == 1
    assert [each["Bedrijf"] for each in here.books.relations()] == ["Eerste", "Tweede"]
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_one_relation_that_is_customer_and_supplier_in_tribe_waits_for_a_person(here: World) -> None:
    relation = here.books.add_relation(**KORST)
    eb.add_customer(here, Name="Korst als klant", DebtorNumber="10042")
    eb.add_supplier(here, Name="Korst als leverancier", CreditorNumber="10042")
    here.run()

    assert here.books.relation(ID=relation)["Bedrijf"] == "Bakkerij De Korst"
    assert eb.told(here, "Korst als klant", "tribe").state == "waiting"
    assert eb.told(here, "Korst als leverancier", "tribe", "supplier").state == "waiting"
    assert here.crm.writes == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_prospect_becomes_a_customer_instead_of_a_second_organisation(here: World) -> None:
    relation = here.books.add_relation(**KORST)
    here.books.add_relation(**ANNA)
    prospect = eb.add_organisation(here, Name="Bakkerij De Korst", DebtorNumber="10042", PhoneNumber="030-9999999")
    person = here.crm.add(eb.PEOPLE, LastName="Meer", DebtorNumber="20001")
    eb.give_role(here, prospect, "Relationship_Organization_CommercialRelationship_Prospect")
    here.run()
    customer = here.crm.one(CUSTOMERS)

    assert customer["Organization"]["ID"] == prospect
    assert str(customer["ImportId"]).endswith(f":{relation};")
    assert here.crm.one(PERSONS)["Person"]["ID"] == person
    assert len(here.crm.rows(eb.ORGANISATIONS)) == 2  # our own is one of them
    here.books.edit_relation(relation, Plaats="Zeist")
    here.run()
    assert eb.organisation(here)["InvoiceAddress"]["City"] == "Zeist"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_prospect_does_not_become_a_second_customer_of_a_number_that_a_customer_bears(here: World) -> None:
    here.books.add_relation(**{**KORST, "Code": "10043"})
    customer = eb.add_customer(here, Name="Korst", DebtorNumber="10043")
    here.run()
    here.crm.edit(eb.ORGANISATIONS, here.crm.one(CUSTOMERS, ID=customer)["Organization"]["ID"], DebtorNumber="10042")
    eb.add_organisation(here, Name="De Korst, vroeger", DebtorNumber="10042")
    here.books.add_relation(**{**KORST, "Bedrijf": "De Korst, nu"})
    here.run()
    told = eb.told(here, "De Korst, nu", "eboekhouden")

    assert [each["ID"] for each in here.crm.rows(CUSTOMERS)] == [customer]
    assert (told.state, told.reason) == ("waiting", "Debtor number '10042' already belongs to 'Korst' in Tribe CRM")


@pytest.mark.requirement("EB-05")
def test_a_prospect_with_the_creditor_number_and_another_debtor_number_is_a_question(here: World) -> None:
    here.books.add_relation(**KORST)
    eb.add_organisation(here, Name="Groothandel", DebtorNumber="20001", CreditorNumber="10042")
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")

    assert here.crm.rows(CUSTOMERS) == []
    assert told.state == "waiting"
    assert "'Groothandel'" in told.reason


@pytest.mark.requirement("EB-05")
def test_an_organisation_that_is_gone_or_has_another_number_is_no_candidate_any_more(here: World) -> None:
    gone = eb.add_organisation(here, Name="Korst oud", DebtorNumber="10042")
    renumbered = eb.add_organisation(here, Name="Slager", DebtorNumber="10043")
    here.run()
    here.crm.remove(eb.ORGANISATIONS, gone)
    here.crm.edit(eb.ORGANISATIONS, renumbered, DebtorNumber=None)
    here.books.add_relation(**KORST)
    here.books.add_relation(**{**KORST, "Code": "10043", "Bedrijf": "Groenteboer"})
    here.run()

    assert sorted(each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)) == [
        "Bakkerij De Korst", "Groenteboer"
    ]  # fmt: skip
    assert here.crm.one(eb.ORGANISATIONS, ID=renumbered)["Name"] == "Slager"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_of_two_organisations_that_could_become_the_customer_nobody_guesses(here: World) -> None:
    here.books.add_relation(**KORST)
    for name in ("Korst Utrecht", "Korst Zeist"):
        eb.add_organisation(here, Name=name, CreditorNumber="10042")
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")
    as_supplier = eb.told(here, "Bakkerij De Korst", "eboekhouden", "supplier")

    assert told.state == "waiting"
    assert "Korst Utrecht" in told.reason
    assert "Korst Zeist" in told.reason
    assert (as_supplier.state, as_supplier.reason) == (
        "excluded", "known in e-Boekhouden only, and these are never made in Tribe CRM"
    )  # fmt: skip
    assert here.crm.rows(CUSTOMERS) == []
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_supplier_is_never_made_of_an_organisation_that_is_none(here: World) -> None:
    here.books.add_relation(**KORST)
    eb.add_organisation(here, Name="Bakkerij De Korst", CreditorNumber="10042")
    here.run()

    assert here.crm.rows(SUPPLIERS) == []
    assert here.crm.one(CUSTOMERS)["Organization"]["CreditorNumber"] == "10042"
    assert len(here.crm.rows(eb.ORGANISATIONS)) == 2


@pytest.mark.requirement("EB-09")
def test_once_imported_a_relation_is_known_by_its_id_whatever_its_number(here: World) -> None:
    eb.known_customer(here)
    relation = here.books.relation()["ID"]
    here.books.edit_relation(relation, Code="10043")
    newcomer = here.books.add_relation(Code="10042", Bedrijf="Slagerij Worst")
    here.run()
    renumbered, new = eb.organisation(here, "10043"), eb.organisation(here, "10042")
    here.crm.edit(eb.ORGANISATIONS, renumbered["ID"], PhoneNumber="030-4444444")
    here.run()

    assert (renumbered["Name"], new["Name"]) == ("Bakkerij De Korst", "Slagerij Worst")
    assert here.books.relation(ID=relation)["Telefoon"] == "030-4444444"
    assert here.books.relation(ID=newcomer)["Telefoon"] == ""
    assert len(here.crm.rows(CUSTOMERS)) == 2
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-09")
@pytest.mark.requirement("X-16")
def test_what_was_tied_is_tied_again_by_its_id_when_our_memory_is_lost(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    supplier = eb.add_supplier(here, Name="Meelfabriek", CreditorNumber="30001")
    meal = here.books.add_relation(Code="30001", Bedrijf="Meelfabriek")
    here.run()
    eb.edit_organisation(here, DebtorNumber="77777")
    eb.edit_person(here, DebtorNumber="88888")
    here.crm.edit(eb.ORGANISATIONS, here.crm.one(SUPPLIERS)["Organization"]["ID"], CreditorNumber="99999")
    here.lose_state()
    here.run()
    here.run()

    assert sorted(each["Code"] for each in here.books.relations()) == ["77777", "88888", "99999"]
    assert str(here.crm.one(SUPPLIERS, ID=supplier)["ImportId"]).endswith(f":{meal};")
    assert (len(here.crm.rows(CUSTOMERS)), len(here.crm.rows(PERSONS))) == (1, 1)
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-09")
def test_the_id_of_another_connector_is_left_alone(here: World) -> None:
    here.books.add_relation(**KORST)
    customer = eb.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042", ImportId="andere-koppeling:7")
    here.crm.edit(CUSTOMERS, customer, ImportId="andere-koppeling:7")
    here.run()
    told = here.notices()
    here.books.edit_relation(here.books.relation()["ID"], Telefoon="030-3333333")
    here.run()

    assert any("another connector" in each for each in told)
    assert here.crm.one(CUSTOMERS)["ImportId"] == "andere-koppeling:7"
    assert eb.organisation(here)["PhoneNumber"] == "030-3333333"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-05")
def test_a_creditor_number_that_is_the_debtor_number_of_another_ties_nobody_by_itself(here: World) -> None:
    here.books.add_relation(Code="10042", Bedrijf="Bertus Bouw", BP="B", IBAN="NL91ABNA0417164300")
    eb.add_customer(here, Name="Anna Advies", DebtorNumber="20001", CreditorNumber="10042")
    for _ in range(2):
        here.run()

    assert [here.judged(each, entity="organisation").state for each in ("Anna Advies", "Bertus Bouw")] == [
        "waiting"
    ] * 2
    assert [each["Organization"]["IBAN"] for each in here.crm.rows(CUSTOMERS)] == [None]
    assert [each["Code"] for each in here.books.relations()] == ["10042"]
