"""How a one-way mirror is delivered: what travels beside it, what happens when it is out of step, and what must add up."""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import check_condition, follow
from syncrules.language.checks.ways import sources, targets
from syncrules.manifest import Batch, Resource
from syncrules.yaml import Path


def check_delivery(book: Book, path: Path, data: Data) -> None:
    """Check what an entity says of its delivery against what the system on the other side offers."""
    written = [book.resource(str(path[1]), side) for side in targets(book, data)]
    batch = next((each.batch for each in written if each is not None and each.batch is not None), None)
    if None not in written:
        _check_beside(book, path, data, batch)
        _check_out_of_step(book, path, data, batch, written[0] if written else None)
    for side in targets(book, data):
        _remark_restored(book, path, data, side)
    if book.troubled(str(path[0]), str(path[1]), "to"):
        return
    for name, says in data.get("reconcile", {}).items():
        _check_reconcile(book, (*path, "reconcile", name), data, says)


def _check_beside(book: Book, path: Path, data: Data, batch: Batch | None) -> None:
    known = batch.beside if batch is not None else ()
    for name in data.get("beside", {}):
        if name.partition(".")[0] not in known:
            listed = f"Known here: {', '.join(known)}." if known else "Take it away."
            near = grammar.nearest(name, known)
            said = f"'{name}' cannot travel beside these records"
            book.say("SR150", (*path, "beside", name), said, near or listed, at_key=True)


def _check_out_of_step(book: Book, path: Path, data: Data, batch: Batch | None, resource: Resource | None) -> None:
    marked = batch is not None and bool(batch.mark)
    if marked and resource is not None and book.lacks(path, data, "out_of_step") and not book.is_broken(path):
        said = f"'{path[-1]}' does not say what happens when somebody else has changed the {resource.title}"
        book.say("SR151", path, said, "Add out_of_step: start_again.", at_key=True)
    elif not marked and "out_of_step" in data:
        said = "the other side keeps no mark, so it is never out of step"
        book.say("SR151", (*path, "out_of_step"), said, "Take it away.", at_key=True)


def _remark_restored(book: Book, path: Path, data: Data, side: str) -> None:
    resource = book.resource(str(path[1]), side)
    if resource is not None and not resource.readable and "edited" in data:
        said = f"what {book.title(side)} has of the {resource.title} cannot be read, so no edit of them is ever seen"
        book.remark("SR152", (*path, "edited"), said, "Take it away.", at_key=True)


def _check_reconcile(book: Book, at: Path, data: Data, says: Data) -> None:
    """Check that both sides have amounts to compare, and where they stand."""
    if book.is_broken(at):
        return
    missing = [side for side in book.sides if side not in says]
    if missing:
        book.say(
            "SR153", at, f"it is not said where the amounts of '{missing[0]}' stand", f"Add {missing[0]}:.", at_key=True
        )
    if not sources(book, data) or len(targets(book, data)) != 1:
        book.say("SR153", at, "only what travels one way can be reconciled", "Take it away.", at_key=True)
        return
    for side in [each for each in book.sides if each in says]:
        resource = says[side].get("resource", data.get(side, {}).get("resource"))
        if "resource" in says[side] and not book.has_resource((*at, side, "resource"), side, resource):
            continue
        _check_read(book, (*at, side), side, resource)
        for word in [each for each in ("sum", "per", "until", "year") if each in says[side]]:
            follow(book, (*at, side, word), side, resource, says[side][word])
    source = sources(book, data)[0]
    resource = says.get(source, {}).get("resource", data.get(source, {}).get("resource"))
    for index, condition in enumerate(says.get("anew_each_year", ())):
        check_condition(book, (*at, "anew_each_year", index), source, resource, condition)
    target = says.get(targets(book, data)[0], {})
    if {"anew_each_year", "carried_to"} & says.keys() and isinstance(target, Mapping) and "year" not in target:
        book.say("SR153", (*at, targets(book, data)[0]), "it is not said when a year ends", "Add year:.", at_key=True)


def _check_read(book: Book, at: Path, side: str, name: object) -> None:
    resource = book.resource_named(side, name)
    if resource is not None and not resource.readable:
        said = f"what {book.title(side)} has of the {resource.title} cannot be read"
        book.say("SR154", at, said, "Name other records that hold the amounts with resource:.")
