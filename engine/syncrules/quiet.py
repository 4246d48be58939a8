"""Quiet hours: when a system wants to be left in peace every day, as its manifest says. Pure.

Nothing begins by itself then; what is due is carried when they are over. Whoever runs a connection by hand is not kept from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncrules.manifest import Manifest, QuietHours


@dataclass(frozen=True, slots=True)
class Quiet:
    """A system that is left in peace."""

    system: str
    until: float
    """Seconds since 1970."""


def left_in_peace(manifests: Iterable[Manifest], now: float) -> Quiet | None:
    """Name the system that is left in peace longest now; None if none is."""
    found = [
        Quiet(each.title, until) for each in manifests for one in each.quiet_hours if (until := _until(one, now)) > now
    ]
    return max(found, key=lambda each: each.until, default=None)


def _until(hours: QuietHours, now: float) -> float:
    """Give when the hours are over that have begun last."""
    zone = ZoneInfo(hours.time_zone)
    today = datetime.fromtimestamp(now, zone).date()
    ends = 0.0
    for day in (today - timedelta(days=1), today):
        begin = datetime.combine(day, hours.begin, zone)
        # Through midnight, if they end earlier than they begin.
        end = datetime.combine(day + timedelta(days=hours.end <= hours.begin), hours.end, zone)
        if begin.timestamp() <= now:
            ends = end.timestamp()
    return ends
