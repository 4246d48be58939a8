"""Books that are mirrored on a board: the board is only written to, many records in one call, and knows what the last call was called.

Both are in memory. The board can be told to refuse, to lose an answer, or to have been changed by somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pair_world import manifest_of

from syncrules import connection
from syncrules.connection import Connection
from syncrules.errors import OutcomeUnknown, OutOfStep, ProviderError, RecordRefused
from syncrules.journey.rules import compile_rules
from syncrules.journey.run import Result
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.memory.kept import ConnectionRow, Known
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.memory.upgrade import migrate
from syncrules.provider import Account, Record, Write

BOOKS = """
manifest: 1
provider: books
title: The Books
certainty: assumed
resources:
  lines:
    title: lines
    id: Id
    name: Text
    changes: {since: [Changed], sweep: {days: 1}, blind_to: [deletions]}
    fields:
      Id: {type: string}
      Doc: {type: string, title: Document}
      Account: {reference: [accounts], by: [Id, Code], title: Account}
      Amount: {type: number, decimals: 2, title: Amount}
      Text: {type: string, title: Text}
      Day: {type: string, format: date, title: Day}
      Draft: {type: boolean, title: Draft}
      Changed: {type: string, format: date-time}
  accounts:
    title: accounts
    id: Id
    name: Name
    key: Code
    fields: {Id: {type: string}, Code: {type: string, title: Code}, Name: {type: string, title: Name}}
  years:
    title: years
    id: Id
    missing: {means: unknown}
    fields: {Id: {type: string}, Start: {type: string, format: date}, End: {type: string, format: date}}
  folders:
    title: folders
    id: Code
    fields: {Code: {type: string}, Name: {type: string}}
"""

BOARD = """
manifest: 1
provider: board
title: The Board
certainty: assumed
resources:
  entries:
    title: entries
    id: key
    name: text
    read: none
    create: {requires: [key, account, value], unknown_outcome: repeat_safe}
    update: whole_object
    delete: repeat_safe
    batch: {size: 4, mark: last}
    fields:
      key: {type: string}
      account: {type: string, reference: [accounts], by: [number], title: Account}
      value: {type: number, decimals: 2, title: Value}
      text: {type: string, maxLength: 20, title: Text}
      day: {type: string, format: date, title: Day}
  accounts:
    title: accounts
    id: number
    read: none
    create: {requires: [number], unknown_outcome: repeat_safe}
    update: whole_object
    batch: {size: 4, mark: last}
    fields: {number: {type: string, title: Number}, name: {type: string, title: Name}}
  years:
    title: years
    id: start
    read: none
    create: {requires: [start, end], unknown_outcome: repeat_safe}
    update: whole_object
    delete: repeat_safe
    batch: {whole_list: true, beside: [carry]}
    fields: {start: {type: string, format: date, title: First day}, end: {type: string, format: date, title: Last day}}
  balances:
    title: balances
    id: [account, day]
    fields:
      account: {type: string}
      day: {type: string, format: date}
      year: {type: string, format: date}
      value: {type: number}
  files:
    title: files
    id: id
    name: name
    fields: {id: {type: integer}, name: {type: string}, folder: {type: string}, from: {type: string, format: date}}
"""

MAPPING = """
syncrules: 1
title: Books on a board
sides: {books: {provider: books}, board: {provider: board}}
settings:
  carried to: {ask: To which account is carried what is left of a year?, choose: {books: accounts}, suggest: {where: {Code: "140"}}, missing: stop}
entities:
  year:
    about: Years.
    books: {resource: years}
    board: {resource: years}
    to: board
    first_import: {from: books}
    link: {id_of: board}
    beside: {carry.account: {setting: carried to}, carry.always: true}
    when: {books: at_once}
    events: {books: {created: create, changed: update, deleted: ignore}}
    fields:
      First day: {books: Start, board: start, as: day}
      Last day: {books: End, board: end, as: day}
  account:
    about: Accounts that are used.
    books: {resource: accounts}
    board: {resource: accounts}
    to: board
    first_import: {from: books}
    link: {id_of: board}
    used_by: [line]
    out_of_step: start_again
    when: {books: at_once}
    events: {books: {created: create, changed: update, deleted: ignore}}
    fields:
      Number: {books: Code, board: number}
      Name: {books: Name, board: name}
  line:
    about: Lines.
    books: {resource: lines, where: {Draft: false}}
    board: {resource: entries}
    to: board
    first_import: {from: books}
    link: {id_of: books, is_id_of: board}
    after: [year]
    out_of_step: start_again
    needs:
      no account: {books: Account.Code, to: board, cure: Give the line an account.}
    when: {books: at_once}
    events: {books: {created: create, changed: update, deleted: delete, filtered_out: delete}}
    brakes: {deletions: 5}
    fields:
      Account: {books: Account, board: account, refers_to: [account]}
      Value: {books: Amount, board: value, as: {decimals: 2}}
      Text: {books: Text, board: text}
      Day: {books: Day, board: day, as: day}
    checks:
      the document is balanced: {side: books, one_per: Doc, sum: [Amount], equals: 0}
"""

MANIFESTS = {"books": BOOKS, "board": BOARD}


@cache
def manifest(name: str) -> Manifest:
    return manifest_of(MANIFESTS[name])


@cache
def load(text: str = MAPPING) -> Spec:
    with TemporaryDirectory() as folder, chdir(folder):
        Path("mirror.yaml").write_text(text, encoding="utf-8")
        return spec.load("mirror.yaml", manifest)


class Clock:
    """Time that passes only when somebody says so."""

    def __init__(self) -> None:
        self.time = 1_780_000_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Books:
    """The side that is read."""

    clock: Clock
    tables: dict[str, dict[str, Record]] = field(default_factory=dict)
    half: str = ""
    """A resource whose list ends in the middle, and nobody says so."""

    def put(self, resource: str, id: str, **values: Any) -> None:
        """Enter a record, or change one."""
        rows = self.tables.setdefault(resource, {})
        key = manifest("books").resources[resource].id[0]
        stamp = {"Changed": self._stamp()} if resource == "lines" else {}
        rows[id] = {**rows.get(id, {}), key: id, **values, **stamp}

    def document(self, doc: str, *amounts: tuple[str, str], day: str = "2026-02-01", **values: Any) -> None:
        """Enter a document with a line for every account and amount; those that it had before are gone."""
        for id in [each["Id"] for each in self.tables.get("lines", {}).values() if each["Doc"] == doc]:
            del self.tables["lines"][id]
        for place, (account, amount) in enumerate(amounts):
            row = {"Doc": doc, "Account": self._account(account), "Amount": Decimal(amount), "Day": day}
            self.put("lines", f"{doc}-{place}", **{**row, "Text": f"{doc} {place}", "Draft": False, **values})

    def _account(self, code: str) -> Record | None:
        self.tables.setdefault("accounts", {})
        if code and f"a{code}" not in self.tables["accounts"]:
            self.put("accounts", f"a{code}", Code=code, Name=f"Account {code}")
        return {"Id": f"a{code}", "Code": code} if code else None

    def remove(self, resource: str, *ids: str) -> None:
        for each in ids:
            del self.tables[resource][each]

    def _stamp(self) -> str:
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.clock.now(), UTC).isoformat()

    # As a provider ------------------------------------------------------------------------------------------------

    def account(self) -> Account:
        return Account("books", "The books")

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        rows = [each for each in self.tables.get(resource, {}).values() if since is None or each["Changed"] >= since]
        rows = rows[: len(rows) // 2] if self.half == resource else rows
        for start in range(0, len(rows), 3):
            yield [dict(each) for each in rows[start : start + 3]]

    def fetch(self, resource: str, key: str) -> Record | None:
        return self.tables.get(resource, {}).get(key)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        return [each for each in self.tables.get(resource, {}).values() if str(each.get(field)) == value]

    def create(self, resource: str, record: Record) -> Record:
        raise AssertionError("nothing is ever written to the books")

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        raise AssertionError("nothing is ever written to the books")

    def close(self) -> None: ...


@dataclass
class Call:
    """A call that the board carried out."""

    resource: str
    writes: Sequence[Write] = ()
    records: Sequence[Record] = ()
    beside: Record = field(default_factory=dict)
    mark: str = ""


@dataclass
class Board:
    """The side that is only written to."""

    entries: dict[str, Record] = field(default_factory=dict)
    accounts: dict[str, Record] = field(default_factory=dict)
    years: list[Record] = field(default_factory=list)
    carry: Record = field(default_factory=dict)
    last: str | None = None
    calls: list[Call] = field(default_factory=list)
    emptied: int = 0
    refuses: Callable[[Record], str] = lambda _: ""
    """Why a record is not wanted."""
    next: list[str] = field(default_factory=list)
    """What befalls the next calls: lost before, lost after, out of step, down; empty for nothing."""
    balances: list[Record] = field(default_factory=list)

    def account(self) -> Account:
        return Account("board", "The board")

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        assert resource == "balances", f"{resource} cannot be read back"
        yield list(self.balances)

    def fetch(self, resource: str, key: str) -> Record | None:
        raise AssertionError("what was sent cannot be read back")

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        raise AssertionError("what was sent cannot be read back")

    def create(self, resource: str, record: Record) -> Record:
        raise AssertionError("everything goes in batches")

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        raise AssertionError("everything goes in batches")

    def close(self) -> None: ...

    def write_many(self, resource: str, writes: Sequence[Write], mark: str) -> None:
        def carry_out() -> None:
            for each in writes:
                says = self.refuses(each.record)
                if says:
                    raise RecordRefused("The Board", says)
            table = self.entries if resource == "entries" else self.accounts
            for each in writes:
                assert each.key
                if each.verb == "delete":
                    table.pop(each.key, None)
                else:
                    table[each.key] = dict(each.record)
            self.last = mark
            self.calls.append(Call(resource, writes, mark=mark))

        assert len(writes) <= 4
        self._befalls(carry_out)

    def replace_all(self, resource: str, records: Sequence[Record], beside: Record) -> None:
        def carry_out() -> None:
            self.years, self.carry = [dict(each) for each in records], dict(beside)
            self.calls.append(Call(resource, records=records, beside=beside))

        self._befalls(carry_out)

    def mark(self) -> str | None:
        return self.last

    def empty(self) -> None:
        def carry_out() -> None:
            self.entries.clear()
            self.emptied += 1
            self.last = None

        self._befalls(carry_out)

    def _befalls(self, carry_out: Callable[[], None]) -> None:
        match self.next.pop(0) if self.next else "":
            case "lost before":
                raise OutcomeUnknown("The Board", "the answer was lost")
            case "lost after":
                carry_out()
                raise OutcomeUnknown("The Board", "the answer was lost")
            case "out of step":
                raise OutOfStep("The Board", "this is not what was left here")
            case "down":
                raise ProviderError("The Board", "it is not there")
            case "killed before":
                raise Killed
            case "killed after":
                carry_out()
                raise Killed
            case _:
                carry_out()

    @property
    def values(self) -> dict[str, str]:
        """Entry → amount."""
        return {key: str(each["value"]) for key, each in self.entries.items()}


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Mirror:
    """Books, a board, and what is remembered of them."""

    store: Store
    text: str = MAPPING
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, Any] = field(default_factory=lambda: {"carried to": "140"})
    board: Board = field(default_factory=Board)
    books: Books = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.clock)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Remember nothing."""
        self.store.replace(_empty())
        with self.store.transaction():
            self.store.save(ConnectionRow("c", "mirror", self.settings, {}, {}))

    @property
    def memory(self) -> Memory:
        return Memory(self.store, "c", ("books", "board"))

    def _connection(self) -> Connection:
        row = self.store.connection("c")
        assert row is not None
        row.settings = self.settings
        loaded = load(self.text)
        providers: dict[str, Any] = {"books": self.books, "board": self.board}
        return Connection(row, loaded, compile_rules(loaded, self.settings), self.memory, providers, self.clock)

    def run(self, **how: Any) -> Result:
        """Run once, an hour after whatever was before."""
        self.clock.sleep(3600)
        self.board.calls.clear()
        try:
            return connection.run(self._connection(), **how)
        finally:
            self.store.give_up()

    def plan(self) -> list[Mapping[str, Any]]:
        """Make a plan and give what it would write."""
        opened = self._connection()
        connection.make_plan(opened)
        found = [each for name in opened.rules.entities for _, each in opened.memory.actions(name)]
        return [each for each in found if each["verb"] not in ("link", "remember")]

    def states(self) -> dict[str, tuple[str, str]]:
        """Tell of whatever is not in step: name → state and reason."""
        found = self.memory.records(states=("pending", "waiting", "failed", "excluded"))
        return {known.name: (known.state, known.reason) for _, known in found}

    def known(self, entity: str, id: str) -> Known | None:
        return self.memory.record(entity, "books", id)

    def accept(self, entity: str, brake: str) -> None:
        """Say that what a brake held back was meant."""
        with self.store.transaction():
            self.memory.decide(entity, "brake", brake, {"accept": True}, self.clock.now())


@cache
def _empty() -> bytes:
    with Store.in_memory() as store:
        migrate(store)
        return store.content()


@contextmanager
def mirror(text: str = MAPPING) -> Iterator[Mirror]:
    """Give an empty mirror."""
    with Store.in_memory() as store:
        yield Mirror(store, text)


def changed(*changes: tuple[str, str]) -> str:
    """Give the mapping with parts of it replaced, each of which stands in it exactly once."""
    text = MAPPING
    for old, new in changes:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return text
