"""What is booked over REST is what stands on the invoice, to the cent; or the invoice is not sent, and its line is named.

Invoices as Tribe may show them are decided about, posted by the transport, and looked up in the books. e-Boekhouden computes the
VAT itself: of each line, or of all lines of a rate together, as the administration is set up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import eb_rest
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from world import EMPTY, Clock

from syncrules import provider
from syncrules.http import Http
from syncrules.journey import single
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.rules import EntityRules, compile_rules
from syncrules.journey.surroundings import Surroundings
from syncrules.language import spec

pytestmark = pytest.mark.over("rest", because="over SOAP a connection sends the VAT itself")

CENT = Decimal("0.01")
CODES = {"high": "HOOG_VERK_21", "low": "LAAG_VERK_9", "none": "GEEN", "shifted": "VERL_VERK"}
RATES = {"high": 21, "low": 9, "none": 0, "shifted": 0}
ACCOUNT = eb_rest.BOOKS.account
ANSWERS: Mapping[str, Any] = {
    "VAT groups": CODES,
    "revenue accounts": {},
    "default revenue account": ACCOUNT("8000"),
    "debtors account": ACCOUNT("1300"),
    "product group": "g",
    "unit": "stuk",
}
NUMBERS = count(1)


@dataclass
class Customer(Surroundings):
    """One customer, who is linked."""

    id: str
    settings: Mapping[str, Any] = field(default_factory=lambda: ANSWERS)

    def across(self, *_: Any) -> str:
        return self.id

    def choice(self, *_: Any) -> None:
        raise AssertionError("nothing is chosen")

    def known_by(self, *_: Any) -> None:
        raise AssertionError("nothing refers by a field")

    def beside(self, *_: Any) -> None:
        raise AssertionError("nothing stands beside an invoice")


@dataclass
class Office:
    """Books, a way to them, and a customer in them."""

    books: Any
    transport: Any
    rules: EntityRules
    now: Circumstances

    def decide(self, invoice: dict[str, Any]) -> Decision:
        return single.decide(self.rules, "tribe", self.rules.view("tribe", invoice, ANSWERS), self.now)

    def book(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Post an invoice, and give what then stands in the books."""
        made = self.transport.create("mutations", changes)
        return dict(self.books.mutation(MutatieNr=made["id"]))


@pytest.fixture(scope="module", params=[True, False], ids=["each line", "each rate"])
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """An administration that computes VAT of each line, or of each rate."""
    loaded = spec.load("tribe-eboekhouden-rest")
    installed = provider.find("eboekhouden-rest")
    with eb_rest.BOOKS.sandbox(EMPTY, vat_per_row=request.param) as books:
        relation = books.add_relation(Code="10042", Bedrijf="Bakkerij De Korst")
        now = Circumstances(Customer(str(relation)), lambda *_: True, False, lambda *_: "", lambda *_: None)
        rules = compile_rules(loaded, ANSWERS).entities["invoice"]
        with closing(Http("e-Boekhouden", Clock())) as http:
            yield Office(books, installed.make(installed.manifest, books.answers, http), rules, now)


# Invoices as Tribe may show them --------------------------------------------------------------------------------------


def line(group: str, cents: int, rounding: str, vat_included: bool, hair: str) -> dict[str, Any]:
    """Make a line as a system does that rounds in one of the usual ways, and computes in binary."""
    rate = Decimal(RATES[group])
    typed = Decimal(cents) / 100
    if vat_included:
        gross = typed
        net = (typed * 100 / (100 + rate)).quantize(CENT, rounding)
    else:
        net = typed
        gross = typed + (typed * rate / 100).quantize(CENT, rounding)
    amounts = {"TotalExcludingVat": net, "VatAmount": gross - net, "TotalIncludingVat": gross}
    told = {name: amount + Decimal(hair) for name, amount in amounts.items()}
    return {"Description": "Werk", "VatGroup": {"ID": group}, "VatPercentage": rate, "Product": None, **told}


LINES = st.builds(
    line,
    st.sampled_from(sorted(RATES)),
    st.integers(-(10**7), 10**7) | st.integers(-30, 30),
    st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN]),
    st.booleans(),
    st.sampled_from(["0", "0", "1E-12", "-1E-12"]),
)
VALID = st.lists(LINES, min_size=1, max_size=8)


def invoice(lines: list[dict[str, Any]], off: Decimal = Decimal(0)) -> dict[str, Any]:
    number = f"2026-{next(NUMBERS)}"
    return {
        "ID": number,
        "Number": number,
        "Subject": None,
        "Currency": "EUR",
        "Phase": {"ID": "s", "Code": "Sent"},
        "InvoiceDate": "2026-03-02T00:00:00Z",
        "ExpirationDate": None,
        "PaymentTermInDays": 14,
        "ImportId": None,
        "Relationship": {"ID": "c1"},
        "ProductLines": lines,
        "TotalIncludingVat": sum(each["TotalIncludingVat"] for each in lines) + off,
    }


def cents(amount: Any) -> Decimal:
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)


def is_booked_as_it_stands(office: Office, document: dict[str, Any], mutation: Mapping[str, Any]) -> None:
    """Hold what stands in the books against what stands on the invoice."""
    lines, booked = document["ProductLines"], mutation["MutatieRegels"]
    assert [each["BedragInclBTW"] for each in booked] == [cents(each["TotalIncludingVat"]) for each in lines]
    assert sum(each["BedragInclBTW"] for each in booked) == cents(document["TotalIncludingVat"])
    assert [each["BTWPercentage"] for each in booked] == [each["VatPercentage"] for each in lines]
    for code in {each["BTWCode"] for each in booked}:
        pairs = [(one, each) for one, each in zip(booked, lines, strict=True) if one["BTWCode"] == code]
        off = sum((one["BedragBTW"] - cents(each["VatAmount"]) for one, each in pairs), Decimal(0))
        # From the sum of a rate it is half a cent for each line at most, and half for the rounding of the sum.
        assert abs(off) <= (0 if office.books.vat_per_row else CENT / 2 * (len(pairs) + 1))
    if office.books.vat_per_row:
        assert [each["BedragBTW"] for each in booked] == [cents(each["VatAmount"]) for each in lines]
        assert [each["BedragExclBTW"] for each in booked] == [cents(each["TotalExcludingVat"]) for each in lines]


CALM = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.requirement("X-06")
@pytest.mark.requirement("EB-20")
@CALM
@given(lines=VALID)
def test_a_valid_invoice_is_sent_and_booked_to_the_cent(office: Office, lines: list[dict[str, Any]]) -> None:
    document = invoice(lines)
    decision = office.decide(document)

    assert decision.judgements == {}
    (made,) = decision.actions
    is_booked_as_it_stands(office, document, office.book(made.changes))


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """Draw an invoice that is wrong somewhere, and the number of the line where; 0 for the whole."""
    lines = draw(VALID)
    at = draw(st.integers(0, len(lines) - 1))
    wrong = draw(st.sampled_from([-5, -2, -1, 1, 2, 5])) * CENT
    match draw(st.sampled_from(["VAT", "total of the line", "percentage", "code", "total"])):
        case "VAT":
            lines[at] = {
                **lines[at],
                "VatAmount": lines[at]["VatAmount"] + wrong,
                "TotalIncludingVat": lines[at]["TotalIncludingVat"] + wrong,
            }
        case "total of the line":
            lines[at] = {**lines[at], "TotalIncludingVat": lines[at]["TotalIncludingVat"] + wrong}
        case "percentage":
            lines[at] = {**lines[at], "VatPercentage": draw(st.sampled_from([6, 9, 12, 19, 21, None]))}
        case "code":
            lines[at] = {**lines[at], "VatGroup": {"ID": draw(st.sampled_from(sorted(RATES)))}}
        case _:
            return invoice(lines, off=wrong), 0
    return invoice(lines), at + 1


@pytest.mark.requirement("X-06")
@pytest.mark.requirement("EB-20")
@CALM
@given(spoilt())
def test_a_spoilt_invoice_is_not_sent_and_its_line_is_named_or_it_makes_no_difference(
    office: Office, drawn: tuple[dict[str, Any], int]
) -> None:
    document, at = drawn
    decision = office.decide(document)
    event(f"sent: {bool(decision.actions)}")

    if decision.actions:
        is_booked_as_it_stands(office, document, office.book(decision.actions[0].changes))
    else:
        told = decision.judgements["tribe"]
        assert told.state == "failed"
        assert (f"line {at}:" if at else "the lines make the invoice: ") in told.reason
        assert "nothing of it was sent" in told.cure


@pytest.mark.requirement("X-06")
@pytest.mark.requirement("EB-20")
@pytest.mark.parametrize(("group", "code"), [("high", "LAAG_VERK_9"), ("low", "GEEN"), ("high", "AFW_VERK")])
def test_a_vat_code_of_another_percentage_is_caught_before_anything_is_sent(
    office: Office, group: str, code: str
) -> None:
    good = line("none", 100, ROUND_HALF_UP, False, "0")
    wrong = line(group, 10_000, ROUND_HALF_UP, False, "0")
    answers = {**ANSWERS, "VAT groups": {**CODES, group: code}}
    rules = compile_rules(spec.load("tribe-eboekhouden-rest"), answers).entities["invoice"]
    now = Circumstances(Customer("1", answers), lambda *_: True, False, lambda *_: "", lambda *_: None)
    decision = single.decide(rules, "tribe", rules.view("tribe", invoice([good, wrong]), answers), now)

    assert decision.actions == []
    assert decision.judgements["tribe"].reason.startswith(
        f"line 2: VAT percentage is not the same: Tribe CRM has '{RATES[group]}' and e-Boekhouden has "
    )
