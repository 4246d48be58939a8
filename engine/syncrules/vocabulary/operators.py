"""The words that a mapping may put behind `as`: each with its way back, its normal form and its examples.

Two kinds. A *normaliser* copies a value as it is written and only says when two spellings mean the same.
A *converter* makes another value of it; its docstring says which way it goes.
An empty value (None, or nothing but white space) stays empty, and no normal form ever raises an error.
"""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Literal

from syncrules.vocabulary.values import (
    EXACT,
    CannotCarry,
    Value,
    as_day,
    as_number,
    as_text,
    as_yes_or_no,
    is_empty,
    plain,
)

Function = Callable[[Value, Any], Value]
"""The value and the operator's argument (or None), to the new value."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One word of the language."""

    name: str
    doc: str
    forth: Function | None
    """From the first side to the second; None: it only goes the other way."""
    back: Function | None
    """From the second side to the first; None: it only goes the other way. Never both None."""
    key: Function | None
    """The normal form, for comparing; None: the value itself."""
    examples: tuple[tuple[Value, ...], ...]
    """(value, result) or (value, argument, result), in the direction it goes (forth, if both).
    Of a normaliser the result is the normal form."""
    lossy: bool
    """Going there and back may lose something."""
    argument: str
    """What the argument is; empty: there is none."""
    normalises: bool = False
    """The value is copied as written, and only compared by its normal form."""
    wants: str = ""
    """The form of its argument, or of each in a list of them; empty: its function says what it cannot use."""


__all__ = ["OPERATORS", "CannotCarry", "Operator", "Value"]

OPERATORS: dict[str, Operator] = {}


def _unless_empty(function: Function) -> Function:
    def filled(value: Value, argument: Any) -> Value:
        return None if is_empty(value) else function(value, argument)

    return filled


def _or_text(function: Function) -> Function:
    """Make a normal form of a function: what it cannot carry is compared by its text."""

    def key(value: Value, argument: Any) -> Value:
        if is_empty(value):
            return None
        try:
            return function(value, argument)
        except CannotCarry:
            return as_text(value)

    return key


# --- The registry ----------------------------------------------------------------------------------------------------


def _as_written(value: Value, _: Any) -> Value:
    return value


def _register(function: Function, forth: Function | None, back: Function | None, key: Function, **about: Any) -> None:
    name = function.__name__.rstrip("_")
    about["examples"] = tuple(about["examples"])
    OPERATORS[name] = Operator(name, inspect.cleandoc(function.__doc__ or ""), forth, back, _or_text(key), **about)


def normaliser(
    *, examples: Iterable[tuple[Value, ...]], argument: str = "", wants: str = ""
) -> Callable[[Callable[[str, Any], str]], Function]:
    """Register a normal form, made of a text that is not empty; the value itself is copied as written."""

    def register(function: Callable[[str, Any], str]) -> Function:
        def key(value: Value, given: Any) -> Value:
            return function(as_text(value), given) or as_text(value)

        about = {"examples": examples, "lossy": False, "argument": argument, "normalises": True, "wants": wants}
        _register(function, _as_written, _as_written, key, **about)
        return key

    return register


def operator(
    *,
    examples: Iterable[tuple[Value, ...]],
    key: Function,
    back: Function | Literal["itself"] | None = None,
    lossy: bool = False,
    argument: str = "",
) -> Callable[[Function], Function]:
    """Register a converter whose function goes from the first side to the second; without `back`, only so."""

    def register(function: Function) -> Function:
        the_way_back = None if back is None else _unless_empty(function if back == "itself" else back)
        about = {"examples": examples, "lossy": lossy or back is None, "argument": argument}
        _register(function, _unless_empty(function), the_way_back, key, **about)
        return function

    return register


def operator_back(*, examples: Iterable[tuple[Value, ...]]) -> Callable[[Function], Function]:
    """Register a converter that only goes from the second side to the first; it compares by what it makes."""

    def register(function: Function) -> Function:
        _register(function, None, _unless_empty(function), function, examples=examples, lossy=True, argument="")
        return function

    return register


# --- Normalisers -----------------------------------------------------------------------------------------------------


def _without(separators: str, pattern: str, text: str) -> str:
    """Leave separators out and write capitals, if that makes what the pattern expects; else the text as it is."""
    compact = re.sub(rf"[\s{separators}]+", "", text)
    return compact.upper() if re.fullmatch(pattern, compact, re.IGNORECASE | re.ASCII) else text


@normaliser(examples=[(" Ada ", "Ada"), ("  ", None)])
def trimmed(text: str, _: Any) -> str:
    """Compare texts without the white space around them."""
    return text


@normaliser(examples=[("+++090/9337/55493+++", "090933755493"), ("12a", "12a")])
def digits(text: str, _: Any) -> str:
    """Compare numbers that are names, such as a reference, by their digits; a text with letters by the whole text.

    Not for amounts: 1.5 and 15 have the same digits.
    """
    return _without(r".,\-/+*_()", "[0-9]+", text)


@normaliser(examples=[("1234 5678", "12345678"), ("0123.456.789", "0123456789"), ("HRB 12345", "HRB 12345")])
def coc_number(text: str, _: Any) -> str:
    """Compare Chamber of Commerce and enterprise numbers by their digits; a foreign number with letters as written."""
    return _without(r".\-/", "[0-9]+", text)


@normaliser(examples=[("NL 0012.34.567.B01", "NL001234567B01"), ("be 0123.456.789", "BE0123456789"), ("none", "none")])
def vat_number(text: str, _: Any) -> str:
    """Compare VAT numbers by their letters and digits; the country in front counts."""
    return _without(r".\-/", "[a-z0-9+*]*[0-9][a-z0-9+*]*", text)


@normaliser(examples=[("nl91 abna 0417 1643 00", "NL91ABNA0417164300")])
def iban(text: str, _: Any) -> str:
    """Compare IBANs without spaces and in capitals."""
    return _without(r".\-", "[a-z]{2}[0-9]{2}[a-z0-9]{4,30}", text)


@normaliser(examples=[("BANKNL2AXXX", "BANKNL2A"), ("bank nl 2a", "BANKNL2A"), ("BANKNL2A123", "BANKNL2A123")])
def bic(text: str, _: Any) -> str:
    """Compare BICs in capitals; XXX at the end is the head office, as is nothing."""
    compact = _without("", "[a-z]{6}[a-z0-9]{2}(?:[a-z0-9]{3})?", text)
    return compact.removesuffix("XXX") if len(compact) == 11 else compact


@normaliser(examples=[("1234ab", "1234AB"), ("1234 AB", "1234AB"), ("00-950", "00-950")])
def postcode(text: str, _: Any) -> str:
    """Compare postcodes without spaces and in capitals."""
    return _without("", "[a-z0-9-]+", text)


@normaliser(examples=[(" Ada@Example.NL", "ada@example.nl"), ("ask Ada", "ask Ada")])
def email(text: str, _: Any) -> str:
    """Compare email addresses without regard to capitals."""
    # lower(), not casefold(): ß and ss are different addresses.
    return unicodedata.normalize("NFC", text.lower()) if re.fullmatch(r"[^\s@]+@[^\s@]+", text) else text


@normaliser(examples=[("https://Example.nl/", "example.nl"), ("http://example.nl/Prices", "example.nl/Prices")])
def website(text: str, _: Any) -> str:
    """Compare addresses of websites without http(s), capitals in the host and a slash at the end."""
    if re.search(r"\s", text):
        return text
    bare = re.sub(r"^(?:https?://)+", "", text, flags=re.IGNORECASE)
    host, rest = re.fullmatch(r"([^/?#]*)(.*)", bare).groups()  # type: ignore[union-attr]  # without spaces it always fits
    if not host:
        return text
    path = rest.rstrip("/") if "?" not in rest and "#" not in rest else rest
    return unicodedata.normalize("NFC", host.lower()) + path


_PHONE = re.compile(
    r"(?P<number>\(?\+?[0-9 ()./\-\u2013]*[0-9][ )]*)"
    r"(?:(?:;ext=|ext\.?|x|#|toestel|tst\.?)\s*(?P<extension>[0-9]{1,7}))?",
    re.IGNORECASE,
)


@normaliser(
    examples=[
        ("06 - 12 34 56 78", "+31612345678"),
        ("+31 (0)20 123 45 67 ext. 8", "+31201234567;ext=8"),
        ("0475 12 34 56", "BE", "+32475123456"),
        ("ask for Ada", "ask for Ada"),
    ],
    argument="the country whose national numbers these are, or a list of countries to try; else NL, then BE",
    wants="[A-Z]{2}",
)
def phone(text: str, argument: Any) -> str:
    """Compare telephone numbers as they are dialled from abroad; one that exists nowhere by its digits.

    A national number may exist in both countries (0475 12 34 56): name the country when that matters.
    """
    found = _PHONE.fullmatch(" ".join(text.split()))
    if found is None:  # Words beside the number may be all that tells two values apart.
        return text
    countries = argument if isinstance(argument, list | tuple) else [argument] if argument else ["NL", "BE"]
    extension = f";ext={found['extension']}" if found["extension"] else ""
    return _dialled_from_abroad(found["number"], tuple(countries)) + extension


@lru_cache(maxsize=10_000)  # of both sides, and in each run anew, the same numbers are compared
def _dialled_from_abroad(number: str, countries: tuple[str, ...]) -> str:
    import phonenumbers  # here, because it takes long to load

    for country in (None, *countries):
        try:
            parsed = phonenumbers.parse(number, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if "+" in number:
        number = number.replace("(0)", "")
    bare = re.sub(r"[^0-9+]", "", number)
    return re.sub(r"^00(?=[1-9])", "+", bare)


# --- Converters ------------------------------------------------------------------------------------------------------

_ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def _number_key(value: Value, _: Any) -> str:
    return plain(as_number(value))


@operator(
    back="itself",
    key=lambda value, argument: format(decimals(value, argument), "f"),
    examples=[
        (Decimal("1.005"), 2, Decimal("1.01")),
        ("-7", 2, Decimal("-7.00")),
        (Decimal("0.125"), {"places": 2, "mode": "half_even"}, Decimal("0.12")),
    ],
    lossy=True,
    argument="the number of decimals, or {places: 2, mode: half_even}",
)
def decimals(value: Value, argument: Any) -> Decimal:
    """Round a number, half away from zero unless told otherwise; both ways."""
    asked = argument if isinstance(argument, dict) else {"places": argument}
    places, mode = asked.get("places"), asked.get("mode", "half_up")
    if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= 20 or mode not in _ROUNDING:
        raise CannotCarry("decimals wants a number of places from 0 to 20, and half_up or half_even as mode")
    rounded = as_number(value).quantize(Decimal((0, (1,), -places)), rounding=_ROUNDING[mode], context=EXACT)
    return abs(rounded) if rounded.is_zero() else rounded


@operator(
    back=_as_written,
    key=lambda value, _: as_day(value),
    examples=[("2026-03-15T23:30:00Z", "2026-03-15"), ("2026-03-15", "2026-03-15")],
    lossy=True,
)
def day(value: Value, _: Any) -> str:
    """Take the day of a date with a time; a moment counts in the time zone of the connection, where it says one; back as it is."""
    return as_day(value)


@operator(back="itself", key=_number_key, examples=[(Decimal("12.50"), Decimal("-12.50")), (-3, 3), (0, 0)])
def negated(value: Value, _: Any) -> int | Decimal:
    """Turn the sign of a number; both ways."""
    number = as_number(value)
    if isinstance(value, int):
        return -value
    return abs(number) if number.is_zero() else EXACT.minus(number)


@operator(
    back="itself",
    key=lambda value, _: as_yes_or_no(value),
    examples=[(True, False), ("false", True)],
)
def opposite(value: Value, _: Any) -> bool:
    """Turn true into false and false into true; both ways."""
    return not as_yes_or_no(value)


_WRITTEN_AS_A_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def _to_number(value: Value, _: Any) -> int | Decimal:
    if isinstance(value, str) and not _WRITTEN_AS_A_NUMBER.fullmatch(value.strip()):
        raise CannotCarry(f"{as_text(value)!r} is not a number, or would lose something as a number")
    number = as_number(value)
    return int(number) if number == number.to_integral_value(context=EXACT) else number


def _to_text(value: Value, _: Any) -> str:
    return value if isinstance(value, str) else plain(as_number(value))


def _canonical(value: Value, _: Any) -> str:
    return plain(_to_number(value, None))


@operator(back=_to_number, key=_canonical, examples=[(2026001, "2026001"), (Decimal("12.0"), "12"), ("A-1", "A-1")])
def text(value: Value, _: Any) -> str:
    """Write a number as text; back: read it as a number, unless it would lose a zero in front."""
    return _to_text(value, _)


@operator(back=_to_text, key=_canonical, examples=[("30", 30), ("12.5", Decimal("12.5"))])
def number(value: Value, _: Any) -> int | Decimal:
    """Read a text as a number, unless it would lose a zero in front; back: write it as text."""
    return _to_number(value, _)


@operator(back=_as_written, key=lambda value, _: as_text(as_text(value).upper()), examples=[("Ada", "ADA")], lossy=True)
def upper(value: Value, _: Any) -> Value:
    """Write a text in capitals; back as it is. Compared without regard to capitals."""
    return value.upper() if isinstance(value, str) else value


@operator(back=_as_written, key=lambda value, _: as_text(as_text(value).lower()), examples=[("Ada", "ada")], lossy=True)
def lower(value: Value, _: Any) -> Value:
    """Write a text in small letters; back as it is. Compared without regard to capitals."""
    return value.lower() if isinstance(value, str) else value


def _in_one_language(value: Value, argument: Any) -> Value:
    if not isinstance(value, dict):
        raise CannotCarry(f"{as_text(value)!r} is not a text per language")
    return value.get(argument)


@operator(
    back=_in_one_language,
    key=lambda value, argument: as_text(value.get(argument) if isinstance(value, dict) else value) or None,
    examples=[("Kantoorkosten", "nl", {"nl": "Kantoorkosten"})],
    lossy=True,
    argument="the code of the language, such as nl",
)
def one_language(value: Value, argument: Any) -> dict[str, Value]:
    """Write a text as the text of one language; back: take that language, and lose the others."""
    if not isinstance(argument, str) or not argument:
        raise CannotCarry("one_language wants the code of a language, such as nl")
    return {argument: value}


def _total(values: Value) -> int | Decimal:
    amounts = values if isinstance(values, list) else [values]
    total = Decimal(0)
    for each in amounts:
        total = EXACT.add(total, as_number(each))
    return int(total) if all(isinstance(each, int) for each in amounts) else total


@operator(
    key=lambda value, _: plain(_total(value)),
    examples=[([Decimal("0.10"), Decimal("0.20")], Decimal("0.30")), ([1, 2], 3), ([], 0)],
)
def sum_(value: Value, _: Any) -> int | Decimal:
    """Add a list of numbers up, exactly; only from the first side to the second. An empty amount is an error."""
    return _total(value)


@operator_back(examples=[("\nBlue chair\nwith arms", "Blue chair"), ("Desk", "Desk")])
def first_line(value: Value, _: Any) -> str:
    """Take the first line that says something; only from the second side to the first."""
    return as_text(value).splitlines()[0].strip()


@operator_back(examples=[(Decimal("0.00"), True), (Decimal("-0.01"), False), (None, None)])
def is_zero(value: Value, _: Any) -> bool:
    """Tell whether a number is nought; only from the second side to the first."""
    return value if isinstance(value, bool) else as_number(value).is_zero()
