"""Does every line of a mapping matter? Take each away, or change it, and see whether a test notices.

    python tests/acceptance/mapping_lines.py [--mapping NAME] [--minutes N] [--line N ...] [--count N] [--near] [--list]

Every key of every map and every entry of every list is removed once; every word from a closed list is replaced by each other
word of that list; intervals, decimals and yes-or-no are changed; rows that go both ways are sent one way; parts and tiers change
places. What `validate` refuses is caught; what means exactly the same is listed apart; for the rest the acceptance tests run
until one fails. A change that no test notices is a survivor and needs a test, or a reason in `EXCUSED`.
"""

from __future__ import annotations

import argparse
import copy
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import pairwise
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import world
import yaml as pyyaml

from syncrules import provider
from syncrules import yaml as exact
from syncrules.errors import SpecError
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest

HERE = Path(__file__).parent
TESTS = {"tribe-eboekhouden": ("test_eb_*.py", "test_x_*.py")}
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

READ_ONLY = ("title", "summary", "about", "ask", "cure", "lossy", "not_synchronised")
"""Words whose texts only a person reads: no test can notice what they say, beyond that they are there."""

_SETTLED = "an open item that is gone counts as settled, so that of these nothing is ever seen as deleted"
_ONCE = "the number of a booked invoice never changes, so that there is nothing to write a second time"

_HIDDEN = "over SOAP nobody sees whether a relation is in use"
_NOT_YET = "the engine takes `deactivate` on a deletion as `ignore`"

EXCUSED: dict[str, str] = {
    "entities/invoice/fields/Payment term/eboekhouden/date: removed": "the day from which is counted is that of Tribe",
    'entities/organisation/events/eboekhouden/deactivated: "ignore" → *': _HIDDEN,
    'entities/organisation/events/eboekhouden/deleted: "ignore" → "deactivate"': _NOT_YET,
    'entities/product/events/eboekhouden/deleted: "ignore" → "deactivate"': _NOT_YET,
    "entities/organisation/fields/Visit address: removed": "it is said for the reader that it never travels",
    'entities/payment/events/eboekhouden/deleted: "ignore" → *': _SETTLED,
    'entities/paid status/events/eboekhouden/deleted: "ignore" → *': _SETTLED,
    "entities/payment/fields/Reference/once: *": _ONCE,
    "entities/invoice/needs/*/for: removed": "an invoice is only ever created, so that it is the same to say it",
    'entities/paid status/events/eboekhouden/created: "create" → *': "the status is the invoice's own; none is ever made",
    "entities/paid status/after*: removed": "payments stand in front of it in the file as well",
}
"""Survivors that are right to survive: label of the change, with `*` for anything → why."""

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a mapping."""

    path: Steps
    """Where."""
    label: str
    """Place and change, in words; unique."""
    line: int
    data: Any
    """The whole mapping, changed."""

    @property
    def entity(self) -> str:
        return str(self.path[1]) if self.path[0] == "entities" and len(self.path) > 1 else ""


# The changes ---------------------------------------------------------------------------------------------------------


def changes(name: str) -> Iterator[Change]:
    """Give every change of a mapping, in the order of the file."""
    document = exact.load(spec.find(name).read_text(encoding="utf-8"), name)
    words = _Words(document.data)
    for path in _paths(document.data):
        if any(step in READ_ONLY for step in path):
            continue
        line = document.place(path).line
        for what, data in words.changed(path):
            yield Change(path, f"{_said(path)}: {what}", line, data)


def texts(name: str) -> Iterator[tuple[int, str]]:
    """Give the lines that only a person reads."""
    document = exact.load(spec.find(name).read_text(encoding="utf-8"), name)
    for path in _paths(document.data):
        if path[-1] in READ_ONLY:
            yield document.place(path).line, _said(path)


def _paths(data: Any, path: Steps = ()) -> Iterator[Steps]:
    entries = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _said(path: Steps) -> str:
    return "/".join(str(each) for each in path)


def _at(data: Any, path: Steps) -> Any:
    for step in path:
        data = data[step]
    return data


class _Words:
    """What may stand where in this mapping, and what it becomes when it is changed."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.sides = list(data["sides"])
        self.manifests: dict[str, Manifest] = {
            side: provider.find(says["provider"]).manifest for side, says in data["sides"].items()
        }
        self.entities = list(data["entities"])

    def changed(self, path: Steps) -> Iterator[tuple[str, Any]]:
        """Give each change of the value at a path: in words, and the whole mapping with it."""
        yield "removed", self._without(path)
        value = _at(self.data, path)
        for other in self._others(path, value):
            yield f"{_short(value)} → {_short(other)}", self._with(path, other)
        for key, other in self._added(path, value):
            yield f"with {key}: {_short(other)}", self._with((*path, key), other)
        if _is_parts(path, value):
            names = list(value)
            for one, two in pairwise(names):
                swapped = {**value, one: value[two], two: value[one]}
                yield f"{one} and {two} swapped", self._with(path, swapped)
        if path[-1] == "match" and len(value) > 1:
            yield "tiers swapped", self._with(path, value[::-1])

    def _without(self, path: Steps) -> Any:
        data = copy.deepcopy(self.data)
        del _at(data, path[:-1])[path[-1]]
        return data

    def _with(self, path: Steps, value: Any) -> Any:
        data = copy.deepcopy(self.data)
        _at(data, path[:-1])[path[-1]] = value
        return data

    def _others(self, path: Steps, value: Any) -> Iterator[Any]:
        """Give what else may stand at a path."""
        key = path[-1]
        match value:
            case bool():
                yield not value
            case int() if key in ("minutes", "hours", "days"):
                yield value * 2
                yield value // 2
            case int() if key == "decimals":
                yield value - 1
                yield value + 1
            case Decimal():
                yield 0
                yield value * 10
            case {"decimals": _}:
                yield "trimmed"
            case str():
                yield from (each for each in self._words(path, value) if each != value)
            case dict() if key == "first_import":
                yield "none"
            case dict() if len(path) > 1 and path[-2] == "when" and set(value) == {"every"}:
                yield "at_once"
                yield "by_hand"
            case dict() if len(path) > 2 and path[-3] == "match" and key == 0:
                return

    def _words(self, path: Steps, value: str) -> list[str]:
        """List the words of the closed list from which the value at a path is taken."""
        key, above = path[-1], path[-2] if len(path) > 1 else ""
        match path:
            case (*_, "events", _, happening):
                return REACTIONS[str(happening)]
            case (*_, "needs", _, "to") | (*_, "checks", _, "side") | (*_, "first_import", "from"):
                return self.sides
            case (*_, "link", _):
                return self.sides
            case ("entities", _, "to"):
                return [*self.sides, "both", "neither"]
            case (*_, "fields", _, "to"):
                return [*self.sides, "both", "neither", "match"]
            case (*_, "leading"):
                return [*self.sides, "ask"]
            case (*_, "when", _) | (*_, "when", _, "deactivated"):
                return ["at_once", "by_hand"]
            case (*_, "without_role"):
                return ["add", "leave"]
            case (*_, "missing"):
                return ["stop", "report"]
            case (*_, "too_long"):
                return ["report", "cut"]
            case (*_, "as"):
                return [value, "trimmed"]
            case (*_, "for_each") if path[-3] == "entities":
                return self.entities
            case (*_, "like") | (*_, "like", "entity"):
                return self.entities
            case (*_, "match", _, _, _):
                return list(self.data["entities"]["organisation"]["fields"])[:5]
            case (*_, "resource"):
                return list(self.manifests[str(above)].resources)
        if above in ("choose", "for_each") and key in self.sides:
            return list(self.manifests[str(key)].resources)
        if above in ("is", "set", "where"):
            return self._enumerated(path)
        return []

    def _enumerated(self, path: Steps) -> list[str]:
        side = str(path[-3])
        above = _at(self.data, path[:-2])
        if side not in self.sides or "resource" not in above:
            return ["B", "P"] if path[-1] == "BP" else []
        field = self.manifests[side].field_at(above["resource"], str(path[-1]))
        return [str(each) for each in field.enum] if field is not None else []

    def _added(self, path: Steps, value: Any) -> Iterator[tuple[str, Any]]:
        """Send a row that goes both ways one way, let it travel only once, or let the other side stand."""
        if len(path) != 4 or path[0] != "entities" or path[2] != "fields" or not isinstance(value, Mapping):
            return
        entity = self.data["entities"][path[1]]
        if "to" not in value and entity.get("to", "both") == "both" and set(self.sides) & set(value):
            yield from (("to", side) for side in self.sides)
            yield "once", True


REACTIONS = {
    "created": ["create", "match", "ignore"],
    "changed": ["update", "report", "ignore"],
    "already_inactive": ["skip", "create"],
    "deactivated": ["ignore", "deactivate"],
    "reactivated": ["ignore", "reactivate"],
    "deleted": ["ignore", "unlink", "deactivate", "delete"],
    "changed_kind": ["ask", "ignore"],
}


def _is_parts(path: Steps, value: Any) -> bool:
    """Tell whether this is a map of names to fields, whose fields can change places."""
    if not isinstance(value, Mapping) or len(value) < 2 or not all(isinstance(each, str) for each in value.values()):
        return False
    return path[-1] == "belongs_to" or (len(path) > 2 and path[-3] == "fields")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 50 else f"{text[:47]}…"


# Whether anything notices --------------------------------------------------------------------------------------------


def written(change: Change, folder: Path, number: int) -> Path:
    """Write a changed mapping to a file."""
    path = folder / f"changed-{number}.yaml"
    plain = json.loads(json.dumps(change.data, default=float))
    path.write_text(pyyaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


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
    there = [each.name for pattern in TESTS[name] for each in sorted(HERE.glob(pattern))]
    likely = [each for word in FIRST.get(change.entity, ()) if (each := f"test_{word}.py") in there]
    return [str(HERE / each) for each in (*likely, *(each for each in there if not near and each not in likely))]


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


def run_tests(mapping: str, files: list[str], told: Path) -> None:
    """Run the tests in this process, which is one of its own, until one fails; leave its name in a file."""
    import pytest

    world.only(mapping)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    first = _First(alive_beside(told))
    options = [
        "-x",
        "-q",
        "--assert=plain",
        *(f"-pno:{each}" for each in ("cacheprovider", "xdist", "hypothesispytest")),
    ]
    code = pytest.main([*options, *files], plugins=[first])
    told.write_text(first.name or ("" if code == 0 else f"{BROKEN}: pytest ended with {code}"), encoding="utf-8")
    os._exit(0)


@dataclass(slots=True)
class Tally:
    """What became of the changes."""

    validate: int = 0
    caught: int = 0
    same: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    survivors: list[str] = field(default_factory=list)


def excuse(label: str) -> str:
    """Give the reason why a change may go unnoticed; empty if there is none."""
    return next((why for pattern, why in EXCUSED.items() if fnmatchcase(label, pattern)), "")


def campaign(name: str, wanted: list[Change], *, minutes: float, jobs: int, near: bool = False) -> Tally:
    """Try the changes, side by side, until they are done or the time is up."""
    _warm_up()
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
            while len(running) >= jobs:
                _collect(running, tally)
            told = folder / f"told-{number}"
            process = context.Process(target=run_tests, args=(str(path), files_for(change, name, near=near), told))
            alive_beside(told).touch()
            process.start()
            running[process] = (change, told)
        while running:
            _collect(running, tally)
    return tally


def _warm_up() -> None:
    """Do once what every process would have to do again: import, compile, prepare."""
    import pytest

    with world.world() as here:
        here.run()
    assert pytest


def _collect(running: dict[BaseProcess, tuple[Change, Path]], tally: Tally) -> None:
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
        elif why := excuse(change.label):
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
    parser.add_argument("--list", action="store_true", help="say what would be changed, and what only a person reads")
    given = parser.parse_args(words)
    wanted = [each for each in changes(given.mapping) if not given.line or each.line in given.line]
    wanted = [each for each in wanted if fnmatchcase(each.label, given.like)]
    if given.count is not None:
        wanted = random.Random(given.seed).sample(wanted, min(given.count, len(wanted)))
    if given.list:
        for each in wanted:
            print(f"{each.line:4} {each.label}")
        for line, text in texts(given.mapping):
            print(f"{line:4} {text}: only a person reads it")
        return 0
    tally = campaign(given.mapping, wanted, minutes=given.minutes, jobs=given.jobs, near=given.near)
    print(
        f"{len(wanted)} changes: {tally.validate} refused by validate, {tally.caught} caught by a test, "
        f"{len(tally.same)} mean the same, {len(tally.excused)} excused, {len(tally.survivors)} survive"
    )
    for label in tally.survivors:
        print(f"survives: {label}")
    return 1 if tally.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
