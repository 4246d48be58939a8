"""Decide about every record with which something is still to be done, and put the plan into the state store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from syncrules.journey import leaving, lookalikes, match, pair, referred, single
from syncrules.journey.action import Action
from syncrules.journey.around import Around
from syncrules.journey.crossing import Crossing
from syncrules.journey.decision import Circumstances, Decision
from syncrules.journey.event import Event
from syncrules.journey.held import Held
from syncrules.journey.lines import constant_of
from syncrules.journey.looked import Looked, NotYet
from syncrules.journey.planning import Planning
from syncrules.journey.roles import Roles
from syncrules.journey.rules import EntityRules, Rules, View
from syncrules.journey.shared import Shared
from syncrules.journey.ties import Ties, decided, rivals
from syncrules.language.model import Happening
from syncrules.memory.kept import Known, Link, State
from syncrules.memory.memory import Memory
from syncrules.provider import Provider
from syncrules.records import normal

UNDONE: Final[tuple[State, ...]] = ("pending", "waiting", "failed")
"""States in which a record is decided about in every run."""
UNUSED = {"because": "unused"}
"""Said of a record to which nothing points that would make it come in."""


class Decider:
    """The deciding half of one run: what is known goes in, the plan comes out.

    Args:
        open_: entity → the sides and happenings that are due.
        first: the entities whose first import this is.
        untouched: those of them whose existing records have not been set aside yet.
        external_id: the text that we leave on a side for an id of the other.
        renewed: entity → rows of which what is known was made by other rules.
    """

    def __init__(
        self,
        rules: Rules,
        memory: Memory,
        providers: Mapping[str, Provider],
        around: Around,
        open_: Mapping[str, set[tuple[str, Happening]]],
        first: set[str],
        untouched: set[str],
        external_id: Callable[[str, str], str],
        started: float,
        told: Callable[[Event], None],
        renewed: Mapping[str, set[str]],
    ) -> None:
        self.rules = rules
        self.memory = memory
        self.looked = Looked(providers)
        self.around = around
        self.settings = around.settings
        self.open = open_
        self.first = first
        self.untouched = untouched
        self.external_id = external_id
        self.started = started
        self.told = told
        self.renewed = renewed
        self.names = [name for name in rules.entities if open_[name]]
        self.plan = Planning(rules, memory, around, started)
        self.matches = match.Matches()
        self.unsettled = {
            (entry.entity, rules.spec.other(entry.side), entry.source_id)
            for entry in memory.unsettled()
            if entry.verb == "create"
        }
        """Records whose counterpart may have been created: until that is known, nothing is planned for them."""
        self.alike = lookalikes.Lookalikes()
        self.held = Held(rules, memory, self.matches.pairs, self._left_out)
        self.crossing = Crossing(memory)
        shared = Shared(rules, memory, around)
        self.roles = Roles(rules, memory, self.looked, shared, self.settings)
        self.ties = Ties(rules, memory, self.names, self.matches, shared, self.settings, external_id)

    def decide_all(self) -> None:
        """Match what is not linked, then decide about each record."""
        self.told(Event("match"))
        self.ties.take_apart()
        self.around.paired = self.matches.pairs
        self.ties.by_external_id()
        self.ties.by_sharing()
        match.find(self.rules, self.memory, partial(decided, self.memory), self.matches)
        self.ties.by_sharing()  # what was found only now may be shared too
        self.alike = lookalikes.find(
            self.rules, self.memory, UNDONE, self.unsettled, partial(decided, self.memory), self.matches
        )
        with self.memory.store.transaction():
            self.memory.clear_plan()
        for name in self.names:
            self._decide_entity(name)

    def _decide_entity(self, name: str) -> None:
        count = 0
        if self.rules.entities[name].entity.used_by:
            with self.memory.store.transaction():
                self.memory.take_in_again(name, UNUSED)
        # Pairs first: a number that one of them gives up is free for what is made afterwards.
        for paired in (True, False):
            after = ("", "")
            while page := self.memory.undone(name, after):
                after = (page[-1].side, page[-1].id)
                left = [each for each in page if (each.link is not None) is paired]
                count += len(left)
                while left:
                    left = self._decide_page(self.rules.entities[name], left)
                    self.looked.fetch()
                self.looked.forget()
                self.told(Event("plan", name, count))
            if after == ("", ""):
                break  # nothing is to be done, in pairs or not
        self._decide_departed(self.rules.entities[name])
        self._decide_beside(self.rules.entities[name])
        self.plan.groups.keep_together(self.rules.entities[name])
        if name in self.untouched:
            # Set aside once: what comes later, even if the first import has to be begun again, is new.
            with self.memory.store.transaction():
                self.memory.carried([(name, "", "before")], self.started)

    def _decide_page(self, rules: EntityRules, page: list[Known]) -> list[Known]:
        """Decide about these records; give those for which something must be fetched first, of which nothing was written."""
        left = []
        with self.memory.store.transaction():
            for known in page:
                try:
                    self._decide_one(rules, known)
                except NotYet:
                    left.append(known)
        return left

    def _decide_departed(self, rules: EntityRules) -> None:
        """Decide about the counterparts of records that are there no more, where that travels."""
        name = rules.entity.name
        for side in self.rules.spec.sides:
            after = 0
            while leaving.travels(rules, side) and (page := self.memory.departed(name, side, after)):
                after = page[-1].id
                with self.memory.store.transaction():
                    for link in page:
                        known = self.memory.record(name, side, str(link.ids[side]))
                        if known is None or not self._refused_lately(rules, known):
                            views = dict.fromkeys(self.rules.spec.sides)
                            called = known.name if known is not None else str(link.ids[side])
                            decision = pair.decide(rules, link, views, self._circumstances(rules), name=called)
                            self.plan.take(rules, decision, link.ids)

    def _decide_beside(self, rules: EntityRules) -> None:
        """Send a list again where what travels beside it is no longer the same."""
        name, side = rules.entity.name, rules.entity.to
        if not rules.entity.beside or not any(happening == "changed" for _, happening in self.open[name]):
            return
        wanted = {path: constant_of(each, self.settings) for path, each in rules.entity.beside.items()}
        before = self.memory.beside(side, rules.resource(side).name)
        fields = [
            [path, before.get(path), value]
            for path, value in wanted.items()
            if normal(value) != normal(before.get(path))
        ]
        planned = any(entity == name for entity, _ in self.memory.planned())
        if fields and (planned or self.memory.count_linked(name, side)):
            action = Action(entity=name, verb="update", side=side, name=rules.resource(side).title, fields=fields)
            with self.memory.store.transaction():
                self.memory.add_actions([(name, "update", action.to_json())])

    # One record ---------------------------------------------------------------------------------------------------

    def _decide_one(self, rules: EntityRules, known: Known) -> None:
        if known.record is None:
            return
        if self._refused_lately(rules, known):
            self.plan.groups.hold(rules, known)
            return
        if not rules.resource(known.side).is_one(known.record):
            return  # it was last read in the words of another system or protocol
        view = rules.view(known.side, known.record, self.settings)
        if rules.entity.for_each:
            self._decide_state(rules, known, replace(view, id=known.id))
            return
        link = (
            self.memory.link(known.link)
            if known.link is not None
            else self.memory.link_of(rules.entity.name, known.side, known.id)
        )
        if link is not None:
            link.outdated |= self.renewed.get(rules.entity.name, set())
            self._decide_linked(rules, known, view, link)
        else:
            self._decide_unlinked(rules, known, view)

    def _refused_lately(self, rules: EntityRules, known: Known) -> bool:
        """A write that was refused is not sent again at once, unless the record, what it waits for or the mapping changed.

        Nor is there anything to be sent again once somebody has entered by hand what was refused.
        """
        detail = known.detail if isinstance(known.detail, dict) else {}
        return (
            known.state != "pending"
            and detail.get("again", 0) > self.started
            and detail.get("under") == self.rules.digest
            and not self._went_on(rules, known, detail)
            and not self._has_appeared(rules, known)
        )

    def _went_on(self, rules: EntityRules, known: Known, detail: Mapping[str, Any]) -> bool:
        """Tell whether what a refused record waits for has changed since."""
        before = detail.get("referred")
        if before is None or known.record is None:
            return False
        return bool(before != referred.standing(self.memory, rules, known.side, known.record))

    def _has_appeared(self, rules: EntityRules, known: Known) -> bool:
        """Tell whether a record has found a counterpart that nobody has decided about yet."""
        name, other = rules.entity.name, self.rules.spec.other(known.side)
        partner = self.matches.pairs.get((name, known.side, known.id))
        there = self.memory.record(name, other, partner) if partner is not None else None
        return there is not None and there.state == "pending"

    def _decide_linked(self, rules: EntityRules, known: Known, view: View, link: Link) -> None:
        name, other = rules.entity.name, self.rules.spec.other(known.side)
        other_id = link.ids[other]
        there = self.memory.record(name, other, other_id) if other_id is not None else None
        has_content = there is not None and there.record is not None and there.state != "excluded"
        if has_content and known.side == self.rules.spec.sides[1]:
            return  # decided when its counterpart's turn came
        views: dict[str, View | None] = {known.side: view, other: None}
        if has_content and there is not None and there.record is not None:
            views[other] = rules.view(other, there.record, self.settings)
        elif there is not None and there.state == "synced":
            views[other] = self._looked_at(rules, link, other, view)
        decision = self.held.unless_taken(rules, views, pair.decide(rules, link, views, self._circumstances(rules)))
        decision = self.crossing.unless_crossed(rules, views, decision)
        if there is not None and there.state == "pending":
            # Something of it was not carried yet, whatever it looks like now.
            pair.wait_together(rules, decision, [other])
        self.plan.take(rules, decision, {known.side: known.id, other: there.id if there else None})

    def _looked_at(self, rules: EntityRules, link: Link, side: str, view: View) -> View | None:
        """Look at the counterpart of a record if what we know of it may be something else by now, and it can be read.

        That is so if it was made by other rules; and of a state also if an edit is put back.
        """
        asked = any(
            (each.name in link.outdated or (rules.entity.for_each and each.row.edited == "restore"))
            and side in each.sides
            and each.name in view.values
            for each in rules.rows
        )
        if not asked or link.gone[side] or link.ids[side] is None or not rules.resource(side).readable:
            return None
        record = self.looked.at(side, rules.resource(side).name, str(link.ids[side]))
        return rules.view(side, record, self.settings) if record is not None else None

    def _decide_unlinked(self, rules: EntityRules, known: Known, view: View) -> None:
        name, side = rules.entity.name, known.side
        who = (name, side, known.id)
        partner = (name, self.rules.spec.other(side), self.matches.pairs.get(who))
        if who in self.unsettled or partner in self.unsettled:
            return
        if who in self.matches.pairs:
            self._decide_matched(rules, known, view, self.matches.pairs[who])
            return
        asked = self.matches.asked.get(who)
        if asked is not None:
            self._ask(rules, known, asked)
            return
        if who in self.alike.held:
            reason = f"'{self.alike.held[who]}' was sent to {self._title(side)}, and it is not known yet whether it is this one"
            cure = "It goes on by itself once that is decided."
            self.memory.judge(name, side, known.id, "waiting", reason=reason, cure=cure)
            return
        elsewhere = next((each for each in rules.family if (each, side, known.id) in self.matches.asked), "")
        if elsewhere:
            reason = f"waits for a decision as {elsewhere}"
            self.memory.judge(name, side, known.id, "excluded", reason=reason)
            return
        if self._belongs_elsewhere(rules, known) or self._is_stranded(rules, known):
            return
        if rules.entity.used_by and not self._is_used(rules, known):
            reason = f"no {' or '.join(rules.entity.used_by)} points to it"
            self.memory.judge(name, side, known.id, "excluded", reason=reason, detail=UNUSED)
            return
        attach = self.roles.of(rules, known, view)
        if isinstance(attach, list):
            self._ask(rules, known, attach)
            return
        decision = single.decide(rules, side, view, self._circumstances(rules), attach)
        for action in decision.actions:
            held = self.held.new(rules, known, view, action, role=bool(attach)) if action.verb == "create" else None
            if held is not None:
                decision = Decision(judgements={side: held})
            elif action.verb == "create":
                self.around.planned[who] = rules.shown(action.side, action.changes)
        self.plan.take(rules, decision, {side: known.id})

    def _left_out(self, name: str, known: Known) -> str:
        """Say why a record is left out that has not been decided about yet; empty if it is not."""
        if known.state != "pending" or known.link is not None or known.record is None:
            return ""
        rules = self.rules.entities[name]
        view = rules.view(known.side, known.record, self.settings)
        return single.left_out(rules, known.side, view, self._circumstances(rules))

    def _decide_matched(self, rules: EntityRules, known: Known, view: View, partner_id: str) -> None:
        """Decide about a record and the one it has only just found."""
        name, side, other = rules.entity.name, known.side, self.rules.spec.other(known.side)
        partner = self.memory.record(name, other, partner_id)
        comes_itself = partner is not None and partner.record is not None and partner.state in UNDONE
        if comes_itself and side == self.rules.spec.sides[1]:
            return  # decided when its counterpart's turn comes
        views: dict[str, View | None] = {side: view, other: None}
        if partner is not None:
            record = partner.record or self.looked.at(other, rules.resource(other).name, partner_id)
            views[other] = rules.view(other, record, self.settings) if record is not None else None
        now = self._circumstances(rules)
        decision = self.held.unless_taken(rules, views, pair.decide(rules, None, views, now, other_id=partner_id))
        decision = self.crossing.unless_crossed(rules, views, decision)
        if partner is None and rules.resource(other).makes and decision.actions:
            decision.actions[0].changes = single.as_sent(rules, side, view, now)
        self.plan.take(rules, decision, {side: known.id, other: partner_id})

    def _is_used(self, rules: EntityRules, known: Known) -> bool:
        """Tell whether a record is pointed to by one of those that make it come in."""
        name, side = rules.entity.name, known.side
        for user in (self.rules.entities[each] for each in rules.entity.used_by if each in self.rules.entities):
            for row, entities in user.users.items():
                by = user.row(row).reference_by.get(side, "") if name in entities else None
                value = self.memory.key_of(name, side, known.id, f"@{by}") if by else known.id
                if by is not None and value and self.memory.is_known_by(user.entity.name, side, f"> {name}", value):
                    return True
        return False

    def _is_stranded(self, rules: EntityRules, known: Known) -> bool:
        """A record that carries the id of something that is gone is not made a second time without asking."""
        who = (rules.entity.name, known.side, known.id)
        answer = self.memory.decision(*who) or {}
        if who not in self.ties.stranded or answer.get("create") or answer.get("ignore"):
            return False
        other = self._title(self.rules.spec.other(known.side))
        self.memory.judge(
            *who,
            "waiting",
            reason=f"it belonged to a record of {other} ({self.ties.stranded[who]}) that is not there any more, or is of another kind",
            cure="Decide: it is made anew there (create), or it is left out (ignore).",
            detail={"decide": "match", "candidates": []},
        )
        return True

    def _ask(self, rules: EntityRules, known: Known, candidates: list[str]) -> None:
        other = self.rules.spec.other(known.side)
        names = [f"'{self._name_of(rules, other, id_)}'" for id_ in candidates]
        if (rules.entity.name, known.side, known.id) in self.alike.asked:
            reason = f"it may be the same as {', '.join(names)} in {self._title(other)}: one was sent to the other system, and the answer was lost"
            cure = "Decide: it is the same (link), or another one (create)."
        else:
            several = f"{len(names)} candidates in {self._title(other)}: {', '.join(names)}"
            reason = several if len(names) > 1 else f"another record wants the same counterpart: {names[0]}"
            cure = "Decide which of them it is, or that it is none of them; or correct the numbers."
        self.memory.judge(
            rules.entity.name,
            known.side,
            known.id,
            "waiting",
            reason=reason,
            cure=cure,
            detail={"decide": "match", "candidates": candidates},
        )

    def _name_of(self, rules: EntityRules, side: str, id_: str) -> str:
        known = next(
            (found for each in rules.family if (found := self.memory.record(each, side, id_)) is not None), None
        )
        if known is not None:
            return known.name
        within = rules.resource(side).within
        there = self.looked.at(side, within[0], id_) if within is not None else None
        return (
            self.rules.spec.manifests[side].resources[within[0]].name_of(there)
            if there is not None and within is not None
            else id_
        )

    def _belongs_elsewhere(self, rules: EntityRules, known: Known) -> bool:
        """A record belongs to one entity: leave it to the one that has it, or that found it."""
        source, others = rules.source(known.side), rivals(self.rules, rules, known.side)
        if not others:
            return False
        claimed = self.matches.claimed.get((known.side, source.resource, known.id), [])
        owner = self.memory.linked_elsewhere(others, known.side, known.id) or next(
            (each for each in claimed if each in others), ""
        )
        if not owner:
            return False
        self.memory.judge(rules.entity.name, known.side, known.id, "excluded", reason=f"belongs to {owner}")
        return True

    def _decide_state(self, rules: EntityRules, known: Known, view: View) -> None:
        name, side, target = rules.entity.name, known.side, rules.entity.to
        if (name, side, known.id) in self.unsettled:
            return
        link = self.memory.link_of(name, side, known.id)
        parent = self.memory.link(int(known.id))
        if parent is None:
            return
        if parent.gone.get(target):
            reason = f"deleted in {self._title(target)}; a deletion does not travel, and neither do later changes"
            self.memory.judge(name, side, known.id, "excluded", reason=reason)
            self.memory.forget_digest(name, side, known.id)
            return
        if link is None and rules.source(target).resource == self.rules.entities[parent.entity].source(target).resource:
            record = self.looked.at(target, rules.resource(target).name, str(parent.ids[target]))
            if record is None:
                self.memory.judge(name, side, known.id, "excluded", reason=f"deleted in {self._title(target)}")
                return
            views: dict[str, View | None] = {side: view, target: rules.view(target, record, self.settings)}
            self.plan.take(
                rules,
                pair.decide(rules, None, views, self._circumstances(rules)),
                {side: known.id, target: parent.ids[target]},
            )
        elif link is None:
            self.plan.take(rules, single.decide(rules, side, view, self._circumstances(rules)), {side: known.id})
        else:
            link.outdated |= self.renewed.get(name, set())
            views = {side: view, target: self._looked_at(rules, link, target, view)}
            decision = pair.decide(rules, link, views, self._circumstances(rules))
            self.plan.take(rules, decision, {side: known.id, target: link.ids[target]})

    # What a decision becomes --------------------------------------------------------------------------------------

    def _circumstances(self, rules: EntityRules) -> Circumstances:
        name = rules.entity.name
        first = name in self.first
        origin = rules.entity.imports_from

        def is_open(side: str, happening: Happening) -> bool:
            if first and not rules.entity.for_each and side != origin:
                return False
            return (side, happening) in self.open[name]

        return Circumstances(
            self.around,
            is_open,
            name in self.untouched,
            self.external_id,
            lambda side, id_: self.memory.decision(name, side, id_),
            # What was known is lost, if records of a first import carry ids of these books.
            bool(self.ties.carried & self.first),
        )

    def _title(self, side: str) -> str:
        return self.rules.spec.manifests[side].title
