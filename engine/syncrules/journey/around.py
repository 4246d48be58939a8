"""What a value may depend on besides its own record: answers, small look-ups, links, and what this plan will create."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncrules.journey.choices import chosen
from syncrules.journey.rules import Rules
from syncrules.journey.surroundings import Lacks, Late, Waits
from syncrules.memory.memory import Memory
from syncrules.records import normal


class Around:
    """The surroundings of one run."""

    def __init__(self, rules: Rules, memory: Memory, settings: Mapping[str, Any]) -> None:
        self.rules = rules
        self.memory = memory
        self.settings = settings
        self.choices: dict[tuple[str, str], list[dict[str, Any]]] = {}
        """Side and resource → all records of a small look-up."""
        self.planned: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        """Entity, side and id of the records whose counterpart this plan creates → what it writes in the fields in which others look."""
        self.renamed: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        """Entity, side and id of the records whose counterpart this plan changes → the same; empty once it is written."""
        self.paired: Mapping[tuple[str, str, str], str] = {}
        """Entity, side and id → the counterpart that this plan links."""
        self._index: dict[tuple[str, str, str], dict[Any, Mapping[str, Any]]] = {}

    def choice(self, side: str, resource: str, field: str, value: Any) -> Mapping[str, Any] | None:
        """Give the record of a small look-up whose field has this value, or None; letter case does not count."""
        return chosen(self.choices, self._index, side, resource, field, value)

    def across(self, entities: Iterable[str], side: str, id: str, field: str) -> Any:
        """Give what the record linked to this one is called on the other side.

        Raises:
            Waits: it is not linked yet, and this plan does not create it; or its counterpart is there no more.
            Lacks: it is linked, and its counterpart has nothing in this field.
        """
        other = self.rules.spec.other(side)
        present = [name for name in entities if name in self.rules.entities]
        for name in present:
            link = self.memory.link_of(name, side, id)
            if link is not None and link.gone.get(other):
                raise self._deleted(name, side, id)
            there = link.ids[other] if link is not None else self.paired.get((name, side, id))
            if there is not None:
                if not field:
                    return there
                new = self.renamed.get((name, side, id), {}).get(field.removeprefix("@"))
                if new is not None and not isinstance(new, Late):
                    return Late(name, side, id, field, new, renamed=True)
                value = self.memory.key_of(name, other, there, field if field.startswith("@") else f"@{field}")
                if value is None:
                    title, what = self.rules.spec.manifests[other].title, field.removeprefix("@")
                    raise Lacks(f"the {name} it belongs to has no {what} in {title}, or it is not known yet")
                return value
        for name in present:
            made = self.planned.get((name, side, id))
            if made is not None:
                planned = made.get(field.removeprefix("@"))
                return Late(name, side, id, field, planned)
        for name in present:
            known = self.memory.record(name, side, id)
            if known is not None:
                why = f": {known.reason}" if known.reason else ""
                raise Waits(
                    f"the {name} '{known.name}' it belongs to is not in {self.rules.spec.manifests[other].title}{why}"
                )
        raise Waits(f"the {' or '.join(present)} it belongs to is not known yet")

    def _deleted(self, name: str, side: str, id: str) -> Waits:
        """Say that what is referred to was deleted: what it was called may be the name of somebody else by now."""
        known, title = self.memory.record(name, side, id), self.rules.spec.manifests[self.rules.spec.other(side)].title
        called = f" '{known.name}'" if known is not None else ""
        return Waits(
            f"the {name}{called} it belongs to was deleted in {title}",
            f"What was deleted in {title} is not made anew by itself, and its number may be somebody else's by now: enter this by hand there.",
        )

    def known_by(self, entities: Iterable[str], side: str, field: str, value: Any) -> str | None:
        """Give the id of the record that has this value in a field by which others refer to it."""
        for name in entities:
            ids = self.memory.found_by(name, side, f"@{field}", [str(normal(value))]).get(str(normal(value)), [])
            for id_ in ids:
                link = self.memory.link_of(name, side, id_)
                if link is not None and not link.gone.get(side):
                    return id_
        return None

    def beside(self, side: str, id: str) -> str | None:
        """Give the id, on a side, of the linked record that a state belongs to; the state's id is the number of that link."""
        link = self.memory.link(int(id))
        return link.ids[side] if link is not None else None
