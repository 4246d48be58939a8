"""By what rule each row is carried out: what was known by another rule counts as never agreed on.

The rule of a row is what the mapping says of its values and its direction, and the answers of a person that it uses. Who leads,
and what is done with what does not fit, says nothing of what the two sides looked like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from syncrules.journey.rules import EntityRules, Rules
from syncrules.language.model import Row
from syncrules.memory.memory import Memory
from syncrules.records import encode, normal

SAYS_WHAT = {"sides", "to", "operators", "once", "values", "unknown", "empty", "refers_to", "take", "look_up", "lines"}


def digest(row: Row, settings: Mapping[str, Any]) -> str:
    """Tell two rules of a row apart by what they make of its values; what is not said counts for nothing."""
    says = {each.name: getattr(row, each.name) for each in fields(Row) if each.name in SAYS_WHAT}
    said = {each.name: says[each.name] for each in fields(Row) if each.name in says and says[each.name] != each.default}
    used = sorted({*_settings(list(said.values())), *(["preferred"] if row.values else [])})
    answers = {name: normal(settings[name]) for name in used if settings.get(name) is not None}
    return hashlib.blake2b(encode([said, answers]), digest_size=16).hexdigest()


def _settings(says: Any) -> Iterator[str]:
    """Name the settings that a rule uses, wherever in it."""
    match says:
        case {"setting": str(name)}:
            yield name
        case Mapping():
            for each in says.values():
                yield from _settings(each)
        case list() | tuple():
            for each in says:
                yield from _settings(each)


def digests(rules: EntityRules, settings: Mapping[str, Any]) -> dict[str, str]:
    """Give the digest of each row of an entity."""
    if not rules.digests:
        rows = [*(each.row for each in rules.rows), *(each.row for each in rules.lines)]
        rules.digests = {each.name: digest(each, settings) for each in rows}
    return rules.digests


def renewed(rules: Rules, memory: Memory, settings: Mapping[str, Any]) -> dict[str, set[str]]:
    """Name the rows that are carried out by other rules than last time, entity by entity.

    Where nothing is remembered of any row of an entity, the rules of today are those by which it was carried out.
    """
    found: dict[str, set[str]] = {}
    for name, each in rules.entities.items():
        before = memory.declared(name)
        rows = {row for row, says in digests(each, settings).items() if before and before.get(row) != says}
        if rows:
            found[name] = rows
    return found


def take_over(rules: Rules, memory: Memory, settings: Mapping[str, Any], run: int) -> None:
    """Let the rows be carried out by the rules of today from now on; what is known by others is marked as such, and told."""
    changed = renewed(rules, memory, settings)
    for name, each in rules.entities.items():
        now = digests(each, settings)
        if now.items() - memory.declared(name).items():
            memory.declare(name, now, changed.get(name, ()))
        for row in sorted(changed.get(name, ())):
            memory.notice(run, name, row, TOLD)


TOLD = "its rule changed: what the two sides say there is compared as if for the first time"
