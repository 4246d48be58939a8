"""What becomes of a job that could not be carried to its end."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import httpx
import pytest
from jobs_in_memory import InMemory

from syncrules import connection
from syncrules.cli import summary
from syncrules.cli.desk import Busy, Desk
from syncrules.cli.screen import Screen
from syncrules.cli.serving import Serving
from syncrules.cli.voice import Voice
from syncrules.cli.worker import IN_HAND, LONGEST, LOST, Stopped
from syncrules.errors import SpecError, StateError
from syncrules.http import StillClock
from syncrules.journey.rules import takes_part
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.memory.hints import Hook, Said, digest_of
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.serving.jobs import Job, Priority


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize(
    ("trouble", "again"),
    [
        (Stopped(), 1.0),
        (Busy("shop"), IN_HAND),
        (ValueError("a mistake"), None),
    ],
    ids=["asked to stop", "in hand elsewhere", "a mistake of the program"],
)
def test_the_rest_of_a_run_that_could_not_go_on_is_wished_anew(
    trouble: BaseException, again: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "state.db")
    with open_store(file) as store, store.transaction():
        store.save(ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {}))
    serving = Serving(Desk(Screen(json=True), file), InMemory(1), every=60.0, slots=1)

    def fails(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(serving.worker, "_run", fails)
    try:
        assert serving.worker.carry_out(Job("shop", Priority.PUSH)) == again
    finally:
        serving.worker.receiver.close()


@pytest.mark.requirement("X-03")
def test_a_run_without_its_state_store_is_wished_anew_ever_later_until_one_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, away = str(tmp_path / "state.db"), [True]
    with open_store(file) as store, store.transaction():
        for name in ("shop", "other"):
            store.save(ConnectionRow(name, "tribe-eboekhouden", {}, {}, {}))
    serving = Serving(Desk(Screen(json=True), file), InMemory(1), every=60.0, slots=1)

    def fails(*_: object) -> None:
        if away[0]:
            raise StateError("the state store is away")

    monkeypatch.setattr(serving.worker, "_run", fails)
    try:
        found = [serving.worker.carry_out(Job("shop")) for _ in range(8)]
        other = serving.worker.carry_out(Job("other"))
        away[0] = False
        done = serving.worker.carry_out(Job("shop"))
        away[0] = True
        again = serving.worker.carry_out(Job("shop"))
    finally:
        serving.worker.receiver.close()

    for times, seconds in enumerate(found):
        assert seconds is not None
        assert 0.75 <= seconds / min(LONGEST, LOST * 2**times) <= 1.25
    assert done is None
    assert (other or 0) < 2 * LOST
    assert (again or 0) < 2 * LOST


@pytest.mark.requirement("X-09")
@pytest.mark.parametrize(
    ("new", "priority", "lane"),
    [
        (True, Priority.BACKFILL, "backfill"),
        (True, Priority.PUSH, "backfill"),
        (False, Priority.PERIODIC, "periodic"),
        (False, Priority.PUSH, "push"),
    ],
)
def test_a_run_spends_calls_as_urgently_as_it_was_wished_and_a_first_import_as_one(
    new: bool, priority: Priority, lane: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, mapping = str(tmp_path / "state.db"), spec.load("tribe-eboekhouden")
    row = ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {})
    lanes: list[str] = []
    with open_store(file) as store, store.transaction():
        store.save(row)
        if not new:
            parts = [each.name for each in mapping.entities.values() if takes_part(each, row.settings)]
            Memory(store, "shop", mapping.sides).carried([(each, "", "import") for each in parts], 1.0)

    @contextmanager
    def opened(_: Desk, __: object, ___: str, lane: str) -> Iterator[None]:
        lanes.append(lane)
        raise Busy("shop")
        yield

    monkeypatch.setattr(Desk, "opened", opened)
    serving = Serving(Desk(Screen(json=True), file), InMemory(1), every=60.0, slots=1)
    try:
        serving.worker.carry_out(Job("shop", priority))
    finally:
        serving.worker.receiver.close()

    assert lanes == [lane]


@pytest.mark.parametrize(("ago", "seconds"), [(1.0, 4.0), (5.0, None)], ids=["may not be shown yet", "is shown by now"])
def test_what_a_system_may_not_have_shown_yet_is_looked_at_once_more_and_no_push_waits_for_that(
    ago: float, seconds: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tribe shows what was written after five seconds."""
    file, mapping, now = str(tmp_path / "state.db"), spec.load("tribe-eboekhouden"), 1_000.0
    with open_store(file) as store, store.transaction():
        store.save(ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {}))
        said = Said("tribe", "organisation customers", "", "changed", now - ago)
        Memory(store, "shop", mapping.sides).hint([said])

    @contextmanager
    def opened(_: Desk, store: Store, *__: object) -> Iterator[SimpleNamespace]:
        row, memory = store.connection("shop"), Memory(store, "shop", mapping.sides)
        yield SimpleNamespace(row=row, memory=memory, spec=mapping, lines={})

    monkeypatch.setattr(Desk, "opened", opened)
    monkeypatch.setattr(Desk, "clock", StillClock(now))
    monkeypatch.setattr(connection, "run", lambda *_, **__: None)
    monkeypatch.setattr(summary, "run", lambda *_: {})
    monkeypatch.setattr(Voice, "went", lambda *_: None)
    jobs = InMemory(1)
    serving = Serving(Desk(Screen(json=True), file), jobs, every=60.0, slots=1)
    try:
        assert serving.worker.carry_out(Job("shop", Priority.PUSH)) is None
    finally:
        serving.worker.receiver.close()

    assert [(each.job, each.after, each.gives_way) for each in jobs.kept] == (
        [(Job("shop", Priority.PUSH), seconds, True)] if seconds else []
    )


def test_a_mapping_is_read_once_for_many_runs_and_again_as_soon_as_it_or_what_it_extends_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, child = tmp_path / "parent.yaml", tmp_path / "child.yaml"
    child.write_text("syncrules: 1\ntitle: Ours\nextends: ./parent.yaml\n", encoding="utf-8")
    parent.write_text("syncrules: 1\ntitle: Theirs\nextends: tribe-eboekhouden\n", encoding="utf-8")
    read: list[str] = []

    def counted(name: str, real: Callable[[str], Spec] = spec.load) -> Spec:
        read.append(name)
        return real(name)

    monkeypatch.setattr(spec, "load", counted)
    serving = Serving(Desk(Screen(json=True), str(tmp_path / "state.db")), InMemory(1), every=60.0, slots=1)
    load = serving.worker.load
    try:
        first = load(str(child))

        assert load(str(child)) is first
        assert len(read) == 1

        child.write_text(child.read_text(encoding="utf-8").replace("Ours", "Ours, edited"), encoding="utf-8")

        assert load(str(child)).title == "Ours, edited"

        parent.write_text(f"{parent.read_text(encoding='utf-8')}summary: Edited.\n", encoding="utf-8")

        assert load(str(child)).summary == "Edited."

        parent.unlink()
        with pytest.raises(SpecError, match="parent"):
            load(str(child))
    finally:
        serving.worker.receiver.close()


class Slow(InMemory):
    """Jobs of which one comes to its end when it is let go."""

    def __init__(self) -> None:
        super().__init__(1)
        self.draining, self.let_go = Event(), Event()

    def drain(self, seconds: float) -> bool:
        self.draining.set()
        return self.let_go.wait(seconds) and super().drain(seconds)


@pytest.mark.requirement("X-03")
def test_who_is_stopping_says_so_and_keeps_what_is_called_until_the_end(tmp_path: Path) -> None:
    file, asked = str(tmp_path / "state.db"), list[int]()
    with open_store(file) as store, store.transaction():
        store.save(ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {"tribe": {"webhook_secret": "s"}}))
        memory = Memory(store, "shop", ("tribe", "eboekhouden"))
        memory.keep_hook(Hook("tribe", "https://x/", digest_of("key"), 0.0))
    jobs, ready = Slow(), tmp_path / "ready"
    serving = Serving(Desk(Screen(json=True), file), jobs, every=3600.0, slots=1)
    body = b'{"payload": {"type": "EntityUpdateMutation", "entityType": "Relation.Organization", "entityId": "1"}}'
    signed = base64.b64encode(hmac.digest(b"s", body, "sha512")).decode()

    def look_on() -> None:
        while not (ready.exists() and ready.read_text().endswith("\n")):
            time.sleep(0.01)
        address = ready.read_text().strip()
        asked.extend(httpx.get(f"{address}/{each}").status_code for each in ("ready", "health"))
        serving.worker.stop.set()
        jobs.draining.wait(30)
        asked.extend(httpx.get(f"{address}/{each}").status_code for each in ("ready", "health"))
        hook = f"{address}/hooks/shop/tribe/key"
        asked.append(httpx.post(hook, content=body, headers={"X-Tribe-Signature": signed}).status_code)
        jobs.let_go.set()

    watching = Thread(target=look_on)
    watching.start()
    code = serving.until_stopped("127.0.0.1", 0, "", str(ready))
    watching.join()

    assert (code, asked) == (0, [200, 200, 503, 200, 202])
    with open_store(file) as store:
        memory = Memory(store, "shop", ("tribe", "eboekhouden"))
        assert {each.what for each in memory.hints()} == {"changed"}
        assert [each.received for each in memory.hooks()] == [1]


@pytest.mark.parametrize("every", [0.5, 60.0, 3600.0, 86_400.0])
def test_a_schedule_that_stands_still_is_told_within_minutes_however_seldom_something_is_due(
    tmp_path: Path, every: float
) -> None:
    file = str(tmp_path / "state.db")
    with open_store(file) as store, store.transaction():
        store.save(ConnectionRow("shop", "tribe-eboekhouden", {}, {}, {}))
    serving = Serving(Desk(Screen(json=True), file), InMemory(1), every=every, slots=1)
    worker = serving.worker
    try:
        worker.ticked = time.monotonic() - 100
        lives, _ = serving._alive()
        worker.ticked = time.monotonic() - 130
        stands_still, _ = serving._alive()
        for _ in worker.ticking.look(0.0, every):  # one connection after the other, and each is a sign of life
            break
        looks, _ = serving._alive()
    finally:
        worker.receiver.close()

    assert (lives, stands_still, looks) == (True, False, True)
