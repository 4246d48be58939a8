"""Do the examples of a mapping notice when the mapping is broken? Change it line by line, and carry them out.

    python tests/acceptance/mapping_examples.py [--mapping NAME] [--count N] [--seed N] [--minutes N]

What `validate` refuses, and what means exactly the same, is counted apart; of the rest the examples notice some, which is the rate.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mapping_changes import Change, changes, meaning, refused, written

from syncrules.examples import load, trial
from syncrules.examples.model import Example, Examples
from syncrules.examples.play import Stage, closed
from syncrules.language import spec
from syncrules.language.model import Spec


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one change."""

    change: Change
    what: str
    """refused, the same, noticed or not noticed."""
    by: str = ""


def tried(name: str, wanted: list[Change], minutes: float = 600) -> Iterator[Tried]:
    """Try changes one after the other, until they are done or the time is up."""
    original = spec.load(name)
    examples, until = load.load(original), time.monotonic() + minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        for number, change in enumerate(wanted):
            if time.monotonic() > until:
                return
            loaded = refused(written(change, Path(folder), number))
            if isinstance(loaded, str):
                yield Tried(change, "refused", loaded)
            elif meaning(loaded) == meaning(original):
                yield Tried(change, "the same")
            else:
                by, _ = noticed(loaded, examples, change.entity)
                yield Tried(change, "noticed" if by else "not noticed", by)


def noticed(changed: Spec, examples: Examples, entity: str) -> tuple[str, list[str]]:
    """Give the first example that fails and the rows that it shows, one that shows any in front; empty if none fails."""
    mapping = replace(changed, name="changed")
    stage = Stage(mapping, examples)
    about = [
        each
        for each in examples.examples
        if not entity or each.entity == entity or _reaches(mapping, each.entity, entity)
    ]
    unnamed = ""
    for each in sorted(about, key=lambda one: one.entity != entity):
        if said := _failed(stage, each):
            if each.shows:
                return said, list(each.shows)
            unnamed = unnamed or said
    return unnamed, []


def _failed(stage: Stage, example: Example) -> str:
    try:
        return "" if trial.attempt(stage, example).passed else example.says
    except Exception as error:  # what cannot even be carried out is noticed
        return f"{example.says} ({type(error).__name__})"


def _reaches(mapping: Spec, one: str, other: str) -> bool:
    return one not in mapping.entities or other in closed(mapping, [one])


def main() -> int:
    """Measure the rate from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--mapping",
        default="tribe-eboekhouden",
        choices=spec.names(),
    )
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600)
    given = parser.parse_args()
    every = list(changes(given.mapping))
    wanted = random.Random(given.seed).sample(every, min(given.count, len(every)))
    counts: Counter[str] = Counter()
    for each in tried(given.mapping, wanted, given.minutes):
        counts[each.what] += 1
        print(f"{each.what:12} {each.change.line:4} {each.change.label}  [{each.by}]", flush=True)
    real = counts["noticed"] + counts["not noticed"]
    print(f"{sum(counts.values())} changes: {dict(counts)}; the examples notice {counts['noticed']} of {real}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
