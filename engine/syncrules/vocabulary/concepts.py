"""Values that one system keeps in one field and another in several: an address, a name, a payment term.

A concept reads the parts that a side has into one value, and writes that value into the parts that the other side has.
It keeps what the other side has now wherever that means the same, so that nothing is taken apart that did not change,
and it leaves alone what the first side cannot know.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Any

from syncrules.vocabulary import addresses, person_names
from syncrules.vocabulary.operators import OPERATORS
from syncrules.vocabulary.values import EXACT, CannotCarry, Value, as_day, as_number, as_text, is_empty, plain, squeezed

Parts = Mapping[str, Value]
"""Part → value, of the parts that a side has."""
Example = tuple[Parts, Parts]
"""What one side says, and what the other gets: a new record, so nothing is there yet."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One composite value of the language."""

    name: str
    doc: str
    parts: Mapping[str, str]
    """Part → what it is."""
    whole: str
    """The part that is meant where a side gives a plain path."""
    read: Callable[[Parts], Value]
    """The parts that a side has, to the value; None if it is empty."""
    write: Callable[[Value, tuple[str, ...], Parts], dict[str, Value]]
    """The value (or None), the parts wanted, and what is there now ({} if unknown), to all the parts wanted."""
    key: Callable[[Parts], Value]
    """The normal form of one side's parts; never raises an error."""
    examples: tuple[Example, ...]
    context: frozenset[str] = frozenset()
    """Parts that are read to understand the others; they come back from `write` as they are, and are not written."""
    read_only: frozenset[str] = frozenset()
    """Parts that cannot be made from the value: a side that names one of these is never written."""
    lossy: bool = False
    """Going to a side with fewer parts and back may lose something on a new record."""


CONCEPTS: dict[str, Concept] = {}


def concept(
    *,
    parts: Mapping[str, str],
    whole: str,
    read: Callable[[Parts], Value],
    examples: Iterable[Example],
    key: Callable[[Parts], Value] | None = None,
    context: Iterable[str] = (),
    read_only: Iterable[str] = (),
    lossy: bool = False,
) -> Callable[[Callable[[Value, tuple[str, ...], Parts], dict[str, Value]]], Any]:
    """Register a concept by the function that writes it; without a `key` the parts read are compared as texts."""

    def register(write: Callable[[Value, tuple[str, ...], Parts], dict[str, Value]]) -> Any:
        def write_filled(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
            if locked := set(wanted) & set(read_only):
                raise CannotCarry(f"this is worked out from {' and '.join(sorted(locked))}, and cannot be put there")
            if value is None:
                return {each: present.get(each) if each in context else None for each in wanted}
            return write(value, wanted, present)

        CONCEPTS[write.__name__] = Concept(
            write.__name__, inspect.cleandoc(write.__doc__ or ""), parts, whole, read, write_filled,
            key or (lambda side: _texts(read(side) or {}) or None),
            tuple(examples), frozenset(context), frozenset(read_only), lossy,
        )  # fmt: skip  # one line for each group of parts
        return write

    return register


def _texts(parts: Parts) -> dict[str, Value]:
    """Take the parts that say something, as text on one line."""
    return {name: squeezed(value) for name, value in parts.items() if squeezed(value)}


# --- Address ---------------------------------------------------------------------------------------------------------


@concept(
    parts={
        "street": "street",
        "number": "house number, digits only",
        "suffix": "what follows the house number",
        "line": "street, number and suffix in one",
        "extra": "an extra address line",
        "line_2": "the same, where lines are numbered",
        "postcode": "postcode",
        "city": "city",
        "country": "code of the country, such as NL",
        "country_name": "name of the country, in Dutch, French, English or German",
    },
    whole="line",
    read=addresses.read,
    key=addresses.key,
    lossy=True,
    examples=[
        (
            {"street": "Kaai", "number": Decimal("12.0"), "suffix": "A", "city": "Gent", "country": "BE"},
            {"line": "Kaai 12A", "city": "Gent", "country_name": "België"},
        ),
        ({"line": "Rue de la Loi 16 bte 4"}, {"street": "Rue de la Loi", "number": "16", "suffix": "bte 4"}),
        ({"line": "Plein 1944"}, {"street": "Plein 1944", "number": None, "suffix": None}),
    ],
)
def address(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """A postal address; a country alone is none.

    A line is taken apart only when it changed; a street and number that cannot be told apart stay in the street.
    An extra line that the other side does not know goes when both the line and the postcode change: they moved.
    A country is written by its Dutch name, unless the name that is there means the same.
    """
    return addresses.write(value, wanted, present)


# --- Name of a person ------------------------------------------------------------------------------------------------


@concept(
    parts={
        "first": "first name or names",
        "middle": "prefix of the last name, such as van der",
        "last": "last name; with its prefix where there is no part for that",
        "initials": "initials",
        "full": "the whole name; read only where there is no last name",
    },
    whole="full",
    read=person_names.read,
    lossy=True,
    examples=[
        ({"first": "Anna", "middle": "van der", "last": "Meer"}, {"full": "Anna van der Meer"}),
        ({"full": "Meer, Anna van der"}, {"first": "Anna", "middle": "van der", "last": "Meer"}),
        ({"full": "Luc De Smedt"}, {"first": "Luc", "last": "De Smedt"}),
    ],
)
def person_name(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """The name of a person, in parts or in one text.

    A text is taken apart by rule, only when it changed; the parts can then be corrected by hand.
    A comma turns a text round, so one that stands in a part is left out of the text.
    """
    return person_names.write(value, wanted, present)


# --- Terms and amounts -----------------------------------------------------------------------------------------------


def _read_term(parts: Parts) -> Value:
    said = {name: as_text(value) or None for name, value in parts.items()}
    return said if said.get("due") or said.get("days") else None


def _term_key(parts: Parts) -> Value:
    if _read_term(parts) is None:
        return None
    normal = {"date": OPERATORS["day"].key, "due": OPERATORS["day"].key, "days": OPERATORS["number"].key}
    keys = {name: key(parts[name], None) for name, key in normal.items() if name in parts and key is not None}
    return {name: key for name, key in keys.items() if key is not None}


@concept(
    parts={
        "date": "the day from which is counted; only read",
        "due": "the last day on which to pay",
        "days": "the number of days in which to pay",
    },
    whole="due",
    read=_read_term,
    key=_term_key,
    context=["date"],
    examples=[
        ({"date": "2026-01-31", "days": 30}, {"due": "2026-03-02"}),
        ({"date": "2028-02-28", "due": "2028-03-01", "days": None}, {"days": 2}),
    ],
)
def payment_term(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """When to pay: a day, or a number of days from another. If a side says both, the day counts."""
    start = value.get("date") or as_text(present.get("date"))
    there = _read_term(present)
    if there is not None and _same_term(value, there, start):
        return {each: present.get(each) for each in wanted}
    terms: dict[str, Callable[[], Value]] = {
        "date": lambda: present.get("date") or value.get("date"),
        "due": lambda: _due(value, start, present.get("due")),
        "days": lambda: _days(value, start),
    }
    return {each: terms[each]() for each in wanted}


def _same_term(one: Parts, other: Parts, start: str) -> bool:
    """Tell whether both end on one day, counted from one day."""
    dates = {as_text(each["date"])[:10] for each in (one, other) if each.get("date")}
    try:
        return len(dates) < 2 and _due(one, start, None) == _due(other, start, None)
    except CannotCarry:
        return False


def _due(value: Parts, start: str, present: Value) -> Value:
    if value.get("due"):
        due = as_day(value["due"])
    else:
        days = _days(value, start)
        try:
            due = (_date(start) + timedelta(days=days)).isoformat()
        except OverflowError:
            raise CannotCarry(f"{days} days is too long a payment term") from None
    return present if as_text(present)[:10] == due else due


def _days(value: Parts, start: str) -> int:
    if value.get("due") and (start or not value.get("days")):
        days = Decimal((_date(value["due"]) - _date(start)).days)
    else:
        days = as_number(value["days"])
    if days != days.to_integral_value(context=EXACT) or days < 0:
        raise CannotCarry(f"a payment term of {plain(days)} days does not exist")
    return int(days)


def _date(day: str) -> date:
    if not day:
        raise CannotCarry("there is no date from which the payment term counts")
    return date.fromisoformat(as_day(day))


def _filled(parts: Parts, *names: str) -> list[Value]:
    return [parts[name] for name in names if not is_empty(parts.get(name))]


def _number_key(read: Callable[[Parts], Value]) -> Callable[[Parts], Value]:
    """Compare parts by the number that they make; by their texts if they make none."""

    def key(parts: Parts) -> Value:
        try:
            number = read(parts)
        except CannotCarry:
            return _texts(parts)
        return None if number is None else plain(number)

    return key


def _read_paid(parts: Parts) -> Value:
    if said := _filled(parts, "paid"):
        return as_number(said[0])
    amounts = _filled(parts, "total", "open")
    if len(amounts) == 1:
        raise CannotCarry("the amount paid is not known without both the total and the open amount")
    return EXACT.subtract(as_number(amounts[0]), as_number(amounts[1])) if amounts else None


@concept(
    parts={"paid": "what has been paid", "total": "the whole amount", "open": "what is still to be paid"},
    whole="paid",
    read=_read_paid,
    key=_number_key(_read_paid),
    read_only=["total", "open"],
    examples=[({"total": Decimal("121.00"), "open": Decimal("21.00")}, {"paid": Decimal("100.00")})],
)
def paid_part(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """What has been paid of an amount: the total less what is open. Only `paid` can be written."""
    return dict.fromkeys(wanted, value)


def _read_paid_in_full(parts: Parts) -> Value:
    if said := _filled(parts, "paid"):
        return said[0]
    amounts = _filled(parts, "total", "open")
    if len(amounts) == 1:
        raise CannotCarry("nobody knows whether all has been paid without both the total and the open amount")
    if not amounts:
        return None
    total, still_open = map(as_number, amounts)
    # Of a credit note both are below nought: then it is too much that is above.
    return still_open <= 0 if total > 0 else still_open >= 0 if total < 0 else still_open.is_zero()


def _paid_in_full_key(parts: Parts) -> Value:
    try:
        paid = _read_paid_in_full(parts)
    except CannotCarry:
        return _texts(parts)
    return paid if isinstance(paid, bool) else squeezed(paid) or None


@concept(
    parts={"paid": "whether all has been paid", "total": "the whole amount", "open": "what is still to be paid"},
    whole="paid",
    read=_read_paid_in_full,
    key=_paid_in_full_key,
    read_only=["total", "open"],
    examples=[
        ({"total": Decimal("121.00"), "open": Decimal("0.00")}, {"paid": True}),
        ({"total": Decimal("121.00"), "open": Decimal("-9.00")}, {"paid": True}),
        ({"total": Decimal("-121.00"), "open": Decimal("-9.00")}, {"paid": False}),
    ],
)
def paid_in_full(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """Whether nothing of an amount is open, or too much was paid; of a credit note the other way round. Only `paid` can be written."""
    return dict.fromkeys(wanted, value)


_TO_34_DIGITS = Context(prec=34)


def _read_unit_price(parts: Parts) -> Value:
    if said := _filled(parts, "price"):
        return as_number(said[0])
    amounts = [as_number(each) for each in _filled(parts, "net", "quantity")]
    if not amounts:
        return None
    if len(amounts) == 1 or amounts[1].is_zero():
        raise CannotCarry("there is no price for each without an amount and a quantity")
    return _TO_34_DIGITS.divide(*amounts)


@concept(
    parts={"price": "the price of one", "net": "the amount of the line", "quantity": "the number of pieces"},
    whole="price",
    read=_read_unit_price,
    key=_number_key(_read_unit_price),
    read_only=["net", "quantity"],
    examples=[({"net": Decimal("25.00"), "quantity": 4}, {"price": Decimal("6.25")})],
)
def unit_price(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """The price of one piece, divided to 34 digits: round it with `decimals`. Only `price` can be written."""
    return dict.fromkeys(wanted, value)


# --- One of several, and a number in two halves ----------------------------------------------------------------------


def _read_first_filled(parts: Parts) -> Value:
    said = _filled(parts, *_PLACES)
    return said[0] if said else None


_PLACES = ("first", "second", "third")


@concept(
    parts={"first": "the place to look first", "second": "the place to look next", "third": "the last place to look"},
    whole="first",
    read=_read_first_filled,
    key=lambda parts: as_text(_read_first_filled(parts)) or None,
    examples=[({"first": None, "second": "020 123 45 67"}, {"first": "020 123 45 67"})],
)
def first_filled(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """The first of several fields that says something; written where it was found, or else into the first.

    An empty value empties them all: otherwise the next field would speak up.
    """
    if is_empty(value):
        return dict.fromkeys(wanted)
    order = [each for each in _PLACES if each in wanted]
    found = next((each for each in order if not is_empty(present.get(each))), order[0])
    return {each: value if each == found else present.get(each) for each in wanted}


def _read_vat_number(parts: Parts) -> Value:
    if said := _filled(parts, "full"):
        return squeezed(said[0])  # as the parts are read: else two blanks in a row would count as a difference
    country, digits = squeezed(parts.get("country")), squeezed(parts.get("digits"))
    if not digits:
        return None
    return digits if digits.upper().startswith(country.upper()) else f"{country}{digits}"


def _vat_key(number: Value) -> Value:
    normal = OPERATORS["vat_number"].key
    return normal(number, None) if normal is not None else number


@concept(
    parts={"full": "the whole number", "country": "the two letters in front", "digits": "what follows them"},
    whole="full",
    read=_read_vat_number,
    key=lambda parts: _vat_key(_read_vat_number(parts)),
    examples=[
        ({"full": "BE 0123.456.789"}, {"country": "BE", "digits": "0123456789"}),
        ({"country": "BE", "digits": "0123456789"}, {"full": "BE0123456789"}),
    ],
)
def vat_number(value: Value, wanted: tuple[str, ...], present: Parts) -> dict[str, Value]:
    """A VAT number, whole or with its country apart."""
    if _vat_key(_read_vat_number(present)) == _vat_key(value):
        return {each: present.get(each) for each in wanted}
    found = re.fullmatch(r"([A-Z]{2})([A-Z0-9+*]*[0-9][A-Z0-9+*]*)", _vat_key(value))
    digits = found[2] if found else value
    if found and digits.startswith(found[1]):
        digits = found[0]  # where the digits begin with the country, that is taken for the one in front
    apart = {"full": value, "country": found[1] if found else None, "digits": digits}
    return {each: apart[each] for each in wanted}
