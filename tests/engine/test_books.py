"""Many pairs of books inside one connection: which there are, and that each goes its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from mirror_world import Board, Books, Clock, _empty, changed, load

from syncrules import books, connection
from syncrules.connection import Connection
from syncrules.errors import LoginRefused
from syncrules.journey.rules import compile_rules
from syncrules.journey.run import Result
from syncrules.language import scoped
from syncrules.memory.kept import Books as Pair
from syncrules.memory.kept import ConnectionRow, within
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.provider import Account, Record

TEXT = changed(
    (
        "settings:\n",
        """scope:
  books: {resource: folders, key: Code}
  board: {resource: files, key: folder}
  named_by: board
  unknown: {because: There are no such books., cure: Look the code up.}
settings:
""",
    ),
    ("books: {resource: lines, where: {Draft: false}}", "books: {resource: lines, where: {Draft: false, Day: {from: {scope: from}}}}"),
)  # fmt: skip
SALE = (("400", "121.00"), ("700", "-121.00"))


@dataclass
class Shelf(Books):
    """Several books."""

    folders: dict[str, Books] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        assert resource == "folders"
        yield [{"Code": each, "Name": each} for each in self.folders]

    def within(self, record: Record) -> Any:
        if record["Code"] in self.closed:
            return Closed()
        return self.folders[record["Code"]]


class Closed:
    def account(self) -> Account:
        raise LoginRefused("The Books", "they are closed", cure="Open them.")


@dataclass
class Wall(Board):
    """Several boards, and files that say which books each follows."""

    boards: dict[int, Board] = field(default_factory=dict)
    files: list[Record] = field(default_factory=list)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        assert resource == "files"
        yield [dict(each) for each in self.files]

    def within(self, record: Record) -> Board:
        return self.boards.setdefault(record["id"], Board())


class World:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.books = Shelf(self.clock, folders={each: Books(self.clock) for each in ("A", "B")})
        self.board = Wall()
        store.replace(_empty())
        with store.transaction():
            store.save(ConnectionRow("c", "mirror", {"carried to": "140"}, {}, {}))

    def run(self, **how: Any) -> Result:
        self.clock.sleep(3600)
        row = self.store.connection("c")
        assert row is not None
        loaded, providers = load(TEXT), {"books": self.books, "board": self.board}
        rules = compile_rules(scoped.outside(loaded), row.settings)
        memory = Memory(self.store, "c", ("books", "board"))
        self.opened = Connection(row, loaded, rules, memory, providers, self.clock)  # type: ignore[arg-type]  # these two do what is asked of them here
        return connection.run(self.opened, **how)

    def file(self, id: int, folder: str, **more: Any) -> None:
        self.board.files = [each for each in self.board.files if each["id"] != id]
        self.board.files.append({"id": id, "name": f"File {id}", "folder": folder, "from": None, **more})

    def states(self) -> dict[str, str]:
        return {each.title: each.state for each in self.store.books("c")}


@pytest.fixture
def here() -> Iterator[World]:
    with Store.in_memory() as store:
        made = World(store)
        for each in made.books.folders.values():
            each.put("years", "y1", Start="2026-01-01", End="2026-12-31")
        made.books.folders["A"].document("S1", *SALE)
        made.books.folders["B"].document("T1", *SALE)
        yield made


# Which there are ------------------------------------------------------------------------------------------------------


def pair(*files: Record, known: tuple[Pair, ...] = (), now: float = 1.0) -> dict[str, Pair]:
    folders = [{"Code": "A", "Name": "A"}, {"Code": "B", "Name": "B"}]
    return {each.title: each for each in books.paired(load(TEXT), {"books": folders, "board": files}, known, now)}


def a_file(id: int, folder: str | None) -> Record:
    return {"id": id, "name": f"File {id}", "folder": folder, "from": None}


def test_a_file_follows_the_books_that_its_key_names() -> None:
    (found,) = pair(a_file(1, "B")).values()

    assert (found.title, found.state, found.records["books"]["Code"]) == ("File 1 (B)", "open", "B")


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_a_file_that_names_nothing_yet_is_no_pair(nothing: str | None) -> None:
    assert pair(a_file(1, nothing)) == {}


def test_a_key_that_leads_nowhere_waits_with_its_cure() -> None:
    found = pair(a_file(1, "X"))["File 1 (X)"]

    assert (found.state, found.reason, found.cure) == ("waiting", "There are no such books: 'X'", "Look the code up.")


def test_a_pair_keeps_what_is_known_of_it_and_when_it_came_to_stand_so() -> None:
    before = pair(a_file(1, "A"))["File 1 (A)"]
    before.digest = "known"
    again = pair(a_file(1, "A"), known=(before,), now=9.0)["File 1 (A)"]

    assert (again.digest, again.since) == ("known", 1.0)


def test_whoever_follows_other_books_is_another_pair_and_the_one_of_before_is_gone() -> None:
    before = pair(a_file(1, "A"))["File 1 (A)"]
    found = pair(a_file(1, "B"), known=(before,), now=9.0)

    assert {title: each.state for title, each in found.items()} == {"File 1 (A)": "gone", "File 1 (B)": "open"}
    assert found["File 1 (A)"].since == 9.0


def test_a_pair_that_comes_back_is_open_again() -> None:
    before = pair(a_file(1, "A"))["File 1 (A)"]
    gone = pair(known=(before,))["File 1 (A)"]

    assert (gone.state, gone.reason) == ("gone", books.LEFT)

    found = pair(a_file(1, "A"), known=(gone,))["File 1 (A)"]

    assert (found.state, found.reason) == ("open", "")


# Each goes its own way ------------------------------------------------------------------------------------------------


def test_each_pair_is_sent_what_is_its_own(here: World) -> None:
    here.file(1, "A")
    here.file(2, "B")
    done = here.run()

    assert sorted(here.board.boards[1].entries) == ["S1-0", "S1-1"]
    assert sorted(here.board.boards[2].entries) == ["T1-0", "T1-1"]
    assert done.counts["created"] == 10  # for each a year, two accounts and two lines
    assert here.run().writes == 0


def test_two_files_may_follow_the_same_books(here: World) -> None:
    here.file(1, "A")
    here.file(2, "A")
    here.run()

    assert here.board.boards[1].entries == here.board.boards[2].entries


def test_what_is_wrong_with_one_is_noted_there_and_the_others_go_on(here: World) -> None:
    here.file(1, "A")
    here.file(2, "B")
    here.books.closed = {"A"}
    here.run()
    first = {each.title: each for each in here.store.books("c")}["File 1 (A)"]

    assert (first.state, first.reason, first.cure) == ("failed", "The Books: they are closed", "Open them.")
    assert here.states()["File 2 (B)"] == "open"
    assert sorted(here.board.boards[2].entries) == ["T1-0", "T1-1"]

    here.books.closed = set()
    here.run()

    assert set(here.states().values()) == {"open"}
    assert sorted(here.board.boards[1].entries) == ["S1-0", "S1-1"]


def test_a_value_of_the_pair_that_changes_decides_anew(here: World) -> None:
    here.books.folders["A"].document("S0", *SALE, day="2025-05-05")
    here.file(1, "A")
    here.run()
    before = len(here.board.boards[1].entries)
    here.file(1, "A", **{"from": "2026-01-01"})
    here.run()

    assert before == 4
    held = Memory(here.store, within("c", "1 A"), ("books", "board")).brakes()
    assert [(entity, name) for entity, name, _, _ in held] == [
        ("line", "deletions")
    ]  # new rules take nothing away unasked


def test_a_pair_that_is_gone_is_left_alone(here: World) -> None:
    here.file(1, "A")
    here.run()
    here.board.files = []
    here.books.folders["A"].document("S2", *SALE)
    here.run()

    assert here.states() == {"File 1 (A)": "gone"}
    assert sorted(here.board.boards[1].entries) == ["S1-0", "S1-1"]


def test_a_connection_that_is_forgotten_leaves_nothing_of_its_pairs(here: World) -> None:
    here.file(1, "A")
    here.run()
    with here.store.transaction():
        here.store.forget("c")

    assert here.store.books("c") == []
    assert Memory(here.store, within("c", "1 A"), ("books", "board")).count_linked("line", "books") == 0
