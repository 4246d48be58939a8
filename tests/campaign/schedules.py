"""Play schedules of all our mappings, portion after portion, and keep a record of what was played.

    python tests/campaign/schedules.py --minutes 60
    python tests/campaign/schedules.py --table

The record says which seeds were played of which mapping, by which commit, and what came of them; the next portion goes on where
the last one ended, with the mapping of which least was played. A seed that broke a promise stays in the record: after the engine
was mended, `syncrules simulate MAPPING --seed SEED --seeds 1` plays it again, and `--again` plays all of them.
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
from dataclasses import asdict, dataclass, field
from pathlib import Path

from syncrules.language import spec
from syncrules.simulator.campaign import Campaign, play_many

HERE = Path(__file__).parent
RECORD = HERE / "schedules.jsonl"
PORTION = 2_000
"""Schedules of one mapping that are played before the next one has its turn."""


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


def record(file: Path = RECORD) -> list[Portion]:
    """Read what was played so far."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Portion(**json.loads(line)) for line in lines]


def keep(portion: Portion, file: Path = RECORD) -> None:
    """Add a portion to the record."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(portion), separators=(",", ":")) + "\n")


def following(portions: Iterable[Portion], mappings: Sequence[str]) -> tuple[str, int]:
    """Say of which mapping least was played, and the first seed that was not.

    >>> following([Portion("c", "one", 1, 50, 0, 0, 0, {})], ["one", "two"])
    ('two', 1)
    >>> following([Portion("c", "one", 1, 50, 0, 0, 0, {})], ["one"])
    ('one', 51)
    """
    played = dict.fromkeys(mappings, 0)
    after = dict.fromkeys(mappings, 1)
    for each in portions:
        if each.mapping in played:
            played[each.mapping] += each.played
            after[each.mapping] = max(after[each.mapping], each.first + each.played)
    name = min(mappings, key=lambda each: played[each])
    return name, after[name]


def as_portion(commit: str, result: Campaign) -> Portion:
    """Say of a campaign what the record keeps."""
    struck = [(point, kind, count) for (point, kind), count in sorted(result.tally.counts.items())]
    failed = {str(seed): promises for seed, promises in sorted(result.failed.items())}
    return Portion(
        commit, result.mapping, result.first, result.played, result.runs, result.writes, result.calm, failed, struck
    )


def table(portions: Sequence[Portion]) -> str:
    """Print what was played, mapping by mapping, and how often each kind of fault struck each point."""
    lines = ["| mapping | schedules | runs | writes | broke a promise |", "| --- | ---: | ---: | ---: | ---: |"]
    for name in sorted({each.mapping for each in portions}):
        mine = [each for each in portions if each.mapping == name]
        sums = (sum(each.played for each in mine), sum(each.runs for each in mine), sum(each.writes for each in mine))
        lines.append(
            f"| {name} | {' | '.join(f'{each:,}' for each in (*sums, sum(len(each.failed) for each in mine)))} |"
        )
    struck: Counter[tuple[str, str]] = Counter()
    for portion in portions:
        for point, kind, count in portion.struck:
            struck[point, kind] += count
    points = sorted({point for point, _ in struck})
    lines += ["", f"| fault | {' | '.join(points)} |", f"| --- |{' ---: |' * len(points)}"]
    for kind in sorted({kind for _, kind in struck}):
        lines.append(f"| {kind} | {' | '.join(f'{struck[point, kind]:,}' for point in points)} |")
    return "\n".join(lines)


def commit() -> str:
    """Name the state of the files that is played: the commit, with `+` if something in it was changed."""
    asked = ["git", "-C", str(HERE), "describe", "--always", "--dirty=+"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def play(minutes: float, jobs: int, mappings: Sequence[str], file: Path) -> int:
    """Play portions until the time is over; stop at a promise that was broken."""
    until, version = time.monotonic() + minutes * 60, commit()
    portions = record(file)
    while time.monotonic() < until:
        name, first = following(portions, mappings)
        result = play_many(name, first, PORTION, jobs, goes_on=lambda _: time.monotonic() < until)
        portion = as_portion(version, result)
        keep(portion, file)
        portions.append(portion)
        total = sum(each.played for each in portions)
        print(f"{name}: seeds {first}–{first + result.played - 1}; {total:,} schedules in all", flush=True)
        for seed, promises in result.failed.items():
            print(f"  seed {seed} broke: {', '.join(promises)}", flush=True)
    return 1 if any(each.failed for each in portions if each.commit == version) else 0


def play_again(mappings: Sequence[str], file: Path) -> int:
    """Play every seed again that ever broke a promise."""
    broken = 0
    for each in record(file):
        for seed in each.failed if each.mapping in mappings else ():
            result = play_many(each.mapping, int(seed), 1, 1)
            broken += len(result.failed)
            print(f"{each.mapping} seed {seed}: {', '.join(*result.failed.values()) or 'every promise is kept'}")
    return 1 if broken else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--mapping", nargs="*", default=[], help="play these; all of ours if left out")
    parser.add_argument("--record", type=Path, default=RECORD)
    parser.add_argument("--table", action="store_true", help="print the record instead")
    parser.add_argument("--again", action="store_true", help="play the seeds again that broke a promise")
    said = parser.parse_args()
    mappings = said.mapping or spec.names()
    if said.table:
        print(table(record(said.record)))
        return 0
    return play_again(mappings, said.record) if said.again else play(said.minutes, said.jobs, mappings, said.record)


if __name__ == "__main__":
    sys.exit(main())
