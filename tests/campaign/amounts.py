"""Decide about invented invoices for every book-keeping system, and reckon again apart from the engine what must be booked.

    python tests/campaign/amounts.py --minutes 10 --seed 1
    python tests/campaign/amounts.py --books yuki --seed 1 --first 4711 --invoices 1
    python tests/campaign/amounts.py --over-the-wire --minutes 10 --seed 1

No system and no HTTP is needed: an invoice goes through the functions that make the document of a mapping, and what would be sent is
held against `reckoned`. What is sent is right to the cent on both sides; what is not sent breaks a rule of that system, and the line
is named. An invoice that fails is printed, with the seed and the number that make it again.

With `--over-the-wire` the invoices go through whole runs between sandboxes, and what stands in the books is judged; `wire` says how.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from random import Random
from typing import Any

import invented
import reckoned
from played import Played, named, places

from syncrules.journey import single
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.rules import EntityRules, compile_rules
from syncrules.language import spec

DUTCH = {"high": 21, "low": 9, "none": 0, "shifted": 0}
BELGIAN = {"high": 21, "middle": 12, "low": 6, "none": 0}
PORTION = 500
"""Invoices of one system before the next has its turn."""


@dataclass(frozen=True, slots=True)
class Books:
    """One system: how it is reached, and what its rules are."""

    mapping: str
    rates: Mapping[str, int]
    """VAT group → percentage of the code that belongs to it."""
    settings: Mapping[str, Any]
    faults: Sequence[Callable[[reckoned.Row], Iterator[int]]]
    booked: Callable[[reckoned.Row, reckoned.Row], Iterator[reckoned.Sum]]


BOOKS: Mapping[str, Books] = {
    "e-Boekhouden over SOAP": Books(
        "tribe-eboekhouden",
        DUTCH,
        {
            "VAT groups": {"high": "HOOG_VERK_21", "low": "LAAG_VERK_9", "none": "GEEN", "shifted": "VERL_VERK"},
            "default revenue account": "8000",
            "debtors account": "1300",
        },
        (reckoned.adds_up_in_cents, reckoned.vat_is_a_cent_off_at_most),
        reckoned.mutation_with_all_amounts,
    ),
    "e-Boekhouden over REST": Books(
        "tribe-eboekhouden-rest",
        DUTCH,
        {
            "VAT groups": {"high": "HOOG_VERK_21", "low": "LAAG_VERK_9", "none": "GEEN", "shifted": "VERL_VERK"},
            "default revenue account": 9_008_000,
            "debtors account": 9_001_300,
        },
        (reckoned.adds_up_in_cents, reckoned.vat_lies_in_the_amount(DUTCH)),
        reckoned.mutation_with_gross_amounts,
    ),
    "Yuki": Books(
        "tribe-yuki",
        DUTCH,
        {"VAT groups": {"high": 1, "low": 2, "none": 4, "shifted": 17}, "default revenue account": "80001"},
        (reckoned.adds_up_in_cents, reckoned.vat_is_a_cent_off_at_most),
        reckoned.lines_with_net_and_vat,
    ),
    "WinBooks": Books(
        "tribe-winbooks",
        BELGIAN,
        {
            "VAT groups": {"high": "21", "middle": "12", "low": "6", "none": "0"},
            "VAT accounts": dict.fromkeys(BELGIAN, "451000"),
            "kinds of VAT": dict.fromkeys(BELGIAN, "V03"),
            "default revenue account": "700000",
            "customers account": "400000",
            "suppliers account": "440000",
            "sales journal": "VERK",
            "credit note journal": "VCN",
            "currency": "EUR",
        },
        (reckoned.adds_up_exactly, reckoned.vat_is_a_cent_off_at_most),
        reckoned.ledger_lines,
    ),
}


@dataclass(slots=True)
class Customer:
    """One customer, who is linked; nothing else stands around an invoice."""

    settings: Mapping[str, Any]

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        return {"IsCustomer": True, "Country": "NL", "Type": "Company"}.get(field, "1")

    def choice(self, *_: Any) -> None:
        raise AssertionError("nothing is chosen")

    def known_by(self, *_: Any) -> None:
        raise AssertionError("nothing refers by a field")

    def beside(self, *_: Any) -> None:
        raise AssertionError("nothing stands beside an invoice")


loaded = cache(spec.load)


@cache
def rules_of(name: str, zone: tzinfo = UTC) -> tuple[Mapping[str, EntityRules], Circumstances, Mapping[str, Any]]:
    """Compile the mapping of a system, with answers to all that it asks."""
    books = BOOKS[name]
    settings = {"revenue accounts": {}, **books.settings}
    now = Circumstances(Customer(settings), lambda *_: True, False, lambda *_: "", lambda *_: None)
    return compile_rules(loaded(books.mapping), settings, zone).entities, now, settings


def decide(name: str, document: dict[str, Any], zone: tzinfo = UTC) -> Decision:
    """Let the engine decide about an invoice."""
    entities, now, settings = rules_of(name, zone)
    rules = entities["credit note" if document["IsCredit"] and "credit note" in entities else "invoice"]
    return single.decide(rules, "tribe", rules.view("tribe", document, settings), now)


def judge(name: str, document: dict[str, Any], decision: Decision) -> list[str]:
    """Say what is wrong with a decision; nothing if it is right."""
    books = BOOKS[name]
    wrong = [place for each in books.faults for place in each(document)]
    if not decision.actions:
        told = decision.judgements["tribe"]
        if not wrong:
            return [f"it is right, and was refused: {told.reason}"]
        return list(named(told.state, told.reason, wrong))
    if wrong:
        return [f"it is wrong at {places(wrong)}, and was sent"]
    sums = books.booked(document, decision.actions[0].changes)
    return [f"{what} is {booked} cents and should be {wanted}" for what, booked, wanted in sums if booked != wanted]


# Playing --------------------------------------------------------------------------------------------------------------


Play = Callable[[str, int, int, int, Played], None]


def play(name: str, seed: int, first: int, count: int, into: Played) -> None:
    """Invent so many invoices from this number on, and hold each decision against the oracle."""
    for number in range(first, first + count):
        kind, document = invented.invoice(Random(f"{seed}/{name}/{number}"), BOOKS[name].rates)
        decision = decide(name, document)
        what = "sent" if decision.actions else "refused"
        into.counts.update(("lines",) * len(document["ProductLines"]))
        into.counts.update((what, f"{kind} {what}"))
        for fault in judge(name, document, decision):
            into.broken.append(f"{name}, seed {seed}, invoice {number} ({kind}): {fault}\n{invented.shown(document)}")


def campaign(
    names: Sequence[str],
    seed: int,
    first: int,
    goes_on: Callable[[], bool],
    each_at_most: int,
    told: Callable[[int, int], None] = lambda *_: None,
    play: Play = play,
    portion: int = PORTION,
) -> dict[str, Played]:
    """Play portions of each system in turn, as long as time and numbers allow.

    Args:
        goes_on: whether another portion may begin.
        each_at_most: invoices of each system.
        told: hears after each round how many invoices were decided, and how many of them wrongly.
        play: plays a portion of one system, of so many invoices.
    """
    played = {name: Played() for name in names}
    while any(each.invoices < each_at_most for each in played.values()):
        for name, each in played.items():
            if not goes_on():
                return played
            play(name, seed, first + each.invoices, min(portion, each_at_most - each.invoices), each)
        told(sum(each.invoices for each in played.values()), sum(len(each.broken) for each in played.values()))
    return played


def table(played: Mapping[str, Played]) -> str:
    """Print what was decided."""
    kinds = [f"{kind} {what}" for kind in invented.KINDS for what in ("sent", "refused")]
    kinds += ["refused there"] * any(each.counts["refused there"] for each in played.values())
    lines = [f"| books | invoices | lines | {' | '.join(kinds)} | wrong |", f"| --- |{' ---: |' * (len(kinds) + 3)}"]
    for name, each in played.items():
        numbers = (each.invoices, each.counts["lines"], *(each.counts[kind] for kind in kinds), len(each.broken))
        lines.append(f"| {name} | {' | '.join(f'{one:,}' for one in numbers)} |")
    return "\n".join(lines)


def _how(*, over_the_wire: bool) -> tuple[Sequence[str], Play, int]:
    """Give the systems there are, what plays a portion of one, and how large that is."""
    if not over_the_wire:
        return list(BOOKS), play, PORTION
    import wire  # it starts sandboxes; whoever only decides needs none

    return list(wire.OFFICES), wire.play, wire.PORTION


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=1, help="number of the first invoice")
    parser.add_argument("--invoices", type=int, default=10**9, help="of each system, at most")
    parser.add_argument("--books", nargs="*", default=[], help="a part of their name; all if left out")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--over-the-wire", action="store_true", help="send them in whole runs, and look in the books")
    said = parser.parse_args()
    known, plays, portion = _how(over_the_wire=said.over_the_wire)
    names = [each for each in known if not said.books or any(one.lower() in each.lower() for one in said.books)]
    if not names:
        parser.error(f"--books: there are {', '.join(known)}")
    began = time.monotonic()

    def told(invoices: int, wrong: int) -> None:
        seconds = time.monotonic() - began
        print(f"\r{invoices:,} invoices in {seconds:,.0f} s, {wrong} wrongly", end="", file=sys.stderr, flush=True)

    ends = began + said.minutes * 60
    played = campaign(
        names, said.seed, said.first, lambda: time.monotonic() < ends, said.invoices, told, plays, portion
    )
    print(file=sys.stderr)
    seconds = time.monotonic() - began
    total, broken = (
        sum(each.invoices for each in played.values()),
        [one for each in played.values() for one in each.broken],
    )
    if said.json:
        rows = {name: {**each.counts, "wrong": len(each.broken)} for name, each in played.items()}
        print(json.dumps({"seed": said.seed, "first": said.first, "seconds": round(seconds, 1), "books": rows, "broken": broken}))  # fmt: skip
    else:
        print(table(played))
        print(f"\n{total:,} invoices in {seconds:,.0f} s, seed {said.seed}; {len(broken)} were decided wrongly.")
        for each in broken[:20]:
            print(f"\n{each}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
