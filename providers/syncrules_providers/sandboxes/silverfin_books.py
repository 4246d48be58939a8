"""The bookkeeping of one client file: accounts, years, the transactions that were pushed, and the balances of each period.

Silverfin carries balances from one year to the next itself, where the years say so.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes.silverfin_wire import Readings

Balances = dict[str, Decimal]
"""Debit less credit, by the number of the account."""


@dataclass(slots=True)
class Account:
    id: int
    number: str
    original: dict[str, str] = field(default_factory=dict)
    """Names from the bookkeeping, by language."""
    custom: dict[str, str] = field(default_factory=dict)
    """Names that were given in Silverfin; they are the ones that are shown."""
    original_number: str = ""

    @property
    def name(self) -> str:
        names = self.original | self.custom
        return next(iter(names.values()), self.number)


@dataclass(frozen=True, slots=True)
class Year:
    start: date
    end: date
    opening: bool
    """Whether balances of the year before are carried over."""
    earnings: bool
    """Whether the result of the year before goes to the account for it."""


@dataclass(frozen=True, slots=True)
class Period:
    id: int
    year: int
    """Its place among the years."""
    end: date


@dataclass(frozen=True, slots=True)
class Transaction:
    id: str
    day: date
    account: str
    value: Decimal
    sent: Mapping[str, Any]
    """All that was sent."""


class Books:
    """Keep what was pushed for one client file, and add it up."""

    def __init__(self, readings: Readings, account_ids: Iterator[int], period_ids: Iterator[int]) -> None:
        self._readings = readings
        self._account_ids = account_ids
        self._period_ids = period_ids
        self._known_periods: dict[date, int] = {}
        self.accounts: dict[str, Account] = {}
        self.years: list[Year] = []
        self.retained: str | None = None
        self.transactions: dict[str, Transaction] = {}
        self.labels: list[str] = []
        self.sync_point: str | None = readings["first sync point"]
        self.sync_points: set[str] = set()

    # What is pushed ---------------------------------------------------------------------------------------------

    def name_account(self, number: str, names: Mapping[str, str], *, custom: bool = False) -> Account:
        """Make an account, or give it other names."""
        account = self.accounts.get(number)
        if account is None:
            account = self.accounts[number] = Account(next(self._account_ids), number, original_number=number)
        (account.custom if custom else account.original).update(names)
        return account

    def set_years(self, years: list[Year], retained: str | None) -> None:
        """Replace the years and their computations."""
        self.years = sorted(years, key=lambda each: each.start)
        self.retained = retained

    def begin_anew(self, kept_until: date | None) -> None:
        """Forget what was pushed, because the sync is set up anew.

        Args:
            kept_until: the day before which it stays as history.
        """
        kept = self.transactions.items() if kept_until is not None else ()
        self.transactions = {key: each for key, each in kept if kept_until is not None and each.day < kept_until}
        self.sync_point = self._readings["first sync point"]

    def reset(self, after: date | None) -> None:
        """Take away what was pushed; from a day on, or all of it."""
        if after is None:
            self.transactions.clear()
            if self._readings["sync point after reset"] == "forgotten":
                self.sync_point = self._readings["first sync point"]
            return
        with_it = self._readings["reset boundary"] == "on or after"
        self.transactions = {
            key: each
            for key, each in self.transactions.items()
            if each.day < after or (each.day == after and not with_it)
        }

    def year_of(self, day: date) -> int | None:
        """Say in which year a day lies."""
        return next((place for place, each in enumerate(self.years) if each.start <= day <= each.end), None)

    # What comes of it -------------------------------------------------------------------------------------------

    @property
    def periods(self) -> list[Period]:
        """List the periods of all years, oldest first; the last one of a year ends with it."""
        found = []
        for place, year in enumerate(self.years):
            first = year.start
            while first <= year.end:
                end = min(_end_of_month(first, self._readings["months of a period"]), year.end)
                if end not in self._known_periods:
                    self._known_periods[end] = next(self._period_ids)
                found.append(Period(self._known_periods[end], place, end))
                first = end + timedelta(days=1)
        return found

    def balances(self, period: Period) -> Balances:
        """Add up a year until the end of a period, beginning with its opening."""
        return self._until(period.year, period.end)

    def opening(self, place: int) -> Balances:
        """Carry over what the year before left, as far as the year asks for it."""
        if place == 0:
            return {}
        year, before = self.years[place], self._until(place - 1, self.years[place - 1].end)
        opened: Balances = defaultdict(Decimal)
        for number, value in before.items():
            if not self._is_result(number) and year.opening:
                opened[number] += value
            elif self._is_result(number) and year.earnings and self.retained is not None:
                opened[self.retained] += value
        return dict(opened)

    def _until(self, place: int, end: date) -> Balances:
        added: Balances = defaultdict(Decimal, self.opening(place))
        for each in self.transactions.values():
            if self.years[place].start <= each.day <= end:
                added[each.account] += each.value
        return dict(added)

    def _is_result(self, number: str) -> bool:
        return number.startswith(tuple(self._readings["profit and loss"]))


def _end_of_month(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months - 1, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])
