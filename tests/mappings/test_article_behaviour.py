"""The help article says what the engine does: every fact of it is put to the functions that decide, and none is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import decided
import pytest

from syncrules.article import beside, fields
from syncrules.article.language import LANGUAGES, catalogue
from syncrules.article.model import Article, Fact, Item, Section
from syncrules.language import spec
from syncrules.language.model import Entity, Happening, Spec
from syncrules.manifest import Active

MAPPINGS = spec.names()


def article(mapping: Spec) -> Article:
    return beside.write(mapping, "en")


def own(folder: Path, base: str, *lines: str) -> Spec:
    """Load a mapping that differs from a shipped one in a few lines."""
    file = folder / "own.yaml"
    head = ["syncrules: 1", "title: Ours", f"extends: {base}"]
    file.write_text("\n".join([*head, *lines]), encoding="utf-8")
    return spec.load(str(file))


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("name", MAPPINGS)
def test_the_article_says_what_the_engine_decides(name: str) -> None:
    mapping = spec.load(name)

    assert decided.disagreements(article(mapping), mapping) == []


CHANGES = {
    "a deactivation no longer travels": (
        "tribe-winbooks",
        "deactivated.deactivate",
        "customer: {events: {winbooks: {deactivated: ignore, reactivated: ignore}}}",
    ),
    "a deactivation travels": (
        "tribe-eboekhouden-rest",
        "deactivated.ignore",
        "organisation: {events: {eboekhouden: {deactivated: deactivate, reactivated: reactivate}}}",
    ),
    "a deactivation travels sooner": (
        "tribe-eboekhouden",
        "deactivated.deactivate",
        "product: {when: {eboekhouden: {every: {hours: 24}}}}",
    ),
    "the other side leads": ("tribe-eboekhouden", "conflict.leading", "organisation: {leading: eboekhouden}"),
    "nobody leads": ("tribe-yuki", "conflict.leading", "person: {leading: ask}"),
    "changes come more often": (
        "tribe-eboekhouden",
        "changed.update",
        "organisation: {when: {eboekhouden: {every: {hours: 1}}}}",
    ),
    "changes come by night": ("tribe-winbooks", "changed.update", 'supplier: {when: {winbooks: {daily: "22:30"}}}'),
    "states come more often": (
        "tribe-eboekhouden",
        "state.follows",
        "payment: {when: {eboekhouden: {every: {hours: 6}}}}",
    ),
    "nothing new is made there": ("tribe-eboekhouden", "created.create", "person: {events: {tribe: {created: ignore}}}"),
    "something new is made there": (
        "tribe-eboekhouden",
        "created.match",
        "supplier: {events: {tribe: {created: create}}}",
    ),
    "a change is only reported": ("tribe-yuki", "changed.update", "organisation: {events: {yuki: {changed: report}}}"),
    "a change is not even reported": ("tribe-winbooks", "changed.report", "invoice: {events: {tribe: {changed: ignore}}}"),
    "a need is gone": ("tribe-eboekhouden", "need.always", "supplier: {needs: {no creditor number: none}}"),
    "a need is for new records only": (
        "tribe-eboekhouden",
        "need.always",
        "person: {needs: {no debtor number: {for: created}}}",
    ),
    "a cure reads otherwise": ("tribe-yuki", "need.created", "person: {needs: {no debtor number: {cure: Ask Anna.}}}"),
    "records are matched by something else": (
        "tribe-eboekhouden",
        "match.rows",
        "organisation: {match: [{any: [VAT number]}, {any: [Debtor number]}]}",
    ),
    "inactive ones come along": (
        "tribe-yuki",
        "inactive.skip",
        "person: {events: {yuki: {already_inactive: create}}}",
    ),
    "there is no first import": ("tribe-eboekhouden", "import.from", "product: {first_import: none}"),
    "the first import takes invoices along": ("tribe-yuki", "import.none", "invoice: {first_import: {from: tribe}}"),
    "another answer is needed": ("tribe-yuki", "enabled.if", "organisation supplier: {enabled: {setting: suppliers, equals: false}}"),
    "another question decides": (
        "tribe-yuki",
        "created.create",
        "person: {events: {tribe: {created: {then: create, if: {setting: send companies}}}}}",
    ),
    "a deletion would travel": ("tribe-winbooks", "deleted.ignore", "customer: {events: {winbooks: {deleted: deactivate}}}"),
    "a deletion no longer travels": (
        "winbooks-silverfin",
        "deleted.delete",
        "transaction: {events: {winbooks: {deleted: ignore}}}",
    ),
    "what is filtered out stays": (
        "winbooks-silverfin",
        "filtered_out.delete",
        "transaction: {events: {winbooks: {filtered_out: ignore}}}",
    ),
    "nothing is safe any more": ("tribe-winbooks", "deleted.never", "customer: {events: {winbooks: {deleted: deactivate}}}"),
    "another kind is left alone": ("tribe-eboekhouden", "kind.ask", "person: {events: {eboekhouden: {changed_kind: ignore}}}"),
    "the brake is looser": ("tribe-winbooks", "brake.deactivations", "customer: {brakes: {deactivations: 80}}"),
    "more may be emptied": ("tribe-eboekhouden", "brake.many_emptied", "organisation: {brakes: {emptied: 80}}"),
    "edits are put back": ("tribe-eboekhouden", "edited.keep", "product: {edited: restore}"),
    "another constant is filled in": (
        "tribe-eboekhouden",
        "constants.new",
        "product: {tribe: {set: {IsPriceEditable: false}}}",
    ),
    "a row goes one way": ("tribe-eboekhouden", "row", "organisation: {fields: {Website: {to: tribe}}}"),
    "a row is written again": ("tribe-winbooks", "row.once", "customer: {fields: {Debtor number: {once: false}}}"),
    "a row is gone": ("tribe-eboekhouden", "row", "organisation: {fields: {Website: none}}"),
    "a row that was only compared goes across": (
        "tribe-eboekhouden",
        "row.match",
        "organisation: {match: [{any: [Debtor number]}]}",
    ),
    "the other side gives the number": ("tribe-yuki", "row.numbered", "person: {fields: {Debtor number: {numbered_by: yuki}}}"),
}  # fmt: skip
"""What somebody changes → the mapping, what its article then says wrongly, and the change."""


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("change", CHANGES)
def test_an_article_that_says_what_is_no_longer_so_is_found_out(change: str, tmp_path: Path) -> None:
    base, wrong, lines = CHANGES[change]
    changed = own(tmp_path, base, "entities:", f"  {lines}")

    found = decided.disagreements(article(spec.load(base)), changed)

    assert any(each.startswith(f"{wrong} ") for each in found), found
    assert decided.disagreements(article(changed), changed) == []


# Nothing is left out -------------------------------------------------------------------------------------------------


def expected(mapping: Spec) -> Iterator[tuple[str, str, str]]:
    """List what an article has to say: entity, what it is about, and the side where it happens."""
    for name, entity in mapping.entities.items():
        senders = _senders(mapping, entity)
        yield name, "way", ""
        yield name, "import", ""
        for side in senders:
            if entity.sources[side].where or entity.sources[side].where_any:
                yield name, "admitted", side
            if entity.for_each:
                yield name, "state", side
            else:
                yield name, "created", side
                yield name, "changed", side
                if _active(mapping, entity, side) != "always":
                    yield name, "inactive", side
        for side in mapping.sides if not entity.for_each else ():
            yield name, "deleted", side
            if _active(mapping, entity, side) != "always":
                yield name, "deactivated", side
            if entity.sources[side].is_:
                yield name, "kind", side


def _senders(mapping: Spec, entity: Entity) -> list[str]:
    return [side for side in mapping.sides if entity.to == "both" or entity.to not in (side, "neither")]


def _active(mapping: Spec, entity: Entity, side: str) -> str:
    active = mapping.manifests[side].resources[entity.sources[side].resource].active
    return "seen" if isinstance(active, Active) or entity.sources[side].inactive else str(active)


MAY_REPEAT = {"import", "admitted", "state"}
"""Of these an entity may have several: what the first import brings, and what follows it."""


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("name", MAPPINGS)
def test_the_article_says_of_every_happening_what_becomes_of_it_and_says_it_once(name: str) -> None:
    mapping = spec.load(name)
    said = Counter(
        (entity, fact.says.partition(".")[0], "" if fact.says.startswith(("way", "import")) else fact.slots["side"])
        for fact in article(mapping).facts()
        for entity in fact.entities
        if fact.says.partition(".")[0]
        in ("way", "import", "state", "created", "changed", "inactive", "deleted", "deactivated", "kind", "admitted")
    )
    wanted = set(expected(mapping))

    assert set(said) == wanted
    assert [each for each, times in said.items() if times > 1 and each[1] not in MAY_REPEAT] == []


@pytest.mark.requirement("X-14")
@pytest.mark.parametrize("name", MAPPINGS)
def test_the_article_reads_out_all_that_the_mapping_says_for_the_reader(name: str) -> None:
    mapping = spec.load(name)
    found = article(mapping)
    rows = Counter((fact.entities[0], *fact.slots["row"]) for fact in found.facts() if fact.says == "row")
    same = {fact.entities[0] for fact in found.facts() if fact.says == "fields.same"}

    def said(prefix: str, slot: str) -> list[tuple[str, str]]:
        facts = [fact for fact in found.facts() if fact.says.startswith(prefix)]
        return sorted({(entity, fact.slots[slot]) for fact in facts for entity in fact.entities or ("",)})

    assert set(rows) == {
        (entity.name, *address)
        for entity in mapping.entities.values()
        for address in fields.addresses(entity)
        if entity.name not in same
    }
    assert said("need", "name") == sorted((e.name, need.name) for e in mapping.entities.values() for need in e.needs)
    assert said("by_hand", "name") == sorted(
        (e.name, to.name) for e in mapping.entities.values() for to in e.follow_ups
    )
    assert said("question", "setting") == sorted(("", each) for each in mapping.settings)
    assert sorted(
        ("", fact.slots["name"]) for fact in found.facts() if fact.says in ("check.plain", "check.cure")
    ) == sorted(("", each.name) for each in mapping.preflights)
    assert said("not.", "text") == sorted(("", each) for each in mapping.not_synchronised)
    lossy = {
        (e.name, row.lossy) for e in mapping.entities.values() for row in e.rows if row.lossy and e.name not in same
    }
    assert set(said("row.lossy", "because")) == lossy


def test_every_sentence_of_the_catalogue_can_be_put_to_the_engine_or_is_read_out() -> None:
    """A new kind of fact needs a question, or a word on who shows that it is so."""
    sentences = {
        key
        for key in catalogue(next(iter(LANGUAGES)))
        if key.partition(".")[0] not in ("heading", "words", "rhythm", "test", "need_table")
        and key not in ("what.kind", "what.about", "what.way", "what.when", "what.from", "row.remarks", "row.nothing")
    }

    assert sentences - set(decided.CHECKS) - set(decided.READ) == set()
    assert (set(decided.CHECKS) | set(decided.READ)) - sentences == {"row"}
    assert set(decided.CHECKS) & set(decided.READ) == set()


def test_what_is_only_read_out_names_tests_that_are_there() -> None:
    root = Path(__file__).parents[2]
    named = [word.rstrip(",") for why in decided.READ.values() for word in why.split() if word.startswith("tests/")]

    assert named
    assert [each for each in named if not (root / each).is_file()] == []


def test_every_happening_of_the_language_is_looked_at() -> None:
    assert set(get_args(Happening)) == {
        "created", "changed", "already_inactive", "deactivated", "reactivated", "deleted", "changed_kind",
        "filtered_out",
    }  # fmt: skip


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_facts_are_the_same_in_every_language(name: str) -> None:
    mapping = spec.load(name)
    told = [list(beside.write(mapping, code).facts()) for code in LANGUAGES]

    assert told[0]
    assert all(each == told[0] for each in told)


def test_a_fact_of_which_nobody_knows_how_to_ask_is_no_agreement() -> None:
    odd = Article("Odd", "en", "", (Section("odd", "Odd", (Item("It is odd.", Fact("odd")),)),))

    assert decided.disagreements(odd, spec.load("tribe-yuki")) == ["nobody knows how to ask about 'odd'"]
