"""What Silverfin tells by itself: that a client file wants to be brought up to date, or joins or leaves; signed with two tokens."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence

from syncrules.manifest import Manifest
from syncrules.provider import Hint

HEADERS = ("X-SF-SIGNATURE-1", "X-SF-SIGNATURE-2")


def hints(manifest: Manifest, tokens: Sequence[str], headers: Mapping[str, str], body: bytes) -> list[Hint] | None:
    """Say which client file an event is about; None if it is not signed."""
    if not is_signed(body, headers, tokens):
        return None
    assert manifest.webhooks is not None
    wire, (files,) = manifest.webhooks.wire, manifest.webhooks.tell_of
    try:
        said = json.loads(body)
        asked, id_ = said[wire["event"]] in wire["asks"], str(said[wire["file"]][wire["id"]])
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [Hint(files, id_, "asked")] if asked else [Hint(files)]


def is_signed(body: bytes, headers: Mapping[str, str], tokens: Sequence[str]) -> bool:
    """Tell whether one of the signatures is that of the body, as it came, under its token.

    Args:
        tokens: the two signing tokens, in the order of the headers; one that is empty signs nothing.
    """
    given = {name.upper(): value.encode() for name, value in headers.items()}
    return any(
        hmac.compare_digest(hmac.digest(token.encode(), body, "sha256").hex().encode(), given.get(name, b""))
        for name, token in zip(HEADERS, tokens, strict=False)
        if token
    )
