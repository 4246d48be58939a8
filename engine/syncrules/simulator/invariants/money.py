"""What is paid is what the books say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncrules.language.model import Entity, Row
from syncrules.simulator.invariants.outcome import Outcome, versions
from syncrules.simulator.invariants.references import reference
from syncrules.simulator.invariants.registry import invariant
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import Record, at, merged
from syncrules.simulator.twin import Write, recipe


@invariant
def what_is_paid_is_what_the_books_say(outcome: Outcome) -> Iterator[str]:
    """Of each document that was sent there is one payment at the most; it says what the books said, and in the end what they say."""
    for child in outcome.entities.values():
        for name in child.for_each:
            parent = outcome.entities.get(name)
            if parent is not None:
                for left, right, _ in outcome.ever[name]:
                    ids = dict(zip(outcome.spec.sides, (left, right), strict=True))
                    yield from _paid(outcome, parent, child, ids)


def _paid(outcome: Outcome, parent: Entity, child: Entity, ids: Mapping[str, str]) -> Iterator[str]:
    target = child.to
    books = outcome.spec.other(target)
    key = _open_item(outcome, parent, child, books, ids[books])
    if key is None or outcome.world.twins[target].row(parent.sources[target].resource, ids[target]) is None:
        return
    own = child.sources[target].resource == parent.sources[target].resource
    written = list(_written(outcome, child, target, ids[target], own=own))
    made = {write.id for _, write in written if write.verb == "create"}
    if len(made) > 1:
        yield f"{child.name}: of {parent.name} '{ids[target]}' there are {len(made)} in {target}: {', '.join(sorted(made))}"
    rows = [
        each
        for each in child.rows
        if len(each.sides) == 2 and not each.once and not each.refers_to and each.to != "match"
    ]
    for ran, write in written:
        if "half a list" not in ran.mishaps:
            past = _what_the_books_said(outcome, child, books, key, ran.began, write.at)
            if past and not any(_says(outcome, child, rows, target, write.after or {}, each) for each in past):
                yield f"{child.name} '{write.id}' of {parent.name} '{ids[target]}' was written at {write.at:.0f}, and the books never said so"
    yield from _in_the_end(outcome, parent, child, rows, ids, key, sorted(made), own=own)


def _in_the_end(
    outcome: Outcome, parent: Entity, child: Entity, rows: list[Row], ids: Mapping[str, str], key: str, made: list[str], *, own: bool
) -> Iterator[str]:  # fmt: skip
    target = child.to
    books = outcome.spec.other(target)
    link = outcome.world.memory.link_of(parent.name, target, ids[target])
    known = outcome.states.get((child.name, books, str(link.id))) if link is not None else None
    if (
        known is None
        or known.state != "synced"
        or child.name in outcome.braked
        or outcome.reported(parent.name, *ids.items())
    ):
        return
    resource = child.sources[target].resource
    id_ = ids[target] if own else next(iter(made), "")
    record = outcome.world.twins[target].row(resource, id_)
    now = _what_the_books_said(outcome, child, books, key, outcome.world.time.now(), outcome.world.time.now())
    touched = any(write.who == "person" and write.id == id_ and write.resource == resource and write.verb == "update"
                  for write in outcome.world.twins[target].log)  # fmt: skip
    if record is not None and now and not touched and not _says(outcome, child, rows, target, record, now[-1]):
        yield f"{child.name}: '{id_}' of {parent.name} '{ids[target]}' says other than the books, which say {now[-1]}"


def _written(outcome: Outcome, child: Entity, side: str, parent: str, *, own: bool) -> Iterator[tuple[Ran, Write]]:
    """List what the engine wrote about a document's state."""
    pointing = next((each for each in child.rows if each.refers_to and side in each.sides), None)
    resource = child.sources[side].resource
    for ran in outcome.world.runs:
        for where, write in ran.writes:
            if where != side or write.resource != resource or write.after is None:
                continue
            if own:
                rows = [str(each.sides[side]) for each in child.rows if side in each.sides]
                if write.id == parent and any(at(write.before, path) != at(write.after, path) for path in rows):
                    yield ran, write
            elif pointing is not None and str(reference(outcome, side, resource, pointing, write.after)) == parent:
                yield ran, write


def _open_item(outcome: Outcome, parent: Entity, child: Entity, books: str, id_: str) -> str | None:
    """Give the id of the state that came about with a document; None where the manifest does not say that one does."""
    spec = outcome.resource(parent, books)
    shape = spec.makes.get(child.sources[books].resource)
    # As the document is now: what it points to may have got another number, and the state is found by that one.
    last = next((each for _, each in reversed(versions(outcome, books, spec.name, id_)) if each is not None), None)
    if shape is None or last is None:
        return None
    return outcome.spec.manifests[books].resources[child.sources[books].resource].key_of(recipe(shape, last))


def _what_the_books_said(
    outcome: Outcome, child: Entity, books: str, key: str, began: float, until: float
) -> list[Record]:
    """List what a state was between two moments; one that is not on the list any more is settled."""
    spec = outcome.resource(child, books)
    since = began - outcome.world.twins[books].habits.lag
    said: list[Record] = []
    last: Record | None = None
    for when, record in versions(outcome, books, spec.name, key):
        if when > until:
            break
        if record is None and last is not None:
            last = merged(last, recipe(spec.settled, last))
        elif record is not None:
            last = record
        said = [last] if when <= since and last is not None else [*said, *([last] if last is not None else [])]
    return said


def _says(outcome: Outcome, child: Entity, rows: list[Row], target: str, record: Record, books: Record) -> bool:
    pair = (record, books) if target == outcome.spec.sides[0] else (books, record)
    return all(outcome.agree(child, row, *pair) for row in rows)
