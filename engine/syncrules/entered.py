"""A system that is entered with its first call: who has nothing to say to it in a run spends none of its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from syncrules.provider import BESIDES, Account, Provider, Record


class Entered:
    """A provider that makes sure, before anything else in a run, whose records it opens.

    Args:
        make_sure: takes the account; raises if it is another than it should be.
    """

    def __init__(self, provider: Provider, make_sure: Callable[[Account], None]) -> None:
        self._provider = provider
        self._make_sure = make_sure
        self._lock = Lock()
        self._account: Account | None = None

    def account(self) -> Account:
        """Log in and say whose records these are; once in a run."""
        with self._lock:
            if self._account is None:
                account = self._provider.account()
                self._make_sure(account)
                self._account = account
            return self._account

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        self.account()
        yield from self._provider.read(resource, since)

    def fetch(self, resource: str, key: str) -> Record | None:
        self.account()
        return self._provider.fetch(resource, key)

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        self.account()
        return self._provider.find(resource, field, value)

    def create(self, resource: str, record: Record) -> Record:
        self.account()
        return self._provider.create(resource, record)

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        self.account()
        return self._provider.update(resource, key, changes, seen)

    def __getattr__(self, name: str) -> Any:
        """Give what only some systems offer, where this one does."""
        if name not in BESIDES:
            raise AttributeError(name)
        method = getattr(self._provider, name)

        def entered(*given: Any) -> Any:
            self.account()
            return method(*given)

        return entered

    def close(self) -> None:
        self._provider.close()
