"""What Silverfin tells an application: events of client files, signed twice."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from syncrules_providers.sandboxes.courier import Courier, Delivery

EVENTS = ("sync.requested", "sync.company_added", "sync.company_removed")


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

    def __init__(self, courier: Courier) -> None:
        self._courier = courier
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
                content = {"webhook": each.shown, "event": event, "company": dict(company)}
                self._courier.put(Delivery(each.url, json.dumps(content, separators=(",", ":")).encode()))


def signatures(tokens: Sequence[str], body: bytes) -> dict[str, str]:
    """Sign a body with each of the signing tokens: the headers that go along with it."""
    return {
        f"X-SF-SIGNATURE-{number}": hmac.new(token.encode(), body, hashlib.sha256).hexdigest()
        for number, token in enumerate(tokens, start=1)
    }
