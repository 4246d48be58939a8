"""The laws that every rule of a mapping obeys, each with the reason why it is one.

A law is broken by a counterexample; what a law asks is carried out by `rows`, `spelling`, `policies` and `documents`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Law:
    """One law."""

    name: str
    says: str
    """What must be so."""
    why: str
    """What would happen to somebody's books if it were not."""


class Broken(Exception):
    """A law does not hold of this value; the story says what happened, in words for people.

    Args:
        law: name of the law.
        story: sentences, in the order in which things happened.
    """

    def __init__(self, law: str, *story: str) -> None:
        super().__init__(f"{law}: {' '.join(story)}")
        assert law in LAWS, law
        self.law = law
        self.story = story


_ALL = (
    Law(
        "total",
        "Reading, comparing and carrying never fail with an error of the program, whatever the schema allows.",
        "One odd record would stop a whole run, and everybody else's invoices with it.",
    ),
    Law(
        "fits",
        "What is written is what the other schema takes, or it is refused or cut as the mapping declares.",
        "The other system would refuse the record, or quietly keep something else than was sent.",
    ),
    Law(
        "there and back",
        "What went across and comes back is the same; what may be lost is declared, lost at once, and never more.",
        "An edit on one side would change what nobody touched on the other.",
    ),
    Law(
        "settled",
        "What has just been written, read back, is no difference, and a normal form is its own normal form.",
        "The engine would take its own write for an edit, and write for ever.",
    ),
    Law(
        "whole table",
        "Each value of a closed list has a counterpart, or the mapping says what becomes of the others.",
        "A value that is there to be chosen would keep its record waiting for ever.",
    ),
    Law(
        "same spelling",
        "One value in two spellings, as the operator promises, has one key.",
        "A customer would be made a second time, or written over for a blank in a number.",
    ),
    Law(
        "other value",
        "Two values that differ in more than spelling have two keys.",
        "Two customers would be taken for one, and an edit would not be seen.",
    ),
    Law(
        "decided",
        "Whatever happens to a record, on whichever side, exactly one thing comes of it.",
        "A record would vanish without a word, or be told two things at once.",
    ),
    Law(
        "no more than said",
        "Nothing is made, changed, deleted or taken out of use unless the mapping says so for what happened.",
        "A mass deactivation is the worst that can be done to somebody's books.",
    ),
    Law(
        "one way",
        "A side that is only read is never written, and nothing is written that its system does not let be written.",
        "The books would be changed by somebody who promised not to.",
    ),
    Law(
        "adds up",
        "A document that is written has every line once, and adds up as the mapping checks; or it is refused with the reason.",
        "An invoice that is a cent off is found by the tax office, not by us.",
    ),
)
LAWS = {each.name: each for each in _ALL}
