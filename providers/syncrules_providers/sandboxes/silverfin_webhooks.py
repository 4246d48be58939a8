"""What Silverfin calls an application with: signed twice, tried again when it is not answered, and sent to this machine only."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

EVENTS = ("sync.requested", "sync.company_added", "sync.company_removed")
HERE = "127.0.0.1"
TIMEOUT_S = 5.0


@dataclass(slots=True)
class Webhook:
    id: int
    firm: int
    url: str
    events: list[str]
    user: int

    @property
    def shown(self) -> dict[str, Any]:
        return {"id": self.id, "url": self.url, "events": self.events, "user_id": self.user, "expired_at": None}


class Webhooks:
    """The webhooks that an application registered, and who is told what."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._ids = count(77)
        self.all: dict[int, Webhook] = {}

    def add(self, firm: int, url: str, events: list[str], user: int) -> Webhook:
        webhook = Webhook(next(self._ids), firm, url, events, user)
        self.all[webhook.id] = webhook
        return webhook

    def of(self, firm: int) -> list[Webhook]:
        return [each for each in self.all.values() if each.firm == firm]

    def announce(self, firm: int, event: str, company: Mapping[str, Any]) -> None:
        """Tell an event to every webhook of a firm that wants it."""
        for each in self.of(firm):
            if event in each.events:
                self._messenger.send(each, event, company)


@dataclass(slots=True)
class Delivery:
    """One event on its way to one webhook."""

    url: str
    event: str
    body: bytes
    attempts: list[int | str] = field(default_factory=list)
    """How each try was answered: a status, or what went wrong."""
    ended: bool = False
    due: float = 0.0

    @property
    def arrived(self) -> bool:
        """Whether somebody took it."""
        return bool(self.attempts) and isinstance(self.attempts[-1], int) and 200 <= self.attempts[-1] < 300


class Messenger:
    """Deliver events one after the other, in a thread of its own.

    Args:
        pauses: seconds before each further try.
        tokens: the two signing tokens, asked for at each try, because they can be replaced.
    """

    def __init__(self, pauses: Sequence[float], tokens: Callable[[], Sequence[str]]) -> None:
        self._pauses = pauses
        self._tokens = tokens
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.deliveries: list[Delivery] = []

    def send(self, webhook: Webhook, event: str, company: Mapping[str, Any]) -> None:
        """Put an event on its way, without waiting for it."""
        content = {"webhook": webhook.shown, "event": event, "company": dict(company)}
        delivery = Delivery(webhook.url, event, json.dumps(content, separators=(",", ":")).encode())
        if urlsplit(webhook.url).hostname != HERE or urlsplit(webhook.url).scheme != "http":
            delivery.attempts.append("not sent: the sandbox calls nobody but this machine")
            delivery.ended = True
        with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()

    def settle(self, timeout: float) -> bool:
        """Wait until everything has arrived or was given up; say whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: all(each.ended for each in self.deliveries), timeout)

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
                delivery.ended = delivery.arrived or tries > len(self._pauses)
                if not delivery.ended:
                    delivery.due = time.monotonic() + self._pauses[tries - 1]
                self._changed.notify_all()

    def _next(self) -> Delivery | None:
        """Wait for what is due first; nothing when it is time to stop."""
        with self._changed:
            while not self._stopping:
                waiting = [each for each in self.deliveries if not each.ended]
                first = min(waiting, key=lambda each: each.due, default=None)
                pause = None if first is None else first.due - time.monotonic()
                if first is not None and pause is not None and pause <= 0:
                    return first
                self._changed.wait(pause)
            return None

    def _try(self, delivery: Delivery) -> int | str:
        parts = urlsplit(delivery.url)
        headers = {"Content-Type": "application/json"}
        for number, token in enumerate(self._tokens(), start=1):
            signature = hmac.new(token.encode(), delivery.body, hashlib.sha256).hexdigest()
            headers[f"X-SF-SIGNATURE-{number}"] = signature
        try:
            connection = http.client.HTTPConnection(HERE, parts.port or 80, timeout=TIMEOUT_S)
            try:
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("POST", path, delivery.body, headers)
                return connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"not answered: {error or type(error).__name__}"
