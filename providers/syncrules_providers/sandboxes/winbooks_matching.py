"""Which lines settle each other: a matching holds invoice and payments together, and what is open is their sum."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from syncrules_providers.sandboxes.winbooks_folder import Folder, Row
from syncrules_providers.sandboxes.winbooks_objects import EMPTY


def match(folder: Folder, lines: Sequence[str]) -> str:
    """Put lines into one matching, that of the first of them that has one; it is a change of each line.

    Returns:
        The Id of the matching.
    """
    om = folder.model["GLTrans"]
    rows = [folder.rows["GLTrans"][key] for key in lines]
    found = next((row["GLMatch_Id"] for row in rows if row["GLMatch_Id"] != EMPTY), None)
    if found is None:
        highest = max((int(row["Code"]) for row in folder.rows["GLMatch"].values()), default=0)
        found = folder.add("GLMatch", Code=str(highest + 1))
    for row in rows:
        if row["GLMatch_Id"] != found:
            folder.write(om, row["Id"], {"GLMatch_Id": found})
    return str(found)


def unmatch(folder: Folder, matching: str) -> None:
    """Dissolve a matching: its lines are open again, each for itself."""
    for row in folder.referring("GLTrans", "GLMatch_Id", matching):
        folder.write(folder.model["GLTrans"], row["Id"], {"GLMatch_Id": EMPTY})
    folder.forget(folder.model["GLMatch"], matching)


def open_amount(folder: Folder, line: Row) -> Decimal:
    """Say what is open of the line of a customer or a supplier."""
    if line["Customer_Id"] == EMPTY and line["Supplier_Id"] == EMPTY:
        return Decimal(0)
    if line["GLMatch_Id"] == EMPTY:
        amount: Decimal = line["Amount"]
        return amount
    group = folder.referring("GLTrans", "GLMatch_Id", line["GLMatch_Id"])
    return sum((row["Amount"] for row in group), Decimal(0))
