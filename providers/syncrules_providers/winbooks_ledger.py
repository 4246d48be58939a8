"""What follows from the lines of the books: what is open of a document, the days of a book year, the next number.

WinBooks has no record of a payment: lines that are settled with each other share a matching, and what they leave is open.
"""

from __future__ import annotations

import threading
from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from syncrules.manifest import Resource
from syncrules.provider import Record
from syncrules_providers.torm import Service
from syncrules_providers.torm_questions import Asking, Question
from syncrules_providers.torm_values import EPOCH, Dialect, Raw, day_told, moment_of

MATCHING, AMOUNT, STAMP = "GLMatch_Id", "Amount", "Modified"
OPEN, START, END, FIRST = "$open", "$start", "$end", "$first"
"""Where in an object it is put what was worked out; no property of WinBooks begins like this but `$type`."""


class Ledger:
    """Work out what WinBooks does not tell itself.

    Args:
        om: the object that is a line.
    """

    def __init__(self, service: Service, asking: Asking, dialect: Dialect, om: str) -> None:
        self._service = service
        self._asking = asking
        self._dialect = dialect
        self._om = om
        self._of_days: dict[tuple[str, str], Any] = {}
        """What was found for a month, as the vendor asks of whoever needs an id again and again."""
        self._looking = threading.Lock()

    # What is open -----------------------------------------------------------------------------------------------

    def open_lines(self, lines: Iterable[Raw], parties: Iterable[str], document: Mapping[str, Any]) -> None:
        """Put into each line of a customer or supplier what is open of it.

        What is left of a matching stands on the line of its document. Where it has several, nobody says which of them
        was paid: every line keeps its own amount, and together they make what is left.
        """
        mine = [each for each in lines if any(not self._dialect.is_empty(each.get(name)) for name in parties)]
        groups = self._groups(mine)
        for each in mine:
            group = groups.get(each.get(MATCHING), [each])
            left = _left(group)
            documents = [one for one in group if _is(one, document)]
            if left == 0:
                each[OPEN] = left
            elif len(documents) == 1:
                each[OPEN] = left if documents[0]["Id"] == each["Id"] else Decimal(0)
            else:
                each[OPEN] = each.get(AMOUNT)

    def open_documents(self, lines: Iterable[Raw], party: str, document: Mapping[str, Any]) -> list[Raw]:
        """Give the line that stands for each document among these lines and those that are matched with them.

        What is open of it is left out where it cannot be told: something is left of a matching with several documents.
        """
        lines = list(lines)
        groups = self._groups(lines)
        together = {each["Id"]: each for group in groups.values() for each in group}
        found: list[Raw] = []
        for each in ({each["Id"]: each for each in lines} | together).values():
            if not _is(each, document) or self._dialect.is_empty(each.get(party)):
                continue
            group = groups.get(each.get(MATCHING), [each])
            left, stamps = _left(group), [one.get(STAMP) for one in group]
            open_ = {OPEN: left} if left == 0 or sum(_is(one, document) for one in group) == 1 else {}
            found.append(each | {STAMP: max(stamps, key=lambda stamp: moment_of(str(stamp)) or EPOCH)} | open_)
        return found

    def _groups(self, lines: Iterable[Raw]) -> dict[Any, list[Raw]]:
        """Read everything that is matched with these lines: matching → its lines."""
        wanted = self._dialect.keys(lines, MATCHING)
        groups: dict[Any, list[Raw]] = {}
        for each in self._service.among(Question(self._om), MATCHING, wanted):
            groups.setdefault(each[MATCHING], []).append(each)
        return groups

    # Before a document is booked --------------------------------------------------------------------------------

    def next_number(self, offer: Resource, says: Mapping[str, Any], record: Record) -> int:
        """Give the number after the highest among the documents that agree in some fields with this one."""
        where = tuple(self._asking.equal(path, record.get(name)) for name, path in says["same"].items())
        joins = tuple(path.partition(".")[0] for path in says["same"].values())
        highest = says["highest"]
        asked = Question(offer.wire["om"], where, joins, (f"-{highest}",), (highest,), routes=offer.wire["routes"])
        found = self._service.first(asked)
        return int(found or 0) + int(says["plus"])

    def of_day(self, om: str, says: Mapping[str, Any], day: str) -> Any:
        """Give the first object, by its number, that a day belongs to; None if there is none."""
        with self._looking:
            known = self._of_days.get((om, day[:7]))
            if known is None:
                known = self._of_days[om, day[:7]] = self._first_of(om, says, day)
            return known

    def _first_of(self, om: str, says: Mapping[str, Any], day: str) -> Any:
        parts = {"year": int(day[:4]), "month": int(day[5:7])}
        where = tuple(
            self._asking.unlike(name, wanted["not"])
            if isinstance(wanted, Mapping)
            else self._asking.equal(name, parts[wanted])
            for name, wanted in says["where"].items()
        )
        found = self._service.first(Question(om, where, order=(says["first_by"],)))
        return None if found is None else found.get(says["gives"])


def set_days(years: Iterable[Raw], periods: Iterable[Raw]) -> None:
    """Put into each book year its first and last day, and whether it is the first one; a year without periods has none.

    The opening period has the number 0, and lies in a month that also has a regular one.
    """
    months: dict[Any, list[tuple[int, int]]] = {}
    for each in periods:
        if each.get("Number"):
            months.setdefault(each.get("BookYear_Id"), []).append((each["RelatedYear"], each["RelatedMonth"]))
    first = min((min(each) for each in months.values()), default=None)
    for each in years:
        mine = months.get(each["Id"], [])
        (year, month), (last_year, last_month) = (min(mine), max(mine)) if mine else ((0, 0), (0, 0))
        each[FIRST] = bool(mine) and (year, month) == first
        each[START] = _told(date(year, month, 1)) if mine else None
        each[END] = _told(date(last_year, last_month, monthrange(last_year, last_month)[1])) if mine else None


def _told(day: date) -> str:
    return day_told("day", day.isoformat())


def _left(group: Iterable[Raw]) -> Decimal:
    return sum((Decimal(each.get(AMOUNT) or 0) for each in group), Decimal(0))


def _is(line: Raw, document: Mapping[str, Any]) -> bool:
    return all(line.get(name) == value for name, value in document.items())
