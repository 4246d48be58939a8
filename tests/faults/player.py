"""Start players: each finds an engine of its own, and plays what it is asked to.

Run by `faults.py`. This process imports the libraries, which takes longest, and no engine; for each player it is split in two.
A line with a folder and two pipes starts a player; a line with a mapping and a seed is answered with what came of it, and a line
with tests with the first of them that fails.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import pytest

LIBRARIES = (
    "alembic", "babel", "click", "cryptography.fernet", "httpx", "jmespath", "jsonschema", "lxml.etree", "msgspec", "phonenumbers",
    "hypothesis", "rich", "sqlalchemy", "sqlalchemy.dialects.sqlite", "yaml",
)  # fmt: skip


class Watcher:
    """Sees which test fails first; one that works on without end fails too.

    Args:
        patience: seconds of work that a test may take.
        tell: called with the test that took more.
    """

    def __init__(self, patience: float, tell: Callable[[str], None]) -> None:
        self.failed = ""
        self._patience = patience
        self._running = ""
        signal.signal(signal.SIGVTALRM, lambda *_: tell(self._running))

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running = nodeid
        signal.setitimer(signal.ITIMER_VIRTUAL, self._patience)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._see(report)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._see(report)

    def _see(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def tested(engine: str, chosen: Sequence[str], patience: float) -> dict[str, Any]:
    """Run tests until one fails, in a process of their own: nothing of them stays."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        os.environ["PYTHONPATH"] = engine  # for the programs that a test starts
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)

        def say(failed: str, code: int) -> None:
            os.write(into, json.dumps({"failed": failed, "code": code}).encode())
            os._exit(0)

        watcher = Watcher(patience, lambda running: say(running, 1))
        options = ("-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
        code = int(pytest.main([*options, *chosen], plugins=[watcher]))
        say(watcher.failed, code)
    os.close(into)
    with open(out, encoding="utf-8") as told:
        said = told.read()
    os.waitpid(child, 0)
    return json.loads(said or '{"failed": "", "code": -1}')  # type: ignore[no-any-return]


def serve(engine: str, asked: str, answered: str) -> None:
    """Play with this engine until nothing is asked any more."""
    sys.path.insert(0, engine)
    with open(asked, encoding="utf-8") as questions, open(answered, "w", encoding="utf-8") as answers:
        import playing

        import syncrules

        here = os.path.dirname(syncrules.__file__)
        print(json.dumps({"pid": os.getpid(), "engine": here}), file=answers, flush=True)

        def endless(*_: object) -> None:
            print(json.dumps({"endless": True}), file=answers, flush=True)
            os._exit(1)

        signal.signal(signal.SIGVTALRM, endless)
        for line in questions:
            asked_for = json.loads(line)
            signal.setitimer(signal.ITIMER_VIRTUAL, asked_for.pop("patience"))
            tests = asked_for.get("tests")
            said = tested(engine, tests, asked_for["each"]) if tests else playing.answer(**asked_for)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            print(json.dumps(said), file=answers, flush=True)


def main() -> None:
    """Start a player for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever has ended is forgotten
    for each in LIBRARIES:
        importlib.import_module(each)
    for line in sys.stdin:
        asked = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                serve(asked["engine"], *asked["pipes"])
            except BaseException:
                traceback.print_exc()
            os._exit(0)


if __name__ == "__main__":
    main()
