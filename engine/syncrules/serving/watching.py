"""Whoever looks on while runs are carried out and deliveries come in, to count and to measure; nobody, unless somebody asked.

What is looked at has no content and no names of people: which connection, which system, how many, how long, and how it went.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncrules.http import Response
    from syncrules.journey.event import Event


class Watched(Protocol):
    """One run that is looked at."""

    def told(self, event: Event) -> None:
        """Take in how far it is."""

    def call(self, system: str, method: str, carry: Callable[[], Response]) -> Response:
        """Carry out one request to a system, and look at it."""

    def done(self, run: Mapping[str, Any]) -> None:
        """Take in what it did, as `run --json` tells it."""


class Watcher(Protocol):
    """Looks on."""

    def run(self, connection: str, mapping: str) -> AbstractContextManager[Watched]:
        """Look at a run while inside."""

    def delivered(self, status: int) -> None:
        """Take in how a delivery was answered."""

    def close(self) -> None:
        """Hand over what was not handed over yet."""


class Nobody:
    """Looks at nothing."""

    @contextmanager
    def run(self, connection: str, mapping: str) -> Iterator[Watched]:
        yield self

    def told(self, event: Event) -> None:
        pass

    def call(self, system: str, method: str, carry: Callable[[], Response]) -> Response:
        return carry()

    def done(self, run: Mapping[str, Any]) -> None:
        pass

    def delivered(self, status: int) -> None:
        pass

    def close(self) -> None:
        pass


def wanted(environment: Mapping[str, str]) -> bool:
    """Say whether somebody asked for it, with the variables that OpenTelemetry has for that."""
    places = ("", "TRACES_", "METRICS_")
    asked = any(environment.get(f"OTEL_EXPORTER_OTLP_{each}ENDPOINT") for each in places)
    return asked and environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
