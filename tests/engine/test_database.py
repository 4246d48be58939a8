"""A state store on a PostgreSQL server: what is different there is told, mended or hidden from everybody else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import postgres
import pytest
import sqlalchemy as sa
import stores
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cli_world import SIDES

from syncrules.errors import StateError
from syncrules.memory import tables
from syncrules.memory.hints import Said
from syncrules.memory.kept import Books, ConnectionRow, Known, within
from syncrules.memory.memory import Memory
from syncrules.memory.moving import content
from syncrules.memory.store import Store, open_store
from syncrules.memory.texts import fitting
from syncrules.memory.upgrade import HEAD, version_of


@pytest.fixture
def url() -> Iterator[str]:
    found = stores.database()
    yield found
    stores.give_back(found)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def memory(store: Store) -> Memory:
    return Memory(store, "acme", SIDES)


ME = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'syncrules' and datname = current_database()"
"""Cuts off whoever works with the store."""


def record(id: str, name: str = "") -> Known:
    return Known("tribe", id, name, "pending", b"d", 1)


def test_migrations_lead_to_the_tables_of_this_version(store: Store) -> None:
    context = MigrationContext.configure(store.db, opts={"compare_type": True})

    assert compare_metadata(context, tables.metadata) == []
    assert version_of(store) == HEAD


def test_who_only_asks_leaves_no_transaction_open(url: str, store: Store, memory: Memory) -> None:
    """Else it would be open while a system is called, for minutes: an administrator ends those, and tables cannot be changed."""
    memory.to_dos()
    store.connections()
    asked = stores.server().rows(
        url, "select state from pg_stat_activity where application_name = 'syncrules' and datname = current_database()"
    )
    with store.transaction():
        memory.notice(1, "thing", "a", "b")
        writing = stores.server().rows(
            url,
            "select state from pg_stat_activity where application_name = 'syncrules' and datname = current_database()",
        )

    assert asked == [("idle",)]
    assert writing == [("idle in transaction",)]


def test_what_happens_in_a_transaction_happens_whole_or_not_at_all(store: Store, memory: Memory) -> None:
    with suppress(ZeroDivisionError), store.transaction():
        memory.notice(1, "thing", "a", "b")
        raise ZeroDivisionError

    assert memory.notices(1) == []


@pytest.mark.parametrize("kind", ["file", "database"])
@pytest.mark.parametrize("text", ["Jan\0sen", "\0", "\ud800", "Jan\udfffsen", "\udcff\udcfe"], ids=ascii)
def test_a_text_that_no_store_can_keep_is_kept_and_looked_for_as_one_that_any_can(
    kind: str, text: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    place = tmp_path / "state.db" if kind == "file" else request.getfixturevalue("url")
    with open_store(place) as store:
        memory = Memory(store, "acme", SIDES)
        with store.transaction():
            memory.keep("organisation", [record("1", text)], 1.0)
            memory.notice(1, "organisation", text, text)
            memory.hint([Said("tribe", "things", text, "deleted", 1.0), Said("tribe", "things", "", "changed", 1.0)])

        assert memory.called(text) == [("organisation", "tribe", "1")]
        assert memory.called(f"{text}?") == []
        assert [each.id for each in memory.hints()] == [""]
        assert memory.record("organisation", "tribe", text) is None
        assert store.connection(text) is None
        assert memory.notices(1)[0][1:] == (fitting(text), fitting(text))
        with store.transaction():
            store.forget(text)
            store.forget("acme")

        assert memory.called(text) == []


def test_texts_may_be_of_any_length_and_hold_any_character(store: Store, memory: Memory) -> None:
    with store.transaction():
        memory.keep("thing", [record("i" * 600, "n" * 3000), record("2", "Jan\0sen")], 1.0)
        memory.move_cursor("tribe", "r" * 300, "s" * 200, None, "")

    assert memory.record("thing", "tribe", "i" * 600) is not None
    assert [each.name for _, each in memory.records(states=("pending",))] == ["Jan␀sen", "n" * 3000]


@pytest.mark.parametrize("kind", ["file", "database"])
def test_records_are_found_by_values_of_any_length(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    where = str(tmp_path / "state.db") if kind == "file" else request.getfixturevalue("url")
    one, other = ("".join(f"{number}{end}" for number in range(2000)) for end in ("a", "b"))
    with open_store(where) as store, store.transaction():
        memory = Memory(store, "acme", SIDES)
        memory.keep("thing", [record("1"), record("2")], 1.0)
        memory.know_by("thing", [("tribe", "1", "Note", one, one), ("tribe", "2", "Note", other, other)])

        assert memory.found_by("thing", "tribe", "Note", [one, "x"]) == {one: ["1"]}
        assert memory.is_known_by("thing", "tribe", "Note", other)
        assert not memory.is_known_by("thing", "tribe", "Note", one[:-1])
        assert memory.key_of("thing", "tribe", "1", "Note") == one
        keys = dict(memory.unlinked_keys("thing", "tribe", "Note"))
        assert memory.found_by("thing", "tribe", "Note", list(keys.values())) == {keys["1"]: ["1"], keys["2"]: ["2"]}
        assert memory.called(one) == [("thing", "tribe", "1")]


@pytest.mark.parametrize("kind", ["file", "database"])
def test_a_store_of_an_older_version_finds_its_records_by_long_values_still(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = str(tmp_path / "state.db") if kind == "file" else request.getfixturevalue("url")
    long = "Bakkerij " * 60
    mine = {"connection": "acme", "entity": "thing", "side": "tribe", "name": "Name", "value": long, "compared": long}
    with open_store(where) as store, store.transaction():
        store.db.execute(sa.insert(tables.keys).values(id="1", **mine))
        store.db.execute(sa.text("drop index keys_of_record"))
        for each in ("hints", "hooks", "recent_calls", "circuits", "passes"):
            store.db.execute(sa.text(f"drop table {each}"))
        store.db.execute(sa.text("update alembic_version set version_num = '0004'"))
    with open_store(where) as store:
        assert Memory(store, "acme", SIDES).found_by("thing", "tribe", "Name", [long]) == {long: ["1"]}
        assert version_of(store) == HEAD


def test_texts_are_sorted_byte_by_byte_whatever_the_language_of_the_database(store: Store, memory: Memory) -> None:
    names = ["a-b", "ab", "aB", "B", "é", "z", "10", "9"]
    with store.transaction():
        memory.keep("thing", [record(each) for each in names], 1.0)
    (sorts,) = store.db.execute(sa.text("select 'a' < 'B'")).scalars()

    assert [each.id for each in memory.undone("thing")] == sorted(names)
    assert sorts or not stores.server()._sorts, "the database of this test should sort as people do"


@pytest.mark.parametrize("kind", ["file", "database"])
def test_forgetting_a_connection_leaves_one_alone_that_is_spelt_nearly_so(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = str(tmp_path / "state.db") if kind == "file" else request.getfixturevalue("url")
    with open_store(where) as store, store.transaction():
        for name in ("shop", "Shop", "sh%p"):
            store.save(ConnectionRow(name, "m", {}, {}, {}))
            store.save_books(name, Books("1", "One"))
            Memory(store, within(name, "1"), SIDES).notice(1, "thing", name, "")
        store.forget("Shop")
        store.forget("sh%p")

        assert Memory(store, within("shop", "1"), SIDES).notices(1) == [("thing", "shop", "")]
        assert Memory(store, within("Shop", "1"), SIDES).notices(1) == []


# What can be wrong with a server --------------------------------------------------------------------------------------


def told(url: str, says: str) -> StateError:
    """Open and use a store, in which something goes wrong that is told."""
    with pytest.raises(StateError, match=says) as caught, open_store(url) as store, store.transaction():
        Memory(store, "acme", SIDES).notice(1, "thing", "a", "b")
    return caught.value


@pytest.mark.parametrize(
    ("rights", "says"), [("usage", "permission denied for schema"), ("nothing", "no schema has been selected")]
)
def test_a_user_who_may_not_make_tables_is_told_what_to_ask_for(rights: str, says: str) -> None:
    server = stores.server()
    url = server.database()
    server.do(url, "revoke all on schema public from public")
    if rights == "usage":
        server.do(url, "grant usage on schema public to public")
    with stranger(server) as name:
        caught = told(url.replace("tests@", f"{name}@"), says)

    assert "GRANT CREATE, USAGE ON SCHEMA" in caught.cure


@contextmanager
def stranger(server: postgres.Server) -> Iterator[str]:
    """Let a user come by to whom nothing belongs."""
    server.rows("", "create role stranger login")
    yield "stranger"
    server.rows("", "drop role stranger")


def test_a_database_that_only_lets_itself_be_read_is_told(url: str) -> None:
    caught = told(f"{url}&options=-c%20default_transaction_read_only%3Don", "read-only transaction")

    assert "the server that is written to" in caught.cure


def test_a_table_that_is_gone_is_told(url: str) -> None:
    copy = stores.server().copy(url)
    stores.server().do(copy, "drop table notices")
    caught = told(copy, "notices")

    assert "Restore a copy" in caught.cure
    with open_store(copy) as store, pytest.raises(StateError, match="notices"):
        Memory(store, "acme", SIDES).notices(1)


def test_a_table_that_another_program_holds_is_waited_for_and_told(url: str) -> None:
    patient = f"{url}&options=-c%20lock_timeout%3D100"
    with open_store(url) as other, other.transaction():
        other.db.exec_driver_sql("lock table notices")
        caught = told(patient, "lock timeout")

    assert caught.cure.startswith("Another program is using it")
    with open_store(url) as store:
        assert store.db.exec_driver_sql("show lock_timeout").scalar() == "30s"


def test_a_server_that_is_not_there_is_told_without_its_password() -> None:
    caught = told("postgresql://u:geheim@127.0.0.1:1/db", "cannot be used")

    assert "Check that it runs" in caught.cure
    assert "geheim" not in f"{caught.message}{caught.cure}"


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("locked", [True, False])
def test_who_lost_the_connection_with_a_question_is_told_so_and_can_go_on(url: str, store: Store, locked: bool) -> None:
    with store.alone("acme") if locked else nullcontext():
        store.connections()
        stores.server().rows(url, ME)
        with pytest.raises(StateError, match="cannot be used"):
            store.connections()
        # Whoever cleans up afterwards writes, and must not hide by another error what went wrong.
        with pytest.raises(StateError, match="the right to write alone") if locked else nullcontext():
            store.make_sure()

    assert store.connections() == []


@pytest.mark.requirement("X-03")
def test_whoever_lost_the_lock_writes_no_more_and_leaves_it_to_the_next(url: str, store: Store, memory: Memory) -> None:
    with store.alone("acme") as alone:
        assert alone
        stores.server().rows(url, ME)
        with pytest.raises(StateError), store.transaction():
            memory.notice(1, "thing", "a", "b")
        with suppress(StateError):
            memory.notices(1)  # which connects again
        with pytest.raises(StateError, match="and with it the right to write alone"), store.transaction():
            memory.notice(1, "thing", "a", "b")
        with open_store(url) as other, other.alone("acme") as theirs:
            assert theirs
    with store.transaction():
        memory.notice(2, "thing", "c", "d")

    assert (memory.notices(1), memory.notices(2)) == ([], [("thing", "c", "d")])


@pytest.mark.requirement("X-03")
def test_whoever_lost_the_lock_makes_no_call_whether_another_has_it_now_or_nobody(url: str, store: Store) -> None:
    with store.alone("acme"), store.alone("post"):
        store.refuse_cut_off()
        stores.server().rows(url, ME)
        with pytest.raises(StateError):
            store.refuse_cut_off()
        with pytest.raises(StateError, match="the right to write alone"):
            store.refuse_cut_off()
        with open_store(url) as other, other.alone("acme"):
            other.refuse_cut_off()
            with pytest.raises(StateError, match="the right to write alone"):
                store.refuse_cut_off()

    store.refuse_cut_off()  # who holds nothing has nothing to lose


def test_a_copy_of_a_database_is_made_and_restored_as_the_readme_says(url: str, tmp_path: Path) -> None:
    where = postgres.programs()
    assert where is not None
    if not (where / "pg_dump").exists():
        pytest.skip("there is a server here, but no pg_dump")
    with open_store(url) as store, store.transaction():
        store.save(ConnectionRow("acme", "m", {"a": "b"}, {}, {"tribe": {"password": "sealed:x"}}))
        Memory(store, "acme", SIDES).keep("thing", [record("1", "é\n")], 1.0)
        before = content(store)
    new = stores.server().database()
    for program, database, *words in (
        ("pg_dump", url, "--format=custom", "--file"),
        ("pg_restore", new, "--no-owner", "--dbname"),
    ):
        libpq = database.replace("+psycopg", "")
        last = [str(tmp_path / "state.dump"), libpq] if program == "pg_dump" else [libpq, str(tmp_path / "state.dump")]
        subprocess.run([where / program, *words, *last], check=True, capture_output=True)
    with open_store(new) as store, store.transaction():
        assert content(store) == before
