"""Under a scheduler a system is asked only when something of it is due; what may not be done unseen is looked at all the same."""

from __future__ import annotations

import pytest
from eb import add_customer, edit_organisation, organisation, told
from scenes import customer, edit_customer, edit_in_books, in_books, run_until_quiet, states, with_customer
from world import CUSTOMERS, World

from syncrules import connection

HOUR = 3600.0
RELATIONS, PRODUCTS = {"GetRelaties", "relation"}, {"GetArtikelen", "product"}
"""What the lists are called over each protocol."""


def soon(here: World) -> list[str]:
    """Let a minute pass, run what is due, and give what the books were asked."""
    here.clock.ahead += 60
    here.run(due=True)
    return [each.what for each in here.books.calls]


def in_step(here: World) -> None:
    """Let both systems know a customer, and be in sync."""
    with_customer(here)
    run_until_quiet(here)


@pytest.mark.requirement("X-09", "X-18")
def test_a_system_of_which_nothing_is_due_is_not_even_entered(here: World) -> None:
    in_step(here)

    assert soon(here) == []
    assert here.crm.calls != []


@pytest.mark.requirement("X-18")
def test_what_changed_on_the_side_that_is_due_goes_to_the_other_without_reading_all_of_it(here: World) -> None:
    in_step(here)
    edit_customer(here, "Bakkerij De Korst", PhoneNumber="030-7654321")
    asked = soon(here)

    assert here.books.relation(Code="10042")["Telefoon"] == "030-7654321"
    assert len(here.books.writes) == 1
    assert PRODUCTS.isdisjoint(asked)
    assert asked.count("GetRelaties") <= 1  # the one that is changed, as it is now
    assert "relation" not in asked


@pytest.mark.requirement("X-18")
def test_of_what_is_due_only_what_is_wished_is_carried(here: World) -> None:
    in_step(here)
    edit_customer(here, "Bakkerij De Korst", PhoneNumber="030-7654321")
    with here.opened() as opened:
        connection.run(opened, due_only=True, only=("product", "invoice"))

    assert here.books.relation(Code="10042")["Telefoon"] != "030-7654321"

    with here.opened() as opened:
        connection.run(opened, due_only=True, only=("organisation",))

    assert here.books.relation(Code="10042")["Telefoon"] == "030-7654321"


@pytest.mark.requirement("X-18", "EB-05")
def test_nobody_is_made_where_somebody_else_was_first_a_moment_ago(here: World) -> None:
    in_step(here)
    in_books(here, "Slagerij", "10050")
    add_customer(here, Name="Slagerij", DebtorNumber="10050")
    asked = soon(here)

    assert asked
    assert here.books.writes == []
    assert len(here.books.relations()) == 2
    assert here.memory.count_linked("organisation", "tribe") == 2


@pytest.mark.requirement("X-18", "EB-05")
def test_a_number_that_was_given_away_a_moment_ago_is_not_given_twice(here: World) -> None:
    in_step(here)
    in_books(here, "Slagerij", "10050")
    edit_organisation(here, "10042", DebtorNumber="10050")
    soon(here)

    assert sorted(each["Code"] for each in here.books.relations()) == ["10042", "10050"]
    assert "already belongs to 'Slagerij'" in told(here, "Bakkerij De Korst", "tribe").reason


@pytest.mark.requirement("X-18")
def test_two_that_could_be_meant_are_seen_although_one_of_them_came_a_moment_ago(here: World) -> None:
    in_books(here, "Slager Een", "10050")
    in_step(here)
    here.crm.edit("Relation_Organization", customer(here, "Slager Een")["Organization"]["ID"], DebtorNumber=None)
    in_books(here, "Slager Twee", "10051")
    add_customer(here, Name="Wie", DebtorNumber="10051")
    soon(here)

    assert here.memory.count_linked("organisation", "tribe") == 3
    assert len(here.books.relations()) == 3


@pytest.mark.requirement("X-18")
def test_what_was_seen_before_it_is_due_travels_when_it_is(here: World) -> None:
    in_step(here)
    edit_in_books(here, "Bakkerij De Korst", Site="nieuw.example")
    add_customer(here, Name="Slagerij", DebtorNumber="10050")
    soon(here)

    assert organisation(here)["Website"] != "nieuw.example"
    assert len(here.books.relations()) == 2

    here.clock.ahead += 24 * HOUR
    here.run(due=True)

    assert organisation(here)["Website"] == "nieuw.example"
    assert states(here) == {}


@pytest.mark.requirement("X-18", "X-04")
def test_both_sides_changed_and_one_of_them_is_due_nothing_is_lost_in_silence(here: World) -> None:
    in_step(here)
    edit_customer(here, "Bakkerij De Korst", PhoneNumber="030-1111111", Website="tribe.example")
    edit_in_books(here, "Bakkerij De Korst", Telefoon="030-2222222", BTWNummer="NL123456782B01")
    said = []
    for _ in range(3):
        soon(here)
        said += here.notices()

    assert here.books.relation(Code="10042")["Telefoon"] == "030-1111111"
    assert any("030-2222222" in each and "replaced" in each for each in said)

    here.clock.ahead += 24 * HOUR
    here.run(due=True)

    assert organisation(here)["VATNumber"] == "NL123456782B01"
    assert here.books.relation(Code="10042")["Site"] == "tribe.example"


@pytest.mark.requirement("X-18", "X-10", "EB-15")
def test_who_is_not_read_is_not_missed(here: World) -> None:
    in_step(here)
    here.books.remove_relation(here.books.relation(Code="10042")["ID"])
    soon(here)

    assert states(here) == {}

    edit_customer(here, "Bakkerij De Korst", PhoneNumber="030-7654321")
    soon(here)

    assert here.books.relations() == []
    assert "no longer in e-Boekhouden" in told(here, "Bakkerij De Korst", "tribe").reason
    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("X-18", "X-10")
@pytest.mark.parametrize("due", [True, False])
def test_what_is_deleted_where_nothing_travels_from_is_missed_with_the_next_sweep(here: World, due: bool) -> None:
    for code, name in (("B1", "Brood"), ("K1", "Koek")):
        here.books.add_article(
            ArtikelCode=code, ArtikelOmschrijving=name, Eenheid="stuk", BTWCode="HOOG_VERK_21", Actief=True
        )
    in_step(here)
    here.crm.remove("Product", here.crm.one("Product", Code="B1")["ID"])
    here.clock.ahead += 7 * 24 * HOUR
    here.run(due=due)

    assert "deleted in Tribe CRM" in told(here, "Brood", "eboekhouden", "product").reason
    assert [each["Code"] for each in here.crm.rows("Product")] == ["K1"]


@pytest.mark.requirement("X-18")
def test_under_new_rules_both_sides_are_looked_at_together(here: World) -> None:
    in_step(here)
    row = here.store.connection("c")
    assert row is not None
    row.settings["default revenue account"] = "8010"
    with here.store.transaction():
        here.store.save(row)
    asked = soon(here)

    assert not RELATIONS.isdisjoint(asked)
    assert run_until_quiet(here)[0].writes == 0


@pytest.mark.requirement("X-17", "X-18")
def test_other_books_are_noticed_before_anything_is_written_also_where_nothing_of_them_was_due(here: World) -> None:
    in_step(here)
    edit_customer(here, "Bakkerij De Korst", PhoneNumber="030-7654321")
    row = here.store.connection("c")
    assert row is not None
    row.accounts["eboekhouden"] = "others"
    with here.store.transaction():
        here.store.save(row)

    with pytest.raises(Exception, match="open other books"):
        soon(here)
    assert here.books.writes == []
