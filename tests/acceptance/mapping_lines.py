"""Does every line of a mapping matter? Take each away, or change it, and see whether a test notices.

    python tests/acceptance/mapping_lines.py [--mapping NAME] [--minutes N] [--line N ...] [--count N] [--near | --cheap] [--list] [--excused]

What `validate` refuses is caught; what means exactly the same must have a reason; for the rest the statements of the mapping and the
examples beside it are asked, then its tests, until something fails that names a row of the requirements. A change that nothing notices is a survivor and
needs a test, or a reason in `mapping_excuses.py`; one that has a reason is not tried, but with `--excused` only those are, to see
whether they still need it. What was found stands in a record; a campaign that was cut off goes on where it stopped, as long as
the mapping has not changed (`--anew` begins again; `--again` tries what was not noticed by a test that names a row).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import world
from mapping_changes import Change, changes, meaning, refused, texts, written
from mapping_excuses import alike, excuse
from mapping_tests import BROKEN, TESTS, alive_beside, ask, examples, hangs

from syncrules.language import spec

RECORD = Path(__file__).parent.parent.parent / ".syncrules" / "mapping_lines.jsonl"
REFUSED, SAME, EXCUSED, NOTICED, UNNAMED, SURVIVES = "validate", "the same", "excused", "caught", "no row", "SURVIVES"
KINDS = ("statement", "example", "test")
WORDS = {
    REFUSED: "refused by validate",
    NOTICED: "caught by what names a row",
    UNNAMED: "caught by a test that names no row",
    EXCUSED: "excused",
    SAME: "mean the same",
    SURVIVES: "survive",
}
LEFT = (UNNAMED, SAME, SURVIVES)
"""What wants a test, a reason, or to be taken out."""


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one change."""

    mapping: str
    digest: str
    """Of the mapping."""
    line: int
    label: str
    what: str
    by: str = ""
    """What noticed it, or why nothing has to."""
    rows: list[str] | None = None
    kind: str = ""
    """`statement`, `example` or `test`."""

    def __str__(self) -> str:
        rows = f" {' '.join(self.rows)}:" if self.rows else ""
        return f"{self.what:9} {self.line:4} {self.label}{f'  [{self.kind}{rows} {self.by}]' if self.by else ''}"


def digest(name: str) -> str:
    """Tell one state of a mapping from another."""
    return hashlib.sha256(spec.find(name).read_bytes()).hexdigest()[:16]


def record(file: Path) -> Iterator[Found]:
    """Read what was found so far."""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        yield Found(**json.loads(line))


class Campaign:
    """Changes of one mapping, tried side by side."""

    def __init__(self, name: str, *, how: str, excused: bool, file: Path | None) -> None:
        self.name, self.how, self.excused, self.file = name, how, excused, file
        self.digest = digest(name)
        self.found: list[Found] = []
        self.running: dict[BaseProcess, tuple[Change, Path]] = {}

    def run(self, wanted: list[Change], *, minutes: float, jobs: int) -> None:
        """Try the changes until they are done or the time is up."""
        until, original = time.monotonic() + minutes * 60, meaning(spec.load(self.name))
        context, warm = multiprocessing.get_context("fork"), False
        with tempfile.TemporaryDirectory() as temporary:
            for number, change in enumerate(wanted):
                if time.monotonic() > until:
                    print(f"the time is up; {len(wanted) - number} changes were not tried")
                    break
                path = written(change, Path(temporary), number)
                if known := self._without_a_test(change, path, original):
                    self._say(known)
                    continue
                if not warm:
                    _warm_up(self.name)
                    warm = True
                while len(self.running) >= jobs:
                    self._collect()
                told = Path(temporary) / f"told-{number}"
                process = context.Process(target=ask, args=(self.name, change, path, told), kwargs={"how": self.how})
                alive_beside(told).touch()
                process.start()
                self.running[process] = (change, told)
            while self.running:
                self._collect()

    def _without_a_test(self, change: Change, path: Path, original: object) -> Found | None:
        """Judge what needs no test."""
        loaded = refused(path)
        if isinstance(loaded, str):
            return self._of(change, REFUSED, loaded)
        if meaning(loaded) == original:
            why = alike(change.label) or excuse(self.name, change.label)
            return self._of(change, EXCUSED if why else SAME, why)
        why = "" if self.excused else excuse(self.name, change.label)
        return self._of(change, EXCUSED, why) if why else None

    def _collect(self) -> None:
        """Wait for one of the processes and note what it found."""
        wait([each.sentinel for each in self.running], timeout=5)
        for process in list(self.running):
            change, told = self.running[process]
            stuck = process.is_alive() and hangs(told)
            if process.is_alive() and not stuck:
                continue
            if stuck:
                process.kill()
            process.join()
            del self.running[process]
            self._say(self._judged(change, told, stuck=stuck))

    def _judged(self, change: Change, told: Path, *, stuck: bool) -> Found:
        if stuck or not told.is_file():
            return self._of(change, UNNAMED, "it hangs" if stuck else "the tests broke off", kind="test")
        answer = json.loads(told.read_text(encoding="utf-8"))
        if answer["by"].startswith(BROKEN):
            raise SystemExit(f"{change.label}: {answer['by']}")
        if answer["by"]:
            return self._of(change, NOTICED if answer["rows"] else UNNAMED, **answer)
        why = excuse(self.name, change.label)
        return self._of(change, EXCUSED, why) if why else self._of(change, SURVIVES)

    def _of(self, change: Change, what: str, by: str = "", rows: list[str] | None = None, kind: str = "") -> Found:
        return Found(self.name, self.digest, change.line, change.label, what, by, rows, kind)

    def _say(self, found: Found) -> None:
        self.found.append(found)
        print(found, flush=True)
        if self.file:
            self.file.parent.mkdir(exist_ok=True)
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")


def _warm_up(name: str) -> None:
    """Do once what every process would have to do again: import, compile, prepare."""
    import pytest

    loaded = spec.load(name)
    examples(name)
    if loaded.manifests[loaded.sides[1]].provider in world.SYSTEMS:
        with world.world(mapping=name) as here:
            here.run()
    assert pytest


def figures(name: str, found: Mapping[str, Found]) -> str:
    """Say what became of the changes of a mapping."""
    counts = Counter(each.what for each in found.values())
    kinds = Counter(each.kind for each in found.values() if each.what == NOTICED)
    of_them = f" ({', '.join(f'{kinds[each]} by a {each}' for each in KINDS)})" if kinds else ""
    parts = [
        f"{counts[what]} {words}{of_them if what == NOTICED else ''}" for what, words in WORDS.items() if counts[what]
    ]
    return f"{name}: {len(found)} changes: {', '.join(parts)}"


def chosen(given: argparse.Namespace) -> list[Change]:
    """Choose the changes that are wanted."""
    wanted = [each for each in changes(given.mapping) if not given.line or each.line in given.line]
    wanted = [each for each in wanted if fnmatchcase(each.label, given.like)]
    wanted = [each for each in wanted if excuse(given.mapping, each.label)] if given.excused else wanted
    if given.count is not None:
        wanted = random.Random(given.seed).sample(wanted, min(given.count, len(wanted)))
    return wanted


def options(words: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mapping", default="tribe-eboekhouden", choices=sorted(TESTS))
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--line", type=int, nargs="*", help="only changes of these lines")
    parser.add_argument("--count", type=int, help="only so many, chosen by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--like", default="*", help="only changes whose label fits this pattern")
    parser.add_argument(
        "--near",
        action="store_const",
        dest="how",
        const="near",
        default="all",
        help="only the tests that are most likely to notice; faster",
    )
    parser.add_argument(
        "--cheap", action="store_const", dest="how", const="cheap", help="only statements and examples; fastest"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--excused", action="store_true", help="only changes that may go unnoticed: do they still?")
    parser.add_argument("--list", action="store_true", help="say what would be changed, and what only a person reads")
    parser.add_argument("--record", type=Path, default=RECORD, help="where what was found is kept")
    parser.add_argument("--anew", action="store_true", help="do not go on where the last campaign stopped")
    parser.add_argument("--again", action="store_true", help="try once more what no test of a row noticed")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run a campaign from the command line."""
    given = options(words)
    wanted = chosen(given)
    if given.list:
        for each in wanted:
            print(f"{each.line:4} {each.label}")
        for line, text in texts(given.mapping):
            print(f"{line:4} {text}: only a person reads it")
        return 0
    whole = given.count is None and not given.excused
    now, labels = digest(given.mapping), {each.label for each in wanted}
    known = {
        each.label: each
        for each in (record(given.record) if whole and not given.anew else ())
        if (each.mapping, each.digest) == (given.mapping, now) and each.label in labels
    }
    settled = {label for label, each in known.items() if not given.again or each.what not in LEFT}
    campaign = Campaign(given.mapping, how=given.how, excused=given.excused, file=given.record if whole else None)
    campaign.run([each for each in wanted if each.label not in settled], minutes=given.minutes, jobs=given.jobs)
    known |= {each.label: each for each in campaign.found}
    print(figures(given.mapping, known))
    left = [each for each in known.values() if each.what in LEFT]
    for one in left:
        print(f"{'survives' if one.what == SURVIVES else one.what}: line {one.line}: {one.label}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
