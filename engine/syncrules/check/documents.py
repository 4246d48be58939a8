"""The laws of documents: whatever its lines, one that is written has every line once and adds up, or it is refused with the reason.

What must come out is reckoned here once more, in fractions and by other means than the engine's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from syncrules.check.known import Known
from syncrules.check.laws import Broken
from syncrules.check.lines import CENT, Line, list_path, with_lines
from syncrules.check.plain import plain
from syncrules.check.schema import faults
from syncrules.journey import making
from syncrules.journey.lines import LineRules
from syncrules.journey.making import Made
from syncrules.journey.rows import RowRules
from syncrules.journey.rules import EntityRules
from syncrules.language.model import Check, Template
from syncrules.records import Record, put
from syncrules.simulator.lists import EACH

RATES = [Decimal(each) for each in (21, 9, 0, 6)]
NETS = [Decimal(each) for each in ("100.00", "0.01", "0.05", "-100.00", "0.00", "33.33", "99.995", "0.005", "1234567.89", "-0.01", "12.345", "2.50")]  # fmt: skip  # a list of values
PAPERS = 5
"""Documents that are drawn together."""
FEW = 50
"""So many lines every system takes."""
SPOILED = [Decimal(each) for each in ("0.01", "-0.01", "0.0000000001", "0.004", "100", "0.005")]


@dataclass(frozen=True, slots=True)
class Paper:
    """An invented document."""

    lines: tuple[Line, ...]
    spoiled: tuple[int, int, Decimal] | None = None
    """Line, place and by how much an amount was spoiled; None: everything fits."""


@dataclass(slots=True)
class Office:
    """The documents of one entity, and how many of them were written and refused."""

    known: Known
    rules: EntityRules
    base: Record
    tried: int = 0
    written: int = 0
    refused: int = 0

    @property
    def source(self) -> str:
        return self.rules.lines[0].source_side

    @property
    def target(self) -> str:
        return self.rules.lines[0].target_side


def office(known: Known, name: str) -> Office | None:
    """Prepare the documents of an entity; None if it has no lines."""
    rules = known.rules.entities[name]
    return Office(known, rules, plain(known, rules, rules.lines[0].source_side)) if rules.lines else None


def papers() -> st.SearchStrategy[list[Paper]]:
    """Draw documents: mostly a few lines that fit, now and then spoiled, seldom more lines than a system takes."""
    amount = st.one_of(st.sampled_from(NETS), st.integers(-(10**7), 10**7).map(lambda cents: Decimal(cents).scaleb(-2)))
    # The lists of the invented system have a VAT group for each of the first three rates; now and then the wrong one is taken.
    rate = st.integers(0, len(RATES) - 1)
    line = st.builds(lambda net, nth, wrong: Line(net, RATES[nth], nth if wrong else nth + 1), amount, rate, st.integers(0, 9))  # fmt: skip
    spoiled = st.none() | st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from(SPOILED))
    few = st.builds(Paper, st.lists(line, min_size=1, max_size=5).map(tuple), spoiled)
    many = st.builds(lambda one, count: Paper((one,) * count), line, st.sampled_from([100, 101, 500, 501]))
    return st.lists(
        st.integers(0, 60).flatmap(lambda number: many if number == 60 else few), min_size=PAPERS, max_size=PAPERS
    )


def made_up(of: Office, paper: Paper) -> Record:
    """Write an invented document as its system would show it."""
    document = with_lines(of.known, of.rules, of.base, paper.lines)
    if paper.spoiled is not None:
        number, place, by = paper.spoiled
        elements = list(_elements(document, list_path(of.rules, of.rules.lines[0])))
        amounts = [path for path, value in _leaves(elements[number % len(elements)]) if isinstance(value, Decimal)]
        if amounts:
            path = amounts[place % len(amounts)]
            put(elements[number % len(elements)], path, _at(elements[number % len(elements)], path) + by)
    return document


def try_paper(of: Office, paper: Paper) -> None:
    """Let a document be made, and reckon it again.

    Raises:
        Broken: it does not add up, a line is missing, or nobody is told why it was refused.
    """
    of.tried += 1
    document = made_up(of, paper)
    view = of.rules.view(of.source, document, of.known.settings)
    made = making.made(of.rules, of.source, view, of.known)
    if not isinstance(made, Made):
        of.refused += 1
        names = [each.name for each in of.rules.entity.checks]
        if not made.reason or (made.state == "failed" and not any(each in made.reason for each in (*names, "line"))):
            raise Broken("adds up", _story(paper), f"It is refused, and the reason names no line: {made.reason or 'none'}.")  # fmt: skip
        if _is_sound(of, paper):
            raise Broken("adds up", _story(paper), f"Everything fits, and it is refused: {made.reason}.")
        return
    of.written += 1
    wrong = [*faults(of.known.spec.manifests[of.target], of.rules.resource(of.target).name, _sent(of, made.changes))]
    if wrong:
        raise Broken("fits", _story(paper), f"What would be written is not taken: {' and '.join(wrong)}.")
    for check in of.rules.entity.checks:
        why = _fails(check, {of.source: document, of.target: made.changes})
        if why:
            raise Broken("adds up", _story(paper), f"It would be written, and {check.name} is not so: {why}.")
    for lines in of.rules.lines:
        why = _differs(lines, document, made.changes)
        if why:
            raise Broken("adds up", _story(paper), why)


def plainer(of: Office, paper: Paper, broken: Broken) -> Broken:
    """Find the plainest document that breaks the same law: few lines, and those as they are everywhere."""
    best, story = paper, broken
    for _ in range(100):
        for other in _simpler(best):
            try:
                try_paper(of, other)
            except Broken as found:
                if found.law == broken.law:
                    best, story = other, found
                    break
        else:
            return story
    return story


def _simpler(paper: Paper) -> Iterator[Paper]:
    lines = paper.lines
    if paper.spoiled is not None:
        yield Paper(lines)
    if len(lines) > 1:
        half = len(lines) // 2
        yield from (Paper(each, paper.spoiled) for each in (lines[:half], lines[half:]))
        yield from (Paper(lines[:at] + lines[at + 1 :], paper.spoiled) for at in range(min(len(lines), 9)))
    for at, each in enumerate(lines[:9]):
        if each != Line():
            yield Paper((*lines[:at], Line(), *lines[at + 1 :]), paper.spoiled)


def _is_sound(of: Office, paper: Paper) -> bool:
    """Tell whether nothing is wrong with a document: whole cents, the right rates, no more lines than anybody takes."""
    included = any(
        "included_in" in each.says for each in of.rules.entity.checks
    )  # then a cent may not fit any net amount
    cents = all(each.net == each.net.quantize(CENT) and RATES[each.choice % len(RATES)] == each.rate and each.choice < EACH for each in paper.lines)  # fmt: skip
    few = len(paper.lines) <= FEW and (not included or paper.lines == (Line(),))
    return paper.spoiled is None and cents and few


def _sent(of: Office, changes: Record) -> Record:
    """Leave out the id that is ours to choose, and what is empty in a new record."""
    ids = of.rules.resource(of.target).id
    return {name: _filled(value) for name, value in changes.items() if name not in ids and value is not None}


def _filled(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _filled(each) for name, each in value.items() if each is not None}
        case list():
            return [_filled(each) for each in value]
        case _:
            return value


def _story(paper: Paper) -> str:
    shown = ", ".join(f"{each.net:f} with {each.rate} % VAT" for each in paper.lines[:4])
    more = f" and {len(paper.lines) - 4} more" if len(paper.lines) > 4 else ""
    spoiled = f"; an amount of line {paper.spoiled[0] % len(paper.lines) + 1} is off by {paper.spoiled[2]:f}" if paper.spoiled is not None else ""  # fmt: skip
    return f"A document has the lines {shown}{more}{spoiled}."


# Checks, once more ---------------------------------------------------------------------------------------------------


def _fails(check: Check, documents: Mapping[str, Record]) -> str:
    """Reckon a check by fractions; empty if it holds, or is one that is not about amounts or days."""
    says, document = check.says, documents[check.side]
    for number, each in enumerate(_elements(document, says["of_each"]) if "of_each" in says else [document], 1):
        why = _fails_once(says, each)
        if why:
            return f"{f'line {number}: ' if 'of_each' in says else ''}{why}"
    return ""


def _fails_once(says: Mapping[str, Any], of: Mapping[str, Any]) -> str:
    if "not_before" in says:
        day, least = (str(_at(of, says[word]) or "")[:10] for word in ("day", "not_before"))
        return f"{day} lies before {least}" if day and least and day < least else ""
    if "sum" not in says and "percent" not in says:
        return ""
    wanted = _amounts(of, says["equals"], says)[0] if isinstance(says["equals"], str) else Fraction(says["equals"])
    if "sum" in says:
        found = sum((one for path in says["sum"] for one in _amounts(of, path, says)), Fraction(0))
    else:
        percent = _amounts(of, says["percent"], {})[0]
        base = _amounts(of, says.get("of") or says["included_in"], says)[0]
        found = rounded(base * percent / (100 if "of" in says else 100 + percent), 2)
    room = Fraction(str(says.get("tolerance", 0)))
    return f"{float(found)} is not {float(wanted)}" if abs(found - wanted) > room else ""


def _amounts(of: Mapping[str, Any], path: str, says: Mapping[str, Any]) -> list[Fraction]:
    found = [Fraction(each) for each in _reach(of, path.split(".")) if each is not None]
    return [rounded(each, says["decimals"]) for each in found] if "decimals" in says else found


def rounded(amount: Fraction, places: int) -> Fraction:
    """Round half away from zero."""
    scaled = abs(amount) * 10**places
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if amount >= 0 else -whole, 10**places)


# Lines, once more ------------------------------------------------------------------------------------------------------


def _differs(lines: LineRules, document: Record, changes: Record) -> str:
    """Tell what is missing or wrong among the lines that would be written; empty if nothing is."""
    written = list(_elements(changes, str(lines.row.sides[lines.target_side])))
    expected = [(template, rows, group) for template, rows in lines.templates for group in _groups(template, document)]
    if len(expected) != len(written):
        return f"{len(written)} lines would be written, and there should be {len(expected)}."
    for number, ((_, rows, group), line) in enumerate(zip(expected, written, strict=True), 1):
        for row, from_document in rows:
            wanted = None if from_document else _expected(lines, row, group)
            if wanted is not None:
                found = _at(line, row.sides[lines.target_side].whole)
                if found is None or Fraction(found) != wanted:
                    return f"{row.name} of line {number} would be {found}, and should be {float(wanted)}."
    return ""


def _groups(template: Template, document: Record) -> list[list[Mapping[str, Any]]]:
    if template.for_each == "document":
        return [[document]]
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for number, each in enumerate(_elements(document, template.for_each)):
        mark = str(_at(each, template.one_per)) if template.one_per else number
        groups.setdefault(mark, []).append(each)
    return [group for group in groups.values() if not _is_left_out(template, group)]


def _is_left_out(template: Template, group: list[Mapping[str, Any]]) -> bool:
    if not template.unless:
        return False
    sums = {path: sum(Fraction(_at(each, path) or 0) for each in group) for path in template.unless}
    return all(not isinstance(test, Mapping | list | str | bool) and sums[path] == test for path, test in template.unless.items())  # fmt: skip


def _expected(lines: LineRules, row: RowRules, group: list[Mapping[str, Any]]) -> Fraction | None:
    """Reckon what an amount should be; None where the row carries anything but a rounded amount."""
    names = [operator.name for operator, _ in row.operators]
    if len(row.sides) < 2 or "decimals" not in names or set(names) - {"sum", "decimals", "negated"} or row.concept:
        return None
    if row.row.to == "match":
        return None
    path = row.sides[lines.source_side].whole
    values = [Fraction(each) for one in group for each in _reach(one, path.split(".")) if each is not None]
    if not values:
        return None
    total = sum(values, Fraction(0)) if "sum" in names else values[0]
    asked = {operator.name: argument for operator, argument in row.operators}["decimals"]
    if isinstance(asked, Mapping):
        return None
    result = rounded(total, asked)
    return -result if "negated" in names else result


# Reading -----------------------------------------------------------------------------------------------------------------


def _elements(of: Mapping[str, Any], path: str) -> Iterator[dict[str, Any]]:
    yield from (each for each in _reach(of, path.split(".")) if isinstance(each, dict))


def _reach(of: Any, steps: list[str]) -> Iterator[Any]:
    if isinstance(of, list):
        for each in of:
            yield from _reach(each, steps)
    elif not steps:
        yield of
    elif isinstance(of, Mapping) and steps[0] in of:
        yield from _reach(of[steps[0]], steps[1:])


def _at(of: Mapping[str, Any], path: str) -> Any:
    return next(iter(_reach(of, path.split("."))), None)


def _leaves(of: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in of.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
