"""When an hour, a day or a month of a call limit begins and ends, and how it is named.

Nothing here may touch the network, a file or the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


def window(per: str, now: float) -> Window:
    """Give the hour, the day or the month of a moment."""
    begin = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    end = begin + timedelta(hours=1)
    if per != "hour":
        begin = begin.replace(hour=0)
        end = begin + timedelta(days=1)
    if per == "month":
        begin = begin.replace(day=1)
        end = (begin + timedelta(days=31)).replace(day=1)
    return Window(begin.strftime(NAMES[per]), begin.timestamp(), end.timestamp())
