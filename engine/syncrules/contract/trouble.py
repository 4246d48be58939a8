"""What a provider promises for when something goes wrong on the way: whole or not at all, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from syncrules.contract.bench import Bench
from syncrules.contract.line import MISHAPS, Mishap
from syncrules.contract.promise import Skip, promise_of_each
from syncrules.contract.reading import not_changed, plain_text_at, unreadable
from syncrules.errors import Nonsense, OutcomeUnknown, ProviderError, RecordGone, RecordRefused, Unreachable
from syncrules.manifest import Resource
from syncrules.simulator.shape import at, set_at

PASSING: tuple[Mishap, ...] = ("429", "503", "500", "no connection", "lost before", "lost after")
"""What a read gets over by asking again."""
SPOILT: tuple[Mishap, ...] = ("garbage", "half", "empty", "404")
"""Answers that are none."""
UNKNOWN: tuple[Mishap, ...] = ("lost before", "lost after", "500", "502 after", "garbage", "half", "empty")
"""What leaves open whether a write was carried out."""
LOST: Mapping[Mishap, int] = {"lost after": 1, "lost before": 0}
"""How an answer is lost → how many are there then."""
CERTAIN: tuple[Mishap, ...] = ("429", "503", "no connection")
"""What says for certain that nothing was carried out."""
FOREVER = 1000
FEW = 4
"""Calls of a list that is read again and again; of a longer one one mishap is tried."""


def _not_one_by_one(resource: Resource) -> str:
    if not resource.creatable:
        return "the manifest says that none can be made"
    return "they travel many at once" if resource.batch is not None else ""


@promise_of_each("A list that ends early looks as if all the rest had been deleted, or settled.", unreadable)
def a_list_is_whole_or_an_error(bench: Bench, resource: Resource) -> Iterator[str]:
    """Whatever befalls one of its calls, a list comes whole in the end or ends with an error: never with fewer records."""
    if resource.rows is not None:
        raise Skip("it is a table of the manifest")
    with bench.line.counted() as asked:
        wanted = sorted(resource.key_of(each) for each in bench.all(resource))
    if not asked:
        raise Skip("it costs no call")
    few = len(asked) <= FEW and not bench.brief
    for mishap in PASSING if few else PASSING[:1]:
        with bench.line.spoilt(mishap, "reads"):
            found = sorted(resource.key_of(each) for each in bench.all(resource))
        if found != wanted:
            yield f"after one '{mishap}' {len(found)} of {len(wanted)} came"
    places = sorted({0, len(asked) // 2}) if few else [min(len(asked) // 2, FEW)]
    for mishap in MISHAPS if few else ("500", *SPOILT):
        for place in places:
            said = _ends(bench, resource, mishap, place, wanted)
            if said is not None:
                yield said


def _ends(bench: Bench, resource: Resource, mishap: Mishap, place: int, wanted: list[str]) -> str | None:
    """Read a list of which every call from one on meets with a mishap; say what is wrong with how it ended."""
    where = f"when call {place + 1} of the list met with '{mishap}'"
    found: list[str] = []
    try:
        with bench.line.spoilt(mishap, "reads", FOREVER, after=place):
            found += [resource.key_of(each) for page in bench.system.read(resource.name) for each in page]
    except ProviderError as error:
        if isinstance(error, OutcomeUnknown | RecordRefused | RecordGone):
            return f"{where}: {type(error).__name__} ('{error}'), which is about writing"
        if mishap in PASSING and not isinstance(error, Unreachable):
            return f"{where}: {type(error).__name__} ('{error}') instead of Unreachable"
        return None
    return None if sorted(found) == wanted and wanted else f"{where}: {len(found)} of {len(wanted)} came, and no error"


@promise_of_each("What is not there is called gone, or is made: trouble must not be taken for absence.", unreadable)
def trouble_is_not_absence(bench: Bench, resource: Resource) -> Iterator[str]:
    """A record that is fetched, searched for or asked about while something is wrong is an error: never None, never an empty result."""
    if resource.rows is not None:
        raise Skip("it is a table of the manifest")
    row = bench.some(resource)[0]
    key, field = resource.key_of(row), resource.look_up or resource.id[0]
    value = str(row.get(field) or "")
    asks: dict[str, Callable[[], Any]] = {"fetch": lambda: bench.system.fetch(resource.name, key)}
    if value:
        asks["find"] = lambda: bench.system.find(resource.name, field, value)
    if resource.overwrites:
        asks["taken_for"] = lambda: bench.system.taken_for(resource.name, row)
    for name, ask in asks.items():
        with bench.line.counted() as asked:
            right = ask()
        if not asked:
            raise Skip("it costs no call")
        for mishap in ("500", "no connection", *SPOILT):
            try:
                with bench.line.spoilt(mishap, "reads", FOREVER):
                    found = ask()
            except ProviderError as error:
                if isinstance(error, OutcomeUnknown | RecordRefused | RecordGone):
                    yield f"{name} met with '{mishap}': {type(error).__name__} ('{error}')"
            else:
                if found != right:
                    yield f"{name} met with '{mishap}' and gave {'nothing' if not found else 'another'}, and no error"


@promise_of_each("A duplicate invoice is the worst that we can do: after a lost answer it is looked up what became of it, never sent again blindly.", _not_one_by_one)  # fmt: skip
def a_lost_create_is_found_or_was_not_made(bench: Bench, resource: Resource) -> Iterator[str]:
    """A create whose answer is lost is an `OutcomeUnknown`; the declared look-up then finds exactly one if it was carried out, and none if it was not."""
    if resource.unknown_outcome == "ask":
        raise Skip("the manifest says that a person is asked")
    for mishap, times in LOST.items():
        record = bench.invented(resource)
        value = str(at(record, resource.look_up) or "")
        before = len(bench.system.find(resource.name, resource.look_up, value)) if value else 0
        try:
            with bench.line.spoilt(mishap, "writes"):
                bench.system.create(resource.name, record)
        except OutcomeUnknown:
            pass
        else:
            yield f"'{mishap}' was not told"
        bench.wait_for_lag()
        if resource.unknown_outcome == "repeat_safe":
            bench.system.create(resource.name, record)
        if not value:
            raise Skip(f"no {resource.look_up} can be sent")
        wanted = before + (1 if resource.unknown_outcome == "repeat_safe" else times)
        found = bench.patiently(_is_found, bench, resource, value, wanted)
        count = wanted if found else len(bench.system.find(resource.name, resource.look_up, value))
        if count != wanted:
            yield f"after '{mishap}' {count - before} were found by {resource.look_up}, where {wanted - before} must be"


def _is_found(bench: Bench, resource: Resource, value: str, wanted: int) -> bool:
    return len(bench.system.find(resource.name, resource.look_up, value)) == wanted


@promise_of_each("Whether a write may be sent again is decided where it can be looked up: a transport that repeats by itself makes duplicates.", _not_one_by_one)  # fmt: skip
def a_write_is_carried_out_once(bench: Bench, resource: Resource) -> Iterator[str]:
    """A write meets the system once at the most: what leaves open how it went is an `OutcomeUnknown` or `Nonsense` and is not sent again; what certainly was not carried out may be, until it is."""
    for mishap in UNKNOWN:
        yield from _once(bench, resource, mishap)
    for mishap in CERTAIN:
        record = bench.invented(resource)
        with bench.line.counted() as asked, bench.line.spoilt(mishap, "writes"):
            answer = bench.system.create(resource.name, record)
        if sum(each.writes and each.arrived for each in asked) < 1:
            yield f"after one '{mishap}' a new one was told that was never sent"
        key = resource.key_of(answer)
        if resource.readable and bench.patiently(bench.system.fetch, resource.name, key) is None:
            yield f"after one '{mishap}' {key} was told and is not there"


def _once(bench: Bench, resource: Resource, mishap: Mishap) -> Iterator[str]:
    record = bench.invented(resource)
    value = str(at(record, resource.look_up) or "") if resource.look_up else ""
    told = ""
    with bench.line.counted() as asked:
        try:
            with bench.line.spoilt(mishap, "writes"):
                told = resource.key_of(bench.system.create(resource.name, record))
        except (OutcomeUnknown, Nonsense):
            pass
        except ProviderError as error:
            yield f"a create met with '{mishap}': {type(error).__name__} ('{error}') says more than anybody knows"
    sent = [each for each in asked if each.writes]
    arrived = sum(each.arrived for each in sent)
    # What a record is made of may take several calls; the one that met with the mishap must not come again.
    if told and not (resource.readable and bench.patiently(bench.system.fetch, resource.name, told)):
        yield f"a create met with '{mishap}' and was told as {told}, which is not there"
    if not told and len(sent) > 1:
        yield f"a create met with '{mishap}' and was sent {len(sent)} times"
    if value and resource.readable:
        bench.wait_for_lag()
        found = len(bench.patiently(bench.system.find, resource.name, resource.look_up, value) or ())
        if found > 1 or (found and not arrived):
            yield f"a create met with '{mishap}' and is there {found} times"


@promise_of_each("A write that is said to be refused is planned again, one that is said to be done is taken for true: neither may be said by guess.", not_changed)  # fmt: skip
def a_change_is_told_as_it_went(bench: Bench, resource: Resource) -> Iterator[str]:
    """A change that is told as done has been carried out; one of which that is not known is an `OutcomeUnknown` or `Nonsense`, and is not sent again."""
    key, row = bench.open_one(resource)
    path = plain_text_at(bench, resource, row)
    path = path or (plain_text_at(bench, resource, row, resource.within[1]) if resource.within else None)
    if path is None:
        raise Skip("it has no plain text that could be changed")
    for mishap in (*UNKNOWN, "429", "no connection", "404"):
        text, change, done = f"Anders {bench.mark()}", dict[str, Any](), False
        set_at(change, path, text)
        seen = bench.system.fetch(resource.name, key)
        with bench.line.counted() as asked:
            try:
                with bench.line.spoilt(mishap, "writes"):
                    bench.system.update(resource.name, key, change, seen)
                done = True
            except (OutcomeUnknown, Nonsense):
                pass
            except RecordRefused as error:
                if mishap != "404":
                    yield f"a change met with '{mishap}' and was told as refused: {error}"
            except ProviderError as error:
                yield f"a change met with '{mishap}': {type(error).__name__} ('{error}') says more than anybody knows"
        there = bench.patiently(bench.fetched_with, resource, key, path, text) if done else True
        if not there:
            yield f"a change met with '{mishap}', was told as done, and is not there"
        if not done and sum(each.writes for each in asked) > 1:
            yield f"a change met with '{mishap}' and was sent {sum(each.writes for each in asked)} times"
