"""Mistakes made by a machine: each can be made, and what may stay unnoticed is still there. The whole takes hours: `mutants.py`."""

from __future__ import annotations

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is installed by: uv sync --group mutants")

from mutants import MODULES, SURVIVORS, justified, mutant, places  # it needs cosmic-ray


def test_mistakes_can_be_made_in_every_module() -> None:
    every = places()

    assert {each.file for each in every} == set(MODULES)
    assert len(every) > 500


@pytest.mark.skipif(not SURVIVORS.exists(), reason="nothing may stay unnoticed yet")
def test_there_are_reasons_only_for_mistakes_that_can_still_be_made() -> None:
    files = {each.partition(":")[0] for each in justified()}
    made = {each.name for place in places() if place.file in files if (each := mutant(place)) is not None}

    assert set(justified()) <= made
    assert all(justified().values())
