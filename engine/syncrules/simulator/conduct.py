"""What must be true of every run on its way, and of money: who may come in, who leads, who is gone, what has been paid.

These look at moments: what a system said while a run was under way, and what the run made of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from syncrules.language.model import Entity, Need, Row
from syncrules.manifest import Active
from syncrules.records import normal
from syncrules.simulator.deciding import LET_IT
from syncrules.simulator.invariants import Outcome, invariant
from syncrules.simulator.people import Deed
from syncrules.simulator.play import Ran
from syncrules.simulator.shape import Record, at, empty, leaves, merged
from syncrules.simulator.twin import Write, recipe

FEW = 5
"""So many at once are believed without asking."""

Versions = list[tuple[float, Record | None]]


# What was there, and when ----------------------------------------------------------------------------------------------


def versions(outcome: Outcome, side: str, resource: str, id_: str) -> Versions:
    """Give what a record has been, and since when; None: not there."""
    return outcome.history[side].get((resource, id_), [])


def seen_between(outcome: Outcome, side: str, resource: str, id_: str, began: float, until: float) -> list[Record]:
    """Give all that a system may have shown of a record between two moments."""
    since = began - outcome.world.twins[side].habits.lag
    shown: list[Record] = []
    current: Record | None = None
    for when, record in versions(outcome, side, resource, id_):
        if when <= since:
            current = record
        elif when <= until:
            shown += [record] if record is not None else []
    return shown if current is None else [current, *shown]


def made_for(outcome: Outcome, entity: Entity, side: str, id_: str) -> tuple[str, float] | None:
    """Give the record of the other side that a record was made for, or tied to, and since when; also if it is gone by now."""
    left = side == outcome.spec.sides[0]
    for one, other, when in outcome.ever[entity.name]:
        if (one if left else other) == id_:
            return (other if left else one), when
    return None


def entities_of(outcome: Outcome, side: str, write: Write) -> Iterator[Entity]:
    """List the entities with an identity of their own that a written record may belong to."""
    for entity in outcome.entities.values():
        source = entity.sources.get(side)
        if source is not None and source.resource == write.resource and not entity.for_each:
            yield entity


def holds(condition: Mapping[str, Any], record: Record) -> bool:
    """Tell whether a record has the values, or one of the values, that a condition asks for; other tests are passed over."""
    for path, test in condition.items():
        if isinstance(test, Mapping) or "|" in path or "!" in path:
            continue
        if at(record, path) not in (test if isinstance(test, list) else [test]):
            return False
    return True


# Who may come in ---------------------------------------------------------------------------------------------------------


@invariant
def only_who_may_come_in(outcome: Outcome) -> Iterator[str]:
    """Nothing is made for a record that the mapping leaves out, that is not in use where those are skipped, or that lacks what it needs."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.verb != "create":
                continue
            for entity in entities_of(outcome, side, write):
                found = made_for(outcome, entity, side, write.id)
                if found is None:
                    continue
                source, resource = outcome.spec.other(side), entity.sources[outcome.spec.other(side)].resource
                shown = seen_between(outcome, source, resource, found[0], ran.began, write.at)
                if shown and not any(_may_come(outcome, entity, source, each) for each in shown):
                    yield f"{entity.name}: '{write.id}' was made in {side} for '{found[0]}' of {source}, which may not come in"


def _may_come(outcome: Outcome, entity: Entity, side: str, record: Record) -> bool:
    source = entity.sources[side]
    flag = outcome.resource(entity, side).active
    idle = isinstance(flag, Active) and normal(at(record, flag.field)) == normal(flag.inactive)
    if idle and entity.events[side]["already_inactive"].then == "skip":
        return False
    needs = [each for each in entity.needs if each.side == side and each.to != side]
    return holds(source.is_, record) and holds(source.where, record) and all(_met(each, record) for each in needs)


def _met(need: Need, record: Record) -> bool:
    if need.of or "!" in need.path or isinstance(need.equals, Mapping):
        return True
    values = [at(record, path.strip()) for path in need.path.split("||")]
    if need.equals is not None:
        return any(normal(each) == normal(need.equals) for each in values)
    return not all(empty(each) for each in values)


@invariant
def nobody_is_tied_to_who_may_not_come_in(outcome: Outcome) -> Iterator[str]:
    """Two records that find each other are both in use, and of the kind that the mapping speaks of."""
    for name, entity in outcome.entities.items():
        for left, right, when in outcome.ever[name]:
            for side, id_ in zip(outcome.spec.sides, (left, right), strict=True):
                resource = entity.sources[side].resource
                made = any(
                    write.id == id_ and write.resource == resource and write.verb == "create" and write.who == "engine"
                    for write in outcome.world.twins[side].log
                )
                shown = seen_between(outcome, side, resource, id_, outcome.first_seen, when)
                if not made and shown and not any(_is_candidate(outcome, entity, side, each) for each in shown):
                    yield f"{name}: '{left}' and '{right}' were tied together, and '{id_}' of {side} may not come in"


def _is_candidate(outcome: Outcome, entity: Entity, side: str, record: Record) -> bool:
    flag = outcome.resource(entity, side).active
    idle = isinstance(flag, Active) and normal(at(record, flag.field)) == normal(flag.inactive)
    skipped = idle and entity.events[side]["already_inactive"].then == "skip"
    return holds(entity.sources[side].is_, record) and not skipped


@invariant
def what_was_there_before_stays_where_it_is(outcome: Outcome) -> Iterator[str]:
    """Where the mapping imports nothing, a record from before the first run is never sent, whatever happens to it later."""
    runs = outcome.world.runs
    done = next((each for each in runs if not each.crashed and not each.error), None)
    if done is None or any("half a list" in each.mishaps for each in runs if each.number <= done.number):
        return
    for entity in outcome.entities.values():
        if entity.imports_from or entity.for_each or entity.to == "both":
            continue
        side = outcome.spec.other(entity.to)
        spec, source = outcome.resource(entity, side), entity.sources[side]
        before = runs[0].began - outcome.world.twins[side].habits.lag
        for (resource, id_), past in outcome.history[side].items():
            if resource != spec.name or any(before < when <= done.ended for when, _ in past):
                continue
            there = next((record for when, record in reversed(past) if when <= before), None)
            if there is not None and holds(source.is_, there) and holds(source.where, there):
                found = made_for(outcome, entity, side, id_)
                if found is not None:
                    yield f"{entity.name} '{id_}' of {side} was there before the first run, and was sent"


# Who leads ---------------------------------------------------------------------------------------------------------------


@invariant
def the_leading_side_stands(outcome: Outcome) -> Iterator[str]:
    """Where both sides gave a row another value between two runs, the value of the side that leads is on both sides in the end."""
    last: dict[tuple[str, str, str], dict[str, Deed]] = defaultdict(dict)
    for deed in outcome.world.people.diary:
        if deed.row and deed.entity in outcome.entities:
            pair = _pair_of(outcome, outcome.entities[deed.entity], deed.side, deed.id, deed.at)
            if pair is not None:
                last[deed.entity, pair[0], deed.row][deed.side] = deed
    for (name, left, row_name), deeds in last.items():
        entity = outcome.entities[name]
        row = next((each for each in entity.rows if each.name == row_name), None)
        if row is None or len(deeds) < 2 or row.to != "both" or row.once or row.unknown != "report":
            continue
        winner = row.numbered_by or row.leading
        right = outcome.partner(name, outcome.spec.sides[0], left)
        if winner not in deeds or right is None or not _in_one_pause(outcome, deeds.values()):
            continue
        if entity.events[winner]["changed"].then != "update":
            continue
        ids = dict(zip(outcome.spec.sides, (left, right), strict=True))
        if outcome.reported(name, *ids.items()):
            continue
        yield from _stands(outcome, entity, row, deeds, winner, ids)


def _pair_of(outcome: Outcome, entity: Entity, side: str, id_: str, when: float) -> tuple[str, str] | None:
    left = side == outcome.spec.sides[0]
    for one, other, tied in outcome.ever[entity.name]:
        if (one if left else other) == id_ and tied < when:
            return one, other
    return None


def _in_one_pause(outcome: Outcome, deeds: Iterable[Deed]) -> bool:
    """Tell whether all of this was done between the same two runs."""
    moments = [each.at for each in deeds]
    return not any(ran.began <= max(moments) and min(moments) <= ran.ended for ran in outcome.world.runs)


def _stands(
    outcome: Outcome, entity: Entity, row: Row, deeds: Mapping[str, Deed], winner: str, ids: Mapping[str, str]
) -> Iterator[str]:
    loser = outcome.spec.other(winner)
    marks = {side: str(deed.mark) for side, deed in deeds.items()}
    if len(set(marks.values())) < 2 or not all(typed(outcome, deeds[side], marks[side]) for side in deeds):
        return
    for side, id_ in ids.items():
        record = outcome.world.twins[side].row(entity.sources[side].resource, id_)
        said = str(outcome.values(entity, side, record, row)) if record is not None else ""
        if record is not None and marks[loser] in said and marks[winner] not in said:
            yield f"{entity.name} '{ids[outcome.spec.sides[0]]}': {row.name} is {said} in {side}, and {winner} leads"


def typed(outcome: Outcome, deed: Deed, mark: str) -> bool:
    """Tell whether a deed left its mark in the system at all; a yes, or one of three words, cannot bear one."""
    return any(
        record is not None and when == deed.at and mark in " ".join(str(value) for _, value in leaves(record))
        for when, record in versions(outcome, deed.side, deed.resource, deed.id)
    )


# In use, there -----------------------------------------------------------------------------------------------------------


@invariant
def both_are_in_use_or_neither(outcome: Outcome) -> Iterator[str]:
    """What was taken out of use, or into use again, is so on the other side too, where the mapping says so."""
    left, right = outcome.spec.sides
    for name, entity in outcome.entities.items():
        if name in outcome.braked or entity.for_each:
            continue
        for one, other, when in outcome.ever[name]:
            ids = {left: one, right: other}
            if outcome.partner(name, left, one) == other and not outcome.reported(name, *ids.items()):
                for side in outcome.spec.sides:
                    yield from _followed(outcome, entity, side, ids, when)


def _followed(outcome: Outcome, entity: Entity, side: str, ids: Mapping[str, str], when: float) -> Iterator[str]:
    other = outcome.spec.other(side)
    mine, theirs = outcome.resource(entity, side), outcome.resource(entity, other)
    if not isinstance(mine.active, Active) or not isinstance(theirs.active, Active) or entity.sources[side].inactive:
        return
    switched = _switches(outcome, side, mine.name, ids[side], mine.active)
    answered = _switches(outcome, other, theirs.name, ids[other], theirs.active)
    if not switched or switched[-1][0] <= when or any(who == "person" for _, _, who in answered):
        return
    idle = switched[-1][1]
    wanted = entity.events[side]["deactivated" if idle else "reactivated"].then
    there = outcome.world.twins[other].row(theirs.name, ids[other])
    idle_there = normal(at(there, theirs.active.field)) == normal(theirs.active.inactive)
    if wanted in ("deactivate", "reactivate") and idle != idle_there:
        word = "out of use" if idle else "in use"
        yield f"{entity.name} '{ids[side]}' is {word} in {side}, and '{ids[other]}' in {other} is not"


def _switches(outcome: Outcome, side: str, resource: str, id_: str, flag: Active) -> list[tuple[float, bool, str]]:
    """List when a record was taken out of use (true) or into use, and by whom."""
    found: list[tuple[float, bool, str]] = []
    for write in outcome.world.twins[side].log:
        if write.resource == resource and write.id == id_ and write.verb == "update":
            before, after = (
                normal(at(each, flag.field)) == normal(flag.inactive) for each in (write.before, write.after)
            )
            if before != after:
                found.append((write.at, after, write.who))
    return found


@invariant
def who_is_there_is_not_called_deleted(outcome: Outcome) -> Iterator[str]:
    """In the end nobody is said to have been deleted who is there, nor to have lost a counterpart that is there."""
    for (name, side, id_), known in outcome.states.items():
        entity = outcome.entities.get(name)
        if entity is None or entity.for_each or known.state != "excluded" or name in outcome.braked:
            continue
        own, other = (outcome.spec.manifests[each].title for each in (side, outcome.spec.other(side)))
        there = outcome.world.twins[side].row(entity.sources[side].resource, id_) is not None
        paired = outcome.partner(name, side, id_) is not None
        said = known.reason.partition(";")[0]
        if (there and said == f"deleted in {own}") or (
            there and paired and said in (f"its counterpart was deleted in {other}", f"it was deleted in {other}")
        ):
            yield f"{name} '{id_}' of {side} is said to be {known.reason}"


@invariant
def a_list_that_is_too_short_is_not_believed(outcome: Outcome) -> Iterator[str]:
    """Too many that seem to be gone at once, or an empty list, are no reason to call anybody deleted."""
    for ran in outcome.world.runs:
        for (name, side), count in ran.called_gone.items():
            entity = outcome.entities[name]
            tied = sum(1 for _, _, when in outcome.ever[name] if when <= ran.ended)
            allowed = entity.brakes.get("deletions", max(FEW, tied // 10))
            if outcome.decided(LET_IT, name, before=ran.ended):
                continue
            if count > allowed or (count and (side, entity.sources[side].resource) in ran.emptied):
                yield f"run {ran.number + 1} called {count} × {name} of {side} deleted that are there"


@invariant
def the_brakes_hold(outcome: Outcome) -> Iterator[str]:
    """No run takes more out of use, or settles more, than its mapping allows without asking."""
    for ran in outcome.world.runs:
        count: Counter[tuple[str, str]] = Counter()
        for side, write in ran.writes:
            flag = outcome.spec.manifests[side].resources[write.resource].active
            if write.verb == "update" and isinstance(flag, Active):
                now, before = (
                    normal(at(each, flag.field)) == normal(flag.inactive) for each in (write.after, write.before)
                )
                if now and not before:
                    count.update((side, each.name) for each in entities_of(outcome, side, write)
                                 if made_for(outcome, each, side, write.id) is not None)  # fmt: skip
        for (side, name), many in count.items():
            entity = outcome.entities[name]
            allowed = entity.brakes.get("deactivations", max(FEW, len(outcome.ever[name]) // 10))
            if many > allowed and not outcome.decided(LET_IT, name, before=ran.ended):
                yield f"run {ran.number + 1} took {many} × {name} out of use in {side}, and {allowed} are allowed"


@invariant
def nobody_waits_for_a_run_that_has_been(outcome: Outcome) -> Iterator[str]:
    """When all has come to rest, nothing waits for what the next run would have looked at."""
    for (name, side, id_), known in outcome.states.items():
        if known.state == "waiting" and known.cure == "It is tried again by itself.":
            yield f"{name} '{id_}' of {side} still waits: {known.reason}"


# Who is meant ------------------------------------------------------------------------------------------------------------


@invariant
def who_is_referred_to_is_the_counterpart(outcome: Outcome) -> Iterator[str]:
    """A document that is made points to the counterpart of the record to which its original points."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            for entity in entities_of(outcome, side, write) if write.verb == "create" else ():
                found = made_for(outcome, entity, side, write.id)
                for row in entity.rows:
                    if found is not None and row.refers_to and len(row.sides) == 2:
                        yield from _points(outcome, ran, entity, row, side, write, found[0])


def _points(
    outcome: Outcome, ran: Ran, entity: Entity, row: Row, side: str, write: Write, source_id: str
) -> Iterator[str]:
    source = outcome.spec.other(side)
    resource = entity.sources[source].resource
    shown = seen_between(outcome, source, resource, source_id, ran.began, write.at)
    meant = {str(value) for each in shown for value in _ids_behind(outcome, source, resource, row, each)}
    said = _reference(outcome, side, write.resource, row, write.after or {})
    by = _by(outcome, side, write.resource, row)
    right = {
        str(at(record, by))
        for name in row.refers_to
        if name in outcome.entities
        for id_ in meant
        for counterpart in [made_for(outcome, outcome.entities[name], source, id_)]
        if counterpart is not None
        for record in seen_between(outcome, side, outcome.entities[name].sources[side].resource, counterpart[0], ran.began, write.at)
    }  # fmt: skip
    if right and not empty(said) and str(said) not in right:
        yield f"{entity.name} '{write.id}' in {side}: {row.name} is {said}, and its original is about {sorted(meant)}"


def _ids_behind(outcome: Outcome, side: str, resource: str, row: Row, record: Record) -> Iterator[Any]:
    by, value = _by(outcome, side, resource, row), _reference(outcome, side, resource, row, record)
    for name in row.refers_to:
        if not empty(value) and name in outcome.entities:
            target = outcome.entities[name].sources[side].resource
            for (other, id_), past in outcome.history[side].items():
                if other == target and any(each is not None and str(at(each, by)) == str(value) for _, each in past):
                    yield id_


def _reference(outcome: Outcome, side: str, resource: str, row: Row, record: Record) -> Any:
    value = at(record, str(row.sides[side]))
    return value.get(_by(outcome, side, resource, row)) if isinstance(value, Mapping) else value


def _by(outcome: Outcome, side: str, resource: str, row: Row) -> str:
    found = outcome.spec.manifests[side].field_at(resource, str(row.sides[side]))
    if found is None or not found.reference:
        return ""
    ids = outcome.spec.manifests[side].resources[found.reference[0]].id
    return ids[0] if found.type == "object" or not found.by else found.by[0]


def _is_of(condition: Mapping[str, Any], record: Record) -> bool:
    """Tell whether a record was made as one of a kind, also where the kind is said by what it is not."""
    others = {path: test["not"] for path, test in condition.items() if isinstance(test, Mapping) and "not" in test}
    return holds(condition, record) and all(normal(at(record, path)) != normal(each) for path, each in others.items())


@invariant
def nothing_empty_is_made(outcome: Outcome) -> Iterator[str]:
    """A new record is sent without the rows of which nothing is known."""
    places = outcome.world.people.typist.places
    for ran in outcome.world.runs:
        for side, operation, resource, _, sent in ran.effects:
            told = dict(leaves(dict(sent)))
            for entity in outcome.entities.values() if operation == "create" else ():
                source = entity.sources.get(side)
                if source is None or source.resource != resource or not _is_of(source.is_, dict(sent)):
                    continue
                for row in entity.rows:
                    paths = places(side, resource, row).values() if side in row.sides and not row.lines else ()
                    if any(path in told for path in paths) and all(empty(told.get(path)) for path in paths):
                        yield f"{entity.name} was made in {side} with an empty {row.name}"


# What stays as it is -----------------------------------------------------------------------------------------------------


@invariant
def what_is_only_read_is_not_even_asked_to_change(outcome: Outcome) -> Iterator[str]:
    """Nobody tries to write where the mapping only reads, or where the system takes nothing."""
    for ran in outcome.world.runs:
        for side, operation, name, key, sent in ran.asked:
            resource = outcome.spec.manifests[side].resources[name]
            refused = not resource.creatable if operation == "create" else resource.update == "none"
            if refused:
                yield f"run {ran.number + 1}: {operation} of {name} '{key}' in {side}, which takes none"
            ours = [each for each in outcome.entities.values() if side in each.sources]
            marks = [each for each in ours if each.link_kept_in == side and set(sent) == {resource.external_id}]
            written = [each for each in ours if each.to in ("both", side)]
            if not written and not marks:
                yield f"run {ran.number + 1}: {operation} of {name} '{key}' in {side}, which is only read: {sent}"


@invariant
def a_booked_document_stays_as_it_is(outcome: Outcome) -> Iterator[str]:
    """A document that was made, or that its system has closed, is changed only as the mapping or the system says."""
    for ran in outcome.world.runs:
        for side, write in ran.writes:
            if write.verb == "update" and not write.shared:
                changed = _changed(write)
                yield from _of_a_closed_one(outcome, side, write, changed)
                for entity in entities_of(outcome, side, write):
                    yield from _of_a_made_one(outcome, entity, side, write, changed)


def _changed(write: Write) -> set[str]:
    before, after = dict(leaves(write.before or {})), dict(leaves(write.after or {}))
    return {
        path
        for path in {*before, *after}
        if normal(before.get(path)) != normal(after.get(path))
        and not (empty(before.get(path)) and empty(after.get(path)))
    }


def _of_a_closed_one(outcome: Outcome, side: str, write: Write, changed: set[str]) -> Iterator[str]:
    resource = outcome.spec.manifests[side].resources[write.resource]
    stamps = {path.partition(".")[0] for path in (resource.changes.since if resource.changes is not None else ())}
    if resource.frozen and holds(resource.frozen, write.before or {}):
        touched = sorted(path for path in changed if path.partition(".")[0] not in {*resource.frozen_except, *stamps})
        if touched:
            yield f"{write.resource} '{write.id}' of {side} is closed, and {', '.join(touched)} changed"


def _of_a_made_one(outcome: Outcome, entity: Entity, side: str, write: Write, changed: set[str]) -> Iterator[str]:
    """Where the mapping only reports, or ignores, that an original changed, nothing of what was made of it does."""
    source = outcome.spec.other(side)
    reaction = entity.events[source]["changed"]
    if reaction.then not in ("report", "ignore") or reaction.condition is not None:
        return
    made = any(
        each.verb == "create" and each.who == "engine" and (each.resource, each.id) == (write.resource, write.id)
        for each in outcome.world.twins[side].log
    )
    places = outcome.world.people.typist.places
    others = {
        path
        for child in outcome.entities.values()
        if child is not entity and side in child.sources and child.sources[side].resource == write.resource
        for row in child.rows
        if side in row.sides and not row.lines
        for path in places(side, write.resource, row).values()
    }
    mine = {
        path
        for row in entity.rows
        if side in row.sides
        for path in ([str(row.sides[side])] if row.lines else places(side, write.resource, row).values())
    }
    touched = sorted(
        path for path in changed
        if any(path == each or path.startswith(f"{each}.") for each in mine - others)
    )  # fmt: skip
    if made and touched:
        yield f"{entity.name} '{write.id}' of {side} was made and then changed: {', '.join(touched)}"


# Money -------------------------------------------------------------------------------------------------------------------


@invariant
def what_is_paid_is_what_the_books_say(outcome: Outcome) -> Iterator[str]:
    """Of each document that was sent there is one payment at the most; it says what the books said, and in the end what they say."""
    for child in outcome.entities.values():
        for name in child.for_each:
            parent = outcome.entities.get(name)
            if parent is not None:
                for left, right, _ in outcome.ever[name]:
                    ids = dict(zip(outcome.spec.sides, (left, right), strict=True))
                    yield from _paid(outcome, parent, child, ids)


def _paid(outcome: Outcome, parent: Entity, child: Entity, ids: Mapping[str, str]) -> Iterator[str]:
    target = child.to
    books = outcome.spec.other(target)
    key = _open_item(outcome, parent, child, books, ids[books])
    if key is None or outcome.world.twins[target].row(parent.sources[target].resource, ids[target]) is None:
        return
    own = child.sources[target].resource == parent.sources[target].resource
    written = list(_written(outcome, child, target, ids[target], own=own))
    made = {write.id for _, write in written if write.verb == "create"}
    if len(made) > 1:
        yield f"{child.name}: of {parent.name} '{ids[target]}' there are {len(made)} in {target}: {', '.join(sorted(made))}"
    rows = [
        each
        for each in child.rows
        if len(each.sides) == 2 and not each.once and not each.refers_to and each.to != "match"
    ]
    for ran, write in written:
        if "half a list" not in ran.mishaps:
            past = _what_the_books_said(outcome, child, books, key, ran.began, write.at)
            if past and not any(_says(outcome, child, rows, target, write.after or {}, each) for each in past):
                yield f"{child.name} '{write.id}' of {parent.name} '{ids[target]}' was written at {write.at:.0f}, and the books never said so"
    yield from _in_the_end(outcome, parent, child, rows, ids, key, sorted(made), own=own)


def _in_the_end(
    outcome: Outcome, parent: Entity, child: Entity, rows: list[Row], ids: Mapping[str, str], key: str, made: list[str], *, own: bool
) -> Iterator[str]:  # fmt: skip
    target = child.to
    books = outcome.spec.other(target)
    link = outcome.world.memory.link_of(parent.name, target, ids[target])
    known = outcome.states.get((child.name, books, str(link.id))) if link is not None else None
    if (
        known is None
        or known.state != "synced"
        or child.name in outcome.braked
        or outcome.reported(parent.name, *ids.items())
    ):
        return
    resource = child.sources[target].resource
    id_ = ids[target] if own else next(iter(made), "")
    record = outcome.world.twins[target].row(resource, id_)
    now = _what_the_books_said(outcome, child, books, key, outcome.world.time.now(), outcome.world.time.now())
    touched = any(write.who == "person" and write.id == id_ and write.resource == resource and write.verb == "update"
                  for write in outcome.world.twins[target].log)  # fmt: skip
    if record is not None and now and not touched and not _says(outcome, child, rows, target, record, now[-1]):
        yield f"{child.name}: '{id_}' of {parent.name} '{ids[target]}' says other than the books, which say {now[-1]}"


def _written(outcome: Outcome, child: Entity, side: str, parent: str, *, own: bool) -> Iterator[tuple[Ran, Write]]:
    """List what the engine wrote about a document's state."""
    pointing = next((each for each in child.rows if each.refers_to and side in each.sides), None)
    resource = child.sources[side].resource
    for ran in outcome.world.runs:
        for where, write in ran.writes:
            if where != side or write.resource != resource or write.after is None:
                continue
            if own:
                rows = [str(each.sides[side]) for each in child.rows if side in each.sides]
                if write.id == parent and any(at(write.before, path) != at(write.after, path) for path in rows):
                    yield ran, write
            elif pointing is not None and str(_reference(outcome, side, resource, pointing, write.after)) == parent:
                yield ran, write


def _open_item(outcome: Outcome, parent: Entity, child: Entity, books: str, id_: str) -> str | None:
    """Give the id of the state that came about with a document; None where the manifest does not say that one does."""
    spec = outcome.resource(parent, books)
    shape = spec.makes.get(child.sources[books].resource)
    # As the document is now: what it points to may have got another number, and the state is found by that one.
    last = next((each for _, each in reversed(versions(outcome, books, spec.name, id_)) if each is not None), None)
    if shape is None or last is None:
        return None
    return outcome.spec.manifests[books].resources[child.sources[books].resource].key_of(recipe(shape, last))


def _what_the_books_said(
    outcome: Outcome, child: Entity, books: str, key: str, began: float, until: float
) -> list[Record]:
    """List what a state was between two moments; one that is not on the list any more is settled."""
    spec = outcome.resource(child, books)
    since = began - outcome.world.twins[books].habits.lag
    said: list[Record] = []
    last: Record | None = None
    for when, record in versions(outcome, books, spec.name, key):
        if when > until:
            break
        if record is None and last is not None:
            last = merged(last, recipe(spec.settled, last))
        elif record is not None:
            last = record
        said = [last] if when <= since and last is not None else [*said, *([last] if last is not None else [])]
    return said


def _says(outcome: Outcome, child: Entity, rows: list[Row], target: str, record: Record, books: Record) -> bool:
    pair = (record, books) if target == outcome.spec.sides[0] else (books, record)
    return all(outcome.agree(child, row, *pair) for row in rows)
