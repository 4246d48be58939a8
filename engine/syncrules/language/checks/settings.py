"""The questions asked at activation, the questions to the data, and where their answers are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from syncrules.advice import fitting
from syncrules.language import grammar
from syncrules.language.checks.book import Book, Data
from syncrules.language.checks.conditions import check_condition, follow
from syncrules.yaml import Path


def check_settings(book: Book) -> None:
    """Check each question, and every place where an answer is used."""
    for name, data in book.part("settings").items():
        _check_setting(book, ("settings", name), data)
    known, used = book.names("settings"), set()
    for path, data in _uses(book.data):
        setting = data["setting"]
        used.add(setting)
        if book.one_of("SR046", (*path, "setting"), setting, known, "a setting", ("settings",)):
            _check_use(book, path, data, book.part("settings").get(setting))
    for name in book.part("settings"):
        if name not in used:
            book.remark(
                "SR060",
                ("settings", name),
                f"no rule uses the answer to '{name}'",
                "Take the question away, or use it.",
                at_key=True,
            )


def _uses(data: Any, path: Path = ()) -> Iterator[tuple[Path, Data]]:
    if isinstance(data, dict):
        if isinstance(data.get("setting"), str):
            yield path, data
        for key, each in data.items():
            yield from _uses(each, (*path, key))
    elif isinstance(data, list):
        for index, each in enumerate(data):
            yield from _uses(each, (*path, index))


def _check_use(book: Book, path: Path, data: Data, setting: Data | None) -> None:
    if setting is None or book.is_broken(("settings", data["setting"])):
        return
    is_table, is_values = "for_each" in setting, "values" in path[-2:]
    name = data["setting"]
    if is_values and not is_table:
        book.say(
            "SR061",
            (*path, "setting"),
            f"'{name}' has one answer; only a setting with for_each is a table",
            "Add for_each to the setting.",
        )
    elif is_table and not is_values:
        said = f"'{name}' is a table with an answer for each record, so it can only stand after values:"
        book.say("SR061", (*path, "setting"), said, "Name a setting without for_each.")
    elif path[-1] in ("enabled", "if"):
        _check_equals(book, path, data, setting)


def _check_equals(book: Book, path: Path, data: Data, setting: Data) -> None:
    answer, wanted = setting.get("answer", ""), data.get("equals", True)
    at = (*path, "equals") if "equals" in data else (*path, "setting")
    if isinstance(answer, list) and wanted not in answer:
        book.say(
            "SR062",
            at,
            f"'{data['setting']}' is never '{grammar.shown(wanted)}'",
            grammar.nearest(wanted, answer) or f"Add equals: {grammar.one_of(answer)}.",
        )
    elif answer == "yes_or_no" and not isinstance(wanted, bool):
        book.say("SR062", at, f"'{data['setting']}' is answered with yes or no", "Write equals: true or equals: false.")
    elif {"answer", "choose"} & setting.keys() and answer != "yes_or_no" and wanted is True:
        book.say(
            "SR062",
            at,
            f"'{data['setting']}' is not a question of yes or no",
            "Say with equals: which answer it must have.",
        )


def _check_setting(book: Book, path: Path, data: Data) -> None:
    choose, for_each = data.get("choose", {}), data.get("for_each", {})
    if "choose" in data and "answer" in data:
        said = "a question has either choose: or answer:, not both"
        book.say("SR063", (*path, "answer"), said, "Keep one of the two.", at_key=True)
    elif book.lacks(path, data, "choose") and book.lacks(path, data, "answer"):
        book.say(
            "SR063",
            path,
            "it is not said how this question is answered",
            "Add choose: {side: resource} or answer: yes_or_no.",
            at_key=True,
        )
    for side, resource in for_each.items():
        book.has_resource((*path, "for_each", side), side, resource)
    chosen = [each for each in book.sides if each in choose]
    if "choose" in data and len(chosen) != 1:
        book.say(
            "SR064",
            (*path, "choose"),
            "choose: names one side and what is chosen from there",
            "Write choose: {side: resource}.",
            at_key=True,
        )
    for side in chosen:
        if book.has_resource((*path, "choose", side), side, choose[side]):
            check_condition(book, (*path, "choose", "where"), side, choose[side], choose.get("where", {}))
    _check_suggestion(book, path, data, chosen)


def _check_suggestion(book: Book, path: Path, data: Data, chosen: list[str]) -> None:
    suggest = data.get("suggest")
    if suggest is not None and not isinstance(suggest, Mapping):
        _check_offered(book, (*path, "suggest"), suggest, data)
    if not isinstance(suggest, Mapping) or len(chosen) != 1:
        return
    resources = {**data.get("for_each", {}), chosen[0]: data["choose"][chosen[0]]}
    for side, field in suggest.get("same", {}).items():
        if side in resources:
            follow(book, (*path, "suggest", "same", side), side, resources[side], field)
    if "same" in suggest and len(suggest["same"]) != 2:
        cure = f"Write same: {{{book.sides[0]}: field, {book.sides[1]}: field}}."
        book.say("SR065", (*path, "suggest", "same"), "same: names a field on each of the two sides", cure, at_key=True)
    elif "same" in suggest and "for_each" not in data:
        said = "same: compares with the record that is asked about"
        book.say("SR065", (*path, "suggest"), said, "Add for_each: {side: resource} to the question.", at_key=True)
    check_condition(book, (*path, "suggest", "where"), chosen[0], resources[chosen[0]], suggest.get("where", {}))


def _check_offered(book: Book, at: Path, suggest: Any, data: Data) -> None:
    """Check that what is offered can be the answer."""
    answer = data.get("answer")
    if answer == "yes_or_no" and not isinstance(suggest, bool):
        said = f"the answer is yes or no, never '{grammar.shown(suggest)}'"
        book.say("SR071", at, said, fitting.yes_or_no(suggest) or "Write true or false.")
    elif isinstance(answer, list) and suggest not in (*answer, "first"):
        said = f"'{grammar.shown(suggest)}' is none of the answers"
        hint = grammar.nearest(suggest, answer)
        book.say("SR071", at, said, hint or f"It may be {grammar.one_of(answer)}.")
    elif "choose" in data and suggest != "first" and (hint := grammar.nearest(suggest, ["first"])):
        book.say("SR071", at, f"'{grammar.shown(suggest)}' is no word of the language", hint)


def check_preflights(book: Book) -> None:
    """Check each question to the data before the first import."""
    for name, data in book.part("preflight").items():
        _check_preflight(book, ("preflight", name), data)


def _check_preflight(book: Book, path: Path, data: Data) -> None:
    sides = [each for each in book.sides if each in data]
    known = [book.has_resource((*path, side), side, data[side]) for side in sides]
    asked = [each for each in ("where", "repeated", "same") if each in data]
    if not sides:
        if book.lacks(path, data, "if") and not book.is_broken(path):
            book.say("SR066", path, "it is not said which records this asks about", "Add side: resource.", at_key=True)
        return
    if not asked and not book.is_broken(path):
        book.say(
            "SR066",
            path,
            "it is not said what is asked about these records",
            "Add where:, repeated:, or same: and differs:.",
            at_key=True,
        )
    if ("where" in data or "repeated" in data) and len(sides) == 2:
        book.say(
            "SR066", path, "where: and repeated: ask about the records of one side", "Name one side only.", at_key=True
        )
    for word, beside in (("same", "differs"), ("differs", "same")):
        if word in data and book.lacks(path, data, beside):
            book.say("SR067", (*path, word), f"'{word}' needs '{beside}' beside it", f"Add {beside}:.", at_key=True)
    if not all(known):
        return
    check_condition(book, (*path, "where"), sides[0], data[sides[0]], data.get("where", {}))
    if "repeated" in data:
        follow(book, (*path, "repeated"), sides[0], data[sides[0]], data["repeated"])
    for word in ("same", "differs"):
        for side in book.sides:
            if word in data and side not in data[word] and not book.is_broken((*path, word)):
                said = f"'{word}' compares both sides, and nothing is named for '{side}'"
                book.say("SR067", (*path, word), said, f"Add {side}:.", at_key=True)
            elif side in data.get(word, {}) and side in data:
                follow(book, (*path, word, side), side, data[side], data[word][side])
