"""The article from start to end: which facts stand in which section, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncrules.article import demands, facts, fields, happenings, steps
from syncrules.article.facts import Topic
from syncrules.article.fields import Field, Fields, Layout
from syncrules.article.language import Language, capital
from syncrules.article.model import Article, Block, Fact, Item, Line, List, Section, Table
from syncrules.article.wording import Wording
from syncrules.language.model import Entity, Spec


def article(spec: Spec, language: Language, layout: Layout = fields.NOTHING) -> Article:
    """Write the help article of a mapping."""
    to = Wording(spec, layout, language)
    title, summary = to.tell(spec.title), to.tell(spec.summary)
    sections = tuple(
        each
        for each in (_what(to), _activation(to), _import(to), _changes(to), _away(to), _waits(to), _by_hand(to),
                     _data(to), _notes(to))
        if each.blocks or each.sections
    )  # fmt: skip
    return Article(title, language.code, summary, sections, tuple(language.untranslated))


def _section(to: Wording, key: str, *blocks: Block, sections: Sequence[Section] = ()) -> Section:
    return Section(
        key, to.say(f"heading.{key}"), blocks, tuple(each for each in sections if each.blocks or each.sections)
    )


def _listed(to: Wording, *topics: Topic) -> Iterator[List]:
    """List what some topics have to say, if they have anything to say."""
    items = [item for topic in topics for item in to.items(facts.of(to.spec, topic))]
    if items:
        yield List(tuple(items))


def _plain(to: Wording, key: str) -> Item:
    return to.item(Fact(key))


# What it is, and how it begins --------------------------------------------------------------------------------------


def _what(to: Wording) -> Section:
    left, right = to.spec.sides
    connects = to.item(Fact("what.connects", slots={"side": left, "other": right}))
    headings = tuple(to.say(f"what.{each}") for each in ("kind", "about", "way", "when"))
    lines = tuple(_overview(to, each) for each in to.spec.entities.values())
    return _section(to, "what", connects, Table(headings, lines))


def _overview(to: Wording, entity: Entity) -> Line:
    (fact,) = facts.overview(to.spec, entity)
    fact = Fact(fact.says, (entity.name,), {**fact.slots, "about": entity.about})
    rhythms = fact.slots.get("rhythms", {})
    soon = to.apart(
        [
            to.say("what.from", side=to.title(side), rhythm=to.rhythm(says)) if len(rhythms) > 1 else to.rhythm(says)
            for side, says in rhythms.items()
        ]
    )
    return Line((capital(to.kind(entity.name)), to.tell(entity.about), to.text(fact), soon), (fact,))


def _activation(to: Wording) -> Section:
    checks = [to.item(each) for each in steps.before(to.spec)]
    before = _section(to, "before", _plain(to, "check.intro"), List(tuple(checks))) if checks else None
    done = [to.item(step, *to.items(needed)) for step, needed in steps.steps(to.spec)]
    return _section(
        to, "activate", sections=[*([before] if before else []), _section(to, "steps", List(tuple(done), ordered=True))]
    )


def _import(to: Wording) -> Section:
    return _section(
        to,
        "import",
        *_listed(to, facts.importing),
        sections=[
            _section(to, "choosing", *_listed(to, facts.choosing)),
            _section(to, "matching", *_listed(to, facts.matching)),
            _section(to, "delivery", *_listed(to, happenings.delivering)),
        ],
    )


# What happens afterwards --------------------------------------------------------------------------------------------


def _changes(to: Wording) -> Section:
    return _section(
        to,
        "changes",
        sections=[
            _section(to, "creating", *_listed(to, happenings.arriving)),
            _section(to, "changing", *_listed(to, happenings.changing)),
            _section(to, "becoming", *_listed(to, happenings.becoming)),
        ],
    )


def _away(to: Wording) -> Section:
    never = [_plain(to, "deleted.never")] if happenings.never_deletes(to.spec) else []
    deleting: list[Block] = [*never, *_listed(to, happenings.deleting), _plain(to, "deleted.rest")]
    return _section(
        to,
        "away",
        sections=[
            _section(to, "deactivating", *_listed(to, happenings.deactivating)),
            _section(to, "deleting", *deleting),
        ],
    )


def _waits(to: Wording) -> Section:
    needs = facts.of(to.spec, demands.needing)
    headings = tuple(to.say(f"need_table.{each}") for each in ("kind", "name", "to", "cure"))
    lines = tuple(
        Line((capital(to.kinds(each.entities)), to.tell(each.slots["name"]), to.text(each), to.tell(each.slots["cure"])), (each,))
        for each in needs
    )  # fmt: skip
    open_ = [Fact("waits.answer", slots={"setting": each.name}) for each in steps.open_questions(to.spec)]
    items = to.items([*facts.of(to.spec, demands.referring), *facts.of(to.spec, demands.checking), *open_])
    blocks: list[Block] = [Table(headings, lines)] if lines else []
    blocks += [List(tuple(items))] if items else []
    return _section(to, "waits", *([_plain(to, "waits.intro"), *blocks] if blocks else []))


def _by_hand(to: Wording) -> Section:
    return _section(to, "by_hand", *_listed(to, demands.by_hand))


# Which data ---------------------------------------------------------------------------------------------------------


def _data(to: Wording) -> Section:
    mains: list[Section] = []
    others: list[Section] = []
    for entity in to.spec.entities.values():
        given = facts.of_one(to.spec, entity, demands.constants)
        twin = fields.twin(to.spec, entity, to.layout)
        if twin:
            (others if to.layout.tables else mains).append(_same(to, entity, twin, given))
            continue
        main, also = fields.main(to.spec, entity, to.layout), fields.also(to.spec, entity, to.layout)
        mains.append(_tables(to, entity, main, given if main else []))
        others.append(_tables(to, entity, also, [] if main else given))
    not_ = [to.item(Fact("not.text", slots={"text": each})) for each in to.spec.not_synchronised]
    also_ = _section(to, "also", sections=others)
    return _section(to, "data", sections=[*mains, also_, _section(to, "not", *([List(tuple(not_))] if not_ else []))])


def _same(to: Wording, entity: Entity, twin: str, given: list[Fact]) -> Section:
    """Say that an entity has the fields of another."""
    same = Fact("fields.same", (entity.name,), {"of_kinds": [twin]})
    stated = tuple(Item(to.text(each), each) for each in given)
    return Section(
        "fields", capital(to.kind(entity.name)), (Item(to.text(same), same), *([List(stated)] if stated else []))
    )


def _tables(to: Wording, entity: Entity, found: list[Fields], given: list[Fact]) -> Section:
    """Write the tables of one entity: its own, then those of the lines of its document."""
    blocks: list[Block] = []
    inner = []
    for each in found:
        if each.of:
            of_lines = to.say("heading.lines", row=to.tell(each.of), template=to.tell(each.template))
            inner.append(Section("lines", of_lines, (_table(to, each.lines),)))
        else:
            blocks.append(_table(to, each.lines))
    blocks += [List(tuple(Item(to.text(each), each) for each in given))] if given else []
    return Section("fields", capital(to.kind(entity.name)), tuple(blocks), tuple(inner))


def _table(to: Wording, lines: Sequence[Field]) -> Table:
    """Write one table; the column of remarks is there if there are any."""
    remarked = any(len(each.facts) > 1 for each in lines)
    headings = [to.title(side) for side in to.spec.sides]
    return Table(
        (*headings, to.say("row.remarks")) if remarked else tuple(headings),
        tuple(Line(_cells(to, each, remarked), each.facts) for each in lines),
    )


def _cells(to: Wording, field: Field, remarked: bool) -> tuple[str, ...]:
    told = [to.text(each) for each in field.facts[1:]]
    never = any(each.says == "row.neither" for each in field.facts)
    nothing = to.say("row.neither") if never else to.say("row.nothing")
    labels = [field.labels.get(side) for side in to.spec.sides]
    cells = [to.tell(each) if each else nothing for each in labels]
    remarks = "" if never else " ".join(told)
    return (*cells, remarks) if remarked else tuple(cells)


def _notes(to: Wording) -> Section:
    """Write what is good to know about each system, as far as the mapping has to do with it."""
    sections = []
    for side in to.spec.sides:
        items = tuple(
            _note(to, each) for each in demands.notes(to.spec, side) if each.slots["text"] not in to.layout.left_out
        )
        if items:
            sections.append(Section("notes_of", to.title(side), (List(items),)))
    return _section(to, "notes", sections=sections)


def _note(to: Wording, fact: Fact) -> Item:
    """Write a note, after the records of which it is true."""
    text = to.text(fact)
    if fact.slots["resources"]:
        manifest = to.spec.manifests[fact.slots["side"]]
        titles = [to.tell(manifest.resources[each].title) for each in fact.slots["resources"]]
        text = to.say("words.of", kinds=capital(to.language.joined(titles)), text=text)
    return Item(text, fact)
