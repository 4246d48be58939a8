"""Whether an entity says all that it must: which records, which way, and what happens when."""

from __future__ import annotations

from collections.abc import Mapping

from syncrules.language import grammar
from syncrules.language.build import HAPPENINGS, listed, operators
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import check_condition, check_set, follow
from syncrules.language.checks.delivery import check_delivery
from syncrules.language.checks.documents import check_checks
from syncrules.language.checks.needs import check_need
from syncrules.language.checks.ways import reaction, sources, speaks, targets, writes_existing
from syncrules.manifest import Active, Resource
from syncrules.vocabulary.concepts import CONCEPTS
from syncrules.yaml import Path


def check_entities(book: Book) -> None:
    """Check every entity, row by row excepted."""
    if not book.names("entities") and book.lacks((), book.data, "entities"):
        book.say("SR040", (), "the mapping has no entities", "Add entities: with at least one kind of record.")
    for name, data in book.entities():
        path: Path = ("entities", name)
        _check_basics(book, path, data)
        for side in [each for each in book.sides if each in data]:
            _check_side(book, path, side, data)
        _check_import_and_link(book, path, data)
        _check_others(book, path, data)
        _check_events(book, path, data)
        _check_rhythms(book, path, data)
        _check_match(book, path, data)
        for need, says in data.get("needs", {}).items():
            check_need(book, (*path, "needs", need), says, data)
        for follow_up, says in data.get("follow_ups", {}).items():
            _check_follow_up(book, (*path, "follow_ups", follow_up), says, data)
        check_delivery(book, path, data)
        check_checks(book, path, data)


# What must be said --------------------------------------------------------------------------------------------------


def _check_basics(book: Book, path: Path, data: Data) -> None:
    lost = [each for each in ("about", "to", *book.sides) if book.lacks(path, data, each)]
    elsewhere = [each for each in book.names("entities") if book.is_inherited(("entities", each))]
    if len(lost) > 2 and (near := grammar.nearest(path[-1], elsewhere)):
        book.say("SR052", path, f"no entity '{path[-1]}' is taken over that this could change", near, at_key=True)
        return
    if book.lacks(path, data, "about"):
        book.say(
            "SR080",
            path,
            f"'{path[-1]}' does not say what it is about",
            "Add about: with one sentence for the reader.",
            at_key=True,
        )
    if book.lacks(path, data, "to"):
        ways = grammar.one_of(["both", *book.sides, "neither"])
        book.say("SR081", path, f"'{path[-1]}' does not say which way its records go", f"Add to: {ways}.", at_key=True)
    elif "to" in data and book.one_of(
        "SR042", (*path, "to"), data["to"], ["both", *book.sides, "neither"], "a way to go"
    ):
        for side in targets(book, data):
            _check_writable(book, path, side, data)
    for side in book.sides:
        if book.lacks(path, data, side) and not any(len(each) == 3 and each[:2] == path for each in book.broken):
            meant = grammar.nearest(path[-1], [each for each in book.names("entities") if each != path[-1]])
            book.say(
                "SR082",
                path,
                f"'{path[-1]}' does not say which records of '{side}' it is about",
                meant or f"Add {side}: {{resource: …}}.",
                at_key=True,
            )
    if "leading" in data:
        book.one_of("SR042", (*path, "leading"), data["leading"], [*book.sides, "ask"], "a side, or ask")


def _check_writable(book: Book, path: Path, side: str, data: Data) -> None:
    resource = book.resource(str(path[1]), side)
    if resource is None or resource.creatable or resource.update != "none":
        return
    said = f"{resource.title} of {book.title(side)} can be read, but not written"
    book.say("SR083", (*path, "to"), said, f"Write to: {book.other(side)}, or to: neither.")


def _check_side(book: Book, path: Path, side: str, data: Data) -> None:
    says, at = data[side], (*path, side)
    if book.lacks(at, says, "resource"):
        book.say(
            "SR082", at, f"it is not said which records of {book.title(side)} these are", "Add resource:.", at_key=True
        )
        return
    name = says.get("resource")
    if name is None or not book.has_resource((*at, "resource"), side, name):
        return
    for word in ("is", "where", "also_match", "inactive"):
        check_condition(book, (*at, word), side, name, says.get(word, {}))
    for index, condition in enumerate(says.get("where_any", ())):
        check_condition(book, (*at, "where_any", index), side, name, condition)
    check_set(book, (*at, "set"), side, name, says.get("set", {}))
    if says.get("also_match") and not ("match" in data and {"where", "where_any"} & says.keys()):
        book.say(
            "SR086",
            (*at, "also_match"),
            "also_match: only means something beside match: of the entity and where: of the side",
            "Take it away: whoever may come in is found by match: anyway.",
            at_key=True,
        )
    belongs_to = says.get("belongs_to", {})
    if isinstance(belongs_to, str):
        follow(book, (*at, "belongs_to"), side, name, belongs_to)
    else:
        for field in belongs_to:
            follow(book, (*at, "belongs_to", field), side, name, field, at_key=True)
    if "belongs_to" in says and "for_each" not in data:
        book.say(
            "SR087",
            (*at, "belongs_to"),
            "belongs_to: only means something beside for_each:",
            "Add for_each: with the entity it belongs to.",
            at_key=True,
        )


def _check_import_and_link(book: Book, path: Path, data: Data) -> None:
    first_import, link = data.get("first_import"), data.get("link", {})
    at = (*path, "first_import", "from")
    if isinstance(first_import, Mapping) and book.side(at, first_import["from"]):
        side = first_import["from"]
        if targets(book, data) and side not in sources(book, data):
            book.say(
                "SR084",
                at,
                f"nothing goes from '{side}' here: this entity goes to: {data['to']}",
                f"Write from: {book.other(side)}.",
                concerns=(*path, "to"),
            )
    for word in [each for each in ("id_of", "kept_in", "is_id_of") if each in link]:
        book.side((*path, "link", word), link[word])
    keeper = link.get("kept_in")
    resource = book.resource(str(path[1]), str(keeper))
    if keeper is not None and keeper == link.get("id_of"):
        book.say(
            "SR085",
            (*path, "link", "kept_in"),
            "an id is kept on the other side, not on its own",
            f"Write kept_in: {book.other(keeper)}.",
        )
    elif resource is not None and not resource.external_id:
        said = f"{resource.title} of {book.title(str(keeper))} have no field for the id of another system"
        book.say(
            "SR085", (*path, "link", "kept_in"), said, "Leave kept_in out; the link is remembered here all the same."
        )


def _check_others(book: Book, path: Path, data: Data) -> None:
    """Check the names of other entities."""
    known = [each for each in book.names("entities") if each != path[1]]
    for word in ("for_each", "after", "used_by"):
        for index, name in enumerate(listed(data.get(word, ()))):
            at = (*path, word) if isinstance(data[word], str) else (*path, word, index)
            book.one_of("SR044", at, name, known, "another entity", ("entities",))
    for side in book.sides:
        for index, name in enumerate(data.get(side, {}).get("shared_with", ())):
            book.one_of("SR044", (*path, side, "shared_with", index), name, known, "another entity", ("entities",))
        by = data.get(side, {}).get("belongs_to", {})
        for field, row in by.items() if isinstance(by, Mapping) else ():
            for parent in [each for each in listed(data.get("for_each", ())) if each in book.part("entities")]:
                rows = book.names("entities", parent, "fields")
                book.one_of(
                    "SR045",
                    (*path, side, "belongs_to", field),
                    row,
                    rows,
                    f"a row of '{parent}'",
                    ("entities", parent, "fields"),
                )
    if (
        "for_each" in data
        and not book.is_broken(path)
        and not any("belongs_to" in data.get(side, {}) for side in book.sides)
    ):
        parent = grammar.one_of(listed(data["for_each"]))
        book.say(
            "SR087",
            (*path, "for_each"),
            f"it is not said by what a record belongs to its {parent}",
            "Add belongs_to: {field: row} to one side.",
            at_key=True,
        )


# What happens when --------------------------------------------------------------------------------------------------

_TOLD = {
    "already_inactive": "not in use when it is first seen",
    "changed_kind": "no longer of this kind",
    "filtered_out": "no longer among those that may come in",
}


def _check_events(book: Book, path: Path, data: Data) -> None:
    events = data.get("events", {})
    for side in events:
        if targets(book, data) and not speaks(book, data, side):
            said = f"nothing goes from '{side}' here, so what happens there never matters"
            book.remark("SR091", (*path, "events", side), said, at_key=True)
    for side in sources(book, data):
        at, said = (*path, "events", side), events.get(side, {})
        resource = book.resource(str(path[1]), side)
        for happening in [each for each in HAPPENINGS if each in said]:
            _check_possible(book, (*at, happening), side, happening, data)
        needed = [each for each in HAPPENINGS if _is_needed(each, side, data, resource)]
        missed = [each for each in needed if book.lacks(at, said, each)]
        if missed and not {path, (*path, "events"), at} & book.broken:
            _miss_events(book, at, side, missed)
        if resource is not None and resource.active == "hidden" and "inactive" not in data.get(side, {}):
            _remark_hidden(book, at, said, resource)
    if data.get("without_role") == "add" and not any(
        reaction(data, side, "created") == "create" for side in sources(book, data)
    ):
        said = "nothing is ever made here, so nobody is given this role"
        because: Path = next(((*path, "events", each, "created") for each in sources(book, data)), ())
        book.remark("SR091", (*path, "without_role"), said, "Write leave.", concerns=because)


def _miss_events(book: Book, at: Path, side: str, missed: list[str]) -> None:
    when = grammar.one_of(_TOLD.get(each, each) for each in missed)
    said = f"'{at[1]}' does not say what happens when a record of {book.title(side)} is {when}"
    words = [f"{each}: {grammar.one_of(grammar.choices('events', each))}" for each in missed]
    because: Path = (*at[:-2], "first_import") if missed == ["already_inactive"] else ()
    book.say("SR088", at, said, f"Add {'; '.join(words)}.", at_key=True, concerns=because)


def _is_needed(happening: str, side: str, data: Data, resource: Resource | None) -> bool:
    first_import = data.get("first_import")
    says = data.get(side, {})
    can_rest = resource is not None and (resource.active != "always" or "inactive" in says)
    match happening:
        case "changed_kind":
            return bool(says.get("is"))
        case "already_inactive":
            return can_rest and isinstance(first_import, Mapping) and first_import.get("from") == side
        case "deactivated":
            return can_rest
        case _:
            return happening in ("created", "changed", "deleted")


def _check_possible(book: Book, at: Path, side: str, happening: str, data: Data) -> None:
    """Check that the other side can do what it is told to."""
    then = reaction(data, side, happening)
    other = book.other(side)
    resource = book.resource(str(at[1]), other)
    if resource is None:
        return
    whose = f"{resource.title} of {book.title(other)}"
    if (
        then == "create"
        and happening == "created"
        and not resource.creatable
        and not writes_existing(book, data, other)
    ):
        book.say("SR089", at, f"{whose} cannot be created", "Write match, or ignore.")
    elif then == "update" and resource.update == "none":
        book.say(
            "SR089",
            at,
            f"{whose} cannot be changed once they are there",
            "Write report: then a person is told of the change.",
        )
    elif then in ("deactivate", "reactivate") and not (
        isinstance(resource.active, Active) and resource.active.writable
    ):
        book.say("SR089", at, f"{whose} cannot be taken out of use, or into use again, by a program", "Write ignore.")
    elif then == "delete" and not resource.deletable:
        book.say("SR089", at, f"{whose} cannot be deleted by a program", "Write ignore, or unlink.")
    elif then in ("delete", "deactivate") and happening == "deleted":
        _check_seen_to_go(book, at, side)
    elif then == "delete" and not {"where", "where_any"} & data.get(side, {}).keys():
        book.remark(
            "SR091",
            at,
            "nothing says here who may come in, so nobody is ever filtered out",
            "Take it away.",
            at_key=True,
        )


def _check_seen_to_go(book: Book, at: Path, side: str) -> None:
    """Refuse a deletion that travels where nobody can tell that a record was deleted."""
    resource = book.resource(str(at[1]), side)
    if resource is not None and resource.missing != "deleted":
        said = f"that one of the {resource.title} is missing in {book.title(side)} does not mean that it was deleted"
        book.say("SR090", at, said, "Write ignore, or unlink.")


def _remark_hidden(book: Book, at: Path, said: Data, resource: Resource) -> None:
    for happening, neutral in (("already_inactive", "create"), ("deactivated", "ignore"), ("reactivated", "ignore")):
        if said.get(happening, neutral) != neutral:
            notes = [each for each in resource.notes if "active" in each] or list(resource.notes)
            told = " ".join(notes) or f"Nobody can see whether {resource.title} are in use."
            why = f"{told[0].lower() if told[1:2].islower() else told[0]}{told[1:]}"
            # Told without its line too, when a connection is made: so it says itself what never happens, and to what.
            said_of = f"{resource.title} of {book.title(str(at[-1]))}"
            means = "Inactive ones come in too." if happening == "already_inactive" else ""
            book.remark(
                "SR091", (*at, happening), f"'{happening}' never happens to {said_of}: {why}", means, at_key=True
            )


def _check_rhythms(book: Book, path: Path, data: Data) -> None:
    when = data.get("when", {})
    for side in sources(book, data):
        if book.lacks((*path, "when"), when, side) and book.lacks(path, {}, "when"):
            cure = f"Add {side}: at_once, by_hand, {{every: …}} or {{daily: …}} to when:."
            book.say(
                "SR092",
                (*path, "when"),
                f"'{path[-1]}' does not say how soon changes in {book.title(side)} travel",
                cure,
                at_key=True,
            )
    for side, says in when.items():
        at = (*path, "when", side)
        if targets(book, data) and not speaks(book, data, side):
            book.remark("SR091", at, f"nothing goes from '{side}' here, so this is never used", at_key=True)
        if isinstance(says, Mapping) and "every" in says and "daily" in says:
            book.say(
                "SR093",
                (*at, "daily"),
                "a rhythm is either every: or daily:, not both",
                "Keep one of the two.",
                at_key=True,
            )
        elif (
            isinstance(says, Mapping) and not {"every", "daily", "on_request"} & says.keys() and not book.is_broken(at)
        ):
            book.say(
                "SR093", at, "it is not said how soon everything else travels", "Add every: or daily:.", at_key=True
            )


# How records find each other ----------------------------------------------------------------------------------------


def _check_match(book: Book, path: Path, data: Data) -> None:
    for side in book.sides if data.get("match") else ():
        resource = book.resource(str(path[1]), side)
        if resource is not None and not resource.readable:
            said = f"what {book.title(side)} has of the {resource.title} cannot be read, so nothing is found there"
            book.say("SR094", (*path, "match"), said, "Take match: away.", at_key=True)
    known = book.names("entities", str(path[1]), "fields")
    for index, tier in enumerate(data.get("match", ())):
        for word, named in tier.items():
            for place, each in enumerate(named):
                name, parts = (each, []) if isinstance(each, str) else next(iter(each.items()))
                at = (*path, "match", index, word, place)
                if book.one_of("SR045", at, name, known, "a row of this entity", (*path, "fields")):
                    row = None if book.is_broken((*path, "fields", name)) else data.get("fields", {}).get(name)
                    _check_matched(book, at, name, parts, row)


def _check_matched(book: Book, at: Path, name: str, parts: list[str], row: Data | None) -> None:
    if row is None:
        return
    if row.get("to") == "neither":
        book.say("SR095", at, f"'{name}' is only said for the reader (to: neither)", "Write to: match in that row.")
    elif not all(side in row for side in book.sides):
        book.say(
            "SR095",
            at,
            f"'{name}' has a field on one side only, so nothing can be compared",
            "Name its field on both sides.",
        )
    concept = next((CONCEPTS[each] for each, _ in operators(row.get("as", [])) if each in CONCEPTS), None)
    for index, part in enumerate(parts):
        if concept is not None:
            book.one_of("SR051", (*at, name, index), part, [*concept.parts], f"a part of '{name}'")


def _check_follow_up(book: Book, at: Path, says: Data, data: Data) -> None:
    book.side((*at, "after", "created"), says.get("after", {}).get("created", book.sides[0]))
    for side, field in says.get("done_when", {}).items():
        follow(book, (*at, "done_when", side), side, data.get(side, {}).get("resource"), field)
