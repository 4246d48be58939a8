"""What a system wants of the records that the contract makes, as far as no manifest can tell: a file beside its sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jsonschema import Draft202012Validator

from syncrules import yaml
from syncrules.errors import Problem, SpecError
from syncrules.manifest import Manifest
from syncrules.shape import Teller


@dataclass(frozen=True, slots=True)
class Sample:
    """What is sent of one resource, or of one type."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    leave_out: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Samples:
    """All that stands beside one sandbox."""

    within: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, Sample] = field(default_factory=dict)
    resources: Mapping[str, Sample] = field(default_factory=dict)

    def of(self, resource: str) -> Sample:
        return self.resources.get(resource, Sample())

    def of_type(self, name: str) -> Sample:
        return self.types.get(name, Sample())


def load(source: Traversable, manifest: Manifest) -> Samples:
    """Read samples and hold them against the manifest whose records they are about.

    Raises:
        SpecError: every place where they are none.
    """
    document = yaml.load(source.read_text(encoding="utf-8"), source.name)
    schema = json.loads((files("syncrules.contract") / "samples.schema.json").read_text(encoding="utf-8"))
    problems = [*document.problems]
    for each in Teller(schema).findings(Draft202012Validator(schema).iter_errors(document.data)):
        place = document.place(each.path)
        problems.append(Problem(each.message, place, suggestion=each.suggestion, code=each.code))
    if not problems:
        strange = _strange(document.data, manifest)
        problems += [Problem(said, document.place(path), code="SR195") for path, said in strange]
    if problems:
        raise SpecError(problems)
    return Samples(
        document.data.get("within", {}),
        {name: _sample(each) for name, each in document.data.get("types", {}).items()},
        {name: _sample(each) for name, each in document.data.get("resources", {}).items()},
    )


def _strange(data: Mapping[str, Any], manifest: Manifest) -> list[tuple[tuple[str | int, ...], str]]:
    """Tell what the manifest does not know."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    holders: Mapping[str, Mapping[str, Any]] = {"types": manifest.types, "resources": manifest.resources}
    for group, known in holders.items():
        for name, each in data.get(group, {}).items():
            if name not in known:
                found.append(((group, name), f"the manifest has no '{name}'"))
                continue
            for word in ("fields", "only", "leave_out"):
                strange = [one for one in each.get(word, ()) if one not in known[name].fields]
                found += [((group, name, word), f"'{one}' is not a field of {name}") for one in strange]
    return found


def _sample(data: Mapping[str, Any]) -> Sample:
    return Sample(data.get("fields", {}), tuple(data.get("only", ())), data.get("leave_out", {}), data.get("skip", {}))
