"""What a provider offers, and how an installed one is found.

A provider moves the records of one system and decides nothing. What it offers is declared in a manifest beside it; what it
does is seven methods, and one more for each of a few things that only some systems offer. It holds no mapping, no comparison and
no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.resources.abc import Traversable
from typing import Any, ClassVar, Literal, Protocol

from syncrules.errors import UsageError
from syncrules.http import Http
from syncrules.manifest import Manifest
from syncrules.manifest_reading import load_manifest

Record = dict[str, Any]
"""A record as the API gave it: nested dictionaries and lists of str, int, Decimal, bool and None. Never a float.

A property that the system left empty is None or an empty text; one that is *absent* is not known (see `absent` in the
manifest)."""


Keep = Callable[[str, str], None]
"""Takes what a system has renewed, under a name of the manifest's `connection.keeps`; when it returns, it is stored."""


@dataclass(frozen=True, slots=True)
class Account:
    """Which books, or which tenant, a connection's credentials open."""

    id: str
    """Stays the same as long as it is the same set of records; part of every id that we leave behind in another system."""
    title: str


class Provider(Protocol):
    """Move records of one system.

    Every method may raise `LoginRefused`, `Unreachable`, `Nonsense` or `LimitReached`; the writing ones also
    `RecordRefused` (nothing was written), `RecordGone`, `HalfDone` (something was written, and otherwise than asked) and
    `OutcomeUnknown` (it may have been written).
    """

    manifest: ClassVar[Traversable]
    """The YAML file that declares what this provider offers."""

    def __init__(
        self, manifest: Manifest, settings: Mapping[str, str], http: Http, keep: Keep = lambda *_: None
    ) -> None:
        """Prepare, without a call: `settings` are the answers to the manifest's `connection.asks`, secrets included.

        `keep` is given only where the manifest declares `connection.keeps`; what was kept stands in `settings` next time.
        """

    def account(self) -> Account:
        """Log in and say whose records these are."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        """Read all records of a resource, page by page, in the order of their change where the system has one.

        `since` is a moment in ISO 8601, UTC: then only what was created or changed at or after it, parts included. Given only
        where the manifest declares `changes.since`.
        """

    def fetch(self, resource: str, key: str) -> Record | None:
        """Read one record by its id, as it is now, or None if it is not there."""

    def find(self, resource: str, field: str, value: str) -> list[Record]:
        """Read the records whose field is exactly this value."""

    def create(self, resource: str, record: Record) -> Record:
        """Create a record and return it, with at least the id that it was given.

        A composite resource may bring a part that exists already: the part then holds its id, and is attached.
        """

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        """Write changes into a record and return it as far as the answer tells.

        `changes` is nested like a record and holds only what changes (a list is always whole); `seen` is the whole record as
        it was fetched just before, so that a system that replaces whole objects gets everything else back as it was.
        """

    def close(self) -> None:
        """Log out, where that means something."""


class LooksUp(Protocol):
    """Answer questions about a record before it is created: a provider whose manifest names `look_ups` does so too."""

    def look_up(self, resource: str, question: str, record: Record) -> Any:
        """Answer one of the questions that the manifest names.

        Raises:
            RecordRefused: there is no answer, so the record cannot be created as it is.
        """


class Overwrites(Protocol):
    """Tell whom a new record would be written over, where the manifest declares `create.overwrites`."""

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        """Read the records that the system would take this new one for, as they are now.

        Each entry of `overwrites` is a question, asked in its turn until somebody is found; an entry is passed over where one of its
        fields says nothing in the record.
        """


class Scoped(Protocol):
    """Move the records of one of several sets of books that one login opens."""

    def within(self, record: Record) -> Provider:
        """Give a provider for the books that this record stands for; its login is shared."""


class Deletes(Protocol):
    """Delete records, where the manifest declares `delete`."""

    def delete(self, resource: str, key: str) -> None:
        """Delete a record by its id; one that is not there raises `RecordGone`, or nothing."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record of a batch."""

    verb: Literal["create", "update", "delete"]
    key: str
    """Its id; that of a new record as far as we choose it."""
    record: Record
    """All of it; empty for a deletion."""


class Batches(Protocol):
    """Write many records in one call, where the manifest declares `batch`: all of them arrive, or none.

    Raises besides what all calls may raise: `OutOfStep` (the last mark there is not ours).
    """

    def write_many(self, resource: str, writes: Sequence[Write], mark: str) -> None:
        """Write records; `mark` is what this call is called, where the system remembers that."""

    def replace_all(self, resource: str, records: Sequence[Record], beside: Record) -> None:
        """Write all records there are, in place of those that were there, with what travels beside them."""

    def mark(self) -> str | None:
        """Tell what the last call was called that arrived; None if there was none."""

    def empty(self) -> None:
        """Take away everything that was written under marks."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a system said of itself: that something may be looked at now. It is never taken for data."""

    resource: str
    id: str = ""
    """Which record; empty: any of them."""
    what: Literal["changed", "deleted", "asked"] = "changed"
    """`deleted` wants an id: exactly that record is read again. `asked`: the system wants to be brought up to date."""


class Tells(Protocol):
    """Be told by the system that something happened there, where the manifest declares `webhooks`."""

    @classmethod
    def hints(
        cls, manifest: Manifest, secrets: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Sequence[Hint] | None:
        """Say what a call of the system tells, or None if it is not signed as it must be. Makes no call.

        A call that is signed and cannot be understood tells nothing: an empty list, and it is looked what changed.

        Args:
            secrets: the answers that the manifest names in `signed_with`; one that is empty signs nothing.
            headers: names in lower case.
            body: as it came, byte by byte.
        """

    def register(self, address: str, resources: Collection[str]) -> None:
        """Let the system call this address when something happens to these resources."""

    def unregister(self, beginning: str) -> None:
        """Let the system call no address any more that begins so; none there is no trouble."""


BESIDES = frozenset(
    {"look_up", "taken_for", "within", "delete", "write_many", "replace_all", "mark", "empty", "register", "unregister"}
)
"""The methods that only some providers have."""


def overwriting(provider: Provider) -> Overwrites:
    """Take a provider for one that tells whom a new record would be written over.

    Raises:
        UsageError: it does not.
    """
    return _able(provider, "taken_for", "tell whom a new record would be written over")  # type: ignore[no-any-return]  # looked at just now


def scoped(provider: Provider) -> Scoped:
    """Take a provider for one that opens several sets of books.

    Raises:
        UsageError: it is not.
    """
    return _able(provider, "within", "move the records of one of several sets of books")  # type: ignore[no-any-return]  # looked at just now


def deleting(provider: Provider) -> Deletes:
    """Take a provider for one that deletes.

    Raises:
        UsageError: it does not.
    """
    return _able(provider, "delete", "delete records")  # type: ignore[no-any-return]  # looked at just now


def batching(provider: Provider) -> Batches:
    """Take a provider for one that writes many records at once.

    Raises:
        UsageError: it does not.
    """
    return _able(provider, "write_many", "write many records at once")  # type: ignore[no-any-return]  # looked at just now


def telling(provider: Provider) -> Tells:
    """Take a provider for one whose system tells by itself that something happened.

    Raises:
        UsageError: it does not.
    """
    return _able(provider, "register", "be told by its system what happened")  # type: ignore[no-any-return]  # looked at just now


def _able(provider: Any, method: str, what: str) -> Any:
    if not hasattr(provider, method):
        name = type(provider).__name__
        raise UsageError(
            f"the provider {name} cannot {what}, although its manifest says so", cure="Report it to who made it."
        )
    return provider


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed provider: its class and its manifest, read."""

    name: str
    make: type[Provider]
    manifest: Manifest


def find(name: str) -> Installed:
    """Find an installed provider by name, ours exactly as a stranger's.

    Raises:
        UsageError: no distribution offers it, or the one that does is broken.
        SpecError: its manifest is not one.
    """
    for each in entry_points(group="syncrules.providers"):
        if each.name == name:
            try:
                make = each.load()
            except Exception as error:  # it is code of somebody else
                raise UsageError(
                    f"the provider '{name}' is installed and cannot be loaded ({type(error).__name__}: {error})",
                    cure=f"Install {each.dist.name if each.dist else 'what brings it'} again, or report it to who made it.",
                ) from error
            return Installed(name, make, load_manifest(make.manifest))
    raise UsageError(
        f"no provider named '{name}' is installed",
        cure=f"Installed are: {', '.join(names())}. Check the spelling, or install the package that brings it.",
    )


def names() -> list[str]:
    """List the providers that are installed, in alphabetical order."""
    return sorted({each.name for each in entry_points(group="syncrules.providers")})
