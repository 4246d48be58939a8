"""What is deleted, taken out of use, changed twice or not ready: what happens then, and how soon."""

from __future__ import annotations

from pathlib import Path

import eb
import pytest
from eb import ANNA
from world import CUSTOMERS, PERSONS, USED, World, world

from syncrules.language import spec

MINUTE, HOUR = 60.0, 3600.0


# Not ready ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-10")
def test_a_customer_without_a_debtor_number_waits_and_is_told_the_cure(here: World) -> None:
    here.run()
    eb.add_customer(here, Name="Fietsenmaker")
    eb.add_person(here, LastName="Bos")
    here.run()
    told = [eb.told(here, "Fietsenmaker", "tribe"), eb.told(here, "Bos", "tribe", "person")]
    before = here.books.relations()
    here.crm.edit(eb.ORGANISATIONS, here.crm.one(eb.ORGANISATIONS, Name="Fietsenmaker")["ID"], DebtorNumber="10077")
    here.crm.edit(eb.PEOPLE, here.crm.one(eb.PEOPLE, LastName="Bos")["ID"], DebtorNumber="20077")
    here.run()

    assert before == []
    assert [(each.state, each.reason) for each in told] == [("waiting", "no debtor number")] * 2
    assert all("automatic numbering" in each.cure for each in told)
    assert here.books.relation(Code="10077")["Bedrijf"] == "Fietsenmaker"
    assert here.books.relation(Code="20077")["BP"] == "P"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-10")
def test_with_automatic_numbering_a_new_customer_goes_at_once(here: World) -> None:
    here.crm._tenant.auto_number_debtors = True
    here.run()
    eb.add_customer(here, Name="Fietsenmaker")
    here.run()

    assert here.books.relation()["Code"] == here.crm.one(CUSTOMERS)["Organization"]["DebtorNumber"]
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-10")
def test_a_customer_that_lost_its_debtor_number_waits_with_its_changes(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    here.run()
    eb.edit_organisation(here, DebtorNumber=None, PhoneNumber="030-7654321")
    eb.edit_person(here, DebtorNumber=None, PhoneNumber="020-7654321")
    here.run()
    told = [eb.told(here, "Bakkerij De Korst", "tribe"), eb.told(here, "Anna van der Meer", "tribe", "person")]
    meanwhile = {each["Code"]: each["Telefoon"] for each in here.books.relations()}
    here.crm.edit(eb.ORGANISATIONS, here.crm.one(CUSTOMERS)["Organization"]["ID"], DebtorNumber="10042")
    here.crm.edit(eb.PEOPLE, here.crm.one(PERSONS)["Person"]["ID"], DebtorNumber="20001")
    here.run()

    assert [(each.state, each.reason) for each in told] == [("waiting", "no debtor number")] * 2
    assert meanwhile == {"10042": "030-1234567", "20001": "020-1234567"}
    assert here.books.relation(Code="10042")["Telefoon"] == "030-7654321"
    assert here.books.relation(Code="20001")["Telefoon"] == "020-7654321"
    assert eb.is_quiet(here)


# Deleted --------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-15")
def test_a_customer_that_is_deleted_in_tribe_stays_in_the_books(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    here.books.add_relation(Code="10099", Bedrijf="Blijft", BP="B")
    here.books.add_relation(Code="20099", Bedrijf="Blijft", BP="P")
    here.run()
    before = here.books.relations()
    organisation, person = eb.organisation(here)["ID"], eb.person(here)["ID"]
    for each in (organisation, person):
        here.crm.remove(eb.ORGANISATIONS if each == organisation else eb.PEOPLE, each)
    here.run(whole=True)
    after = here.books.relations()
    here.books.edit_relation(here.books.relation(Code="10042")["ID"], Telefoon="030-7654321")
    here.run(whole=True)

    assert after == before
    assert [each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)] == ["Blijft"]
    assert [each["Person"]["LastName"] for each in here.crm.rows(PERSONS)] == ["Blijft"]
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-15")
def test_a_relation_that_is_deleted_in_the_books_stays_in_tribe(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    other = here.books.add_relation(Code="10099", Bedrijf="Blijft")
    here.run()
    for each in here.books.relations():
        if each["ID"] != other:
            here.books.remove_relation(each["ID"])
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")
    eb.edit_organisation(here, PhoneNumber="030-7654321")
    here.run(whole=True)
    edited = eb.told(here, "Bakkerij De Korst", "tribe")

    assert (told.state, told.reason) == ("excluded", "deleted in e-Boekhouden; a deletion does not travel")
    assert edited.state == "excluded"
    assert "neither do later changes" in edited.reason
    assert sorted(each["Organization"]["Name"] for each in here.crm.rows(CUSTOMERS)) == ["Bakkerij De Korst", "Blijft"]
    assert [each["IsFormer"] for each in (*here.crm.rows(CUSTOMERS), *here.crm.rows(PERSONS))] == [False] * 3
    assert [each["Code"] for each in here.books.relations()] == ["10099"]
    assert eb.is_quiet(here)


@pytest.mark.requirement("G-06")
def test_a_mapping_that_takes_them_apart_on_a_deletion_lets_the_other_one_come_again(tmp_path: Path) -> None:
    ours = tmp_path / "ours.yaml"
    ours.write_text(
        f"syncrules: 1\ntitle: Ours\nextends: {USED.get()}\nentities: {{organisation: {{events: {{tribe: {{deleted: unlink}}}}}}}}\n",
        encoding="utf-8",
    )
    with world(mapping=str(ours)) as here:
        eb.known_customer(here)
        here.books.add_relation(Code="10099", Bedrijf="Blijft")
        here.run()
        here.crm.remove(eb.ORGANISATIONS, eb.organisation(here)["ID"])
        here.run(whole=True)

        assert eb.organisation(here)["Name"] == "Bakkerij De Korst"
        assert len(here.crm.rows(CUSTOMERS)) == 2
        assert eb.is_quiet(here)


# Out of use -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-16")
def test_a_customer_that_becomes_a_former_one_in_tribe_is_left_alone_in_the_books(here: World) -> None:
    customer = eb.known_customer(here)
    before = here.books.relations()
    here.crm.make_former(CUSTOMERS, customer)
    here.run()

    assert here.books.relations() == before
    assert here.crm.one(CUSTOMERS)["IsFormer"] is True
    assert here.writes == 0
    here.crm.edit(CUSTOMERS, customer, IsFormer=False)
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-16")
def test_a_former_customer_that_the_books_never_knew_does_not_go_there(here: World) -> None:
    here.run()
    customer = eb.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    here.crm.make_former(CUSTOMERS, customer)
    here.run()

    assert here.books.relations() == []
    assert eb.told(here, "Fietsenmaker", "tribe").reason == "not in use in Tribe CRM"


@pytest.mark.over("soap", because="over REST it can be seen")
@pytest.mark.declares("EB-06")
@pytest.mark.declares("EB-16")
def test_the_mapping_says_that_over_soap_nobody_sees_whether_a_relation_is_in_use() -> None:
    told = [str(each) for each in spec.load(USED.get()).remarks]

    assert any("SOAP" in each and "inactive" in each and "REST" in each for each in told)


@pytest.mark.requirement("EB-16")
def test_a_relation_that_is_taken_out_of_use_by_its_name_stays_active_in_tribe(here: World) -> None:
    eb.known_customer(here)
    here.books.edit_relation(here.books.relation()["ID"], Bedrijf="ZZ Bakkerij De Korst")
    here.run()

    assert here.crm.one(CUSTOMERS)["IsFormer"] is False
    assert eb.organisation(here)["Name"] == "ZZ Bakkerij De Korst"


# Another kind ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EB-04")
@pytest.mark.requirement("X-08")
def test_a_business_relation_that_becomes_a_private_one_waits_for_a_person(here: World) -> None:
    eb.known_customer(here)
    relation = here.books.relation()["ID"]
    here.books.edit_relation(relation, BP="P", Telefoon="030-7654321")
    here.run()
    told = eb.told(here, "Bakkerij De Korst", "eboekhouden")
    here.run()

    assert told.state == "waiting"
    assert here.crm.rows(PERSONS) == []
    assert eb.organisation(here)["PhoneNumber"] == "030-1234567"
    here.books.edit_relation(relation, BP="B")
    here.run()
    assert eb.organisation(here)["PhoneNumber"] == "030-7654321"
    assert eb.is_quiet(here)


@pytest.mark.requirement("EB-22")
def test_a_private_relation_that_becomes_a_business_one_waits_for_a_person(here: World) -> None:
    eb.known_person(here)
    here.books.edit_relation(here.books.relation()["ID"], BP="B", Telefoon="020-7654321")
    here.run()

    assert eb.told(here, "Anna van der Meer", "eboekhouden", "person").state == "waiting"
    assert here.crm.rows(CUSTOMERS) == []
    assert eb.person(here)["PhoneNumber"] == "020-1234567"
    assert eb.is_quiet(here)


# Changed twice, and not at all ----------------------------------------------------------------------------------------


@pytest.mark.requirement("X-04")
@pytest.mark.requirement("EB-07")
def test_where_both_changed_a_field_tribe_stands_and_what_was_replaced_is_told(here: World) -> None:
    eb.known_customer(here)
    here.books.add_relation(**ANNA)
    here.run()
    eb.edit_organisation(here, PhoneNumber="030-2222222", BIC="KRUMNL2U")
    eb.edit_person(here, PhoneNumber="020-2222222")
    here.books.edit_relation(here.books.relation(BP="B")["ID"], Telefoon="030-3333333", Site="nieuw.example")
    here.books.edit_relation(here.books.relation(BP="P")["ID"], Telefoon="020-3333333")
    here.run()
    told, found = here.notices(), eb.organisation(here)

    assert eb.of(here.books.relation(BP="B"), "Telefoon", "Site", "BIC") == {
        "Telefoon": "030-2222222", "Site": "nieuw.example", "BIC": "KRUMNL2U"
    }  # fmt: skip
    assert (found["PhoneNumber"], found["Website"]) == ("030-2222222", "nieuw.example")
    assert here.books.relation(BP="P")["Telefoon"] == "020-2222222"
    assert any("030-3333333" in each for each in told)
    assert any("020-3333333" in each for each in told)
    assert eb.is_quiet(here)


@pytest.mark.requirement("X-02")
def test_what_we_wrote_ourselves_does_not_come_back(here: World) -> None:
    customer = eb.known_customer(here)
    article = here.books.add_article(ArtikelCode="A", ArtikelOmschrijving="Stoel", Eenheid="stuk", BTWCode="GEEN")
    _, number = eb.send(here, customer)
    eb.edit_organisation(here, PhoneNumber="030-2222222")
    here.books.edit_relation(here.books.relation()["ID"], Site="nieuw.example")
    here.run()
    here.books.pay(number, "21.00")
    here.books.edit_article(article, ArtikelOmschrijving="Kruk")
    here.run()
    results = [here.run(whole=whole) for whole in (False, True, False)]

    assert [(each.writes, each.counts.get("linked", 0)) for each in results] == [(0, 0)] * 3
    assert here.plan() == []


# How soon -------------------------------------------------------------------------------------------------------------


def due(here: World, later: float) -> int:
    """Let time pass, run what is due, and count the writes."""
    here.clock.ahead += later
    here.run(due=True)
    return here.writes


@pytest.mark.requirement("EB-07")
@pytest.mark.requirement("EB-08")
@pytest.mark.requirement("X-18")
def test_changes_of_tribe_go_at_once_and_those_of_the_books_within_a_day(here: World) -> None:
    customer = eb.known_customer(here)
    relation = here.books.relation()["ID"]
    here.books.add_relation(**ANNA)
    here.run()
    eb.edit_organisation(here, PhoneNumber="030-2222222")
    eb.edit_person(here, PhoneNumber="020-2222222")
    eb.add_customer(here, Name="Fietsenmaker", DebtorNumber="10077")
    eb.send(here, customer)
    here.books.edit_relation(relation, Site="nieuw.example")
    here.books.edit_relation(here.books.relation(BP="P")["ID"], Email="nieuw@voorbeeld.example")
    here.books.add_relation(Code="10088", Bedrijf="Nieuw in de boeken")
    due(here, MINUTE)
    soon = (eb.organisation(here)["Website"], eb.person(here)["EmailAddress"], len(here.crm.rows(CUSTOMERS)))
    arrived = [here.books.relation(ID=relation)["Telefoon"], here.books.relation(BP="P")["Telefoon"]]
    codes = sorted(each["Code"] for each in here.books.relations())
    due(here, 23 * HOUR)
    later = eb.organisation(here)["Website"]
    due(here, HOUR)

    assert soon == ("www.dekorst.example", "anna@voorbeeld.example", 2)
    assert arrived == ["030-2222222", "020-2222222"]
    assert codes == ["10042", "10077", "10088", "20001"]
    assert len(here.books.mutations()) == 1
    assert later == "www.dekorst.example"
    assert eb.organisation(here)["Website"] == "nieuw.example"
    assert eb.person(here)["EmailAddress"] == "nieuw@voorbeeld.example"
    assert eb.organisation(here, "10088")["Name"] == "Nieuw in de boeken"


@pytest.mark.requirement("EB-08")
@pytest.mark.requirement("EB-17")
@pytest.mark.requirement("X-18")
def test_products_come_within_a_day_but_one_out_of_use_within_a_quarter_of_an_hour(here: World) -> None:
    said = {"Eenheid": "stuk", "BTWCode": "GEEN"}
    stays = here.books.add_article(ArtikelCode="A", ArtikelOmschrijving="Stoel", **said)
    goes = here.books.add_article(ArtikelCode="B", ArtikelOmschrijving="Tafel", **said)
    here.run()
    here.books.edit_article(stays, ArtikelOmschrijving="Kruk")
    here.books.edit_article(goes, Actief=False)
    here.books.add_article(ArtikelCode="C", ArtikelOmschrijving="Bank", **said)
    soon = due(here, 12 * MINUTE)
    quarter = due(here, 3 * MINUTE)
    names = sorted((each["Name"], each["IsInactive"]) for each in here.crm.rows("Product"))
    due(here, 23 * HOUR)
    still = len(here.crm.rows("Product"))
    due(here, HOUR)

    assert (soon, quarter) == (0, 1)
    assert names == [("Stoel", False), ("Tafel", True)]
    assert still == 2
    assert sorted(each["Name"] for each in here.crm.rows("Product")) == ["Bank", "Kruk", "Tafel"]


@pytest.mark.requirement("EB-08")
@pytest.mark.requirement("EB-13")
@pytest.mark.requirement("X-18")
def test_payments_come_within_a_day(here: World) -> None:
    made, number = eb.send(here, eb.known_customer(here))
    here.run()
    here.books.pay(number)
    soon = due(here, 23 * HOUR)
    at_last = due(here, HOUR)

    assert (soon, at_last) == (0, 2)
    assert eb.phase(here, made) == "Paid"


@pytest.mark.requirement("EB-07")
@pytest.mark.requirement("EB-08")
def test_a_run_that_is_not_asked_what_is_due_does_everything(here: World) -> None:
    eb.known_customer(here)
    here.books.edit_relation(here.books.relation()["ID"], Site="nieuw.example")
    here.run()

    assert eb.organisation(here)["Website"] == "nieuw.example"
