"""The consent of a firm works a single time at each renewal: however many processes come at once, it is spent once and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest
import sf
import yaml
from beside import beside, both, door, steps_aside, two_terminals
from sf import DEMO, SPRING, World
from terminal import Terminal
from world import EMPTY, KEYS

from syncrules.errors import LoginRefused
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.silverfin import REFERENCE, SilverfinSandbox


@pytest.fixture
def here() -> Iterator[World]:
    with sf.world() as made:
        yield made


def connected(here: World, terminal: Terminal, name: str = "shop") -> None:
    """Connect as a person does who has everything in a file."""
    file = here.folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**here.answers(), "settings": sf.SETTINGS}), encoding="utf-8")
    told = terminal.type("connect", name, "--mapping", sf.MAPPING, "--from", str(file), "--yes")

    assert told.code == 0, told.out + told.err


def asks_for_access(request: Request) -> bool:
    return request.path.endswith("/oauth/token")


def renewals(here: World) -> list[str]:
    """Write down, from now on, every refresh token that is used."""
    used: list[str] = []

    def note(request: Request) -> bool:
        if asks_for_access(request):
            used.extend(parse_qs(request.body.decode())["refresh_token"])
        return False

    here.office.mishap("before", when=note)
    return used


@pytest.mark.requirement("X-15", "SF-02")
def test_the_consent_is_kept_sealed_and_another_after_each_renewal(here: World) -> None:
    kept = []
    for _ in range(3):
        here.run()
        row = here.store.connection("c")
        assert row is not None
        kept.append(row.answers["silverfin"]["grant"])
        opened = json.loads(KEYS.open(kept[-1], "c", "silverfin.grant"))
        file = b"".join(each.read_bytes() for each in here.folder.glob("state.db*"))

        assert opened.keys() == {"refresh_token", "access_token", "until"}
        assert not any(opened[each].encode() in file for each in ("refresh_token", "access_token"))
        here.office.wait(hours=3)
        here.clock.sleep(3 * 3600)

    assert len(set(kept)) == 3


@pytest.mark.requirement("X-03", "X-17", "SF-02")
def test_whoever_comes_while_another_renews_the_access_spends_no_token_and_loses_no_consent(here: World) -> None:
    with two_terminals(here.folder) as (one, other):
        connected(here, one)
        here.office.wait(hours=3)
        used = renewals(here)
        with door(here.office, asks_for_access) as held:
            first, said = beside(held, one, other, "run", "run", "plan", "doctor")
        later = [other.type(each, "shop") for each in ("plan", "doctor", "run")]
        spent = len(used)
        here.office.wait(hours=3)
        last = other.type("run", "shop")

    assert first.code == 0, first.out + first.err
    assert [steps_aside(each) for each in said] == [True] * 3, said
    assert spent == 1
    assert [
        each.code for each in later if each.code not in (0, 1)
    ] == []  # 1: what `doctor` would have somebody look at
    assert not any(steps_aside(each) for each in later)
    assert last.code == 0, last.out + last.err
    assert len(used) == len(set(used)) == 2


@pytest.mark.requirement("X-03", "X-17", "SF-02")
def test_two_connections_to_one_firm_that_renew_at_the_same_moment_spend_a_token_each_and_lose_no_consent(
    here: World,
) -> None:
    with two_terminals(here.folder) as (one, other):
        for name in ("shop", "office"):
            here.code = here.office.consent(scopes=sf.SYNC)
            connected(here, one, name)
        used = renewals(here)
        for _ in range(2):
            here.office.wait(hours=3)
            with door(here.office, asks_for_access) as held:
                said = both(one, other, "shop", "office")

            assert [each.code for each in said] == [0, 0], said
            assert len(held.came) == 2

    assert len(used) == len(set(used)) == 4


# While a run is under way -------------------------------------------------------------------------------------------


def booked(here: World) -> None:
    """Let the books have more than travels in one call, and a client file that follows them."""
    for number in range(260):
        here.books.book("misc", [{"GLAccountCode": "550000", "Amount": Decimal(1)}, {"GLAccountCode": "612000", "Amount": Decimal(-1)}], day=SPRING, Comment=f"{number}")  # fmt: skip
    here.run()
    here.office.choose_reference(DEMO, REFERENCE)


def change_answer(here: World, name: str, value: str) -> None:
    """Change one answer of the connection; what its system renewed stays."""
    row = here.store.connection("c")
    assert row is not None
    row.answers["silverfin"][name] = value
    with here.store.transaction():
        here.store.save(row)


def is_equal(here: World) -> bool:
    return len(here.office.transactions(DEMO)) == 520 and here.balances_of_the_file() == here.balances_of_the_books()


@pytest.mark.requirement("X-03", "X-17", "SF-04")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_access_that_ends_in_the_middle_of_a_run_is_renewed_once_and_nothing_is_sent_twice(
    here: World, number: int
) -> None:
    booked(here)
    used, calls = renewals(here), iter(range(1, 100))

    def ends(request: Request) -> bool:
        if request.path.endswith("/transactions") and next(calls) == number:
            here.office.wait(hours=3)
        return False

    here.office.mishap("before", when=ends)
    here.run()
    here.office._mishaps.clear()

    assert len(used) == len(set(used)) == 1
    assert [each.status for each in here.office.calls if each.what == "submit"].count(401) <= 1
    assert is_equal(here)
    assert here.run().writes == 0


@pytest.mark.requirement("X-03", "X-17", "SF-01")
def test_consent_that_is_taken_back_in_the_middle_of_a_run_stops_it_and_with_a_new_one_everything_goes_on(
    here: World,
) -> None:
    booked(here)
    calls = iter(range(1, 100))

    def goes(request: Request) -> bool:
        if request.path.endswith("/transactions") and next(calls) == 3:
            here.office.revoke_consent()
        return False

    here.office.mishap("before", when=goes)
    here.run()
    here.office._mishaps.clear()
    stopped, sent = here.pair(), len(here.office.transactions(DEMO))
    with pytest.raises(LoginRefused) as told:
        here.run()
    change_answer(here, "code", here.office.consent(scopes=sf.SYNC))
    for _ in range(2):
        here.run()

    assert stopped.state == "failed"
    assert "consent" in stopped.reason
    assert 0 < sent < 520
    assert "Let an Admin of the firm give consent again" in told.value.cure
    assert is_equal(here)
    assert here.run().writes == 0


@pytest.mark.requirement("X-17", "SF-01")
def test_another_address_or_another_firm_is_told_and_the_consent_at_the_right_one_lives_on(here: World) -> None:
    booked(here)
    right: dict[str, Any] = here.answers()["silverfin"]
    with SilverfinSandbox(EMPTY) as elsewhere:
        change_answer(here, "url", elsewhere.url)
        here.office.wait(hours=3)
        here.clock.sleep(3 * 3600)
        with pytest.raises(LoginRefused) as there:
            here.run()
    change_answer(here, "url", right["url"])
    change_answer(here, "firm", "1002")
    with pytest.raises(LoginRefused) as other:
        here.run()
    change_answer(here, "firm", right["firm"])
    here.run()

    assert there.value.cure
    assert other.value.cure
    assert is_equal(here)
