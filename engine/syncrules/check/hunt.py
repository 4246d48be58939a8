"""The hunt for a counterexample: many cases from one seed, the found one made as plain as it can be.

Hypothesis draws, remembers and replays; several cases are drawn at a time, because drawing costs more than trying.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as from_seed
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from syncrules.check.laws import Broken
from syncrules.check.rows import Case, Rule, try_case
from syncrules.check.shorter import plainer
from syncrules.check.spots import Spot

AT_ONCE = 20
"""Cases that are drawn together."""


@dataclass(frozen=True, slots=True)
class Luck:
    """How long, from which seed, and with which memory it is searched."""

    examples: int
    seed: int
    folder: Path | None = None
    """Where counterexamples are kept, to be tried first the next time; None: nowhere."""


def keep_house(folder: Path) -> None:
    """Let the library keep what it works out once and for all in this folder, not in one of its own."""
    set_hypothesis_home_dir(folder)


class _Kept(ExampleDatabase):
    """The counterexamples of one rule, among those of all."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__()
        self._all = DirectoryBasedExampleDatabase(folder)
        self._name = name.encode()

    def save(self, key: bytes, value: bytes) -> None:
        self._all.save(self._of(key), value)

    def fetch(self, key: bytes) -> Iterator[bytes]:
        yield from self._all.fetch(self._of(key))

    def delete(self, key: bytes, value: bytes) -> None:
        self._all.delete(self._of(key), value)

    def _of(self, key: bytes) -> bytes:
        return self._name + key


def _number(luck: Luck, *names: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{luck.seed} {' '.join(names)}".encode(), digest_size=8).digest())


def _chance(luck: Luck, *names: str) -> Random:
    return Random(_number(luck, *names))  # noqa: S311  # no secret: the same seed must try the same


class _Batch(list[Any]):
    """Cases that were drawn together; nobody wants to read all of them."""

    def __repr__(self) -> str:
        return f"{len(self)} cases"


def hunt(
    luck: Luck,
    name: str,
    cases: st.SearchStrategy[Any],
    prove: Callable[[Any], None],
    at_once: int = AT_ONCE,
    asked: frozenset[str] = frozenset(),
) -> Broken | None:
    """Draw and prove until something is broken or the examples are used up.

    Args:
        name: of what is tried; each has chances of its own, so that leaving one out changes nothing for the others.
        at_once: how many cases are drawn together.
        asked: the laws that are asked about; what breaks none of them is forgotten by those that ask about the same.
    """
    number = _number(luck, name)

    # A seed sends the memory away, so what brings it stands above.
    @settings(
        max_examples=max(1, -(-luck.examples // at_once)),
        database=None if luck.folder is None else _Kept(luck.folder, f"{name} {sorted(asked)}"),
        deadline=None,
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.reuse, Phase.generate],  # what is found is made plain by `shorter`, not short by its bytes
    )
    @from_seed(number)
    @given(cases.map(_Batch))
    def tried(batch: _Batch) -> None:
        for each in batch:
            prove(each)

    try:
        tried()
    except Broken as broken:
        return broken
    return None


def hunt_rule(luck: Luck, rule: Rule, laws: frozenset[str]) -> Iterator[tuple[Broken, Case]]:
    """Find a plain counterexample to each law that this rule breaks."""
    asked = laws
    while asked:
        found: list[Case] = []

        def prove(case: Case, asked: frozenset[str] = asked, found: list[Case] = found) -> None:
            try:
                try_case(rule, case, asked)
            except Broken:
                found.append(case)
                raise

        at_once = min(AT_ONCE, luck.examples)
        broken = _first_broken(prove, _each_alone(rule, luck)) or hunt(
            luck, f"{rule.name} {rule.source}", cases(rule, at_once), prove, at_once, asked
        )
        if broken is None:
            return
        yield plainer(rule, found[-1], broken)
        asked -= {broken.law}


def _each_alone(rule: Rule, luck: Luck) -> list[Case]:
    """Let one place say each value that is known to be worth trying, and the others what a plain record says."""
    plain = rule.plain
    alone = [Case({**plain.here, each.path: value}, None) for each in rule.here for value in each.pool.fixed]
    return alone if len(alone) <= luck.examples else _chance(luck, rule.name, rule.source).sample(alone, luck.examples)


def _first_broken(prove: Callable[[Case], None], those: list[Case]) -> Broken | None:
    for each in those:
        try:
            prove(each)
        except Broken as broken:
            return broken
    return None


def cases(rule: Rule, at_once: int = AT_ONCE) -> st.SearchStrategy[list[Case]]:
    """Draw cases of a rule: a few places say something else than a plain record would, on either side."""
    return _cases(_Drawn(rule.here), _Drawn(rule.there if rule.updates else ()), at_once)


class _Drawn:
    """The places of one side, ready to be drawn."""

    def __init__(self, places: Sequence[Spot]) -> None:
        self.plain = {each.path: each.pool.plain for each in places}
        self.values = [(each.path, each.pool.strategy()) for each in places]
        self.at_all: st.SearchStrategy[bool] = st.booleans()
        count = len(places)
        one = [(index,) for index in range(count)]
        two = [(index, other) for index in range(count) for other in range(index + 1, count)]
        self.masks: st.SearchStrategy[tuple[int, ...]] = st.sampled_from([(), *one * 3, *two, tuple(range(count))])


@st.composite
def _cases(draw: Any, here: _Drawn, there: _Drawn, at_once: int) -> list[Case]:
    made = []
    for _ in range(at_once):
        says = dict(here.plain)
        for index in draw(here.masks):
            path, values = here.values[index]
            says[path] = draw(values)
        other: dict[str, Any] | None = None
        if there.values and draw(there.at_all):
            other = dict(there.plain)
            for index in draw(there.masks):
                path, values = there.values[index]
                other[path] = draw(values)
        made.append(Case(says, other))
    return made
