"""How a text is meant, where a field of a system takes only such texts: each is written as it must be, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from syncrules.vocabulary.values import CannotCarry

_BETWEEN = re.compile(r"[\s./-]+")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def digits(text: str) -> str:
    """Write the digits alone; what people put between them is taken out, and anything else does not fit.

    >>> digits("30 12.34-56")
    '30123456'
    """
    bare = _BETWEEN.sub("", text)
    if not (bare.isascii() and bare.isdigit()):
        raise CannotCarry(f"'{text}' holds more than digits")
    return bare


def iban(text: str) -> str:
    """Leave an IBAN as it is written, if its check digits are right."""
    bare = _BETWEEN.sub("", text).upper()
    numbers = "".join(str(int(each, 36)) for each in bare[4:] + bare[:4]) if _IBAN.fullmatch(bare) else ""
    if not numbers or int(numbers) % 97 != 1:
        raise CannotCarry(f"'{text}' is not an IBAN")
    return text


FORMATS: Mapping[str, Callable[[str], str]] = {"digits": digits, "iban": iban}
"""Format of a manifest → how a text is written in a field of it, or why it cannot be. Other formats are left to the system."""
