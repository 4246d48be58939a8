"""The command that holds a provider to the contract; what samples may say; and what a manifest says that does not fit."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from syncrules import provider
from syncrules.cli.commands import commands
from syncrules.contract import PROMISES, bench_of, samples
from syncrules.contract.line import MISHAPS, Line, Listening, Turned
from syncrules.errors import OutcomeUnknown, SpecError, Unreachable
from syncrules.http import Response
from syncrules.manifest import Field

QUICKLY = ("--over", "twin", "--size", "0", "--brief")


def typed(*words: str) -> tuple[int, str]:
    told = CliRunner().invoke(commands, ["check-provider", *words])
    return told.exit_code, told.output


def test_the_command_tells_of_every_promise() -> None:
    code, told = typed("silverfin", *QUICKLY)

    assert code == 0, told
    assert [each for each in PROMISES if f"  {each}" not in told] == []
    assert "not looked at" in told
    assert "silverfin keeps every promise." in told


def test_a_program_is_told_as_the_schema_says() -> None:
    schema = json.loads((files("syncrules") / "cli" / "output.schema.json").read_text(encoding="utf-8"))
    code, told = typed("silverfin", *QUICKLY, "--json")
    given = json.loads(told)

    assert code == 0
    assert list(Draft202012Validator(schema).iter_errors(given)) == []
    assert [each["promise"] for each in given["looked_at"][0]["promises"]] == list(PROMISES)


def test_a_provider_that_is_not_there_is_told() -> None:
    code, told = typed("nobody")

    assert code == 2
    assert "No provider named 'nobody'" in told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("samples: 1\nresources: {cards: {}}\n", "no 'cards'"),
        ("samples: 1\nresources: {relations: {fields: {Colour: red}}}\n", "'Colour' is not a field"),
        (
            "samples: 1\nresources: {relations: {leave_out: [Code]}}\n",
            "a list cannot stand after 'leave_out': it takes a map",
        ),
        ("samples: 2\n", "'2' cannot stand after 'samples': it takes 1"),
    ],
)
def test_samples_that_are_about_nothing_are_told_with_their_place(text: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "books.samples.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SpecError, match=why) as told:
        samples.load(file, provider.find("eboekhouden-soap").manifest)

    assert all(each.place for each in told.value.problems)


class Echo:
    """Answers every request, and counts them."""

    def __init__(self) -> None:
        self.arrived = 0

    def carry(self, *_: Any) -> Response:
        self.arrived += 1
        return Response(200, {}, b"0123456789")

    def close(self) -> None: ...


@pytest.mark.parametrize("mishap", MISHAPS)
def test_a_mishap_befalls_only_what_it_is_meant_for(mishap: Any) -> None:
    echo, clock = Echo(), Turned()
    line = Line(echo)
    http = Listening("Echo", clock, line)
    before = clock.now()
    with line.spoilt(mishap, "writes"):
        read = http.send("GET", "https://echo.example/", what="read", writes=False)
        try:
            written: Response | None = http.send("POST", "https://echo.example/", what="write", writes=True)
        except (OutcomeUnknown, Unreachable):
            written = None

    assert read.content == b"0123456789"
    assert written is None or mishap in ("429", "503", "no connection") or written != read
    assert echo.arrived == 1 + (mishap not in ("lost before", "500", "404"))
    assert len(line.asked) == len(line.taken)
    assert clock.now() - before < 30


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        (Field("Code", max_length=3), "1234", "has 4 characters, and takes 3"),
        (Field("Code", max_length=3), "123", ""),
        (Field("Currency", min_length=3, max_length=3), "EU", "has 2 characters, and needs 3"),
        (Field("Kind", enum=("B", "P")), "Z", "cannot be 'Z': it takes B, P"),
        (Field("Kind", type="integer", enum=(0, 1)), 2, "cannot be 2: it takes 0, 1"),
        (Field("Number", format="digits"), "12a", "cannot be '12a': it takes digits only"),
        (Field("Number", format="digits"), "0012", ""),
        (Field("Account", format="iban"), "NL00TEST0000000001", "it takes an IBAN only"),
        (Field("Day", format="date"), "2026-02-30", "it takes a day only"),
        (Field("Day", format="date"), "2026-02-28T00:00:00Z", ""),
        (Field("Price", type="number"), Decimal("1.5"), ""),
    ],
)
def test_what_does_not_fit_a_field_is_said(field: Field, value: Any, why: str) -> None:
    said = field.unfit(value)

    assert why in said if why else said == ""


def test_what_does_not_fit_is_found_at_any_depth() -> None:
    manifest = provider.find("tribe").manifest

    assert manifest.unfit("payments", {"Currency": "EURO"}).startswith("Currency (Currency) has 4 characters")
    assert manifest.unfit("payments", {"Currency": "EUR", "Amount": Decimal(1), "Invoice": {"ID": "x"}}) == ""


def test_the_bench_takes_another_system_when_the_calls_of_a_day_run_out() -> None:
    with bench_of("yuki", "sandbox", size=0) as bench:
        first = bench.answers["url"]
        bench.system.account()
        bench.begin()
        same = bench.answers["url"]
        bench.line.taken += ["SearchContacts"] * 500
        bench.begin()

        assert same == first != bench.answers["url"]
        assert bench.rows("administrations")
