"""Send invented invoices through a whole run, and look up in the books what came of them, as a person would.

A run goes from the CRM to the books over HTTP, both of them sandboxes on loopback. What stands there is held against `reckoned`:
the lines and the total to the cent, and what the customer owes. What is not there was refused before anything was sent, for a rule
of these books, and its line is named.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import invented
import reckoned

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

import crm
from world import World, world

PORTION = 100
"""Invoices of one run at most; Yuki answers a thousand calls a day."""
CODE = "10042"
"""By what number the one customer is known."""


@dataclass(frozen=True, slots=True)
class Office:
    """One system: how its customer is entered, what its rules are, and how a person looks at what is booked."""

    mapping: str
    rates: Mapping[str, int]
    """VAT group of the CRM → percentage of the code that belongs to it."""
    enter: Callable[[World], str]
    """Make a customer who is known on both sides, and give its id in the CRM."""
    faults: Sequence[Callable[[reckoned.Row], Iterator[int]]]
    posts: str
    """What the system calls the request that books an invoice."""
    shown: Callable[[World], Mapping[str, reckoned.Row]]
    """Look at everything that is booked: number of an invoice → what stands there."""
    booked: Callable[[reckoned.Row, reckoned.Row], Iterator[reckoned.Sum]]


def _korst(module: str, name: str) -> Callable[[World], str]:
    def enter(here: World) -> str:
        return str(getattr(import_module(module), name)(here))

    return enter


def _in_yuki(here: World) -> Mapping[str, reckoned.Row]:
    owed = here.books.outstanding()
    return {each["reference"]: {**each, "open": owed.get(each["reference"], 0)} for each in here.books.invoices()}


def _in_winbooks(here: World) -> Mapping[str, reckoned.Row]:
    owed = {each["Reference"]: each["Open"] for each in here.books.open_items()}
    numbered = {each["GLTransactions"][0]["Reference"]: each for each in here.books.bookings()}
    return {number: {**each, "open": owed.get(number, 0)} for number, each in numbered.items()}


def _in_eboekhouden(here: World) -> Mapping[str, reckoned.Row]:
    owed = {each["Factuurnummer"]: each["open"] for each in here.books.open_items()}
    numbered = {each["Factuurnummer"]: each for each in here.books.mutations()}
    return {number: {**each, "open": owed.get(number, 0)} for number, each in numbered.items()}


DUTCH = {"NL21": 21, "NL9": 9, "NL0": 0}
OFFICES: Mapping[str, Office] = {
    "Yuki": Office(
        "tribe-yuki",
        DUTCH,
        _korst("yk", "known_company"),
        (reckoned.adds_up_in_cents, reckoned.vat_is_a_cent_off_at_most),
        "ProcessSalesInvoices",
        _in_yuki,
        reckoned.in_yuki,
    ),
    "WinBooks": Office(
        "tribe-winbooks",
        {"BE21": 21, "BE6": 6, "BE0": 0},
        _korst("wb", "known_customer"),
        (reckoned.adds_up_exactly, reckoned.vat_is_a_cent_off_at_most),
        "GLTransHeader",
        _in_winbooks,
        reckoned.in_winbooks,
    ),
}


def play(name: str, seed: int, first: int, count: int) -> tuple[list[tuple[str, str, int]], list[str]]:
    """Invent so many invoices, send them in one run, and say of each its kind, what came of it and its lines; and what is wrong."""
    office = OFFICES[name]
    made = {number: invented.invoice(Random(f"{seed}/{name}/{number}"), office.rates) for number in range(first, first + count)}  # fmt: skip
    with world(mapping=office.mapping) as here:
        customer = office.enter(here)
        for number, (_, document) in made.items():
            enter(here, customer, str(number), document)
        here.run()
        posted = sum(1 for each in here.books.calls if each.what == office.posts and each.method == "POST")
        shown, told = office.shown(here), refusals(here)
    came = [(kind, "sent" if str(number) in shown else "refused", len(document["ProductLines"])) for number, (kind, document) in made.items()]  # fmt: skip
    broken = [
        f"{name} over the wire, seed {seed}, invoice {number} ({kind}): {fault}"
        for number, (kind, document) in made.items()
        for fault in judge(office, document, shown.get(str(number)), told.get(str(number)))
    ]
    if posted != len(shown):
        broken.append(f"{name} over the wire, seed {seed}, from invoice {first}: {posted} were posted and {len(shown)} stand in the books")  # fmt: skip
    return came, broken


def enter(here: World, customer: str, number: str, document: reckoned.Row) -> None:
    """Let the CRM show an invoice with these amounts, whatever it would have computed itself."""
    groups = [{"VatGroup": crm.vat_group(here, each["VatGroup"]["ID"])} for each in document["ProductLines"]]
    lines = [
        {"Description": each["Description"], "Quantity": each["Quantity"], "Price": 0, **group}
        for each, group in zip(document["ProductLines"], groups, strict=True)
    ]
    made = crm.draft(here, customer, *lines, Number=number, InvoiceDate=document["InvoiceDate"])
    here.crm.send_invoice(made)
    with here.crm.lock:
        tenant = here.crm._tenant
        for key, each in zip(tenant._lines(made), document["ProductLines"], strict=True):
            amounts = {name: each[name] for name in invented.AMOUNTS}
            also = {f"{name}InCurrency": amount for name, amount in amounts.items()}
            tenant._set(key, **amounts, **also, VatPercentage=each["VatPercentage"])
        tenant._set(made, TotalIncludingVat=document["TotalIncludingVat"])


def refusals(here: World) -> Mapping[str, tuple[str, str]]:
    """Tell of each invoice that is not in sync its state and the reason."""
    known = here.memory.records(states=("pending", "waiting", "failed", "excluded"))
    return {each.name: (each.state, each.reason) for _, each in known if each.side == "tribe"}


def judge(
    office: Office, document: reckoned.Row, shown: reckoned.Row | None, told: tuple[str, str] | None
) -> Iterator[str]:
    """Say what is wrong with what came of an invoice; nothing if it is right."""
    wrong = [place for each in office.faults for place in each(document)]
    if shown is not None:
        if wrong:
            yield f"it is wrong at {reckoned.places(wrong)}, and was booked"
        else:
            sums = office.booked(document, shown)
            yield from (f"{what} is {found} cents and should be {wanted}" for what, found, wanted in sums if found != wanted)  # fmt: skip
    elif told is None:
        yield "it is not in the books, and nothing is said of it"
    elif not wrong:
        yield f"it is right, and was refused: {told[1]}"
    else:
        yield from reckoned.named(*told, wrong)
