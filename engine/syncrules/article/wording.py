"""Facts into sentences: every name of a side, an entity, a row or a field becomes what the reader calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from syncrules.article.fields import Layout
from syncrules.article.language import Language, capital
from syncrules.article.model import Fact, Item
from syncrules.language.model import Condition, Spec


class Wording:
    """Say the facts of one mapping in one language."""

    def __init__(self, spec: Spec, layout: Layout, language: Language) -> None:
        self.spec = spec
        self.layout = layout
        self.language = language
        self.say = language.say
        self.tell = language.tell

    # Names --------------------------------------------------------------------------------------------------------

    def title(self, side: str) -> str:
        """Name the system of a side."""
        return self.spec.manifests[side].title

    def kind(self, entity: str) -> str:
        """Say what the records of an entity are called."""
        return self.tell(self.layout.kinds.get(entity, entity))

    def kinds(self, entities: Sequence[str]) -> str:
        """Say what the records of several entities are called."""
        return self.language.joined([self.kind(each) for each in entities])

    def field(self, side: str, resource: str, path: str) -> str:
        """Say what a field is called; that by which a reference is told, as the reference."""
        manifest = self.spec.manifests[side]
        path = path.removeprefix("!").partition(" || ")[0]
        above, _, name = path.rpartition(".")
        found, reference = manifest.field_at(resource, path), manifest.field_at(resource, above) if above else None
        if found is None or not found.title:
            return path
        if reference is None or not reference.reference or not reference.title:
            return self.tell(capital(found.title))
        of = self.tell(capital(reference.title))
        return of if name in reference.by else self.say("words.field_of", of=of, field=self.tell(capital(found.title)))

    def row(self, address: str | Sequence[str]) -> str:
        """Name a row, or one inside the lines of a document by the last name of its address."""
        return self.language.quoted(self.tell(address if isinstance(address, str) else address[-1]))

    def ask(self, setting: str) -> str:
        """Quote the question of a setting."""
        return self.language.quoted(self.tell(self.spec.settings[setting].ask))

    def apart(self, texts: Sequence[str]) -> str:
        """Join texts that may hold commas."""
        return self.say("words.apart").join(texts)

    # Sentences ----------------------------------------------------------------------------------------------------

    def text(self, fact: Fact) -> str:
        """State a fact, without saying of whom."""
        slots = {name: SLOTS[name](self, fact, value) for name, value in fact.slots.items() if name in SLOTS}
        text = self.say(fact.says, **slots)
        if "if" in fact.slots:
            text = f"{text} {self.condition(fact.slots['if'])}"
        return text

    def condition(self, test: Mapping[str, Any]) -> str:
        """Say on which answer something depends."""
        return self.say(
            "words.only_if", ask=self.ask(test["setting"]), answer=self.language.value(test.get("equals", True))
        )

    def item(self, fact: Fact, *items: Item) -> Item:
        """State a fact of the entities that it is about; one that is about nobody is so for all."""
        text = self.text(fact)
        if fact.entities:
            text = self.say("words.of", kinds=capital(self.kinds(fact.entities)), text=text)
        return Item(text, fact, items)

    def items(self, facts: Iterable[Fact]) -> list[Item]:
        """State one fact after the other."""
        return [self.item(each) for each in facts]

    # What facts hold ----------------------------------------------------------------------------------------------

    def rhythm(self, says: Mapping[str, Any]) -> str:
        """Say how soon."""
        asked_by = says["on_request"]
        return self.language.rhythm(says, self.title(asked_by) if asked_by else "")

    def tiers(self, tiers: Sequence[Mapping[str, Any]]) -> str:
        """Say by what records find each other, one way after the other."""
        words = {"any": "or", "all": "and"}
        told = [self.language.joined([self.row(name) for name in each["rows"]], words[each["kind"]]) for each in tiers]
        text = told[-1]
        for each in reversed(told[:-1]):
            text = self.say("words.else_by", first=each, next=text)
        return text

    def holds(self, side: str, resource: str, condition: Condition) -> str:
        """Say what must hold."""
        return self.language.joined([self._test(side, resource, path, test) for path, test in condition.items()])

    def _test(self, side: str, resource: str, path: str, test: Any) -> str:
        field = self.field(side, resource, path)
        if isinstance(test, list):
            return self.say(
                "test.one_of", field=field, value=self.language.joined([self.language.value(e) for e in test], "or")
            )
        if not isinstance(test, Mapping):
            return self.say("test.equals", field=field, value=self.language.value(test))
        return self.language.joined([self._word(field, word, value) for word, value in test.items()])

    def _word(self, field: str, word: str, value: Any) -> str:
        """Say one of the words that a test may use."""
        if word == "filled":
            return self.say("test.filled" if value else "test.empty", field=field)
        if word == "setting":
            return self.say("test.setting", field=field, value=self.ask(value))
        if word == "scope" or isinstance(value, Mapping):
            of = self.of_scope(value["scope"] if isinstance(value, Mapping) else value)
            return self.say("test.from" if word == "from" else "test.equals", field=field, value=of)
        values = value if isinstance(value, list) else [value]
        return self.say(
            f"test.{word}",
            field=field,
            value=self.language.joined([self.language.value(each) for each in values], "or"),
        )

    def of_scope(self, field: str) -> str:
        """Say what a field of the records is called that stand for a pair of books."""
        side = self.spec.scope["named_by"]
        return self.language.quoted(self.field(side, self.spec.scope[side]["resource"], field))

    def scope(self, says: Mapping[str, Sequence[str]]) -> str:
        """Say which fields name the books that belong together."""
        told = []
        for side, (resource, key) in says.items():
            records = self.tell(self.spec.manifests[side].resources[resource].title)
            field = self.language.quoted(self.field(side, resource, key))
            told.append(self.say("words.scope_field", field=field, side=self.title(side), records=records))
        return self.language.joined(told)

    def constants(self, side: str, resource: str, constants: Mapping[str, Any]) -> str:
        """Say what is filled in besides when a record is made."""
        told = []
        for path, value in constants.items():
            says = self.ask(value["setting"]) if isinstance(value, Mapping) else self.language.value(value)
            key = "words.answer_to" if isinstance(value, Mapping) else "words.value"
            told.append(self.say(key, field=self.field(side, resource, path), value=says))
        return self.apart(told)


Slot = Callable[[Wording, Fact, Any], str]

SLOTS: Mapping[str, Slot] = {
    "side": lambda to, _, side: to.title(side),
    "other": lambda to, _, side: to.title(side),
    "to": lambda to, _, side: to.title(side),
    "parents": lambda to, _, entities: to.kinds(entities),
    "of_kinds": lambda to, _, entities: to.kinds(entities),
    "rhythm": lambda to, _, says: to.rhythm(says),
    "tiers": lambda to, _, tiers: to.tiers(tiers),
    "where": lambda to, fact, where: to.holds(fact.slots["side"], fact.slots["resource"], where),
    "any": lambda to, fact, several: to.language.joined(
        [to.holds(fact.slots["side"], fact.slots["resource"], each) for each in several], "or"
    ),
    "set": lambda to, fact, constants: to.constants(fact.slots["side"], fact.slots["resource"], constants),
    "sides": lambda to, _, sides: to.language.joined([to.title(each) for each in sides]),
    "scope": lambda to, _, says: to.scope(says),
    "title": lambda to, _, text: to.tell(text),
    "what": lambda to, _, text: to.tell(text),
    "help": lambda to, _, text: to.tell(text),
    "question": lambda to, _, text: to.tell(text),
    "name": lambda to, _, text: to.tell(text),
    "names": lambda to, _, texts: to.apart([to.tell(each) for each in texts]),
    "cure": lambda to, _, text: to.tell(text),
    "because": lambda to, _, text: to.tell(text),
    "text": lambda to, _, text: to.tell(text),
    "row": lambda to, _, address: to.row(address),
    "of": lambda to, _, address: to.row(address),
    "setting": lambda to, _, name: to.ask(name),
    "value": lambda to, _, value: to.language.value(value),
    "limit": lambda _, __, number: str(number),
}
"""Slot of a fact → what it becomes in a sentence; a slot that is not here is never said."""
