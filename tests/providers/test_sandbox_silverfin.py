"""The Silverfin sandbox at its door: consent, roles, tokens, and the sandbox itself."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from silverfin_talk import (
    CALLBACK,
    COPY,
    EVERYTHING,
    FOR_SYNC,
    NO_SURPRISES,
    Form,
    Talk,
    push,
    sent_back,
    talking,
    upsert,
)

from syncrules.cli.commands import commands
from syncrules.provider import find
from syncrules_providers.sandboxes.silverfin import SilverfinSandbox
from syncrules_providers.sandboxes.silverfin_wire import Refused


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A client that nobody has let in yet."""
    with talking(connected=False) as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> SilverfinSandbox:
    return talk.sandbox


# The consent page -----------------------------------------------------------------------------------------------


def test_the_page_asks_who_is_there_and_chooses_the_firm_of_the_address_beforehand(talk: Talk) -> None:
    asked = {"client_id": "demo-silverfin", "redirect_uri": COPY, "response_type": "code", "scope": FOR_SYNC}
    with_firm = Form.of(talk.http.get("/f/1002/oauth/authorize", params=asked))
    without = Form.of(talk.http.get("/oauth/authorize", params=asked))

    assert with_firm.chosen == {"firm": "1002"}
    assert without.chosen == {}
    assert set(without.choices["firm"]) == {"1001", "1002"}
    assert all(scope in without.text for scope in FOR_SYNC.split())


def test_an_admin_gets_a_code_to_copy_and_the_firm_it_is_for(talk: Talk) -> None:
    shown = Form.of(talk.http.get(talk.press(FOR_SYNC).headers["location"]))

    assert shown.codes["authorized_firm_id"] == "1001"
    assert len(shown.codes["authorization_code"]) > 20


def test_the_answer_goes_where_the_application_wants_it(talk: Talk) -> None:
    answer = talk.press(FOR_SYNC, redirect=CALLBACK, state="s 1")

    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    assert sent_back(answer) | {"code": ""} == {"code": "", "authorized_firm_id": "1001", "state": "s 1"}


def test_the_firm_that_was_authorised_may_be_another_than_the_one_in_the_address(talk: Talk) -> None:
    answer = talk.press("user:firm", firm="1002", redirect=CALLBACK)
    told = sent_back(answer)
    again: dict[str, Any] = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": CALLBACK}

    assert told["authorized_firm_id"] == "1002"
    assert talk.ask_token(1001, **again).json()["error"] == "invalid_grant"
    assert talk.ask_token(1002, **again).status_code == 200


@pytest.mark.parametrize("user", ["Stef Staf", "Ella Extern", "Pim Pulse"])
def test_only_an_admin_can_allow_a_sync_and_everybody_else_is_told_to_ask_one(talk: Talk, user: str) -> None:
    answer = talk.press(FOR_SYNC, user=user)

    assert answer.status_code == 403
    assert "Only an Admin" in Form.of(answer).text
    assert talk.press("user:firm", user=user).status_code == 302
    with pytest.raises(Refused, match="Only an Admin"):
        talk.sandbox.consent(user)


def test_who_does_not_work_for_the_firm_can_allow_nothing(talk: Talk) -> None:
    answer = talk.press("user:firm", user="Stef Staf", firm="1002")

    assert (answer.status_code, "do not work" in answer.text) == (403, True)


def test_whoever_presses_deny_sends_the_application_away(talk: Talk) -> None:
    assert sent_back(talk.press(answer="deny", redirect=CALLBACK))["error"] == "access_denied"
    assert "access_denied" in Form.of(talk.press(answer="deny")).text


@pytest.mark.parametrize(
    "wrong", [{"client_id": "stranger"}, {"redirect_uri": "https://thief.example/cb"}, {"redirect_uri": ""}]
)
def test_an_unknown_application_or_redirect_is_told_on_the_page_and_sent_nowhere(talk: Talk, wrong: Any) -> None:
    asked = {"client_id": "demo-silverfin", "redirect_uri": CALLBACK, "response_type": "code", "scope": FOR_SYNC}
    answer = talk.http.get("/oauth/authorize", params={**asked, **wrong})
    pressed = talk.http.post(
        "/oauth/authorize", data={**asked, **wrong, "user": "12", "firm": "1001", "answer": "authorise"}
    )

    assert (answer.status_code, pressed.status_code) == (400, 400)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"response_type": "token"}, "unsupported_response_type"), ({"scope": "everything"}, "invalid_scope")],
)
def test_a_request_for_too_much_goes_back_to_the_application(talk: Talk, wrong: Any, error: str) -> None:
    asked = {"client_id": "demo-silverfin", "redirect_uri": CALLBACK, "response_type": "code", "scope": FOR_SYNC}

    assert sent_back(talk.http.get("/oauth/authorize", params={**asked, **wrong}))["error"] == error


def test_what_an_application_sends_is_text_on_the_page(talk: Talk) -> None:
    asked = {"client_id": "demo-silverfin", "redirect_uri": CALLBACK, "response_type": "code", "scope": ""}
    page = talk.http.get("/oauth/authorize", params={**asked, "state": '"><script>x</script>'})

    assert "<script>" not in page.text
    assert Form.of(page).hidden["state"] == '"><script>x</script>'


# The token call -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["params", "data", "json"])
def test_a_token_call_may_stand_in_the_query_in_a_form_or_in_json(talk: Talk, encoding: str) -> None:
    def ask(**said: str) -> httpx.Response:
        client = {"client_id": "demo-silverfin", "client_secret": "demo-secret", "redirect_uri": COPY}
        asked: dict[str, Any] = {encoding: {**client, **said}}
        return talk.http.post("/f/1001/oauth/token", **asked)

    first = ask(grant_type="authorization_code", code=talk.consent()).json()
    second = ask(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()

    assert list(first) == ["access_token", "token_type", "expires_in", "refresh_token", "scope", "created_at"]
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 7200)
    assert first["scope"].split() == ["financials:transactions:sync", "user:firm", "webhooks"]
    assert second["access_token"] != first["access_token"]


def test_a_code_works_once_with_its_own_redirect_and_for_ten_minutes(talk: Talk) -> None:
    code = talk.consent()
    asked: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": COPY}
    elsewhere = talk.ask_token(code=code, grant_type="authorization_code", redirect_uri=CALLBACK)
    first, second = talk.ask_token(code=code, **asked), talk.ask_token(code=code, **asked)
    late = talk.consent()
    talk.sandbox.wait(hours=0.2)

    assert first.status_code == 200
    for each in (elsewhere, second, talk.ask_token(code=late, **asked), talk.ask_token(code="nonsense", **asked)):
        assert (each.status_code, each.json()["error"]) == (401, "invalid_grant")
        assert each.json()["error_description"]


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "stranger"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "nonsense"}, 401, "invalid_grant"),
    ],
)
def test_a_token_call_that_is_refused_says_why(talk: Talk, form: Any, status: int, error: str) -> None:
    answer = talk.ask_token(**form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_token_is_asked_for_below_a_firm_only_and_with_post(talk: Talk) -> None:
    assert talk.http.post("/oauth/token").status_code == 404
    assert talk.http.post("/f/77/oauth/token").status_code == 404
    assert talk.http.get("/f/1001/oauth/token").status_code == 405
    assert talk.http.post("/f/1001/oauth/token", json=["no"]).json()["error"] == "invalid_request"


def test_an_authorization_header_at_the_token_call_is_taken_for_another_application(talk: Talk) -> None:
    asked = {"client_id": "demo-silverfin", "client_secret": "demo-secret", "grant_type": "refresh_token"}
    gateway = base64.b64encode(b"gate:way").decode()
    for credentials in (gateway, "!"):
        answer = talk.http.post("/f/1001/oauth/token", data=asked, headers={"Authorization": f"Basic {credentials}"})

        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_used_refresh_token_may_be_answered_with_400_as_well() -> None:
    with talking(connected=False, readings={"invalid grant": 400}) as talk:
        assert talk.ask_token(grant_type="refresh_token", refresh_token="r").status_code == 400


# How tokens grow old ------------------------------------------------------------------------------------------------


def refreshed(talk: Talk, token: str) -> httpx.Response:
    return talk.ask_token(grant_type="refresh_token", refresh_token=token, redirect_uri=COPY)


def use(talk: Talk, token: str) -> int:
    return talk.http.get("/api/v4/f/1001/user/firm", headers={"Authorization": f"Bearer {token}"}).status_code


def test_an_access_token_lives_for_two_hours(talk: Talk) -> None:
    talk.login()
    talk.sandbox.wait(hours=1.99)
    assert use(talk, talk.token) == 200

    talk.sandbox.wait(hours=0.02)
    assert use(talk, talk.token) == 401
    assert refreshed(talk, talk.refresh).status_code == 200


def test_a_refresh_token_lives_for_sixty_days(talk: Talk) -> None:
    talk.login()
    talk.sandbox.wait(days=59.9)
    assert refreshed(talk, talk.refresh).status_code == 200

    talk.sandbox.wait(days=0.2)
    assert refreshed(talk, talk.refresh).json()["error"] == "invalid_grant"


def test_the_old_refresh_token_ends_when_the_new_access_token_is_first_used(talk: Talk) -> None:
    talk.login()
    lost, kept = refreshed(talk, talk.refresh).json(), refreshed(talk, talk.refresh).json()

    assert use(talk, talk.token) == 200
    assert use(talk, kept["access_token"]) == 200
    assert refreshed(talk, talk.refresh).json()["error"] == "invalid_grant"
    assert use(talk, talk.token) == 401
    assert refreshed(talk, kept["refresh_token"]).status_code == 200
    assert lost["refresh_token"] != kept["refresh_token"]


def test_a_refresh_token_is_for_its_own_firm(talk: Talk) -> None:
    talk.login()
    elsewhere = talk.ask_token(1002, grant_type="refresh_token", refresh_token=talk.refresh)

    assert elsewhere.json()["error"] == "invalid_grant"
    assert refreshed(talk, talk.refresh).status_code == 200


def test_whether_the_old_access_token_ends_with_it_can_be_read_both_ways() -> None:
    with talking(connected=False, readings={"old access token": "lives"}) as talk:
        talk.login()
        use(talk, refreshed(talk, talk.refresh).json()["access_token"])

        assert use(talk, talk.token) == 200


def test_a_consent_that_is_taken_back_ends_every_token(talk: Talk) -> None:
    talk.login()
    code = talk.consent()
    talk.sandbox.revoke_consent()

    assert use(talk, talk.token) == 401
    assert refreshed(talk, talk.refresh).json()["error"] == "invalid_grant"
    assert talk.ask_token(grant_type="authorization_code", code=code, redirect_uri=COPY).status_code == 401

    talk.login()
    assert use(talk, talk.token) == 200


# Who may call what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}])
def test_without_a_token_nothing_is_told(talk: Talk, header: dict[str, str]) -> None:
    answer = talk.http.get("/api/v4/f/1001/syncs/settings", headers=header)

    assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert answer.json()["error"]


def test_a_token_may_stand_in_the_query(talk: Talk) -> None:
    talk.login()

    assert talk.http.get(f"/api/v4/f/1001/user/firm?access_token={talk.token}").json()["name"] == "Kantoor Voorbeeld"


def test_a_token_does_what_its_scopes_say(talk: Talk) -> None:
    talk.login("financials:transactions:sync")

    assert talk.get("/syncs/companies") == []
    assert talk.get("/user/firm") == {"id": 1001, "name": "Kantoor Voorbeeld"}
    for method, path, scope in (
        ("GET", "/syncs/webhooks", "webhooks"),
        ("GET", "/companies", "administration:read"),
        ("GET", "/user", "user:profile"),
    ):
        assert talk.refusal(method, path) == (403, f"The token lacks the scope {scope}.")


def test_a_token_is_for_one_firm(talk: Talk) -> None:
    talk.login()

    assert talk.refusal("GET", "/user/firm", firm=1002)[0] == 403
    assert talk.refusal("GET", "/user/firm", firm=77)[0] == 404


def test_who_is_there_is_told(talk: Talk) -> None:
    talk.login()

    assert talk.get("/user") == {"id": 12, "name": "Ada Admin", "email": "ada@kantoor.example"}
    assert talk.get("/user/email") == {"email": "ada@kantoor.example"}


def test_an_admin_who_loses_the_role_loses_the_sync(talk: Talk) -> None:
    talk.login()
    talk.sandbox.change_role("Ada Admin", "Staff contributor")

    assert talk.refusal("GET", "/syncs/companies") == (403, "Who gave the consent is no Admin of the firm any more.")
    assert talk.get("/companies")
    talk.sandbox.change_role("Ada Admin", None)
    assert talk.refusal("GET", "/companies")[0] == 403


def test_whether_a_lost_role_is_noticed_can_be_read_both_ways() -> None:
    with talking(connected=False, readings={"consent of a former admin": "works"}) as talk:
        talk.login()
        talk.sandbox.change_role("Ada Admin", "Pulse user")

        assert talk.get("/syncs/companies") == []


def test_an_unknown_path_and_a_wrong_method_are_told_apart(talk: Talk) -> None:
    talk.login()

    assert talk.refusal("GET", "/syncs/nothing")[0] == 404
    assert talk.refusal("DELETE", "/syncs/settings")[0] == 405
    assert talk.http.get("/api/v3/companies").status_code == 404


# The sandbox itself -------------------------------------------------------------------------------------------------


def test_its_answers_are_those_that_the_connector_asks_for() -> None:
    asked = {each.name for each in find("silverfin").manifest.asks}
    with SilverfinSandbox.seeded(0) as sandbox:
        assert set(sandbox.answers) == asked


def test_a_code_is_given_until_it_is_used_and_then_another_one() -> None:
    with SilverfinSandbox.seeded(0) as sandbox, httpx.Client(base_url=sandbox.url, verify=NO_SURPRISES) as http:
        talk, code = Talk(sandbox, http), sandbox.answers["code"]
        sandbox.wait(days=30)

        assert sandbox.answers["code"] == code
        assert talk.ask_token(grant_type="authorization_code", code=code, redirect_uri=COPY).status_code == 200
        assert sandbox.answers["code"] != code


def test_a_seeded_one_has_a_file_that_follows_a_set_of_books_and_others_that_follow_none() -> None:
    small, large = SilverfinSandbox.seeded(0).files(), SilverfinSandbox.seeded(100).files()

    assert (small[0]["name"], small[0]["sync_reference"]) == ("Demo BV", "DEMO_BV")
    assert {each["sync_reference"] for each in small[1:]} == {None}
    assert large[: len(small)] == small
    assert len(large) > len(small) + 50


def test_the_call_log_names_operations() -> None:
    with talking() as talk:
        talk.submitted(upsert("t1"))
        talk.send("GET", "/syncs/nothing")
        talk.refused({"upsert": {}})

        assert [(each.method, each.what, each.writes, each.status) for each in talk.sandbox.calls[-4:]] == [
            ("PUT", "setSyncCompanySettings", True, 200),
            ("POST", "submitSyncTransactions", True, 200),
            ("GET", "/api/v4/f/1001/syncs/nothing", False, 404),
            ("POST", "submitSyncTransactions", True, 422),
        ]
        assert [each.what for each in talk.sandbox.writes] == ["setSyncCompanySettings", "submitSyncTransactions"]
        assert not any(each.writes for each in talk.sandbox.calls if "oauth" in each.what)


def test_a_mishap_strikes_once() -> None:
    with talking() as talk:
        talk.sandbox.mishap(503, when=lambda request: request.method == "POST")
        assert talk.http.get("/", headers={}).status_code == 200
        answer = talk.http.post(
            "/api/v4/f/1001/syncs/companies/501/transactions",
            json=push(upsert("t1")),
            headers={"Authorization": f"Bearer {talk.token}"},
        )
        assert (answer.status_code, talk.sandbox.transactions(501)) == (503, [])

        talk.sandbox.mishap("after")
        with pytest.raises(httpx.TransportError):
            talk.submitted(upsert("t1"))
        assert len(talk.sandbox.transactions(501)) == 1


def test_a_fault_of_the_sandbox_is_no_lost_connection(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.login()
    monkeypatch.setattr(talk.sandbox.office, "synced", lambda _: 1 / 0)

    assert talk.refusal("GET", "/syncs/companies")[0] == 500


def test_its_first_page_leads_a_person_to_the_consent_page() -> None:
    with SilverfinSandbox.seeded(0) as sandbox, httpx.Client(base_url=sandbox.url, verify=NO_SURPRISES) as http:
        page = http.get("/")

        assert "501 Demo BV: DEMO_BV" in page.text
        assert Form.of(http.get(sandbox.consent_address)).choices["user"]


def test_the_command_starts_it_and_says_how_it_is_reached() -> None:
    result = CliRunner().invoke(commands, ["sandbox", "silverfin", "--size", "0", "--seconds", "0"])

    assert result.exit_code == 0, result.output
    assert "silverfin on http://127.0.0.1:" in result.output
    for each in (
        "firm: 1001",
        "client_id: demo-silverfin",
        "client_secret: demo-secret",
        "code: ",
        "url: http://127.0.0.1:",
    ):
        assert each in result.output


def test_everything_can_be_asked_for_at_once(talk: Talk) -> None:
    talk.login(EVERYTHING)

    assert talk.get("/companies")[0]["name"] == "Demo BV"
