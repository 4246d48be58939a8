"""Would anybody notice that a mapping means the wrong thing? Each fault of `meaning.yaml` is put before `validate`, `check` and `test`.

    python tests/corpus/meaning.py [--only WORDS] [--cases N] [--seed N] [--minutes M] [--jobs N] [--every N] [--results FILE] [--again] [--missing] [--list]

The functions are asked that the commands carry out, one finding at a time, until the first: a fault is caught by a command that
finds something, and what it tells first should stand in the true line. `test` is asked about the mappings that extend it too, as a
folder is tested. What cannot have changed, because nothing that it depends on reads otherwise than in the good mapping, is not asked
again. What was found is added to a file of results line by line: the next call goes on where this one stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import edits
from edits import Edit

from syncrules.check.checking import jobs
from syncrules.check.hunt import Luck
from syncrules.errors import Problem, SpecError
from syncrules.examples import load, trial
from syncrules.examples.model import Examples
from syncrules.examples.play import closed
from syncrules.language import spec
from syncrules.language.model import Spec

FILE = edits.HERE / "meaning.yaml"
RESULTS = Path("meaning-results.jsonl")
PATIENCE = 60
"""Seconds of the processor that a command may take with one mapping."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a command says is wrong."""

    said: str
    lines: tuple[int, ...] = ()
    """The lines of the mapping that it names: one, or two that do not go together."""


@dataclass(slots=True)
class Found:
    """What became of a fault."""

    id: str
    base: str
    mark: str
    """Of what was tried: another text, other examples or other cases are tried anew."""
    caught: dict[str, str] = field(default_factory=dict)
    """Command → what it told first."""
    pointed: dict[str, bool] = field(default_factory=dict)
    """Command → whether that stands in the true line."""
    at: dict[str, list[int]] = field(default_factory=dict)
    """Command → the lines that it named."""
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Tell whether the first command that catches it, as a person would try them, points at the true line."""
        return next(iter(self.pointed.values()), False)


# What the commands find --------------------------------------------------------------------------------------------------------


class Asked:
    """A mapping with a fault in it, and the good one."""

    def __init__(self, file: Path, good: Spec, cases: int, seed: int) -> None:
        self.file, self.good, self.cases, self.seed = file, good, cases, seed
        self.problems: list[Problem] = []
        try:
            self.mapping = spec.load(str(file))
            self.examples = load.load(self.mapping)
        except SpecError as error:
            self.problems = [each for each in error.problems if each.serious]

    def at(self, *places: object) -> tuple[int, ...]:
        """Give the lines of places such as `mapping.yaml:12:3`, of those that stand in the mapping."""
        split = [str(each or "").rsplit(":", 2) for each in places]
        return tuple(int(each[1]) for each in split if len(each) == 3 and Path(each[0]).name == self.file.name)


def validated(asked: Asked) -> Iterator[Finding]:
    """Find what `validate` finds, and what it remarks of this mapping that it does not remark of the good one.

    What it remarks of the translations beside a mapping is no finding: that speaks of any change of a sentence, right or wrong.
    """
    known = Counter(each.message for each in asked.good.remarks)
    there = {(each.message, _line(each)) for each in asked.good.remarks}
    found: Sequence[Problem] = asked.problems
    if not found:
        # The same sentence about one place more is another remark: that of a line about which nothing was said before.
        more = Counter(each.message for each in asked.mapping.remarks) - known
        new = [each for each in asked.mapping.remarks if each.message in more]
        found = sorted(new, key=lambda each: (each.message, _line(each)) in there)
    for each in found:
        yield Finding(each.message, asked.at(each.place, each.concerns))


def _line(of: Problem) -> str:
    """Give the text of a line that is spoken of: what stands in front of it in a file does not change that."""
    return of.excerpt


def checked(asked: Asked) -> Iterator[Finding]:
    """Find what `check` finds in the entities that read otherwise, and what it remarks of the rows that do."""
    other = otherwise(asked.good, asked.mapping)
    for job in jobs(asked.mapping):
        if job.entity not in other:
            continue
        part = job.run(Luck(asked.cases, asked.seed))
        for each in part.findings:
            yield Finding(" ".join(each.story), asked.at(each.place))
        rows = [[row for row in of.entities[job.entity].rows if job.name == f"{job.entity}/{row.name}"] for of in (asked.good, asked.mapping) if job.entity in of.entities]  # fmt: skip
        for one in part.remarks if rows[:1] != rows[1:] else ():
            if one.kind != "waits":
                yield Finding(one.says, asked.at(one.place))


def tested(asked: Asked) -> Iterator[Finding]:
    """Find what `test` finds in what reads otherwise: in the mapping, then in those that extend it."""
    yield from _tested(asked, asked.good, asked.mapping, asked.examples)
    for file in extending(asked.file):
        heir = spec.load(str(file))
        yield from _tested(asked, spec.load(str(edits.file_of(file.stem))), heir, load.load(heir))


def _tested(asked: Asked, good: Spec, mapping: Spec, examples: Examples) -> Iterator[Finding]:
    other = otherwise(good, mapping)
    about = lambda each: bool(closed(mapping, [each.entity, *each.also]) & other)  # noqa: E731  # it is handed over
    for each in trial.tried(mapping, examples, about):
        for one in each.differences:
            yield Finding(f"{each.example.says}: {one.what}: {one.expected!r}, not {one.got!r}", asked.at(one.rule))


def extending(file: Path) -> list[Path]:
    """List the mappings beside a mapping that extend it: whoever tests a folder tests them too."""
    beside = sorted(each for each in file.parent.glob("*.yaml") if each.stem.count(".") == 0)
    words = [f"\nextends: {each}\n" for each in (file.stem, f"./{file.name}")]
    return [each for each in beside if any(word in each.read_text(encoding="utf-8") for word in words)]


def otherwise(good: Spec, mapping: Spec) -> set[str]:
    """Name the entities that do not read as in the good mapping; all of them where anything else does not."""
    around = ("sides", "scope")
    if any(getattr(good, each) != getattr(mapping, each) for each in around) or [*good.entities] != [*mapping.entities]:
        return {*mapping.entities}
    return {name for name, each in mapping.entities.items() if each != good.entities[name]}


COMMANDS: Mapping[str, Callable[[Asked], Iterator[Finding]]] = {
    "validate": validated, "test": tested, "check": checked,
}  # fmt: skip


class Bench:
    """Puts mappings before the commands, one after the other, until one catches the fault.

    Args:
        cases: of each rule, for `check`.
        thorough: ask the others too.
    """

    def __init__(self, cases: int, seed: int, *, thorough: bool = False) -> None:
        self.cases = cases
        self.seed = seed
        self.thorough = thorough
        self.good = cache(self._good)
        self.beside = cache(self._beside)

    def _good(self, base: str) -> Spec:
        return spec.load(str(edits.file_of(base)))

    def _beside(self, base: str) -> str:
        file = edits.file_of(base)
        names = [base, *(each.stem for each in extending(file))]
        there = [each for name in names for each in sorted(file.parent.glob(f"{name}.*yaml"))]
        return "".join(each.read_text(encoding="utf-8") for each in there if each != file)

    def mark(self, edit: Edit) -> str:
        """Give a mark of what is tried."""
        text = edit.edited(edits.file_of(edit.base).read_text(encoding="utf-8"))
        return hashlib.sha256(
            f"{self.cases} {self.seed} {self.thorough} {text} {self.beside(edit.base)}".encode()
        ).hexdigest()[:16]

    def try_out(self, edit: Edit) -> Found:
        """See what catches a fault; what `validate` refuses cannot be put before the others."""
        begun = time.process_time()
        good = edits.file_of(edit.base).read_text(encoding="utf-8")
        found = Found(edit.id, edit.base, self.mark(edit))
        lines = edit.lines(good)
        with written(edit.base, edit.edited(good)) as file:
            asked = Asked(file, self.good(edit.base), self.cases, self.seed)
            for name, command in COMMANDS.items():
                first = first_of(command, asked)
                if first is not None:
                    found.caught[name], found.at[name] = first.said, [*first.lines]
                    found.pointed[name] = bool(lines & {*first.lines})
                if found.caught and not self.thorough:
                    break
                if asked.problems:
                    break
        found.seconds = time.process_time() - begun
        return found


def first_of(command: Callable[[Asked], Iterator[Finding]], asked: Asked) -> Finding | None:
    """Give what a command finds first: that it ends with an error of the program, or does not end, is a finding too."""
    try:
        with patience(PATIENCE):
            return next(command(asked), None)
    except TimeoutError:
        return Finding("it did not come to its end")
    except Exception as error:  # whatever breaks, somebody notices
        return Finding(f"an error of the program: {type(error).__name__}: {error}")


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Wait no longer than this."""

    def up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def written(base: str, text: str) -> Iterator[Path]:
    """Put a mapping into a folder of its own, with all that lies beside it where it comes from."""
    with TemporaryDirectory(prefix="meaning-") as folder:
        file = Path(folder) / "mappings" / f"{base}.yaml"
        shutil.copytree(edits.file_of(base).parent, file.parent, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        file.write_text(text, encoding="utf-8")
        for heir in extending(file):  # by its name it would extend the good one
            said = heir.read_text(encoding="utf-8")
            heir.write_text(said.replace(f"\nextends: {base}\n", f"\nextends: ./{file.name}\n"), encoding="utf-8")
        yield file


# What was found ----------------------------------------------------------------------------------------------------------------


def results(file: Path) -> dict[str, Found]:
    """Read what was found before."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {each["id"]: Found(**each) for each in map(json.loads, lines)}


def line(found: Found) -> str:
    """Tell about one fault on one line."""
    caught = ", ".join(f"{name}{'' if found.pointed[name] else ' (another line)'}" for name in found.caught)
    return f"{found.base:20} {found.id:48} {caught or 'NOTHING':40} {found.seconds:6.1f} s"


def figures(tried: Sequence[Found]) -> str:
    """Count what caught how many, and where it pointed."""
    caught = [each for each in tried if each.caught]
    right = sum(each.right for each in caught)
    lines = [
        f"{len(tried)} faults, {len(caught)} caught ({_share(len(caught), len(tried))}); "
        f"the first that tells of it points at the true line in {right} ({_share(right, len(caught))})."
    ]
    for name in COMMANDS:
        of = [each for each in tried if name in each.caught]
        lines.append(
            f"  {name:10} caught {len(of):4}, first in the true line {sum(each.pointed[name] for each in of):4}"
        )
    for base in sorted({each.base for each in tried}):
        mine = [each for each in tried if each.base == base]
        lines.append(
            f"  {base:20} {sum(bool(each.caught) for each in mine):4} of {len(mine):4}, in the true line {sum(each.right for each in mine):4}"
        )
    return "\n".join(lines)


def _share(some: int, every: int) -> str:
    return f"{100 * some / every:.1f} %" if every else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the faults that were asked for, and tell what caught each."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--only", default="", help="faults whose id, mapping or requirement holds these words")
    parser.add_argument("--cases", type=int, default=200, help="cases of each rule for check")
    parser.add_argument("--seed", type=int, default=1, help="the seed of check")
    parser.add_argument("--minutes", type=float, default=0, help="begin nothing new after so many minutes")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that holds what was found")
    parser.add_argument("--again", action="store_true", help="try those too that were tried before")
    parser.add_argument("--missing", action="store_true", help="list what nothing catches, or catches in another line")
    parser.add_argument("--thorough", action="store_true", help="ask every command, also of what one has caught")
    parser.add_argument("--every", type=int, default=1, help="only every so many of them, the first in front")
    parser.add_argument("--list", action="store_true", help="only list the faults")
    given = parser.parse_args(arguments)
    wanted = [each for each in edits.read(FILE) if given.only in f"{each.id} {each.base} {' '.join(each.against)}"]
    wanted = wanted[:: given.every]
    if given.list:
        for each in wanted:
            print(f"{each.base:20} {each.id:48} {' '.join(each.against):16} {each.did}")
        return 0
    bench = Bench(given.cases, given.seed, thorough=given.thorough)
    known: Mapping[str, Found] = {} if given.again else results(given.results)
    tried = [known[each.id] for each in wanted if each.id in known and known[each.id].mark == bench.mark(each)]
    there = {each.id for each in tried}
    left = [each for each in wanted if each.id not in there]
    for number, found in enumerate(_tried(bench, left, given.jobs, given.minutes), 1):
        tried.append(found)
        with given.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
        print(f"{number:3} of {len(left)}  {line(found)}", flush=True)
    print(f"\n{figures(tried)}")
    if len(tried) < len(wanted):
        print(f"{len(wanted) - len(tried)} are still to be tried; the same command goes on.")
    if given.missing:
        for found in tried:
            if not found.right:
                print(line(found))
                for name, said in found.caught.items():
                    print(f"    {name}, line {', '.join(map(str, found.at[name])) or '-'}: {said[:300]}")
    return 0


def _tried(bench: Bench, wanted: Sequence[Edit], count: int, minutes: float) -> Iterator[Found]:
    """Try faults one after the other, or side by side, until the time is up."""
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    if count == 1:
        for each in wanted:
            if time.monotonic() < end:
                yield bench.try_out(each)
        return
    with multiprocessing.Pool(count, _begin, (bench.cases, bench.seed, bench.thorough)) as pool:
        for found in pool.imap_unordered(_one, wanted):
            yield found
            if time.monotonic() > end:
                return


def _begin(cases: int, seed: int, thorough: bool) -> None:
    _bench.append(Bench(cases, seed, thorough=thorough))


def _one(edit: Edit) -> Found:
    return _bench[-1].try_out(edit)


_bench: list[Bench] = []
"""Of a process that works for another."""

if __name__ == "__main__":
    sys.exit(main())
