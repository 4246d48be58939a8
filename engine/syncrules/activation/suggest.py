"""What a setting can be answered with, what is offered as its answer, and what a given answer means.

Pure: the records to choose from go in, choices and answers come out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncrules.errors import UsageError
from syncrules.language import grammar
from syncrules.language.model import Condition, Setting, Spec
from syncrules.manifest import Resource
from syncrules.records import filled, holds, normal, reader

SHOWN = 12
"""So many choices are named in a message."""

WORDS = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}


@dataclass(frozen=True, slots=True)
class Choice:
    """One record that an answer may name."""

    key: Any
    """What is stored as the answer."""
    label: str
    words: tuple[str, ...]
    """By what else a person may name it, in lower case."""
    record: Mapping[str, Any]


def choices(
    resource: Resource, rows: Iterable[Mapping[str, Any]], condition: Condition, settings: Mapping[str, Any]
) -> list[Choice]:
    """List the records of a resource that an answer may name."""
    read_key = reader(resource.key, absent=None)
    labels = [reader(each, absent=None) for each in resource.label] or [resource.name_of]
    found = []
    for each in rows:
        key = read_key(each)
        if not filled(key) or not holds(condition, each, settings):
            continue
        parts = [str(normal(value)) for value in (label(each) for label in labels) if filled(value)]
        label = " · ".join(parts) or str(key)
        words = {label, *parts, resource.name_of(each), resource.key_of(each)}
        found.append(Choice(key, label, tuple(sorted(each.casefold() for each in words)), each))
    return found


# Suggestions ------------------------------------------------------------------------------------------------------


def suggest(setting: Setting, rights: list[Choice]) -> Any:
    """Offer an answer to a question that has one; None if there is nothing to offer."""
    match setting.suggest:
        case "first" if setting.choose is not None:
            return rights[0].key if rights else None
        case {"where": condition}:
            return next((each.key for each in rights if holds(condition, each.record, {})), None)
        case Mapping() | None:
            return None
        case value if setting.choose is not None:
            return next((each.key for each in rights if normal(each.key) == normal(value)), None)
        case value:
            return value


def suggest_table(setting: Setting, lefts: list[Choice], rights: list[Choice]) -> dict[str, Any]:
    """Offer an answer for each record of a table: with `same`, only where exactly one has the same value."""
    match setting.suggest:
        case {"same": fields}:
            assert setting.for_each is not None
            assert setting.choose is not None
            read_left, read_right = (
                reader(fields[side], absent=None) for side in (setting.for_each[0], setting.choose[0])
            )
            result = {}
            for each in lefts:
                wanted = normal(read_left(each.record))
                same = [
                    right.key for right in rights if wanted is not None and normal(read_right(right.record)) == wanted
                ]
                if len(same) == 1:
                    result[as_key(each.key)] = same[0]
            return result
        case _:
            one = suggest(setting, rights)
            return {} if one is None else {as_key(each.key): one for each in lefts}


def as_key(key: Any) -> str:
    """Write the key of a record as it stands in a stored table."""
    return str(normal(key))


# Answers ----------------------------------------------------------------------------------------------------------


def chosen(given: Any, among: list[Choice], what: str) -> Any:
    """Find the record that an answer names: by its key, or by the words that people use for it.

    Raises:
        UsageError: it names none, or more than one.
    """
    for each in among:
        if normal(each.key) == normal(given):
            return each.key
    word = str(normal(given) or "").strip().casefold()
    named = [each for each in among if word in each.words]
    if len(named) == 1:
        return named[0].key
    if named:
        raise UsageError(f"{what}: '{given}' may be any of {listed(named)}", cure=f"Answer with one of {_keys(named)}.")
    raise UsageError(
        f"{what}: there is no '{given}' to choose",
        cure=f"Choose one of {listed(among)}." if among else "There is nothing to choose from; add it in that system.",
    )


def _keys(among: list[Choice]) -> str:
    return ", ".join(f"'{each.key}'" for each in among[:SHOWN])


def listed(among: list[Choice]) -> str:
    """Name choices for a person, the first few of many."""
    rest = len(among) - SHOWN
    return ", ".join(f"'{each.label}'" for each in among[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def said(setting: Setting, given: Any) -> Any:
    """Read an answer that is no record: yes or no, a text, a day, or one of a list.

    Raises:
        UsageError: it is not one.
    """
    what = f"'{setting.name}'"
    if isinstance(setting.answer, tuple):
        found = next((each for each in setting.answer if each.casefold() == str(given).casefold()), None)
        if found is None:
            raise UsageError(f"{what} cannot be '{given}'", cure=f"Answer with one of {', '.join(setting.answer)}.")
        return found
    match setting.answer:
        case "yes_or_no":
            answer = given if isinstance(given, bool) else WORDS.get(str(given).strip().casefold())
            if answer is None:
                raise UsageError(f"{what} is answered with yes or no, not with '{given}'", cure="Answer yes or no.")
            return answer
        case "day":
            return _day(what, given)
        case _:
            return str(given)


def _day(what: str, given: Any) -> str:
    from datetime import date

    try:
        return date.fromisoformat(str(given).strip()).isoformat()
    except ValueError as error:
        raise UsageError(
            f"{what} is answered with a day, not with '{given}'", cure="Write it as year-month-day, such as 2026-01-31."
        ) from error


# The way back -----------------------------------------------------------------------------------------------------


def ambiguous(spec: Spec, settings: Mapping[str, Any]) -> dict[str, list[str]]:
    """List the answers that stand for several records although they also travel back: answer → keys on the first side.

    Which of them an answer becomes on its way back is a question of its own.
    """
    left = spec.sides[0]
    found: dict[str, list[str]] = {}
    for entity in spec.entities.values():
        for row in entity.rows:
            if row.to not in ("both", left):
                continue
            for each in row.values:
                table = settings.get(each["setting"]) if isinstance(each.get("setting"), str) else None
                for key, answer in table.items() if isinstance(table, Mapping) else ():
                    keys = found.setdefault(str(normal(answer)), [])
                    if key not in keys:
                        keys.append(key)
    return {answer: keys for answer, keys in found.items() if len(keys) > 1}


def hint(word: str, known: Iterable[str], introduction: str) -> str:
    """Say what may have been meant by a word, and what there is."""
    names = list(known)
    near = grammar.nearest(word, names)
    return f"{near[:1].upper()}{near[1:]} {introduction}: {', '.join(names) or 'none'}.".strip()
