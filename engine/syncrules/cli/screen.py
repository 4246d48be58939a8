"""Where words go: to a person at a terminal, to a file that reads along, or to a program that wants JSON.

What is hidden here once is hidden everywhere: no credential leaves through a message, a table, JSON or a progress line.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
        """Never let these be seen again."""
        self._hidden |= {each for each in secrets if len(each) >= 3}

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
            click.echo(self.masked(as_json(value, line=line)))

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
