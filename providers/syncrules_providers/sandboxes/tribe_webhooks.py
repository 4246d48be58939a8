"""What Tribe sends to webhooks: which mutation of which entity, signed over the body; tried again, and sent to this machine only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from syncrules_providers.sandboxes.tribe_store import Row

HERE = "127.0.0.1"
TIMEOUT_S = 5.0


@dataclass(slots=True, eq=False)
class Delivery:
    """One mutation on its way to one webhook."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    attempts: list[int | str] = field(default_factory=list)
    """How each try was answered: a status, or what went wrong."""
    due: float = 0.0

    @property
    def payload(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)["payload"]
        return told


class Courier:
    """Deliver mutations one after the other, in a thread of its own.

    Args:
        secret: signs them.
        header: where the signature stands.
        pauses: seconds before each further try.
    """

    def __init__(self, secret: Callable[[], str], header: str, pauses: Sequence[float]) -> None:
        self._secret = secret
        self._header = header
        self._pauses = pauses
        self._changed = threading.Condition()
        self._waiting: list[Delivery] = []
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.holds = False
        """Whether everything is kept back, until somebody sends it on; or it is lost."""
        self.deliveries: list[Delivery] = []
        """Everything that there was to deliver, the oldest first."""

    def tell(self, webhooks: Sequence[Mapping[str, Any]], old: Row | None, new: Row | None) -> None:
        """Put on its way what happened to one row, to each webhook that is for its type; without waiting for it."""
        row = new or old or {}
        for each in webhooks:
            if each["entityType"] == row["_Type"]:
                content = {"webhookId": each["id"], "payload": mutation(old, new)}
                body = json.dumps(content, separators=(",", ":")).encode()
                headers = {one["name"]: one["value"] for one in each["headers"]}
                self._put(Delivery(each["webhookUrl"], headers, body))

    def _put(self, delivery: Delivery) -> None:
        with self._changed:
            self.deliveries.append(delivery)
            if not self.holds:
                self._waiting.append(delivery)
                self._changed.notify_all()

    def send(self, *deliveries: Delivery) -> list[Delivery]:
        """Send these once more, or now if they were kept back, in this order; give what is on its way then."""
        made = [Delivery(each.url, each.headers, each.body) for each in deliveries]
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
                arrived = isinstance(answer, int) and 200 <= answer < 300
                tries = len(delivery.attempts)
                if arrived or tries > len(self._pauses):
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
        if parts.hostname not in (HERE, "localhost") or parts.scheme != "http":
            return "not sent: the sandbox calls nobody but this machine"
        headers = {"Content-Type": "application/json", **delivery.headers}
        headers[self._header] = signature(self._secret(), delivery.body)
        try:
            connection = http.client.HTTPConnection(HERE, parts.port or 80, timeout=TIMEOUT_S)
            try:
                connection.request("POST", parts.path or "/", delivery.body, headers)
                return connection.getresponse().status
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            return f"not answered: {error or type(error).__name__}"


def mutation(old: Row | None, new: Row | None) -> dict[str, Any]:
    """Say what happened to a row, by its ID alone."""
    row = new or old or {}
    happened = "Creation" if old is None else "Deletion" if new is None else "Update"
    of, key = ("Relationship", "relationshipId") if row["_Type"].startswith("Relationship.") else ("Entity", "entityId")
    return {"type": f"{of}{happened}Mutation", "entityType": row["_Type"], key: row["ID"]}


def signature(secret: str, body: bytes) -> str:
    """Sign a body: the digits of its hash become bytes again, and these are written in Base64."""
    digits = hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
    return base64.b64encode(bytes.fromhex(digits)).decode()
