"""A key of Yuki that is taken away, or is not there any more: it is told with its cure, and nothing is lost or made twice."""

from __future__ import annotations

import crm
import pytest
import yk
from scenes import run_until_quiet, states
from world import World

from syncrules.errors import LoginRefused
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.yuki import YukiSandbox


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
def test_an_address_of_another_yuki_is_told_and_nothing_is_concluded(here: World) -> None:
    yk.known_company(here)
    right = here.kind.answers(here.books)["url"]
    with YukiSandbox() as elsewhere:
        elsewhere.revoke_key()
        change_answer(here, "url", elsewhere.answers["url"])
        with pytest.raises(LoginRefused) as told:
            here.run()
    change_answer(here, "url", right)
    result = here.run()

    assert told.value.cure
    assert (result.writes, result.stopped) == (0, [])
    assert crm.is_quiet(here)
