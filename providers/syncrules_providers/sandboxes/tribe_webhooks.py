"""What Tribe tells webhooks: which mutation of which entity, signed over the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncrules_providers.sandboxes.courier import Delivery
from syncrules_providers.sandboxes.tribe_store import Row


def told(webhooks: Sequence[Mapping[str, Any]], old: Row | None, new: Row | None) -> Iterator[Delivery]:
    """Give what is sent of what happened to one row, to each webhook that is for its type."""
    row = new or old or {}
    for each in webhooks:
        if each["entityType"] == row["_Type"]:
            content = {"webhookId": each["id"], "payload": mutation(old, new)}
            body = json.dumps(content, separators=(",", ":")).encode()
            yield Delivery(each["webhookUrl"], body, {one["name"]: one["value"] for one in each["headers"]})


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
