"""When an hour, a day or a month of a call limit begins and ends, and how it is named.

A system counts by its own calendar: a day of it has 23 or 25 hours when its clock changes. Nothing here may touch the network or the
clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

NAMES = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True, slots=True)
class Window:
    """One hour, day or month."""

    name: str
    begin: float
    end: float

    def still_to_come(self, now: float) -> float:
        """Tell which part of it is still to come: from 1 at its beginning to 0 at its end."""
        return min(1.0, max(0.0, (self.end - now) / (self.end - self.begin)))


def window(per: str, now: float, zone: str = "UTC") -> Window:
    """Give the hour, the day or the month of a moment, as the clocks of a time zone have it."""
    moment = datetime.fromtimestamp(now, ZoneInfo(zone))
    if per == "hour":
        begin = moment.replace(minute=0, second=0, microsecond=0)
        # One hour of the clock comes twice, in autumn.
        name = begin.strftime(NAMES[per] if zone == "UTC" else f"{NAMES[per]}%z")
        return Window(_in(zone, name), begin.timestamp(), begin.timestamp() + 3600)
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = begin + timedelta(days=1)
    if per == "month":
        begin = begin.replace(day=1)
        end = (begin + timedelta(days=31)).replace(day=1)
    return Window(_in(zone, begin.strftime(NAMES[per])), begin.timestamp(), end.timestamp())


def _in(zone: str, name: str) -> str:
    return name if zone == "UTC" else f"{name} {zone}"
