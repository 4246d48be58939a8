"""What came of the invoices of one system, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Played:
    """What was decided about the invoices of one system."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def invoices(self) -> int:
        return self.counts["sent"] + self.counts["refused"]
