"""Systems that are declared before they can be reached: their mappings can be checked and explained, but not run.

A class here moves to a file of its own when its transport is written; the manifest and the mappings stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from syncrules.errors import UsageError
from syncrules.http import Http
from syncrules.manifest import Manifest

HERE = files("syncrules_providers")


class _Declared:
    """Say kindly that there is no transport yet."""

    def __init__(self, manifest: Manifest, settings: Mapping[str, str], http: Http) -> None:
        raise UsageError(
            f"{manifest.title}: the transport comes with a later version; this mapping can be checked, not run",
            cure="Use 'syncrules validate', 'check', 'test' and 'docs' with it; or install a package that brings the transport.",
        )


class Silverfin(_Declared):
    """Silverfin, as its manifest declares it."""

    manifest = HERE / "silverfin.manifest.yaml"
