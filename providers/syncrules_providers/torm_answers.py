"""What an answer of TORM holds: what was cut in two is put together again, and a refusal says something in a shape that nobody describes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncrules_providers.torm_values import decoded


def sentence(content: bytes, names: Iterable[str]) -> str:
    """Take the sentence out of a refusal; empty where there is none, as on a page for people.

    Args:
        names: under which of these members of an object it may stand.
    """
    try:
        body = decoded(content)
    except (ValueError, RecursionError):
        body = content.decode("utf-8", "replace")
    if isinstance(body, dict):
        texts = [each for name in names if isinstance(each := body.get(name), str)]
        body = next((each for each in texts if each.strip()), "")
    return " ".join(body.split()) if isinstance(body, str) and "<" not in body[:20] else ""


def joined(before: Any, after: Any) -> Any:
    """Put together what was cut in two: lists go on, objects are filled up, and single values are replaced."""
    match before, after:
        case dict(), dict():
            return before | {name: joined(before.get(name), value) for name, value in after.items()}
        case list(), list():
            if before and after and _same(before[-1], after[0]):
                return [*before[:-1], joined(before[-1], after[0]), *after[1:]]
            return [*before, *after]
        case ((dict() | list()), None):
            return before
    return after


def _same(one: Any, other: Any) -> bool:
    """Tell whether these are two halves of one object: by its id, and where there is none by its code."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return False
    name = "Id" if one.get("Id") else "Code"
    return one.get(name) is not None and one.get(name) == other.get(name)
