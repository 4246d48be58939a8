"""How a list is read of which rows are counted: every page begins with the last row of the one before.

Rows that are taken away or jump to the end while we read would else let others slip through between two pages. Where two
pages do not meet, we go back until they do: a record may be read twice, none is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

PATIENCE = 50
"""How many pages of a list may bring nothing new, or not meet the one before, until its order is not believed."""


class Astray(Exception):
    """The pages do not follow each other."""


def overlapping(
    ask: Callable[[int], tuple[list[dict[str, Any]], bool]], key: str, size: int
) -> Iterator[list[dict[str, Any]]]:
    """Read a list to its end, in an order that the caller asks for and no change of a record can alter.

    Args:
        ask: gives the rows from a number on, and whether others may follow.
        key: what identifies a row.
        size: how many rows are asked for at once.

    Raises:
        Astray: again and again, pages brought nothing new or did not meet.
    """
    skip, before, patience = 0, set[object](), PATIENCE
    while patience:
        rows, goes_on = ask(skip)
        keys = {each.get(key) for each in rows}
        if skip and before.isdisjoint(keys):
            skip = max(0, skip - size + 1)
            patience -= 1
            continue
        fresh = [each for each in rows if each.get(key) not in before]
        if fresh:
            yield fresh
        else:
            patience -= 1
        if not goes_on:
            return
        before = keys
        skip += len(rows) - 1
    raise Astray
