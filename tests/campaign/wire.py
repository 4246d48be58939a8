"""Send invented invoices through a whole run, and look up in the books what came of them, as a person would.

A run goes from the CRM to the books over HTTP, both of them sandboxes on loopback. What stands there is held against `reckoned`:
the lines and the total to the cent, and what the customer owes. What is not there was refused before anything was sent, for a rule
of these books, and its line is named; or the books refused it, for a rule that only they can hold it to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random

import invented
import reckoned
from played import Played, named, places

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

import crm
import wb
from world import World, world

PORTION = 100
"""Invoices of one run; Yuki answers a thousand calls a day."""


@dataclass(frozen=True, slots=True)
class Office:
    """One system: how its customer is entered, what its rules are, and how a person looks at what is booked."""

    mapping: str
    rates: Mapping[str, int]
    """VAT group of the CRM → percentage of the code that belongs to it."""
    enter: Callable[[World], str]
    """Make a customer who is known on both sides, and give its id in the CRM."""
    faults: Sequence[reckoned.Faults]
    """Rules of these books that we know, and hold every invoice to before it is sent."""
    posts: str
    """What the system calls the request that books an invoice."""
    shown: Callable[[World], Mapping[str, reckoned.Row]]
    """Look at everything that is booked: number of an invoice → what stands there."""
    booked: Callable[[reckoned.Row, reckoned.Row], Iterator[reckoned.Sum]]
    theirs: Sequence[reckoned.Faults] = ()
    """Rules that only the books hold it to: they know which percentages a VAT code has on that day, and how they round."""
    refuses: str = ""
    """How such a refusal is told."""


def _known(module: str, enter: str) -> Callable[[World], str]:
    return lambda here: str(getattr(import_module(module), enter)(here))


def _over_rest(here: World) -> str:
    here.books.vat_per_row = (
        True  # of all lines of a rate together is another test's: there, a cent may fall on another line
    )
    return _known("eb", "known_customer")(here)


def _in_yuki(here: World) -> Mapping[str, reckoned.Row]:
    owed = here.books.outstanding()
    return {each["reference"]: {**each, "open": owed.get(each["reference"], 0)} for each in here.books.invoices()}


def _in_winbooks(here: World) -> Mapping[str, reckoned.Row]:
    owed = {each["Reference"]: each["Open"] for each in here.books.open_items()}
    numbered = {each["GLTransactions"][0]["Reference"]: each for each in here.books.bookings()}
    return {number: {**each, "open": owed.get(number, 0)} for number, each in numbered.items()}


def _in_eboekhouden(here: World) -> Mapping[str, reckoned.Row]:
    owed = {each["MutFactuur"]: each["Openstaand"] for each in here.books.open_items()}
    numbered = {each["Factuurnummer"]: each for each in here.books.mutations()}
    return {number: {**each, "open": owed.get(number, 0)} for number, each in numbered.items()}


DUTCH = {"NL21": 21, "NL9": 9, "NL0": 0}
BELGIAN = {"BE21": 21, "BE6": 6, "BE0": 0}
OFFICES: Mapping[str, Office] = {
    "e-Boekhouden over SOAP": Office(
        "tribe-eboekhouden",
        DUTCH,
        _known("eb", "known_customer"),
        (reckoned.adds_up_in_cents, reckoned.vat_is_a_cent_off_at_most),
        "AddMutatie",
        _in_eboekhouden,
        reckoned.in_eboekhouden("net"),
        (reckoned.percent_is_known(DUTCH), reckoned.vat_is_a_cent_from_the_exact),
        "e-Boekhouden refused it: De btw past niet bij het percentage",
    ),
    "e-Boekhouden over REST": Office(
        "tribe-eboekhouden-rest",
        DUTCH,
        _over_rest,
        (reckoned.adds_up_in_cents, reckoned.vat_lies_in_the_amount(DUTCH)),
        "mutation",
        _in_eboekhouden,
        reckoned.in_eboekhouden("gross"),
    ),
    "Yuki": Office(
        "tribe-yuki",
        DUTCH,
        _known("yk", "known_company"),
        (reckoned.adds_up_in_cents, reckoned.vat_is_a_cent_off_at_most),
        "ProcessSalesInvoices",
        _in_yuki,
        reckoned.in_yuki,
        (reckoned.percent_is_known(DUTCH),),
        "Yuki refused it: Sales tax code with percentage",
    ),
    "WinBooks": Office(
        "tribe-winbooks",
        BELGIAN,
        _known("wb", "known_customer"),
        (reckoned.adds_up_exactly, reckoned.vat_is_a_cent_off_at_most),
        "GLTransHeader",
        _in_winbooks,
        reckoned.in_winbooks(BELGIAN, wb.VAT_CODES, wb.VAT_ACCOUNTS),
    ),
}


# Playing --------------------------------------------------------------------------------------------------------------


def play(name: str, seed: int, first: int, count: int, into: Played) -> None:
    """Invent so many invoices from this number on, send them in one run, and hold what came of each against the oracle."""
    office = OFFICES[name]
    made = {
        str(number): invented.invoice(Random(f"{seed}/{name}/{number}"), office.rates)
        for number in range(first, first + count)
    }
    with world(mapping=office.mapping) as here:
        customer = office.enter(here)
        for number, (_, document) in made.items():
            enter(here, customer, number, document)
        here.run()
        posted, shown, told = _posted(here, office), office.shown(here), refusals(here)
        here.run()
        again = _posted(here, office)
    theirs = 0
    for number, (kind, document) in made.items():
        what = "sent" if number in shown else "refused"
        refused_there = _refused_there(office, told.get(number))
        theirs += refused_there
        into.counts.update(("lines",) * len(document["ProductLines"]))
        into.counts.update((what, f"{kind} {what}", *(("refused there",) * refused_there)))
        for fault in judge(office, document, shown.get(number), told.get(number)):
            into.broken.append(f"{name} over the wire, seed {seed}, invoice {number} ({kind}): {fault}\n{invented.shown(document)}")  # fmt: skip
    if (posted, again) != (len(shown) + theirs, 0):
        into.broken.append(f"{name} over the wire, seed {seed}, {count} invoices from {first}: {posted} were posted and then {again}; {len(shown)} are booked, and {theirs} were refused there")  # fmt: skip


def _refused_there(office: Office, told: tuple[str, str] | None) -> bool:
    return bool(office.theirs) and told is not None and told[0] == "failed" and told[1].startswith(office.refuses)


def _posted(here: World, office: Office) -> int:
    return sum(1 for each in here.books.calls if each.what == office.posts and each.method == "POST")


def enter(here: World, customer: str, number: str, document: reckoned.Row) -> None:
    """Let the CRM show an invoice with these amounts, whatever it would have computed itself."""
    lines = [
        crm.line(here, 0, each["Quantity"], each["VatGroup"]["ID"], Description=each["Description"])
        for each in document["ProductLines"]
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
    return {each.name: (each.state, each.reason) for entity, each in known if each.side == "tribe" and entity in ("invoice", "credit note")}  # fmt: skip


def judge(
    office: Office, document: reckoned.Row, shown: reckoned.Row | None, told: tuple[str, str] | None
) -> Iterator[str]:
    """Say what is wrong with what came of an invoice; nothing if it is right."""
    ours, theirs = ([place for each in rules for place in each(document)] for rules in (office.faults, office.theirs))
    if shown is not None:
        if ours or theirs:
            yield f"it is wrong at {places(ours + theirs)}, and was booked"
        else:
            sums = office.booked(document, shown)
            yield from (f"{what} is {found} cents and should be {wanted}" for what, found, wanted in sums if found != wanted)  # fmt: skip
    elif told is None:
        yield "it is not in the books, and nothing is said of it"
    elif ours:
        yield from named(*told, ours)
    elif not theirs or not _refused_there(office, told):
        yield f"it is right, and was refused: {told[1]}"
