"""Texts that a field takes in one form only: written so, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncrules.vocabulary.formats import digits, iban
from syncrules.vocabulary.values import CannotCarry


@pytest.mark.parametrize(
    ("text", "written"), [("30123456", "30123456"), ("30 12.34-56", "30123456"), ("0123/456", "0123456")]
)
def test_digits_are_written_without_what_people_put_between_them(text: str, written: str) -> None:
    assert digits(text) == written


@pytest.mark.parametrize("text", ["HRB 1234", "KvK 30123456", "1234a", " - ", "١٢٣", "²"])
def test_what_is_no_digit_does_not_fit(text: str) -> None:
    with pytest.raises(CannotCarry, match="holds more than digits"):
        digits(text)


@pytest.mark.parametrize("text", ["NL91ABNA0417164300", "nl91 abna 0417 1643 00", "BE68-5390-0754-7034"])
def test_an_iban_is_left_as_it_is_written(text: str) -> None:
    assert iban(text) == text


@pytest.mark.parametrize(
    "text", ["NL91ABNA0417164301", "NL91", "12345678", "see the invoice", "NL91 ABNA 0417 1643 0Ö"]
)
def test_what_is_no_iban_does_not_fit(text: str) -> None:
    with pytest.raises(CannotCarry, match="is not an IBAN"):
        iban(text)


@given(st.integers(0, 17), st.integers(1, 9))
def test_an_iban_with_one_wrong_digit_is_none(place: int, more: int) -> None:
    right = "NL91ABNA0417164300"
    if not right[place].isdigit():
        return
    wrong = f"{right[:place]}{(int(right[place]) + more) % 10}{right[place + 1 :]}"

    with pytest.raises(CannotCarry):
        iban(wrong)
