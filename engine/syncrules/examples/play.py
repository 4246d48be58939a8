"""Carry an example out: the whole engine, from reading to the plan, over a state store in memory and what the example gives.

What was in step before is read and tied as a run would do it; then it changes, and what `plan` would show is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from syncrules.examples import told
from syncrules.examples.given import BOOKS, MARK, Given, by_paths, copied, leaves, made
from syncrules.examples.model import GONE, Example, Examples, Outcome, Pair, Said
from syncrules.http import StillClock
from syncrules.journey.action import Action
from syncrules.journey.around import Around
from syncrules.journey.intake import Intake
from syncrules.journey.lines import constant_of
from syncrules.journey.remember import Keeper
from syncrules.journey.rules import EntityRules, Rules, compile_rules
from syncrules.journey.run import Journey
from syncrules.language import scoped
from syncrules.language.model import Spec
from syncrules.memory.kept import ConnectionRow, Known, Mark
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.memory.upgrade import migrate
from syncrules.records import Record, encode, normal

NAME = "example"
Who = tuple[str, str, str]
"""Side, resource, id."""
BEGINNING = 1_780_000_000.0
DAY = 86_400.0


@cache
def _empty() -> bytes:
    with Store.in_memory() as store:
        migrate(store)
        return store.content()


@cache
def _store() -> Store:
    """The one store of this process; each example empties it."""
    return Store.in_memory()


class Stage:
    """What all examples of a mapping share."""

    def __init__(self, mapping: Spec, examples: Examples) -> None:
        self.spec = mapping
        if mapping.scope:  # of many pairs of books, one is looked at
            own = scoped.inside(mapping, examples.scope).entities
            entities = {name: own.get(name, each) for name, each in mapping.entities.items()}
            self.spec = replace(mapping, scope={}, entities=entities)
        self.examples = examples
        self.zone = ZoneInfo(examples.time_zone)
        self._rules: dict[bytes, Rules] = {}
        self.began: dict[bytes, tuple[bytes, set[Who]]] = {}
        """What was made before once → a state store in which what is linked in every example is in step, and who that is."""

    def rules(self, settings: Mapping[str, Any], names: Sequence[str]) -> Rules:
        """Give the rules of these entities, and of those on which they depend, under these answers."""
        key = encode([names, normal(dict(settings))])
        if key not in self._rules:
            wanted = closed(self.spec, names)
            entities = {name: each for name, each in self.spec.entities.items() if name in wanted}
            self._rules[key] = compile_rules(replace(self.spec, entities=entities), settings, self.zone)
        return self._rules[key]

    def answers(self, example: Example) -> dict[str, Any]:
        """Give the answers that hold in an example."""
        return {**self.examples.settings, **example.settings}

    def play(self, example: Example) -> dict[str, tuple[Outcome, Outcome]]:
        """Carry an example out; give what it expects and what comes of it, entity by entity of those that it speaks of.

        Raises:
            CannotCarry: a record of it cannot be what it says.
        """
        rules = self.rules(self.answers(example), [example.entity, *example.also])
        scene = _Scene(self, example, rules)
        if example.entity in rules.entities:
            scene.in_step()
            scene.plan()
        return {
            name: (scene.expected(name, gives), scene.told(name)) if name in rules.entities else (gives, "switched_off")
            for name, gives in {example.entity: example.gives, **example.also}.items()
            if name in self.spec.entities
        }


def closed(spec: Spec, names: Sequence[str]) -> set[str]:
    """Add to these entities what they refer to, stand beside, or share records with."""
    chosen: set[str] = set()
    more = {each for each in names if each in spec.entities}
    while more - chosen:
        chosen |= more
        read = {
            (side, source.resource)
            for name in chosen
            for side, source in spec.entities[name].sources.items()
            if not spec.entities[name].for_each
        }
        for name, each in spec.entities.items():
            beside = {*each.for_each, *each.used_by, *(other for row in each.rows for other in row.refers_to)}
            alike = read & {(side, source.resource) for side, source in each.sources.items()} and not each.for_each
            if name in chosen:
                more |= beside & spec.entities.keys()
            elif alike:
                more.add(name)
    return chosen


class _Scene:
    """One example, under way."""

    def __init__(self, stage: Stage, example: Example, rules: Rules) -> None:
        self.stage, self.example, self.rules = stage, example, rules
        self.settings = stage.answers(example)
        self.spec = stage.spec
        self.systems = {side: Given(self.spec.manifests[side]) for side in self.spec.sides}
        self.providers: dict[str, Any] = {
            **self.systems
        }  # what is given is no installed provider: it has no manifest file
        self.clock = StillClock(BEGINNING)
        store = _store()
        store.replace(_empty())
        self.memory = Memory(store, NAME, self.spec.sides)
        accounts = dict.fromkeys(self.spec.sides, BOOKS)
        with store.transaction():
            store.save(ConnectionRow(NAME, self.spec.name, self.settings, accounts, {}, created_at=BEGINNING))
        self.journey = Journey(
            rules, self.memory, self.providers, accounts, self.settings, self.clock, ThreadPoolExecutor(1),
            zone=stage.zone, brief=rules.digest, whole=True,
        )  # fmt: skip
        self.before: set[Who] = set()
        """What was in step before in every example."""
        self.given: dict[str, list[Record]] = {side: [] for side in self.spec.sides}
        self.run = 0
        for lists in (stage.examples.lists, example.lists):
            for side, resources in lists.items():
                for resource, records in resources.items():
                    self._list(side, resource, records)
        self.around = Around(rules, self.memory, self.settings)
        self.around.choices = self._intake().choices()

    def _list(self, side: str, resource: str, records: Sequence[Said]) -> None:
        manifest = self.spec.manifests[side]
        for each in records:
            self.systems[side].put(resource, made(manifest, resource, each.items()))

    def _intake(self) -> Intake:
        return Intake(
            self.rules,
            self.memory,
            self.providers,
            self.settings,
            self.clock,
            self.run,
            lambda *_: None,
            lambda _: None,
        )

    def record(self, entity: str, side: str, said: Said, into: Record | None = None) -> Record:
        """Make a record of what an example says; `<id>` is what we leave where the id of the other side is kept."""
        rules, manifest = self.rules.entities[entity], self.spec.manifests[side]
        resource = rules.resource(side)
        flat = dict(by_paths(rules, side, said, self.around))
        left = flat.get(resource.external_id) if resource.external_id else None
        if isinstance(left, str) and left.startswith("<") and left.endswith(">"):
            flat[resource.external_id] = self.journey.external_id(side, left[1:-1])
        return made(manifest, resource.name, flat.items(), into)

    # What was in step -------------------------------------------------------------------------------------------------

    def in_step(self) -> None:
        """Let what was in step before be known: what is so in every example, and the pair that this one is about."""
        linked = [each for each in self.stage.examples.linked if each.entity in self.rules.entities]
        order = list(self.rules.entities)
        pairs = [(each, self._there(each)) for each in sorted(linked, key=lambda each: order.index(each.entity))]
        key = encode([self.rules.digest, order, self.example.first_import, normal(self.example.lists)])
        if key not in self.stage.began:
            self._begin(pairs)
            self.stage.began[key] = (self.memory.store.content(), self.before)
        content, self.before = self.stage.began[key]
        self.memory.store.replace(content)
        self.run = 1
        if self.example.then:
            own = Pair(self.example.entity, {side: each[0] for side, each in self.example.records.items()})
            records = self._there(own)
            self.given = {side: [record] for side, record in records.items()}
            self._in_step(own, records)
        # The journey asks when it begins what has been carried before.
        self.clock.sleep(DAY)

    def _begin(self, pairs: Sequence[tuple[Pair, Mapping[str, Record]]]) -> None:
        with self.memory.store.transaction():
            self.run = self.memory.begin_run(self.clock.now())
            for side in self.spec.sides:
                self.memory.keep_mark(side, Mark(MARK))
            if not self.example.first_import:
                marks = [(name, "", mark) for name in self.rules.entities for mark in ("import", "before")]
                self.memory.carried(marks, self.clock.now())
                for each in self.rules.entities.values():
                    beside = {path: constant_of(what, self.settings) for path, what in each.entity.beside.items()}
                    if beside:
                        self.memory.keep_beside(each.entity.to, each.resource(each.entity.to).name, beside)
        self._read()
        for pair, records in pairs:
            ids = self._in_step(pair, records)
            rules = self.rules.entities[pair.entity]
            self.before |= {(side, rules.resource(side).name, id_) for side, id_ in ids.items()}
        with self.memory.store.transaction():
            self.memory.end_run(self.run, self.clock.now(), "done", {})

    def _there(self, pair: Pair) -> dict[str, Record]:
        """Let the records of a pair be there."""
        records = {side: self.record(pair.entity, side, pair.records[side]) for side in self.spec.sides}
        for side, record in records.items():
            self.systems[side].put(self.rules.entities[pair.entity].resource(side).name, record)
        return records

    def _in_step(self, pair: Pair, records: Mapping[str, Record]) -> dict[str, str]:
        """Let two records be in step; give their ids, side by side."""
        rules = self.rules.entities[pair.entity]
        if rules.entity.for_each:
            self._read()  # what stands beside a linked record is found by it
        with self.memory.store.transaction():
            return self._tie_state(rules, records) if rules.entity.for_each else self._tie(rules, records)

    def _read(self) -> None:
        every = {(name, side) for name, each in self.rules.entities.items() for side in each.entity.sources}
        self._intake().take(every, whole=True)

    def _tie(self, rules: EntityRules, records: Mapping[str, Record]) -> dict[str, str]:
        """Tie two records as a run does, with what they look like now as what is known of them."""
        name = rules.entity.name
        views = {side: rules.view(side, record, self.settings) for side, record in records.items()}
        for side, view in views.items():
            if self.memory.record(name, side, view.id) is None:  # it cannot be read, or is looked at by no rule
                known = Known(side, view.id, view.name, "synced", view.digest, self.run)
                self.memory.keep(name, [known], self.clock.now())
                self.memory.know_by(name, [(side, view.id, *each) for each in rules.keys(side, view)])
        left, right = self.spec.sides
        Keeper(self.rules, self.memory, self.around, self.clock, self.run, self.journey.external_id).pair(
            Action(
                entity=name,
                verb="link",
                side=left,
                name=views[left].name,
                key=views[left].id,
                source_id=views[right].id,
                base={side: dict(view.values) for side, view in views.items()},
                active={side: view.active for side, view in views.items()},
                closes=True,
            )
        )
        return {side: view.id for side, view in views.items()}

    def _tie_state(self, rules: EntityRules, records: Mapping[str, Record]) -> dict[str, str]:
        """Tie a state beside a linked record to what stands for it on the other side."""
        name, target = rules.entity.name, rules.entity.to
        source = self.spec.other(target)
        key = rules.resource(source).key_of(records[source])
        found = [each.id for _, each in self.memory.records(states=("pending", "synced"), entity=name)]
        kept = [each for id_ in found if (each := self.memory.record(name, source, id_)) is not None and each.record]
        known = next((each for each in kept if rules.resource(source).key_of(each.record or {}) == key), None)
        if known is None:
            return {}
        views = {side: rules.view(side, record, self.settings) for side, record in records.items()}
        ids: dict[str, str | None] = {source: known.id, target: views[target].id}
        link = self.memory.link_of(name, source, known.id)
        base = {side: dict(view.values) for side, view in views.items()}
        if link is None:
            number = self.memory.make_link(name, ids, base, {}, int(known.id))
        else:
            number = link.id
            link.base = base
            self.memory.remember(link)
        self.memory.judge(name, source, known.id, "synced", link=number, forget=False)
        return {source: known.id, target: views[target].id}

    # What then comes of it --------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Let happen what then happens, and plan what a run would do about it."""
        example = self.example
        for side, said in example.then.items():
            rules = self.rules.entities[example.entity]
            table = self.systems[side].tables[rules.resource(side).name]
            record = self.given[side][0]
            if said == GONE:
                del table[rules.resource(side).key_of(record)]
            else:
                assert isinstance(said, Mapping)
                changed = self.record(example.entity, side, said, copied(record))
                del table[rules.resource(side).key_of(record)]
                self.systems[side].put(rules.resource(side).name, changed)
        for side, records in example.records.items():
            for said in records[1:] if example.then else records:
                record = self.record(example.entity, side, said)
                self.given[side].append(record)
                self.systems[side].put(self.rules.entities[example.entity].resource(side).name, record)
        self.journey = Journey(
            self.rules, self.memory, self.providers, dict.fromkeys(self.spec.sides, BOOKS), self.settings, self.clock,
            self.journey.pool, zone=self.stage.zone, brief=self.rules.digest, whole=True,
        )  # fmt: skip
        with self.memory.store.transaction():
            self.run = self.memory.begin_run(self.clock.now())
        self.journey.make_plan(self.run)

    def told(self, entity: str) -> Outcome:
        """Tell what the plan says of one entity."""
        rules = self.rules.entities[entity]
        outcome = told.outcome(rules, self.memory, self.journey, self.before)
        if rules.entity.follow_ups and ("create" in outcome or "link" in outcome):
            before = {each[0] for each in self.memory.to_dos()}
            self.journey.carry_out()
            to_do = sorted(each[3] for each in self.memory.to_dos() if each[1] == entity and each[0] not in before)
            if to_do and isinstance(outcome, dict):
                outcome["to_do"] = to_do
        if not outcome and not self.example.then and not rules.entity.for_each:
            unknown = [
                side
                for side, records in self.given.items()
                for each in records
                if entity == self.example.entity
                and self.memory.record(entity, side, rules.resource(side).key_of(each)) is None
                and self.rules.reads(entity, side)
            ]
            return "another_kind" if unknown else "nothing"
        return outcome or "nothing"

    def expected(self, entity: str, gives: Any) -> Outcome:
        """Write what an example says in the form in which an outcome is told."""
        if not isinstance(gives, Mapping):
            return str(gives)
        rules = self.rules.entities[entity]
        result: dict[str, Any] = {}
        for word, what in gives.items():
            if word in ("create", "update"):
                result[word] = {
                    side: [dict(self._flat(rules, side, one)) for one in (each if isinstance(each, list) else [each])]
                    for side, each in what.items()
                }
            elif word in ("link",):
                result[word] = what
            else:
                result[word] = sorted([what] if isinstance(what, str) else what)
        return result

    def _flat(self, rules: EntityRules, side: str, said: Said) -> dict[str, Any]:
        record: Record = {}
        made_ = dict(by_paths(rules, side, said, self.around))
        for path, value in made_.items():
            for inner, each in leaves(value, path):
                record[inner] = each
        return record
