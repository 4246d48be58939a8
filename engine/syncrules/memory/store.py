"""What we knew last time: one store for all connections, and one memory for each.

A store is an SQLite file unless a URL says otherwise. Every step commits page by page; whoever is killed loses at most the page in
hand, and the journal says what was meant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Any, Self, cast
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

from syncrules.errors import StateError
from syncrules.memory import counted, locks
from syncrules.memory import tables as t
from syncrules.memory.address import database, file_of, patience, url_of
from syncrules.memory.built import Prepared
from syncrules.memory.kept import Books, ConnectionRow, within
from syncrules.memory.texts import Words
from syncrules.memory.trouble import explain, explained, make_sure_of_room, told
from syncrules.memory.upgrade import migrate, refuse_if_moved
from syncrules.records import decode, encode


class Store:
    """The state store: opens, migrates, locks, and hands out memories."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.engine = engine
        self.path = path
        self.db: Connection = engine.connect()
        self.on_server = engine.dialect.name == "postgresql"
        if self.on_server:
            # Whoever only asks holds nothing up: else a question would leave a transaction open while a system is called.
            self.db.execution_options(isolation_level="AUTOCOMMIT")
        self._insert = postgresql.insert if self.on_server else sqlite.insert
        self._upserts: dict[tuple[str, tuple[str, ...], tuple[str, ...]], sa.Executable | Prepared] = {}
        """Statements that were built before: building one costs more than running it."""
        self._before: Callable[[], None] = lambda: None
        """What is called before each statement."""
        self._inside = 0
        """The thread that is in the middle of a transaction."""
        self._held: dict[int, int] = {}
        """The advisory locks that this session holds for itself alone, each with the proof of it: another lock, of a number that
        nobody else knows. Whoever finds that free knows that the session is gone; a lock that is held may be held by the next."""
        self._holder: Any = None
        """The session that holds them."""
        self._asking = engine.execution_options(isolation_level="AUTOCOMMIT") if self.on_server else engine
        """For questions that stand by themselves, from any thread."""

    @classmethod
    def in_memory(cls) -> Self:
        """Make a store that lives as long as this object: for a simulator, which plays many lives of it."""
        sqlite_ = {"check_same_thread": False}
        return cls(sa.create_engine("sqlite://", poolclass=StaticPool, connect_args=sqlite_), None)

    def content(self) -> bytes:
        """Copy a store that is in memory."""
        return self._sqlite.serialize()

    def replace(self, content: bytes) -> None:
        """Let a store in memory be what was copied, whatever it held."""
        self.give_up()
        self._sqlite.deserialize(content)

    def give_up(self) -> None:
        """Forget what was not committed, as if the process had ended."""
        self.db.rollback()
        if not self.on_server:
            self._sqlite.rollback()

    def before_each(self, call: Callable[[], None]) -> None:
        """Let something be called before each statement: for a simulator, which may break off there."""
        self._before = call
        sa.event.listen(self.engine, "before_cursor_execute", lambda *_: call())

    def carry_out(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> sqlite3.Cursor:
        """Hand a statement to SQLite, row by row."""
        self._before()
        cursor = self._sqlite.cursor()
        with explained(self.path):
            if len(rows) == 1:
                cursor.execute(statement.sql, statement.parameters(rows[0]))
            else:
                cursor.executemany(statement.sql, [statement.parameters(each) for each in rows])
        return cursor

    @property
    def _sqlite(self) -> sqlite3.Connection:
        return cast(sqlite3.Connection, self.db.connection.dbapi_connection)

    def upsert(self, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, keep: Iterable[str] = ()) -> None:
        """Write rows, replacing those with the same key; columns in `keep` stay as they were."""
        if not rows:
            return
        what = (table.name, tuple(rows[0]), tuple(keep))
        if what not in self._upserts:
            built = self._upsert(table, rows[0], keep)
            self._upserts[what] = built if self.on_server else Prepared(built, self.engine.dialect, what[1])
        statement = self._upserts[what]
        if isinstance(statement, Prepared):
            self.carry_out(statement, rows)
        else:
            self.db.execute(statement, list(rows))

    def _upsert(self, table: sa.Table, columns: Iterable[str], keep: Iterable[str]) -> sa.Executable:
        statement = self._insert(table)
        key = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in columns if name not in key and name not in keep}
        return (
            statement.on_conflict_do_update(index_elements=key, set_=changed)
            if changed
            else statement.on_conflict_do_nothing(index_elements=key)
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it.

        Raises:
            StateError: the store cannot be written.
        """
        with told(self.path), self.begun():
            outside, self._inside = self._inside, get_ident()
            try:
                yield
            finally:
                self._inside = outside

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Begin a transaction of the database, and end it."""
        self._commit()  # what stands by itself
        if self.on_server:
            with self._begun_on_server():
                yield
            return
        # SQLite begins by itself, with the first that is written.
        try:
            yield
            self._commit()
        except BaseException:
            self.give_up()
            raise

    @contextmanager
    def _begun_on_server(self) -> Iterator[None]:
        if self._held and (self.db.invalidated or self.db.connection.dbapi_connection is not self._holder):
            raise _cut_off()
        self.db.execution_options(isolation_level="READ COMMITTED")
        try:
            with self.db.begin():
                yield
        finally:
            if not self.db.invalidated:
                self.db.execution_options(isolation_level="AUTOCOMMIT")

    def _commit(self) -> None:
        if self.db.in_transaction():
            # A question that met a broken connection left nothing that could be committed.
            self.db.rollback() if self.db.invalidated else self.db.commit()
        if not self.on_server:
            self._sqlite.commit()

    def close(self) -> None:
        self.db.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Connections --------------------------------------------------------------------------------------------------

    def connections(self) -> list[ConnectionRow]:
        rows = self.db.execute(sa.select(t.connections).order_by(t.connections.c.name)).mappings()
        return [_connection(each) for each in rows]

    def connection(self, name: str) -> ConnectionRow | None:
        row = self.db.execute(sa.select(t.connections).where(t.connections.c.name == name)).mappings().first()
        return _connection(row) if row is not None else None

    def is_paused(self, name: str) -> bool:
        """Tell whether a connection rests; a run asks again and again."""
        c = t.connections.c
        return bool(self.db.execute(sa.select(c.paused).where(c.name == name)).scalar())

    def save(self, connection: ConnectionRow) -> None:
        """Write a connection, new or changed."""
        self.upsert(
            t.connections,
            [
                {
                    "name": connection.name,
                    "mapping": connection.mapping,
                    "settings": encode(connection.settings),
                    "accounts": encode(connection.accounts),
                    "answers": encode(connection.answers),
                    "digest": connection.digest,
                    "paused": connection.paused,
                    "created_at": connection.created_at,
                }
            ],
            keep=("created_at",),
        )

    def change(self, name: str, **values: Any) -> None:
        """Change single columns of a connection, and leave what somebody else may be changing."""
        self.db.execute(sa.update(t.connections).where(t.connections.c.name == name).values(**values))

    def keep_answer(self, name: str, side: str, field: str, answer: str) -> None:
        """Write one answer of a connection and leave the others; it is on the disk when this returns."""
        if self._inside == get_ident():
            self._keep_answer(self.db, name, side, field, answer)
            return
        # A connection of its own: logins are renewed from the pool, while the main thread uses the other.
        with told(self.path), self.engine.begin() as db:
            self._keep_answer(db, name, side, field, answer)

    def _keep_answer(self, db: Connection, name: str, side: str, field: str, answer: str) -> None:
        mine = t.connections.c.name == name
        # Two sides may renew at once: whoever reads the answers to write them back must be the only one who does.
        db.execute(sa.update(t.connections).where(mine).values(name=name))
        answers = decode(db.execute(sa.select(t.connections.c.answers).where(mine)).scalar_one())
        answers[side] = {**answers.get(side, {}), field: answer}
        db.execute(sa.update(t.connections).where(mine).values(answers=encode(answers)))

    def forget(self, name: str) -> None:
        """Remove everything that is remembered of a connection, its credentials first."""
        self.db.execute(sa.delete(t.connections).where(t.connections.c.name == name))
        for table in t.metadata.sorted_tables:
            if "connection" in table.c:
                mine, inside = table.c.connection == name, within(name, "")
                # Not `like`, which takes one connection for another in SQLite: 'Shop' for 'shop'.
                pairs = sa.func.substr(table.c.connection, 1, len(inside), type_=Words()) == inside
                self.db.execute(sa.delete(table).where(sa.or_(mine, pairs)))

    # Pairs of books ---------------------------------------------------------------------------------------------------

    def books(self, name: str) -> list[Books]:
        """List the pairs of books of a connection, in the order of their titles."""
        b = t.books.c
        query = sa.select(t.books).where(b.connection == name).order_by(b.title, b.key)
        return [_books(row) for row in self.db.execute(query).mappings()]

    def save_books(self, name: str, books: Books) -> None:
        """Write a pair of books, new or changed."""
        self.upsert(
            t.books,
            [
                {
                    "connection": name,
                    "key": books.key,
                    "title": books.title,
                    "settings": encode(books.settings),
                    "accounts": encode(books.accounts),
                    "digest": books.digest,
                    "records": encode(books.records),
                    "state": books.state,
                    "reason": books.reason,
                    "cure": books.cure,
                    "since": books.since,
                }
            ],
        )

    # Who works with it -------------------------------------------------------------------------------------------------

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        """Hold the lock of a connection while inside; gives False if somebody else holds it, or the whole store.

        Raises:
            StateError: it was moved elsewhere since it was opened.
        """
        with self.beside_others() as there, self._lock(name) if there else nullcontext(False) as mine:
            yield mine

    @contextmanager
    def beside_others(self) -> Iterator[bool]:
        """Make sure that nobody moves the store while inside; gives False if somebody does.

        Raises:
            StateError: it was moved elsewhere since it was opened.
        """
        with self._lock(locks.WHOLE, shared=True) as there:
            if there and (self.path is not None or self.on_server):
                refuse_if_moved(self)
            yield there

    def whole(self) -> AbstractContextManager[bool]:
        """Hold the whole store; gives False if anybody works with it, or if it is the store that is held already."""
        return self._lock(locks.WHOLE)

    def _lock(self, name: str, *, shared: bool = False) -> AbstractContextManager[bool]:
        if self.path is not None:
            return self._file_lock(self.path, name, shared=shared)
        if self.on_server:
            return self._advisory_lock(name, shared=shared)
        return nullcontext(True)  # it is in the memory of this process: nobody else can reach it

    @contextmanager
    def _file_lock(self, path: Path, name: str, *, shared: bool) -> Iterator[bool]:
        with ExitStack() as stack:
            with told(path):
                mine = stack.enter_context(locks.beside_a_file(path, name, shared=shared))
            yield mine

    @contextmanager
    def _advisory_lock(self, name: str, *, shared: bool) -> Iterator[bool]:
        """Hold it on the database connection that writes: whoever loses that can write no more, and lets go at the same time."""
        with self.transaction():
            schema = self.db.execute(sa.select(sa.func.current_schema())).scalar()
            key = locks.number(f"{schema}/{name}")
            # A session may take its own lock twice.
            mine = key not in self._held and bool(self.db.execute(locks.taken(key, shared=shared)).scalar())
            proof = locks.number(uuid4().hex)
            if mine and not shared:
                self.db.execute(locks.taken(proof, shared=False))
        if not mine:
            yield False
            return
        if not shared:
            self._held[key] = proof
            self._holder = self.db.connection.dbapi_connection
        try:
            yield True
        finally:
            with suppress(StateError), self.transaction():  # who is cut off has let go
                self.db.execute(locks.let_go(key, shared=shared))
                if not shared:
                    self.db.execute(locks.let_go(proof, shared=False))
            self._held.pop(key, None)

    def make_sure(self) -> None:
        """Make sure that the store answers, and that the locks which were taken are still held.

        Raises:
            StateError: it does not, or they are not.
        """
        with self.transaction():
            self.db.execute(sa.select(1))

    @property
    def takes_over(self) -> bool:
        """Tell whether whoever held our lock before may only have been cut off: then a call of theirs may still be on its way."""
        return bool(self._held)

    def refuse_cut_off(self) -> None:
        """Make sure, from any thread, that no lock of ours was lost: another may have taken over. Asked before every call to a system.

        The lock of a file goes with the process, and nothing has to be asked.

        Raises:
            StateError: it was lost, or nobody can tell.
        """
        if proofs := list(self._held.values()):
            with told(self.path), self._asking.connect() as db:
                if db.execute(locks.is_free(proofs[-1])).scalar():
                    raise _cut_off()

    def make_sure_of_writing(self) -> None:
        """Make sure that the store can be written, and has some room.

        Raises:
            StateError: it cannot, or has none.
        """
        with self.transaction():
            if self.path is not None:
                make_sure_of_room(self.path)
            self.db.execute(sa.text("update alembic_version set version_num = version_num"))

    # Calls -------------------------------------------------------------------------------------------------------------

    def count_call(self, scope: str, window: str) -> int:
        """Count one call in a window of a limit and give the number so far, this one included."""
        with self._at_once() as db:
            return counted.count(db, self._insert, scope, window)

    def spend_call(self, scope: str, window: str, lane: str, calls: int, kept: Mapping[str, int]) -> int:
        """Count one call of a lane and give the number so far of all; 0, and nothing is counted, if it is kept for the other lanes."""
        with self._at_once() as db:
            return counted.spend(db, self._insert, scope, window, lane, calls, kept)

    def spent_calls(self, scope: str, window: str, lanes: Iterable[str]) -> dict[str, int]:
        """Tell how many calls were counted in a window of a limit, by lane; under no name those of all."""
        with self._at_once() as db:
            return counted.spent(db, scope, window, lanes)

    def begin_call(self, scope: str, window: str, call: str, calls: int, seconds: float, now: float) -> float:
        """Begin one call in a window that slides, and give 0; or give in how many seconds it may be tried again.

        Args:
            call: names it until it ends.
        """
        with self._at_once() as db:
            return counted.begin(db, self._insert, scope, window, call, calls, seconds, now)

    def end_call(self, scope: str, window: str, call: str, now: float) -> None:
        """End a call; if the machine stops before that is on its disk, the call counts for longer."""
        with self._at_once(waits=False) as db:
            counted.end(db, self._insert, scope, window, call, now)

    @contextmanager
    def _at_once(self, *, waits: bool = True) -> Iterator[Connection]:
        """Write something that stands by itself, whatever becomes of the transaction of the main thread.

        Args:
            waits: until it is on the disk.
        """
        if self._inside == get_ident():
            # Another connection would wait for this transaction, which waits for the call.
            yield self.db
            return
        # A connection of its own: calls are counted from the pool, while the main thread uses the other.
        with told(self.path), self.engine.begin() as db, nullcontext() if waits else _unawaited(db):
            yield db


def _cut_off() -> StateError:
    return StateError(
        "the connection to the database was lost, and with it the right to write alone",
        cure=StateError.AGAIN,
    )


def _connection(row: Any) -> ConnectionRow:
    return ConnectionRow(
        row["name"],
        row["mapping"],
        decode(row["settings"]),
        decode(row["accounts"]),
        decode(row["answers"]),
        row["digest"],
        row["paused"],
        row["created_at"],
    )


def _books(row: Any) -> Books:
    return Books(
        row["key"],
        row["title"],
        decode(row["settings"]),
        decode(row["accounts"]),
        decode(row["records"]),
        row["digest"],
        row["state"],
        row["reason"],
        row["cure"],
        row["since"],
    )


# Opening -----------------------------------------------------------------------------------------------------------


def open_store(where: str | Path) -> Store:
    """Open the state store, making or migrating it as needed.

    Args:
        where: a path of an SQLite file, or the URL of a database.

    Raises:
        StateError: it cannot be read, written or understood.
    """
    path = file_of(where)
    with told(path):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                # Before SQLite makes it: the files that SQLite keeps beside it take over its rights.
                path.touch(mode=0o600)
            waits = {"timeout": patience(where)}
            engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args=waits)
            sa.event.listen(engine, "connect", _careful)
        else:
            engine = database(url_of(str(where)))
        sa.event.listen(engine, "handle_error", partial(explain, path))
        store = Store(engine, path)
        try:
            migrate(store)
        except BaseException:
            store.close()
            raise
        return store


@contextmanager
def _unawaited(db: Connection) -> Iterator[None]:
    """Let a transaction end before it is on the disk."""
    if db.dialect.name == "postgresql":
        db.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
        yield
        return
    # SQLite has not begun yet; it does with the first statement that writes.
    direct = cast(sqlite3.Connection, db.connection.dbapi_connection)
    direct.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
        direct.commit()
    finally:
        direct.rollback()
        direct.execute("PRAGMA synchronous=FULL")


def _careful(connection: sqlite3.Connection, _: object) -> None:
    """Readers beside one writer; a commit is on the disk when it returns."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
