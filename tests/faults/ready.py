"""Have tests ready: they are collected once, and run again and again, each time with another mistake in the engine.

Run by `mutants.py`. This process imports the engine and the tests, which takes longest; for each mistake it is split in two. The
half that tries it puts the code of the functions that differ into those that are there: whoever holds one of them calls the new code.
What is not in a function (a table, a default, a class) cannot be put in like that; it is for `faults.py`, which copies the engine.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import Phase, settings

import syncrules

ENGINE = Path(syncrules.__file__).parent
PATIENCE = 20.0
"""Seconds of work that a test may take beyond what it takes ten times over."""
ROOM = 6 * 1024**3
"""Bytes that a mistake may fill."""
OF_A_FUNCTION = 0x2
"""The flag of code that has names of its own: a function's, not a module's or a class's."""

# Whoever fails does so at once, and each time in the same way: nobody reads the shortest example.
QUICK = settings(phases=[Phase.explicit, Phase.generate], derandomize=True, database=None)

Told = dict[str, Any]


# Another code in a function that is there ------------------------------------------------------------------------------------


def apart(code: CodeType, functions: dict[str, CodeType]) -> tuple[Any, ...]:
    """Give what a module or a class does besides its functions, and put these aside: name → code."""
    rest: list[Any] = []
    for each in code.co_consts:
        if not isinstance(each, CodeType):
            rest.append(repr(each))
        elif each.co_flags & OF_A_FUNCTION:
            functions[f"{each.co_qualname} {each.co_firstlineno}"] = each
            rest.append(each.co_qualname)
        else:
            rest.append(apart(each, functions))
    return code.co_code, code.co_names, tuple(rest)


def differing(file: str, source: str) -> dict[str, CodeType] | None:
    """Name the functions of a file that are others in a source, with their code; None, if anything else differs."""
    were: dict[str, CodeType] = {}
    are: dict[str, CodeType] = {}
    path = ENGINE / file
    before = apart(compile(path.read_text(encoding="utf-8"), str(path), "exec"), were)
    after = apart(compile(source, str(path), "exec"), are)
    if before != after or were.keys() != are.keys():
        return None
    return {name: code for name, code in are.items() if code != were[name]}


def module(file: str) -> ModuleType:
    """Import the module of a file."""
    return importlib.import_module("syncrules." + file.removesuffix(".py").replace("/", "."))


def live(of: ModuleType | type) -> Iterator[FunctionType]:
    """Find the functions of a module and of its classes, whatever is wrapped round them."""
    for each in list(vars(of).values()):
        if isinstance(each, type) and each.__module__ == (of.__name__ if isinstance(of, ModuleType) else of.__module__):
            yield from live(each)
        for held in (each, *(getattr(each, name, None) for name in ("__func__", "fget", "func", "__wrapped__"))):
            if isinstance(held, FunctionType):
                yield held


def put_in(file: str, codes: Mapping[str, CodeType]) -> bool:
    """Give functions another code; gives whether all were found and took it."""
    path = str(ENGINE / file)
    there = {
        f"{f.__code__.co_qualname} {f.__code__.co_firstlineno}": f
        for f in live(module(file))
        if f.__code__.co_filename == path
    }
    if not codes.keys() <= there.keys():
        return False
    for name, code in codes.items():
        if there[name].__code__.co_freevars != code.co_freevars:
            return False
        there[name].__code__ = code
    return True


# Tests -----------------------------------------------------------------------------------------------------------------------


class Ready:
    """Keeps pytest from running anything until it is asked, and then runs what was asked for."""

    def __init__(self, files: Sequence[str], mappings: Sequence[str], answers: int) -> None:
        self._files = files
        self._mappings = mappings
        self._answers = answers
        self._items: dict[str, pytest.Item] = {}
        self._took: dict[str, float] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {each.nodeid: each for each in session.items}
        for each in self._files:
            module(each)
        import playing  # it imports the simulator

        self._play = playing.answer
        for each in self._mappings:
            playing.stage(each)
        self._run(session.items[0], session.items[-1])  # what all tests share is there from now on
        self._failed.clear()
        for line in sys.stdin:
            asked = json.loads(line)
            work = partial(getattr(self, asked["what"]), **asked["with"])
            said = self._in_a_half(work)
            os.write(self._answers, (json.dumps(said) + "\n").encode())
        return True

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._took[report.nodeid] = self._took.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self._failed.add(report.nodeid)

    def _in_a_half(self, work: Callable[[Callable[[Any], None]], Any]) -> Any:
        """Do something in a process of its own, of which nothing stays but what it tells."""
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(out)

            def tell(said: Any) -> None:
                with open(into, "w", encoding="utf-8") as stream:
                    json.dump(said, stream)
                os._exit(0)

            try:
                tell(work(tell))
            finally:
                os._exit(1)
        os.close(into)
        with open(out, encoding="utf-8") as stream:
            told = stream.read()
        os.waitpid(child, 0)
        return json.loads(told) if told else {}

    def learn(self, _: object, tests: Sequence[str]) -> Told:
        """Run the tests of some files with the engine as it is: which functions does each call, and how long does it take?"""
        wanted = {str(ENGINE / each): each for each in self._files}
        called: dict[str, list[str]] = {}
        for id_, item in self._items.items():
            if id_.partition("::")[0] not in tests:
                continue
            seen: set[str] = set()

            def see(frame: FrameType, event: str, _: object, seen: set[str] = seen) -> None:
                if (file := wanted.get(frame.f_code.co_filename)) is not None:
                    seen.add(f"{file} {frame.f_code.co_qualname.partition('.<locals>')[0]}")

            threading.settrace(see)
            sys.settrace(see)
            self._run(item, None)
            sys.settrace(None)
            called[id_] = sorted(seen)
        return {
            each: {"calls": calls, "took": round(self._took[each], 3)}
            for each, calls in called.items()
            if each not in self._failed and each in self._took
        }

    def sound(self, _: object, schedules: Sequence[tuple[str, int]]) -> Told:
        """Play schedules with the engine as it is: the promises that each breaks."""
        return {f"{mapping} {seed}": sorted(self._play(mapping, seed, 0)["broken"]) for mapping, seed in schedules}

    def try_out(
        self,
        tell: Callable[[Any], None],
        file: str,
        source: str,
        tests: Sequence[tuple[str, float]],
        schedules: Sequence[tuple[str, int, Sequence[str]]],
        last: Sequence[tuple[str, float]],
    ) -> Told:
        """Make a mistake and see what misses it: tests, then schedules, then the last tests, until something does."""
        codes = differing(file, source)
        if codes is None or not put_in(file, codes):
            return {"by": None}
        resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
        began = time.monotonic()
        doing: Told = {}
        for name in (signal.SIGVTALRM, signal.SIGALRM):
            signal.signal(
                name, lambda *_: tell({**doing, "told": "it does not end", "seconds": time.monotonic() - began})
            )

        def test(lot: Sequence[tuple[str, float]]) -> bool:
            for at, (id_, took) in enumerate(lot):
                doing.update(by=id_)
                self._wait_for(PATIENCE + 10 * took)
                following = self._items.get(lot[at + 1][0]) if at + 1 < len(lot) else None
                self._run(self._items[id_], following)
                if self._failed:
                    return True
            return False

        def play() -> bool:
            for count, (mapping, seed, known) in enumerate(schedules, 1):
                doing.update(by="a run ends", mapping=mapping, seed=seed, schedules=count)
                self._wait_for(6 * PATIENCE)
                broken = {
                    name: told for name, told in self._play(mapping, seed, 0)["broken"].items() if name not in known
                }
                if broken:
                    doing["by"], doing["told"] = next(iter(broken.items()))
                    return True
            for each in ("mapping", "seed", "schedules"):
                doing.pop(each, None)
            return False

        caught = test(tests) or play() or test(last)
        return {**(doing if caught else {"by": ""}), "seconds": time.monotonic() - began}

    def _wait_for(self, patience: float) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, patience)
        signal.setitimer(signal.ITIMER_REAL, 30 * patience)  # the machine may be busy; asleep for good is what is meant

    def _run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def main(folder: str, files: Sequence[str], mappings: Sequence[str], tests: Sequence[str]) -> None:
    """Collect tests, and wait for what is asked."""
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    settings.register_profile("quick", QUICK)
    settings.load_profile("quick")
    unwritten = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # the engine is imported already
    options = ("-s", "-p", "no:cacheprovider", "--basetemp", folder, *unwritten)
    pytest.main([*options, *tests], plugins=[Ready(files, mappings, answers)])


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
