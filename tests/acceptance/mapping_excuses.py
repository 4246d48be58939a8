"""Changes of a mapping that may go unnoticed, or mean the same, each with its reason: label, with `*` for anything → why."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

_SETTLED = "an open item that is gone counts as settled, so that of these nothing is ever seen as deleted"
_ONCE = "the number of a booked invoice never changes, so that there is nothing to write a second time"

_HIDDEN = "over SOAP nobody sees whether a relation is in use"

_THEIR_DAY = "the day from which is counted is that of Tribe"

EBOEKHOUDEN = {
    "entities/invoice/fields/Payment term/eboekhouden/date: removed": _THEIR_DAY,
    'entities/organisation/events/eboekhouden/deactivated: "ignore" → *': _HIDDEN,
    "entities/organisation/fields/Visit address: removed": "it is said for the reader that it never travels",
    'entities/payment/events/eboekhouden/deleted: "ignore" → *': _SETTLED,
    'entities/paid status/events/eboekhouden/deleted: "ignore" → *': _SETTLED,
    "entities/payment/fields/Reference/once: *": _ONCE,
    "entities/invoice/needs/*/for: removed": "an invoice is only ever created, so that it is the same to say it",
    'entities/paid status/events/eboekhouden/created: "create" → *': "the status is the invoice's own; none is ever made",
    "entities/paid status/after*: removed": "payments stand in front of it in the file as well",
}

_NEVER_MADE = "suppliers are never made in Yuki, and the number travels only when one is made"

YUKI = {
    "entities/organisation supplier/fields/Creditor number/to: removed": _NEVER_MADE,
    'entities/organisation supplier/fields/Creditor number/to: "tribe" → "both"': _NEVER_MADE,
    "entities/invoice/fields/Due date/yuki/date: removed": _THEIR_DAY,
}

WINBOOKS = {
    "entities/supplier/events: removed": "a supplier says for itself what happens to it, although it is what happens to a customer",
    "entities/invoice/fields/Due date/winbooks/date: removed": _THEIR_DAY,
    "entities/payment/fields/Reference/once: *": _ONCE,
}

EXCUSED: Mapping[str, Mapping[str, str]] = {
    "tribe-eboekhouden": EBOEKHOUDEN,
    "tribe-eboekhouden-rest": {"entities/invoice/fields/Payment term/eboekhouden/date: removed": _THEIR_DAY},
    "tribe-winbooks": WINBOOKS,
    "tribe-yuki": YUKI,
    "winbooks-silverfin": {
        "entities/sync reference/fields/Reference: removed": "the code of a folder is the id of its reference, and is written as that"
    },
}


def excuse(mapping: str, label: str) -> str:
    """Give the reason why a change may go unnoticed; empty if there is none."""
    return next((why for pattern, why in EXCUSED[mapping].items() if fnmatchcase(label, pattern)), "")


ALIKE = {
    "settings/*/missing: removed": "nothing starts without an answer, said or not; it is said for whoever reads the question",
    "entities/invoice/first_import: removed": "what was there before stays where it is, said or not; it is said for the reader",
    "entities/*/events/*: removed": "that nothing comes of it is said where something might be expected",
}
"""What is said although it would be so without it; a change of another meaning is never excused by this."""


def alike(label: str) -> str:
    """Give the reason why a line may stand there that changes nothing; empty if there is none."""
    return next((why for pattern, why in ALIKE.items() if fnmatchcase(label, pattern)), "")
