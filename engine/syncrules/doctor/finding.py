"""What a look at one thing showed: good, to look at, or wrong; whose fault that is, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "look", "wrong"]
Area = Literal["state store", "configuration", "system"]
EXIT: dict[Area, int] = {"system": 3, "state store": 5, "configuration": 1}
"""Where something is wrong → exit code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    area: Area
    check: str
    verdict: Verdict
    text: str
    fault: str = ""
    """Whose it is: a system, this machine, the mapping, whoever set it up; nobody's where it is good."""
    cure: str = ""


def exit_code(findings: Iterable[Finding]) -> int:
    """Tell how a look ended: what is wrong counts by where it is, what is to be looked at is 1."""
    found = list(findings)
    wrong = [EXIT[each.area] for each in found if each.verdict == "wrong"]
    return max(wrong, default=1 if any(each.verdict == "look" for each in found) else 0)
