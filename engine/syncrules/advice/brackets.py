"""Brackets and quotes that do not fit together, in a text that is not YAML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from syncrules.errors import Fix, Place, Problem

CLOSES = {"{": "}", "[": "]"}
KEY = re.compile(r"""\s*(?:- +)*("[^"]*"|'[^']*'|[^\s#'"{}\[\],][^#{}\[\]]*?):(?:\s|$)""")
_AFTER_QUOTE = re.compile(r"\s*(?:$|[,:}\]]|\s#)")


@dataclass(frozen=True, slots=True)
class _Open:
    """A bracket that is open."""

    bracket: str
    line: int
    column: int
    deep: int


@dataclass(slots=True)
class Scan:
    """Brackets and quotes of a text, as far as they fit together."""

    file: str
    lines: Sequence[str]
    stack: list[_Open] = field(default_factory=list)
    found: Problem | None = None

    def run(self, until: int) -> Problem | None:
        """Look for a bracket or a quote that does not fit, up to the line where the parser gave up, and what it was still in."""
        number = 0
        while number < len(self.lines) and self.found is None:
            if number >= until and not self.stack:
                return None
            text = self.lines[number]
            if self.stack and text.strip() and indent(text) <= self.stack[0].deep and KEY.match(text):
                self._unclosed(number)
                break
            number = self._line(number, at_error=number + 1 == until) + 1
        if self.found is None and self.stack:
            self._unclosed(len(self.lines))
        return self.found

    def _line(self, number: int, *, at_error: bool) -> int:
        """Go through one line, or through several that a quote spans; give the last."""
        text, at, fresh = self.lines[number], 0, True
        while at < len(text):
            here = text[at]
            if here == "#" and (at == 0 or text[at - 1].isspace()):
                break
            if here in "'\"" and fresh:
                number, at = self._quoted(number, at, here)
                if self.found is not None:
                    return number
                text, fresh = self.lines[number], False
                continue
            if here in "{[" and (fresh or self.stack):
                self.stack.append(_Open(here, number, at, indent(text)))
                fresh = True
            elif here in "}]" and (self.stack or (at_error and _opens_nothing(text[:at], here))):
                self._closed(here, number, at)
                if self.found is not None:
                    return number
                fresh = False
            elif here == "," and self.stack:
                fresh = True
            elif not here.isspace():
                fresh = here in ":-" and text[at + 1 : at + 2] in ("", " ") and (here == ":" or fresh)
            at += 1
        return number

    def _quoted(self, number: int, at: int, quote: str) -> tuple[int, int]:
        """Go to the end of a text in quotes, which should stand in the same line or end as such a text ends."""
        start, first = at, number
        at += 1
        while number < len(self.lines):
            text = self.lines[number]
            while at < len(text):
                if text[at : at + 2] == "''" == quote * 2 or (text[at] == "\\" and quote == '"'):
                    at += 2
                elif text[at] == quote:
                    if number == first or _AFTER_QUOTE.match(text[at + 1 :]):
                        return number, at + 1
                    number = len(self.lines)
                    break
                else:
                    at += 1
            number, at = number + 1, 0
        place = Place(self.file, first + 1, start + 1)
        end = content_end(self.lines[first], in_flow=bool(self.stack), start=start + 1)
        spot = Place(self.file, first + 1, end + 1)
        self.found = Problem(
            f"this is not YAML: this quote ({quote}) is not closed", place, suggestion=f"Put {quote} where the text ends.",
            code="SR004", fix=Fix(spot, spot, quote),
        )  # fmt: skip
        return first, len(self.lines[first])

    def _closed(self, bracket: str, number: int, at: int) -> None:
        here = Place(self.file, number + 1, at + 1)
        if not self.stack:
            after = Place(self.file, number + 1, at + 2)
            opening = next(key for key, each in CLOSES.items() if each == bracket)
            self.found = Problem(
                f"this is not YAML: this bracket ({bracket}) closes nothing", here, code="SR003",
                suggestion=f"Put {opening} where it begins, or take it away.",
                fix=Fix(here, after, "") if _balanced_without(self.lines[number], at) else None,
            )  # fmt: skip
            return
        last = self.stack[-1]
        if CLOSES[last.bracket] == bracket:
            self.stack.pop()
            return
        end, text = CLOSES[last.bracket], self.lines[number]
        after = Place(self.file, number + 1, at + 2)
        inner = [each for each in self.stack if CLOSES[each.bracket] == bracket]
        missing = Fix(here, here, end) if inner and _balanced(text[:at] + end + text[at:]) else None
        wrong = Fix(here, after, end) if _balanced(text[:at] + end + text[at + 1 :]) else None
        self.found = Problem(
            f"this is not YAML: this bracket ({last.bracket}) is not closed before {bracket}",
            Place(self.file, last.line + 1, last.column + 1),
            suggestion=f"Put {end} where it ends.",
            code="SR003",
            fix=missing or wrong,
        )

    def _unclosed(self, number: int) -> None:
        """Say that a bracket is still open where something else begins."""
        first, last = self.stack[-1], number - 1
        while last > first.line and not self.lines[last].split("#")[0].strip():
            last -= 1
        spot = Place(self.file, last + 1, content_end(self.lines[last], in_flow=True) + 1)
        where = "" if last == first.line else f"; it was opened in line {first.line + 1}"
        place = Place(self.file, first.line + 1, first.column + 1) if last == first.line else spot
        missing = "".join(CLOSES[each.bracket] for each in reversed(self.stack))
        self.found = Problem(
            f"this is not YAML: a bracket ({first.bracket}) is not closed{where}", place, suggestion=f"Put {missing} where it ends.",
            code="SR003", fix=Fix(spot, spot, missing) if len(self.stack) == 1 else None,
        )  # fmt: skip


def _opens_nothing(before: str, bracket: str) -> bool:
    """Tell whether no bracket that stands in a line before this one may belong to it."""
    opening = next(key for key, each in CLOSES.items() if each == bracket)
    return before.count(opening) <= before.count(bracket)


def _balanced(text: str) -> bool:
    return all(text.count(opening) == text.count(closing) for opening, closing in CLOSES.items())


def _balanced_without(text: str, at: int) -> bool:
    rest = text[:at] + text[at + 1 :]
    return _balanced(rest) and "{" in rest


def content_end(text: str, *, in_flow: bool = False, start: int = 0) -> int:
    """Tell where what a line says ends, before a comment."""
    found = re.search(r"\s+#|\s*$", text[start:])
    end = start + (found.start() if found else len(text))
    if in_flow and start:
        cut = re.search(r"[,}\]]", text[start:end])
        end = start + cut.start() if cut else end
    return end


def indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
