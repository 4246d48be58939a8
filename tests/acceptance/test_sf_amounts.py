"""Invented bookings stand in Silverfin at the end of every period on every account, to the cent.

What each account must stand at is reckoned in whole cents from what was booked, by nobody's code but that of this file: an account
of the balance sheet goes on for ever, costs and revenue begin anew with each year, and what they left goes to the retained earnings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from unittest.mock import patch

import pytest
import sf
from sf import DEMO, World

from syncrules.manifest import Field
from syncrules_providers import rest

FIRST, DAYS = date(2025, 1, 1), 424
"""Two years in which something is booked; not after the last day of February 2026."""
ACCOUNTS = (
    "100000",
    "240000",
    "499000",
    "550000",
    "570000",
    "604000",
    "612000",
    "657000",
    "700000",
    "700100",
    "708000",
)
EARNINGS = str(sf.SETTINGS["retained earnings account"])

Lines = list[tuple[str, int]]
"""Account and cents, of each line of a booking."""


def invented(chance: Random) -> Lines:
    """Invent the lines of a booking that balances."""
    count = chance.choice((1, 1, 2, 5))
    cents = [chance.choice((chance.randint(-20, 20), chance.randint(-(10**6), 10**6), chance.randint(-(10**11), 10**11))) or 1 for _ in range(count)]  # fmt: skip
    return [*((chance.choice(ACCOUNTS), each) for each in cents), ("580000", -sum(cents))]


def book(here: World, day: date, lines: Lines) -> str:
    said = [{"GLAccountCode": account, "Amount": Decimal(each) / 100} for account, each in lines]
    return here.books.book("misc", said, day=day)


def stands(booked: list[tuple[date, Lines]], end: date) -> dict[str, int]:
    """Reckon what each account stands at when a day ends."""
    found: Counter[str] = Counter()
    for day, lines in booked:
        for account, each in lines:
            if day <= end:
                is_result = account >= "6"
                found[account if not is_result or day.year == end.year else EARNINGS] += each
    return {account: each for account, each in found.items() if each}


def differences(here: World, booked: list[tuple[date, Lines]]) -> list[str]:
    """Say where Silverfin stands at something else than was booked."""
    shown = here.office.balances(DEMO)
    ends = sorted({end for end, _ in shown})
    there = {end: {account: int(value * 100) for (day, account), value in shown.items() if day == end} for end in ends}
    assert all(value == round(value, 2) for value in shown.values())
    return [f"{end}: {there[end]} and not {wanted}" for end in ends if there[end] != (wanted := stands(booked, end))]


def invent(here: World, chance: Random, count: int) -> dict[str, tuple[date, Lines]]:
    """Let somebody book so many documents on any days."""
    booked = {}
    for _ in range(count):
        day, lines = FIRST + timedelta(chance.randrange(DAYS)), invented(chance)
        booked[book(here, day, lines)] = (day, lines)
    return booked


@pytest.mark.requirement("SF-04", "X-06")
@pytest.mark.parametrize("seed", [1, 2])
def test_every_account_stands_at_the_same_at_the_end_of_every_period(seed: int) -> None:
    chance = Random(seed)
    with sf.world() as here:
        booked = invent(here, chance, 150)
        here.begin()

        assert len({day for day, _ in here.office.balances(DEMO)}) > 5
        assert differences(here, list(booked.values())) == []

        for key in chance.sample(list(booked), 12):
            here.books.remove_booking(key)
            del booked[key]
        for key in chance.sample(list(booked), 12):
            day, lines = booked[key]
            changed = [(account, each + 1 if place == 0 else each) for place, (account, each) in enumerate(lines[:-1])]
            booked[key] = day, [*changed, ("580000", -sum(each for _, each in changed))]
            here.books.edit_booking(
                key,
                lines={
                    1000 * (place + 1): {"Amount": Decimal(each) / 100}
                    for place, (_, each) in enumerate(booked[key][1])
                },
            )
        booked |= invent(here, chance, 20)
        here.clock.sleep(86400)
        here.run()

        assert differences(here, list(booked.values())) == []
        assert (here.reconciled()["different"], here.reconciled()["compared"] > 0) == (0, True)


@pytest.mark.parametrize(
    "change",
    [lambda amount: amount + Decimal("0.01"), lambda amount: -amount, lambda amount: amount.quantize(Decimal("0.1"))],
    ids=["a cent more", "the other way round", "rounded to ten cents"],
)
def test_a_transport_that_writes_amounts_wrongly_is_noticed(change: Callable[[Decimal], Decimal]) -> None:
    right = rest._exact

    def wrongly(field: Field, number: Decimal) -> Decimal:
        return right(field, change(number) if field.name == "value" else number)

    with sf.world() as here, patch.object(rest, "_exact", wrongly):
        booked = invent(here, Random(1), 5)
        here.begin()

        assert differences(here, list(booked.values()))
