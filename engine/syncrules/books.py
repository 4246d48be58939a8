"""The pairs of books inside a connection: which there are, and how each of them stands.

Pure but for the store. One side names the pairs: each of its records says by a key which books of the other side it follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from syncrules.language.model import Spec
from syncrules.memory.kept import Books
from syncrules.memory.store import Store
from syncrules.records import Record, filled, normal, reader

LEFT = "nobody pairs these books any more; what was sent stays as it is"


def paired(spec: Spec, there: Mapping[str, Iterable[Record]], known: Sequence[Books], now: float) -> list[Books]:
    """Say which pairs there are, and which of those that are known there are no more.

    Args:
        there: side → the records that stand for its books.
    """
    side = str(spec.scope["named_by"])
    other = spec.other(side)
    by_code = {_code(spec, other, each): each for each in there[other]}
    before = {each.key: each for each in known}
    found: dict[str, Books] = {}
    for record in there[side]:
        code = _code(spec, side, record)
        if not code:
            continue
        resource = spec.manifests[side].resources[spec.scope[side]["resource"]]
        # Whoever follows other books from now on begins anew: what is known belongs to those of before.
        key = f"{resource.key_of(record)} {code}"
        books = before.get(key) or Books(key, "", since=now)
        books.title = f"{resource.name_of(record)} ({code})"
        if code in by_code:
            if books.state in ("waiting", "gone"):
                books.state, books.reason, books.cure, books.since = "open", "", "", now
            books.records = {side: record, other: by_code[code]}
        else:
            unknown = spec.scope["unknown"]
            _stands(books, "waiting", f"{str(unknown['because']).rstrip('.')}: '{code}'", str(unknown["cure"]), now)
        found[key] = books
    for each in known:
        if each.key not in found and each.state != "gone":
            _stands(each, "gone", LEFT, "", now)
            found[each.key] = each
    return list(found.values())


def settle(store: Store, name: str, books: Books, now: float, reason: str = "", cure: str = "") -> None:
    """Note how the last run of a pair went; without a reason it came to its end."""
    _stands(books, "failed" if reason else "open", reason, cure, now)
    with store.transaction():
        store.save_books(name, books)


def _stands(books: Books, state: str, reason: str, cure: str, now: float) -> None:
    if (books.state, books.reason) != (state, reason):
        books.since = now
    books.state, books.reason, books.cure = state, reason, cure  # type: ignore[assignment]  # one of the words


def _code(spec: Spec, side: str, record: Record) -> str:
    value = reader(spec.scope[side]["key"], absent=None)(record)
    return str(normal(value)).strip() if filled(value) else ""
