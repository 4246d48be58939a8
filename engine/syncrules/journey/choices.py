"""One of a small list, found by what one of its fields says."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from syncrules.records import normal, reader

Index = MutableMapping[tuple[str, str, str], dict[Any, Mapping[str, Any]]]
"""Side, resource and field → value → record; filled as it is asked for."""


def chosen(
    choices: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]], index: Index, side: str, resource: str, field: str, value: Any
) -> Mapping[str, Any] | None:  # fmt: skip
    """Give the first record of a list whose field has this value, or None; letter case does not count."""
    found = index.get((side, resource, field))
    if found is None:
        read = reader(field, absent=None)
        found = index[side, resource, field] = {}
        for each in choices.get((side, resource), ()):
            found.setdefault(_folded(read(each)), each)
    return found.get(_folded(value))


def _folded(value: Any) -> Any:
    folded = normal(value)
    return folded.strip().casefold() if isinstance(folded, str) else folded
