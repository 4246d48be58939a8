"""Values in words: what nobody can see is named, what is long is cut, and nothing is said twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from syncrules.records import MISSING, normal

LONG = 40


def told(value: Any) -> str:
    """Write a value so that a person sees what stands there."""
    match value:
        case None | "":
            return "nothing"
        case _ if value is MISSING or repr(value) == "ABSENT":
            return "(not told)"
        case _ if repr(value) == "KEEP":
            return "(there)"
        case bool():
            return "yes" if value else "no"
        case Mapping():
            parts = [f"{name}: {told(each)}" for name, each in value.items() if each not in (None, "")]
            return f"({', '.join(parts)})" if parts else "nothing"
        case list():
            return f"[{', '.join(map(told, value))}]"
        case int() | Decimal():
            return str(normal(value))
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    shown = "".join(map(_letter, text if len(text) <= LONG else text[: LONG // 2]))
    return f"'{shown}'" if len(text) <= LONG else f"'{shown}…' ({len(text)} characters)"


def _letter(each: str) -> str:
    """Name what has no form of its own: blanks but the common one, what steers, and accents that stand alone."""
    if each == " " or (each.isprintable() and not unicodedata.combining(each)):
        return each
    named = {"\n": "new line", "\r": "return", "\t": "tab", "\u00a0": "no-break space"}.get(each)
    return f"‹{named or unicodedata.name(each, f'U+{ord(each):04X}').lower()}›"
