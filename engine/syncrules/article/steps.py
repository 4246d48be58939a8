"""What activation asks of a person, step by step, as facts."""

from __future__ import annotations

from collections.abc import Iterator

from syncrules.article.facts import condition
from syncrules.article.model import Fact
from syncrules.language.model import Setting, Spec
from syncrules.manifest import Ask

Step = tuple[Fact, list[Fact]]
"""What is done, and what is needed for it."""


def before(spec: Spec) -> list[Fact]:
    """List what is looked for in the data before the first import."""
    return [
        Fact(
            "check.cure" if each.cure else "check.plain",
            slots={"name": each.name, "cure": each.cure, **condition(each.condition)},
        )
        for each in spec.preflights
    ]


def steps(spec: Spec) -> Iterator[Step]:
    """Give the steps in their order."""
    for side in spec.sides:
        yield Fact("step.log_in", slots={"side": side}), [_ask(side, each) for each in _asked(spec, side)]
    yield Fact("step.logged_in"), []
    sources = [side for side in spec.sides if any(side in _sides(each) for each in spec.settings.values())]
    if spec.settings:
        says = "step.retrieve" if sources else "step.answer"
        yield Fact(says, slots={"sides": sources}), [question(each) for each in spec.settings.values()]
    if spec.scope:
        yield Fact("step.scope", slots={"scope": _scope(spec)}), _unknown(spec)
    yield Fact("step.look"), []
    yield Fact("step.start"), []


def open_questions(spec: Spec) -> list[Setting]:
    """List the questions without an answer to which some records wait."""
    return [each for each in spec.settings.values() if each.missing == "report"]


def _asked(spec: Spec, side: str) -> list[Ask]:
    """Leave out what everybody but a tester leaves as it is; what may stay empty is asked of some."""
    return [each for each in spec.manifests[side].questions if not each.default]


def _ask(side: str, ask: Ask) -> Fact:
    says = "ask.optional" if ask.default == "" else "ask.help" if ask.help else "ask.plain"
    return Fact(says, slots={"side": side, "ask": ask.name, "title": ask.title, "help": ask.help})


def question(setting: Setting) -> Fact:
    """Say which question a setting asks, whether an answer is suggested, and whether there must be one."""
    suggested = "" if setting.suggest is None else "_suggested"
    says = f"question.{setting.missing}{suggested}"
    return Fact(says, slots={"setting": setting.name, "question": setting.ask})


def _sides(setting: Setting) -> set[str]:
    return {each[0] for each in (setting.for_each, setting.choose) if each is not None}


def _scope(spec: Spec) -> dict[str, list[str]]:
    """Side → the records that stand for a set of books, and the field by which they name each other."""
    return {side: [spec.scope[side]["resource"], spec.scope[side]["key"]] for side in spec.sides}


def _unknown(spec: Spec) -> list[Fact]:
    says = spec.scope.get("unknown")
    return [Fact("scope.unknown", slots={"because": says["because"], "cure": says["cure"]})] if says else []
