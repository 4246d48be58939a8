"""Editing one line of a mapping of one's own changes what is planned, and nothing else has to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import eb
import pytest
from scenes import customer, edit_customer, edit_in_books, in_books, run_until_quiet
from world import CUSTOMERS, USED, World, world


@contextmanager
def with_mapping(folder: Path, lines: str) -> Iterator[World]:
    """A world whose mapping is a file of the user's own, over the one that ships."""
    file = folder / "ours.yaml"
    file.write_text(f"syncrules: 1\ntitle: As we use it\nextends: {USED.get()}\n{lines}")
    with world(mapping=str(file)) as here:
        yield here


def edited_in_tribe(here: World) -> list[str]:
    """Change a phone number and a website in Tribe; give the rows that the plan then writes."""
    eb.known_customer(here)
    here.run()
    eb.edit_organisation(here, PhoneNumber="030-7654321", Website="www.anders.example")
    return sorted(row for action in here.plan() for row, _, _ in action["fields"])


@pytest.mark.requirement("G-06")
def test_as_it_ships_both_rows_travel(tmp_path: Path) -> None:
    with with_mapping(tmp_path, "") as here:
        assert edited_in_tribe(here) == ["Phone number", "Website"]


@pytest.mark.requirement("G-06")
def test_a_row_that_is_dropped_is_no_longer_planned(tmp_path: Path) -> None:
    with with_mapping(tmp_path, "entities: {organisation: {fields: {Website: none}}}\n") as here:
        assert edited_in_tribe(here) == ["Phone number"]


@pytest.mark.requirement("G-06")
def test_a_row_made_one_way_is_no_longer_planned_the_other_way(tmp_path: Path) -> None:
    with with_mapping(tmp_path, "entities: {organisation: {fields: {Phone number: {to: tribe}}}}\n") as here:
        assert edited_in_tribe(here) == ["Website"]


@pytest.mark.requirement("G-06")
@pytest.mark.parametrize(
    ("tiers", "planned"),
    [
        ("[{any: [Debtor number]}]", ["link"]),
        ("[{any: [VAT number]}]", ["create"]),
        ("[{any: [VAT number]}, {any: [Debtor number]}]", ["link"]),
    ],
)
def test_another_way_of_matching_plans_another_counterpart(tmp_path: Path, tiers: str, planned: list[str]) -> None:
    with with_mapping(tmp_path, f"entities: {{organisation: {{match: {tiers}}}}}\n") as here:
        here.books.add_relation(Code="10042", Bedrijf="Bakkerij De Korst", BTWNummer="NL001234567B01", BP="B")
        eb.add_customer(here, Name="Bakkerij De Korst", DebtorNumber="10042")
        here.connect()
        verbs = [action["verb"] for action in here.plan() if action["entity"] == "organisation"]

        assert [verb for verb in verbs if verb in ("link", "create")] == planned
        assert len(here.crm.rows(CUSTOMERS)) == 1


# In a connection that is in step ----------------------------------------------------------------------------------------

MANY = 12
"""More than a brake believes at once."""
GSM = "organisation: {fields: {Phone number: {eboekhouden: MOBILE}}}"
ONE_WAY = "organisation: {fields: {Phone number: {to: tribe}}}"
TOLD = "its rule changed: what the two sides say there is compared as if for the first time"


def use(here: World, entities: str = "") -> None:
    """Edit the mapping of a connection; without a word it is again as it ships."""
    mapping = USED.get()
    # Each protocol has its own word for it.
    entities = entities.replace("MOBILE", "mobilePhoneNumber" if mapping.endswith("rest") else "GSM")
    if entities:
        file = here.folder / f"ours {len(list(here.folder.glob('ours*')))}.yaml"
        file.write_text(f"syncrules: 1\ntitle: As we use it\nextends: {mapping}\nentities: {{{entities}}}\n")
        mapping = str(file)
    with here.store.transaction():
        here.store.change("c", mapping=mapping)


def answer(here: World, **settings: object) -> None:
    """Give another answer to a question of the mapping."""
    row = here.store.connection("c")
    assert row is not None
    row.settings |= {name.replace("_", " "): each for name, each in settings.items()}
    with here.store.transaction():
        here.store.save(row)


def in_step(here: World, **fields: str) -> list[str]:
    """Let both systems have many customers, in step; give their names."""
    names = [f"Winkel {number:02}" for number in range(MANY)]
    for number, name in enumerate(names):
        in_books(here, name, f"1{number:04}", **{key: text.format(number) for key, text in fields.items()})
    run_until_quiet(here)
    return names


@pytest.mark.requirement("G-06", "X-05")
def test_a_row_that_is_read_elsewhere_empties_nothing_and_fills_what_is_empty(here: World) -> None:
    names = in_step(here, Telefoon="030-12345{:02}")
    use(here, GSM)
    planned = [field for each in here.plan() for field in each["fields"]]
    result = here.run()

    assert sorted(planned) == [["Phone number", "", f"030-12345{number:02}"] for number in range(MANY)]
    assert (result.counts, result.stopped) == ({"updated": MANY}, [])
    assert TOLD in here.notices()
    for number, name in enumerate(names):
        phone = f"030-12345{number:02}"
        relation = here.books.relation(Bedrijf=name)
        assert customer(here, name)["Organization"]["PhoneNumber"] == relation["GSM"] == relation["Telefoon"] == phone

    here.run()

    assert (here.writes, here.notices()) == (0, [])


@pytest.mark.requirement("G-06", "X-05")
def test_a_row_of_parts_that_is_read_elsewhere_empties_nothing_in_the_books(here: World) -> None:
    names = in_step(here, Adres="Molenweg {}", Plaats="Utrecht")
    use(here, "organisation: {fields: {Invoice address: {tribe: Organization.VisitingAddress}, Visit address: none}}")
    run_until_quiet(here)

    assert [here.books.relation(Bedrijf=each)["Adres"] for each in names] == [f"Molenweg {n}" for n in range(MANY)]
    assert {customer(here, each)["Organization"]["VisitingAddress"]["City"] for each in names} == {"Utrecht"}


@pytest.mark.requirement("G-06", "X-04")
def test_under_another_rule_two_values_are_as_those_of_two_records_that_have_just_met(here: World) -> None:
    name, other, *_ = in_step(here, Telefoon="030-12345{:02}", GSM="06-12345{:02}")
    use(here, GSM)
    here.run()

    assert here.books.relation(Bedrijf=name)["GSM"] == "030-1234500"
    assert "Phone number: '06-1234501' of e-Boekhouden was replaced by '030-1234501' of Tribe CRM" in here.notices()
    assert customer(here, other)["Organization"]["PhoneNumber"] == "030-1234501"


@pytest.mark.requirement("G-06", "X-04")
def test_under_another_rule_a_person_is_asked_where_nobody_leads(here: World) -> None:
    in_step(here, Telefoon="030-12345{:02}", GSM="06-12345{:02}")
    use(here, GSM.replace("{eboekhouden: MOBILE}", "{eboekhouden: MOBILE, leading: ask}"))
    result = here.run()

    assert result.writes == 0
    assert len(list(here.memory.records(states=("waiting",)))) == 2 * MANY


@pytest.mark.requirement("G-06", "X-04")
def test_a_plan_under_rules_that_are_taken_back_leaves_an_edit_what_it_was(here: World) -> None:
    name = in_step(here, Telefoon="030-12345{:02}")[0]
    use(here, GSM)
    here.plan()
    use(here)
    edit_in_books(here, name, Telefoon="030-7654321")
    here.run()

    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-7654321"
    assert here.notices() == []


@pytest.mark.requirement("G-06", "X-04")
def test_a_record_that_waits_while_the_rules_change_is_decided_about_by_the_new_ones_later(here: World) -> None:
    name = in_step(here, Telefoon="030-12345{:02}", Site="korst.example")[0]
    ask = "Website: {leading: ask}"
    use(here, f"organisation: {{fields: {{{ask}}}}}")
    edit_customer(here, name, Website="links.example")
    edit_in_books(here, name, Site="rechts.example")
    here.run()
    use(here, f"organisation: {{fields: {{{ask}, Phone number: {{eboekhouden: MOBILE}}}}}}")
    for _ in range(2):
        here.run()

        assert here.books.relation(Bedrijf=name)["GSM"] == ""

    edit_in_books(here, name, Site="links.example")
    run_until_quiet(here)
    relation = here.books.relation(Bedrijf=name)

    assert (
        customer(here, name)["Organization"]["PhoneNumber"] == relation["GSM"] == relation["Telefoon"] == "030-1234500"
    )


@pytest.mark.requirement("G-06")
def test_a_row_that_went_one_way_for_a_while_brings_both_sides_together_again(here: World) -> None:
    name = in_step(here, Telefoon="030-12345{:02}")[0]
    use(here, ONE_WAY)
    here.run()
    edit_customer(here, name, PhoneNumber="030-7654321")
    here.run()

    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-1234500"

    use(here)
    here.run()

    assert here.books.relation(Bedrijf=name)["Telefoon"] == "030-7654321"
    assert [each for each in here.notices() if "030-1234500" in each and "030-7654321" in each]
    assert run_until_quiet(here)


@pytest.mark.requirement("G-06", "EB-12")
def test_a_setting_that_was_answered_wrongly_is_mended_by_the_right_answer(here: World) -> None:
    groups = {each["ID"]: each["Code"] for each in here.crm.rows("Datastore_VatGroup")}
    right = dict(here.settings["VAT groups"])
    swap = {"HOOG_VERK_21": "LAAG_VERK_9", "LAAG_VERK_9": "HOOG_VERK_21"}
    here.settings["VAT groups"] = {group: swap.get(code, code) for group, code in right.items()}
    for number in range(MANY):
        here.books.add_article(
            ArtikelCode=f"A{number}", ArtikelOmschrijving="Fiets", Eenheid="stuk", BTWCode="HOOG_VERK_21",
            BtwPercentage=21, VerkoopprijsExclBTW=100, InkoopprijsExclBTW=50, Actief=True,
        )  # fmt: skip
    here.run()
    wrong = {groups[each["VatGroup"]["ID"]] for each in here.crm.rows("Product")}
    answer(here, VAT_groups=right)
    result = here.run()

    assert wrong == {"NL9"}
    assert {groups[each["VatGroup"]["ID"]] for each in here.crm.rows("Product")} == {"NL21"}
    assert result.counts == {"updated": MANY}
    assert run_until_quiet(here)


@pytest.mark.requirement("G-06", "EB-19")
def test_what_stands_for_an_empty_unit_is_mended_in_the_products_that_have_it(here: World) -> None:
    names = {"stuk": "", "doos": "doos", "dag": ""}
    here.settings["unit"] = "stuk"
    for code, unit in names.items():
        here.books.add_article(ArtikelCode=code, ArtikelOmschrijving="Fiets", Eenheid=unit, BTWCode="HOOG_VERK_21")
    here.run()
    day = here.crm.one("Datastore_Unit", Name="dag")["ID"]
    here.crm.edit("Product", here.crm.one("Product", Code="dag")["ID"], Unit={"ID": day})
    answer(here, unit="paar")
    planned = [(each["name"], each["fields"]) for each in here.plan()]
    here.run()
    units = {each["Code"]: each["Unit"]["Name"] for each in here.crm.rows("Product")}

    assert planned == [("Fiets", [["Unit", "stuk", "paar"]])]
    assert units == {"stuk": "paar", "doos": "doos", "dag": "dag"}
    assert run_until_quiet(here)


@pytest.mark.requirement("G-06", "X-19")
def test_a_rule_that_changes_leaves_the_other_rows_as_they_were(here: World) -> None:
    name = in_step(here, Telefoon="030-12345{:02}", Site="korst.example")[0]
    use(here, "organisation: {fields: {Website: {to: tribe}}}")
    here.run()
    edit_customer(here, name, Website="anders.example")
    here.run()
    use(here, "organisation: {fields: {Website: {to: tribe}, Phone number: {eboekhouden: MOBILE}}}")
    here.run()

    assert customer(here, name)["Organization"]["Website"] == "anders.example"
    assert here.books.relation(Bedrijf=name)["Site"] == "korst.example"


@pytest.mark.requirement("G-06", "X-16")
def test_what_was_remembered_before_rules_were_is_taken_as_made_by_those_of_today(here: World) -> None:
    name = in_step(here, Telefoon="030-12345{:02}")[0]
    with here.store.transaction():
        here.store.db.exec_driver_sql("delete from declared")
    edit_in_books(here, name, Telefoon="030-7654321")
    result = here.run()

    assert (result.counts, here.notices()) == ({"updated": 1}, [])
    assert customer(here, name)["Organization"]["PhoneNumber"] == "030-7654321"


# Values that are taken away ---------------------------------------------------------------------------------------------


def phones(here: World) -> set[str]:
    return {each["Organization"]["PhoneNumber"] or "" for each in here.crm.rows(CUSTOMERS)}


@pytest.mark.requirement("X-10")
def test_a_field_that_is_empty_everywhere_at_once_is_emptied_once_somebody_says_so(here: World) -> None:
    names = in_step(here, Telefoon="030-12345{:02}", Site="korst.example")
    before = phones(here)
    for each in names:
        edit_in_books(here, each, Telefoon="", Site="nieuw.example")
    for _ in range(2):
        result = here.run()

        assert (phones(here), result.writes, here.writes) == (before, 0, 0)
        assert result.stopped == [f"organisation: Phone number of {MANY} would be emptied at once; 5 are allowed"]

    with here.store.transaction():
        here.memory.decide("organisation", "brake", "emptied", {"accept": True}, here.clock.now())
    here.run()

    assert phones(here) == {""}
    assert {customer(here, each)["Organization"]["Website"] for each in names} == {"nieuw.example"}
    assert here.memory.brakes() == []
    assert here.memory.decision("organisation", "brake", "emptied") is None
    assert run_until_quiet(here)


@pytest.mark.requirement("X-10")
def test_a_field_that_was_left_out_of_an_answer_and_is_back_lets_the_brake_go(here: World) -> None:
    names = in_step(here, Telefoon="030-12345{:02}")
    before = phones(here)
    for each in names:
        edit_in_books(here, each, Telefoon="")
    here.run()
    for number, each in enumerate(names):
        edit_in_books(here, each, Telefoon=f"030-12345{number:02}")
    result = here.run()

    assert (result.stopped, here.memory.brakes(), phones(here)) == ([], [], before)
    assert run_until_quiet(here)


@pytest.mark.requirement("X-10")
def test_what_goes_the_other_way_is_not_held_back_and_the_rest_is_not_forgotten(here: World) -> None:
    names = in_step(here, Telefoon="030-12345{:02}", Site="korst.example")
    for each in names:
        edit_in_books(here, each, Telefoon="")
        edit_customer(here, each, Website="nieuw.example")
    here.run()

    assert {here.books.relation(Bedrijf=each)["Site"] for each in names} == {"nieuw.example"}
    assert "" not in phones(here)

    with here.store.transaction():
        here.memory.decide("organisation", "brake", "emptied", {"accept": True}, here.clock.now())
    here.run()

    assert phones(here) == {""}


@pytest.mark.requirement("X-10")
@pytest.mark.parametrize(("limit", "stopped"), [(MANY, False), (MANY - 1, True)])
def test_the_mapping_says_how_many_may_be_emptied_at_once(here: World, limit: int, stopped: bool) -> None:
    names = in_step(here, Telefoon="030-12345{:02}")
    use(here, f"organisation: {{brakes: {{emptied: {limit}}}}}")
    for each in names:
        edit_in_books(here, each, Telefoon="")
    result = here.run()

    assert bool(result.stopped) is stopped
    assert ("" in phones(here)) is not stopped


@pytest.mark.requirement("X-10")
def test_a_few_fields_are_emptied_at_once(here: World) -> None:
    names = in_step(here, Telefoon="030-12345{:02}")
    for each in names[:5]:
        edit_in_books(here, each, Telefoon="")
    result = here.run()

    assert (result.stopped, result.counts) == ([], {"updated": 5})
