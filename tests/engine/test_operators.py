"""Every word of the language keeps its promises: its examples, its way back, its normal form."""

from __future__ import annotations

import pytest

from syncrules.operators import OPERATORS, Operator, Value

EXAMPLES = [(each, example) for each in OPERATORS.values() for example in each.examples]


@pytest.mark.parametrize(("operator", "example"), EXAMPLES, ids=lambda it: it.name if isinstance(it, Operator) else "")
def test_an_example_says_what_happens(operator: Operator, example: tuple[Value, ...]) -> None:
    value, *argument, expected = example
    does = operator.key if operator.normalises else operator.forth or operator.back
    assert does is not None

    result = does(value, argument[0] if argument else None)

    assert (result, type(result)) == (expected, type(expected))
