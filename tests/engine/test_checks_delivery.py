"""What a mirror says of its delivery is held against what the system on the other side offers.

Each case breaks the sound mapping of `mirror_world` in one place.
"""

from __future__ import annotations

import pytest
from mirror_world import BOARD, BOOKS, changed, load
from pair_world import manifest_of

from syncrules.errors import SpecError
from syncrules.language import scoped

SCOPE = """
scope:
  books: {resource: folders, key: Code}
  board: {resource: files, key: folder}
  named_by: board
  unknown: {because: There is no such folder., cure: Look it up.}
"""
RECONCILE = """
    reconcile:
      balances:
        books: {sum: Amount, per: Account.Code, until: Day}
        board: {resource: balances, sum: value, per: account, until: day, year: year}
        anew_each_year: [{Account.Code: {starts_with: "6"}}]
        carried_to: {setting: carried to}
"""
LINE, CHECKS, SETTINGS = "    about: Lines.\n", "    checks:\n", "settings:\n"


def with_scope(*changes: tuple[str, str]) -> str:
    text = changed((SETTINGS, f"{SCOPE.strip()}\n{SETTINGS}"))
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def reconciled(*changes: tuple[str, str]) -> str:
    text = changed((CHECKS, f"{RECONCILE.strip(chr(10))}\n{CHECKS}"))
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def told(text: str) -> list[str]:
    """Load a mapping and give what is said of it."""
    try:
        return [each.message for each in load(text).remarks]
    except SpecError as error:
        return [each.message for each in error.problems]


def test_the_mirror_and_its_additions_are_sound() -> None:
    assert told(changed()) == told(with_scope()) == told(reconciled()) == []


@pytest.mark.requirement("X-11")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed(("carry.always: true", "cary.always: true")), "'cary.always' cannot travel beside these records"),
        (changed((LINE, f"{LINE}    beside: {{carry: true}}\n")), "'carry' cannot travel beside these records"),
        (
            changed(("    after: [year]\n    out_of_step: start_again\n", "    after: [year]\n")),
            "'line' does not say what happens when somebody else has changed the entries",
        ),
        (
            changed(("    about: Years.\n", "    about: Years.\n    out_of_step: start_again\n")),
            "the other side keeps no mark, so it is never out of step",
        ),
        (
            changed((LINE, f"{LINE}    match: [{{all: [Text]}}]\n")),
            "what The Board has of the entries cannot be read, so nothing is found there",
        ),
        (
            changed((LINE, f"{LINE}    edited: restore\n")),
            "what The Board has of the entries cannot be read, so no edit of them is ever seen",
        ),
        (
            changed(("{created: create, changed: update, deleted: ignore}}\n    fields:\n      First", "{created: create, changed: update, deleted: delete}}\n    fields:\n      First")),
            "that one of the years is missing in The Books does not mean that it was deleted",
        ),
        (
            changed((", where: {Draft: false}", "")),
            "nothing says here who may come in, so nobody is ever filtered out",
        ),
        (
            changed(("sum: [Amount]", "sum: [Changed]")),
            "no row holds 'Changed', and a sum over several records is one of rows",
        ),
        (
            changed(("equals: 0}", "equals: Amount}")),
            "a sum over several records equals a number",
        ),
        (changed(("used_by: [line]", "used_by: [lien]")), "'lien' is not another entity"),
        (reconciled(("resource: balances, sum: value", "resource: entries, sum: value")), "what The Board has of the entries cannot be read"),
        (reconciled((", year: year", "")), "it is not said when a year ends"),
        (reconciled(("until: Day}", "until: Dya}")), "lines of The Books have no field 'Dya'"),
        (reconciled(("        books: {sum: Amount, per: Account.Code, until: Day}\n", "")), "it is not said where the amounts of 'books' stand"),
        (with_scope(("  named_by: board\n", "")), "it is not said on which side a person pairs the books"),
        (with_scope(("named_by: board", "named_by: bord")), "'bord' is not one of the two sides"),
        (with_scope(("  books: {resource: folders, key: Code}\n", "")), "it is not said which records of The Books stand for a set of books"),
        (with_scope(("Draft: false}", "Day: {from: {scope: form}}}")), "client files"),
        (changed(("Draft: false}", "Day: {from: {scope: from}}}")), "there is only one pair of books here: no record names it"),
        (
            with_scope(("Draft: false}", "Day: {from: {scope: from}}}"), (LINE, f"{LINE}    outside_scope: true\n")),
            "'line' happens once for all pairs of books",
        ),
        (changed((LINE, f"{LINE}    outside_scope: true\n")), "there is only one pair of books here, so nothing is outside of it"),
        (
            with_scope(("  books: {resource: folders, key: Code}", "  books: {resource: years, key: Code}")),
            "pairs of books are made of these years: here each pair brings all of them",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_delivered_is_told(text: str, message: str) -> None:
    found = told(text)

    assert any(
        each.startswith(message) or (message == "client files" and "have no field 'form'" in each) for each in found
    ), found


# Manifests -------------------------------------------------------------------------------------------------------------

READ = "    read: none\n    create: {requires: [key"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key, account, value], unknown_outcome: repeat_safe", "key, account, value], unknown_outcome: ask", "what cannot be read back can only be created if"),
        (READ, READ.replace("    read: none\n", ""), "what can be read back is written one by one"),
        ("    delete: repeat_safe\n    batch: {size: 4, mark: last}", "    delete: by_id\n    batch: {size: 4, mark: last}", "what cannot be read back can only be deleted if"),
        ("    update: whole_object\n    delete: repeat_safe\n    batch: {size", "    update: sent_fields\n    delete: repeat_safe\n    batch: {size", "what cannot be read back is sent whole"),
        ("batch: {size: 4, mark: last}\n    fields:\n      key", "batch: {mark: last}\n    fields:\n      key", "it is not said how many records a call takes"),
        (READ, f"    active: {{field: text, inactive: x}}\n{READ}", "nobody can see whether a record is in use"),
    ],
)  # fmt: skip
def test_a_side_that_cannot_be_read_back_promises_nothing_that_needs_a_look(old: str, new: str, message: str) -> None:
    assert BOARD.count(old) == 1
    with pytest.raises(SpecError) as caught:
        manifest_of(BOARD.replace(old, new))
    assert caught.value.problems[0].message.startswith(message)


def test_what_a_batch_says_is_read() -> None:
    resources = manifest_of(BOARD).resources
    entries, years = resources["entries"].batch, resources["years"].batch
    assert entries is not None
    assert years is not None

    assert (entries.size, entries.mark, entries.whole_list) == (4, "last", False)
    assert (years.whole_list, years.beside) == (True, ("carry",))
    assert (resources["entries"].readable, resources["entries"].delete_again) == (False, True)
    assert resources["accounts"].deletable is False
    assert manifest_of(BOOKS).resources["lines"].readable


# What is bound to a pair ------------------------------------------------------------------------------------------------


def test_what_happens_once_is_told_apart_from_what_happens_for_each_pair() -> None:
    loaded = load(with_scope(("    about: Years.\n", "    about: Years.\n    outside_scope: true\n")))

    assert list(scoped.outside(loaded).entities) == ["year"]
    assert list(scoped.inside(loaded, {}).entities) == ["account", "line"]
    assert list(scoped.outside(load()).entities) == ["year", "account", "line"]


def test_a_value_of_the_pair_stands_where_a_test_asks_for_it_and_is_part_of_the_digest() -> None:
    loaded = load(with_scope(("Draft: false}", "Day: {from: {scope: from}}, Doc: {scope: folder}}")))
    first, other, none = (scoped.inside(loaded, each) for each in ({"from": "2026-01-01", "folder": "A", "id": 1}, {"from": "2026-01-02", "folder": "A"}, {"from": None}))  # fmt: skip

    assert first.entities["line"].sources["books"].where == {"Day": {"from": "2026-01-01"}, "Doc": "A"}
    assert none.entities["line"].sources["books"].where == {"Day": {"from": None}, "Doc": []}
    assert len({first.digest, other.digest, none.digest, loaded.digest}) == 4
    assert scoped.inside(loaded, {"from": "2026-01-01", "folder": "A", "id": 2}).digest == first.digest
