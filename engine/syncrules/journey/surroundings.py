"""What a value may depend on besides its own record, and what it is when that is not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as field_
from typing import Any, Protocol

from syncrules.vocabulary.values import CannotCarry

Value = Any


class Waits(CannotCarry):
    """The value will be there later: another record has to go first.

    Args:
        cure: what a person can do about it, where it does not come by itself.
    """

    def __init__(self, says: str, cure: str = "It follows by itself.") -> None:
        super().__init__(says)
        self.cure = cure


class Lacks(Waits):
    """The other record is there, and says nothing in this field."""


@dataclass(frozen=True, slots=True)
class Late:
    """What a record that this plan creates, or gives another value, is called; known when that has been written."""

    entity: str
    side: str
    """Where the record is that we know."""
    id: str
    field: str
    """What of the other side's record is wanted; empty: its id."""
    planned: Any = field_(default=None, compare=False)
    """What this plan writes there itself; None if only the system can say."""
    whole: bool = False
    """Whether it is written as a number, into a field that takes nothing else."""
    renamed: bool = False
    """Whether the record is there already, and this plan gives it `planned` instead of what it has."""


class Surroundings(Protocol):
    """What a value may depend on besides its own record."""

    settings: Mapping[str, Any]

    def choice(self, side: str, resource: str, field: str, value: Value) -> Mapping[str, Any] | None:
        """Give the record of a small look-up resource whose field has this value, or None."""

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Value | Late:
        """Give what the record linked to this one is called on the other side, by one of its fields (empty: its id).

        Raises:
            Waits: it is not linked yet, and this plan does not create it; or its counterpart is there no more.
            Lacks: it is linked, and its counterpart has nothing in this field.
        """

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Value) -> str | None:
        """Give the id, on its own side, of the record that has this value in a field by which others refer to it."""

    def beside(self, side: str, id: str) -> str | None:
        """Give the id, on a side, of the linked record that a state belongs to."""
