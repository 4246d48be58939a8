"""Whether each row can be carried out, and whether all rows together make a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncrules.advice.mend import Meant
from syncrules.errors import Place, Problem
from syncrules.language import build, grammar
from syncrules.language.checks import fit
from syncrules.language.checks.book import Book
from syncrules.language.checks.conditions import follow
from syncrules.language.checks.lines import check_lines
from syncrules.language.checks.places import check_places, parts
from syncrules.language.checks.reach import check_found_again
from syncrules.language.checks.table import Row, Table, covers
from syncrules.language.checks.ways import reaction, sources, targets, writes_existing
from syncrules.yaml import Path


def check_rows(book: Book) -> None:
    """Check every row of every entity."""
    for name, data in book.entities():
        table = Table(book, ("entities", name, "fields"), name, data)
        for row, says in data.get("fields", {}).items():
            check_row(table.row(row, says))
        _check_written_twice(table)
        for side in targets(book, data):
            _check_required(table, side)
            check_found_again(table, side)


def check_row(row: Row) -> None:
    """Check one row."""
    if not _check_direction(row):
        return
    check_places(row)
    _check_presence(row)
    if "lines" in row.says:
        for table, rows in check_lines(row):
            for name, says in rows.items():
                check_row(table.row(name, says))
            _check_written_twice(table)
        return
    _check_words(row)
    fit.check_values(row)
    fit.check_types(row)
    fit.check_operators(row)
    _check_references(row)
    _check_unreachable(row)


def _check_direction(row: Row) -> bool:
    book, says = row.book, row.says
    ways = ["both", *book.sides, "neither", "match"]
    sound = "to" not in says or book.one_of("SR042", (*row.at, "to"), says["to"], ways, "a way to go")
    if "leading" in says:
        book.one_of("SR042", (*row.at, "leading"), says["leading"], [*book.sides, "ask"], "a side, or ask")
    if "numbered_by" in says and book.side((*row.at, "numbered_by"), says["numbered_by"]) and sound:
        other = book.other(says["numbered_by"])
        if other not in row.targets:
            said = f"this number never goes to '{other}', so '{says['numbered_by']}' cannot give it"
            way: Path = (*row.at, "to") if "to" in says else (*row.at[:2], "to")
            book.say(
                "SR133",
                (*row.at, "numbered_by"),
                said,
                "Write to: both, or take numbered_by: away.",
                concerns=way,
            )
    return sound


def _check_presence(row: Row) -> None:
    """Check that there is something to copy, and a place to copy it to."""
    book, says = row.book, row.says
    if book.is_broken(row.at):
        return
    if not row.present:
        book.say(
            "SR110", row.at, f"'{row.name}' names no field", f"Add {book.sides[0]}: or {book.sides[1]}:.", at_key=True
        )
    elif len(row.present) == 1 and row.to != "neither":
        parents, known = build.listed(row.table.data.get("for_each", ())), book.names("entities")
        if ("entities", row.table.entity, "for_each") in book.broken or not set(says.get("refers_to", ())) <= set(
            known
        ):
            return
        of_parent = any(each in parents for each in says.get("refers_to", ())) or not set(parents) <= set(known)
        if not (of_parent or isinstance(says.get("empty"), Mapping) or {"look_up", "take"} & says.keys()):
            missing = book.other(row.present[0])
            cure = f"Add {missing}:, or write to: neither if it is only said for the reader."
            whole = [
                name
                for name, each in row.table.data.get("fields", {}).items()
                if isinstance(each, Mapping) and missing in each
            ]
            near = grammar.nearest(row.name, whole)
            said = f"{near[:1].upper()}{near[1:]} Or: {cure[:1].lower()}{cure[1:]}"
            cure = Meant(said, near.old, near.new) if isinstance(near, Meant) else cure
            book.say("SR111", row.at, f"'{row.name}' names no field of '{missing}'", cure, at_key=True)


def _check_words(row: Row) -> None:
    """Check that the operators go the way of the row, and that loss is admitted."""
    if row.words is None:
        return
    row.words.check_ways(row.says, row.travels)
    row.words.check_arguments()
    if len(row.targets) == 2 and len({parts(row, side) for side in row.present}) > 1:
        row.words.check_concept_loss(row.at, row.says)


def _check_references(row: Row) -> None:
    book, says = row.book, row.says
    known = book.names("entities")
    named = [
        each
        for index, each in enumerate(says.get("refers_to", ()))
        if book.one_of("SR044", (*row.at, "refers_to", index), each, known, "an entity", ("entities",))
    ]
    for side, lead in row.leads.items():
        meant = [resource.name for each in named if (resource := book.resource(each, side))]
        points_to = lead.field.reference if lead.field is not None else ()
        if meant and points_to and not set(meant) & set(points_to):
            said = f"'{lead.path}' points to {grammar.one_of(points_to)}, not to {grammar.one_of(meant)}"
            book.say("SR132", (*row.at, side), said, "Name the entities of those records in refers_to:.")
    if "take" in says:
        _check_take(row, (*row.at, "take"))
    resources = [found for side in row.targets if side in says and (found := book.resource(row.table.entity, side))]
    if "look_up" in says and resources:
        known = [each for resource in resources for each in resource.look_ups]
        book.one_of("SR050", (*row.at, "look_up"), says["look_up"], known, f"a look-up of {resources[0].title}")


def _check_take(row: Row, at: Path) -> None:
    book, take = row.book, row.says["take"]
    rows = row.table.data.get("fields", {})
    if book.one_of(
        "SR045", (*at, "of"), take.get("of"), book.names("entities", row.table.entity, "fields"), "a row of this entity"
    ):
        referring = rows.get(take["of"], {}).get("refers_to", ())
        if take["of"] in rows and not referring:
            book.say(
                "SR097",
                (*at, "of"),
                f"'{take['of']}' does not refer to another record",
                "Name a row that has refers_to:.",
            )
        for side in row.targets:
            for other in [found for each in referring if (found := book.resource(each, side))]:
                follow(book, (*at, "field"), side, other.name, take["field"])


# What is never used -------------------------------------------------------------------------------------------------

_ONLY_WHEN_WRITTEN = ("once", "leading", "numbered_by", "edited", "empty", "unknown", "too_long", "unfit", "lossy")


def _check_unreachable(row: Row) -> None:
    """Remark on what is said and never used."""
    for word, why in _unused(row.to, row.says.keys()):
        said = f"{why} (to: {row.to}), so '{word}' is never used"
        row.book.remark("SR134", (*row.at, word), said, "Take it away, or change to:.", at_key=True)


def _unused(to: Any, said: Iterable[str]) -> Iterator[tuple[str, str]]:
    if to in ("neither", "match"):
        yield from ((each, "this value goes nowhere") for each in _ONLY_WHEN_WRITTEN if each in said)
    elif to == "both" and "edited" in said:
        yield "edited", "this value goes both ways"
    elif to != "both" and "leading" in said:
        yield "leading", "this value goes one way"


# All rows together --------------------------------------------------------------------------------------------------


def _check_written_twice(table: Table) -> None:
    seen: list[tuple[str, str, str]] = []
    for side, path, at in table.written:
        name = str(at[len(table.at)])
        by = next((who for whose, other, who in seen if whose == side and who != name and covers(path, other)), "")
        if by:
            said = f"'{name}' and '{by}' both write '{path}' of {table.book.title(side)}"
            cure = "Let one of them go the other way, or only match (to: match)."
            table.book.say("SR115", at, said, cure, concerns=(*table.at, by))
        else:
            seen.append((side, path, name))


def _check_required(table: Table, side: str) -> None:
    """Check that a record which is created there has all that its system asks for."""
    book, data, path = table.book, table.data, ("entities", table.entity)
    resource, source = book.resource(table.entity, side), book.other(side)
    if resource is None or not resource.creatable or source not in sources(book, data) or book.is_broken(path):
        return
    if reaction(data, source, "created") != "create" or writes_existing(book, data, side):
        return
    facts: Mapping[str, Any] = data[side].get("is", {})
    known = [each for whose, each, _ in table.written if whose == side] + [*data[side].get("set", {})]
    known += [each for whose, each in table.guesses if whose == side]
    known += [each for each, test in facts.items() if not isinstance(test, Mapping | list)]
    known += resource.id if data.get("link", {}).get("is_id_of") == side else ()
    for needed in resource.requires:
        if not any(covers(each, needed) for each in known):
            said = f"a new record in {book.title(side)} needs '{needed}', and nothing fills it"
            made: Path = (*path, "events", source, "created")
            away = _wrote(table, side, needed)
            if away is not None:
                said = f"{said}: the row that did is taken away here"
                book.note(Problem(said, away, suggestion="Leave the row, or add another that writes it.", code="SR116"))
                continue
            cure = f"Add a row that writes it, or {side}: {{set: …}}."
            book.say("SR116", (*path, side), said, cure, at_key=True, concerns=made)
    for fact, test in facts.items():
        if isinstance(test, list) and not any(covers(each, fact) for each in known):
            said = f"it is not said which of these '{fact}' a new record gets"
            book.say("SR117", (*path, side, "is", fact), said, f"Add {fact}: to set:.", at_key=True)


def _wrote(table: Table, side: str, field: str) -> Place | None:
    """Find where the row that filled a field was taken away."""
    for at, away in table.book.taken.items():
        ends = away.was.get(side) if at[:-1] == table.at and isinstance(away.was, Mapping) else None
        paths = ends.values() if isinstance(ends, Mapping) else [ends]
        if any(isinstance(each, str) and covers(each, field) for each in paths):
            return away.place
    return None
