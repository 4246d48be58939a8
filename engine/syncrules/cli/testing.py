"""The examples of mappings, carried out: each by its sentence, passed or failed, and what of a mapping they would notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncrules.cli.checking import here
from syncrules.cli.command import problem
from syncrules.cli.data import Data
from syncrules.cli.report import counted
from syncrules.cli.screen import Screen
from syncrules.errors import SpecError
from syncrules.examples import coverage as covering
from syncrules.examples import load, trial
from syncrules.examples.model import Difference, Tried
from syncrules.language import spec


def test(screen: Screen, files: Sequence[str], *, coverage: bool) -> int:
    """Carry examples out; gives 0 if all pass, 1 if some fail, 2 if a file is none.

    Raises:
        UsageError: there is no such mapping.
    """
    found = [_one(screen, spec.beside_examples(each), coverage=coverage) for each in files or here() or spec.names()]
    screen.data({"command": "test", "mappings": found})
    if not all(each["valid"] for each in found):
        return 2
    return 1 if any(each["failed"] for each in found) else 0


def _one(screen: Screen, name: str, *, coverage: bool) -> Data:
    result: Data = {
        "file": name, "valid": False, "problems": [], "passed": 0, "failed": 0, "examples": [], "coverage": None,
    }  # fmt: skip
    try:
        mapping = spec.load(name)
        examples = load.load(mapping)
    except SpecError as error:
        result["problems"] = [problem(each) for each in error.problems if each.serious]
        for each in result["problems"]:
            screen.warn(each["text"])
        screen.say(f"{name}: {counted(len(result['problems']), 'problem')}")
        return result
    screen.head(name)
    tried: list[Tried] = []
    for each in trial.tried(mapping, examples):
        _show(screen, each)
        tried.append(each)
    failed = sum(not each.passed for each in tried)
    result |= {
        "valid": True,
        "passed": len(tried) - failed,
        "failed": failed,
        "examples": [_told(each) for each in tried],
    }
    rest = "all of them hold" if not failed else f"{failed} of them {'does' if failed == 1 else 'do'} not hold"
    screen.say(f"{name}: {counted(len(tried), 'example')}" + (f", {rest}" if tried else ""))
    if coverage:
        result["coverage"] = _coverage(screen, list(covering.coverage(mapping, examples)))
    return result


def _show(screen: Screen, one: Tried) -> None:
    """Show one example by its sentence; of one that fails, what came out otherwise, and which rule is concerned."""
    screen.say(f"  {'holds ' if one.passed else 'FAILED'}  {one.example.says}")
    for each in one.differences:
        screen.say(f"          {each.what}")
        screen.say(f"            expected: {_value(each.expected)}")
        screen.say(f"            got:      {_value(each.got)}")
        screen.say(f"            example:  {each.place}")
        screen.say(f"            rule:     {each.rule}")


def _value(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case [only]:
            return _value(only)
        case list():
            return "; ".join(map(_value, value))
        case Mapping():
            return ", ".join(f"{name}: {_value(each)}" for name, each in value.items()) or "nothing"
        case _:
            return str(value)


def _told(one: Tried) -> Data:
    place = one.example.place
    return {
        "says": one.example.says,
        "entity": one.example.entity,
        "shows": list(one.example.shows),
        "file": place.file,
        "line": place.line,
        "passed": one.passed,
        "differences": [_difference(each) for each in one.differences],
    }


def _difference(each: Difference) -> Data:
    return {
        "what": each.what,
        "expected": each.expected,
        "got": each.got,
        "file": each.place.file,
        "line": each.place.line,
        "rule": each.rule,
    }


def _coverage(screen: Screen, found: Sequence[covering.Found]) -> Data:
    """Show of which parts an example would notice that they changed."""
    rows = covering.counts(found)
    noticed = sum(count for _, count, _ in rows)
    screen.say()
    screen.table(["", "noticed", "of"], [*map(list, rows), ["all", noticed, len(found)]])
    left = [each for each in found if not each.by]
    if left:
        screen.head("What no example would notice if it changed")
    for each in left:
        why = f" ({each.item.unseen})" if each.item.unseen else ""
        screen.say(f"  {each.item.entity}: {each.item.says}{why}  {each.place}")
    return {
        "noticed": noticed,
        "of": len(found),
        "kinds": [{"kind": kind, "noticed": count, "of": all_} for kind, count, all_ in rows],
        "parts": [
            {
                "kind": each.item.kind, "entity": each.item.entity, "says": each.item.says, "rule": each.place,
                "noticed_by": each.by or None, "unseen": each.item.unseen,
            }
            for each in found
        ],
    }  # fmt: skip
