"""Does every line of a mapping matter? Take each away, or change it, and see whether a test notices.

    python tests/acceptance/mapping_lines.py [--mapping NAME] [--minutes N] [--line N ...] [--count N] [--near] [--list] [--excused]

What `validate` refuses is caught; what means exactly the same is listed apart; for the rest the tests of the mapping run until
one fails. A change that no test notices is a survivor and needs a test, or a reason in `mapping_excuses.py`; one that has a reason
is not tried, but with `--excused` only those are, to see whether they still need it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import world
import yaml as pyyaml
from mapping_changes import Change, changes, texts
from mapping_excuses import excuse

from syncrules.errors import SpecError
from syncrules.language import spec
from syncrules.language.model import Spec

HERE = Path(__file__).parent
SHIPPED = tuple(f"../mappings/test_{each}.py" for each in ("statements", "examples", "documents", "mappings"))
"""The tests that look at the mappings, and run nothing."""
TESTS = {
    "tribe-eboekhouden": ("test_eb_*.py", "test_x_*.py"),
    "tribe-winbooks": SHIPPED,
    "tribe-yuki": SHIPPED,
    "winbooks-silverfin": SHIPPED,
}
"""Mapping → the tests that run against it."""
FIRST = {
    "organisation": ("eb_relations", "eb_identity", "eb_policies"),
    "supplier": ("eb_relations", "eb_identity", "eb_policies"),
    "person": ("eb_relations", "eb_policies", "eb_identity"),
    "product": ("eb_products", "eb_policies"),
    "invoice": ("eb_invoices", "eb_payments", "x_days", "eb_policies"),
    "payment": ("eb_payments", "eb_policies"),
    "paid status": ("eb_payments", "eb_policies"),
    "": ("eb_activation",),
}
"""Entity → the tests that are most likely to notice."""
LONGEST = 300.0
"""Seconds in which no test came to its end, after which they hang and count as having noticed."""

BROKEN = "the tests themselves are broken"

# Whether anything notices --------------------------------------------------------------------------------------------


def written(change: Change, folder: Path, number: int) -> Path:
    """Write a changed mapping to a file."""
    path = folder / f"changed-{number}.yaml"
    path.write_text(
        pyyaml.dump(_plain(change.data), Dumper=_Dumper, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path


def _plain(data: Any) -> Any:
    """Copy the data, so that nothing in it is written as an alias of something else."""
    if isinstance(data, dict):
        return {name: _plain(each) for name, each in data.items()}
    return [_plain(each) for each in data] if isinstance(data, list) else data


class _Dumper(pyyaml.SafeDumper):
    """Writes a decimal as the mapping has it: as a float, a small one would be a text to us."""


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}"))


def meaning(mapping: Spec) -> tuple[Any, ...]:
    """Give all that a mapping does, without what it is called and where it stands."""
    return (
        mapping.sides,
        mapping.settings,
        mapping.preflights,
        mapping.entities,
        mapping.scope,
        list(mapping.entities),
    )


def refused(path: Path) -> Spec | str:
    """Load a changed mapping, or say why `validate` refuses it."""
    try:
        return spec.load(str(path))
    except SpecError as error:
        return next(each.message for each in error.problems if each.serious)


def files_for(change: Change, name: str, *, near: bool = False) -> list[str]:
    """List the files of tests, those that are most likely to notice in front, or those alone."""
    there = [each.resolve() for pattern in TESTS[name] for each in sorted(HERE.glob(pattern))]
    first = [HERE / f"test_{word}.py" for word in FIRST.get(change.entity, ())]
    likely = [each for each in first if each in there] or there
    return [str(each) for each in (*likely, *(each for each in there if not near and each not in likely))]


class _First:
    """Remembers the first test that fails, and shows after each that it goes on."""

    def __init__(self, alive: Path) -> None:
        self.alive = alive
        self.name = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.alive.touch()
        if report.failed and not self.name:
            self.name = str(report.nodeid).rpartition("::")[2]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.name:
            self.name = f"{BROKEN}: {report.nodeid} could not be collected"


def alive_beside(told: Path) -> Path:
    """Name the file that is touched whenever a test has come to its end."""
    return told.with_suffix(".alive")


def hangs(told: Path) -> bool:
    """Tell whether no test has come to its end for too long: all of them together may take as long as they need."""
    return time.time() - alive_beside(told).stat().st_mtime > LONGEST


def run_tests(name: str, changed: str, files: list[str], told: Path) -> None:
    """Run the tests with a changed mapping in this process, which is one of its own, until one fails; leave its name in a file."""
    import pytest

    installed = spec.find
    patch.object(spec, "find", lambda wanted: installed(changed if wanted == name else wanted)).start()
    world.only(changed)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    first = _First(alive_beside(told))
    options = [
        "-x",
        "-q",
        "--thorough",
        "--assert=plain",
        "-oaddopts=",  # without xdist nobody knows how tests are shared out
        *(("-k", _about(name)) if TESTS[name] is SHIPPED else ()),
        *(f"-pno:{each}" for each in ("cacheprovider", "xdist", "hypothesispytest")),
    ]
    code = pytest.main([*options, *files], plugins=[first])
    told.write_text(first.name or ("" if code == 0 else f"{BROKEN}: pytest ended with {code}"), encoding="utf-8")
    os._exit(0)


def _about(name: str) -> str:
    """Leave out the tests that are about another mapping, as their names say."""
    others = [each for each in spec.names() if each != name]
    return f"{name} or not ({' or '.join(others)})"


@dataclass(slots=True)
class Tally:
    """What became of the changes."""

    validate: int = 0
    caught: int = 0
    same: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)


def campaign(
    name: str, wanted: list[Change], *, minutes: float, jobs: int, near: bool = False, excused: bool = False
) -> Tally:
    """Try the changes, side by side, until they are done or the time is up."""
    _warm_up(name)
    tally, until = Tally(), time.monotonic() + minutes * 60
    original = meaning(spec.load(name))
    context = multiprocessing.get_context("fork")
    running: dict[BaseProcess, tuple[Change, Path]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for number, change in enumerate(wanted):
            if time.monotonic() > until:
                print(f"the time is up; {len(wanted) - number} changes were not tried")
                break
            path = written(change, folder, number)
            loaded = refused(path)
            if isinstance(loaded, str):
                tally.validate += 1
                _say("validate", change, loaded)
                continue
            if meaning(loaded) == original:
                tally.same.append(change.label)
                _say("the same", change, "")
                continue
            if not excused and (why := excuse(name, change.label)):
                tally.excused.append(f"{change.label} ({why})")
                _say("excused", change, why)
                continue
            while len(running) >= jobs:
                _collect(name, running, tally)
            told = folder / f"told-{number}"
            process = context.Process(
                target=run_tests, args=(name, str(path), files_for(change, name, near=near), told)
            )
            alive_beside(told).touch()
            process.start()
            running[process] = (change, told)
        while running:
            _collect(name, running, tally)
    return tally


def _warm_up(name: str) -> None:
    """Do once what every process would have to do again: import, compile, prepare."""
    import pytest

    spec.load(name)
    if TESTS[name] is not SHIPPED:
        with world.world() as here:
            here.run()
    assert pytest


def _collect(mapping: str, running: dict[BaseProcess, tuple[Change, Path]], tally: Tally) -> None:
    """Wait for one of the processes and note what it found."""
    wait([each.sentinel for each in running], timeout=5)
    for process in list(running):
        change, told = running[process]
        stuck = process.is_alive() and hangs(told)
        if process.is_alive() and not stuck:
            continue
        if stuck:
            process.kill()
        process.join()
        del running[process]
        found = "it hangs" if stuck else told.read_text(encoding="utf-8") if told.is_file() else "the tests broke off"
        if found.startswith(BROKEN):
            raise SystemExit(f"{change.label}: {found}")
        if found:
            tally.caught += 1
            _say("caught", change, found)
        elif why := excuse(mapping, change.label):
            tally.excused.append(f"{change.label} ({why})")
            _say("excused", change, why)
        else:
            tally.survivors.append(f"line {change.line}: {change.label}")
            _say("SURVIVES", change, "")


def _say(what: str, change: Change, more: str) -> None:
    print(f"{what:9} {change.line:4} {change.label}{f'  [{more}]' if more else ''}", flush=True)


def main(words: list[str] | None = None) -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mapping", default="tribe-eboekhouden", choices=sorted(TESTS))
    parser.add_argument("--minutes", type=float, default=600)
    parser.add_argument("--line", type=int, nargs="*", help="only changes of these lines")
    parser.add_argument("--count", type=int, help="only so many, chosen by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--like", default="*", help="only changes whose label fits this pattern")
    parser.add_argument("--near", action="store_true", help="only the tests that are most likely to notice; faster")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--excused", action="store_true", help="only changes that may go unnoticed: do they still?")
    parser.add_argument("--list", action="store_true", help="say what would be changed, and what only a person reads")
    given = parser.parse_args(words)
    wanted = [each for each in changes(given.mapping) if not given.line or each.line in given.line]
    wanted = [each for each in wanted if fnmatchcase(each.label, given.like)]
    wanted = [each for each in wanted if excuse(given.mapping, each.label)] if given.excused else wanted
    if given.count is not None:
        wanted = random.Random(given.seed).sample(wanted, min(given.count, len(wanted)))
    if given.list:
        for each in wanted:
            print(f"{each.line:4} {each.label}")
        for line, text in texts(given.mapping):
            print(f"{line:4} {text}: only a person reads it")
        return 0
    tally = campaign(
        given.mapping, wanted, minutes=given.minutes, jobs=given.jobs, near=given.near, excused=given.excused
    )
    print(
        f"{len(wanted)} changes: {tally.validate} refused by validate, {tally.caught} caught by a test, "
        f"{len(tally.same)} mean the same, {len(tally.excused)} excused, {len(tally.survivors)} survive"
    )
    for label in tally.survivors:
        print(f"survives: {label}")
    return 1 if tally.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
