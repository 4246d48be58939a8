"""What a mapping says besides its rows, in sentences: who is asked what, what belongs together, what travels when, what keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.language.model import (
    Amounts,
    Entity,
    Preflight,
    Reaction,
    Reconcile,
    Rhythm,
    Setting,
    SettingTest,
    Source,
    Spec,
)


def said(mapping: Spec) -> Iterator[tuple[str, list[str]]]:
    """Say everything: heading → sentences."""
    yield "settings", [f"{each.name}: {setting(each)}" for each in mapping.settings.values()]
    yield "questions to the data", [f"{each.name}: {question(each)}" for each in mapping.preflights]
    if mapping.scope:
        unknown = {"because": "nothing is said", "cure": "", **mapping.scope.get("unknown", {})}
        pairs = [
            f"{each['key']} of {each['resource']}"
            for side, each in mapping.scope.items()
            if isinstance(each, Mapping) and side != "unknown"
        ]
        yield (
            "scope",
            [
                f"{' is '.join(pairs)}, as {mapping.scope['named_by']} names it; else: {unknown['because']} {unknown['cure']}"
            ],
        )
    yield "not synchronised", list(mapping.not_synchronised)
    yield "order", list(mapping.entities)
    for name, each in mapping.entities.items():
        yield name, list(entity(mapping, each))


def setting(each: Setting) -> str:
    """Say what a setting is asked for, what is offered, and whether it must be answered."""
    asked = "yes or no" if each.answer == "yes_or_no" else str(each.answer)
    if each.choose is not None:
        asked = f"one of the {each.choose[1]} of {each.choose[0]}{where(each.where)}"
    if each.for_each is not None:
        asked = f"for each of the {each.for_each[1]} of {each.for_each[0]} {asked}"
    must = "it must be answered" if each.missing == "stop" else "what is missing is reported"
    return f"{asked}; {offered(each.suggest)}; {must}"


def offered(suggest: Any) -> str:
    """Say what is offered as an answer."""
    match suggest:
        case None:
            return "nothing is offered"
        case bool():
            return f"{'yes' if suggest else 'no'} is offered"
        case {"same": same}:
            return f"the one with the same {' as '.join(same.values())} is offered"
        case {"where": condition}:
            return f"the one{where(condition)} is offered"
        case _:
            return f"{suggest} is offered"


def question(each: Preflight) -> str:
    """Say what the data are asked before the first import."""
    of = " and ".join(f"{resource} of {side}" for side, resource in each.resources.items())
    parts = [f"{of}{where(each.where)}".strip()]
    parts += [f"with the same {each.repeated}"] if each.repeated else []
    parts += [f"with the same {' as '.join(each.same.values())}"] if each.same else []
    parts += [f"but another {' than '.join(each.differs.values())}"] if each.differs else []
    parts += [f"{only_if(each.condition)}"] if each.condition else []
    return " ".join(filter(None, parts))


def entity(mapping: Spec, each: Entity) -> Iterator[str]:
    """Say of one entity all but its rows; of these, what no example can see."""
    first = f"the first import is from {each.imports_from}" if each.imports_from else "what was there before stays"
    whither = "both ways" if each.to == "both" else f"to {each.to}"
    yield f"{whither}; {first}" + (f"; {only_if(each.enabled)}" if each.enabled else "")
    for side, of in each.sources.items():
        yield f"{side}: {source(of)}"
    if each.for_each:
        yield f"one for each {' or '.join(each.for_each)}"
    if each.link_id_of:
        kept = f", kept in {each.link_kept_in}" if each.link_kept_in else ""
        same = f", which is the id in {each.link_is_id_of}" if each.link_is_id_of else ""
        yield f"tied by the id of {each.link_id_of}{kept}{same}"
    if each.tiers:
        tiers = [f" {'and' if tier.kind == 'all' else 'or'} ".join(row for row, _ in tier.rows) for tier in each.tiers]
        yield f"found by {', else by '.join(tiers)}; a record without the role {'gets it' if each.without_role == 'add' else 'is left'}"
    for need in each.needs:
        whose = f"each of {need.of_each} of {need.side}" if need.of_each else need.of or need.side
        equals = f" is {told(need.equals)}" if need.equals is not None else ""
        equals += f" is {need.same_as}, or nothing" if need.same_as else ""
        yield f"{need.path} of {whose}{equals}, else not to {need.to}{' when it is new' if need.only_created else ''}: {need.name}"
    for side, reactions in each.events.items():
        if each.to in ("both", mapping.other(side)):
            said = {happening: reaction(then) for happening, then in reactions.items()}
            if said.get("filtered_out") == "ignore":
                del said["filtered_out"]  # the rare word of a mirror
            yield f"{side}: " + ", ".join(f"{happening} → {then}" for happening, then in said.items())
    for side, rhythms in each.rhythms.items():
        yield f"{side} is carried " + ", ".join(
            f"{happening + ' ' if happening else ''}{rhythm(one)}" for happening, one in rhythms.items()
        )
    for follow in each.follow_ups:
        until = f"until {follow.done_path} of {follow.done_side}"
        yield f"{follow.name} after it is made in {follow.after_created_in}, {until}: {follow.because}"
    for check in each.checks:
        yield f"{check.name}: {told(check.says)}"
    for row in each.rows:
        if row.look_up:
            yield f"{row.name} is looked up while it is written{', once' if row.once else ''}: {row.look_up}"
        if each.for_each and row.refers_to:
            yield f"{row.name} is that of the {' or '.join(row.refers_to)} beside which it stands"
    for word, what in (
        ("after", each.after),
        ("brakes", each.brakes),
        ("used by", each.used_by),
        ("beside", each.beside),
        ("out of step", each.out_of_step),
    ):
        if what:
            yield f"{word}: {told(what)}"
    for one in each.reconciles:
        yield f"reconciled, {one.name}: {'; '.join(amounts(side, of) for side, of in one.sides.items())}{anew(one)}"
    if each.outside_scope:
        yield "outside the scope"


def amounts(side: str, of: Amounts) -> str:
    """Say what is added up on a side."""
    where_from = f" of {of.resource}" if of.resource else ""
    year = f", of the year that ends on {of.year}" if of.year else ""
    return f"{of.sum} of {side}{where_from} per {of.per} until {of.until}{year}"


def anew(one: Reconcile) -> str:
    """Say what begins at nothing in each year, and where it goes."""
    begins = " or".join(where(each) for each in one.anew_each_year)
    carried = f", and goes to {told(one.carried_to)}" if one.carried_to is not None else ""
    return f"; anew each year{begins}{carried}" if begins else ""


def source(of: Source) -> str:
    """Say which records of a side take part."""
    parts = [of.resource]
    parts += [f"of the kind{where(of.is_)}"] if of.is_ else []
    parts += [where(of.where).strip()] if of.where else []
    parts += ["and " + " or ".join(where(each).strip() for each in of.where_any)] if of.where_any else []
    parts += [f"found also{where(of.also_match)}"] if of.also_match else []
    parts += [f"set {path} to {told(value)}" for path, value in of.set.items()]
    parts += [f"belonging by {path} to {row}" for path, row in of.belongs_to.items()]
    parts += [f"shared with {' and '.join(of.shared_with)}"] if of.shared_with else []
    parts += [f"out of use{where(of.inactive)}"] if of.inactive else []
    return "; ".join(parts)


def reaction(then: Reaction) -> str:
    return then.then + (f" {only_if(then.condition)}" if then.condition else "")


def only_if(condition: SettingTest) -> str:
    return f"only if {condition.setting} is {told(condition.equals)}"


def rhythm(one: Rhythm) -> str:
    when = {"every": f"every {one.every}", "daily": f"daily at {one.daily}"}.get(one.kind, one.kind.replace("_", " "))
    return when + (f", or when {one.on_request} asks" if one.on_request else "")


def where(condition: Mapping[str, Any]) -> str:
    """Say a condition; empty if there is none."""
    return f" where {' and '.join(f'{path} is {told(one)}' for path, one in condition.items())}" if condition else ""


def told(value: Any) -> str:
    """Say a value, or what a value is tested for."""
    match value:
        case bool():
            return "yes" if value else "no"
        case {"filled": filled}:
            return "filled" if filled else "empty"
        case {"setting": name}:
            return f"the {name}"
        case {"scope": name}:
            return f"the {name} of the scope"
        case Mapping():
            return ", ".join(f"{name.replace('_', ' ')} {told(each)}" for name, each in value.items())
        case list() | tuple():
            return ", ".join(map(told, value))
        case _:
            return str(value)
