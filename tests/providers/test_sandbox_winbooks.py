"""The WinBooks sandbox at its door: the exchanges of the description, tokens, the licence, addresses, and the sandbox itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from winbooks_talk import EXCHANGES, SHEET, STORY, TODAY, Talk, day, needs_sheet, said, talking

from syncrules_providers.sandboxes.winbooks import SERVER_FAULT, TOO_MANY, WinBooksSandbox
from syncrules_providers.sandboxes.winbooks_assumed import NOT_EMULATED, SITUATIONS, Habits
from syncrules_providers.sandboxes.winbooks_tables import id_of


@pytest.fixture
def talk() -> Iterator[Talk]:
    with talking() as talk:
        yield talk


@pytest.fixture
def sandbox(talk: Talk) -> WinBooksSandbox:
    return talk.sandbox


# The exchanges of the description -----------------------------------------------------------------------------------


def test_the_described_exchanges_come_out_as_described() -> None:
    with WinBooksSandbox(today=lambda: TODAY) as sandbox, httpx.Client() as http:
        march = next(
            row["Id"] for row in sandbox.rows("BookPeriod") if (row["RelatedYear"], row["Number"]) == (2025, 3)
        )
        kept = {"march": march}
        for exchange in EXCHANGES:
            prepare(sandbox, exchange.get("before", ""))
            ask = exchange["ask"]
            verb = next(iter(ask))
            headers = {"Authorization": f"Bearer {kept.get('access', '')}", **ask.get("headers", {})}
            content = filled(ask["form"], kept) if "form" in ask else filled(ask.get("body"), kept)
            content = content.encode() if isinstance(content, str) else said(content) if content is not None else None
            answer = http.request(verb, sandbox.url + filled(ask[verb], kept), headers=headers, content=content)
            told = answer.json() if answer.content else None

            assert answer.status_code == exchange["told"]["status"], (exchange["name"], answer.text)
            for name, value in exchange["told"].get("headers", {}).items():
                fit(value, answer.headers.get(name), kept, sandbox, exchange["name"])
            if "body" in exchange["told"]:
                fit(exchange["told"]["body"], told, kept, sandbox, exchange["name"])


def prepare(sandbox: WinBooksSandbox, before: str) -> None:
    match before:
        case "open March 2025":
            sandbox.open_period(2025, 3)
        case "let the server stumble":
            sandbox.mishap(SERVER_FAULT)


def filled(content: Any, kept: dict[str, str]) -> Any:
    """Put what earlier answers said in the place of its name."""
    if isinstance(content, str):
        return re.sub(r"\{(\w+)\}", lambda found: kept[found.group(1)], content)
    if isinstance(content, dict):
        return {name: filled(each, kept) for name, each in content.items()}
    return [filled(each, kept) for each in content] if isinstance(content, list) else content


KINDS = {"text": ".+", "guid": "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "date": r"/Date\(\d+\)/"}


def fit(expected: Any, told: Any, kept: dict[str, str], sandbox: WinBooksSandbox, where: str) -> None:
    """Hold an answer against what was expected; it may say more about an object, and not more in a list."""
    if isinstance(expected, dict):
        assert isinstance(told, dict), where
        assert expected.keys() <= told.keys(), (where, expected.keys() - told.keys())
        for name in expected:
            fit(expected[name], told[name], kept, sandbox, f"{where}.{name}")
    elif isinstance(expected, list):
        assert len(told) == len(expected), (where, told)
        for place, (one, other) in enumerate(zip(expected, told, strict=True)):
            fit(one, other, kept, sandbox, f"{where}[{place}]")
    elif isinstance(expected, str):
        assert isinstance(told, str), (where, told)
        parts = re.split(
            r"<(text|guid|date)(?::(\w+))?>", expected.replace("https://rapi.winbooksonweb.be", sandbox.url)
        )
        pattern = re.escape(parts[0])
        for kind, _, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            pattern += f"({KINDS[kind]}){re.escape(literal)}"
        found = re.fullmatch(pattern, told)
        assert found, (where, told)
        kept.update({name: value for name, value in zip(parts[2::3], found.groups(), strict=True) if name})
    else:
        assert told == expected, (where, told)


def test_no_exchange_is_forgotten() -> None:
    counted = Counter(each["section"] for each in EXCHANGES)

    assert counted == {
        **{"1.3": 2, "1.4": 2, "2.3": 1, "2.6": 1, "3.5": 2, "3.6": 2, "3.8": 1, "3.9": 9, "4": 7},
        **{"5.1": 1, "5.2": 1, "5.3": 1, "5.4": 1, "5.5": 1},
    }
    assert len({each["name"] for each in EXCHANGES}) == len(EXCHANGES) == 32


def test_an_exchange_that_is_not_emulated_says_which() -> None:
    assert {each["left_out"] for each in EXCHANGES if "left_out" in each} <= set(NOT_EMULATED)


@needs_sheet
def test_every_exchange_of_the_description_is_here() -> None:
    sheet = SHEET.read_text(encoding="utf-8")
    counted = Counter(each["section"] for each in EXCHANGES)
    sections = dict(re.findall(r"^#{2,3} (\d[\d.]*\d|\d)\.? [^\n]*\n(.*?)(?=^#{2,3} \d|\Z)", sheet, re.M | re.S))
    calls = re.compile(r"^(?:POST|GET|PUT|DELETE) \S*/|\[D\].*`(?:POST|GET) app/|answer `\{\"Href\"|Answer, HTTP", re.M)
    shown = {number for number, text in sections.items() if calls.search(text) or "```json" in text}
    rows = {number: len(re.findall(r"^\| (?!-|Call|Situation)", text, re.M)) for number, text in sections.items()}

    assert shown - counted.keys() == set()
    assert counted["4"] == rows["4"]
    assert counted["3.9"] >= rows["3.9"]


# Tokens ---------------------------------------------------------------------------------------------------------------


def test_an_exchange_token_can_be_used_again(talk: Talk) -> None:
    first = talk.login()
    second = talk.login()

    assert first["access_token"] != second["access_token"]
    assert talk.get("Vat/21")["Code"] == "21"


def test_an_access_token_ends_and_a_refresh_gives_the_next(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.expire_tokens()
    assert talk.refused("GET", "Vat/21")[0] == 401

    talk.login("refresh_token", talk.refresh)
    assert talk.send("GET", "Vat/21").status_code == 200


def test_an_access_token_lives_as_long_as_it_says() -> None:
    clock = [0.0]
    with talking(None, ledger=False, clock=lambda: clock[0]) as talk:
        clock[0] = 899
        assert talk.send("GET", "Vat/21").status_code == 200
        clock[0] = 900
        assert talk.send("GET", "Vat/21").status_code == 401


def test_a_refresh_token_that_was_used_is_dead(talk: Talk, sandbox: WinBooksSandbox) -> None:
    used = talk.refresh
    talk.login("refresh_token", used)
    assert talk.ask_token("refresh_token", used).status_code == 400

    sandbox.habits.refresh_rotates = False
    used = talk.refresh
    talk.login("refresh_token", used)
    assert talk.ask_token("refresh_token", used).status_code == 200


def test_an_exchange_token_expires_sooner_when_the_application_is_not_trusted() -> None:
    clock = [0.0]
    with talking(None, ledger=False, clock=lambda: clock[0]) as talk:
        short, long = talk.sandbox.let_in("a@acme.example"), talk.sandbox.let_in("b@acme.example", trusted=True)
        clock[0] = 3600.0

        answer = talk.ask_token("exchange_token", short, "a@acme.example")
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
        assert talk.ask_token("exchange_token", long, "b@acme.example").status_code == 200


def test_a_pair_outlives_its_exchange_token(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.expire_exchange_token()

    assert talk.ask_token("exchange_token", "XCH-000111222").status_code == 400
    assert talk.send("GET", "Vat/21").status_code == 200
    assert talk.ask_token("refresh_token", talk.refresh).status_code == 200


def test_a_deleted_application_has_no_access_any_more(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.revoke()

    assert talk.send("GET", "Vat/21").status_code == 401
    assert talk.ask_token("refresh_token", talk.refresh).status_code == 400
    assert talk.ask_token("exchange_token", "XCH-000111222").status_code == 400


def test_dead_refresh_tokens_leave_only_the_exchange_token(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.forget_refresh_tokens()

    assert talk.ask_token("refresh_token", talk.refresh).status_code == 400
    assert talk.ask_token("exchange_token", "XCH-000111222").status_code == 200


@pytest.mark.parametrize(
    ("form", "headers", "error"),
    [
        ({"grant_type": "exchange_token", "code": "XCH-000111222"}, {"Authorization": ""}, "invalid_request"),
        ({"grant_type": "exchange_token", "code": "XCH-000111222"}, {"Authorization": "Basic %%%"}, "invalid_request"),
        ({"grant_type": "exchange_token"}, {}, "invalid_request"),
        ({"code": "XCH-000111222"}, {}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, {}, "invalid_request"),
        ({"grant_type": "password", "code": "x"}, {}, "unsupported_grant_type"),
        ({"grant_type": "exchange_token", "code": "x"}, {}, "invalid_grant"),
    ],
)
def test_a_token_request_that_is_wrong_is_refused(
    talk: Talk, form: dict[str, str], headers: dict[str, str], error: str
) -> None:
    basic = {"Authorization": "Basic aW5mb0BhY21lLmV4YW1wbGU="}
    answer = talk.http.post(f"{talk.url}/OAuth20/Token", data=form, headers={**basic, **headers})

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_somebody_elses_exchange_token_is_refused(talk: Talk) -> None:
    assert talk.ask_token("exchange_token", "XCH-000111222", "other@acme.example").status_code == 400


def test_the_token_address_is_particular_about_capitals_and_form(talk: Talk) -> None:
    basic = {"Authorization": "Basic aW5mb0BhY21lLmV4YW1wbGU="}
    form = {"grant_type": "exchange_token", "code": "XCH-000111222"}

    assert talk.http.post(f"{talk.url}/oauth20/token", data=form, headers=basic).status_code == 404
    assert talk.http.post(f"{talk.url}/OAuth20/Token", json=form, headers=basic).status_code == 400
    assert talk.http.get(f"{talk.url}/OAuth20/Token").status_code == 405


def test_expires_in_is_a_text_or_a_number() -> None:
    with talking(None, ledger=False, habits=Habits(expires_in="number")) as talk:
        assert talk.login()["expires_in"] == 900


# The licence ------------------------------------------------------------------------------------------------------------


def test_one_token_opens_all_folders(sandbox: WinBooksSandbox) -> None:
    with Talk(sandbox, "DEMO_SRL") as french:
        assert french.get("GLAccount/400000")["Name"] == "Clients"
    with Talk(sandbox) as dutch:
        assert dutch.get("GLAccount/400000")["Name"] == "Handelsdebiteuren"


def test_a_folder_for_which_the_application_was_not_made_is_unknown(sandbox: WinBooksSandbox) -> None:
    token = sandbox.let_in("few@acme.example", folders=("DEMO_SRL",))
    with Talk(sandbox) as talk:
        talk.access = talk.ask_token("exchange_token", token, "few@acme.example").json()["access_token"]

        assert talk.refused("GET", "Vat/21") == (404, "Folder 'DEMO_BV' does not exist.")
        talk.folder = "DEMO_SRL"
        assert talk.send("GET", "Vat/21").status_code == 200


@pytest.mark.parametrize("folder", ["", "DEMO_BV"])
def test_without_the_module_nothing_is_answered(talk: Talk, sandbox: WinBooksSandbox, folder: str) -> None:
    sandbox.switch_module(False, folder)

    assert talk.refused("GET", "Vat/21") == (403, "Rest API module is not active")
    sandbox.switch_module(True, folder)
    assert talk.send("GET", "Vat/21").status_code == 200


def test_the_answers_follow_a_new_application(sandbox: WinBooksSandbox) -> None:
    token = sandbox.let_in("new@acme.example", trusted=True, description="again")

    assert sandbox.answers == {
        "email": "new@acme.example",
        "exchange_token": token,
        "folder": "DEMO_BV",
        "url": sandbox.url,
    }


# Addresses ------------------------------------------------------------------------------------------------------------


def test_a_code_and_an_id_work_in_the_same_place(talk: Talk) -> None:
    by_code = talk.get("Customer/HÉLOÏSE")

    assert talk.get(f"Customer/{by_code['Id']}") == by_code
    assert talk.get(f"Customer/{by_code['Id'].upper()}") == by_code
    assert talk.get("Customer/4711")["Code"] == "4711"


def test_the_plural_adds_an_s_whatever_the_word(talk: Talk) -> None:
    for word in ("Addresss", "Third_Addresss", "Countrys", "Currencys", "GLTransHeaders", "GLMatchs", "ThirdCivilitys"):
        assert talk.send("GET", word).status_code == 200, word
    for word in ("Addresses", "Countries", "customers", "Nonsense"):
        assert talk.refused("GET", word)[0] == 404


def test_the_table_of_vat_codes_has_two_names(talk: Talk) -> None:
    assert talk.get("VatAccount/21") == talk.get("Vat/21")
    assert talk.get("VatAccounts") == talk.get("Vats")


def test_names_of_parameters_are_understood_in_any_spelling(talk: Talk) -> None:
    assert talk.get("Customer/ARTHUR?MaxLevel=2") == talk.get("Customer/ARTHUR?maxLevel=2&isShowID=true")
    assert talk.refused("GET", "Customer/ARTHUR?maxLevel=deep")[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Customer", 404),
        ("GET", "Address", 404),
        ("POST", "Customer", 404),
        ("DELETE", "Customers", 405),
        ("PATCH", "Customer/ARTHUR", 405),
        ("GET", "Customers/ExecuteCriteria", 405),
        ("POST", "GLTransHeader/ABC", 405),
        ("PUT", "Customer/NOBODY", 404),
        ("DELETE", "Customer/NOBODY", 404),
    ],
)
def test_what_is_not_offered_is_refused(talk: Talk, method: str, path: str, status: int) -> None:
    if method == "PATCH":
        address = f"{talk.url}/app/{path}/Folder/DEMO_BV"
        answer = talk.http.patch(address, headers={"Authorization": f"Bearer {talk.access}"}, json={})
        assert answer.status_code == status
    else:
        assert talk.refused(method, path, {} if method in ("POST", "PUT") else None)[0] == status


def test_an_address_outside_the_api_is_not_found(talk: Talk) -> None:
    assert talk.http.get(f"{talk.url}/").status_code == 404
    assert talk.http.get(f"{talk.url}/app/Customers").status_code == 404


def test_everything_can_stand_below_another_base() -> None:
    with talking(None, ledger=False, base="/wow/v2") as talk:
        href = talk.saved("POST", "Customer/EVE", {"Code": "EVE", "Third": {"Code": "EVE"}})["Href"]

        assert talk.url.endswith("/wow/v2")
        assert href == f"{talk.url}/app/Customer/EVE/Folder/DEMO_BV"
        assert talk.http.get(f"{talk.sandbox.url}/app/Vats/Folder/DEMO_BV").status_code == 404
        assert [call.what for call in talk.sandbox.writes] == ["Customer"]


def test_a_code_in_an_href_is_percent_encoded(talk: Talk) -> None:
    told = talk.saved("PUT", "Customer/HÉLOÏSE", {"Memo": "x"})

    assert told["Href"].endswith("/app/Customer/H%C3%89LO%C3%8FSE/Folder/DEMO_BV")


# The sandbox itself ---------------------------------------------------------------------------------------------------


def test_calls_are_told_in_the_vendors_words(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.calls.clear()
    talk.get("Vats")
    talk.ask("Customer")
    talk.saved("PUT", "Customer/ARTHUR", {"Memo": "x"})
    talk.refused("PUT", "Customer/ARTHUR", {"VatCode": "99"})

    told = [(call.method, call.what, call.writes) for call in sandbox.calls]
    assert told == [
        ("GET", "Vats", False),
        ("POST", "Customers/ExecuteCriteria", False),
        ("PUT", "Customer", True),
        ("PUT", "Customer", True),
    ]
    assert [(call.what, call.status) for call in sandbox.writes] == [("Customer", 200)]


def test_mishaps_happen_once(talk: Talk, sandbox: WinBooksSandbox) -> None:
    body = {"Code": "EVE", "Third": {"Code": "EVE"}}
    sandbox.mishap("after", when=lambda request: request.method == "POST")
    with pytest.raises(httpx.TransportError):
        talk.send("POST", "Customer/EVE", body)
    assert talk.get("Customer/EVE")["Code"] == "EVE"

    sandbox.mishap(TOO_MANY)
    answer = talk.send("GET", "Customer/EVE")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_a_fault_of_the_sandbox_says_so(talk: Talk, sandbox: WinBooksSandbox) -> None:
    sandbox.folders["DEMO_BV"].rows.pop("Vat")

    answer = talk.send("GET", "Vats")
    assert (answer.status_code, answer.json()["Message"]) == (500, "An error has occurred.")
    assert "Vat" in answer.json()["ExceptionMessage"]


def test_every_situation_has_a_status_and_a_body() -> None:
    assert all(each.status >= 400 and bool(each.message) != bool(each.error) for each in SITUATIONS.values())


def test_the_same_story_gives_the_same_books() -> None:
    one, other = WinBooksSandbox(STORY, today=lambda: TODAY), WinBooksSandbox(STORY, today=lambda: TODAY)

    assert one.lines() == other.lines()
    assert one.customers() == other.customers()


def test_without_a_story_and_a_ledger_there_are_only_tables() -> None:
    with talking(None, ledger=False) as talk:
        assert talk.get("Customers") == talk.get("GLTranss") == []
        assert len(talk.get("GLAccounts")) == len(talk.sandbox.rows("GLAccount")) > 25


def test_moments_are_told_in_milliseconds_of_utc(talk: Talk, sandbox: WinBooksSandbox) -> None:
    key = talk.book(talk.sale())

    assert talk.get(f"GLTransHeader/{key}")["BookDate"] == day(2026, 9, 15) == "/Date(1789430400000)/"
    assert id_of(sandbox.folders["DEMO_BV"], "Journal", "VERK") == talk.key("Journal", "VERK")
