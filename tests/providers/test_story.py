"""The story: always the same, never real, and every awkward character in it."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal

import pytest
import stdnum.eu.vat
import stdnum.iban

from syncrules_providers.sandboxes.story import Story, tell
from syncrules_providers.sandboxes.story_words import Address, Relation


@pytest.fixture(scope="module")
def story() -> Story:
    return tell()


def named(story: Story, name: str) -> list[Relation]:
    return [each for each in story.relations if each.name == name]


def crowd(story: Story) -> list[Relation]:
    return [each for each in story.relations if not each.why]


def test_the_same_story_comes_out_of_the_same_size() -> None:
    assert tell(50) == tell(50)


def test_a_longer_story_begins_with_the_shorter_one() -> None:
    short, long = tell(20).relations, tell(60).relations

    assert long[: len(short)] == short


@pytest.mark.parametrize("size", [0, 20, 300])
def test_the_crowd_is_as_large_as_asked_for(size: int) -> None:
    assert len(crowd(tell(size))) == size


def test_a_crowd_of_twenty_thousand_is_there_in_no_time() -> None:
    started = time.perf_counter()
    tell(20_000)

    assert time.perf_counter() - started < 10


def test_the_crowd_is_mostly_business_and_mostly_only_in_the_books() -> None:
    people = crowd(tell(2_000))
    kinds = Counter(each.kind for each in people)
    places = Counter((each.in_books, each.in_crm) for each in people)

    assert 0.70 < kinds["business"] / len(people) < 0.80
    assert 0.75 < places[True, False] / len(people) < 0.85
    assert places[True, True] > 100
    assert places[False, True] > 50


def test_who_is_only_in_the_crm_among_the_crowd_has_a_debtor_number(story: Story) -> None:
    assert all(each.debtor_number and not each.code for each in crowd(story) if not each.in_books)


def test_codes_are_given_out_once(story: Story) -> None:
    codes = Counter(each.code for each in story.relations if each.code)

    assert set(codes.values()) == {1}


def test_everyone_in_the_books_has_a_code_that_fits(story: Story) -> None:
    assert all(each.code and len(each.code) <= 15 for each in story.relations if each.in_books)
    assert not any(each.code for each in story.relations if not each.in_books)


def test_everyone_is_somewhere(story: Story) -> None:
    assert all(each.in_books or each.in_crm for each in story.relations)
    assert all(each.in_books or each.in_crm for each in story.products)


def test_numbers_are_formally_right_except_where_the_story_says_so(story: Story) -> None:
    wrong = [
        each.name
        for each in story.relations
        if (each.vat_number and not stdnum.eu.vat.is_valid(each.vat_number))
        or (each.iban and not stdnum.iban.is_valid(each.iban))
    ]

    assert wrong == ["Fout Gespeld"]


def test_nothing_points_to_the_real_net(story: Story) -> None:
    hosts = [each.email for each in story.relations if each.email] + [
        each.website for each in story.relations if each.website
    ]

    assert [each for each in hosts if ".example" not in each] == ["geen-adres"]


def test_banks_are_invented(story: Story) -> None:
    dutch = [
        each.iban.upper().replace(" ", "") for each in story.relations if each.iban and each.iban[:2].upper() == "NL"
    ]

    assert {each[4:8] for each in dutch} == {"BANK", "TEST"}


def test_a_debtor_number_that_occurs_twice_belongs_to_the_twins(story: Story) -> None:
    numbers = Counter(each.debtor_number for each in story.relations if each.in_crm and each.debtor_number)
    twice = [number for number, count in numbers.items() if count > 1]

    assert twice == ["10050"]


def test_matching_has_its_hard_cases(story: Story) -> None:
    codes = {each.code for each in story.relations}
    only_creditor = [
        each for each in story.relations if each.in_crm and each.creditor_number and not each.debtor_number
    ]
    prospects = [each for each in story.relations if each.roles == ("prospect",)]

    assert any(each.in_crm and "customer" in each.roles and not each.debtor_number for each in story.relations)
    assert {each.roles for each in only_creditor if each.creditor_number in codes} == {("supplier",), ("customer",)}
    assert prospects
    assert all(each.debtor_number in codes for each in prospects)


def test_a_company_known_to_both_with_another_telephone_is_told_twice(story: Story) -> None:
    books, crm = named(story, "Drukkerij Inktvis B.V.")

    assert books.code == crm.debtor_number
    assert books.phone != crm.phone


def test_empty_is_told_apart_from_missing(story: Story) -> None:
    (empty,), (missing,) = named(story, "Stille Vennootschap"), named(story, "Kale Kip")

    assert (empty.phone, missing.phone) == ("", None)


def test_addresses_have_their_hard_cases(story: Story) -> None:
    addresses = [each.invoice_address for each in story.relations if each.invoice_address and each.why]

    assert {"12 bis", "12 A"} <= {f"{each.number} {each.suffix}" for each in addresses}
    assert Address("Plein 1944", postcode="6211 XA", city="Maastricht") in addresses
    assert {"NL", "BE", "DE"} <= {each.country for each in addresses}
    assert any(each.extra for each in addresses)


def test_some_texts_are_longer_than_the_books_have_room_for(story: Story) -> None:
    assert any(len(each.website or "") > 50 and not each.in_books for each in story.relations)
    assert any(len(each.name) > 100 and not each.in_books for each in story.relations)
    assert any(len(each.subject) > 200 and not each.subject.isascii() for each in story.invoices)


def test_some_relations_are_no_longer_in_use(story: Story) -> None:
    inactive = [each for each in story.relations if not each.active_in_books]

    assert {each.in_crm for each in inactive} == {True, False}
    assert {each.kind for each in inactive} == {"business", "private"}


def test_products_have_their_hard_cases(story: Story) -> None:
    products = story.products

    assert len(products) >= 40
    assert any(not each.active for each in products)
    assert any("\n" in each.name for each in products)
    assert any(each.vat == "zero" for each in products)
    assert any(each.unit == "pallet" for each in products)
    assert any(each.sales_price != each.sales_price.quantize(Decimal("0.01")) for each in products)


def test_invoices_have_their_hard_cases(story: Story) -> None:
    invoices = story.invoices

    assert len(invoices) == 25
    assert {each.phase for each in invoices} == {"Draft", "Sent", "Paid"}
    assert any(each.term_days is None and each.phase == "Sent" for each in invoices)
    assert any(sum(line.quantity * line.price for line in each.lines) < 0 for each in invoices)
    assert any(len(each.lines) == 3 and len({line.vat for line in each.lines}) == 2 for each in invoices)
    assert any(line.product is None for each in invoices for line in each.lines)


def test_every_invoice_has_a_customer_in_the_crm(story: Story) -> None:
    numbers = {each.debtor_number for each in story.relations if each.in_crm}
    names = {each.name for each in story.relations if each.in_crm and not each.debtor_number}

    assert all(each.debtor_number in numbers or each.customer in names for each in story.invoices)
    assert any(not each.debtor_number for each in story.invoices)


def test_every_product_on_an_invoice_exists(story: Story) -> None:
    codes = {each.code for each in story.products}

    assert {line.product for each in story.invoices for line in each.lines if line.product} <= codes


def test_numbers_of_sent_invoices_are_given_out_once(story: Story) -> None:
    numbers = [each.number for each in story.invoices if each.phase != "Draft"]

    assert all(numbers)
    assert len(set(numbers)) == len(numbers)
