"""Would anybody notice, wherever it is? Small mistakes are made by a machine in what diffs, plans, writes and remembers.

    python tests/faults/mutants.py [--sample N] [--seed N] [--only WORDS] [--seeds N] [--report FILE] [--list]

The mistakes are those of cosmic-ray, which is installed by `uv sync --group mutants`: a comparison turned round, a `not` too many,
a loop that is not entered, `and` for `or`, a number one too high. Each is made in a copy of the engine; the tests of that module
run against the copy, and where they pass, schedules are played with it. What nothing catches is a survivor: it needs a better
test, or a line in `survivors.yaml` that says why the engine is as good with it. The exit code is 1 where neither is there.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from faults import ENGINE, HERE, Bench, Found

SURVIVORS = HERE / "survivors.yaml"
PLAN = ("tests/engine/test_plan.py", "tests/engine/test_plan_properties.py")
WRITE = ("tests/engine/test_calls.py", "tests/engine/test_remember.py")
MODULES: Mapping[str, Sequence[str]] = {
    "journey/diff.py": ("tests/engine/test_diff.py", *PLAN),
    "journey/pair.py": PLAN,
    "journey/single.py": PLAN,
    "journey/policy.py": PLAN,
    "journey/decision.py": PLAN,
    "journey/write.py": WRITE,
    "journey/calls.py": WRITE,
    "journey/remember.py": WRITE,
    "journey/unwritten.py": WRITE,
    "journey/recover.py": WRITE,
}
"""Module → the tests that run first."""
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
"""Kinds of mistakes besides comparisons; left out are those that only an annotation or a decorator would show."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: the so-manieth of its kind in a module."""

    file: str
    kind: str
    nth: int
    name: str
    source: str
    tests: tuple[str, ...]

    def broken(self, _: str) -> str:
        """Give the module with this mistake in it."""
        return self.source


def kinds() -> list[str]:
    """Name the kinds of mistakes that are made."""
    turned = [f"ReplaceComparisonOperator_{old}_{new}" for each in (OPPOSITE, LIMIT) for old, new in each.items()]
    known = set(operator_names())
    return [name for each in (*turned, *OTHERS) if (name := f"core/{each}") in known]


def mutants() -> Iterator[Mutant]:
    """List every mistake that can be made, in the order of the modules."""
    for file, tests in MODULES.items():
        code = (ENGINE / file).read_text(encoding="utf-8")
        plain = ast.dump(ast.parse(code))
        tree = get_ast(code)
        for kind in kinds():
            operator: Any = get_operator(kind)()
            places = sum(len(list(operator.mutation_positions(each))) for each in ast_nodes(tree))
            for nth in range(places):
                broken = mutate_code(code, operator, nth)
                if broken is not None and _is_another(broken, plain):
                    yield Mutant(file, kind, nth, _named(file, code, broken), broken, tuple(tests))


def _is_another(code: str, plain: str) -> bool:
    try:
        return ast.dump(ast.parse(code)) != plain
    except SyntaxError:
        return False


def _named(file: str, old: str, new: str) -> str:
    """Name a mistake by its line, before and after."""
    changed = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
    lines = [each for each in changed if each[:2] not in ("--", "++", "@@")]
    before, after = ("; ".join(each[1:].strip() for each in lines if each[0] == sign) for sign in "-+")
    return f"{file}: {before} → {after}"


def justified() -> dict[str, str]:
    """Read why some mistakes may stay unnoticed: name → reason."""
    known = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) if SURVIVORS.exists() else None
    return {each["name"]: each["because"] for each in known or ()}


def report(tried: Sequence[tuple[Mutant, Found]], of: int, seed: int) -> str:
    """Tell as Markdown what was tried, what caught each, and what nothing caught."""
    reasons = justified()
    left = [each.name for each, found in tried if not found.by]
    lines = [
        "# Mistakes made by a machine", "",
        f"{len(tried)} of {of} were tried (sample {seed}): {len(tried) - len(left)} caught, "
        f"{sum(1 for each in left if each in reasons)} survive for a reason, {sum(1 for each in left if each not in reasons)} for none.", "",
        "| module | tried | caught by a test | caught by a schedule | survive |", "| --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for file in MODULES:
        here = [found for each, found in tried if each.file == file]
        played = sum(1 for each in here if each.mapping)
        caught = sum(1 for each in here if each.by and not each.mapping)
        lines.append(f"| {file} | {len(here)} | {caught} | {played} | {len(here) - played - caught} |")
    lines += ["", "| mistake | caught by |", "| --- | --- |"]
    for each, found in tried:
        by = (
            f"{found.by} ({found.where})"
            if found.mapping
            else found.by or f"**nothing**: {reasons.get(each.name, 'no reason')}"
        )
        lines.append(f"| `{each.name.replace('|', chr(92) + '|')}` | {by} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the mistakes of a sample, and tell what caught each."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="so many, chosen by the seed; all, if it is not given")
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--only", default="", help="mistakes whose name holds these words")
    parser.add_argument("--seeds", type=int, default=8, help="schedules of each mapping, where the tests pass")
    parser.add_argument("--report", type=Path, help="a file for the report, as Markdown")
    parser.add_argument("--list", action="store_true", help="only list the mistakes")
    given = parser.parse_args(arguments)
    every = [each for each in mutants() if given.only.lower() in each.name.lower()]
    chosen = every
    if given.sample and given.sample < len(every):
        chosen = Random(given.seed).sample(every, given.sample)
    if given.list:
        print("\n".join(each.name for each in chosen), f"\n{len(chosen)} of {len(every)}")
        return 0
    tried: list[tuple[Mutant, Found]] = []
    reasons = justified()
    with TemporaryDirectory(prefix="mutants-") as folder:
        bench = Bench(Path(folder), ("quarrel", "till", "errand", "tribe-eboekhouden"), seeds=given.seeds)
        try:
            for number, each in enumerate(chosen, 1):
                found = bench.try_out(each, first=each.tests, tests=())
                tried.append((each, found))
                caught = found.by or ("SURVIVES, with a reason" if each.name in reasons else "SURVIVES")
                print(
                    f"{number}/{len(chosen)} {each.name}\n    {caught} {found.where if found.mapping else ''} {found.seconds:.0f} s",
                    flush=True,
                )
                if given.report:
                    given.report.write_text(report(tried, len(every), given.seed), encoding="utf-8")
        finally:
            bench.close()
    left = [each.name for each, found in tried if not found.by and each.name not in reasons]
    print(
        f"\n{json.dumps({'tried': len(tried), 'of': len(every), 'caught': sum(1 for _, f in tried if f.by), 'left': len(left)})}"
    )
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
