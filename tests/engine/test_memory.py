"""What we knew last time: kept whole or not at all, page by page, apart for each connection, and for its owner alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
import stores
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st

from syncrules.errors import StateError
from syncrules.memory import links, records, tables
from syncrules.memory.circuits import Circuit
from syncrules.memory.hints import Hook, Said
from syncrules.memory.kept import Books, ConnectionRow, Known, Mark, name_of, within
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store, open_store
from syncrules.memory.upgrade import HEAD

SIDES = ("left", "right")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that was made once; tests work on a copy."""
    path = tmp_path_factory.mktemp("fresh") / "state.db"
    open_store(path).close()
    return path


@pytest.fixture
def path(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(fresh, tmp_path / "state.db"))


@pytest.fixture
def state(request: pytest.FixtureRequest) -> Iterator[str]:
    """A store of the kind that is tested: what `--state` takes."""
    if stores.in_a_file():
        yield str(request.getfixturevalue("path"))
        return
    url = stores.database()
    yield url
    stores.give_back(url)


@pytest.fixture
def store(state: str) -> Iterator[Store]:
    with open_store(state) as opened:
        yield opened


@pytest.fixture
def memory(store: Store) -> Memory:
    return Memory(store, "acme", SIDES)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A memory for the many examples of one test."""
    state = stores.place(tmp_path_factory.mktemp("shared"))
    with open_store(state) as opened:
        yield Memory(opened, "acme", SIDES)
    stores.give_back(state)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in (links, records):
        monkeypatch.setattr(each, "PAGE", 3)


def known(id: str, side: str = "left", **more: Any) -> Known:
    values: dict[str, Any] = {"name": f"name of {id}", "state": "pending", "digest": b"d", "seen": 1}
    return Known(side, id, **{**values, **more})


def keep(memory: Memory, *records: Known, entity: str = "thing", now: float = 100.0) -> None:
    with memory.store.transaction():
        memory.keep(entity, records, now)


def tie(memory: Memory, left: str | None, right: str | None, entity: str = "thing", base: Any = None) -> int:
    """Link two records that we know."""
    with memory.store.transaction():
        number = memory.make_link(entity, {"left": left, "right": right}, base or {}, {})
        for side, id_ in (("left", left), ("right", right)):
            if id_ is not None and memory.record(entity, side, id_) is not None:
                memory.judge(entity, side, id_, "synced", link=number)
    return number


# Opening --------------------------------------------------------------------------------------------------------------


def test_a_store_is_made_where_there_is_none_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "state.db"
    before = os.umask(0)
    try:
        with open_store(path) as store, store.transaction():
            store.save(ConnectionRow("acme", "m", {}, {}, {}))

            made = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)

    assert set(made) == {"state.db", "state.db-wal", "state.db-shm"}
    assert set(made.values()) == {0o600}


def test_what_was_remembered_is_there_when_it_is_opened_again(path: Path) -> None:
    with open_store(path) as store, store.transaction():
        store.save(
            ConnectionRow(
                "acme", "m", {"rate": Decimal("1.10")}, {"left": "1"}, {"left": {"user": "ada"}}, created_at=5.0
            )
        )

    with open_store(path) as store:
        assert store.connection("acme") == ConnectionRow(
            "acme", "m", {"rate": Decimal("1.10")}, {"left": "1"}, {"left": {"user": "ada"}}, created_at=5.0
        )


def test_an_empty_file_becomes_a_store_and_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o640)
    os.chmod(path, 0o640)

    with open_store(path) as store:
        assert store.connections() == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["with space", "a?b", "a#b", "100%", "é", "%20", "a;b"])
def test_a_store_may_stand_in_a_folder_of_any_name(name: str, fresh: Path, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    shutil.copy(fresh, folder / "state.db")
    with open_store(folder / "state.db") as store, store.transaction():
        store.save(ConnectionRow("acme", "m", {}, {}, {}))

    assert {each.name for each in tmp_path.iterdir()} == {name}
    with open_store(folder / "state.db") as store:
        assert [each.name for each in store.connections()] == ["acme"]


def test_migrations_lead_to_the_tables_of_this_version(store: Store) -> None:
    context = MigrationContext.configure(store.db, opts={"compare_type": True})

    assert compare_metadata(context, tables.metadata) == []
    assert context.get_current_revision() == HEAD


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("update alembic_version set version_num = '9999'")
    db.commit()
    db.close()
    before = path.read_bytes()

    with pytest.raises(StateError, match=r"written by a newer version of syncrules \(its step is 9999\)") as caught:
        open_store(path)
    assert caught.value.cure == "Use that version, or restore a copy from before the upgrade."
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is not a database", b"SQLite format 3\0" + b"x" * 4096])
def test_a_file_that_is_no_store_is_told_with_what_helps(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)

    with pytest.raises(StateError, match=r"the state store '.*state\.db' cannot be used: ") as caught:
        open_store(path)
    assert "Put the file aside" in caught.value.cure
    assert path.read_bytes() == content


def test_a_store_that_lost_its_end_is_told_with_what_helps(path: Path) -> None:
    with open_store(path) as store:
        keep(Memory(store, "acme", SIDES), *(known(str(number), record={"Note": "x" * 400}) for number in range(300)))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(StateError) as caught, open_store(path) as store:
        Memory(store, "acme", SIDES).undone("thing")
    assert "Put the file aside" in caught.value.cure


@pytest.mark.parametrize("what", ["a folder", "below a file"])
def test_a_place_where_no_store_can_be_is_told(what: str, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    if what == "a folder":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "state.db"

    with pytest.raises(StateError, match="cannot be used") as caught:
        open_store(path)
    assert caught.value.cure.startswith("Check that the folder exists")


def test_a_store_that_somebody_else_is_writing_to_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(path) as store:
        store.db.execute(sa.text("pragma busy_timeout = 20"))
        store.db.commit()
        other = sqlite3.connect(path)
        other.execute("begin immediate")
        with pytest.raises(StateError, match="locked") as caught, store.transaction():
            store.save(ConnectionRow("acme", "m", {}, {}, {}))
        other.rollback()
        other.close()

        assert caught.value.cure == "Another program is using it. Wait until it is done, then run again."
        with store.transaction():
            store.save(ConnectionRow("acme", "m", {}, {}, {}))
        assert store.connection("acme") is not None


def broken_off_at(number: int, path: Path) -> bool:
    """Begin to open a store, and be gone before the so-manieth statement; tells whether it came to that."""
    seen = 0

    def gone(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", gone)
    try:
        open_store(path).close()
    except KeyboardInterrupt:
        return True
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", gone)
    return False


@pytest.mark.requirement("X-03")
def test_a_state_file_that_was_half_made_when_the_process_died_is_made_by_the_next_one(tmp_path: Path) -> None:
    number = 1
    while broken_off_at(number, tmp_path / f"{number}.db"):
        with open_store(tmp_path / f"{number}.db") as store:
            assert store.connections() == []
        number += 1

    assert number > len(tables.metadata.tables)


# Transactions ---------------------------------------------------------------------------------------------------------


def test_what_happens_in_a_transaction_happens_whole_or_not_at_all(store: Store, memory: Memory) -> None:
    with suppress(ZeroDivisionError), store.transaction():
        memory.keep("thing", [known("1")], 1.0)
        memory.decide("thing", "left", "1", {"ignore": True}, 1.0)
        raise ZeroDivisionError

    assert memory.record("thing", "left", "1") is None
    assert memory.decision("thing", "left", "1") is None

    with store.transaction():
        memory.keep("thing", [known("1")], 1.0)

    assert memory.record("thing", "left", "1") is not None


def test_others_see_a_transaction_when_it_is_done_and_not_before(path: Path) -> None:
    with open_store(path) as one, open_store(path) as other:
        with one.transaction():
            one.save(ConnectionRow("acme", "m", {}, {}, {}))

            assert other.connections() == []
            other.db.commit()

        assert [each.name for each in other.connections()] == ["acme"]


def test_what_was_committed_survives_whoever_is_killed(path: Path) -> None:
    script = (
        "import os, sys; from syncrules.memory.store import open_store, ConnectionRow as C\n"
        "store = open_store(sys.argv[1])\n"
        "with store.transaction(): store.save(C('kept', 'm', {}, {}, {}))\n"
        "with store.transaction():\n    store.save(C('lost', 'm', {}, {}, {}))\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60)

    with open_store(path) as store:
        assert [each.name for each in store.connections()] == ["kept"]


# Alone ----------------------------------------------------------------------------------------------------------------

HOLDER = (
    "import sys; from syncrules.memory.store import open_store\n"
    "with open_store(sys.argv[1]) as store, store.alone('acme') as alone:\n"
    "    print(alone, flush=True); sys.stdin.read()\n"
)


def test_a_second_process_is_told_that_it_is_not_alone_until_the_first_is_gone(path: Path) -> None:
    with open_store(path) as store:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "True\n"

            with store.alone("acme") as alone, store.alone("other") as alone_there:
                assert (alone, alone_there) == (False, True)

            holder.kill()
            holder.wait()

        with store.alone("acme") as alone:
            assert alone


def test_a_lock_ends_with_what_it_was_for(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.alone("acme/left"):
        raise ZeroDivisionError

    with store.alone("acme/left") as alone, store.alone("acme/left") as twice:
        assert (alone, twice) == (True, False)


# Connections ----------------------------------------------------------------------------------------------------------


def test_a_connection_that_is_written_again_keeps_the_moment_it_was_made(store: Store) -> None:
    with store.transaction():
        store.save(ConnectionRow("acme", "m", {"a": 1}, {}, {}, created_at=1.0))
        store.save(ConnectionRow("acme", "n", {"a": 2}, {}, {}, paused=True, created_at=2.0))

    (found,) = store.connections()
    assert (found.mapping, found.settings, found.paused, found.created_at) == ("n", {"a": 2}, True, 1.0)


def test_a_single_column_is_changed_and_the_rest_left_alone(store: Store) -> None:
    with store.transaction():
        store.save(ConnectionRow("acme", "m", {"a": 1}, {"left": "1"}, {}))
        store.save(ConnectionRow("other", "m", {}, {}, {}))
        store.change("acme", paused=True, digest="d")

    acme, other = store.connections()
    assert (acme.paused, acme.digest, acme.settings, acme.accounts) == (True, "d", {"a": 1}, {"left": "1"})
    assert (other.paused, other.digest) == (False, "")


def fill(memory: Memory) -> None:
    """Remember something of every kind."""
    store = memory.store
    with store.transaction():
        store.save(ConnectionRow(memory.connection, "m", {}, {}, {}))
        memory.keep("thing", [known("1"), known("1", "right")], 1.0)
        number = memory.make_link("thing", {"left": "1", "right": "1"}, {"left": {"Note": "a"}}, {})
        memory.know_by("thing", [("left", "1", "tier 0", "", "a")])
        run = memory.begin_run(1.0)
        memory.intend(run, "thing", "right", "update", "1", "1", number, "Ada", {}, 1.0)
        memory.notice(run, "thing", "Ada", "said")
        memory.add_actions([("thing", "update", {})])
        memory.move_cursor("left", "things", "2026-01-01", 1.0, "d")
        memory.carried([("thing", "left", "changed")], 1.0)
        memory.decide("thing", "left", "1", {"ignore": True}, 1.0)
        memory.brake("thing", "deactivations", "too many", 9, 1.0)
        memory.to_do("thing", number, "Tick the box", "")
        memory.keep_mark("right", Mark("7", ["8"], "asked"))
        memory.keep_beside("right", "things", {"a.b": Decimal("1.10")})
        memory.keep_reconciled("thing", "all of it", {"differences": []}, 1.0)
        memory.declare("thing", {"Note": "a"}, ())
        memory.keep_plan("5ea1", run, 1.0)
        memory.hint([Said("left", "things", "1", "deleted", 1.0)])
        memory.open_circuit(Circuit("left", "The Box", 1, 1.0, 2.0, "no answer"))
        memory.keep_hook(Hook("left", "https://sync.example/hooks/", "d19e57", 1.0))
        store.save_books(
            name_of(memory.connection), Books("501/A", "A", {"word": "yes"}, {"left": "1"}, {"left": {"Code": "A"}})
        )


def remembered(store: Store, name: str) -> dict[str, int]:
    """Count what each table holds of a connection."""
    counts = {}
    for table in tables.metadata.sorted_tables:
        column = table.c.name if table.name == "connections" else table.c.get("connection")
        if column is not None:
            query = sa.select(sa.func.count()).select_from(table).where(column == name)
            counts[table.name] = store.db.execute(query).scalar_one()
    store.db.commit()
    return counts


def test_nothing_is_left_of_a_connection_that_is_forgotten_and_all_of_the_others(store: Store) -> None:
    fill(Memory(store, "acme", SIDES))
    fill(Memory(store, "other", SIDES))
    before = remembered(store, "other")
    assert min(before.values()) > 0, "a table of which this test knows nothing"

    with store.transaction():
        store.forget("acme")

    assert set(remembered(store, "acme").values()) == {0}
    assert remembered(store, "other") == before


def test_a_pair_of_books_has_a_memory_of_its_own_that_goes_with_its_connection(store: Store) -> None:
    mine, others = [within("acme", each) for each in ("501/A", "502/B")], [within("acme_", "501/A"), "acme/501"]
    for each in (*mine, *others, "acme"):
        fill(Memory(store, each, SIDES))
    with store.transaction():
        store.db.execute(sa.delete(tables.connections).where(tables.connections.c.name.in_(mine)))
    before = [remembered(store, each) for each in others]

    assert name_of(within("acme", "501/A")) == "acme"
    assert name_of("acme") == "acme"

    with store.transaction():
        store.forget("acme")

    assert {count for each in mine for count in remembered(store, each).values()} == {0}
    assert [remembered(store, each) for each in others] == before


def test_a_pair_of_books_comes_back_as_it_was_kept(store: Store) -> None:
    one = Books(
        "501/A", "A", {"word": "yes"}, {"left": "1"}, {"left": {"Code": "A"}}, "d", "waiting", "why", "what", 3.0
    )
    with store.transaction():
        store.save_books("acme", Books("501/A", "before"))
        store.save_books("acme", one)
        store.save_books("acme", Books("500/B", "0"))
        store.save_books("other", Books("501/A", "other"))

    assert store.books("acme") == [Books("500/B", "0"), one]


def test_marks_and_what_was_compared_come_back_as_they_were_kept(memory: Memory) -> None:
    assert memory.mark("right") is None
    assert memory.beside("right", "things") == {}

    with memory.store.transaction():
        memory.keep_mark("right", Mark("7", ["8", "9"], "ready"))
        memory.keep_beside("right", "things", {"a.b": Decimal("1.10"), "c": None})
        memory.keep_reconciled("thing", "all of it", {"differences": [["140", Decimal("0.01")]]}, 5.0)

    assert memory.mark("right") == Mark("7", ["8", "9"], "ready")
    assert memory.beside("right", "things") == {"a.b": Decimal("1.10"), "c": None}
    assert memory.reconciled() == [("thing", "all of it", 5.0, {"differences": [["140", Decimal("0.01")]]})]


def test_what_stays_together_is_planned_together_and_leaves_together(memory: Memory, small_pages: None) -> None:
    with memory.store.transaction():
        for number, group in enumerate(("b", "a", "", "b", "a")):
            memory.add_actions([("thing", "create", {"number": number})], group)

    found, after = [], None
    while page := memory.actions("thing", after, limit=2):
        after = page[-1][0]
        found += [data["number"] for _, data in page]

    assert found == [2, 1, 4, 0, 3]

    with memory.store.transaction():
        assert [each["number"] for each in memory.drop_together("thing", "a")] == [1, 4]
    assert [data["number"] for _, data in memory.actions("thing")] == [2, 0, 3]


def test_two_connections_know_nothing_of_each_other(store: Store) -> None:
    fill(Memory(store, "acme", SIDES))
    other = Memory(store, "other", SIDES)

    assert other.record("thing", "left", "1") is None
    assert other.known("thing", "left", ["1"]) == {}
    assert other.undone("thing") == []
    assert list(other.records(states=("pending",))) == []
    assert other.counts() == {}
    assert other.link_of("thing", "left", "1") is None
    assert other.links("thing") == []
    assert other.linked_elsewhere(["thing"], "left", "1") == ""
    assert other.found_by("thing", "left", "tier 0", ["a"]) == {}
    assert other.unlinked_keys("thing", "left", "tier 0") == []
    assert other.key_of("thing", "left", "1", "tier 0") is None
    assert other.unsettled() == []
    assert other.writes() == []
    assert other.last_run() is None
    assert other.actions("thing") == []
    assert other.planned() == {}
    assert other.cursor("left", "things") == (None, None, "")
    assert other.last_carried() == {}
    assert other.decision("thing", "left", "1") is None
    assert other.brakes() == []
    assert other.to_dos() == []
    assert other.count_linked("thing", "left") == 0
    assert other.count_seen("thing", "left", 1) == 0


# Records --------------------------------------------------------------------------------------------------------------

RECORDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text("abc", min_size=1, max_size=2),
    st.none()
    | st.booleans()
    | st.integers(0, 10**20)
    | st.decimals(-999, 999, places=2)
    | st.text(st.characters(codec="utf-8"), max_size=4),
    max_size=4,
)


@given(record=RECORDS)
def test_a_record_comes_back_as_it_was(record: dict[str, Any], shared: Memory) -> None:
    given_record = known("1", record=record, reason="r", cure="c", detail={"again": 5}, since=7.0)
    keep(shared, given_record)

    assert shared.record("thing", "left", "1") == given_record


def test_a_record_is_replaced_whole_by_what_is_kept_later(memory: Memory) -> None:
    keep(memory, known("1", reason="old", record={"a": 1}), known("2"))
    keep(memory, known("1", name="new", state="waiting", record=None), now=200.0)

    found = memory.record("thing", "left", "1")
    assert found is not None
    assert (found.name, found.state, found.reason, found.record, found.since) == ("new", "waiting", "", None, 200.0)
    assert sorted(memory.known("thing", "left", ["1", "2", "3"])) == ["1", "2"]


def test_a_record_that_is_done_with_forgets_its_content_unless_told_not_to(memory: Memory) -> None:
    keep(memory, *(known(each, record={"a": 1}) for each in "123"))
    with memory.store.transaction():
        memory.judge("thing", "left", "1", "synced")
        memory.judge("thing", "left", "2", "synced", forget=False)
        memory.judge("thing", "left", "3", "waiting", reason="why", cure="how", detail={"because": "x"})

    found = [memory.record("thing", "left", each) for each in "123"]
    assert [each.record if each else None for each in found] == [None, {"a": 1}, {"a": 1}]
    assert found[2] is not None
    assert (found[2].state, found[2].reason, found[2].cure, found[2].detail) == (
        "waiting",
        "why",
        "how",
        {"because": "x"},
    )


@pytest.mark.parametrize("before", ["pending", "synced", "waiting", "failed", "excluded"])
def test_only_what_is_pending_is_closed(before: Any, memory: Memory) -> None:
    keep(memory, known("1", state=before, reason="why", record={"a": 1}))
    with memory.store.transaction():
        memory.close("thing", "left", "1", forget=True)

    found = memory.record("thing", "left", "1")
    assert found is not None
    if before == "pending":
        assert (found.state, found.reason, found.record) == ("synced", "", None)
    else:
        assert (found.state, found.reason, found.record) == (before, "why", {"a": 1})


def test_what_is_to_be_done_comes_page_by_page_in_a_fixed_order(memory: Memory, small_pages: None) -> None:
    ids = [f"{number:02}" for number in range(10)]
    keep(memory, *(known(each) for each in reversed(ids)), *(known(each, "right", state="waiting") for each in ids))
    keep(memory, known("x", state="synced"), known("y", state="excluded"))
    keep(memory, known("z"), entity="other")

    found, pages, after = [], 0, ("", "")
    while page := memory.undone("thing", after):
        after = (page[-1].side, page[-1].id)
        found += [(each.side, each.id) for each in page]
        pages += 1

    assert found == [(side, each) for side in SIDES for each in ids]
    assert pages == 7


def test_our_own_write_does_not_come_back_as_a_change(memory: Memory) -> None:
    keep(memory, known("1", state="synced", digest=b"before"), known("2", state="waiting", digest=b"before"))
    with memory.store.transaction():
        for each in "12":
            memory.keep_digest("thing", "left", each, b"after")

    assert {id_: each.digest for id_, each in memory.known("thing", "left", ["1", "2"]).items()} == {
        "1": b"after",
        "2": b"before",
    }


def test_records_are_counted_and_listed_by_what_people_read(memory: Memory) -> None:
    keep(
        memory,
        known("1", state="waiting", reason="no number"),
        known("2", state="waiting", reason="no number"),
        known("3"),
    )

    assert memory.counts() == {("thing", "left", "waiting", "no number"): 2, ("thing", "left", "pending", ""): 1}
    assert [(entity, each.id, each.record) for entity, each in memory.records(states=("waiting",))] == [
        ("thing", "1", None),
        ("thing", "2", None),
    ]


def test_lists_of_any_length_find_what_they_name_and_nothing_else(memory: Memory) -> None:
    ids = [f"{each:04}" for each in range(700)]
    keep(memory, *(known(each) for each in ids))

    for length in (1, 2, 3, 4, 5, 499, 500, 501, 699):
        assert sorted(memory.known("thing", "left", ids[:length])) == ids[:length]
    assert sorted(memory.known("thing", "left", ["0001", "0001", "none"])) == ["0001"]
    assert list(memory.records(states=())) == []


def test_a_record_is_found_and_noted_with_as_much_work_among_many_as_among_few(path: Path) -> None:
    """Work is counted in steps of the database, which are the same on every machine."""
    steps: list[int] = []

    def step() -> None:
        steps[-1] += 1

    with open_store(path) as store:
        memory, raw = Memory(store, "acme", SIDES), cast("Any", store.db.connection.dbapi_connection)
        for first, count in ((0, 20), (20, 2_000)):
            with store.transaction():
                rows = [("left", f"{each:05}", "tier 0", "", f"k{each}") for each in range(first, first + count)]
                memory.know_by("thing", rows)
            for only in ("", "tier 0"):
                steps.append(0)
                raw.set_progress_handler(step, 1)
                with store.transaction():
                    memory.know_by("thing", [("left", "00003", "tier 0", "", "k3")], only=only)
                assert memory.found_by("thing", "left", "tier 0", ["k3"]) == {"k3": ["00003"]}
                raw.set_progress_handler(None, 1)

    assert max(steps[2:]) < 1.5 * min(steps[:2])


# Who was seen ---------------------------------------------------------------------------------------------------------


def test_linked_records_that_a_run_did_not_see_are_found_once(memory: Memory, small_pages: None) -> None:
    keep(memory, *(known(str(each), seen=1) for each in range(8)), known("alone", seen=1), known("seen", seen=2))
    links = {each: tie(memory, each, f"r{each}") for each in [*map(str, range(8)), "seen"]}

    assert memory.count_unseen("thing", "left", 2, 100.0) == (8, 1)
    assert memory.count_linked("thing", "left") == 9

    found = []
    while page := memory.unseen("thing", "left", 2, 100.0):
        with memory.store.transaction():
            for each in page:
                link = memory.link(links[each.id])
                assert link is not None
                link.gone["left"] = True
                memory.remember(link)
                found.append(each.id)

    assert sorted(found) == list(map(str, range(8)))
    assert memory.count_unseen("thing", "left", 2, 100.0) == (0, 1)
    assert memory.count_linked("thing", "left") == 1

    with memory.store.transaction():
        memory.returned([links["3"]], "left")
    assert memory.count_linked("thing", "left") == 2


def test_records_that_were_never_linked_and_are_not_there_any_more_are_forgotten_with_their_keys(
    memory: Memory,
) -> None:
    keep(memory, known("gone", seen=1), known("there", seen=2), known("linked", seen=1), known("gone", "right", seen=1))
    tie(memory, "linked", "r")
    with memory.store.transaction():
        memory.know_by("thing", [("left", each, "tier 0", "", "k") for each in ("gone", "there", "linked")])
        memory.drop_unseen_unlinked("thing", "left", 2)

    assert sorted(memory.known("thing", "left", ["gone", "there", "linked"])) == ["linked", "there"]
    assert memory.found_by("thing", "left", "tier 0", ["k"]) == {"k": ["linked", "there"]}
    assert memory.record("thing", "right", "gone") is not None


def test_a_touch_is_all_that_a_record_needs_to_count_as_seen(memory: Memory) -> None:
    keep(memory, known("1", seen=1, record={"a": 1}), known("2", seen=1))
    with memory.store.transaction():
        memory.touch("thing", "left", ["1"], 2)

    assert memory.count_seen("thing", "left", 2) == 1
    assert [each.id for each in memory.left_out("thing", "left", 2, 100.0)] == ["2"]


def test_what_came_about_since_a_moment_is_not_among_what_was_not_seen(memory: Memory) -> None:
    for moment, id_ in ((100.0, "before"), (101.0, "since")):
        keep(memory, known(id_, seen=1, record={"a": 1}), now=moment)
        tie(memory, id_, f"r{id_}")

    assert memory.count_unseen("thing", "left", 2, 100.0) == (1, 0)
    assert [each.id for each in memory.unseen("thing", "left", 2, 100.0)] == ["before"]
    assert [each.id for each in memory.left_out("thing", "left", 2, 100.0)] == ["before"]


def test_under_other_rules_whatever_still_has_its_content_is_decided_anew(memory: Memory) -> None:
    states: Any = ("waiting", "failed", "excluded", "synced", "pending")
    keep(memory, *(known(each, state=each, record={"a": 1}) for each in states), known("empty", state="waiting"))
    keep(memory, known("other", state="waiting", record={"a": 1}), entity="other")
    with memory.store.transaction():
        memory.reconsider(["thing"])

    found = memory.known("thing", "left", [*states, "empty"])
    assert {id_ for id_, each in found.items() if each.state == "pending"} == {
        "waiting",
        "failed",
        "excluded",
        "pending",
    }
    assert memory.known("other", "left", ["other"])["other"].state == "waiting"


# Links ----------------------------------------------------------------------------------------------------------------


def test_a_link_keeps_exact_values_and_what_it_is_told_later(memory: Memory) -> None:
    base = {"left": {"Amount": Decimal("1.10"), "Note": None}, "right": {"Amount": 1}}
    number = tie(memory, "1", "2", base=base)
    link = memory.link_of("thing", "right", "2")
    assert link is not None
    assert (link.id, link.ids, link.base) == (number, {"left": "1", "right": "2"}, base)

    link.base["right"]["Amount"] = Decimal("1.20")
    link.active, link.gone = {"left": False, "right": None}, {"left": False, "right": True}
    with memory.store.transaction():
        memory.remember(link)

    again = memory.link(number)
    assert again == link


def test_a_record_belongs_to_one_other_only(memory: Memory) -> None:
    tie(memory, "1", "2")

    for left, right in (("1", "3"), ("3", "2")):
        with pytest.raises(StateError):
            tie(memory, left, right)
    tie(memory, "1", "2", entity="other")
    assert [each.ids for each in memory.links("thing")] == [{"left": "1", "right": "2"}]


def test_states_beside_a_record_have_no_id_of_their_own(memory: Memory) -> None:
    first, second = tie(memory, None, "1"), tie(memory, None, "2")

    assert [each.id for each in memory.links("thing")] == [first, second]


def test_links_come_page_by_page(memory: Memory, small_pages: None) -> None:
    made = [tie(memory, f"l{each}", f"r{each}") for each in range(7)]

    found, after = [], 0
    while page := memory.links("thing", after):
        after = page[-1].id
        found += [each.id for each in page]

    assert found == made


def test_two_records_that_are_taken_apart_are_as_if_seen_for_the_first_time(memory: Memory) -> None:
    keep(memory, known("1", digest=b"d"), known("2", "right", digest=b"d"))
    number = tie(memory, "1", "2")
    with memory.store.transaction():
        memory.unlink(number)

    found = [memory.record("thing", "left", "1"), memory.record("thing", "right", "2")]
    assert [(each.state, each.link, each.digest) for each in found if each is not None] == [("pending", None, b"")] * 2
    assert memory.link(number) is None


def test_a_record_that_belongs_to_another_entity_is_found_there(memory: Memory) -> None:
    tie(memory, "1", "2", entity="supplier")

    assert memory.linked_elsewhere(["customer", "supplier"], "left", "1") == "supplier"
    assert memory.linked_elsewhere(["customer"], "left", "1") == ""
    assert memory.linked_elsewhere(["supplier"], "right", "1") == ""


# Keys -----------------------------------------------------------------------------------------------------------------


def test_records_are_found_by_what_they_are_compared_by(memory: Memory) -> None:
    with memory.store.transaction():
        memory.know_by(
            "thing",
            [("left", "1", "tier 0", "A", "a"), ("left", "2", "tier 0", "A ", "a"), ("left", "3", "tier 0", "", "")],
        )

    assert memory.found_by("thing", "left", "tier 0", ["a", "b", ""]) == {"a": ["1", "2"]}
    assert memory.found_by("thing", "left", "tier 0", []) == {}
    assert memory.key_of("thing", "left", "1", "tier 0") == "A"
    assert memory.key_owner("thing", "left", "tier 0", "a") == "1"
    assert memory.key_owner("thing", "left", "tier 1", "a") is None


def test_a_record_is_not_found_by_what_it_was_before(memory: Memory) -> None:
    with memory.store.transaction():
        memory.know_by(
            "thing",
            [("left", "1", "tier 0", "", "a"), ("left", "1", "@Number", "7", "7"), ("left", "2", "tier 0", "", "a")],
        )
        memory.know_by("thing", [("left", "1", "tier 0", "", "b")])
        memory.know_by("thing", [], of=[("left", "2")])

    assert memory.found_by("thing", "left", "tier 0", ["a", "b"]) == {"b": ["1"]}
    assert memory.key_of("thing", "left", "1", "@Number") is None


def test_a_single_key_may_be_noted_anew(memory: Memory) -> None:
    with memory.store.transaction():
        memory.know_by("thing", [("#", "1", "paid", "", "7"), ("#", "1", "sent", "", "7")])
        memory.know_by("thing", [("#", "1", "paid", "", "8")], only="paid")

    assert memory.found_by("thing", "#", "paid", ["7", "8"]) == {"8": ["1"]}
    assert memory.found_by("thing", "#", "sent", ["7"]) == {"7": ["1"]}


def test_keys_of_records_without_a_link_come_page_by_page(memory: Memory, small_pages: None) -> None:
    ids = [f"{number:02}" for number in range(8)]
    keep(memory, *(known(each) for each in ids), known("tied"))
    tie(memory, "tied", "r")
    with memory.store.transaction():
        memory.know_by("thing", [("left", each, "tier 0", "", "k") for each in [*ids, "tied"]])

    found, after = [], ""
    while page := memory.unlinked_keys("thing", "left", "tier 0", after):
        after = page[-1][0]
        found += page

    assert found == [(each, "k") for each in ids]


# Journal and runs -----------------------------------------------------------------------------------------------------


def test_a_write_is_journalled_before_and_after(memory: Memory) -> None:
    with memory.store.transaction():
        run = memory.begin_run(1.0)
        entry = memory.intend(run, "thing", "right", "create", None, "1", None, "Ada", {"a": Decimal("1.10")}, 2.0)
        memory.intend(run, "thing", "right", "update", "9", "2", 5, "Bob", {}, 3.0)

    first, second = memory.unsettled()
    assert (first.verb, first.source_id, first.name, first.intent, first.started_at) == (
        "create",
        "1",
        "Ada",
        {"a": Decimal("1.10")},
        2.0,
    )
    assert (second.key, second.link) == ("9", 5)

    with memory.store.transaction():
        memory.settle(entry, "done", 4.0, "made")

    assert [each.verb for each in memory.unsettled()] == ["update"]
    assert [(each["state"], each["outcome"]) for each in memory.writes(run)] == [("done", "made"), ("open", "")]
    assert memory.written(run) == {("thing", "right", "create", "done"): 1, ("thing", "right", "update", "open"): 1}
    assert memory.writes(run + 1) == []


def test_a_run_that_never_ended_is_closed_by_the_next(memory: Memory) -> None:
    with memory.store.transaction():
        first = memory.begin_run(1.0)
        second = memory.begin_run(2.0)
        memory.end_run(second, 3.0, "done", {"created": 2})

    last = memory.last_run()
    assert last is not None
    assert (second > first, last["run"], last["outcome"], last["counts"]) == (True, second, "done", {"created": 2})
    outcome = memory.db.execute(sa.select(tables.runs.c.outcome).where(tables.runs.c.id == first)).scalar()
    assert outcome == "cut off"


def test_a_run_reports_its_own_notices(memory: Memory) -> None:
    with memory.store.transaction():
        memory.notice(1, "thing", "Ada", "one")
        memory.notice(2, "thing", "Bob", "two")

    assert memory.notices(2) == [("thing", "Bob", "two")]


@pytest.mark.requirement("X-04")
def test_what_a_run_could_not_tell_any_more_is_told_by_the_next_that_can(memory: Memory) -> None:
    numbers = []
    with memory.store.transaction():
        for outcome in ("done", "failed", "planned", None, "done", "done"):
            numbers.append(memory.begin_run(1.0))
            memory.notice(numbers[-1], "thing", "Ada", str(len(numbers)))
            if outcome:
                memory.end_run(numbers[-1], 2.0, outcome, {})

    assert [text for _, _, text in memory.untold(numbers[4])] == ["2", "3", "4", "5"]
    assert [text for _, _, text in memory.untold(numbers[5])] == ["6"]
    assert [text for _, _, text in memory.untold(numbers[0])] == ["1"]


# Plans ----------------------------------------------------------------------------------------------------------------


def test_a_plan_comes_back_in_its_order_page_by_page(memory: Memory, small_pages: None) -> None:
    with memory.store.transaction():
        memory.add_actions([("thing", "update" if each % 2 else "create", {"number": each}) for each in range(8)])
        memory.add_actions([("other", "create", {})])
        memory.add_actions([])

    found, after = [], None
    while page := memory.actions("thing", after, limit=3):
        after = page[-1][0]
        found += [data["number"] for _, data in page]

    assert found == list(range(8))
    assert memory.planned() == {("thing", "create"): 4, ("thing", "update"): 4, ("other", "create"): 1}

    places = [place for place, data in memory.actions("thing") if data["number"] % 2 == 0]
    with memory.store.transaction():
        for place in places[1:]:
            memory.drop_action(place)
        memory.change_action(places[0], {"number": 10})
    assert memory.planned() == {("thing", "create"): 1, ("thing", "update"): 4, ("other", "create"): 1}
    assert [data["number"] for _, data in memory.actions("thing")] == [10, 1, 3, 5, 7]

    with memory.store.transaction():
        memory.clear_plan()
    assert memory.planned() == {}


def test_what_other_rules_made_is_marked_in_every_link_until_it_is_learnt_again(memory: Memory) -> None:
    base = {side: {"Note": "a", "Amount": 1} for side in memory.sides}
    with memory.store.transaction():
        one, other = (memory.make_link("thing", dict.fromkeys(memory.sides, id_), base, {}) for id_ in ("1", "2"))
        memory.declare("thing", {"Note": "b"}, {"Note"})
        link = memory.link(one)
        assert link is not None
        link.learn({side: {"Note": "c"} for side in memory.sides})
        memory.remember(link)
        memory.declare("thing", {"Note": "b", "Amount": "b"}, {"Amount"})
    agreed = [link.agreed[memory.sides[0]] for each in (one, other) if (link := memory.link(each)) is not None]

    assert memory.declared("thing") == {"Note": "b", "Amount": "b"}
    assert agreed == [{"Note": "c"}, {}]


# Cursors, rhythms, decisions, brakes and to-dos -----------------------------------------------------------------------


def test_a_cursor_and_a_rhythm_go_on_from_where_they_were_moved_to(memory: Memory) -> None:
    with memory.store.transaction():
        memory.move_cursor("left", "things", "2026-01-01", 1.0, "d")
        memory.move_cursor("left", "things", "2026-01-02", None, "e")
        memory.carried([("thing", "left", "changed")], 1.0)
        memory.carried([("thing", "left", "changed")], 2.0)

    assert memory.cursor("left", "things") == ("2026-01-02", None, "e")
    assert memory.cursor("right", "things") == (None, None, "")
    assert memory.last_carried() == {("thing", "left", "changed"): 2.0}


def test_a_decision_holds_until_it_is_taken_back(memory: Memory) -> None:
    assert memory.decision("thing", "left", "1") is None

    with memory.store.transaction():
        memory.decide("thing", "left", "1", {"keep": "left"}, 1.0)
    assert memory.decision("thing", "left", "1") == {"keep": "left"}
    assert memory.decision("thing", "right", "1") is None
    assert memory.decision("other", "left", "1") is None

    with memory.store.transaction():
        memory.undecide("thing", "left", "1", only=("link", "create"))
    assert memory.decision("thing", "left", "1") == {"keep": "left"}

    with memory.store.transaction():
        memory.undecide("thing", "left", "1", only=("keep",))
    assert memory.decision("thing", "left", "1") is None


def test_a_decision_that_was_rolled_back_was_never_made(memory: Memory) -> None:
    with suppress(ZeroDivisionError), memory.store.transaction():
        memory.decide("thing", "left", "1", {"keep": "left"}, 1.0)
        assert memory.decision("thing", "left", "1") == {"keep": "left"}
        raise ZeroDivisionError

    assert memory.decision("thing", "left", "1") is None


def test_a_brake_stays_on_until_it_is_released(memory: Memory) -> None:
    with memory.store.transaction():
        memory.brake("thing", "deactivations", "20 at once", 20, 1.0)
        memory.brake("thing", "deactivations", "21 at once", 21, 2.0)
    assert memory.brakes() == [("thing", "deactivations", "21 at once", 21)]

    with memory.store.transaction():
        memory.release("thing", "deactivations")
    assert memory.brakes() == []


def test_a_to_do_is_asked_once_and_struck_off(memory: Memory) -> None:
    with memory.store.transaction():
        for _ in range(2):
            memory.to_do("thing", 7, "Tick the box", "No program can.")

    ((number, *said),) = memory.to_dos()
    assert said == ["thing", 7, "Tick the box", "No program can."]

    with memory.store.transaction():
        memory.done(number)
        memory.to_do("thing", 7, "Tick the box", "No program can.")
    assert memory.to_dos() == []
    assert len(memory.to_dos(done=True)) == 1


# Calls ----------------------------------------------------------------------------------------------------------------


def test_calls_are_counted_from_several_threads_and_kept_for_the_next_run(path: Path) -> None:
    with open_store(path) as store, ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: store.count_call("box/acme", "2026-05"), range(20)))

    assert sorted(counts) == list(range(1, 21))
    with open_store(path) as store:
        assert store.count_call("box/acme", "2026-05") == 21
        assert store.count_call("box/acme", "2026-06") == 1
        assert store.count_call("box/other", "2026-05") == 1


def test_a_call_may_be_counted_while_something_is_being_written(store: Store, memory: Memory) -> None:
    with store.transaction():
        memory.keep("thing", [known("1")], 1.0)

        assert store.count_call("box/acme", "2026-05") == 1
        assert store.count_call("box/acme", "2026-05") == 2

    assert store.count_call("box/acme", "2026-05") == 3
