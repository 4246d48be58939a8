"""Mistakes in the meaning: YAML as it should be, in which the words of the language say what cannot be.

Each operator lists what it could do to a good mapping; `mutations.py` says how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from mutations import Candidate, below, lines, operator, whole
from walk import Good, manifest


@operator("required-word-left-out", 10)
def required_left_out(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out a word without which what is around it says nothing."""
    inside = r"(\{)((provider|setting|entity|id_of|side|sum|per|until|key|of|field|then): [^{}\[\],]+, )"
    for found in lines(good, inside):
        if found[3] != "of" or "take: {of" in good.line_of(found.start()):
            yield Candidate(found.start(2), found.end(2), "", f"Left out the word {found[3]}.", found[3])
    for found in lines(good, r", (key|until|side|field|if): (?:[^{}\[\],]+|\{[^{}]*\})(?=\})"):
        yield Candidate(found.start(), found.end(), "", f"Left out the word {found[1]}.", found[1])


@operator("word-of-elsewhere", 10)
def word_of_elsewhere(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a word of the language where it means nothing."""
    foreign = {
        "fields": [
            ", without_role: add",
            ", match: true",
            ", where: 1",
            ", first_import: none",
            ", daily: here",
            ", tolerance: 0",
        ],
        "checks": [", once: true", ", to: both", ", as: day"],
        "events": [", every: {hours: 1}", ", leading: ask", ", emptied: 3"],
        "when": [", weekly: monday", ", missing: stop"],
        "link": [", match: true"],
    }
    for spot, line in below(good, *foreign):
        if whole(line) and line.rstrip().endswith("}"):
            end = good.text.find("}\n", spot.start)
            added = chance.choice(foreign[spot.path[-2]])
            yield Candidate(end, end, added, "Wrote a word where it has no meaning.", added)


@operator("writes-what-can-only-be-read", 8)
def writes_read_only(good: Good, chance: Random) -> Iterator[Candidate]:
    """Let a row write a field that the system only shows."""
    sides = good.data.get("sides")
    for name, entity in good.data["entities"].items() if sides else ():
        for side in (each for each in good.sides if isinstance(entity, dict) and entity.get("to") in ("both", each)):
            resource = (entity.get(side) or {}).get("resource")
            fields = manifest(sides[side]["provider"])["resources"].get(resource, {}).get("fields", {})
            needed = manifest(sides[side]["provider"])["resources"].get(resource, {}).get("create", "none")
            shown = [
                each
                for each, says in fields.items()
                if says.get("readOnly") and says.get("type") == "string" and "enum" not in says
            ]
            for spot in good.spots:
                mine = (
                    spot.path[:3] == ("entities", name, "fields")
                    and len(spot.path) == 5
                    and spot.path[-1] == side
                    and not spot.key
                )
                row = entity.get("fields", {}).get(spot.path[3]) if mine else None
                if shown and row and not set(row) - {*good.sides, "as", "once"} and spot.said not in str(needed):
                    yield Candidate(
                        spot.start,
                        spot.end,
                        chance.choice(shown),
                        "Wrote into a field that the system only shows.",
                        name,
                    )


@operator("question-taken-away", 6)
def question_taken_away(good: Good, chance: Random) -> Iterator[Candidate]:
    """Take a question away whose answer is used."""
    for found in lines(good, r"^  ([A-Za-z][A-Za-z ]+):\n(?:    .+\n)+") if "extends" not in good.data else ():
        name = found[1]
        uses = [each.start() for each in lines(good, rf"\{{setting: {re.escape(name)}[,}}]")]
        if (
            uses
            and f"\n  {name}:\n" in good.text.partition("\nentities:")[0].partition("\nsettings:")[2]
            and uses[0] > found.end()
        ):
            gone, start = found[0].count("\n"), good.text.count("\n", 0, found.start()) + 1
            used = tuple(sorted({good.text.count("\n", 0, each) + 1 - gone - start for each in uses}))
            yield Candidate(
                found.start(),
                found.end(),
                "",
                "Deleted a question and forgot that its answer is used.",
                name,
                used,
                "The places where the answer is used.",
            )


@operator("question-never-used", 3)
def question_never_used(good: Good, chance: Random) -> Iterator[Candidate]:
    """Ask what nothing uses."""
    for found in lines(good, r"^  ([A-Za-z][A-Za-z ]+):\n    ask: "):
        added = "  way of payment:\n    ask: How do customers pay?\n    answer: yes_or_no\n"
        yield Candidate(
            found.start(), found.start(), added, "Asked something that no rule looks at.", good.base, remark=True
        )


@operator("wrong-span", 9)
def wrong_span(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a span of time that is none."""
    for found in lines(good, r"\{(hours|minutes): (\d+)\}"):
        for made in (
            "{hours: 0}",
            "{hours: -24}",
            "{hours: 1.5}",
            "{weeks: 1}",
            "{seconds: 30}",
            "PT1H",
            "1 day",
            "{hours: 1, minutes: 30}",
            "daily",
            "[24, hours]",
        ):
            yield Candidate(found.start(), found.end(), made, "Wrote a span of time that is none.", made)


@operator("wrong-time", 4)
def wrong_time(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a time of the day that is none."""
    for found in lines(good, r'"02:00"'):
        for made in ('"2:00 AM"', '"25:00"', '"02.00"', "2"):
            yield Candidate(found.start(), found.end(), made, "Wrote a time of the day that is none.", made)


@operator("takes-away-what-is-not-there", 5)
def takes_away_nothing(good: Good, chance: Random) -> Iterator[Candidate]:
    """Take away a row that was never there."""
    names = ["Fax number", "Salutation", "Discount", "Bank name", "Language"]
    for spot in good.spots:
        inherits = spot.kind == "word" and len(spot.path) == 3 and spot.said == "fields" and good.own_line(spot)
        entity = good.data["entities"].get(spot.path[1]) if inherits else None
        if entity and "like" in entity:
            end = good.text.find("\n", spot.start) + 1
            name = chance.choice(names)
            yield Candidate(
                end,
                end,
                f"      {name}: none\n",
                "Took a row away that was never there.",
                f"{good.base} {spot.path[1]}",
            )


@operator("expression-that-is-none", 7)
def wrong_expression(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a path that cannot be read."""
    for spot in good.spots:
        if (
            spot.kind == "field"
            and not spot.key
            and spot.style is None
            and re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+)*", spot.said)
            and "fields" in spot.path
        ):
            for sort, made in (("dots", f"{spot.said}..Name"), ("end", f"{spot.said}."), ("slash", f"{spot.said}/Name"), ("dollar", f"$.{spot.said}"),
                               ("call", f"upper({spot.said})"), ("or", f"{spot.said} ||"), ("braces", f"'{{{{ {spot.said} }}}}'")):  # fmt: skip
                yield Candidate(spot.start, spot.end, made, "Wrote a path as in another program.", sort)


@operator("secret", 3)
def secret(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a secret into the mapping."""
    for found in lines(good, r"\{provider: ([a-z-]+)(\})"):
        for word in ("password", "api_key", "token"):
            yield Candidate(
                found.start(2), found.start(2), f", {word}: OBVIOUSLY-FAKE-2", "Wrote a secret into the mapping.", word
            )


@operator("two-rows-into-one-field", 6)
def two_rows_one_field(good: Good, chance: Random) -> Iterator[Candidate]:
    """Let two rows write one field."""
    rows = [
        each
        for each in good.spots
        if each.kind == "field"
        and not each.key
        and len(each.path) == 5
        and each.path[2] == "fields"
        and each.path[4] in good.sides
        and "||" not in each.said
    ]
    for one, other in zip(rows, rows[2:], strict=False):
        plain = all(
            good.line_of(each.start).lstrip().startswith(each.path[3]) and " to: " not in good.line_of(each.start)
            for each in (one, other)
        )
        data = good.data["entities"][one.path[1]]
        needed = (
            [each.get("create") for each in manifest(good.data["sides"][one.path[4]]["provider"])["resources"].values()]
            if "sides" in good.data
            else [other.said]
        )
        if (
            plain
            and one.path[:3] == other.path[:3]
            and one.path[4] == other.path[4]
            and data.get("to") in ("both", one.path[4])
            and one.said != other.said
            and other.said not in str(needed)
        ):
            first = good.text.count("\n", one.start, other.start)
            yield Candidate(
                other.start,
                other.end,
                one.said,
                "Named the same field in two rows that are written.",
                good.base,
                (0, -first),
                "Either of the two rows may be the wrong one.",
            )


@operator("concept-left-out", 4)
def concept_left_out(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out which concept several fields are parts of."""
    for found in lines(good, r"^( +)as: (address|person_name|payment_term|vat_number|paid_in_full)\n"):
        here = found[1]
        before = good.text[: found.start()]
        back = 0
        for each in reversed(before.splitlines()):
            if len(each) - len(each.lstrip(" ")) < len(here):
                break
            back += 1
        yield Candidate(
            found.start(),
            found.end(),
            "",
            "Left out which concept several fields are parts of.",
            found[2],
            tuple(range(-back - 1, 0)),
            "The row, or one of its ends.",
        )


@operator("row-renamed", 6)
def row_renamed(good: Good, chance: Random) -> Iterator[Candidate]:
    """Rename a row and forget where it is referred to."""
    for spot in good.spots:
        if spot.kind in ("match", "row") and not spot.key:
            rows = [
                each
                for each in good.spots
                if each.key and each.kind == "name" and each.said == spot.said and each.path[1] == spot.path[1]
            ]
            if (
                len(rows) == 1
                and sum(
                    each.said == spot.said and not each.key and each.path[1:2] == spot.path[1:2] for each in good.spots
                )
                == 1
            ):
                row = rows[0]
                away = good.text.count("\n", 0, spot.start) - good.text.count("\n", 0, row.start)
                yield Candidate(
                    row.start,
                    row.end,
                    f"{row.said} of the relation",
                    "Renamed a row and forgot where it is referred to.",
                    f"{good.base} {row.path[1]}",
                    (0, away),
                    "The row, or what refers to it.",
                )
