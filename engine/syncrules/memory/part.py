"""What every part of the memory builds on."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from syncrules.memory.store import Store

Cursor = tuple[str | None, float | None, str]
"""The last stamp, when everything was last read, and the rules it was read by."""


class Part:
    """What every part of a connection's memory knows: its store, its name, and which side is left."""

    def __init__(self, store: Store, connection: str, sides: tuple[str, str]) -> None:
        self.store = store
        self.connection = connection
        self.sides = sides
        self._column = {sides[0]: "left", sides[1]: "right"}
        self._decided: set[str] | None = None
        """Entities about whose records anything has been decided; None until asked for."""
        self._declared: dict[str, dict[str, str]] | None = None
        """Entity → row → digest of the rule by which it was last carried out; None until asked for."""
        self._cursors: dict[tuple[str, str], Cursor] | None = None
        """Side and resource → how far it has been read; None until asked for."""
        self._braked: set[tuple[str, str]] | None = None
        """Entity and name of the brakes that are on; None until asked for."""

    @property
    def db(self) -> Connection:
        return self.store.db
