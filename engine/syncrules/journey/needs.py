"""What must be there before anything is sent: a value, a certain one, or the one that stands in another field beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.journey.lines import constant_of, elements_of
from syncrules.language.model import Need
from syncrules.records import MISSING, Reader, filled, normal, normal_or_missing, reader


@dataclass(slots=True)
class NeedRules:
    """One need, ready to be held against records."""

    need: Need
    _read: Reader = field(init=False)
    _beside: Reader | None = field(init=False)

    def __post_init__(self) -> None:
        self._read = reader(self.need.path)
        self._beside = reader(self.need.same_as) if self.need.same_as else None

    def looked_at(self, record: Mapping[str, Any]) -> Any:
        """Give all that is looked at, in the form in which equal values are equal: as long as it is the same, so is the answer."""
        found = [normal_or_missing(value) for pair in self._values(record) for value in pair]
        return found[0] if self.need.plain or self.need.of else found

    def is_met(self, record: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
        """Tell whether a record, or each element of its list, says what it must."""
        return all(self._passes(*values, settings=settings) for values in self._values(record))

    def _values(self, record: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
        for each in elements_of(record, self.need.of_each) if self.need.of_each else [record]:
            yield (self._read(each),) if self._beside is None else (self._read(each), self._beside(each))

    def _passes(self, value: Any, *beside: Any, settings: Mapping[str, Any]) -> bool:
        if beside:
            return not filled(value) or _known(value) == _known(*beside)
        if self.need.equals is None:
            return filled(value)
        return bool(_known(value) == normal(constant_of(self.need.equals, settings)))


def _known(value: Any) -> Any:
    return None if value is MISSING else normal(value)
