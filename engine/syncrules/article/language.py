"""One language of the article: its sentences, how it joins and quotes, and the words for fields that many systems have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from syncrules import yaml
from syncrules.errors import SpecError

LANGUAGES: Mapping[str, str] = {"en": "English", "nl": "Dutch", "fr": "French"}
"""Code → name; the first is the language in which mappings are written."""


class Language:
    """The catalogue of one language, together with the translations of what a mapping and its manifests say.

    Args:
        translations: English text → text in this language.
    """

    def __init__(self, code: str, translations: Mapping[str, str]) -> None:
        self.code = code
        self._sentences = catalogue(code)
        self._translations = translations
        self._common = {each.casefold(): word for each, word in words(code).items()}
        self.untranslated: dict[str, None] = {}
        """Texts that were asked for and are not translated, in that order."""
        self.used: set[str] = set()
        """Texts that were asked for and are."""

    def say(self, key: str, **slots: object) -> str:
        """Fill in a sentence of the catalogue."""
        return self._sentences[key].format(**slots)

    def knows(self, key: str) -> bool:
        """Tell whether the catalogue has a sentence of this key."""
        return key in self._sentences

    def tell(self, text: str) -> str:
        """Translate a text of a mapping or a manifest; one that has no translation stays English."""
        if self.code == next(iter(LANGUAGES)) or not text.strip():
            return text
        found = self._translations.get(text) or self._common.get(text.casefold())
        if found is None:
            self.untranslated[text] = None
            return text
        self.used.add(text)
        return found

    def joined(self, texts: Sequence[str], word: str = "and") -> str:
        """Join texts by commas, and the last by a word of the catalogue."""
        if len(texts) < 2:
            return "".join(texts)
        return f"{', '.join(texts[:-1])} {self.say(f'words.{word}')} {texts[-1]}"

    def quoted(self, text: str) -> str:
        """Put a text in quotation marks."""
        return self.say("words.quoted", text=text)

    def value(self, value: object) -> str:
        """Write a constant of a mapping, or an answer."""
        if isinstance(value, bool):
            return self.say("words.yes" if value else "words.no")
        return str(value) if isinstance(value, int) else self.quoted(str(value))

    def rhythm(self, says: Mapping[str, Any], on_request_of: str) -> str:
        """Write how soon something travels."""
        if says["kind"] == "every":
            unit, count = _unit(says["minutes"])
            text = self.say(f"rhythm.every_{unit}{'s' if count > 1 else ''}", count=count)
        else:
            text = self.say(f"rhythm.{says['kind']}", time=says["daily"])
        return self.say("rhythm.on_request", rhythm=text, side=on_request_of) if says["on_request"] else text


def _unit(minutes: int) -> tuple[str, int]:
    """Count a span in the largest unit in which people still say it: 24 hours, but 3 days."""
    if minutes % 60:
        return "minute", minutes
    hours = minutes // 60
    return ("day", hours // 24) if hours % 24 == 0 and hours > 48 else ("hour", hours)


def capital(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]


@cache
def _file(code: str) -> Mapping[str, Any]:
    name = f"{code}.yaml"
    document = yaml.load((files("syncrules.article") / "languages" / name).read_text(encoding="utf-8"), name)
    if document.problems:
        raise SpecError(document.problems)
    return document.data  # type: ignore[no-any-return]  # our own file, which a test holds against the others


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """Give the sentences of a language: section.key → sentence with slots."""
    return {
        f"{section}.{key}": text
        for section, sentences in _file(code).items()
        if section != "common_words"
        for key, text in sentences.items()
    }


@cache
def words(code: str) -> Mapping[str, str]:
    """Give the words that a language has for what many systems call the same."""
    found: Mapping[str, str] = _file(code).get("common_words", {})
    return found
