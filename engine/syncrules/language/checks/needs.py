"""What must be there before anything is sent: which field is looked at, of which record, and what it must say."""

from __future__ import annotations

from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import check_constants, follow, prefix_of_each
from syncrules.language.checks.ways import targets
from syncrules.yaml import Path


def check_need(book: Book, at: Path, says: Data, data: Data) -> None:
    """Check what an entity says must be there before anything is sent."""
    if book.is_broken(at):
        return
    asked = [each for each in book.sides if each in says]
    if len(asked) != 1:
        book.say("SR096", at, "a need looks at a field of one side", "Write side: field.", at_key=True)
    if "to" not in says:
        book.say(
            "SR096",
            at,
            "it is not said what waits for this",
            f"Add to: {grammar.one_of(book.sides)}, the side to which nothing is sent meanwhile.",
            at_key=True,
        )
    elif book.side((*at, "to"), says["to"]) and targets(book, data) and says["to"] not in targets(book, data):
        said = f"nothing is ever sent to '{says['to']}' here, so nothing waits for this"
        book.remark("SR098", (*at, "to"), said, concerns=(*at[:2], "to"))
    if _asks_one_thing(book, at, says) and len(asked) == 1:
        for resource in _looked_at(book, at, asked[0], says, data):
            _check_paths(book, at, asked[0], resource, says)


def _asks_one_thing(book: Book, at: Path, says: Data) -> bool:
    if "equals" in says and "same_as" in says:
        said = "equals: and same_as: both say what the value must be"
        book.say("SR106", (*at, "same_as"), said, "Keep one of the two.", at_key=True)
        return False
    for word in ("of_each", "same_as") if "of" in says else ():
        if word in says:
            said = f"of another record single values are remembered, and {word}: looks at more"
            book.say("SR106", (*at, word), said, "Take of: or this away.", at_key=True)
            return False
    return True


def _check_paths(book: Book, at: Path, side: str, resource: str, says: Data) -> None:
    prefix = prefix_of_each(book, at, side, resource, says)
    if prefix is None:
        return
    found = follow(book, (*at, side), side, resource, says[side], prefix=prefix)
    if found is not None and found.field is not None and "equals" in says:
        check_constants(book, (*at, "equals"), found.field, says["equals"])
    if "same_as" in says:
        follow(book, (*at, "same_as"), side, resource, says["same_as"], prefix=prefix)


def _looked_at(book: Book, at: Path, side: str, says: Data, data: Data) -> list[str]:
    """List the resources that a need may look at: the entity's own, or those that a row refers to."""
    if "of" not in says:
        return [data.get(side, {}).get("resource", "")]
    row = data.get("fields", {}).get(says["of"])
    if (
        not book.one_of(
            "SR045",
            (*at, "of"),
            says["of"],
            book.names("entities", str(at[1]), "fields"),
            "a row of this entity",
            fitting=[name for name, each in data.get("fields", {}).items() if each.get("refers_to")],
        )
        or row is None
    ):
        return []
    if not row.get("refers_to"):
        book.say(
            "SR097", (*at, "of"), f"'{says['of']}' does not refer to another record", "Name a row that has refers_to:."
        )
    return [found.name for each in row.get("refers_to", ()) if (found := book.resource(each, side))]
