"""What must be true after every schedule, whatever happened in it.

An invariant looks at the two systems, at the calls that they saw, and at the diary of what people did. What the engine says of a
record is read too, but only to be held against those: whoever is reported need not be in step, and must have a reason.
"""

from syncrules.simulator.invariants import (  # each adds its own to the others
    brakes,
    comers,
    documents,
    duplicates,
    edits,
    leading,
    mirrors,
    money,
    plans,
    references,
    runs,
    states,
    use,
    writes,
)
from syncrules.simulator.invariants.registry import INVARIANTS, Violation, invariant, sentence, violations

__all__ = [
    "INVARIANTS",
    "Violation",
    "brakes",
    "comers",
    "documents",
    "duplicates",
    "edits",
    "invariant",
    "leading",
    "mirrors",
    "money",
    "plans",
    "references",
    "runs",
    "sentence",
    "states",
    "use",
    "violations",
    "writes",
]  # fmt: skip
