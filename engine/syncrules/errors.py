"""Everything that can go wrong, drawn as a tree.

SyncRulesError
├── UsageError          the command was not given what it needs                               exit 2
├── SpecError           a mapping or manifest does not say something that we can carry out    exit 2
├── ProviderError       the other system                                                      exit 3
│   ├── LoginRefused        does not know us
│   ├── Unreachable         did not answer
│   ├── Nonsense            answered something that is not an answer
│   ├── LimitReached        has no calls left for us
│   ├── OutOfStep           does not have what we left there last time
│   ├── RecordRefused       does not want this record            (data for the run, not its end)
│   ├── RecordGone          no longer has this record            (data for the run, not its end)
│   ├── HalfDone            did this write otherwise than asked  (data for the run, not its end)
│   └── OutcomeUnknown      may or may not have done this write  (data for the run, not its end)
├── SafetyStop          too much would be deleted, deactivated or settled; nothing of it was written    exit 4
└── StateError          what we remember cannot be read or written                            exit 5
    └── Sealed              the secrets of connections: a seal does not open, or the key cannot be read

A message says what happened and where; `cure` says what to do next. Neither ever holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fix:
    """What to write instead of what stands from one place up to another, which itself stays."""

    place: Place
    end: Place
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or worth knowing, in a file that a person wrote."""

    message: str
    place: Place | None = None
    excerpt: str = ""
    suggestion: str = ""
    serious: bool = True
    """False for a remark: the file works, but the reader should know."""
    code: str = ""
    """Under which it is explained in the catalogue, `codes.yaml`."""
    fix: Fix | None = None
    """What the suggestion says, for a program; only where a single one is right."""
    concerns: str = ""
    """Where the other rule stands that it is about, in this file or another: file:line:column."""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        code = f"{self.code} " if self.code else ""
        parts = [f"{where}{code}{self.message}"]
        if self.excerpt:
            parts.append(self.excerpt)
        if self.suggestion:
            parts.append(f"    {self.suggestion}")
        if self.concerns:
            parts.append(f"    rule: {self.concerns}")
        return "\n".join(parts)


class SyncRulesError(Exception):
    """Stop what was asked, with a sentence that says why and one that says what next."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


class UsageError(SyncRulesError):
    """The command was not given what it needs."""


class SpecError(SyncRulesError):
    """A file does not say something that we can carry out; all its problems are told at once."""

    def __init__(self, problems: list[Problem]) -> None:
        count = sum(each.serious for each in problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} found")
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(each) for each in self.problems)


class ProviderError(SyncRulesError):
    """The other system does not know us, did not answer, or answered nonsense."""

    exit_code = 3

    def __init__(self, system: str, message: str, *, cure: str = "", code: str = "") -> None:
        super().__init__(f"{system}: {message}", cure=cure)
        self.system = system
        self.says = message
        self.code = code
        """The system's own error code, where it gives one."""


class LoginRefused(ProviderError):
    """The other system does not know us, or takes our rights away."""


class Unreachable(ProviderError):
    """The other system did not answer."""


class Nonsense(ProviderError):
    """The other system answered something that is not an answer."""


class LimitReached(ProviderError):
    """No calls are left in this period."""

    until: float = 0.0
    """When there will be as many as a run needs to get further than this one; 0: nobody can tell."""
    lane: str = ""
    """Whose calls are used up: those of a lane, or `all`."""


class OutOfStep(ProviderError):
    """What the other system has is not what we left there last time; nothing was written."""


class RecordRefused(ProviderError):
    """The other system does not want this record; the rest goes on."""


class RecordGone(ProviderError):
    """The other system no longer has this record; the rest goes on."""


class HalfDone(ProviderError):
    """The other system did something of what was asked, and not all of it: only a person can see what stands there now."""


class OutcomeUnknown(ProviderError):
    """The answer to a write was lost: it may have been done."""


class SafetyStop(SyncRulesError):
    """Too much would be deleted, deactivated or settled; nothing of that part was written."""

    exit_code = 4


class StateError(SyncRulesError):
    """What we remember cannot be read or written."""

    exit_code = 5
    AGAIN: ClassVar[str] = "Nothing was lost: run again."
    """Ends the cure where that is all that is left to do; whoever tries again by itself leaves it out."""


class Sealed(StateError):
    """A secret was sealed with another key, or for something else; or the key cannot be read. The state store is there."""
