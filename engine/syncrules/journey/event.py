"""Progress, for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One step forward."""

    step: str
    """recover, read, match, plan or write; play or copy where nothing is run."""
    what: str = ""
    count: int = 0
    total: int | None = None
