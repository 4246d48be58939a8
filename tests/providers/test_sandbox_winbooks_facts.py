"""What the WinBooks sandbox rests on: the tables of the description, and every guess in one table."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from winbooks_talk import SHEET, Talk, needs_sheet, talking

from syncrules_providers.sandboxes.winbooks_assumed import ASSUMPTIONS, Habits
from syncrules_providers.sandboxes.winbooks_objects import Om, model

HERE = Path(__file__).parent
TESTS = "\n".join(each.read_text(encoding="utf-8") for each in sorted(HERE.glob("test_sandbox_winbooks*.py")))

LOGISTICS = "DocumentHeader, DocumentDetail, DocumentRow, JournalLog, Item, StockTransaction"
"""The row of what is not emulated that is about a whole module."""


def test_every_habit_is_explained_and_every_explanation_has_its_habit() -> None:
    habits = {each.name for each in dataclasses.fields(Habits)}

    assert {name for each in ASSUMPTIONS for name in each.switches} == habits
    assert len({each.about for each in ASSUMPTIONS}) == len(ASSUMPTIONS)


def test_every_habit_is_switched_in_a_test() -> None:
    habits = [each.name for each in dataclasses.fields(Habits)]

    assert [name for name in habits if not re.search(rf"habits\.{name} =|Habits\([^)]*\b{name}=", TESTS)] == []


def test_lives_of_tokens_are_habits() -> None:
    clock = [0.0]
    habits = Habits(access_lifetime_s=5, exchange_lifetime_s=10, trusted_lifetime_s=20)
    with talking(None, ledger=False, clock=lambda: clock[0], habits=habits) as talk:
        short = talk.sandbox.let_in("short@acme.example")

        def status(email: str, token: str) -> int:
            return talk.ask_token("exchange_token", token, email).status_code

        assert talk.login()["expires_in"] == "5"
        clock[0] = 5.0
        assert talk.send("GET", "Vats").status_code == 401
        assert (status("short@acme.example", short), status("info@acme.example", "XCH-000111222")) == (200, 200)
        clock[0] = 10.0
        assert (status("short@acme.example", short), status("info@acme.example", "XCH-000111222")) == (400, 200)
        clock[0] = 20.0
        assert status("info@acme.example", "XCH-000111222") == 400


def test_what_is_padded_is_a_habit() -> None:
    with talking(ledger=False, habits=Habits(padding=3, padded=("Name",))) as talk:
        third = talk.get("Third/10042?maxLevel=2")

        assert (third["Name"], third["DefaultAddress"]["Town"]) == ("Bakkerij De Halm   ", "Gent")
        assert projected_name(talk) == ["Bakkerij De Halm   "]


def projected_name(talk: Talk) -> object:
    wanted = {"Operator": 0, "PropertyName": "Code", "OtherPropertyName": "", "Values": ["10042"]}
    return talk.ask("Third", wanted, ProjectionsList=[{"PropertyName": "Name", "Operator": 22}])


# The tables of the description ------------------------------------------------------------------------------------------


def table(section: str, after: str = "") -> list[list[str]]:
    """Read the rows of the first table behind a heading, or behind a word below it."""
    text = SHEET.read_text(encoding="utf-8")
    text = text[text.index(f"\n### {section}") :]
    text = text[text.index(after) :]
    rows = re.search(r"(?:^\|.*\n)+", text, re.M)
    assert rows is not None
    return [[cell.strip(" *`") for cell in row.strip("|").split("|")] for row in rows.group().splitlines()[2:]]


def has(om: Om, name: str, id_field: str, code_field: str) -> bool:
    """Tell whether an OM has a member, by all its names."""
    if not id_field:
        return name.lower() in om.members or name in om.lists
    reference = next((each for each in om.references.values() if each.id_field == id_field), None)
    return reference is not None and (code_field in ("", "none") or code_field.lower() in om.members)


@needs_sheet
@pytest.mark.parametrize(
    ("name", "section", "after"),
    [
        ("Customer", "3.1", ""),
        ("Third", "3.2", ""),
        ("GLTransHeader", "3.6", "GLTransHeader:"),
        ("GLTrans", "3.6", "GLTrans:"),
    ],
)
def test_members_are_those_of_the_tables(name: str, section: str, after: str) -> None:
    om = model("2.5")[name]
    missing = []
    for row in table(section, after):
        label, id_field, code_field = re.sub(r" \(.*", "", row[0]), row[2], (row[3].split() or [""])[-1].strip("`")
        for each in re.findall(r"\b[A-Z]\w+", label) if ";" in label or "/" in label or "," in label else [label]:
            if each not in ("DateTime", "logistics", "DefaultAddress", "Custom") and label != "logistics only":
                missing += [] if has(om, each, id_field, code_field) else [each]

    assert missing == []


@needs_sheet
def test_every_type_of_the_description_is_known_or_left_out() -> None:
    text = SHEET.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `(Winbooks\.TORM\.OM[\w.*]*)`", text, re.M)
    names = [(each, kind) for oms, kind in rows for each in re.findall(r"\w+", oms)]

    assert len(names) > 25
    for each, kind in names:
        if each not in LOGISTICS and "Logistics" not in kind:
            assert model("2.5")[each].type.startswith(kind.removesuffix("*")[: len("Winbooks.TORM.OM")]), each
            assert ("Accounting" in kind) == ("Accounting" in model("2.5")[each].type), each
