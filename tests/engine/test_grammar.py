"""What the grammar of a mapping refuses is told at its place, in words.

Each case breaks the sound mapping of `small_world` in one place; « stands before what the problem must point at.
"""

from __future__ import annotations

import pytest
from small_world import Changes, check, row

GRAMMAR = [
    pytest.param(
        [("    about: Business customers.", "    «abuot: Business customers.")],
        "'abuot' means nothing here",
        "did you mean 'about'?",
        id="an unknown word of an entity",
    ),
    pytest.param(
        [("Name: {shop: Name, ledger: Name, too_long: cut}", "Name: {shop: Name, «leger: Name}")],
        "'leger' means nothing here",
        "did you mean 'ledger'?",
        id="a side that is misspelt in a row",
    ),
    pytest.param(
        row("Member: {shop: Member, ledger: Member, values: [{shop: true, «legder: J}]}"),
        "'legder' means nothing here",
        "did you mean 'ledger'?",
        id="a side that is misspelt in a pair of values",
    ),
    pytest.param(
        [("    events: {ledger: {created: create", "    events: {«legder: {created: create")],
        "'legder' means nothing here",
        "did you mean 'ledger'?",
        id="a side that is misspelt among the events",
    ),
    pytest.param(
        [("created: create, changed: report", "created: «craete, changed: report")],
        "'craete' cannot stand after 'created': it takes create, match, ignore or a map (key: value)",
        "did you mean 'create'?",
        id="a word that cannot stand there",
    ),
    pytest.param(
        [("changed: report", "changed: {then: «reprot, if: {setting: book orders}}")],
        "'reprot' cannot stand after 'then': it takes update, report or ignore",
        "did you mean 'report'?",
        id="a word with a map that is wrong inside",
    ),
    pytest.param(
        [("cure: Fill in the number.}", "cure: Fill it in, «please}")],
        "'please' means nothing here",
        "If it is a part of a text, put the whole text in quotes.",
        id="a text that was cut at its comma",
    ),
    pytest.param(
        [("as: paid_part}", "as: paid_part, lossy: «}")],
        "nothing stands after 'lossy'",
        "Give it a value; a text that holds a comma, ': ' or '#' needs quotes.",
        id="a key without a value",
    ),
    pytest.param(
        [("{every: {hours: 24}}", "{every: {«hour: 24}}")],
        "'hour' means nothing here",
        "did you mean 'hours'?",
        id="a mistake deep inside one of several shapes",
    ),
    pytest.param(
        [('daily: "06:30"', 'daily: «"26:30"')],
        "'26:30' is not a time of day",
        "Write it as 06:30 or 22:00.",
        id="a time that is none",
    ),
    pytest.param(
        row("Limit: {shop: «[Limit], ledger: Limit}"),
        "a list cannot stand after 'shop': it takes a text or a map (key: value)",
        "Take the square brackets away: one thing stands here, not a list.",
        id="a list where a field should stand",
    ),
    pytest.param(
        [("  book orders:\n    ask: Do orders go to The Ledger?\n", "  «book orders:\n")],
        "'ask' is missing here",
        "ask: The question.",
        id="a question that is not asked",
    ),
    pytest.param(
        [
            ("  ledger: {provider: ledger}\n", "  ledger: {provider: ledger}\n  third: {provider: shop}\n"),
            ("sides:", "«sides:"),
        ],
        "'sides' takes 2 entries, not 3",
        "Leave some out, or add some.",
        id="a map with too many entries",
    ),
    pytest.param(
        [("about: Business customers.", "about: «''")],
        "'about' is empty",
        "Give it a value, or leave it out.",
        id="an empty text",
    ),
    pytest.param(
        [("syncrules: 1", "syncrules: «2")],
        "'2' cannot stand after 'syncrules': it takes 1",
        "Write 1.",
        id="another version of the language",
    ),
]


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(("changes", "message", "suggestion"), GRAMMAR)
def test_what_the_grammar_refuses_is_told_in_words(changes: Changes, message: str, suggestion: str) -> None:
    check(changes, message, suggestion)
