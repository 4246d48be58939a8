"""Where words go: to a person at a terminal, to a file that reads along, or to a program that wants JSON.

What is hidden here once is hidden everywhere: no credential leaves through a message, a table, JSON or a progress line. A word of
ours where `output.schema.json` lets nothing but such words stand is never hidden: it would be there whatever the credential is.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from syncrules.journey.event import Event

MASK = "***"


class Screen:
    """The way out of every command.

    Args:
        json: one JSON object (a line each, where there are several) on the standard output, and nothing else there.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.terminal = sys.stdout.isatty() and not json
        self._hidden: set[str] = set()

    def hide(self, secrets: Iterable[str]) -> None:
        """Never let these be seen again, nor as others write them who repeat them."""
        self._hidden |= {one for each in secrets if len(each) >= 3 for one in _written(each)}

    def masked(self, text: str) -> str:
        """Take out of a text what must not be seen."""
        for each in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(each, MASK)
        return text

    def say(self, text: str = "") -> None:
        """Tell a person; a program that wants JSON is not told."""
        if not self.json:
            click.echo(self.masked(text))

    def head(self, text: str) -> None:
        """Begin a part of what is told."""
        self.say()
        if not self.json:
            click.secho(self.masked(text), bold=True)

    def warn(self, text: str) -> None:
        """Tell a person beside the output."""
        click.echo(self.masked(text), err=True)

    def data(self, value: Mapping[str, Any], *, line: bool = False) -> None:
        """Give an object to a program."""
        if self.json:
            click.echo(as_json(self._masked(_plain(value)) if self._hidden else value, line=line))

    def _masked(self, value: Any, key: str = "") -> Any:
        """Take out of plain data what must not be seen: out of values, before they are written, and never out of keys."""
        match value:
            case str():
                return value if value in _own_words().get(key, ()) else self.masked(value)
            case Mapping():
                return {name: self._masked(each, name) for name, each in value.items()}
            case list() | tuple():
                return [self._masked(each, key) for each in value]
            case _:
                return value

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Show rows; numbers stand to the right."""
        if self.json or not rows:
            return
        cells = [[self.masked(_cell(each)) for each in row] for row in rows]
        right = [all(isinstance(row[place], int) for row in rows) for place in range(len(headings))]
        if self.terminal:
            _rich_table(headings, cells, right)
        else:
            _plain_table(self, headings, cells, right)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Event], None]]:
        """Show how a run gets on: bars at a terminal, a line for each step elsewhere."""
        if self.json:
            yield lambda _: None
        elif self.terminal:
            with _Bars() as bars:
                yield bars.told
        else:
            lines = _Lines(self)
            yield lines.told
            lines.flush()


def as_json(value: Any, *, line: bool = False) -> str:
    """Write plain data as JSON; decimals keep their digits."""
    import msgspec

    content = msgspec.json.Encoder(decimal_format="number").encode(value)
    return (content if line else msgspec.json.format(content, indent=2)).decode()


def _plain(value: Any) -> Any:
    """Make everything in it a value of JSON, as `as_json` does, so that nothing is passed over."""
    import msgspec

    return msgspec.to_builtins(value, builtin_types=(Decimal,))


def _written(secret: str) -> set[str]:
    """Write a secret in every way in which a message may repeat it: as it is, in JSON, in a URL, in XML, in Python."""
    from html import escape
    from urllib.parse import quote, quote_plus

    inside = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escape(secret), escape(secret, quote=False), *inside}  # fmt: skip


@cache
def _own_words() -> Mapping[str, Collection[str]]:
    """Give the words that may stand under a key and that no system can say otherwise, as `output.schema.json` lists them."""
    schema = json.loads((files("syncrules.cli") / "output.schema.json").read_text(encoding="utf-8"))
    found: defaultdict[str, set[str]] = defaultdict(set)

    def look(part: Any) -> None:
        if isinstance(part, dict):
            for name, says in part.get("properties", {}).items():
                found[name].update(words(says))
        for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            look(each)

    def words(says: Mapping[str, Any]) -> Iterator[str]:
        listed = [*says.get("enum", ()), *([says["const"]] if "const" in says else [])]
        yield from (each for each in listed if isinstance(each, str))
        for each in (*says.get("anyOf", ()), *says.get("oneOf", ())):
            yield from words(each)
        if isinstance(says.get("items"), dict):
            yield from words(says["items"])
        if "$ref" in says:
            yield from words(schema["$defs"][says["$ref"].rpartition("/")[2]])

    look(schema)
    return found


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _plain_table(screen: Screen, headings: Sequence[str], cells: list[list[str]], right: list[bool]) -> None:
    widths = [max(len(row[place]) for row in [list(headings), *cells]) for place in range(len(headings))]
    for row in [list(headings), *cells]:
        parts = [
            each.rjust(width) if to_right else each.ljust(width)
            for each, width, to_right in zip(row, widths, right, strict=True)
        ]
        screen.say("  " + "  ".join(parts).rstrip())


def _rich_table(headings: Sequence[str], cells: list[list[str]], right: list[bool]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE)
    for heading, to_right in zip(headings, right, strict=True):
        table.add_column(heading, justify="right" if to_right else "left")
    for row in cells:
        table.add_row(*(Text(each) for each in row))
    Console().print(table)


class _Lines:
    """Progress where nobody watches a bar: the last word of each step."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.doing = ("", "")
        self.count = 0
        self.total: int | None = None
        self.since = time.monotonic()

    def told(self, event: Event) -> None:
        step = (event.step, event.what if event.step in ("read", "plan", "recover", "play", "copy") else "")
        if step != self.doing:
            self.flush()
            self.doing, self.count, self.total = step, 0, None
        if event.step == "write":
            self.count += event.count
            self.total = event.total if event.total is not None else self.total
            if time.monotonic() - self.since > 10 and self.count:
                self.since = time.monotonic()
                self.screen.say(f"  … {self.count} of {self.total} written")
        elif event.step in ("play", "copy") and event.count < (event.total or 0) and time.monotonic() - self.since > 10:
            self.since = time.monotonic()
            self.screen.say(f"  … {event.count} of {event.total} {event.what}")
        else:
            self.count = event.count

    def flush(self) -> None:
        step, what = self.doing
        match step:
            case "read":
                self.screen.say(f"  read {what}: {self.count}")
            case "plan":
                self.screen.say(f"  decided about {what}: {self.count}")
            case "write" if self.total:
                self.screen.say(f"  written: {self.count} of {self.total}")
        self.doing = ("", "")


class _Bars:
    """Progress at a terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> _Bars:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def told(self, event: Event) -> None:
        match event.step:
            case "read":
                self._show(f"read {event.what}", event.count, event.count)
            case "plan":
                self._show(f"decide about {event.what}", event.count, event.count)
            case "play" | "copy":
                self._show(event.what, event.count, event.total or event.count)
            case "write" if event.total is not None:
                if event.total:
                    self._show("write", 0, event.total)
            case "write":
                self.bars.advance(self._task("write"), event.count)

    def _show(self, text: str, done: int, total: int) -> None:
        self.bars.update(self._task(text), completed=done, total=total)

    def _task(self, text: str) -> Any:
        if text not in self.tasks:
            self.tasks[text] = self.bars.add_task(text, total=None)
        return self.tasks[text]
