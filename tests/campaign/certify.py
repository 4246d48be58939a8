"""Prove the laws of every shipped mapping with many cases of each rule, and say what was proved.

`python tests/campaign/certify.py --cases 10000 --seed 1` takes minutes; what it prints is what stands in the README of the tests.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from syncrules.check.checking import jobs
from syncrules.check.hunt import Luck
from syncrules.language import spec

HEADINGS = "| mapping | rules | cases | cases of the rule with the fewest | seconds | laws broken |"


def certify(names: Sequence[str], cases: int, seed: int, out: TextIO) -> int:
    """Check each mapping, print a line for it, and give how many laws are broken."""
    print(HEADINGS, file=out)
    print("| --- | --- | --- | --- | --- | --- |", file=out)
    broken = 0
    for name in names:
        began, parts = time.process_time(), []
        work = list(jobs(spec.load(name)))
        for number, job in enumerate(work, 1):
            parts.append(job.run(Luck(cases, seed)))
            print(f"\r{name}: {number} of {len(work)} …", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        fewest = min(part.cases for job, part in zip(work, parts, strict=True) if job.group == "rows")
        findings = [each for part in parts for each in part.findings]
        seconds = time.process_time() - began
        print(f"| `{name}` | {len(parts)} | {sum(each.cases for each in parts):,} | {fewest:,} | {seconds:.0f} | {len(findings)} |", file=out)  # fmt: skip
        for each in findings:
            print(f"{each.place}: {each.rule}: {each.law}: {' '.join(each.story)}", file=sys.stderr)
        broken += len(findings)
    return broken


def main() -> int:
    """Read what was asked, and certify."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="cases of each rule in each direction")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same cases")
    parser.add_argument("--mapping", action="append", help="only this one; may be given again")
    asked = parser.parse_args()
    return 1 if certify(asked.mapping or spec.names(), asked.cases, asked.seed, sys.stdout) else 0


if __name__ == "__main__":
    sys.exit(main())
