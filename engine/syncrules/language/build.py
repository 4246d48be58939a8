"""A completed and checked document becomes the typed words of `model`.

Nothing is decided or complained of here: what is missing has its neutral value, and nothing neutral destroys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

from syncrules.language.model import (
    Amounts,
    Check,
    Entity,
    FollowUp,
    Happening,
    Need,
    Preflight,
    Reaction,
    Reconcile,
    Rhythm,
    Row,
    Setting,
    SettingTest,
    Source,
    Template,
    Tier,
)

Data = Mapping[str, Any]

HAPPENINGS: tuple[str, ...] = get_args(Happening)
NEUTRAL = {
    "created": "ignore",
    "changed": "ignore",
    "already_inactive": "skip",
    "deactivated": "ignore",
    "reactivated": "ignore",
    "deleted": "ignore",
    "changed_kind": "ask",
    "filtered_out": "ignore",
}
"""What the other side gets when a mapping does not say."""


def entity(name: str, data: Data, sides: tuple[str, str]) -> Entity:
    """Type one entity."""
    first_import = data.get("first_import", "none")
    link = data.get("link", {})
    to = data["to"]
    inherited = {"to": to, "leading": data.get("leading", "ask"), "edited": data.get("edited", "keep")}
    return Entity(
        name=name,
        about=data["about"],
        sources={side: source(side, data[side]) for side in sides},
        to=to,
        rows=rows(data.get("fields", {}), sides, inherited),
        enabled=setting_test(data.get("enabled")),
        imports_from="" if first_import == "none" else first_import["from"],
        link_id_of=link.get("id_of", ""),
        link_kept_in=link.get("kept_in", ""),
        link_is_id_of=link.get("is_id_of", ""),
        tiers=tuple(tier(each) for each in data.get("match", ())),
        without_role=data.get("without_role", "leave"),
        needs=tuple(need(each, says, sides) for each, says in data.get("needs", {}).items()),
        rhythms={side: rhythms(says) for side, says in data.get("when", {}).items()},
        events={side: reactions(data.get("events", {}).get(side, {})) for side in sides},
        brakes=data.get("brakes", {}),
        follow_ups=tuple(follow_up(each, says) for each, says in data.get("follow_ups", {}).items()),
        checks=tuple(
            Check(each, says["side"], {key: value for key, value in says.items() if key != "side"})
            for each, says in data.get("checks", {}).items()
        ),
        for_each=listed(data.get("for_each", ())),
        after=tuple(data.get("after", ())),
        used_by=tuple(data.get("used_by", ())),
        beside=data.get("beside", {}),
        out_of_step=data.get("out_of_step", ""),
        reconciles=tuple(reconcile(each, says, sides) for each, says in data.get("reconcile", {}).items()),
        outside_scope=data.get("outside_scope", False),
    )


def source(side: str, data: Data) -> Source:
    """Type which records of one side take part."""
    return Source(
        side=side,
        resource=data["resource"],
        is_=data.get("is", {}),
        where=data.get("where", {}),
        where_any=tuple(data.get("where_any", ())),
        also_match=data.get("also_match", {}),
        set=data.get("set", {}),
        inactive=data.get("inactive", {}),
        belongs_to=belonging(data.get("belongs_to", {})),
        shared_with=tuple(data.get("shared_with", ())),
    )


def belonging(data: Any) -> Mapping[str, str]:
    """Type how a state finds the record that it stands beside: a field alone holds its id."""
    return {data: ""} if isinstance(data, str) else data


def rows(data: Data, sides: tuple[str, str], inherited: Data) -> tuple[Row, ...]:
    """Type the rows of an entity or a template, with what they take over from their entity."""
    return tuple(row(name, {**inherited, **says}, sides, inherited) for name, says in data.items())


def row(name: str, data: Data, sides: tuple[str, str], inherited: Data) -> Row:
    """Type one row."""
    values = data.get("values", ())
    return Row(
        name=name,
        sides={side: data[side] for side in sides if side in data},
        to=data["to"],
        operators=operators(data.get("as", [])),
        once=data.get("once", False),
        leading=data["leading"],
        numbered_by=data.get("numbered_by", ""),
        edited=data["edited"],
        values=(values,) if isinstance(values, Mapping) else tuple(values),
        unknown=data.get("unknown", "report"),
        empty=data.get("empty"),
        too_long=data.get("too_long", "report"),
        unfit=data.get("unfit", "report"),
        lossy=data.get("lossy", ""),
        refers_to=tuple(data.get("refers_to", ())),
        take=data.get("take"),
        look_up=data.get("look_up", ""),
        lines=tuple(template(each, says, sides, inherited) for each, says in data.get("lines", {}).items()),
        numbered=data.get("numbered", ""),
    )


def template(name: str, data: Data, sides: tuple[str, str], inherited: Data) -> Template:
    """Type how lines of a document are made."""
    return Template(
        name=name,
        for_each=data["for_each"],
        rows=rows(data["fields"], sides, inherited),
        set=data.get("set", {}),
        one_per=data.get("one_per", ""),
        unless=data.get("unless", {}),
    )


def operators(data: Any) -> tuple[tuple[str, Any], ...]:
    """Type an `as`: each operator with its argument."""
    steps = data if isinstance(data, list) else [data]
    return tuple((each, None) if isinstance(each, str) else next(iter(each.items())) for each in steps)


def tier(data: Data) -> Tier:
    """Type one way in which records may find each other."""
    kind, named = next(iter(data.items()))
    return Tier(kind, tuple((each, ()) if isinstance(each, str) else _parts(each) for each in named))  # type: ignore[arg-type]  # the grammar allows just two words


def _parts(data: Data) -> tuple[str, tuple[str, ...]]:
    name, parts = next(iter(data.items()))
    return name, tuple(parts)


def need(name: str, data: Data, sides: tuple[str, str]) -> Need:
    """Type what must be there before something is sent."""
    side = next(each for each in sides if each in data)
    return Need(
        name,
        side,
        data[side],
        data["to"],
        data.get("for") == "created",
        data.get("of", ""),
        data.get("equals"),
        data.get("cure", ""),
        data.get("of_each", ""),
        data.get("same_as", ""),
    )


def reconcile(name: str, data: Data, sides: tuple[str, str]) -> Reconcile:
    """Type what must add up to the same on both sides."""
    amounts = {side: Amounts(**data[side]) for side in sides if side in data}
    return Reconcile(name, amounts, tuple(data.get("anew_each_year", ())), data.get("carried_to"))


def rhythms(data: Any) -> dict[str, Rhythm]:
    """Type how soon the changes of one side travel."""
    if isinstance(data, str):
        return {"": rhythm(data)}
    own = {key: rhythm(each) for key, each in data.items() if key in HAPPENINGS}
    general = {key: each for key, each in data.items() if key not in HAPPENINGS}
    return {"": rhythm(general), **own} if general else own


def rhythm(data: Any) -> Rhythm:
    """Type one rhythm; what goes only on request goes by hand otherwise."""
    if isinstance(data, str):
        return Rhythm("at_once" if data == "at_once" else "by_hand")
    on_request = data.get("on_request", "")
    if "every" in data:
        return Rhythm("every", every=timedelta(**data["every"]), on_request=on_request)
    return Rhythm("daily" if "daily" in data else "by_hand", daily=data.get("daily", ""), on_request=on_request)


def reactions(data: Data) -> dict[str, Reaction]:
    """Type what the other side gets, with the neutral answer to whatever is not said."""
    return {each: reaction(data.get(each, NEUTRAL[each])) for each in HAPPENINGS}


def reaction(data: Any) -> Reaction:
    """Type one answer, with its condition."""
    return Reaction(data) if isinstance(data, str) else Reaction(data["then"], setting_test(data["if"]))


def follow_up(name: str, data: Data) -> FollowUp:
    """Type a to-do for a person."""
    side, path = next(iter(data.get("done_when", {}).items()), ("", ""))
    return FollowUp(name, data["after"]["created"], side, path, data.get("because", ""))


def setting(name: str, data: Data) -> Setting:
    """Type a question that is asked at activation."""
    choose = {key: each for key, each in data.get("choose", {}).items() if key != "where"}
    answer = data.get("answer", "")
    return Setting(
        name=name,
        ask=data["ask"],
        for_each=next(iter(data.get("for_each", {}).items()), None),
        choose=next(iter(choose.items()), None),
        where=data.get("choose", {}).get("where", {}),
        answer=answer if isinstance(answer, str) else tuple(answer),
        suggest=data.get("suggest"),
        missing=data.get("missing", "stop"),
    )


def preflight(name: str, data: Data, sides: tuple[str, str]) -> Preflight:
    """Type a question to the data."""
    return Preflight(
        name=name,
        resources={side: data[side] for side in sides if side in data},
        where=data.get("where", {}),
        repeated=data.get("repeated", ""),
        same=data.get("same", {}),
        differs=data.get("differs", {}),
        condition=setting_test(data.get("if")),
        cure=data.get("cure", ""),
    )


def setting_test(data: Any) -> SettingTest | None:
    """Type the condition that a setting must fulfil, if there is one."""
    return None if data is None else SettingTest(data["setting"], data.get("equals", True))


def listed(data: Any) -> tuple[str, ...]:
    """Take one name or several."""
    return (data,) if isinstance(data, str) else tuple(data)
