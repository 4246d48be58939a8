"""A counterexample made as plain as it can be: every place says what a plain record says, unless the law then holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncrules.check.laws import Broken
from syncrules.check.pools import Pool
from syncrules.check.rows import Case, Rule, try_case
from syncrules.check.spots import said

ENOUGH = 2000
"""Trials after which what there is must do."""


def plainer(rule: Rule, case: Case, broken: Broken) -> tuple[Broken, Case]:
    """Give the plainest case that breaks the same law, and its story."""
    law = frozenset({broken.law})

    def breaks(other: Case) -> Broken | None:
        try:
            try_case(rule, other, law)
        except Broken as found:
            return found
        return None

    best, story = case, breaks(case) or broken
    trials = 0
    going = True
    while going and trials < ENOUGH:
        going = False
        for other in _simpler(rule, best):
            trials += 1
            found = breaks(other)
            if found is not None:
                best, story, going = other, found, True
                break
            if trials >= ENOUGH:
                break
    return story, best


def differing(rule: Rule, case: Case) -> list[str]:
    """Name the places that do not say what a plain record says."""
    plain = {each.path: each.pool.plain for each in (*rule.here, *rule.there)}
    names = [each.title for each in rule.here if said(case.here[each.path]) != said(plain[each.path])]
    if case.there is not None:
        names += [each.title for each in rule.there if said(case.there[each.path]) != said(plain[each.path])]
    return names


def _simpler(rule: Rule, case: Case) -> Iterator[Case]:
    """List plainer cases, the plainest first."""
    if case.there is not None:
        yield Case(case.here, None)
        plain = {each.path: each.pool.plain for each in rule.there}
        if plain != case.there:
            yield Case(case.here, plain)
    for spot in rule.here:
        yield from (Case({**case.here, spot.path: each}, case.there) for each in _plainer(case.here[spot.path], spot.pool))  # fmt: skip
    if case.there is not None:
        for spot in rule.there:
            yield from (Case(case.here, {**case.there, spot.path: each}) for each in _plainer(case.there[spot.path], spot.pool))  # fmt: skip


def _plainer(value: Any, pool: Pool) -> Iterator[Any]:
    """List values that are nearer to the plain one."""
    if said(value) == said(pool.plain):
        return
    yield pool.plain
    if isinstance(value, str) and value:
        alike = ["x" * len(value)] if value != value[0] * len(value) else []
        yield from (each for each in (*alike, *_shortened(value)) if pool.allows(each))


def _shortened(text: str) -> Iterator[str]:
    size = len(text) // 2
    while size:
        for start in range(0, len(text), size):
            yield text[:start] + text[start + size :]
        size //= 2
