"""Street, house number and suffix, in one line and apart.

The rule: what cannot be told apart stays in the street, and a line that is split, joined and split again gives the
same parts. No line is split that does not keep to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncrules.vocabulary.values import squeezed


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts; an empty one is ''."""

    street: str
    number: str = ""
    suffix: str = ""


_WORD = (
    "bis|ter|quater|bte|bo[iî]te|bus|box|app|appt|apt|appartement|hs|huis|hoog|hg|boven|beneden|bg|rood|rd|zwart|zw"
    "|wit|wt|unit|kamer|verd|verdieping|[ée]tage|achter|voor|room|flat|gebouw|hal|en|tot"
)
_TOKEN = rf"(?:[0-9]{{1,4}}[a-zA-Z]?|[a-zA-Z][0-9]{{0,4}}|[A-Z]{{2}}|[IVX]{{2,5}}|(?i:{_WORD})\.?)(?![^\W_])"
_SUFFIX = re.compile(rf"(?:[\s,./-]*{_TOKEN}){{0,5}}")
"""What may follow a house number: letters, more numbers, Roman storeys, and the words for a door or a box."""
_NUMBER = re.compile(r"(?<=[\s,])[1-9][0-9]{0,4}(?![0-9])")
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_NAMED_AFTER_A_YEAR = re.compile(
    r"(?i:plein|laan|straat|kade|weg|park|square|place|avenue|rue"  # `Plein 1944`, but `Hoofdweg 1944`
    r"|.*\b(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
    r"|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre))"
)


def split(line: str) -> Parts:
    """Take a line apart, if that can be undone."""
    line = squeezed(line)
    parts = _split(line)
    return parts if _split(join(parts)) == parts else Parts(line)


def join(parts: Parts) -> str:
    """Write one line: `Kaai 12A`, `Kaai 12-2`, `Kaai 12-III`, `Kaai 12 bis`."""
    return " ".join(each for each in (parts.street, door(parts.number, parts.suffix)) if each)


def door(number: str, suffix: str) -> str:
    """Write a house number with its suffix."""
    if not number or not suffix:
        return number or suffix
    if suffix[0] in "/.-" or re.fullmatch(r"[a-zA-Z](?:[-/ ]?[0-9]+)?", suffix):
        return f"{number}{suffix}"
    if re.match(r"[0-9]|[IVX]{2,5}(?![^\W_])", suffix):
        return f"{number}-{suffix}"
    return f"{number} {suffix}"


def read_door(number: str, suffix: str) -> tuple[str, str]:
    """Bring a house number to digits (`12.0` is 12); what else it says goes in front of the suffix."""
    number = re.sub(r"^([0-9]+)\.0+$", r"\1", number)
    found = re.fullmatch(r"([0-9]{1,5})(?![0-9])[\s,-]*(.*)", number)
    if not found:
        return "", " ".join(each for each in (number, suffix) if each)
    return found[1], " ".join(each for each in (found[2], suffix) if each)


def same(one: str, other: str) -> bool:
    """Tell whether two lines are spellings of one: `Kaai 12 A` and `Kaai 12A`."""
    return split(one) == split(other)


def _split(line: str) -> Parts:
    for found in _NUMBER.finditer(line):
        street, number, rest = line[: found.start()].rstrip(" ,"), found[0], line[found.end() :]
        if not _SUFFIX.fullmatch(rest) or not re.search(r"[^\W\d_]", street):
            continue
        if _YEAR.fullmatch(number) and _NAMED_AFTER_A_YEAR.fullmatch(street):
            continue
        return Parts(street, number, re.sub(r"^[\s,-]+", "", rest))
    return Parts(line)
