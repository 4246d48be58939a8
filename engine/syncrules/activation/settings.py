"""The settings of a mapping, answered: what can be chosen, what is suggested, what was said, and what is missing yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncrules.activation import suggest
from syncrules.activation.credentials import Credentials, everything
from syncrules.activation.suggest import Choice, as_key
from syncrules.errors import UsageError
from syncrules.language.model import Setting
from syncrules.records import Record, normal, reader

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


class Settings:
    """The answers to the settings of a connection.

    Args:
        credentials: by which both systems are asked what can be chosen; the answers are written into its connection.
    """

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.spec = credentials.spec
        self.row = credentials.row
        self.taken = credentials.taken
        self.configuration: dict[tuple[str, str], list[Record]] = {}
        """Side and resource → what the settings choose from."""

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
            with self.credentials.provider(side, self.credentials.opened[side]) as provider:
                for resource in resources:
                    told(side, resource)
                    rows = [
                        each
                        for place in self.credentials.places(side, provider)
                        for each in everything(self.spec.manifests[side], place, resource)
                    ]
                    self.configuration[side, resource] = self._told_once(side, resource, rows)

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

    def take(self, given: Mapping[str, Any]) -> None:
        """Take the answers to all questions at once.

        Raises:
            UsageError: one of them is no answer, or nobody asks for it.
        """
        for name in given:
            if name not in self.spec.settings and name != PREFERRED:
                raise UsageError(
                    f"the mapping has no setting '{name}'",
                    cure=suggest.hint(name, self.spec.settings, "It has"),
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


def _plain(answer: Any) -> str:
    return (
        {True: "yes", False: "no"}.get(answer, str(normal(answer))) if isinstance(answer, bool) else str(normal(answer))
    )
