"""What an application pushes over the SyncAPI: references, years, accounts and transactions, each checked before it is kept.

Everything that is wrong with a body is told at once, and then nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from syncrules_providers.sandboxes.silverfin_books import Transaction, Year
from syncrules_providers.sandboxes.silverfin_office import Entity, File
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused

Body = Mapping[str, Any]


class Wrong(Exception):
    """Something in a body is not as it must be."""


class Push:
    """Take in what one application sends."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._on = readings.within("transaction")
        self._year = readings.within("year")
        self._account = readings.within("account")

    # References and years ---------------------------------------------------------------------------------------

    def references(self, entity: Entity, body: Body) -> None:
        """Take the list of what a client file can choose from."""
        at, names = self._readings["references"], self._readings.within("reference")
        wrong, found = [], {}
        for place, each in enumerate(self._list(body, at)):
            try:
                row = _object(each)
                found[_text(row, names["code"])] = _text(row, names["name"])
            except Wrong as error:
                wrong.append(f"{at}[{place}]{error}")
        self._refuse(wrong)
        if self._readings["references replaced"] == "the whole list":
            entity.references.clear()
        entity.references.update(found)

    def years(self, file: File, body: Body) -> None:
        """Take the years of a client file and what Silverfin computes for them."""
        at, wrong, years = self._readings["years"], [], []
        for place, each in enumerate(self._list(body, at)):
            try:
                years.append(self._read_year(_object(each)))
            except Wrong as error:
                wrong.append(f"{at}[{place}]{error}")
        years.sort(key=lambda each: each.start)
        if not years and not wrong:
            wrong.append(f"{at} is empty")
        if any(one.end >= two.start for one, two in pairwise(years)):
            wrong.append(f"{at} overlap")
        retained = self._read_retained(body, wrong, must=any(each.earnings for each in years))
        self._refuse(wrong)
        if retained is not None:
            file.books.name_account(*retained)
        file.books.set_years(years, None if retained is None else retained[0])

    def _read_retained(self, body: Body, wrong: list[str], *, must: bool) -> tuple[str, dict[str, str]] | None:
        at = self._readings["retained earnings"]
        if body.get(at) is None:
            wrong += [f"{at} is missing"] if must else []
            return None
        try:
            row = _object(body[at])
            return _text(row, self._account["number"]), self._names(row)
        except Wrong as error:
            wrong.append(f"{at}{error}")
            return None

    def _read_year(self, row: Body) -> Year:
        start, end = _day(row, self._year["start"]), _day(row, self._year["end"])
        if end < start:
            raise Wrong(f"[{self._year['end']}] is before {self._year['start']}")
        flags = [row.get(self._year[each], False) for each in ("opening", "earnings")]
        if not all(isinstance(each, bool) for each in flags):
            raise Wrong(f"[{self._year['opening']}] is invalid")
        return Year(start, end, *flags)

    # Transactions -----------------------------------------------------------------------------------------------

    def submit(self, file: File, body: Body) -> str:
        """Take actions on transactions, and return the sync point that holds from now on."""
        point = body.get(self._readings["sync point"])
        actions = self._list(body, self._readings["actions"])
        if len(actions) > self._readings["most actions"]:
            limit = self._readings["most actions"]
            raise Refused(
                self._readings["too many actions"], f"{self._readings['actions']} has more than {limit} items"
            )
        wrong: list[str] = []
        if not isinstance(point, str) or not point:
            wrong.append(f"{self._readings['sync point']} is missing")
        elif point in file.books.sync_points and self._readings["sync point used before"] == "refused":
            raise Refused(self._readings["inconsistent"], "The sync point is invalid: it was used before.")
        accounts = self._read_accounts(body, wrong)
        labels = self._read_labels(body, wrong)
        done: list[Callable[[], object]] = []
        known = file.books.accounts.keys() | accounts.keys()
        for place, each in enumerate(actions):
            try:
                done.append(self._read_action(file, _object(each), known, labels or file.books.labels))
            except Wrong as error:
                wrong.append(f"{self._readings['actions']}[{place}]{error}")
        self._refuse(wrong)
        for number, names in accounts.items():
            file.books.name_account(number, names)
        for act in done:
            act()
        file.books.labels = labels or file.books.labels
        file.books.sync_point = str(point)
        file.books.sync_points.add(str(point))
        return str(point)

    def _read_accounts(self, body: Body, wrong: list[str]) -> dict[str, dict[str, str]]:
        at, found = self._readings["accounts"], {}
        for place, each in enumerate(self._list(body, at, must=False)):
            try:
                found[_text(_object(each), self._account["number"])] = self._names(each)
            except Wrong as error:
                wrong.append(f"{at}[{place}]{error}")
        return found

    def _read_labels(self, body: Body, wrong: list[str]) -> list[str]:
        at = self._readings["labels"]
        labels = self._list(body, at, must=False)
        if len(labels) > self._readings["most labels"]:
            wrong.append(f"{at} has more than {self._readings['most labels']} items")
        if not all(isinstance(each, str) for each in labels):
            wrong.append(f"{at} is invalid")
        return labels

    def _names(self, row: Body) -> dict[str, str]:
        """Read the names of an account in the languages that the firm uses."""
        names = row.get(self._account["names"]) or {}
        if not isinstance(names, Mapping):
            raise Wrong(f"[{self._account['names']}] is invalid")
        return {each: str(names[each]) for each in self._readings["locales"] if each in names}

    def _read_action(self, file: File, action: Body, known: set[str], labels: list[str]) -> Callable[[], object]:
        """Read one action, and return what carries it out."""
        upsert, delete = self._readings["upsert"], self._readings["delete"]
        if len(action) != 1 or not action.keys() <= {upsert, delete}:
            raise Wrong(f" must have either {upsert} or {delete}")
        kept = file.books.transactions
        ((kind, content),) = action.items()
        try:
            row = _object(content)
            key = _text(row, self._on["id"])
            if kind == delete:
                if key not in kept and self._readings["delete of nothing"] == "refused":
                    raise Wrong(f"[{self._on['id']}] is not known")
                return lambda: kept.pop(key, None)
            read = self._read_transaction(file, key, row, known, labels)
        except Wrong as error:
            raise Wrong(f"[{kind}]{error}") from error
        if read is None:
            return lambda: None

        def keep() -> None:
            file.books.name_account(read.account, {})
            kept[key] = read

        return keep

    def _read_transaction(
        self, file: File, key: str, row: Body, known: set[str], labels: list[str]
    ) -> Transaction | None:
        on, strange = self._on, sorted(row.keys() - set(self._on.values()))
        if strange and self._readings["unknown member"] == "refused":
            raise Wrong(f"[{strange[0]}] is not known")
        day, account, value = _day(row, on["date"]), _text(row, on["account"]), _number(row, on["value"])
        for each in ("description", "document", "journal", "contact", "contact name"):
            if not isinstance(row.get(on[each]) or "", str):
                raise Wrong(f"[{on[each]}] is invalid")
        self._check_open(row)
        self._check_lists(row, labels)
        if account not in known and self._readings["unknown account"] == "refused":
            raise Wrong(f"[{on['account']}] is not known")
        if file.start is not None and day < file.start and self._readings["before the start date"] != "kept":
            if self._readings["before the start date"] == "passed over":
                return None
            raise Wrong(f"[{on['date']}] is before the start date of the synchronisation")
        if file.books.year_of(day) is None and self._readings["outside the years"] == "refused":
            raise Wrong(f"[{on['date']}] is in no financial year")
        return Transaction(key, day, account, value, dict(row))

    def _check_open(self, row: Body) -> None:
        at, names = self._on["open"], self._readings.within("open")
        if row.get(at) is None:
            return
        try:
            found = _object(row[at])
            _number(found, names["value"])
            if found.get(names["category"]) not in ("payable", "receivable"):
                raise Wrong(f"[{names['category']}] is neither payable nor receivable")
        except Wrong as error:
            raise Wrong(f"[{at}]{error}") from error

    def _check_lists(self, row: Body, labels: list[str]) -> None:
        extra, dimensions = (row.get(self._on[each]) or [] for each in ("extra", "dimensions"))
        if not isinstance(extra, list) or not isinstance(dimensions, list):
            raise Wrong(f"[{self._on['extra']}] is invalid")
        if len(dimensions) > self._readings["most dimensions"]:
            raise Wrong(f"[{self._on['dimensions']}] has more than {self._readings['most dimensions']} items")
        if len(extra) > len(labels) and self._readings["extra fields without label"] == "refused":
            raise Wrong(f"[{self._on['extra']}] has more items than there are labels")

    # How it is said ---------------------------------------------------------------------------------------------

    def _list(self, body: Body, name: str, *, must: bool = True) -> list[Any]:
        found = body.get(name)
        if found is None and not must:
            return []
        if not isinstance(found, list):
            self._refuse([f"{name} is {'missing' if found is None else 'invalid'}"])
        return list(found or ())

    def _refuse(self, wrong: list[str]) -> None:
        if wrong:
            raise Refused(self._readings["invalid"], ", ".join(wrong))


def _object(value: Any) -> Body:
    if not isinstance(value, Mapping):
        raise Wrong(" is invalid")
    return value


def _text(row: Body, name: str) -> str:
    if name not in row or row[name] in (None, ""):
        raise Wrong(f"[{name}] is missing")
    if not isinstance(row[name], str):
        raise Wrong(f"[{name}] is invalid")
    return str(row[name])


def _number(row: Body, name: str) -> Decimal:
    value = row.get(name)
    if value is None:
        raise Wrong(f"[{name}] is missing")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Wrong(f"[{name}] is invalid")
    return Decimal(value)


def _day(row: Body, name: str) -> date:
    text = _text(row, name)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"[{name}] is invalid") from None
    if day.isoformat() != text:
        raise Wrong(f"[{name}] is invalid")
    return day
