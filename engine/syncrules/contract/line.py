"""The line to a system on the bench: everything that is asked passes here, is counted, and can be cut or spoilt.

A mishap befalls requests that write, or requests that read, and nothing else: so a session that is opened on the way is left alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Literal

from syncrules.http import Broken, Http, Response, Wire

Mishap = Literal[
    "no connection", "lost before", "lost after", "429", "503", "500", "502 after", "garbage", "half", "empty", "404"
]
MISHAPS: Mapping[Mishap, str] = {
    "no connection": "the connection cannot be made",
    "lost before": "the connection breaks before the call is carried out, and nobody can tell",
    "lost after": "the call is carried out and its answer is lost",
    "429": "too many calls; come back in two seconds",
    "503": "the system is busy, and says when to come back",
    "500": "something went wrong there, and nothing was done",
    "502 after": "the call is carried out, and something on the way answers that it failed",
    "garbage": "the call is carried out and the answer is no answer",
    "half": "the call is carried out and the answer ends in the middle",
    "empty": "the call is carried out and the answer is empty",
    "404": "something on the way says that there is no such page, and nothing was done",
}
"""What can befall a request → what that means."""

Kind = Literal["reads", "writes"]


class Turned:
    """A clock that runs like the machine's own, and need not be waited for."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += max(0.0, seconds)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it passed."""

    what: str
    """The provider's word for it."""
    writes: bool
    arrived: bool
    """Whether it came to the system."""
    status: int
    """What the system said; 0 if nothing was heard."""


class Line:
    """Carry requests to a system and their answers back, as far as no mishap is in the way."""

    def __init__(self, inner: Wire) -> None:
        self.asked: list[Asked] = []
        self.taken: list[str] = []
        """The words by which calls were counted, one for each request."""
        self._inner = inner
        self._here = threading.local()
        self._lock = threading.Lock()
        self._mishap: Mishap | None = None
        self._befalls: Kind = "reads"
        self._left = 0
        self._spared = 0

    @contextmanager
    def spoilt(self, mishap: Mishap, befalls: Kind, times: int = 1, after: int = 0) -> Iterator[None]:
        """Let requests of a kind meet with a mishap; what is left of it at the end is forgotten.

        Args:
            after: how many of them go well before.
        """
        self._mishap, self._befalls, self._left, self._spared = mishap, befalls, times, after
        try:
            yield
        finally:
            self._left = 0

    @contextmanager
    def counted(self) -> Iterator[list[Asked]]:
        """Collect what is asked meanwhile; complete at the end."""
        found: list[Asked] = []
        start = len(self.asked)
        try:
            yield found
        finally:
            found += self.asked[start:]

    def call(self, what: str) -> AbstractContextManager[None]:
        """Count a call by its word; made for `Http`."""
        self.taken.append(what)
        return nullcontext()

    def tells(self, what: str, writes: bool) -> None:
        """Take down what the next request of this thread is called, and whether it writes."""
        self._here.what, self._here.writes = what, writes

    def carry(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        what, writes = getattr(self._here, "what", ""), getattr(self._here, "writes", False)
        mishap = self._next(writes)
        if mishap in ("no connection", "lost before", "429", "503", "500", "404"):
            self._note(what, writes, arrived=False, status=0)
            return _instead(mishap)
        answer = self._inner.carry(method, url, headers, content)
        self._note(what, writes, arrived=True, status=answer.status)
        return answer if mishap is None else _spoilt(mishap, answer)

    def close(self) -> None:
        self._inner.close()

    def _next(self, writes: bool) -> Mishap | None:
        with self._lock:
            if not self._left or writes != (self._befalls == "writes"):
                return None
            if self._spared:
                self._spared -= 1
                return None
            self._left -= 1
            return self._mishap

    def _note(self, what: str, writes: bool, *, arrived: bool, status: int) -> None:
        with self._lock:
            self.asked.append(Asked(what, writes, arrived, status))


def _instead(mishap: Mishap | None) -> Response:
    """Give what comes in place of a call that was not carried out."""
    match mishap:
        case "no connection":
            raise Broken("connection refused", sent=False)
        case "lost before":
            raise Broken("connection reset", sent=True)
        case "429":
            return Response(429, {"retry-after": "2"}, b"")
        case "503":
            return Response(503, {"retry-after": "2"}, b"")
        case "404":
            return Response(404, {"content-type": "text/html"}, b"<html><h1>Not Found")
    return Response(500, {}, b"")


def _spoilt(mishap: Mishap, answer: Response) -> Response:
    """Give what is heard of a call that was carried out."""
    match mishap:
        case "lost after":
            raise Broken("connection reset", sent=True)
        case "502 after":
            return Response(502, {}, b"<html><h1>Bad Gateway")
        case "garbage":
            return Response(200, {"content-type": "text/html"}, b"<html><h1>One moment")
        case "half":
            return Response(answer.status, answer.headers, answer.content[: len(answer.content) // 2])
    return Response(answer.status, answer.headers, b"")


class Listening(Http):
    """The engine's own HTTP manners, over a line that is told what each request is."""

    def __init__(self, system: str, clock: Turned, line: Line, chance: Callable[[], float] = lambda: 0.5) -> None:
        super().__init__(system, clock, line.call, wire=line, chance=chance)
        self._line = line

    def send(
        self,
        method: str,
        url: str,
        *,
        what: str,
        writes: bool,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Response:
        self._line.tells(what, writes)
        return super().send(method, url, what=what, writes=writes, headers=headers, content=content)

    def close(self) -> None:
        """Leave the line open: others use it too."""
