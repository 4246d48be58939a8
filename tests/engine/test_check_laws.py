"""Each law can fail: what is wrong with a mapping, or with the engine, is found at its line, with a plain story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from lawful_world import LAWFUL, checked, load, with_row

from syncrules.check.checking import Finding, Part
from syncrules.check.laws import LAWS
from syncrules.journey import leaving, lines, making, pair, places, policy, single
from syncrules.journey.decision import Decision, Judgement
from syncrules.language import spec
from syncrules.vocabulary.operators import OPERATORS

SHOWN: set[str] = set()
"""The laws of which it was shown that they can fail."""


def found(parts: list[Part]) -> list[Finding]:
    return [finding for part in parts for finding in part.findings]


def laws(parts: list[Part]) -> set[str]:
    broken = {each.law for each in found(parts)}
    SHOWN.update(broken)
    return broken


def test_a_lawful_mapping_breaks_no_law() -> None:
    parts = checked(load(LAWFUL), examples=40)

    assert found(parts) == []
    assert [each.remarks for each in parts if each.name == "client/Name"] == [[]]
    assert sum(each.cases for each in parts) > 1000


# What somebody may write ---------------------------------------------------------------------------------------------

FAULTY_ROWS = [
    ("Note: {stall: Note, tome: Short}", "fits", "takes 50 characters"),
    ("Rate: {stall: Rate, tome: Whole, to: tome}", "fits", "Whole keeps 0 decimals"),
    ("Note: {stall: Note, tome: Other, to: tome}", "fits", "Other mail is not an email address"),
    ("Note: {stall: Note, tome: Date, to: tome}", "fits", "Date is not a day"),
    ("Since: {stall: Since, tome: Day, to: tome}", "fits", "Day is not a day"),
    ("Count: {stall: Count, tome: Visits}", "fits", "Visits is below 0"),
    ("Note: {stall: Note, tome: Tiny, too_long: cut}", "there and back", "Written back it would be 'Bakk'."),
    ("Limit: {stall: Limit, tome: Limit, empty: {value: 0}}", "there and back", "Limit nothing"),
    ("Limit: {stall: Limit, tome: Short}", "there and back", "Limit"),
    ("Kind: {stall: Kind, tome: Sort, values: [{stall: B, tome: C}, {stall: P, tome: H}]}", "whole table", "'X'"),
    ("Kind: {stall: Kind, tome: Kind}", "whole table", "does not take 'X'"),
    (
        "Kind: {stall: Kind, tome: Sort, unknown: {value: C}, values: [{stall: B, tome: C}, {stall: P, tome: H}]}",
        "there and back",
        "Kind 'X'",
    ),
    (
        "Kind: {stall: Kind, tome: Sort, unknown: empty, values: [{stall: B, tome: C}, {stall: P, tome: H}]}",
        "there and back",
        "Written back it would be nothing",
    ),
    ("Member: {stall: Member, tome: Joined, values: [{stall: true, tome: J}]}", "whole table", "can be no"),
]


@pytest.mark.parametrize(("row", "law", "says"), FAULTY_ROWS, ids=[f"{law}: {row}" for row, law, _ in FAULTY_ROWS])
def test_a_faulty_row_is_found_at_its_line_with_a_plain_story(row: str, law: str, says: str) -> None:
    text, name = with_row(row), row.partition(":")[0]

    parts = checked(load(text), only=f"client/{name}", examples=60)

    assert law in laws(parts)
    (first, *_) = [each for each in found(parts) if each.law == law and says in " ".join(each.story)]
    assert first.place == f"mapping.yaml:{text.splitlines().index(f'      {row}') + 1}:7"
    assert len(first.differs) <= 3


def test_a_loss_that_never_happens_is_remarked_on() -> None:
    (part,) = checked(
        load(with_row("Phone: {stall: Phone, tome: Phone, as: phone, lossy: Nothing.}")), "client/Phone", 40
    )

    assert part.findings == []
    assert [each.says.partition(";")[0] for each in part.remarks] == ["The mapping says that something may be lost (lossy:)"]  # fmt: skip


def test_what_the_mapping_says_of_a_long_text_is_enough() -> None:
    for word in ("too_long: report", "unfit: leave_out"):
        (part,) = checked(load(with_row(f"Note: {{stall: Note, tome: Short, {word}}}")), "client/Note", 40)

        assert part.findings == []


# What may go wrong in the engine -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Something of the engine that is broken by hand, and the law that must notice."""

    says: str
    law: str
    only: str
    breaks: Callable[[pytest.MonkeyPatch], None]
    mapping: str = ""


def operator(name: str, **otherwise: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Let an operator do something else."""
    return lambda patch: patch.setitem(OPERATORS, name, replace(OPERATORS[name], **otherwise))


def instead(home: Any, name: str, by: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(home, name, by)


def _fails(value: Any, _: Any) -> Any:
    if value == "007":
        raise KeyError(value)
    return value


def _minus_without_cents(value: Any, _: Any) -> Any:
    return None if value is None else -Decimal(value).to_integral_value()


def _one_more(value: Any, _: Any) -> Any:
    return None if value is None else f"{value}1"[:50]


def _grows(value: Any, _: Any) -> Any:
    return None if value is None else f"{value}."


def _raw(value: Any, _: Any) -> Any:
    return value


def _first_half(value: Any, _: Any) -> Any:
    return None if value is None else str(value)[: len(str(value)) // 2]


def _too_long(self: Any, value: Any, too_long: str) -> Any:
    return f"{value}{'x' * 60}" if isinstance(value, str) and self.path == "Phone" else value


def _not_there(self: Any, changes: Any, value: Any, too_long: str, around: Any, side: str) -> None:
    changes["Id"] = value


def _backwards(self: Any, row: Any, each: Any, source: str, target: str) -> None:
    self._both_ways(row, each)


def _silent(*_: Any, **__: Any) -> Decision:
    return Decision()


def _crash(*_: Any, **__: Any) -> Decision:
    raise RuntimeError("no such thing")


_decide = pair.decide
_made = making.made
_make = lines.LineRules.make
_actions = single._create


def _twice(*given: Any, **more: Any) -> Decision:
    decided = _decide(*given, **more)
    return Decision([*decided.actions, *[each for each in decided.actions if each.writes]], decided.judgements)


def _and_waits(*given: Any, **more: Any) -> Decision:
    decided = _decide(*given, **more)
    return Decision(decided.actions, {"stall": Judgement("waiting", "because")})


def _always_creates(rules: Any, side: str, view: Any, now: Any, attach: Any = "") -> Decision:
    return _actions(rules, side, view, now, attach)


def _without_last(self: Any, record: Any, around: Any) -> Any:
    return _make(self, record, around)[:-1]


def _with_a_cent(self: Any, record: Any, around: Any) -> Any:
    made = _make(self, record, around)
    for each in made[-1:]:
        each["Amount"] = each["Amount"] + Decimal("0.01")
    return made


def _no_reason(*given: Any, **more: Any) -> Any:
    made = _made(*given, **more)
    return Judgement("failed", "no") if isinstance(made, Judgement) else made


def _refuses(*_: Any, **__: Any) -> Any:
    return Judgement("failed", "line 1: not today")


BOOKING = "tribe-winbooks"

FAULTS = [
    Fault("an operator breaks down", "total", "client/Phone", operator("phone", forth=_fails)),
    Fault("a normal form breaks down", "total", "client/Phone", operator("phone", key=_fails)),
    Fault("a sign is turned and the cents are lost", "there and back", "client/Limit", operator("negated", back=_minus_without_cents)),
    Fault("a digit is added on the way back", "there and back", "client/Phone", operator("phone", back=_one_more)),
    Fault("a normal form grows", "settled", "client/Phone", operator("phone", key=_grows)),
    Fault("a normal form forgets half", "other value", "client/Chamber", operator("coc_number", key=_first_half)),
    Fault("everything has one key", "other value", "client/Phone", operator("phone", key=lambda *_: "one")),
    Fault("a phone number is compared as it is written", "same spelling", "client/Phone", operator("phone", key=_raw)),
    Fault("capitals count in an address", "same spelling", "client/Email", operator("email", key=_raw)),
    Fault("blanks count in a number", "same spelling", "client/Chamber", operator("coc_number", key=_raw)),
    Fault("a long text is not measured", "fits", "client/Phone", instead(places.Place, "_fitted", _too_long)),
    Fault("a field that is only read is written", "fits", "client/Phone", instead(places.Place, "write", _not_there)),
    Fault("a day keeps its clock", "fits", "client/Since", operator("day", forth=_raw)),
    Fault("an edit at the target goes back", "one way", "client: policies", instead(policy.Policy, "_one_way", _backwards)),
    Fault("a deletion always travels", "no more than said", "client: policies", instead(leaving, "travels", lambda *_: True)),
    Fault("a run says nothing", "decided", "client: policies", instead(pair, "decide", _silent)),
    Fault("deciding breaks down", "decided", "client: policies", instead(pair, "decide", _crash)),
    Fault("everything is done twice", "decided", "client: policies", instead(pair, "decide", _twice)),
    Fault("what is written waits as well", "decided", "client: policies", instead(pair, "decide", _and_waits)),
    Fault("everything is made everywhere", "no more than said", "client: policies", instead(single, "decide", _always_creates)),
    Fault("a document is made where it may not be", "one way", "payment: policies", instead(single, "decide", _always_creates), BOOKING),
    Fault("the last line is lost", "adds up", "invoice: documents", instead(lines.LineRules, "make", _without_last), BOOKING),
    Fault("a cent is added, and nobody checks", "adds up", "invoice: documents", lambda patch: (
        patch.setattr(lines.LineRules, "make", _with_a_cent), patch.setattr(making, "broken", lambda *_: ""))[0], BOOKING),
    Fault("nobody checks", "adds up", "invoice: documents", instead(making, "broken", lambda *_: ""), BOOKING),
    Fault("nobody says why", "adds up", "invoice: documents", instead(making, "made", _no_reason), BOOKING),
    Fault("what fits is refused", "adds up", "invoice: documents", instead(making, "made", _refuses), BOOKING),
    Fault("a sign is not turned", "adds up", "invoice: documents", operator("negated", forth=_raw), BOOKING),
    Fault("amounts are cut, not rounded", "adds up", "invoice: documents", operator(
        "decimals", forth=lambda value, _: None if value is None else Decimal(value).quantize(Decimal("0.01"), "ROUND_DOWN")), "tribe-yuki"),
    Fault("an empty list is written", "fits", "invoice: documents", lambda patch: (
        patch.setattr(lines.LineRules, "make", lambda *_: []), patch.setattr(making, "broken", lambda *_: ""),
        patch.setattr(making, "_given", lambda *_: True))[0], BOOKING),
]  # fmt: skip  # a table


@pytest.fixture
def unbroken() -> Iterator[None]:
    """Leave everything as it was, whatever a fault did."""
    before = dict(OPERATORS)
    yield
    OPERATORS.clear()
    OPERATORS.update(before)


@pytest.mark.usefixtures("unbroken")
@pytest.mark.parametrize("fault", FAULTS, ids=[each.says for each in FAULTS])
def test_a_fault_of_the_engine_breaks_its_law(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    of = spec.load(fault.mapping) if fault.mapping else load(LAWFUL)
    fault.breaks(monkeypatch)

    assert fault.law in laws(checked(of, only=fault.only, examples=120))


def test_each_law_was_shown_to_fail() -> None:
    told = {each.law for each in FAULTS} | {law for _, law, _ in FAULTY_ROWS}

    assert told == set(LAWS)
    assert all(law.says.endswith(".") and law.why.endswith(".") for law in LAWS.values())
