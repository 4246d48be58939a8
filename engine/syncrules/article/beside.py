"""What stands beside mappings and manifests for their help articles: the layout, and translations of what they say.

In the folder `help` beside `NAME.yaml` stand `NAME.yaml` (the layout) and `NAME.nl.yaml` (English text: Dutch text), and so on;
beside a manifest likewise. What a mapping extends brings its own along. All of it may be missing: the article is then less
pleasant, or English, and `validate` says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from syncrules import provider, yaml
from syncrules.advice import meant, mend
from syncrules.article import compose
from syncrules.article.fields import APART, Layout, addresses
from syncrules.article.language import LANGUAGES, Language
from syncrules.article.model import Article
from syncrules.errors import Problem, SpecError, UsageError
from syncrules.language.model import Spec
from syncrules.shape import Teller
from syncrules.yaml import Document

FOLDER = "help"
MANIFEST = ".manifest.yaml"
File = Traversable | Path
SHOWN = 3
"""So many texts are quoted in a remark."""


@dataclass(slots=True)
class Help:
    """What was found for a mapping, for one language."""

    layout: Layout
    translations: dict[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    """The translations that stand beside the mapping itself."""
    remarks: list[Problem] = field(default_factory=list)


def write(spec: Spec, code: str) -> Article:
    """Write the help article of a mapping, with what stands beside it.

    Raises:
        SpecError: a file beside the mapping or a manifest is not what it should be.
    """
    found = find(spec, code)
    return compose.article(spec, Language(code, found.translations), found.layout)


def remarks(spec: Spec) -> list[Problem]:
    """Tell what whoever keeps a mapping should know of its help article: what stays English, and what nobody says.

    Raises:
        SpecError: a file beside the mapping or a manifest is not what it should be.
    """
    told: dict[str, Problem] = {}
    for code, name in list(LANGUAGES.items())[1:]:
        found = find(spec, code)
        language = Language(code, found.translations)
        compose.article(spec, language, found.layout)
        file = f"{FOLDER}/{spec.name}.{code}.yaml"
        for each in found.remarks:
            told[str(each)] = each
        if language.untranslated:
            said = f"the help article has no {name} for {_quoted(list(language.untranslated))} and says it in English"
            told[said] = Problem(
                said,
                suggestion=f"Add it to {file}: the English text, a colon, the {name} one.",
                serious=False,
                code="SR180",
            )
        unused = [each for each in found.own if each not in language.used]
        if unused:
            said = f"{file} translates {_quoted(unused)}, which the help article does not say"
            told[said] = Problem(
                said, suggestion="Take it out, or write it as the mapping does.", serious=False, code="SR181"
            )
    return list(told.values())


def _quoted(texts: list[str]) -> str:
    shown = ", ".join(f"'{each}'" for each in texts[:SHOWN])
    more = len(texts) - SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


# Finding the files --------------------------------------------------------------------------------------------------


def find(spec: Spec, code: str) -> Help:
    """Read the layout and the translations of a mapping, of what it extends, and of both manifests.

    Raises:
        SpecError: one of the files is not what it should be.
    """
    help_ = Help(Layout({}, {}, frozenset()))
    kinds: dict[str, str] = {}
    tables: dict[str, dict[str, Any]] = {}
    left_out: set[str] = set()
    for source in _sources(spec):
        stem = source.name.removesuffix(MANIFEST).rpartition(".")[0] or source.name.removesuffix(MANIFEST)
        layout = _read(source, f"{stem}.yaml", "layout")
        own = source is spec.files[0]
        if layout is not None:
            kinds |= layout.data.get("kinds", {})
            for entity, rows in layout.data.get("tables", {}).items():
                tables[entity] = {**tables.get(entity, {}), **{row: _lines(says) for row, says in rows.items()}}
            left_out |= set(layout.data.get("left_out", ()))
            help_.remarks += _lost(spec, layout) if own else []
        words = _read(source, f"{stem}.{code}.yaml", "translations")
        if words is not None:
            help_.translations |= words.data
            help_.own = words.data if own else help_.own
    help_.layout = Layout(kinds, tables, frozenset(left_out))
    return help_


def _sources(spec: Spec) -> Iterator[File]:
    """Give the manifests and the mappings; what comes later has the last word."""
    for manifest in spec.manifests.values():
        try:
            yield provider.find(manifest.provider).make.manifest
        except UsageError:
            continue  # not installed: a manifest that a test, or a program, brings along
    yield from reversed(spec.files)


def _lines(says: Any) -> tuple[Mapping[str, str], ...]:
    return (says,) if isinstance(says, Mapping) else tuple(says)


def _read(source: File, name: str, kind: str) -> Document | None:
    """Read a file in the folder beside a source; None if there is none."""
    folder = source.parent  # type: ignore[union-attr]  # whatever holds files knows its folder, though Traversable does not say so
    file = folder / FOLDER / name
    if not file.is_file():
        return None
    document = yaml.load(file.read_text(encoding="utf-8"), f"{FOLDER}/{name}")
    found = problems(document, kind)
    if found:
        lines = document.lines
        raise SpecError(
            [replace(each, excerpt=yaml.excerpt(each.place, lines) if each.place else "") for each in found]
        )
    return document


def problems(document: Document, kind: str = "") -> list[Problem]:
    """List what is wrong with a help text by itself.

    Args:
        kind: layout or translations; empty to tell by the name of the file.
    """
    kind = kind or ("translations" if Path(document.file).stem.rpartition(".")[2] in LANGUAGES else "layout")
    problems = [*document.problems]
    if not problems:
        for each in Teller(_schema()).findings(_grammar(kind).iter_errors(document.data)):
            place = document.place(each.path)
            place = place if each.at_key else yaml.value_place(place, each.path, document.lines)
            fix = mend.fix(each.suggestion, place, document.lines)
            problems.append(Problem(each.message, place, suggestion=each.suggestion, code=each.code, fix=fix))
    return problems


@cache
def _schema() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((files("syncrules.article") / "help.schema.json").read_text(encoding="utf-8"))
    return found


@cache
def _grammar(kind: str) -> Draft202012Validator:
    return Draft202012Validator({**_schema(), "$ref": f"#/$defs/{kind}"})


def _lost(spec: Spec, layout: Document) -> Iterator[Problem]:
    """Tell of every name in a layout that leads nowhere."""
    for word in ("kinds", "tables"):
        for entity, rows in layout.data.get(word, {}).items():
            if entity not in spec.entities:
                yield _nothing(layout, (word, entity), f"the mapping has no entity '{entity}'", spec.entities)
                continue
            known = {APART.join(each) for each in addresses(spec.entities[entity])}
            for row in rows if word == "tables" else ():
                if row not in known:
                    yield _nothing(layout, (word, entity, row), f"'{entity}' has no row '{row}'", known)


def _nothing(layout: Document, path: yaml.Path, message: str, known: Iterable[str]) -> Problem:
    place = layout.place(path)
    hint = meant.nearest(path[-1], known) or "Write the name as the mapping does, or take it out."
    return Problem(
        message, place, yaml.excerpt(place, layout.lines), hint, serious=False, code="SR182",
        fix=mend.fix(hint, place, layout.lines),
    )  # fmt: skip
