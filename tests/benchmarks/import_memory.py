"""Measure what a first import costs in memory and time, with ten times as many relations.

    python tests/benchmarks/import_memory.py
    python tests/benchmarks/import_memory.py --sizes 500 5000 --most 1.1

Both systems run in a process of their own; what is measured is the process that imports.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__)


def serve(size: int) -> None:
    """Be the two systems, until nobody listens any more; tell how they are reached."""
    sys.path.insert(0, str(HERE.parents[1] / "acceptance"))
    from world import world

    from syncrules_providers.sandboxes.story import tell

    with world(tell(size)) as here:
        print(json.dumps({"answers": here.answers(), "settings": here.settings}), flush=True)
        sys.stdin.readline()
        counts = {"relations": len(here.books.relations()), "customers": len(here.crm.rows("Relationship"))}
        print(json.dumps(counts), flush=True)


def take_in(where: str) -> None:
    """Import everything, and tell what it cost."""
    from syncrules import connection
    from syncrules.connection import RealClock
    from syncrules.memory.kept import ConnectionRow
    from syncrules.memory.store import open_store
    from syncrules.secrets import Keys

    reached = json.loads(where)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "state.db") as store:
        with store.transaction():
            store.save(ConnectionRow("c", "tribe-eboekhouden", reached["settings"], {}, reached["answers"]))
        with connection.opened(store, "c", Keys([b"0" * 32]), RealClock()) as opened:
            start = time.monotonic()
            result = connection.run(opened)
            seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"before": before, "peak": used.ru_maxrss, "seconds": seconds, "busy": used.ru_utime + used.ru_stime}
    print(json.dumps({**found, "counts": result.counts}), flush=True)


@contextmanager
def systems(size: int) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, str(HERE), "--serve", str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline()
        process.communicate("\n", timeout=600)


def measure(size: int) -> dict[str, Any]:
    with systems(size) as where:
        done = subprocess.run(
            [sys.executable, str(HERE), "--take-in", where], capture_output=True, text=True, check=False, timeout=3600
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=(2_000, 20_000), help="how many relations")
    parser.add_argument(
        "--most", type=float, default=1.1, help="how many times the memory of the first the second may take"
    )
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--take-in", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        return serve(given.serve)
    if given.take_in is not None:
        return take_in(given.take_in)
    peaks = []
    for size in given.sizes:
        found = measure(size)
        peaks.append(found["peak"])
        made = sum(found["counts"].get(each, 0) for each in ("created", "updated", "linked"))
        print(
            f"{size:7} relations: peak {found['peak'] / 1024:.1f} MB ({found['before'] / 1024:.1f} MB before the run), "
            f"{found['seconds']:.1f} s, of which {found['busy']:.1f} s busy itself; per 1,000 {found['seconds'] / size * 1000:.2f} s "
            f"and {found['busy'] / size * 1000:.2f} s; {made} written or linked",
            flush=True,
        )
    ratio = peaks[1] / peaks[0]
    print(f"ratio {ratio:.2f}, at most {given.most:g} allowed")
    sys.exit(0 if ratio <= given.most else 1)


if __name__ == "__main__":
    main()
