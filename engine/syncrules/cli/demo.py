"""The whole of it on this machine, without an account: two invented systems, a connection, a first import, a few days of work.

What happens in the systems, and what must have come of it, is a story of its own (entry point `syncrules.demos`, named after its
mapping); here it is carried out, with the same functions that the commands use.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from syncrules import connection
from syncrules.cli import connecting, report, sandboxes, summary, waits
from syncrules.cli.answers import read_answers
from syncrules.cli.data import Data
from syncrules.cli.desk import Desk
from syncrules.cli.screen import Screen
from syncrules.errors import UsageError
from syncrules.language import spec
from syncrules.sandbox import Sandbox

GROUP = "syncrules.demos"
NAME = "demo"


class Demo(Protocol):
    """A story between two systems. It is made with the running sandboxes, by the name of their system."""

    settings: Mapping[str, Any]
    """Answers to settings that nobody can suggest."""

    waits: Mapping[str, str]
    """Who waits or fails in the end: name → part of the reason."""

    @property
    def parts(self) -> Sequence[tuple[str, Sequence[tuple[str, Callable[[], None]]]]]:
        """What happens: a heading, and sentences with what they do. After each part both sides are brought in step."""

    def checks(self) -> Iterable[tuple[str, bool]]:
        """Say what must be so in the end, and whether it is."""


class _Quiet(Screen):
    """A screen for a program: the demo gives one object at its end."""

    def data(self, value: Mapping[str, Any], *, line: bool = False) -> None: ...


def names() -> list[str]:
    """List the mappings that have a demo, in alphabetical order."""
    return sorted(each.name for each in entry_points(group=GROUP))


def _load(mapping: str) -> Callable[[Mapping[str, Sandbox]], Demo]:
    for each in entry_points(group=GROUP):
        if each.name == mapping:
            found: Callable[[Mapping[str, Sandbox]], Demo] = each.load()
            return found
    raise UsageError(f"there is no demo of '{mapping}'", cure=f"There are: {', '.join(names()) or 'none'}.")


def show(desk: Desk, mapping: str, *, size: int, keep: str) -> int:
    """Show a mapping at work; gives 0 if everything came out as its story says.

    Raises:
        UsageError: there is no demo of this mapping.
    """
    mapping = mapping or next(iter(names()), "")
    make = _load(mapping)
    loaded = spec.load(mapping)
    screen = desk.screen
    systems = [loaded.manifests[side].provider for side in loaded.sides]
    with _folder(keep) as folder, sandboxes.started(systems, size) as running:
        story = make(running)
        screen.head(f"{loaded.title}: two invented systems on this machine")
        for name, each in running.items():
            screen.say(f"  {name} on {each.url}")
        inner = Desk(_Quiet(json=True) if screen.json else screen, str(folder / "state.db"), str(folder / "key"))
        file = folder / "answers.yaml"
        sandboxes.write(file, sandboxes.answers_for(loaded, running))
        connecting.connect(inner, NAME, mapping, read_answers(str(file)), yes=True)
        runs = [_part(inner, heading, chapters) for heading, chapters in story.parts]
        screen.head("Once more, when nothing has happened")
        before = {name: len(each.writes) for name, each in running.items()}
        last, stopped = _run(inner)
        report.show_run(screen, last, brief=True)
        wrote = {name: len(each.writes) - before[name] for name, each in running.items()}
        checks = [
            *story.checks(),
            ("a run without changes made no write call: " + ", ".join(f"{name} saw {count}" for name, count in wrote.items()), not any(wrote.values())),
            *_waits(inner, story.waits),
            ("no brake had to stop anything", not stopped),
        ]  # fmt: skip
        passed = _tell(screen, checks, last)
        if keep:
            screen.say(f"Kept in '{folder}': the state, its key and the answers.")
    screen.data(
        {
            "command": "demo", "mapping": mapping, "runs": [*runs, last], "writes_of_the_last_run": wrote,
            "checks": [{"says": says, "holds": bool(holds)} for says, holds in checks], "passed": passed,
        }
    )  # fmt: skip
    return 0 if passed else 1


@contextmanager
def _folder(keep: str) -> Iterator[Path]:
    if keep:
        folder = Path(keep)
        if (folder / "state.db").exists():
            raise UsageError(f"'{keep}' holds a demo already", cure="Choose another folder, or throw that one away.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"the folder '{keep}' cannot be made: {error.strerror}", cure="Choose another.") from error
        yield folder
    else:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)


def _part(desk: Desk, heading: str, chapters: Sequence[tuple[str, Callable[[], None]]]) -> Data:
    """Let a part of the story happen, show the plan, carry it out."""
    desk.screen.head(heading)
    for sentence, act in chapters:
        desk.screen.say(f"  {sentence}")
        act()
    desk.screen.head("The plan")
    with desk.store() as store, desk.opened(store, NAME) as conn:
        planned = summary.plan(conn, connection.make_plan(conn))
    report.show_plan(desk.screen, {**planned, "waiting": [], "failed": [], "excluded": []})
    desk.screen.head("The run")
    data, _ = _run(desk)
    report.show_run(desk.screen, data, brief=True)
    return data


def _run(desk: Desk) -> tuple[Data, list[str]]:
    began = time.monotonic()
    with desk.store() as store, desk.opened(store, NAME) as conn:
        result = connection.run(conn)
        return summary.run(conn, result, time.monotonic() - began), result.stopped


def _waits(desk: Desk, expected: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Hold what waits and what failed against the story."""
    with desk.store() as store:
        parts = desk.parts(store, NAME)
        found = [(each["name"], each["reason"]) for _, of, its in parts for each in waits.items(of, its)]
    strange = [name for name, reason in found if expected.get(name, reason + "?") not in reason]
    missing = sorted(expected.keys() - {name for name, _ in found})
    checks = [(f"{len(found)} records wait or failed, and they are those of the story", not strange and not missing)]
    checks += [(f"'{each}' should not wait", False) for each in strange]
    return checks + [(f"'{each}' should wait", False) for each in missing]


def _tell(screen: Screen, checks: Sequence[tuple[str, bool]], last: Data) -> bool:
    """Tell what came of it, and what waits and why; gives whether all of it is as the story says."""
    rows = [
        [each["count"], f"{each['entity']} of {each['system']}", state, each["reason"]]
        for state in ("waiting", "failed")
        for each in last[state]
    ]
    if rows:
        screen.head("What waits for a person, and why")
        screen.table(["", "records", "state", "because"], rows)
    screen.head("What came of it")
    for says, holds in checks:
        screen.say(f"  {'yes' if holds else 'NO '}  {says}")
    passed = all(holds for _, holds in checks)
    screen.say()
    screen.say("Everything came out as the story says." if passed else "Something did not come out as the story says.")
    return passed
