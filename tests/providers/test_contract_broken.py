"""Every promise of the contract can be broken: a provider that breaks just that one is caught by the promise of its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from syncrules import provider
from syncrules.contract import PROMISES, bench_of, broken
from syncrules.errors import LoginRefused, OutcomeUnknown, ProviderError, RecordGone, RecordRefused, Unreachable
from syncrules.provider import Account, Record, Write

Wrapped = Any
NUMBERS = count()


class Mutant:
    """A provider that is as it should be."""

    def __init__(self, inner: Wrapped) -> None:
        self.inner = inner
        self.mine: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield from self.inner.read(resource, since)


class CallsAtOnce(Mutant):
    def close(self) -> None:
        self.inner.account()
        self.inner.close()


class AnotherAccountEachTime(Mutant):
    def account(self) -> Account:
        self.inner.account()
        return Account(f"books-{next(NUMBERS)}", "Books")


class LetsTheWrongIn(Mutant):
    def account(self) -> Account:
        with suppress(LoginRefused):
            return self.inner.account()  # type: ignore[no-any-return]  # the provider's own
        return Account("books", "Books")


class HidesChoices(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        if resource == "regions":
            yield [{"code": "fr", "name": "France"}]
        else:
            yield from self.inner.read(resource, since)


class WorksBesideTheCounter(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        http = self.inner._http
        send, http._take = http._take, lambda _: None
        try:
            yield from self.inner.read(resource, since)
        finally:
            http._take = send


class MixesAnswers(Mutant):
    last: Record | None = None

    def fetch(self, resource: str, key: str) -> Record | None:
        before, self.last = self.last, self.inner.fetch(resource, key)
        return before or self.last


class TellsItsSecret(Mutant):
    def account(self) -> Account:
        return Account("books", f"Books of {self.inner._settings['security_code_1']}")


class DropsTheLastPage(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        pages = list(self.inner.read(resource, since))
        self.mine.append((resource, ""))
        yield from pages[: -1 if len(self.mine) % 2 == 0 and len(pages) > 1 else None]


class TellsTwice(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for page in self.inner.read(resource, since):
            yield [*page, page[-1]]


class Floats(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for page in self.inner.read(resource, since):
            yield [
                {name: float(value) if isinstance(value, Decimal) else value for name, value in each.items()}
                for each in page
            ]


class FetchesLess(Mutant):
    def fetch(self, resource: str, key: str) -> Record | None:
        found = self.inner.fetch(resource, key)
        return found and {name: None if name in ("Bedrijf", "Omschrijving") else value for name, value in found.items()}


class MakesUpStrangers(Mutant):
    def fetch(self, resource: str, key: str) -> Record | None:
        return self.inner.fetch(resource, key) or next(iter(next(iter(self.inner.read(resource)), [])), None)


class FindsParts(Mutant):
    def find(self, resource: str, field: str, value: str) -> list[Record]:
        rows = [each for page in self.inner.read(resource) for each in page]
        return [each for each in rows if value.lower() in str(each.get(field) or "").lower()]


class MissesThePart(Mutant):
    """Looks at the stamp of the record itself only: an edit of what lies below it is missed."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for page in self.inner.read(resource, since):
            yield [
                each
                for each in page
                if since is None or max(each.get("CreationDate") or "", each.get("LastMutationDate") or "") >= since
            ]


class StaysBehind(Mutant):
    known: dict[str, list[list[Record]]] = {}  # noqa: RUF012  # each test makes its own class of it

    def create(self, resource: str, record: Record) -> Record:
        self.known.setdefault(resource, list(self.inner.read(resource)))
        return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        yield from self.known.get(resource) or self.inner.read(resource)


class Swallows(Mutant):
    """Takes trouble for the end of a list."""

    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        with suppress(Unreachable):
            yield from self.inner.read(resource, since)


class TakesTroubleForAbsence(Mutant):
    def fetch(self, resource: str, key: str) -> Record | None:
        with suppress(ProviderError):
            return self.inner.fetch(resource, key)  # type: ignore[no-any-return]  # the provider's own
        return None


class ThinksItKnows(Mutant):
    """Calls a lost answer a refusal: what was made would be made again."""

    def create(self, resource: str, record: Record) -> Record:
        try:
            return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own
        except OutcomeUnknown as error:
            raise RecordRefused(error.system, error.says) from error


class TriesAgain(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        try:
            return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own
        except OutcomeUnknown:
            return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own


class SaysDone(Mutant):
    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        with suppress(OutcomeUnknown):
            return self.inner.update(resource, key, changes, seen)  # type: ignore[no-any-return]  # the provider's own
        return seen


class Rounds(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        whole = {
            name: value.strip()[:9] if isinstance(value, str) and name == "Adres" else value
            for name, value in record.items()
        }
        return self.inner.create(resource, whole)  # type: ignore[no-any-return]  # the provider's own


class WantsMore(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        if resource == "relations" and not record.get("Adres"):
            raise RecordRefused("Books", "an address is wanted")
        return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own


class Cuts(Mutant):
    """Cuts what is too long without a word."""

    def create(self, resource: str, record: Record) -> Record:
        fields = self.inner._manifest.resources[resource].fields
        cut = {
            name: value[: fields[name].max_length] if isinstance(value, str) and not fields[name].enum else value
            for name, value in record.items()
        }
        return self.inner.create(resource, cut)  # type: ignore[no-any-return]  # the provider's own


class TakesAnyWord(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        plain = {name: value for name, value in record.items() if not (name == "BP" and value not in ("B", "P"))}
        return self.inner.create(resource, {"BP": "B", **plain} if resource == "relations" else plain)  # type: ignore[no-any-return]  # the provider's own


class Forgets(Mutant):
    """Replaces whole objects by what changed."""

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        needed = {name: seen.get(name) for name in self.inner._manifest.resources[resource].requires}
        return self.inner.update(resource, key, changes, needed)  # type: ignore[no-any-return]  # the provider's own


class NeverEmpties(Mutant):
    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        told = {name: value for name, value in changes.items() if value is not None}
        return self.inner.update(resource, key, told, seen)  # type: ignore[no-any-return]  # the provider's own


class SendsAllBack(Mutant):
    """Sends along what was seen, although the system takes single fields."""

    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        fields = self.inner._manifest.resources[resource].fields
        plain = {
            name: value for name, value in seen.items() if not fields[name].read_only and fields[name].type == "string"
        }
        return self.inner.update(resource, key, {**plain, **changes}, seen)  # type: ignore[no-any-return]  # the provider's own


class MistakesGone(Mutant):
    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        try:
            return self.inner.update(resource, key, changes, seen)  # type: ignore[no-any-return]  # the provider's own
        except RecordGone as error:
            raise RecordRefused(error.system, error.says) from error


class MakesRoom(Mutant):
    """Gives a second one another number."""

    def create(self, resource: str, record: Record) -> Record:
        try:
            return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own
        except RecordRefused:
            return self.inner.create(resource, {**record, "Code": f"{record['Code']}b"[-15:]})  # type: ignore[no-any-return]  # the provider's own


class ForgetsTheStamp(Mutant):
    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        told = {name: value for name, value in changes.items() if name != "FormerDate"}
        return self.inner.update(resource, key, told, seen)  # type: ignore[no-any-return]  # the provider's own


class OpensWhatIsClosed(Mutant):
    def update(self, resource: str, key: str, changes: Record, seen: Record) -> Record:
        with suppress(RecordRefused):
            return self.inner.update(resource, key, changes, seen)  # type: ignore[no-any-return]  # the provider's own
        return seen


class TriesEverything(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        if not self.inner._manifest.resources[resource].creatable:
            self.inner.account()
        return self.inner.create(resource, record)  # type: ignore[no-any-return]  # the provider's own


class PlainLettersOnly(Mutant):
    def create(self, resource: str, record: Record) -> Record:
        plain = {
            name: value.encode("ascii", "replace").decode() if isinstance(value, str) else value
            for name, value in record.items()
        }
        return self.inner.create(resource, plain)  # type: ignore[no-any-return]  # the provider's own


class KnowsNoAnswer(Mutant):
    def look_up(self, resource: str, question: str, record: Record) -> Any:
        return None


class HidesWhatAppears(Mutant):
    def read(self, resource: str, since: str | None = None) -> Iterator[list[Record]]:
        for page in self.inner.read(resource, since):
            yield [{**each, "Bedrag": Decimal(0)} if "Bedrag" in each else each for each in page]


class DeletesNothing(Mutant):
    def delete(self, resource: str, key: str) -> None: ...


class DeletesTheOthersToo(Mutant):
    def delete(self, resource: str, key: str) -> None:
        for each in [one for page in self.inner.read(resource) for one in page]:
            self.inner.delete(resource, str(each["ID"]))
        self.inner.delete(resource, key)


class LosesTheMark(Mutant):
    def write_many(self, resource: str, writes: list[Write], mark: str) -> None:
        with suppress(OutcomeUnknown):
            self.inner.write_many(resource, writes, mark)


class SaysTaken(Mutant):
    def replace_all(self, resource: str, records: list[Record], beside: Record) -> None:
        with suppress(OutcomeUnknown):
            self.inner.replace_all(resource, records, beside)


class LooksForNobody(Mutant):
    def taken_for(self, resource: str, record: Record) -> list[Record]:
        return []


class TakesAnybody(Mutant):
    """Takes whoever the search brings."""

    def taken_for(self, resource: str, record: Record) -> list[Record]:
        return [each for page in self.inner.read(resource) for each in page]


class KeepsNothing(Mutant):
    """Throws away what was renewed; the wrapped provider's own `keep` is silenced."""

    def account(self) -> Account:
        for each in _logins(self.inner):
            each._keep = lambda *_: None
        return self.inner.account()  # type: ignore[no-any-return]  # the provider's own


def _logins(inner: Any) -> Iterator[Any]:
    for each in vars(inner).values():
        if hasattr(each, "_keep"):
            yield each


SOAP, REST, CRM, TWIN, BOX = "eboekhouden-soap", "eboekhouden-rest", "tribe", "twin", "sandbox"
DELETING = f"{SOAP} whose relations can be deleted"
"""No installed provider deletes what can be read back: this is one whose manifest says so."""
MUTANTS: tuple[tuple[str, Callable[[Any], Any], str, str], ...] = (
    ("nothing is asked before it is wanted", CallsAtOnce, SOAP, TWIN),
    ("the same books have the same id", AnotherAccountEachTime, SOAP, TWIN),
    ("a wrong login is told", LetsTheWrongIn, REST, BOX),
    ("what is chosen from can be listed", HidesChoices, "yuki", BOX),
    ("what the system renews is kept", KeepsNothing, "winbooks", BOX),
    ("every call is counted", WorksBesideTheCounter, SOAP, TWIN),
    ("many calls do not mix", MixesAnswers, SOAP, TWIN),
    ("no secret is told", TellsItsSecret, SOAP, BOX),
    ("a list is told once and whole", TellsTwice, SOAP, TWIN),
    ("a list is told once and whole", DropsTheLastPage, SOAP, TWIN),
    ("records are as declared", Floats, SOAP, TWIN),
    ("one record is as its list has it", FetchesLess, SOAP, TWIN),
    ("nobody is nobody", MakesUpStrangers, SOAP, TWIN),
    ("a search gives exactly who has the value", FindsParts, SOAP, TWIN),
    ("a change is among the changes", MissesThePart, CRM, TWIN),
    ("a list shows what was written", StaysBehind, SOAP, TWIN),
    ("a list is whole or an error", Swallows, SOAP, TWIN),
    ("trouble is not absence", TakesTroubleForAbsence, SOAP, TWIN),
    ("a lost create is found or was not made", ThinksItKnows, SOAP, TWIN),
    ("a write is carried out once", TriesAgain, SOAP, TWIN),
    ("a change is told as it went", SaysDone, SOAP, TWIN),
    ("what is made is what was sent", Rounds, SOAP, TWIN),
    ("what is required is enough", WantsMore, SOAP, TWIN),
    ("lengths are as declared", Cuts, SOAP, TWIN),
    ("choices are as declared", TakesAnyWord, SOAP, TWIN),
    ("a change changes nothing else", Forgets, SOAP, TWIN),
    ("what is emptied is empty", NeverEmpties, SOAP, TWIN),
    ("what others changed meanwhile stands", SendsAllBack, REST, TWIN),
    ("a change of what is gone is told", MistakesGone, SOAP, TWIN),
    ("a second one is refused", MakesRoom, SOAP, TWIN),
    ("out of use and back", ForgetsTheStamp, CRM, TWIN),
    ("what is closed stays closed", OpensWhatIsClosed, CRM, BOX),
    ("what cannot be done is refused at once", TriesEverything, REST, BOX),
    ("every sign arrives or is refused", PlainLettersOnly, SOAP, TWIN),
    ("whom a new one is taken for is told", LooksForNobody, "yuki", TWIN),
    ("whom a new one is taken for is told", TakesAnybody, "yuki", BOX),
    ("questions are answered", KnowsNoAnswer, "winbooks", TWIN),
    ("what comes about by itself is there", HidesWhatAppears, SOAP, TWIN),
    ("what is deleted is gone", DeletesNothing, DELETING, TWIN),
    ("what is deleted is gone", DeletesTheOthersToo, DELETING, TWIN),
    ("a batch arrives under its mark", LosesTheMark, "silverfin", TWIN),
    ("a whole list is taken or refused", SaysTaken, "silverfin", TWIN),
)
"""A promise, a provider that breaks it, and where it does."""


@pytest.fixture(autouse=True)
def one_that_deletes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a provider be found whose manifest lets relations be deleted."""
    find = provider.find

    def found(name: str) -> provider.Installed:
        if name != DELETING:
            return find(name)
        installed = find(SOAP)
        relations = replace(installed.manifest.resources["relations"], deletable=True)
        resources = {**installed.manifest.resources, "relations": relations}
        return replace(installed, manifest=replace(installed.manifest, resources=resources))

    monkeypatch.setattr(provider, "find", found)


@pytest.mark.parametrize(("promise", "mutant", "name", "over"), MUTANTS)
def test_who_breaks_a_promise_is_caught_by_it(promise: str, mutant: Any, name: str, over: Any) -> None:
    kind: Any = type(mutant.__name__, (mutant,), {"known": {}})
    with bench_of(name, over, size=0, brief=True) as bench:
        before = broken(bench, promise)
    with bench_of(name, over, size=0, brief=True, wrap=kind) as bench:
        found = broken(bench, promise)

    assert before == []
    assert found


def test_there_is_a_mutant_for_every_promise() -> None:
    kinds = {each for each in globals().values() if inspect.isclass(each) and issubclass(each, Mutant)} - {Mutant}

    assert {promise for promise, *_ in MUTANTS} == PROMISES.keys()
    assert kinds == {mutant for _, mutant, *_ in MUTANTS}
