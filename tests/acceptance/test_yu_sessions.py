"""A key of Yuki that is taken away, or is not there any more: it is told with its cure, and nothing is lost or made twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import crm
import pytest
import yk
from beside import beside, both, connected, door, steps_aside, two_terminals
from scenes import run_until_quiet, states
from world import CUSTOMERS, World

from syncrules.errors import LoginRefused
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.yuki import YukiSandbox

OPENS = "Authenticate"


def sessions(here: World) -> list[int]:
    """Tell how every request for a session was answered."""
    return [each.status for each in here.books.calls if each.what == OPENS]


def change_answer(here: World, name: str, value: str) -> None:
    """Change one answer of the connection."""
    row = here.store.connection("c")
    assert row is not None
    row.answers["yuki"][name] = value
    with here.store.transaction():
        here.store.save(row)


@pytest.mark.requirement("X-03", "X-17", "YU-01")
def test_a_key_that_is_taken_away_in_the_middle_of_a_run_is_told_and_with_a_new_one_everything_goes_on(
    here: World,
) -> None:
    here.run()
    for number in range(12):
        crm.add_customer(here, Name=f"Klant {number:02}", DebtorNumber=f"{20_000 + number}")
    written = 0

    def goes(request: Request) -> bool:
        nonlocal written
        written += b"<UpdateContact" in request.body
        if written == 4:
            written += 1
            here.books.revoke_key()
            here.books.expire_sessions()
        return False

    here.books.mishap("before", when=goes)
    with pytest.raises(LoginRefused) as told:
        here.run()
    here.books._mishaps.clear()
    made = len(here.books.contacts())
    here.books.make_key("a-key-that-was-made-just-now")
    change_answer(here, "api_key", "a-key-that-was-made-just-now")
    run_until_quiet(here)

    assert told.value.cure
    assert str(here.kind.answers(here.books)["api_key"]) not in f"{told.value} {told.value.cure}"
    assert 0 < made < 12
    assert sorted(each["Code"] for each in here.books.contacts()) == [f"{20_000 + number}" for number in range(12)]
    assert states(here) == {}


@pytest.mark.requirement("X-17", "YU-01")
@pytest.mark.parametrize(
    ("switch", "says"),
    [
        ("invalid key", "Yuki does not know this API key"),
        ("no database", "this key belongs to Yuki in the other country, or the domain is not active"),
    ],
)
def test_the_address_of_yuki_in_the_other_country_is_told_and_nothing_is_concluded(
    here: World, switch: Any, says: str
) -> None:
    """The key is good, only not there: nobody there knows it, or it is let in and finds no books."""
    yk.known_company(here)
    right = here.kind.answers(here.books)
    with YukiSandbox(region="be") as elsewhere:
        elsewhere.switches.wrong_region = switch
        elsewhere.make_key(right["api_key"], region="nl")
        change_answer(here, "url", elsewhere.answers["url"])
        with pytest.raises(LoginRefused) as told:
            here.run()
    change_answer(here, "url", right["url"])
    result = here.run()

    assert says in told.value.says
    assert "check the country" in told.value.cure.lower()
    assert (result.writes, result.stopped) == (0, [])
    assert crm.is_quiet(here)


# Two processes --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("X-03", "X-17", "YU-01")
def test_whoever_comes_while_another_opens_its_session_opens_none_and_makes_nothing(
    here: World, tmp_path: Path
) -> None:
    yk.in_yuki(here, **yk.KORST, IsCustomer=True)
    assert connected(here, tmp_path, "shop")[0] == 0
    for number in range(4):
        crm.add_customer(here, Name=f"Klant {number:02}", DebtorNumber=f"{20_000 + number}")
    here.books.calls.clear()
    with two_terminals(tmp_path) as (one, other):
        with door(here.books, lambda request: here.books.describe(request)[0] == OPENS) as held:
            first, said = beside(held, one, other, "run", "run", "plan", "doctor")
        opened = sessions(here)
        last = other.type("run", "shop")

    assert first.code == 0, first.out + first.err
    assert [steps_aside(each) for each in said] == [True] * 3, said
    assert opened == [200]
    assert last.code == 0, last.out + last.err
    assert sorted(each["Code"] for each in here.books.contacts()) == [
        "10042",
        *(f"{20_000 + each}" for each in range(4)),
    ]


@pytest.mark.requirement("X-03", "X-17", "YU-01")
def test_two_connections_with_one_key_that_open_their_sessions_at_the_same_moment_do_not_end_each_other(
    here: World, tmp_path: Path
) -> None:
    yk.in_yuki(here, **yk.KORST, IsCustomer=True)
    for name in ("shop", "office"):
        assert connected(here, tmp_path, name)[0] == 0
    here.books.calls.clear()
    with (
        two_terminals(tmp_path) as (one, other),
        door(here.books, lambda request: here.books.describe(request)[0] == OPENS) as held,
    ):
        said = both(one, other, "shop", "office")

    assert [each.code for each in said] == [0, 0], said
    assert len(held.came) == 2
    assert sessions(here) == [200, 200]
    assert len(here.crm.rows(CUSTOMERS)) == 1
