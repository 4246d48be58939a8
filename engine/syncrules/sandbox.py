"""What an invented system offers, and how an installed one is found (entry point `syncrules.sandboxes`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, ClassVar, Protocol, Self

from syncrules.errors import UsageError
from syncrules.language import grammar

GROUP = "syncrules.sandboxes"


class Sandbox(Protocol):
    """One invented system."""

    country: ClassVar[str]
    """The one country whose books it keeps; empty if it does not matter to it."""

    @classmethod
    def seeded(cls, size: int, *, port: int = 0, country: str = "") -> Self:
        """Make one that tells the story, with so many relations in the crowd; it stands beside books of this country."""

    @property
    def url(self) -> str:
        """Where it listens."""

    @property
    def answers(self) -> dict[str, str]:
        """What a connection to it is asked."""

    @property
    def writes(self) -> Sequence[Any]:
        """The calls that wrote something."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: Any) -> None: ...


def samples_of(kind: type[Sandbox]) -> Traversable | None:
    """Find the file beside a sandbox that says what its system wants of invented records: `MODULE.samples.yaml`; None if there is none."""
    package, _, module = kind.__module__.rpartition(".")
    found = files(package) / f"{module}.samples.yaml" if package else None
    return found if found is not None and found.is_file() else None


def names() -> list[str]:
    """List the systems of which a sandbox is installed, in alphabetical order."""
    return sorted({each.name for each in entry_points(group=GROUP)})


def find(name: str) -> type[Sandbox]:
    """Find the sandbox of a system.

    Raises:
        UsageError: none is installed.
    """
    for each in entry_points(group=GROUP):
        if each.name == name:
            found: type[Sandbox] = each.load()
            return found
    near = grammar.nearest(name, names())
    raise UsageError(
        f"there is no sandbox of '{name}'",
        cure=f"{near[:1].upper()}{near[1:]} There are: {', '.join(names()) or 'none'}.".strip(),
    )
