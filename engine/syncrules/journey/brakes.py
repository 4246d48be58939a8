"""When to stop and ask: too much at once is more often a mistake than a wish."""

from __future__ import annotations

from collections.abc import Mapping

FEW = 5
"""So many at once are always believed."""


def too_many_deactivated(count: int, linked: int, limit: int | None, changed_rules: bool) -> str:
    """Say why so many deactivations are held back; empty if they are not."""
    return _too_many("deactivated", count, linked, limit, changed_rules)


def too_many_deleted(count: int, linked: int, limit: int | None, changed_rules: bool) -> str:
    """Say why so many deletions are held back; empty if they are not."""
    return _too_many("deleted", count, linked, limit, changed_rules)


def too_many_emptied(counts: Mapping[str, int], linked: int, limit: int | None) -> str:
    """Say why so many values are not taken away; empty if they are.

    An answer that left a field out looks like a field that somebody emptied.

    Args:
        counts: row → how many records would say nothing there any more.
    """
    allowed = limit if limit is not None else max(FEW, linked // 10)
    found = [f"{row} of {count}" for row, count in sorted(counts.items()) if count > allowed]
    return f"{' and '.join(found)} would be emptied at once; {allowed} are allowed" if found else ""


def _too_many(what: str, count: int, linked: int, limit: int | None, changed_rules: bool) -> str:
    if count == 0:
        return ""
    if changed_rules:
        return f"the mapping or its settings changed, and {count} would be {what}"
    allowed = limit if limit is not None else max(FEW, linked // 10)
    return f"{count} would be {what} at once; {allowed} are allowed" if count > allowed else ""


def too_many_gone(gone: int, linked: int, answered: int, limit: int | None) -> bool:
    """Tell whether so many records that are missing from a complete read may not be believed to be deleted.

    Args:
        gone: how many linked records are missing.
        linked: how many are linked.
        answered: how many records the read gave.
        limit: what the mapping allows in one run.
    """
    if gone == 0:
        return False
    allowed = limit if limit is not None else max(FEW, linked // 10)
    return answered == 0 or gone > allowed


def too_many_settled(gone: int, open_before: int, answered: int, limit: int | None, proven: bool = False) -> bool:
    """Tell whether so many states may not be believed to be settled.

    Args:
        gone: how many left the list since last time.
        open_before: how many of ours were on it.
        answered: how many rows the list has now, ours or not.
        limit: what the mapping allows in one run.
        proven: whether it was looked up of each of them what settled it: from an empty list alone nothing is concluded.
    """
    if gone == 0:
        return False
    if answered == 0 and not proven:
        return True
    allowed = limit if limit is not None else max(FEW, open_before // 2)
    return gone > allowed


def none_found_again(gone: int, found: int, unproven: bool) -> bool:
    """Tell whether it may be the rules that find no state any more, and not the states that are settled.

    Args:
        gone: how many are not found.
        found: how many are.
        unproven: whether no read has shown yet that these rules find them.
    """
    return unproven and gone > 0 and found == 0
