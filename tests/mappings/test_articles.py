"""The help articles that we ship: read over once, translated whole, with the labels of the field tables row by row."""

from __future__ import annotations

import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import articles
import pytest

from syncrules import provider, yaml
from syncrules.article import beside, compose
from syncrules.article.language import LANGUAGES, Language, catalogue, words
from syncrules.article.model import Article, Section, Table
from syncrules.language import spec

OTHERS = list(LANGUAGES)[1:]
MAPPINGS = spec.names()


@cache
def article(name: str, code: str = "en") -> Article:
    return beside.write(spec.load(name), code)


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize(("name", "code"), articles.ALL)
def test_an_article_is_as_it_was_last_read_over(name: str, code: str) -> None:
    kept = articles.file(name, code).read_text(encoding="utf-8")

    assert articles.written(name, code) == kept, "run: python tests/mappings/articles.py, and read what changed"


def test_no_article_is_kept_of_what_is_no_longer_there() -> None:
    assert {each.name for each in articles.FOLDER.iterdir()} == {articles.file(*each).name for each in articles.ALL}


# In every language ---------------------------------------------------------------------------------------------------


def slots(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("code", OTHERS)
def test_a_language_has_the_sentences_and_the_slots_of_english(code: str) -> None:
    english, other = catalogue("en"), catalogue(code)
    differing = [key for key, text in english.items() if slots(text) != slots(other.get(key, ""))]

    assert list(other) == list(english)
    assert differing == []


def test_the_languages_have_the_same_common_words() -> None:
    first, *rest = (list(words(code)) for code in OTHERS)

    assert first == sorted(first, key=str.casefold)
    assert all(each == first for each in rest)
    assert not words("en")


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("name", MAPPINGS)
def test_nothing_stays_english(name: str, code: str) -> None:
    assert article(name, code).untranslated == ()


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_keeper_of_a_shipped_mapping_need_not_be_told_anything(name: str) -> None:
    """Every text is translated, every translation is said, every name of the layout leads somewhere."""
    assert [str(each) for each in beside.remarks(spec.load(name))] == []


def translations() -> Iterator[Any]:
    folders = [Path(str(spec.find(MAPPINGS[0]))).parent, Path(str(provider.find("tribe").make.manifest)).parent]
    for folder in folders:
        for code in OTHERS:
            for file in sorted((folder / beside.FOLDER).glob(f"*.{code}.yaml")):
                yield pytest.param(file, code, id=file.name)


@cache
def said(code: str) -> frozenset[str]:
    """List the translations that the articles of a language say."""
    used: set[str] = set()
    for name in MAPPINGS:
        mapping = spec.load(name)
        found = beside.find(mapping, code)
        language = Language(code, found.translations)
        compose.article(mapping, language, found.layout)
        used |= language.used
    return frozenset(used)


@pytest.mark.parametrize(("file", "code"), list(translations()))
def test_every_translation_is_said_by_one_of_the_articles(file: Path, code: str) -> None:
    there = yaml.load(file.read_text(encoding="utf-8"), file.name).data

    assert there
    assert [each for each in there if each not in said(code)] == []


@pytest.mark.parametrize("stem", sorted({each.values[0].name.split(".")[0] for each in translations()}))
def test_the_files_of_two_languages_translate_the_same(stem: str) -> None:
    texts = [
        list(yaml.load(each.values[0].read_text(encoding="utf-8"), "").data)
        for each in translations()
        if each.values[0].name.split(".")[0] == stem
    ]

    assert len(texts) == len(OTHERS)
    assert all(each == texts[0] for each in texts)


# Row by row ----------------------------------------------------------------------------------------------------------


def promised() -> Iterator[Any]:
    """List the lines of the field tables of help articles that people know; what is only our reading may stand elsewhere."""
    file = Path(__file__).parent / "field_tables.yaml"
    for heading, lines in yaml.load(file.read_text(encoding="utf-8"), file.name).data.items():
        requirement, mapping, entity = heading.split(" ", 2)
        if requirement in OF_OURS:
            continue
        for here, there, row, *_ in lines:
            if " / " not in row:
                yield pytest.param(mapping, entity, here, there, row, id=f"{requirement} {entity} {here}")


OF_OURS = ("YU-15", "SF-04", "EB-22")
"""Tables that those articles do not have."""


def section(found: Article, *keys: str) -> Iterator[Section]:
    """Give the sections with the last of these keys, within those with the keys before."""
    inside: list[Section] = list(found.sections)
    for number, key in enumerate(keys):
        here = [each for each in inside if each.key == key]
        if number == len(keys) - 1:
            yield from here
        inside = [one for each in here for one in each.sections]


def lines(found: Article, *keys: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """List entity, row and cells of every line in the tables of some sections."""
    return [
        (line.facts[0].entities[0], " / ".join(line.facts[0].slots["row"]), line.cells)
        for each in section(found, *keys)
        for block in each.blocks
        if isinstance(block, Table)
        for line in block.lines
    ]


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize(("mapping", "entity", "here", "there", "row"), list(promised()))
def test_the_field_table_has_the_row_with_its_labels(
    mapping: str, entity: str, here: str, there: str, row: str
) -> None:
    found = [cells[:2] for of, name, cells in lines(article(mapping), "data", "fields") if (of, name) == (entity, row)]
    known = row == "Visit address"

    assert [(left, right) for left, right in found if left == here and (known or not there or right == there)]
    assert not known or found == [(here, "Not synchronised")]


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("name", [each for each in MAPPINGS if each != "winbooks-silverfin"])
def test_what_those_articles_do_not_have_stands_under_also_synchronised(name: str) -> None:
    base = name.removesuffix("-rest")
    wanted = {(each.values[1], each.values[4]) for each in promised() if each.values[0] == base}
    main = {(entity, row) for entity, row, _ in lines(article(name), "data", "fields")}
    also = {(entity, row) for entity, row, _ in lines(article(name), "data", "also", "fields")}

    more = {("supplier", row) for row in ("Website", "Invoice address", "Email", "Phone number")}
    assert main - (more if base == "tribe-winbooks" else set()) == wanted
    assert also
    assert not main & also
