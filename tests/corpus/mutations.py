"""Mistakes that a machine makes in a good mapping: each operator lists what it could do to one, and says what a person would have done.

An operator yields candidates; which of them are taken is `make_held_out.py`'s affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from walk import CLOSED, Good, Spot, known

NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n",
    "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""What lies beside a key on the keyboard."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that could be done to a mapping."""

    start: int
    end: int
    replacement: str
    did: str
    sort: str
    """Of several of one sort few are taken."""
    line: tuple[int | str, ...] = (0,)
    why: str = ""
    mends: bool = False
    remark: bool = False


Operator = Callable[[Good, Random], Iterator[Candidate]]
OPERATORS: dict[str, tuple[int, int, Operator]] = {}
"""Name → how many at most, how many of one sort, what it can do."""


def operator(name: str, most: int, of_a_sort: int = 1) -> Callable[[Operator], Operator]:
    """Enter an operator into the list."""

    def enter(function: Operator) -> Operator:
        OPERATORS[name] = (most, of_a_sort, function)
        return function

    return enter


def mistyped(word: str, chance: Random) -> str:
    """Mistype a word so that it means nothing: a letter left out, doubled, missed, or two the wrong way round."""
    places = [at for at, letter in enumerate(word) if letter.isalpha() and at > 0] or [0]
    for _ in range(50):
        at = chance.choice(places)
        letter = word[at]
        made = chance.choice([
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[: at - 1] + letter + word[at - 1] + word[at + 1 :] if at else word + word,
            word[:at] + chance.choice(NEAR.get(letter.lower(), "x")) + word[at + 1 :],
        ])  # fmt: skip
        if made not in (word, "") and made not in known() and made.rpartition(".")[2] not in known():
            return made
    return f"{word}x"


def _typing_errors(kind: str, key: bool, did: str, most: int, of_a_sort: int = 1) -> None:
    def errors(good: Good, chance: Random) -> Iterator[Candidate]:
        for spot in good.spots:
            if (
                spot.kind == kind
                and spot.key is key
                and re.search("[A-Za-z]{2}", spot.said)
                and good.text[spot.start : spot.end] == spot.said
            ):
                yield Candidate(spot.start, spot.end, mistyped(spot.said, chance), did, spot.said, mends=True)

    operator(f"typo-in-{'key' if key else 'value'}-{kind}", most, of_a_sort)(errors)


_typing_errors("word", True, "Mistyped a word of the language.", 50)
_typing_errors("side", True, "Mistyped the name of a side.", 5)
_typing_errors("part", True, "Mistyped a part of a value.", 8)
_typing_errors("field", True, "Mistyped a field in a condition or a constant.", 10)
_typing_errors("closed", False, "Mistyped a value of a closed list.", 12)
_typing_errors("side", False, "Mistyped where something goes or comes from.", 6)
_typing_errors("resource", False, "Mistyped a kind of records.", 10)
_typing_errors("field", False, "Mistyped a field.", 20)
_typing_errors("operator", False, "Mistyped an operator.", 12)
_typing_errors("setting", False, "Mistyped the name of a question.", 7)
_typing_errors("match", False, "Mistyped the name of a row.", 4)
_typing_errors("row", False, "Mistyped the name of a row.", 3)
_typing_errors("entity", False, "Mistyped the name of an entity.", 7)
_typing_errors("provider", False, "Mistyped the name of a provider.", 2)
_typing_errors("look_up", False, "Mistyped a look-up of the manifest.", 1)
_typing_errors("rhythm", False, "Mistyped how soon something travels.", 1)


def lines(good: Good, pattern: str) -> Iterator[re.Match[str]]:
    yield from re.finditer(pattern, good.text, re.MULTILINE)


def below(good: Good, *above: str) -> Iterator[tuple[Spot, str]]:
    """List the keys that begin a line and stand right below one of these words, each with its line."""
    for spot in good.spots:
        if (
            good.own_line(spot)
            and len(spot.path) > 1
            and (spot.path[-2] in above or (len(spot.path) == 3 and spot.path[0] in above))
        ):
            yield spot, good.line_of(spot.start)


def whole(line: str) -> bool:
    """Tell whether a key and its value are this one line."""
    return bool(line.rstrip("\n").partition(": ")[2]) and line.count("{") == line.count("}")


GUESSED = {
    "about": "info", "ask": "prompt", "missing": "if_missing", "suggest": "default", "choose": "select", "first_import": "initial_import",
    "without_role": "no_role", "needs": "requires", "when": "schedule", "events": "on", "fields": "rows", "checks": "validations",
    "refers_to": "references", "values": "mapping", "once": "create_only", "too_long": "max_length", "to": "target", "where": "condition",
    "is": "type", "set": "defaults", "resource": "table", "lossy": "loss", "not_synchronised": "excluded", "tolerance": "epsilon",
    "every": "interval", "cure": "solution", "take": "lookup", "follow_ups": "todos", "deleted": "removed", "changed": "modified",
}  # fmt: skip
"""What people who know other programs would write."""
TRANSLATED = {
    "fields": "velden", "entities": "entiteiten", "settings": "instellingen", "events": "gebeurtenissen", "when": "wanneer", "checks": "controles",
    "needs": "vereist", "to": "naar", "title": "titel", "hours": "heures", "minutes": "minuten", "created": "cree", "from": "van", "as": "als",
    "both": "beide", "neither": "geen", "stop": "arreter", "ignore": "negeer", "update": "bijwerken", "create": "creer", "at_once": "direct",
}  # fmt: skip
"""What people write who do not think in English; without accents, as on many keyboards."""


def _other_words(name: str, table: dict[str, str], did: str, most: int) -> None:
    def others(good: Good, chance: Random) -> Iterator[Candidate]:
        for spot in good.spots:
            plain = (
                (spot.key and spot.kind == "word")
                or spot.kind in ("closed", "side", "rhythm")
                or (not spot.key and spot.path[-1] in CLOSED)
            )
            if plain and spot.said in table:
                yield Candidate(spot.start, spot.end, table[spot.said], did, spot.said, mends=True)

    operator(name, most)(others)


_other_words("guessed", GUESSED, "Guessed a word of the language from another program.", 18)
_other_words("translated", TRANSLATED, "Wrote a word of the language in their own.", 10)
