"""What the jobs promise, whoever keeps them: nothing is lost, nothing runs twice at once, many wishes are one run, pushes go first."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from jobs_in_memory import in_memory

from syncrules.memory.store import Store, open_store
from syncrules.serving.durable import Durable, beside
from syncrules.serving.jobs import Job, Jobs, Priority, Taken
from syncrules.serving.posts import Posts

LONGEST = 60.0
"""Seconds; on a machine that has much else to do."""


@contextmanager
def on_a_disk(folder: Path, slots: int, most: int = 1) -> Iterator[Durable]:
    with open_store(folder / "state.db") as store:
        jobs = Durable(beside(folder / "state.db"), Posts(store, most), slots=slots, poll=0.02)
        yield jobs
        jobs.drain(10)


@contextmanager
def in_a_database(url: str, slots: int) -> Iterator[Durable]:
    with open_store(url) as store:
        jobs = Durable(url, Posts(store, 8), slots=slots, poll=0.02)
        yield jobs
        jobs.drain(10)


@pytest.fixture(scope="module")
def database() -> Iterator[Callable[[], str]]:
    """Makes empty databases on a server of one's own."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))
    import postgres

    programs = postgres.programs()
    if programs is None:
        pytest.skip("this machine has no PostgreSQL: neither initdb nor a package that brings it was found")
    with postgres.server(programs) as server:
        yield server.database


@pytest.fixture(params=["in memory", "on a disk", pytest.param("in a database", marks=pytest.mark.thorough)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[int], object]:
    """Makes jobs with room for so many runs at once."""
    match request.param:
        case "in memory":
            return in_memory
        case "on a disk":
            return lambda slots: on_a_disk(tmp_path, slots)
        case _:
            url = request.getfixturevalue("database")()
            return lambda slots: in_a_database(url, slots)


class Hand:
    """Carries out jobs: each waits until it is let go, and all that happened is written down."""

    def __init__(self) -> None:
        self.begun: list[Job] = []
        self.ended: list[Job] = []
        self.at_once: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.again: dict[str, list[float]] = {}
        self._go = {name: threading.Event() for name in ("held", "other")}
        self._lock = threading.Lock()

    def work(self, job: Job) -> float | None:
        name = job.connection
        with self._lock:
            self.begun.append(job)
            self.at_once[name] = self.at_once.get(name, 0) + 1
            self.most[name] = max(self.most.get(name, 0), self.at_once[name])
        if name in self._go:
            assert self._go[name].wait(LONGEST)
        with self._lock:
            self.at_once[name] -= 1
            self.ended.append(job)
        if name == "broken":
            raise ValueError
        return self.again[name].pop() if self.again.get(name) else None

    def let_go(self, name: str = "held") -> None:
        self._go[name].set()

    @property
    def names(self) -> list[str]:
        return [each.connection for each in self.begun]


def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def quiet(jobs: Jobs) -> bool:
    return not any(each.state in ("waiting", "running") for each in jobs.list())


def test_what_is_wished_keeps_its_promises(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)

        assert jobs.submit(Job("held"))

        until(lambda: hand.names == ["held"])
        # Three wishes before a run are one; the one with the highest priority says when.
        for each in (
            Job("import", Priority.BACKFILL),
            Job("night"),
            Job("import", Priority.BACKFILL),
            Job("night"),
            Job("night"),
        ):
            jobs.submit(each)
        jobs.submit(Job("sale", Priority.PUSH))
        jobs.submit(Job("late", Priority.BACKFILL))
        jobs.submit(Job("late", Priority.PUSH))
        # A wish during a run is one more run afterwards; so are three.
        for _ in range(3):
            jobs.submit(Job("held", Priority.BACKFILL))
        # What was fetched from the disk is put in order; what was not is not there yet.
        until(lambda: not isinstance(jobs, Durable) or jobs.gate.counts[0] == 4)
        hand.let_go()
        until(lambda: quiet(jobs))

    # Among those that matter as much, whoever was fetched first begins.
    assert [hand.names[0], set(hand.names[1:3]), hand.names[3], set(hand.names[4:])] == ["held", {"sale", "late"}, "night", {"import", "held"}]  # fmt: skip
    assert len(hand.names) == 6
    assert hand.begun == hand.ended
    assert set(hand.most.values()) == {1}


def test_a_push_waits_behind_no_import_that_was_fetched_while_the_push_was_kept(tmp_path: Path) -> None:
    hand = Hand()
    with on_a_disk(tmp_path, 1) as jobs:
        keep = jobs._keep

        def late(job: Job, after: float, *, gives_way: bool = False) -> None:
            until(lambda: job.priority > Priority.PUSH or jobs.gate.counts[0] == 2)
            keep(job, after, gives_way=gives_way)

        jobs._keep = late  # type: ignore[method-assign]
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        jobs.submit(Job("night"))
        jobs.submit(Job("late", Priority.BACKFILL))
        jobs.submit(Job("late", Priority.PUSH))
        hand.let_go()
        until(lambda: quiet(jobs))

    assert hand.names == ["held", "late", "night"]


def test_a_run_is_as_urgent_as_the_most_urgent_of_what_it_carries(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        jobs.submit(Job("shop"))
        until(lambda: not isinstance(jobs, Durable) or jobs.gate.counts[0] == 1)
        jobs.submit(Job("shop", Priority.PUSH))
        hand.let_go()
        until(lambda: quiet(jobs))

    assert [(each.connection, each.priority) for each in hand.begun[1:]] == [("shop", Priority.PUSH)]


def test_a_push_that_another_worker_kept_is_carried_as_one(tmp_path: Path) -> None:
    hand = Hand()
    with on_a_disk(tmp_path, 1) as jobs:
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        jobs.submit(Job("shop"))
        until(lambda: jobs.gate.counts[0] == 1)
        jobs._keep(Job("shop", Priority.PUSH), 0.0)
        hand.let_go()
        until(lambda: quiet(jobs))

    assert [(each.connection, each.priority) for each in hand.begun[1:]] == [("shop", Priority.PUSH)]


def test_what_could_not_be_done_now_is_done_later_and_a_mistake_stops_nobody(made: Callable[[int], object]) -> None:
    hand = Hand()
    hand.again = {"busy": [0.05, 0.05]}
    with made(2) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("broken"))
        jobs.submit(Job("busy", entities=("invoice",)))
        jobs.submit(Job("later"), after=0.1)
        until(lambda: len(hand.ended) == 5 and quiet(jobs))

        assert sorted(hand.names) == ["broken", "busy", "busy", "busy", "later"]
        assert {each.entities for each in hand.begun if each.connection == "busy"} == {("invoice",)}
        assert [each.state for each in jobs.list()].count("failed") == 1
        assert jobs.prune(1) == 0
        assert jobs.prune(0) == 5


def test_what_is_to_be_begun_later_stands_in_nobodys_way(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        for number in range(5):
            jobs.submit(Job(f"later {number}"), after=600.0)
        how = jobs.health()
        hand.let_go()

        assert (how.waiting, how.in_line) == (5, 0)


def test_a_push_waits_for_no_second_look_and_carries_it(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        jobs.submit(Job("shop", Priority.PUSH), after=600.0, gives_way=True)
        # What matters less is carried by the second look; three wishes before a run are one run all the same.
        kept = [jobs.submit(Job("shop", each)) for each in (Priority.PERIODIC, *[Priority.PUSH] * 3, Priority.BACKFILL)]
        hand.let_go()
        until(lambda: quiet(jobs))

    assert kept == [False, True, False, False, False]
    assert hand.names == ["held", "shop"]


def test_what_could_not_be_done_now_is_tried_no_sooner_for_being_wished_again(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("busy", Priority.PUSH), after=600.0)

        assert not jobs.submit(Job("busy", Priority.PUSH))


def test_a_second_look_whose_time_has_come_carries_what_is_wished(made: Callable[[int], object]) -> None:
    hand = Hand()
    with made(1) as jobs:  # type: ignore[attr-defined]  # a context manager
        jobs.start(hand.work)
        jobs.submit(Job("held"))
        until(lambda: hand.names == ["held"])
        jobs.submit(Job("shop", Priority.PUSH), after=0.05, gives_way=True)
        until(lambda: jobs.health().in_line == 1 or (isinstance(jobs, Durable) and jobs.gate.counts[0] == 1))
        kept = jobs.submit(Job("shop", Priority.PUSH))
        hand.let_go()
        until(lambda: quiet(jobs))

    assert not kept
    assert hand.names == ["held", "shop"]


def test_what_is_not_begun_when_it_stops_is_begun_by_the_next(tmp_path: Path) -> None:
    first, second = Hand(), Hand()
    with on_a_disk(tmp_path, 1) as jobs:
        jobs.start(first.work)
        jobs.submit(Job("held"))
        until(lambda: first.names == ["held"])
        for each in ("one", "two"):
            jobs.submit(Job(each))
        threading.Timer(0.3, first.let_go).start()

        assert jobs.drain(LONGEST)
    with on_a_disk(tmp_path, 1) as jobs:
        jobs.start(second.work)
        until(lambda: quiet(jobs))

    assert sorted(first.names + second.names) == ["held", "one", "two"]


LEFT_BEHIND = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_jobs import Job, on_a_disk
with on_a_disk(Path(sys.argv[2]), 1, most=2) as jobs:
    jobs.start(lambda job: (print("begun", flush=True), time.sleep(600)))
    jobs.submit(Job("c"))
    while True:
        time.sleep(1)
"""


@pytest.mark.thorough
def test_the_jobs_of_a_worker_that_was_killed_are_resumed_by_another(tmp_path: Path) -> None:
    """By itself nobody would begin them anew, and they would keep their connection for ever."""
    words = [sys.executable, "-c", LEFT_BEHIND, str(Path(__file__).parent), str(tmp_path)]
    hand = Hand()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "begun\n"

        with on_a_disk(tmp_path, 1, most=2) as jobs:
            jobs.start(hand.work)

            assert jobs.post == 2
            assert jobs.submit(Job("c"))
            assert jobs.resume() == 0

            killed.kill()
            killed.wait()

            assert jobs.resume() == 1

            until(lambda: quiet(jobs))
            assert jobs.ticks()

    # What was wished while the first was at work is carried by the run that begins after it was killed, or by one more.
    assert set(hand.names) == {"c"}
    assert len(hand.names) in (1, 2)


OLDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from syncrules.serving import durable
from test_jobs import Job, on_a_disk

def in_no_workflow(carry_out):
    def run(connection: str, priority: int, entities: list[str]) -> None:
        carry_out("as it was done then", Job(connection, durable.Priority(priority), tuple(entities)))
    return run

durable._in_no_workflow = in_no_workflow
with on_a_disk(Path(sys.argv[2]), 1) as jobs:
    jobs.start(lambda job: (print("begun", flush=True), time.sleep(600)))
    jobs.submit(Job("in hand"))
    time.sleep(0.5)
    jobs.submit(Job("in line"))
    print("kept", flush=True)
    time.sleep(600)
"""
"""A program that carries out jobs by other code than today's."""


def test_a_job_whose_end_could_not_be_noted_holds_its_connection_up_no_longer_than_that(tmp_path: Path) -> None:
    hand = Hand()
    with on_a_disk(tmp_path, 2) as jobs:
        jobs.start(hand.work)
        jobs.submit(Job("acme"))
        until(lambda: [each.state for each in jobs.list()] == ["done"])
        # As when the disk was full just then.
        with closing(sqlite3.connect(tmp_path / "state.db.jobs")) as db, db:
            db.execute("update workflow_status set status = 'PENDING', completed_at = null")
        jobs.submit(Job("acme"))
        time.sleep(0.3)

        assert len(hand.begun) == 1
        assert jobs.resume() == 0
        assert jobs.resume() == 1

        until(lambda: {each.state for each in jobs.list()} == {"done"})

        assert len(hand.ended) >= 2
        assert jobs.resume() == 0


def test_whoever_keeps_jobs_in_a_file_that_was_taken_away_is_not_well_and_begins_anew_with_the_one_that_is_there(
    tmp_path: Path,
) -> None:
    hand, file = Hand(), tmp_path / "state.db.jobs"
    with on_a_disk(tmp_path, 2) as jobs:
        jobs.start(hand.work)

        assert jobs.health().well

        for each in tmp_path.glob("state.db.jobs*"):
            each.unlink()

        assert "state.db.jobs' is gone" in jobs.health().trouble

        file.touch(mode=0o600)

        assert not jobs.health().well

        jobs.drain(10)
        jobs.start(hand.work)
        jobs.submit(Job("acme"))
        until(lambda: hand.ended)

        assert jobs.health().well


def test_what_an_older_program_kept_and_began_is_carried_by_today_s(tmp_path: Path) -> None:
    older = tmp_path / "older.py"
    older.write_text(OLDER, encoding="utf-8")
    words = [sys.executable, str(older), str(Path(__file__).parent), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert {killed.stdout.readline(), killed.stdout.readline()} == {"begun\n", "kept\n"}
        killed.kill()
    hand = Hand()
    with on_a_disk(tmp_path, 1) as jobs:
        jobs.start(hand.work)
        until(lambda: quiet(jobs))

    assert sorted(hand.names) == ["in hand", "in line"]


@pytest.mark.thorough
def test_a_worker_whose_session_was_cut_takes_its_post_again_unless_another_has_it(database: Callable[[], str]) -> None:
    url = database()
    with open_store(url) as store, open_store(url) as beside_it:
        one, other = Posts(store, 8), Posts(beside_it, 8)

        assert (one.claim(), other.claim()) == (1, 2)
        assert one.are_mine()

        cut(url, keep=beside_it)

        assert one.are_mine()
        with other.empty(1) as gone:
            assert not gone

        cut(url, keep=beside_it)
        with other.empty(1) as gone:
            assert gone
            assert not one.are_mine()
            assert not one.are_mine()

        assert one.are_mine()
        one.leave()
        other.leave()


def cut(url: str, keep: Store) -> None:
    """End all sessions but one, as a server does that is started again."""
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with keep.transaction():
        keep.db.exec_driver_sql(end)


def test_a_file_has_one_worker_and_a_post_is_free_when_it_is_left(tmp_path: Path) -> None:
    with open_store(tmp_path / "state.db") as store, open_store(tmp_path / "state.db") as beside_it:
        one, other = Posts(store, 1), Posts(beside_it, 1)

        assert one.claim() == 1
        assert one.ticks()
        assert not other.ticks()
        with pytest.raises(Taken, match="another 'syncrules serve'"):
            other.claim()
        with other.empty(1) as gone:
            assert not gone

        one.leave()
        with other.empty(1) as gone:
            assert gone
        assert other.claim() == 1
        assert other.ticks()
        other.leave()


def test_one_wish_covers_another() -> None:
    everything, invoices = Job("c"), Job("c", Priority.PUSH, ("invoice",))

    assert everything.covers(invoices)
    assert not everything.outdoes(invoices)
    assert not invoices.covers(everything)
    assert not everything.covers(Job("d"))
    assert Job("c", Priority.PUSH, ("invoice", "product")).outdoes(invoices)
    assert not Job("c", Priority.PUSH).outdoes(invoices, gives_way=True)
    assert Job("c", Priority.PUSH).outdoes(everything, gives_way=True)
