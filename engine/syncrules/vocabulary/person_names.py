"""First name, prefix and last name, in one text and apart.

Only a system with one field for a name needs this; where the parts are known they are never made from the text.
Every word is kept, in the order in which it is spoken: titles stay with the first name, `jr.` with the last.
That is why this is a pattern of our own: parsers of names take words away and change with every version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncrules.vocabulary.values import Value, squeezed

Parts = Mapping[str, Value]

_PREFIXES = """
's 't a aan bij d' da de del den der des di die du het in l' la las le les lo los onder op over te ten ter tot
uit uijt van vanden vander ver vom von voor vor zu zum zur \u2019s \u2019t
"""
PREFIXES = frozenset(_PREFIXES.split())
"""The words in front of a Dutch or Belgian last name."""
_BEGIN_TOO = frozenset(["al", "ait", "ben", "bin", "el", "ibn"])
"""Words that begin a last name but are part of it."""
_END = frozenset(["jr", "jr.", "sr", "sr.", "bsc", "msc", "phd", "ma", "llm"])
"""Words behind a last name."""


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a name; an empty one is ''."""

    first: str = ""
    middle: str = ""
    last: str = ""


def join(name: Name) -> str:
    """Write a name as it is spoken."""
    return squeezed(f"{name.first} {name.middle} {name.last}")


def spoken(full: str) -> str:
    """Turn `Vries, Jan de` into `Jan de Vries`; leave the rest as it is."""
    return join(split(full))


def split(full: str) -> Name:
    """Take a name apart; what cannot be told apart is all last name."""
    full = squeezed(full)
    if "," in full:
        return _last_name_first(full) or Name(last=full)
    words = full.split()
    if not words or words[0].lower() in PREFIXES:
        return split_last(full)
    begin = _begin_of_last(words)
    own = split_last(" ".join(words[begin:]))
    return Name(" ".join(words[:begin]), own.middle, own.last)


def split_last(last: str) -> Name:
    """Take the prefix from a last name: small letters only, because `Van den Berghe` is one name in Belgium."""
    words = squeezed(last).split()
    count = 0
    while count < len(words) - 1 and words[count] in PREFIXES:
        count += 1
    return Name("", " ".join(words[:count]), " ".join(words[count:]))


def _begin_of_last(words: list[str]) -> int:
    for index, word in enumerate(words[1:-1], start=1):
        if word.lower() in PREFIXES | _BEGIN_TOO or word.lower().rpartition("-")[2] in PREFIXES:
            return index
    begin = len(words) - 1
    while begin > 1 and words[begin].lower() in _END:
        begin -= 1
    return begin


def _last_name_first(full: str) -> Name | None:
    """Read `Vries, Jan de` and `de Vries, Jan`."""
    last, _, first = (each.strip() for each in full.partition(","))
    if not last or not first or "," in first:
        return None
    words = first.split()
    count = len(words)
    while count and words[count - 1] in PREFIXES:
        count -= 1
    own = split_last(last)
    return Name(" ".join(words[:count]), squeezed(f"{' '.join(words[count:])} {own.middle}"), own.last)


# --- Parts of a side -------------------------------------------------------------------------------------------------

_SPLIT = ("first", "middle", "last", "initials")


def read(parts: Parts) -> Value:
    said = {name: squeezed(value) or None for name, value in parts.items()}
    if said.get("full") and not said.get("last") and said["full"] != _said({**said, "full": None}):
        return {"full": said["full"]}
    if any(said.get(name) for name in _SPLIT):
        return {name: said[name] for name in _SPLIT if name in said}
    return None


def _said(value: Parts) -> str:
    """Say a name in one text; of parts, in the order in which it is read again: a comma in one of them would turn it round."""
    if value.get("full"):
        return squeezed(value["full"])
    first = squeezed(value.get("first") or value.get("initials"))
    text = squeezed(f"{first} {value.get('middle') or ''} {value.get('last') or ''}")
    return squeezed(text.replace(",", " ")) if squeezed(first.replace(",", " ")) else spoken(text)


def write(value: Parts, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """Write a name into the parts wanted; parts that are there and sound the same stay."""
    there = {name: squeezed(each) for name, each in present.items()}
    text = _said(value)
    result: dict[str, Value] = {}
    if "full" in wanted:
        as_is = there.get("full", "")
        means_the_same = as_is == text or ("full" not in value and spoken(as_is) == text)
        result["full"] = present.get("full") if as_is and means_the_same else text
        if means_the_same and "full" in (read(present) or {}):
            return {name: present.get(name) for name in wanted}
    parts = [name for name in wanted if name in _SPLIT]
    if not parts:
        return result
    parts_there = {name: there.get(name) for name in parts}
    sounds = (text, spoken(text)) if "full" in value else (text,)
    if set(parts) != set(value) and _said(parts_there) in sounds:
        return result | {name: present.get(name) for name in parts}
    return result | _parts(value, parts, there)


def _parts(value: Parts, wanted: list[str], there: Mapping[str, str]) -> dict[str, Value]:
    if "full" in value:
        name = split(value["full"])
    else:
        name = Name(*(value.get(each) or "" for each in ("first", "middle", "last")))
        if "middle" not in value:
            own = split_last(name.last)
            name = Name(name.first, own.middle, own.last)
    if "first" not in wanted and "initials" not in wanted:
        name = Name("", "", join(name))
    elif "middle" not in wanted:
        name = Name(name.first, "", squeezed(f"{name.middle} {name.last}"))
    initials = value.get("initials") or ""
    if "initials" not in value and name.first and name.first == there.get("first"):
        initials = there.get("initials", "")
    if "initials" not in wanted and not name.first:
        name = Name(initials, name.middle, name.last)
    said = {"first": name.first, "middle": name.middle, "last": name.last, "initials": initials}
    return {each: said[each] or None for each in wanted}
