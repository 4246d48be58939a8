"""Two runs of one connection at once, on one machine or on two: one works, the other steps aside; and a store that another program holds."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import postgres
import pytest
import stores
from fault_proxy import Exchange, Fault
from kill import about
from people import People
from terminal import Running, Terminal, Told
from town import NAME, Town, town
from world import EMPTY

pytestmark = pytest.mark.over("soap", because="it is about processes and their store, whatever the books speak")
ACTS = ("customer in the books", "customer in the CRM", "edit in the books", "edit in the CRM", "invoice")
BOOKED = "invoice in the books"


@pytest.fixture(scope="module")
def server() -> postgres.Server:
    return stores.server()


Place = tuple[Town, People]


@contextmanager
def in_step(**environment: str) -> Iterator[Place]:
    """Connect both systems and bring them in step."""
    with town(EMPTY, **environment) as here:
        people = People(here)
        people.begin()
        assert here.connect().code in (0, 1)
        assert here.run().code in (0, 1)
        yield here, people


@pytest.fixture(scope="module")
def beside_a_file() -> Iterator[Place]:
    with in_step() as place:
        yield place


@pytest.fixture(scope="module")
def url() -> str:
    return stores.database()


@pytest.fixture(scope="module")
def beside_a_database(url: str) -> Iterator[Place]:
    with in_step(SYNCRULES_STATE=url) as place:
        yield place


@pytest.fixture(params=["beside_a_file", pytest.param("beside_a_database", marks=pytest.mark.thorough)])
def place(request: pytest.FixtureRequest) -> Place:
    """The state is kept in either kind of store."""
    found: Place = request.getfixturevalue(request.param)
    return found


def at_work(place: Place) -> Place:
    """Let people work."""
    here, people = place
    for each in ACTS:
        people.do(each, f"{each} {here.writes}")
    return here, people


def when(here: Town, what: str, then: Callable[[], None]) -> None:
    """Do something once, when a request of this kind is on its way to the books."""
    done: list[str] = []

    def script(exchange: Exchange) -> Fault | None:
        if about("the books", exchange) == what and not done:
            done.append(what)
            then()
        return None

    here.books_proxy.script = script


def goes_on(here: Town, people: People, *runs: Told) -> None:
    """Make sure that the next run finishes what is left, and that the one after it finds nothing to do."""
    here.calm()
    last = here.run()
    assert last.code in (0, 1), last.out + last.err
    before = here.writes
    again = here.run()

    assert list(people.wrong("".join(each.out for each in (*runs, last, again)))) == []
    assert here.writes == before
    people.in_step()


def stepped_aside(told: Told) -> bool:
    """Tell whether a run says that another one is under way; nothing else may keep it from working."""
    (said,) = told.objects
    assert told.code in (0, 1), told.out + told.err
    return "error" in said and said["error"]["kind"] == "Busy"


@contextmanager
def elsewhere(here: Town, **environment: str) -> Iterator[Terminal]:
    """Sit down at another terminal."""
    with Terminal(here.folder, **{**here.terminal.given, **environment}) as other:
        yield other


@pytest.mark.requirement("X-03", "X-18")
def test_a_run_that_finds_another_at_work_steps_aside_and_touches_nothing(place: Place) -> None:
    here, people = at_work(place)
    with elsewhere(here) as other:
        second: list[Told] = []
        when(here, BOOKED, lambda: second.append(other.type("run", NAME, "--json")))
        first = here.run()

    assert first.code in (0, 1), first.out + first.err
    assert not stepped_aside(first)
    assert [stepped_aside(each) for each in second] == [True]
    assert "is under way" in second[0].objects[0]["error"]["message"]
    assert second[0].objects[0]["error"]["exit_code"] == 1
    goes_on(here, people, first)


@pytest.mark.requirement("X-03")
def test_runs_that_start_together_never_interleave(place: Place) -> None:
    here, people = at_work(place)
    ready = threading.Barrier(3)

    def run(terminal: Terminal) -> Told:
        ready.wait()
        return terminal.type("run", NAME, "--json")

    with elsewhere(here) as second, elsewhere(here) as third, ThreadPoolExecutor(3) as pool:
        told = list(pool.map(run, (here.terminal, second, third)))

    assert not all(stepped_aside(each) for each in told)
    goes_on(here, people, *told)


@pytest.mark.requirement("X-03")
def test_a_run_that_is_killed_lets_go_of_its_connection(place: Place) -> None:
    here, people = at_work(place)

    def script(exchange: Exchange) -> Fault | None:
        return "kill after" if about("the books", exchange) == BOOKED else None

    def watch(running: Running) -> None:
        here.books_proxy.kill, here.books_proxy.script = running.kill, script

    first = here.terminal.type("run", NAME, "--json", watch=watch)

    assert first.killed
    goes_on(here, people)


@pytest.mark.requirement("X-03")
def test_a_run_that_loses_its_database_ends_and_another_takes_over(
    server: postgres.Server, url: str, beside_a_database: Place
) -> None:
    """Whoever has lost the lock has lost the connection that writes: it does not go on without."""
    here, people = at_work(beside_a_database)
    when(here, BOOKED, lambda: cut_off(server, url))
    first = here.run()

    assert first.code == 5, first.out + first.err
    assert first.objects[0]["error"]["kind"] == "StateError"
    goes_on(here, people, first)


def cut_off(server: postgres.Server, url: str) -> None:
    mine = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    assert server.rows(url, mine)


# A file that another program holds ------------------------------------------------------------------------------------


class Program:
    """Another program that writes to the state file."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def begin(self) -> None:
        self._db.execute("begin immediate")

    def end(self) -> None:
        self._db.close()


@pytest.mark.requirement("X-03")
@pytest.mark.kept_in("sqlite", because="it is about a file")
def test_a_state_file_that_stays_locked_is_told_and_what_was_written_is_found_again(beside_a_file: Place) -> None:
    here, people = at_work(beside_a_file)
    before = len(here.books.mutations())
    file = here.folder / ".syncrules" / "state.db"
    program = Program(file)
    when(here, BOOKED, program.begin)
    with elsewhere(here, SYNCRULES_STATE=f"sqlite:///{file}?timeout=1") as impatient:
        first = impatient.type("run", NAME, "--json")
    program.end()

    assert len(here.books.mutations()) == before + 1
    assert first.code == 5, first.out + first.err
    assert "locked" in first.objects[0]["error"]["message"]
    assert "Another program is using it" in first.objects[0]["error"]["cure"]
    goes_on(here, people, first)


@pytest.mark.requirement("X-03")
@pytest.mark.kept_in("sqlite", because="it is about a file")
def test_a_state_file_that_is_locked_for_a_moment_is_waited_for(beside_a_file: Place) -> None:
    here, people = at_work(beside_a_file)
    program = Program(here.folder / ".syncrules" / "state.db")
    soon = threading.Timer(1.0, program.end)

    def for_a_moment() -> None:
        program.begin()
        soon.start()

    when(here, BOOKED, for_a_moment)
    first = here.run()
    soon.join()

    assert first.code in (0, 1), first.out + first.err
    assert first.seconds > 1
    goes_on(here, people, first)
