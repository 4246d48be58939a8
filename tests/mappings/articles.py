"""The help articles of the shipped mappings as they were last looked over, in three languages.

Run `python tests/mappings/articles.py` after a mapping, a manifest, a translation or a sentence changed, and read what changed.
"""

from __future__ import annotations

from pathlib import Path

from syncrules.article import beside, markdown
from syncrules.article.language import LANGUAGES
from syncrules.language import spec

FOLDER = Path(__file__).parent / "articles"
ALL = [(name, code) for name in spec.names() for code in LANGUAGES]
"""Mapping and language of each of them."""


def file(name: str, code: str) -> Path:
    """Say where the article of a mapping lies."""
    return FOLDER / f"{name}.{code}.md"


def written(name: str, code: str) -> str:
    """Write the article of a mapping anew."""
    return markdown.written(beside.write(spec.load(name), code))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in FOLDER.glob("*.md"):
        each.unlink()
    for mapping, language in ALL:
        file(mapping, language).write_text(written(mapping, language), encoding="utf-8")
