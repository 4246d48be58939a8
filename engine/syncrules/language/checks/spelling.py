"""A name that is declared under one spelling and used under another: the declaration may be the one that is wrong."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

from syncrules.advice import meant, mend
from syncrules.language import grammar
from syncrules.language.checks.book import Book
from syncrules.yaml import Path

_SAYS = {"SR044": "entity", "SR045": "row", "SR046": "setting"}
"""Code of an unknown name → what it is a name of."""


def check_spelling(book: Book) -> None:
    """Where all uses of a name agree and its declaration is spelt otherwise, complain of the declaration alone."""
    for (declared, name, code), times in Counter(book.unknown).items():
        known = [str(each) for each in book.names(*(str(step) for step in declared))]
        _use(book, (*declared, meant.best(name, known)))
        unused = [each for each in known if (declared, each) not in book.used]
        where = meant.best(name, unused)
        if not where or meant.best(name, known) != where or (*declared, where) not in book.places:
            continue
        if times > 1 or _rarer(book, where, name):
            _blame(book, (*declared, where), where, name, code)


def _use(book: Book, at: Path) -> None:
    """Take a name as used where another spelling of it is."""
    there = book.places.get(at)
    book.problems = [each for each in book.problems if each.code != "SR060" or each.place != there]


def _blame(book: Book, at: Path, spelt: str, name: str, code: str) -> None:
    uses = [each for each in book.problems if each.code == code and each.message.startswith(f"'{name}' is not ")]
    _use(book, at)
    book.problems = [each for each in book.problems if each not in uses]
    line = next((each.place.line for each in uses if each.place is not None), 0)
    said = f"this {_SAYS[code]} is spelt '{spelt}' here, and '{name}' in line {line}"
    book.say("SR052", at, said, mend.Meant(f"did you mean '{name}'?", spelt, name), at_key=True)


def _rarer(book: Book, one: str, other: str) -> bool:
    """Tell whether the words of one name are seldom seen, in the mapping and its systems, and those of another often."""
    seen = _seen(book)
    mine, theirs = set(_words(one)), set(_words(other))
    if not mine - theirs or {each.rstrip("s") for each in mine} == {each.rstrip("s") for each in theirs}:
        return False
    return _least(seen, mine - theirs) <= 1 < _least(seen, theirs - mine)


def _least(seen: Mapping[str, int], words: set[str]) -> int:
    return min((seen[each] for each in words), default=0)


def _seen(book: Book) -> Counter[str]:
    texts = [line for lines in book.lines.values() for line in lines]
    texts += [json.dumps(grammar.schema()), *grammar.synonyms("keys")]
    for manifest in book.manifests.values():
        for resource in manifest.resources.values():
            texts += [
                resource.name,
                resource.title,
                *resource.fields,
                *(each.title for each in resource.fields.values()),
            ]
    return Counter(word for text in texts for word in _words(text))


def _words(text: str) -> list[str]:
    return [each.lower() for each in re.findall(r"[A-Za-z]+", text)]
