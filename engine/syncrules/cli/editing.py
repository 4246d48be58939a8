"""The schema that an editor reads beside a mapping."""

from __future__ import annotations

import json
from pathlib import Path

import click

from syncrules import provider
from syncrules.cli.screen import Screen
from syncrules.editor import schema
from syncrules.errors import UsageError
from syncrules.language import grammar, spec

HEADER = "# yaml-language-server: $schema={file}\n"
"""The first line of a mapping, by which an editor finds its schema."""


def show(screen: Screen, mapping: str, sides: str, out: str) -> int:
    """Write the schema of all mappings, of one mapping, or of a pair of systems.

    Raises:
        UsageError: there is no such mapping or system, or the file cannot be written.
        SpecError: the mapping is not one.
    """
    made = _made(mapping, sides)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    if out:
        try:
            Path(out).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"'{out}' cannot be written: {error.strerror}", cure="Choose another file.") from error
        screen.say(f"wrote {out}; its mapping begins with: {HEADER.format(file=Path(out).name).strip()}")
        screen.data({"command": "schema", "title": made["title"], "out": out})
    else:
        click.echo(text)
    return 0


def _made(mapping: str, sides: str) -> schema.Schema:
    if mapping and sides:
        raise UsageError("a mapping has its sides already", cure="Leave --sides out, or the mapping.")
    if mapping:
        return schema.for_mapping(spec.load(mapping), provider.names())
    if not sides:
        return schema.general()
    names = [each.strip() for each in sides.split(",")]
    if len(names) != 2 or names[0] == names[1]:
        raise UsageError("a mapping has two sides", cure="Write --sides one,other, or --sides name=provider,other.")
    pairs = [each.partition("=")[::2] for each in names]
    for side, _ in pairs:
        if side in grammar.keywords():
            raise UsageError(
                f"a side cannot be named '{side}', which is a word of the language", cure="Write name=provider."
            )
    found = {side: provider.find(named or side).manifest for side, named in pairs}
    return schema.for_pair(found, provider.names())
