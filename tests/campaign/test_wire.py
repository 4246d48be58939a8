"""What stands in the books after a run is what stands on the invoices, to the cent; and what would be noticed if it were not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import amounts
import pytest
import wire
from played import Played

from syncrules.manifest import Field
from syncrules_providers import rest, soap_values, torm_values

CENT = Decimal("0.01")
SPELLS: dict[str, tuple[object, str]] = {
    "e-Boekhouden over SOAP": (soap_values, "_digits"),
    "e-Boekhouden over REST": (rest, "_exact"),
    "Yuki": (soap_values, "_digits"),
    "WinBooks": (torm_values.Dialect, "_told"),
}
"""What of a transport spells an amount for its system."""
CHANGES: dict[str, Callable[[Decimal], Decimal]] = {
    "a cent more": lambda amount: amount + CENT,
    "the other way round": lambda amount: -amount,
    "rounded to ten cents": lambda amount: amount.quantize(Decimal("0.1")),
}
FIELDS = {
    "e-Boekhouden over SOAP": ("BedragInvoer", "BedragExclBTW", "BedragBTW", "BedragInclBTW"),
    "e-Boekhouden over REST": ("amount",),
    "Yuki": ("LineAmount", "LineVATAmount"),
    "WinBooks": ("Amount", "VatBaseAmount", "VatTaxAmount", "TurnOverAmount"),
}
every_office = pytest.mark.parametrize("name", sorted(wire.OFFICES))


def played(name: str, count: int) -> Played:
    into = Played()
    wire.play(name, seed=1, first=1, count=count, into=into)
    return into


def spelled_otherwise(
    name: str, fields: Sequence[str], change: Callable[[Decimal], Decimal]
) -> AbstractContextManager[object]:
    """Let the transport of a system write these amounts wrongly."""
    owner, what = SPELLS[name]
    right = getattr(owner, what)

    def wrongly(*given: Any) -> Any:
        *before, field, value = given
        is_amount = isinstance(field, Field) and field.name in fields and value is not None
        return right(*before, field, change(Decimal(value)) if is_amount else value)

    return patch.object(owner, what, wrongly)


@pytest.mark.requirement("X-06", "EB-20", "YU-08", "YU-15", "WB-03", "WB-07")
@every_office
def test_what_stands_in_the_books_is_right_to_the_cent_and_nothing_right_is_refused(name: str) -> None:
    into = played(name, 100)

    assert into.broken == []
    assert into.counts["usual refused"] == 0
    assert into.counts["usual sent"] > 50
    assert (
        min(into.counts[each] for each in ("spoilt refused", "spoilt sent", "unrounded sent", "unrounded refused")) > 0
    )
    assert into.counts["refused there"] < 5


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in FIELDS for field in FIELDS[name]])
def test_a_transport_that_writes_an_amount_a_cent_off_is_noticed(name: str, field: str) -> None:
    with spelled_otherwise(name, [field], CHANGES["a cent more"]):
        assert played(name, 5).broken


@every_office
@pytest.mark.parametrize("change", ["the other way round", "rounded to ten cents"])
def test_a_transport_that_turns_or_rounds_all_amounts_is_noticed(name: str, change: str) -> None:
    with spelled_otherwise(name, FIELDS[name], CHANGES[change]):
        assert played(name, 5).broken


@every_office
def test_an_invoice_that_is_booked_twice_or_not_at_all_is_noticed(name: str) -> None:
    shown = wire.OFFICES[name].shown
    with patch.dict(
        wire.OFFICES, {name: replace(wire.OFFICES[name], shown=lambda here: dict(list(shown(here).items())[1:]))}
    ):
        missed = played(name, 5).broken
    with patch.object(wire, "_posted", side_effect=[6, 0]):
        twice = played(name, 5).broken

    assert any("it is not in the books, and nothing is said of it" in each for each in missed)
    assert any("were posted" in each for each in twice)


@every_office
def test_what_was_refused_or_booked_wrongly_is_noticed(name: str) -> None:
    office = wire.OFFICES[name]
    right, wrong = invoice(list(office.rates)), invoice(list(office.rates), off=5 * CENT)

    assert list(wire.judge(office, wrong, None, ("failed", "line 1: …"))) == []
    assert "line 2" in next(wire.judge(office, wrong, None, ("failed", "line 2: …")))
    assert "waits" in next(wire.judge(office, wrong, None, ("waiting", "line 1: …")))
    assert "was booked" in next(wire.judge(office, wrong, {}, None))
    assert "it is right, and was refused" in next(wire.judge(office, right, None, ("failed", "line 1: …")))
    assert "it is right, and was refused" in next(wire.judge(office, right, None, ("failed", f"{office.refuses} …")))


def invoice(groups: Sequence[str], off: Decimal = Decimal(0)) -> dict[str, Any]:
    """Make an invoice of one line, of which the amount including VAT is off."""
    amounts = {"TotalExcludingVat": Decimal(100), "VatAmount": Decimal(21), "TotalIncludingVat": Decimal(121) + off}
    return {
        "ProductLines": [{**amounts, "VatPercentage": Decimal(21), "VatGroup": {"ID": groups[0]}}],
        "TotalIncludingVat": Decimal(121) + off,
    }


def test_a_campaign_over_the_wire_plays_portions_and_the_same_numbers_make_the_same_again() -> None:
    one = amounts.campaign(["Yuki"], 7, 1, lambda: True, each_at_most=6, play=wire.play, portion=4)
    whole = Played()
    wire.play("Yuki", seed=7, first=1, count=6, into=whole)

    assert one == {"Yuki": whole}
    assert (whole.invoices, whole.broken) == (6, [])
