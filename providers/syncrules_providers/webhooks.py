"""Webhooks that lie in a list at an address of their system: ours are known by the beginning of the address that they call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncrules.manifest import Manifest


def said(manifest: Manifest) -> Mapping[str, Any]:
    """Give what a manifest says of how its webhooks travel."""
    assert manifest.webhooks is not None
    return manifest.webhooks.wire


def ours(says: Mapping[str, Any], listed: Iterable[Mapping[str, Any]] | None, beginning: str) -> Iterator[str]:
    """Give where the webhooks are that call an address which begins so.

    Args:
        says: what the manifest says of webhooks.
        listed: all of them, as the system lists them; None if it lists none.
    """
    for each in listed or ():
        if str(each.get(says["address"]) or "").startswith(beginning):
            yield f"{says['path']}/{each['id']}"
