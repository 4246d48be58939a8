"""A mapping is found, completed with what it extends and what its entities are like, and becomes a spec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir, suppress
from datetime import timedelta
from functools import reduce
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import SOUND, changed, load, problems, provider

from syncrules.errors import SpecError, UsageError
from syncrules.language import spec
from syncrules.language.model import Reaction, Rhythm, Row, SettingTest, Spec, Tier

OURS = """\
syncrules: 1
title: The Ledger for The Shop, as we use it
extends: base.yaml
"""


def extended(more: str, base: str = SOUND) -> Spec:
    """Load a mapping that extends the sound one."""
    return load(OURS + more, base=base)


def row(mapping: Spec, entity: str, name: str) -> Row:
    """Find a row by its name."""
    return next(each for each in mapping.entities[entity].rows if each.name == name)


def row_names(mapping: Spec, entity: str) -> list[str]:
    """List the rows of an entity in their order."""
    return [each.name for each in mapping.entities[entity].rows]


# Finding ------------------------------------------------------------------------------------------------------------


def test_an_installed_mapping_is_found_by_its_name() -> None:
    assert spec.names()
    for name in spec.names():
        assert spec.find(name).name == f"{name}.yaml"


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    known = spec.names()[0]

    with pytest.raises(UsageError, match=f"no mapping named '{known}x' is installed") as caught:
        spec.find(f"{known}x")

    assert caught.value.cure.startswith(f"Did you mean '{known}'? There are: ")


def test_a_path_that_leads_nowhere_is_answered_with_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text("", encoding="utf-8")

    with pytest.raises(UsageError, match="there is no file") as caught:
        spec.find(str(tmp_path / "uors.yaml"))

    assert caught.value.cure == "Did you mean 'ours.yaml'? There are: ours.yaml."


def test_a_folder_that_is_not_there_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        spec.find(str(tmp_path / "nowhere" / "ours.yaml"))


@pytest.mark.parametrize("name", spec.names())
def test_every_installed_mapping_says_only_what_can_be_carried_out(name: str) -> None:
    mapping = spec.load(name)

    assert mapping.name == name
    assert set(mapping.manifests) == set(mapping.sides)


# Reading ------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_yaml_is_told_where() -> None:
    assert [str(each.place) for each in problems("title: }")] == ["mapping.yaml:1:8"]


def test_a_key_that_stands_twice_is_told() -> None:
    found = problems(changed(("    leading: shop\n", "    leading: shop\n    leading: ledger\n")))

    assert [(each.message, str(each.place)) for each in found] == [
        ("'leading' stands here twice; the first is in line 38", "mapping.yaml:39:5")
    ]


def test_a_key_that_stands_twice_does_not_hide_what_else_is_wrong() -> None:
    found = problems(changed(("    leading: shop\n", "    leading: shop\n    leading: ledger\n    laeding: shop\n")))

    assert len(found) == 2


@pytest.mark.parametrize(("text", "message"), [("", "the file is empty"), ("- a", "a mapping begins with keys")])
def test_a_file_that_is_no_mapping_is_told(text: str, message: str) -> None:
    assert message in problems(text)[0].message


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_bytes("title: België".encode("latin-1"))

    with chdir(tmp_path), pytest.raises(SpecError) as caught:
        spec.load("mapping.yaml", provider)

    assert [each.message for each in caught.value.problems] == ["this is not a text in UTF-8"]


def test_a_mapping_without_sides_is_told() -> None:
    found = problems(changed(("sides:\n  shop: {provider: shop}\n  ledger: {provider: ledger}\n", "")))

    assert [each.message for each in found] == ["it is not said between which systems this goes"]


def test_a_mapping_without_entities_is_told() -> None:
    found = problems(SOUND[: SOUND.index("settings:")])

    assert [each.message for each in found] == ["the mapping has no entities"]


# What a spec holds --------------------------------------------------------------------------------------------------


def test_a_spec_says_what_the_file_says() -> None:
    mapping = load(SOUND)

    customer, invoice, payment = mapping.entities.values()
    assert (mapping.name, mapping.sides, mapping.other("shop")) == ("mapping", ("shop", "ledger"), "ledger")
    assert (customer.sources["ledger"].resource, customer.sources["ledger"].is_) == ("debtors", {"Kind": "B"})
    assert (customer.imports_from, customer.link_id_of, customer.link_kept_in) == ("ledger", "ledger", "shop")
    assert customer.tiers == (Tier("any", (("Number", ()),)),)
    assert (customer.needs[0].side, customer.needs[0].path, customer.needs[0].to) == ("shop", "Number", "ledger")
    assert invoice.enabled == SettingTest("book orders", True)
    assert (invoice.imports_from, invoice.tiers) == ("", ())
    assert payment.for_each == ("invoice",)
    assert mapping.settings["VAT codes"].for_each == ("shop", "groups")
    assert (mapping.settings["VAT codes"].choose, mapping.settings["VAT codes"].where) == (
        ("ledger", "codes"),
        {"Rate": 21},
    )
    assert mapping.settings["book orders"].answer == "yes_or_no"
    assert mapping.preflights[0].resources == {"shop": "customers"}


def test_rhythms_are_typed_for_each_side_and_happening() -> None:
    rhythm = "ledger: {every: {hours: 24}, deactivated: at_once, on_request: shop}"

    mapping = load(changed(("ledger: {every: {hours: 24}}", rhythm)))

    assert mapping.entities["customer"].rhythms == {
        "shop": {"": Rhythm("at_once")},
        "ledger": {
            "": Rhythm("every", every=timedelta(hours=24), on_request="shop"),
            "deactivated": Rhythm("at_once"),
        },
    }
    assert mapping.entities["payment"].rhythms == {"ledger": {"": Rhythm("daily", daily="06:30")}}


def test_events_are_complete_and_what_is_not_said_destroys_nothing() -> None:
    events = load(SOUND).entities["invoice"].events

    assert {each: reaction.then for each, reaction in events["shop"].items()} == {
        "created": "create",
        "changed": "report",
        "already_inactive": "skip",
        "deactivated": "ignore",
        "reactivated": "ignore",
        "deleted": "ignore",
        "changed_kind": "ask",
        "filtered_out": "ignore",
    }
    assert {reaction.then for reaction in events["ledger"].values()} == {"ignore", "skip", "ask"}


def test_an_event_may_depend_on_a_setting() -> None:
    mapping = load(changed(("changed: report", "changed: {then: report, if: {setting: book orders, equals: false}}")))

    assert mapping.entities["invoice"].events["shop"]["changed"] == Reaction(
        "report", SettingTest("book orders", False)
    )


def test_a_row_takes_its_way_from_its_entity_and_lines_too() -> None:
    mapping = load(SOUND)

    assert row(mapping, "customer", "Name").to == "both"
    assert (row(mapping, "customer", "Name").leading, row(mapping, "customer", "Name").edited) == ("shop", "keep")
    assert (row(mapping, "invoice", "Order number").to, row(mapping, "invoice", "Order number").leading) == (
        "ledger",
        "ask",
    )
    (template,) = row(mapping, "invoice", "Lines").lines
    assert (template.name, template.for_each, template.unless) == ("each line", "Lines", {"Net": 0})
    assert (template.rows[0].name, template.rows[0].to) == ("Net amount", "ledger")
    assert template.rows[1].values == ({"setting": "VAT codes"},)


# Extending ----------------------------------------------------------------------------------------------------------


def test_a_mapping_that_extends_another_says_everything_else_as_there() -> None:
    base, ours = load(SOUND), extended("")

    assert (ours.title, ours.entities, ours.settings) == (
        "The Ledger for The Shop, as we use it",
        base.entities,
        base.settings,
    )
    assert ours.digest == base.digest


def test_one_word_of_a_row_is_changed_and_the_rest_stays() -> None:
    ours = extended("entities: {customer: {fields: {Number: {to: ledger}, Name: {too_long: report}}}}\n")

    assert (row(ours, "customer", "Number").sides, row(ours, "customer", "Number").to) == (
        {"shop": "Number", "ledger": "Code"},
        "ledger",
    )
    assert (row(ours, "customer", "Name").sides["shop"], row(ours, "customer", "Name").too_long) == ("Name", "report")


def test_rows_keep_their_order_and_new_ones_come_last() -> None:
    more = "entities: {customer: {fields: {Limit: {shop: Limit, ledger: Limit}, Name: {too_long: report}}}}\n"

    assert row_names(extended(more), "customer") == ["Name", "Number", "Address", "Limit"]


def test_none_takes_a_row_away() -> None:
    more = "entities: {customer: {fields: {Name: {to: both}, Address: none}}, payment: none}\npreflight: {Customers without a number: none}\n"

    ours = extended(more)

    assert row_names(ours, "customer") == ["Name", "Number"]
    assert (list(ours.entities), len(ours.preflights)) == (["customer", "invoice"], 1)


def test_none_that_takes_nothing_away_is_a_mistake() -> None:
    found = problems(f"{OURS}entities:\n  customer:\n    fields:\n      Adress: none\n", base=SOUND)

    assert [(each.message, each.suggestion, str(each.place)) for each in found] == [
        (
            "'none' takes 'Adress' away, but nothing of that name is inherited",
            "did you mean 'Address'?",
            "mapping.yaml:7:7",
        )
    ]


@pytest.mark.parametrize(
    ("entity", "taken", "told"),
    [
        ("customer", "Number", ["SR045", "SR116"]),
        ("invoice", "Order number", ["SR045"]),
        ("invoice", "Order day", ["SR116"]),
        ("invoice", "Debtor", ["SR116"]),
    ],
)
def test_a_row_that_is_still_needed_is_told_of_where_it_is_taken_away(entity: str, taken: str, told: list[str]) -> None:
    found = problems(f"{OURS}entities:\n  {entity}:\n    fields:\n      {taken}: none\n", base=SOUND)

    serious = [each for each in found if each.serious]
    assert [each.code for each in serious] == told
    assert {str(each.place) for each in serious} == {"mapping.yaml:7:7"}
    assert all("is taken away here" in each.message for each in serious)


def test_what_follows_from_an_entity_that_was_taken_away_is_not_told_besides() -> None:
    status = """\
  status:
    about: Whether an order was paid.
    for_each: invoice
    shop: {resource: orders}
    ledger: {resource: open items, belongs_to: {Number: Order number}}
    to: shop
    when: {ledger: {daily: "06:30"}}
    events: {ledger: {created: create, changed: update, deleted: ignore}}
    fields:
      Status:
        shop: Status
        ledger: {total: Total, open: Open}
        as: paid_in_full
        values: [{shop: paid, ledger: true}, {shop: sent, ledger: false}]
"""
    whole = SOUND + status

    found = problems(f"{OURS}entities:\n  invoice: none\n", base=whole)

    assert [each for each in problems(whole) if each.serious] == []
    assert [(each.code, str(each.place)) for each in found if each.serious] == [("SR044", "mapping.yaml:5:3")]


def test_none_for_a_name_that_is_like_no_other_is_told_what_there_is() -> None:
    (found,) = problems(f"{OURS}entities:\n  customer:\n    fields:\n      Telephone: none\n", base=SOUND)

    assert found.suggestion == "Take this line away, or name one of: Name, Number, Address."


def test_what_is_taken_away_twice_is_gone_once() -> None:
    base = changed(PRIVATE_SHOP, CHANGED_KIND) + PRIVATE.replace(
        "    needs", "    shop: {is: {Kind: P}}\n    needs"
    ).replace("      Number: {to: match}\n", "")

    ours = extended("entities: {customer: {fields: {Address: none}}}\n", base)

    assert row_names(ours, "customer") == row_names(ours, "private customer") == ["Name", "Number"]


def test_what_is_not_a_map_of_names_is_replaced_whole() -> None:
    more = """\
entities:
  customer:
    match: [{all: [Name]}]
    when: {ledger: {daily: "22:00"}}
    fields:
      Address: {ledger: {street: Street, city: Town}}
"""

    customer = extended(more).entities["customer"]

    assert customer.tiers == (Tier("all", (("Name", ()),)),)
    assert customer.rhythms["ledger"] == {"": Rhythm("daily", daily="22:00")}
    assert customer.rhythms["shop"] == {"": Rhythm("at_once")}
    assert customer.rows[2].sides["ledger"] == {"street": "Street", "city": "Town"}


def test_conditions_constants_events_and_needs_merge_by_their_names() -> None:
    more = """\
entities:
  customer:
    ledger: {is: {Kind: none, Blocked: false}, set: {Limit: 100}}
    needs:
      no number: {shop: Name}
      no limit: {shop: Limit, to: ledger}
    events: {ledger: {deleted: unlink}}
"""

    customer = extended(more).entities["customer"]

    assert (customer.sources["ledger"].is_, customer.sources["ledger"].set) == ({"Blocked": False}, {"Limit": 100})
    assert [(each.name, each.path, each.cure) for each in customer.needs] == [
        ("no number", "Name", "Fill in the number."),
        ("no limit", "Limit", ""),
    ]
    assert customer.events["ledger"]["deleted"] == Reaction("unlink")
    assert customer.events["ledger"]["created"] == Reaction("create")


def test_one_field_of_a_line_is_changed() -> None:
    more = (
        "entities: {invoice: {fields: {Lines: {lines: {each line: {fields: {Row text: {shop: Text}, Code: none}}}}}}}\n"
    )

    found = [each for each in extended(more).entities["invoice"].rows if each.lines]

    assert [(each.name, each.sides["shop"]) for each in found[0].lines[0].rows] == [
        ("Net amount", "Net"),
        ("Row text", "Text"),
    ]


def test_every_part_remembers_the_file_where_it_was_written() -> None:
    ours = extended("entities:\n  customer:\n    fields:\n      Name: {too_long: report}\n")

    path = ("entities", "customer", "fields", "Name")
    assert ours.place(*path) == "mapping.yaml:7:7"
    assert ours.place(*path, "too_long") == "mapping.yaml:7:14"
    assert ours.place(*path, "ledger") == "base.yaml:44:26"
    assert ours.place("entities", "payment") == "base.yaml:77:3"
    assert ours.place(*path, "not said") == "mapping.yaml:7:7"


def test_a_problem_in_what_is_extended_is_told_there() -> None:
    found = problems(OURS, base=changed(("leading: shop", "leading: shup")))

    assert [str(each.place) for each in found] == ["base.yaml:38:14"]


def test_an_entity_that_is_misspelt_in_an_extension_is_not_a_new_one() -> None:
    found = problems(f"{OURS}entities:\n  custmer:\n    fields: {{Name: {{to: shop}}}}\n", base=SOUND)

    assert found
    assert "did you mean 'customer'?" in {each.suggestion for each in found}


def test_mappings_that_extend_each_other_are_refused() -> None:
    found = problems(OURS, base=changed(("sides:\n", "extends: mapping.yaml\nsides:\n")))

    assert [(each.message, str(each.place)) for each in found] == [
        ("these mappings extend each other, in a circle", "base.yaml:3:10")
    ]


def test_extending_what_is_not_there_is_told_with_the_nearest() -> None:
    found = problems(OURS.replace("base.yaml", "bsae.yaml"), base=SOUND)

    assert [(each.message, each.suggestion) for each in found] == [
        ("there is no file bsae.yaml", "Did you mean 'base.yaml'? There are: base.yaml, mapping.yaml.")
    ]


def test_a_mapping_extends_one_that_extends_another() -> None:
    middle = OURS.replace("base.yaml", "bottom.yaml") + "entities: {customer: {leading: ledger}}\n"

    mapping = load(f"{OURS}entities: {{customer: {{edited: restore}}}}\n", base=middle, bottom=SOUND)

    assert (row(mapping, "customer", "Name").leading, row(mapping, "customer", "Name").edited) == ("ledger", "restore")


# Being like another -------------------------------------------------------------------------------------------------

PRIVATE = """\
  private customer:
    about: Private customers.
    like: customer
    ledger: {is: {Kind: P}}
    needs:
      no number: {shop: Name}
    fields:
      Number: {to: match}
      Address: none
"""
PRIVATE_SHOP = ("    shop: {resource: customers}\n", "    shop: {resource: customers, is: {Kind: B}}\n")
CHANGED_KIND = (
    "deactivated: ignore, deleted: ignore}\n      ledger",
    "deactivated: ignore, deleted: ignore, changed_kind: ask}\n      ledger",
)


def test_an_entity_is_like_another_except_for_what_it_says() -> None:
    text = changed(PRIVATE_SHOP, CHANGED_KIND) + PRIVATE.replace("    needs", "    shop: {is: {Kind: P}}\n    needs")
    text = text.replace("Number: {to: match}", "Name: {too_long: report}")

    mapping = load(text)

    private = mapping.entities["private customer"]
    assert (private.about, private.to, private.imports_from) == ("Private customers.", "both", "ledger")
    assert (private.sources["ledger"].resource, private.sources["ledger"].is_) == ("debtors", {"Kind": "P"})
    assert (private.needs[0].path, private.needs[0].to) == ("Name", "ledger")
    assert [each.name for each in private.rows] == ["Name", "Number"]
    assert mapping.place("entities", "private customer", "fields", "Number") == "mapping.yaml:45:7"


def test_an_entity_is_like_another_without_some_of_its_parts() -> None:
    like = """\
  private customer:
    about: Private customers.
    like: {entity: customer, without: [fields, match]}
    shop: {is: {Kind: P}}
    ledger: {is: {Kind: P}}
    fields:
      Last name: {shop: Name, ledger: Name, too_long: cut}
      Number: {shop: Number, ledger: Code}
"""

    private = load(changed(PRIVATE_SHOP, CHANGED_KIND) + like).entities["private customer"]

    assert ([each.name for each in private.rows], private.tiers) == (["Last name", "Number"], ())


def test_being_like_nothing_is_told_with_the_nearest() -> None:
    found = problems(SOUND + PRIVATE.replace("like: customer", "like: cutsomer"))

    assert [(each.message, each.suggestion, str(each.place)) for each in found] == [
        ("there is no entity 'cutsomer' to be like", "did you mean 'customer'?", "mapping.yaml:90:11")
    ]


def test_entities_that_are_each_like_the_other_are_refused() -> None:
    found = problems(
        changed(("    about: Business customers.\n", "    about: Business.\n    like: private customer\n")) + PRIVATE
    )

    assert [each.message for each in found] == [
        "these entities are each like the other: customer → private customer → customer"
    ]


def test_about_is_not_taken_over() -> None:
    found = problems(SOUND + PRIVATE.replace("    about: Private customers.\n", ""))

    assert "'private customer' does not say what it is about" in [each.message for each in found]


def test_an_extension_of_one_kind_reaches_those_that_are_like_it() -> None:
    base = changed(PRIVATE_SHOP, CHANGED_KIND) + PRIVATE.replace(
        "    needs", "    shop: {is: {Kind: P}}\n    needs"
    ).replace("      Number: {to: match}\n", "")

    ours = extended(
        "entities: {customer: {fields: {Limit: {shop: Limit, ledger: Limit}, Number: {to: ledger}}}}\n", base
    )

    assert row_names(ours, "private customer") == ["Name", "Number", "Limit"]
    assert row(ours, "private customer", "Number").to == "ledger"


def test_a_kind_that_is_told_apart_on_one_entity_only_would_be_both() -> None:
    base = changed(PRIVATE_SHOP, CHANGED_KIND) + PRIVATE.replace(
        "    needs", "    shop: {is: {Kind: P}}\n    needs"
    ).replace("      Number: {to: match}\n", "")

    found = problems(f"{OURS}entities: {{customer: {{ledger: {{is: {{Kind: none, Blocked: false}}}}}}}}\n", base=base)

    assert [each.message for each in found] == [
        "debtors of The Ledger can be 'customer' and 'private customer' at once: nothing tells the two apart "
        "(taken over from base.yaml:91:5)"
    ]
    assert str(found[0].place).startswith("mapping.yaml:")


# The digest ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        ("title: The Ledger for The Shop", "title: Another title  # and a comment"),
        ("about: Business customers.", "about: Companies."),
        ("cure: Fill in the number.", "cure: Ask for the number."),
        ("ask: Do orders go to The Ledger?", "ask: Shall we book your orders?"),
        ("lossy: A number", "lossy: Some number"),
        ("Number: {shop: Number, ledger: Code}", "Number:\n        shop: Number\n        ledger: Code"),
    ],
)
def test_what_only_a_reader_sees_does_not_change_the_digest(change: tuple[str, str]) -> None:
    assert load(changed(change)).digest == load(SOUND).digest


@pytest.mark.parametrize(
    "change",
    [
        ("leading: shop", "leading: ledger"),
        ("unless: {Net: 0}", "unless: {Net: 1}"),
        ("any: [Number]", "any: [Name]"),
        ("      Name: {shop: Name", "      Title: {shop: Name"),
        ("{hours: 24}", "{hours: 12}"),
    ],
)
def test_what_changes_what_is_done_changes_the_digest(change: tuple[str, str]) -> None:
    assert load(changed(change)).digest != load(SOUND).digest


def test_the_order_of_rows_counts_in_the_digest() -> None:
    name = "      Name: {shop: Name, ledger: Name, too_long: cut}\n"
    number = "      Number: {shop: Number, ledger: Code}\n"

    assert load(changed((name + number, number + name))).digest != load(SOUND).digest


# Damage -------------------------------------------------------------------------------------------------------------

Step = str | int


def inside(data: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """List the path of every part of a document."""
    for key, each in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield (*path, key)
        yield from inside(each, (*path, key))


PATHS = list(inside(pyyaml.safe_load(SOUND)))
JUNK: list[Any] = [None, "", "x", "none", "a ||", 3, True, [], ["x"], [["x"]], {}, {"x": "y"}, {"setting": "x"}]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(JUNK)), min_size=1, max_size=3))
def test_damage_is_told_and_never_an_accident(damage: list[tuple[tuple[Step, ...], Any]]) -> None:
    data = pyyaml.safe_load(SOUND)
    for (*above, last), junk in damage:
        with suppress(KeyError, IndexError, TypeError):
            reduce(lambda part, step: part[step], above, data)[last] = junk

    for each in problems(pyyaml.safe_dump(data, sort_keys=False)):
        assert each.message
        assert each.place
        assert each.suggestion or not each.serious


@pytest.mark.requirement("X-11")
def test_who_misspells_what_is_extended_is_told_that_alone(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("syncrules: 1\ntitle: Ours\nextnds: tribe-yuki\n", encoding="utf-8")

    with pytest.raises(SpecError) as caught:
        spec.load(str(path))

    assert [(each.code, each.place.line) for each in caught.value.problems if each.place] == [("SR020", 3)]


def test_a_provider_that_is_installed_and_cannot_be_loaded_is_told_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("syncrules: 1\ntitle: Ours\nextends: tribe-eboekhouden\n", encoding="utf-8")

    def fails(_: EntryPoint) -> None:
        raise ImportError("no module named 'torn'")

    monkeypatch.setattr(EntryPoint, "load", fails)
    with pytest.raises(SpecError) as caught:
        spec.load(str(file))

    said = caught.value.problems[0]
    assert (
        said.message == "the provider 'tribe' is installed and cannot be loaded (ImportError: no module named 'torn')"
    )
    assert said.suggestion == "Install syncrules again, or report it to who made it."
    assert said.place is not None
