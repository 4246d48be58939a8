"""A pool without threads: who does what in which order is decided by the seed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from random import Random
from typing import Any


class Workers(Executor):
    """A pool without threads: calls are made when the first answer is wanted, in an order that the seed decides."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = _Later(self._work)
        self._waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def _work(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._chance.shuffle(waiting)
        for future, work in waiting:
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """There is nothing to end."""


class _Later(Future[Any]):
    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> Any:
        if not self.done():
            self._work()
        return super().result(timeout)
