"""What was found in files as commands of a GitHub workflow, which shows them beside the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from syncrules.codes import catalogue
from syncrules.errors import Problem


def lines(found: Iterable[Sequence[Problem]]) -> Iterator[str]:
    """Write one command for each problem and each remark."""
    for file in found:
        for each in file:
            yield _command(each)


def _command(each: Problem) -> str:
    about = {}
    if each.place is not None:
        about = {"file": each.place.file, "line": str(each.place.line), "col": str(each.place.column)}
    if each.code:
        about["title"] = f"{each.code} {catalogue()[each.code].name}"
    word = "error" if each.serious else "notice"
    said = "\n".join(part for part in (each.message, str(each.suggestion)) if part)
    shown = ",".join(f"{key}={_property(value)}" for key, value in about.items())
    return f"::{word} {shown}::{_text(said)}" if shown else f"::{word}::{_text(said)}"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
