"""A person at the screen of Silverfin: what a test does there without the API, and what it looks at.

Everything happens under the lock of the sandbox, so it may happen while the server runs.
Rows that are handed out are copies.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from syncrules_providers.sandboxes.courier import Courier, Delivery
from syncrules_providers.sandboxes.silverfin_consent import ConsentDesk
from syncrules_providers.sandboxes.silverfin_oauth import COPY, SYNC, Consents
from syncrules_providers.sandboxes.silverfin_office import ROLES, File, Firm, Office, Role, User
from syncrules_providers.sandboxes.silverfin_webhooks import Webhooks
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused


class Screen:
    """The half of the sandbox that a person sees; the other half answers the API."""

    lock: threading.RLock
    readings: Readings
    tokens: list[str]
    office: Office
    _desk: ConsentDesk
    _consents: Consents
    _webhooks: Webhooks
    _courier: Courier
    _ahead: float

    # The firm ---------------------------------------------------------------------------------------------------

    def consent(
        self,
        user: str = "Ada Admin",
        firm: int = 1001,
        scopes: Iterable[str] = (SYNC, "webhooks", "user:firm"),
        redirect: str = COPY,
    ) -> str:
        """Let an application work with a firm, as the consent page does, and return the code.

        Raises:
            Refused: the role does not allow it.
        """
        with self.lock:
            return self._desk.give(self._user(user).id, firm, frozenset(scopes), redirect)

    def revoke_consent(self, firm: int = 1001) -> None:
        """Take back what was allowed for a firm: no token works any more."""
        with self.lock:
            self._consents.revoke(firm)

    def change_role(self, user: str, role: Role | None, firm: int = 1001) -> None:
        """Give somebody another role in a firm, or none any more."""
        with self.lock:
            assert role is None or role in ROLES, f"one of {', '.join(ROLES)}"
            roles = self._user(user).roles
            if role is None:
                roles.pop(firm)
            else:
                roles[firm] = role

    def replace_signing_token(self, number: int, token: str) -> None:
        """Sign with another token from now on, as the first or the second of the two."""
        with self.lock:
            self.tokens[number - 1] = token

    def wait(self, *, hours: float = 0, days: float = 0) -> None:
        """Let time go by: tokens and codes grow old."""
        with self.lock:
            self._ahead += hours * 3600 + days * 86400

    # A client file ----------------------------------------------------------------------------------------------

    def add_file(self, name: str, *, firm: int = 1001, id: int | None = None) -> int:
        """Open a client file and return its number."""
        with self.lock:
            return self.office.add_file(firm, name, id=id).id

    def choose_reference(
        self,
        file: int,
        reference: str,
        *,
        start: date | None = None,
        typed: bool = False,
        keep_history: bool = False,
    ) -> None:
        """Set up the sync of a client file: choose what it follows, and the day before which nothing comes.

        Args:
            keep_history: whether what was pushed for days before the start stays, instead of being replaced.
            typed: whether the reference was typed in, so that it may be one that nobody pushed.

        Raises:
            Refused: the firm is not connected, there is no such reference, or the day is no first day of a known year.
        """
        with self.lock:
            chosen = self._file(file)
            entity = self._firm(chosen.firm).entity
            if entity is None:
                raise Refused(self.readings["invalid"], "Connect the firm with an application first.")
            if reference not in entity.references and not typed:
                raise Refused(self.readings["invalid"], f"There is no reference '{reference}' to choose.")
            self._check_start(chosen, start)
            chosen.entity, chosen.reference, chosen.start = entity.id, reference, start
            chosen.inconsistent = False
            chosen.books.begin_anew(start if keep_history else None)
            self._announce(chosen, "sync.company_added")

    def set_start_date(self, file: int, start: date | None) -> None:
        """Choose another day before which nothing comes; that sets the sync up again, and all must be pushed again.

        Raises:
            Refused: it is no first day of a known year.
        """
        with self.lock:
            chosen = self._file(file)
            self._check_start(chosen, start)
            chosen.start = start
            chosen.books.begin_anew(None)
            self._announce(chosen, "sync.company_added")

    def remove_sync(self, file: int) -> None:
        """Let a client file follow no sync any more; what was pushed stays to be looked at."""
        with self.lock:
            chosen = self._file(file)
            chosen.entity = chosen.reference = chosen.start = None
            self._announce(chosen, "sync.company_removed")

    def click_arrows(self, file: int) -> None:
        """Ask for the figures at once, by the arrows beside the name of the file."""
        with self.lock:
            self._announce(self._file(file), "sync.requested")

    def let_night_come(self, firm: int = 1001) -> None:
        """Ask for the figures of every client file that follows a sync, as Silverfin does each night."""
        with self.lock:
            for each in self.office.synced(firm):
                self._announce(each, "sync.requested")

    def report_inconsistency(self, file: int) -> None:
        """Let Silverfin find that what was pushed does not hang together: only a reset of everything helps."""
        with self.lock:
            self._file(file).inconsistent = True

    # What there is to see ---------------------------------------------------------------------------------------

    def files(self, firm: int = 1001) -> list[dict[str, Any]]:
        """List the client files, with what they follow."""
        with self.lock:
            return [
                {"id": each.id, "name": each.name, **self.office.shown_to_sync(each)}
                for each in self.office.files_of(firm)
            ]

    def references(self, firm: int = 1001) -> dict[str, str]:
        """List what a client file can choose from: names by reference."""
        with self.lock:
            entity = self._firm(firm).entity
            return {} if entity is None else dict(entity.references)

    def transactions(self, file: int) -> list[dict[str, Any]]:
        """List what was pushed for a client file, as it was sent, by its day and id."""
        with self.lock:
            rows = self._file(file).books.transactions.values()
            return [dict(each.sent) for each in sorted(rows, key=lambda each: (each.day, each.id))]

    def accounts(self, file: int) -> dict[str, str]:
        """List the accounts of a client file: names by number."""
        with self.lock:
            return {each.number: each.name for _, each in sorted(self._file(file).books.accounts.items())}

    def balances(self, file: int) -> dict[tuple[date, str], Decimal]:
        """List every balance that is not zero, by the last day of the period and the number of the account."""
        with self.lock:
            books = self._file(file).books
            return {
                (period.end, number): value
                for period in books.periods
                for number, value in sorted(books.balances(period).items())
                if value
            }

    def openings(self, file: int) -> dict[tuple[date, str], Decimal]:
        """List what Silverfin carried over itself, by the first day of the year and the number of the account."""
        with self.lock:
            books = self._file(file).books
            return {
                (year.start, number): value
                for place, year in enumerate(books.years)
                for number, value in sorted(books.opening(place).items())
                if value
            }

    def years(self, file: int) -> list[tuple[date, date]]:
        """List the financial years of a client file."""
        with self.lock:
            return [(each.start, each.end) for each in self._file(file).books.years]

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to webhooks, and how it was answered."""
        return list(self._courier.deliveries)

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until every event has arrived or was given up; say whether it came to that."""
        return self._courier.settle(timeout)

    # Inside -----------------------------------------------------------------------------------------------------

    def _announce(self, file: File, event: str) -> None:
        consented = any(each.firm == file.firm and not each.revoked for each in self._consents.grants)
        if consented or self.readings["webhooks without consent"] == "sent":
            self._webhooks.announce(file.firm, event, {"id": file.id, "name": file.name})

    def _check_start(self, file: File, start: date | None) -> None:
        years = file.books.years
        if start is not None and years and start not in {each.start for each in years}:
            raise Refused(self.readings["invalid"], "The start date must be the first day of a financial year.")

    def _user(self, name: str) -> User:
        return next(each for each in self.office.users.values() if each.name == name)

    def _firm(self, number: int) -> Firm:
        return self.office.firms[number]

    def _file(self, number: int) -> File:
        return self.office.files[number]
