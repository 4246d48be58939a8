"""The law of tables: each value of a closed list has a counterpart, or the mapping says what becomes of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncrules.check.laws import Broken
from syncrules.check.rows import Case, Rule
from syncrules.check.spots import record
from syncrules.check.told import told
from syncrules.records import MISSING
from syncrules.vocabulary.values import CannotCarry


def try_table(rule: Rule) -> Iterator[tuple[Broken, Case]]:
    """Carry every value of a closed list, and tell the first that has no counterpart."""
    if (
        not rule.travels
        or rule.says("unknown")
        or rule.says("unfit")
        or "setting" in (rule.rules.row.values or ({},))[0]
    ):
        return  # a table of the settings is filled in at activation, value by value
    for case, value in _closed(rule):
        of = record(rule.base[rule.source], rule.here, case.here)
        read = rule.read(rule.source, of)
        if read is MISSING:
            continue
        try:
            carried = rule.rules.carry(rule.source, read, None, rule.known)
            rule.rules.write(rule.target, {}, carried, rule.known)
        except CannotCarry as error:
            yield (
                Broken(
                    "whole table",
                    f"{rule.rules.name} can be {told(value)} in {rule.title(rule.source)}, and that has no counterpart in {rule.title(rule.target)}: {error}.",
                    "Add it to values:, or say with unknown: what becomes of it.",
                ),
                case,
            )
            return


def _closed(rule: Rule) -> Iterator[tuple[Case, Any]]:
    """List the values of the closed lists of a row, one place at a time."""
    plain = rule.plain
    for spot in rule.here:
        for value in spot.listed:
            yield Case({**plain.here, spot.path: value}, None), value
