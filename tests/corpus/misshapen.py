"""Mistakes in the form: what is no YAML any more, or YAML of another shape.

Each operator lists what it could do to a good mapping; `mutations.py` says how.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from random import Random

from mutations import Candidate, below, lines, operator, whole
from walk import Good, place


@operator("said-twice", 8)
def said_twice(good: Good, chance: Random) -> Iterator[Candidate]:
    """Say a line twice."""
    for spot, line in below(good, "entities", "fields", "settings"):
        end = good.text.find("\n", spot.start) + 1
        if whole(line):
            yield Candidate(
                end,
                end,
                line,
                "Pasted a line twice.",
                spot.said,
                (0, -1),
                "Either of two equal lines is one too many.",
                mends=True,
            )


@operator("said-twice-otherwise", 8)
def said_twice_otherwise(good: Good, chance: Random) -> Iterator[Candidate]:
    """Say a line twice, each time something else."""
    rows = [(spot, line) for spot, line in below(good, "fields") if whole(line) and "lines" not in spot.path]
    for (spot, _line), (other, else_) in itertools.pairwise(rows):
        if spot.path[:-1] == other.path[:-1]:
            end = good.text.find("\n", other.start) + 1
            again = else_.replace(other.said, spot.said, 1)
            yield Candidate(
                end,
                end,
                again,
                "Pasted a row, changed it, and kept its name.",
                spot.said,
                (0, -good.text.count("\n", spot.start, end)),
                "Two things are said; nobody knows which was meant.",
            )


@operator("one-step-too-deep", 10)
def one_step_too_deep(good: Good, chance: Random) -> Iterator[Candidate]:
    """Indent a line one step too deep."""
    for spot, line in below(good, "entities", "fields", "settings", "checks"):
        if whole(line) and good.text[: spot.start - len(line) + len(line.lstrip(" "))].rstrip().endswith(
            ("}", "]", ".", "stop", "both", "first", "tribe", "invoice")
        ):
            yield Candidate(spot.start, spot.start, "  ", "Indented a line one step too deep.", spot.said)


@operator("one-step-too-shallow", 10)
def one_step_too_shallow(good: Good, chance: Random) -> Iterator[Candidate]:
    """Indent a line one step too little."""
    for spot, line in below(good, "entities", "fields", "settings"):
        if whole(line) and len(line) - len(line.lstrip(" ")) >= 4:
            after = good.line_of(good.text.find("\n", spot.start) + 1)
            both = len(after) - len(after.lstrip(" ")) >= len(line) - len(line.lstrip(" "))
            yield Candidate(
                spot.start - 2, spot.start, "", "Indented a line one step too little.", spot.said, (0, 1) if both else (0,),
                "The line that is too shallow, or the next one, which is too deep for it." if both else "",
            )  # fmt: skip


@operator("tab", 8, 1)
def tab(good: Good, chance: Random) -> Iterator[Candidate]:
    """Indent with tabs."""
    for spot, line in below(good, "entities", "fields", "settings", "preflight"):
        wide = len(line) - len(line.lstrip(" "))
        start = spot.start - wide if good.text[spot.start] != '"' else spot.start
        if whole(line) and good.text[start : start + wide].isspace():
            yield Candidate(start, start + wide, "\t" * (wide // 2), "Indented with tabs.", spot.said, mends=True)


@operator("colon-forgotten", 10)
def colon_forgotten(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave the colon out."""
    for spot, line in below(good, "entities", "fields", "settings", "events", "needs"):
        if spot.kind != "name" or whole(line):
            yield Candidate(spot.end, spot.end + 1, "", "Forgot a colon.", spot.said, mends=True)


@operator("blank-behind-the-colon-forgotten", 6)
def blank_forgotten(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out the blank behind a colon."""
    for spot, line in below(good, "entities", "settings"):
        if spot.kind == "word" and whole(line):
            yield Candidate(spot.end + 1, spot.end + 2, "", "Forgot the blank behind a colon.", spot.said, mends=True)


@operator("bracket-forgotten", 10, 2)
def bracket_forgotten(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out the last closing bracket of a line."""
    for found in lines(good, r"[}\]]$"):
        kind = "brace" if found[0] == "}" else "bracket"
        near = good.line_of(found.start()).split(":")[0].strip()
        yield Candidate(
            found.start(), found.end(), "", f"Forgot the closing {kind} at the end of a line.", near, mends=True
        )


@operator("bracket-too-many", 4)
def bracket_too_many(good: Good, chance: Random) -> Iterator[Candidate]:
    """Close one bracket too many."""
    for found in lines(good, r"[}\]]$"):
        near = good.line_of(found.start()).split(":")[0].strip()
        yield Candidate(found.end(), found.end(), found[0], "Closed one bracket too many.", near, mends=True)


@operator("comma-forgotten", 6)
def comma_forgotten(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out a comma between two words in braces."""
    for found in lines(good, r", (?=[a-z_]+: )"):
        line = good.line_of(found.start())
        if "{" in line[: found.start() - good.text.rfind("\n", 0, found.start())]:
            yield Candidate(
                found.start(),
                found.start() + 1,
                "",
                "Forgot a comma in braces.",
                line.split(":")[0].strip(),
                mends=True,
            )


@operator("quote-not-closed", 4)
def quote_not_closed(good: Good, chance: Random) -> Iterator[Candidate]:
    """Leave out the closing quote."""
    for spot in good.spots:
        if spot.style == '"':
            yield Candidate(
                spot.end - 1, spot.end, "", "Opened a quote and did not close it.", spot.path[-1], mends=True
            )


@operator("colon-in-a-text", 7)
def colon_in_a_text(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a colon into a text that has no quotes."""
    for spot in good.spots:
        blank = spot.said.find(" ", len(spot.said) // 2)
        if spot.kind == "text" and spot.style is None and blank > 0 and good.text[spot.start : spot.end] == spot.said:
            at = spot.start + blank
            yield Candidate(at, at, ":", "Wrote a colon into a sentence without quotes.", spot.path[-1])


@operator("text-that-begins-with-a-sign", 6)
def sign_in_front(good: Good, chance: Random) -> Iterator[Candidate]:
    """Begin a text with a sign that means something to YAML."""
    signs = ["[note] ", "{note} ", "*", "@", "%", "`"]
    for spot in good.spots:
        if spot.kind == "text" and spot.style is None and spot.path[-1] != "not_synchronised":
            sign = chance.choice(signs)
            yield Candidate(
                spot.start, spot.start, sign, f"Began a sentence with {sign.strip()[0]} and without quotes.", sign
            )


@operator("list-left-out", 8, 2)
def list_left_out(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write one thing where a list of one is wanted."""
    for found in lines(good, r"(refers_to|after|used_by|shared_with|sum|any): (\[([^\[\],{}]+)\])"):
        yield Candidate(
            found.start(2),
            found.end(2),
            found[3],
            "Left out the brackets of a list with one thing in it.",
            found[1],
            mends=True,
        )


@operator("list-too-many", 5)
def list_too_many(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write a list where one thing is wanted."""
    for spot in good.spots:
        if spot.kind in ("side", "closed", "resource") and not spot.key and spot.path[-1] != "answer":
            yield Candidate(
                spot.start,
                spot.end,
                f"[{spot.said}]",
                "Wrote a list where one word is wanted.",
                spot.path[-1],
                mends=True,
            )


@operator("map-left-out", 5)
def map_left_out(good: Good, chance: Random) -> Iterator[Candidate]:
    """Write the value without the word that it stands under."""
    for found in lines(good, r"\{(provider|from|setting|decimals|hours|minutes): ([^{},:]+)\}"):
        mends = found[1] in ("provider", "from")
        yield Candidate(
            found.start(), found.end(), found[2], f"Left out the braces and the word {found[1]}.", found[1], mends=mends
        )


@operator("truth-or-number-in-quotes", 10, 2)
def in_quotes(good: Good, chance: Random) -> Iterator[Candidate]:
    """Put a number or true and false in quotes, or say yes and no."""
    for spot in good.spots:
        if spot.style is None and not spot.key and re.fullmatch(r"true|false|\d+", spot.said) and spot.kind != "text":
            if spot.said in ("true", "false") and chance.random() < 0.5:
                said = {"true": "yes", "false": "no"}[spot.said]
                yield Candidate(
                    spot.start, spot.end, said, f"Wrote {said} for {spot.said}.", f"{spot.path[-1]} yes", mends=True
                )
            else:
                yield Candidate(
                    spot.start, spot.end, f'"{spot.said}"', "Put quotes where none belong.", spot.path[-1], mends=True
                )


@operator("line-in-the-next-block", 8)
def line_in_the_next_block(good: Good, chance: Random) -> Iterator[Candidate]:
    """Put a line of an entity into the block below it."""
    for found in lines(
        good,
        r"^    ((leading|without_role|to|first_import|link|about|after|out_of_step|for_each): .+)\n(    (when|needs|match|events|fields):\n)(?!      - )",
    ):
        replacement, entity = f"{found[3]}      {found[1]}\n", place(good.text, found.start()).split(" / ")[0]
        yield Candidate(
            found.start(),
            found.end(),
            replacement,
            f"Put a line into the {found[4]} below it.",
            f"{found[2]} {found[4]}",
            (1, entity),
            "Where it stands now, or the entity that lacks it.",
        )


@operator("alias-of-nothing", 3)
def alias_of_nothing(good: Good, chance: Random) -> Iterator[Candidate]:
    """Repeat by an alias what has no anchor."""
    for found in lines(good, r"^    (when|events|link|match): ?(\{.+\})?$"):
        if found[2]:
            yield Candidate(
                found.start(2), found.end(2), f"*{found[1]}", "Repeated by an alias what has no anchor.", good.base
            )
