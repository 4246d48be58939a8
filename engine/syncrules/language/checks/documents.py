"""The accounting checks of a document, and where their amounts stand."""

from __future__ import annotations

from syncrules.advice import fitting
from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import follow, prefix_of_each
from syncrules.language.checks.ways import sources
from syncrules.yaml import Path

_SHAPES = {"sum": {"equals"}, "percent": {"equals"}, "day": {"not_before"}, "look_up": {"value"}}
"""The word that says what kind of check this is → what it needs besides."""
_BASES = ("of", "included_in")
"""Of what a percentage is taken: one of these."""


def check_checks(book: Book, path: Path, data: Data) -> None:
    """Check what an entity says must be true of its documents."""
    for name, says in data.get("checks", {}).items():
        at = (*path, "checks", name)
        if not book.is_broken(at):
            _check_shape(book, at, says)
        side = says.get("side")
        if side is not None and book.side((*at, "side"), side):
            _check_paths(book, at, side, data.get(side, {}).get("resource"), says)


def _check_shape(book: Book, at: Path, says: Data) -> None:
    kinds = [each for each in _SHAPES if each in says]
    if len(kinds) != 1:
        book.say(
            "SR144", at, f"a check says one of {grammar.one_of(_SHAPES)}", "Say one of them, and no more.", at_key=True
        )
        return
    for word in sorted(_SHAPES[kinds[0]] - says.keys()):
        book.say("SR145", (*at, kinds[0]), f"'{kinds[0]}' needs '{word}' beside it", f"Add {word}:.", at_key=True)
    if kinds == ["percent"] and sum(each in says for each in _BASES) != 1:
        said = "a percentage is taken of an amount, or out of one in which it is included"
        book.say("SR146", (*at, "percent"), said, "Write either of: or included_in:.", at_key=True)


def _check_paths(book: Book, at: Path, side: str, resource: object, says: Data) -> None:
    prefix = prefix_of_each(book, at, side, resource, says)
    if prefix is None:
        return
    for word in [
        each
        for each in ("one_per", "percent", *_BASES, "equals", "day", "not_before", "value")
        if isinstance(says.get(each), str)
    ]:
        if word == "equals" and (number := fitting.unquoted(says[word])):
            book.say("SR048", (*at, word), f"'{says[word]}' is a text, and no field", number)
            continue
        follow(book, (*at, word), side, resource, says[word], prefix=prefix)
    for index, path in enumerate(says.get("sum", ())):
        follow(book, (*at, "sum", index), side, resource, path, prefix=prefix)
    if "one_per" in says and "of_each" in says:
        said = "one_per: groups records, and of_each: looks at the elements of a single one"
        book.say("SR147", (*at, "one_per"), said, "Take one of them away.", at_key=True)
    elif "one_per" in says:
        _check_together(book, at, side, says)
    found_resource = book.resource_named(side, resource)
    if "look_up" in says and found_resource is not None:
        book.one_of(
            "SR050", (*at, "look_up"), says["look_up"], found_resource.look_ups, f"a look-up of {book.title(side)}"
        )


def _check_together(book: Book, at: Path, side: str, says: Data) -> None:
    """Check a sum over several records: of those that did not change only the rows are remembered."""
    entity = book.part("entities")[str(at[1])]
    if side not in sources(book, entity):
        book.say(
            "SR147", (*at, "side"), f"nothing goes from '{side}' here", "Name the side that the records come from."
        )
    rows = {row.get(side) for row in entity.get("fields", {}).values()}
    for index, path in enumerate(says.get("sum", ())):
        if path not in rows:
            said = f"no row holds '{path}', and a sum over several records is one of rows"
            called: Path = ("entities", str(at[1]), "fields", path)
            book.say("SR147", (*at, "sum", index), said, "Add a row for it.", concerns=called)
    if "sum" in says and isinstance(says.get("equals"), str):
        book.say("SR147", (*at, "equals"), "a sum over several records equals a number", "Write a number, such as 0.")
