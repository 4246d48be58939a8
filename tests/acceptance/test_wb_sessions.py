"""A login to WinBooks that lives on: renewed in the middle, kept for the next run, ended by a person, and never used twice."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs

import crm
import pytest
import stores
import wb
from beside import beside, both, connected, door, steps_aside, two_terminals
from scenes import in_books, run_until_quiet, send_invoice, states
from world import CUSTOMERS, KEYS, World

from syncrules import secrets
from syncrules.errors import LoginRefused, Unreachable
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.winbooks import TOO_MANY, WinBooksSandbox

TOKEN = "OAuth20/Token"


def asks_for_access(request: Request) -> bool:
    return TOKEN in request.path


def grants(here: World) -> list[str]:
    """Write down, from now on, with which grant every login came."""
    came: list[str] = []

    def note(request: Request) -> bool:
        if here.books.describe(request)[0] == TOKEN:
            came.extend(parse_qs(request.body.decode())["grant_type"])
        return False

    here.books.mishap("before", when=note)
    return came


def refused(here: World) -> list[int]:
    """Tell the logins that were refused."""
    return [each.status for each in here.books.calls if each.what == TOKEN and each.status != 200]


# A login that lives on ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01", "X-17")
def test_the_connection_lives_on_when_the_exchange_token_has_long_expired(here: World) -> None:
    wb.known_customer(here)
    here.books.expire_exchange_token()
    came = grants(here)
    for number in range(3):
        here.books.edit_address("10042", PhoneNo=f"+32 9 000 00 1{number}")
        here.books.expire_tokens()
        here.run()

        assert crm.organisation(here)["PhoneNumber"] == f"+32 9 000 00 1{number}"
        assert refused(here) == []

    assert came == ["refresh_token"] * 3


@pytest.mark.requirement("WB-01", "X-15")
def test_the_token_that_renews_the_login_is_kept_sealed_and_another_each_time(here: World) -> None:
    kept = []
    for _ in range(3):
        here.run()
        row = here.store.connection("c")
        assert row is not None
        kept.append(row.answers["winbooks"]["refresh_token"])
        opened = KEYS.open(kept[-1], "c", "winbooks.refresh_token")

        assert kept[-1].startswith(secrets.MARK)
        assert opened in here.books.licence._refresh
        assert opened.encode() not in stores.content(here.state)

    assert len(set(kept)) == 3


@pytest.mark.requirement("X-03", "X-17")
@pytest.mark.parametrize("writes", [False, True])
def test_access_that_ends_in_the_middle_of_a_run_is_renewed_and_nothing_is_written_twice(
    here: World, writes: bool
) -> None:
    wb.known_customer(here)
    here.books.expire_exchange_token()
    sent = [send_invoice(here, "Bakkerij De Korst", "10.00") for _ in range(6)]
    before, every = 0, 2 if writes else 8
    refused: set[tuple[str, bytes]] = set()
    expired: list[str] = []

    def ends(request: Request) -> bool:
        """End the access before every so-manieth call of this kind, and let the call go on.

        Three calls are on their way at once, and who is refused twice in a row is right to give up: as long as one that
        was refused has not come again, nothing ends.
        """
        nonlocal before
        what, is_write = here.books.describe(request)
        if what == "OAuth20/Token":
            return False
        known = request.headers["authorization"].partition(" ")[2] in here.books.licence._access
        call = (request.path, request.body)
        again = call in refused
        (refused.discard if known else refused.add)(call)
        before += is_write is writes
        if known and is_write is writes and before >= every and not refused and not again:
            before = 0
            here.books.expire_tokens()
            refused.add(call)
            expired.append(what)
        return False

    here.books.mishap("before", when=ends)
    here.run()
    here.books._mishaps.clear()

    assert len(expired) >= 2
    assert [wb.booked(here, each)["DocNumber"] for each in sent]
    assert len(here.books.bookings()) == 6
    assert states(here) == {}
    assert crm.is_quiet(here)


@pytest.mark.requirement("X-17", "WB-01")
def test_when_nothing_we_have_opens_the_books_a_person_is_asked_for_a_new_token_and_everything_goes_on(
    here: World,
) -> None:
    wb.known_customer(here)
    here.books.revoke()
    crm.edit_organisation(here, PhoneNumber="+32 9 000 00 09")
    with pytest.raises(LoginRefused) as told:
        here.run()
    here.books.let_in(trusted=True)
    give_again(here)
    run_until_quiet(here)

    assert "Trust this application" in told.value.cure
    assert wb.address(here)["PhoneNo"] == "+32 9 000 00 09"
    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("X-17", "WB-01")
def test_access_that_is_taken_away_in_the_middle_of_a_run_stops_it_with_its_cure_and_loses_nothing(here: World) -> None:
    wb.known_customer(here)
    sent = [send_invoice(here, "Bakkerij De Korst", "10.00") for _ in range(4)]

    def goes(request: Request) -> bool:
        if here.books.describe(request) == ("GLTransHeader", True) and here.books.bookings():
            here.books.revoke()
        return False

    here.books.mishap("before", when=goes)
    with pytest.raises(LoginRefused) as told:
        here.run()
    here.books._mishaps.clear()
    booked = len(here.books.bookings())
    here.books.let_in(trusted=True)
    give_again(here)
    here.run()

    assert "Trust this application" in told.value.cure
    assert booked < 4
    assert sorted(wb.booked(here, each)["DocNumber"] for each in sent) == [1, 2, 3, 4]
    run_until_quiet(here)
    assert states(here) == {}


@pytest.mark.requirement("X-17", "WB-01")
def test_an_address_of_another_region_is_told_as_such_and_the_login_at_the_right_one_lives_on(here: World) -> None:
    """The token is good, only nobody there knows it: what was kept is kept."""
    wb.known_customer(here)
    here.books.expire_exchange_token()
    with WinBooksSandbox(exchange_token="XCH-999") as elsewhere:
        change_answer(here, "url", elsewhere.url)
        with pytest.raises(LoginRefused) as told:
            here.run()
    change_answer(here, "url", here.books.url)
    here.books.edit_third("10042", WebSite="nieuw.example")
    here.run()

    assert "the address of the API" in told.value.cure
    assert crm.organisation(here)["Website"] == "nieuw.example"
    assert refused(here) == []


def change_answer(here: World, name: str, value: str) -> None:
    """Change one answer of the connection; what its system renewed stays."""
    row = here.store.connection("c")
    assert row is not None
    row.answers["winbooks"][name] = value
    with here.store.transaction():
        here.store.save(row)


def give_again(here: World) -> None:
    """Give the answers of the connection anew, with a token that was made just now."""
    row = here.store.connection("c")
    assert row is not None
    row.answers = here.answers()
    with here.store.transaction():
        here.store.save(row)


@pytest.mark.requirement("X-10", "X-17")
def test_a_module_that_is_switched_off_in_the_middle_of_a_run_stops_it_and_nothing_is_concluded(here: World) -> None:
    for number in range(8):
        in_books(here, f"Garage {number}", str(10_001 + number))
    run_until_quiet(here)

    def goes_off(request: object) -> bool:
        if here.books.describe(request)[0].startswith("Thirds"):
            here.books.switch_module(False)
        return False

    here.books.mishap("before", when=goes_off)
    with pytest.raises(LoginRefused, match="REST API module is not active"):
        here.run(whole=True)
    here.books._mishaps.clear()
    here.books.switch_module(True)

    assert not any(each["IsFormer"] for each in here.crm.rows(CUSTOMERS))
    assert run_until_quiet(here)[-1].stopped == []


@pytest.mark.requirement("X-09")
def test_books_that_ask_for_patience_get_it(here: World) -> None:
    for number in range(4):
        in_books(here, f"Garage {number}", str(10_001 + number))
    for _ in range(3):
        here.books.mishap(TOO_MANY, when=lambda request: request.path.startswith("/app/"))
    began = here.clock.ahead
    here.run()

    assert len(here.crm.rows(CUSTOMERS)) == 4
    assert here.clock.ahead - began >= 3


# Two processes --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("WB-01", "SF-02", "SF-03")
@pytest.mark.parametrize(
    ("wrong", "says", "cure"),
    [
        ({"exchange_token": "XCH-000"}, "the exchange token is wrong", "Trust this application"),
        ({"folder": "NERGENS"}, "no folder with this company code", "company switcher"),
        ({"folder": "DICHT_BV"}, "REST API module is not active", "WinBooks support"),
    ],
)
def test_connecting_with_what_is_wrong_ends_with_3_and_says_what_to_do(
    here: World, tmp_path: Path, wrong: dict[str, str], says: str, cure: str
) -> None:
    code, said = connected(here, tmp_path, "shop", {**here.answers()["winbooks"], **wrong})
    said = " ".join(said.split())

    assert code == 3, said
    assert says in said
    assert cure in said
    assert here.books.exchange_token not in said
    assert here.writes == 0


@pytest.mark.requirement("X-03", "X-17", "WB-03")
def test_whoever_comes_while_another_renews_its_login_spends_no_token_and_books_nothing(
    here: World, tmp_path: Path
) -> None:
    in_books(here, "Bakkerij De Korst", "10042")
    assert connected(here, tmp_path, "shop")[0] == 0
    sent = [send_invoice(here, "Bakkerij De Korst", "10.00") for _ in range(4)]
    here.books.expire_exchange_token()
    came = grants(here)
    with two_terminals(tmp_path) as (one, other):
        with door(here.books, asks_for_access) as held:
            first, said = beside(held, one, other, "run", "run", "plan", "doctor")
        spent = list(came)
        later = [other.type(each, "shop") for each in ("plan", "doctor", "run")]

    assert first.code == 0, first.out + first.err
    assert [steps_aside(each) for each in said] == [True] * 3, said
    assert spent == ["refresh_token"]
    assert [
        each.code for each in later if each.code not in (0, 1)
    ] == []  # 1: what `doctor` would have somebody look at
    assert not any(steps_aside(each) for each in later)
    assert came == ["refresh_token"] * 4
    assert refused(here) == []
    assert sorted(wb.booked(here, each)["DocNumber"] for each in sent) == [1, 2, 3, 4]
    assert len(here.books.bookings()) == 4


@pytest.mark.requirement("X-17", "WB-01")
def test_two_connections_that_renew_their_logins_at_the_same_moment_each_keep_their_own(
    here: World, tmp_path: Path
) -> None:
    """A refresh token works once: where two would share one, the second would be sent away."""
    in_books(here, "Bakkerij De Korst", "10042")
    for name in ("shop", "office"):
        assert connected(here, tmp_path, name)[0] == 0
    here.books.expire_exchange_token()
    came = grants(here)
    with two_terminals(tmp_path) as (one, other):
        for _ in range(2):
            here.books.expire_tokens()
            here.crm.expire_tokens()
            here.crm.calls.clear()
            with (
                door(here.books, asks_for_access) as at_books,
                door(here.crm, lambda request: request.path.startswith("/oauth2/token")) as at_crm,
            ):
                said = both(one, other, "shop", "office")

            assert [each.code for each in said] == [0, 0], said
            assert (len(at_books.came), len(at_crm.came)) == (2, 2)
            assert [each.status for each in here.crm.calls if each.what == "oauth2/token"] == [200, 200]

    assert came == ["refresh_token"] * 4
    assert refused(here) == []
    assert len(here.crm.rows(CUSTOMERS)) == 1


@pytest.mark.requirement("X-08")
def test_books_that_cannot_be_reached_are_told_as_such(here: World) -> None:
    wb.known_customer(here)
    here.books.stop()
    with pytest.raises(Unreachable, match="WinBooks"):
        here.run()
