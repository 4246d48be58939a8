"""How a command is spoken to: the options that all share, and what is said when something goes wrong.

A person never sees a traceback; whoever asks for one (`--verbose`) sees where it happened and nothing that was in hand there.
"""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from syncrules.cli.desk import STATE, Desk
from syncrules.cli.screen import Screen
from syncrules.errors import Problem, SpecError, SyncRulesError

INTERRUPTED = 130

OPTIONS = (
    click.option(
        "--state", metavar="PATH_OR_URL", envvar="SYNCRULES_STATE", help=f"The state store.  [default: {STATE}]"
    ),
    click.option(
        "--key-file",
        metavar="FILE",
        help="The key that opens credentials.  [default: beside the state file, as FILE.key]",
    ),
    click.option("--json", "json_", is_flag=True, help="Give JSON, as output.schema.json describes it."),
    click.option("--verbose", is_flag=True, help="Tell more when something goes wrong."),
)


def shared(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all commands share."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


class Commands(click.Group):
    """The commands, in the order in which they are of use; whatever goes wrong becomes a sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(  # type: ignore[override]  # click may also return; here every way out has an exit code
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Carry out a command line and leave with its exit code."""
        words = list(sys.argv[1:] if args is None else args)
        told = _Trouble(as_json="--json" in words, verbose="--verbose" in words)
        extra.pop("standalone_mode", None)
        try:
            code = super().main(words, prog_name, standalone_mode=False, **extra)
        except BaseException as error:
            code = told.said(error)
        sys.exit(code if isinstance(code, int) else 0)

    def at_work(self, name: str) -> Callable[[Callable[..., int]], click.Command]:
        """Make a command of a function that is given a desk and its own options and returns an exit code."""

        def wrap(function: Callable[..., int]) -> click.Command:
            @functools.wraps(function)
            def run(**given: Any) -> int:
                above = click.get_current_context().find_root().params
                mine = {each: given.pop(each) for each in ("state", "key_file", "json_", "verbose")}
                said = {each: mine[each] or above.get(each) for each in mine}
                desk = Desk(Screen(json=bool(said["json_"])), said["state"] or STATE, said["key_file"] or "")
                try:
                    return function(desk, **given)
                except SyncRulesError as error:
                    raise _masked(error, desk.screen) from None

            return self.command(name)(shared(run))

        return wrap


def _masked(error: SyncRulesError, screen: Screen) -> SyncRulesError:
    """Take out of an error what must not be seen."""
    error.message, error.cure = screen.masked(error.message), screen.masked(error.cure)
    error.args = tuple(screen.masked(each) if isinstance(each, str) else each for each in error.args)
    return error


class _Trouble:
    """What is said when a command does not come to its end."""

    def __init__(self, *, as_json: bool, verbose: bool) -> None:
        self.as_json = as_json
        self.verbose = verbose

    def said(self, error: BaseException) -> int:
        """Say what went wrong and give the exit code."""
        match error:
            case SyncRulesError():
                return self._sentence(told(error), error.exit_code)
            case click.exceptions.Exit():
                return error.exit_code
            case click.Abort() if isinstance(error.__context__, EOFError):
                message = "nobody is there to answer a question"
                cure = "Give the answers in a file with --from, and --yes to start without being asked."
                return self._sentence({"kind": "UsageError", "message": message, "cure": cure}, 2)
            case click.Abort() | KeyboardInterrupt():
                message = "interrupted; what was done is remembered"
                cure = "Give the same command again: it goes on where it stopped."
                return self._sentence({"kind": "Interrupted", "message": message, "cure": cure}, INTERRUPTED)
            case click.ClickException():
                return self._sentence(
                    {"kind": "UsageError", "message": error.format_message(), "cure": _help(error)}, 2
                )
            case BrokenPipeError():
                sys.stderr.close()
                return 0
            case Exception():
                return self._unexpected(error)
            case _:
                raise error

    def _sentence(self, says: dict[str, Any], code: int) -> int:
        if self.as_json:
            click.echo(json.dumps({"error": {**says, "exit_code": code}}, ensure_ascii=False))
            return code
        for each in says.get("problems", ()):
            click.echo(each["text"], err=True)
        click.echo(f"{says['message'][:1].upper()}{says['message'][1:].removesuffix('.')}.", err=True)
        if says["cure"]:
            click.echo(says["cure"], err=True)
        return code

    def _unexpected(self, error: Exception) -> int:
        cure = "Please report it, with what --verbose adds to it. What was done until then is remembered."
        says = {
            "kind": "Unexpected",
            "message": f"this should not have happened ({type(error).__name__})",
            "cure": cure,
        }
        if self.verbose:
            # Where, and what kind: never the message or the values, which may hold anything.
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f"  {each.filename.rpartition('/')[2]}:{each.lineno} in {each.name}" for each in frames]
            click.echo("\n".join([*lines, type(error).__name__]), err=True)
        return self._sentence(says, 70)


def _help(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    return f"See '{ctx.command_path} --help'." if ctx is not None else "See 'syncrules --help'."


class Unexpected(SyncRulesError):
    """A mistake of the program with one of many, which must not stop the others."""

    exit_code = 70

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"this should not have happened ({type(error).__name__})",
            cure="Please report it. What was done until then is remembered.",
        )


def ours(error: Exception) -> SyncRulesError:
    """Take whatever went wrong with one of many as something that can be told."""
    return error if isinstance(error, SyncRulesError) else Unexpected(error)


def in_short(error: SyncRulesError) -> tuple[str, str]:
    """Say in a line what is wrong, and in another what helps; of many problems in a file the first, with its place."""
    problems = [each for each in error.problems if each.serious] if isinstance(error, SpecError) else []
    if not problems:
        return error.message, error.cure
    first, more = problems[0], len(problems) - 1
    where = f"{first.place}: " if first.place else ""
    file = first.place.file if first.place else "MAPPING"
    count = f" ({more} more)" if more else ""
    return f"{where}{first.message}{count}", f"{first.suggestion} See syncrules validate {file}.".strip()


def told(error: SyncRulesError) -> dict[str, Any]:
    """Write an error as plain data."""
    says: dict[str, Any] = {"kind": type(error).__name__, "message": error.message, "cure": error.cure}
    if isinstance(error, SpecError):
        says["problems"] = [problem(each) for each in error.problems]
    for name in ("system", "code"):
        if getattr(error, name, ""):
            says[name] = getattr(error, name)
    return says


def problem(each: Problem) -> dict[str, Any]:
    """Write a problem in a file as plain data; a fix is a range of the text, its end exclusive, and what stands there then."""
    fix = each.fix
    return {
        "text": str(each), "message": each.message, "suggestion": str(each.suggestion), "excerpt": each.excerpt,
        "file": each.place.file if each.place else None, "line": each.place.line if each.place else None,
        "column": each.place.column if each.place else None, "code": each.code,
        "rule": each.concerns or None,
        "fix": None if fix is None else {
            "file": fix.place.file, "line": fix.place.line, "column": fix.place.column,
            "end_line": fix.end.line, "end_column": fix.end.column, "text": fix.text,
        },
    }  # fmt: skip
