"""The Silverfin sandbox against what was collected: exchanges, descriptions, and the table of what is unsettled."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml
from silverfin_talk import (
    CALLBACK,
    NO_SURPRISES,
    SCHEMAS,
    YEARS,
    Listener,
    Talk,
    described,
    fits,
    needs_spec,
    push,
    sent_back,
    talking,
    upsert,
)

from syncrules_providers.sandboxes import silverfin_wire as wire
from syncrules_providers.sandboxes.silverfin import SilverfinSandbox

HERE = Path(__file__).parent
COUNTED = yaml.safe_load((HERE / "silverfin_exchanges.yaml").read_text(encoding="utf-8"))
EXCHANGES = COUNTED["exchanges"]
SOURCES = sorted((HERE.parents[1] / "providers" / "syncrules_providers" / "sandboxes").glob("silverfin*.py"))


# The exchanges ------------------------------------------------------------------------------------------------------


def test_the_collected_exchanges_come_out_as_collected() -> None:
    replayed = []
    with (
        SilverfinSandbox(client_id="CID", client_secret="SEC", clock=lambda: 1789430400.5) as sandbox,
        httpx.Client(base_url=sandbox.url, verify=NO_SURPRISES) as http,
        Listener() as listener,
    ):
        talk = Talk(sandbox, http)
        consented = sent_back(talk.press("financials:transactions:sync webhooks", redirect=CALLBACK))
        sandbox.choose_reference(501, "DEMO_BV", start=date(2025, 1, 1), typed=True)
        known = {"<AUTH1>": consented["code"], "<url>": listener.url}
        for exchange in EXCHANGES:
            talk.token = known.get("<a2>", "")
            if "first" in exchange:
                FIRST[exchange["first"]](talk, listener)
            replay = called if "calls" in exchange else asked
            replay(exchange, talk, listener, known)
            replayed.append(exchange["name"])

    assert len(replayed) == len(set(replayed)) == COUNTED["count"]["exchanges"]


def asked(exchange: Any, talk: Talk, _: Listener, known: dict[str, str]) -> None:
    """Ask what is asked and compare what is told, member by member."""
    method, _, path = put_in(exchange["asks"], known).partition(" ")
    body = put_in(exchange.get("with"), known)
    operation = described(method, path.partition("?")[0])
    if operation is not None and "requestBody" in operation:
        fits(operation["requestBody"]["content"]["application/json"]["schema"], body, before_first_push=False)
    headers = {"Authorization": f"Bearer {talk.token}"} if "/api/" in path else {}
    response = talk.http.request(method, path, json=body, headers=headers)

    assert (exchange["name"], response.status_code) == (exchange["name"], exchange["told"]), response.text
    if "body" in exchange:
        assert response.json() == learned(exchange["body"], response.json(), known), exchange["name"]


def called(exchange: Any, talk: Talk, listener: Listener, known: dict[str, str]) -> None:
    """Look at what Silverfin called with."""
    assert talk.sandbox.settle()

    ((headers, body),) = listener.calls
    assert json.loads(body) == put_in(exchange["with"], known)
    assert listener.url.endswith(exchange["calls"])
    assert all(re.fullmatch("[0-9a-f]{64}", headers[f"x-sf-signature-{each}"]) for each in (1, 2))


def use_the_new_access_token(talk: Talk, _: Listener) -> None:
    assert talk.get("/user/firm")["id"] == 1001


def click_the_arrows(talk: Talk, listener: Listener) -> None:
    talk.send("POST", "/syncs/webhooks", {"url": listener.url, "events": ["sync.requested"]})
    talk.sandbox.click_arrows(501)


def only_another_company(talk: Talk, _: Listener) -> None:
    talk.sandbox.remove_sync(501)
    number = talk.sandbox.add_file("Demo Company", id=398393022)
    talk.sandbox.choose_reference(number, "DEMO_BV", start=date(2025, 1, 1), typed=True)
    talk.settle_years(company=number)
    talk.submitted(point="2026-09-15T10:00:00Z#118", company=number)


FIRST: Mapping[str, Callable[[Talk, Listener], None]] = {
    "use the new access token": use_the_new_access_token,
    "click the arrows": click_the_arrows,
    "only another company": only_another_company,
}


def put_in(value: Any, known: Mapping[str, str]) -> Any:
    """Write what was learned where it is used."""
    if isinstance(value, str):
        return re.sub(r"<\w+>", lambda found: known[found[0]], value)
    if isinstance(value, list):
        return [put_in(each, known) for each in value]
    return {name: put_in(each, known) for name, each in value.items()} if isinstance(value, dict) else value


def learned(expected: Any, told: Any, known: dict[str, str]) -> Any:
    """Learn what could not be known beforehand, and return what is expected then."""
    if isinstance(expected, str) and re.fullmatch(r"<\w+>", expected):
        assert isinstance(told, str)
        assert told
        return known.setdefault(expected, told)
    if isinstance(expected, dict) and isinstance(told, dict):
        return {name: learned(each, told.get(name), known) for name, each in expected.items()}
    return expected


# The descriptions ---------------------------------------------------------------------------------------------------


@needs_spec
def test_answers_fit_the_description_without_any_allowance() -> None:
    with talking(strict=True, readings={"first sync point": ""}) as talk:
        assert talk.info()["sync_point"] == ""
        talk.submitted(upsert("t1"))
        talk.get("/syncs/companies")
        talk.get("/syncs/settings")
        assert talk.reset().status_code == 200
        talk.sandbox.remove_sync(501)
        assert talk.refusal("GET", "/syncs/companies/501/info")[0] == 409


@needs_spec
def test_an_answer_that_does_not_fit_the_description_is_noticed() -> None:
    with talking(strict=True) as talk, pytest.raises(jsonschema.ValidationError):
        talk.info()


@needs_spec
def test_a_sync_point_and_a_reference_fit_the_schemas_that_are_published() -> None:
    with talking() as talk:
        talk.submitted(upsert("t1"))
        told = talk.info()

    for name, path in SCHEMAS.items():
        jsonschema.validate(told[name], json.loads(path.read_text(encoding="utf-8")))


@needs_spec
def test_the_sandbox_has_every_operation_that_is_described_where_it_is_described() -> None:
    routes = {each["is"].partition(" ")[::2] for each in wire.declaration()["sync routes"].values()}
    paths = yaml.safe_load((SCHEMAS["sync_point"].parent / "silverfin-syncapi-partial.openapi.yaml").read_text())[
        "paths"
    ]
    theirs = {
        (method.upper(), path.removeprefix("/api/v4/f/{firm_id}").replace("{company_id}", "{company}"))
        for path, operations in paths.items()
        for method in operations
    } - {("POST", "/f/{firm_id}/oauth/token")}

    assert theirs <= routes
    assert {each for each in routes - theirs if "webhooks" not in each[1]} == set()


def test_answers_may_grow_without_notice() -> None:
    with talking(readings={"members that nobody knows": "one more"}) as talk:
        talk.submitted(upsert("t1"))

        assert talk.info()["added_since"]
        assert all(each["added_since"] for each in talk.get("/syncs/companies"))


# The table of what is unsettled -------------------------------------------------------------------------------------


def rows() -> dict[str, dict[str, Any]]:
    return {name: row for table in wire.TABLES for name, row in wire.declaration()[table].items()}


def test_names_are_unique_and_every_row_says_how_certain_it_is() -> None:
    assert len(rows()) == sum(len(wire.declaration()[each]) for each in wire.TABLES)
    assert {each["certainty"] for each in rows().values()} == {"documented", "seen", "inferred", "unverified"}
    assert all(each.keys() <= {"is", "or", "certainty", "note", "scope"} for each in rows().values())


def test_a_reading_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LookupError, match="resets"):
        SilverfinSandbox(readings={"resets": "after"})
    with pytest.raises(ValueError, match="'reset boundary' is one of"):
        SilverfinSandbox(readings={"reset boundary": "before"})


def test_unverified_names_and_paths_stand_in_the_table_only() -> None:
    code = "\n".join(each.read_text(encoding="utf-8") for each in SOURCES)
    members = [row["is"] for row in wire.declaration()["members"].values() if row["certainty"] == "unverified"]
    paths = [
        row["is"].partition(" ")[2] for each in ("sync routes", "routes") for row in wire.declaration()[each].values()
    ]

    assert len(SOURCES) > 8
    # `value`, `name` and the like are names of settled things too; so is the end_date of a period.
    assert [each for each in members if "_" in each and f'"{each}"' in code] == ["end_date"]
    assert [each for each in paths if f'"{each}"' in code] == []


def test_what_is_unverified_is_used() -> None:
    code = "\n".join(each.read_text(encoding="utf-8") for each in SOURCES)
    words = {*re.findall(r'"([^"\n]+)"', code)}
    unused = [
        name
        for name, row in rows().items()
        if name not in words and name.partition(".")[2] not in words and "or" in row
    ]

    assert unused == []


def test_every_path_can_be_moved() -> None:
    moved = {
        name: f"{row['is'].partition(' ')[0]} /moved{row['is'].partition(' ')[2]}"
        for table in ("sync routes", "routes")
        for name, row in wire.declaration()[table].items()
    }
    with talking(connected=False, readings=moved) as talk:
        talk.login()
        talk.sandbox.choose_reference(501, "DEMO_BV", typed=True)
        before = len(talk.sandbox.calls)
        for name, row in rows().items():
            if "scope" in row:
                method, _, path = row["is"].partition(" ")
                path = re.sub(r"\{\w+\}", "501", path)
                talk.send(method, f"/moved{path}", {})

                assert talk.sandbox.calls[-1].what == name
                assert talk.refusal(method, path, {}) == (404, "There is no such path.")
        assert len(talk.sandbox.calls) - before == 2 * len(moved)


def test_every_member_can_be_called_otherwise() -> None:
    members = wire.declaration()["members"]
    new: dict[str, Any] = {name: f"x{place}_{row['is']}" for place, (name, row) in enumerate(members.items())}

    def renamed(content: Any, *inside: str) -> Any:
        """Call members by their new names; where they stand tells which of those that are called alike is meant."""
        if isinstance(content, list):
            return [renamed(each, *inside) for each in content]
        if not isinstance(content, dict):
            return content
        found = {}
        for name, value in content.items():
            meant = next((each for each in inside if members[each]["is"] == name), None)
            if meant is None:  # a language
                return content
            found[new[meant]] = renamed(value, *WITHIN.get(meant, ()))
        return found

    full = upsert(
        "t1", description="d", document_number="1", journal="VERK", contact_reference="L", contact_name="Lumen",
        open_transaction={"value": 1, "category": "payable"}, analytical_codes=["A"], extra_fields=["x"],
    )  # fmt: skip
    body = renamed(push(full, {"delete": {"id": "t0"}}, extra_field_labels=["Due date"]), *TOP)
    with talking(connected=False, readings=new) as talk:
        talk.login()
        talk.sandbox.choose_reference(501, "DEMO_BV", typed=True)
        references = renamed({"sync_references": [{"reference": "R", "name": "n"}]}, "references")
        hook = renamed({"url": "https://engine.example", "events": ["sync.requested"]}, "webhook.url", "webhook.events")
        late: dict[str, Any] = {new["reset from"]: "2027-01-01"}
        answers = [
            talk.send("POST", "/syncs/sync_references", references),
            talk.send("PUT", "/syncs/companies/501/settings", renamed(YEARS, "years", "retained earnings")),
            talk.http.post(
                "/api/v4/f/1001/syncs/companies/501/transactions",
                json=body,
                headers={"Authorization": f"Bearer {talk.token}"},
            ),
            talk.send("POST", "/syncs/webhooks", hook),
            talk.reset(**late),
        ]

        assert [each.status_code for each in answers] == [200, 200, 200, 201, 200], [each.text for each in answers]
        assert answers[2].json() == {new["sync point"]: "p1"}
        assert set(talk.get("/syncs/settings")) == {
            value for name, value in new.items() if name.startswith("settings.")
        }
        assert set(talk.sandbox.transactions(501)[0]) == {
            value for name, value in new.items() if name.startswith("transaction.")
        }
        used = json.dumps([references, renamed(YEARS, "years", "retained earnings"), body, hook])
        assert [
            name for name in new if f'"{new[name]}"' not in used and not name.startswith(("settings.", "reset from"))
        ] == []


TOP = ("sync point", "actions", "accounts", "labels")
ON = tuple(each for each in wire.declaration()["members"] if each.startswith("transaction."))
ACCOUNT = ("account.number", "account.names")
WITHIN: Mapping[str, tuple[str, ...]] = {
    "references": ("reference.code", "reference.name"),
    "years": ("year.start", "year.end", "year.opening", "year.earnings"),
    "retained earnings": ACCOUNT,
    "accounts": ACCOUNT,
    "actions": ("upsert", "delete"),
    "upsert": ON,
    "delete": ON,
    "transaction.open": ("open.value", "open.category"),
}


# Statuses -----------------------------------------------------------------------------------------------------------

Act = Callable[[Talk], httpx.Response]
COMPANY = "/syncs/companies/501"


def twice(talk: Talk) -> httpx.Response:
    with talk.sandbox.another_call(501):
        return talk.send("GET", f"{COMPANY}/info")


def spoiled(talk: Talk) -> httpx.Response:
    talk.sandbox.report_inconsistency(501)
    return talk.send("GET", f"{COMPANY}/info")


def no_admin(talk: Talk) -> httpx.Response:
    talk.sandbox.change_role("Ada Admin", "Pulse user")
    return talk.send("GET", f"{COMPANY}/info")


def logged_out(talk: Talk) -> httpx.Response:
    talk.token = "nonsense"
    return talk.send("GET", "/user/firm")


def little(talk: Talk) -> httpx.Response:
    talk.login("user:firm")
    return talk.send("GET", "/companies")


def unlinked(talk: Talk) -> httpx.Response:
    talk.sandbox.remove_sync(501)
    return talk.send("GET", f"{COMPANY}/info")


def removed_webhook(talk: Talk) -> httpx.Response:
    made = talk.send("POST", "/syncs/webhooks", {"url": "https://engine.example", "events": ["sync.requested"]}).json()
    return talk.send("DELETE", f"/syncs/webhooks/{made['id']}")


ACTS: Mapping[str, Act] = {
    "read": lambda talk: talk.send("GET", f"{COMPANY}/info"),
    "references stored": lambda talk: talk.send("POST", "/syncs/sync_references", {"sync_references": []}),
    "settings stored": lambda talk: talk.send("PUT", f"{COMPANY}/settings", YEARS),
    "submitted": lambda talk: talk.submit(push(upsert("t1"))),
    "reset done": lambda talk: talk.reset(),
    "webhook made": lambda talk: talk.send(
        "POST", "/syncs/webhooks", {"url": "https://engine.example", "events": ["sync.requested"]}
    ),
    "webhook removed": removed_webhook,
    "made": lambda talk: talk.send("POST", "/companies", {"name": "Nieuw"}),
    "changed": lambda talk: talk.send("POST", "/companies/501", {"name": "Anders"}),
    "archived": lambda talk: talk.send("DELETE", "/companies/501"),
    "invalid grant": lambda talk: talk.ask_token(grant_type="refresh_token", refresh_token="nonsense"),
    "wrong client": lambda talk: talk.ask_token(client_id="stranger"),
    "token request": lambda talk: talk.ask_token(grant_type="password"),
    "no consent page": lambda talk: talk.http.get("/oauth/authorize"),
    "not an admin": lambda talk: talk.press(user="Pim Pulse"),
    "unreadable body": lambda talk: talk.send("PUT", f"{COMPANY}/settings", []),
    "unreadable page": lambda talk: talk.send("GET", "/companies", page="x"),
    "no bearer": logged_out,
    "scope missing": little,
    "other firm": lambda talk: talk.send("GET", "/user/firm", firm=1002),
    "role lost": no_admin,
    "unknown": lambda talk: talk.send("GET", "/nothing"),
    "wrong method": lambda talk: talk.send("DELETE", "/user/firm"),
    "misconfigured": unlinked,
    "inconsistent": spoiled,
    "invalid": lambda talk: talk.submit(push(upsert(""))),
    "too many actions": lambda talk: talk.submit(push(*[upsert("t1")] * 501)),
    "second call": twice,
}


@pytest.mark.parametrize("name", wire.declaration()["statuses"])
def test_every_status_is_the_one_in_the_table_and_can_be_another(name: str) -> None:
    row = copy.deepcopy(wire.declaration()["statuses"][name])
    for status in (row["is"], *row.get("or", [299 if row["is"] < 300 else 499])):
        with talking(readings={name: status}) as talk:
            assert ACTS[name](talk).status_code == status
