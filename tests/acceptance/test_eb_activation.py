"""Before anything is imported: what is asked, what is suggested, and who would come twice."""

from __future__ import annotations

import eb
import pytest
from eb import KORST
from world import KEYS, World

from syncrules.activation.activate import Activation
from syncrules.activation.preflight import Finding
from syncrules.errors import UsageError


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
    return {eb.vat_group(here, group)["ID"]: code for group, code in codes.items()}


@pytest.mark.requirement("EB-02")
def test_what_is_the_same_on_both_sides_is_suggested_and_an_account_only_where_there_is_no_choice(here: World) -> None:
    settings = activation(here).row.settings

    assert settings == {
        "VAT groups": groups(here, NL21="HOOG_VERK_21", NL9="LAAG_VERK_9"),
        "revenue accounts": {code: here.kind.account(code) for code in ("8000", "8010", "8020", "8030")},
        "debtors account": here.kind.account("1300"),
        "product group": here.crm.rows("ProductGroup")[0]["ID"],
        "unit": "stuk",
    }


@pytest.mark.requirement("EB-02")
def test_the_unit_that_tribe_itself_takes_is_suggested_wherever_it_stands(here: World) -> None:
    tenant = here.crm._tenant
    usual, other = (here.crm.lookup("Datastore_Unit", code) for code in ("stuk", "uur"))
    tenant._set(usual, IsDefault=False)
    tenant._set(other, IsDefault=True)

    assert activation(here).row.settings["unit"] == "uur"


@pytest.mark.requirement("EB-02")
def test_what_has_no_answer_stops_the_activation_but_for_single_ledger_accounts(here: World) -> None:
    told = activation(here).settings.gaps()
    nothing = Activation(here.store, KEYS, here.clock, "empty", here.mapping).settings.gaps()

    assert [each.partition(":")[0] for each in told] == [
        "'VAT groups', for 'NL - 0% · 0'", "'default revenue account'"
    ]  # fmt: skip
    assert [each.partition(":")[0] for each in nothing] == [
        "'default revenue account'", "'debtors account'", "'product group'", "'unit'"
    ]  # fmt: skip


@pytest.mark.requirement("EB-02")
@pytest.mark.parametrize(
    ("setting", "right", "wrong"),
    [
        ("default revenue account", "8020", "0100"),
        ("default revenue account", "4000", "1010"),
        ("debtors account", "1300", "8000"),
        ("unit", "uur", "emmer"),
    ],
)
def test_a_question_takes_what_there_is_and_nothing_else(here: World, setting: str, right: str, wrong: str) -> None:
    taken = right if setting == "unit" else here.kind.account(right)

    assert activation(here, **{setting: right}).row.settings[setting] == taken
    with pytest.raises(UsageError, match=wrong):
        activation(here, **{setting: wrong})


@pytest.mark.requirement("EB-02")
def test_only_codes_of_sales_that_still_hold_can_be_linked_to_a_vat_group(here: World) -> None:
    made = activation(here)
    question = made.settings.question(made.spec.settings["VAT groups"])
    codes = {str(each.key) for each in question.rights}

    assert {"HOOG_VERK_21", "VERL_VERK", "GEEN"} <= codes
    assert codes.isdisjoint({"HOOG_INK_21", "LAAG_INK_9", "HOOG_VERK", "LAAG_VERK"})
    assert {each.label for each in question.lefts} == {"NL - 21% · 21", "NL - 9% · 9", "NL - 0% · 0"}


@pytest.mark.requirement("EB-02")
def test_a_ledger_account_is_linked_to_one_of_profit_and_loss_or_of_the_balance_sheet(here: World) -> None:
    made = activation(here, **{"revenue accounts": {"8900": "0100"}})
    question = made.settings.question(made.spec.settings["revenue accounts"])
    accounts = {each.key for each in question.rights}

    assert made.row.settings["revenue accounts"]["8900"] == here.kind.account("0100")
    assert {here.kind.account(each) for each in ("8000", "0100", "2000")} <= accounts
    assert accounts.isdisjoint({here.kind.account(each) for each in ("1010", "1300", "1600", "1500")})
    assert {str(each.key) for each in question.lefts} == {"8000", "8010", "8020", "8030", "8900"}


@pytest.mark.requirement("EB-21")
def test_who_lacks_a_number_and_would_come_twice_is_told_beforehand(here: World) -> None:
    eb.add_customer(here, Name="Fietsenmaker")
    eb.add_customer(here, Name="Slager", DebtorNumber="10050")
    eb.add_person(here, FirstName="Jan", LastName="Bos")
    eb.add_person(here, LastName="Meer", DebtorNumber="20001")
    eb.add_supplier(here, Name="Meelfabriek", DebtorNumber="1")
    eb.add_supplier(here, Name="Molen", CreditorNumber="30001")
    found = findings(here)

    assert {heading: each.names for heading, each in found.items()} == {
        "Customers without a debtor number": ["Fietsenmaker"],
        "Private customers without a debtor number": ["Jan Bos"],
        "Suppliers without a creditor number": ["Meelfabriek"],
    }
    assert "a second time" in found["Customers without a debtor number"].becomes
    assert "debtor number" in found["Customers without a debtor number"].cure


@pytest.mark.requirement("EB-21")
def test_numbers_that_occur_twice_or_belong_to_another_name_are_told_beforehand(here: World) -> None:
    here.books.add_relation(**KORST)
    here.books.add_relation(Code="10060", Bedrijf="Kaasboer")
    eb.add_customer(here, Name="Bakkerij  de korst", DebtorNumber="10042")
    eb.add_customer(here, Name="Groenteboer", DebtorNumber="10060")
    for name in ("Slager Noord", "Slager Zuid"):
        eb.add_customer(here, Name=name, DebtorNumber="10070")
    eb.add_supplier(here, Name="Meelfabriek", CreditorNumber="10060", DebtorNumber="10070")
    found = findings(here)

    assert sorted(found) == [
        "Debtor numbers that belong to another name in e-Boekhouden",
        "Debtor numbers that occur twice in Tribe",
    ]
    assert sorted(found["Debtor numbers that occur twice in Tribe"].names) == ["Slager Noord", "Slager Zuid"]
    assert found["Debtor numbers that belong to another name in e-Boekhouden"].names == [
        "Groenteboer (10060: Kaasboer)"
    ]
    assert here.writes == 0
