"""Every word of the language keeps its promises: its examples, its way back, its normal form."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncrules.vocabulary.operators import OPERATORS, CannotCarry, Operator, Value

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first example loads word lists
EXAMPLES = [(each, example) for each in OPERATORS.values() for example in each.examples]


@pytest.mark.parametrize(("operator", "example"), EXAMPLES, ids=lambda it: it.name if isinstance(it, Operator) else "")
def test_an_example_says_what_happens(operator: Operator, example: tuple[Value, ...]) -> None:
    value, *argument, expected = example
    does = operator.key if operator.normalises else operator.forth or operator.back
    assert does is not None

    result = does(value, argument[0] if argument else None)

    assert (result, type(result)) == (expected, type(expected))


def run(function: Callable[[Value, Any], Value] | None, value: Value, argument: Any) -> Value:
    """Carry a value, or tell that it was refused: nothing else may happen."""
    try:
        return function(value, argument) if function is not None else REFUSED
    except CannotCarry:
        return REFUSED


def in_use(operator: Operator) -> tuple[Operator, Any]:
    """Give an operator with an argument that fits it."""
    example = next((each for each in operator.examples if len(each) == 3), (None, None, None))
    return operator, example[1]


REFUSED = object()
USES = [pytest.param(*in_use(each), id=each.name) for each in OPERATORS.values()]
NORMALISERS = [pytest.param(*in_use(each), id=each.name) for each in OPERATORS.values() if each.normalises]
BOTH_WAYS = [pytest.param(*in_use(each), id=each.name) for each in OPERATORS.values() if each.forth and each.back]

pieces = st.sampled_from(
    ["NL", "be", " ", ".", "-", "/", "+", "0031", "06", "12", "34567890", "0", "(0)", "x", "ext. ", "@", "www.", "XXX"]
) | st.sampled_from(
    [
        "https://",
        "HTTP://",
        "Ex.nl",
        "B01",
        "\u00df",
        "\u0130",
        "BANKNL2A",
        "\u00a0",
        "\u0301",
        "e",
        "\n",
        "2026-01-31",
        "T10",
    ]
)
texts = st.one_of(st.text(max_size=20), st.lists(pieces, max_size=6).map("".join))
numbers = st.one_of(st.integers(-(10**20), 10**20), st.decimals(-(10**20), 10**20, places=4))
single = st.one_of(st.none(), texts, numbers, st.decimals(), st.booleans())
values = st.one_of(single, st.lists(single, max_size=4), st.dictionaries(st.sampled_from(["nl", "fr"]), single))


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)
def test_every_operator_is_described_and_goes_somewhere(operator: Operator) -> None:
    assert operator.doc.endswith(".")
    assert operator.examples
    assert operator.forth or operator.back
    assert operator.lossy or (operator.forth and operator.back)
    assert all(len(each) == 2 for each in operator.examples) or operator.argument


@pytest.mark.parametrize(("operator", "argument"), USES)
@pytest.mark.parametrize("nothing", [None, "", " \t\n"])
def test_nothing_stays_nothing(operator: Operator, argument: Any, nothing: Value) -> None:
    assert operator.key is not None
    assert operator.key(nothing, argument) is None
    for way in (operator.forth, operator.back):
        assert run(way, nothing, argument) in (None, REFUSED, nothing)


@pytest.mark.parametrize(("operator", "argument"), USES)
@patiently
@given(value=values)
def test_nothing_but_cannot_carry_is_raised_and_nothing_becomes_a_float(
    operator: Operator, argument: Any, value: Value
) -> None:
    assert not isinstance(run(operator.forth, value, argument), float)
    assert not isinstance(run(operator.back, value, argument), float)


@pytest.mark.parametrize(("operator", "argument"), USES)
@patiently
@given(value=values)
def test_a_normal_form_is_its_own_normal_form(operator: Operator, argument: Any, value: Value) -> None:
    assert operator.key is not None
    key = operator.key(value, argument)

    assert operator.key(key, argument) == key
    assert json.loads(json.dumps(key)) == key


@pytest.mark.parametrize(("operator", "argument"), NORMALISERS)
@patiently
@given(value=values)
def test_a_normaliser_copies_a_value_as_it_is_written(operator: Operator, argument: Any, value: Value) -> None:
    assert run(operator.forth, value, argument) is value
    assert run(operator.back, value, argument) is value


@pytest.mark.parametrize(("operator", "argument"), BOTH_WAYS)
@patiently
@given(value=values)
def test_a_value_that_was_carried_comes_back_the_same(operator: Operator, argument: Any, value: Value) -> None:
    assert operator.key is not None
    for there, here in ((operator.forth, operator.back), (operator.back, operator.forth)):
        carried = run(there, value, argument)
        returned = REFUSED if carried is REFUSED else run(here, carried, argument)
        if returned is REFUSED:
            continue
        if operator.lossy:  # What may be lost is lost at once: a second crossing changes nothing.
            assert repr(run(here, run(there, returned, argument), argument)) == repr(returned)
        else:
            assert operator.key(returned, argument) == operator.key(value, argument)


# --- What must not be taken for the same -----------------------------------------------------------------------------

SAME = [
    ("phone", "06-12345678", "+31 6 12 34 56 78"),
    ("phone", "0031612345678", "(06) 12345678"),
    ("phone", "0470 12 34 56", "+32 470 12 34 56"),
    ("phone", "020-1234567 tst 12", "+31201234567 x12"),
    ("phone", "02/123.45.67", "02 123 45 67"),
    ("email", "Ada@Example.NL", " ada@example.nl"),
    ("website", "http://www.example.nl/", "HTTPS://WWW.example.nl"),
    ("vat_number", "NL 0012.34.567.B01", "NL001234567B01"),
    ("coc_number", "1234 5678", 12345678),
    ("iban", "NL91 ABNA 0417 1643 00", "nl91abna0417164300"),
    ("iban", "BE68 5390 0754 7034", "BE68539007547034"),
    ("bic", "BANKNL2A", "banknl2axxx"),
    ("postcode", "1234ab", "1234 AB"),
    ("trimmed", "Cafe\u0301 ", "Caf\u00e9"),
    ("digits", "+++090/9337/55493+++", "090933755493"),
    ("decimals", Decimal("1.005"), "1.01"),
    ("number", Decimal("12.0"), "12"),
    ("text", 7, "7"),
    ("upper", "Ada", "ADA"),
]
DIFFERENT = [
    ("phone", "020-1234567", "020-1234567 ext. 12"),
    ("phone", "020-1234567 (Ada)", "020-1234567 (Jan)"),
    ("phone", "020-1234567", "020-1234567 / 06-12345678"),
    ("phone", "+31201234567", "+32201234567"),
    ("email", "stra\u00dfe@example.de", "strasse@example.de"),
    ("email", "Ask Ada", "ask ada"),
    ("website", "example.nl/A", "example.nl/a"),
    ("website", "www.example.nl", "example.nl"),
    ("website", "example.nl/?next=/", "example.nl/?next="),
    ("vat_number", "NL001234567B01", "BE001234567B01"),
    ("vat_number", "NL001234567B01", "001234567B01"),
    ("vat_number", "NL001234567B01 (old)", "NL001234567B01"),
    ("coc_number", "HRB 12345", "HRA 12345"),
    ("coc_number", "01234567", "1234567"),
    ("iban", "NL91 ABNA 0417 1643 00", "NL91 ABNA 0417 1643 01"),
    ("bic", "BANKNL2A", "BANKNL2A123"),
    ("postcode", "1234 AB", "1234 AC"),
    ("digits", "12a", "12b"),
    ("text", "007", "7"),
    ("number", "1E5", 100000),
    ("trimmed", "Ada", "ada"),
]


@pytest.mark.parametrize(("name", "one", "other"), SAME)
def test_two_spellings_of_one_value_are_the_same(name: str, one: Value, other: Value) -> None:
    operator, argument = in_use(OPERATORS[name])
    argument = None if name == "phone" else argument

    assert operator.key is not None
    assert operator.key(one, argument) == operator.key(other, argument)


@pytest.mark.parametrize(("name", "one", "other"), DIFFERENT)
def test_two_values_are_not_taken_for_one(name: str, one: Value, other: Value) -> None:
    key = OPERATORS[name].key

    assert key is not None
    assert key(one, None) != key(other, None)


# --- Numbers, days and sums ------------------------------------------------------------------------------------------


@patiently
@given(st.lists(st.decimals(-(10**25), 10**25, places=6), max_size=30))
def test_a_sum_is_exact(amounts: list[Decimal]) -> None:
    total = OPERATORS["sum"].forth

    assert total is not None
    assert Fraction(total(amounts, None)) == sum(map(Fraction, amounts))


@patiently
@given(st.decimals(-(10**40), 10**40, places=30))
def test_no_digit_is_lost_when_a_sign_is_turned(amount: Decimal) -> None:
    negate = OPERATORS["negated"].forth

    assert negate is not None
    assert Fraction(negate(amount, None)) == -Fraction(amount)


@pytest.mark.parametrize(
    ("value", "argument", "rounded"),
    [("2.675", 2, "2.68"), ("-2.675", 2, "-2.68"), ("-0.001", 2, "0.00"), (5, 0, "5"), ("1E+2", 2, "100.00"),
     ("0.125", {"places": 2, "mode": "half_even"}, "0.12"), ("0.125", {"places": 2}, "0.13"),
     (Decimal("12345678901234567890123456789.125"), 2, "12345678901234567890123456789.13")],
)  # fmt: skip  # a table
def test_amounts_are_rounded_as_asked(value: Value, argument: Any, rounded: str) -> None:
    assert run(OPERATORS["decimals"].forth, value, argument) == Decimal(rounded)
    assert str(run(OPERATORS["decimals"].forth, value, argument)) == rounded


@pytest.mark.parametrize(
    ("name", "value", "argument"),
    [("decimals", "1.234,56", 2), ("decimals", "1,5", 2), ("decimals", "NaN", 2), ("decimals", "1_000", 2),
     ("decimals", True, 2), ("decimals", 1, -1), ("decimals", 1, {"places": 2, "mode": "up"}),
     ("decimals", "1E+999", 2),
     ("day", "31-01-2026", None), ("day", "2026-02-30", None), ("opposite", "maybe", None), ("opposite", 1, None),
     ("number", "007", None), ("number", "1E5", None), ("sum", [1, None], None), ("negated", "five", None)],
)  # fmt: skip  # a table
def test_what_cannot_be_carried_is_said(name: str, value: Value, argument: Any) -> None:
    forth = OPERATORS[name].forth

    assert forth is not None
    with pytest.raises(CannotCarry):
        forth(value, argument)


@pytest.mark.parametrize(
    "written", ["2026-03-15T23:30:00Z", "2026-03-15T00:10:00+02:00", "2026-03-15 23:59", "2026-03-15"]
)
def test_a_day_is_never_moved_to_another_time_zone(written: str) -> None:
    assert run(OPERATORS["day"].forth, written, None) == "2026-03-15"
