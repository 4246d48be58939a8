"""Would anybody notice, wherever it is? Small mistakes are made by a machine in what diffs, plans, writes and remembers.

    python tests/faults/mutants.py [--jobs N] [--only MODULE,MODULE] [--minutes M] [--again] [--quick] [--seeds N]
                                   [--sample N] [--seed N] [--results FILE] [--report FILE] [--list]

The mistakes are those of cosmic-ray, which is installed by `uv sync --group mutants`: a comparison turned round, a `not` too many,
a loop that is not entered, `and` for `or`, a number one too high. Each is made where the tests are ready (`ready.py`), or in a copy of
the engine if it is in no function; the tests that call the function run; where they pass, schedules are played, and where no promise
breaks, tests over whole runs and systems run. What nothing catches is a survivor: it needs a better test, or a line in
`survivors.yaml` that says why the engine is as good with it. The exit code is 1 where neither is there. What was found stays in
`mutants.jsonl`, as long as the module reads as it did: the next call goes on where this one stopped, and tries again with `--again`
what nothing caught, for no reason.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import yaml
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from faults import ENGINE, HERE, Bench, Found
from trying import Lines, function

SURVIVORS = HERE / "survivors.yaml"
MODULES = tuple(
    f"journey/{name}.py"
    for name in (
        "diff", "pair", "single", "policy", "decision", "leaving", "making", "planning", "decide", "write", "calls", "intents", "remember",
        "recover", "deliver", "unwritten", "states", "match", "ties", "roles", "lookalikes", "held", "crossing", "brakes", "braking",
        "settlements", "intake", "read",
    )
)  # fmt: skip
"""What is broken: what does the greatest harm comes first."""
NEAR = tuple(
    f"tests/engine/test_{name}.py"
    for name in (
        "diff", "pair", "policy", "single", "decision", "leaving", "making", "planning", "plan", "decide", "held", "match", "calls", "intents", "remember", "recover", "unwritten", "states", "ties", "roles", "lookalikes", "crossing", "brakes", "braking", "settlements", "intake", "read",
        "document_checks", "follow_ups", "referred", "around", "action", "mirror",
    )
)  # fmt: skip
"""Tests that run first: of them, those that call the function with the mistake."""
WIDE = (
    *(f"tests/engine/test_{name}.py" for name in ("reconcile", "plan_properties")),
    *(
        f"tests/acceptance/test_{name}.py"
        for name in (
            "eb_identity", "eb_policies", "x_answers", "x_lost_answers", "wb_policies", "yu_lost_answers", "wb_lost_answers", "sf_bookings",
        )
    ),
)  # fmt: skip
"""Properties, and tests over whole runs and systems: they run where neither those nor schedules catch it."""
PLAYED = ("quarrel", "till", "errand", "tribe-eboekhouden")
RESULTS = HERE / "mutants.jsonl"
IN_MEMORY = Path("/dev/shm")
COPYING = Lock()
"""One copy of the engine at a time: what it is compared with is shared."""
OPPOSITE = {
    "Eq": "NotEq",
    "NotEq": "Eq",
    "Is": "IsNot",
    "IsNot": "Is",
    "Lt": "GtE",
    "Gt": "LtE",
    "LtE": "Gt",
    "GtE": "Lt",
}
LIMIT = {"Lt": "LtE", "LtE": "Lt", "Gt": "GtE", "GtE": "Gt"}
OTHERS = (
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ZeroIterationForLoop",
    "ReplaceContinueWithBreak", "ReplaceBreakWithContinue", "NumberReplacer", "ReplaceUnaryOperator_Delete_Not",
    "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_Sub_Add", "ExceptionReplacer",
)  # fmt: skip
"""Kinds of mistakes besides comparisons; left out are those that only an annotation or a decorator would show.

That a value is frozen and has slots is for mypy: whoever would change one, or give it something else, is told there.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mistake can be made: at the so-manieth place for its kind in a module."""

    file: str
    kind: str
    nth: int

    @property
    def mark(self) -> str:
        """Tell it from what it was before the module changed."""
        return hashlib.sha256(f"{self.kind} {self.nth} {_code(self.file)}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake."""

    file: str
    name: str
    source: str
    """The module with the mistake in it."""

    @property
    def tests(self) -> tuple[str, ...]:
        return ()

    @property
    def function(self) -> str:
        """Name the function that it is in; empty, if it is in none."""
        return function(_code(self.file), self.source)

    def broken(self, _: str) -> str:
        """Give the module with this mistake in it, whatever it was."""
        return self.source


@cache
def _code(file: str) -> str:
    return (ENGINE / file).read_text(encoding="utf-8")


def kinds() -> list[str]:
    """Name the kinds of mistakes that are made."""
    turned = [f"ReplaceComparisonOperator_{old}_{new}" for each in (OPPOSITE, LIMIT) for old, new in each.items()]
    known = set(operator_names())
    return [name for each in (*turned, *OTHERS) if (name := f"core/{each}") in known]


def places() -> list[Place]:
    """List every place where a mistake of a kind can be made, in the order of the modules."""
    found: list[Place] = []
    for file in MODULES:
        nodes = list(ast_nodes(get_ast(_code(file))))
        for kind in kinds():
            operator: Any = get_operator(kind)()
            found += [
                Place(file, kind, nth)
                for nth in range(sum(len(list(operator.mutation_positions(each))) for each in nodes))
            ]
    return found


def mutant(place: Place) -> Mutant | None:
    """Make the mistake; gives nothing where the module means the same with it."""
    code = _code(place.file)
    broken = mutate_code(code, get_operator(place.kind)(), place.nth)
    if broken is None or not _is_another(broken, code):
        return None
    name = _named(place.file, code, broken)
    return None if ": @dataclass(" in name or " … @dataclass(" in name else Mutant(place.file, name, broken)


def _is_another(code: str, plain: str) -> bool:
    try:
        return ast.dump(ast.parse(code)) != ast.dump(ast.parse(plain))
    except SyntaxError:
        return False


def _named(file: str, old: str, new: str) -> str:
    """Name a mistake by its line, before and after; a line that stands there more than once, by the one above it too."""
    was, now = old.splitlines(), new.splitlines()
    changed = [each for each in difflib.SequenceMatcher(None, was, now, False).get_opcodes() if each[0] != "equal"]
    before = "; ".join(each.strip() for _, i, j, _, _ in changed for each in was[i:j])
    after = "; ".join(each.strip() for _, _, _, i, j in changed for each in now[i:j])
    stands = [(was[at - 1].strip(), each.strip()) for at, each in enumerate(was)]
    here = stands[changed[0][1]]
    if sum(1 for _, each in stands if each == before) > 1:
        before = f"{here[0]} … {before}"
    if stands.count(here) > 1:
        before += f" ({stands[: changed[0][1] + 1].count(here)} of {stands.count(here)})"
    return f"{file}: {before} → {after}"


def justified() -> dict[str, str]:
    """Read why some mistakes may stay unnoticed: name → reason."""
    known = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else None
    return {each["name"]: each["because"] for each in known or ()}


def known(file: Path) -> dict[str, Found]:
    """Read what was found so far: mark → what caught it."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {each.pop("mark"): Found(**each) for each in map(json.loads, lines)}


def line(place: Place, found: Found) -> str:
    """Write what was found as a line of the results."""
    kept = {
        name: value for name in ("name", "by", "mapping", "seed") if (value := getattr(found, name)) or name != "seed"
    }
    return json.dumps({"mark": place.mark, **kept}, ensure_ascii=False) + "\n"


def try_out(mutant: Mutant, lines: Lines, bench: Bench) -> Found:
    """Make a mistake where the tests are ready; where that cannot be, in a copy of the engine."""
    began = time.monotonic()
    said = lines.try_out(mutant.file, mutant.function, mutant.source)
    if said is None:
        tests = (lines.candidates(mutant.file, mutant.function, of) for of in (lines.near, lines.wide))
        # Whole files: with another table a test may have another name.
        near, wide = (list(dict.fromkeys(each.partition("::")[0] for each in lot)) for lot in tests)
        with COPYING:
            found = bench.try_out(mutant, first=near, tests=wide)
        if found.by and not found.mapping:
            lines.caught[mutant.file].add(found.by)
        return found
    said["seconds"] = round(time.monotonic() - began, 1)
    return Found(mutant.name, **said)


def report(tried: Sequence[Found], of: int, seed: int) -> str:
    """Tell as Markdown what was tried, what caught each, and what nothing caught."""
    reasons = justified()
    left = [each.name for each in tried if not each.by]
    lines = [
        "# Mistakes made by a machine", "",
        f"{len(tried)} were tried of the {of} that can be made (sample {seed}): {len(tried) - len(left)} caught, "
        f"{sum(1 for each in left if each in reasons)} survive for a reason, {sum(1 for each in left if each not in reasons)} for none.",
        "", *summary(tried), "", "| mistake | caught by |", "| --- | --- |",
    ]  # fmt: skip
    for each in tried:
        nothing = f"**nothing**: {reasons.get(each.name, 'no reason')}"
        by = f"{each.by} ({each.where})" if each.mapping else each.by or nothing
        lines.append(f"| `{each.name.replace('|', chr(92) + '|')}` | {by} |")
    return "\n".join(lines) + "\n"


def summary(tried: Sequence[Found]) -> list[str]:
    """Count for each module what caught how many, as a table."""
    reasons = justified()
    lines = [
        "| module | tried | caught by a test | caught by a schedule | survive for a reason | left |",
        "| --- " * 6 + "|",
    ]
    for file in MODULES:
        here = [each for each in tried if each.name.startswith(f"{file}: ")]
        played = sum(1 for each in here if each.mapping)
        caught = sum(1 for each in here if each.by and not each.mapping)
        reasoned = sum(1 for each in here if not each.by and each.name in reasons)
        if here:
            lines.append(
                f"| {file} | {len(here)} | {caught} | {played} | {reasoned} | {len(here) - caught - played - reasoned} |"
            )
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the mistakes of a sample, and tell what caught each."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="so many, chosen by the seed; all, if it is not given")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--only", default="", help="modules whose names hold one of these, with commas between")
    parser.add_argument("--seeds", type=int, default=8, help="schedules of each mapping, where the tests pass")
    parser.add_argument("--jobs", type=int, default=1, help="so many side by side")
    parser.add_argument("--quick", action="store_true", help="leave out the tests over whole systems")
    parser.add_argument("--minutes", type=float, default=0, help="begin nothing after so many minutes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where what was found stays")
    parser.add_argument("--again", action="store_true", help="try again what nothing caught")
    parser.add_argument("--report", type=Path, help="a file for the report, as Markdown")
    parser.add_argument("--list", action="store_true", help="only list the mistakes")
    given = parser.parse_args(arguments)
    every = [each for each in places() if any(part in each.file for part in given.only.split(","))]
    chosen = Random(given.seed).sample(every, given.sample) if 0 < given.sample < len(every) else every
    if given.list:
        print(
            "\n".join(each.name for each in map(mutant, chosen) if each is not None), f"\n{len(chosen)} of {len(every)}"
        )
        return 0
    reasons, began, lock = justified(), time.monotonic(), Lock()
    before = {
        mark: each for mark, each in known(given.results).items() if each.by or each.name in reasons or not given.again
    }
    given.results.parent.mkdir(exist_ok=True)

    def tried_out(place: Place) -> Found | None:
        found = before.get(place.mark)
        late = given.minutes and time.monotonic() - began > 60 * given.minutes
        made = mutant(place) if found is None and not late else None
        if made is None:
            return found
        found = try_out(made, lines, bench)
        with lock, given.results.open("a", encoding="utf-8") as stream:
            stream.write(line(place, found))
            caught = found.by or ("SURVIVES, with a reason" if made.name in reasons else "SURVIVES")
            print(
                f"{made.name}\n    {caught} {found.where if found.mapping else ''} {found.seconds:.1f} s\n",
                end="",
                flush=True,
            )
        return found

    with TemporaryDirectory(prefix="mutants-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        bench = Bench(Path(folder), PLAYED, seeds=given.seeds)
        lines = Lines(Path(folder), MODULES, PLAYED, NEAR, () if given.quick else WIDE, given.seeds, given.jobs)
        try:
            with ThreadPoolExecutor(given.jobs) as pool:
                tried = [each for each in pool.map(tried_out, chosen) if each is not None]
        finally:
            bench.close()
            lines.close()
    found = known(given.results)
    marks = {each.mark: each for each in places()}
    given.results.write_text(
        "".join(line(place, found[mark]) for mark, place in marks.items() if mark in found), encoding="utf-8"
    )
    if given.report:
        given.report.write_text(report(tried, len(every), given.seed), encoding="utf-8")
    left = [each.name for each in tried if not each.by and each.name not in reasons]
    print("\n".join(["", *summary(tried), "", *(f"Nothing catches: {each}" for each in left)]))
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
