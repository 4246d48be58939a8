"""The conversation of `connect`: credentials, settings, what the first import will do, and its start.

What is asked, checked and counted is `activation`; here are the words.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from syncrules import connection
from syncrules.activation import calls
from syncrules.activation.activate import Activation, no_mapping
from syncrules.activation.preflight import Finding
from syncrules.activation.settings import PREFERRED, Question
from syncrules.activation.suggest import Choice, ambiguous, as_key, chosen
from syncrules.cli import report, standing, summary
from syncrules.cli.answers import OF_ALL, days
from syncrules.cli.data import Data
from syncrules.cli.desk import Desk
from syncrules.errors import ProviderError, UsageError
from syncrules.language import grammar, spec
from syncrules.manifest import Ask
from syncrules.memory.store import Store
from syncrules.provider import Account

Answers = Mapping[str, Any]
LISTED = 30
"""So many choices are listed before a question."""


def connect(desk: Desk, name: str, mapping: str, answers: Answers | None, *, hooks: str = "", yes: bool) -> int:
    """Make a connection or change one, and carry out its first import.

    Args:
        answers: everything that would be asked; None to ask.
        hooks: the address at which systems are to call, or `none`; empty: as it was.
        yes: start the first import without asking.

    Raises:
        UsageError: an answer is missing or is none.
        ProviderError: a system cannot be used with these answers.
    """
    base = calls.base_of(hooks) if hooks else ""
    # Or a state store would be made for a connection that there cannot be.
    if not name.strip():
        raise UsageError("a connection needs a name", cure="Give it one, such as that of the shop or its books.")
    if mapping:
        spec.load(mapping)
    elif not desk.has_store():
        raise no_mapping(name)
    with desk.store(make=True) as store, desk.alone(store, name):
        activation = Activation(store, desk.keys(store, make=True), desk.clock, name, mapping)
        before = (dict(activation.row.settings), dict(activation.row.answers))
        told = _Told(desk, activation, base)
        told.opening()
        told.credentials(answers)
        told.settings(answers)
        gaps = activation.settings.gaps()
        if gaps:
            raise UsageError(
                "these questions must be answered before anything can start:\n  " + "\n  ".join(gaps),
                cure="Nothing was stored. Answer them and connect again.",
            )
        was_imported = activation.imported
        activation.save()
        if was_imported:
            with connection.opened(store, name, activation.keys, desk.clock) as conn:
                told.let_call(conn)
            return told.changed(*before)
        return told.first_import(store, yes=yes)


class _Told:
    """One activation, told step by step."""

    def __init__(self, desk: Desk, activation: Activation, hooks: str = "") -> None:
        self.desk = desk
        self.hooks = hooks
        self.screen = desk.screen
        self.activation = activation
        self.spec = activation.spec
        self.name = activation.name
        self.data: Data = {
            "connection": self.name, "mapping": activation.row.mapping, "first_import": None, "preflight": [], "forecast": None,
            "suggested": activation.taken, "twins": [], "remarks": activation.remarks(), "kept": None, "changed": [], "webhooks": [],
        }  # fmt: skip

    def opening(self) -> None:
        new = "a new connection" if self.activation.is_new else "an existing connection"
        self.screen.head(f"{self.name}: {self.spec.title} ({new})")
        self.screen.say(self.spec.summary)

    # Credentials --------------------------------------------------------------------------------------------------

    def credentials(self, answers: Answers | None) -> None:
        """Take the credentials of both sides, each tried at once."""
        if answers is not None:
            self._from_file(answers)
        for side in self.spec.sides:
            title = self.spec.manifests[side].title
            if answers is not None:
                self.activation.credentials.take(side, answers.get(side) or {})
                account = self.activation.credentials.log_in(side)
            else:
                account = self._asked(side)
            self.screen.say(f"Logged in to {title}: {account.title}")
        self._twins()
        self._zone(answers)
        self.activation.row.answers[""] = {**self.activation.row.answers.get("", {}), **days(answers or {})}

    def _zone(self, answers: Answers | None) -> None:
        """Take the time zone of the books; where it is asked, that of this machine is suggested, if it has one."""
        zone = (answers or {}).get("time zone")
        if zone is not None:
            self.activation.set_zone(str(zone))
        elif answers is not None and not connection.zone_named(self.activation.row):
            self.screen.warn(connection.NO_ZONE)
        while answers is None:
            suggested = connection.zone_named(self.activation.row) or connection.zone_here()
            said = _prompt("In which time zone are these books kept?", default=suggested or None)
            try:
                self.activation.set_zone(said)
            except UsageError as error:
                self.screen.warn(error.message)
                self.screen.warn(error.cure)
            else:
                return

    def _twins(self) -> None:
        """Warn where another connection is between the same books."""
        self.data["twins"] = self.activation.twins()
        if self.data["twins"]:
            names = " and ".join(f"'{each}'" for each in self.data["twins"])
            self.screen.warn(
                f"The same books are connected already, as {names}: two connections would both carry every change."
            )
            self.screen.warn(
                f"Let one of them go ('syncrules disconnect'), or stop here: nothing is stored yet of '{self.name}'."
            )

    def _from_file(self, answers: Answers) -> None:
        known = [*self.spec.sides, *OF_ALL]
        for each in answers:
            if each not in known:
                near = grammar.nearest(each, known)
                raise UsageError(
                    f"the answers hold '{each}', which nobody asks for", cure=f"{near} They hold: {', '.join(known)}."
                )
        for side in self.spec.sides:
            given = answers.get(side) or {}
            if not isinstance(given, Mapping):
                raise UsageError(
                    f"the answers for '{side}' are not written as `name: answer`", cure="One on each line."
                )
            self._hide(side, given)

    def _hide(self, side: str, given: Mapping[str, Any]) -> None:
        secret = {each.name for each in self.spec.manifests[side].asks if each.secret}
        # What nobody asks for may be a secret under a misspelt name.
        known = {each.name for each in self.spec.manifests[side].asks}
        self.screen.hide(str(value) for name, value in given.items() if name in secret or name not in known)

    def _asked(self, side: str) -> Account:
        """Ask for the credentials of a side until the system knows us."""
        manifest = self.spec.manifests[side]
        self.screen.head(manifest.title)
        while True:
            given: dict[str, str] = {}
            try:
                for ask in self._questions(side):
                    value = self._choose(side, ask, given) if ask.choices_from else self._ask(side, ask)
                    if value is not None:
                        given[ask.name] = value
                    self._hide(side, given)
                self.activation.credentials.take(side, given)
                return self.activation.credentials.log_in(side)
            except (ProviderError, UsageError) as error:
                self.screen.warn(error.message)
                self.screen.warn(error.cure or "Enter them again.")

    def _questions(self, side: str) -> list[Ask]:
        """Give what is asked of a side: what signs webhooks only where there are to be any."""
        manifest = self.spec.manifests[side]
        signs = manifest.webhooks.signed_with if manifest.webhooks is not None else ()
        wanted = self.hooks not in ("", calls.NONE)
        return [each for each in manifest.asks if wanted or each.name not in signs]

    def _ask(self, side: str, ask: Ask) -> str | None:
        before = self.activation.row.answers.get(side, {}).get(ask.name)
        if ask.help:
            click.echo(f"  {ask.help}", err=True)
        if ask.secret:
            keeps = " (Enter keeps the present one)" if before else ""
            text = _prompt(ask.title + keeps, default="" if before or ask.default == "" else None, hidden=True)
            return text or None
        text = _prompt(ask.title, default=before or ask.default)
        return None if before is None and text == ask.default else text

    def _choose(self, side: str, ask: Ask, given: Mapping[str, str]) -> str:
        """Ask for one of what the system lists; the only one there is needs just to be confirmed."""
        before = self.activation.row.answers.get(side, {})
        among = self.activation.credentials.choices(side, ask, {**before, **given})
        if ask.help:
            click.echo(f"  {ask.help}", err=True)
        _list(among)
        present = next((each for each in among if str(each.key) == before.get(ask.name)), None)
        offered = present or (among[0] if len(among) == 1 else None)
        while True:
            said = _prompt(ask.title, default=offered.label if offered else None)
            try:
                return str(chosen(_meant(said, among), among, f"'{ask.name}'"))
            except UsageError as error:
                self.screen.warn(f"{error.message}. {error.cure}")

    # Settings -----------------------------------------------------------------------------------------------------

    def settings(self, answers: Answers | None) -> None:
        """Retrieve the configuration, and take what is linked to what."""
        if not self.spec.settings:
            return
        self.screen.head("Configuration")
        self.activation.settings.retrieve(
            lambda side, what: self.screen.say(f"  retrieved from {self.title(side)}: {what}")
        )
        if answers is not None:
            self.activation.settings.take(answers.get("settings") or {})
        else:
            for setting in self.spec.settings.values():
                question = self.activation.settings.question(setting)
                self._put(question)
            self._the_way_back()
        if self.activation.taken:
            self.screen.say("Nobody said otherwise, so these suggestions are taken:")
        for name, texts in self.activation.taken.items():
            what = "comes back as" if name == PREFERRED else name
            self.screen.say(f"  {what}: {', '.join(texts)}")

    def _put(self, question: Question) -> None:
        setting = question.setting
        self.screen.say()
        click.echo(setting.ask, err=True)
        _list(question.rights)
        before = self.activation.row.settings.get(setting.name)
        optional = setting.missing != "stop"
        if not question.is_table:
            self._until(question, setting.name, before if before is not None else question.suggested, optional, None)
            return
        for left in question.lefts:
            key = as_key(left.key)
            offered = (before or {}).get(key, question.suggested.get(key))
            self._until(question, f"  {left.label}", offered, optional, left)

    def _until(self, question: Question, text: str, offered: Any, optional: bool, left: Choice | None) -> None:
        """Ask until there is an answer."""
        default = "" if offered is None and optional else None if offered is None else question.label(offered)
        while True:
            said = _prompt(text, default=default)
            if said == "":
                return
            meant = _meant(said, question.rights)
            try:
                self.activation.settings.answer(question, meant if left is None else {as_key(left.key): meant})
                return
            except UsageError as error:
                self.screen.warn(f"{error.message}. {error.cure}")

    def _the_way_back(self) -> None:
        given: dict[str, str] = {}
        for answer, keys in ambiguous(self.spec, self.activation.row.settings).items():
            among = [each for each in self.activation.settings.lefts() if as_key(each.key) in keys]
            click.echo(f"'{answer}' stands for several. Which of them does it become on its way back?", err=True)
            _list(among)
            said = _prompt("  the one that it becomes", default=among[0].label)
            given[answer] = as_key(among[int(said) - 1].key) if said.isdigit() and 0 < int(said) <= len(among) else said
        self.activation.settings.settle_the_way_back(given)

    # The first import ---------------------------------------------------------------------------------------------

    def first_import(self, store: Store, *, yes: bool) -> int:
        """Show what the first import will do, ask, and carry it out."""
        findings = self.activation.preflight(
            lambda side, what: self.screen.say(f"  looked at {what} in {self.title(side)}")
        )
        self.data["preflight"] = [_plain(each) for each in findings]
        report.show_findings(self.screen, self.data["preflight"])
        self._remarks()
        with connection.opened(store, self.name, self.activation.keys, self.desk.clock) as conn:
            with self.screen.progress() as told:
                result = connection.make_plan(conn, told=told)
            forecast = summary.plan(conn, result)
            self.data["forecast"] = {key: forecast[key] for key in ("counts", "calls", "waiting", "failed")}
            self._forecast(forecast)
            if not yes and not _confirm("Start the first import?"):
                self.screen.say(f"Nothing was written. 'syncrules connect {self.name}' starts it another time.")
                self._give()
                return 0
            self.activation.start()
            self.let_call(conn)
            self.screen.head("First import")
            self.screen.say("It can be interrupted; 'syncrules run' goes on where it stopped.")
            began = time.monotonic()
            with self.screen.progress() as told:
                result = connection.run(conn, told=connection.until_paused(store, self.name, told))
            run = summary.run(conn, result, time.monotonic() - began)
        report.show_run(self.screen, run)
        self.data["first_import"] = run
        self._give()
        return report.exit_code(run, result.stopped)

    def let_call(self, conn: connection.Connection) -> None:
        """Let the systems call that can, or ask them to stop; what cannot be done is told, and stops nothing."""
        if not self.hooks:
            return
        if self.hooks == calls.NONE:
            outcomes = list(calls.unregister(self.spec, conn.providers, conn.memory))
        else:
            row, now = self.activation.row, self.desk.clock.now()
            outcomes = list(calls.register(self.spec, row.answers, conn.providers, conn.memory, self.hooks, now))
        self.data["webhooks"] = [asdict(each) for each in outcomes]
        self.screen.head("Webhooks")
        if not outcomes:
            self.screen.say("  none: neither system tells by itself of what this mapping reads, or none was registered")
        report.show_calls_of(self.screen, self.spec, outcomes, ends=self.hooks == calls.NONE)

    def _remarks(self) -> None:
        if self.data["remarks"]:
            self.screen.head("Good to know about this mapping")
        for each in self.data["remarks"]:
            self.screen.say(f"  {each}")

    def _forecast(self, forecast: Data) -> None:
        self.screen.head("What the first import will do")
        report.show_counts(self.screen, forecast["counts"], {verb: verb for verb in report.DONE})
        report.show_trouble(self.screen, {**forecast, "follow_ups": []})
        report.show_calls(self.screen, forecast)
        for origin in self.spec.sides:
            both = [
                each.name for each in self.spec.entities.values() if each.imports_from == origin and each.to == "both"
            ]
            if both:
                other = self.title(self.spec.other(origin))
                self.screen.say(
                    f"The first import of {' and '.join(both)} only goes from {self.title(origin)} to {other}: "
                    f"what {other} has besides, or says otherwise, goes to {self.title(origin)} in the run after it."
                )

    def changed(self, settings: Mapping[str, Any], answers: Mapping[str, Mapping[str, Any]]) -> int:
        """Say what is kept and what has changed of a connection that has had its first import."""
        row = self.activation.row
        parts = self.desk.parts(self.activation.store, self.name)
        kept = dict.fromkeys(self.spec.entities, 0)
        for _, own, memory in parts:
            for each in own.entities:
                kept[each] += memory.count_linked(each, own.sides[0])
        changed = [
            f"the answers for {self.title(side)}"
            for side in self.spec.sides
            if self.activation.credentials.answered(side, answers)
            != self.activation.credentials.answered(side, row.answers)
        ]
        changed += [
            f"the setting '{name}'" for name in self.spec.settings if settings.get(name) != row.settings.get(name)
        ]
        if settings.get(PREFERRED) != row.settings.get(PREFERRED):
            changed.append("what answers become on their way back")
        self.data["kept"], self.data["changed"] = kept, changed
        self.screen.head("Kept")
        self.screen.say(
            "  "
            + ", ".join(f"{count} × {name}" for name, count in kept.items() if count)
            + " stay linked; nothing is imported again."
        )
        self.screen.head("Changed")
        for each in changed or ["nothing"]:
            self.screen.say(f"  {each}")
        paused = f" It is paused: 'syncrules resume {self.name}' lets it run." if row.paused else ""
        self.screen.say(
            f"The next run works with it; what would be taken out of use because of it waits for your word.{paused}"
        )
        self._give()
        return 0

    def _give(self) -> None:
        row = self.activation.row
        self.data["books"] = standing.books(row, self.spec)
        self.data["settings"] = row.settings
        self.screen.data({"command": "connect", **self.data})

    def title(self, side: str) -> str:
        return self.spec.manifests[side].title


def _plain(finding: Finding) -> Data:
    return asdict(finding)


def _meant(said: str, among: list[Choice]) -> Any:
    """Take a number for that of a line of the list, unless it is itself one of the choices."""
    is_one = any(str(each.key) == said for each in among)
    return among[int(said) - 1].key if said.isdigit() and 0 < int(said) <= len(among) and not is_one else said


def _list(among: list[Choice]) -> None:
    for number, each in enumerate(among[:LISTED], 1):
        click.echo(f"  {number:>3}  {each.label}", err=True)
    if len(among) > LISTED:
        click.echo(f"       … and {len(among) - LISTED} more, by their code", err=True)


def _prompt(text: str, *, default: str | None = None, hidden: bool = False) -> str:
    suffix = " " if text.endswith("?") and not default else ": "
    shown = bool(default) and not hidden
    answer = click.prompt(text, default=default, hide_input=hidden, show_default=shown, prompt_suffix=suffix, err=True)
    return str(answer).strip()


def _confirm(text: str) -> bool:
    return bool(click.confirm(text, default=False, err=True))
