"""Before anything comes from Yuki: which key, which domain, which administration; what is asked; who would come twice."""

from __future__ import annotations

from typing import Any

import crm
import pytest
import yk
from world import CUSTOMERS, KEYS, PERSONS, World

from syncrules import connection
from syncrules.activation.activate import Activation
from syncrules.activation.preflight import Finding
from syncrules.errors import LimitReached, LoginRefused, UsageError
from syncrules.journey.event import Event
from syncrules_providers.sandboxes.yuki_story import ADMINISTRATION, DOMAIN, HOLDING


def begun(here: World) -> Activation:
    """Take what is asked of Tribe."""
    made = Activation(here.store, KEYS, here.clock, "new", here.mapping)
    made.credentials.take("tribe", here.answers()["tribe"])
    return made


def given(here: World, **instead: Any) -> dict[str, Any]:
    """Answers about Yuki; what is None is left out."""
    said = {**here.books.answers, **instead}
    return {name: value for name, value in said.items() if value is not None}


def activated(here: World, **settings: object) -> Activation:
    """Log in on both sides and fetch what the settings choose from."""
    made = begun(here)
    made.credentials.take("yuki", given(here))
    for side in ("tribe", "yuki"):
        made.credentials.log_in(side)
    made.settings.retrieve()
    made.settings.take(settings)
    return made


def enter(here: World, **instead: Any) -> None:
    """Try answers about Yuki as far as its books."""
    made = begun(here)
    made.credentials.take("yuki", given(here, **instead))
    for side in ("tribe", "yuki"):
        made.credentials.log_in(side)
    made.settings.retrieve()


def findings(made: Activation) -> dict[str, Finding]:
    return {each.heading: each for each in made.preflight()}


# Key, domain, administration ------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-01")
def test_a_key_that_opens_several_domains_asks_which_and_names_them(here: World) -> None:
    made = begun(here)
    with pytest.raises(UsageError) as told:
        made.credentials.take("yuki", given(here, domain=None, administration=None))

    assert "'domain' has not been answered" in str(told.value)
    assert "bakkerij-de-molen" in told.value.cure
    assert "molen-holding" in told.value.cure

    made.credentials.take("yuki", given(here, domain="molen-holding", administration=None))

    assert made.row.answers["yuki"]["domain"] == HOLDING
    # Of its two administrations one is not in use, so there is nothing to choose.
    assert made.taken["Yuki: 'administration'"] == ["Molen Holding B.V. · Utrecht"]
    assert made.credentials.log_in("yuki").title == "Molen Holding B.V."
    assert here.books.writes == []


@pytest.mark.requirement("YU-01")
def test_a_key_for_one_administration_has_nothing_to_choose_and_says_whose_books_it_opens(here: World) -> None:
    here.books.make_key("22222222-aaaa-4bbb-8ccc-222222222222", administration=ADMINISTRATION)
    made = begun(here)
    made.credentials.take(
        "yuki", given(here, api_key="22222222-aaaa-4bbb-8ccc-222222222222", domain=None, administration=None)
    )

    assert (made.row.answers["yuki"]["domain"], made.row.answers["yuki"]["administration"]) == (DOMAIN, ADMINISTRATION)
    assert made.credentials.log_in("yuki").title == "Bakkerij De Molen B.V."
    assert made.taken == {
        "Yuki: 'domain'": ["bakkerij-de-molen · bakkerij-de-molen.yukiworks.nl"],
        "Yuki: 'administration'": ["Bakkerij De Molen B.V. · Utrecht"],
    }


@pytest.mark.requirement("YU-01", "X-15")
def test_a_wrong_key_is_said_at_once_with_its_cure_and_without_the_key(here: World) -> None:
    secret = "99999999-aaaa-4bbb-8ccc-999999999999"
    with pytest.raises(LoginRefused) as told:
        enter(here, api_key=secret)

    assert "Yuki does not know this API key" in str(told.value)
    assert "Copy the key again in Yuki" in told.value.cure
    assert secret not in str(told.value)


@pytest.mark.requirement("YU-01")
@pytest.mark.parametrize("switch", ["no database", "invalid key"])
def test_a_key_of_the_other_country_is_said_before_anything_is_imported(here: World, switch: str) -> None:
    here.books.switches.wrong_region = switch
    here.books.make_key("33333333-aaaa-4bbb-8ccc-333333333333", region="be")
    with pytest.raises(LoginRefused) as told:
        enter(here, api_key="33333333-aaaa-4bbb-8ccc-333333333333")

    assert "country" in f"{told.value} {told.value.cure}"


@pytest.mark.requirement("YU-01")
def test_a_domain_that_the_key_does_not_open_is_no_answer(here: World) -> None:
    with pytest.raises(UsageError, match="kaasmakerij"):
        begun(here).credentials.take("yuki", given(here, domain="kaasmakerij"))


@pytest.mark.requirement("YU-01", "X-17")
def test_a_connection_never_turns_to_another_administration(here: World) -> None:
    yk.known_company(here)
    made = Activation(here.store, KEYS, here.clock, "c", here.mapping)
    made.credentials.take("yuki", given(here, domain=HOLDING, administration="Molen Holding B.V."))

    with pytest.raises(UsageError, match="open other books"):
        made.credentials.log_in("yuki")


@pytest.mark.requirement("YU-01", "X-09")
def test_calls_that_are_used_up_are_no_wrong_key(here: World) -> None:
    here.books.set_allowance(0)
    with pytest.raises(LimitReached) as told:
        enter(here)

    assert "calls of today are used up" in str(told.value)
    assert "midnight" in told.value.cure


# What is asked --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-02", "YU-04")
def test_all_contact_types_but_suppliers_are_offered_and_everything_can_be_said_otherwise(here: World) -> None:
    groups = {row["Code"]: row["ID"] for row in here.crm.rows("Datastore_VatGroup")}
    offered = activated(here).row.settings
    chosen = activated(
        here, **{"suppliers": True, "take over persons": False, "automatic numbering": False}
    ).row.settings

    assert {name: offered[name] for name in offered if isinstance(offered[name], bool)} == {
        "automatic numbering": True,
        "take over companies": True,
        "take over persons": True,
        "send companies": True,
        "send persons": True,
        "suppliers": False,
    }
    assert offered["VAT groups"] == {groups["NL9"]: 2}  # of 21 % and of 0 % there are several
    assert (chosen["suppliers"], chosen["take over persons"], chosen["automatic numbering"]) == (True, False, False)


@pytest.mark.requirement("YU-02")
def test_an_account_that_is_switched_off_is_none_to_choose(here: World) -> None:
    here.books.enable_account("80002", False)
    made = activated(here, **{"default revenue account": "80001"})
    accounts = {each.key for each in made.settings.question(made.spec.settings["default revenue account"]).rights}

    assert "80001" in accounts
    assert "80002" not in accounts
    with pytest.raises(UsageError, match="80002"):
        activated(here, **{"default revenue account": "80002"})


# Who would come twice -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-04")
def test_numbering_that_is_off_and_contacts_without_a_number_are_told_beforehand(here: World) -> None:
    crm.add_customer(here, Name="Fietsenmaker")
    crm.add_customer(here, Name="Slager", DebtorNumber="10050")
    crm.add_person(here, FirstName="Jan", LastName="Bos")
    yk.in_yuki(here, Name="Zonder Code", IsCustomer=True)
    yk.in_yuki(here, Name="Leverancier Zonder Code", IsSupplier=True)
    numbered = findings(activated(here))
    found = findings(activated(here, **{"automatic numbering": False}))

    assert "Automatic numbering of debtors is off in Tribe" not in numbered
    assert "before the first import" in found["Automatic numbering of debtors is off in Tribe"].cure
    assert {heading: each.names for heading, each in numbered.items()} == {
        "Customers in Tribe without a debtor number": ["Fietsenmaker"],
        "Private customers in Tribe without a debtor number": ["Jan Bos"],
        "Customers in Yuki without a code": ["Zonder Code"],
    }


@pytest.mark.requirement("YU-04", "YU-06")
def test_numbers_that_occur_twice_or_belong_to_another_name_are_told_beforehand(here: World) -> None:
    for name in ("Slager Noord", "Slager Zuid"):
        crm.add_customer(here, Name=name, DebtorNumber="10070")
    for first in ("Jan", "Piet"):
        crm.add_person(here, FirstName=first, LastName="Bos", DebtorNumber="10080")
    crm.add_customer(here, Name="Groenteboer", DebtorNumber="10060")
    yk.in_yuki(here, Name="Kaasboer", Code="10060", IsCustomer=True)
    for name in ("Dubbel Een", "Dubbel Twee"):
        yk.in_yuki(here, Name=name, Code="10090", IsCustomer=True)
    found = findings(activated(here))

    assert {heading: sorted(each.names) for heading, each in found.items()} == {
        "Debtor numbers that occur twice in Tribe": ["Slager Noord", "Slager Zuid"],
        "Debtor numbers of private customers that occur twice in Tribe": ["Jan Bos", "Piet Bos"],
        "Codes that occur twice in Yuki": ["Dubbel Een", "Dubbel Twee"],
        "Debtor numbers that belong to another name in Yuki": ["Groenteboer (10060: Kaasboer)"],
    }
    assert here.writes == 0


# The first import -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("YU-03")
def test_the_first_import_says_how_far_it_is_and_goes_on_where_it_broke_off(here: World) -> None:
    for number in range(20):
        yk.in_yuki(here, Name=f"Klant {number:02}", Code=f"{20_000 + number}", IsCustomer=True, Country="NL")
    here.connect()
    heard: list[Event] = []

    def told(event: Event) -> None:
        heard.append(event)
        if len(here.crm.rows(CUSTOMERS)) >= 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), here.opened() as opened:
        connection.run(opened, told=told)
    made = len(here.crm.rows(CUSTOMERS))
    here.run()

    assert {"read", "plan", "write"} <= {each.step for each in heard}
    assert 7 <= made < 20
    assert len(here.crm.rows(CUSTOMERS)) == 20
    assert here.crm.rows(PERSONS) == []
    assert crm.is_quiet(here)
