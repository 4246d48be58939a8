"""What a connection was told: its settings are answered, and what they answer is still there; time zone and mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.activation import suggest
from syncrules.connection import NO_ZONE, Connection, zone_named
from syncrules.doctor.finding import Finding
from syncrules.errors import ProviderError
from syncrules.language.model import Setting
from syncrules.records import Record, normal

US = "whoever set it up"


def look(conn: Connection) -> Iterator[Finding]:
    """Look at what needs no system."""
    row = conn.row
    if zone_named(row):
        yield Finding("configuration", "time zone", "good", f"these books are kept in {zone_named(row)}")
    else:
        said, _, cure = NO_ZONE.partition(". ")
        yield Finding("configuration", "time zone", "look", said[:1].lower() + said[1:], US, cure)
    if row.digest and row.digest != conn.rules.digest and not conn.spec.scope:
        yield Finding(
            "configuration", "mapping", "look", "the mapping or a setting was changed since the last run", US,
            f"See what the next run would do: syncrules plan {row.name}.",
        )  # fmt: skip
    else:
        yield Finding("configuration", "mapping", "good", f"{row.mapping} says what can be carried out")


def look_at_settings(
    conn: Connection, lists: Mapping[tuple[str, str], list[Record] | ProviderError]
) -> Iterator[Finding]:
    """Look at the answers, and whether what they name is still there.

    Args:
        lists: side and resource → what can be chosen there, or why nobody can tell.
    """
    wrong = False
    for setting in conn.spec.settings.values():
        for each in _setting(conn, setting, lists):
            wrong = True
            yield each
    if not wrong:
        yield Finding(
            "configuration", "settings", "good", "every question is answered, and every answer is still there to choose"
        )


def _setting(
    conn: Connection, setting: Setting, lists: Mapping[tuple[str, str], list[Record] | ProviderError]
) -> Iterator[Finding]:
    answer, again = conn.row.settings.get(setting.name), f"Answer it: syncrules connect {conn.row.name}."
    if answer in (None, {}):
        if setting.missing == "stop" or not setting.for_each:
            verdict: Any = "wrong" if setting.missing == "stop" else "look"
            yield Finding("configuration", "settings", verdict, f"'{setting.name}' is not answered", US, again)
        return
    if setting.choose is None:
        return
    rows = lists.get(setting.choose)
    if not isinstance(rows, list):
        return  # why it cannot be read is told with the system
    side, resource = setting.choose
    title = conn.spec.manifests[side].title
    there = {
        normal(each.key)
        for each in suggest.choices(
            conn.spec.manifests[side].resources[resource], rows, setting.where, conn.row.settings
        )
    }
    given = answer.values() if isinstance(answer, Mapping) else [answer]
    gone = sorted({str(each) for each in given if each is not None and normal(each) not in there})
    if gone:
        text = f"'{setting.name}' is answered with {', '.join(repr(each) for each in gone)}, which {title} does not offer any more"
        yield Finding("configuration", "settings", "wrong", text, f"whoever changed it in {title}", again)
    if setting.for_each is None or setting.missing != "stop" or not isinstance(answer, Mapping):
        return
    lefts = lists.get(setting.for_each)
    if isinstance(lefts, list):
        left_side, left = setting.for_each
        resources = conn.spec.manifests[left_side].resources[left]
        new = [
            each.label
            for each in suggest.choices(resources, lefts, {}, conn.row.settings)
            if suggest.as_key(each.key) not in answer
        ]
        if new:
            text = f"'{setting.name}' has no answer for {', '.join(repr(each) for each in new[:5])}"
            yield Finding(
                "configuration", "settings", "look", text, US, f"{again} Until then what bears one of them waits."
            )
