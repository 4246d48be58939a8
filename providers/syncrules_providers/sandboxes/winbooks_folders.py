"""The folders of the invented licence, as they are before the story comes in: Dutch, French, and one without the module."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from syncrules_providers.sandboxes import winbooks_cast, winbooks_tables
from syncrules_providers.sandboxes.winbooks_assumed import Habits
from syncrules_providers.sandboxes.winbooks_folder import Folder
from syncrules_providers.sandboxes.winbooks_ledger import FIRST_YEAR, LAST_MONTH, Ledger
from syncrules_providers.sandboxes.winbooks_saving import Saver

FOUNDED = datetime(2025, 1, 2, 8, tzinfo=UTC)
"""When everything was entered that is there at the start, but for the bookings."""


def folders(this_year: int, *, ledger: bool) -> dict[str, Folder]:
    """Give each folder by its code, with book years up to this one; they are copies, to be written in."""
    return {each.code: each.copy() for each in _founded(max(this_year, LAST_MONTH[0]), ledger)}


@cache  # writing the books takes half a second, and they are always the same
def _founded(last_year: int, ledger: bool) -> tuple[Folder, ...]:
    made = (
        Folder("DEMO_BV", "Voorbeeld Demo BV", now=lambda: FOUNDED),
        Folder("DEMO_SRL", "Exemple Démo SRL", language="fr", version="2.4", now=lambda: FOUNDED),
        Folder("DICHT_BV", "Zonder Module BV", module_active=False, now=lambda: FOUNDED),
    )
    for folder in made:
        winbooks_tables.furnish(folder, range(FIRST_YEAR, last_year + 1))
        if ledger and folder.module_active:
            saver = Saver(folder, Habits())
            winbooks_cast.load(folder, saver)
            Ledger(folder, saver).write()
            for number in range(winbooks_tables.OPENING, winbooks_tables.CLOSING + 1):
                period = winbooks_tables.period(folder, FIRST_YEAR, number)
                folder.write(folder.model["BookPeriod"], period, {"_closed": True})
    return made
