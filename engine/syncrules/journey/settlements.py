"""What became of a record that left a list: whether what it stands for is still there, and what settled it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.journey.rules import EntityRules
from syncrules.manifest import Resource
from syncrules.provider import Provider
from syncrules.records import Record, filled, holds


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was found out about one record."""

    there: bool
    """What it stands for is there; also said where nobody can be asked."""
    proven: bool
    """What settled it was found."""
    elsewhere: bool = False
    """It still stands on the list, as that of another, and nothing says that this one was settled."""


class Settlements:
    """Asks the systems, once for each record, however many entities want to know."""

    def __init__(self, providers: Mapping[str, Provider], settings: Mapping[str, Any]) -> None:
        self._providers = providers
        self._settings = settings
        self._found: dict[tuple[str, str, str], list[Record]] = {}
        self._listed: set[tuple[str, str, str]] = set()
        """Side, resource and value of what is on the lists now, whosever it is."""

    def note(self, side: str, resource: Resource, page: Iterable[Record]) -> None:
        """Note what a list holds, whosever it is."""
        if resource.settled_look_up:
            path = resource.settled_look_up["of"]
            self._listed |= {(side, resource.name, str(each.get(path))) for each in page}

    def of(self, rules: EntityRules, side: str, record: Record) -> Settlement:
        """Find out what became of a record.

        Raises:
            ProviderError: the system cannot be asked.
        """
        asked = rules.resource(side).settled_look_up
        if not asked:
            return Settlement(there=True, proven=False)
        value = record.get(asked["of"])
        if not filled(value):
            return Settlement(there=False, proven=False)
        where = (side, asked["in"], str(value))
        if where not in self._found:
            self._found[where] = self._providers[side].find(asked["in"], asked["by"], str(value))
        found = self._found[where]
        proven = any(holds(asked["settled_by"], each, self._settings) for each in found)
        return Settlement(
            there=any(holds(asked["is"], each, self._settings) for each in found),
            proven=proven,
            elsewhere=not proven and (side, rules.resource(side).name, str(value)) in self._listed,
        )
