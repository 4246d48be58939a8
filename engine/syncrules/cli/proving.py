"""Check mappings by property, and tell what was found; or print everything that is decided, happening by happening."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncrules.cli.answers import read_answers
from syncrules.cli.checking import here
from syncrules.cli.command import problem
from syncrules.cli.screen import Screen
from syncrules.errors import SpecError, UsageError
from syncrules.journey.event import Event
from syncrules.language import spec
from syncrules.language.model import Spec

if TYPE_CHECKING:
    from syncrules.check.checking import Part

KEPT = Path(".syncrules") / "examples"
"""Where counterexamples are kept, so that they are tried first the next time."""


def check(
    screen: Screen, files: Sequence[str], *, examples: int, seed: int, only: str, settings: str, table: bool
) -> int:
    """Check mappings; gives 1 if a law is broken, 2 if a mapping cannot be carried out."""
    answers = read_answers(settings) if settings else None
    found: list[dict[str, Any]] = []
    code = 0
    for name in files or here() or spec.names():
        try:
            loaded = spec.load(name)
        except SpecError as error:
            for each in error.problems:
                screen.warn(str(each))
            found.append({"file": name, "problems": [problem(each) for each in error.problems if each.serious]})
            code = 2
            continue
        if table:
            _show_table(screen, loaded, answers, only)
        told = _check(screen, name, loaded, answers, examples, seed, only)
        found.append(told)
        code = max(code, 1 if told["broken"] else 0)
    if only and not any(each.get("rules") for each in found) and code == 0:
        raise UsageError(
            f"nothing that is checked begins with '{only}'",
            cure="Give the beginning of a name such as 'customer/Phone number' or 'customer: policies'.",
        )
    screen.data({"command": "check", "seed": seed, "max_examples": examples, "mappings": found})
    return code


def _check(
    screen: Screen, name: str, loaded: Spec, answers: dict[str, Any] | None, examples: int, seed: int, only: str
) -> dict[str, Any]:
    from syncrules.check.checking import jobs
    from syncrules.check.hunt import Luck, keep_house

    keep_house(KEPT.parent / "hypothesis")
    luck = Luck(examples, seed, None if os.environ.get("CI") else KEPT)
    work = list(jobs(loaded, answers, only))
    began = time.monotonic()
    parts: list[Part] = []
    with screen.progress() as progress:
        for number, job in enumerate(work):
            progress(Event("play", f"rules of {name}", number, len(work)))
            parts.append(job.run(luck))
        progress(Event("play", f"rules of {name}", len(work), len(work)))
    told = _as_data(name, parts, time.monotonic() - began)
    _tell(screen, told, examples, seed)
    return told


def _as_data(name: str, parts: Sequence[Part], seconds: float) -> dict[str, Any]:
    return {
        "file": name,
        "rules": len(parts),
        "cases": sum(each.cases for each in parts),
        "seconds": round(seconds, 1),
        "broken": [{**asdict(each), "story": " ".join(each.story), "differs": list(each.differs)} for part in parts for each in part.findings],
        "remarks": [asdict(each) for part in parts for each in part.remarks],
    }  # fmt: skip


def _tell(screen: Screen, told: dict[str, Any], examples: int, seed: int) -> None:
    from syncrules.check.laws import LAWS

    for each in told["broken"]:
        law = LAWS[each["law"]]
        screen.warn(f"{each['place']}: {each['rule']} breaks the law '{law.name}'")
        screen.warn(f"    {each['story']}")
        screen.warn(f"    {law.says} {law.why}")
        again = f'syncrules check {told["file"]} --only "{each["rule"]}" --seed {seed} --max-examples {examples}'
        screen.warn(f"    Again: {again}")
    waits = [each for each in told["remarks"] if each["kind"] == "waits"]
    for each in told["remarks"]:
        if each["kind"] != "waits":
            screen.say(f"good to know: {each['place']}: {each['rule']}: {each['says']}")
    count = len(told["broken"])
    result = "every law holds" if not count else f"{count} law{'s are' if count > 1 else ' is'} broken"
    screen.say(f"{told['file']}: {result} ({told['rules']} rules, {told['cases']:,} cases, seed {seed})")
    if waits:
        screen.say(
            f"  {len(waits)} of them do not take every value: such a record waits, with its reason; --json lists them"
        )


def _show_table(screen: Screen, loaded: Spec, answers: dict[str, Any] | None, only: str) -> None:
    from syncrules.check.happenings import table
    from syncrules.check.known import known

    world = known(loaded, answers)
    for entity in world.rules.entities:
        if entity.startswith(only.partition("/")[0].partition(":")[0]):
            screen.head(f"{loaded.title}: {entity}")
            rows = [(each.linked, each.side, each.happened, each.outcome) for each in table(world, entity)]
            screen.table(["", "where", "what happens", "what comes of it"], rows)
