"""What making or changing a connection does, without a word to anybody: answers in, checks, suggestions, counts out.

Nothing is stored before `save`, and nothing is written to either system before `connection.run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncrules import connection, secrets
from syncrules.activation import suggest
from syncrules.activation.preflight import Finding, Questions
from syncrules.activation.suggest import Choice, as_key
from syncrules.errors import SpecError, StateError, UsageError
from syncrules.http import Clock
from syncrules.journey.rules import compile_rules
from syncrules.language import grammar, spec
from syncrules.language.model import Setting
from syncrules.language.scoped import outside
from syncrules.manifest import Active, Ask, Manifest
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.memory import Memory
from syncrules.memory.store import Store
from syncrules.provider import Account, Provider, scoped
from syncrules.records import Record, normal, reader
from syncrules.secrets import Keys

PREFERRED = "preferred"
"""The setting that says which of several records an answer becomes on its way back."""


@dataclass(slots=True)
class Question:
    """A setting with what it can be answered with."""

    setting: Setting
    lefts: list[Choice] = field(default_factory=list)
    """The records of a table, each of which wants an answer."""
    rights: list[Choice] = field(default_factory=list)
    """What can be chosen; empty where the answer is no record."""
    suggested: Any = None
    """An answer, or for a table key → answer; None or an empty table if there is nothing to offer."""

    @property
    def is_table(self) -> bool:
        return self.setting.for_each is not None

    def understood(self, given: Any, what: str = "") -> Any:
        """Give the answer that is stored for what a person said.

        Raises:
            UsageError: it is no answer to this question.
        """
        if self.setting.choose is None:
            return suggest.said(self.setting, given)
        return suggest.chosen(given, self.rights, what or f"'{self.setting.name}'")

    def label(self, answer: Any) -> str:
        """Write an answer for a person."""
        return next((each.label for each in self.rights if normal(each.key) == normal(answer)), _plain(answer))


def no_mapping(name: str) -> UsageError:
    """Say that a new connection needs a mapping."""
    return UsageError(
        f"it is not said which mapping the connection '{name}' follows",
        cure=f"Add --mapping with a file, or one of: {', '.join(spec.names())}.",
    )


class Activation:
    """One connection on its way.

    Raises:
        UsageError: no mapping is named, or it is not for the systems of the connection that exists.
        SpecError: the mapping is not one.
    """

    def __init__(self, store: Store, keys: Keys, clock: Clock, name: str, mapping: str) -> None:
        self.store = store
        self.keys = keys
        self.clock = clock
        self.name = name
        before = store.connection(name)
        if before is None and not mapping:
            raise no_mapping(name)
        self.is_new = before is None
        self.spec = spec.load(mapping or (before.mapping if before is not None else ""))
        stored = _stored(mapping) if mapping else (before.mapping if before is not None else "")
        self.row = before or ConnectionRow(name, stored, {}, {}, {}, paused=True, created_at=clock.now())
        if before is not None and mapping:
            self._same_systems(before)
            self.row.mapping = stored
        self.opened: dict[str, dict[str, str]] = {}
        """Side → answers in clear, for the time of this command only."""
        self._listed: dict[tuple[object, ...], list[Choice]] = {}
        """Side, question and the answers before it → what it can be answered with."""
        self.configuration: dict[tuple[str, str], list[Record]] = {}
        self.titles: dict[str, str] = dict(self.row.answers.get("", {}).get("books", {}))
        """Side → whose books they are."""
        self._given: set[str] = set(self.spec.sides) if self.is_new else set()
        """Sides whose answers are not those that are stored."""
        self.taken: dict[str, list[str]] = {}
        """Setting → suggestions that were taken because nothing else was said, written for a person."""

    def _same_systems(self, before: ConnectionRow) -> None:
        then = spec.load(before.mapping)
        systems = [[(each, one.manifests[each].provider) for each in one.sides] for one in (then, self.spec)]
        if systems[0] != systems[1]:
            raise UsageError(
                f"the connection '{self.name}' is between other systems than this mapping",
                cure="Make a connection of another name.",
            )

    @property
    def imported(self) -> bool:
        """Whether the first import has come to its end."""
        if self.is_new:
            return False
        carried = Memory(self.store, self.name, self.spec.sides).last_carried()
        rules = compile_rules(outside(self.spec), self.row.settings)
        return all((name, "", "import") in carried for name in rules.entities)

    # Credentials --------------------------------------------------------------------------------------------------

    def take(self, side: str, given: Mapping[str, Any]) -> None:
        """Take answers about one side: secrets are sealed, references stay what they are, what is not given is kept.

        Raises:
            UsageError: something is given that is not asked, or asked and not given.
        """
        manifest = self.spec.manifests[side]
        asks = {each.name: each for each in manifest.asks}
        for name in given:
            if name not in asks:
                raise UsageError(
                    f"{manifest.title} does not ask for '{name}'",
                    cure=_hint(name, asks, "It asks for"),
                )
        before = self.row.answers.get(side, {})
        answers = dict(before)
        if given:
            # What was kept was given in exchange for the answers of before.
            self._given.add(side)
            answers = {name: value for name, value in answers.items() if name not in manifest.keeps}
        for name, value in given.items():
            answers[name] = self._kept(asks[name], side, value, before.get(name))
        missing = [
            each.name
            for each in manifest.asks
            if each.default is None and not each.choices_from and answers.get(each.name) in (None, "")
        ]
        if missing:
            raise UsageError(
                f"{manifest.title}: nothing is given for {' and '.join(missing)}",
                cure=f"Add it under '{side}:' in the answers, or leave --from out to be asked.",
            )
        for each in manifest.asks:
            said = answers.get(each.name) or None
            if each.choices_from and (said is None or said != before.get(each.name)):
                answers[each.name] = self._chosen(side, each, said, self.choices(side, each, answers))
        self.row.answers[side] = answers
        self.opened[side] = connection.answers_for(manifest, answers, self.keys, self.name, side)

    def choices(self, side: str, ask: Ask, given: Mapping[str, Any]) -> list[Choice]:
        """List the possible answers to a question about one side, as the system itself tells them; what is out of use is none.

        Args:
            given: the answers so far, sealed or in clear.

        Raises:
            ProviderError: the system does not know us, or does not answer.
            UsageError: what must be answered before is not, or there is nothing to choose from.
        """
        manifest = self.spec.manifests[side]
        resource, active = manifest.resources[ask.choices_from], manifest.resources[ask.choices_from].active
        later = [each.name for each in manifest.asks[manifest.asks.index(ask) :] if each.choices_from]
        answers = connection.answers_for(manifest, given, self.keys, self.name, side, besides=later)
        asked = (side, ask.name, tuple(answers.items()))
        if asked not in self._listed:
            with self._provider(side, answers) as provider:
                rows = list(_everything(manifest, provider, resource.name))
            in_use = {active.field: {"not": active.inactive}} if isinstance(active, Active) else {}
            self._listed[asked] = suggest.choices(resource, rows, in_use, {})
        if not self._listed[asked]:
            raise UsageError(
                f"{manifest.title}: there is nothing to choose from for '{ask.name}'",
                cure=f"Check whether what was answered before is right, and may see {resource.title} there.",
            )
        return self._listed[asked]

    def _chosen(self, side: str, ask: Ask, said: str | None, among: list[Choice]) -> str:
        """Give the key of what was answered; without an answer, of the only thing that it can be."""
        what = f"{self.spec.manifests[side].title}: '{ask.name}'"
        if said is None and len(among) == 1:
            self.taken[what] = [among[0].label]
            return str(among[0].key)
        if said is None:
            cure = f"Add it under '{side}:' in the answers. It is one of {suggest.listed(among)}."
            raise UsageError(f"{what} has not been answered", cure=cure)
        return str(suggest.chosen(said, among, what))

    def _kept(self, ask: Ask, side: str, value: Any, before: Any = None) -> str:
        """Give an answer as it is stored; one that is the same as before stays as it is."""
        text = str(value)
        if not ask.secret or secrets.is_reference(text):
            return text
        if secrets.is_sealed(before) and self.keys.fits(before):
            try:
                if self.keys.open(before, self.name, f"{side}.{ask.name}") == text:
                    return str(before)
            except StateError:
                pass  # it opens no more; what is given now takes its place
        return self.keys.seal(text, self.name, f"{side}.{ask.name}")

    def answered(self, side: str, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Give what a person answered about a side, without what the system renewed by itself."""
        keeps = self.spec.manifests[side].keeps
        return {name: value for name, value in answers.get(side, {}).items() if name not in keeps}

    def _keep(self, side: str, name: str, value: str) -> None:
        """Keep what a system has renewed, beside the answers in hand; also in the store, if they are those that it has."""
        self.opened[side][name] = value
        sealed = self.keys.seal(value, self.name, f"{side}.{name}")
        self.row.answers[side] = {**self.row.answers.get(side, {}), name: sealed}
        if side not in self._given:
            self.store.keep_answer(self.name, side, name, sealed)

    def log_in(self, side: str) -> Account:
        """Try the answers of one side at once.

        Raises:
            ProviderError: the system does not know us, or does not answer.
            UsageError: they open other books than those of this connection.
        """
        with self._provider(side, self.opened[side]) as provider:
            account = provider.account()
            for each in self._places(side, provider) if self.spec.scope else ():
                each.account()  # whoever names several sets of books hears at once which of them does not open
        connection.same_books(self.row, self.spec.manifests[side].title, side, account)
        self.row.accounts[side] = account.id
        self.titles[side] = account.title
        return account

    def twins(self) -> list[str]:
        """Name the other connections between the same books: both would carry the same changes."""
        mine = {(self.spec.manifests[side].provider, self.row.accounts.get(side)) for side in self.spec.sides}
        found = []
        for each in self.store.connections() if len(mine) == 2 and all(account for _, account in mine) else ():
            try:
                sides = spec.load(each.mapping).manifests if each.name != self.name else {}
            except (SpecError, UsageError):
                continue  # its mapping is no longer there, or broken; nobody runs it
            if {(one.provider, each.accounts.get(side)) for side, one in sides.items()} == mine:
                found.append(each.name)
        return found

    @contextmanager
    def _provider(self, side: str, answers: Mapping[str, str]) -> Iterator[Provider]:
        whose = {side: self.row.accounts.get(side) or self.name}
        with connection.providers_for(
            self.spec, {side: answers}, self.clock, self.store, whose, self._keep
        ) as providers:
            yield providers[side]

    def set_zone(self, name: str) -> None:
        """Take the time zone of the connection.

        Raises:
            UsageError: there is no such zone.
        """
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(f"there is no time zone '{name}'", cure="Write it such as Europe/Amsterdam.") from error
        self.row.answers[""] = {**self.row.answers.get("", {}), "time zone": name}

    # Settings -----------------------------------------------------------------------------------------------------

    def retrieve(self, told: Callable[[str, str], None] = lambda *_: None) -> None:
        """Fetch what the settings choose from.

        Raises:
            ProviderError: a system cannot be used.
        """
        wanted = dict.fromkeys(
            pair for each in self.spec.settings.values() for pair in (each.for_each, each.choose) if pair is not None
        )
        for side in self.spec.sides:
            resources = [resource for its, resource in wanted if its == side]
            if not resources:
                continue
            with self._provider(side, self.opened[side]) as provider:
                for resource in resources:
                    told(side, resource)
                    rows = [
                        each
                        for place in self._places(side, provider)
                        for each in _everything(self.spec.manifests[side], place, resource)
                    ]
                    self.configuration[side, resource] = self._told_once(side, resource, rows)

    def _places(self, side: str, provider: Provider) -> list[Provider]:
        """Say where the records of a side are: in each of its sets of books.

        The side that names the pairs is asked as a whole: nobody may have named any yet.
        """
        scope = self.spec.scope
        if not scope or scope["named_by"] == side:
            return [provider]
        return [scoped(provider).within(each) for page in provider.read(scope[side]["resource"]) for each in page]

    def _told_once(self, side: str, resource: str, rows: list[Record]) -> list[Record]:
        """Take of what several sets of books have the first of each key; what one set of books has twice is shown twice."""
        if not self.spec.scope:
            return rows
        key = reader(self.spec.manifests[side].resources[resource].key, absent=None)
        first = {str(normal(key(each))): each for each in reversed(rows)}
        return [each for each in rows if first[str(normal(key(each)))] is each]

    def question(self, setting: Setting) -> Question:
        """Put a setting as a question, with what can be chosen and what is suggested."""
        question = Question(setting)
        if setting.choose is not None:
            question.rights = self._choices(setting.choose, setting.where)
        if setting.for_each is not None:
            question.lefts = self._choices(setting.for_each, {})
            question.suggested = suggest.suggest_table(setting, question.lefts, question.rights)
        else:
            question.suggested = suggest.suggest(setting, question.rights)
        return question

    def _choices(self, where: tuple[str, str], condition: Mapping[str, Any]) -> list[Choice]:
        side, resource = where
        rows = self.configuration.get(where, [])
        return suggest.choices(self.spec.manifests[side].resources[resource], rows, condition, self.row.settings)

    def answer(self, question: Question, given: Any) -> None:
        """Take an answer: what is given, else what was answered before, else what is suggested.

        Raises:
            UsageError: what is given is no answer.
        """
        name = question.setting.name
        if not question.is_table:
            before = self.row.settings.get(name)
            value = question.understood(given) if given is not None else before
            if value is None and question.suggested is not None:
                value = question.understood(question.suggested)
                self.taken[name] = [question.label(value)]
            if value is not None:
                self.row.settings[name] = value
            return
        table = self._table(question, given)
        self.row.settings[name] = {
            as_key(each.key): table[as_key(each.key)] for each in question.lefts if as_key(each.key) in table
        }

    def _table(self, question: Question, given: Any) -> dict[str, Any]:
        name = question.setting.name
        if given is not None and not isinstance(given, Mapping):
            raise UsageError(
                f"'{name}' is a table: an answer for each record",
                cure="Write it as `record: answer`, one on each line.",
            )
        before = self.row.settings.get(name) or {}
        table: dict[str, Any] = dict(before)
        for left, right in (given or {}).items():
            key = as_key(suggest.chosen(left, question.lefts, f"'{name}'"))
            if right is None:
                table.pop(key, None)
            else:
                table[key] = question.understood(right, f"'{name}', answer for '{left}'")
        for each in question.lefts:
            key = as_key(each.key)
            if key not in table and key in question.suggested:
                table[key] = question.suggested[key]
                self.taken.setdefault(name, []).append(f"{each.label} → {question.label(table[key])}")
        return table

    def settle_the_way_back(self, given: Mapping[str, Any] | None) -> None:
        """Say for every answer that stands for several records which of them it becomes on its way back.

        Raises:
            UsageError: what is given is none of them.
        """
        before = self.row.settings.get(PREFERRED) or {}
        result: dict[str, str] = {}
        unused = {str(normal(key)): value for key, value in (given or {}).items()}
        for answer, keys in suggest.ambiguous(self.spec, self.row.settings).items():
            among = [each for each in self.lefts() if as_key(each.key) in keys]
            if answer in unused:
                result[answer] = as_key(
                    suggest.chosen(unused.pop(answer), among, f"'{PREFERRED}', answer for '{answer}'")
                )
            elif before.get(answer) in keys:
                result[answer] = before[answer]
            else:
                result[answer] = keys[0]
                label = next((each.label for each in among if as_key(each.key) == keys[0]), keys[0])
                self.taken.setdefault(PREFERRED, []).append(f"{answer} → {label}")
        if result:
            self.row.settings[PREFERRED] = result
        else:
            self.row.settings.pop(PREFERRED, None)

    def lefts(self) -> list[Choice]:
        """List the records of all tables."""
        tables = {each.for_each for each in self.spec.settings.values() if each.for_each is not None}
        return [choice for each in sorted(tables) for choice in self._choices(each, {})]

    def take_settings(self, given: Mapping[str, Any]) -> None:
        """Take the answers to all questions at once.

        Raises:
            UsageError: one of them is no answer, or nobody asks for it.
        """
        for name in given:
            if name not in self.spec.settings and name != PREFERRED:
                raise UsageError(
                    f"the mapping has no setting '{name}'",
                    cure=_hint(name, self.spec.settings, "It has"),
                )
        for name, setting in self.spec.settings.items():
            self.answer(self.question(setting), given.get(name))
        self.settle_the_way_back(given.get(PREFERRED))

    def gaps(self) -> list[str]:
        """List the questions that must have an answer and have none, written for a person."""
        found = []
        for name, setting in self.spec.settings.items():
            if setting.missing != "stop":
                continue
            answer = self.row.settings.get(name)
            if setting.for_each is None:
                if answer is None:
                    found.append(f"'{name}': {setting.ask}")
            else:
                open_ = [each.label for each in self.question(setting).lefts if as_key(each.key) not in (answer or {})]
                found += [f"'{name}', for '{each}': {setting.ask}" for each in open_]
        return found

    # Before the first import --------------------------------------------------------------------------------------

    def save(self) -> None:
        """Store the connection; one that never ran is paused until somebody says that it may."""
        self.row.answers[""] = {**self.row.answers.get("", {}), "books": self.titles}
        with self.store.transaction():
            self.store.save(self.row)
            # Whatever kept a system from being used: what it was told has changed.
            Memory(self.store, self.name, self.spec.sides).close_circuits()
        self._given.clear()

    def start(self) -> None:
        """Let the connection run from now on."""
        self.row.paused = False
        with self.store.transaction():
            self.store.change(self.name, paused=False)
            Memory(self.store, self.name, self.spec.sides).carried([("", "", "begun")], self.clock.now())

    def preflight(self, told: Callable[[str, str], None] = lambda *_: None) -> list[Finding]:
        """Ask the data what would go wrong.

        Raises:
            ProviderError: a system cannot be used.
        """
        questions = Questions(self.spec, self.row.settings)
        for side in self.spec.sides:
            resources = [resource for its, resource in questions.wanted() if its == side]
            if not resources:
                continue
            with self._provider(side, self.opened[side]) as provider:
                for resource in resources:
                    told(side, resource)
                    for page in _pages(self.spec.manifests[side], provider, resource):
                        questions.take(side, resource, page)
        return list(questions.findings())

    def remarks(self) -> list[str]:
        """List what the mapping says that somebody who uses it should know, and where it says so."""
        return list(
            dict.fromkeys(
                " ".join(part for part in (each.message, each.suggestion, f"({each.place})") if part)
                for each in self.spec.remarks
            )
        )


def _everything(manifest: Manifest, provider: Provider, resource: str) -> Iterator[Record]:
    for page in _pages(manifest, provider, resource):
        yield from page


def _pages(manifest: Manifest, provider: Provider, resource: str) -> Iterable[list[Record]]:
    """Read a resource: from the manifest where its records stand there, else from the system."""
    rows = manifest.resources[resource].rows
    return [[dict(each) for each in rows]] if rows is not None else provider.read(resource)


def _stored(mapping: str) -> str:
    """Name a mapping so that it is found from every folder."""
    found = spec.find(mapping)
    return str(found.resolve()) if isinstance(found, Path) and mapping != found.stem else mapping


def _hint(word: str, known: Iterable[str], introduction: str) -> str:
    names = list(known)
    near = grammar.nearest(word, names)
    return f"{near[:1].upper()}{near[1:]} {introduction}: {', '.join(names) or 'none'}.".strip()


def _plain(answer: Any) -> str:
    return (
        {True: "yes", False: "no"}.get(answer, str(normal(answer))) if isinstance(answer, bool) else str(normal(answer))
    )
