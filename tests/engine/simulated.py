"""Small simulated worlds for tests: a stage for a mapping, and schedules in a few words."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from syncrules.language import spec
from syncrules.simulator.people import Doing
from syncrules.simulator.play import Ran, Stage, World
from syncrules.simulator.schedule import Event, Mishap, Schedule
from syncrules.simulator.twin import Write

BOOKS = "tribe-eboekhouden"


@cache
def stage(mapping: str = BOOKS) -> Stage:
    """Give the stage of a mapping, made once."""
    return Stage(spec.load(mapping))


def schedule(*events: Event, calm: bool = False, **habits: Any) -> Schedule:
    return Schedule(1, events, calm, **habits)


def does(what: str, side: str, entity: str, mark: int = 1001, **more: int) -> Event:
    return Event(doing=Doing(what, side, entity, mark=mark, **more))


def a_run(*mishaps: tuple[str, int, str], **more: Any) -> Event:
    return Event(mishaps=tuple(Mishap(*each) for each in mishaps), **more)


def waits(seconds: int) -> Event:
    return Event(wait=seconds)


def world(*events: Event, mapping: str = BOOKS, **more: Any) -> World:
    """Play some events, without the runs that follow when people and faults have stopped."""
    here = World(stage(mapping), schedule(*events, **more))
    for each in events:
        here.happen(each)
    return here


def effects(here: World) -> list[tuple[str, str, str]]:
    """List what the engine did in all runs: side, operation and resource."""
    return [(side, operation, resource) for ran in here.runs for side, operation, resource, _, _ in ran.effects]


def written_by_the_engine(here: World, side: str) -> list[Write]:
    return [each for each in here.twins[side].log if each.who == "engine"]


def as_the_engine(
    here: World, act: Callable[[], object], side: str, effect: tuple[str, str, str] | None = None
) -> None:
    """Let something happen that looks as if a run had done it."""
    before = len(here.twins[side].log)
    ran = Ran(len(here.runs), here.time.now(), here.time.now())
    here.time.sleep(10)
    act()
    ran.writes = [(side, each) for each in here.twins[side].log[before:]]
    if effect is not None:
        ran.planned, ran.effects = [], [(side, *effect, {})]
    here.runs.append(ran)
