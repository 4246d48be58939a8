"""One system: the login, what may be read, whether it still looks as its manifest says, its clock, and what calls are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from syncrules.connection import Connection, same_books
from syncrules.doctor.finding import Finding
from syncrules.errors import LoginRefused, ProviderError, Unreachable, UsageError
from syncrules.manifest import Field, Manifest, Resource
from syncrules.provider import Provider
from syncrules.records import Record

SKEW = 60.0
"""Seconds by which two clocks may differ: more, and what expires or changed a moment ago is judged wrongly."""
FEW = 0.1
"""A part of the calls of a limit of which less is left is told."""
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, Decimal), "boolean": (bool,), "object": (dict,), "array": (list,)
}  # fmt: skip
"""What a field of a declared type may hold."""
SHOWN = 5


def log_in(conn: Connection, side: str) -> Iterator[Finding]:
    """Look whether the system knows us, and whether these are the books that the links belong to."""
    title = conn.spec.manifests[side].title
    try:
        account = conn.providers[side].account()
        same_books(conn.row, title, side, account)
    except UsageError as error:
        yield Finding("system", f"{title}: login", "wrong", error.message, "whoever set it up", error.cure)
    except ProviderError as error:
        yield _refused(title, "login", error)
    else:
        yield Finding("system", f"{title}: login", "good", f"it opens {account.title}")


def _refused(title: str, what: str, error: ProviderError) -> Finding:
    fault = {
        LoginRefused: "the credentials, or the rights of their user",
        Unreachable: f"{title}, or the network on the way to it",
    }
    said = error.message.removeprefix(f"{title}: ")
    return Finding("system", f"{title}: {what}", "wrong", said, fault.get(type(error), title), error.cure)


def first_page(provider: Provider, manifest: Manifest, resource: Resource) -> list[Record] | ProviderError:
    """Read the first records of a resource, or say why that is not possible."""
    if resource.rows is not None:
        return [dict(each) for each in resource.rows]
    try:
        return next(iter(provider.read(resource.name)), [])
    except ProviderError as error:
        return error


def look(
    conn: Connection, side: str, used: Mapping[str, set[str]], pages: Mapping[str, list[Record] | ProviderError]
) -> Iterator[Finding]:
    """Look at what the first page of each resource shows.

    Args:
        used: resource → the fields of it that the mapping names.
        pages: resource → its first records, or why they cannot be read.
    """
    manifest = conn.spec.manifests[side]
    refused = {name: page for name, page in pages.items() if isinstance(page, ProviderError)}
    for name, error in refused.items():
        yield _refused(manifest.title, f"reading {manifest.resources[name].title}", error)
    if not refused:
        names = ", ".join(manifest.resources[each].title for each in pages)
        yield Finding("system", f"{manifest.title}: rights", "good", f"what is needed can be read: {names}")
    differs = [
        each
        for name, page in pages.items()
        if isinstance(page, list)
        for each in drift(manifest, manifest.resources[name], page, used.get(name, set()))
    ]
    for text in differs[: 2 * SHOWN]:
        yield Finding(
            "system", f"{manifest.title}: shape", "look", text, f"{manifest.title} changed, or the manifest is not right",
            "Look whether what the mapping carries is concerned, and correct the manifest.",
        )  # fmt: skip
    if not differs:
        unnamed = sorted(
            {
                name
                for at, page in pages.items()
                if isinstance(page, list)
                for name in _unnamed(manifest.resources[at], page)
            }
        )
        besides = f"; {len(unnamed)} fields that it does not name are left alone" if unnamed else ""
        yield Finding("system", f"{manifest.title}: shape", "good", f"its records look as the manifest says{besides}")


def _unnamed(resource: Resource, page: list[Record]) -> set[str]:
    return {name for each in page for name in each} - resource.fields.keys()


def drift(manifest: Manifest, resource: Resource, page: Iterable[Record], used: set[str]) -> Iterator[str]:
    """Tell in what the records of a page are not as a manifest declares them: fields that are missing, or of another type."""
    records = list(page)
    yield from _differs(manifest, resource.title, resource.fields, records, "")
    seen = {name for each in records for name in each}
    for name in sorted(used - seen) if records and not manifest.absent_means_empty else ():
        yield f"{resource.title}: no record shows '{name}', which the mapping uses"


def _differs(
    manifest: Manifest, title: str, fields: Mapping[str, Field], records: list[Record], at: str
) -> Iterator[str]:
    for name in sorted({name for each in records for name in each}):
        declared, path = fields.get(name), f"{at}{name}"
        values = [each[name] for each in records if each.get(name) not in (None, "")]
        if declared is None:
            continue  # a manifest names what a mapping may want; the rest is nobody's concern
        wrong = next((each for each in values if not _fits(declared, each)), None)
        if wrong is not None:
            yield f"{title}: '{path}' is {_kind(wrong)}, and the manifest says {declared.type}"
            continue
        if declared.enum and any(each not in declared.enum for each in values):
            yield f"{title}: '{path}' has values that the manifest does not name"
        if declared.of:
            below = [
                one for each in values for one in (each if isinstance(each, list) else [each]) if isinstance(one, dict)
            ]
            yield from _differs(manifest, title, manifest.types[declared.of].fields, below, f"{path}.")


def _fits(declared: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return declared.type == "boolean"
    if declared.reference and isinstance(value, dict):
        return True
    return isinstance(value, TYPES.get(declared.type, (object,)))


def _kind(value: Any) -> str:
    return next((name for name, types in TYPES.items() if name != "number" and type(value) in types), "number")


def clock(conn: Connection, side: str) -> Iterator[Finding]:
    """Compare our clock with that of the system, by what its answers say."""
    title, line = conn.spec.manifests[side].title, conn.lines.get(side)
    skew = line.http.skew if line is not None else None
    if skew is None:
        return
    if abs(skew) <= SKEW:
        yield Finding("system", f"{title}: clock", "good", "its clock and ours agree")
        return
    word = "behind" if skew > 0 else "ahead of"
    yield Finding(
        "system", f"{title}: clock", "look", f"our clock is {abs(skew):.0f} seconds {word} theirs", "this machine, or theirs",
        "Let this machine set its clock by the network (NTP): logins expire and changes are found by the clock.",
    )  # fmt: skip


def limits(conn: Connection, side: str) -> Iterator[Finding]:
    """Tell how many calls are left in the windows of now."""
    manifest, line = conn.spec.manifests[side], conn.lines.get(side)
    for each in manifest.limits:
        counted = line.limits.window(each) if line is not None else None
        if counted is None:
            continue
        left = max(0, each.calls - conn.memory.calls_made(*counted))
        of = f" of {' and '.join(each.of)}" if each.of else ""
        text = f"{left} of {each.calls} calls{of} are left in this {each.per}, as far as we made them"
        if left >= each.calls * FEW:
            yield Finding("system", f"{manifest.title}: calls", "good", text)
        else:
            cure = f"It goes on by itself in the next {each.per}; nothing is lost."
            yield Finding("system", f"{manifest.title}: calls", "look", text, "nobody's", cure)
