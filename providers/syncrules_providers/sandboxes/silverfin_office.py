"""An invented accounting firm in Silverfin: who works there, in which role, and its client files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Literal

from syncrules_providers.sandboxes.silverfin_books import Books
from syncrules_providers.sandboxes.silverfin_wire import Readings, Refused

Role = Literal["Admin", "Staff contributor", "External contributor", "Pulse user"]
ROLES: tuple[Role, ...] = ("Admin", "Staff contributor", "External contributor", "Pulse user")
CREATED = "2024-01-02T08:00:00.000Z"


@dataclass(slots=True)
class User:
    id: int
    name: str
    email: str
    roles: dict[int, Role]
    """By the firms that the user works for."""

    @property
    def position(self) -> str:
        """Say for people where the user works, as what."""
        return ", ".join(f"{role} of {firm}" for firm, role in self.roles.items())


@dataclass(slots=True)
class Entity:
    """The connection of an application with a firm; client files follow it."""

    id: int
    name: str
    references: dict[str, str] = field(default_factory=dict)
    """Names by reference, as they were pushed."""


@dataclass(slots=True)
class File:
    """One client file: Silverfin's word in the API is company."""

    id: int
    firm: int
    name: str
    books: Books
    facts: dict[str, Any]
    """What the general API tells of it besides."""
    entity: int | None = None
    reference: str | None = None
    start: date | None = None
    archived: bool = False
    inconsistent: bool = False


@dataclass(slots=True)
class Firm:
    id: int
    name: str
    entity: Entity | None = None


PLAIN_FACTS = ("file_code", "vat", "organisation_form", "currency", "account_mapping_list_id", "company_template_id")
"""What a caller may say of a new company besides its name, and change later."""


class Office:
    """Firms, users and client files, as Silverfin keeps them."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self.firms: dict[int, Firm] = {}
        self.users: dict[int, User] = {}
        self.files: dict[int, File] = {}
        self._entities = count(301)
        self._accounts = count(70_001)
        self._periods = count(90_001)

    def add_file(self, firm: int, name: str, *, id: int | None = None, **facts: Any) -> File:
        """Open a client file."""
        number = id if id is not None else max(self.files, default=500) + 1
        books = Books(self._readings, self._accounts, self._periods)
        file = File(number, firm, name, books, {"currency": "EUR", **facts})
        self.files[number] = file
        return file

    def connect(self, firm: Firm, application: str) -> None:
        """Make the sync entity of a firm, if it has none yet."""
        if firm.entity is None:
            firm.entity = Entity(next(self._entities), application)

    def file(self, firm: int, number: str) -> File:
        """Find a client file of a firm.

        Raises:
            Refused: there is none of this number.
        """
        file = self.files.get(int(number)) if number.isdigit() else None
        if file is None or file.firm != firm or file.archived:
            raise Refused(self._readings["unknown"], f"Company {number} was not found.")
        return file

    def files_of(self, firm: int) -> Iterator[File]:
        """List the client files of a firm that are in use, by number."""
        return (each for _, each in sorted(self.files.items()) if each.firm == firm and not each.archived)

    def synced(self, firm: int) -> list[File]:
        """List the client files that follow the sync of the firm."""
        return [each for each in self.files_of(firm) if each.entity is not None]

    def shown(self, file: File) -> dict[str, Any]:
        """Tell a client file as the general API does."""
        return {
            "id": file.id,
            "name": file.name,
            **{each: file.facts.get(each) for each in PLAIN_FACTS},
            "created_at": CREATED,
            "folder_name": file.facts.get("folder_name"),
            "visible_for_contributors": file.facts.get("visible_for_contributors", True),
            "accountancy_synchronisation_entity_id": file.entity,
            "accountancy_synchronisation_reference": file.reference,
            "administration_synchronisation_entity_id": None,
            "administration_synchronisation_reference": None,
        }

    def shown_to_sync(self, file: File) -> dict[str, Any]:
        """Tell what the application of a sync may know of a client file."""
        start = None if file.start is None else file.start.isoformat()
        if start is not None and self._readings["start date written"] == "moment":
            start += "T00:00:00.000Z"
        return {
            "sync_point": file.books.sync_point,
            "sync_start_at": start,
            "sync_reference": file.reference,
        }
