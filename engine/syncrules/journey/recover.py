"""Find out how the writes went whose answer we never saw, before anything new is written.

A create is looked up, never repeated blindly; an update is looked at, because what it should have changed can be seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from syncrules.errors import LimitReached, RecordRefused
from syncrules.journey.action import Action
from syncrules.journey.intents import Intent
from syncrules.journey.remember import LOST
from syncrules.journey.rules import EntityRules
from syncrules.journey.surroundings import Late
from syncrules.journey.ties import rivals
from syncrules.journey.write import Writer
from syncrules.manifest import Resource
from syncrules.memory.counted import ARRIVED
from syncrules.memory.journal import NOT_DONE
from syncrules.memory.kept import Entry, Known, Link
from syncrules.records import Record, filled, laid_over, normal, reader

ANEW = "it is decided about anew"
DECIDE = "Decide: it is this one (link), it is not there (create), or leave it out (ignore)."
THE_SAME = "Decide: it is the one that is there (link), or leave it out (ignore); or correct what is there."

log = logging.getLogger("syncrules.journey.recover")


AN_HOUR = 3600 - 60
"""Seconds after which is looked again for what a person has been asked about."""
A_DAY, A_MONTH = 86_400, 30 * 86_400


def settle_open(writer: Writer, told: Callable[[str], None], *, by_hand: bool = True, only_look: bool = False) -> None:
    """Settle every journal entry that is still open.

    What a person has been asked about is looked for once an hour, or when somebody started the run.

    Args:
        only_look: leave an id that has still to be written to the next run.

    Raises:
        ProviderError: a system cannot be asked; the entries stay open.
    """
    memory, began = writer.memory, writer.clock.now()
    for entry in memory.unsettled():
        rules = writer.rules.entities.get(entry.entity)
        if rules is None:
            with memory.store.transaction():
                memory.settle(entry.id, "dropped", writer.clock.now(), "the mapping no longer has this entity")
            continue
        if (not by_hand and _is_asked(writer, entry)) or _is_refused(writer, entry):
            continue
        told(entry.name)
        _wait_for_lag(writer, entry, began)
        action = Action.from_json(entry.intent)
        try:
            if entry.verb == "create":
                follow = _settle_create(writer, rules, entry, action)
                if not only_look:
                    writer.write_back(follow)
            elif entry.verb == "write back":
                if not only_look:
                    _settle_write_back(writer, rules, entry, action)
            elif entry.verb == "delete":
                _settle_delete(writer, rules, entry, action)
            elif entry.verb == "empty":
                with memory.store.transaction():
                    memory.settle(
                        entry.id, "looked at", writer.clock.now(), "it is emptied before anything else is sent"
                    )
            else:
                _settle_update(writer, rules, entry, action)
        except LimitReached as error:
            # It stays open, and nothing is planned for its record; the rest need not wait for the next month.
            log.warning("%s: it is not known yet how the write of '%s' went", error, entry.name)


def _is_asked(writer: Writer, entry: Entry) -> bool:
    """Tell whether a person has been asked a moment ago, and has not answered yet."""
    source = writer.rules.spec.other(entry.side)
    known = writer.memory.record(entry.entity, source, entry.source_id) if entry.source_id else None
    detail = known.detail if known is not None and known.state == "waiting" else None
    asked = isinstance(detail, dict) and detail.get("decide") and detail.get("because") in ("unknown", "half done")
    answered = writer.memory.decision(entry.entity, source, entry.source_id or "")
    lately = entry.looked_at is not None and writer.clock.now() - entry.looked_at < AN_HOUR
    return bool(asked) and not answered and lately


def _wait_for_lag(writer: Writer, entry: Entry, began: float) -> None:
    """A search may not see what was written a moment ago: wait until it must.

    Args:
        began: when the looking began; a write that was cut off may have been made until then, however long before it was meant.
    """
    lag = writer.rules.spec.manifests[entry.side].lag.total_seconds()
    if entry.looked_at is None and writer.memory.store.takes_over:
        lag += ARRIVED  # whoever was cut off may have asked for leave just before, and live on
    rest = (began if entry.looked_at is None else entry.looked_at) + lag - writer.clock.now()
    if 0 < rest <= lag:
        writer.clock.sleep(rest)


def _settle_create(writer: Writer, rules: EntityRules, entry: Entry, action: Action) -> list[Intent]:
    """Find out what became of a create; give what is still to be left where, journalled."""
    memory, resource = writer.memory, rules.resource(entry.side)
    source = writer.rules.spec.other(entry.side)
    if memory.link_of(entry.entity, source, action.source_id or "") is not None:
        with memory.store.transaction():
            memory.settle(entry.id, "done", writer.clock.now(), "it is linked")
        return []
    if not resource.readable and all(filled(action.changes.get(each)) for each in resource.id):
        with memory.store.transaction():
            writer.keeper.adopt_unseen(action)
            memory.settle(entry.id, "looked at", writer.clock.now(), "it cannot be read back; it is sent again")
        return []
    if resource.unknown_outcome == "repeat_safe":
        _not_known(writer, entry, action, f"{ANEW}; there it does no harm to be sent twice")
        return []
    value = reader(resource.look_up, absent=None)(action.changes) if resource.unknown_outcome == "look_up" else None
    if not filled(value) or isinstance(value, Late):
        unseen = "it cannot be looked up whether it was written; look there, then decide"
        return _ask(writer, entry, action, entry.outcome if entry.state == "half" else unseen, [])
    found = writer.providers[entry.side].find(resource.name, resource.look_up, str(value))
    ours = [
        each
        for each in found
        if resource.look_up == resource.external_id or _is_what_we_sent(rules, entry.side, action, each)
    ]
    if (
        rules.entity.tiers
        and resource.look_up != resource.external_id
        and not _is_only_ours(writer, rules, entry, ours)
    ):
        ours = []  # matching decides, with all it knows
    match ours:
        case [alone]:
            with memory.store.transaction():
                follow = writer.keeper.adopt(action, laid_over(action.changes, alone), found=True)
                memory.settle(entry.id, "done", writer.clock.now(), "it was found there")
            return follow
        case [_, _, *_]:
            return _ask(
                writer,
                entry,
                action,
                f"{len(ours)} records there look like the one that was sent",
                [resource.key_of(each) for each in ours],
            )
    if entry.state == "half":
        return _ask(writer, entry, action, entry.outcome, [])
    if not found and entry.state == "there":
        title = writer.rules.spec.manifests[entry.side].title
        return _ask(
            writer,
            entry,
            action,
            f"{title} says that it is already there, and does not show it; it may be settled already, or another one",
            [_own_id(rules, entry.side, action)],
        )
    if found and not rules.entity.tiers:
        return _ask(
            writer,
            entry,
            action,
            _another(resource, str(value), found),
            [resource.key_of(each) for each in found],
            seen=True,
        )
    if found:
        names = ", ".join(resource.name_of(each) for each in found)
        _not_known(
            writer,
            entry,
            action,
            f"the same {resource.look_up} is there ({names}): matching says whether it is this one",
        )
    else:
        _not_known(writer, entry, action, f"it was not found there; {ANEW}")
    return []


def _another(resource: Resource, value: str, found: list[Record]) -> str:
    """Say that what is there has the number of what was to be made, and is not it."""
    field = resource.fields.get(resource.look_up)
    called = [each for each in map(resource.name_of, found) if each != value]
    whose = f" ({', '.join(called)})" if called else ""
    title = field.title if field is not None and field.title else resource.look_up
    return f"there is another one with {title} '{value}' there already, with other content{whose}"


def _own_id(rules: EntityRules, side: str, action: Action) -> str:
    """Give the id that a record has if it is there, where it is part of what we send; empty where the system gives one."""
    resource = rules.resource(side)
    return resource.key_of(action.changes) if all(filled(action.changes.get(each)) for each in resource.id) else ""


def _is_only_ours(writer: Writer, rules: EntityRules, entry: Entry, ours: list[Record]) -> bool:
    """Tell whether one alone looks like what was sent, belongs to nothing else, and nobody said what the record belongs to.

    Then it is the one, also if its source has got another number since, by which matching would not find it.
    """
    memory, side, name = writer.memory, entry.side, rules.entity.name
    answered = memory.decision(name, writer.rules.spec.other(side), entry.source_id or "")
    match ours:
        case [alone] if not answered:
            anybody = [name, *rivals(writer.rules, rules, side)]
            return not memory.linked_elsewhere(anybody, side, rules.resource(side).key_of(alone))
    return False


def _is_what_we_sent(rules: EntityRules, side: str, action: Action, found: Record) -> bool:
    """Tell whether a record carries what we sent, as far as it can be read back."""
    constants = {**rules.source(side).is_, **rules.source(side).set}
    for path in constants:
        sent, there = reader(path)(action.changes), reader(path)(found)
        if (
            not isinstance(there, dict | list)
            and filled(there)
            and not isinstance(sent, dict)
            and normal(sent) != normal(there)
        ):
            return False
    for row in rules.rows:
        if side not in row.sides or not rules.resource(side).fields:
            continue
        sent, there = row.read(side, action.changes), row.read(side, found)
        if (
            filled(sent)
            and filled(there)
            and row.key(side, sent) != row.key(side, there)
            and not _same_day(sent, there)
        ):
            return False
    return True


def _same_day(sent: object, there: object) -> bool:
    """A day comes back with a time of midnight."""
    if isinstance(sent, dict) and isinstance(there, dict):
        return all(
            normal(sent.get(each)) == normal(there.get(each)) or str(sent.get(each))[:10] == str(there.get(each))[:10]
            for each in sent
        )
    return str(sent)[:10] == str(there)[:10] and len(str(sent)) >= 10 and str(sent)[4] == "-"


def _not_known(writer: Writer, entry: Entry, action: Action, why: str) -> None:
    """Let a record be decided about as if nothing had been sent: it may be found by matching, or it is made."""
    memory, source = writer.memory, writer.rules.spec.other(entry.side)
    with memory.store.transaction():
        memory.settle(entry.id, NOT_DONE, writer.clock.now(), why)
        if action.source_id is not None:
            known = memory.record(entry.entity, source, action.source_id)
            if (
                known is not None
                and known.state == "waiting"
                and (known.detail or {}).get("because") in ("unknown", "already there", "half done")
            ):
                memory.judge(entry.entity, source, action.source_id, "pending")


def _ask(
    writer: Writer, entry: Entry, action: Action, reason: str, candidates: list[str], *, seen: bool = False
) -> list[Intent]:
    """Leave it to a person; with their answer the record is decided about anew. Gives what is still to be left where.

    Args:
        seen: whether what the system says is there was found: nothing is made beside it, and when it has gone, nothing is in
            the way any more.
    """
    memory, source = writer.memory, writer.rules.spec.other(entry.side)
    assert action.source_id is not None
    answer = memory.decision(entry.entity, source, action.source_id) or {}
    rules = writer.rules.entities[entry.entity]
    if answer.get("link"):
        record = writer.providers[entry.side].fetch(rules.resource(entry.side).name, str(answer["link"]))
        if record is None and str(answer["link"]) == _own_id(rules, entry.side, action):
            record = action.changes  # what is not shown any more is as it was sent, if somebody says that it is the one
        if record is not None:
            with memory.store.transaction():
                follow = writer.keeper.adopt(action, laid_over(action.changes, record))
                memory.settle(entry.id, "done", writer.clock.now(), "somebody said which it is")
            return follow
    if answer.get("create"):
        if not rules.entity.tiers:
            # It holds for this one time; matching goes on to ask whether there is an answer.
            with memory.store.transaction():
                memory.undecide(entry.entity, source, action.source_id)
        _not_known(writer, entry, action, f"somebody said that it is not there; {ANEW}")
        return []
    if answer.get("ignore"):
        _not_known(writer, entry, action, "somebody decided to leave it out")
        return []
    half = entry.state == "half"
    known = memory.record(entry.entity, source, action.source_id)
    cure = known.cure if half and known is not None and known.cure else THE_SAME if seen else DECIDE
    because = "half done" if half else "unknown"
    with memory.store.transaction():
        memory.settle(entry.id, "unknown" if seen else entry.state, writer.clock.now(), entry.outcome)
        memory.judge(
            entry.entity, source, action.source_id, "waiting", reason=reason, cure=cure,
            detail={"decide": "taken" if seen else "match", "candidates": [each for each in candidates if each], "because": because},
        )  # fmt: skip
    return []


def _is_refused(writer: Writer, entry: Entry) -> bool:
    """Tell whether an id that was refused is let be for now: as long again as it has been tried, but a day at the most."""
    if entry.state != "refused" or entry.looked_at is None:
        return False
    return writer.clock.now() - entry.looked_at < min(entry.looked_at - entry.started_at, A_DAY)


def _settle_write_back(writer: Writer, rules: EntityRules, entry: Entry, action: Action) -> None:
    """Leaving an id twice is the same as leaving it once; where it is refused it is tried ever more rarely, for a month."""
    provider, resource = writer.providers[entry.side], rules.resource(entry.side)
    state, outcome, now = "done", "done", writer.clock.now()
    seen = provider.fetch(resource.name, action.key or "")
    if seen is not None and any(normal(seen.get(name)) != normal(value) for name, value in action.changes.items()):
        try:
            provider.update(resource.name, action.key or "", action.changes, seen)
        except RecordRefused as error:
            state, outcome = "refused" if now - entry.started_at < A_MONTH else "failed", error.says
    with writer.memory.store.transaction():
        writer.memory.settle(entry.id, state, writer.clock.now(), outcome)


def _settle_delete(writer: Writer, rules: EntityRules, entry: Entry, action: Action) -> None:
    """Look whether the record is still there; if so, or where nobody can see it, it is deleted again."""
    memory, resource = writer.memory, rules.resource(entry.side)
    there = not resource.readable or writer.providers[entry.side].fetch(resource.name, action.key or "") is not None
    with memory.store.transaction():
        if there:
            memory.settle(entry.id, "looked at", writer.clock.now())
            _forget_base(writer, resource, action)
        else:
            writer.keeper.deleted(action)
            memory.settle(entry.id, "done", writer.clock.now(), "it is no longer there")
        source = writer.rules.spec.other(entry.side)
        known = memory.record(entry.entity, source, action.source_id) if action.source_id else None
        if known is not None and known.state == "waiting" and known.reason == LOST:
            memory.judge(entry.entity, source, known.id, "pending")


def _settle_update(writer: Writer, rules: EntityRules, entry: Entry, action: Action) -> None:
    """Look at the record as it is now; what is still to be done comes out of the comparison."""
    memory, resource = writer.memory, rules.resource(entry.side)
    seen = writer.providers[entry.side].fetch(resource.name, action.key or "") if resource.readable else None
    with memory.store.transaction():
        memory.settle(entry.id, "looked at", writer.clock.now())
        _forget_base(writer, resource, action)
        link = writer.keeper.link_of(action)
        if seen is not None and not rules.entity.for_each:
            if link is not None:
                _keep_what_was_done(writer, rules, action, seen, link)
            view = rules.view(entry.side, seen, writer.around.settings)
            memory.keep(
                entry.entity,
                [
                    Known(
                        entry.side,
                        view.id,
                        view.name,
                        "pending",
                        view.digest,
                        writer.run,
                        record=seen,
                        link=link.id if link else None,
                    )
                ],
                writer.clock.now(),
            )
            # It is found from now on by the numbers that it has, or another one would be made with one of them.
            memory.know_by(entry.entity, [(entry.side, view.id, *each) for each in rules.keys(entry.side, view)])
        source = writer.rules.spec.other(entry.side)
        for side, id_ in ((source, action.source_id), (entry.side, action.key)):
            known = memory.record(entry.entity, side, id_) if id_ else None
            if known is not None and known.state == "waiting" and known.reason == LOST:
                memory.judge(entry.entity, side, known.id, "pending")
        if seen is not None and rules.entity.for_each and _shows(writer, rules, action, seen):
            writer.keeper.updated(action, seen)


def _forget_base(writer: Writer, resource: Resource, action: Action) -> None:
    """Where nobody can see whether a write was carried out, nothing counts as known of it: it is sent again, whatever changes meanwhile."""
    link = writer.keeper.link_of(action) if not resource.readable else None
    if link is not None:
        link.base = {side: {} for side in link.base}
        writer.memory.remember(link)


def _keep_what_was_done(writer: Writer, rules: EntityRules, action: Action, seen: Record, link: Link) -> None:
    """Take what our write made of a record as what both sides were last time, row by row: it is nobody's edit.

    Else an edit at the source, made since, would seem to contradict it.
    """
    view = rules.view(action.side, seen, writer.around.settings)
    if action.verb != "update":
        if view.active == action.active.get(action.side):
            link.active |= action.active
    else:
        for row in _done(writer, rules, action, seen):
            here = {action.side: view.values}
            for side, rows in (*action.base.items(), *here.items()):
                if row in rows:
                    link.learn({side: {row: rows[row]}})
    writer.memory.remember(link)


def _shows(writer: Writer, rules: EntityRules, action: Action, seen: Record) -> bool:
    """Tell whether a record is already as an update should have made it."""
    return len(_done(writer, rules, action, seen)) == len(action.fields)


def _done(writer: Writer, rules: EntityRules, action: Action, seen: Record) -> list[str]:
    """List the rows that are already as an update should have made them."""
    settings = writer.around.settings
    now = rules.view(action.side, seen, settings).values
    meant = rules.view(action.side, laid_over(seen, action.changes), settings).values
    return [
        row
        for row, _, _ in action.fields
        if rules.row(row).key(action.side, now.get(row)) == rules.row(row).key(action.side, meant.get(row))
    ]
