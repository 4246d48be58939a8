"""A project to edit: a mapping, answers to fill in, a workflow that checks them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from syncrules import provider
from syncrules.cli.screen import Screen
from syncrules.connection import zone_here
from syncrules.editor.schema import for_mapping
from syncrules.errors import UsageError
from syncrules.language import spec
from syncrules.language.model import Spec

MAPPING = """\
# yaml-language-server: $schema={schema}
# An editor that knows this line completes and explains every word; `syncrules schema` renews the file.
syncrules: 1
title: {title}
# Everything of '{base}' holds; what stands here replaces it, keyword by keyword.
# Every keyword is explained in the README of the mappings.
extends: {base}

# For example, to leave one field of an entity out:
#
# entities:
#   {entity}:
#     fields:
#       {row}: none
"""

EXAMPLES_HEAD = """\
# What comes of given records, in our books: `syncrules test` carries these examples out, and all those of '{base}' with them.
# An example of '{base}' is replaced by one of the same name, or taken away with `none`.
"""

ANSWERS_HEAD = """\
# Everything that `syncrules connect NAME --mapping mappings/{base}.yaml --from {file}` asks.
# Secrets do not stand here: env: names an environment variable, file: a file, keyring: an entry of the keyring.
"""

WORKFLOW = """\
name: mappings
on: [push, pull_request, workflow_call]
jobs:
  validate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
      - run: {install}
      - run: syncrules validate --format github
      - run: syncrules check
      - run: syncrules test
"""

UNKNOWN = "echo 'Say in .github/workflows/mappings.yml where syncrules is installed from.'; exit 1"
"""What stands there where nobody can tell: it fails with a sentence, instead of installing whatever bears that name somewhere."""
REPOSITORY = re.compile(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._~-]+)+")
"""An address that can stand in a command and a file as it is, and in which no credentials stand."""

IGNORED = """\
# The state of the connections and the key of their credentials.
.syncrules/
*.db
*.db.*
*.db-*
"""


def begin(screen: Screen, directory: Path, mapping: str) -> int:
    """Make a project: a mapping that extends an installed one, answers to fill in, a workflow that checks it.

    Raises:
        UsageError: there is no such mapping, or something is in the way.
    """
    base = mapping or _only()
    loaded = spec.load(base)
    files = {
        f"mappings/{base}-own.yaml": _mapping(loaded, base),
        f"mappings/{base}.schema.json": json.dumps(for_mapping(loaded, provider.names()), ensure_ascii=False) + "\n",
        f"mappings/{base}-own{spec.EXAMPLES}.yaml": _examples(loaded, base),
        f"examples/{base}-answers.yaml": _answers(loaded, base),
        ".github/workflows/mappings.yml": WORKFLOW.format(install=_install()),
        ".gitignore": IGNORED,
    }
    there = [name for name in files if (directory / name).exists()]
    if there:
        raise UsageError(
            f"in '{directory}' there is {' and '.join(there)} already",
            cure="Nothing was changed. Choose another folder.",
        )
    for name, text in files.items():
        _write(directory / name, text)
        screen.say(f"made {directory / name}")
    screen.say(f"Next: fill in {directory / f'examples/{base}-answers.yaml'}, then")
    screen.say(f"  syncrules connect NAME --mapping mappings/{base}-own.yaml --from examples/{base}-answers.yaml")
    screen.data({"command": "init", "directory": str(directory), "mapping": base, "files": list(files)})
    return 0


def _install() -> str:
    """Say how syncrules is installed elsewhere: from where this one came, at the same commit."""
    try:
        told = json.loads(distribution("syncrules").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    url, commit = str(told.get("url", "")), str(told.get("vcs_info", {}).get("commit_id", ""))
    if not REPOSITORY.fullmatch(url) or not re.fullmatch("[0-9a-f]{40,64}", commit):
        return UNKNOWN
    return f'pip install "syncrules @ git+{url}@{commit}"'


def _only() -> str:
    names = spec.names()
    if len(names) == 1:
        return names[0]
    raise UsageError(
        "it is not said which mapping to begin with", cure=f"Add --mapping with one of: {', '.join(names)}."
    )


def _mapping(loaded: Spec, base: str) -> str:
    entity = next(iter(loaded.entities.values()))
    return MAPPING.format(
        schema=f"{base}.schema.json",
        title=f"{loaded.title}, our own",
        base=base,
        entity=entity.name,
        row=entity.rows[-1].name,
    )


def _examples(loaded: Spec, base: str) -> str:
    """Write the two shortest examples of a mapping as one's own, to begin from."""
    from syncrules.examples import load

    written = {
        f"in our books: {says}": yaml.safe_dump(each, allow_unicode=True, sort_keys=False, width=110)
        for says, each in load.plain(loaded).items()
        if not any(isinstance(one, Decimal) for one in _values(each))
    }
    shortest = sorted(written, key=lambda says: len(written[says]))[:2]
    body = "".join(f"\n  {json.dumps(says, ensure_ascii=False)}:\n{indent(written[says], '    ')}" for says in shortest)
    return f"{EXAMPLES_HEAD.format(base=base)}examples:{body or ' {}'}\n".replace("\n\n  ", "\n  ", 1)


def _values(value: Any) -> Iterator[Any]:
    """List all plain values in what a file says."""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else None
    if parts is None:
        yield value
    for each in parts or ():
        yield from _values(each)


def _answers(loaded: Spec, base: str) -> str:
    lines = [ANSWERS_HEAD.format(base=f"{base}-own", file=f"examples/{base}-answers.yaml")]
    for side in loaded.sides:
        lines.append(f"{side}:\n")
        for ask in loaded.manifests[side].questions:
            name = f"{side}_{ask.name}".upper()
            comment = "# " if ask.default is not None else ""
            value = f"env:{name}" if ask.secret else f'"{ask.default or ""}"'
            lines.append(f"  # {' '.join(f'{ask.title} {ask.help}'.split())}\n  {comment}{ask.name}: {value}\n")
    lines.append(
        f"\n# Their days are those of this zone.\ntime zone: {zone_here() or 'Europe/Amsterdam'}\n\n# What has a suggestion is left to it, unless it is answered here.\n# settings:\n"
    )
    for setting in loaded.settings.values():
        example = "\n#     NAME: ANSWER" if setting.for_each is not None else " ANSWER"
        lines.append(f"#   {setting.name}:{example}  # {setting.ask}\n")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}", cure="Choose another folder.") from error
