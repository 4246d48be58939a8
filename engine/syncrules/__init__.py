"""Declarative mapping rules that keep business systems in step.

The face: the few names that whoever writes a provider needs. They are loaded when they are first used, because a scheduled run
that finds nothing to do pays mostly for its start.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncrules.errors import (
        HalfDone,
        LimitReached,
        LoginRefused,
        Nonsense,
        OutcomeUnknown,
        OutOfStep,
        ProviderError,
        RecordGone,
        RecordRefused,
        SyncRulesError,
        Unreachable,
        UsageError,
    )
    from syncrules.http import Clock, Http, Response
    from syncrules.manifest import Field, Manifest, Resource, Type
    from syncrules.manifest_reading import load_manifest
    from syncrules.provider import Account, Keep, Provider, Record, Write

__all__ = [
    "Account",
    "Clock",
    "Field",
    "HalfDone",
    "Http",
    "Keep",
    "LimitReached",
    "LoginRefused",
    "Manifest",
    "Nonsense",
    "OutOfStep",
    "OutcomeUnknown",
    "Provider",
    "ProviderError",
    "Record",
    "RecordGone",
    "RecordRefused",
    "Resource",
    "Response",
    "SyncRulesError",
    "Type",
    "Unreachable",
    "UsageError",
    "Write",
    "load_manifest",
]

_HOMES = ("errors", "manifest", "manifest_reading", "http", "provider")
"""The files that own these names; the ones that load quickly come first."""

if not TYPE_CHECKING:  # a type checker sees the names above, and takes nothing else for one

    def __getattr__(name: str) -> object:
        if name in __all__:
            for home in _HOMES:
                owner = import_module(f"syncrules.{home}")
                if hasattr(owner, name):
                    return getattr(owner, name)
        raise AttributeError(f"module 'syncrules' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
