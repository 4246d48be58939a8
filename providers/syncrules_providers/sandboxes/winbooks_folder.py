"""The rows of one folder: found by Id, by code and by whom they refer to; a change that is refused is undone.

A row is a dictionary by the names of the properties; a reference stands there by its Id field.
It is never changed in place: every write puts a new one. Names that begin with an underscore are ours and do not travel.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes.winbooks_objects import EMPTY, ListOf, Om, Version, model
from syncrules_providers.sandboxes.winbooks_wire import collated, is_guid

Row = Mapping[str, Any]

_NAMESPACE = uuid.UUID("2b0f6a1c-5a9e-5d43-8f0b-000000000000")
PERSON = str(uuid.uuid5(_NAMESPACE, "a person at the screen"))
API_USER = str(uuid.uuid5(_NAMESPACE, "an external application"))
_BLANK = {"int": 0, "decimal": Decimal("0.00"), "bool": False}


def this_moment() -> datetime:
    """Say what time it is, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Folder:
    """Everything that one company keeps in WinBooks."""

    def __init__(
        self,
        code: str,
        name: str,
        *,
        language: str = "nl",
        version: Version = "2.5",
        module_active: bool = True,
        now: Callable[[], datetime] = this_moment,
    ) -> None:
        self.code = code
        self.name = name
        self.language = language
        self.version: Version = version
        self.module_active = module_active
        self.now = now
        self.who = PERSON
        self.model = model(version)
        self.id = str(uuid.uuid5(_NAMESPACE, code))
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in self.model.oms}
        self.changes = 0
        """Counts every change, so that an answer may be remembered until the next one."""
        self.touched: list[tuple[Om, str]] = []
        """What the transaction that is being carried out has written."""
        self._codes: dict[tuple[str, str], str] = {}
        self._referring: dict[tuple[str, str, str], dict[str, None]] = {}
        """For an OM, an Id field and a target: who refers to it."""
        self._made = dict.fromkeys(self.model.oms, 0)
        self._undo: list[tuple[Om, str, Row | None]] | None = None
        self._blank = {
            om.name: {each.name: _BLANK.get(each.kind) for each in om.properties.values()}
            | {each.id_field: EMPTY for each in om.references.values()}
            for om in self.model.oms.values()
        }

    def copy(self) -> Folder:
        """Make a folder that holds the same and can be written in for itself."""
        other = Folder(
            self.code,
            self.name,
            language=self.language,
            version=self.version,
            module_active=self.module_active,
            now=self.now,
        )
        other.rows = {name: dict(rows) for name, rows in self.rows.items()}
        other._codes = dict(self._codes)
        other._referring = {key: dict(rows) for key, rows in self._referring.items()}
        other._made = dict(self._made)
        return other

    # Finding ----------------------------------------------------------------------------------------------------

    def row(self, om: Om | str, key: str) -> Row | None:
        return self.rows[om if isinstance(om, str) else om.name].get(key)

    def by_code(self, om: Om | str, code: str) -> Row | None:
        name = om if isinstance(om, str) else om.name
        return self.rows[name].get(self._codes.get((name, collated(code)), ""))

    def find(self, om: Om, code_or_id: str) -> Row | None:
        """Find what an address means: the code, or the Id in the same place."""
        found = self.by_code(om, code_or_id)
        return found if found is not None or not is_guid(code_or_id) else self.row(om, code_or_id.lower())

    def referring(self, om: str, id_field: str, target: str) -> list[Row]:
        """List who refers to a row by this field, oldest first."""
        return [self.rows[om][key] for key in self._referring.get((om, id_field, target), ())]

    def listed(self, entry: ListOf, owner: str) -> list[Row]:
        """List the elements of a list in their own order."""
        rows = self.referring(entry.target, entry.by, owner)
        order = next((name for name in ("LineOrder", "Index") if name in self.model[entry.target].properties), "")
        return sorted(rows, key=lambda row: row[order]) if order and entry.by != "Vat_Id" else rows

    def is_in_use(self, om: Om, key: str, but_for: Iterable[tuple[str, str]] = ()) -> bool:
        """Tell whether somebody refers to a row, leaving out these fields of these OMs."""
        without = set(but_for)
        return any(
            self._referring.get((other.name, each.id_field, key))
            for other, each in self.model.referring(om.name)
            if (other.name, each.id_field) not in without
        )

    def default_address(self, third: str) -> Row | None:
        """Find the address of a Third that counts: the default for invoices, else the first."""
        holders = self.listed(self.model["Third"].lists["Addresses"], third)
        holder = next((each for each in holders if each["IsInvoicingDefault"]), holders[0] if holders else None)
        if holder is None or self.version == "2.4":
            return holder
        return self.row("Address", holder["Address_Id"])

    # Writing ----------------------------------------------------------------------------------------------------

    def new_id(self, om: Om) -> str:
        self._made[om.name] += 1
        return str(uuid.uuid5(_NAMESPACE, f"{self.code}/{om.name}/{self._made[om.name]}"))

    def write(self, om: Om, key: str, values: Mapping[str, Any]) -> Row:
        """Put a new row or change some values of one, and stamp it."""
        old, now = self.row(om, key), self.now()
        stamp = {"Version": 1 if old is None else old["Version"] + 1, "Modified": now, "ModifiedBy": self.who}
        if old is None:
            born = {"Id": key, "Folder_Id": self.id, "Created": now, "CreatedBy": self.who}
            old = {**self._blank[om.name], **born}
        row = {**old, **values, **stamp}
        self._put(om, key, row)
        self.touched.append((om, key))
        return row

    def amend(self, om: str, key: str, values: Mapping[str, Any]) -> None:
        """Change some values of a row as WinBooks itself does: nobody's edit, so nothing is stamped."""
        self._put(self.model[om], key, {**self.rows[om][key], **values})

    def is_new(self, om: str, key: str) -> bool:
        """Tell whether the transaction that is being carried out made this row."""
        return any((each.name, other, row) == (om, key, None) for each, other, row in self._undo or ())

    def forget(self, om: Om, key: str) -> None:
        self._put(om, key, None)
        self.touched.append((om, key))

    def add(self, om: str, **values: Any) -> str:
        """Put a row of a table, without asking whether it is right."""
        key = self.new_id(self.model[om])
        self.write(self.model[om], key, values)
        return key

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo everything when something is refused on the way."""
        if self._undo is not None:
            yield
            return
        self._undo, self.touched = [], []
        try:
            yield
        except BaseException:
            for om, key, row in reversed(self._undo):
                self._put(om, key, row)
            raise
        finally:
            self._undo = None

    def _put(self, om: Om, key: str, row: Row | None) -> None:
        rows = self.rows[om.name]
        old = rows.get(key)
        if self._undo is not None:
            self._undo.append((om, key, old))
        self.changes += 1
        if old is not None:
            if om.has_code and self._codes.get((om.name, collated(old["Code"] or ""))) == key:
                del self._codes[om.name, collated(old["Code"] or "")]
            for each in om.references.values():
                if row is None or row[each.id_field] != old[each.id_field]:
                    self._referring.get((om.name, each.id_field, old[each.id_field]), {}).pop(key, None)
        if row is None:
            rows.pop(key, None)
            return
        rows[key] = row
        if om.has_code:
            self._codes[om.name, collated(row["Code"] or "")] = key
        for each in om.references.values():
            if row[each.id_field] != EMPTY:
                self._referring.setdefault((om.name, each.id_field, row[each.id_field]), {})[key] = None
