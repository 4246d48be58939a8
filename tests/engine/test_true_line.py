"""Whoever breaks one line of a mapping is told of that line first, and of what follows from it not at all.

Every mistake here is made by a rule, in each line where it can be made; a part of them, chosen by a seed, is tried.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import chain

import pytest
from small_world import SOUND, problems

SEED = 7
TRIED = 14
"""So many mistakes of each kind."""
LINES = SOUND.splitlines(keepends=True)
Mistake = tuple[int, str]


def without(pattern: str, instead: str = "") -> Iterator[Mistake]:
    """Take away one thing in a line, each in its turn."""
    for number, line in enumerate(LINES, 1):
        for each in re.finditer(pattern, line):
            yield number, line[: each.start()] + instead + line[each.end() :]


def moved(by: int) -> Iterator[Mistake]:
    """Let one line begin elsewhere."""
    for number, line in enumerate(LINES, 1):
        indent = len(line) - len(line.lstrip())
        if indent + by >= 0:
            yield number, " " * (indent + by) + line.lstrip()


def swapped() -> Iterator[Mistake]:
    """Swap two letters of a word."""
    for number, line in enumerate(LINES, 1):
        for each in re.finditer(r"\b[A-Za-z_]{4,}\b", line):
            middle, word = len(each.group()) // 2, each.group()
            new = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
            if new != word:
                yield number, line[: each.start()] + new + line[each.end() :]


MISTAKES = {
    "a colon is missing": without(r":(?=\s)"),
    "a space is missing after a colon": without(r": ", ":"),
    "a bracket is missing": chain(without(r"[{\[]"), without(r"[}\]]")),
    "a quote is missing": without('"'),
    "a line begins one space further out": moved(-1),
    "a line begins one space further in": moved(1),
    "two letters are swapped": swapped(),
}


def first(mistake: Mistake) -> int | None:
    """Make a mistake, and give the line of what is told first; None if nothing is wrong with it."""
    number, line = mistake
    found = [each for each in problems("".join([*LINES[: number - 1], line, *LINES[number:]])) if each.serious]
    return found[0].place.line if found and found[0].place else None


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize("kind", MISTAKES)
def test_the_first_problem_stands_where_the_mistake_was_made(kind: str) -> None:
    every = list(MISTAKES[kind])
    tried = random.Random(SEED).sample(every, min(TRIED, len(every)))
    wrong = [(each, line) for each in tried if (line := first(each)) not in (None, each[0])]

    assert tried
    assert wrong == []


CAUSES = [
    pytest.param("  ledger: {provider: ledger}", "  legder: {provider: ledger}", "SR033", id="a side"),
    pytest.param("  VAT codes:\n", "  VAT cdoes:\n", "SR052", id="a setting"),
    pytest.param("  invoice:\n", "  inovice:\n", "SR052", id="an entity that two others name"),
    pytest.param("      Number: {shop", "      Nubmer: {shop", "SR052", id="a row that a match names"),
    pytest.param("    fields:\n      Name", "    fileds:\n      Name", "SR020", id="the rows"),
    pytest.param("entities:\n", "enttiies:\n", "SR020", id="the entities"),
    pytest.param("        ledger: Rows", "        ledger: Rwos", "SR048", id="a list whose lines follow"),
    pytest.param("ledger: Code}\n      Address", "ledger: Cdoe}\n      Address", "SR048", id="a field that is required"),
    pytest.param("    for_each: {shop: groups}", "    foreach: {shop: groups}", "SR020", id="the records of a table"),
    pytest.param("        lines:\n", "      lines:\n", "SR021", id="lines that stand too far out"),
    pytest.param("    fields:\n      Name", "  fields:\n      Name", "SR021", id="rows that stand too far out"),
    pytest.param("  ledger: {provider: ledger}", "ledger: {provider: ledger}", "SR021", id="a side that stands too far out"),
    pytest.param("  Numbers that belong to another name:\n    shop: customers\n    ledger: debtors\n    same: {shop: Number, ledger: Code}\n    differs", "  Numbers that belong to another name:\n    shop: customers\n    ledger: debtors\n    same: {shop: Number, ledger: Code}\n  differs", "SR021", id="a part of a question that stands too far out"),
]  # fmt: skip


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("good", "bad", "code"), CAUSES)
def test_what_follows_from_a_mistake_is_not_told_beside_it(good: str, bad: str, code: str) -> None:
    assert SOUND.count(good) == 1
    text = SOUND.replace(good, bad)
    changed = next(
        n for n, (one, other) in enumerate(zip(LINES, text.splitlines(keepends=True), strict=True), 1) if one != other
    )
    found = [each for each in problems(text) if each.serious]

    assert [(each.code, each.place and each.place.line) for each in found] == [(code, changed)]


def test_all_problems_of_a_broken_mapping_are_told_though_some_of_them_hide_others() -> None:
    text = SOUND.replace("    leading: shop", "    laeding: shop").replace("shop: Net,", "shop: Nte,")
    text = text.replace("  VAT codes:\n", "  VAT cdoes:\n")

    assert [each.code for each in problems(text)] == ["SR052", "SR020", "SR048"]
