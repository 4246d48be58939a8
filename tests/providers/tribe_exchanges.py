"""The known exchanges with Tribe, read from `tribe_exchanges.yaml`, for the transport and, apart from it, for the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

FILE = Path(__file__).with_name("tribe_exchanges.yaml")
_WORD = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; a word in <…> stands for what the service gives."""

    name: str
    method: str
    path: str
    """Below the root of OData, unless it begins with a slash."""
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: str
    status: int
    tell: str

    def url(self, known: Mapping[str, str]) -> str:
        """Give the path as it is asked for, blanks written as %20."""
        path = filled(self.path, known)
        options = "&".join(f"${name}={quote(value, safe='()$,;=/:')}" for name, value in self.query.items())
        return (path if path.startswith("/") else f"/v1/odata/{path}") + (f"?{options}" if options else "")

    def asked(self, known: Mapping[str, str]) -> Any:
        """Give the body that is sent, with exact numbers."""
        return json.loads(filled(self.body, known), parse_float=Decimal)

    def told(self, known: Mapping[str, str]) -> Any:
        """Give the body that is answered, with exact numbers."""
        return json.loads(filled(self.tell, known), parse_float=Decimal)


def filled(text: str, known: Mapping[str, str]) -> str:
    """Put what is known in place of the words; a word that is not known stays."""
    return _WORD.sub(lambda word: known.get(word[1], word[0]), text)


def words(text: str) -> set[str]:
    """List the words that stand for what the service gives."""
    return set(_WORD.findall(text))


def learnt(told: Any, answer: Any, known: dict[str, str], at: str = "") -> None:
    """Hold an answer against what should be told: all of that must be in it; learn what a word stands for.

    Raises:
        AssertionError: something is missing or different; the message says where.
    """
    match told:
        case dict():
            assert isinstance(answer, dict), f"{at} is {answer!r}"
            for name, each in told.items():
                assert name in answer, f"{at}.{name} is not told"
                learnt(each, answer[name], known, f"{at}.{name}")
        case list():
            assert isinstance(answer, list), f"{at} is {answer!r}"
            assert len(answer) == len(told), f"{at} has {len(answer)} entries, not {len(told)}"
            for number, (each, one) in enumerate(zip(told, answer, strict=True)):
                learnt(each, one, known, f"{at}[{number}]")
        case str() if word := _WORD.fullmatch(told):
            assert isinstance(answer, str), f"{at} is {answer!r}"
            assert answer, f"{at} is empty"
            assert known.setdefault(word[1], answer) == answer, f"{at} is {answer!r}"
        case _:
            assert answer == told, f"{at} is {answer!r}, not {told!r}"


def _read() -> dict[str, Exchange]:
    found = {}
    for each in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        method, _, path = each["ask"].partition(" ")
        query = {name: str(value) for name, value in each.get("query", {}).items()}
        found[each["name"]] = Exchange(
            each["name"], method, path, query, each.get("form", {}), each.get("body", ""), each["status"], each["tell"]
        )
    return found


EXCHANGES = _read()
"""Name → exchange, in the order in which they follow each other."""
