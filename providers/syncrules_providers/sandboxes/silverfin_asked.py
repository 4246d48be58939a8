"""One call of the API, understood: by whom, for which firm, about what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from syncrules_providers.sandboxes.silverfin_office import Firm, User
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    firm: Firm
    user: User
    parts: Mapping[str, str]
    """What stands in the path, by the names that the table of routes gives."""
    query: Mapping[str, str]
    content: bytes
    readings: Readings

    @property
    def body(self) -> dict[str, Any]:
        """Read the body.

        Raises:
            Refused: it is not a JSON object.
        """
        try:
            body = json.loads(self.content, parse_float=Decimal)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refused(self.readings["unreadable body"], "The body is not a JSON object.")
        return body

    def page(self, rows: Sequence[T]) -> Sequence[T]:
        """Cut the page that is asked for out of all rows; behind the last one there are none."""
        number = self._count("page", 1)
        size = min(self._count("per_page", self.readings["default page"]), self.readings["largest page"])
        return rows[(number - 1) * size : number * size]

    def _count(self, name: str, default: int) -> int:
        text = self.query.get(name, str(default))
        if not text.isdigit() or int(text) < 1:
            raise Refused(self.readings["unreadable page"], f"{name} is invalid")
        return int(text)
