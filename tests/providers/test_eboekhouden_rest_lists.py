"""Lists without an order, read to their end while somebody adds, takes away and moves: nothing that stays is missed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from eboekhouden_rest_service import MANIFEST, SESSION, URL, Clock, query_of, told
from hypothesis import given
from hypothesis import strategies as st

from syncrules.errors import Nonsense
from syncrules.http import Http
from syncrules_providers.eboekhouden_rest import PATIENCE, EboekhoudenRest


@dataclass
class Books:
    """A fake service with one list of units; before every page something may happen to it."""

    rows: list[int]
    happens: Callable[[list[int]], None] = lambda _: None
    most: int = 2000
    """It never gives more rows than this, whatever it is asked."""
    counts_all: bool = False
    pages: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/session":
            return told(200, {"token": SESSION, "expiresIn": 3600})
        self.happens(self.rows)
        self.pages += 1
        asked = query_of(request)
        offset, limit = int(asked["offset"]), min(int(asked["limit"]), self.most)
        given_rows = self.rows[offset : offset + limit]
        count = len(self.rows) if self.counts_all else len(given_rows)
        return told(200, {"items": [{"id": each, "singular": str(each)} for each in given_rows], "count": count})


def read(books: Books, limit: int) -> list[int]:
    """Read the list in pages of so many rows."""
    manifest = replace(MANIFEST, wire={**MANIFEST.wire, "limit": limit})
    http = Http("e-Boekhouden", Clock(), transport=httpx.MockTransport(books))
    try:
        provider = EboekhoudenRest(manifest, {"token": "t", "url": URL}, http)
        return [each["id"] for page in provider.read("units") for each in page]
    finally:
        http.close()


def test_a_list_of_one_page_costs_one_call() -> None:
    books = Books(list(range(5)))

    assert read(books, 10) == [0, 1, 2, 3, 4]
    assert books.pages == 1


@pytest.mark.parametrize(("rows", "pages"), [(5, 2 * 3), (6, 2 * 4), (2, 2 * 2), (1, 1), (0, 1)])
def test_a_list_of_several_pages_is_read_until_a_reading_shows_nothing_new(rows: int, pages: int) -> None:
    books = Books(list(range(rows)))

    assert read(books, 2) == list(range(rows))
    assert books.pages == pages


def test_a_page_that_the_service_makes_shorter_is_not_taken_for_the_last_if_it_counts_them_all() -> None:
    assert read(Books(list(range(7)), most=2, counts_all=True), 5) == list(range(7))


def once(when: int, do: Callable[[list[int]], None]) -> Callable[[list[int]], None]:
    """Let something happen before the page of this number, counted from nought."""
    seen = iter(range(10**6))
    return lambda rows: do(rows) if next(seen) == when else None


@pytest.mark.parametrize("when", range(8))
@pytest.mark.parametrize(
    "do",
    [
        lambda rows: rows.insert(0, 99),
        lambda rows: rows.append(99),
        lambda rows: rows.pop(0),
        lambda rows: rows.insert(0, rows.pop()),
        lambda rows: rows.append(rows.pop(0)),
        lambda rows: rows.reverse(),
        lambda rows: rows.__setitem__(slice(0, 4), []),
        lambda rows: rows.__setitem__(slice(0, 0), [91, 92, 93, 94]),
    ],
)
def test_whatever_happens_once_between_two_pages_nothing_that_stays_is_missed(when: int, do: Any) -> None:
    books = Books(list(range(9)), once(when, do))

    found = read(books, 3)

    assert set(found) >= set(range(9)) & set(books.rows)
    assert len(found) == len(set(found))


CHANGES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=40)


@given(st.integers(0, 25), st.integers(1, 6), CHANGES)
def test_while_rows_come_and_go_nothing_that_stays_is_missed(count: int, limit: int, script: Any) -> None:
    steps, new = iter(script), iter(range(1000, 2000))

    def change(rows: list[int]) -> None:
        kind, place = next(steps, (0, 0))
        if kind == 1:
            rows.insert(place % (len(rows) + 1), next(new))
        elif kind == 2 and rows:
            rows.pop(place % len(rows))

    books = Books(list(range(count)), change)
    try:
        found = read(books, limit)
    except Nonsense:
        return  # it did not come to rest, and nothing is concluded from it

    assert set(found) >= set(range(count)) & set(books.rows)


def test_a_list_in_no_order_at_all_is_still_read_whole_or_not_believed() -> None:
    dice = random.Random(7)
    whole = 0
    for _ in range(200):
        try:
            found = read(Books(list(range(4)), dice.shuffle), 2)
        except Nonsense:
            continue
        whole += 1
        assert sorted(found) == [0, 1, 2, 3]
    assert whole > 0


def test_a_list_that_never_stands_still_is_not_believed() -> None:
    numbers = iter(range(1000, 9000))
    books = Books(list(range(6)), lambda rows: rows.insert(0, next(numbers)))

    with pytest.raises(Nonsense, match="come to rest") as caught:
        read(books, 3)

    assert "later" in caught.value.cure
    assert books.pages >= PATIENCE


def test_a_list_is_read_to_its_end_before_the_records_in_it_are() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        if request.url.path == "/v1/session":
            return told(200, {"token": SESSION, "expiresIn": 3600})
        if request.url.path == "/v1/relation":
            offset = int(query_of(request)["offset"])
            return told(200, {"items": [{"id": each} for each in range(1, 6)[offset : offset + 2]]})
        number = int(request.url.path.rpartition("/")[2])
        return told(200, {"id": number, "type": "B", "code": str(number), "name": "Een"})

    manifest = replace(MANIFEST, wire={**MANIFEST.wire, "limit": 2, "page": 3})
    http = Http("e-Boekhouden", Clock(), transport=httpx.MockTransport(answer))
    pages = [len(page) for page in EboekhoudenRest(manifest, {"token": "t", "url": URL}, http).read("relations")]
    http.close()

    assert pages == [3, 2]
    assert asked == ["POST /v1/session"] + ["GET /v1/relation"] * 6 + [
        f"GET /v1/relation/{each}" for each in range(1, 6)
    ]
