"""By what rule a row is carried out: what changes it, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from syncrules.journey.declared import digest
from syncrules.language.model import Row

ROW: dict[str, Any] = {
    "name": "VAT",
    "sides": {"left": "Vat", "right": "Code"},
    "to": "both",
    "values": ({"setting": "VAT groups"},),
}
ANSWERS = {"VAT groups": {"1": "high"}, "ledger": "8000"}


@pytest.mark.parametrize(
    "change",
    [
        {"sides": {"left": "Vat", "right": "Rate"}},
        {"to": "right"},
        {"operators": (("decimals", 2),)},
        {"empty": {"setting": "ledger"}},
        {"once": True},
        {"values": ()},
    ],
)
def test_another_meaning_of_a_row_is_another_rule(change: dict[str, Any]) -> None:
    assert digest(Row(**{**ROW, **change}), ANSWERS) != digest(Row(**ROW), ANSWERS)


@pytest.mark.parametrize(
    "change", [{"leading": "left"}, {"edited": "restore"}, {"lossy": "by design"}, {"unfit": "leave_out"}]
)
def test_who_leads_and_what_does_not_fit_is_no_other_rule(change: dict[str, Any]) -> None:
    assert digest(Row(**{**ROW, **change}), ANSWERS) == digest(Row(**ROW), ANSWERS)


def test_an_answer_counts_only_for_the_rows_that_use_it() -> None:
    def told(**more: Any) -> str:
        return digest(Row(**ROW), {**ANSWERS, **more})

    assert told(ledger="8001") == told()
    assert told(**{"VAT groups": {"1": "low"}}) != told()
    assert told(preferred={"high": "1"}) != told()
