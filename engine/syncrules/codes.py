"""The catalogue of problems: what each code means, why it matters, and how it is done right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from syncrules import yaml
from syncrules.advice.meant import nearest

MARK = "«"
"""Stands in an example before what is pointed at."""
KINDS = {"manifest": "a manifest", "answers": "a file of answers", "command": "a command", "layout": "a help text", "translations": "a help text", "examples": "a file of examples", "samples": "samples of a sandbox"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of the catalogue."""

    code: str
    name: str
    means: str
    why: str
    good: str
    bad: str
    of: str = "mapping"
    """The kind of file that the examples are from, or the world of the tests in which they are played."""
    example: Mapping[str, Any] | None = None
    """How the examples are played: see the head of the catalogue."""

    @property
    def kind(self) -> str:
        """Name the kind of file for a reader."""
        return KINDS.get(self.of, "a mapping")

    def lines(self) -> Iterator[str]:
        """Write the entry for a screen."""
        yield f"{self.code}: {self.name} ({self.kind})"
        yield self.means
        yield self.why
        for title, text in (("Instead of", self.bad), ("write", self.good)):
            yield f"{title}:"
            shown = text.replace(MARK, "").replace("\t", "→").strip("\n")
            yield from (f"    {each}" for each in (shown or "(nothing)").splitlines())


@cache
def catalogue() -> Mapping[str, Entry]:
    """Give all entries by their code, in their order."""
    text = (files("syncrules") / "codes.yaml").read_text(encoding="utf-8")
    return {code: _entry(code, says) for code, says in yaml.load(text, "codes.yaml").data.items()}


def _entry(code: str, says: Mapping[str, Any]) -> Entry:
    return Entry(
        code, says["name"], says["means"], says["why"], says["good"], says["bad"], says.get("of", "mapping"), says
    )


def close_to(code: str) -> str:
    """Suggest the code that was probably meant."""
    return nearest(code.upper(), catalogue()) or "The codes stand in the manual of the mapping language."
