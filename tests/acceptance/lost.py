"""Whatever becomes of a write on its way: every kind of write is made for eight customers, and to each something else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet
from scenes import contents, run_until_quiet, states
from world import USED, World, world

from syncrules.language import spec
from syncrules_providers.sandboxes.server import Answer, Mishap, Request, Sandbox

MISHAPS: Mapping[str, Mishap | None] = {
    "Vlot": None,
    "Voor": "before",
    "Na": "after",
    "Kluts": "garbage",
    "Poort": "bad gateway",
    "Druk": Answer(429, headers={"Retry-After": "7"}),
    "Storing": 500,
    "Onderhoud": 503,
}
"""The name of a customer → what happens to the write that is made for it."""
CODES = {name: str(10_001 + number) for number, name in enumerate(MISHAPS)}


@dataclass(frozen=True)
class Kind:
    """A kind of write: how it comes about for a customer, and how its request is recognised."""

    name: str
    happens: Callable[[World, str], object]
    """What somebody does, so that the next run makes this write."""
    in_the: str
    """crm or books: the system that is written to."""
    is_it: Callable[[World, Request, str], bool]
    """Whether a request is the one that is made for this customer."""
    before: tuple[Callable[[World, str], object], ...] = ()
    """What was there already, each followed by a run."""
    mapping: str = ""
    """Empty: the one that is tested."""
    settings: tuple[tuple[str, object], ...] = ()
    """Answers that are other than usual."""


THE_ID = "id"
"""In the name of a kind that leaves an id in the CRM: this is done for every system."""
DOCUMENTS = ("invoice", "credit", "new")
"""In the names of the kinds that make something in the books: what may never be there twice."""


def by_turns(kinds: Iterable[Kind]) -> list[Kind | ParameterSet]:
    """Leave to a thorough run the writes to the CRM, which are the same whatever the books are, and changes in the books."""
    return [
        each
        if THE_ID in each.name.split() or (each.in_the == "books" and set(DOCUMENTS) & {*each.name.split()})
        else pytest.param(each, marks=pytest.mark.thorough)
        for each in kinds
    ]


# How requests look ----------------------------------------------------------------------------------------------------


def body(*words: str) -> Callable[[World, Request, str], bool]:
    """The request is about the customer if its body holds one of these texts, its name filled in."""

    def holds(_: World, request: Request, name: str) -> bool:
        return any(each.format(name=name, code=CODES[name]).encode() in request.body for each in words)

    return holds


def posted(set_name: str, what: Callable[[World, Request, str], bool]) -> Callable[[World, Request, str], bool]:
    return lambda here, request, name: (
        request.method == "POST" and request.path.endswith(f"/{set_name}") and what(here, request, name)
    )


def put(key: Callable[[World, str], str]) -> Callable[[World, Request, str], bool]:
    return lambda here, request, name: request.method == "PUT" and f"({key(here, name)})" in request.path


UNDISTURBED: dict[object, dict[str, object]] = {}


@contextmanager
def prepared(kind: Kind) -> Iterator[World]:
    """Give a world in which everything was there and in sync that a kind of write needs."""
    with world(mapping=kind.mapping) as here:
        here.settings |= dict(kind.settings)
        here.run()
        for each in kind.before:
            for name in MISHAPS:
                each(here, name)
            here.run()
        for name in MISHAPS:
            kind.happens(here, name)
        with here.store.transaction():
            # Eight at once are held back until somebody says that it is true.
            for entity in spec.load(here.mapping).entities:
                for brake in ("deactivations", "settlements"):
                    here.memory.decide(entity, "brake", brake, {"release": True}, 0)
        yield here


def expected(kind: Kind) -> dict[str, object]:
    """Tell what both systems hold when nothing goes wrong."""
    scene = (kind.mapping or USED.get(), kind.happens, kind.before)
    if scene not in UNDISTURBED:
        with prepared(kind) as here:
            run_until_quiet(here)
            UNDISTURBED[scene] = contents(here)
    return UNDISTURBED[scene]


def let_go_wrong(here: World, kind: Kind) -> None:
    """Put each mishap on the way of the write for its customer."""
    sandbox: Sandbox = here.crm if kind.in_the == "crm" else here.books
    for name, mishap in MISHAPS.items():
        if mishap is not None:
            sandbox.mishap(mishap, when=lambda request, name=name: kind.is_it(here, request, name))  # type: ignore[misc]


def holds(kind: Kind) -> None:
    """Make a kind of write, let each of its writes go wrong in another way, and see whether all comes right by itself.

    Raises:
        AssertionError: something was made twice, or is missing, or still waits.
    """
    wanted = expected(kind)
    with prepared(kind) as here:
        let_go_wrong(here, kind)
        sandbox: Sandbox = here.crm if kind.in_the == "crm" else here.books
        run_until_quiet(here, most=4)

        assert not sandbox._mishaps
        assert states(here) == {}
        assert contents(here) == wanted
