"""Changes on both sides, fields of no concern, and fields that travel one way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scenes import (
    as_we_use_it,
    contents,
    customer,
    edit_customer,
    edit_in_books,
    run_until_quiet,
    with_customer,
)
from world import CUSTOMERS, World

# Both sides changed -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-04")
def test_different_fields_that_changed_on_both_sides_are_merged(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567", Site="korst.example", Adres="Molenweg 8", Plaats="Utrecht")
    edit_customer(here, name, PhoneNumber="030-7654321", VATNumber="NL123456782B01")
    edit_in_books(here, name, Site="nieuw.example", Adres="Singel 3", KvkNummer="30123456")
    run_until_quiet(here)
    relation, organisation = here.books.relation(Bedrijf=name), customer(here, name)["Organization"]

    assert (relation["Telefoon"], organisation["PhoneNumber"]) == ("030-7654321", "030-7654321")
    assert (relation["Site"], organisation["Website"]) == ("nieuw.example", "nieuw.example")
    assert (relation["BTWNummer"], organisation["VATNumber"]) == ("NL123456782B01", "NL123456782B01")
    assert (relation["KvkNummer"], organisation["ChamberOfCommerceNumber"]) == ("30123456", "30123456")
    assert organisation["InvoiceAddress"]["Street"] == "Singel"


@pytest.mark.requirement("X-04")
def test_where_both_changed_the_same_field_the_leading_side_stands_and_the_other_value_is_told(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567")
    edit_customer(here, name, PhoneNumber="030-1111111")
    edit_in_books(here, name, Telefoon="030-2222222")
    here.run()

    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-1111111"
    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-1111111"
    assert [each for each in here.notices() if "030-2222222" in each and "030-1111111" in each]
    assert run_until_quiet(here)


@pytest.mark.requirement("X-04")
def test_both_changed_to_the_same_is_no_conflict(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567")
    edit_customer(here, name, PhoneNumber="+31 30 7654321")
    edit_in_books(here, name, Telefoon="030-7654321")
    result = here.run()

    assert (result.writes, here.writes, here.notices()) == (0, 0, [])


@pytest.mark.requirement("X-04")
@pytest.mark.parametrize(("keep", "stands"), [("tribe", "030-1111111"), ("eboekhouden", "030-2222222")])
def test_where_nobody_leads_a_person_decides(here: World, keep: str, stands: str) -> None:
    here.mapping = as_we_use_it(here, "organisation: {leading: ask}")
    name = with_customer(here, Telefoon="030-1234567")
    edit_customer(here, name, PhoneNumber="030-1111111")
    edit_in_books(here, name, Telefoon="030-2222222")
    for _ in range(2):
        here.run()

        assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-2222222"
        assert customer(here, name)["Organization"]["PhoneNumber"] == "030-1111111"

    waiting = [known for _, known in here.memory.records(states=("waiting",))]
    assert {each.side for each in waiting} == {"tribe", "eboekhouden"}
    assert "030-1111111" in waiting[0].reason
    assert "030-2222222" in waiting[0].reason

    with here.store.transaction():
        here.memory.decide(
            "organisation", waiting[0].side, waiting[0].id, {"keep": {"Phone number": keep}}, here.clock.now()
        )
    run_until_quiet(here)

    assert here.books.relation(Bedrijf=name)["Telefoon"] == stands
    assert customer(here, name)["Organization"]["PhoneNumber"] == stands
    assert not list(here.memory.records(states=("waiting",)))


@pytest.mark.requirement("X-04")
def test_an_answer_holds_for_one_conflict_only(here: World) -> None:
    here.mapping = as_we_use_it(here, "organisation: {leading: ask}")
    name = with_customer(here, Telefoon="030-1234567")
    for first, second in (("030-1111111", "030-2222222"), ("030-3333333", "030-4444444")):
        edit_customer(here, name, PhoneNumber=first)
        edit_in_books(here, name, Telefoon=second)
        here.run()
        waiting = [known for _, known in here.memory.records(states=("waiting",))]

        assert len(waiting) == 2

        with here.store.transaction():
            answer = {"keep": {"Phone number": "eboekhouden"}}
            here.memory.decide("organisation", waiting[0].side, waiting[0].id, answer, 0)
        run_until_quiet(here)

        assert customer(here, name)["Organization"]["PhoneNumber"] == second


# Fields of no concern ---------------------------------------------------------------------------------------------------

ASIDE: dict[str, Any] = {
    "Notitie": "Sleutel bij de buren.\nTweede regel <&> \"'",
    "Contactpersoon": "Anna",
    "Email": "anna@korst.example",
    "GSM": "06-12345678",
    "Def1": "een",
    "Def10": "tien",
    "LA": "1",
    "Gb_ID": 7,
    "GeenEmail": 1,
    "Geslacht": "v",
    "Aanhef": "Mevrouw",
}


@pytest.mark.requirement("X-05")
def test_an_update_that_replaces_the_whole_relation_keeps_what_the_mapping_does_not_say(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567", **ASIDE)
    before = here.books.relation(Bedrijf=name)
    edit_customer(here, name, PhoneNumber="030-7654321")
    here.run()

    assert here.books.relation(Bedrijf=name) == {**before, "Telefoon": "030-7654321"}


@pytest.mark.requirement("X-05")
def test_an_update_of_an_organisation_touches_nothing_else_of_it(here: World) -> None:
    name = with_customer(here, Adres="Molenweg 8", Plaats="Utrecht")
    organisation = customer(here, name)["Organization"]
    edit_customer(here, name, FinancialEmailAddress="geld@korst.example", BankName="Testbank", Twitter="@korst")
    here.crm.edit("Address", organisation["InvoiceAddress"]["ID"], Extra="2e verdieping")
    here.crm.edit("Relation_Organization", organisation["ID"], VisitingAddress={"Street": "Achterom", "HouseNumber": 2})
    run_until_quiet(here)
    edit_in_books(here, name, Site="nieuw.example", Plaats="Zeist")
    run_until_quiet(here)
    after = customer(here, name)["Organization"]

    assert (after["Website"], after["InvoiceAddress"]["City"]) == ("nieuw.example", "Zeist")
    assert after["InvoiceAddress"]["Extra"] == "2e verdieping"
    assert after["InvoiceAddress"]["ID"] == organisation["InvoiceAddress"]["ID"]
    assert after["VisitingAddress"]["Street"] == "Achterom"
    assert (after["FinancialEmailAddress"], after["BankName"], after["Twitter"]) == (
        "geld@korst.example",
        "Testbank",
        "@korst",
    )
    assert len(here.crm.rows("Address")) == 2


@pytest.mark.requirement("X-05")
def test_a_field_that_is_emptied_is_emptied_and_no_other(here: World) -> None:
    name = with_customer(here, Telefoon="030-1234567", Site="korst.example", **ASIDE)
    edit_customer(here, name, PhoneNumber=None)
    run_until_quiet(here)
    relation = here.books.relation(Bedrijf=name)

    assert (relation["Telefoon"], relation["Site"]) == ("", "korst.example")
    assert {each: relation[each] for each in ASIDE} == ASIDE


# Fields that travel one way ---------------------------------------------------------------------------------------------


def with_product(here: World) -> str:
    here.books.add_article(
        ArtikelOmschrijving="Brood", ArtikelCode="B1", Eenheid="stuk", BTWCode="HOOG_VERK_21",
        InkoopprijsExclBTW=Decimal("1.20"), VerkoopprijsExclBTW=Decimal("2.50"), Actief=True,
    )  # fmt: skip
    run_until_quiet(here)
    return str(here.crm.one("Product", Code="B1")["ID"])


@pytest.mark.requirement("X-19")
def test_an_edit_at_the_target_is_kept_and_told_until_the_source_changes(here: World) -> None:
    product = with_product(here)
    here.crm.edit("Product", product, SalesPrice=Decimal("2.95"))
    here.run()

    assert here.crm.one("Product", Code="B1")["SalesPrice"] == Decimal("2.95")
    assert any("Sales price was edited in Tribe CRM" in each for each in here.notices())

    here.run()

    assert here.notices() == []

    article = here.books.article(ArtikelCode="B1")["ArtikelID"]
    here.books.edit_article(article, InkoopprijsExclBTW=Decimal("1.30"))
    run_until_quiet(here)

    assert here.crm.one("Product", Code="B1")["SalesPrice"] == Decimal("2.95")
    assert here.crm.one("Product", Code="B1")["PurchasePrice"] == Decimal("1.30")

    here.books.edit_article(article, VerkoopprijsExclBTW=Decimal("3.10"))
    run_until_quiet(here)

    assert here.crm.one("Product", Code="B1")["SalesPrice"] == Decimal("3.10")


@pytest.mark.requirement("X-19")
def test_an_edit_at_the_target_is_put_back_where_the_mapping_says_restore(here: World) -> None:
    here.mapping = as_we_use_it(here, "product: {fields: {Sales price: {edited: restore}}}")
    product = with_product(here)
    here.crm.edit("Product", product, SalesPrice=Decimal("2.95"), PurchasePrice=Decimal("9.99"))
    run_until_quiet(here)

    assert here.crm.one("Product", Code="B1")["SalesPrice"] == Decimal("2.50")
    assert here.crm.one("Product", Code="B1")["PurchasePrice"] == Decimal("9.99")


@pytest.mark.requirement("X-19", "X-04")
def test_an_edit_at_the_target_that_meets_a_change_at_the_source_is_replaced_and_told(here: World) -> None:
    product = with_product(here)
    here.crm.edit("Product", product, SalesPrice=Decimal("2.95"))
    here.books.edit_article(here.books.article(ArtikelCode="B1")["ArtikelID"], VerkoopprijsExclBTW=Decimal("3.10"))
    here.run()

    assert here.crm.one("Product", Code="B1")["SalesPrice"] == Decimal("3.10")
    assert any("2.95" in each for each in here.notices())
    assert run_until_quiet(here)


@pytest.mark.requirement("X-05")
def test_a_role_that_the_mapping_does_not_carry_is_left_alone(here: World) -> None:
    name = with_customer(here)
    before = contents(here)
    here.crm.edit(CUSTOMERS, customer(here, name)["ID"], PaymentTermInDays=60)
    result = here.run()

    assert (result.writes, here.writes) == (0, 0)
    assert contents(here)["relations"] == before["relations"]
    assert customer(here, name)["PaymentTermInDays"] == 60
