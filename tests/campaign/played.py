"""What came of the invoices of one system, counted; and whether what is said of a refused one is so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import reckoned


@dataclass(slots=True)
class Played:
    """What was decided about the invoices of one system."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def invoices(self) -> int:
        return self.counts["sent"] + self.counts["refused"]


def named(state: str, reason: str, wrong: Sequence[int]) -> Iterator[str]:
    """Say what is wrong with what is said of an invoice that was not sent, and that is wrong at these lines."""
    found = re.search(r"\bline (\d+):", reason)
    place = int(found[1]) if found else reckoned.WHOLE
    if state != "failed":
        yield f"it waits, and should have failed: {reason}"
    elif place not in wrong:
        yield f"it is wrong at {places(wrong)}, and was refused because of {places([place])}: {reason}"


def places(found: Sequence[int]) -> str:
    return " and ".join(f"line {each}" if each else "the whole" for each in sorted(set(found)))
