"""A login to the CRM that ends, is taken away, or is that of another place; and two processes that log in at once."""

from __future__ import annotations

import pytest
from scenes import customer, edit_in_books, in_books, run_until_quiet, send_invoice, states, with_customer
from test_broken_world import several_customers
from world import CUSTOMERS, World

from syncrules.errors import LoginRefused
from syncrules_providers.sandboxes.server import Request
from syncrules_providers.sandboxes.tribe import TribeSandbox

pytestmark = pytest.mark.over("soap", because="it is about the login to the CRM")
TOKEN = "oauth2/token"


def logins(here: World) -> list[int]:
    """Tell how every request for a token was answered."""
    return [each.status for each in here.crm.calls if TOKEN in each.what]


@pytest.mark.requirement("X-03", "X-17")
def test_a_token_that_ends_again_and_again_is_renewed_each_time_and_nothing_is_made_twice(here: World) -> None:
    """Calls go side by side: an end comes only when everybody who was refused has come again."""
    names = several_customers(here, 6)
    for name in names:
        edit_in_books(here, name, Site="nieuw.example")
    in_books(here, "Slagerij De Haak", "10900")
    refused: set[tuple[str, bytes]] = set()
    seen = ended = 0

    def ends(request: Request) -> bool:
        nonlocal seen, ended
        if request.path.startswith(f"/{TOKEN}"):
            return False
        known = request.headers["authorization"].partition(" ")[2] in here.crm._tokens
        call = (request.path, request.body)
        again = call in refused
        (refused.discard if known else refused.add)(call)
        seen += 1
        if known and seen >= 5 and not refused and not again:
            seen, ended = 0, ended + 1
            here.crm.expire_tokens()
            refused.add(call)
        return False

    here.crm.mishap("before", when=ends)
    here.run()
    here.crm._mishaps.clear()

    assert ended >= 2
    assert logins(here) == [200] * (ended + 1)
    assert {customer(here, each)["Organization"]["Website"] for each in names} == {"nieuw.example"}
    assert len(here.crm.rows(CUSTOMERS)) == 7
    assert states(here) == {}


@pytest.mark.requirement("X-17")
def test_a_secret_that_was_replaced_is_told_and_with_the_new_one_everything_goes_on(here: World) -> None:
    name = with_customer(here)
    number = send_invoice(here, name)
    here.crm.client_secret = "another-secret"
    here.crm.expire_tokens()
    with pytest.raises(LoginRefused) as told:
        here.run()
    row = here.store.connection("c")
    assert row is not None
    row.answers["tribe"]["client_secret"] = "another-secret"
    with here.store.transaction():
        here.store.save(row)
    run_until_quiet(here)

    assert "client secret" in told.value.says
    assert "another-secret" not in f"{told.value} {told.value.cure}"
    assert [each["Factuurnummer"] for each in here.books.mutations()] == [number]


@pytest.mark.requirement("X-17")
def test_an_address_of_another_place_is_told_and_nothing_is_concluded(here: World) -> None:
    """The token server of one tenant and the API of another: the token is good, only not there."""
    name = with_customer(here)
    row = here.store.connection("c")
    assert row is not None
    with TribeSandbox() as elsewhere:
        row.answers["tribe"]["api_url"] = elsewhere.url
        with here.store.transaction():
            here.store.save(row)
        with pytest.raises(LoginRefused) as told:
            here.run()
    row.answers["tribe"]["api_url"] = here.crm.url
    with here.store.transaction():
        here.store.save(row)
    result = here.run()

    assert "belong together" in told.value.cure
    assert (result.writes, result.stopped) == (0, [])
    assert customer(here, name)["IsFormer"] is False
