"""Make `held_out.yaml`: the mistakes of `mutations.py`, `misshapen.py` and `misused.py` in the good mappings, chosen with a fixed seed and written out.

    python tests/corpus/make_held_out.py [--check]

Each operator is applied wherever it can be; of what it could do a few are taken, spread over the mappings and over what was
hit. Where the true line is follows from the operator, never from what the engine says. `--check` only tells whether the file is
what would be written now: when a mapping changes, other mistakes are made.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import edits
import misshapen  # noqa: F401 — enters its operators into the list
import misused  # noqa: F401 — enters its operators into the list
import yaml
from edits import Edit
from mutations import OPERATORS, Candidate, Operator
from walk import Good, good, place

SEED = 20261128
FILE = edits.HERE / "held_out.yaml"
BASES = (
    "tribe-eboekhouden", "tribe-eboekhouden-rest", "tribe-winbooks", "tribe-yuki", "winbooks-silverfin",
    "our-eboekhouden", "our-winbooks", "tribe-exact", "tribe-fortnox", "tribe-pennylane",
)  # fmt: skip
HEAD = """\
# HELD OUT: whoever writes or improves diagnostics must not look at this file, nor at what fails of it one by one.
# Made by make_held_out.py; `edits.py` says how a case reads.

"""


def chosen(name: str, most: int, of_a_sort: int, work: Operator) -> Iterator[Edit]:
    """Choose among all that an operator could do."""
    chance = Random(f"{SEED} {name}")
    found = [(base, each) for base in BASES for each in work(good(base), chance)]
    chance.shuffle(found)
    sorts: Counter[str] = Counter()
    bases: Counter[str] = Counter()
    taken = 0
    while found and taken < most:
        found.sort(key=lambda each: bases[each[0]])
        base, candidate = found.pop(0)
        if sorts[candidate.sort] >= of_a_sort:
            continue
        edit = written(f"{name}-{taken + 1}", good(base), candidate)
        if edit is not None:
            sorts[candidate.sort] += 1
            bases[base] += 1
            taken += 1
            yield edit


def written(name: str, mapping: Good, candidate: Candidate) -> Edit | None:
    """Write a candidate as an edit; nothing if its text cannot be told from others."""
    at = place(mapping.text, candidate.start)
    wanted = mapping.text[: candidate.start] + candidate.replacement + mapping.text[candidate.end :]
    for more in range(0, 200, 2):
        start = max(candidate.start - more, mapping.text.rfind("\n", 0, candidate.start) + 1)
        end = candidate.end + more
        stop = mapping.text.find("\n", candidate.end)
        end = min(end, stop + (1 if more > 150 else 0)) if stop >= candidate.end else end
        text = mapping.text[start:end]
        edit = Edit(
            name, mapping.base, candidate.did, at, text,
            mapping.text[start : candidate.start] + candidate.replacement + mapping.text[candidate.end : end],
            candidate.line, candidate.why, candidate.mends, candidate.remark,
        )  # fmt: skip
        for each in (edit, replace(edit, at="")):
            try:
                if text.strip() and each.edited(mapping.text) == wanted != mapping.text and each.lines(mapping.text):
                    return each
            except AssertionError:
                continue
    return None


def plain(edit: Edit) -> dict[str, Any]:
    """Write an edit as plain data."""
    case: dict[str, Any] = {"id": edit.id, "did": edit.did}
    if edit.at:
        case["at"] = edit.at
    case |= {"text": edit.text, "replacement": edit.replacement}
    if edit.line != (0,):
        case["line"] = list(edit.line)
    case |= {name: value for name in ("why", "mends", "remark") if (value := getattr(edit, name))}
    return case


def make() -> str:
    """Give the whole file."""
    cases: dict[str, list[dict[str, Any]]] = {base: [] for base in BASES}
    for name, (most, of_a_sort, work) in OPERATORS.items():
        for edit in chosen(name, most, of_a_sort, work):
            cases[edit.base].append(plain(edit))
    return HEAD + yaml.safe_dump(cases, sort_keys=False, allow_unicode=True, width=1000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or say whether it is the one that would be written."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    given = parser.parse_args(arguments)
    text = make()
    if given.check:
        same = FILE.read_text(encoding="utf-8") == text
        print("The same." if same else "Another file would be written.")
        return 0 if same else 1
    FILE.write_text(text, encoding="utf-8")
    print(f"{len(edits.read(FILE))} cases.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
