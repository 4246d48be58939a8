"""The whole look, in order: what is remembered, what was told, then each system. It asks, and writes nothing in either system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncrules import many
from syncrules.connection import Connection
from syncrules.doctor import configuration, systems
from syncrules.doctor.finding import Finding
from syncrules.errors import ProviderError
from syncrules.language.model import Row
from syncrules.provider import Provider
from syncrules.records import Record

Pages = dict[tuple[str, str], list[Record] | ProviderError]


def look(conn: Connection) -> Iterator[Finding]:
    """Look at a connection and its systems.

    Where it has many pairs of books, what is read inside one of them is read in the first that is open.
    """
    yield from configuration.look(conn)
    pages: Pages = {}
    known = []
    for side in conn.spec.sides:
        found = list(systems.log_in(conn, side))
        yield from found
        if all(each.verdict != "wrong" for each in found):
            known.append(side)
    first = next(
        (each for each in conn.memory.store.books(conn.row.name) if each.state == "open" and each.records), None
    )
    inner = many.inside(conn, first) if first is not None and conn.spec.scope else conn
    for side in known:
        used = _used(inner, side)
        for name in used:
            provider = _where(conn, inner, side, name)
            if provider is not None:
                pages[side, name] = systems.first_page(
                    provider, conn.spec.manifests[side], conn.spec.manifests[side].resources[name]
                )
        mine = {name: page for (at, name), page in pages.items() if at == side}
        yield from systems.look(conn, side, used, mine)
        yield from systems.clock(conn, side)
        yield from systems.limits(conn, side)
    yield from configuration.look_at_settings(
        conn, {each: _whole(conn, inner, each) for each in _lists(conn) if each[0] in known}
    )


def _where(conn: Connection, inner: Connection, side: str, resource: str) -> Provider | None:
    """Say where a resource is read: the records that stand for books outside of all of them, the rest inside one."""
    if conn.spec.scope and resource == conn.spec.scope[side]["resource"]:
        return conn.providers[side]
    return None if conn.spec.scope and inner is conn else inner.providers[side]


def _whole(conn: Connection, inner: Connection, where: tuple[str, str]) -> list[Record] | ProviderError:
    """Read all that can be chosen."""
    side, name = where
    resource, provider = conn.spec.manifests[side].resources[name], _where(conn, inner, side, name)
    if resource.rows is not None:
        return [dict(each) for each in resource.rows]
    if provider is None:
        return ProviderError(conn.spec.manifests[side].title, "there is no pair of books yet")
    try:
        return [each for page in provider.read(name) for each in page]
    except ProviderError as error:
        return error


def _lists(conn: Connection) -> list[tuple[str, str]]:
    """List what settings choose from."""
    places = (place for each in conn.spec.settings.values() for place in (each.choose, each.for_each))
    return list(dict.fromkeys(place for place in places if place is not None))


def _used(conn: Connection, side: str) -> Mapping[str, set[str]]:
    """List the resources of a side that are read, each with the fields of it that the mapping names."""
    found: dict[str, set[str]] = {}
    for name, each in conn.rules.entities.items():
        source = each.entity.sources.get(side)
        if source is not None and conn.rules.reads(name, side) and each.resource(side).readable:
            paths = {path for row in each.entity.rows for path in _paths(row, side)}
            found.setdefault(source.resource, set()).update(path.partition(".")[0] for path in paths)
    for at, resource in sorted(conn.rules.choices):
        if at == side:
            found.setdefault(resource, set())
    if conn.spec.scope:
        found.setdefault(conn.spec.scope[side]["resource"], set())
    return found


def _paths(row: Row, side: str) -> list[str]:
    parts = row.sides.get(side, ())
    paths = [parts] if isinstance(parts, str) else list(parts.values()) if isinstance(parts, Mapping) else []
    return [
        each
        for each in paths
        if each.replace(".", "").replace("_", "").isalnum() and not row.lines and row.to != "neither"
    ]
