"""What making or changing a connection does, without a word to anybody: answers in, checks, suggestions, counts out.

Nothing is stored before `save`, and nothing is written to either system before `connection.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncrules.activation.credentials import Credentials, pages
from syncrules.activation.preflight import Finding, Questions
from syncrules.activation.settings import Settings
from syncrules.errors import SpecError, UsageError
from syncrules.http import Clock
from syncrules.journey.rules import compile_rules
from syncrules.language import spec
from syncrules.language.scoped import outside
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.secrets import Keys


def no_mapping(name: str) -> UsageError:
    """Say that a new connection needs a mapping."""
    return UsageError(
        f"it is not said which mapping the connection '{name}' follows",
        cure=f"Add --mapping with a file, or one of: {', '.join(spec.names())}.",
    )


class Activation:
    """One connection on its way.

    Raises:
        UsageError: no mapping is named, or it is not for the systems of the connection that exists.
        SpecError: the mapping is not one.
    """

    def __init__(self, store: Store, keys: Keys, clock: Clock, name: str, mapping: str) -> None:
        self.store = store
        self.keys = keys
        self.clock = clock
        self.name = name
        before = store.connection(name)
        if before is None and not mapping:
            raise no_mapping(name)
        self.is_new = before is None
        self.spec = spec.load(mapping or (before.mapping if before is not None else ""))
        stored = _stored(mapping) if mapping else (before.mapping if before is not None else "")
        self.row = before or ConnectionRow(name, stored, {}, {}, {}, paused=True, created_at=clock.now())
        if before is not None and mapping:
            self._same_systems(before)
            self.row.mapping = stored
        self.taken: dict[str, list[str]] = {}
        """Setting → suggestions that were taken because nothing else was said, written for a person."""
        self.credentials = Credentials(store, keys, clock, self.spec, self.row, self.taken, new=self.is_new)
        self.settings = Settings(self.credentials)

    def _same_systems(self, before: ConnectionRow) -> None:
        then = spec.load(before.mapping)
        systems = [[(each, one.manifests[each].provider) for each in one.sides] for one in (then, self.spec)]
        if systems[0] != systems[1]:
            raise UsageError(
                f"the connection '{self.name}' is between other systems than this mapping",
                cure="Make a connection of another name.",
            )

    @property
    def imported(self) -> bool:
        """Whether the first import has come to its end."""
        if self.is_new:
            return False
        carried = Memory(self.store, self.name, self.spec.sides).last_carried()
        rules = compile_rules(outside(self.spec), self.row.settings)
        return all((name, "", "import") in carried for name in rules.entities)

    def twins(self) -> list[str]:
        """Name the other connections between the same books: both would carry the same changes."""
        mine = {(self.spec.manifests[side].provider, self.row.accounts.get(side)) for side in self.spec.sides}
        found = []
        for each in self.store.connections() if len(mine) == 2 and all(account for _, account in mine) else ():
            try:
                sides = spec.load(each.mapping).manifests if each.name != self.name else {}
            except (SpecError, UsageError):
                continue  # its mapping is no longer there, or broken; nobody runs it
            if {(one.provider, each.accounts.get(side)) for side, one in sides.items()} == mine:
                found.append(each.name)
        return found

    def set_zone(self, name: str) -> None:
        """Take the time zone of the connection.

        Raises:
            UsageError: there is no such zone.
        """
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"there is no time zone '{name}'", cure="Write it such as Europe/Amsterdam.") from error
        self.row.answers[""] = {**self.row.answers.get("", {}), "time zone": name}

    def save(self) -> None:
        """Store the connection; one that never ran is paused until somebody says that it may."""
        self.row.answers[""] = {**self.row.answers.get("", {}), "books": self.credentials.titles}
        with self.store.transaction():
            self.store.save(self.row)
            # Whatever kept a system from being used: what it was told has changed.
            Memory(self.store, self.name, self.spec.sides).close_circuits()
        self.credentials.saved()

    def start(self) -> None:
        """Let the connection run from now on."""
        self.row.paused = False
        with self.store.transaction():
            self.store.change(self.name, paused=False)
            Memory(self.store, self.name, self.spec.sides).carried([("", "", "begun")], self.clock.now())

    def preflight(self, told: Callable[[str, str], None] = lambda *_: None) -> list[Finding]:
        """Ask the data what would go wrong.

        Raises:
            ProviderError: a system cannot be used.
        """
        questions = Questions(self.spec, self.row.settings)
        for side in self.spec.sides:
            resources = [resource for its, resource in questions.wanted() if its == side]
            if not resources:
                continue
            with self.credentials.provider(side, self.credentials.opened[side]) as provider:
                for resource in resources:
                    told(side, resource)
                    for page in pages(self.spec.manifests[side], provider, resource):
                        questions.take(side, resource, page)
        return list(questions.findings())

    def remarks(self) -> list[str]:
        """List what the mapping says that somebody who uses it should know, and where it says so."""
        return list(
            dict.fromkeys(
                " ".join(part for part in (each.message, each.suggestion, f"({each.place})") if part)
                for each in self.spec.remarks
            )
        )


def _stored(mapping: str) -> str:
    """Name a mapping so that it is found from every folder."""
    found = spec.find(mapping)
    return str(found.resolve()) if isinstance(found, Path) and mapping != found.stem else mapping
