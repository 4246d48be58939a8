"""Which record a person means: by reference, by side and id, or by the name or number that people know it by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncrules.cli import waits
from syncrules.cli.data import Part, systems, with_books
from syncrules.cli.waits import SHORTEST
from syncrules.errors import UsageError
from syncrules.language.model import Spec
from syncrules.memory.kept import Known, Link, State
from syncrules.memory.memory import Memory

STATES: tuple[State, ...] = ("pending", "synced", "excluded", "waiting", "failed")
MOST = 10
"""So many are listed where it may be any of them."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A record, with its counterpart if it has one."""

    books: str
    """The title of the pair of books; empty where there is only one."""
    spec: Spec
    memory: Memory
    entity: str
    known: tuple[Known, ...]
    link: Link | None

    @property
    def ids(self) -> dict[str, str | None]:
        """Side → id."""
        if self.link is not None:
            return dict(self.link.ids)
        return {each.side: each.id for each in self.known}

    @property
    def name(self) -> str:
        return next((each.name for each in self.known), self.entity)

    @property
    def ref(self) -> str:
        first = self.known[0]
        return waits.reference(self.entity, first.side, first.id)

    @property
    def foremost(self) -> Known:
        """The one of the two that says how they stand: who waits or failed, before who is in step."""
        order = ("failed", "waiting", "pending", "synced", "excluded")
        return min(self.known, key=lambda each: order.index(each.state))

    @property
    def is_out(self) -> bool:
        return all(each.state == "excluded" for each in self.known)


def find(name: str, parts: Sequence[Part], text: str) -> Meant:
    """Find the record that a person means.

    Args:
        name: that of the connection.

    Raises:
        UsageError: there is none, or it may be any of several.
    """
    found = list(_distinct(parts, text))
    taking_part = [each for each in found if not each.is_out]
    # One record may be read by several entities, and takes part in one of them.
    found = taking_part if len(taking_part) == 1 else found
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(
            f"no record of '{name}' is called '{text}'",
            cure="Give its name or number, a reference as 'syncrules waiting' prints it, or SIDE:ID. A record is known once a run has read it.",
        )
    listed = "; ".join(
        f"{each.ref[:SHORTEST]} ({each.entity} '{each.name}' of {_where(each)}, {each.foremost.state})"
        for each in found[:MOST]
    )
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    raise UsageError(
        f"'{text}' may be any of {len(found)} records: {listed}{more}", cure="Use the reference of one of them."
    )


def _where(meant: Meant) -> str:
    titles = systems(meant.spec)
    return with_books(meant.books, " and ".join(titles[each.side] for each in meant.known))


def _distinct(parts: Sequence[Part], text: str) -> Iterator[Meant]:
    for title, spec, memory in parts:
        seen: set[tuple[str, str, str]] = set()
        for entity, side, id_ in _candidates(spec, memory, text):
            if (entity, side, id_) not in seen and entity in spec.entities:
                meant = _meant(title, spec, memory, entity, side, id_)
                if meant is not None:
                    seen |= {(entity, each.side, each.id) for each in meant.known}
                    yield meant


def _meant(title: str, spec: Spec, memory: Memory, entity: str, side: str, id: str) -> Meant | None:
    link = memory.link_of(entity, side, id)
    ids = link.ids if link is not None else {side: id}
    known = [memory.record(entity, at, ids[at] or "") for at in spec.sides if ids.get(at) is not None]
    there = tuple(each for each in known if each is not None)
    return Meant(title, spec, memory, entity, there, link) if there else None


def _candidates(spec: Spec, memory: Memory, text: str) -> Iterator[tuple[str, str, str]]:
    head, _, rest = text.partition(":")
    if head in spec.sides and rest:
        yield from ((entity, head, rest) for entity in spec.entities)
        return
    if head in spec.entities and rest.partition(":")[0] in spec.sides:
        yield head, rest.partition(":")[0], rest.partition(":")[2]
        return
    found = memory.called(text)
    # A reference is looked for last: for that every record has to be looked at.
    if not found and re.fullmatch(r"[0-9a-f]{4,20}", text.lower()):
        found = [
            (entity, known.side, known.id)
            for entity, known in memory.records(states=STATES)
            if waits.reference(entity, known.side, known.id).startswith(text.lower())
        ]
    yield from found
