"""How a list that comes in pages is read to its end, so that none of its rows slips through.

Where rows are counted, one that is taken away or jumps to the end while we read lets others slip through between two pages.
Pages that overlap show it; where the list has no order, it is read until it has come to rest. Where pages have numbers, the
system alone knows how it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

PATIENCE = 50
"""How many pages of a list may bring nothing new, or not meet the one before, until its order is not believed."""
Row = TypeVar("Row")


class Astray(Exception):
    """The pages do not follow each other, or the list does not come to rest."""


def overlapping(
    ask: Callable[[int], tuple[list[dict[str, Any]], bool]], key: str, size: int
) -> Iterator[list[dict[str, Any]]]:
    """Read a list to its end, in an order that the caller asks for and no change of a record can alter.

    Every page begins with the last row of the one before. Where two pages do not meet, we go back until they do: a record
    may be read twice, none is missed.

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


def at_rest(pages: Callable[[], Iterator[list[Row]]], key: Callable[[Row], str], readings: int) -> Iterator[Row]:
    """Read a list whose rows are counted to its end, although nobody says in which order it comes.

    A row that is added or taken away meanwhile moves all behind it. Therefore a list of several pages is read again, until a
    reading brings nothing new and no row twice: past such a reading nothing has moved. A row that has gone meanwhile may
    still be given; none is missed.

    Args:
        pages: reads the list once, from its beginning.
        key: what identifies a row.
        readings: how often it is read until it is not believed to come to rest.

    Raises:
        Astray: it does not come to rest.
    """
    known: set[str] = set()
    for _ in range(readings):
        before, passed, rows, count = len(known), set[str](), 0, 0
        for page in pages():
            keys = [key(each) for each in page]
            fresh = {name: each for name, each in zip(keys, page, strict=True) if name not in known}
            count, rows = count + 1, rows + len(page)
            passed.update(keys)
            known.update(keys)
            yield from fresh.values()
        if count == 1 or (len(known) == before and len(passed) == rows):
            return
    raise Astray


def numbered(
    ask: Callable[[int], list[Row]], size: int, key: Callable[[Row], str] | None = None
) -> Iterator[list[Row]]:
    """Read a list by the numbers of its pages, from 1, until one is empty or not full.

    Args:
        ask: gives the page of a number.
        size: how many rows a full page has.
        key: what identifies a row, for a list that may begin anew behind its end: then a page that comes again ends it.
    """
    number, began = 1, set[str]()
    while page := ask(number):
        if key is not None:
            beginning = key(page[0])
            if beginning in began:
                return
            began.add(beginning)
        yield page
        if len(page) < size:
            return
        number += 1
