"""The worlds in which a provider is looked at: its sandbox over the network of this machine, or a twin of its manifest in memory."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from syncrules import provider, sandbox
from syncrules.contract import samples as sampling
from syncrules.contract.bench import SIZE, Bench, Over
from syncrules.contract.inventing import Inventor
from syncrules.contract.line import Line, Turned
from syncrules.contract.samples import Samples
from syncrules.http import Http, Network, Response, Wire
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Installed
from syncrules.simulator.door import TwinProvider, TwinWire
from syncrules.simulator.refusing import Refused
from syncrules.simulator.twin import Habits, Twin

Wrap = Callable[[Any], Any]
"""Puts something around a provider: a test breaks one promise with it."""

TWIN_RECORDS = 5
"""Records of each kind in a twin: two pages."""


class _Ear(logging.Handler):
    """Takes down what is logged."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


@contextmanager
def bench_of(
    name: str, over: Over, *, size: int = SIZE, brief: bool = False, wrap: Wrap = lambda made: made
) -> Iterator[Bench]:
    """Put an installed provider on the bench, over its sandbox or its twin.

    Args:
        size: relations in the invented books.
        brief: look at two of the small tables only, and let fewer things go wrong while a list is read.
        wrap: puts something around every provider that is made.

    Raises:
        UsageError: there is no such provider, or no sandbox of it.
        SpecError: its manifest, or the samples beside its sandbox, are none.
    """
    installed = provider.find(name)
    with (_sandboxed if over == "sandbox" else _twinned)(installed, size, brief, wrap) as bench:
        ear = _Ear(bench.said)
        loggers = [logging.getLogger(), logging.getLogger("syncrules")]
        before = [each.level for each in loggers]
        loggers[0].addHandler(ear)
        for each in loggers:
            each.setLevel(min(each.level or logging.INFO, logging.INFO))
        try:
            yield bench
        finally:
            loggers[0].removeHandler(ear)
            for each, level in zip(loggers, before, strict=True):
                each.setLevel(level)
            bench.line.close()


@contextmanager
def _sandboxed(installed: Installed, size: int, brief: bool, wrap: Wrap) -> Iterator[Bench]:
    kind = sandbox.find(installed.name)

    def make(manifest: Manifest, settings: Mapping[str, str], http: Http, keep: provider.Keep) -> Any:
        keeping = {"keep": keep} if manifest.keeps else {}
        return wrap(installed.make(manifest, settings, http, **keeping))

    beside = sandbox.samples_of(kind)
    samples = sampling.load(beside, installed.manifest) if beside is not None else Samples()
    with ExitStack() as stack:

        def started() -> tuple[Mapping[str, str], Callable[[], int]]:
            running = stack.enter_context(kind.seeded(size, country=kind.country))
            return running.answers, lambda: len(running.writes)

        answers, writes = started()
        yield Bench(
            installed.name, "sandbox", installed.manifest, make, answers,
            Line(Network()), Turned(), samples, writes, started, brief=brief,
        )  # fmt: skip


class _NoFate:
    """Lets everything pass."""

    def befalls(self, point: str) -> str | None:
        return None


class _OneByOne:
    """Lets one call at a time through: a twin does not expect two."""

    def __init__(self, inner: Wire) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    def carry(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Response:
        with self._lock:
            return self._inner.carry(method, url, headers, content)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def _twinned(installed: Installed, size: int, brief: bool, wrap: Wrap) -> Iterator[Bench]:
    manifest, clock = installed.manifest, Turned()
    twin = Twin(manifest, clock.now, Habits(lag=manifest.lag.total_seconds(), guids=True))
    wire = TwinWire(twin, _NoFate(), clock.now, clock.sleep)

    def make(manifest: Manifest, settings: Mapping[str, str], http: Http, keep: provider.Keep) -> Any:
        return wrap(TwinProvider(manifest, http))

    _stock(twin)
    clock.sleep(60.0)
    answers = {each.name: each.default or f"answer to {each.name}" for each in manifest.asks}
    yield Bench(
        installed.name, "twin", manifest, make, answers,
        Line(_OneByOne(wire)), clock, Samples(), lambda: len(wire.effects), brief=brief,
    )  # fmt: skip


def _stock(twin: Twin) -> None:
    """Let people fill a twin: first the lists that refer to nothing."""
    manifest = twin.manifest
    inventor = Inventor(manifest, Samples(), lambda name: list(twin.rows(name).values()))
    for resource in sorted(manifest.resources.values(), key=lambda each: _weight(manifest, each)):
        for number in range(TWIN_RECORDS if resource.readable and resource.rows is None else 0):
            try:
                twin.create(resource.name, inventor.record(resource, 100 + number, shown=True), "person")
            except Refused:
                continue  # it has as many as fit


def _weight(manifest: Manifest, resource: Resource, depth: int = 0) -> int:
    """Tell how many other lists must be filled before one."""
    if depth > 3:
        return 0
    fields = [*resource.fields.values()]
    fields += [one for each in fields if each.of for one in manifest.types[each.of].fields.values()]
    targets = {name for each in fields for name in each.reference} - {resource.name}
    return sum(1 + _weight(manifest, manifest.resources[name], depth + 1) for name in targets)
