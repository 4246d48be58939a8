"""A system is entered with the first call that it gets, whatever that is; and with no call if nobody asks it anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from syncrules.entered import Entered
from syncrules.errors import UsageError
from syncrules.provider import Account, Provider, Record

CALLS: dict[str, Callable[[Entered], Any]] = {
    "account": lambda system: system.account(),
    "read": lambda system: list(system.read("things", "yesterday")),
    "fetch": lambda system: system.fetch("things", "1"),
    "find": lambda system: system.find("things", "Name", "Ada"),
    "look_up": lambda system: system.look_up("things", "how many", {"Name": "Ada"}),
    "taken_for": lambda system: system.taken_for("things", {"Name": "Ada"}),
    "create": lambda system: system.create("things", {"Name": "Ada"}),
    "update": lambda system: system.update("things", "1", {"Name": "Ada"}, {"Name": "Bo"}),
}


class Books:
    """A system that writes down what it is asked."""

    def __init__(self, id: str = "ours") -> None:
        self.id = id
        self.asked: list[tuple[Any, ...]] = []

    def account(self) -> Account:
        self.asked.append(("account",))
        return Account(self.id, "Some books")

    def read(self, *asked: Any) -> Iterator[list[Record]]:
        self.asked.append(("read", *asked))
        yield [{"Name": "Ada"}]

    def fetch(self, *asked: Any) -> Record:
        return self._answer("fetch", *asked)

    def find(self, *asked: Any) -> list[Record]:
        return [self._answer("find", *asked)]

    def look_up(self, *asked: Any) -> Any:
        return self._answer("look_up", *asked)

    def taken_for(self, *asked: Any) -> list[Record]:
        return [self._answer("taken_for", *asked)]

    def create(self, *asked: Any) -> Record:
        return self._answer("create", *asked)

    def update(self, *asked: Any) -> Record:
        return self._answer("update", *asked)

    def close(self) -> None:
        self.asked.append(("close",))

    def _answer(self, *asked: Any) -> Record:
        self.asked.append(asked)
        return {"asked": asked}


def is_ours(account: Account) -> None:
    if account.id != "ours":
        raise UsageError("These are other books.")


def entered(books: Books) -> Entered:
    return Entered(cast(Provider, books), is_ours)


@pytest.mark.parametrize("call", CALLS)
def test_whatever_is_asked_first_enters_and_only_then_goes_on_with_all_that_was_said(call: str) -> None:
    books = Books()
    system = entered(books)
    told, again = CALLS[call](system), CALLS[call](system)
    asked = [each for each in books.asked if each != ("account",)]

    assert books.asked[0] == ("account",)
    assert books.asked.count(("account",)) == 1
    assert told == again
    assert [each[0] for each in asked] == ([] if call == "account" else [call, call])
    if asked and call != "read":
        assert {"asked": asked[0]} in (told, *(told if isinstance(told, list) else []))


@pytest.mark.parametrize("call", CALLS)
def test_of_other_books_nothing_is_asked_and_nothing_is_written_there(call: str) -> None:
    books = Books("of somebody else")
    system = entered(books)

    for _ in range(2):
        with pytest.raises(UsageError):
            CALLS[call](system)

    assert set(books.asked) == {("account",)}


def test_whom_nobody_asks_anything_is_not_entered() -> None:
    books = Books()
    entered(books).close()

    assert books.asked == [("close",)]
