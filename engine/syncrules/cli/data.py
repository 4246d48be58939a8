"""What all plain data for people and machines share; `output.schema.json` describes every object that is made of it."""

from __future__ import annotations

from typing import Any

from syncrules.language.model import Spec
from syncrules.memory.memory import Memory

Data = dict[str, Any]
Part = tuple[str, Spec, Memory]
"""The title of a pair of books, what the mapping says of it, and what is remembered; no title: what happens once for all."""


def systems(spec: Spec) -> dict[str, str]:
    """Side → what its system is called."""
    return {side: spec.manifests[side].title for side in spec.sides}


def with_books(title: str, what: str) -> str:
    return f"{what}, {title}" if title else what
