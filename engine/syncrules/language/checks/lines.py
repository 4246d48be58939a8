"""The templates that make the lines of a document."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.language import grammar
from syncrules.language.checks.book import Data
from syncrules.language.checks.conditions import check_condition, check_set, follow
from syncrules.language.checks.paths import lead
from syncrules.language.checks.table import Row, Table
from syncrules.yaml import Path


def check_lines(row: Row) -> Iterator[tuple[Table, Data]]:
    """Check the templates of a row of lines, and give the rows of each, still to be checked."""
    book, says = row.book, row.says
    if len(row.targets) != 1 and row.to not in ("both", "neither", "match"):
        return
    if len(row.targets) != 1:
        way = f"Write to: {grammar.one_of(book.sides)}."
        book.say("SR140", (*row.at, "lines"), "lines are made in one direction only", way, at_key=True)
        row.table.guesses += [(side, str(says[side])) for side in row.present]
        return
    target = row.targets[0]
    source = book.other(target)
    if not (isinstance(says.get(source), str) and isinstance(says.get(target), str)):
        return
    if target not in row.leads and target not in row.guesses:
        return
    into = f"{row.guesses.get(target, says[target])}."
    for name, template in says["lines"].items():
        table = Table(
            book, (*row.at, "lines", name, "fields"), row.table.entity, row.table.data, {target: into}, source
        )
        if _check_template(table, table.at[:-1], template, target, str(says[source])):
            _check_whole(table, template.get("fields", {}), target)
            yield table, template.get("fields", {})
    if "numbered" in says:
        follow(book, (*row.at, "numbered"), target, row.table.resource(target), says["numbered"], prefix=into)


def _check_template(table: Table, at: Path, template: Data, target: str, likely: str) -> bool:
    book, source = table.book, table.document_side
    for word in ("for_each", "fields"):
        if book.lacks(at, template, word):
            book.say("SR141", at, f"'{word}' is missing here", f"Add {word}:.", at_key=True)
    if "for_each" not in template:
        return False
    each = template["for_each"]
    resource, prefix = table.resource(source), "" if each == "document" else f"{each}."
    if prefix:
        found = follow(book, (*at, "for_each"), source, resource, each, likely=likely)
        if found is None:
            return False
        if found.field is not None and found.field.type != "array":
            cure = "Name a list, or write document for a single line."
            book.say("SR114", (*at, "for_each"), f"'{each}' is not a list", cure)
            return False
    table.prefixes = {**table.prefixes, source: prefix}
    check_condition(book, (*at, "unless"), source, resource, template.get("unless", {}), prefix=prefix)
    if "one_per" in template:
        follow(book, (*at, "one_per"), source, resource, template["one_per"], prefix=prefix)
    constants = template.get("set", {})
    check_set(book, (*at, "set"), target, table.resource(target), constants, prefix=table.prefixes[target])
    return True


def _check_whole(table: Table, rows: Data, target: str) -> None:
    """Check that a line can be made whole: nothing is left out, and what it is compared with is known before it is sent."""
    manifest = table.book.manifests.get(target)
    for name, says in rows.items():
        if says.get("unfit") == "leave_out":
            said = "a document is sent with all that its lines say, or not at all"
            table.book.say("SR142", (*table.at, name, "unfit"), said, "Take it away.", at_key=True)
        path = says.get(target)
        if manifest is None or says.get("to") != "match" or not isinstance(path, str):
            continue
        found = lead(manifest, table.resource(target), path, table.prefixes[target])
        chosen = [manifest.resources[one] for each in found.through for one in each.reference]
        if any(each.rows is None for each in chosen):
            said = f"'{path}' belongs to another record, and is not known before the document is sent"
            table.book.say("SR143", (*table.at, name, target), said, "Compare with a field of the line itself.")
