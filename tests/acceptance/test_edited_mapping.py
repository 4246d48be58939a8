"""Editing one line of a mapping of one's own changes what is planned, and nothing else has to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import eb
import pytest
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
