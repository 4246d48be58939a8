"""Connecting to WinBooks: the token that the e-mail brought, the folder, what is asked, and who would become a duplicate."""

from __future__ import annotations

import crm
import pytest
import wb
from world import KEYS, World

from syncrules.activation.activate import Activation
from syncrules.activation.preflight import Finding
from syncrules.errors import LoginRefused, UsageError


def activation(here: World, **settings: object) -> Activation:
    """Log in on both sides and fetch what the settings choose from."""
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    for side, answers in here.answers().items():
        made.credentials.take(side, answers)
        made.credentials.log_in(side)
    made.settings.retrieve()
    made.settings.take(settings)
    return made


def findings(here: World) -> dict[str, Finding]:
    return {each.heading: each for each in activation(here).preflight()}


def groups(here: World, **codes: str) -> dict[str, str]:
    return {crm.vat_group(here, group)["ID"]: code for group, code in codes.items()}


def log_in(here: World, **answers: str) -> LoginRefused:
    """Log in with some answers changed, and tell how it was refused."""
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.credentials.take("winbooks", {**here.books.answers, **answers})
    with pytest.raises(LoginRefused) as told:
        made.credentials.log_in("winbooks")
    return told.value


# Who we are -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01")
def test_the_address_and_the_token_of_the_e_mail_open_the_folder(here: World) -> None:
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.credentials.take("winbooks", here.books.answers)
    account = made.credentials.log_in("winbooks")

    assert account.title == "DEMO_BV"
    assert [each.what for each in here.books.calls] == ["OAuth20/Token", "Journals/ExecuteCriteria"]


@pytest.mark.requirement("WB-01", "SF-02")
def test_a_token_that_expired_before_it_was_entered_is_told_with_the_switch_that_gives_more_time(here: World) -> None:
    here.books.let_in()
    here.books.expire_exchange_token()
    told = log_in(here)

    assert "expired before it was entered" in told.says
    assert "Trust this application" in told.cure
    assert "External applications" in told.cure


@pytest.mark.requirement("WB-01", "SF-02")
@pytest.mark.parametrize("wrong", [{"exchange_token": "XCH-000000000"}, {"email": "iemand@anders.example"}])
def test_a_token_or_an_address_that_is_wrong_is_told_at_once(here: World, wrong: dict[str, str]) -> None:
    told = log_in(here, **wrong)

    assert "the exchange token is wrong" in told.says
    assert "e-mail address that it was sent to" in told.cure
    assert here.books.exchange_token not in f"{told} {told.cure}"


@pytest.mark.requirement("WB-01", "SF-03")
def test_a_folder_that_is_not_there_is_told_with_where_its_code_stands(here: World) -> None:
    told = log_in(here, folder="NERGENS")

    assert "no folder with this company code" in told.says
    assert "NERGENS" in told.says
    assert "company switcher" in told.cure


@pytest.mark.requirement("WB-01", "SF-05")
def test_a_module_that_is_not_active_is_told_with_whom_to_contact(here: World) -> None:
    of_the_folder = log_in(here, folder="DICHT_BV")
    here.books.switch_module(False)
    of_the_licence = log_in(here)

    for told in (of_the_folder, of_the_licence):
        assert "REST API module is not active" in told.says
        assert "WinBooks support" in told.cure


@pytest.mark.requirement("WB-01")
def test_an_address_of_the_api_that_leads_nowhere_is_told_as_such(here: World) -> None:
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.credentials.take("winbooks", {**here.books.answers, "url": f"{here.books.url}/wow/v3"})
    with pytest.raises(LoginRefused) as told:
        made.credentials.log_in("winbooks")

    assert "address" in told.value.cure


# What is asked --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01")
def test_what_the_books_have_is_suggested_and_what_nobody_can_know_is_asked(here: World) -> None:
    made = activation(here)

    assert made.row.settings == {
        "VAT groups": {},  # there are codes of sales and of purchases with the same percentage
        "VAT accounts": groups(here, BE21="451000", BE6="451000", BE0="451000"),
        "kinds of VAT": groups(here, BE21="V03", BE6="V03", BE0="V03"),
        "revenue accounts": {code: code for code in ("700000", "700100", "700200")},
        "default revenue account": "700000",
        "customers account": "400000",
        "suppliers account": "440000",
        "sales journal": "VERK",
        "currency": "EUR",
    }
    assert {each.partition(":")[0] for each in made.settings.gaps()} == {
        "'VAT groups', for 'BE - 21% · 21'", "'VAT groups', for 'BE - 6% · 6'", "'VAT groups', for 'BE - 0% · 0'",
        "'credit note journal'",
    }  # fmt: skip


@pytest.mark.requirement("WB-01")
@pytest.mark.parametrize(
    ("setting", "right", "wrong"),
    [
        ("sales journal", "VERK", "NIETS"),
        ("credit note journal", "Creditnota's verkoop", "CN"),
        ("default revenue account", "700100", "799999"),
        ("currency", "USD", "YEN"),
    ],
)
def test_a_question_takes_what_there_is_and_nothing_else(here: World, setting: str, right: str, wrong: str) -> None:
    assert activation(here, **{setting: right}).row.settings[setting] in (right, "VCN")
    with pytest.raises(UsageError, match=wrong):
        activation(here, **{setting: wrong})


@pytest.mark.requirement("WB-01")
def test_the_vat_of_a_group_is_booked_on_an_account_of_vat_that_is_due(here: World) -> None:
    made = activation(here, **{"VAT groups": {"BE - 21%": "21"}, "VAT accounts": {"BE - 6%": "451200"}})
    question = made.settings.question(made.spec.settings["VAT accounts"])

    assert made.row.settings["VAT accounts"][crm.vat_group(here, "BE6")["ID"]] == "451200"
    assert made.row.settings["VAT groups"][crm.vat_group(here, "BE21")["ID"]] == "21"
    assert {str(each.key) for each in question.rights} == {"451000", "451100", "451200", "451900"}


@pytest.mark.requirement("WB-01")
def test_who_lacks_a_number_or_has_one_that_does_not_fit_is_told_beforehand(here: World) -> None:
    wb.add(here)
    here.books.add_customer("10060", "Kaasboer")
    crm.add_customer(here, Name="Fietsenmaker")
    crm.add_person(here, FirstName="Jan", LastName="Bos")
    crm.add_supplier(here, Name="Meelfabriek")
    crm.add_customer(here, Name="Lang", DebtorNumber="12345678901")
    crm.add_supplier(here, Name="Langer", CreditorNumber="12345678902")
    crm.add_customer(here, Name="Bakkerij  de korst", DebtorNumber="10042")
    crm.add_customer(here, Name="Groenteboer", DebtorNumber="10060")
    for name in ("Slager Noord", "Slager Zuid"):
        crm.add_customer(here, Name=name, DebtorNumber="10070")

    assert {heading: sorted(each.names) for heading, each in findings(here).items()} == {
        "Customers without a debtor number": ["Fietsenmaker"],
        "Private customers without a debtor number": ["Jan Bos"],
        "Suppliers without a creditor number": ["Meelfabriek"],
        "Debtor numbers that are too long for WinBooks": ["Lang"],
        "Creditor numbers that are too long for WinBooks": ["Langer"],
        "Debtor numbers that occur twice in Tribe": ["Slager Noord", "Slager Zuid"],
        "Debtor numbers that belong to another name in WinBooks": ["Groenteboer (10060: Kaasboer)"],
    }
    assert here.writes == 0
