"""Mistakes made by a machine: each can be made, and what may stay unnoticed is still there. The whole takes hours: `mutants.py`."""

from __future__ import annotations

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray is installed by: uv sync --group mutants")

from mutants import MODULES, justified, mutants  # it needs cosmic-ray


def test_there_are_mistakes_in_every_module_and_reasons_for_those_only() -> None:
    made = list(mutants())

    assert {each.file for each in made} == set(MODULES)
    assert len(made) > 500
    assert set(justified()) <= {each.name for each in made}
    assert all(justified().values())
