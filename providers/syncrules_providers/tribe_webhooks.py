"""What Tribe tells by itself: a mutation of one entity, signed over the body as it came.

How it is signed is documented and not shown: HMAC with SHA-512, its hex turned into bytes, is our reading of it. The names of a
mutation and its record are the vendor's; where the kind stands is assumed, as `tribe.manifest.yaml` says.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from syncrules.manifest import Field, Manifest
from syncrules.provider import Hint


def hints(manifest: Manifest, secret: str, headers: Mapping[str, str], body: bytes) -> list[Hint] | None:
    """Say of which resources a delivery tells; None if it is not signed."""
    assert manifest.webhooks is not None
    wire = manifest.webhooks.wire
    given = headers.get(wire["header"].lower(), "").encode()
    if not secret or not hmac.compare_digest(base64.b64encode(hmac.digest(secret.encode(), body, "sha512")), given):
        return None
    try:
        payload = json.loads(body)[wire["payload"]]
        kind, about = str(payload[wire["kind"]]), str(payload.get(wire["entity"]) or "")
        id_ = next((str(payload[each]) for each in wire["ids"] if payload.get(each)), "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return list(_told(manifest, kind.endswith(wire["deletion"]), about, id_))


def _told(manifest: Manifest, deleted: bool, about: str, id_: str) -> Iterator[Hint]:
    assert manifest.webhooks is not None
    for name in manifest.webhooks.tell_of:
        own, *parts = types(manifest, [name])
        if deleted and id_ and about in ("", own):
            yield Hint(name, id_, "deleted")
        elif about in ("", own, *parts):
            yield Hint(name)


def types(manifest: Manifest, resources: Collection[str]) -> list[str]:
    """Name the entity types that resources are made of, their parts included, each once: that of the first resource comes first."""
    found: dict[str, None] = {}
    for name in resources:
        resource = manifest.resources[name]
        found[_type(resource.wire)] = None
        found |= dict.fromkeys(_parts(manifest, resource.fields))
    return list(found)


def _parts(manifest: Manifest, fields: Mapping[str, Field]) -> Iterator[str]:
    for each in fields.values():
        part = manifest.types.get(each.of)
        if part is not None and each.type == "object" and "set" in part.wire:
            yield _type(part.wire)
            yield from _parts(manifest, part.fields)


def _type(wire: Mapping[str, Any]) -> str:
    """Name an entity type: the name of its set, with dots."""
    return str(wire["set"]).replace("_", ".")
