"""Systems in which there is nothing at all: each command says so, writes nothing, and the first record comes by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cli_world import CUSTOMERS, Shell, Systems

from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

NOTHING = Story((), (), ())
SILENT = "Nothing had to be written."


@pytest.fixture
def empty() -> Iterator[Systems]:
    with Systems.telling(NOTHING) as running:
        yield running


@pytest.mark.requirement("X-01", "X-10")
def test_where_there_is_nothing_every_command_says_so_and_nothing_is_written(shell: Shell, empty: Systems) -> None:
    connected = shell.connect(empty.answers)
    typed = {each: shell.type(each, "acme") for each in ("plan", "run", "status", "waiting")}
    again = shell.type("run", "acme")

    assert [each.exit_code for each in (connected, *typed.values(), again)] == [0] * 6
    assert "Nothing stands out." in connected.stdout
    assert "Nothing is to be written." in typed["plan"].stdout
    for each in (connected, typed["run"], again):
        assert SILENT in each.stdout
        assert "0 records written" in each.stdout
        assert "everything is in step" in each.stdout
    assert "done" in typed["status"].stdout
    assert typed["waiting"].stdout == "Nothing of 'acme' waits for anybody.\n"
    assert empty.writes == 0


@pytest.mark.requirement("X-01")
@pytest.mark.parametrize("where", ["books", "crm"])
def test_the_first_record_that_appears_comes_across_once(shell: Shell, empty: Systems, where: str) -> None:
    shell.connect(empty.answers)
    shell.type("run", "acme")
    if where == "books":
        empty.books.add_relation(Code="10042", Bedrijf="Bakkerij De Korst", BP="B")
    else:
        organisation = {"Name": "Bakkerij De Korst", "DebtorNumber": "10042"}
        empty.crm.add(CUSTOMERS, Relation={"ID": empty.crm.own_relation}, Organization=organisation)
    plan, run, again = (shell.type(each, "acme") for each in ("plan", "run", "run"))

    assert [each.exit_code for each in (plan, run, again)] == [1, 0, 0]
    assert "create organisation 'Bakkerij De Korst'" in plan.stdout
    assert "1 record written" in run.stdout
    assert SILENT in again.stdout
    assert [each["Organization"]["DebtorNumber"] for each in empty.crm.rows(CUSTOMERS)] == ["10042"]
    assert empty.books.relation(Code="10042")["Bedrijf"] == "Bakkerij De Korst"


@pytest.mark.requirement("X-01", "X-10")
@pytest.mark.parametrize("full", ["books", "crm"])
def test_an_empty_system_is_filled_from_the_other_and_takes_nothing_away(shell: Shell, story: Story, full: str) -> None:
    crm, books = (story if full == each else NOTHING for each in ("crm", "books"))
    with Systems(TribeSandbox(crm), EboekhoudenSoapSandbox(books)) as systems:
        before = len(systems.crm.rows(CUSTOMERS))
        shell.connect(systems.answers)
        imported = systems.writes
        shell.type("run", "acme")
        filled = systems.writes
        again = shell.type("run", "acme")

        # What the first import does not bring from the CRM goes to the books in the run after it.
        assert (imported > 0) is (full == "books")
        assert filled > 0
        assert SILENT in again.stdout
        assert systems.writes == filled
        assert len(systems.crm.rows(CUSTOMERS)) >= before
