"""What a system sends to webhooks: one after the other, tried again where nobody takes it, and to this machine only."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HERE = "127.0.0.1"
TIMEOUT_S = 5.0


@dataclass(slots=True, eq=False)
class Delivery:
    """One thing that is told to one webhook."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: list[int | str] = field(default_factory=list)
    """How each try was answered: a status, or what went wrong."""
    due: float = 0.0

    @property
    def arrived(self) -> bool:
        """Whether somebody took it."""
        return bool(self.attempts) and isinstance(self.attempts[-1], int) and 200 <= self.attempts[-1] < 300


class Courier:
    """Delivers in a thread of its own.

    Args:
        sign: gives the headers that show that a body is genuine; asked at each try, because secrets are replaced.
        pauses: seconds before each further try.
    """

    def __init__(self, sign: Callable[[bytes], Mapping[str, str]], pauses: Sequence[float]) -> None:
        self._sign = sign
        self._pauses = pauses
        self._changed = threading.Condition()
        self._waiting: list[Delivery] = []
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.holds = False
        """Whether everything is kept back, until somebody sends it on; or it is lost."""
        self.deliveries: list[Delivery] = []
        """Everything that there was to deliver, the oldest first."""

    def put(self, delivery: Delivery) -> None:
        """Put one on its way, without waiting for it."""
        parts, ours = urlsplit(delivery.url), True
        if parts.hostname != HERE or parts.scheme != "http":
            delivery.attempts.append("not sent: the sandbox calls nobody but this machine")
            ours = False
        with self._changed:
            self.deliveries.append(delivery)
            if ours and not self.holds:
                self._waiting.append(delivery)
            self._changed.notify_all()

    def send(self, *deliveries: Delivery) -> list[Delivery]:
        """Send these once more, or now if they were kept back, in this order; give what is on its way then."""
        made = [Delivery(each.url, each.body, each.headers) for each in deliveries]
        with self._changed:
            self._waiting += made
            self._changed.notify_all()
        return made

    def settle(self, timeout: float) -> bool:
        """Wait until everything that was sent has arrived or was given up; say whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def start(self) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            answer = self._try(delivery)
            with self._changed:
                delivery.attempts.append(answer)
                tries = len(delivery.attempts)
                if delivery.arrived or tries > len(self._pauses):
                    self._waiting.remove(delivery)
                else:
                    delivery.due = time.monotonic() + self._pauses[tries - 1]
                self._changed.notify_all()

    def _next(self) -> Delivery | None:
        """Wait for what is due first; nothing when it is time to stop."""
        with self._changed:
            while not self._stopping:
                first = min(self._waiting, key=lambda each: each.due, default=None)
                pause = None if first is None else first.due - time.monotonic()
                if first is not None and pause is not None and pause <= 0:
                    return first
                self._changed.wait(pause)
            return None

    def _try(self, delivery: Delivery) -> int | str:
        parts = urlsplit(delivery.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", **delivery.headers, **self._sign(delivery.body)}
        try:
            connection = http.client.HTTPConnection(HERE, parts.port or 80, timeout=TIMEOUT_S)
            try:
                connection.request("POST", path, delivery.body, headers)
                return connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"not answered: {error or type(error).__name__}"
