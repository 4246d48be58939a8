"""Countries as people write them, in four languages, and as computers do (ISO 3166-1 alpha-2)."""

from __future__ import annotations

import unicodedata
from functools import cache

from syncrules.vocabulary.values import CannotCarry

_LANGUAGES = ("nl", "fr", "en", "de")
_NO_COUNTRY = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Codes that the name lists have, but that no address ends with."""
_ALSO = {
    "BA": ("Bosnië", "Bosnia"),
    "CZ": ("Tsjechische Republiek", "Czech Republic", "République tchèque", "Tschechische Republik"),
    "DE": ("BRD", "Bondsrepubliek Duitsland", "Bundesrepublik Deutschland"),
    "GB": (
        "Groot-Brittannië",
        "Great Britain",
        "Grande-Bretagne",
        "Großbritannien",
        "Engeland",
        "England",
        "Schotland",
    ),
    "HK": ("Hongkong", "Hong Kong"),
    "MK": ("Macedonië", "Macedonia"),
    "NL": ("Holland", "The Netherlands", "Nederlanden"),
    "TR": ("Turkey",),
    "US": ("USA", "VS", "Verenigde Staten van Amerika", "United States of America"),
}


def code_of(name: str) -> str:
    """Find the code of a country by its code, or by its name in Dutch, French, English or German.

    Raises:
        CannotCarry: nobody calls a country this.
    """
    try:
        return _codes()[_folded(name)]
    except KeyError:
        raise CannotCarry(f"the country {name!r} is not known") from None


def same_country(one: str | None, other: str | None) -> bool:
    """Tell whether two spellings mean one country that we know."""
    if not one or not other:
        return False
    code = _codes().get(_folded(one))
    return code is not None and code == _codes().get(_folded(other))


def code_if_known(name: str) -> str:
    """Find the code of a country; what nobody calls a country stays as it is."""
    return _codes().get(_folded(name), name)


def name_of(code: str, language: str = "nl") -> str:
    """Write the name of a country."""
    from babel import Locale  # here, because it takes long to load

    name: str = Locale(language).territories[code_of(code)]
    return name


def _folded(name: str) -> str:
    """Leave out what people leave out: accents, capitals, dots and hyphens."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in letters if each.isalnum())


@cache
def _codes() -> dict[str, str]:
    from babel import Locale  # here, because it takes long to load
    from babel.core import get_global

    codes: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY:
                codes[_folded(name)] = codes[_folded(code)] = code
    known = frozenset(codes.values())
    for alias, meant in get_global("territory_aliases").items():
        if len(meant) == 1 and alias.isalpha() and meant[0] in known:
            codes.setdefault(_folded(alias), meant[0])
    for code, names in _ALSO.items():
        codes.update((_folded(name), code) for name in names)
    return codes
