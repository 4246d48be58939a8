"""Would anybody notice that a mapping means the wrong thing? Each fault of `meaning.yaml` is put before `validate`, `check` and `test`.

    python tests/corpus/meaning.py [--only WORDS] [--seeds N] [--first N] [--minutes M] [--results FILE] [--again] [--missing] [--list]

A fault is caught by a command that tells something of it that it does not tell of the good mapping, or that ends otherwise; and
what it tells first should stand in the true line. What was found is added to a file of results line by line: the next call goes
on where this one stopped. A command that is not there yet catches nothing, and is said not to be there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import edits
from edits import Edit

FILE = edits.HERE / "meaning.yaml"
RESULTS = Path("meaning-results.jsonl")
PATIENCE = 300.0
"""Seconds that a command may take with one mapping."""
NO_SUCH = "no such command"
"""What is said where a command is not there."""
HARMLESS = ("remarks", "warnings")
"""Parts of an answer that find nothing wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """A command that may catch a fault, and how it is asked: here, and nowhere else, it is said what the commands are like."""

    command: str
    rest: tuple[str, ...] = ()

    def words(self, file: Path, seeds: int, first: int) -> list[str]:
        """Write the command line."""
        rest = [each.format(seeds=seeds, first=first) for each in self.rest]
        return [sys.executable, "-m", "syncrules", self.command, str(file), "--json", *rest]


QUESTIONS = (
    Question("validate"),
    Question("check", ("--seeds", "{seeds}", "--seed", "{first}")),
    Question("test"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a command says is wrong."""

    said: str
    line: int
    """0 where no line of this file is named."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says of a mapping."""

    code: int
    findings: tuple[Finding, ...] = ()
    there: bool = True


@dataclass(slots=True)
class Found:
    """What became of a fault."""

    id: str
    base: str
    mark: str
    """Of what was tried: another text or other seeds are tried anew."""
    caught: dict[str, str] = field(default_factory=dict)
    """Command → what it told first."""
    pointed: dict[str, bool] = field(default_factory=dict)
    """Command → whether that stands in the true line."""
    absent: list[str] = field(default_factory=list)
    """Commands that are not there."""
    seconds: float = 0.0


def asked(question: Question, file: Path, seeds: int, first: int) -> Answer:
    """Ask a command about a file."""
    try:
        ran = subprocess.run(
            question.words(file, seeds, first),
            cwd=file.parent, capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Answer(-1, (Finding(f"{question.command} did not come to its end", 0),))
    try:
        said = json.loads(ran.stdout)
    except ValueError:
        said = {"message": ran.stdout + ran.stderr}
    if ran.returncode == 2 and NO_SUCH in json.dumps(said).lower():
        return Answer(ran.returncode, there=False)
    return Answer(ran.returncode, tuple(_findings(said, file)))


def _findings(said: Any, file: Path) -> Iterator[Finding]:
    match said:
        case {"line": line, **rest} if "message" in said or "text" in said:
            here = rest.get("file") is None or Path(str(rest["file"])).name == file.name
            yield Finding(str(said.get("message") or said.get("text")), line if here and line else 0)
        case dict():
            for name, each in said.items():
                if name not in HARMLESS:
                    yield from _findings(each, file)
        case list():
            for each in said:
                yield from _findings(each, file)


class Bench:
    """Puts mappings before the commands."""

    def __init__(self, seeds: int, first: int) -> None:
        self.seeds = seeds
        self.first = first
        self.sound = cache(self._sound)

    def _sound(self, base: str, question: Question) -> Answer:
        file = edits.file_of(base)
        with _written(base, file.read_text(encoding="utf-8")) as copy:
            return asked(question, copy.file, self.seeds, self.first)

    def mark(self, edit: Edit) -> str:
        """Give a mark of what is tried."""
        text = edit.edited(edits.file_of(edit.base).read_text(encoding="utf-8"))
        return hashlib.sha256(f"{self.seeds} {self.first} {text}".encode()).hexdigest()[:16]

    def try_out(self, edit: Edit) -> Found:
        """See what catches a fault; what `validate` refuses cannot be put before the others."""
        begun = time.monotonic()
        good = edits.file_of(edit.base).read_text(encoding="utf-8")
        found = Found(edit.id, edit.base, self.mark(edit))
        lines = edit.lines(good)
        with _written(edit.base, edit.edited(good)) as copy:
            for question in QUESTIONS:
                answer = asked(question, copy.file, self.seeds, self.first)
                sound = self.sound(edit.base, question)
                if not answer.there:
                    found.absent.append(question.command)
                    continue
                known = {each.said for each in sound.findings}
                fresh = [each for each in answer.findings if each.said not in known]
                if fresh or answer.code != sound.code:
                    first = fresh[0] if fresh else Finding(f"ended with {answer.code}", 0)
                    found.caught[question.command] = first.said
                    found.pointed[question.command] = first.line in lines
                if question.command == "validate" and found.caught:
                    break
        found.seconds = time.monotonic() - begun
        return found


class _written:
    """Put a mapping into a folder of its own, with all that lies beside it where it comes from."""

    def __init__(self, base: str, text: str) -> None:
        self.folder = TemporaryDirectory(prefix="meaning-")
        self.file = Path(self.folder.name) / "mappings" / f"{base}.yaml"
        self.base, self.text = base, text

    def __enter__(self) -> _written:
        shutil.copytree(
            edits.file_of(self.base).parent, self.file.parent, ignore=shutil.ignore_patterns("*.py", "__pycache__")
        )
        self.file.write_text(self.text, encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


# What was found ----------------------------------------------------------------------------------------------------------------


def results(file: Path) -> dict[str, Found]:
    """Read what was found before."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {each["id"]: Found(**each) for each in map(json.loads, lines)}


def line(found: Found) -> str:
    """Tell about one fault on one line."""
    caught = (
        ", ".join(f"{name}{'' if found.pointed[name] else ' (another line)'}" for name in found.caught) or "NOTHING"
    )
    return f"{found.base:20} {found.id:48} {caught:40} {found.seconds:6.1f} s"


def figures(tried: Sequence[Found]) -> str:
    """Count what caught how many, and where it pointed."""
    lines = [f"{len(tried)} faults, {sum(bool(each.caught) for each in tried)} caught."]
    for question in QUESTIONS:
        name = question.command
        if tried and all(name in each.absent for each in tried if "validate" not in each.caught):
            lines.append(
                f"  {name:10} is not there yet" if any(each.absent for each in tried) else f"  {name:10} was not asked"
            )
            continue
        caught = [each for each in tried if name in each.caught]
        right = sum(each.pointed[name] for each in caught)
        lines.append(f"  {name:10} caught {len(caught):4}, first in the true line {right:4}")
    for base in sorted({each.base for each in tried}):
        mine = [each for each in tried if each.base == base]
        lines.append(f"  {base:20} {sum(bool(each.caught) for each in mine):4} of {len(mine):4}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults that were asked for, and tell what caught each."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--only", default="", help="faults whose id, mapping or requirement holds these words")
    parser.add_argument("--seeds", type=int, default=20, help="seeds for check")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--minutes", type=float, default=0, help="begin nothing new after so many minutes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that holds what was found")
    parser.add_argument("--again", action="store_true", help="try those too that were tried before")
    parser.add_argument("--missing", action="store_true", help="list what nothing catches, or catches in another line")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    given = parser.parse_args(arguments)
    wanted = [each for each in edits.read(FILE) if given.only in f"{each.id} {each.base} {' '.join(each.against)}"]
    if given.list:
        for each in wanted:
            print(f"{each.base:20} {each.id:48} {' '.join(each.against):16} {each.did}")
        return 0
    known: Mapping[str, Found] = {} if given.again else results(given.results)
    bench = Bench(given.seeds, given.first)
    end = time.monotonic() + given.minutes * 60 if given.minutes else float("inf")
    tried: list[Found] = []
    for each in wanted:
        before = known.get(each.id)
        if before is not None and before.mark == bench.mark(each):
            tried.append(before)
        elif time.monotonic() < end:
            tried.append(bench.try_out(each))
            with given.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(tried[-1]), ensure_ascii=False) + "\n")
            print(line(tried[-1]), flush=True)
    print(f"\n{figures(tried)}")
    if len(tried) < len(wanted):
        print(f"{len(wanted) - len(tried)} are still to be tried; the same command goes on.")
    if given.missing:
        for found in tried:
            if not found.caught or not any(found.pointed.values()):
                print(line(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
