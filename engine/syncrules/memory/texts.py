"""How texts stand in the state store: of any length, sorted byte by byte, whatever the database and its language."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from sqlalchemy import Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

LONGEST = 400
"""So many characters of a value are compared as they are: PostgreSQL can look up no more than some 2,700 bytes."""
NOTHING = "\N{SYMBOL FOR NULL}"
"""What stands for the one character that PostgreSQL cannot keep in a text."""
HALF = "\N{REPLACEMENT CHARACTER}"
"""What stands for half of a character (a lone surrogate), which nobody can write: JSON and command lines may hold one."""
_HALVES = re.compile("[\ud800-\udfff]")


class Words(TypeDecorator[str]):
    """A text.

    Args:
        length: what SQLite is told, which heeds no length; PostgreSQL would refuse whatever is longer, so it is told none.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type of a database."""
        if dialect.name == "postgresql":
            return Text(collation="C")
        return String(self.length) if self.length else Text()

    def bind_processor(self, dialect: Dialect) -> Any:
        """Make values fit: here passes every text on its way into a store, to be kept or to be looked for."""
        return _fitting


def _fitting(value: Any) -> Any:
    return fitting(value) if isinstance(value, str) else value


def fitting(text: str) -> str:
    """Make a text one that every database can keep."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = _HALVES.sub(HALF, text)
    return text.replace("\0", NOTHING) if "\0" in text else text


def shortened(compared: str) -> str:
    """Make a value short enough to be looked up; two that differ stay two, and what is short stays as it is."""
    if len(compared) <= LONGEST:
        return compared
    digest = blake2b(compared.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return f"{compared[: LONGEST - len(digest) - 1]}…{digest}"
