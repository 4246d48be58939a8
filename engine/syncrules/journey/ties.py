"""Before anybody is matched: take apart what a person wants apart, and tie again what says itself to whom it belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncrules.journey.match import Matches, Who
from syncrules.journey.rules import EntityRules, Rules
from syncrules.journey.shared import Shared
from syncrules.memory.kept import Known
from syncrules.memory.memory import Memory
from syncrules.records import reader


class Ties:
    """What is tied, or not any more, whatever matching would say.

    Args:
        names: the entities that are decided about.
        matches: takes who belongs to whom.
        external_id: the text that we leave on a side for an id of the other.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        names: Sequence[str],
        matches: Matches,
        shared: Shared,
        settings: Mapping[str, Any],
        external_id: Callable[[str, str], str],
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.names = names
        self.matches = matches
        self.shared = shared
        self.settings = settings
        self.external_id = external_id
        self.carried: set[str] = set()
        """Entities of which records carry ids of these books although we know of no counterpart."""
        self.stranded: dict[Who, str] = {}
        """Records that carry the id of something that is not there → that id."""

    def take_apart(self) -> None:
        """Take apart what a person wants apart; who is of another kind by now is left to the entity of that kind.

        Done before matching: what is free from here on must find its counterpart before anything is made for it.
        """
        for name in filter(self.memory.has_decisions, self.names):
            for _, known in list(self.memory.records(states=("pending", "waiting", "failed"), entity=name)):
                answer = self.memory.decision(name, known.side, known.id) or {}
                if known.link is None or not answer.get("unlink"):
                    continue
                with self.memory.store.transaction():
                    self._unlink(self.rules.entities[name], known)

    def _unlink(self, rules: EntityRules, known: Known) -> None:
        assert known.link is not None
        name, link = rules.entity.name, self.memory.link(known.link)
        self.memory.unlink(known.link)
        self.memory.undecide(name, known.side, known.id)
        for side, id_ in link.ids.items() if link is not None else ():
            there = self.memory.record(name, side, id_ or "")
            if there is None:
                continue
            if there.record is not None and not rules.is_kind(side, there.record, self.settings):
                self.memory.drop(name, side, [there.id])
            for rival in rivals(self.rules, rules, side):
                if (other := self.memory.record(rival, side, there.id)) is not None and other.state == "excluded":
                    self.memory.judge(rival, side, there.id, "pending")

    # Records that carry an id -------------------------------------------------------------------------------------

    def by_external_id(self) -> None:
        """Tie again what carries the other side's id: our memory was lost, or never had it."""
        for name in self.names:
            rules = self.rules.entities[name]
            side = rules.entity.link_kept_in
            if not side or rules.entity.for_each or not rules.resource(side).external_id:
                continue
            carriers: dict[str, list[str]] = {}
            after = ("", "")
            while page := self.memory.undone(name, after):
                after = (page[-1].side, page[-1].id)
                for known in page:
                    if known.side == side and known.link is None and known.record is not None:
                        id_ = self._carried_id(rules, side, known.record)
                        if id_:
                            carriers.setdefault(id_, []).append(known.id)
            self.carried |= {name} if carriers else set()
            for id_, ids in carriers.items():
                self._tie_again(rules, side, id_, ids)

    def _carried_id(self, rules: EntityRules, side: str, record: dict[str, Any]) -> str:
        """The id of the other side that a record carries, if it is one of these books; empty if not."""
        prefix = self.external_id(side, "").removesuffix(";")
        carried = str(reader(rules.resource(side).external_id, absent=None)(record) or "")
        return carried.removeprefix(prefix).removesuffix(";") if carried.startswith(prefix) else ""

    def _tie_again(self, rules: EntityRules, side: str, id_: str, carriers: list[str]) -> None:
        name, other = rules.entity.name, self.rules.spec.other(side)
        there = self.memory.record(name, other, id_)
        readable = there is not None or self.rules.reads(name, other)
        if len(carriers) > 1:
            for each in carriers:
                self.matches.asked[name, side, each] = [id_]
            self.matches.asked[name, other, id_] = sorted(carriers)
        elif there is None and readable:
            self.stranded[name, side, carriers[0]] = id_
        elif there is None or there.link is None:
            left, right = (carriers[0], id_) if side == self.rules.spec.sides[0] else (id_, carriers[0])
            self.matches.pair(self.rules, name, left, right)

    def by_sharing(self) -> None:
        """Tie what is, as another entity has it, a role of a thing to the role of this entity that the same thing has."""
        for name in self.names:
            for side, id_, role in list(self.shared.pairs(name)):
                both = ((name, side, id_), (name, self.rules.spec.other(side), role))
                free = not any(each in self.matches.pairs or each in self.matches.asked for each in both)
                if free and not decided(self.memory, name, side, id_):
                    left, right = (id_, role) if side == self.rules.spec.sides[0] else (role, id_)
                    self.matches.pair(self.rules, name, left, right)


def decided(memory: Memory, entity: str, side: str, id_: str) -> str:
    """Give the id that a person decided a record belongs to; `none` if to nothing that is there, empty if nothing was decided."""
    answer = memory.decision(entity, side, id_) or {}
    return str(answer.get("link") or ("none" if answer.get("create") or answer.get("ignore") else ""))


def rivals(every: Rules, rules: EntityRules, side: str) -> list[str]:
    """Name the entities of which a record of this side may be one instead of this."""
    name, resource = rules.entity.name, rules.source(side).resource
    return [
        each
        for each in rules.family
        if each != name and not every.share(name, each, side) and every.entities[each].source(side).resource == resource
    ]
