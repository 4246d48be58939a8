"""Tell which fault was caught by what: all of them, or a summary for `tests/README.md`.

    python tests/faults/told.py [--write]

What is told is what `caught.yaml` holds; `--write` puts the summary into the README, where a test compares it.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from faults import ROOT, Fault, caught_before, faults

README = ROOT / "tests" / "README.md"
BEGIN, END = "<!-- printed: faults -->", "<!-- until here -->"


def caught_by(known: Mapping[str, Any] | None) -> str:
    """Name the promise that a fault broke, with the schedule, or the test that it failed."""
    if not known:
        return "**nothing yet**"
    if "test" in known:
        return f"`{known['test']}`"
    kind = "made up" if known["seed"] > 0 else "aimed"
    return f"{known['promise']} ({known['mapping']}, {kind} schedule {abs(known['seed'])})"


def every(listed: Sequence[Fault], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a line for each fault."""
    lines = ((each.name, f"`{each.file}`", caught_by(known.get(each.name))) for each in listed)
    return _table(("fault", "in", "caught by"), lines)


def summary(listed: Sequence[Fault], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Say of each file of the engine how many faults it had, and what caught them."""
    lines = []
    for file in sorted({each.file for each in listed}):
        here = [known.get(each.name, {}) for each in listed if each.file == file]
        lines.append((f"`engine/syncrules/{file}`", *_counts(here)))
    lines.append(("**all**", *_counts([known.get(each.name, {}) for each in listed])))
    broken = Counter(each["promise"] for each in known.values() if "promise" in each)
    by_promise = _table(
        ("promise that was broken first", "faults"), [(name, str(n)) for name, n in broken.most_common()]
    )
    return f"{_table(('file', 'faults', 'a promise was broken', 'a test failed', 'not caught'), lines)}\n\n{by_promise}"


def _counts(known: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    promises, tests = (sum(1 for each in known if what in each) for what in ("promise", "test"))
    return str(len(known)), str(promises), str(tests), str(len(known) - promises - tests)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    escaped = [" | ".join(each.replace("|", "\\|") for each in line) for line in lines]
    return "\n".join(f"| {each} |" for each in (" | ".join(head), " | ".join("---" for _ in head), *escaped))


def filled_in(text: str) -> str:
    """Put the summary into a README, in its place."""
    told = f"{BEGIN}\n\n{summary(faults(), caught_before())}\n\n{END}"
    return re.sub(f"{BEGIN}.*?{END}", lambda _: told, text, flags=re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell which fault was caught by what; the exit code is 1 where nothing has caught one yet."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the summary into tests/README.md")
    given = parser.parse_args(arguments)
    listed, known = faults(), caught_before()
    if given.write:
        README.write_text(filled_in(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{every(listed, known)}\n\n{summary(listed, known)}")
    return 0 if all(each.name in known for each in listed) else 1


if __name__ == "__main__":
    raise SystemExit(main())
