"""Whether the fields that a row names are there, hold one value, and may be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncrules.advice.mend import Added, Meant
from syncrules.language import grammar
from syncrules.language.checks.paths import Lead, lead
from syncrules.language.checks.table import Row
from syncrules.language.inherit import value_at
from syncrules.vocabulary.concepts import CONCEPTS
from syncrules.yaml import Path


def check_places(row: Row) -> None:
    """Check each side of a row."""
    for side in row.present:
        given = row.says[side]
        if not isinstance(given, Mapping) and (found := row.follow((*row.at, side), side, given)) is not None:
            row.leads[side] = found
    for side in row.present:
        if isinstance(row.says[side], Mapping):
            _check_parts(row, side)
        elif side in row.leads and row.to != "neither":
            _check_whole(row, side)


def parts(row: Row, side: str) -> frozenset[str]:
    """List the parts of its concept that a side has."""
    kind, words = row.type_of(side), row.words
    if isinstance(row.says[side], Mapping):
        return frozenset(row.says[side])
    if kind is not None and row.is_concept(side):
        return frozenset(kind.parts)
    return frozenset({words.concept.whole} if words is not None and words.concept is not None else {})


def _check_parts(row: Row, side: str) -> None:
    book, concept = row.book, row.words.concept if row.words else None
    across = row.type_of(book.other(side))
    if row.words is not None and concept is None and not (across and across.concept and "as" not in row.says):
        said = "several fields are the parts of one value, and as: does not say of which"
        book.say("SR121", (*row.at, side), said, _cure_for_parts(row, side), at_key=True)
    for part, path in row.says[side].items():
        here = (*row.at, side, part)
        if concept is not None and part not in concept.parts:
            cure = grammar.nearest(part, concept.parts, "parts") or f"It has {grammar.one_of(concept.parts)}."
            book.say("SR051", here, f"'{concept.name}' has no part '{part}'", cure, at_key=True)
        found = row.follow(here, side, path)
        if found is None or concept is None or side not in row.targets:
            continue
        if part in concept.read_only and row.table.can_write(side):
            said = f"the part '{part}' of '{concept.name}' can be read, but not made from its value"
            book.say("SR122", here, said, f"Write to: {book.other(side)}.", at_key=True)
        elif part not in concept.context | concept.read_only:
            _note_written(row, here, side, found)


def _cure_for_parts(row: Row, side: str) -> str:
    """Suggest the concept whose parts these are."""
    across = row.type_of(row.book.other(side))
    if across is not None and across.concept:
        return f"Add as: {across.concept}."
    fitting = [name for name, each in CONCEPTS.items() if all(part in each.parts for part in row.says[side])]
    return f"Add as: {grammar.one_of(fitting)}." if fitting else "Name one field, or a row for each."


def _check_whole(row: Row, side: str) -> None:
    found, kind, here = row.leads[side], row.type_of(side), (*row.at, side)
    wrong = _not_one_value(row, side)
    if wrong is not None and isinstance(wrong[1], Added):
        row.book.say("SR113", row.at, *wrong, at_key=True)
    elif wrong is not None and isinstance(wrong[1], Meant) and row.words is not None and row.words.concept is not None:
        row.book.say("SR113", (*row.at, "as"), *wrong)
    elif wrong is not None:
        row.book.say("SR113", here, *wrong)
    elif side in row.targets and kind is not None and row.is_concept(side):
        for path in kind.parts.values():
            part = row.follow(here, side, f"{found.path}.{path}")
            if part is not None and part.unwritable():
                row.book.say("SR112", here, part.unwritable(), f"Write to: {row.book.other(side)}.")
        row.table.written.append((side, found.path, here))
    elif side in row.targets:
        _note_written(row, here, side, found)


def _not_one_value(row: Row, side: str) -> tuple[str, str] | None:
    """Say why what a path leads to is not one value, and what to do; None if it is."""
    found, kind = row.leads[side], row.type_of(side)
    if found.field is None:
        return None
    if found.field.type == "array":
        made = "Say with lines: how its elements are made."
        return None if not row.book.lacks(row.at, row.says, "lines") else (f"'{found.path}' is a list", made)
    if found.through_list and not (row.words is not None and row.words.sums):
        cure = "Say with lines: how its elements are made, or add them up with as: sum."
        return f"'{found.path}' leads through a list, and a row reads one value", cure
    if not row.book.lacks(row.at, row.says, "as") and "as" not in row.says:
        return None
    if found.field.type == "object" and kind is not None and row.words is not None and not row.is_concept(side):
        first = f"{found.path}.{next(iter(kind.fields))}"
        if kind.concept and row.words.concept is not None:
            concept = row.words.concept.name
            said = f"'{found.path}' is '{kind.concept}', and not '{concept}'"
            return said, Meant(f"did you mean '{kind.concept}'?", concept, kind.concept)
        cure = (
            Added(f"Add as: {kind.concept}.", f"as: {kind.concept}")
            if kind.concept
            else f"Name one of its fields, such as {first}."
        )
        return f"'{found.path}' is a group of fields, not one value", cure
    if (
        row.words is not None
        and row.words.sums
        and side not in row.targets
        and found.plain
        and not found.through
        and not _grouped(row)
    ):
        cure = _within_list(row, side, found.path)
        return f"'{found.path}' is one value, and as: sum adds up a list", cure or "Take as: sum away."
    return None


def _grouped(row: Row) -> bool:
    """Tell whether a row stands for a group, whose numbers are added up."""
    template = value_at(row.book.data, row.table.at[:-1])
    return isinstance(template, Mapping) and ("one_per" in template or template.get("for_each") != "document")


def _within_list(row: Row, side: str, path: str) -> str:
    """Suggest the field of this name that stands in a list of the record; empty if there is not exactly one."""
    manifest, resource = row.book.manifests[side], row.table.resource(side)
    found = [
        each
        for each in manifest.paths(resource)
        if each.endswith(f".{path}") and lead(manifest, resource, each).through_list and each.count(".") == 1
    ]
    return Meant(f"did you mean '{found[0]}'?", path, found[0]) if len(found) == 1 else ""


def _note_written(row: Row, at: Path, side: str, found: Lead) -> None:
    if not row.table.can_write(side):
        _check_own_way(row, side)
        return
    wrong = found.unwritable()
    if wrong:
        other = row.book.other(side)
        # Two ways are right: a person chooses, and no program.
        row.book.say("SR112", at, wrong, f"Write to: {other}, or to: match if it is only compared.")
    else:
        row.table.written.append((side, found.path, at))


def _check_own_way(row: Row, side: str) -> None:
    """Complain of a row that goes, other than its entity, to a side that takes nothing."""
    entity: Any = row.table.data.get("to")
    resource = row.book.resource(row.table.entity, side)
    if entity not in ("both", side) and resource is not None:
        said = f"{resource.title} of {row.book.title(side)} can be read, but not written"
        row.book.say("SR083", (*row.at, "to"), said, f"Write to: {row.book.other(side)}.")
