"""What a person answers about the two systems of a connection: taken, sealed, chosen from what a system lists, and tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syncrules import connection, secrets
from syncrules.activation import suggest
from syncrules.activation.suggest import Choice
from syncrules.errors import StateError, UsageError
from syncrules.http import Clock
from syncrules.language.model import Spec
from syncrules.manifest import Active, Ask, Manifest
from syncrules.memory.kept import ConnectionRow
from syncrules.memory.store import Store
from syncrules.provider import Account, Provider, scoped
from syncrules.records import Record
from syncrules.secrets import Keys


class Credentials:
    """The answers by which both systems are reached.

    Args:
        row: the connection; answers and books are written into it, and stay there once it is saved.
        taken: what was chosen because nothing else was said; added to.
        new: whether it was never stored.
    """

    def __init__(
        self,
        store: Store,
        keys: Keys,
        clock: Clock,
        mapping: Spec,
        row: ConnectionRow,
        taken: dict[str, list[str]],
        *,
        new: bool,
    ) -> None:
        self.store = store
        self.keys = keys
        self.clock = clock
        self.spec = mapping
        self.row = row
        self.taken = taken
        self.opened: dict[str, dict[str, str]] = {}
        """Side → answers in clear, for the time of this command only."""
        self.titles: dict[str, str] = dict(row.answers.get("", {}).get("books", {}))
        """Side → whose books they are."""
        self._listed: dict[tuple[object, ...], list[Choice]] = {}
        """Side, question and the answers before it → what it can be answered with."""
        self._unsaved: set[str] = set(mapping.sides) if new else set()
        """Sides whose answers are not those that are stored."""

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
                    cure=suggest.hint(name, asks, "It asks for"),
                )
        before = self.row.answers.get(side, {})
        answers = dict(before)
        if given:
            # What was kept was given in exchange for the answers of before.
            self._unsaved.add(side)
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
        self.opened[side] = connection.answers_for(manifest, answers, self.keys, self.row.name, side)

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
        answers = connection.answers_for(manifest, given, self.keys, self.row.name, side, besides=later)
        asked = (side, ask.name, tuple(answers.items()))
        if asked not in self._listed:
            with self.provider(side, answers) as provider:
                rows = list(everything(manifest, provider, resource.name))
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
                if self.keys.open(before, self.row.name, f"{side}.{ask.name}") == text:
                    return str(before)
            except StateError:
                pass  # it opens no more; what is given now takes its place
        return self.keys.seal(text, self.row.name, f"{side}.{ask.name}")

    def answered(self, side: str, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Give what a person answered about a side, without what the system renewed by itself."""
        keeps = self.spec.manifests[side].keeps
        return {name: value for name, value in answers.get(side, {}).items() if name not in keeps}

    def _keep(self, side: str, name: str, value: str) -> None:
        """Keep what a system has renewed, beside the answers in hand; also in the store, if they are those that it has."""
        self.opened[side][name] = value
        sealed = self.keys.seal(value, self.row.name, f"{side}.{name}")
        self.row.answers[side] = {**self.row.answers.get(side, {}), name: sealed}
        if side not in self._unsaved:
            self.store.keep_answer(self.row.name, side, name, sealed)

    def log_in(self, side: str) -> Account:
        """Try the answers of one side at once.

        Raises:
            ProviderError: the system does not know us, or does not answer.
            UsageError: they open other books than those of this connection.
        """
        with self.provider(side, self.opened[side]) as provider:
            account = provider.account()
            for each in self.places(side, provider) if self.spec.scope else ():
                each.account()  # whoever names several sets of books hears at once which of them does not open
        connection.same_books(self.row, self.spec.manifests[side].title, side, account)
        self.row.accounts[side] = account.id
        self.titles[side] = account.title
        return account

    @contextmanager
    def provider(self, side: str, answers: Mapping[str, str]) -> Iterator[Provider]:
        whose = {side: self.row.accounts.get(side) or self.row.name}
        with connection.providers_for(
            self.spec, {side: answers}, self.clock, self.store, whose, self._keep
        ) as providers:
            yield providers[side]

    def places(self, side: str, provider: Provider) -> list[Provider]:
        """Say where the records of a side are: in each of its sets of books.

        The side that names the pairs is asked as a whole: nobody may have named any yet.
        """
        scope = self.spec.scope
        if not scope or scope["named_by"] == side:
            return [provider]
        return [scoped(provider).within(each) for page in provider.read(scope[side]["resource"]) for each in page]

    def saved(self) -> None:
        """Take notice that the connection is stored as it is."""
        self._unsaved.clear()


def everything(manifest: Manifest, provider: Provider, resource: str) -> Iterator[Record]:
    for page in pages(manifest, provider, resource):
        yield from page


def pages(manifest: Manifest, provider: Provider, resource: str) -> Iterable[list[Record]]:
    """Read a resource: from the manifest where its records stand there, else from the system."""
    rows = manifest.resources[resource].rows
    return [[dict(each) for each in rows]] if rows is not None else provider.read(resource)
