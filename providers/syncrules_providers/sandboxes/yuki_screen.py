"""A person at the screen of Yuki: what a test does to the books without the services, and what it looks at.

Everything happens under the lock of the sandbox, so it may happen while the server runs.
Rows that are handed out are copies.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.yuki_books import Books, Invoice, Item, Line
from syncrules_providers.sandboxes.yuki_contacts import FLAGS, TEXTS, Contacts, Row
from syncrules_providers.sandboxes.yuki_invoices import amounts
from syncrules_providers.sandboxes.yuki_portal import Domain, Key, Portal
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION, DOMAIN, load

CONTACT_FIELDS = {*TEXTS, *FLAGS}


class Screen:
    """The half of the sandbox that a person sees; the other half answers the services."""

    lock: threading.RLock
    portal: Portal
    api_key: str
    now: Callable[[], datetime]

    # Where one is ------------------------------------------------------------------------------------------------

    @property
    def domain(self) -> Domain:
        """The domain in which the story happens."""
        return self.portal.domains[DOMAIN]

    @property
    def books(self) -> Books:
        """The administration in which the story happens."""
        return self.domain.administrations[ADMINISTRATION]

    @property
    def _contacts(self) -> Contacts:
        return self.domain.contacts

    def load(self, story: Story, *, awkward: bool = False) -> None:
        """Enter what the story says; the awkward contacts that only Yuki has come along when asked for."""
        with self.lock:
            load(self.books, story, awkward=awkward)

    def count_on(self, **following: int) -> None:
        """Let the next `contact`, `item`, `product` or `invoice` get this number."""
        with self.lock:
            assert following.keys() <= self.portal.next.keys(), f"one of {', '.join(self.portal.next)}"
            self.portal.next.update(following)

    # Contacts ---------------------------------------------------------------------------------------------------

    def add_contact(self, name: str, **fields: Any) -> str:
        """Enter a contact; without a word about roles it has none. Gives its id."""
        with self.lock:
            _known(fields, CONTACT_FIELDS | {"Created", "Modified"})
            return str(self._contacts.add({"Name": name, **fields})["ID"])

    def edit_contact(self, contact: str, **fields: Any) -> None:
        with self.lock:
            _known(fields, CONTACT_FIELDS)
            self._contacts.change(contact, fields)

    def set_customer(self, contact: str, on: bool = True) -> None:
        """Set the box that no program can set, or clear it."""
        self.edit_contact(contact, IsCustomer=on)

    def set_supplier(self, contact: str, on: bool = True) -> None:
        self.edit_contact(contact, IsSupplier=on)

    def deactivate(self, contact: str) -> None:
        self.edit_contact(contact, Active=False)

    def reactivate(self, contact: str) -> None:
        self.edit_contact(contact, Active=True)

    def remove_contact(self, contact: str) -> None:
        with self.lock:
            del self._contacts.rows[contact]

    def contacts(self) -> list[Row]:
        with self.lock:
            return [dict(each) for each in self._contacts.rows.values()]

    def contact(self, **equals: Any) -> Row:
        """Find the one contact of which these fields are so."""
        return _one(self.contacts(), equals)

    # Invoices and money -----------------------------------------------------------------------------------------

    def book_invoice(
        self,
        reference: str,
        contact: str,
        net: Decimal | str = "100.00",
        *,
        day: date | None = None,
        due: date | None = None,
        subject: str = "",
        payment_method: str = "ElectronicTransfer",
    ) -> None:
        """Book an invoice of one line at the high rate by hand."""
        with self.lock:
            assert self.books.booked(reference) is None, f"{reference} is booked already"
            day = day or self.now().date()
            kind, percentage, account = tables.STORY_VAT[self.books.region]["high"]
            lines = [Line(subject, Decimal(1), *amounts(Decimal(net), percentage), kind, percentage, account)]
            invoice = Invoice(
                reference,
                subject or f"Factuur {reference}",
                day,
                due or day,
                contact,
                payment_method,
                lines,
                booked=True,
            )
            self.books.keep(invoice)

    def book_journal(self, contact: str, amount: Decimal | str, *, day: date | None = None, text: str = "") -> None:
        """Let a contact owe something by an entry of the general journal."""
        with self.lock:
            self.books.add_item("21", day or self.now().date(), Decimal(amount), text, contact=contact)

    def pay(self, reference: str, amount: Decimal | str | None = None, *, day: date | None = None) -> None:
        """Register that a customer paid this invoice, or a part of it; without an amount all that is open."""
        with self.lock:
            item = self._item(reference)
            paid = item.open_on(date.max) if amount is None else Decimal(amount)
            item.payments.append((day or self.now().date(), paid))

    def receive(self, amount: Decimal | str, *, contact: str = "", day: date | None = None, text: str = "") -> None:
        """Register money from the bank that belongs to no invoice yet."""
        with self.lock:
            self.books.add_item("11", day or self.now().date(), -Decimal(amount), text, contact=contact)

    def send_draft(self, reference: str) -> None:
        """Book an invoice that waited under "To be sent"."""
        with self.lock:
            draft = next(each for each in self.books.invoices if not each.booked and each.reference == reference)
            self.books.invoices.remove(draft)
            self.books.keep(replace(draft, booked=True))

    def invoices(self) -> list[Row]:
        with self.lock:
            return [{**asdict(each), "total": each.total} for each in self.books.invoices]

    def invoice(self, reference: str) -> Row:
        return _one(self.invoices(), {"reference": reference})

    def outstanding(self) -> dict[str, Decimal]:
        """Say what is open of each invoice."""
        with self.lock:
            return {
                each.reference: each.open_on(date.max) for each in self.books.outstanding(bank=False) if each.reference
            }

    def products(self) -> list[Row]:
        with self.lock:
            return [asdict(each) for each in self.books.products.values()]

    def _item(self, reference: str) -> Item:
        found = [each for each in self.books.items if each.reference == reference]
        assert len(found) == 1, f"{len(found)} items with the reference {reference}"
        return found[0]

    # Settings ---------------------------------------------------------------------------------------------------

    def close_period(self, until: date | None) -> None:
        """Close the books up to and including this day; None opens them again."""
        with self.lock:
            self.books.closed_until = until

    def enable_account(self, code: str, enabled: bool = True) -> None:
        """Enable a ledger account, or disable it."""
        with self.lock:
            self.books.accounts[code] = replace(self.books.accounts[code], enabled=enabled)

    def edit_administration(self, **fields: str) -> None:
        """Change the administration's own particulars."""
        with self.lock:
            _known(fields, set(self.books.row))
            self.books.row.update(fields)

    # Keys, sessions, the day's calls -----------------------------------------------------------------------------

    def make_key(
        self,
        value: str,
        *,
        domains: tuple[str, ...] = (DOMAIN,),
        administration: str = "",
        rights: Collection[str] = tables.ALL_RIGHTS,
        region: str = "",
    ) -> None:
        """Make one more access key: for domains, or inside one administration, with some of the rights."""
        with self.lock:
            self.portal.keys[value] = Key(value, domains, administration, rights, region or self.portal.region)

    def revoke_key(self, value: str = "") -> None:
        with self.lock:
            self.portal.keys[value or self.api_key].revoked = True

    def expire_sessions(self) -> None:
        """Let every session grow as old as a session can be."""
        with self.lock:
            for each in self.portal.sessions.values():
                each.opened -= self.portal.lifetime

    def spend_calls(self, count: int) -> None:
        """Let other programs of the customer make so many calls today."""
        with self.lock:
            self.domain.calls[self.now().date()] += count

    def set_allowance(self, calls: int) -> None:
        """Say how many calls a day a domain has."""
        with self.lock:
            self.portal.allowance = calls

    def calls_today(self) -> int:
        with self.lock:
            return self.domain.calls[self.now().date()]


def _known(fields: Mapping[str, Any], names: Collection[str]) -> None:
    strange = fields.keys() - set(names)
    assert not strange, f"Yuki has no field {', '.join(sorted(strange))}"


def _one(rows: list[Row], equals: Mapping[str, Any]) -> Row:
    found = [each for each in rows if all(each[name] == value for name, value in equals.items())]
    assert len(found) == 1, f"{len(found)} rows where {dict(equals)}"
    return found[0]
