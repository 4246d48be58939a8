"""The rows of the Tribe sandbox: who links to whom, how they looked a moment ago, and how a body becomes rows.

A row is never changed in place: every write puts a new one.
So a refused request can be undone, and a reader may be shown the state of a moment ago.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes.tribe_model import EntityType, Model, Navigation, Refused, coerce, read_guid, status

Row = Mapping[str, Any]
"""Properties by name, `_Type` among them, and for each single navigation the ID of the other end or None."""

_NAMESPACE = uuid.UUID("7d1b0f0e-52a4-5c0b-9d6a-000000000000")


class View:
    """The rows as of one moment, for reading."""

    def __init__(self, store: Store, overlay: Mapping[str, Row | None]) -> None:
        self._store = store
        self._overlay = overlay
        """How rows looked that have changed since, None where there was none."""

    @property
    def is_current(self) -> bool:
        return not self._overlay

    def row(self, key: str | None) -> Row | None:
        if key is None:
            return None
        return self._overlay[key] if key in self._overlay else self._store.rows.get(key)

    def rows(self, type_name: str, model: Model) -> list[Row]:
        """List the rows that the set of a type shows, oldest first."""
        names = [each.name for each in model.concrete(type_name)]
        found = [row for name in names for row in self._store.by_type[name].values()]
        if self.is_current:
            return found
        then = [row for row in self._overlay.values() if row is not None and row["_Type"] in names]
        return [row for row in found if row["ID"] not in self._overlay] + then

    def many(self, key: str, nav: Navigation) -> list[Row]:
        """List the rows at the other end of a collection, by SortIndex."""
        sources = {source: None for source, name in self._store.referrers.get(key, {}) if name == nav.by}
        sources |= dict.fromkeys(self._overlay)
        rows = [row for row in map(self.row, sources) if row is not None and row.get(nav.by or "") == key]
        rows = [row for row in rows if nav.target in self._store.model.types[row["_Type"]].ancestors]
        return sorted(rows, key=lambda row: row["SortIndex"] or 0)

    def value(self, row: Row, name: str) -> Any:
        """Look up a property, composing the display name where it is one."""
        kind = self._store.model.types[row["_Type"]]
        return self.display(row) if kind.properties[name].display else row[name]

    def display(self, row: Row) -> str:
        """Compose the name under which the screen shows a row."""
        parts = []
        for name in self._store.model.types[row["_Type"]].display:
            value = row.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, Decimal):
                parts.append(f"{value.normalize():f}")
            elif name in self._store.model.types[row["_Type"]].navigations:
                other = self.row(value)
                parts.append(self.display(other) if other else "")
            else:
                parts.append(str(value))
        return " ".join(parts)


class Store:
    """Keep rows, and carry out bodies as OData means them.

    What is Tribe's own comes in `_created`, `_changing`, `_changed` and `_deleting`.
    """

    def __init__(self, model: Model, stale_read_ms: float) -> None:
        self.model = model
        self.stale_read_ms = stale_read_ms
        self.rows: dict[str, Row] = {}
        self.by_type: dict[str, dict[str, Row]] = {name: {} for name in model.types}
        self.referrers: dict[str, dict[tuple[str, str], None]] = {}
        """For each ID, the rows and navigations that lead to it."""
        self.kept_back: set[str] = set()
        """The IDs of rows that nobody is told of who asks over the API."""
        self.version = 0
        """Counts every change, so that an answer may be remembered until the next one."""
        self._counters = dict.fromkeys(model.types, 0)
        self._undo: list[tuple[str, Row | None]] | None = None
        self._log: list[tuple[float, str, Row | None]] = []
        self._singles = {name: [nav.name for nav in kind.singles] for name, kind in model.types.items()}
        self._blank = {
            name: {each.name: each.default for each in kind.properties.values() if not each.display}
            | dict.fromkeys(self._singles[name])
            for name, kind in model.types.items()
        }
        self._taken: Counter[tuple[str, str]] = Counter()
        """How often a value occurs, for the properties that may not occur twice."""
        self._unfinished: set[str] = set()
        """Rows whose children are still being made."""
        self.happened: Callable[[Row | None, Row | None], None] = lambda *_: None
        """Is told of each row that a request changed: how it was, and how it is; None where there was, or is, none."""

    # Reading ----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def view(self) -> View:
        """See the current state: what the answer to a write tells."""
        return View(self, {})

    def late_view(self) -> View:
        """See the state that queries are told: current, or that of a moment ago."""
        cut = time.monotonic() - self.stale_read_ms / 1000
        self._log = [each for each in self._log if each[0] > cut]
        late = {key: row for _, key, row in reversed(self._log)}
        return View(self, {**late, **dict.fromkeys(self.kept_back)})

    def find(self, kind: EntityType, key: str) -> Row:
        """Find a current row of a set.

        Raises:
            Refused: it is not there.
        """
        row = self.rows.get(key)
        if row is None or kind.name not in self.model.types[row["_Type"]].ancestors:
            raise no_such(kind, key)
        return row

    def kind_of(self, row: Row) -> EntityType:
        return self.model.types[row["_Type"]]

    # The only way in --------------------------------------------------------------------------------------------

    def put(self, key: str, row: Row | None) -> None:
        """Put a row in its place, or take it away with None."""
        old = self.rows.get(key)
        if self._undo is not None:
            self._undo.append((key, old))
        if self.stale_read_ms:
            self._log.append((time.monotonic(), key, old))
        self.version += 1
        self._count(old, -1)
        self._count(row, 1)
        if old is not None:
            self._unlink(key, old, row)
        if row is None:
            del self.rows[key]
            return
        self.rows[key] = self.by_type[row["_Type"]][key] = row
        for name in self._singles[row["_Type"]]:
            target = row[name]
            if target is not None:
                self.referrers.setdefault(target, {})[key, name] = None

    def _count(self, row: Row | None, step: int) -> None:
        unique = self.model.types[row["_Type"]].unique if row is not None else None
        if row is not None and unique and row[unique]:
            self._taken[row["_Type"], row[unique]] += step

    def _unlink(self, key: str, old: Row, new: Row | None) -> None:
        if new is None or new["_Type"] != old["_Type"]:
            del self.by_type[old["_Type"]][key]
        for name in self._singles[old["_Type"]]:
            target = old[name]
            if target is not None and (new is None or new.get(name) != target):
                self.referrers[target].pop((key, name), None)

    def settle(self) -> None:
        """Forget how things looked before: what is in now was always there."""
        self._log.clear()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo everything inside if it is refused halfway."""
        if self._undo is not None:
            yield
            return
        self._undo = []
        settled = len(self._log)
        try:
            yield
        except BaseException:
            undo, self._undo = self._undo, None
            for key, row in reversed(undo):
                if row is not None or key in self.rows:
                    self.put(key, row)
            del self._log[settled:]
            raise
        finally:
            done, self._undo = self._undo or [], None
            self._unfinished.clear()
        before: dict[str, Row | None] = {}
        for key, row in done:
            before.setdefault(key, row)
        for key, row in before.items():
            if row is not self.rows.get(key):
                self.happened(row, self.rows.get(key))

    # Bodies -----------------------------------------------------------------------------------------------------

    def create(self, kind: EntityType, body: Mapping[str, Any]) -> Row:
        """Carry out a create, with everything nested in it.

        Raises:
            Refused: the body is not right; nothing was written.
        """
        if kind.read_only:
            raise Refused(status("read-only set"), f"{kind.name} cannot be created through the API.")
        if kind.abstract:
            raise Refused(status("create in abstract set"), f"{kind.name} is abstract and cannot be created.")
        with self.transaction():
            return self._create(kind, body)

    def _create(self, kind: EntityType, body: Mapping[str, Any]) -> Row:
        key = self.new_id(kind)
        values, children = self._read(kind, body)
        for name in kind.required:
            if values.get(name) in (None, ""):
                raise Refused(status("missing required"), f"{kind.name}: '{name}' is required.")
        self.put(key, self._blank[kind.name] | values | {"ID": key, "_Type": kind.name, "CreationDate": self.now()})
        self._tell(kind, key, values)
        self._make_children(kind, key, children)
        self._keep_apart(kind, key)
        self._created(self.rows[key])
        return self.rows[key]

    def update(self, kind: EntityType, key: str, body: Mapping[str, Any]) -> Row:
        """Carry out a partial update, in the words of the set that was addressed.

        Raises:
            Refused: there is no such row, or the body is not right; nothing was written.
        """
        old = self.find(kind, key)
        if self.kind_of(old).read_only:
            raise Refused(status("read-only set"), f"{old['_Type']} cannot be changed through the API.")
        with self.transaction():
            self._changing(old, body)
            values, children = self._read(kind, body)
            actual = self.kind_of(self.rows[key])
            for name in values:
                # A base set knows the links of all kinds, but a row has only those of its own.
                if name not in actual.properties and name not in actual.navigations:
                    raise Refused(status("bad body"), f"The property '{name}' is not defined in type '{actual.name}'.")
            for name in actual.required:
                if values.get(name, name) in (None, ""):
                    raise Refused(status("missing required"), f"{actual.name}: '{name}' cannot be empty.")
            self.put(key, {**self.rows[key], **values, "LastMutationDate": self.now()})
            self._tell(kind, key, values)
            self._make_children(kind, key, children)
            self._keep_apart(actual, key)
            self._changed(old, self.rows[key])
            return self.rows[key]

    def delete(self, kind: EntityType, key: str) -> None:
        """Take a row away; links to it become empty.

        Raises:
            Refused: there is no such row, or it may not go.
        """
        row = self.find(kind, key)
        actual = self.kind_of(row)
        if actual.read_only:
            raise Refused(status("read-only set"), f"{actual.name} cannot be deleted through the API.")
        if not actual.deletable:
            raise Refused(status("not deletable"), f"{actual.name} cannot be deleted.")
        with self.transaction():
            self._deleting(row)
            for source, name in list(self.referrers.get(key, {})):
                if name in self.kind_of(self.rows[source]).required:
                    raise Refused(status("in use"), f"{actual.name} '{key}' cannot be deleted: it is in use.")
                self.put(source, {**self.rows[source], name: None})
            self.put(key, None)

    def new_id(self, kind: EntityType) -> str:
        self._counters[kind.name] += 1
        return str(uuid.uuid5(_NAMESPACE, f"{kind.name}/{self._counters[kind.name]}"))

    def _read(self, kind: EntityType, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
        """Check a body: values and links to write, creating nested single rows, and the children to make afterwards."""
        values: dict[str, Any] = {}
        children: dict[str, list[Any]] = {}
        for name, value in body.items():
            if name == "ID" or name.startswith("@odata.") or "@odata." in name:
                continue
            if name in kind.properties:
                if kind.properties[name].computed:
                    raise Refused(status("bad body"), f"{kind.name}: property '{name}' is read-only.")
                values[name] = coerce(kind.properties[name], value)
            elif name not in kind.navigations:
                raise Refused(status("bad body"), f"The property '{name}' is not defined in type '{kind.name}'.")
            elif kind.navigations[name].by is not None:
                if not isinstance(value, list):
                    raise Refused(status("bad body"), f"{kind.name}: '{name}' must be an array.")
                children[name] = value
            else:
                values[name] = None if value is None else self._resolve(kind.navigations[name], value)
        return values, children

    def _resolve(self, nav: Navigation, value: object) -> str:
        """Find the row that a nested object links to, or make it."""
        if not isinstance(value, dict):
            raise Refused(status("bad body"), f"'{nav.name}' must be an object.")
        target = self.model.types[nav.target]
        if "ID" not in value:
            return str(self.create(target, value)["ID"])
        key = read_guid(value["ID"])
        row = self.rows.get(key) if key else None
        if row is None or target.name not in self.kind_of(row).ancestors:
            raise Refused(status("bad body"), f"'{nav.name}': there is no {target.name} with ID '{value['ID']}'.")
        return str(row["ID"])

    def _tell(self, kind: EntityType, key: str, values: Mapping[str, Any]) -> None:
        """Fill the other end of new links where it is empty; this is no edit, so nothing is stamped."""
        for name in values:
            nav = kind.navigations.get(name)
            if nav is None or not nav.tells or values[name] is None:
                continue
            other = self.rows[values[name]]
            empty = [each for each in nav.tells if other[each] is None]
            if empty:
                self.put(other["ID"], {**other, **dict.fromkeys(empty, key)})

    def _make_children(self, kind: EntityType, key: str, children: Mapping[str, list[Any]]) -> None:
        self._unfinished.add(key)
        for name, bodies in children.items():
            nav = kind.navigations[name]
            target = self.model.types[nav.target]
            for body in bodies:
                if not isinstance(body, dict):
                    raise Refused(status("bad body"), f"'{name}' must hold objects.")
                if "ID" in body:
                    self.update(target, self._resolve(nav, body), {nav.by or "": {"ID": key}})
                else:
                    self.create(target, {**body, nav.by or "": {"ID": key}})
        self._unfinished.discard(key)

    def _keep_apart(self, kind: EntityType, key: str) -> None:
        if kind.unique and self._taken[kind.name, self.rows[key][kind.unique]] > 1:
            raise Refused(
                status("code taken"), f"{kind.name}: {kind.unique} '{self.rows[key][kind.unique]}' is in use."
            )

    def _is_new(self, key: str) -> bool:
        """Whether the request that is being carried out made this row."""
        return self._undo is not None and (key, None) in self._undo

    # What is Tribe's own ----------------------------------------------------------------------------------------

    def _created(self, row: Row) -> None:
        raise NotImplementedError

    def _changing(self, old: Row, body: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def _changed(self, old: Row, new: Row) -> None:
        raise NotImplementedError

    def _deleting(self, row: Row) -> None:
        raise NotImplementedError


def no_such(kind: EntityType, key: str) -> Refused:
    """Say that a set has no row with this ID."""
    return Refused(status("unknown key"), f"{kind.name} with ID '{key}' does not exist.")
