"""Play the same schedules with the state in memory and in a PostgreSQL database: is what was seen the same, and what is remembered?

python tests/acceptance/both_stores.py --mapping tribe-eboekhouden --seeds 100 --seed 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

import pytest
import sqlalchemy as sa
import stores
from simulated_database import content, in_a_database

from syncrules.language import spec
from syncrules.simulator.play import Stage
from syncrules.simulator.trial import Verdict, trace, trial


def differing(stage: Stage, seeds: Iterable[int]) -> dict[int, list[str]]:
    """Play schedules with both: seed → what differs, or which promises were broken."""
    numbers = list(seeds)
    in_memory = {each: _outcome(trial(stage, each)) for each in numbers}
    with in_a_database():
        return {
            each: wrong for each in numbers if (wrong := _differences(in_memory[each], _outcome(trial(stage, each))))
        }


Outcome = dict[str, object]


def _outcome(verdict: Verdict) -> Outcome:
    return {"what was seen": trace(verdict), "promises": sorted(verdict.broken), **content(verdict.world.store)}


def _differences(one: Outcome, other: Outcome) -> list[str]:
    broken = [f"broken: {each}" for each in other["promises"]] if isinstance(other["promises"], list) else []
    return [*broken, *(what for what in one if one[what] != other[what])]


def main() -> int:
    """Carry out the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--mapping", default="tribe-eboekhouden")
    options.add_argument("--seeds", type=int, default=100, help="How many schedules are played.")
    options.add_argument("--seed", type=int, default=1, help="The first of them.")
    given = options.parse_args()
    try:
        stage = Stage(spec.load(given.mapping))
        wrong = differing(stage, range(given.seed, given.seed + given.seeds))
        with in_a_database() as store:
            version = store.db.execute(sa.text("show server_version")).scalar()
    except pytest.skip.Exception as reason:
        print(f"Nothing was played: {reason}")
        return 0
    finally:
        stores.stop()
    for seed, what in wrong.items():
        print(f"{given.mapping}, seed {seed}: {', '.join(what)}")
    print(
        f"{given.seeds} schedules of {given.mapping} from seed {given.seed}: {len(wrong)} differ (PostgreSQL {version})."
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
