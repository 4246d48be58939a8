"""A disk that is full: the command says so and ends; nothing is half written, and with room the next one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fault_proxy import Exchange, Fault
from kill import about
from people import People
from small_disk import Disk, small_disk
from terminal import Told
from town import NAME, Town, town

pytestmark = [
    pytest.mark.over("soap", because="it is about the disk, whatever the books speak"),
    pytest.mark.kept_in("sqlite", because="it is about the disk on which the file stands"),
]
ROOM = 6000
"""Kilobytes: more than these tests need while nobody fills it."""
ACTS = ("customer in the books", "customer in the CRM", "edit in the books", "edit in the CRM", "invoice")


@contextmanager
def with_small_disk() -> Iterator[tuple[Town, Disk, People]]:
    """Give a town whose state store lies on a small file system of its own, and people who have not connected it yet."""
    with town() as here, small_disk(here.folder / ".syncrules", ROOM) as disk:
        if disk is None:
            pytest.skip("this machine lets nobody mount a file system here; the limit on files is tried all the same")
        people = People(here)
        people.begin()
        yield here, disk, people


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Town, Disk, People]]:
    """The same, in step."""
    with with_small_disk() as (here, disk, people):
        here.connect()
        here.run()
        yield here, disk, people


def work(here: Town, people: People) -> None:
    for each in ACTS:
        people.do(each, f"{each} {here.writes}")


def is_told(told: Told) -> None:
    """Make sure that a command says that the disk is full, and what to do."""
    assert told.code == 5, told.out + told.err
    (said,) = told.objects
    assert said["error"]["kind"] == "StateError"
    assert "state.db" in said["error"]["message"]
    assert "has room" in said["error"]["cure"]


def goes_on(here: Town, people: People) -> None:
    """Make sure that the next run finishes what was begun, and that the one after it finds nothing to do."""
    told = here.run()
    assert told.code in (0, 1), told.out + told.err
    before = here.writes
    again = here.run()

    assert list(people.wrong(told.out + again.out)) == []
    assert here.writes == before
    people.in_step()


@pytest.mark.requirement("X-03", "EB-03")
def test_a_first_import_for_which_there_is_no_room_is_taken_up_when_there_is() -> None:
    with with_small_disk() as (here, disk, people):
        for leaving in (0, 40_000, 400_000):
            disk.fill(leaving)
            told = here.connect()
            disk.make_room()

            assert here.books.writes == []
            is_told(told)

        assert here.connect().code in (0, 1)
        goes_on(here, people)


@pytest.mark.requirement("X-03", "X-16")
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("read", marks=pytest.mark.thorough),
        pytest.param("create in the CRM", marks=pytest.mark.thorough),
        "create in the books",
        "invoice in the books",
    ],
)
def test_a_disk_that_is_full_when_something_has_just_been_written_costs_no_duplicate(
    small: tuple[Town, Disk, People], moment: str
) -> None:
    here, disk, people = small
    work(here, people)
    filled: list[str] = []

    def fill(where: str) -> None:
        def script(exchange: Exchange) -> Fault | None:
            if about(where, exchange) == moment and not filled:
                filled.append(where)
                disk.fill()
            return None

        here.proxies[where].script = script

    for where in here.proxies:
        fill(where)
    told = here.run()
    here.calm()

    assert filled
    is_told(told)

    disk.make_room()
    goes_on(here, people)


@pytest.mark.requirement("X-03")
def test_a_disk_that_stays_full_is_told_every_time_and_makes_nothing_worse(small: tuple[Town, Disk, People]) -> None:
    here, disk, people = small
    work(here, people)
    disk.fill()
    is_told(here.run())
    is_told(here.run())
    is_told(here.terminal.type("status", NAME, "--json"))

    disk.make_room()
    goes_on(here, people)


@pytest.mark.requirement("X-03")
def test_a_state_file_that_may_not_grow_is_told_and_nothing_is_lost() -> None:
    """The same where no file system can be mounted: SQLite's log may grow so far, and no further."""
    with town() as here:
        people = People(here)
        people.begin()
        here.connect()
        here.run()
        for largest in (100_000, 8_000):
            work(here, people)
            is_told(here.run(largest=largest))
            goes_on(here, people)
