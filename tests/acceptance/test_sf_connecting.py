"""Who may connect WinBooks and Silverfin, and which books a client file then follows; what is wrong is told with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import sf
from sf import DEMO, SPRING, World
from world import KEYS

from syncrules.activation.activate import Activation
from syncrules.errors import LoginRefused, ProviderError
from syncrules.memory.memory import Memory
from syncrules_providers.sandboxes.silverfin_office import ROLES
from syncrules_providers.sandboxes.silverfin_wire import Refused

Worlds = Callable[..., AbstractContextManager[World]]


@pytest.fixture
def worlds() -> Worlds:
    """Start both systems in other ways than most tests do."""
    return sf.world


@pytest.fixture
def here() -> Iterator[World]:
    with sf.world() as made:
        yield made


# At firm level ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-01")
def test_an_admin_of_the_firm_sets_it_up(here: World) -> None:
    here.run()

    assert here.office.references() == {"DEMO_BV": "DEMO_BV"}


@pytest.mark.requirement("SF-01")
@pytest.mark.parametrize("role", [each for each in ROLES if each != "Admin"])
def test_whoever_is_no_admin_is_told_to_ask_one(here: World, role: str) -> None:
    here.office.change_role("Ada Admin", role)  # type: ignore[arg-type]  # one of the roles

    with pytest.raises(LoginRefused, match="only a user with the role Admin") as caught:
        here.run()
    assert "Ask an Admin of the firm" in caught.value.cure
    assert here.office.references() == {}


@pytest.mark.requirement("SF-01")
def test_consent_that_was_taken_back_is_told_with_its_cure(here: World) -> None:
    here.begin()
    here.office.revoke_consent()

    with pytest.raises(LoginRefused, match="consent was taken back") as caught:
        here.run()
    assert "Let an Admin of the firm give consent again" in caught.value.cure


@pytest.mark.requirement("SF-02")
def test_the_address_and_the_token_open_the_folders(here: World) -> None:
    here.run()

    row = here.store.connection("c")
    assert row is not None
    assert set(row.accounts) == {"winbooks", "silverfin"}
    assert row.accounts["silverfin"] == "1001"


@pytest.mark.requirement("SF-02")
def test_a_token_that_expired_before_it_was_entered_names_the_switch_that_gives_more_time(here: World) -> None:
    here.books.expire_exchange_token()

    with pytest.raises(LoginRefused, match="expired before it was entered") as caught:
        here.connect()
    assert "Trust this application" in caught.value.cure


@pytest.mark.requirement("SF-02")
def test_another_address_than_the_one_that_made_the_token_is_told_too(here: World) -> None:
    here.books.email = "ander@acme.example"

    with pytest.raises(LoginRefused) as caught:
        here.connect()
    assert "the e-mail address that it was sent to" in caught.value.cure


@pytest.mark.requirement("X-03")
def test_the_consent_lives_on_through_runs_that_come_days_after_each_other(here: World) -> None:
    here.begin()
    for _ in range(3):
        here.office.wait(days=20)
        here.clock.sleep(20 * 86400)
        here.run()

    assert here.pair().state == "open"


@pytest.mark.requirement("X-03")
def test_a_renewal_whose_answer_is_lost_loses_no_consent(here: World) -> None:
    here.begin()
    here.office.wait(hours=3)
    here.clock.sleep(3 * 3600)
    here.office.mishap("after", when=lambda request: request.path.endswith("/oauth/token"))
    here.run()
    here.office.wait(hours=3)
    here.clock.sleep(3 * 3600)
    here.run()

    assert here.pair().state == "open"


# In a client file ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-03")
def test_nothing_can_be_chosen_in_a_client_file_before_the_firm_is_connected(worlds: Worlds) -> None:
    with worlds(code="nobody gave consent yet") as here:
        invoice(here)
        with pytest.raises(LoginRefused) as told:
            here.run()
        with pytest.raises(Refused, match="Connect the firm"):
            here.office.choose_reference(DEMO, "DEMO_BV")
        before = here.office.references(), list(here.pairs()), here.office.transactions(DEMO)
        row = here.store.connection("c")
        assert row is not None
        row.answers["silverfin"]["code"] = here.office.consent(scopes=sf.SYNC)
        with here.store.transaction():
            here.store.save(row)
        here.begin()

        assert "Let an Admin of the firm give consent" in told.value.cure
        assert before == ({}, [], [])
        assert here.pair().title == "Demo BV (DEMO_BV)"
        assert len(here.office.transactions(DEMO)) == 3


@pytest.mark.requirement("SF-03")
def test_the_company_code_is_the_reference_by_which_a_client_file_follows_its_books(here: World) -> None:
    invoice(here)
    here.begin()

    assert here.pair().title == "Demo BV (DEMO_BV)"
    assert len(here.office.transactions(DEMO)) == 3


@pytest.mark.requirement("SF-03")
def test_a_wrong_code_says_where_the_right_one_stands_and_hinders_nobody_else(here: World) -> None:
    invoice(here)
    here.run()
    other = here.office.add_file("Ander BV")
    here.office.choose_reference(DEMO, "DEMO_BV")
    here.office.choose_reference(other, "DEMO_BVX", typed=True)
    here.run()
    waiting = {each.title: each for each in here.pairs()}["Ander BV (DEMO_BVX)"]

    assert waiting.state == "waiting"
    assert "not a folder that the WinBooks token opens" in waiting.reason
    assert "DEMO_BVX" in waiting.reason
    assert "company switcher of WinBooks" in waiting.cure
    assert here.office.transactions(other) == []
    assert len(here.office.transactions(DEMO)) == 3

    here.office.choose_reference(other, "DEMO_BV")
    here.run()

    assert len(here.office.transactions(other)) == 3
    assert sorted(each.state for each in here.pairs()) == ["gone", "open", "open"]


@pytest.mark.requirement("SF-03")
def test_a_folder_that_the_token_does_not_open_is_told_with_where_its_code_stands(worlds: Worlds) -> None:
    with worlds(folders="NIET_BV") as here, pytest.raises(LoginRefused, match="'NIET_BV'") as caught:
        here.connect()
    assert "company switcher" in caught.value.cure


@pytest.mark.requirement("SF-03", "X-17")
def test_a_client_file_that_follows_other_books_from_now_on_begins_anew(worlds: Worlds) -> None:
    with worlds(folders="DEMO_BV, DEMO_SRL") as here:
        invoice(here)
        here.begin()
        here.books.add_customer("20042", "Boulangerie", folder="DEMO_SRL")
        here.books.post_invoice("20042", "55.00", reference="F9", day=SPRING, folder="DEMO_SRL")
        here.office.choose_reference(DEMO, "DEMO_SRL")
        here.run()

        assert {each["description"] for each in here.office.transactions(DEMO) if "description" in each} == {"F9"}
        assert here.balances_of_the_file() == here.balances_of_the_books("DEMO_SRL")
        assert {each.title: each.state for each in here.pairs()} == {
            "Demo BV (DEMO_BV)": "gone",
            "Demo BV (DEMO_SRL)": "open",
        }


@pytest.mark.requirement("SF-03", "X-17")
def test_two_client_files_follow_their_own_books(worlds: Worlds) -> None:
    with worlds(folders="DEMO_BV, DEMO_SRL") as here:
        invoice(here)
        here.books.add_customer("20042", "Boulangerie", folder="DEMO_SRL")
        here.books.post_invoice("20042", "55.00", reference="F9", day=SPRING, folder="DEMO_SRL")
        here.run()
        other = here.office.add_file("Exemple SRL")
        here.office.choose_reference(DEMO, "DEMO_BV")
        here.office.choose_reference(other, "DEMO_SRL")
        here.run()

        assert here.balances_of_the_file() == here.balances_of_the_books()
        assert here.balances_of_the_file(other) == here.balances_of_the_books("DEMO_SRL")
        assert {each.title: each.state for each in here.pairs()} == {
            "Demo BV (DEMO_BV)": "open",
            "Exemple SRL (DEMO_SRL)": "open",
        }


# The module ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("SF-05")
def test_a_licence_without_the_module_is_told_with_whom_to_ask(here: World) -> None:
    here.books.switch_module(active=False)

    with pytest.raises(LoginRefused, match="REST API module is not active") as caught:
        here.connect()
    assert "Contact WinBooks support" in caught.value.cure


@pytest.mark.requirement("SF-05")
def test_a_client_file_whose_folder_lost_the_module_says_so_and_the_others_go_on(worlds: Worlds) -> None:
    with worlds(folders="DEMO_BV, DEMO_SRL") as here:
        here.run()
        other = here.office.add_file("Exemple SRL")
        here.office.choose_reference(DEMO, "DEMO_BV")
        here.office.choose_reference(other, "DEMO_SRL")
        here.books.switch_module(False, "DEMO_BV")
        here.books.add_customer("20042", "Boulangerie", folder="DEMO_SRL")
        here.books.post_invoice("20042", "55.00", reference="F9", day=SPRING, folder="DEMO_SRL")
        here.run()
        stands = {each.title: each for each in here.pairs()}

        assert stands["Demo BV (DEMO_BV)"].state == "failed"
        assert "REST API module is not active" in stands["Demo BV (DEMO_BV)"].reason
        assert "or the client whose file it is" in stands["Demo BV (DEMO_BV)"].cure
        assert stands["Exemple SRL (DEMO_SRL)"].state == "open"
        assert here.balances_of_the_file(other) == here.balances_of_the_books("DEMO_SRL")

        here.books.switch_module(True, "DEMO_BV")
        here.run()

        assert {each.state for each in here.pairs()} == {"open"}


@pytest.mark.requirement("SF-05")
def test_one_folder_without_the_module_is_told_when_it_is_connected(worlds: Worlds) -> None:
    with worlds(folders="DEMO_BV, DICHT_BV") as here:
        activation = Activation(here.store, KEYS, here.clock, "nieuw", sf.MAPPING)
        activation.credentials.take("winbooks", here.answers()["winbooks"])

        with pytest.raises(ProviderError, match="REST API module is not active"):
            activation.credentials.log_in("winbooks")
        assert Memory(here.store, "nieuw", ("winbooks", "silverfin")).last_run() is None


def invoice(here: World) -> None:
    here.books.add_customer("10042", "Bakkerij De Halm")
    here.books.post_invoice("10042", "100.00", reference="F1", day=SPRING)
