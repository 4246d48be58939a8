"""What waits for a person, and what happens when the person answers."""

from __future__ import annotations

from typing import Any

import pytest
from cli_world import Shell, Systems

from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store

PERSONS = "Relationship_Person_CommercialRelationship_Customer"


def item(shell: Shell, name: str, system: str = "") -> dict[str, Any]:
    """Find what waits under this name."""
    (connection,) = shell.one("waiting", "acme", code=1)["connections"]
    found = [each for each in connection["items"] if each["name"] == name and system in each["system"]]

    assert len(found) == 1, found
    return dict(found[0])


def state_of(shell: Shell, entity: str, side: str, id: str) -> str:
    with open_store(shell.state) as store:
        known = Memory(store, "acme", ("tribe", "eboekhouden")).record(entity, side, id)

        assert known is not None
        return known.state


def test_what_waits_has_a_short_reference_a_reason_a_cure_and_candidates(acme: Shell) -> None:
    twin = item(acme, "Tweeling Noord", "e-Boekhouden")
    text = acme.type("waiting", "acme")

    assert len(twin["ref"]) == 6
    assert sorted(each["name"] for each in twin["candidates"]) == ["Tweeling Noord", "Tweeling Zuid"]
    assert twin["decide"] == "match"
    assert text.exit_code == 1
    assert f"{twin['ref']}  waiting: organisation 'Tweeling Noord' of e-Boekhouden" in text.stdout
    assert "may be 'Tweeling Zuid' of Tribe CRM (" in text.stdout
    assert "→ Fill in the debtor number, or switch automatic numbering on in Tribe." in text.stdout


def test_references_stay_the_same(acme: Shell) -> None:
    before = item(acme, "Wissel Klussen")["ref"]
    acme.type("run", "acme")

    assert item(acme, "Wissel Klussen")["ref"] == before


def test_somebody_says_which_of_two_it_is_and_they_are_linked(shell: Shell, systems: Systems) -> None:
    shell.connect(systems.answers)
    twin = item(shell, "Tweeling Noord", "e-Boekhouden")
    south = next(each for each in twin["candidates"] if each["name"] == "Tweeling Zuid")
    said = shell.type("resolve", "acme", twin["ref"], "--link", south["id"])
    shell.type("run", "acme")

    assert said.exit_code == 0, said.output
    assert "is linked with 'Tweeling Zuid' in Tribe CRM" in said.stdout
    with open_store(shell.state) as store:
        link = Memory(store, "acme", ("tribe", "eboekhouden")).link_of("organisation", "eboekhouden", twin["id"])

        assert link is not None
        assert link.ids["tribe"] == south["id"]


@pytest.mark.parametrize(("word", "linked"), [("--ignore", True), ("--unlink", False)])
def test_a_company_that_became_a_person_stays_linked_or_is_taken_apart(
    shell: Shell, systems: Systems, word: str, linked: bool
) -> None:
    shell.connect(systems.answers)
    relation = systems.books.relation(Code="10049")["ID"]
    systems.books.edit_relation(relation, BP="P")
    shell.type("run", "acme")
    one = item(shell, "Kale Kip")
    decided = shell.type("resolve", "acme", one["ref"], word)
    shell.type("run", "acme")

    assert one["decide"] == "kind"
    assert decided.exit_code == 0, decided.output
    with open_store(shell.state) as store:
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        assert (memory.link_of("organisation", "eboekhouden", str(relation)) is not None) is linked


def test_what_is_ignored_is_left_out_until_it_is_retried(acme: Shell) -> None:
    one = item(acme, "Ver Weg")
    acme.type("resolve", "acme", one["ref"], "--ignore")
    acme.type("run", "acme")
    ignored = state_of(acme, "organisation", "tribe", one["id"])
    acme.type("retry", "acme", "Ver Weg")
    acme.type("run", "acme")

    assert ignored == "excluded"
    assert item(acme, "Ver Weg")["state"] == "failed"


def test_an_item_may_be_named_by_reference_by_place_or_by_name(acme: Shell) -> None:
    one = item(acme, "Ver Weg")
    for text in (one["ref"], f"organisation:tribe:{one['id']}", "ver weg"):
        assert acme.type("retry", "acme", text).exit_code == 0
        assert state_of(acme, "organisation", "tribe", one["id"]) == "pending"
        acme.type("run", "acme")


def test_all_that_waits_or_failed_is_put_back_at_once(acme: Shell) -> None:
    count = len(acme.one("waiting", "acme", code=1)["connections"][0]["items"])
    result = acme.type("retry", "acme")

    assert f"{count} records are tried again in the next run" in result.stdout
    assert len(acme.one("waiting", "acme", code=1)["connections"][0]["items"]) == count


@pytest.mark.requirement("X-08")
def test_what_is_tried_again_stays_in_sight_with_its_last_reason_until_the_next_run(acme: Shell) -> None:
    before = item(acme, "Ver Weg")
    acme.type("retry", "acme", "Ver Weg")
    between, text = item(acme, "Ver Weg"), acme.type("waiting", "acme").stdout
    acme.type("run", "acme")
    after = item(acme, "Ver Weg")

    assert (before["state"], between["state"], after["state"]) == ("failed", "pending", "failed")
    assert (between["reason"], between["cure"], between["ref"]) == (before["reason"], before["cure"], before["ref"])
    assert f"is tried again in the next run; last time: {before['reason']}" in text
    assert after["reason"] == before["reason"]


@pytest.mark.requirement("X-08")
def test_what_is_tried_again_may_still_be_decided_about(acme: Shell) -> None:
    twin = item(acme, "Tweeling Noord", "e-Boekhouden")
    acme.type("retry", "acme")
    between = item(acme, "Tweeling Noord", "e-Boekhouden")
    decided = acme.type("resolve", "acme", twin["ref"], "--link", twin["candidates"][0]["id"])

    assert {**between, "state": "waiting"} == twin
    assert decided.exit_code == 0, decided.output


@pytest.mark.requirement("X-08")
def test_what_was_tried_again_and_is_well_now_is_gone_from_the_list(shell: Shell, systems: Systems) -> None:
    shell.connect(systems.answers)
    shell.type("run", "acme")
    shell.type("retry", "acme")
    nameless = item(shell, "Zoë Nummerloos")
    person = systems.crm.one(PERSONS, ID=nameless["id"])["Person"]["ID"]
    systems.crm.edit("Relation_Person", person, DebtorNumber="99001")
    shell.type("run", "acme")
    (connection,) = shell.one("waiting", "acme", code=1)["connections"]

    assert nameless["state"] == "pending"
    assert "Zoë Nummerloos" not in [each["name"] for each in connection["items"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "it is not said what was decided"),
        (("--create", "--ignore"), "it is not said what was decided"),
        (("--accept",), "takes another answer"),
        (("--done",), "takes another answer"),
        (("--keep", "tribe"), "takes another answer"),
        (("--link", "nobody"), "no single 'nobody' in Tribe CRM"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_with_what_would(acme: Shell, words: tuple[str, ...], said: str) -> None:
    result = acme.type("resolve", "acme", item(acme, "Tweeling Noord", "e-Boekhouden")["ref"], *words)

    assert result.exit_code == 2
    assert said in result.stderr[:1].lower() + result.stderr[1:]


def test_a_name_that_several_have_is_not_guessed(acme: Shell) -> None:
    result = acme.type("resolve", "acme", "Tweeling Noord", "--ignore")

    assert result.exit_code == 2
    assert "may be any of 2 items" in result.stderr


def test_what_does_not_wait_cannot_be_resolved(acme: Shell) -> None:
    result = acme.type("resolve", "acme", "Bakkerij De Korenaar", "--ignore")

    assert result.exit_code == 2
    assert "syncrules waiting acme" in result.stderr


def test_a_value_that_both_sides_changed_stands_as_somebody_decides(acme: Shell) -> None:
    """Only a mapping that asks makes such an item; here it is put there by hand."""
    id_ = asked_about(acme, "Phone number")
    place = f"organisation:tribe:{id_}"
    wrong = acme.type("resolve", "acme", place, "--keep", "nowhere")
    right = acme.type("resolve", "acme", place, "--keep", "tribe")

    assert wrong.exit_code == 2
    assert "The sides are tribe and eboekhouden" in wrong.stderr
    assert right.exit_code == 0
    assert "Phone number of Tribe CRM stands" in right.stdout
    with open_store(acme.state) as store:
        assert Memory(store, "acme", ("tribe", "eboekhouden")).decision("organisation", "tribe", id_) == {
            "keep": {"Phone number": "tribe"}
        }


@pytest.mark.requirement("X-04")
def test_an_answer_about_one_row_is_added_to_those_about_others(acme: Shell) -> None:
    for row, side in (("Phone number", "tribe"), ("Website", "eboekhouden")):
        id_ = asked_about(acme, row)
        acme.type("resolve", "acme", f"organisation:tribe:{id_}", "--keep", side)

    with open_store(acme.state) as store:
        assert Memory(store, "acme", ("tribe", "eboekhouden")).decision("organisation", "tribe", id_) == {
            "keep": {"Phone number": "tribe", "Website": "eboekhouden"}
        }


def asked_about(shell: Shell, row: str) -> str:
    """Put a question about a row of the first organisation there, and give its id in Tribe."""
    with open_store(shell.state) as store:
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        id_ = str(memory.links("organisation")[0].ids["tribe"])
        with store.transaction():
            memory.judge(
                "organisation", "tribe", id_, "waiting", reason=f"{row} differs", cure="Decide.",
                detail={"decide": "conflict", "row": row},
            )  # fmt: skip
    return id_


def test_a_thing_done_by_hand_is_struck_off(acme: Shell) -> None:
    with open_store(acme.state) as store:
        memory = Memory(store, "acme", ("tribe", "eboekhouden"))
        with store.transaction():
            memory.to_do("organisation", memory.links("organisation")[0].id, "Enter the number", "it cannot be sent")
    (connection,) = acme.one("waiting", "acme", code=1)["connections"]
    (to_do,) = connection["follow_ups"]
    result = acme.type("resolve", "acme", to_do["ref"], "--done")

    assert "is struck off" in result.stdout
    assert acme.one("waiting", "acme", code=1)["connections"][0]["follow_ups"] == []
