"""One system on the bench: its provider over a line that can be cut, and what is known of it while it is looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from syncrules import provider
from syncrules.contract.inventing import Inventor, Nothing
from syncrules.contract.line import Line, Listening, Turned
from syncrules.contract.promise import Skip
from syncrules.contract.samples import Samples
from syncrules.errors import SyncRulesError
from syncrules.http import Http
from syncrules.manifest import Manifest, Resource
from syncrules.provider import Account, Provider, Record
from syncrules.simulator.shape import at, empty

Over = Literal["sandbox", "twin"]
Make = Callable[[Manifest, Mapping[str, str], Http, provider.Keep], Provider]

SIZE = 120
"""Relations in an invented system: more than fit on a page of most."""
SPENT = 0.4
"""The part of the calls of an hour, a day or a month after which the next promise is looked at in another system."""
BRIEFLY = 2
"""How many of the small tables are looked at when it is to be quick."""
LOOKS = 8
"""How often something is looked for that need not be shown at once."""


class Heard:
    """A provider of which everything is taken down that it raises."""

    def __init__(self, inner: Any, said: list[str]) -> None:
        self._inner = inner
        self._said = said

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        with self._listening():
            yield from self._inner.read(resource, since)

    def within(self, record: Record) -> Heard:
        return Heard(self._inner.within(record), self._said)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not callable(method):
            return method

        def heard(*given: Any, **named: Any) -> Any:
            with self._listening():
                return method(*given, **named)

        return heard

    @contextmanager
    def _listening(self) -> Iterator[None]:
        try:
            yield
        except SyncRulesError as error:
            self._said.append(f"{error} {error.cure}")
            raise


class Bench:
    """One system that is held to its promises."""

    def __init__(
        self,
        name: str,
        over: Over,
        manifest: Manifest,
        make: Make,
        answers: Mapping[str, str],
        line: Line,
        clock: Turned,
        samples: Samples,
        writes: Callable[[], int],
        anew: Callable[[], tuple[Mapping[str, str], Callable[[], int]]] | None = None,
        *,
        brief: bool = False,
    ) -> None:
        self.name = name
        self.over: Over = over
        self.manifest = manifest
        self.answers = answers
        self.line = line
        self.clock = clock
        self.samples = samples
        self.writes = writes
        """Tells how many calls the system itself saw that wrote something."""
        self.kept: dict[str, str] = {}
        """What the system renewed, and the provider had stored."""
        self.sent: dict[str, list[Record]] = {}
        """Resource that cannot be read back → the records that were taken."""
        self.said: list[str] = []
        """What was raised and logged: no secret may be in it."""
        self.inventor = Inventor(manifest, samples, self.rows)
        tables = [each.name for each in manifest.resources.values() if _is_table(each)]
        self.brief = brief
        self.passed_over = frozenset(tables[BRIEFLY:] if brief else ())
        """Small tables of which others like them are looked at."""
        self._make = make
        self._anew = anew
        self._since = 0
        self._lists: dict[str, list[Record]] = {}
        self._fresh: set[str] = set()
        """Resources whose list has been read since the promise began that is looked at."""
        self._system: Any = None
        self._mark = 7000

    def provider(self, **otherwise: str) -> Any:
        """Make a provider as a run does; what the system renewed before is given to it.

        Args:
            otherwise: answers that are given instead of the right ones.
        """
        settings = {**self.answers, **({} if otherwise else self.kept), **otherwise}

        def keep(name: str, value: str) -> None:
            self.kept[name] = value

        http = Listening(self.manifest.title, self.clock, self.line)
        return Heard(self._make(self.manifest, settings, http, keep), self.said)

    @property
    def system(self) -> Any:
        """The provider that is looked at: logged in, and within the books that the samples name."""
        if self._system is None:
            made = self.provider()
            made.account()
            self._system = made
            if self.samples.within:
                self._system = made.within(self.inventor.chosen(self.samples.within))
                self._lists.clear()
        return self._system

    def begin(self) -> None:
        """Take another system of the same kind where this one has hardly any calls left: its limits are kept here too."""
        self.wait_for_lag()  # what the promise before wrote is seen by now
        self._fresh.clear()
        used = self.line.taken[self._since :]
        for limit in self.manifest.limits if self._anew is not None else ():
            spent = sum(not limit.of or each in limit.of for each in used)
            if limit.per not in ("second", "minute") and spent > SPENT * limit.calls:
                assert self._anew is not None
                self.answers, self.writes = self._anew()
                self._system, self._since = None, len(self.line.taken)
                for each in (self._lists, self.kept, self.sent):
                    each.clear()
                return

    def mark(self) -> int:
        """Give a number that nothing else bears."""
        self._mark += 1
        return self._mark

    def all(self, resource: Resource) -> list[Record]:
        """Read a whole list."""
        return [each for page in self.system.read(resource.name) for each in page]

    def rows(self, name: str) -> Sequence[Record]:
        """Give what the system listed the last time, to choose from; where it cannot be read back, what was sent."""
        resource = self.manifest.resources[name]
        if not resource.readable:
            return self.sent.get(name, [])
        if name not in self._lists:
            self._lists[name] = self.all(resource)
        return self._lists[name]

    def listed(self, resource: Resource) -> Sequence[Record]:
        """Give what the system lists, as it was when it was first asked about this promise."""
        if resource.name not in self._fresh:
            self._lists.pop(resource.name, None)
            self._fresh.add(resource.name)
        return self.rows(resource.name)

    def some(self, resource: Resource) -> list[Record]:
        """Give a few listed records, from the beginning, the middle and the end.

        Raises:
            Skip: there are none.
        """
        rows = self.listed(resource)
        if not rows:
            raise Skip("the system lists none")
        return [rows[place] for place in sorted({0, len(rows) // 2, len(rows) - 1})]

    def open_one(self, resource: Resource) -> tuple[str, Record]:
        """Give a record to write to: a new one, or where none can be made one that is listed and not closed.

        Raises:
            Skip: there is none.
        """
        if resource.creatable:
            return self.made(resource)
        row = next((each for each in self.listed(resource) if not is_closed(resource, each)), None)
        if row is None:
            raise Skip("the system lists none that can be changed")
        return resource.key_of(row), row

    def invented(self, resource: Resource, *, required: bool = False) -> Record:
        """Make a record that can be sent.

        Raises:
            Skip: something that it needs is not there.
        """
        try:
            return (self.inventor.required if required else self.inventor.record)(resource, self.mark())
        except Nothing as error:
            raise Skip(str(error)) from error

    def made(self, resource: Resource, record: Record | None = None) -> tuple[str, Record]:
        """Create a record; give its id and the record as the system has it now.

        Raises:
            AssertionError: it cannot be found again.
        """
        answer = self.system.create(resource.name, self.invented(resource) if record is None else record)
        key = resource.key_of(answer)
        found = self.patiently(self.system.fetch, resource.name, key)
        assert found is not None, f"it was made as {key}, and is not found by that"
        return key, found

    def patiently(self, look: Callable[..., Any], *given: Any) -> Any:
        """Look again until something is there, as long as the system may need by its manifest."""
        lag = self.manifest.lag.total_seconds()
        for last in [*[False] * (LOOKS if lag else 0), True]:
            found = look(*given)
            if found or last:
                return found
            self.clock.sleep(lag / (LOOKS - 1))
            if self.over == "sandbox":
                time.sleep(min(lag / LOOKS, 0.05))
        return None

    def fetched_with(self, resource: Resource, key: str, path: str, value: Any) -> Record | None:
        """Fetch a record; None unless it has this value, or where it is None, nothing there."""
        found: Record | None = self.system.fetch(resource.name, key)
        there = at(found, path) if found is not None else None
        return found if found is not None and (there == value or (value is None and empty(there))) else None

    def wait_for_lag(self) -> None:
        """Let the time pass after which a write must be seen."""
        self.clock.sleep(self.manifest.lag.total_seconds() + 1)

    @property
    def secrets(self) -> list[str]:
        """What must be seen nowhere."""
        answers = [self.answers.get(each.name, "") for each in self.manifest.asks if each.secret]
        return [each for each in (*answers, *self.kept.values()) if len(each) >= 4]


def is_closed(resource: Resource, row: Record) -> bool:
    """Tell whether the manifest says of a record that it can no longer be changed."""
    return bool(resource.frozen) and all(
        at(row, path) in (test if isinstance(test, list) else [test]) for path, test in resource.frozen.items()
    )


def _is_table(resource: Resource) -> bool:
    """Tell whether a resource is nothing but a list to choose from."""
    return not resource.creatable and resource.update == "none" and resource.changes is None and not resource.settled


def account_of(bench: Bench) -> Account:
    """Log in anew and say whose records these are."""
    found: Account = bench.provider().account()
    return found
