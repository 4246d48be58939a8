"""The laws of keys: one value in two spellings has one key, and two values have two.

What counts as a spelling is what the operator promises; how it is spelled otherwise stands here, apart from the operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from random import Random

from syncrules.check import alphabet
from syncrules.check.laws import Broken
from syncrules.check.rows import Rule
from syncrules.check.told import told
from syncrules.journey.rules import loose

Respell = Callable[[str, Random], str]


def _with(separators: str) -> Respell:
    """Put something between letters that says nothing."""

    def respelled(text: str, chance: Random) -> str:
        bare = re.sub(rf"[\s{re.escape(separators)}]", "", text)
        return "".join(each + chance.choice(["", "", *separators]) for each in bare[:-1]) + bare[-1:]

    return respelled


def _cases(text: str, chance: Random) -> str:
    return "".join(chance.choice((each.upper(), each.lower())) for each in text)


def _separated_and_cased(separators: str) -> Respell:
    return lambda text, chance: _cases(_with(separators)(text, chance), chance)


def _website(text: str, chance: Random) -> str:
    bare = re.sub(r"^https?://", "", text, flags=re.IGNORECASE).rstrip("/")
    host, slash, rest = bare.partition("/")
    return chance.choice(("", "http://", "HTTPS://")) + _cases(host, chance) + slash + rest + chance.choice(("", "/"))


def _blanks(text: str, chance: Random) -> str:
    return chance.choice(("", " ", "\t", "\u00a0")) + text + chance.choice(("", " ", "\n"))


def _phone(text: str, chance: Random) -> str:
    return _with(" -.")(text, chance)


RESPELL: Mapping[str, tuple[str, Respell]] = {
    # operator → texts of which the promise speaks, as a pattern; and another spelling of one of them
    "trimmed": (r".*\S.*", _blanks),
    "digits": (r"[0-9+/]+", _with(" .,-/")),
    "coc_number": (r"[0-9 .]+", _with(" .-")),
    "vat_number": (r"(?i)[a-z]{2}[0-9a-z .]*[0-9][0-9a-z .]*", _separated_and_cased(" .-")),
    "iban": (r"(?i)[a-z]{2}[0-9]{2}[a-z0-9 ]{10,}", _separated_and_cased(" ")),
    "bic": (r"(?i)[a-z]{6}[a-z0-9]{2}([a-z0-9]{3})?", _separated_and_cased(" ")),
    "postcode": (r"[0-9]{4} ?[A-Za-z]{2}", _separated_and_cased(" ")),
    "email": (r"(?i)[a-z0-9.+]+@[a-z0-9.]+", _cases),
    "website": (r"(?i)(https?://)?[a-z0-9.]+(/[A-Za-z0-9]*)?", _website),
    "phone": (r"(\+31|0)[0-9 -]{9,}", _phone),
}


def texts(name: str) -> list[str]:
    """List the texts of which the promise of an operator speaks."""
    pattern = re.compile(RESPELL[name][0])
    return [each for each in alphabet.REAL.get(name, alphabet.REAL["number"]) if pattern.fullmatch(each)]


def try_spelling(rule: Rule, chance: Random, times: int, asked: frozenset[str]) -> Iterator[Broken]:
    """Spell values otherwise, and change them, and compare their keys."""
    names = [operator.name for operator, _ in rule.rules.operators if operator.normalises and operator.name in RESPELL]
    if len(names) == 1 and len(rule.rules.operators) == 1:
        name = names[0]
        respell = RESPELL[name][1]
        found = _first(rule, texts(name), respell, chance, times, asked, lambda text: str(rule.rules.key(rule.source, text)))  # fmt: skip
        yield from found
    elif rule.rules.is_matched_by and not rule.rules.operators and rule.rules.concept is None:
        parts = next((parts for tier in rule.entity.entity.tiers for name, parts in tier.rows if name == rule.rules.name), ())  # fmt: skip

        def key(text: str) -> str:
            return rule.entity.matched(rule.source, rule.rules.name, parts, text.strip())

        yield from _first(rule, alphabet.REAL["number"], _blanks, chance, times, asked, key)
        yield from _first(rule, ["0D1001", "1001"], _nearly, chance, times, asked & {"same spelling"}, lambda text: loose(key(text)))  # fmt: skip


def _nearly(text: str, chance: Random) -> str:
    """Spell a number nearly the same: letter case, blanks and zeros in front."""
    return "0" * chance.randint(0, 2) + _cases(_with(" ")(text, chance), chance)


def _first(
    rule: Rule, listed: list[str] | tuple[str, ...], respell: Respell, chance: Random, times: int, asked: frozenset[str],
    key: Callable[[str], str],
) -> Iterator[Broken]:  # fmt: skip  # one line for what belongs together
    """Give the first breach of each law that is asked about."""
    left = set(asked)
    for _ in range(times if listed else 0):
        text = chance.choice(listed)
        rule.seen.tried += 1
        other, changed = respell(text, chance), _changed(text, chance)
        if "same spelling" in left and key(other) != key(text):
            left.discard("same spelling")
            yield Broken("same spelling", f"{told(text)} and {told(other)} are {rule.rules.name} of {rule.title(rule.source)} in two spellings, and count as {told(key(text))} and {told(key(other))}.")  # fmt: skip
        if "other value" in left and changed != text and key(changed) == key(text):
            left.discard("other value")
            yield Broken("other value", f"{told(text)} and {told(changed)} are two values of {rule.rules.name} in {rule.title(rule.source)}, and both count as {told(key(text))}.")  # fmt: skip


def _changed(text: str, chance: Random) -> str:
    """Change one digit that says something: never the first ones, which may stand for a country."""
    places = [at for at, each in enumerate(text) if each in "0123456789" and at > len(text) // 2]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + str((int(text[at]) + chance.randint(1, 9)) % 10) + text[at + 1 :]
