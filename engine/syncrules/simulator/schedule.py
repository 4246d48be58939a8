"""A schedule: what happens in one simulated world, as a list that a person can read and a shrinker can shorten.

Everything that chance decides is decided here, from one seed, before anything happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from syncrules.language.model import Spec
from syncrules.simulator.deciding import DECISIONS
from syncrules.simulator.door import CALLS, MISHAPS
from syncrules.simulator.people import DEEDS, Doing, can_be_made

HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something that goes wrong in a run: at the so-manieth point of a kind."""

    point: str
    """A kind of call, or `commit`."""
    nth: int
    kind: str


@dataclass(frozen=True, slots=True)
class Meddling:
    """What somebody does while a run is under way: before its so-manieth call."""

    nth: int
    doing: Doing


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens: somebody does something, time passes, or a run is started."""

    doing: Doing | None = None
    wait: int = 0
    """Seconds."""
    due_only: bool = False
    shown: bool = False
    """The plan is shown before the run."""
    between: tuple[Doing, ...] | None = None
    """A plan is saved, people do this, and the plan is applied; None: it is a run like any other."""
    mishaps: tuple[Mishap, ...] = ()
    meddling: tuple[Meddling, ...] = ()

    @property
    def is_run(self) -> bool:
        return self.doing is None and not self.wait


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that happens, and how these two systems behave."""

    seed: int
    events: tuple[Event, ...]
    calm: bool
    """Nobody does anything that two records, or two people, could quarrel about; nothing goes wrong for good."""
    entities: tuple[str, ...] = ()
    """The kinds of records that the mapping is about in this world; none named: all of them."""
    pages: tuple[int, int] = (3, 3)
    lags: tuple[float, float] = (0.0, 0.0)
    skews: tuple[float, float] = (0.0, 0.0)


WHOLE = 0.25
"""So many schedules are about all of a mapping; the rest about a part of it that stands by itself, which is quicker."""

APPLIED = 0.25
"""So many schedules end with a plan that is saved, and applied after people went on."""

COMMIT_MISHAPS = ("crash before", "crash after", "crash within", "disk full")
COMMITS = (
    "Intents.note", "Intents.settle", "Writer.carry_out", "Writer.write_back", "Decider._decide_page", "Decider._decide_entity",
    "Decider.decide_all", "Intake._close_reading", "Intake._settle_missing", "_settle_create", "Journey.finish", "_run_one",
)  # fmt: skip
"""Steps that commit: a commit of theirs goes wrong more often than chance alone would have it."""
OFTEN = (*DEEDS, "edit", "edit", "edit", "edit", "create", "pay", "edit on both sides")
"""What people do in the two systems, at any moment; some of it more often."""
BETWEEN = (*OFTEN, *DECISIONS, DECISIONS[0], DECISIONS[0])
"""What people do between two runs: they decide, too."""
CALM_DEEDS = ("create", "edit", "clear", "edit something unmapped", "pay")
HARMLESS = tuple(each for each in MISHAPS if each != "half a list")
"""What goes wrong and leaves nothing that only a person can mend."""


def generate(spec: Spec, seed: int) -> Schedule:
    """Make up a schedule; the same seed makes the same one."""
    chance, apart = Random(seed), Random(f"{seed} apart")
    calm = chance.random() < 0.3
    # Few kinds of records at a time: more happens to each, and a schedule is quick.
    names = _some(spec, chance)
    marks = iter(range(1001 + chance.randrange(50), 10_000))
    events: list[Event] = []
    for _ in range(chance.randint(1, 5)):
        events.append(Event(doing=_beginning(spec, names, chance, next(marks), calm=calm)))
    for _ in range(chance.randint(1, 4)):
        run = _run(spec, names, chance, marks, calm=calm)
        events.append(run)
        # Who was cut off is started again at once, before a search shows what was written.
        if chance.random() < (0.3 if run.mishaps else 0.7):
            events.append(Event(wait=chance.choice((1, 10, 90, HOUR, 5 * HOUR, DAY, 8 * DAY))))
        for _ in range(chance.randint(0, 4)):
            events.append(Event(doing=_doing(spec, names, chance, next(marks), calm=calm, deeds=BETWEEN)))
    if apart.random() < APPLIED:
        events += _applied(spec, names, apart, marks, calm=calm)
    return Schedule(
        seed,
        tuple(events),
        calm,
        entities=() if chance.random() < WHOLE else _closed(spec, names),
        pages=(chance.randint(1, 4), chance.randint(1, 4)),
        lags=(_lag(spec, 0, chance), _lag(spec, 1, chance)),
        skews=(chance.choice((0.0, 0.0, -300.0, 300.0)), chance.choice((0.0, 0.0, -300.0, 300.0))),
    )


def _some(spec: Spec, chance: Random) -> list[str]:
    """Choose the kinds of records that this schedule is about, with what they refer to."""
    names = list(spec.entities)
    chosen = {chance.choice(names)}
    if chance.random() < 0.4:
        chosen.add(chance.choice(names))
    grown = True
    while grown:
        more = {name for each in chosen for row in spec.entities[each].rows for name in row.refers_to}
        more |= {name for each in chosen for name in spec.entities[each].for_each}
        grown = not more <= chosen
        chosen |= more
    return [name for name in names if name in chosen]


def _closed(spec: Spec, names: Sequence[str]) -> tuple[str, ...]:
    """Add the kinds of records that share a resource with one of these: they may quarrel about a record."""
    chosen = set(names)
    while True:
        used = {(side, source.resource) for name in chosen for side, source in spec.entities[name].sources.items()}
        more = {
            name
            for name, each in spec.entities.items()
            if used & {(side, source.resource) for side, source in each.sources.items()}
            or chosen & {*each.after, *each.for_each}
        }
        more |= {other for name in more for row in spec.entities[name].rows for other in row.refers_to}
        more |= {other for name in more for other in (*spec.entities[name].for_each, *spec.entities[name].after)}
        if more <= chosen:
            return tuple(name for name in spec.entities if name in chosen)
        chosen |= more


def _lag(spec: Spec, position: int, chance: Random) -> float:
    declared = spec.manifests[spec.sides[position]].lag.total_seconds()
    return chance.choice((0.0, declared / 2, declared * 0.9))


def _beginning(spec: Spec, names: Sequence[str], chance: Random, mark: int, *, calm: bool) -> Doing:
    """Make a record, so that there is something to begin with."""
    kinds = (
        ["create"]
        if calm
        else ["create"] * 8 + ["create on both sides"] * 6 + ["create without a number"] * 2 + ["create many"]
    )
    side, entity = chance.choice(makable(spec, names))
    return Doing(chance.choice(kinds), side, entity, 0, chance.randrange(100), mark)


def makable(spec: Spec, names: Sequence[str]) -> list[tuple[str, str]]:
    """List what people can make by hand: side and kind of record."""
    return [
        (side, name)
        for name in names
        for side, source in spec.entities[name].sources.items()
        if not spec.entities[name].for_each and can_be_made(spec, side, source.resource)
    ] or [(spec.sides[0], names[0])]


def _doing(
    spec: Spec, names: Sequence[str], chance: Random, mark: int, *, calm: bool, deeds: Sequence[str] = OFTEN
) -> Doing:
    what = chance.choice(CALM_DEEDS if calm else deeds)
    entity = chance.choice(names)
    if calm and spec.entities[entity].for_each:
        what = "pay"  # whoever edits a state by hand quarrels with the books
    if what.startswith("create"):
        return _beginning(spec, names, chance, mark, calm=calm)
    side = chance.choice(list(spec.entities[entity].sources))
    return Doing(what, side, entity, chance.randrange(8), chance.randrange(40), mark)


def _run(spec: Spec, names: Sequence[str], chance: Random, marks: Iterator[int], *, calm: bool) -> Event:
    mishaps: list[Mishap] = []
    while chance.random() < 0.45 and len(mishaps) < 4:
        if chance.random() < 0.3:
            mishaps.append(_at_a_commit(chance))
        else:
            point = chance.choice((*CALLS, "create", "create", "create", "update", "update"))
            kind = chance.choice(HARMLESS if calm else tuple(MISHAPS))
            nth = int(chance.triangular(0, 20, 0)) if point == "read" else chance.choice((0, 0, 0, 1, 1, 2, 3, 5))
            mishaps.append(Mishap(point, nth, kind))
    meddling: list[Meddling] = []
    while not calm and chance.random() < 0.25 and len(meddling) < 3:
        meddling.append(Meddling(chance.randrange(25), _doing(spec, names, chance, next(marks), calm=False)))
    due_only = chance.random() < 0.3
    return Event(
        due_only=due_only,
        shown=not (mishaps or meddling or due_only) and chance.random() < 0.5,
        mishaps=tuple(mishaps),
        meddling=tuple(meddling),
    )


def _applied(spec: Spec, names: Sequence[str], chance: Random, marks: Iterator[int], *, calm: bool) -> Iterator[Event]:
    """Let people do something, a plan be saved, people go on, and the plan be applied."""
    deeds = [_doing(spec, names, chance, next(marks), calm=calm) for _ in range(chance.randint(2, 7))]
    if calm:  # whoever comes last may have to wait for a person
        deeds = [each for each in deeds if not each.what.startswith("create")]
    before = chance.randint(0, len(deeds))
    yield from (Event(doing=each) for each in deeds[:before])
    mishaps = _run(spec, names, chance, marks, calm=calm).mishaps if chance.random() < 0.3 else ()
    yield Event(between=tuple(deeds[before:]), mishaps=mishaps)


def _at_a_commit(chance: Random) -> Mishap:
    kind = chance.choice(COMMIT_MISHAPS)
    if chance.random() < 0.5:
        return Mishap("commit", int(chance.triangular(0, 60, 8)), kind)
    return Mishap(f"commit in {chance.choice(COMMITS)}", chance.choice((0, 0, 0, 1, 1, 2, 3, 5)), kind)


@dataclass(slots=True)
class Tally:
    """How often each kind of mishap befell each point."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, point: str, kind: str) -> None:
        self.counts[point, kind] = self.counts.get((point, kind), 0) + 1

    def merge(self, other: Tally) -> None:
        for (point, kind), count in other.counts.items():
            self.counts[point, kind] = self.counts.get((point, kind), 0) + count
