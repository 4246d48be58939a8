"""The command line in the middle of two invented systems: type a command, look at what it said and what came of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from syncrules.cli.commands import commands
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import open_store
from syncrules_providers.sandboxes.eboekhouden_soap import EboekhoudenSoapSandbox
from syncrules_providers.sandboxes.story import Story
from syncrules_providers.sandboxes.tribe import TribeSandbox

MAPPING = "tribe-eboekhouden"
SIDES = ("tribe", "eboekhouden")
SETTINGS = {"VAT groups": {"NL - 0%": "GEEN"}, "default revenue account": "8000", "product group": "Algemeen"}
CUSTOMERS = "Relationship_Organization_CommercialRelationship_Customer"
SCHEMA = json.loads((files("syncrules.cli") / "output.schema.json").read_text(encoding="utf-8"))


@dataclass
class Systems:
    """Two sandboxes that run."""

    crm: TribeSandbox
    books: EboekhoudenSoapSandbox

    @property
    def answers(self) -> dict[str, Any]:
        """Everything that `connect` asks."""
        return {"tribe": self.crm.answers, "eboekhouden": self.books.answers, "settings": dict(SETTINGS)}

    @property
    def writes(self) -> int:
        return len(self.crm.writes) + len(self.books.writes)

    @classmethod
    def telling(cls, story: Story, **books: Any) -> Systems:
        return cls(TribeSandbox(story), EboekhoudenSoapSandbox(story, **books))

    def __enter__(self) -> Systems:
        self.crm.start()
        self.books.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.crm.stop()
        self.books.stop()


class Shell:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state.db"
        self.key = folder / "key"

    def type(self, *words: str, input: str | None = None, env: Mapping[str, str] | None = None) -> Result:
        """Type a command and give what came of it; the last word on where the state is belongs to the test."""
        place = ["--state", str(self.state), "--key-file", str(self.key)]
        given = [words[0], *place, *words[1:]] if "--state" not in words else list(words)
        return CliRunner().invoke(commands, given, input=input, env=dict(env or {}), prog_name="syncrules")

    def told(self, *words: str, code: int = 0, **more: Any) -> list[dict[str, Any]]:
        """Type a command with --json; give its objects, each held against the published schema."""
        result = self.type(*words, "--json", **more)

        assert result.exit_code == code, result.output
        return objects(result.stdout)

    def one(self, *words: str, code: int = 0, **more: Any) -> dict[str, Any]:
        """Type a command with --json that gives one object."""
        (only,) = self.told(*words, code=code, **more)
        return only

    def answers(self, content: Mapping[str, Any], name: str = "answers.yaml") -> str:
        """Write a file of answers."""
        file = self.folder / name
        file.write_text(yaml.safe_dump(dict(content), allow_unicode=True), encoding="utf-8")
        return str(file)

    def connect(self, content: Mapping[str, Any], *words: str, name: str = "acme") -> Result:
        """Connect from a file, without being asked."""
        return self.type("connect", name, "--mapping", MAPPING, "--from", self.answers(content), "--yes", *words)

    def copy(self, folder: Path) -> Shell:
        """Go on elsewhere with what is remembered here."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Shell(folder)

    def row(self, name: str = "acme") -> ConnectionRow | None:
        with open_store(self.state) as store:
            return store.connection(name)

    def remembered(self, name: str = "acme") -> dict[str, int]:
        """Count the links of every entity."""
        with open_store(self.state) as store:
            memory = Memory(store, name, SIDES)
            return {
                each: memory.count_linked(each, "tribe") for each in ("organisation", "person", "product", "invoice")
            }


def objects(text: str) -> list[dict[str, Any]]:
    """Read the JSON objects of an output, and hold each against the schema."""
    found, place, decoder = [], 0, json.JSONDecoder()
    while place < len(text.rstrip()):
        value, place = decoder.raw_decode(text, place)
        place += len(text[place:]) - len(text[place:].lstrip())
        found.append(value)
    for each in found:
        errors = [error.message for error in relevant(each)]

        assert errors == []
    return found


def relevant(value: Mapping[str, Any]) -> list[Any]:
    """Check against the branch of the schema that the object says it is, so that a fault is told where it is."""
    name = "error" if "error" in value and "command" not in value else value["command"]
    branch = f"command {name}" if f"command {name}" in SCHEMA["$defs"] else "command told"
    whole = list(Draft202012Validator(SCHEMA).iter_errors(value))
    return (
        list(Draft202012Validator({"$ref": f"#/$defs/{branch}", "$defs": SCHEMA["$defs"]}).iter_errors(value)) or whole
    )
