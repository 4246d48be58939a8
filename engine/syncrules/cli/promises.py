"""Hold a provider to the contract, over its sandbox and its twin, and tell what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from syncrules import contract, provider, sandbox
from syncrules.cli.desk import Desk
from syncrules.cli.report import counted
from syncrules.cli.screen import Screen
from syncrules.contract.bench import Over
from syncrules.contract.promise import BRIEFLY, PROMISES, Verdict

OVERS: tuple[Over, ...] = ("sandbox", "twin")


def check(desk: Desk, name: str, over: str, *, size: int, brief: bool) -> int:
    """Hold a provider to every promise; gives 0 if it keeps all of them.

    Raises:
        UsageError: there is no such provider, or no sandbox of it where one is wanted.
        SpecError: its manifest, or the samples beside its sandbox, are none.
    """
    screen = desk.screen
    provider.find(name)
    if over == "both" and name not in sandbox.names():
        screen.say(f"There is no sandbox of '{name}': it is looked at over its twin only, which shows its manifest.")
        over = "twin"
    told: list[dict[str, Any]] = []
    for world in OVERS if over == "both" else [each for each in OVERS if each == over]:
        verdicts = _held(screen, name, world, size, brief)
        told.append({"over": world, "promises": [_promise(each, verdicts) for each in PROMISES]})
    kept = not any(one["broken"] for each in told for one in each["promises"])
    screen.say()
    screen.say(f"{name} keeps every promise." if kept else f"{name} does not keep every promise.")
    screen.data({"command": "check-provider", "provider": name, "kept": kept, "looked_at": told})
    return 0 if kept else 1


def _held(screen: Screen, name: str, over: Over, size: int, brief: bool) -> list[Verdict]:
    verdicts: list[Verdict] = []
    screen.head(f"{name} over its {over}")
    with contract.bench_of(name, over, size=size, brief=brief) as bench:
        screen.hide(bench.secrets)
        for resource in sorted(bench.passed_over):
            screen.say(f"  not looked at: {resource}, because {BRIEFLY}")
        for resource, sample in bench.samples.resources.items():
            for field, why in sample.leave_out.items():
                screen.say(f"  not sent: {field} of {resource}. {why}")
        for promise in PROMISES:
            found = contract.held(bench, promise)
            screen.hide(bench.secrets)
            _tell(screen, promise, found)
            verdicts += found
    return verdicts


def _tell(screen: Screen, promise: str, found: Sequence[Verdict]) -> None:
    """Tell of one promise: where it is broken and what was seen, else where it is kept, and why nobody looked elsewhere."""
    states = Counter(each.state for each in found)
    sign = "NO " if states["broken"] else "yes" if states["kept"] else "-  "
    where = [each.where for each in found if each.state == "kept" and each.where]
    screen.say(f"  {sign}  {promise}" + (f" ({counted(len(where), 'resource')})" if where else ""))
    for each in found:
        if each.state == "broken":
            screen.say(f"         {each.where + ': ' if each.where else ''}{each.why}")
    for why, count in Counter(each.why for each in found if each.state == "skipped" and each.why != BRIEFLY).items():
        resources = ", ".join(
            each.where for each in found if each.state == "skipped" and each.why == why and each.where
        )
        screen.say(
            f"         not looked at{f' {count} times' if count > 3 else ''}: {why}"
            + (f" ({resources})" if 0 < count <= 3 and resources else "")
        )


def _promise(name: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    mine = [each for each in verdicts if each.promise == name]
    return {
        "promise": name,
        "says": PROMISES[name].says,
        "kept": [each.where for each in mine if each.state == "kept"],
        "broken": [{"where": each.where, "why": each.why} for each in mine if each.state == "broken"],
        "skipped": [{"where": each.where, "why": each.why} for each in mine if each.state == "skipped"],
    }
