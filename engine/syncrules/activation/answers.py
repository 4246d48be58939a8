"""What is wrong with a file of answers for `connect --from`, as far as it can be seen without logging in.

A line in which a secret stands, or may stand, is never quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncrules.activation import suggest
from syncrules.activation.settings import PREFERRED
from syncrules.advice import meant, mend
from syncrules.errors import Problem, UsageError
from syncrules.language.model import Setting, Spec
from syncrules.manifest import Ask
from syncrules.secrets import REFERENCES
from syncrules.yaml import Document, Path, excerpt, value_place

ZONE = "time zone"
SETTINGS = "settings"


@dataclass(slots=True)
class _Sheet:
    """A file of answers while it is being checked."""

    document: Document
    spec: Spec
    problems: list[Problem] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    """Lines that are not quoted."""

    def say(self, code: str, path: Path, message: str, suggestion: str = "", *, serious: bool = True) -> None:
        place = value_place(self.document.place(path), path, self.document.lines)
        fix = mend.fix(suggestion, place, self.document.lines)
        self.problems.append(Problem(message, place, suggestion=suggestion, serious=serious, code=code, fix=fix))

    def unknown(self, path: Path, message: str, known: Iterable[str]) -> None:
        """Complain of an answer to which there is no question."""
        listed = [*known]
        hint = meant.nearest(path[-1], listed) or f"Here may stand: {', '.join(listed) or 'nothing'}."
        place = self.document.place(path)
        fix = mend.fix(hint, place, self.document.lines)
        self.problems.append(Problem(message, place, suggestion=hint, code="SR171", fix=fix))

    def shown(self) -> list[Problem]:
        """Give the problems in the order of the file, each with its line unless a secret stands there."""
        ordered = sorted(self.problems, key=lambda each: (each.place.line, each.place.column) if each.place else (0, 0))
        return [
            each
            if each.place is None or each.place.line in self.hidden
            else replace(each, excerpt=excerpt(each.place, self.document.lines))
            for each in ordered
        ]


def check(document: Document, spec: Spec) -> list[Problem]:
    """List what is wrong with the answers for a mapping, and what is missing."""
    sheet = _Sheet(document, spec)
    known = [*spec.sides, SETTINGS, ZONE]
    for each in document.data:
        if each not in known:
            sheet.unknown((each,), f"nobody asks for '{each}'", known)
    misspelt = {each.suggestion.new for each in sheet.problems if isinstance(each.suggestion, mend.Meant)}
    for side in [each for each in spec.sides if each not in misspelt]:
        _check_side(sheet, side, document.data.get(side))
    given = document.data.get(SETTINGS)
    if isinstance(given, Mapping) or (given is None and SETTINGS not in misspelt):
        _check_settings(sheet, given or {})
    elif given is not None:
        sheet.say(
            "SR024", (SETTINGS,), "the answers to settings are not written as `name: answer`", "One on each line."
        )
    _check_zone(sheet, document.data.get(ZONE), asked=ZONE not in misspelt)
    return sheet.shown()


def _check_side(sheet: _Sheet, side: str, given: Any) -> None:
    manifest = sheet.spec.manifests[side]
    if given is not None and not isinstance(given, Mapping):
        sheet.hidden.add(sheet.document.place((side,)).line)
        said = f"the answers for '{side}' are not written as `name: answer`"
        sheet.say("SR024", (side,), said, "One on each line.")
        return
    asks = {each.name: each for each in manifest.asks}
    meant_for = set()
    for name, value in (given or {}).items():
        ask = asks.get(name)
        if ask is None or ask.secret:
            sheet.hidden.add(sheet.document.place((side, name)).line)
        if ask is None:
            sheet.unknown((side, name), f"{manifest.title} does not ask for '{name}'", asks)
            meant_for.add(meant.best(name, asks))
        elif ask.secret and value not in (None, "") and not str(value).startswith(REFERENCES):
            _remark_secret(sheet, side, ask)
    for ask in manifest.asks:
        needed = ask.default is None and not ask.choices_from
        if needed and (given or {}).get(ask.name) in (None, "") and ask.name not in meant_for:
            said = f"{manifest.title}: '{ask.name}' is not answered ({ask.title})"
            where = (side, ask.name) if ask.name in (given or {}) else (side,) if given is not None else ()
            sheet.say("SR172", where, said, f"Add it under '{side}:'.")


def _remark_secret(sheet: _Sheet, side: str, ask: Ask) -> None:
    said = f"'{ask.name}' is a secret, and stands here for whoever opens this file"
    cure = f"Write env:{side.upper()}_{ask.name.upper()}, file:PATH or keyring:NAME instead."
    sheet.say("SR174", (side, ask.name), said, cure, serious=False)


def _check_settings(sheet: _Sheet, given: Mapping[str, Any]) -> None:
    settings = sheet.spec.settings
    misspelt = set()
    for name, value in given.items():
        if name in settings:
            _check_answer(sheet, settings[name], value)
        elif name != PREFERRED:
            sheet.unknown((SETTINGS, name), f"the mapping has no setting '{name}'", settings)
            misspelt.add(meant.best(name, settings))
    for setting in settings.values():
        if setting.name in given or setting.name in misspelt:
            continue
        if setting.missing == "stop" and setting.suggest is None:
            said = f"the setting '{setting.name}' is not answered: {setting.ask}"
            sheet.say("SR172", (SETTINGS,) if given else (), said, f"Add {setting.name}: under settings:.")


def _check_answer(sheet: _Sheet, setting: Setting, given: Any) -> None:
    path: Path = (SETTINGS, setting.name)
    if setting.for_each is not None:
        if given is not None and not isinstance(given, Mapping):
            said = f"'{setting.name}' is a table: an answer for each record"
            sheet.say("SR173", path, said, "Write it as `record: answer`, one on each line.")
            return
        for record, answer in (given or {}).items():
            _check_value(sheet, setting, (*path, record), answer)
    else:
        _check_value(sheet, setting, path, given)


def _check_value(sheet: _Sheet, setting: Setting, path: Path, given: Any) -> None:
    if given is None:
        return
    try:
        if setting.choose is None:
            suggest.said(setting, given)
        else:
            _choose(sheet, setting, given)
    except UsageError as error:
        words = setting.answer if isinstance(setting.answer, tuple) else ()
        sheet.say("SR173", path, error.message, meant.nearest(given, words) or error.cure)


def _choose(sheet: _Sheet, setting: Setting, given: Any) -> None:
    """Look an answer up where the records to choose from stand in the manifest itself."""
    side, name = setting.choose or ("", "")
    resource = sheet.spec.manifests[side].resources[name]
    if isinstance(given, Mapping | list):
        raise UsageError(f"'{setting.name}' has one answer", cure="Write `name: answer`.")
    if resource.rows is not None:
        suggest.chosen(given, suggest.choices(resource, resource.rows, setting.where, {}), f"'{setting.name}'")


def _check_zone(sheet: _Sheet, given: Any, *, asked: bool) -> None:
    if given is None:
        if asked:
            said = "it is not said in which time zone these books are kept"
            sheet.say("SR175", (), said, "Add time zone: such as Europe/Amsterdam.", serious=False)
        return
    try:
        ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Write it such as Europe/Amsterdam."
        sheet.say("SR175", (ZONE,), f"there is no time zone '{given}'", hint)


def fits(data: Any, spec: Spec) -> bool:
    """Tell whether data may be answers for a mapping: they name its sides and nothing that is another side."""
    return isinstance(data, Mapping) and set(spec.sides) <= set(data)


def named(lines: Iterable[str]) -> str:
    """Find the mapping that a remark on top of the file names after `--mapping`; empty if none does."""
    for line in lines:
        if not line.startswith("#"):
            break
        _, found, after = line.partition("--mapping ")
        if found:
            return after.split()[0].rstrip("`.,")
    return ""
