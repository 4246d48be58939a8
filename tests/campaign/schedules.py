"""Play schedules of all our mappings, portion after portion, and keep a record of what was played.

    python tests/campaign/schedules.py --minutes 60
    python tests/campaign/schedules.py --minutes 60 --aim 1000
    python tests/campaign/schedules.py --table

The record says which seeds were played of which mapping, by which commit, and what came of them; the next portion goes on where
the last one ended, with the mapping of which least was played. A seed that broke a promise stays in the record: after the engine
was mended, `syncrules simulate MAPPING --seed SEED --seeds 1` plays it again, and `--again` plays all of them. With `--aim` faults are
aimed at the points that they seldom hit by chance, until each was hit as often as that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from aimed import aimed, aims, can_befall

from syncrules.language import spec
from syncrules.simulator.campaign import Campaign, play_many

HERE = Path(__file__).parent
RECORD = HERE / "schedules.jsonl"
PORTION = 500
"""Schedules of one mapping that are played before the next one has its turn."""
AIMED = 200
"""The same, where a fault is aimed at a point."""
AIMED_FROM = 10_000_000
"""The first seed of those: none that chance alone decides."""


@dataclass(frozen=True)
class Portion:
    """What was played in one go."""

    commit: str
    mapping: str
    first: int
    played: int
    runs: int
    writes: int
    calm: int
    failed: dict[str, list[str]]
    """Seed → promises that it broke."""
    struck: list[tuple[str, str, int]] = field(default_factory=list)
    """Point, kind of fault, and how often it struck there."""
    aim: tuple[str, str] | None = None
    """The point and the kind of fault that was aimed at it; None: chance alone decided."""


def record(file: Path = RECORD) -> list[Portion]:
    """Read what was played so far."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Portion(**json.loads(line)) for line in lines]


def keep(portion: Portion, file: Path = RECORD) -> None:
    """Add a portion to the record; one that goes on where another of the same version ended is joined to it."""
    kept = record(file)
    before = next((number for number, each in enumerate(kept) if _goes_on(each, portion)), len(kept))
    kept[before : before + 1] = [_joined(kept[before], portion) if before < len(kept) else portion]
    lines = [json.dumps(asdict(each), separators=(",", ":")) + "\n" for each in kept]
    new = file.with_name(f"{file.name}.new")
    new.write_text("".join(lines), encoding="utf-8")
    new.replace(file)


def _goes_on(before: Portion, after: Portion) -> bool:
    what = (before.commit, before.mapping, before.aim and tuple(before.aim), before.first + before.played)
    return what == (after.commit, after.mapping, after.aim and tuple(after.aim), after.first)


def _joined(before: Portion, after: Portion) -> Portion:
    hit = [(point, kind, count) for (point, kind), count in sorted(struck([before, after]).items())]
    return replace(
        before,
        played=before.played + after.played,
        runs=before.runs + after.runs,
        writes=before.writes + after.writes,
        calm=before.calm + after.calm,
        failed=before.failed | after.failed,
        struck=hit,
    )


def following(portions: Iterable[Portion], mappings: Sequence[str], *, begin: int = 1) -> tuple[str, int]:
    """Say of which mapping least was played, and the first seed that was not.

    >>> following([Portion("c", "one", 1, 50, 0, 0, 0, {})], ["one", "two"])
    ('two', 1)
    >>> following([Portion("c", "one", 1, 50, 0, 0, 0, {})], ["one"])
    ('one', 51)
    """
    played = dict.fromkeys(mappings, 0)
    after = dict.fromkeys(mappings, begin)
    for each in portions:
        if each.mapping in played:
            played[each.mapping] += each.played
            after[each.mapping] = max(after[each.mapping], each.first + each.played)
    name = min(mappings, key=lambda each: played[each])
    return name, after[name]


def struck(portions: Iterable[Portion]) -> Counter[tuple[str, str]]:
    """Count how often each kind of fault struck each point."""
    counts: Counter[tuple[str, str]] = Counter()
    for portion in portions:
        for point, kind, count in portion.struck:
            counts[point, kind] += count
    return counts


def home(portions: Iterable[Portion], mappings: Sequence[str], point: str) -> str:
    """Name the mapping in which a point was struck most often."""
    counts: Counter[str] = Counter(mappings)
    for each in portions:
        if each.mapping in mappings:
            counts[each.mapping] += sum(count for where, _, count in each.struck if where == point)
    return counts.most_common(1)[0][0]


def as_portion(commit: str, result: Campaign, aim: tuple[str, str] | None = None) -> Portion:
    """Say of a campaign what the record keeps."""
    hit = [(point, kind, count) for (point, kind), count in sorted(result.tally.counts.items())]
    failed = {str(seed): promises for seed, promises in sorted(result.failed.items())}
    return Portion(
        commit, result.mapping, result.first, result.played, result.runs, result.writes, result.calm, failed, hit, aim
    )


def table(portions: Sequence[Portion]) -> str:
    """Print what was played, mapping by mapping and version by version, and how often each kind of fault struck each point."""
    lines = ["| mapping | schedules | runs | writes | broke a promise |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in sorted({each.mapping for each in portions}):
        mine = [each for each in portions if each.mapping == name]
        sums = (sum(each.played for each in mine), sum(each.runs for each in mine), sum(each.writes for each in mine))
        lines.append(
            f"| {name} | {' | '.join(f'{each:,}' for each in (*sums, sum(len(each.failed) for each in mine)))} |"
        )
    lines += ["", "| version | schedules | broke a promise |", "| --- | ---: | --- |"]
    for version in dict.fromkeys(each.commit for each in portions):
        mine = [each for each in portions if each.commit == version]
        broke = [f"{each.mapping} {seed}" for each in mine for seed in each.failed]
        lines.append(f"| `{version}` | {sum(each.played for each in mine):,} | {', '.join(broke) or '–'} |")
    hit = struck(portions)
    points = sorted({point for point, _ in hit})
    lines += ["", f"| fault | {' | '.join(points)} |", f"| --- |{' ---: |' * len(points)}"]
    for kind in sorted({kind for _, kind in hit}):
        cells = (f"{hit[point, kind]:,}" if can_befall(point, kind) else "–" for point in points)
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def commit() -> str:
    """Name the state of the files that is played: the commit, with `+` if something in it was changed."""
    asked = ["git", "-C", str(HERE), "describe", "--always", "--dirty=+"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def play(minutes: float, jobs: int, mappings: Sequence[str], file: Path) -> int:
    """Play portions until the time is over; say at the end whether this version broke a promise."""
    until, version = time.monotonic() + minutes * 60, commit()
    portions = record(file)
    while time.monotonic() < until:
        name, first = following((each for each in portions if not each.aim), mappings)
        result = play_many(name, first, PORTION, jobs, goes_on=lambda _: time.monotonic() < until)
        _keep(as_portion(version, result), portions, file)
    return 1 if any(each.failed for each in portions if each.commit == version) else 0


def play_aimed(minutes: float, jobs: int, mappings: Sequence[str], file: Path, enough: int) -> int:
    """Aim faults at the points that they seldom hit, until each was hit often enough or the time is over."""
    until, version = time.monotonic() + minutes * 60, commit()
    portions = record(file)
    missed: set[tuple[str, str]] = set()
    while time.monotonic() < until:
        aim = next((each for each in aims(struck(portions), enough) if each not in missed), None)
        if aim is None:
            break
        name = home(portions, mappings, aim[0])
        _, first = following((each for each in portions if each.aim), [name], begin=AIMED_FROM)
        result = play_many(name, first, AIMED, jobs, change=partial(aimed, point=aim[0], kind=aim[1]))
        _keep(as_portion(version, result, aim), portions, file)
        if not result.tally.counts.get(aim):
            missed.add(aim)
            print(f"{name}: {AIMED} schedules did not meet '{aim[1]}' at '{aim[0]}'", flush=True)
    return 1 if any(each.failed for each in portions if each.commit == version) else 0


def _keep(portion: Portion, portions: list[Portion], file: Path) -> None:
    keep(portion, file)
    portions.append(portion)
    aim = f", '{portion.aim[1]}' aimed at '{portion.aim[0]}'" if portion.aim else ""
    last, total = portion.first + portion.played - 1, sum(each.played for each in portions)
    print(f"{portion.mapping}: seeds {portion.first}–{last}{aim}; {total:,} schedules in all", flush=True)
    for seed, promises in portion.failed.items():
        print(f"  seed {seed} broke: {', '.join(promises)}", flush=True)


def play_again(mappings: Sequence[str], file: Path) -> int:
    """Play every seed again that ever broke a promise."""
    broken = 0
    for each in record(file):
        for seed in each.failed if each.mapping in mappings else ():
            change = partial(aimed, point=each.aim[0], kind=each.aim[1]) if each.aim else None
            result = play_many(each.mapping, int(seed), 1, 1, change=change)
            broken += len(result.failed)
            broke = ", ".join(result.failed.get(int(seed), ()))
            print(f"{each.mapping} seed {seed}: {broke or 'every promise is kept'}")
    return 1 if broken else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--mapping", nargs="*", default=[], help="play these; all of ours if left out")
    parser.add_argument("--aim", type=int, default=0, metavar="N", help="aim at what was hit less often than this")
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--table", action="store_true", help="print the record instead")
    parser.add_argument("--again", action="store_true", help="play the seeds again that broke a promise")
    said = parser.parse_args()
    mappings = said.mapping or spec.names()
    if said.table:
        print(table(record(said.record)))
        return 0
    if said.again:
        return play_again(mappings, said.record)
    if said.aim:
        return play_aimed(said.minutes, said.jobs, mappings, said.record, said.aim)
    return play(said.minutes, said.jobs, mappings, said.record)


if __name__ == "__main__":
    sys.exit(main())
