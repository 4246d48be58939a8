"""Who may enter and what they see: access keys, sessions, domains with their administrations, and the calls of a day."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from syncrules_providers.sandboxes import soap_server as soap
from syncrules_providers.sandboxes import yuki_tables as tables
from syncrules_providers.sandboxes.yuki_assumptions import Switches
from syncrules_providers.sandboxes.yuki_books import Books
from syncrules_providers.sandboxes.yuki_contacts import Contacts, Row


class YukiFault(soap.Fault):
    """A fault by its name in the table of faults."""

    def __init__(self, name: str, **told: str) -> None:
        blame, words = tables.FAULTS[name]
        super().__init__(words.format(**told), blame=blame)
        self.name = name


@dataclass(slots=True)
class Key:
    """An access key: which domains or which administration it opens, and with which rights."""

    value: str
    domains: tuple[str, ...]
    administration: str = ""
    """The only administration it sees, where it was made inside one."""
    rights: Collection[str] = tables.ALL_RIGHTS
    region: str = "nl"
    revoked: bool = False

    def may(self, right: str) -> bool:
        return right in self.rights or (right == "Contacts (read-only)" and "Contacts" in self.rights)


@dataclass(slots=True)
class Session:
    key: Key
    opened: datetime
    domain: str
    """The current domain."""
    language: str


@dataclass(slots=True)
class Domain:
    id: str
    name: str
    contacts: Contacts
    administrations: dict[str, Books] = field(default_factory=dict)
    active: bool = True
    licensed: bool = True
    """The domain has what the Sales service needs."""
    calls: Counter[date] = field(default_factory=Counter)


class Portal:
    """Everything behind the address: domains, keys, sessions."""

    def __init__(
        self, region: tables.Region, language: str, now: Callable[[], datetime], lifetime: timedelta, switches: Switches
    ) -> None:
        self.region: tables.Region = region
        self.language = language
        self.lifetime = lifetime
        self.next = {"contact": 1001, "item": 1, "product": 1, "invoice": 1}
        """The number that the next one of each sort gets."""
        self.domains: dict[str, Domain] = {}
        self.keys: dict[str, Key] = {}
        self.sessions: dict[str, Session] = {}
        self.users: dict[str, tuple[str, Key]] = {}
        """The passwords of those who sign in without a key, and what they see."""
        self.clients: dict[str, str] = {}
        """Ids and secrets of programs that sign in with a key of their user."""
        self._now = now
        self._switches = switches
        self.allowance = tables.ALLOWANCES["free"]

    def number(self, sort: str) -> int:
        """Hand out the next number of a sort."""
        self.next[sort] += 1
        return self.next[sort] - 1

    def add_domain(self, id: str, name: str) -> Domain:
        self.domains[id] = Domain(id, name, Contacts(self.number, self._now, self._switches))
        return self.domains[id]

    def add_administration(self, domain: Domain, row: Row) -> Books:
        books = Books({**row, "DomainID": domain.id}, domain.contacts, self.region, self.number)
        domain.administrations[row["ID"]] = books
        return books

    # Entering ---------------------------------------------------------------------------------------------------

    def enter(self, key: str) -> str:
        """Open a session.

        Raises:
            YukiFault: nobody has this key, or the day's calls are spent.
        """
        found = self.keys.get(key)
        abroad = found is not None and found.region != self.region
        if found is None or found.revoked or (abroad and self._switches.wrong_region == "invalid key"):
            raise YukiFault("key")
        return self._opened(found)

    def enter_as_program(self, client: str, secret: str, key: str) -> str:
        """Open a session for a program that has credentials of its own."""
        if self.clients.get(client) != secret:
            raise YukiFault("client")
        return self.enter(key)

    def enter_as_user(self, name: str, password: str) -> str:
        """Open a session for a person."""
        known, key = self.users.get(name, ("", None))
        if key is None or known != password:
            raise YukiFault("user")
        return self._opened(key)

    def _opened(self, key: Key) -> str:
        if self._switches.authenticate_counts:
            self.count(key.domains[0])
        session = str(uuid.uuid4())
        self.sessions[session] = Session(key, self._now(), key.domains[0], self.language)
        return session

    def session(self, id: str) -> Session:
        session = self.sessions.get(id.lower())
        if session is None or self._now() - session.opened >= self.lifetime or session.key.revoked:
            raise YukiFault("session")
        return session

    def count(self, domain: str) -> None:
        """Count one call of today, as the clock in Amsterdam has it.

        Raises:
            YukiFault: there is none left.
        """
        calls, today = self.domains[domain].calls, self._now().date()
        calls[today] += 1
        if calls[today] > self.allowance:
            raise YukiFault("limit")

    # What a session sees -----------------------------------------------------------------------------------------

    def domain(self, session: Session, id: str) -> Domain:
        """Find a domain that the session may enter; without an id, its current one."""
        id = (id or session.domain).lower()
        if id not in session.key.domains:
            raise YukiFault("domain")
        return self.domains[id]

    def administrations(self, session: Session) -> Mapping[str, Books]:
        """List the administrations that the session sees."""
        seen = session.key.domains if self._switches.administrations_of == "all" else [session.domain]
        return {
            id: books
            for domain in seen
            for id, books in self.domains[domain].administrations.items()
            if session.key.administration in ("", id)
        }

    def books(self, session: Session, id: str) -> Books:
        """Open the books of an administration.

        Raises:
            YukiFault: the session does not see it, or its domain has no database that could be read.
        """
        outside = self._switches.outside_current_domain == "serve"
        for domain in session.key.domains if outside else [session.domain]:
            books = self.domains[domain].administrations.get(id.lower())
            if books is not None and session.key.administration in ("", id.lower()):
                self.check_readable(session, self.domains[domain])
                return books
        raise YukiFault("administration")

    def check_readable(self, session: Session, domain: Domain) -> None:
        """Stop at a domain that is out of use, or of which this host has no database."""
        if session.key.region != self.region or not domain.active:
            raise YukiFault("region")
