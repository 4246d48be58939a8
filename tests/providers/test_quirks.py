"""Every peculiarity that is recorded of a system is shown by a test of its sandbox, or it is said why the sandbox has it not.

`quirks/<system>.yaml` lists them. What is recorded is counted item by item; it lies beside this repository, or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from facts import FACTS, recorded, spread, test_names

from syncrules_providers.sandboxes import (
    eboekhouden_rest_tables,
    silverfin_wire,
    winbooks_assumed,
    yuki_assumptions,
)

QUIRKS: Mapping[str, Any] = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted((Path(__file__).parent / "quirks").glob("*.yaml"))
}
SYSTEMS = ["eboekhouden_rest", "eboekhouden_soap", "silverfin", "tribe", "winbooks", "yuki"]
CERTAINTIES = {"certain", "documented", "seen", "inferred", "assumed", "unverified"}
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "eboekhouden_rest": eboekhouden_rest_tables.NOT_EMULATED,
    "silverfin": silverfin_wire.NOT_EMULATED,
    "winbooks": winbooks_assumed.NOT_EMULATED,
    "yuki": yuki_assumptions.NOT_EMULATED,
}
"""Where a sandbox says itself what it has not: `not_emulated` is the name of a row of that table, which has the reason."""


def items(system: str) -> Iterator[str]:
    """Name every item of the record of a system; two systems may share one."""
    for section, count in QUIRKS[system]["items"].items():
        yield from spread(f"{section}/1-{count}")


def told(system: str) -> set[str]:
    """Name the items that the file of a system says something of: as a quirk, or as none."""
    says = QUIRKS[system]
    named = [each["at"] for each in says["quirks"]] + list(says["no_quirk"].values())
    found = {item for each in named for item in spread(each)}
    whole = {each for each in found if "/" not in each}
    return {each for each in found if "/" in each} | {
        item for item in items(system) if {item.partition("/")[0], item.partition(".")[0]} & whole
    }


def test_every_system_has_its_quirks() -> None:
    assert list(QUIRKS) == SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_quirk_is_shown_by_a_test_or_it_is_said_why_it_is_not_there(system: str) -> None:
    quirks = QUIRKS[system]["quirks"]
    tests = {each.partition("::")[2] for each in test_names() if each.startswith(f"test_sandbox_{system}")}
    for each in quirks:
        assert {"id", "says", "at", "certainty"} == each.keys() - {"shown_by", "not_emulated"}, each
        assert ("shown_by" in each) != ("not_emulated" in each), each["id"]
        assert each["certainty"] in CERTAINTIES, each["id"]
        assert each["says"].endswith("."), each["id"]
        assert each.get("shown_by") != [], each["id"]
        assert {f"test_{name}" for name in each.get("shown_by", ())} - tests == set(), each["id"]

    assert len({each["id"] for each in quirks}) == len(quirks)


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_not_emulated_says_why(system: str) -> None:
    reasons = [each["not_emulated"] for each in QUIRKS[system]["quirks"] if "not_emulated" in each]

    if system in LEFT_OUT:
        assert set(reasons) == LEFT_OUT[system].keys()
        assert all(LEFT_OUT[system].values())
    else:
        assert all(len(each) > 20 for each in reasons)


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_told_that_is_not_recorded(system: str) -> None:
    assert told(system) - set(items(system)) == set()


@pytest.mark.parametrize("file", sorted({each["facts"] for each in QUIRKS.values()}))
def test_every_item_of_the_record_is_a_quirk_or_it_is_said_to_be_none(file: str) -> None:
    systems = [name for name, each in QUIRKS.items() if each["facts"] == file]
    found = set[str]().union(*map(told, systems))
    missing = [each for each in items(systems[0]) if each not in found]

    assert missing == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_record_has_as_many_items_as_were_counted(system: str) -> None:
    file = QUIRKS[system]["facts"]
    if not (FACTS / file).exists():
        pytest.skip(f"the record does not lie beside this repository: {FACTS / file}")

    assert recorded(file) == Counter(QUIRKS[system]["items"])
