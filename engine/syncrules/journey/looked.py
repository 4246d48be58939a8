"""Records that must be looked at before others can be decided about: fetched between two transactions, never within one.

An answer may be slow, and whoever holds a transaction meanwhile holds up everybody else who wants to write.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.provider import Provider
from syncrules.records import Record

Where = tuple[str, str, str]
"""Side, resource, id."""


class NotYet(Exception):
    """A record has not been looked at yet; `fetch` does so."""


class Looked:
    """What was looked at for the records that are being decided about."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers
        self._found: dict[Where, Record | None] = {}
        self._wanted: list[Where] = []

    def at(self, side: str, resource: str, id: str) -> Record | None:
        """Give a record as it is now, or None if it is not there.

        Raises:
            NotYet: it must be fetched first, which is noted.
        """
        where = (side, resource, id)
        if where not in self._found:
            self._wanted.append(where)
            raise NotYet
        return self._found[where]

    def fetch(self) -> None:
        """Fetch what was wanted.

        Raises:
            ProviderError: a system cannot be asked.
        """
        for where in dict.fromkeys(self._wanted):
            side, resource, id_ = where
            self._found[where] = self._providers[side].fetch(resource, id_)
        self._wanted.clear()

    def forget(self) -> None:
        """Let everything be looked at anew."""
        self._found.clear()
