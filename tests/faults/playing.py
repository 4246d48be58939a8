"""Play schedules: those that the simulator makes up, and those that are aimed at every write and every commit.

A seed above zero makes up a schedule; one below zero stands for an aimed one, in which each kind of mishap has its turn at each
kind of write, and at each step that commits.
"""

from __future__ import annotations

from itertools import count, zip_longest
from math import gcd
from pathlib import Path
from typing import Any

from syncrules import provider
from syncrules.language import spec
from syncrules.language.model import Spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest
from syncrules.simulator.door import MISHAPS
from syncrules.simulator.people import Doing
from syncrules.simulator.play import Stage
from syncrules.simulator.schedule import COMMIT_MISHAPS, COMMITS, DAY, Event, Mishap, Schedule, makable
from syncrules.simulator.trial import Verdict, play, shrunk, story, trial

WORLD = Path(__file__).parent / "world"
"""Invented systems, and mappings between them."""

STAGES: dict[str, Stage] = {}


def manifest(name: str) -> Manifest:
    """Find a manifest: an invented one, or that of an installed provider."""
    own = WORLD / f"{name}.manifest.yaml"
    return load_manifest(own) if own.exists() else provider.find(name).manifest


def stage(mapping: str) -> Stage:
    """Load a mapping once: one of ours, or an installed one."""
    if mapping not in STAGES:
        own = WORLD / f"{mapping}.yaml"
        STAGES[mapping] = Stage(spec.load(str(own) if own.exists() else mapping, manifest))
    return STAGES[mapping]


def aimed(of: Spec, number: int) -> Schedule:
    """Make two records and change them, while one kind of mishap befalls the writes, or one of the commits, of each run."""
    calls = [
        (("create", "update"), kind) for kind in MISHAPS if kind not in ("half a list", "another order", "told twice")
    ]
    commits = [((f"commit in {step}",), kind) for kind in COMMIT_MISHAPS for step in dict.fromkeys(COMMITS)]
    kinds = [each for pair in zip_longest(calls, commits) for each in pair if each is not None]
    made = makable(of, list(of.entities))
    # Kinds come round with a period that shares nothing with what else varies: so each meets every record, on one side and on both.
    period = next(each for each in count(len(kinds)) if gcd(each, 2 * 3 * 7 * len(made)) == 1)
    points, kind = kinds[number % period % len(kinds)]
    side, entity = made[number % len(made)]
    nth, twice = number % 2, number % 3 == 2
    befallen = Event(mishaps=tuple(Mishap(point, nth, kind) for point in points))
    what = "create on both sides" if twice else "create"
    edited = [Doing("edit", each, entity, 0, number % 7, 1010 + at) for at, each in enumerate(of.sides)][
        : 1 + number % 2
    ]
    first = [
        Doing(what, side, each, 0, 0, 1001 + at) for at, each in enumerate(dict.fromkeys((*needed(of, entity), entity)))
    ]
    return Schedule(
        -number,
        (
            Event(), Event(wait=60), *(Event(doing=each) for each in first), Event(doing=Doing("create", side, entity, 0, 0, 1006)),
            befallen, Event(), Event(wait=8 * DAY), *(Event(doing=each) for each in edited), befallen, Event(),
        ),
        calm=not twice,
        pages=(2, 2),
        lags=(0.0, 0.0) if number % 4 < 2 else tuple(of.manifests[each].lag.total_seconds() / 2 for each in of.sides),  # type: ignore[arg-type]
    )  # fmt: skip


def needed(of: Spec, entity: str) -> list[str]:
    """Name the kinds of records that one kind points to."""
    return [name for row in of.entities[entity].rows for name in row.refers_to[:1]]


def said(verdict: Verdict, *, told: bool) -> dict[str, Any]:
    """Give the promises that a schedule broke: name → the first sentence about it."""
    broken: dict[str, str] = {}
    for each in verdict.violations:
        broken.setdefault(each.invariant, each.told)
    return {"broken": broken, "story": story(verdict) if told else ""}


def answer(mapping: str, seed: int, short: int) -> dict[str, Any]:
    """Play the schedule of a seed; where it breaks a promise, tell the shortest that does, if that is asked for."""
    here = stage(mapping)
    verdict = play(here, aimed(here.spec, -seed)) if seed < 0 else trial(here, seed)
    if short and verdict.violations:
        verdict = shrunk(here, verdict, short)
    return said(verdict, told=bool(short))
