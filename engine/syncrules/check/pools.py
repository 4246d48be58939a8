"""The values that one field may hold, the plain one first: as its schema allows, as people fill it in, and at every edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from syncrules.check import alphabet
from syncrules.check.schema import unfit
from syncrules.manifest import Field


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""The answer leaves the property out."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What may stand in one place."""

    plain: Any
    fixed: tuple[Any, ...]
    """Worth trying each; the plain one first."""
    compose: Callable[[Random], Any] | None
    """Makes others, without end; None where the list is closed."""
    allows: Callable[[Any], bool] = lambda _: False
    """Whether another value than the fixed ones may stand there."""

    def strategy(self) -> st.SearchStrategy[Any]:
        """Draw a value; whoever shortens ends at the plain one."""
        some: st.SearchStrategy[Any] = st.sampled_from(self.fixed)
        compose = self.compose
        if compose is None:
            return some
        return st.one_of(some, st.integers(0, 2**32).map(lambda number: compose(Random(number))))  # noqa: S311  # no secret: the same number must make the same value


def pool(
    field: Field,
    hint: str,
    *,
    rooms: Iterable[int] = (),
    known: Iterable[Any] = (),
    filled: bool = False,
    absent: bool = True,
) -> Pool:
    """Gather what a field may hold.

    Args:
        hint: what kind of text it is, as `alphabet.REAL` knows it.
        rooms: lengths at which something happens somewhere, besides that of the field itself.
        known: values that a table or a list has; they come first.
        filled: whether the system never shows it empty, nor blank.
        absent: whether an answer may leave it out.
    """
    values = [*known]
    compose: Callable[[Random], Any] | None = None
    if field.enum:
        values = [each for each in values if each in field.enum] + list(field.enum)
    elif field.type == "boolean":
        values += [True, False]
    elif field.type == "integer":
        values += alphabet.WHOLE
        compose = lambda chance: chance.randint(-9, 10 ** chance.randint(1, 9))  # noqa: E731  # one line says it
    elif field.type == "number":
        values += [Decimal(each) for each in alphabet.NUMBERS]
        compose = lambda chance: _number(chance, field.decimals)  # noqa: E731
    elif field.format == "decimal":
        values += [format(Decimal(each), "f") for each in alphabet.NUMBERS]
        compose = lambda chance: format(_number(chance, field.decimals), "f")  # noqa: E731
    elif field.format == "date":
        values += alphabet.DAYS
        compose = _day
    elif field.format == "date-time":
        values += [f"{day}{clock}" for day in alphabet.DAYS for clock in alphabet.CLOCKS[:3]]
        values += [f"2026-03-29{clock}" for clock in alphabet.CLOCKS] + [
            f"2026-10-25{clock}" for clock in alphabet.CLOCKS
        ]
        compose = lambda chance: _day(chance) + chance.choice(alphabet.CLOCKS)  # noqa: E731
    else:
        values += _texts(hint, field, {*rooms, *([field.max_length] if field.max_length is not None else [])})
        compose = lambda chance: _text(chance, hint, field.max_length)  # noqa: E731

    def fits(value: Any) -> bool:
        return not any(unfit(field, value)) and not (filled and isinstance(value, str) and not value.strip())

    allowed = [each for each in values if fits(each)]
    if not filled:
        allowed += [None] if field.type != "string" else [None, ""]
        allowed += [ABSENT] if absent else []
    fixed = tuple(_once(allowed))
    if compose is None:
        return Pool(fixed[0], fixed, None)
    return Pool(fixed[0], fixed, _allowed(fits, compose, fixed[0]), fits)


def closed(values: Iterable[Any], *, filled: bool = False, absent: bool = True) -> Pool:
    """Gather what may stand where there is only a choice."""
    listed = [*values]
    if not filled or not listed:
        listed += [None, *([ABSENT] if absent else [])]
    return Pool(listed[0], tuple(_once(listed)), None)


def _allowed(fits: Callable[[Any], bool], compose: Callable[[Random], Any], plain: Any) -> Callable[[Random], Any]:
    """Keep to the schema; what is made up against it is replaced by the plain value."""

    def made(chance: Random) -> Any:
        value = compose(chance)
        return value if fits(value) else plain

    return made


def _once(values: Iterable[Any]) -> Iterator[Any]:
    seen = set()
    for each in values:
        mark = (type(each).__name__, repr(each))
        if mark not in seen:
            seen.add(mark)
            yield each


def _texts(hint: str, field: Field, rooms: set[int]) -> Iterator[str]:
    yield from alphabet.REAL.get(hint, alphabet.REAL["text"])
    yield from alphabet.ODD
    yield from (
        f"{alphabet.REAL.get(hint, alphabet.REAL['text'])[0]}{each}" for each in (" ", "\n", "\u00a0", " x", "\u0301")
    )
    for room in sorted(rooms):
        for length in (room, room + 1):
            for letter in ("x", "é", "😀", "1"):
                yield letter * length
        if room > 2:
            yield "x" * (room - 1) + " y"
            yield "x" * (room - 1) + "e\u0301"


def _text(chance: Random, hint: str, most: int | None) -> str:
    pieces = (*alphabet.PIECES, *alphabet.REAL.get(hint, ()))
    text = chance.choice(("", " ")).join(chance.choice(pieces) for _ in range(chance.randint(1, 5)))
    return text if most is None else text[:most]


def _number(chance: Random, decimals: int | None) -> Decimal:
    places = chance.randint(0, 6 if decimals is None else decimals)
    size = 10 ** chance.randint(0, 9)
    return Decimal(chance.randint(-size, size)).scaleb(-places)


def _day(chance: Random) -> str:
    return f"{chance.randint(1980, 2049)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
