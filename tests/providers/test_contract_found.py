"""What the contract found in our transports, and how each does now: one case for each, apart from the contract itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from syncrules.contract import Bench, bench_of
from syncrules.errors import Nonsense, RecordGone, RecordRefused

NOBODY = "00000000-0000-4000-8000-00000000dead"


@pytest.fixture(scope="module")
def benches() -> Iterator[dict[str, Bench]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        names = ("tribe", "winbooks", "yuki", "eboekhouden-soap")
        yield {name: stack.enter_context(bench_of(name, "sandbox", size=0)) for name in names}


@pytest.mark.parametrize(
    ("name", "resource", "record", "names"),
    [
        ("tribe", "payments", {"Currency": "EURO"}, "Currency"),
        ("winbooks", "customers", {"Code": "C1", "Third": {"Name": "x" * 41}}, "Name"),
        ("yuki", "contacts", {"Type": "Company", "Name": "Naam", "Code": "C1", "Country": "NLD"}, "Country"),
        ("eboekhouden-soap", "relations", {"Code": "C" * 16, "Bedrijf": "Naam", "BP": "B"}, "Code"),
        ("eboekhouden-soap", "relations", {"Code": "C1", "Bedrijf": "Naam", "BP": "Z"}, "BP"),
    ],
)
def test_what_does_not_fit_is_refused_before_a_call(
    benches: dict[str, Bench], name: str, resource: str, record: dict[str, Any], names: str
) -> None:
    bench = benches[name]
    bench.system.account()
    with bench.line.counted() as asked, pytest.raises(RecordRefused, match=names):
        bench.system.create(resource, record)

    assert [each for each in asked if each.writes] == []


def test_no_invoice_is_made_in_tribe_and_nobody_is_asked(benches: dict[str, Bench]) -> None:
    bench = benches["tribe"]
    bench.system.account()
    with bench.line.counted() as asked, pytest.raises(RecordRefused, match="no program can make"):
        bench.system.create("invoices", {})

    assert asked == []


def test_a_key_that_is_no_guid_is_nobody_in_tribe(benches: dict[str, Bench]) -> None:
    assert benches["tribe"].system.fetch("organisations", "7") is None
    assert benches["tribe"].system.find("organisations", "ID", "3f705ce6-dfbe") == []


def test_a_page_on_the_way_that_says_404_is_no_absence(benches: dict[str, Bench]) -> None:
    bench = benches["tribe"]
    key = bench.rows("organisations")[0]["ID"]
    with bench.line.spoilt("404", "reads"), pytest.raises(Nonsense):
        bench.system.fetch("organisations", key)
    assert bench.system.fetch("organisations", NOBODY) is None


def test_an_empty_answer_is_no_empty_list_in_winbooks(benches: dict[str, Bench]) -> None:
    bench = benches["winbooks"]
    bench.system.account()
    with bench.line.spoilt("empty", "reads", 9), pytest.raises(Nonsense):
        list(bench.system.read("journals"))


def test_a_record_is_fetched_by_its_id_alone_in_winbooks(benches: dict[str, Bench]) -> None:
    bench = benches["winbooks"]
    vat = next(each for each in bench.rows("VAT codes") if each["Code"] == "0")

    assert bench.system.fetch("VAT codes", "0") is None
    assert bench.system.fetch("VAT codes", vat["Id"])["Code"] == "0"
    assert [each["Code"] for each in bench.system.find("VAT codes", "Id", vat["Id"])] == ["0"]


def test_a_booking_without_lines_is_refused_in_winbooks(benches: dict[str, Bench]) -> None:
    with pytest.raises(RecordRefused, match="Lines"):
        benches["winbooks"].system.create(
            "bookings", {"JournalCode": "VERK", "BookDate": "2026-03-02", "Reference": "R1"}
        )


def test_an_invoice_without_a_number_is_not_sent_to_yuki(benches: dict[str, Bench]) -> None:
    bench = benches["yuki"]
    with bench.line.counted() as asked, pytest.raises(RecordRefused, match="Invoice number"):
        bench.system.create(
            "sales invoices",
            {"Date": "2026-03-02", "Process": True, "InvoiceLines": [{}], "Contact": {"ContactCode": "1"}},
        )

    assert asked == []


def test_vat_codes_of_one_number_are_told_apart_in_yuki(benches: dict[str, Bench]) -> None:
    bench = benches["yuki"]
    resource = bench.manifest.resources["VAT codes"]
    abroad = [each for each in bench.rows("VAT codes") if each["type"] == 40]

    assert len(abroad) == 2
    assert [bench.system.fetch("VAT codes", resource.key_of(each)) for each in abroad] == abroad


@pytest.mark.parametrize(
    ("name", "resource", "key"), [("yuki", "contacts", NOBODY), ("eboekhouden-soap", "relations", "987654321")]
)
def test_a_change_of_what_is_gone_says_so(benches: dict[str, Bench], name: str, resource: str, key: str) -> None:
    bench = benches[name]
    seen = dict(bench.rows(resource)[0]) | {bench.manifest.resources[resource].id[0]: key}
    field = {"contacts": "City", "relations": "Plaats"}[resource]
    with pytest.raises(RecordGone):
        bench.system.update(resource, key, {field: "Elders"}, seen)


def test_nothing_is_changed_in_a_list_of_e_boekhouden_and_that_is_said(benches: dict[str, Bench]) -> None:
    with pytest.raises(RecordRefused, match="no update"):
        benches["eboekhouden-soap"].system.update("VAT codes", "HOOG_VERK_21", {}, {})
