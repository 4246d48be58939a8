"""e-Boekhouden over REST: what is as over SOAP, and what only REST can see or do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.journey import pair, rules, single
from syncrules.journey.action import Action
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.documents import broken
from syncrules.journey.rules import EntityRules
from syncrules.journey.surroundings import Value
from syncrules.language import spec
from syncrules.language.model import Row, Spec
from syncrules.memory.kept import Link
from syncrules.records import Record

SOAP, REST = spec.load("tribe-eboekhouden"), spec.load("tribe-eboekhouden-rest")
ANSWERS: dict[str, Any] = {
    "VAT groups": {"high": "HOOG_VERK_21", "low": "LAAG_VERK_9"},
    "revenue accounts": {"8000": 9008000},
    "default revenue account": 9008010,
    "debtors account": 9001300,
    "product group": "g1",
    "unit": "stuk",
}
RULES = rules.compile_rules(REST, ANSWERS)


class Around:
    """A connection whose questions were answered, and one customer that is linked."""

    settings: Mapping[str, Any] = ANSWERS

    def choice(self, side: str, resource: str, field: str, value: Any) -> Record:
        return {"ID": f"{resource} {value}", field: value}

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        return {"c1": "4100201", "i1": "318"}[id]

    def known_by(self, entities: Any, side: str, field: str, value: Any) -> str | None:
        raise AssertionError("nothing refers by a field")

    def beside(self, side: str, id: str) -> str | None:
        return "i1"


NOW = Circumstances(
    around=Around(),
    is_open=lambda *_: True,
    first=False,
    external_id=lambda side, id_: f"ours:{id_};",
    answer=lambda *_: None,
)
RELATION: Record = {"id": 4100201, "type": "B", "code": "10042", "name": "Bakkerij De Korenaar", "inactive": False}
PRODUCT: Record = {
    "id": 501,
    "code": "FTS-01",
    "description": "Stadsfiets blauw",
    "unit": {"id": 7, "singular": "stuk", "plural": "stuks"},
    "active": True,
    "purchasePriceExcl": Decimal("210.0"),
    "priceExcl": Decimal("350.0"),
    "vat": "HOOG_VERK_21",
}


def test_the_mapping_has_no_remark() -> None:
    assert REST.remarks == ()


# As over SOAP --------------------------------------------------------------------------------------------------------


def told(mapping: Spec) -> Iterator[tuple[str, Any]]:
    """Say all that a mapping says but for the names on the side of the books: entity by entity, row by row."""
    yield "settings", [(each.name, each.ask, each.suggest and True, each.missing) for each in mapping.settings.values()]
    yield "questions", [each.name for each in mapping.preflights]
    yield "not synchronised", mapping.not_synchronised
    for name, each in mapping.entities.items():
        plain = replace(each, sources={"tribe": each.sources["tribe"]}, rows=(), checks=(), tiers=())
        yield name, plain
        yield f"{name} is found by", [(tier.kind, tier.rows) for tier in each.tiers]
        yield f"{name} has", [(row.name, row.sides.get("tribe"), _rest_of(row)) for row in each.rows]
        yield f"{name} is checked for", [check.name for check in each.checks]


def _rest_of(row: Row) -> Row:
    plain = replace(row, sides={}, lines=(), unfit="report")  # what is refused over REST may be left out there
    return replace(plain, lossy="") if row.lines else plain  # and the VAT of lines is computed there


def test_over_rest_everything_is_said_that_is_said_over_soap() -> None:
    assert dict(told(REST)) == dict(told(SOAP))


def test_the_lines_of_an_invoice_hold_what_rest_asks_for() -> None:
    rows = {
        each.name: [
            row.name for entity_row in each.entities["invoice"].rows for lines in entity_row.lines for row in lines.rows
        ]
        for each in (SOAP, REST)
    }
    computed = {"Amount as typed", "Amount excluding VAT", "VAT amount"}

    assert rows["tribe-eboekhouden-rest"] == [
        *(each for each in rows["tribe-eboekhouden"] if each not in computed),
        "Description",
    ]


# Only REST can see whether a relation is in use ---------------------------------------------------------------------


def seen(entity: str, record: Record) -> tuple[EntityRules, Any]:
    of = RULES.entities[entity]
    return of, of.view("eboekhouden", record, ANSWERS)


def alone(entity: str, record: Record) -> Decision:
    """Decide about a record of the books that has no counterpart yet."""
    of, view = seen(entity, record)
    return single.decide(of, "eboekhouden", view, NOW)


def linked(entity: str, before: Record, after: Record, there: Record) -> list[Action]:
    """Decide about a pair in which the books changed; there: the record in Tribe."""
    of, view = seen(entity, after)
    _, was = seen(entity, before)
    tribe = of.view("tribe", there, ANSWERS)
    link = Link(
        1,
        entity,
        {"tribe": tribe.id, "eboekhouden": view.id},
        {"tribe": dict(tribe.values), "eboekhouden": dict(was.values)},
        {"tribe": tribe.active, "eboekhouden": was.active},
        {},
    )
    made = pair.decide(of, link, {"tribe": tribe, "eboekhouden": view}, NOW)
    return [each for each in made.actions if each.writes]


@pytest.mark.declares("EB-06")
@pytest.mark.parametrize(("entity", "kind"), [("organisation", "B"), ("person", "P")])
def test_a_relation_that_is_not_in_use_is_not_imported(entity: str, kind: str) -> None:
    out, into = (alone(entity, {**RELATION, "type": kind, "inactive": each}) for each in (True, False))

    assert (out.actions, out.judgements["eboekhouden"].state) == ([], "excluded")
    assert out.judgements["eboekhouden"].reason == "not in use in e-Boekhouden"
    assert [each.verb for each in into.actions] == ["create"]


@pytest.mark.parametrize("said", [{"inactive": None}, {}])
def test_a_relation_that_says_nothing_of_it_is_in_use(said: Record) -> None:
    record = {name: value for name, value in RELATION.items() if name != "inactive"} | said

    assert [each.verb for each in alone("organisation", record).actions] == ["create"]


TRIBE_CUSTOMER: Record = {
    "ID": "c1",
    "ImportId": "ours:4100201;",
    "IsFormer": False,
    "Organization": {"ID": "o1", "Name": "Bakkerij De Korenaar", "DebtorNumber": "10042"},
}


@pytest.mark.declares("EB-16")
def test_a_relation_that_is_taken_out_of_use_stays_active_in_tribe_and_still_follows() -> None:
    off = {**RELATION, "inactive": True}
    moved = {**off, "phoneNumber": "030-1234567"}

    assert linked("organisation", RELATION, off, TRIBE_CUSTOMER) == []
    assert [(each.verb, each.changes) for each in linked("organisation", RELATION, moved, _with_phone(None))] == [
        ("update", {"Organization": {"PhoneNumber": "030-1234567"}})
    ]


def _with_phone(number: Value) -> Record:
    return {**TRIBE_CUSTOMER, "Organization": {**TRIBE_CUSTOMER["Organization"], "PhoneNumber": number}}


TRIBE_PRODUCT: Record = {
    "ID": "p1",
    "ImportId": "ours:501;",
    "Code": "FTS-01",
    "Name": "Stadsfiets blauw",
    "IsInactive": False,
    "Unit": {"ID": "u1", "Name": "stuk"},
    "PurchasePrice": Decimal(210),
    "SalesPrice": Decimal(350),
    "VatGroup": {"ID": "high"},
}


@pytest.mark.declares("EB-17")
def test_a_product_that_is_taken_out_of_use_becomes_inactive_and_comes_back() -> None:
    off = {**PRODUCT, "active": False}

    assert [(each.verb, each.changes) for each in linked("product", PRODUCT, off, TRIBE_PRODUCT)] == [
        ("deactivate", {"IsInactive": True})
    ]
    inactive = {**TRIBE_PRODUCT, "IsInactive": True}
    assert [(each.verb, each.changes) for each in linked("product", off, PRODUCT, inactive)] == [
        ("reactivate", {"IsInactive": False})
    ]
    assert REST.entities["product"].rhythms["eboekhouden"]["deactivated"].every.total_seconds() < 3600


def test_a_product_comes_with_the_name_of_its_unit() -> None:
    (made,) = alone("product", PRODUCT).actions
    (bare,) = alone("product", {**PRODUCT, "unit": None}).actions

    assert (made.changes["Unit"]["Name"], bare.changes["Unit"]["Name"]) == ("stuk", ANSWERS["unit"])
    assert (made.changes["VatGroup"], made.changes["SalesPrice"]) == ({"ID": "high"}, Decimal(350))


# An invoice, worked out by hand -------------------------------------------------------------------------------------


def line(group: str, net: str, vat: str, account: str | None = None) -> Record:
    ledger = {"ID": f"ledger {account}", "Code": account} if account else None
    return {
        "Description": f"Work at the {group} rate",
        "VatGroup": {"ID": group},
        "VatPercentage": Decimal(21 if group == "high" else 9),
        "TotalExcludingVat": Decimal(net),
        "VatAmount": Decimal(vat),
        "TotalIncludingVat": Decimal(net) + Decimal(vat),
        "Product": {"ID": "p", "GeneralLedgerAccount": ledger},
    }


def invoice(*lines: Record) -> Record:
    return {
        "ID": "i1",
        "Number": "2026-0017",
        "Subject": "March",
        "Currency": "EUR",
        "Phase": {"ID": "s", "Code": "Sent"},
        "InvoiceDate": "2026-03-02T00:00:00Z",
        "ExpirationDate": None,
        "PaymentTermInDays": 14,
        "ImportId": None,
        "Relationship": {"ID": "c1"},
        "TotalIncludingVat": sum(each["TotalIncludingVat"] for each in lines),
        "ProductLines": list(lines),
    }


def sent(document: Record) -> Decision:
    of = RULES.entities["invoice"]
    return single.decide(of, "tribe", of.view("tribe", document, ANSWERS), NOW)


@pytest.mark.declares("EB-20")
@pytest.mark.declares("EB-12")
def test_a_sent_invoice_is_posted_with_all_its_lines_and_what_the_customer_owes() -> None:
    (made,) = sent(invoice(line("high", "350.00", "73.50", "8000"), line("low", "-10.00", "-0.90"))).actions

    assert made.changes == {
        "type": 2,
        "inExVat": "IN",
        "ledgerId": 9001300,
        "date": "2026-03-02",
        "relationId": 4100201,
        "invoiceNumber": "2026-0017",
        "description": "March",
        "termOfPayment": 14,
        "rows": [
            {
                "amount": Decimal("423.50"),
                "vatCode": "HOOG_VERK_21",
                "ledgerId": 9008000,
                "description": "Work at the high rate",
            },
            {
                "amount": Decimal("-10.90"),
                "vatCode": "LAAG_VERK_9",
                "ledgerId": 9008010,
                "description": "Work at the low rate",
            },
        ],
    }


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([{**line("high", "100.00", "21.00"), "TotalIncludingVat": Decimal("121.01")}], "each line adds up"),
        ([line("high", "100.00", "9.00")], "the VAT fits its percentage"),
    ],
)
def test_an_invoice_that_does_not_add_up_is_not_sent(lines: list[Record], why: str) -> None:
    made = sent(invoice(*lines))

    assert made.actions == []
    assert made.judgements["tribe"].reason.startswith(why)


def test_the_checks_look_at_what_is_there() -> None:
    document = invoice(line("high", "100.00", "21.00"))

    assert broken(RULES.entities["invoice"], {"tribe": document, "eboekhouden": {}}) == ""


@given(st.integers(-(10**9), 10**9), st.sampled_from([21, 9, 0]))
def test_from_the_amount_with_vat_the_same_vat_comes_out_again(cents: int, percent: int) -> None:
    """What e-Boekhouden computes of a line from the amount that we send is what stands on the invoice, to the cent."""
    net = Decimal(cents) / 100
    vat = (net * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)

    assert ((net + vat) * percent / (100 + percent)).quantize(Decimal("0.01"), ROUND_HALF_UP) == vat
