"""What was probably done wrong where a text is not YAML: a bracket, a quote, a colon, an indentation.

The parser says where it gave up; the mistake often stands further up. What is looked for here is the line that a person
has to change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from syncrules.advice.brackets import CLOSES, KEY, Scan, content_end, indent
from syncrules.errors import Fix, Place, Problem

QUOTES_HELP = "A text that holds ': ', '#', ',' or '{' needs quotes."


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
            return _tab(file, lines, place, tabs.end(), reads, judges)
    scan = Scan(file, lines).run(min(stop.line, len(lines)))
    if scan is not None:
        return scan
    dash = _dash(file, lines, stop, began)
    if dash is not None:
        return dash
    if "expected ',' or" in said:
        return _no_comma(file, lines, stop, reads, judges)
    if "cannot start any token" in said:
        return _not_first(file, lines, stop)
    if "expected ':'" in said and began is not None:
        return _no_colon(file, lines, began.line)
    at_colon = "mapping values" in said
    before = _before(lines, stop.line)
    if at_colon and before and not KEY.match(lines[before - 1]) and indent(lines[before - 1]) <= stop.column - 1:
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


def _tab(file: str, lines: Sequence[str], place: Place, tabs: int, reads: Reads, judges: Judges) -> Problem:
    """Say that a tab stands where only spaces may; put as many there as leave the least wrong."""
    number, before = place.line, lines[place.line - 1][: place.column - 1]
    fix = None
    if not before.strip():
        beside = {indent(each) for each in lines[max(0, number - 9) : number + 8] if each.strip() and "\t" not in each}
        ways = []
        for wanted in {*beside, len(before) + 2 * tabs}:
            spaced = [*lines]
            spaced[number - 1] = " " * wanted + lines[number - 1].lstrip(" \t")
            text = "\n".join(spaced)
            if wanted >= len(before) and reads(text) is not None:
                ways.append((judges(text), abs(len(before) + 2 * tabs - wanted), wanted))
        wanted = min(ways)[2] if ways else len(before) + 2 * tabs
        fix = Fix(Place(file, number, 1), Place(file, number, place.column + tabs), " " * wanted)
    said, cure = "this is not YAML: a tab stands where only spaces may", "Put spaces in its place, two for each step."
    return Problem(said, place, suggestion=cure, code="SR002", fix=fix)


def _at(lines: Sequence[str], place: Place) -> str:
    return lines[place.line - 1][place.column - 1 :] if place.line <= len(lines) else ""


def glued(file: str, lines: Sequence[str], place: Place, key: str) -> tuple[Problem, int] | None:
    """Say that a key swallowed the bracket of its value, because a colon or a space is missing; and give where the value begins."""
    found = re.match(r"[^{\[]+?:?[ ]*(?=[{\[])", key)
    if found is None or all(key.count(each) == key.count(CLOSES[each]) for each in CLOSES):
        return None
    if not lines[place.line - 1].startswith(key, place.column - 1):
        return None
    return _no_colon(file, lines, place.line), place.column - 1 + found.end()


def _no_colon(file: str, lines: Sequence[str], number: int) -> Problem:
    """Say that a line has no colon, or no space after it."""
    text = lines[number - 1]
    start, end = indent(text), content_end(text)
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
    elif indent(below) > indent(text):
        word = content
    else:
        word = content.partition(" ")[0]
    spot = Place(file, number, start + len(word) + 1)
    return Problem(
        f"this is not YAML: a colon is missing after '{word}'", place, suggestion=f"Put a colon after '{word}'.", code="SR005",
        fix=Fix(spot, spot, ":"),
    )  # fmt: skip


def _dash(file: str, lines: Sequence[str], stop: Place, began: Place | None) -> Problem | None:
    """Say that the space after a dash is missing, if the lines beside it are a list."""
    for number in sorted({each.line for each in (stop, began) if each is not None and each.line <= len(lines)}):
        text = lines[number - 1]
        beside = [
            lines[_before(lines, number) - 1] if _before(lines, number) else "",
            next(_following(lines, number), ""),
        ]
        listed = any(indent(each) == indent(text) and each.lstrip().startswith("- ") for each in beside)
        if listed and re.match(r" *-[^\s-]", text):
            spot = Place(file, number, indent(text) + 2)
            said, cure = "this is not YAML: a space is missing after the dash", "Put a space after the dash."
            place = Place(file, number, indent(text) + 1)
            return Problem(said, place, suggestion=cure, code="SR005", fix=Fix(spot, spot, " "))
    return None


def _no_comma(file: str, lines: Sequence[str], stop: Place, reads: Reads, judges: Judges) -> Problem:
    """Say that a comma is missing between two entries within brackets: where putting one leaves the least wrong."""
    number = min(stop.line, len(lines))
    text = lines[number - 1]
    ways = []
    for gap in re.finditer(r"(?<=[^\s,{\[:]) +(?=[^\s,}\]#])", text[: stop.column - 1]):
        with_it = "\n".join([*lines[: number - 1], f"{text[: gap.start()]},{text[gap.start() :]}", *lines[number:]])
        if reads(with_it) is not None:
            ways.append((judges(with_it), -gap.start()))
    if not ways:
        said = "this is not YAML: a comma or a bracket is missing before this"
        return Problem(said, stop, suggestion=QUOTES_HELP, code="SR001")
    at = -min(ways)[1]
    fix = Fix(Place(file, number, at + 1), Place(file, number, at + 1), ",")
    said = "this is not YAML: a comma is missing here"
    return Problem(said, Place(file, number, at + 1), suggestion="Put a comma between the two.", code="SR018", fix=fix)


def _not_first(file: str, lines: Sequence[str], stop: Place) -> Problem:
    """Say that no text can begin with a sign without quotes."""
    text = lines[stop.line - 1]
    start, end = (
        stop.column - 1,
        content_end(text, in_flow=bool(re.search(r"[{\[]", text[: stop.column - 1])), start=stop.column),
    )
    value = text[start:end]
    fix = Fix(stop, Place(file, stop.line, end + 1), f'"{value}"') if not set(value) & set('"\\') else None
    said = f"this is not YAML: a text that begins with {value[:1]} needs quotes"
    return Problem(said, stop, suggestion="Put the whole text in quotes.", code="SR001", fix=fix)


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
    if re.match(r"\s*(?:- +)*[^\s#'\"{}\[\]:][^#'\"{}\[\]:]*:?[ ]*[{\[]", text) and not KEY.match(text):
        return _no_colon(file, lines, stop.line)
    first = KEY.match(text)
    if first and first.end() < stop.column:
        start, end = first.end(), content_end(text)
        value = text[start:end]
        fix = None
        if not set(value) & set('"\\{}[],'):
            fix = Fix(Place(file, stop.line, start + 1), Place(file, stop.line, end + 1), f'"{value}"')
        said = "this is not YAML: a second colon stands in this line"
        return Problem(said, Place(file, stop.line, start + 1), suggestion=QUOTES_HELP, code="SR001", fix=fix)
    return Problem("this is not YAML: a colon cannot stand here", stop, suggestion=QUOTES_HELP, code="SR001")


def _behind(lines: Sequence[str], stop: Place) -> Problem:
    """Say that something stands where nothing can be understood."""
    if stop.line <= len(lines) and stop.column - 1 > indent(lines[stop.line - 1]):
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
        here = indent(lines[number - 1])
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
    place = Place(file, number, indent(lines[number - 1]) + 1)
    spaces = "no space" if wanted == 0 else "1 space" if wanted == 1 else f"{wanted} spaces"
    said = "this is not YAML: this does not begin where the lines beside it begin"
    fix = Fix(Place(file, number, 1), place, " " * wanted)
    return Problem(said, place, suggestion=f"Begin after {spaces}.", code="SR006", fix=fix)


def _unusual(lines: Sequence[str], step: int) -> int:
    """Count the lines that begin off the usual steps, or more than one step deeper than the line before."""
    indents = [indent(each) for each in lines if each.strip() and not each.lstrip().startswith("#")]
    off = sum(each % step != 0 for each in indents)
    return off + sum(this - before > step for before, this in pairwise(indents))


def _step(lines: Sequence[str]) -> int:
    """Tell how many spaces a step is in this text."""
    steps = [indent(each) for each in lines if each.strip() and indent(each)]
    return max((2, 3, 4), key=lambda step: (sum(each % step == 0 for each in steps), step)) if steps else 2


def _suspects(lines: Sequence[str], stop: int) -> Iterator[int]:
    """List the lines that may begin at the wrong place, those nearest to where the parser gave up first."""
    looked, outer = 0, indent(lines[min(stop, len(lines)) - 1]) + 4
    for number in range(min(stop, len(lines)), 0, -1):
        text = lines[number - 1]
        if not text.strip() or text.lstrip().startswith("#") or (looked > FARTHEST and indent(text) > outer):
            continue
        looked += 1
        yield number
        if looked > 2 * FARTHEST:
            return


def _places_for(lines: Sequence[str], number: int) -> list[int]:
    """List where a line may begin instead: where its neighbours do, or a step deeper than the one before."""
    here = indent(lines[number - 1])
    before = _before(lines, number)
    after = next(_following(lines, number), "")
    found = {indent(after)} if after else set()
    if before:
        found.add(indent(lines[before - 1]))
        found |= {indent(lines[each - 1]) for each in range(max(1, before - 8), before) if lines[each - 1].strip()}
    return sorted(found - {here}, key=lambda each: abs(each - here))
