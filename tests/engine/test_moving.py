"""A state store is moved whole or not at all, from a file to a database and back, and nobody goes on with the original."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import stores
from cli_world import SIDES, Shell

from syncrules.errors import StateError, UsageError
from syncrules.memory import moving, tables
from syncrules.memory.memory import Memory
from syncrules.memory.moving import InUse, content, move
from syncrules.memory.store import Store, open_store
from syncrules.memory.upgrade import HEAD, version_of
from syncrules.secrets import load_keys
from syncrules.serving.posts import Posts, most_workers

ODD = ("", "été, ﷽ 𝕏", "a'b\"c;--", "%_\\", "tab\tline\nend", "x" * 3_000, " ", "NULL", "0x00", "Ä" * 255)
BYTES = (b"", b"\x00\xff'\"", b"{}", b"\x80" * 5_000)
FLOATS = (0.0, 0.1 + 0.2, 1_780_000_000.123456, -1.5)


def filled(store: Store) -> None:
    """Put rows into every table, in which every column has every kind of value."""
    with store.transaction():
        for table in tables.metadata.sorted_tables:
            store.db.execute(sa.insert(table), [_row(table, number) for number in range(12)])


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    return {each.name: _value(each, number) for each in table.c}


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.nullable and number % 3 == 0:
        return None
    match column.type:
        case sa.Boolean():
            return number % 2 == 0
        case sa.BigInteger():
            return number + 1 if column.primary_key else 2**40 + number
        case sa.Integer():
            return number * 1000
        case sa.Float():
            return FLOATS[number % len(FLOATS)]
        case sa.LargeBinary():
            return BYTES[number % len(BYTES)]
        case _:
            key = column.primary_key or column.name in ("left_id", "right_id", "text", "link")
            return f"{number} {ODD[number % 5]}" if key else ODD[number % len(ODD)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def full(file: Path) -> Iterator[Store]:
    with open_store(file) as store:
        filled(store)
        yield store


@pytest.fixture
def url() -> Iterator[str]:
    found = stores.database()
    yield found
    stores.give_back(found)


def is_empty(store: Store) -> bool:
    with store.transaction():
        return not any(each.rows for each in content(store).values())


def test_all_of_it_arrives_in_a_database_and_comes_back(full: Store, url: str, tmp_path: Path) -> None:
    told = []
    with open_store(url) as target:
        there = move(full, target, lambda *how: told.append(how))
        after = _next_link(target)
    with open_store(url) as source, open_store(tmp_path / "back.db") as target:
        back = move(source, target)

        assert _next_link(target) == after
    assert there.tables == back.tables == content(full)
    assert {each.rows for each in there.tables.values()} == {12}
    assert told == [(table.name, 12, 12) for table in tables.metadata.sorted_tables]
    assert after == 13


def _next_link(store: Store) -> int:
    """Tell which number a link is given, and take it out again."""
    links = tables.links
    row = {"connection": "new", "entity": "thing", "left_base": b"", "right_base": b""}
    with store.transaction():
        (number,) = store.db.execute(sa.insert(links).values(row)).inserted_primary_key or (0,)
        store.db.execute(sa.delete(links).where(links.c.id == number))
    return int(number)


def test_a_text_that_a_database_cannot_keep_arrives_as_near_as_it_can(file: Path, url: str) -> None:
    with open_store(file) as source, open_store(url) as target:
        with source.transaction():
            Memory(source, "acme", SIDES).notice(1, "thing", "Jan\0sen", "\0")
        move(source, target)

        assert Memory(target, "acme", SIDES).notices(1) == [("thing", "Jan␀sen", "␀")]


def test_a_place_that_holds_something_is_refused_and_left_as_it_is(full: Store, tmp_path: Path) -> None:
    with open_store(tmp_path / "other.db") as target:
        with target.transaction():
            Memory(target, "acme", SIDES).notice(1, "thing", "a", "b")
        before = content(target)
        with pytest.raises(UsageError, match="not empty: it holds 2 rows") as told:
            move(full, target)

        assert content(target) == before
        assert "Nothing was copied" in told.value.cure
    assert version_of(full) == HEAD


def test_nothing_is_moved_while_a_run_is_under_way_or_begun_while_it_is_moved(full: Store, tmp_path: Path) -> None:
    with open_store(full.path or "") as runs, open_store(tmp_path / "other.db") as target:
        with runs.alone("acme"), pytest.raises(InUse, match="somebody works"):
            move(full, target)

        def begin(*_: Any) -> None:
            with runs.alone("new") as alone, runs.beside_others() as there:
                begun.append(alone or there)

        begun: list[bool] = []
        assert is_empty(target)
        move(full, target, begin)
        assert set(begun) == {False}
        with pytest.raises(StateError, match="was moved elsewhere"), runs.alone("acme"):
            pass


@pytest.mark.parametrize("where", ["file", "url"])
def test_beside_a_serve_that_has_nothing_to_do_it_says_that_this_is_to_be_stopped(
    acme: Shell, where: str, request: pytest.FixtureRequest
) -> None:
    source = str(acme.state) if where == "file" else request.getfixturevalue("url")
    with open_store(source) as store:
        posts = Posts(store, most_workers(source))
        posts.claim()
        told = acme.one("state", "move", "--state", source, "--to", str(acme.folder / "other.db"), code=1)["error"]
        posts.leave()

        assert "'syncrules serve' is at work" in told["message"]
        assert "Stop it" in told["cure"]

        with store.alone("acme"):
            told = acme.one("state", "move", "--state", source, "--to", str(acme.folder / "other.db"), code=1)["error"]

        assert "Wait until no run is under way" in told["cure"]


def test_a_store_is_not_moved_to_where_it_is(full: Store, url: str, tmp_path: Path) -> None:
    (tmp_path / "alias.db").symlink_to(full.path or "")
    with open_store(tmp_path / "alias.db") as alias, pytest.raises(UsageError, match="to where it is"):
        move(full, alias)
    with open_store(url) as one, open_store(url) as other, pytest.raises(InUse, match="or it is the one"):
        move(one, other)
    assert version_of(full) == HEAD


def test_what_does_not_arrive_as_it_was_sent_changes_nothing(
    full: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = moving._copy

    def spoilt(source: Any, target: Any, table: sa.Table, told: Any) -> Any:
        sent = copy(source, target, table, told)
        if table.name == "links":
            target.execute(sa.update(table).where(table.c.id == 3).values(left_gone=sa.not_(table.c.left_gone)))
        return sent

    monkeypatch.setattr(moving, "_copy", spoilt)
    with open_store(url) as target:
        with pytest.raises(StateError, match="what arrived is not what was sent, in links"):
            move(full, target)

        assert is_empty(target)
    assert version_of(full) == HEAD


KILLED = """
import os, sys
import sqlalchemy as sa
from syncrules.memory.moving import move
from syncrules.memory.store import open_store
word = sys.argv[3]
with open_store(sys.argv[1]) as source, open_store(sys.argv[2]) as target:
    def killed(conn, cursor, statement, *_):
        if word in statement and conn.engine is (source if word.startswith("update") else target).engine:
            os.kill(os.getpid(), 9)
    sa.event.listen(sa.Engine, "before_cursor_execute", killed)
    move(source, target)
"""


@pytest.mark.requirement("X-03")
@pytest.mark.parametrize("to", ["database", pytest.param("file", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("word", ["INSERT INTO journal", "update alembic_version"])
def test_whoever_is_killed_in_the_midst_of_it_loses_nothing(
    full: Store, word: str, to: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = str(tmp_path / "other.db") if to == "file" else request.getfixturevalue("url")
    before = content(full)
    full.db.rollback()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(full.path), where, word], check=False, timeout=120)

    if to == "database":
        _until_the_server_has_noticed(where)
    assert ended.returncode == -signal.SIGKILL
    assert version_of(full) == HEAD
    assert content(full) == before
    full.db.rollback()
    with open_store(where) as target:
        arrived = not is_empty(target)
        assert arrived == word.startswith("update")
        assert move(full, target).already == arrived
        with target.transaction():
            assert content(target) == before


def _until_the_server_has_noticed(url: str) -> None:
    """Wait until the server has let go of what a killed process held: it finds out when it reads the next time."""
    still = "select 1 from pg_stat_activity where datname = current_database() and application_name = 'syncrules'"
    end = time.monotonic() + 60
    while stores.server().rows(url, still):
        assert time.monotonic() < end, "the server goes on without its client"
        time.sleep(0.05)


# The command ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-01", "X-15")
def test_a_connection_goes_on_in_a_database_where_it_stopped_in_a_file(
    acme: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = acme.type("status", "acme").output
    key = ("--key-file", str(acme.key))
    (told,) = acme.told("state", "move", "--state", str(acme.state), *key, "--to", url)

    assert (told["command"], told["already"]) == ("state move", False)
    assert told["rows"] == sum(each["rows"] for each in told["tables"]) > 100
    assert f"go on giving --key-file {acme.key}" in told["key"]
    assert acme.type("status", "--state", url, *key, "acme").output == before
    again = acme.type("run", "--state", url, *key, "acme")
    assert "Nothing had to be written" in again.output, again.output
    with open_store(url) as store:
        assert str(load_keys(acme.key)) not in str(store.connections())
    refused = acme.one("run", "acme", code=5)
    assert "was moved elsewhere" in refused["error"]["message"]
    assert "syncrules state reopen" in refused["error"]["cure"]
    assert acme.one("state", "reopen", "--state", str(acme.state))["command"] == "state reopen"
    assert acme.type("status", "acme").output == before


def test_the_key_is_asked_for_where_it_will_be_looked_for(
    acme: Shell, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(acme.folder)
    os.replace(acme.key, acme.folder / "state.db.key")
    told = acme.type("state", "move", "--state", "state.db", "--to", url).output

    assert "copy 'state.db.key' to '.syncrules/key'" in told
    assert "From now on give --state, or SYNCRULES_STATE, as postgresql" in told


@pytest.mark.parametrize(
    ("to", "code", "says", "cure"),
    [
        (
            "postgresql://u:geheim@127.0.0.1:1/db",
            5,
            "--to: the state store in the database 'db' at 127.0.0.1, port 1 cannot be used",
            "what --to says",
        ),
        ("mysql://u:geheim@h/db", 5, "cannot be kept in 'mysql'", "postgresql://USER"),
        ("state.db", 2, "to where it is", "another place"),
    ],
)
def test_a_place_that_cannot_be_used_is_told(
    acme: Shell, to: str, code: int, says: str, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(acme.folder)
    told = acme.one("state", "move", "--state", "state.db", "--to", to, code=code)["error"]

    assert says in told["message"]
    assert cure in told["cure"]
    assert "geheim" not in json.dumps(told)
    assert acme.type("status", "acme").exit_code == 0


def test_what_a_state_store_holds_is_shown_without_a_password(acme: Shell, url: str) -> None:
    told = acme.one("state", "show", "--state", str(acme.state))
    empty = acme.type("state", "show", "--state", url.replace("tests@", "tests:geheim@"))

    assert (told["step"], told["damage"], told["connections"]) == (HEAD, "", ["acme"])
    assert {each["table"] for each in told["tables"]} == set(tables.metadata.tables)
    assert "geheim" not in empty.output
    assert "Connections: none." in empty.output
    assert (
        acme.one("state", "reopen", "--state", str(acme.state), code=2)["error"]["cure"] == "It can be used as it is."
    )


def test_a_decision_waits_until_the_store_has_been_moved(acme: Shell) -> None:
    with open_store(acme.state) as store, store.whole():
        told = acme.one("pause", "acme", code=1)["error"]

    assert told["message"] == "the state store is being moved"
