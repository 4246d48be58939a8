"""Whether a message really comes from Silverfin: it is signed, with one of two tokens while they are being renewed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

HEADERS = ("X-SF-SIGNATURE-1", "X-SF-SIGNATURE-2")


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
