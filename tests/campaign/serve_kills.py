"""Kill `syncrules serve` with `kill -9`, again and again, while it imports and pushes, and see whether the next one finishes the work.

    python tests/campaign/serve_kills.py --times 50 --minutes 60 --seed 1

Nobody types `run`: the first import and everything after it is done by `serve`. People work on both sides meanwhile. What is right
is told by both systems, by `status` and `waiting`, and by the jobs that are left.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

from people import People
from served import BESIDE, Tally, Trial, connect, kill_all
from town import town


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50, help="how many processes are killed")
    parser.add_argument("--minutes", type=float, default=None, help="begin no other trial after so long")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, began, number = Tally(), time.monotonic(), 0
    while tally.total < given.times and (given.minutes is None or time.monotonic() < began + given.minutes * 60):
        seed = f"{given.seed}/{number}"
        with town(besides=BESIDE) as here:
            people = People(here)
            people.begin()
            connect(here)
            trial = Trial(here, people, seed, tally)
            try:
                found = trial.play(min(5, given.times - tally.total))
            finally:
                kill_all()
        if found:
            tally.wrong += 1
            print("\n  ".join([f"WRONG trial {seed}", *trial.people.did, *found]), flush=True)
        else:
            print(f"{tally.total:4}  trial {seed}: right", flush=True)
        number += 1
    for what, times in sorted(tally.kills.items()):
        print(f"{what:24}{times:>5}")
    print(
        f"seed {given.seed}: serve was killed {tally.total} times in {time.monotonic() - began:.0f} s, {tally.rerun} jobs in hand "
        f"were begun anew, {tally.missed} moments did not come; {tally.wrong} times something was wrong"
    )
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
