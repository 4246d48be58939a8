"""Examples beside the rules: read, put together with those that are inherited, carried out, and held against the mapping."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from syncrules.errors import SpecError
from syncrules.examples import coverage, load, trial
from syncrules.examples.items import items
from syncrules.examples.model import Examples, Tried
from syncrules.language import spec

OWN = """\
syncrules: 1
title: Ours
extends: tribe-winbooks
"""


def written(folder: Path, examples: str, mapping: str = OWN) -> str:
    """Write a mapping with its examples beside it; give its path."""
    (folder / "ours.yaml").write_text(mapping, encoding="utf-8")
    (folder / "ours.examples.yaml").write_text(examples, encoding="utf-8")
    return str(folder / "ours.yaml")


def read(folder: Path, examples: str, mapping: str = OWN) -> Examples:
    return load.load(spec.load(written(folder, examples, mapping)))


def problems(folder: Path, examples: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read(folder, examples)
    return [str(each) for each in caught.value.problems]


def tried(folder: Path, says: str, mapping: str = OWN) -> Tried:
    """Carry out the one example that is written under `examples`."""
    name = written(folder, f"examples:\n  mine:\n{says}", mapping)
    loaded = spec.load(name)
    stage_ = load.load(loaded)
    return next(each for each in trial.tried(loaded, only(stage_, "mine")))


def only(examples: Examples, says: str) -> Examples:
    return replace(examples, examples=tuple(each for each in examples.examples if each.says == says))


WAITS = """\
    entity: customer
    tribe: {as: company in Tribe, ImportId: null, Debtor number: null}
    gives: {waits: no debtor number}
"""


def test_an_example_that_holds_passes(tmp_path: Path) -> None:
    assert tried(tmp_path, WAITS).passed


def test_an_example_that_fails_tells_what_came_out_and_which_rule_is_concerned(tmp_path: Path) -> None:
    found = tried(tmp_path, WAITS.replace("no debtor number", "something else"))
    (difference,) = found.differences

    assert (difference.what, difference.expected, difference.got) == ("waits", ["something else"], ["no debtor number"])
    assert str(difference.place).endswith("ours.examples.yaml:5:13")
    assert difference.rule.startswith("tribe-winbooks.yaml:")


def test_a_write_is_compared_field_by_field_and_with_its_row(tmp_path: Path) -> None:
    found = tried(
        tmp_path,
        """\
    entity: customer
    tribe: {as: company in Tribe}
    winbooks: {as: company in WinBooks}
    then: {winbooks: {Third.Name: Molen}}
    gives:
      update: {tribe: {Organization.Name: Muller, Email: info@halm.example}}
""",
    )

    assert [(each.what, each.expected, each.got) for each in found.differences] == [
        ("update in Tribe CRM: Organization.Name (Organisation name)", "Muller", "Molen"),
        ("update in Tribe CRM: Organization.EmailAddress (Email)", "info@halm.example", "(not written)"),
    ]


def test_a_row_that_is_named_stands_for_the_fields_that_it_writes(tmp_path: Path) -> None:
    found = tried(
        tmp_path,
        """\
    entity: customer
    tribe: {as: company in Tribe}
    winbooks: {as: company in WinBooks}
    then: {winbooks: {Invoice address: {line: Kade 3, postcode: "9000", city: Gent, country: BE}}}
    gives:
      update: {tribe: {Invoice address: {street: Kade, number: 3, postcode: "9000", city: Gent, country: BE}}}
""",
    )

    assert found.differences == []


def test_inherited_examples_are_run_against_the_extended_mapping(tmp_path: Path) -> None:
    name = written(tmp_path, "examples: {}\n", OWN + "entities: {customer: {fields: {Email: none}}}\n")
    mapping = spec.load(name)
    failed = [
        each.example.says
        for each in trial.tried(
            mapping, only(load.load(mapping), "a customer that is new in Tribe goes to WinBooks with all that travels")
        )
        if not each.passed
    ]

    assert failed == ["a customer that is new in Tribe goes to WinBooks with all that travels"]


def test_what_is_inherited_about_an_entity_that_is_taken_away_is_left_out(tmp_path: Path) -> None:
    examples = read(tmp_path, "examples: {}\n", OWN + "entities: {paid status: none}\n").examples

    assert "paid status" not in {each.entity for each in examples}
    assert "payment" in {each.entity for each in examples}


def test_an_example_is_replaced_by_one_of_its_name_or_taken_away(tmp_path: Path) -> None:
    gone, replaced = "a customer without a debtor number waits", "a credit note is no invoice"
    examples = read(
        tmp_path,
        f"examples:\n  {gone}: none\n  {replaced}:\n    entity: credit note\n    tribe: {{as: invoice}}\n    gives: another_kind\n",
    ).examples
    names = [each.says for each in examples]

    assert gone not in names
    assert names.count(replaced) == 1
    assert next(each for each in examples if each.says == replaced).entity == "credit note"


def test_examples_may_stand_in_the_mapping_itself(tmp_path: Path) -> None:
    mapping = OWN + "examples:\n  mine:\n" + WAITS
    (tmp_path / "ours.yaml").write_text(mapping, encoding="utf-8")
    loaded = spec.load(str(tmp_path / "ours.yaml"))

    assert "mine" in [each.says for each in load.load(loaded).examples]


def test_examples_change_nothing_of_what_a_mapping_does(tmp_path: Path) -> None:
    with_, without = OWN + "examples:\n  mine:\n" + WAITS, OWN
    digests = []
    for text in (with_, without):
        (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
        digests.append(spec.load(str(tmp_path / "ours.yaml")).digest)

    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ("examples:\n  mine: {entity: custmer, tribe: {}, gives: nothing}\n", "there is no entity 'custmer'"),
        ("examples:\n  mine: {entity: customer, tribe: {as: nobody}, gives: nothing}\n", "there is no record named 'nobody'"),
        ("examples:\n  mine: {entity: customer, tribe: {Nmae: x}, gives: nothing}\n", "'Nmae' is no row of 'customer'"),
        ("examples:\n  mine: {entity: customer, gives: nothing}\n", "no record is given"),
        ("examples:\n  mine: {entity: customer, tribe: {}, give: nothing}\n", "'give' means nothing here"),
        ("examples:\n  mine: {entity: customer, tribe: {}, then: {tribe: gone}, gives: nothing}\n", "only what was in step changes"),
        ("settings: {curency: EUR}\n", "there is no setting 'curency'"),
        ("time_zone: Europe/Nowhere\n", "there is no time zone 'Europe/Nowhere'"),
        ("lists: {tribe: {contries: []}}\n", "there is no resource of tribe 'contries'"),
        ("records: {one: {as: other}, other: {as: one}}\n", "in a circle"),
        ("examples:\n  nobody knows: none\n", "'none' takes 'nobody knows' away, but nothing of that name is inherited"),
        ("linked:\n  pair: {entity: customer, tribe: {}}\n", "the record of winbooks is missing here"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_of_examples_is_told_with_its_place(tmp_path: Path, examples: str, said: str) -> None:
    found = problems(tmp_path, examples)

    assert any(said in each and "ours.examples.yaml:" in each and "^" in each for each in found), found


def test_the_examples_of_the_manual_hold(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "mappings" / "README.md").read_text(encoding="utf-8")
    mapping = spec.load(
        written(tmp_path, "\n".join(re.findall(r"```yaml ours\.examples\.yaml\n(.*?)```", manual, re.DOTALL)))
    )
    every = load.load(mapping)
    own = replace(
        every,
        examples=tuple(each for each in every.examples if each.place.file.endswith("ours.examples.yaml")),
        promises=tuple(each for each in every.promises if each.place.file.endswith("ours.examples.yaml")),
    )

    assert (len(own.examples), len(own.promises)) == (3, 4)
    assert [each.differences for each in trial.tried(mapping, own) if not each.passed] == []


def test_coverage_tells_what_no_example_would_notice(tmp_path: Path) -> None:
    mapping = spec.load("tribe-winbooks")
    every = load.load(mapping)
    need = next(each for each in items(mapping) if each.kind == "needs" and each.entity == "customer")
    with_all = next(coverage.coverage(mapping, only(every, "a customer without a debtor number waits"), only=[need]))
    with_none = next(coverage.coverage(mapping, only(every, "a credit note is no invoice"), only=[need]))

    assert with_all.by == "a customer without a debtor number waits"
    assert with_none.by == ""
    assert with_all.place.startswith("tribe-winbooks.yaml:")


def test_a_row_that_an_example_only_touches_is_not_covered(tmp_path: Path) -> None:
    mapping = spec.load("tribe-winbooks")
    website = next(
        each for each in items(mapping) if each.says == "Website, from tribe to winbooks" and each.entity == "customer"
    )
    touched = only(load.load(mapping), "another spelling of the same in WinBooks changes nothing")

    assert next(coverage.coverage(mapping, touched, only=[website])).by == ""
