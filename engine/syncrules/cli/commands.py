"""Words in, words out; every decision is made elsewhere.

Heavy packages are imported by the commands that use them, so that `syncrules --help` answers at once.
"""

from __future__ import annotations

import time
from functools import partial
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
@click.option(
    "--format",
    "form",
    default="",
    type=click.Choice(["", "text", "json", "sarif", "github"]),
    metavar="FORMAT",
    help="text, json, sarif (for code scanning) or github (notes in a workflow).",
)
@click.option("--mapping", default="", metavar="NAME_OR_FILE", help="The mapping that files of answers are for.")
@click.option("--fix", is_flag=True, help="Carry out what can only be meant in one way, and tell what was changed.")
@click.option("--explain", default="", metavar="CODE", help="Tell what a code means, and show it wrong and right.")
def validate(desk: Desk, files: tuple[str, ...], form: str, mapping: str, fix: bool, explain: str) -> int:
    """Check mappings, manifests and answers: grammar and meaning. Without a file: those in the folder mappings, else those installed."""
    from syncrules.cli import checking

    if explain:
        return checking.explain(desk.screen, explain)
    return checking.validate(desk.screen, files, form=form, mapping=mapping, fix=fix)


@commands.at_work("schema")
@click.argument("mapping", default="", metavar="[MAPPING]")
@click.option(
    "--sides", default="", metavar="ONE,OTHER", help="For a pair of providers; NAME=PROVIDER names a side otherwise."
)
@click.option("--out", default="", metavar="FILE", help="Write it into this file.")
def schema(desk: Desk, mapping: str, sides: str, out: str) -> int:
    """Write the JSON Schema that completes and explains a mapping in an editor: of all mappings, or of one with its fields."""
    from syncrules.cli import editing

    return editing.show(desk.screen, mapping, sides, out)


@commands.at_work("test")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--coverage", is_flag=True, help="Tell which parts of a mapping no example would notice if they changed.")
def test(desk: Desk, files: tuple[str, ...], coverage: bool) -> int:
    """Carry out the examples of mappings: given these records, is the plan what they say?"""
    from syncrules.cli import testing

    return testing.test(desk.screen, files, coverage=coverage)


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
    from syncrules.cli import proving

    return proving.check(
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
@click.option(
    "--hooks",
    default="",
    metavar="URL",
    help="Where `serve` is reached from outside: systems that can call it there when something changes. "
    "`none` takes that back.",
)
@click.option("--yes", is_flag=True, help="Start the first import without asking.")
def connect(desk: Desk, name: str, mapping: str, file: str, hooks: str, yes: bool) -> int:
    """Make a connection and start its first import; or renew its credentials and settings."""
    from syncrules.cli import connecting
    from syncrules.cli.answers import read_answers

    return connecting.connect(desk, name, mapping, read_answers(file) if file else None, hooks=hooks, yes=yes)


@commands.at_work("plan")
@click.argument("name")
@click.option("--out", default="", metavar="FILE", help="Save the plan in this file, for `apply`.")
def plan(desk: Desk, name: str, out: str) -> int:
    """Show every write that a run would make, field by field. Writes nothing."""
    from syncrules.cli import planning

    return planning.plan(desk, name, out)


@commands.at_work("apply")
@click.argument("file")
def apply(desk: Desk, file: str) -> int:
    """Write what a saved plan shows, and nothing else; a record that has changed since is left out by name."""
    from syncrules.cli import planning

    return planning.apply(desk, file)


@commands.at_work("run")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "all_of_them", is_flag=True, help="All connections that are not paused.")
@click.option("--due", is_flag=True, help="Only what the mapping says is due now, for a scheduler.")
def run(desk: Desk, names: tuple[str, ...], all_of_them: bool, due: bool) -> int:
    """Bring both sides in step."""
    from syncrules.cli import running

    return running.run(desk, names, all_of_them=all_of_them, due=due)


@commands.at_work("serve")
@click.option(
    "--port",
    default=8750,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where it answers over HTTP (/health, /ready, pages to look at); 0 for any.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address of this machine at which it answers; from elsewhere it is to be asked through a reverse proxy with TLS.",
)
@click.option(
    "--external-url",
    default="",
    metavar="URL",
    help="Where browsers reach it through that proxy, such as https://sync.example.",
)
@click.option(
    "--every",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds after which each connection is looked at again.",
)
@click.option(
    "--runs", default=4, show_default=True, type=click.IntRange(1), help="Connections that are run at the same time."
)
@click.option("--once-ready", default="", metavar="FILE", help="Once it is ready, write its address into this file.")
def serve(desk: Desk, port: int, host: str, external_url: str, every: float, runs: int, once_ready: str) -> int:
    """Run connections by themselves, at once and on schedule, until Ctrl-C; needs the extra `serve`."""
    from syncrules.cli import serving

    return serving.serve(desk, host=host, port=port, outside=external_url, every=every, slots=runs, file=once_ready)


@commands.at_work("page-link")
@click.option(
    "--external-url",
    default="http://127.0.0.1:8750",
    show_default=True,
    metavar="URL",
    help="Where browsers reach `serve`, as it says itself when it starts.",
)
def page_link(desk: Desk, external_url: str) -> int:
    """Print a link to the pages of `serve`; it lets one browser in, within ten minutes."""
    from syncrules.cli import serving

    return serving.page_link(desk, external_url)


@commands.at_work("status")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def status(desk: Desk, names: tuple[str, ...]) -> int:
    """Show how connections stand: in step, left out and why, waiting, failed, what is due when."""
    from syncrules.cli import asked, report

    found, code = asked.of_each(desk, names, asked.status, partial(report.show_status, desk.screen))
    if not found:
        desk.screen.say("There is no connection yet. Make one: syncrules connect NAME --mapping MAPPING.")
    desk.screen.data({"command": "status", "connections": found})
    return code


@commands.at_work("waiting")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def waiting(desk: Desk, names: tuple[str, ...]) -> int:
    """List what waits or failed, each with its reason, its cure and a reference for `resolve`."""
    from syncrules.cli import asked, report

    found, code = asked.of_each(desk, names, asked.waiting, partial(report.show_waiting, desk.screen))
    desk.screen.data({"command": "waiting", "connections": found})
    waits = any(each.get("items") or each.get("brakes") or each.get("pairs") for each in found)
    return max(code, int(waits))


@commands.at_work("explain")
@click.argument("name")
@click.argument("record")
@click.argument("field", default="", metavar="[FIELD]")
def explain(desk: Desk, name: str, record: str, field: str) -> int:
    """Say why a record stands as it does, or why a field of it has its value; asks neither system."""
    from syncrules.cli import explaining

    return explaining.explain(desk, name, record, field)


@commands.at_work("log")
@click.argument("name")
@click.argument("record", default="", metavar="[RECORD]")
@click.option("--since", default="", metavar="WHEN", help="A day or a moment, or how long ago: 12h, 7d.")
def log(desk: Desk, name: str, record: str, since: str) -> int:
    """Tell what happened to one record on both sides, or in the runs of a connection."""
    from syncrules.cli import looking_back

    return looking_back.log(desk, name, record, since)


@commands.at_work("doctor")
@click.argument("name")
def doctor(desk: Desk, name: str) -> int:
    """Look whether a connection is well: credentials, rights, settings, records, clocks, calls, the state store. Only reads."""
    from syncrules.cli import doctoring

    return doctoring.doctor(desk, name)


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
        with desk.beside_others(store), store.transaction():
            told = decisions.resolve(mapping, memory, found, answer, desk.clock.now())
    return _told(desk, "resolve", name, told)


@commands.at_work("retry")
@click.argument("name")
@click.argument("item", default="", metavar="[ITEM]")
def retry(desk: Desk, name: str, item: str) -> int:
    """Let what failed or waits be tried again in the next run: one item, or all of them."""
    from syncrules.cli import decisions, report

    with desk.store() as store, desk.beside_others(store), store.transaction():
        count = decisions.retry(name, desk.parts(store, name), item)
    are = "is" if count == 1 else "are"
    return _told(desk, "retry", name, f"{report.counted(count, 'record')} {are} tried again in the next run.")


@commands.at_work("pause")
@click.argument("name")
def pause(desk: Desk, name: str) -> int:
    """Let a connection rest, from the next record on if a run is under way; nothing is forgotten."""
    return _paused(desk, name, True, f"'{name}' rests until 'syncrules resume {name}'.")


@commands.at_work("resume")
@click.argument("name")
def resume(desk: Desk, name: str) -> int:
    """Let a paused connection run again."""
    return _paused(desk, name, False, f"'{name}' runs again from now on; the next run catches up.")


def _paused(desk: Desk, name: str, paused: bool, told: str) -> int:
    from syncrules.connection import row_of
    from syncrules.memory.memory import Memory

    with desk.store() as store:
        row = row_of(store, name)
        if not paused:
            desk.refuse_unconfirmed(store, row)
        with desk.beside_others(store), store.transaction():
            store.change(name, paused=paused)
            if not paused:
                Memory(store, name, ("", "")).close_circuits()
        # Only after that: a run that begins now sees that it may not.
        under_way = paused and desk.in_hand(store, name)
    if not paused:
        return _told(desk, "resume", name, told)
    told += " A run of it is still under way: it ends at the next record." if under_way else ""
    return _told(desk, "pause", name, told, under_way=under_way)


def _told(desk: Desk, command: str, name: str, told: str, **more: bool) -> int:
    desk.screen.say(told)
    desk.screen.data({"command": command, "connection": name, "told": told, **more})
    return 0


@commands.at_work("disconnect")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def disconnect(desk: Desk, name: str, yes: bool) -> int:
    """Forget a connection; first says what stays and what goes."""
    from syncrules.cli import running

    return running.disconnect(desk, name, yes=yes)


state = Commands("state", help="Show the state store, or move it elsewhere: from a file to a database, or back.")
commands.add_command(state)


@state.at_work("show")
def show(desk: Desk) -> int:
    """Show what the state store holds, and whether it is whole."""
    from syncrules.cli import keeping

    return keeping.show(desk)


@state.at_work("move")
@click.option("--to", required=True, metavar="PATH_OR_URL", help="Where it is to be: an empty database, or a new file.")
def move(desk: Desk, to: str) -> int:
    """Move the state store: every table in one transaction, held against the original, which is no longer used then."""
    from syncrules.cli import keeping

    return keeping.move(desk, to)


@state.at_work("reopen")
def reopen(desk: Desk) -> int:
    """Use a state store again that was moved elsewhere, where nothing has been run since."""
    from syncrules.cli import keeping

    return keeping.reopen(desk)


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
    with sandboxes.until_interrupted(desk.screen), sandboxes.started(chosen, size) as running:
        sandboxes.tell(desk.screen, running, write, mapping)
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            time.sleep(0.05)
    return 0


@commands.at_work("check-provider")
@click.argument("name")
@click.option(
    "--over", default="both", show_default=True, type=click.Choice(["sandbox", "twin", "both"]), help="Over what."
)
@click.option("--size", default=120, show_default=True, type=click.IntRange(0), help="Relations in the invented books.")
@click.option("--brief", is_flag=True, help="Look at some of the small tables only, and let fewer things go wrong.")
def check_provider(desk: Desk, name: str, over: str, size: int, brief: bool) -> int:
    """Hold an installed provider to what every provider promises, over its sandbox and over the twin of its manifest."""
    from syncrules.cli import promises

    return promises.check(desk, name, over, size=size, brief=brief)
