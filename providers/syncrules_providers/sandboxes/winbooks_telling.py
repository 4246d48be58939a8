"""How objects are told: as deep as is asked, with everything TORM says of itself, and cut where an answer grows too long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncrules_providers.sandboxes.winbooks_assumed import Habits, Refused
from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import SPELLINGS, ListOf, Om, Reference
from syncrules_providers.sandboxes.winbooks_wire import say

Path = tuple[str | int, ...]
"""Where an answer goes on: positions in lists, and the names of members that lead there."""


class Teller:
    """Tell rows of a folder, beginning at a path and ending where there is no more room; `cut` says where that was."""

    def __init__(self, folder: Folder, habits: Habits, *, level: int = 1, show_ids: bool = True) -> None:
        self._folder = folder
        self._habits = habits
        self._level = level
        self._show_ids = show_ids
        self._told = 0
        self.cut: Path | None = None

    def many(self, om: Om, rows: Sequence[Row], start: Path = ()) -> list[dict[str, Any]]:
        return self._list(om, rows, self._level, frozenset(), start)

    def one(self, om: Om, row: Row, start: Path = ()) -> dict[str, Any]:
        return self._object(om, row, self._level, frozenset(), start)

    def values(self, rows: Sequence[Any], start: Path = ()) -> list[Any]:
        """Tell what a projection found."""
        first = _position(start)
        last = first + self._habits.chunk_objects
        self.cut = (last,) if last < len(rows) else None
        return list(rows[first:last])

    def _list(self, om: Om, rows: Sequence[Row], level: int, above: frozenset[str], start: Path) -> list[Any]:
        told: list[Any] = []
        first = _position(start)
        for place in range(first, len(rows)):
            inside = start[1:] if place == first else ()
            # What is only continued takes no room: so every part of an answer brings something new.
            if not inside and self._told >= self._habits.chunk_objects:
                self.cut = (place,)
                break
            told.append(self._object(om, rows[place], level, above, inside))
            if self.cut is not None:
                self.cut = (place, *self.cut)
                break
        return told

    def _object(self, om: Om, row: Row, level: int, above: frozenset[str], start: Path) -> dict[str, Any]:
        if not start:
            self._told += 1
        told = self._plain(om, row, level)
        above = above | {row["Id"]}
        reached = not start
        for name, member, target in self._nested(om, row):
            if not reached:
                if name != start[0]:
                    continue  # an earlier part of the answer told it
                reached = True
            inside = start[1:] if start and name == start[0] else ()
            if level <= 1:
                told |= {self._spelt(om, name): None} if self._habits.beyond_level == "null" else {}
            elif isinstance(member, ListOf):
                rows = self._folder.listed(member, row["Id"])
                told[name] = self._list(target, rows, level - 1, above, inside)
            else:
                other = self._other(row, member)
                if other is not None and other["Id"] not in above:
                    told[self._spelt(om, name)] = self._object(target, other, level - 1, above, inside)
            if self.cut is not None:
                self.cut = (name, *self.cut)
                break
        return told

    def _nested(self, om: Om, row: Row) -> Iterator[tuple[str, Reference | ListOf, Om]]:
        for name, reference in om.references.items():
            yield name, reference, self._folder.model[reference.target]
        if om.name == "Third":
            yield "DefaultAddress", _DEFAULT_ADDRESS, self._folder.model["Address"]
        for name, entry in om.lists.items():
            if om.name != "Vat" or self._habits.vat_tells_its_lines:
                yield name, entry, self._folder.model[entry.target]

    def _other(self, row: Row, reference: Reference) -> Row | None:
        if reference is _DEFAULT_ADDRESS:
            return self._folder.default_address(row["Id"])
        return self._folder.row(reference.target, row[reference.id_field])

    def _plain(self, om: Om, row: Row, level: int) -> dict[str, Any]:
        """Tell an object without what is nested in it."""
        ids = {self._spelt(om, each.id_field): row[each.id_field] for each in om.references.values()}
        return {
            "$type": om.full_type,
            "$isShowId": self._show_ids,
            "TotalLevel": level,
            **{name: say(row[name]) for name in ("Version", "Modified", "ModifiedBy", "Created", "CreatedBy")},
            **({"Folder_Id": row["Folder_Id"], "Id": row["Id"]} if self._show_ids else {}),
            **{name: self.say(name, row[name]) for name in om.properties},
            **(ids if self._show_ids else {}),
            **TECHNICAL,
            "FolderCode": self._folder.code,
        }

    def say(self, name: str, value: object) -> Any:
        """Tell a value, with blanks behind it where the column has a fixed width."""
        if name in self._habits.padded and isinstance(value, str) and value:
            return value.rstrip() + " " * self._habits.padding
        return say(value)

    def _spelt(self, om: Om, name: str) -> str:
        return SPELLINGS.get((om.name, name), name) if self._habits.spelling == "documented" else name


_DEFAULT_ADDRESS = Reference("DefaultAddress", "Address", "", "")

TECHNICAL: Mapping[str, Any] = {
    "ResultState": 0,
    "ActionState": 0,
    "CachedCollection": {},
    "IsBinding": False,
    "IsSpecifiedId": False,
    "IsDirty": False,
    "UpdatedEntities": {},
    "Custom": {},
    "UpdatedProperties": [],
    "UpdatedValues": [],
    "Type_UpdatedValues": "[]",
}
"""What TORM says of itself on every object."""


def _position(start: Path) -> int:
    return int(start[0]) if start else 0


# Where an answer goes on, as it travels -------------------------------------------------------------------------


def say_path(cut: Path, asked: bytes) -> str:
    """Write where the answer to a request goes on; nobody but this sandbox can read it."""
    return json.dumps([_mark(asked), *cut]).encode().hex()


def read_path(said: str | None, asked: bytes) -> Path:
    """Read where an answer goes on.

    Raises:
        Refused: It is not what this very request was told.
    """
    if not said:
        return ()
    try:
        mark, *path = json.loads(bytes.fromhex(said))
    except ValueError as error:
        raise Refused("validation", "ContinuePath is not one that was given.") from error
    if mark != _mark(asked):
        raise Refused("validation", "ContinuePath belongs to another request.")
    return tuple(path)


def _mark(asked: bytes) -> str:
    return hashlib.sha256(asked).hexdigest()[:8]
