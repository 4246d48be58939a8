"""In which order the entities of a mapping are carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncrules.journey.rules import compile_rules
from syncrules.language import spec


@pytest.mark.requirement("G-04")
def test_what_others_wait_for_goes_first_wherever_it_stands_in_the_file() -> None:
    written = spec.load("tribe-eboekhouden")
    upside_down = replace(written, entities={name: written.entities[name] for name in reversed([*written.entities])})
    order = list(compile_rules(upside_down, {}).entities)

    assert list(compile_rules(written, {}).entities) == list(written.entities)
    assert order.index("organisation") < order.index("invoice") < order.index("payment") < order.index("paid status")
    assert order.index("person") < order.index("invoice")
    assert sorted(order) == sorted(written.entities)
