"""Does the language teach its users? Good mappings are broken in known places, and we see whether `validate` points there.

    python tests/corpus/broken.py [--half by_hand|held_out] [--missing] [--only WORDS] [--json FILE]

`by_hand.yaml` and `held_out.yaml` are the halves of the corpus. Each case is written into a folder of its own and handed to
`syncrules validate --json`. The first thing that is told must stand in the true line. Where undoing the mistake is the one
thing to offer, the first problem must bring a `fix` that restores the good mapping: `{file, line, column, end_line,
end_column, text}`, lines and columns from 1, the end not included. `--missing` lists what fails, with what was told instead;
whoever writes diagnostics asks it of `by_hand` only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import edits
from click.testing import CliRunner
from edits import Edit

from syncrules import provider, yaml
from syncrules.cli.commands import commands
from syncrules.language import spec
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

HALVES = ("by_hand", "held_out")
UNEXPECTED = 70
"""The exit code of a command that came upon a mistake of our own."""
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `validate` says of a file."""

    problems: tuple[Told, ...] = ()
    remarks: tuple[Told, ...] = ()
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """How a case went."""

    id: str
    base: str
    wanted: tuple[int, ...]
    told: str
    """The first thing that was told; empty if the mapping was taken for good."""
    line: int
    pointed: bool
    """The first thing that was told stands in the true line."""
    mends: bool
    mended: bool
    """What it offers restores the good mapping."""
    traceback: str


def declared(name: str) -> Manifest:
    """Find the manifest of a provider beside the mappings for tests, or else an installed one."""
    beside = edits.CONNECTORS / f"{name}.manifest.yaml"
    return load_manifest(beside) if beside.is_file() else provider.find(name).manifest


def validated(file: Path) -> Answer:
    """Ask what is wrong with a file."""
    with patch.object(spec, "load", partial(_load, spec.load)):
        ran = CliRunner().invoke(commands, ["validate", "--json", str(file)])
    if ran.exit_code == UNEXPECTED or not isinstance(ran.exception, SystemExit | None):
        return Answer(traceback=(ran.stdout.strip() or repr(ran.exception)))
    said = json.loads(ran.stdout)
    (mapping,) = said["mappings"] if "mappings" in said else ({"problems": [said["error"]], "remarks": []},)
    return Answer(tuple(mapping["problems"]), tuple(mapping["remarks"]))


def _load(load: Any, name: str, *_: Any) -> Any:
    return load(name, declared)


@cache
def good(base: str) -> tuple[str, frozenset[str]]:
    """Give the text of a good mapping, and what is told of it although it is good."""
    file = edits.file_of(base)
    answer = validated(file)
    assert not answer.problems, f"{base} is not good: {answer.problems[0]['text']}"
    assert not answer.traceback, answer.traceback
    return file.read_text(encoding="utf-8"), frozenset(each["message"] for each in answer.remarks)


def tried(edit: Edit) -> Result:
    """Break a mapping, and see what is told."""
    text, known = good(edit.base)
    wanted = edit.lines(text)
    with TemporaryDirectory(prefix="broken-") as folder:
        file = Path(folder) / f"{edit.base}.yaml"
        file.write_text(edit.edited(text), encoding="utf-8")
        answer = validated(file)
        fresh = [each for each in answer.remarks if each["message"] not in known] if edit.remark else []
        told = next(iter((*answer.problems, *fresh)), None)
        line = _line(told, file)
        fix = (told or {}).get("fix")
        return Result(
            edit.id,
            edit.base,
            tuple(sorted(wanted)),
            "" if told is None else str(told.get("text", told["message"])),
            line,
            line in wanted,
            edit.mends,
            bool(edit.mends and fix and restores(file, fix, text)),
            answer.traceback,
        )


def _line(told: Told | None, file: Path) -> int:
    here = told is not None and told.get("file") is not None and Path(told["file"]).resolve() == file.resolve()
    return int((told or {}).get("line") or 0) if here else 0


def restores(file: Path, fix: Told, text: str) -> bool:
    """Tell whether a fix makes the good mapping of a broken one: the same letters, or the same data."""
    if fix.get("file") not in (None, str(file)) and Path(fix["file"]).resolve() != file.resolve():
        return False
    mended = applied(file.read_text(encoding="utf-8"), fix)
    if mended == text:
        return True
    again, right = yaml.load(mended, "mended"), yaml.load(text, "good")
    return not again.problems and bool(again.data == right.data)


def applied(text: str, fix: Told) -> str:
    """Put the text of a fix in the place of its range."""
    lines = text.splitlines(keepends=True)

    def at(line: int, column: int) -> int:
        return len("".join(lines[: line - 1])) + column - 1

    start, end = at(fix["line"], fix["column"]), at(fix["end_line"], fix["end_column"])
    return text[:start] + str(fix["text"]) + text[end:]


def cases(half: str) -> list[Edit]:
    """Read one half of the corpus."""
    return edits.read(edits.HERE / f"{half}.yaml")


# The figures ---------------------------------------------------------------------------------------------------------------


def share(found: Iterable[bool]) -> tuple[int, int]:
    """Count how many of them hold."""
    all_ = list(found)
    return sum(all_), len(all_)


def percent(counted: tuple[int, int]) -> float:
    """Give a share in percent; nothing at all counts as all."""
    return 100 * counted[0] / counted[1] if counted[1] else 100.0


def figures(results: Sequence[Result]) -> dict[str, tuple[int, int]]:
    """Count what matters."""
    return {
        "noticed at all": share(bool(each.told) for each in results),
        "first told in the true line": share(each.pointed for each in results),
        "suggestion right, of those that can be mended": share(each.mended for each in results if each.mends),
        "tracebacks": share(bool(each.traceback) for each in results),
    }


def shown(half: str, results: Sequence[Result]) -> str:
    """Write the figures of a half."""
    lines = [f"{half}: {len(results)} cases"]
    for name, counted in figures(results).items():
        lines.append(f"  {name:48} {counted[0]:4} of {counted[1]:4}  {percent(counted):5.1f} %")
    return "\n".join(lines)


def failures(results: Sequence[Result]) -> list[str]:
    """Tell of each case that fails what was told instead."""
    lines = []
    for each in results:
        wrong = []
        if each.traceback:
            wrong.append(f"traceback: {each.traceback}")
        elif not each.told:
            wrong.append("taken for good")
        elif not each.pointed:
            wrong.append(f"line {each.line or 'of no line'} instead of {' or '.join(map(str, each.wanted))}")
        if each.mends and not each.mended:
            wrong.append("no right suggestion")
        if wrong:
            lines.append(f"{each.base} {each.id}: {'; '.join(wrong)}")
            lines += [f"      {line}" for line in each.told.splitlines()]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the corpus, and print the figures."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--half", choices=HALVES, action="append", help="one half only")
    parser.add_argument("--missing", action="store_true", help="list what fails, with what was told instead")
    parser.add_argument("--only", default="", help="cases whose id holds these words")
    parser.add_argument("--json", help="a file that the results are written to")
    given = parser.parse_args(arguments)
    results: list[Result] = []
    for half in given.half or HALVES:
        tried_now = [tried(each) for each in cases(half) if given.only in each.id]
        print(shown(half, tried_now), flush=True)
        if given.missing:
            print("\n".join(failures(tried_now)), flush=True)
        results += tried_now
    if given.json:
        Path(given.json).write_text(json.dumps([asdict(each) for each in results], indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
