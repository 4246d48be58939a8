"""Whether each row can be carried out: its fields are there, may be written, and its operators go its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules import build, grammar
from syncrules.checks import fit
from syncrules.checks.book import Book, Data
from syncrules.checks.conditions import check_condition, check_set, follow
from syncrules.checks.entities import reaction, sources, targets, writes_existing
from syncrules.checks.paths import Lead
from syncrules.checks.words import Words, words_of
from syncrules.yaml import Path


@dataclass(slots=True)
class Table:
    """The rows of one entity, or of one template of its lines."""

    book: Book
    at: Path
    entity: str
    data: Data
    """The entity."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """Side → where in its record the paths begin, for lines."""
    document_side: str = ""
    """For lines: the side on which a path may begin with `document.`."""
    written: list[tuple[str, str, Path]] = field(default_factory=list)
    """Side, path and place of every value that is written."""

    def resource(self, side: str) -> Any:
        return self.data.get(side, {}).get("resource")

    def follow(self, at: Path, side: str, path: str) -> Lead | None:
        """Follow a path of a row."""
        prefix = self.prefixes.get(side, "")
        if side == self.document_side and path.startswith("document."):
            path, prefix = path.removeprefix("document."), ""
        return follow(self.book, at, side, self.resource(side), path, prefix)

    def can_write(self, side: str) -> bool:
        """Tell whether the system takes such records at all; if not, that is said once, elsewhere."""
        found = self.book.resource(self.entity, side)
        return found is not None and (found.creatable or found.update != "none")


def check_rows(book: Book) -> None:
    """Check every row of every entity."""
    for name, data in book.entities():
        table = Table(book, ("entities", name, "fields"), name, data)
        for row, says in data.get("fields", {}).items():
            check_row(table, row, says)
        _check_written_twice(table)
        for side in targets(book, data):
            _check_required(table, side)


def check_row(table: Table, name: str, says: Data) -> None:
    """Check one row."""
    book, at = table.book, (*table.at, name)
    if not _check_direction(table, at, says):
        return
    words = words_of(book, at, says)
    present = [side for side in book.sides if side in says]
    written = [side for side in written_sides(table, says) if side in says]
    leads: dict[str, Lead] = {}
    for side in present:
        if isinstance(says[side], Mapping):
            _check_parts(table, at, side, says, words, side in written)
        elif (found := table.follow((*at, side), side, says[side])) is not None:
            leads[side] = found
            _check_whole(table, at, side, says, words, side in written, found)
    _check_presence(table, at, says, present)
    if "lines" in says:
        _check_lines(table, at, says)
        return
    if words is not None:
        words.check_ways(at, says, travels(table, says))
    fit.check_values(book, at, says, leads, words)
    fit.check_types(book, at, says, leads, words, travels(table, says))
    _check_references(table, at, says, leads)
    _check_unreachable(table, at, says)


# Which way ----------------------------------------------------------------------------------------------------------


def written_sides(table: Table, says: Data) -> list[str]:
    """List the sides to which the value of a row may go."""
    to = says.get("to", table.data.get("to"))
    return list(table.book.sides) if to == "both" else [to] if to in table.book.sides else []


def travels(table: Table, says: Data) -> list[tuple[str, str]]:
    """List from which side to which the value of a row may go."""
    return [(table.book.other(each), each) for each in written_sides(table, says)]


def _check_direction(table: Table, at: Path, says: Data) -> bool:
    book, sides = table.book, table.book.sides
    ways = ["both", *sides, "neither", "match"]
    sound = "to" not in says or book.one_of((*at, "to"), says["to"], ways, "a way to go")
    if "leading" in says:
        book.one_of((*at, "leading"), says["leading"], [*sides, "ask"], "a side, or ask")
    if "numbered_by" in says and book.side((*at, "numbered_by"), says["numbered_by"]) and sound:
        other = book.other(says["numbered_by"])
        if other not in written_sides(table, says):
            said = f"this number never goes to '{other}', so '{says['numbered_by']}' cannot give it"
            book.say((*at, "numbered_by"), said, "Write to: both, or take numbered_by: away.")
    return sound


def _check_presence(table: Table, at: Path, says: Data, present: list[str]) -> None:
    """Check that there is something to copy, and a place to copy it to."""
    book = table.book
    if book.is_broken(at) or says.get("to", table.data.get("to")) == "neither" and present:
        return
    if not present:
        book.say(at, f"'{at[-1]}' names no field", f"Add {book.sides[0]}: or {book.sides[1]}:.", at_key=True)
    elif len(present) == 1:
        parents = build.listed(table.data.get("for_each", ()))
        from_parent = any(each in parents for each in says.get("refers_to", ()))
        constant = isinstance(says.get("empty"), Mapping)
        if not (from_parent or constant or {"look_up", "take"} & says.keys()):
            missing = book.other(present[0])
            cure = f"Add {missing}:, or write to: neither if it is only said for the reader."
            book.say(at, f"'{at[-1]}' names no field of '{missing}'", cure, at_key=True)


# Where --------------------------------------------------------------------------------------------------------------


def _check_parts(table: Table, at: Path, side: str, says: Data, words: Words | None, written: bool) -> None:
    book, concept = table.book, words.concept if words else None
    if words is not None and concept is None:
        book.say(
            (*at, side),
            "several fields are the parts of one value, and as: does not say of which",
            words.cure_for_parts(table, side, says),
            at_key=True,
        )
    for part, path in says[side].items():
        here = (*at, side, part)
        if concept is not None and part not in concept.parts:
            known = f"It has {grammar.one_of(concept.parts)}."
            book.say(
                here,
                f"'{concept.name}' has no part '{part}'",
                grammar.nearest(part, concept.parts) or known,
                at_key=True,
            )
        found = table.follow(here, side, path)
        context = getattr(concept, "context", ())
        if found is not None and written and part not in context:
            _note_written(table, here, side, found)


def _check_whole(
    table: Table, at: Path, side: str, says: Data, words: Words | None, written: bool, found: Lead
) -> None:
    book, here = table.book, (*at, side)
    kind = book.manifests[side].types.get(found.field.of) if found.field is not None and found.field.of else None
    concept = words.concept if words else None
    known = concept is not None and kind is not None and kind.concept == concept.name
    if says.get("to", table.data.get("to")) == "neither":
        return
    if found.field is not None and found.field.type == "array" and "lines" not in says:
        book.say(here, f"'{found.path}' is a list", "Say with lines: how its elements are made.")
    elif (
        found.field is not None
        and kind is not None
        and found.field.type == "object"
        and not known
        and words is not None
    ):
        cure = (
            f"Add as: {kind.concept}."
            if kind.concept
            else f"Name one of its fields, such as {found.path}.{next(iter(kind.fields))}."
        )
        book.say(here, f"'{found.path}' is a group of fields, not one value", cure)
    elif found.plain and found.through_list and not (words is not None and words.sums):
        book.say(
            here,
            f"'{found.path}' leads through a list, and a row reads one value",
            "Say with lines: how its elements are made, or add up with as: sum.",
        )
    elif written and known and kind is not None:
        for path in kind.parts.values():
            part = table.follow(here, side, f"{found.path}.{path}")
            if part is not None and part.unwritable():
                book.say(here, part.unwritable())
        table.written.append((side, found.path, here))
    elif written:
        _note_written(table, here, side, found)


def _note_written(table: Table, at: Path, side: str, found: Lead) -> None:
    if not table.can_write(side):
        return
    wrong = found.unwritable()
    if wrong:
        other = table.book.other(side)
        table.book.say(at, wrong, f"Write to: {other}, or to: match if it is only compared.")
    else:
        table.written.append((side, found.path, at))


def _check_written_twice(table: Table) -> None:
    seen: list[tuple[str, str, str]] = []
    for side, path, at in table.written:
        name = str(at[len(table.at)])
        for other_side, other, by in seen:
            same = path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")
            if side == other_side and same and by != name:
                said = f"'{name}' and '{by}' both write '{path}' of {table.book.title(side)}"
                table.book.say(at, said, "Let one of them go the other way, or only match (to: match).")
                break
        else:
            seen.append((side, path, name))


def _check_required(table: Table, side: str) -> None:
    """Check that a record which is created there has all that its system asks for."""
    book, data = table.book, table.data
    resource = book.resource(table.entity, side)
    source = book.other(side)
    path: Path = ("entities", table.entity)
    if resource is None or not resource.creatable or source not in sources(book, data) or book.is_broken(path):
        return
    if reaction(data, source, "created") != "create" or writes_existing(book, data, side):
        return
    says = data[side]
    facts = says.get("is", {})
    known = [each for whose, each, _ in table.written if whose == side] + [*says.get("set", {})]
    known += [each for each, test in facts.items() if not isinstance(test, Mapping | list)]
    known += resource.id if data.get("link", {}).get("is_id_of") == side else ()
    for needed in resource.requires:
        if not any(_covers(each, needed) for each in known):
            said = f"a new record in {book.title(side)} needs '{needed}', and nothing fills it"
            book.say((*path, side), said, f"Add a row that writes it, or {side}: {{set: …}}.", at_key=True)
    for fact, test in facts.items():
        if isinstance(test, list) and not any(_covers(each, fact) for each in known):
            said = f"it is not said which of these '{fact}' a new record gets"
            book.say((*path, side, "is", fact), said, f"Add {fact}: to set:.", at_key=True)


def _covers(path: str, needed: str) -> bool:
    return path == needed or path.startswith(f"{needed}.") or needed.startswith(f"{path}.")


# References, lines, and what is never used --------------------------------------------------------------------------


def _check_references(table: Table, at: Path, says: Data, leads: Mapping[str, Lead]) -> None:
    book = table.book
    known = book.names("entities")
    named = [
        each
        for index, each in enumerate(says.get("refers_to", ()))
        if book.one_of((*at, "refers_to", index), each, known, "an entity")
    ]
    for side, found in leads.items():
        meant = [resource.name for each in named if (resource := book.resource(each, side))]
        if meant and found.field is not None and found.field.reference and not set(meant) & set(found.field.reference):
            said = f"'{found.path}' points to {grammar.one_of(found.field.reference)}, not to {grammar.one_of(meant)}"
            book.say((*at, side), said, "Name the entities of those records in refers_to:.")
    if "take" in says:
        _check_take(table, (*at, "take"), says)
    if "look_up" in says:
        _check_look_up(table, (*at, "look_up"), says)


def _check_take(table: Table, at: Path, says: Data) -> None:
    book, take = table.book, says["take"]
    rows = table.data.get("fields", {})
    if book.one_of((*at, "of"), take.get("of"), book.names("entities", table.entity, "fields"), "a row of this entity"):
        referring = rows.get(take["of"], {}).get("refers_to", ())
        if take["of"] in rows and not referring:
            book.say((*at, "of"), f"'{take['of']}' does not refer to another record", "Name a row that has refers_to:.")
        for side in written_sides(table, says):
            for other in [found for each in referring if (found := book.resource(each, side))]:
                follow(book, (*at, "field"), side, other.name, take["field"])


def _check_look_up(table: Table, at: Path, says: Data) -> None:
    book = table.book
    resources = [
        found for side in written_sides(table, says) if side in says and (found := book.resource(table.entity, side))
    ]
    known = [each for resource in resources for each in resource.look_ups]
    if resources:
        book.one_of(at, says["look_up"], known, f"a look-up of {resources[0].title}")


def _check_lines(table: Table, at: Path, says: Data) -> None:
    book = table.book
    to = written_sides(table, says)
    if len(to) != 1:
        book.say(
            (*at, "lines"),
            "lines are made in one direction only",
            f"Write to: {grammar.one_of(book.sides)}.",
            at_key=True,
        )
        return
    target, source = to[0], book.other(to[0])
    if not (isinstance(says.get(source), str) and isinstance(says.get(target), str)):
        return
    for name, template in says["lines"].items():
        _check_template(table, (*at, "lines", name), source, target, says[target], template)
    if "numbered" in says:
        follow(book, (*at, "numbered"), target, table.resource(target), says["numbered"], f"{says[target]}.")


def _check_template(table: Table, at: Path, source: str, target: str, into: str, template: Data) -> None:
    book, resource = table.book, table.resource(source)
    for word in ("for_each", "fields"):
        if book.lacks(at, template, word):
            book.say(at, f"'{word}' is missing here", at_key=True)
    each = template.get("for_each", "document")
    prefix = "" if each == "document" else f"{each}."
    if prefix:
        found = follow(book, (*at, "for_each"), source, resource, each)
        if found is None:
            return
        if found.field is not None and found.field.type != "array":
            book.say((*at, "for_each"), f"'{each}' is not a list", "Name a list, or write document for a single line.")
    check_condition(book, (*at, "unless"), source, resource, template.get("unless", {}), prefix)
    if "one_per" in template:
        follow(book, (*at, "one_per"), source, resource, template["one_per"], prefix)
    check_set(book, (*at, "set"), target, table.resource(target), template.get("set", {}), f"{into}.")
    lines = Table(book, (*at, "fields"), table.entity, table.data, {source: prefix, target: f"{into}."}, source)
    for name, says in template.get("fields", {}).items():
        check_row(lines, name, says)
    _check_written_twice(lines)


_ONLY_WHEN_WRITTEN = ("once", "leading", "numbered_by", "edited", "empty", "unknown", "too_long", "lossy")


def _check_unreachable(table: Table, at: Path, says: Data) -> None:
    """Remark on what is said and never used."""
    book, to = table.book, says.get("to", table.data.get("to"))
    for word in _unused(to, says):
        why = (
            "this value goes nowhere"
            if to in ("neither", "match")
            else "this value goes one way"
            if word == "leading"
            else "this value goes both ways"
        )
        book.remark(
            (*at, word), f"{why} (to: {to}), so '{word}' is never used", "Take it away, or change to:.", at_key=True
        )


def _unused(to: Any, says: Data) -> Iterator[str]:
    if to in ("neither", "match"):
        yield from (each for each in _ONLY_WHEN_WRITTEN if each in says)
    elif to == "both" and "edited" in says:
        yield "edited"
    elif to != "both" and "leading" in says:
        yield "leading"
