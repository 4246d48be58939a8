"""Would anybody notice? The engine is broken by hand, one fault at a time, and we see what catches it.

    python tests/faults/faults.py [--only WORDS] [--seeds N] [--first N] [--mapping NAME ...] [--again | --missing] [--near] [--story] [--json FILE] [--list]

For each fault of `faults.yaml` the engine is copied, one text in it is replaced, and schedules of several mappings are played
with the copy until it breaks a promise that the sound engine keeps in the very same schedule. Where it breaks none, the tests
that are named run against the copy, until one fails that passes with the sound engine. What nothing catches is a survivor: the
exit code is 1.

`caught.yaml` says what caught each fault the last time, and in which schedule; that one is tried first. `--again` begins with
the first schedule instead, and writes the file anew.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol, Self

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ENGINE = ROOT / "engine" / "syncrules"
CAUGHT = HERE / "caught.yaml"
MAPPINGS = ("quarrel", "errand", "till", "tribe-eboekhouden", "tribe-winbooks", "tribe-yuki")
"""What is played: a world of our own, dense with quarrels, and what we ship."""
SEEDS = 150
PATIENCE = 120.0
"""Seconds of work after which a schedule that does not end counts as noticed."""
BUSY = 20
"""So many times as long it may take where others are at work."""
TESTS = ("tests/engine", "tests/acceptance")
PLAN = ("tests/engine/test_diff.py", "tests/engine/test_plan.py")
NEAR: Mapping[str, Sequence[str]] = {
    "http.py": ("tests/engine/test_http.py",),
    "limits.py": ("tests/engine/test_limits.py",),
    "journey/calls.py": ("tests/engine/test_calls.py",),
    "journey/intents.py": ("tests/engine/test_remember.py",),
    "journey/recover.py": ("tests/engine/test_remember.py",),
    "journey/remember.py": ("tests/engine/test_remember.py",),
    "journey/decide.py": ("tests/engine/test_decide.py",),
    "journey/brakes.py": ("tests/engine/test_brakes.py",),
    "journey/diff.py": PLAN,
    "journey/held.py": ("tests/engine/test_held.py",),
    "journey/intake.py": ("tests/engine/test_intake.py",),
    "journey/making.py": PLAN,
    "journey/match.py": ("tests/engine/test_match.py",),
    "journey/pair.py": PLAN,
    "journey/policy.py": PLAN,
    "journey/read.py": ("tests/engine/test_read.py", "tests/engine/test_match.py"),
    "journey/rules.py": ("tests/engine/test_rules.py", "tests/engine/test_rules_order.py"),
    "journey/single.py": PLAN,
    "journey/write.py": ("tests/engine/test_remember.py",),
    "memory/journal.py": ("tests/engine/test_memory.py",),
    "memory/links.py": ("tests/engine/test_memory.py",),
    "memory/records.py": ("tests/engine/test_memory.py",),
    "memory/store.py": ("tests/engine/test_memory.py",),
}
"""File → its own tests, which are quick."""
ENDLESS, BROKEN = "a run ends", "the engine can be started"
"""The promises that are broken by an engine that never stops, or never begins."""


class Mistake(Protocol):
    """Something that is wrong in one file of the engine."""

    @property
    def name(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def tests(self) -> tuple[str, ...]: ...

    def broken(self, source: str) -> str:
        """Give the file with it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake that somebody might make."""

    name: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...] = ()

    def broken(self, source: str) -> str:
        """Give a file of the engine with this fault in it."""
        assert source.count(self.text) == 1, (
            f"{self.name}: the text stands {source.count(self.text)} times in {self.file}"
        )
        return source.replace(self.text, self.replacement)


@dataclass(slots=True)
class Found:
    """What became of a fault."""

    name: str
    by: str = ""
    """The promise that was broken, or the test that failed; empty if nothing caught it."""
    mapping: str = ""
    seed: int = 0
    schedules: int = 0
    """How many were played until then."""
    told: str = ""
    seconds: float = 0.0

    @property
    def where(self) -> str:
        return f"{self.mapping} {self.seed}" if self.mapping else "a test" if self.by else ""


def faults() -> list[Fault]:
    """Read all faults."""
    listed = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))
    return [Fault(**{**each, "tests": tuple(each.get("tests", ()))}) for each in listed]


def caught_before(file: Path = CAUGHT) -> dict[str, Mapping[str, Any]]:
    """Read what caught each fault the last time."""
    known = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
    return known or {}


# A process with an engine of its own -------------------------------------------------------------------------------------


def copied(fault: Mistake, folder: Path) -> Path:
    """Copy the engine with a mistake in it; what has been compiled comes along, but for the one file that differs."""
    shutil.copytree(ENGINE, folder / "syncrules")
    path = folder / "syncrules" / fault.file
    path.write_text(fault.broken(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


class Nursery:
    """A process that has all libraries at hand and no engine: it starts players, which find theirs in no time.

    Args:
        folder: where the pipes to the players lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._born = 0
        self._process: subprocess.Popen[str] | None = None

    def bear(self, engine: Path) -> tuple[IO[str], IO[str]]:
        """Start a player and give the ways to it and back."""
        if self._process is None:
            command = [sys.executable, str(HERE / "player.py")]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd=ROOT)
        self._born += 1
        pipes = [self._folder / f"{self._born} {way}" for way in ("asked", "answered")]
        for each in pipes:
            os.mkfifo(each)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"engine": str(engine), "pipes": [str(each) for each in pipes]}) + "\n")
        self._process.stdin.flush()
        return pipes[0].open("w", encoding="utf-8"), pipes[1].open(encoding="utf-8")

    def close(self) -> None:
        """End the process; its players end with their pipes."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


class Player:
    """A process that plays schedules with one engine; it begins with the first of them."""

    def __init__(self, nursery: Nursery, engine: Path) -> None:
        self._nursery = nursery
        self._engine = engine
        self._ways: tuple[IO[str], IO[str]] | None = None
        self._pid = 0

    def play(self, mapping: str, seed: int, *, short: int = 0) -> dict[str, Any]:
        """Play a schedule: the promises that it broke, and its story if it is to be made short."""
        said = self._ask(PATIENCE * (100 if short else 1), mapping=mapping, seed=seed, short=short)
        if said is None:
            return {"broken": {ENDLESS: f"a run did not end within {PATIENCE:.0f} s"}, "story": ""}
        return said or {"broken": {BROKEN: "the program ended"}, "story": ""}

    def test(self, tests: Sequence[str]) -> str:
        """Run tests until one fails, or does not end: its name, or nothing."""
        said = self._ask(PATIENCE * 10, tests=list(tests), each=PATIENCE)
        if said is None:
            return ""
        if not said or (said["code"] not in (0, 1, 5) and not said["failed"]):
            raise SystemExit(f"the tests could not be run: {', '.join(tests)}: {said}")
        return str(said["failed"])

    def _ask(self, patience: float, **asked: Any) -> dict[str, Any] | None:
        """Put a question: the answer, nothing if the program ended, and None if it never comes."""
        questions, answers = self._started()
        try:
            questions.write(json.dumps({**asked, "patience": patience}) + "\n")
            questions.flush()
        except BrokenPipeError:
            self._ways = None
            return {}
        line = self._line(answers, patience * BUSY)
        if line is None:
            os.kill(self._pid, signal.SIGKILL)
            self.end()
            return None
        said: dict[str, Any] = json.loads(line or "{}")
        if not line or "endless" in said:
            self._ways = None
        return None if "endless" in said else said

    def _line(self, stream: IO[str], patience: float) -> str | None:
        ready, _, _ = select.select([stream], [], [], patience)
        return stream.readline() if ready else None

    def _started(self) -> tuple[IO[str], IO[str]]:
        if self._ways is None:
            self._ways = self._nursery.bear(self._engine)
            line = self._line(self._ways[1], PATIENCE)
            assert line is not None
            if line:
                where = json.loads(line)
                self._pid = where["pid"]
                assert where["engine"] == str(self._engine / "syncrules"), f"another engine is played: {where}"
        return self._ways

    def end(self) -> None:
        """Let the process end."""
        for each in self._ways or ():
            with contextlib.suppress(OSError):
                each.close()
        self._ways = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


# One fault ---------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Bench:
    """Where faults are tried: a folder for copies, and the sound engine beside it."""

    folder: Path
    mappings: Sequence[str] = MAPPINGS
    first: int = 1
    seeds: int = SEEDS
    _sound: Player | None = None
    _kept: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    """Mapping and seed → the promises that the sound engine breaks there."""
    _passing: set[str] = field(default_factory=set)
    """Tests that pass with the sound engine."""

    _nursery: Nursery | None = None

    @property
    def nursery(self) -> Nursery:
        if self._nursery is None:
            self._nursery = Nursery(self.folder)
        return self._nursery

    @property
    def _sound_player(self) -> Player:
        if self._sound is None:
            self._sound = Player(self.nursery, ENGINE.parent)
        return self._sound

    def sound(self, mapping: str, seed: int) -> frozenset[str]:
        """Name the promises that the sound engine breaks in a schedule: these say nothing about a fault."""
        if (mapping, seed) not in self._kept:
            self._kept[mapping, seed] = frozenset(self._sound_player.play(mapping, seed)["broken"])
        return self._kept[mapping, seed]

    def close(self) -> None:
        if self._sound is not None:
            self._sound.end()
        if self._nursery is not None:
            self._nursery.close()

    def try_out(
        self,
        fault: Mistake,
        before: Mapping[str, Any] | None = None,
        *,
        first: Sequence[str] = (),
        tests: Sequence[str] = TESTS,
    ) -> Found:
        """Break the engine and see what catches it.

        Args:
            before: what caught it the last time.
            first: tests that run before any schedule is played.
            tests: tests that run where no promise is broken.
        """
        before = before or {}
        began = time.monotonic()
        copy = copied(fault, self.folder / re.sub(r"\W+", "-", fault.name)[:100])
        found = Found(fault.name)
        found.by = self._failing_test(([before["test"]] if "test" in before else [], first), copy)
        if not found.by:
            with Player(self.nursery, copy) as player:
                found = self._played(fault, player, before)
        if not found.by:
            found.by = self._failing_test((tests,), copy)
        found.seconds = time.monotonic() - began
        shutil.rmtree(copy)
        return found

    def _played(self, fault: Mistake, player: Player, before: Mapping[str, Any]) -> Found:
        found = Found(fault.name)
        for mapping, seed in self._schedules(before):
            found.schedules += 1
            broken = player.play(mapping, seed)["broken"]
            fresh = (
                {name: told for name, told in broken.items() if name not in self.sound(mapping, seed)} if broken else {}
            )
            if fresh:
                found.by, found.told = next(iter(fresh.items()))
                found.mapping, found.seed = mapping, seed
                break
        return found

    def _schedules(self, before: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        if before.get("mapping") in self.mappings:
            yield before["mapping"], before["seed"]
        for seed in range(self.first, self.first + self.seeds):
            for mapping in self.mappings:
                yield mapping, -seed
                yield mapping, seed

    def _failing_test(self, lots: Iterable[Sequence[str]], engine: Path) -> str:
        """Name the first test that fails with this engine and passes with the sound one; empty if there is none."""
        for chosen in filter(None, lots):
            with Player(self.nursery, engine) as player:
                failed = player.test(chosen)
            if failed and failed not in self._passing and not self._sound_player.test([failed]):
                self._passing.add(failed)
            if failed in self._passing:
                return failed
        return ""

    def story(self, fault: Fault, found: Found) -> str:
        """Tell the shortest schedule in which a fault shows."""
        copy = copied(fault, self.folder / "story")
        try:
            with Player(self.nursery, copy) as player:
                return str(player.play(found.mapping, found.seed, short=300)["story"])
        finally:
            shutil.rmtree(copy)


# The command -------------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults that were asked for, and tell what caught each."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--only", default="", help="faults whose name, or file, holds these words")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="schedules of each mapping")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--mapping", action="append", choices=MAPPINGS, help="what is played")
    parser.add_argument("--again", action="store_true", help="begin with the first schedule, whatever caught it before")
    parser.add_argument("--missing", action="store_true", help="only what nothing caught yet; what catches it is noted")
    parser.add_argument(
        "--part", default="1/1", help="a part of the faults, such as 2/3: every third, from the second on"
    )
    parser.add_argument("--caught", type=Path, default=CAUGHT, help="the file that says what caught each")
    parser.add_argument("--near", action="store_true", help="run the tests of the file before schedules are played")
    parser.add_argument("--no-tests", action="store_true", help="the simulator alone")
    parser.add_argument("--story", action="store_true", help="tell the shortest schedule in which each shows")
    parser.add_argument("--json", help="a file that the result is written to")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    given = parser.parse_args(arguments)
    wanted = [each for each in faults() if given.only.lower() in f"{each.name} {each.file}".lower()]
    if given.list:
        for each in wanted:
            print(f"{each.file:24} {each.name}")
        return 0
    part, parts = (int(each) for each in given.part.split("/"))
    wanted = wanted[part - 1 :: parts]
    known = {} if given.again else caught_before(given.caught)
    if given.missing:
        wanted = [each for each in wanted if each.name not in known]
    result: list[Found] = []
    with TemporaryDirectory(prefix="faults-") as folder:
        bench = Bench(Path(folder), given.mapping or MAPPINGS, given.first, given.seeds)
        try:
            for each in wanted:
                near = NEAR.get(each.file, ()) if given.near else ()
                found = bench.try_out(
                    each, known.get(each.name), first=near, tests=() if given.no_tests else each.tests or TESTS
                )
                result.append(found)
                if given.again or given.missing:
                    write_caught(found, given.caught)
                print(line(found), flush=True)
                if given.story and found.mapping:
                    print(bench.story(each, found), flush=True)
        finally:
            bench.close()
    survivors = [each.name for each in result if not each.by]
    print(f"\n{len(result)} faults, {len(result) - len(survivors)} caught: {told_apart(result)}.")
    for each_name in survivors:
        print(f"Nothing catches: {each_name}")
    if given.json:
        Path(given.json).write_text(json.dumps([vars_of(each) for each in result], indent=2), encoding="utf-8")
    return 1 if survivors else 0


def line(found: Found) -> str:
    """Tell about one fault on one line."""
    after = f"after {found.schedules}" if found.mapping else ""
    return f"{found.name:88} {found.by or 'NOTHING':60} {found.where if found.mapping else '':24} {after:10} {found.seconds:5.0f} s"


def told_apart(result: Sequence[Found]) -> str:
    """Say how many were caught by what."""
    promises = sum(1 for each in result if each.mapping)
    tests = sum(1 for each in result if each.by and not each.mapping)
    return f"{promises} by a promise of the simulator, {tests} by a test"


def vars_of(found: Found) -> dict[str, Any]:
    """Give what became of a fault as plain data."""
    return {name: getattr(found, name) for name in ("name", "by", "mapping", "seed", "schedules", "told", "seconds")}


def write_caught(found: Found, file: Path = CAUGHT) -> None:
    """Note what caught a fault, in the order of the file; what nothing caught is not in it."""
    with file.open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # another part may be at work
        _write_caught(found, file)


def _write_caught(found: Found, file: Path) -> None:
    known = dict(caught_before(file))
    known.pop(found.name, None)
    if found.mapping:
        known[found.name] = {
            "promise": found.by,
            "mapping": found.mapping,
            "seed": found.seed,
            "schedules": found.schedules,
        }
    elif found.by:
        known[found.name] = {"test": found.by}
    order = [each.name for each in faults() if each.name in known]
    text = yaml.safe_dump({name: dict(known[name]) for name in order}, sort_keys=False, allow_unicode=True, width=1000)
    head = "# What caught each fault of faults.yaml, and after how many schedules. Written by faults.py --again.\n"
    file.write_text(head + text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
