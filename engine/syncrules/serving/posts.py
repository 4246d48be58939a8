"""The numbered posts of workers that share a state store: each holds a lock on its own as long as it lives.

Whoever can take the lock of a post knows that nobody is there any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import RLock

from syncrules.errors import StateError
from syncrules.memory.address import file_of
from syncrules.memory.store import Store
from syncrules.serving.jobs import Taken

MOST_WORKERS = 64
"""So many processes may share a database; a file has one."""


def most_workers(where: str) -> int:
    """Say how many processes may serve a state store."""
    return 1 if file_of(where) is not None else MOST_WORKERS


class Posts:
    """The posts of one state store.

    Args:
        store: whose locks are used; it is nobody else's, and closed by whoever made it.
        most: how many workers may share it.
    """

    def __init__(self, store: Store, most: int) -> None:
        self.store, self.most = store, most
        self.number = 0
        self._there = False
        self._one_by_one = RLock()
        self._held = ExitStack()
        self._ticks = False

    def claim(self) -> int:
        """Take the first post that is free, until `leave`.

        Raises:
            Taken: there is none.
        """
        for number in range(1, self.most + 1):
            if self._hold(str(number)):
                self.number, self._there = number, True
                return number
        raise Taken(self.most)

    def ticks(self) -> bool:
        """Be the one that looks what is due, from now on, if nobody else is."""
        with self._one_by_one:
            self._ticks = self._ticks or self._hold("tick")
            return self._ticks

    def _hold(self, name: str) -> bool:
        with ExitStack() as stack:
            mine = stack.enter_context(self.store.alone(_lock(name)))
            if mine:
                self._held.push(stack.pop_all())
            return mine

    @contextmanager
    def empty(self, number: int) -> Iterator[bool]:
        """Tell whether nobody is at a post, and keep it so while inside."""
        with self._one_by_one, self.store.alone(_lock(str(number))) as mine:
            yield mine

    def are_mine(self) -> bool:
        """Tell whether the post is still held, or could be taken again: with the session of a database its locks are gone."""
        with self._one_by_one:
            with suppress(StateError):
                if self._there:
                    self.store.make_sure()
                    return True
            self.leave()
            with suppress(StateError):
                self._there = self._hold(str(self.number))
            return self._there

    def anybody(self) -> bool:
        """Tell whether somebody is at one of the posts."""
        for number in range(1, self.most + 1):
            with self.empty(number) as nobody:
                if not nobody:
                    return True
        return False

    def leave(self) -> None:
        """Let go of everything."""
        self._ticks = self._there = False
        self._held.close()


def _lock(name: str) -> str:
    return f".serve {name}"
