"""Commands typed about the connection of a world, and what they say for machines."""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from syncrules.cli.commands import commands

OUTPUT = json.loads((files("syncrules.cli") / "output.schema.json").read_text(encoding="utf-8"))


class Somewhere(Protocol):
    """A world in which one connection is called `c`."""

    folder: Path
    state: str


def typed(here: Somewhere, *words: str) -> Result:
    """Type a command about the connection of a world, with the key that its worlds are sealed with."""
    key = here.folder / "key"
    key.write_text(base64.urlsafe_b64encode(b"0" * 32).decode(), encoding="utf-8")
    return CliRunner().invoke(commands, [words[0], "--state", here.state, "--key-file", str(key), *words[1:]])


def told(here: Somewhere, *words: str, code: int) -> dict[str, Any]:
    result = typed(here, *words, "--json")

    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    Draft202012Validator(OUTPUT).validate(found)
    return found
