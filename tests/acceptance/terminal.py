"""Type `syncrules` commands, each carried out by a process of its own that may be killed while it works.

    with Terminal(folder) as terminal:
        told = terminal.type("run", "shop", "--json")

A keeper has imported everything and forks each process from there, because five hundred starts would take hours; one that
is started afresh, as a shell does it, takes the same way from then on.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LONGEST = 180.0
"""Seconds after which a command hangs."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a command."""

    killed: bool
    code: int
    out: str
    err: str
    seconds: float

    @property
    def objects(self) -> list[dict[str, Any]]:
        """What it told with --json."""
        found, place, decoder = [], 0, json.JSONDecoder()
        while place < len(self.out.rstrip()):
            value, place = decoder.raw_decode(self.out, place)
            place += len(self.out[place:]) - len(self.out[place:].lstrip())
            found.append(value)
        return found


class Running:
    """A process at work; whoever watches it may kill it, from any thread.

    Args:
        wait: comes back when the process is dead or has come to its end, and leaves it to be reaped.
        reap: gives its status; from then on its number may be somebody else's.
    """

    def __init__(self, pid: int, wait: Callable[[], object], reap: Callable[[], int]) -> None:
        self.pid = pid
        self.began = time.monotonic()
        self.over = threading.Event()
        self._reap = reap
        self._lock = threading.Lock()
        self._is_reaped = False
        self._waiting = threading.Thread(target=self._wait, args=(wait,))
        self._waiting.start()

    def _wait(self, wait: Callable[[], object]) -> None:
        wait()
        self.over.set()

    def kill(self) -> None:
        """Kill it as `kill -9` does, and come back when it is dead; one that has ended stays as it ended."""
        with self._lock:
            if not self._is_reaped:
                os.kill(self.pid, signal.SIGKILL)
        assert self.over.wait(60), "a killed process goes on"

    def reaped(self) -> int:
        self._waiting.join()
        with self._lock:
            self._is_reaped = True
            return self._reap()


class Terminal:
    """A folder in which commands are typed.

    Args:
        besides: packages that the commands need beside those that all of them need.
        environment: what the commands find in their environment.
    """

    def __init__(self, folder: Path, *besides: str, **environment: str) -> None:
        self.folder, self.besides, self.given = folder, besides, environment
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SYNCRULES_")}
        self._environment = {**clean, **environment}

    def __enter__(self) -> Self:
        self._keeper = subprocess.Popen(
            [sys.executable, __file__, *self.besides],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self.folder,
            env=self._environment,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        self._keeper.wait(timeout=60)
        self._keeper.stdout.close()

    @property
    def out(self) -> Path:
        """Where the command that is at work says what it says."""
        return self.folder / f"out-{self._keeper.pid}.txt"

    def type(
        self,
        *words: str,
        watch: Callable[[Running], object] = lambda _: None,
        commit: tuple[str, int] = ("", 0),
        afresh: bool = False,
        answer: str = "",
        largest: int = 0,
    ) -> Told:
        """Carry out a command to its end, or until somebody kills it.

        Args:
            watch: is handed the process as soon as it runs.
            commit: `before` or `after` the so-manieth commit the process kills itself; not if it is started afresh.
            afresh: whether the interpreter starts anew.
            answer: what is typed when something is asked.
            largest: bytes beyond which no file of the process can grow; 0 for no limit. Not if it is started afresh.
        """
        out, err = self.out, self.out.with_name(self.out.name.replace("out", "err", 1))
        if afresh:
            assert not largest, "what is started afresh is as a shell starts it"
            assert commit == ("", 0), "what is started afresh is as a shell starts it"
            running = self._afresh(words, out, err, answer)
        else:
            order = {"words": words, "out": str(out), "err": str(err), "answer": answer}
            running = self._forked({**order, "commit": commit, "largest": largest})
        watch(running)
        if not running.over.wait(LONGEST):
            running.kill()
        seconds = time.monotonic() - running.began
        status = running.reaped()
        assert seconds < LONGEST, f"'{' '.join(words)}' hangs"
        return Told(
            status == -signal.SIGKILL,
            status,
            out.read_text(encoding="utf-8"),
            err.read_text(encoding="utf-8"),
            seconds,
        )

    def _afresh(self, words: tuple[str, ...], out: Path, err: Path, answer: str) -> Running:
        script = Path(sys.executable).with_name("syncrules")
        asked = self.folder / f"in-{self._keeper.pid}.txt"
        asked.write_text(answer, encoding="utf-8")
        with asked.open() as given, out.open("w") as to, err.open("w") as beside:
            process = subprocess.Popen(
                [script, *words], stdin=given, stdout=to, stderr=beside, cwd=self.folder, env=self._environment
            )
        ends = os.WEXITED | os.WNOWAIT
        return Running(process.pid, lambda: os.waitid(os.P_PID, process.pid, ends), process.wait)

    def _forked(self, order: dict[str, Any]) -> Running:
        self._say(json.dumps(order))
        return Running(int(self._hear()), self._hear, self._reaped)

    def _reaped(self) -> int:
        self._say("reap")
        return int(self._hear())

    def _say(self, text: str) -> None:
        assert self._keeper.stdin is not None
        self._keeper.stdin.write(text + "\n")
        self._keeper.stdin.flush()

    def _hear(self) -> str:
        assert self._keeper.stdout is not None
        line = self._keeper.stdout.readline().strip()
        assert line, "the keeper of the processes is gone"
        return line


# The keeper, a process of its own ---------------------------------------------------------------------------------------


def keep() -> None:
    """Start processes on request: a line says what; the answers are its number, that it ended, and its status."""
    _import_everything()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(order)
        print(pid, flush=True)
        # It stays a zombie until it is reaped, so that its number cannot be somebody else's when it is killed.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        print("ended", flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _import_everything() -> None:
    import cryptography.fernet  # noqa: F401  # what the commands import where they need it

    from syncrules import connection, http, provider  # noqa: F401
    from syncrules.activation import activate  # noqa: F401
    from syncrules.cli import commands, connecting, decisions, report, running, summary  # noqa: F401
    from syncrules.language import spec
    from syncrules.memory import store  # noqa: F401

    for each in sys.argv[1:]:
        import_module(each)
    spec.load = cache(spec.load)  # the files stay as they are; whoever is started afresh reads them
    spec.load("tribe-eboekhouden")
    http._trusted()


def _become(order: dict[str, Any]) -> None:
    """Carry out the command as a process that was started with it, from its first line to its end."""
    reading, writing = os.pipe()
    os.write(writing, order["answer"].encode())
    os.close(writing)
    os.dup2(reading, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 — it is read until the process ends
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if order["largest"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"],) * 2)
    sys.argv = ["syncrules", *order["words"]]
    code = 1
    try:
        _end_at(*order["commit"])
        from syncrules.__main__ import main

        main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_at(when: str, number: int) -> None:
    """Let this process kill itself right before or after its so-manieth commit."""
    if not when:
        return
    from syncrules.memory.store import Store

    commits, begin = 0, Store.transaction

    @contextmanager
    def transaction(self: Store) -> Iterator[None]:
        nonlocal commits
        commits += 1
        mine = commits == number
        with begin(self):
            yield
            if mine and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if mine and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    Store.transaction = transaction  # type: ignore[method-assign]


if __name__ == "__main__":
    keep()
