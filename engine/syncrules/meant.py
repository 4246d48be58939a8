"""Which known word was probably meant: by its spelling, or by what other tools call the same.

A suggestion is a sentence for a person and a change of the text for a program; both are made here, of one thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from syncrules.errors import Fix, Place


class Meant(str):
    """A suggestion that can be carried out: the sentence, and what is written in place of what."""

    old: str
    new: str
    raw: bool

    def __new__(cls, says: str, old: str, new: str, *, raw: bool = False) -> Meant:
        """Make a suggestion.

        Args:
            old: the word as it stands in the file.
            new: what is written instead.
            raw: it is YAML already, and not a text that may need quotes.
        """
        made = super().__new__(cls, says)
        made.old, made.new, made.raw = old, new, raw
        return made


class Inserted(str):
    """A suggestion that adds something at the place that is pointed at."""

    text: str

    def __new__(cls, says: str, text: str) -> Inserted:
        made = super().__new__(cls, says)
        made.text = text
        return made


def plain(word: object) -> str:
    """Write a word without what people leave out or put in: capitals, spaces, underscores, hyphens."""
    return re.sub(r"[\W_]+", "", str(word)).casefold()


def candidates(word: object, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> list[str]:
    """List the known words that were probably meant, none more probable than the others."""
    known = list(dict.fromkeys(known))
    bare = plain(word)
    same = [each for each in known if bare and plain(each) == bare]
    if same:
        return same[:1]
    said = (synonyms or {}).get(bare, "")
    if said in known:
        return [said]
    lower = {each.lower(): each for each in known}
    text = str(word).lower()
    near = set(get_close_matches(text, lower, 6, 0.6))
    if len(text) > 1:
        near |= {each for each in lower if abs(len(each) - len(text)) < 2 and distance(text, each) == 1}
    ranked = sorted((distance(text, each), list(lower).index(each), each) for each in near)
    return [lower[each] for far, _, each in ranked if far == ranked[0][0]]


def best(word: object, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """Find the known word that was probably meant; empty if none comes near."""
    return next(iter(candidates(word, known, synonyms)), "")


def nearest(
    word: object,
    known: Iterable[str],
    synonyms: Mapping[str, str] | None = None,
    shown: Callable[[str], str] = lambda each: f"'{each}'",
) -> str:
    """Suggest the known word that was probably meant; empty if none comes near.

    Where two are as near as each other both are named, and no program may choose.
    """
    found = candidates(word, known, synonyms)
    if len(found) > 1:
        return f"did you mean {' or '.join(shown(each) for each in found[:2])}?"
    return Meant(f"did you mean {shown(found[0])}?", str(word), found[0]) if found else ""


def distance(one: str, other: str) -> int:
    """Count the letters that must be typed, left out, changed or swapped to make one word of another."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for to, wanted in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
    return row[-1]


# From a suggestion to a change of the text ----------------------------------------------------------------------------

_SAFE = re.compile(r"[A-Za-z_][\w .()/&'-]*(?<! )")
_VALUES = {"true", "false", "null"}


def fix(suggestion: str, place: Place | None, lines: Sequence[str]) -> Fix | None:
    """Make of a suggestion a change of the text, if it is one and the text is what it seems to be."""
    if place is None or not 0 < place.line <= len(lines):
        return None
    if isinstance(suggestion, Inserted):
        return Fix(place, place, suggestion.text)
    if not isinstance(suggestion, Meant):
        return None
    line = lines[place.line - 1]
    start = place.column - 1
    quote = line[start : start + 1] if line[start : start + 1] in ("'", '"') else ""
    start += len(quote)
    token = line[start : line.find(quote, start)] if quote else _plain_token(line[start:])
    found = [each.start() for each in re.finditer(rf"(?<![\w.]){re.escape(suggestion.old)}(?![\w.])", token)]
    if len(found) != 1:
        return None
    new = suggestion.new
    if suggestion.raw and quote:
        return None
    if not quote and not suggestion.raw and not (_SAFE.fullmatch(new) and new not in _VALUES):
        if found != [0] or token.strip() != suggestion.old:
            return None
        new = json.dumps(new, ensure_ascii=False)
    if quote and (quote in new or "\\" in new):
        return None
    at = start + found[0]
    return Fix(Place(place.file, place.line, at + 1), Place(place.file, place.line, at + 1 + len(suggestion.old)), new)


def _plain_token(rest: str) -> str:
    """Give what may be one plain scalar at the beginning of the rest of a line."""
    return re.split(r":(?=\s|$)|,|\s#|[\]}]", rest, maxsplit=1)[0]
