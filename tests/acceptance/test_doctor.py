"""`syncrules doctor`: it finds what is wrong, says whose fault it is and what next, and writes nothing anywhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import sf
import sqlalchemy as sa
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from scenes import in_crm
from typed import OUTPUT
from world import World, world

from syncrules.cli.commands import commands
from syncrules.connection import Connection
from syncrules.doctor import examine, systems
from syncrules.doctor.finding import Finding, exit_code
from syncrules.manifest import Manifest
from syncrules.memory import tables
from syncrules.memory.store import Store
from syncrules.provider import find
from syncrules_providers.sandboxes.story import tell

MAPPINGS = ("tribe-eboekhouden", "tribe-eboekhouden-rest", "tribe-winbooks", "tribe-yuki", "winbooks-silverfin")


def doctor(here: World, code: int, *words: str) -> dict[str, Finding]:
    """Type the command; gives what it found, by check."""
    result = typed(here, "--json", *words)

    assert result.exit_code == code, result.output
    data = json.loads(result.stdout)
    Draft202012Validator(OUTPUT).validate(data)
    return {each["check"]: Finding(**each) for each in data["findings"]}


def typed(here: World, *words: str) -> Result:
    return CliRunner().invoke(commands, ["doctor", "--state", here.state, "c", *words])


def remembered(store: Store) -> dict[str, list[Any]]:
    """Everything that is remembered, but how many calls were made and what a system renewed."""
    left_out = {"calls", "connections"}
    names = [each for each in tables.metadata.sorted_tables if each.name not in left_out]
    found = {each.name: [tuple(row) for row in store.db.execute(sa.select(each))] for each in names}
    store.db.commit()
    return found


@contextmanager
def in_step(mapping: str) -> Iterator[tuple[Connection, Any, Any]]:
    """Give an open connection, and the sandboxes on both sides, with records in them."""
    if mapping == "winbooks-silverfin":
        with sf.world() as here:
            here.begin()
            with here.opened() as conn:
                yield conn, here.books, here.office
        return
    with world(tell(0), mapping=mapping) as here:
        here.connect()
        with here.opened() as conn:
            yield conn, here.crm, here.books


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_look_at_a_sound_connection_finds_nothing_wrong_and_writes_nothing(mapping: str) -> None:
    with in_step(mapping) as (conn, *sandboxes):
        before = remembered(conn.memory.store)
        for each in sandboxes:
            each.calls.clear()
        found = list(examine.look(conn))
        after = remembered(conn.memory.store)

        assert [each for each in found if each.verdict == "wrong"] == []
        assert {each.text for each in found if each.verdict == "look" and each.check != "time zone"} == set()
        assert [each for one in sandboxes for each in one.calls if each.writes] == []
        assert all(one.calls for one in sandboxes)
        assert after == before


def test_what_is_wrong_is_said_with_whose_fault_it_is_and_what_to_do(here: World) -> None:
    in_crm(here, "Zonder nummer", None)
    here.run()
    here.zone("Europe/Amsterdam")

    assert {each.verdict for each in doctor(here, 0).values()} == {"good"}
    with here.store.transaction():
        row = here.store.connection("c")
        assert row is not None
        here.store.change("c", settings=json.dumps({**row.settings, "product group": "weg", "unit": None}).encode())
    found = doctor(here, 1)
    assert found["settings"].verdict == "wrong"
    assert "'product group' is answered with 'weg', which Tribe CRM does not offer any more" in typed(here).output
    assert found["mapping"].verdict == "look"
    here.kind.spoil(here.books, "00000000-0000-0000-0000-000000000000")
    found = doctor(here, 3)
    assert found["e-Boekhouden: login"].verdict == "wrong"
    assert "security code" in found["e-Boekhouden: login"].cure
    assert "e-Boekhouden: rights" not in found
    assert found["Tribe CRM: rights"].verdict == "good"
    with here.store.alone("c"):
        found = doctor(here, 1)
        assert "a run is under way" in found["lock"].text


@pytest.mark.kept_in("sqlite", because="it is about a file")
def test_a_store_of_an_older_version_is_not_brought_up_to_date_by_a_look(here: World) -> None:
    here.run()
    here.store.close()
    file = here.folder / "state.db"
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("update alembic_version set version_num = '0003'")
        raw.commit()
    found = doctor(here, 1)
    with closing(sqlite3.connect(file)) as raw:
        stands = raw.execute("select version_num from alembic_version").fetchone()

    assert list(found) == ["migrations"]
    assert stands == ("0003",)
    file.write_bytes(b"not a database, but something else that is as long as one may be" * 20)
    assert typed(here).exit_code == 5


def drift(page: list[dict[str, Any]], used: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    manifest: Manifest = find("tribe").manifest
    return list(systems.drift(manifest, manifest.resources["products"], page, used))


def test_records_that_are_not_as_the_manifest_says_are_told_field_by_field() -> None:
    sound = {"ID": "1", "Code": "A", "Name": "Koord", "New": 1}

    assert drift([sound]) == []
    assert drift([{**sound, "Code": 7}]) == ["products: 'Code' is integer, and the manifest says string"]
    assert drift([sound], {"Code", "SalesPrice"}) == ["products: no record shows 'SalesPrice', which the mapping uses"]
    assert drift([], {"Code"}) == []


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "good"), (45, "good"), (-300, "look"), (300, "look")])
def test_clocks_that_differ_are_told(here: World, seconds: int, verdict: str) -> None:
    here.connect()
    here.clock.ahead = seconds
    with here.opened() as conn:
        conn.providers["tribe"].account()
        (found,) = systems.clock(conn, "tribe")

    assert found.verdict == verdict
    assert exit_code([found]) == (verdict == "look")
