"""Promises beside the rules, of what no plan shows: what connecting asks and finds, how soon something travels, what never does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from syncrules import books
from syncrules.activation import suggest
from syncrules.activation.preflight import Questions
from syncrules.examples.given import made
from syncrules.examples.model import Difference, Examples, Promise
from syncrules.journey import schedule
from syncrules.journey.reconcile import differences
from syncrules.language.model import Rhythm, Setting, Spec
from syncrules.memory.kept import Books
from syncrules.records import Record, normal, reader

NOBODY = "there is no such question"


class Held:
    """What all promises of a mapping are held against."""

    def __init__(self, mapping: Spec, examples: Examples) -> None:
        self.spec = mapping
        self.examples = examples

    def differences(self, promise: Promise) -> Iterator[Difference]:
        """List what is otherwise than a promise says."""
        says = promise.says_
        if "setting" in says:
            yield from self._question(promise, str(says["setting"]))
        if "preflight" in says:
            yield from self._preflight(promise, str(says["preflight"]))
        for name in promise.entities:
            yield from self._of_entity(promise, name)
        if "pairs" in says:
            yield from self._pairs(promise)
        if "says" in says:
            wanted, got = [*says["says"]], _never(self.spec)
            missed = [each.partition(": ")[0] for each in wanted if each not in got]
            place = ("entities", missed[0], "fields") if missed and missed[0] in self.spec.entities else ("not_synchronised",)  # fmt: skip
            yield from self._told(promise, "what is said that never travels", wanted, got, ("says",), *place)

    def _of_entity(self, promise: Promise, name: str) -> Iterator[Difference]:
        says, entity = promise.says_, self.spec.entities.get(name)
        if "travels" in says:
            yield from self._rhythms(promise, name, says.get("happens", "changed"))
        for what, limit in says.get("asks_above", {}).items():
            got = entity.brakes.get(what) if entity is not None else None
            yield from self._told(promise, f"how many {what} of {name} are believed", limit, got, ("asks_above", what), "entities", name, "brakes", what)  # fmt: skip
        if "differs" in says:
            yield from self._reconciled(promise, name)

    def _told(
        self, promise: Promise, what: str, expected: Any, got: Any, way: tuple[str, ...], *rule: str
    ) -> Iterator[Difference]:
        if normal(expected) != normal(got):
            yield Difference(what, expected, got, promise.at(*way), self.spec.place(*rule))

    # What connecting asks ---------------------------------------------------------------------------------------------

    def _question(self, promise: Promise, name: str) -> Iterator[Difference]:
        says, setting = promise.says_, self.spec.settings.get(name)
        if setting is None:
            yield from self._told(promise, f"the question '{name}'", name, NOBODY, ("setting",), "settings")
            return
        at = ("settings", name)
        rights = self._choices(promise, setting.choose, setting)
        if "choices" in says:
            got = sorted((normal(each.key) for each in rights), key=str)
            wanted = sorted(map(normal, says["choices"]), key=str)
            yield from self._told(promise, "what may be answered", wanted, got, ("choices",), *at, "choose")
        if "suggests" in says:
            got_: Any = None
            if setting.for_each is not None:
                got_ = suggest.suggest_table(setting, self._choices(promise, setting.for_each), rights) or None
            else:
                got_ = suggest.suggest(setting, rights)
            wanted_ = None if says["suggests"] in ("nothing", None) else says["suggests"]
            yield from self._told(promise, "what is suggested", wanted_, got_, ("suggests",), *at, "suggest")
        if "without_an_answer" in says:
            got__, wanted__ = setting.missing, says["without_an_answer"]
            yield from self._told(promise, "what happens without an answer", wanted__, got__, ("without_an_answer",), *at, "missing")  # fmt: skip

    def _choices(
        self, promise: Promise, of: tuple[str, str] | None, setting: Setting | None = None
    ) -> list[suggest.Choice]:
        if of is None:
            return []
        side, resource = of
        condition = setting.where if setting is not None else {}
        rows = self._records(promise, side, resource)
        return suggest.choices(self.spec.manifests[side].resources[resource], rows, condition, self._settings(promise))

    def _settings(self, promise: Promise) -> Mapping[str, Any]:
        return {**self.examples.settings, **promise.settings}

    def _records(self, promise: Promise, side: str, resource: str) -> list[Record]:
        own, every = (each.get(side, {}) for each in (promise.lists, self.examples.lists))
        said: Sequence[Mapping[str, Any]] = own.get(resource, every.get(resource, ()))
        return [made(self.spec.manifests[side], resource, each.items()) for each in said]

    # What is looked for before the first import -----------------------------------------------------------------------

    def _preflight(self, promise: Promise, name: str) -> Iterator[Difference]:
        asked = next((each for each in self.spec.preflights if each.name == name), None)
        if asked is None:
            yield from self._told(promise, f"what is looked for: '{name}'", name, NOBODY, ("preflight",), "preflight")
            return
        questions = Questions(self.spec, self._settings(promise))
        for side, resource in questions.wanted():
            questions.take(side, resource, self._records(promise, side, resource))
        finding = next((each for each in questions.findings() if each.heading == name), None)
        got: list[str] = sorted(finding.names) if finding is not None else []
        if finding is not None and not asked.resources:
            got = [finding.heading]  # the heading itself is the report
        wanted = sorted(promise.says_.get("finds", ()))
        yield from self._told(promise, f"who is found: '{name}'", wanted, got, ("finds",), "preflight", name)

    # How soon ---------------------------------------------------------------------------------------------------------

    def _rhythms(self, promise: Promise, name: str, happening: str) -> Iterator[Difference]:
        entity = self.spec.entities.get(name)
        for side, wanted in promise.says_["travels"].items():
            never = entity is None or not schedule.speaks(entity, side)
            got = "never" if never or entity is None else _soon(schedule.rhythm(entity, side, happening))
            words = (happening, "every", "daily") if happening == "changed" else (happening,)
            there = [each for each in words if ("entities", name, "when", side, each) in self.spec.places]
            way = ("when", side, *there[:1])
            yield from self._told(promise, f"how soon what {happening} in {self.spec.manifests[side].title} travels", _plain(wanted), got, ("travels", side), "entities", name, *way)  # fmt: skip

    # Both sides as a whole --------------------------------------------------------------------------------------------

    def _reconciled(self, promise: Promise, name: str) -> Iterator[Difference]:
        entity = self.spec.entities.get(name)
        at = ("entities", name, "reconcile")
        if entity is None or not entity.reconciles:
            yield from self._told(promise, "what is added up on both sides", promise.says_["differs"], "nothing", ("differs",), *at)  # fmt: skip
        for one in entity.reconciles if entity is not None else ():
            target = next(side for side, each in one.sides.items() if each.resource)
            source = self.spec.other(target)
            of = one.sides[source]
            read = [reader(path, absent=None) for path in (of.per, of.until, of.sum)]
            amounts = [
                (str(normal(per)), str(normal(day))[:10], Decimal(str(normal(value))))
                for per, day, value in (
                    [get(record) for get in read]
                    for record in self._records(promise, source, entity.sources[source].resource)  # type: ignore[union-attr]  # it has one
                )
            ]
            balances = self._records(promise, target, one.sides[target].resource)
            _, got = differences(one, target, source, amounts, balances, self._settings(promise))
            wanted = [[str(normal(each)) for each in row] for row in promise.says_["differs"]]
            yield from self._told(
                promise, f"what does not add up: {one.name}", wanted, got, ("differs",), *at, one.name
            )

    def _pairs(self, promise: Promise) -> Iterator[Difference]:
        says = promise.says_
        found = self._paired(promise, self.spec)
        got = {each.title: each.reason or each.state for each in found}
        yield from self._told(
            promise,
            "which books belong together",
            says["pairs"],
            got,
            ("pairs",),
            "scope",
            *self._pairing(promise, got),
        )
        cures = [each.cure for each in found if each.cure]
        if "cure" in says and [says["cure"]] != cures:
            yield from self._told(
                promise, "what is to be done", [says["cure"]], cures, ("cure",), "scope", "unknown", "cure"
            )

    def _paired(self, promise: Promise, spec: Spec) -> list[Books]:
        there = {side: self._records(promise, side, spec.scope[side]["resource"]) for side in spec.sides}
        return books.paired(spec, there, (), 0)

    def _pairing(self, promise: Promise, got: Mapping[str, str]) -> tuple[str, ...]:
        """Name the part of `scope` that decides: who names the pairs, why one waits, or by what they are found."""
        wanted, scope = promise.says_["pairs"], self.spec.scope
        turned = replace(self.spec, scope={**scope, "named_by": self.spec.other(str(scope["named_by"]))})
        if {*wanted} == {each.title for each in self._paired(promise, turned)}:
            return ("named_by",)
        return ("unknown", "because") if {*got} == {*wanted} else (str(scope["named_by"]),)


def _soon(rhythm: Rhythm) -> Any:
    """Say a rhythm in the words of a promise, in minutes."""
    asked = {"on_request": rhythm.on_request} if rhythm.on_request else {}
    match rhythm.kind:
        case "every":
            return {"minutes": int(rhythm.every.total_seconds()) // 60, **asked}
        case "daily":
            return {"daily": rhythm.daily, **asked}
        case _:
            return rhythm.kind


def _plain(says: Any) -> Any:
    """Write what a promise says of a rhythm in minutes."""
    if not isinstance(says, Mapping):
        return says
    minutes = {"minutes": 1, "hours": 60, "days": 24 * 60}
    every = says.get("every")
    rest = {key: each for key, each in says.items() if key != "every"}
    return {"minutes": sum(minutes[unit] * count for unit, count in every.items()), **rest} if every else rest


def _never(spec: Spec) -> list[str]:
    """List what readers are told that never travels: whole kinds of records, then the rows that go neither way."""
    rows = [f"{entity.name}: {row.name}" for entity in spec.entities.values() for row in entity.rows if row.to == "neither"]  # fmt: skip
    return [*spec.not_synchronised, *rows]
