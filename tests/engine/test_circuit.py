"""A system that is down: it is tried ever more rarely, by one connection as by another, and everybody is told so."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from cli_world import Shell, Systems
from jobs_in_memory import InMemory
from pair_world import NOTE, SIDES, mapping

from syncrules import circuit
from syncrules.cli import serving
from syncrules.cli.desk import Desk
from syncrules.cli.page import Pages, _word
from syncrules.cli.report import moment
from syncrules.cli.screen import Screen
from syncrules.errors import LimitReached, LoginRefused, ProviderError, Unreachable
from syncrules.http import StillClock
from syncrules.language.model import Spec
from syncrules.memory import circuits
from syncrules.memory.circuits import Circuit
from syncrules.memory.hints import Said
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.memory.upgrade import migrate
from syncrules.patience import pause
from syncrules.serving import ticking
from syncrules.serving.jobs import Job, Priority

DAY = 86_400.0
NOON = 1_780_000_000.0


@pytest.fixture(scope="module")
def spec() -> Spec:
    return mapping(NOTE, to="right", when="at_once")


class Lasting(Store):
    """A store that is not closed by whoever opens it."""

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def store() -> Iterator[Lasting]:
    made = Lasting.in_memory()
    migrate(made)
    yield made
    made.close()


def fails(memory: Memory, spec: Spec, clock: StillClock, error: ProviderError) -> None:
    """Let a run go wrong."""
    with pytest.raises(type(error)), circuit.noted(memory, spec, clock, lambda: 0.5):
        raise error


def down(spec: Spec, side: str = "right") -> Unreachable:
    return Unreachable(spec.manifests[side].title, "no answer to things")


# How long it is left alone --------------------------------------------------------------------------------------------


def test_each_time_it_is_left_alone_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    pauses = [pause(times, circuit.FIRST, circuit.LONGEST, lambda: 0.5) for times in range(1, 9)]

    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    assert pause(10**9, 1.0, 5.0, lambda: 0.5) == 5.0


def test_not_everybody_comes_back_at_the_same_moment() -> None:
    first = {round(pause(1, 30.0, 3600.0), 3) for _ in range(200)}

    assert len(first) > 100
    assert all(22.5 <= each < 37.5 for each in first)


@pytest.mark.requirement("X-03")
def test_it_is_open_then_tried_and_closed_by_the_first_run_that_comes_to_its_end(store: Store, spec: Spec) -> None:
    memory, other, clock = Memory(store, "c", SIDES), Memory(store, "d", SIDES), StillClock(NOON)
    fails(memory, spec, clock, down(spec))
    (first,) = memory.circuits()

    assert (first.side, first.system, first.failed, first.since) == ("right", spec.manifests["right"].title, 1, NOON)
    assert first.why == "no answer to things"
    assert (first.state(NOON), first.state(NOON + 30)) == ("open", "trying")
    assert (circuit.rest(memory, NOON), circuit.rest(memory, NOON + 30)) == (30, 0)
    assert circuit.rest(other, NOON) == 0

    clock.sleep(30)
    fails(memory, spec, clock, LoginRefused(spec.manifests["right"].title, "it does not know us"))
    (second,) = memory.circuits()

    assert (second.failed, second.since, second.until) == (2, NOON, NOON + 30 + 60)
    assert second.why == "it does not know us"

    with circuit.noted(memory, spec, clock):
        pass

    assert memory.circuits() == []


def used_up(spec: Spec, lane: str, until: float) -> LimitReached:
    error = LimitReached(spec.manifests["right"].title, "used up")
    error.until, error.lane = until, lane
    return error


def test_calls_of_which_nobody_knows_when_there_are_some_again_are_no_reason_to_wait(store: Store, spec: Spec) -> None:
    memory = Memory(store, "c", SIDES)
    fails(memory, spec, StillClock(NOON), LimitReached(spec.manifests["right"].title, "used up"))

    assert memory.circuits() == []


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize(
    ("lane", "waits"),
    [
        ("all", {"all", "push", "periodic", "backfill"}),
        ("push", {"push", "periodic", "backfill"}),
        ("periodic", {"periodic", "backfill"}),
        ("backfill", {"backfill"}),
    ],
)
def test_whose_calls_are_used_up_waits_with_all_that_is_less_urgent(
    lane: str, waits: set[str], store: Store, spec: Spec
) -> None:
    memory = Memory(store, "c", SIDES)
    fails(memory, spec, StillClock(NOON), used_up(spec, lane, NOON + 500))

    assert {each for each in circuits.URGENT if circuit.rest(memory, NOON, each)} == waits
    assert circuit.rest(memory, NOON + 500, lane) == 0
    assert circuits.counted(store, NOON) == {}  # it is not down


def test_a_system_may_be_down_while_calls_are_waited_for_and_both_end_with_a_run(store: Store, spec: Spec) -> None:
    memory, clock = Memory(store, "c", SIDES), StillClock(NOON)
    for error in (used_up(spec, "periodic", NOON + 900), used_up(spec, "push", NOON + 300), down(spec)):
        fails(memory, spec, clock, error)

    assert [(each.lane, each.until - NOON) for each in memory.circuits()] == [
        ("", 30),
        ("periodic", 900),
        ("push", 300),
    ]
    assert [circuit.rest(memory, NOON, each) for each in circuits.URGENT] == [30, 300, 900, 900]

    with circuit.noted(memory, spec, clock):
        pass

    assert memory.circuits() == []


@pytest.mark.requirement("X-09")
def test_who_waits_for_calls_is_wished_when_there_are_some_and_a_push_before(store: Store, spec: Spec) -> None:
    with store.transaction():
        store.save(ConnectionRow("c", "pairs", {}, {}, {"": {"time zone": "Europe/Amsterdam"}}))
        memory = Memory(store, "c", SIDES)
        memory.carried([("thing", "", "import")], NOON - 900)
    clock, look = StillClock(NOON), ticking.looking(lambda: store, lambda _: spec, 600.0)
    fails(memory, spec, clock, used_up(spec, "periodic", NOON + 3_205))

    def wished(seconds: int) -> list[tuple[float, Priority]]:
        return [(clock.now() - NOON, job.priority) for _ in range(seconds // 10) for job in _tick(look, clock)]

    assert wished(1_800) == []

    with store.transaction():
        memory.hint([Said("left", "things", "", "changed", clock.now())])

    assert {priority for _, priority in wished(600)} == {Priority.PUSH}

    with store.transaction():
        memory.looked_at(memory.hints())

    assert wished(815)[0] == (3_210, Priority.PERIODIC)


def test_both_systems_of_a_connection_may_be_down_and_one_that_is_not_known_is_noted_too(
    store: Store, spec: Spec
) -> None:
    memory, clock = Memory(store, "c", SIDES), StillClock(NOON)
    for error in (down(spec, "left"), down(spec, "right"), Unreachable("Somebody", "no answer")):
        fails(memory, spec, clock, error)

    assert {each.side for each in memory.circuits()} == {"left", "right", ""}
    titles = Counter([*(each.title for each in spec.manifests.values()), "Somebody"])

    assert circuits.counted(store, NOON) == {each: {"open": count, "trying": 0} for each, count in titles.items()}


# What is wished -------------------------------------------------------------------------------------------------------


def test_a_system_that_is_down_for_a_day_is_tried_a_few_times_and_nobody_else_waits(store: Store, spec: Spec) -> None:
    """By the clock of the test, a look every ten seconds: `at once` is due in every one of them."""
    with store.transaction():
        for name in ("down", "well"):
            store.save(ConnectionRow(name, "pairs", {}, {}, {"": {"time zone": "Europe/Amsterdam"}}))
    memory, clock = Memory(store, "down", SIDES), StillClock(NOON)
    look = ticking.looking(lambda: store, lambda _: spec, 600.0)
    tried: list[float] = []
    well = 0
    for _ in range(int(DAY / 10)):
        since = clock.now()
        clock.sleep(10)
        for job in look(since, clock.now()):
            if job.connection == "well":
                well += 1
                continue
            tried.append(clock.now())
            fails(memory, spec, clock, down(spec))

    # Every ten minutes, as if nobody were down beside it.
    assert well == DAY / 600
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    assert gaps[:5] == [30, 60, 120, 240, 480]
    assert set(gaps[5:]) == {900}

    with circuit.noted(memory, spec, clock):
        pass
    began = clock.now()
    again = [job for _ in range(60) for job in _tick(look, clock) if job.connection == "down"]

    assert len(again) == 1
    assert clock.now() - began == 600


def test_who_is_not_known_there_knocks_once_an_hour(store: Store, spec: Spec) -> None:
    memory, clock, gaps = Memory(store, "c", SIDES), StillClock(NOON), []
    for _ in range(10):
        fails(memory, spec, clock, LoginRefused(spec.manifests["right"].title, "it does not know us"))
        gaps.append(circuit.rest(memory, clock.now()))
        clock.sleep(gaps[-1])

    assert gaps == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def _tick(look: Callable[[float, float], Iterator[Job]], clock: StillClock) -> list[Job]:
    since = clock.now()
    clock.sleep(10)
    return list(look(since, clock.now()))


# A worker, and whoever asks -------------------------------------------------------------------------------------------


class Turned:
    """The clock of the program, put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Turned:
    turned = Turned()
    monkeypatch.setattr("syncrules.connection.RealClock.now", lambda _: turned.now())
    return turned


def worker(shell: Shell) -> serving.Serving:
    desk = Desk(Screen(json=True), str(shell.state), str(shell.key))
    return serving.Serving(desk, InMemory(1), every=60, slots=1)


def remembered(shell: Shell) -> list[Circuit]:
    with open_store(shell.state) as store:
        return Memory(store, "acme", ("tribe", "eboekhouden")).circuits()


@pytest.mark.requirement("X-03")
def test_serve_calls_no_system_that_is_down_until_it_is_time_and_says_how_it_stands(
    shell: Shell, systems: Systems, clock: Turned, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.connect(systems.answers)
    at_work, states = worker(shell), []
    right, systems.books.security_code1 = systems.books.security_code1, "another"

    def stands() -> tuple[str, ...]:
        (status,) = shell.one("status", "acme")["connections"]
        states.append(status["circuits"])
        return tuple(each["state"] for each in status["circuits"])

    assert stands() == ("closed", "closed")
    assert at_work.worker.carry_out(Job("acme", Priority.PUSH)) is None
    assert stands() == ("closed", "open")
    assert at_work._ready()[1]["circuits"] == [{"system": "e-Boekhouden", "open": 1, "trying": 0}]

    before = len(systems.books.calls), len(systems.crm.calls)
    for _ in range(3):
        # Whoever pushes meanwhile reaches nobody.
        assert at_work.worker.carry_out(Job("acme", Priority.PUSH)) is None

    assert (len(systems.books.calls), len(systems.crm.calls)) == before
    assert [each.failed for each in remembered(shell)] == [1]

    clock.ahead += 60

    assert stands() == ("closed", "trying")
    assert at_work._ready()[1]["circuits"] == [{"system": "e-Boekhouden", "open": 0, "trying": 1}]

    at_work.worker.carry_out(Job("acme"))

    assert len(systems.books.calls) > before[0]
    assert [each.failed for each in remembered(shell)] == [2]

    systems.books.security_code1 = right
    clock.ahead += 120
    at_work.worker.carry_out(Job("acme"))

    assert stands() == ("closed", "closed")
    assert at_work._ready()[1]["circuits"] == []
    assert states[1][1]["why"]
    events = [json.loads(each)["event"] for each in capsys.readouterr().out.splitlines() if each.startswith("{")]
    assert events.count("failed") == 2


def left_alone(shell: Shell, seconds: float = 1000.0) -> None:
    """Let the books have been down a moment ago."""
    now = time.time()
    with open_store(shell.state) as store, store.transaction():
        Memory(store, "acme", ("tribe", "eboekhouden")).open_circuit(
            Circuit("eboekhouden", "e-Boekhouden", 3, now - 200, now + seconds, "no answer to GetRelaties")
        )


def test_whoever_runs_it_by_hand_tries_it_now_and_a_scheduler_does_not(acme: Shell) -> None:
    left_alone(acme)
    due = acme.type("run", "acme", "--due")

    assert due.exit_code == 3
    assert "is left alone until" in due.output
    assert "no answer to GetRelaties" in due.output
    assert "'syncrules run acme' tries it now" in due.output
    assert [each.failed for each in remembered(acme)] == [3]

    acme.type("run", "acme")

    assert remembered(acme) == []


def test_resume_lets_it_be_tried_at_once(acme: Shell) -> None:
    left_alone(acme)
    acme.type("pause", "acme")

    assert remembered(acme) != []

    acme.type("resume", "acme")

    assert remembered(acme) == []


def test_new_answers_let_it_be_tried_at_once(acme: Shell, shared_systems: Systems) -> None:
    left_alone(acme)
    acme.connect(shared_systems.answers)

    assert remembered(acme) == []


@pytest.mark.parametrize(("seconds", "says"), [(1000.0, "it is left alone until "), (-1.0, "the next run tries it")])
def test_status_and_the_page_say_which_system_is_down_since_when_and_what_becomes_of_it(
    acme: Shell, seconds: float, says: str
) -> None:
    left_alone(acme, seconds)
    told = " ".join(acme.type("status", "acme").output.split())
    pages = Pages(Desk(Screen(json=True), str(acme.state), str(acme.key)), lambda: open_store(acme.state)).all
    page = " ".join(pages["/connection"]({"name": "acme"})[1].split())

    for each in (told, page):
        assert "e-Boekhouden could not be used by 3 runs since " in each
        assert f"(no answer to GetRelaties); {says}" in each


def test_status_and_the_page_say_until_when_calls_are_waited_for_and_that_nothing_failed(acme: Shell) -> None:
    now = time.time()
    with open_store(acme.state) as store, store.transaction():
        waits = Circuit("eboekhouden", "e-Boekhouden", 1, now, now + 1000, "the calls are kept", "periodic")
        Memory(store, "acme", ("tribe", "eboekhouden")).open_circuit(waits)
    (data,) = acme.one("status", "acme")["connections"]
    told = " ".join(acme.type("status", "acme").output.split())
    pages = Pages(Desk(Screen(json=True), str(acme.state), str(acme.key)), lambda: open_store(acme.state)).all
    page = " ".join(pages["/connection"]({"name": "acme"})[1].split())

    assert [(each["system"], each["state"], each["lane"]) for each in data["circuits"]] == [
        ("Tribe CRM", "closed", ""),
        ("e-Boekhouden", "open", "periodic"),
    ]
    for each in (told, page):
        assert f"e-Boekhouden waits for calls until {moment(now + 1000)} (the calls are kept)" in each
    assert (
        _word({**data, "last_run": {"outcome": "failed"}, "entities": []}, {"message": "the calls are kept"}) == "to do"
    )
    assert acme.type("run", "acme", "--due").exit_code < 2


def test_where_all_calls_are_used_up_a_scheduler_waits_too(acme: Shell) -> None:
    now = time.time()
    with open_store(acme.state) as store, store.transaction():
        waits = Circuit("eboekhouden", "e-Boekhouden", 1, now, now + 1000, "the calls are used up", "all")
        Memory(store, "acme", ("tribe", "eboekhouden")).open_circuit(waits)
    due = acme.type("run", "acme", "--due")

    assert due.exit_code == 3
    assert "is left alone until" in due.output
    assert "because the calls are used up" in due.output


@pytest.mark.parametrize(("state", "word"), [("closed", "in step"), ("open", "failed"), ("trying", "failed")])
def test_a_connection_of_which_a_system_is_down_has_failed(state: str, word: str) -> None:
    nothing: dict[str, list[object]] = {"entities": [], "pairs": [], "brakes": []}
    stands = {**nothing, "paused": False, "last_run": {"outcome": "done"}, "circuits": [{"state": state, "lane": ""}]}

    assert _word(stands, None) == word
