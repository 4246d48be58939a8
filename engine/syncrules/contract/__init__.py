"""The contract: what every provider promises, and whether an installed one keeps it, over its sandbox and over its twin.

Whoever writes a provider tests it with a few lines; `providers/README.md` shows them.
"""

from __future__ import annotations

from importlib import import_module

from syncrules.contract.bench import Bench
from syncrules.contract.promise import PROMISES, Promise, Verdict
from syncrules.contract.worlds import bench_of

__all__ = ["PROMISES", "Bench", "Promise", "Verdict", "bench_of", "broken", "held"]

for _each in ("manners", "reading", "making", "changing", "batches", "trouble"):
    import_module(
        f"syncrules.contract.{_each}"
    )  # it registers its promises: in this order they are looked at, and told


def held(bench: Bench, promise: str) -> list[Verdict]:
    """Hold a provider to one promise, in every place where it makes it."""
    bench.begin()
    return list(PROMISES[promise].hold(bench))


def broken(bench: Bench, promise: str) -> list[str]:
    """Say where a provider does not keep a promise, and what was seen instead."""
    return [f"{each.where or bench.name}: {each.why}" for each in held(bench, promise) if each.state == "broken"]
