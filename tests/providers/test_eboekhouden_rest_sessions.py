"""The REST transport of e-Boekhouden: logging in and out, sessions that end, secrets, and whose books these are."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from eboekhouden_rest_service import (
    BICYCLES,
    EXCHANGES,
    INVOICE,
    MANIFEST,
    SEEN,
    SESSION,
    TOKEN,
    body_of,
    everything,
    listed,
    refused,
    replaying,
    serving,
    told,
    unreachable,
)

from syncrules import provider as providers
from syncrules.errors import (
    LoginRefused,
    Nonsense,
    ProviderError,
    SyncRulesError,
)
from syncrules_providers.eboekhouden_rest import EboekhoudenRest

# Sessions -------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_before_something_is_asked() -> None:
    provider, service = serving()
    provider.close()

    assert service.asked == []


def test_we_log_in_as_the_service_wants_and_log_out_at_the_end() -> None:
    provider, service = serving({"GET /v1/unit": listed()}, token="demo-token", source="SyncEngine")
    everything(provider, "units")
    everything(provider, "units")
    provider.close()
    provider.close()

    assert service.calls == ["POST /v1/session", "GET /v1/unit", "GET /v1/unit", "DELETE /v1/session"]
    assert body_of(service.asked[0]) == EXCHANGES["log in"]["body"]
    assert "authorization" not in service.asked[0].headers
    assert service.asked[-1].headers["authorization"] == SESSION


def test_the_address_and_our_name_have_defaults() -> None:
    asked = {each.name: each for each in MANIFEST.asks}

    assert asked["url"].default == "https://api.e-boekhouden.nl"
    assert re.fullmatch(r"[\w_ ]{1,10}", asked["source"].default or "")
    assert [each.name for each in MANIFEST.asks if each.default is None] == ["token"]
    assert [each.name for each in MANIFEST.asks if each.secret] == ["token"]
    assert providers.find("eboekhouden-rest").make is EboekhoudenRest


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("relation", lambda provider: provider.fetch("relations", "4100201")),
        ("add a relation", lambda provider: provider.create("relations", BICYCLES)),
        ("update a relation", lambda provider: provider.update("relations", "4100203", {"city": "Assen"}, SEEN)),
        ("post an invoice", lambda provider: provider.create("mutations", INVOICE)),
        ("open items", lambda provider: provider.find("open items", "mutationId", "318")),
    ],
)
def test_an_ended_session_is_opened_again_once_and_the_call_repeated(
    name: str, do: Callable[[EboekhoudenRest], Any]
) -> None:
    provider, service = replaying(name)
    asked = EXCHANGES[name]["asked"].partition("?")[0]
    service.answers[asked].insert(0, told(401))

    assert do(provider)
    assert service.calls == ["POST /v1/session", asked, "POST /v1/session", asked]


def test_a_session_that_ends_at_once_is_not_opened_forever() -> None:
    provider, service = serving({"GET /v1/unit": told(401)})

    with pytest.raises(LoginRefused):
        everything(provider, "units")
    assert service.calls == ["POST /v1/session", "GET /v1/unit"] * 2


def test_a_session_is_renewed_before_it_ends() -> None:
    provider, service = serving()
    everything(provider, "units")
    service.clock.sleep(3600 - 301)
    everything(provider, "units")
    assert service.calls.count("POST /v1/session") == 1

    service.clock.sleep(2)
    everything(provider, "units")

    assert service.calls.count("POST /v1/session") == 2


def test_a_session_that_ends_soon_is_used_for_half_its_life() -> None:
    provider, service = serving({"POST /v1/session": told(200, {"token": SESSION, "expiresIn": 60})})
    everything(provider, "units")
    service.clock.sleep(29)
    everything(provider, "units")

    assert service.calls.count("POST /v1/session") == 1


def test_threads_that_find_the_session_ended_open_one_for_all() -> None:
    sessions = iter(range(1, 100))
    ended: set[str] = set()

    def log_in(_: httpx.Request) -> httpx.Response:
        return told(200, {"token": f"session-{next(sessions)}", "expiresIn": 3600})

    def make(request: httpx.Request) -> httpx.Response:
        return told(401) if request.headers["authorization"] in ended else told(201, {"id": 9})

    provider, service = serving({"POST /v1/session": log_in, "POST /v1/relation": make})
    provider.create("relations", BICYCLES)
    ended.add("session-1")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: provider.create("relations", BICYCLES), range(40)))

    assert len(made) == 40
    assert service.calls.count("POST /v1/session") == 2


def test_two_connections_have_each_a_session_of_their_own() -> None:
    one, _ = serving()
    other, service = serving({"POST /v1/session": told(200, {"token": "another-session", "expiresIn": 3600})})
    everything(one, "units")
    everything(other, "units")

    assert service.asked[-1].headers["authorization"] == "another-session"


@pytest.mark.parametrize(
    ("answer", "code", "cure"),
    [
        (refused("API_SESSION_004"), "API_SESSION_004", "new token"),
        (refused("API_SESSION_002"), "API_SESSION_002", "hyphen"),
        (refused("SECURITY_011", status=403, securityType=1), "SECURITY_011", "e-boekhouden.be"),
        (refused("SECURITY_999", status=403, securityType=0), "SECURITY_999", "new token"),
        (refused("SECURITY_877", status=403, securityType=0), "SECURITY_877", "new token"),
        (refused("NEW_001"), "NEW_001", "new token"),
        (told(401), "401", "new token"),
        (told(403, b"<html>"), "403", "new token"),
    ],
)
def test_a_refused_login_says_why_and_what_to_do(answer: httpx.Response, code: str, cure: str) -> None:
    provider, _ = serving({"POST /v1/session": answer})

    with pytest.raises(LoginRefused) as caught:
        provider.account()

    assert caught.value.code == code
    assert cure in caught.value.cure
    assert "Zo niet." in str(caught.value) or not code[0].isalpha()


@pytest.mark.parametrize(
    "answer",
    [
        told(200, b"<html>Even geduld"),
        told(200, {"expiresIn": 3600}),
        told(200, {"token": "", "expiresIn": 3600}),
        told(200, {"token": "two\nlines", "expiresIn": 3600}),
        told(200, {"token": "a secret that nobody must see"}),
        told(200, ["a secret that nobody must see"]),
        told(200, {"token": "a secret that nobody must see", "expiresIn": "soon"}),
        told(404, b"not here"),
        told(302),
    ],
)
def test_a_login_that_is_no_login_is_told_without_its_content(answer: httpx.Response) -> None:
    provider, _ = serving({"POST /v1/session": answer})

    with pytest.raises(Nonsense) as caught:
        provider.account()

    assert "secret" not in str(caught.value)


def test_logging_out_never_fails() -> None:
    for answer in (told(404), told(401), unreachable):
        provider, service = serving({"DELETE /v1/session": answer})
        everything(provider, "units")
        provider.close()

        assert service.calls[-1] == "DELETE /v1/session"


# Secrets --------------------------------------------------------------------------------------------------------


def gossip(status: int) -> httpx.Response:
    return refused("X_1", f"Not with {TOKEN} nor with {SESSION}", status, errors={"a": [TOKEN], "b": SESSION})


@pytest.mark.parametrize(
    ("answers", "do"),
    [
        ({"POST /v1/session": refused("X_1", TOKEN)}, lambda provider: provider.account()),
        ({"POST /v1/session": refused("X_1", TOKEN, 403)}, lambda provider: provider.account()),
        (
            {
                "POST /v1/session": [told(200, {"token": SESSION, "expiresIn": 9}), gossip(400)],
                "GET /v1/unit": told(401),
            },
            lambda provider: everything(provider, "units"),
        ),
        ({"GET /v1/unit": gossip(400)}, lambda provider: everything(provider, "units")),
        ({"GET /v1/unit": gossip(403)}, lambda provider: everything(provider, "units")),
        ({"GET /v1/unit": told(401)}, lambda provider: everything(provider, "units")),
        ({"GET /v1/unit": told(200, SESSION.encode())}, lambda provider: everything(provider, "units")),
        ({"GET /v1/unit": told(200, TOKEN.encode())}, lambda provider: everything(provider, "units")),
        ({"POST /v1/relation": gossip(400)}, lambda provider: provider.create("relations", BICYCLES)),
        ({"PATCH /v1/relation/1": gossip(404)}, lambda provider: provider.update("relations", "1", {}, SEEN)),
        ({"PATCH /v1/relation/1": gossip(400)}, lambda provider: provider.update("relations", "1", {}, SEEN)),
    ],
)
def test_a_secret_stands_in_no_message_and_in_no_log(
    answers: dict[str, Any], do: Callable[[EboekhoudenRest], Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider, _ = serving(answers)

    with pytest.raises(SyncRulesError) as caught:
        do(provider)
    provider.close()

    for secret in (TOKEN, SESSION):
        assert secret not in str(caught.value) + caught.value.cure + caplog.text


def test_a_token_that_is_half_a_character_is_refused_unseen() -> None:
    provider, service = serving(token="half \ud83d")

    with pytest.raises(LoginRefused) as caught:
        provider.account()

    assert "half" not in str(caught.value)
    assert service.asked == []


# Whose books ----------------------------------------------------------------------------------------------------

OURS = {"guid": "11111111-2222-3333-4444-555555555555", "company": "Jansen Demo B.V."}
THEIRS = {"guid": "66666666-7777-8888-9999-000000000000", "company": "Ander Demo B.V."}


def whose(*linked: Any, administration: str = "") -> providers.Account:
    provider, _ = serving({"GET /v1/administration/linked": listed(*linked)}, administration=administration)
    return provider.account()


def test_the_same_administration_has_the_same_id_however_it_is_written() -> None:
    upper = {**OURS, "guid": "{" + OURS["guid"].upper() + "}"}

    assert whose(OURS).id == whose(upper).id != whose(THEIRS).id


@pytest.mark.parametrize("said", ["Jansen Demo B.V.", " jansen demo b.v. ", OURS["guid"], OURS["guid"].upper()])
def test_of_several_administrations_the_one_that_was_named_is_ours(said: str) -> None:
    assert whose(THEIRS, OURS, administration=said) == whose(OURS)


@pytest.mark.parametrize(("linked", "said"), [([OURS, THEIRS], ""), ([], ""), ([THEIRS], "Jansen Demo B.V.")])
def test_whose_books_these_are_is_never_guessed(linked: list[Any], said: str) -> None:
    with pytest.raises(ProviderError, match="cannot be told which administration") as caught:
        whose(*linked, administration=said)

    assert "administration" in caught.value.cure
    assert all(each["company"] in str(caught.value) for each in linked)
