"""What must be booked of an invoice, reckoned in whole numbers: an oracle that shares no line with the engine.

Each system's own rule stands here in words and in sums. Nothing here knows a mapping; a document is what the CRM shows, a booking
what is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]
Sum = tuple[str, int, int]
"""What it is, what is booked, what should be."""
Faults = Callable[[Row], Iterator[int]]
"""A rule of the books: an invoice → the numbers of the lines that break it."""

FINE = 12
"""Decimals that are told apart; a system that computes in binary is off by less."""
CENT: int = 10 ** (FINE - 2)
HAIR: int = CENT // 10_000
WHOLE = 0
"""The place of a fault that is of no single line."""


def fine(amount: Any) -> int:
    """Write an amount as a whole number of its smallest parts."""
    scaled = Decimal(amount).scaleb(FINE)
    whole = int(scaled)
    assert whole == scaled, f"{amount} has more than {FINE} decimals"
    return whole


def nearest(amount: int, of: int) -> int:
    """Divide, and round half away from zero."""
    found = (2 * abs(amount) + of) // (2 * of)
    return found if amount >= 0 else -found


def cents(amount: Any) -> int:
    return nearest(fine(amount), CENT)


def exact(amount: Any) -> int:
    """Read what is sent: it has no more than two decimals."""
    assert fine(amount) % CENT == 0, f"{amount} is no amount in cents"
    return fine(amount) // CENT


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an invoice, in cents."""

    net: int
    vat: int
    gross: int
    percent: int | None
    group: str


def lines(document: Row) -> list[Line]:
    return [
        Line(
            cents(each["TotalExcludingVat"]),
            cents(each["VatAmount"]),
            cents(each["TotalIncludingVat"]),
            None if each["VatPercentage"] is None else int(each["VatPercentage"]),
            each["VatGroup"]["ID"],
        )
        for each in document["ProductLines"]
    ]


# Where an invoice is wrong --------------------------------------------------------------------------------------------


def adds_up_in_cents(document: Row) -> Iterator[int]:
    """Net and VAT make each line, and the lines make the invoice, after each amount was rounded."""
    told = lines(document)
    yield from (place for place, each in enumerate(told, 1) if each.net + each.vat != each.gross)
    if sum(each.gross for each in told) != cents(document["TotalIncludingVat"]):
        yield WHOLE


def adds_up_exactly(document: Row) -> Iterator[int]:
    """Net and VAT make each line, and the lines make the invoice, but for a hair; and the parts balance in cents."""
    rows = document["ProductLines"]
    for place, each in enumerate(rows, 1):
        if abs(fine(each["TotalExcludingVat"]) + fine(each["VatAmount"]) - fine(each["TotalIncludingVat"])) > HAIR:
            yield place
    total = sum(fine(each["TotalIncludingVat"]) for each in rows)
    if abs(total - fine(document["TotalIncludingVat"])) > HAIR:
        yield WHOLE
    nets = sum(cents(each["TotalExcludingVat"]) for each in rows)
    if nearest(total, CENT) != nets + sum(of_groups(document, "VatAmount").values()):
        yield WHOLE


def vat_is_a_cent_off_at_most(document: Row) -> Iterator[int]:
    """The VAT of a line is its percentage of the net amount, a cent more or less."""
    for place, each in enumerate(lines(document), 1):
        if each.percent is None or abs(nearest(each.net * each.percent, 100) - each.vat) > 1:
            yield place


def vat_is_a_cent_from_the_exact(document: Row) -> Iterator[int]:
    """The VAT of a line is at most a cent away from its percentage of the net amount, and that is not rounded before."""
    for place, each in enumerate(lines(document), 1):
        if each.percent is None or abs(each.net * each.percent - each.vat * 100) > 100:
            yield place


def vat_lies_in_the_amount(rates: Mapping[str, int]) -> Callable[[Row], Iterator[int]]:
    """The VAT is what the books take out of the amount including VAT, at the percentage of the code that they are sent."""

    def faults(document: Row) -> Iterator[int]:
        for place, each in enumerate(lines(document), 1):
            held = None if each.percent is None else nearest(each.gross * each.percent, 100 + each.percent)
            if each.percent != rates[each.group] or held != each.vat:
                yield place

    return faults


def percent_is_known(rates: Mapping[str, int]) -> Callable[[Row], Iterator[int]]:
    """The books know the VAT code with this percentage."""

    def faults(document: Row) -> Iterator[int]:
        yield from (place for place, each in enumerate(lines(document), 1) if each.percent != rates[each.group])

    return faults


def of_groups(document: Row, name: str) -> dict[str, int]:
    """Add an amount of the lines up, VAT group by VAT group, and round what comes out."""
    found: dict[str, int] = {}
    for each in document["ProductLines"]:
        group = each["VatGroup"]["ID"]
        found[group] = found.get(group, 0) + fine(each[name])
    return {group: nearest(amount, CENT) for group, amount in found.items()}


def of_all(document: Row, name: str) -> int:
    """Add an amount of the lines up, and round what comes out."""
    return nearest(sum(fine(each[name]) for each in document["ProductLines"]), CENT)


# What is booked -------------------------------------------------------------------------------------------------------


def _each(what: str, booked: Sequence[Any], wanted: Sequence[int]) -> Iterator[Sum]:
    yield f"number of lines with {what}", len(booked), len(wanted)
    for place, (one, other) in enumerate(zip(booked, wanted, strict=False), 1):
        yield f"line {place}: {what}", exact(one), other


def mutation_with_all_amounts(document: Row, booking: Row) -> Iterator[Sum]:
    """Say what stands in the books of a mutation whose amounts are all sent."""
    told, sent = lines(document), booking["MutatieRegels"]
    yield from _each("net as typed", [each["BedragInvoer"] for each in sent], [each.net for each in told])
    yield from _each("net", [each["BedragExclBTW"] for each in sent], [each.net for each in told])
    yield from _each("VAT", [each["BedragBTW"] for each in sent], [each.vat for each in told])
    yield from _each("gross", [each["BedragInclBTW"] for each in sent], [each.gross for each in told])
    yield "the invoice", sum(exact(each["BedragInclBTW"]) for each in sent), cents(document["TotalIncludingVat"])


def mutation_with_gross_amounts(document: Row, booking: Row) -> Iterator[Sum]:
    """Say what stands in the books of a mutation of which the books take the VAT out of each amount."""
    told, sent = lines(document), [each["amount"] for each in booking["rows"]]
    yield from _each("gross", sent, [each.gross for each in told])
    for place, (amount, each) in enumerate(zip(sent, told, strict=True), 1):
        assert each.percent is not None
        computed = nearest(exact(amount) * each.percent, 100 + each.percent)
        yield f"line {place}: VAT as computed there", computed, each.vat
        yield f"line {place}: net as computed there", exact(amount) - computed, each.net
    yield "the invoice", sum(map(exact, sent)), cents(document["TotalIncludingVat"])


def lines_with_net_and_vat(document: Row, booking: Row) -> Iterator[Sum]:
    """Say what is outstanding of an invoice whose lines say net and VAT, which stand above what would be computed."""
    told, sent = lines(document), booking["InvoiceLines"]
    yield from _each("net", [each["LineAmount"] for each in sent], [each.net for each in told])
    yield from _each("VAT", [each["LineVATAmount"] for each in sent], [each.vat for each in told])
    outstanding = sum(exact(each["LineAmount"]) + exact(each["LineVATAmount"]) for each in sent)
    yield "the invoice", outstanding, cents(document["TotalIncludingVat"])


def ledger_lines(document: Row, booking: Row) -> Iterator[Sum]:
    """Say what stands in the ledger: the customer's line, one of revenue for each line, and one of VAT for each group that has some.

    A line of VAT of nothing at all counts as none.
    """
    told, (customer, *others) = lines(document), booking["GLTransactions"]
    # The ledger rounds the sum of the lines; where the total lies a hair beside half a cent, that may be the cent on its other side.
    total, summed = fine(document["TotalIncludingVat"]), of_all(document, "TotalIncludingVat")
    is_near = 2 * abs(summed * CENT - total) <= CENT + 2 * HAIR
    yield "the invoice", exact(customer["Amount"]), summed if is_near else nearest(total, CENT)
    yield "the balance", sum(exact(each["Amount"]) for each in booking["GLTransactions"]), 0
    revenue, vat = others[: len(told)], [each for each in others[len(told) :] if each["Amount"] != 0]
    yield from _each("revenue", [each["Amount"] for each in revenue], [-each.net for each in told])
    taxed = {group: vat for group, vat in of_groups(document, "VatAmount").items() if vat != 0}
    bases = of_groups(document, "TotalExcludingVat")
    yield from _each("VAT of a group", [each["Amount"] for each in vat], [-each for each in taxed.values()])
    yield from _each("base of a group", [each["VatBaseAmount"] for each in vat], [bases[group] for group in taxed])
    yield "the turnover", exact(customer["TurnOverAmount"]), of_all(document, "TotalExcludingVat")
    yield "the base of the VAT", exact(customer["VatBaseAmount"]), of_all(document, "TotalExcludingVat")
    yield "the VAT", exact(customer["VatTaxAmount"]), of_all(document, "VatAmount")


# What stands there ----------------------------------------------------------------------------------------------------


def in_yuki(document: Row, invoice: Row) -> Iterator[Sum]:
    """Say what stands in Yuki of an invoice: each line, its percentage, the total, and what is owed."""
    told, there = lines(document), invoice["lines"]
    yield from _each("net", [each["net"] for each in there], [each.net for each in told])
    yield from _each("VAT", [each["vat"] for each in there], [each.vat for each in told])
    percentages = [each.percent * 100 for each in told if each.percent is not None]
    yield from _each("percentage", [each["percentage"] for each in there], percentages)
    yield "the invoice", exact(invoice["total"]), cents(document["TotalIncludingVat"])
    yield "what is owed", exact(invoice["open"]), cents(document["TotalIncludingVat"])


def in_winbooks(
    rates: Mapping[str, int], codes: Mapping[str, str], accounts: Mapping[str, str]
) -> Callable[[Row, Row], Iterator[Sum]]:
    """The ledger lines stand in WinBooks, each with the VAT code of its group, those of VAT on the account of it; and what is owed."""
    percentage = {code: rates[group] for group, code in codes.items()}

    def booked(document: Row, booking: Row) -> Iterator[Sum]:
        yield from ledger_lines(document, booking)
        _, *others = booking["GLTransactions"]
        told = lines(document)
        revenue, vat = others[: len(told)], others[len(told) :]
        yield from _each(
            "percentage",
            [percentage[each["Vat"]["Code"]] for each in revenue],
            [rates[each.group] * 100 for each in told],
        )
        taxed = [group for group, amount in of_groups(document, "VatAmount").items() if amount]
        for group, each in zip(taxed, (one for one in vat if one["Amount"]), strict=True):
            yield f"code and account of the VAT of {group}", int((each["Vat"]["Code"], each["GLAccount"]["Code"]) == (codes[group], accounts[group])), 1  # fmt: skip
        yield "what is owed", exact(booking["open"]), exact(booking["GLTransactions"][0]["Amount"])

    return booked


def in_eboekhouden(typed: str) -> Callable[[Row, Row], Iterator[Sum]]:
    """What stands in e-Boekhouden of an invoice: each line, the total, and what is owed; net or gross is what was typed."""

    def booked(document: Row, mutation: Row) -> Iterator[Sum]:
        told, there = lines(document), mutation["MutatieRegels"]
        for what, name in (("net", "BedragExclBTW"), ("vat", "BedragBTW"), ("gross", "BedragInclBTW"), (typed, "BedragInvoer")):  # fmt: skip
            yield from _each(f"{what} ({name})", [each[name] for each in there], [getattr(each, what) for each in told])
        yield "the invoice", sum(exact(each["BedragInclBTW"]) for each in there), cents(document["TotalIncludingVat"])
        yield "what is owed", exact(mutation["open"]), cents(document["TotalIncludingVat"])

    return booked
