"""Statements that SQLite is handed without SQLAlchemy: they say, find and break off as if it had carried them out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from syncrules.errors import StateError
from syncrules.memory import tables as t
from syncrules.memory.built import Built, one_of
from syncrules.memory.store import Store, open_store

c = t.links.c


@Built
def _make() -> sa.Executable:
    return sa.insert(t.links)


@Built
def _change(id: Any) -> sa.Executable:
    return sa.update(t.links).where(c.id == id)


@Built
def _every(connection: Any) -> sa.Executable:
    return sa.select(t.links).where(c.connection == connection).order_by(c.id)


@Built
def _some(ids: Sequence[int]) -> sa.Executable:
    return sa.select(c.id).where(c.id.in_(ids)).order_by(c.id)


@Built
def _of_two(connection: Any) -> sa.Executable:
    return sa.select(sa.func.count()).where(c.connection == connection, c.entity.in_(one_of(("person", "supplier"))))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "state.db") as store:
        yield store


def a_link(number: int, **more: Any) -> dict[str, Any]:
    return {
        "connection": "shop", "entity": "person", "left_id": f"l{number}", "right_id": None, "left_base": b"{}",
        "right_base": b"\x00\xff", "left_active": True, "right_active": None, "left_gone": False, "right_gone": True,
        "parent": None, "outdated": None, **more,
    }  # fmt: skip


def test_what_is_found_is_what_sqlalchemy_finds(store: Store) -> None:
    with store.transaction():
        number = _make.made(store, a_link(1))
        _make.many(store, [a_link(2), a_link(3, entity="supplier", left_id="l\N{SNOWMAN}", parent=number)])
        _change(store, {"left_gone": True, "right_base": b"[]"}, id=number)

    found = list(_every(store, connection="shop"))
    other_way = list(store.db.execute(sa.select(t.links).order_by(c.id)))

    assert [tuple(each) for each in found] == [tuple(each) for each in other_way]
    assert [[type(value) for value in each] for each in found] == [
        [type(value) for value in each] for each in other_way
    ]
    assert (found[0].id, found[0].left_gone) == (number, True)
    assert _every(store, connection="shop").first() == found[0]
    assert _every(store, connection="nobody").first() is None
    assert _of_two(store, connection="shop").scalar() == 3


@pytest.mark.parametrize("ids", [[], [1], [2, 3], [1, 2, 3], [3, 99, 98, 97, 96]])
def test_a_list_finds_those_that_are_in_it(store: Store, ids: list[int]) -> None:
    with store.transaction():
        _make.many(store, [a_link(number) for number in (1, 2, 3)])

    assert list(_some(store, ids=ids).scalars()) == [each for each in ids if each <= 3]


def test_nothing_is_written_of_no_rows(store: Store) -> None:
    _make.many(store, [])

    assert list(_every(store, connection="shop")) == []


def test_what_is_wrong_is_told_as_anywhere_in_the_store(store: Store) -> None:
    with store.transaction():
        _make.made(store, a_link(1))

    with pytest.raises(StateError, match="UNIQUE constraint failed"), store.transaction():
        _make.made(store, a_link(1))
    other = sqlite3.connect(str(store.path))
    other.execute("BEGIN EXCLUSIVE")
    store.db.exec_driver_sql("PRAGMA busy_timeout = 1")
    with pytest.raises(StateError, match="locked"):
        _make.made(store, a_link(2))
    other.close()
    with pytest.raises(sqlite3.IntegrityError):  # a mistake of ours
        _make.made(store, a_link(1))


def _change_and_fail(store: Store, number: int) -> None:
    with store.transaction():
        _change(store, {"left_id": "lost"}, id=number)
        _make.made(store, a_link(2, left_id="lost"))


def test_what_stands_by_itself_stays_when_what_follows_does_not(store: Store) -> None:
    with store.transaction():
        number = _make.made(store, a_link(1))
    _change(store, {"left_id": "renamed"}, id=number)

    with pytest.raises(StateError, match="UNIQUE"):
        _change_and_fail(store, number)

    assert _every(store, connection="shop").first().left_id == "renamed"
    with open_store(store.path or "") as again:
        assert _every(again, connection="shop").first().left_id == "renamed"


def test_each_statement_is_announced(store: Store) -> None:
    seen = []
    store.before_each(lambda: seen.append(1))

    with store.transaction():
        _make.many(store, [a_link(1), a_link(2)])
    list(_every(store, connection="shop"))
    store.upsert(t.declared, [{"connection": "shop", "entity": "person", "row": "Name", "digest": "1"}])

    assert len(seen) == 3
