"""What is deleted, taken out of use or becomes another kind between Tribe and Yuki; who is who; and how soon anything travels."""

from __future__ import annotations

import json

import crm
import pytest
import yk
from scenes import run_until_quiet, states
from typed import told
from world import CUSTOMERS, PERSONS, SUPPLIERS, World
from yk import ANNA_IN_TRIBE, KORST, KORST_IN_TRIBE

from syncrules_providers.sandboxes.server import Request

HOUR = 3600.0


def everybody(here: World) -> None:
    """Let both systems know a company, a person and a supplier, and one more of each that nothing happens to."""
    here.settings["suppliers"] = True
    yk.in_yuki(here, **KORST, IsCustomer=True)
    yk.in_yuki(here, **yk.ANNA, IsCustomer=True)
    yk.in_yuki(here, Name="Meelfabriek", Code="30001", IsSupplier=True)
    yk.in_yuki(here, Name="Blijft", Code="10099", IsCustomer=True)
    yk.in_yuki(here, Name="Blijft Zeker", Type="Person", LastName="Zeker", Code="20099", IsCustomer=True)
    yk.in_yuki(here, Name="Blijft ook", Code="30099", IsSupplier=True)
    run_until_quiet(here)
    assert [len(here.crm.rows(each)) for each in (CUSTOMERS, PERSONS, SUPPLIERS)] == [2, 2, 2]


def former(here: World) -> set[bool]:
    return {each["IsFormer"] for role in (CUSTOMERS, PERSONS, SUPPLIERS) for each in here.crm.rows(role)}


# Deleted and out of use -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-11", "X-10")
def test_who_is_deleted_in_tribe_stays_in_yuki(here: World) -> None:
    everybody(here)
    before = here.books.contacts()
    here.crm.remove(crm.ORGANISATIONS, crm.organisation(here)["ID"])
    here.crm.remove(crm.PEOPLE, crm.person(here)["ID"])
    here.crm.remove(crm.ORGANISATIONS, here.crm.one(SUPPLIERS, Organization__CreditorNumber="30001")["Organization"]["ID"])  # fmt: skip
    here.run(whole=True)
    after = here.books.contacts()
    here.books.edit_contact(yk.contact(here)["ID"], PhoneWork="030-7654321")
    here.run(whole=True)

    assert after == before
    assert [len(here.crm.rows(each)) for each in (CUSTOMERS, PERSONS, SUPPLIERS)] == [1, 1, 1]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-11", "X-10")
def test_who_is_deleted_in_yuki_stays_in_tribe_and_is_neither_missed_nor_made_again(here: World) -> None:
    """Nobody knows what it means that Yuki no longer shows a contact, so nothing is concluded until it is written to."""
    everybody(here)
    here.books.remove_contact(yk.contact(here)["ID"])
    here.run(whole=True)
    unnoticed = states(here)
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.run(whole=True)
    known = crm.told(here, "Bakkerij De Korst", "tribe")

    assert unnoticed == {}
    assert len(here.crm.rows(CUSTOMERS)) == 2
    assert former(here) == {False}
    assert "no longer in Yuki" in known.reason
    assert [each["Code"] for each in here.books.contacts()] == ["20001", "30001", "10099", "20099", "30099"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-11")
def test_who_is_taken_out_of_use_in_yuki_stays_active_in_tribe(here: World) -> None:
    everybody(here)
    for code in ("10042", "20001", "30001"):
        here.books.deactivate(yk.contact(here, code)["ID"])
    for whole in (False, True):
        here.run(whole=whole)

        assert here.writes == 0
    assert former(here) == {False}


@pytest.mark.requirement("YU-11")
def test_a_relation_that_ended_in_tribe_stays_as_it_is_in_yuki(here: World) -> None:
    everybody(here)
    before = here.books.contacts()
    for role in (CUSTOMERS, PERSONS, SUPPLIERS):
        here.crm.make_former(role, here.crm.rows(role)[0]["ID"])
    here.run(whole=True)

    assert here.books.contacts() == before
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-10", "YU-11")
def test_an_empty_answer_of_yuki_is_no_mass_deletion(here: World) -> None:
    everybody(here)
    kept = {each: dict(row) for each, row in here.books._contacts.rows.items()}
    with here.books.lock:
        here.books._contacts.rows.clear()
    here.run(whole=True)
    emptied = former(here), here.writes
    with here.books.lock:
        here.books._contacts.rows.update(kept)
    here.run(whole=True)

    assert emptied == ({False}, 0)
    assert states(here) == {}
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-11", "X-08")
def test_a_company_that_becomes_a_person_in_yuki_waits_for_a_decision(here: World) -> None:
    everybody(here)
    here.books.edit_contact(yk.contact(here)["ID"], Type="Person", PhoneWork="030-9999999")
    run_until_quiet(here)

    assert crm.organisation(here)["PhoneNumber"] == "030-1234567"
    assert len(here.crm.rows(PERSONS)) == 2
    assert ("organisation", "waiting") in states(here)


@pytest.mark.requirement("YU-02", "YU-11")
def test_a_customer_who_is_none_any_more_in_yuki_stays_one_in_tribe_and_in_step(here: World) -> None:
    everybody(here)
    yk.tick(here, customer=False)
    here.run(whole=True)
    quiet = (here.writes, len(here.crm.rows(CUSTOMERS)))
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.run()

    assert quiet == (0, 2)
    assert yk.contact(here)["PhoneWork"] == "030-7654321"
    assert crm.is_quiet(here)


# Who is who -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-06")
def test_equal_codes_find_each_other_and_tribe_keeps_the_id_of_yuki(here: World) -> None:
    korst, anna = yk.in_yuki(here, **KORST, IsCustomer=True), yk.in_yuki(here, **yk.ANNA, IsCustomer=True)
    crm.add_customer(here, **{**KORST_IN_TRIBE, "Name": "De Korst B.V."})
    crm.add_person(here, **ANNA_IN_TRIBE)
    run_until_quiet(here)
    customer, private = here.crm.one(CUSTOMERS), here.crm.one(PERSONS)

    assert str(customer["ImportId"]).endswith(f":{korst};")
    assert str(private["ImportId"]).endswith(f":{anna};")
    assert len(here.books.contacts()) == 2
    assert states(here) == {}


@pytest.mark.requirement("YU-06")
def test_once_linked_a_contact_is_known_by_its_id_whatever_its_code(here: World) -> None:
    customer = yk.known_company(here)
    crm.edit_organisation(here, DebtorNumber="10043")
    here.run()
    here.books.edit_contact(yk.contact(here, "10043")["ID"], PhoneWork="030-7654321")
    here.run()

    assert [each["ID"] for each in here.crm.rows(CUSTOMERS)] == [customer]
    assert crm.organisation(here, "10043")["PhoneNumber"] == "030-7654321"
    assert len(here.books.contacts()) == 1


@pytest.mark.requirement("YU-06", "X-16")
def test_what_was_tied_is_tied_again_by_its_id_when_our_memory_is_lost(here: World) -> None:
    customer = yk.known_company(here)
    yk.known_person(here)
    _, number = crm.send(here, customer)
    here.run()
    crm.edit_organisation(here, DebtorNumber="77777")
    crm.edit_person(here, DebtorNumber="88888")
    here.lose_state()
    for _ in range(2):
        here.run()

    assert sorted(each["Code"] for each in here.books.contacts()) == ["77777", "88888"]
    assert [len(here.crm.rows(each)) for each in (CUSTOMERS, PERSONS)] == [1, 1]
    assert [each["reference"] for each in here.books.invoices()] == [number]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-06", "YU-07")
def test_a_contact_that_was_made_and_has_no_role_yet_is_found_again_when_our_memory_is_lost(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    here.run()
    here.lose_state()
    for _ in range(3):
        here.run()

    assert [each["Code"] for each in here.books.contacts()] == ["10042"]
    assert len(here.crm.rows(CUSTOMERS)) == 1
    assert here.memory.count_linked("organisation", "tribe") == 1
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-06", "X-08")
def test_two_with_one_code_wait_and_nobody_guesses(here: World) -> None:
    for name in ("Code Gedeeld Noord", "Code Gedeeld Zuid"):
        yk.in_yuki(here, Name=name, Code="10042", IsCustomer=True)
    crm.add_customer(here, **KORST_IN_TRIBE)
    run_until_quiet(here)

    assert here.books.writes == []
    assert len(here.crm.rows(CUSTOMERS)) == 1
    assert "2 candidates in Yuki" in here.judged("Bakkerij De Korst").reason


@pytest.mark.requirement("YU-06")
def test_the_id_of_another_connector_is_left_alone(here: World) -> None:
    yk.in_yuki(here, **KORST, IsCustomer=True)
    customer = crm.add_customer(here, **KORST_IN_TRIBE)
    here.crm.edit(CUSTOMERS, customer, ImportId="andere-koppeling:7")
    here.run()
    told = here.notices()
    here.books.edit_contact(yk.contact(here)["ID"], PhoneWork="030-7654321")
    run_until_quiet(here)

    assert any("another connector" in each for each in told)
    assert here.crm.one(CUSTOMERS)["ImportId"] == "andere-koppeling:7"
    assert crm.organisation(here)["PhoneNumber"] == "030-7654321"


# What Yuki would write over -------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-06", "X-05", "X-08")
@pytest.mark.parametrize("name", ["Bakkerij De Korst", "Bakkerij-De Korst."])
def test_somebody_of_the_same_name_is_not_written_over(here: World, name: str) -> None:
    """Yuki takes a new contact for whoever has its kind and name, and writes over it."""
    here.run()
    yk.in_yuki(here, Name=name, Code="90001", PhoneWork="030-9999999")
    before = here.books.contacts()
    crm.add_customer(here, **KORST_IN_TRIBE)
    run_until_quiet(here)
    known = crm.told(here, "Bakkerij De Korst", "tribe")

    assert here.books.contacts() == before
    assert "would take it for" in known.reason
    assert "decide so (link)" in known.cure


@pytest.mark.requirement("YU-06", "X-05", "X-08")
def test_a_code_that_somebody_bears_is_not_written_over(here: World) -> None:
    here.run()
    yk.in_yuki(here, Name="Iemand anders", Code="10042", IsSupplier=True, PhoneWork="030-9999999")
    before = here.books.contacts()
    crm.add_customer(here, **KORST_IN_TRIBE)
    run_until_quiet(here)

    assert here.books.contacts() == before
    assert "already belongs to 'Iemand anders' in Yuki" in here.judged("Bakkerij De Korst").reason


def enters_just_before_it_is_made(here: World, **said: object) -> None:
    """Let somebody enter a contact in Yuki after everything was read, in the moment before it is asked who looks like a new one."""
    entered: list[str] = []

    def enters(request: Request) -> bool:
        if not entered and b"searchOption>Code<" in request.body:
            entered.append(yk.in_yuki(here, **said))
        return False

    here.books.mishap("before", when=enters)


IN_BETWEEN = (
    "Yuki would take it for '{0}', which is there now, and write over that; it is looked at again in the next run"
)


@pytest.mark.requirement("YU-06", "X-05", "X-08")
def test_who_got_the_code_of_a_new_one_in_the_last_moment_is_not_written_over_but_found_by_it(here: World) -> None:
    here.run()
    crm.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
    enters_just_before_it_is_made(
        here, Name="De Korst", Code="10042", EMailWork="info@dekorst.example", IsCustomer=True
    )
    result = here.run()
    waits, said = here.judged("Bakkerij De Korst"), told(here, "status", "c", code=0)
    untouched = here.books.contacts()
    run_until_quiet(here)

    assert [(each["Name"], each["Code"]) for each in untouched] == [("De Korst", "10042")]
    assert "UpdateContact" not in [each.what for each in here.books.writes]
    assert (waits.state, waits.reason) == ("waiting", IN_BETWEEN.format("De Korst"))
    assert waits.cure == "It is tried again by itself."
    assert result.counts == {"waiting": 1}
    assert waits.reason in str(said)
    assert crm.organisation(here)["EmailAddress"] == "info@dekorst.example"
    assert len(here.books.contacts()) == 1
    assert states(here) == {}


@pytest.mark.requirement("YU-06", "X-05", "X-08")
def test_who_got_the_name_of_a_new_one_in_the_last_moment_is_not_written_over_and_somebody_is_asked(
    here: World,
) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    enters_just_before_it_is_made(here, Name="Bakkerij - De Korst", Code="90001", PhoneWork="030-9999999")
    here.run()
    reason, before = here.judged("Bakkerij De Korst").reason, here.books.contacts()
    run_until_quiet(here)

    assert reason == IN_BETWEEN.format("Bakkerij - De Korst")
    assert [each["PhoneWork"] for each in before] == ["030-9999999"]
    assert here.books.contacts() == before
    assert "decide so (link)" in crm.told(here, "Bakkerij De Korst", "tribe").cure


@pytest.mark.requirement("YU-06", "X-05", "X-07")
def test_of_a_plan_that_is_applied_it_is_told_who_would_have_been_written_over(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    file = str(here.folder / "plan.json")
    told(here, "plan", "c", "--out", file, code=1)
    (planned,) = json.loads((here.folder / "plan.json").read_text(encoding="utf-8"))["calls"][1:]
    enters_just_before_it_is_made(here, Name="De Korst", Code="10042", IsCustomer=True)
    done = told(here, "apply", file, code=1)

    assert planned["by_kind"] == {"reading": planned["by_kind"]["reading"], "looking": 2, "create": 1}
    assert [(each["name"], each["reason"]) for each in done["stale"]] == [
        ("Bakkerij De Korst", IN_BETWEEN.format("De Korst"))
    ]
    assert [each["Name"] for each in here.books.contacts()] == ["De Korst"]


# Not alone, and not now -----------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-08", "YU-05")
def test_one_contact_that_is_refused_keeps_nobody_else_and_goes_when_it_is_right(here: World) -> None:
    here.run()
    crm.add_customer(here, Name="Nummerloos")
    crm.add_customer(here, **KORST_IN_TRIBE)
    here.run()
    waits = here.judged("Nummerloos")
    here.crm.edit(crm.ORGANISATIONS, here.crm.one(crm.ORGANISATIONS, Name="Nummerloos")["ID"], DebtorNumber="10078")
    here.run()

    assert (waits.state, waits.reason) == ("waiting", "no debtor number")
    assert "automatic numbering" in waits.cure
    assert [each["Code"] for each in here.books.contacts()] == ["10042", "10078"]
    assert crm.is_quiet(here)


@pytest.mark.requirement("YU-05", "X-18")
def test_tribe_is_asked_at_once_and_yuki_every_hour(here: World) -> None:
    yk.known_company(here)
    run_until_quiet(here)
    here.books.edit_contact(yk.contact(here)["ID"], EMailWork="nieuw@dekorst.example")
    crm.edit_organisation(here, PhoneNumber="030-7654321")
    here.clock.ahead += 60
    here.run(due=True)
    soon = (yk.contact(here)["PhoneWork"], crm.organisation(here)["EmailAddress"])
    here.clock.ahead += HOUR
    here.run(due=True)

    assert soon == ("030-7654321", "info@dekorst.example")
    assert crm.organisation(here)["EmailAddress"] == "nieuw@dekorst.example"
    assert yk.contact(here)["PhoneWork"] == "030-7654321"


@pytest.mark.requirement("X-07")
def test_the_plan_says_what_will_be_written_and_nothing_else_is(here: World) -> None:
    here.run()
    crm.add_customer(here, **KORST_IN_TRIBE)
    (planned,) = here.plan()
    untouched = here.books.contacts()
    here.run()

    assert untouched == []
    assert (planned["verb"], planned["side"]) == ("create", "yuki")
    assert {name: value for name, value in planned["changes"].items() if value} == {
        name: value for name, value in {**KORST, "Country": "", "Website": ""}.items() if value and "Address" not in name and "Post" not in name and "City" not in name
    }  # fmt: skip
    assert crm.like(yk.contact(here), planned["changes"])["Name"] == planned["changes"]["Name"]
