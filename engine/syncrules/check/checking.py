"""Everything that is checked of a mapping, part after part, and what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from syncrules.check.documents import PAPERS, Office, Paper, office, papers, plainer, try_paper
from syncrules.check.gather import gathered
from syncrules.check.hunt import Luck, hunt, hunt_rule
from syncrules.check.known import Known, known
from syncrules.check.laws import Broken
from syncrules.check.policies import try_policies
from syncrules.check.rows import Rule
from syncrules.check.shorter import differing
from syncrules.check.spelling import try_spelling
from syncrules.check.tables import try_table
from syncrules.language.model import Spec

OF_ROWS = frozenset({"total", "fits", "there and back", "settled"})
OF_KEYS = frozenset({"same spelling", "other value"})
SPELLINGS = 50
"""Spellings that are compared of each rule at most; there are not many more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A law that does not hold, with the plainest example."""

    law: str
    rule: str
    """Entity and row, or entity and what happened."""
    place: str
    """file:line:column."""
    story: tuple[str, ...]
    differs: tuple[str, ...] = ()
    """The fields that say something else than a plain record."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reader should know although every law holds."""

    rule: str
    place: str
    says: str
    kind: str = "remark"
    """`waits` where a value is refused with its reason."""


@dataclass(slots=True)
class Part:
    """What was checked of one rule, of the policies or of the documents of an entity."""

    name: str
    cases: int = 0
    findings: list[Finding] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to check."""

    name: str
    entity: str
    group: str
    """rows, policies or documents."""
    run: Callable[[Luck], Part]


def jobs(spec: Spec, given: Mapping[str, Any] | None = None, only: str = "") -> Iterator[Job]:
    """List what there is to check of a mapping.

    Args:
        given: answers to settings; what is not given is made up.
        only: the beginning of the name of what is checked; empty: everything.
    """
    world = known(spec, given)
    for entity in world.rules.entities:
        rules: dict[str, list[Rule]] = {}
        for rule in gathered(world, entity):
            rules.setdefault(rule.name, []).append(rule)
        for name, both in rules.items():
            if name.startswith(only):
                yield Job(name, entity, "rows", _of(world, name, both))
        policies, documents = f"{entity}: policies", f"{entity}: documents"
        if policies.startswith(only):
            yield Job(policies, entity, "policies", _policies_of(world, entity, policies))
        if documents.startswith(only) and (found := office(world, entity)) is not None:
            yield Job(documents, entity, "documents", _documents_of(world, found, documents))


def _of(world: Known, name: str, both: list[Rule]) -> Callable[[Luck], Part]:
    return lambda luck: check_row(world, name, both, luck)


def _policies_of(world: Known, entity: str, name: str) -> Callable[[Luck], Part]:
    return lambda _: check_policies(world, entity, name)


def _documents_of(world: Known, of: Office, name: str) -> Callable[[Luck], Part]:
    return lambda luck: check_documents(world, of, name, luck)


def check_policies(world: Known, entity: str, name: str) -> Part:
    """Ask what comes of everything that can happen to a record."""
    part = Part(name)
    for row, broken in try_policies(world, entity):
        part.cases += 1
        if broken is None:
            continue
        at = ("entities", entity, "events", row.side, str(row.happening)) if row is not None else ("entities", entity)
        found = Finding(broken.law, name, world.spec.place(*at), broken.story)
        part.findings += [] if found in part.findings else [found]
    return part


def check_documents(world: Known, of: Office, name: str, luck: Luck) -> Part:
    """Let invented documents be made, and reckon them again."""
    part = Part(name)
    entity = of.rules.entity.name
    failed: list[Paper] = []

    def prove(paper: Paper) -> None:
        try:
            try_paper(of, paper)
        except Broken:
            failed.append(paper)
            raise

    broken = hunt(luck, name, papers(), prove, at_once=PAPERS)
    if broken is not None:
        broken = plainer(of, failed[-1], broken)
    part.cases = of.tried
    if broken is not None:
        at = ("entities", entity, "checks") if broken.law == "adds up" else ("entities", entity, "fields")
        part.findings.append(Finding(broken.law, name, world.spec.place(*at), broken.story))
    if not of.written:
        part.remarks.append(Remark(name, world.spec.place("entities", entity), "No invented document could be written: they lack something that this mapping wants."))  # fmt: skip
    return part


def check_row(world: Known, name: str, both: list[Rule], luck: Luck) -> Part:
    """Check one row in both directions."""
    part = Part(name)
    for rule in both:
        for broken, case in [*hunt_rule(luck, rule, OF_ROWS), *try_table(rule)]:
            part.findings.append(_finding(world, rule, broken, tuple(differing(rule, case))))
        times = min(luck.examples, SPELLINGS)
        found = try_spelling(rule, Random(_number(luck.seed, name, rule.source)), times, OF_KEYS)  # noqa: S311  # no secret
        part.findings += [_finding(world, rule, broken, ()) for broken in found]
        part.cases += rule.seen.tried
    part.remarks += _remarks(world, name, both)
    return part


def _number(seed: int, *words: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {words}".encode(), digest_size=8).digest())


def _finding(world: Known, rule: Rule, broken: Broken, differs: tuple[str, ...]) -> Finding:
    return Finding(broken.law, rule.name, world.spec.place(*rule.at), broken.story, differs)


def _remarks(world: Known, name: str, both: list[Rule]) -> Iterator[Remark]:
    rule = both[0]
    place = world.spec.place(*rule.at)
    if rule.rules.row.lossy and rule.two_way and not any(each.seen.lost for each in both):
        yield Remark(name, place, "The mapping says that something may be lost (lossy:); nothing ever was. Take it away, or say what else is meant.")  # fmt: skip
    for each in both:
        count = each.seen.refused[f"CannotCarry {each.source}"]
        if count and each.travels:
            example = each.seen.example[f"CannotCarry {each.source}"]
            yield Remark(name, place, f"What comes from {each.title(each.source)} is not always taken, and then waits: {example}.", "waits")  # fmt: skip
