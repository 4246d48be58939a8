"""What we remember about one connection."""

from __future__ import annotations

from syncrules.memory.circuits import Circuits
from syncrules.memory.hints import Hints
from syncrules.memory.history import History
from syncrules.memory.plans import Plans


class Memory(History, Plans, Hints, Circuits):
    """All of it, for one connection. Sides are named here; the tables know them as left and right."""
