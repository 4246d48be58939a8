"""Words in, words out; every decision is made elsewhere.

Heavy packages are imported by the commands that use them, so that `syncrules --help` answers at once.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from syncrules.cli.command import Commands, shared
from syncrules.cli.desk import Desk


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 done, but records failed or wait for a person (plan: changes pending); 2 wrong usage or "
    "mapping; 3 a system refused or could not be reached; 4 a brake stopped it; 5 the state store cannot be used; 130 interrupted.",
)
@shared
@click.version_option(package_name="syncrules")
def commands(**_: Any) -> None:
    """Keep two business systems in step, as a mapping says."""


@commands.at_work("demo")
@click.option("--mapping", default="", metavar="NAME", help="Which mapping to show.")
@click.option("--size", default=60, show_default=True, type=click.IntRange(0), help="Relations in the invented books.")
@click.option("--keep", default="", metavar="DIR", help="Keep what the demo makes in this folder.")
def demo(desk: Desk, mapping: str, size: int, keep: str) -> int:
    """Show the whole of it on this machine, with invented systems and no account."""
    from syncrules.cli import demo as it

    return it.show(desk, mapping, size=size, keep=keep)


@commands.at_work("init")
@click.argument("directory", default=".", metavar="[DIR]")
@click.option("--mapping", default="", metavar="NAME", help="Which of the installed mappings to begin with.")
def init(desk: Desk, directory: str, mapping: str) -> int:
    """Make a project to edit: a mapping of your own, answers to fill in, a workflow that checks them."""
    from syncrules.cli import project

    return project.begin(desk.screen, Path(directory), mapping)


@commands.at_work("validate")
@click.argument("files", nargs=-1, metavar="[FILE]...")
def validate(desk: Desk, files: tuple[str, ...]) -> int:
    """Check mappings: grammar and meaning. Without a file: those in the folder mappings, else those installed."""
    from syncrules.cli import project

    return project.validate(desk.screen, files)


@commands.at_work("check")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--max-examples", default=200, show_default=True, type=click.IntRange(1), help="Cases of each rule.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="The same seed tries the same cases."
)
@click.option("--only", default="", metavar="RULE", help="Only what begins so, such as organisation/Phone number.")
@click.option("--settings", default="", metavar="FILE", help="A YAML file with answers to the settings of the mapping.")
@click.option("--table", is_flag=True, help="Print what is decided, whatever happens, on whichever side.")
def check(
    desk: Desk, files: tuple[str, ...], max_examples: int, seed: int, only: str, settings: str, table: bool
) -> int:
    """Prove by property that every rule of a mapping obeys its laws; no system and no account is needed."""
    from syncrules.cli import checking

    return checking.check(
        desk.screen, files, examples=max_examples, seed=seed, only=only, settings=settings, table=table
    )


@commands.at_work("simulate")
@click.argument("mapping")
@click.option("--seeds", default=1000, show_default=True, type=click.IntRange(1), help="How many schedules are played.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The first of them.")
@click.option("--minutes", default=0.0, type=click.FloatRange(0), help="Begin nothing new after so many minutes.")
@click.option("--jobs", default=0, type=click.IntRange(0), help="Processes.  [default: one for each core]")
@click.option("--settings", default="", metavar="FILE", help="A YAML file with answers to the settings of the mapping.")
@click.option("--write", default=".", metavar="DIR", help="Where a test is put that plays a broken promise again.")
@click.option("--table", is_flag=True, help="Tell how often each kind of fault befell each call and each commit.")
def simulate(
    desk: Desk, mapping: str, seeds: int, seed: int, minutes: float, jobs: int, settings: str, write: str, table: bool
) -> int:
    """Play a mapping against faults, crashes and people who edit; no system and no account is needed."""
    from syncrules.cli import simulating

    answers = simulating.read_settings(settings) if settings else None
    return simulating.simulate(
        desk, mapping, answers, seeds=seeds, seed=seed, minutes=minutes, jobs=jobs, write=write, table=table
    )


@commands.at_work("docs")
@click.argument("mapping", metavar="MAPPING")
@click.option("--language", default="en", show_default=True, type=click.Choice(["en", "nl", "fr"]))
@click.option("--out", default="", metavar="FILE", help="Write it into this file.")
def docs(desk: Desk, mapping: str, language: str, out: str) -> int:
    """Write the help article of a mapping for its users, as Markdown: what it does, how to activate it, what happens when."""
    from syncrules.cli import articles

    return articles.show(desk.screen, mapping, language, out)


@commands.at_work("connect")
@click.argument("name")
@click.option(
    "--mapping", default="", metavar="NAME_OR_FILE", help="The mapping to follow; needed for a new connection."
)
@click.option("--from", "file", default="", metavar="FILE", help="A YAML file with everything that would be asked.")
@click.option("--yes", is_flag=True, help="Start the first import without asking.")
def connect(desk: Desk, name: str, mapping: str, file: str, yes: bool) -> int:
    """Make a connection and start its first import; or renew its credentials and settings."""
    from syncrules.cli import connecting

    return connecting.connect(desk, name, mapping, connecting.read_answers(file) if file else None, yes=yes)


@commands.at_work("plan")
@click.argument("name")
def plan(desk: Desk, name: str) -> int:
    """Show every write that a run would make, field by field. Writes nothing."""
    from syncrules import connection
    from syncrules.cli import report, summary

    with desk.store() as store, desk.opened(store, name) as conn:
        with desk.screen.progress() as told:
            result = connection.make_plan(conn, told=told)
        data = summary.plan(conn, result)
    desk.screen.say()
    report.show_plan(desk.screen, data)
    desk.screen.data({"command": "plan", **data})
    return 4 if result.stopped else 1 if data["counts"] else 0


@commands.at_work("run")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "all_of_them", is_flag=True, help="All connections that are not paused.")
@click.option("--due", is_flag=True, help="Only what the mapping says is due now, for a scheduler.")
def run(desk: Desk, names: tuple[str, ...], all_of_them: bool, due: bool) -> int:
    """Bring both sides in step."""
    from syncrules.cli import running

    return running.run(desk, names, all_of_them=all_of_them, due=due)


@commands.at_work("status")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def status(desk: Desk, names: tuple[str, ...]) -> int:
    """Show how connections stand: in step, left out and why, waiting, failed, what is due when."""
    from syncrules.cli import report, summary
    from syncrules.connection import zone_of

    found = []
    with desk.store() as store:
        for name in names or [each.name for each in store.connections()]:
            row, mapping, _ = desk.known(store, name)
            found.append(summary.status(row, mapping, desk.parts(store, name), desk.clock.now(), zone_of(row)))
    for each in found:
        report.show_status(desk.screen, each)
    if not found:
        desk.screen.say("There is no connection yet. Make one: syncrules connect NAME --mapping MAPPING.")
    desk.screen.data({"command": "status", "connections": found})
    return 0


@commands.at_work("waiting")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def waiting(desk: Desk, names: tuple[str, ...]) -> int:
    """List what waits or failed, each with its reason, its cure and a reference for `resolve`."""
    from syncrules.cli import report, summary

    with desk.store() as store:
        found = [
            summary.waiting(desk.known(store, each)[0], desk.parts(store, each))
            for each in names or [one.name for one in store.connections()]
        ]
    for each in found:
        report.show_waiting(desk.screen, each)
    desk.screen.data({"command": "waiting", "connections": found})
    return 1 if any(each["items"] or each["brakes"] or each["pairs"] for each in found) else 0


@commands.at_work("resolve")
@click.argument("name")
@click.argument("item")
@click.option("--link", default="", metavar="CANDIDATE", help="It belongs to this record of the other side.")
@click.option("--create", is_flag=True, help="It belongs to none of them: make it anew.")
@click.option("--ignore", is_flag=True, help="Leave it out.")
@click.option("--unlink", is_flag=True, help="It became another kind: take it apart from its counterpart.")
@click.option("--keep", default="", metavar="SIDE", help="The value of this side stands.")
@click.option("--accept", is_flag=True, help="What the brake held back was meant.")
@click.option("--done", is_flag=True, help="This was done by hand.")
def resolve(desk: Desk, name: str, item: str, **given: Any) -> int:
    """Decide about an item that waits; `syncrules waiting` tells its reference."""
    from syncrules.cli import decisions

    answer = decisions.Answer(**given)
    with desk.store() as store:
        mapping, memory, found = decisions.find_among(name, desk.parts(store, name), item)
        with store.transaction():
            told = decisions.resolve(mapping, memory, found, answer, desk.clock.now())
    return _told(desk, "resolve", name, told)


@commands.at_work("retry")
@click.argument("name")
@click.argument("item", default="", metavar="[ITEM]")
def retry(desk: Desk, name: str, item: str) -> int:
    """Let what failed or waits be tried again in the next run: one item, or all of them."""
    from syncrules.cli import decisions, report

    with desk.store() as store, store.transaction():
        count = decisions.retry(name, desk.parts(store, name), item)
    are = "is" if count == 1 else "are"
    return _told(desk, "retry", name, f"{report.counted(count, 'record')} {are} tried again in the next run.")


@commands.at_work("pause")
@click.argument("name")
def pause(desk: Desk, name: str) -> int:
    """Let a connection rest; nothing is forgotten."""
    return _paused(desk, name, "pause", True, f"'{name}' rests until 'syncrules resume {name}'.")


@commands.at_work("resume")
@click.argument("name")
def resume(desk: Desk, name: str) -> int:
    """Let a paused connection run again."""
    return _paused(desk, name, "resume", False, f"'{name}' runs again from now on; the next run catches up.")


def _paused(desk: Desk, name: str, command: str, paused: bool, told: str) -> int:
    from syncrules.connection import row_of

    with desk.store() as store:
        row_of(store, name)
        with store.transaction():
            store.change(name, paused=paused)
    return _told(desk, command, name, told)


def _told(desk: Desk, command: str, name: str, told: str) -> int:
    desk.screen.say(told)
    desk.screen.data({"command": command, "connection": name, "told": told})
    return 0


@commands.at_work("disconnect")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def disconnect(desk: Desk, name: str, yes: bool) -> int:
    """Forget a connection; first says what stays and what goes."""
    from syncrules.cli import running

    return running.disconnect(desk, name, yes=yes)


@commands.at_work("sandbox")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--mapping", default="", metavar="MAPPING", help="Start the systems on both sides of this mapping.")
@click.option("--size", default=300, show_default=True, type=click.IntRange(0), help="Relations in the invented books.")
@click.option("--write", default="", metavar="FILE", help="Write a file for `connect --from`.")
@click.option("--seconds", type=float, hidden=True, help="Stop after so long, for tests.")
def sandbox(desk: Desk, systems: tuple[str, ...], mapping: str, size: int, write: str, seconds: float | None) -> int:
    """Start invented systems that speak the vendors' protocols on this machine, until Ctrl-C."""
    from syncrules.cli import sandboxes

    chosen = sandboxes.sides_of(mapping, systems) if mapping else systems
    with _until_interrupted(desk), sandboxes.started(chosen, size) as running:
        sandboxes.tell(desk.screen, running, write, mapping)
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            time.sleep(0.05)
    return 0


@contextmanager
def _until_interrupted(desk: Desk) -> Iterator[None]:
    """Take Ctrl-C for the way in which this ends, whenever it comes."""
    # Started in the background a program ignores Ctrl-C, and a service manager asks in another way.
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        desk.screen.say()
        desk.screen.say("Stopped. The invented systems are gone, with all that was entered in them.")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
