"""Plan, run and status: what is said before, after and in between, and with which exit code it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import CUSTOMERS, MAPPING, SIDES, Shell, Systems

from syncrules.cli import standing
from syncrules.connection import RealClock
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules_providers.sandboxes.story import Story


@pytest.fixture(scope="module")
def own_systems(story: Story) -> Iterator[Systems]:
    """Two systems for the tests of this file that change something in them."""
    with Systems.telling(story) as running:
        yield running


@pytest.fixture(scope="module")
def made(own_systems: Systems, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("made"))

    assert shell.connect(own_systems.answers).exit_code == 1
    assert shell.type("run", "acme").exit_code == 1
    return shell


@pytest.fixture
def own(made: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The connection of this file, brought in step."""
    monkeypatch.delenv("SYNCRULES_KEY", raising=False)
    made.type("run", "acme")
    return made


def phone(systems: Systems, number: str) -> None:
    key = systems.crm.one("Relation_Organization", DebtorNumber="10042")["ID"]
    systems.crm.edit("Relation_Organization", key, PhoneNumber=number)


# Plan and run -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-07")
def test_a_plan_shows_every_write_field_by_field_and_writes_nothing(own: Shell, own_systems: Systems) -> None:
    before = own_systems.writes
    phone(own_systems, "030-0000555")
    result = own.type("plan", "acme")

    assert result.exit_code == 1
    assert "update organisation 'Bakkerij De Korenaar' in e-Boekhouden\n    Phone number: " in result.stdout
    assert "→ '030-0000555'" in result.stdout
    assert "1 write to make; calls: about 0 in Tribe CRM, about 2 in e-Boekhouden" in result.stdout
    assert own_systems.writes == before


def test_a_plan_for_a_program_has_the_same_in_fields(own: Shell, own_systems: Systems) -> None:
    phone(own_systems, "030-0000556")
    said = own.one("plan", "acme", code=1)
    (action,) = [each for each in said["actions"] if each["verb"] == "update"]

    assert (action["entity"], action["name"], action["system"]) == (
        "organisation",
        "Bakkerij De Korenaar",
        "e-Boekhouden",
    )
    assert [(each["row"], each["after"]) for each in action["fields"]] == [("Phone number", "030-0000556")]
    assert said["counts"] == [
        {"entity": "organisation", "verb": "update", "side": "eboekhouden", "system": "e-Boekhouden", "count": 1}
    ]


def test_a_run_does_what_the_plan_says_and_the_next_writes_nothing(own: Shell, own_systems: Systems) -> None:
    phone(own_systems, "030-0000557")
    first = own.one("run", "acme", code=1)
    writes = own_systems.writes
    second = own.one("run", "acme", code=1)

    assert [(each["verb"], each["count"]) for each in first["done"]] == [("update", 1)]
    assert own_systems.books.relation(Code="10042")["Telefoon"] == "030-0000557"
    assert second["done"] == []
    assert second["writes"] == 0
    assert own_systems.writes == writes
    assert own.type("plan", "acme").exit_code == 0


@pytest.mark.requirement("EB-10", "X-08")
def test_who_has_no_number_waits_with_a_cure_and_goes_as_soon_as_it_has_one(own: Shell, own_systems: Systems) -> None:
    crm = own_systems.crm
    key = crm.add("Relation_Organization", Name="Zonder Nummer")
    crm.add(CUSTOMERS, Relation={"ID": crm.own_relation}, Organization={"ID": key})
    waits = own.type("run", "acme")
    crm.edit("Relation_Organization", key, DebtorNumber="70001")
    goes = own.type("run", "acme")

    assert waits.exit_code == 1
    assert "organisation of Tribe CRM: no debtor number" in waits.stdout
    assert "'Zonder Nummer'" in waits.stdout
    assert "switch automatic numbering on in Tribe" in waits.stdout
    assert "'Zonder Nummer'" not in goes.stdout
    assert own_systems.books.relation(Code="70001")["Bedrijf"] == "Zonder Nummer"


def test_everybody_who_waits_is_counted_and_the_first_ten_are_named(own: Shell, own_systems: Systems) -> None:
    crm = own_systems.crm
    for number in range(13):
        key = crm.add("Relation_Organization", Name=f"Reeks {number:02}")
        crm.add(CUSTOMERS, Relation={"ID": crm.own_relation}, Organization={"ID": key})
    result = own.type("run", "acme")

    assert "… and 4 more" in result.stdout  # one was there already


@pytest.mark.requirement("X-10")
def test_a_brake_stops_what_looks_like_a_mistake_until_somebody_says_that_it_was_meant(
    own: Shell, own_systems: Systems
) -> None:
    for each in own_systems.books.articles():
        own_systems.books.edit_article(each["ArtikelID"], Actief=False)
    writes = len(own_systems.crm.writes)
    stopped = own.type("run", "acme")
    held = len(own_systems.crm.writes) == writes
    said = own.one("waiting", "acme", code=1)
    (brake,) = said["connections"][0]["brakes"]
    accepted = own.type("resolve", "acme", brake["ref"], "--accept")
    done = own.one("run", "acme", code=1)

    assert stopped.exit_code == 4
    assert f"syncrules resolve acme {brake['ref'][:6]}" in stopped.stdout
    assert held
    assert accepted.exit_code == 0
    assert [each["verb"] for each in done["done"]] == ["deactivate"]
    assert done["brakes"] == []


@pytest.mark.requirement("X-18")
def test_under_a_scheduler_only_what_is_due_is_done(
    own: Shell, own_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone(own_systems, "030-0000558")
    own_systems.books.edit_relation(own_systems.books.relation(Code="00017")["ID"], Telefoon="030-0000559")
    own.type("run", "acme", "--due")
    kiem = own_systems.crm.one("Relation_Organization", DebtorNumber="00017")["PhoneNumber"]
    tomorrow = (datetime.now() + timedelta(hours=25)).timestamp()
    monkeypatch.setattr(RealClock, "now", lambda _: tomorrow)
    own.type("run", "acme", "--due")

    assert own_systems.books.relation(Code="10042")["Telefoon"] == "030-0000558"  # at once
    assert kiem != "030-0000559"  # every 24 hours
    assert own_systems.crm.one("Relation_Organization", DebtorNumber="00017")["PhoneNumber"] == "030-0000559"


# Several, paused, busy --------------------------------------------------------------------------------------------


def test_one_that_fails_does_not_stop_the_others_and_the_worst_exit_code_counts(acme: Shell) -> None:
    first, second = acme.told("run", "nobody", "acme", code=2)

    assert first["error"]["kind"] == "UsageError"
    assert second["connection"] == "acme"
    assert second["outcome"] == "done"


def test_an_unknown_name_is_told_with_those_that_exist(acme: Shell) -> None:
    for command in ("run", "plan", "status", "waiting", "pause", "resume", "disconnect", "retry"):
        result = acme.type(command, "acm")

        assert result.exit_code == 2, command
        assert "Connections are: acme." in result.stderr


def test_the_only_connection_need_not_be_named(acme: Shell) -> None:
    assert acme.type("run").exit_code == 1
    assert acme.type("run", "--all").exit_code == 1


@pytest.mark.requirement("X-17")
def test_a_paused_connection_rests_until_it_is_resumed(acme: Shell) -> None:
    acme.type("pause", "acme")
    named, all_of_them = acme.type("run", "acme"), acme.type("run", "--all")
    status = acme.type("status")
    acme.type("resume", "acme")

    assert named.exit_code == 2
    assert "'acme' is paused" in named.stderr
    assert "syncrules resume acme" in named.stderr
    assert all_of_them.exit_code == 0
    assert all_of_them.stdout == "Left out: 'acme' is paused.\n"
    assert "acme (paused)" in status.stdout
    assert acme.type("run", "acme").exit_code == 1


@pytest.mark.requirement("X-17")
def test_whatever_writes_ends_when_it_is_paused_meanwhile_and_says_how_it_goes_on(
    own: Shell, own_systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many records, both kinds of store, and `serve`: `acceptance/test_serve_paused.py`."""
    file = str(own.folder / "paused.plan.json")
    phone(own_systems, "030-0000888")
    own.type("plan", "acme", "--out", file)
    before = own_systems.writes
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Store, "is_paused", lambda *_: True)
        run, applied = own.type("run", "acme"), own.type("apply", file)
        (said,) = own.told("run", "acme", code=1)
    (stands,) = own.one("status", "acme")["connections"]
    again = own.type("apply", file)

    for each in (run, applied):
        assert each.exit_code == 1
        assert "'acme' was paused meanwhile, so its run ended at the next record." in each.stderr
        assert "syncrules resume acme" in each.stderr
    assert said["error"]["kind"] == "Paused"
    assert stands["last_run"]["outcome"] == "paused"
    assert "Of the plan's 1, 1 were done" in again.stdout
    assert own_systems.writes == before + 1


@pytest.mark.requirement("X-17")
def test_who_pauses_is_told_whether_a_run_is_under_way(acme: Shell) -> None:
    quiet = acme.one("pause", "acme")
    with open_store(acme.state) as store, store.alone("acme"):
        (under_way,) = acme.told("pause", "acme")
    resumed = acme.one("resume", "acme")

    assert (quiet["under_way"], under_way["under_way"]) == (False, True)
    assert under_way["told"].endswith("A run of it is still under way: it ends at the next record.")
    assert resumed["told"] == "'acme' runs again from now on; the next run catches up."


def test_a_second_process_steps_aside(acme: Shell) -> None:
    locks = Path(f"{acme.state}.locks")
    locks.mkdir(exist_ok=True)
    with (locks / "acme.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run, plan = acme.type("run", "acme"), acme.type("plan", "acme")
        (said,) = acme.told("run", "acme", code=1)

    assert run.exit_code == plan.exit_code == 1
    assert "Another run of 'acme' is under way. Nothing was done here." in run.stderr
    assert said["error"]["kind"] == "Busy"


# Status -----------------------------------------------------------------------------------------------------------


def test_the_status_tells_books_counts_reasons_and_what_is_due(acme: Shell) -> None:
    (said,) = acme.one("status", "acme")["connections"]
    organisation = next(each for each in said["entities"] if each["entity"] == "organisation")
    text = acme.type("status").stdout

    assert [each["books"] for each in said["books"]] == ["Voorbeeld BV", "Jansen Demo B.V."]
    assert said["last_run"]["outcome"] == "done"
    assert organisation["in_sync"] > 15
    assert any(each["reason"] == "no debtor number" for each in organisation["reasons"])
    assert [(each["rhythm"], each["now"]) for each in organisation["due"]] == [
        ("at once", True),
        ("every 24 hours", False),
    ]
    assert "Tribe CRM: Voorbeeld BV" in text
    assert "e-Boekhouden every 24 hours (next " in text


def test_a_run_that_was_killed_is_told_as_cut_off_and_one_that_goes_on_as_running(acme: Shell) -> None:
    with open_store(acme.state) as store, store.transaction():
        Memory(store, "acme", SIDES).begin_run(1.0)
    killed = acme.type("status", "acme")
    with open_store(acme.state) as store, store.alone("acme"):
        goes_on = acme.type("status", "acme")
        (said,) = acme.one("status", "acme")["connections"]
    (after,) = acme.one("status", "acme")["connections"]

    assert ", cut off\n" in killed.stdout
    assert ", running\n" in goes_on.stdout
    assert (said["last_run"]["outcome"], after["last_run"]["outcome"]) == ("running", "cut off")


def beside(shell: Shell, mapping: str, name: str = "abad") -> None:
    """Add a connection of this mapping."""
    row = shell.row()
    assert row is not None
    with open_store(shell.state) as store, store.transaction():
        store.save(replace(row, name=name, mapping=mapping))


@pytest.mark.parametrize("command", ["status", "waiting"])
def test_one_whose_mapping_was_spoiled_or_is_gone_hides_no_other(acme: Shell, command: str) -> None:
    file = acme.folder / "spoiled.yaml"
    file.write_text("syncrules: 1\ntitle: Ours\nextends: tribe-eboekhouden\nnonsense: [\n", encoding="utf-8")
    beside(acme, str(file))
    spoiled, well = acme.one(command, code=2)["connections"]
    said = acme.type(command)

    assert (spoiled["connection"], spoiled["mapping"]) == ("abad", str(file))
    assert (spoiled["error"]["kind"], spoiled["error"]["exit_code"]) == ("SpecError", 2)
    assert (spoiled["error"]["problems"][0]["file"], spoiled["error"]["problems"][0]["line"]) == (str(file), 4)
    assert well["connection"] == "acme"
    assert "error" not in well
    assert said.exit_code == 2
    assert f"{file}:4:" in said.stdout

    file.unlink()
    gone, _ = acme.one(command, code=2)["connections"]

    assert str(file) in gone["error"]["message"]
    assert acme.type(command, "acme").exit_code < 2


def test_one_that_cannot_be_told_for_a_mistake_of_the_program_hides_no_other(
    acme: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(acme, MAPPING)
    real = standing.status

    def fails(row: ConnectionRow, *rest: Any) -> Any:
        if row.name == "abad":
            raise ValueError("a mistake")
        return real(row, *rest)

    monkeypatch.setattr(standing, "status", fails)
    wrong, well = acme.one("status", code=70)["connections"]

    assert wrong["error"]["kind"] == "Unexpected"
    assert well["connection"] == "acme"


def test_one_whose_mapping_or_secrets_cannot_be_read_does_not_stop_what_is_due_of_others(acme: Shell) -> None:
    file = acme.folder / "spoiled.yaml"
    file.write_text("syncrules: 1\ntitle: Ours\nextends: tribe-eboekhouden\nnonsense: [\n", encoding="utf-8")
    beside(acme, str(file))
    beside(acme, MAPPING, name="asealed")  # for another
    told = {each["connection"]: each for each in acme.told("run", "--all", "--due", code=5)}

    assert told["abad"]["error"]["problems"][0]["line"] == 4
    assert told["asealed"]["error"]["kind"] == "Sealed"
    assert told["acme"]["outcome"] == "done"


# Disconnect -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-17")
def test_before_a_connection_is_forgotten_it_is_said_what_stays_and_what_goes(acme: Shell) -> None:
    kept = acme.type("disconnect", "acme", input="n\n")
    still = acme.row()
    gone = acme.type("disconnect", "acme", input="y\n")

    assert "every record in both systems" in kept.stdout
    assert "the ids that were left in Tribe CRM" in kept.stdout
    assert "the credentials of both sides" in kept.stdout
    assert still is not None
    assert gone.exit_code == 0
    assert acme.row() is None
    assert acme.remembered()["organisation"] == 0


def test_a_connection_whose_mapping_is_gone_can_still_be_forgotten(shell: Shell, systems: Systems) -> None:
    own = shell.folder / "own.yaml"
    own.write_text("syncrules: 1\ntitle: Our own\nextends: tribe-eboekhouden\n")
    shell.type("connect", "acme", "--mapping", str(own), "--from", shell.answers(systems.answers), input="n\n")
    own.unlink()

    assert shell.type("status", "acme").exit_code == 2
    assert shell.type("disconnect", "acme", "--yes").exit_code == 0
    assert shell.row() is None
