"""What can never happen: conditions that exclude each other, tiers that find nobody new; and a creation that nobody could find again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.kinds import apart
from syncrules.language.checks.table import Table, covers
from syncrules.language.checks.ways import reaction, sources, writes_existing
from syncrules.yaml import Path


def check_reach(book: Book) -> None:
    """Check that what an entity says can come about."""
    for name, data in book.entities():
        path: Path = ("entities", name)
        for side in [each for each in book.sides if each in data]:
            _check_conditions(book, (*path, side), data[side])
        _check_tiers(book, (*path, "match"), data.get("match", ()))
        _remark_unmatched(book, path, data)


def _check_conditions(book: Book, at: Path, says: Data) -> None:
    """Refuse conditions of one side that no record can fulfil at once."""
    if book.is_broken(at):
        return
    must: dict[str, Any] = says.get("is", {})
    others = [
        (("where",), says.get("where", {})),
        *((("where_any", n), c) for n, c in enumerate(says.get("where_any", ()))),
    ]
    if len(others) == 2 and not must:
        must, others = says.get("where", {}), others[1:]
    others.append((("set",), says.get("set", {})))
    for where, condition in others:
        for path, test in condition.items():
            if path in must and apart(must[path], test):
                said = f"'{path}' can never be both this and what is said of it before, so no record comes in"
                book.say("SR102", (*at, *where, path), said, "Take one of the two away.", at_key=True)


def _check_tiers(book: Book, at: Path, tiers: Iterable[Data]) -> None:
    """Remark on a tier that finds nobody whom one before it does not find."""
    found: list[tuple[int, frozenset[str]]] = []
    for number, tier in enumerate(tiers):
        for word, rows in tier.items():
            names = [str(each) if isinstance(each, str) else str(sorted(each.items())) for each in rows]
            wanted = [frozenset(names)] if word == "all" else [frozenset((each,)) for each in names]
            over = [first for one in wanted for first, names_ in found if names_ <= one]
            if wanted and all(any(names_ <= one for _, names_ in found) for one in wanted):
                said = f"whoever agrees in this was found before, in tier {min(over) + 1}"
                book.remark("SR101", (*at, number, word), said, "Take it away, or let it stand first.", at_key=True)
            found += [(number, one) for one in wanted]


def _remark_unmatched(book: Book, path: Path, data: Data) -> None:
    """Remark on an import into a system where the same records may be already, and nothing finds them."""
    first_import = data.get("first_import")
    if not isinstance(first_import, Mapping) or book.is_broken(path) or "match" in data or "for_each" in data:
        return
    side = str(first_import.get("from"))
    if side not in sources(book, data) or {"is_id_of", "kept_in"} & data.get("link", {}).keys():
        return
    resource = book.resource(str(path[1]), book.other(side))
    if resource is None or not resource.creatable or not resource.readable:
        return
    if reaction(data, side, "created") == "create":
        said = f"what is in {book.title(book.other(side))} already is not found, and comes in a second time"
        cure = "Add match: with the rows by which two records find each other."
        book.remark("SR104", (*path, "first_import"), said, cure, at_key=True)


def check_found_again(table: Table, side: str) -> None:
    """Check that a creation whose answer is lost can be looked up: something fills the field that it is looked up by."""
    book, data = table.book, table.data
    resource, source = book.resource(table.entity, side), book.other(side)
    if resource is None or not resource.creatable or not resource.look_up or source not in sources(book, data):
        return
    if book.is_broken(("entities", table.entity)) or reaction(data, source, "created") != "create":
        return
    if writes_existing(book, data, side) or data.get("link", {}).get("is_id_of") == side:
        return
    known = [each for whose, each, _ in table.written if whose == side]
    known += [each for whose, each in table.guesses if whose == side]
    known += [*data[side].get("set", {}), *data[side].get("is", {}), resource.external_id]
    if any(covers(each, resource.look_up) for each in known) or resource.look_up in resource.requires:
        return
    said = f"if the answer to a creation is lost, {book.title(side)} is asked for '{resource.look_up}', and nothing fills it: a person is asked every time"
    book.remark("SR103", ("entities", table.entity, side), said, "Add a row that writes it.", at_key=True)
