"""A promise that every provider makes, and what came of holding one to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from syncrules.manifest import Resource

if TYPE_CHECKING:
    from syncrules.contract.bench import Bench

State = Literal["kept", "broken", "skipped"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one promise in one place."""

    promise: str
    where: str
    """A resource; empty for the system as a whole."""
    state: State
    why: str = ""
    """What was seen instead, or why nobody looked."""


class Skip(Exception):
    """This cannot be looked at here, for a reason that stands in the report."""


Whole = Callable[["Bench"], Iterator[str]]
OfEach = Callable[["Bench", Resource], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: what it says, why the engine counts on it, and how a provider is held to it."""

    name: str
    says: str
    why: str
    hold: Callable[[Bench], Iterator[Verdict]]


BRIEFLY = "in brief only some of the small tables are looked at"
PROMISES: dict[str, Promise] = {}
"""Name → promise, in the order in which they are looked at."""


def promise(why: str) -> Callable[[Whole], Whole]:
    """Register a promise of a system as a whole; its name and its first sentence stand in the manual.

    The function gives a sentence for everything that is not as promised.
    """

    def register(check: Whole) -> Whole:
        def hold(bench: Bench) -> Iterator[Verdict]:
            yield _verdict(_name(check), "", lambda: check(bench))

        _add(check, why, hold)
        return check

    return register


def promise_of_each(why: str, unless: Callable[[Resource], str]) -> Callable[[OfEach], OfEach]:
    """Register a promise that is looked at for each resource.

    Args:
        unless: says why a resource cannot be held to it; empty if it can.
    """

    def register(check: OfEach) -> OfEach:
        def hold(bench: Bench) -> Iterator[Verdict]:
            for resource in bench.manifest.resources.values():
                if resource.name in bench.passed_over:
                    yield Verdict(_name(check), resource.name, "skipped", BRIEFLY)
                    continue
                reason = unless(resource) or bench.samples.of(resource.name).skip.get(_name(check), "")
                if reason:
                    yield Verdict(_name(check), resource.name, "skipped", reason)
                else:
                    yield _verdict(_name(check), resource.name, lambda each=resource: check(bench, each))  # type: ignore[misc]  # bound at once

        _add(check, why, hold)
        return check

    return register


def _add(check: Callable[..., object], why: str, hold: Callable[[Bench], Iterator[Verdict]]) -> None:
    says = " ".join(inspect.cleandoc(check.__doc__ or "").partition("\n\n")[0].split())
    PROMISES[_name(check)] = Promise(_name(check), says, why, hold)


def _name(check: Callable[..., object]) -> str:
    return check.__name__.replace("_", " ")


def _verdict(name: str, where: str, check: Callable[[], Iterator[str]]) -> Verdict:
    try:
        found = next(iter(check()), None)
    except Skip as reason:
        return Verdict(name, where, "skipped", str(reason))
    except Exception as error:  # whatever a provider raises that was not expected is a promise that it did not keep
        return Verdict(name, where, "broken", f"{type(error).__name__}: {error}")
    return Verdict(name, where, "broken", found) if found is not None else Verdict(name, where, "kept")
