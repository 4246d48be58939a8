"""Answers that a system lists itself: which room, which drawer in it, before a connection is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cli_world import Shell

from syncrules import provider
from syncrules.activation.activate import Activation
from syncrules.connection import RealClock
from syncrules.errors import LoginRefused, SpecError, UsageError
from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.memory.store import Store, open_store
from syncrules.provider import Account, Installed, Record
from syncrules.secrets import Keys

MANIFEST = """
manifest: 1
provider: cabinet
title: Cabinet
certainty: documented
connection:
  asks:
    key: {title: Which key?, secret: true}
    floor: {title: Which floor?, choices_from: floors}
    room: {title: Which room?, help: The key may open several., choices_from: rooms}
    drawer: {title: Which drawer?, choices_from: drawers}
    colour: {title: Which colour?, default: grey}
resources:
  cards:
    title: cards
    id: id
    fields: {id: {readOnly: true}, number: {}, name: {}}
    create: {requires: [number], unknown_outcome: {look_up: number}}
    update: sent_fields
  floors:
    title: floors
    id: id
    label: [id, name]
    fields: {id: {readOnly: true}, name: {readOnly: true}}
    rows: [{id: "0", name: ground}, {id: "1", name: first}]
  rooms: {title: rooms, id: id, name: name, label: [name], fields: {id: {readOnly: true}, name: {readOnly: true}}}
  drawers:
    title: drawers
    id: id
    name: name
    label: [name]
    fields: {id: {readOnly: true}, name: {readOnly: true}, locked: {type: boolean, readOnly: true}}
    active: {field: locked, inactive: true}
"""
MAPPING = """
syncrules: 1
title: Two cabinets
sides: {left: {provider: cabinet}, right: {provider: cabinet}}
entities:
  card:
    about: Cards.
    left: {resource: cards}
    right: {resource: cards}
    to: right
    first_import: {from: left}
    match: [{any: [Number]}]
    when: {left: at_once}
    events:
      left: {created: create, changed: update, deleted: ignore}
    fields:
      Number: {left: number, right: number}
      Name: {left: name, right: name}
"""

ROOMS = {"small key": ["r1"], "big key": ["r1", "r2"], "useless key": []}
DRAWERS = {
    "r1": [{"id": "d1", "name": "Bills", "locked": False}, {"id": "d2", "name": "Attic", "locked": True}],
    "r2": [{"id": "7", "name": "Seven", "locked": False}, {"id": "d4", "name": "Four", "locked": False}],
}


class Cabinet:
    """Invented drawers in invented rooms; what a key opens depends on the key."""

    manifest: ClassVar[Any] = None
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        self.settings = dict(settings)

    def account(self) -> Account:
        return Account(self.settings["drawer"], f"Drawer {self.settings['drawer']}")

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        self.asked.append((resource, self.settings))
        if self.settings["key"] not in ROOMS:
            raise LoginRefused("Cabinet", f"the key {self.settings['key']} fits nowhere", cure="Find another.")
        if resource == "rooms":
            yield [{"id": each, "name": f"Room {each}"} for each in ROOMS[self.settings["key"]]]
        elif resource == "drawers":
            yield [dict(each) for each in DRAWERS[self.settings["room"]]]
        else:
            yield []

    def fetch(self, resource: str, key: str) -> Record | None:
        raise AssertionError("there is nothing to fetch")

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        raise AssertionError("there is nothing to find")

    def create(self, resource: str, record: Record) -> Record:
        raise AssertionError("there is nothing to create")

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        raise AssertionError("there is nothing to update")

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def cabinet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the cabinet, and give the file of a mapping between two of them."""
    (tmp_path / "cabinet.manifest.yaml").write_text(MANIFEST)
    (tmp_path / "cabinets.yaml").write_text(MAPPING)
    found = Installed("cabinet", Cabinet, load_manifest(tmp_path / "cabinet.manifest.yaml"))
    monkeypatch.setattr(provider, "find", lambda name: found)
    Cabinet.asked.clear()
    return str(tmp_path / "cabinets.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "choosing.db") as opened:
        yield opened


@pytest.fixture
def activation(store: Store, cabinet: str) -> Activation:
    return Activation(store, Keys([b"0" * 32]), RealClock(), "acme", cabinet)


def taken(activation: Activation, **given: str) -> dict[str, str]:
    activation.credentials.take("left", given)
    return {name: value for name, value in activation.row.answers["left"].items() if name != "key"}


def test_an_answer_may_be_the_key_or_the_name_of_what_is_listed(activation: Activation) -> None:
    by_name = taken(activation, key="big key", floor="Ground", room="room R2", drawer="four")

    assert by_name == {"floor": "0", "room": "r2", "drawer": "d4"}
    assert taken(activation, key="big key", floor="1", room="r2", drawer="7") == {
        "floor": "1",
        "room": "r2",
        "drawer": "7",
    }


def test_each_list_is_read_with_the_answers_before_it_and_no_later_one(activation: Activation) -> None:
    taken(activation, key="big key", floor="0", room="r2", drawer="7", colour="red")

    assert Cabinet.asked == [
        ("rooms", {"key": "big key", "floor": "0", "colour": "red"}),
        ("drawers", {"key": "big key", "floor": "0", "room": "r2", "colour": "red"}),
    ]


def test_the_only_one_there_is_need_not_be_said_and_is_told(activation: Activation) -> None:
    found = taken(activation, key="small key", floor="0")

    assert found == {"floor": "0", "room": "r1", "drawer": "d1"}
    assert activation.taken == {"Cabinet: 'room'": ["Room r1"], "Cabinet: 'drawer'": ["Bills"]}


def test_of_several_one_must_be_said(activation: Activation) -> None:
    with pytest.raises(UsageError, match="'room' has not been answered") as caught:
        taken(activation, key="big key", floor="0")

    assert "It is one of 'Room r1', 'Room r2'." in caught.value.cure
    assert activation.row.answers == {}


def test_what_is_not_listed_or_out_of_use_is_no_answer(activation: Activation) -> None:
    with pytest.raises(UsageError, match="there is no 'r9' to choose") as nowhere:
        taken(activation, key="big key", floor="0", room="r9")
    with pytest.raises(UsageError, match="there is no 'd2' to choose"):
        taken(activation, key="big key", floor="0", room="r1", drawer="d2")

    assert "'Room r1', 'Room r2'" in nowhere.value.cure


def test_a_key_that_opens_nothing_is_told(activation: Activation) -> None:
    with pytest.raises(UsageError, match="nothing to choose from for 'room'") as caught:
        taken(activation, key="useless key", floor="0")

    assert "may see rooms" in caught.value.cure


def test_what_was_chosen_before_is_kept_without_a_look(activation: Activation) -> None:
    taken(activation, key="big key", floor="0", room="r2", drawer="7")
    Cabinet.asked.clear()
    again = taken(activation, key="small key")

    assert again == {"floor": "0", "room": "r2", "drawer": "7"}
    assert Cabinet.asked == []


def test_a_question_whose_choices_nobody_lists_is_a_mistake_of_the_manifest(tmp_path: Path) -> None:
    file = tmp_path / "broken.manifest.yaml"
    file.write_text(MANIFEST.replace("choices_from: rooms", "choices_from: chambers"))

    with pytest.raises(SpecError, match="no resource 'chambers'"):
        load_manifest(file)


# Asked at the screen ------------------------------------------------------------------------------------------------


def answered(shell: Shell, cabinet: str, *typed: str) -> Any:
    *before, last = typed
    zone = "Europe/Brussels"
    return shell.type("connect", "acme", "--mapping", cabinet, input="\n".join([*before, zone, last, ""]))


def test_a_person_chooses_by_number_and_confirms_what_there_is_only_one_of(shell: Shell, cabinet: str) -> None:
    left = ("big key", "1", "2", "Four", "")
    right = ("small key", "2", "", "", "")
    result = answered(shell, cabinet, *left, *right, "n")
    row = shell.row()

    assert result.exit_code == 0, result.output
    assert "    1  Room r1\n    2  Room r2\n" in result.stderr
    assert "The key may open several." in result.stderr
    assert "Which drawer? [Bills]" in result.stderr
    assert "Logged in to Cabinet: Drawer d4" in result.stdout
    assert row is not None
    assert {side: row.answers[side]["drawer"] for side in ("left", "right")} == {"left": "d4", "right": "d1"}
    # What was listed to be chosen from is not asked for a second time to be checked.
    assert [resource for resource, _ in Cabinet.asked if resource != "cards"] == ["rooms", "drawers"] * 2


def test_a_number_that_is_itself_a_choice_is_taken_at_its_word(shell: Shell, cabinet: str) -> None:
    result = answered(shell, cabinet, "big key", "0", "r2", "7", "", "small key", "0", "", "", "", "n")
    row = shell.row()

    assert result.exit_code == 0, result.output
    assert row is not None
    assert (row.answers["left"]["floor"], row.answers["left"]["drawer"]) == ("0", "7")


def test_who_answers_with_what_is_not_there_is_asked_again(shell: Shell, cabinet: str) -> None:
    result = answered(shell, cabinet, "big key", "0", "cellar", "r1", "", "", "small key", "0", "", "", "", "n")

    assert result.exit_code == 0, result.output
    assert "there is no 'cellar' to choose. Choose one of 'Room r1', 'Room r2'." in result.stderr


def test_a_wrong_key_is_told_before_anything_is_chosen_and_never_shown(shell: Shell, cabinet: str) -> None:
    result = answered(shell, cabinet, "lost key", "0", "small key", "0", "", "", "", "small key", "0", "", "", "", "n")

    assert result.exit_code == 0, result.output
    assert "fits nowhere" in result.stderr
    assert "lost key" not in result.output


def test_only_pressing_enter_keeps_what_was_chosen(shell: Shell, cabinet: str) -> None:
    answered(shell, cabinet, "big key", "0", "r2", "d4", "", "big key", "0", "r2", "7", "", "n")
    before = shell.row()
    result = answered(shell, cabinet, *[""] * 10, "n")
    after = shell.row()

    assert result.exit_code == 0, result.output
    assert "Which drawer? [Four]" in result.stderr
    assert before is not None
    assert after is not None
    assert after.answers == before.answers
