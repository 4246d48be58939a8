"""Which known word was probably meant: by its spelling, or by what other tools call the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from syncrules.advice.mend import Meant


def plain(word: object) -> str:
    """Write a word without what people leave out or put in: capitals, spaces, underscores, hyphens."""
    return re.sub(r"[\W_]+", "", str(word)).casefold()


Synonyms = Mapping[str, Sequence[str]]
"""What other tools call a word, written plainly → the word, or the words, that it may stand for."""


def candidates(word: object, known: Iterable[str], synonyms: Synonyms | None = None) -> list[str]:
    """List the known words that were probably meant, none more probable than the others."""
    known = list(dict.fromkeys(known))
    bare = plain(word)
    full = plain(_spelt_out(str(word)))
    same = [each for each in known if bare and plain(each) in (bare, full)]
    if same:
        return same[:1]
    said = [each for each in (synonyms or {}).get(bare, ()) if each in known]
    if said:
        return said
    lower = {each.lower(): each for each in known}
    text = str(word).lower()
    near = {each for each in get_close_matches(text, lower, 6, 0.6) if _not_far(text, each)}
    if len(text) > 1:
        near |= {each for each in lower if abs(len(each) - len(text)) < 2 and distance(text, each) == 1}
    ranked = sorted((distance(text, each), list(lower).index(each), each) for each in near)
    nearest_ = [each for far, _, each in ranked if far == ranked[0][0]]
    begun = sorted((_begun(text, each) for each in nearest_), reverse=True)
    if len(begun) > 1 and begun[0] - begun[1] >= _BEGUN:
        nearest_ = [max(nearest_, key=lambda each: _begun(text, each))]
    return [lower[each] for each in nearest_]


_BEGUN = 3
"""So many letters more at its beginning tell the better of two words that are as near as each other."""
_SHORT = {
    "no": "number", "nr": "number", "num": "number", "tel": "phone", "qty": "quantity", "amt": "amount", "addr": "address",
    "acct": "account", "desc": "description", "org": "organisation", "cust": "customer", "inv": "invoice", "ref": "reference",
}  # fmt: skip
"""What people write for a word that stands in a name."""


def _not_far(text: str, known: str) -> bool:
    """Tell whether no more than half of a word is another, or all but the end of the shorter one."""
    return distance(text, known) <= max(len(known), 2) // 2 or _begun(text, known) >= min(len(text), len(known)) - 1


def _begun(one: str, other: str) -> int:
    """Count the letters with which both begin."""
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one))


def _spelt_out(text: str) -> str:
    """Write the words of a name in full."""
    return " ".join(_SHORT.get(each, each) for each in re.findall(r"[^\W_]+", text.lower()))


def abbreviated(word: object, known: Iterable[str]) -> str:
    """Find the one known word of which this is the beginning, or that is the beginning of this; empty if there is not one."""
    bare, known = plain(word), [*known]
    codes = all(len(plain(each)) <= 2 for each in known)
    found = [
        each
        for each in known
        if (plain(each) and bare.startswith(plain(each)) and (codes or len(plain(each)) > 2))
        or (len(bare) > 2 and plain(each).startswith(bare))
    ]
    return found[0] if len(found) == 1 else ""


def best(word: object, known: Iterable[str], synonyms: Synonyms | None = None) -> str:
    """Find the known word that was probably meant; empty if none comes near."""
    return next(iter(candidates(word, known, synonyms)), "")


def nearest(
    word: object,
    known: Iterable[str],
    synonyms: Synonyms | None = None,
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
