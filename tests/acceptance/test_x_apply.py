"""A saved plan: what it shows is written and nothing else, whatever happened since it was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import Any

import pytest
from fault_proxy import DEADLY, Exchange, Fault
from jsonschema import Draft202012Validator
from kill import about
from scenes import as_we_use_it, customer, edit_customer, edit_in_books, in_books, in_crm, run_until_quiet, send_invoice
from terminal import Running
from town import NAME, Town, town
from typed import told, typed
from world import CUSTOMERS, World

from syncrules import saved_plan

SCHEMA = json.loads((files("syncrules") / "saved_plan.schema.json").read_text(encoding="utf-8"))


def saved(here: World) -> str:
    """Make a plan and save it; gives the file."""
    file = str(here.folder / "plan.json")
    told(here, "plan", "c", "--out", file, code=1)
    return file


def garages(here: World, count: int = 4) -> None:
    for number in range(count):
        in_books(here, f"Garage {number}", str(10_001 + number), Telefoon="030-1234567")
    run_until_quiet(here)


@pytest.mark.requirement("X-07")
@pytest.mark.over("soap", because="what a plan permits is the same over every protocol")
def test_what_a_saved_plan_shows_is_written_and_nothing_else(here: World) -> None:
    garages(here)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
    edit_customer(here, "Garage 1", PhoneNumber="030-0000101")
    edit_customer(here, "Garage 2", PhoneNumber="030-0000102")
    in_crm(here, "Garage 9", "10099")
    file = saved(here)
    edit_customer(here, "Garage 1", PhoneNumber="030-0000199")  # the same field once more
    edit_in_books(here, "Garage 2", Site="garage2.example")  # another field, on the other side
    edit_customer(here, "Garage 3", PhoneNumber="030-0000103")  # a record of which the plan says nothing
    here.books.calls.clear()
    here.crm.calls.clear()
    done = told(here, "apply", file, code=1)
    phones = {each["Bedrijf"]: each["Telefoon"] for each in here.books.relations()}

    assert phones == {
        "Garage 0": "030-0000100", "Garage 1": "030-1234567", "Garage 2": "030-1234567", "Garage 3": "030-1234567",
        "Garage 9": phones["Garage 9"],
    }  # fmt: skip
    assert {each["name"] for each in done["stale"]} == {"Garage 1", "Garage 2"}
    assert all("changed since" in each["reason"] or "more is to be done" in each["reason"] for each in done["stale"])
    assert (done["planned"], done["applied"], done["later"], done["writes"]) == (4, 2, 2, 2)
    again = typed(here, "apply", file)
    assert again.exit_code == 2
    assert "was applied already" in again.output
    assert "syncrules plan c --out FILE" in again.output

    run_until_quiet(here)
    phones = {each["Bedrijf"]: each["Telefoon"] for each in here.books.relations()}
    assert [phones[f"Garage {each}"] for each in (1, 2, 3)] == ["030-0000199", "030-0000102", "030-0000103"]
    assert customer(here, "Garage 2")["Organization"]["Website"] == "garage2.example"


@pytest.mark.requirement("X-07")
@pytest.mark.over("soap", because="numbers are given in the same way over every protocol")
def test_who_gets_a_number_waits_while_its_bearer_is_not_as_the_plan_saw_it(here: World) -> None:
    garages(here, 1)
    edit_in_books(here, "Garage 0", Code="20000")
    in_books(here, "Garage 9", "10001")
    plain = told(here, "plan", "c", code=1)
    file = saved(here)
    edit_in_books(here, "Garage 0", Code="20001")
    done = told(here, "apply", file, code=1)

    assert {(each["verb"], each["name"]) for each in plain["actions"]} >= {
        ("update", "Garage 0"),
        ("create", "Garage 9"),
    }
    assert {each["name"] for each in done["stale"]} == {"Garage 0", "Garage 9"}
    assert [each["Organization"]["DebtorNumber"] for each in here.crm.rows(CUSTOMERS)] == ["10001"]

    run_until_quiet(here)
    assert customer(here, "Garage 0")["Organization"]["DebtorNumber"] == "20001"
    assert customer(here, "Garage 9")["Organization"]["DebtorNumber"] == "10001"


@pytest.mark.requirement("X-07", "X-09", "X-15")
@pytest.mark.over("soap", because="a file is the same over every protocol; this one has a limit on some calls")
def test_a_saved_plan_is_read_field_by_field_and_tells_what_calls_it_takes(here: World) -> None:
    garages(here, 1)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
    in_crm(here, "Garage 9", "10099")
    file = saved(here)
    text = (here.folder / "plan.json").read_text(encoding="utf-8")
    data = json.loads(text)
    Draft202012Validator(SCHEMA).validate(data)
    (part,) = data["parts"]
    writes = {each["name"]: each for each in part["writes"]}
    crm, books = data["calls"]

    assert writes["Garage 0"]["fields"] == [{"row": "Phone number", "before": "030-1234567", "after": "030-0000100"}]
    assert writes["Garage 0"]["system"] == "e-Boekhouden"
    assert books["by_kind"]["looking"] == books["by_kind"]["change"] == books["by_kind"]["create"] == 1
    assert crm["by_kind"]["id"] == 2
    assert crm["by_kind"]["reading"] > 0
    assert books["limits"][0]["of"] == ["GetMutaties"]
    assert 0 < books["limits"][0]["left"] <= 5000
    assert books["limits"][0]["enough"]
    assert 0 < books["limits"][0]["by_itself"] < books["limits"][0]["left"]
    assert (here.folder / "plan.json").stat().st_mode & 0o077 == 0
    assert [each.name for each in here.folder.iterdir() if each.name.startswith(".plan")] == []
    for secret in ("demo-secret", here.books.security_code1, here.books.security_code2):
        assert secret not in text
    assert file


def another_value(data: dict[str, Any]) -> None:
    data["parts"][0]["writes"][0]["fields"][0]["after"] = "030-9999999"


def another_value_sealed(data: dict[str, Any]) -> None:
    another_value(data)
    _seal(data)


def another_mapping(data: dict[str, Any]) -> None:
    data["mapping"]["digest"] = "0" * 64
    _seal(data)


def another_connection(data: dict[str, Any]) -> None:
    data["connection"]["since"] += 1
    _seal(data)


def no_connection(data: dict[str, Any]) -> None:
    data["connection"]["name"] = "d"
    _seal(data)


def another_format(data: dict[str, Any]) -> None:
    data["syncrules_plan"] = 0


def not_a_plan(data: dict[str, Any]) -> None:
    data.clear()


def _seal(data: dict[str, Any]) -> None:
    data["seal"] = saved_plan._seal({name: each for name, each in data.items() if name != "seal"})


@pytest.mark.requirement("X-07")
@pytest.mark.over("soap", because="a file is the same over every protocol")
def test_a_plan_in_which_anything_was_changed_is_refused_and_nothing_is_written(here: World) -> None:
    garages(here, 1)
    edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
    file = here.folder / saved(here)
    made = file.read_text(encoding="utf-8")
    here.books.calls.clear()
    here.crm.calls.clear()
    wrong: Mapping[Callable[[dict[str, Any]], None], str] = {
        another_value: "is not as it was made",
        another_value_sealed: "knows nothing of the plan",
        another_mapping: "knows nothing of the plan",
        another_connection: "for another connection",
        no_connection: "here is no connection 'd'",
        another_format: "by another version of syncrules",
        not_a_plan: "is no saved plan",
    }
    for change, said in wrong.items():
        data = json.loads(made)
        change(data)
        file.write_text(json.dumps(data), encoding="utf-8")
        result = typed(here, "apply", str(file))

        assert result.exit_code == 2, change.__name__
        assert said in result.output, change.__name__
        assert len(result.output.strip().splitlines()) >= 2, "a sentence and a cure"
    file.write_text(json.dumps(json.loads(made)), encoding="utf-8")  # another layout is nobody's harm
    row = here.store.connection("c")
    assert row is not None
    ours = as_we_use_it(here, "organisation: {leading: eboekhouden}")
    for changed, said in (
        (replace(row, settings={**row.settings, "unit": "doos"}), "he settings of 'c' were changed"),
        (replace(row, mapping=ours), "says something else than when the plan"),
    ):
        with here.store.transaction():
            here.store.save(changed)
        result = typed(here, "apply", str(file))

        assert result.exit_code == 2
        assert said in result.output
    with here.store.transaction():
        here.store.save(row)

    assert here.writes == 0
    assert typed(here, "apply", str(file)).exit_code == 0
    assert here.writes == 1


class KilledAt:
    """Kill a process when it has done this for the so-manieth time."""

    def __init__(self, here: Town, what: str, number: int) -> None:
        self.here, self.what, self.number = here, what, number

    def __call__(self, running: Running) -> None:
        for where, proxy in self.here.proxies.items():
            proxy.kill, proxy.script = running.kill, partial(self._befalls, where)

    def _befalls(self, where: str, exchange: Exchange) -> Fault | None:
        self.number -= about(where, exchange) == self.what
        return DEADLY[2] if self.number == 0 and about(where, exchange) == self.what else None


@pytest.mark.requirement("X-03", "X-07")
@pytest.mark.over("soap", because="a process is killed in the same way over every protocol")
def test_a_plan_that_was_cut_off_is_applied_to_its_end_and_nothing_is_done_twice(protocol: str) -> None:
    with town() as here:
        for each in range(2):
            in_books(here, f"Garage {each}", str(10_001 + each))
        here.connect()
        here.run()
        for name, number in (("Garage 8", "10098"), ("Garage 9", "10099")):
            in_crm(here, name, number)
            send_invoice(here, name, "100.00")  # it awaits the id of its customer
        edit_customer(here, "Garage 0", PhoneNumber="030-0000100")
        here.terminal.type("plan", NAME, "--out", "plan.json")
        for what in ("create in the books", "invoice in the books"):
            cut = here.terminal.type("apply", "plan.json", watch=KilledAt(here, what, 1))
            here.calm()
            assert cut.killed, cut.out + cut.err
        rest = here.terminal.type("apply", "plan.json", "--json")
        (done,) = rest.objects
        before = here.writes

        assert rest.code == 0, rest.out + rest.err
        assert done["stale"] == []
        assert done["applied"] + done["before"] == done["planned"] == 5
        assert done["before"] >= 2
        assert sorted(each["Bedrijf"] for each in here.books.relations()) == [f"Garage {each}" for each in (0, 1, 8, 9)]
        assert len(here.books.mutations()) == 2
        assert here.run().code == 0
        assert here.writes == before
