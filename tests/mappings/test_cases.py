"""Given these records, this comes of them: worked out by hand in `cases/*.yaml`, and by the mappings."""

from __future__ import annotations

from typing import Any

import case as given
import pytest


def examples() -> list[Any]:
    return [
        pytest.param(each, id=f"{each.mapping}: {each.says}", marks=[pytest.mark.declares(row) for row in each.shows])
        for each in given.cases()
    ]


@pytest.mark.parametrize("case", examples())
def test_what_comes_of_given_records(case: given.Case) -> None:
    assert given.outcome(case) == given.expected(case.gives)
