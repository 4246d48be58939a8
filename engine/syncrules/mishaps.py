"""What was probably done wrong where a text is not YAML: a bracket, a quote, a colon, an indentation.

The parser says where it gave up; the mistake often stands further up. What is looked for here is the line that a person
has to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from syncrules.errors import Fix, Place, Problem

QUOTES_HELP = "A text that holds ': ', '#', ',' or '{' needs quotes."
_CLOSES = {"{": "}", "[": "]"}
_KEY = re.compile(r"""\s*(?:- +)*("[^"]*"|'[^']*'|[^\s#'"{}\[\],][^#{}\[\]]*?):(?:\s|$)""")
_AFTER_QUOTE = re.compile(r"\s*(?:$|[,:}\]]|\s#)")


@dataclass(frozen=True, slots=True)
class _Open:
    """A bracket that is open."""

    bracket: str
    line: int
    column: int
    indent: int


@dataclass(slots=True)
class _Scan:
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
            if self.stack and text.strip() and _indent(text) <= self.stack[0].indent and _KEY.match(text):
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
                self.stack.append(_Open(here, number, at, _indent(text)))
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
        end = _content_end(self.lines[first], in_flow=bool(self.stack), start=start + 1)
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
            opening = next(key for key, each in _CLOSES.items() if each == bracket)
            self.found = Problem(
                f"this is not YAML: this bracket ({bracket}) closes nothing", here, code="SR003",
                suggestion=f"Put {opening} where it begins, or take it away.",
                fix=Fix(here, after, "") if _balanced_without(self.lines[number], at) else None,
            )  # fmt: skip
            return
        last = self.stack[-1]
        if _CLOSES[last.bracket] == bracket:
            self.stack.pop()
            return
        self.found = Problem(
            f"this is not YAML: this bracket ({last.bracket}) is not closed before {bracket}",
            Place(self.file, last.line + 1, last.column + 1),
            suggestion=f"Put {_CLOSES[last.bracket]} where it ends.",
            code="SR003",
        )

    def _unclosed(self, number: int) -> None:
        """Say that a bracket is still open where something else begins."""
        first, last = self.stack[-1], number - 1
        while last > first.line and not self.lines[last].split("#")[0].strip():
            last -= 1
        spot = Place(self.file, last + 1, _content_end(self.lines[last], in_flow=True) + 1)
        where = "" if last == first.line else f"; it was opened in line {first.line + 1}"
        place = Place(self.file, first.line + 1, first.column + 1) if last == first.line else spot
        missing = "".join(_CLOSES[each.bracket] for each in reversed(self.stack))
        self.found = Problem(
            f"this is not YAML: a bracket ({first.bracket}) is not closed{where}", place, suggestion=f"Put {missing} where it ends.",
            code="SR003", fix=Fix(spot, spot, missing) if len(self.stack) == 1 else None,
        )  # fmt: skip


def _opens_nothing(before: str, bracket: str) -> bool:
    """Tell whether no bracket that stands in a line before this one may belong to it."""
    opening = next(key for key, each in _CLOSES.items() if each == bracket)
    return before.count(opening) <= before.count(bracket)


def _balanced_without(text: str, at: int) -> bool:
    rest = text[:at] + text[at + 1 :]
    return all(rest.count(opening) == rest.count(closing) for opening, closing in _CLOSES.items()) and "{" in rest


def _content_end(text: str, *, in_flow: bool = False, start: int = 0) -> int:
    """Tell where what a line says ends, before a comment."""
    found = re.search(r"\s+#|\s*$", text[start:])
    end = start + (found.start() if found else len(text))
    if in_flow and start:
        cut = re.search(r"[,}\]]", text[start:end])
        end = start + cut.start() if cut else end
    return end


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


Reads = Callable[[str], "int | None"]
"""Reads a text, and counts the keys after which nothing stands; None if it is not YAML."""
Judges = Callable[[str], int]
"""Counts what would still be wrong with a text that is YAML."""


def told(
    file: str, lines: Sequence[str], said: str, stop: Place, began: Place | None, reads: Reads, judges: Judges
) -> Problem:
    """Say what is wrong with a text that is not YAML.

    Args:
        said: the parser's words.
        stop: where it gave up.
        began: where what it was reading then began, if it knows.
        reads: tells whether a text would be YAML.
        judges: tells which of several texts that are YAML was probably meant.
    """
    for place in (stop, began):
        tabs = re.match(r"\t+", _at(lines, place)) if place is not None else None
        if place is not None and tabs is not None:
            end = Place(file, place.line, place.column + tabs.end())
            cure = "Put spaces in its place, two for each step."
            fix = Fix(place, end, "  " * tabs.end()) if not lines[place.line - 1][: place.column - 1].strip() else None
            return Problem(
                "this is not YAML: a tab stands where only spaces may", place, suggestion=cure, code="SR002", fix=fix
            )
    scan = _Scan(file, lines).run(min(stop.line, len(lines)))
    if scan is not None:
        return scan
    if "expected ':'" in said and began is not None:
        return _no_colon(file, lines, began.line)
    at_colon = "mapping values" in said
    before = _before(lines, stop.line)
    if at_colon and before and not _KEY.match(lines[before - 1]) and _indent(lines[before - 1]) <= stop.column - 1:
        return _no_colon(file, lines, before)
    if at_colon or any(each in said for each in ("expected key", "block end", "'-' indicator", "document start")):
        found = _moved(file, lines, stop.line, reads, judges)
        if found is not None:
            return found
    if at_colon:
        return _not_here(file, lines, stop)
    if "expected key" in said or "block end" in said:
        return _behind(lines, stop)
    return Problem(f"this is not YAML: {said}", stop, suggestion=QUOTES_HELP, code="SR001")


def _at(lines: Sequence[str], place: Place) -> str:
    return lines[place.line - 1][place.column - 1 :] if place.line <= len(lines) else ""


def glued(file: str, lines: Sequence[str], place: Place, key: str) -> tuple[Problem, int] | None:
    """Say that a key swallowed the bracket of its value, because a colon or a space is missing; and give where the value begins."""
    found = re.match(r"[^{\[]+?:?[ ]*(?=[{\[])", key)
    if found is None or all(key.count(each) == key.count(_CLOSES[each]) for each in _CLOSES):
        return None
    if not lines[place.line - 1].startswith(key, place.column - 1):
        return None
    return _no_colon(file, lines, place.line), place.column - 1 + found.end()


def _no_colon(file: str, lines: Sequence[str], number: int) -> Problem:
    """Say that a line has no colon, or no space after it."""
    text = lines[number - 1]
    start, end = _indent(text), _content_end(text)
    start += len(re.match(r"(?:- +)*", text[start:]).group())  # type: ignore[union-attr]  # it may match nothing, but it matches
    place = Place(file, number, start + 1)
    glued = re.match(r"[\w .'()-]+:(?=\S)", text[start:end])
    if glued:
        spot = Place(file, number, start + glued.end() + 1)
        said, cure = "this is not YAML: a space is missing after the colon", "Put a space after the colon."
        return Problem(said, place, suggestion=cure, code="SR005", fix=Fix(spot, spot, " "))
    content = text[start:end]
    bracket = re.search(r" +(?=[{\[])", content)
    below = next(_following(lines, number), "")
    if bracket:
        word = content[: bracket.start()]
    elif _indent(below) > _indent(text):
        word = content
    else:
        word = content.partition(" ")[0]
    spot = Place(file, number, start + len(word) + 1)
    return Problem(
        f"this is not YAML: a colon is missing after '{word}'", place, suggestion=f"Put a colon after '{word}'.", code="SR005",
        fix=Fix(spot, spot, ":"),
    )  # fmt: skip


def _following(lines: Sequence[str], number: int) -> Iterator[str]:
    """Give the lines after one that say something."""
    return (each for each in lines[number:] if each.strip() and not each.lstrip().startswith("#"))


def _before(lines: Sequence[str], number: int) -> int:
    """Find the line before one that says something; 0 if there is none."""
    number -= 1
    while number > 0 and (not lines[number - 1].strip() or lines[number - 1].lstrip().startswith("#")):
        number -= 1
    return number


def _not_here(file: str, lines: Sequence[str], stop: Place) -> Problem:
    """Say why a colon cannot stand where it stands."""
    text = lines[stop.line - 1]
    if re.match(r"\s*(?:- +)*[^\s#'\"{}\[\]:][^#'\"{}\[\]:]*:?[ ]*[{\[]", text) and not _KEY.match(text):
        return _no_colon(file, lines, stop.line)
    first = _KEY.match(text)
    if first and first.end() < stop.column:
        start, end = first.end(), _content_end(text)
        value = text[start:end]
        fix = None
        if not set(value) & set('"\\{}[],'):
            fix = Fix(Place(file, stop.line, start + 1), Place(file, stop.line, end + 1), f'"{value}"')
        said = "this is not YAML: a second colon stands in this line"
        return Problem(said, Place(file, stop.line, start + 1), suggestion=QUOTES_HELP, code="SR001", fix=fix)
    return Problem("this is not YAML: a colon cannot stand here", stop, suggestion=QUOTES_HELP, code="SR001")


def _behind(lines: Sequence[str], stop: Place) -> Problem:
    """Say that something stands where nothing can be understood."""
    if stop.line <= len(lines) and stop.column - 1 > _indent(lines[stop.line - 1]):
        said = "this is not YAML: something stands here behind a value that has ended"
        return Problem(said, stop, suggestion=QUOTES_HELP, code="SR001")
    said = "this is not YAML: this does not begin where the lines beside it begin"
    return Problem(said, stop, suggestion="Let it begin where the lines beside it begin.", code="SR006")


FARTHEST = 40
"""So many lines further up a line is looked for that begins at the wrong place; beyond, only among those that are not deep."""


TRIED = 4
"""So many ways to put a line right are judged by what would then be wrong."""


def _moved(file: str, lines: Sequence[str], stop: int, reads: Reads, judges: Judges) -> Problem | None:
    """Find the one line that begins at the wrong place: with it at the right one, all is YAML.

    Of several the one is taken that leaves the least wrong, the fewest keys without a value, and the fewest lines off
    the usual steps.
    """
    step = _step(lines)
    ways: list[tuple[tuple[int, ...], int, int, str]] = []
    for number in _suspects(lines, stop):
        here = _indent(lines[number - 1])
        for wanted in _places_for(lines, number):
            moved = [*lines]
            moved[number - 1] = " " * wanted + lines[number - 1].lstrip(" ")
            empty = reads("\n".join(moved))
            if empty is None:
                continue
            rank = (empty, _unusual(moved, step), abs(wanted - here), abs(stop - number))
            ways.append((rank, number, wanted, "\n".join(moved)))
    if not ways:
        return None
    ways = [each for each in sorted(ways) if each[0][:2] == min(ways)[0][:2]][:TRIED]
    if len(ways) > 1:
        ways.sort(key=lambda way: (judges(way[3]), way[0]))
    _, number, wanted, _ = ways[0]
    place = Place(file, number, _indent(lines[number - 1]) + 1)
    spaces = "no space" if wanted == 0 else "1 space" if wanted == 1 else f"{wanted} spaces"
    said = "this is not YAML: this does not begin where the lines beside it begin"
    fix = Fix(Place(file, number, 1), place, " " * wanted)
    return Problem(said, place, suggestion=f"Begin after {spaces}.", code="SR006", fix=fix)


def _unusual(lines: Sequence[str], step: int) -> int:
    """Count the lines that begin off the usual steps, or more than one step deeper than the line before."""
    indents = [_indent(each) for each in lines if each.strip() and not each.lstrip().startswith("#")]
    off = sum(each % step != 0 for each in indents)
    return off + sum(this - before > step for before, this in pairwise(indents))


def _step(lines: Sequence[str]) -> int:
    """Tell how many spaces a step is in this text."""
    steps = [_indent(each) for each in lines if each.strip() and _indent(each)]
    return max((2, 3, 4), key=lambda step: (sum(each % step == 0 for each in steps), step)) if steps else 2


def _suspects(lines: Sequence[str], stop: int) -> Iterator[int]:
    """List the lines that may begin at the wrong place, those nearest to where the parser gave up first."""
    looked, outer = 0, _indent(lines[min(stop, len(lines)) - 1]) + 4
    for number in range(min(stop, len(lines)), 0, -1):
        text = lines[number - 1]
        if not text.strip() or text.lstrip().startswith("#") or (looked > FARTHEST and _indent(text) > outer):
            continue
        looked += 1
        yield number
        if looked > 2 * FARTHEST:
            return


def _places_for(lines: Sequence[str], number: int) -> list[int]:
    """List where a line may begin instead: where its neighbours do, or a step deeper than the one before."""
    here = _indent(lines[number - 1])
    before = _before(lines, number)
    after = next(_following(lines, number), "")
    found = {_indent(after)} if after else set()
    if before:
        found.add(_indent(lines[before - 1]))
        found |= {_indent(lines[each - 1]) for each in range(max(1, before - 8), before) if lines[each - 1].strip()}
    return sorted(found - {here}, key=lambda each: abs(each - here))
