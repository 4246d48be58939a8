"""Whether a fact that a help article states is what the engine decides: each kind of fact is put to the functions that decide.

Nothing of the article is looked at but its facts, and nothing of how they were found. `CHECKS` has a question for each kind of fact
that is decided somewhere; `READ` names those that are only read out, and who shows that they are so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asked import Case, is_soon, notices, values_of, writes

from syncrules.article.model import Article, Fact
from syncrules.journey import brakes, making, match
from syncrules.journey.decision import BEFORE
from syncrules.language.model import Spec

# One question for each kind of fact ----------------------------------------------------------------------------------

Check = Callable[[Case, str, Mapping[str, Any]], bool]
CHECKS: dict[str, Check] = {}


def says(*kinds: str) -> Callable[[Check], Check]:
    """Register a question; it is asked once for each entity that a fact is about."""

    def register(check: Check) -> Check:
        CHECKS.update(dict.fromkeys(kinds, check))
        return check

    return register


def _if_asked(case: Case, slots: Mapping[str, Any], holds: Callable[[Case], bool]) -> bool:
    """Where something depends on an answer: it is so with this answer, and not with another."""
    if "if" not in slots:
        return holds(case)
    name, equals = slots["if"]["setting"], slots["if"]["equals"]
    other = not equals if isinstance(equals, bool) else "something else"
    return holds(case.answering(name, equals)) and not holds(case.answering(name, other))


def _sends(case: Case, name: str, side: str) -> bool:
    return "and this only travels from" not in case.alone(name, side)


@says("way.both", "way.one", "way.neither")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    rhythms: Mapping[str, Any] = slots.get("rhythms", {})
    soon = all(
        is_soon(case, name, side, "changed" if _goes_again(case, name, side) else "created", each)
        for side, each in rhythms.items()
    )
    return soon and [side for side in case.spec.sides if _sends(case, name, side)] == list(rhythms)


def _goes_again(case: Case, name: str, side: str) -> bool:
    return bool(case.changed(name, side)[0])


def _first(case: Case, name: str, side: str) -> str:
    return case.alone(name, side, now=case.first_run(name))


@says("import.from")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side, other = slots["side"], slots["other"]
    return _if_asked(case, slots, lambda it: _first(it, name, side) == "made") and _first(case, name, other) != "made"


@says("import.link")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    told = [_first(case, name, slots["side"]), case.alone(name, slots["side"])]
    return all("these are never made in" in each for each in told) and bool(_tiers(case, name))


@says("import.then")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    return _first(case, name, side) == "later" and _if_asked(case, slots, lambda it: it.alone(name, side) == "made")


@says("import.none")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    decided = case.single(name, side, now=case.first_run(name)).judgements[side]
    return decided.reason == BEFORE and decided.detail == {"before": True} and case.alone(name, side) == "made"


@says("import.beside")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    (side,) = (each for each in case.spec.sides if _sends(case, name, each))
    return list(case.entity(name).entity.for_each) == slots["parents"] and _first(case, name, side) == "made"


@says("enabled.if")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    other = not slots["value"] if isinstance(slots["value"], bool) else "something else"
    return (
        name in case.answering(slots["setting"], slots["value"]).rules.entities
        and name not in case.answering(slots["setting"], other).rules.entities
    )


@says("inactive.skip")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return case.alone(name, slots["side"], active=False).startswith("excluded: not in use in ")


@says("inactive.create")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return case.alone(name, slots["side"], active=False) == case.alone(name, slots["side"], active=True)


@says("inactive.hidden")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    rules, side = case.entity(name), slots["side"]
    return rules.view(side, case.record(name, side), case.settings).active is None


@says("match.id_kept")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    kept, field_name = slots["other"], case.entity(name).resource(slots["other"]).external_id
    actions = writes(case.pair(name, link=False))
    return [(each.side, each.changes.get(field_name)) for each in actions] == [(kept, f"ours:{slots['side']}1;")]


@says("match.id")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return writes(case.pair(name, link=False)) == [] and case.entity(name).entity.link_id_of == slots["side"]


@says("match.same_id")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    entity = case.entity(name).entity
    return (entity.link_id_of, entity.link_is_id_of) == (slots["side"], slots["other"])


def _tiers(case: Case, name: str) -> list[tuple[str, ...]]:
    """By which rows a record would be looked for, way after way."""
    rules = case.entity(name)
    found = []
    for side in case.spec.sides:
        values = {row.name: values_of(row)[0] for row in rules.entity.rows if len(row.sides) == 2}
        view = case.view(name, side, values)
        keys = [key for key, _, compared in rules.keys(side, view) if key.startswith("tier") and compared]
        found.append(list(dict.fromkeys(keys)))
    assert found[0] == found[1]
    return [tuple(each.split(": ", 1)) for each in found[0]]


@says("match.rows")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    wanted = [
        (f"tier {number}", row) if each["kind"] == "any" else (f"tier {number}",)
        for number, each in enumerate(slots["tiers"])
        for row in (each["rows"] if each["kind"] == "any" else [""])
    ]
    return _tiers(case, name) == wanted


@says("match.nothing")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return _tiers(case, name) == []


@says("match.doubt")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    one, two = match.Matches(), match.Matches()
    match._settle(case.rules, {name: {"L1": {"R1"}}}, one)
    match._settle(case.rules, {name: {"L1": {"R1", "R2"}}}, two)
    return bool(one.pairs) and not one.asked and not two.pairs and len(two.asked) == 3


@says("created.create")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    return _if_asked(case, slots, lambda it: it.alone(name, side) == "made") and is_soon(
        case, name, side, "created", slots["rhythm"]
    )


@says("created.match")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    told = case.alone(name, slots["side"])
    return "these are never made in" in told and is_soon(case, name, slots["side"], "created", slots["rhythm"])


@says("created.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return "new ones are not sent to" in case.alone(name, slots["side"])


@says("changed.update")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side, other = slots["side"], slots["other"]

    def goes(it: Case) -> bool:
        return [(each.verb, each.side) for each in it.changed(name, side)[0]] == [("update", other)]

    return _if_asked(case, slots, goes) and is_soon(case, name, side, "changed", slots["rhythm"])


@says("changed.report")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    written, told = case.changed(name, slots["side"])
    return written == [] and any("nothing is changed in" in each for each in told)


@says("changed.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return case.changed(name, slots["side"]) == ([], [])


@says("state.follows")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side, other = slots["side"], slots["other"]
    again = [(each.verb, each.side) for each in case.changed(name, side)[0]] == [("update", other)]
    return case.alone(name, side) == "made" and again and is_soon(case, name, side, "changed", slots["rhythm"])


@says("state.once")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    made, again = case.alone(name, slots["side"]) == "made", case.changed(name, slots["side"])[0]
    return made and not again and is_soon(case, name, slots["side"], "created", slots["rhythm"])


@says("conflict.leading")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    leads, loses = slots["side"], slots["other"]
    row = next(case.plain_rows(name, "both"))
    one, other, _third = values_of(row)
    both, told = case.changed(name, leads, loses, row=row)
    found = case.pair(name, link=False, before={leads: {row.name: one}, loses: {row.name: other}})
    filled = case.pair(name, link=False, before={leads: {row.name: None}, loses: {row.name: other}})
    rows = [[(each.side, [one[0] for one in each.fields]) for each in some if each.fields] for some in (both, writes(found), writes(filled))]  # fmt: skip
    return rows == [[(loses, [row.name])]] * 2 + [[(leads, [row.name])]] and all(
        any("was replaced by" in each for each in some) for some in (told, notices(found))
    )


@says("conflict.ask")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    row, (left, right) = next(case.plain_rows(name, "both")), case.spec.sides
    old, one, other = values_of(row)
    before = {side: {row.name: old} for side in (left, right)}
    decided = case.pair(name, before=before, after={left: {row.name: one}, right: {row.name: other}})
    return not decided.actions and {each.state for each in decided.judgements.values()} == {"waiting"}


@says("edited.keep")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    written, told = case.changed(name, slots["other"])
    again = case.changed(name, slots["side"])[0]
    return written == [] and any("until it changes in" in each for each in told) and bool(again)


@says("edited.restore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    written, told = case.changed(name, slots["other"])
    return [each.side for each in written] == [slots["other"]] and any("was put back" in each for each in told)


def _switched(case: Case, name: str, side: str, *, on: bool) -> list[tuple[str, str]]:
    """Take a record into use, or out of it, and give what is written."""
    decided = case.pair(
        name,
        was=dict.fromkeys(case.spec.sides, not on),
        views={side: {"active": on}, case.spec.other(side): {"active": not on}},
    )
    return [(each.verb, each.side) for each in writes(decided)]


@says("deactivated.deactivate")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side, other = slots["side"], slots["other"]
    return _if_asked(
        case, slots, lambda it: _switched(it, name, side, on=False) == [("deactivate", other)]
    ) and is_soon(case, name, side, "deactivated", slots["rhythm"])


@says("reactivated.reactivate")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side, other = slots["side"], slots["other"]
    return _if_asked(case, slots, lambda it: _switched(it, name, side, on=True) == [("reactivate", other)]) and is_soon(
        case, name, side, "reactivated", slots["rhythm"]
    )


@says("deactivated.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return _switched(case, name, slots["side"], on=False) == []


@says("reactivated.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return _switched(case, name, slots["side"], on=True) == []


@says("deleted.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    """Nothing is written, and it is not the mapping's wish either: a run that can delete must not come to do so."""
    decided = case.pair(name, gone={slots["side"]: True})
    wish = case.entity(name).entity.events[slots["side"]]["deleted"].then
    return writes(decided) == [] and (wish == "ignore" or not _sends(case, name, slots["side"]))


@says("deleted.never")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    wishes = {each["deleted"].then for each in case.entity(name).entity.events.values()}
    return wishes <= {"ignore", "unlink"} and all(
        writes(case.pair(name, gone={side: True})) == [] for side in case.spec.sides
    )


def _gone(case: Case, name: str, side: str) -> list[tuple[str, str]]:
    """Take a record away on a side, and give what is written."""
    return [(each.verb, each.side) for each in writes(case.pair(name, gone={side: True}))]


@says("deleted.delete")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    return _gone(case, name, side) == [("delete", slots["other"])] and is_soon(
        case, name, side, "deleted", slots["rhythm"]
    )


@says("deleted.deactivate")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    return _gone(case, name, side) == [("deactivate", slots["other"])] and is_soon(
        case, name, side, "deleted", slots["rhythm"]
    )


@says("filtered_out.delete")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = slots["side"]
    written = writes(case.pair(name, views={side: {"admitted": "a condition"}}))
    stays = writes(case.pair(name, views={side: {"admitted": ""}}))
    return [(each.verb, each.side) for each in written] == [("delete", slots["other"])] and not stays


@says("deleted.rest")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    """A change of what remains is not carried any more; where a deletion travels, nothing remains."""
    remains = [side for side in case.spec.sides if _gone(case, name, case.spec.other(side)) == []]
    return all(case.changed(name, side, gone={case.spec.other(side): True})[0] == [] for side in remains)


@says("brake.deletions")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("deletions")
    linked = 1_000_000
    return (
        not brakes.too_many_deleted(limit, linked, said, False)
        and bool(brakes.too_many_deleted(limit + 1, linked, said, False))
        and not brakes.too_many_gone(limit, linked, 1, said)
        and brakes.too_many_gone(limit + 1, linked, 1, said)
    )


@says("brake.many_deletions")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("deletions")
    few = not brakes.too_many_deleted(limit, 1, said, False) and bool(
        brakes.too_many_deleted(limit + 1, 1, said, False)
    )
    return few and not brakes.too_many_deleted(100, 1000, said, False) and bool(
        brakes.too_many_deleted(101, 1000, said, False)
    )  # fmt: skip


@says("brake.deactivations")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("deactivations")
    linked = 1_000_000
    return not brakes.too_many_deactivated(limit, linked, said, False) and bool(
        brakes.too_many_deactivated(limit + 1, linked, said, False)
    )


@says("brake.many_deactivations")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("deactivations")
    few = not brakes.too_many_deactivated(limit, 1, said, False) and bool(
        brakes.too_many_deactivated(limit + 1, 1, said, False)
    )
    return few and not brakes.too_many_deactivated(100, 1000, said, False) and bool(
        brakes.too_many_deactivated(101, 1000, said, False)
    )  # fmt: skip


@says("brake.emptied")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("emptied")
    linked = 1_000_000
    return not brakes.too_many_emptied({"": limit}, linked, said) and bool(
        brakes.too_many_emptied({"": limit + 1}, linked, said)
    )


@says("brake.many_emptied")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    limit, said = slots["limit"], case.entity(name).entity.brakes.get("emptied")
    few = not brakes.too_many_emptied({"": limit}, 1, said) and bool(brakes.too_many_emptied({"": limit + 1}, 1, said))
    return few and not brakes.too_many_emptied({"": 100}, 1000, said) and bool(
        brakes.too_many_emptied({"": 101}, 1000, said)
    )  # fmt: skip


@says("kind.ask")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    decided = case.pair(name, views={slots["side"]: {"is_kind": False}})
    judged = decided.judgements[slots["side"]]
    return not writes(decided) and (judged.state, judged.detail) == ("waiting", {"decide": "kind"})


@says("kind.ignore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    decided = case.pair(name, views={slots["side"]: {"is_kind": False}})
    return not writes(decided) and decided.judgements[slots["side"]].state == "excluded"


def _waits(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    """A new record waits for what it lacks, with this reason and this cure."""
    need = next(each for each in case.entity(name).entity.needs if each.name == slots["name"])
    side = case.spec.other(slots["to"])
    if need.of:
        now = case.now(case.around(need.path))
        decided = case.single(name, side, now=now, values={need.of: "C1"}).judgements.get(side)
    else:
        decided = case.single(name, side, slots["name"]).judgements.get(side)
    return decided is not None and (decided.state, decided.reason, decided.cure) == (
        "waiting",
        slots["name"],
        slots["cure"],
    )


def _holds_changes(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    """A change of what is linked already waits, too."""
    side = case.spec.other(slots["to"])
    row = next(case.plain_rows(name, case.entity(name).entity.to))
    old, new, _third = values_of(row)
    before = {each: {row.name: old} for each in case.spec.sides}
    decided = case.pair(name, before=before, after={side: {row.name: new}}, without=(slots["name"],))
    return slots["name"] in {each.reason for each in decided.judgements.values()}


@says("need.always")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = case.spec.other(slots["to"])
    events = case.entity(name).entity.events[side]
    questions = {"created": ("create", _waits), "changed": ("update", _holds_changes)}
    asked = [ask for happening, (then, ask) in questions.items() if events[happening].then == then]
    return bool(asked) and all(ask(case, name, slots) for ask in asked)


@says("need.created")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = case.spec.other(slots["to"])
    again = case.entity(name).entity.events[side]["changed"].then == "update"
    return _waits(case, name, slots) and not (again and _holds_changes(case, name, slots))


@says("refers.first")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    rows = [each.row for each in case.entity(name).rows if list(each.row.refers_to) == slots["parents"]]
    now = case.now(case.around("*"))
    sides = [side for side in case.spec.sides if _sends(case, name, side)]
    return bool(rows) and all(
        case.alone(name, side, now=now, values={rows[0].name: "C1"}).startswith("waiting: not there yet")
        for side in sides
    )


@says("constants.new")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    side = case.spec.other(slots["side"])
    made = case.single(name, side).actions
    if not made:  # what is never made there gets nothing there
        return False
    flat = _flat(made[0].changes)
    return all(
        path in flat and (isinstance(value, Mapping) or flat[path] == value) for path, value in slots["set"].items()
    )


def _flat(record: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Write a record as path → value, with the objects on the way."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        found[above + key] = value
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{key}.")
    return found


# The rows of the field tables ----------------------------------------------------------------------------------------


def _row(case: Case, name: str, slots: Mapping[str, Any]) -> Any:
    return next((each for each in case.entity(name).rows if each.name == slots["row"][0]), None)


def _top(slots: Mapping[str, Any]) -> bool:
    return len(slots["row"]) == 1


@says("row")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    """A row goes which way the article says, as far as it goes anywhere by itself."""
    rules, made = case.entity(name), _row(case, name, slots)
    if made is None:
        return slots["to"] == "neither" or not _top(slots) or any(each.name == slots["row"][0] for each in rules.lines)
    ways = [case.spec.other(side) for side in case.spec.sides if making.travels(rules, made, side)]
    wanted = {"both": list(reversed(case.spec.sides)), "match": [], "neither": []}.get(slots["to"], [slots["to"]])
    return ways == wanted


@says("row.neither")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return _row(case, name, slots) is None


@says("row.match")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    compared = {each[1] for each in _tiers(case, name) if len(each) > 1}
    written, _ = case.changed(name, *case.spec.sides, row=_row(case, name, slots).row)
    return slots["row"][0] in compared and written == []


@says("row.idle")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    compared = {each[1] for each in _tiers(case, name) if len(each) > 1}
    written, _ = case.changed(name, *case.spec.sides, row=_row(case, name, slots).row)
    return slots["row"][0] not in compared and written == []


@says("row.to")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    return making.travels(case.entity(name), _row(case, name, slots), case.spec.other(slots["side"]))


@says("row.once")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    row = _row(case, name, slots).row
    return len(row.sides) < 2 or case.changed(name, *case.spec.sides, row=row)[0] == []


@says("row.numbered")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    row, side = _row(case, name, slots).row, slots["side"]
    written, _ = case.changed(name, case.spec.other(side), row=row)
    return [each.side for each in written] == [case.spec.other(side)]


@says("row.keep")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    written, told = case.changed(name, slots["side"], row=_row(case, name, slots).row)
    return written == [] and any("until it changes in" in each for each in told)


@says("row.restore")
def _(case: Case, name: str, slots: Mapping[str, Any]) -> bool:
    written, told = case.changed(name, slots["side"], row=_row(case, name, slots).row)
    return [each.side for each in written] == [slots["side"]] and any("was put back" in each for each in told)


READ: Mapping[str, str] = {
    **dict.fromkeys(("what.connects", "not.text", "note.text", "scope.unknown", "check.plain", "check.cure"), "words of the mapping or a manifest, read out"),
    **dict.fromkeys(("ask.plain", "ask.help", "ask.optional", "step.log_in", "step.logged_in", "step.retrieve", "step.answer", "step.scope", "step.look", "step.start", "check.intro"), "activation: tests/engine/test_cli_connect.py and tests/acceptance/test_eb_activation.py"),
    **dict.fromkeys(("question.stop", "question.stop_suggested", "question.report", "question.report_suggested", "waits.answer"), "activation: tests/engine/test_cli_connect.py"),
    **dict.fromkeys(("admitted.all", "admitted.any"), "conditions: tests/engine/test_records.py"),
    **dict.fromkeys(("waits.intro", "by_hand.after"), "runs: tests/acceptance/test_eb_relations.py, tests/engine/test_cli_waiting.py"),
    **dict.fromkeys(("match.role", "state.settled"), "reading: tests/acceptance/test_eb_identity.py, test_eb_payments.py"),
    **dict.fromkeys(("checks.all",), "checks: tests/engine/test_document_checks.py, tests/mappings/test_documents.py"),
    **dict.fromkeys(("fields.same",), "the rows are equal"),
    **dict.fromkeys(("row.taken", "row.lines", "row.linked", "row.empty_setting", "row.empty_value", "row.wait", "row.unknown_setting", "row.unknown_value", "row.unknown_empty", "row.either_setting", "row.either_value", "row.cut", "row.unfit", "row.same", "row.lossy", "row.leading", "row.ask"), "rows: tests/engine/test_rules.py, tests/engine/test_plan.py"),
    **dict.fromkeys(("delivery.whole", "delivery.used", "delivery.together", "delivery.reset", "delivery.again"), "deliveries: tests/engine/test_mirror.py"),
    **dict.fromkeys(("delivery.once", "delivery.reconciled"), "pairs of books: tests/engine/test_books.py, tests/engine/test_reconcile.py"),
    "deleted.unlink": "reading: tests/engine/test_read.py",
}  # fmt: skip
"""Facts that are read out, not decided, or decided where no function can be asked → where they are shown to be so."""


# The whole article ---------------------------------------------------------------------------------------------------


def disagreements(article: Article, spec: Spec) -> list[str]:
    """List every fact of an article that is not what the engine decides by a mapping."""
    case = Case(spec)
    found = []
    for fact in article.facts():
        check = CHECKS.get(fact.says)
        if check is None:
            found += [] if fact.says in READ else [f"nobody knows how to ask about '{fact.says}'"]
            continue
        names = fact.entities or tuple(name for name, each in case.rules.entities.items() if not each.entity.for_each)
        found += [
            f"{fact.says} of {name}: {dict(fact.slots)}" for name in names if not _agrees(check, case, name, fact)
        ]
    return found


def _agrees(check: Check, case: Case, name: str, fact: Fact) -> bool:
    if name not in case.rules.entities:
        return False
    try:
        return check(case, name, fact.slots)
    except (KeyError, StopIteration, ValueError):
        return False  # what is asked about is not there
