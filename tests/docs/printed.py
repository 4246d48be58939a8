"""Print into the READMEs what is known elsewhere: policy tables, files, commands.

Run `python tests/docs/printed.py` after one of them changed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import yaml
from language_reference import filled_in, table

from syncrules.check.laws import LAWS
from syncrules.cli.commands import commands as group
from syncrules.contract import PROMISES
from syncrules.journey.diff import ACTIVITY, ROWS
from syncrules.simulator.door import MISHAPS
from syncrules.simulator.invariants import INVARIANTS, sentence

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine" / "syncrules"
PROVIDERS = ROOT / "tests" / "providers"


def rows() -> str:
    """Print what is concluded from who changed a row."""
    says = {True: "yes", False: "no"}
    lines = [(says[known], says[left], says[right], what.value) for (known, left, right), what in ROWS.items()]
    return table(lines, ("known from last time", "changed on the left", "changed on the right", "so"))


def activity() -> str:
    """Print what is concluded from whether a record is in use."""
    says = {True: "yes", False: "no", None: "nobody can see it"}
    lines = [(says[before], says[now], happened.name.lower()) for (before, now), happened in ACTIVITY.items()]
    return table(lines, ("in use last time", "in use now", "so"))


def files() -> str:
    """Print the first sentence of every file of the engine."""
    shown = [each for each in ENGINE.rglob("*.py") if "versions" not in each.parts and each.parent.name != "checks"]
    shown.append(ENGINE / "language" / "checks" / "__init__.py")
    shown.remove(ENGINE / "__init__.py")
    lines = [(f"`{_name(each)}`", _caption(each)) for each in sorted(shown, key=_name)]
    return table(lines, ("file", "what it is for"))


def promises() -> str:
    """Print what must be true after every simulated schedule."""
    # Where each stands, and not who was imported first.
    ordered = sorted(INVARIANTS.items(), key=lambda each: (each[1].__module__, each[1].__code__.co_firstlineno))
    return table([(name, sentence(each)) for name, each in ordered], ("promise", "what it demands"))


def contract() -> str:
    """Print what every provider promises."""
    lines = [(each.name, each.says, each.why) for each in PROMISES.values()]
    return table(lines, ("promise", "what it demands", "why the engine counts on it"))


def laws() -> str:
    """Print what every rule of a mapping must obey, and why."""
    return table([(each.name, each.says, each.why) for each in LAWS.values()], ("law", "what it demands", "else"))


def mishaps() -> str:
    """Print what can befall a call, and a commit, in a simulated run."""
    lines = [
        *MISHAPS.items(),
        ("crash within", "a commit: the process is killed between two statements of a transaction"),
        ("disk full", "a commit: the state store cannot be written"),
    ]
    return table(lines, ("fault", "what it means"))


def counted() -> str:
    """Print how many exchanges and quirks are known of each system, and how many of them are shown by tests."""
    exchanges = yaml.safe_load((PROVIDERS / "exchanges.yaml").read_text(encoding="utf-8"))
    lines = []
    for name, each in exchanges.items():
        known = list(each["exchanges"].values())
        told = yaml.safe_load((PROVIDERS / "quirks" / f"{name}.yaml").read_text(encoding="utf-8"))
        never, quirks = sum("never" in one for one in known), told["quirks"]
        shown = sum("shown_by" in one for one in quirks)
        numbers = (len(known), len(known), len(known) - never, never, len(quirks), shown, len(quirks) - shown)
        lines.append((told["system"], *map(str, numbers)))
    head = ("system", "sample exchanges", "replayed against the sandbox", "replayed against the transport",
        "never asked by it", "quirks", "shown by the sandbox", "not emulated")  # fmt: skip
    return table(lines, head)


def _name(file: Path) -> str:
    where = file.relative_to(ENGINE)
    return f"{where.parent}/" if file.stem == "__init__" else str(where)


def _caption(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def commands() -> str:
    """Print every command with its first sentences."""
    lines = [(f"`syncrules {name}`", each.get_short_help_str(500)) for name, each in listed()]
    return table(lines, ("command", "what it does"))


def listed() -> list[tuple[str, click.Command]]:
    """List the commands in the order in which `syncrules --help` does."""
    return list(_listed(group))


def _listed(commands: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, each in commands.commands.items():
        if isinstance(each, click.Group):
            yield from ((f"{name} {inner}", command) for inner, command in _listed(each))
        elif not each.hidden:
            yield name, each


PRINTED: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    ROOT / "README.md": {"commands": commands},
    ROOT / "providers" / "README.md": {"contract": contract},
    ROOT / "tests" / "README.md": {"counted": counted},
    ROOT / "engine" / "README.md": {
        "rows": rows,
        "activity": activity,
        "promises": promises,
        "mishaps": mishaps,
        "laws": laws,
        "files": files,
    },
}
"""File → what is printed into it, by its mark."""


if __name__ == "__main__":
    for readme, parts in PRINTED.items():
        readme.write_text(filled_in(readme.read_text(encoding="utf-8"), parts), encoding="utf-8")
