"""The examples of a mapping notice when a line of it is changed: a slice here, all of it by `mapping_examples.py`."""

from __future__ import annotations

import random

import mapping_examples
import pytest
from mapping_changes import changes

SLICES = {"tribe-eboekhouden": (2, 3), "tribe-winbooks": (2, 3), "tribe-yuki": (2, 3), "winbooks-silverfin": (3, 3)}
"""Mapping → so many changes are tried with every run of the tests, chosen by this seed."""


@pytest.mark.parametrize("name", SLICES)
def test_a_broken_mapping_is_noticed_by_its_examples(name: str) -> None:
    count, seed = SLICES[name]
    # What is only about how soon, how much at once, or what is asked at activation, no plan shows.
    shown = [
        each
        for each in changes(name)
        if each.path[0] == "entities" and not {"when", "brakes", "reconcile", "out_of_step", "after"} & {*each.path}
    ]
    tried = list(mapping_examples.tried(name, random.Random(seed).sample(shown, count)))

    assert [each.change.label for each in tried if each.what == "not noticed"] == []
    assert any(each.what in ("noticed", "refused") for each in tried)
