"""The help article of a mapping: as Markdown for people, as its facts and sentences for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncrules.article import beside, markdown
from syncrules.article.language import LANGUAGES
from syncrules.article.model import Article, Block, Fact, Item, List, Section, Table
from syncrules.cli.data import Data
from syncrules.cli.screen import Screen
from syncrules.errors import UsageError
from syncrules.language import spec


def show(screen: Screen, mapping: str, language: str, out: str) -> int:
    """Write the help article of a mapping, on the screen or into a file.

    Raises:
        UsageError: there is no such mapping, or the file cannot be written.
        SpecError: the mapping, or a file beside it, is not what it should be.
    """
    loaded = spec.load(mapping)
    article = beside.write(loaded, language)
    text = markdown.written(article)
    if out:
        _save(Path(out), text)
        screen.say(f"wrote {out}")
    else:
        screen.say(text.rstrip("\n"))
    if article.untranslated:
        count = len(article.untranslated)
        texts = "text is" if count == 1 else "texts are"
        screen.warn(
            f"{count} {texts} not translated into {LANGUAGES[language]}; 'syncrules validate {mapping}' says which."
        )
    screen.data({"command": "docs", "mapping": loaded.name, **as_data(article), "out": out or None})
    return 0


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}", cure="Choose another file.") from error


def as_data(article: Article) -> Data:
    """Write an article as plain data."""
    return {
        "language": article.language,
        "title": article.title,
        "summary": article.summary,
        "sections": [_section(each) for each in article.sections],
        "untranslated": list(article.untranslated),
    }


def _section(section: Section) -> Data:
    return {
        "key": section.key,
        "title": section.title,
        "blocks": [_block(each) for each in section.blocks],
        "sections": [_section(each) for each in section.sections],
    }


def _block(block: Block) -> Data:
    match block:
        case Item():
            return {"kind": "sentence", **_item(block)}
        case List():
            return {"kind": "list", "ordered": block.ordered, "items": [_item(each) for each in block.items]}
        case Table():
            lines = [{"cells": list(each.cells), "facts": [_fact(one) for one in each.facts]} for each in block.lines]
            return {"kind": "table", "headings": list(block.headings), "lines": lines}


def _item(item: Item) -> Data:
    return {"text": item.text, "fact": _fact(item.fact), "items": [_item(each) for each in item.items]}


def _fact(fact: Fact) -> dict[str, Any]:
    return {"says": fact.says, "entities": list(fact.entities), "slots": dict(fact.slots)}
