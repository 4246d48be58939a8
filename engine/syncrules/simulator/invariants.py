"""What must be true after every schedule, whatever happened in it.

An invariant looks at the two systems, at the calls that they saw, and at the diary of what people did. What the engine says of a
record is read too, but only to be held against those: whoever is reported need not be in step, and must have a reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.journey.surroundings import Late
from syncrules.language.model import Entity, Row
from syncrules.manifest import Active, Resource
from syncrules.memory.kept import Known
from syncrules.records import MISSING, normal, put
from syncrules.simulator.deciding import CREATE
from syncrules.simulator.people import Deed
from syncrules.simulator.play import Ran, World
from syncrules.simulator.shape import Record, at, empty, leaves
from syncrules.simulator.twin import Write
from syncrules.simulator.values import fits


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken."""

    invariant: str
    told: str


Invariant = Callable[["Outcome"], Iterator[str]]
INVARIANTS: dict[str, Invariant] = {}


def invariant(check: Invariant) -> Invariant:
    """Register a check; its name and its first sentence stand in the manual."""
    INVARIANTS[check.__name__.replace("_", " ")] = check
    return check


def sentence(check: Invariant) -> str:
    """Give the sentence that says what an invariant demands."""
    return inspect.cleandoc(check.__doc__ or "").partition("\n")[0]


def violations(world: World, rounds: int) -> list[Violation]:
    """Hold a world that has come to rest against every invariant."""
    outcome = Outcome(world, rounds)
    return [Violation(name, told) for name, check in INVARIANTS.items() for told in check(outcome)]


class Outcome:
    """A world after its schedule, and what is looked up in it again and again."""

    def __init__(self, world: World, rounds: int) -> None:
        self.world = world
        self.rounds = rounds
        """How many runs it took until nothing was written any more; -1 if there was no end to it."""
        self.spec = world.spec
        self.rules = world.rules
        self.entities = {name: each.entity for name, each in world.rules.entities.items()}
        self.states: dict[tuple[str, str, str], Known] = {
            (entity, known.side, known.id): known
            for entity, known in world.memory.records(states=("pending", "synced", "excluded", "waiting", "failed"))
        }
        self.pairs = {name: dict(world.people.pairs(each)) for name, each in self.entities.items()}
        self.first_seen = world.runs[0].began if world.runs else 0.0
        self.history = {side: _history(twin.log) for side, twin in world.twins.items()}
        """Side → resource and id → what the record has been, and since when; None: not there."""
        self.ever = {name: list(self._ever(each)) for name, each in self.entities.items()}
        """Entity → who was ever tied to whom, as the ids in the systems tell, and since when: left, right, moment."""
        self.braked = {each[0] for each in world.memory.brakes()}
        """Entities of which something is held back until a person says that it may be."""
        self.said = [text for ran in world.runs for _, _, text in ran.notices]

    def _ever(self, entity: Entity) -> Iterator[tuple[str, str, float]]:
        side, seen = entity.link_kept_in, set[tuple[str, str]]()
        spec = self.resource(entity, side) if side else None
        for write in self.world.twins[side].log if spec is not None else ():
            carried = str((write.after or {}).get(spec.external_id) or "") if spec is not None else ""
            if spec is None or write.resource != spec.name or not carried.startswith("syncrules:"):
                continue
            pair = (write.id, carried.rpartition(":")[2].removesuffix(";"))
            if pair not in seen and fits(entity.sources[side].is_, write.after or {}):
                seen.add(pair)
                left, right = pair if side == self.spec.sides[0] else pair[::-1]
                yield left, right, write.at

    def resource(self, entity: Entity, side: str) -> Resource:
        return self.spec.manifests[side].resources[entity.sources[side].resource]

    def partner(self, entity: str, side: str, id_: str) -> str | None:
        """Give the record on the other side that belongs to this one, as the ids in the systems tell."""
        pairs = self.pairs[entity]
        if side == self.spec.sides[0]:
            return pairs.get(id_)
        return next((left for left, right in pairs.items() if right == id_), None)

    def reported(self, entity: str, *who: tuple[str, str]) -> bool:
        """Tell whether people are told that one of these records is not in step, and why."""
        return any(
            known.state in ("excluded", "waiting", "failed") and bool(known.reason)
            for side, id_ in who
            if (known := self.states.get((entity, side, id_))) is not None
        )

    def decided(self, what: str, entity: str, ids: Collection[str] = (), *, before: float) -> bool:
        """Tell whether a person decided this about one of these records, or about any of this kind."""
        return any(
            deed.what == what and deed.entity == entity and deed.at <= before and (not ids or deed.id in ids)
            for deed in self.world.people.diary
        )

    def noticed(self, row: str, mark: str) -> bool:
        """Tell whether a run said something about a value of a row: that it was replaced, or that an edit was kept."""
        return any(row in text and mark in text for text in self.said)

    def values(self, entity: Entity, side: str, record: Record, row: Row) -> Any:
        return self.rules.entities[entity.name].row(row.name).read(side, record)

    def agree(self, entity: Entity, row: Row, left: Record, right: Record) -> bool:
        """Tell whether both sides say the same in a row, each in its own words."""
        rules = self.rules.entities[entity.name].row(row.name)
        one, other = rules.read(self.spec.sides[0], left), rules.read(self.spec.sides[1], right)
        if one is MISSING or other is MISSING:
            return True
        return rules.same(one, other, _Nothing(self.world.settings))


def _history(log: list[Write]) -> dict[tuple[str, str], list[tuple[float, Record | None]]]:
    history: dict[tuple[str, str], list[tuple[float, Record | None]]] = {}
    for write in log:
        history.setdefault((write.resource, write.id), []).append((write.at, write.after))
    return history


class _Nothing:
    """Surroundings in which nothing is looked up."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def choice(self, side: str, resource: str, field: str, value: Any) -> Record:
        found: Record = {}
        put(found, field, value)
        return found

    def across(self, entities: Any, side: str, id: str, field: str) -> Any:
        return Late("", side, id, field)

    def known_by(self, entities: Any, side: str, field: str, value: Any) -> str | None:
        return str(value)

    def beside(self, side: str, id: str) -> str | None:
        return None


# The invariants ------------------------------------------------------------------------------------------------------


@invariant
def no_traceback(outcome: Outcome) -> Iterator[str]:
    """Whatever happens, a run ends with a result or with a sentence, never with an error of the program."""
    for ran in outcome.world.runs:
        if ran.broken:
            yield f"run {ran.number + 1} broke: {ran.broken}"


@invariant
def quiescence(outcome: Outcome) -> Iterator[str]:
    """When people and faults stop, a bounded number of runs reaches a state in which the next run writes nothing."""
    if outcome.rounds < 0:
        last = outcome.world.runs[-1]
        yield f"after {len(outcome.world.runs)} runs the last one still made {len(last.writes)} writes {last.error}"


@invariant
def no_duplicate(outcome: Outcome) -> Iterator[str]:
    """Nothing is made that is there already, and nothing is made twice."""
    yield from _same_foreign_id(outcome)
    for ran in outcome.world.runs:
        # Of a list that ends in the middle nobody can tell whether it lacks somebody who was never seen before.
        looked = [
            each.began
            for each in outcome.world.runs[: ran.number]
            if not each.crashed and not each.error and "half a list" not in each.mishaps
        ]
        unseen_since = max(looked, default=-1.0) if "half a list" in ran.mishaps else None
        for side, write in ran.writes:
            if write.verb == "create" and write.after is not None:
                yield from _made_beside_another(outcome, ran, side, write, unseen_since)


def _same_foreign_id(outcome: Outcome) -> Iterator[str]:
    for name, entity in outcome.entities.items():
        side = entity.link_kept_in
        if not side or entity.for_each:
            continue
        spec = outcome.resource(entity, side)
        seen: dict[Any, str] = {}
        for id_, record in outcome.world.twins[side].rows(spec.name).items():
            carried = record.get(spec.external_id)
            if not empty(carried) and fits(entity.sources[side].is_, record):
                if carried in seen:
                    yield f"{name}: '{seen[carried]}' and '{id_}' in {side} both carry {carried}"
                seen[carried] = id_


def _made_beside_another(
    outcome: Outcome, ran: Ran, side: str, write: Write, unseen_since: float | None
) -> Iterator[str]:
    """A number that a record gets must not be one that another record bore when the run began.

    Args:
        unseen_since: who came later than this may have been left out of a list without a word.
    """
    for entity in outcome.entities.values():
        source = entity.sources.get(side)
        if source is None or source.resource != write.resource or entity.for_each:
            continue
        originals = {each for pair in outcome.ever[entity.name] if write.id in pair[:2] for each in pair[:2]}
        if outcome.decided(CREATE, entity.name, originals, before=write.at):
            continue  # somebody wanted it
        path = _number_at(outcome, entity, side)
        value = at(write.after, path) if path else None
        if empty(value) or not fits(source.is_, write.after or {}):
            continue
        began = ran.began - outcome.world.twins[side].habits.lag
        for id_, record in _as_it_was(outcome, side, write.resource, began, write.at).items():
            same_kind = fits(source.is_, record) and fits(source.is_, write.after or {})
            came = min((when for when, _ in outcome.history[side].get((write.resource, id_), ())), default=0.0)
            if unseen_since is not None and came >= unseen_since:
                continue
            if id_ != write.id and same_kind and normal(at(record, path)) == normal(value):
                yield f"{entity.name}: '{write.id}' was made in {side} with {path} '{value}', which '{id_}' had"


def _number_at(outcome: Outcome, entity: Entity, side: str) -> str:
    """Name the path of what a record is known by: a row by which records match, else what a lost create is looked up by."""
    for tier in entity.tiers:
        for name, _ in tier.rows:
            path = next(each for each in entity.rows if each.name == name).sides.get(side)
            if isinstance(path, str):
                return path
    spec = outcome.resource(entity, side)
    return spec.look_up if spec.look_up != spec.external_id else ""


def _as_it_was(outcome: Outcome, side: str, resource: str, began: float, until: float) -> Mapping[str, Record]:
    """Give the records that were there when a run began, and that nobody touched until a write."""
    rows: dict[str, Record] = {}
    touched: set[str] = set()
    for write in outcome.world.twins[side].log:
        if write.resource == resource and write.at <= began:
            if write.after is None:
                rows.pop(write.id, None)
            else:
                rows[write.id] = write.after
        elif write.resource == resource and began < write.at <= until and write.who == "person":
            touched.add(write.id)
        elif write.resource == resource and began < write.at < until and write.after is not None:
            rows[write.id] = write.after
    return {id_: record for id_, record in rows.items() if id_ not in touched}


@invariant
def no_lost_edit(outcome: Outcome) -> Iterator[str]:
    """What a person typed is on both sides, or somebody is told that it is not, or a rule of the mapping keeps it."""
    last: dict[tuple[str, str, str, str], Deed] = {}
    for deed in outcome.world.people.diary:
        if deed.row:
            last[deed.entity, deed.side, deed.id, deed.row] = deed
    for deed in last.values():
        entity = outcome.entities.get(deed.entity)
        row = next((each for each in entity.rows if each.name == deed.row), None) if entity is not None else None
        if entity is None or row is None or not _travels(outcome, entity, row, deed.side):
            continue
        partner = outcome.partner(deed.entity, deed.side, deed.id)
        here = outcome.world.twins[deed.side].row(deed.resource, deed.id)
        other = outcome.spec.other(deed.side)
        there = outcome.world.twins[other].row(entity.sources[other].resource, partner) if partner else None
        if here is None or there is None or not partner:
            continue
        contested = (deed.entity, other, partner, deed.row) in last
        mark = str(deed.mark) if not contested and _typed(outcome, deed, str(deed.mark)) else ""
        if outcome.reported(deed.entity, (deed.side, deed.id), (other, partner)) or outcome.noticed(row.name, mark):
            continue
        yield from _lost(outcome, entity, row, deed, here, there)


def _lost(outcome: Outcome, entity: Entity, row: Row, deed: Deed, here: Record, there: Record) -> Iterator[str]:
    other = outcome.spec.other(deed.side)
    mine, theirs = (
        str(outcome.values(entity, side, record, row)) for side, record in ((deed.side, here), (other, there))
    )
    mark = str(deed.mark)
    left, right = (here, there) if deed.side == outcome.spec.sides[0] else (there, here)
    if not outcome.agree(entity, row, left, right):
        yield f"{entity.name} '{deed.id}': {row.name} is {mine} in {deed.side} and {theirs} in {other}, and nobody is told"
    elif mark in mine and mark not in theirs:
        yield f"{entity.name} '{deed.id}': {row.name} became {mine} in {deed.side}; {theirs} in {other} knows nothing of it"
    elif (
        mark not in mine
        and _typed(outcome, deed, mark)
        and not _was_there(outcome, other, mark)
        and not _taken_for_new(outcome, deed)
        and not _typed_over(outcome, deed, mark)
        and not _came_too_late(outcome, deed)
    ):
        yield f"{entity.name} '{deed.id}': {row.name} with {mark}, typed in {deed.side}, is nowhere any more ({mine})"


def _taken_for_new(outcome: Outcome, deed: Deed) -> bool:
    """Tell whether the system wrote a new record over this one, which came too late to be seen: else another promise is broken."""
    log = outcome.world.twins[deed.side].log
    return any(each.taken and each.id == deed.id and each.at >= deed.at for each in log)


def _came_too_late(outcome: Outcome, deed: Deed) -> bool:
    """Tell whether it was typed between a look at the record and the write that followed at once: no system tells then."""
    log = outcome.world.twins[deed.side].log
    return any(each.who == "engine" and each.id == deed.id and each.at == deed.at for each in log)


def _typed_over(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether somebody typed something else in its place, seeing it as something else that has this field too."""
    return any(
        each.who == "person" and each.id == deed.id and each.before is not None and each.after is not None
        and mark in _said(each.before) and mark not in _said(each.after)
        for each in outcome.world.twins[deed.side].log
    )  # fmt: skip


def _typed(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether a deed left its mark in the system at all; a yes, or one of three words, cannot bear one."""
    return any(
        write.who == "person" and write.id == deed.id and write.after is not None and mark in _said(write.after)
        for write in outcome.world.twins[deed.side].log
    )


def _was_there(outcome: Outcome, side: str, mark: str) -> bool:
    return any(write.after is not None and mark in _said(write.after) for write in outcome.world.twins[side].log)


def _said(record: Record) -> str:
    return " ".join(str(value) for _, value in leaves(record))


def _travels(outcome: Outcome, entity: Entity, row: Row, source: str) -> bool:
    """Tell whether the mapping carries changes of a row from a side."""
    other = outcome.spec.other(source)
    if row.unknown != "report" or row.empty is not None:
        return False  # the rule itself says that another value may stand there
    carried = entity.events[source]["changed"].then == "update"
    return (
        carried and entity.to in ("both", other) and row.to in ("both", other) and not row.once and len(row.sides) == 2
    )


@invariant
def both_sides_agree(outcome: Outcome) -> Iterator[str]:
    """Of a pair that is in sync, both sides say the same in every two-way row."""
    left, right = outcome.spec.sides
    for name, pairs in outcome.pairs.items():
        entity = outcome.entities[name]
        for one, other in pairs.items():
            if outcome.reported(name, (left, one), (right, other)) or (name, left, one) not in outcome.states:
                continue
            records = [
                outcome.world.twins[side].row(entity.sources[side].resource, id_)
                for side, id_ in ((left, one), (right, other))
            ]
            for row in entity.rows:
                both = (
                    row.to == "both" and _travels(outcome, entity, row, left) and _travels(outcome, entity, row, right)
                )
                if (
                    both
                    and not row.refers_to
                    and all(records)
                    and not outcome.agree(entity, row, records[0] or {}, records[1] or {})
                ):
                    said = [
                        outcome.values(entity, side, record or {}, row)
                        for side, record in zip((left, right), records, strict=True)
                    ]
                    yield f"{name} '{one}' and '{other}': {row.name} is {said[0]} and {said[1]}"


@invariant
def only_what_the_mapping_allows(outcome: Outcome) -> Iterator[str]:
    """Unmapped fields stay untouched, one-way rows are never written back, and a side that is only read is never written."""
    allowed: dict[tuple[str, str], set[str]] = {}
    made: set[tuple[str, str]] = set()
    for entity in outcome.entities.values():
        for side in entity.sources:
            spec = outcome.resource(entity, side)
            paths = set(_allowed_paths(outcome, entity, side, spec))
            allowed.setdefault((side, spec.name), set()).update(paths)
            if spec.within is not None:
                head = f"{spec.within[1]}."
                inner = {path.removeprefix(head) for path in paths if path.startswith(head)}
                allowed.setdefault((side, spec.within[0]), set()).update(inner)
                made.add((side, spec.within[0]))
            if entity.to in ("both", side) and (
                entity.for_each or entity.events[outcome.spec.other(side)]["created"].then == "create"
            ):
                made.add((side, spec.name))
    for (side, resource), paths in allowed.items():
        within = outcome.spec.manifests[side].resources[resource].within
        if within is not None:  # who shares a part may change it
            paths |= {f"{within[1]}.{each}" for each in allowed[side, within[0]]}
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.taken:
                yield from _written_over(outcome, ran, side, write)
            else:
                yield from _not_allowed(outcome, side, write, allowed.get((side, write.resource), set()), made)


def _written_over(outcome: Outcome, ran: Ran, side: str, write: Write) -> Iterator[str]:
    """A new record must not be one that the system takes for another, unless that one came too late to be seen."""
    began = ran.began - outcome.world.twins[side].habits.lag
    if write.id in _as_it_was(outcome, side, write.resource, began, write.at):
        yield f"{write.resource} '{write.id}' in {side} was written over by what should have been a new one"


def _allowed_paths(outcome: Outcome, entity: Entity, side: str, spec: Resource) -> Iterator[str]:
    """List what the engine may change in a record that exists."""
    other = outcome.spec.other(side)
    if entity.to in ("both", side):
        for row in entity.rows:
            attached = entity.without_role == "add" and spec.within is not None
            if side in row.sides and not row.lines and row.to in ("both", side) and (not row.once or attached):
                yield from outcome.world.people.typist.places(side, spec.name, row).values()
    if entity.link_kept_in == side and spec.external_id:
        yield spec.external_id
    policies = {entity.events[other][each].then for each in ("deactivated", "reactivated")}
    if policies & {"deactivate", "reactivate"} and isinstance(spec.active, Active):
        yield from (spec.active.field, spec.active.stamp or spec.active.field)


def _not_allowed(
    outcome: Outcome, side: str, write: Write, allowed: set[str], made: set[tuple[str, str]]
) -> Iterator[str]:
    where = f"{write.resource} '{write.id}' in {side}"
    if write.verb == "delete":
        if not _may_go(outcome, side, write.resource):
            yield f"{where} was deleted"
    elif write.verb == "create" and (side, write.resource) not in made:
        yield f"{where} was made, and the mapping makes none"
    elif write.verb == "update" and not write.shared:
        manifest = outcome.spec.manifests[side]
        names = {each.id for each in manifest.types.values()} | {path.rpartition(".")[2] for each in manifest.resources.values()
                 if each.changes is not None for path in each.changes.since}  # fmt: skip
        heads = {path.partition(".")[0] for path in allowed}
        before, after = dict(leaves(write.before or {})), dict(leaves(write.after or {}))
        for path in sorted({*before, *after}):
            field = manifest.resources[write.resource].fields.get(path.partition(".")[0])
            plain = path.rpartition(".")[2] in names or (
                field is not None and (field.read_only or (field.reference and field.name in heads))
            )
            inside = any(path == each or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in allowed)
            same = normal(before.get(path)) == normal(after.get(path)) or (
                empty(before.get(path)) and empty(after.get(path))
            )
            if not plain and not inside and not same and not _behind_reference(manifest, write.resource, path, allowed):
                yield f"{where}: {path} changed from {before.get(path)!r} to {after.get(path)!r}"


def _may_go(outcome: Outcome, side: str, resource: str) -> bool:
    """Tell whether the engine may take such records away: because the mapping says so, or to begin again from nothing."""
    source = outcome.spec.other(side)
    return any(
        outcome.resource(entity, side).name == resource
        and (
            entity.out_of_step or "delete" in {entity.events[source][each].then for each in ("deleted", "filtered_out")}
        )
        for entity in outcome.entities.values()
        if side in entity.sources and entity.to in ("both", side)
    )


def _behind_reference(manifest: Any, resource: str, path: str, allowed: set[str]) -> bool:
    """Tell whether a path leads through a reference that may be changed."""
    steps = path.split(".")
    for length in range(1, len(steps)):
        head = ".".join(steps[:length])
        found = manifest.field_at(resource, head)
        if (
            found is not None
            and found.reference
            and any(each == head or each.startswith(f"{head}.") for each in allowed)
        ):
            return True
    return False


@invariant
def nothing_goes_out_of_use_by_itself(outcome: Outcome) -> Iterator[str]:
    """A record is taken out of use, or into use again, only because its counterpart was, and the mapping says so."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            spec = outcome.spec.manifests[side].resources[write.resource]
            if write.verb != "update" or not isinstance(spec.active, Active):
                continue
            flag = spec.active.field
            if normal((write.before or {}).get(flag)) == normal((write.after or {}).get(flag)):
                continue
            if not _switched_by_people(outcome, side, write):
                yield f"{write.resource} '{write.id}' in {side}: {flag} became {(write.after or {}).get(flag)!r} at {write.at:.0f}"


def _switched_by_people(outcome: Outcome, side: str, write: Write) -> bool:
    other = outcome.spec.other(side)
    for name, entity in outcome.entities.items():
        if side in entity.sources and entity.sources[side].resource == write.resource:
            at_left = side == outcome.spec.sides[0]
            partners = {
                (right if at_left else left) for left, right, _ in outcome.ever[name] if write.id in (left, right)
            }
            link = outcome.world.memory.link_of(name, side, write.id) if entity.link_kept_in else None
            if link is not None and _marked_by_others(outcome, entity, side, write.id):
                partners.add(str(link.ids[other]))  # the systems do not tell; matching did
            spec = outcome.resource(entity, other)
            if not isinstance(spec.active, Active) or not _may_switch(entity, other):
                continue
            if any(
                each.resource == spec.name and each.id in partners and each.at <= write.at
                and normal((each.before or {}).get(spec.active.field)) != normal((each.after or {}).get(spec.active.field))
                for each in outcome.world.twins[other].log
            ):  # fmt: skip
                return True
    return False


def _may_switch(entity: Entity, source: str) -> bool:
    """Tell whether the mapping lets anything be taken out of use, or into use, because its counterpart here was."""
    events = entity.events[source]
    return events["deactivated"].then == "deactivate" or events["reactivated"].then == "reactivate"


@invariant
def call_limits_are_kept(outcome: Outcome) -> Iterator[str]:
    """No call is made beyond what a system allows, as that system counts."""
    for side, wire in outcome.world.wires.items():
        yield from (f"{side}: {each}" for each in wire.broken_limits[:1])


@invariant
def the_plan_is_what_is_written(outcome: Outcome) -> Iterator[str]:
    """A plan that was shown, with nothing happening in between, is what is written: no more, no less, no other values."""
    for ran in outcome.world.runs:
        if ran.planned is None or ran.crashed or ran.error:
            continue
        planned = [
            each for each in ran.planned if each["verb"] in ("create", "update", "deactivate", "reactivate", "delete")
        ]
        left = list(planned)
        for side, operation, resource, key, sent in ran.effects:
            found = next(
                (each for each in left if is_planned(outcome, each, side, operation, resource, key, sent)), None
            )
            if found is not None:
                left.remove(found)
            elif not is_write_back(outcome, planned, side, resource, sent):
                yield f"{operation} of {resource} '{key}' in {side} was not in the plan: {sent}"
        for each in left:
            if (each["side"], outcome.entities[each["entity"]].sources[each["side"]].resource) in ran.replaced:
                continue  # the whole list was sent; what was in it already changed nothing
            if (each["entity"], outcome.spec.other(each["side"]), str(each["source_id"])) not in ran.left:
                yield f"{each['verb']} of {each['entity']} '{each['name']}' was planned, and not done"


def is_planned(
    outcome: Outcome,
    action: Mapping[str, Any],
    side: str,
    operation: str,
    resource: str,
    key: str,
    sent: Mapping[str, Any],
) -> bool:
    verb = operation if operation in ("create", "delete") else "update"
    if (action["verb"] == "delete") != (verb == "delete"):
        return False
    mine = outcome.entities[action["entity"]].sources[action["side"]].resource
    if action["side"] != side or (action["verb"] == "create") != (verb == "create") or mine != resource:
        return False
    if verb != "create" and (action["key"] or "") != key:
        return False
    told = dict(leaves(dict(sent)))
    return all(
        "$late" in path or ((path in told or verb == "create") and normal(told.get(path)) == normal(value))
        for path, value in leaves(action["changes"])
    )


def is_write_back(
    outcome: Outcome, planned: list[Mapping[str, Any]], side: str, resource: str, sent: Mapping[str, Any]
) -> bool:
    """Leaving the new id where the mapping keeps it belongs to the create that the plan shows, or that an earlier run was cut off in."""
    field = outcome.spec.manifests[side].resources[resource].external_id
    carried = str(sent.get(field) or "").rpartition(":")[2].removesuffix(";")
    earlier = any(
        write.verb == "create" and write.who == "engine" and write.id == carried
        for write in outcome.world.twins[outcome.spec.other(side)].log
    )
    made = any(each["verb"] == "create" and each["side"] != side for each in planned)
    return (made or earlier) and field in sent


@invariant
def every_record_has_one_state(outcome: Outcome) -> Iterator[str]:
    """Every record is in sync, left out because, waiting for, or failed because; and what is in sync has a counterpart."""
    for name, entity in outcome.entities.items():
        for side, source in entity.sources.items():
            if entity.for_each or not outcome.rules.reads(name, side) or _has_other_tests(source.is_):
                continue
            for id_, record in outcome.world.twins[side].rows(source.resource).items():
                known = outcome.states.get((name, side, id_))
                if not fits(source.is_, record):
                    continue
                if known is None:
                    yield f"nobody says anything of {name} '{id_}' in {side}"
                elif known.state == "pending" and name in outcome.braked:
                    continue  # the brake says why
                elif known.state == "pending" or (known.state != "synced" and not known.reason):
                    yield f"{name} '{id_}' in {side} is {known.state} without a reason"
                elif (
                    known.state == "synced"
                    and entity.link_kept_in
                    and name not in outcome.braked
                    and outcome.partner(name, side, id_) is None
                    and not _marked_by_others(outcome, entity, side, id_)
                    and not _taken_away_unseen(outcome, entity, side, id_)
                ):
                    yield f"{name} '{id_}' in {side} counts as in sync and has no counterpart"


def _marked_by_others(outcome: Outcome, entity: Entity, side: str, id_: str) -> bool:
    """Tell whether another program's id stands where ours would, so that the systems do not tell who belongs to whom."""
    keeper = entity.link_kept_in
    link = outcome.world.memory.link_of(entity.name, side, id_)
    record = outcome.world.twins[keeper].row(entity.sources[keeper].resource, (link and link.ids[keeper]) or "")
    carried = str((record or {}).get(outcome.resource(entity, keeper).external_id) or "")
    return bool(carried) and not carried.startswith("syncrules:")


def _taken_away_unseen(outcome: Outcome, entity: Entity, side: str, id_: str) -> bool:
    """Tell whether a person deleted its counterpart where nobody can read what is there, or knows what it means to be missing."""
    other = outcome.spec.other(side)
    at = outcome.spec.sides.index(other)
    partners = {pair[at] for pair in outcome.ever[entity.name] if pair[1 - at] == id_}
    resource = entity.sources[other].resource
    seen = outcome.rules.reads(entity.name, other) and outcome.resource(entity, other).missing != "unknown"
    return not seen and any(
        each.verb == "delete" and each.who == "person" and each.resource == resource and each.id in partners
        for each in outcome.world.twins[other].log
    )


def _has_other_tests(condition: Mapping[str, Any]) -> bool:
    return any(isinstance(each, Mapping | list) for each in condition.values())


@invariant
def a_calm_schedule_ends_in_sync(outcome: Outcome) -> Iterator[str]:
    """Where nothing quarrels, nothing is guarded and every fault passes, everything that travels is in sync in the end."""
    if not outcome.world.calm:
        return
    first = next((ran.ended for ran in outcome.world.runs if not ran.crashed and not ran.error), 0.0)
    for deed in outcome.world.people.diary:
        entity = outcome.entities.get(deed.entity)
        if deed.what != "create" or entity is None or entity.to not in ("both", outcome.spec.other(deed.side)):
            continue
        if entity.events[deed.side]["created"].then != "create" or (not entity.imports_from and deed.at <= first):
            continue
        known = outcome.states.get((deed.entity, deed.side, deed.id))
        if entity.used_by and known is not None and known.state == "excluded":
            continue  # nobody needs it there
        if known is None or known.state != "synced":
            state = f"{known.state}: {known.reason}" if known is not None else "unknown"
            yield f"{deed.entity} '{deed.id}' of {deed.side} is {state}"


@invariant
def a_mirror_shows_what_is_there(outcome: Outcome) -> Iterator[str]:
    """A side that is only written to holds of whatever is in sync what the other side says, and nothing that is gone there."""
    for name, entity in outcome.entities.items():
        target = entity.to
        if target not in outcome.spec.sides or outcome.resource(entity, target).readable or name in outcome.braked:
            continue
        source = outcome.spec.other(target)
        here = outcome.world.twins[source].rows(entity.sources[source].resource)
        there = outcome.world.twins[target].rows(entity.sources[target].resource)
        partners = {id_: outcome.partner(name, source, id_) for id_ in here}
        for (of, side, id_), known in outcome.states.items():
            if (of, side) == (name, source) and known.state == "synced" and id_ in here:
                yield from _shown_there(outcome, entity, id_, here[id_], there.get(partners[id_] or ""))
        if _may_go(outcome, target, entity.sources[target].resource) and entity.link_is_id_of == target:
            for id_ in sorted(there.keys() - here.keys()):
                if not outcome.reported(name, (source, id_)):
                    yield f"{name} '{id_}' is still in {target}, and nobody has it any more"


def _shown_there(outcome: Outcome, entity: Entity, id_: str, here: Record, there: Record | None) -> Iterator[str]:
    source = outcome.spec.other(entity.to)
    if there is None:
        yield f"{entity.name} '{id_}' counts as in sync and is not in {entity.to}"
        return
    left, right = (here, there) if source == outcome.spec.sides[0] else (there, here)
    for row in entity.rows:
        if _travels(outcome, entity, row, source) and not row.refers_to and not outcome.agree(entity, row, left, right):
            said = [outcome.values(entity, side, record, row) for side, record in ((source, here), (entity.to, there))]
            yield f"{entity.name} '{id_}': {row.name} is {said[0]} in {source} and {said[1]} in {entity.to}"
