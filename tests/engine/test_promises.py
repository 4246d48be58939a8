"""Promises beside the examples, of what no plan shows; and the line that is named when an example does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_examples_carried_out import OWN, read, written

from syncrules.errors import SpecError
from syncrules.examples import load, trial
from syncrules.examples.blame import Blame
from syncrules.examples.play import Stage
from syncrules.examples.promises import Held
from syncrules.language import spec


def broken(folder: Path, promise: str, mapping: str = OWN) -> list[tuple[object, object, str]]:
    """Hold a mapping against one promise; give what was expected, what is so, and the line that is named."""
    name = written(folder, f"promises:\n  mine: {{{promise}}}\n", mapping)
    loaded = spec.load(name)
    examples = load.load(loaded)
    (mine,) = (each for each in examples.promises if each.says == "mine")
    return [(each.expected, each.got, each.rule) for each in Held(loaded, examples).differences(mine)]


@pytest.mark.parametrize(
    ("promise", "expected", "got"),
    [
        ("setting: currency, suggests: nothing, lists: {winbooks: {currencies: [{Code: EUR}]}}", None, "EUR"),
        ("setting: currency, choices: [USD], lists: {winbooks: {currencies: [{Code: EUR}]}}", ["USD"], ["EUR"]),
        ("setting: currency, without_an_answer: report", "report", "stop"),
        ("entity: customer, travels: {winbooks: {every: {hours: 1}}}", {"minutes": 60}, {"minutes": 1440}),
        ("entity: invoice, travels: {winbooks: at_once}", "at_once", "never"),
        ("entity: customer, asks_above: {deactivations: 5}", 5, 50),
        ("preflight: Customers without a debtor number, finds: [Nobody]", ["Nobody"], []),
    ],
)  # fmt: skip
def test_a_promise_that_is_broken_tells_what_is_so(tmp_path: Path, promise: str, expected: object, got: object) -> None:
    (found,) = broken(tmp_path, promise)

    assert found[:2] == (expected, got)
    assert found[2].startswith("tribe-winbooks.yaml:")


def test_a_promise_of_what_the_mapping_does_not_have_is_broken_and_names_where_it_would_stand(tmp_path: Path) -> None:
    (found,) = broken(tmp_path, "preflight: Nothing of the kind")

    assert found[1] == "there is no such question"
    assert found[2].startswith("tribe-winbooks.yaml:")


def test_a_promise_must_promise_something(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        read(tmp_path, "promises:\n  mine: {shows: [X]}\n  yours: {travels: {tribe: at_once}}\n")

    assert [each.message for each in caught.value.problems] == [
        "this promises nothing",
        "of which entity is this promised?",
    ]


@pytest.mark.parametrize(
    ("change", "says", "line"),
    [
        ("events: {winbooks: {changed: ignore}}", "whatever changes of a customer in WinBooks changes in Tribe", "changed: ignore"),
        ("needs: {no debtor number: {tribe: Organization.CreditorNumber, to: winbooks, cure: x}}", "a customer without a debtor number waits", "CreditorNumber"),
        ("fields: {Phone number: {winbooks: Third.InvoicingAddress.FaxNo}}", "a customer that is new in Tribe goes to WinBooks with all that travels", "FaxNo"),
    ],
)  # fmt: skip
def test_an_example_that_fails_points_at_the_line_that_decided(
    tmp_path: Path, change: str, says: str, line: str
) -> None:
    mapping = OWN + f"entities:\n  customer:\n    {change}\n"
    loaded = spec.load(written(tmp_path, "examples: {}\n", mapping))
    stage = Stage(loaded, load.load(loaded))
    (example,) = (each for each in stage.examples.examples if each.says == says)
    found = Blame(stage, trial.attempt).pointed(trial.attempt(stage, example)).differences[0]
    file, at, _ = found.rule.rsplit(":", 2)

    assert Path(file).name == "ours.yaml"
    assert line in mapping.splitlines()[int(at) - 1]
