"""`syncrules serve` on a disk that fills or spoils: it says which file it is and what helps, loses nothing, and goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from people import People
from served import BESIDE, EVERY, Served, connect, jobs, kill_all, serving, until
from small_disk import Disk, small_disk
from terminal import Told
from town import Town, town

pytestmark = pytest.mark.kept_in("sqlite", because="it is about the disk on which the files stand")
ROOM = 30_000
"""Kilobytes: more than these tests need while nobody fills it."""


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Town, Disk | None, People]]:
    """Two systems whose state store lies on a small disk, where this machine lets us have one; and people at work."""
    with town(besides=BESIDE) as here, small_disk(here.folder / ".syncrules", ROOM) as disk:
        people = People(here)
        people.begin()
        connect(here)
        try:
            yield here, disk, people
        finally:
            kill_all()


@pytest.fixture
def here(small: tuple[Town, Disk | None, People]) -> Town:
    return small[0]


@pytest.fixture
def disk(small: tuple[Town, Disk | None, People]) -> Disk:
    if small[1] is None:
        pytest.skip("this machine lets nobody mount a file system here")
    return small[1]


@pytest.fixture
def people(small: tuple[Town, Disk | None, People]) -> People:
    return small[2]


def told(served: Served, event: str) -> list[dict[str, object]]:
    return [each for each in served.events if each["event"] == event]


def starts(here: Town) -> Told:
    return here.terminal.type("serve", "--json", "--port", "0", "--every", EVERY)


def goes_on(served: Served, people: People, act: str) -> None:
    """Make sure that what somebody does now is carried."""
    before = len(served.runs)
    people.do(act, f"{act} {before}")
    until(lambda: any(served.runs[before:]))
    until(lambda: served.runs[-3:] == [0, 0, 0])


@pytest.mark.requirement("X-03")
def test_a_disk_that_fills_while_it_serves_is_told_once_and_everything_goes_on_when_there_is_room(
    here: Town, disk: Disk, people: People
) -> None:
    served = serving(here)
    until(lambda: served.runs[-3:] == [0, 0, 0])
    disk.fill()
    for act in ("edit in the CRM", "invoice"):
        people.do(act, f"{act} on a full disk")
    until(lambda: told(served, "lost"))
    time.sleep(4)

    (lost,) = told(served, "lost")
    assert "state.db" in str(lost["message"])
    assert str(lost["message"]).endswith("cannot be used: the disk is full")
    assert "has room" in str(lost["cure"])
    assert told(served, "back") == []

    before = len(served.runs)
    disk.make_room()
    until(lambda: any(served.runs[before:]))
    until(lambda: served.runs[-3:] == [0, 0, 0])
    goes_on(served, people, "edit in the CRM")
    ended = served.stop()

    assert (ended.code, ended.err) == (0, "")
    assert list(people.wrong(ended.out)) == []
    people.in_step()


@pytest.mark.requirement("X-03")
def test_started_on_a_full_disk_it_says_so_and_ends(here: Town, disk: Disk) -> None:
    disk.fill()
    began = starts(here)
    disk.make_room()
    (said,) = began.objects

    assert began.code == 5
    assert said["error"]["message"].endswith("cannot be used: the disk is full")
    assert "has room" in said["error"]["cure"]


@pytest.mark.requirement("X-03")
def test_jobs_that_are_damaged_can_be_deleted_and_nothing_is_lost(here: Town, people: People) -> None:
    # Whatever waited is known to the state store: it is found anew.
    people.do("edit in the CRM", "before the damage")
    file = Path(here.state).with_name("state.db.jobs")
    if not file.exists():
        served = serving(here)
        until(lambda: served.runs)
        served.stop()
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    began = starts(here)
    (said,) = began.objects

    assert began.code == 5
    assert "state.db.jobs' cannot be used: database disk image is malformed" in said["error"]["message"]
    assert "delete that file" in said["error"]["cure"]

    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
    served = serving(here)
    until(lambda: served.runs[-3:] == [0, 0, 0])
    goes_on(served, people, "invoice")
    ended = served.stop()

    assert (ended.code, ended.err) == (0, "")
    assert list(people.wrong(ended.out)) == []
    assert {state for _, state in jobs(here)} <= {"SUCCESS", "CANCELLED", "ENQUEUED", "DELAYED"}
    people.in_step()
