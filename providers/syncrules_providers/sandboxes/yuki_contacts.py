"""The contacts of one Yuki domain: how they are kept, found, changed and told.

Rows are dictionaries by the names of the reading side. Nobody but a person sets a role or takes a contact out of use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_shapes import american, leaves, node, order

Row = dict[str, Any]

TEXTS = (
    "Type", "Code", "Name", "FirstName", "MiddleName", "LastName", "AddressLine_1", "AddressLine_2", "Postcode", "City",
    "MailAddressLine_1", "MailAddressLine_2", "MailPostcode", "MailCity", "Country", "PhoneHome", "PhoneWork",
    "MobileHome",
    "MobileWork", "EMailHome", "EMailWork", "Website", "IBAN", "BIC", "VATNumber", "CoCNumber", "IncomeTaxNumber",
    "MainContactPerson", "Tags", "BackofficeStatus",
)  # fmt: skip
FLAGS = ("IsCustomer", "IsSupplier", "Active")
BLANK: Mapping[str, Any] = {**dict.fromkeys(TEXTS, ""), "Type": "Company", "Active": True} | dict.fromkeys(
    FLAGS[:2], False
)

ADDRESS = ("AddressLine_1", "AddressLine_2", "Postcode", "City")
MAIL_ADDRESS = tuple(f"Mail{each}" for each in ADDRESS)

# The rows that the vendor published: these are there although they are empty, every other one is absent.
ALWAYS = ("Tags", "BackofficeStatus")
DOCUMENTED = (
    *("Type", "HID", "Code", "Name", *ADDRESS, *MAIL_ADDRESS, "Country", "PhoneHome", "EMailWork", "Website"),
    *("VATNumber", "CoCNumber", "IncomeTaxNumber", "Created", "Modified", "MainContactPerson", *ALWAYS),
)
"""The elements of the documented example."""

ORDER = (
    *("Type", "HID", "Code", "Name", "FirstName", "MiddleName", "LastName", *ADDRESS, *MAIL_ADDRESS, "Country"),
    *("PhoneHome", "PhoneWork", "MobileHome", "MobileWork", "EMailHome", "EMailWork", "Website", "IBAN", "BIC"),
    *("VATNumber", "CoCNumber", "IncomeTaxNumber", "Created", "Modified", "IsSupplier", "IsCustomer"),
    *("MainContactPerson", *ALWAYS),
)
"""The order in which the elements of a contact are told."""

EQUAL: Mapping[str, tuple[str, ...]] = {
    "Code": ("Code",),
    "CoCNumber": ("CoCNumber",),
    "VATNumber": ("VATNumber",),
    "BankAccount": ("IBAN",),
    "ID": ("ID",),
    "ContactType": ("Type",),
    "HID": ("HID",),
}
PART: Mapping[str, tuple[str, ...]] = {
    "Name": ("Name",),
    "City": ("City", "MailCity"),
    "Postcode": ("Postcode", "MailPostcode"),
    "Tag": ("Tags",),
    "Email": ("EMailHome", "EMailWork"),
    "Website": ("Website",),
    "Phone": ("PhoneHome", "PhoneWork", "MobileHome", "MobileWork"),
    "All": TEXTS,
}

SORTED: Mapping[str, Callable[[Row], Any]] = {
    "Name": lambda row: row["Name"].casefold(),
    "LastName": lambda row: row["LastName"].casefold(),
    "Created": lambda row: row["Created"],
    "Modified": lambda row: row["Modified"],
    "HID": lambda row: row["HID"],
}


class Contacts:
    """The contacts of one domain."""

    def __init__(self, number: Callable[[str], int], now: Callable[[], datetime], switches: Switches) -> None:
        self.rows: dict[str, Row] = {}
        self._number = number
        self._now = now
        self._switches = switches

    # Keeping ----------------------------------------------------------------------------------------------------

    def add(self, fields: Mapping[str, Any]) -> Row:
        number = self._number("contact")
        created = self._moment()
        row = {
            **BLANK,
            "ID": contact_id(number),
            "HID": number - 800,
            "Created": created,
            "Modified": created,
            **fields,
        }
        self.rows[row["ID"]] = row
        return row

    def change(self, contact: str, fields: Mapping[str, Any]) -> None:
        row = self.rows[contact]
        row.update(fields)
        quiet = set()
        if not self._switches.role_touches_modified:
            quiet |= {"IsCustomer", "IsSupplier"}
        if not self._switches.activity_touches_modified:
            quiet.add("Active")
        if fields.keys() - quiet and "Modified" not in fields:
            row["Modified"] = self._moment()

    def _moment(self) -> datetime:
        return self._now().replace(microsecond=0)

    # Searching --------------------------------------------------------------------------------------------------

    def search(self, wanted: Mapping[str, Any], role: str | None = None) -> list[Row]:
        """Give one page of what fits: `wanted` holds the parameters of the search."""
        found = [
            row
            for row in self.rows.values()
            if _fits(row, wanted["searchOption"], wanted["searchValue"])
            and (wanted["modifiedAfter"] is None or row["Modified"] > wanted["modifiedAfter"])
            and {"Both": True, "Active": row["Active"], "Inactive": not row["Active"]}[wanted["active"]]
            and (role is None or self._has(row, role))
        ]
        by, descending = order(wanted["sortOrder"])
        found.sort(key=SORTED["HID"])
        found.sort(key=SORTED[by], reverse=descending)
        page = max(wanted["pageNumber"], 1)
        if self._switches.repeats_last_page:
            page = min(page, max(-(-len(found) // tables.PAGE), 1))
        return found[(page - 1) * tables.PAGE : page * tables.PAGE]

    def _has(self, row: Row, role: str) -> bool:
        customer, supplier = row["IsCustomer"], row["IsSupplier"]
        both = customer or supplier if self._switches.both_means == "or" else customer and supplier
        return bool(
            {"Customer": customer, "Supplier": supplier, "Both": both, "None": not (customer or supplier)}[role]
        )

    def told(self, row: Row, *, with_roles: bool) -> str:
        """Write a contact as a search tells it."""
        values = {name: str(row[name]) for name in ("HID", *TEXTS)}
        values |= {name: american(row[name]) for name in ("Created", "Modified")}
        if with_roles:
            values |= {name: str(row[name]) for name in ("IsSupplier", "IsCustomer")}
        shown = {name: values[name] for name in ORDER if values.get(name) or name in self._shown_empty(row)}
        return node("Contact", leaves(shown), ID=row["ID"])

    def _shown_empty(self, row: Row) -> Iterable[str]:
        match self._switches.empty_values:
            case "empty":
                return DOCUMENTED
            case "absent":
                return ()
            case _:
                groups = ((ADDRESS, "AddressLine_2"), (MAIL_ADDRESS, "MailAddressLine_2"))
                lines = [line for group, line in groups if any(row[each] for each in group)]
                return (*ALWAYS, *lines, *(["IncomeTaxNumber"] if row["Type"] == "Company" else []))

    # What a document means ---------------------------------------------------------------------------------------

    def meant_by(self, sent: Mapping[str, str]) -> Row | None:
        """Find the contact that a document of `UpdateContact` without an ID is about: by code, else by kind and name."""
        if sent.get("Code") and (found := self.with_code(sent["Code"])):
            return found
        kind, name = KIND_OF.get(sent.get("Type", "")), sent.get("FullName", "")
        same = [row for row in self.rows.values() if _same(row, kind, name)]
        email = {"Person": "EMailHome", "Company": "EMailWork"}.get(kind or "", "")
        sent_email = sent.get(email.replace("EMail", "Email"), "")
        narrowed = [row for row in same if sent_email and row[email].casefold() == sent_email.casefold()]
        return _latest(narrowed if len(same) > 1 and narrowed else same)

    def billed_to(self, block: Mapping[str, str]) -> Row | None:
        """Find the contact that the block of an invoice means: by code, else by exact name among those without a code."""
        if block.get("ContactCode"):
            return self.with_code(block["ContactCode"])
        address = {ADDRESS[at]: block.get(name, "") for at, name in enumerate(BILLED_ADDRESS)}
        return _latest(
            row
            for row in self.rows.values()
            if not row["Code"]
            and row["Name"].strip() == block.get("FullName", "").strip() != ""
            and all(not value or not row[name] or row[name] == value for name, value in address.items())
        )

    def with_code(self, code: str) -> Row | None:
        return _latest(row for row in self.rows.values() if row["Code"] == code)


KIND_OF: Mapping[str, str] = {"0": "Person", "2": "Company"}
BILLED_ADDRESS = ("AddressLine_1", "AddressLine_2", "Zipcode", "City")


def contact_id(number: int) -> str:
    return f"c0000000-0000-4000-8000-{number:012d}"


def plain(name: str) -> str:
    """Take out what does not count when names are compared."""
    return re.sub(r'[,."\-\s]', "", name)


def _same(row: Row, kind: str | None, name: str) -> bool:
    return bool(name) and row["Type"] == kind and plain(row["Name"]) == plain(name)


def _latest(rows: Iterable[Row]) -> Row | None:
    return max(rows, key=lambda row: (row["Created"], row["HID"]), default=None)


def _fits(row: Row, option: str, value: str) -> bool:
    value = value.strip().casefold()
    if not value:
        return True
    if option in EQUAL:
        return any(str(row[name]).casefold() == value for name in EQUAL[option])
    return any(value in row[name].casefold() for name in PART[option])
