"""Invented systems on this machine: found by entry point, started together, and told how to be connected to.

A sandbox is made with `seeded(size)`, started and stopped; it has a `url`, the `answers` that a connection to it is asked, and
its `writes`. Sandboxes of one size tell one story.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from syncrules import sandbox
from syncrules.cli.screen import Screen
from syncrules.errors import SpecError, SyncRulesError, UsageError
from syncrules.language import grammar, spec
from syncrules.language.model import Spec
from syncrules.sandbox import Sandbox


@contextmanager
def started(systems: Sequence[str], size: int) -> Iterator[dict[str, Sandbox]]:
    """Start sandboxes; all that are installed, if none is named. Where books are of one country, the others are too."""
    kinds = {name: sandbox.find(name) for name in systems or sandbox.names()}
    countries = {each.country for each in kinds.values()} - {""}
    country = countries.pop() if len(countries) == 1 else ""
    made = {name: each.seeded(size, country=country) for name, each in kinds.items()}
    with ExitStack() as stack:
        for each in made.values():
            stack.enter_context(each)
        yield made


def sides_of(mapping: str, systems: Sequence[str]) -> list[str]:
    """List the systems to start for a mapping: those on both its sides, and whatever else is named.

    Raises:
        UsageError: there is no such mapping.
        SpecError: it is not one.
    """
    return list(dict.fromkeys([*(each.provider for each in spec.load(mapping).manifests.values()), *systems]))


def tell(screen: Screen, running: Mapping[str, Sandbox], file: str, wanted: str = "") -> None:
    """Say where they are and with what they are entered; write the answers for `connect` if a mapping fits.

    Args:
        wanted: the mapping that is meant; else the first that fits.

    Raises:
        UsageError: a file is wanted and no mapping is between two of them, or it cannot be written.
    """
    for name, each in running.items():
        screen.head(f"{name} on {each.url}")
        for ask, answer in each.answers.items():
            screen.say(f"  {ask}: {answer}")
    fitting = [mapping for mapping in (_mappings() if not wanted else [spec.load(wanted)]) if _fits(mapping, running)]
    if file and not fitting:
        raise UsageError(
            f"no installed mapping is between {' and '.join(running)}", cure="Start the systems on both of its sides."
        )
    if fitting:
        name, answers = wanted or fitting[0].name, answers_for(fitting[0], running)
        if file:
            write(file, answers)
            screen.head(f"Connect them: syncrules connect demo --mapping {name} --from {file}")
        else:
            screen.head(f"For 'syncrules connect demo --mapping {name} --from FILE' (--write FILE writes it)")
            screen.say(as_yaml(answers))
    if len(fitting) > 1:
        others = grammar.one_of(each.name for each in fitting[1:])
        screen.say(f"These answers are for {fitting[0].name}; with --mapping you get those for {others}.")
    systems = {name: {"url": each.url, "answers": each.answers} for name, each in running.items()}
    screen.data({"command": "sandbox", "systems": systems, "mappings": [each.name for each in fitting]})


def _mappings() -> Iterator[Spec]:
    for name in spec.names():
        try:
            yield spec.load(name)
        except (SpecError, SyncRulesError):
            continue  # a mapping that is broken is told by `validate`


def _fits(mapping: Spec, running: Mapping[str, Sandbox]) -> bool:
    return all(each.provider in running for each in mapping.manifests.values())


def answers_for(mapping: Spec, running: Mapping[str, Sandbox]) -> dict[str, Any]:
    """Give everything that `connect` asks about a mapping between these sandboxes; settings as far as somebody knows them."""
    answers: dict[str, Any] = {side: running[mapping.manifests[side].provider].answers for side in mapping.sides}
    for each in entry_points(group="syncrules.demos"):
        if each.name == mapping.name:
            answers["settings"] = dict(each.load().settings)
    return answers | {"time zone": "Europe/Amsterdam"}


def write(file: str | Path, answers: Mapping[str, Any]) -> None:
    """Write answers into a file that nobody else may read.

    Raises:
        UsageError: it cannot be written.
    """
    path = Path(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(as_yaml(answers), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the file '{file}' cannot be written: {error.strerror}", cure="Choose another place."
        ) from error


def as_yaml(answers: Mapping[str, Any]) -> str:
    """Write answers as YAML; every text in quotes, so that a number stays the text that it is."""
    import yaml as pyyaml

    class Dumper(pyyaml.SafeDumper):
        """Quotes what is a value."""

    def quoted(dumper: Any, text: str) -> Any:
        plain = text.replace(" ", "").replace("_", "").isalpha() and text not in ("true", "false", "null")
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')

    Dumper.add_representer(str, quoted)
    return str(pyyaml.dump(dict(answers), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120))


@contextmanager
def until_interrupted(screen: Screen) -> Iterator[None]:
    """Take Ctrl-C for the way in which this ends, whenever it comes."""
    # Started in the background a program ignores Ctrl-C, and a service manager asks in another way.
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        screen.say()
        screen.say("Stopped. The invented systems are gone, with all that was entered in them.")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
