"""Help articles: facts, words and layout of small mappings that nobody ships."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import pytest
import small_world as small

from syncrules.article import beside, compose, markdown
from syncrules.article.fields import Layout
from syncrules.article.language import Language
from syncrules.article.model import Article, Fact, Item, Line, List, Section, Table
from syncrules.errors import SpecError
from syncrules.language import spec


def article(
    text: str = small.SOUND,
    code: str = "en",
    layout: Layout | None = None,
    translations: Mapping[str, str] | None = None,
) -> Article:
    """Write the article of a mapping between the two invented systems."""
    return compose.article(small.load(text), Language(code, translations or {}), layout or Layout({}, {}, frozenset()))


def texts(found: Article, says: str) -> list[str]:
    """Give every sentence that states a kind of fact."""
    return [text for text, fact in _sentences(found.sections) if fact.says == says]


def _sentences(sections: tuple[Section, ...]) -> list[tuple[str, Fact]]:
    result: list[tuple[str, Fact]] = []
    for section in sections:
        for block in section.blocks:
            items = block.items if isinstance(block, List) else (block,) if isinstance(block, Item) else ()
            result += [(each.text, each.fact) for one in items for each in (one, *one.items)]
        result += _sentences(section.sections)
    return result


def titles(found: Article) -> list[str]:
    return [each.title for each in _all(found.sections)]


def _all(sections: tuple[Section, ...]) -> list[Section]:
    return [each for section in sections for each in (section, *_all(section.sections))]


# Without anything beside it ------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-14")
def test_a_mapping_with_nothing_beside_it_has_an_article() -> None:
    text = markdown.written(article())

    assert text.startswith("# The Ledger for The Shop\n")
    assert "- **Customer**: the first import brings them from The Ledger into The Shop.\n" in text
    assert "| The Shop | The Ledger | Remarks |" in text
    assert "Also synchronised" not in text


def test_what_cannot_be_seen_is_said_as_it_is() -> None:
    assert texts(article(), "inactive.hidden") == [
        "**Customer**: this connection does not show whether they are inactive in The Ledger. So inactive ones are synchronised too."
    ]


def test_what_depends_on_an_answer_says_on_which() -> None:
    assert texts(article(), "enabled.if") == [
        "**Invoice**: they are only synchronised if you answer “Do orders go to The Ledger?” with yes."
    ]


@pytest.mark.parametrize(
    ("rhythm", "said"),
    [
        ("at_once", "immediately"),
        ("by_hand", "when somebody starts it"),
        ("{every: {minutes: 1}}", "every minute"),
        ("{every: {minutes: 90}}", "every 90 minutes"),
        ("{every: {hours: 1}}", "every hour"),
        ("{every: {hours: 24}}", "every 24 hours"),
        ("{every: {days: 1}}", "every 24 hours"),
        ("{every: {days: 3}}", "every 3 days"),
        ('{daily: "06:30"}', "every day at 06:30"),
        ('{daily: "06:30", on_request: shop}', "every day at 06:30 (and whenever The Shop asks for it)"),
    ],
)
def test_a_rhythm_is_said_as_people_say_it(rhythm: str, said: str) -> None:
    found = article(small.changed(("ledger: {every: {hours: 24}}", f"ledger: {rhythm}")))

    assert f"**Customer**: changes in The Ledger go to The Shop {said}." in texts(found, "changed.update")


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("sent", "Status is “sent”"),
        ("[sent, paid]", "Status is “sent” or “paid”"),
        ("{not: paid}", "Status is not “paid”"),
        ("{filled: true}", "Status is filled in"),
        ("{filled: false}", "Status is empty"),
        ("{setting: default code}", "Status is your answer to “Which code is used without a VAT group?”"),
    ],
)
def test_a_condition_is_said_in_the_words_of_the_manifest(test: str, said: str) -> None:
    found = article(small.changed(("where: {Status: sent}", f"where: {{Status: {test}}}")))

    assert texts(found, "admitted.all") == [f"**Invoice**: from The Shop, only those of which this is true: {said}."]


@pytest.mark.parametrize(
    ("row", "remarks"),
    [
        ("Mark: {shop: Member, ledger: Blocked, once: true}", "Only when it is created."),
        ("Mark: {shop: Member, ledger: Blocked, to: ledger}", "Only to The Ledger. What you change in The Ledger stays until it changes in the other system."),
        ("Mark: {shop: Member, ledger: Blocked, to: ledger, edited: restore}", "Only to The Ledger. What you change in The Ledger is put back."),
        ("Mark: {shop: Member, ledger: Blocked, leading: ledger}", "The Ledger leads."),
        ("Mark: {shop: Member, ledger: Blocked, leading: ask}", "You decide if both changed."),
        ("Mark: {shop: Member, ledger: Blocked, empty: wait}", "Must be filled in."),
        ("Mark: {shop: Member, ledger: Blocked, empty: {value: true}}", "If it is empty: yes."),
        ("Mark: {shop: Member, ledger: Member, values: [{shop: true, ledger: J}, {shop: false, ledger: N}], unknown: empty}", "Anything else stays empty."),
    ],
)  # fmt: skip
def test_a_row_says_what_is_special_about_it(row: str, remarks: str) -> None:
    found = article(small.changed(*small.row(row)))
    lines = [
        line
        for each in _all(found.sections)
        for block in each.blocks
        if isinstance(block, Table)
        for line in block.lines
    ]

    assert [line.cells[-1] for line in lines if line.facts[0].slots.get("row") == ["Mark"]] == [remarks]


def test_the_lines_of_a_document_have_a_table_of_their_own() -> None:
    assert "Lines: each line" in titles(article())


def test_a_row_that_is_only_compared_but_that_nothing_compares_is_not_synchronised() -> None:
    row = small.row("Mark: {shop: Kind, ledger: Kind, to: match}")

    assert "row.idle" in {each.says for each in article(small.changed(*row)).facts()}
    assert "row.match" not in {each.says for each in article(small.changed(*row)).facts()}


def test_a_name_with_a_slash_is_a_name() -> None:
    found = article(small.changed(*small.row("Club / member: {shop: Member, ledger: Blocked}")))

    assert ["Club / member"] in [each.slots["row"] for each in found.facts() if each.says == "row"]


# Layout and translations ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-14")
def test_a_row_that_is_not_laid_out_stands_under_also_synchronised() -> None:
    layout = Layout({"customer": "customers"}, {"customer": {"Name": ({"ledger": "Debtor"},)}}, frozenset())
    text = markdown.written(article(layout=layout))

    assert text.index("| Name | Debtor |") < text.index("### Also synchronised") < text.index("| Number | Number |")
    assert "**Customers**: the first import" in text


def test_a_row_may_have_several_lines_under_what_the_systems_call_its_parts() -> None:
    lines = ({"shop": "First name", "ledger": "Name"}, {"shop": "Last name", "ledger": "Name"})
    text = markdown.written(article(layout=Layout({}, {"customer": {"Name": lines}}, frozenset())))

    assert "| First name | Name | A text that is too long is cut off. |\n| Last name | Name | |\n" in text


def test_two_languages_state_the_same_and_what_is_not_translated_stays_english() -> None:
    found = article(code="nl", translations={"Business customers.": "Zakelijke klanten."})

    assert list(found.facts()) == list(article().facts())
    assert "Business customers." not in found.untranslated
    assert "The Ledger for The Shop" in found.untranslated
    assert "Name" not in found.untranslated  # a common word
    assert "| Naam | Naam |" in markdown.written(found)


SHOP = {
    "a": small.SOUND,
    "b": "syncrules: 1\ntitle: Ours\nextends: a.yaml\nentities: {customer: {fields: {Address: none}}}\n",
}


def project(folder: Path, **files: str) -> None:
    """Lay out two mappings, one of which extends the other, and what stands beside them."""
    (folder / "help").mkdir()
    for name, text in SHOP.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name, text in files.items():
        (folder / "help" / f"{name.replace('_', '.')}.yaml").write_text(text, encoding="utf-8")


def test_a_mapping_brings_along_what_stands_beside_the_one_that_it_extends(tmp_path: Path) -> None:
    project(
        tmp_path,
        a_nl="Business customers.: Zakelijke klanten.\n",
        b_nl="Ours: Van ons\n",
        a="kinds: {customer: buyers}\n",
    )
    with chdir(tmp_path):
        found = beside.write(spec.load("b.yaml", small.provider), "nl")

    assert found.title == "Van ons"
    assert "Zakelijke klanten." in markdown.written(found)
    assert "**Buyers**" in markdown.written(found)


def test_the_keeper_of_a_mapping_is_told_what_stays_english_and_what_leads_nowhere(tmp_path: Path) -> None:
    project(
        tmp_path,
        b="tables: {customer: {Nmae: {shop: Name}}, buyer: {}}\n",
        b_nl="Nobody says this.: Dit zegt niemand.\n",
    )
    with chdir(tmp_path):
        told = [str(each) for each in beside.remarks(spec.load("b.yaml", small.provider))]

    assert any(
        each.startswith("SR180 the help article has no Dutch for 'Ours', ") and "help/b.nl.yaml" in each
        for each in told
    )
    assert any("no French for" in each for each in told)
    assert any("translates 'Nobody says this.', which the help article does not say" in each for each in told)
    assert any(each.startswith("help/b.yaml:1:21: SR182 'customer' has no row 'Nmae'") for each in told)
    assert any("the mapping has no entity 'buyer'" in each for each in told)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("b", "tabels: {}\n", "help/b.yaml:1:1"),
        ("b", "kinds: [a, b]\n", "help/b.yaml:1:8"),
        ("b_nl", "Ours: {nl: Van ons}\n", "help/b.nl.yaml:1:7"),
        ("b_nl", "Ours: Van ons\nOurs: Onze\n", "help/b.nl.yaml:2:1"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_told_with_its_place(
    name: str, text: str, where: str, tmp_path: Path
) -> None:
    project(tmp_path, **{name: text})
    with chdir(tmp_path), pytest.raises(SpecError) as error:
        beside.write(spec.load("b.yaml", small.provider), "nl")

    assert str(error.value).startswith(where)


# Markdown ------------------------------------------------------------------------------------------------------------


def test_a_bar_or_a_line_break_does_not_break_a_table() -> None:
    table = Table(("A", "B"), (Line(("one | two", "three\nfour"), ()),))

    assert markdown.written(Article("T", "en", "", (Section("s", "S", (table,)),))) == (
        "# T\n\n## S\n\n| A | B |\n| --- | --- |\n| one \\| two | three four |\n"
    )


def test_what_is_needed_for_a_step_is_listed_below_it() -> None:
    fact = Fact("x")
    steps = List((Item("One.", fact, (Item("this", fact),)), Item("Two.", fact)), ordered=True)

    assert markdown.written(Article("T", "en", "Sum.", (Section("s", "S", (steps,)),))) == (
        "# T\n\nSum.\n\n## S\n\n1. One.\n   - this\n2. Two.\n"
    )
