"""Try mistakes out where tests are ready: which tests could miss one, in which order, and what did.

What each test calls, and how long it takes, is learnt once and kept as long as the engine and the test read the same.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from faults import HERE, ROOT

LEARNT = ROOT / ".syncrules" / "mutants-tests.json"
AROUND = (
    "engine",
    "mappings",
    "providers",
    "tests/engine",
    "tests/acceptance",
    "tests/providers",
    "tests/faults/world",
)
"""Where that lies on which a test depends."""


class Line:
    """A process that has tests ready, and the way to it and back.

    Args:
        folder: where its tests put their files.
    """

    def __init__(self, folder: Path, files: Sequence[str], mappings: Sequence[str], tests: Sequence[str]) -> None:
        given = json.dumps([str(folder), [*files], [*mappings], [*tests]])
        command = [sys.executable, str(HERE / "ready.py"), given]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def ask(self, what: str, **more: Any) -> Any:
        """Ask for something to be done, and wait for what comes of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, "with": more}) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if not said:
            raise SystemExit("the tests could not be collected")
        return json.loads(said)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@dataclass(slots=True)
class Lines:
    """Some processes side by side, and what is known of their tests."""

    folder: Path
    files: Sequence[str]
    mappings: Sequence[str]
    near: Sequence[str]
    wide: Sequence[str]
    seeds: int
    jobs: int
    tests: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Test → what it calls, and how long it takes."""
    sound: dict[str, Sequence[str]] = field(default_factory=dict)
    """Mapping and seed → the promises that the sound engine breaks there."""
    free: Queue[Line] = field(default_factory=Queue)
    caught: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Function, or file → the tests that have missed something of it."""

    def __post_init__(self) -> None:
        every = [*self.near, *self.wide]
        for number in range(self.jobs):
            self.free.put(Line(self.folder / f"files {number}", self.files, self.mappings, every))
        self._learn(every)

    @property
    def schedules(self) -> list[tuple[str, int]]:
        """List what is played, those that are aimed beside those that are made up."""
        return [(m, s) for seed in range(1, self.seeds + 1) for m in self.mappings for s in (-seed, seed)]

    def _learn(self, every: Sequence[str]) -> None:
        kept = json.loads(LEARNT.read_text(encoding="utf-8")) if LEARNT.exists() else {}
        around = _mark(
            path for name in AROUND for path in (ROOT / name).rglob("*") if not path.name.startswith("test_")
        )
        marks = {each: _mark([ROOT / each]) + around for each in every}
        learnt = {each: kept[each] for each in every if kept.get(each, {}).get("mark") == marks[each]}
        played = kept["sound"]["played"] if kept.get("sound", {}).get("mark") == around else {}
        lines = [self.free.get() for _ in range(self.jobs)]

        def learn(at: int) -> dict[str, Any]:
            missing = [each for each in every if each not in learnt][at :: self.jobs]
            unplayed = [each for each in self.schedules if f"{each[0]} {each[1]}" not in played][at :: self.jobs]
            told = lines[at].ask("learn", tests=missing) if missing else {}
            return {"told": told, "played": lines[at].ask("sound", schedules=unplayed) if unplayed else {}}

        with ThreadPoolExecutor(self.jobs) as pool:
            for part in pool.map(learn, range(self.jobs)):
                played.update(part["played"])
                for id_, told in part["told"].items():
                    file = id_.partition("::")[0]
                    learnt.setdefault(file, {"mark": marks[file], "tests": {}})["tests"][id_] = told
        for each in lines:
            self.free.put(each)
        LEARNT.parent.mkdir(exist_ok=True)
        kept |= learnt | {"sound": {"mark": around, "played": played}}
        LEARNT.write_text(json.dumps(kept), encoding="utf-8")
        self.tests = {id_: told for file in every if file in learnt for id_, told in learnt[file]["tests"].items()}
        self.sound = played

    def candidates(self, file: str, function: str, of: Sequence[str]) -> list[str]:
        """Name the tests of some files that call a function; the likeliest and quickest first.

        A mistake that is in no function is for all tests that call something of the file, and for those that are named after it.
        """
        name, own = f"{file} {function}", f"test_{Path(file).stem}.py"
        found = [
            id_
            for id_, told in self.tests.items()
            if (test := id_.partition("::")[0]) in of
            and (
                name in told["calls"]
                if function
                else test.endswith(own) or any(each.startswith(name) for each in told["calls"])
            )
        ]
        took = {each: self.tests[each]["took"] for each in found}
        return sorted(
            found, key=lambda each: (each not in self.caught[name], each not in self.caught[file], took[each], each)
        )

    def try_out(self, file: str, function: str, source: str) -> dict[str, Any] | None:
        """Make a mistake in a function and see what misses it; gives nothing where it cannot be made like that."""
        played = [(mapping, seed, self.sound[f"{mapping} {seed}"]) for mapping, seed in self.schedules]
        lots = [self.candidates(file, function, of) for of in (self.near, self.wide)]
        line = self.free.get()
        try:
            while True:
                near, wide = ([(each, self.tests[each]["took"]) for each in lot] for lot in lots)
                said: dict[str, Any] = line.ask(
                    "try_out", file=file, source=source, tests=near, schedules=played, last=wide
                )
                alone = [each for each in (*near, *wide) if each[0] == said.get("by")]
                if not alone or alone[0] == (*near, *wide)[0]:
                    break
                if line.ask("try_out", file=file, source=source, tests=alone, schedules=[], last=[])["by"]:
                    break
                # It failed because of those that ran before it.
                lots = [[each for each in lot if each != said["by"]] for lot in lots]
        finally:
            self.free.put(line)
        if not said:
            return {"by": "the engine can be started", "told": "the program ended"}
        if said["by"] is None:
            return None
        if alone:
            self.caught[file].add(said["by"])
            self.caught[f"{file} {function}"].add(said["by"])
        return said

    def close(self) -> None:
        """End the processes."""
        while not self.free.empty():
            self.free.get().close()


def function(old: str, new: str) -> str:
    """Name the function in which two sources differ; empty, if it is in none."""
    were, are = (dict(_functions(ast.parse(each), "")) for each in (old, new))
    names = [name for name in were if were[name] != are.get(name)]
    return names[0] if len(names) == 1 else ""


def _functions(node: ast.AST, within: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef):
            found.append((within + each.name, ast.dump(ast.Module(each.body, []))))
        elif isinstance(each, ast.ClassDef):
            found += _functions(each, f"{within}{each.name}.")
    return found


def _mark(files: Any) -> str:
    read = hashlib.sha256()
    for each in sorted(files):
        if each.suffix in (".py", ".yaml", ".json") and each.is_file() and "__pycache__" not in each.parts:
            read.update(str(each).encode() + each.read_bytes())
    return read.hexdigest()[:16]
