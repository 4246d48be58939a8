"""What we remember about one connection."""

from __future__ import annotations

from syncrules.memory.journal import Journal
from syncrules.memory.links import Links
from syncrules.memory.records import Records


class Memory(Records, Links, Journal):
    """All of it, for one connection. Sides are named here; the tables know them as left and right."""
